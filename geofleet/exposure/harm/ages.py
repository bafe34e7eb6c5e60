"""Age groups: what their names mean, and the five-year classes they are made of."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from geofleet.errors import InputError, Problem

__all__ = ["CLASSES", "EVERYONE", "AgeBand", "age_band", "class_weights", "group_weights"]

Floats = npt.NDArray[np.float64]
AgeBand = tuple[float, float]
"""From an age (inclusive) to an age (exclusive), in years; the end may be infinite."""

CLASSES: Floats = np.arange(0.0, 105.0, 5.0)
"""Lower ends of the five-year classes; the last is 100 and over."""

EVERYONE, OTHERS = "people", "others"
_WIDTH = 5.0
_UNDER = re.compile(r"^(?:age_?|p_?)?(?:under|below|lt)_?(\d+)$")
_OVER = re.compile(r"^(?:age_?|p_?)?(?:over|above|from|gte?)_?(\d+)$")
_PLUS = re.compile(r"^(?:age_?|p_?)?(\d+)_?(?:plus|mm|y_?mas|ymas|and_over|\+)$")
_RANGE = re.compile(r"^(?:age_?|p_?)?(\d+)_?(?:a|to|_|-)_?(\d+)$")


def age_band(name: str) -> AgeBand | None:
    """Return the ages that a group's name says, None where it says none.

    ``under_5`` is 0 to below 5; ``over_65``, ``65_plus`` and ``65_mm`` are 65 and over; ``25_64``
    and ``age_25_64`` are 25 to below 65 (both ends counted, as in census tables).
    """
    text = name.strip().lower()
    if match := _UNDER.match(text):
        return 0.0, float(match[1])
    if match := (_OVER.match(text) or _PLUS.match(text)):
        return float(match[1]), math.inf
    if match := _RANGE.match(text):
        low, high = float(match[1]), float(match[2]) + 1.0
        return (low, high) if low < high else None
    return None


def class_weights(band: AgeBand) -> Floats:
    """Return the part of each five-year class that lies in a band, shape (21,)."""
    ends = CLASSES + _WIDTH
    inside = np.minimum(ends, band[1]) - np.maximum(CLASSES, band[0])
    weights = np.clip(inside / _WIDTH, 0.0, 1.0)
    if not math.isinf(band[1]):
        return np.asarray(weights)
    weights[-1] = 1.0
    return np.asarray(weights)


def group_weights(
    names: tuple[str, ...], *, bands: Mapping[str, AgeBand] | None = None
) -> dict[str, Floats]:
    """Return the part of each five-year class that each group holds, shape (21,) each.

    Parameters
    ----------
    names
        Groups; ``people`` is everyone, ``others`` those in none of the other groups.
    bands
        Ages by group, where the name does not say them.

    Raises
    ------
    InputError
        Groups whose ages are not known, bands that are empty or overlap.
    """
    given = dict(bands or {})
    problems = [
        Problem("groups", name, expected="the name of a group that there is; groups: "
                + ", ".join(names))
        for name in given if name not in names
    ]  # fmt: skip
    found: dict[str, Floats] = {}
    for name in names:
        if name in (EVERYONE, OTHERS) and name not in given:
            continue
        band = given.get(name) or age_band(name)
        if band is None:
            expected = "a name that says ages (under_5, over_65, 25_64), or its ages in bands"
            problems.append(Problem("groups", name, expected=expected))
        elif not 0.0 <= band[0] < band[1]:
            expected = "ages from low to high, in years"
            problems.append(Problem("groups", name, value=str(band), expected=expected))
        else:
            found[name] = class_weights(band)
    total = sum(found.values(), np.zeros(len(CLASSES)))
    if found and total.max() > 1.0 + 1e-9:
        expected = "groups that do not overlap in age"
        problems.append(Problem("groups", ", ".join(found), expected=expected))
    if problems:
        raise InputError(problems)
    if EVERYONE in names:
        found[EVERYONE] = np.ones(len(CLASSES))
    if OTHERS in names:
        found[OTHERS] = 1.0 - total
    return {name: found[name] for name in names}
