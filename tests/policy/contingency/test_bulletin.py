"""Dated bulletins reproduced, other days worked out, and bulletins read from files."""

from __future__ import annotations

import csv
import datetime
from pathlib import Path

import pytest

from geofleet.errors import InputError
from geofleet.policy.contingency import (
    check_bulletin,
    declare,
    exemptions_of,
    hologram_1_digits,
    measures_of,
    read_bulletin,
    restricted_digits,
)
from geofleet.policy.rules.events import Event
from geofleet.policy.rules.model import RuleSet
from geofleet.policy.rules.packs import load_pack

FIXTURES = Path(__file__).with_name("fixtures.csv")
ODD, EVEN = frozenset({1, 3, 5, 7, 9}), frozenset({0, 2, 4, 6, 8})
MORNING = ((6 * 3600, 10 * 3600),)


@pytest.fixture(scope="module")
def mexico() -> RuleSet:
    """Return the rules of the Valley of Mexico."""
    return load_pack("mexico")


def rows() -> list[dict[str, str]]:
    with FIXTURES.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def event_of(row: dict[str, str], mexico: RuleSet) -> Event:
    printed = ("hologram_1", "hologram_0_00", "lpg_parity", "freight_hours")
    return declare(
        row["phase"], row["date"], parity=row["parity"], rule_set=mexico,
        parameters={name: row[name] for name in printed},
    )  # fmt: skip


@pytest.mark.parametrize("row", rows(), ids=lambda row: row["date"])
def test_dated_bulletins_are_reproduced(row: dict[str, str], mexico: RuleSet) -> None:
    """Digits of holograms 1, 0 and 00, parity of LP gas and the hours of freight."""
    event = event_of(row, mexico)
    (date,) = event.dates
    assert hologram_1_digits(event, date, mexico) == frozenset(map(int, row["digits_1"]))
    for hologram in ("0", "00"):
        found = restricted_digits(event, date, mexico, hologram=hologram)
        assert found.digits == frozenset(map(int, row["digits_0"]))
        assert found.unknown == frozenset()
        assert set(found.colours) == ({event.colour} if row["digits_0"] else set())
    for hologram in ("2", "none"):
        assert len(restricted_digits(event, date, mexico, hologram=hologram).digits) == 10
    assert restricted_digits(event, date, mexico, hologram="exento").digits == frozenset()
    measures = {one.rule.rule_id: one for one in measures_of(event, date, mexico)}
    assert measures["MX-ZMVM-CONT-F1-FREIGHT"].windows == MORNING
    assert measures["MX-ZMVM-CONT-F1-LPG"].digits == (EVEN if row["parity"] == "even" else ODD)
    exempt = {one.rule.rule_id for one in exemptions_of(event, date, mexico)}
    assert {"MX-CDMX-AUTORREG", "MX-EDOMEX-AUTORREG"} <= exempt
    assert check_bulletin(event, mexico) == ()


@pytest.mark.parametrize("row", rows(), ids=lambda row: row["date"])
def test_parity_and_colour_are_read_from_the_printed_digits(
    row: dict[str, str], mexico: RuleSet
) -> None:
    """A bulletin that prints digits alone announces a parity all the same."""
    event = declare(
        row["phase"], row["date"], rule_set=mexico,
        parameters={name: row[name] for name in ("hologram_1", "hologram_0_00")},
    )  # fmt: skip
    assert event.parity == row["parity"]
    assert event.pollutants == ("o3",)


@pytest.mark.shared
def test_the_bulletins_of_the_facts_are_reproduced(shared_data: Path, mexico: RuleSet) -> None:
    """The original table, as it is printed there."""
    path = shared_data / "facts/policy/contingency_fixtures.csv"
    with path.open(encoding="utf-8", newline="") as stream:
        facts = list(csv.DictReader(stream))
    assert facts
    for fact in facts:
        event = declare(
            fact["phase"], fact["date"], parity=fact["declared_parity"], rule_set=mexico,
            parameters={
                "hologram_1": fact["holo1_restricted_digits_as_printed"],
                "hologram_0_00": fact["holo0_00_colour"], "lpg_parity": fact["lpg_parity"],
                "freight_hours": fact["freight_window"],
            },
        )  # fmt: skip
        assert check_bulletin(event, mexico) == (), fact["date"]
        assert event.dates[0].strftime("%a") == fact["weekday"]


