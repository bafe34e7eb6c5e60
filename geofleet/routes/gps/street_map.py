"""Map matching by the library leuvenmapmatching, on links instead of straight pieces.

The library (Apache-2.0; W. Meert and M. Verbeke, HMM with non-emitting states for map matching,
ECDA 2018; transition probabilities after P. Newson and J. Krumm, ACM SIGSPATIAL 2009) knows nodes
and straight connections between them. Links become chains of such connections, each direction of
a street with its own inner points, so that a way found is a way over links; turning round happens
at junctions only.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any
from zlib import crc32

import numpy as np
import numpy.typing as npt
import shapely

from geofleet.errors import MissingExtraError
from geofleet.network.model import RoadNetwork

__all__ = ["DrivenPiece", "MatchSettings", "StreetMap"]

Floats = npt.NDArray[np.float64]

# Bends of less than this do not matter to fixes that are metres off.
_TOLERANCE_M = 2.0


@dataclass(frozen=True, slots=True)
class MatchSettings:
    """Noise and search limits of the matching."""

    noise_m: float
    search_m: float
    lattice_width: int


@dataclass(frozen=True, slots=True)
class DrivenPiece:
    """A way over links and where along it each fix lies.

    Parameters
    ----------
    edges
        Edge numbers in driving order; a link driven twice in a row stands twice.
    start_m
        Distance along the way at which each link begins; negative for the first, which may have
        been entered midway.
    position_m
        Distance along the way of each fix, never falling.
    distance_m
        Distance of each fix from the way.
    """

    edges: npt.NDArray[np.int32]
    start_m: Floats
    position_m: Floats
    distance_m: Floats


class StreetMap:
    """The links of a network, ready for matching.

    Parameters
    ----------
    network
        The roads.
    allowed
        Which links count; all when None.
    """

    def __init__(
        self, network: RoadNetwork, *, allowed: npt.NDArray[np.bool_] | None = None
    ) -> None:
        try:
            from leuvenmapmatching.map.inmem import InMemMap
            from leuvenmapmatching.matcher.distance import DistanceMatcher, DistanceMatching
        except ImportError as error:
            raise MissingExtraError(
                "matching GPS traces needs leuvenmapmatching: pip install 'geofleet[gps]'"
            ) from error

        class SteadyMatching(DistanceMatching):  # type: ignore[misc]
            """A state whose hash is the same in every process.

            The library keeps states in sets, and of equally likely ones takes the first; by the
            hash of its name, which Python salts, another way would be found now and then.
            """

            __slots__ = ()

            def __hash__(self) -> int:
                return crc32(self.cname.encode())

        self._map_class, self._matcher_class = InMemMap, DistanceMatcher
        self._matching_class = SteadyMatching
        count = network.arrays.edge_count
        self._numbers = np.arange(count) if allowed is None else np.flatnonzero(allowed)
        self._lines = network.edges_metric.to_numpy()[self._numbers]
        self._tree = shapely.STRtree(self._lines)
        self._arrays = network.arrays

    def near(self, xy: Floats, limit_m: float) -> npt.NDArray[np.bool_]:
        """Say which points have a link within a distance."""
        found = self._tree.query(shapely.points(xy), predicate="dwithin", distance=limit_m)
        out = np.zeros(len(xy), dtype=bool)
        out[found[0]] = True
        return out

    def match(self, xy: Floats, settings: MatchSettings) -> tuple[DrivenPiece | None, int]:
        """Match fixes to a way.

        Returns
        -------
        piece, matched
            The way of the first ``matched`` fixes; None and 0 when there is none.
        """
        pieces = _Pieces(self, xy, settings)
        street_map = self._map_class("roads", use_latlon=False, graph=pieces.graph)
        # The library looks at every connection for the ones near the first fix; a tree is faster.
        street_map.edges_closeto = partial(pieces.close_to, street_map)
        matcher = self._matcher_class(
            street_map,
            max_dist=settings.search_m,
            max_dist_init=settings.search_m,
            obs_noise=settings.noise_m,
            obs_noise_ne=2 * settings.noise_m,
            dist_noise=2 * settings.noise_m,
            max_lattice_width=settings.lattice_width,
            non_emitting_states=True,
            avoid_goingback=True,
            matching=self._matching_class,
        )
        _, last = matcher.match([(float(y), float(x)) for x, y in xy])
        states = matcher.lattice_best or []
        if not states:
            return None, 0
        steps = [(state.edge_m.l1, state.edge_m.l2, float(state.edge_m.ti)) for state in states]
        fixes = [int(state.obs) if state.obs_ne == 0 else -1 for state in states]
        away = np.array(
            [state.dist_obs for state, fix in zip(states, fixes, strict=True) if fix >= 0]
        )
        return pieces.driven(steps, fixes, away, settings.noise_m), int(last) + 1


class _Pieces:
    """The links around a trace as straight connections between numbered points."""

    def __init__(self, streets: StreetMap, xy: Floats, settings: MatchSettings) -> None:
        step = np.hypot(*np.diff(xy, axis=0).T).max() if len(xy) > 1 else 0.0
        # A way between two fixes may lead round the block.
        reach = 2 * settings.search_m + step / 2
        trace = shapely.LineString(xy) if len(xy) > 1 else shapely.Point(xy[0])
        found = np.sort(streets._tree.query(trace, predicate="dwithin", distance=reach))
        arrays = streets._arrays
        self.graph: dict[int, tuple[tuple[float, float], list[int]]] = {}
        self.place: dict[tuple[int, int], tuple[int, float, float]] = {}
        self.length_m = arrays.length_m
        self._twin = arrays.twin
        free = arrays.node_count
        ends: list[tuple[int, int]] = []
        for position in found.tolist():
            edge = int(streets._numbers[position])
            u, v = int(arrays.edge_from[edge]), int(arrays.edge_to[edge])
            line = streets._lines[position]
            points = shapely.get_coordinates(line.simplify(_TOLERANCE_M) if u != v else line)
            if len(points) == 2 and ((u, v) in self.place or u == v):
                # A second straight link between two junctions needs a point of its own.
                points = np.array([points[0], points.mean(axis=0), points[1]])
            labels = [u, *range(free, free + len(points) - 2), v]
            free += len(points) - 2
            along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
            along *= self.length_m[edge] / max(along[-1], 1e-9)
            for label, (x, y) in zip(labels, points.tolist(), strict=True):
                self.graph.setdefault(label, ((y, x), []))
            for k, (a, b) in enumerate(pairwise(labels)):
                self.graph[a][1].append(b)
                self.place[a, b] = (edge, float(along[k]), float(along[k + 1]))
                ends.append((a, b))
        self._ends = ends
        segments = [[self.graph[a][0][::-1], self.graph[b][0][::-1]] for a, b in ends]
        self._tree = shapely.STRtree(shapely.linestrings(segments) if segments else [])

    def close_to(
        self, street_map: Any, place: tuple[float, float], max_dist: float, **_: Any
    ) -> list[tuple[Any, ...]]:
        """Answer as ``edges_closeto`` of the library does: nearest first."""
        point = shapely.Point(place[1], place[0])
        out = []
        for number in self._tree.query(point, predicate="dwithin", distance=max_dist).tolist():
            a, b = self._ends[number]
            pa, pb = self.graph[a][0], self.graph[b][0]
            distance, foot, share = street_map.distance_point_to_segment(place, pa, pb)
            out.append((distance, a, pa, b, pb, foot, share))
        return sorted(out)

    def driven(
        self, steps: list[tuple[int, int, float]], fixes: list[int], away: Floats, noise_m: float
    ) -> DrivenPiece:
        """Put the library's states together: links in order, and each fix's place along them."""
        edges: list[int] = []
        spots: list[tuple[int, float]] = []  # of each fix: position in edges, metres into it
        before: tuple[int, int] | None = None
        for (a, b, share), fix in zip(steps, fixes, strict=True):
            edge, begin, end = self.place[a, b]
            onward = before is not None and edges[-1] == edge and begin >= self.place[before][1]
            if (a, b) != before and not onward:
                edges.append(edge)
            before = (a, b)
            if fix >= 0:
                spots.append((len(edges) - 1, begin + share * (end - begin)))
        edges, spots = self._without_spurs(edges, spots, 2 * noise_m)
        first = spots[0][1]
        number = np.array(edges, dtype=np.int32)
        start = np.concatenate([[0.0], np.cumsum(self.length_m[number])[:-1]]) - first
        position = np.array([start[k] + metres for k, metres in spots])
        return DrivenPiece(number, start, np.maximum.accumulate(position), away)

    def _without_spurs(
        self, edges: list[int], spots: list[tuple[int, float]], limit_m: float
    ) -> tuple[list[int], list[tuple[int, float]]]:
        """Leave out short ways into a side street and back: noise of fixes at a junction."""
        k = 0
        while k + 1 < len(edges) and len(edges) > 2:
            out, back = edges[k], edges[k + 1]
            if self._twin[out] != back:
                k += 1
                continue
            length = self.length_m[out]
            depth = [m if at == k else length - m for at, m in spots if at in (k, k + 1)]
            if not depth or max(depth) > limit_m:
                k += 1
                continue
            edges = edges[:k] + edges[k + 2 :]
            moved = []
            for at, metres in spots:
                if at > k + 1:
                    moved.append((at - 2, metres))
                elif at < k:
                    moved.append((at, metres))
                elif k < len(edges):
                    moved.append((k, 0.0))
                else:
                    moved.append((k - 1, float(self.length_m[edges[k - 1]])))
            spots = moved
            k = max(k - 1, 0)
        return edges, spots
