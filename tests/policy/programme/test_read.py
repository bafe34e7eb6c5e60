"""Programme files: what they say is read, every fault is named with its line."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from geofleet.errors import InputError, MissingDefaultError
from geofleet.policy.programme import load_programmes, programme_names, read_programmes

_GOOD = """\
programme_set: test
attributes:
  colour: {kind: text, meaning: colour of the truck}
programmes:
  - id: green
    name: Green trucks
    status: user
    valid: {from: 2025-01-01, to: 2025-12-31}
    requirements:
      - id: colour
        name: painted green
        vehicle: {colour: green}
    cut_share: 0.1
    validity:
      - {years: permanent, vehicle: {fuel: electric}}
      - {years: 2}
"""

_BAD = """\
programme_set: test
programmes:
  - id: green
    name: Green trucks
    status: sure
    valid: {from: 2026-01-01, to: 2025-12-31}
    requirements:
      - id: colour
        name: painted green
        vehicle: {colour: green}
      - id: nothing
        name: nothing
        reason: whim
    cut_share: 10
    validity:
      - {years: soon}
    benefit: all
"""


def test_a_file_is_read(tmp_path: Path) -> None:
    """Own attributes, dates, certificates."""
    path = tmp_path / "programmes.yaml"
    path.write_text(_GOOD, encoding="utf-8")
    found = read_programmes(path)
    (one,) = found.programmes
    assert one.attributes == {"colour", "fuel"}
    assert one.member_id == "green"
    assert [part.years for part in one.validity] == [None, 2.0]
    assert one.cut_share == 0.1
    with pytest.raises(KeyError, match="no programme 'red'"):
        found.programme("red")


def test_every_fault_is_named_with_its_line(tmp_path: Path) -> None:
    """All at once, in order of the file."""
    path = tmp_path / "programmes.yaml"
    path.write_text(_BAD, encoding="utf-8")
    with pytest.raises(InputError) as error:
        read_programmes(path)
    assert [(problem.row, problem.field) for problem in error.value.problems] == [
        (5, "green.status"),
        (6, "green.valid"),
        (10, "colour.vehicle.colour"),
        (11, "nothing.vehicle"),
        (13, "nothing.reason"),
        (14, "green.cut_share"),
        (16, "green.validity[1].years"),
        (17, "green.benefit"),
    ]
    assert all(problem.file == str(path) for problem in error.value.problems)


def test_ids_stand_once(tmp_path: Path) -> None:
    """A programme that stands twice is refused."""
    path = tmp_path / "programmes.yaml"
    start = _GOOD.index("  - id: green")
    path.write_text(_GOOD + _GOOD[start:], encoding="utf-8")
    with pytest.raises(InputError, match="each id once"):
        read_programmes(path)


def test_a_set_is_gone_through_by_ids() -> None:
    """Ids, programmes and look-ups agree; a wrong id is told the ones that there are."""
    known = load_programmes("mexico")
    assert known.ids == tuple(one.programme_id for one in known)
    assert [known.programme(name) for name in known.ids] == list(known.programmes)
    with pytest.raises(KeyError, match=known.ids[0]):
        known.programme("none such")


def test_unknown_sets_are_named() -> None:
    """The sets that there are stand in the message."""
    assert programme_names() == ["colombia", "mexico"]
    with pytest.raises(MissingDefaultError, match="mexico"):
        load_programmes("chile")


@pytest.mark.shared
def test_every_published_programme_is_coded(shared_data: Path) -> None:
    """Each row of the facts has a programme with its age cap and no better a status."""
    facts = pd.read_csv(shared_data / "facts/policy/autorregulacion_programmes.csv", dtype=str)
    coded = [one for name in programme_names() for one in load_programmes(name).programmes]
    assert len(coded) == len(facts)
    by_place = facts["jurisdiction"].str.partition(" ")[0].value_counts().to_dict()
    mine = pd.Series([one.jurisdiction for one in coded]).value_counts().to_dict()
    assert mine == by_place
    assert {one.status for one in coded} == {"verified"}
    capped = [one for one in coded if any(r.reason == "too_old" for r in one.requirements)]
    assert len(capped) == int(facts["max_age_years"].str.startswith("15", na=False).sum())
