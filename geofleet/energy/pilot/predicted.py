"""The same trips driven by the second-by-second model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.energy.driving.air import PRESSURES_PA, TEMPERATURES_C, air_density_kg_m3
from geofleet.energy.equipment import cabin_power_w as cabin_climate_w
from geofleet.energy.pilot.rules import read_rules
from geofleet.energy.pilot.trips import Trips
from geofleet.energy.vehicle import Conditions, Cycle, VehicleParameters, trace_energies
from geofleet.errors import InputError, Problem

__all__ = ["Drives", "prepare_drives"]

Floats = npt.NDArray[np.float64]
PerTrip = float | Mapping[str, float] | pd.Series

_NEVER_FULL = 0.5  # from here neither a full nor an empty battery decides what a trip takes
_PAYLOADS_KG = (0.0, 60000.0)
_SHOWN = 5


@dataclass(frozen=True)
class Drives:
    """Trips ready for the model: what is driven, and under which conditions.

    Parameters
    ----------
    trip_ids
        In the order of ``cycles`` and ``conditions``.
    cycles, conditions
        One of each per trip.
    at_terminals
        Whether the energy measured of the trip is that at the terminals of the battery.
    temperature_c, payload_kg
        As taken for each trip.
    """

    trip_ids: tuple[str, ...]
    cycles: tuple[Cycle, ...]
    conditions: tuple[Conditions, ...]
    at_terminals: npt.NDArray[np.bool_]
    temperature_c: Floats
    payload_kg: Floats

    def energies(self, vehicles: Sequence[VehicleParameters]) -> pd.DataFrame:
        """Drive every trip with every vehicle, vehicles one after the other.

        Returns the columns of :func:`geofleet.energy.vehicle.trace_energies` and
        ``predicted_kwh``: what is measured of each trip, as the model has it.
        """
        trips, count = np.arange(len(self.cycles)), len(vehicles)
        tiled = np.tile(trips, count)
        runs = np.column_stack([tiled, np.repeat(np.arange(count), len(trips)), tiled])
        table = trace_energies(self.cycles, vehicles, self.conditions, runs=runs)
        heat = np.where(np.tile(self.at_terminals, count), table["battery_loss_wh"], 0.0)
        return table.assign(predicted_kwh=(table["energy_wh"] - heat) / 1000.0)

    def take(self, chosen: npt.NDArray[np.int64]) -> Drives:
        """Return some of the trips, by place."""
        return Drives(
            tuple(self.trip_ids[i] for i in chosen),
            tuple(self.cycles[i] for i in chosen),
            tuple(self.conditions[i] for i in chosen),
            self.at_terminals[chosen],
            self.temperature_c[chosen],
            self.payload_kg[chosen],
        )


def prepare_drives(
    trips: Trips,
    measured: pd.DataFrame,
    *,
    pressure_pa: float,
    payload_kg: PerTrip | None = None,
    temperature_c: PerTrip | None = None,
    cabin_power_w: PerTrip | None = None,
    defaults: Defaults | None = None,
) -> Drives:
    """Make drive cycles and conditions of trips.

    Speed changes evenly between records, in steps of at most the row ``pilot:step``. The part of
    a trip that its measured energy covers is driven, no more. Unknown grade is driven as level.
    The battery starts at the measured charge, or half full where that is lower or not known:
    only a nearly full battery refuses what braking offers.

    Parameters
    ----------
    measured
        From :func:`geofleet.energy.pilot.measured_energy`; trips without energy are left out.
    pressure_pa
        Air pressure.
    payload_kg, temperature_c
        One number, or by trip; for the trips whose records do not say. Where neither says, that
        is an error: a load that is not known is not zero.
    cabin_power_w
        Power of heating or air conditioning at the battery, one number or by trip; by the
        outside temperature (rows of table ``energy``) when not given.

    Raises
    ------
    InputError
        Payloads or temperatures that are not known, or numbers out of their limits.
    """
    scope = (defaults or Defaults()).scope()
    step_s = read_rules(scope).step_s
    known = [str(trip) for trip in measured.index[measured["energy_kwh"].notna()]]
    table, measured = trips.table.loc[known], measured.loc[known]
    problems: list[Problem] = []
    low, high = PRESSURES_PA
    if not low <= pressure_pa <= high:
        expected = f"a pressure from {low:g} to {high:g} Pa"
        problems.append(Problem("conditions", "pressure_pa", 0, f"{pressure_pa:g}", expected))
    payload = _per_trip("payload_kg", table["payload_kg"], payload_kg, _PAYLOADS_KG, problems)
    air = _per_trip(
        "temperature_c", table["temperature_c"], temperature_c, TEMPERATURES_C, problems
    )
    if problems:
        raise InputError(problems)
    if cabin_power_w is None:
        cabin = cabin_climate_w(air, defaults=scope)
    else:
        nothing = pd.Series(np.nan, index=table.index)
        cabin = _per_trip("cabin_power_w", nothing, cabin_power_w, (0.0, 1e5), problems)
        if problems:
            raise InputError(problems)
    density = air_density_kg_m3(air, pressure_pa)
    samples = dict(iter(trips.samples.groupby("trip_id", sort=False)))
    windows = measured[["begin_s", "end_s"]].to_numpy(np.float64)
    cycles = tuple(
        _cycle(trip, samples[trip], window, step_s)
        for trip, window in zip(known, windows, strict=True)
    )
    soc = table["soc_begin_percent"].to_numpy(np.float64) / 100.0
    start = np.maximum(np.where(np.isfinite(soc), soc, _NEVER_FULL), _NEVER_FULL)
    conditions = tuple(
        Conditions(
            air_density_kg_m3=float(density[i]), payload_kg=float(payload[i]),
            climate_power_w=float(cabin[i]), start_soc=float(start[i]),
        )
        for i in range(len(known))
    )  # fmt: skip
    terminals = (measured["basis"] == "terminals").to_numpy(bool)
    return Drives(tuple(known), cycles, conditions, terminals, air, payload)


def _per_trip(
    name: str, recorded: pd.Series, given: PerTrip | None, limits: tuple[float, float],
    problems: list[Problem],
) -> Floats:  # fmt: skip
    """Return a number for each trip: as recorded, else as given."""
    index = recorded.index
    if given is None:
        other = pd.Series(np.nan, index=index)
    elif isinstance(given, int | float):
        other = pd.Series(float(given), index=index)
    else:
        other = pd.Series(given, dtype=float).reindex(index)
    value = recorded.where(recorded.notna(), other).to_numpy(np.float64)
    low, high = limits
    missing = np.flatnonzero(np.isnan(value))
    for place in missing[:_SHOWN]:
        expected = f"a value recorded or given; {len(missing)} trips have none"
        problems.append(Problem("trips", name, 0, str(index[place]), expected))
    for place in np.flatnonzero((value < low) | (value > high))[:_SHOWN]:
        shown, expected = f"{index[place]}: {value[place]:g}", f"from {low:g} to {high:g}"
        problems.append(Problem("trips", name, 0, shown, expected))
    return value


def _cycle(trip: str, part: pd.DataFrame, window: Floats, step_s: float) -> Cycle:
    """Return the records between two seconds as a cycle of steps no longer than ``step_s``."""
    second = part["second"].to_numpy(np.float64)
    inside = (second >= window[0]) & (second <= window[1])
    t, v = second[inside], part["speed_m_s"].to_numpy(np.float64)[inside]
    grade = np.nan_to_num(part["grade"].to_numpy(np.float64)[inside], nan=0.0)
    pieces = np.maximum(np.ceil(np.diff(t) / step_s - 1e-9), 1).astype(np.int64)
    share = np.concatenate([np.arange(1, n + 1) / n for n in pieces])
    begin = np.repeat(np.arange(len(pieces)), pieces)
    time = np.concatenate([[t[0]], t[begin] + share * np.diff(t)[begin]])
    speed = np.concatenate([[v[0]], v[begin] + share * np.diff(v)[begin]])
    return Cycle(trip, time, np.maximum(speed, 0.0), np.concatenate([[0.0], grade[begin + 1]]))
