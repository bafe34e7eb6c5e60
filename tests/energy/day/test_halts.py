"""Stops as the drive sees them: windows as planned, plugs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from geofleet.energy import feasibility
from geofleet.errors import InputError


@pytest.fixture
def day(road):
    """Forty legs of odd lengths and speeds, whose float32 speeds no sum of times keeps exactly."""
    rng = np.random.default_rng(4)
    network = road.chain(rng.uniform(300.0, 4000.0, 40))
    speed = rng.uniform(11.0, 60.0, 40)
    traversals = road.drive(network, speed, 500.0, range(40))
    driven = np.concatenate([[0.0], np.cumsum(network.arrays.length_m / speed * 3.6)])
    service = np.where(np.isin(np.arange(41), (0, 40)), 0.0, rng.uniform(1.0, 9.0, 41))
    arrive = 28800.0 + driven + np.concatenate([[0.0], np.cumsum(service)[:-1]]) * 60.0
    stops = pd.DataFrame(
        {
            "vehicle_day": 0,
            "stop_number": range(41),
            "kind": ["depot", *["delivery"] * 39, "depot"],
            "service_min": service,
            "arrive_s": arrive,
            "start_s": arrive,
            "depart_s": arrive + service * 60.0,
            "window_start": np.nan,
            "status": "reached",
        }
    )
    return network, traversals, stops


@pytest.mark.parametrize("early_s", [0.0, 600.0])
def test_a_plan_that_is_just_in_time_or_late_anyway_is_not_held_against_the_vehicle(
    road, day, early_s
):
    """Windows that close as service begins, or ten minutes before: rounding is no lateness."""
    network, traversals, stops = day
    closing = stops.assign(window_end=stops["start_s"] - early_s)
    row = feasibility(
        traversals, network, road.one_model(), stops=closing, temperature_c=20.0
    ).verdicts.iloc[0]
    assert row["cause"] == "none"
    assert row["late_s"] == 0.0


@pytest.mark.parametrize("power", [-5.0, np.nan, np.inf, [1.0, 2.0], "fast"])
def test_plugs_that_no_stop_has_are_named(road, day, power):
    network, traversals, stops = day
    with pytest.raises(InputError) as error:
        feasibility(
            traversals, network, road.one_model(), stops=stops, plug_power_w=power,
            temperature_c=20.0,
        )  # fmt: skip
    assert {problem.field for problem in error.value.problems} == {"plug_power_w"}


def test_no_vehicle_day_at_all_gives_empty_tables(road, day):
    network, traversals, _ = day
    nothing = type(traversals)(
        traversals.frame.iloc[:0], traversals.vehicle_days.iloc[:0], traversals.timezone
    )
    found = feasibility(nothing, network, road.one_model(), temperature_c=20.0)
    assert len(found.verdicts) == len(found.best) == len(found.stops) == 0


def test_a_charging_curve_of_many_stretches_is_taken_whole(road, day):
    """Eight stretches: at the second stop from 99.x % on, what the last of them gives."""
    network, traversals, stops = day
    curve = " ".join(f"{0.1 * step:.1f}:{0.8 - 0.1 * step:.1f}" for step in range(7)) + " 0.95:0.02"
    models = road.one_model(battery_usable_wh=400_000.0, dc_charge_w=50_000.0, charging_power=curve)
    row = feasibility(
        traversals, network, models, stops=stops, temperature_c=20.0,
        plug_power_w=np.where(np.arange(41) == 7, 90_000.0, 0.0),
    ).verdicts.iloc[0]  # fmt: skip
    assert row["charged_wh"] == pytest.approx(0.02 * 50_000.0 * stops["service_min"][7] / 60.0)
    curve = " ".join(f"{0.05 * step:.2f}:{0.9 - 0.05 * step:.2f}" for step in range(13))
    with pytest.raises(InputError, match="charging_power"):
        feasibility(traversals, network, road.one_model(charging_power=curve), temperature_c=20.0)


def test_a_model_of_unknown_charging_power_is_refused_where_there_is_a_plug(road, day):
    """Unknown is not zero; without a plug nothing needs to be known."""
    network, traversals, stops = day
    models = road.one_model(ac_charge_w=np.nan, dc_charge_w=np.nan)
    feasibility(traversals, network, models, stops=stops, temperature_c=20.0)
    with pytest.raises(InputError, match="ac_charge_w or dc_charge_w"):
        feasibility(
            traversals, network, models, stops=stops, plug_power_w=7_000.0, temperature_c=20.0
        )
