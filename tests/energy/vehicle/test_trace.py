"""The second-by-second model against hand calculation, a slow twin, and physics."""

from __future__ import annotations

import dataclasses

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geofleet.energy.vehicle import Conditions, Cycle, trace_energies, trace_energy
from geofleet.energy.vehicle import _kernels as kernels
from geofleet.energy.vehicle.arrays import cycle_arrays, vehicle_arrays
from geofleet.errors import InputError

DAY = Conditions(air_density_kg_m3=1.2, start_soc=0.8)


def town(garage):
    """Start, cruise, brake, stand, up and down a ramp."""
    return garage.cycle(
        "town", (10, 12, 0), (30, 12, 0), (8, 0, 0), (20, 0, 0), (12, 15, 0.04), (60, 14, 0.04),
        (5, 14, 0), (60, 15, -0.05), (14, 0, -0.05), (10, 0, 0),
    )  # fmt: skip


def test_steady_drive_is_what_the_formulas_say(garage):
    """36 km/h on the flat, all by hand: 229.47 + 114 N, 96 % driveline, motor between nodes."""
    cycle = Cycle("steady", np.array([0.0, 100.0]), np.array([10.0, 10.0]))
    result = trace_energy(cycle, garage.van(battery_loss_per_w=0.0), DAY)
    force = 2600 * 9.80665 * 0.009 + 0.5 * 1.2 * 1.9 * 100
    shaft = force * 10 / 0.96
    efficiency = 0.85 + (shaft / 135e3 - 0.02) / 0.02 * 0.02
    battery = (shaft / efficiency + 400) / 0.98
    assert result.energy_wh == pytest.approx(battery * 100 / 3600, rel=1e-12)
    assert result.distance_m == pytest.approx(1000.0)
    assert result.end_soc == pytest.approx(0.8 - battery * 100 / 3600 / 68e3)


def test_headwind_is_felt_and_tailwind_helps(garage):
    """5 m/s against 10 m/s make 15² in place of 10²; 15 m/s from behind push with 5²."""
    cycle = Cycle("steady", np.array([0.0, 100.0]), np.array([10.0, 10.0]))
    for wind, square in ((5.0, 225.0), (-15.0, -25.0)):
        day = dataclasses.replace(DAY, headwind_m_s=wind)
        found = trace_energy(cycle, garage.van(), day)
        assert found.drag_wh == pytest.approx(0.5 * 1.2 * 1.9 * square * 1000 / 3600)


def test_standing_costs_only_auxiliaries_whatever_wind_and_slope(garage):
    cycle = Cycle("stand", np.arange(601.0), np.zeros(601), np.full(601, 0.08))
    day = dataclasses.replace(DAY, climate_power_w=1600.0, headwind_m_s=20.0)
    result = trace_energy(cycle, garage.van(battery_loss_per_w=0.0), day)
    assert result.energy_wh == pytest.approx(2000 / 6 / 0.98, rel=1e-12)
    assert result.drive_wh == result.braking_wh == result.regenerated_wh == 0.0


def test_a_load_that_falls_stop_by_stop_counts_while_it_is_aboard(garage):
    """Two equal hops, the second with half the load: the mean of a full and a half-full hop."""
    hop = [(8, 10, 0.0), (30, 10, 0.0), (8, 0, 0.0)]
    one, two = garage.cycle("one", *hop), garage.cycle("two", *hop, *hop)
    load = np.where(np.arange(two.time_s.size) <= 46, 800.0, 400.0)
    two = dataclasses.replace(two, payload_kg=load)
    parts = [
        trace_energy(one, garage.van(), dataclasses.replace(DAY, payload_kg=kg)).energy_wh
        for kg in (800.0, 400.0)
    ]
    assert trace_energy(two, garage.van(), DAY).energy_wh == pytest.approx(sum(parts), rel=1e-12)


@pytest.mark.parametrize("wind", [0.0, 6.0, -8.0])
@pytest.mark.parametrize("kg", [0.0, 900.0])
@pytest.mark.parametrize("generator_w", [np.inf, 20e3])
def test_a_slow_twin_books_the_same_energies(garage, wind, kg, generator_w):
    """Plain Python, energies in place of powers, angles in place of ratios."""
    van = garage.van(generating_power_w=generator_w)
    day = dataclasses.replace(DAY, headwind_m_s=wind, payload_kg=kg, climate_power_w=900.0)
    cycle = town(garage)
    book, result = garage.slow_drive(cycle, van, day), trace_energy(cycle, van, day)
    assert result.energy_wh * 3600 == pytest.approx(book["battery"], rel=1e-9)
    assert result.regenerated_wh * 3600 == pytest.approx(book["back"], rel=1e-9)
    assert result.braking_wh * 3600 == pytest.approx(book["brake"], rel=1e-9)
    assert result.distance_m == pytest.approx(book["metres"], rel=1e-12)


