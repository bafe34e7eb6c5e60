"""From traversals to grams: hot exhaust, fuel, carbon dioxide and wear of each traversal."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.emissions import _kernels as kernels
from geofleet.emissions.factors import LOADS, SLOPES, VehicleKind, factor_arrays, read_factors
from geofleet.emissions.model import QUANTITIES, TraversalEmissions
from geofleet.emissions.wear import wear_arrays, wear_base
from geofleet.errors import InputError, Problem
from geofleet.fleet.classes import EMEP_CATEGORIES, vehicle_class_names
from geofleet.fleet.model import FUELS

if TYPE_CHECKING:
    from geofleet.fleet import Fleet
    from geofleet.network import RoadNetwork
    from geofleet.routes import Traversals

__all__ = ["FLAGS", "check_defaults", "traversal_emissions"]

log = logging.getLogger(__name__)

FLAGS = {
    "speed_below_range": kernels.SPEED_BELOW,
    "speed_above_range": kernels.SPEED_ABOVE,
    "grade_clamped": kernels.GRADE_CLAMPED,
    "grade_unknown": kernels.GRADE_UNKNOWN,
    "payload_over_capacity": kernels.OVER_CAPACITY,
    "factor_repaired": kernels.REPAIRED,
    "grade_not_modelled": kernels.GRADE_NOT_MODELLED,
    "load_not_modelled": kernels.LOAD_NOT_MODELLED,
    "factor_doubtful": kernels.DOUBTFUL,
}
"""Counts of traversals: what was done to stay inside the published functions.

- ``speed_below_range``, ``speed_above_range``: took the value at the end of the speed range
- ``grade_clamped``: steeper than ±6 %, took ±6 %
- ``grade_unknown``: no elevation for the link, took a level road
- ``payload_over_capacity``: took a full load
- ``factor_repaired``: a guarded function was used between its guard speeds
- ``grade_not_modelled``, ``load_not_modelled``: the function of a van knows no slope or load
- ``factor_doubtful``: a function was used whose row in the table carries a note of doubt: CO and
  VOC of Euro 5 and Euro 6 vans are published near zero and stand here as published
