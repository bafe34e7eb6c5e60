"""Probability of a day over a year of days, beside closed forms and independent draws."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from geofleet.defaults import Defaults
from geofleet.energy import feasibility
from geofleet.energy.robust import DayWeather, robust_feasibility
from geofleet.energy.robust.scenarios import read_draws
from geofleet.errors import InputError

SPREADS = ("traffic_day", "traffic_hour", "payload", "driver")
ONE_DAY = {f"robust:{name}_spread": 0.0 for name in SPREADS} | {"robust:age_oldest": 0.0}


def mild(days=1, temperature=20.0):
    still = np.zeros((days, 24))
    names = tuple(f"2024-05-{day + 1:02d}" for day in range(days))
    return DayWeather(names, np.ones(days), still + temperature, still, still, {})


def cold_and_warm():
    """One day in ten is cold."""
    weather = mild(10)
    weather.temperature_c[0] = -5.0
    return weather


def stop_table(plug_minutes=0.0):
    """A depot, a customer, another, the depot; times as at 50 km/h over legs of 20 km."""
    service = np.array([0.0, plug_minutes, 0.0, 0.0])
    return pd.DataFrame(
        {
            "vehicle_day": 0,
            "stop_number": range(4),
            "kind": ["depot", "delivery", "delivery", "depot"],
            "service_min": service,
            "arrive_s": 28800.0 + 1440.0 * np.arange(4) + 60.0 * np.cumsum(service),
            "status": "reached",
        }
    )


@pytest.fixture
def round_trip(road):
    network = road.chain([20000.0] * 3)
    return network, road.drive(network, 50.0, 1000.0, [0, 1, 2])


def test_only_the_error_of_the_model_is_left_when_nothing_else_differs(road, round_trip):
    """Φ(ln(usable above reserve / energy used) / σ), with the energy of the plain verdict."""
    network, traversals = round_trip
    for battery in (14000.0, 17000.0, 19000.0, 25000.0):
        models = road.one_model(battery_usable_wh=battery)
        used = feasibility(traversals, network, models, temperature_c=20.0).verdicts["energy_wh"]
        found = robust_feasibility(
            traversals, network, models, mild(), draws=4, defaults=Defaults(ONE_DAY)
        ).verdicts.iloc[0]
        expected = norm.cdf(np.log(0.85 * battery / used[0]) / 0.093)
        assert found["probability"] == pytest.approx(expected, abs=1e-6)
        assert found["worst_margin_wh"] == pytest.approx(0.85 * battery - used[0], rel=1e-6)


@pytest.mark.parametrize("start_soc", [1.0, 0.6])
def test_what_a_plug_gives_does_not_grow_with_the_error(road, round_trip, start_soc):
    """Leg 1 u, a plug that gives c, legs 2 and 3: the factor e holds while e u ≤ A and
    e 3u − c ≤ A."""
    network, traversals = round_trip
    defaults = Defaults(ONE_DAY | {"energy:start_soc": start_soc})
    for battery in (9000.0, 11000.0, 13000.0, 15000.0, 20000.0, 24000.0):
        models = road.one_model(
            battery_usable_wh=battery, dc_charge_w=100000.0, ac_charge_w=100000.0,
            charging_power="0:1", auxiliary_power_w=0.001,
        )  # fmt: skip
        stops = stop_table(plug_minutes=15.0)
        case = {"stops": stops, "plug_power_w": [0.0, 8000.0, 0.0, 0.0]}
        plain = feasibility(
            traversals, network, models, stops=stops, temperature_c=20.0, defaults=defaults
        )
        arrival = plain.stops["energy_wh"].to_numpy()
        charged = 8000.0 * 0.25
        assert charged < 0.9 * arrival[1]  # the battery never fills
        above = (start_soc - 0.15) * battery
        factor = min(above / arrival[1], (above + charged) / arrival[3])
        found = robust_feasibility(
            traversals, network, models, mild(), draws=4, defaults=defaults, **case
        ).verdicts.iloc[0]
        expected = norm.cdf(np.log(max(factor, 1e-9)) / 0.093)
        assert found["probability"] == pytest.approx(expected, abs=0.001)


def test_probability_is_that_of_many_independent_draws(road, round_trip):
    """The error of the model drawn too, day by day, 50,000 times: within one point."""
    network, traversals = round_trip
    weather = cold_and_warm()
    errors = np.sort(0.093 * np.random.default_rng(8).standard_normal(50_000)).reshape(50, -1)
    for battery in (17000.0, 21000.0, 26000.0):
        fixed = {"charge_power_w": 1e6, "discharge_power_w": 1e6}
        models = road.one_model(battery_usable_wh=battery, **fixed)
        found = robust_feasibility(traversals, network, models, weather).verdicts.iloc[0]
        # Using e times the energy is having a battery smaller by e; each draw then holds or not.
        held = [
            robust_feasibility(
                traversals, network,
                road.one_model(battery_usable_wh=battery / np.exp(part.mean()), **fixed),
                weather, draws=1000, seed=1000 + number, sampler="random",
                defaults=Defaults({"robust:model_spread": 0.0}),
            ).verdicts["probability"].iloc[0]
            for number, part in enumerate(errors)
        ]  # fmt: skip
        assert found["probability"] == pytest.approx(np.mean(held), abs=0.01)


@pytest.mark.parametrize("start_soc", [1.0, 0.55])
@pytest.mark.parametrize("plug_w", [0.0, 7000.0, 60000.0])
def test_a_larger_battery_never_lowers_the_probability(road, round_trip, start_soc, plug_w):
    network, traversals = round_trip
    stops = stop_table(plug_minutes=20.0)
    chance = [
        robust_feasibility(
            traversals, network,
            road.one_model(
                battery_usable_wh=battery, dc_charge_w=60000.0, charge_power_w=150000.0,
                discharge_power_w=300000.0,
            ),
            cold_and_warm(), stops=stops, plug_power_w=[0.0, plug_w, 0.0, 0.0], draws=64,
            defaults=Defaults({"energy:start_soc": start_soc}),
        ).verdicts["probability"].iloc[0]
        for battery in np.linspace(8000.0, 112000.0, 27)
    ]  # fmt: skip
    assert np.diff(chance).min() >= -1e-12
    assert chance[0] < 0.5
    assert chance[-1] > 0.9


def test_what_is_promised_is_kept_in_fresh_days(road, round_trip):
    """Of days promised at 99 %, at most 1.5 % fail where everything is drawn anew."""
    network, traversals = round_trip
    weather = cold_and_warm()
    failed = []
    for battery in np.linspace(24000.0, 64000.0, 21):
        models = road.one_model(battery_usable_wh=battery)
        promised = robust_feasibility(traversals, network, models, weather).verdicts
        if promised["probability"].iloc[0] < 0.99:
            continue
        fresh = robust_feasibility(
            traversals, network, models, weather, draws=20_000, seed=3, sampler="random"
        ).verdicts
        failed.append(1.0 - fresh["probability"].iloc[0])
    assert len(failed) > 3
    assert max(failed) < 0.015


def test_the_cold_day_is_the_worst_and_counts_by_its_weight(road, round_trip):
    network, traversals = round_trip
    models = road.one_model(battery_usable_wh=19000.0)
    row = robust_feasibility(traversals, network, models, cold_and_warm(), draws=16).verdicts.iloc[
        0
    ]
    assert row["worst_day"] == "2024-05-01"
    assert row["worst_temperature_c"] == -5.0
    assert row["days"] == 10.0


def test_nothing_to_judge_gives_an_empty_table_with_its_columns(road, round_trip):
    network, traversals = round_trip
    none = pd.DataFrame({"vehicle_day": [0], "model_id": [""]})
    empty = robust_feasibility(
        traversals, network, road.one_model(), mild(), pairs=none, draws=2
    ).verdicts
    full = robust_feasibility(traversals, network, road.one_model(), mild(), draws=2).verdicts
    assert len(empty) == 0
    assert list(empty.columns) == list(full.columns)


def test_the_same_seed_gives_the_same_bits_and_vehicles_meet_the_same_days(road, round_trip):
    network, traversals = round_trip
    both = pd.concat([road.one_model().frame.rename(index={"truck": name}) for name in "ab"])
    models = type(road.one_model())(both)
    rows = robust_feasibility(traversals, network, models, cold_and_warm(), draws=64, seed=5)
    again = robust_feasibility(traversals, network, models, cold_and_warm(), draws=64, seed=5)
    pd.testing.assert_frame_equal(rows.verdicts, again.verdicts)
    one, other = rows.verdicts["probability"]
    assert one == other


@pytest.mark.parametrize(
    ("case", "field"),
    [
        ({"draws": 0}, "draws"),
        ({"seed": -1}, "seed"),
        ({"sampler": "dice"}, "sampler"),
        ({"pairs": pd.DataFrame({"day": [0]})}, "vehicle_day"),
        ({"pairs": pd.DataFrame({"vehicle_day": [7], "model_id": ["truck"]})}, "vehicle_day"),
        ({"pairs": pd.DataFrame({"vehicle_day": [0], "model_id": ["boat"]})}, "model_id"),
        ({"defaults": Defaults({"robust:payload_spread": -0.1})}, "payload_spread"),
        ({"defaults": Defaults({"robust:age_oldest": -2})}, "age_oldest"),
    ],
)
def test_what_cannot_be_judged_is_named(road, round_trip, case, field):
    network, traversals = round_trip
    with pytest.raises(InputError) as error:
        robust_feasibility(traversals, network, road.one_model(), mild(), **({"draws": 2} | case))
    assert field in {problem.field for problem in error.value.problems}


def test_a_number_of_draws_that_is_no_whole_number_is_named():
    """1.5 days are not cut to one."""
    with pytest.raises(InputError, match="a whole number"):
        read_draws(Defaults({"robust:draws": 1.5}))
