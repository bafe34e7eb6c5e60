"""Signals and stop signs that a vehicle meets on its way along each directed link."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from geofleet.defaults import Defaults, read_table
from geofleet.defaults.checked import CheckedRows
from geofleet.network.osm.attributes import LinkAttributes
from geofleet.network.osm.scan import RawRoads
from geofleet.network.osm.simplify import Chains, DirectedSegments

__all__ = ["Controls", "traffic_controls"]

_TABLE = "traffic_control"
_SIGNAL, _CROSSING, _STOP, _YIELD, _MINI = (
    "traffic_signals", "signalled crossing", "stop", "give_way", "mini_roundabout",
)  # fmt: skip
_KINDS = (_SIGNAL, _CROSSING, _STOP, _YIELD, _MINI)
_IS_SIGNAL = np.array([True, True, False, False, False])
# Lights that bring nobody to a stand; ramp meters run in the peak only.
_NO_STOP = frozenset(("blinker", "blink_mode", "emergency", "ramp_meter", "no"))
_SIGNALLED = frozenset(("traffic_signals", "traffic_lights", "pedestrian_signals"))
_FORWARD, _BACKWARD = 1, -1
_SHARE = "a share from 0 to 1"

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Controls:
    """Signals and stop signs of each chain, as numbers of full ones, and the report on them."""

    signals: Floats
    stop_signs: Floats
    report: dict[str, Any]


class _Nodes(NamedTuple):
    """Controlled nodes: position (ascending), kind, direction on the way, who must stop."""

    position: Ints
    kind: Ints
    direction: Ints
    minor_only: Flags

    def take(self, chosen: Flags) -> _Nodes:
        """Return the chosen nodes."""
        return _Nodes(
            self.position[chosen], self.kind[chosen], self.direction[chosen],
            self.minor_only[chosen],
        )  # fmt: skip


class _Meetings(NamedTuple):
    """Links passing or reaching controlled nodes, in order of link and distance."""

    chain: Ints
    node: Ints  # row in _Nodes
    along_m: Floats

    def take(self, chosen: Flags) -> _Meetings:
        """Return the chosen meetings."""
        return _Meetings(self.chain[chosen], self.node[chosen], self.along_m[chosen])


def traffic_controls(
    raw: RawRoads,
    records: Sequence[LinkAttributes],
    segments: DirectedSegments,
    chains: Chains,
    defaults: Defaults,
) -> Controls:
    """Count what makes a vehicle stop along each link.

    A link meets the controls in its middle and at its end; the one at its start belongs to the
    links that lead there. A direction tag decides who must stop. Without one, a signal or sign
    beside a junction (within row ``signal.merge_m`` along the link) is for those who drive
    towards the junction; farther away it is for both directions. Signals on one link nearer to
    each other than that are one junction's and count once, as the largest of them; a link that
    begins at a signal so near has passed it already. A stop or yield sign on the junction node
    itself binds the smaller roads there, all of them where ``stop=all`` or all are of one class.

    Parameters
    ----------
    raw, records, segments, chains
        The roads, the attributes by code, their directed pieces and the links made of them.
    defaults
        Rows of table ``traffic_control`` that say how much each kind counts.

    Returns
    -------
    Controls
        Per chain. ``report`` holds the nodes of the network by kind, the links that meet some,
        and the sums over links.
    """
    count = len(chains)
    nodes = _controlled(raw)
    on_roads = np.zeros(len(raw.node_id), dtype=bool)
    on_roads[segments.target] = True
    nodes = nodes.take(on_roads[nodes.position])
    signals, stop_signs = np.zeros(count), np.zeros(count)
    if len(nodes.position):
        weight, merge_m = _weights(defaults)
        met, binds = _meetings(raw, records, segments, chains, nodes, merge_m)
        met = met.take(binds)
        kind = nodes.kind[met.node]
        is_signal = _IS_SIGNAL[kind]
        sign = ~is_signal
        np.add.at(stop_signs, met.chain[sign], weight[kind[sign]])
        signals = _grouped(
            met.take(is_signal), nodes, weight, segments, chains, len(raw.node_id), merge_m
        )  # fmt: skip
    names = Counter(_KINDS[kind] for kind in nodes.kind.tolist())
    report = {
        "nodes": {name: names[name] for name in _KINDS if names[name]},
        "links_with_signals": int((signals > 0).sum()),
        "links_with_stop_signs": int((stop_signs > 0).sum()),
        "signals": float(signals.sum()),
        "stop_signs": float(stop_signs.sum()),
    }
    return Controls(signals, stop_signs, report)


def _controlled(raw: RawRoads) -> _Nodes:
    ids, kinds, directions, minor = [], [], [], []
    for node, tags in raw.node_tags.items():
        kind = _kind(tags)
        if kind is None:
            continue
        ids.append(node)
        kinds.append(_KINDS.index(kind))
        directions.append(_direction(tags, kind))
        minor.append(kind in (_STOP, _YIELD) and tags.get("stop") != "all")
    position = np.searchsorted(raw.node_id, np.array(ids, dtype=np.int64))
    order = np.argsort(position)
    return _Nodes(
        position[order].astype(np.int64),
        np.array(kinds, dtype=np.int64)[order],
        np.array(directions, dtype=np.int64)[order],
        np.array(minor, dtype=bool)[order],
    )


def _kind(tags: Mapping[str, str]) -> str | None:
    """Return what stops traffic at a node, the strongest of several."""
    words = {word.strip() for word in tags.get("highway", "").split(";")}
    if "traffic_signals" in words and tags.get("traffic_signals") not in _NO_STOP:
        return _SIGNAL
    if "crossing" in words and (
        not _SIGNALLED.isdisjoint(tags.get("crossing", "").split(";"))
        or tags.get("crossing:signals") == "yes"
    ):
        return _CROSSING
    return next((kind for kind in (_STOP, _YIELD, _MINI) if kind in words), None)


def _direction(tags: Mapping[str, str], kind: str) -> int:
    if kind == _MINI:
        return 0
    text = tags.get("direction")
    if kind in (_SIGNAL, _CROSSING):
        text = tags.get("traffic_signals:direction", text)
    return {"forward": _FORWARD, "backward": _BACKWARD}.get(text or "", 0)


def _weights(defaults: Defaults) -> tuple[Floats, float]:
    rows = CheckedRows(defaults)
    crossing = rows.number(_TABLE, "crossing.signals", 0.0, 1.0, _SHARE)
    give_way = rows.number(_TABLE, "give_way.stop_signs", 0.0, 1.0, _SHARE)
    mini = rows.number(_TABLE, "mini_roundabout.stop_signs", 0.0, 1.0, _SHARE)
    merge_m = rows.number(_TABLE, "signal.merge_m", 0.0, 1000.0, "a distance from 0 to 1000 m")
    rows.finish()
    return np.array([1.0, crossing, 1.0, give_way, mini]), merge_m


def _meetings(
    raw: RawRoads,
    records: Sequence[LinkAttributes],
    segments: DirectedSegments,
    chains: Chains,
    nodes: _Nodes,
    merge_m: float,
) -> tuple[_Meetings, Flags]:
    """Find the controlled nodes along all links, and which of them bind the link's direction."""
    row = np.full(len(raw.node_id), -1, dtype=np.int64)
    row[nodes.position] = np.arange(len(nodes.position))
    pieces = chains.pieces
    at = np.flatnonzero(row[segments.target[pieces]] >= 0)
    chain = np.searchsorted(chains.offsets, at, side="right") - 1
    travelled = np.cumsum(segments.length_m[pieces])
    begin = np.concatenate([[0.0], travelled])[chains.offsets[chain]]
    along = travelled[at] - begin
    ahead = travelled[chains.offsets[chain + 1] - 1] - travelled[at]
    piece = pieces[at]
    node = row[segments.target[piece]]

    junction = _junctions(segments, chains, len(raw.node_id))
    here = junction[segments.target[piece]]
    to_next = np.where(junction[segments.target[chains.last[chain]]], ahead, np.inf)
    to_last = np.where(junction[segments.source[chains.first[chain]]], along, np.inf)
    two_way = ~np.array([record.oneway for record in records], dtype=bool)[segments.code[piece]]
    leaves = ~here & two_way & (to_last <= merge_m) & (to_last < to_next)

    direction = nodes.direction[node]
    tagged = np.where(segments.reversed[piece], _BACKWARD, _FORWARD) == direction
    binds = np.where(direction != 0, tagged, ~leaves)
    binds &= ~(here & nodes.minor_only[node]) | _is_minor(records, segments, piece, direction)
    return _Meetings(chain.astype(np.int64), node, along), binds


