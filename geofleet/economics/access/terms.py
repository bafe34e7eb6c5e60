"""Terms of access of a fleet: margins by class and operator size, days by hologram or by rules."""

from __future__ import annotations

import numpy as np
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.economics.access.model import DAYS_OF_YEAR, check_access
from geofleet.errors import InputError, Problem

__all__ = ["access_by_group", "access_terms", "access_value", "clear_share"]

_TABLE = "economics_access"
_MARGIN, _LOST, _BARRED = "margin_per_day.", "lost_share.", "barred_days."
_SHOWN = 5


def clear_share(whole_days: pd.Series) -> pd.Series:
    """Return the share of declared days that are not lost anyway.

    Contingencies fall on barred days as often as on others.
    """
    return (1.0 - whole_days / DAYS_OF_YEAR).clip(lower=0.0)


def access_value(terms: pd.DataFrame) -> pd.Series:
    """Return what a year of access is worth to the operator of each vehicle.

    Parameters
    ----------
    terms
        Columns of ``ACCESS_SCHEMA``: see :func:`access_terms`.

    Returns
    -------
    Series
        ``access_per_year`` of ledger cases, money per year: (days × margin per day + hours on
        declared days × margin per hour) × share worked × chance of enforcement. Hours beyond a
        day's work are worth nothing more. NaN where a term is not known.

    Raises
    ------
    InputError
        Terms out of their limits, all at once.

    Examples
    --------
    >>> import pandas as pd
    >>> from geofleet.economics.access import access_value
    >>> terms = pd.DataFrame({"whole_days": [104.0, 0.0], "contingency_days": 16.0,
    ...     "contingency_hours": 4.0, "clear_share": [0.0, 1.0], "margin_per_day": 900.0,
    ...     "working_day_h": 8.0, "worked_share": 1.0, "enforcement": 1.0}, index=["2", "00"])
    >>> access_value(terms).tolist()
    [93600.0, 7200.0]
    """
    of = check_access(terms)
    part = np.minimum(of["contingency_hours"], of["working_day_h"]) / of["working_day_h"]
    days = of["whole_days"] + of["contingency_days"] * of["clear_share"] * part
    value = days * of["margin_per_day"] * of["worked_share"] * of["enforcement"]
    known: pd.Series = value.where(~of.isna().any(axis=1))
    return known.rename("access_per_year")


def access_by_group(terms: pd.DataFrame, groups: pd.Series) -> pd.DataFrame:
    """Return what access is worth to operators, districts or sizes of operators.

    Parameters
    ----------
    terms
        As for :func:`access_value`.
    groups
        Of each row: its operator, say.

    Returns
    -------
    DataFrame
        Indexed by group: ``vehicles``; ``unknown``: those of which it is not known what access is
        worth, in none of the sums; ``days``: days of work won in a year, by all together;
        ``access_per_year``: what they are worth; ``worth_of_a_day``: the second over the first, NaN
        where no day is won.
    """
    of = check_access(terms)
    value = access_value(of)
    part = np.minimum(of["contingency_hours"], of["working_day_h"]) / of["working_day_h"]
    days = of["whole_days"] + of["contingency_days"] * of["clear_share"] * part
    known = value.notna()
    frame = pd.DataFrame(
        {
            "vehicles": 1,
            "unknown": (~known).astype(int),
            "days": days.where(known, 0.0),
            "access_per_year": value.fillna(0.0),
        }
    )
    found = frame.groupby(groups.reindex(of.index).fillna("unknown")).sum()
    found["worth_of_a_day"] = found["access_per_year"] / found["days"].where(found["days"] > 0.0)
    return found


def access_terms(
    vehicles: pd.DataFrame,
    *,
    won: pd.DataFrame | None = None,
    defaults: Defaults | None = None,
) -> pd.DataFrame:
    """Return terms of access: margins of classes and operators, days of rules or holograms.

    Parameters
    ----------
    vehicles
        Indexed by ``vehicle_id``: ``vehicle_class``, ``operator_size`` and, without ``won``,
        ``hologram``. A column ``margin_per_day`` of the operator's own goes before the default.
    won
        Days won as rules decide them (:func:`geofleet.economics.access.days_won`), by vehicle or by
        (vehicle, option): the terms have its index.
    defaults
        Where rows of ``economics_access`` are read.

    Returns
    -------
    DataFrame
        Columns of ``ACCESS_SCHEMA``. NaN where class, operator size or hologram are not known.

    Raises
    ------
    InputError
        Columns that are missing, margins that are no numbers; default rows out of their limits.
    """
    scope = (defaults or Defaults()).scope()
    rows = CheckedRows(scope)
    needed = ["vehicle_class", "operator_size", *(() if won is not None else ("hologram",))]
    if missing := [name for name in needed if name not in vehicles.columns]:
        raise InputError(
            [Problem("vehicles", name, expected=f"a column {name}") for name in missing]
        )
    of_class = _by_word(rows, vehicles["vehicle_class"], _MARGIN, 1e6)
    lost = _by_word(rows, vehicles["operator_size"], _LOST, 1.0)
    terms = pd.DataFrame({"margin_per_day": of_class * lost}, index=vehicles.index)
    if "margin_per_day" in vehicles.columns:
        own = pd.to_numeric(vehicles["margin_per_day"], errors="coerce")
        if len(unread := np.flatnonzero(own.isna() & vehicles["margin_per_day"].notna())):
            raise InputError([
                Problem(f"vehicle {vehicles.index[place]}", "margin_per_day", 0,
                        str(vehicles["margin_per_day"].iloc[place]), "a number of at least 0")
                for place in unread[:_SHOWN]
            ])  # fmt: skip
        terms["margin_per_day"] = own.fillna(terms["margin_per_day"])
    terms["working_day_h"] = rows.number(
        _TABLE, "working_day_h", 0.5, 24.0, "hours of a day's work"
    )
    for name in ("worked_share", "enforcement"):
        terms[name] = rows.number(_TABLE, name, 0.0, 1.0, "a share from 0 to 1")
    if won is None:
        terms["whole_days"] = _by_word(rows, vehicles["hologram"], _BARRED, 366.0)
        for name, most in (("contingency_days", 366.0), ("contingency_hours", 24.0)):
            terms[name] = rows.number(_TABLE, name, 0.0, most, f"a number from 0 to {most:g}")
        terms["clear_share"] = clear_share(terms["whole_days"])
    rows.finish()
    if won is not None:
        terms = _joined(terms, won)
    return check_access(terms)


def _joined(terms: pd.DataFrame, won: pd.DataFrame) -> pd.DataFrame:
    """Return the terms of vehicles with the days of ``won``, in its order."""
    names = ["whole_days", "contingency_days", "contingency_hours", "clear_share"]
    vehicle = won.index.get_level_values(0) if won.index.nlevels > 1 else won.index
    joined = terms.reindex(vehicle).set_axis(won.index)
    return joined.join(won[names])


def _by_word(rows: CheckedRows, words: pd.Series, prefix: str, most: float) -> pd.Series:
    """Return the number of each word's row; NaN for words that have none."""
    known = rows.defaults.table(_TABLE).index
    text = words.map(_word, na_action="ignore")
    numbers = {
        word: rows.number(_TABLE, f"{prefix}{word}", 0.0, most, f"a number from 0 to {most:g}")
        for word in text.dropna().unique()
        if f"{prefix}{word}" in known
    }
    return text.map(numbers).astype(np.float64)


def _word(value: object) -> str:
    """Return a word as rows have it: of holograms read as numbers, 2.0 is 2."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()
