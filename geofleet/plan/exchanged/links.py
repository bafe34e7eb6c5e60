"""Rows that tighten a model: who needs a charger needs a whole one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
from scipy import sparse

from geofleet.plan.exchanged.condensed import Condensed

__all__ = ["charger_links", "with_links"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_BROKEN = 1e-4


def charger_links(condensed: Condensed) -> sparse.csr_array:
    """Return rows ``links @ columns <= 0`` that every plan keeps, but not every relaxed one.

    A vehicle that is on a kind of charger by some year has at least one at its depot by then,
    however small its share of it. Without them a relaxation puts up parts of chargers.
    """
    problem, model = condensed.problem, condensed.model
    size = len(condensed.terms)
    using = np.flatnonzero((problem.kind >= 0) & (problem.plugs > 0.0))
    order = np.lexsort((problem.year[using], problem.kind[using], problem.unit[using]))
    using = using[order]
    parts: list[Ints] = []
    signs: list[Floats] = []
    unit, kind, year = problem.unit[using], problem.kind[using], problem.year[using]
    other = (np.diff(unit) != 0) | (np.diff(kind) != 0)
    ends = np.flatnonzero(other) + 1
    for group in np.split(np.arange(len(using)), ends) if len(using) else []:
        built = model.charger(int(problem.depot[unit[group[0]]]), int(kind[group[0]]))
        for now in np.unique(year[group]).tolist():
            taken = using[group[year[group] <= now]]
            parts.append(np.concatenate([taken, built[: now + 1]]))
            signs.append(np.repeat([1.0, -1.0], [len(taken), now + 1]))
    starts = np.concatenate([[0], np.cumsum([len(part) for part in parts], dtype=np.int64)])
    columns = np.concatenate([np.zeros(0, np.int64), *parts])
    values = np.concatenate([np.zeros(0), *signs])
    return sparse.csr_array((values, columns, starts), shape=(len(parts), size))


def with_links(
    condensed: Condensed, links: sparse.csr_array, solution: Floats
) -> tuple[Condensed, int]:
    """Return the model with the rows that a relaxed solution breaks, and how many they are."""
    broken = np.flatnonzero(np.asarray(links @ solution) > _BROKEN)
    if not len(broken):
        return condensed, 0
    count = len(broken)
    none = np.zeros(count, np.bool_)
    return replace(
        condensed,
        matrix=sparse.csr_array(sparse.vstack([condensed.matrix, links[broken]])),
        low=np.concatenate([condensed.low, np.full(count, -np.inf)]),
        high=np.concatenate([condensed.high, np.zeros(count)]),
        money=np.concatenate([condensed.money, none]),
        shared=np.concatenate([condensed.shared, none]),
    ), count  # fmt: skip
