"""Every cause made by hand: what decides, where, and by how much."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geofleet.defaults import Defaults
from geofleet.energy import ElectricModels, feasibility, traversal_energy
from geofleet.energy.battery import temperature_share
from geofleet.energy.catalogue import model_battery
from geofleet.energy.equipment import body_equipment, equipment_power_w, stop_energy_wh
from geofleet.errors import InputError
from geofleet.fleet import Fleet


def table_of(arrive_s, service_min=10.0, **columns: Any):
    """Return the stops of one day: depot, deliveries, depot."""
    count = len(arrive_s)
    arrive = np.asarray(arrive_s, float)
    service = np.full(count, service_min)
    service[[0, -1]] = 0.0
    frame = pd.DataFrame(
        {
            "vehicle_day": 0,
            "stop_number": np.arange(count),
            "kind": ["depot", *["delivery"] * (count - 2), "depot"],
            "service_min": service,
            "arrive_s": arrive,
            "start_s": arrive,
            "depart_s": arrive + service * 60,
            "status": "reached",
            "drop_kg": 0.0,
            "pickup_kg": 0.0,
        }
    )
    return frame.assign(**columns)


@pytest.fixture
def three_legs(road):
    """Three legs of 6 km at 36 km/h, ten minutes each, leaving at eight."""
    network = road.chain([3000.0] * 6, highway="motorway")
    return network, road.drive(network, 36.0, 500.0, [0, 0, 1, 1, 2, 2], depart_s=28800.0)


TIMES = [28800.0, 29400.0, 30600.0, 31800.0]


def verdict(road, day, table, **changes):
    network, traversals = day
    wanted = {name: changes.pop(name) for name in ("plug_power_w", "defaults") if name in changes}
    wanted["temperature_c"] = changes.pop("temperature_c", 20.0)
    result = feasibility(traversals, network, road.one_model(**changes), stops=table, **wanted)
    return result.verdicts.iloc[0], result


def test_a_plan_kept_is_feasible_and_never_late(road, three_legs):
    """Same speeds as the plan: at every stop when the plan says, in time by the minute."""
    ends = [np.nan, 29400.0, 30600.0, np.nan]
    one, _ = verdict(road, three_legs, table_of(TIMES, window_end=ends))
    assert (one["cause"], one["first_failing_stop"]) == ("none", -1)
    assert one["late_s"] == pytest.approx(0.0, abs=1e-6)
    assert one["margin_kg"] == pytest.approx(3500.0 - 500.0)


def test_a_window_that_closes_before_the_truck_comes(road, three_legs):
    """Stop 2 closes at 30,500 s; the plan itself would have begun at 30,450; it comes at 30,600."""
    ends = [np.nan, np.nan, 30500.0, np.nan]
    table = table_of(TIMES, window_end=ends, start_s=[28800.0, 29400.0, 30450.0, 31800.0])
    table["depart_s"] = table["start_s"] + table["service_min"] * 60
    one, _ = verdict(road, three_legs, table)
    assert (one["cause"], one["first_failing_stop"]) == ("time window", 2)
    assert one["late_s"] == pytest.approx(100.0)
    assert not one["feasible"]


def test_waiting_for_a_window_to_open_passes_the_delay_on(road, three_legs):
    """Stop 1 opens 25 minutes after arrival: stop 2 (planned at 30,600 s) is reached 1,500 s late.

    A plan that waits likewise has its own start of service as the latest one.
    """
    starts = [np.nan, 30900.0, np.nan, np.nan]
    ends = [np.nan, np.nan, 31000.0, np.nan]
    table = table_of(TIMES, window_start=starts, window_end=ends)
    one, _ = verdict(road, three_legs, table)
    assert (one["cause"], one["first_failing_stop"]) == ("time window", 2)
    assert one["late_s"] == pytest.approx(30600.0 + 1500.0 - 31000.0)


def test_charge_at_a_plug_mends_a_day_or_falls_short(road, three_legs):
    """A small battery lasts with a plug at stop 1, not without; a weak plug is what falls short."""
    table = table_of(TIMES, service_min=30.0)
    table["arrive_s"] = table["start_s"] = [28800.0, 29400.0, 31800.0, 34200.0]
    table["depart_s"] = table["start_s"] + table["service_min"] * 60
    need, _ = verdict(road, three_legs, table)
    # In the morning the battery holds nine tenths of the day above the reserve.
    start = Defaults({"energy:start_soc": 0.15 + 0.9 * need["energy_wh"] / 80000})

    def with_plug(watts):
        return verdict(
            road, three_legs, table, plug_power_w=[0.0, watts, 0.0, 0.0], ac_charge_w=7e3,
            defaults=start,
        )[0]  # fmt: skip

    bare, weak, strong = with_plug(0.0), with_plug(100.0), with_plug(20e3)
    assert (bare["cause"], bare["first_failing_stop"]) == ("energy", 3)
    assert (weak["cause"], weak["first_failing_stop"]) == ("charging", 3)
    assert weak["charged_wh"] == pytest.approx(50.0)
    # Below half charge the default curve gives full power: the 7 kW of the truck, half an hour.
    assert strong["cause"] == "none"
    assert strong["charged_wh"] == pytest.approx(3500.0)
    gained = (strong["soc_end"] - bare["soc_end"]) * 80000
    assert gained == pytest.approx(3500.0)
    assert bare["margin_wh"] == pytest.approx(-0.1 * need["energy_wh"])


def test_causes_come_in_their_order(road, three_legs):
    """Everything wrong at once: payload before charge before time; unknown before all."""
    table = table_of(TIMES, window_end=[np.nan, 29000.0, np.nan, np.nan],
                     start_s=[28800.0, 28900.0, 30600.0, 31800.0])  # fmt: skip
    table["depart_s"] = table["start_s"] + table["service_min"] * 60
    tiny = {"battery_usable_wh": 1000.0}
    late_only, _ = verdict(road, three_legs, table)
    assert (late_only["cause"], late_only["late_s"]) == ("time window", pytest.approx(400.0))
    empty, _ = verdict(road, three_legs, table, **tiny)
    assert (empty["cause"], empty["first_failing_stop"]) == ("energy", 1)
    full, _ = verdict(road, three_legs, table, **tiny, payload_capacity_kg=400.0)
    assert (full["cause"], full["first_failing_stop"]) == ("payload", 0)
    assert full["margin_kg"] == pytest.approx(-100.0)
    lost = table.assign(status=["reached", "reached", "unreachable", "reached"])
    unknown, _ = verdict(road, three_legs, lost, **tiny, payload_capacity_kg=400.0)
    assert (unknown["cause"], unknown["first_failing_stop"]) == ("unknown", -1)
    assert np.isnan(unknown["margin_wh"])


def test_standing_with_a_cold_box_and_a_lift_gate_by_hand(road):
    """Wall and door heat, platform and load: what the equipment functions say, stop by stop."""
    network = road.chain([3000.0] * 4, highway="motorway")
    traversals = road.drive(network, 36.0, 500.0, [0, 0, 1, 1])
    table = table_of([28800.0, 29400.0, 30600.0], drop_kg=[0.0, 900.0, 0.0],
                     pickup_kg=[0.0, 120.0, 0.0])  # fmt: skip
    columns = {"vehicle_class": ["rigid_7_5t"], "gvw_kg": [7500.0]}
    cold = {"refrigeration": ["frozen"], "lift_gate": [True]}
    bare = {"refrigeration": ["none"], "lift_gate": [False]}
    found = {}
    for name, extra in (("cold", cold), ("bare", bare)):
        fleet = Fleet(pd.DataFrame(columns | extra, index=["truck-0"]), pd.DataFrame())
        found[name] = feasibility(
            traversals, network, road.one_model(), stops=table, fleet=fleet, temperature_c=20.0
        ).verdicts.iloc[0]
    body = body_equipment(7500.0, refrigeration="frozen", lift_gate=True)
    power = float(equipment_power_w(body, 20.0))
    stop = float(stop_energy_wh(body, 20.0, service_s=600.0, drop_kg=900.0, pickup_kg=120.0))
    standing = found["cold"]["stop_auxiliary_wh"] - found["bare"]["stop_auxiliary_wh"]
    assert standing == pytest.approx(power * 600 / 3600 + stop, rel=1e-6)
    auxiliary = found["cold"]["auxiliary_wh"] - found["bare"]["auxiliary_wh"]
    assert auxiliary - standing == pytest.approx(power * 1200 / 3600, rel=1e-6)
    spare = found["bare"]["margin_kg"] - found["cold"]["margin_kg"]
    assert spare == pytest.approx(body.mass_kg)
    assert found["cold"]["traction_wh"] > found["bare"]["traction_wh"]


def test_a_cold_battery_holds_less_and_takes_less_back(road):
    """At -10 °C the battery is the smaller by its row, and the cabin is heated."""
    network = road.chain([2000.0] * 4, [0.04, -0.04, 0.04, -0.04])
    traversals = road.drive(network, 40.0, 2000.0)
    models = road.one_model()
    found = {
        air: feasibility(traversals, network, models, temperature_c=air).verdicts.iloc[0]
        for air in (20.0, -10.0)
    }
    chemistry = model_battery(models, "truck").chemistry
    share = float(temperature_share("capacity", chemistry, -10.0, defaults=Defaults()))
    assert share < 1.0
    assert found[-10.0]["battery_wh"] == pytest.approx(80000.0 * share)
    assert found[-10.0]["margin_wh"] < found[20.0]["margin_wh"]
    assert found[-10.0]["regenerated_wh"] <= found[20.0]["regenerated_wh"] * (1 + 1e-9)


@settings(max_examples=15, deadline=None, derandomize=True)
@given(
    start=st.floats(0.2, 1.0), less=st.floats(0.0, 0.15), speed=st.floats(8, 70),
    grade=st.floats(-0.06, 0.06),
)  # fmt: skip
def test_more_charge_in_the_morning_never_lowers_the_margin(road, start, less, speed, grade):
    """Even where a fuller battery refuses what braking brings."""
    network = road.chain([1500.0, 2500.0, 800.0], [grade, -grade, grade])
    traversals = road.drive(network, speed, 1000.0, [0, 0, 1])
    margins = [
        feasibility(
            traversals, network, road.one_model(), temperature_c=20.0,
            defaults=Defaults({"energy:start_soc": soc}),
        ).verdicts["margin_wh"].iloc[0]
        for soc in (start - less, start)
    ]  # fmt: skip
    assert margins[1] >= margins[0] - 1e-6


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"battery_usable_wh": 0.0}, "battery_usable_wh"),
        ({"curb_mass_kg": -4000.0}, "curb_mass_kg"),
        ({"motor_power_w": 0.0}, "motor_power_w"),
        ({"rolling_coefficient": -0.01}, "rolling_coefficient"),
    ],
)
def test_vehicles_that_nobody_sells_are_named(road, three_legs, changes, field):
    """No battery, no mass, no motor."""
    network, traversals = three_legs
    with pytest.raises(InputError, match=field):
        feasibility(traversals, network, road.one_model(**changes), temperature_c=20.0)


@pytest.mark.parametrize("value", [1.2, 0.0, -0.1])
def test_a_charge_above_full_or_below_empty_is_named(road, three_legs, value):
    """120 % in the morning is a slip of the pen."""
    network, traversals = three_legs
    with pytest.raises(InputError, match="start_soc"):
        feasibility(
            traversals, network, road.one_model(), temperature_c=20.0,
            defaults=Defaults({"energy:start_soc": value}),
        )  # fmt: skip


def test_a_route_with_a_gap_is_named(road):
    """From the third link straight to the fifth: row 4 is named; after a stop it may be."""
    network = road.chain([200.0] * 5)
    traversals = road.drive(network, 30.0)
    gap = traversals.frame.drop(index=3).reset_index(drop=True)
    broken = type(traversals)(gap, traversals.vehicle_days, traversals.timezone)
    with pytest.raises(InputError) as error:
        traversal_energy(broken, network, road.one_model(), "truck", temperature_c=20.0)
    (problem,) = error.value.problems
    assert (problem.field, problem.row, problem.value) == ("edge", 4, "4")
    gap["stop_before"] = np.array([0, 0, 0, 1], np.int32)
    assert len(traversal_energy(broken, network, road.one_model(), "truck", temperature_c=20.0))


def test_a_link_driven_in_two_parts_is_no_gap(road):
    """Half a link, then the other half; backwards it is one."""
    network = road.chain([200.0, 200.0])
    traversals = road.drive(network, 30.0)
    frame = traversals.frame.iloc[[0, 0, 1]].reset_index(drop=True)
    frame["from_fraction"] = np.array([0.0, 0.5, 0.0], np.float32)
    frame["to_fraction"] = np.array([0.5, 1.0, 1.0], np.float32)
    frame["length_m"] = [100.0, 100.0, 200.0]
    parts = type(traversals)(frame, traversals.vehicle_days, traversals.timezone)
    traversal_energy(parts, network, road.one_model(), "truck", temperature_c=20.0)
    frame["from_fraction"] = np.array([0.5, 0.0, 0.0], np.float32)
    frame["to_fraction"] = np.array([1.0, 0.5, 1.0], np.float32)
    with pytest.raises(InputError, match="begins where"):
        traversal_energy(parts, network, road.one_model(), "truck", temperature_c=20.0)


def test_all_models_at_once_are_each_alone(road, three_legs):
    """Three models in any order: each row is what the model gets by itself, to rounding."""
    network, traversals = three_legs
    models = ElectricModels(
        pd.concat(
            [
                road.one_model(curb_mass_kg=mass).frame.rename(index={"truck": f"truck-{mass}"})
                for mass in (3000.0, 4000.0, 5000.0)
            ]
        )
    )
    together = feasibility(traversals, network, models, temperature_c=20.0).verdicts
    for name in reversed(list(models.frame.index)):
        lone = ElectricModels(models.frame.loc[[name]])
        alone = feasibility(traversals, network, lone, temperature_c=20.0).verdicts
        rows = together[together["model_id"] == name].reset_index(drop=True)
        pd.testing.assert_frame_equal(rows, alone, rtol=1e-12)
    assert together["energy_wh"].is_monotonic_increasing
