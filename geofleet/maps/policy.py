"""Page of a day under rules: who is stopped, what moves where, hour by hour."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import folium
import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.layers import Layer
from geofleet.layers.policy_schemas import by_hour
from geofleet.maps.changes import difference
from geofleet.maps.elements import Ref
from geofleet.maps.frame import PageFrame
from geofleet.maps.hours import HOURS
from geofleet.maps.meridian import seamless
from geofleet.maps.packed import Card, CardRow, PackedLines, Variable
from geofleet.maps.policy_page import (
    checked_hour,
    corners,
    hour_words,
    page_room,
    rules_and_places,
    texts,
    told,
)
from geofleet.maps.policy_tables import day_facts, day_figures, moves_group, who_groups
from geofleet.maps.policy_words import road_class_words
from geofleet.maps.scales import STEPS, round_breaks
from geofleet.maps.shell import furnish, new_page
from geofleet.wording import Readers, Text, both, say

__all__ = ["contingency_page"]

_M_PER_KM = 1000.0
_MG_PER_G = 1000.0
_HIGH = 0.94
_BEFORE_COLOUR, _AFTER_COLOUR = "#c3c9cf", "#23405c"
_FORBIDDEN_COLOURS = ("#d9a441", "#c4622d", "#8a2b2b", "#3d0f1f")

Floats = npt.NDArray[np.float64]


def contingency_page(
    layers: Mapping[str, Layer],
    *,
    frame: PageFrame,
    base: Mapping[str, gpd.GeoDataFrame] | None = None,
    hour: int | None = None,
) -> folium.Map:
    """Show what access rules change in a day, on a page that needs no internet.

    Parameters
    ----------
    layers
        ``policy_hours`` and ``policy_day_hours`` are needed; ``policy_zones`` with
        ``policy_rules`` (made for the date), ``policy_days`` and ``roads`` are drawn or told when
        they are there.
    frame
        Title, study, notes, languages.
    base
        Water, green and boundaries of the study, see :func:`geofleet.maps.shell.new_page`.
    hour
        Shown at first; when not given, the first with most vehicles that may not drive, or with
        most particles.

    Returns
    -------
    folium.Map
        Equal layers give an equal page.

    Raises
    ------
    ValueError
        An hour out of 0 to 23, or rules that were not asked about a date.
    """
    layers, ground = seamless(layers, base)
    links, hours = layers["policy_hours"].frame, layers["policy_day_hours"].frame
    first = _first_hour(hours, hour)
    page = new_page(frame, roads=layers.get("roads"), base=ground)
    streets = _streets(links)
    shown, mass = _street_lines(streets, readers=frame.readers, hour=first)
    shown.add_to(page)
    dates = _dates(layers)
    day = {
        "kind": "hours", "layer": Ref(shown.get_name()), "hour": first,
        "words": hour_words(
            date=frame.readers.date(dates[0]) if len(dates) > 1 else None, whole=True
        ),
        "views": [
            {"name": one, "label": say(f"contingency.{one}"), "unit": unit, "hourUnit": hour_unit}
            for one, (unit, hour_unit) in _keys(mass).items()
        ],
        "view": "before", "dates": [frame.readers.date(date) for date in dates],
        "scaleNote": say("contingency.same_scale"), "bars": _grams_bars(hours),
        "figures": day_figures(layers["policy_day_hours"]),
        "streets": say("lines.streets"), "bounds": corners(links),
        "compare": [{"view": one, "label": say(f"contingency.{one}")}
                    for one in ("before", "after")],
        **rules_and_places(layers, page, deciding=_deciding(layers)),
    }  # fmt: skip
    places = np.empty(len(streets), np.int64)
    places[shown.order] = np.arange(len(streets))
    groups = [day, *who_groups(layers.get("policy_days"), readers=frame.readers)]
    groups.append(moves_group(
        hours, streets, rows=places, layer=Ref(shown.get_name()), readers=frame.readers
    ))  # fmt: skip
    furnish(page, frame, groups=groups, facts=day_facts(layers, readers=frame.readers), shown=links)
    return page


def _streets(links: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Sum the two directions of each street; its rule is that of the direction most forbidden."""
    sums = [
        name for name in links.columns
        if name.startswith(("pm25_", "forbidden_", "unknown_"))
    ]  # fmt: skip
    street = links["street"].to_numpy()
    first = links.groupby(street)[["name", "highway", "length_m", "geometry"]].first()
    order = links.sort_values("forbidden_vehicles", ascending=False, kind="stable")
    names = [name for name in ("rule", "rule_es") if name in links]
    rule = order.groupby("street")[names].first().reindex(first.index)
    total = links[sums].groupby(street).sum()
    frame = pd.concat([first, total, rule], axis=1)
    return gpd.GeoDataFrame(frame, geometry="geometry", crs=links.crs)


