"""Moving flows from one set of lines to another network, by where the lines run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.network.model import RoadNetwork
from geofleet.traffic.lines import check_lines
from geofleet.traffic.places import courses

__all__ = ["Conflation", "conflate"]

_TABLE = "traffic_profiles"
_KM = 1e-3

Floats = npt.NDArray[np.float64]


class Conflation(NamedTuple):
    """Which links of the network take the flow of which line.

    ``length_m[k]`` metres of line ``row[k]`` run along edge ``edge[k]``; ``matched_share`` is, for
    each line, the part of it that found an edge.
    """

    row: npt.NDArray[np.int64]
    edge: npt.NDArray[np.int64]
    length_m: Floats
    matched_share: Floats

    def move(
        self, flow: Mapping[str, Floats], line_km: Floats, network: RoadNetwork
    ) -> tuple[npt.NDArray[np.int64], dict[str, Floats], dict[str, dict[str, float]]]:
        """Move flows of the lines to the edges, keeping the vehicle-km of what was matched.

        Parameters
        ----------
        flow
            Vehicles of each group on each line.
        line_km
            Length of each line as its table has it.

        Returns
        -------
        tuple
            Edge numbers, ascending; flows of each group on them; matched and unmatched
            vehicle-km by group.
        """
        edges, place = np.unique(self.edge, return_inverse=True)
        edge_km = network.arrays.length_m[edges] * _KM
        matched_m = np.bincount(self.row, weights=self.length_m, minlength=len(line_km))
        part = self.length_m / matched_m[self.row]  # of the matched part of the line
        km = part * line_km[self.row] * self.matched_share[self.row]
        out, report = {}, {}
        for group, values in flow.items():
            vehicle_km = np.bincount(place, weights=values[self.row] * km, minlength=len(edges))
            out[group] = vehicle_km / edge_km
            matched = float((values * line_km * self.matched_share).sum())
            unmatched = float((values * line_km).sum()) - matched
            report[group] = {"matched_km": matched, "unmatched_km": unmatched}
        return edges, out, report


def conflate(
    links: gpd.GeoDataFrame,
    network: RoadNetwork,
    *,
    distance_m: float | None = None,
    angle_deg: float | None = None,
    file: str = "links",
    defaults: Defaults | None = None,
) -> Conflation:
    """Find for each line of a flow table the links of a network that run with it.

    Each line is cut into pieces of some 20 m (row ``conflate.piece_m``). A piece goes to the
    link that is near (within ``distance_m`` of its middle) and runs the same way (within
    ``angle_deg``): the one of the least sum of distance and angle, each over its limit. Of equal
    links the lower number. Lines are taken as drawn in driving direction.

    Parameters
    ----------
    distance_m, angle_deg
        Limits; default rows ``traffic_profiles:conflate.*``.

    Raises
    ------
    InputError
        Geometry that is not lines, limits that are not above 0.
    """
    rows = CheckedRows((defaults or Defaults()).scope())
    limits = [
        rows.number(_TABLE, f"conflate.{name}", 0.0, high, "a number above 0", above=True)
        if given is None
        else float(given)
        for name, given, high in (
            ("distance_m", distance_m, 1e4), ("angle_deg", angle_deg, 90.0), ("piece_m", None, 1e4)
        )
    ]  # fmt: skip
    rows.finish()
    farthest, widest, piece = limits
    lines = np.asarray(check_lines(links, file=file).geometry.to_crs(network.crs_metric).array)
    length = shapely.length(lines)
    count = np.maximum(1, np.ceil(length / piece)).astype(np.int64)
    row = np.repeat(np.arange(len(lines)), count)
    within = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    size = (length / count)[row]
    middle = (within + 0.5) * size
    places = shapely.line_interpolate_point(lines[row], middle)
    course = courses(lines[row], middle)
    roads = np.asarray(network.edges_metric.array)
    piece_of, edge = shapely.STRtree(roads).query(places, predicate="dwithin", distance=farthest)
    away = shapely.distance(places[piece_of], roads[edge])
    along = shapely.line_locate_point(roads[edge], places[piece_of])
    turn = np.abs((courses(roads[edge], along) - course[piece_of] + 180.0) % 360.0 - 180.0)
    good = (turn <= widest) & (network.arrays.length_m[edge] > 0)
    piece_of, edge = piece_of[good], edge[good].astype(np.int64)
    cost = away[good] / farthest + turn[good] / widest
    order = np.lexsort((edge, np.round(cost, 9), piece_of))
    chosen, first = np.unique(piece_of[order], return_index=True)
    taken = edge[order][first]
    pair = row[chosen] * len(roads) + taken
    pairs, place = np.unique(pair, return_inverse=True)
    metres = np.bincount(place, weights=size[chosen], minlength=len(pairs)).astype(np.float64)
    matched = np.bincount(row[chosen], weights=size[chosen], minlength=len(lines))
    share = np.divide(matched, length, out=np.zeros_like(length), where=length > 0)
    return Conflation(pairs // len(roads), pairs % len(roads), metres, np.minimum(share, 1.0))
