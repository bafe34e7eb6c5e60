"""Harm that a plan spares, street by street: against grams and unit exposure taken one by one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from geofleet.desk.budget import BudgetDesk
from geofleet.desk.driven import DrivenHarm
from geofleet.desk.spared import Done, SparedHarm
from geofleet.economics.outcomes.offers import make_offers
from geofleet.emissions import traversal_emissions
from geofleet.planned import PlannedStudy
from geofleet.study import Results

HARM = ["pm25_exhaust_g", "pm25_wear_g"]


@pytest.fixture(scope="module")
def exchanged(half_planned: PlannedStudy, spared: SparedHarm) -> BudgetDesk:
    # any plan will do that is better than ranking
    quick = half_planned.defaults.with_overrides({"plan:again.gap": 0.03})
    return BudgetDesk(replace(half_planned, defaults=quick), spared, exchange=True)


def driven_by(results: Results, becomes: dict[str, tuple[str, str]]) -> np.ndarray:
    """Return harm of a year by link of the network and hour, by whole fleets of changed vehicles.

    Parameters
    ----------
    becomes
        Of each vehicle whose routes are counted: which vehicle drives them, and as what.
    """
    fleet, routes = results.inputs.fleet, results.outcomes.routes
    assert routes is not None
    table = make_offers(
        results.outcomes.vehicles, routes.technologies, routes.models, country=routes.country,
        year=routes.year, defaults=results.defaults.fresh(),
    )  # fmt: skip
    names = fleet.vehicles.index
    kind = {
        (names[row.vehicle], row.option): table.kinds[row.kind]
        for row in table.table.itertuples()
    }  # fmt: skip
    vehicles = fleet.vehicles.copy()
    for duty, (vehicle, option) in becomes.items():
        for column in ("vehicle_class", "fuel", "standard", "model_year", "technology"):
            if column in vehicles.columns:
                value = getattr(kind[vehicle, option], column)
                vehicles.loc[duty, column] = np.nan if value in ("", 0) else value
        if "aftertreatment" in vehicles.columns:
            states = ";".join(kind[vehicle, option].aftertreatment)
            vehicles.loc[duty, "aftertreatment"] = states or np.nan
        vehicles.loc[duty, "payload_capacity_kg"] = fleet.vehicles.loc[
            vehicle, "payload_capacity_kg"
        ]
    grams = traversal_emissions(
        results.itineraries.traversals, results.inputs.network, replace(fleet, vehicles=vehicles),
        country=routes.country, temperature_c=list(routes.temperature_c or ()),
        defaults=results.defaults.fresh(),
    ).grams[HARM].sum(axis=1).to_numpy()  # fmt: skip
    days = results.itineraries.traversals.vehicle_days["vehicle_id"].to_numpy(object)
    frame = results.itineraries.traversals.frame
    whose = days[frame["vehicle_day"].to_numpy()]
    hour = results.itineraries.traversals.hour
    unit = dict(zip(results.unit_exposure.edges.tolist(), results.unit_exposure.values,
                    strict=True))  # fmt: skip
    days_of = results.outcomes.vehicles["days_per_year"]
    count = pd.Series(days).value_counts()
    found = np.zeros((len(results.inputs.network.edges), 24))
    for row, edge in enumerate(frame["edge"].tolist()):
        duty = whose[row]
        if duty in becomes:
            year = days_of[duty] / count[duty]
            found[edge, hour[row]] += grams[row] * unit[edge][hour[row]] / 3600.0 * year
    return found


def test_a_plan_spares_each_link_what_its_vehicles_do_not_give_off(
    half_planned: PlannedStudy, half_results: Results, spared: SparedHarm, driven: DrivenHarm
) -> None:
    """Emissions of a fleet in which the plan's vehicles are what they become, link by link."""
    money = BudgetDesk(half_planned, spared)
    bought = money.quick(money.own)
    assert bought is not None
    names = money.problem.units["vehicle_id"].to_numpy(object)
    expected = np.zeros((len(half_results.inputs.network.edges), 24))
    for year in sorted(set(bought.year.tolist()) - {-1}):
        now = {names[unit]: (names[unit], str(bought.option[unit]))
               for unit in np.flatnonzero(bought.year == year).tolist()}  # fmt: skip
        kept = {name: (name, "keep") for name in now}
        spares = driven_by(half_results, kept) - driven_by(half_results, now)
        expected += spares * (money.years - year)
    assert bought.avoided == pytest.approx(expected[driven.edges], rel=1e-9, abs=1e-9)
    assert bought.avoided.sum() == pytest.approx(bought.totals["harm"], rel=1e-9)


def test_work_that_is_exchanged_spares_where_it_is_driven(
    exchanged: BudgetDesk, half_results: Results, driven: DrivenHarm
) -> None:
    """The routes of one vehicle driven by another, in each year by whom the plan says."""
    plan = exchanged.searched(exchanged.own)
    bought = exchanged._bought(plan, exchanged.own, exact=True)
    work, problem = plan.problem.work, plan.problem
    assert work is not None
    assert plan.assigned is not None
    assert bought.exchanged > 0
    names = problem.units["vehicle_id"].to_numpy(object)
    expected = np.zeros((len(half_results.inputs.network.edges), 24))
    met: dict[tuple[tuple[str, tuple[str, str]], ...], int] = {}
    for year in range(problem.years):
        now = {
            names[work.duty[row]]: (names[work.unit[row]], str(work.option[row]))
            for row in plan.assigned[:, year].tolist()
        }
        met[tuple(now.items())] = met.get(tuple(now.items()), 0) + 1
    for items, times in met.items():
        now = dict(items)
        kept = {name: (name, "keep") for name in now}
        spares = driven_by(half_results, kept) - driven_by(half_results, now)
        expected += spares * times
    alone = set(names[problem.unit[plan.chosen]]) - set(names[work.unit])
    assert not alone
    scale = float(np.abs(expected).max())
    assert bought.avoided == pytest.approx(expected[driven.edges], rel=1e-9, abs=1e-9 * scale)
    assert bought.avoided.sum() == pytest.approx(bought.totals["harm"], rel=1e-9)


def test_every_option_of_every_vehicle_is_what_outcomes_say(
    half_results: Results, spared: SparedHarm
) -> None:
    """A year of each, all places together, down to the last digits."""
    harm = half_results.outcomes.physical["harm_person_ug_m3_h"]
    names = list(half_results.inputs.fleet.vehicles.index)
    changed = harm[harm.index.get_level_values(1) != "keep"]
    assert len(changed) > 60
    for (name, option), value in changed.items():
        place = np.array([names.index(name)])
        done = Done(place, place, np.array([option], object), np.ones(1))
        today = harm[name, "keep"]
        expected = pytest.approx(today - value, rel=1e-9, abs=1e-9 * today)
        assert spared.avoided(done).sum() == expected
    kept = harm.xs("keep", level="option").sum()
    whole = spared.today_of(np.arange(len(names)))
    assert whole.sum() == pytest.approx(kept, rel=1e-9)


def test_nothing_done_otherwise_spares_nothing(spared: SparedHarm, driven: DrivenHarm) -> None:
    """Neither no work at all, nor work that is done as today, nor vehicles that do not drive."""
    none = Done(*np.zeros((2, 0), np.int64), np.zeros(0, object), np.zeros(0))
    assert not spared.avoided(none).any()
    same = np.arange(3)
    kept = Done(same, same, np.full(3, "keep", object), np.full(3, 10.0))
    found = spared.avoided(kept)
    assert found.shape == (len(driven.edges), 24)
    assert not found.any()
