"""Charging on a fixed route: hand-made cases, and every small case against linear programs."""

from __future__ import annotations

import hashlib
import importlib.util
import sys
from pathlib import Path

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geofleet.energy.battery import ChargingCurve
from geofleet.energy.charging import (
    Charger,
    ChargingInstance,
    FixedRoute,
    charge_on_the_way,
    charge_on_the_way_many,
    prepare,
)
from geofleet.energy.charging import _kernels as kernels
from geofleet.errors import InputError


def _helper(name):
    """Load a module beside this file."""
    spec = importlib.util.spec_from_file_location(
        f"charging_{name}", Path(__file__).with_name(f"{name}.py")
    )
    module = importlib.util.module_from_spec(spec)
    sys.modules[f"charging_{name}"] = module
    spec.loader.exec_module(module)
    return module


brute, problems, simulator = (_helper(name) for name in ("brute", "problems", "simulator"))

# 36 kW to 8 kWh, 12 kW to the full 10 kWh
CURVE = ChargingCurve("fast", (0.0, 800.0, 1400.0), (0.0, 8000.0, 10000.0))


def line(*places_km, chargers, battery_wh=10000.0, reserve_wh=0.0, curve=CURVE, **more):
    """Places on a straight road, 60 km/h and 100 Wh/km; the chargers are the last of them."""
    at = np.array(places_km, dtype=float)
    km = np.abs(at[:, None] - at)
    first = len(at) - chargers
    made = tuple(Charger(f"c{i}", first + i, curve, **more) for i in range(chargers))
    return ChargingInstance(km * 60.0, km * 100.0, made, battery_wh, reserve_wh)


def test_enough_in_the_battery_needs_no_charger():
    """A route within reach is driven directly."""
    plan = charge_on_the_way(line(0, 40, 20, chargers=1), FixedRoute((0, 1, 0), 10000.0))
    assert plan.is_feasible
    assert plan.duration_s == pytest.approx(80 * 60)
    assert plan.visits == ()
    assert plan.stops[:, 3].tolist() == pytest.approx([10000, 6000, 2000])


def test_charges_what_is_missing_and_no_more():
    """60 km out and back with 10 kWh: 2 kWh at the charger at 50 km, on the steep piece."""
    instance = line(0, 60, 50, chargers=1)
    plan = charge_on_the_way(instance, FixedRoute((0, 1, 0), 10000.0, service_s=(0, 300, 0)))
    assert plan.duration_s == pytest.approx(120 * 60 + 300 + 200.0)
    (visit,) = plan.visits
    assert visit.energy_wh == pytest.approx(2000.0)
    assert simulator.replay(instance, FixedRoute((0, 1, 0), 10000.0, service_s=(0, 300, 0)), plan)


def test_charges_where_the_battery_is_empty_and_so_fast():
    """Of two visits to the same charger the one with less in the battery is the quicker."""
    instance = line(0, 45, 30, chargers=1)
    plan = charge_on_the_way(instance, FixedRoute((0, 1, 0), 8500.0))
    (visit,) = plan.visits
    assert visit.gap == 1
    assert visit.arrive_wh == pytest.approx(2500.0)


def test_more_chargers_between_two_stops_than_two():
    """300 km between two stops with reach for 100: chargers at 80, 150 and 230 km, all three."""
    instance = line(0, 300, 80, 150, 230, chargers=3)
    plan = charge_on_the_way(instance, FixedRoute((0, 1), 10000.0))
    assert [v.charger_id for v in plan.visits] == ["c0", "c1", "c2"]
    assert {v.gap for v in plan.visits} == {0}
    assert simulator.replay(instance, FixedRoute((0, 1), 10000.0), plan)[1] == pytest.approx(0.0)


