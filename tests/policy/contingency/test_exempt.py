"""Who is exempt on a contingency day, by which rule, and of whom nobody can tell."""

from __future__ import annotations

import csv
import datetime
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from geofleet.errors import InputError
from geofleet.policy.contingency import declare, exempt_list, write_exempt_list
from geofleet.policy.decisions import Decisions, decide
from geofleet.policy.rules.model import RuleSet
from geofleet.policy.rules.packs import load_pack

DAY = datetime.date(2026, 2, 17)
PLAIN = {
    "use": "freight", "fuel": "diesel", "body": "rigid", "refrigeration": "none",
    "cargo_type": "furniture", "permits": "none", "programme_membership": "none",
    "hologram": "2", "plate_digit": "5", "plate_jurisdiction": "local",
}  # fmt: skip
CASES = {
    # plain diesel truck: stopped
    "t1": {},
    # member whose membership ends on the day itself: exempt; the day before: stopped
    "t2": {"programme_membership": "autorregulacion_cdmx", "membership_until": "2026-02-17"},
    "t3": {"programme_membership": "autorregulacion_cdmx", "membership_until": "2026-02-16"},
    # member of which nobody knows until when
    "t4": {"programme_membership": "autorregulacion_edomex"},
    # bread is exempt by what it carries; of a truck with unknown cargo nobody can tell
    "t5": {"cargo_type": "bread"},
    "t6": {"cargo_type": None},
    # parcels in a rigid truck are, in an articulated one are not
    "t7": {"cargo_type": "parcels"},
    "t8": {"cargo_type": "parcels", "body": "articulated"},
    # an electric car is exempt from the day's digits, a car with hologram 0 and digit 5 is free
    "c1": {"use": "private", "fuel": "electric", "hologram": "2"},
    "c2": {"use": "private", "hologram": "0"},
}
EXPECTED = {
    "t2": ("exempt", "MX-CDMX-AUTORREG", "06:00-10:00"),
    "t4": ("unknown", "MX-ZMVM-CONT-F1-FREIGHT", "06:00-10:00"),
    "t5": ("exempt", "MX-ZMVM-CONT-F1-FREIGHT-EX", "06:00-10:00"),
    "t6": ("unknown", "MX-ZMVM-CONT-F1-FREIGHT", "06:00-10:00"),
    "t7": ("exempt", "MX-ZMVM-CONT-F1-FREIGHT-EX", "06:00-10:00"),
    "c1": ("exempt", "MX-ZMVM-CONT-F1-CLEAN", "05:00-22:00"),
}


@cache
def mexico() -> RuleSet:
    return load_pack("mexico")


def decisions(
    cases: dict[str, dict[str, str | None]] = CASES, *, declared: bool = True
) -> Decisions:
    rules = mexico()
    frame = pd.DataFrame([{**PLAIN, **own} for own in cases.values()], index=list(cases))
    events = [declare("Fase I O3", DAY, parity="par")] if declared else []
    return decide(rules, frame, [DAY], events=events, inside={"zmvm": True})


def units() -> pd.DataFrame:
    names = list(CASES)
    return pd.DataFrame(
        {"operator_id": ["Z" if n < 5 else "A" for n in range(len(names))],
         "plate": [f"P-{name}" for name in names]}, index=names,
    )  # fmt: skip


def test_who_is_on_the_list() -> None:
    """Worked by hand: exempt and unknown ones, with the rule and its hours; others are not."""
    table = exempt_list(decisions(), units=units())
    found = {
        row["vehicle_id"]: (row["status"], row["rule_id"], row["hours"])
        for row in table.to_dict("records")
    }
    assert found == EXPECTED
    whole = exempt_list(decisions(), units=units(), barred=True)
    assert set(whole.loc[whole["status"] == "barred", "vehicle_id"]) == {"t1", "t3", "t8"}


