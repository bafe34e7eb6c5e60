"""Levers: what each does, that their order is nothing, and that contradictions are named."""

from __future__ import annotations

import datetime as dt
import itertools
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely.geometry import box

from geofleet.emissions.traversal import check_vehicles
from geofleet.errors import InputError
from geofleet.policy.packages import Lever, PolicyPackage
from geofleet.policy.packages.canonical import text_of
from geofleet.policy.packages.place_changes import (
    AddArea,
    AddGeography,
    AddMembers,
    AddRoads,
    BufferArea,
)
from geofleet.policy.packages.programme_changes import (
    EnrolVehicles,
    LimitProgramme,
    eligible,
    limit_age,
    limit_to_electric,
    limit_to_eligible,
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
from geofleet.policy.programme.eligibility import eligibility
from geofleet.policy.programme.model import Programme, Requirement, Route
from geofleet.policy.rules import Event, Geography, Rule
from geofleet.policy.rules.conditions import Age, Among, Member, Ranked, Span
from geofleet.policy.rules.days import When
from geofleet.policy.rules.model import Members

DAY = dt.date(2026, 2, 17)
NIGHT = (When(hours=((22 * 3600, 5 * 3600),)),)
BOX = box(-99.1, 19.3, -99.0, 19.4)
OLD = Age(Span(low=15))
DIESEL = Among("fuel", frozenset(("diesel",)))
ELECTRIC = (("fuel", "electric"), ("standard", "none"), ("model_year", 2026))


def _states(scenario) -> dict[str, str]:
    return {
        name: str(value)
        for name, value in scenario.fleet.vehicles["aftertreatment"].items() if value
    }  # fmt: skip


def _programmes(scenario) -> list[str | None]:
    values = scenario.fleet.vehicles["programme_membership"]
    return [value if isinstance(value, str) else None for value in values]


def test_hours_of_the_baseline(baseline, hours, smog) -> None:
    """v4 and v5 are banned for four hours, on smog days for twelve more; members are not."""
    assert hours(baseline) == {"forbidden_h": 8.0, "unknown_h": 0.0}
    smoggy = replace(baseline, events=(smog,))
    assert hours(smoggy) == {"forbidden_h": 32.0, "unknown_h": 0.0}


def test_each_change_of_rules(baseline, hours, package, smog) -> None:
    """Hours worked by hand: what each lever alone makes of the eight."""
    ban = Rule("all_day", "All day", "prohibit", vehicle=OLD)
    for expected, change in (
        (8.0 + 48.0 - 4.0, AddRule(ban)),  # v1 (2002) and v5 (2010), banned for 4 h already
        (14.0, RetimeRule("morning", NIGHT)),
        (0.0, RemoveRule("morning")),
        (16.0, RemoveRule("members")),
        (48.0, ReplaceRule(Rule("morning", "Other", "prohibit"))),
        (32.0, DeclareEvent(smog)),
    ):
        made = package(one=change).apply(baseline)
        assert hours(made)["forbidden_h"] == expected
        assert made.levers == ("one",)


def test_a_switch_takes_effect(baseline, hours, package, smog) -> None:
    """Freight is not meant: no smog ban."""
    made = package(a=AnswerSwitch("freight", False), b=DeclareEvent(smog)).apply(baseline)
    assert hours(made)["forbidden_h"] == 8.0


def test_an_exemption_from_what_another_lever_removes_goes_with_it(baseline, package) -> None:
    """Nothing is left to lift; the package is as valid as its parts."""
    exempt = Rule("night", "Night", "exempt", lifts=("morning",), vehicle=OLD)
    made = package(a=RemoveRule("morning"), b=AddRule(exempt)).apply(baseline)
    assert [rule.rule_id for rule in made.rule_set.rules] == ["smog", "members", "clean"]
    assert made.rule_set.rule("members").lifts == ("smog",)


def test_versions_are_retimed_together_and_removed_apart(baseline, package) -> None:
    """``id`` is every version, ``id@version`` one of them."""
    rules = baseline.rule_set
    old = replace(rules.rule("morning"), valid_to=dt.date(2025, 12, 31))
    new = replace(rules.rule("morning"), version="2", valid_from=dt.date(2026, 1, 1))
    two = replace(baseline, rule_set=rules.with_rules(old, new))
    made = package(a=RetimeRule("morning", NIGHT)).apply(two)
    assert [r.when for r in made.rule_set.rules if r.rule_id == "morning"] == [NIGHT, NIGHT]
    made = package(a=RemoveRule("morning@2")).apply(two)
    assert [r.key for r in made.rule_set.rules if r.rule_id == "morning"] == ["morning@1"]
    assert made.rule_set.rule("members").lifts == ("morning", "smog")


def test_a_declared_event_stands_in_place_of_one_of_its_kind(baseline, package, smog) -> None:
    """On its own days only."""
    two = replace(smog, dates=(DAY, DAY + dt.timedelta(days=1)))
    before = replace(baseline, events=(two,))
    second = replace(smog, phase="II")
    made = package(a=DeclareEvent(second)).apply(before)
    assert made.events == (replace(smog, dates=two.dates[1:]), second)


def test_names_of_areas_are_told_apart_whatever_their_capitals(baseline, package, smog) -> None:
    """Two phases on one day in one place would be two events that contradict each other."""
    second = replace(smog, phase="II", area=" zmvm")
    made = package(a=DeclareEvent(second)).apply(replace(baseline, events=(smog,)))
    assert made.events == (second,)
    with pytest.raises(InputError, match="a and b"):
        package(a=DeclareEvent(second), b=DeclareEvent(smog)).check(baseline)


def test_an_event_that_does_nothing_is_told(baseline, package, smog) -> None:
    """A kind that no rule is about, or days of which nobody asks."""
    for event, notes in (
        (smog, ()),
        (replace(smog, kind="contingency"), ("contingency I: no rule is about it",)),
        (replace(smog, dates=(DAY + dt.timedelta(days=1),)),
         ("contingencia I: declared on none of the days",)),
    ):  # fmt: skip
        assert package(a=DeclareEvent(event)).apply(baseline).notes == notes


def test_places_grow(baseline, package) -> None:
    """Areas put to a place, a moved edge, further members and roads."""
    made = package(a=AddArea("city", BOX), b=AddArea("city", box(-99.2, 19.4, -99.1, 19.5)))
    area = made.apply(baseline).rule_set.geographies["city"].polygon
    assert area.area == pytest.approx(0.03)
    wide = package(a=BufferArea("city", 1000.0)).apply(baseline)
    west, _, east, _ = wide.rule_set.geographies["city"].polygon.bounds
    # 1 km is 1 / (111.32 cos 19.35°) degrees of longitude
    assert (-99.2 - west, east + 99.1) == pytest.approx((0.00952, 0.00952), rel=0.005)
    places = {
        "parts": Geography("parts", "Parts", members=Members("towns", "id", frozenset("a"))),
        "streets": Geography(
            "streets", "Streets", roads=Among("name", frozenset(("Main",))), has_area=False
        ),
    }
    rules = baseline.rule_set.with_geographies(*places.values())
    made = package(
        a=AddMembers("parts", frozenset("bc")), b=AddRoads("streets", Among("name", frozenset("x")))
    ).apply(replace(baseline, rule_set=rules))
    assert made.rule_set.geographies["parts"].members.values == frozenset("abc")
    assert made.rule_set.geographies["streets"].roads.parts[0] == places["streets"].roads


def test_a_filter_is_fitted_where_an_engine_can_have_one(baseline, package) -> None:
    """Not to an electric truck, nor beside a filter from the factory; the rest is told."""
    made = package(a=FitState("dpf_retrofit")).apply(baseline)
    assert _states(made) == {"v1": "dpf_retrofit", "v2": "dpf_retrofit"}
    assert made.cases.loc["v1", "particle_filter"] == "retrofit"
    assert baseline.fleet.vehicles["aftertreatment"].isna().all()
    assert made.notes == (
        "dpf_retrofit: fitted to 2 vehicles; 2 chosen that cannot have it; 1 not known to be meant",
    )
    check_vehicles(made.fleet, country="MX")


def test_a_country_says_which_standards_a_model_year_may_have(baseline, package) -> None:
    """v5 of 2010 then has an engine that can be fitted; emissions take it."""
    made = package(a=FitState("dpf_retrofit")).apply(replace(baseline, country="MX"))
    assert _states(made)["v5"] == "dpf_retrofit"
    check_vehicles(made.fleet, country="MX")


def test_a_cracked_filter_gives_way_and_other_states_stay(baseline, fleet, package) -> None:
    """One state of each slot."""
    cracked = fleet({"v1": {"aftertreatment": "high_emitter;dpf_retrofit_failed"}})
    made = package(a=FitState("dpf_retrofit")).apply(replace(baseline, fleet=cracked))
    assert _states(made)["v1"] == "high_emitter;dpf_retrofit"


def test_whom_it_is_not_known_of_is_not_chosen_but_counted(baseline, package) -> None:
    """The standard of v5 is unknown: nobody can say that it is below Euro 4."""
    below = Ranked("euro", Span(high=4, high_open=True))
    made = package(a=ReplaceVehicles(ELECTRIC, below)).apply(baseline)
    fuels = made.fleet.vehicles["fuel"]
    assert list(fuels[fuels == "electric"].index) == ["v1", "v3"]
    assert made.notes == ("electric 2026: in place of 1 vehicles; 1 not known to be meant",)


def test_a_new_vehicle_is_in_no_programme_and_has_no_old_states(baseline, fleet, package) -> None:
    """What is not said of it is unknown; what its class and work say stays."""
    had = fleet({"v1": {"aftertreatment": "high_emitter", "hologram": "2", "cargo_type": "food"}})
    made = package(a=ReplaceVehicles(ELECTRIC, OLD)).apply(replace(baseline, fleet=had))
    row = made.cases.loc["v1"]
    assert (row["fuel"], row["standard"], row["model_year"]) == ("electric", "none", 2026)
    assert row["programme_membership"] == "none"
    assert row["aftertreatment"] is None
    assert row["hologram"] is None
    assert (row["cargo_type"], row["gvw_kg"]) == ("food", 11000.0)
    assert made.fleet.vehicles["model_year"].dtype.kind == "i"


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ("aftertreatment", "nope", "states of the technologies table"),
        ("aftertreatment", "dpf_retrofit", "whose engine as made has no particle filter"),
        ("technology", "steam", "a vehicle technology"),
    ],
)
def test_a_new_vehicle_has_an_engine(baseline, package, column, value, expected) -> None:
    """What emission functions know no engine for is told before anything is evaluated."""
    columns = (("fuel", "diesel"), ("standard", "euro_6"), ("model_year", 2026), (column, value))
    with pytest.raises(InputError, match=expected) as caught:
        package(a=ReplaceVehicles(columns, DIESEL)).check(baseline)
    assert [(one.field, one.value) for one in caught.value.problems] == [
        (f"a.replace_vehicles.{column}", value)
    ]


