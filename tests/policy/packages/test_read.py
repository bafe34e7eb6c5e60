"""Package files: what they say is what is made, and every fault has its line."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from geofleet.errors import InputError
from geofleet.policy.packages import compare, read_packages
from geofleet.policy.packages.place_changes import AddArea, AddGeography, AddMembers, BufferArea
from geofleet.policy.packages.programme_changes import (
    EnrolVehicles,
    LimitProgramme,
    limit_age,
    limit_to_electric,
    limit_to_filters,
)
from geofleet.policy.packages.rule_changes import (
    AddRule,
    AnswerSwitch,
    DeclareEvent,
    RemoveRule,
    ReplaceRule,
    RetimeRule,
)
from geofleet.policy.packages.vehicle_changes import FitState, ReplaceVehicles
from geofleet.policy.programme.model import Programme, ProgrammeSet, Requirement
from geofleet.policy.rules.conditions import Age, All, Among, Span
from geofleet.policy.rules.days import OnDays, When

_ALL = """
levers:
  - id: filters
    name: Filters for old diesel trucks
    name_es: Filtros para camiones diésel viejos
    fit:
      - vehicle: {age_years: {from: 15}}
    replace_vehicles:
      - vehicle: {standard: [euro_1, euro_2]}
        with: {fuel: electric, standard: none, model_year: 2026, payload_capacity_kg: 5000,
               hologram: exento, lift_gate: yes}
  - id: programme
    name: A programme for filters
    enrol:
      - {programme: auto, until: 2026-12-31, vehicle: {particle_filter: retrofit}}
    limit:
      - {programme: auto, max_age_years: 10, technology: electric}
      - programme: auto
        requirement: size
        vehicle: {operator_size: [1-5]}
      - {programme: other, technology: filter}
  - id: hours
    name: Other hours
    switches: {freight: no}
    retime:
      - rule: morning
        when:
          - {days: Mo-Fr, hours: [22:00-05:00]}
    remove_rules: [members]
    replace_rules:
      - {id: smog, name: Smog, effect: prohibit, status: user}
  - id: zone
    name: A zone
    add_geographies:
      - {id: ring, name: Ring, polygon: areas.geojson#ring}
    add_rules:
      - {id: ring_ban, name: Ring, effect: prohibit, where: ring, status: illustrative}
    widen:
      - {geography: city, polygon: areas.geojson#ring}
      - {geography: core, buffer_m: 500}
      - {geography: core, members: [a, b]}
  - id: smog
    name: Smog
    events:
      - {kind: contingencia, phase: I, dates: [2026-02-17, 2026-02-18], parity: even,
         digits: [5, 6], pollutants: [o3], area: ZMVM}
packages:
  - id: green
    name: Green
    name_es: Verde
    levers: [programme, filters]
  - id: all
    name: All
    levers: [filters, hours, programme, smog, zone]
"""


@pytest.fixture
def areas(tmp_path):
    ring = [[-99.3, 19.3], [-99.2, 19.3], [-99.2, 19.4], [-99.3, 19.4], [-99.3, 19.3]]
    feature = {"type": "Feature", "id": "ring", "properties": {},
               "geometry": {"type": "Polygon", "coordinates": [ring]}}  # fmt: skip
    path = tmp_path / "areas.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    return path


def test_every_kind_of_change(baseline, write, areas) -> None:
    """Each key of a lever is the change it names."""
    green, everything = read_packages(write(_ALL), baseline.rule_set)
    assert (green.package_id, green.name, green.name_es) == ("green", "Green", "Verde")
    assert green.lever_ids == ("filters", "programme")
    filters = everything.lever("filters")
    assert (filters.name_es, filters.line) == ("Filtros para camiones diésel viejos", 3)
    electric = (
        ("fuel", "electric"), ("standard", "none"), ("model_year", 2026),
        ("payload_capacity_kg", 5000.0), ("hologram", "exento"), ("lift_gate", True),
    )  # fmt: skip
    assert filters.changes == (
        FitState("dpf_retrofit", Age(Span(low=15))),
        ReplaceVehicles(electric, Among("standard", frozenset(("euro_1", "euro_2")))),
    )
    retrofit = Among("particle_filter", frozenset(("retrofit",)))
    assert everything.lever("programme").changes == (
        EnrolVehicles("auto", dt.date(2026, 12, 31), retrofit), limit_age("auto", 10),
        limit_to_electric("auto"),
        LimitProgramme("auto", "size", Among("operator_size", frozenset(("1-5",)))),
        limit_to_filters("other"),
    )  # fmt: skip
    hours = everything.lever("hours").changes
    assert [type(one) for one in hours] == [ReplaceRule, RemoveRule, RetimeRule, AnswerSwitch]
    assert hours[2].when == (
        When(OnDays(weekdays=frozenset(range(5))), ((22 * 3600, 5 * 3600),)),
    )  # fmt: skip
    assert hours[3] == AnswerSwitch("freight", False)
    zone = everything.lever("zone").changes
    assert [type(one) for one in zone] == [AddRule, AddGeography, AddArea, BufferArea, AddMembers]
    assert zone[2].polygon.bounds == (-99.3, 19.3, -99.2, 19.4)
    (event,) = everything.lever("smog").changes
    assert isinstance(event, DeclareEvent)
    assert event.event.dates == (dt.date(2026, 2, 17), dt.date(2026, 2, 18))
    assert (event.event.parity, event.event.digits) == ("even", frozenset((5, 6)))


def test_a_file_is_compared(baseline, write, hours) -> None:
    """From the file to the table: v1 keeps its membership by a filter, v2 loses it by age."""
    text = """
levers:
  - id: filters
    name: Filters
    fit: {state: dpf_retrofit, vehicle: {standard: euro_2}}
  - id: only
    name: Filters only
    limit: {programme: auto, technology: filter}
packages:
  - {id: p, name: P, levers: [only, filters]}
  - {id: q, name: Q, levers: only}
"""
    found = compare(baseline, read_packages(write(text), baseline.rule_set), hours)
    assert found.indicators["forbidden_h"].tolist() == [8.0, 12.0, 16.0]


def test_eligibility_of_a_coded_programme(baseline, write) -> None:
    """A lever may name one: members must then meet it, or those who meet it join."""
    text = """
levers:
  - id: a
    name: A
    limit: {programme: auto, eligible_for: new}
    enrol: {programme: auto, eligible_for: new, until: 2026-12-31}
packages: {id: p, name: P, levers: a}
"""
    diesel = Among("fuel", frozenset(("diesel",)))
    new = Programme("new", "New", requirements=(Requirement("d", "D", diesel),))
    path = write(text)
    (package,) = read_packages(path, baseline.rule_set, programmes=ProgrammeSet("s", (new,)))
    until = dt.date(2026, 12, 31)
    assert package.lever("a").changes == (
        EnrolVehicles("auto", until, All((diesel,))),
        LimitProgramme("auto", "eligibility", All((diesel,))),
    )
    with pytest.raises(InputError, match=r"row 5, field a\.limit\[1\]\.eligible_for: 'new'"):
        read_packages(path, baseline.rule_set)


def test_faults_have_their_lines(baseline, write) -> None:
    """All of them at once."""
    text = """levers:
  - id: a
    name: A
    fit: {state: dpf_retrofit}
  - id: a
    name: A again
    remove_rules: [x]
  - name: nameless
    remove_rules: [x]
  - id: b
    name: B
  - id: c
    name: C
    retime: {rule: morning}
    widen: {geography: city, buffer_m: 5, members: [a]}
    limit:
      - {programme: auto}
      - {programme: auto, technology: steam}
    enrol: {programme: auto, vehicle: {fuel: electric}}
    replace_vehicles:
      - vehicle: {fule: diesel}
        with: {fuel: coal, model_year: 2026.5, vehicle_id: v9, wheels: 4}
    events: {kind: c, phase: I, dates: [2026-02-30], parity: prime}
    paint: blue
packages:
  - {id: p, name: P, levers: [a, b, z]}
  - {id: p, levers: [c, c]}
"""
    with pytest.raises(InputError) as caught:
        read_packages(write(text), baseline.rule_set)
    found = {(problem.row, problem.field) for problem in caught.value.problems}
    assert found == {
        (4, "a.fit[1].vehicle"), (5, "a.id"), (8, "levers[3].id"), (10, "b"),
        (14, "c.retime[1].when"), (15, "c.widen[1]"), (17, "c.limit[1]"),
        (18, "c.limit[2].technology"), (19, "c.enrol[1].until"),
        (21, "c.replace_vehicles[1].vehicle.fule"),
        (22, "c.replace_vehicles[1].with.fuel"), (22, "c.replace_vehicles[1].with.model_year"),
        (22, "c.replace_vehicles[1].with.vehicle_id"), (22, "c.replace_vehicles[1].with.wheels"),
        (23, "c.events[1].dates"), (23, "c.events[1].parity"), (24, "c.paint"),
        (26, "p.levers"), (27, "p.id"), (27, "p.name"), (27, "p.levers"),
    }  # fmt: skip


def test_a_file_has_a_package(baseline, write) -> None:
    """And is YAML."""
    with pytest.raises(InputError, match="at least one package"):
        read_packages(write("levers: []\n"), baseline.rule_set)
    with pytest.raises(InputError, match="YAML"):
        read_packages(write("levers: ["), baseline.rule_set)


def test_faults_against_the_baseline_have_lines_too(baseline, write) -> None:
    """A rule that is not there is known only when the package meets a baseline."""
    text = """levers:
  - {id: a, name: A, remove_rules: gone}
packages: {id: p, name: P, levers: a}
"""
    path = write(text)
    (package,) = read_packages(path, baseline.rule_set)
    with pytest.raises(InputError) as caught:
        package.apply(baseline)
    (problem,) = caught.value.problems
    assert (problem.file, problem.row, problem.field) == (str(path), 2, "a.remove_rules")


@pytest.mark.parametrize(
    "digits", ["{}", "{weekday: {Mo: [5, 6]}}", "{digits: [1], weekday: {Mo: [5]}}", "[11]", "some"]
)
def test_an_event_says_its_digits_outright(baseline, write, digits: str) -> None:
    """What a rule could make of the day is no announcement; it is not passed over."""
    text = f"""levers:
  - {{id: a, name: A, events: {{kind: c, phase: I, dates: 2026-02-17, digits: {digits}}}}}
packages: {{id: p, name: P, levers: a}}
"""
    with pytest.raises(InputError) as caught:
        read_packages(write(text), baseline.rule_set)
    first = caught.value.problems[0]
    assert (first.row, first.field) == (2, "a.events[1].digits")
    assert "digits" in first.expected


def test_a_new_vehicle_has_dates_that_are_days(baseline, write) -> None:
    """The last day of membership is told with its line, not when the day is driven."""
    text = """levers:
  - id: a
    name: A
    replace_vehicles:
      - vehicle: {fuel: diesel}
        with: {fuel: diesel, standard: euro_6, model_year: 2026, membership_until: 2026-13-01}
packages: {id: p, name: P, levers: a}
"""
    with pytest.raises(InputError) as caught:
        read_packages(write(text), baseline.rule_set)
    first = caught.value.problems[0]
    assert (first.row, first.value) == (6, "2026-13-01")
    assert first.field == "a.replace_vehicles[1].with.membership_until"
