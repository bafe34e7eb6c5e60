"""All loans and leases of a plan, as a lender looks at them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.economics.options import KEEP
from geofleet.planned import granted_options
from geofleet.report.credit import LeaseRow, LoanBook, StressYear, YearOfLoans

if TYPE_CHECKING:
    from geofleet.planned import PlannedStudy

__all__ = ["CREDIT", "borrowers", "loan_book", "owed_after"]

CREDIT = ("loan", "lease", "pay_as_you_go")
"""Kinds of products that a lender stands behind."""

_PRICE = ["price", "duty", "purchase_tax", "charger"]
_SHOWN_YEARS = 5
_MONTHS = 12

Floats = npt.NDArray[np.float64]


def borrowers(planned: PlannedStudy) -> list[str]:
    """Return the vehicles of a plan that are bought, fitted or leased on credit."""
    found: list[str] = []
    for name, options in granted_options(planned).items():
        if planned.products[name].kind in CREDIT:
            found += [str(vehicle) for vehicle in
                      options.cases.index.get_level_values(0).unique()]  # fmt: skip
    return found


def loan_book(planned: PlannedStudy) -> LoanBook | None:
    """Return what lenders are asked for in a plan; None where nobody borrows or leases."""
    from geofleet.economics.finance import apply_product, lender_sheet, stress
    from geofleet.economics.ledger import ledger_totals

    sheets, bad, bought = [], [], []
    for name, options in granted_options(planned).items():
        product, own = planned.products[name], planned.defaults.fresh()
        if product.kind not in CREDIT:
            continue
        made = apply_product(options, [product], defaults=own)
        cases = made.cases
        rows = cases.index[cases.index.get_level_values(1) != KEEP]
        sheet = lender_sheet(options, [product], defaults=own).loc[rows]
        sheets.append(sheet.assign(product=name))
        years = stress(options, [product], defaults=own)
        bad.append(years[_cases(years).isin(rows)])
        whole = options.cases.loc[rows, _PRICE].sum(axis=1, skipna=False)
        terms = made.terms.loc[rows]
        bought.append(cases.loc[rows].assign(
            first=ledger_totals(cases).loc[rows, "upfront"], whole=whole, given=terms["grant"],
            # what a lessor or provider puts up, beside the part of the grant that it gets
            capital=whole - cases.loc[rows, _PRICE].sum(axis=1, skipna=False)
            - (terms["grant"] - cases.loc[rows, "grant"]),
            their_rate=terms["lender_rate"], their_term=terms["term_years"],
        ))  # fmt: skip
    if not sheets:
        return None
    sheet, cases = pd.concat(sheets), pd.concat(bought)
    had = (sheet["eligible"] == "yes").to_numpy()
    if not had.any():
        return None
    return _book(planned, sheet[had], cases[had], pd.concat(bad))


def owed_after(loan: Floats, rate: Floats, years: Floats, after: Floats | float) -> Floats:
    """Return what is owed of loans of equal yearly instalments after so many years.

    Examples
    --------
    >>> float(owed_after(np.array([100.0]), np.array([0.0]), np.array([4.0]), 1.0)[0])
    75.0
    """
    left = np.clip(years - after, 0.0, None)
    with np.errstate(divide="ignore", invalid="ignore"):
        grown = np.where(rate > 0.0, (1.0 - (1.0 + rate) ** -left) / (1.0 - (1.0 + rate) ** -years),
                         left / years)  # fmt: skip
    return np.where(loan > 0.0, loan * grown, 0.0)


def instalment(loan: Floats, rate: Floats, years: Floats) -> Floats:
    """Return what a loan of equal monthly instalments costs a month, at an effective yearly rate.

    Examples
    --------
    >>> float(instalment(np.array([1200.0]), np.array([0.0]), np.array([1.0]))[0])
    100.0
    """
    month = (1.0 + rate) ** (1.0 / _MONTHS) - 1.0
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(month > 0.0, month / (1.0 - (1.0 + rate) ** -years),
                         1.0 / (_MONTHS * years))  # fmt: skip
    return np.where(loan > 0.0, loan * share, 0.0)


def _book(
    planned: PlannedStudy, sheet: pd.DataFrame, cases: pd.DataFrame, bad: pd.DataFrame
) -> LoanBook:
    from geofleet.economics.finance import stress_scenarios

    vehicles = planned.vehicles().set_index("vehicle_id").loc[sheet.index.get_level_values(0)]
    kept = bad[_cases(bad).isin(sheet.index)]
    scenario = kept.index.get_level_values("scenario")
    own = planned.defaults.fresh()
    changes = stress_scenarios(own)
    default = sheet["default_rate"]
    years = pd.to_numeric(vehicles["year"]).to_numpy(np.int64)
    loss = float(sheet["expected_loss"].sum(skipna=False))
    cover = sheet["cover"]
    leased = sheet["product"].map(lambda name: planned.products[name].kind != "loan").to_numpy()
    return LoanBook(
        currency=planned.currency,
        price_year=planned.options.price_year,
        trucks=len(sheet),
        operators=int(vehicles["operator_id"].nunique()),
        sizes=_counts(vehicles["operator_size"].fillna("unknown")),
        technologies=_counts(vehicles["technology"]),
        products=_counts(sheet["product"]),
        product_names={name: planned.products[name].name for name in sheet["product"].unique()},
        price=float(cases["whole"].sum(skipna=False)),
        grant=float(cases["given"].sum(skipna=False)),
        loan=float(sheet["loan"].sum(skipna=False)),
        first=float(cases["first"].sum(skipna=False)),
        trade_in=float(cases["trade_in"].sum(skipna=False)),
        rate=_ends(sheet["rate"].fillna(cases["their_rate"])),
        term_years=_ends(sheet["term_years"].fillna(cases["their_term"])),
        instalment=float((sheet["instalment_per_month"] + sheet["fee_per_month"])
                         .sum(skipna=False)),
        cover_min=float(sheet["cover_min"].max()),
        cover_low=float(cover.min()),
        cover_middle=float(cover.median()),
        below=int((cover < sheet["cover_min"]).sum()),
        km_per_day=float(sheet["km_per_day"].median()),
        break_even=float(sheet["break_even_km_per_day"].median()),
        tight=int((sheet["km_per_day"] < sheet["break_even_km_per_day"]).sum()),
        default_low=float(default.min()),
        default_high=float(default.max()),
        loss=loss,
        guarantee_share=own.number("finance", "guarantee.cover"),
        loan_to_value=_loan_to_value(cases),
        years=_cash(cases, years),
        capital=float(cases["capital"].sum(skipna=False)),
        leased=int(leased.sum()),
        leases=_leases(sheet[leased], cases[leased]),
        stress=tuple(
            _stressed(kept[scenario == name], name, change)
            for name, change in changes.items()
        ),
    )  # fmt: skip


def _leases(sheet: pd.DataFrame, cases: pd.DataFrame) -> tuple[LeaseRow, ...]:
    """Return what lessors and providers of daily payments put up and get, by product."""
    table = sheet[["product", "fee_per_month", "cover"]].join(cases[["whole", "given", "capital"]])
    found = []
    for name, part in table.groupby("product", sort=False):
        sums = part[["whole", "given", "capital", "fee_per_month"]].sum(skipna=False)
        found.append(LeaseRow(
            product=str(name), trucks=len(part), price=float(sums["whole"]),
            grant=float(sums["given"]), capital=float(sums["capital"]),
            fees=float(sums["fee_per_month"]), cover_low=float(part["cover"].min()),
        ))  # fmt: skip
    return tuple(found)


def _cases(years: pd.DataFrame) -> pd.MultiIndex:
    """Return (vehicle_id, option) of each row of a table of bad years."""
    levels = [years.index.get_level_values(name) for name in ("vehicle_id", "option")]
    return pd.MultiIndex.from_arrays(levels)


def _counts(values: pd.Series) -> dict[str, int]:
    return {str(name): int(count) for name, count in values.value_counts().items()}


def _ends(values: pd.Series) -> tuple[float, float]:
    return float(values.min()), float(values.max())


def _loans(cases: pd.DataFrame) -> tuple[Floats, Floats, Floats]:
    found = [cases[name].fillna(0.0).to_numpy(np.float64)
             for name in ("loan", "loan_rate", "loan_years")]  # fmt: skip
    return found[0], found[1], found[2]


def _loan_to_value(cases: pd.DataFrame) -> tuple[float, ...]:
    """Return owed over worth at the start and after each year, over all that is borrowed."""
    loan, rate, term = _loans(cases)
    if not loan.sum() > 0.0:
        return ()
    lent = loan > 0.0
    worth = cases["value"].to_numpy(np.float64)[lent]
    decline = cases["value_decline"].to_numpy(np.float64)[lent]
    found = []
    for year in range(min(int(term.max()), _SHOWN_YEARS) + 1):
        owed = owed_after(loan, rate, term, year)[lent].sum()
        value = (worth * (1.0 - decline) ** year).sum()
        found.append(float(owed / value) if value > 0.0 else math.nan)
    return tuple(found)


def _cash(cases: pd.DataFrame, first: npt.NDArray[np.int64]) -> tuple[YearOfLoans, ...]:
    """Return the loans' years: each is lent in the year in which its vehicle changes."""
    loan, rate, term = _loans(cases)
    lent = loan > 0.0
    if not lent.any():
        return ()
    grant = cases["grant"].fillna(0.0).to_numpy(np.float64)
    found = []
    for year in range(int(first.min()), int((first + term)[lent].max()) + 1):
        age = (year - first).astype(np.float64)
        runs = lent & (age >= 1.0) & (age <= term)
        before = np.where(runs, owed_after(loan, rate, term, np.maximum(age - 1.0, 0.0)), 0.0)
        after = np.where(runs, owed_after(loan, rate, term, np.maximum(age, 0.0)), 0.0)
        # after whole years the same is owed as with yearly instalments, with less interest paid
        paid = np.where(runs, _MONTHS * instalment(loan, rate, term), 0.0)
        new = first == year
        found.append(YearOfLoans(
            year=year, loans=int((new & lent).sum()), lent=float(loan[new].sum()),
            interest=float((paid - (before - after)).sum()), repaid=float((before - after).sum()),
            owed=float(after.sum() + loan[new].sum()), grants=float(grant[new].sum()),
        ))  # fmt: skip
    return tuple(found)


def _stressed(rows: pd.DataFrame, name: str, change: dict[str, float]) -> StressYear:
    serves = rows["serves"].value_counts()
    return StressYear(
        name=name, km=change.get("km", 0.0), energy=change.get("energy", 0.0),
        default=change.get("default", 1.0), serves=int(serves.get("yes", 0)),
        fails=int(serves.get("no", 0)), unknown=int(serves.get("unknown", 0)),
        loss=float(rows["expected_loss"].sum(skipna=False)),
    )  # fmt: skip
