"""Each kind of mend against hand calculation or a replay of its own; ranking and its properties."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from geofleet.defaults import Defaults
from geofleet.energy import ElectricModels, feasibility
from geofleet.energy.mend import KINDS, mends
from geofleet.errors import InputError
from geofleet.routes import build_itineraries
from geofleet.routes.speeds import HourlySpeeds

LONG = [10.0, 20.0, 30.0, 36.0]  # 72 km: more than 18 kWh less the reserve
ANNUITY = 0.12 / (1.0 - 1.12**-10)
WORKING_DAYS = 300.0
PER_KWH = 1.699 / 0.9  # into the battery at night: tariff over the charger's efficiency
PER_HOUR, PER_KM = 150.0, 1.8  # rigid_7_5t


class Case:
    """Days, models and everything else that a call needs."""

    def __init__(self, world, days, models, *, operators=None, temperature_c=20.0, speeds=None):
        names = [day["vehicle_id"].iloc[0] for day in days]
        self.world, self.models, self.temperature = world, models, temperature_c
        self.fleet = world.fleet(names, operators)
        self.speeds = world.speeds if speeds is None else speeds
        self.stops = pd.concat(days, ignore_index=True)
        self.days = self.route(self.stops)
        self.verdicts = self.judge(self.days, models)

    def route(self, stops):
        return build_itineraries(
            self.world.network, self.fleet, stops, timezone=self.world.zone, speeds=self.speeds
        )

    def judge(self, itineraries, models, **more):
        result = feasibility(
            itineraries, self.world.network, models, fleet=self.fleet,
            temperature_c=self.temperature, **more,
        )  # fmt: skip
        return result.verdicts.set_index(["vehicle_day", "model_id"])

    def mends(self, **more):
        return mends(
            self.days, self.world.network, self.models, fleet=self.fleet, speeds=self.speeds,
            temperature_c=self.temperature, **more,
        )  # fmt: skip


def only(frame, kind):
    """Return the one row of a kind."""
    rows = frame[frame["kind"] == kind]
    assert len(rows) == 1
    return rows.iloc[0]


@pytest.fixture
def short(world):
    """One truck, alone, whose battery is a little too small for its day."""
    return Case(world, [world.day("a", LONG)], world.models(truck={}))


def resized(models, usable_wh):
    """Return the truck with another battery: 90 % usable, 150 Wh/kg."""
    frame = models.frame.copy()
    extra = (usable_wh - frame["battery_usable_wh"]) / 0.9
    frame["battery_usable_wh"] = usable_wh
    frame["battery_gross_wh"] += extra
    frame["curb_mass_kg"] += extra / 150.0
    frame["payload_capacity_kg"] -= extra / 150.0
    return ElectricModels(frame)


def test_the_smallest_battery_does_and_one_step_less_does_not(short):
    """Independent replay of the battery found, and of one 0.1 kWh smaller, masses by hand."""
    found = only(short.mends(kinds=["battery"]).frame, "battery")
    assert found["verified"]
    assert short.judge(short.days, resized(short.models, found["kwh"] * 1e3))["feasible"].all()
    less = short.judge(short.days, resized(short.models, found["kwh"] * 1e3 - 100.0))
    assert less["cause"].tolist() == ["energy"]
    extra = (found["kwh"] - 18.0) / 0.9
    assert found["gross_kwh"] == pytest.approx(20.0 + extra)
    assert found["payload_lost_kg"] == pytest.approx(extra / 0.15)
    then = short.judge(short.days, resized(short.models, found["kwh"] * 1e3))["energy_wh"].iloc[0]
    more = (then - short.verdicts["energy_wh"].iloc[0]) / 1e3
    expected = extra * 3300.0 * ANNUITY / WORKING_DAYS + more * PER_KWH
    assert found["cost_mxn_per_day"] == pytest.approx(expected, rel=1e-9)


def test_a_battery_heavier_than_the_payload_to_spare_is_not_proposed(world):
    """10 kg to spare carry 1.35 kWh usable; the day needs about 17 kWh more than the truck has."""
    models = world.models(truck={"battery_usable_wh": 5000.0, "battery_gross_wh": 5000.0 / 0.9})
    case = Case(world, [world.day("a", LONG, drop_kg=3490.0 / 4)], models)
    assert case.verdicts["cause"].tolist() == ["energy"]
    frame = case.mends(kinds=["battery"]).frame
    assert frame["kind"].tolist() == ["none"]
    assert f"{-case.verdicts['margin_wh'].iloc[0] / 1e3:.1f} kWh" in frame["what"].iloc[0]


def test_a_charge_while_standing_takes_as_long_as_power_says(world):
    """At 22 kW × 0.9 the missing energy takes so many minutes; an hour's stop has room for it."""
    models = world.models(truck={"dc_charge_w": math.nan})
    case = Case(world, [world.day("a", LONG, service_min=60.0)], models)
    found = only(case.mends(kinds=["charge"]).frame, "charge")
    missing = -case.verdicts["margin_wh"].iloc[0]
    assert found["verified"]
    assert found["late_s"] == 0.0
    assert found["minutes"] == math.ceil(missing / 19800.0 * 60.0)
    assert found["power_kw"] == 22.0
    # No more time, no more energy used, none of another price: the charger alone.
    assert found["cost_mxn_per_day"] == pytest.approx(52500.0 * ANNUITY / WORKING_DAYS)
    plug = np.where(case.stops["stop_id"] == found["place"].removeprefix("stop "), 19800.0, 0.0)
    again = case.judge(case.days, models, plug_power_w=plug)
    assert again["feasible"].all()
    assert found["kwh"] * 1e3 == pytest.approx(again["charged_wh"].iloc[0])


