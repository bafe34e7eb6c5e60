"""One truck from a CSV file to its months, and the page on finance: examples and figures."""

from __future__ import annotations

import datetime
import io
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from geofleet.economics.access import access_terms, access_value
from geofleet.economics.finance import (
    affordability,
    cash_flow,
    lender_sheet,
    load_products,
    one_truck,
    smallest,
)
from geofleet.economics.ledger import ledger_totals
from geofleet.economics.options import Options, make_options
from geofleet.economics.outcomes import table_outcomes
from geofleet.energy.catalogue import electric_models

DAY = datetime.date(2026, 3, 1)
PACKAGES = load_products("mexico").packages
MODELS = electric_models(["jac_n55_ev"])
FILTER = ("t1", "dpf_retrofit")


def _options(size: str, hologram: str) -> Options:
    """Return the options of a table of one row, and what an exemption is worth to them."""
    text = (
        "vehicle_id,vehicle_class,fuel,standard,model_year,gvw_kg,payload_capacity_kg,annual_km,"
        "operator_size,hologram\r\n"
        f"t1,rigid_7_5t,diesel,euro_4,2013,7500,3900,35000,{size},{hologram}\r\n"
    )
    table = pd.read_csv(io.StringIO(text), dtype={"operator_size": str, "hologram": str})
    made = table_outcomes(table, models=MODELS, country="MX", year=2025)
    worth = access_value(access_terms(made.vehicles))
    index = made.physical.index[made.physical.index.get_level_values("option") != "keep"]
    access = pd.Series(worth.reindex(index.get_level_values(0)).to_numpy(), index=index)
    return make_options(made.physical, made.vehicles, access=access)


def test_one_truck_from_a_file_to_its_months() -> None:
    """Every option with every package that it can have; months add up to the ledger."""
    options = _options("1-5", "2")
    found = one_truck(options, PACKAGES, date=DAY, months=120)
    assert not found.sheet[["total", "cumulative"]].isna().any(axis=None)
    assert {"loan", "lease", "bono", "as today"} <= set(found.sheet.index.unique("package"))
    assert found.answers.loc[("loan", "dpf_retrofit"), "both"] == "yes"
    cash = found.sheet.xs(("cash", "dpf_retrofit"), level=("package", "option"))
    totals = ledger_totals(options.cases).loc[FILTER]
    assert cash["total"].sum() == pytest.approx(totals["undiscounted_cost"])
    flow = cash_flow(options.cases, FILTER, 120)
    np.testing.assert_allclose(flow.by_year().to_numpy(), flow.yearly.to_numpy(), atol=1e-6)
    sheet = lender_sheet(options, PACKAGES["loan"], date=DAY).loc[FILTER]
    assert sheet["loan"] == pytest.approx(160_000)
    assert sheet["cover"] > sheet["cover_min"]


def _page(repository: Path) -> str:
    return (repository / "docs" / "concepts" / "economics-finance.md").read_text(encoding="utf-8")


def test_example_runs(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As a reader would type it."""
    for block in re.findall(r"```python\n(.*?)```", _page(repository), re.DOTALL):
        exec(block, {})
    assert "against_today" in capsys.readouterr().out


def test_grants_for_a_filter_by_size_and_hologram(repository: Path) -> None:
    """The page's table, to the thousand; more days won and fewer trucks ask for less."""
    rows = re.findall(r"^\| (\S+) \| (\d+) \| (\d+) \| none \| (\S+) \|$", _page(repository), re.M)
    assert len(rows) == 4
    for size, *stated, by_month in rows:
        for hologram, thousands in zip("21", stated, strict=True):
            options = _options(size.replace("\N{EN DASH}", "-"), hologram)
            found = smallest("grant", options, PACKAGES["loan"]).loc[FILTER]
            assert round(found["value"] / 1000) == int(thousands), (size, hologram)
        options = _options(size.replace("\N{EN DASH}", "-"), "00")
        found = smallest("grant", options, PACKAGES["loan"]).loc[FILTER]
        assert np.isnan(found["value"])
        given = options.cases.copy()
        given.loc[FILTER, "grant"] = 200_000.0
        found = smallest("support", given, PACKAGES["loan"], vehicles=options.vehicles,
                         physical=options.physical).loc[FILTER]  # fmt: skip
        assert f"{found['value'] / 1000:.1f}" == by_month, size


def test_an_operator_of_unknown_size_stops_nobody_else() -> None:
    """Its gains and answers are unknown, never yes; those of others are as without it."""
    truck = {
        "vehicle_class": "rigid_7_5t", "fuel": "diesel", "standard": "euro_4", "model_year": 2013,
        "annual_km": 35000.0,
    }  # fmt: skip
    both = pd.DataFrame([
        {"vehicle_id": "a", "operator_id": "x", "operator_size": "6-30", **truck},
        {"vehicle_id": "b", "operator_id": None, "operator_size": None, **truck},
    ])  # fmt: skip
    answers = {}
    for name, table in (("both", both), ("alone", both.head(1))):
        made = table_outcomes(table, models=MODELS, country="MX", year=2025)
        options = make_options(made.physical, made.vehicles)
        answers[name] = affordability(options, PACKAGES["loan"], date=DAY)
    told, alone = answers["both"], answers["alone"]
    pd.testing.assert_frame_equal(told.loc[["a"]], alone.loc[["a"]])
    unknown = told.loc["b"].drop("keep")
    assert (unknown[["able", "willing", "both"]] == "unknown").all(axis=None)
    assert unknown["npv"].isna().all()
    assert options.report["unknown"].get("operator_size", 0) == 0
