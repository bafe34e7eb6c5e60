"""One row per vehicle-day: what became of it, why, and at what cost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from geofleet.policy.day.judge import Answers, DayDecisions
from geofleet.policy.day.trial import COSTS, Task, Tried
from geofleet.policy.decisions import FORBIDDEN, STATUS_WORDS, UNKNOWN

__all__ = ["day_table"]

_AS_PLANNED = ("allowed", "charged", "permit", "unknown")
_CHANGED = {
    "wait": "waits", "retime": "retimed", "reroute": "rerouted", "swap": "swapped",
    "drop": "dropped",
}  # fmt: skip
_M_PER_KM, _S_PER_H, _S_PER_MIN = 1000.0, 3600.0, 60.0
_NO_SIZE = "unknown"
_NUMBERS = (
    "shift_min", "wait_min", "added_km", "added_h", "deliveries", "late", "moved", "cancelled",
    "undelivered_kg", *COSTS,
)  # fmt: skip


def day_table(
    task: Task,
    chosen: Mapping[int, Tried],
    why: Mapping[int, Mapping[str, str]],
    after: DayDecisions,
) -> pd.DataFrame:
    """Return the table that :class:`geofleet.policy.day.DayEffect` describes."""
    days = task.vehicle_days
    status = task.decisions.by_day()
    table = days[["vehicle_id", "operator_id", "vehicle_class", "date"]].reset_index(drop=True)
    sizes = task.fleet.operators.get("operator_size", pd.Series(dtype=object))
    table.insert(2, "operator_size", table["operator_id"].map(sizes).fillna(_NO_SIZE))
    table["status"] = [STATUS_WORDS[one] for one in status]
    # unknown days that may not drive are forbidden for what follows
    table["outcome"] = [
        _CHANGED[chosen[day].changed.response] if day in chosen else _AS_PLANNED[status[day]]
        for day in range(len(table))
    ]
    table["driven_by"] = [
        _driver(chosen[day]) if day in chosen else name
        for day, name in enumerate(table["vehicle_id"])
    ]
    reasons = _reasons(task.decisions)
    for name in ("rule_id", "version", "reason", "missing"):
        table[name] = [row[name] for row in reasons]
    table["not_possible"] = [
        "; ".join(f"{name}: {cause}" for name, cause in why.get(day, {}).items())
        for day in range(len(table))
    ]
    frame = task.itineraries.traversals.frame
    length = frame["length_m"].to_numpy(np.float64) / _M_PER_KM
    forbidden = np.where(task.decisions.status == FORBIDDEN, length, 0.0)
    number = frame["vehicle_day"].to_numpy()
    table["planned_km"] = np.bincount(number, length, minlength=len(table))
    table["forbidden_km"] = np.bincount(number, forbidden, minlength=len(table))
    numbers = pd.DataFrame(
        [_numbers(task, day, chosen.get(day)) for day in range(len(table))], columns=list(_NUMBERS)
    )
    table = pd.concat([table, numbers], axis=1)
    table["cost"] = table[list(COSTS)].sum(axis=1, skipna=False)
    table["unknown_after"] = after.by_day() == UNKNOWN
    return table


def _driver(tried: Tried) -> str:
    return "" if tried.changed.detail.get("whole_day") else tried.changed.vehicle_id


def _numbers(task: Task, day: int, tried: Tried | None) -> dict[str, Any]:
    plan = task.stops[day]
    reached = (plan["kind"] == "delivery") & (plan["planned_status"] == "reached")
    costs = dict.fromkeys(COSTS, 0.0)
    if tried is None:
        # what is charged is a cost of the rules, on the planned day too
        costs["charge_cost"] = float(task.planned.table["charge_cost"].iloc[day])
        shown = dict.fromkeys(("shift_min", "wait_min", "added_km", "added_h"), 0.0)
        counts = {"late": 0, "moved": 0, "cancelled": 0, "undelivered_kg": 0.0}
    else:
        costs |= dict(tried.costs)
        costs["charge_cost"] += float(task.planned.table["charge_cost"].iloc[day])
        shown = {
            "shift_min": float(tried.changed.detail.get("shift_s", 0.0)) / _S_PER_MIN,
            "wait_min": tried.wait_s / _S_PER_MIN,
            "added_km": tried.added_m / _M_PER_KM,
            "added_h": tried.added_s / _S_PER_H,
        }
        counts = {
            "late": tried.late, "moved": tried.moved, "cancelled": tried.cancelled,
            "undelivered_kg": tried.undelivered_kg,
        }  # fmt: skip
    return {**shown, "deliveries": int(reached.sum()), **counts, **costs}


def _reasons(decisions: DayDecisions) -> list[dict[str, str]]:
    """Return rule and reason of the first worst moment of each vehicle-day."""
    answers = decisions.answers
    known: dict[tuple[int, int, int], dict[str, str]] = {}
    rows = []
    for place in decisions.first_worst().tolist():
        row = dict.fromkeys(("rule_id", "version", "reason", "missing"), "")
        if place >= 0 and (answers.rule[place] >= 0 or answers.status[place] == UNKNOWN):
            row = known.setdefault(_alike(answers, place), row)
            if not row["reason"]:
                row |= _explained(answers, place)
                known[_alike(answers, place)] = row
        rows.append(row)
    return rows


def _alike(answers: Answers, place: int) -> tuple[int, int, int]:
    """Return what moments of one reason share: rule, day, and the kind of case if unknown."""
    block = int(answers.block[place])
    kind = int(answers.blocks[block].profile[answers.case[place]])
    unknown = answers.status[place] == UNKNOWN
    return int(answers.rule[place]), block, kind if unknown else -1


def _explained(answers: Answers, place: int) -> dict[str, str]:
    found = answers.explain(place)
    return {
        "rule_id": found.rule_id, "version": found.version, "reason": found.reason,
        "missing": "; ".join(found.missing),
    }  # fmt: skip