def test_a_charge_that_breaks_a_window_is_told_and_not_verified(world):
    """Stops of no duration and a window that closes on arrival leave no time for a charge."""
    day = world.day("a", LONG, service_min=0.0)
    models = world.models(truck={"dc_charge_w": math.nan})
    arrive = Case(world, [day], models).days.stops["arrive_s"]
    tight = day.assign(window_end=np.where(day["kind"] == "delivery", arrive + 1.0, np.nan))
    tight.loc[5, "window_end"] = arrive.iloc[5] + 1.0
    case = Case(world, [tight], models)
    frame = case.mends(kinds=["charge"]).frame
    assert frame["kind"].tolist() == ["none", "charge"]
    late = only(frame, "charge")
    assert not late["verified"]
    # The last stop before the depot is the latest place: its charge delays the return alone.
    assert late["late_s"] == pytest.approx(late["minutes"] * 60.0 - 1.0, abs=1.0)


def test_a_charger_on_the_way_costs_its_price_and_the_time(world):
    """A charger at the roadside: energy at its price less night, minutes of the driver, no wear."""
    lat, lon = world.place(15.0)
    chargers = pd.DataFrame(
        {"charger_id": ["c"], "lat": lat, "lon": lon, "kind": "dc", "power_w": 50000.0,
         "price_per_kwh": 5.0, "wait_min": 0.0}
    )  # fmt: skip
    models = world.models(truck={"ac_charge_w": math.nan})
    # A charger put up for this truck alone costs far more.
    case = Case(world, [world.day("a", LONG, service_min=0.0)], models)
    found = only(case.mends(kinds=["charge"], chargers=chargers).frame, "charge")
    assert found["verified"]
    assert found["place"].startswith("charger c after")
    more_kwh = found["kwh"] * (5.0 / 0.935 - PER_KWH)
    assert found["cost_mxn_per_day"] == pytest.approx(
        more_kwh + found["minutes"] / 60.0 * PER_HOUR, abs=0.35
    )  # what stopping once more and standing there take
    silent = chargers.drop(columns="price_per_kwh")
    found = only(case.mends(kinds=["charge"], chargers=silent).frame, "charge")
    assert found["cost_known"]  # one that is put up, for its cost is known
    assert found["place"].startswith("stop")


