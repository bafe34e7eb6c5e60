"""What a plan's money buys, and who pays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geofleet.economics.options import KEEP
from geofleet.planned import operator_view, plan_fiscal, plan_totals
from geofleet.report.contents import Budget, SizeRow

if TYPE_CHECKING:
    from geofleet.planned import PlannedStudy

__all__ = ["budget_of"]

# The rounding of a solver is no news: what is proven closer than this is told as proven to this.
_TOLD_GAP = 1e-4


def budget_of(planned: PlannedStudy) -> Budget:
    """Return what the plan gives to whom, what is avoided, and at whose cost."""
    tables, totals = planned.tables(), plan_totals(planned)
    vehicles = planned.vehicles()
    sizes = vehicles["operator_size"].fillna("unknown")
    rows = []
    for size in sorted(sizes.unique(), key=_order):
        own = vehicles[(sizes == size).to_numpy()]
        changed = own[own["option"] != KEEP]
        counts = changed["technology"].value_counts()
        rows.append(SizeRow(
            size=str(size), vehicles=len(own),
            technologies={str(name): int(count) for name, count in counts.items()},
            spend=float(own["spend"].sum()),
            harm=float(own["harm_avoided"].sum(skipna=False)),
            pm25_kg=float(own["pm25_avoided_kg"].sum(skipna=False)),
        ))  # fmt: skip
    physical = planned.results.outcomes.physical.xs(KEEP, level="option")
    today = float(physical["harm_person_ug_m3_h"].sum(skipna=False)) * planned.config.years
    fiscal, owners = plan_fiscal(planned), operator_view(planned)
    years = tables.years
    other = vehicles["duty_id"].astype(object) != vehicles["vehicle_id"].astype(object)
    return Budget(
        currency=planned.currency,
        first_year=planned.first_year,
        years=planned.config.years,
        spend=float(years["total_spend"].sum()),
        chargers=float(years["charging_spend"].sum()),
        rows=tuple(rows),
        harm_today=today,
        harm=totals.get("harm", float("nan")),
        pm25_kg=totals.get("pm25", float("nan")),
        kept=tuple((str(reason), int(count)) for reason, count in
                   tables.reasons["vehicles"].sort_values(ascending=False, kind="stable").items()),
        gap=_told(float(planned.plan.gap)),
        treasury={str(name): float(value) for name, value in fiscal.present.items()},
        operators_first=float(owners["upfront"].sum(skipna=False)),
        operators_month=float(owners["month_one_change"].sum(skipna=False)),
        operators_gain=float(owners["gain"].sum(skipna=False)),
        exchanged=int(other.sum()),
        year_spend={planned.first_year + place: float(value)
                    for place, value in enumerate(years["total_spend"])},
    )  # fmt: skip


def _told(gap: float) -> float:
    """Return a proven gap as readers are told it: still a bound, never by more digits."""
    return max(gap, _TOLD_GAP) if gap > 0.0 else gap


def _order(size: str) -> tuple[int, str]:
    digits = "".join(mark if mark.isdigit() else " " for mark in size).split()
    return (int(digits[0]) + size.startswith(">"), size) if digits else (1 << 30, size)
