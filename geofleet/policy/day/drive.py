"""Drive changed days again: routed as every day is, or moved in time with everything kept."""

from __future__ import annotations

import itertools
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.fleet import Fleet
from geofleet.network import RoadNetwork
from geofleet.routes import Itineraries, Traversals, outcome
from geofleet.routes.itinerary import Driver, RoadGroup, misses, road_groups
from geofleet.routes.snap import Snapped
from geofleet.routes.speeds import HourlySpeeds, hourly_speeds

__all__ = ["ChangedDay", "Roads", "day_stops", "leg_times", "simulated"]

_MINUTE_S, _KMH = 60.0, 3.6
_REACHED = "reached"
_PLACE = ("edge", "fraction", "snap_distance_m")
_KEPT = (
    "vehicle_id", "date", "seq", "stop_id", "kind", "lat", "lon", "service_min", "window_start",
    "window_end", "drop_kg", "pickup_kg", "row", "stop_number", *_PLACE,
)  # fmt: skip

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int8]


@dataclass(frozen=True, eq=False)
class ChangedDay:
    """A vehicle-day as it might be instead.

    Parameters
    ----------
    vehicle_day
        The planned one that it replaces.
    response
        What kind of change it is.
    vehicle_id
        Who drives.
    stops
        In order, as :func:`day_stops` gives them; ``window_start`` of the first is the departure.
    closed
        Access code by link that replaces the vehicle's own (0 closed, 2 destination traffic
        only); None leaves roads as they are.
    moved
        Kept on the planned streets at the planned speeds, only moved in time.
    paid_from_s
        When the driver's time begins, where that is before the departure; else NaN.
    detail
        Numbers to be shown.
    """

    vehicle_day: int
    response: str
    vehicle_id: str
    stops: pd.DataFrame
    closed: Codes | None = None
    moved: bool = False
    paid_from_s: float = float("nan")
    detail: Mapping[str, Any] = field(default_factory=dict)


def day_stops(itineraries: Itineraries) -> list[pd.DataFrame]:
    """Return the stops of each vehicle-day as they can be driven again.

    Columns of the stops table, ``key`` (its row there), ``wait_s`` (time to stand after the
    service, 0 as planned); the departure stands in ``window_start`` of the first stop reached.
    """
    table = pd.DataFrame(itineraries.stops).reset_index(drop=True)
    frame = table[[name for name in _KEPT if name in table.columns]].copy()
    for name in ("window_start", "window_end", "pickup_kg"):
        if name not in frame.columns:
            frame[name] = np.nan
    frame["key"] = np.arange(len(table))
    frame["wait_s"] = 0.0
    frame["planned_status"] = table["status"]
    depart = itineraries.traversals.vehicle_days["depart_s"].to_numpy(np.float64)
    bounds = np.searchsorted(table["vehicle_day"].to_numpy(), np.arange(len(depart) + 1))
    days = []
    for day, (first, last) in enumerate(itertools.pairwise(bounds)):
        own = frame.iloc[first:last].reset_index(drop=True)
        own["window_start"] = own["window_start"].astype(np.float64)
        if len(own):
            own.loc[0, "window_start"] = depart[day]
        days.append(own)
    return days


