"""Turns in GMNS: which links connect at junctions with restrictions, and the restrictions whole.

``movement.csv`` says what GMNS can: at each junction where a turn is forbidden, every pair of links
that connect. A pair that is not listed there does not connect; junctions that are not listed have
no restriction. What it cannot say (ways over several links, which vehicles are meant) stands in a
table of geofleet's own, ``turn_restriction.csv``.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geofleet.errors import InputError, Problem
from geofleet.interchange.gmns_check import gmns_table
from geofleet.interchange.gmns_rules import FIELDS

if TYPE_CHECKING:
    from geofleet.network import RoadNetwork
    from geofleet.network.model import TurnRestriction

__all__ = ["RESTRICTIONS_FILE", "movements", "read_turns", "restrictions"]

RESTRICTIONS_FILE = "turn_restriction.csv"
_TRUCKS = ("hgv", "goods")
_STRAIGHT_DEG, _BACK_DEG = 45.0, 150.0  # up to: straight on; from: back again, words only
_CONTROLS = {"traffic_signals": "signal", "stop": "stop", "give_way": "yield"}
_NOT_DRIVEN = {"bike", "bicycle", "walk", "pedestrian", "ped", "foot", "rail"}
_BETWEEN = ";"
_SHOWN = 5

Ints = npt.NDArray[np.int64]


def movements(network: RoadNetwork) -> pd.DataFrame:
    """Return ``movement``: the pairs of links that connect at junctions with restricted turns.

    Pairs forbidden to everyone are not listed; those forbidden to lorries only have ``hgv`` no.
    Turning round is listed where no restriction forbids it.
    """
    from geofleet.network.routing.turns import forbidden_runs

    arrays = network.arrays
    for_all = [r for r in network.turn_restrictions if r.scope not in _TRUCKS]
    for_some = [r for r in network.turn_restrictions if r.scope in _TRUCKS]
    banned = {run for run in forbidden_runs(for_all, arrays) if len(run) == 2}
    of_trucks = {run for run in forbidden_runs(for_some, arrays) if len(run) == 2}
    nodes = sorted({int(arrays.edge_to[run[0]]) for run in banned | of_trucks})
    into: dict[int, list[int]] = {node: [] for node in nodes}
    for found_edge in np.flatnonzero(np.isin(arrays.edge_to, nodes)):
        into[int(arrays.edge_to[found_edge])].append(int(found_edge))
    node_ids = network.nodes.index.to_numpy()
    controls = network.nodes["highway"].to_numpy(object)
    rows = []
    for node in nodes:
        leaving = range(int(arrays.indptr[node]), int(arrays.indptr[node + 1]))
        for edge in into[node]:
            for out in leaving:
                if (edge, out) not in banned:
                    rows.append((int(node_ids[node]), edge, out, (edge, out) in of_trucks,
                                 _CONTROLS.get(str(controls[node]), "")))  # fmt: skip
    names = ["node_id", "ib_link_id", "ob_link_id", "_trucks", "ctrl_type"]
    found = pd.DataFrame(rows, columns=names)
    table = pd.DataFrame(dict.fromkeys(FIELDS["movement"], ""), index=range(len(found)))
    for name in ("node_id", "ib_link_id", "ob_link_id", "ctrl_type"):
        table[name] = found[name].to_numpy()
    table["mvmt_id"] = np.arange(len(found))
    lines = network.edges_metric.to_numpy()
    pairs = found[["ib_link_id", "ob_link_id"]].to_numpy(np.int64)
    table["type"] = _types(lines, pairs[:, 0], pairs[:, 1], arrays.twin)
    table["hgv"] = np.where(found["_trucks"].to_numpy(bool), "no", "")
    return table


def _types(
    lines: npt.NDArray[Any], inbound: Ints, outbound: Ints, twin: npt.NDArray[np.int32]
) -> list[str]:
    """Return what turns are called: by the angle between the ends of two lines."""
    if not len(inbound):
        return []
    before, at = shapely.get_point(lines[inbound], -2), shapely.get_point(lines[inbound], -1)
    start, after = shapely.get_point(lines[outbound], 0), shapely.get_point(lines[outbound], 1)
    came = np.arctan2(
        shapely.get_y(at) - shapely.get_y(before), shapely.get_x(at) - shapely.get_x(before)
    )
    goes = np.arctan2(
        shapely.get_y(after) - shapely.get_y(start), shapely.get_x(after) - shapely.get_x(start)
    )
    turn = np.degrees((goes - came + np.pi) % (2.0 * np.pi) - np.pi)  # to the left is positive
    back = (twin[inbound] == outbound) | (np.abs(turn) >= _BACK_DEG)
    names = np.where(turn > 0.0, "left", "right")
    names = np.where(np.abs(turn) <= _STRAIGHT_DEG, "thru", names)
    return [str(name) for name in np.where(back, "uturn", names)]


def restrictions(network: RoadNetwork) -> pd.DataFrame:
    """Return every turn restriction with its links in driving order; ``link_id`` as in ``link``."""
    return pd.DataFrame(
        [
            {
                "restriction_id": number,
                "link_ids": _BETWEEN.join(str(edge) for edge in restriction.edges),
                "only": str(restriction.only).lower(), "scope": restriction.scope,
                "except": _BETWEEN.join(restriction.excepted), "osmid": restriction.osmid,
            }
            for number, restriction in enumerate(network.turn_restrictions)
        ],
        columns=["restriction_id", "link_ids", "only", "scope", "except", "osmid"],
    )  # fmt: skip


def read_turns(
    place: Path, links: dict[str, list[int]], edge_from: Ints, edge_to: Ints, ids: dict[str, int]
) -> tuple[TurnRestriction, ...]:
    """Read restrictions: geofleet's own table where it is there, else ``movement.csv``.

    Parameters
    ----------
    place
        Folder of the network.
    links
        Edge numbers by ``link_id``; an undirected link has two.
    edge_from, edge_to
        Node ids of each edge.
    ids
        Node ids by ``node_id``.

    Raises
    ------
    InputError
        Restrictions of links that are not there or do not meet.
    """
    if (place / RESTRICTIONS_FILE).exists():
        return _own(place / RESTRICTIONS_FILE, links, edge_from, edge_to)
    if (place / "movement.csv").exists():
        return _from_movements(place / "movement.csv", links, edge_from, edge_to, ids)
    return ()


def _own(
    path: Path, links: dict[str, list[int]], edge_from: Ints, edge_to: Ints
) -> tuple[TurnRestriction, ...]:
    from geofleet.network.model import TurnRestriction

    table = gmns_table(path)
    problems = [
        Problem(str(path), name, 1, expected="this column")
        for name in ("link_ids", "only", "scope", "except", "osmid")
        if name not in table.columns
    ]
    if problems:
        raise InputError(problems)
    out = []
    for _, row in table.iterrows():
        names = str(row["link_ids"]).split(_BETWEEN)
        edges = [links[name][0] for name in names if len(links.get(name, ())) == 1]
        meet = all(edge_to[a] == edge_from[b] for a, b in pairwise(edges))
        if len(edges) != len(names) or len(edges) < 2 or not meet:
            expected = "at least two directed links of link.csv, each beginning where the last ends"
            value = str(row["link_ids"])[:80]
            problems.append(Problem(str(path), "link_ids", int(row["row"]), value, expected))
        elif not str(row["osmid"]).lstrip("-").isdigit():
            expected = "a whole number"
            problems.append(
                Problem(str(path), "osmid", int(row["row"]), str(row["osmid"])[:80], expected)
            )
        else:
            excepted = tuple(part for part in str(row["except"]).split(_BETWEEN) if part)
            out.append(TurnRestriction(
                tuple(edges), row["only"] == "true", str(row["scope"]), excepted, int(row["osmid"])
            ))  # fmt: skip
    if problems:
        raise InputError(problems)
    return tuple(out)


def _from_movements(
    path: Path, links: dict[str, list[int]], edge_from: Ints, edge_to: Ints, ids: dict[str, int]
) -> tuple[TurnRestriction, ...]:
    """Return the pairs of links that a listed junction does not connect, as forbidden turns."""
    from geofleet.network.model import TurnRestriction

    table = gmns_table(path)
    problems: list[Problem] = []
    open_pairs: set[tuple[int, int]] = set()
    nodes: set[int] = set()
    for _, row in table.iterrows():
        uses = {part.strip().casefold() for part in str(row.get("allowed_uses") or "").split(",")}
        if uses != {""} and uses <= _NOT_DRIVEN:
            continue
        node = ids[row["node_id"]]
        into = [edge for edge in links[row["ib_link_id"]] if edge_to[edge] == node]
        out = [edge for edge in links[row["ob_link_id"]] if edge_from[edge] == node]
        if not into or not out:
            expected = "links that meet at the node: one that ends and one that begins there"
            value = f"{row['ib_link_id']}, {row['ob_link_id']}"
            field = "ib_link_id, ob_link_id"
            problems.append(Problem(str(path), field, int(row["row"]), value[:80], expected))
            continue
        open_pairs.add((into[0], out[0]))
        nodes.add(node)
    if problems:
        raise InputError(problems[:_SHOWN])
    into_node: dict[int, list[int]] = {node: [] for node in nodes}
    out_of: dict[int, list[int]] = {node: [] for node in nodes}
    for ends, table_of in ((edge_to, into_node), (edge_from, out_of)):
        for edge in np.flatnonzero(np.isin(ends, sorted(nodes))):
            table_of[int(ends[edge])].append(int(edge))
    return tuple(
        TurnRestriction((before, after), only=False, scope="all", excepted=(), osmid=node)
        for node in sorted(nodes)
        for before in into_node[node]
        for after in out_of[node]
        if (before, after) not in open_pairs
    )
