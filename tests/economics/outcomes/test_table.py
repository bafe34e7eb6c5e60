"""Outcomes of plain tables: one truck, a city, and what cannot be known of them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geofleet.defaults import Defaults
from geofleet.economics.options import make_options
from geofleet.economics.outcomes import table_outcomes
from geofleet.economics.outcomes.charging import charger_kinds, hours_to_refill
from geofleet.energy.catalogue import electric_models
from geofleet.errors import InputError
from geofleet.policy.programme import city_cases, grams_per_km

MODELS = electric_models(["byd_t3", "jac_n55_ev", "foton_eaumark_6t"])
TRUCK = {
    "vehicle_id": "t", "vehicle_class": "rigid_7_5t", "fuel": "diesel", "standard": "epa_1998",
    "model_year": 1999, "annual_km": 25000.0, "payload_capacity_kg": 3500.0,
}  # fmt: skip


def outcomes_of(*rows: dict[str, object], **settings: object) -> pd.DataFrame:
    return table_outcomes(
        pd.DataFrame(list(rows)), models=MODELS, country="MX", year=2025, **settings,  # type: ignore[arg-type]
    ).physical  # fmt: skip


def test_one_truck_works_end_to_end() -> None:
    """All options, grams of a programme, harm and range unknown."""
    found = outcomes_of(TRUCK).loc["t"]
    electric = [f"electric:{name}" for name in ("jac_n55_ev", "foton_eaumark_6t")]
    assert list(found.index) == [
        "keep", "dpf_retrofit", "euro_6", "cng", "diesel_hybrid", *electric,
    ]  # fmt: skip
    factors = grams_per_km(pd.DataFrame([TRUCK]), country="MX", year=2025)
    for name in ("pm25_exhaust_g", "pm25_wear_g", "bc_exhaust_g", "nox_exhaust_g"):
        assert found.loc["keep", name] == pytest.approx(factors[f"{name}_km"].iloc[0] * 25000.0)
    assert found["harm_person_ug_m3_h"].isna().all()
    assert found.loc[electric, "probability"].isna().all()
    assert (found.loc[electric, "cause"] == "unknown").all()
    assert (found.loc[["keep", "euro_6"], "probability"] == 1.0).all()
    assert found.loc["dpf_retrofit", "pm25_exhaust_g"] == pytest.approx(
        0.15 * found.loc["keep", "pm25_exhaust_g"]
    )


def test_a_truck_of_which_little_is_known_is_taken_as_its_class_aloud() -> None:
    """Distance of a C2 truck, payload of the class, an operator of one; all counted."""
    bare = {name: TRUCK[name] for name in ("vehicle_id", "vehicle_class", "fuel", "standard",
                                           "model_year")}  # fmt: skip
    made = table_outcomes(pd.DataFrame([bare]), models=MODELS, country="MX", year=2025)
    row = made.vehicles.loc["t"]
    assert (row["annual_km"], row["payload_capacity_kg"]) == (32_500.0, 3900.0)
    assert row["operator_size"] == "1-5"
    full = {**bare, "annual_km": 32_500.0, "payload_capacity_kg": 3900.0, "operator_size": "1-5"}
    told = table_outcomes(pd.DataFrame([full]), models=MODELS, country="MX", year=2025)
    pd.testing.assert_frame_equal(made.physical, told.physical)
    for name in ("annual_km", "payload_capacity", "operator_size"):
        key = f"vehicles_of_assumed_{name}"
        assert (made.report[key], told.report[key]) == (1, 0)
    cases = make_options(made.physical, made.vehicles).cases
    known = cases.drop(columns="tonne_km_per_year").notna().all(axis=1)
    assert known[[("t", "keep"), ("t", "electric:jac_n55_ev")]].all()
    # seven of one operator, one of nobody's
    fleet = pd.DataFrame([{**bare, "vehicle_id": f"v{n}", "operator_id": "A"} for n in range(7)])
    fleet.loc[7] = {**bare, "vehicle_id": "lost"}
    sizes = table_outcomes(fleet, models=MODELS, country="MX", year=2025).vehicles["operator_size"]
    assert list(sizes.iloc[:7]) == ["6-30"] * 7
    assert pd.isna(sizes["lost"])


def test_gas_needs_more_energy_than_diesel_and_saves_less_carbon_than_vendors_say() -> None:
    """A tenth to a quarter more energy; a vendor's 24 to 27 % less CO2 is that of equal engines."""
    found = outcomes_of(TRUCK).loc["t"]
    assert 1.10 <= found.loc["cng", "fuel_l"] / found.loc["euro_6", "fuel_l"] <= 1.25
    assert 0.80 < found.loc["cng", "co2e_wtw_g"] / found.loc["euro_6", "co2e_wtw_g"] < 0.95