def test_finer_steps_change_little(garage):
    """The same speeds in tenths of a second: the step of 1 s is not what decides."""
    coarse = town(garage)
    time = np.linspace(0.0, coarse.time_s[-1], (coarse.time_s.size - 1) * 10 + 1)
    ends = np.minimum(np.ceil(time - 1e-9).astype(int), coarse.time_s.size - 1)
    fine = Cycle("fine", time, np.interp(time, coarse.time_s, coarse.speed_m_s), coarse.grade[ends])
    one, other = (trace_energy(cycle, garage.van(), DAY) for cycle in (coarse, fine))
    assert one.energy_wh == pytest.approx(other.energy_wh, rel=0.01)


def test_a_weak_motor_falls_behind_and_never_exceeds_its_power(garage):
    """30 kW up 6 % at 80 km/h: what is reached is where resistance eats the power."""
    van = garage.van(motor_power_w=30e3)
    cycle = garage.cycle("climb", (20, 22, 0.0), (300, 22, 0.06), (40, 0, 0.0))
    result = trace_energy(cycle, van, DAY, record_steps=True)
    assert result.distance_share < 0.9
    assert result.time_share < 0.3
    assert result.steps.shaft_power_w.max() <= 30e3 * (1 + 1e-9)
    speed = result.steps.speed_m_s.iloc[300]
    angle = np.arctan(0.06)
    force = 2600 * 9.80665 * (np.sin(angle) + 0.009 * np.cos(angle)) + 0.5 * 1.2 * 1.9 * speed**2
    assert force * speed == pytest.approx(30e3 * 0.96, rel=1e-6)
    assert abs(result.audit_error) < 1e-9


def test_battery_power_limits_the_drive(garage):
    """20 kW at the terminals, auxiliaries included, are never exceeded."""
    cycle = garage.cycle("dash", (10, 20, 0.0), (60, 20, 0.0), (20, 0, 0.0))
    result = trace_energy(cycle, garage.van(discharge_power_w=20e3), DAY, record_steps=True)
    assert result.steps.battery_power_w.max() == pytest.approx(20e3, rel=1e-9)
    assert result.distance_share < 1.0


def test_battery_acceptance_limits_regeneration(garage):
    cycle = garage.cycle("down", (10, 15, 0.0), (300, 15, -0.06), (20, 0, 0.0))
    result = trace_energy(cycle, garage.van(charge_power_w=5e3), DAY, record_steps=True)
    assert result.steps.battery_power_w.min() == pytest.approx(-5e3, rel=1e-9)
    assert abs(result.audit_error) < 1e-9


def test_a_full_battery_refuses_what_it_cannot_hold(garage):
    """Down a hill with a full battery: never above full, friction takes the rest."""
    cycle = garage.cycle("down", (10, 15, 0.0), (300, 15, -0.06), (20, 0, 0.0))
    full = dataclasses.replace(DAY, start_soc=1.0)
    result = trace_energy(cycle, garage.van(), full, record_steps=True)
    assert result.steps.soc.max() <= 1.0 + 1e-12
    assert (result.steps.soc == 1.0).sum() > 200
    assert result.friction_brake_wh > 5 * trace_energy(cycle, garage.van(), DAY).friction_brake_wh
    assert abs(result.audit_error) < 1e-9


def test_an_empty_battery_stops_the_vehicle(garage):
    cycle = garage.cycle("far", (10, 20, 0.0), (3000, 20, 0.0))
    result = trace_energy(cycle, garage.van(battery_usable_wh=4000.0), DAY)
    assert result.distance_share < 0.5
    assert result.energy_wh >= 3200.0


def test_motor_efficiency_is_continuous_on_the_line_and_steps_in_the_look_up(garage):
    """At a load between two nodes: the line gives the mean, the look-up the node below."""
    van = garage.van(battery_loss_per_w=0.0, auxiliary_power_w=0.0, battery_efficiency=1.0)
    power = 0.3 * 135e3 * 0.96
    speed = 20.0
    rise = (power / speed - 0.5 * 1.2 * 1.9 * speed**2) / (2600 * 9.80665)
    angle = np.arcsin(rise / np.hypot(1, 0.009)) - np.arctan(0.009)
    cycle = Cycle("up", np.array([0.0, 10.0]), np.full(2, speed), np.full(2, np.tan(angle)))
    for lookup, efficiency in (("linear", 0.935), ("lower_bin", 0.93)):
        found = trace_energy(cycle, dataclasses.replace(van, motor_lookup=lookup), DAY)
        assert found.energy_wh * 3600 / 10 == pytest.approx(0.3 * 135e3 / efficiency, rel=1e-9)


