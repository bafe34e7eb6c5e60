"""Page of a plan: who gets what and when, what depots put up, what the money buys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import folium
import geopandas as gpd
import numpy as np
import pandas as pd

from geofleet.layers import Layer
from geofleet.maps.elements import Ref, Source
from geofleet.maps.frame import PageFrame
from geofleet.maps.packed import Card, PackedLines, Variable
from geofleet.maps.packing import pack
from geofleet.maps.plan_tables import frontier_group, plan_groups, year_bars, year_figures
from geofleet.maps.plan_words import (
    becomes_words,
    charger_words,
    reason_words,
    size_words,
    technology_words,
    today_words,
)
from geofleet.maps.policy_page import corners
from geofleet.maps.policy_words import road_class_words
from geofleet.maps.scales import STEPS, blend, round_breaks
from geofleet.maps.shell import furnish, new_page
from geofleet.wording import Readers, Text, both, say

__all__ = ["plan_page"]

_M_PER_KM = 1000.0
# Okabe and Ito (2008); what is kept is pale, so that many kept routes do not hide a few new ones
_KEPT = {"color": "#8b959b", "weight": 1.6, "opacity": 0.6}
_TECHNOLOGIES: dict[str, dict[str, Any]] = {
    "dpf_retrofit": {"color": "#e69f00", "weight": 3.2, "opacity": 0.95},
    "euro_6": {"color": "#56b4e9", "weight": 3.2, "opacity": 0.95},
    "cng": {"color": "#cc79a7", "weight": 3.2, "opacity": 0.95},
    "diesel_hybrid": {"color": "#d55e00", "weight": 3.2, "opacity": 0.95, "dashArray": "10 4"},
    "electric": {"color": "#0072b2", "weight": 3.2, "opacity": 0.95},
}
_OTHER = {"color": "#000000", "weight": 3.2, "opacity": 0.95, "dashArray": "2 5"}
_SIZES: dict[str, dict[str, Any]] = {
    "1-5": {"color": "#d55e00", "weight": 3.4, "opacity": 0.95},
    "6-30": {"color": "#e69f00", "weight": 3.0, "opacity": 0.95, "dashArray": "12 3"},
    "31-100": {"color": "#56b4e9", "weight": 3.0, "opacity": 0.95, "dashArray": "6 3"},
    ">100": {"color": "#0072b2", "weight": 3.0, "opacity": 0.95},
}
_SIZE_UNKNOWN = {"color": "#5c5c5c", "weight": 2.4, "opacity": 0.9, "dashArray": "2 5"}
_WORDS = (
    "play", "pause", "highest", "not_yet", "vehicle", "operator", "depot", "depots", "depot_mark",
    "legend",
)  # fmt: skip


def plan_page(
    layers: Mapping[str, Layer],
    *,
    frame: PageFrame,
    currency: str,
    base: Mapping[str, gpd.GeoDataFrame] | None = None,
    facts: Sequence[tuple[Text, Text]] = (),
    frontier: pd.DataFrame | None = None,
) -> folium.Map:
    """Show what a budget buys, year by year, on a page that needs no internet.

    Parameters
    ----------
    layers
        ``plan_vehicles`` and ``plan_years``; ``plan_depots`` and ``roads`` are drawn where they
        are there; with ``plan_links`` today and the plan can be set side by side.
    frame, base
        As for :func:`contingency_page`.
    currency
        Of all amounts.
    facts
        Key figures as (value, label), such as :func:`geofleet.planned.layers.plan_facts` gives.
    frontier
        Plans of other budgets: ``spend`` (public money) and ``harm`` (exposure avoided), such as
        the table of ``PlannedStudy.frontier()``.

    Returns
    -------
    folium.Map
        Equal layers give an equal page.

    Raises
    ------
    geofleet.errors.InputError
        A frontier without those columns, or with numbers that are not known.
    """
    readers = frame.readers
    vehicles, years = layers["plan_vehicles"].frame, layers["plan_years"].frame
    page = new_page(frame, roads=layers.get("roads"), base=base)
    source = _vehicles_source(vehicles)
    source.add_to(page)
    spec: dict[str, Any] = {
        "kind": "plan", "source": Ref(source.get_name()), "words": _words(),
        "years": [int(year) for year in years["year"]], "kept": _KEPT,
        "views": _views(vehicles), "card": _card(currency), "bars": year_bars(years, currency),
        "figures": year_figures(layers, currency=currency),
        "operators": _operators(vehicles, readers),
    }  # fmt: skip
    depots = layers["plan_depots"].frame if "plan_depots" in layers else None
    if depots is not None and len(depots):
        points = _depots_source(depots, readers)
        points.add_to(page)
        spec["depots"] = {"source": Ref(points.get_name()), "card": _depot_card(currency)}
    if "plan_links" in layers:
        spec["beside"] = _beside(page, layers["plan_links"].frame, readers)
    groups = [spec, *plan_groups(layers, currency=currency, readers=readers)]
    if frontier is not None:
        groups.append(frontier_group(
            frontier, vehicles=vehicles, years=years, currency=currency
        ))  # fmt: skip
    furnish(
        page, frame, groups=groups, shown=vehicles[vehicles.geometry.notna()],
        facts=[{"value": value, "label": label} for value, label in facts],
    )  # fmt: skip
    return page


def _beside(page: folium.Map, links: gpd.GeoDataFrame, readers: Readers) -> dict[str, Any]:
    """Add what streets emit today and when the plan is done, to be set side by side."""
    sums = links.groupby("street")[["pm25_today_g", "pm25_plan_g"]].sum(min_count=1)
    streets = links.groupby("street")[["name", "highway", "length_m", "geometry"]].first()
    km = streets["length_m"].to_numpy(np.float64) / _M_PER_KM
    grams = {when: sums[f"pm25_{when}_g"].to_numpy(np.float64) / km for when in ("today", "plan")}
    breaks = round_breaks(np.concatenate(list(grams.values())))
    roads = {kind: road_class_words(kind) for kind in map(str, streets["highway"].unique())}
    lines = PackedLines(
        streets["geometry"], [
            Variable(when, label=say(f"plan.beside_{when}"), unit=both("g/km"), values=values,
                     colours=STEPS, breaks=breaks)
            for when, values in grams.items()
        ],
        texts={
            "name": [None if pd.isna(name) else str(name) for name in streets["name"]],
            "road": [roads[str(kind)] for kind in streets["highway"]],
        },
        card=Card(title="name", subtitle="road"), readers=readers, identifier="beside", show=False,
    )  # fmt: skip
    lines.add_to(page)
    return {
        "layer": Ref(lines.get_name()), "unit": say("plan.beside_unit"),
        "note": say("plan.beside_note"), "bounds": corners(links),
        "names": [say("plan.beside_today"), say("plan.beside_plan")],
        "words": {"pane": say("contingency.pane", name="{name}"),
                  "compare": say("plan.beside")},
    }  # fmt: skip


def _words() -> dict[str, Text]:
    words = {name: say(f"plan.{name}") for name in _WORDS}
    return words | {
        "label": say("plan.year"), "kept": technology_words("keep"),
        "show": say("plan.colour_by"), "stands": say("plan.stands", year="{year}"),
    }  # fmt: skip


def _vehicles_source(frame: pd.DataFrame) -> Source:
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
            today_words(str(kind), str(fuel), str(standard), int(year))
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
    return Source(pack(frame.geometry.to_numpy(), numbers=numbers, texts=texts), "vehicles")


def _text(value: Any) -> str | None:
    return None if value is None or pd.isna(value) or not str(value) else str(value)


def _card(currency: str) -> dict[str, Any]:
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


def _views(frame: pd.DataFrame) -> list[dict[str, Any]]:
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
        _view("year", {str(year): {"color": colour, "weight": 3.2, "opacity": 0.95}
                       for year, colour in zip(years, colours, strict=False)},
              {str(year): both(str(year)) for year in years}),
        _view("size", {name: _SIZES.get(name, _SIZE_UNKNOWN)
                       for name in (*_SIZES, *sorted(sizes - set(_SIZES))) if name in sizes},
              {name: size_words(None if name == "unknown" else name) for name in sizes}),
    ]  # fmt: skip


def _view(column: str, looks: Mapping[str, Any], labels: Mapping[str, Text]) -> dict[str, Any]:
    return {
        "column": column, "label": say(f"plan.by_{column}"), "looks": looks,
        "items": [{"value": name, "label": labels[name]} for name in looks],
    }  # fmt: skip


def _operators(frame: pd.DataFrame, readers: Readers) -> list[dict[str, Any]]:
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


def _depots_source(frame: pd.DataFrame, readers: Readers) -> Source:
    texts: dict[str, list[str | Text | None]] = {
        "name": [str(name) for name in frame["depot_id"]],
        "chargers": [charger_words(str(text)) for text in frame["chargers"]],
        "first": [str(int(year)) for year in frame["first_year"]],
        "electric": [
            say("plan.electric_of", count=readers.whole(some), every=readers.whole(every))
            for some, every in zip(frame["electric"], frame["vehicles"], strict=True)
        ],
    }  # fmt: skip
    numbers = {name: frame[name].to_numpy(np.float64) for name in
               ("power_kw", "extensions", "spend", "cost", "first_year")}  # fmt: skip
    return Source(pack(frame.geometry.to_numpy(), numbers=numbers, texts=texts), "depots")


def _depot_card(currency: str) -> dict[str, Any]:
    return {
        "title": "name",
        "rows": [
            {"label": say("plan.chargers"), "column": "chargers", "text": True},
            {"label": say("plan.electric"), "column": "electric", "text": True},
            {"label": say("plan.first"), "column": "first", "text": True},
            {"label": say("plan.power"), "column": "power_kw", "unit": "kW"},
            {"label": say("plan.extensions"), "column": "extensions"},
            {"label": say("plan.spend"), "column": "spend", "currency": currency},
            {"label": say("plan.depot_cost"), "column": "cost", "currency": currency},
        ],
    }  # fmt: skip
