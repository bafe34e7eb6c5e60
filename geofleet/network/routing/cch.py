"""Large travel time tables by customizable contraction hierarchies, an optional engine.

Dibbelt, Strasser and Wagner (2016), "Customizable Contraction Hierarchies", through the library
RoutingKit (BSD) and its binding ``routingkit-cch``, the extra ``fast-routing``. Weights are the
same whole milliseconds as everywhere else, so the tables equal Dijkstra's.
"""

from __future__ import annotations

import importlib.util
from typing import Any

import numpy as np
import numpy.typing as npt

from geofleet.errors import MissingExtraError, NetworkDataError
from geofleet.network.routing.paths import RoutingGraph

__all__ = ["Hierarchy", "is_installed"]

_LARGEST_MS = 2**31 - 2


def is_installed() -> bool:
    """Say whether the extra is there."""
    return importlib.util.find_spec("routingkit_cch") is not None


class Hierarchy:
    """A contraction hierarchy over the states of a routing graph.

    Parameters
    ----------
    graph
        The ways to take.

    Raises
    ------
    MissingExtraError
        The extra ``fast-routing`` is not installed.
    """

    def __init__(self, graph: RoutingGraph) -> None:
        try:
            import routingkit_cch
        except ImportError as error:
            raise MissingExtraError(
                "engine 'cch' needs routingkit-cch: pip install 'geofleet[fast-routing]'"
            ) from error
        self._library: Any = routingkit_cch
        expansion = graph.expansion
        if graph.arc_time_ms.size and graph.arc_time_ms.max() > _LARGEST_MS:
            raise NetworkDataError("a link takes longer than engine 'cch' can count (24 days)")
        tail, head = graph.arc_tail.tolist(), expansion.arc_head.tolist()
        x = graph.node_x[expansion.state_node]
        y = graph.node_y[expansion.state_node]
        # The separator heuristic only compares positions along lines, so metres about the
        # middle serve as well as degrees, and keep their precision in the library's float32.
        order = routingkit_cch.compute_order_inertial(
            len(x), tail, head, (y - y.mean()).tolist(), (x - x.mean()).tolist()
        )
        self._structure = routingkit_cch.CCH(order, tail, head, False)
        self._metric = routingkit_cch.CCHMetric(
            self._structure, graph.arc_time_ms.astype(np.int64).tolist()
        )
        self._node_start = expansion.node_start
        by_node = np.argsort(expansion.state_node, kind="stable")
        self._states = by_node
        self._first = np.searchsorted(
            expansion.state_node[by_node], np.arange(graph.arrays.node_count + 1)
        )

    def travel_times(
        self, sources: npt.NDArray[np.int64], targets: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.float64]:
        """Return seconds between node numbers, infinite where there is no way."""
        out = np.full((len(sources), len(targets)), np.inf)
        if not out.size:
            return out
        wanted, position = np.unique(targets, return_inverse=True)
        pinned = [self._states[self._first[n] : self._first[n + 1]] for n in wanted]
        starts = np.cumsum([0, *(len(states) for states in pinned[:-1])])
        query = self._library.CCHOneToMany(self._metric, np.concatenate(pinned).tolist())
        for row, source in enumerate(sources):
            found = query.distances_from(int(self._node_start[source]))
            times = np.array([np.inf if t is None else t for t in found], dtype=np.float64)
            out[row] = np.minimum.reduceat(times, starts)[position]
        return out / 1000.0
