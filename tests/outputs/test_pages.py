"""Pages and report of a study: true in one, none and unknown; whole; the same bytes twice."""

from __future__ import annotations

import html
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import unquote, urlsplit

import pytest

from geofleet.errors import InputError
from geofleet.outputs.answers import electric_words, plan_words, rules_words
from geofleet.outputs.pages import StudyPages
from geofleet.outputs.report import StudyReport, check_report_output, write_report
from geofleet.planned import PlannedStudy
from geofleet.report.contents import Budget, DayUnderRules
from geofleet.study import Results, Study
from geofleet.wording import LANGUAGES, Readers, Text

READERS = Readers.of("MX")
HOSTILE = '</script><script>alert(1)</script> {{ x }} ${y} "q" \N{RIGHT-TO-LEFT OVERRIDE}🚚'


def english(words: tuple[Text, list[Text]]) -> tuple[str, str]:
    for language in LANGUAGES:  # every language fills every place
        assert all("{" not in text[language] for text in (words[0], *words[1]))
    return words[0]["en"], " ".join(text["en"] for text in words[1])


@pytest.mark.parametrize(
    ("count", "number", "said", "unsaid"),
    [
        (
            {"always": 5, "most": 2, "fails": 1},
            "7 of 8 vehicle-days",
            "Of these, 5 can",
            "not known",
        ),
        ({"always": 1}, "1 of 1 vehicle-day", "It can be done on at least 99", "Of these"),
        ({"planned": 1}, "1 of 1 vehicle-day", "on fewer than 99", "at least"),
        ({"untried": 1}, "1 of 1 vehicle-day", "The one vehicle-day can", "99"),
        ({"fails": 1}, "0 of 1 vehicle-day", "no electric model", "99"),
        (
            {"fails": 2, "unknown": 1},
            "0 of 3 vehicle-days",
            "Of 1 it is not known",
            "can be driven",
        ),
        ({"unknown": 4}, "unknown", "not known of any", "0"),
    ],
)
def test_electric_days_are_counted_in_words(
    count: dict[str, int], number: str, said: str, unsaid: str
) -> None:
    """One, none and what nobody knows are said as such: unknown is never none."""
    found, sentences = english(electric_words(count, promised=0.99, readers=READERS))
    assert found == number
    assert said in sentences
    assert unsaid not in sentences


def day(before: float, after: float, **changes: Any) -> DayUnderRules:
    fields: dict[str, Any] = {
        "title": "Rules", "declared": True, "outcomes": {"allowed": 1, "dropped": 1},
        "harm_before": before, "harm_after": after, "deliveries": 4, "late": 0, "cancelled": 2,
    }  # fmt: skip
    return cast("DayUnderRules", SimpleNamespace(**(fields | changes)))


@pytest.mark.parametrize(
    ("before", "after", "number"),
    [
        (10.0, 9.0, "10 % less exposure"),
        (10.0, 12.5, "25 % more exposure"),
        (10.0, 10.0 * (1.0 - 1e-12), "no change of exposure"),
        (0.0, 0.0, "no change of exposure"),
        (float("nan"), float("nan"), "unknown"),
        (10.0, float("nan"), "unknown"),
    ],
)
def test_change_of_exposure_has_its_direction(before: float, after: float, number: str) -> None:
    """Words, not a sign, say whether rules make it less or more."""
    found, sentences = english(rules_words(day(before, after), readers=READERS))
    assert found.replace("\N{NO-BREAK SPACE}", " ") == number
    assert "cannot go as planned: 1 of 2" in sentences
    assert "Not made: 2" in sentences


def test_vehicles_that_rules_cannot_judge_are_told() -> None:
    """They drive on as planned, which is no permission."""
    met = day(1.0, 1.0, outcomes={"unknown": 2}, deliveries=0)
    number, sentences = english(rules_words(met, readers=READERS))
    assert number == "unknown"
    assert "cannot go as planned: 0 of 2" in sentences
    assert "Of 2 nobody can tell" in sentences
    assert "Deliveries" not in sentences


def budget(**changes: Any) -> Budget:
    fields: dict[str, Any] = {
        "currency": "MXN", "first_year": 2024, "years": 5, "spend": 1e6, "changed": 1,
        "vehicles": 2, "gap": 0.01, "harm": 2.0, "harm_today": 10.0,
    }  # fmt: skip
    return cast("Budget", SimpleNamespace(**(fields | changes)))


