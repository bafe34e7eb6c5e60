"""What a brief for lenders is made of: loans, leases, and how they bear a bad year."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["LeaseRow", "LoanBook", "StressYear", "YearOfLoans"]


@dataclass(frozen=True)
class YearOfLoans:
    """A year of all loans: lent, interest, repaid, paid in all, owed at its end."""

    year: int
    loans: int
    lent: float
    interest: float
    repaid: float
    owed: float
    grants: float


@dataclass(frozen=True)
class StressYear:
    """A bad year: what changes, how many trucks still serve their debt, what is lost."""

    name: str
    km: float
    energy: float
    default: float
    serves: int
    fails: int
    unknown: int
    loss: float


@dataclass(frozen=True)
class LeaseRow:
    """Trucks leased or paid by the day with one product: price, grants, capital, fees a month."""

    product: str
    trucks: int
    price: float
    grant: float
    capital: float
    fees: float
    cover_low: float


@dataclass(frozen=True)
class LoanBook:
    """What a brief for a lender is made of; money of today, as if all changed today.

    Parameters
    ----------
    currency, price_year
        Of all amounts.
    trucks, operators
        Who borrows.
    sizes, technologies, products
        Trucks by size of operator, by technology, by id of the finance product.
    product_names
        What people call each product.
    price, grant, loan, first, trade_in
        Of what is bought: price with tax and charger, grants, credit, paid by operators, and got
        for the trucks of today.
    capital, leased, leases
        What lessors and providers of daily payments put up, for how many of the trucks, and by
        product.
    rate, term_years
        Lowest and highest.
    instalment
        A month, all loans.
    cover_min, cover_low, cover_middle, below
        What the lender asks for, the lowest and the middle truck's, and trucks below it.
    km_per_day, break_even
        Of the middle truck, km of a working day today and at which the debt is just served.
    tight
        Trucks that drive less than their break-even distance.
    default_low, default_high, loss
        Shares of loans that fail, and the loss that is to be expected.
    guarantee_share
        Share of a loss that a guarantee would pay, as the default rows have it.
    loan_to_value
        Owed over worth at the start and after each year, all loans together.
    years
        Cash flow.
    stress
        Bad years.
    """

    currency: str
    price_year: int
    trucks: int
    operators: int
    sizes: Mapping[str, int]
    technologies: Mapping[str, int]
    products: Mapping[str, int]
    product_names: Mapping[str, str]
    price: float
    grant: float
    loan: float
    first: float
    rate: tuple[float, float]
    term_years: tuple[float, float]
    instalment: float
    cover_min: float
    cover_low: float
    cover_middle: float
    below: int
    km_per_day: float
    break_even: float
    tight: int
    default_low: float
    default_high: float
    loss: float
    guarantee_share: float
    loan_to_value: tuple[float, ...]
    years: tuple[YearOfLoans, ...]
    stress: tuple[StressYear, ...]
    trade_in: float = 0.0
    capital: float = 0.0
    leased: int = 0
    leases: tuple[LeaseRow, ...] = ()
