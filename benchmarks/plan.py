"""The plan at scale: seconds, proven gap, memory; and HiGHS on the whole model in the same run.

Seeded fleets of `plan_instances.py`. Sizes: `fleet` is 10,000 vehicles, six technologies, ten
years, 200 depots; `routes` is 2,000 routes, twelve models, five kinds of chargers, ten years, every
choice listed. Each is planned with little and much money, with and without carrying money over and
a floor for small operators, with cheap and dear chargers. `peer` gives the same problem of a size
that it can do to HiGHS as one model, to the same gap, and prints the ratio of CPU seconds.

    python benchmarks/plan.py [--only fleet|routes|peer] [--seeds N] [--objective NAME]
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from typing import Any

from plan_instances import instance

from geofleet.plan import solve_exact, solve_large
from geofleet.plan.model import Plan, PlanProblem

SIZES: dict[str, dict[str, Any]] = {
    "fleet": {"vehicles": 10_000, "depots": 200},
    "routes": {
        "vehicles": 2_000, "depots": 40, "models": 12, "kinds": 5, "each_kind": True,
        "feasible": 1.0,
    },
}  # fmt: skip
SETTINGS: dict[str, dict[str, Any]] = {
    "money for 30 %": {},
    "20 %, yearly, floor 40 %": {"budget_share": 0.2, "carry_over": False, "floor": 0.4},
    "40 %, cheap chargers": {"budget_share": 0.4, "charger_times": 0.3},
    "30 %, dear chargers": {"charger_times": 3.0},
}
OTHER_DEPOTS = (1, 10, 200)


def measured(problem: PlanProblem, objective: str, **settings: Any) -> tuple[Plan, dict[str, Any]]:
    """Return a plan and what it took."""
    wall, cpu = time.perf_counter(), time.process_time()
    plan = solve_large(problem, objective, **settings)
    return plan, {
        "choices": len(problem.unit),
        "seconds": round(time.perf_counter() - wall, 1),
        "cpu_seconds": round(time.process_time() - cpu, 1),
        "gap_percent": round(100.0 * plan.gap, 3),
        "gap_divisible_percent": round(
            100.0 * abs(plan.report["bound_divisible"] - plan.value) / abs(plan.value), 3
        ),
        "rounds": plan.report["rounds"],
        "parts": plan.report["parts"],
        "chargers": int(plan.chargers.sum()),
        "served": len(plan.chosen),
        "peak_gb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6, 2),
    }


def show(**row: Any) -> None:
    print(json.dumps(row), flush=True)


def peer(objective: str, seed: int) -> None:
    """Set the search beside HiGHS on the whole model, at sizes that it can do."""
    for vehicles in (300, 1_000):
        problem = instance(vehicles=vehicles, depots=vehicles // 50, seed=seed)
        plan, row = measured(problem, objective, gap=0.01)
        cpu = time.process_time()
        whole = solve_exact(problem, objective, gap=0.01, seconds=600.0)
        spent = time.process_time() - cpu
        show(
            what="peer", vehicles=vehicles, **row,
            highs_cpu_seconds=round(spent, 1), highs_gap_percent=round(100.0 * whole.gap, 3),
            ratio=round(spent / row["cpu_seconds"], 1),
            value_against_highs=round(plan.value / whole.value, 5),
            bound_against_highs=round(plan.bound / whole.bound, 5),
        )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=[*SIZES, "depots", "peer"])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--objective", default="co2e")
    asked = parser.parse_args()
    # The first plan compiles the kernels.
    solve_large(instance(vehicles=50, depots=2, seed=0), asked.objective)
    for size, sizes in SIZES.items():
        if asked.only in (None, size):
            for name, settings in SETTINGS.items():
                for seed in range(1, asked.seeds + 1):
                    problem = instance(**{**sizes, **settings, "seed": seed})
                    _, row = measured(problem, asked.objective)
                    show(what=size, setting=name, seed=seed, **row)
    if asked.only in (None, "depots"):
        for depots in OTHER_DEPOTS:
            problem = instance(**{**SIZES["routes"], "depots": depots, "seed": 1})
            _, row = measured(problem, asked.objective)
            show(what="routes", depots=depots, seed=1, **row)
    if asked.only in (None, "peer"):
        peer(asked.objective, 1)


if __name__ == "__main__":
    main()