def test_a_programme_is_limited(baseline, package, hours) -> None:
    """An age cap takes v1 out, filters only takes both out, a retrofit keeps them in."""
    made = package(a=limit_age("auto", 15)).apply(baseline)
    assert _programmes(made) == ["none", "auto", "none", "none", "none"]
    assert hours(made)["forbidden_h"] == 12.0
    assert made.notes == ("auto, age: 1 members lost",)
    made = package(a=limit_to_filters("auto")).apply(baseline)
    assert _programmes(made) == ["none"] * 5
    made = package(a=limit_to_filters("auto"), b=FitState("dpf_retrofit")).apply(baseline)
    assert _programmes(made)[:2] == ["auto", "auto"]
    made = package(a=limit_to_electric("auto")).apply(baseline)
    assert hours(made)["forbidden_h"] == 16.0


def test_a_limit_that_nobody_can_judge_leaves_membership_unknown(
    baseline, fleet, package, hours
) -> None:
    """Unknown is neither in nor out, and never allowed."""
    member = {"programme_membership": "auto", "membership_until": "2026-12-31"}
    joined = replace(baseline, fleet=fleet({"v5": member}))
    made = package(a=limit_to_filters("auto")).apply(joined)
    assert _programmes(made)[4] is None
    assert hours(made) == {"forbidden_h": 12.0, "unknown_h": 4.0}
    assert made.notes == ("auto, technology: 2 members lost; 1 of whom it is not known",)


