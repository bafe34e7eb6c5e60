"""Traversals and fleet as the arrays that the kernel takes, checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.emissions import _kernels as kernels
from geofleet.emissions.engines.gases import situation_limits
from geofleet.emissions.engines.mixtures import Setting, VehicleKind, vehicle_kind
from geofleet.emissions.engines.processes import cold_shares, daily_temperature, idle_seconds
from geofleet.emissions.engines.resolve import ELECTRIC_SPEEDS_KMH, Engines, make_engines
from geofleet.emissions.engines.wear import WearArrays, wear_arrays
from geofleet.emissions.hot.factors import LOADS, SLOPES
from geofleet.errors import InputError, Problem
from geofleet.fleet.classes import vehicle_class_names
from geofleet.fleet.model import FUELS
from geofleet.network.access import control_delay_s

if TYPE_CHECKING:
    from geofleet.fleet import Fleet
    from geofleet.network import RoadNetwork
    from geofleet.routes import Traversals

__all__ = ["ALL_PARTS", "Prepared", "evaluate", "last_year", "prepare"]

ALL_PARTS = kernels.HOT | kernels.COLD | kernels.IDLE | kernels.WEAR
_SHOWN = 5
_KIND = ("vehicle_class", "fuel", "standard", "model_year", "technology", "aftertreatment")


@dataclass(frozen=True)
class Prepared:
    """A traversal table, ready for the kernel.

    Parameters
    ----------
    frame, hour, cold_share, idle_s, queue_s, grade
        The traversals (columns of ``TRAVERSAL_COLUMNS``), local hour, share driven cold, seconds
        idled before, seconds lost at signals, and grade of every link.
    engines
        Engines, one mixture for each distinct kind of vehicle.
    day_kind
        Kind of each vehicle-day.
    capacity_kg
        Payload capacity by vehicle-day.
    wear
        Speed corrections and shares of wear.
    limits_kmh
        Speeds from which a road counts as rural and as highway.
    """

    frame: pd.DataFrame
    hour: npt.NDArray[np.int8]
    cold_share: npt.NDArray[np.float32]
    idle_s: npt.NDArray[np.float32]
    queue_s: npt.NDArray[np.float32]
    grade: npt.NDArray[np.float64]
    engines: Engines
    day_kind: npt.NDArray[np.int64]
    capacity_kg: npt.NDArray[np.float64]
    wear: WearArrays
    limits_kmh: tuple[float, float]

    def flagged_days(self) -> dict[str, npt.NDArray[np.bool_]]:
        """Return by flag which vehicle-days it is raised for."""
        found = self.engines.flagged_kinds()
        return {name: kinds[self.day_kind] for name, kinds in found.items()}


def prepare(
    traversals: Traversals,
    network: RoadNetwork,
    fleet: Fleet,
    *,
    country: str | None,
    temperature_c: float | Sequence[float] | None,
    defaults: Defaults,
) -> Prepared:
    """Check a traversal table against network and fleet, and resolve its vehicles to engines.

    Raises
    ------
    InputError
        As :func:`geofleet.emissions.traversal_emissions`.
    """
    air = daily_temperature(temperature_c)
    frame = traversals.frame
    grade = np.ascontiguousarray(network.arrays.grade, dtype=np.float64)
    problems = _frame_problems(frame, len(traversals.vehicle_days), len(grade))
    days, unknown = _vehicles_of_days(traversals.vehicle_days, fleet)
    problems += unknown
    if problems:
        raise InputError(problems)
    rows = CheckedRows(defaults)
    kinds, names, day_kind = _kinds(days, traversals.vehicle_days)
    hour = traversals.hour
    cold = cold_shares(frame, hour, rows=rows, temperature_c=air)
    idle = idle_seconds(frame, rows=rows)
    wear = wear_arrays(rows)
    limits = situation_limits(rows)
    rows.finish()
    setting = Setting(
        country=country,
        year=last_year(traversals.vehicle_days),
        temperature_c=air,
    )
    return Prepared(
        frame=frame,
        hour=hour,
        cold_share=cold,
        idle_s=idle,
        queue_s=_queue_seconds(traversals, network, defaults),
        grade=grade,
        engines=make_engines(kinds, setting=setting, defaults=defaults, names=names),
        day_kind=day_kind,
        capacity_kg=np.ascontiguousarray(days["payload_capacity_kg"], dtype=np.float64),
        wear=wear,
        limits_kmh=limits,
    )


def evaluate(
    work: Prepared, *, parts: int = ALL_PARTS, engine_weight: npt.NDArray[np.float64] | None = None
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.uint16]]:
    """Return quantities of shape (QUANTITIES, n) and the flag word of each traversal.

    Parameters
    ----------
    work
        As :func:`prepare` makes it.
    parts
        Sum of the kernel's HOT, COLD, IDLE and WEAR.
    engine_weight
        Factor on each engine, to pick out some of them; 1 when not given.
    """
    frame, engines = work.frame, work.engines
    first, number, weight = _mixtures_of_days(work)
    if engine_weight is not None:
        weight = weight * engine_weight[number]
    out = np.empty((kernels.OUTPUTS, len(frame)))
    flags = np.zeros(len(frame), dtype=np.uint16)
    kernels.traversal_grams(
        np.ascontiguousarray(frame["vehicle_day"], dtype=np.int32),
        np.ascontiguousarray(frame["edge"], dtype=np.int32),
        work.hour,
        np.ascontiguousarray(frame["length_m"], dtype=np.float64),
        np.ascontiguousarray(frame["speed_kmh"], dtype=np.float32),
        np.ascontiguousarray(frame["payload_kg"], dtype=np.float32),
        work.cold_share,
        work.idle_s,
        work.queue_s,
        work.grade,
        first,
        number,
        weight,
        work.capacity_kg,
        np.ascontiguousarray(engines.wear[work.day_kind]),
        engines.functions,
        engines.flat,
        engines.doubtful,
        engines.shape,
        engines.reference,
        engines.coefficients,
        engines.per_km,
        engines.electric,
        engines.cold,
        engines.idle,
        engines.slowest_kmh,
        np.array(SLOPES),
        np.array(LOADS),
        np.array(ELECTRIC_SPEEDS_KMH),
        *work.limits_kmh,
        work.wear.tyre_curve,
        work.wear.brake_curve,
        work.wear.shares,
        parts,
        out,
        flags,
    )
    return out, flags


def _queue_seconds(
    traversals: Traversals, network: RoadNetwork, defaults: Defaults
) -> npt.NDArray[np.float32]:
    """Return the time lost at the signals of each traversal's link; none if it ends before them.

    Signals stand at the end of a link: a drive that stops before has not met them.
    """
    frame = traversals.frame
    delay = control_delay_s(network, defaults=defaults)[frame["edge"].to_numpy()]
    whole = frame["to_fraction"].to_numpy() >= 1.0
    return np.where(whole, delay, 0.0).astype(np.float32)


def _mixtures_of_days(
    work: Prepared,
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], npt.NDArray[np.float64]]:
    """Return first entry, engines and weights of each vehicle-day."""
    engines, kind = work.engines, work.day_kind
    sizes = np.diff(engines.first)[kind]
    first = np.zeros(len(kind) + 1, dtype=np.int32)
    np.cumsum(sizes, out=first[1:])
    place = np.repeat(engines.first[:-1][kind] - first[:-1], sizes) + np.arange(first[-1])
    return first, engines.number[place], engines.weight[place]


def _kinds(
    days: pd.DataFrame, vehicle_days: pd.DataFrame
) -> tuple[list[VehicleKind], list[str], npt.NDArray[np.int64]]:
    """Return the distinct kinds of vehicle, the first vehicle of each, and the kind of each day."""
    columns = days[list(_KIND)]
    groups = columns.groupby(list(_KIND), sort=False, dropna=False)
    code = np.asarray(groups.ngroup(), dtype=np.int64)
    first = np.unique(code, return_index=True)[1]
    kinds = [vehicle_kind(row) for _, row in columns.iloc[first].iterrows()]
    names = [str(name) for name in vehicle_days["vehicle_id"].iloc[first]]
    return kinds, names, code


def last_year(vehicle_days: pd.DataFrame) -> int | None:
    """Return the calendar year of the last service date, None without any."""
    return int(str(max(vehicle_days["date"]))[:4]) if len(vehicle_days) else None


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
    days = fleet.vehicles.reindex(columns=[*_KIND, "payload_capacity_kg"]).reindex(ids)
    used = days[ids.isin(fleet.vehicles.index).to_numpy()]
    used = used[~used.index.duplicated()]
    classes = vehicle_class_names()
    checks = (
        ("vehicle_class", ~used["vehicle_class"].isin(classes), "one of " + ", ".join(classes)),
        ("fuel", ~used["fuel"].isin(FUELS), "one of " + ", ".join(FUELS)),
        ("model_year", pd.to_numeric(used["model_year"]) % 1 > 0, "a whole year"),
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
