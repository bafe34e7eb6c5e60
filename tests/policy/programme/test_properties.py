"""What must hold of every programme and every vehicle, whatever is known of it."""

from __future__ import annotations

import datetime

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from geofleet.policy.programme import (
    as_members,
    eligibility,
    filter_only,
    load_programmes,
    members,
    with_age_cap,
)

SETS = [load_programmes("mexico"), load_programmes("colombia")]
PROGRAMMES = [(one, group.attributes) for group in SETS for one in group.programmes]
ON = datetime.date(2025, 6, 1)

VALUES = {
    "use": ["freight", "private"], "fuel": ["diesel", "electric", "hybrid", "petrol"],
    "standard": ["euro_2", "euro_4", "euro_5", "euro_6", "epa_2007"],
    "model_year": [1990.0, 2009.0, 2010.0, 2020.0],
    "particle_filter": ["factory", "retrofit", "none"],
    "gvw_kg": [2000.0, 3857.0, 3858.0, 5001.0], "plate_jurisdiction": ["local", "foreign"],
    "plate_state": ["MX-MEX", "MX-CMX"], "drives_in": ["CDMX", "EDOMEX"],
    "hybrid_category": ["I", "III"], "opacity_per_m": [1.2, 1.3], "public_service": [True, False],
    "emission_control_accepted": [True, False],
}  # fmt: skip
KNOWN = st.fixed_dictionaries({name: st.sampled_from(values) for name, values in VALUES.items()})
HIDDEN = st.sets(st.sampled_from(sorted(VALUES)))
quick = settings(max_examples=80, deadline=None)


def _ask(number: int, cells: dict) -> pd.Series:
    programme, attributes = PROGRAMMES[number]
    cases = pd.DataFrame([cells]).astype(object)
    return eligibility(programme, cases, ON, attributes=attributes).iloc[0]


@quick
@given(st.integers(0, len(PROGRAMMES) - 1), KNOWN, HIDDEN)
def test_knowing_more_never_overturns_an_answer(number: int, cells: dict, hidden: set) -> None:
    """What is answered from part of the facts is answered so from all of them."""
    part = {name: None if name in hidden else value for name, value in cells.items()}
    before, after = _ask(number, part), _ask(number, cells)
    assert after["answer"] != "unknown"
    assert after["missing"] == ""
    if before["answer"] != "unknown":
        assert before["answer"] == after["answer"]
    else:
        assert set(before["missing"].split("; ")) <= hidden


@quick
@given(st.integers(0, len(PROGRAMMES) - 1), KNOWN, HIDDEN)
def test_every_answer_is_explained(number: int, cells: dict, hidden: set) -> None:
    """No refusal without a requirement, no doubt without an attribute, no route where closed."""
    found = _ask(number, {name: None if name in hidden else v for name, v in cells.items()})
    if found["answer"] == "not eligible":
        assert found["failed"]
        assert found["reason"]
    assert (found["answer"] == "unknown") == bool(found["missing"])
    assert not found["route"] or found["answer"] == "eligible"


@quick
@given(KNOWN, st.integers(0, 40), st.integers(0, 40))
def test_a_lower_cap_lets_nobody_in(cells: dict, one: int, other: int) -> None:
    """Whoever fits under the lower cap fits under the higher one."""
    programme = filter_only(SETS[0].programme("autorregulacion_cdmx"))
    low, high = sorted((one, other))
    cases = pd.DataFrame([cells])
    answers = [
        eligibility(with_age_cap(programme, years), cases, ON, attributes=SETS[0].attributes)
        for years in (low, high)
    ]
    if answers[0]["answer"].iloc[0] == "eligible":
        assert answers[1]["answer"].iloc[0] == "eligible"


@quick
@given(st.integers(0, len(PROGRAMMES) - 1), KNOWN)
def test_joining_changes_membership_and_no_filter(number: int, cells: dict) -> None:
    """A member is a member to the last day; its filter and standard are what they were."""
    programme, attributes = PROGRAMMES[number]
    cases = pd.DataFrame([cells])
    joined = as_members(programme, cases, until=ON)
    assert members(programme, joined, ON, attributes=attributes)["member"].tolist() == ["yes"]
    for name in ("particle_filter", "standard", "fuel"):
        assert joined[name].tolist() == cases[name].tolist()
    if not programme.grants:
        after = members(programme, joined, ON + datetime.timedelta(1), attributes=attributes)
        assert after["member"].tolist() == ["no"]
