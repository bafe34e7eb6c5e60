"""What products do to the money of a case: grants first, then the battery, then the contract.

Everything works on arrays (cases,), column by column; nothing here knows tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from geofleet.economics.finance.model import Product

__all__ = ["Arranged", "Deal", "Lever", "annuity", "arrange", "present_of_one"]

_BOUGHT = ("price", "duty", "purchase_tax", "charger")

Floats = npt.NDArray[np.float64]
Columns = dict[str, Floats]


@dataclass(frozen=True)
class Deal:
    """Products with their numbers for each case.

    Parameters
    ----------
    products
        In order.
    numbers
        By product and name (cases,).
    battery_price
        Of one case's pack, new (cases,).
    battery_energy_wh
        From the battery of a year (cases,).
    nothing_bought
        Whether the vehicle is scrapped without another (cases,).
    partner_amount, partner_worth
        What the second scrapped truck brings, and what it is worth today (cases,).
    treasury_rate
        Brings later public payments to today.
    working_days
        Of a year.
    rental
        Rate, term and overhead of the lease that a trial's rental is priced by.
    """

    products: tuple[Product, ...]
    numbers: Mapping[tuple[str, str], Floats]
    battery_price: Floats
    battery_energy_wh: Floats
    nothing_bought: npt.NDArray[np.bool_]
    partner_amount: Floats
    partner_worth: Floats
    treasury_rate: float
    working_days: float
    rental: tuple[float, float, float]

    def of(self, slot: str) -> Product | None:
        """Return the product of a slot."""
        return next((one for one in self.products if one.slot == slot), None)

    def number(self, product: Product, name: str, without: float) -> Floats:
        """Return a number of a product (cases,)."""
        found = self.numbers.get((product.product_id, name))
        return np.full(len(self.battery_price), without) if found is None else found

    @property
    def credit(self) -> str:
        """Kind of the contract: cash, loan, lease or pay_as_you_go."""
        product = self.of("credit")
        return "cash" if product is None else product.kind


@dataclass(frozen=True)
class Lever:
    """What is added to a deal when the smallest is looked for (cases,); None: nothing.

    Support is money a month at prices of the first year.
    """

    grant: Floats | None = None
    rate_cut: Floats | None = None
    cover: Floats | None = None
    term_years: Floats | None = None
    support: Floats | None = None


@dataclass
class Arranged:
    """Columns as they become, and what is paid by whom.

    Parameters
    ----------
    columns
        Of the ledger case.
    paid
        Present cost to the payer of each product, by its id; ``lever`` for what a lever adds.
    extra
        Further figures: ``grant, tax_waived, interest_subsidy, expected_loss, rental,
        lender_rate, term_years, owned_price``.
    """

    columns: Columns
    paid: dict[str, Floats] = field(default_factory=dict)
    extra: dict[str, Floats] = field(default_factory=dict)

    def pays(self, payer: str, amount: Floats) -> None:
        """Add to what the payer of a product bears."""
        self.paid[payer] = self.paid.get(payer, 0.0) + amount


def annuity(rate: Floats, years: Floats) -> Floats:
    """Return the equal payment at the end of each year per unit borrowed; NaN without years."""
    with np.errstate(divide="ignore", invalid="ignore"):
        grown = -np.expm1(-years * np.log1p(rate))
        return np.where(rate == 0.0, 1.0 / np.where(years == 0.0, np.nan, years), rate / grown)


def present_of_one(rate: Floats | float, years: Floats) -> Floats:
    """Return what one a year for so many years is worth today."""
    if isinstance(rate, float):
        rate = np.full(len(years), rate)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(rate == 0.0, years, -np.expm1(-years * np.log1p(rate)) / rate)


def arrange(columns: Mapping[str, Floats], deal: Deal, lever: Lever | None = None) -> Arranged:
    """Return the columns with all products of a deal in them.

    Order: tax that falls away; battery service takes the pack out of the price; scrapping and
    grants, together never more than what is bought; the loan, lease or daily payments on what is
    left; guarantee and interest subsidy change the loan's terms.
    """
    lever = lever or Lever()
    done = Arranged(dict(columns))
    _waive(done, deal)
    price = done.columns["price"]
    _battery(done, deal)
    for_vehicle, for_charger = _grants(done, deal, lever, price)
    credit = deal.of("credit")
    if credit is None or credit.kind == "cash":
        _bought(done, for_vehicle + for_charger)
    elif credit.kind == "loan":
        _bought(done, for_vehicle + for_charger)
        _loan(done, deal, credit, lever)
    elif credit.kind == "lease":
        _lease(done, deal, credit, for_vehicle, for_charger)
    else:
        _bought(done, for_vehicle + for_charger)
        _daily(done, deal, credit)
    _rental(done, deal, columns)
    if (scrap := deal.of("scrappage")) is not None and scrap.kind == "two_for_one":
        _second_truck(done, deal)
    if lever.support is not None:
        _support(done, deal, 12.0 * lever.support)
    return done


def _waive(done: Arranged, deal: Deal) -> None:
    tax = done.columns["purchase_tax"]
    waived = np.zeros(len(tax))
    for slot in ("scrappage", "grant"):
        if (product := deal.of(slot)) is not None:
            part = (tax - waived) * deal.number(product, "tax_waived", 0.0)
            done.pays(product.product_id, part)
            waived = waived + part
    done.columns["purchase_tax"] = tax - waived
    done.extra["tax_waived"] = waived


def _battery(done: Arranged, deal: Deal) -> None:
    """Take the pack out of what is bought, for a fee."""
    product = deal.of("battery")
    if product is None:
        return
    c = done.columns
    packs = deal.battery_price * deal.number(product, "batteries", 1.0)
    rate, term = deal.number(product, "rate", 0.0), deal.number(product, "term_years", 1.0)
    fee = packs * annuity(rate, term) * (1.0 + deal.number(product, "overhead_share", 0.0))
    fixed: dict[str, Floats | float] = {
        "fee_per_month": 12.0, "fee_per_km": c["km_per_year"],
        "fee_per_kwh": deal.battery_energy_wh / 1000.0,
    }  # fmt: skip
    agreed = [
        deal.number(product, name, 0.0) * times
        for name, times in fixed.items()
        if name in product.numbers
    ]
    if agreed:
        fee = np.sum(agreed, axis=0)
    c["price"] = c["price"] - deal.battery_price
    c["value"] = np.maximum(c["value"] - deal.battery_price, 0.0)
    c["battery_price"], c["battery_year"] = np.zeros(len(fee)), np.zeros(len(fee))
    c["fee_per_year"] = c["fee_per_year"] + fee
    c["fee_years"] = c["years"].copy()


def _grants(done: Arranged, deal: Deal, lever: Lever, price: Floats) -> tuple[Floats, Floats]:
    """Return the money got for the vehicle and for the charger, which never exceeds their cost."""
    c = done.columns
    vehicle = c["price"] + c["duty"] + c["purchase_tax"]
    charger = np.zeros(len(price))
    trial = deal.of("trial")
    if trial is not None:
        charger = c["charger"] * deal.number(trial, "charger_share", 0.0)
        done.pays(trial.product_id, charger)
    # a lease takes the charger over only where it says so
    credit = deal.of("credit")
    apart = credit is not None and credit.kind == "lease" and "charger" not in credit.includes
    room = vehicle + (0.0 if apart else c["charger"] - charger)
    # who scraps and buys nothing is paid in full
    room = np.where(deal.nothing_bought, np.inf, room)
    got = np.minimum(c["grant"], room)
    for slot in ("scrappage", "grant"):
        product = deal.of(slot)
        if product is None:
            continue
        part = deal.number(product, "amount", 0.0) * deal.number(product, "amount_share", 1.0)
        if product.kind == "two_for_one":
            part = part + deal.partner_amount
        part = part + price * deal.number(product, "share", 0.0)
        part = np.minimum(part, deal.number(product, "amount_max", np.inf))
        part = np.minimum(part, room - got)
        done.pays(product.product_id, part)
        got = got + part
        if product.scraps:
            c["trade_in"] = np.zeros(len(got))
    if lever.grant is not None:
        # where the lessor buys the vehicle alone, the operator's charger is paid for first
        first = np.minimum(lever.grant, c["charger"] - charger) if apart else np.zeros(len(got))
        part = np.minimum(lever.grant - first, room - got)
        done.pays("lever", first + part)
        charger = charger + first
        got = got + part
    done.extra["grant"] = got + charger
    return got, charger


def _bought(done: Arranged, grant: Floats) -> None:
    done.columns["grant"] = grant


def _left_to_pay(c: Columns) -> Floats:
    bought = c["price"] + c["duty"] + c["purchase_tax"] + c["charger"]
    left: Floats = np.maximum(bought - c["grant"] - c["trade_in"], 0.0)
    return left


def _loan(done: Arranged, deal: Deal, credit: Product, lever: Lever) -> None:
    """Lend what is left after the down payment, on the terms that guarantee and subsidy give."""
    c = done.columns
    rate, down = deal.number(credit, "rate", 0.0), deal.number(credit, "down_payment", 0.0)
    term = deal.number(credit, "term_years", 0.0)
    if lever.term_years is not None:
        term = lever.term_years
    guarantee, subsidy = deal.of("guarantee"), deal.of("interest subsidy")
    cover = np.zeros(len(rate))
    if guarantee is not None:
        stated = deal.number(guarantee, "cover", 1.0)
        cover = stated if lever.cover is None else lever.cover
        strength = cover / stated
        rate = np.maximum(rate - strength * deal.number(guarantee, "rate_cut", 0.0), 0.0)
        if "down_payment" in guarantee.numbers:
            lower = np.minimum(deal.number(guarantee, "down_payment", 0.0), down)
            down = np.maximum(down + strength * (lower - down), 0.0)
    loan = _left_to_pay(c) * (1.0 - down)
    loan = np.minimum(loan, deal.number(credit, "amount_max", np.inf))
    paid = rate
    cuts = [] if subsidy is None else [(subsidy.product_id, deal.number(subsidy, "rate_cut", 0.0))]
    if lever.rate_cut is not None:
        cuts.append(("lever", lever.rate_cut))
    worth = present_of_one(deal.treasury_rate, term)
    done.extra["interest_subsidy"] = np.zeros(len(rate))
    for payer, cut in cuts:
        lower = np.maximum(paid - cut, 0.0)
        cost = loan * (annuity(paid, term) - annuity(lower, term)) * worth
        done.pays(payer, cost)
        done.extra["interest_subsidy"] += cost
        paid = lower
    if guarantee is not None:
        loss = _expected_loss(deal, guarantee, cover, loan, rate, term)
        done.pays(guarantee.product_id, loss)
        done.extra["expected_loss"] = loss
    c["loan"], c["loan_rate"], c["loan_years"] = loan, paid, term.copy()
    done.extra["lender_rate"], done.extra["term_years"] = rate, term


def _expected_loss(
    deal: Deal, guarantee: Product, cover: Floats, loan: Floats, rate: Floats, term: Floats
) -> Floats:
    """Return default rate × loss × cover × what is owed when it fails, brought to today.

    A loan that fails does so in any of its years alike, at the end of the year, before that year's
    instalment: what is owed at its start is lost.
    """
    payment = loan * annuity(rate, term)
    lost = np.zeros(len(loan))
    for year in range(1, int(np.nanmax(term, initial=0.0)) + 1):
        owed = payment * present_of_one(rate, term - year + 1.0)
        here = owed / (1.0 + deal.treasury_rate) ** year
        lost += np.where(year <= term, here, 0.0)
    per_year = deal.number(guarantee, "default_rate", 0.0) / term
    return lost * per_year * deal.number(guarantee, "loss_share", 0.0) * cover


def _lease(
    done: Arranged, deal: Deal, credit: Product, for_vehicle: Floats, for_charger: Floats
) -> None:
    """Let the lessor buy, and pay a fee for the whole ledger: the lease is renewed as it was."""
    c = done.columns
    rate, term = deal.number(credit, "rate", 0.0), deal.number(credit, "term_years", 1.0)
    over = 1.0 + deal.number(credit, "overhead_share", 0.0)
    included = credit.includes
    passed_on = for_vehicle
    if "charger" in included:
        passed_on = passed_on + for_charger
        for_charger = np.zeros(len(for_charger))
    # a grant is paid once and the lease renewed without it: it is spread over all years
    fee = _lease_fee(c, rate, term, included) - passed_on * annuity(rate, c["years"])
    fee = np.maximum(fee, 0.0) * over
    if "fee_per_month" in credit.numbers:
        fee = deal.number(credit, "fee_per_month", 0.0) * 12.0
    zeros = ["price", "duty", "purchase_tax", "value", "insurance_share", "battery_price"]
    zeros += ["battery_year"]
    zeros += [f"{name}_per_year" for name in ("maintenance", "tyres", "vehicle_tax")
              if name in included]  # fmt: skip
    zeros += ["charger"] if "charger" in included else []
    for name in zeros:
        c[name] = np.zeros(len(fee))
    c["grant"] = for_charger
    c["fee_per_year"] = c["fee_per_year"] + fee
    c["fee_years"] = c["years"].copy()
    done.extra["lender_rate"], done.extra["term_years"] = rate, term


def _lease_fee(c: Columns, rate: Floats, term: Floats, included: tuple[str, ...]) -> Floats:
    """Return the yearly fee: annuity on price less present residual, and the level of services."""
    bought = c["price"] + c["duty"] + c["purchase_tax"]
    if "charger" in included:
        bought = bought + c["charger"]
    factor = annuity(rate, term)
    residual = c["value"] * ((1.0 - c["value_decline"]) / (1.0 + rate)) ** term
    services = np.zeros(len(rate))
    prices = 1.0 + c["inflation"]
    for year in range(1, int(np.nanmax(term, initial=0.0)) + 1):
        paid = np.zeros(len(rate))
        grown = prices ** (year - 1)
        if "maintenance" in included:
            own = (1.0 + c["maintenance_growth"]) ** (year - 1)
            paid = paid + c["maintenance_per_year"] * grown * own
        for name in ("tyres", "vehicle_tax"):
            if name in included:
                paid = paid + c[f"{name}_per_year"] * grown
        if "insurance" in included:
            worth = c["value"] * (1.0 - c["value_decline"]) ** (year - 1)
            paid = paid + c["insurance_share"] * worth
        services += np.where(year <= term, paid / (1.0 + rate) ** year, 0.0)
    fee: Floats = np.maximum(bought - residual, 0.0) * factor + services * factor
    return fee


def _daily(done: Arranged, deal: Deal, credit: Product) -> None:
    """Pay a deposit and then by working day; the vehicle is the operator's from the first day."""
    c = done.columns
    left = _left_to_pay(c)
    rate, term = deal.number(credit, "rate", 0.0), deal.number(credit, "term_years", 1.0)
    owed = left * (1.0 - deal.number(credit, "down_payment", 0.0))
    fee = owed * annuity(rate, term) * (1.0 + deal.number(credit, "overhead_share", 0.0))
    if "fee_per_day" in credit.numbers:
        fee = deal.number(credit, "fee_per_day", 0.0) * deal.working_days
    # what the provider pays is bought by nobody else, the vehicle first; its fee pays for it
    rest = owed
    for name in _BOUGHT:
        paid = np.minimum(rest, c[name])
        c[name], rest = c[name] - paid, rest - paid
    c["fee_per_year"] = c["fee_per_year"] + fee
    c["fee_years"] = term.copy()
    done.extra["lender_rate"], done.extra["term_years"] = rate, term
    done.extra["owned_price"] = owed


