"""Who gains and who pays: by operator size, and by the groups of people who breathe it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geofleet.economics.society.uptake import counts_of
from geofleet.errors import InputError, Problem

if TYPE_CHECKING:
    from geofleet.economics.options.model import Options

__all__ = ["by_operator", "by_people"]


def by_operator(
    options: Options,
    values: pd.DataFrame,
    *,
    takers: pd.Series | None = None,
    by: str = "operator_size",
) -> pd.DataFrame:
    """Return sums of any figures over the options taken, by operator size or another column.

    Parameters
    ----------
    values
        Figures of one vehicle by vehicle and option: costs, gains, grants, what is avoided.
    takers
        Vehicles that take each; 1 of each row of ``values`` where not given.
    by
        Column of ``options.vehicles``; a missing cell is ``unknown``.

    Returns
    -------
    pandas.DataFrame
        By group: ``vehicles``, each figure, and ``*_share`` of its sum (NaN where that is zero, or
        where gains and losses cancel and shares would mislead).

    Raises
    ------
    InputError
        A column that there is not.
    """
    if by not in options.vehicles.columns:
        expected = "one of " + ", ".join(map(str, options.vehicles.columns))
        raise InputError([Problem("vehicles", by, expected=expected)])
    count = counts_of(None if takers is None else takers.reindex(values.index).fillna(0.0),
                    values.index)  # fmt: skip
    group = options.vehicles[by].astype(object).fillna("unknown")
    keys = group.reindex(values.index.get_level_values(0)).fillna("unknown").to_numpy()
    code, labels = pd.factorize(keys, sort=True)
    index = pd.Index(labels, name=by)
    table = pd.DataFrame({"vehicles": np.bincount(code, count, len(labels))}, index=index)
    for name, column in values.items():
        part = np.where(count > 0.0, column.to_numpy(np.float64) * count, 0.0)
        table[str(name)] = np.bincount(code, part, len(labels))
    for name in ["vehicles", *map(str, values.columns)]:
        part = table[name].to_numpy(np.float64)
        whole = float(part.sum())
        alike = bool((part >= 0.0).all() or (part <= 0.0).all())
        table[f"{name}_share"] = part / whole if alike and whole != 0.0 else np.nan
    return table


def by_people(
    harm: pd.DataFrame, people: pd.Series, *, takers: pd.Series | None = None
) -> pd.DataFrame:
    """Return what groups of people (zones, ages, grades of marginality) breathe less.

    Parameters
    ----------
    harm
        persons·µg/m3·h of a year avoided by each vehicle and option (rows), in each group
        (columns); below zero where a group breathes more.
    people
        Of each group.
    takers
        Vehicles that take each option; 1 where not given.

    Returns
    -------
    pandas.DataFrame
        By group: ``people, avoided, avoided_per_person`` (µg/m3·h), ``people_share,
        avoided_share`` and ``relative`` (the second over the first; above 1 gains more than its
        part), ``worse_off``.

    Raises
    ------
    InputError
        Groups without people.
    """
    groups = list(harm.columns)
    number = people.reindex(groups).to_numpy(np.float64)
    wrong = [name for name, one in zip(groups, number, strict=True) if not one > 0.0]
    if wrong:
        raise InputError(
            Problem("people", str(name), expected="a number above 0") for name in wrong
        )
    count = counts_of(
        None if takers is None else takers.reindex(harm.index).fillna(0.0), harm.index
    )
    amounts = np.where(count[:, None] > 0.0, harm.to_numpy(np.float64) * count[:, None], 0.0)
    gained = amounts.sum(axis=0)
    whole = gained.sum()
    share = gained / whole if whole > 0.0 else np.full(len(gained), np.nan)
    part = number / number.sum()
    return pd.DataFrame(
        {
            "people": number,
            "avoided": gained,
            "avoided_per_person": gained / number,
            "people_share": part,
            "avoided_share": share,
            "relative": share / part,
            "worse_off": gained < 0.0,
        },
        index=pd.Index(groups, name="group"),
    )
