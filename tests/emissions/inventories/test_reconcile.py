"""Reconciling with an official inventory: right factors, right units, nothing changed."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from geofleet.emissions import QUANTITIES, LinkEmissions
from geofleet.emissions.inventories.reconcile import reconcile
from geofleet.errors import InputError

PRESS = "Mexico City inventory 2016, as cited by tyt.com.mx"


def figure(**cells: Any) -> dict[str, Any]:
    plain = {
        "quantity": "bc_exhaust_g", "value": 753.0, "unit": "t/yr", "area": "Mexico City",
        "sector": "heavy vehicles with federal plates", "year": 2016, "source": PRESS,
    }  # fmt: skip
    return {**plain, **cells}


def figures(*rows: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame([figure(**row) for row in rows])


TOTALS = {**dict.fromkeys(QUANTITIES, 1000.0), "bc_exhaust_g": 1.0e6, "pm25_exhaust_g": 2.0e6}


def test_mexico_city_2016() -> None:
    """753 t of black carbon a year; 30 % of more than 5,000 t of PM2.5 are of the same trucks."""
    reference = figures(
        {"share_modelled": 1.0},
        {"quantity": "pm25_exhaust_g+pm25_wear_g", "value": 5000.0, "bound": "at least",
         "sector": "all sources", "share_modelled": 0.3},
    )  # fmt: skip
    found = reconcile(TOTALS, reference, days_per_year=300)
    bc, pm = found.table.to_dict("records")
    assert bc["model"] == pytest.approx(300.0)
    assert bc["factor"] == pytest.approx(2.51)
    assert bc["percent"] == pytest.approx(-100 * (1 - 300 / 753))
    assert pm["model"] == pytest.approx((2.0e6 + 1000.0) * 300 / 1e6)
    assert pm["reference"] == pytest.approx(1500.0)
    assert pm["factor"] == pytest.approx(1500.0 / 600.3)
    assert found.notes[0] == "model: sum of 1 day; a day is their mean"
    assert len(found.notes) == 2
    assert "at least" in found.notes[1]
    assert set(found.table["source"]) == {PRESS}


@pytest.mark.parametrize(
    ("value", "unit"),
    [
        (1.0, "t/day"), (1000.0, "kg/day"), (1e6, "g/d"), (365.0, "t/yr"), (365.0, "Mg/a"),
        (0.365, "kt/year"), (0.365, "Gg/y"), (365e-6, "Mt/yr"), (365e6, "g / yr"),
    ],
)  # fmt: skip
def test_one_amount_in_many_units(value: float, unit: str) -> None:
    """A tonne a day, written in every way: the factor is 1."""
    table = reconcile(TOTALS, figures({"value": value, "unit": unit}), days_per_year=365).table
    assert table["factor"].iloc[0] == pytest.approx(1.0, rel=1e-12)


def test_energy_has_units_of_its_own() -> None:
    rows = ({"quantity": "energy_mj", "unit": "GJ/day", "value": 2.0},
            {"quantity": "electricity_kwh", "unit": "MWh/yr", "value": 365.0})  # fmt: skip
    table = reconcile(TOTALS, figures(*rows), days_per_year=365).table
    assert table["factor"].to_list() == pytest.approx([2.0, 1.0])


def test_nothing_is_applied() -> None:
    """Model and reference are what they were, whatever the factor."""
    frame = pd.DataFrame({name: [2.0, 3.0] for name in ("vehicles", *QUANTITIES)})
    frame["edge"], frame["hour"] = np.array([1, 2], np.int32), np.array([3, 3], np.int8)
    links = LinkEmissions(frame)
    inventory = frame.drop(columns=["edge", "vehicles"]).groupby("hour").sum()
    reference = figures({}, {"quantity": "nox_exhaust_g", "unit": "kg/day"})
    for model in (links, inventory, links.total(), links.total().to_dict()):
        copies = frame.copy(), inventory.copy(), reference.copy()
        found = reconcile(model, reference, days_per_year=300)
        assert found.table["model"].iloc[1] == pytest.approx(0.005)
        assert (found.table["factor"] > 1.0).all()
        for kept, now in zip(copies, (frame, inventory, reference), strict=True):
            pd.testing.assert_frame_equal(kept, now)
    assert not any(hasattr(found, name) for name in ("apply", "scaled", "scale"))


def test_groups_are_compared_one_by_one() -> None:
    """Figures of classes; one of all classes; a class without a figure is named."""
    names = pd.MultiIndex.from_tuples(
        [("rigid_12t", 8), ("rigid_12t", 9), ("cargo_van", 8)], names=["vehicle_class", "hour"]
    )
    model = pd.DataFrame({"bc_exhaust_g": [1.0, 2.0, 4.0]}, index=names)
    one = {"unit": "g/day", "value": 6.0, "share_modelled": 1.0}
    both = figures({**one, "vehicle_class": "rigid_12t"}, {**one, "vehicle_class": None})
    assert reconcile(model, both, days_per_year=1).table["factor"].to_list() == [2.0, 6.0 / 7.0]
    found = reconcile(model, both.iloc[:1], days_per_year=1)
    assert found.notes[1:] == ("no figure of bc_exhaust_g for vehicle_class cargo_van",)


def test_coverage_that_nobody_stated_is_noted() -> None:
    found = reconcile(TOTALS, figures({}), days_per_year=300)
    assert math.isnan(found.table["share_modelled"].iloc[0])
    assert "nobody said" in found.notes[1]


def test_a_model_without_any_has_no_factor() -> None:
    found = reconcile({**TOTALS, "bc_exhaust_g": 0.0}, figures({}), days_per_year=300)
    assert math.isnan(found.table["factor"].iloc[0])


def test_all_faults_at_once() -> None:
    """Every unusable cell is named with its row."""
    reference = figures(
        {"unit": "stone/yr"}, {"unit": "t"}, {"unit": "t/week"}, {"unit": "MWh/yr"},
        {"quantity": "dust"}, {"value": -1.0}, {"value": "many"}, {"share_modelled": 1.5},
        {"bound": "about"}, {"source": ""},
    )  # fmt: skip
    with pytest.raises(InputError) as error:
        reconcile(TOTALS, reference, days_per_year=300)
    rows = [problem.row for problem in error.value.problems]
    assert rows == list(range(1, 11))
    with pytest.raises(InputError, match="days_per_year"):
        reconcile(TOTALS, figures({}), days_per_year=0)
    with pytest.raises(InputError, match="sector"):
        reconcile(TOTALS, figures({}).drop(columns="sector"), days_per_year=300)
    model = pd.DataFrame({"bc_exhaust_g": [1.0]}, index=pd.Index(["a"], name="zone"))
    with pytest.raises(InputError, match="a group of the model: a"):
        reconcile(model, figures({"zone": "b"}), days_per_year=300)


# --- days, cells of tables, and sums ----------------------------------------------------------


def test_a_model_of_several_days_is_their_mean() -> None:
    """Seven days of 7 t are a tonne a day; without saying so they would be seven."""
    row = figures({"value": 1.0, "unit": "t/day", "share_modelled": 1.0})
    totals = {**TOTALS, "bc_exhaust_g": 7e6}
    found = reconcile(totals, row, days_per_year=365, model_days=7)
    assert found.table["factor"].iloc[0] == pytest.approx(1.0)
    assert found.model_days == 7
    assert found.notes == ("model: sum of 7 days; a day is their mean",)
    one = reconcile(totals, row, days_per_year=365)
    assert one.table["factor"].iloc[0] == pytest.approx(1 / 7)
    assert one.notes[0].startswith("model: sum of 1 day;")


def test_dates_of_an_inventory_are_its_days() -> None:
    """Three dates, one of them alone, and a class that drove on one of them only."""
    names = ["date", "vehicle_class"]
    keys = [("2024-05-13", "a"), ("2024-05-14", "a"), ("2024-05-15", "a"), ("2024-05-15", "b")]
    model = pd.DataFrame(
        {"bc_exhaust_g": [1.0, 2.0, 3.0, 6.0]}, index=pd.MultiIndex.from_tuples(keys, names=names)
    )
    row = {"unit": "g/day", "value": 2.0, "share_modelled": 1.0}
    rows = figures({**row}, {**row, "vehicle_class": "b"}, {**row, "date": "2024-05-14"})
    found = reconcile(model, rows, days_per_year=365)
    assert found.model_days == 3
    assert found.table["model"].to_list() == pytest.approx([4.0, 2.0, 2.0])
    assert reconcile(model, rows, days_per_year=365, model_days=6).table["model"].to_list() == (
        pytest.approx([2.0, 1.0, 2.0])
    )
    for days in (2, 0, 1.5, True):
        with pytest.raises(InputError, match="model_days"):
            reconcile(model, rows, days_per_year=365, model_days=days)  # type: ignore[arg-type]


def test_an_empty_cell_beside_whole_numbers(tmp_path: Path) -> None:
    """A CSV column of years with an empty cell comes as floats, and means the same years."""
    model = pd.DataFrame(
        {"bc_exhaust_g": [1.0, 2.0, 4.0]},
        index=pd.MultiIndex.from_tuples(
            [("2012", 1234567), ("2012", 8), ("2013", 8)], names=["model_year", "edge"]
        ),
    )
    row = {"unit": "g/day", "value": 1.0, "share_modelled": 1.0}
    table = figures(
        {**row, "model_year": 2012},
        {**row, "edge": 1234567},
        {**row, "model_year": 2013, "edge": 8},
    )
    table.to_csv(tmp_path / "reference.csv", index=False)
    read = pd.read_csv(tmp_path / "reference.csv")
    assert read["model_year"].dtype == read["edge"].dtype == np.float64
    found = reconcile(model, read, days_per_year=365)
    assert found.table["model"].to_list() == pytest.approx([3.0, 1.0, 4.0])
    with pytest.raises(InputError, match=r"2014.*a group of the model: 2012, 2013"):
        reconcile(model, read.assign(model_year=2014.0), days_per_year=365)


@pytest.mark.parametrize(
    ("quantity", "said"),
    [
        ("nox_exhaust_g+no2_exhaust_g", "no2_exhaust_g is part of nox_exhaust_g"),
        ("pm25_wear_g + pm10_wear_g", "pm25_wear_g is part of pm10_wear_g"),
        ("bc_exhaust_g+pm25_exhaust_g", "bc_exhaust_g is part of"),
        ("pm25_exhaust_g+oc_exhaust_g", "oc_exhaust_g is part of"),
        ("co2_g+co2e_ttw_g", "co2_g is part of"),
        ("co2e_wtw_g+co2e_ttw_g", "co2e_ttw_g is part of"),
        ("co2e_wtw_g+co2e_wtt_g", "co2e_wtt_g is part of"),
        ("ch4_exhaust_g+co2e_wtw_g", "ch4_exhaust_g is part of"),
        ("nox_exhaust_g+nox_exhaust_g", "nox_exhaust_g stands twice"),
    ],
)
def test_sums_that_count_twice_are_refused(quantity: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        reconcile(TOTALS, figures({"quantity": quantity}), days_per_year=365)


@pytest.mark.parametrize(
    "quantity",
    ["pm25_exhaust_g+pm25_wear_g", "pm25_exhaust_g + pm10_wear_g", "co2e_ttw_g+co2e_wtt_g",
     "voc_exhaust_g+ch4_exhaust_g", "bc_exhaust_g+oc_exhaust_g"],
)  # fmt: skip
def test_sums_of_different_things_are_allowed(quantity: str) -> None:
    found = reconcile(TOTALS, figures({"quantity": quantity, "unit": "g/day"}), days_per_year=365)
    want = sum(TOTALS[name.strip()] for name in quantity.split("+"))
    assert found.table["model"].iloc[0] == pytest.approx(want)


def test_columns_that_nobody_knows_are_refused() -> None:
    """A misspelt key would else be a figure of all groups."""
    model = pd.DataFrame({"bc_exhaust_g": [1.0]}, index=pd.Index(["van"], name="vehicle_class"))
    for wrong in ({"vehicle_clas": "van"}, {"highway": "primary"}, {"Unnamed: 0": 0}):
        with pytest.raises(InputError, match=r"means something here.*vehicle_class"):
            reconcile(model, figures(wrong), days_per_year=365)


def test_groups_left_out_are_noted_by_quantity() -> None:
    """NOx has figures of both classes, soot of one; a figure of all leaves nothing out."""
    model = pd.DataFrame(
        {"bc_exhaust_g": [1.0, 2.0], "nox_exhaust_g": [3.0, 4.0], "co_exhaust_g": [5.0, 6.0]},
        index=pd.Index(["van", "truck"], name="vehicle_class"),
    )
    row = {"unit": "g/day", "value": 1.0, "share_modelled": 1.0}
    rows = figures(
        {**row, "vehicle_class": "van"},
        {**row, "quantity": "nox_exhaust_g", "vehicle_class": "van"},
        {**row, "quantity": "nox_exhaust_g", "vehicle_class": "truck"},
        {**row, "quantity": "co_exhaust_g"},
    )
    found = reconcile(model, rows, days_per_year=365)
    assert found.notes[1:] == ("no figure of bc_exhaust_g for vehicle_class truck",)
