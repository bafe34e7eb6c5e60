"""Emission intensity per tonne-kilometre, with the words and boundaries of ISO 14083 and GLEC.

ISO 14083:2023 divides greenhouse gas emissions by transport activity: the mass of each consignment
times the distance between its origin and destination, either the shortest feasible one or the great
circle. Detours and the order of stops are the carrier's, not the goods': distance actually driven
would charge what is delivered last. Emissions are those of the vehicle's operation (tank to wheel)
and of providing its energy (well to tank), empty trips included.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from geofleet.emissions.accounting.consignments import consignments
from geofleet.emissions.aggregate import grouped
from geofleet.emissions.inventories.keys import UNKNOWN
from geofleet.errors import InputError, Problem

if TYPE_CHECKING:
    from geofleet.emissions.model import TraversalEmissions
    from geofleet.fleet import Fleet
    from geofleet.routes import Itineraries

__all__ = ["BASES", "GROUPS", "INTENSITIES", "Basis", "intensity"]

Basis = Literal["great_circle", "shortest_feasible", "actual"]
BASES = ("great_circle", "shortest_feasible", "actual")
"""Distances of transport activity; ``actual`` is for comparison and not one of ISO 14083."""

GROUPS = (
    "vehicle_day", "vehicle_id", "operator_id", "operator_size", "vehicle_class", "fuel",
    "standard", "date",
)  # fmt: skip

INTENSITIES = {
    "co2e_ttw_g": "co2e_ttw_g_per_tkm",
    "co2e_wtt_g": "co2e_wtt_g_per_tkm",
    "co2e_wtw_g": "co2e_wtw_g_per_tkm",
    "nox_exhaust_g": "nox_g_per_tkm",
    "pm25_exhaust_g": "pm25_exhaust_g_per_tkm",
    "bc_exhaust_g": "bc_g_per_tkm",
}
"""Quantities that are divided by transport activity, and the columns that hold the result."""

_GRAM_KG = 1e-3
_KG_T = 1000.0
_SUMS = (
    "vehicle_days", "vehicle_days_without_activity", "distance_km", "loaded_km", "empty_km",
    "consignments", "mass_t", "actual_tkm", "transport_activity_tkm",
)  # fmt: skip


def intensity(
    itineraries: Itineraries,
    emissions: TraversalEmissions,
    fleet: Fleet,
    by: str | Sequence[str] = "operator_id",
    *,
    basis: Basis = "great_circle",
    lots: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return distance, transport activity and emissions per tonne-kilometre.

    Parameters
    ----------
    itineraries, emissions
        Stops and traversals, and the grams of the traversals.
    fleet
        Vehicles and operators.
    by
        One of ``GROUPS`` as text, or a list of several; ``"vehicle_id"`` and ``["vehicle_id"]`` are
        the same. What the fleet table does not know of a vehicle stands under ``unknown``.
    basis
        Distance of each consignment: ``great_circle``; ``shortest_feasible``, which needs a column
        ``shortest_feasible_km`` in ``lots``; or ``actual``, the distance that the vehicle drove
        with it.
    lots
        Consignments as :func:`consignments` makes them, where distances of one's own are added or
        the table is at hand already.

    Returns
    -------
    DataFrame
        Indexed by ``by``:

        - ``vehicle_days``, of which ``vehicle_days_without_activity`` carried nothing anywhere
        - ``distance_km``, ``loaded_km``, ``empty_km``, ``empty_km_share``
        - ``consignments`` and ``mass_t``, what they weigh together
        - ``actual_tkm``: payload × distance over the traversals
        - ``transport_activity_tkm``, and its ``basis``
        - ``distance_adjustment_factor``: actual over transport activity, how much further goods
          rode than the basis says
        - grams of ``INTENSITIES``, and each of them per tonne-kilometre of transport activity; NaN
          where nothing was carried, never zero or infinite

    Raises
    ------
    InputError
        Unknown groups or basis, no shortest feasible distances, or distances that are no numbers
        of at least zero.
    """
    names = [by] if isinstance(by, str) else list(by)
    table = consignments(itineraries) if lots is None else lots
    _check(names, basis, table)
    days = _of_days(itineraries, emissions, table, basis)
    keys = _keys(itineraries, fleet, names)
    sums = days.groupby([keys[name] for name in names], sort=True).sum()
    sums.index = sums.index.set_names(names)
    activity = sums["transport_activity_tkm"].where(sums["transport_activity_tkm"] > 0.0)
    distance = sums["distance_km"].where(sums["distance_km"] > 0.0)
    out = sums[list(_SUMS)].copy()
    out["empty_km_share"] = sums["empty_km"] / distance
    out["basis"] = basis
    out["distance_adjustment_factor"] = sums["actual_tkm"] / activity
    for quantity, column in INTENSITIES.items():
        out[quantity] = sums[quantity]
        out[column] = sums[quantity] / activity
    counts = ["vehicle_days", "vehicle_days_without_activity", "consignments"]
    return out.astype(dict.fromkeys(counts, np.int64))


