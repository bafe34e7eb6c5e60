"""A problem built from options holds what is known, feasible and affordable, at its worth."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from geofleet.defaults import Defaults
from geofleet.economics.ledger import new_cases
from geofleet.economics.options import Options
from geofleet.errors import InputError
from geofleet.plan.build import build_problem, group_floor
from geofleet.plan.evaluation import violations, without_work
from geofleet.plan.exact import solve_exact

_FLAT = Defaults(
    {
        "economics:inflation": 0.0,
        "economics:battery_price_decline": 0.0,
        "society:discount_rate": 0.0,
        "depot:cost.ac.low": 40_000,
        "depot:cost.ac.high": 40_000,
    }
)
OPTIONS = ("keep", "dpf_retrofit", "electric:van")


def fleet(vehicles: int = 3, **overrides: object) -> Options:
    """Return vans of one operator, each kept, with a filter or electric; round numbers."""
    names = [f"v{n}" for n in range(vehicles)]
    index = pd.MultiIndex.from_product([names, OPTIONS], names=["vehicle_id", "option"])
    option = index.get_level_values("option")

    def by(keep: float, dpf: float, electric: float) -> np.ndarray:
        return option.map({"keep": keep, "dpf_retrofit": dpf, "electric:van": electric}).to_numpy(
            float
        )

    cases = new_cases(
        index, years=10, discount_rate=0.1, price=by(0, 200e3, 1000e3), grant=by(0, 50e3, 100e3),
        charger=by(0, 0, 80e3), trade_in=by(0, 0, 90e3), energy_per_year=by(100e3, 101e3, 30e3),
        filter_per_year=by(0, 10e3, 0), maintenance_per_year=by(20e3, 20e3, 12e3),
        value=by(100e3, 100e3, 1000e3), value_decline=by(0.1, 0.1, 0.2), km_per_year=20e3,
    )  # fmt: skip
    physical = pd.DataFrame(
        {
            "technology": [name.split(":")[0] for name in option],
            "model_id": by(0, 0, 1),
            "annual_km": 20e3,
            "pm25_exhaust_g": by(10e3, 1e3, 0),
            "pm25_wear_g": by(2e3, 2e3, 1.5e3),
            "bc_exhaust_g": by(6e3, 0.3e3, 0),
            "nox_exhaust_g": by(90e3, 90e3, 0),
            "co2e_wtw_g": by(9e6, 9.1e6, 3e6),
            "harm_person_ug_m3_h": by(1000, 250, 125),
            "fuel_l": by(3800, 3838, 0),
            "energy_wh": by(0, 0, 6e6),
            "adblue_l": 0.0,
            "probability": by(1, 1, 0.995),
            "payload_short_kg": 0.0,
            "charger_kind": np.where(option == "electric:van", "ac_22", ""),
            "charger_power_w": by(0, 0, 22e3),
            "plug_share": by(0, 0, 0.4),
        },
        index=index,
    )
    for name, value in overrides.items():
        physical[name] = value
    kept = pd.Index(names, name="vehicle_id")
    table = pd.DataFrame(
        {"operator_id": "o", "operator_size": "1-5", "depot_id": "yard"}, index=kept
    )
    return Options(cases, physical, table, "MXN", 2025)


def _row(problem, option: str, year: int, vehicle: int = 0) -> int:
    hit = (problem.option == option) & (problem.year == year) & (problem.unit == vehicle)
    return int(np.flatnonzero(hit)[0])


def test_worth_of_a_choice_by_hand() -> None:
    """Without inflation and interest, sums can be done on paper."""
    problem = build_problem(fleet(1), years=10, budget=1e6, defaults=_FLAT)
    # filter today: 200,000 and 11,000 a year; the van's value is that of the van kept
    now = _row(problem, "dpf_retrofit", 0)
    assert problem.measures["cost"][now] == pytest.approx(200e3 + 10 * 11e3)
    assert problem.measures["harm"][now] == pytest.approx(750 * 10)
    assert problem.measures["pm25"][now] == pytest.approx(9 * 10)
    assert problem.measures["co2e"][now] == pytest.approx(-0.1 * 10)
    assert problem.spend[now] == pytest.approx(50e3)
    # four years later: six years are left of each
    later = _row(problem, "dpf_retrofit", 4)
    assert problem.measures["cost"][later] == pytest.approx(200e3 + 6 * 11e3)
    assert problem.measures["harm"][later] == pytest.approx(750 * 6)
    # electric after four years: price, less what is got for the old van, less six years of savings,
    # less what the new one is worth at the end; the old one's worth at the end is not got
    electric = _row(problem, "electric:van", 4)
    by_hand = 1000e3 - 90e3 * 0.9**4 - 6 * (70e3 + 8e3) - 1000e3 * 0.8**6 + 100e3 * 0.9**10
    assert problem.measures["cost"][electric] == pytest.approx(by_hand)


def test_money_of_later_years() -> None:
    """Inflation raises grants; the fall of battery prices takes some of it from electric vans."""
    rows = Defaults({"economics:inflation": 0.05, "economics:battery_price_decline": 0.1})
    options = fleet(1)
    options = replace(options, cases=options.cases.assign(inflation=0.05))
    problem = build_problem(options, years=4, budget=1e6, defaults=rows)
    share = rows.number("plan", "battery_share_of_price.electric")
    assert problem.spend[_row(problem, "dpf_retrofit", 3)] == pytest.approx(50e3 * 1.05**3)
    assert problem.spend[_row(problem, "electric:van", 3)] == pytest.approx(
        100e3 * (1.05 * (1.0 - 0.1 * share)) ** 3
    )


def test_what_is_not_sure_is_not_listed_and_why() -> None:
    """Unlikely, unknown, unaffordable options are left out, each with its reason."""
    options = fleet(4)
    physical = options.physical.copy()
    physical.loc[("v0", "electric:van"), "probability"] = 0.98
    physical.loc[("v1", "electric:van"), "probability"] = math.nan
    physical.loc[("v2", "electric:van"), ["charger_kind", "charger_power_w"]] = ["", math.nan]
    physical.loc[("v3", "keep"), "harm_person_ug_m3_h"] = math.nan
    able = pd.DataFrame({"able": "yes", "willing": "yes"}, index=physical.index)
    able.loc[("v0", "dpf_retrofit"), "able"] = "no"
    able.loc[("v1", "dpf_retrofit"), "willing"] = "unknown"
    able = able.drop(("v2", "dpf_retrofit"))
    problem = build_problem(
        replace(options, physical=physical), years=3, budget=1e9, affordable=able, defaults=_FLAT
    )
    assert len(problem.unit) == 0
    assert dict(problem.left_out.set_index(["vehicle_id", "option"])["reason"]) == {
        ("v0", "dpf_retrofit"): "unaffordable",
        ("v0", "electric:van"): "infeasible",
        ("v1", "dpf_retrofit"): "unwilling",
        ("v1", "electric:van"): "feasibility unknown",
        ("v2", "dpf_retrofit"): "unaffordable",
        ("v2", "electric:van"): "no charger",
        ("v3", "dpf_retrofit"): "outcome unknown",
        ("v3", "electric:van"): "outcome unknown",
    }


def test_a_fleet_without_routes_is_planned_by_what_is_known() -> None:
    """Where no harm is known of any, the plan measures what is; asked for harm, nothing is left."""
    options = fleet(2, harm_person_ug_m3_h=math.nan)
    problem = build_problem(options, years=3, budget=1e6, defaults=_FLAT)
    assert list(problem.measures) == ["cost", "co2e", "pm25", "bc", "nox"]
    assert len(problem.unit) == 2 * 2 * 3
    asked = build_problem(options, years=3, budget=1e6, measures=["harm"], defaults=_FLAT)
    assert len(asked.unit) == 0


def test_chargers_are_put_up_and_paid() -> None:
    """Three vans at 0.4 of a charger take two, of which each costs 40,000 of public money."""
    problem = build_problem(
        fleet(3), years=1, budget=3 * 100e3 + 2 * 40e3, defaults=_FLAT,
        depots=pd.DataFrame({"spare_kw": [50.0]}, index=["yard"]),
    )  # fmt: skip
    plan = solve_exact(problem, "harm", gap=0.0)
    assert [problem.option[c] for c in plan.chosen] == ["electric:van"] * 3
    assert plan.chargers.sum() == 2
    assert plan.extensions.sum() == 0
    tight = replace(problem, budget=problem.budget - 1.0)
    assert solve_exact(tight, "harm", gap=0.0).chargers.sum() < 2


def test_a_floor_for_small_operators() -> None:
    """Its members are the vehicles of operators of those sizes."""
    options = fleet(2)
    table = options.vehicles.assign(operator_size=["1-5", ">100"])
    floor = group_floor(table, ("1-5", "6-30"), 0.4)
    assert floor.members.tolist() == [True, False]


def _work(options: Options, *, longer: float) -> pd.DataFrame:
    """Each van can do each round as it is and with a filter; only v0's round is electric."""
    rows = []
    for duty, factor in (("v0", 1.0), ("v1", longer)):
        for vehicle in ("v0", "v1"):
            for option in OPTIONS:
                own = options.physical.loc[(vehicle, option)]
                scaled = own.copy()
                for name in own.index:
                    if name.endswith(("_g", "_wh", "_l", "_h")):
                        scaled[name] = own[name] * (1.0 if duty == vehicle else factor)
                scaled["km"] = own["annual_km"]
                if option == "electric:van":
                    scaled["probability"] = 0.999 if duty == "v0" else 0.0
                rows.append({"duty": duty, "vehicle_id": vehicle, "option": option, **scaled})
    return pd.DataFrame(rows).set_index(["duty", "vehicle_id", "option"])


