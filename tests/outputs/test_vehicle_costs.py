"""Costs of a plain table of vehicles: one truck works from its file to its months."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from geofleet.cli import app
from geofleet.errors import InputError
from geofleet.outputs.vehicle_costs import vehicle_costs, write_vehicle_costs

ROW = "vehicle_id,operator_id,vehicle_class,fuel,standard,model_year,gvw_kg,payload_capacity_kg"


@pytest.fixture
def truck(tmp_path: Path) -> Path:
    """One truck of hologram 2, as its owner would write it down."""
    path = tmp_path / "truck.csv"
    path.write_text(
        f"{ROW},annual_km,hologram,daily_km\n"
        "t1,me,rigid_7_5t,diesel,euro_3,2011,7400,3800,30000,2,110\n",
        encoding="utf-8",
    )
    return path


def test_one_truck_from_file_to_months(truck: Path, tmp_path: Path) -> None:
    """The filter wins 104 days for hologram 2 and pays on credit; months add up to the year."""
    found = vehicle_costs(truck, year=2026, months=24)
    assert found.options.vehicles["operator_size"].tolist() == ["1-5"]
    filter_ = found.offers.loc[("t1", "dpf_retrofit")]
    assert filter_.loc["small_carrier_credit", "able"] == "yes"
    assert filter_.loc["small_carrier_credit", "smallest_grant"] == 0.0
    worth = found.options.cases.loc[("t1", "dpf_retrofit"), "access_per_year"]
    clear = 1 - 104 / 365
    assert worth == pytest.approx(900 * (104 + 16 * clear * 0.5))
    sheet = found.trucks["t1"].sheet
    assert {"as today", "small_carrier_credit"} <= set(sheet.index.get_level_values("package"))
    files = write_vehicle_costs(found, tmp_path / "out")
    assert {path.name for path in files} >= {"costs.csv", "offers.csv", "months-t1.csv"}
    explained = pd.read_csv(tmp_path / "out" / "explained.csv")
    assert {"verified", "memory"} <= set(explained["status"].dropna())


def test_what_wins_access_is_as_old_and_as_new_as_the_rules_ask(truck: Path) -> None:
    """A filter wins days up to 15 years of age; what is new has hologram 00, and declared days."""
    text = truck.read_text(encoding="utf-8")
    truck.write_text(text.replace(",2011,", ",2004,"), encoding="utf-8")
    old = vehicle_costs(truck, year=2026).options.cases["access_per_year"].loc["t1"]
    assert old["dpf_retrofit"] == 0.0
    assert old["euro_6"] == old["cng"] == old["diesel_hybrid"] == pytest.approx(900 * 104)
    clear = 1 - 104 / 365
    assert old["electric:byd_etm6"] == pytest.approx(900 * (104 + 16 * clear * 0.5))
    assert old["keep"] == 0.0


def test_without_hologram_no_access_is_counted(tmp_path: Path) -> None:
    """Nobody says what days are lost: the filter earns none, and no grant helps it."""
    path = tmp_path / "truck.csv"
    path.write_text(f"{ROW}\nt1,me,rigid_7_5t,diesel,euro_3,2009,7400,3800\n", encoding="utf-8")
    found = vehicle_costs(path, year=2026)
    assert (found.options.cases["access_per_year"] == 0.0).all()
    assert found.offers.loc[("t1", "dpf_retrofit"), "smallest_grant"].isna().all()
    won = vehicle_costs(path, year=2026, exempt_days=104)
    assert won.offers.loc[("t1", "dpf_retrofit"), "smallest_grant"].min() == 0.0


def test_costs_command(truck: Path, tmp_path: Path) -> None:
    """The command writes its folder and prints its costs; bad files are named with their row."""
    out = tmp_path / "out"
    run = CliRunner().invoke(app, ["costs", str(truck), "--year", "2026", "-o", str(out), "--json"])
    assert run.exit_code == 0, run.output
    rows = json.loads(run.output)["costs"]
    assert {row["vehicle_id"] for row in rows} == {"t1"}
    bad = tmp_path / "bad.csv"
    bad.write_text(f"{ROW}\nt1,me,rigid_7_5t,steam,euro_3,2009,7400,3800\n", encoding="utf-8")
    with pytest.raises(InputError, match="steam"):
        vehicle_costs(bad, year=2026)
    run = CliRunner().invoke(app, ["costs", str(bad), "-o", str(tmp_path / "no")])
    assert run.exit_code == 3
    assert not (tmp_path / "no").exists()


def test_trucks_whose_names_look_alike_each_have_a_sheet(tmp_path: Path) -> None:
    """No sheet takes the place of another; every column of the folder is explained."""
    path = tmp_path / "trucks.csv"
    names = ["a/1", "a_1", "A_1"]
    rows = [f"{name},me,rigid_7_5t,diesel,euro_3,2009,7400,3800" for name in names]
    path.write_text("\n".join([ROW, *rows]) + "\n", encoding="utf-8")
    files = write_vehicle_costs(vehicle_costs(path, year=2026, months=2), tmp_path / "out")
    sheets = [file.name.casefold() for file in files if file.name.startswith("months-")]
    assert len(set(sheets)) == len(sheets) == 3
    columns = pd.read_csv(tmp_path / "out" / "columns.csv", index_col=["table", "column"])
    for name, file in (("costs", "costs"), ("offers", "offers"), ("explained", "explained"),
                       ("months", "months-a_1")):  # fmt: skip
        table = pd.read_csv(tmp_path / "out" / f"{file}.csv")
        assert columns.loc[name].index.tolist() == table.columns.tolist()
        assert not columns.loc[name, "meaning"].eq("vehicles that become this").any()


def test_days_that_no_year_has_and_countries_that_are_none(truck: Path) -> None:
    """Days below zero or beyond a year are named, and names in place of codes, at once."""
    with pytest.raises(InputError, match="exempt_days") as caught:
        vehicle_costs(truck, year=2026, exempt_days=-1.0, country="mexico")
    assert [problem.field for problem in caught.value.problems] == ["exempt_days", "country"]
    for days in (-4.0, 400.0, float("nan")):
        with pytest.raises(InputError, match="exempt_days"):
            vehicle_costs(truck, year=2026, exempt_days=days)
