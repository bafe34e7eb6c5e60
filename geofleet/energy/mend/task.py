"""What all kinds of mends start from: the days, the models, the verdicts, and the prices."""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.energy.mend.costs import Costs, Rules
from geofleet.energy.model import ElectricModels, Feasibility
from geofleet.fleet import Fleet
from geofleet.network import RoadNetwork
from geofleet.routes import Itineraries
from geofleet.routes.speeds import HourlySpeeds

__all__ = ["Pair", "Roads", "Task", "straight_m"]

Floats = npt.NDArray[np.float64]
_EARTH_M = 6371008.8
_STOP_COLUMNS = (
    "vehicle_id", "date", "stop_id", "kind", "lat", "lon", "service_min", "window_start",
    "window_end", "drop_kg", "pickup_kg",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Roads:
    """How days are routed again."""

    network: RoadNetwork
    speeds: HourlySpeeds | None
    snap_limit_m: float | None
    u_turn_radius_m: float | None


@dataclass(frozen=True, slots=True)
class Pair:
    """A vehicle-day and a model that cannot run it: one row of the verdicts."""

    vehicle_day: int
    model_id: str
    cause: str
    margin_wh: float
    margin_km: float
    margin_kg: float
    late_s: float
    energy_wh: float
    battery_wh: float
    distance_km: float
    first_failing_stop: int

    @property
    def wh_per_km(self) -> float:
        """Mean of the day; NaN where nothing was driven."""
        return self.energy_wh / self.distance_km if self.distance_km > 0.0 else float("nan")


@dataclass(frozen=True)
class Task:
    """Days, models and verdicts, prices and rules.

    Parameters
    ----------
    itineraries
        The days as planned.
    stops
        Of each vehicle-day its stops as they can be routed again, with ``key`` (row of
        ``itineraries.stops``, -1 for what is added) and ``plug_w``.
    temperature_c
        By local hour, 24.
    """

    itineraries: Itineraries
    roads: Roads
    fleet: Fleet
    models: ElectricModels
    feasibility: Feasibility
    stops: tuple[pd.DataFrame, ...]
    temperature_c: tuple[float, ...]
    pressure_pa: float | Sequence[float] | None
    rules: Rules
    costs: Costs
    defaults: Defaults

    def model(self, name: str) -> Mapping[Hashable, Any]:
        """Numbers and words of a model."""
        return self.models.frame.loc[[name]].to_dict("records")[0]

    def vehicle_class(self, day: int) -> str:
        """Class of the vehicle that drives a day."""
        name = self.itineraries.traversals.vehicle_days["vehicle_id"].iloc[day]
        return str(self.fleet.vehicles.loc[name, "vehicle_class"])

    def duration_s(self, day: int) -> float:
        """Time from departure to return as planned."""
        row = self.itineraries.traversals.vehicle_days.iloc[day]
        return float(row["return_s"] - row["depart_s"])

    def warmth_c(self) -> float:
        """Temperature of batteries: the mean air of the day."""
        return float(np.mean(self.temperature_c))


def day_stops(itineraries: Itineraries, plug_power_w: Floats) -> tuple[pd.DataFrame, ...]:
    """Return the stops of each vehicle-day as they can be routed again."""
    table = pd.DataFrame(itineraries.stops).reset_index(drop=True)
    columns = [name for name in _STOP_COLUMNS if name in table.columns]
    frame = table[columns].assign(
        key=np.arange(len(table)), plug_w=plug_power_w, stop_number=table["stop_number"]
    )
    days = table["vehicle_day"].to_numpy()
    start = np.searchsorted(days, np.arange(len(itineraries.traversals.vehicle_days) + 1))
    return tuple(
        frame.iloc[first:last].reset_index(drop=True) for first, last in itertools.pairwise(start)
    )


def straight_m(lat: Floats, lon: Floats, other_lat: Floats, other_lon: Floats) -> Floats:
    """Distance in a straight line, metres; arrays broadcast."""
    middle = np.radians(0.5 * (lat + other_lat))
    north = np.radians(other_lat - lat)
    east = np.radians(other_lon - lon) * np.cos(middle)
    return np.asarray(_EARTH_M * np.hypot(north, east))