def test_a_charger_has_a_queue_and_opening_hours(world):
    """Waiting is the driver's time; a charge lies within the hours, or the charger is not used."""
    lat, lon = world.place(15.0)
    chargers = pd.DataFrame(
        {"charger_id": ["c"], "lat": lat, "lon": lon, "kind": "dc", "power_kw": 50.0,
         "price_per_kwh": 5.0, "wait_min": 0.0}
    )  # fmt: skip
    case = Case(
        world,
        [world.day("a", LONG, service_min=0.0)],
        world.models(truck={"ac_charge_w": math.nan}),
    )

    def found(**columns):
        table = chargers.assign(**columns)
        return only(case.mends(kinds=["charge"], chargers=table).frame, "charge")

    free, queued = found(), found(wait_min=20.0)
    assert queued["place"] == free["place"]
    assert queued["cost_mxn_per_day"] - free["cost_mxn_per_day"] == pytest.approx(
        20.0 / 60.0 * PER_HOUR, abs=0.35
    )
    assert found(wait_min=np.nan)["cost_mxn_per_day"] == found(wait_min=10.0)["cost_mxn_per_day"]
    # open for two hours from an hour after the day would end: waiting for that, 8:00 to 13:00
    day_end = case.days.traversals.vehicle_days["return_s"].iloc[0]
    opens = float(day_end) + 3600.0
    late = found(open_s=[((opens, opens + 7200.0),)])
    assert late["verified"]
    at = float(case.days.traversals.vehicle_days["depart_s"].iloc[0])
    assert late["cost_mxn_per_day"] - free["cost_mxn_per_day"] > (
        (opens - day_end) / 3600.0 * PER_HOUR
    )
    assert opens - at < 11 * 3600.0
    for hours in ((0.0, at - 1.0), (at, at + 60.0 * free["minutes"] - 1.0)):
        assert found(open_s=[(hours,)])["place"].startswith("stop")


def test_a_charge_at_the_depot_between_tours(world):
    """Back at the depot at noon for an hour; after that only the driver's time would cost."""
    day = world.day("a", [18.0, 0.0, 18.0, 12.0], service_min=0.0)
    day.loc[2, ["stop_id", "kind", "service_min"]] = ["noon", "depot", 60.0]
    case = Case(world, [day], world.models(truck={}))
    found = only(case.mends(kinds=["charge"]).frame, "charge")
    assert found["verified"]
    assert found["place"] == "depot noon between tours"
    plug = np.where(case.stops["stop_id"] == "noon", 19800.0, 0.0)
    assert case.judge(case.days, case.models, plug_power_w=plug)["feasible"].all()


def test_goods_of_a_moved_stop_are_loaded_where_its_new_tour_is(world):
    """Two tours, loaded at noon: what leaves the second tour is not loaded at noon any more."""
    day = world.day("a", [3.0, 0.0, 2.0, 4.0], drop_kg=[3000.0, 0.0, 2000.0, 2000.0])
    day.loc[2, ["stop_id", "kind"]] = ["noon", "depot"]
    day.loc[2, "pickup_kg"] = 4000.0
    sister = world.day("b", [3.0, 0.0, 4.0], drop_kg=[3400.0, 0.0, 1000.0])
    sister.loc[2, ["stop_id", "kind"]] = ["lunch", "depot"]
    sister.loc[2, "pickup_kg"] = 1000.0
    case = Case(world, [day, sister], world.models(truck={}))
    assert case.verdicts["cause"].tolist() == ["payload", "none"]
    frame = case.mends(kinds=["move"]).frame
    # the sister has 100 kg to spare on its first tour: nothing of 2000 kg is put there
    assert frame["kind"].tolist() == ["none"]
    sister.loc[1, "drop_kg"] = 1400.0
    case = Case(world, [day, sister], world.models(truck={}))
    found = only(case.mends(kinds=["move"]).frame, "move")
    assert found["verified"]
    assert found["stops_moved"] in ("a-3", "a-4")


def test_unknown_costs_rank_after_known_ones(world):
    """A model without a price mends the day; its cost is NaN, not zero, and it comes last."""
    big = {"battery_usable_wh": 60000.0, "battery_gross_wh": 66000.0, "price_mxn": math.nan}
    case = Case(world, [world.day("a", LONG)], world.models(truck={}, big=big))
    frame = case.mends(kinds=["battery", "vehicle"]).frame
    assert frame["kind"].tolist() == ["battery", "vehicle"]
    assert math.isnan(frame["cost_mxn_per_day"].iloc[1])
    assert not frame["cost_known"].iloc[1]
    assert "price not known: big" in frame["what"].iloc[1]
    assert frame["verified"].all()


