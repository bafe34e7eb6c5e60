"""From way segments to links between junctions, on arrays.

A node stays when it is a junction, a dead end, or a place where the attributes of the road
change; all others become shape points. The rule is that of Boeing (2025), "Topological Graph
Simplification Solutions to the Street Intersection Miscount Problem", Transactions in GIS 29(3),
e70037 (OSMnx ``simplify_graph`` with ``edge_attrs_differ``).

Nodes, links and lengths equal those of OSMnx on the same data, but for these differences, all
meant: attributes are compared as numbers and by direction of travel, so two spellings of one
limit make no node; roads drawn twice count once; a closed ring alone is kept, cut at one node;
clipped ways, at which OSMnx raises, are cut at the gap; and ``oneway=no`` on a roundabout,
``circular`` junctions, motorways and barriers are read as the OpenStreetMap wiki says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

__all__ = ["Chains", "DirectedSegments", "Ints", "drop_repeats", "merge_chains"]

Ints = npt.NDArray[np.integer[Any]]


@dataclass(frozen=True)
class DirectedSegments:
    """Straight pieces of road in one direction each.

    Parameters
    ----------
    source, target
        Node positions.
    segment
        The piece of road; both directions of it share the number.
    way
        Position of the way.
    code
        Attribute code; pieces with different codes are never merged.
    reversed
        Against the drawing direction of the way.
    length_m
        Length.
    """

    source: Ints
    target: Ints
    segment: Ints
    way: Ints
    code: Ints
    reversed: npt.NDArray[np.bool_]
    length_m: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.source)

    def take(self, chosen: npt.NDArray[np.bool_]) -> DirectedSegments:
        """Return the chosen pieces."""
        return DirectedSegments(
            self.source[chosen], self.target[chosen], self.segment[chosen], self.way[chosen],
            self.code[chosen], self.reversed[chosen], self.length_m[chosen],
        )  # fmt: skip


@dataclass(frozen=True)
class Chains:
    """Links as runs of segments: link ``c`` is ``pieces[offsets[c]:offsets[c + 1]]`` in order."""

    offsets: Ints
    pieces: Ints

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def first(self) -> Ints:
        """First piece of each link."""
        return self.pieces[self.offsets[:-1]]

    @property
    def last(self) -> Ints:
        """Last piece of each link."""
        return self.pieces[self.offsets[1:] - 1]


def drop_repeats(segments: DirectedSegments) -> DirectedSegments:
    """Keep one of the pieces that join the same nodes the same way with the same attributes.

    Roads drawn twice would otherwise be two roads, and their length would count twice.
    """
    order = np.lexsort((segments.segment, segments.code, segments.target, segments.source))
    source, target, code = (
        values[order] for values in (segments.source, segments.target, segments.code)
    )
    new = np.ones(len(order), dtype=bool)
    new[1:] = (source[1:] != source[:-1]) | (target[1:] != target[:-1]) | (code[1:] != code[:-1])
    kept = np.zeros(len(order), dtype=bool)
    kept[order[new]] = True
    return segments.take(kept)


def merge_chains(
    segments: DirectedSegments, node_count: int, *, keep: npt.NDArray[np.bool_]
) -> Chains:
    """Merge the pieces between nodes that stay.

    Parameters
    ----------
    keep
        Nodes that stay whatever their surroundings.
    """
    following = _continuations(segments, node_count, keep)
    starts = np.ones(len(segments), dtype=bool)
    starts[following[following >= 0]] = False
    chain, piece = _walk(np.flatnonzero(starts), following)
    if len(piece) < len(segments):
        # What no start reaches is a closed ring: cut each at its lowest node.
        left = np.ones(len(segments), dtype=bool)
        left[piece] = False
        following = _cut_rings(segments, node_count, following, left)
        starts = np.ones(len(segments), dtype=bool)
        starts[following[following >= 0]] = False
        chain, piece = _walk(np.flatnonzero(starts), following)
    order = np.argsort(chain, kind="stable")
    counts = np.bincount(chain, minlength=int(starts.sum()))
    return Chains(np.concatenate([[0], np.cumsum(counts)]), piece[order])


def _continuations(
    segments: DirectedSegments, node_count: int, keep: npt.NDArray[np.bool_]
) -> Ints:
    """Return for each piece the piece that continues it past a node that goes, else -1."""
    source, target, code = segments.source, segments.target, segments.code
    out_count = np.bincount(source, minlength=node_count)
    in_count = np.bincount(target, minlength=node_count)
    out_order = np.argsort(source, kind="stable")
    in_order = np.argsort(target, kind="stable")
    out_start = np.cumsum(out_count) - out_count
    in_start = np.cumsum(in_count) - in_count
    following = np.full(len(segments), -1, dtype=np.int64)

    single = np.flatnonzero((in_count == 1) & (out_count == 1) & ~keep)
    arriving, leaving = in_order[in_start[single]], out_order[out_start[single]]
    passes = (
        (source[arriving] != target[leaving])
        & (source[arriving] != single)
        & (code[arriving] == code[leaving])
    )
    following[arriving[passes]] = leaving[passes]

    double = np.flatnonzero((in_count == 2) & (out_count == 2) & ~keep)
    in_a, in_b = in_order[in_start[double]], in_order[in_start[double] + 1]
    out_a, out_b = out_order[out_start[double]], out_order[out_start[double] + 1]
    swapped = target[out_a] != source[in_a]
    # Name the outgoing pieces by where they lead: back to a's origin, back to b's origin.
    to_a = np.where(swapped, out_b, out_a)
    to_b = np.where(swapped, out_a, out_b)
    passes = (
        (source[in_a] != source[in_b])
        & (target[to_a] == source[in_a])
        & (target[to_b] == source[in_b])
        & (source[in_a] != double)
        & (source[in_b] != double)
        & (code[in_a] == code[to_b])
        & (code[in_b] == code[to_a])
    )
    following[in_a[passes]] = to_b[passes]
    following[in_b[passes]] = to_a[passes]
    return following


def _walk(starts: Ints, following: Ints) -> tuple[Ints, Ints]:
    """Follow all chains a step at a time; returns chain and piece, pieces in order of steps."""
    chain = np.arange(len(starts), dtype=np.int64)
    current = starts
    chains, pieces = [], []
    while len(current):
        chains.append(chain)
        pieces.append(current)
        current = following[current]
        going = current >= 0
        current, chain = current[going], chain[going]
    if not pieces:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    return np.concatenate(chains), np.concatenate(pieces)


def _cut_rings(
    segments: DirectedSegments, node_count: int, following: Ints, left: npt.NDArray[np.bool_]
) -> Ints:
    pieces = np.flatnonzero(left)
    links = coo_array(
        (np.ones(len(pieces)), (segments.source[pieces], segments.target[pieces])),
        shape=(node_count, node_count),
    )
    _, component = connected_components(links, directed=False)
    lowest = np.full(node_count, node_count, dtype=np.int64)
    np.minimum.at(lowest, component[segments.source[pieces]], segments.source[pieces])
    cut = np.zeros(node_count, dtype=bool)
    cut[lowest[lowest < node_count]] = True
    result = following.copy()
    result[left & cut[segments.target]] = -1
    return result
