"""What people breathe on average: by hour, by group, by zone, and from the emission's side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.errors import InputError, Problem
from geofleet.exposure.harm.notes import limits
from geofleet.exposure.model import UnitExposure

__all__ = [
    "ExposureMeans",
    "emission_weighted_exposure",
    "mean_increment",
    "people_weighted",
]

Floats = npt.NDArray[np.float64]
HOURS = 24


@dataclass(frozen=True)
class ExposureMeans:
    """Mean concentration that people meet, weighted by people, µg/m3.

    Parameters
    ----------
    overall
        Over people and hours.
    by_hour
        Shape (24,); NaN in an hour in which nobody is anywhere.
    by_group
        Over people and hours of each group; NaN for a group of nobody.
    by_zone
        Over people and hours of each zone, indexed by its id; empty without zones.
    notes
        What the figures do not count.
    """

    overall: float
    by_hour: Floats
    by_group: Mapping[str, float]
    by_zone: pd.Series
    notes: tuple[str, ...]


def people_weighted(
    concentrations: Floats,
    people: Floats,
    *,
    groups: Mapping[str, Floats] | None = None,
    zone_id: Sequence[Any] | npt.NDArray[Any] | None = None,
) -> ExposureMeans:
    """Return means of a concentration over people: sum of people x C, over people.

    Parameters
    ----------
    concentrations
        µg/m3, shape (receptors, 24), or (receptors,) when they are the same all day.
    people
        Persons, shape (receptors,), or (receptors, 24) as ``Receptors.people_by_hour`` has them.
    groups
        Persons of parts of the people, in either shape.
    zone_id
        Zone of each receptor.

    Raises
    ------
    InputError
        Shapes that do not fit, persons or concentrations that are negative or not finite, nobody.
    """
    air, persons = _hourly(concentrations, people, "people")
    parts = {name: _hourly(concentrations, part, name)[1] for name, part in (groups or {}).items()}
    if persons.sum() <= 0.0:
        raise InputError([Problem("receptors", "people", expected="people in at least one place")])
    with np.errstate(invalid="ignore", divide="ignore"):
        by_hour = (persons * air).sum(axis=0) / persons.sum(axis=0)
        by_group = {
            name: float(np.divide((part * air).sum(), part.sum())) for name, part in parts.items()
        }
    by_zone = pd.Series(dtype=np.float64)
    if zone_id is not None:
        if len(zone_id) != len(air):
            expected = f"a zone for each of the {len(air)} receptors"
            raise InputError([Problem("zone_id", value=str(len(zone_id)), expected=expected)])
        table = pd.DataFrame({"x": (persons * air).sum(axis=1), "n": persons.sum(axis=1)})
        sums = table.groupby(np.asarray(zone_id, dtype=object)).sum()
        by_zone = (sums["x"] / sums["n"].where(sums["n"] > 0.0)).rename("ug_m3")
    return ExposureMeans(
        overall=float((persons * air).sum() / persons.sum()),
        by_hour=by_hour,
        by_group=by_group,
        by_zone=by_zone,
        notes=limits(),
    )


def mean_increment(unit_exposure: UnitExposure, grams: Floats) -> float:
    """Return the day's mean concentration over people that an emission causes, µg/m3.

    The same as the forward product weighted by people: sum of unit exposure x g/s over links and
    hours, over people and 24 hours.

    Raises
    ------
    InputError
        Nobody, or grams of another shape than (len(edges), 24).
    """
    _fit(unit_exposure, grams)
    if unit_exposure.people <= 0.0:
        raise InputError([Problem("unit exposure", "people", expected="people somewhere")])
    return float(unit_exposure.harm(grams).sum() / (unit_exposure.people * HOURS))


def emission_weighted_exposure(unit_exposure: UnitExposure, grams: Floats) -> float:
    """Return unit exposure weighted by an emission, persons·µg/m3 per g/s.

    What a gram of this fleet costs on average, where each link and hour has a marginal one of its
    own in ``UnitExposure.values``.

    Raises
    ------
    InputError
        Grams of another shape, or none at all.
    """
    _fit(unit_exposure, grams)
    total = float(np.sum(grams))
    if total <= 0.0:
        expected = "an emission above 0: the exposure per gram of nothing is not known"
        raise InputError([Problem("grams", expected=expected)])
    return float((unit_exposure.values * grams).sum() / total)


def _fit(unit_exposure: UnitExposure, grams: Floats) -> None:
    if np.shape(grams) != unit_exposure.values.shape:
        expected = f"an array of shape {unit_exposure.values.shape}, one row per edge"
        raise InputError([Problem("grams", value=str(np.shape(grams)), expected=expected)])


def _hourly(concentrations: Floats, people: Floats, name: str) -> tuple[Floats, Floats]:
    """Return both as (receptors, 24), checked."""
    out = []
    count = len(np.asarray(concentrations))
    for label, values in (("concentrations", concentrations), (name, people)):
        array = np.asarray(values, dtype=np.float64)
        if array.shape not in ((count,), (count, HOURS)):
            expected = f"an array of shape ({count},) or ({count}, {HOURS})"
            raise InputError([Problem(label, value=str(array.shape), expected=expected)])
        wrong = np.flatnonzero(~np.isfinite(array) | (array < 0.0))
        if len(wrong):
            row = int(wrong[0] // (1 if array.ndim == 1 else HOURS)) + 1
            expected = f"finite numbers of at least 0; {len(wrong)} are others"
            raise InputError([Problem(label, row=row, expected=expected)])
        out.append(array if array.ndim == 2 else np.repeat(array[:, None], HOURS, axis=1))
    return out[0], out[1]
