"""What membership saves, counted on calendars by hand, and that membership is not a filter."""

from __future__ import annotations

import datetime
from pathlib import Path

import pandas as pd
import pytest

from geofleet.errors import InputError
from geofleet.policy.programme import (
    Programme,
    benefits,
    load_programmes,
    members,
    programme_names,
    relieved_rules,
)
from geofleet.policy.programme.savings import hours_by_case
from geofleet.policy.rules import Event, RuleSet, read_rules
from geofleet.policy.rules.packs import load_pack

MEXICO = load_programmes("mexico")
# 2023 begins and ends on a Sunday: every other weekday comes 52 times
YEAR = [datetime.date(2023, 1, 1) + datetime.timedelta(days) for days in range(365)]

_RULES = """\
rule_set: small
timezone: America/Mexico_City
rules:
  - id: weekday
    name: no Mondays
    effect: prohibit
    status: user
    when: {days: Mo, hours: "05:00-22:00"}
  - id: smog
    name: morning stop on smog days
    effect: prohibit
    status: user
    when: {hours: "06:00-10:00"}
    event: {kind: contingencia}
  - id: members
    name: members may drive
    effect: exempt
    status: user
    vehicle: {member_of: [club]}
    lifts: [smog]
"""


def _small(tmp_path: Path) -> RuleSet:
    path = tmp_path / "rules.yaml"
    path.write_text(_RULES, encoding="utf-8")
    return read_rules(path)


def test_only_what_the_exemption_lifts_is_saved(tmp_path: Path) -> None:
    """Ten smog days, one of them a Monday: four hours each, and Mondays stay forbidden.

    On the smog Monday the morning is forbidden by the other rule still, so nothing is saved.
    """
    smog = tuple(datetime.date(2023, 3, 6) + datetime.timedelta(days) for days in range(7))
    found = benefits(
        Programme("club", "Club", exemptions=("members",)),
        _small(tmp_path),
        pd.DataFrame({"fuel": ["diesel"]}, index=["one"]),
        YEAR,
        events=[Event("contingencia", "I", smog)],
    )
    one = found.by_case.loc["one"]
    assert one["days_forbidden_without"] == 52 + 6
    assert one["hours_forbidden_without"] == 52 * 17 + 6 * 4
    assert one["days_saved"] == 6
    assert one["hours_saved"] == 24
    assert one["hours_forbidden_with"] == 52 * 17
    assert found.by_rule.to_dict("records") == [
        {"rule_id": "smog", "case": "one", "days_saved": 6, "hours_saved": 24.0}
    ]


def test_exemptions_must_be_rules_of_the_set(tmp_path: Path) -> None:
    """A programme whose exemption the set lacks would save nothing, silently; it is refused."""
    with pytest.raises(InputError, match="nothing_like_it"):
        relieved_rules(
            Programme("club", "Club", exemptions=("nothing_like_it",)), _small(tmp_path), YEAR[0]
        )


def _trucks() -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "use": "freight", "fuel": "diesel", "hologram": hologram, "plate_digit": str(digit),
                "plate_jurisdiction": "local", "body": "rigid", "gvw_kg": 11000.0, "length_m": 8.5,
                "cargo_type": "general", "refrigeration": "none", "model_year": 2015.0,
                "standard": "epa_2004", "particle_filter": "none",
            }
            for hologram in ("2", "1", "0", "00")
            for digit in range(10)
        ]
    )  # fmt: skip


def _in_the_zone(rules: RuleSet) -> dict[str, bool]:
    return {name: name == "zmvm" for name in rules.geographies}


def test_days_of_a_year_by_hologram() -> None:
    """Published: hologram 2 up to 104 days, hologram 1 76, 00 and 0 none without contingencies.

    52 weekdays and 52 Saturdays; 52 weekdays and two Saturdays of each month. Every such day is 17
    hours long (05:00 to 22:00).
    """
    rules, trucks = load_pack("mexico"), _trucks()
    found = benefits(
        MEXICO.programme("autorregulacion_cdmx"), rules, trucks, YEAR, inside=_in_the_zone(rules)
    )
    days = found.by_case["days_saved"].groupby(trucks["hologram"]).unique()
    assert {name: list(values) for name, values in days.items()} == {
        "2": [104], "1": [76], "0": [0], "00": [0],
    }  # fmt: skip
    hours = found.by_case["hours_saved"].groupby(trucks["hologram"]).max()
    assert hours.to_dict() == {"2": 104 * 17, "1": 76 * 17, "0": 0, "00": 0}
    assert (found.by_case["hours_forbidden_with"] == 0).all()
    assert (found.by_case["hours_unknown_without"] == 0).all()
    assert found.by(trucks["hologram"]).loc["2", "days_saved_most"] == 104


def test_what_another_place_leaves_open_is_neither_saved_nor_lost() -> None:
    """Whether it drives in the historic centre is not told: then nothing is certain to be saved."""
    rules, trucks = load_pack("mexico"), _trucks()
    found = benefits(
        MEXICO.programme("autorregulacion_cdmx"), rules, trucks, YEAR, inside={"zmvm": True}
    ).by_case
    two = found[trucks["hologram"] == "2"]
    assert (two["hours_saved"] == 0).all()
    assert (two["hours_forbidden_without"] == two["hours_perhaps_saved"]).all()
    assert (two["hours_perhaps_saved"] == 104 * 17).all()


