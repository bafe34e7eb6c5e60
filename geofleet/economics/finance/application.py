"""Ledger cases with finance products in them."""

from __future__ import annotations

import datetime
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.economics.finance.arithmetic import Arranged, Deal, Lever, arrange
from geofleet.economics.finance.eligibility import Test, judge, partner_of
from geofleet.economics.finance.model import Financed, Product, stack
from geofleet.economics.finance.money import in_currency
from geofleet.economics.finance.rows import Rows, make_rows
from geofleet.economics.finance.tables import unpack
from geofleet.economics.ledger import CASE_SCHEMA, check_cases
from geofleet.economics.options import Options

__all__ = ["Offer", "apply_product", "offer", "terms_of"]

PUBLIC = ("treasury", "development_bank")
_MONEY = ("amount", "amount_max", "fee_per_month", "fee_per_km", "fee_per_kwh", "fee_per_day")
_WH_PER_KWH = 1000.0

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Offer:
    """Products worked out for a table of cases, before any lever.

    Parameters
    ----------
    rows
        Attributes of the cases.
    columns
        Of the cases as given (cases,).
    deal
        The products' numbers.
    eligible, reason
        Of each case.
    partner
        Position of the second truck to scrap; -1: none.
    currency
        Of all amounts.
    """

    rows: Rows
    columns: dict[str, Floats]
    deal: Deal
    eligible: npt.NDArray[np.object_]
    reason: npt.NDArray[np.object_]
    partner: npt.NDArray[np.int64]
    currency: str

    def arranged(self, lever: Lever | None = None) -> Arranged:
        """Return the columns with the products, where they can be had; as given elsewhere."""
        done = arrange(self.columns, self.deal, lever)
        had = self.eligible == "yes"
        for name, values in done.columns.items():
            if values is not self.columns[name]:
                done.columns[name] = np.where(had, values, self.columns[name])
        return done


def apply_product(
    cases: pd.DataFrame | Options,
    products: Product | Sequence[Product],
    *,
    vehicles: pd.DataFrame | None = None,
    physical: pd.DataFrame | None = None,
    date: datetime.date | None = None,
    currency: str | None = None,
    defaults: Defaults | None = None,
) -> Financed:
    """Return cases as they are with finance products.

    Parameters
    ----------
    cases
        Ledger cases, indexed by (vehicle_id, option), with ``keep`` of each vehicle; or
        ``Options``, which bring the other tables.
    products
        One, or several that go together. They are worked out in this order, whatever the order
        given: tax that falls away, battery service, scrapping, grants, then the loan, lease or
        daily payments on what is left, on the terms that guarantee and interest subsidy give.
    vehicles
        Indexed by ``vehicle_id``: columns of the fleet table that the products ask about,
        ``operator_size``; ``age_years`` in place of ``model_year`` where there is no date.
    physical
        Indexed as the cases: ``technology``, ``model_id``, ``assembly_country``, ``energy_wh``,
        and ``battery_gross_kwh`` where the model is not in the catalogue. Without it technology and
        model are the option's name up to its colon and after it.
    date
        Day on which the products are asked for; without it nobody asks whether they are in force,
        and ages are not known.
    currency
        Of the cases; that of the options, else MXN.
    defaults
        Where default rows are read.

    Returns
    -------
    Financed
        Cases and terms, same index.

    Raises
    ------
    InputError
        Cases out of their limits, vehicles that are missing, products that exclude each other,
        a currency without a rate.

    Notes
    -----
    Lease fee: annuity of price less present residual at the lessor's rate, and services (Brealey,
    Myers and Allen, Principles of Corporate Finance, chapter on leasing). Expected loss of a
    guarantee: default rate × cover × loss given default × exposure.

    Examples
    --------
    >>> import pandas as pd
    >>> from geofleet.economics.finance import apply_product, load_products
    >>> from geofleet.economics.ledger import new_cases
    >>> index = pd.MultiIndex.from_tuples([("a", "keep"), ("a", "euro_6")],
    ...                                   names=["vehicle_id", "option"])
    >>> cases = new_cases(index, years=10, discount_rate=0.16, price=[0, 850_000])
    >>> vehicles = pd.DataFrame({"operator_size": ["1-5"]}, index=["a"])
    >>> bono = load_products("mexico")["bono"]
    >>> float(apply_product(cases, bono, vehicles=vehicles).cases.loc[("a", "euro_6"), "grant"])
    140250.0
    """
    scope = (defaults or Defaults()).scope()
    given = unpack(cases, vehicles, physical, currency)
    made = offer(
        given.cases, products, vehicles=given.vehicles, physical=given.physical, date=date,
        currency=given.currency, defaults=scope,
    )  # fmt: skip
    done = made.arranged()
    changed = pd.DataFrame(done.columns, index=given.cases.index, copy=False)
    rows = tuple(row for one in made.deal.products for row in one.rows)
    used = tuple(sorted({*scope.used, *rows}))
    return Financed(changed, terms_of(made, done), made.deal.products, given.currency, used)


