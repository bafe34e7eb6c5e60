"""Briefs of plans that buy nothing, exchange work or do harm: true words, no empty numbers."""

from __future__ import annotations

import importlib.util
import math
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from geofleet.report import (
    Assumptions,
    brief_html,
    lender_brief,
    official_brief,
    operator_brief,
)
from geofleet.report.contents import SizeRow
from geofleet.report.credit import LeaseRow, LoanBook
from geofleet.wording import LANGUAGES, say


def _module(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


made = _module("contents")
NOTHING: dict[str, Any] = {
    "spend": 0.0, "chargers": 0.0, "harm": 0.0, "pm25_kg": 0.0, "gap": 0.0,
    "rows": (SizeRow("1-5", 16, {}, 0.0, 0.0, 0.0), SizeRow(">100", 48, {}, 0.0, 0.0, 0.0)),
    "kept": (("no money", 62), ("no option", 2)), "treasury": {"total": 0.0},
    "operators_first": 0.0, "operators_month": 0.0, "operators_gain": 0.0,
}  # fmt: skip


def _lead(**changes: Any) -> str:
    brief = official_brief(made.about(), made.today(), budget=made.budget(**changes))
    return brief.lead["en"].replace("\u00a0", " ")


def test_plan_that_buys_nothing_says_why() -> None:
    """No price, no share of nothing, nobody who pays: the reasons with their counts."""
    brief = official_brief(made.about(), made.today(), budget=made.budget(**NOTHING))
    assert "changes none of 64 trucks: the plan's money does not reach that far (62)" in _lead(
        **NOTHING
    )
    assert brief.title == say("brief.title_official_kept")
    for language in LANGUAGES:
        text = brief_html(brief, language).replace("\u00a0", " ")
        assert say("brief.payers_none")[language] in text
        assert say("brief.per_kg")[language] not in text
        assert say("brief.by_size_best")[language] in text
        assert f">{say('common.unknown')[language]}<" not in text
        assert not re.search(r"\b(?:nan|0 (?:of|de) 64)\b", text)
    one = NOTHING | {"rows": (SizeRow("1-5", 1, {}, 0.0, 0.0, 0.0),), "kept": (("no option", 1),)}
    assert "keeps the truck as it is: no option is listed for that kind of truck." in _lead(**one)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (NOTHING | {"exchanged": 23, "harm": 7.0e5}, "work, which changes who drives what for 23 of"
         " 64 trucks and avoids 2 %"),
        ({"exchanged": 36}, "36 of the trucks take the work of another, or rest."),
        ({"harm": -3.5e6}, "adds 10 % to people's exposure"),
        ({"harm": math.nan}, "how much of people's exposure to them it avoids is not known"),
        ({"pm25_kg": -4.0}, "avoids 42 % of people's exposure to them."),
    ],
)  # fmt: skip
def test_lead_is_true_of_odd_plans(changes: dict[str, Any], words: str) -> None:
    """Exchanged work counts, what a plan adds is not called avoided, no price of what is not."""
    assert words in _lead(**changes)


def test_what_there_is_to_decide() -> None:
    """The dearest year of the plan, and what the rules of the day do, are what is decided."""
    spent = {2024: 1e6, 2025: 2e6, 2026: 6_560_827.0}
    brief = official_brief(made.about(), made.today(), day=made.day(),
                           budget=made.budget(year_spend=spent))  # fmt: skip
    items = [item["en"].replace("\u00a0", " ") for item in brief.after[-1].items]
    assert "the dearest year is 2026, with MXN 6,560,827." in items[0]
    assert "they add 0.26 %" in items[1]
    bare = official_brief(made.about(), made.today())
    assert [item["en"] for item in bare.after[-1].items] == [say("brief.decide_no_plan")["en"]]


