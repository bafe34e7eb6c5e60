"""How many truck trips begin and end in each zone, from what is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults, read_table
from geofleet.defaults.checked import CheckedRows
from geofleet.errors import InputError, Problem
from geofleet.fleet.classes import vehicle_class_names

__all__ = ["DEMAND_GROUPS", "demand_group", "fleet_km", "trip_ends"]

DEMAND_GROUPS = ("light", "rigid", "articulated")
"""Vehicles with trip rates and deterrence of their own."""

_TABLE = "traffic_demand"
_ZONES = "zones"
_SHOWN = 5

Floats = npt.NDArray[np.float64]


def demand_group(vehicle_class: str, *, defaults: Defaults) -> str:
    """Return the demand group of a vehicle class: light, rigid or articulated."""
    if defaults.text("vehicle_classes", f"{vehicle_class}.emep_category") == "light":
        return "light"
    segment = defaults.text("vehicle_classes", f"{vehicle_class}.emep_segment")
    return "articulated" if segment.startswith("articulated") else "rigid"


def trip_ends(
    zones: gpd.GeoDataFrame,
    columns: Mapping[str, str],
    groups: Sequence[str],
    *,
    file: str = _ZONES,
    defaults: Defaults,
) -> dict[str, Floats]:
    """Return trip ends by zone for each demand group.

    The sum over what is there (``population``, ``shops``, ``industry``) of its amount times row
    ``traffic_demand:trip_ends.<group>.<what>``. As many trips begin as end in a zone: a freight
    vehicle leaves every place that it came to.

    Parameters
    ----------
    columns
        ``{what: column}``: which column of the zones holds it. Each other ``what`` needs rows.

    Raises
    ------
    InputError
        Every fault: columns that are not there, amounts that are negative or no numbers (empty
        counts as none), amounts that no row knows, nothing at all in any zone.
    """
    rows = CheckedRows(defaults)
    known = sorted({str(r).split(".")[2] for r in read_table(_TABLE).index
                    if str(r).startswith("trip_ends.")})  # fmt: skip
    problems = []
    amounts: dict[str, Floats] = {}
    if not columns:
        expected = "at least one column: " + ", ".join(known)
        problems.append(Problem(file, "columns", expected=expected))
    for what, name in columns.items():
        if what not in known:
            problems.append(Problem(file, name, 0, what, "one of " + ", ".join(known)))
            continue
        if name not in zones.columns:
            found = ", ".join(str(c) for c in zones.columns)
            problems.append(Problem(file, name, expected=f"this column ({what}); found {found}"))
            continue
        values = pd.to_numeric(zones[name], errors="coerce").to_numpy(np.float64)
        empty = zones[name].isna().to_numpy(bool)
        values = np.where(empty, 0.0, values)
        bad = ~(np.isfinite(values) & (values >= 0))
        problems += [
            Problem(file, name, int(at) + 1, str(zones[name].iloc[at]), "a number of at least 0")
            for at in np.flatnonzero(bad)[:_SHOWN]
        ]
        amounts[what] = values
    if problems:
        raise InputError(problems)
    out = {}
    for group in groups:
        ends = np.zeros(len(zones))
        for what, values in amounts.items():
            rate = rows.number(_TABLE, f"trip_ends.{group}.{what}", 0.0, np.inf,
                               "a number of at least 0")  # fmt: skip
            ends += rate * values
        out[group] = ends
    rows.finish()
    nothing = [group for group, ends in out.items() if not ends.sum() > 0]
    if nothing:
        expected = "people, shops or industry in at least one zone"
        value = ", ".join(columns.values())
        raise InputError([Problem(file, "columns", value=value, expected=expected)])
    return out


def fleet_km(
    fleet: Mapping[str, float],
    annual_km: Mapping[str, float] | None,
    *,
    days: float | None,
    defaults: Defaults,
) -> dict[str, float]:
    """Return kilometres a day of each class: vehicles times annual distance over days a year.

    Raises
    ------
    InputError
        Unknown classes, numbers that are negative, no vehicles.
    """
    rows = CheckedRows(defaults)
    problems = []
    given = dict(annual_km or {})
    out: dict[str, float] = {}
    for field, values in (("fleet", fleet), ("annual_km", given)):
        for name, value in values.items():
            if name not in vehicle_class_names():
                expected = "one of " + ", ".join(vehicle_class_names())
                problems.append(Problem(field, "vehicle_class", 0, str(name), expected))
            elif not (np.isfinite(value) and value >= 0):
                problems.append(Problem(field, str(name), 0, str(value), "a number of at least 0"))
    if days is None:
        days = rows.number(_TABLE, "days_per_year", 0.0, 366.0, "days, at most 366", above=True)
    elif not 0 < days <= 366:
        problems.append(Problem("days", value=str(days), expected="days a year, at most 366"))
    if problems:
        raise InputError(problems)
    for name in (name for name in vehicle_class_names() if name in fleet):
        km = given.get(name)
        if km is None:
            km = rows.number(_TABLE, f"annual_km.{name}", 0.0, 4e5, "a number of at least 0")
        out[name] = float(fleet[name]) * km / days
    rows.finish()
    if not sum(out.values()) > 0:
        raise InputError([Problem("fleet", expected="vehicles that drive, of at least one class")])
    return {name: km for name, km in out.items() if km > 0}