def test_another_vehicle_is_the_cheapest_that_replaces_the_class(world):
    """Price difference annualised plus energy; one that is cheaper but of another class is not."""
    large = {"battery_usable_wh": 60000.0, "battery_gross_wh": 66000.0}
    models = world.models(
        truck={}, dear={**large, "price_mxn": 2e6}, fair={**large, "price_mxn": 1.3e6},
        other={**large, "price_mxn": 9e5, "replaces": "rigid_12t"},
        small={"battery_usable_wh": 9000.0, "battery_gross_wh": 1e4, "price_mxn": 8e5},
    )  # fmt: skip
    case = Case(world, [world.day("a", LONG)], models)
    frame = case.mends(kinds=["vehicle"]).frame
    found = frame[frame["model_id"] == "truck"].iloc[0]
    assert found["new_model_id"] == "fair"
    energy = case.verdicts["energy_wh"]
    more = (energy[0, "fair"] - energy[0, "truck"]) / 1e3 * PER_KWH
    assert found["cost_mxn_per_day"] == pytest.approx(3e5 * ANNUITY / WORKING_DAYS + more)


def test_one_stop_goes_to_the_sister_that_passes_it(world):
    """The sister drives to km 37 with room; both days are judged again here."""
    large = {"battery_usable_wh": 40000.0, "battery_gross_wh": 44000.0, "price_mxn": 2e6}
    days = [world.day("a", LONG), world.day("b", [37.0])]
    case = Case(world, days, world.models(truck={}, large=large))
    frame = case.mends(kinds=["move"]).frame
    found = frame[(frame["vehicle_day"] == 0) & (frame["kind"] == "move")].iloc[0]
    assert (found["stops_moved"], found["to_vehicle_day"]) == ("a-4", 1)
    stops = case.stops.copy()
    moved = stops["stop_id"] == "a-4"
    stops.loc[moved, ["vehicle_id", "seq"]] = ["b", 1]
    stops.loc[(stops["vehicle_id"] == "b") & ~moved, "seq"] *= 2
    again = case.judge(case.route(stops), case.models)
    assert again.loc[(0, "truck"), "feasible"]
    assert again.loc[(1, found["to_model_id"]), "feasible"]
    before, after = case.verdicts, again
    sister = (1, found["to_model_id"])
    wh = after.loc[(0, "truck"), "energy_wh"] - before.loc[(0, "truck"), "energy_wh"]
    wh += after.loc[sister, "energy_wh"] - before.loc[sister, "energy_wh"]
    # 12 km less of the first, none more of the second; the ten minutes there are the same.
    expected = wh / 1e3 * PER_KWH - 12.0 * PER_KM - 12000.0 / 10.0 / 3600.0 * PER_HOUR
    assert found["cost_mxn_per_day"] == pytest.approx(expected, rel=1e-6)


def test_stops_go_to_no_other_operator(world):
    """The same two days of two operators: nothing to move to."""
    days = [world.day("a", LONG), world.day("b", [37.0])]
    large = {"battery_usable_wh": 40000.0, "battery_gross_wh": 44000.0}
    case = Case(world, days, world.models(truck={}, large=large), operators=["one", "two"])
    frame = case.mends(kinds=["move"]).frame
    assert set(frame["kind"]) == {"none"}


def test_an_overload_is_moved_with_the_fewest_stops(world):
    """Four drops of 1000 kg on 3500 kg: one must go, and a sister with 2000 kg takes one."""
    days = [world.day("a", [1.0, 2.0, 3.0, 4.0], drop_kg=1000.0), world.day("b", [4.0],
            drop_kg=2000.0)]  # fmt: skip
    case = Case(world, days, world.models(truck={}))
    assert case.verdicts.loc[(0, "truck"), "cause"] == "payload"
    found = only(case.mends().frame, "move")
    assert len(found["stops_moved"].split(";")) == 1
    assert found["verified"]
    full = [days[0], world.day("b", [4.0], drop_kg=2600.0)]
    frame = Case(world, full, world.models(truck={})).mends().frame
    assert frame["kind"].tolist() == ["none"]
    assert "500 kg too heavy" in frame["what"].iloc[0]


