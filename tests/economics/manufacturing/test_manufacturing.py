"""Duties by country and day, what stays at home, and what a plan asks makers for."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from geofleet.defaults import Defaults
from geofleet.economics.manufacturing import (
    demand_by_class_and_year,
    domestic_share,
    duty,
    local_content,
)
from geofleet.economics.options import KEEP, make_options
from geofleet.errors import InputError


def models(*countries: str | float, gvw: float = 6000.0) -> pd.DataFrame:
    names = [f"m{i}" for i in range(len(countries))]
    return pd.DataFrame({"assembly_country": countries, "gvw_kg": gvw}, index=names)


def test_duty_follows_country_and_day() -> None:
    """15 % from October 2024; free before, at home and with an agreement."""
    table = models("CN", "MX", "US", "JP;PT", "US;TR", "", np.nan)
    today = duty(table, "today", "2025-06-01")
    assert today["rate"].fillna(-1).tolist() == [0.15, 0, 0, 0, -1, -1, -1]
    assert today.loc["m4", ["lowest", "highest"]].tolist() == [0.0, 0.15]
    assert duty(table, "today", "2024-09-30")["rate"].iloc[[0, 4]].tolist() == [0.0, 0.0]
    assert duty(table, "today", "2024-10-01")["rate"].iloc[0] == 0.15
    assert duty(table, "today", "2020-09-03")["rate"].iloc[0] == 0.15


def test_the_scenario_of_2026_meets_light_vehicles_alone() -> None:
    """50 % on a van from China from January 2026; a truck stays at 15 %."""
    assert duty(models("CN", gvw=3500.0), "light_2026", "2026-01-01")["rate"].iloc[0] == 0.5
    assert duty(models("CN", gvw=3500.0), "light_2026", "2025-12-31")["rate"].iloc[0] == 0.15
    assert duty(models("CN", gvw=3501.0), "light_2026", "2026-01-01")["rate"].iloc[0] == 0.15
    assert duty(models("US", gvw=3500.0), "light_2026", "2026-01-01")["rate"].iloc[0] == 0.0
    assert duty(models("CN", ""), "free")["rate"].tolist() == [0.0, 0.0]


def test_faulty_duties_are_named_at_once() -> None:
    with pytest.raises(InputError) as caught:
        duty(models("CN").drop(columns="gvw_kg"), "never", "soon")
    assert {problem.field for problem in caught.value.problems} == {"gvw_kg", "scenario", "date"}
    for wrong in ("us", "Mexico", "US;Turkey"):
        with pytest.raises(InputError, match="a code of two capitals"):
            duty(models(wrong))


def test_local_content_is_published_or_follows_from_where_a_model_is_made() -> None:
    """More than 70 % of DINA's truck; made at home without a figure is unknown."""
    table = pd.DataFrame(
        {"assembly_country": ["MX", "MX", "CN", "MX;CN", ""]},
        index=["dina_electric", "other", "foreign", "both", "nowhere"],
    )
    found = local_content(table)
    assert found.loc["dina_electric", ["share", "status"]].tolist() == [0.7, "verified"]
    imported = Defaults().number("local_content", "imported.share")
    assert found["share"].fillna(-1).tolist()[1:] == [-1, imported, -1, -1]


def fleet() -> tuple[pd.DataFrame, pd.DataFrame]:
    vehicles = pd.DataFrame(
        {
            "vehicle_class": "rigid_7_5t", "fuel": "diesel", "model_year": 2013, "gvw_kg": 7500.0,
            "payload_capacity_kg": 3900.0, "operator_size": "1-5",
        },
        index=pd.Index(["a", "b"], name="vehicle_id"),
    )  # fmt: skip
    options = (KEEP, "dpf_retrofit", "electric:byd_etm6")
    index = pd.MultiIndex.from_product([vehicles.index, options], names=["vehicle_id", "option"])
    physical = pd.DataFrame(
        {
            "technology": [name.partition(":")[0] for _, name in index],
            "model_id": [name.partition(":")[2] for _, name in index],
            "annual_km": 30_000.0, "fuel_l": 6000.0, "energy_wh": 0.0, "adblue_l": 0.0,
            "payload_short_kg": 0.0, "plug_share": 1.0,
        },
        index=index,
    )  # fmt: skip
    electric = physical["technology"] == "electric"
    physical.loc[electric, ["fuel_l", "energy_wh"]] = [0.0, 18e6]
    return physical, vehicles


