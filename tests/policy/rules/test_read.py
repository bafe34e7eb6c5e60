"""Rule files: what they may say, and every fault of theirs with its line."""

from __future__ import annotations

import datetime
import json
import textwrap
from pathlib import Path

import pytest

from geofleet.errors import InputError
from geofleet.policy.rules import RuleSet, read_rules
from geofleet.policy.rules.conditions import Age, All, Among, AnyOf, FirstKnown, Not, Ranked, Within

HEAD = "rule_set: town\ntimezone: America/Mexico_City\n"
RULE = "rules:\n  - id: R\n    name: a rule\n    effect: prohibit\n    status: user\n"


def _read(folder: Path, text: str) -> RuleSet:
    path = folder / "rules.yaml"
    path.write_text(text, encoding="utf-8")
    return read_rules(path)


def _faults(folder: Path, text: str) -> list[tuple[int, str, str, str]]:
    """Return line, field, value and what was expected of every fault."""
    with pytest.raises(InputError) as caught:
        _read(folder, text)
    for problem in caught.value.problems:
        assert problem.file == str(folder / "rules.yaml")
    return [(p.row, p.field, p.value, p.expected) for p in caught.value.problems]


def _in_rule(more: str) -> str:
    return HEAD + RULE + textwrap.indent(more, "    ")


