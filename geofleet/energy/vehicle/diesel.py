"""A diesel of the same size as an electric vehicle, for a fair comparison, and its litres."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from geofleet.defaults import Defaults
from geofleet.energy.vehicle.parameters import VehicleParameters

__all__ = ["diesel_counterpart", "diesel_litres"]

_TABLE = "diesel_powertrain"
_LOADS = ("0", "0.5", "1.5", "4", "6", "10", "14", "20", "40", "60", "80", "100")  # per cent


def diesel_counterpart(
    vehicle: VehicleParameters, defaults: Defaults, *, curb_mass_kg: float | None = None
) -> VehicleParameters:
    """Return the diesel that carries what an electric vehicle carries, through the same air.

    Body, tyres and gross mass are those of the electric vehicle. An engine with tank and exhaust
    takes the place of the battery, and what is saved in mass may be loaded. Engine efficiency by
    load, idle fuel, driveline, inertia and the fuel cut-off in overrun are rows of the table
    ``diesel_powertrain``.

    Parameters
    ----------
    vehicle
        Electric.
    defaults
        Where the rows are read.
    curb_mass_kg
        Of the diesel, where it is known; else that of the electric vehicle, less its battery,
        plus an engine.

    Returns
    -------
    VehicleParameters
        With ``powertrain="diesel"``.

    Raises
    ------
    InputError
        Numbers that no vehicle can have, as a mass below 0.
    """
    gross_kg = vehicle.curb_mass_kg + vehicle.payload_capacity_kg
    if curb_mass_kg is None:
        gross_wh = vehicle.battery_usable_wh / defaults.number("energy", "usable_gross_ratio")
        pack_kg = gross_wh / defaults.number("energy", "pack_energy_density")
        engine_kg = gross_kg * defaults.number(_TABLE, "engine_mass_share")
        curb_mass_kg = vehicle.curb_mass_kg - pack_kg + engine_kg
    engine_w = vehicle.motor_power_w * defaults.number(_TABLE, "engine_power_share")
    return replace(
        vehicle,
        name=f"{vehicle.name} (diesel)",
        powertrain="diesel",
        curb_mass_kg=curb_mass_kg,
        payload_capacity_kg=max(gross_kg - curb_mass_kg, 0.0),
        rotating_mass_kg=curb_mass_kg * defaults.number(_TABLE, "rotating_mass_share"),
        driveline_efficiency=defaults.number(_TABLE, "driveline_efficiency"),
        motor_power_w=engine_w,
        motor_load=tuple(float(load) / 100.0 for load in _LOADS),
        motor_efficiency=tuple(
            defaults.number(_TABLE, f"engine_efficiency.at_{load}") for load in _LOADS
        ),
        motor_lookup="linear",
        auxiliary_power_w=vehicle.auxiliary_power_w
        * defaults.number(_TABLE, "auxiliary_power_share"),
        battery_usable_wh=float("nan"),
        regeneration_share=defaults.number(_TABLE, "overrun_share"),
        regeneration_fade_scale=defaults.number(_TABLE, "overrun_fade_scale"),
        regeneration_fade_per_m_s=defaults.number(_TABLE, "overrun_fade"),
        regeneration_fade_shift_m_s=0.0,
        idle_power_w=engine_w * defaults.number(_TABLE, "idle_fuel_power_share"),
    )


def diesel_litres(energy_wh: npt.ArrayLike, defaults: Defaults) -> npt.NDArray[np.float64]:
    """Return litres of diesel that hold an energy (Wh, lower heating value), of any shape."""
    heating_mj_kg = defaults.number("fuel", "diesel.lower_heating_value_mj_kg")
    density_kg_l = defaults.number("fuel", "diesel.density_kg_l")
    return np.asarray(energy_wh, dtype=np.float64) * 3600e-6 / (heating_mj_kg * density_kg_l)
