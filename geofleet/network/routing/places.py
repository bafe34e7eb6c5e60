"""Places on links: where trips begin and end."""

from __future__ import annotations

from dataclasses import dataclass

from geofleet.network.routing.paths import RoutingGraph
from geofleet.network.routing.turns import FORBIDDEN

__all__ = ["Place", "both_ways"]


@dataclass(frozen=True, slots=True)
class Place:
    """A place on a link: its number and the part of its length from its start, 0 to 1."""

    edge: int
    fraction: float


def both_ways(graph: RoutingGraph, place: Place) -> list[Place]:
    """Return where a place lies: on its link, and on the other direction of its street."""
    found = []
    twin = int(graph.arrays.twin[place.edge])
    for edge, fraction in ((place.edge, place.fraction), (twin, 1.0 - place.fraction)):
        if edge >= 0 and graph.access[edge] != FORBIDDEN:
            found.append(Place(edge, fraction))
    return found
