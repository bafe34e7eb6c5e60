"""Tables of a day under rules: every column is documented, and they agree with the effect."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from geofleet.outputs.policy_tables import policy_columns, policy_tables, write_policy_tables
from geofleet.policy.day import DayEffect


@pytest.fixture(scope="module")
def effect() -> DayEffect:
    """One van waits before a zone, one drives through."""
    path = Path(__file__).parents[1] / "policy" / "day" / "conftest.py"
    spec = importlib.util.spec_from_file_location("tables_day_worlds", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    road: Any = module._world(True, np.ones((1, 24)))
    fleet = road.fleet("van", "free", hologram=["2", "00"])
    plan = road.route(fleet, road.day("van", [10.0]), road.day("free", [10.0]))
    found: DayEffect = road.apply(fleet, plan, road.rules(road.ban(), road.exempt()))
    return found.with_exposure(road.exposure())


def test_tables_are_written_with_their_columns_documented(
    effect: DayEffect, tmp_path: Path
) -> None:
    """Each file comes back with the columns that the list of columns names, each with a meaning."""
    write_policy_tables(effect, tmp_path / "policy")
    columns = pd.read_csv(tmp_path / "policy" / "columns.csv", keep_default_na=False)
    names = {path.stem for path in (tmp_path / "policy").iterdir()} - {"columns"}
    assert names == {
        "vehicle_days", "outcomes", "operators", "deliveries", "grams", "by_hour", "by_link",
    }  # fmt: skip
    assert set(columns["table"]) == names
    for name in names:
        table = pd.read_csv(tmp_path / "policy" / f"{name}.csv")
        assert list(table.columns) == columns.loc[columns["table"] == name, "column"].tolist()
    assert (columns["meaning"] != "").all()
    money = columns[columns["column"].str.contains("cost") & (columns["column"] != "cost_unknown")]
    assert set(money["unit"]) == {effect.currency}
    harm = columns[columns["column"].str.startswith("harm_")]
    for name in effect.harm_quantities:
        assert harm["meaning"].str.contains(name).all()
    grams = columns[columns["column"].str.startswith("pm25_")]
    assert set(grams["unit"]) == {"g"}


def test_parts_add_up_in_every_table(effect: DayEffect, tmp_path: Path) -> None:
    """Of every quantity, hour and link: before and all that came and went make after."""
    write_policy_tables(effect, tmp_path / "policy")
    parts = ("moved_out", "moved_in", "rerouted_out", "rerouted_in", "swapped_out",
             "swapped_in", "cancelled", "changed")  # fmt: skip
    grams = pd.read_csv(tmp_path / "policy" / "grams.csv")
    change = grams["after"] - grams["before"]
    np.testing.assert_allclose(grams[list(parts)].sum(axis=1), change, atol=1e-9)
    for name in ("by_hour", "by_link"):
        table = pd.read_csv(tmp_path / "policy" / f"{name}.csv")
        for form in ("pm25_{}_g", "harm_{}"):
            change = table[form.format("after")] - table[form.format("before")]
            came = table[[form.format(part) for part in parts]].sum(axis=1)
            np.testing.assert_allclose(came, change, atol=1e-9)
        total = grams.set_index("quantity").loc["pm25_exhaust_g", "before"]
        assert table["pm25_before_g"].sum() == pytest.approx(total)


def test_days_and_counts_agree(effect: DayEffect) -> None:
    """Outcomes count the vehicle-days; deliveries and costs sum to those of operators."""
    tables = policy_tables(effect)
    days, operators = tables["vehicle_days"], tables["operators"]
    counted = tables["outcomes"].set_index("outcome")["vehicle_days"]
    assert counted[counted > 0].to_dict() == days["outcome"].value_counts().to_dict()
    assert tables["deliveries"]["deliveries"].item() == days["deliveries"].sum() == 2
    assert operators["cost"].sum() == pytest.approx(days["cost"].sum())
    assert operators["vehicle_days"].sum() == len(days)


def test_a_column_without_meaning_is_refused(effect: DayEffect) -> None:
    """A new column must be documented before it can be written."""
    with pytest.raises(KeyError, match="mystery"):
        policy_columns(
            {"outcomes": pd.DataFrame({"mystery": [1]})}, currency=effect.currency, harm=()
        )


def test_a_folder_that_is_there_is_not_overwritten(effect: DayEffect, tmp_path: Path) -> None:
    """The folder must be new."""
    with pytest.raises(FileExistsError):
        write_policy_tables(effect, tmp_path)