class Roads:
    """The roads that changed days are driven on.

    Parameters
    ----------
    itineraries
        The days as planned, which moved days keep streets and speeds of.
    speeds, u_turn_radius_m
        Those that the days were driven with.
    vehicles
        Who may drive.
    """

    def __init__(
        self,
        itineraries: Itineraries,
        network: RoadNetwork,
        fleet: Fleet,
        *,
        vehicles: Sequence[str],
        speeds: HourlySpeeds | None,
        u_turn_radius_m: float | None,
        workers: int | None,
        defaults: Defaults,
    ) -> None:
        self.planned, self.network, self.fleet = itineraries, network, fleet
        self._speeds = speeds or hourly_speeds(network.edges["highway"], defaults=defaults)
        self._radius, self._defaults = u_turn_radius_m, defaults
        self._workers = workers or os.cpu_count() or 1
        self._groups = road_groups(network, fleet, sorted(set(vehicles)), defaults)
        self._group_of = {
            name: number for number, group in enumerate(self._groups) for name in group.vehicles
        }
        self._graphs: dict[Any, Any] = {}
        self.bounds = np.searchsorted(
            itineraries.traversals.frame["vehicle_day"].to_numpy(),
            np.arange(len(itineraries.traversals.vehicle_days) + 1),
        )

    def access(self, vehicle_id: str) -> Codes:
        """Return the access code of each link for a vehicle."""
        return self._groups[self._group_of[vehicle_id]].access

    def open_to(self, vehicle_id: str, day: int) -> bool:
        """Whether a vehicle may use all links of a planned day."""
        rows = slice(self.bounds[day], self.bounds[day + 1])
        edge = self.planned.traversals.frame["edge"].to_numpy()[rows]
        return bool((self.access(vehicle_id)[edge] != 0).all())

    def drive(self, days: Sequence[ChangedDay]) -> Itineraries:
        """Drive days; vehicle-day *n* of the answer is ``days[n]``."""
        table = _table([day.stops for day in days], [day.vehicle_id for day in days])
        places = Snapped(
            table["edge"].to_numpy(np.int32),
            table["fraction"].to_numpy(np.float64),
            table["snap_distance_m"].to_numpy(np.float64),
        )
        bounds = np.searchsorted(table["vehicle_day"].to_numpy(), np.arange(len(days) + 1))
        rows = [np.arange(a, b) for a, b in itertools.pairwise(bounds)]
        driven: dict[int, outcome.Day] = {}
        alike: dict[Any, list[int]] = {}
        for number, day in enumerate(days):
            if day.moved:
                driven[number] = self._moved(day)
            else:
                key = (self._group_of[day.vehicle_id], _key(day.closed))
                alike.setdefault(key, []).append(number)
        served = table.assign(service_min=table["service_min"] + table["wait_s"] / _MINUTE_S)
        for (group, _), numbers in alike.items():
            closed = days[numbers[0]].closed
            driven |= self._routed(group, closed, numbers, rows, served, places)
        return self._assembled(table, driven, places)

    def _routed(
        self,
        group: int,
        closed: Codes | None,
        numbers: list[int],
        rows: list[npt.NDArray[np.intp]],
        table: pd.DataFrame,
        places: Snapped,
    ) -> dict[int, outcome.Day]:
        access = self._groups[group].access if closed is None else closed
        edge = np.where(access[places.edge] != 0, places.edge, -1).astype(np.int32)
        open_places = Snapped(edge, places.fraction, places.distance_m)
        departure_s = self._defaults.number("routing", "departure_s")
        found = {}
        for radius in (self._radius, 0.0):
            if not numbers:
                break
            driver = Driver(self._graph(group, closed, radius), self._speeds, table, open_places)
            drive = partial(driver, departure_s=departure_s)
            with ThreadPoolExecutor(max_workers=self._workers) as pool:
                for number, day in zip(numbers, pool.map(drive, [rows[n] for n in numbers]),
                                       strict=True):  # fmt: skip
                    found[number] = day
            # as in building itineraries: nobody is stranded because it should not turn round
            numbers = [n for n in numbers if misses(found[n], edge[rows[n]])]
        return found

    def _graph(self, group: int, closed: Codes | None, radius: float | None) -> Any:
        key = (group, _key(closed), radius)
        if key not in self._graphs:
            own: RoadGroup = self._groups[group]
            if closed is not None:
                own = replace(own, access=closed)
            self._graphs[key] = own.graph(self.network, radius, self._defaults)
        return self._graphs[key]

    def _moved(self, day: ChangedDay) -> outcome.Day:
        """Return a day on its planned streets at its planned speeds, at other times."""
        part = slice(self.bounds[day.vehicle_day], self.bounds[day.vehicle_day + 1])
        frame = self.planned.traversals.frame.iloc[part]
        planned = self.planned.stops.iloc[day.stops["key"].to_numpy()]
        reached = (planned["status"] == _REACHED).to_numpy()
        at = np.flatnonzero(reached)
        own = day.stops.iloc[at]
        stay = own["service_min"].to_numpy(np.float64) * _MINUTE_S + own["wait_s"].to_numpy()
        found = simulated(
            day.stops["window_start"].to_numpy(np.float64)[:1], leg_times(planned.iloc[at]), stay,
            own["window_start"].to_numpy(np.float64), own["window_end"].to_numpy(np.float64),
        )  # fmt: skip
        times = np.full((4, len(reached)), np.nan)
        times[:, at] = [one[0] for one in found]
        leg = np.searchsorted(day.stops["stop_number"], frame["stop_before"].to_numpy())
        shift = (times[2] - planned["depart_s"].to_numpy(np.float64))[leg]
        length = frame["length_m"].to_numpy(np.float64)
        return outcome.Day(
            times[0], times[1], times[2], times[3], reached.astype(np.int8), _origins(reached),
            frame["edge"].to_numpy(np.int32),
            leg.astype(np.int32), frame["from_fraction"].to_numpy(np.float64),
            frame["to_fraction"].to_numpy(np.float64),
            frame["enter_s"].to_numpy(np.float64) + shift,
            length / frame["speed_kmh"].to_numpy(np.float64) * _KMH, length,
        )  # fmt: skip

    def _assembled(
        self,
        table: pd.DataFrame,
        driven: Mapping[int, outcome.Day],
        places: Snapped,
    ) -> Itineraries:
        table.attrs["file"] = "stops"
        stops = outcome.stop_table(table, driven, places)
        points = gpd.GeoSeries.from_xy(stops["lon"], stops["lat"], crs="EPSG:4326")
        traversals = Traversals(
            outcome.traversal_frame(driven, stops),
            outcome.vehicle_days(stops, self.fleet),
            self.planned.traversals.timezone,
        )
        return Itineraries(
            traversals, gpd.GeoDataFrame(stops, geometry=points.to_numpy(), crs="EPSG:4326")
        )


