"""Briefs as pages: the same numbers in every language, sound HTML, hostile names inert."""

from __future__ import annotations

import importlib.util
import math
import re
from collections import Counter
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType

import pytest
from babel.numbers import parse_decimal

from geofleet.report import (
    Assumptions,
    Brief,
    BriefTable,
    brief_html,
    lender_brief,
    official_brief,
    operator_brief,
)
from geofleet.wording import LANGUAGES, Readers, both, keys, say

_SPEC = importlib.util.spec_from_file_location(
    "contents", Path(__file__).with_name("contents.py")
)  # fmt: skip
assert _SPEC is not None
assert _SPEC.loader is not None
made: ModuleType = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(made)

VOID = {"meta", "br", "hr", "img", "link", "input"}
NUMBER = re.compile(r"[-−]?\d[\d.,\u00a0\u202f]*\d|[-−]?\d")


def _assumptions() -> Assumptions:
    found: Assumptions = made.assumptions(made.about().readers)
    return found


def _official(name: str = "Made up") -> Brief:
    return official_brief(
        made.about(name), made.today(name), day=made.day(name), budget=made.budget(),
        picture=made.figure(), assumptions=_assumptions(), questions=(both("Why?"),),
        sources=(both(name),),
    )  # fmt: skip


def _operator(name: str = "Firm O") -> Brief:
    return operator_brief(
        made.about(name), made.operator(name), picture=made.figure(),
        assumptions=_assumptions(), questions=(both(name),), sources=(both(name),),
    )  # fmt: skip


def _lender(name: str = "Made up") -> Brief:
    return lender_brief(made.about(name), made.book(), picture=made.figure(),
                        assumptions=_assumptions(), sources=(both(name),))  # fmt: skip


MAKERS: tuple[Callable[..., Brief], ...] = (_official, _operator, _lender)


class Page(HTMLParser):
    """What a page holds: tags that do not close, headings, visible words, cells."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[tuple[str, bool]] = []
        self.faults: list[str] = []
        self.headings: list[int] = []
        self.words: list[str] = []
        self.attributes: list[tuple[str, dict[str, str | None]]] = []
        self.tables: list[list[int]] = []
        self.feed(text)
        self.faults += [f"{tag} is not closed" for tag, _ in self.open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.attributes.append((tag, given))
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag == "table":
            self.tables.append([])
        if tag == "tr":
            self.tables[-1].append(0)
        if tag in ("td", "th"):
            self.tables[-1][-1] += 1
        if tag not in VOID:
            silent = tag in ("style", "script", "svg", "title") or given.get("translate") == "no"
            self.open.append((tag, silent))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open[-1][0] != tag:
            self.faults.append(f"</{tag}> closes {self.open[-1:]}")
        else:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        if not any(silent for _, silent in self.open):
            self.words.append(data)


def _numbers(page: str, locale: str) -> Counter[float]:
    text = " ".join(Page(page).words).replace("PM2.5", "PM").replace("CO2", "CO")
    return Counter(
        float(parse_decimal(found.replace("−", "-").strip(), locale=locale))
        for found in NUMBER.findall(text)
    )


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("country", ["CL", "MX", "CO", "US"])
def test_numbers_are_the_same_in_every_language(
    make: Callable[..., Brief], country: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each number of one page, read as its readers write it, stands on the other."""
    about = made.about("Made up", country=country)
    monkeypatch.setattr(made, "about", lambda *_, **__: about)
    brief = make()
    pages = {language: brief_html(brief, language) for language in LANGUAGES}
    english, spanish = (
        _numbers(pages[language], brief.about.readers[language].locale) for language in LANGUAGES
    )
    assert english == spanish
    assert len(english) > 25


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_page_is_sound(make: Callable[..., Brief], language: str) -> None:
    """Tags close, headings go down step by step, tables are even, nothing is fetched or run."""
    brief = make()
    text = brief_html(brief, language)
    page = Page(text)
    assert page.faults == []
    assert page.headings[0] == 1
    assert page.headings.count(1) == 1
    assert all(after - before <= 1 for before, after in zip(page.headings, page.headings[1:],
                                                            strict=False))  # fmt: skip
    assert all(len(set(rows)) == 1 for rows in page.tables)
    assert page.tables
    scopes = {given.get("scope") for tag, given in page.attributes if tag == "th"}
    assert scopes == {"col", "row"}
    tags = dict(page.attributes)
    assert tags["html"]["lang"] == brief.about.readers[language].tag
    assert "script" not in tags
    assert not re.search(r"\b(?:src|href)=|url\(|@import", text.split("<svg")[0])
    assert any(given.get("role") == "img" and given.get("aria-label") for _, given in
               page.attributes)  # fmt: skip
    assert "@page" in text


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_hostile_names_stay_text(make: Callable[..., Brief], language: str) -> None:
    """Names of data become words, never markup, never a template."""
    text = brief_html(make(made.HOSTILE), language)
    page = Page(text)
    assert page.faults == []
    assert "script" not in {tag for tag, _ in page.attributes}
    assert not [name for _, given in page.attributes for name in given if name.startswith("on")]
    assert "{{ 7*7 }}" in text
    assert len(text) < 400_000


