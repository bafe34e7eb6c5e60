"""Page of two scenarios side by side, with one view, one hour and one scale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import folium
import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from shapely.geometry.base import BaseGeometry

from geofleet.errors import InputError, Problem
from geofleet.layers import Layer
from geofleet.maps.elements import Ref
from geofleet.maps.frame import PageFrame
from geofleet.maps.packed import Card, PackedLines, Variable
from geofleet.maps.policy_page import checked_hour, corners, hour_words
from geofleet.maps.scales import round_breaks
from geofleet.maps.shell import furnish, new_page
from geofleet.wording import Text, say

__all__ = ["HourTotals", "Scenario", "compare_page"]

_COLOURS = ("#c3c9cf", "#23405c")

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Scenario:
    """One of two states of a city to be compared.

    Parameters
    ----------
    label
        What it is called: as planned, today, with the rules kept.
    geometry
        LineStrings or MultiLineStrings of the links in EPSG:4326, those of the other scenario or
        not.
    variables
        What they can be coloured by; those of the other scenario by name and kind.
    texts, numbers, card
        What is told about a link, see :class:`geofleet.maps.packed.PackedLines`.
    """

    label: Text
    geometry: gpd.GeoSeries | Sequence[BaseGeometry] | npt.NDArray[np.object_]
    variables: Sequence[Variable]
    texts: Mapping[str, Sequence[str | Text | None]] | None = None
    numbers: Mapping[str, npt.ArrayLike] | None = None
    card: Card | None = None


@dataclass(frozen=True, eq=False)
class HourTotals:
    """Sums of both scenarios by hour of the day, for the bars below the maps.

    Parameters
    ----------
    label, unit
        What is summed.
    left, right
        24 values each, none below zero.
    """

    label: Text
    unit: Text
    left: npt.ArrayLike
    right: npt.ArrayLike


def compare_page(
    left: Scenario,
    right: Scenario,
    *,
    frame: PageFrame,
    roads: Layer | None = None,
    base: Mapping[str, gpd.GeoDataFrame] | None = None,
    hour: int | None = None,
    totals: HourTotals | None = None,
    facts: Sequence[Mapping[str, str | Text]] = (),
    max_bytes: float | None = None,
) -> folium.Map:
    """Show two scenarios side by side; what is moved or chosen in one follows in the other.

    Parameters
    ----------
    left, right
        What is compared. Levels and changes of one name get one scale, from both, unless both have
        the same breaks already.
    frame, base
        As for :func:`contingency_page`.
    roads
        Layer ``roads``, faint below both.
    hour
        Shown at first; None is the whole day where the first variable has one.
    totals
        Bars by hour below the maps.
    facts
        Key figures: ``value`` and ``label``.
    max_bytes
        What the lines of each scenario may weigh in the page.

    Returns
    -------
    folium.Map
        Equal scenarios give an equal page.

    Raises
    ------
    geofleet.errors.InputError
        Variables of other names or kinds on one side than on the other.
    ValueError
        An hour out of 0 to 23.
    """
    _alike(left, right)
    first = None if hour is None else checked_hour(hour)
    page = new_page(frame, roads=roads, base=base)
    pairs = [_one_scale(a, _named(right, a.name)) for a in left.variables]
    shown, everything = [], _both(left, right)
    for side, scenario, place in ((left, "left", 0), (right, "right", 1)):
        lines = PackedLines(
            side.geometry, [pair[place] for pair in pairs], texts=side.texts, numbers=side.numbers,
            card=side.card, readers=frame.readers, identifier=scenario, name=scenario,
            selected=pairs[0][0].name, hour=first, show=place == 0, max_bytes=max_bytes,
        )  # fmt: skip
        lines.add_to(page)
        shown.append(lines)
    hourly = any(np.ndim(one.values) == 2 for one in left.variables)
    group = {
        "kind": "compare", "left": Ref(shown[0].get_name()), "right": Ref(shown[1].get_name()),
        "names": [left.label, right.label], "words": hour_words(whole=True), "hour": first,
        "hourly": hourly, "views": [{"name": a.name, "label": a.label} for a, _ in pairs],
        "view": pairs[0][0].name, "scaleNote": say("contingency.one_view"),
        "bars": None if totals is None else _bars(left, right, totals),
        "streets": say("lines.streets"), "bounds": corners(everything),
    }  # fmt: skip
    furnish(page, frame, groups=[group], facts=facts, shown=everything)
    return page


def _alike(left: Scenario, right: Scenario) -> None:
    kinds = [{one.name: one.kind for one in side.variables} for side in (left, right)]
    problems = [
        Problem("right", "variables", 0, kinds[1].get(name, ""), f"{name}: {kind}, as on the left")
        for name, kind in kinds[0].items() if kinds[1].get(name) != kind
    ]  # fmt: skip
    problems += [
        Problem("left", "variables", 0, "", f"{name}: {kind}, as on the right")
        for name, kind in kinds[1].items() if name not in kinds[0]
    ]  # fmt: skip
    if not kinds[0]:
        problems.append(Problem("left", "variables", expected="at least one"))
    if problems:
        raise InputError(problems)


def _named(side: Scenario, name: str) -> Variable:
    return next(one for one in side.variables if one.name == name)


def _one_scale(left: Variable, right: Variable) -> tuple[Variable, Variable]:
    """Return both with the breaks that all their values together give."""
    if left.kind == "category":
        return left, right
    whole = _pooled(left, right, "breaks", _of_day)
    hourly = _pooled(left, right, "hour_breaks", _of_hours)
    return (
        replace(left, breaks=whole, hour_breaks=hourly),
        replace(right, breaks=whole, hour_breaks=hourly),
    )


def _pooled(left: Variable, right: Variable, name: str, of: Any) -> Sequence[float]:
    given = getattr(left, name), getattr(right, name)
    if given[0] is not None and given[1] is not None and list(given[0]) == list(given[1]):
        return list(given[0])
    values = np.concatenate([of(left), of(right)])
    return round_breaks(np.abs(values) if left.kind == "change" else values)


def _of_hours(one: Variable) -> Floats:
    return np.asarray(one.values, np.float64).ravel()


def _of_day(one: Variable) -> Floats:
    if isinstance(one.whole, np.ndarray):
        return one.whole.astype(np.float64).ravel()
    values: Floats = np.asarray(one.values, np.float64)
    if values.ndim == 2:
        of_day = {"mean": values.mean(axis=1), "max": values.max(axis=1)}
        values = of_day.get(str(one.whole), values.sum(axis=1))
    return values


def _bars(left: Scenario, right: Scenario, totals: HourTotals) -> dict[str, Any]:
    sides = ((left.label, totals.left), (right.label, totals.right))
    return {
        "label": totals.label, "unit": totals.unit, "stacked": False,
        "series": [
            {"label": label, "colour": colour, "values": np.asarray(values, np.float64)}
            for (label, values), colour in zip(sides, _COLOURS, strict=True)
        ],
    }  # fmt: skip


def _both(left: Scenario, right: Scenario) -> gpd.GeoSeries:
    parts = [gpd.GeoSeries(list(side.geometry), crs=4326) for side in (left, right)]
    return gpd.GeoSeries(pd.concat(parts, ignore_index=True), crs=4326)
