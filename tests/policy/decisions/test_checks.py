"""What is asked wrongly is refused: it would pass every rule in silence."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import pytest

from geofleet.errors import InputError
from geofleet.policy.decisions import FORBIDDEN, decide
from geofleet.policy.may_drive import may_drive
from geofleet.policy.rules import Event, RuleSet
from geofleet.policy.rules.packs import load_pack

TUESDAY = dt.date(2026, 2, 17)
TRUCK = {
    "use": "freight", "hologram": "0", "plate_digit": "5", "plate_jurisdiction": "local",
    "programme_membership": "none", "fuel": "diesel", "cargo_type": "general",
    "refrigeration": "none", "body": "rigid",
}  # fmt: skip


@pytest.fixture(scope="module")
def mexico() -> RuleSet:
    return load_pack("mexico")


def _fault(rules: RuleSet, **asked: Any) -> tuple[str, str, int, str, str]:
    cells = pd.DataFrame([{**TRUCK, **asked.pop("cells", {})}], dtype=object)
    with pytest.raises(InputError) as caught:
        decide(rules, cells, asked.pop("dates", [TUESDAY]), **asked)
    (one,) = caught.value.problems
    return one.file, one.field, one.row, one.value, one.expected


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("use", "Freight", "freight"), ("hologram", "Exento", "exento"),
        ("plate_jurisdiction", "Federal", "federal"), ("plate_digit", "12", "none"),
        ("fuel", "ELECTRIC", "electric, as rules"),
        ("programme_membership", "Autorregulacion_CDMX", "autorregulacion_cdmx, as rules"),
        ("membership_until", "2026-02-17xyz", "a date like"),
    ],
)  # fmt: skip
def test_a_cell_that_differs_from_what_rules_name(
    mexico: RuleSet, name: str, value: str, expected: str
) -> None:
    """Column, row, value, and the word that was meant."""
    file, field, row, found, told = _fault(mexico, cells={name: value})
    assert (file, field, row, found) == ("cases", name, 1, value)
    assert expected in told


@pytest.mark.parametrize(
    "date",
    [dt.datetime(2026, 2, 17, 6), pd.Timestamp(2026, 2, 17), "2026-02-17", None,
     np.datetime64("2026-02-17")],
)  # fmt: skip
def test_a_date_that_is_none(mexico: RuleSet, date: object) -> None:
    """Dates are local days; of events as of questions."""
    assert _fault(mexico, dates=[date])[:3] == ("dates", "", 1)
    with pytest.raises(InputError, match="without clock time"):
        Event("contingencia", "I", (date,))  # type: ignore[arg-type]


def test_a_single_date_is_no_tuple_of_dates() -> None:
    """Neither a date nor a text stands for several dates, nor a text for pollutants."""
    for days in (TUESDAY, "2026-02-17"):
        with pytest.raises(InputError, match="a tuple of dates"):
            Event("contingencia", "I", days)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="a tuple of pollutants"):
        Event("contingencia", "I", (TUESDAY,), pollutants="o3")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "phase", "field"),
    [("contingency", "I", "kind"), ("Contingencia", "I", "kind"), ("contingencia", "", "phase"),
     ("contingencia", "Fase I", "phase"), ("contingencia", "1", "phase"),
     ("contingencia", "Fase 2 combinada", "phase")],
)  # fmt: skip
def test_an_event_called_otherwise_than_in_the_rules(
    mexico: RuleSet, kind: str, phase: str, field: str
) -> None:
    """A contingency that no rule would notice is refused, not taken for an ordinary day."""
    assert _fault(mexico, events=[Event(kind, phase, (TUESDAY,))])[:3] == ("events", field, 1)


def test_a_phase_that_no_rule_is_about_is_right(mexico: RuleSet) -> None:
    """Rules need not ask anything of a preventive phase."""
    decide(mexico, pd.DataFrame([TRUCK]), [TUESDAY], events=[
        Event("contingencia", "preventiva", (TUESDAY,))
    ])  # fmt: skip


def test_assumptions_are_checked_like_cells(mexico: RuleSet) -> None:
    """An attribute that is none, a value of the wrong kind."""
    assert _fault(mexico, assume={"holograma": "2"})[:2] == ("assume", "holograma")
    assert _fault(mexico, cells={"gvw_kg": None}, assume={"gvw_kg": "heavy"})[1] == "gvw_kg"


@pytest.mark.parametrize("inside", [True, np.bool_(True), [True], np.array([True])])
def test_places_as_booleans(mexico: RuleSet, inside: Any) -> None:
    """True is inside, however it is written."""
    smog = Event("contingencia", "I", (TUESDAY,))
    found = decide(mexico, pd.DataFrame([TRUCK]), [TUESDAY], events=[smog], inside={"zmvm": inside})
    assert found.status_at(0, 0, 7 * 3600) == FORBIDDEN


def test_a_table_of_cases_of_one_name(mexico: RuleSet) -> None:
    """Two cases of one name each have their rows, and what is missing of each."""
    cases = pd.DataFrame([TRUCK, {"use": "freight"}], index=["truck", "truck"])
    table = decide(mexico, cases, [TUESDAY], inside={"zmvm": True}).table()
    assert set(table["case"]) == {"truck"}
    assert table.loc[table["status"] == "unknown", "missing"].str.contains("hologram").any()


def test_a_column_that_stands_twice(mexico: RuleSet) -> None:
    """Nobody can tell which of the two counts."""
    cases = pd.DataFrame([["freight", "private"]], columns=["use", "use"])
    with pytest.raises(InputError, match="each column once"):
        decide(mexico, cases, [TUESDAY])


def test_a_truck_of_which_something_unheard_of_is_said(mexico: RuleSet) -> None:
    """A word that is neither of the list nor in a rule is refused where one truck is asked for."""
    with pytest.raises(InputError, match=r"hologram: '3': expected one of 00, 0, 1, 2"):
        may_drive(mexico, {"hologram": "3"}, [TUESDAY])


def test_rules_are_chosen_by_key_as_by_id(mexico: RuleSet) -> None:
    """A version alone can be kept or left out; what is lifted is cut to what is left."""
    stop, programme = "MX-ZMVM-CONT-F1-FREIGHT", "MX-CDMX-AUTORREG"
    kept = mexico.only(f"{stop}@1", f"{programme}@2022")
    assert [rule.key for rule in kept.rules] == [f"{stop}@1", f"{programme}@2022"]
    assert kept.rules[1].lifts == (stop,)
    left = mexico.without(f"{stop}@1")
    assert all(stop not in (rule.rule_id, *rule.lifts) for rule in left.rules)
    with pytest.raises(InputError, match="True or False"):
        mexico.answered(hnc_applies_to_freight="false")  # type: ignore[arg-type]