def test_first_paragraph_answers() -> None:
    """What it costs, whom it reaches and what is avoided stand in the first two sentences."""
    lead = _official().lead["en"].replace("\u00a0", " ")
    assert lead.count(". ") == 1
    parts = ("64 trucks", "257 g", "452,000 people", "MXN 9,560,827", "45 of 64", "42 %",
             "MXN 14,766")  # fmt: skip
    assert [part for part in parts if part not in lead] == []


def test_budget_table_adds_up() -> None:
    """Money of trucks and of chargers is all that is spent."""
    table = official_brief(made.about(), made.today(), budget=made.budget()).table
    assert table is not None
    heads = [head["en"] for head in table.heads]
    column = heads.index("Public money, MXN")
    money = [float(parse_decimal(row[column]["en"], locale="en_GB")) for row in table.rows]
    assert money[-1] == pytest.approx(sum(money[:-1]), abs=1)
    assert money[-1] == pytest.approx(made.budget().spend, abs=1)


def test_what_is_missing_is_said() -> None:
    """Without rules, plan or ages a brief says so, and makes nothing up."""
    about = made.about()
    text = brief_html(official_brief(about, made.today(groups=(), deaths=None)), "en")
    for name in ("lead_official_no_plan", "no_rules", "no_plan", "no_groups"):
        assert say(f"brief.{name}")["en"] in text
    assert "MXN" not in text
    truck = made.truck(outcome=None, rule=None, technology=None, year=None, electric="unknown",
                       probability=math.nan)  # fmt: skip
    bare = made.operator(rules=None, money=None, checks=(), planned=False, trucks=(truck,))
    text = brief_html(operator_brief(about, bare), "es")
    assert say("brief.lead_operator_no_plan")["es"] in text
    assert "no nombra reglas" in text
    assert "MXN" not in text
    for planned, name in ((True, "lead_lender_none"), (False, "lead_lender_no_plan")):
        text = brief_html(lender_brief(about, None, planned=planned), "en")
        assert say(f"brief.{name}")["en"] in text
        assert "<table" not in text


def test_rules_that_do_harm_are_told() -> None:
    """A day on which exposure rises is not called a gain; one nobody can tell is unknown."""
    about = made.about()
    for after, words in ((12_000.0, "rises by 1.4"), (11_000.0, "falls by 7"),
                         (11_833.7, "stays as it is"), (math.nan, "not known")):  # fmt: skip
        brief = official_brief(about, made.today(), day=made.day(harm_after=after))
        assert any(words in item["en"] for part in brief.after for item in part.items), words


def test_unknown_money_is_not_zero() -> None:
    """What operators gain is not known here."""
    facts = {name["en"]: value["en"] for part in _official().after
             for name, value in part.facts}  # fmt: skip
    assert facts[say("brief.operators_gain")["en"]] == "unknown"


def test_rows_must_fit_their_heads() -> None:
    """A table with another number of cells than heads is refused."""
    with pytest.raises(ValueError, match="cells under 2"):
        BriefTable(both("t"), (both("a"), both("b")), ((both("1"),),))


def test_every_message_is_of_use() -> None:
    """Each message of the catalogue is named somewhere, or belongs to a family of codes."""
    package = Path(say.__code__.co_filename).parents[1]
    sources = [*(package / "report").rglob("*.py"), *(package / "report").rglob("*.html"),
               *(package / "brief_facts").rglob("*.py"), package / "outputs/briefs.py"]  # fmt: skip
    text = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    families = ("row.", "value_", "outcome_", "may_", "reason_", "technology_", "fuel_", "cause_",
                "item_", "missing_", "product_", "treasury_", "check_", "stress_", "first_",
                "month_", "unit_", "day_harm_", "for_", "mark_", "lead_electric",
                "q_assumed_", "n_trucks_", "n_operators_", "n_years_", "lead_part_", "lead_first_",
                "day_gain", "lead_operator_kept", "decide_rules_", "map_lender_",
                "lead_official_", "whom_", "no_change_")  # fmt: skip
    alone = [name for name in keys("brief") if not name.startswith(families)]
    unused = [name for name in alone if not re.search(rf"[\".(]{name}\b", text)]
    assert unused == []


def test_readers_of_unknown_country() -> None:
    """A study without a country is written for readers at large."""
    assert Readers.of(None)["es"].tag == "es-MX"