def test_membership_and_what_is_missing() -> None:
    """Until when membership holds, where it is what exempts; what would have to be known."""
    table = exempt_list(decisions(), units=units()).set_index("vehicle_id")
    assert table.loc["t2", "membership_until"] == "2026-02-17"
    assert table.loc["t2", "programme_membership"] == "autorregulacion_cdmx"
    assert table.loc["t5", "membership_until"] == ""
    assert table.loc["t4", "missing"] == "membership_until"
    assert table.loc["t6", "missing"] == "cargo_type"
    assert (table.loc[table["status"] == "exempt", "missing"] == "").all()


def test_operators_follow_each_other_with_their_plates() -> None:
    """By operator, then vehicle."""
    table = exempt_list(decisions(), units=units())
    assert table["operator_id"].tolist() == sorted(table["operator_id"])
    assert dict(zip(table["vehicle_id"], table["plate"], strict=True))["t7"] == "P-t7"
    lacking = units().drop(index="t5")
    with pytest.raises(InputError, match=r"t5.*a row for each case"):
        exempt_list(decisions(), units=lacking)


def test_order_of_cases_changes_nothing() -> None:
    """Cases are judged by themselves."""
    other = dict(reversed(CASES.items()))
    one = exempt_list(decisions(), units=units())
    pd.testing.assert_frame_equal(one, exempt_list(decisions(other), units=units()))


def test_ordinary_rules_do_not_count() -> None:
    """A truck that Hoy No Circula stops on the day is exempt from the contingency all the same."""
    cases = {"t": {"cargo_type": "bread", "plate_digit": "7"}}
    assert exempt_list(decisions(cases))["status"].tolist() == ["exempt"]


def test_nobody_exempt_is_an_empty_list(tmp_path: Path) -> None:
    """With its header."""
    table = exempt_list(decisions({"t1": {}}))
    assert table.empty
    write_exempt_list(table, tmp_path / "list.csv")
    assert (tmp_path / "list.csv").read_text(encoding="utf-8").startswith("operator_id,vehicle_id,")


def test_days_without_event_are_refused() -> None:
    """Nobody is exempt from nothing."""
    with pytest.raises(InputError, match="an event is declared"):
        exempt_list(decisions(declared=False))
    with pytest.raises(InputError, match="one of the dates"):
        exempt_list(decisions(), date=datetime.date(2026, 2, 18))


def test_the_file_reads_back(tmp_path: Path) -> None:
    """What is written is what was listed, commas in names and all."""
    table = exempt_list(decisions(), units=units())
    path = tmp_path / "deep" / "exentos.csv"
    write_exempt_list(table, path)
    with path.open(encoding="utf-8", newline="") as stream:
        back = list(csv.DictReader(stream))
    assert back == table.to_dict("records")
    with pytest.raises(InputError, match="a table of exempt_list"):
        write_exempt_list(table.drop(columns="plate"), path)


def test_each_vehicle_is_answered_as_if_it_were_alone() -> None:
    """Cases are put together by what rules ask; that changes no answer and nothing missing."""
    rng = np.random.default_rng(7)
    choices: dict[str, list[str | None]] = {
        "use": ["freight", "private"], "fuel": ["diesel", "cng", "electric", None],
        "cargo_type": ["furniture", "bread", "lp_gas", None], "permits": ["none", "came_gas", None],
        "refrigeration": ["none", "chilled", None], "hologram": ["0", "1", "2", None],
        "programme_membership": ["none", "autorregulacion_cdmx", None],
        "membership_until": ["2026-02-16", "2026-02-17", None],
        "plate_digit": ["1", "2", "7", None], "dry_disconnect_valve": ["true", "false", None],
    }  # fmt: skip
    cases = {
        f"v{n:03d}": {name: values[rng.integers(len(values))] for name, values in choices.items()}
        for n in range(120)
    }
    together = exempt_list(decisions(cases), barred=True).set_index("vehicle_id")
    for name in list(cases)[::3]:
        alone = exempt_list(decisions({name: cases[name]}), barred=True).set_index("vehicle_id")
        assert (name in together.index) == (name in alone.index)
        if name in alone.index:
            assert together.loc[name].to_dict() == alone.loc[name].to_dict()
