"""Compare projections: what packages change, by year and in all, and what that costs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.economics.renewal.results import Renewal
from geofleet.errors import InputError, Problem

__all__ = ["compare_renewal"]

_AVOIDED = {
    "pm25_exhaust_g": ("pm25_exhaust_avoided_t", 1e-6),
    "bc_exhaust_g": ("bc_exhaust_avoided_t", 1e-6),
    "nox_exhaust_g": ("nox_exhaust_avoided_t", 1e-6),
    "co2e_wtw_g": ("co2e_wtw_avoided_t", 1e-6),
    "harm_person_ug_m3_h": ("harm_avoided_person_ug_m3_h", 1.0),
}
_MONEY = ("operators", "grants", "fuel_tax", "stock_value")


def compare_renewal(
    renewals: Sequence[Renewal],
    *,
    discount_rate: float | None = None,
    by_year: bool = False,
    defaults: Defaults | None = None,
) -> pd.DataFrame:
    """Return what packages change against the first of several projections.

    Parameters
    ----------
    renewals
        Of the same stock over the same years; the first is what the others are compared with.
    discount_rate
        Real; row ``society:discount_rate`` when not given. Money and tonnes of the first year
        count in full.
    by_year
        Rows by package and year instead of sums; money undiscounted.

    Returns
    -------
    pandas.DataFrame
        Avoided tonnes and harm; ``operators_cost``, ``grants`` and ``fuel_tax_lost`` in money of
        today; ``end_value``: how much more the vehicles are worth in the last year, as some outlive
        the projection (by year ``stock_value``, of each year); ``total_cost``: the sum of the first
        three less the last (by year, of the three): what operators and the treasury bear together,
        so that tax which one no longer pays and the other no longer gets is no cost.
        ``cost_per_kg_bc`` is that over all black carbon avoided, whose years are not discounted;
        NaN where none is avoided. ``levelised_per_kg_bc`` discounts the kilograms like the money,
        which makes it one with the cost of a year over what a year avoids
        (:func:`geofleet.economics.society.abatement_cost`). ``old_left``: old vehicles in the last
        year; ``old_left_small_share``: part of them with the smallest operators.

    Raises
    ------
    InputError
        Fewer than two projections, other years or another stock.
    """
    scope = (defaults or Defaults()).scope()
    rows = CheckedRows(scope)
    rate = discount_rate
    if rate is None:
        rate = rows.number("society", "discount_rate", 0.0, 1.0, "a rate from 0 to 1")
    rows.finish()
    _check(renewals)
    base = renewals[0]
    weight = (1.0 + rate) ** -(base.years - base.years[0]).astype(np.float64)
    tables = {one.package.package_id: _differences(base, one) for one in renewals[1:]}
    if by_year:
        return pd.concat(tables, names=["package", "year"])
    found = {}
    for one in renewals[1:]:
        table = tables[one.package.package_id]
        row = {name: float(table[name].sum(skipna=False)) for name, _ in _AVOIDED.values()}
        for name in ("operators_cost", "grants", "fuel_tax_lost", "total_cost"):
            row[name] = float((table[name] * weight).sum(skipna=False))
        row["end_value"] = float(table["stock_value"].iloc[-1] * weight[-1])
        row["total_cost"] -= row["end_value"]
        avoided = row["bc_exhaust_avoided_t"] * 1000.0
        row["cost_per_kg_bc"] = row["total_cost"] / avoided if avoided > 0.0 else float("nan")
        early = float((table["bc_exhaust_avoided_t"] * weight).sum(skipna=False)) * 1000.0
        row["levelised_per_kg_bc"] = row["total_cost"] / early if early > 0.0 else float("nan")
        last = one.owners.loc[one.years[-1]]
        row["old_left"] = float(last["old"].sum())
        row["old_left_small_share"] = float(last["share_of_all_old"].iloc[0])
        found[one.package.package_id] = row
    result = pd.DataFrame.from_dict(found, orient="index")
    result.index.name = "package"
    return result


def _differences(base: Renewal, other: Renewal) -> pd.DataFrame:
    before, after = base.yearly, other.yearly
    found = {new: (before[name] - after[name]) * scale for name, (new, scale) in _AVOIDED.items()}
    unknown = pd.Series(np.nan, index=before.index)
    money = {name: after[name] - before[name] if name in after else unknown for name in _MONEY}
    found["operators_cost"] = money["operators"]
    found["grants"] = money["grants"]
    found["fuel_tax_lost"] = -money["fuel_tax"]
    found["total_cost"] = found["operators_cost"] + found["grants"] + found["fuel_tax_lost"]
    found["stock_value"] = money["stock_value"]
    found["old"] = after["old"] - before["old"]
    return pd.DataFrame(found, index=before.index)


def _check(renewals: Sequence[Renewal]) -> None:
    if len(renewals) < 2:
        expected = "at least two projections"
        raise InputError([Problem("renewals", "renewals", 0, str(len(renewals)), expected)])
    base = renewals[0]
    problems = []
    names = [one.package.package_id for one in renewals[1:]]
    for name in sorted({one for one in names if names.count(one) > 1}):
        problems.append(Problem("renewals", "package_id", 0, name, "each package once"))
    for one in renewals[1:]:
        name = one.package.package_id
        if not np.array_equal(one.years, base.years):
            expected = f"years {base.years[0]} to {base.years[-1]}"
            problems.append(Problem("renewals", f"{name}.years", expected=expected))
        elif one.classes != base.classes or not np.allclose(
            one.vehicles[0].sum(axis=3), base.vehicles[0].sum(axis=3), rtol=1e-9, atol=1e-9
        ):
            problems.append(Problem("renewals", name, expected="a projection of the same stock"))
    if problems:
        raise InputError(problems)
