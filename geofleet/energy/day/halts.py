"""The stops of vehicle-days, as the kernels drive up to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.energy.driving import _kernels as kernels
from geofleet.energy.equipment import Equipment
from geofleet.errors import InputError, Problem
from geofleet.routes import Traversals

__all__ = ["Halts", "day_matrix", "halts_of_legs", "halts_of_stops"]

Floats = npt.NDArray[np.float64]
_NEEDED = ("vehicle_day", "stop_number", "kind", "service_min", "status")
_SHOWN = 5


@dataclass(frozen=True)
class Halts:
    """Stops of all vehicle-days, in order.

    Parameters
    ----------
    start
        Shape (days + 1,): first stop of each day.
    day, number, hour
        Per stop: vehicle-day, stop number, local hour of arrival.
    reached
        False for a stop that no road led to.
    matrix
        Shape (stops, 7), laid out as the kernels say.
    """

    start: npt.NDArray[np.int64]
    day: npt.NDArray[np.int64]
    number: npt.NDArray[np.int64]
    hour: npt.NDArray[np.int64]
    reached: npt.NDArray[np.bool_]
    matrix: Floats

    @property
    def plugged(self) -> bool:
        """Whether any stop offers a charge."""
        return bool((self.matrix[:, kernels.PLUG] > 0.0).any())


def halts_of_legs(traversals: Traversals) -> Halts:
    """Make stops of the legs: one before each leg and one after the last, no standing time."""
    frame = traversals.frame
    days = len(traversals.vehicle_days)
    last = np.full(days, -1, dtype=np.int64)
    np.maximum.at(last, frame["vehicle_day"].to_numpy(), frame["stop_before"].to_numpy(np.int64))
    counts = np.where(last >= 0, last + 2, 0)
    start = np.concatenate([[0], np.cumsum(counts)])
    day = np.repeat(np.arange(days), counts)
    size = int(start[-1])
    matrix = np.zeros((size, kernels.STOP_COLUMNS))
    matrix[:, kernels.READY], matrix[:, kernels.DUE] = -np.inf, np.inf
    return Halts(
        start=start,
        day=day,
        number=np.arange(size) - start[day],
        hour=np.zeros(size, dtype=np.int64),
        reached=np.ones(size, dtype=bool),
        matrix=matrix,
    )


def halts_of_stops(
    table: pd.DataFrame,
    traversals: Traversals,
    *,
    equipment: Mapping[str, Equipment] | None = None,
    plug_power_w: npt.ArrayLike | None = None,
) -> Halts:
    """Take stops from a table like ``Itineraries.stops``.

    Standing costs nothing at the first stop, at a depot at the end and at a stop not reached. A
    window counts from when the itinerary itself would be late: what a plan cannot keep with any
    vehicle is not held against an electric one.

    Parameters
    ----------
    table
        Sorted by vehicle-day and stop number.
    equipment
        Of vehicles by id: lift gates and doors of refrigerated boxes take energy at stops.
    plug_power_w
        Per stop, power that a plug there brings into a battery; 0 for none.

    Raises
    ------
    InputError
        Columns that are missing, stops out of order, service times or plugs below 0.
    """
    _check(table, len(traversals.vehicle_days))
    day = table["vehicle_day"].to_numpy(np.int64)
    number = table["stop_number"].to_numpy(np.int64)
    start = np.searchsorted(day, np.arange(len(traversals.vehicle_days) + 1))
    reached = (table["status"] == "reached").to_numpy(bool)
    service = table["service_min"].to_numpy(np.float64, na_value=np.nan) * 60.0
    arrive, begin = _times(table, "arrive_s"), _times(table, "start_s")
    depart = _times(table, "depart_s")
    matrix = np.zeros((len(table), kernels.STOP_COLUMNS))
    matrix[:, kernels.READY] = np.nan_to_num(_times(table, "window_start"), nan=-np.inf)
    due = np.nan_to_num(_times(table, "window_end"), nan=np.inf)
    # Speeds are float32 in the table of links: their rounding is no lateness.
    planned = begin + np.abs(begin) * float(np.finfo(np.float32).eps)
    matrix[:, kernels.DUE] = np.maximum(due, np.nan_to_num(planned, nan=-np.inf))
    # The itinerary knows how long a stop takes where it differs from the service time.
    timed = np.isfinite(begin) & np.isfinite(depart)
    matrix[:, kernels.SERVICE] = np.where(timed, np.maximum(depart - begin, 0.0), service)
    depot = (table["kind"] == "depot").to_numpy(bool)
    filled = np.flatnonzero(np.diff(start) > 0)
    final = start[filled + 1] - 1
    paid = reached.copy()
    paid[start[filled]] = False
    paid[final[depot[final]]] = False
    matrix[:, kernels.PAID] = paid
    # Departure is when the itinerary leaves the first stop, whatever was waited for there.
    matrix[start[filled], kernels.READY] = -np.inf
    matrix[start[filled], kernels.SERVICE] = 0.0
    matrix[~reached, kernels.SERVICE] = 0.0
    matrix[~reached, kernels.READY], matrix[~reached, kernels.DUE] = -np.inf, np.inf
    if equipment is not None:
        _add_equipment(matrix, table, traversals, paid, equipment)
    if plug_power_w is not None:
        matrix[:, kernels.PLUG] = np.where(reached, _plugs(plug_power_w, len(table)), 0.0)
    hour = np.where(np.isfinite(arrive), np.floor_divide(arrive, 3600.0) % 24, 0.0)
    return Halts(start, day, number, hour.astype(np.int64), reached, matrix)


def day_matrix(
    traversals: Traversals,
    halts: Halts,
    table: pd.DataFrame | None,
    equipment: Mapping[str, Equipment] | None,
) -> Floats:
    """Departure and body of every vehicle-day, laid out as the kernels say."""
    days = traversals.vehicle_days
    matrix = np.zeros((len(days), kernels.DAY_COLUMNS))
    frame = traversals.frame
    first = np.searchsorted(frame["vehicle_day"].to_numpy(), np.arange(len(days)))
    known = first < len(frame)
    enter = frame["enter_s"].to_numpy(np.float64)
    matrix[known, kernels.DEPART] = enter[first[known]]
    if table is not None:
        filled = np.flatnonzero(np.diff(halts.start) > 0)
        depart = _times(table, "depart_s")[halts.start[filled]]
        said = np.isfinite(depart)
        matrix[filled[said], kernels.DEPART] = depart[said]
    for row, name in enumerate(days["vehicle_id"]):
        body = None if equipment is None else equipment.get(str(name))
        if body is None:
            continue
        matrix[row, kernels.BODY_MASS] = body.mass_kg
        if body.refrigeration == "none":
            continue
        matrix[row, kernels.COOL_0] = body.fan_power_w
        matrix[row, kernels.HEAT_0] = body.fan_power_w
        rate = body.heat_loss_w_per_k
        matrix[row, kernels.COOL_1] = rate / body.performance
        matrix[row, kernels.COOL_0] -= rate / body.performance * body.box_temperature_c
        if body.refrigeration == "chilled":
            matrix[row, kernels.HEAT_1] = -rate
            matrix[row, kernels.HEAT_0] += rate * body.box_temperature_c
        matrix[row, kernels.COLD_MOST] = body.power_max_w
        matrix[row, kernels.BOX] = body.box_temperature_c
    return matrix


def _add_equipment(
    matrix: Floats,
    table: pd.DataFrame,
    traversals: Traversals,
    paid: npt.NDArray[np.bool_],
    equipment: Mapping[str, Equipment],
) -> None:
    """Write what doors and lift gates take at stops."""
    names = traversals.vehicle_days["vehicle_id"].to_numpy(object)[table["vehicle_day"]]
    drop = table["drop_kg"].to_numpy(np.float64) if "drop_kg" in table else np.zeros(len(table))
    pickup = np.zeros(len(table))
    if "pickup_kg" in table:
        pickup = table["pickup_kg"].to_numpy(np.float64, na_value=0.0)
    for row in np.flatnonzero(paid):
        body = equipment.get(str(names[row]))
        if body is None:
            continue
        loads = np.ceil(drop[row] / body.load_per_lift_kg)
        loads += np.ceil(pickup[row] / body.load_per_lift_kg)
        matrix[row, kernels.LIFTING] = body.lift_j_per_kg * (pickup[row] + loads * body.platform_kg)
        if body.refrigeration != "none":
            doors = body.door_loss_j_per_k_s * matrix[row, kernels.SERVICE]
            matrix[row, kernels.DOORS] = doors / body.performance


def _plugs(plug_power_w: npt.ArrayLike, count: int) -> Floats:
    """Power of the plug at each stop, checked."""
    power = np.asarray(plug_power_w)
    if power.shape not in ((), (count,)) or power.dtype.kind not in "iuf":
        shown, expected = str(power.shape), f"one number, or one per stop ({count})"
        raise InputError([Problem("stops", "plug_power_w", 0, shown, expected)])
    power = np.broadcast_to(power.astype(np.float64), (count,))
    expected = "a power of at least 0 W, 0 for none"
    problems = [
        Problem("stops", "plug_power_w", int(i) + 1, f"{power[i]:g}", expected)
        for i in np.flatnonzero(~((power >= 0.0) & np.isfinite(power)))[:_SHOWN]
    ]
    if problems:
        raise InputError(problems)
    return power


def _times(table: pd.DataFrame, column: str) -> Floats:
    """Seconds after local midnight, NaN where they are not known."""
    if column not in table.columns:
        return np.full(len(table), np.nan)
    return table[column].to_numpy(np.float64, na_value=np.nan)


def _check(table: pd.DataFrame, days: int) -> None:
    """Raise one InputError for everything that is wrong with a table of stops."""
    missing = [name for name in _NEEDED if name not in table.columns]
    if missing:
        expected = "the columns of Itineraries.stops"
        raise InputError(Problem("stops", name, expected=expected) for name in missing)
    day = table["vehicle_day"].to_numpy(np.int64)
    number = table["stop_number"].to_numpy(np.int64)
    late = (np.diff(day) < 0) | ((np.diff(day) == 0) & (np.diff(number) <= 0))
    problems = [
        Problem("stops", "stop_number", int(i) + 2, str(number[i + 1]), "ascending stop numbers")
        for i in np.flatnonzero(late)[:_SHOWN]
    ]
    problems += [
        Problem("stops", "vehicle_day", int(i) + 1, str(day[i]), f"a vehicle-day below {days}")
        for i in np.flatnonzero((day < 0) | (day >= days))[:_SHOWN]
    ]
    service = table["service_min"].to_numpy(np.float64, na_value=np.nan)
    problems += [
        Problem("stops", "service_min", int(i) + 1, str(service[i]), "at least 0 minutes")
        for i in np.flatnonzero(~(service >= 0.0))[:_SHOWN]
    ]
    if problems:
        raise InputError(problems)
