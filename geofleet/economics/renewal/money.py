"""Money of a projection: what operators and the treasury pay and get, year by year."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.economics.renewal.costs import RenewalCosts, technology_of
from geofleet.economics.renewal.factors import QUANTITIES
from geofleet.economics.renewal.kinds import FITTED
from geofleet.economics.renewal.model import OLDEST, TECHNOLOGIES
from geofleet.economics.renewal.packages import ORDINARY
from geofleet.fleet.classes import operator_sizes

if TYPE_CHECKING:
    from geofleet.economics.renewal.results import Renewal

__all__ = ["money_by_size", "money_by_year"]

Floats = npt.NDArray[np.float64]

_MJ_PER_KWH = 3.6
_NOT_ADDED = ("fuel_tax", "trade", "grants", "stock_value")


def money_by_year(renewal: Renewal) -> pd.DataFrame:
    """Return money of each year at prices of one year, all operators together.

    ``new_vehicles``, ``imports``, ``filters``, ``filter_upkeep``, ``energy``, ``upkeep``: what is
    spent; ``grants``: public money in it; ``operators``: the sum less grants; ``fuel_tax``: excise
    and value added tax on fuel that the treasury keeps, within energy; ``stock_value``: what all
    vehicles are worth. What used vehicles cost and bring evens out.
    """
    table = money_by_size(renewal).groupby("year").sum().drop(columns="trade")
    table.index.name = "year"
    return table


def money_by_size(renewal: Renewal) -> pd.DataFrame:
    """Return money by year and operator size; ``trade`` is paid for used vehicles less got."""
    costs = renewal.costs
    index = pd.MultiIndex.from_product(
        [renewal.years, renewal.sizes], names=["year", "operator_size"]
    )
    names = ("new_vehicles", "imports", "filters", "filter_upkeep", "energy", "upkeep", "grants",
             "trade", "operators", "fuel_tax", "stock_value")  # fmt: skip
    if costs is None:
        return pd.DataFrame(np.nan, index=index, columns=list(names))
    kind = np.array([TECHNOLOGIES.index(technology_of(one)) for one in renewal.kinds])
    value = _values(costs, kind)
    found = _spent(renewal, costs, kind, value)
    found["grants"] = _grants(renewal, costs)
    found["stock_value"] = _by_size(renewal.vehicles, value)
    bought, sold = renewal.moved["bought"], renewal.moved["sold_on"]
    found["trade"] = _by_size(bought - sold, value)
    spent = sum(part for name, part in found.items() if name not in _NOT_ADDED)
    found["operators"] = spent + found["trade"] - found["grants"]
    return pd.DataFrame({name: found[name].ravel() for name in names}, index=index)


def _values(costs: RenewalCosts, kind: npt.NDArray[np.int64]) -> Floats:
    """Return what a vehicle costs by age, shape (classes, ages, kinds)."""
    left = (1.0 - costs.value_decline[kind])[None, None, :] ** np.arange(OLDEST + 1)[None, :, None]
    found: Floats = costs.price[:, None, kind] * left
    return found


def _by_size(vehicles: Floats, value: Floats) -> Floats:
    """Sum vehicles times value over all but years and sizes; nothing times unknown is nothing."""
    each = np.where(vehicles != 0.0, vehicles * value[None, :, None], 0.0)
    found: Floats = each.sum(axis=(1, 3, 4))
    return found


def _spent(
    renewal: Renewal, costs: RenewalCosts, kind: npt.NDArray[np.int64], value: Floats
) -> dict[str, Floats]:
    fitted = renewal.moved["fitted"].sum(axis=(1, 3, 4))
    with_filter = np.array([FITTED in one.aftertreatment.split(";") for one in renewal.kinds])
    per_km = renewal.factors
    electricity = per_km[..., QUANTITIES.index("electricity_kwh")]
    fuel_mj = per_km[..., QUANTITIES.index("energy_mj")] - _MJ_PER_KWH * electricity
    gas = np.array([one.fuel == "cng" for one in renewal.kinds])
    litres = np.maximum(fuel_mj, 0.0) / costs.mj_per_l
    price = np.where(gas, costs.gas_per_l, costs.diesel_per_l)
    excise = np.where(gas, costs.excise_share[1], costs.excise_share[0])

    def driven(per_kilometre: Floats) -> Floats:
        yearly = per_kilometre * renewal.km[..., None]
        each = renewal.vehicles * yearly[:, :, None]
        total: Floats = each.sum(axis=(1, 3, 4))
        return total

    pump = driven(litres * price)
    every = operator_sizes()
    at = [every.index(size) for size in renewal.sizes]
    upkeep = np.broadcast_to(costs.upkeep_per_km[None, :, None, kind], per_km.shape[:4])
    return {
        "new_vehicles": _by_size(renewal.moved["new"], value),
        "imports": _by_size(renewal.moved["imported"], value),
        "filters": fitted * costs.filter_price,
        "filter_upkeep": (
            renewal.vehicles[..., with_filter].sum(axis=(1, 3, 4)) * costs.filter_upkeep
        ),
        "energy": pump * costs.fuel_paid[at] + driven(electricity * costs.electricity_per_kwh),
        "upkeep": driven(upkeep),
        "fuel_tax": driven(litres * price * excise) + pump * costs.vat_share[at],
    }


def _grants(renewal: Renewal, costs: RenewalCosts) -> Floats:
    """Return public money by year and size: for filters by price, for vehicles by price and sum."""
    found = np.zeros((len(renewal.years), len(renewal.sizes)))
    package = renewal.package
    for at, year in enumerate(renewal.years[1:], start=1):
        measures = [one for one in package.filters if one.first_year <= year <= one.last_year]
        for fit, number in zip(measures, renewal.paid["filters"][at - 1], strict=True):
            found[at] += number.sum(axis=(0, 2, 3)) * fit.grant_share * costs.filter_price
        swaps = [one for one in package.replacements if one.first_year <= year <= one.last_year]
        for swap, number in zip(swaps, renewal.paid["replaced"][at - 1], strict=True):
            each = np.full(len(renewal.classes), swap.grant)
            if swap.technology != ORDINARY and swap.grant_share > 0.0:
                price = costs.price[:, TECHNOLOGIES.index(swap.technology)]
                each = each + swap.grant_share * price
            paid = number.sum(axis=(2, 3))
            found[at] += np.where(paid > 0.0, paid * each[:, None], 0.0).sum(axis=0)
    return found
