"""Layers of a day under rules: links and the whole by hour, vehicle-days, access to roads."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.emissions.model import LinkEmissions
from geofleet.layers.links import street_numbers
from geofleet.layers.model import Layer, as_layer
from geofleet.layers.paths import driven_paths
from geofleet.layers.policy_schemas import (
    ACCESS_HOURS,
    HARM_OF,
    HOURS,
    POLICY_DAY_HOURS,
    POLICY_DAYS,
    POLICY_HOURS,
    by_hour,
)
from geofleet.layers.policy_zones import policy_rules_layer, policy_zones_layer
from geofleet.network.model import RoadNetwork
from geofleet.policy.decisions import FORBIDDEN, STATUS_WORDS, UNKNOWN, Decisions
from geofleet.policy.rules.events import Event
from geofleet.policy.rules.model import RuleSet
from geofleet.routes.model import Itineraries
from geofleet.schema import TableSchema

if TYPE_CHECKING:
    from geofleet.policy.day import DayDecisions, DayEffect
    from geofleet.policy.places import LinkPlaces

__all__ = [
    "access_hours_layer", "policy_day_hours_layer", "policy_days_layer", "policy_hours_layer",
    "policy_layers", "worst_by_hour",
]  # fmt: skip

_S_PER_H = 3600.0
_PM25 = "pm25_exhaust_g"
_WHEN = ("before", "after")

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]


def policy_layers(
    network: RoadNetwork,
    effect: DayEffect,
    *,
    places: LinkPlaces | None = None,
    events: Sequence[Event] = (),
) -> dict[str, Layer]:
    """Return all layers of a day under rules, by name.

    Parameters
    ----------
    network, effect
        Roads, and what :func:`geofleet.policy.day.apply_rules` returned.
    places
        Gives the roads of rules that are about roads.
    events
        What is declared: those that the effect was computed with.

    Returns
    -------
    dict
        ``policy_zones``, ``policy_rules`` (of the first service date), ``policy_hours``,
        ``policy_day_hours`` and ``policy_days``.
    """
    rule_set = effect.decisions.rule_set
    dates = sorted(effect.before.traversals.vehicle_days["date"])
    date = datetime.date.fromisoformat(str(dates[0])) if dates else None
    layers = (
        policy_zones_layer(rule_set, places=places),
        policy_rules_layer(rule_set, date=date, events=events),
        policy_hours_layer(network, effect),
        policy_day_hours_layer(effect),
        policy_days_layer(network, effect),
    )
    return {layer.name: layer for layer in layers}


def policy_hours_layer(network: RoadNetwork, effect: DayEffect) -> Layer:
    """Return one row per link with traffic as planned or with the rules kept."""
    numbers = effect.edges.astype(np.int64)
    edges = network.edges.iloc[numbers]
    planned, decisions = effect.before.traversals, effect.decisions
    row = np.searchsorted(numbers, planned.frame["edge"].to_numpy(np.int64))
    hit = decisions.status == FORBIDDEN
    forbidden = np.zeros((len(numbers), 24), np.int64)
    np.add.at(forbidden, (row[hit], _answer_hour(decisions)[: len(row)][hit]), 1)
    first = _most_frequent(row[hit], decisions.rule[hit].astype(np.int64), len(numbers))
    columns: dict[str, Any] = {
        "edge": numbers,
        "street": street_numbers(network)[numbers],
        "u": edges.index.get_level_values(0).to_numpy(),
        "v": edges.index.get_level_values(1).to_numpy(),
        "name": edges["name"].to_numpy(object),
        "highway": edges["highway"].to_numpy(object),
        "length_m": edges["length_m"].to_numpy(np.float64),
        "forbidden_vehicles": forbidden.sum(axis=1),
        "unknown_vehicles": np.bincount(
            row[decisions.status == UNKNOWN], minlength=len(numbers)
        ),
        "rule_id": _rule_texts(decisions.rule_set, first, "rule_id"),
        "rule": _rule_texts(decisions.rule_set, first, "name"),
    }  # fmt: skip
    columns |= _harms(effect, effect.by_link(_PM25))
    for when, emissions in zip(_WHEN, _emissions(effect), strict=True):
        grams = _grams(emissions, numbers)
        columns[f"pm25_{when}_g"] = grams.sum(axis=1)
        columns |= {by_hour(f"pm25_{when}_g", hour): grams[:, hour] for hour in HOURS}
    columns |= {by_hour("forbidden_vehicles", hour): forbidden[:, hour] for hour in HOURS}
    schema = _counting(POLICY_HOURS, effect)
    return as_layer(columns, schema, geometry=edges.geometry.array)


def policy_day_hours_layer(effect: DayEffect) -> Layer:
    """Return the day by hour: grams, harm, vehicles that drive, may not, or may perhaps not."""
    table = effect.by_hour(_PM25)
    driven = [
        _by_hour(day.traversals.frame["vehicle_day"], day.traversals.hour, day)
        for day in (effect.before, effect.after)
    ]
    stopped, in_doubt = (_answered(effect, status) for status in (FORBIDDEN, UNKNOWN))
    columns: dict[str, Any] = {
        "hour": np.arange(24),
        "pm25_before_g": table["before"].to_numpy(),
        "pm25_after_g": table["after"].to_numpy(),
        **_harms(effect, table),
        "driving_before_vehicles": driven[0].sum(axis=0),
        "driving_after_vehicles": driven[1].sum(axis=0),
        "forbidden_vehicles": stopped.sum(axis=0),
        "unknown_vehicles": (in_doubt & ~stopped).sum(axis=0),
    }
    return as_layer(columns, _counting(POLICY_DAY_HOURS, effect))


def policy_days_layer(network: RoadNetwork, effect: DayEffect) -> Layer:
    """Return one row per vehicle-day with what becomes of it, at its path as planned."""
    frame = effect.frame
    names = {(rule.rule_id, rule.version): rule.name for rule in effect.decisions.rule_set.rules}
    columns: dict[str, Any] = {
        "vehicle_day": np.arange(len(frame)),
        "rule": [names.get(key) for key in zip(frame["rule_id"], frame["version"], strict=True)],
    }
    for column in POLICY_DAYS.columns:
        if column.name in (*columns, "rule_es") or column.kind == "geometry":
            continue
        values = frame[column.name]
        if column.kind == "text" and column.nullable:
            values = values.astype(object).replace("", None)
        columns[column.name] = values.to_numpy()
    paths = driven_paths(
        effect.before.traversals.frame, edges=network.edges, count=len(frame)
    )  # fmt: skip
    in_money = tuple(
        replace(column, unit=effect.currency) if column.name == "cost" else column
        for column in POLICY_DAYS.columns
    )
    schema = replace(POLICY_DAYS, columns=in_money)
    return as_layer(columns, schema, geometry=paths, size=len(frame))


def access_hours_layer(
    lines: gpd.GeoDataFrame,
    *,
    status: npt.NDArray[np.int8],
    rule: npt.NDArray[np.integer[Any]] | None = None,
    rules: Sequence[str] = (),
    missing: Sequence[str | None] | None = None,
    name: str = "name",
    kind: str = "highway",
) -> Layer:
    """Return roads by what a vehicle may do there in each hour of a date.

    Parameters
    ----------
    lines
        Roads, in any reference system.
    status
        Worst answer of each road and hour (int8, as in :mod:`geofleet.policy.decisions`), shape
        ``(len(lines), 24)``.
    rule
        Place in ``rules`` of the rule that gives it, -1 where none does; same shape.
    rules
        Names of rules.
    missing
        By road what would have to be known.
    name, kind
        Columns of names and kinds of roads, left empty where there are none.

    Raises
    ------
    ValueError
        Lines without reference system, or arrays of another shape.
    """
    if lines.crs is None:
        raise ValueError("the lines must say their reference system")
    numbers = np.full(status.shape, -1) if rule is None else np.asarray(rule)
    for what, array in (("status", status), ("rule", numbers)):
        if array.shape != (len(lines), 24):
            expected = f"one for each of {len(lines)} roads and 24 hours"
            raise ValueError(f"{what} has the shape {array.shape}; {expected}")
    if not ((status >= 0) & (status < len(STATUS_WORDS))).all():
        raise ValueError(f"status must lie from 0 to {len(STATUS_WORDS) - 1}")
    if not ((numbers >= -1) & (numbers < len(rules))).all():
        raise ValueError(f"rule must lie from -1 to {len(rules) - 1}")
    words, names = np.array(STATUS_WORDS, object), np.array([*rules, None], object)
    metric = lines.geometry.to_crs(lines.estimate_utm_crs()) if len(lines) else lines.geometry
    columns: dict[str, Any] = {
        "road": np.arange(len(lines)),
        "name": lines[name].to_numpy(object) if name in lines else np.full(len(lines), None),
        "kind": lines[kind].to_numpy(object) if kind in lines else np.full(len(lines), None),
        "length_m": metric.length.to_numpy(),
        "missing": np.full(len(lines), None) if missing is None else list(missing),
    }
    for hour in HOURS:
        columns[f"status_{hour:02d}"] = words[status[:, hour]]
        columns[f"rule_{hour:02d}"] = names[numbers[:, hour]]
    return as_layer(columns, ACCESS_HOURS, geometry=lines.geometry.to_crs(4326).array)


def worst_by_hour(
    decisions: Decisions, date: datetime.date, *, case: npt.ArrayLike
) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.int16]]:
    """Return the worst answer of each hour of a date, and the rule that gives it.

    Parameters
    ----------
    case
        Position of the case that each road (or whatever a row stands for) is.

    Returns
    -------
    tuple of numpy.ndarray
        Answers (int8) and places in ``decisions.rule_set.rules`` (int16, -1 none), shape
        ``(rows, 24)``.

    Raises
    ------
    ValueError
        A date that was not decided.
    """
    if date not in decisions.dates:
        raise ValueError(f"{date} is none of the dates that were decided")
    rows = decisions.pattern[:, decisions.dates.index(date)]
    kinds, of_profile = np.unique(rows, return_inverse=True)
    status, rule = decisions.day_status[kinds], decisions.day_rule[kinds]
    worst = np.zeros((len(kinds), 24), np.int8)
    by_rule = np.full((len(kinds), 24), -1, np.int16)
    for hour in HOURS:
        first = int(np.searchsorted(decisions.slots, hour * _S_PER_H, side="right")) - 1
        last = int(np.searchsorted(decisions.slots, (hour + 1) * _S_PER_H, side="left"))
        place = first + np.argmax(status[:, first:last], axis=1)
        worst[:, hour] = status[np.arange(len(kinds)), place]
        by_rule[:, hour] = rule[np.arange(len(kinds)), place]
    chosen = of_profile[decisions.profile[np.asarray(case)]]
    return worst[chosen], by_rule[chosen]


def _emissions(effect: DayEffect) -> tuple[LinkEmissions, LinkEmissions]:
    return effect.emissions_before, effect.emissions_after


def _grams(emissions: LinkEmissions, numbers: Ints) -> Floats:
    """Return exhaust particles by link and hour, rows as ``numbers``."""
    out = np.zeros((len(numbers), 24))
    out[np.searchsorted(numbers, emissions.edges)] = emissions.matrix(_PM25)
    return out


def _harms(effect: DayEffect, table: pd.DataFrame) -> dict[str, Floats]:
    """Return the harm of a table of the effect, unknown without unit exposure."""
    if effect.unit_exposure is None:
        return {f"harm_{when}": np.full(len(table), np.nan) for when in _WHEN}
    return {f"harm_{when}": table[f"harm_{when}"].to_numpy(np.float64) for when in _WHEN}


def _counting(schema: TableSchema, effect: DayEffect) -> TableSchema:
    """Return a schema that names the quantities which make the harm."""
    counted = " and ".join(effect.harm_quantities)
    return replace(schema, columns=tuple(
        replace(one, meaning=one.meaning.replace(HARM_OF, counted)) for one in schema.columns
    ))  # fmt: skip


def _by_hour(vehicle_day: npt.ArrayLike, hour: npt.ArrayLike, day: Itineraries) -> Flags:
    """Say which vehicle-days do something in which hour, shape ``(vehicle_days, 24)``."""
    out = np.zeros((len(day.traversals.vehicle_days), 24), bool)
    out[np.asarray(vehicle_day, np.int64), np.asarray(hour, np.int64)] = True
    return out


def _answer_hour(decisions: DayDecisions) -> Ints:
    """Return the hour of day in which each worst answer begins, traversals first."""
    hours: Ints = np.floor_divide(decisions.answers.at_s, _S_PER_H).astype(np.int64) % 24
    return hours


def _answered(effect: DayEffect, status: int) -> Flags:
    """Say which vehicle-days drive or unload as planned with an answer, by the hour it begins."""
    decisions, hour = effect.decisions, _answer_hour(effect.decisions)
    drives = np.flatnonzero(decisions.status == status)
    unloads = decisions.stop_status == status
    place = np.concatenate([drives, decisions.stop_place[unloads]])
    who = np.concatenate([decisions.vehicle_day[drives], decisions.stop_day[unloads]])
    return _by_hour(who, hour[place], effect.before)


def _most_frequent(row: Ints, rule: Ints, count: int) -> Ints:
    """Return the rule that stands most often in each row, the first in order among equals."""
    out = np.full(count, -1, np.int64)
    if len(row):
        pairs = pd.DataFrame({"row": row, "rule": rule}).value_counts(sort=False).reset_index()
        pairs = pairs.sort_values(["row", "count", "rule"], ascending=[True, False, True])
        best = pairs.drop_duplicates("row")
        out[best["row"].to_numpy()] = best["rule"].to_numpy()
    return out


def _rule_texts(rule_set: RuleSet, places: Ints, field: str) -> npt.NDArray[np.object_]:
    texts = np.array([*(getattr(rule, field) for rule in rule_set.rules), None], object)
    found: npt.NDArray[np.object_] = texts[places]
    return found
