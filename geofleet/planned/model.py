"""A plan of a study: who gets what, when, at whose cost, and what other inputs would change."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.config import PlanConfig, setting_problems
from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.economics.options import KEEP
from geofleet.errors import InputError, Problem
from geofleet.planned.offers import access_of, offered, products_of

if TYPE_CHECKING:
    from geofleet.economics.finance import Product
    from geofleet.economics.options import Options
    from geofleet.plan.model import Frontier, Plan, PlanProblem
    from geofleet.plan.tables import PlanTables
    from geofleet.study.costed import Costed

__all__ = [
    "PlannedStudy",
    "plan_results",
    "plan_settings_of",
    "priced_options",
]

SMALL = ("1-5", "6-30")
"""Sizes of operators that the floor of small operators is about."""

_W_PER_KW = 1000.0


@dataclass(frozen=True)
class PlannedStudy:
    """A plan, what it was chosen from, and what planners without a solver would do.

    Parameters
    ----------
    results
        The run.
    config
        What may be spent and what is to be reached.
    options
        Vehicles and what they can become, as their operators would pay for it without help.
    offers
        By (vehicle_id, option): ``product``, the finance product with which the least public
        money is needed, ``grant`` that it takes besides (NaN where none makes the operator able and
        willing), ``public`` (that grant and what the treasury pays within the product) and
        ``reason``. Money of today.
    problem, plan
        What could be chosen, and what was.
    ranked
        The plan by ratio: most of the objective per peso first, while money lasts; None where
        ranking does not reach what the limits ask for.
    products
        Finance products by name, as they were offered.
    defaults
        With the overrides that all of this was made with.
    """

    results: Costed
    config: PlanConfig
    options: Options
    offers: pd.DataFrame
    problem: PlanProblem
    plan: Plan
    ranked: Plan | None
    products: Mapping[str, Product]
    defaults: Defaults = field(repr=False)

    @property
    def currency(self) -> str:
        """Currency of all amounts."""
        return self.options.currency

    @property
    def first_year(self) -> int:
        """Calendar year of the plan's year 0."""
        return self.results.inputs.year

    @property
    def gain_over_ranking(self) -> float:
        """Share by which the plan does better than ranking by ratio; NaN where that does none."""
        sign = -1.0 if self.plan.objective == "cost" else 1.0
        if self.ranked is None or self.ranked.value == 0.0:
            return float("nan")
        return sign * (self.plan.value - self.ranked.value) / abs(self.ranked.value)

    def tables(self) -> PlanTables:
        """Return the plan as tables; treat them as read-only."""
        return self._tables

    @cached_property
    def _tables(self) -> PlanTables:
        from geofleet.plan.tables import plan_table

        return plan_table(self.plan)

    def frontier(self, *, points: int | None = None, gap: float | None = None) -> Frontier:
        """Return cost against harm: plans of which none is better in both.

        Vehicles keep their own work in it, and the money of each year is as in the plan.

        Parameters
        ----------
        points
            Between the ends, ends included; row ``plan:frontier.points`` when not given.
        gap
            Where the search of each point may stop; row ``plan:exact.gap`` when not given.
        """
        from geofleet.plan.evaluation import without_work
        from geofleet.plan.tradeoff import frontier

        problem = self.problem if self.problem.work is None else without_work(self.problem)
        measure = "harm" if self.plan.objective == "cost" else self.plan.objective
        return frontier(problem, measure, points=points, gap=gap, defaults=self.defaults)

    def vehicles(self) -> pd.DataFrame:
        """Return the plan by vehicle, with the columns of layer ``plan_vehicles``."""
        table, fleet = self.tables().vehicles, self.results.inputs.fleet
        vehicles = fleet.vehicles.reindex(table.index)
        chosen = pd.MultiIndex.from_arrays([table.index, table["option"]])
        physical = self.options.physical.reindex(chosen)
        operators = fleet.operators
        named = operators["name"] if "name" in operators.columns else pd.Series(dtype=object)
        unknown = np.full(len(table), np.nan)
        return pd.DataFrame({
            "vehicle_id": table.index,
            "operator_id": vehicles["operator_id"].to_numpy(object),
            "operator_name": vehicles["operator_id"].map(named).to_numpy(object),
            "operator_size": table["operator_size"].to_numpy(object),
            "vehicle_class": vehicles["vehicle_class"].to_numpy(object),
            "fuel": vehicles["fuel"].to_numpy(object),
            "standard": vehicles["standard"].to_numpy(object),
            "model_year": vehicles["model_year"].to_numpy(),
            "depot_id": table["depot"].to_numpy(object),
            "option": table["option"].to_numpy(object),
            "technology": physical["technology"].to_numpy(object),
            "model_id": physical["model_id"].replace("", None).to_numpy(object),
            "year": (table["year"] + self.first_year).array,
            "duty_id": table["duty"].to_numpy(object),
            "spend": table["spend"].to_numpy(),
            "cost": table["cost"].to_numpy(),
            "harm_avoided": table.get("harm", pd.Series(unknown)).to_numpy(),
            "pm25_avoided_kg": table.get("pm25", pd.Series(unknown)).to_numpy(),
            "bc_avoided_kg": table.get("bc", pd.Series(unknown)).to_numpy(),
            "nox_avoided_kg": table.get("nox", pd.Series(unknown)).to_numpy(),
            "co2e_avoided_t": table.get("co2e", pd.Series(unknown)).to_numpy(),
            "probability": self._probability(physical["probability"].to_numpy(np.float64)),
            "reason": table["reason"].replace("", None).to_numpy(object),
        })  # fmt: skip

    def _probability(self, own: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Least probability over the work that each does as what it becomes; NaN where it rests."""
        work, assigned = self.problem.work, self.plan.assigned
        if work is None or assigned is None:
            return own
        found = own.copy()
        found[np.unique(work.unit)] = np.inf
        names = self.problem.units["vehicle_id"].to_numpy(object)
        rows = np.unique(assigned)
        taken = self.tables().vehicles["option"].to_numpy(object)
        rows = rows[work.option[rows] == taken[work.unit[rows]]]
        pairs = pd.MultiIndex.from_arrays(
            [names[work.duty[rows]], names[work.unit[rows]], work.option[rows]]
        )
        chance = self.results.duties.work["probability"].reindex(pairs).to_numpy(np.float64)
        np.minimum.at(found, work.unit[rows], chance)
        return np.where(np.isinf(found), np.nan, found)

    def depots(self) -> pd.DataFrame:
        """Return chargers and connection by depot, with the columns of layer ``plan_depots``."""
        found, vehicles = self.tables().depots.reset_index(), self.vehicles()
        rows = []
        for depot, part in found.groupby("depot", sort=True):
            chargers = part[(part["kind"] != "connection") & (part["chargers"] > 0)]
            steps = part[part["kind"] == "connection"]
            there = vehicles[vehicles["depot_id"] == depot]
            electric = there["technology"].eq("electric") | there["fuel"].eq("electric")
            built = part[part["first_year"] >= 0]
            if built.empty:
                continue
            rows.append({
                "depot_id": depot,
                "vehicles": len(there),
                "electric": int(electric.sum()),
                "chargers": ";".join(
                    f"{count} x {kind}"
                    for count, kind in zip(chargers["chargers"], chargers["kind"], strict=True)
                ),
                "charger_count": int(chargers["chargers"].sum()),
                "power_kw": float(chargers["power_w"].sum()) / _W_PER_KW,
                "extensions": int(steps["chargers"].sum()),
                "first_year": int(built["first_year"].min()) + self.first_year,
                "spend": float(part["spend"].sum()),
                "cost": float(part["cost"].sum()),
            })  # fmt: skip
        columns = [
            "depot_id", "vehicles", "electric", "chargers", "charger_count", "power_kw",
            "extensions", "first_year", "spend", "cost",
        ]  # fmt: skip
        return pd.DataFrame(rows, columns=columns)

    def worth(self, overrides: Mapping[str, float | str] | None = None) -> dict[str, float]:
        """Return what the plan's own list of changes is worth with other inputs of money.

        The vehicles, options and physics stay; prices, rates and access are those of the
        overrides. For :func:`geofleet.economics.sensitivity.tornado`.

        Returns
        -------
        dict
            ``operators_gain``: present value at each operator's rate of what the changes save,
            without any grant. ``social_gain``: the same in real resources at the social rate, taxes
            out; damage is not in it. Both as if every change were made today.
        """
        from geofleet.economics.ledger import switching
        from geofleet.economics.society import social_cost, social_terms

        own = self.defaults.with_overrides(overrides)
        options = _priced(self.results, self.config, own)
        table = self.tables().vehicles
        changed = table[table["option"] != KEEP]
        chosen = pd.MultiIndex.from_arrays([changed.index, changed["option"]])
        terms = social_terms(options.currency, defaults=own)
        social = social_cost(options, terms).loc[chosen]
        present = social["present_investment"] + social["present_running"]
        gain = switching(options.cases, returns=False)["npv"].loc[chosen]
        return {
            "operators_gain": float(gain.sum(skipna=False)),
            "social_gain": -float(present.sum(skipna=False)),
        }

    def again(
        self, overrides: Mapping[str, float | str] | None = None, **changes: Any
    ) -> PlannedStudy:
        """Plan anew with other inputs; what vehicles emit and can do stays as it is.

        Parameters
        ----------
        overrides
            Default rows ``table:row`` of money and planning, in place of those of the study.
        **changes
            Settings of ``PlanConfig``. Where ``gap`` is not among them the search stops at row
            ``plan:again.gap``: a quick answer to a question, proven less narrowly than a plan.

        Raises
        ------
        InputError
            Rows that do not exist or that no plan reads; settings that cannot be.
        """
        changed = Defaults(overrides)
        changed.check_overrides()
        physics = sorted(set(changed._overrides) & set(self.results.outcomes.provenance))
        if physics:
            expected = (
                "a row of money or planning; what vehicles emit and can do comes from the run"
            )
            raise InputError([Problem("overrides", row, expected=expected) for row in physics])
        own = self.defaults.with_overrides(overrides)
        rows = CheckedRows(own)
        quick = rows.number("plan", "again.gap", 0.0, 1.0, "a share from 0 to 1")
        rows.finish()
        config = plan_settings_of(self.config.model_dump() | {"gap": quick or None} | changes)
        return plan_results(self.results, config, defaults=own)


def plan_settings_of(settings: dict[str, Any]) -> PlanConfig:
    """Check settings of a plan.

    Raises
    ------
    InputError
        Everything wrong with them.
    """
    from pydantic import ValidationError

    try:
        return PlanConfig.model_validate(settings)
    except ValidationError as error:
        raise InputError(setting_problems(error, settings, file="plan")) from None


def plan_results(
    results: Costed, config: PlanConfig, *, defaults: Defaults | None = None
) -> PlannedStudy:
    """Choose the best plan for the vehicles of a run.

    Parameters
    ----------
    results
        The run.
    config
        What may be spent and what is to be reached.
    defaults
        Where prices and rules of planning are read; those of the study when not given.

    Raises
    ------
    InputError
        Products that do not exist, rows out of their limits, limits that no plan can meet.
    """
    from geofleet.plan.build import build_problem, group_floor
    from geofleet.plan.check import PlanError
    from geofleet.plan.choose import solve
    from geofleet.plan.greedy import rank_by_ratio
    from geofleet.plan.model import Floor, Limit

    own = results.defaults.fresh() if defaults is None else defaults.fresh()
    options = _priced(results, config, own)
    products = products_of(config, defaults=own)
    dates = results.itineraries.traversals.vehicle_days["date"].astype(str)
    asked = datetime.date.fromisoformat(min(dates)) if len(dates) else None
    offers = offered(options, products, config, date=asked, defaults=own)
    floors: tuple[Floor, ...] = ()
    if config.small_operators_share > 0.0:
        floors = (group_floor(options.vehicles, SMALL, config.small_operators_share),)
        if not floors[0].members.any():
            value = f"{config.small_operators_share:g}"
            expected = "0, as no operator of the study is known to have up to 30 vehicles"
            raise InputError([Problem("plan", "small_operators_share", 0, value, expected)])
    limits: tuple[Limit, ...] = ()
    if config.harm_at_least is not None:
        limits = (Limit("harm", least=config.harm_at_least),)
    problem = build_problem(
        options,
        years=config.years,
        budget=config.budget_per_year,
        carry_over=config.carry_over,
        probability=config.probability,
        grant=offers["public"],
        floors=floors,
        limits=limits,
        work=results.duties.work if config.reassign else None,
        defaults=own,
    )
    plan = solve(problem, config.objective, gap=config.gap, defaults=own)
    ranked: Plan | None = None
    try:
        ranked = rank_by_ratio(problem, config.objective, defaults=own)
    except PlanError:
        if config.harm_at_least is None:
            raise
    return PlannedStudy(results, config, options, offers, problem, plan, ranked, products, own)


def _priced(results: Costed, config: PlanConfig, defaults: Defaults) -> Options:
    """Return the options of a plan with the money of its settings."""
    found = results.outcomes
    return priced_options(found.physical, found.vehicles, config, defaults=defaults)


def priced_options(
    physical: pd.DataFrame, vehicles: pd.DataFrame, config: PlanConfig, *, defaults: Defaults
) -> Options:
    """Return what vehicles can become, with the money of a plan's settings.

    Parameters
    ----------
    physical, vehicles
        Of outcomes, or some rows of them.
    config
        Technologies, exemption and scrapping of the plan.
    defaults
        Prices; which rows were read is noted there.
    """
    from geofleet.economics.options import make_options
    from geofleet.economics.society import with_scrapping

    access = None
    if config.exemption is not None:
        access = access_of(physical, vehicles, config.exemption, defaults=defaults)
    made = make_options(physical, vehicles, access=access, defaults=defaults)
    options = _wanted(made, config, defaults)
    return with_scrapping(options, defaults=defaults) if config.scrap else options


def _wanted(options: Options, config: PlanConfig, defaults: Defaults) -> Options:
    """Return the options of the technologies that the plan may use.

    Of chargers, operators pay what public money does not: the plan puts them up.
    """
    rows = CheckedRows(defaults)
    public = rows.number("plan", "charger_public_share", 0.0, 1.0, "a share from 0 to 1")
    rows.finish()
    allowed = options.physical["technology"].isin([KEEP, *config.technologies])
    index = options.physical.index[allowed]
    cases = options.cases.loc[index].copy()
    cases["charger"] *= 1.0 - public
    return replace(options, cases=cases, physical=options.physical.loc[index])
