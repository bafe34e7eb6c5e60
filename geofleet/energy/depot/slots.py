"""Charging counted in whole slots: how many each stay needs, and how many chargers that takes."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_flow

from geofleet.energy.depot.horizon import hour_profile
from geofleet.energy.depot.model import Depot, DepotMonth, PlacedStay
from geofleet.energy.depot.plan import room_to_hand_on

__all__ = ["chargers_by_slots", "serve_by_slots", "slots_needed", "takes_w", "whole_stays"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
_DONE_WH = 0.5  # what the tolerances of a solver may leave over a night
_W = 1e-3


def takes_w(stay: PlacedStay, depot: Depot, held_wh: float, slot_h: float) -> float:
    """Return the most that the battery of a stay takes through a whole slot (W)."""
    vehicle = stay.vehicle
    power = depot.chargers.battery_power_w(vehicle)
    for top, slope in vehicle.lines():
        reached = top - slope * held_wh / vehicle.battery_wh
        power = min(power, reached / (1.0 + slope * slot_h / vehicle.battery_wh))
    return max(power, 0.0)


def whole_stays(month: DepotMonth, depot: Depot) -> BoolArray:
    """Say which stays hold a charger for whole slots: those with a taper, or all plugged once."""
    return np.array(
        [depot.plugs == "once" or bool(stay.vehicle.taper) for stay in month.stays], dtype=bool
    )


def slots_needed(month: DepotMonth, depot: Depot) -> IntArray:
    """Return the least number of slots in which each stay can be served, one number per stay.

    At full power, wherever in the stay these slots lie: what a battery takes depends on what it
    holds alone. Of a stay that may be handed energy by the one before it, all of that is taken to
    have come. One that all its slots do not serve needs one more than it has.
    """
    handed = room_to_hand_on(month)
    needed = np.zeros(len(month.stays), dtype=np.int64)
    for number, stay in enumerate(month.stays):
        held = stay.arrival_wh + (handed[stay.after] if stay.after >= 0 else 0.0)
        while stay.departure_wh - held > _DONE_WH and needed[number] <= len(stay.slots):
            held += takes_w(stay, depot, held, month.horizon.slot_h) * month.horizon.slot_h
            needed[number] += 1
    return needed


def chargers_by_slots(month: DepotMonth, depot: Depot, *, most: int) -> int:
    """Return the fewest chargers with as many whole slots as the stays need: a lower bound.

    Only stays that hold a charger for whole slots are counted. Each takes its number out of its
    own slots, and no slot has more takers than chargers: a flow from stays to slots, whole by its
    nature, and searched by halving.

    Parameters
    ----------
    most
        A number that is enough; returned where no smaller one is.
    """
    needed = np.where(whole_stays(month, depot), slots_needed(month, depot), 0)
    low, high = 0, most
    while low < high:
        middle = (low + high) // 2
        if _flow(month, needed, middle) is None:
            low = middle + 1
        else:
            high = middle
    return high


def serve_by_slots(month: DepotMonth, depot: Depot) -> bool:
    """Whether charging in whole slots, each at full power, is found to serve every departure.

    It is no proof where it is not: slower charging within the connection may serve, and so may
    energy that one stay hands on to another.
    """
    if depot.plugs == "once" or any(stay.after >= 0 for stay in month.stays):
        return False
    needed = slots_needed(month, depot)
    taken = _flow(month, needed, depot.chargers.count)
    if taken is None:
        return False
    horizon = month.horizon
    drawn = horizon.largest(hour_profile(depot.base_load_w, horizon))
    for stay, slots in zip(month.stays, taken, strict=True):
        held = stay.arrival_wh
        for slot in slots:
            lacking = (stay.departure_wh - held) / horizon.slot_h
            power = min(takes_w(stay, depot, held, horizon.slot_h), max(lacking, 0.0))
            held += power * horizon.slot_h
            drawn[slot] += power / depot.chargers.efficiency
    return math.isinf(depot.connection_w) or bool((drawn <= depot.connection_w + _W).all())


def _flow(month: DepotMonth, needed: IntArray, count: int) -> list[IntArray] | None:
    """Give each stay its number of slots, no slot to more than ``count``; None if that fails."""
    stays = month.stays
    sizes = [len(stay.slots) for stay in stays]
    if (needed > np.array(sizes, dtype=np.int64)).any():
        return None
    owner = np.repeat(np.arange(len(stays)), sizes)
    slot = np.concatenate([np.zeros(0, int), *(stay.slots for stay in stays)]).astype(np.int64)
    slots = month.horizon.size
    source, sink = len(stays) + slots, len(stays) + slots + 1
    row = np.concatenate([np.full(len(stays), source), owner, len(stays) + np.arange(slots)])
    column = np.concatenate([np.arange(len(stays)), len(stays) + slot, np.full(slots, sink)])
    room = np.concatenate([needed, np.ones(len(slot)), np.full(slots, count)]).astype(np.int32)
    graph = csr_array((room, (row, column)), shape=(sink + 1, sink + 1))
    found = maximum_flow(graph, source, sink)
    if found.flow_value < needed.sum():
        return None
    flow = found.flow[: len(stays), len(stays) : source].toarray()
    order = [np.asarray(stay.slots)[flow[i, stay.slots] > 0] for i, stay in enumerate(stays)]
    return [part.astype(np.int64) for part in order]