@pytest.fixture
def cold_morning(world):
    """A day that fails on heating in the early hours and not at noon; windows if wanted."""

    def make(**columns):
        temperature = [-5.0] * 11 + [20.0] * 13
        day = world.day("a", [10.0, 20.0, 30.0], **columns)
        models = world.models(truck={"battery_usable_wh": 17500.0})
        return Case(world, [day], models, temperature_c=temperature)

    return make


def test_leaving_later_mends_a_day_that_heating_broke(cold_morning):
    """Eleven o'clock is warm; replayed here with the departure moved by hand."""
    case = cold_morning()
    assert case.verdicts["cause"].tolist() == ["energy"]
    found = only(case.mends(kinds=["departure"]).frame, "departure")
    stops = case.stops.copy()
    stops.loc[0, "window_start"] += found["depart_shift_min"] * 60.0
    again = case.judge(case.route(stops), case.models)
    assert again["feasible"].all()
    saved = again["energy_wh"].iloc[0] - case.verdicts["energy_wh"].iloc[0]
    assert found["cost_mxn_per_day"] == pytest.approx(saved / 1e3 * PER_KWH)
    assert found["cost_mxn_per_day"] < 0.0


def test_windows_hold_for_another_departure(cold_morning):
    """Deliveries until half past nine cannot be made from eleven on."""
    case = cold_morning(window_end=9.5 * 3600.0)
    frame = case.mends(kinds=["departure"]).frame
    assert frame["kind"].tolist() == ["none"]


def test_traffic_by_hour_counts(world):
    """A jam from 8 to 11 makes the cold cabin cost more; at another hour the road is free."""
    factors = np.ones((1, 24))
    factors[0, 8:11] = 0.35
    speeds = HourlySpeeds(("all",), factors, world.speeds.edge_row)
    models = world.models(truck={"auxiliary_power_w": 3000.0, "battery_usable_wh": 20000.0})
    case = Case(world, [world.day("a", [10.0, 20.0])], models, speeds=speeds)
    assert case.verdicts["cause"].tolist() == ["energy"]
    found = only(case.mends(kinds=["departure"]).frame, "departure")
    assert found["verified"]
    stops = case.stops.copy()
    stops.loc[0, "window_start"] += found["depart_shift_min"] * 60.0
    days = case.route(stops)
    again = case.judge(days, models)
    hours = [(d.traversals.vehicle_days["return_s"] - d.traversals.vehicle_days["depart_s"]).iloc[0]
             / 3600.0 for d in (case.days, days)]  # fmt: skip
    saved = (again["energy_wh"] - case.verdicts["energy_wh"]).iloc[0] / 1e3 * PER_KWH
    expected = saved + (hours[1] - hours[0]) * PER_HOUR
    assert found["cost_mxn_per_day"] == pytest.approx(expected)
    assert hours[1] < hours[0] - 0.5


def random_days(world, seed):
    """Return a case of five trucks of one operator with days of many lengths."""
    rng = np.random.default_rng(seed)
    days = []
    for name in "abcde":
        kms = np.sort(rng.uniform(1.0, 39.0, 5)).round(2).tolist()
        end = np.where(rng.random(5) < 0.3, rng.uniform(10.0, 14.0, 5) * 3600.0, np.nan)
        days.append(world.day(name, kms, drop_kg=rng.uniform(100.0, 900.0, 5), window_end=end))
    models = world.models(
        truck={}, light={"battery_usable_wh": 12000.0, "battery_gross_wh": 13500.0,
                         "payload_capacity_kg": 2500.0, "price_mxn": 7e5},
        large={"battery_usable_wh": 30000.0, "battery_gross_wh": 33000.0, "price_mxn": math.nan},
    )  # fmt: skip
    return Case(world, days, models, temperature_c=[2.0] * 10 + [18.0] * 14)


