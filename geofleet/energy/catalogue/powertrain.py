"""From a model of the catalogue to the battery and the vehicle that physics sees."""

from __future__ import annotations

import math

import pandas as pd

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.energy.battery import (
    CHEMISTRIES,
    Battery,
    temperature_share,
    usable_energy_wh,
)
from geofleet.energy.battery.temperature import Quantity
from geofleet.energy.catalogue.check import check_models
from geofleet.energy.catalogue.fields import TABLE, parse_charging_power
from geofleet.energy.catalogue.limits import battery_limits
from geofleet.energy.model import ElectricModels
from geofleet.energy.vehicle import VehicleParameters
from geofleet.errors import InputError, Problem

__all__ = ["MOTOR_LOADS", "model_battery", "vehicle_parameters"]

MOTOR_LOADS = (0, 2, 4, 6, 8, 10, 20, 40, 60, 80, 100)
"""Nodes of the motor's efficiency curve, % of its largest power."""

_POWERTRAIN = "powertrain"
_BATTERIES = "batteries"
_SHARE = "a share above 0 and at most 1"


def model_battery(models: ElectricModels, model_id: str) -> Battery:
    """Return the new battery of a model, as charging and ageing see it.

    Raises
    ------
    InputError
        No such model, or numbers that no vehicle can have.
    """
    row = _row(models, model_id)
    return Battery(
        model_id,
        float(row["battery_usable_wh"]),
        _chemistry(row),
        _known(row, "ac_charge_w"),
        _known(row, "dc_charge_w"),
        parse_charging_power(str(row.get("charging_power", ""))),
    )


def vehicle_parameters(
    models: ElectricModels,
    model_id: str,
    *,
    age_years: float = 0.0,
    equivalent_full_cycles: float = 0.0,
    battery_temperature_c: float | None = None,
    defaults: Defaults | None = None,
) -> VehicleParameters:
    """Return the numbers of a model that decide what it draws from its battery.

    Mass, drag, rolling resistance, motor power and battery are the model's own; the efficiency
    curve of motor and inverter (that of FASTSim 2), driveline, rotating mass, regeneration and
    the losses of the battery are rows of the ``powertrain`` and ``batteries`` tables. The inner
    resistance scales with the size of the pack: ``battery_loss_per_w`` is the loss at 1 C over
    the usable energy of the new battery.

    Parameters
    ----------
    models, model_id
        Where the model is. Tables made by hand may lack the powers of charging and braking;
        these are then estimated by chemistry.
    age_years, equivalent_full_cycles
        Of the battery; its usable energy fades.
    battery_temperature_c
        Of the cells; warm when not given. Cold lowers usable energy, the charge taken while
        braking and the power given.

    Raises
    ------
    InputError
        No such model, or numbers and rows that no vehicle can have, all at once.
    """
    row = _row(models, model_id)
    scope = defaults or Defaults()
    rows = CheckedRows(scope)

    def share(table: str, name: str) -> float:
        return rows.number(table, name, 0.0, 1.0, _SHARE, above=True)

    def size(name: str, highest: float) -> float:
        return rows.number(_POWERTRAIN, name, 0.0, highest, f"a number from 0 to {highest:g}")

    battery = model_battery(models, model_id)
    curb, motor = float(row["curb_mass_kg"]), float(row["motor_power_w"])
    converter = share(_POWERTRAIN, "converter_efficiency")
    auxiliary = float(row["auxiliary_power_w"])
    efficiency = tuple(share(_POWERTRAIN, f"motor_efficiency.at_{load}") for load in MOTOR_LOADS)
    driveline = share(_POWERTRAIN, "driveline_efficiency")
    rotating = size("rotating_mass_share", 1.0)
    regeneration = rows.number(_POWERTRAIN, "regeneration_share", 0.0, 1.0, "a share from 0 to 1")
    fade_scale, fade = size("regeneration_fade_scale", 1e6), size("regeneration_fade", 1e3)
    shift = size("regeneration_fade_shift", 100.0)
    generating = rows.number(_POWERTRAIN, "generating_power_share", 0.0, 1.0, _SHARE, above=True)
    coulombic = share(_BATTERIES, f"{battery.chemistry}.coulombic_efficiency")
    at_1c = rows.number(
        _BATTERIES, f"{battery.chemistry}.loss_at_1c", 0.0, 0.5, "a share from 0 to 0.5"
    )
    charge, discharge = _limits(row, battery, motor, auxiliary, rows)
    rows.finish()
    usable = float(
        usable_energy_wh(
            battery, age_years, equivalent_full_cycles,
            battery_temperature_c=battery_temperature_c, defaults=scope,
        )
    )  # fmt: skip
    if battery_temperature_c is not None:
        charge *= _warmth("acceptance", battery, battery_temperature_c, scope)
        discharge *= _warmth("discharge", battery, battery_temperature_c, scope)
    return VehicleParameters(
        name=model_id,
        powertrain="electric",
        curb_mass_kg=curb,
        payload_capacity_kg=float(row["payload_capacity_kg"]),
        drag_area_m2=float(row["drag_area_m2"]),
        rolling_coefficient=float(row["rolling_coefficient"]),
        rotating_mass_kg=rotating * curb,
        driveline_efficiency=driveline,
        motor_power_w=motor,
        motor_load=tuple(load / 100.0 for load in MOTOR_LOADS),
        motor_efficiency=efficiency,
        auxiliary_power_w=auxiliary / converter,
        battery_usable_wh=usable,
        battery_efficiency=coulombic,
        battery_loss_per_w=at_1c / battery.usable_wh,
        discharge_power_w=discharge,
        charge_power_w=charge,
        generating_power_w=generating * motor,
        regeneration_share=regeneration,
        regeneration_fade_scale=fade_scale,
        regeneration_fade_per_m_s=fade,
        regeneration_fade_shift_m_s=shift,
    )


