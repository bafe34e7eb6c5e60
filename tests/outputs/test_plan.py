"""The plan of a study: from settings and command to tables, layers, map and report."""

from __future__ import annotations

import itertools
import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from geofleet.cli import app
from geofleet.config import ExemptionConfig, PlanConfig
from geofleet.economics.ledger import ledger_totals
from geofleet.errors import InputError
from geofleet.outputs.plan import (
    check_plan_output,
    plan_settings,
    plan_tables,
    study_plan,
    write_plan,
)
from geofleet.plan import violations
from geofleet.planned import (
    PlannedStudy,
    access_of,
    lender_view,
    official_rows,
    official_view,
    operator_view,
    plan_fiscal,
    plan_results,
)
from geofleet.planned.columns import column_table
from geofleet.planned.layers import plan_layers
from geofleet.study import Results, Study


@pytest.fixture(scope="module")
def study(half_study: Study) -> Study:
    """Half of the bundled study."""
    return half_study


@pytest.fixture(scope="module")
def planned(half_planned: PlannedStudy) -> PlannedStudy:
    """Its plan with its own settings, every vehicle on its own routes."""
    return half_planned


@pytest.fixture(scope="module")
def results(planned: PlannedStudy) -> Results:
    """The run behind it."""
    found = planned.results
    assert isinstance(found, Results)
    return found


def test_plan_keeps_every_bound_and_beats_ranking(planned: PlannedStudy) -> None:
    """Nothing is overspent, the gap is proven, and ranking by ratio avoids less."""
    plan = planned.plan
    assert violations(plan) == []
    assert plan.bound >= plan.value * (1 - 1e-9) > 0
    assert plan.gap <= 0.01
    assert planned.gain_over_ranking > 0
    years = planned.tables().years
    assert (years["cumulative_spend"] <= years["cumulative_budget"] * (1 + 1e-9)).all()


def test_harm_of_keep_is_that_of_the_run(planned: PlannedStudy, results: Results) -> None:
    """What vehicles emit today, taken back to the days of the study, is what the run says."""
    physical = planned.options.physical.xs("keep", level="option")
    vehicles = results.outcomes.vehicles
    scale = vehicles["annual_km"].astype(float) / vehicles["study_km"].astype(float)
    day = (physical["harm_person_ug_m3_h"] / scale.reindex(physical.index)).sum()
    expected = results.harm("pm25_exhaust_g") + results.harm("pm25_wear_g")
    assert day == pytest.approx(expected, rel=1e-9)


def test_no_electric_vehicle_gets_a_day_that_it_cannot_do(planned: PlannedStudy) -> None:
    """The probability asked for holds for every vehicle that becomes electric."""
    table = planned.again(budget_per_year=3e6, technologies=["electric"]).vehicles()
    electric = table[table["technology"] == "electric"]
    assert len(electric[electric["year"].notna()])
    promised = planned.defaults.number("robust", "promised_probability")
    assert (electric.loc[electric["year"].notna(), "probability"] >= promised).all()


def test_grants_make_operators_able_and_willing_and_no_more(planned: PlannedStudy) -> None:
    """With its grant each choice pays for its operator; with a peso less it does not."""
    from geofleet.economics.finance import affordability

    table = planned.tables().vehicles
    chosen = table[table["option"] != "keep"]
    rows = pd.MultiIndex.from_arrays([chosen.index, chosen["option"]])
    offers = planned.offers.loc[rows]
    for name, part in offers.groupby("product"):
        for less, answer in ((0.0, "yes"), (1.0, "no")):
            cases = planned.options.cases.copy()
            grant = (part["grant"] - less).clip(lower=0.0)
            cases.loc[part.index, "grant"] = grant.to_numpy()
            said = affordability(
                replace(planned.options, cases=cases), [planned.products[str(name)]],
                date=pd.Timestamp("2024-05-14").date(),
            ).loc[part.index, "both"]  # fmt: skip
            held = part["grant"] > 1.0
            assert (said[held] == answer).all()


def test_more_money_never_avoids_less(planned: PlannedStudy) -> None:
    """The value rises with the budget, within the gap of each plan."""
    values = [planned.again(budget_per_year=money).plan for money in (0.0, 1e5)]
    assert values[0].value == 0.0
    for poor, rich in itertools.pairwise([*values, planned.plan]):
        assert rich.bound >= poor.value * (1 - 1e-9)
        assert rich.value >= poor.value * (1 - rich.gap) - 1e-9


