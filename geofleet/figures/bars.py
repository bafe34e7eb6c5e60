"""Bars that lie beside each other: parts of a whole by group, with their numbers in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from geofleet.figures.sheet import INK, TEXT_PT, Sheet
from geofleet.wording import Text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Part", "key", "stacked_bars"]

_WIDE_ENOUGH = 0.028
"""Part of the axis that a number needs to stand in its bar."""
_LABEL_LETTERS = 44


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
    sheet: Sheet, axes: Axes, names: Sequence[Text], parts: Sequence[Part], *, ends: Sequence[Text]
) -> None:
    """Draw lying bars, the first at the top, with a number in each part and a text at each end."""
    rows = np.arange(len(names), dtype=np.float64)
    left = np.zeros(len(names))
    most = max(float(sum(part.values for part in parts).max()), 1e-12)  # type: ignore[union-attr]
    for part in parts:
        axes.barh(rows, part.values, left=left, height=0.68, color=part.colour, hatch=part.hatch,
                  edgecolor="white", linewidth=0.8)  # fmt: skip
        for row, value in enumerate(part.values):
            if value / most > _WIDE_ENOUGH:
                ground = {"boxstyle": "round,pad=0.18", "facecolor": part.colour,
                          "edgecolor": "none"} if part.hatch else None  # fmt: skip
                axes.text(left[row] + value / 2.0, row, sheet.number(value), ha="center",
                          va="center", color=part.letters, size=TEXT_PT - 1, bbox=ground)  # fmt: skip
        left = left + part.values
    for row, text in enumerate(ends):
        axes.text(left[row] + 0.01 * most, row, sheet.words(text), va="center", color=INK,
                  size=TEXT_PT - 0.5)  # fmt: skip
    axes.set(ylim=(len(names) - 0.5, -0.5), xlim=(0, most * 1.02))
    axes.set_yticks(rows, [sheet.words(name, _LABEL_LETTERS) for name in names])
    axes.spines["left"].set_visible(False)
    axes.spines["bottom"].set_visible(False)
    axes.set_xticks([])


def key(
    sheet: Sheet, axes: Axes, parts: Sequence[Part], *, columns: int, at: tuple[float, float],
    lines: bool = False,
) -> None:  # fmt: skip
    """Draw a key of the parts, in columns, its upper left corner at a place of the axes."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles = [
        Line2D([], [], color=part.colour, linewidth=3.0, linestyle=part.hatch or "-")
        if lines else
        Patch(facecolor=part.colour, hatch=part.hatch, edgecolor="white")
        for part in parts
    ]  # fmt: skip
    axes.legend(
        handles, [sheet.words(part.label) for part in parts], ncols=columns, loc="upper left",
        bbox_to_anchor=at, borderaxespad=0.0, handlelength=1.8, handleheight=1.1,
        columnspacing=1.6, labelspacing=0.5, fontsize=TEXT_PT - 0.5,
    )  # fmt: skip
