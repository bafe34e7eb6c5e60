"""Refrigeration units and lift gates: what they draw on the road and at stops."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.errors import InputError, Problem

__all__ = [
    "REFRIGERATION",
    "SIZES",
    "Equipment",
    "body_equipment",
    "equipment_power_w",
    "fleet_equipment",
    "stop_energy_wh",
]

REFRIGERATION = ("none", "chilled", "frozen")
SIZES = ("small_van", "van", "light", "medium", "heavy")
"""Sizes of body, by gross weight."""

_TABLE = "equipment"
_GRAVITY_M_S2 = 9.80665
_JOULE_PER_WH = 3600.0
_SECONDS_PER_MINUTE = 60.0

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Equipment:
    """What a body carries that draws power. Numbers of a part that is not fitted are 0.

    Parameters
    ----------
    refrigeration
        One of ``REFRIGERATION``.
    lift_gate
        Whether there is one.
    stated
        False when the fleet table does not say: nothing is assumed then, and the energy of the
        day is a lower bound.
    mass_kg
        Of unit, insulation and gate: it comes off the payload.
    box_temperature_c
        Kept inside.
    heat_loss_w_per_k
        Through the walls of the box.
    performance
        Cooling over electric power.
    fan_power_w, power_max_w
        Fans and controls, always on; largest power in all.
    door_loss_j_per_k_s
        Heat that enters through open doors, per degree and second of service.
    lift_j_per_kg
        Energy from the battery to lift a kilogram to the floor of the box.
    platform_kg, load_per_lift_kg
        Moving part of the gate; most that one lift carries.
    """

    refrigeration: str = "none"
    lift_gate: bool = False
    stated: bool = True
    mass_kg: float = 0.0
    box_temperature_c: float = math.nan
    heat_loss_w_per_k: float = 0.0
    performance: float = 1.0
    fan_power_w: float = 0.0
    power_max_w: float = 0.0
    door_loss_j_per_k_s: float = 0.0
    lift_j_per_kg: float = 0.0
    platform_kg: float = 0.0
    load_per_lift_kg: float = math.inf


def body_equipment(
    gvw_kg: float,
    *,
    refrigeration: str = "none",
    lift_gate: bool = False,
    defaults: Defaults | None = None,
) -> Equipment:
    """Return the equipment of a body by the gross weight of its vehicle.

    Heat through the walls is that of the ATP agreement's limit for the kind of body, aged;
    areas, volumes and units are typical of the size.

    Raises
    ------
    InputError
        An unknown kind, a weight of nothing, rows out of their limits.
    """
    problems = []
    if refrigeration not in REFRIGERATION:
        expected = "one of " + ", ".join(REFRIGERATION)
        problems.append(Problem("equipment", "refrigeration", 0, str(refrigeration), expected))
    if not gvw_kg > 0.0:
        problems.append(Problem("equipment", "gvw_kg", 0, f"{gvw_kg:g}", "a weight above 0"))
    if problems:
        raise InputError(problems)
    rows = CheckedRows(defaults or Defaults())
    size = _size(gvw_kg, rows)

    def number(row: str, *, highest: float = 1e6) -> float:
        expected = f"a number above 0 and at most {highest:g}"
        return rows.number(_TABLE, row, 0.0, highest, expected, above=True)

    fitted: dict[str, Any] = {"mass_kg": 0.0}
    if refrigeration != "none":
        fitted["mass_kg"] += number(f"{size}.refrigeration_mass")
        fitted["box_temperature_c"] = rows.number(
            _TABLE, f"{refrigeration}.box_temperature", -60.0, 30.0, "a temperature"
        )
        fitted["heat_loss_w_per_k"] = (
            number(f"{refrigeration}.heat_transfer", highest=10.0)
            * number("insulation_ageing", highest=10.0)
            * number(f"{size}.wall_area")
        )
        fitted["performance"] = number(f"{refrigeration}.cop", highest=20.0)
        fitted["fan_power_w"] = number(f"{size}.fan_power")
        fitted["power_max_w"] = number(f"{size}.refrigeration_power_max")
        fitted["door_loss_j_per_k_s"] = (
            number(f"{size}.box_volume")
            * number("air_heat_capacity")
            * number("air_changes")
            / _SECONDS_PER_MINUTE
            * number("door_open_share", highest=1.0)
            * number("door_heat_factor")
        )
    if lift_gate:
        fitted["mass_kg"] += number(f"{size}.lift_mass")
        height = number(f"{size}.lift_height", highest=5.0)
        efficiency = number("lift_efficiency", highest=1.0)
        if efficiency:  # else named below
            fitted["lift_j_per_kg"] = _GRAVITY_M_S2 * height / efficiency
        fitted["platform_kg"] = number(f"{size}.platform_mass")
        fitted["load_per_lift_kg"] = number(f"{size}.load_per_lift")
    rows.finish()
    return Equipment(refrigeration, lift_gate, **fitted)


def equipment_power_w(equipment: Equipment, temperature_c: npt.ArrayLike) -> Array:
    """Return the electric power (W) that keeps a closed box cold, at air temperatures (°C).

    It is drawn on the road and while standing. A chilled box in frost is heated instead, watt
    for watt. Zero without a unit; NaN where the temperature is.
    """
    air = np.asarray(temperature_c, dtype=np.float64)
    if equipment.refrigeration == "none":
        return np.where(np.isnan(air), np.nan, 0.0)
    warmer = air - equipment.box_temperature_c
    thermal = np.maximum(warmer, 0.0) / equipment.performance
    if equipment.refrigeration == "chilled":
        thermal = thermal + np.maximum(-warmer, 0.0)
    power = equipment.heat_loss_w_per_k * thermal + equipment.fan_power_w
    return np.asarray(np.minimum(power, equipment.power_max_w), dtype=np.float64)


def stop_energy_wh(
    equipment: Equipment,
    temperature_c: npt.ArrayLike,
    *,
    service_s: npt.ArrayLike,
    drop_kg: npt.ArrayLike = 0.0,
    pickup_kg: npt.ArrayLike = 0.0,
) -> Array:
    """Return the energy (Wh) of a stop beside the power of the closed box; inputs broadcast.

    Open doors let outside air in for a share of the service time; what enters is pumped out.
    The lift gate lifts what is picked up, and its own platform once for each load picked up or
    dropped (a load goes down by its weight).

    Raises
    ------
    InputError
        Times or masses below nothing.
    """
    air = np.asarray(temperature_c, dtype=np.float64)
    service, drop, pickup = (
        np.asarray(values, dtype=np.float64) for values in (service_s, drop_kg, pickup_kg)
    )
    problems = [
        Problem("stop", field, 0, f"{float(np.nanmin(values)):g}", "a number of at least 0")
        for field, values in (("service_s", service), ("drop_kg", drop), ("pickup_kg", pickup))
        if bool((values < 0.0).any())
    ]
    if problems:
        raise InputError(problems)
    doors = service * 0.0 + np.where(np.isnan(air), np.nan, 0.0)
    if equipment.refrigeration != "none":
        warmer = np.maximum(air - equipment.box_temperature_c, 0.0)
        doors = equipment.door_loss_j_per_k_s * service * warmer / equipment.performance
    loads = np.ceil(drop / equipment.load_per_lift_kg) + np.ceil(
        pickup / equipment.load_per_lift_kg
    )
    lifting = equipment.lift_j_per_kg * (pickup + loads * equipment.platform_kg)
    return np.asarray((doors + lifting) / _JOULE_PER_WH, dtype=np.float64)


def fleet_equipment(
    vehicles: pd.DataFrame, *, defaults: Defaults | None = None
) -> Mapping[str, Equipment]:
    """Return the equipment of every vehicle of a fleet, by its id.

    Parameters
    ----------
    vehicles
        As ``Fleet.vehicles``. Where ``refrigeration`` or ``lift_gate`` is empty nothing is
        assumed to be fitted, and ``stated`` is False.

    Raises
    ------
    InputError
        As :func:`body_equipment`.
    """
    scope = defaults or Defaults()
    made: dict[tuple[float, str, bool], Equipment] = {}
    found: dict[str, Equipment] = {}
    count = len(vehicles)
    cold = vehicles["refrigeration"] if "refrigeration" in vehicles else [None] * count
    gates = vehicles["lift_gate"] if "lift_gate" in vehicles else [None] * count
    for name, gvw, kind, gate in zip(vehicles.index, vehicles["gvw_kg"], cold, gates, strict=True):
        unknown = pd.isna(kind) or pd.isna(gate)
        key = (float(gvw), "none" if pd.isna(kind) else str(kind), not pd.isna(gate) and bool(gate))
        if key not in made:
            made[key] = body_equipment(
                key[0], refrigeration=key[1], lift_gate=key[2], defaults=scope
            )
        one = made[key]
        found[str(name)] = replace(one, stated=False) if unknown else one
    return found


def _size(gvw_kg: float, rows: CheckedRows) -> str:
    """Return the size of body of a gross weight; the largest is open upwards."""
    for size in SIZES[:-1]:
        limit = rows.number(_TABLE, f"{size}.gvw_max", 0.0, 1e6, "a weight above 0", above=True)
        if gvw_kg <= limit:
            return size
    return SIZES[-1]
