"""Ledger cases of a fleet, against sums done by hand from the published figures."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from geofleet.defaults import Defaults
from geofleet.economics.options import Options, economic_terms, explain_case, make_options
from geofleet.errors import InputError

KM = 30_000.0
LITRES = 6_000.0  # 20 L/100 km
PUMP = 26.30 / 1.16  # what a firm pays that gets its value added tax back
OWN = 850_000.0 * 0.92**12  # a truck of 2013 in 2025, 8 % a year


def truck(**changes: Any) -> pd.DataFrame:
    row = {
        "vehicle_class": "rigid_7_5t", "fuel": "diesel", "standard": "euro_4", "model_year": 2013,
        "gvw_kg": 7500.0, "payload_capacity_kg": 3900.0, "operator_size": "1-5", **changes,
    }  # fmt: skip
    return pd.DataFrame([row], index=pd.Index(["t"], name="vehicle_id"))


def physics(vehicles: pd.DataFrame, *options: dict[str, Any]) -> pd.DataFrame:
    rows = []
    for vehicle in vehicles.index:
        for option in ({"option": "keep"}, *options):
            rows.append({
                "vehicle_id": vehicle, "technology": str(option["option"]).partition(":")[0],
                "model_id": str(option["option"]).partition(":")[2], "annual_km": KM,
                "fuel_l": LITRES, "energy_wh": 0.0, "adblue_l": 0.0, "payload_short_kg": 0.0,
                **option,
            })  # fmt: skip
    return pd.DataFrame(rows).set_index(["vehicle_id", "option"])


ELECTRIC = {
    "option": "electric:byd_etm6", "fuel_l": 0.0, "energy_wh": 18e6, "charger_kind": "ac_22",
    "charger_power_w": 22e3, "plug_share": 0.5,
}  # fmt: skip


def options_of(*options: dict[str, Any], **changes: Any) -> Options:
    vehicles = truck(**changes)
    return make_options(physics(vehicles, *options), vehicles)


def test_the_truck_that_is_kept_is_priced_column_by_column() -> None:
    """A C2 truck of 12 years, 30,000 km and 20 L/100 km."""
    case = options_of().cases.loc[("t", "keep")]
    expected = {
        "years": 10, "discount_rate": 0.175, "inflation": 0.04, "price": 0, "duty": 0,
        "purchase_tax": 0, "charger": 0, "grant": 0, "trade_in": 0, "loan": 0,
        "energy_per_year": LITRES * PUMP, "fluid_per_year": 0, "filter_per_year": 0,
        "tyres_per_year": KM * 1.8 / 4, "maintenance_per_year": KM * 1.8 * 0.75 * 1.389,
        "maintenance_growth": 0, "value": OWN, "value_decline": 0.08, "insurance_share": 0.045,
        "downtime_per_year": 0, "payload_loss_per_year": 0, "access_per_year": 0,
        "charges_per_year": 2 * 585, "vehicle_tax_per_year": 0, "battery_price": 0,
        "battery_year": 0, "income_tax_rate": 0, "km_per_year": KM,
        "tonne_km_per_year": KM * 3.9 / 2,
    }  # fmt: skip
    assert case[list(expected)].to_dict() == pytest.approx(expected, rel=1e-9)


def test_a_filter_costs_its_price_its_cleaning_and_its_failures() -> None:
    """MXN 200,000; 10,000 a year; one in three fails within eight years."""
    made = options_of({"option": "dpf_retrofit", "fuel_l": LITRES * 1.02}).cases
    case = made.loc[("t", "dpf_retrofit")]
    assert case["price"] == 200_000.0
    assert case["duty"] == case["trade_in"] == 0.0
    # 10 years need a quarter of a second filter of 8 years, 50,000 in ten parts
    assert case["filter_per_year"] == pytest.approx(10_000 + 200_000 / 3 / 8 + 5_000, rel=2e-4)
    assert case["value"] == pytest.approx(OWN)  # a filter adds nothing to what a truck sells for
    assert case["energy_per_year"] == pytest.approx(LITRES * 1.02 * PUMP)


def test_new_engines_cost_the_class_price_and_their_premium() -> None:
    """Diesel 850,000, gas 15 % more, each with the old truck traded in; AdBlue where it is used."""
    made = options_of(
        {"option": "euro_6", "adblue_l": 300.0}, {"option": "cng"}, {"option": "diesel_hybrid"}
    ).cases.loc["t"]
    assert made.loc["euro_6", "price"] == 850_000.0
    assert made.loc["cng", "price"] == pytest.approx(977_500.0)
    assert made.loc["cng", "energy_per_year"] == pytest.approx(LITRES * 13.0 / 1.16)
    assert made.loc["euro_6", "fluid_per_year"] == 300 * 14.0
    assert made.loc["euro_6", "maintenance_per_year"] == pytest.approx(KM * 1.8 * 0.75)
    new = ["euro_6", "cng", "diesel_hybrid"]
    assert made.loc[new, "trade_in"].to_numpy() == pytest.approx(0.9 * OWN)
    assert made.loc["euro_6", "vehicle_tax_per_year"] == pytest.approx(0.00245 * 850_000)


def test_an_electric_truck_from_china_costs_its_class_price_with_duty_once() -> None:
    """1.6 million holds 15 % of duty: 126 kWh instead of 83 are added before duty, not after."""
    case = options_of(ELECTRIC).cases.loc[("t", "electric:byd_etm6")]
    before = 1_600_000 / 1.15 + (126 - 83) * 3_300
    assert case["price"] == pytest.approx(before)
    assert case["duty"] == pytest.approx(0.15 * before)
    assert case["value"] == pytest.approx(1.15 * before)
    assert case["charger"] == (25_000 + 80_000) / 2  # half its time, but it is the only one
    upkeep = case["tyres_per_year"] + case["maintenance_per_year"]
    assert upkeep == pytest.approx(KM * 1.2, rel=1e-4)
    assert case["charges_per_year"] == case["vehicle_tax_per_year"] == 0.0
    assert 1 - (1 - case["value_decline"]) ** 4 == pytest.approx(0.35, abs=1e-3)


def test_a_published_price_is_used_at_the_rate_of_its_year() -> None:
    """EUR 34,200 of 2022, and a price in pesos of 2022, when no duty was due."""
    van = truck(vehicle_class="cargo_van", gvw_kg=3000.0, payload_capacity_kg=900.0)
    made = make_options(
        physics(van, {**ELECTRIC, "option": "electric:maxus_edeliver3_35"},
                {**ELECTRIC, "option": "electric:byd_t3"}),
        van,
    ).cases.loc["t"]  # fmt: skip
    assert made.loc["electric:maxus_edeliver3_35", "price"] == pytest.approx(
        34_200 * 1.053 / 0.0497
    )
    assert made.loc["electric:byd_t3", "price"] == 1_200_000.0
    assert made.loc["electric:byd_t3", "duty"] == pytest.approx(180_000.0)


def test_two_countries_of_assembly_leave_the_duty_unknown_until_the_study_says() -> None:
    """A van from the United States is free of duty, one from Turkey is not."""
    van = truck(vehicle_class="cargo_van", gvw_kg=3500.0, payload_capacity_kg=1300.0)
    option = {**ELECTRIC, "option": "electric:ford_e_transit_350"}
    made = make_options(physics(van, option), van)
    assert np.isnan(made.cases.loc[("t", option["option"]), "duty"])
    assert any("ford_e_transit_350" in text for text in made.report["unknown"])
    told = make_options(physics(van, {**option, "assembly_country": "US"}), van)
    assert told.cases.loc[("t", option["option"]), "duty"] == 0.0
    row = {"electric_models:ford_e_transit_350.assembly_country": "TR"}
    turkish = make_options(physics(van, option), van, defaults=Defaults(row))
    case = turkish.cases.loc[("t", option["option"])]
    assert case["duty"] == pytest.approx(0.15 * case["price"])


def test_value_added_tax_falls_on_who_cannot_credit_it() -> None:
    """Purchases, electricity and fuel alike: 16 % more than who gets it back."""
    vehicles = truck()
    table = physics(vehicles, ELECTRIC)
    firm = make_options(table, vehicles).cases
    rows = Defaults({"society:vat_credited.1-5": 0.0})
    plain = make_options(table, vehicles, defaults=rows).cases
    assert plain["energy_per_year"].to_numpy() == pytest.approx(1.16 * firm["energy_per_year"])
    case = plain.loc[("t", "electric:byd_etm6")]
    assert case["purchase_tax"] == pytest.approx(
        0.16 * (case["price"] + case["duty"] + case["charger"])
    )
    assert plain.loc[("t", "keep"), "energy_per_year"] == pytest.approx(LITRES * 26.30)


def test_a_battery_is_bought_when_the_ledger_outlives_it() -> None:
    """Ten years; the price falls by 3 % a year against prices that grow by 4 %."""
    vehicles = truck()
    table = physics(vehicles, ELECTRIC)
    short = make_options(table, vehicles).cases.loc[("t", "electric:byd_etm6")]
    assert (short["battery_year"], short["battery_price"]) == (0.0, 0.0)
    rows = Defaults({"economics:horizon_years": 15})
    long = make_options(table, vehicles, defaults=rows).cases.loc[("t", "electric:byd_etm6")]
    assert long["battery_year"] == 10
    assert long["battery_price"] == pytest.approx(126 * 3300 * (1.04 * 0.97) ** 10)


def test_the_price_of_a_heavy_battery_agrees_with_the_million_that_a_broker_names() -> None:
    """The pack of a heavy truck by price per kWh: within a quarter of MXN 1,000,000."""
    rows = Defaults()
    price = rows.number("vehicle_prices", "rigid_20t.electric.battery") * rows.number(
        "mends", "battery_price"
    )
    assert price == pytest.approx(1_000_000, rel=0.25)


def test_goods_left_behind_count_only_where_loads_need_the_room() -> None:
    """A tonne short: 0.3 t of a known load of 3.2 t; three days in ten where no load is known."""
    option = {**ELECTRIC, "payload_short_kg": 1000.0}
    column, key = "payload_loss_per_year", ("t", "electric:byd_etm6")
    assert options_of(option).cases.loc[key, column] == pytest.approx(1.0 * 300 * 0.3 * 400)
    known = options_of(option, payload_needed_kg=3200.0).cases
    assert known.loc[key, column] == pytest.approx(0.3 * 300 * 400)
    light = options_of(option, payload_needed_kg=2000.0).cases
    assert light.loc[key, column] == 0.0


def test_hours_lost_to_charging_cost_driver_and_vehicle() -> None:
    """50 hours at 150 pesos."""
    made = options_of({**ELECTRIC, "charging_hours_lost": 50.0}).cases
    assert made.loc[("t", "electric:byd_etm6"), "downtime_per_year"] == 7_500.0


def test_access_and_charges_come_in_by_vehicle_and_option() -> None:
    """0 where nothing is said, unknown where the value is."""
    vehicles = truck()
    table = physics(vehicles, ELECTRIC, {"option": "euro_6"})
    index = pd.MultiIndex.from_tuples([("t", "electric:byd_etm6"), ("t", "euro_6")])
    given = pd.Series([50_000.0, np.nan], index)
    made = make_options(table, vehicles, access=given, charges=pd.Series([900.0], index[1:])).cases
    assert made.loc["t", "access_per_year"].fillna(-1).tolist() == [0.0, 50_000.0, -1.0]
    assert made.loc[("t", "euro_6"), "charges_per_year"] == 2 * 585 + 900


def test_unknown_energy_stays_unknown_and_unknown_distance_is_assumed_aloud() -> None:
    """A class without prices has none; a distance is that of the class, and counted."""
    vehicles = truck()
    table = physics(vehicles, {**ELECTRIC, "energy_wh": np.nan})
    table["annual_km"] = np.nan
    made = make_options(table, vehicles)
    assert np.isnan(made.cases.loc[("t", "electric:byd_etm6"), "energy_per_year"])
    assert made.report["unknown"]["energy_per_year"] == 1
    assert made.cases["km_per_year"].tolist() == [32_500.0, 32_500.0]
    assert made.assumed["annual_km of the class"] == 2


def test_vehicles_of_a_depot_share_demand_and_substation() -> None:
    """Twenty trucks need a substation together and pay for it once between them."""
    fleet = pd.concat([truck()] * 20)
    fleet.index = pd.Index([f"t{i}" for i in range(20)], name="vehicle_id")
    option = {**ELECTRIC, "energy_wh": 30e6, "plug_share": 0.0}
    alone = make_options(physics(fleet, option), fleet).cases["charger"]
    together = make_options(physics(fleet, option), fleet.assign(depot_id="d")).cases["charger"]
    assert alone.sum() == 0.0
    assert together.sum() == pytest.approx(1_000_000.0)  # the middle of 0.5 to 1.5 million


def test_chargers_come_whole_and_are_shared() -> None:
    """Three trucks that need half a charger each put up two, and pay two thirds of one each."""
    fleet = pd.concat([truck()] * 3)
    fleet.index = pd.Index(list("abc"), name="vehicle_id")
    made = make_options(physics(fleet, ELECTRIC), fleet.assign(depot_id="d")).cases
    assert made["charger"].xs(ELECTRIC["option"], level=1).to_numpy() == pytest.approx(
        2 / 3 * 52_500
    )


def test_a_fast_charger_is_not_shared_with_who_charges_slowly() -> None:
    """Three vans at 22 kW share one; the truck at 60 kW pays for its own, as if alone."""
    fleet = pd.concat([truck()] * 4)
    fleet.index = pd.Index(list("abcd"), name="vehicle_id")
    fast = {**ELECTRIC, "charger_kind": "dc_60", "charger_power_w": 60e3, "plug_share": 0.2}
    slow = {**ELECTRIC, "plug_share": 0.3}
    table = pd.concat([physics(fleet.loc[["a", "b", "c"]], slow), physics(fleet.loc[["d"]], fast)])
    made = make_options(table, fleet.assign(depot_id="d")).cases["charger"]
    costs = made.xs(ELECTRIC["option"], level=1)
    assert costs["d"] == 800_000.0
    assert costs[["a", "b", "c"]].to_numpy() == pytest.approx(52_500 / 3)


def test_who_cannot_do_the_work_shares_no_charger() -> None:
    """Of two trucks of a depot one never gets an electric: the other pays for the charger."""
    fleet = pd.concat([truck()] * 2)
    fleet.index = pd.Index(list("ab"), name="vehicle_id")
    table = physics(fleet, ELECTRIC)
    table["probability"] = 1.0
    both = make_options(table, fleet.assign(depot_id="d")).cases["charger"]
    key = ELECTRIC["option"]
    assert both[("a", key)] == pytest.approx(52_500 / 2)
    table.loc[("b", key), "probability"] = 0.0
    one = make_options(table, fleet.assign(depot_id="d")).cases["charger"]
    assert one[("a", key)] == pytest.approx(52_500)


def test_weight_and_payload_may_be_missing() -> None:
    """The tax of a heavy truck is not that of a light one because nobody told its weight."""
    heavy = truck(vehicle_class="articulated_40t", model_year=2022)
    told = make_options(physics(heavy.assign(gvw_kg=40_000.0)), heavy.assign(gvw_kg=40_000.0))
    bare = heavy.drop(columns=["gvw_kg", "payload_capacity_kg"])
    made = make_options(physics(bare), bare)
    column = "vehicle_tax_per_year"
    assert made.cases.loc[("t", "keep"), column] == told.cases.loc[("t", "keep"), column] > 0
    assert made.assumed["largest gvw_kg of the class"] == 1
    assert np.isnan(made.cases.loc[("t", "keep"), "tonne_km_per_year"])


def test_who_does_not_drive_leaves_no_goods_behind_and_no_vehicles_are_no_fault() -> None:
    """0 km are 0 tonnes; a table without rows gives one without rows."""
    option = {**ELECTRIC, "payload_short_kg": 1000.0, "annual_km": 0.0}
    assert options_of(option).cases.loc[("t", option["option"]), "payload_loss_per_year"] == 0.0
    vehicles = truck()
    table = physics(vehicles, ELECTRIC)
    nothing = make_options(table.iloc[:0], vehicles.iloc[:0].assign(depot_id="d"))
    assert len(nothing.cases) == 0
    assert list(nothing.cases.columns) == list(make_options(table, vehicles).cases.columns)


def test_the_order_of_rows_does_not_matter() -> None:
    """Each case is the same wherever it stands."""
    fleet = pd.concat([truck(), truck(vehicle_class="cargo_van", operator_size=">100")])
    fleet.index = pd.Index(["a", "b"], name="vehicle_id")
    fleet["depot_id"] = "d"
    table = physics(fleet, ELECTRIC, {"option": "cng"})
    first = make_options(table, fleet).cases
    second = make_options(table.iloc[::-1], fleet.iloc[::-1]).cases
    pd.testing.assert_frame_equal(first, second.loc[first.index])


def test_every_column_is_explained_by_the_rows_that_it_rests_on() -> None:
    """Rows of the case's own class, technology and size, and of no other."""
    made = options_of(ELECTRIC, {"option": "cng"})
    told = explain_case(made, "t", "electric:byd_etm6")
    assert set(told["column"]) == set(made.cases.columns)
    price = set(told.loc[told["column"] == "price", "row"])
    assert {"vehicle_prices:rigid_7_5t.electric.price", "mends:battery_price"} <= price
    assert "vehicle_prices:premium.cng" not in price
    assert not told.loc[told["row"] != "", ["unit", "source", "status"]].eq("").any().any()
    kept = explain_case(made, "t")
    assert "pricing:diesel_per_l" in set(kept.loc[kept["column"] == "energy_per_year", "row"])
    assert set(made.provenance) >= {row for rows in made.sources.values() for row in rows}


