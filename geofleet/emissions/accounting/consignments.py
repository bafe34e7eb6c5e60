"""Consignments: what was carried from where to where, read off the stops of a vehicle-day."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd
from pyproj import Geod

from geofleet.routes.payload import payloads

if TYPE_CHECKING:
    from geofleet.routes import Itineraries

__all__ = ["CONSIGNMENT_COLUMNS", "consignments"]

CONSIGNMENT_COLUMNS = {
    "vehicle_day": np.int64,
    "from_stop": np.int64,
    "to_stop": np.int64,
    "mass_kg": np.float64,
    "great_circle_km": np.float64,
    "carried_km": np.float64,
}
_REACHED = "reached"
_GRAM_KG = 1e-3
_ELLIPSOID = "WGS84"

Floats = npt.NDArray[np.float64]


def consignments(itineraries: Itineraries) -> pd.DataFrame:
    """Return what was carried, one row for each lot from one stop to another.

    What is unloaded was loaded first: the drops of a day take from the load at its start, then from
    what was picked up, in the order of the pick-ups. What is still on board at the last stop that
    was reached is unloaded there; goods that come back to where they were loaded have a great
    circle of 0 km, as nothing was transported.

    Parameters
    ----------
    itineraries
        Stops in driving order, and the traversals between them.

    Returns
    -------
    DataFrame
        ``vehicle_day``; ``from_stop``, ``to_stop`` (stop numbers); ``mass_kg``;
        ``great_circle_km`` (geodesic on WGS84); ``carried_km``, the distance that the vehicle drove
        with it. The sum of mass × ``carried_km`` is that of payload × distance over traversals.
    """
    stops = itineraries.stops
    driven = _driven_km(itineraries)
    rows: list[tuple[int, int, int, float, float]] = []
    # Stops come sorted by vehicle-day and stop number.
    for day, part in stops.groupby("vehicle_day", sort=True):
        number = part["stop_number"].to_numpy(np.int64)
        drop = part["drop_kg"].to_numpy(np.float64)
        pickup = part["pickup_kg"].fillna(0.0).to_numpy(np.float64)
        reached = (part["status"] == _REACHED).to_numpy(np.bool_)
        for origin, target, mass in _lots(drop, pickup, reached):
            start, end = int(number[origin]), int(number[target])
            km = driven.get((int(str(day)), end), 0.0) - driven.get((int(str(day)), start), 0.0)
            rows.append((int(str(day)), start, end, mass, km))
    columns = ["vehicle_day", "from_stop", "to_stop", "mass_kg", "carried_km"]
    table = pd.DataFrame(rows, columns=columns)
    table["great_circle_km"] = _great_circle_km(itineraries, table)
    return table[list(CONSIGNMENT_COLUMNS)].astype(CONSIGNMENT_COLUMNS)


def _lots(
    drop: Floats, pickup: Floats, reached: npt.NDArray[np.bool_]
) -> list[tuple[int, int, float]]:
    """Return origin, destination (positions) and mass of what a vehicle-day carries."""
    where = np.flatnonzero(reached)
    if not len(where):
        return []
    initial, _ = payloads(drop, pickup, reached)
    waiting: list[list[float]] = [[float(where[0]), initial]]
    out: list[tuple[int, int, float]] = []

    def unload(stop: int, mass: float) -> float:
        while waiting and mass > _GRAM_KG:
            taken = min(waiting[0][1], mass)
            out.append((int(waiting[0][0]), stop, taken))
            waiting[0][1] -= taken
            mass -= taken
            if waiting[0][1] <= _GRAM_KG:
                waiting.pop(0)
        return mass

    for stop in where:
        rest = unload(int(stop), float(drop[stop]))
        # What is unloaded beyond what is on board is of what this stop loads, and goes nowhere.
        if pickup[stop] - rest > _GRAM_KG:
            waiting.append([float(stop), float(pickup[stop] - rest)])
    unload(int(where[-1]), float("inf"))
    return [lot for lot in out if lot[2] > _GRAM_KG]


def _driven_km(itineraries: Itineraries) -> dict[tuple[int, int], float]:
    """Return the distance driven up to each stop, by vehicle-day and stop number."""
    frame = itineraries.traversals.frame
    legs = frame.groupby(["vehicle_day", "stop_before"], sort=True)["length_m"].sum() / 1000.0
    stops = itineraries.stops[["vehicle_day", "stop_number"]]
    keys = pd.MultiIndex.from_frame(stops)
    own = legs.reindex(keys, fill_value=0.0)
    before = (own.groupby(level=0).cumsum() - own).to_numpy(np.float64)
    days, numbers = stops["vehicle_day"].tolist(), stops["stop_number"].tolist()
    return dict(zip(zip(days, numbers, strict=True), before.tolist(), strict=True))


def _great_circle_km(itineraries: Itineraries, table: pd.DataFrame) -> Floats:
    stops = itineraries.stops.set_index(["vehicle_day", "stop_number"]).geometry
    if not len(table):
        return np.zeros(0)
    ends = []
    for column in ("from_stop", "to_stop"):
        points = stops.loc[pd.MultiIndex.from_frame(table[["vehicle_day", column]])]
        ends += [points.x.to_numpy(np.float64), points.y.to_numpy(np.float64)]
    _, _, metres = Geod(ellps=_ELLIPSOID).inv(*ends)
    return np.asarray(metres, dtype=np.float64) / 1000.0
