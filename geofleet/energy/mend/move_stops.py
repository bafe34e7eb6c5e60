"""Stops moved to a sister route of the same operator and day."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.energy.mend.model import Mend
from geofleet.energy.mend.replay import ChangedDay, Replayed, replay
from geofleet.energy.mend.task import Pair, Task, straight_m

__all__ = ["moved_stops"]

Floats = npt.NDArray[np.float64]
_METRES_PER_KM = 1000.0
_Made = dict[tuple[int, tuple[int, ...]], pd.DataFrame]  # by vehicle-day and keys in order


@dataclass(frozen=True, slots=True)
class _Sister:
    """Another vehicle-day of the operator on that date, and the model that drives it."""

    day: int
    model_id: str
    margin_wh: float
    margin_kg: float
    energy_wh: float
    distance_km: float


@dataclass(frozen=True, slots=True)
class _Set:
    """Stops to move: rows of the stops of the plan, and the sister's stops with them put in."""

    pair: Pair
    sister: _Sister
    keys: tuple[int, ...]
    order: tuple[int, ...]
    more_m: float


def moved_stops(task: Task, pairs: Sequence[Pair]) -> list[Mend]:
    """Find for each pair the fewest stops that a sister route can take, the cheapest set of these.

    Sets of stops grow one by one and are put in where the way in a straight line grows least.
    Those that should do by estimate are routed and driven again, both days: the shortened one by
    the model of the pair, the sister by the model that suits it best.
    """
    best = {int(row["vehicle_day"]): row for row in task.feasibility.best.to_dict("records")}
    places = _Places(task)
    sets: list[_Set] = []
    for pair in pairs:
        if not _could_help(task, pair):
            continue
        options: list[tuple[float, int, list[_Set]]] = []
        for sister in _sisters(task, pair, best):
            found = _sets(task, places, pair, sister)
            if found:
                options.append((min(one.more_m for one in found), sister.day, found))
        options.sort(key=lambda option: option[:2])
        for _, _, found in options[: task.rules.sisters]:
            sets += found
    return _cheapest_of_fewest(task, sets)


def _cheapest_of_fewest(task: Task, sets: Sequence[_Set]) -> list[Mend]:
    """Drive the smallest sets of each pair, larger ones only where none of these does."""
    table = pd.concat(task.stops, ignore_index=True)
    made: _Made = {}
    chosen: dict[tuple[int, str], tuple[tuple[float, ...], Mend]] = {}
    waiting = sorted(sets, key=lambda one: len(one.keys))
    while waiting:
        fewest: dict[tuple[int, str], int] = {}
        for one in waiting:
            fewest.setdefault(_key(one.pair), len(one.keys))
        wave = [one for one in waiting if len(one.keys) == fewest[_key(one.pair)]]
        results = iter(replay(task, [day for one in wave for day in _days(task, one, table, made)]))
        for one, short, long in zip(wave, results, results, strict=True):
            if short.fits and long.fits:
                mend = _mend(task, one, short, long)
                order = _order(one, mend.cost_mxn_per_day)
                if _key(one.pair) not in chosen or order < chosen[_key(one.pair)][0]:
                    chosen[_key(one.pair)] = (order, mend)
        waiting = [
            one for one in waiting
            if _key(one.pair) not in chosen and len(one.keys) > fewest[_key(one.pair)]
        ]  # fmt: skip
    return [mend for _, mend in chosen.values()]


def _key(pair: Pair) -> tuple[int, str]:
    return pair.vehicle_day, pair.model_id


def _order(one: _Set, cost: float) -> tuple[float, ...]:
    unknown = float(math.isnan(cost))
    return unknown, 0.0 if unknown else cost, float(one.sister.day), *map(float, one.keys)


def _days(task: Task, one: _Set, table: pd.DataFrame, made: _Made) -> tuple[ChangedDay, ChangedDay]:
    """Return the day without the stops and the sister with them; equal days share their table."""
    own = tuple(task.stops[one.pair.vehicle_day]["key"].tolist())
    kept = tuple(key for key in own if key not in one.keys)
    for day, before, after in (
        (one.pair.vehicle_day, own, kept),
        (one.sister.day, one.order, one.order),
    ):
        if (day, after) not in made:
            stops = table.iloc[list(after)].reset_index(drop=True)
            sign = -1.0 if day == one.pair.vehicle_day else 1.0
            made[day, after] = _reloaded(stops, table, before, one.keys, sign)
    return (
        ChangedDay(one.pair.vehicle_day, one.pair.model_id, made[one.pair.vehicle_day, kept]),
        ChangedDay(one.sister.day, one.sister.model_id, made[one.sister.day, one.order]),
    )


