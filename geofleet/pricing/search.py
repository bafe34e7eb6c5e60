"""Routes between two places by two prices: the cheapest, the convex frontier, the whole frontier.

Prices are whole numbers here (milliseconds; steps of 2^-36 of the dearest link), so that sums are
exact, ties are ties, and no point of a frontier is kept or lost by rounding.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from geofleet.network.routing.paths import RoutingGraph
from geofleet.network.routing.places import Place, both_ways
from geofleet.pricing import _kernels

__all__ = ["Path", "Place", "Search", "Ways", "whole_milliseconds", "whole_steps"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]

_MS = 1000.0
_STEPS = 2.0**36  # sums over 2^17 links stay below 2^53, where float64 counts every number
_NO_LIMIT = np.inf
_MOST = 2**31 - 2


@dataclass(frozen=True, slots=True)
class Path:
    """Links in driving order, the part of each that is driven, and the two whole prices."""

    edges: Ints
    from_fraction: Floats
    to_fraction: Floats
    first: int
    second: int

    @property
    def share(self) -> Floats:
        """Part of each link that is driven."""
        return self.to_fraction - self.from_fraction


def whole_milliseconds(time_s: Floats) -> Floats:
    """Return times as whole milliseconds, infinite or unknown ones as they are."""
    return np.rint(_MS * time_s)


def whole_steps(price: Floats) -> Floats:
    """Return prices of links in whole steps of 2^-36 of the dearest, unknown ones as they are."""
    known = price[np.isfinite(price)]
    dearest = float(known.max(initial=0.0))
    return np.rint(price * (_STEPS / dearest)) if dearest > 0.0 else price.copy()


@dataclass(frozen=True)
class Ways:
    """A routing graph with its reverse, ready for searches between places."""

    graph: RoutingGraph

    @cached_property
    def reverse(self) -> tuple[Ints, Ints, Ints]:
        """The graph against the driving direction: rows, heads, and the arc of each entry."""
        expansion = self.graph.expansion
        order = np.argsort(expansion.arc_head, kind="stable").astype(np.int32)
        indptr = np.zeros(self.graph.state_count + 1, np.int32)
        counts = np.bincount(expansion.arc_head, minlength=self.graph.state_count)
        np.cumsum(counts, out=indptr[1:])
        return indptr, self.graph.arc_tail[order], order

    def ends(self, place: Place) -> list[Place]:
        """Return where a place lies: on its link, and on the other direction of its street."""
        return both_ways(self.graph, place)


class Search:
    """All questions about one pair of places and two prices.

    Parameters
    ----------
    ways
        The legal ways.
    origin, destination
        Places on links; on two-way streets the vehicle may leave and arrive in either direction.
    first, second
        Whole prices of every link of the network (float64); only those of usable links are read.
    """

    def __init__(
        self, ways: Ways, origin: Place, destination: Place, first: Floats, second: Floats
    ) -> None:
        self._ways = ways
        self._prices = (first, second)
        expansion = ways.graph.expansion
        self._from = [p for p in ways.ends(origin) if expansion.edge_start[p.edge] >= 0]
        self._starts = ways.ends(origin)
        self._to = ways.ends(destination)
        indptr, arcs = ways.graph.edge_arcs
        states, owner = [], []
        for number, place in enumerate(self._to):
            onto = arcs[indptr[place.edge] : indptr[place.edge + 1]]
            states += ways.graph.arc_tail[onto].tolist()
            owner += [number] * len(onto)
        self._goal_state = np.array(states, dtype=np.int32)
        self._goal_owner = np.array(owner, dtype=np.int64)
        self._seed_state = np.array(
            [expansion.edge_start[p.edge] for p in self._from], dtype=np.int32
        )

    def _seeds(self, price: Floats) -> Floats:
        return np.array([_part(price, p.edge, 1.0 - p.fraction) for p in self._from])

    def _goals(self, price: Floats) -> Floats:
        whole = np.array([_part(price, p.edge, p.fraction) for p in self._to])
        return whole[self._goal_owner] if len(whole) else np.empty(0)

    @cached_property
    def _arcs(self) -> tuple[Floats, Floats]:
        edge = self._ways.graph.expansion.arc_edge
        return self._prices[0][edge], self._prices[1][edge]

    @cached_property
    def _left(self) -> tuple[Floats, Floats]:
        """Least price from each state to the destination, by either price alone."""
        indptr, head, order = self._ways.reverse
        out = [
            _kernels.tree(indptr, head, arc[order], self._goal_state, self._goals(price))
            for arc, price in zip(self._arcs, self._prices, strict=True)
        ]
        return out[0], out[1]

    @cached_property
    def _no_bounds(self) -> tuple[Floats, Floats]:
        zero = np.zeros(self._ways.graph.state_count)
        return zero, zero

    @cached_property
    def _chains(self) -> tuple[Ints, Ints]:
        of_state = np.full(self._ways.graph.state_count, -1, np.int32)
        following = np.full(len(self._goal_state), -1, np.int32)
        for goal, state in enumerate(self._goal_state.tolist()):
            following[goal] = of_state[state]
            of_state[state] = goal
        return of_state, following

    def least(self, *, by: int = 0) -> Path | None:
        """Return the route of least first (``by`` 0) or second price; of equals, by the other.

        None when there is no way.
        """
        found, _ = self._run(by, (1.0, 0.0), self._no_bounds, single=True)
        return min(found, key=lambda p: (p.second, p.first) if by else (p.first, p.second),
                   default=None)  # fmt: skip

    def convex(self) -> list[Path]:
        """Return the corners of the lower convex hull of all routes, by ascending first price.

        Every route that is the best for some weights of the two prices is one of these, or ties
        with one. Dichotomic search (Aneja and Nair 1979, Management Science 25, 73–78; Eisner
        and Severance 1976, J. ACM 23, 619–635): the weights for which two neighbours are equal
        either give a route below both, which is a new corner, or show that there is none between.
        """
        left, right = self.least(), self.least(by=1)
        if left is None or right is None:
            return []
        corners, waiting = [left], [(left, right)]
        while waiting:
            a, b = waiting.pop()
            if b.second >= a.second:  # one route is the best by both prices
                continue
            rise, run = a.second - b.second, b.first - a.first
            largest = float(max(rise, run))
            # a potential that is exact for each price alone bounds any weighted sum from below
            found, _ = self._run(0, (rise / largest, run / largest), self._left, single=True)
            best = min(found, key=lambda p: (rise * p.first + run * p.second, p.first))
            if rise * best.first + run * best.second < rise * a.first + run * a.second:
                waiting += [(best, b), (a, best)]
            else:
                corners.append(b)
        return corners

    def pareto(self, *, limit: float = _NO_LIMIT, most: int = _MOST) -> tuple[list[Path], bool]:
        """Return every pair of prices that no route beats, one route each, by first price.

        Parameters
        ----------
        limit
            Highest first price.
        most
            Labels after which the search gives up.

        Returns
        -------
        tuple
            The routes, and whether the search gave up: then the routes beyond the last by the
            first price are missing, those before are all there.
        """
        found, cut = self._run(0, (1.0, 0.0), self._left, limit=limit, most=most)
        kept: list[Path] = []
        for path in sorted(found, key=lambda p: (p.first, p.second)):
            if path.first <= limit and (not kept or path.second < kept[-1].second):
                kept.append(path)
        return kept, cut

    def within(self, limit: float, *, most: int) -> tuple[Path | None, bool]:
        """Return the route of least second price of those whose first is at most ``limit``.

        The answer comes with whether it is exact; where the whole frontier takes more than
        ``most`` labels it is the best corner of the convex frontier (as Jüttner et al. 2001,
        INFOCOM, LARAC), or of what was found, whichever is less.
        """
        found, cut = self.pareto(limit=limit, most=most)
        if cut:
            found += [path for path in self.convex() if path.first <= limit]
        return min(found, key=lambda p: (p.second, p.first), default=None), not cut

    def _run(
        self,
        by: int,
        weights: tuple[float, float],
        left: tuple[Floats, Floats],
        *,
        single: bool = False,
        limit: float = _NO_LIMIT,
        most: int = _MOST,
    ) -> tuple[list[Path], bool]:
        """Search with price ``by`` as the first, and add the ways that never leave one link."""
        order = (by, 1 - by)
        one, two = (self._prices[i] for i in order)
        of_state, following = self._chains
        expansion = self._ways.graph.expansion
        found, parent, arc, _, _, cut = _kernels.search(
            expansion.indptr, expansion.arc_head, self._arcs[order[0]], self._arcs[order[1]],
            left[order[0]], left[order[1]], *weights,
            self._seed_state, self._seeds(one), self._seeds(two),
            of_state, following, self._goals(one), self._goals(two), single, limit, most,
        )  # fmt: skip
        paths = []
        for label in found.tolist():
            seed, goal, arcs = _kernels.trace(parent, arc, label)
            end = self._to[int(self._goal_owner[goal])]
            paths.append(self._path(self._from[seed], expansion.arc_edge[arcs], end))
        return paths + self._direct(), bool(cut)

    def _direct(self) -> list[Path]:
        return [
            self._made(np.array([a.edge]), np.array([a.fraction]), np.array([b.fraction]))
            for a in self._starts for b in self._to
            if a.edge == b.edge and b.fraction >= a.fraction
        ]  # fmt: skip

    def _path(self, start: Place, inner: Ints, end: Place) -> Path:
        count = len(inner) + 2
        edges = np.concatenate([[start.edge], inner, [end.edge]])
        begins, ends = np.zeros(count), np.ones(count)
        begins[0], ends[-1] = start.fraction, end.fraction
        return self._made(edges, begins, ends)

    def _made(self, edges: npt.NDArray[np.integer], begins: Floats, ends: Floats) -> Path:
        first, second = (
            sum(int(_part(price, edge, share)) for edge, share in
                zip(edges.tolist(), (ends - begins).tolist(), strict=True))
            for price in self._prices
        )  # fmt: skip
        driven = ends > begins
        return Path(edges[driven].astype(np.int32), begins[driven], ends[driven], first, second)


def _part(price: Floats, edge: int, share: float) -> float:
    """Return the whole price of a part of a link."""
    return float(np.rint(price[edge] * share))