@pytest.mark.parametrize("seed", [2, 5])
def test_what_is_verified_is_feasible_when_driven_here(world, seed):
    """Every kind, on random days that the test changes and judges by itself."""
    case = random_days(world, seed)
    result = case.mends()
    frame = result.frame
    assert result.report["days_routed_differently"] == 0
    assert frame["verified"].any()
    broken = case.verdicts[~case.verdicts["feasible"]]
    assert set(frame.set_index(["vehicle_day", "model_id"]).index) == set(broken.index)
    for row in frame[frame["verified"]].to_dict("records"):
        key = (row["vehicle_day"], row["model_id"])
        assert row["late_s"] == 0.0
        if row["kind"] == "battery":
            one = ElectricModels(case.models.frame.loc[[row["model_id"]]])
            wider = _resized_like(one, row)
            assert case.judge(case.days, wider).loc[key, "feasible"]
        elif row["kind"] == "vehicle":
            assert case.verdicts.loc[(row["vehicle_day"], row["new_model_id"]), "feasible"]
        elif row["kind"] == "departure":
            stops = case.stops.copy()
            first = np.flatnonzero((stops["vehicle_id"] == row["vehicle_id"]) & (stops["seq"] == 0))
            stops.loc[first, "window_start"] += row["depart_shift_min"] * 60.0
            days = case.route(stops)
            assert case.judge(days, case.models).loc[key, "feasible"]
            _assert_in_time(case, days)
        elif row["kind"] == "move":
            days = case.route(_stops_moved(case, row))
            again = case.judge(days, case.models)
            assert again.loc[key, "feasible"]
            assert again.loc[(row["to_vehicle_day"], row["to_model_id"]), "feasible"]
            _assert_in_time(case, days)
        elif row["kind"] == "charge":
            stops, plug = _charged(case, row)
            days = case.route(stops)
            again = case.judge(days, case.models, plug_power_w=plug).loc[key]
            assert again["feasible"]
            assert again["charged_wh"] == pytest.approx(row["kwh"] * 1e3)
            _assert_in_time(case, days)


def _assert_in_time(case, days):
    """No stop is later than its window, or than it was."""
    late = days.stops.set_index("stop_id")["late_s"].groupby(level=0).max()
    was = case.days.stops.set_index("stop_id")["late_s"].clip(lower=0).groupby(level=0).max()
    assert (late <= was.loc[late.index] + 1e-3).all()


def _stops_moved(case, row):
    stops = case.stops.copy()
    sister = case.days.traversals.vehicle_days["vehicle_id"].iloc[row["to_vehicle_day"]]
    order = row["sister_order"].split(";")
    stops.loc[stops["stop_id"].isin(row["stops_moved"].split(";")), "vehicle_id"] = sister
    mine = np.flatnonzero((stops["vehicle_id"] == sister) & (stops["kind"] == "delivery"))
    stops.loc[mine, "seq"] = [order.index(name) for name in stops["stop_id"].iloc[mine]]
    ends = (stops["vehicle_id"] == sister) & (stops["kind"] == "depot") & (stops["seq"] > 0)
    stops.loc[ends, "seq"] = len(order) - 1
    return stops


def _charged(case, row):
    name = row["place"].removeprefix("stop ")
    here = (case.stops["stop_id"] == name).to_numpy()
    at = case.days.stops[case.days.stops["stop_id"] == name].iloc[0]
    stood = (at["depart_s"] - at["arrive_s"]) / 60.0
    stops = case.stops.copy()
    stops.loc[here, "service_min"] += max(row["minutes"] - stood, 0.0)
    return stops, np.where(here, 19800.0 if row["power_kw"] == 22.0 else 60000.0, 0.0)


def _resized_like(one, row):
    frame = one.frame.copy()
    lost = row["payload_lost_kg"]
    frame["curb_mass_kg"] += lost
    frame["payload_capacity_kg"] -= lost
    frame["battery_usable_wh"], frame["battery_gross_wh"] = row["kwh"] * 1e3, row["gross_kwh"] * 1e3
    return ElectricModels(frame)


