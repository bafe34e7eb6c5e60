"""Tariffs of Mexico's basic supply: those whose prices are default rows, and the rules of all."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

import pandas as pd

from geofleet.defaults import Defaults
from geofleet.energy.depot.dates import DateRule
from geofleet.energy.depot.tariff import ALL_HOURS, DemandCharge, PowerFactorRule, Tariff
from geofleet.errors import InputError, Problem

__all__ = [
    "MEXICAN_TARIFFS", "build_mexican_tariff", "mexican_tariff", "packaged_tariffs", "slug",
]  # fmt: skip

_TABLE = "tariffs"
MEXICAN_TARIFFS = ("GDMTH", "GDMTO", "GDBT", "PDBT")
"""Medium voltage by hours and without, low voltage above 25 kW and up to it."""
_BY_HOUR = ("GDMTH",)
_WINDOWS = ("base", "intermediate", "peak")


def packaged_tariffs(defaults: Defaults | None = None) -> pd.DataFrame:
    """List the Mexican tariffs whose prices are default rows.

    Returns
    -------
    One row per tariff: ``code, division, prices_of``, as ``mexican_tariff`` takes them.
    """
    names = {
        tuple(row.split(".")[1:4])
        for row in (defaults or Defaults()).values(_TABLE)
        if row.startswith("mx.") and row.endswith(".fixed")
    }
    rows = [(code.upper(), division, month) for code, division, month in sorted(names)]
    return pd.DataFrame(rows, columns=["code", "division", "prices_of"])


def mexican_tariff(
    code: str, *, division: str, prices_of: str, defaults: Defaults | None = None
) -> Tariff:
    """Return a Mexican tariff from default rows.

    Parameters
    ----------
    code
        One of ``MEXICAN_TARIFFS``.
    division
        Of the utility, by name or as in ``packaged_tariffs``: ``Valle de México Centro``.
    prices_of
        Month of the prices: another month is another tariff, and none stands in for it.

    Raises
    ------
    InputError
        No such rows; rows that make no tariff.
    """
    scope = (defaults or Defaults()).scope()
    known = packaged_tariffs(scope)
    key = (code.upper(), slug(division), prices_of)
    if key not in set(known.itertuples(index=False, name=None)):
        listed = "; ".join(" ".join(row) for row in known.itertuples(index=False, name=None))
        expected = f"a tariff with default rows ({listed}), or one read from a file"
        raise InputError([Problem("tariff", "code", 0, " ".join(key), expected)])
    stem = f"mx.{key[0].lower()}.{key[1]}.{prices_of}"
    rows = scope.values(_TABLE)

    def price(name: str) -> float:
        return scope.number(_TABLE, f"{stem}.{name}")

    windows = _WINDOWS if key[0] in _BY_HOUR else (ALL_HOURS,)
    return build_mexican_tariff(
        key[0],
        division=division,
        prices_of=prices_of,
        energy_per_kwh={name: price(f"energy.{name}") for name in windows},
        fixed_per_month=price("fixed"),
        rates_per_kw={
            name: price(name) for name in ("distribution", "capacity") if f"{stem}.{name}" in rows
        },
        source=_source(scope, f"{stem}.fixed"),
        defaults=scope,
    )


def build_mexican_tariff(
    code: str,
    *,
    division: str,
    prices_of: str,
    energy_per_kwh: Mapping[str, float],
    fixed_per_month: float,
    rates_per_kw: Mapping[str, float],
    source: str,
    status: str | None = None,
    defaults: Defaults | None = None,
) -> Tariff:
    """Put prices of a Mexican tariff under the rules of its code, which are default rows.

    Parameters
    ----------
    energy_per_kwh
        By window ``base``, ``intermediate``, ``peak``; ``all`` where the hour does not matter.
    rates_per_kw
        ``distribution`` and ``capacity``, per kW and month; empty where energy pays for them.
    status
        Of the prices. That of the weakest row used when not given.

    Raises
    ------
    InputError
        A code that is not known; a division whose hours are not known; prices that make no
        tariff.
    """
    scope = (defaults or Defaults()).scope()
    code = code.upper()
    if code not in MEXICAN_TARIFFS:
        expected = "one of " + ", ".join(MEXICAN_TARIFFS)
        raise InputError([Problem("tariff", "code", 0, code, expected)])
    rows = scope.values(_TABLE)
    lower = code.lower()
    limits = {
        field: scope.number(_TABLE, f"mx.{lower}.{row}")
        for field, row in (("demand_from_kw", "demand_from"), ("demand_below_kw", "demand_below"))
        if f"mx.{lower}.{row}" in rows
    }
    demand = _demand(lower, rates_per_kw, scope)
    seasons, hours = _hours(division, scope) if code in _BY_HOUR else ({}, {})
    return Tariff(
        name=code,
        region=division,
        prices_of=prices_of,
        currency="MXN",
        energy_per_kwh=dict(energy_per_kwh),
        fixed_per_month=fixed_per_month,
        demand=demand,
        hours=hours,
        seasons=seasons,
        holidays=_rules(scope.text(_TABLE, "mx.holidays")) if hours else (),
        power_factor=_power_factor(scope),
        source=source,
        status=status or _weakest(scope),
        provenance=scope.used,
        **limits,
    )


def _demand(
    code: str, rates_per_kw: Mapping[str, float], scope: Defaults
) -> tuple[DemandCharge, ...]:
    """Make the charges per kW of a code, in the order distribution, capacity."""
    charges = []
    if "distribution" in rates_per_kw:
        factor = scope.number(_TABLE, f"mx.{code}.load_factor")
        rate = rates_per_kw["distribution"]
        charges.append(DemandCharge("distribution", rate, load_factor=factor))
    if "capacity" in rates_per_kw:
        text = scope.text(_TABLE, f"mx.{code}.capacity_windows")
        windows = () if text == ALL_HOURS else tuple(text.split())
        factor = scope.number(_TABLE, f"mx.{code}.load_factor")
        rate = rates_per_kw["capacity"]
        charges.append(DemandCharge("capacity", rate, windows, factor, whole_kw=True))
    return tuple(charges)


def _hours(
    division: str, scope: Defaults
) -> tuple[dict[str, DateRule], dict[tuple[str, str], str]]:
    """Read seasons and hours, which not every division shares."""
    unknown = [name.strip() for name in scope.text(_TABLE, "mx.hours.not_known").split(";")]
    if slug(division) in {slug(name) for name in unknown}:
        expected = "a division whose hours are known: give this tariff by file, with its hours"
        raise InputError([Problem("tariff", "division", 0, division, expected)])
    names = [row.rsplit(".", 1)[1] for row in scope.values(_TABLE) if row.startswith("mx.season.")]
    seasons = {name: DateRule(scope.text(_TABLE, f"mx.season.{name}")) for name in names}
    hours = {
        (season, kind): scope.text(_TABLE, f"mx.hours.{season}.{kind}")
        for season in names
        for kind in ("weekday", "saturday", "sunday")
    }
    return seasons, hours


def _power_factor(scope: Defaults) -> PowerFactorRule:
    """Read the rule of the power factor."""
    fields = ("threshold", "penalty_rate", "penalty_max", "bonus_rate", "bonus_max")
    numbers = {name: scope.number(_TABLE, f"mx.power_factor.{name}") for name in fields}
    return PowerFactorRule(**numbers, base=scope.text(_TABLE, "mx.power_factor.base"))


def _rules(text: str) -> tuple[DateRule, ...]:
    """Read date rules joined by semicolons."""
    return tuple(DateRule(part.strip()) for part in text.split(";"))


def _weakest(scope: Defaults) -> str:
    """Return the weakest status of the rows read so far."""
    found = set(scope.describe()["status"])
    order = ("illustrative", "memory", "user", "derived", "verified")
    return next(word for word in order if word in found)


def _source(scope: Defaults, row: str) -> str:
    """Return where the prices come from."""
    return str(scope.describe([f"{_TABLE}:{row}"])["source"].iloc[0])


def slug(name: str) -> str:
    """Return a name in lower case ASCII, words joined by underscores."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return "_".join(plain.lower().replace("_", " ").split())
