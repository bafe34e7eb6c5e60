"""Stocks: what a city, the federal fleet and a table of vehicles are counted into."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from geofleet.economics.renewal import calibration, fleet_stock, stock_of_table
from geofleet.errors import InputError


def test_city_has_its_trucks_and_sizes() -> None:
    """125,000 trucks; each size its share; ages of classes untouched by the tilt."""
    flat, tilted = fleet_stock(age_tilt_per_year=0.0), fleet_stock()
    assert tilted.total == pytest.approx(125000, abs=1e-6)
    for axes in ((0, 2, 3), (1, 3)):
        np.testing.assert_allclose(
            tilted.vehicles.sum(axis=axes), flat.vehicles.sum(axis=axes), rtol=1e-9, atol=1e-9
        )
    ages = np.arange(tilted.vehicles.shape[2])
    mean = [
        (one.vehicles.sum(axis=(0, 3)) @ ages / one.vehicles.sum(axis=(0, 2, 3)))
        for one in (flat, tilted)
    ]
    assert np.ptp(mean[0]) < 1e-9
    assert (np.diff(mean[1]) < 0.0).all()


def test_published_figures_are_met() -> None:
    """Calibrated ones exactly; those that test it within what is said of them."""
    table = calibration()
    used = table[table["used"]]
    np.testing.assert_allclose(used["model"], used["published"], rtol=2e-3)
    test = table.loc[~table["used"], ["published", "model"]]
    assert test.loc["mean age of all in 2019"].diff().iloc[1] == pytest.approx(0.0, abs=0.1)
    older = test.loc["share of all older than 10 years in 2019"]
    assert older.diff().iloc[1] == pytest.approx(0.0, abs=0.01)
    assert test.loc["mean age of all in 2022"].diff().iloc[1] == pytest.approx(0.0, abs=0.3)


def test_a_table_of_vehicles_is_counted() -> None:
    """Unknown standards are split by model year; ages beyond the last are the last."""
    table = pd.DataFrame(
        {
            "vehicle_class": ["rigid_12t", "rigid_12t", "cargo_van"],
            "fuel": "diesel",
            "standard": ["unknown", "epa_1998", "euro_4"],
            "model_year": [2010, 1955, 2015],
            "operator_size": ["1-5", ">100", "1-5"],
            "vehicles": [2.0, 1.0, 3.0],
        }
    )
    stock = stock_of_table(table, year=2025, country="MX")
    assert stock.total == pytest.approx(6.0)
    rows = stock.table().set_index(["vehicle_class", "standard"])["vehicles"]
    assert rows["rigid_12t", "epa_2004"] == pytest.approx(1.8)
    assert rows["rigid_12t", "euro_4"] == pytest.approx(0.2)
    assert stock.table()["age"].max() == 60
    assert stock.older_than(10, ("cargo_van",)) == 0.0


def test_faults_of_a_table_come_together() -> None:
    """Class, size, year and number at once; missing columns by name."""
    table = pd.DataFrame(
        {"vehicle_class": ["boat"], "fuel": ["diesel"], "standard": ["euro_4"],
         "model_year": [2040], "operator_size": ["7"], "vehicles": [-1.0]}
    )  # fmt: skip
    with pytest.raises(InputError) as caught:
        stock_of_table(table, year=2025, country="MX")
    fields = {problem.field for problem in caught.value.problems}
    assert fields == {"vehicle_class", "operator_size", "model_year", "vehicles"}
    with pytest.raises(InputError, match="a column operator_size"):
        stock_of_table(table.drop(columns="operator_size"), year=2025, country="MX")
    with pytest.raises(InputError, match="certification mix"):
        stock_of_table(
            table.assign(vehicle_class="rigid_12t", standard="unknown", model_year=2010,
                         operator_size="1-5", vehicles=1.0), year=2025, country="ZZ",
        )  # fmt: skip
