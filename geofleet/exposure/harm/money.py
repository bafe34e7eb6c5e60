"""The value of a statistical life: a range, with the year of its prices."""

from __future__ import annotations

import math
from dataclasses import dataclass

from geofleet.defaults import Defaults, read_table
from geofleet.errors import InputError, MissingDefaultError, Problem

__all__ = ["ValueOfLife", "transferred_value_of_life", "value_of_life", "values_of_life"]

_TABLE = "money"
_RANGE = ("low", "central", "high")


@dataclass(frozen=True, slots=True)
class ValueOfLife:
    """What a society would pay to avoid one statistical death, per death.

    It is no price of anybody's life. No year's prices are turned into another's and nothing is
    discounted.
    """

    name: str
    amount: float
    currency: str
    price_year: int
    provenance: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Return amount, currency and price year."""
        return f"{self.amount:,.0f} {self.currency} of {self.price_year}"


def value_of_life(country: str, end: str, *, defaults: Defaults | None = None) -> ValueOfLife:
    """Return the ``low``, ``central`` or ``high`` value of a country, or another named row.

    Raises
    ------
    InputError
        No such row, or a value that cannot be.
    """
    used = (defaults or Defaults()).scope()
    row = f"{country}.{end}"
    try:
        amount = used.number(_TABLE, f"{row}.value")
        year = int(used.number(_TABLE, f"{row}.price_year"))
        unit = str(used.table(_TABLE).loc[f"{row}.value", "unit"])
    except MissingDefaultError:
        here = [str(name) for name in used.table(_TABLE).index if str(name).endswith(".value")]
        names = ", ".join(name.removesuffix(".value") for name in here)
        expected = f"a row of table money ({names}); add rows of your own under tables"
        raise InputError([Problem(_TABLE, "value of life", 0, row, expected)]) from None
    if not (math.isfinite(amount) and amount >= 0.0):
        expected = "an amount of at least 0"
        raise InputError([Problem(_TABLE, f"{row}.value", 0, f"{amount:g}", expected)])
    return ValueOfLife(row, amount, unit, year, used.used)


def values_of_life(country: str, *, defaults: Defaults | None = None) -> tuple[ValueOfLife, ...]:
    """Return the low, central and high value of a country, those of them that have rows."""
    used = defaults or Defaults()
    known = used.values(_TABLE)
    return tuple(
        value_of_life(country, end, defaults=used)
        for end in _RANGE
        if f"{country}.{end}.value" in known
    )


def transferred_value_of_life(
    income_ratio: float, *, elasticity: str = "central", defaults: Defaults | None = None
) -> ValueOfLife:
    """Return the OECD base value carried over to another income.

    value = base x ``income_ratio`` ^ elasticity (OECD 2012, Mortality Risk Valuation).

    Parameters
    ----------
    income_ratio
        Income per head there over that of the OECD, both at purchasing power and of the base's
        year.
    elasticity
        ``low``, ``central`` or ``high``.

    Raises
    ------
    InputError
        A ratio that is not above 0, another elasticity.
    """
    used = (defaults or Defaults()).scope()
    rows = {"low": "income_elasticity_low", "central": "income_elasticity",
            "high": "income_elasticity_high"}  # fmt: skip
    problems = []
    if not (math.isfinite(income_ratio) and income_ratio > 0.0):
        expected = "a ratio of incomes above 0"
        problems.append(Problem(_TABLE, "income_ratio", 0, f"{income_ratio:g}", expected))
    if elasticity not in rows:
        expected = "low, central or high"
        problems.append(Problem(_TABLE, "elasticity", 0, elasticity, expected))
    if problems:
        raise InputError(problems)
    power = used.number(_TABLE, rows[elasticity])
    base = used.number(_TABLE, "oecd.value")
    year = int(used.number(_TABLE, "oecd.price_year"))
    unit = str(read_table(_TABLE).loc["oecd.value", "unit"])
    return ValueOfLife(
        f"oecd transferred, elasticity {power:g}", base * income_ratio**power, unit, year, used.used
    )