def test_the_order_of_rows_changes_nothing(world):
    """Models, chargers and pairs in another order: the same table."""
    case = random_days(world, 4)
    lat, lon = zip(*(world.place(km) for km in (6.0, 14.0, 22.0)), strict=True)
    chargers = pd.DataFrame({"charger_id": ["x", "y", "z"], "lat": lat, "lon": lon, "kind": "dc",
                             "power_w": 50000.0, "price_per_kwh": [6.0, 5.0, 4.0]})  # fmt: skip
    first = case.mends(chargers=chargers).frame
    pairs = case.verdicts[~case.verdicts["feasible"]].reset_index()[["vehicle_day", "model_id"]]
    case.models = ElectricModels(case.models.frame.iloc[::-1])
    again = case.mends(chargers=chargers.iloc[::-1].reset_index(drop=True), pairs=pairs.iloc[::-1])
    pd.testing.assert_frame_equal(first, again.frame, rtol=1e-9)


def test_days_driven_together_do_not_touch_each_other(world, monkeypatch):
    """Seven changed days at a time instead of hundreds: the same table."""
    case = random_days(world, 2)
    first = case.mends(kinds=["charge", "move", "departure"]).frame
    monkeypatch.setattr("geofleet.energy.mend.replay._DAYS_AT_ONCE", 7)
    again = case.mends(kinds=["charge", "move", "departure"]).frame
    pd.testing.assert_frame_equal(first, again, rtol=1e-9)


def test_a_dearer_battery_never_ranks_better(short):
    """Rank of the battery over its price: never falls; verified mends are in order of cost."""
    ranks = []
    for price in (100.0, 3300.0, 20000.0, 300000.0):
        defaults = Defaults({"mends:battery_price": price})
        frame = short.mends(defaults=defaults).frame
        ranks.append(int(only(frame, "battery")["rank"]))
        good = frame[frame["verified"] & frame["cost_known"]]
        assert good["cost_mxn_per_day"].is_monotonic_increasing
    assert ranks == sorted(ranks)
    assert ranks[0] < ranks[-1]


def test_days_that_work_are_left_alone_and_unknown_ones_said_to_be(world):
    """No row for a feasible day; a stop far from any road makes a row of kind unknown."""
    good = Case(world, [world.day("a", [5.0])], world.models(truck={})).mends()
    assert good.frame.empty
    day = world.day("a", [5.0, 8.0])
    day.loc[1, ["lat", "lon"]] = world.place(5.0, 9000.0)
    found = Case(world, [day], world.models(truck={})).mends().frame
    assert found["kind"].tolist() == ["unknown"]
    assert set(found["kind"]) <= set(KINDS)
    assert not found["verified"].any()


def test_what_cannot_be_used_is_named(short):
    """All faults of the table of chargers and of the kinds, at once."""
    chargers = pd.DataFrame({"charger_id": ["a", "a"], "lat": [95.0, 1.0], "lon": [0.0, 0.0],
                             "kind": ["dc", "gas"], "power_w": [-1.0, 5e4]})  # fmt: skip
    with pytest.raises(InputError) as raised:
        short.mends(chargers=chargers, kinds=["hope"])
    fields = {problem.field for problem in raised.value.problems}
    assert fields == {"kinds", "charger_id", "lat", "kind", "power_w"}
    worse = chargers.assign(wait_min=[-1.0, 2.0], open_s=[(), ((3.0, 2.0),)])
    worse = worse.drop(columns="power_w").assign(power_kw=[0.0, 50.0])
    with pytest.raises(InputError) as raised:
        short.mends(chargers=worse)
    fields = {problem.field for problem in raised.value.problems}
    assert fields == {"charger_id", "lat", "kind", "power_kw", "wait_min", "open_s"}
    with pytest.raises(InputError, match="a column of this name"):
        short.mends(chargers=chargers[["charger_id"]])
    with pytest.raises(InputError, match="stops"):
        mends(
            short.days.traversals, short.world.network, short.models, fleet=short.fleet,
            temperature_c=20.0,
        )  # fmt: skip
    with pytest.raises(InputError, match="battery_step"):
        short.mends(defaults=Defaults({"mends:battery_step": 0.0}))