def _row(models: ElectricModels, model_id: str) -> pd.Series:
    """Return one model, checked."""
    if model_id not in models.frame.index:
        expected = "one of the models: " + ", ".join(map(str, models.frame.index))
        raise InputError([Problem(TABLE, "model_id", 0, model_id, expected)])
    one = models.frame.loc[[model_id]]
    check_models(one)
    return one.iloc[0]


def _known(row: pd.Series, column: str) -> float:
    """Return a number of a model, NaN where a table made by hand does not have it."""
    return float(row.get(column, math.nan))


def _chemistry(row: pd.Series) -> str:
    """Return the chemistry, that of the cautious rows where a table made by hand has none."""
    return str(row.get("chemistry", CHEMISTRIES[-1]))


def _limits(
    row: pd.Series, battery: Battery, motor_w: float, auxiliary_w: float, rows: CheckedRows
) -> tuple[float, float]:
    """Return the powers that the warm battery takes and gives (W)."""
    charge, discharge = _known(row, "charge_power_w"), _known(row, "discharge_power_w")
    if math.isnan(charge) or math.isnan(discharge):
        # An unknown power at a charger says nothing about braking.
        fast = 0.0 if math.isnan(battery.dc_charge_w) else battery.dc_charge_w
        estimate = battery_limits(
            battery.chemistry, usable_wh=battery.usable_wh, dc_charge_w=fast,
            motor_power_w=motor_w, auxiliary_power_w=auxiliary_w, rows=rows,
        )  # fmt: skip
        charge = estimate.charge_power_w if math.isnan(charge) else charge
        discharge = estimate.discharge_power_w if math.isnan(discharge) else discharge
    return charge, discharge


def _warmth(quantity: Quantity, battery: Battery, temperature_c: float, scope: Defaults) -> float:
    return float(temperature_share(quantity, battery.chemistry, temperature_c, defaults=scope))
