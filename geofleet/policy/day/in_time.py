"""Other times: waiting until a forbidden window is over, and leaving earlier or later."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from geofleet.policy.day.drive import ChangedDay, leg_times, simulated
from geofleet.policy.day.moments import INSTANT_S, first_clear
from geofleet.policy.day.trial import FORBIDS, Task, Tried, try_days
from geofleet.policy.day.trips import Trips

__all__ = ["first_refused", "retimed_days", "waiting_days"]

_REACHED = "reached"
_MINUTE_S = 60.0

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def waiting_days(task: Task, days: Ints) -> list[Tried]:
    """Return for each day what waiting comes to, the drivers being paid from the planned departure.

    Before a leg that would be forbidden the vehicle stands at the stop before it (at the depot
    before the first), before a forbidden delivery at its door, until the window is over. Waiting
    once may bring another leg into another window; days are driven again until none is left.
    """
    depart = task.vehicle_days["depart_s"].to_numpy(np.float64)
    who = task.vehicle_days["vehicle_id"].to_numpy(object)
    found: dict[int, Tried] = {}
    current = [
        ChangedDay(int(day), "wait", str(who[day]), task.stops[day], moved=task.moved,
                   paid_from_s=float(depart[day]))
        for day in days
    ]  # fmt: skip
    for _ in range(task.settings.wait_rounds):
        later = []
        for tried in try_days(task, current):
            found[tried.changed.vehicle_day] = tried
            if tried.cause == FORBIDS and (change := _waited(task, tried)) is not None:
                later.append(change)
        current = later
    return [found[int(day)] for day in days]


def first_refused(task: Task, tried: Tried) -> tuple[int, int, int] | None:
    """Return the first moment of a day that the rules do not let be.

    Returns
    -------
    tuple
        Place in the batch's answers, its traversal (-1: a delivery), and the number of the stop:
        the one last left, or that of the delivery. None where there is no such moment.
    """
    batch, number = tried.batch, tried.number
    answers = batch.decisions.answers
    drives = np.arange(batch.first[number], batch.first[number + 1])
    stops = np.arange(batch.first_stop[number], batch.first_stop[number + 1])
    unloads = batch.decisions.stop_place[stops]
    places = np.concatenate([drives, unloads[unloads >= 0]])
    refused = places[answers.status[places] > task.limit]
    if not len(refused):
        return None
    place = int(refused[np.argmin(answers.at_s[refused])])
    if place < len(batch.itineraries.traversals.frame):
        return place, place, int(batch.itineraries.traversals.frame["stop_before"].iloc[place])
    return place, -1, int(np.flatnonzero(unloads == place)[0])


def _waited(task: Task, tried: Tried) -> ChangedDay | None:
    """Return the day with a wait that takes its first forbidden moment beyond the window."""
    found = first_refused(task, tried)
    if found is None:
        return None
    place, drive, stop = found
    answers = tried.batch.decisions.answers
    clear = first_clear(
        answers.blocks[answers.block[place]], int(answers.case[place]),
        float(answers.at_s[place]), limit=task.limit,
    )  # fmt: skip
    if np.isinf(clear):
        return None
    stops = tried.changed.stops.copy()
    row = stops.index[stop]
    # the departure, wherever the day begins, stands in the first row
    begins = stop == int(np.flatnonzero((stops["planned_status"] == _REACHED).to_numpy())[0])
    if drive >= 0:
        delay = clear + INSTANT_S - _run_start(task, tried, drive)
        if begins:
            stops.loc[stops.index[0], "window_start"] += delay
        else:
            stops.loc[row, "wait_s"] += delay
    elif begins:
        stops.loc[stops.index[0], "window_start"] = (
            clear + INSTANT_S + float(stops["service_min"].loc[row]) * _MINUTE_S
        )
    else:
        stops.loc[row, "window_start"] = clear + INSTANT_S
    return replace(tried.changed, stops=stops)


def _run_start(task: Task, tried: Tried, drive: int) -> float:
    """Return when the vehicle came into the place where it is at a drive, on this leg."""
    frame = tried.batch.itineraries.traversals.frame
    first = int(tried.batch.first[tried.number])
    part = frame.iloc[first : drive + 1]
    signature = task.judge.signatures.of_link[part["edge"].to_numpy()]
    stop = part["stop_before"].to_numpy()
    other = np.flatnonzero((signature != signature[-1]) | (stop != stop[-1]))
    begin = int(other[-1]) + 1 if len(other) else 0
    return float(part["enter_s"].iloc[begin])


def retimed_days(task: Task, days: Ints) -> list[Tried]:
    """Return other departures that keep windows, shift and rules, several for a day.

    Every departure of the grid is judged with the planned durations of legs; those that keep to
    the rules and are nowhere later than planned are driven, the least longer and least shifted
    first.
    """
    chosen: list[ChangedDay] = []
    for day in days.tolist():
        plan = task.stops[day]
        depart = float(task.vehicle_days["depart_s"].iloc[day])
        who = str(task.vehicle_days["vehicle_id"].iloc[day])
        for shift in _good_shifts(task, day)[: task.settings.retimes_tried]:
            stops = plan.copy()
            stops.loc[0, "window_start"] = depart + shift
            chosen.append(
                ChangedDay(day, "retime", who, stops, moved=task.moved, detail={"shift_s": shift})
            )
    return try_days(task, chosen)


def _good_shifts(task: Task, day: int) -> list[float]:
    """Return the departures that would do by the planned durations, best first."""
    plan = task.stops[day]
    planned = task.itineraries.stops.iloc[plan["key"].to_numpy()]
    at = np.flatnonzero((planned["status"] == _REACHED).to_numpy())
    shifts = np.array(task.settings.shifts_s)
    depart = float(task.vehicle_days["depart_s"].iloc[day])
    shifts = shifts[(shifts > 0.0) | (depart + shifts >= task.settings.earliest_s)]
    if not len(at) or not len(shifts):
        return []
    own, was = plan.iloc[at], planned.iloc[at]
    _, start, leave, late = simulated(
        depart + shifts, leg_times(was), own["service_min"].to_numpy(np.float64) * _MINUTE_S,
        own["window_start"].to_numpy(np.float64), own["window_end"].to_numpy(np.float64),
    )  # fmt: skip
    longer = (start[:, -1] - leave[:, 0]) - (
        float(was["start_s"].iloc[-1]) - float(was["depart_s"].iloc[0])
    )
    worse = (late > np.nan_to_num(was["late_s"].to_numpy(np.float64)) + INSTANT_S).any(axis=1)
    paid = task.planned.paid_s[day]
    worse |= paid + longer > max(task.settings.longest_day_s, paid) + INSTANT_S
    pick = np.flatnonzero(~worse)
    if not len(pick):
        return []
    many = task.trips.of_days(np.full(len(pick), day, np.int64))
    number = own["stop_number"].to_numpy(np.int64)
    by_leg = leave[pick] - was["depart_s"].to_numpy(np.float64)
    by_stop = start[pick] - was["start_s"].to_numpy(np.float64)
    leg = np.searchsorted(number, many.drives.stop_before)
    stop = np.searchsorted(number, many.stops.stop_number)
    drive_s = by_leg[many.drives.vehicle_day, leg]
    stop_s = by_stop[many.stops.vehicle_day, stop]
    moved = Trips(
        many.vehicle_id, many.date,
        replace(many.drives, start_s=many.drives.start_s + drive_s,
                end_s=many.drives.end_s + drive_s),
        replace(many.stops, start_s=many.stops.start_s + stop_s, end_s=many.stops.end_s + stop_s),
    )  # fmt: skip
    answers = task.judge.of_trips(moved)
    worst = np.zeros(len(pick), np.int8)
    of = np.concatenate([moved.drives.vehicle_day, moved.stops.vehicle_day[moved.stops.delivery]])
    np.maximum.at(worst, of, answers.status)
    good = pick[worst <= task.limit]
    order = sorted(good.tolist(), key=lambda n: (round(float(longer[n]) / _MINUTE_S), n))
    return [float(shifts[n]) for n in order]