def test_other_prices_need_no_other_run(planned: PlannedStudy) -> None:
    """Dearer diesel makes filters dearer, by their fuel alone; physics stays the same object."""
    dearer = planned.again({"pricing:diesel_per_l": 40.0})
    assert dearer.results is planned.results
    before, after = (
        ledger_totals(one.options.cases)["present_cost"].xs("keep", level="option")
        for one in (planned, dearer)
    )
    diesel = planned.options.vehicles["fuel"].eq("diesel").reindex(before.index)
    assert (after[diesel] > before[diesel]).all()
    np.testing.assert_allclose(after[~diesel], before[~diesel], rtol=1e-12)
    with pytest.raises(InputError, match="comes from the run"):
        planned.again({"mends:working_days": 250})
    with pytest.raises(InputError, match="pricing:gold"):
        planned.again({"pricing:gold": 1})


def test_exemption_is_worth_its_days(results: Results) -> None:
    """60 whole days at the margin of class and size; nothing for who is not exempt."""
    found = results.outcomes
    worth = access_of(
        found.physical, found.vehicles,
        ExemptionConfig(whole_days=60, contingency_days=0),
    )  # fmt: skip
    assert set(found.physical.loc[worth.index, "technology"]) == {"dpf_retrofit", "electric"}
    # operator of one truck, 7.5 t: 900 MXN a day, all of it lost when it stands
    one = worth[worth.index.get_level_values("vehicle_id") == "syn-7t-14"]
    assert one.iloc[0] == pytest.approx(60 * 900)


def test_floor_of_small_operators_holds(planned: PlannedStudy) -> None:
    """With a floor of 90 % at least that part of the grants goes to operators of up to 30."""
    table = planned.again(small_operators_share=0.9).tables().vehicles
    small = table["operator_size"].isin(["1-5", "6-30"])
    assert table.loc[small, "spend"].sum() >= 0.9 * table["spend"].sum() * (1 - 1e-6)


def test_cheapest_way_to_a_harm(planned: PlannedStudy) -> None:
    """Half the harm avoided costs less than all of it, and is reached."""
    half = planned.plan.value / 2
    cheap = planned.again(objective="cost", harm_at_least=half)
    harm = float(cheap.tables().vehicles["harm"].sum())
    assert harm >= half * (1 - 1e-6)
    cost = float(planned.tables().vehicles["cost"].sum())
    assert cheap.plan.value <= cost + 1e-6 * abs(cost)


def test_views_add_up(planned: PlannedStudy) -> None:
    """Operators, officials and lenders see the same vehicles and the same money."""
    table = planned.tables().vehicles
    changed = table[table["option"] != "keep"]
    operators, officials = operator_view(planned), official_view(planned)
    assert operators["changed"].sum() == len(changed)
    assert officials["vehicles"].sum() == len(table)
    assert officials["spend"].sum() == pytest.approx(table["spend"].sum())
    rows = pd.MultiIndex.from_arrays([changed.index, changed["option"]])
    assert operators["grant"].sum() == pytest.approx(planned.offers.loc[rows, "grant"].sum())
    assert (operators["gain"] >= -1e-6).all()
    lent = lender_view(planned)
    on_credit = planned.offers.loc[rows, "product"].ne("cash")
    assert len(lent) == on_credit.sum()
    assert (lent["cover"] >= lent["cover_min"] - 1e-9).all()
    fiscal = plan_fiscal(planned)
    assert fiscal.takers == len(changed)
    assert fiscal.present["grant"] == pytest.approx(operators["grant"].sum())
    labels = [label for label, _, _ in official_rows(planned)]
    assert "Public money" in labels


def test_views_and_report_tell_the_same_money(planned: PlannedStudy) -> None:
    """Public money of operators, officials, years and vehicles is one sum; so are the totals."""
    from geofleet.outputs.plan import plan_report

    tables, report = plan_tables(planned), plan_report(planned)
    spent = tables["vehicles"]["spend"].sum()
    assert tables["operators"]["spend"].sum() == pytest.approx(spent, rel=1e-12)
    assert tables["officials"]["spend"].sum() == pytest.approx(spent, rel=1e-12)
    years = tables["years"]
    assert years["spend"].sum() == pytest.approx(spent, rel=1e-12)
    assert years["charging_spend"].sum() == pytest.approx(tables["depots"]["spend"].sum())
    assert (years["charging_spend"][years[["chargers", "extensions"]].sum(axis=1) == 0] == 0).all()
    assert sum(report["public_money"].values()) == pytest.approx(years["total_spend"].sum())
    totals, vehicles = report["totals"], tables["vehicles"]
    assert vehicles["harm_avoided"].sum() == pytest.approx(totals["harm"])
    assert vehicles["co2e_avoided_t"].sum() == pytest.approx(totals["co2e"])
    built = tables["depots"]["cost"].sum()
    assert vehicles["cost"].sum() + built == pytest.approx(totals["cost"])
    first, last = planned.first_year, planned.first_year + planned.config.years - 1
    for when in (years.index, tables["lenders"]["year"], tables["operators"]["last_year"],
                 tables["depots"]["first_year"], vehicles["year"].dropna()):  # fmt: skip
        assert min(when, default=first) >= first
        assert max(when, default=last) <= last


