"""The closed forms of one link against hand calculation and a time-stepping drive."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

from geofleet.energy import _kernels as kernels

MODEL = np.array([4000.0, 3.0, 0.008, 135e3, 600.0, 80e3 * 3600.0])
PHYSICS = np.empty(14)
PHYSICS[kernels.ACCELERATION] = 0.5
PHYSICS[kernels.BRAKING] = 0.65
PHYSICS[kernels.INERTIA] = 1.05
PHYSICS[kernels.DRIVE_EFFICIENCY] = 0.8
PHYSICS[kernels.REGENERATION_EFFICIENCY] = 0.8
PHYSICS[kernels.AUXILIARY_EFFICIENCY] = 0.9
PHYSICS[kernels.WHEEL_POWER_SHARE] = 0.96
PHYSICS[kernels.REGENERATION_POWER_SHARE] = 1.0
PHYSICS[kernels.REGENERATION_SHARE] = 0.9
PHYSICS[kernels.CUTOFF_SPEED] = 1.5
PHYSICS[kernels.CLIMBING_SPEED] = 20 / 3.6
PHYSICS[kernels.RESERVE] = 0.15
PHYSICS[kernels.START] = 1.0
PHYSICS[kernels.STOP_SHARE] = 0.3


def changed(vector: np.ndarray, **values: float) -> np.ndarray:
    out = vector.copy()
    for name, value in values.items():
        out[getattr(kernels, name)] = value
    return out


@pytest.mark.parametrize("kernel", [kernels.link_work, kernels.link_work.py_func])
def test_constant_speed_on_the_flat_is_rolling_plus_drag(kernel):
    """At 36 km/h: 5000 kg · g · 0.008 = 392.266 N and ½ · 1.2 · 3 · 100 = 180 N, over 1 km."""
    drive, braked, taken = kernel(1000.0, 10.0, 10.0, 10.0, 0.0, 5000.0, 0.0, 1.2, MODEL, PHYSICS)
    assert drive == pytest.approx(572266.0, rel=1e-9)
    assert braked == 0.0
    assert taken == 0.0


def test_constant_speed_downhill_brakes_what_gravity_gives_beyond_resistance():
    """A fall of 50 m in 1 km: 2.4517 MJ less 0.5723 MJ, and nine tenths reach the motor."""
    drive, braked, taken = kernels.link_work(
        1000.0, 10.0, 10.0, 10.0, 0.0, 5000.0, -0.05, 1.2, MODEL, PHYSICS
    )
    assert drive == 0.0
    assert braked == pytest.approx(5000 * 9.80665 * 50 - 572266.0, rel=1e-9)
    assert taken == pytest.approx(0.9 * braked, rel=1e-12)


def test_motor_power_limits_what_a_descent_gives_back():
    """With a 10 kW motor at 10 m/s no more than 1 kN of braking can be taken."""
    weak = changed(MODEL, MOTOR_POWER=10e3)
    _, braked, taken = kernels.link_work(
        1000.0, 10.0, 10.0, 10.0, 0.0, 5000.0, -0.05, 1.2, weak, PHYSICS
    )
    assert braked > 1.8e6
    assert taken == pytest.approx(0.9 * 1000.0 * 1000.0, rel=1e-9)


@pytest.mark.parametrize("grade", [0.0, 0.06, -0.03, -0.08])
@pytest.mark.parametrize("speed_kmh", [15.0, 25.0, 35.0])
@pytest.mark.parametrize("motor_w", [15e3, 135e3])
def test_link_with_stops_agrees_with_a_time_stepping_drive(oracle, grade, speed_kmh, motor_w):
    """Cruise speed by a root finder, then 50 Hz steps over accelerate, cruise, brake."""
    length, stops, standing = 1000.0, 1.0, 12.0
    mean = speed_kmh / 3.6
    loss = 1 / (2 * 0.5) + 1 / (2 * 0.65)
    cruise = brentq(
        lambda v: length / v + stops * (loss * v + standing) - length / mean,
        mean, math.sqrt(length / loss),
    )  # fmt: skip
    found, fitting = kernels.link_cruise(length, mean, stops, 0.5, 0.65, standing, 20.0)
    assert fitting == stops
    assert found == pytest.approx(cruise, rel=1e-9)

    up, down = cruise / 0.5, cruise / 0.65
    steady = (length - cruise * (up + down) / 2) / cruise
    assert steady + up + down + standing == pytest.approx(length / mean, rel=1e-9)
    speeds, steps = oracle.trapezoid(
        [(cruise, cruise, steady / 2), (cruise, 0, down), (0, cruise, up),
         (cruise, cruise, steady / 2)]
    )  # fmt: skip
    expected = oracle.simulate(
        speeds, steps, [grade] * len(steps), mass=5000.0, rolling=0.008, drag_area=3.0,
        density=1.1, friction=0.1, cutoff=1.5, power_limit=motor_w,
    )  # fmt: skip
    assert expected["distance"] == pytest.approx(length, rel=1e-6)
    drive, braked, taken = kernels.link_work(
        length, cruise, cruise, cruise, stops, 5000.0, grade, 1.1,
        changed(MODEL, MOTOR_POWER=motor_w), PHYSICS,
    )  # fmt: skip
    assert drive == pytest.approx(expected["traction"], rel=0.002, abs=50.0)
    assert braked == pytest.approx(expected["braking"], rel=0.002, abs=50.0)
    assert taken == pytest.approx(expected["regenerated"], rel=0.01, abs=100.0)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    square0=st.floats(0, 900), square1=st.floats(0, 900), base=st.floats(-30e3, 30e3),
    drag=st.floats(0, 8), distance=st.floats(0, 5000), limit=st.floats(0, 4e5),
    cutoff=st.floats(0, 10),
)  # fmt: skip
def test_work_balances_and_the_motor_never_takes_more_than_braking_offers(
    square0, square1, base, drag, distance, limit, cutoff
):
    """Driving less braking is the integral of the force; what is taken lies in between."""
    drive, braked, taken = kernels.segment_work(
        base, drag, square0, square1, distance, cutoff, limit
    )
    whole = (base + drag * (square0 + square1) / 2) * distance
    scale = max(abs(base), drag * 900, 1.0) * max(distance, 1.0)
    assert drive - braked == pytest.approx(whole, abs=1e-9 * scale)
    assert drive >= -1e-9 * scale
    assert 0.0 <= taken <= braked * (1 + 1e-12)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    length=st.floats(1, 5000), mean=st.floats(0.5, 30), stops=st.floats(0, 20),
    standing=st.floats(0, 60), above=st.floats(0.0, 15.0),
)  # fmt: skip
def test_cruise_speed_keeps_the_mean_speed_whatever_the_stops(length, mean, stops, standing, above):
    """Time to cruise, stop and stand adds up to the time of the mean speed, within the cap."""
    cruise, fitting = kernels.link_cruise(length, mean, stops, 0.5, 0.65, standing, above)
    assert 0.0 <= fitting <= stops
    assert mean * (1 - 1e-9) <= cruise <= (mean + above) * (1 + 1e-6)
    loss = 1 / (2 * 0.5) + 1 / (2 * 0.65)
    time = length / cruise + fitting * (loss * cruise + standing)
    assert time == pytest.approx(length / mean, rel=1e-6)


def profile(lengths, speeds, leg):
    n = len(lengths)
    return kernels.speed_profiles(
        np.array([0, n]), np.asarray(leg, np.int64), np.asarray(lengths, float),
        np.asarray(speeds, float), np.zeros(n), 0.5, 0.65, 12.0, 5.5,
    )  # fmt: skip


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.data())
def test_speed_profile_is_continuous_and_within_the_accelerations(data):
    """Links join at one speed, legs start and end standing, no change is too quick."""
    n = data.draw(st.integers(1, 12))
    lengths = data.draw(st.lists(st.floats(0, 800), min_size=n, max_size=n))
    speeds = data.draw(st.lists(st.floats(1, 25), min_size=n, max_size=n))
    leg = sorted(data.draw(st.lists(st.integers(0, 3), min_size=n, max_size=n)))
    entry, peak, leave, _ = profile(lengths, speeds, leg)
    for i in range(n):
        begins = i == 0 or leg[i - 1] != leg[i]
        assert entry[i] == (0.0 if begins else leave[i - 1])
        if i == n - 1 or leg[i + 1] != leg[i]:
            assert leave[i] == 0.0
        if lengths[i] >= kernels.SHORTEST:
            assert peak[i] <= speeds[i] * (1 + 1e-9)
        used = (peak[i] ** 2 - entry[i] ** 2) / (2 * 0.5) + (peak[i] ** 2 - leave[i] ** 2) / 1.3
        assert used <= lengths[i] + 1e-6


def test_profile_of_a_short_hop_is_a_triangle():
    """50 m from rest to rest: v² (1/2a + 1/2b) = 50 gives 5.3 m/s, not the stated 15."""
    entry, peak, leave, _ = profile([50.0], [15.0], [0])
    assert peak[0] == pytest.approx(math.sqrt(50 / (1 / 1.0 + 1 / 1.3)))
    assert entry[0] == leave[0] == 0.0


def test_kernels_run_uncompiled_to_the_same_numbers():
    """The compiled day equals the same source run by the interpreter."""
    day_start, leg = np.array([0, 3]), np.array([0, 0, 1])
    length, speed = np.array([300.0, 20.0, 200.0]), np.array([10.0, 8.0, 9.0])
    stops = np.array([0.5, 0.0, 0.2])
    arguments = (day_start, leg, length, speed, stops, 0.5, 0.65, 12.0, 5.5)
    compiled = kernels.speed_profiles(*arguments)
    plain = kernels.speed_profiles.py_func(*arguments)
    for one, other in zip(compiled, plain, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)
    rest = (
        np.array([0, 3]), np.array([0, 1, 2]), np.ones(3, bool), np.array([0.0, 600.0, 0.0]),
        np.zeros(3), MODEL[None, :], PHYSICS,
    )  # fmt: skip
    drive = (
        day_start, leg, length, speed, np.full(3, 500.0), np.zeros(3), np.full(3, 1.2),
        np.zeros(3), *compiled, *rest,
    )  # fmt: skip
    for one, other in zip(
        kernels.day_charge(*drive), kernels.day_charge.py_func(*drive), strict=True
    ):
        np.testing.assert_allclose(one, other, rtol=1e-12)