def test_litres_are_those_of_the_fuel_burnt() -> None:
    """Fuel by mass over its density; gas as diesel of the same energy; urea where it is used."""
    found = outcomes_of(TRUCK).loc["t"]
    burnt = grams_per_km(
        pd.DataFrame([TRUCK]), country="MX", year=2025, quantities=("fuel_g", "energy_mj")
    ).iloc[0]
    assert found.loc["keep", "fuel_l"] == pytest.approx(burnt["fuel_g_km"] * 25.0 / 0.835)
    gas = {**TRUCK, "fuel": "cng", "standard": "euro_6", "model_year": 2025}
    energy = grams_per_km(pd.DataFrame([gas]), country="MX", year=2025, quantities=("energy_mj",))
    litres = energy.iloc[0, 0] * 25000.0 / (42.695 * 0.835)
    assert found.loc["cng", "fuel_l"] == pytest.approx(litres)
    assert found.loc["euro_6", "adblue_l"] == pytest.approx(0.05 * found.loc["euro_6", "fuel_l"])
    assert found.loc["keep", "adblue_l"] == found.loc["cng", "adblue_l"] == 0.0
    off = {**TRUCK, "standard": "euro_5", "model_year": 2015, "aftertreatment": "scr_disabled"}
    assert outcomes_of(off).loc[("t", "keep"), "adblue_l"] == 0.0


def test_electricity_is_that_of_the_class_and_the_country() -> None:
    """500 Wh/km at 40 km/h, 444 g/kWh and 12 % lost in the grid."""
    row = outcomes_of(TRUCK, speed_kmh=40.0).loc[("t", "electric:jac_n55_ev")]
    assert row["grid_wh"] == pytest.approx(25000.0 * 500.0)
    assert row["energy_wh"] == pytest.approx(25000.0 * 500.0 * 0.9)
    assert row["co2e_wtw_g"] == pytest.approx(25000.0 * 0.5 * 444.0 / 0.88)
    assert row["fuel_l"] == row["nox_exhaust_g"] == 0.0


def test_range_by_battery_and_class() -> None:
    """Half the time enough where the day is as long as the range, never where it is longer."""
    battery = MODELS.frame.loc["jac_n55_ev", "battery_usable_wh"]
    reach = battery * 0.85 / (500.0 * 0.9)
    rows = [
        {**TRUCK, "vehicle_id": name, "daily_km": reach * share}
        for name, share in (("short", 0.5), ("same", 1.0 - 1e-9), ("long", 1.001))
    ]
    found = outcomes_of(*rows, speed_kmh=40.0).xs("electric:jac_n55_ev", level="option")
    assert found.loc["short", "probability"] == pytest.approx(1.0, abs=1e-9)
    assert found.loc["same", "probability"] == pytest.approx(0.5, abs=1e-6)
    assert (found.loc["long", "probability"], found.loc["long", "cause"]) == (0.0, "energy")
    # within one spread of the model, by the table of the normal distribution
    spread = Defaults().number("robust", "model_spread")
    near = outcomes_of({**TRUCK, "daily_km": reach * np.exp(-spread)}, speed_kmh=40.0)
    assert near.loc[("t", "electric:jac_n55_ev"), "probability"] == pytest.approx(0.8413447461)


def test_range_by_claim_and_a_load_too_heavy() -> None:
    """A share of what the maker says; a load above the capacity fails whatever the range."""
    claimed = MODELS.frame.loc["jac_n55_ev", "range_claimed_km"]
    below = {**TRUCK, "daily_km": claimed * 0.7 * 0.85 * 0.999}
    above = {**TRUCK, "vehicle_id": "u", "daily_km": claimed * 0.7 * 0.85 * 1.001}
    heavy = {**below, "vehicle_id": "w", "payload_needed_kg": 3000.0}
    found = outcomes_of(below, above, heavy, range_share=0.7).xs(
        "electric:jac_n55_ev", level="option"
    )
    assert found.loc["t", "probability"] > 0.5
    assert found.loc["u", "probability"] == 0.0
    assert (found.loc["w", "probability"], found.loc["w", "cause"]) == (0.0, "payload")


