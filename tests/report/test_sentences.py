"""Sentences of briefs that must not lie: of one, of none, of what is lost or not known."""

from __future__ import annotations

import importlib.util
import math
from pathlib import Path
from types import ModuleType

import pytest

from geofleet.report import Brief, lender_brief, official_brief, operator_brief
from geofleet.report.contents import Check, SizeRow
from geofleet.report.credit import StressYear
from geofleet.report.model import Section

_SPEC = importlib.util.spec_from_file_location(
    "contents", Path(__file__).with_name("contents.py")
)  # fmt: skip
assert _SPEC is not None
assert _SPEC.loader is not None
made: ModuleType = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(made)


def _said(brief: Brief, language: str = "en") -> str:
    parts: list[Section] = [*brief.sections, *brief.after]
    texts = [brief.title, brief.lead]
    texts += [text for part in parts for text in (*part.paragraphs, *part.items)]
    texts += [text for part in parts for pair in part.facts for text in pair]
    if brief.table is not None:
        texts += [cell for row in brief.table.rows for cell in row]
        texts += [brief.table.note] if brief.table.note else []
    return "\n".join(text[language] for text in texts).replace("\u00a0", " ")


def test_one_truck_is_one() -> None:
    """A study of one truck, a plan of one year and a loan of one truck are told in the singular."""
    today = made.today(vehicles=1, operators=1, half_vehicles=1)
    rows = (SizeRow("1-5", 1, {"electric": 1}, 1e5, 1e6, 10.0),)
    budget = made.budget(years=1, rows=rows, chargers=0.0)
    official = official_brief(made.about(), today, budget=budget)
    lender = lender_brief(made.about(), made.book(trucks=1, operators=1, term_years=(1.0, 1.0)))
    for brief, wrong in ((official, ("1 trucks", "1 operators", "1 years")),
                         (lender, ("1 trucks", "1 operators", "1 years"))):  # fmt: skip
        assert [words for words in wrong if words in _said(brief)] == []
        plural = ("1 camiones", "1 transportistas", "1 años")
        assert [words for words in plural if f" {words}" in brief.lead["es"]] == []
    assert "1 camión recorrió" in official.lead["es"].replace("\u00a0", " ")
    alone = operator_brief(made.about(), made.operator())
    assert alone.title["es"].startswith("Su camión")


def test_plan_that_changes_nothing_buys_nothing() -> None:
    """Where all trucks are kept no price of a kilogram is made up, and nobody borrows."""
    rows = (SizeRow("1-5", 64, {}, 0.0, 0.0, 0.0),)
    budget = made.budget(rows=rows, spend=0.0, chargers=0.0, harm=0.0, pm25_kg=0.0, gap=math.inf)
    brief = official_brief(made.about(), made.today(), budget=budget)
    assert "changes none of 64 trucks" in brief.lead["en"]
    assert "kilogram" not in brief.lead["en"]
    assert "not proven" in _said(brief)
    kept = lender_brief(made.about(), None, changed=0)
    assert "changes no truck" in kept.lead["en"]
    refused = lender_brief(made.about(), None, changed=3, wanted=2)
    assert "pay cash" not in refused.lead["en"]


def test_days_that_nobody_can_judge_are_no_change() -> None:
    """They are told apart from changes, with how they are counted."""
    day = made.day(outcomes={"allowed": 2, "dropped": 3, "unknown": 21})
    said = _said(official_brief(made.about(), made.today(), day=day))
    assert "change: 3 of 26" in said
    assert "may drive: 21;" in said


def test_cost_of_rules_by_sign() -> None:
    """No known cost is unknown, a cost below zero is no cost."""
    for cost, words in ((math.nan, "costs operators is not known"), (-500.0, "MXN 500 less"),
                        (500.0, "Cost to operators on 14 May 2024: MXN 500")):  # fmt: skip
        assert words in _said(official_brief(made.about(), made.today(), day=made.day(cost=cost)))
    day = made.day(sizes=())
    brief = official_brief(made.about(), made.today(), day=day, budget=made.budget())
    assert brief.table is not None
    assert [row[-1]["en"] for row in brief.table.rows[:2]] == ["unknown", "unknown"]


def test_operator_is_told_what_is_not_known() -> None:
    """Trucks that nobody can judge work neither as usual nor with changes."""
    trucks = (made.truck("A", outcome="allowed"), made.truck("B", outcome="unknown"),
              made.truck("C", outcome=None, electric="unknown"))  # fmt: skip
    lead = operator_brief(made.about(), made.operator(trucks=trucks)).lead["en"]
    assert "1 as usual and 2 not known" in lead
    assert "for 1 it is not known" in lead
    assert "with changes" not in lead
    electric = made.truck(fuel="electric", electric="unknown")
    lead = operator_brief(made.about(), made.operator(trucks=(electric,))).lead["en"]
    assert "electric already" in lead


def test_month_that_only_won_days_make_cheaper() -> None:
    """What is dearer without the days that an exemption wins is told as such."""
    lead = operator_brief(made.about(), made.operator()).lead["en"].replace("\u00a0", " ")
    assert (
        "costs MXN 3,138 less than today (without the working days won it costs MXN 3,253" in lead
    )


def test_loss_is_no_gain() -> None:
    """Over the years one may lose; what is not known is neither."""
    for have, words in ((-500.0, "you lose MXN 500"), (math.nan, "gain over the years is not"),
                        (500.0, "you gain MXN 500")):  # fmt: skip
        checks = (Check("gain", "no", have, 0.0, 0, 1),)
        said = _said(operator_brief(made.about(), made.operator(checks=checks)))
        assert words in said


@pytest.mark.parametrize("share", [0.9972, 0.99996])
def test_nearly_all_is_not_all(share: float) -> None:
    """A truck that an electric one nearly always replaces is not told that it always does."""
    truck = made.truck(probability=share)
    said = _said(operator_brief(made.about(), made.operator(trucks=(truck,))))
    assert "99." in said
    assert "100 %" not in said


def test_stress_that_nobody_can_tell() -> None:
    """Trucks of which it is not known whether they pay are told."""
    year = StressYear("all", -0.2, 0.25, 2.0, 0, 0, 35, math.nan)
    assert "0 of 35 trucks (not known of 35)" in _said(
        lender_brief(made.about(), made.book(stress=(year,)))
    )
