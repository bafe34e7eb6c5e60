"""Small random plan problems."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from geofleet.plan.model import ChargerKind, Depots, Floor, PlanProblem


def random_problem(
    seed: int,
    *,
    units: int = 4,
    years: int = 2,
    options: int = 2,
    chargers: bool = False,
    floor: float = 0.0,
    carry_over: bool = True,
    tightness: float = 0.4,
) -> PlanProblem:
    """Return a problem with whole-number money, so that sums are exact."""
    rng = np.random.default_rng(seed)
    unit, option, year = (
        part.ravel()
        for part in np.meshgrid(
            np.arange(units), np.arange(options), np.arange(years), indexing="ij"
        )
    )
    count = len(unit)
    electric = option == options - 1
    spend = rng.integers(1, 20, count).astype(float)
    depots = None
    kind = np.full(count, -1)
    if chargers:
        kind = np.where(electric, 0, -1)
        depots = Depots(
            names=("north",),
            spare_w=np.array([22e3 * rng.integers(0, 2)]),
            step_w=22e3,
            step_cost=np.array([9.0, 7.0, 6.0])[:years],
            step_spend=np.array([3.0, 3.0, 2.0])[:years],
            most_steps=1,
            kinds=(
                ChargerKind(
                    "ac_22", 22e3, np.array([5.0, 4.0, 3.0])[:years],
                    np.array([2.0, 2.0, 1.0])[:years], most=2,
                ),
            ),
        )  # fmt: skip
    sizes = np.array(["1-5", ">100"])[rng.integers(0, 2, units)]
    return PlanProblem(
        units=pd.DataFrame(
            {
                "vehicle_id": [f"v{n}" for n in range(units)],
                "operator_id": [f"o{n % 2}" for n in range(units)],
                "operator_size": sizes,
            }
        ),
        years=years,
        unit=unit,
        year=year,
        option=np.array([f"option_{n}" for n in option], object),
        measures={
            "harm": rng.integers(0, 50, count) * (years - year) / 7.0,
            "cost": rng.integers(-10, 40, count).astype(float),
        },
        spend=spend,
        plugs=np.where(electric, rng.integers(1, 5, count) / 4.0, 0.0),
        kind=kind,
        depot=np.zeros(units, np.int64),
        depots=depots,
        budget=np.floor(np.full(years, tightness * units * 10.0 / years)),
        carry_over=carry_over,
        floors=(Floor("small", sizes == "1-5", floor),) if floor else (),
    )


@pytest.fixture
def make_problem() -> Callable[..., PlanProblem]:
    """Return the maker of random problems."""
    return random_problem


@pytest.fixture
def one_truck() -> PlanProblem:
    """One truck, one choice, money for it."""
    return PlanProblem(
        units=pd.DataFrame({"vehicle_id": ["v"], "operator_id": ["o"], "operator_size": ["1-5"]}),
        years=1,
        unit=np.array([0]),
        year=np.array([0]),
        option=np.array(["euro_6"], object),
        measures={"harm": np.array([3.0]), "cost": np.array([2.0])},
        spend=np.array([1.0]),
        plugs=np.zeros(1),
        kind=np.array([-1]),
        depot=np.array([-1]),
        depots=None,
        budget=np.array([math.inf]),
    )
