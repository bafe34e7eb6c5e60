"""Duties: what is paid at the border, by country of assembly, day and scenario."""

from __future__ import annotations

import datetime as dt
import math
import re

import numpy as np
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.errors import InputError, Problem

__all__ = ["DUTY_SCENARIOS", "duty", "duty_rate"]

DUTY_SCENARIOS = ("today", "light_2026", "free")
"""Decrees in force; 50 % on light vehicles of countries without agreement; no duty at all."""

_TABLE = "duties"
_ELECTRIC = "electric"
_CODE = re.compile("[A-Z]{2}")
_RATE = "a rate from 0 to 5"


def duty(
    models: pd.DataFrame,
    scenario: str = "today",
    date: dt.date | str | None = None,
    *,
    defaults: Defaults | None = None,
) -> pd.DataFrame:
    """Return the rate of import duty of each model.

    Parameters
    ----------
    models
        ``assembly_country`` (ISO 3166 codes joined by ``;`` where a model is made in several
        countries) and ``gvw_kg``; ``technology`` where not all are electric.
    scenario
        One of ``DUTY_SCENARIOS``.
    date
        Day of import; the first of the default year ``economics:first_year`` when not given.

    Returns
    -------
    pandas.DataFrame
        Indexed as ``models``: ``rate`` (NaN where the countries of a model differ, or none is
        known: the cheapest is not assumed), ``lowest``, ``highest`` (over its countries),
        ``why``.

    Raises
    ------
    InputError
        Columns that are missing, scenarios, dates and country codes that do not exist, rows out of
        limits.
    """
    problems = [
        Problem("models", name, expected=f"a column {name}")
        for name in ("assembly_country", "gvw_kg")
        if name not in models.columns
    ]
    if scenario not in DUTY_SCENARIOS:
        expected = "one of " + ", ".join(DUTY_SCENARIOS)
        problems.append(Problem("duties", "scenario", 0, str(scenario), expected))
    country = pd.Series("", index=models.index)
    if "assembly_country" in models.columns:
        country = models["assembly_country"].fillna("").astype(str)
    problems += _wrong_codes(country)
    scope = (defaults or Defaults()).scope()
    when = _day(date, problems, scope)
    if problems:
        raise InputError(problems)
    weight = pd.to_numeric(models["gvw_kg"], errors="coerce").to_numpy(np.float64)
    kind = models.get("technology", pd.Series(_ELECTRIC, models.index)).astype(str)
    known: dict[tuple[str, str, float], tuple[float, float, float, str]] = {}
    records = []
    for codes, technology, gvw in zip(country, kind, weight, strict=True):
        key = (codes, technology, float(gvw))
        if key not in known:
            known[key] = _of_model(codes, technology, gvw, scenario, when, scope)
        records.append(known[key])
    columns = ["rate", "lowest", "highest", "why"]
    return pd.DataFrame(records, columns=columns, index=models.index)


def duty_rate(
    country: str,
    *,
    scenario: str,
    date: dt.date,
    gvw_kg: float,
    technology: str = _ELECTRIC,
    defaults: Defaults,
) -> tuple[float, str]:
    """Return the rate of duty on a vehicle of one country, and why.

    A country that is not named makes the rate NaN.
    """
    rows = CheckedRows(defaults)
    rate, why = _of_country(country, scenario, date, gvw_kg, technology, rows)
    rows.finish()
    return rate, why


def _wrong_codes(country: pd.Series) -> list[Problem]:
    """Name what is no ISO 3166 code: it would pay the duty of a stranger."""
    return [
        Problem("models", "assembly_country", 0, code, "a code of two capitals, such as MX")
        for code in country.str.split(";").explode().str.strip().unique()
        if code and not _CODE.fullmatch(code)
    ]


def _of_country(
    country: str, scenario: str, date: dt.date, gvw_kg: float, technology: str, rows: CheckedRows
) -> tuple[float, str]:
    if scenario == "free":
        return 0.0, "scenario: no duty"
    if technology != _ELECTRIC:
        return rows.number(_TABLE, "other.rate", 0.0, 5.0, _RATE), "not electric: in the price"
    if not country:
        return math.nan, "country of assembly not known"
    if country == rows.defaults.text(_TABLE, "home"):
        return 0.0, "made at home"
    if country in rows.defaults.text(_TABLE, "free_trade").split():
        return 0.0, f"agreement with {country}"
    if scenario == "light_2026" and date >= _date_row("light_2026.from", rows):
        limit = rows.number(_TABLE, "light_2026.up_to_kg", 0.0, 1e5, "kg of at least 0")
        if math.isnan(gvw_kg):
            return math.nan, "gross weight not known"
        if gvw_kg <= limit:
            rate = rows.number(_TABLE, "light_2026.rate", 0.0, 5.0, _RATE)
            return rate, f"scenario: light vehicle from {country}"
    first, last = (_date_row(f"electric.{name}", rows) for name in ("exempt_from", "exempt_until"))
    if first <= date <= last:
        return 0.0, f"exempt until {last}"
    return rows.number(_TABLE, "electric.rate", 0.0, 5.0, _RATE), f"electric, from {country}"


def _of_model(
    codes: str, technology: str, gvw_kg: float, scenario: str, date: dt.date, scope: Defaults
) -> tuple[float, float, float, str]:
    """Return rate, lowest and highest of a model's countries."""
    countries = [code.strip() for code in codes.split(";") if code.strip()] or [""]
    found = [
        duty_rate(
            code, scenario=scenario, date=date, gvw_kg=gvw_kg, technology=technology,
            defaults=scope,
        )
        for code in countries
    ]  # fmt: skip
    rates = [rate for rate, _ in found]
    why = "; ".join(dict.fromkeys(word for _, word in found))
    if any(math.isnan(rate) for rate in rates):
        return math.nan, math.nan, math.nan, why
    low, high = min(rates), max(rates)
    return (low if low == high else math.nan), low, high, why


def _date_row(row: str, rows: CheckedRows) -> dt.date:
    text = rows.defaults.text(_TABLE, row)
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        expected = "a date like 2024-09-30"
        problem = Problem(f"default table {_TABLE}", row, 0, text, expected)
        raise InputError([*rows.problems, problem]) from None


def _day(date: dt.date | str | None, problems: list[Problem], scope: Defaults) -> dt.date:
    if date is None:
        return dt.date(round(scope.number("economics", "first_year")), 1, 1)
    if isinstance(date, dt.datetime):
        return date.date()
    if isinstance(date, dt.date):
        return date
    try:
        return dt.date.fromisoformat(date)
    except ValueError:
        problems.append(Problem("duties", "date", 0, date, "a date like 2026-01-01"))
        return dt.date(1970, 1, 1)
