"""State of charge along the day, and what decides."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geofleet.defaults import Defaults
from geofleet.energy import (
    CAUSES,
    ElectricModels,
    electric_models,
    feasibility,
    traversal_energy,
)
from geofleet.energy.catalogue import vehicle_parameters
from geofleet.errors import InputError
from geofleet.fleet import Fleet
from geofleet.routes import Itineraries


def stop_table(traversals, service_min, *, status=None, kinds=None):
    """Return stops of every vehicle-day: depot, deliveries, depot."""
    frames = []
    for day in range(len(traversals.vehicle_days)):
        count = len(service_min)
        rows = traversals.frame[traversals.frame["vehicle_day"] == day]
        depart = float(rows["enter_s"].iloc[0])
        frames.append(
            pd.DataFrame(
                {
                    "vehicle_day": day,
                    "stop_number": np.arange(count),
                    "vehicle_id": traversals.vehicle_days["vehicle_id"].iloc[day],
                    "kind": kinds or ["depot", *["delivery"] * (count - 2), "depot"],
                    "service_min": service_min,
                    "arrive_s": depart + np.arange(count) * 600.0,
                    "depart_s": depart + np.arange(count) * 600.0 + np.array(service_min) * 60,
                    "status": status or ["reached"] * count,
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def drawn_w(models, watts):
    """Power that leaves the cells of the first model for ``watts`` at the terminals."""
    one = vehicle_parameters(models, str(models.frame.index[0]))
    return watts / one.battery_efficiency + one.battery_loss_per_w * watts**2


@pytest.fixture
def hilly(road):
    """A day of 60 links over hills with five stops, thrice."""
    rng = np.random.default_rng(7)
    network = road.chain(
        rng.uniform(20, 900, 60), rng.uniform(-0.06, 0.06, 60), highway="residential"
    )
    legs = np.repeat(np.arange(4), 15)
    payload = 3000.0 - 800.0 * legs
    return network, road.drive(network, rng.uniform(8, 60, 60), payload, legs, days=3)


def test_links_and_stops_add_up_to_the_day(hilly):
    """Links + standing at stops + what a full battery refused = the day, to 1e-9."""
    network, traversals = hilly
    models = electric_models(["fuso_ecanter_2017", "byd_etm6", "byd_t3"])
    stops = stop_table(traversals, [30.0, 10.0, 25.0, 5.0, 60.0])
    result = feasibility(traversals, network, models, stops=stops, temperature_c=5.0)
    for name in models.frame.index:
        table = traversal_energy(traversals, network, models, name, temperature_c=5.0)
        links = table.groupby("vehicle_day")[
            ["energy_wh", "traction_wh", "regenerated_wh", "auxiliary_wh", "braking_wh"]
        ].sum()
        rows = result.verdicts[result.verdicts["model_id"] == name].set_index("vehicle_day")
        whole = links["energy_wh"] + rows["stop_auxiliary_wh"] + rows["refused_wh"]
        np.testing.assert_allclose(rows["energy_wh"], whole, rtol=1e-9)
        np.testing.assert_allclose(rows["traction_wh"], links["traction_wh"], rtol=1e-9)
        np.testing.assert_allclose(rows["braking_wh"], links["braking_wh"], rtol=1e-9)
        back = rows["regenerated_wh"] + rows["refused_wh"]
        np.testing.assert_allclose(back, links["regenerated_wh"], rtol=1e-9)
        battery = rows["battery_wh"]
        assert (battery < models.frame.loc[name, "battery_usable_wh"]).all()  # 5 °C
        np.testing.assert_allclose(1 - rows["soc_end"], rows["energy_wh"] / battery, rtol=1e-9)
    assert (result.verdicts["regenerated_wh"] <= result.verdicts["braking_wh"]).all()


def test_charge_on_arrival_is_what_the_links_before_and_the_stops_left(hilly):
    """Arrival at stop k = full less links of earlier legs less standing at earlier stops."""
    network, traversals = hilly
    models = electric_models(["fuso_ecanter_2017"])
    stops = stop_table(traversals, [30.0, 10.0, 25.0, 5.0, 60.0])
    result = feasibility(traversals, network, models, stops=stops, temperature_c=20.0)
    table = traversal_energy(traversals, network, models, "fuso_ecanter_2017", temperature_c=20.0)
    leg = traversals.frame["stop_before"]
    one = table["vehicle_day"] == 0
    standing = np.array([0.0, 10.0, 25.0, 5.0]) / 60 * 0.3 * drawn_w(models, 600 / 0.93)
    rows = result.stops[result.stops["vehicle_day"] == 0].set_index("stop_number")
    for number in range(5):
        links = table.loc[one & (leg < number), "energy_wh"].sum()
        expected = links + standing[:number].sum()
        assert rows.loc[number, "energy_wh"] == pytest.approx(expected, abs=1e-6)
        assert rows.loc[number, "soc"] == pytest.approx(1 - expected / 74520, abs=1e-9)


def test_first_failing_stop_is_where_the_reserve_is_gone(road):
    """20 km legs at about 0.2 kWh/km on 15 kWh with 15 % reserve: the third arrival is out."""
    network = road.chain([20000.0] * 4)
    traversals = road.drive(network, 50.0, 0.0, [0, 1, 2, 3])
    result = feasibility(
        traversals, network, road.one_model(battery_usable_wh=15000.0), temperature_c=20.0
    )
    verdict = result.verdicts.iloc[0]
    soc = result.stops.set_index("stop_number")["soc"]
    first = int(soc[soc < 0.15].index[0])
    assert first == 3
    assert verdict["first_failing_stop"] == first
    assert verdict["cause"] == "energy"
    assert not verdict["feasible"]
    assert verdict["margin_wh"] == pytest.approx(15000 * (soc.min() - 0.15))
    # A larger battery has less inner resistance, too: what is missing is an upper bound.
    mended = road.one_model(battery_usable_wh=15000.0 - verdict["margin_wh"] / 0.85 + 1e-6)
    again = feasibility(traversals, network, mended, temperature_c=20.0).verdicts.iloc[0]
    assert 0.0 <= again["margin_wh"] <= 0.03 * 15000.0
    assert again["feasible"]
    assert again["margin_km"] == pytest.approx(again["margin_wh"] * 80 / again["energy_wh"])


def test_a_dip_between_stops_counts_against_the_next_one(road):
    """Over a pass the charge is lowest on top: the stop in the valley is not reached in order."""
    network = road.chain([4000.0, 4000.0], [0.1, -0.1])
    traversals = road.drive(network, 40.0)
    top = traversal_energy(traversals, network, road.one_model(), "truck", temperature_c=20.0)
    start = 0.15 + 0.98 * float(top["energy_wh"].iloc[0]) / 80000
    result = feasibility(
        traversals, network, road.one_model(), temperature_c=20.0,
        defaults=Defaults({"energy:start_soc": start}),
    )  # fmt: skip
    verdict = result.verdicts.iloc[0]
    assert result.stops["soc"].iloc[-1] > 0.15
    assert verdict["soc_min"] < 0.15
    assert verdict["cause"] == "energy"
    assert verdict["first_failing_stop"] == 1


def test_a_full_battery_takes_nothing_more(road):
    """A day that begins downhill refuses what it cannot store, and says how much."""
    network = road.chain([3000.0], -0.08)
    result = feasibility(
        road.drive(network, 40.0, 2000.0), network, road.one_model(), temperature_c=20.0
    )
    verdict = result.verdicts.iloc[0]
    assert verdict["soc_end"] == pytest.approx(1.0, abs=1e-12)
    assert verdict["refused_wh"] > 500.0
    assert verdict["energy_wh"] == pytest.approx(0.0, abs=1e-9)


def test_what_decides_is_named_before_energy(road):
    """Payload above capacity first, then a motor too weak for the grade."""
    network = road.chain([500.0, 500.0, 500.0], [0.0, 0.12, 0.0])
    heavy = road.drive(network, 40.0, [3400.0, 3600.0, 3600.0], [0, 1, 2])
    verdict = feasibility(heavy, network, road.one_model(), temperature_c=20.0).verdicts.iloc[0]
    assert (verdict["cause"], verdict["first_failing_stop"]) == ("payload", 1)
    full = road.drive(network, 40.0, 3500.0, [0, 1, 2])
    verdict = feasibility(full, network, road.one_model(), temperature_c=20.0).verdicts.iloc[0]
    assert verdict["cause"] == "none"
    # 7500 kg · g · (0.12 + 0.008) at 20 km/h is 52 kW at the wheels, before drag.
    for power, cause in ((52e3, "power"), (56e3, "none")):
        model = road.one_model(motor_power_w=power)
        verdict = feasibility(full, network, model, temperature_c=20.0).verdicts.iloc[0]
        assert verdict["cause"] == cause
    weak = feasibility(full, network, road.one_model(motor_power_w=52e3), temperature_c=20.0)
    assert weak.verdicts.iloc[0]["first_failing_stop"] == 2


def test_unreached_stops_make_a_day_unknown_never_feasible(road):
    """Margin and charge of such a day are NaN, not numbers of half a day."""
    network = road.chain([500.0, 500.0])
    traversals = road.drive(network, 40.0, 0.0, [0, 2])
    status = ["reached", "unreachable", "reached", "reached"]
    stops = stop_table(traversals, [0.0, 5.0, 5.0, 0.0], status=status)
    result = feasibility(traversals, network, road.one_model(), stops=stops, temperature_c=20.0)
    verdict = result.verdicts.iloc[0]
    assert verdict["cause"] == "unknown"
    assert not verdict["feasible"]
    assert np.isnan(verdict["margin_wh"])
    assert result.stops["soc"].isna().tolist() == [False, True, False, False]
    assert result.report["vehicle_days_unknown"] == 1


def test_unknown_grades_matter_only_where_there_is_a_dem(road):
    """Without elevation the road is taken flat and the report says so; with it, unknown is."""
    grades = [0.0, float("nan")]
    flat = road.chain([500.0, 500.0], grades)
    result = feasibility(road.drive(flat, 40.0), flat, road.one_model(), temperature_c=20.0)
    assert result.verdicts["cause"].tolist() == ["none"]
    assert result.report["elevation"] == "none: grade 0"
    surveyed = road.chain([500.0, 500.0], grades, elevation_m=[10.0, 10.0, float("nan")])
    result = feasibility(road.drive(surveyed, 40.0), surveyed, road.one_model(), temperature_c=20.0)
    assert result.verdicts["cause"].tolist() == ["unknown"]
    assert result.report["vehicle_days_grade_unknown"] == 1


@settings(max_examples=30, deadline=None, derandomize=True)
@given(battery=st.floats(1e3, 5e5), more=st.floats(1.0, 3.0), speed=st.floats(5, 80))
def test_a_larger_battery_of_the_same_mass_never_lowers_the_margin(road, battery, more, speed):
    """Only the capacity changes between the two."""
    network = road.chain([700.0, 900.0], [0.05, -0.05], highway="residential")
    traversals = road.drive(network, speed, 1000.0, [0, 1])
    pair = pd.concat(
        [
            road.one_model(battery_usable_wh=battery).frame.rename(index={"truck": "small"}),
            road.one_model(battery_usable_wh=battery * more).frame.rename(index={"truck": "large"}),
        ]
    )
    verdicts = feasibility(traversals, network, ElectricModels(pair), temperature_c=20.0).verdicts
    margin = verdicts.set_index("model_id")["margin_wh"]
    assert margin["large"] >= margin["small"] - 1e-9


def test_an_aged_battery_has_less_of_everything(road):
    """State of health 0.8 is a battery of 0.8 times the energy."""
    network = road.chain([9000.0])
    traversals = road.drive(network, 40.0)
    aged = feasibility(
        traversals, network, road.one_model(), temperature_c=20.0,
        defaults=Defaults({"energy:state_of_health": 0.8}),
    )  # fmt: skip
    new = feasibility(traversals, network, road.one_model(), temperature_c=20.0).verdicts.iloc[0]
    old = aged.verdicts.iloc[0]
    assert old["battery_wh"] == pytest.approx(0.8 * new["battery_wh"])
    assert old["energy_wh"] == pytest.approx(new["energy_wh"], rel=1e-9)
    assert old["margin_wh"] == pytest.approx(0.85 * 64000 - new["energy_wh"], rel=1e-9)
    assert "energy:state_of_health" in aged.provenance


def test_best_is_the_smallest_battery_that_works_and_says_when_there_is_none(road):
    """Smallest feasible of the vehicle's size; the largest margin; an empty name when none fits."""
    network = road.chain([5000.0])
    models = ElectricModels(
        pd.concat(
            [
                road.one_model(battery_usable_wh=wh).frame.rename(index={"truck": name})
                for name, wh in (("large", 90e3), ("small", 20e3), ("toy", 500.0))
            ]
        )
    )
    traversals = road.drive(network, 40.0)
    best = feasibility(traversals, network, models, temperature_c=20.0).best
    assert best["model_id"].tolist() == ["small"]
    heavy = road.drive(network, 40.0, 5000.0)
    best = feasibility(heavy, network, models, temperature_c=20.0).best
    assert best["model_id"].tolist() == ["large"]
    assert best["cause"].tolist() == ["payload"]
    crane = road.drive(network, 40.0, vehicle_class="rigid_32t", days=2)
    best = feasibility(crane, network, models, temperature_c=20.0).best
    assert best["cause"].tolist() == ["no model", "no model"]
    assert best["model_id"].tolist() == ["", ""]
    assert best["margin_wh"].isna().all()
    assert set(best["cause"]) <= set(CAUSES)
    fleet = Fleet(
        pd.DataFrame(
            {"vehicle_class": ["rigid_7_5t"] * 2, "gvw_kg": [7500.0, 12000.0]},
            index=["truck-0", "truck-1"],
        ),
        pd.DataFrame(),
    )
    models.frame.loc["large", "gvw_kg"] = 9500.0
    best = feasibility(crane, network, models, fleet=fleet, temperature_c=20.0).best
    assert best["model_id"].tolist() == ["small", "large"]
    lone = Fleet(fleet.vehicles.iloc[:1], pd.DataFrame())
    with pytest.raises(InputError, match="truck-1"):
        feasibility(crane, network, models, fleet=lone, temperature_c=20.0)


