"""Measured energy of trips: from the state of charge, or from battery power."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.energy.pilot.rules import PilotRules, read_rules
from geofleet.energy.pilot.trips import Trips, finest_step
from geofleet.errors import InputError, Problem

__all__ = ["BASES", "measured_energy"]

BASES = ("cells", "terminals")
"""Where energy is measured: state of charge counts what leaves the cells, power what leaves the
terminals; the heat of the battery lies between them."""

Floats = npt.NDArray[np.float64]


def measured_energy(
    trips: Trips,
    *,
    battery_usable_wh: float,
    state_of_health: float = 1.0,
    soc_step_percent: float | None = None,
    defaults: Defaults | None = None,
) -> pd.DataFrame:
    """Return what each trip took from the battery, with its standard deviation.

    Battery power is integrated where it is known for at least the share ``power_share_min`` of
    the trip; else the fall of the state of charge times the usable energy. A state of charge
    shown in steps q may be off by up to half a step at either end, evenly spread, so the fall is
    off by ``q / sqrt(6)`` (one standard deviation) whatever the length of the trip.

    Parameters
    ----------
    battery_usable_wh
        Between 0 and 100 % of the state of charge, when new.
    state_of_health
        Usable energy now over that when new.
    soc_step_percent
        Step in which the state of charge is shown; the smallest difference found in the data of
        each vehicle when not given.

    Returns
    -------
    pandas.DataFrame
        By ``trip_id``: ``energy_kwh`` (NaN where not known), ``energy_sd_kwh`` (of the
        measurement alone), ``measured_by`` (``battery power``, ``state of charge`` or empty),
        ``basis`` (one of ``BASES``, or empty), ``begin_s`` and ``end_s``: the part of the trip
        that it covers, from the first to the last record that knows the quantity.

    Raises
    ------
    InputError
        A battery, health or step that cannot be.
    """
    rules = read_rules((defaults or Defaults()).scope())
    _check(battery_usable_wh, state_of_health, soc_step_percent)
    usable_kwh = battery_usable_wh * state_of_health / 1000.0
    steps = _steps(trips, soc_step_percent, rules)
    rows = []
    for trip, part in trips.samples.groupby("trip_id", sort=False):
        found = _by_power(part, rules)
        if found is None:
            found = _by_charge(part, usable_kwh, steps[str(part["vehicle_id"].iloc[0])])
        rows.append({"trip_id": trip, **found})
    return pd.DataFrame(rows).set_index("trip_id")


def _check(battery_usable_wh: float, state_of_health: float, step: float | None) -> None:
    problems = []
    if not 0.0 < battery_usable_wh < np.inf:
        shown, expected = f"{battery_usable_wh:g}", "an energy above 0"
        problems.append(Problem("battery", "battery_usable_wh", 0, shown, expected))
    if not 0.0 < state_of_health <= 1.0:
        shown, expected = f"{state_of_health:g}", "a share above 0 and at most 1"
        problems.append(Problem("battery", "state_of_health", 0, shown, expected))
    if step is not None and not 0.0 < step <= 100.0:
        expected = "a step above 0 and at most 100 %"
        problems.append(Problem("battery", "soc_step_percent", 0, f"{step:g}", expected))
    if problems:
        raise InputError(problems)


def _steps(trips: Trips, given: float | None, rules: PilotRules) -> dict[str, float]:
    """Return the step of the state of charge of each vehicle."""
    steps = {}
    for vehicle, part in trips.samples.groupby("vehicle_id"):
        charge = part["soc_percent"].to_numpy(np.float64)
        found = np.maximum(finest_step(charge), rules.soc_resolution_min_percent)
        steps[str(vehicle)] = float(found) if given is None else given
    return steps


def _by_power(part: pd.DataFrame, rules: PilotRules) -> dict[str, object] | None:
    """Integrate power over the trip, None where too little of it is known."""
    second = part["second"].to_numpy(np.float64)
    power = part["battery_power_kw"].to_numpy(np.float64)
    known = np.isfinite(power)
    if known.sum() < 2:
        return None
    t, p = second[known], power[known]
    step = np.diff(t)
    covered = step[step <= rules.interpolated_gap_s].sum()
    if covered < rules.power_share_min * second[-1]:
        return None
    energy = float(np.trapezoid(p, t)) / 3600.0
    through = float(np.trapezoid(np.abs(p), t)) / 3600.0
    return {
        "energy_kwh": energy, "energy_sd_kwh": rules.power_sensor_error * through,
        "measured_by": "battery power", "basis": "terminals", "begin_s": t[0], "end_s": t[-1],
    }  # fmt: skip


def _by_charge(part: pd.DataFrame, usable_kwh: float, step: float) -> dict[str, object]:
    """Take the fall of the state of charge between its first and last known values."""
    charge = part["soc_percent"].to_numpy(np.float64)
    known = np.flatnonzero(np.isfinite(charge))
    if len(known) < 2 or not np.isfinite(step):
        return {
            "energy_kwh": np.nan, "energy_sd_kwh": np.nan, "measured_by": "", "basis": "",
            "begin_s": np.nan, "end_s": np.nan,
        }  # fmt: skip
    first, last = known[0], known[-1]
    second = part["second"].to_numpy(np.float64)
    return {
        "energy_kwh": (charge[first] - charge[last]) / 100.0 * usable_kwh,
        "energy_sd_kwh": step / np.sqrt(6.0) / 100.0 * usable_kwh,
        "measured_by": "state of charge", "basis": "cells",
        "begin_s": second[first], "end_s": second[last],
    }  # fmt: skip