def _junctions(segments: DirectedSegments, chains: Chains, node_count: int) -> Flags:
    """Find the ends of links where roads to at least three places meet."""
    end = np.zeros(node_count, dtype=bool)
    end[segments.source[chains.first]] = True
    end[segments.target[chains.last]] = True
    near = np.flatnonzero(end[segments.source] | end[segments.target])
    a, b = segments.source[near].astype(np.int64), segments.target[near].astype(np.int64)
    pair = np.unique(np.minimum(a, b) * node_count + np.maximum(a, b))
    roads = np.bincount(pair // node_count, minlength=node_count)
    roads += np.bincount(pair % node_count, minlength=node_count)
    found: Flags = end & (roads > 2)
    return found


def _is_minor(
    records: Sequence[LinkAttributes],
    segments: DirectedSegments,
    piece: npt.NDArray[np.integer[Any]],
    direction: Ints,
) -> Flags:
    """Say which pieces must give way at their end: all but those of the largest class there.

    A sign with a direction tag, or where all roads are of one class, binds whatever the class.
    """
    order = {str(name): rank for rank, name in enumerate(read_table("network_classes").index)}
    by_code = np.array([order.get(record.highway, len(order)) for record in records])
    rank = by_code[segments.code[piece]]
    place, group = np.unique(segments.target[piece], return_inverse=True)
    largest = np.full(len(place), len(order))
    np.minimum.at(largest, group, rank)
    smallest = np.zeros(len(place), dtype=np.int64)
    np.maximum.at(smallest, group, rank)
    flags: Flags = (direction != 0) | (rank > largest[group]) | (largest == smallest)[group]
    return flags


def _grouped(
    met: _Meetings,
    nodes: _Nodes,
    weight: Floats,
    segments: DirectedSegments,
    chains: Chains,
    node_count: int,
    merge_m: float,
) -> Floats:
    """Sum the signals of each link, those of one junction as the largest of them."""
    signals = np.zeros(len(chains))
    if not len(met.chain):
        return signals
    chain, along = met.chain, met.along_m
    opens = np.ones(len(chain), dtype=bool)
    opens[1:] = (chain[1:] != chain[:-1]) | (along[1:] - along[:-1] > merge_m)
    begin = np.flatnonzero(opens)
    size = np.maximum.reduceat(weight[nodes.kind[met.node]], begin)
    owner = chain[begin]
    # What the vehicle has stood at where the link begins.
    row = np.full(node_count, -1, dtype=np.int64)
    row[nodes.position] = np.arange(len(nodes.position))
    first = chains.first[owner]
    start = row[segments.source[first]]
    heading = np.where(segments.reversed[first], _BACKWARD, _FORWARD)
    passed = (start >= 0) & _IS_SIGNAL[nodes.kind[start]]
    passed &= (nodes.direction[start] == 0) | (nodes.direction[start] == heading)
    passed &= along[begin] <= merge_m
    passed[1:] &= owner[1:] != owner[:-1]
    size = np.maximum(size - np.where(passed, weight[nodes.kind[start]], 0.0), 0.0)
    np.add.at(signals, owner, size)
    return signals