def test_itineraries_and_bare_traversals_agree_where_nobody_stands(hilly):
    """Zero service is the same as no stop table; the shape is vehicle-day by model."""
    network, traversals = hilly
    models = electric_models(["fuso_ecanter_2017", "byd_t3"])
    table = gpd.GeoDataFrame(stop_table(traversals, [0.0] * 5))
    one = feasibility(Itineraries(traversals, table), network, models, temperature_c=20.0)
    two = feasibility(traversals, network, models, temperature_c=20.0)
    pd.testing.assert_frame_equal(one.verdicts, two.verdicts)
    pd.testing.assert_frame_equal(one.stops, two.stops)
    assert len(one.verdicts) == 6
    assert len(one.stops) == 30
    assert one.best["vehicle_day"].tolist() == [0, 1, 2]


def test_depots_cost_no_standing_time_but_a_last_delivery_does(road):
    """An hour at each end: free at depots, paid where the day ends at a customer."""
    network = road.chain([5000.0])
    traversals = road.drive(network, 40.0)
    ends = {}
    for kind in ("depot", "delivery"):
        stops = stop_table(traversals, [60.0, 60.0], kinds=["depot", kind])
        result = feasibility(traversals, network, road.one_model(), stops=stops, temperature_c=20.0)
        ends[kind] = result.verdicts.iloc[0]["stop_auxiliary_wh"]
    assert ends["depot"] == 0.0
    assert ends["delivery"] == pytest.approx(0.3 * drawn_w(road.one_model(), 600 / 0.93))


