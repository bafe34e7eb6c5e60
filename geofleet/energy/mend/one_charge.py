"""One charge on the way: at a stop, at the depot between tours, or at a charger with a detour."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.energy.battery import Battery, ChargingCurve, charging_curve
from geofleet.energy.catalogue import model_battery
from geofleet.energy.mend.model import Mend
from geofleet.energy.mend.replay import ChangedDay, Replayed, replay
from geofleet.energy.mend.task import Pair, Task, straight_m
from geofleet.errors import InputError

__all__ = ["one_charge"]

_CAUSES = ("energy", "charging")
_WH_PER_KWH = 1000.0
_MINUTE_S = 60.0
_MORE = 1.02  # of what a charge fell short: standing longer takes some more
Kind = Literal["ac", "dc"]
Floats = npt.NDArray[np.float64]


@dataclass(slots=True)
class _Offer:
    """A place to charge, and what it takes by estimate.

    Parameters
    ----------
    position
        Of the stop at which, or after which, it is.
    charger
        Row of the table of chargers, -1 for one that is put up at the stop.
    arrive_wh
        In the battery when plugged in.
    need_wh
        To be charged.
    stood_s
        Time that the vehicle stands there as planned.
    price_per_kwh, daily
        Of energy there; of a charger put up there.
    hours, plug_s
        Opening hours, none if always; time at the plug by estimate, its queue stood.
    """

    pair: Pair
    position: int
    charger: int
    kind: Kind
    plug_w: float
    power_w: float
    curve: ChargingCurve
    arrive_wh: float
    need_wh: float
    stood_s: float
    detour_s: float
    price_per_kwh: float
    daily: float
    wait_s: float = 0.0
    hours: tuple[tuple[float, float], ...] = ()
    plug_s: float = 0.0
    seconds: float = 0.0
    window_s: tuple[float, float] = (math.nan, math.nan)

    def fit(self, step_s: float) -> bool:
        """Find the time at the plug; False where the battery cannot take so much here.

        Of the opening hours the first that last long enough are chosen; they are the window of
        the visit, so that a charge beyond them is late when driven.
        """
        end = self.arrive_wh + self.need_wh
        if self.arrive_wh < 0.0 or end > self.curve.battery_wh:
            return False
        needed = self.curve.time_for(self.arrive_wh, end)
        self.seconds = math.ceil(needed / step_s - 1e-9) * step_s
        ends = [(opens, closes - self.seconds) for opens, closes in self.hours]
        ends = [(opens, last) for opens, last in ends if last >= max(opens, self.plug_s)]
        if ends:
            self.window_s = ends[0]
        return bool(ends) or not self.hours

    @property
    def extra_s(self) -> float:
        """Time at the charger beyond what the vehicle stands there anyway."""
        closed = max(self.window_s[0] - self.plug_s, 0.0) if self.hours else 0.0
        return max(self.wait_s + closed + self.seconds - self.stood_s, 0.0)


def one_charge(task: Task, pairs: Sequence[Pair], chargers: pd.DataFrame | None) -> list[Mend]:
    """Find for each pair the cheapest single charge that gets the day done.

    Places before the first stop that fails are ranked by estimate (windows, cost, time); the best
    are routed and driven again with the plug. A charge that falls short is made longer. Where every
    charge that would do breaks a window, the one that is least late is told, not verified.
    """
    offers: list[_Offer] = []
    at_stops = _arrivals(task)
    for pair in pairs:
        if pair.cause in _CAUSES:
            found = list(_at_stops(task, pair, at_stops))
            found += _at_chargers(task, pair, at_stops, chargers)
            good = [offer for offer in found if offer.fit(task.rules.charge_step_s)]
            times = _times(task, pair.vehicle_day)
            good.sort(
                key=lambda offer: (*_estimate(task, offer, times), offer.position, offer.charger)
            )
            offers += good[: task.rules.charge_places]
    best: dict[tuple[int, str], tuple[tuple[float, ...], Mend]] = {}
    for _ in range(task.rules.charge_rounds):
        if not offers:
            break
        results = replay(task, [_changed(task, offer, chargers) for offer in offers])
        again = []
        for offer, result in zip(offers, results, strict=True):
            if result.cause == "time window" or result.cause == "none":
                _keep(best, task, offer, result, chargers)
            elif result.cause in _CAUSES:
                offer.need_wh += -result.margin_wh * _MORE
                if offer.fit(task.rules.charge_step_s):
                    again.append(offer)
        offers = again
    return [mend for _, mend in best.values()]


def _arrivals(task: Task) -> dict[tuple[int, str], Floats]:
    """State of charge on arrival at every stop, by vehicle-day and model."""
    table = task.feasibility.stops.sort_values(["vehicle_day", "model_id", "stop_number"])
    soc = table["soc"].to_numpy(np.float64)
    keys = list(zip(table["vehicle_day"].astype(int), table["model_id"].astype(str), strict=True))
    first = [row for row, key in enumerate(keys) if row == 0 or key != keys[row - 1]]
    ends = [*first, len(keys)]
    return {keys[begin]: soc[begin:end] for begin, end in itertools.pairwise(ends)}


def _at_stops(task: Task, pair: Pair, at_stops: dict[tuple[int, str], Floats]) -> Iterator[_Offer]:
    """Chargers put up where the vehicle stands before its battery runs low."""
    soc = at_stops[pair.vehicle_day, pair.model_id]
    stops = task.stops[pair.vehicle_day]
    planned = _planned(task, pair.vehicle_day)
    for kind, power, into, curve in _chargers(task, pair):
        for position in _before_failure(task, pair):
            stood = planned["depart_s"].iloc[position] - planned["arrive_s"].iloc[position]
            if stops["plug_w"].iloc[position] > 0.0:
                continue
            yield _Offer(
                pair, position, -1, kind, into, power, curve,
                arrive_wh=float(soc[position]) * pair.battery_wh,
                need_wh=-pair.margin_wh,
                stood_s=float(stood),
                detour_s=0.0,
                price_per_kwh=task.costs.energy_per_kwh,
                daily=task.costs.charger(kind),
            )  # fmt: skip


def _at_chargers(
    task: Task,
    pair: Pair,
    at_stops: dict[tuple[int, str], Floats],
    chargers: pd.DataFrame | None,
) -> Iterator[_Offer]:
    """Chargers of the table, visited between two stops."""
    if chargers is None or chargers.empty:
        return
    soc, stops = at_stops[pair.vehicle_day, pair.model_id], task.stops[pair.vehicle_day]
    lat, lon = stops["lat"].to_numpy(np.float64), stops["lon"].to_numpy(np.float64)
    battery = model_battery(task.models, pair.model_id)
    leave = _planned(task, pair.vehicle_day)["depart_s"].to_numpy(np.float64)
    last = int((stops["stop_number"] < pair.first_failing_stop).sum()) - 1
    gaps = np.arange(min(last, len(stops) - 2) + 1)
    places = chargers[["lat", "lon"]].to_numpy(np.float64)
    factor = task.rules.road_over_straight
    way = factor * straight_m(places[:, :1], places[:, 1:], lat[None, :], lon[None, :])
    hop = factor * straight_m(lat[:-1], lon[:-1], lat[1:], lon[1:])
    detours = np.maximum(way[:, gaps] + way[:, gaps + 1] - hop[gaps], 0.0)
    nearest = np.argsort(detours, axis=None, kind="stable")[: task.rules.charger_gaps]
    records = chargers.to_dict("records")
    made: dict[int, tuple[ChargingCurve, float] | None] = {}
    for row, position in zip(*np.unravel_index(nearest, detours.shape), strict=True):
        charger, number = records[row], int(row)
        kind: Kind = "ac" if charger["kind"] == "ac" else "dc"
        power = float(charger["power_w"])
        if number not in made:
            made[number] = _curve(task, pair, battery, power, kind)
        known = made[number]
        if known is None:
            continue
        price = charger.get("price_per_kwh", math.nan)
        detour = float(detours[row, position])
        spent = float(way[row, position]) / 1000.0 * pair.wh_per_km
        yield _Offer(
            pair, int(position), number, kind, known[1], power, known[0],
            arrive_wh=float(soc[position]) * pair.battery_wh - spent,
            need_wh=-pair.margin_wh + detour / 1000.0 * pair.wh_per_km,
            stood_s=0.0,
            detour_s=detour / task.rules.detour_speed_m_s,
            price_per_kwh=math.nan if pd.isna(price) else float(price),
            daily=0.0,
            wait_s=float(charger["wait_s"]),
            hours=charger["open_s"],
            plug_s=float(leave[position]) + float(charger["wait_s"])
            + float(way[row, position]) / task.rules.detour_speed_m_s,
        )  # fmt: skip


def _before_failure(task: Task, pair: Pair) -> list[int]:
    """Positions of stops that are served before the first one that cannot be reached.

    The first stop is where the vehicle starts full.
    """
    stops = task.stops[pair.vehicle_day]
    numbers = stops["stop_number"].to_numpy(np.int64)
    return [int(p) for p in np.flatnonzero(numbers < pair.first_failing_stop) if p > 0]


def _chargers(task: Task, pair: Pair) -> Iterator[tuple[Kind, float, float, ChargingCurve]]:
    """Chargers of the rules that this model can use: kind, power, power into the battery."""
    battery = model_battery(task.models, pair.model_id)
    kinds: tuple[Kind, ...] = ("ac", "dc")
    for kind in kinds:
        power = task.rules.charger_power_w[kind]
        made = _curve(task, pair, battery, power, kind)
        if made is not None:
            yield kind, power, made[1], made[0]


def _curve(
    task: Task, pair: Pair, battery: Battery, power_w: float, kind: Kind
) -> tuple[ChargingCurve, float] | None:
    """Return the curve and the power into the battery; none where its limit is not known."""
    limit = battery.ac_charge_w if kind == "ac" else battery.dc_charge_w
    if math.isnan(limit):
        return None
    try:
        curve = charging_curve(
            battery, power_w, kind=kind, battery_temperature_c=task.warmth_c(),
            usable_wh=pair.battery_wh, defaults=task.defaults,
        )  # fmt: skip
    except InputError:  # a curve of its own that rises: nothing can be promised
        return None
    into = min(power_w, limit) * (task.costs.efficiency["ac"] if kind == "ac" else 1.0)
    return curve, into


def _estimate(task: Task, offer: _Offer, times: Floats) -> tuple[float, bool, float, float]:
    """Order of trying: how late, then cost, then time."""
    seconds = offer.extra_s + offer.detour_s
    day = offer.pair.vehicle_day
    too_long = task.duration_s(day) + seconds - max(task.rules.longest_day_s, task.duration_s(day))
    late = max(_late_s(times[offer.position + 1 :], seconds), too_long, 0.0)
    cost = offer.daily + task.costs.charged(offer.need_wh, offer.kind, offer.price_per_kwh)
    cost += task.costs.time(task.vehicle_class(offer.pair.vehicle_day), seconds)
    return late, math.isnan(cost), float(np.nan_to_num(cost)), seconds


def _times(task: Task, day: int) -> Floats:
    """Arrival, opening, latest planned or allowed start and start of service by stop."""
    planned = _planned(task, day)
    start = planned["start_s"].to_numpy(np.float64)
    opens = np.nan_to_num(planned["window_start"].to_numpy(np.float64), nan=-np.inf)
    due = np.nan_to_num(planned["window_end"].to_numpy(np.float64), nan=np.inf)
    arrive = planned["arrive_s"].to_numpy(np.float64)
    return np.stack([arrive, opens, np.maximum(due, start), start], axis=1)


def _late_s(times: Floats, delay_s: float) -> float:
    """Greatest lateness at stops that are reached so much later; waiting takes up delay."""
    worst = 0.0
    for arrive, opens, due, start in times.tolist():
        if delay_s <= 0.0:
            break
        begin = max(arrive + delay_s, opens)
        worst = max(worst, begin - due)
        delay_s = begin - start
    return worst


def _changed(task: Task, offer: _Offer, chargers: pd.DataFrame | None) -> ChangedDay:
    """Return the day with the plug, standing longer or driving to the charger."""
    stops = task.stops[offer.pair.vehicle_day].copy()
    if offer.charger < 0:
        here = stops.index == offer.position
        stops["plug_w"] = stops["plug_w"].where(~here, offer.plug_w)
        longer = np.where(here, offer.extra_s / _MINUTE_S, 0.0)
        stops["service_min"] = stops["service_min"].to_numpy(np.float64) + longer
        return ChangedDay(offer.pair.vehicle_day, offer.pair.model_id, stops)
    assert chargers is not None
    charger = chargers.iloc[offer.charger]
    visit = stops.iloc[[offer.position]].assign(
        stop_id=str(charger["charger_id"]), kind="delivery", lat=float(charger["lat"]),
        lon=float(charger["lon"]), service_min=offer.seconds / _MINUTE_S,
        window_start=offer.window_s[0], window_end=offer.window_s[1], drop_kg=0.0, key=-1,
        plug_w=offer.plug_w,
    )  # fmt: skip
    if "pickup_kg" in visit:
        visit["pickup_kg"] = np.nan
    queue = visit.assign(
        stop_id=f"queue of {charger['charger_id']}", service_min=offer.wait_s / _MINUTE_S,
        window_start=np.nan, window_end=np.nan, plug_w=0.0,
    )  # fmt: skip
    at = offer.position + 1
    parts = [stops.iloc[:at], visit, stops.iloc[at:]]
    if offer.wait_s > 0.0:
        parts.insert(1, queue)
    stops = pd.concat(parts, ignore_index=True)
    return ChangedDay(offer.pair.vehicle_day, offer.pair.model_id, stops)


def _keep(
    best: dict[tuple[int, str], tuple[tuple[float, ...], Mend]],
    task: Task,
    offer: _Offer,
    result: Replayed,
    chargers: pd.DataFrame | None,
) -> None:
    """Keep a charge that is better than what is known for its pair."""
    pair = offer.pair
    more = result.duration_s - task.duration_s(pair.vehicle_day)
    vehicle_class = task.vehicle_class(pair.vehicle_day)
    cost = offer.daily + task.costs.time(vehicle_class, more)
    cost += task.costs.charged(result.charged_wh, offer.kind, offer.price_per_kwh)
    cost += task.costs.energy(result.energy_wh - pair.energy_wh)
    cost += task.costs.distance(vehicle_class, result.distance_km - pair.distance_km)
    place = _place(task, offer, chargers)
    words = f"charge at least {offer.seconds / _MINUTE_S:.0f} min at {place}, "
    words += f"{offer.power_w / 1000.0:g} kW {offer.kind}"
    if offer.charger < 0 and offer.extra_s > 0.0:
        words += f", standing {offer.extra_s / _MINUTE_S:.0f} min longer"
    if offer.charger >= 0:
        words += f", {result.distance_km - pair.distance_km:.1f} km more"
    if result.late_s > 0.0:
        words += f"; {result.late_s / _MINUTE_S:.0f} min late"
    if result.too_long:
        words += f"; the day takes {result.duration_s / 3600.0:.1f} h"
    mend = Mend(
        pair.vehicle_day, pair.model_id, "charge", words, result.fits, cost,
        place=place, minutes=offer.seconds / _MINUTE_S, power_kw=offer.power_w / 1000.0,
        kwh=result.charged_wh / _WH_PER_KWH, late_s=result.late_s,
    )  # fmt: skip
    order = (
        float(not result.fits), 0.0 if result.fits else result.late_s, float(math.isnan(cost)),
        float(np.nan_to_num(cost)), offer.seconds, float(offer.position), float(offer.charger),
    )  # fmt: skip
    key = (pair.vehicle_day, pair.model_id)
    if key not in best or order < best[key][0]:
        best[key] = (order, mend)


def _place(task: Task, offer: _Offer, chargers: pd.DataFrame | None) -> str:
    stop = task.stops[offer.pair.vehicle_day].iloc[offer.position]
    if offer.charger >= 0 and chargers is not None:
        name = chargers["charger_id"].iloc[offer.charger]
        return f"charger {name} after stop {stop['stop_id']}"
    if stop["kind"] == "depot":
        return f"depot {stop['stop_id']} between tours"
    return f"stop {stop['stop_id']}"


def _planned(task: Task, day: int) -> pd.DataFrame:
    return pd.DataFrame(task.itineraries.stops.iloc[task.stops[day]["key"].to_numpy()])
