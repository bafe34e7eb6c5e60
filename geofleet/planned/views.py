"""A plan as operators, officials and lenders look at it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geofleet.economics.options import KEEP
from geofleet.wording import Readers, Text, both, known, say

if TYPE_CHECKING:
    from geofleet.economics.options import Options
    from geofleet.economics.society import BenefitCost, FiscalCost
    from geofleet.planned.model import PlannedStudy

__all__ = [
    "OfficialFigure", "granted_options", "lender_view", "official_figures", "official_rows",
    "official_view", "operator_view", "plan_benefits", "plan_fiscal", "plan_totals",
]  # fmt: skip

_UNITS = {"harm": None, "pm25": "kg", "bc": "kg", "nox": "kg", "co2e": "t"}
"""Unit of what is avoided; that of exposure has words of its own."""


def operator_view(planned: PlannedStudy) -> pd.DataFrame:
    """Return what the plan asks of each operator whose vehicles it changes.

    Returns
    -------
    DataFrame
        Indexed by ``operator_id``: ``operator_size``, ``vehicles`` owned in the study, ``changed``,
        one column of counts per technology taken, ``first_year`` and ``last_year`` of the changes,
        ``spend`` (public money for its vehicles in money of the year of each change, as in the
        tables of the plan), and, as if every change were made today on the vehicle's own routes
        with the product that suits it best: ``grant``, ``upfront`` that is left to pay,
        ``month_one_change`` (what the first month costs more; below zero: less), ``gain`` (present
        value at the operator's own rate of what the changes save, grant in it) and
        ``payback_years`` of the slowest.
    """
    made = _arranged(planned)
    vehicles = planned.vehicles().set_index("vehicle_id")
    sizes = vehicles.groupby("operator_id")["operator_size"].first()
    owned = vehicles.groupby("operator_id").size()
    owner = vehicles["operator_id"].reindex(made.index.get_level_values(0)).to_numpy()
    technologies = vehicles.loc[made.index.get_level_values(0), "technology"].to_numpy()
    counted = pd.crosstab(owner, technologies)
    money = ["grant", "upfront", "month_one_change", "npv"]
    # what is not known of one vehicle is not known of its operator
    known = made[money].notna().groupby(owner).all()
    sums = made[money].groupby(owner).sum().where(known)
    table = pd.DataFrame({"operator_size": sizes, "vehicles": owned}).loc[sums.index]
    table["changed"] = pd.Series(owner).value_counts().reindex(sums.index)
    changed = vehicles[vehicles["option"] != KEEP].groupby("operator_id")
    table = table.join(counted).join(
        changed.agg(first_year=("year", "min"), last_year=("year", "max"), spend=("spend", "sum"))
    )
    table = table.join(sums.rename(columns={"npv": "gain"}))
    table["payback_years"] = made["discounted_payback_years"].groupby(owner).max()
    return table.rename_axis("operator_id")


def lender_view(planned: PlannedStudy) -> pd.DataFrame:
    """Return what a lender asks of each vehicle that is bought or fitted on credit.

    Returns
    -------
    DataFrame
        Indexed ``(vehicle_id, option)``: ``product``, ``year`` of the change, then the columns of
        :func:`geofleet.economics.finance.lender_sheet`, in money of today as if all changed today;
        empty where all pay cash.
    """
    from geofleet.economics.finance import lender_sheet

    chosen = _chosen(planned)
    years = planned.vehicles().set_index("vehicle_id")["year"]
    parts = []
    for name, product in planned.products.items():
        rows = chosen[(planned.offers.loc[chosen, "product"] == name).to_numpy()]
        if not len(rows) or product.kind not in ("loan", "lease", "pay_as_you_go"):
            continue
        options = _granted(planned, rows)
        sheet = lender_sheet(options, [product], defaults=planned.defaults).loc[rows]
        sheet.insert(0, "product", name)
        sheet.insert(1, "year", years.loc[rows.get_level_values(0)].to_numpy())
        parts.append(sheet)
    if parts:
        return pd.concat(parts)
    return pd.DataFrame({"product": [], "year": []}, dtype=object, index=chosen[:0])


def official_view(planned: PlannedStudy) -> pd.DataFrame:
    """Return who gets what: vehicles, public money and what is avoided, by size of operator.

    Returns
    -------
    DataFrame
        Indexed ``(operator_size, option)``, as ``PlanTables.sizes``, options of electric models
        taken together.
    """
    table = planned.tables().sizes.reset_index()
    table["option"] = _technologies(table["option"])
    return table.groupby(["operator_size", "option"], sort=False).sum()


def plan_fiscal(planned: PlannedStudy) -> FiscalCost:
    """Return what the plan's vehicles cost the treasury, as if every change were made today."""
    from geofleet.economics.society import fiscal_cost

    chosen = _chosen(planned)
    options = _granted(planned, chosen)
    cases = options.cases.copy()
    # all that the treasury pays, within the product and beside it
    cases.loc[chosen, "grant"] = planned.offers.loc[chosen, "public"].to_numpy()
    options = replace(options, cases=cases)
    takers = pd.Series(1.0, index=chosen)
    return fiscal_cost(options, takers=takers, defaults=planned.defaults)


def plan_benefits(planned: PlannedStudy, *, background_ug_m3: float) -> BenefitCost:
    """Return benefit and cost to society of the plan's vehicles, as if all changed today.

    Parameters
    ----------
    background_ug_m3
        Yearly mean of PM2.5 that people breathe; that of ``health`` in the study's settings.
    """
    from geofleet.economics.society import benefit_cost, death_rate

    country = planned.results.config.country or "MX"
    deaths = death_rate(country, background_ug_m3=background_ug_m3, defaults=planned.defaults)
    options = _granted(planned, _chosen(planned))
    return benefit_cost(options, deaths=deaths, chosen=_chosen(planned), defaults=planned.defaults)


@dataclass(frozen=True)
class OfficialFigure:
    """One of a plan's main numbers.

    Parameters
    ----------
    name
        Stable name for scripts: ``spend``, ``harm``, ``changed_electric``.
    label, unit
        In words of every language.
    value
        The number; NaN where it is not known.
    text
        As readers write it, without its unit.
    """

    name: str
    label: Text
    value: float
    text: Text
    unit: Text

    def row(self, language: str) -> tuple[str, str, str]:
        """Return label, value and unit in one language."""
        return self.label[language], self.text[language], self.unit[language]


def official_figures(
    planned: PlannedStudy, *, readers: Readers | None = None
) -> list[OfficialFigure]:
    """Return the plan's main numbers: who changes and who does not, money, what is avoided.

    Parameters
    ----------
    planned
        The plan.
    readers
        How numbers are written; as in the study's country when not given.
    """
    write = readers or Readers.of(planned.results.config.country)
    tables, plan = planned.tables(), planned.plan
    changed = tables.vehicles[tables.vehicles["option"] != KEEP]
    vehicles = say("plan.vehicles")
    of = say("plan.of_count", count=write.whole(len(changed)),
             every=write.whole(len(tables.vehicles)))  # fmt: skip
    figures = [OfficialFigure("changed", say("plan.row_changed"), len(changed), of, vehicles)]

    def add(name: str, label: Text, value: float, unit: Text, digits: int = 0) -> None:
        text = write.number(value, digits) if digits else write.whole(value)
        figures.append(OfficialFigure(name, label, float(value), text, unit))

    for technology, count in _technologies(changed["option"]).value_counts().items():
        label = say("plan.row_technology", technology=_word("technology", str(technology)))
        add(f"changed_{technology}", label, count, vehicles)
    kept = tables.reasons["vehicles"].sort_values(ascending=False, kind="stable")
    for reason, count in kept.items():
        label = say("plan.row_kept", reason=_word("reason", str(reason)))
        add(f"kept_{reason}".replace(" ", "_"), label, count, vehicles)
    small = changed["operator_size"].isin(["1-5", "6-30"])
    add("small", say("plan.row_small"), int(small.sum()), vehicles)
    _add_amounts(planned, add)
    add("gap", say("plan.row_gap"), 100.0 * plan.gap, both("%"), 3)
    if np.isfinite(ahead := planned.gain_over_ranking):
        add("ranking", say("plan.row_ranking"), 100.0 * ahead, both("%"), 3)
    return figures


def _add_amounts(planned: PlannedStudy, add: Callable[..., None]) -> None:
    """Add money and what is avoided."""
    totals, currency = plan_totals(planned), planned.currency
    spend = float(planned.tables().years["total_spend"].sum())
    add("spend", say("plan.row_spend"), spend, both(currency))
    add("cost", say("plan.row_cost"), totals["cost"], both(currency))
    for name, unit in _UNITS.items():
        if name in planned.plan.problem.measures:
            words = say("plan.harm_unit") if unit is None else both(unit)
            add(name, say(f"plan.row_{name}"), totals[name], words, 4)
    if (mass := totals.get("pm25", 0.0)) > 0.0 and spend > 0.0:
        add("price", say("plan.row_price"), spend / mass, both(f"{currency}/kg"))


def official_rows(planned: PlannedStudy, *, language: str = "en") -> list[tuple[str, str, str]]:
    """Return the plan's main numbers as (label, value, unit), see ``official_figures``."""
    return [figure.row(language) for figure in official_figures(planned)]


def _word(group: str, name: str) -> Text:
    key = f"plan.{group}_{name.replace(' ', '_')}"
    return say(key) if known(key) else both(name)


def granted_options(
    planned: PlannedStudy, vehicles: Collection[str] | None = None
) -> dict[str, Options]:
    """Return vehicles that change, kept and changed with their grants, by finance product.

    Parameters
    ----------
    vehicles
        Ids of those that are asked about; all when not given.
    """
    chosen = _chosen(planned)
    if vehicles is not None:
        chosen = chosen[chosen.get_level_values(0).isin(list(vehicles))]
    taken = planned.offers.loc[chosen, "product"].to_numpy()
    rows = {name: chosen[taken == name] for name in planned.products}
    return {name: _granted(planned, some) for name, some in rows.items() if len(some)}


def _technologies(options: pd.Series) -> pd.Series:
    """Return options without the name of their model."""
    return options.astype(str).str.split(":").str[0]


def plan_totals(planned: PlannedStudy) -> dict[str, float]:
    """Return the plan's sum of each measure, chargers and connections in the cost."""
    from geofleet.plan.evaluation import evaluate

    plan = planned.plan
    sums = evaluate(
        plan.problem, plan.chosen, plan.chargers, plan.extensions, assigned=plan.assigned
    )
    return {name: float(value) for name, value in sums.items()}


def _chosen(planned: PlannedStudy) -> pd.MultiIndex:
    """Return (vehicle_id, option) of the vehicles that change."""
    table = planned.tables().vehicles
    changed = table[table["option"] != KEEP]
    return pd.MultiIndex.from_arrays(
        [changed.index, changed["option"]], names=["vehicle_id", "option"]
    )


def _granted(planned: PlannedStudy, chosen: pd.MultiIndex) -> Options:
    """Return the options of vehicles that change, kept or changed, with their grants."""
    options = planned.options
    vehicles = chosen.get_level_values(0)
    kept = pd.MultiIndex.from_product([vehicles, [KEEP]], names=chosen.names)
    index = options.cases.index[options.cases.index.isin(kept.append(chosen))]
    cases = options.cases.loc[index].copy()
    cases.loc[chosen, "grant"] = planned.offers.loc[chosen, "grant"].to_numpy()
    return replace(
        options, cases=cases, physical=options.physical.loc[index],
        vehicles=options.vehicles.loc[options.vehicles.index.isin(vehicles)],
    )  # fmt: skip


def _arranged(planned: PlannedStudy) -> pd.DataFrame:
    """Return the switch of each vehicle that changes, with its grant and product."""
    from geofleet.economics.finance import apply_product
    from geofleet.economics.ledger import switching

    chosen = _chosen(planned)
    parts = []
    for name, product in planned.products.items():
        rows = chosen[(planned.offers.loc[chosen, "product"] == name).to_numpy()]
        if len(rows):
            made = apply_product(_granted(planned, rows), [product], defaults=planned.defaults)
            found = switching(made.cases, returns=False).loc[rows]
            found["grant"] = made.cases.loc[rows, "grant"]
            parts.append(found)
    if parts:
        return pd.concat(parts)
    columns = ["grant", "upfront", "month_one_change", "npv", "discounted_payback_years"]
    index = pd.MultiIndex.from_arrays([[], []], names=["vehicle_id", "option"])
    return pd.DataFrame({name: np.zeros(0) for name in columns}, index=index)
