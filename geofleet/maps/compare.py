"""Page of two scenarios side by side, with one view, one hour and one scale."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import folium
import geopandas as gpd
import numpy as np
import numpy.typing as npt
from shapely.geometry.base import BaseGeometry

from geofleet.errors import InputError, Problem
from geofleet.layers import Layer
from geofleet.maps.changes import difference
from geofleet.maps.elements import Ref
from geofleet.maps.frame import PageFrame
from geofleet.maps.matching import Union, match
from geofleet.maps.meridian import meridian_cut, seamless, seamless_shapes
from geofleet.maps.packed import Card, Category, PackedLines, Variable
from geofleet.maps.policy_page import checked_hour, corners, hour_words
from geofleet.maps.scales import round_breaks
from geofleet.maps.shell import furnish, new_page
from geofleet.wording import Readers, Text, say

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
        What is told about a link, see :class:`geofleet.maps.packed.PackedLines`; of a link that is
        in both, what the first scenario says.
    ids
        Name of each link, the same in both scenarios; without them a link of one is that of the
        other which has the very same line.
    """

    label: Text
    geometry: gpd.GeoSeries | Sequence[BaseGeometry] | npt.NDArray[np.object_]
    variables: Sequence[Variable]
    texts: Mapping[str, Sequence[str | Text | None]] | None = None
    numbers: Mapping[str, npt.ArrayLike] | None = None
    card: Card | None = None
    ids: Sequence[Hashable] | None = None


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
    """Show two scenarios side by side, or what is more and less in the second.

    What is moved or chosen in one pane follows in the other.

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
        What the lines of both may weigh in the page.

    Returns
    -------
    folium.Map
        Equal scenarios give an equal page. A link that only one scenario has counts as nothing in
        the other.

    Raises
    ------
    geofleet.errors.InputError
        Variables of other names or kinds on one side than on the other; ids that are not one for
        each link, or not each once.
    ValueError
        An hour out of 0 to 23.
    """
    _alike(left, right)
    first = None if hour is None else checked_hour(hour)
    union = match(left, right)
    shapes = union.geometry(left, right)
    cut = meridian_cut([shapes])
    layers = {} if roads is None else {"roads": roads}
    if cut is not None:
        layers, base = seamless(layers, base, cut=cut)
        shapes = seamless_shapes(shapes, cut=cut)
    page = new_page(frame, roads=layers.get("roads"), base=base)
    trios = [_trio(a, _named(right, a.name), union, names=(left.label, right.label))
             for a in left.variables]  # fmt: skip
    lines = PackedLines(
        shapes, [variable for trio in trios for variable in trio],
        texts=union.columns(left.texts, right.texts, None),
        numbers=union.columns(left.numbers, right.numbers, np.nan),
        card=left.card or right.card, readers=frame.readers, identifier="both", hour=first,
        max_bytes=max_bytes,
    )  # fmt: skip
    lines.add_to(page)
    hourly = any(np.ndim(one.values) == 2 for one in left.variables)
    everything = gpd.GeoSeries(list(shapes), crs=4326)
    group = {
        "kind": "compare", "layer": Ref(lines.get_name()), "names": [left.label, right.label],
        "words": hour_words(whole=True) | {
            "change": say("contingency.difference"), "unmatched": _unmatched(union, frame.readers),
        },
        "hour": first, "hourly": hourly, "view": left.variables[0].name,
        "views": [{"name": a.name, "label": a.label} for a in left.variables],
        "scaleNote": say("contingency.one_view"),
        "changeNote": say("contingency.difference_text", left=left.label, right=right.label),
        "bars": None if totals is None else _bars(left, right, totals),
        "streets": say("lines.streets"), "bounds": corners(everything),
    }  # fmt: skip
    furnish(page, frame, groups=[group], facts=facts, shown=everything)
    return page


def _trio(
    left: Variable, right: Variable, union: Union, *, names: tuple[Text, Text]
) -> list[Variable]:
    """Return a variable of both sides, on one scale, and their difference."""
    a, b = _one_scale(union.spread(left, 0), union.spread(right, 1))
    sides = [
        replace(side, name=f"{left.name}_{place}", label=_of(left.label, name))
        for side, place, name in zip((a, b), ("left", "right"), names, strict=True)
    ]
    return [*sides, _change(a, b)]


def _of(label: Text, name: Text) -> Text:
    return say("contingency.of_scenario", variable=label, scenario=name)


def _change(left: Variable, right: Variable) -> Variable:
    name, label = f"{left.name}_change", _of(left.label, say("contingency.difference"))
    if left.kind == "category":
        before, after = (np.asarray(one.values) for one in (left, right))
        states = np.where((before < 0) & (after < 0), -1, (before != after).astype(np.int64))
        return Variable(
            name, label=label, unit=left.unit, values=states, kind="category",
            categories=[Category(say("contingency.same_state"), "#6f6f6f", 1.6),
                        Category(say("contingency.other_state"), "#b2182b", 3.4, rank=1)],
        )  # fmt: skip
    before, after = (np.asarray(one.values, np.float64) for one in (left, right))
    whole: Floats | str | None = None
    if before.ndim == 2:
        whole = "none" if left.whole == "none" else _of_day(right) - _of_day(left)
    made = difference(
        name, before, after, label=label, unit=left.unit, hour_unit=left.hour_unit,
        whole=None if isinstance(whole, str) else whole,
    )  # fmt: skip
    return replace(made, whole="none", breaks=None) if isinstance(whole, str) else made


def _unmatched(union: Union, readers: Readers) -> Text | None:
    """Say how many links only one of the scenarios has."""
    only = [int((union.places[:, side] < 0).sum()) for side in (1, 0)]
    if not any(only):
        return None
    return say("contingency.unmatched", left=readers.whole(only[0]), right=readers.whole(only[1]))


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
