"""The smallest charger that refills a day's energy while the vehicle is parked."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.energy.battery import ChargingCurve, charging_curve
from geofleet.energy.catalogue import model_battery
from geofleet.energy.model import ElectricModels

__all__ = ["Chargers", "charger_kinds", "hours_to_refill"]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

_TABLE = "depot"
_W_PER_KW = 1000.0
_COSTED: tuple[tuple[str, Literal["ac", "dc"]], ...] = (
    ("ac", "ac"), ("dc_60", "dc"), ("dc_150", "dc"),
)  # fmt: skip
"""Rows of charger costs, smallest first, and the current that such a charger gives."""


@dataclass(frozen=True)
class Chargers:
    """Kinds of charger, smallest first, and what each model does at them.

    Parameters
    ----------
    names, power_w
        ``ac_22``, ``dc_60``…; of the charger: AC from the grid, DC at the plug.
    efficiency
        Energy into the battery over energy from the grid.
    curves
        By model and kind; None where the model has no inlet for it.
    peak_w
        Shape (models, kinds): most that a model draws from the grid; NaN likewise.
    full_wh
        Usable energy of each model's battery when new and warm.
    start_soc, reserve_share, health
        Rows of the energy table.
    """

    names: tuple[str, ...]
    power_w: Floats
    efficiency: Floats
    curves: tuple[tuple[ChargingCurve | None, ...], ...]
    peak_w: Floats
    full_wh: Floats
    start_soc: float
    reserve_share: float
    health: float


def charger_kinds(models: ElectricModels, defaults: Defaults) -> Chargers:
    """Return chargers of the powers that costs are known of.

    Raises
    ------
    InputError
        Rows that are no powers, models whose charging power rises with their charge.
    """
    rows = CheckedRows(defaults)
    names, powers, efficiency = [], [], []
    for row, current in _COSTED:
        ends = [
            rows.number(_TABLE, f"cost.{row}.power_{end}", 0.0, 1e4, "a power in kW", above=True)
            for end in ("from", "to")
        ]
        # small chargers of one price: the largest of them; else the middle
        power = ends[1] if current == "ac" else sum(ends) / 2.0
        names.append(f"{current}_{power:g}")
        powers.append(power * _W_PER_KW)
        share = "a share above 0 and at most 1"
        name = f"charger_efficiency.{current}"
        efficiency.append(rows.number("batteries", name, 0.0, 1.0, share, above=True))
    start = rows.number("energy", "start_soc", 0.0, 1.0, "a share from 0 to 1")
    reserve = rows.number("energy", "reserve_share", 0.0, 1.0, "a share from 0 to 1")
    health = rows.number("energy", "state_of_health", 0.0, 1.0, "a share from 0 to 1", above=True)
    rows.finish()
    curves, peaks = [], []
    for model in map(str, models.frame.index):
        battery = model_battery(models, model)
        limit = {"ac": battery.ac_charge_w, "dc": battery.dc_charge_w}
        made: list[ChargingCurve | None] = []
        peak = []
        for (_, current), power, share_in in zip(_COSTED, powers, efficiency, strict=True):
            most = min(power, limit[current])
            known = not math.isnan(limit[current])
            peak.append(most / (share_in if current == "dc" else 1.0) if known else math.nan)
            made.append(
                charging_curve(
                    battery, power, kind=current, usable_wh=battery.usable_wh * health,
                    lowest_soc=reserve, defaults=defaults,
                )
                if known
                else None
            )  # fmt: skip
        curves.append(tuple(made))
        peaks.append(peak)
    full = models.frame["battery_usable_wh"].to_numpy(np.float64)
    return Chargers(
        tuple(names), np.array(powers), np.array(efficiency), tuple(curves),
        np.array(peaks).reshape(len(models.frame), len(names)), full, start, reserve, health,
    )  # fmt: skip


def hours_to_refill(chargers: Chargers, model: Integers, depth_wh: Floats) -> Floats:
    """Return hours from a depth of discharge to the charge that days begin with.

    Parameters
    ----------
    model
        Position of the model.
    depth_wh
        Energy below the charge at the start of the day.

    Returns
    -------
    numpy.ndarray
        Shape (days, kinds): NaN where the depth is unknown, infinite where the model has no inlet
        for the charger or the battery does not hold so much.
    """
    hours = np.full((len(model), len(chargers.names)), np.inf)
    for number in np.unique(model):
        here = np.flatnonzero(model == number)
        full = chargers.full_wh[number] * chargers.health
        end = chargers.start_soc * full
        depth = depth_wh[here]
        held = ~(depth > end)
        begin = np.clip(end - np.nan_to_num(depth), 0.0, end)
        for kind, curve in enumerate(chargers.curves[number]):
            if curve is None:
                continue
            full_here = curve.battery_wh
            taken = curve.time_for(
                np.minimum(begin, full_here), np.full(len(here), min(end, full_here))
            )
            hours[here, kind] = np.where(held, taken / 3600.0, np.inf)
        hours[here[np.isnan(depth)]] = np.nan
    return hours
