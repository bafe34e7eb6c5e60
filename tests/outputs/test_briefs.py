"""Briefs of a study: their numbers are those of the run, the plan and the ledger."""

from __future__ import annotations

import math
import re
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy_financial
import pandas as pd
import pytest
from typer.testing import CliRunner

from geofleet.brief_facts import budget_of, harm_today, loan_book, operator_facts
from geofleet.brief_facts.harm import deciding, fewest
from geofleet.brief_facts.loans import borrowers, owed_after
from geofleet.brief_facts.operators import lacks
from geofleet.brief_facts.rows import official_rows_used, relevant
from geofleet.cli import app
from geofleet.defaults import Defaults
from geofleet.economics.options import KEEP
from geofleet.errors import InputError
from geofleet.outputs.briefs import BriefMaker, brief_files, file_stem, write_brief
from geofleet.outputs.browser import find_chromium, print_pdf
from geofleet.planned import PlannedStudy, lender_view, operator_view, plan_totals
from geofleet.report.official import window
from geofleet.study import Results, Study
from geofleet.wording import say

ONE_TRUCK = "syn-op-15"


@pytest.fixture(scope="module")
def results(half_planned: PlannedStudy) -> Results:
    found = half_planned.results
    assert isinstance(found, Results)
    return found


@pytest.fixture(scope="module")
def maker(results: Results, half_planned: PlannedStudy) -> BriefMaker:
    return BriefMaker(results, half_planned)


def test_harm_is_that_of_the_layers(results: Results, maker: BriefMaker) -> None:
    """Shares by street and hour are of the harm that the run counts; half a fleet is half."""
    found = harm_today(results, maker.layers)
    links = maker.layers["links"].frame
    whole = results.harm("pm25_exhaust_g")
    name, share = found.streets[0]
    own = links.loc[links["name"] == name, "harm_pm25_exhaust"].sum()
    assert share == pytest.approx(own / whole, rel=1e-6)
    assert math.fsum(found.hours) == pytest.approx(1.0)
    grams = maker.layers["routes"].frame.groupby("vehicle_id")["pm25_exhaust_g"].sum()
    ordered = grams.sort_values(ascending=False)
    half = found.half_vehicles
    assert ordered.head(half - 1).sum() < grams.sum() / 2 <= ordered.head(half).sum()
    assert found.pm25_exhaust_low_g < found.pm25_exhaust_g < found.pm25_exhaust_high_g


def test_budget_is_that_of_the_plan(half_planned: PlannedStudy) -> None:
    """Money, vehicles and harm by size add up to the plan's own totals."""
    found, totals = budget_of(half_planned), plan_totals(half_planned)
    spent = math.fsum(row.spend for row in found.rows) + found.chargers
    assert spent == pytest.approx(found.spend)
    assert found.spend == pytest.approx(half_planned.tables().years["total_spend"].sum())
    assert found.vehicles == len(half_planned.vehicles())
    assert found.changed + sum(count for _, count in found.kept) == found.vehicles
    assert math.fsum(found.year_spend.values()) == pytest.approx(found.spend)
    assert math.fsum(row.harm for row in found.rows) == pytest.approx(totals["harm"])
    assert found.treasury["total"] == pytest.approx(
        math.fsum(value for name, value in found.treasury.items() if name != "total")
    )


