"""Build a PlanProblem from what vehicles can become: vehicle × option × year."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.economics.ledger import check_cases
from geofleet.economics.options import KEEP, Options
from geofleet.errors import InputError, Problem
from geofleet.plan.chargers import plan_depots
from geofleet.plan.check import check_problem
from geofleet.plan.exchange import Exchange, exchange_of
from geofleet.plan.measures import AVOIDED, emitted
from geofleet.plan.model import CHEAPEST, Depots, Floor, Limit, PlanProblem
from geofleet.plan.postponed import Prices, keep_of, plan_prices, present_costs, price_factor
from geofleet.plan.reasons import why_left_out

__all__ = ["build_problem", "group_floor"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


def group_floor(vehicles: pd.DataFrame, sizes: Sequence[str], share: float) -> Floor:
    """Return the floor of operators of some sizes.

    Parameters
    ----------
    vehicles
        Of the options, in their order.
    sizes
        Classes of operators, ``1-5``, ``6-30``.
    share
        Of the public money for vehicles.
    """
    members = vehicles["operator_size"].astype(str).isin(list(sizes)).to_numpy(np.bool_)
    return Floor(" and ".join(sizes), members, share)


def build_problem(
    options: Options,
    *,
    years: int,
    budget: float | Sequence[float],
    carry_over: bool = True,
    probability: float | None = None,
    affordable: pd.DataFrame | None = None,
    grant: pd.Series | None = None,
    measures: Sequence[str] | None = None,
    floors: Sequence[Floor] = (),
    limits: Sequence[Limit] = (),
    chargers: bool = True,
    depots: pd.DataFrame | None = None,
    work: pd.DataFrame | None = None,
    discounting: str | None = None,
    defaults: Defaults | None = None,
) -> PlanProblem:
    """Return what can be chosen for each vehicle in each year of a plan.

    An option is listed if it is known to do the vehicle's work with the probability asked for, if
    its operator is able and willing, and if everything that the plan measures is known of it. What
    it avoids is a year's, as today, times the years from its year to the end. Its cost is the
    present cost to operator and public purse together of taking it then and keeping the vehicle
    as it is until then, against keeping it to the end; a grant is no cost, as one pays what the
    other gets. Keeping is zero in every measure.

    Parameters
    ----------
    options
        Vehicles and what they can become, with money and physics of today.
    years
        Of the plan, from the year of the options on.
    budget
        Public money of each year, in money of its day.
    carry_over
        Whether money left can be spent later.
    probability
        Least probability of doing the work of a day; row ``robust:promised_probability`` if None.
    affordable
        Indexed ``(vehicle_id, option)``: ``able`` and, where it is a column, ``willing``; what is
        not there or not known counts as no. None asks for neither.
    grant
        Same index: what the public pays for each if taken today; the cases' own grants if None.
        Unknown: there is none that would do, and the option is left out.
    measures
        Of ``AVOIDED``, besides cost; those known of any option if None.
    floors, limits
        Further bounds; see :func:`group_floor`.
    chargers
        Whether chargers and connections are part of the choice. The cases' ``charger`` then does
        not count, as the plan puts chargers up itself.
    depots
        Indexed by depot: ``spare_kw`` where known.
    work
        Indexed ``(duty, vehicle_id, option)``: the work of one vehicle done by another
        (``geofleet.economics.outcomes.Duties.work``); None: each vehicle does its own.
    discounting
        ``social`` or ``own``; row ``plan:discounting`` if None.
    defaults
        Where the rows are read.

    Raises
    ------
    InputError
        Tables that do not go together, rows out of their limits.

    Notes
    -----
    Yearly kilometres, emission factors and exposure stay as they are today over the whole plan.
    """
    scope = (defaults or Defaults()).scope()
    if probability is None:
        probability = scope.number("robust", "promised_probability")
    _check(options, years, affordable, grant, work, measures)
    prices = plan_prices(scope, discounting=discounting)
    table = _table(options, chargers=chargers)
    names = _measures(table.physical, measures)
    granted = table.cases["grant"] if grant is None else grant.reindex(table.cases.index)
    exchange = None
    if work is not None:
        exchange = exchange_of(
            work, table.cases, table.physical, probability=probability, measures=names
        )
    ungranted = table.cases.assign(grant=0.0)
    cost = present_costs(ungranted, table.kept, table.technology, years=1, prices=prices)
    reasons = why_left_out(
        table.physical, keep=table.keep, granted=granted, affordable=affordable,
        probability=probability, measures={name: emitted(table.physical, name) for name in names},
        cost=cost[:, 0],
        elsewhere=None if exchange is None else exchange.able, chargers=chargers,
    )  # fmt: skip
    listed = np.flatnonzero(reasons == "")
    problem = _problem(
        options, table, listed, names, granted.to_numpy(np.float64), years=years, prices=prices,
        budget=budget, carry_over=carry_over, floors=tuple(floors), limits=tuple(limits),
    )  # fmt: skip
    if chargers:
        problem = _with_depots(
            problem, options, table, listed, prices=prices, depots=depots, exchange=exchange,
            defaults=scope,
        )  # fmt: skip
    if exchange is not None:
        problem = exchange.added_to(
            problem, cast(pd.MultiIndex, table.cases.index[listed]), prices=prices
        )
    left = np.flatnonzero((reasons != "") & ~table.keep)
    left_out = table.cases.index[left].to_frame(index=False).assign(reason=reasons[left])
    problem = replace(problem, left_out=left_out, provenance=scope.used)
    check_problem(problem)
    return problem


@dataclass(frozen=True)
class _Table:
    """Options in one order, each beside the case of its vehicle kept."""

    cases: pd.DataFrame
    kept: pd.DataFrame
    physical: pd.DataFrame
    keep: Bools
    technology: npt.NDArray[np.object_]


def _table(options: Options, *, chargers: bool) -> _Table:
    cases = check_cases(options.cases)
    physical = options.physical.loc[cases.index]
    if chargers:
        bought = cases[["price", "duty", "purchase_tax"]].sum(axis=1)
        whole = bought + cases["charger"]
        share = np.where(whole > 0.0, bought / whole.where(whole > 0.0, 1.0), 1.0)
        # what was lent for the charger is not lent where the plan puts it up
        cases = cases.assign(charger=0.0, loan=cases["loan"] * share)
    keep = cases.index.get_level_values("option") == KEEP
    return _Table(
        cases, keep_of(cases), physical, np.asarray(keep, np.bool_),
        physical["technology"].astype(object).to_numpy(),
    )  # fmt: skip


def _measures(physical: pd.DataFrame, asked: Sequence[str] | None) -> list[str]:
    if asked is not None:
        return list(dict.fromkeys(name for name in asked if name != CHEAPEST))
    return [name for name in AVOIDED if np.isfinite(emitted(physical, name)).any()]


def _problem(
    options: Options,
    table: _Table,
    listed: Ints,
    names: Sequence[str],
    granted: Floats,
    *,
    years: int,
    prices: Prices,
    budget: float | Sequence[float],
    carry_over: bool,
    floors: tuple[Floor, ...],
    limits: tuple[Limit, ...],
) -> PlanProblem:
    """Return the problem without chargers and without exchange of work."""
    vehicles = options.vehicles
    place = {name: number for number, name in enumerate(vehicles.index)}
    vehicle = table.cases.index.get_level_values("vehicle_id")
    cases, kept = table.cases.iloc[listed].assign(grant=0.0), table.kept.iloc[listed]
    technology = table.technology[listed]
    cost = present_costs(cases, kept, technology, years=years, prices=prices)
    spend = np.column_stack(
        [granted[listed] * price_factor(cases, technology, year, prices) for year in range(years)]
    )
    left = years - np.arange(years)
    measures = {CHEAPEST: cost.ravel()}
    keep_row = pd.MultiIndex.from_arrays([vehicle[listed], [KEEP] * len(listed)])
    for name in names:
        today = emitted(table.physical.loc[keep_row], name)
        each = today - emitted(table.physical.iloc[listed], name)
        measures[name] = np.outer(each, left).ravel()
    count = len(listed)
    units = vehicles.rename_axis("vehicle_id").reset_index()
    wanted = ["vehicle_id", "operator_id", "operator_size"]
    unit = np.array([place[name] for name in vehicle[listed]], np.int64)
    return PlanProblem(
        units=units[wanted + [name for name in units.columns if name not in wanted]],
        years=years,
        unit=np.repeat(unit, years),
        year=np.tile(np.arange(years), count),
        option=np.repeat(
            np.array(table.cases.index.get_level_values("option")[listed], object), years
        ),
        measures=measures,
        spend=spend.ravel(),
        plugs=np.zeros(count * years),
        kind=np.full(count * years, -1),
        depot=np.full(len(units), -1),
        depots=None,
        budget=np.broadcast_to(np.asarray(budget, np.float64), (years,)).copy(),
        carry_over=carry_over,
        floors=floors,
        limits=limits,
    )


def _with_depots(
    problem: PlanProblem,
    options: Options,
    table: _Table,
    listed: Ints,
    *,
    prices: Prices,
    depots: pd.DataFrame | None,
    exchange: Exchange | None,
    defaults: Defaults,
) -> PlanProblem:
    """Add chargers to choose, and what each electric option needs of them."""
    physical = table.physical.iloc[listed]
    word = physical["charger_kind"].fillna("").astype(str).to_numpy()
    share = physical["plug_share"].to_numpy(np.float64)
    if exchange is not None:
        share = exchange.plug_share(cast(pd.MultiIndex, physical.index), share)
    rows = CheckedRows(defaults)
    least = rows.number("plan", "least_plug_share", 0.0, 1.0, "a share from 0 to 1")
    rows.finish()
    share = np.where(word != "", np.maximum(share, least), 0.0)
    kinds = sorted(set(word[word != ""].tolist()))
    if not kinds:
        return problem
    vehicles = options.vehicles
    place = vehicles["operator_id"].astype(str).radd("garage of ").to_numpy(object)
    if "depot_id" in vehicles.columns:
        known = vehicles["depot_id"].notna() & (vehicles["depot_id"].astype(str) != "")
        place = np.where(known, vehicles["depot_id"].astype(object), place)
    names = sorted({str(name) for name in place})
    number = {name: row for row, name in enumerate(names)}
    made: Depots = plan_depots(
        names, kinds, years=problem.years, prices=prices, currency=options.currency, table=depots,
        defaults=defaults,
    )  # fmt: skip
    code = {name: row for row, name in enumerate(kinds)} | {"": -1}
    return replace(
        problem,
        plugs=np.repeat(share, problem.years),
        kind=np.repeat(np.array([code[name] for name in word], np.int64), problem.years),
        depot=np.array([number[str(name)] for name in place], np.int64),
        depots=made,
    )


def _check(
    options: Options,
    years: int,
    affordable: pd.DataFrame | None,
    grant: pd.Series | None,
    work: pd.DataFrame | None,
    measures: Sequence[str] | None,
) -> None:
    """Refuse tables that do not go together, all at once."""
    problems = []
    index = options.cases.index
    if years < 1:
        problems.append(Problem("plan", "years", 0, str(years), "at least 1"))
    if not index.is_unique or not index.sort_values().equals(options.physical.index.sort_values()):
        expected = "one row for each (vehicle_id, option) of the cases"
        problems.append(Problem("options", "physical", expected=expected))
    vehicles = index.get_level_values("vehicle_id")
    kept = set(vehicles[index.get_level_values("option") == KEEP])
    for name in sorted({str(v) for v in vehicles if v not in kept})[:5]:
        problems.append(Problem("options", "cases", 0, name, "a row keep for each vehicle"))
    for name in sorted({str(v) for v in set(vehicles) - set(options.vehicles.index)})[:5]:
        problems.append(Problem("options", "vehicles", 0, name, "a row for each vehicle"))
    for column in ("operator_id", "operator_size"):
        if column not in options.vehicles.columns:
            problems.append(Problem("options", "vehicles", expected=f"a column {column}"))
    if affordable is not None and "able" not in affordable.columns:
        problems.append(Problem("plan", "affordable", expected="a column able"))
    for name, given in (("affordable", affordable), ("grant", grant), ("work", work)):
        if given is not None and not given.index.is_unique:
            problems.append(Problem("plan", name, expected="each row once"))
    for name in measures or ():
        if name not in AVOIDED and name != CHEAPEST:
            expected = "one of " + ", ".join([*AVOIDED, CHEAPEST])
            problems.append(Problem("plan", "measures", 0, name, expected))
    if problems:
        raise InputError(problems)
