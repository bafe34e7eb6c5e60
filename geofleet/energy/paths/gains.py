"""Round trips that give back more than they take: heights that contradict one another."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from geofleet.energy.paths import _kernels
from geofleet.energy.paths.model import Floats, Ints, edge_values
from geofleet.errors import InputError, Problem
from geofleet.network.routing.paths import RoutingGraph

__all__ = ["WithoutGains", "without_gains"]

_MARGIN = 1e-6  # Wh left on a mended loop, far above rounding


class WithoutGains(NamedTuple):
    """Energies on which no round trip gains.

    ``energy_wh`` by link, ``raised_wh`` what was added to each, ``loops`` how many were mended.
    """

    energy_wh: Floats
    raised_wh: Floats
    loops: int


def without_gains(
    graph: RoutingGraph, energy_wh: npt.ArrayLike, *, most_loops: int = 100_000
) -> WithoutGains:
    """Raise energies where a round trip gives back more than it takes.

    Grades that were smoothed, capped or left out where a DEM is silent need not add up to zero
    round a block. On every loop that gains, what its links give back is made less in proportion,
    until it gains nothing. Links on no such loop are left alone.

    Parameters
    ----------
    graph
        The ways.
    energy_wh
        Energy of each link.
    most_loops
        Loops after which the energies are held to be wrong altogether.

    Raises
    ------
    InputError
        Energies that do not fit the network, or too many loops.
    """
    given = edge_values(graph, energy_wh, "energy_wh", negative=True)
    energy = given.copy()
    expansion = graph.expansion
    potential = np.zeros(graph.state_count)
    for loops in range(most_loops):
        arc = energy[expansion.arc_edge]
        found = _kernels.potentials(expansion.indptr, expansion.arc_head, arc, potential)
        if not len(found):
            return WithoutGains(energy, energy - given, loops)
        edges = _links(graph, found, arc)
        values = energy[edges]
        back = values < 0.0
        gain = _MARGIN - float(values.sum())
        energy[edges[back]] *= 1.0 - gain / -float(values[back].sum())
    expected = f"energies with fewer than {most_loops} round trips that gain"
    raise InputError([Problem("energy_wh", expected=expected)])


def _links(graph: RoutingGraph, loop: Ints, arc_energy: Floats) -> npt.NDArray[np.int64]:
    """Return the links between the states of a loop, each once, the cheapest of parallel ones."""
    expansion, edges = graph.expansion, []
    for state, following in zip(loop.tolist(), np.roll(loop, -1).tolist(), strict=True):
        arcs = np.arange(expansion.indptr[state], expansion.indptr[state + 1])
        arcs = arcs[expansion.arc_head[arcs] == following]
        edges.append(int(expansion.arc_edge[arcs[np.argmin(arc_energy[arcs])]]))
    return np.unique(edges)