def _reloaded(
    stops: pd.DataFrame,
    table: pd.DataFrame,
    order: tuple[int, ...],
    moved: tuple[int, ...],
    sign: float,
) -> pd.DataFrame:
    """Load the goods of moved stops where the tour that serves them is loaded.

    ``order`` holds the moved stops. A first stop needs nothing: a day begins with what it drops
    and does not load on the way.
    """
    if "pickup_kg" not in stops.columns:
        return stops
    load = dict(zip(stops["key"].tolist(), stops["pickup_kg"].to_numpy(np.float64), strict=True))
    kinds, drops = table["kind"].tolist(), table["drop_kg"].to_numpy(np.float64)
    for key in moved:
        for place in reversed(order[1 : order.index(key)]):
            if kinds[place] == "depot":
                if load.get(place, 0.0) > 0.0:
                    load[place] = max(load[place] + sign * drops[key], 0.0)
                break
    return stops.assign(pickup_kg=[load[key] for key in stops["key"].tolist()])


def _sisters(task: Task, pair: Pair, best: Mapping[int, Mapping[Hashable, Any]]) -> list[_Sister]:
    """Return sister days, driven by their best models, with energy and payload to spare."""
    days = task.itineraries.traversals.vehicle_days
    own = days.iloc[pair.vehicle_day]
    alike = (days["operator_id"] == own["operator_id"]) & (days["date"] == own["date"])
    found = []
    for day in np.flatnonzero(alike.to_numpy()).tolist():
        if day == pair.vehicle_day:
            continue
        # Its own best model: another would cost what this mend does not count.
        row = best.get(day)
        if row is None or not row["feasible"]:
            continue
        numbers = {
            name: float(row[name])
            for name in ("margin_wh", "margin_kg", "energy_wh", "distance_km")
        }
        found.append(_Sister(day, str(row["model_id"]), **numbers))
    return found


def _sets(task: Task, places: _Places, pair: Pair, sister: _Sister) -> list[_Set]:
    """Grow sets of stops until they should do by estimate."""
    own, other = task.stops[pair.vehicle_day], task.stops[sister.day]
    rest = own["key"].tolist()
    route = other["key"].tolist()
    movable = set(own["key"][_movable(own, pair)].tolist())
    saved_m = added_m = moved_kg = 0.0
    chosen: list[int] = []
    found: list[_Set] = []
    enough_at = 0
    for size in range(1, task.rules.stops_moved_max + 1):
        options = []
        for key in rest:
            drop = places.drop_kg[key]
            if key not in movable or moved_kg + drop > sister.margin_kg:
                continue
            at = rest.index(key)
            saving = places.detour(rest[at - 1], key, rest[at + 1] if at + 1 < len(rest) else -1)
            position, adding = places.cheapest(route, key)
            relief = _relief(task, pair, saved_m + saving, moved_kg + drop)
            spends = (added_m + adding) / _METRES_PER_KM * _wh_per_km(sister)
            if spends * task.rules.estimate_share <= sister.margin_wh:
                options.append((relief, adding - saving, key, position, saving, adding))
        if not options:
            break
        enough = [o for o in options if o[0] >= task.rules.estimate_share]
        enough.sort(key=lambda o: o[1:3])
        for _, more, key, position, _, _ in enough[: task.rules.sets]:
            order = (*route[:position], key, *route[position:])
            found.append(_Set(pair, sister, (*chosen, key), order, added_m - saved_m + more))
        if enough and enough_at == 0:
            enough_at = size
        if enough_at and size > enough_at:
            break
        _, _, key, position, saving, adding = min(options, key=lambda o: (-o[0], *o[1:3]))
        chosen.append(key)
        rest.remove(key)
        route.insert(position, key)
        saved_m, added_m = saved_m + saving, added_m + adding
        moved_kg += places.drop_kg[key]
    return found


def _movable(stops: pd.DataFrame, pair: Pair) -> npt.NDArray[np.bool_]:
    """Deliveries; of an overloaded vehicle those still on board where it is overloaded."""
    chosen = (stops["kind"] != "depot").to_numpy(bool)
    if pair.cause == "payload":
        chosen = chosen & (stops["stop_number"].to_numpy() > pair.first_failing_stop)
    return np.asarray(chosen)


