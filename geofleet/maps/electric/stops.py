"""Stops and depots of the electric page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geofleet.layers import Layer
from geofleet.maps.electric.streams import UNKNOWN, Streams, scaled
from geofleet.maps.electric.ways import GRID
from geofleet.maps.elements import Source, StyledPoints
from geofleet.maps.packing import pack
from geofleet.maps.plan_words import called, charger_words
from geofleet.wording import Readers, Text, both, say

__all__ = ["DEPOT_COLUMNS", "depot_marks", "pack_stops"]

_SOC = 1e4
DEPOT_COLUMNS = ("vehicles", "electric", "chargers", "power", "year")
"""What is told of a depot, in order; more than its vehicles only where a plan says so."""
DEPOT = {"shape": "square", "radius": 7, "color": "#ffffff", "weight": 1.5,
         "fillColor": "#111111", "fillOpacity": 1}  # fmt: skip
CHARGER = {"shape": "square", "radius": 7, "color": "#ffffff", "weight": 1.5,
           "fillColor": "#005f9e", "fillOpacity": 1}  # fmt: skip


def pack_stops(streams: Streams, stops: Layer, *, days: npt.NDArray[np.int64]) -> None:
    """Add the stops of all vehicle-days in driving order.

    Parameters
    ----------
    streams
        Where to.
    stops
        Layer ``stops``.
    days
        Numbers of the vehicle-days, in the page's order.
    """
    frame = stops.frame
    place = pd.Series(np.arange(len(days)), index=days)
    row = frame["vehicle_day"].map(place)
    frame = frame[row.notna()].assign(row=row[row.notna()].astype(np.int64))
    frame = frame.sort_values(["row", "stop_number"], kind="stable", ignore_index=True)
    streams.plain("day_stops", np.bincount(frame["row"], minlength=len(days)))
    streams.steps("stop_number", frame["stop_number"].to_numpy(np.int64))
    streams.steps("stop_lon", np.rint(frame.geometry.x.to_numpy() * GRID))
    streams.steps("stop_lat", np.rint(frame.geometry.y.to_numpy() * GRID))
    streams.texts("stop_place", called(frame, "stop_name", "stop_id"))
    streams.plain("stop_depot", (frame["kind"] == "depot").to_numpy())
    streams.texts("stop_missed", (
        None if status == "reached" else say(f"electric.missed_{str(status).replace(' ', '_')}")
        for status in frame["status"]
    ))  # fmt: skip
    streams.plain("stop_failing", frame["is_first_failing"].to_numpy(bool))
    for name in ("arrive", "start", "depart"):
        streams.signed(f"stop_{name}", _seconds(frame[name], frame["date"]))
    streams.signed("stop_soc", scaled(frame["soc_arrival"], _SOC))
    streams.signed("stop_late", scaled(frame["late_min"], 1.0))
    streams.signed("stop_drop", scaled(frame["drop_kg"], 1.0))
    streams.signed("stop_pickup", scaled(frame["pickup_kg"], 1.0))


def _seconds(stamps: pd.Series, dates: pd.Series) -> npt.NDArray[np.int64]:
    """Return seconds of the clock on the wall after midnight of the service date."""
    out = np.full(len(stamps), UNKNOWN, dtype=np.int64)
    known = stamps.notna().to_numpy()
    if known.any():
        # the clock on the wall is what stands before the offset
        wall = pd.to_datetime(stamps[known].astype(str).str.slice(0, 19))
        begin = pd.to_datetime(dates[known].astype(str))
        out[known] = np.rint((wall - begin).dt.total_seconds()).astype(np.int64)
    return out


def depot_marks(
    stops: Layer, plan: Layer | None, chargers: pd.DataFrame | None, *, readers: Readers
) -> tuple[Source, StyledPoints, dict[str, Any]]:
    """Return depots and chargers as marks: source, layer, and their legend.

    Parameters
    ----------
    stops
        Layer ``stops``: where days begin and end.
    plan
        Layer ``plan_depots``: what a plan puts up there.
    chargers
        ``charger_id, lat, lon, kind, power_w`` of chargers that stand already.
    readers
        How numbers are written.
    """
    at = stops.frame[stops.frame["kind"] == "depot"]
    rows: list[dict[str, Any]] = []
    planned = {} if plan is None else {
        str(row["depot_id"]): row for row in plan.frame.to_dict("records")
    }  # fmt: skip
    for name, group in at.groupby("stop_id", sort=True):
        vehicles = group["vehicle_id"].nunique()
        row = {
            "geometry": group.geometry.iloc[0],
            "name": called(group, "stop_name", "stop_id")[0], "kind": "depot",
            "vehicles": readers.whole(vehicles), "chargers": None, "power": None, "electric": None,
            "year": None,
        }  # fmt: skip
        found = planned.pop(str(name), None)
        if found is not None:
            row |= _planned(found, readers)
        rows.append(row)
    rows += [
        {"geometry": found["geometry"], "name": found.get("name") or name, "vehicles": None}
        | _planned(found, readers)
        for name, found in planned.items()
        if found["geometry"] is not None
    ]
    rows += _standing(chargers, readers)
    texts = {column: [_text(row[column]) for row in rows] for column in ("name", *DEPOT_COLUMNS)}
    texts["kind"] = [row["kind"] for row in rows]
    texts["what"] = [_text(say(f"electric.mark_{row['kind']}")) for row in rows]
    shapes = np.empty(len(rows), dtype=object)
    shapes[:] = [row["geometry"] for row in rows]
    source = Source(_packed(shapes, texts), "depots")
    card = {
        "title": "name", "subtitle": "what",
        "rows": [
            {"label": say(f"electric.depot_{name}"), "column": name, "text": True}
            for name in DEPOT_COLUMNS
        ],
    }  # fmt: skip
    looks = {"depot": DEPOT, "charger": CHARGER}
    layer = StyledPoints(
        source, {"column": "kind", "categories": looks, "order": ["depot", "charger"],
                 "card": card}, "depots", name="Depots and chargers",
    )  # fmt: skip
    kinds = [kind for kind in looks if any(row["kind"] == kind for row in rows)]
    legend = {"items": [
        {"shape": "square", "colour": looks[kind]["fillColor"], "edge": "#ffffff",
         "label": say(f"electric.mark_{kind}")} for kind in kinds
    ]}  # fmt: skip
    return source, layer, legend


def _planned(row: Mapping[Any, Any], readers: Readers) -> dict[str, Any]:
    return {
        "kind": "charger",
        "chargers": charger_words(str(row["chargers"])),
        "power": readers.quantity(float(row["power_kw"]), "kW"),
        "electric": readers.whole(float(row["electric"])),
        "year": str(int(row["first_year"])),
    }


def _standing(chargers: pd.DataFrame | None, readers: Readers) -> list[dict[str, Any]]:
    if chargers is None:
        return []
    watts = chargers["power_w"] if "power_w" in chargers else chargers["power_kw"] * 1000.0
    return [
        {
            "geometry": shapely.Point(float(row["lon"]), float(row["lat"])), "kind": "charger",
            "name": str(row["charger_id"]), "vehicles": None, "electric": None, "year": None,
            "chargers": str(row["kind"]), "power": readers.quantity(float(power) / 1000.0, "kW"),
        }
        for row, power in zip(chargers.to_dict("records"), watts, strict=True)
    ]  # fmt: skip


def _text(value: Any) -> Text | None:
    if value is None:
        return None
    return both(value) if isinstance(value, str) else value


def _packed(shapes: npt.NDArray[np.object_], texts: dict[str, list[Any]]) -> Any:
    """Pack marks whose texts may stand in every language."""
    table: list[Any] = []
    columns = {}
    for name, cells in texts.items():
        numbers = []
        for cell in cells:
            plain = cell if cell is None or isinstance(cell, str) else dict(cell)
            if plain is not None and plain not in table:
                table.append(plain)
            numbers.append(-1 if plain is None else table.index(plain))
        columns[name] = np.array(numbers, dtype=np.int64)
    return replace(pack(shapes), columns=columns, strings=tuple(table))