def test_money_of_an_operator_is_that_of_the_plan(
    half_planned: PlannedStudy, maker: BriefMaker
) -> None:
    """First payment, month and gain agree with the plan's view; the month's items add up."""
    view = operator_view(half_planned)
    for name in view.index[:4]:
        facts = operator_facts(maker.results, str(name), maker.layers, planned=half_planned)
        assert facts.money is not None
        row = view.loc[name]
        today, after = facts.money.month_total
        assert facts.money.first == pytest.approx(row["upfront"])
        assert facts.money.grant == pytest.approx(row["grant"])
        assert after - today == pytest.approx(row["month_one_change"], abs=1e-6)
        assert facts.money.gain == pytest.approx(row["gain"])
        paid = facts.money.price - facts.money.grant - facts.money.loan - facts.money.trade_in
        assert facts.money.capital == pytest.approx(0.0, abs=1e-6)
        assert paid == pytest.approx(facts.money.first)
        # diesel of today and after the change: what it costs less moves the month
        cases = half_planned.options.cases["energy_per_year"]
        chosen = half_planned.vehicles().set_index("vehicle_id")
        own = chosen[chosen["operator_id"].eq(name) & chosen["option"].ne(KEEP)]
        fuel = own[own["technology"].ne("electric")]
        now = sum(cases[(vehicle, KEEP)] for vehicle in own.index)
        then = sum(cases[(vehicle, option)] for vehicle, option in fuel["option"].items())
        moved = facts.money.fuel_change * (now - then) / 12.0
        assert facts.money.fuel_month[0] == pytest.approx(after - today + moved)
        assert facts.money.fuel_month[1] == pytest.approx(after - today - moved)
        # the plan's grants were chosen so that each can pay and gains
        assert {one.met for one in facts.checks} == {"yes"}


def test_loans_are_those_of_the_lenders_sheet(half_planned: PlannedStudy) -> None:
    """Sums agree with the sheet; what is repaid is what was lent, by an independent schedule."""
    book, view = loan_book(half_planned), lender_view(half_planned)
    assert book is not None
    assert book.trucks == len(view) == len(borrowers(half_planned))
    assert book.loan == pytest.approx(view["loan"].sum())
    assert book.cover_low == pytest.approx(view["cover"].min())
    assert book.loss == pytest.approx(view["expected_loss"].sum())
    assert math.fsum(one.repaid for one in book.years) == pytest.approx(book.loan)
    assert book.years[-1].owed == pytest.approx(0.0, abs=1e-6)
    interest = 0.0
    for row in view.itertuples():
        months = np.arange(1, 12 * int(row.term_years) + 1)
        month = (1.0 + row.rate) ** (1.0 / 12.0) - 1.0
        interest -= numpy_financial.ipmt(month, months, len(months), row.loan).sum()
    assert math.fsum(one.interest for one in book.years) == pytest.approx(interest)
    paid = math.fsum(one.interest + one.repaid for one in book.years)
    assert paid == pytest.approx((12 * view["instalment_per_month"] * view["term_years"]).sum())
    assert book.price - book.grant - book.trade_in - book.loan == pytest.approx(book.first)
    usual = next(one for one in book.stress if one.name == "usual")
    worst = next(one for one in book.stress if one.name == "all")
    assert usual.loss == pytest.approx(book.loss)
    assert worst.loss > usual.loss
    assert worst.serves <= usual.serves


def test_what_is_owed_without_interest_and_of_nothing() -> None:
    """A loan at no rate falls by equal parts; of no loan nothing is owed."""
    owed = owed_after(np.array([100.0, 0.0]), np.array([0.0, 0.1]), np.array([4.0, 0.0]), 3.0)
    np.testing.assert_allclose(owed, [25.0, 0.0])


def test_files_of_every_brief(maker: BriefMaker, tmp_path: Path) -> None:
    """Pages in both languages, each with map, table and the values that it rests on."""
    for audience, operator in (("official", None), ("operator", ONE_TRUCK), ("lender", None)):
        files = write_brief(maker, audience, tmp_path, operator=operator)  # type: ignore[arg-type]
        assert [path.suffix for path in files] == [".html", ".html", ".csv"]
        for path, language in zip(files, ("en", "es"), strict=False):
            text = path.read_text(encoding="utf-8")
            assert text.count("<svg") >= 1
            assert text.count("<table") == 2
            assert say("brief.map_north")[language] in text
            assert "@@" not in text
            assert "nan" not in text.replace("financ", "").lower().split("<svg")[0].split()
            assert files[2].name in text
        table = pd.read_csv(files[2])
        assert set(table["status"]) <= {"verified", "derived", "memory", "illustrative", "user",
                                        "conflict"}  # fmt: skip
        assert table["row"].is_unique
        assert table["contested"].any()
    again = write_brief(maker, "lender", tmp_path / "again")
    assert again[0].read_bytes() == (tmp_path / "lender.en.html").read_bytes()


