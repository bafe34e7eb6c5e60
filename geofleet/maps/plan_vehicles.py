"""Vehicles of a plan on their page: what is told of each, how each is coloured, who owns them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from geofleet.maps.elements import Source
from geofleet.maps.packed import Category, PackedLines, Variable
from geofleet.maps.packing import pack
from geofleet.maps.plan_words import (
    becomes_words,
    reason_words,
    size_words,
    technology_words,
    today_words,
)
from geofleet.maps.scales import STEPS, blend
from geofleet.wording import Readers, Text, both, say

__all__ = ["KEPT", "operators", "vehicle_card", "vehicle_lines", "vehicle_source", "views"]

# Okabe and Ito (2008); what is kept is pale, so that many kept routes do not hide a few new ones
KEPT: dict[str, Any] = {"colour": "#8b959b", "width": 1.4}
_NEW = 2.6
_TECHNOLOGIES: dict[str, dict[str, Any]] = {
    "dpf_retrofit": {"colour": "#e69f00"},
    "euro_6": {"colour": "#56b4e9"},
    "cng": {"colour": "#cc79a7"},
    "diesel_hybrid": {"colour": "#d55e00", "dash": [10, 4]},
    "electric": {"colour": "#0072b2"},
}
_OTHER: dict[str, Any] = {"colour": "#000000", "dash": [2, 5]}
_SIZES: dict[str, dict[str, Any]] = {
    "1-5": {"colour": "#d55e00"},
    "6-30": {"colour": "#e69f00", "dash": [12, 3]},
    "31-100": {"colour": "#56b4e9", "dash": [6, 3]},
    ">100": {"colour": "#0072b2"},
}
_SIZE_UNKNOWN: dict[str, Any] = {"colour": "#5c5c5c", "dash": [2, 5]}


def vehicle_lines(vehicles: gpd.GeoDataFrame, readers: Readers) -> PackedLines:
    """Return the ways that vehicles drive today; a script says how each looks in which year."""
    kept = Category(technology_words("keep"), KEPT["colour"], KEPT["width"])
    ways = Variable("vehicles", label=say("plan.vehicles"), unit=both(""),
                    values=np.zeros(len(vehicles), np.int64), kind="category",
                    categories=[kept])  # fmt: skip
    return PackedLines(vehicles.geometry.array, [ways], readers=readers, identifier="vehicles")


def vehicle_source(frame: pd.DataFrame, *, readers: Readers) -> Source:
    """Return what is told of each vehicle, in the order of the frame."""
    years = [None if pd.isna(year) else str(int(year)) for year in frame["year"]]
    owner = [
        str(operator if name is None or pd.isna(name) else name)
        for name, operator in zip(frame["operator_name"], frame["operator_id"], strict=True)
    ]
    texts: dict[str, list[str | Text | None]] = {
        "name": [str(one) for one in frame["vehicle_id"]],
        "owner": list(owner),
        "operator": [str(one) for one in frame["operator_id"]],
        "today": [
            today_words(str(kind), str(fuel), str(standard), int(year), readers=readers)
            for kind, fuel, standard, year in zip(
                frame["vehicle_class"], frame["fuel"], frame["standard"], frame["model_year"],
                strict=True,
            )
        ],
        "technology": [str(name) for name in frame["technology"]],
        "becomes": [
            becomes_words(str(technology), _text(model))
            for technology, model in zip(frame["technology"], frame["model_id"], strict=True)
        ],
        "size": ["unknown" if pd.isna(size) else str(size) for size in frame["operator_size"]],
        "year": list(years),
        "why": [None if pd.isna(why) else reason_words(str(why)) for why in frame["reason"]],
        "duty": [
            None if duty == own else say("plan.nobody") if pd.isna(duty) else str(duty)
            for duty, own in zip(frame["duty_id"], frame["vehicle_id"], strict=True)
        ],
    }  # fmt: skip
    names = ("spend", "cost", "harm_avoided", "pm25_avoided_kg", "co2e_avoided_t")
    numbers = {name: frame[name].to_numpy(np.float64) for name in names}
    numbers["days_of_100"] = frame["probability"].to_numpy(np.float64) * 100.0
    nowhere = np.full(len(frame), None, dtype=object)
    return Source(pack(nowhere, numbers=numbers, texts=texts), "vehicles")


def _text(value: Any) -> str | None:
    return None if value is None or pd.isna(value) or not str(value) else str(value)


def vehicle_card(currency: str) -> dict[str, Any]:
    """Return the rows of the table about a vehicle."""
    return {
        "title": "name", "subtitle": "today",
        "rows": [
            {"label": say("plan.operator"), "column": "owner", "text": True},
            {"label": say("plan.becomes"), "column": "becomes", "text": True},
            {"label": say("plan.when"), "column": "year", "text": True},
            {"label": say("plan.why"), "column": "why", "text": True},
            {"label": say("plan.duty"), "column": "duty", "text": True},
            {"label": say("plan.spend"), "column": "spend", "currency": currency},
            {"label": say("plan.cost"), "column": "cost", "currency": currency},
            {"label": say("plan.harm"), "column": "harm_avoided", "unit": say("plan.harm_unit")},
            {"label": say("plan.pm25"), "column": "pm25_avoided_kg", "unit": "kg"},
            {"label": say("plan.co2e"), "column": "co2e_avoided_t", "unit": "t"},
            {"label": say("plan.days"), "column": "days_of_100", "unit": say("plan.of_100")},
        ],
    }  # fmt: skip


def views(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the ways to colour vehicles that have changed, each with the looks of its values."""
    changed = frame[frame["year"].notna()]
    technologies = [*_TECHNOLOGIES, *sorted(set(changed["technology"]) - set(_TECHNOLOGIES))]
    first = [name for name in technologies if (changed["technology"] == name).any()]
    years = sorted({int(year) for year in changed["year"]})
    colours = blend(STEPS[::-1], max(len(years), 1))
    sizes = {"unknown" if pd.isna(size) else str(size) for size in changed["operator_size"]}
    return [
        _view("technology", {name: _TECHNOLOGIES.get(name, _OTHER) for name in first},
              {name: technology_words(name) for name in first}),
        _view("year", {str(year): {"colour": colour}
                       for year, colour in zip(years, colours, strict=False)},
              {str(year): both(str(year)) for year in years}),
        _view("size", {name: _SIZES.get(name, _SIZE_UNKNOWN)
                       for name in (*_SIZES, *sorted(sizes - set(_SIZES))) if name in sizes},
              {name: size_words(None if name == "unknown" else name) for name in sizes}),
    ]  # fmt: skip


def _view(column: str, looks: Mapping[str, Any], labels: Mapping[str, Text]) -> dict[str, Any]:
    return {
        "column": column, "label": say(f"plan.by_{column}"),
        "items": [
            {"value": name, "label": labels[name],
             "look": {"width": _NEW, **look, "rank": len(looks) - place}}
            for place, (name, look) in enumerate(looks.items())
        ],
    }  # fmt: skip


def operators(frame: pd.DataFrame, readers: Readers) -> list[dict[str, Any]]:
    """Return each operator with the rows of its vehicles, for the search."""
    found = []
    for operator, rows in frame.reset_index(drop=True).groupby("operator_id", sort=True):
        names = rows["operator_name"].dropna()
        count = readers.whole(int(rows["year"].notna().sum()))
        found.append({
            "label": str(names.iloc[0]) if len(names) else str(operator),
            "rows": [int(row) for row in rows.index],
            "detail": say("plan.operator_vehicles", count=count, every=readers.whole(len(rows))),
        })  # fmt: skip
    return found
