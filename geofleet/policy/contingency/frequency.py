"""How often contingencies were declared, as published."""

from __future__ import annotations

import pandas as pd

from geofleet.defaults import Defaults
from geofleet.errors import InputError, Problem
from geofleet.policy.contingency.index import TABLE

__all__ = ["contingency_years", "expected_days_a_year"]

_COUNTS = ("events", "o3", "pm25", "pm10", "combined", "days")


def contingency_years(*, defaults: Defaults | None = None) -> pd.DataFrame:
    """Return declared contingencies of the Valley of Mexico by year.

    Returns
    -------
    pandas.DataFrame
        Indexed by ``year``: ``events``, of them ``o3, pm25, pm10, combined``, and ``days`` on which
        measures held (NaN where not published; in 2016 of the spring alone), ``source``, ``note``.
    """
    scope = (defaults or Defaults()).scope()
    rows: dict[int, dict[str, float | str]] = {}
    table = scope.table(TABLE)
    for row in scope.values(TABLE):
        head, _, rest = row.partition(".")
        if head != "frequency":
            continue
        year, _, count = rest.partition(".")
        of_year = rows.setdefault(int(year), {})
        of_year[count] = scope.number(TABLE, row)
        of_year["source"] = str(table.loc[row, "source"])
        of_year["note"] = str(table.loc[row, "note"])
    frame = pd.DataFrame.from_dict(rows, orient="index").sort_index().rename_axis("year")
    return frame.reindex(columns=[*_COUNTS, "source", "note"])


def expected_days_a_year(
    *, first: int = 0, last: int = 0, defaults: Defaults | None = None
) -> float:
    """Return on how many days of a year measures held, in the mean of some years.

    Events of the years times the days that an event lasted where both are known of a whole year:
    few years publish their days.

    Parameters
    ----------
    first, last
        Years, both counted; 0: as far as the table goes.

    Raises
    ------
    InputError
        No such years.
    """
    years = contingency_years(defaults=defaults)
    whole = years[years["days"].notna() & ~years["note"].str.contains("spring")]
    length = whole["days"].sum() / whole["events"].sum()
    chosen = years.loc[(first or years.index[0]) : (last or years.index[-1])]
    if not len(chosen):
        expected = f"years from {years.index[0]} to {years.index[-1]}"
        raise InputError([Problem("frequency", "first, last", 0, f"{first} to {last}", expected)])
    return float(chosen["events"].mean() * length)
