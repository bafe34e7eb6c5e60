"""How far a factor of the chain may be off, in plain words, with the rows that say so.

The same rows as those of :func:`geofleet.emissions.intervals`: the geometric standard deviation of
a standard's family, and the smallest and largest value of a factor over what is known of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from geofleet.defaults import Defaults
from geofleet.emissions.explanation.model import BAND_ROWS, Step
from geofleet.emissions.explanation.steps import traced
from geofleet.emissions.uncertainty import shared_factors
from geofleet.fleet.model import NO_STANDARD

__all__ = ["between", "family_of", "spread"]

_ELECTRIC = "electric"


def family_of(defaults: Defaults, standard: str) -> tuple[str, tuple[str, ...]]:
    """Return the family of a standard, in which factors err together, and the row that says it."""
    if standard == NO_STANDARD:
        return _ELECTRIC, ()
    return traced(defaults, lambda rows: shared_factors.family_of(rows, standard))


def spread(step: Step, row: str, *also: str, defaults: Defaults, of: str = "") -> Step:
    """Return a step with the band that a geometric standard deviation of it means.

    Parameters
    ----------
    step
        The factor.
    row
        Row of table ``uncertainty``.
    also
        Other rows that led to it (``table:id``).
    defaults
        Where rows are read.
    of
        What the band is of, where it is not of the whole factor.
    """
    gsd, read = traced(defaults, lambda rows: shared_factors.read_gsd(rows, row))
    within = gsd**shared_factors.NORMAL_95
    facts = {} if of else {"gsd": gsd, "within_factor": within}
    words = f"within a factor of {within:.3g} in nine cases of ten (uncertainty:{row})"
    words = f"{of}: {words}" if of else f"{words[0].upper()}{words[1:]}"
    return _noted(step, facts, words, (*read, *also))


def between(step: Step, low: str, high: str, words: str, *, defaults: Defaults) -> Step:
    """Return a step with a smallest and a largest value of its factor.

    Parameters
    ----------
    step
        The factor.
    low, high
        Rows, ``table:id``.
    words
        Sentence with places ``{low}`` and ``{high}``.
    defaults
        Where rows are read.
    """
    ends = {}
    for name, row in (("low", low), ("high", high)):
        table, _, place = row.partition(":")
        ends[name] = defaults.number(table, place)
    return _noted(step, ends, f"{words.format(**ends)} ({low}, {high})", (low, high))


def _noted(step: Step, facts: Mapping[str, float], words: str, rows: tuple[str, ...]) -> Step:
    note = f"{step.note.rstrip('.')}. {words}" if step.note else words
    known = (*step.facts.get(BAND_ROWS, ()), *rows)
    return replace(step, facts={**step.facts, **facts, BAND_ROWS: list(known)}, note=note)