def test_the_domestic_share_of_a_filter_and_a_truck_adds_up() -> None:
    """Fitting is 30 % of a filter; an imported truck leaves 10 % behind."""
    options = make_options(*fleet())
    chosen = pd.DataFrame(
        {"vehicle_id": ["a", "b"], "option": ["dpf_retrofit", "electric:byd_etm6"]}
    )
    table = domestic_share(options, chosen)
    assert table.loc["retrofit", ["spending", "domestic"]].tolist() == [200_000.0, 60_000.0]
    price = options.cases.loc[("b", "electric:byd_etm6"), "price"]
    assert table.loc["vehicle", "spending"] == pytest.approx(price)
    assert table.loc["vehicle", "share"] == pytest.approx(0.1)
    parts = table.drop(index="total")
    assert table.loc["total", "domestic"] == pytest.approx(parts["domestic"].sum())
    alone = [domestic_share(options, chosen.iloc[[i]]).loc["total", "spending"] for i in (0, 1)]
    assert sum(alone) == pytest.approx(table.loc["total", "spending"])
    assert (table["domestic"] <= table["spending"] + 1e-6).all()


def test_unknown_content_makes_the_share_a_range() -> None:
    """A truck made at home of which nobody says how much."""
    physical, vehicles = fleet()
    rows = Defaults({"electric_models:byd_etm6.assembly_country": "MX"})
    options = make_options(physical, vehicles, defaults=rows)
    chosen = pd.DataFrame({"vehicle_id": ["b"], "option": ["electric:byd_etm6"]})
    vehicle = domestic_share(options, chosen).loc["vehicle"]
    assert np.isnan(vehicle["share"])
    assert (vehicle["lowest"], vehicle["highest"]) == (0.0, 1.0)
    assert options.cases.loc[("b", "electric:byd_etm6"), "duty"] == 0.0
    with pytest.raises(InputError, match="a vehicle and an option"):
        domestic_share(options, chosen.assign(option="boat"))


def test_demand_counts_what_is_bought_by_class_technology_and_year() -> None:
    """Kept trucks and filters are no demand for trucks; range is the longest day."""
    vehicles = pd.DataFrame(
        {
            "vehicle_class": ["cargo_van", "cargo_van", "rigid_12t", "rigid_12t"],
            "payload_capacity_kg": [1000.0, 1200.0, 6000.0, 6000.0],
            "payload_needed_kg": [800.0, np.nan, np.nan, 100.0],
            "daily_km": [90.0, np.nan, 200.0, 10.0],
            "annual_km": [27_000.0, 36_000.0, 50_000.0, 9.0],
        },
        index=pd.Index(list("abcd"), name="vehicle_id"),
    )
    plan = pd.DataFrame(
        {
            "vehicle_id": list("abcd"),
            "option": ["electric:x", "electric:y", "cng", "dpf_retrofit"],
            "year": [2026, 2026, 2027, 2026],
        }
    )
    table = demand_by_class_and_year(plan, vehicles)
    assert list(table.index) == [
        ("cargo_van", "electric", 2026), ("rigid_12t", "cng", 2027),
    ]  # fmt: skip
    vans = table.loc[("cargo_van", "electric", 2026)]
    assert vans[["units", "annual_km"]].tolist() == [2, 63_000]
    assert vans[["payload_kg_median", "payload_kg_largest"]].tolist() == [800, 1200]
    assert vans[["range_km_median", "range_km_largest"]].tolist() == [90, 120]
    assert demand_by_class_and_year(plan, vehicles, retrofits=True)["units"].sum() == 4
    weighted = demand_by_class_and_year(plan, vehicles.assign(weight=10.0))
    assert weighted["units"].tolist() == [20.0, 10.0]
    assert demand_by_class_and_year(plan.iloc[3:], vehicles).empty
    with pytest.raises(InputError, match="each vehicle once"):
        demand_by_class_and_year(pd.concat([plan, plan]), vehicles)
