"""Harm of every traversal of a run: what all that a desk asks is a sum over."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

if TYPE_CHECKING:
    from geofleet.study import Results

__all__ = ["HOURS", "DrivenHarm", "driven_harm"]

HOURS = 24
_S_PER_H = 3600.0
_M_PER_KM = 1000.0

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class DrivenHarm:
    """What vehicles with known routes do to people, by traversal.

    Parameters
    ----------
    edges
        Links that they drive, ascending.
    length_km
        Of each link.
    link, hour, vehicle, vehicle_day
        Of each traversal: place in ``edges``, local hour of entering, position in the fleet, number
        of the vehicle-day.
    grams
        Of exhaust and of wear particles, shape (2, traversals).
    unit
        Harm behind a gram on each link in each hour, persons·µg/m3·h per g (links, 24).
    vehicles
        How many there are in the fleet.
    days
        Vehicle-days.
    dates
        Service dates that sums are over.
    """

    edges: Ints
    length_km: Floats
    link: Ints
    hour: Ints
    vehicle: Ints
    vehicle_day: Ints
    grams: Floats
    unit: Floats
    vehicles: int
    days: int
    dates: int

    @cached_property
    def by_part(self) -> Floats:
        """Harm of exhaust and of wear of each traversal (2, traversals)."""
        return self.grams * self.unit[self.link, self.hour]

    @cached_property
    def harm(self) -> Floats:
        """Harm of each traversal, persons·µg/m3·h."""
        found: Floats = self.by_part.sum(axis=0)
        return found

    @cached_property
    def by_link_hour(self) -> Floats:
        """Harm of each link in each hour (links, 24)."""
        return self.summed(self.link, self.hour, self.harm)

    def at_hour(self, rows: Ints, hours: Ints) -> Floats:
        """Harm of some traversals, were they driven in other hours on the same links."""
        found: Floats = self.grams[:, rows].sum(axis=0) * self.unit[self.link[rows], hours]
        return found

    def summed(self, link: Ints, hour: Ints, values: Floats) -> Floats:
        """Return sums by link and hour (links, 24)."""
        count = len(self.edges) * HOURS
        found = np.bincount(link * HOURS + hour, weights=values, minlength=count)
        return np.asarray(found, np.float64).reshape(len(self.edges), HOURS)


def driven_harm(results: Results) -> DrivenHarm:
    """Return the harm of every traversal of the vehicles with known routes."""
    traversals = results.itineraries.traversals
    frame, fleet = traversals.frame, results.inputs.fleet
    edge = frame["edge"].to_numpy(np.int64)
    edges, link = np.unique(edge, return_inverse=True)
    known = results.unit_exposure
    place = np.searchsorted(known.edges, edges)
    day = frame["vehicle_day"].to_numpy(np.int64)
    owner = fleet.vehicles.index.get_indexer(pd.Index(traversals.vehicle_days["vehicle_id"]))
    length_m = results.inputs.network.edges["length_m"].to_numpy(np.float64)[edges]
    return DrivenHarm(
        edges=edges,
        length_km=length_m / _M_PER_KM,
        link=link.astype(np.int64),
        hour=traversals.hour.astype(np.int64),
        vehicle=owner.astype(np.int64)[day],
        vehicle_day=day,
        grams=results.emissions.grams[["pm25_exhaust_g", "pm25_wear_g"]].to_numpy(np.float64).T,
        unit=known.values[place] / _S_PER_H,
        vehicles=len(fleet.vehicles),
        days=len(traversals.vehicle_days),
        dates=results.service_dates,
    )
