"""Vehicles of FASTSim 2 as parameters of this model, so that the two can be compared.

FASTSim (Brooker et al. 2015, SAE 2015-01-0973, doi:10.4271/2015-01-0973; version 2.1.5) looks its
efficiencies up in steps, keeps air at 1.2 kg/m³ and gravity at 9.81 m/s². With what
:func:`fastsim_vehicle` and :func:`fastsim_conditions` return, this model does the same.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from geofleet.energy.vehicle.parameters import VehicleParameters
from geofleet.energy.vehicle.trace import Conditions
from geofleet.errors import InputError, Problem

__all__ = ["FASTSIM_FIELDS", "fastsim_conditions", "fastsim_vehicle"]

AIR_DENSITY_KG_M3 = 1.2  # the two constants of FASTSim's physics
GRAVITY_M_S2 = 9.81
_MPH_PER_M_S = 2.2369  # as FASTSim has it
_POWERTRAINS = {"BEV": "electric", "Conv": "diesel"}

_COMMON = (
    "veh_pt_type", "veh_kg", "drag_coef", "frontal_area_m2", "wheel_rr_coef",
    "wheel_inertia_kg_m2", "num_wheels", "wheel_radius_m", "trans_eff", "aux_kw",
    "wheel_coef_of_fric", "drive_axle_weight_frac", "veh_cg_m", "wheel_base_m",
)  # fmt: skip
FASTSIM_FIELDS: Mapping[str, tuple[str, ...]] = {
    "BEV": (
        *_COMMON, "mc_max_kw", "mc_full_eff_array", "mc_sec_to_peak_pwr", "ess_max_kw",
        "ess_max_kwh", "ess_round_trip_eff", "min_soc", "max_soc", "max_regen", "regen_a",
        "regen_b",
    ),
    "Conv": (*_COMMON, "fc_max_kw", "fc_perc_out_array", "fc_eff_array", "fc_sec_to_peak_pwr",
             "alt_eff"),
}  # fmt: skip
"""Attributes of a FASTSim vehicle that are read, by its ``veh_pt_type``."""


def fastsim_conditions(*, start_soc: float = 1.0) -> Conditions:
    """Return the air and the gravity of FASTSim; its mass is that of the vehicle, cargo included.

    Parameters
    ----------
    start_soc
        Charge at the start between FASTSim's ``min_soc`` (0) and ``max_soc`` (1).
    """
    return Conditions(
        air_density_kg_m3=AIR_DENSITY_KG_M3, gravity_m_s2=GRAVITY_M_S2, start_soc=start_soc
    )


def fastsim_vehicle(name: str, values: Mapping[str, Any]) -> VehicleParameters:
    """Return a battery-electric or conventional vehicle of FASTSim.

    Parameters
    ----------
    name
        What to call it.
    values
        Attributes of a ``fastsim.vehicle.Vehicle`` after its ``set_derived()``, under their own
        names (``vars(vehicle)`` will do): those in ``FASTSIM_FIELDS``.

    Returns
    -------
    VehicleParameters
        Wheel inertia as a mass, half of the round-trip loss each way, efficiencies as a step
        look-up whose lowest step is the one that FASTSim never goes below, the fade of
        regeneration turned from miles per hour, the rise of power and the grip of the tyres. The
        driveline counts twice against the power of the generator, as in FASTSim.

    Raises
    ------
    InputError
        Attributes that are missing, or a powertrain that this model does not have.
    """
    table = f"FASTSim vehicle {name}"
    kind = str(values.get("veh_pt_type", ""))
    if kind not in FASTSIM_FIELDS:
        expected = "one of " + ", ".join(FASTSIM_FIELDS)
        raise InputError([Problem(table, "veh_pt_type", 0, kind, expected)])
    missing = [field for field in FASTSIM_FIELDS[kind] if field not in values]
    if missing:
        raise InputError([Problem(table, field, 0, "", "a number") for field in missing])
    grip = float(values["wheel_coef_of_fric"])
    lever = 1.0 + float(values["veh_cg_m"]) * grip / float(values["wheel_base_m"])
    inertia = float(values["wheel_inertia_kg_m2"]) * float(values["num_wheels"])
    common: dict[str, Any] = {
        "name": name,
        "powertrain": _POWERTRAINS[kind],
        "curb_mass_kg": float(values["veh_kg"]),
        "payload_capacity_kg": 0.0,
        "drag_area_m2": float(values["drag_coef"]) * float(values["frontal_area_m2"]),
        "rolling_coefficient": float(values["wheel_rr_coef"]),
        "rotating_mass_kg": inertia / float(values["wheel_radius_m"]) ** 2,
        "driveline_efficiency": float(values["trans_eff"]),
        "motor_lookup": "lower_bin",
        "traction_limit_m_s2": grip
        * float(values["drive_axle_weight_frac"])
        * GRAVITY_M_S2
        / lever,
    }
    return VehicleParameters(**common, **(_battery(values) if kind == "BEV" else _engine(values)))


def _battery(values: Mapping[str, Any]) -> dict[str, Any]:
    """Motor and battery of an electric vehicle."""
    motor_w = float(values["mc_max_kw"]) * 1000.0
    efficiency = _numbers(values["mc_full_eff_array"])
    last = len(efficiency) - 1
    per_m_s = float(values["regen_b"]) * _MPH_PER_M_S
    return {
        "motor_power_w": motor_w,
        "motor_load": tuple(k / last for k in range(last + 1)),
        "motor_efficiency": (efficiency[1], *efficiency[1:]),
        "motor_rise_w_per_s": motor_w / float(values["mc_sec_to_peak_pwr"]),
        "generating_power_w": motor_w * float(values["trans_eff"]) ** 2,
        "auxiliary_power_w": float(values["aux_kw"]) * 1000.0,
        "battery_usable_wh": float(values["ess_max_kwh"])
        * (float(values["max_soc"]) - float(values["min_soc"]))
        * 1000.0,
        "battery_efficiency": math.sqrt(float(values["ess_round_trip_eff"])),
        "discharge_power_w": float(values["ess_max_kw"]) * 1000.0,
        "charge_power_w": float(values["ess_max_kw"]) * 1000.0,
        "regeneration_share": float(values["max_regen"]),
        "regeneration_fade_scale": float(values["regen_a"]),
        "regeneration_fade_per_m_s": per_m_s,
        "regeneration_fade_shift_m_s": 1.0 / _MPH_PER_M_S,
    }


def _engine(values: Mapping[str, Any]) -> dict[str, Any]:
    """Engine of a conventional vehicle, its auxiliaries through the alternator."""
    engine_w = float(values["fc_max_kw"]) * 1000.0
    return {
        "motor_power_w": engine_w,
        "motor_load": _numbers(values["fc_perc_out_array"]),
        "motor_efficiency": _numbers(values["fc_eff_array"]),
        "motor_rise_w_per_s": engine_w / float(values["fc_sec_to_peak_pwr"]),
        "auxiliary_power_w": float(values["aux_kw"]) / float(values["alt_eff"]) * 1000.0,
    }


def _numbers(values: Sequence[float]) -> tuple[float, ...]:
    return tuple(float(value) for value in values)