@pytest.mark.parametrize("assumed", ["auto", "none", "other"])
def test_an_assumption_lets_nobody_in_again(baseline, fleet, package, hours, assumed) -> None:
    """v1 of unknown age is no member, whatever unknown membership is assumed to be."""
    trucks = fleet({"v1": {"model_year": None}})
    told = replace(baseline, fleet=trucks, assume={"programme_membership": assumed})
    made = package(a=limit_age("auto", 10)).apply(told)
    assert made.cases.loc["v1", "programme_membership"] == "none"
    assert made.notes == ("auto, age: 1 members lost; 1 of whom it is not known",)
    assert hours(made) == {"forbidden_h": 16.0, "unknown_h": 0.0}


def test_vehicles_join(baseline, fleet, package) -> None:
    """Beside another programme until the earlier day; alone where the old one is over."""
    rows = {
        "v1": {"programme_membership": "other", "membership_until": "2026-06-30"},
        "v2": {"programme_membership": "other", "membership_until": "2025-06-30"},
        "v4": {"programme_membership": None},
        "v5": {"programme_membership": "auto", "membership_until": "2026-03-01"},
    }
    until = dt.date(2026, 12, 31)
    made = package(a=EnrolVehicles("auto", until, DIESEL)).apply(
        replace(baseline, fleet=fleet(rows))
    )
    assert _programmes(made) == ["auto;other", "auto", "none", "auto", "auto"]
    last = made.fleet.vehicles["membership_until"]
    assert [str(last[v]) for v in ("v1", "v2", "v4", "v5")] == [
        "2026-06-30", "2026-12-31", "2026-12-31", "2026-12-31",
    ]  # fmt: skip
    assert made.notes == ("auto: 4 vehicles joined, 1 of them of unknown membership before",)


