"""From a model to what physics sees: efficiencies, battery limits, age and cold."""

from __future__ import annotations

import math

import numpy as np
import pytest

from geofleet.defaults import Defaults
from geofleet.energy import electric_models
from geofleet.energy.battery import charging_curve
from geofleet.energy.catalogue import model_battery, vehicle_parameters
from geofleet.energy.vehicle import Conditions, read_cycle, trace_energy
from geofleet.errors import InputError

CITY = ("cshvr", "occ", "wvusub", "wvucity", "nyccomp", "manhattan", "nyctruck", "nycc")
CONSTANTS = 0.97 * 0.92 * 0.96 * 0.97  # inverter, motor, driveline, battery: rows of `energy`


def test_every_model_becomes_a_vehicle():
    """All of the catalogue, new and warm, with battery and motor as they are."""
    models = electric_models()
    for name, row in models.frame.iterrows():
        vehicle = vehicle_parameters(models, name)
        assert vehicle.battery_usable_wh == row["battery_usable_wh"]
        assert vehicle.motor_power_w == row["motor_power_w"]
        assert vehicle.charge_power_w == row["charge_power_w"]
        assert vehicle.auxiliary_power_w == pytest.approx(row["auxiliary_power_w"] / 0.93)
        assert max(vehicle.motor_efficiency) == 0.95


def test_losses_of_the_battery_scale_with_its_size():
    """At 1 C one way 4 % of the power is heat, whatever the pack, beside 1 % in proportion."""
    models = electric_models(["byd_t3", "mercedes_eactros_400_27t"])
    for name in models.frame.index:
        vehicle = vehicle_parameters(models, name)
        at_1c = vehicle.battery_usable_wh * vehicle.battery_loss_per_w
        assert at_1c == pytest.approx(0.04)
        assert vehicle.battery_efficiency == 0.99


def test_age_and_cold_take_from_the_battery_and_from_nothing_else():
    """Less energy, less regeneration, less power; the new pack's resistance."""
    models = electric_models(["jac_n55_ev"])
    new = vehicle_parameters(models, "jac_n55_ev")
    old = vehicle_parameters(models, "jac_n55_ev", age_years=8.0, equivalent_full_cycles=2000.0)
    cold = vehicle_parameters(models, "jac_n55_ev", battery_temperature_c=-5.0)
    assert old.battery_usable_wh == pytest.approx(
        new.battery_usable_wh * (1 - 8 * 0.018 - 2000 * 0.00005)
    )
    assert old.charge_power_w == new.charge_power_w
    assert cold.battery_usable_wh < new.battery_usable_wh
    assert cold.charge_power_w < 0.2 * new.charge_power_w
    assert cold.discharge_power_w < new.discharge_power_w
    assert old.curb_mass_kg == cold.curb_mass_kg == new.curb_mass_kg
    assert old.battery_loss_per_w == new.battery_loss_per_w


def test_a_table_made_by_hand_may_lack_what_only_charging_needs(road):
    """The physical columns suffice; the chemistry is then the cautious one."""
    models = road.one_model()
    vehicle = vehicle_parameters(models, "truck")
    assert vehicle.charge_power_w == pytest.approx(2.0 * 80_000)
    battery = model_battery(models, "truck")
    assert battery.chemistry == "other"
    assert math.isnan(battery.dc_charge_w)
    with pytest.raises(InputError, match=r"dc_charge_w.*unknown"):
        charging_curve(battery, 50_000.0, kind="dc")


def test_a_model_charges_as_fast_as_it_says():
    """E-Transit: 115 kW peak; from 15 to 80 % of 68 kWh in 26 minutes by the default curve."""
    battery = model_battery(electric_models(["ford_e_transit_350"]), "ford_e_transit_350")
    curve = charging_curve(battery, 150_000.0, kind="dc")
    by_hand = (0.35 / 115 + 0.30 / (0.75 * 115)) * 68
    assert curve.time_for(0.15 * 68_000, 0.8 * 68_000) == pytest.approx(by_hand * 3600)


@pytest.mark.shared
@pytest.mark.parametrize("name", ["ford_e_transit_350", "fuso_ecanter_2017",
                                  "mercedes_eactros_300_19t"])  # fmt: skip
def test_mean_efficiency_in_town_is_near_the_constants(shared_data, name):
    """Eight city cycles, half laden: battery to wheel within 6 % of the product of constants."""
    models = electric_models([name])
    vehicle = vehicle_parameters(models, name)
    conditions = Conditions(
        air_density_kg_m3=1.2, payload_kg=vehicle.payload_capacity_kg / 2, start_soc=0.9
    )
    shares = []
    for cycle in CITY:
        path = shared_data / "ev" / "cycles" / f"{cycle}.csv"
        result = trace_energy(read_cycle(path), vehicle, conditions)
        lost = result.driveline_loss_wh + result.motor_loss_wh + result.battery_loss_wh
        through = result.drive_wh + result.braking_wh - result.friction_brake_wh
        shares.append(1 - lost / (through + lost))
    assert np.mean(shares) == pytest.approx(CONSTANTS, rel=0.06)


@pytest.mark.parametrize(
    ("changes", "row"),
    [
        ({"battery_usable_wh": 0.0}, "truck.battery_usable_wh"),
        ({"curb_mass_kg": -4000.0}, "truck.curb_mass_kg"),
        ({"charge_power_w": -1.0}, "truck.charge_power_w"),
        ({"chemistry": "lead"}, "truck.chemistry"),
        ({"charging_power": "0:1 1.1:0.5"}, "truck.charging_power"),
    ],
)
def test_models_that_cannot_be_are_refused(road, changes, row):
    """A battery of nothing, a mass below nothing, charge above 100 %."""
    with pytest.raises(InputError) as error:
        vehicle_parameters(road.one_model(**changes), "truck")
    assert [problem.field for problem in error.value.problems] == [row]


@pytest.mark.parametrize(
    "row",
    ["powertrain:motor_efficiency.at_20", "powertrain:driveline_efficiency",
     "powertrain:regeneration_share", "batteries:other.coulombic_efficiency"],
)  # fmt: skip
def test_efficiencies_above_one_are_refused(road, row):
    """No motor gives more than it gets."""
    with pytest.raises(InputError, match=row.partition(":")[2].replace(".", r"\.")):
        vehicle_parameters(road.one_model(), "truck", defaults=Defaults({row: 1.2}))


def test_efficiencies_of_nothing_are_refused(road):
    """Every row at once, named and not divided by."""
    rows = ("motor_efficiency.at_100", "converter_efficiency", "driveline_efficiency")
    defaults = Defaults({f"powertrain:{row}": 0 for row in rows})
    with pytest.raises(InputError) as error:
        vehicle_parameters(road.one_model(), "truck", defaults=defaults)
    assert {problem.field for problem in error.value.problems} == set(rows)


def test_unknown_models_are_named(road):
    """With those that there are."""
    with pytest.raises(InputError, match=r"model_id: 'lorry'.*truck"):
        vehicle_parameters(road.one_model(), "lorry")
