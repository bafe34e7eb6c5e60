"""Stops, itineraries and traversals: what a vehicle does in a day."""

from __future__ import annotations

from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.errors import Problem
from geofleet.schema import Column, TableSchema

__all__ = ["STOP_SCHEMA", "TRAVERSAL_COLUMNS", "Itineraries", "Traversals"]

STOP_SCHEMA = TableSchema(
    "stops",
    "Stops of each vehicle-day in driving order, the depot first and usually last",
    (
        Column("vehicle_id", "text", "vehicle, as in the vehicles table"),
        Column("date", "date", "service date, local"),
        Column("seq", "integer", "order within the vehicle-day", minimum=0),
        Column("stop_id", "text", "id of the place"),
        Column("kind", "text", "kind of stop", choices=("depot", "delivery")),
        Column("lat", "number", "latitude", "degrees (EPSG:4326)", minimum=-90, maximum=90),
        Column("lon", "number", "longitude", "degrees (EPSG:4326)", minimum=-180, maximum=180),
        Column("service_min", "number", "time spent at the stop", "min", minimum=0, maximum=1440),
        Column("window_start", "time", "earliest start of service; at seq 0 the departure",
               "local time", required=False, nullable=True),
        Column("window_end", "time", "latest start of service", "local time", required=False,
               nullable=True),
        Column("drop_kg", "number", "mass unloaded", "kg", minimum=0, maximum=60000),
        Column("pickup_kg", "number", "mass loaded", "kg", required=False, nullable=True,
               minimum=0, maximum=60000),
        Column("name", "text", "what people call the place; its id where not given",
               required=False, nullable=True),
    ),
    key=("vehicle_id", "date", "seq"),
)  # fmt: skip

TRAVERSAL_COLUMNS = {
    "vehicle_day": np.int32,
    "seq": np.int32,
    "edge": np.int32,
    "stop_before": np.int32,
    "enter_s": np.float64,
    "length_m": np.float64,
    "speed_kmh": np.float32,
    "payload_kg": np.float32,
    "from_fraction": np.float32,
    "to_fraction": np.float32,
}


@dataclass(frozen=True)
class Traversals:
    """One vehicle driving one directed road link once: the table that everything sums.

    Parameters
    ----------
    frame
        Columns and dtypes as in ``TRAVERSAL_COLUMNS``, sorted by ``vehicle_day, seq``:

        - ``vehicle_day``: row position in ``vehicle_days``
        - ``seq``: order within the vehicle-day, from 0
        - ``edge``: edge number (row position in ``RoadNetwork.edges``)
        - ``stop_before``: ``stop_number`` of the stop last left; the leg's name
        - ``enter_s``: seconds after local midnight of the service date
        - ``length_m``: distance driven on the link (less than its length at stops)
        - ``speed_kmh``: mean speed over that distance
        - ``payload_kg``: mass carried
        - ``from_fraction``, ``to_fraction``: part of the link driven, 0 to 1 from u to v
    vehicle_days
        One row per vehicle-day: ``vehicle_id, operator_id, vehicle_class, date`` (ISO text),
        ``depart_s``, ``return_s`` (seconds after local midnight).
    timezone
        IANA name of the study's time zone.
    """

    frame: pd.DataFrame
    vehicle_days: pd.DataFrame
    timezone: str
    provenance: tuple[str, ...] = ()

    def __len__(self) -> int:
        """Return the number of traversals."""
        return len(self.frame)

    @property
    def hour(self) -> npt.NDArray[np.int8]:
        """Local hour of day (0–23) in which each traversal begins."""
        seconds = self.frame["enter_s"].to_numpy()
        hours: npt.NDArray[np.int8] = (np.floor_divide(seconds, 3600.0) % 24).astype(np.int8)
        return hours

    def enter_time(self) -> pd.Series:
        """Return the time each traversal begins, as a timezone-aware timestamp.

        Seconds after midnight are clock time: 28,800 is 8 o'clock on every date. A time that the
        clocks skip that night is the first one after the gap; of a time that they show twice,
        the first (daylight saving) is meant.
        """
        days = pd.to_datetime(self.vehicle_days["date"])
        start = days.iloc[self.frame["vehicle_day"].to_numpy()].reset_index(drop=True)
        clock = start + pd.to_timedelta(self.frame["enter_s"].reset_index(drop=True), unit="s")
        first = np.ones(len(clock), dtype=bool)
        return clock.dt.tz_localize(self.timezone, nonexistent="shift_forward", ambiguous=first)


@dataclass(frozen=True)
class Itineraries:
    """The routed day: traversals, and what happened at each stop.

    Parameters
    ----------
    traversals
        The table of traversals.
    stops
        GeoDataFrame (EPSG:4326 points where the stop was given), one row per stop in order of
        ``vehicle_day, stop_number``; a stop that was not reached stays in with ``status``:

        - ``vehicle_day``, ``stop_number`` (0, 1, … within the day), and the input columns
          ``vehicle_id, date, seq, stop_id, kind, service_min, drop_kg, pickup_kg``
        - ``edge``, ``fraction``: where it was snapped (edge -1 when not)
        - ``snap_distance_m``
        - ``payload_kg``: mass on board when leaving
        - ``arrive_s, start_s, depart_s``: seconds after local midnight, NaN when not reached
        - ``late_s``: how long after the window's end service began, 0 when in time
        - ``status``: ``reached``, ``unreachable`` or ``too far from a road``
    problems
        Unreached stops and broken time windows, each named.
    """

    traversals: Traversals
    stops: gpd.GeoDataFrame
    problems: tuple[Problem, ...] = field(default=())
