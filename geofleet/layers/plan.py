"""Layers of a plan: who gets what and when, and what each depot puts up."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geofleet.layers.links import street_numbers
from geofleet.layers.model import Layer, as_layer
from geofleet.layers.paths import driven_paths
from geofleet.network.model import RoadNetwork
from geofleet.routes.model import Itineraries
from geofleet.schema import Column, TableSchema

__all__ = [
    "PLAN_DEPOTS", "PLAN_LINKS", "PLAN_VEHICLES", "PLAN_YEARS", "plan_depots_layer",
    "plan_links_layer", "plan_vehicles_layer", "plan_years_layer",
]  # fmt: skip

_MONEY = "money"
_HARM = "persons·µg/m³·h"

PLAN_VEHICLES = TableSchema(
    "plan_vehicles",
    "The plan: one row per vehicle, at the ways that it drives today",
    (
        Column("vehicle_id", "text", "vehicle"),
        Column("operator_id", "text", "who owns it"),
        Column("operator_name", "text", "name of the operator", nullable=True),
        Column("operator_size", "text", "vehicles that the operator owns, by class",
               nullable=True),
        Column("vehicle_class", "text", "row of the vehicle class table"),
        Column("fuel", "text", "fuel today"),
        Column("standard", "text", "emission standard today"),
        Column("model_year", "integer", "model year today", "year"),
        Column("depot_id", "text", "where it stays overnight", nullable=True),
        Column("option", "text", "what it becomes; keep: it stays as it is"),
        Column("technology", "text", "technology of the option"),
        Column("model_id", "text", "electric model, row of the catalogue", nullable=True),
        Column("year", "integer", "when; empty where it is kept", "year", nullable=True),
        Column("duty_id", "text", "whose work it does in the end: its own, that of another "
               "vehicle of the operator, or none", nullable=True),
        Column("spend", "number", "public money", _MONEY),
        Column("cost", "number", "present cost to all concerned against keeping it, without "
               "chargers and connection", _MONEY),
        Column("harm_avoided", "number", "people's exposure to exhaust and wear that is avoided "
               "over the years of the plan; empty where it is not known", _HARM, nullable=True),
        Column("pm25_avoided_kg", "number", "PM2.5 of exhaust and wear avoided over the plan",
               "kg", nullable=True),
        Column("bc_avoided_kg", "number", "black carbon avoided over the plan", "kg",
               nullable=True),
        Column("nox_avoided_kg", "number", "nitrogen oxides avoided over the plan", "kg",
               nullable=True),
        Column("co2e_avoided_t", "number", "greenhouse gases avoided over the plan, well to wheel",
               "t", nullable=True),
        Column("probability", "number", "least probability that the option can do the work of a "
               "day", "1", nullable=True),
        Column("reason", "text", "why the vehicle is kept", nullable=True),
        Column("geometry", "geometry", "what it drives on the days of the study"),
    ),
    key=("vehicle_id",),
)  # fmt: skip

PLAN_DEPOTS = TableSchema(
    "plan_depots",
    "The plan: chargers and connection of each depot that puts up any",
    (
        Column("depot_id", "text", "depot: the stop where its vehicles' days begin"),
        Column("name", "text", "what people call it", nullable=True),
        Column("vehicles", "integer", "vehicles that stay there", "vehicles"),
        Column("electric", "integer", "of them electric in the end", "vehicles"),
        Column("chargers", "text", "chargers in the end, by kind: 2 x ac_22;1 x dc_60"),
        Column("charger_count", "integer", "chargers in the end", "chargers"),
        Column("power_kw", "number", "power of all chargers", "kW"),
        Column("extensions", "integer", "extensions of the connection", "extensions"),
        Column("first_year", "integer", "when the first is put up", "year"),
        Column("spend", "number", "public money for chargers and extensions", _MONEY),
        Column("cost", "number", "present cost of chargers and extensions", _MONEY),
        Column("geometry", "geometry", "place of the depot"),
    ),
    key=("depot_id",),
    version="1.1.0",
)  # fmt: skip

PLAN_YEARS = TableSchema(
    "plan_years",
    "The plan: what each year changes and spends",
    (
        Column("year", "integer", "year", "year"),
        Column("vehicles", "integer", "vehicles that change in it", "vehicles"),
        Column("chargers", "integer", "chargers put up in it", "chargers"),
        Column("extensions", "integer", "extensions of connections in it", "extensions"),
        Column("vehicle_spend", "number", "public money for vehicles", _MONEY),
        Column("charging_spend", "number", "public money for chargers and extensions", _MONEY),
        Column("budget", "number", "public money that there is for the year", _MONEY),
    ),
    key=("year",),
)  # fmt: skip

PLAN_LINKS = TableSchema(
    "plan_links",
    "The plan: road links by what the vehicles of the study emit there today and when it is done",
    (
        Column("edge", "integer", "edge number: row of the link in the road network"),
        Column("street", "integer", "the same for both directions of a two-way street"),
        Column("name", "text", "street name", nullable=True),
        Column("highway", "text", "road class (OpenStreetMap highway)"),
        Column("length_m", "number", "length of the link", "m"),
        Column("pm25_today_g", "number", "fine exhaust particles on the days of the study", "g"),
        Column("pm25_plan_g", "number", "the same when the plan is done: each link keeps its share "
               "of what a vehicle's work emits; empty where that is not known", "g", nullable=True),
        Column("geometry", "geometry", "line from u to v"),
    ),
    key=("edge",),
)  # fmt: skip


def plan_vehicles_layer(
    network: RoadNetwork, itineraries: Itineraries, table: pd.DataFrame, *, currency: str
) -> Layer:
    """Return the vehicles of a plan at what they drive today.

    Parameters
    ----------
    network, itineraries
        Roads, and the days of the study.
    table
        One row per vehicle with the columns of ``PLAN_VEHICLES`` but the geometry.
    currency
        Of all amounts.
    """
    days = itineraries.traversals.vehicle_days.reset_index(drop=True)
    paths = driven_paths(itineraries.traversals.frame, edges=network.edges, count=len(days))
    by_vehicle: dict[str, list[Any]] = {}
    for vehicle, path in zip(days["vehicle_id"].astype(str), paths, strict=True):
        if path is not None:
            by_vehicle.setdefault(vehicle, []).extend(shapely.get_parts(path))
    lines = np.full(len(table), None, dtype=object)
    for place, vehicle in enumerate(table["vehicle_id"].astype(str)):
        if vehicle in by_vehicle:
            lines[place] = shapely.multilinestrings(by_vehicle[vehicle])
    return as_layer(
        _columns(table, PLAN_VEHICLES), _in_money(PLAN_VEHICLES, currency), geometry=lines,
        size=len(table),
    )  # fmt: skip


def plan_depots_layer(itineraries: Itineraries, table: pd.DataFrame, *, currency: str) -> Layer:
    """Return the depots of a plan.

    Parameters
    ----------
    itineraries
        Its stops of kind ``depot`` say where depots are.
    table
        One row per depot with the columns of ``PLAN_DEPOTS`` but its name and the geometry.
    currency
        Of all amounts.
    """
    stops = itineraries.stops
    first = stops[stops["kind"] == "depot"].drop_duplicates("stop_id").set_index("stop_id")
    places: npt.NDArray[np.object_] = np.full(len(table), None, dtype=object)
    names = pd.Series([None] * len(table), dtype=object)
    for row, depot in enumerate(table["depot_id"]):
        if depot in first.index:
            at = first.loc[depot]
            places[row] = shapely.Point(float(at["lon"]), float(at["lat"]))
            names.iloc[row] = at.get("name")
    return as_layer(
        _columns(table.assign(name=names.to_numpy()), PLAN_DEPOTS),
        _in_money(PLAN_DEPOTS, currency), geometry=places, size=len(table),
    )  # fmt: skip


def plan_years_layer(table: pd.DataFrame, *, currency: str) -> Layer:
    """Return the years of a plan.

    Parameters
    ----------
    table
        Indexed by year: columns of ``geofleet.plan.tables.PlanTables.years``.
    currency
        Of all amounts.
    """
    given = table.rename_axis("year").reset_index().rename(columns={"spend": "vehicle_spend"})
    return as_layer(_columns(given, PLAN_YEARS), _in_money(PLAN_YEARS, currency))


def plan_links_layer(
    network: RoadNetwork,
    itineraries: Itineraries,
    *,
    grams: npt.NDArray[np.float64],
    left: pd.Series,
) -> Layer:
    """Return the links that the vehicles drive, today and when the plan is done.

    Parameters
    ----------
    grams
        Fine exhaust particles of each traversal today.
    left
        By vehicle: what share of the particles of its work is left in the end, whoever does it;
        NaN where that is not known.
    """
    frame, days = itineraries.traversals.frame, itineraries.traversals.vehicle_days
    owner = days["vehicle_id"].astype(str).to_numpy(object)[frame["vehicle_day"].to_numpy(np.int64)]
    share = left.reindex(pd.Index(owner)).to_numpy(np.float64)
    # what emits nothing today emits nothing unknown
    after = np.where(grams == 0.0, 0.0, grams * share)
    edge, place = np.unique(frame["edge"].to_numpy(np.int64), return_inverse=True)
    edges = network.edges.iloc[edge]
    columns = {
        "edge": edge, "street": street_numbers(network)[edge],
        "name": edges["name"].to_numpy(object), "highway": edges["highway"].to_numpy(object),
        "length_m": edges["length_m"].to_numpy(np.float64),
        "pm25_today_g": np.bincount(place, weights=grams, minlength=len(edge)),
        "pm25_plan_g": np.bincount(place, weights=after, minlength=len(edge)),
    }  # fmt: skip
    return as_layer(columns, PLAN_LINKS, geometry=edges.geometry.array)


def _columns(table: pd.DataFrame, schema: TableSchema) -> dict[str, Any]:
    return {c.name: table[c.name].to_numpy() for c in schema.columns if c.kind != "geometry"}


def _in_money(schema: TableSchema, currency: str) -> TableSchema:
    columns = tuple(
        replace(column, unit=currency) if column.unit == _MONEY else column
        for column in schema.columns
    )
    return replace(schema, columns=columns)
