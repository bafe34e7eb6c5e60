"""Shapley values: games whose answer is known, and what every Shapley value must fulfil."""

from __future__ import annotations

import itertools
from fractions import Fraction
from math import factorial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from geofleet.policy.packages.games import (
    antithetic_permutations,
    interaction_index,
    masks_of,
    sampled_shapley,
    shapley_values,
)


def _game(players: int, worth) -> np.ndarray:
    """Values of a game given as a function of the set of players."""
    sets = [{p for p in range(players) if mask >> p & 1} for mask in range(1 << players)]
    return np.array([[float(worth(one))] for one in sets])


def _by_orders(values: np.ndarray) -> list[Fraction]:
    """The definition: what each adds when it joins, over every order, in exact fractions."""
    players = len(values).bit_length() - 1
    total = [Fraction(0)] * players
    for order in itertools.permutations(range(players)):
        mask = 0
        for player in order:
            before, mask = mask, mask | 1 << player
            total[player] += Fraction(float(values[mask, 0])) - Fraction(float(values[before, 0]))
    return [one / factorial(players) for one in total]


@pytest.mark.parametrize(
    ("players", "worth", "expected"),
    [
        # one left glove, two right ones: Shapley's own example gives 2/3, 1/6, 1/6
        (3, lambda s: 0 in s and bool(s & {1, 2}), ["2/3", "1/6", "1/6"]),
        # two left, two right: alike by symmetry, two pairs are worth two
        (4, lambda s: min(len(s & {0, 1}), len(s & {2, 3})), ["1/2"] * 4),
        # airport (Littlechild and Owen 1973): runways of cost 1, 2, 3; each segment is shared
        (3, lambda s: max((p + 1 for p in s), default=0), ["1/3", "5/6", "11/6"]),
        # weighted majority [51; 50, 49, 1] (Shapley and Shubik 1954)
        (3, lambda s: sum((50, 49, 1)[p] for p in s) >= 51, ["2/3", "1/6", "1/6"]),
        # additive: each gets its own
        (3, lambda s: sum((5, -2, 0.25)[p] for p in s), ["5", "-2", "1/4"]),
        # unanimity of two among four: they share, the others get nothing
        (4, lambda s: {1, 3} <= s, ["0", "1/2", "0", "1/2"]),
        (1, lambda s: 7 * len(s), ["7"]),
    ],
)
def test_games_of_the_books(players: int, worth, expected: list[str]) -> None:
    """Published and hand-worked games."""
    found = shapley_values(_game(players, worth))[:, 0]
    assert found == pytest.approx([float(Fraction(one)) for one in expected], abs=1e-14)


def test_nobody_is_a_game_too() -> None:
    """Without players there is nothing to share."""
    assert shapley_values(np.array([[3.0, 4.0]])).shape == (0, 2)


def test_rows_must_be_one_per_coalition() -> None:
    """Six rows are no set function."""
    with pytest.raises(ValueError, match="power of two, not 6"):
        shapley_values(np.zeros((6, 1)))


@st.composite
def _games(draw, players: int | None = None, count: int = 1) -> list[np.ndarray]:
    n = draw(st.integers(1, 5)) if players is None else players
    numbers = st.floats(-1e3, 1e3, allow_nan=False).map(lambda x: round(x, 3))
    return [draw(arrays(np.float64, (1 << n, 1), elements=numbers)) for _ in range(count)]


@given(_games())
def test_agrees_with_the_mean_over_all_orders(games: list[np.ndarray]) -> None:
    """The weights of coalitions are those that counting orders gives."""
    (values,) = games
    expected = [float(one) for one in _by_orders(values)]
    assert shapley_values(values)[:, 0] == pytest.approx(expected, abs=1e-9)


@given(_games())
def test_the_whole_is_shared_out(games: list[np.ndarray]) -> None:
    """Efficiency."""
    (values,) = games
    total = values[-1, 0] - values[0, 0]
    assert shapley_values(values).sum() == pytest.approx(total, abs=1e-9)


@given(_games(players=4, count=2), st.floats(-3, 3))
def test_values_of_a_sum_are_sums_of_values(games: list[np.ndarray], factor: float) -> None:
    """Additivity, and homogeneity: indicators may be added before or after."""
    one, other = games
    together = shapley_values(one + factor * other)
    apart = shapley_values(one) + factor * shapley_values(other)
    assert together == pytest.approx(apart, abs=1e-8)


@given(_games(players=3), st.floats(-10, 10))
def test_who_adds_the_same_in_any_company_gets_that(games: list[np.ndarray], own: float) -> None:
    """Dummy player: the last bit adds its own number, and the others are as without it."""
    (rest,) = games
    values = np.concatenate([rest, rest + own])
    found = shapley_values(values)
    assert found[3, 0] == pytest.approx(own, abs=1e-9)
    assert found[:3] == pytest.approx(shapley_values(rest), abs=1e-9)


