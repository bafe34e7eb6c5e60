"""Stays onto the slots of a month: dated ones one by one, those of every day as equal nights."""

from __future__ import annotations

import bisect
import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.energy.depot.horizon import Horizon
from geofleet.energy.depot.model import (
    DailyStay,
    DatedStay,
    DepotMonth,
    DepotVehicle,
    PlacedStay,
)
from geofleet.energy.depot.tariff import Tariff
from geofleet.errors import InputError, Problem

__all__ = ["dated_month", "repeated_month"]

IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Span:
    """A stay on the slots of the month, counted on beyond its end."""

    stay: DatedStay | DailyStay
    begin: int
    end: int


def dated_month(
    stays: Sequence[DatedStay], vehicles: Collection[DepotVehicle], horizon: Horizon
) -> DepotMonth:
    """Place dated stays in a month, every slot planned by itself.

    An arrival counts from the next slot on, a departure to the end of the slot before. What a
    vehicle charges beyond the need of one stay is there on arrival at its next.

    Raises
    ------
    InputError
        Stays outside the month, of unknown vehicles, two at once of one vehicle, more energy
        than the battery holds.
    """
    problems = _stay_problems(stays, vehicles)
    times = _Clock(horizon)
    begin, end = horizon.starts[0], times.end
    for stay in stays:
        if not (begin <= stay.arrival and stay.departure <= end):
            expected = f"a stay within the month {horizon.month}"
            shown = f"{stay.arrival} to {stay.departure}"
            problems.append(Problem(f"stay of {stay.vehicle_id}", "arrival", 0, shown, expected))
    if problems:
        raise InputError(problems)
    spans = [_Span(s, times.next(s.arrival), times.before(s.departure)) for s in stays]
    return _placed(spans, vehicles, horizon, [0])


def repeated_month(
    stays: Sequence[DailyStay],
    vehicles: Collection[DepotVehicle],
    horizon: Horizon,
    *,
    weekdays: Collection[int] = (0, 1, 2, 3, 4),
    closed: Collection[dt.date] = (),
    tariff: Tariff | None = None,
) -> DepotMonth:
    """Repeat the stays of one operating day over a month.

    The month is cut into nights, each from one operating day to the next (a weekend is one long
    night), at a clock time at which no vehicle is there. Equal nights are planned once: with
    equal stays, equal hours and windows of the tariff no plan for each alone costs less, except
    where plugs are not swapped. What is charged beyond a need is handed on within a night, not to
    the next one. Where some vehicle is always there, the month is one piece. The month is closed
    to a ring: its last night ends on its first morning.

    Parameters
    ----------
    weekdays
        Operating days, Monday = 0.
    closed
        Dates without operation.
    tariff
        Its windows tell nights apart. Nights of equal length are equal when not given.

    Raises
    ------
    InputError
        No operating day, stays of unknown vehicles, two at once of one vehicle, more energy than
        the battery holds.
    """
    problems = _stay_problems(stays, vehicles)
    # in some zones clocks change at midnight: a day's midnight may not be in its zone
    dates = [day.date() for day in horizon.starts.tz_localize(None).normalize().unique()]
    working = [day for day in dates if day.weekday() in set(weekdays) and day not in set(closed)]
    if not working:
        expected = f"an operating day in {horizon.month}"
        problems.append(Problem("stays", "weekdays", 0, str(sorted(weekdays)), expected))
    if problems:
        raise InputError(problems)
    times = _Clock(horizon)
    spans = []
    for number, day in enumerate(working):
        following = working[(number + 1) % len(working)]
        lap = len(horizon.starts) if number + 1 == len(working) else 0
        for stay in stays:
            begin = times.clock(day, stay.arrival_s, up=True)
            last = following if stay.overnight else day
            end = times.clock(last, stay.departure_s, up=False) + (lap if stay.overnight else 0)
            spans.append(_Span(stay, begin, end))
    cuts = _cuts(spans, working, times, horizon)
    return _merged(spans, vehicles, horizon, cuts, tariff)