def test_only_rows_that_bear_on_the_truck(maker: BriefMaker, half_planned: PlannedStudy) -> None:
    """An operator's values are of its class and change; changing one of them changes its money."""
    maker.operator(ONE_TRUCK)
    rows = set(maker.tables[file_stem("operator", ONE_TRUCK)]["row"])
    assert "vehicle_prices:dpf_retrofit.price" in rows
    assert not [row for row in rows if "cargo_van" in row or row.startswith("society:")]
    assert len(rows) < len(half_planned.options.provenance) + 400
    kept = relevant({"a:cng.x", "b:rigid_14t.electric.price", "c:rigid_14t.x", "tariffs:y"},
                    {"rigid_14t"})  # fmt: skip
    assert kept == {"c:rigid_14t.x"}


def test_operators_share_no_file() -> None:
    """Ids that look alike, are too long or are no file names each have files of their own."""
    ids = ["Fleet/7", "Fleet_7", "fleet_7", "..", ".", "CON", "", " ", "a" * 70 + "1",
           "a" * 70 + "2", "\U00020000" * 60, "José", "Jose\u0301", "x\u202ey",
           "\N{DELIVERY TRUCK}"]  # fmt: skip
    stems = [file_stem("operator", name, among=ids) for name in ids]
    assert len({stem.casefold() for stem in stems}) == len(ids)
    assert all(re.fullmatch(r"operator-[\w.-]{1,80}", stem, re.ASCII) for stem in stems)
    assert file_stem("operator", "syn-op-05", among=ids) == "operator-syn-op-05"


def test_rows_of_officials_bear_on_a_number(
    results: Results, half_planned: PlannedStudy
) -> None:  # fmt: skip
    """What only puts money on lives and carbon is not named: no number of the brief turns on it."""
    used = official_rows_used(results, half_planned, results.policy)
    assert "society:admin.per_vehicle" in used
    assert not [row for row in used if row.startswith(("money:", "society:carbon_price"))]


def test_only_what_rules_ask_for_is_missed(results: Results, maker: BriefMaker) -> None:
    """Rules of hours ask for no plate; rules by plate do, of every vehicle without one."""
    own = results.inputs.fleet.vehicles
    assert set(lacks(own, maker.rules)) == {"annual_km"}
    rule = SimpleNamespace(attributes=frozenset({"plate_digit", "standard"}))
    found = lacks(own, SimpleNamespace(rule_set=SimpleNamespace(active=(rule,))))  # type: ignore[arg-type]
    assert set(found) == {"plate", "annual_km"}
    assert found["plate"].all()


def test_rule_that_decides_is_named(results: Results, maker: BriefMaker) -> None:
    """Each truck whose day changes is told by which rule; sources are those of such rules."""
    frame = results.policy.frame
    changed = frame[frame["outcome"].ne("allowed") & frame["rule_id"].fillna("").ne("")].iloc[0]
    rule = maker.rules.rule_set.rule(str(changed["rule_id"]))
    facts = operator_facts(
        results, str(changed["operator_id"]), maker.layers, rules=maker.rules, effect=maker.effect
    )
    told = {truck.vehicle_id: truck.rule for truck in facts.trucks}
    assert told[changed["vehicle_id"]] == rule.name
    assert rule.rule_id in deciding(results.policy, [changed["vehicle_id"]])


def test_no_plan_and_no_rules(results: Results, tmp_path: Path) -> None:
    """Without a plan, briefs leave it out and say so; the lender's has nothing to list."""
    bare = BriefMaker(results)
    for audience in ("operator", "lender"):
        files = write_brief(bare, audience, tmp_path, operator=ONE_TRUCK, languages=("en",))  # type: ignore[arg-type]
        text = files[0].read_text(encoding="utf-8")
        assert "MXN" not in text.split("<svg")[0]
        assert say("brief.q_no_plan")["en"] in text
    assert not (tmp_path / "lender-values.csv").exists()


def test_words_that_cannot_be(maker: BriefMaker, tmp_path: Path) -> None:
    """Readers, operators and languages that are none are refused before anything is written."""
    with pytest.raises(InputError, match="official, operator, lender"):
        maker.make("mayor")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="an operator of the study: syn-op-02"):
        maker.make("operator", "nobody")
    with pytest.raises(InputError, match="the id of an operator"):
        maker.make("operator")
    with pytest.raises(InputError, match="en, es"):
        write_brief(maker, "lender", tmp_path / "none", languages=("fr",))
    assert not (tmp_path / "none").exists()


