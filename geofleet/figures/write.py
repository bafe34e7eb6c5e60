"""Figures as files: pictures for slides, and their captions."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape

from geofleet.errors import InputError, Problem
from geofleet.figures.model import StudyFigure, sentences
from geofleet.figures.sheet import DPI, sheet
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
    if language not in LANGUAGES:
        raise InputError([Problem("figures", "language", 0, language, " or ".join(LANGUAGES))])
    if kind not in ("png", "svg"):
        raise InputError([Problem("figures", "kind", 0, kind, "png or svg")])
    out = io.BytesIO()
    with sheet(figure, language) as made:
        title, alt = _plain(figure.title[language]), _plain(figure.alt[language])
        if kind == "png":
            told = {"Software": "geofleet", "Title": title, "Description": alt}
            made.paper.savefig(out, format="png", dpi=dpi, metadata=told)
            return out.getvalue()
        made.paper.savefig(out, format="svg", metadata={"Date": None, "Creator": "geofleet"})
    # a hundredth of a point is less than anybody sees
    text = _OUTLINE.sub(lambda found: _DIGITS.sub(r"\1", found[0]), out.getvalue().decode())
    start = text.index("<svg")
    end = text.index(">", start)
    opening = text[:end] + f' role="img" xml:lang="{language}" aria-labelledby="title desc">'
    told_in = f'\n <title id="title">{escape(title)}</title>\n <desc id="desc">{escape(alt)}</desc>'
    return (opening + told_in + text[end + 1 :]).encode()


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
    if not figures:
        return []
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for figure in figures:
        image = folder / f"{figure.name}.png"
        image.write_bytes(figure_image(figure, language))
        drawing = folder / f"{figure.name}.svg"
        write_text(drawing, figure_image(figure, language, "svg").decode())
        paths += [image, drawing]
    captions = folder / _CAPTIONS
    write_json(captions, [_told(figure, language) for figure in figures])
    return [*paths, captions]


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
