"""How classes look and what they are called: one view for the day, one for an hour."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from geofleet.maps.packed.variables import Breaks, Variable
from geofleet.maps.scales import blend, decade_breaks, quantile_breaks, round_breaks, spread
from geofleet.wording import Readers, Text, say

__all__ = ["UNKNOWN_LOOK", "category_view", "chosen_breaks", "view"]

UNKNOWN_LOOK = {"colour": "#757575", "width": 1.6, "dash": [2, 4]}
_CHANGES = (0.35, 0.65, 0.88)
"""Shares of all changes that are smaller than each limit."""


def chosen_breaks(
    variable: Variable, values: npt.NDArray[np.float64], given: Sequence[float] | Breaks | None
) -> npt.NDArray[np.float64]:
    """Return the limits between classes: those given, or made from the known values."""
    if isinstance(given, str) and given != "rounded":
        make = quantile_breaks if given == "quantiles" else decade_breaks
        if variable.kind == "change":
            values = np.abs(values)
        return np.array(make(values.ravel()))
    if given is not None and not isinstance(given, str):
        return np.asarray(given, dtype=np.float64)
    if variable.kind == "change":
        most = (len(variable.colours) - 1) // 2 or len(_CHANGES)
        quantiles = _CHANGES[-most:] if most < len(_CHANGES) else _CHANGES
        return np.array(round_breaks(np.abs(values).ravel(), quantiles))
    return np.array(round_breaks(values.ravel()))


def view(
    variable: Variable, breaks: npt.NDArray[np.float64], *, unit: Text, readers: Readers
) -> dict[str, Any]:
    """Return breaks, looks and labels of the classes of a level or a change."""
    count = 2 * len(breaks) + 1 if variable.kind == "change" else len(breaks) + 1
    hues = list(variable.colours)
    colours = spread(hues, count) if len(hues) >= count else blend(hues, count)
    low, high = variable.widths
    if variable.kind == "change":
        reach = np.abs(np.arange(count) - len(breaks)) / max(1, len(breaks))
    else:
        reach = np.arange(count) / max(1, count - 1)
    widths = [round(float(low + (high - low) * part), 2) for part in reach]
    looks = [{"colour": hue, "width": width} for hue, width in zip(colours, widths, strict=True)]
    words = _change_words if variable.kind == "change" else _level_words
    labels = words([readers.number(float(item)) for item in breaks])
    if not len(breaks) and not np.nan_to_num(variable.values).any():
        labels = [say(f"lines.{'change_none' if variable.kind == 'change' else 'nothing'}")]
    return {
        "unit": unit,
        "breaks": breaks.tolist(),
        "looks": looks,
        "labels": labels,
    }


def category_view(variable: Variable) -> dict[str, Any]:
    """Return looks and labels of the states of a variable."""
    looks = []
    for state in variable.categories:
        look: dict[str, Any] = {"colour": state.colour, "width": state.width, "rank": state.rank}
        if state.dash:
            look["dash"] = [float(part) for part in state.dash.replace(",", " ").split()]
        looks.append(look)
    return {"unit": variable.unit, "looks": looks, "labels": [s.label for s in variable.categories]}


def _level_words(breaks: Sequence[Text]) -> list[Text]:
    if not breaks:
        return [say("classes.any")]
    middle = [say("classes.between", low=low, high=high) for low, high in pairwise(breaks)]
    first, last = say("classes.below", high=breaks[0]), say("classes.above", low=breaks[-1])
    return [first, *middle, last]


def _change_words(breaks: Sequence[Text]) -> list[Text]:
    if not breaks:
        return [say("classes.any_change")]
    falls = [say("classes.fall_between", low=low, high=high) for low, high in pairwise(breaks)]
    rises = [say("classes.rise_between", low=low, high=high) for low, high in pairwise(breaks)]
    return [
        say("classes.fall_above", low=breaks[-1]),
        *reversed(falls),
        say("classes.steady", high=breaks[0]),
        *rises,
        say("classes.rise_above", low=breaks[-1]),
    ]
