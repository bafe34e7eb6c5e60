"""Work of an operator's vehicles that another of them could do, as a plan sees it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.economics.options import KEEP
from geofleet.plan.measures import emitted
from geofleet.plan.model import CHEAPEST, PlanProblem, Work
from geofleet.plan.postponed import Prices

__all__ = ["Exchange", "exchange_of"]

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

_PER_KM = ("maintenance_per_year", "tyres_per_year", "fluid_per_year")


@dataclass(frozen=True)
class Exchange:
    """Rows of work that may be done, and options that some row lets do any.

    Parameters
    ----------
    rows
        ``duty, vehicle_id, option``, a year of each measure against the duty's own vehicle kept,
        ``charger_kind`` and ``plug_share``.
    able
        Options of the cases (rows of the table) that can do their own vehicle's work or another's.
    alone
        Options that can do their own vehicle's work.
    own
        Index (vehicle_id, option): a year of each measure if it did its own vehicle's work.
    rate
        At which a year's cost is discounted, by vehicle.
    """

    rows: pd.DataFrame
    able: Bools
    alone: pd.Series
    own: pd.DataFrame
    rate: pd.Series
    inflation: float
    measures: tuple[str, ...]

    def plug_share(self, index: pd.MultiIndex, own: Floats) -> Floats:
        """Return the largest share of a charger that any of its work takes."""
        largest = self.rows.groupby(["vehicle_id", "option"])["plug_share"].max().reindex(index)
        found: Floats = np.fmax(own, largest.to_numpy(np.float64))
        return found

    def added_to(
        self, problem: PlanProblem, listed: pd.MultiIndex, *, prices: Prices
    ) -> PlanProblem:
        """Return the problem with this work in it.

        Parameters
        ----------
        problem
            With the measures of choices as if each did its own vehicle's work.
        listed
            (vehicle_id, option) of its choices, each for all years.
        prices
            The rate of present costs.
        """
        number = {name: row for row, name in enumerate(problem.units["vehicle_id"])}
        rows = self.rows[self._usable(listed)]
        years = np.arange(problem.years)
        rate = float(self.rate.median()) if prices.rate is None else prices.rate
        names = [*self.measures, CHEAPEST]
        weights = {name: np.ones(problem.years) for name in self.measures}
        weights[CHEAPEST] = (1.0 + self.inflation) ** years / (1.0 + rate) ** (years + 1.0)
        own, alone = self.own.reindex(listed), self.alone.reindex(listed).to_numpy(np.bool_)
        measures, fixed = {}, {}
        for name in names:
            # what choices add in each year to come, if they do their own vehicle's work
            to_come = weights[name][::-1].cumsum()[::-1]
            work = np.outer(own[name].to_numpy(np.float64), to_come).ravel()
            part = problem.measures[name] - work
            inside = np.isin(problem.unit, [number[v] for v in set(rows["vehicle_id"])])
            repeated = np.repeat(alone, problem.years)
            fixed[name] = np.where(inside, part, problem.measures[name])
            measures[name] = np.where(inside & ~repeated, part, problem.measures[name])
        return replace(
            problem,
            measures={name: measures[name] for name in problem.measures},
            work=Work(
                duty=rows["duty"].map(number).to_numpy(np.int64),
                unit=rows["vehicle_id"].map(number).to_numpy(np.int64),
                option=rows["option"].to_numpy(object),
                measures={name: rows[name].to_numpy(np.float64) for name in names},
                weights=weights,
                fixed=fixed,
                alone=np.repeat(alone, problem.years),
            ),
        )

    def _usable(self, listed: pd.MultiIndex) -> Bools:
        """Rows of vehicles kept, and of options that are listed."""
        pairs = pd.MultiIndex.from_frame(self.rows[["vehicle_id", "option"]])
        kept = (self.rows["option"] == KEEP).to_numpy(np.bool_)
        return kept | np.asarray(pairs.isin(listed), np.bool_)


def exchange_of(
    work: pd.DataFrame,
    cases: pd.DataFrame,
    physical: pd.DataFrame,
    *,
    probability: float,
    measures: Sequence[str],
) -> Exchange:
    """Return which work may be done by whom, and what a year of it adds.

    A row may be done where the option does it with the probability asked for, where its charger is
    no stronger than the one that the option is given, and where everything measured is known. A
    vehicle kept always may do its own work. Energy costs follow the energy that the work takes,
    maintenance, tyres and fluids its kilometres; insurance, taxes, access and the like belong to
    the vehicle whatever it does.

    Parameters
    ----------
    work
        Indexed ``(duty, vehicle_id, option)``, columns of ``economics.outcomes.WORK``.
    cases, physical
        Of all options, in one order.
    probability
        Asked for.
    measures
        Of the plan, besides cost.
    """
    frame = work.reset_index()
    pair = pd.MultiIndex.from_frame(frame[["vehicle_id", "option"]])
    frame = frame[pair.isin(cases.index)].reset_index(drop=True)
    pair = pd.MultiIndex.from_frame(frame[["vehicle_id", "option"]])
    base = pd.MultiIndex.from_arrays([frame["duty"], frame["duty"], [KEEP] * len(frame)])
    running = _running(frame, cases.loc[pair], physical.loc[pair])
    by_row = pd.MultiIndex.from_frame(frame[["duty", "vehicle_id", "option"]])
    gains = {CHEAPEST: running - _at(running, by_row, base)}
    for name in measures:
        amount = emitted(frame, name)
        gains[name] = _at(amount, by_row, base) - amount
    rows = frame[["duty", "vehicle_id", "option"]].assign(
        **gains, plug_share=frame["plug_share"].to_numpy(np.float64)
    )
    own = (rows["duty"] == rows["vehicle_id"]).to_numpy(np.bool_)
    unchanged = own & (rows["option"] == KEEP).to_numpy(np.bool_)
    rows.loc[unchanged, [*measures, CHEAPEST]] = rows.loc[unchanged, [*measures, CHEAPEST]].where(
        rows.loc[unchanged, [*measures, CHEAPEST]].isna(), 0.0
    )
    known = np.isfinite(rows[[*measures, CHEAPEST]].to_numpy(np.float64)).all(axis=1)
    power = frame["charger_power_w"].to_numpy(np.float64)
    given = physical.loc[pair, "charger_power_w"].to_numpy(np.float64)
    kept = (rows["option"] == KEEP).to_numpy(np.bool_)
    served = kept | ~(power > given)
    fit = unchanged | (frame["probability"].to_numpy(np.float64) >= probability)
    usable = known & served & fit
    # an operator whose work is not all known takes no part: nobody can say who should do it
    whole = _whole(rows, unchanged & known)
    usable &= whole
    pairs = pair[usable]
    doing = pd.MultiIndex.from_frame(rows.loc[usable & own, ["vehicle_id", "option"]])
    inside = set(rows.loc[usable, "vehicle_id"])
    chance = physical["probability"].to_numpy(np.float64) >= probability
    outside = ~np.isin(cases.index.get_level_values("vehicle_id"), list(inside))
    alone = np.where(outside, chance, cases.index.isin(doing))
    first = rows[own].set_index(["vehicle_id", "option"])[[*measures, CHEAPEST]]
    # an option that cannot do its own work is not among the rows: what it would have added
    first = first.reindex(cases.index).fillna(_as_if(cases, physical, measures))
    return Exchange(
        rows=rows[usable].reset_index(drop=True),
        able=np.asarray(cases.index.isin(pairs)),
        alone=pd.Series(alone, index=cases.index),
        own=first,
        rate=cases["discount_rate"],
        inflation=float(cases["inflation"].median()),
        measures=tuple(measures),
    )


def _as_if(cases: pd.DataFrame, physical: pd.DataFrame, measures: Sequence[str]) -> pd.DataFrame:
    """Return what a year of each option adds if it did the work of its own vehicle."""
    vehicle = cases.index.get_level_values("vehicle_id")
    kept = pd.MultiIndex.from_arrays([vehicle, [KEEP] * len(cases)])
    running = cases[["energy_per_year", *_PER_KM]].to_numpy(np.float64).sum(axis=1)
    index = pd.MultiIndex.from_arrays([vehicle, cases.index.get_level_values("option")])
    found = {CHEAPEST: running - _at(running, index, kept)}
    for name in measures:
        amount = emitted(physical, name)
        found[name] = _at(amount, index, kept) - amount
    return pd.DataFrame(found, index=cases.index)


def _at(values: Floats, index: pd.MultiIndex, wanted: pd.MultiIndex) -> Floats:
    """Return values of other rows, NaN where there is no such row."""
    return np.asarray(pd.Series(values, index=index).reindex(wanted), np.float64)


def _running(frame: pd.DataFrame, cases: pd.DataFrame, physical: pd.DataFrame) -> Floats:
    """Return what a year of the work costs to run, at prices of the first year."""
    electric = physical["energy_wh"].to_numpy(np.float64) > 0.0
    more = _ratio(frame, physical, "fuel_l")
    more[electric] = _ratio(frame, physical, "energy_wh")[electric]
    energy = np.multiply(cases["energy_per_year"].to_numpy(np.float64), more)
    per_km = np.asarray(cases[list(_PER_KM)], np.float64).sum(axis=1)
    km = frame["km"].to_numpy(np.float64)
    own_km = physical["annual_km"].to_numpy(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        longer = np.where(own_km > 0.0, km / own_km, np.nan)
    return np.asarray(energy + per_km * longer, np.float64)


def _ratio(frame: pd.DataFrame, physical: pd.DataFrame, name: str) -> Floats:
    used, own = frame[name].to_numpy(np.float64), physical[name].to_numpy(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        found: Floats = np.where(own > 0.0, used / own, np.nan)
    return found


def _whole(rows: pd.DataFrame, known: Bools) -> Bools:
    """Rows among vehicles that each can be kept at their own work."""
    ready = set(rows.loc[known, "vehicle_id"])
    either = rows["duty"].isin(ready) & rows["vehicle_id"].isin(ready)
    return either.to_numpy(np.bool_)
