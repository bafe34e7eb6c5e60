"""Routes per CPU second of charging on the way, beside frvcpy on the same routes in one run.

The routes are over published instances (a folder of VRP-REP files) or over seeded ones; every
optimum is compared to 1e-6 h before a ratio is printed. Time is CPU time of all threads. Ours is
counted from matrices and routes to plans, checks included; frvcpy's from its instance and route to
its optimum. Without frvcpy (``pip install frvcpy==0.1.1``) only ours is measured.

    python benchmarks/charging.py [FOLDER] [--routes N] [--seed N] [--limited] [--json]

Bytes and flops: a label is five integers and two numbers, its function three to ten points of two
numbers; extending it reads four matrix cells and costs about five operations a point. All of a
route's labels stay in the first two caches: the search is bound by the latency of dependent
branches and comparisons, not by memory.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import io
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from geofleet.energy.charging import ChargingInstance, FixedRoute, charge_on_the_way_many
from geofleet.energy.charging.published import read_published

ROOT = Path(__file__).resolve().parents[1]
REPEATS = 5


def load(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def tours(rng: np.random.Generator, customers: tuple[int, ...], km: Any, count: int) -> Iterator:
    """Random orders and nearest-neighbour tours in turn, of 1 to 12 customers."""
    for number in range(count):
        size = int(rng.integers(1, min(12, len(customers)) + 1))
        left = [int(c) for c in rng.choice(customers, size, replace=False)]
        if number % 2:
            order, at = [], 0
            while left:
                at = min(left, key=lambda c, a=at: km[a][c])
                order.append(at)
                left.remove(at)
            left = order
        yield (0, *left, 0)


def published(
    folder: Path, count: int, seed: int, limited: bool
) -> Iterator[tuple[ChargingInstance, list, Any]]:
    rng = np.random.default_rng(seed)
    try:
        from frvcpy import translator
    except ImportError:
        translator = None
    for path in sorted(folder.glob("*.xml")):
        given = read_published(path)
        found = list(tours(rng, given.customers, given.instance.drive_s, count))
        peer = None
        if translator is not None:
            with contextlib.redirect_stdout(io.StringIO()):
                peer = translator.translate(str(path))
            if not limited:
                peer.pop("t_max")
        yield given.instance, [given.route(nodes, limited=limited) for nodes in found], peer


def seeded(count: int, seed: int) -> Iterator[tuple[ChargingInstance, list, Any]]:
    synthetic = load(ROOT / "tests" / "oracles" / "frvcpy" / "synthetic.py")
    as_ours = load(ROOT / "tests" / "energy" / "charging" / "test_published.py").seeded
    for number in range(seed, seed + 20):
        instance, service = as_ours(number)
        routes = [
            FixedRoute(r, instance.battery_wh, service_s=tuple(service[n] for n in r))
            for r in synthetic.routes(number, count)
        ]
        yield instance, routes, synthetic.instance(number)


def peer_optima(peer: Any, instance: ChargingInstance, routes: list) -> tuple[float, list[float]]:
    from frvcpy import solver

    optima = []
    begin = time.process_time()
    for route in routes:
        try:
            optima.append(solver.Solver(peer, list(route.nodes), instance.battery_wh).solve()[0])
        except Exception:
            optima.append(np.nan)  # it raises where its own bounds meet in rounding
    return time.process_time() - begin, optima


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--routes", type=int, default=13)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--limited", action="store_true", help="keep to the longest travel time of published files"
    )
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.folder is None:
        cases = list(seeded(options.routes, options.seed))
    else:
        cases = list(published(options.folder, options.routes, options.seed, options.limited))
    charge_on_the_way_many(*cases[0][:2])  # compile
    has_peer = importlib.util.find_spec("frvcpy") is not None
    ours = theirs = 0.0
    count = feasible = visits = compared = 0
    for instance, routes, peer in cases:
        best = np.inf
        for _ in range(REPEATS):
            begin = time.process_time()
            fresh = ChargingInstance(
                instance.drive_s, instance.energy_wh, instance.chargers, instance.battery_wh
            )
            plans = charge_on_the_way_many(fresh, routes)
            best = min(best, time.process_time() - begin)
        ours += best
        count += len(routes)
        feasible += int(plans.is_feasible.sum())
        visits += int(plans.visit_count.sum())
        if has_peer and peer is not None:
            spent, optima = peer_optima(peer, instance, routes)
            theirs += spent
            for hours, optimum in zip(plans.duration_s / 3600.0, optima, strict=True):
                if not np.isnan(optimum):
                    compared += 1
                    same = abs(hours - optimum) < 1e-6 if optimum < 1e6 else np.isnan(hours)
                    assert same, (hours, optimum)
    result: dict[str, Any] = {
        "routes": count, "feasible": feasible, "visits": visits,
        "routes_per_cpu_s": round(count / ours),
    }  # fmt: skip
    if theirs:
        result |= {
            "frvcpy_routes_per_cpu_s": round(count / theirs), "compared": compared,
            "times_frvcpy": round(theirs / ours, 1),
        }  # fmt: skip
    print(json.dumps(result) if options.json else "\n".join(f"{k}: {v}" for k, v in result.items()))


if __name__ == "__main__":
    main()
