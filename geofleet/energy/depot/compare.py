"""What a plan is worth: charging at once beside the cheapest schedule, line by line."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd

from geofleet.defaults import Defaults
from geofleet.energy.depot.at_once import charge_at_once
from geofleet.energy.depot.bill import BillTerms
from geofleet.energy.depot.model import Depot, DepotMonth
from geofleet.energy.depot.plan import Schedule
from geofleet.energy.depot.schedule import smart_schedule
from geofleet.energy.depot.tariff import Tariff

__all__ = ["Comparison", "compare_charging"]


@dataclass(frozen=True)
class Comparison:
    """Charging at once, the cheapest schedule, and no charging at all.

    Parameters
    ----------
    at_once, smart
        The two schedules.
    table
        Indexed ``at once``, ``smart``, ``other loads`` (the depot without vehicles): energy from
        the grid and peak demand (``energy_kwh``, ``peak_kw``), money by line of the bill,
        ``total``, ``total_without_capacity`` (the same load where no ``capacity`` is charged),
        ``per_kwh`` (of charging: what the bill is above that of the other loads), ``saving``
        (against charging at once). NaN where a departure is not served.
    """

    at_once: Schedule
    smart: Schedule
    table: pd.DataFrame


def compare_charging(
    month: DepotMonth,
    depot: Depot,
    tariff: Tariff,
    *,
    terms: BillTerms | None = None,
    defaults: Defaults | None = None,
) -> Comparison:
    """Compare charging at once with the cheapest schedule.

    Parameters
    ----------
    month, depot, tariff, terms, defaults
        As for ``smart_schedule``.

    Raises
    ------
    InputError
        As ``smart_schedule``.
    """
    at_once = charge_at_once(month, depot, tariff=tariff, terms=terms)
    smart = smart_schedule(month, depot, tariff, terms=terms, defaults=defaults)
    empty = replace(month, stays=())
    nobody = charge_at_once(empty, depot, tariff=tariff, terms=terms)
    plans = {"at once": at_once, "smart": smart, "other loads": nobody}
    table = pd.DataFrame.from_dict(
        {name: _row(plan, tariff) for name, plan in plans.items()}, "index"
    )
    charged = pd.Series({name: plan.energy_kwh for name, plan in plans.items()})
    table["per_kwh"] = (table["total"] - nobody.total) / charged.where(charged > 0.0)
    table["saving"] = at_once.total - table["total"]
    table.loc["other loads", "saving"] = float("nan")
    return Comparison(at_once, smart, table)


def _row(plan: Schedule, tariff: Tariff) -> dict[str, float]:
    """Lay out one bill."""
    slot_h = plan.month.horizon.slot_h
    row = {"energy_kwh": float(plan.load_w.sum()) * slot_h / 1000.0, "peak_kw": plan.peak_kw}
    cost = plan.bill
    unknown = float("nan")
    for name in tariff.windows:
        row[f"energy_{name}"] = unknown if cost is None else cost.energy[name]
    for charge in tariff.demand:
        row[charge.name] = unknown if cost is None else cost.demand[charge.name]
    row["fixed"] = unknown if cost is None else cost.fixed
    row["total"] = plan.total
    row["total_without_capacity"] = unknown
    if cost is not None:
        # Tax and a power factor on the whole bill fall with the charge they are a share of.
        others = {name: money for name, money in cost.demand.items() if name != "capacity"}
        scale = cost.total / cost.subtotal if cost.subtotal else 1.0
        row["total_without_capacity"] = replace(cost, demand=others, vat=None).subtotal * scale
    return row
