"""Make the tables of optima with frvcpy 0.1.1 (Apache 2.0): an independent implementation.

    pip install frvcpy==0.1.1 numpy
    python tests/oracles/frvcpy/make.py FOLDER_OF_PUBLISHED_XML

``synthetic.csv``: routes over the instances of ``synthetic.py``. ``published.csv``: routes over the
instances of Montoya et al. (2017), a charger of the fastest kind at the depot; ``limited`` rows
keep to the instance's longest travel time. ``hours`` is the least duration, ``infeasible``, or
``failed`` where frvcpy raises.
"""

from __future__ import annotations

import contextlib
import csv
import io
import sys
from pathlib import Path

import numpy as np
from frvcpy import solver, translator

sys.path.insert(0, str(Path(__file__).parent))
import synthetic

HERE = Path(__file__).parent
SEEDS, ROUTES, PUBLISHED_ROUTES = range(60), 12, 10


def optimum(instance, route):
    """Return the least hours as text."""
    try:
        hours, _ = solver.Solver(instance, list(route), instance["max_q"]).solve()
    except Exception:  # frvcpy raises bare errors of several kinds
        return "failed"
    return "infeasible" if hours > 1e6 else repr(float(hours))


def published_routes(path, rng, customers, km):
    """Random orders and nearest-neighbour tours in turn."""
    for number in range(PUBLISHED_ROUTES):
        size = int(rng.integers(1, min(12, len(customers)) + 1))
        left = [int(c) for c in rng.choice(customers, size, replace=False)]
        if number % 2:
            order, at = [], 0
            while left:
                at = min(left, key=lambda c, a=at: km[a][c])
                order.append(at)
                left.remove(at)
            left = order
        yield number % 5 == 4, (0, *left, 0)


def main():
    with (HERE / "synthetic.csv").open("w", newline="", encoding="utf-8") as handle:
        out = csv.writer(handle)
        out.writerow(["seed", "route", "hours"])
        for seed in SEEDS:
            instance = synthetic.instance(seed)
            for route in synthetic.routes(seed, ROUTES):
                out.writerow([seed, " ".join(map(str, route)), optimum(instance, route)])
    rng = np.random.default_rng(20)
    with (HERE / "published.csv").open("w", newline="", encoding="utf-8") as handle:
        out = csv.writer(handle)
        out.writerow(["instance", "limited", "route", "hours"])
        for path in sorted(Path(sys.argv[1]).glob("*.xml")):
            with contextlib.redirect_stdout(io.StringIO()):
                instance = translator.translate(str(path))
            longest = instance.pop("t_max")
            customers = [i for i, time in enumerate(instance["process_times"]) if time > 0.0]
            for limited, route in published_routes(path, rng, customers, instance["time_matrix"]):
                given = {**instance, "t_max": longest} if limited else instance
                row = [path.stem, int(limited), " ".join(map(str, route)), optimum(given, route)]
                out.writerow(row)


if __name__ == "__main__":
    main()