def test_filters_go_where_there_is_none() -> None:
    """Not on an electric, not beside a factory filter, not twice; in place of a cracked one."""
    changes: dict[str, dict[str, object]] = {
        "old": {},
        "fitted": {"aftertreatment": "dpf_retrofit"},
        "cracked": {"aftertreatment": "dpf_retrofit_failed"},
        "euro_6": {"standard": "euro_6", "model_year": 2020},
        "van": {"vehicle_class": "cargo_van", "standard": "euro_5", "model_year": 2016},
        "electric": {"fuel": "electric", "standard": "none", "model_year": 2022},
        "gas": {"fuel": "cng", "standard": "euro_5", "model_year": 2016},
    }
    rows = [{**TRUCK, "vehicle_id": name, **cells} for name, cells in changes.items()]
    table = table_outcomes(pd.DataFrame(rows), models=MODELS, country="MX", year=2025)
    index = table.physical.index
    assert {name for name, option in index if option == "dpf_retrofit"} == {"old", "cracked"}
    assert [option for name, option in index if name == "electric"] == ["keep"]
    assert ("euro_6", "euro_6") not in index
    refused = table.report["not_offered"]["dpf_retrofit"]
    assert refused == {"the engine cannot have one": 3, "so already": 1, "electric already": 1}
    repaired = table.physical.loc[("cracked", "dpf_retrofit"), "pm25_exhaust_g"]
    assert repaired == pytest.approx(table.physical.loc[("old", "dpf_retrofit"), "pm25_exhaust_g"])


def test_a_city_is_its_groups_times_their_weight() -> None:
    """Grams of all vehicles are those that the city's own table has."""
    city = city_cases(2000, year=2025)
    found = table_outcomes(city, models=MODELS, country="MX", year=2025)
    kept = found.physical.xs("keep", level="option")
    weight = found.vehicles["weight"]
    assert weight.sum() == pytest.approx(2000.0)
    for ours, theirs in (("pm25_exhaust_g", "pm25_exhaust_g"), ("bc_exhaust_g", "bc_exhaust_g")):
        total = (city.mass[theirs] * city.weights).sum()
        assert (kept[ours] * weight).sum() == pytest.approx(total)


@settings(max_examples=15, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["cargo_van", "rigid_7_5t", "rigid_14t"]),
            st.sampled_from(["euro_2", "euro_4", "euro_6", "unknown"]),
            st.integers(1995, 2024),
            st.floats(0.0, 90000.0),
        ),
        min_size=2, max_size=6,
    )
)  # fmt: skip
def test_a_vehicle_does_not_depend_on_its_neighbours(
    rows: list[tuple[str, str, int, float]],
) -> None:
    """Its outcomes are the same alone as among others, and proportional to its distance."""
    table = pd.DataFrame(rows, columns=["vehicle_class", "standard", "model_year", "annual_km"])
    table["vehicle_id"] = [f"v{number}" for number in range(len(table))]
    table["fuel"] = "diesel"
    made = {"models": MODELS, "country": "MX", "year": 2025}
    whole = table_outcomes(table, **made).physical  # type: ignore[arg-type]
    alone = table_outcomes(table.tail(1), **made).physical  # type: ignore[arg-type]
    name = table["vehicle_id"].iloc[-1]
    pd.testing.assert_frame_equal(
        whole.loc[[name]].reset_index(), alone.reset_index(), check_exact=False, rtol=1e-12
    )
    twice = table_outcomes(table.assign(annual_km=table["annual_km"] * 2.0), **made).physical  # type: ignore[arg-type]
    assert twice["pm25_exhaust_g"].to_numpy() == pytest.approx(
        2.0 * whole["pm25_exhaust_g"].to_numpy()
    )


def test_a_charger_of_constant_power_takes_energy_over_power() -> None:
    """7 kW on board at 0.9; the van's battery takes 8 kW even when nearly full."""
    chargers = charger_kinds(MODELS, Defaults())
    assert chargers.names == ("ac_22", "dc_60", "dc_150")
    assert list(chargers.power_w) == [22000.0, 60000.0, 150000.0]
    hours = hours_to_refill(chargers, np.array([0, 0, 0]), np.array([20000.0, np.nan, 1e9]))
    assert hours[0, 0] == pytest.approx(20000.0 / 6300.0)
    assert np.isnan(hours[1]).all()
    assert np.isinf(hours[2]).all()
    assert chargers.peak_w[0, 0] == 7000.0
    # the last tenth at a fifth of 40 kW
    last = 0.1 * chargers.full_wh[0]
    fast = hours_to_refill(chargers, np.array([0]), np.array([last]))[0, 1]
    assert fast == pytest.approx(last / 8000.0)


def test_bad_cells_are_named_all_at_once() -> None:
    """Each with its vehicle, column and value."""
    rows = [{**TRUCK, "annual_km": -1.0}, {**TRUCK, "vehicle_id": "u", "daily_km": "far"}]
    with pytest.raises(InputError) as caught:
        outcomes_of(*rows)
    named = {(one.file, one.field, one.value) for one in caught.value.problems}
    assert named == {("vehicle t", "annual_km", "-1.0"), ("vehicle u", "daily_km", "far")}
    with pytest.raises(InputError, match="vehicle_class"):
        table_outcomes(
            pd.DataFrame([TRUCK]).drop(columns="vehicle_class"), models=MODELS, country="MX",
            year=2025,
        )  # fmt: skip
    with pytest.raises(InputError, match="euro_9"):
        outcomes_of({**TRUCK, "standard": "euro_9"})
