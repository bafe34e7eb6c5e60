"""Who contributed what: Shapley values of a set function, exact or by sampled permutations.

A set function gives every coalition of players a row of numbers. Coalitions are bit masks: bit *i*
stands for player *i*. Nothing here knows policies; the players of this package are levers.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = [
    "antithetic_permutations", "interaction_index", "masks_of", "sampled_shapley", "shapley_values",
]  # fmt: skip

_WORD_BITS = 62
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def shapley_values(values: Floats) -> Floats:
    """Return the mean of every player's marginal contributions over all orders of joining.

    Parameters
    ----------
    values
        Numbers of every coalition by its bit mask, shape ``(2**players, indicators)``.

    Returns
    -------
    numpy.ndarray
        Shape ``(players, indicators)``; over the players they add up to
        ``values[-1] - values[0]`` but for rounding.

    Raises
    ------
    ValueError
        A number of rows that is no power of two.

    References
    ----------
    Shapley, L. S. (1953): A value for n-person games. Contributions to the Theory of Games II.

    Examples
    --------
    A pair of gloves is worth one; player 0 has a left one, players 1 and 2 a right one each:

    >>> import numpy as np
    >>> worth = np.array([0, 0, 0, 1, 0, 1, 0, 1.0])
    >>> shapley_values(worth[:, None]).ravel().round(4).tolist()
    [0.6667, 0.1667, 0.1667]
    """
    players = _players(values)
    masks = np.arange(len(values))
    sizes = np.array([mask.bit_count() for mask in masks.tolist()], np.int64)
    weight = np.array([1 / (players * math.comb(players - 1, s)) for s in range(players)])
    out = np.zeros((players, values.shape[1]))
    for player in range(players):
        without = masks[(masks >> player) & 1 == 0]
        gains = values[without | (1 << player)] - values[without]
        out[player] = weight[sizes[without]] @ gains
    return out


def interaction_index(values: Floats) -> Floats:
    """Return by pair of players how much more (or less) they do together than apart.

    The mean over coalitions of others of ``v(S+i+j) - v(S+i) - v(S+j) + v(S)``, each size of
    coalition counting alike: above zero the two help each other, below they do the same work twice.

    Parameters
    ----------
    values
        As in :func:`shapley_values`.

    Returns
    -------
    numpy.ndarray
        Shape ``(players, players, indicators)``, symmetric, NaN on the diagonal.

    References
    ----------
    Grabisch, M. and Roubens, M. (1999): An axiomatic approach to the concept of interaction among
    players in cooperative games. International Journal of Game Theory 28, 547-565.
    """
    players = _players(values)
    masks = np.arange(len(values))
    sizes = np.array([mask.bit_count() for mask in masks.tolist()], np.int64)
    out = np.full((players, players, values.shape[1]), math.nan)
    for one in range(players):
        for other in range(one):
            first, second = 1 << one, 1 << other
            rest = masks[masks & (first | second) == 0]
            weight = np.array(
                [1 / ((players - 1) * math.comb(players - 2, s)) for s in range(players - 1)]
            )
            joint = values[rest | first | second] - values[rest | first]
            joint = joint - values[rest | second] + values[rest]
            out[one, other] = out[other, one] = weight[sizes[rest]] @ joint
    return out


def antithetic_permutations(players: int, *, pairs: int, seed: int) -> Ints:
    """Return random orders of joining, each followed by its reverse.

    A player who is early in one is late in the other, which takes out much of the spread.

    Returns
    -------
    numpy.ndarray
        Shape ``(2 * pairs, players)``.

    References
    ----------
    Castro, J., Gómez, D. and Tejada, J. (2009): Polynomial calculation of the Shapley value based
    on sampling. Mitchell, R. et al. (2022): Sampling permutations for Shapley value estimation.
    """
    generator = np.random.Generator(np.random.PCG64(seed))
    drawn = np.array([generator.permutation(players) for _ in range(pairs)], np.int64)
    drawn = drawn.reshape(pairs, players)
    return np.stack([drawn, drawn[:, ::-1]], axis=1).reshape(2 * pairs, players)


def masks_of(permutations: Ints) -> npt.NDArray[Any]:
    """Return the coalitions met on each way from nobody to all, ``(orders, players + 1)``."""
    players = permutations.shape[1]
    # masks of more players than a word has bits are whole numbers of any size
    kind = np.dtype(np.int64 if players <= _WORD_BITS else object)
    bits = np.array([1 << player for player in range(players)], kind)
    joined = np.cumsum(bits[permutations], axis=1)
    return np.concatenate([np.zeros((len(permutations), 1), kind), joined], axis=1)


def sampled_shapley(values: Mapping[int, Floats], permutations: Ints) -> tuple[Floats, Floats]:
    """Return Shapley values estimated from antithetic pairs of orders, and their standard errors.

    Parameters
    ----------
    values
        Numbers of each coalition met, by bit mask.
    permutations
        As of :func:`antithetic_permutations`.

    Returns
    -------
    tuple of numpy.ndarray
        Estimates and standard errors, each of shape ``(players, indicators)``. Estimates add up to
        ``v(all) - v(nobody)`` but for rounding, as every order does. The error is that of the mean
        of independent pairs; NaN of a single pair.
    """
    masks = masks_of(permutations)
    distinct, where = np.unique(masks, return_inverse=True)
    rows = np.array([values[int(mask)] for mask in distinct], np.float64)
    steps = np.diff(rows[where.reshape(masks.shape)], axis=1)
    gains = np.empty_like(steps)
    np.put_along_axis(gains, permutations[:, :, None], steps, axis=1)
    pairs = (gains[0::2] + gains[1::2]) / 2
    count = len(pairs)
    error = pairs.std(axis=0, ddof=1) / math.sqrt(count) if count > 1 else pairs[0] * math.nan
    return pairs.mean(axis=0), error


def _players(values: Floats) -> int:
    players = len(values).bit_length() - 1
    if len(values) != 1 << players:
        raise ValueError(f"one row per coalition: a power of two, not {len(values)}")
    return players