def test_both_paths_of_the_kernel_give_the_same_numbers(garage):
    """Totals step by step, as recorded, and in stretches."""
    cycle = town(garage)
    for van in (garage.van(), garage.van(motor_rise_w_per_s=60e3, traction_limit_m_s2=4.0)):
        quick, kept = (trace_energy(cycle, van, DAY, record_steps=r) for r in (False, True))
        for field in dataclasses.fields(quick):
            if field.name != "steps":
                one, other = getattr(quick, field.name), getattr(kept, field.name)
                assert one == pytest.approx(other, rel=1e-11, abs=1e-9), field.name
        sums = kept.steps.energy_power_w.sum() / 3600
        assert sums == pytest.approx(quick.energy_wh, rel=1e-11)


def test_one_and_two_threads_give_the_same_bits(garage):
    cycles, vans = [town(garage)] * 3, [garage.van(), garage.van(motor_power_w=25e3)]
    days = [dataclasses.replace(DAY, payload_kg=100.0 * i) for i in range(9)]
    tables = []
    for threads in (1, 2):
        numba.set_num_threads(min(threads, numba.config.NUMBA_NUM_THREADS))
        tables.append(trace_energies(cycles, vans, days))
    numba.set_num_threads(numba.config.NUMBA_NUM_THREADS)
    assert tables[0].equals(tables[1])
    assert len(tables[0]) == 54


def test_runs_may_be_picked(garage):
    vans = [garage.van(), garage.van(name="heavy", curb_mass_kg=3200.0)]
    found = trace_energies([town(garage)], vans, [DAY], runs=[(0, 1, 0)])
    assert found.vehicle.tolist() == ["heavy"]
    assert found.energy_wh[0] == trace_energy(town(garage), vans[1], DAY).energy_wh
    with pytest.raises(InputError) as caught:
        trace_energies([town(garage)], vans, [DAY], runs=[(0, 2, 0), (1, 0, 0)])
    assert {(p.field, p.row) for p in caught.value.problems} == {("vehicles", 1), ("cycles", 2)}
    with pytest.raises(InputError, match="at least one"):
        trace_energies([], vans, [DAY])


@pytest.mark.parametrize("change", [{}, {"motor_power_w": 12e3}, {"motor_lookup": "lower_bin"}])
def test_kernels_run_uncompiled_to_the_same_numbers(garage, change):
    packed, cars = cycle_arrays([town(garage)]), vehicle_arrays([garage.van(**change)])
    zero, run = np.zeros(1, np.int64), np.array([[300.0, 1.2, 500.0, 1.0, 9.8, 0.7]])
    arguments = (
        packed.start, packed.steps, packed.start_speed, cars.vectors, cars.nodes, cars.tables,
        zero, zero, run,
    )  # fmt: skip
    np.testing.assert_allclose(
        kernels.drive_runs(*arguments), kernels.drive_runs.py_func(*arguments), rtol=1e-12
    )
    car = kernels._assemble.py_func(cars.vectors[0], run[0], cars.nodes[0], cars.tables[0])
    totals = [np.zeros(kernels.TOTALS), np.zeros(kernels.TOTALS)]
    kept = np.empty((1, kernels.RECORDED))
    for function, out in zip((kernels._step, kernels._step.py_func), totals, strict=True):
        function(car, cars.nodes[0], cars.tables[0], packed.steps, 5, 6.0, 0.0, 9e7, out, kept, 0)
    np.testing.assert_allclose(totals[0], totals[1], rtol=1e-12)
    totals, scratch = [np.zeros(kernels.TOTALS), np.zeros(kernels.TOTALS)], np.empty((4, 129))
    for function, out in zip((kernels._stretch, kernels._stretch.py_func), totals, strict=True):
        function(car, cars.tables[0], packed.steps, 0, 90, 0.0, 9e7, out, scratch)
    np.testing.assert_allclose(totals[0], totals[1], rtol=1e-12)