def _rental(done: Arranged, deal: Deal, before: Mapping[str, Floats]) -> None:
    """Price a trial's months of rental; who leases afterwards is spared that much."""
    trial = deal.of("trial")
    if trial is None:
        return
    c = done.columns
    months = deal.number(trial, "months", 0.0)
    if deal.credit == "lease":
        rental = c["fee_per_year"] / 12.0 * months
        c["grant"] = c["grant"] + rental
    else:
        rate, term, overhead = (np.full(len(months), value) for value in deal.rental)
        fee = _lease_fee(dict(before), rate, term, ("maintenance", "insurance"))
        rental = fee * (1.0 + overhead) / 12.0 * months
    done.pays(trial.product_id, rental)
    done.extra["rental"] = rental


def _support(done: Arranged, deal: Deal, yearly: Floats) -> None:
    """Pay money every year that grows with prices, as what access is worth does."""
    c = done.columns
    c["access_per_year"] = c["access_per_year"] + yearly
    present = np.zeros(len(yearly))
    for year in range(1, int(c["years"].max(initial=0.0)) + 1):
        factor = (1.0 + c["inflation"]) ** (year - 1) / (1.0 + deal.treasury_rate) ** year
        present += np.where(year <= c["years"], factor, 0.0)
    done.pays("lever", yearly * present)


def _second_truck(done: Arranged, deal: Deal) -> None:
    """Count the worth of the second truck that is given up against the money got."""
    c = done.columns
    spared = np.minimum(c["grant"], deal.partner_worth)
    c["grant"] = c["grant"] - spared
    c["price"] = c["price"] + deal.partner_worth - spared
