"""Turn-restriction relations → sequences of links.

See the OpenStreetMap wiki, Relation:restriction. What cannot be understood is counted by reason
and left out; nothing here fails on bad data.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from geofleet.network.model import TurnRestriction
from geofleet.network.osm.scan import RawRelation

__all__ = ["LinkEnds", "barrier_restrictions", "resolve"]

_SCOPES = {
    "restriction": "all",
    "restriction:motor_vehicle": "all",
    "restriction:vehicle": "all",
    "restriction:hgv": "hgv",
    "restriction:goods": "goods",
}
_FREES_ALL = frozenset(("vehicle", "motor_vehicle"))
_LONGEST_VIA = 64


@dataclass(frozen=True)
class LinkEnds:
    """The links as restrictions see them; arrays are per link, in edge order.

    Parameters
    ----------
    start, end
        OpenStreetMap ids of the end nodes.
    first_way, last_way
        Ids of the ways that the link leaves ``start`` and reaches ``end`` by.
    first_piece, last_piece
        Numbers of the pieces of road there, to tell a turn back from a way through.
    ways_of
        Gives the ids of all ways of a link.
    known_ways
        All way ids of the network.
    """

    start: npt.NDArray[np.int64]
    end: npt.NDArray[np.int64]
    first_way: npt.NDArray[np.int64]
    last_way: npt.NDArray[np.int64]
    first_piece: npt.NDArray[np.integer[Any]]
    last_piece: npt.NDArray[np.integer[Any]]
    ways_of: Callable[[int], frozenset[int]]
    known_ways: npt.NDArray[np.int64]

    def arriving(self, ways: npt.NDArray[np.int64]) -> dict[tuple[int, int], list[int]]:
        """Links by (node they reach, way they reach it by), for some ways."""
        return _grouped(self.end, self.last_way, ways)

    def leaving(self, ways: npt.NDArray[np.int64]) -> dict[tuple[int, int], list[int]]:
        """Links by (node they leave, way they leave it by), for some ways."""
        return _grouped(self.start, self.first_way, ways)


def _grouped(
    node: npt.NDArray[np.int64], way: npt.NDArray[np.int64], ways: npt.NDArray[np.int64]
) -> dict[tuple[int, int], list[int]]:
    groups: dict[tuple[int, int], list[int]] = {}
    for link in np.flatnonzero(np.isin(way, ways)).tolist():
        groups.setdefault((int(node[link]), int(way[link])), []).append(link)
    return groups


def resolve(
    relations: Iterable[RawRelation], links: LinkEnds
) -> tuple[tuple[TurnRestriction, ...], dict[str, int]]:
    """Turn relations into restrictions on links.

    Returns
    -------
    tuple
        The restrictions, and the relations left out counted by reason. One relation with several
        ``from`` or ``to`` members (``no_entry``, ``no_exit``) gives several restrictions.
    """
    found: list[TurnRestriction] = []
    ignored: Counter[str] = Counter()
    relations = list(relations)
    finder = _Finder(links, _mentioned(relations, "w"), _mentioned(relations, "n"))
    for relation in relations:
        try:
            found += _one(relation, finder)
        except _IgnoredError as reason:
            ignored[str(reason)] += 1
    return tuple(found), dict(ignored)


def _mentioned(relations: Iterable[RawRelation], kind: str) -> npt.NDArray[np.int64]:
    """Ids of all members of one kind."""
    ids = {osmid for relation in relations for k, osmid, _ in relation.members if k == kind}
    return np.array(sorted(ids), dtype=np.int64)


class _IgnoredError(Exception):
    """Why a relation is left out."""


def _one(relation: RawRelation, finder: _Finder) -> list[TurnRestriction]:
    kind, scope = _kind(relation.tags)
    excepted = tuple(
        part.strip() for part in relation.tags.get("except", "").split(";") if part.strip()
    )
    if _FREES_ALL & set(excepted):
        raise _IgnoredError("does not bind motor vehicles")
    members: dict[str, list[tuple[str, int]]] = {"from": [], "via": [], "to": []}
    for member_type, osmid, role in relation.members:
        if role in members:
            members[role].append((member_type, osmid))
    origins = [osmid for member_type, osmid in members["from"] if member_type == "w"]
    targets = [osmid for member_type, osmid in members["to"] if member_type == "w"]
    if not origins or not targets or not members["via"]:
        raise _IgnoredError("member missing")
    if (len(origins) > 1 and kind != "no_entry") or (len(targets) > 1 and kind != "no_exit"):
        raise _IgnoredError("several members where one is expected")
    via_types = {member_type for member_type, _ in members["via"]}
    via = [osmid for _, osmid in members["via"]]
    if via_types == {"n"} and len(via) == 1:
        runs = [
            run for a in origins for b in targets for run in finder.over_node(a, via[0], b, kind)
        ]
    elif via_types == {"w"}:
        runs = [run for a in origins for b in targets for run in finder.over_ways(a, via, b)]
    else:
        raise _IgnoredError("via is neither one node nor ways")
    only = kind.startswith("only_")
    return [TurnRestriction(run, only, scope, excepted, relation.osmid) for run in runs]


def _kind(tags: Mapping[str, str]) -> tuple[str, str]:
    for key, scope in _SCOPES.items():
        if key in tags:
            kind = tags[key].strip().lower()
            if any(name in tags for name in ("day_on", "hour_on", "day_off", "hour_off")):
                raise _IgnoredError("conditional")
            if not kind.startswith(("no_", "only_")):
                raise _IgnoredError("kind not understood")
            return kind, scope
    if any(key.startswith("restriction") and key.endswith(":conditional") for key in tags):
        raise _IgnoredError("conditional")
    if any(key.startswith("restriction:") for key in tags):
        raise _IgnoredError("does not bind motor vehicles")
    raise _IgnoredError("kind not understood")


class _Finder:
    """Looks up the links that restriction members mean."""

    def __init__(
        self, links: LinkEnds, ways: npt.NDArray[np.int64], nodes: npt.NDArray[np.int64]
    ) -> None:
        self._links = links
        self._ways = frozenset(ways[np.isin(ways, links.known_ways)].tolist())
        self._nodes = frozenset(nodes[np.isin(nodes, links.start)].tolist())
        self._arriving = links.arriving(ways)
        self._leaving = links.leaving(ways)
        self._ends_of_way: dict[int, list[int]] = {}
        for node, way in self._arriving:
            self._ends_of_way.setdefault(way, []).append(node)

    def over_node(self, origin: int, via: int, target: int, kind: str) -> list[tuple[int, ...]]:
        self._require_ways(origin, target)
        if via not in self._nodes:
            raise _IgnoredError("via node is no junction of the network")
        arriving = self._arriving.get((via, origin), [])
        leaving = self._leaving.get((via, target), [])
        if origin == target:
            # A turn back on one way: from each link to the one back over the same piece.
            last, first = self._links.last_piece, self._links.first_piece
            runs = [(a, b) for a in arriving for b in leaving if last[a] == first[b]]
            if kind != "no_u_turn":
                raise _IgnoredError("from and to are the same way")
        else:
            runs = [(a, b) for a in arriving for b in leaving]
            if len(arriving) > 1 or len(leaving) > 1:
                raise _IgnoredError("a way passes through the via node")
        if not runs:
            raise _IgnoredError("no such movement at the via node")
        return list[tuple[int, ...]](runs)

    def over_ways(self, origin: int, via: list[int], target: int) -> list[tuple[int, ...]]:
        self._require_ways(origin, target, *via)
        runs = [
            run
            for node in self._ends_of_way.get(origin, [])
            for first in self._arriving[node, origin]
            for run in self._along(first, node, via, target)
        ]
        if not runs:
            raise _IgnoredError("no such movement over the via ways")
        return runs

    def _along(
        self, first: int, node: int, via: list[int], target: int
    ) -> Iterator[tuple[int, ...]]:
        """Follow the via ways, each in turn, from ``node`` to where ``target`` leaves.

        ``entered`` counts the via ways driven so far, the last of them perhaps in part.
        """
        links = self._links
        waiting: list[tuple[tuple[int, ...], int, int]] = [((first,), node, 0)]
        while waiting:
            run, at, entered = waiting.pop()
            if entered == len(via) and (at, target) in self._leaving:
                yield from ((*run, last) for last in self._leaving[at, target])
                continue
            if len(run) > _LONGEST_VIA:
                continue
            for index in (entered, entered - 1):
                if not 0 <= index < len(via):
                    continue
                for link in self._leaving.get((at, via[index]), []):
                    if link in run or links.first_piece[link] == links.last_piece[run[-1]]:
                        continue
                    reached = self._last_via(link, via, index)
                    if reached >= 0:
                        waiting.append(((*run, link), int(links.end[link]), reached + 1))

    def _last_via(self, link: int, via: list[int], index: int) -> int:
        """Return the via way that a link ends on, if it runs on via ways only, else -1."""
        ways = self._links.ways_of(link)
        while index + 1 < len(via) and via[index + 1] in ways:
            index += 1
        return index if ways <= set(via) else -1

    def _require_ways(self, *ways: int) -> None:
        if any(way not in self._ways for way in ways):
            raise _IgnoredError("way not in the network")


def barrier_restrictions(
    blocked_nodes: Iterable[int], links: LinkEnds
) -> tuple[TurnRestriction, ...]:
    """Forbid every movement through nodes that nothing passes, except turning back."""
    nodes = np.array(sorted(blocked_nodes), dtype=np.int64)
    arriving: dict[int, list[int]] = {node: [] for node in nodes.tolist()}
    leaving: dict[int, list[int]] = {node: [] for node in nodes.tolist()}
    for link in np.flatnonzero(np.isin(links.end, nodes)).tolist():
        arriving[int(links.end[link])].append(link)
    for link in np.flatnonzero(np.isin(links.start, nodes)).tolist():
        leaving[int(links.start[link])].append(link)
    return tuple(
        TurnRestriction((a, b), False, "all", (), node)
        for node in arriving
        for a in arriving[node]
        for b in leaving[node]
        if links.last_piece[a] != links.first_piece[b]
    )
