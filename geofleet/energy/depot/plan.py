"""Schedule: when each vehicle charges, with what it costs and what it leaves undone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.energy.depot.bill import Bill
from geofleet.energy.depot.horizon import hour_profile
from geofleet.energy.depot.model import Depot, DepotMonth

__all__ = ["Schedule", "charging_w", "room_to_hand_on"]

FloatArray = npt.NDArray[np.float64]
_W_PER_KW = 1000.0


@dataclass(frozen=True)
class Schedule:
    """When each vehicle charges.

    Parameters
    ----------
    month, depot
        What was planned, and where.
    power_w
        Power into the battery, one number for each slot of each stay, stay after stay.
    plugged
        Share of the slot for which the vehicle holds a charger, likewise.
    shortfall_wh
        Energy that each stay lacks on departure. Where not every departure can be served, the
        total over the month is the least possible; how it falls on vehicles is one way of many.
    bill
        Of the month; None where no tariff was given or a departure is not served.
    bound
        No schedule has a total below this; of a schedule of least shortfall, none leaves less
        undelivered (kWh of the month). NaN where nothing was proven.
    by_clock
        Whether a search was ended by the seconds of row ``depot:mip_time``: a slower machine may
        then find another schedule.
    """

    month: DepotMonth
    depot: Depot
    power_w: FloatArray
    plugged: FloatArray
    shortfall_wh: FloatArray
    bill: Bill | None = None
    bound: float = float("nan")
    by_clock: bool = False

    @property
    def feasible(self) -> bool:
        """Whether every departure is served."""
        return not self.shortfall_wh.any()

    @property
    def total(self) -> float:
        """Total of the bill; NaN without one."""
        return float("nan") if self.bill is None else self.bill.total

    @property
    def subtotal(self) -> float:
        """Total before tax; NaN without a bill."""
        return float("nan") if self.bill is None else self.bill.subtotal

    @property
    def gap(self) -> float:
        """How far the bill may be above the best, as a share of it; NaN where nothing is proven."""
        if self.bill is None:
            return float("nan")
        return max(self.bill.total - self.bound, 0.0) / max(self.bill.total, 1e-12)

    @property
    def load_w(self) -> FloatArray:
        """Power from the grid in every slot of the month, other loads of the depot included."""
        horizon = self.month.horizon
        charging = charging_w(self.month, self.depot, self.power_w)[horizon.planned]
        return hour_profile(self.depot.base_load_w, horizon) + charging

    @property
    def peak_kw(self) -> float:
        """Highest demand of the month."""
        return float(self.load_w.max()) / _W_PER_KW

    @property
    def energy_kwh(self) -> float:
        """Energy from the grid for charging in the month."""
        horizon = self.month.horizon
        charging = charging_w(self.month, self.depot, self.power_w)
        return float((charging * horizon.times).sum() * horizon.slot_h) / _W_PER_KW

    def frame(self) -> pd.DataFrame:
        """Return one row per stay and slot in which it is there.

        Columns ``stay, vehicle_id, start`` (the first of the times it stands for), ``repeats,
        battery_w, grid_w, plugged, energy_wh`` (in the battery at the slot's end).
        """
        horizon, stays = self.month.horizon, self.month.stays
        sizes = [len(stay.slots) for stay in stays]
        owner = np.repeat(np.arange(len(stays)), sizes)
        first = np.concatenate([[0], np.cumsum(sizes)]).astype(int)
        slot = np.concatenate([np.zeros(0, int), *(stay.slots for stay in stays)]).astype(int)
        held = np.empty(len(owner))
        handed = np.zeros(len(stays))
        for number, stay in enumerate(stays):
            start = stay.arrival_wh + (handed[stay.after] if stay.after >= 0 else 0.0)
            gains = self.power_w[first[number] : first[number + 1]] * horizon.slot_h
            held[first[number] : first[number + 1]] = start + np.cumsum(gains)
            handed[number] = max(start + gains.sum() - stay.departure_wh, 0.0)
        names = np.array([stay.vehicle.vehicle_id for stay in stays], dtype=object)
        return pd.DataFrame(
            {
                "stay": owner,
                "vehicle_id": names[owner],
                "start": horizon.starts[horizon.first[slot]],
                "repeats": horizon.times[slot],
                "battery_w": self.power_w,
                "grid_w": self.power_w / self.depot.chargers.efficiency,
                "plugged": self.plugged,
                "energy_wh": held,
            }
        )

    def shortfalls(self) -> pd.DataFrame:
        """Return what is missing, ``vehicle_id, shortfall_kwh`` of the month; empty when nothing.

        Sorted by vehicle.
        """
        rows = [
            (stay.vehicle.vehicle_id, short * stay.repeats / _W_PER_KW)
            for stay, short in zip(self.month.stays, self.shortfall_wh, strict=True)
            if short > 0.0
        ]
        frame = pd.DataFrame(rows, columns=["vehicle_id", "shortfall_kwh"])
        return frame.groupby("vehicle_id", as_index=False).sum()


def charging_w(month: DepotMonth, depot: Depot, power_w: FloatArray) -> FloatArray:
    """Return the power from the grid for charging in each planned slot."""
    slot = np.concatenate([np.zeros(0, int), *(stay.slots for stay in month.stays)]).astype(int)
    weights = np.asarray(power_w / depot.chargers.efficiency, dtype=np.float64)
    return np.bincount(slot, weights, month.horizon.size).astype(np.float64)


def room_to_hand_on(month: DepotMonth) -> FloatArray:
    """Return the most that each stay can hand on to the vehicle's next (Wh)."""
    room = np.zeros(len(month.stays))
    for number in range(len(month.stays) - 1, -1, -1):
        stay = month.stays[number]
        if stay.after >= 0:
            before = month.stays[stay.after]
            free = before.vehicle.battery_wh - before.departure_wh
            room[stay.after] = min(free, stay.need_wh + room[number])
    return room
