"""Totals of many ledgers of ten years with every item in use, beside the explained ledger.

Random cases with loans, fees, a new battery and income tax. Totals of a sample are compared with
the ledgers that are explained year by year before a rate is printed. One thread, CPU seconds.

    python benchmarks/ledgers.py [--cases N] [--sample N] [--vehicles N] [--options N]
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from typing import Any

import numba
import numpy as np
import pandas as pd

from geofleet.economics.ledger import (
    CASE_SCHEMA,
    ledger,
    ledger_totals,
    new_cases,
    switching,
)
from geofleet.economics.ledger import _kernels as kernels
from geofleet.economics.ledger.totals import case_arrays

YEARS = 10
SHARES = (
    "discount_rate", "inflation", "loan_rate", "energy_growth", "maintenance_growth",
    "value_decline", "insurance_share", "income_tax_rate",
)  # fmt: skip
TERMS = ("loan_years", "fee_years", "battery_year", "depreciation_years")


def spent(function: Callable[[], Any]) -> tuple[float, Any]:
    """Return CPU seconds of a call, and what it returned."""
    start = time.process_time()
    result = function()
    return time.process_time() - start, result


def random_cases(index: pd.Index, rng: np.random.Generator) -> pd.DataFrame:
    """Return cases in which no item is nothing."""
    count = len(index)
    columns: dict[str, Any] = {name: rng.uniform(0.01, 0.2, count) for name in SHARES}
    columns |= {name: rng.integers(1, YEARS + 1, count) for name in TERMS}
    for column in CASE_SCHEMA.columns:
        if column.name not in columns and column.name != "years":
            columns[column.name] = rng.uniform(1e3, 1e6, count)
    return new_cases(index, years=YEARS, **columns)


def largest_difference(cases: pd.DataFrame, totals: pd.DataFrame, sample: int) -> float:
    """Return the largest difference from explained ledgers, over the money that moves."""
    worst = 0.0
    for label in cases.index[:sample]:
        explained = ledger(cases, label)
        moved = float(explained.table.abs().to_numpy().sum())
        gap = (explained.totals - totals.loc[label]).abs()
        money = ["upfront", "month_one", "present_cost", "undiscounted_cost"]
        worst = max(worst, float(gap[money].max()) / moved)
        work = ["present_km", "present_tonne_km"]
        worst = max(worst, float((gap[work] / totals.loc[label, work]).max()))
    return worst


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--cases", type=int, default=1_000_000)
    parser.add_argument("--sample", type=int, default=50)
    parser.add_argument("--vehicles", type=int, default=125_000)
    parser.add_argument("--options", type=int, default=6)
    given = parser.parse_args()
    numba.set_num_threads(1)
    rng = np.random.default_rng(1)
    cases = random_cases(pd.RangeIndex(given.cases), rng)
    ledger_totals(cases[:2])
    whole_s, totals = spent(lambda: ledger_totals(cases))
    explained_s, gap = spent(lambda: largest_difference(cases, totals, given.sample))
    assert gap < 1e-9, f"totals and explained ledgers differ by {gap:.2g}"
    columns = case_arrays(cases)
    out, none = np.empty((len(kernels.TOTALS), given.cases)), np.empty((0, 0))
    kernel_s, _ = spent(lambda: kernels.ledgers(columns, out, none))
    names = ["keep", *(f"option_{n}" for n in range(1, given.options))]
    index = pd.MultiIndex.from_product(
        [range(given.vehicles), names], names=["vehicle_id", "option"]
    )
    fleet = random_cases(index, rng).assign(discount_rate=0.14)
    switching(fleet[: given.options])
    switch_s, found = spent(lambda: switching(fleet))
    plain_s, _ = spent(lambda: switching(fleet, returns=False))
    result = {
        "cases": given.cases,
        "years": YEARS,
        "ledgers_per_cpu_s": round(given.cases / whole_s),
        "ledgers_per_cpu_s_kernel_alone": round(given.cases / kernel_s),
        "explained_per_cpu_s": round(given.sample / explained_s),
        "largest_difference": gap,
        "vehicles": given.vehicles,
        "options": given.options,
        "switching_cpu_s": round(switch_s, 2),
        "switching_without_irr_cpu_s": round(plain_s, 2),
        "several_rates_share": round(float((found["irr_count"] > 1).mean()), 3),
    }
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
