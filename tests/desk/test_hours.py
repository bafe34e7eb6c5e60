"""Hours of a rule: harm before and after, whom it meets."""

from __future__ import annotations

import numpy as np
import pytest

from geofleet.desk.driven import DrivenHarm
from geofleet.desk.hours import HoursDesk, movable_rules
from geofleet.desk.windows import Window, with_hours
from geofleet.policy.day.judge import traversal_decisions
from geofleet.policy.decisions import FORBIDDEN
from geofleet.study import Results

H = 3600


@pytest.fixture(scope="module")
def hours(half_results: Results, driven: DrivenHarm) -> HoursDesk:
    assert half_results.inputs.rules is not None
    dates = sorted(set(half_results.itineraries.traversals.vehicle_days["date"].astype(str)))
    return HoursDesk(half_results, driven, movable_rules([half_results.inputs.rules], dates))


def test_the_rule_of_the_study_can_be_moved(hours: HoursDesk) -> None:
    """The one that forbids, with its hours; the exemption goes with it."""
    assert [one.rule.rule_id for one in hours.rules] == ["CENTRE-HOURS"]
    assert hours.rules[0].window == Window(20 * H, 10 * H)
    assert not hours.rules[0].several


def test_rules_of_other_days_are_left_out(half_results: Results) -> None:
    """The rule holds on working days, not on a Sunday."""
    assert half_results.inputs.rules is not None
    assert movable_rules([half_results.inputs.rules], ["2024-05-19"]) == ()


def test_not_driven_takes_out_what_the_engine_forbids(
    hours: HoursDesk, half_results: Results
) -> None:
    """Harm after is the harm of all traversals that the full judge lets pass, summed apart."""
    window, rules = Window(22 * H, 7 * H), half_results.inputs.rules
    assert rules is not None
    found = hours.ask(0, window, "not_driven")
    engine = traversal_decisions(
        half_results.itineraries, with_hours(rules.rule_set, hours.rules[0].rule, window),
        places=half_results.places(rules), cases=half_results.cases(rules),
    )  # fmt: skip
    gone = engine.status == FORBIDDEN
    assert gone.sum() > 10
    frame = half_results.itineraries.traversals.frame
    unit = half_results.unit_exposure
    grams = half_results.emissions.grams[["pm25_exhaust_g", "pm25_wear_g"]].sum(axis=1).to_numpy()
    left = 0.0
    for edge, second, gram in zip(
        frame["edge"][~gone], frame["enter_s"][~gone], grams[~gone], strict=True
    ):
        row = int(np.searchsorted(unit.edges, edge))
        left += float(unit.values[row, int(second // H) % 24]) * float(gram) / 3600.0
    assert found.after.sum() == pytest.approx(left, rel=1e-9)
    assert found.km == pytest.approx(frame["length_m"][gone].sum() / 1000.0)
    assert set(np.flatnonzero(found.days)) >= set(frame["vehicle_day"][gone])


def test_after_the_window_grams_meet_the_people_of_that_hour(hours: HoursDesk) -> None:
    """The rule allows from 22 to 7: what it stops comes in the hour from 22 on."""
    found = hours.ask(0, Window(22 * H, 7 * H), "after")
    driven = hours.driven
    rows = np.flatnonzero(found.forbidden)
    assert (found.moved == found.forbidden).all()
    late = (driven.grams[:, rows].sum(axis=0) * driven.unit[driven.link[rows], 22]).sum()
    expected = found.before.sum() - driven.harm[rows].sum() + late
    assert found.after.sum() == pytest.approx(expected, rel=1e-12)
    gained = (found.after - found.before).sum(axis=0)
    assert gained[22] > 0.0
    assert (gained[[7, 8, 9]] <= 0.0).all()


def test_hours_that_allow_everything_change_nothing(hours: HoursDesk) -> None:
    """A day of twenty-four hours."""
    found = hours.ask(0, Window(0, 24 * H), "not_driven")
    assert not found.forbidden.any()
    assert (found.after == found.before).all()
    assert not found.days.any()
    assert found.sizes["hit"].sum() == 0


def test_sizes_add_up(hours: HoursDesk) -> None:
    """By size of operator: the same vehicle-days and deliveries as in all."""
    found = hours.ask(0, Window(22 * H, 7 * H), "not_driven")
    assert found.sizes["days_hit"].sum() == found.days.sum()
    assert found.sizes["vehicle_days"].sum() == hours.driven.days
    assert found.sizes["deliveries_hit"].sum() == found.deliveries.sum()
    assert (found.sizes["hit"] <= found.sizes["operators"]).all()