def test_any_number_of_visits():
    """1,500 km with reach for 100, chargers every 75: more visits than there is room for first."""
    places = [75.0 * i for i in range(1, 20)]
    instance = line(0, 1500, *places, chargers=19)
    long, short = FixedRoute((0, 1), 10000.0), FixedRoute((0, 2), 10000.0)
    plans = charge_on_the_way_many(instance, [short, long, short])
    assert plans.visit_count.tolist()[::2] == [0, 0]
    assert 14 <= plans.visit_count[1] <= 19
    time, left = simulator.replay(instance, long, plans[1])
    assert time == pytest.approx(plans[1].duration_s)
    assert left == pytest.approx(0.0, abs=1e-6)
    # 140 kWh at 36 kW
    assert plans[1].duration_s == pytest.approx(1500 * 60.0 + 140.0 / 36.0 * 3600.0)


def test_out_of_reach_is_proven():
    """No charger within the battery's reach: infeasible, not a guess."""
    plan = charge_on_the_way(line(0, 300, 80, 230, chargers=2), FixedRoute((0, 1), 10000.0))
    assert plan.status == "infeasible"
    assert np.isnan(plan.duration_s)


def test_waits_at_the_opening_charger_and_at_the_window():
    """A charger that opens at 12:00 delays the route to it; a window holds the vehicle back."""
    noon = 12 * 3600.0
    instance = line(0, 60, 50, chargers=1, open_s=((noon, noon + 7200.0),))
    route = FixedRoute((0, 1, 0), 10000.0, 9 * 3600.0)
    plan = charge_on_the_way(instance, route)
    assert plan.visits[0].begin_s == pytest.approx(noon)
    # from the charger (first pass or second) to the end
    assert plan.duration_s + route.start_s == pytest.approx(noon + 200.0 + 50 * 60.0)
    late = FixedRoute((0, 1, 0), 10000.0, 9 * 3600.0, window_s=((0, 1e5), (1e5, 1e6), (0, 1e6)))
    plan = charge_on_the_way(line(0, 60, 50, chargers=1), late)
    assert plan.stops[1, 1] == pytest.approx(1e5)


def test_charging_goes_on_when_the_charger_opens_again():
    """Two minutes before closing and the rest an hour later: the vehicle keeps its place."""
    hours = ((0.0, 3120.0), (6720.0, 20000.0))
    instance = line(0, 60, 50, chargers=1, open_s=hours)
    route = FixedRoute((0, 1), 5000.0, end_wh=3000.0)
    plan = charge_on_the_way(instance, route)
    # 4 kWh take 400 s: 120 s before 52 min, 280 s after 112 min
    assert plan.visits[0].end_s == pytest.approx(6720.0 + 280.0)
    simulator.replay(instance, route, plan)


def test_descent_fills_no_battery_beyond_full():
    """What a full battery refuses is lost: 3 kWh down after a full start are not there to climb."""
    instance = ChargingInstance(
        np.full((3, 3), 600.0) - 600.0 * np.eye(3),
        np.array([[0.0, -3000.0, 9000.0], [9000.0, 0.0, 11000.0], [9000.0, 11000.0, 0.0]]),
        (Charger("c", 2, CURVE),), 10000.0,
    )  # fmt: skip
    plan = charge_on_the_way(instance, FixedRoute((0, 1), 10000.0))
    assert plan.stops[1, 3] == pytest.approx(10000.0)


# 1073: arrives at the end with nothing left; 1082: arrives while the charger is closed
@pytest.mark.parametrize("seed", [*range(12), 1073, 1082])
def test_small_problems_against_every_chain_solved_as_linear_program(seed):
    """Windows, queues by hour, hours, loads, hills: the earliest end of all, or none."""
    _compare(*problems.small(seed))


@settings(max_examples=12, deadline=None, derandomize=True)
@given(st.integers(0, 2**31))
def test_any_small_problem_with_one_charger(seed):
    """As above for any seed, three gaps."""
    _compare(*problems.small(seed, stops=4, chargers=1))


