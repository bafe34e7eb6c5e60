"""What single nodes do to traffic: barriers that stop it, and gates that limit it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from geofleet.defaults import Defaults, read_table
from geofleet.network.access import FORBIDDEN, AccessWords
from geofleet.network.osm.attributes import LinkAttributes, limits_of
from geofleet.network.osm.scan import RawRoads
from geofleet.network.osm.simplify import DirectedSegments

__all__ = ["blocked_nodes", "narrowed"]

_TABLE = "network_barriers"
# Who decides at a node, from the general to the special; lorries are dealt with by `narrowed`.
_GENERAL_KEYS = ("access", "vehicle", "motor_vehicle")


def blocked_nodes(
    raw: RawRoads, words: AccessWords, defaults: Defaults
) -> tuple[npt.NDArray[np.bool_], dict[str, int]]:
    """Find the nodes that no motor vehicle passes.

    An access tag decides where there is one; otherwise the kind of barrier does (table
    ``network_barriers``). Gates with ``access=private`` open for those who deliver there, as
    routers commonly assume.

    Returns
    -------
    tuple
        Per node whether it is blocked, and the barriers seen, counted by kind.
    """
    kinds = frozenset(read_table(_TABLE).index)
    blocked = np.zeros(len(raw.node_id), dtype=bool)
    seen: Counter[str] = Counter()
    for node, tags in raw.node_tags.items():
        code = -1
        for key in _GENERAL_KEYS:
            word = tags.get(key)
            if word is not None:
                own = words.code(word)
                if own >= 0:
                    code = 1 if word == "private" else own
        barrier = tags.get("barrier")
        if barrier:
            seen[barrier] += 1
        shut = barrier in kinds and defaults.text(_TABLE, str(barrier)) == "blocks"
        if code == FORBIDDEN or (code < 0 and shut):
            blocked[np.searchsorted(raw.node_id, node)] = True
    return blocked, dict(seen)


def narrowed(
    segments: DirectedSegments,
    records: Sequence[LinkAttributes],
    raw: RawRoads,
    unknown: Counter[str],
) -> tuple[DirectedSegments, list[LinkAttributes], int]:
    """Carry the size, weight and lorry limits of nodes over to the road pieces that touch them.

    A limit at a junction is not carried over: it cannot be known which road it is meant for.

    Returns
    -------
    tuple
        The pieces with new attribute codes, the attributes by code, and the nodes skipped.
    """
    codes = {record: number for number, record in enumerate(records)}
    code = segments.code.copy()
    skipped = 0
    limited = []
    for node, tags in raw.node_tags.items():
        if any(key.startswith("max") or key in ("hgv", "goods") for key in tags):
            limits = limits_of(tags, "forward", unknown)
            if "hgv" in tags or "goods" in tags or any(limits.values()):
                limited.append((node, tags, limits))
    if not limited:
        return segments, list(records), 0
    table = list(records)
    touching = _pieces_by_node(segments, [node for node, _, _ in limited], raw)
    for node, tags, limits in limited:
        pieces = touching[node]
        if len(np.unique(segments.segment[pieces])) > 2:
            skipped += 1
            continue
        for piece in pieces.tolist():
            record = _with_limits(table[code[piece]], tags, limits)
            code[piece] = codes.setdefault(record, len(codes))
            if len(codes) > len(table):
                table.append(record)
    return replace(segments, code=code), table, skipped


def _pieces_by_node(
    segments: DirectedSegments, nodes: Sequence[int], raw: RawRoads
) -> dict[int, npt.NDArray[np.int64]]:
    wanted = np.zeros(len(raw.node_id), dtype=bool)
    positions = np.searchsorted(raw.node_id, np.array(nodes))
    wanted[positions] = True
    candidates = np.flatnonzero(wanted[segments.source] | wanted[segments.target])
    source, target = segments.source[candidates], segments.target[candidates]
    return {
        node: candidates[(source == position) | (target == position)]
        for node, position in zip(nodes, positions.tolist(), strict=True)
    }


def _with_limits(
    record: LinkAttributes, tags: dict[str, str], limits: dict[str, float | None]
) -> LinkAttributes:
    changes: dict[str, object] = {}
    for column, value in limits.items():
        present = getattr(record, column)
        if value is not None:
            changes[column] = value if present is None else min(present, value)
    for key in ("hgv", "goods"):
        if key in tags:
            changes[key] = tags[key].strip().lower()
    return record._replace(**changes)  # type: ignore[arg-type]
