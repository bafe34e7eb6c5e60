"""Projections: conserved, against other routes to the same grams and money, and compared."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy_financial as npf
import pandas as pd
import pytest

from geofleet.economics.renewal import (
    AgeCap,
    Filters,
    Renewal,
    RenewalPackage,
    Replacements,
    Sales,
    Stock,
    Whom,
    compare_renewal,
    fleet_stock,
    load_packages,
    project,
    renewal_costs,
    renewal_dynamics,
    stock_of_table,
)
from geofleet.errors import InputError
from geofleet.policy.programme import city_cases

YEARS = (2025, 2033)


@pytest.fixture(scope="module")
def stock() -> Stock:
    """Return a small city."""
    return fleet_stock({"rigid_7_5t": 600.0, "rigid_26t": 300.0, "cargo_van": 100.0}, year=2025)


@pytest.fixture(scope="module")
def runs(stock: Stock) -> dict[str, Renewal]:
    """Return every package that comes with geofleet, projected."""
    return {
        name: project(stock, package, years=YEARS, harm_per_g=3.0)
        for name, package in load_packages().items()
    }


def test_vehicles_are_conserved_in_every_year_class_and_size(runs: dict[str, Renewal]) -> None:
    """In less out is the change of stock, to 1e-9; no stock is negative."""
    for run in runs.values():
        f = run.flows
        came = f["new"] + f["imported"] + f["bought"]
        went = f[["scrapped", "capped", "granted", "pushed_out", "sold_on"]].sum(axis=1)
        assert (f["before"] + came - went - f["after"]).abs().max() < 1e-9
        assert run.vehicles.min() >= 0.0
        assert run.yearly["vehicles"].to_numpy() == pytest.approx(
            runs["today"].yearly["vehicles"].to_numpy(), rel=1e-12
        )


def test_first_year_is_the_city_as_the_programme_counts_it(stock: Stock) -> None:
    """Grams of the first year by another route: groups of a city, weight times mass."""
    city = city_cases({"rigid_7_5t": 600.0, "rigid_26t": 300.0, "cargo_van": 100.0}, year=2025)
    run = project(stock, years=(2025, 2025))
    for name in ("pm25_exhaust_g", "pm25_wear_g", "bc_exhaust_g", "nox_exhaust_g"):
        assert run.yearly.loc[2025, name] == pytest.approx(
            float((city.weights * city.mass[name]).sum()), rel=1e-9
        )
    assert run.yearly.loc[2025, "km"] == pytest.approx(
        float((city.weights * city.mass["annual_km"]).sum())
    )


def test_kilometres_follow_the_fleet_and_not_the_package(runs: dict[str, Renewal]) -> None:
    """A younger fleet does not drive more: measures make no traffic."""
    km = pd.DataFrame({name: run.yearly["km"] for name, run in runs.items()})
    assert np.ptp(km.to_numpy(), axis=1).max() < 1e-6 * km.to_numpy().max()


def test_tables_split_what_they_sum(runs: dict[str, Renewal]) -> None:
    """Any split adds up to the whole; owners add up too."""
    run = runs["clean_fleets"]
    for keys in (("vehicle_class",), ("operator_size", "age_band"), ("technology",), ("age",),
                 ("fuel", "standard")):  # fmt: skip
        np.testing.assert_allclose(run.stock_by(*keys).sum(axis=1), run.yearly["vehicles"])
        np.testing.assert_allclose(
            run.emissions_by("bc_exhaust_g", *keys).sum(axis=1), run.yearly["bc_exhaust_g"]
        )
    owners = run.owners
    assert owners.groupby("year")["share_of_all_old"].sum().to_numpy() == pytest.approx(1.0)
    bands = owners.filter(like="age_").drop(columns="mean_age", errors="ignore")
    np.testing.assert_allclose(bands.sum(axis=1), owners["vehicles"])
    with pytest.raises(InputError, match="one of vehicle_class"):
        run.stock_by("colour")


def test_filters_go_where_they_can(stock: Stock) -> None:
    """Only to diesels without one; all of them, where all are asked for."""
    package = RenewalPackage("all", filters=(Filters(2026, 2026, 1.0),))
    run = project(stock, package, years=(2025, 2026), emissions=False)
    fitted = run.moved_by("fitted", "standard").loc[2026]
    assert fitted["epa_2010"] == 0.0
    assert fitted["euro_6"] == 0.0
    assert fitted["epa_1998"] > 0.0
    left = run.stock_by("standard", "aftertreatment").loc[2026]
    assert left["epa_1998", ""] == pytest.approx(0.0, abs=1e-9)


def test_electric_sales_follow_the_schedule(stock: Stock) -> None:
    """Linear between years: 36 % in 2030, half way there in between."""
    package = RenewalPackage("ev", sales=(Sales("electric", {2026: 0.0, 2030: 0.36}),))
    run = project(stock, package, years=(2025, 2032), emissions=False)
    new = run.moved_by("new", "fuel").iloc[1:]
    share = new["electric"] / new.sum(axis=1)
    assert share.to_numpy() == pytest.approx([0.0, 0.09, 0.18, 0.27, 0.36, 0.36, 0.36])


def test_an_age_cap_leaves_nobody_older(stock: Stock) -> None:
    """With all of them obeying."""
    package = RenewalPackage("cap", age_caps=(AgeCap(2027, 20),))
    run = project(stock, package, years=(2025, 2028), emissions=False)
    by_age = run.stock_by("age")
    assert by_age.loc[2026, 21:].sum() > 0.0
    assert by_age.loc[2027, 21:].sum() == 0.0


def test_money_by_hand(stock: Stock) -> None:
    """Filters, grants and what used vehicles cost: prices times numbers."""
    costs = renewal_costs(stock.classes)
    whom = Whom(sizes=("1-5",), youngest=20)
    package = RenewalPackage(
        "paid", filters=(Filters(2026, 2026, 0.5, grant_share=0.4),),
        replacements=(Replacements(2026, 2026, 0.2, "electric", whom, 1.0, 0.1, 7000.0, 1.0),),
    )  # fmt: skip
    run = project(stock, package, years=(2025, 2027), costs=costs)
    year, fitted = run.yearly.loc[2026], run.yearly.loc[2026, "fitted"]
    assert year["filters"] == pytest.approx(fitted * 200000)
    replaced = run.moved_by("granted", "vehicle_class").loc[2026]
    price = dict(zip(run.classes, costs.price[:, 4], strict=True))
    grants = sum(n * (7000 + 0.1 * price[name]) for name, n in replaced.items())
    assert year["grants"] == pytest.approx(fitted * 0.4 * 200000 + grants)
    trade = run.money_by_size["trade"].groupby("year").sum()
    assert trade.abs().max() < 1e-3
    assert run.money_by_size.loc[(2026, "1-5"), "trade"] > 0.0
    spent = year[["new_vehicles", "imports", "filters", "filter_upkeep", "energy", "upkeep"]].sum()
    assert year["operators"] == pytest.approx(spent - year["grants"])
    # a tax share of 26 % of diesel alone: gas and electricity bear none
    litres = (year["energy_mj"] - 3.6 * year["electricity_kwh"]) / costs.mj_per_l
    assert year["fuel_tax"] == pytest.approx(0.26 * litres * costs.diesel_per_l)
    # operators take the value added tax of 16 % off; electricity is by the tariff of a depot
    assert costs.electricity_per_kwh > 1.699
    assert year["energy"] == pytest.approx(
        litres * costs.diesel_per_l / 1.16 + year["electricity_kwh"] * costs.electricity_per_kwh
    )


def test_comparison_with_today(runs: dict[str, Renewal]) -> None:
    """Sums are those of the years; filters avoid particles and no nitrogen oxides."""
    order = [runs["today"], runs["filters"], runs["clean_fleets"]]
    table, by_year = compare_renewal(order, discount_rate=0.0), compare_renewal(order, by_year=True)
    np.testing.assert_allclose(
        table["grants"], by_year["grants"].groupby("package", sort=False).sum()
    )
    sums = by_year["total_cost"].groupby("package", sort=False).sum()
    np.testing.assert_allclose(table["total_cost"], sums - table["end_value"])
    assert table.loc["filters", "end_value"] == pytest.approx(0.0, abs=1e-3)
    # kilograms discounted like the money: the one number that a year's cost over a year's kg is
    assert table["levelised_per_kg_bc"].equals(table["cost_per_kg_bc"])
    later = compare_renewal(order, discount_rate=0.1)["levelised_per_kg_bc"]
    for package, years in by_year.groupby("package"):
        costs = years["total_cost"].to_numpy()
        kg = 1000.0 * years["bc_exhaust_avoided_t"].to_numpy()
        costs = costs - np.append(np.zeros(len(costs) - 1), years["stock_value"].iloc[-1])
        assert later[package] == pytest.approx(npf.npv(0.1, costs) / npf.npv(0.1, kg))
    assert table.loc["clean_fleets", "end_value"] > 0.0
    assert table.loc["filters", "bc_exhaust_avoided_t"] > 0.0
    assert table.loc["filters", "nox_exhaust_avoided_t"] == pytest.approx(0.0, abs=1e-9)
    assert table.loc["clean_fleets", "co2e_wtw_avoided_t"] > 0.0
    avoided = table["harm_avoided_person_ug_m3_h"]
    pm = sum(
        runs["today"].yearly[name].sum() - runs["filters"].yearly[name].sum()
        for name in ("pm25_exhaust_g", "pm25_wear_g")
    )
    assert avoided["filters"] == pytest.approx(3.0 * pm)
    with pytest.raises(InputError, match="at least two"):
        compare_renewal(order[:1])
    with pytest.raises(InputError, match="years 2025"):
        compare_renewal([order[0], project(_stock_of(order[1]), years=(2025, 2026))])


def _stock_of(run: Renewal) -> Stock:
    return Stock(2025, "MX", run.classes, run.sizes, run.kinds, run.vehicles[0])


def test_unknown_harm_stays_unknown(stock: Stock) -> None:
    """Not zero; of the classes that have no factor all is unknown."""
    run = project(stock, years=(2025, 2026), harm_per_g={"rigid_26t": 2.0})
    by_class = run.emissions_by("harm_person_ug_m3_h", "vehicle_class")
    assert by_class["rigid_26t"].notna().all()
    assert by_class["cargo_van"].isna().all()
    assert run.yearly["harm_person_ug_m3_h"].isna().all()


def test_a_country_without_certification_mix_needs_its_sales_told() -> None:
    """Then it is projected; without, the error says which mix is missing."""
    table = pd.DataFrame(
        {"vehicle_class": "rigid_12t", "fuel": "diesel", "standard": ["euro_5", "euro_3"],
         "model_year": [2022, 2008], "operator_size": [">100", "1-5"], "vehicles": 50.0}
    )  # fmt: skip
    stock = stock_of_table(table, year=2026, country="CL")
    with pytest.raises(InputError, match="certification mix"):
        project(stock, years=(2026, 2028))
    rules = replace(renewal_dynamics(stock), import_share=0.0)
    package = RenewalPackage("told", sales=(Sales("euro_6", {2026: 1.0}),))
    run = project(stock, package, years=(2026, 2028), dynamics=rules)
    assert set(run.moved_by("new", "standard").loc[2028].pipe(lambda x: x[x > 0]).index) == {
        "euro_6"
    }
    assert run.yearly["bc_exhaust_g"].notna().all()


def test_faults_are_named(stock: Stock) -> None:
    """Years that are not the stock's, a class that it does not have, shares that are none."""
    with pytest.raises(InputError, match="the year of the stock"):
        project(stock, years=(2024, 2030))
    absent = RenewalPackage(
        "absent", age_caps=(AgeCap(2030, 20, whom=Whom(classes=("articulated_40t",))),)
    )
    with pytest.raises(InputError, match="classes of the stock"):
        project(stock, absent, years=YEARS)
    with pytest.raises(InputError) as caught:
        RenewalPackage(
            "bad", sales=(Sales("steam", {2030: 1.5}),),
            filters=(Filters(2030, 2026, 2.0, Whom(sizes=("0",))),),
        )  # fmt: skip
    assert len(caught.value.problems) >= 5