@given(_games(players=4), st.permutations(range(4)))
def test_names_do_not_matter(games: list[np.ndarray], names: list[int]) -> None:
    """Symmetry: players renamed get what they had under the old name."""
    (values,) = games
    renamed = np.empty_like(values)
    for mask in range(16):
        renamed[sum(1 << names[p] for p in range(4) if mask >> p & 1)] = values[mask]
    found = shapley_values(renamed)
    assert found[list(names)] == pytest.approx(shapley_values(values), abs=1e-9)


def test_interaction_of_known_games() -> None:
    """None where all is additive; whole for two who need each other; half for two of three."""
    additive = interaction_index(_game(3, lambda s: sum((1, 2, 4)[p] for p in s)))[:, :, 0]
    assert additive[~np.eye(3, dtype=bool)] == pytest.approx(0)
    pair = interaction_index(_game(2, lambda s: len(s) == 2))[:, :, 0]
    assert pair[0, 1] == pair[1, 0] == 1
    three = interaction_index(_game(3, lambda s: len(s) == 3))[:, :, 0]
    assert three[0, 1] == three[0, 2] == pytest.approx(0.5)
    same_work = interaction_index(_game(2, lambda s: bool(s)))[:, :, 0]
    assert same_work[0, 1] == -1
    assert np.isnan(np.diag(three)).all()


@given(_games(players=3))
def test_two_halves_of_the_interaction_fill_the_gap(games: list[np.ndarray]) -> None:
    """With two players the Shapley value is what each does alone and half of the interaction."""
    values = games[0][:4]
    index = interaction_index(values)[0, 1, 0]
    alone = values[1, 0] - values[0, 0]
    assert shapley_values(values)[0, 0] == pytest.approx(alone + index / 2, abs=1e-9)


def test_each_order_is_followed_by_its_reverse() -> None:
    """Pairs, the same for the same seed."""
    drawn = antithetic_permutations(6, pairs=5, seed=3)
    assert drawn.shape == (10, 6)
    assert (drawn[1::2] == drawn[0::2, ::-1]).all()
    assert (np.sort(drawn, axis=1) == np.arange(6)).all()
    assert (drawn == antithetic_permutations(6, pairs=5, seed=3)).all()
    assert (drawn != antithetic_permutations(6, pairs=5, seed=4)).any()
    assert masks_of(np.array([[2, 0, 1]])).tolist() == [[0, 4, 5, 7]]


@pytest.mark.parametrize("players", [62, 63, 65, 90])
def test_more_players_than_a_word_has_bits(players: int) -> None:
    """Where all is additive each order gives every player its own number."""
    orders = antithetic_permutations(players, pairs=2, seed=1)
    worth = {
        mask: np.array([sum(p + 1.0 for p in range(players) if mask >> p & 1)])
        for mask in {int(mask) for mask in masks_of(orders).ravel()}
    }
    assert len(worth) > players
    found, error = sampled_shapley(worth, orders)
    assert found[:, 0].tolist() == [p + 1.0 for p in range(players)]
    assert (error == 0).all()


def test_drawn_orders_come_near_within_their_error() -> None:
    """A game without pattern: three standard errors hold nearly always, and they shrink."""
    values = np.random.default_rng(1).normal(size=(1 << 9, 3))
    rows = dict(enumerate(values))
    exact = shapley_values(values)
    errors = []
    for pairs in (50, 800):
        drawn = antithetic_permutations(9, pairs=pairs, seed=5)
        found, error = sampled_shapley(rows, drawn)
        assert found.sum(axis=0) == pytest.approx(values[-1] - values[0])
        assert (abs(found - exact) < 3 * error).mean() > 0.95
        errors.append(error.mean())
    assert errors[1] == pytest.approx(errors[0] / 4, rel=0.2)


def test_a_quadratic_game_is_exact_after_one_pair() -> None:
    """Early in one order and late in the other: pairwise interactions cancel in every pair."""
    weight = np.random.default_rng(2).normal(size=(7, 7))
    inside = np.array([[mask >> p & 1 for p in range(7)] for mask in range(1 << 7)], float)
    values = np.einsum("mi,ij,mj->m", inside, weight, inside)[:, None]
    drawn = antithetic_permutations(7, pairs=2, seed=0)
    found, error = sampled_shapley(dict(enumerate(values)), drawn)
    assert found == pytest.approx(shapley_values(values))
    assert error == pytest.approx(0, abs=1e-12)
    one, unknown = sampled_shapley(dict(enumerate(values)), drawn[:2])
    assert one == pytest.approx(found)
    assert np.isnan(unknown).all()