def offer(
    cases: pd.DataFrame,
    products: Product | Sequence[Product],
    *,
    vehicles: pd.DataFrame,
    physical: pd.DataFrame | None,
    date: datetime.date | None,
    currency: str,
    defaults: Defaults,
) -> Offer:
    """Work out who can have products and on which terms; see :func:`apply_product`."""
    ordered = stack(products)
    checked = check_cases(cases)
    columns = {one.name: checked[one.name].to_numpy() for one in CASE_SCHEMA.columns}
    rows = make_rows(cases, vehicles, physical, date=date, defaults=defaults)
    numbers = {}
    for product in ordered:
        for name, scale in product.numbers.items():
            amount = scale.of(rows.names())
            if name in _MONEY:
                amount = in_currency(amount, product.currency, currency, defaults)
            numbers[product.product_id, name] = amount
    refused: list[Test] = []
    doubted: list[Test] = []
    partner = np.full(len(cases), -1, np.int64)
    for product in ordered:
        if product.kind == "two_for_one":
            partner, doubt = partner_of(rows, product, date=date, defaults=defaults)
            words = f"{product.product_id}: no second truck of the operator to scrap"
            refused.append(((partner < 0) & ~doubt, words))
            words = f"{product.product_id}: owner or age of further trucks not known"
            doubted.append((doubt, words))
        if product.kind == "pay_as_you_go":
            late = numbers[product.product_id, "term_years"] > columns["years"]
            refused.append((late, f"{product.product_id}: its term is longer than the ledger"))
    pack = np.zeros(len(cases))
    battery = next((one for one in ordered if one.kind == "battery_service"), None)
    if battery is not None:
        pack = _pack_price(rows, physical, currency, defaults)
        refused.append((pack > columns["price"], f"{battery.product_id}: the pack costs more than "
                        "the vehicle"))  # fmt: skip
        doubted.append((np.isnan(pack), f"{battery.product_id}: size of the battery not known"))
    deal = _deal(ordered, numbers, rows, columns, partner, pack, defaults)
    eligible, reason = judge(rows, ordered, date=date, further=(refused, doubted))
    return Offer(rows, columns, deal, eligible, reason, partner, currency)


def _deal(
    products: tuple[Product, ...],
    numbers: dict[tuple[str, str], Floats],
    rows: Rows,
    columns: dict[str, Floats],
    partner: npt.NDArray[np.int64],
    pack: Floats,
    defaults: Defaults,
) -> Deal:
    checked = CheckedRows(defaults)

    def rate(row: str) -> float:
        return checked.number("finance", row, 0.0, 5.0, "a share from 0 to 5")

    treasury = rate("treasury_rate")
    rental = (math.nan, math.nan, math.nan)
    if any(one.kind == "trial" for one in products):
        term = checked.number("finance", "lease.term", 1.0, 60.0, "years from 1 to 60")
        rental = (rate("lease.rate"), term, rate("lease.overhead"))
    days = checked.number("mends", "working_days", 1.0, 366.0, "days from 1 to 366")
    checked.finish()
    amount, worth = np.zeros(len(pack)), np.zeros(len(pack))
    scrap = next((one for one in products if one.kind == "two_for_one"), None)
    if scrap is not None and len(pack):
        # what the second truck brings and is worth stands in its own case of going on as today
        keep_of = np.full(len(rows.vehicles), -1, np.int64)
        keep_of[rows.vehicle] = rows.keep
        place = np.where(partner >= 0, keep_of[partner], -1)
        known = place >= 0
        share = numbers.get((scrap.product_id, "amount_share"), np.ones(len(pack)))
        own = numbers.get((scrap.product_id, "amount"), np.zeros(len(pack)))
        amount = np.where(known, own[place] * share, np.where(partner >= 0, np.nan, 0.0))
        worth = np.where(known, columns["value"][place], np.where(partner >= 0, np.nan, 0.0))
    scrapped = (rows.technology == "scrap").to_numpy()
    return Deal(
        products, numbers, pack, rows.energy_wh, scrapped, amount, worth, treasury, days, rental
    )