class _Clock:
    """Times of a month as numbers of slots."""

    def __init__(self, horizon: Horizon) -> None:
        self.zone = horizon.starts.tz
        self.step = pd.Timedelta(hours=horizon.slot_h)
        utc = horizon.starts.tz_convert("UTC")
        self.first = utc[0]
        self.end = (utc[-1] + self.step).tz_convert(self.zone)

    def next(self, time: dt.datetime) -> int:
        """Return the first slot that begins at or after a time."""
        return int(-((self.first - pd.Timestamp(time).tz_convert("UTC")) // self.step))

    def before(self, time: dt.datetime) -> int:
        """Return the slot that a time lies in, the end of the slots before it."""
        return int((pd.Timestamp(time).tz_convert("UTC") - self.first) // self.step)

    def clock(self, day: dt.date, seconds: float, *, up: bool) -> int:
        """Return the slot of a clock time, rounded up or down; clock changes as on the wall."""
        naive = pd.Timestamp(day) + pd.Timedelta(seconds=seconds)
        time = naive.tz_localize(self.zone, ambiguous=True, nonexistent="shift_forward")
        return self.next(time) if up else self.before(time)


def _stay_problems(
    stays: Sequence[DatedStay] | Sequence[DailyStay], vehicles: Collection[DepotVehicle]
) -> list[Problem]:
    """Find stays that their vehicle cannot make."""
    batteries = {vehicle.vehicle_id: vehicle.battery_wh for vehicle in vehicles}
    problems = []
    if len(batteries) != len(vehicles):
        names = [vehicle.vehicle_id for vehicle in vehicles]
        for name in sorted({name for name in names if names.count(name) > 1}):
            problems.append(Problem("vehicles", "vehicle_id", 0, name, "each vehicle once"))
    for stay in stays:
        place = f"stay of {stay.vehicle_id}"
        battery = batteries.get(stay.vehicle_id)
        if battery is None:
            expected = "a vehicle of the depot"
            problems.append(Problem(place, "vehicle_id", 0, stay.vehicle_id, expected))
        elif stay.departure_wh > battery:
            shown = f"{stay.departure_wh:g} Wh ({stay.departure_wh / battery:.1%} of the battery)"
            expected = f"at most the full battery, {battery:g} Wh (100 %)"
            problems.append(Problem(place, "departure_wh", 0, shown, expected))
    return problems


def _cuts(
    spans: Sequence[_Span], working: Sequence[dt.date], times: _Clock, horizon: Horizon
) -> list[int]:
    """Return the slots that nights begin with; a single one when some vehicle is always there."""
    size = len(horizon.starts)
    inside = np.zeros(2 * size + 1, dtype=np.int64)
    for span in spans:
        if span.end > span.begin + 1:
            inside[span.begin + 1] += 1
            inside[min(span.end, 2 * size)] -= 1
    busy = np.cumsum(inside)[: 2 * size]
    busy = busy[:size] + busy[size:]
    ends = [s.stay.departure_s for s in spans if isinstance(s.stay, DailyStay) and s.stay.overnight]
    per_day = round(24 / horizon.slot_h)
    first = int(max(ends, default=0.0) // (horizon.slot_h * 3600.0)) % per_day
    for shift in range(per_day):
        seconds = ((first + shift) % per_day) * horizon.slot_h * 3600.0
        cuts = sorted({times.clock(day, seconds, up=True) % size for day in working})
        if not busy[cuts].any():
            return cuts
    return [0]


def _merged(
    spans: Sequence[_Span],
    vehicles: Collection[DepotVehicle],
    horizon: Horizon,
    cuts: list[int],
    tariff: Tariff | None,
) -> DepotMonth:
    """Plan equal nights once."""
    size = len(horizon.starts)
    window = np.zeros(size, int) if tariff is None else tariff.window_of(horizon.starts)
    lengths = [(b - a - 1) % size + 1 for a, b in zip(cuts, cuts[1:] + cuts[:1], strict=True)]
    # The month's slots in the order of nights, from the first cut round to it again.
    turned = np.arange(size) + cuts[0]
    order = [(span.begin - cuts[0]) % size for span in spans]
    starts = np.cumsum([0, *lengths])
    night_of = [bisect.bisect_right(starts, begin) - 1 for begin in order]
    content: dict[int, list[_Span]] = defaultdict(list)
    for span, begin, night in zip(spans, order, night_of, strict=True):
        at = begin - int(starts[night])
        content[night].append(_Span(span.stay, at, at + span.end - span.begin))
    kinds: dict[object, int] = {}
    planned = np.empty(size, dtype=np.int64)
    reach = 0
    chosen = []
    for night, length in enumerate(lengths):
        slots = turned[starts[night] : starts[night] + length] % size
        inside = content[night]
        key = (
            length,
            window[slots].tobytes(),
            tuple(sorted((s.stay.vehicle_id, s.begin, s.end) for s in inside)),
        )
        if key not in kinds:
            kinds[key] = reach
            reach += length
            chosen += [_Span(s.stay, kinds[key] + s.begin, kinds[key] + s.end) for s in inside]
        planned[slots] = kinds[key] + np.arange(length)
    ends = sorted(set(kinds.values()))
    return _placed(chosen, vehicles, Horizon(horizon.starts, horizon.slot_h, planned), ends)


def _placed(
    spans: Sequence[_Span],
    vehicles: Collection[DepotVehicle],
    horizon: Horizon,
    pieces: list[int],
) -> DepotMonth:
    """Make placed stays of spans on planned slots, chained by vehicle within a piece."""
    known = {vehicle.vehicle_id: vehicle for vehicle in vehicles}
    bounds = [*pieces, horizon.size]
    times = horizon.times
    problems = []
    opened: dict[tuple[str, int], int] = {}
    last: dict[tuple[str, int], tuple[int, int]] = {}
    placed: list[PlacedStay] = []
    for span in sorted(spans, key=lambda s: (s.begin, s.end, s.stay.vehicle_id)):
        piece = bisect.bisect_right(pieces, span.begin) - 1
        low, length = bounds[piece], bounds[piece + 1] - bounds[piece]
        end = max(span.end, span.begin)
        key = (span.stay.vehicle_id, piece)
        before, reached = last.get(key, (-1, low))
        if span.begin < reached or end > opened.setdefault(key, span.begin) + length:
            expected = "one stay of a vehicle at a time"
            problems.append(Problem(f"stay of {key[0]}", "arrival", 0, "", expected))
            continue
        slots = low + (span.begin - low + np.arange(end - span.begin)) % length
        last[key] = (len(placed), end)
        stay, repeats = span.stay, int(times[low + (span.begin - low) % length])
        placed.append(
            PlacedStay(known[key[0]], slots, stay.arrival_wh, stay.departure_wh, repeats, before)
        )
    if problems:
        raise InputError(dict.fromkeys(problems))
    return DepotMonth(horizon, tuple(placed), tuple(pieces))
