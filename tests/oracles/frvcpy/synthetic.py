"""Instances from a seed, in frvcpy's own form: Euclidean, three kinds of charger, small battery."""

from __future__ import annotations

import numpy as np

SHARES = (0.0, 0.85, 0.95, 1.0)
HOURS = {0: (0.0, 0.31, 0.39, 0.51), 1: (0.0, 0.62, 0.77, 1.01), 2: (0.0, 1.26, 1.54, 2.04)}


def instance(seed):
    """Return the dictionary that frvcpy reads; node 0 is the depot, chargers come last."""
    rng = np.random.default_rng(seed)
    customers, chargers = int(rng.integers(6, 14)), int(rng.integers(2, 8))
    nodes = 1 + customers + chargers
    at = rng.uniform(0.0, 100.0, (nodes + 1, 2))
    at[-1] = at[0]  # the depot's charger
    km = np.hypot(*(at[:, None] - at).transpose(2, 0, 1))
    battery = float(rng.choice([6000.0, 8000.0, 12000.0]))
    kinds = [int(k) for k in rng.integers(0, 3, chargers)]
    where = [*range(1 + customers, nodes), nodes]
    return {
        "max_q": battery,
        "energy_matrix": (km * 125.0).tolist(),
        "time_matrix": (km / 40.0).tolist(),
        "process_times": [0.0, *([0.5] * customers), *([0.0] * (chargers + 1))],
        "css": [
            {"node_id": node, "cs_type": kind}
            for node, kind in zip(where, [*kinds, 0], strict=True)
        ],
        "breakpoints_by_type": [
            {"cs_type": kind, "time": list(hours), "charge": [battery * s for s in SHARES]}
            for kind, hours in HOURS.items()
        ],
    }


def routes(seed, count):
    """Return routes over the instance's customers, the depot first and last."""
    rng = np.random.default_rng(seed + 1_000_000)
    customers = sum(1 for time in instance(seed)["process_times"] if time > 0.0)
    made = []
    for _ in range(count):
        size = int(rng.integers(1, min(9, customers) + 1))
        chosen = rng.choice(np.arange(1, customers + 1), size, replace=False)
        made.append((0, *(int(c) for c in chosen), 0))
    return made