def _pack_price(
    rows: Rows, physical: pd.DataFrame | None, currency: str, defaults: Defaults
) -> Floats:
    """Return the price of each case's pack, by gross energy; NaN where its size is not known."""
    checked = CheckedRows(defaults)
    per_kwh = checked.number("mends", "battery_price", 0.0, math.inf, "a price of at least 0")
    ratio = checked.number(
        "energy", "usable_gross_ratio", 0.0, 1.0, "a share above 0 and at most 1", above=True
    )
    known = defaults.values("electric_models")
    codes, models = pd.factorize(rows.model_id)
    size = []
    for model in models:
        gross, usable = f"{model}.battery_gross_wh", f"{model}.battery_usable_wh"
        wh = math.nan
        if gross in known:
            wh = checked.number("electric_models", gross, 0.0, math.inf, "energy of at least 0")
        elif usable in known:
            wh = checked.number("electric_models", usable, 0.0, math.inf, "energy of at least 0")
            wh /= ratio
        size.append(wh / _WH_PER_KWH)
    checked.finish()
    kwh = np.array([*size, np.nan])[codes]
    if physical is not None and "battery_gross_kwh" in physical.columns:
        own = pd.to_numeric(physical["battery_gross_kwh"].reindex(rows.index), errors="coerce")
        kwh = np.where(own.isna(), kwh, own)
    return in_currency(kwh * per_kwh, "MXN", currency, defaults)


def terms_of(made: Offer, done: Arranged) -> pd.DataFrame:
    """Return what is paid by whom, one row per case."""
    had = made.eligible == "yes"
    nothing = np.where(made.eligible == "no", 0.0, np.nan)
    size = len(had)

    def amount(values: Floats | float) -> Floats:
        return np.where(had, values, nothing)

    found: dict[str, object] = {"eligible": made.eligible, "reason": made.reason}
    for name in ("grant", "tax_waived", "interest_subsidy", "expected_loss", "rental"):
        found[name] = amount(done.extra.get(name, 0.0))
    by_id = {one.product_id: one for one in made.deal.products}
    public, donor = np.zeros(size), np.zeros(size)
    payers: list[str] = []
    for product_id, paid in done.paid.items():
        product = by_id.get(product_id)
        payer = "treasury" if product is None else product.payer
        if payer in PUBLIC:
            public = public + amount(paid)
        elif payer == "donor":
            donor = donor + amount(paid)
        payers.append(payer)
    for product in made.deal.products:
        payers.append(product.payer)
    found["public_cost"], found["donor_cost"] = public, donor
    paid_by = ", ".join(dict.fromkeys(one for one in payers if one != "operator"))
    found["paid_by"] = np.where(had, paid_by or "operator", "operator")
    credit = "battery_service" if made.deal.of("battery") is not None else ""
    found["credit"] = np.where(had, ", ".join(filter(None, (made.deal.credit, credit))), "")
    for name in ("lender_rate", "term_years"):
        found[name] = np.where(had, done.extra.get(name, np.nan), np.nan)
    ids = made.rows.vehicles.index.to_numpy(object)
    partner = np.full(size, "", object)
    paired = had & (made.partner >= 0)
    partner[paired] = ids[made.partner[paired]]
    found["partner"] = partner
    return pd.DataFrame(found, index=made.rows.index)