_NEW_RULE = Rule("extra", "Extra", "prohibit", where="ring", vehicle=OLD)
_CHANGES = {
    "age": (limit_age("auto", 15),),
    "area": (AddArea("city", BOX),),
    "electric": (ReplaceVehicles(ELECTRIC, Among("standard", frozenset(("euro_6",)))),),
    "event": (DeclareEvent(Event("contingencia", "I", (DAY,))),),
    "exempt": (AddRule(Rule("e", "E", "exempt", lifts=("morning",), vehicle=OLD)),),
    "filter": (FitState("dpf_retrofit", DIESEL),),
    "filters_only": (limit_to_filters("auto"),),
    "join": (EnrolVehicles("auto", dt.date(2026, 12, 31), DIESEL),),
    "more_area": (AddArea("city", box(-99.3, 19.3, -99.2, 19.4)),),
    "no_smog": (RemoveRule("smog"),),
    "retime": (RetimeRule("morning", NIGHT),),
    "ring": (AddGeography(Geography("ring", "Ring", BOX)), AddRule(_NEW_RULE)),
    "switch": (AnswerSwitch("freight", False),),
}


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_the_order_of_listing_changes_nothing(baseline, data) -> None:
    """Any levers in any order, and their changes in any order: the same scenario to the letter."""
    levers = [Lever(name, name, changes) for name, changes in _CHANGES.items()]
    some = data.draw(st.lists(st.sampled_from(levers), unique_by=lambda one: one.lever_id))
    shuffled = data.draw(st.permutations(some))
    turned = tuple(replace(one, changes=one.changes[::-1]) for one in shuffled)
    first = PolicyPackage("p", tuple(some)).apply(baseline)
    second = PolicyPackage("p", turned).apply(baseline)
    assert text_of(first.rule_set) == text_of(second.rule_set)
    assert first.rule_set.rules == second.rule_set.rules
    assert first.fleet.vehicles.equals(second.fleet.vehicles)
    assert (first.events, first.levers) == (second.events, second.levers)
    assert first.notes == second.notes