def _compare(instance, route):
    plan = charge_on_the_way(instance, route)
    best = brute.best(instance, route)
    if not plan.is_feasible:
        assert best == np.inf
        return
    assert plan.duration_s + route.start_s == pytest.approx(best, abs=1e-3)
    assert simulator.replay(instance, route, plan)[0] == pytest.approx(best, abs=1e-3)


def many(seed, count):
    """Larger problems of one instance, no brute force."""
    rng = np.random.default_rng(seed)
    instance, _ = problems.small(seed, stops=9, chargers=5)
    return instance, [
        FixedRoute(
            (0, *rng.choice(np.arange(1, 8), 6, replace=False).tolist(), 0), 12000.0, 28800.0,
            layers=tuple(rng.integers(0, 2, 7).tolist()),
        )
        for _ in range(count)
    ]  # fmt: skip


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_feasible_plans_stand_when_driven_again(seed):
    """Longer routes: no plan breaks energy, hours or windows, and its end is what it says."""
    instance, routes = many(seed, 40)
    plans = charge_on_the_way_many(instance, routes)
    assert plans.is_feasible.any()
    for route, plan in zip(routes, plans, strict=True):
        if plan.is_feasible:
            time, _ = simulator.replay(instance, route, plan)
            assert time - route.start_s == pytest.approx(plan.duration_s)


def test_one_route_is_as_many_and_in_any_order():
    """Routes do not see one another."""
    instance, routes = many(5, 150)
    plans = charge_on_the_way_many(instance, routes)
    turned = charge_on_the_way_many(instance, routes[::-1])
    np.testing.assert_array_equal(plans.duration_s, turned.duration_s[::-1])
    assert plans[7] == charge_on_the_way(instance, routes[7]) or not plans[7].is_feasible


def test_lists_are_as_good_as_arrays():
    """Matrices, nodes and hourly waits as lists."""
    instance = line(0, 60, 50, chargers=1, wait_s=(60.0,) * 24)
    listed = ChargingInstance(
        instance.drive_s.tolist(), instance.energy_wh.tolist(),
        [Charger("c0", 2, CURVE, wait_s=[60] * 24)], 10000.0,
    )  # fmt: skip
    route = FixedRoute((0, 1, 0), 10000.0)
    assert charge_on_the_way(listed, FixedRoute([0, 1, 0], 10000)) == charge_on_the_way(
        instance, route
    )


def test_the_same_bits_from_one_thread_and_many(monkeypatch):
    """Few routes are solved by the calling thread; neither that nor threads change a bit."""
    instance, routes = many(9, 200)
    alone = charge_on_the_way_many(instance, routes)
    monkeypatch.setattr("geofleet.energy.charging.solve._FEW", 0)
    before = numba.get_num_threads()
    try:
        for threads in (1, before):
            numba.set_num_threads(threads)
            plans = charge_on_the_way_many(instance, routes)
            np.testing.assert_array_equal(plans.duration_s, alone.duration_s)
            np.testing.assert_array_equal(plans.visit_count, alone.visit_count)
            np.testing.assert_array_equal(plans._visits, alone._visits)
    finally:
        numba.set_num_threads(before)


def test_more_battery_faster_chargers_less_wait_never_end_later():
    """Monotone in what helps."""
    for seed in range(30):
        instance, route = problems.small(seed, stops=5, chargers=3)
        plan = charge_on_the_way(instance, route)
        free = tuple(Charger(c.charger_id, c.node, c.curve) for c in instance.chargers)
        easier = ChargingInstance(
            instance.drive_s, instance.energy_wh, free, instance.battery_wh, 0.0
        )
        eased = charge_on_the_way(easier, route)
        if plan.is_feasible:
            assert eased.is_feasible
            assert eased.duration_s <= plan.duration_s + 1e-6