"""

_SHOWN = 5


def traversal_emissions(
    traversals: Traversals,
    network: RoadNetwork,
    fleet: Fleet,
    *,
    defaults: Defaults | None = None,
) -> TraversalEmissions:
    """Return grams of every traversal.

    Hot exhaust by the speed functions of EMEP/EEA Tier 3, linear between the published slopes and
    loads; fuel from their energy consumption, carbon dioxide from fuel; wear by EMEP/EEA
    1.A.3.b.vi-vii. Electric vehicles have wear only.

    Parameters
    ----------
    traversals
        ``length_m`` in metres, ``speed_kmh`` in km/h above zero, ``payload_kg`` of at least zero.
    network
        ``grade`` of its links, rise over run; NaN is counted and taken as level.
    fleet
        Class, fuel, standard and payload capacity of the vehicles.
    defaults
        Overrides of default rows.

    Raises
    ------
    InputError
        Unusable speeds, lengths, payloads, links or vehicles, all at once; then default rows out
        of their limits, all at once; then standards without functions.
    """
    scope = (defaults or Defaults()).scope()
    frame = traversals.frame
    grade = np.ascontiguousarray(network.arrays.grade, dtype=np.float64)
    problems = _frame_problems(frame, len(traversals.vehicle_days), len(grade))
    days, unknown = _vehicles_of_days(traversals.vehicle_days, fleet)
    problems += unknown
    if problems:
        raise InputError(problems)

    rows = CheckedRows(scope)
    kinds, day_function, day_wear = _kinds(days, rows)
    wear = wear_arrays(rows)
    fuel_kg_per_mj, co2_kg_per_kg = _fuel(rows)
    rows.finish()
    factors = factor_arrays(kinds, scope)
    grams = np.empty((len(QUANTITIES), len(frame)))
    flags = np.zeros(len(frame), dtype=np.uint16)
    kernels.traversal_grams(
        np.ascontiguousarray(frame["vehicle_day"], dtype=np.int32),
        np.ascontiguousarray(frame["edge"], dtype=np.int32),
        np.ascontiguousarray(frame["length_m"], dtype=np.float64),
        np.ascontiguousarray(frame["speed_kmh"], dtype=np.float32),
        np.ascontiguousarray(frame["payload_kg"], dtype=np.float32),
        grade,
        day_function,
        np.ascontiguousarray(days["payload_capacity_kg"], dtype=np.float64),
        day_wear,
        factors.functions,
        factors.flat,
        factors.doubtful,
        np.array(SLOPES),
        np.array(LOADS),
        fuel_kg_per_mj,
        co2_kg_per_kg,
        wear.tyre_curve,
        wear.brake_curve,
        wear.shares,
        grams,
        flags,
    )
    counts = {name: int(np.count_nonzero(flags & bit)) for name, bit in FLAGS.items()}
    for name, count in counts.items():
        if count:
            log.info("%s: %d of %d traversals", name, count, len(frame))
    columns = pd.DataFrame(grams.T, columns=list(QUANTITIES), index=frame.index)
    return TraversalEmissions(
        grams=columns, factors=factors.used, flags=counts, provenance=scope.used
    )


def check_defaults(defaults: Defaults) -> None:
    """Check the rows that every study of emissions reads, before any work is done.

    Raises
    ------
    InputError
        Every row of fuel and wear that is out of its limits, and a table of hot emission
        functions that cannot be read.
    """
    rows = CheckedRows(defaults)
    _fuel(rows)
    wear_arrays(rows)
    for category in EMEP_CATEGORIES:
        wear_base(rows, emep_category=category, axles=2.0, electric=True)
    try:
        read_factors(defaults.text("emissions", "hot_factors"))
    except InputError as error:
        rows.problems += error.problems
    rows.finish()


def _fuel(rows: CheckedRows) -> tuple[float, float]:
    """Return kilograms of fuel per megajoule and of carbon dioxide per kilogram of fuel."""
    heat = rows.number(
        "fuel", "diesel.lower_heating_value_mj_kg", 0.0, 1e3, "a number above 0", above=True
    )
    co2 = rows.number("fuel", "diesel.co2_kg_kg", 0.0, 1e2, "a number of at least 0")
    return 1.0 / heat if heat else float("nan"), co2


def _kinds(
    days: pd.DataFrame, rows: CheckedRows
) -> tuple[list[VehicleKind], npt.NDArray[np.int32], npt.NDArray[np.float64]]:
    """Give each kind of vehicle a number, and gather what wears off the vehicle-days."""
    columns = days[["vehicle_class", "fuel", "standard"]]
    code = columns.groupby(list(columns), sort=False, dropna=False).ngroup().to_numpy()
    distinct = columns.iloc[np.unique(code, return_index=True)[1]]
    numbers: dict[VehicleKind, int] = {}
    function = np.full(len(distinct), -1, dtype=np.int32)
    wear = np.zeros((len(distinct), 5))
    for number, (name, fuel, standard) in enumerate(distinct.itertuples(index=False)):
        category = rows.choice("vehicle_classes", f"{name}.emep_category", EMEP_CATEGORIES)
        axles = rows.number("vehicle_classes", f"{name}.axles", 2, 50, "from 2 to 50 axles")
        electric = fuel == "electric"
        wear[number] = wear_base(rows, emep_category=category, axles=axles, electric=electric)
        if not electric:
            segment = rows.defaults.text("vehicle_classes", f"{name}.emep_segment")
            kind = VehicleKind(category, segment, standard)
            function[number] = numbers.setdefault(kind, len(numbers))
    return list(numbers), function[code], wear[code]


def _vehicles_of_days(
    vehicle_days: pd.DataFrame, fleet: Fleet
) -> tuple[pd.DataFrame, list[Problem]]:
    """Return the vehicle row of each vehicle-day, and what makes vehicles unusable."""
    ids = vehicle_days["vehicle_id"]
    unknown = [str(name) for name in dict.fromkeys(ids[~ids.isin(fleet.vehicles.index)])]
    problems = [
        Problem("vehicle_days", "vehicle_id", 0, name, "a vehicle of the fleet")
        for name in unknown[:_SHOWN]
    ]
    columns = ["vehicle_class", "fuel", "standard", "payload_capacity_kg"]
    days = fleet.vehicles[columns].reindex(ids)
    used = days[ids.isin(fleet.vehicles.index).to_numpy()]
    used = used[~used.index.duplicated()]
    classes = vehicle_class_names()
    checks = (
        ("vehicle_class", ~used["vehicle_class"].isin(classes), "one of " + ", ".join(classes)),
        ("fuel", ~used["fuel"].isin(FUELS), "one of " + ", ".join(FUELS)),
        ("payload_capacity_kg", used["payload_capacity_kg"].isna(), "the largest payload in kg"),
    )
    for column, wrong, expected in checks:
        for name, value in used.loc[wrong, column].head(_SHOWN).items():
            problems.append(Problem(f"vehicle {name}", column, 0, str(value), expected))
    return days.reset_index(drop=True), problems


def _frame_problems(frame: pd.DataFrame, day_count: int, edge_count: int) -> list[Problem]:
    """Check the columns that the kernel reads."""

    def bad(column: str, wrong: npt.NDArray[np.bool_], expected: str) -> list[Problem]:
        rows = np.flatnonzero(wrong)
        cells = frame[column].to_numpy()
        found = [
            Problem("traversals", column, int(row) + 1, str(cells[row]), expected)
            for row in rows[:_SHOWN]
        ]
        if len(rows) > _SHOWN:
            more = f"{expected}; {len(rows) - _SHOWN} more rows have the same fault"
            found.append(Problem("traversals", column, int(rows[_SHOWN]) + 1, "", more))
        return found

    day, edge = frame["vehicle_day"].to_numpy(), frame["edge"].to_numpy()
    length, speed = frame["length_m"].to_numpy(), frame["speed_kmh"].to_numpy()
    payload = frame["payload_kg"].to_numpy()
    return [
        *bad("vehicle_day", (day < 0) | (day >= day_count), f"a row of {day_count} vehicle-days"),
        *bad("edge", (edge < 0) | (edge >= edge_count), f"one of {edge_count} links"),
        *bad("length_m", ~(np.isfinite(length) & (length >= 0)), "a length of at least 0 m"),
        *bad("speed_kmh", ~(np.isfinite(speed) & (speed > 0)), "a speed above 0 km/h"),
        *bad("payload_kg", ~(np.isfinite(payload) & (payload >= 0)), "a mass of at least 0 kg"),
    ]
