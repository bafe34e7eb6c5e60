"""What part of a day falls in each hour, and how the days of a week differ."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.errors import InputError, Problem

__all__ = ["DAY_KINDS", "GROUPS", "HourlyProfile", "hourly_profile"]

DAY_KINDS = ("average", "weekday", "saturday", "sunday")
GROUPS = ("light", "light_freight", "heavy")
"""All light vehicles, those of them that carry goods, heavy vehicles."""

_TABLE = "traffic_profiles"
_HOURS = 24
_TOLERANCE = 1e-3
_WEEK = (("weekday", 5.0), ("saturday", 1.0), ("sunday", 1.0))

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class HourlyProfile:
    """Traffic of a group by hour.

    Parameters
    ----------
    group, day_kind
        What it is the profile of.
    share
        Share of the day's vehicles in each hour; sums to 1.
    level
        Vehicles of the day over those of the mean day of a week.
    """

    group: str
    day_kind: str
    share: Floats
    level: float


def hourly_profile(group: str, day_kind: str, *, defaults: Defaults) -> HourlyProfile:
    """Return a profile of table ``traffic_profiles``.

    The average day is the mean of five weekdays, a Saturday and a Sunday, each at its level.

    Raises
    ------
    InputError
        Unknown group or kind of day; rows set by a study that are no shares or do not sum to 1.
    """
    if day_kind not in DAY_KINDS:
        expected = "one of " + ", ".join(DAY_KINDS)
        raise InputError([Problem("traffic", "day_kind", value=day_kind, expected=expected)])
    if group not in GROUPS:
        expected = "one of " + ", ".join(GROUPS)
        raise InputError([Problem("traffic", "group", value=group, expected=expected)])
    rows = CheckedRows(defaults)
    days = {}
    for kind, weight in _WEEK:
        level = rows.number(_TABLE, f"{group}.{kind}.level", 0.0, math.inf, "a number above 0",
                            above=True)  # fmt: skip
        shares = np.array([
            rows.number(_TABLE, f"{group}.{kind}.{hour}", 0.0, 1.0, "a share from 0 to 1")
            for hour in range(_HOURS)
        ])  # fmt: skip
        total = float(shares.sum())
        if abs(total - 1.0) > _TOLERANCE:
            expected = "24 hourly shares that sum to 1"
            rows.problems.append(
                Problem(f"default table {_TABLE}", f"{group}.{kind}", 0, f"{total:g}", expected)
            )
        days[kind] = (weight, level, shares / total)
    rows.finish()
    week = sum(weight for weight, _, _ in days.values())
    mean = sum(weight * level for weight, level, _ in days.values()) / week
    if day_kind != "average":
        _, level, share = days[day_kind]
        return HourlyProfile(group, day_kind, share, level / mean)
    share = np.zeros(_HOURS)
    for weight, level, part in days.values():
        share += weight * level * part
    return HourlyProfile(group, day_kind, share / share.sum(), 1.0)