def test_a_vehicle_without_charge_never_rolls_back(garage):
    """From a speed of next to nothing an empty battery leads to a halt, not below it."""
    cycle = Cycle("stuck", np.arange(1.0, 4.0), np.array([1.8596928930843321e-31, 1.0, 0.0]))
    van = garage.van(motor_power_w=5e3, charge_power_w=1e3, discharge_power_w=5e3)
    day = Conditions(air_density_kg_m3=1.0, headwind_m_s=0.0, start_soc=0.0)
    found = trace_energy(cycle, van, day, record_steps=True)
    assert found.steps is not None
    assert (found.steps["speed_m_s"] >= 0.0).all()
    assert found.distance_m >= 0.0


speeds = st.lists(st.floats(0.0, 25.0), min_size=3, max_size=40)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(data=st.data())
def test_the_audit_closes_and_regeneration_stays_below_braking(garage, data):
    """Any drive, step, grade, wind, motor and charge: nothing lost, nothing gained."""
    values = data.draw(speeds)
    count = len(values)
    time = np.cumsum(data.draw(st.lists(st.floats(0.2, 4.0), min_size=count, max_size=count)))
    grade = data.draw(st.lists(st.floats(-0.12, 0.12), min_size=count, max_size=count))
    van = garage.van(
        motor_power_w=data.draw(st.floats(5e3, 3e5)),
        motor_lookup=data.draw(st.sampled_from(["linear", "lower_bin"])),
        charge_power_w=data.draw(st.floats(1e3, 3e5)),
        discharge_power_w=data.draw(st.floats(5e3, 3e5)),
        motor_rise_w_per_s=data.draw(st.sampled_from([1e4, 1e5, np.inf])),
        traction_limit_m_s2=data.draw(st.sampled_from([2.0, np.inf])),
    )
    day = Conditions(
        air_density_kg_m3=data.draw(st.floats(0.8, 1.3)),
        headwind_m_s=data.draw(st.floats(-10.0, 10.0)),
        start_soc=data.draw(st.sampled_from([0.0, 0.001, 0.5, 0.9999, 1.0])),
    )
    cycle = Cycle("any", time, np.array(values), np.array(grade))
    for record in (False, True):
        found = trace_energy(cycle, van, day, record_steps=record)
        assert abs(found.audit_error) < 1e-9
        assert -1e-12 <= found.regenerated_wh <= found.braking_wh * (1 + 1e-12) + 1e-12
        assert found.friction_brake_wh >= -1e-9
        assert found.end_soc <= 1.0 + 1e-12
        assert 0.0 <= found.distance_share <= 1.0 + 1e-9


@settings(max_examples=80, deadline=None, derandomize=True)
@given(data=st.data())
def test_heavier_never_uses_less_on_flat_and_climb(garage, data):
    """With motor losses that grow with power, more mass at the same speeds costs more."""
    values = np.array([0.0, *data.draw(speeds), 0.0])
    slope = data.draw(st.floats(0.0, 0.05))
    time = np.arange(values.size) * data.draw(st.floats(4.0, 12.0))
    cycle = Cycle("any", time, values, np.full(values.size, slope))
    van = garage.van(motor_power_w=400e3, battery_usable_wh=1e6)
    light, more = data.draw(st.floats(0.0, 800.0)), data.draw(st.floats(1.0, 800.0))
    days = [dataclasses.replace(DAY, payload_kg=kg) for kg in (light, light + more)]
    used = trace_energies([cycle], [van], days).energy_wh
    assert used[1] >= used[0]


@settings(max_examples=80, deadline=None, derandomize=True)
@given(
    slope=st.floats(0.0, 0.1), speed=st.floats(3.0, 20.0), seconds=st.integers(20, 300),
    share=st.floats(0.0, 1.0),
)  # fmt: skip
def test_a_hill_there_and_back_costs_at_least_the_flat(garage, slope, speed, seconds, share):
    """What the descent gives back is never more than the climb took.

    With one efficiency that is strictly so. A motor that is poor at low load climbs so much better
    than it cruises that a hill gentle enough to roll down without braking saves up to 3 %.
    """
    pieces = [(10, speed, 0.0), (seconds, speed, slope), (seconds, speed, -slope), (10, 0.0, 0.0)]
    hill, flat = (
        garage.cycle("hill", *pieces),
        garage.cycle("flat", *[(time, end, 0.0) for time, end, _ in pieces]),
    )
    common = {"regeneration_share": share, "motor_power_w": 400e3, "battery_usable_wh": 1e6}
    same = garage.van(**common, motor_load=(0.0, 1.0), motor_efficiency=(0.9, 0.9))
    for van, least in ((same, 1.0 - 1e-12), (garage.van(**common), 0.97)):
        used = trace_energies([hill, flat], [van], [DAY]).energy_wh
        assert used[0] >= used[1] * (least - slope**2)