def _street_lines(
    streets: gpd.GeoDataFrame, *, readers: Readers, hour: int
) -> tuple[PackedLines, str]:
    """Return the streets, and the unit of mass that their values read best in."""
    before, after = (_per_km(streets, when) for when in ("before", "after"))
    factor, mass = _unit(before, after)
    roads = {kind: road_class_words(kind) for kind in map(str, streets["highway"].unique())}
    lines = PackedLines(
        streets.geometry, [
            *_gram_variables(before * factor, after * factor, mass),
            _forbidden_variable(_hourly(streets, "forbidden_vehicles")),
        ],
        texts={
            "name": texts(streets["name"]), "road": [roads[str(k)] for k in streets["highway"]],
            "rule": told(streets, "rule"),
        },
        card=Card(
            title="name", untitled=say("contingency.untitled"), subtitle="road",
            rows=[CardRow(say("contingency.rule_first"), "rule")],
            hint=say("contingency.both_directions"),
        ),
        readers=readers, identifier="hours", selected="before", hour=hour,
        max_bytes=page_room(len(streets)),
    )  # fmt: skip
    return lines, mass


def _gram_variables(before: Floats, after: Floats, mass: str) -> list[Variable]:
    """Return the day as planned, with the rules kept, and the change, on shared scales."""
    unit = both(f"{mass}/km")
    hourly = round_breaks(np.concatenate([before.ravel(), after.ravel()]))
    daily = round_breaks(np.concatenate([before.sum(axis=1), after.sum(axis=1)]))
    levels = [
        Variable(
            when, label=say(f"contingency.{when}"), unit=unit, values=values,
            colours=STEPS, breaks=daily, hour_breaks=hourly, whole="sum",
            text=say(f"contingency.text_{when}"),
        )
        for when, values in (("before", before), ("after", after))
    ]  # fmt: skip
    return [*levels, difference(
        "change", before, after, label=say("contingency.change"), unit=unit,
        text=say("contingency.text_change"),
    )]  # fmt: skip


def _keys(mass: str) -> dict[str, tuple[Text, Text]]:
    """Return by view what its key says the colours are, of the day and of an hour."""
    level, change = (
        (say(f"contingency.{name}_day", mass=mass), say(f"contingency.{name}", mass=mass))
        for name in ("unit", "unit_change")
    )
    passages = say("contingency.unit_passages_day"), say("contingency.unit_passages")
    return {"before": level, "after": level, "change": change, "forbidden": passages}


def _forbidden_variable(passages: Floats) -> Variable:
    return Variable(
        "forbidden", label=say("contingency.forbidden"), unit=say("contingency.passages"),
        values=passages, colours=_FORBIDDEN_COLOURS, whole="sum",
        text=say("contingency.text_forbidden"),
    )  # fmt: skip


def _hourly(frame: pd.DataFrame, name: str) -> Floats:
    columns = [by_hour(name, hour) for hour in range(HOURS)]
    return frame[columns].to_numpy(np.float64)


def _per_km(streets: pd.DataFrame, when: str) -> Floats:
    """Return grams per km of street by hour."""
    km = streets["length_m"].to_numpy(np.float64)[:, None] / _M_PER_KM
    values = _hourly(streets, f"pm25_{when}_g")
    return np.divide(values, km, out=np.zeros(values.shape), where=km > 0)


def _unit(before: Floats, after: Floats) -> tuple[float, str]:
    """Return the factor and the unit in which values in grams read best."""
    values = np.concatenate([before.ravel(), after.ravel()])
    values = values[values > 0]
    high = float(np.quantile(values, _HIGH)) if len(values) else 0.0
    return (1.0, "g") if high >= 1.0 else (_MG_PER_G, "mg")


def _deciding(layers: Mapping[str, Layer]) -> set[str]:
    """Return the ids of the rules that decide for any of the vehicles."""
    frames = [layers[name].frame for name in ("policy_hours", "policy_days") if name in layers]
    return {str(name) for frame in frames for name in frame["rule_id"].dropna()}


def _dates(layers: Mapping[str, Layer]) -> list[Any]:
    """Return the service dates of the day, the one that rules were asked about first."""
    if "policy_days" not in layers:
        return []
    found = pd.to_datetime(layers["policy_days"].frame["date"].dropna().unique())
    return sorted(stamp.date() for stamp in found)


def _first_hour(hours: pd.DataFrame, hour: int | None) -> int:
    if hour is not None:
        return checked_hour(hour)
    stopped = hours["forbidden_vehicles"].to_numpy(np.float64)
    shown = stopped if stopped.any() else hours["pm25_before_g"].to_numpy(np.float64)
    return int(np.argmax(shown))


def _grams_bars(hours: pd.DataFrame) -> dict[str, Any]:
    series = (("before", _BEFORE_COLOUR), ("after", _AFTER_COLOUR))
    return {
        "label": say("contingency.bars"), "unit": both("g"), "stacked": False,
        "series": [
            {"label": say(f"contingency.{when}"), "colour": colour,
             "values": hours[f"pm25_{when}_g"].to_numpy(np.float64)}
            for when, colour in series
        ],
    }  # fmt: skip