@pytest.mark.parametrize(
    ("one", "other", "what"),
    [
        (AnswerSwitch("freight", True), AnswerSwitch("freight", False), "switch freight"),
        (RetimeRule("morning", NIGHT), RetimeRule("morning", ()), "rule morning 1 when"),
        (RetimeRule("morning", NIGHT), RemoveRule("morning"), "rule morning 1 when"),
        (RetimeRule("morning@1", NIGHT), RetimeRule("morning", ()), "rule morning 1 when"),
        (ReplaceRule(Rule("smog", "S", "prohibit")), RemoveRule("smog"), "rule smog"),
        (AddRule(_NEW_RULE), AddRule(replace(_NEW_RULE, name="Other")), "rule extra 1"),
        (AddArea("city", BOX), BufferArea("city", 10.0), "geography city area"),
        (BufferArea("city", 20.0), BufferArea("city", 10.0), "geography city"),
        (limit_age("auto", 10), limit_age("auto", 15), "programme auto age"),
        (limit_to_filters("auto"), limit_to_electric("auto"), "programme auto technology"),
        (
            FitState("dpf_retrofit", OLD), ReplaceVehicles(ELECTRIC, DIESEL),
            "vehicle v1 aftertreatment",
        ),
        (
            ReplaceVehicles(ELECTRIC, DIESEL), ReplaceVehicles((*ELECTRIC, ("hologram", "0")), OLD),
            "vehicle v1",
        ),
        (
            DeclareEvent(Event("c", "I", (DAY,))), DeclareEvent(Event("c", "II", (DAY,))),
            "event c  2026-02-17",
        ),
        (
            EnrolVehicles("auto", DAY, DIESEL), EnrolVehicles("auto", dt.date(2027, 1, 1), OLD),
            "programme auto until",
        ),
    ],
)  # fmt: skip
def test_contradictions_name_both_levers(baseline, package, one, other, what) -> None:
    """Whichever is listed first, before anything is done."""
    for pair in itertools.permutations((("first", one), ("second", other))):
        with pytest.raises(InputError) as caught:
            package(**dict(pair)).apply(baseline)
        assert {problem.field for problem in caught.value.problems} == {"first and second"}
        assert what in caught.value.problems[0].value


def test_every_contradicting_pair_is_named_whoever_agrees(baseline, package) -> None:
    """Two levers that agree both contradict a third, as to one thing and as to a whole of it."""
    for agreed, other in (
        (AnswerSwitch("freight", True), AnswerSwitch("freight", False)),
        (RemoveRule("morning"), RetimeRule("morning", NIGHT)),
        (RetimeRule("morning", NIGHT), RemoveRule("morning")),
    ):
        with pytest.raises(InputError) as caught:
            package(a=agreed, b=agreed, c=other).check(baseline)
        assert [problem.field for problem in caught.value.problems] == ["a and c", "b and c"]


def test_saying_the_same_twice_is_no_contradiction(baseline, package) -> None:
    """It is done once: the edge moves by one kilometre, not by two."""
    once = package(a=BufferArea("city", 1000.0)).apply(baseline)
    twice = package(a=BufferArea("city", 1000.0), b=BufferArea("city", 1000.0)).apply(baseline)
    assert text_of(once.rule_set) == text_of(twice.rule_set)


