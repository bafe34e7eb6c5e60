"""Routes by two prices beside networkx on the same graph, in one run.

A square grid of streets with random times and harms. networkx gets the same states and arcs and
the same whole prices, for one price at a time; every cost is compared before a ratio is printed.
A whole frontier is compared by its two ends. A search touches each arc of the settled states once:
4 bytes of arc head, 16 of prices, 16 of bounds and 8 of the least second price at random places.

    python benchmarks/pricing.py [--side N] [--pairs N]
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from typing import Any

import networkx as nx
import numpy as np

from geofleet.pricing import _kernels


def cpu(function: Callable[[], Any]) -> tuple[float, Any]:
    begin = time.process_time()
    result = function()
    return time.process_time() - begin, result


def grid(side: int, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Return rows, heads, tails and two whole prices of a grid of two-way streets."""
    place = np.arange(side * side).reshape(side, side)
    east = np.column_stack([place[:, :-1].ravel(), place[:, 1:].ravel()])
    north = np.column_stack([place[:-1].ravel(), place[1:].ravel()])
    arcs = np.concatenate([east, east[:, ::-1], north, north[:, ::-1]])
    arcs = arcs[np.lexsort((arcs[:, 1], arcs[:, 0]))]
    indptr = np.searchsorted(arcs[:, 0], np.arange(side * side + 1)).astype(np.int32)
    first = rng.integers(5_000, 60_000, len(arcs)).astype(np.float64)
    second = np.rint(2.0**30 * rng.gamma(2.0, 0.1, len(arcs)))
    return indptr, arcs[:, 1].astype(np.int32), arcs[:, 0].astype(np.int32), first, second


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--side", type=int, default=100)
    parser.add_argument("--pairs", type=int, default=10)
    given = parser.parse_args()
    rng = np.random.default_rng(1)
    indptr, head, tail, first, second = grid(given.side, rng)
    states, none = given.side**2, np.full(1, -1, np.int32)
    back = np.argsort(head, kind="stable")
    back_indptr = np.searchsorted(head[back], np.arange(states + 1)).astype(np.int32)
    zero, flat = np.zeros(1), np.zeros(states)
    peer = nx.DiGraph()
    for a, b, x, y in zip(*(v.tolist() for v in (tail, head, first, second)), strict=True):
        peer.add_edge(a, b, first=x, second=y)

    def search(a: int, b: int, left: tuple[Any, Any], *, single: bool) -> Any:
        goal = np.full(states, -1, np.int32)
        goal[b] = 0
        return _kernels.search(
            indptr, head, first, second, *left, 1.0, 0.0, np.array([a], np.int32), zero, zero,
            goal, none, zero, zero, single, np.inf, 20_000_000,
        )  # fmt: skip

    def bounds(b: int) -> tuple[Any, Any]:
        end = np.array([b], np.int32)
        grown = [
            _kernels.tree(back_indptr, tail[back], p[back], end, zero) for p in (first, second)
        ]
        return grown[0], grown[1]

    search(0, 1, bounds(1), single=True)  # compiles
    spent = dict.fromkeys(("least", "networkx", "bounds", "frontier"), 0.0)
    labels = points = 0
    for _ in range(given.pairs):
        a, b = (int(v) for v in rng.integers(0, states, 2))
        seconds, one = cpu(lambda a=a, b=b: search(a, b, (flat, flat), single=True))
        spent["least"] += seconds
        seconds, expected = cpu(lambda a=a, b=b: nx.dijkstra_path_length(peer, a, b, "first"))
        spent["networkx"] += seconds
        assert one[3][one[0][0]] == expected
        seconds, left = cpu(lambda b=b: bounds(b))
        spent["bounds"] += seconds
        seconds, all_of = cpu(lambda a=a, b=b, left=left: search(a, b, left, single=False))
        spent["frontier"] += seconds
        found = all_of[0]
        assert all_of[3][found[0]] == expected
        assert all_of[4][found[-1]] == nx.dijkstra_path_length(peer, a, b, "second")
        labels, points = labels + len(all_of[1]), points + len(found)
    out = {f"{name}_ms": round(1e3 * value / given.pairs, 3) for name, value in spent.items()}
    out |= {
        "arcs": len(head),
        "networkx_over_least": round(spent["networkx"] / spent["least"], 1),
        "points_each": round(points / given.pairs, 1),
        "labels_per_s": round(labels / spent["frontier"]),
    }
    print(json.dumps(out, indent=2))


if __name__ == "__main__":
    main()
