"""The diesel counterpart: same body, same road, fuel by load."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geofleet.defaults import Defaults
from geofleet.energy.vehicle import (
    Conditions,
    Cycle,
    diesel_counterpart,
    diesel_litres,
    trace_energy,
)  # fmt: skip
from geofleet.errors import InputError

DAY = Conditions(air_density_kg_m3=1.2)


def test_an_engine_takes_the_place_of_the_battery(garage):
    """68 kWh over 0.9 and 150 Wh/kg are 503.7 kg; the engine 6.3 % of 3600 kg: 226.8 kg."""
    van, defaults = garage.van(), Defaults()
    diesel = diesel_counterpart(van, defaults)
    assert diesel.curb_mass_kg == pytest.approx(2600 - 68e3 / 0.9 / 150 + 0.063 * 3600)
    assert diesel.curb_mass_kg + diesel.payload_capacity_kg == pytest.approx(3600.0)
    assert diesel.drag_area_m2 == van.drag_area_m2
    assert diesel.powertrain == "diesel"
    assert "diesel_powertrain:driveline_efficiency" in defaults.used
    assert diesel_counterpart(van, defaults, curb_mass_kg=2000.0).curb_mass_kg == 2000.0


def test_steady_drive_burns_what_the_curve_says(garage):
    """36 km/h by hand, and 9.9 kWh in a litre."""
    diesel = diesel_counterpart(garage.van(), Defaults(), curb_mass_kg=2600.0)
    cycle = Cycle("steady", np.array([0.0, 360.0]), np.array([10.0, 10.0]))
    found = trace_energy(cycle, diesel, DAY)
    shaft = (2600 * 9.80665 * 0.009 + 114.0) * 10 / 0.92 + 400
    load = shaft / 135e3 * 100
    efficiency = 0.20 + (load - 1.5) / 2.5 * 0.06
    assert 1.5 < load < 4.0
    fuel = max(shaft / efficiency, 0.085 * 135e3)
    assert found.energy_wh == pytest.approx(fuel / 10, rel=1e-9)
    assert diesel_litres(42.695 * 0.835 / 3.6 * 1000, Defaults()) == pytest.approx(1.0)


def test_idling_burns_idle_fuel_and_overrun_none(garage):
    diesel = diesel_counterpart(garage.van(), Defaults())
    stand = Cycle("stand", np.arange(3601.0), np.zeros(3601))
    assert trace_energy(stand, diesel, DAY).energy_wh == pytest.approx(0.085 * 135e3)
    down = Cycle("down", np.arange(101.0), np.full(101, 18.0), np.full(101, -0.08))
    found = trace_energy(down, diesel, DAY)
    assert found.energy_wh == 0.0
    assert found.regenerated_wh == 0.0
    assert abs(found.audit_error) < 1e-9


def test_a_van_drinks_what_vans_drink(garage):
    """A delivery round with stops: 8 to 16 L/100 km, and several times the electric energy."""
    pieces = [(12, 12, 0), (25, 12, 0), (8, 0, 0), (30, 0, 0)] * 20
    cycle, van, defaults = garage.cycle("round", *pieces), garage.van(), Defaults()
    diesel = trace_energy(cycle, diesel_counterpart(van, defaults), DAY)
    litres = diesel_litres(diesel.energy_wh, defaults) / diesel.distance_m * 1e5
    assert 8.0 < litres < 16.0
    assert diesel.energy_wh > 3.0 * trace_energy(cycle, van, DAY).energy_wh
    assert np.isnan(diesel.end_soc)


@settings(max_examples=80, deadline=None, derandomize=True)
@given(data=st.data())
def test_the_audit_of_a_diesel_closes_on_both_paths(garage, data):
    values = data.draw(st.lists(st.floats(0.0, 25.0), min_size=3, max_size=40))
    grade = data.draw(st.lists(st.floats(-0.1, 0.1), min_size=len(values), max_size=len(values)))
    base = diesel_counterpart(garage.van(), Defaults())
    diesel = dataclasses.replace(
        base, motor_power_w=data.draw(st.floats(8e3, 2e5)),
        motor_rise_w_per_s=data.draw(st.sampled_from([2e4, np.inf])),
        motor_lookup=data.draw(st.sampled_from(["linear", "lower_bin"])),
    )  # fmt: skip
    cycle = Cycle("any", np.arange(float(len(values))), np.array(values), np.array(grade))
    found = [trace_energy(cycle, diesel, DAY, record_steps=record) for record in (False, True)]
    assert abs(found[0].audit_error) < 1e-9
    assert abs(found[1].audit_error) < 1e-9
    assert found[0].energy_wh == pytest.approx(found[1].energy_wh, rel=1e-11, abs=1e-9)


def test_a_battery_heavier_than_the_vehicle_is_refused(garage):
    with pytest.raises(InputError, match="curb_mass_kg"):
        diesel_counterpart(garage.van(battery_usable_wh=1e6), Defaults())