def test_every_column_is_explained(planned: PlannedStudy) -> None:
    """Each column of each table has a meaning; money has the currency as its unit."""
    tables = plan_tables(planned)
    found = column_table(tables, currency="MXN")
    for name, table in tables.items():
        assert found.loc[name].index.tolist() == [*table.index.names, *table.columns]
    assert found["meaning"].str.len().gt(3).all()
    assert not found["unit"].str.contains("money").any()
    counted = found.index[found["meaning"] == "vehicles that become this"]
    technologies = {"dpf_retrofit", "euro_6", "cng", "diesel_hybrid", "electric"}
    assert {column for _, column in counted} <= technologies
    assert {table for table, _ in counted} == {"operators"}


@pytest.mark.parametrize(
    "changes",
    [{"budget_per_year": 0.0}, {"objective": "cost", "exemption": None}, {"grant": "none"},
     {"budget_per_year": math.inf}],
)  # fmt: skip
def test_plans_of_nothing_and_of_everything_are_written(
    planned: PlannedStudy, tmp_path: Path, changes: dict[str, Any]
) -> None:
    """A plan that changes no vehicle, or has no bound, says so; its folder is whole."""
    found = planned.again(**changes)
    write_plan(found, tmp_path / "plan", language="es")
    report = json.loads((tmp_path / "plan" / "report.json").read_text(encoding="utf-8"))
    rows = {label: value for label, value, _ in report["rows"]}
    changed = int(rows["Vehicles that change"].split()[0])
    kept = sum(int(value) for label, value in rows.items() if label.startswith("kept: "))
    assert changed + kept == len(found.problem.units)
    if changes.get("budget_per_year") == math.inf:
        assert report["settings"]["budget_per_year"] == "inf"
        assert changed > 0
    else:
        assert changed == 0
        assert report["better_than_ranking"] is None
        assert operator_view(found).empty
        assert lender_view(found).empty


def test_limit_that_ranking_does_not_reach(planned: PlannedStudy) -> None:
    """The cheapest plan for nearly all the harm stands, though ranking finds none."""
    wanted = planned.plan.value * (1 - 1e-4)
    found = planned.again(objective="cost", harm_at_least=wanted, gap=0.05)
    assert float(found.tables().vehicles["harm"].sum()) >= wanted * (1 - 1e-6)
    if found.ranked is None:
        assert math.isnan(found.gain_over_ranking)


def test_public_money_within_a_product_counts_against_the_budget(planned: PlannedStudy) -> None:
    """A grant that the treasury pays as a product is spent as the grant beside it is."""
    found = planned.again(products=["grant"], technologies=["electric"], budget_per_year=1e6)
    offers = found.offers[found.offers["grant"].notna()]
    share, most = (
        found.defaults.number("finance", row) for row in ("grant.share", "grant.most")
    )  # fmt: skip
    assert share > 0
    own = (share * found.options.cases.loc[offers.index, "price"]).clip(upper=most)
    assert ((offers["public"] - offers["grant"]) >= 0.99 * own).all()
    table = found.tables()
    first = table.vehicles[table.vehicles["year"] == 0]
    rows = pd.MultiIndex.from_arrays([first.index, first["option"]])
    assert first["spend"].sum() == pytest.approx(found.offers.loc[rows, "public"].sum())
    assert (table.years["cumulative_spend"] <= table.years["cumulative_budget"]).all()


def test_days_shown_are_those_of_the_work_that_is_done(planned: PlannedStudy) -> None:
    """With exchanged work an electric vehicle tells the probability of the routes it is given."""
    found = planned.again(
        technologies=["electric"], budget_per_year=3e6, reassign=True, gap=0.05
    )  # fmt: skip
    table = found.vehicles()
    electric = table[table["technology"] == "electric"]
    working = electric["probability"].dropna()
    assert len(working)
    assert (working >= found.defaults.number("robust", "promised_probability")).all()
    work = found.results.duties.work["probability"]
    for row in electric.dropna(subset=["duty_id"]).itertuples():
        assert row.probability <= work.loc[(row.duty_id, row.vehicle_id, row.option)] + 1e-12


