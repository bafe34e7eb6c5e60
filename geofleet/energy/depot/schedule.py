"""The cheapest schedule of charging at a depot."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from geofleet.defaults import Defaults
from geofleet.energy.depot.at_once import charge_at_once
from geofleet.energy.depot.bill import BillTerms, bill, window_of_slots
from geofleet.energy.depot.horizon import hour_profile
from geofleet.energy.depot.model import Depot, DepotMonth
from geofleet.energy.depot.plan import Schedule
from geofleet.energy.depot.program import Effort, Peak, Program, Solution, read_effort
from geofleet.energy.depot.tariff import DemandCharge, Tariff

__all__ = ["least_shortfall", "smart_schedule"]

FloatArray = npt.NDArray[np.float64]
_W_PER_KW = 1000.0
_SAME = 1e-9
_NOISE_WH = 0.5  # what the tolerances of the solver may leave over a night


@dataclass(frozen=True)
class _Case:
    """Which demand charges are billed by demand; the others by the energy of the month."""

    peaks: tuple[Peak, ...]
    constant: float


def smart_schedule(
    month: DepotMonth,
    depot: Depot,
    tariff: Tariff,
    *,
    terms: BillTerms | None = None,
    defaults: Defaults | None = None,
) -> Schedule:
    """Return the schedule of the lowest bill that serves every departure.

    A demand charge is billed for the lower of demand and a limit that follows from the energy of
    the month. The energy is fixed by what the vehicles need, so each charge is either linear in
    the demand or a constant: every combination is one linear program (mixed-integer where plugs
    are whole), solved by HiGHS unless a bound shows that it cannot win, and the best one is the
    optimum. Where a departure cannot be served, the schedule of the least shortfall is returned
    without a bill.

    Parameters
    ----------
    month
        Stays on slots (``dated_month``, ``repeated_month``).
    depot
        Chargers, connection and other loads.
    tariff, terms
        What is billed.
    defaults
        Rows ``depot:mip_gap`` and ``depot:mip_nodes``: when to stop where plugs are whole (row
        ``depot:mip_time`` guards against searches without end). What is
        left between bill and bound is in the result.

    Raises
    ------
    InputError
        Slots in which the window of the tariff changes, terms that do not fit the tariff.
    """
    scope = (defaults or Defaults()).scope()
    effort = read_effort(scope)
    question = _Question(month, depot, tariff, terms or BillTerms())
    energy = question.solve((), relaxed=True)
    if energy.status == "none":
        return least_shortfall(month, depot, defaults=scope)
    best = charge_at_once(month, depot, tariff=tariff, terms=terms) if question.whole else None
    if best is not None and not best.feasible:
        best = None
    bound, by_clock = math.inf, False
    for case in sorted(question.cases(), key=lambda case: case.constant):
        floor = math.fsum([energy.value, case.constant, *(p.rate * p.least_kw for p in case.peaks)])
        limit = math.inf if best is None else best.subtotal - _SAME
        if floor >= limit:
            bound = min(bound, floor)
            continue
        found = question.solve(case.peaks, relaxed=True)
        lower = found.value + case.constant
        if question.whole:
            if lower >= limit:  # shared plugs are no plan, only a bound: this case cannot win
                bound = min(bound, lower)
                continue
            found = question.solve(case.peaks, relaxed=False, effort=effort)
            lower = max(lower, found.bound + case.constant)
            by_clock |= found.by_clock
        bound = min(bound, lower)
        if found.status != "none":
            plan = question.schedule(found)
            if plan.feasible and (best is None or plan.subtotal < best.subtotal):
                best = plan
    if best is None:
        # Fractions of plugs would serve all; whole ones were not found to in the time.
        best = least_shortfall(month, depot, defaults=scope)
        if not best.feasible:
            return best
        load = best.load_w / _W_PER_KW
        best = replace(best, bill=bill(load, tariff, month.horizon, terms=terms))
    tax = 1.0 + ((terms.vat_share if terms else None) or 0.0)
    return replace(best, bound=min(bound * tax, best.total), by_clock=by_clock or best.by_clock)


def least_shortfall(
    month: DepotMonth, depot: Depot, *, defaults: Defaults | None = None
) -> Schedule:
    """Return the schedule that leaves the least energy undelivered, whatever it costs.

    Raises
    ------
    RuntimeError
        The search was stopped before it had any schedule.
    """
    scope = (defaults or Defaults()).scope()
    effort = read_effort(scope)
    program = _program(month, depot, relaxed=False)
    found = program.least_shortfall(effort)
    if found.status == "none":
        raise RuntimeError("no schedule was found within depot:mip_nodes and depot:mip_time")
    plan = _schedule(month, depot, program, found)
    return replace(plan, bound=max(found.bound, 0.0), by_clock=found.by_clock)


def _program(month: DepotMonth, depot: Depot, *, relaxed: bool) -> Program:
    """Return the program of a depot as it is."""
    return Program(
        month, depot, connection_w=depot.connection_w, count=depot.chargers.count, relaxed=relaxed
    )


def _schedule(month: DepotMonth, depot: Depot, program: Program, found: Solution) -> Schedule:
    """Turn a solution into a schedule, without a bill."""
    limit = program.limit[program.owner]
    plugged = np.ones(program.cells)
    if depot.plugs == "swap":
        # A charger is held for as long as it takes at full power.
        plugged = np.divide(found.power_kw, limit, out=np.zeros(program.cells), where=limit > 0.0)
    if program.plug.size:
        plugged[program.plug_cells] = np.clip(found.plugged, 0.0, 1.0)
    if depot.plugs == "once":
        plugged = np.round(plugged)
    power = np.minimum(found.power_kw, limit * plugged) if depot.plugs == "once" else found.power_kw
    short = _lacking_wh(month, program, power * _W_PER_KW)
    return Schedule(month, depot, power * _W_PER_KW, plugged, short)


def _lacking_wh(month: DepotMonth, program: Program, power_w: FloatArray) -> FloatArray:
    """Return what each stay lacks on departure, stays in the order of time."""
    gained = np.bincount(program.owner, power_w * program.slot_h, len(month.stays))
    short = np.zeros(len(month.stays))
    beyond = np.zeros(len(month.stays))
    for number, stay in enumerate(month.stays):
        handed = beyond[stay.after] if stay.after >= 0 else 0.0
        left = handed + gained[number] - stay.need_wh
        short[number], beyond[number] = max(-left, 0.0), max(left, 0.0)
    return np.where(short > _NOISE_WH, short, 0.0)


class _Question:
    """One depot under one tariff."""

    def __init__(self, month: DepotMonth, depot: Depot, tariff: Tariff, terms: BillTerms) -> None:
        self.month, self.depot, self.tariff, self.terms = month, depot, tariff, terms
        horizon = month.horizon
        self.window = window_of_slots(tariff, horizon)
        self.base_kw = hour_profile(depot.base_load_w, horizon) / _W_PER_KW
        self.on_energy, self.on_rest = terms.factors(tariff)
        per_kwh = np.array(list(tariff.energy_per_kwh.values()))[self.window] * self.on_energy
        self.price = horizon.total(per_kwh)
        base_kwh = self.base_kw * horizon.slot_h
        need_kwh = month.need_wh / _W_PER_KW / depot.chargers.efficiency
        self.energy_kwh = math.fsum(base_kwh) + need_kwh
        self.constant = float((base_kwh * per_kwh).sum()) + tariff.fixed_per_month * self.on_rest
        self.whole = bool(np.concatenate(_program(month, depot, relaxed=False).whole).any())

    def cases(self) -> list[_Case]:
        """Return every way in which the demand charges can be billed."""
        return [
            self._case(choice) for choice in itertools.product(*map(self._ways, self.tariff.demand))
        ]

    def _ways(self, charge: DemandCharge) -> tuple[bool, ...]:
        limited = charge.limit_kw(self.energy_kwh, self.month.horizon.days)
        return (True,) if math.isinf(limited) else (True, False)

    def _case(self, by_demand: Sequence[bool]) -> _Case:
        """Return the peaks that are paid for, and what is paid anyway."""
        constant = self.constant
        peaks = []
        for charge, demand in zip(self.tariff.demand, by_demand, strict=True):
            rate = charge.rate_per_kw * self.on_rest
            floor = self.terms.floor_kw(charge.name)
            if demand:
                peaks.append(self._peak(charge, rate, floor))
            else:
                limit = charge.limit_kw(self.energy_kwh, self.month.horizon.days)
                constant += rate * max(limit, floor)
        return _Case(tuple(peaks), constant)

    def _peak(self, charge: DemandCharge, rate: float, floor: float) -> Peak:
        """Return the demand that a charge is for."""
        codes = [self.tariff.windows.index(name) for name in charge.windows]
        counts = np.isin(self.window, codes) if codes else np.ones(len(self.window), dtype=bool)
        base = self.month.horizon.largest(np.where(counts, self.base_kw, -np.inf))
        slots = np.flatnonzero(base > -np.inf)
        least = max(float(base[slots].max(initial=0.0)), floor)
        return Peak(rate, slots, base[slots], least)

    def solve(
        self,
        peaks: Sequence[Peak],
        *,
        relaxed: bool,
        effort: Effort | None = None,
    ) -> Solution:
        """Return the cheapest plan where these peaks are paid for."""
        self.last = _program(self.month, self.depot, relaxed=relaxed)
        return self.last.cheapest(self.price, peaks, effort or Effort())

    def schedule(self, found: Solution) -> Schedule:
        """Return the last solution with its bill."""
        plan = _schedule(self.month, self.depot, self.last, found)
        load = plan.load_w / _W_PER_KW
        cost = bill(load, self.tariff, self.month.horizon, terms=self.terms)
        return Schedule(self.month, self.depot, plan.power_w, plan.plugged, plan.shortfall_wh, cost)
