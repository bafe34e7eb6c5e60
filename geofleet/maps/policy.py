"""Map of a day under rules, hour by hour: as planned, with the rules kept, and the change."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import folium
import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.layers import Layer
from geofleet.layers.policy_schemas import by_hour
from geofleet.maps.elements import Ref, Source
from geofleet.maps.hours import HOURS, change_view, level_view, packed_hours
from geofleet.maps.packing import pack
from geofleet.maps.policy_page import (
    ATTRIBUTION,
    Frame,
    checked_hour,
    fill,
    new_page,
    rules_and_places,
    texts,
)
from geofleet.maps.policy_words import PolicyWords
from geofleet.maps.scales import short
from geofleet.policy.day.effect import CHANGED

__all__ = ["contingency_map"]

_M_PER_KM = 1000.0
_MG_PER_G = 1000.0
_HIGH = 0.94
_FACT_DIGITS = 4
_COUNTED = ("pm25_exhaust_g", "pm25_wear_g")
_BEFORE_COLOUR, _AFTER_COLOUR = "#c3c9cf", "#23405c"

Floats = npt.NDArray[np.float64]


def contingency_map(
    layers: Mapping[str, Layer],
    *,
    title: str,
    attribution: str | Sequence[str] = ATTRIBUTION,
    notes: str | Sequence[str] = (),
    language: str = "en",
    hour: int | None = None,
    tiles: Mapping[str, str] | None = None,
) -> folium.Map:
    """Draw a day by hour, as planned and with the rules kept, on a page that needs no internet.

    Parameters
    ----------
    layers
        ``policy_hours`` and ``policy_day_hours`` are needed; ``policy_zones`` with
        ``policy_rules`` (made for the date), ``policy_days`` and ``roads`` are drawn or told when
        they are there.
    title
        Shown at the head of the panel and as the page's title.
    attribution
        Who must be named for the data.
    notes
        What a reader must know (that the freight is synthetic, say).
    language
        ``en`` or ``es``.
    hour
        Shown at first; when not given, the first with most vehicles that may not drive, or with
        most particles.
    tiles
        ``url`` and ``attribution`` of background tiles, asked for only when ticked;
        OpenStreetMap's when not given.

    Returns
    -------
    folium.Map
        Equal layers give an equal page.

    Raises
    ------
    ValueError
        Another language, an hour out of 0 to 23, or rules that were not asked about a date.
    """
    frame = Frame(title, attribution, notes, language, tiles)
    words = frame.words
    links, hours = layers["policy_hours"].frame, layers["policy_day_hours"].frame
    page = new_page(layers, frame)
    streets = _streets(links)
    before, after = (_per_km(streets, when) for when in ("before", "after"))
    factor, mass = _unit(before, after)
    before, after = before * factor, after * factor
    source = _street_source(streets, factor, words)
    source.add_to(page)
    unit = words["unit"].format(mass=mass)
    both = (before, after)
    spec: dict[str, Any] = {
        "source": Ref(source.get_name()),
        "numbers": {
            "before": packed_hours(before), "after": packed_hours(after),
            "forbidden": packed_hours(_hourly(streets, "forbidden_vehicles")),
        },
        "views": [
            *(
                level_view(both, when, label=words[when], unit=unit, words=words)
                for when in ("before", "after")
            ),
            change_view(before, after, label=words["change"],
                        unit=words["change_unit"].format(mass=mass), words=words),
        ],
        "view": 0,
        "hour": _first_hour(hours, hour),
        "dates": _dates(layers),
        "scaleNote": words["same_scale"],
        "card": [
            {"kind": "hourly", "column": "before", "label": words["before"], "unit": f"{mass}/km"},
            {"kind": "hourly", "column": "after", "label": words["after"], "unit": f"{mass}/km"},
            {"kind": "number", "column": "day_before", "label": words["day_before"],
             "unit": f"{mass}/km"},
            {"kind": "number", "column": "day_after", "label": words["day_after"],
             "unit": f"{mass}/km"},
            {"kind": "hourly", "column": "forbidden", "label": words["passages"],
             "hideZero": True},
            {"kind": "text", "column": "rule", "label": words["rule"]},
        ],
        "cardHint": f"{words['pm25']}. {words['both_directions']}",
        "bars": _grams_bars(hours, words),
        "figures": _day_figures(layers["policy_day_hours"], words),
    }  # fmt: skip
    spec |= rules_and_places(layers, page, words, deciding=_deciding(layers))
    fill(page, frame, spec, facts=_facts(layers, words), shown=links)
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
    rule = order.groupby("street")["rule"].first()
    total = links[sums].groupby(street).sum()
    frame = pd.concat([first, total], axis=1).assign(rule=rule.reindex(first.index))
    return gpd.GeoDataFrame(frame, geometry="geometry", crs=links.crs)


def _hourly(frame: pd.DataFrame, name: str) -> Floats:
    columns = [by_hour(name, hour) for hour in range(HOURS)]
    return frame[columns].to_numpy(np.float64)


def _per_km(streets: pd.DataFrame, when: str) -> Floats:
    return _over_km(_hourly(streets, f"pm25_{when}_g"), streets)


def _over_km(values: Floats, streets: pd.DataFrame) -> Floats:
    km = (streets["length_m"].to_numpy(np.float64) / _M_PER_KM).reshape(
        (-1,) + (1,) * (values.ndim - 1)
    )  # fmt: skip
    return np.divide(values, km, out=np.zeros(values.shape), where=km > 0)


def _unit(before: Floats, after: Floats) -> tuple[float, str]:
    """Return the factor and the unit in which values in grams read best."""
    values = np.concatenate([before.ravel(), after.ravel()])
    values = values[values > 0]
    high = float(np.quantile(values, _HIGH)) if len(values) else 0.0
    return (1.0, "g") if high >= 1.0 else (_MG_PER_G, "mg")


def _street_source(streets: gpd.GeoDataFrame, factor: float, words: PolicyWords) -> Source:
    numbers = {
        f"day_{when}": factor * _over_km(streets[f"pm25_{when}_g"].to_numpy(np.float64), streets)
        for when in ("before", "after")
    }
    words_of: dict[str, Iterable[str | None]] = {
        "name": texts(streets["name"]),
        "road": [words.road(str(kind)) for kind in streets["highway"]],
        "rule": texts(streets["rule"]),
    }
    return Source(pack(streets.geometry.to_numpy(), numbers=numbers, texts=words_of), "hours")


def _deciding(layers: Mapping[str, Layer]) -> set[str]:
    """Return the ids of the rules that decide for any of the vehicles."""
    frames = [layers[name].frame for name in ("policy_hours", "policy_days") if name in layers]
    return {str(name) for frame in frames for name in frame["rule_id"].dropna()}


def _dates(layers: Mapping[str, Layer]) -> list[str]:
    """Return the service dates of the day, the one that rules were asked about first."""
    if "policy_days" not in layers:
        return []
    found = texts(layers["policy_days"].frame["date"])
    return sorted({date for date in found if date is not None})


def _first_hour(hours: pd.DataFrame, hour: int | None) -> int:
    if hour is not None:
        return checked_hour(hour)
    stopped = hours["forbidden_vehicles"].to_numpy(np.float64)
    shown = stopped if stopped.any() else hours["pm25_before_g"].to_numpy(np.float64)
    return int(np.argmax(shown))


def _grams_bars(hours: pd.DataFrame, words: PolicyWords) -> dict[str, Any]:
    series = (("before", _BEFORE_COLOUR), ("after", _AFTER_COLOUR))
    return {
        "label": words["bars"], "unit": "g", "stacked": False,
        "series": [
            {"label": words[when], "colour": colour,
             "values": hours[f"pm25_{when}_g"].to_numpy(np.float64)}
            for when, colour in series
        ],
    }  # fmt: skip


def _day_figures(layer: Layer, words: PolicyWords) -> list[dict[str, Any]]:
    hours, meaning = layer.frame, layer.schema.column("harm_before").meaning
    # the map is of exhaust; harm counts wear too where it is not told otherwise
    of = f", {words['exhaust_and_wear']}" if all(one in meaning for one in _COUNTED) else ""
    rows = [
        ("stopped", "forbidden_vehicles", ""), ("in_doubt", "unknown_vehicles", ""),
        ("driving_before", "driving_before_vehicles", ""),
        ("driving_after", "driving_after_vehicles", ""),
    ]  # fmt: skip
    if hours[["harm_before", "harm_after"]].notna().to_numpy().any():
        unit = words["harm_unit"] + of
        rows += [("harm_before", "harm_before", unit), ("harm_after", "harm_after", unit)]
    return [
        {"label": words[label] + (f" ({unit})" if unit else ""),
         "values": hours[column].to_numpy(np.float64)}
        for label, column, unit in rows
    ]  # fmt: skip


def _grams(value: float) -> str:
    """Return grams with four digits: rules often change a day by less than a hundredth."""
    if value <= 0:
        return "0 g"
    places = max(0, _FACT_DIGITS - 1 - math.floor(math.log10(value)))
    return f"{float(f'{value:.{_FACT_DIGITS}g}'):,.{places}f} g"


def _facts(layers: Mapping[str, Layer], words: PolicyWords) -> list[dict[str, str]]:
    hours = layers["policy_day_hours"].frame
    before, after = (float(hours[f"pm25_{when}_g"].sum()) for when in ("before", "after"))
    change = words["unknown"]
    if before > 0:
        percent = float(f"{100.0 * (after - before) / before:.2g}")
        change = f"{'+' if percent > 0 else ''}{short(percent)} %"
    facts = [
        (_grams(before), words["fact_before"]),
        (_grams(after), words["fact_after"]),
        (change.replace("-", "−"), words["fact_change"]),
    ]
    if "policy_days" in layers:
        days = layers["policy_days"].frame
        changed = int((days["outcome"].isin(CHANGED)).sum())
        facts.append((f"{len(days):,}", words["fact_days"].format(count=changed)))
        facts.append((f"{int((days['outcome'] == 'unknown').sum()):,}", words["fact_unknown"]))
        if days["cancelled"].notna().any():
            facts.append((f"{int(days['cancelled'].sum()):,}", words["fact_cancelled"]))
    return [{"value": value, "label": label} for value, label in facts]