def test_operator_that_gets_nothing_is_told_why() -> None:
    """The reason stands in the lead, and whose route each truck takes stands in the table."""
    kept = {"technology": "keep", "year": None, "grant": math.nan}
    trucks = (made.truck("A", **kept, reason="no money", route="B"),
              made.truck("B", **kept, reason="no money", route=""))  # fmt: skip
    facts = made.operator(trucks=trucks, money=None, checks=())
    brief = operator_brief(made.about(), facts)
    assert brief.lead["en"].endswith("as they are: the plan's money does not reach that far.")
    assert brief.table is not None
    offers = [row[4]["en"] for row in brief.table.rows]
    assert offers[0].endswith("; takes the route of B")
    assert offers[1].endswith("; another takes its route")
    assert brief.sections[0].paragraphs == (say("brief.no_change_routes"),)


def test_price_of_diesel_is_tried() -> None:
    """A month's change as it is, with cheaper and with dearer diesel; none where none is burnt."""
    money = made.money()
    values = {name: getattr(money, name) for name in money.__dataclass_fields__}
    tried = type(money)(**values | {"fuel_change": 0.25, "fuel_month": (-300.0, 410.4),
                                    "fuel_gain": 99.6})  # fmt: skip
    facts = dict(operator_brief(made.about(), made.operator(money=tried)).sections[1].facts and [
        (name["en"].replace("\u00a0", " "), value["en"]) for name, value in
        operator_brief(made.about(), made.operator(money=tried)).sections[1].facts
    ])  # fmt: skip
    today, after = tried.month_total
    assert facts["Change of the month"] == f"{after - today:,.0f}"
    assert facts["The same if diesel costs 25 % less"] == "-300"
    assert facts["The same if diesel costs 25 % more"] == "+410"
    assert facts["Gain over 10 years if diesel costs 25 % less"] == "+100"
    bare = operator_brief(made.about(), made.operator(money=money)).sections[1].facts
    assert say("brief.month_change") not in [name for name, _ in bare]


def test_many_trucks_all_listed() -> None:
    """Two hundred trucks of which little is known: a row each, and no made-up number."""
    unknown = {"annual_km": math.nan, "model_year": None, "standard": "unknown", "outcome": None,
               "electric": "unknown", "probability": math.nan, "technology": "keep",
               "year": None, "reason": "cost unknown"}  # fmt: skip
    trucks = tuple(made.truck(f"T{place}", **unknown) for place in range(200))
    last = made.truck("Last", year=2025)
    facts = made.operator(trucks=(*trucks[1:], last), checks=())
    brief = operator_brief(made.about(), facts)
    assert brief.table is not None
    assert len(brief.table.rows) == 200
    assert brief.table.rows[0][0]["en"] == "Last"
    for language in LANGUAGES:
        text = brief_html(brief, language)
        assert not re.search(r"\bnan\b|\bNone\b(?! of)", text)
        assert text.count("<tr") == 201
        assert text.index(say("brief.month_one")[language]) < text.index("<table")


@pytest.mark.parametrize("name", ["\u202eevil", "\u0634\u0627\u0631\u0639", "a\u2069\u202eb"])
def test_names_from_right_to_left_turn_no_number(name: str) -> None:
    """A name that is read the other way is set apart: what follows it keeps its order."""
    brief = official_brief(made.about(), made.today(name))
    told = brief.sections[1].items[1]["en"]
    inside = told.partition("\u2068")[2].partition("\u2069")
    assert name[-1] in inside[0]
    assert inside[2].startswith(" (18")
    assert told.count("\u2068") == told.count("\u2069") == 1


def test_lender_without_loans_has_table_of_why() -> None:
    """All trucks are in it: who pays cash, who is refused, who is kept and why."""
    brief = lender_brief(made.about(), None, changed=5, wanted=3, kept={"no grant": 7},
                         products=(made.HOSTILE, "bank credit"), picture=made.figure())  # fmt: skip
    assert brief.lead == say("brief.lead_lender_refused")
    assert brief.table is not None
    assert [row[1]["en"] for row in brief.table.rows] == ["2", "3", "7", "12"]
    text = brief_html(brief, "es")
    assert "<script>" not in text
    assert text.count("<svg") == 1