def _check(names: Sequence[str], basis: str, lots: pd.DataFrame) -> None:
    problems = [
        Problem("intensity", "by", value=str(name), expected="of " + ", ".join(GROUPS))
        for name in (names or [""])
        if name not in GROUPS
    ]
    if basis not in BASES:
        expected = "one of " + ", ".join(BASES)
        problems.append(Problem("intensity", "basis", value=str(basis), expected=expected))
    else:
        column = _column(basis)
        if column not in lots.columns:
            expected = "a column with the shortest feasible distance of each consignment in km"
            problems.append(Problem("consignments", column, expected=expected))
        else:
            km = lots[column].to_numpy(np.float64)
            for row in np.flatnonzero(~(np.isfinite(km) & (km >= 0.0)))[:5]:
                expected = "a distance of at least 0 km"
                problems.append(
                    Problem("consignments", column, int(row) + 1, str(km[row]), expected)
                )
    if problems:
        raise InputError(problems)


def _column(basis: str) -> str:
    return "carried_km" if basis == "actual" else f"{basis}_km"


def _of_days(
    itineraries: Itineraries, emissions: TraversalEmissions, lots: pd.DataFrame, basis: str
) -> pd.DataFrame:
    """Return what is summed, by vehicle-day."""
    traversals = itineraries.traversals
    frame, count = traversals.frame, len(traversals.vehicle_days)
    km = frame["length_m"].to_numpy(np.float64) / 1000.0
    tonnes = frame["payload_kg"].to_numpy(np.float64) / _KG_T
    loaded = tonnes > _GRAM_KG / _KG_T
    grams = [emissions.grams[name].to_numpy(np.float64) for name in INTENSITIES]
    driven = np.vstack([km, km * loaded, km * ~loaded, km * tonnes, *grams])
    day, _, sums = grouped(frame["vehicle_day"].to_numpy(np.int64), np.ascontiguousarray(driven))
    columns = ["distance_km", "loaded_km", "empty_km", "actual_tkm", *INTENSITIES]
    out = pd.DataFrame(0.0, index=range(count), columns=columns)
    out.loc[day, columns] = sums.T
    own = lots["vehicle_day"].to_numpy(np.int64)
    mass = lots["mass_kg"].to_numpy(np.float64) / _KG_T
    activity = mass * lots[_column(basis)].to_numpy(np.float64)
    out["consignments"] = np.bincount(own, minlength=count)[:count]
    out["mass_t"] = np.bincount(own, weights=mass, minlength=count)[:count]
    # What the vehicle carried is known by link; by lots it would be the same but for rounding.
    out["transport_activity_tkm"] = (
        out["actual_tkm"]
        if basis == "actual"
        else np.bincount(own, weights=activity, minlength=count)[:count]
    )
    out["vehicle_days"] = 1
    out["vehicle_days_without_activity"] = (out["transport_activity_tkm"] <= 0.0).astype(int)
    return out


def _keys(itineraries: Itineraries, fleet: Fleet, names: Sequence[str]) -> pd.DataFrame:
    """Return the properties of each vehicle-day; what is not known stands under ``unknown``."""
    days = itineraries.traversals.vehicle_days.reset_index(drop=True)
    keys = pd.DataFrame(index=days.index)
    for name in names:
        if name == "vehicle_day":
            keys[name] = np.arange(len(days))
            continue
        if name in days.columns:
            known = days[name]
        else:
            table, key = fleet.vehicles, "vehicle_id"
            if name == "operator_size":
                table, key = fleet.operators, "operator_id"
            # A column that the table lacks is as empty as one without values.
            known = table.reindex(columns=[name]).reindex(days[key])[name].reset_index(drop=True)
        known = known.astype(object)
        keys[name] = known.where(known.notna(), UNKNOWN)
    return keys
