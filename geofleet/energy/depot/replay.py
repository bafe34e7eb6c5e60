"""Replay: a schedule walked through minute by minute, knowing nothing of how it was found."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pandas as pd

from geofleet.energy.depot.horizon import hour_profile
from geofleet.energy.depot.plan import Schedule

__all__ = ["replay"]

_STEPS = 15
_WH = 1.0  # solvers keep limits to 1e-6 kW and the like; a watt-hour is noise
_W = 1.0
_PLUG = 1e-5


def replay(schedule: Schedule) -> pd.DataFrame:
    """Walk a schedule through and return every promise that it breaks.

    Batteries are charged in steps of a fifteenth of a slot, the taper is read off its nodes, and
    plugs, chargers and connection are counted slot by slot.

    Returns
    -------
    Columns ``rule`` (``battery``, ``taper``, ``charger power``, ``plug``, ``chargers``,
    ``connection``, ``departure``, ``plugged in once``, ``staff``), ``where`` (vehicle or time),
    ``excess`` (W, Wh or count); no rows when all is kept.
    """
    month, depot = schedule.month, schedule.depot
    horizon = month.horizon
    found: list[tuple[str, str, float]] = []
    drawn: dict[int, float] = defaultdict(float)
    held_plugs: dict[int, float] = defaultdict(float)
    carried: dict[int, float] = {}
    at = 0
    for number, stay in enumerate(month.stays):
        cells = slice(at, at + len(stay.slots))
        at += len(stay.slots)
        name = stay.vehicle.vehicle_id
        energy = stay.arrival_wh + carried.get(stay.after, 0.0)
        limit = depot.chargers.battery_power_w(stay.vehicle)
        powers, plugs = schedule.power_w[cells], schedule.plugged[cells]
        for slot, power, plug in zip(stay.slots.tolist(), powers, plugs, strict=True):
            if power > limit + _W:
                found.append(("charger power", name, power - limit))
            if power > plug * limit + _W:
                found.append(("plug", name, power - plug * limit))
            energy, over = _charge(stay.vehicle.taper, stay.vehicle.battery_wh, energy, power,
                                   horizon.slot_h)  # fmt: skip
            if over > _W:
                found.append(("taper", name, over))
            if energy > stay.vehicle.battery_wh + _WH:
                found.append(("battery", name, energy - stay.vehicle.battery_wh))
            drawn[slot] += power / depot.chargers.efficiency
            held_plugs[slot] += plug
        missing = stay.departure_wh - energy - schedule.shortfall_wh[number]
        if missing > _WH:
            found.append(("departure", name, missing))
        carried[number] = max(energy - stay.departure_wh, 0.0)
        if depot.plugs == "once":
            found += _plug_faults(schedule, number, plugs)
    base = hour_profile(depot.base_load_w, horizon)
    for real, slot in enumerate(horizon.planned.tolist()):
        over = base[real] + drawn[slot] - max(depot.connection_w, base[real])
        if over > _W:
            found.append(("connection", str(horizon.starts[real]), over))
        if held_plugs[slot] > depot.chargers.count + _PLUG:
            excess = held_plugs[slot] - depot.chargers.count
            found.append(("chargers", str(horizon.starts[real]), excess))
    return pd.DataFrame(found, columns=["rule", "where", "excess"])


def _charge(
    taper: tuple[tuple[float, float], ...],
    battery_wh: float,
    energy: float,
    power: float,
    hours: float,
) -> tuple[float, float]:
    """Charge through one slot; return the energy after it and how far the taper was passed."""
    over = 0.0
    soc, most = np.array(taper).T if taper else (np.zeros(0), np.zeros(0))
    for _ in range(_STEPS):
        energy += power * hours / _STEPS
        if taper:
            over = max(over, power - float(np.interp(energy / battery_wh, soc, most)))
    return energy, over


def _plug_faults(
    schedule: Schedule, number: int, plugs: np.ndarray
) -> list[tuple[str, str, float]]:
    """Find plugs that are shared, put in again, or changed when nobody is there."""
    stay, horizon = schedule.month.stays[number], schedule.month.horizon
    name = stay.vehicle.vehicle_id
    found = []
    if not np.isin(plugs, (0.0, 1.0)).all():
        found.append(("plugged in once", name, 1.0))
    rises = int(plugs[0] > 0) + int((np.diff(plugs) > 0).sum()) if len(plugs) else 0
    if rises > 1:
        found.append(("plugged in once", name, float(rises - 1)))
    if schedule.depot.staffed_h is None:
        return found
    for slot, change in zip(stay.slots[1:], np.diff(plugs), strict=True):
        start = horizon.starts[horizon.first[slot]]
        hour = start.hour + start.minute / 60.0
        staffed = any(
            begin <= hour < end if begin < end else hour >= begin or hour < end
            for begin, end in schedule.depot.staffed_h
        )
        if change and not staffed:
            found.append(("staff", name, 1.0))
    return found
