"""Page of a plan: who gets what and when, what depots put up, what the money buys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import folium
import geopandas as gpd
import numpy as np
import pandas as pd

from geofleet.layers import Layer
from geofleet.maps.changes import difference
from geofleet.maps.elements import Ref, Source
from geofleet.maps.frame import PageFrame
from geofleet.maps.meridian import seamless
from geofleet.maps.packed import Card, PackedLines, Variable
from geofleet.maps.packing import pack
from geofleet.maps.plan_tables import frontier_group, plan_groups, year_bars, year_figures
from geofleet.maps.plan_vehicles import (
    KEPT,
    operators,
    vehicle_card,
    vehicle_lines,
    vehicle_source,
    views,
)
from geofleet.maps.plan_words import called, charger_words, technology_words
from geofleet.maps.policy_page import corners
from geofleet.maps.policy_words import road_class_words
from geofleet.maps.scales import STEPS, round_breaks
from geofleet.maps.shell import furnish, new_page
from geofleet.wording import Readers, Text, both, say

__all__ = ["plan_page"]

_M_PER_KM = 1000.0
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
    layers, ground = seamless(layers, base)
    drawn, years = layers["plan_vehicles"].frame, layers["plan_years"].frame
    page = new_page(frame, roads=layers.get("roads"), base=ground)
    lines = vehicle_lines(drawn, readers)
    lines.add_to(page)
    # what is told of a vehicle stands in the row of its line
    vehicles = drawn.iloc[lines.order].reset_index(drop=True)
    source = vehicle_source(vehicles, readers=frame.readers)
    source.add_to(page)
    spec: dict[str, Any] = {
        "kind": "plan", "source": Ref(source.get_name()), "layer": Ref(lines.get_name()),
        "words": _words(), "years": [int(year) for year in years["year"]], "kept": KEPT,
        "views": views(vehicles), "card": vehicle_card(currency),
        "bars": year_bars(years, currency), "figures": year_figures(layers, currency=currency),
        "operators": operators(vehicles, readers),
    }  # fmt: skip
    depots = layers["plan_depots"].frame if "plan_depots" in layers else None
    if depots is not None and len(depots):
        points = _depots_source(depots, readers)
        points.add_to(page)
        spec["depots"] = {"source": Ref(points.get_name()), "card": _depot_card(currency)}
    if "plan_links" in layers and len(layers["plan_links"].frame):
        spec["beside"] = _beside(page, layers["plan_links"].frame, readers)
    groups = [spec, *plan_groups(layers, currency=currency, readers=readers)]
    if frontier is not None:
        groups.append(frontier_group(
            frontier, vehicles=vehicles, years=years, currency=currency
        ))  # fmt: skip
    furnish(
        page, frame, groups=groups, shown=_shown(vehicles, depots),
        facts=[{"value": value, "label": label} for value, label in facts],
    )  # fmt: skip
    return page


def _shown(vehicles: gpd.GeoDataFrame, depots: gpd.GeoDataFrame | None) -> gpd.GeoSeries:
    """Return what the view holds at first: where vehicles drive, else where depots are."""
    driven = vehicles.geometry[vehicles.geometry.notna() & ~vehicles.geometry.is_empty]
    return driven if len(driven) or depots is None else depots.geometry


def _beside(page: folium.Map, links: gpd.GeoDataFrame, readers: Readers) -> dict[str, Any]:
    """Add what streets emit today and when the plan is done, to be set side by side."""
    # what is not known of one direction is not known of the street
    sums = links.groupby("street")[["pm25_today_g", "pm25_plan_g"]].sum(skipna=False)
    streets = links.groupby("street")[["name", "highway", "length_m", "geometry"]].first()
    km = streets["length_m"].to_numpy(np.float64) / _M_PER_KM
    today, plan = (
        np.divide(grams, km, out=np.full(len(km), np.nan), where=km > 0)
        for grams in (sums[f"pm25_{when}_g"].to_numpy(np.float64) for when in ("today", "plan"))
    )
    breaks = round_breaks(np.concatenate([today, plan]))
    roads = {kind: road_class_words(kind) for kind in map(str, streets["highway"].unique())}
    unit = both("g/km")
    lines = PackedLines(
        streets["geometry"], [
            *(Variable(when, label=say(f"plan.beside_{when}"), unit=unit, values=values,
                       colours=STEPS, breaks=breaks)
              for when, values in (("today", today), ("plan", plan))),
            difference("change", today, plan, label=say("plan.beside_change"), unit=unit),
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
        "changeUnit": say("plan.beside_unit_change"), "note": say("plan.beside_note"),
        "changeNote": say("plan.beside_note_change"), "bounds": corners(links),
        "names": [say("plan.beside_today"), say("plan.beside_plan")],
        "words": {"pane": say("contingency.pane", name="{name}"),
                  "compare": say("plan.beside"), "change": say("plan.beside_change")},
    }  # fmt: skip


def _words() -> dict[str, Text]:
    words = {name: say(f"plan.{name}") for name in _WORDS}
    return words | {
        "label": say("plan.year"), "kept": technology_words("keep"),
        "show": say("plan.colour_by"), "stands": say("plan.stands", year="{year}"),
        # filled by the script
        "here_many": say("plan.here_many", count="{count}"),
        "more_here": say("plan.more_here", count="{count}"),
    }  # fmt: skip


def _depots_source(frame: pd.DataFrame, readers: Readers) -> Source:
    texts: dict[str, list[str | Text | None]] = {
        "name": [*called(frame, "name", "depot_id")],
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