def test_command(half_study: Study, half_planned: PlannedStudy, tmp_path: Path,
                 monkeypatch: Any) -> None:  # fmt: skip
    """The command writes what is asked for, and refuses before it runs."""
    import geofleet.outputs.plan

    monkeypatch.setattr(geofleet.outputs.plan, "study_plan", lambda *_, **__: half_planned)
    run = CliRunner().invoke
    given = ["brief", str(half_study.folder), "--for", "lender", "--language", "es"]
    done = run(app, [*given, "-o", str(tmp_path), "-q"])
    assert done.exit_code == 0, done.output
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lender-values.csv",
                                                                "lender.es.html"]  # fmt: skip
    wrong = ["brief", str(half_study.folder), "--for", "operator", "--operator", "nobody", "-q"]
    done = run(app, wrong)
    assert done.exit_code == 3
    assert "syn-op-02" in done.output
    assert run(app, [*given[:2], "--for", "mayor"]).exit_code == 2
    monkeypatch.setenv("CHROMIUM", str(tmp_path / "none"))
    done = run(app, [*given, "--pdf", "-q"])
    assert done.exit_code == 3
    assert "Chromium" in done.output


@pytest.mark.skipif(find_chromium() is None, reason="no Chromium on this machine")
def test_one_truck_fits_one_page(maker: BriefMaker, tmp_path: Path) -> None:
    """The brief of an operator of one truck is one sheet of A4, in both languages."""
    files = brief_files(maker, tmp_path, audiences=("operator",),
                        operators=[ONE_TRUCK], pdf=True)  # fmt: skip
    for path in (file for file in files if file.suffix == ".pdf"):
        data = path.read_bytes()
        assert data.startswith(b"%PDF")
        assert len(re.findall(rb"/Type\s*/Page\b", data)) == 1


def test_printing_needs_a_browser(tmp_path: Path, monkeypatch: Any) -> None:
    """Without a Chromium nothing is written, and the message says what to install."""
    monkeypatch.setenv("CHROMIUM", str(tmp_path / "none"))
    page = tmp_path / "a.html"
    page.write_text("<p>a</p>", encoding="utf-8")
    with pytest.raises(FileNotFoundError, match="install one"):
        print_pdf(page, tmp_path / "a.pdf")
    assert not (tmp_path / "a.pdf").exists()
    if (other := shutil.which("false")) is not None:
        monkeypatch.setenv("CHROMIUM", other)
        with pytest.raises(RuntimeError, match="made no PDF"):
            print_pdf(page, tmp_path / "a.pdf")


def test_worst_hours_and_fewest() -> None:
    """The worst stretch is the one with the largest sum; none of nothing makes half."""
    hours = [0.0] * 21 + [0.2, 0.5, 0.3]
    assert window(hours) == (21, 24, pytest.approx(1.0))
    assert fewest(np.array([4.0, 3.0, 2.0, 1.0])) == 2
    assert fewest(np.zeros(3)) == 0


def test_user_values_are_marked(results: Results) -> None:
    """A value that the study sets itself is told to be its own."""
    from geofleet.report import assumptions_of, rows_table
    from geofleet.wording import Readers

    own = Defaults({"pricing:diesel_per_l": 31.5})
    table = rows_table({"pricing:diesel_per_l", "vehicle_prices:dpf_retrofit.price", "x:y"}, own)
    found = assumptions_of(table, Readers.of("CL"), also=("pricing:diesel_per_l",), file="f.csv")
    assert [one.row for one in found.shown] == ["pricing:diesel_per_l",
                                                "vehicle_prices:dpf_retrofit.price"]  # fmt: skip
    assert found.shown[0].value == {"en": "31.5", "es": "31,5"}
    assert found.shown[0].status == say("common.user")
    assert found.shown[1].contested
    assert found.used == 2
    assert KEEP not in {one.row for one in found.shown}
