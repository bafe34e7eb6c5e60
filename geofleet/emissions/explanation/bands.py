"""How far a factor of the chain may be off, in plain words, with the rows that say so.

The same rows as those of :func:`geofleet.emissions.intervals`: the geometric standard deviation of
a standard's family, and the smallest and largest value of a factor over what is known of it.
"""

from __future__ import annotations

from dataclasses import replace
from statistics import NormalDist

from geofleet.defaults import Defaults
from geofleet.emissions.explanation.model import BAND_ROWS, Step
from geofleet.emissions.explanation.steps import traced
from geofleet.fleet.model import NO_STANDARD

__all__ = ["between", "family_of", "spread"]

_TABLE = "uncertainty"
_ELECTRIC = "electric"
_FIVE_PERCENT = NormalDist().inv_cdf(0.95)


def family_of(defaults: Defaults, standard: str) -> tuple[str, tuple[str, ...]]:
    """Return the family of a standard, in which factors err together, and the row that says it."""
    if standard == NO_STANDARD:
        return _ELECTRIC, ()
    row = f"standard.{standard}.family"
    return defaults.text(_TABLE, row), (f"{_TABLE}:{row}",)


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
    expected = "a geometric standard deviation from 1 to 20"
    gsd, read = traced(defaults, lambda rows: rows.number(_TABLE, row, 1.0, 20.0, expected))
    within = gsd**_FIVE_PERCENT
    facts = {"gsd": gsd, "within_factor": within, BAND_ROWS: [*read, *also]}
    what = f"{of[:1].upper()}{of[1:]} is within" if of else "Within"
    words = f"{what} a factor of {within:.3g} in nine cases of ten"
    return _noted(step, facts, words)


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
    return _noted(step, {**ends, BAND_ROWS: [low, high]}, words.format(**ends))


def _noted(step: Step, facts: dict[str, object], words: str) -> Step:
    note = f"{step.note.rstrip('.')}. {words}" if step.note else words
    return replace(step, facts={**step.facts, **facts}, note=note)
