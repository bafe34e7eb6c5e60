"""From a point on the map to a place on a road that the vehicle may use."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from geofleet.defaults import Defaults
from geofleet.network.model import RoadNetwork

__all__ = ["Snapped", "Snapper"]


@dataclass(frozen=True, slots=True)
class Snapped:
    """Where points lie on the network.

    Parameters
    ----------
    edge
        Link number, -1 when no road is within the limit.
    fraction
        Place along the link, 0 at its start to 1 at its end (NaN when not snapped).
    distance_m
        From the point to the nearest usable road, also when that is beyond the limit
        (infinite when there is no usable road at all).
    """

    edge: npt.NDArray[np.int32]
    fraction: npt.NDArray[np.float64]
    distance_m: npt.NDArray[np.float64]

    @classmethod
    def nowhere(cls, count: int) -> Snapped:
        """Return ``count`` points that lie on no road."""
        return cls(np.full(count, -1, np.int32), np.full(count, np.nan), np.full(count, np.inf))

    def put(self, rows: npt.NDArray[np.intp], other: Snapped) -> None:
        """Write the places of some points into these arrays."""
        self.edge[rows] = other.edge
        self.fraction[rows] = other.fraction
        self.distance_m[rows] = other.distance_m


class Snapper:
    """Snaps points to the nearest usable link of a network.

    Parameters
    ----------
    network
        The roads.
    limit_m
        Farthest road that still counts; default row ``snap:limit_m``.
    """

    def __init__(
        self,
        network: RoadNetwork,
        *,
        limit_m: float | None = None,
        defaults: Defaults | None = None,
    ) -> None:
        scope = (defaults or Defaults()).scope()
        self.limit_m = scope.number("snap", "limit_m") if limit_m is None else float(limit_m)
        passing = scope.text("snap", "no_stopping").split()
        self.provenance = scope.used
        self._network = network
        self._lines = np.asarray(network.edges_metric.array)
        edges = network.edges
        self._stopping = ~(edges["highway"].isin(passing) | edges["tunnel"]).to_numpy(bool)

    def snap(self, points: gpd.GeoSeries, *, allowed: npt.ArrayLike) -> Snapped:
        """Snap points to the nearest links with a non-zero access code.

        Links on which nobody stops (default row ``snap:no_stopping``, and tunnels) are taken only
        where no other link is within the limit.

        Parameters
        ----------
        points
            In any CRS.
        allowed
            Access code of each link; 0 is passed over.

        Returns
        -------
        Snapped
            Of two links over the same street the one with the lower number; the other is its
            ``twin`` and the place on it ``1 - fraction``.
        """
        open_to = np.asarray(allowed) != 0
        places = np.asarray(points.to_crs(self._network.crs_metric).array)
        result = self._nearest(places, open_to & self._stopping)
        left = np.flatnonzero(result.edge < 0)
        if len(left) and not self._stopping[open_to].all():
            result.put(left, self._nearest(places[left], open_to))
        return result

    def _nearest(self, places: npt.NDArray[np.object_], open_to: npt.NDArray[np.bool_]) -> Snapped:
        """Snap metric points to the nearest of the links that are open."""
        twin = self._network.arrays.twin
        # a street that may be driven both ways stands in the tree once
        again = (twin >= 0) & (twin < np.arange(len(twin))) & open_to[twin]
        usable = np.flatnonzero(open_to & ~again)
        result = Snapped.nowhere(len(places))
        if not len(places) or not len(usable):
            return result
        tree = shapely.STRtree(self._lines[usable])
        pairs, found = tree.query_nearest(places, return_distance=True, all_matches=True)
        # equal distances (two directions, junctions): the lowest link number
        candidates = usable[pairs[1]]
        order = np.lexsort((candidates, pairs[0]))
        which, first = np.unique(pairs[0][order], return_index=True)
        chosen = order[first]
        result.distance_m[which] = found[chosen]
        within = found[chosen] <= self.limit_m
        near, picked = which[within], candidates[chosen][within]
        along = shapely.line_locate_point(self._lines[picked], places[near], normalized=True)
        result.edge[near] = picked
        result.fraction[near] = np.clip(along, 0.0, 1.0)
        return result
