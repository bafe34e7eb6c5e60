"""Exposure by age group: one kind of mapping for unit exposure and for persons."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from geofleet.errors import InputError, Problem
from geofleet.exposure.harm.ages import EVERYONE, OTHERS, AgeBand, group_weights
from geofleet.exposure.model import UnitExposure

__all__ = ["ByGroup", "exposure_by_group", "persons_by_group"]

Floats = npt.NDArray[np.float64]
ByGroup: TypeAlias = UnitExposure | Mapping[str, UnitExposure]
"""Unit exposure of everyone, or by age group. With ``people`` (everyone) among the groups, those
in none of the others are ``others``: of the ages that are left, or of any age where none is."""

_ROUNDING = 1e-6


def exposure_by_group(
    unit_exposure: ByGroup, *, bands: Mapping[str, AgeBand] | None = None
) -> dict[str, tuple[Floats, Floats | None]]:
    """Return unit exposure (edges, 24) and the ages (21,) of each group; None when not by age.

    Raises
    ------
    InputError
        Groups of other edges, groups that are together more than the people, unknown ages.
    """
    if isinstance(unit_exposure, UnitExposure):
        return {EVERYONE: (unit_exposure.values, None)}
    if not unit_exposure:
        raise InputError([Problem("unit exposure", expected="at least one group")])
    first = next(iter(unit_exposure.values()))
    problems = [
        Problem("unit exposure", name, expected="the same edges for every group")
        for name, part in unit_exposure.items()
        if not np.array_equal(part.edges, first.edges)
    ]
    if problems:
        raise InputError(problems)
    return _apart({name: part.values for name, part in unit_exposure.items()}, bands)


def persons_by_group(
    persons: Floats | Mapping[str, Floats], *, bands: Mapping[str, AgeBand] | None = None
) -> dict[str, tuple[Floats, Floats | None]]:
    """Return persons (receptors,) and the ages (21,) of each group; None when not by age.

    Raises
    ------
    InputError
        As in :func:`exposure_by_group`, and persons that are negative or not finite.
    """
    table = persons if isinstance(persons, Mapping) else {EVERYONE: persons}
    arrays = {name: np.asarray(values, dtype=np.float64) for name, values in table.items()}
    problems = []
    for name, values in arrays.items():
        wrong = np.flatnonzero(~(np.isfinite(values) & (values >= 0.0)))
        if values.ndim != 1 or len(wrong) or len(values) != len(next(iter(arrays.values()))):
            expected = "persons of at least 0 at each receptor, in one array"
            row = int(wrong[0]) + 1 if len(wrong) else 0
            problems.append(Problem("persons", name, row, expected=expected))
    if problems or not arrays:
        raise InputError(problems or [Problem("persons", expected="at least one group")])
    if not isinstance(persons, Mapping):
        return {EVERYONE: (arrays[EVERYONE], None)}
    return _apart(arrays, bands)


def _apart(
    arrays: dict[str, Floats], bands: Mapping[str, AgeBand] | None
) -> dict[str, tuple[Floats, Floats | None]]:
    parts = {name: values for name, values in arrays.items() if name != EVERYONE}
    if EVERYONE in arrays:
        if not parts:
            return {EVERYONE: (arrays[EVERYONE], None)}
        if OTHERS in parts:
            expected = "either people (everyone) or others (the rest) among the groups"
            raise InputError([Problem("groups", OTHERS, expected=expected)])
        everyone = arrays[EVERYONE]
        rest = everyone - sum(parts.values(), np.zeros_like(everyone))
        if np.any(rest < -_ROUNDING * (1.0 + np.abs(everyone))):
            expected = "groups that are together no more than everyone"
            raise InputError([Problem("groups", ", ".join(parts), expected=expected)])
        parts[OTHERS] = np.maximum(rest, 0.0)
    weights = group_weights(tuple(parts), bands=bands)
    if OTHERS not in parts and not np.allclose(sum(weights.values()), 1.0):
        expected = (
            "groups that cover all ages, or people (everyone) among them, so that nobody is"
            " left out unseen"
        )
        raise InputError([Problem("groups", ", ".join(parts), expected=expected)])
    # Where the groups cover all ages, people in none of them are of an age that nobody told.
    return {
        name: (values, weights[name] if weights[name].any() else None)
        for name, values in parts.items()
    }
