"""Energy of links through the public function."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geofleet.defaults import Defaults
from geofleet.energy import check_defaults, traversal_energy
from geofleet.energy.catalogue import vehicle_parameters
from geofleet.energy.catalogue.powertrain import MOTOR_LOADS
from geofleet.errors import InputError

IDEAL = {
    "powertrain:driveline_efficiency": 1.0,
    "powertrain:converter_efficiency": 1.0,
    "powertrain:regeneration_share": 1.0,
    "powertrain:regeneration_fade_scale": 0.0,
    "batteries:other.coulombic_efficiency": 1.0,
    "batteries:other.loss_at_1c": 0.0,
} | {f"powertrain:motor_efficiency.at_{load}": 1.0 for load in MOTOR_LOADS}
STILL = {"energy:slowing_per_km": 0.0}


def drawn_w(road, watts):
    """Power that leaves the cells of the round-numbered truck for ``watts`` at the terminals."""
    truck = vehicle_parameters(road.one_model(), "truck")
    return watts / truck.battery_efficiency + truck.battery_loss_per_w * watts**2


def energy(road, network, traversals, *, temperature_c=20.0, pressure_pa=None, **changes):
    defaults = changes.pop("defaults", None)
    model = road.one_model(**changes)
    return traversal_energy(
        traversals, network, model, "truck", temperature_c=temperature_c,
        pressure_pa=pressure_pa, defaults=defaults,
    )  # fmt: skip


def test_a_leg_is_one_start_one_cruise_and_one_stop(road, oracle):
    """Five links driven at one speed cost what one long drive from rest to rest costs."""
    lengths = [150.0, 400.0, 30.0, 220.0, 200.0]
    network = road.chain(lengths, highway="motorway")
    table = energy(
        road, network, road.drive(network, 36.0, 1000.0), pressure_pa=101325.0,
        defaults=Defaults(STILL),
    )  # fmt: skip
    truck = vehicle_parameters(road.one_model(), "truck")
    rates = [Defaults().number("energy", row) for row in ("acceleration", "braking")]
    body = oracle.Body(4000.0, truck.rotating_mass_kg, 0.008, 3.0, *rates)
    density = 101325 / (287.05 * 293.15)
    link = oracle.Link(1000.0, 10.0, 10.0, payload=1000.0, density=density)
    (parts,) = oracle.profile([link], [0], body)
    expected = oracle.link_energy(link, parts, body, oracle.electric(truck), 4000)
    total = table.sum() * 3600
    assert total["traction_wh"] == pytest.approx(expected["drawn"], rel=0.015)
    assert total["braking_wh"] == pytest.approx(expected["braked"], rel=0.002)
    assert total["regenerated_wh"] == pytest.approx(expected["returned"], rel=0.03)
    watts = drawn_w(road, 600 / 0.93)
    assert table["auxiliary_wh"].sum() == pytest.approx(watts * 100 / 3600)


def test_ideal_vehicle_gets_back_all_it_put_into_motion(road):
    """No losses, no drag, no rolling: a leg from rest to rest is free of charge."""
    network = road.chain([500.0, 500.0], highway="residential")
    table = energy(
        road, network, road.drive(network, 25.0), auxiliary_power_w=0.0, motor_power_w=1e6,
        rolling_coefficient=1e-12, drag_area_m2=1e-6, battery_usable_wh=5e6,
        defaults=Defaults(IDEAL),
    )  # fmt: skip
    assert table["traction_wh"].sum() > 10.0
    whole = table["traction_wh"].sum()
    assert table["energy_wh"].sum() + table["refused_wh"].sum() == pytest.approx(
        0, abs=1e-3 * whole
    )


def test_standing_costs_only_auxiliaries(road):
    """A row without length or speed costs nothing; a heavier load changes nothing in it."""
    network = road.chain([0.0], highway="residential")
    table = energy(road, network, road.drive(network, 0.0, 3000.0))
    columns = ["energy_wh", "traction_wh", "braking_wh"]
    np.testing.assert_allclose(table[columns], 0.0, atol=1e-9)


def test_thin_air_and_warm_air_drag_less(road):
    """Drag at the height of Mexico City is less by the ratio of the densities."""
    network = road.chain([5000.0])
    low = energy(road, network, road.drive(network, 90.0), pressure_pa=101325.0)
    high = energy(road, network, road.drive(network, 90.0), pressure_pa=77500.0)
    still = energy(road, network, road.drive(network, 90.0), drag_area_m2=1e-6)
    ratio = (high - still)["traction_wh"].sum() / (low - still)["traction_wh"].sum()
    assert ratio == pytest.approx(77500 / 101325, rel=0.02)  # losses are not linear in power


def test_air_pressure_follows_elevation_when_there_is_some(road):
    """A road at 2,240 m has 77.2 kPa by the standard atmosphere (ISO 2533 tables)."""
    network = road.chain([5000.0], elevation_m=[2240.0, 2240.0])
    flat = road.chain([5000.0])
    one = energy(road, network, road.drive(network, 80.0))
    other = energy(road, flat, road.drive(flat, 80.0), pressure_pa=77200.0)
    assert one["energy_wh"].sum() == pytest.approx(other["energy_wh"].sum(), rel=1e-3)


@pytest.mark.parametrize(
    ("temperature_c", "watts"), [(19.0, 0.0), (0.0, 4000.0), (-30.0, 5000.0), (30.0, 1520.0)]
)
def test_cabin_climate_follows_temperature(road, temperature_c, watts):
    """Default rows: 250 W/K below 16 °C up to 5 kW, 190 W/K above 22 °C."""
    network = road.chain([3600.0])
    table = energy(road, network, road.drive(network, 36.0), temperature_c=temperature_c)
    hours = 360.0 / 3600.0
    expected = drawn_w(road, 600.0 / 0.93 + watts) * hours
    assert table["auxiliary_wh"].sum() == pytest.approx(expected, rel=5e-3)


def test_temperature_by_hour_is_that_of_the_hour_of_entry(road):
    """A day that is freezing only at 8 h pays for heating only then."""
    network = road.chain([36000.0, 36000.0])
    traversals = road.drive(network, 36.0, depart_s=8 * 3600.0)
    hours = [20.0] * 24
    hours[8] = 0.0
    table = energy(road, network, traversals, temperature_c=hours)
    assert table["auxiliary_wh"].iloc[0] == pytest.approx(
        drawn_w(road, 600 / 0.93 + 4000), rel=5e-3
    )
    assert table["auxiliary_wh"].iloc[1] == pytest.approx(drawn_w(road, 600 / 0.93), rel=1e-6)


@settings(max_examples=20, deadline=None, derandomize=True)
@given(
    payload=st.floats(0, 3000), more=st.floats(1, 3000), speed=st.floats(5, 90),
    grade=st.floats(0, 0.12),
)  # fmt: skip
def test_heavier_never_uses_less_on_the_flat_and_uphill(road, payload, more, speed, grade):
    """Mass costs energy wherever the road does not fall."""
    network = road.chain([300.0, 500.0], grade, highway="residential")
    light = energy(road, network, road.drive(network, speed, payload))
    heavy = energy(road, network, road.drive(network, speed, payload + more))
    assert heavy["energy_wh"].sum() >= light["energy_wh"].sum()


@settings(max_examples=20, deadline=None, derandomize=True)
@given(grade=st.floats(0, 0.15), speed=st.floats(5, 80), payload=st.floats(0, 3500))
def test_a_hill_never_costs_less_than_the_flat(road, grade, speed, payload):
    """Up and down again costs at least the level road of the same length."""
    hill = road.chain([2000.0, 2000.0], [grade, -grade])
    flat = road.chain([2000.0, 2000.0])
    over = energy(road, hill, road.drive(hill, speed, payload))
    level = energy(road, flat, road.drive(flat, speed, payload))
    assert over["energy_wh"].sum() >= level["energy_wh"].sum() * (1 - 1e-9)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(
    grades=st.lists(st.floats(-0.2, 0.2), min_size=4, max_size=4),
    speeds=st.lists(st.floats(3, 100), min_size=4, max_size=4),
    power=st.floats(5e3, 4e5),
)
def test_regenerated_never_exceeds_what_braking_offers_on_any_link(road, grades, speeds, power):
    """Link by link, the battery gets at most the work of the brakes at the wheels."""
    network = road.chain([80.0, 500.0, 15.0, 900.0], grades, highway="residential")
    table = energy(road, network, road.drive(network, speeds, 800.0), motor_power_w=power)
    assert (table["regenerated_wh"] <= table["braking_wh"] * (1 + 1e-12)).all()
    assert (table["regenerated_wh"] >= 0).all()
    balance = table["traction_wh"] + table["auxiliary_wh"] - table["regenerated_wh"]
    np.testing.assert_allclose(table["energy_wh"], balance, rtol=1e-12, atol=1e-12)


@settings(max_examples=20, deadline=None, derandomize=True)
@given(
    cut=st.floats(0.02, 0.98), speed=st.floats(5, 80), grade=st.floats(-0.1, 0.1),
    highway=st.sampled_from(["motorway", "residential"]),
)  # fmt: skip
def test_cutting_a_link_in_two_changes_nothing(road, cut, speed, grade, highway):
    """Where nodes lie is the mapper's choice; the energy of the drive is not.

    It is so as long as both parts keep room for their share of stops and slowing, which a start
    within a short part does not: 3 % or 8 Wh.
    """
    whole = road.chain([3000.0], grade, highway=highway)
    parts = road.chain([3000.0 * cut, 3000.0 * (1 - cut)], grade, highway=highway)
    one = energy(road, whole, road.drive(whole, speed, 500.0))["energy_wh"].sum()
    two = energy(road, parts, road.drive(parts, speed, 500.0))["energy_wh"].sum()
    assert two == pytest.approx(one, rel=0.03, abs=8.0)


def test_numbers_do_not_depend_on_the_number_of_threads(road):
    """One thread and all threads agree bit for bit."""
    import numba

    network = road.chain([120.0] * 50, 0.01, highway="residential")
    traversals = road.drive(network, 30.0, 1000.0, days=40)
    many = energy(road, network, traversals)
    before = numba.get_num_threads()
    numba.set_num_threads(1)
    try:
        one = energy(road, network, traversals)
    finally:
        numba.set_num_threads(before)
    pd.testing.assert_frame_equal(many, one, check_exact=True)


def bad_traversals(road, **columns):
    network = road.chain([100.0, 100.0])
    traversals = road.drive(network, 30.0)
    for name, values in columns.items():
        traversals.frame[name] = values
    return network, traversals


@pytest.mark.parametrize(
    ("columns", "field"),
    [
        ({"payload_kg": [-5.0, 0.0]}, "payload_kg"),
        ({"speed_kmh": [30.0, 0.0]}, "speed_kmh"),
        ({"speed_kmh": [float("nan"), 30.0]}, "speed_kmh"),
        ({"length_m": [-1.0, 10.0]}, "length_m"),
        ({"edge": [0, 7]}, "edge"),
        ({"stop_before": [1, 0]}, "stop_before"),
        ({"vehicle_day": [0, 3]}, "vehicle_day"),
        ({"vehicle_day": [-1, 0]}, "vehicle_day"),
        ({"enter_s": [0.0, float("nan")]}, "enter_s"),
    ],
)
def test_what_cannot_be_driven_is_named(road, columns, field):
    """One error names the column, the row and what was expected."""
    network, traversals = bad_traversals(road, **columns)
    with pytest.raises(InputError) as error:
        energy(road, network, traversals)
    assert [problem.field for problem in error.value.problems] == [field]
    assert error.value.problems[0].row > 0


def test_all_faults_of_the_table_come_at_once(road):
    """Three faults give three problems."""
    network, traversals = bad_traversals(
        road, payload_kg=[-5.0, 0.0], length_m=[-1.0, 10.0], edge=[0, 7]
    )
    with pytest.raises(InputError) as error:
        energy(road, network, traversals)
    assert len(error.value.problems) == 3


@pytest.mark.parametrize(
    "row",
    [
        "powertrain:motor_efficiency.at_10",
        "batteries:other.coulombic_efficiency",
        "energy:state_of_health",
    ],
)
@pytest.mark.parametrize("value", [0.0, 1.01, -0.5, float("nan")])
def test_an_efficiency_outside_its_limits_names_its_row(road, row, value):
    """Perpetual motion is refused by the name of the default row."""
    network = road.chain([100.0])
    with pytest.raises(InputError, match=row.split(":")[1]):
        energy(
            road, network, road.drive(network, 30.0),
            defaults=Defaults({row: value}),
        )  # fmt: skip


def test_stop_rates_outside_their_limits_name_their_row(road):
    """Less than no stops, on a ramp that counts as its class."""
    network = road.chain([100.0], highway="primary_link")
    rows = Defaults({"energy:stops_per_km.primary": -1.0})
    with pytest.raises(InputError, match=r"stops_per_km\.primary"):
        energy(road, network, road.drive(network, 30.0), defaults=rows)


def test_defaults_are_checked_before_any_work_all_at_once():
    """Bad physics, bad stop rates and no air at all: one error, three rows."""
    check_defaults(Defaults())
    rows = ("acceleration", "stops_per_km.primary", "sea_level_pressure")
    with pytest.raises(InputError) as error:
        check_defaults(Defaults({f"energy:{row}": -1 for row in rows}))
    assert [problem.field for problem in error.value.problems] == list(rows)


def test_weather_outside_this_planet_is_refused(road):
    """Kelvin given as Celsius, hectopascal as pascal, and half a day of hours."""
    network = road.chain([100.0])
    traversals = road.drive(network, 30.0)
    with pytest.raises(InputError, match="temperature_c"):
        energy(road, network, traversals, temperature_c=293.0)
    with pytest.raises(InputError, match="pressure_pa"):
        energy(road, network, traversals, pressure_pa=1013.0)
    with pytest.raises(InputError, match="24"):
        energy(road, network, traversals, temperature_c=[20.0] * 12)


def test_unknown_model_is_named(road):
    """The error lists what there is."""
    network = road.chain([100.0])
    with pytest.raises(InputError, match="one of truck"):
        traversal_energy(
            road.drive(network, 30.0), network, road.one_model(), "lorry", temperature_c=20.0
        )
