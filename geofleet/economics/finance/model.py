"""Finance products: who pays, who can have them, and their numbers; all of it data."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.errors import InputError, Problem

__all__ = [
    "GROUPS",
    "INCLUDED",
    "KINDS",
    "NEEDS_LOAN",
    "PAYERS",
    "RATES",
    "SLOT",
    "TECHNOLOGIES",
    "Financed",
    "Product",
    "ProductSet",
    "Scale",
    "stack",
]

KINDS = (
    "cash", "loan", "lease", "battery_service", "pay_as_you_go", "guarantee", "grant", "scrappage",
    "scrappage_credit", "two_for_one", "interest_subsidy", "trial",
)  # fmt: skip
"""Kinds of products."""

SLOT = {
    "scrappage": "scrappage", "scrappage_credit": "scrappage", "two_for_one": "scrappage",
    "grant": "grant", "trial": "trial", "battery_service": "battery", "cash": "credit",
    "loan": "credit", "lease": "credit", "pay_as_you_go": "credit", "guarantee": "guarantee",
    "interest_subsidy": "interest subsidy",
}  # fmt: skip
"""Slot of each kind, in the order in which they are worked out; each slot takes one product."""

NEEDS_LOAN = ("guarantee", "interest_subsidy")
PAYERS = ("operator", "treasury", "development_bank", "donor", "lessor", "provider")
RATES = ("effective", "nominal_monthly", "monthly")
INCLUDED = ("maintenance", "insurance", "tyres", "charger", "vehicle_tax")
TECHNOLOGIES = ("scrap", "dpf_retrofit", "euro_6", "cng", "diesel_hybrid", "electric")
GROUPS = ("van", "c2", "c3", "t3")

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Scale:
    """A number, or one per operator size, vehicle class or group of classes, or technology.

    Parameters
    ----------
    by
        ``all``, ``operator_size``, ``vehicle_class`` or ``technology``.
    values
        Number by name; the name of the one for all is empty.
    rows
        Default rows that they come from.
    """

    by: str
    values: Mapping[str, float]
    rows: tuple[str, ...] = ()

    def of(self, names: Sequence[pd.Series]) -> Floats:
        """Return the number of each row; NaN where there is none for it.

        Parameters
        ----------
        names
            What each row is called; the first name that has a number counts.
        """
        if self.by == "all":
            return np.full(len(names[0]), self.values[""])
        found = np.full(len(names[0]), np.nan)
        for series in names:
            codes, uniques = pd.factorize(series, use_na_sentinel=True)
            known = [self.values.get(str(name), np.nan) for name in uniques]
            here = np.array([*known, np.nan])[codes]
            found = np.where(np.isnan(found), here, found)
        return found


@dataclass(frozen=True)
class Product:
    """One finance product.

    Parameters
    ----------
    product_id, name
        Unique name, and what people call it.
    kind
        One of ``KINDS``.
    payer
        Who bears what it costs: one of ``PAYERS``.
    currency
        Of its amounts.
    numbers
        By name, as in ``geofleet.economics.finance.fields``; rates are effective, of a year.
    technologies, operator_sizes, vehicle_classes, assembly_countries
        Who can have it; empty: any.
    includes
        What a lease pays beside the vehicle.
    pot_currency
        Of the pot.
    valid_from, valid_until
        First and last day; None: open.
    status, source, note
        Where it is known from.
    rows
        Default rows read.
    """

    product_id: str
    name: str
    kind: str
    payer: str
    currency: str
    numbers: Mapping[str, Scale]
    technologies: tuple[str, ...] = ()
    operator_sizes: tuple[str, ...] = ()
    vehicle_classes: tuple[str, ...] = ()
    assembly_countries: tuple[str, ...] = ()
    includes: tuple[str, ...] = ()
    pot_currency: str = ""
    valid_from: datetime.date | None = None
    valid_until: datetime.date | None = None
    status: str = "user"
    source: str = ""
    note: str = ""
    rows: tuple[str, ...] = ()

    @property
    def slot(self) -> str:
        """The slot that it takes; two products of one slot exclude each other."""
        return SLOT[self.kind]

    @property
    def scraps(self) -> bool:
        """Whether the vehicle of today must be scrapped."""
        return self.slot == "scrappage"


@dataclass(frozen=True)
class ProductSet(Mapping[str, Product]):
    """Products by id, and the packages in which they are offered.

    Parameters
    ----------
    title, currency
        Of the file.
    products
        By id.
    packages
        Products that go together, by name of the package.
    provenance
        Default rows read.
    """

    title: str
    currency: str
    products: Mapping[str, Product]
    packages: Mapping[str, tuple[Product, ...]] = field(default_factory=dict)
    provenance: tuple[str, ...] = ()

    def __getitem__(self, product_id: str) -> Product:
        """Return one product."""
        return self.products[product_id]

    def __iter__(self) -> Iterator[str]:
        """Iterate over the ids."""
        return iter(self.products)

    def __len__(self) -> int:
        """Return the number of products."""
        return len(self.products)


@dataclass(frozen=True)
class Financed:
    """Cases as they are with finance products.

    Parameters
    ----------
    cases
        Ledger cases, same index: price, grant, loan, fee, value, trade-in… changed where the
        products can be had, as they were elsewhere.
    terms
        Same index. ``eligible`` (yes, no, unknown) with ``reason``; ``grant`` (all money that the
        operator gets), ``tax_waived``, ``interest_subsidy`` and ``expected_loss`` (present values),
        ``rental`` (of a trial); ``public_cost`` (borne by treasury and development bank),
        ``donor_cost``, ``paid_by``; ``credit`` (cash, loan, lease…), ``lender_rate``,
        ``term_years``, ``partner`` (second truck to scrap; empty: none).
        Where a product cannot be had nothing is paid; where that is unknown, so are the amounts.
    products
        In the order in which they were worked out.
    currency
        Of all amounts.
    provenance
        Default rows used.
    """

    cases: pd.DataFrame
    terms: pd.DataFrame
    products: tuple[Product, ...]
    currency: str
    provenance: tuple[str, ...] = ()


def stack(products: Product | Sequence[Product]) -> tuple[Product, ...]:
    """Return products in the order in which they are worked out.

    Raises
    ------
    InputError
        Two products of one slot, a guarantee or an interest subsidy without a loan.
    """
    given = (products,) if isinstance(products, Product) else tuple(products)
    slots = list(dict.fromkeys(SLOT.values()))
    ordered = tuple(sorted(given, key=lambda one: slots.index(one.slot)))
    problems = []
    for slot in slots:
        taken = [one.product_id for one in ordered if one.slot == slot]
        if len(taken) > 1:
            expected = f"one product for {slot}; these exclude each other"
            problems.append(Problem("finance products", slot, 0, ", ".join(taken), expected))
    if not any(one.kind == "loan" for one in ordered):
        problems += [
            Problem("finance products", one.product_id, expected="a loan beside it")
            for one in ordered
            if one.kind in NEEDS_LOAN
        ]
    if problems:
        raise InputError(problems)
    return ordered
