"""The sheet that a figure is drawn on: its head and foot, axes, words and numbers."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from geofleet.figures.model import StudyFigure
from geofleet.wording import Text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["DPI", "INK", "QUIET", "Sheet", "sheet"]

WIDTH_IN, HEIGHT_IN, DPI = 40 / 3, 7.5, 192
INK, QUIET, LINE = "#1c2226", "#545c63", "#d4d9dd"
TITLE_PT, SHOWN_PT, TEXT_PT, FOOT_PT = 23.0, 13.5, 12.0, 8.5
LEFT, RIGHT = 0.045, 0.955
_FONT = "DejaVu Sans"
_STYLE = {
    "font.family": _FONT, "text.parse_math": False, "svg.fonttype": "path",
    "svg.hashsalt": "geofleet", "font.size": TEXT_PT, "text.color": INK, "axes.edgecolor": QUIET,
    "axes.labelcolor": QUIET, "xtick.color": QUIET, "ytick.color": QUIET,
    "xtick.labelcolor": INK, "ytick.labelcolor": INK, "axes.spines.top": False,
    "axes.spines.right": False, "axes.axisbelow": True, "grid.color": LINE, "hatch.linewidth": 1.2,
    "legend.frameon": False,
}  # fmt: skip
_UNDRAWN = "\N{WHITE SQUARE}"
_MORE = "\N{HORIZONTAL ELLIPSIS}"
_POINTS_PER_IN = 72.0
_LINES = {"title": 2, "foot": 4}


@contextmanager
def sheet(figure: StudyFigure, language: str) -> Iterator[Sheet]:
    """Yield a figure drawn in a language, while its style is in force.

    Raises
    ------
    ModuleNotFoundError
        The drawing library is not installed.
    """
    try:
        from matplotlib import style
        from matplotlib.figure import Figure
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "figures need matplotlib: pip install 'geofleet[figures]'"
        ) from error
    # what a reader has set for own plots changes nothing here
    with style.context(_STYLE, after_reset=True):
        made = Sheet(Figure(figsize=(WIDTH_IN, HEIGHT_IN), dpi=DPI, facecolor="white"),
                     figure, language)  # fmt: skip
        made.draw()
        yield made


class Sheet:
    """One figure in one language.

    Parameters
    ----------
    paper
        What it is drawn on.
    figure
        What it says.
    language
        In which all is written.
    """

    def __init__(self, paper: Figure, figure: StudyFigure, language: str) -> None:
        self.paper, self.figure, self.language = paper, figure, language
        self.top, self.bottom = 0.8, 0.15

    def draw(self) -> None:
        """Draw head, foot and what lies between them."""
        figure = self.figure
        lines = self.wrapped(figure.title, TITLE_PT, RIGHT - LEFT, bold=True)
        lines = _cut(lines, _LINES["title"])
        y = 0.955
        for line in lines:
            self.paper.text(LEFT, y, line, size=TITLE_PT, weight="bold", va="top")
            y -= 1.32 * TITLE_PT / _POINTS_PER_IN / HEIGHT_IN
        shown = _cut(self.wrapped(figure.shown, SHOWN_PT, RIGHT - LEFT), 1)
        self.paper.text(LEFT, y - 0.006, shown[0], size=SHOWN_PT, color=QUIET, va="top")
        foot = self.wrapped(figure.source, FOOT_PT, RIGHT - LEFT)[:2]
        foot += _cut(self.wrapped(figure.notes, FOOT_PT, RIGHT - LEFT), _LINES["foot"] - len(foot))
        step = 1.35 * FOOT_PT / _POINTS_PER_IN / HEIGHT_IN
        for number, line in enumerate(reversed(foot)):
            self.paper.text(LEFT, 0.022 + number * step, line, size=FOOT_PT, color=QUIET)
        self.top = y - 0.006 - 2.1 * SHOWN_PT / _POINTS_PER_IN / HEIGHT_IN
        self.bottom = 0.022 + len(foot) * step + 0.012
        figure.draw(self)

    def axes(
        self,
        left: float,
        right: float,
        bottom: float,
        top: float,
        *,
        grid: Literal["x", "y"] | None = None,
    ) -> Axes:
        """Return axes in shares of what lies between head and foot; with lines across an axis."""
        height, width = self.top - self.bottom, RIGHT - LEFT
        made = self.paper.add_axes((
            LEFT + left * width, self.bottom + bottom * height,
            (right - left) * width, (top - bottom) * height,
        ))  # fmt: skip
        made.tick_params(length=0, labelsize=TEXT_PT, pad=7)
        if grid:
            made.grid(axis=grid, linewidth=0.8)
            made.spines["left" if grid == "y" else "bottom"].set_visible(False)
        return made

    def width_of(self, shape: float) -> float:
        """Return the share of the width that full height needs, at width over height."""
        return float(shape * (self.top - self.bottom) * HEIGHT_IN / ((RIGHT - LEFT) * WIDTH_IN))

    def numbers(self, axis: Any, most: int = 6, *, whole: bool = False) -> None:
        """Write the numbers of an axis as the reader does."""
        from matplotlib.ticker import FuncFormatter, MaxNLocator

        axis.set_major_locator(MaxNLocator(most, integer=whole, steps=[1, 2, 2.5, 5, 10]))
        axis.set_major_formatter(FuncFormatter(lambda value, _: self.number(value)))

    def number(self, value: float) -> str:
        """Return a number as the reader writes it."""
        return self.figure.frame.readers[self.language].number(value)

    def words(self, text: str | Text, most: int | None = None) -> str:
        """Return a text in the language of the sheet, as its font can write it.

        Parameters
        ----------
        most
            Letters after which it is cut.
        """
        plain = text if isinstance(text, str) else text[self.language]
        if most is not None and len(plain) > most:
            plain = plain[: most - 1].rstrip() + _MORE
        return _drawable(plain)

    def width(self, text: str, size_pt: float) -> float:
        """Return how wide a text is, in points."""
        return _width(text, size_pt, False)

    def capital(self, text: str | Text, most: int | None = None) -> str:
        """Return a text as :meth:`words` with a capital first letter, as labels have."""
        words = self.words(text, most)
        return words[:1].upper() + words[1:]

    def beside(self, axes: Axes, text: str | Text, room: float) -> str:
        """Return a label for the left of axes, cut to so much of the width between margins."""
        words = self.capital(text)
        most = room * (RIGHT - LEFT) * WIDTH_IN * _POINTS_PER_IN - axes.yaxis.get_tick_padding()
        if self.width(words, TEXT_PT) <= most:
            return words
        # what is far longer is not measured letter by letter
        words = words[: int(most)]
        while words and self.width(words + _MORE, TEXT_PT) > most:
            words = words[:-1]
        return words.rstrip() + _MORE

    def wrapped(
        self, text: str | Text, size_pt: float, width: float, *, bold: bool = False
    ) -> list[str]:
        """Return a text in lines of at most so much of the sheet's width."""
        return _lines(self.words(text), size_pt, width * WIDTH_IN * _POINTS_PER_IN, bold)


