"""Battery: what of a pack decides charging, ageing and behaviour in the cold."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

from geofleet.errors import InputError, Problem

__all__ = ["CHEMISTRIES", "Battery"]

CHEMISTRIES = ("lfp", "nmc", "other")
"""Iron phosphate, nickel-manganese-cobalt, or not published."""


@dataclass(frozen=True, slots=True)
class Battery:
    """The battery of one vehicle model.

    Parameters
    ----------
    name
        What messages call it.
    usable_wh
        Energy between the lowest and the highest charge that the vehicle allows, when new.
    chemistry
        One of ``CHEMISTRIES``.
    ac_charge_w
        Limit of the charger on board, drawn from the grid; NaN when unknown or when there is none.
    dc_charge_w
        Peak power into a warm battery at a direct-current charger; NaN when unknown or when there
        is none.
    charging_power
        ``(soc, share)`` pairs, ascending from soc 0: from this state of charge on the battery
        takes this share of its peak power, to the next. Empty: that of the default rows.

    Raises
    ------
    InputError
        Every number that no battery can have.
    """

    name: str
    usable_wh: float
    chemistry: str = "other"
    ac_charge_w: float = math.nan
    dc_charge_w: float = math.nan
    charging_power: tuple[tuple[float, float], ...] = ()

    def __post_init__(self) -> None:
        problems = _problems(self)
        if problems:
            raise InputError(problems)


def _problems(battery: Battery) -> list[Problem]:
    """Find every number that no battery can have."""
    found = []
    table = f"battery {battery.name}"
    if not 0.0 < battery.usable_wh < math.inf:
        found.append(
            Problem(table, "usable_wh", 0, f"{battery.usable_wh:g}", "an energy above 0 Wh")
        )
    if battery.chemistry not in CHEMISTRIES:
        expected = "one of " + ", ".join(CHEMISTRIES)
        found.append(Problem(table, "chemistry", 0, battery.chemistry, expected))
    for field in ("ac_charge_w", "dc_charge_w"):
        value = getattr(battery, field)
        if not (math.isnan(value) or 0.0 < value < math.inf):
            found.append(Problem(table, field, 0, f"{value:g}", "a power above 0 W, or unknown"))
    pairs = battery.charging_power
    if not pairs:
        return found
    starts = [soc for soc, _ in pairs]
    rising = all(a < b for a, b in itertools.pairwise(starts))
    if starts[0] != 0.0 or not rising or not starts[-1] < 1.0:
        expected = "states of charge ascending from 0, below 1 (1 is full)"
        found.append(Problem(table, "charging_power", 0, str(starts), expected))
    wrong = [share for _, share in pairs if not 0.0 < share <= 1.0]
    if wrong:
        expected = "shares of the peak power above 0 and at most 1"
        found.append(Problem(table, "charging_power", 0, f"{wrong[0]:g}", expected))
    return found
