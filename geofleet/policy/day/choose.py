"""Choose what operators do with forbidden days: the least cost among what is feasible."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

import numpy as np
import numpy.typing as npt

from geofleet.policy.day.around import cancelled_days, closed_roads, dropped_days, rerouted_days
from geofleet.policy.day.in_time import retimed_days, waiting_days
from geofleet.policy.day.settings import RESPONSES
from geofleet.policy.day.swap import swapped_days
from geofleet.policy.day.trial import NOT_KNOWN, Task, Tried

__all__ = ["chosen_responses"]

_LAST_RESORT = 1e2 * NOT_KNOWN  # any swap is better than cancelling a day that need not be

Ints = npt.NDArray[np.int64]
Intervals = dict[str, list[tuple[float, float]]]


def chosen_responses(
    task: Task,
    days: Ints,
    *,
    responses: Collection[str],
    drivers: Collection[str],
    range_m: Mapping[str, float],
) -> tuple[dict[int, Tried], dict[int, dict[str, str]]]:
    """Return the response to each forbidden day, and of days of peers that change vehicles.

    Every response on the menu is tried for every day; the cheapest that fits is taken, of equals
    the first on the menu. Cancelling the whole day always fits: where ``drop`` is not on the menu
    it is what is left when nothing else does.

    Returns
    -------
    tuple
        By vehicle-day what was chosen, and why each response on the menu did not fit.
    """
    closed = closed_roads(task, days) if {"reroute", "drop"} & set(responses) else {}
    trials: dict[str, Callable[[], list[Tried]]] = {
        "wait": lambda: waiting_days(task, days),
        "retime": lambda: retimed_days(task, days),
        "reroute": lambda: rerouted_days(task, closed),
        "drop": lambda: dropped_days(task, days, closed),
    }
    options: dict[int, list[Tried]] = {day: [] for day in days.tolist()}
    why: dict[int, dict[str, str]] = {day: {} for day in days.tolist()}
    for name in RESPONSES:
        if name not in responses or name not in trials:
            continue
        for tried in trials[name]():
            day = tried.changed.vehicle_day
            if tried.fits:
                options[day].append(tried)
            else:
                why[day][name] = tried.cause
    last_resort = set()
    for tried in cancelled_days(task, days):
        own = options[tried.changed.vehicle_day]
        if not own and "drop" not in responses:
            last_resort.add(tried.changed.vehicle_day)
        if "drop" in responses or not own:
            own.append(tried)
    order: dict[str, int] = {name: place for place, name in enumerate(RESPONSES)}
    for own in options.values():
        own.sort(key=lambda tried: (round(tried.rank, 6), order[tried.changed.response]))
    swaps: dict[int, Tried] = {}
    if "swap" in responses:
        best = {
            day: _LAST_RESORT if day in last_resort else own[0].rank for day, own in options.items()
        }
        swaps = swapped_days(task, days, best, drivers=drivers, range_m=range_m)
    return _settled(task, options, swaps), why


def _settled(
    task: Task, options: Mapping[int, list[Tried]], swaps: Mapping[int, Tried]
) -> dict[int, Tried]:
    """Take the best option of each day that leaves each vehicle in one place at a time."""
    away: Intervals = {}
    who = task.vehicle_days["vehicle_id"].to_numpy(object)
    for day in range(len(who)):
        if day not in options and day not in swaps:
            away.setdefault(str(who[day]), []).append(task.away[day])
    for tried in swaps.values():
        away.setdefault(tried.changed.vehicle_id, []).append(tried.away)
    chosen = dict(swaps)
    for day in sorted(options, key=lambda day: (task.date(day), day)):
        if day in chosen:
            continue
        # a cancelled day is away for no time at all and comes last
        for tried in (*options[day], *_cancelled(task, day, options[day])):
            start, end = tried.away
            others = away.setdefault(tried.changed.vehicle_id, [])
            if not any(start < last and first < end for first, last in others):
                others.append((start, end))
                chosen[day] = tried
                break
    return chosen


def _cancelled(task: Task, day: int, options: list[Tried]) -> list[Tried]:
    if any(tried.changed.detail.get("whole_day") for tried in options):
        return []
    return cancelled_days(task, np.array([day], np.int64))
