"""The matching: against every possible one, against an assignment, and whatever the order."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from geofleet.economics.cascade.matching import match

LIMITS = {"gap": 0.0, "seconds": 60.0}


def all_pairs(rows: int, columns: int) -> tuple[np.ndarray, np.ndarray]:
    donor, receiver = (part.ravel().astype(np.int64) for part in np.indices((rows, columns)))
    return donor, receiver


def best_of_all(donor, receiver, value, money, budget):  # type: ignore[no-untyped-def]
    """Return the largest value of any set of pairs in which each truck stands once."""
    best = 0.0
    for number in range(1, len(value) + 1):
        for chosen in combinations(range(len(value)), number):
            at = list(chosen)
            once = len(set(donor[at])) == len(at) == len(set(receiver[at]))
            if once and money[at].sum() <= budget:
                best = max(best, value[at].sum())
    return best


@given(seed=st.integers(0, 10_000), share=st.floats(0.0, 1.2))
@settings(max_examples=40, deadline=None)
def test_no_other_matching_is_better(seed: int, share: float) -> None:
    """Every set of pairs of up to 3 × 3 trucks is tried."""
    draw = np.random.default_rng(seed)
    donor, receiver = all_pairs(*draw.integers(1, 4, 2))
    value = draw.integers(1, 40, len(donor)).astype(float)
    money = draw.integers(1, 50, len(donor)) * 1000.0
    budget = float(np.floor(share * money.sum() / 2.0))
    chains, bound = match(
        donor, receiver, value, money, supply=np.ones(donor.max() + 1),
        demand=np.ones(receiver.max() + 1), budget=budget, **LIMITS,
    )  # fmt: skip
    assert chains @ money <= budget
    assert np.bincount(donor, chains).max() <= 1.0
    assert np.bincount(receiver, chains).max() <= 1.0
    best = best_of_all(donor, receiver, value, money, budget)
    assert chains @ value == pytest.approx(best)
    assert bound >= best - 1e-6


@given(seed=st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_without_a_bound_it_is_an_assignment(seed: int) -> None:
    """The Hungarian method finds the same value; order does not matter; more money never less."""
    draw = np.random.default_rng(seed)
    rows, columns = draw.integers(3, 15, 2)
    value = draw.random((rows, columns)) * 1e7
    money = draw.random(rows * columns) * 1e6
    donor, receiver = all_pairs(rows, columns)
    supply, demand = np.ones(rows), np.ones(columns)

    def solve(order: np.ndarray, budget: float) -> float:
        chains, _ = match(
            donor[order], receiver[order], value.ravel()[order], money[order], supply=supply,
            demand=demand, budget=budget, **LIMITS,
        )  # fmt: skip
        return float(chains @ value.ravel()[order])

    plain = np.arange(len(donor))
    best = value[linear_sum_assignment(value, maximize=True)].sum()
    assert solve(plain, np.inf) == pytest.approx(best)
    budgets = [0.0, 5e5, 1e6, 3e6, 1e8]
    found = [solve(plain, budget) for budget in budgets]
    assert all(a <= b * (1.0 + 1e-9) for a, b in pairwise(found))
    assert solve(draw.permutation(plain), 1e6) == pytest.approx(found[2])


def test_groups_give_whole_trucks_or_shares() -> None:
    """Groups of whole numbers stay whole; fractions of trucks are used up."""
    donor, receiver = all_pairs(1, 2)
    value, money = np.array([3.0, 2.0]), np.array([10.0, 10.0])
    common = {"demand": np.array([2.0, 5.0]), "budget": 45.0, **LIMITS}
    whole, _ = match(donor, receiver, value, money, supply=np.array([6.0]), **common)
    assert whole.tolist() == [2.0, 2.0]
    shared, _ = match(donor, receiver, value, money, supply=np.array([6.5]), **common)
    assert shared == pytest.approx([2.0, 2.5])


def test_a_budget_of_exactly_one_chain_buys_it() -> None:
    """And a centavo less does not."""
    one = np.zeros(1, np.int64)
    common = {"supply": np.ones(1), "demand": np.ones(1), **LIMITS}
    price = np.array([402775.43])
    for budget, wanted in ((402775.43, 1.0), (402775.42, 0.0)):
        chains, _ = match(one, one, np.ones(1), price, budget=budget, **common)
        assert chains[0] == wanted
    assert match(one[:0], one[:0], price[:0], price[:0], budget=1.0, **common)[1] == 0.0