def _cut(lines: Sequence[str], most: int) -> list[str]:
    if len(lines) <= most:
        return list(lines)
    kept = list(lines[:most])
    if kept:
        kept[-1] = kept[-1].rpartition(" ")[0].rstrip(" .,;:") or kept[-1][:-1]
        kept[-1] += _MORE
    return kept


def _lines(text: str, size_pt: float, width_pt: float, bold: bool) -> list[str]:
    lines, line = [], ""
    for word in text.split(" "):
        longer = f"{line} {word}" if line else word
        if line and _width(longer, size_pt, bold) > width_pt:
            lines.append(line)
            line = word
        else:
            line = longer
        # a word that is longer than a line is broken
        while _width(line, size_pt, bold) > width_pt:
            most = max(1, int(len(line) * width_pt / _width(line, size_pt, bold)) - 1)
            lines.append(line[:most])
            line = line[most:]
    return [*lines, line]


def _width(text: str, size_pt: float, bold: bool) -> float:
    scale = size_pt / float(_font(bold).units_per_EM)
    return float(sum(_advance(letter, bold) for letter in text)) * scale


@cache
def _advance(letter: str, bold: bool) -> float:
    from matplotlib.ft2font import LoadFlags

    return float(_font(bold).load_char(ord(letter), LoadFlags.NO_SCALE).horiAdvance)


@cache
def _font(bold: bool) -> Any:
    from matplotlib.font_manager import FontProperties, findfont, get_font

    return get_font(findfont(FontProperties(family=_FONT, weight="bold" if bold else "normal")))


@cache
def _letters() -> frozenset[int]:
    return frozenset(_font(False).get_charmap()) & frozenset(_font(True).get_charmap())


def _drawable(text: str) -> str:
    """Return a text of letters that the font has; what only steers others is left out."""
    found = []
    for letter in text:
        if letter.isspace():
            found.append("\N{NO-BREAK SPACE}" if letter == "\N{NO-BREAK SPACE}" else " ")
        elif unicodedata.category(letter)[0] == "C":
            continue
        else:
            found.append(letter if ord(letter) in _letters() else _UNDRAWN)
    return "".join(found)
