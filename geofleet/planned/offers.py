"""What operators are offered: access that clean vehicles win, finance products, grants."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geofleet.config import ExemptionConfig, PlanConfig
from geofleet.defaults import Defaults
from geofleet.errors import InputError, Problem

if TYPE_CHECKING:
    from geofleet.economics.finance import Product
    from geofleet.economics.options import Options

__all__ = ["access_of", "offered", "products_of"]

_FILTER = "dpf_retrofit"
_RENEWED = ("euro_6", "cng", "diesel_hybrid")


def access_of(
    physical: pd.DataFrame,
    vehicles: pd.DataFrame,
    exemption: ExemptionConfig,
    *,
    defaults: Defaults | None = None,
) -> pd.Series:
    """Return what the access that clean vehicles win is worth, money of a year.

    Where the days follow from holograms, a vehicle with a filter wins them up to the age at which
    it may still join the programme (row ``programme:cap.present``), and what is bought new is
    barred as its own hologram says (rows ``economics_access:option.<technology>.hologram``), with
    the declared days as before.

    Parameters
    ----------
    physical, vehicles
        Of outcomes.

    Returns
    -------
    Series
        By (vehicle_id, option), for options that win something; NaN where the hologram, the age of
        a vehicle with a filter or the size of the operator is not known and the days follow from
        it.
    """
    from geofleet.economics.access import access_terms, access_value, clear_share

    exempt = physical["technology"].isin(exemption.technologies)
    if exemption.whole_days is None:
        terms = access_terms(vehicles, defaults=defaults)
    else:
        # any hologram will do, as its days are replaced
        terms = access_terms(vehicles.assign(hologram="00"), defaults=defaults)
        terms["whole_days"] = exemption.whole_days
        terms["clear_share"] = clear_share(terms["whole_days"])
    for name in ("contingency_days", "contingency_hours"):
        if (given := getattr(exemption, name)) is not None:
            terms[name] = given
    wins = physical.index[exempt]
    value = access_value(terms).reindex(wins.get_level_values(0)).to_numpy()
    if exemption.whole_days is not None:
        return pd.Series(value, index=wins, name="access_per_year")
    scope = (defaults or Defaults()).scope()
    filtered = (physical.loc[exempt, "technology"] == _FILTER).to_numpy()
    joins = _may_join(vehicles, scope).reindex(wins.get_level_values(0)).to_numpy(np.float64)
    # who may not join wins nothing, whatever a day is worth
    value = np.where(filtered, np.where(joins == 0.0, 0.0, joins * value), value)
    parts = [pd.Series(value, index=wins)]
    parts += [
        access_value(_renewed(terms, name, scope))
        .reindex(index.get_level_values(0))
        .set_axis(index)
        for name in _RENEWED
        if len(index := physical.index[~exempt & (physical["technology"] == name)])
    ]
    return pd.concat(parts).rename("access_per_year")


def _may_join(vehicles: pd.DataFrame, defaults: Defaults) -> pd.Series:
    """Return 1 for vehicles that may join with a filter, 0 for too old ones, NaN if unknown."""
    oldest = defaults.number("programme", "cap.present")
    built = pd.to_numeric(
        vehicles.get("model_year", pd.Series(np.nan, vehicles.index)), errors="coerce"
    )
    age = defaults.number("economics", "first_year") - built
    return (age <= oldest).astype(np.float64).where(age.notna())


def _renewed(terms: pd.DataFrame, technology: str, defaults: Defaults) -> pd.DataFrame:
    """Return the terms of vehicles that are replaced by new ones of a technology.

    The new one is barred on the days of its hologram and stands still on declared days as the old
    one did.
    """
    hologram = defaults.text("economics_access", f"option.{technology}.hologram")
    barred = defaults.number("economics_access", f"barred_days.{hologram}")
    won = (terms["whole_days"] - barred).clip(lower=0.0)
    return terms.assign(whole_days=won, contingency_days=terms["contingency_days"] * 0.0)


def offered(
    options: Options,
    products: Mapping[str, Product],
    config: PlanConfig,
    *,
    date: datetime.date | None = None,
    defaults: Defaults | None = None,
) -> pd.DataFrame:
    """Return the product that suits each option best, and the grant that it takes besides.

    Every product is tried alone; the one that needs the least public money is taken, of equals the
    first. What the treasury pays within a product (a grant, a scrappage credit) is public money as
    the grant beside it is; what a donor pays is not. With ``grant: none`` an option is open only
    where a product needs no grant besides.
    """
    from geofleet.economics.finance import smallest

    best: pd.DataFrame | None = None
    for name, product in products.items():
        found = smallest("grant", options, [product], date=date, defaults=defaults)
        reason, ready = found["reason"], found["value"].notna()
        if config.grant == "none":
            needs = ready & (found["value"] > 0.0)
            reason = reason.mask(needs, "a grant is needed, and none is paid")
            ready &= ~needs
        table = pd.DataFrame({
            "product": name,
            "grant": found["value"].where(ready),
            "public": found["public_cost"].where(ready),
            "reason": reason,
        })  # fmt: skip
        if best is None:
            best = table
            continue
        better = table["public"].fillna(np.inf) < best["public"].fillna(np.inf)
        best = best.where(~better, table)
    if best is None:
        expected = "at least one finance product"
        raise InputError([Problem("plan", "products", expected=expected)])
    return best


def products_of(config: PlanConfig, *, defaults: Defaults) -> dict[str, Product]:
    """Return the products that operators are offered.

    Raises
    ------
    InputError
        Sets, files and names that do not exist; products that nobody can take alone.
    """
    from geofleet.economics.finance import load_products, product_sets, read_products
    from geofleet.economics.finance.model import NEEDS_LOAN

    if config.product_file is not None:
        known = read_products(config.product_file, defaults=defaults)
    elif config.product_set in product_sets():
        known = load_products(config.product_set, defaults=defaults)
    else:
        expected = "one of " + ", ".join(product_sets())
        raise InputError([Problem("plan", "product_set", 0, config.product_set, expected)])
    names = config.products or [
        name for name, product in known.items() if product.kind in ("cash", "loan")
    ]
    expected = "one of " + ", ".join(known)
    problems = [Problem("plan", "products", 0, name, expected) for name in names
                if name not in known]  # fmt: skip
    expected = "a product that can be had alone, as each is offered alone; this needs a loan"
    problems += [Problem("plan", "products", 0, name, expected) for name in names
                 if name in known and known[name].kind in NEEDS_LOAN]  # fmt: skip
    if problems:
        raise InputError(problems)
    return {name: known[name] for name in names}