def test_a_file_with_everything(tmp_path: Path) -> None:
    """Each part of the language is read into what it says."""
    square = [[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]
    feature = {"type": "Feature", "id": "centre", "properties": {},
               "geometry": {"type": "Polygon", "coordinates": [square]}}  # fmt: skip
    (tmp_path / "zones.geojson").write_text(
        json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8"
    )
    (tmp_path / "dates.csv").write_text("date,digits\n2026-02-07,1 3\n2026-02-14,none\n", "utf-8")
    rules = _read(
        tmp_path,
        """\
rule_set: town
title: A town
timezone: America/Bogota
holidays: CO
notes: [one, two]
colours: {rojo: [3, 4]}
attributes:
  doors: {kind: number, of: vehicle, meaning: number of doors}
switches:
  strict: {default: false, meaning: whether it is strict}
calendars:
  saturdays: {file: dates.csv, status: verified}
  fair: {dates: {2026-03-01: all}}
geographies:
  - {id: centre, name: Centre, polygon: zones.geojson#centre}
  - {id: roads, name: Big roads, area: no, roads: {highway: [trunk, primary]}}
  - id: two_registers
    name: Big roads of two registers
    area: no
    roads: {first_known: [{class_es: Eje Vial}, {highway: trunk}]}
rules:
  - id: R
    version: "2"
    name: a rule
    effect: allow_only
    status: verified
    valid: {from: 2026-01-01, to: 2026-12-31}
    where: centre
    in_force: {season: 11-15/02-15, holidays: off}
    when:
      - {days: [Mo-Fr], hours: ["06:00-08:00", "20:00-05:00"]}
      - {nth: {Sa: [1, 3]}, hours: "00:00-24:00"}
      - {calendar: fair}
    vehicle:
      any:
        - {gvw_kg: {above: 3500, up_to: 7500}}
        - {standard: {scheme: euro, below: euro_6}}
        - {age_years: {above: 20}}
        - {not: {use: freight}}
        - {doors: 4}
    trip: {entered: {below: "06:00"}}
    switch: strict
    quota_days_per_year: 24
    enforcement_probability: 0.5
  - id: C
    name: a charge
    effect: charge
    status: user
    charge: {amount: 12.5, currency: EUR, per: entry}
    event: {kind: contingencia, phase: [I, II], pollutant: o3}
  - id: X
    name: out
    effect: exempt
    status: user
    lifts: [R, C]
""",
    )
    rule = rules.rule("R")
    assert rules.geographies["centre"].polygon.area == 1
    assert not rules.geographies["roads"].has_area
    assert isinstance(rules.geographies["two_registers"].roads, FirstKnown)
    assert (rule.valid_from, rule.valid_to) == (
        datetime.date(2026, 1, 1), datetime.date(2026, 12, 31),
    )  # fmt: skip
    assert rule.when[0].windows == ((21_600, 28_800), (72_000, 104_400))
    assert rule.when[1].windows == ((0, 86_400),)
    assert rule.in_force.season == ((11, 15), (2, 15))
    assert isinstance(rule.vehicle, AnyOf)
    kinds = [type(part) for part in rule.vehicle.parts]
    assert kinds == [Within, Ranked, Age, Not, Within]
    assert rule.trip == Within("entered", rule.trip.span)
    assert rule.trip.span.high == 21_600
    assert rule.trip.span.high_open
    assert (rule.switches, rule.quota_days_per_year) == ((("strict", True),), 24)
    assert rules.rule("C").charge.per == "entry"
    assert rules.rule("C").event.phases == {"I", "II"}
    assert rules.calendars["saturdays"].digits[datetime.date(2026, 2, 7)] == {1, 3}
    assert not rules.calendars["saturdays"].covers(datetime.date(2026, 3, 7))
    assert rules.colours == {"rojo": frozenset({3, 4})}
    assert [one.rule_id for one in rules.active] == ["C", "X"]
    assert len(rules.answered(strict=True).active) == 3


@pytest.mark.parametrize(
    ("more", "line", "field", "value", "expected"),
    [
        ("colour: red", 8, "R.colour", "", "known here"),
        ("valid: {from: 2026-02-30}", 8, "R.valid.from", "2026-02-30", "a date like"),
        ("valid: {from: 2026-02-02, to: 2026-02-01}", 8, "R.valid", "2026-02-02 to", "not after"),
        ("valid: {since: 2026-02-02}", 8, "R.valid.since", "", "from, to"),
        ("when: {hours: '6-10'}", 8, "R.when[1].hours", "6-10", "windows like 06:00-10:00"),
        ("when: {hours: '24:00-10:00'}", 8, "R.when[1].hours", "24:00", "windows like"),
        ("when: {hours: '06:00-25:00'}", 8, "R.when[1].hours", "25:00", "windows like"),
        ("when: {days: Lu-Vi}", 8, "R.when[1].days", "Lu", "a weekday: Mo"),
        ("when: {nth: {Sa: [6]}}", 8, "R.when[1].nth", "6", "1 to 5"),
        ("when: {season: 05-01}", 8, "R.when[1].season", "05-01", "month-day"),
        ("when: {season: 05-01/13-01}", 8, "R.when[1].season", "13-01", "month-day"),
        ("when: {holidays: no}", 8, "R.when[1].holidays", "no", "any, off, only"),
        ("when: {calendar: fair}", 4, "R.calendar", 'fair', 'there is none'),
        ("vehicle: {weight: 3}", 8, "R.vehicle.weight", "", "an attribute of the common table"),
        ("vehicle: {gvw_kg: heavy}", 8, "R.vehicle.gvw_kg", "heavy", "a number"),
        ("vehicle: {gvw_kg: {over: 3}}", 8, "R.vehicle.gvw_kg.over", "", "known here"),
        ("vehicle: {gvw_kg: {above: 3, from: 4}}", 8, "R.vehicle.gvw_kg", "", "one bound or two"),
        ("vehicle: {gvw_kg: {above: 9, below: 3}}", 8, "R.vehicle.gvw_kg", "9 to 3", "lower bound"),
        ("vehicle: {use: {above: 3}}", 8, "R.vehicle.use", "", "a text or a list"),
        ("vehicle: {standard: {scheme: mars, from: x}}", 8, "scheme", "mars", "one of euro"),
        ("vehicle: {standard: {scheme: euro, from: euro_9}}", 8, "from", "euro_9", "a standard of"),
        ("vehicle: {first_registered: {from: 2020}}", 8, "first_registered", "2020", "a date"),
        ("vehicle: {sello_verde: maybe}", 8, "R.vehicle.sello_verde", "maybe", "true or false"),
        ("vehicle: {plate_digit: [11]}", 8, "plate_digit", "11", "digits from 0 to 9"),
        ("vehicle: {plate_digit: {event: mood}}", 8, "event", "mood", "parity, digits, colour"),
        ("vehicle: {plate_digit: {weekday: {Mo: [x]}}}", 8, "Mo", "x", "digits from 0 to 9"),
        ("trip: {entered: {from: 6am}}", 8, "R.trip.entered", "6am", "a clock time"),
        ("event: {phase: I}", 8, "R.event.kind", "", "a kind"),
        ("charge: {amount: -1, currency: EUR}", 8, "R.charge.amount", "-1", "at least 0"),
        ("charge: {amount: 1, currency: EUR, per: week}", 8, "R.charge.per", "week", "day, entry"),
        ("enforcement_probability: 1.5", 8, "enforcement_probability", "1.5", "at most 1"),
        ("quota_days_per_year: many", 8, "R.quota_days_per_year", "many", "a number"),
        ("where: moon", 4, "R.where", "moon", "there is none"),
        ("lifts: [R]", 4, "R.lifts", "prohibit", "exempt or allow"),
        ("switch: strict", 4, "R.switch", "strict", "there is none"),
        ("name: again", 8, "R.name", "", "each key once; it stands on line 5"),
        ("when: {opening_hours: 'Mo-Fr 06:00-10:00', days: Mo}", 8, "opening_hours", "Mo-Fr",
         "alone"),
        # What says nothing would forbid everybody, or nobody, in silence.
        ("vehicle: ", 8, "R.vehicle", "", "something under the key"),
        ("vehicle: {}", 8, "R.vehicle", "", "a condition"),
        ("vehicle: {any: []}", 8, "R.vehicle.any", "", "at least one condition"),
        ("vehicle: {not: {}}", 8, "R.vehicle.not", "", "a condition"),
        ("vehicle: {use: []}", 8, "R.vehicle.use", "", "a list that is not empty"),
        ("vehicle: {use: ['']}", 8, "R.vehicle.use", "", "texts that are not empty"),
        ("vehicle: {use: frieght}", 8, "R.vehicle.use", "frieght", "freight"),
        ("vehicle: {gvw_kg: {above: 5, below: 5}}", 8, "R.vehicle.gvw_kg", "5 to 5", "lower bound"),
        ("vehicle: {age_years: {basis: gvw_kg, above: 3}}", 8, "basis", "gvw_kg", "a year"),
        ("vehicle: {plate_digit: ['²']}", 8, "plate_digit", "²", "digits from 0 to 9"),
        ("vehicle: {plate_digit: {weekday: {Mo: [1], Mo-Fr: [2]}}}", 8, "weekday.Mo-Fr", "Mo-Fr",
         "each weekday once"),
        ("vehicle: {plate_digit: {digits: odd, otherwise: {digits: even}}}", 8, "otherwise", "",
         "an event before it"),
        ("when: []", 8, "R.when", "", "days or hours"),
        ("when: {hours: []}", 8, "hours", "", "a list that is not empty"),
        ("when: {hours: }", 8, "hours", "", "something under the key"),
        ("when: {hours: '0²:00-10:00'}", 8, "hours", "0²:00-10:00", "windows like"),
        ("when: {days: []}", 8, "days", "", "a list that is not empty"),
        ("when: {season: W01-1/W02-1}", 8, "season", "W01-1/W02-1", "month-day"),
        ("event: ", 8, "R.event", "", "something under the key"),
    ],
)  # fmt: skip
def test_a_fault_in_a_rule(tmp_path: Path, more, line, field, value, expected) -> None:
    """Line, field, value, and what would have been right."""
    faults = _faults(tmp_path, _in_rule(more))
    matching = [
        fault for fault in faults
        if fault[0] == line and field in fault[1] and value in fault[2] and expected in fault[3]
    ]  # fmt: skip
    assert len(matching) == 1, faults


@pytest.mark.parametrize(
    ("text", "line", "field", "value", "expected"),
    [
        ("", 0, "", "", "a file that is not empty"),
        ("rule_set: [a, b\n", 2, "", "", "YAML"),
        ("- a\n- b\n", 1, "", "", "'key: value' lines"),
        (HEAD, 1, "rules", "", "at least one rule"),
        (f"rule_set: town\n{RULE}", 1, "timezone", "", "a timezone"),
        (f"rule_set: town\ntimezone: Mars/Base\n{RULE}", 2, "timezone", "Mars/Base", "IANA"),
        (f"{HEAD}holidays: Mexico\n{RULE}", 3, "holidays", "Mexico", "ISO 3166"),
        (f"{HEAD}colour: x\n{RULE}", 3, "colour", "", "known here"),
        (f"{HEAD}colours: {{red: [12]}}\n{RULE}", 3, "colours.red", "12", "digits from 0 to 9"),
        (f"{HEAD}attributes: {{doors: {{kind: many, meaning: x}}}}\n{RULE}", 3,
         "attributes.doors.kind", "many", "one of text, set, number"),
        (f"{HEAD}attributes: {{use: {{kind: text, meaning: x}}}}\n{RULE}", 3, "attributes.use", "",
         "a name that the common table does not have"),
        (f"{HEAD}switches: {{s: {{meaning: x}}}}\n{RULE}", 3, "switches.s.default", "",
         "a default"),
        (f"{HEAD}switches: {{s: {{default: perhaps, meaning: x}}}}\n{RULE}", 3,
         "switches.s.default", "perhaps", "true or false"),
        (f"{HEAD}calendars: {{c: {{dates: {{2026-02-31: all}}}}}}\n{RULE}", 3,
         "calendars.c.dates.2026-02-31", "2026-02-31", "a date like"),
        (f"{HEAD}geographies:\n  - {{id: a, name: A}}\n  - {{id: a, name: B}}\n{RULE}", 5, "id",
         "a", "each id once"),
        (f"{HEAD}geographies:\n  - {{id: a}}\n{RULE}", 4, "a.name", "", "a name"),
        (f"{HEAD}geographies:\n  - {{id: a, name: A, members: {{layer: x}}}}\n{RULE}", 4,
         "a.members.column", "", "a column"),
        (f"{HEAD}geographies:\n  - {{id: a, name: A, roads: {{lanes: 3}}}}\n{RULE}", 4,
         "a.roads.lanes", "", "an attribute of the common table"),
        (f"{HEAD}geographies:\n  - {{id: a, name: A, roads: {{first_known: []}}}}\n{RULE}", 4,
         "a.roads.first_known", "", "a list of conditions"),
        (f"{HEAD}rules:\n  - id: R\n    effect: ban\n", 5, "R.effect", "ban", "one of prohibit"),
        (f"{HEAD}rules:\n  - id: R\n    effect: charge\n    status: user\n    name: x\n", 4,
         "R.charge", "", "an amount"),
        (f"{HEAD}rules:\n  - id: R\n    effect: exempt\n    status: user\n    name: x\n", 4,
         "R.lifts", "", "the ids of the rules"),
        (f"{HEAD}{RULE}    vehicle: {{first_known: [{{use: freight}}]}}\n", 8,
         "R.vehicle.first_known", "", "an attribute of the common table"),
    ],
)  # fmt: skip
def test_a_fault_in_a_file(tmp_path: Path, text, line, field, value, expected) -> None:
    """Line, field, value, and what would have been right."""
    faults = _faults(tmp_path, text)
    matching = [
        fault for fault in faults
        if fault[0] == line and field in fault[1] and value in fault[2] and expected in fault[3]
    ]  # fmt: skip
    assert len(matching) == 1, faults


def test_a_whole_day_beside_other_hours_is_the_whole_day(tmp_path: Path) -> None:
    """Hours are put together: 24 hours are not cut to the window that stands beside them."""
    text = _in_rule('when: {hours: ["00:00-24:00", "06:00-10:00"]}\n')
    (part,) = _read(tmp_path, text).rules[0].when
    assert part.windows == ((0, 86_400),)


def test_all_faults_come_at_once_in_order_of_lines(tmp_path: Path) -> None:
    """Four faults in four places, one error."""
    text = _in_rule("vehicle: {weight: 3}\nvalid: {from: soon}\nwhen: {hours: noon}\n")
    faults = _faults(tmp_path, text.replace("effect: prohibit", "effect: ban"))
    assert [line for line, *_ in faults] == [6, 8, 9, 10]


@pytest.mark.parametrize(
    ("second", "line", "field", "value", "expected"),
    [
        ("version: '1'", 8, "R.version", "1", "each version of a rule once"),
        ("version: '2'\n    valid: {from: 2026-06-30}", 8, "R.valid", "2", "do not overlap"),
    ],
)
def test_versions_follow_each_other(tmp_path: Path, second, line, field, value, expected) -> None:
    first = f"{HEAD}{RULE}    valid: {{to: 2026-06-30}}\n".replace("    status: user\n", "")
    first = first.replace("    effect", "    status: user\n    effect")
    body = "  - id: R\n    name: a rule\n    effect: prohibit\n    status: user\n"
    found = _faults(tmp_path, f"{first}{body}    {second}\n")
    assert [(row - 1, place, what) for row, place, what, _ in found] == [(line, field, value)]
    assert expected in found[0][3]
    good = "version: '2'\n    valid: {from: 2026-07-01}"
    rules = _read(tmp_path, f"{first}{body}    {good}\n")
    assert rules.rule("R", on=datetime.date(2026, 6, 30)).version == "1"
    assert rules.rule("R", on=datetime.date(2026, 7, 1)).version == "2"


def test_lifts_name_rules_that_restrict(tmp_path: Path) -> None:
    """Not itself, not what is not there, not another exemption."""
    exempt = "  - {id: X, name: x, effect: exempt, status: user, lifts: [X, Y, Z]}\n"
    other = "  - {id: Z, name: z, effect: exempt, status: user, lifts: [R]}\n"
    faults = _faults(tmp_path, f"{HEAD}{RULE}{exempt}{other}")
    assert all(line == 8 for line, *_ in faults)
    found = {(value, expected) for _, _, value, expected in faults}
    assert found == {
        ("X", "the id of another rule"),
        ("X", "a rule that prohibits, charges or asks for a permit"),
        ("Y", "the id of a rule of this set"),
        ("Z", "a rule that prohibits, charges or asks for a permit"),
    }


@pytest.mark.parametrize(
    ("content", "value", "expected"),
    [
        (None, "", ""),
        ("{", "zones.geojson", "GeoJSON; line 1"),
        ({"type": "FeatureCollection", "features": []}, "#centre", "the id of a feature"),
        ({"id": "centre", "geometry": {"type": "Point", "coordinates": [0, 0]}}, "Point",
         "a valid Polygon"),
        ({"id": "centre", "geometry": None}, "zones.geojson", "a feature with a geometry"),
        ({"id": "centre", "geometry": {"type": "Polygon", "coordinates": [
            [[0, 0], [9999, 0], [9999, 9999], [0, 0]]]}}, "zones.geojson",
         "longitude and latitude"),
        ({"id": "centre", "geometry": {"type": "Polygon", "coordinates": [
            [[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}}, "Polygon", "a valid Polygon"),
    ],
)  # fmt: skip
def test_faults_of_areas(tmp_path: Path, content, value, expected) -> None:
    """A missing file, broken JSON, no such feature, a point, degrees that are none, a bow tie."""
    if content is not None:
        text = content if isinstance(content, str) else json.dumps(content)
        (tmp_path / "zones.geojson").write_text(text, encoding="utf-8")
    places = "geographies:\n  - {id: a, name: A, polygon: zones.geojson#centre}\n"
    with pytest.raises(InputError) as caught:
        _read(tmp_path, f"{HEAD}{places}{RULE}")
    (fault,) = caught.value.problems
    if content is None:
        assert fault.file == str(tmp_path / "zones.geojson")
        return
    assert (fault.row, fault.field) == (4, "a.polygon")
    assert value in fault.value
    assert expected in fault.expected


def test_faults_of_calendar_files_name_the_file_and_row(tmp_path: Path) -> None:
    (tmp_path / "dates.csv").write_text("date,digits\n2026-02-07,1 x\n2026-02-14,even\n", "utf-8")
    with pytest.raises(InputError) as caught:
        _read(tmp_path, f"{HEAD}calendars: {{c: {{file: dates.csv}}}}\n{RULE}")
    (fault,) = caught.value.problems
    assert fault.file == str(tmp_path / "dates.csv")
    assert (fault.field, fault.row, fault.value) == ("digits", 2, "1 x")
    with pytest.raises(InputError, match=r"nowhere\.csv"):
        _read(tmp_path, f"{HEAD}calendars: {{c: {{file: nowhere.csv}}}}\n{RULE}")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere\.yaml"):
        read_rules(tmp_path / "nowhere.yaml")
    _read(tmp_path, HEAD + RULE)
    with pytest.raises(InputError, match="moon"):
        read_rules(tmp_path / "rules.yaml", zones={"moon": None})


def test_words_that_yaml_would_change_stay_text(tmp_path: Path) -> None:
    """`no`, `off`, `05:00` and `0` are read as they stand."""
    rules = _read(
        tmp_path,
        _in_rule(
            "when: {holidays: off, hours: 05:00-06:00}\nvehicle: {hologram: [0, 00], fuel: no}\n"
        ),
    )
    rule = rules.rule("R")
    assert rule.when[0].days.holidays == "off"
    assert rule.when[0].windows == ((18_000, 21_600),)
    assert rule.vehicle == All(
        (Among("hologram", frozenset({"0", "00"})), Among("fuel", frozenset({"no"})))
    )
