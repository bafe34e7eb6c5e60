"""Other vehicles of the same operator: one that is idle, or one that changes days with it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from geofleet.policy.day.drive import ChangedDay
from geofleet.policy.day.trial import NOT_KNOWN, Task, Tried, try_days

__all__ = ["swapped_days"]

_COLD = ("chilled", "frozen")
_GRAM_KG = 1e-3
_DEAR = 1e4 * NOT_KNOWN

Ints = npt.NDArray[np.int64]
Away = tuple[float, float]
T = TypeVar("T", str, int)


def swapped_days(
    task: Task,
    days: Ints,
    otherwise: Mapping[int, float],
    *,
    drivers: Collection[str],
    range_m: Mapping[str, float],
) -> dict[int, Tried]:
    """Return the days that other vehicles of the operator take over, where that is cheaper.

    A vehicle fits when it carries the largest load of the day by mass, cools and lifts as the
    planned one does, comes far enough where it is electric, and is allowed on that day. Idle
    vehicles are shared out per operator and date at the least total cost (Kuhn 1955, in the
    form of Jonker and Volgenant 1987); then days change vehicles with days that are not
    forbidden, the greatest saving first. A vehicle drives one day at a time.

    Parameters
    ----------
    days
        Forbidden vehicle-days.
    otherwise
        Cost of the best other response by vehicle-day.
    drivers
        Vehicles that may drive.
    range_m
        Distance that electric vehicles come, where it is known.
    """
    found: dict[int, Tried] = {}
    table, vehicles = task.vehicle_days, task.vehicles
    keys = list(zip(table["operator_id"], table["date"], strict=True))
    groups: dict[tuple[str, str], list[int]] = {}
    for day in days.tolist():
        groups.setdefault((str(keys[day][0]), str(keys[day][1])), []).append(day)
    taken: dict[str, list[Away]] = {}
    for (operator, date), members in sorted(groups.items(), key=lambda item: item[0][::-1]):
        own = [name for name in drivers if vehicles[name]["operator_id"] == operator]
        idle = _share_out(task, members, own, otherwise, range_m, taken)
        found |= idle
        left = [day for day in members if day not in idle]
        peers = [
            day for day, (other, on) in enumerate(keys)
            if str(other) == operator and str(on) == date and day not in found
        ]  # fmt: skip
        found |= _exchanged(task, left, peers, otherwise, range_m, taken)
    return found


def _share_out(
    task: Task,
    members: list[int],
    names: list[str],
    otherwise: Mapping[int, float],
    range_m: Mapping[str, float],
    taken: dict[str, list[Away]],
) -> dict[int, Tried]:
    """Give days to idle vehicles at the least total cost."""
    vehicles = task.vehicles
    names = sorted(names, key=lambda name: (float(vehicles[name]["payload_capacity_kg"]), name))
    fits: dict[tuple[int, str], Tried] = {}
    asked: set[tuple[int, str]] = set()
    choice: dict[int, str] = {}
    for _ in range(task.settings.swap_rounds):
        open_ = [day for day in members if day not in choice]
        gone = set(choice.values())
        free = [
            (day, name) for day in open_ for name in names
            if (day, name) not in asked and name not in gone
            and _can(task, day, name, range_m) and _is_free(task, day, name, taken)
        ]  # fmt: skip
        allowed = _allowed(task, free)
        asked.update(set(free) - set(allowed))
        pairs = _first_of_each(allowed, task.settings.swaps_tried)
        asked.update(pairs)
        if not pairs:
            break
        for (day, name), tried in zip(
            pairs, try_days(task, [_driven_by(task, *pair) for pair in pairs]), strict=True
        ):
            if (
                tried.fits and tried.rank < otherwise.get(day, np.inf)
                and not _overlaps(tried.away, taken.get(name, ()))
            ):  # fmt: skip
                fits[day, name] = tried
        choice = _assigned(fits, otherwise)
    out = {}
    for day, name in choice.items():
        out[day] = fits[day, name]
        taken.setdefault(name, []).append(fits[day, name].away)
    return out


def _assigned(
    fits: Mapping[tuple[int, str], Tried], otherwise: Mapping[int, float]
) -> dict[int, str]:
    """Return who drives which day at the least total cost; a day may keep what it has."""
    days = sorted({day for day, _ in fits})
    names = sorted({name for _, name in fits})
    if not days:
        return {}
    cost = np.full((len(days), len(names) + len(days)), _DEAR)
    for row, day in enumerate(days):
        for column, name in enumerate(names):
            if (day, name) in fits:
                cost[row, column] = fits[day, name].rank
        cost[row, len(names) + row] = min(otherwise.get(day, _DEAR), _DEAR)
    rows, columns = linear_sum_assignment(cost)
    return {
        days[row]: names[column]
        for row, column in zip(rows.tolist(), columns.tolist(), strict=True)
        if column < len(names) and (days[row], names[column]) in fits
    }


def _exchanged(
    task: Task,
    members: Sequence[int],
    peers: Sequence[int],
    otherwise: Mapping[int, float],
    range_m: Mapping[str, float],
    taken: dict[str, list[Away]],
) -> dict[int, Tried]:
    """Let forbidden days change vehicles with days of the same operator and date."""
    who = task.vehicle_days["vehicle_id"].to_numpy(object)
    hurt = set(otherwise)
    able = [
        (day, peer) for day in members for peer in peers
        if who[peer] != who[day] and not (peer in hurt and peer < day)
        and _can(task, day, str(who[peer]), range_m)
        and _can(task, peer, str(who[day]), range_m)
    ]  # fmt: skip
    mine = set(_allowed(task, [(day, str(who[peer])) for day, peer in able]))
    theirs = set(_allowed(task, [(peer, str(who[day])) for day, peer in able]))
    pairs = _first_of_each(
        [
            (day, peer) for day, peer in able
            if (day, str(who[peer])) in mine and (peer, str(who[day])) in theirs
        ],
        task.settings.swaps_tried,
    )  # fmt: skip
    changed = [_driven_by(task, a, str(who[b]), gives=b) for a, b in pairs]
    changed += [_driven_by(task, b, str(who[a]), gives=a) for a, b in pairs]
    tried = try_days(task, changed)
    options = []
    for (day, peer), one, other in zip(
        pairs, tried[: len(pairs)], tried[len(pairs) :], strict=True
    ):
        before = otherwise[day] + otherwise.get(peer, 0.0)
        saving = before - one.rank - other.rank
        if one.fits and other.fits and saving > 0.0:
            options.append((saving, day, peer, one, other))
    out: dict[int, Tried] = {}
    for _, day, peer, one, other in sorted(options, key=lambda item: (-item[0], item[1], item[2])):
        both = (one, other)
        if day in out or peer in out or any(
            _overlaps(new.away, taken.get(new.changed.vehicle_id, ())) for new in both
        ):  # fmt: skip
            continue
        out[day], out[peer] = both
        for swapped in both:
            taken.setdefault(swapped.changed.vehicle_id, []).append(swapped.away)
    return out


def _driven_by(task: Task, day: int, vehicle_id: str, *, gives: int = -1) -> ChangedDay:
    """Return a day driven by another vehicle, which gives one of its own away."""
    return ChangedDay(
        day, "swap", vehicle_id, task.stops[day], moved=task.moved, detail={"gives": gives}
    )


def _can(task: Task, day: int, vehicle_id: str, range_m: Mapping[str, float]) -> bool:
    """Whether a vehicle carries, cools, lifts and comes far enough, whatever rules say."""
    new, old = task.vehicles[vehicle_id], task.vehicles[str(task.trips.vehicle_id[day])]
    if float(new["payload_capacity_kg"]) + _GRAM_KG < float(task.load_kg[day]):
        return False
    for column, needed in (("refrigeration", _COLD), ("lift_gate", (True,))):
        if _among(old.get(column), needed) and not _among(new.get(column), (old[column],)):
            return False
    if task.moved and not task.roads.open_to(vehicle_id, day):
        return False
    if new["fuel"] == "electric":
        limit = range_m.get(vehicle_id, task.settings.electric_range_m)
        return bool(task.planned.distance_m[day] <= limit)
    return True


def _among(value: Any, wanted: Sequence[Any]) -> bool:
    """Whether a cell, which may be empty, holds one of some values."""
    return isinstance(value, (bool, np.bool_, str)) and value in wanted


def _is_free(task: Task, day: int, vehicle_id: str, taken: Mapping[str, list[Away]]) -> bool:
    away = [*task.busy(vehicle_id, without=frozenset()), *taken.get(vehicle_id, [])]
    return not _overlaps(task.away[day], away)


def _overlaps(away: Away, others: Sequence[Away]) -> bool:
    return any(away[0] < last and first < away[1] for first, last in others)


def _allowed(task: Task, pairs: Sequence[tuple[int, str]]) -> list[tuple[int, str]]:
    """Return the pairs of a planned day and a vehicle that may drive it as it was planned."""
    if not pairs:
        return []
    days = np.array([day for day, _ in pairs], np.int64)
    trips = task.trips.of_days(days, vehicle_id=[name for _, name in pairs])
    answers = task.judge.of_trips(trips)
    worst = np.zeros(len(days), np.int8)
    of = np.concatenate([trips.drives.vehicle_day, trips.stops.vehicle_day[trips.stops.delivery]])
    np.maximum.at(worst, of, answers.status)
    return [
        pair
        for pair, status in zip(pairs, worst.tolist(), strict=True)
        if status <= task.swap_limit
    ]


def _first_of_each(pairs: Sequence[tuple[int, T]], most: int) -> list[tuple[int, T]]:
    """Return the first few pairs of each day, in their order."""
    count: dict[int, int] = {}
    found = []
    for day, other in pairs:
        count[day] = count.get(day, 0) + 1
        if count[day] <= most:
            found.append((day, other))
    return found
