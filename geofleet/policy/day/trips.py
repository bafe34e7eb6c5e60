"""Vehicle-days as arrays of what rules ask about: stretches of driving, stops, legs between them.

A leg leads from one stop to the next and is one trip: through a zone, to it, from it or within it.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from geofleet.policy.rules.days import DAY_S
from geofleet.policy.rules.truth import NO, UNKNOWN, YES, Truths

if TYPE_CHECKING:
    from geofleet.routes import Itineraries

__all__ = ["RELATIONS", "Drives", "Legs", "Stops", "Trips", "trips_of"]

RELATIONS = ("", "within", "destination", "origin", "through")
"""Relations of a leg to a zone by code; 0 is unknown, or the leg does not touch the zone."""
_WITHIN, _DESTINATION, _ORIGIN, _THROUGH = 1, 2, 3, 4
_KMH, _MINUTE_S = 3.6, 60.0
_REACHED, _DELIVERY = "reached", "delivery"

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Drives:
    """Stretches of driving in order of vehicle-day and time, each in one signature of places."""

    vehicle_day: Ints
    stop_before: Ints
    signature: Ints
    start_s: Floats
    end_s: Floats
    payload_kg: Floats

    def take(self, rows: npt.NDArray[Any]) -> Drives:
        """Return some of them."""
        return Drives(*(getattr(self, name)[rows] for name in self.__slots__))


@dataclass(frozen=True, slots=True)
class Stops:
    """Stops that were reached, in order of vehicle-day and number.

    ``row`` is that in the stops table; unloading takes ``[start_s, end_s)`` where ``delivery``.
    """

    row: Ints
    vehicle_day: Ints
    stop_number: Ints
    signature: Ints
    start_s: Floats
    end_s: Floats
    delivery: npt.NDArray[np.bool_]

    def take(self, rows: npt.NDArray[Any]) -> Stops:
        """Return some of them."""
        return Stops(*(getattr(self, name)[rows] for name in self.__slots__))


@dataclass(frozen=True, slots=True)
class Legs:
    """Legs between stops: positions in ``Stops``, -1 where there is none.

    ``first`` is the first drive of each leg, ``of_drive`` the leg of each drive, ``into`` the leg
    that led to each stop.
    """

    first: Ints
    of_drive: Ints
    from_stop: Ints
    to_stop: Ints
    into: Ints


@dataclass(frozen=True)
class Trips:
    """Vehicle-days: who, on which service date, and what they did.

    Parameters
    ----------
    vehicle_id
        Of each vehicle-day.
    date
        Ordinal of its service date.
    """

    vehicle_id: npt.NDArray[np.object_]
    date: Ints
    drives: Drives
    stops: Stops

    @cached_property
    def legs(self) -> Legs:
        """The legs, worked out once."""
        drives, stops = self.drives, self.stops
        width = int(max(stops.stop_number.max(initial=0), drives.stop_before.max(initial=0))) + 2
        drive_key = drives.vehicle_day * width + drives.stop_before
        stop_key = stops.vehicle_day * width + stops.stop_number
        new = np.append(True, drive_key[1:] != drive_key[:-1])[: len(drive_key)]
        first = np.flatnonzero(new)
        of_drive = np.cumsum(new) - 1
        start = np.searchsorted(stop_key, drive_key[first])
        found = np.minimum(start, max(len(stop_key) - 1, 0))
        known = stop_key[found] == drive_key[first] if len(stop_key) else np.zeros(0, bool)
        from_stop = np.where(known, found, -1)
        after = np.minimum(found + 1, max(len(stop_key) - 1, 0))
        follows = known & (found + 1 < len(stop_key))
        follows[follows] = (stops.vehicle_day[after] == stops.vehicle_day[found])[follows]
        to_stop = np.where(follows, after, -1)
        into = np.full(len(stop_key), -1, np.int64)
        into[to_stop[follows]] = np.flatnonzero(follows)
        return Legs(first, of_drive, from_stop, to_stop, into)

    def relations(self, truths: Truths) -> npt.NDArray[np.int8]:
        """Return the relation of each leg to a zone.

        Parameters
        ----------
        truths
            Whether each signature lies in the zone.

        Returns
        -------
        numpy.ndarray
            Codes of ``RELATIONS``, 0 where what decides is not known.
        """
        legs = self.legs
        if not len(legs.first):
            return np.zeros(0, np.int8)
        there = truths[self.drives.signature]
        least = np.minimum.reduceat(there, legs.first)
        begins, ends = self._at(truths, legs.from_stop), self._at(truths, legs.to_stop)
        out = np.full(len(legs.first), _THROUGH, np.int8)
        out[begins == UNKNOWN] = 0
        out[begins == YES] = _ORIGIN
        out[ends == YES] = _DESTINATION
        both = (begins == YES) & (ends == YES)
        out[both & (least == YES)] = _WITHIN
        out[(both & (least == UNKNOWN)) | (ends == UNKNOWN)] = 0
        return out

    def _at(self, truths: Truths, stop: Ints) -> Truths:
        inside = np.full(len(stop), NO, np.int8)
        inside[stop >= 0] = truths[self.stops.signature[stop[stop >= 0]]]
        return inside

    def entered(self, truths: Truths) -> Floats:
        """Return for each drive when the vehicle came into a zone that it is in.

        Clock time in seconds; 0 where it began the day there, also the calendar day. NaN outside
        and where it is not known.
        """
        drives, legs = self.drives, self.legs
        count = len(drives.start_s)
        if not count:
            return np.zeros(0)
        there = truths[drives.signature]
        number = np.arange(count)
        opens = np.append(True, drives.vehicle_day[1:] != drives.vehicle_day[:-1])
        day = np.maximum.accumulate(np.where(opens, number, 0))
        at_home = np.zeros(count, bool)
        at_home[legs.first] = self._at(truths, legs.from_stop) == YES
        was_in = np.append(False, there[:-1] == YES) & ~opens
        comes = np.maximum.accumulate(np.where((there == YES) & ~was_in, number, 0))
        doubt = np.maximum.accumulate(np.where(there == UNKNOWN, number, -1))
        left = np.maximum.accumulate(np.where(there == NO, number, -1))
        when = drives.start_s[comes]
        same_day = np.floor_divide(drives.start_s, DAY_S) == np.floor_divide(when, DAY_S)
        began_here = opens[comes] & at_home[comes]
        clock = np.where(same_day & ~began_here, when % DAY_S, 0.0)
        unknown = (there != YES) | ((doubt >= day) & (doubt > left))
        return np.where(unknown, np.nan, clock)

    def joined(self) -> Trips:
        """Return the same with neighbouring drives of one leg and signature made one."""
        drives = self.drives
        if not len(drives.start_s):
            return self
        same = (
            (drives.vehicle_day[1:] == drives.vehicle_day[:-1])
            & (drives.stop_before[1:] == drives.stop_before[:-1])
            & (drives.signature[1:] == drives.signature[:-1])
        )
        first = np.flatnonzero(np.append(True, ~same))
        last = np.append(first[1:] - 1, len(drives.start_s) - 1)
        kept = replace(drives.take(first), end_s=drives.end_s[last])
        return Trips(self.vehicle_id, self.date, kept, self.stops)

    def of_days(self, days: Ints, *, vehicle_id: Sequence[str] | None = None) -> Trips:
        """Return some vehicle-days in the order given, one as often as it stands there.

        Parameters
        ----------
        vehicle_id
            Who drives each of them, where that is somebody else.
        """
        drives, stops = _rows(self.drives.vehicle_day, days), _rows(self.stops.vehicle_day, days)
        some, places = self.drives.take(drives[0]), self.stops.take(stops[0])
        who = self.vehicle_id[days] if vehicle_id is None else np.array(vehicle_id, object)
        return Trips(
            who, self.date[days], replace(some, vehicle_day=drives[1]),
            replace(places, vehicle_day=stops[1]),
        )  # fmt: skip


def _rows(sorted_day: Ints, days: Ints) -> tuple[Ints, Ints]:
    """Return the rows of days, and the new number of the day of each."""
    first = np.searchsorted(sorted_day, days, side="left")
    count = np.searchsorted(sorted_day, days, side="right") - first
    number = np.repeat(np.arange(len(days)), count)
    begin = np.cumsum(count) - count
    rows = np.arange(int(count.sum())) - np.repeat(begin, count) + np.repeat(first, count)
    return rows.astype(np.int64), number.astype(np.int64)


def trips_of(itineraries: Itineraries, link_signature: Ints, stop_signature: Ints) -> Trips:
    """Return vehicle-days as arrays.

    Parameters
    ----------
    itineraries
        Stops may have ``wait_s``, time that a vehicle stands after its service.
    link_signature
        Signature of places of each link.
    stop_signature
        That of each row of the stops table.
    """
    frame, days = itineraries.traversals.frame, itineraries.traversals.vehicle_days
    start = frame["enter_s"].to_numpy(np.float64)
    speed = frame["speed_kmh"].to_numpy(np.float64) / _KMH
    drives = Drives(
        frame["vehicle_day"].to_numpy(np.int64),
        frame["stop_before"].to_numpy(np.int64),
        link_signature[frame["edge"].to_numpy()],
        start,
        start + frame["length_m"].to_numpy(np.float64) / speed,
        frame["payload_kg"].to_numpy(np.float64),
    )
    table = itineraries.stops
    row = np.flatnonzero((table["status"] == _REACHED).to_numpy())
    begin = table["start_s"].to_numpy(np.float64)[row]
    service = table["service_min"].to_numpy(np.float64)[row] * _MINUTE_S
    stops = Stops(
        row,
        table["vehicle_day"].to_numpy(np.int64)[row],
        table["stop_number"].to_numpy(np.int64)[row],
        stop_signature[row],
        begin,
        begin + service,
        (table["kind"] == _DELIVERY).to_numpy()[row],
    )
    dates = [datetime.date.fromisoformat(str(date)).toordinal() for date in days["date"]]
    return Trips(days["vehicle_id"].to_numpy(object), np.array(dates, np.int64), drives, stops)
