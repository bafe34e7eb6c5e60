"""The smallest connection and the fewest chargers, by hand and by trying."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geofleet.energy.depot import (
    Chargers,
    charger_cost,
    least_shortfall,
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