def test_work_is_exchanged_and_never_for_the_worse() -> None:
    """A van whose own round is too long may become electric if it takes over the short one."""
    options = fleet(2)
    physical = options.physical.copy()
    physical.loc[("v1", "electric:van"), "probability"] = 0.0
    table = options.cases.copy()
    table.loc[("v0", "electric:van"), "grant"] = math.nan  # its own operator may not have it
    options = replace(options, physical=physical, cases=table)
    problem = build_problem(
        options,
        years=2,
        budget=200e3,
        work=_work(options, longer=1.0),
        chargers=False,
        defaults=_FLAT,
    )
    plan = solve_exact(problem, "harm", gap=0.0)
    apart = solve_exact(without_work(problem), "harm", gap=0.0)
    assert violations(plan) == []
    assert plan.value > apart.value
    electric = [int(problem.unit[c]) for c in plan.chosen if problem.option[c] == "electric:van"]
    assert electric == [1]
    work = problem.work
    assert work is not None
    assert plan.assigned is not None
    done = {
        (int(work.duty[row]), int(work.unit[row]), work.option[row]) for row in plan.assigned.flat
    }
    assert all(duty == 0 for duty, _, option in done if option == "electric:van")


def test_cost_of_exchanged_work_by_hand() -> None:
    """Energy follows the work, insurance and the like the vehicle: sums by hand, at no interest."""
    options = fleet(2)
    work = _work(options, longer=2.0)
    work.loc[("v1", "v0", "keep"), "fuel_l"] *= 1.5
    problem = build_problem(options, years=2, budget=0.0, work=work, chargers=False, defaults=_FLAT)
    found = problem.work
    assert found is not None
    row = np.flatnonzero((found.duty == 1) & (found.unit == 0) & (found.option == "keep"))[0]
    # twice the fuel times 1.5 for 100,000 a year of its own: 200,000 more than v1 itself
    assert found.measures["cost"][row] == pytest.approx(3 * 100e3 - 100e3)
    assert found.weights["cost"].tolist() == [1.0, 1.0]


def test_tables_that_do_not_go_together_are_refused_at_once() -> None:
    """A vehicle without keep, one that is not in the table, a measure that is none."""
    options = fleet(2)
    broken = replace(
        options, cases=options.cases.drop(("v0", "keep")), physical=options.physical,
        vehicles=options.vehicles.drop("v1"),
    )  # fmt: skip
    with pytest.raises(InputError) as caught:
        build_problem(broken, years=0, budget=1.0, measures=["noise"], defaults=_FLAT)
    fields = [problem.field for problem in caught.value.problems]
    assert fields == ["years", "physical", "cases", "vehicles", "measures"]