def test_kernel_runs_uncompiled():
    """The search itself, in plain Python, on one small case."""
    instance, route = problems.small(3)
    shared, given_ = prepare.instance_arrays(instance), prepare.route_arrays([route])
    status, made = np.zeros(1, np.int64), np.zeros(1, np.int64)
    stops, visits = np.empty((3, 4)), np.empty((1, 8, 7))
    kernels.solve_some.py_func(
        shared.matrices, shared.chargers, given_.stops, shared.battery, given_.starts,
        given_.ends, given_.first, 0, 1, status, stops, visits, made,
    )  # fmt: skip
    plan = charge_on_the_way(instance, route)
    assert (status[0] == kernels.OPTIMAL) == plan.is_feasible
    if plan.is_feasible:
        assert stops[-1, 2] - route.start_s == pytest.approx(plan.duration_s)


def test_compiled_code_is_renewed_with_its_parts():
    """The main kernel file names the state of the two files that are compiled into it."""
    folder = Path(kernels.__file__).parent
    parts = [(folder / f"_kernels_{name}.py").read_bytes() for name in ("bounds", "functions")]
    digest = hashlib.sha256(b"".join(parts)).hexdigest()[:16]
    assert digest == kernels.COMPILED_WITH, "put this digest into _kernels.COMPILED_WITH"


def test_bad_instances_and_routes_are_named():
    """Battery 0, charge above 100 %, curves that are not concave, gaps, loops that gain energy."""
    with pytest.raises(InputError, match=r"battery_wh: '0\.0': expected an energy above 0"):
        line(0, 1, 2, chargers=1, battery_wh=0.0)
    with pytest.raises(InputError, match="concave"):
        ChargingCurve("bad", (0.0, 800.0, 900.0), (0.0, 4000.0, 10000.0))
    instance = line(0, 60, 50, chargers=1)
    with pytest.raises(InputError) as caught:
        charge_on_the_way_many(
            instance,
            [
                FixedRoute((0, 1), 12000.0, service_s=(0.0,)),
                FixedRoute((0, 9), 1.0),
                FixedRoute((0, 1), 1.0, window_s=((3.0, 2.0), (0.0, 1.0))),
            ],
        )
    for wrong in (1.5, "1", None):
        with pytest.raises(InputError, match=r"row 1, field nodes: .*: expected nodes from 0 to 2"):
            charge_on_the_way(instance, FixedRoute((0, wrong), 10000.0))
    with pytest.raises(InputError, match="energy_wh: expected rows of numbers"):
        ChargingInstance(instance.drive_s, [[1.0], [2.0, 3.0]], instance.chargers, 10000.0)
    text = str(caught.value)
    assert "routes, row 1, field start_wh: '12000 Wh (120% of the battery)'" in text
    assert "routes, row 1, field service_s: '1 values': expected 2 values" in text
    assert "routes, row 2, field nodes: '[9]'" in text
    assert "routes, row 3, field window_s" in text
    drive = instance.drive_s.copy()
    drive[0, 1] = np.inf
    cut = ChargingInstance(drive, instance.energy_wh, instance.chargers, 10000.0)
    with pytest.raises(InputError, match="'0 to 1': expected a way between every stop"):
        charge_on_the_way(cut, FixedRoute((0, 1), 10000.0))
    gains = instance.energy_wh.copy()
    gains = np.pad(gains, (0, 1), constant_values=100.0)
    gains[2, 3], gains[3, 2] = -300.0, 200.0
    more = np.pad(instance.drive_s, (0, 1), constant_values=60.0)
    with pytest.raises(InputError, match="no round trip ends with more than it began"):
        charge_on_the_way(
            ChargingInstance(
                more, gains, (Charger("a", 2, CURVE), Charger("b", 3, CURVE)), 10000.0
            ),
            FixedRoute((0, 1), 10000.0),
        )
    with pytest.raises(InputError, match="each charger once"):
        ChargingInstance(
            instance.drive_s, instance.energy_wh,
            (Charger("a", 2, CURVE), Charger("a", 1, CURVE)), 10000.0,
        )  # fmt: skip