def ordinary(date: datetime.date) -> frozenset[int]:
    """Return the digits of hologram 1 that rest on an ordinary day, from the calendar alone."""
    if date.isoweekday() <= 5:
        return frozenset(((5, 6), (7, 8), (3, 4), (1, 2), (9, 0))[date.weekday()])
    if date.isoweekday() == 6:
        return (ODD, EVEN, ODD, EVEN, frozenset())[(date.day - 1) // 7]
    return frozenset()


def test_every_day_of_a_year_is_parity_with_the_days_own_digits(mexico: RuleSet) -> None:
    """Weekdays, first to fifth Saturdays and Sundays, both parities; holidays like others."""
    first = datetime.date(2025, 11, 1)
    seen = set()
    for step in range(0, 400, 3):
        date = first + datetime.timedelta(days=step)
        seen.add((date.weekday(), (date.day - 1) // 7) if date.weekday() == 5 else date.weekday())
        parity, digits = (("par", EVEN), ("non", ODD))[step % 2]
        event = declare("Fase I", date, parity=parity, pollutants="O3")
        assert hologram_1_digits(event, date, mexico) == digits | ordinary(date), date
    assert len(seen) == 5 + 5 + 1


def test_weekend_colour_is_known_from_the_bulletin_alone(mexico: RuleSet) -> None:
    """On weekdays it is the sticker of the day; on weekends nobody can tell unannounced."""
    for text, weekend in [("2026-02-20", False), ("2026-02-21", True), ("2026-02-22", True)]:
        date = datetime.date.fromisoformat(text)
        silent = declare("Fase I", date, parity="par")
        found = restricted_digits(silent, date, mexico, hologram="0")
        if weekend:
            assert (found.digits, len(found.unknown)) == (frozenset(), 10)
        else:
            assert (found.digits, found.colours) == ({9, 0}, ("azul",))
        told = declare("Fase I", date, parity="par", colour="verde", rule_set=mexico)
        found = restricted_digits(told, date, mexico, hologram="00")
        assert (found.digits, found.colours) == ({1, 2}, ("verde",))


def test_without_parity_hologram_1_is_unknown(mexico: RuleSet) -> None:
    """Digits of an ordinary day rest anyway; the others nobody can tell."""
    date = datetime.date(2026, 2, 17)
    event = declare("Fase I", date)
    found = restricted_digits(event, date, mexico, hologram="1")
    assert found.digits == {7, 8}
    assert found.unknown == frozenset(range(10)) - {7, 8}
    with pytest.raises(InputError, match="a parity"):
        hologram_1_digits(event, date, mexico)


def test_events_that_no_rule_is_about(mexico: RuleSet) -> None:
    """Nobody being stopped is not the answer to a question that the rules do not know."""
    date = datetime.date(2026, 2, 17)
    with pytest.raises(InputError, match="active rules of mexico"):
        measures_of(declare("preventiva", date), date, mexico)
    with pytest.raises(InputError, match="a day of the event: 2026-02-17"):
        measures_of(declare("I", date), datetime.date(2026, 2, 18), mexico)


def test_a_bulletin_that_differs_is_told(mexico: RuleSet) -> None:
    """What is printed and what the rules say stand side by side."""
    event = declare(
        "Fase I", "2026-02-17", parity="par", rule_set=mexico,
        parameters={"hologram_1": "0,2,4,6,8", "hologram_0_00": "rosa 7,8", "lpg_parity": "non",
                    "freight_hours": "05:00-10:00"},
    )  # fmt: skip
    found = {problem.field: str(problem) for problem in check_bulletin(event, mexico)}
    assert set(found) == {"hologram_1", "lpg_parity", "freight_hours"}
    assert "hologram 1 0, 2, 4, 6, 7, 8" in found["hologram_1"]
    assert "06:00-10:00" in found["freight_hours"]


@pytest.mark.parametrize(
    ("name", "printed", "agrees"),
    [("lpg_parity", "par, hologramas 1 y 2", True), ("lpg_parity", "placa non", False),
     ("lpg_parity", "la mitad", False), ("lpg_parity", "not printed", True),
     ("freight_hours", "de 6:00 a 10:00 horas", True), ("freight_hours", "6 a 10 h", True),
     ("freight_hours", "de 5:00 a 10:00 horas", False), ("freight_hours", "mañana", False),
     ("freight_hours", "specified hours (not printed)", True)],
)  # fmt: skip
def test_what_cannot_be_read_is_not_taken_to_agree(
    name: str, printed: str, agrees: bool, mexico: RuleSet
) -> None:
    """Hours and parity in words count; words of no meaning are a difference, silence is not."""
    event = declare("I", "2026-02-17", parity="par", parameters={name: printed}, rule_set=mexico)
    assert (check_bulletin(event, mexico) == ()) is agrees


def test_digits_alone_tell_the_colour(mexico: RuleSet) -> None:
    """A bulletin of a Sunday that prints 5 and 6 for holograms 0 and 00 announces yellow."""
    date = datetime.date(2024, 3, 24)
    event = declare(
        "Fase I por ozono", date, parity="par", rule_set=mexico,
        parameters={"hologram_0_00": "5 y 6"},
    )  # fmt: skip
    assert (event.colour, event.pollutants) == ("amarillo", ("o3",))
    assert restricted_digits(event, date, mexico, hologram="0").digits == {5, 6}
    for text in ("morado", "rosa y rojo", "3, 4, 7, 8", "todas"):
        with pytest.raises(InputError, match="hologram_0_00"):
            declare("I", date, rule_set=mexico, parameters={"hologram_0_00": text})
    with pytest.raises(InputError, match="digits from 0 to 9"):
        declare("I", date, digits=[-1])


YAML = """
bulletins:
  - phase: Fase I
    date: 2026-02-17
    area: ZMVM
    pollutants: [O3]
    parity: par
    colour: rosa 7,8
    announced: 2026-02-16T15:00:00-06:00
    hologram_1: 0,2,4,6,7,8
    source: https://example.org/boletin
    parameters:
      industry: cut by 30 %
  - phase: II
    dates: 2026-02-18/2026-02-20
    pollutants: PM2.5 y ozono
"""


def test_bulletins_from_yaml(tmp_path: Path, mexico: RuleSet) -> None:
    """One or several, with all that they say."""
    path = tmp_path / "boletines.yaml"
    path.write_text(YAML, encoding="utf-8")
    first, second = read_bulletin(path, rule_set=mexico)
    assert (first.kind, first.phase, first.area) == ("contingencia", "I", "ZMVM")
    assert (first.parity, first.colour, first.pollutants) == ("even", "rosa", ("o3",))
    assert first.announced == datetime.datetime(
        2026, 2, 16, 15, tzinfo=datetime.timezone(datetime.timedelta(hours=-6))
    )
    assert first.parameters == {"hologram_1": "0,2,4,6,7,8", "industry": "cut by 30 %"}
    assert first.source == "https://example.org/boletin"
    assert [date.day for date in second.dates] == [18, 19, 20]
    assert second.pollutants == ("pm25", "o3")
    single = tmp_path / "uno.yaml"
    single.write_text("phase: Fase 1\ndates: [2026-02-17, 2026-02-19]\n", encoding="utf-8")
    assert [date.day for date in read_bulletin(single)[0].dates] == [17, 19]


def test_bulletins_from_csv(tmp_path: Path) -> None:
    """The same, a line each."""
    path = tmp_path / "boletines.csv"
    path.write_text(
        "phase,dates,parity,colour,digits,note\n"
        "Fase I O3,2026-02-17;2026-02-19,non,,,seen\n"
        '\nI combinada,2026-03-01,n/a,azul,"1,2",\n',
        encoding="utf-8",
    )
    first, second = read_bulletin(path)
    assert (first.parity, [date.day for date in first.dates]) == ("odd", [17, 19])
    assert first.parameters == {"note": "seen"}
    assert (second.phase, second.parity, second.colour) == ("I combinada", None, "azul")
    assert second.digits == {1, 2}


def test_every_fault_of_a_file_is_named_with_its_line(tmp_path: Path, mexico: RuleSet) -> None:
    """Words that cannot be read, keys that nobody knows, things that do not fit together."""
    path = tmp_path / "faults.yaml"
    path.write_text(
        "phase: Fase IV\n"
        "dates: 17-02-2026\n"
        "parity: both\n"
        "colour: rojo 5,6\n"
        "announced: 2026-02-16T15:00:00\n"
        "pollutants: SO2\n"
        "hologram_1: 0,2,x\n"
        "colours: red\n",
        encoding="utf-8",
    )
    with pytest.raises(InputError) as caught:
        read_bulletin(path, rule_set=mexico)
    found = [(problem.field, problem.row) for problem in caught.value.problems]
    assert found == [
        ("phase", 1), ("dates", 2), ("parity", 3), ("colour", 4), ("announced", 5),
        ("pollutants", 6), ("hologram_1", 7), ("colours", 8),
    ]  # fmt: skip
    table = tmp_path / "faults.csv"
    table.write_text("phase,dates,what\nI,2026-02-17,1\nI\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_bulletin(table)
    assert [(problem.field, problem.row) for problem in caught.value.problems] == [
        ("what", 1), ("", 3),
    ]  # fmt: skip
    table.write_text("phase,dates,parity\nI,2026-02-17,par\nI,,par\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"row 3, field dates"):
        read_bulletin(table)


def test_declared_words_must_fit_together(mexico: RuleSet) -> None:
    """Digits that lack the declared parity, dates backwards, no phase: all at once."""
    with pytest.raises(InputError) as caught:
        declare("", "2026-02-18/2026-02-17", parity="par", parameters={"hologram_1": "1,3"})
    assert {problem.field for problem in caught.value.problems} == {
        "phase", "dates", "hologram_1",
    }  # fmt: skip
    # another kind of event has phases of its own
    event = declare("alerta", datetime.date(2026, 6, 1), kind="preemergencia", digits={1, 2})
    assert (event.phase, event.digits) == ("alerta", {1, 2})