def test_clean_holograms_gain_four_hours_on_each_contingency_day() -> None:
    """Sixteen days of Fase I: 64 hours for holograms 0 and 00, from the morning stop alone."""
    rules, trucks = load_pack("mexico"), _trucks()
    fase_i = Event(
        "contingencia", "I",
        tuple(datetime.date(2023, 4, 1) + datetime.timedelta(days) for days in range(16)),
        pollutants=("o3",), parity="odd", colour="rosa",
    )  # fmt: skip
    found = benefits(
        MEXICO.programme("autorregulacion_cdmx"), rules, trucks, YEAR,
        events=[fase_i], inside=_in_the_zone(rules),
    )  # fmt: skip
    clean = trucks.index[trucks["hologram"].isin(["0", "00"])]
    assert (found.by_case.loc[clean, "days_saved"] == 16).all()
    assert (found.by_case.loc[clean, "hours_saved"] == 64).all()
    of_clean = found.by_rule[found.by_rule["case"].isin(clean)]
    assert set(of_clean["rule_id"]) == {"MX-ZMVM-CONT-F1-FREIGHT"}


def test_without_the_switch_freight_gains_nothing_on_ordinary_days() -> None:
    """Where Hoy No Circula is not for freight, there is nothing to be relieved of."""
    rules, trucks = load_pack("mexico").answered(hnc_applies_to_freight=False), _trucks()
    found = benefits(
        MEXICO.programme("autorregulacion_cdmx"), rules, trucks, YEAR[:90],
        inside=_in_the_zone(rules),
    )  # fmt: skip
    assert (found.by_case["days_saved"] == 0).all()


def test_programmes_name_exemptions_of_their_packs() -> None:
    """Every exemption of a programme is a rule of the pack that asks for its membership."""
    for name in programme_names():
        programmes = load_programmes(name)
        rules = load_pack(programmes.pack)
        for one in programmes.programmes:
            on = one.valid_to or datetime.date(2025, 6, 1)
            lifted = relieved_rules(one, rules, on)
            assert bool(lifted) == bool(one.exemptions)
            assert set(lifted) <= {rule.rule_id for rule in rules.rules}
            asked = {
                attribute
                for rule in rules.rules
                if rule.rule_id in one.exemptions
                for attribute in rule.attributes
            }
            granted = {attribute for attribute, _ in one.grants}
            assert not one.exemptions or asked & ({"programme_membership"} | granted)


def test_hours_by_case_are_the_table_of_hours_added_up(tmp_path: Path) -> None:
    """The quick sum is the sum of the long table."""
    from geofleet.policy.decisions import decide

    decided = decide(_small(tmp_path), pd.DataFrame({"fuel": ["diesel", "cng"]}), YEAR)
    pd.testing.assert_series_equal(
        hours_by_case(decided), decided.hours().sum(axis=1), check_names=False
    )


def test_membership_filter_and_eligibility_are_three_things() -> None:
    """A member without filter, a filter without membership, a member that could not join today."""
    on = datetime.date(2025, 6, 1)
    truck = {
        "use": "freight", "fuel": "diesel", "plate_jurisdiction": "local", "drives_in": "CDMX",
        "model_year": 2015.0,
    }  # fmt: skip
    cases = pd.DataFrame(
        [
            {**truck, "particle_filter": "none", "programme_membership": "autorregulacion_cdmx",
             "membership_until": "2025-12-31"},
            {**truck, "particle_filter": "factory", "programme_membership": "none"},
            {**truck, "particle_filter": "none", "programme_membership": "autorregulacion_cdmx",
             "membership_until": "2026-12-31", "model_year": 1990.0},
            {**truck, "particle_filter": "retrofit",
             "programme_membership": "autorregulacion_cdmx", "membership_until": "2025-05-31"},
            {**truck, "particle_filter": None, "programme_membership": None},
        ]
    )  # fmt: skip
    found = members(
        MEXICO.programme("autorregulacion_cdmx"), cases, on, attributes=MEXICO.attributes
    )
    assert found["member"].tolist() == ["yes", "no", "yes", "no", "unknown"]
    assert found["particle_filter"].tolist() == ["none", "factory", "none", "retrofit", "unknown"]
    assert found["could_join"].tolist() == [
        "eligible", "eligible", "not eligible", "eligible", "eligible",
    ]  # fmt: skip


def test_a_hologram_may_be_the_membership() -> None:
    """The exempt hologram makes a member, whatever the membership column says."""
    cases = pd.DataFrame(
        {"hologram": ["exento", "2"], "programme_membership": ["none", "none"], "fuel": "electric"}
    )
    found = members(MEXICO.programme("holograma_exento"), cases, datetime.date(2025, 6, 1))
    assert found["member"].tolist() == ["yes", "no"]
