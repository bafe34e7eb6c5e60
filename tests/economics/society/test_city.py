"""With the options of a city's trucks: taxes in and out, turnover, and the benchmark runs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from geofleet.defaults import Defaults
from geofleet.economics.options import make_options
from geofleet.economics.outcomes import Outcomes, table_outcomes
from geofleet.economics.society import (
    calibrate,
    fiscal_cost,
    programme_shares,
    social_cost,
    social_terms,
    uptake_model,
    vehicle_survival,
)
from geofleet.economics.society.uptake import filter_group
from geofleet.energy.catalogue import electric_models
from geofleet.fleet.classes import operator_sizes
from geofleet.policy.programme import CityCases, city_cases

NO_BOOKS = {f"society:vat_credited.{size}": 0.0 for size in operator_sizes()}


@pytest.fixture(scope="module")
def city() -> CityCases:
    """Return the trucks of the Valley by groups."""
    return city_cases(year=2025, by_operator_size=True)


@pytest.fixture(scope="module")
def outcomes() -> Outcomes:
    """Return the physics of three trucks from a plain table."""
    table = pd.DataFrame({
        "vehicle_id": ["old", "gas", "new"],
        "vehicle_class": ["rigid_7_5t", "rigid_12t", "rigid_7_5t"],
        "fuel": ["diesel", "cng", "diesel"], "standard": ["euro_3", "euro_5", "euro_6"],
        "model_year": [2001, 2018, 2022], "annual_km": [25_000.0, 30_000.0, 40_000.0],
        "gvw_kg": [7_500.0, 12_000.0, 7_500.0],
        "operator_size": ["1-5", "6-30", ">100"],
    })  # fmt: skip
    models = electric_models(["foton_eaumark_6t", "jac_n55_ev"])
    return table_outcomes(table, models=models, country="MX", year=2025)


@pytest.mark.parametrize("inside", [0.0, 1.0])
def test_what_society_pays_does_not_hang_on_who_credits_tax(
    outcomes: Outcomes, inside: float
) -> None:
    """Value added tax that is not credited is in the operator's bill, and in no social cost."""
    costs, lost = [], []
    for credit in ({}, NO_BOOKS):
        rows = {"economics:fuel_vat_inside": inside, **credit}
        options = make_options(outcomes.physical, outcomes.vehicles, defaults=Defaults(rows))
        terms = social_terms(defaults=Defaults(rows))
        costs.append(social_cost(options, terms)["present_cost"].to_numpy())
        lost.append(fiscal_cost(options, terms=terms).table["fuel_tax"])
    assert costs[0] == pytest.approx(costs[1], rel=1e-9, nan_ok=True)
    assert np.isfinite(costs[0]).sum() > 10
    electric = lost[0].index.get_level_values(1).str.startswith("electric")
    diesel = lost[0].index.get_level_values(0) != "gas"
    # more is lost to the treasury where diesel that was taxed for good is burnt no more
    assert (lost[1][electric & diesel] > lost[0][electric & diesel]).all()


def test_excise_is_of_the_price_at_the_pump(outcomes: Outcomes) -> None:
    """26 % of the litres at 26.30, whatever the operator credits."""
    options = make_options(outcomes.physical, outcomes.vehicles)
    found = fiscal_cost(options)
    litres = float(outcomes.physical.loc[("old", "keep"), "fuel_l"])
    row = ("old", "electric:jac_n55_ev")
    factor = sum(1.04 ** (y - 1) / (1.1 * 1.04) ** y for y in range(1, 11))
    assert found.table.loc[row, "fuel_tax"] == pytest.approx(0.26 * 26.30 * litres * factor)
    # gas bears none, so that a diesel truck in its place brings some in
    assert found.table.loc[("gas", "euro_6"), "fuel_tax"] < 0.0


def test_older_trucks_are_likelier_to_go(outcomes: Outcomes) -> None:
    """Survival falls with the years, from one, and is lower for the truck of 2001."""
    options = make_options(outcomes.physical, outcomes.vehicles)
    found = vehicle_survival(options, year=2025)
    assert list(found.columns) == list(range(1, 11))
    assert ((found > 0.0) & (found < 1.0)).all(axis=None)
    assert (found.diff(axis=1).iloc[:, 1:] <= 0.0).all(axis=None)
    assert (found.loc["old"] < found.loc["new"]).all()


def test_the_programme_among_the_trucks_of_the_valley(city: CityCases) -> None:
    """2,365 join of 125,000: 65 % have a filter already, and there are enough of those."""
    filters = city.cases["particle_filter"]
    shares = programme_shares(city.weights, filters)
    group = filter_group(filters)
    gain = pd.Series(np.where(group == "with filter", 0.0, -50_000.0), city.cases.index)
    model = calibrate(uptake_model(), gain, observed=shares, weights=city.weights, group=group)
    joined = model.probability(gain, group=group) * city.weights
    assert joined.sum() == pytest.approx(2365 * city.weights.sum() / 125_000, rel=1e-9)
    assert joined[group == "without filter"].sum() / joined.sum() == pytest.approx(0.35)


def test_the_benchmark_runs(repository: Path) -> None:
    """A small city; the loop beside it finds the same best options."""
    command = [sys.executable, "benchmarks/ranking.py", "--vehicles", "150", "--json"]
    done = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["ranked_vehicles"] > 140
