"""The plan: which vehicle gets which technology, when, at whose cost."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from geofleet.plan.model import (
    ChargerKind,
    Depots,
    Floor,
    Frontier,
    Limit,
    Plan,
    PlanProblem,
    Work,
)

if TYPE_CHECKING:
    from geofleet.plan.build import build_problem, group_floor
    from geofleet.plan.check import PlanError
    from geofleet.plan.choose import solve
    from geofleet.plan.evaluation import evaluate, public_money, violations
    from geofleet.plan.exact import solve_exact
    from geofleet.plan.greedy import compare_plans, rank_by_ratio
    from geofleet.plan.large import solve_large
    from geofleet.plan.tables import PlanTables, plan_table
    from geofleet.plan.tradeoff import frontier

_LAZY = {
    "build_problem": "build", "group_floor": "build", "PlanError": "check", "solve": "choose",
    "evaluate": "evaluation", "public_money": "evaluation", "violations": "evaluation",
    "solve_exact": "exact", "compare_plans": "greedy", "rank_by_ratio": "greedy",
    "solve_large": "large", "PlanTables": "tables", "plan_table": "tables", "frontier": "tradeoff",
}  # fmt: skip

__all__ = [
    "ChargerKind",
    "Depots",
    "Floor",
    "Frontier",
    "Limit",
    "Plan",
    "PlanError",
    "PlanProblem",
    "PlanTables",
    "Work",
    "build_problem",
    "compare_plans",
    "evaluate",
    "frontier",
    "group_floor",
    "plan_table",
    "public_money",
    "rank_by_ratio",
    "solve",
    "solve_exact",
    "solve_large",
    "violations",
]


def __getattr__(name: str) -> Any:
    """Load on first use what brings the solver with it."""
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
