"""Who bears it: exposure by zone, by age, by grade of deprivation, and one index for the whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.errors import InputError, Problem
from geofleet.exposure.harm.means import people_weighted
from geofleet.exposure.harm.notes import limits

__all__ = [
    "UNKNOWN",
    "ConcentrationIndex",
    "concentration_index",
    "exposure_shares",
    "exposure_shares_by_group",
    "of_zones",
]

Floats = npt.NDArray[np.float64]
UNKNOWN = "unknown"
"""Row of those whose zone, group or grade is not known."""


def exposure_shares(
    concentrations: Floats,
    people: Floats,
    labels: Sequence[Any] | npt.NDArray[Any] | pd.Series,
    *,
    order: Sequence[str] = (),
) -> pd.DataFrame:
    """Return what people of each label breathe, beside the mean of all.

    Parameters
    ----------
    concentrations, people
        As in :func:`people_weighted`.
    labels
        Zone, grade of deprivation or another label of each receptor; missing ones make a row
        ``unknown``.
    order
        Labels in the order wanted; others follow by name, ``unknown`` last.

    Returns
    -------
    DataFrame by label: ``people`` (mean over the day where they move), ``people_share``,
    ``exposure_share`` (of persons x µg/m3), ``mean_ug_m3`` and ``ratio`` (the label's mean over
    that of all). NaN where a label has nobody. What it leaves out stands in ``attrs["notes"]``.

    Raises
    ------
    InputError
        As in :func:`people_weighted`, or another number of labels.
    """
    count = len(np.asarray(concentrations))
    if len(labels) != count:
        expected = f"a label for each of the {count} receptors"
        raise InputError([Problem("labels", value=str(len(labels)), expected=expected)])
    column = pd.Series(np.asarray(labels, dtype=object))
    names = column.where(column.notna(), UNKNOWN).astype(str).to_numpy(object)
    found = sorted({str(name) for name in names} - {UNKNOWN, *order})
    last = [UNKNOWN] if UNKNOWN in names else []
    wanted = [name for name in order if name != UNKNOWN] + found + last
    day = np.asarray(people, dtype=np.float64)
    groups = {
        name: np.where((names == name).reshape(-1, *[1] * (day.ndim - 1)), day, 0.0)
        for name in wanted
    }
    return _shares(concentrations, day, groups, "label")


def exposure_shares_by_group(
    concentrations: Floats, people: Floats, groups: Mapping[str, Floats]
) -> pd.DataFrame:
    """Return what each age group breathes, beside the mean of all people.

    Columns as in :func:`exposure_shares`; groups need not make up everyone, and people who are in
    none are the row ``unknown``.

    Raises
    ------
    InputError
        As in :func:`people_weighted`, or groups that are together more than everyone somewhere.
    """
    day = np.asarray(people, dtype=np.float64)
    parts = {name: np.asarray(values, dtype=np.float64) for name, values in groups.items()}
    rest = day - sum(parts.values(), np.zeros_like(day))
    if np.any(rest < -1e-6 * (1.0 + day)):
        expected = "groups that are together no more than everyone"
        raise InputError([Problem("groups", ", ".join(parts), expected=expected)])
    rest = np.maximum(rest, 0.0)
    if rest.sum() > 1e-9 * day.sum():
        parts[UNKNOWN] = rest
    return _shares(concentrations, day, parts, "group")


def _shares(
    concentrations: Floats, people: Floats, groups: Mapping[str, Floats], name: str
) -> pd.DataFrame:
    means = people_weighted(concentrations, people, groups=groups)
    hours = 1 if people.ndim == 1 else people.shape[1]
    persons = pd.Series({key: float(part.sum()) / hours for key, part in groups.items()})
    table = pd.DataFrame({"people": persons})
    everyone = float(people.sum()) / hours
    table["people_share"] = persons / everyone
    table["mean_ug_m3"] = pd.Series(means.by_group)
    exposed = (persons * table["mean_ug_m3"].fillna(0.0)) / everyone
    # Where nothing is emitted nobody bears a share of it.
    whole = means.overall if means.overall > 0.0 else np.nan
    table.insert(2, "exposure_share", exposed / whole)
    table["ratio"] = table["mean_ug_m3"] / whole
    table.index.name = name
    table.attrs["notes"] = limits()
    return table


@dataclass(frozen=True, slots=True)
class ConcentrationIndex:
    """How exposure leans along a ranking from the worst-off to the best-off.

    Parameters
    ----------
    value
        From -1 (all of it borne by the worst-off) over 0 (as people are) to 1 (by the best-off).
    people, people_unknown
        Persons counted, and those left out because their rank is not known.
    """

    value: float
    people: float
    people_unknown: float
    notes: tuple[str, ...]


def concentration_index(
    concentrations: Floats,
    people: Floats,
    rank: Floats,
    *,
    higher_is_better: bool,
) -> ConcentrationIndex:
    """Return the concentration index of exposure over a ranking of places.

    C = 2 cov(h, R) / mean(h), weighted by people, with h the concentration and R the fractional
    rank (people worse off, and half of those equal): Kakwani, Wagstaff & van Doorslaer 1997,
    J. Econometrics 77, 87-103. Receptors of one rank count as one.

    Parameters
    ----------
    concentrations
        µg/m3 at each receptor, shape (receptors,).
    people
        Persons, shape (receptors,).
    rank
        Index of deprivation or of well-being at each receptor; NaN where it is not known.
    higher_is_better
        Whether a higher index means better off.

    Raises
    ------
    InputError
        Shapes that do not fit, nobody with a known rank, no exposure at all.
    """
    air, persons = (np.asarray(values, dtype=np.float64) for values in (concentrations, people))
    order = np.asarray(rank, dtype=np.float64)
    if air.ndim != 1 or not air.shape == persons.shape == order.shape:
        value = f"{air.shape}, {persons.shape}, {order.shape}"
        expected = "concentrations, people and ranks of shape (receptors,)"
        raise InputError([Problem("concentration index", "", 0, value, expected)])
    means = people_weighted(air, persons)
    known = np.isfinite(order) & (persons > 0.0)
    weight = persons[known]
    if weight.sum() <= 0.0 or means.overall <= 0.0 or weight @ air[known] <= 0.0:
        expected = "people with a known rank, and a concentration above 0 where they are"
        raise InputError([Problem("concentration index", expected=expected)])
    _, place = np.unique(order[known] if higher_is_better else -order[known], return_inverse=True)
    group = np.bincount(place, weight)
    exposed = np.bincount(place, weight * air[known])
    share = group / group.sum()
    fractional = np.cumsum(share) - share / 2.0
    mean = exposed.sum() / group.sum()
    value = 2.0 / mean * float(share @ ((exposed / group - mean) * (fractional - 0.5)))
    return ConcentrationIndex(
        value=float(value),
        people=float(weight.sum()),
        people_unknown=float(persons.sum() - weight.sum()),
        notes=limits(),
    )


def of_zones(
    zone_id: Sequence[Any] | npt.NDArray[Any] | pd.Series, zones: pd.DataFrame, column: str
) -> npt.NDArray[Any]:
    """Return a column of the zones for each receptor, by its zone; missing where there is none.

    Raises
    ------
    InputError
        No such column (``read_zones`` keeps those named in ``keep``), zones without ids.
    """
    problems = [
        Problem("zones", name, expected=f"a column {name!r} (see keep of read_zones)")
        for name in ("zone_id", column)
        if name not in zones.columns
    ]
    if problems:
        raise InputError(problems)
    values = zones.set_index("zone_id")[column]
    return np.asarray(values.reindex(np.asarray(zone_id, dtype=object)).to_numpy())
