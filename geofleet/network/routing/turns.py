"""Turn rules as extra states: which memory of the way a junction needs, and no more.

A rule is a sequence of links that may not be driven one after the other. All rules together make
an Aho–Corasick automaton (Aho and Corasick, 1975) over links: what must be remembered on
arriving at a junction is the longest end of the way so far that begins some rule. Almost always
that is nothing, and the junction stays one state; where it is something, the junction gets one
copy for each thing to remember. Roads for destination traffic only are a second, three-valued
memory: a trip is destination-only roads, then public roads, then destination-only roads, each
part possibly empty. The states of the graph are the pairs that can occur.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geofleet.network.model import NetworkArrays, TurnRestriction
from geofleet.network.profile import VehicleProfile

__all__ = ["DESTINATION", "FORBIDDEN", "OPEN", "Expansion", "applies", "expand", "forbidden_runs"]

FORBIDDEN, OPEN, DESTINATION = 0, 1, 2
"""Access codes of a link: never, always, only at the ends of a trip."""

_START, _MIDDLE, _END = 0, 1, 2


def applies(restriction: TurnRestriction, profile: VehicleProfile | None) -> bool:
    """Say whether a restriction binds a vehicle (every one binds when no profile is given).

    ``hgv`` means more than 3.5 t, ``goods`` the lighter goods vehicles, as in OpenStreetMap.
    """
    if profile is None:
        return True
    kind = "hgv" if profile.is_hgv else "goods"
    if restriction.scope in ("hgv", "goods") and restriction.scope != kind:
        return False
    return kind not in restriction.excepted


def forbidden_runs(
    restrictions: Iterable[TurnRestriction],
    arrays: NetworkArrays,
    *,
    profile: VehicleProfile | None = None,
) -> list[tuple[int, ...]]:
    """Write restrictions as sequences of links that may not be driven in a row.

    ``only`` restrictions become one sequence for each other link that leaves the junction.
    """
    runs: dict[tuple[int, ...], None] = {}
    for restriction in restrictions:
        edges = restriction.edges
        if len(edges) < 2 or not applies(restriction, profile):
            continue
        if not restriction.only:
            runs[edges] = None
            continue
        node = arrays.edge_to[edges[-2]]
        for other in range(arrays.indptr[node], arrays.indptr[node + 1]):
            if other != edges[-1]:
                runs[(*edges[:-1], other)] = None
    return list(runs)


class _Automaton:
    """Aho–Corasick over link numbers; state 0 remembers nothing."""

    def __init__(self, runs: Sequence[tuple[int, ...]]) -> None:
        self.goto: list[dict[int, int]] = [{}]
        self.fail = [0]
        self.complete = [False]
        for run in runs:
            state = 0
            for edge in run:
                following = self.goto[state].get(edge)
                if following is None:
                    following = len(self.goto)
                    self.goto[state][edge] = following
                    self.goto.append({})
                    self.fail.append(0)
                    self.complete.append(False)
                state = following
            self.complete[state] = True
        queue = list(self.goto[0].values())
        for state in queue:
            for edge, following in self.goto[state].items():
                queue.append(following)
                self.fail[following] = self.step(self.fail[state], edge)
                if self.complete[self.fail[following]]:
                    self.complete[following] = True

    def step(self, state: int, edge: int) -> int:
        """Return what is remembered after ``edge``."""
        while state and edge not in self.goto[state]:
            state = self.fail[state]
        return self.goto[state].get(edge, 0)


@dataclass(frozen=True, slots=True)
class Expansion:
    """The state graph: arcs in compressed rows, mapped back to links and junctions."""

    indptr: npt.NDArray[np.int32]
    arc_head: npt.NDArray[np.int32]
    arc_edge: npt.NDArray[np.int32]
    state_node: npt.NDArray[np.int32]
    node_start: npt.NDArray[np.int32]
    """The state in which a trip that begins at a node begins."""
    edge_start: npt.NDArray[np.int32]
    """The state at the end of a link when the trip begins on it; -1 where it is forbidden."""


def expand(
    arrays: NetworkArrays,
    allowed: npt.NDArray[np.integer],
    runs: Sequence[tuple[int, ...]],
) -> Expansion:
    """Build the graph in which every path is a legal way, and every legal way is a path.

    Parameters
    ----------
    arrays
        The network.
    allowed
        Access code of each link: 0 forbidden, 1 open, 2 destination traffic only.
    runs
        Sequences of links that may not be driven in a row.
    """
    codes = np.asarray(allowed)
    runs = [run for run in runs if all(codes[edge] != FORBIDDEN for edge in run)]
    automaton = _Automaton(runs)
    head = arrays.edge_to
    nodes, edges = arrays.node_count, arrays.edge_count
    restricted = codes == DESTINATION
    leads_in = np.zeros(nodes, bool)
    leads_in[arrays.edge_from[restricted]] = True

    numbers: dict[tuple[int, int, int], int] = {}
    pending: list[tuple[int, int, int]] = []

    def number(node: int, phase: int, memory: int) -> int:
        if phase == _START and not leads_in[node]:
            phase = _MIDDLE
        if phase == _MIDDLE and memory == 0:
            return node
        key = (node, phase, memory)
        if key not in numbers:
            numbers[key] = nodes + len(numbers)
            pending.append(key)
        return numbers[key]

    def follow(phase: int, memory: int, edge: int) -> int:
        """Return the state after ``edge``, or -1 when it may not be driven."""
        if codes[edge] == FORBIDDEN:
            return -1
        if codes[edge] == DESTINATION:
            phase = _START if phase == _START else _END
        elif phase == _END:
            return -1
        else:
            phase = _MIDDLE
        memory = automaton.step(memory, edge)
        return -1 if automaton.complete[memory] else number(int(head[edge]), phase, memory)

    plain_head = head.astype(np.int32).copy()
    edge_start = np.where(codes == FORBIDDEN, -1, head).astype(np.int32)
    special = set(np.flatnonzero(restricted).tolist()) | set(automaton.goto[0])
    for edge in sorted(special):
        plain_head[edge] = follow(_MIDDLE, 0, edge)
        edge_start[edge] = follow(_START if restricted[edge] else _MIDDLE, 0, edge)
    node_start = np.arange(nodes, dtype=np.int32)
    for node in np.flatnonzero(leads_in).tolist():
        node_start[node] = number(node, _START, 0)

    extra_head: list[int] = []
    extra_edge: list[int] = []
    extra_count: list[int] = []
    state_node = list(range(0))
    for node, phase, memory in pending:  # grows while it is read
        before = len(extra_head)
        for edge in range(int(arrays.indptr[node]), int(arrays.indptr[node + 1])):
            state = follow(phase, memory, edge)
            if state >= 0:
                extra_head.append(state)
                extra_edge.append(edge)
        extra_count.append(len(extra_head) - before)
        state_node.append(node)

    usable = np.flatnonzero(codes != FORBIDDEN)
    counts = np.bincount(arrays.edge_from[usable], minlength=nodes)
    indptr = np.zeros(nodes + len(extra_count) + 1, dtype=np.int32)
    np.cumsum(np.concatenate([counts, np.array(extra_count, dtype=np.int64)]), out=indptr[1:])
    assert edges == len(codes)
    return Expansion(
        indptr=indptr,
        arc_head=np.concatenate([plain_head[usable], np.array(extra_head, np.int32)]),
        arc_edge=np.concatenate([usable.astype(np.int32), np.array(extra_edge, np.int32)]),
        state_node=np.concatenate(
            [np.arange(nodes, dtype=np.int32), np.array(state_node, np.int32)]
        ),
        node_start=node_start,
        edge_start=edge_start,
    )
