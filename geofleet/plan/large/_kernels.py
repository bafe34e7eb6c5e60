"""Passes over all choices of all vehicles; choices are sorted by vehicle."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit, prange

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@njit(cache=True, nogil=True, error_model="numpy", parallel=True)
def reduced_values(
    start: Ints,
    year: Ints,
    value: Floats,
    spend: Floats,
    terms: Floats,
    price: Floats,
    unit_price: Floats,
    term_price: Floats,
    reduced: Floats,
) -> None:
    """Write what each choice is worth once the shared bounds are paid for.

    ``start`` (units + 1,), ``price`` of money by year, ``unit_price`` of money by vehicle (floors),
    ``terms`` (limits, choices) with ``term_price`` (limits,).
    """
    for unit in prange(start.size - 1):
        for j in range(start[unit], start[unit + 1]):
            worth = value[j] - (price[year[j]] + unit_price[unit]) * spend[j]
            for limit in range(term_price.size):
                worth -= term_price[limit] * terms[limit, j]
            reduced[j] = worth


@njit(cache=True, nogil=True, error_model="numpy", parallel=True)
def best_choices(
    start: Ints,
    year: Ints,
    kind: Ints,
    plugs: Floats,
    reduced: Floats,
    place: Ints,
    plug_price: Floats,
    best: Ints,
    worth: Floats,
) -> None:
    """Write the best choice of each vehicle after its plugs are paid for; -1 to keep it.

    ``plug_price`` (places, kinds, years) is looked up at ``place`` of the vehicle; with place -1
    no choice that needs a charger is taken; with -2 the vehicle is left out.
    """
    for unit in prange(start.size - 1):
        best[unit] = -1
        worth[unit] = 0.0
        if place[unit] == -2:
            continue
        for j in range(start[unit], start[unit + 1]):
            value = reduced[j]
            if kind[j] >= 0:
                if place[unit] < 0:
                    continue
                value -= plugs[j] * plug_price[place[unit], kind[j], year[j]]
            if value > worth[unit]:
                worth[unit] = value
                best[unit] = j


@njit(cache=True, nogil=True, error_model="numpy", parallel=True)
def charger_candidates(
    start: Ints,
    year: Ints,
    kind: Ints,
    plugs: Floats,
    reduced: Floats,
    plain: Ints,
    plain_worth: Floats,
    keep: Flags,
) -> None:
    """Find what each vehicle does without a charger, and which charger choices can beat it.

    A charger choice is passed over where another of the same vehicle and charger kind is worth at
    least as much, needs no more plug and not sooner. Exact for any price of chargers.
    """
    for unit in prange(start.size - 1):
        plain[unit] = -1
        plain_worth[unit] = 0.0
        first, last = start[unit], start[unit + 1]
        for j in range(first, last):
            keep[j] = False
            if kind[j] < 0 and reduced[j] > plain_worth[unit]:
                plain_worth[unit] = reduced[j]
                plain[unit] = j
        for j in range(first, last):
            if kind[j] < 0 or not reduced[j] > plain_worth[unit]:
                continue
            keep[j] = True
            for other in range(first, last):
                if other == j or kind[other] != kind[j]:
                    continue
                if (
                    reduced[other] >= reduced[j]
                    and plugs[other] <= plugs[j]
                    and year[other] >= year[j]
                ):
                    same = (
                        reduced[other] == reduced[j]
                        and plugs[other] == plugs[j]
                        and year[other] == year[j]
                    )
                    if not same or other < j:
                        keep[j] = False
                        break


@njit(cache=True, nogil=True, error_model="numpy")
def fill(
    order: Ints,
    unit: Ints,
    year: Ints,
    spend: Floats,
    terms: Floats,
    cover: Floats,
    factor: Floats,
    room: Floats,
    term_room: Floats,
    taken: Ints,
) -> None:
    """Take, in the order given, choices without chargers while every shared bound still holds.

    ``cover`` (rows, years) says which budget rows a year's money counts in, ``room`` what they
    have left; ``factor`` (floors, units) and ``term_room`` (floors + limits,) likewise for the
    floors and the limits. Writes ``taken`` (units,) for vehicles that had -1.
    """
    floors = factor.shape[0]
    for j in order:
        who = unit[j]
        if taken[who] != -1:
            continue
        fits = True
        for row in range(cover.shape[0]):
            if cover[row, year[j]] > 0.0 and spend[j] > room[row]:
                fits = False
        for row in range(floors):
            use = factor[row, who] * spend[j]
            if use > 0.0 and use > term_room[row]:
                fits = False
        for row in range(terms.shape[0]):
            if terms[row, j] > 0.0 and terms[row, j] > term_room[floors + row]:
                fits = False
        if not fits:
            continue
        taken[who] = j
        for row in range(cover.shape[0]):
            room[row] -= cover[row, year[j]] * spend[j]
        for row in range(floors):
            term_room[row] -= factor[row, who] * spend[j]
        for row in range(terms.shape[0]):
            term_room[floors + row] -= terms[row, j]
