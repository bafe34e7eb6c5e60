"""Trips between zones: the doubly constrained gravity model."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from geofleet.errors import InputError, Problem

__all__ = ["Balanced", "deterrence", "gravity"]

_TOLERANCE = 1e-12
_ROUNDS = 2000
_SUMS = 1e-9

Floats = npt.NDArray[np.float64]


class Balanced(NamedTuple):
    """A trip table, how far its margins are from the trip ends, and the rounds it took."""

    trips: Floats
    largest_error: float
    rounds: int


def deterrence(minutes: Floats, *, beta_per_min: float, alpha: float = 0.0) -> Floats:
    """Return how willingly trips of each travel time are made: ``t^alpha exp(-beta t)``.

    With ``alpha`` 0 the exponential function of entropy maximisation (Wilson 1967, Transportation
    Research 1, 253–269), else that of Tanner (1961, Road Research Laboratory, Technical Paper 51).
    No trips are made where there is no way (infinite time).
    """
    finite = np.isfinite(minutes)
    time = np.where(finite, minutes, 1.0)
    value = np.exp(-beta_per_min * time)
    if alpha != 0.0:
        with np.errstate(divide="ignore"):
            value = value * np.where(time > 0, time, 0.0 if alpha > 0 else np.inf) ** alpha
    result: Floats = np.where(finite, value, 0.0)
    return result


def gravity(origins: Floats, destinations: Floats, willingness: Floats) -> Balanced:
    """Return trips ``T_ij = a_i b_j O_i D_j f_ij`` whose rows sum to ``O`` and columns to ``D``.

    Balanced row by row and column by column in turn (Furness 1965, Traffic Engineering and
    Control 7, 458–460) until no margin is off by more than 1e-12 of the total.

    Parameters
    ----------
    origins, destinations
        Trips that begin and end in each zone; their sums agree.
    willingness
        ``f_ij``, zero where no trip can be made.

    Raises
    ------
    InputError
        Margins that are negative or no numbers, sums that differ, or trips that begin (or end) in a
        zone from which no zone with trip ends can be reached.
    """
    problems = []
    for name, ends in (("origins", origins), ("destinations", destinations)):
        if not (np.isfinite(ends).all() and (ends >= 0).all()):
            problems.append(Problem("trip ends", name, expected="numbers of at least 0"))
    if not (np.isfinite(willingness).all() and (willingness >= 0).all()):
        problems.append(Problem("gravity", "willingness", expected="numbers of at least 0"))
    total = float(origins.sum())
    if not problems and abs(total - float(destinations.sum())) > _SUMS * max(total, 1e-300):
        value = f"{total:g} and {destinations.sum():g}"
        problems.append(Problem("trip ends", value=value, expected="as many ends as beginnings"))
    if problems:
        raise InputError(problems)
    if total <= 0:
        return Balanced(np.zeros_like(willingness), 0.0, 0)
    possible = willingness * (origins > 0)[:, None] * (destinations > 0)[None, :]
    stuck = ((origins > 0) & (possible.sum(axis=1) <= 0)) | (
        (destinations > 0) & (possible.sum(axis=0) <= 0)
    )
    if stuck.any():
        numbers = ", ".join(map(str, np.flatnonzero(stuck)[:5]))
        expected = "a way to and from another zone with trip ends for each zone that has some"
        raise InputError([Problem("gravity", "zones", value=numbers, expected=expected)])
    rows, columns = np.ones(len(origins)), np.ones(len(destinations))
    error, rounds = np.inf, 0
    while error > _TOLERANCE * total and rounds < _ROUNDS:
        sums = _rows(possible, columns)
        rows = np.divide(origins, sums, out=np.zeros_like(sums), where=sums > 0)
        sums = np.einsum("ij,i->j", possible, rows)
        columns = np.divide(destinations, sums, out=np.zeros_like(sums), where=sums > 0)
        error = float(np.abs(rows * _rows(possible, columns) - origins).max())
        rounds += 1
    trips = rows[:, None] * possible * columns[None, :]
    return Balanced(trips, error / total, rounds)


def _rows(matrix: Floats, vector: Floats) -> Floats:
    """Return ``matrix @ vector`` by plain loops, whose order does not depend on threads."""
    sums: Floats = np.einsum("ij,j->i", matrix, vector)
    return sums
