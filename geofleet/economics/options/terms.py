"""Terms: what holds for all ledgers of a study."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.economics.manufacturing.duties import DUTY_SCENARIOS
from geofleet.fleet import operator_sizes

__all__ = ["Terms", "economic_terms"]

_TABLE = "economics"


@dataclass(frozen=True)
class Terms:
    """What holds for all ledgers of a study.

    Parameters
    ----------
    currency, price_year
        Of all amounts.
    first_year
        Year 0, the decision: ages of vehicles are those of this year.
    horizon_years
        Years that a ledger looks ahead.
    inflation
        Growth of all prices, per year.
    discount_rate
        Effective and nominal, per year, by operator size.
    duty_scenario
        One of ``DUTY_SCENARIOS``.
    duty_date
        Day of import; the first day of ``first_year`` when None.
    provenance
        Default rows that were read.
    """

    currency: str
    price_year: int
    first_year: int
    horizon_years: int
    inflation: float
    discount_rate: Mapping[str, float]
    duty_scenario: str = "today"
    duty_date: dt.date | None = None
    provenance: tuple[str, ...] = ()

    @property
    def import_date(self) -> dt.date:
        """Day on which vehicles come into the country."""
        return self.duty_date or dt.date(self.first_year, 1, 1)


def economic_terms(defaults: Defaults | None = None) -> Terms:
    """Return the terms that the default rows hold; a study may override each.

    Raises
    ------
    InputError
        Every row out of its limits.
    """
    scope = (defaults or Defaults()).scope()
    rows = CheckedRows(scope)

    def year(row: str) -> int:
        value = rows.number(_TABLE, row, 1990.0, 2100.0, "a year from 1990 to 2100")
        return 0 if value != value else round(value)

    horizon = rows.number(_TABLE, "horizon_years", 1.0, 60.0, "years from 1 to 60")
    inflation = rows.number(_TABLE, "inflation", 0.0, 1.0, "a rate from 0 to 1")
    price_year, first_year = year("price_year"), year("first_year")
    rates = {
        size: rows.number(_TABLE, f"discount_rate.{size}", 0.0, 2.0, "a rate from 0 to 2")
        for size in operator_sizes()
    }
    scenario = rows.choice(_TABLE, "duty.scenario", DUTY_SCENARIOS)
    rows.finish()
    return Terms(
        currency=scope.text(_TABLE, "currency"),
        price_year=price_year,
        first_year=first_year,
        horizon_years=round(horizon),
        inflation=inflation,
        discount_rate=rates,
        duty_scenario=scenario,
        provenance=scope.used,
    )
