"""Ranking: each vehicle's efficient frontier, found again by brute force, and the curve of all."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from geofleet.economics.options import Options
from geofleet.economics.society import abatement_cost, rank
from geofleet.economics.society._kernels import frontiers
from geofleet.errors import InputError

points = st.lists(
    st.tuples(st.integers(-5, 20), st.integers(-40, 60)), min_size=1, max_size=7, unique=True
)


@settings(max_examples=60, deadline=None)
@given(points)
def test_the_frontier_is_what_no_mix_beats(pairs: list[tuple[int, int]]) -> None:
    """At every amount, the frontier costs what the cheapest mix of options and keeping costs."""
    pairs = sorted(pairs)
    amount = np.array([one for one, _ in pairs], float)
    cost = np.array([one for _, one in pairs], float)
    state, before = np.zeros(len(pairs), np.int64), np.zeros(len(pairs), np.int64)
    frontiers(np.array([0, len(pairs)]), cost, amount, state, before)
    steps = np.flatnonzero(state == 4)
    hull = [(amount[row], cost[row]) for row in steps]
    if not len(steps) or hull[0][1] > 0.0:
        hull = [(0.0, 0.0), *hull]
    may = amount >= 0.0
    x, y = np.append(amount[may], 0.0), np.append(cost[may], 0.0)
    for target in np.linspace(hull[0][0], max(x.max(), 0.0), 5):
        best = linprog(y, A_ub=[-x], b_ub=[-target + 1e-12], A_eq=[np.ones(len(x))], b_eq=[1.0])
        at = np.interp(target, *zip(*hull, strict=True))
        assert at == pytest.approx(best.fun, abs=1e-6)
    # each step adds more and costs more per unit than the one before it
    slopes = [(b[1] - a[1]) / (b[0] - a[0]) for a, b in pairwise(hull)]
    assert slopes == sorted(slopes)


def test_the_curve_adds_up(random_options: Callable[..., Options]) -> None:
    """Costs after the savings rise, steps of a vehicle are in order, sums are those of the ends."""
    options = random_options(11, 40)
    found = rank(options, by="bc")
    rising = found.curve.loc[found.curve["added_cost"] > 0.0, "cost_per_unit"].to_numpy()
    assert (np.diff(rising) >= 0.0).all()
    assert found.curve["added_cost"].le(0.0).to_numpy().argmin() == len(found.curve) - len(rising)
    last = found.curve.groupby("vehicle_id").last()
    ends = found.options.loc[list(zip(last.index, last["option"], strict=True))]
    assert found.curve["cumulative_avoided"].iloc[-1] == pytest.approx(ends["avoided"].sum())
    assert found.curve["cumulative_cost"].iloc[-1] == pytest.approx(ends["annual_cost"].sum())
    for _, steps in found.curve.groupby("vehicle_id", sort=False):
        assert steps["instead_of"].tolist() == ["keep", *steps["option"].tolist()[:-1]]
    assert len(found.best) + found.without.sum() == 40


def test_the_best_is_the_cheapest_kilogram(filter_options: Options) -> None:
    """One option each: ranked as their cost per kg, which is that of the other function."""
    found = rank(filter_options, by="pm25")
    assert found.best.index.tolist() == ["t2", "t1", "t0"]
    assert found.best["rank"].tolist() == [1, 2, 3]
    direct = abatement_cost(filter_options)["cost_per_pm25"].droplevel(1)
    assert found.best["cost_per_unit"].to_dict() == pytest.approx(direct.to_dict())


def test_weights_stand_for_equal_vehicles(random_options: Callable[..., Options]) -> None:
    """Three times the vehicles, three times the kilograms; the same steps."""
    options = random_options(5, 10)
    three = rank(options, weights=pd.Series(3.0, index=options.vehicles.index))
    one = rank(options)
    assert three.curve["cumulative_avoided"].to_numpy() == pytest.approx(
        3.0 * one.curve["cumulative_avoided"].to_numpy()
    )
    assert three.best.equals(one.best)


def test_the_unknown_and_the_forbidden_are_never_best(
    random_options: Callable[..., Options],
) -> None:
    """What has no known cost or amount, or may not be chosen, is in no ranking."""
    options = random_options(7, 30)
    allowed = pd.Series(True, index=options.cases.index)
    allowed[allowed.index.get_level_values("option") == "electric:a"] = False
    found = rank(options, allowed=allowed)
    assert "electric:a" not in set(found.curve["option"])
    unknown = options.physical["bc_exhaust_g"].isna()
    chosen = set(zip(found.curve["vehicle_id"], found.curve["option"], strict=True))
    assert unknown.any()
    assert chosen.isdisjoint(unknown[unknown].index)
    with pytest.raises(InputError, match="pm25, bc, nox"):
        rank(options, by="soot")
    with pytest.raises(InputError, match="vehicles, at least 0"):
        rank(options, weights=pd.Series(dtype=float))


def test_order_of_rows_does_not_matter(random_options: Callable[..., Options]) -> None:
    """The same vehicles shuffled have the same best options."""
    options = random_options(9, 20)
    mixed = np.random.default_rng(0).permutation(len(options.cases))
    shuffled = Options(options.cases.iloc[mixed], options.physical.iloc[mixed], options.vehicles,
                       "MXN", 2025)  # fmt: skip
    pd.testing.assert_frame_equal(rank(options).best.sort_index(), rank(shuffled).best.sort_index())
