"""Figures as files: pictures for slides, and their captions."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape

from geofleet.errors import InputError, Problem
from geofleet.figures.model import StudyFigure, sentences
from geofleet.figures.sheet import DPI, Sheet, sheet
from geofleet.files import write_json, write_text
from geofleet.wording import LANGUAGES

__all__ = ["figure_image", "write_figures"]

_CAPTIONS = "captions.json"
_OUTLINE, _DIGITS = re.compile(r' d="[^"]*"'), re.compile(r"(\.\d\d)\d+")


def figure_image(figure: StudyFigure, language: str, kind: str = "png", *, dpi: int = DPI) -> bytes:
    """Return a figure as an image file; equal figures give equal bytes.

    Parameters
    ----------
    language
        In which it is written.
    kind
        ``png`` or ``svg``. Letters of an SVG are outlines, so that it looks alike everywhere; its
        title and text for those who do not see it are in it as text.
    dpi
        Of a PNG: at 192 it is 2560 × 1440 pixels.

    Raises
    ------
    InputError
        Another language or kind.
    ModuleNotFoundError
        The drawing library (extra ``figures``) is not installed.
    """
    _check(language)
    if kind not in ("png", "svg"):
        raise InputError([Problem("figures", "kind", 0, kind, "png or svg")])
    with sheet(figure, language) as made:
        return _png(made, dpi) if kind == "png" else _svg(made)


def _png(made: Sheet, dpi: int) -> bytes:
    title, alt = _told_in(made)
    out = io.BytesIO()
    told = {"Software": "geofleet", "Title": title, "Description": alt}
    made.paper.savefig(out, format="png", dpi=dpi, metadata=told)
    return out.getvalue()


def _svg(made: Sheet) -> bytes:
    title, alt = _told_in(made)
    out = io.BytesIO()
    made.paper.savefig(out, format="svg", metadata={"Date": None, "Creator": "geofleet"})
    # a hundredth of a point is less than anybody sees
    text = _OUTLINE.sub(lambda found: _DIGITS.sub(r"\1", found[0]), out.getvalue().decode())
    end = text.index(">", text.index("<svg"))
    named = f' role="img" xml:lang="{made.language}" aria-labelledby="title desc">'
    told = f'\n <title id="title">{escape(title)}</title>\n <desc id="desc">{escape(alt)}</desc>'
    return (text[:end] + named + told + text[end + 1 :]).encode()


def _told_in(made: Sheet) -> tuple[str, str]:
    figure, language = made.figure, made.language
    return _plain(figure.title[language]), _plain(figure.alt[language])


def write_figures(figures: Sequence[StudyFigure], folder: Path, *, language: str) -> list[Path]:
    """Write figures in a language to a folder, each as PNG and SVG, with ``captions.json``.

    Parameters
    ----------
    figures
        As from ``study_figures``.
    folder
        Made where it is not there; files of the same names are replaced.
    language
        In which they are written.

    Returns
    -------
    list of Path
        The pictures in the order of the figures, then the captions; nothing without figures.

    Raises
    ------
    InputError
        Another language.
    ModuleNotFoundError
        The drawing library (extra ``figures``) is not installed.
    """
    _check(language)
    if not figures:
        return []
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for figure in figures:
        image, drawing = folder / f"{figure.name}.png", folder / f"{figure.name}.svg"
        with sheet(figure, language) as made:
            image.write_bytes(_png(made, DPI))
            write_text(drawing, _svg(made).decode())
        paths += [image, drawing]
    captions = folder / _CAPTIONS
    write_json(captions, [_told(figure, language) for figure in figures])
    return [*paths, captions]


def _check(language: str) -> None:
    if language not in LANGUAGES:
        raise InputError([Problem("figures", "language", 0, language, " or ".join(LANGUAGES))])


def _told(figure: StudyFigure, language: str) -> dict[str, object]:
    return {
        "name": figure.name,
        "files": [f"{figure.name}.png", f"{figure.name}.svg"],
        "title": figure.title[language],
        "caption": sentences([figure.caption, figure.notes])[language],
        "alt": figure.alt[language],
        "source": figure.source[language],
    }


def _plain(text: str) -> str:
    """Return a text without what XML cannot hold."""
    return "".join(
        letter for letter in text.replace("\n", " ").replace("\t", " ")
        if letter >= " " and not 0xD800 <= ord(letter) <= 0xDFFF and ord(letter) & 0xFFFE != 0xFFFE
    )  # fmt: skip
