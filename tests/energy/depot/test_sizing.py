"""The smallest connection and the fewest chargers, by hand and by trying."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geofleet.defaults import Defaults
from geofleet.energy.depot import (
    Chargers,
    DailyStay,
    charge_at_once,
    charger_cost,
    least_shortfall,
    month_horizon,
    repeated_month,
    smallest_charger_count,
    smallest_connection,
    substation_cost,
)


def test_connection_by_hand(yard: Any) -> None:
    """120 kWh in twelve hours beside 3 kW: 13 kW; with 12 kW, 12 kWh of each night are missing."""
    month = yard.nights({"a": 60e3, "b": 60e3})
    found = smallest_connection(month, yard.depot(2, base_load_w=3e3))
    assert found.value == pytest.approx(13e3, abs=1e-2)
    assert found.proven
    # long nights over a weekend have time enough: 16 nights of twelve hours lack 12 kWh
    short = sum(s.repeats for s in month.stays if len(s.slots) == 12) / 2
    assert found.one_less_lacks_kwh == pytest.approx(12.0 * short, rel=1e-5)


def test_chargers_by_hand(yard: Any) -> None:
    """Five vehicles of 36 kWh, 12 hours at 10 kW: 180 kWh need 1.5 chargers, so two."""
    month = yard.nights({f"v{i}": 36e3 for i in range(5)})
    found = smallest_charger_count(month, yard.depot(9, 10e3))
    assert (found.value, found.one_less, found.proven) == (2.0, 1.0, True)
    short = sum(s.repeats for s in month.stays if len(s.slots) == 12) / 5
    assert found.one_less_lacks_kwh == pytest.approx(60.0 * short, rel=1e-6)


def test_plugged_in_once_two_do_not_fit_where_swapped_they_do(yard: Any) -> None:
    """Three vehicles of eight hours in twelve: two chargers swapped, three plugged in once."""
    month = yard.nights({f"v{i}": 80e3 * 0.8 for i in range(3)})
    nights = replace(month, stays=tuple(s for s in month.stays if len(s.slots) == 12))
    assert smallest_charger_count(nights, yard.depot(9, 8e3)).value == 2.0
    once = smallest_charger_count(nights, yard.depot(9, 8e3, plugs="once"))
    assert (once.value, once.proven) == (3.0, True)
    two = yard.depot(2, 8e3, plugs="once")
    assert not least_shortfall(nights, two).feasible


def test_what_no_amount_serves(yard: Any) -> None:
    """60 kWh in twelve hours at 4 kW: no connection and no count helps."""
    month = yard.nights({"a": 60e3})
    depot = yard.depot(1, 4e3)
    for found in (smallest_connection(month, depot), smallest_charger_count(month, depot)):
        assert math.isnan(found.value)
        assert found.lacks_kwh > 0.0


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    needs=st.lists(st.sampled_from([25e3, 33e3, 60e3]), min_size=1, max_size=4),
    arrival=st.sampled_from([18.0, 20.5]),
    taper=st.booleans(),
)
def test_the_least_serves_and_less_does_not(
    yard: Any, needs: list[float], arrival: float, taper: bool
) -> None:
    """At the answer every departure is served; a kilowatt or a charger less, and one is not."""
    nodes = ((0.0, 20e3), (0.7, 20e3), (1.0, 5e3)) if taper else ()
    named = {f"v{i}": need for i, need in enumerate(needs)}
    month = yard.nights(named, arrival_h=arrival, taper=nodes)
    depot = yard.depot(len(needs), efficiency=0.9)
    found = smallest_connection(month, depot)
    assert least_shortfall(month, replace(depot, connection_w=found.value + 0.1)).feasible
    assert not least_shortfall(month, replace(depot, connection_w=found.one_less)).feasible
    plugs = replace(depot, plugs="once")
    few = smallest_charger_count(month, plugs)
    assert few.proven
    for count, served in ((few.value, True), (few.one_less, False)):
        chargers = replace(depot.chargers, count=int(count))
        assert least_shortfall(month, replace(plugs, chargers=chargers)).feasible == served


TAPER = ((0.0, 20e3), (0.6, 20e3), (1.0, 3e3))


def _slots_by_hand(need_wh: float, *, power_w: float = 20e3) -> int:
    """Return hours to take so much into 70 of 80 kWh: the least hourly power that TAPER allows."""
    held, hours = 70e3 - need_wh, 0
    while held < 70e3 - 1.0:
        low, high = 0.0, power_w
        for _ in range(60):  # the power that the taper allows at the charge that it leads to
            middle = 0.5 * (low + high)
            charge, power = zip(*TAPER, strict=True)
            allowed = float(np.interp((held + middle) / 80e3, np.array(charge), np.array(power)))
            low, high = (middle, high) if middle <= allowed else (low, middle)
        held, hours = held + low, hours + 1
    return hours


def _fewest_by_trying(windows: list[range], needed: list[int]) -> int:
    """Return the fewest chargers over every way to lay slots into windows."""
    ways = [
        list(itertools.combinations(window, count))
        for window, count in zip(windows, needed, strict=True)
    ]
    best = len(windows)
    for way in itertools.product(*ways):
        best = min(best, int(np.bincount(np.concatenate(way).astype(int), minlength=1).max()))
    return best


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    buses=st.lists(
        st.tuples(st.integers(0, 3), st.sampled_from([15e3, 22e3, 31e3, 40e3])),
        min_size=2, max_size=4,
    ),
)  # fmt: skip
def test_tapering_packs_against_every_way_to_plug_them(
    yard: Any, buses: list[tuple[int, float]]
) -> None:
    """Whole hours of tapering batteries: the fewest chargers, tried out one way after another."""
    vehicles = [yard.vehicle(f"v{n}", taper=TAPER) for n in range(len(buses))]
    stays = [
        DailyStay(f"v{n}", late * 3600.0, 7 * 3600.0, 70e3 - need, 70e3, overnight=False)
        for n, (late, need) in enumerate(buses)
    ]
    horizon = month_horizon("2025-04", timezone=yard.zone, slot_min=60)
    month = repeated_month(stays, vehicles, horizon, weekdays=(0,))
    windows = [range(late, 7) for late, _ in buses]
    needed = [_slots_by_hand(need) for _, need in buses]
    found = smallest_charger_count(month, yard.depot(len(buses)))
    if any(count > len(window) for count, window in zip(needed, windows, strict=True)):
        assert math.isnan(found.value)
        return
    assert (found.value, found.proven) == (_fewest_by_trying(windows, needed), True)


def _ten_buses(yard: Any) -> Any:
    needs = {f"b{n}": 20e3 + 4.7e3 * n for n in range(10)}
    return yard.nights(needs, taper=TAPER, slot_min=15)


def test_ten_tapering_buses_need_no_search(yard: Any) -> None:
    """Whole slots give bound and plan alike, with a connection that binds or none at all."""
    month = _ten_buses(yard)
    hasty = Defaults({"depot:mip_nodes": 1})
    for watts in (math.inf, 60e3):
        depot = yard.depot(1, connection_w=watts)
        found = smallest_charger_count(month, depot, defaults=hasty)
        assert found.proven
        assert not found.by_clock
        chargers = replace(depot.chargers, count=int(found.value))
        assert charge_at_once(month, replace(depot, chargers=chargers)).feasible or math.isfinite(
            least_shortfall(month, replace(depot, chargers=chargers)).bound
        )


def test_a_search_that_is_cut_short_claims_no_proof(yard: Any) -> None:
    """Plugged in once, a search of one node finds neither a plan nor that there is none."""
    month = yard.nights({f"b{n}": 20e3 + 6.7e3 * n for n in range(6)}, taper=TAPER)
    depot = yard.depot(1, plugs="once")
    hasty = smallest_charger_count(month, depot, defaults=Defaults({"depot:mip_nodes": 1}))
    again = smallest_charger_count(month, depot, defaults=Defaults({"depot:mip_nodes": 1}))
    assert hasty == again
    least = smallest_charger_count(month, replace(depot, plugs="swap")).value
    assert hasty.value >= least
    assert hasty.proven == (hasty.value == least)


def test_costs_are_ranges_and_unknown_is_unknown() -> None:
    """Chargers of a known power cost a range; others are not guessed."""
    cost = charger_cost(Chargers(3, 22e3, "AC", 0.9))
    assert cost is not None
    assert (cost.low, cost.high, cost.currency) == (75e3, 240e3, "MXN")
    assert charger_cost(Chargers(1, 350e3, "DC", 0.9)) is None
    dc = charger_cost(Chargers(1, 150e3, "DC", 0.9))
    assert dc is not None
    assert dc.low == 1.2e6
    station = substation_cost(180e3, power_factor=0.9)
    assert station is not None
    assert station.high == 1.5e6
    assert substation_cost(20e3, power_factor=0.9) is None