def test_levers_that_do_not_stand_alone_are_named_all_at_once(baseline, package) -> None:
    """Ids that are not there, places that cannot grow, vehicles that cannot be."""
    wrong = package(
        a=RetimeRule("mourning", NIGHT), b=AnswerSwitch("fright", True),
        c=AddArea("core", BOX), d=AddArea("cor", BOX), e=limit_age("otto", 10),
        f=ReplaceVehicles((("fuel", "electric"), ("standard", "euro_6")), DIESEL),
        g=FitState("dpf_magic"), h=AddRule(replace(_NEW_RULE, rule_id="smog")),
        i=AddMembers("city", frozenset("a")), j=BufferArea("city", -5.0),
        k=EnrolVehicles("auto", dt.date(2025, 1, 1), DIESEL), l=AddRoads("city", OLD),
        m=AddGeography(Geography("core", "Core")), n=RemoveRule("nothing"),
    )  # fmt: skip
    with pytest.raises(InputError) as caught:
        wrong.apply(baseline)
    fields = [problem.field for problem in caught.value.problems]
    assert fields == [
        "a.retime", "b.switches", "c.widen", "d.widen", "e.programmes",
        "f.replace_vehicles.model_year", "f.replace_vehicles.standard", "g.fit.state",
        "h.add_rules", "i.widen", "j.widen.buffer_m", "k.enrol.until", "l.widen",
        "m.geographies", "n.remove_rules",
    ]  # fmt: skip
    alone = package(a=AddRule(_NEW_RULE), b=AddGeography(Geography("ring", "Ring", BOX)))
    with pytest.raises(InputError, match=r"a: extra\.where"):
        alone.apply(baseline)


def test_a_lever_has_an_id_and_does_something() -> None:
    """And stands once in a package."""
    with pytest.raises(InputError, match="at least one change"):
        Lever("a", "A", ())
    with pytest.raises(InputError, match="an id"):
        Lever("", "A", (RemoveRule("x"),))
    lever = Lever("a", "A", (RemoveRule("x"),))
    with pytest.raises(InputError, match="each lever once"):
        PolicyPackage("p", (lever, lever))
    with pytest.raises(KeyError, match="no lever 'b' in p"):
        PolicyPackage("p", (lever,)).lever("b")


def test_a_variant_of_a_programme(baseline, package) -> None:
    """Who would be eligible under it stays: all requirements and one of the ways in."""
    new = Requirement("new", "New", Age(Span(high=15)))
    filtered = Requirement("f", "F", Among("particle_filter", frozenset(("factory", "retrofit"))))
    by_plan = Programme(
        "auto_2026", "Auto", membership="auto", requirements=(new,),
        routes=(Route("filter", "Filter", (filtered,)), Route("plan", "Plan", needs_plan=True)),
    )  # fmt: skip
    made = package(a=limit_to_eligible(by_plan)).apply(baseline)
    assert _programmes(made) == ["none"] * 5
    made = package(a=limit_to_eligible(by_plan, with_plan=True)).apply(baseline)
    assert _programmes(made) == ["none", "auto", "none", "none", "none"]
    answers = eligibility(by_plan, baseline.cases, DAY)["answer"]
    words = {"not eligible": 0, "unknown": 1, "eligible": 2}
    assert [words[one] for one in answers] == baseline.holding(
        eligible(by_plan, with_plan=True)
    ).tolist()


def test_a_programme_may_be_new(baseline, package, hours) -> None:
    """A lever founds one: an exemption for its members, and who joins. Alone it is a fault."""
    founded = Rule("green", "Green", "exempt", lifts=("morning",),
                   vehicle=Member(frozenset(("green",))))  # fmt: skip
    joins = EnrolVehicles("green", DAY, Among("standard", frozenset(("euro_6",))))
    made = package(a=(joins, AddRule(founded))).apply(baseline)
    assert hours(made)["forbidden_h"] == 4.0
    with pytest.raises(InputError, match=r"b\.programmes"):
        package(a=AddRule(founded), b=joins).apply(baseline)


def test_a_named_limit_of_ones_own(baseline, package) -> None:
    """Size classes: only small operators stay."""
    small = LimitProgramme("auto", "size", Among("operator_size", frozenset(("6-30",))))
    assert _programmes(package(a=small).apply(baseline)) == ["none"] * 5
