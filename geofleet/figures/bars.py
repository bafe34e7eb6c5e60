"""Bars that lie beside each other: parts of a whole by group, with their numbers in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from geofleet.figures.sheet import DPI, INK, TEXT_PT, Sheet
from geofleet.wording import Text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Part", "key", "stacked_bars"]

_ROOM, _PAD_PT = 1.02, 5.0


@dataclass(frozen=True)
class Part:
    """One part of every bar.

    Parameters
    ----------
    label
        In the key.
    values
        One for each bar, at least 0.
    colour, hatch
        How it is drawn; what differs by hatch can be told apart without colours.
    letters
        Colour of the numbers in it.
    """

    label: Text
    values: npt.NDArray[np.float64]
    colour: str
    hatch: str = ""
    letters: str = "white"


def stacked_bars(
    sheet: Sheet,
    axes: Axes,
    names: Sequence[Text],
    parts: Sequence[Part],
    *,
    ends: Sequence[Text],
    room: float,
) -> None:
    """Draw lying bars, the first at the top, with a number in each part and a text at each end.

    Names have ``room`` to the left, a part of the width of the sheet.
    """
    rows = np.arange(len(names), dtype=np.float64)
    left = np.zeros(len(names))
    most = max(float(sum(part.values for part in parts).max()), 1e-12)  # type: ignore[union-attr]
    points = axes.get_window_extent().width / DPI * 72.0 / (most * _ROOM)
    for part in parts:
        axes.barh(rows, part.values, left=left, height=0.68, color=part.colour, hatch=part.hatch,
                  edgecolor="white", linewidth=0.8)  # fmt: skip
        # a number on hatches needs a ground of its own
        ground = {"boxstyle": "round,pad=0.18", "facecolor": part.colour, "edgecolor": "none"}
        for row, value in enumerate(part.values):
            words = sheet.number(value)
            if value * points > sheet.width(words, TEXT_PT) + _PAD_PT:
                axes.text(
                    left[row] + value / 2.0, row, words, ha="center", va="center",
                    color=part.letters, size=TEXT_PT - 1, bbox=ground if part.hatch else None,
                )  # fmt: skip
        left = left + part.values
    for row, text in enumerate(ends):
        axes.annotate(
            sheet.words(text), (left[row], row), xytext=(6, 0), textcoords="offset points",
            va="center", color=INK, size=TEXT_PT - 0.5,
        )  # fmt: skip
    axes.set(ylim=(len(names) - 0.5, -0.5), xlim=(0, most * _ROOM))
    axes.set_yticks(rows, [sheet.beside(axes, name, room) for name in names])
    axes.spines["left"].set_visible(False)
    axes.spines["bottom"].set_visible(False)
    axes.set_xticks([])


def key(
    sheet: Sheet, axes: Axes, parts: Sequence[Part], *, columns: int, at: tuple[float, float]
) -> None:
    """Draw a key of the parts, in columns, its upper left corner at a place of the axes."""
    from matplotlib.patches import Patch

    handles = [Patch(facecolor=part.colour, hatch=part.hatch, edgecolor="white") for part in parts]
    axes.legend(
        handles, [sheet.capital(part.label) for part in parts], ncols=columns, loc="upper left",
        bbox_to_anchor=at, borderaxespad=0.0, borderpad=0.0, handlelength=1.8, handleheight=1.1,
        columnspacing=1.6, labelspacing=0.5, fontsize=TEXT_PT - 0.5,
    )  # fmt: skip
