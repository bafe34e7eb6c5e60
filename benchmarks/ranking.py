"""Vehicles of a whole city ranked by what a kilogram of black carbon costs.

The city fleet of the default tables (class, standard, model year, operator size) drawn out into
single trucks, each with every technology that fits it: physics without routes, prices, duty,
energy, upkeep. Then costs to society, the efficient frontier of each vehicle, the ranking and the
marginal abatement cost curve. Beside it the same frontiers by a plain loop over some vehicles, as a
ratio of rates; both must agree before a figure is printed.

    python benchmarks/ranking.py [--vehicles N] [--sample N] [--json]
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from geofleet.economics.options import Options, make_options
from geofleet.economics.outcomes import table_outcomes
from geofleet.economics.society import Ranking, rank, social_terms
from geofleet.energy.catalogue import electric_models
from geofleet.policy.programme import city_cases

YEAR = 2025


def spent(function: Callable[[], Any]) -> tuple[float, float, Any]:
    """Return CPU and wall seconds of a call, and what it returned."""
    cpu, wall = time.process_time(), time.perf_counter()
    result = function()
    return time.process_time() - cpu, time.perf_counter() - wall, result


def trucks(count: int) -> pd.DataFrame:
    """Return single trucks in the proportions of the city fleet, each with km of its own."""
    city = city_cases(count, year=YEAR, by_operator_size=True)
    rng = np.random.default_rng(0)
    share = city.weights.to_numpy() / city.weights.sum()
    group = rng.choice(len(share), count, p=share)
    table = city.cases.iloc[group].reset_index(drop=True)
    km = city.mass["annual_km"].to_numpy(np.float64)[group]
    table["annual_km"] = km * np.exp(rng.normal(0.0, 0.3, count))
    table.index = pd.Index([f"t{n:06d}" for n in range(count)], name="vehicle_id")
    return table


def plain_best(found: Ranking, vehicles: list[str]) -> dict[str, str]:
    """Return the first efficient option of some vehicles, by a loop over all pairs."""
    best = {}
    table = found.options.loc[vehicles]
    for vehicle, rows in table.groupby(level=0):
        points = {
            name: (row.annual_cost, row.avoided)
            for (_, name), row in zip(rows.index, rows.itertuples(), strict=True)
            if row.avoided >= 0.0 and row.annual_cost == row.annual_cost
        }
        saving = {name: cost for name, (cost, _) in points.items() if cost < 0.0}
        if saving:
            best[str(vehicle)] = min(saving, key=lambda name: (saving[name], -points[name][1]))
            continue
        ratio = {name: cost / kg for name, (cost, kg) in points.items() if kg > 0.0}
        if ratio:
            best[str(vehicle)] = min(ratio, key=lambda name: (ratio[name], -points[name][1]))
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vehicles", type=int, default=125_000)
    parser.add_argument("--sample", type=int, default=2_000)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    fleet = trucks(given.vehicles)
    models = electric_models()
    physics = spent(lambda: table_outcomes(fleet, models=models, country="MX", year=YEAR))
    money = spent(lambda: make_options(physics[2].physical, physics[2].vehicles))
    options: Options = money[2]
    terms = social_terms(options.currency)
    small = options.cases.index.get_level_values(0).unique()[:10]
    few = options.cases.index.get_level_values(0).isin(small)
    rank(Options(options.cases[few], options.physical[few], options.vehicles.loc[small], "MXN",
                 YEAR), terms=terms)  # fmt: skip
    ranked = spent(lambda: rank(options, by="bc", terms=terms))
    found: Ranking = ranked[2]
    names = [str(name) for name in found.best.index[: given.sample]]
    plain = spent(lambda: plain_best(found, names))
    assert found.best["option"].reindex(names).to_dict() == plain[2]
    report = {
        "vehicles": given.vehicles,
        "options": len(options.cases),
        "physics_cpu_s": physics[0],
        "money_cpu_s": money[0],
        "rank_cpu_s": ranked[0],
        "rank_wall_s": ranked[1],
        "all_cpu_s": physics[0] + money[0] + ranked[0],
        "ranked_vehicles": len(found.best),
        "loop_over_rank": plain[0] / max(len(names), 1) / (ranked[0] / given.vehicles),
        "peak_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
    }
    if given.json:
        print(json.dumps(report))
        return
    for name, value in report.items():
        print(f"{name:18} {value:,.4g}")
    print(found.best["option"].value_counts().to_string())
    print("without:", found.without.to_dict())
    print("MXN per kg of black carbon, best option of each vehicle:")
    print(found.best["cost_per_unit"].quantile([0.05, 0.25, 0.5, 0.75, 0.95]).to_string())


if __name__ == "__main__":
    main()
