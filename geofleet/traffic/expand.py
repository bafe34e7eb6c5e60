"""From flows as counted (an hour, a peak hour, a day) to 24 hours of vehicle classes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
import numpy.typing as npt

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.errors import InputError, Problem
from geofleet.fleet.classes import vehicle_class_names
from geofleet.traffic.split import FLOW_GROUPS, ClassSplit, group_of_class

__all__ = ["Period", "daily_flows", "expand_flows", "gather_hours", "peak_hours"]

Period = Literal["peak_hour", "day"]

_TABLE = "traffic_profiles"
_HOURS = 24

Floats = npt.NDArray[np.float64]


def peak_hours(
    groups: tuple[str, ...], peak_hour: int | None, *, defaults: Defaults
) -> dict[str, int]:
    """Return the local hour that a peak-hour flow of each group stands for."""
    if peak_hour is not None:
        if peak_hour not in range(_HOURS):
            expected = "a whole hour from 0 to 23"
            raise InputError([Problem("traffic", "peak_hour", 0, str(peak_hour), expected)])
        return dict.fromkeys(groups, int(peak_hour))
    rows = CheckedRows(defaults)
    found = {}
    for group in groups:
        name = group if group in FLOW_GROUPS else group_of_class(group, defaults=defaults)
        value = rows.number(_TABLE, f"peak_hour.{name}", 0.0, 23.0, "an hour from 0 to 23")
        found[group] = 0 if np.isnan(value) else int(value)
    rows.finish()
    return found


def daily_flows(
    flow: Mapping[str, Floats],
    split: ClassSplit,
    *,
    period: Period,
    counted_on: str,
    peak: Mapping[str, int],
) -> dict[str, Floats]:
    """Return the vehicles of each group on the day of the result.

    A peak-hour flow is divided by the share of that hour in the day it was counted on; a day of
    one kind becomes another by the ratio of their levels.
    """
    out = {}
    for group, values in flow.items():
        counted = split.counted(group, counted_on)
        wanted = split.counted(group, split.day_kind)
        day = values / counted.share[peak[group]] if period == "peak_hour" else values
        out[group] = day * (wanted.level / counted.level)
    return out


def expand_flows(
    daily: Mapping[str, Floats], split: ClassSplit, *, shape: Mapping[str, Floats] | None = None
) -> tuple[tuple[str, ...], Floats]:
    """Return classes and vehicles by link, class and hour.

    Parameters
    ----------
    daily
        Vehicles a day of each group or class, by link.
    shape
        Share of the day in each hour by group, shape ``(links, 24)``, where it was counted; the
        profile of the group's freight vehicles elsewhere.
    """
    present = {name for group in daily for name in split.classes_of(group)}
    classes = tuple(name for name in vehicle_class_names() if name in present)
    count = len(next(iter(daily.values()))) if daily else 0
    out = np.zeros((count, len(classes), _HOURS))
    for group, day in daily.items():
        own = None if shape is None else shape.get(group)
        by_hour = day[:, None] * (split.driven(group).share[None, :] if own is None else own)
        for name, share in split.classes_of(group).items():
            out[:, classes.index(name), :] += share * by_hour
    return classes, out


def gather_hours(
    place: npt.NDArray[np.integer],
    hour: npt.NDArray[np.integer],
    values: Floats,
    count: int,
    counted_share: Floats,
    driven_share: Floats,
) -> tuple[Floats, Floats]:
    """Turn hourly counts into days, and the share of the day in each hour.

    A link counted in some hours only carries in the day what these hours make of it by the profile
    of what was counted. Where all hours are counted they are the shape of the day themselves, else
    it is ``driven_share``.

    Parameters
    ----------
    place
        Link of each count, 0 to ``count - 1``.

    Raises
    ------
    InputError
        Vehicles counted only in hours that have none by the profile.

    Returns
    -------
    tuple
        Vehicles a day, shape ``(count,)``, and shares, shape ``(count, 24)``.
    """
    by_hour = np.zeros((count, _HOURS))
    seen = np.zeros((count, _HOURS), dtype=bool)
    np.add.at(by_hour, (place, hour), values)
    seen[place, hour] = True
    counted = by_hour.sum(axis=1)
    part = np.where(seen, counted_share, 0.0).sum(axis=1)
    whole = seen.all(axis=1)
    part[whole] = 1.0
    if ((part <= 0) & (counted > 0)).any():
        expected = "an hour in which the hourly profile has traffic"
        raise InputError([Problem("traffic", "hour", expected=expected)])
    day = np.divide(counted, part, out=np.zeros(count), where=part > 0)
    shape = np.tile(driven_share, (count, 1))
    known = whole & (counted > 0)
    shape[known] = by_hour[known] / counted[known, None]
    return day, shape
