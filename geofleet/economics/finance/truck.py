"""One truck: every option with every package, month by month."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from geofleet.defaults import Defaults
from geofleet.economics.finance.application import apply_product
from geofleet.economics.finance.liquidity import affordability
from geofleet.economics.finance.model import Product
from geofleet.economics.finance.months import cash_flow
from geofleet.economics.finance.rows import KEEP
from geofleet.economics.finance.tables import unpack
from geofleet.economics.options import Options
from geofleet.errors import InputError, Problem

__all__ = ["OneTruck", "one_truck"]

_NONE = "as today"


@dataclass(frozen=True)
class OneTruck:
    """What an operator of one truck needs to see.

    Parameters
    ----------
    vehicle_id, currency
        Of the truck.
    sheet
        Indexed by ``package``, ``option`` and ``month``: items of the ledger, ``total``,
        ``cumulative``, and ``against_today`` (what the month costs more than going on as today).
        Going on as today stands under the package ``as today``. Packages that the truck cannot
        have are not listed.
    answers
        As :func:`geofleet.economics.finance.affordability`, indexed by package and option.
    """

    vehicle_id: str
    currency: str
    sheet: pd.DataFrame
    answers: pd.DataFrame


def one_truck(
    cases: pd.DataFrame | Options,
    packages: Mapping[str, Product | Sequence[Product]],
    *,
    vehicle_id: str | None = None,
    months: int = 60,
    vehicles: pd.DataFrame | None = None,
    physical: pd.DataFrame | None = None,
    margins: pd.Series | float | None = None,
    date: datetime.date | None = None,
    currency: str | None = None,
    defaults: Defaults | None = None,
) -> OneTruck:
    """Return the monthly cash flow of one truck for every option and package.

    Parameters
    ----------
    cases, vehicles, physical, margins, date, currency, defaults
        As for :func:`geofleet.economics.finance.affordability`.
    packages
        Products that go together, by name.
    vehicle_id
        Of the truck; not needed where there is only one.
    months
        That the sheet shows.

    Raises
    ------
    InputError
        No such truck, or several and none named; months that the ledger does not have.
    """
    given = unpack(cases, vehicles, physical, currency)
    ids = given.cases.index.get_level_values("vehicle_id").unique()
    if vehicle_id is None and len(ids) == 1:
        vehicle_id = str(ids[0])
    if vehicle_id is None or vehicle_id not in ids:
        expected = "one of " + ", ".join(map(str, ids[:5]))
        raise InputError([Problem("one_truck", "vehicle_id", 0, vehicle_id or "", expected)])
    own = given.cases.loc[given.cases.index.get_level_values("vehicle_id") == vehicle_id]
    today = cash_flow(own, (vehicle_id, KEEP), months).table
    sheets = {(_NONE, KEEP): today}
    answers = {}
    for name, products in packages.items():
        asked: dict[str, Any] = {
            "vehicles": given.vehicles, "physical": given.physical, "date": date,
            "currency": given.currency, "defaults": defaults,
        }  # fmt: skip
        answers[name] = affordability(own, products, margins=margins, **asked)
        financed = apply_product(own, products, **asked)
        had = financed.cases.index[financed.terms["eligible"] == "yes"]
        for option in had.get_level_values("option"):
            flow = cash_flow(financed.cases, (vehicle_id, option), months)
            sheets[name, str(option)] = flow.table
    whole = pd.concat(sheets, names=["package", "option"])
    months_of = whole.index.get_level_values("month")
    whole["against_today"] = whole["total"] - today["total"].reindex(months_of).to_numpy()
    table = pd.concat(answers, names=["package"]).droplevel("vehicle_id")
    return OneTruck(vehicle_id, given.currency, whole, table)