def test_a_study_overrides_terms_and_prices() -> None:
    """Overridden rows show as the user's in the explanation."""
    rows = Defaults({"economics:discount_rate.1-5": 0.2, "pricing:diesel_per_l": 30.0})
    assert economic_terms(rows).discount_rate["1-5"] == 0.2
    vehicles = truck()
    made = make_options(physics(vehicles), vehicles, defaults=rows)
    told = explain_case(made, "t").set_index("row")
    assert told.loc["pricing:diesel_per_l", ["row_value", "status"]].tolist() == ["30.0", "user"]


def test_prices_of_another_currency_are_named_until_the_study_gives_its_own() -> None:
    """A study in pesos of Chile gets no price in pesos of Mexico."""
    vehicles = truck()
    table = physics(vehicles)
    with pytest.raises(InputError) as caught:
        make_options(table, vehicles, defaults=Defaults({"economics:currency": "CLP"}))
    named = {problem.field: problem.value for problem in caught.value.problems}
    assert named["pricing:diesel_per_l"] == "26.30"
    own = {"economics:currency": "CLP"} | dict.fromkeys(named, 1000.0)
    made = make_options(table, vehicles, defaults=Defaults(own))
    assert made.currency == "CLP"
    assert made.cases.loc[("t", "keep"), "energy_per_year"] == pytest.approx(LITRES * 1000 / 1.16)


def test_every_fault_of_the_tables_is_named_at_once() -> None:
    """Class, size and technology, a vehicle without keep, one that is not in the table."""
    vehicles = truck(vehicle_class="boat", operator_size="many")
    table = physics(vehicles, {"option": "steam", "technology": "steam"})
    with pytest.raises(InputError) as caught:
        make_options(table.drop(index=("t", "keep")), vehicles)
    assert {(p.file, p.field) for p in caught.value.problems} == {
        ("vehicles", "vehicle_class"), ("vehicles", "operator_size"), ("physical", "technology"),
        ("physical", "option"),
    }  # fmt: skip
    with pytest.raises(InputError, match="a column operator_size"):
        make_options(table, vehicles.drop(columns="operator_size"))
    good, rows = truck(), Defaults({"economics:insurance_share": 3.0})
    table = physics(good)
    with pytest.raises(InputError, match="a number of at least 0 and at most 1"):
        make_options(table, good, defaults=rows)