def test_folder_of_a_plan(planned: PlannedStudy, tmp_path: Path) -> None:
    """Tables, layers, map and report agree, and are written whole or not at all."""
    folder = tmp_path / "plan"
    files = write_plan(planned, folder)
    assert {file.suffix for file in files} >= {".csv", ".geojson", ".html", ".json"}
    vehicles = gpd.read_file(folder / "layers" / "plan_vehicles.geojson")
    table = pd.read_csv(folder / "tables" / "vehicles.csv")
    assert len(vehicles) == len(table) == len(planned.problem.units)
    assert vehicles["spend"].sum() == pytest.approx(table["spend"].sum())
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    assert report["gap"] == planned.plan.gap
    assert report["contested_inputs"]
    page = (folder / "map.html").read_text(encoding="utf-8")
    assert "OpenStreetMap contributors" in page
    assert write_plan(planned, folder)  # replaced
    (folder / "mine.txt").write_text("keep me", encoding="utf-8")
    with pytest.raises(InputError, match=r"mine\.txt"):
        check_plan_output(folder)


def test_layers_say_their_money(planned: PlannedStudy) -> None:
    """Units of amounts are the currency; a kept vehicle has no year and a reason."""
    layer = plan_layers(planned)["plan_vehicles"]
    units = {column.name: column.unit for column in layer.schema.columns}
    assert units["spend"] == units["cost"] == "MXN"
    kept = layer.frame[layer.frame["option"] == "keep"]
    assert kept["year"].isna().all()
    assert kept["reason"].notna().all()


def test_settings_of_a_plan(study: Study, tmp_path: Path) -> None:
    """What the command gives stands in place of the study's; faults are named."""
    assert plan_settings(study, years=4).years == 4
    with pytest.raises(InputError, match="years"):
        plan_settings(study, years=99)
    bare = replace(study, config=study.config.model_copy(update={"plan": None}))
    with pytest.raises(InputError, match="budget"):
        plan_settings(bare)
    with pytest.raises(InputError, match=r"each of the 10 years, not 2"):
        plan_settings(study, budget_per_year=[1e6, 2e6])
    assert plan_settings(study, budget_per_year=[1e6, 2e6], years=2).years == 2
    with pytest.raises(InputError) as caught:
        plan_settings(study, budget_per_year=-1, probability=2, technologies=["steam"])
    assert [problem.field for problem in caught.value.problems] == [
        "budget_per_year", "probability", "technologies",
    ]  # fmt: skip
    assert plan_settings(bare, budget_per_year=5.0).budget_per_year == 5.0


def test_product_that_does_not_exist(results: Results) -> None:
    """A product is asked for by a name that the file has."""
    with pytest.raises(InputError, match="commercial_credit"):
        plan_results(results, PlanConfig(budget_per_year=1.0, products=["gift"]))
    with pytest.raises(InputError, match="this needs a loan"):
        plan_results(results, PlanConfig(budget_per_year=1.0, products=["cash", "guarantee"]))
    with pytest.raises(InputError, match="one of colombia, mexico"):
        plan_results(results, PlanConfig(budget_per_year=1.0, product_set="peru"))


def test_wrong_product_is_told_before_the_run(study: Study, monkeypatch: Any) -> None:
    """Nobody waits for the physics to hear that a product does not exist."""
    monkeypatch.setattr(Study, "run", lambda *_, **__: pytest.fail("it ran"))
    with pytest.raises(InputError, match="gift"):
        study_plan(study, plan_settings(study, products=["gift"]))
    with pytest.raises(InputError, match=r"none\.yaml"):
        study_plan(study, plan_settings(study, product_file=Path("none.yaml")))


def test_floor_of_small_operators_that_are_none(results: Results) -> None:
    """A share for operators that the study does not have is refused, not an empty plan."""
    large = results.outcomes.vehicles.assign(operator_size=">100")
    other = replace(results)
    other.__dict__["outcomes"] = replace(results.outcomes, vehicles=large)
    with pytest.raises(InputError, match="small_operators_share"):
        plan_results(other, PlanConfig(budget_per_year=1.0, small_operators_share=0.3))


def test_command_checks_before_it_runs(study: Study, tmp_path: Path) -> None:
    """A folder of something else is refused at once; a language that is none is a wrong option."""
    (tmp_path / "mine.txt").write_text("keep me", encoding="utf-8")
    done = CliRunner().invoke(app, ["plan", str(study.folder), "-o", str(tmp_path), "-q"])
    assert done.exit_code == 3
    assert (tmp_path / "mine.txt").exists()
    done = CliRunner().invoke(app, ["plan", str(study.folder), "--language", "fr"])
    assert done.exit_code == 2
