"""Which part of the roads is one network: everything usable reaches everything else."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geofleet.network.osm.simplify import DirectedSegments, Ints

__all__ = ["island_report", "main_part"]


def main_part(
    segments: DirectedSegments,
    node_count: int,
    *,
    usable: npt.NDArray[np.bool_],
    blocked: npt.NDArray[np.bool_],
) -> npt.NDArray[np.bool_]:
    """Choose the pieces of road to keep.

    Of the pieces that motor vehicles may use, the longest strongly connected part stays, so any
    kept usable road can be reached from any other and left again. Roads closed to all (private
    grounds, bus streets) stay where they hang on that part both ways, since other vehicles,
    or rules, may open them.

    Parameters
    ----------
    usable
        Per piece: some motor vehicle may use it.
    blocked
        Per node: nothing passes (a bollard); roads end on either side of it.

    Returns
    -------
    numpy.ndarray
        Per piece, whether it stays.
    """
    source, target, nodes = _split(segments, node_count, blocked)
    label = _strong(source[usable], target[usable], nodes)
    inside = usable & (label[source] == label[target])
    if not inside.any():
        return np.zeros(len(segments), dtype=bool)
    weight = np.bincount(label[source[inside]], weights=segments.length_m[inside])
    best = int(np.argmax(weight))
    core = inside & (label[source] == best)
    union = core | ~usable
    label = _strong(source[union], target[union], nodes)
    home = label[source[np.flatnonzero(core)[0]]]
    kept: npt.NDArray[np.bool_] = union & (label[source] == home) & (label[target] == home)
    return kept


def island_report(
    segments: DirectedSegments, kept: npt.NDArray[np.bool_], node_count: int
) -> dict[str, float]:
    """Count what is left out: connected parts, directed pieces and their length."""
    lost = segments.take(~kept)
    graph = coo_array(
        (np.ones(len(lost), dtype=np.int8), (lost.source, lost.target)), (node_count, node_count)
    )
    label = connected_components(graph, directed=False)[1]
    return {
        "parts": len(np.unique(label[lost.source])),
        "edges": len(lost),
        "length_km": float(lost.length_m.sum()) / 1000,
    }


def _strong(source: Ints, target: Ints, nodes: int) -> npt.NDArray[np.int32]:
    graph = coo_array((np.ones(len(source), dtype=np.int8), (source, target)), (nodes, nodes))
    label: npt.NDArray[np.int32] = connected_components(graph, connection="strong")[1]
    return label


def _split(
    segments: DirectedSegments, node_count: int, blocked: npt.NDArray[np.bool_]
) -> tuple[Ints, Ints, int]:
    """Give each piece of road its own end at a blocked node."""
    source, target = segments.source.copy(), segments.target.copy()
    at_source, at_target = blocked[source], blocked[target]
    # The two ends of a piece are told apart by the lower and higher node, so that both
    # directions share them.
    source_is_low = segments.source <= segments.target
    low = node_count + 2 * segments.segment
    source[at_source] = np.where(source_is_low, low, low + 1)[at_source]
    target[at_target] = np.where(source_is_low, low + 1, low)[at_target]
    nodes = node_count
    if at_source.any() or at_target.any():
        nodes += 2 * (int(segments.segment.max()) + 1)
    return source, target, nodes
