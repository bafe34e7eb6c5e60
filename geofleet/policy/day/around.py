"""Other streets: around what is forbidden, with or without the deliveries inside; and no day."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.policy.day.drive import ChangedDay
from geofleet.policy.day.in_time import first_refused
from geofleet.policy.day.judge import Moments
from geofleet.policy.day.trial import FORBIDS, Task, Tried, try_days
from geofleet.policy.day.trips import RELATIONS

__all__ = ["cancelled_days", "closed_roads", "dropped_days", "rerouted_days"]

_CLOSED, _OPEN, _DESTINATION_ONLY = 0, 1, 2
_DELIVERY, _REACHED = "delivery", "reached"

Codes = npt.NDArray[np.int8]
Ints = npt.NDArray[np.int64]


def closed_roads(task: Task, days: Ints) -> dict[int, Codes]:
    """Return for each day the access code of links once those that are forbidden to it are closed.

    A link is closed when its vehicle may not be there at any moment from its planned departure
    until a while after its planned return (default row ``policy_day:reroute.slack``): for the
    whole day, which is simpler and stricter than closing it by the hour. Where only through
    traffic is forbidden it stays open as an end of a leg. Days to which nothing is closed are not
    in the answer.
    """
    signatures = task.judge.signatures
    count, kinds = signatures.table.shape[1], ("through", "destination")
    if not len(days):
        return {}
    place = np.tile(np.arange(count), len(days) * len(kinds))
    number = np.repeat(np.arange(len(days)), count * len(kinds))
    word = np.tile(np.repeat([RELATIONS.index(kind) for kind in kinds], count), len(days))
    table = task.vehicle_days.iloc[days]
    depart = table["depart_s"].to_numpy(np.float64)
    back = table["return_s"].to_numpy(np.float64) + task.settings.slack_s
    zones = task.judge.zones
    relation = {
        zone: np.where(signatures.inside(zone)[place] > 0, word, 0).astype(np.int8)
        for zone in zones["trip_relation"]
    }
    entered = {zone: _entered(task, zone, days)[number] for zone in zones["entered"]}
    load = np.array([task.stops[day]["drop_kg"].sum() for day in days.tolist()], np.float64)
    answers = task.judge.of_moments(
        Moments(
            table["vehicle_id"].to_numpy(object),
            np.array([task.date(day) for day in days.tolist()], np.int64), number, place,
            np.zeros(len(place), bool), depart[number], back[number], relation, entered,
            load[number],
        )
    )  # fmt: skip
    refused = (answers.status > task.limit).reshape(len(days), len(kinds), count)
    found = {}
    for n, day in enumerate(days.tolist()):
        through, ends = refused[n]
        if not through.any():
            continue
        code = np.where(through & ends, _CLOSED, np.where(through, _DESTINATION_ONLY, _OPEN))
        of_link = code[signatures.of_link]
        own = task.roads.access(str(table["vehicle_id"].iloc[n]))
        closed = np.where(of_link == _OPEN, own, np.where(own == _CLOSED, _CLOSED, of_link))
        found[day] = closed.astype(np.int8)
    return found


def _entered(task: Task, zone: str, days: Ints) -> npt.NDArray[np.float64]:
    """Return the clock time at which each day first comes into a zone, NaN where it does not."""
    trips = task.trips
    clock = trips.entered(task.judge.signatures.inside(zone))
    found = np.full(len(task.vehicle_days), np.nan)
    known = np.flatnonzero(~np.isnan(clock))[::-1]
    found[trips.drives.vehicle_day[known]] = clock[known]
    return found[days]


def rerouted_days(task: Task, closed: dict[int, Codes]) -> list[Tried]:
    """Return days on the quickest ways that keep off closed links, leaving as planned."""
    who = task.vehicle_days["vehicle_id"].to_numpy(object)
    days = []
    for day, codes in closed.items():
        edge = task.stops[day]["edge"].to_numpy(np.int64)
        reached = (task.stops[day]["planned_status"] == _REACHED).to_numpy()
        if (codes[edge[reached]] != _CLOSED).all():
            days.append(ChangedDay(day, "reroute", str(who[day]), task.stops[day], closed=codes))
    return try_days(task, days)


def dropped_days(task: Task, days: Ints, closed: dict[int, Codes]) -> list[Tried]:
    """Return days with fewer deliveries: those on closed links left out, or those forbidden.

    Once the deliveries on closed links are left out and the rest is driven around; once, as
    planned otherwise, the deliveries that a forbidden leg leads to or that are forbidden
    themselves are left out one after the other until nothing is.
    """
    who = task.vehicle_days["vehicle_id"].to_numpy(object)
    around = []
    for day, codes in closed.items():
        stops = task.stops[day]
        edge = stops["edge"].to_numpy(np.int64)
        shut = (edge >= 0) & (codes[edge] == _CLOSED)
        if (shut & (stops["kind"] != _DELIVERY).to_numpy()).any() or not shut.any():
            continue
        kept = _left_out(stops, np.flatnonzero(shut))
        if (kept["kind"] == _DELIVERY).any():
            around.append(ChangedDay(day, "drop", str(who[day]), kept, closed=codes))
    found = [tried for tried in try_days(task, around) if tried.fits]
    current = []
    for day in days.tolist():
        current.append(ChangedDay(day, "drop", str(who[day]), task.stops[day]))
    for _ in range(task.settings.drop_rounds):
        fewer = []
        for tried in try_days(task, current):
            if tried.fits and tried.cancelled:
                found.append(tried)
            elif tried.cause == FORBIDS and (change := _without_refused(task, tried)) is not None:
                fewer.append(change)
        current = fewer
    return found


def _without_refused(task: Task, tried: Tried) -> ChangedDay | None:
    """Return the day without the delivery of its first forbidden moment; None without any left."""
    refused = first_refused(task, tried)
    if refused is None:
        return None
    _, drive, stop = refused
    stops = tried.changed.stops
    delivery = (stops["kind"] == _DELIVERY).to_numpy()
    # a forbidden leg is for the delivery that it leads to, and the way back for the last one
    ahead = np.flatnonzero(delivery[stop + 1 :]) + stop + 1 if drive >= 0 else np.array([stop])
    gone = (
        int(ahead[0]) if len(ahead) else int(np.flatnonzero(delivery)[-1]) if any(delivery) else -1
    )
    if gone < 0 or delivery.sum() == 1:
        return None
    return replace(tried.changed, stops=_left_out(stops, np.array([gone])))


def _left_out(stops: pd.DataFrame, gone: npt.NDArray[np.intp]) -> pd.DataFrame:
    """Return a day without some deliveries: their goods are not loaded, nor their returns brought.

    Goods come from the depot visits before, the last first; what none of them has loaded was on
    board at the start, which loads follow by themselves. Returns go to the depot visits after.
    """
    pickup = stops["pickup_kg"].to_numpy(np.float64, copy=True)
    drop = stops["drop_kg"].to_numpy(np.float64, copy=True)
    depots = np.flatnonzero((stops["kind"] != _DELIVERY).to_numpy())
    for stop in gone.tolist():
        _less(pickup, depots[depots < stop][::-1], drop[stop])
        _less(drop, depots[depots > stop], pickup[stop])
    changed = stops.assign(pickup_kg=pickup, drop_kg=drop)
    return changed.drop(index=stops.index[gone]).reset_index(drop=True)


def _less(load_kg: npt.NDArray[np.float64], stops: npt.NDArray[np.intp], mass_kg: float) -> None:
    """Take a mass out of the loads of stops, as far as each goes."""
    rest = 0.0 if np.isnan(mass_kg) else mass_kg
    for stop in stops.tolist():
        if np.isnan(load_kg[stop]):
            continue
        part = min(load_kg[stop], rest)
        load_kg[stop] -= part
        rest -= part


def cancelled_days(task: Task, days: Ints) -> list[Tried]:
    """Return days on which the vehicle stays where it is."""
    who = task.vehicle_days["vehicle_id"].to_numpy(object)
    found = []
    for day in days.tolist():
        stops = task.stops[day]
        first = int(np.flatnonzero((stops["planned_status"] == _REACHED).to_numpy())[0])
        # a day may begin with a delivery: it is not made either
        alone = (
            stops.iloc[[first]]
            .reset_index(drop=True)
            .assign(service_min=0.0, kind="depot", drop_kg=0.0, pickup_kg=0.0)
        )
        alone["window_start"] = float(stops["window_start"].iloc[0])
        found.append(ChangedDay(day, "drop", str(who[day]), alone, detail={"whole_day": True}))
    return try_days(task, found)
