"""Charging without a plan: whoever comes plugs in and charges as fast as it goes."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geofleet.energy.depot.bill import BillTerms, bill
from geofleet.energy.depot.horizon import hour_profile
from geofleet.energy.depot.model import Depot, DepotMonth
from geofleet.energy.depot.plan import Schedule, room_to_hand_on
from geofleet.energy.depot.program import staffed_slots
from geofleet.energy.depot.slots import takes_w
from geofleet.energy.depot.tariff import Tariff

__all__ = ["charge_at_once"]

FloatArray = npt.NDArray[np.float64]
_LAPS = 50
_FULL_WH = 1e-6
_W_PER_KW = 1000.0


def charge_at_once(
    month: DepotMonth,
    depot: Depot,
    *,
    tariff: Tariff | None = None,
    terms: BillTerms | None = None,
) -> Schedule:
    """Plug in on arrival and charge at full power until done.

    Chargers are given in order of arrival (then of departure, then of name) and kept until the
    charge is done. Where the connection is too small, all vehicles at a charger are slowed down
    alike. What is needed later in the day is charged at the first stay, as far as it fits.

    Parameters
    ----------
    month, depot
        As for ``smart_schedule``.
    tariff, terms
        For the bill, which there is when every departure is served.

    Raises
    ------
    RuntimeError
        A month in one piece whose last night does not settle to one that its first follows.
    """
    run = _Run(month, depot)
    bounds = [*month.pieces, month.horizon.size]
    for low, high in itertools.pairwise(bounds):
        run.piece(low, high)
    shortfall = np.where(run.short > 1e-3, run.short, 0.0)
    plan = Schedule(month, depot, run.power, run.plugged, shortfall)
    if tariff is None or not plan.feasible:
        return plan
    cost = bill(plan.load_w / _W_PER_KW, tariff, month.horizon, terms=terms)
    return Schedule(month, depot, run.power, run.plugged, shortfall, cost)


@dataclass(slots=True)
class _State:
    """One stay under way."""

    number: int
    held: float
    target: float
    place: int = 0
    plugged: bool = False
    was_plugged: bool = False


class _Run:
    """A walk through the slots."""

    def __init__(self, month: DepotMonth, depot: Depot) -> None:
        self.month, self.depot = month, depot
        sizes = [len(stay.slots) for stay in month.stays]
        self.first = np.concatenate([[0], np.cumsum(sizes)]).astype(int)
        self.power = np.zeros(self.first[-1])
        self.plugged = np.zeros(self.first[-1])
        self.short = np.zeros(len(sizes))
        self.room = room_to_hand_on(month)
        self.handed = np.zeros(len(sizes))
        base = month.horizon.largest(hour_profile(depot.base_load_w, month.horizon))
        self.free_w = np.maximum(depot.connection_w - base, 0.0)
        self.staffed = staffed_slots(month, depot) | (depot.plugs == "swap")

    def piece(self, low: int, high: int) -> None:
        """Walk round one piece until a lap repeats the one before it."""
        mine: dict[int, list[int]] = {}
        wraps = False
        for number, stay in enumerate(self.month.stays):
            if not len(stay.slots):
                self.short[number] = stay.need_wh
            elif low <= stay.slots[0] < high:
                mine.setdefault(int(stay.slots[0]), []).append(number)
                wraps |= bool(stay.slots[-1] < stay.slots[0])
        present: list[_State] = []
        before: FloatArray | None = None
        for _ in range(_LAPS):
            for slot in range(low, high):
                present = self._slot(slot, present, mine.get(slot, []))
            if not wraps or (before is not None and np.array_equal(before, self.power)):
                return
            before = self.power.copy()
        raise RuntimeError("charging at once does not settle over the end of the month")

    def _slot(self, slot: int, present: list[_State], arriving: list[int]) -> list[_State]:
        """Charge for one slot; return who is still there."""
        stays = self.month.stays
        arrived = []
        for number in arriving:
            stay = stays[number]
            handed = self.handed[stay.after] if stay.after >= 0 else 0.0
            target = stay.departure_wh + self.room[number]
            arrived.append(_State(number, stay.arrival_wh + handed, target))
        arrived.sort(key=lambda s: (len(stays[s.number].slots), stays[s.number].vehicle.vehicle_id))
        staff = bool(self.staffed[slot])
        if staff:
            for state in present:
                state.plugged &= state.target - state.held > _FULL_WH
        present = present + arrived
        free = self.depot.chargers.count - sum(state.plugged for state in present)
        for state in present if staff else arrived:
            wants = state.target - state.held > _FULL_WH and not state.plugged
            if wants and free > 0 and not state.was_plugged:
                state.plugged = state.was_plugged = True
                free -= 1
        self._charge(slot, [state for state in present if state.plugged])
        staying = []
        for state in present:
            self.plugged[self.first[state.number] + state.place] = float(state.plugged)
            if not state.plugged:
                self.power[self.first[state.number] + state.place] = 0.0
            state.place += 1
            if state.place < len(stays[state.number].slots):
                staying.append(state)
            else:
                self._leave(state)
        return staying

    def _charge(self, slot: int, plugged: list[_State]) -> None:
        """Give power to those that hold a charger."""
        hours = self.month.horizon.slot_h
        wanted = [self._power(state) for state in plugged]
        total = math.fsum(wanted) / self.depot.chargers.efficiency
        share = min(1.0, self.free_w[slot] / total) if total > 0.0 else 0.0
        for state, power in zip(plugged, wanted, strict=True):
            self.power[self.first[state.number] + state.place] = power * share
            state.held += power * share * hours

    def _power(self, state: _State) -> float:
        """Return the most that a battery takes through a whole slot."""
        hours = self.month.horizon.slot_h
        power = takes_w(self.month.stays[state.number], self.depot, state.held, hours)
        return max(min(power, (state.target - state.held) / hours), 0.0)

    def _leave(self, state: _State) -> None:
        """Count what is missing, and hand on what is not needed yet."""
        beyond = state.held - self.month.stays[state.number].departure_wh
        self.short[state.number] = max(-beyond, 0.0)
        self.handed[state.number] = max(beyond, 0.0)