def _leased(name: str = "lease") -> LoanBook:
    rows = (LeaseRow("lease", 34, 79_388_161.0, 69_232_563.0, 10_155_598.0, 655_043.0, 1.2),
            LeaseRow("daily", 3, 3_982_128.0, 3_689_695.0, 240_510.0, 8439.0, 1.525))  # fmt: skip
    return made.book(  # type: ignore[no-any-return]
        trucks=37, leased=37, leases=rows, loan=0.0, loss=0.0, capital=10_396_108.0,
        price=83_370_289.0, grant=72_922_258.0, instalment=663_482.0, years=(), loan_to_value=(),
        products={"lease": 34, "daily": 3}, product_names={"lease": name, "daily": name},
    )  # fmt: skip


def test_leases_are_no_loans() -> None:
    """Where all is leased, no loan of nothing is asked for: who puts up what, and the fees."""
    brief = lender_brief(made.about(), _leased(made.HOSTILE))
    for language in LANGUAGES:
        text = brief_html(brief, language)
        assert "<script>" not in text
        assert say("brief.figure_loss")[language] not in text
        assert say("brief.term_loan_each")[language] not in text
    lead = brief.lead["en"].replace("\u00a0", " ")
    assert lead.startswith("Lessors and providers put up MXN 10,396,108 for 37 trucks")
    assert "get MXN 663,482 a month, beside MXN 72,922,258 of grants." in lead
    assert brief.table is not None
    sums = [[int(re.sub(r"\D", "", row[place]["en"])) for row in brief.table.rows]
            for place in range(1, 6)]  # fmt: skip
    assert [sum(column[:-1]) for column in sums] == [column[-1] for column in sums]


def test_cover_that_is_not_known() -> None:
    """What cannot be told is said in words, not as a number that is unknown."""
    book = made.book(cover_middle=math.nan, cover_low=math.nan)
    text = brief_html(lender_brief(made.about(), book), "en")
    assert "unknown times" not in text
    assert "Whether the cash of the trucks covers their debt is not known" in text


@pytest.mark.parametrize(
    ("people", "words"), [(0.0, "tell of nobody who lives there"), (math.nan, "is not known")]
)
def test_nobody_is_exposed(people: float, words: str) -> None:
    """Without people or exhaust there is no half of anything."""
    today = made.today(people=people, half_vehicles=0, half_links_km=math.nan, hours=(),
                       streets=(), neighbourhoods=(), pm25_exhaust_g=0.0, deaths=None)  # fmt: skip
    brief = official_brief(made.about(), today)
    assert words in brief.lead["en"]
    text = brief_html(brief, "en").replace("\u00a0", " ")
    assert "around 0 people" not in text
    assert "from 0 of" not in text
    assert ">unknown<" not in text


def test_what_is_not_checked_is_said_first() -> None:
    """Values from memory and made-up ones are counted before the body; none, nothing said."""
    about = made.about()
    given = Assumptions(used=1808, memory=698, illustrative=157)
    text = brief_html(official_brief(about, made.today(), assumptions=given), "es")
    said = '<p class="caution">No todo está verificado: de 1.808 valores'
    assert text.index(said) < text.index("<h2>")
    clean = brief_html(official_brief(about, made.today(), assumptions=Assumptions(used=3)), "en")
    assert 'class="caution"' not in clean


def test_rows_are_named_by_id() -> None:
    """Each value shown can be looked up in its table."""
    about = made.about()
    text = brief_html(lender_brief(about, made.book(), assumptions=made.assumptions(about.readers)),
                      "en")  # fmt: skip
    assert '<code translate="no">vehicle_prices:dpf_retrofit.price</code>' in text