def test_a_day_without_traversals_is_unknown(road):
    """A vehicle that could not leave its depot is not a feasible one."""
    network = road.chain([5000.0])
    traversals = road.drive(network, 40.0, days=2)
    empty = traversals.frame[traversals.frame["vehicle_day"] == 1].reset_index(drop=True)
    lame = type(traversals)(empty, traversals.vehicle_days, traversals.timezone)
    verdicts = feasibility(lame, network, road.one_model(), temperature_c=20.0).verdicts
    assert verdicts["cause"].tolist() == ["unknown", "none"]
    assert verdicts["distance_km"].tolist() == [0.0, 5.0]


def test_stop_tables_that_make_no_sense_are_named(road):
    """Order, owner, service time and missing columns."""
    network = road.chain([5000.0])
    traversals = road.drive(network, 40.0)
    good = stop_table(traversals, [0.0, 5.0, 0.0])

    def run(table):
        feasibility(traversals, network, road.one_model(), stops=table, temperature_c=20.0)

    with pytest.raises(InputError) as error:
        run(good.assign(stop_number=[0, 2, 1], service_min=[0.0, -5.0, 0.0]))
    assert {p.field for p in error.value.problems} == {"stop_number", "service_min"}
    with pytest.raises(InputError, match="vehicle_day"):
        run(good.assign(vehicle_day=[0, 0, 9]))
    with pytest.raises(InputError, match="status"):
        run(good.drop(columns="status"))


def test_no_models_is_said_plainly(road):
    """An empty catalogue is a mistake, not a table without rows."""
    network = road.chain([5000.0])
    with pytest.raises(InputError, match="at least one model"):
        feasibility(road.drive(network, 40.0), network, electric_models([]), temperature_c=20.0)


def test_a_load_that_falls_costs_what_each_leg_costs_with_its_own_load(road):
    """Two legs with 3 t and nothing: the sum of days with those loads, leg by leg."""
    network = road.chain([2000.0, 2000.0], [0.02, 0.03])

    def legs(payload):
        traversals = road.drive(network, 40.0, payload, [0, 1])
        return traversal_energy(traversals, network, road.one_model(), "truck", temperature_c=20.0)[
            "energy_wh"
        ].to_numpy()

    falling, full, empty = legs([3000.0, 0.0]), legs(3000.0), legs(0.0)
    np.testing.assert_allclose(falling, [full[0], empty[1]], rtol=1e-12)
    assert falling.sum() < full.sum()