def simulated(
    depart_s: Floats, leg_s: Floats, stay_s: Floats, opens_s: Floats, closes_s: Floats
) -> tuple[Floats, Floats, Floats, Floats]:
    """Return the times of days whose legs take as long as planned.

    Parameters
    ----------
    depart_s
        Departures, shape ``(days,)``.
    leg_s, stay_s, opens_s, closes_s
        By stop, the first included: time of the leg that leads to it, time spent there, and its
        window, NaN where it has none.

    Returns
    -------
    tuple
        ``arrive, start, depart, late``, shape ``(days, stops)``.
    """
    shape = (len(depart_s), len(leg_s))
    arrive, start, depart, late = (np.zeros(shape) for _ in range(4))
    depart[:, 0] = depart_s
    arrive[:, 0] = start[:, 0] = depart_s - stay_s[0]
    for stop in range(1, shape[1]):
        arrive[:, stop] = depart[:, stop - 1] + leg_s[stop]
        start[:, stop] = np.fmax(arrive[:, stop], opens_s[stop])
        depart[:, stop] = start[:, stop] + stay_s[stop]
        late[:, stop] = np.fmax(start[:, stop] - closes_s[stop], 0.0)
    return arrive, start, depart, late


def leg_times(planned: pd.DataFrame) -> Floats:
    """Return how long the leg to each stop takes, 0 to the first; ``planned`` were all reached."""
    arrive, depart = (planned[name].to_numpy(np.float64) for name in ("arrive_s", "depart_s"))
    return np.append(0.0, arrive[1:] - depart[:-1])


def _table(stops: Sequence[pd.DataFrame], vehicle_ids: Sequence[str]) -> pd.DataFrame:
    counts = [len(one) for one in stops]
    table = pd.concat(stops, ignore_index=True)
    day = np.repeat(np.arange(len(stops)), counts)
    table["planned_number"] = table["stop_number"]
    table["vehicle_day"] = day.astype(np.int32)
    table["vehicle_id"] = np.repeat(np.array(vehicle_ids, object), counts)
    first = np.repeat(np.cumsum(counts) - counts, counts)
    table["stop_number"] = (np.arange(len(table)) - first).astype(np.int32)
    return table


def _origins(reached: npt.NDArray[np.bool_]) -> npt.NDArray[np.int32]:
    number = np.where(reached, np.arange(len(reached)), -1)
    last = np.maximum.accumulate(np.append(-1, number[:-1]))
    return last.astype(np.int32)


def _key(closed: Codes | None) -> bytes:
    return b"" if closed is None else closed.tobytes()