def _could_help(task: Task, pair: Pair) -> bool:
    """Whether the heaviest stops that may be moved weigh as much as is too much."""
    own = task.stops[pair.vehicle_day]
    drops = np.sort(own["drop_kg"].to_numpy(np.float64)[_movable(own, pair)])
    return float(drops[-task.rules.stops_moved_max :].sum()) >= -pair.margin_kg


def _relief(task: Task, pair: Pair, saved_m: float, moved_kg: float) -> float:
    """Share of what is missing that is saved, at most 1."""
    shares = [1.0]
    if pair.margin_wh < 0.0:
        shares.append(saved_m / _METRES_PER_KM * pair.wh_per_km / -pair.margin_wh)
    if pair.margin_kg < 0.0:
        # Loads are known, not estimated: nothing less than all of it will do.
        share = moved_kg / -pair.margin_kg
        shares.append(share if share >= 1.0 else share * task.rules.estimate_share * (1.0 - 1e-9))
    return min(shares)


def _wh_per_km(sister: _Sister) -> float:
    return sister.energy_wh / sister.distance_km if sister.distance_km > 0.0 else 0.0


class _Places:
    """Distances in a straight line between stops, lengthened to those over roads."""

    def __init__(self, task: Task) -> None:
        table = pd.concat(task.stops, ignore_index=True)
        self._lat = table["lat"].to_numpy(np.float64)
        self._lon = table["lon"].to_numpy(np.float64)
        self.drop_kg = table["drop_kg"].to_numpy(np.float64)
        self._factor = task.rules.road_over_straight
        self._known: dict[tuple[tuple[int, ...], int], tuple[int, float]] = {}

    def way(self, one: npt.ArrayLike, other: npt.ArrayLike) -> Floats:
        """Distances between stops, metres."""
        a, b = np.asarray(one), np.asarray(other)
        return self._factor * straight_m(
            self._lat[a], self._lon[a], self._lat[b], self._lon[b]
        )  # fmt: skip

    def detour(self, before: int, stop: int, after: int) -> float:
        """Way that a stop adds between two others; ``after`` below 0: it is the last."""
        if after < 0:
            return float(self.way(before, stop))
        return float(self.way(before, stop) + self.way(stop, after) - self.way(before, after))

    def cheapest(self, route: Sequence[int], stop: int) -> tuple[int, float]:
        """Return where in a route a stop adds the least way, and how much."""
        key = (tuple(route), stop)
        if key not in self._known:
            self._known[key] = self._cheapest(route, stop)
        return self._known[key]

    def _cheapest(self, route: Sequence[int], stop: int) -> tuple[int, float]:
        before, after = np.array(route[:-1]), np.array(route[1:])
        added = self.way(before, stop) + self.way(stop, after) - self.way(before, after)
        at = int(np.argmin(added))
        return at + 1, float(added[at])


def _mend(task: Task, one: _Set, short: Replayed, long: Replayed) -> Mend:
    pair, sister = one.pair, one.sister
    own, other = task.vehicle_class(pair.vehicle_day), task.vehicle_class(sister.day)
    cost = task.costs.energy(short.energy_wh - pair.energy_wh + long.energy_wh - sister.energy_wh)
    cost += task.costs.time(own, short.duration_s - task.duration_s(pair.vehicle_day))
    cost += task.costs.time(other, long.duration_s - task.duration_s(sister.day))
    cost += task.costs.distance(own, short.distance_km - pair.distance_km)
    cost += task.costs.distance(other, long.distance_km - sister.distance_km)
    ids = task.itineraries.stops["stop_id"]
    names = [str(name) for name in ids.iloc[list(one.keys)]]
    vehicle = task.itineraries.traversals.vehicle_days["vehicle_id"].iloc[sister.day]
    count = f"{len(names)} stop{'s' if len(names) > 1 else ''}"
    words = f"move {count} ({', '.join(names)}) to the route of {vehicle}, driven by a "
    words += f"{sister.model_id}"
    return Mend(
        pair.vehicle_day, pair.model_id, "move", words, True, cost, stops_moved=";".join(names),
        to_vehicle_day=sister.day, to_model_id=sister.model_id,
        sister_order=";".join(str(name) for name in ids.iloc[list(one.order)]),
        late_s=max(short.late_s, long.late_s),
    )  # fmt: skip