@pytest.mark.parametrize(
    ("changes", "exchanged", "number", "said"),
    [
        ({}, 0, "20 % of the exposure avoided", "Vehicles that change: 1 of 2"),
        ({}, 2, "20 % of the exposure avoided", "work of another of the same operator, or rest: 2"),
        ({"years": 1}, 0, "20 % of the exposure avoided", "Public money, 2024:"),
        ({"changed": 0, "spend": 0.0, "harm": 0.0}, 0, "0 % of the exposure avoided",
         "changes no vehicle and spends no public money; its page"),
        ({"changed": 0, "spend": 0.0}, 2, "20 % of the exposure avoided",
         "spends no public money. Vehicles that do the work of another"),
        ({"harm": -1.0}, 0, "10 % more exposure", "Vehicles that change"),
        ({"harm_today": 0.0}, 0, "unknown", "Vehicles that change"),
        ({"gap": 0.0}, 0, "20 % of the exposure avoided", "No other plan within the same limits"),
        ({"gap": float("inf")}, 0, "20 % of the exposure avoided", "is not known"),
    ],
)  # fmt: skip
def test_plan_says_what_it_buys(
    changes: dict[str, Any], exchanged: int, number: str, said: str
) -> None:
    """A plan of one year, one that buys nothing, one that only exchanges work, one that harms."""
    words = plan_words(budget(**changes), exchanged=exchanged, readers=READERS)
    found, sentences = english(words)
    assert found.replace("\N{NO-BREAK SPACE}", " ") == number
    assert said in sentences


def test_a_study_has_the_pages_of_what_it_has(half_planned: PlannedStudy) -> None:
    """No page of a plan without a plan; each page lists all as its sisters."""
    results = cast("Results", half_planned.results)
    pages = StudyPages(results, half_planned)
    assert pages.names == ("index", "harm", "electric", "contingency", "plan")
    assert StudyPages(results).names == ("index", "harm", "electric", "contingency")
    assert [one.name for one in pages.frame("plan").sisters] == list(pages.names)
    with pytest.raises(KeyError, match="no page 'plan'"):
        StudyPages(results).page("plan")


def test_answers_are_those_of_the_results(half_planned: PlannedStudy) -> None:
    """The index counts what layers and plan count."""
    pages = StudyPages(cast("Results", half_planned.results), half_planned)
    text = html.unescape(re.sub(r"<[^>]+>", "", pages.index())).replace("\N{NO-BREAK SPACE}", " ")
    routes = pages.layers["routes"].frame
    able = int((routes["electric_status"] == "feasible").sum())
    assert f"{able} of {len(routes)} vehicle-days" in text
    made = half_planned.vehicles()
    changed = int((made["option"] != "keep").sum())
    assert f"Vehicles that change: {changed} of {len(made)}." in text


@pytest.fixture
def report(tiny_study: Path, monkeypatch: pytest.MonkeyPatch) -> StudyReport:
    """Of a study without plan, rules and figures, by operators of hostile names."""
    settings = tiny_study / "study.yaml"
    settings.write_text(settings.read_text("utf-8").replace("name: Tiny", "name: '</script>'"))
    (tiny_study / "operators.csv").write_text(
        "operator_id,name,fleet_size\n"
        f'A/1.x,"{HOSTILE.replace(chr(34), chr(34) * 2)}",3\nA 1.x,{"n" * 5000},120\n',
        encoding="utf-8",
    )
    table = tiny_study / "vehicles.csv"
    text = table.read_text("utf-8").replace("van,A,", "van,A/1.x,")
    table.write_text(text.replace("truck,B,", "truck,A 1.x,"), encoding="utf-8")
    monkeypatch.setattr("geofleet.outputs.report.find_spec", lambda _: None)
    return StudyReport(Study.open(tiny_study).run(), None, None, None)


def test_report_is_whole_and_the_same_twice(
    report: StudyReport, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every link leads somewhere, names are inert, equal runs give equal bytes; an error midway
    leaves what stood there."""
    folder = tmp_path / "report"
    files = write_report(report, folder)
    assert files[0] == folder / "index.html"
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert set(before) == set(files)
    index = before[files[0]].decode("utf-8")
    targets = [urlsplit(html.unescape(one)) for one in re.findall(r'<a [^>]*href="([^"]*)"', index)]
    beside = [unquote(one.path) for one in targets if not one.scheme and one.path]
    assert all((folder / one).is_file() for one in beside)
    # beyond the pages every file but the index is named there once
    named = [one for one in beside if not re.fullmatch(r"[a-z]+\.html", one)]
    pages = {folder / f"{name}.html" for name in ("index", "harm", "electric")}
    assert sorted(folder / one for one in named) == sorted(set(files) - pages)
    assert "alert(1)" in index
    assert "<script>alert" not in index
    assert "n" * 100 not in index
    assert "matplotlib" in index

    write_report(report, folder, operators=["A 1.x", "A/1.x", "A 1.x"])
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before

    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("geofleet.outputs.briefs.brief_files", fail)
    with pytest.raises(OSError, match="No space"):
        write_report(report, folder)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_report_replaces_nothing_else(tmp_path: Path) -> None:
    """A folder with somebody's files, or one that only looks like a report, is refused."""
    (tmp_path / "index.html").write_text("mine")
    with pytest.raises(InputError, match=r"index\.html"):
        check_report_output(tmp_path)
    (tmp_path / "report.json").write_text("{}")
    check_report_output(tmp_path)
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(InputError, match=r"thesis\.txt"):
        check_report_output(tmp_path)
