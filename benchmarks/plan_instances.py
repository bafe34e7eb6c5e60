"""Seeded fleets with prices, harm, depots, chargers and money, as plans of a city meet them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from geofleet.plan.model import ChargerKind, Depots, Floor, PlanProblem

CLASSES = {
    # share, price of a diesel truck in MXN, harm scale, km a year, kW wanted overnight
    "3.5t": (0.45, 650_000.0, 1.0, 22_000.0, 8.0),
    "7.5t": (0.30, 1_100_000.0, 2.2, 30_000.0, 15.0),
    "17t": (0.17, 2_000_000.0, 4.5, 45_000.0, 32.0),
    "tractor": (0.08, 3_200_000.0, 7.0, 80_000.0, 70.0),
}
# price over diesel, harm left, CO2e left, running cost against diesel, grant as a share of price
TECHNOLOGIES = {
    "dpf_retrofit": (0.15, 0.12, 1.01, 1.02, 0.6),
    "euro_6": (1.0, 0.06, 0.95, 0.97, 0.12),
    "cng": (1.15, 0.05, 0.85, 0.85, 0.12),
    "diesel_hybrid": (1.25, 0.07, 0.75, 0.85, 0.15),
    "electric:compact": (1.9, 0.015, 0.35, 0.55, 0.22),
    "electric:long": (2.3, 0.015, 0.37, 0.57, 0.24),
}
KINDS = (("ac_7", 7_400.0, 28_000.0), ("ac_22", 22_000.0, 65_000.0), ("dc_30", 30_000.0, 320_000.0),
         ("dc_60", 60_000.0, 620_000.0), ("dc_120", 120_000.0, 1_150_000.0))  # fmt: skip
SIZES = ("1-5", "6-30", "31-100", ">100")


def instance(
    *,
    vehicles: int,
    depots: int,
    seed: int,
    years: int = 10,
    models: int = 0,
    kinds: int = 2,
    each_kind: bool = False,
    budget_share: float = 0.3,
    carry_over: bool = True,
    floor: float | None = None,
    charger_times: float = 1.0,
    feasible: float = 0.7,
) -> PlanProblem:
    """Return a seeded problem.

    Parameters
    ----------
    vehicles, depots, years
        Sizes.
    models
        Electric models to choose among; 0 for the six technologies.
    kinds, each_kind
        Charger kinds, and whether each is a choice of its own or each model has its own.
    budget_share
        Money of all years as a share of what the dearest choices of all would take.
    charger_times
        Makes chargers and connection dearer.
    feasible
        Share of electric choices that can do the work; at 1 every choice is listed.
    """
    rng = np.random.default_rng(seed)
    shares = np.array([row[0] for row in CLASSES.values()])
    data = np.array([row[1:] for row in CLASSES.values()])
    price, harm_scale, km, wanted_kw = data[rng.choice(len(shares), vehicles, p=shares)].T
    km = km * rng.lognormal(0.0, 0.35, vehicles)
    harm = harm_scale * rng.lognormal(0.0, 1.0, vehicles) * km / 25_000.0 * 4.0e4
    co2e_t = km * harm_scale**0.5 * 2.6e-4
    cost_km = 4.0 * harm_scale**0.6
    size = rng.choice(SIZES, vehicles, p=[0.5, 0.25, 0.15, 0.1])
    weight = rng.lognormal(0.0, 0.7, depots)
    depot = rng.choice(depots, vehicles, p=weight / weight.sum())
    rows = _technologies(models, kinds, each_kind)
    left = np.arange(years, 0, -1)
    parts: dict[str, list[np.ndarray]] = {}
    for name, (over, harm_left, co2e_left, running, grant, kind, decline) in rows.items():
        can = rng.random(vehicles) < (feasible if kind >= 0 else 0.9)
        noise = rng.lognormal(0.0, 0.08, vehicles)
        who = np.flatnonzero(can)
        for year in range(years):
            paid = price[who] * over * noise[who] * (1.0 - decline) ** year
            saved = km[who] * cost_km[who] * (1.0 - running)
            factor = 1.0 / 1.09**year
            power = KINDS[kind][1] / 1000.0 if kind >= 0 else 1.0
            row = {
                "unit": who, "year": np.full(len(who), year),
                "option": np.full(len(who), name.split("@")[0], object),
                "harm": harm[who] * (1.0 - harm_left) * left[year],
                "co2e": co2e_t[who] * (1.0 - co2e_left) * left[year],
                "cost": (paid - 0.4 * price[who]) * factor
                - saved * factor * (1.0 - 1.09 ** -left[year]) / 0.09,
                "spend": paid * grant,
                "plugs": np.minimum(1.0, wanted_kw[who] / power) * (kind >= 0),
                "kind": np.full(len(who), kind),
            }  # fmt: skip
            fits = (wanted_kw[who] <= 1.3 * power) | (kind < 0) | (feasible >= 1.0)
            for column, values in row.items():
                parts.setdefault(column, []).append(values[fits])
    columns = {name: np.concatenate(values) for name, values in parts.items()}
    spend = columns["spend"]
    dearest = np.zeros(vehicles)
    np.maximum.at(dearest, columns["unit"], spend)
    total = budget_share * dearest.sum()
    small = size == SIZES[0]
    return PlanProblem(
        units=pd.DataFrame({
            "vehicle_id": [f"v{n}" for n in range(vehicles)],
            "operator_id": [f"o{n // 3}" for n in range(vehicles)],
            "operator_size": size,
        }),
        years=years, unit=columns["unit"].astype(np.int64),
        year=columns["year"].astype(np.int64), option=columns["option"],
        measures={name: columns[name] for name in ("harm", "co2e", "cost")},
        spend=spend, plugs=columns["plugs"], kind=columns["kind"].astype(np.int64),
        depot=depot.astype(np.int64),
        depots=_depots(depots, years, kinds, charger_times, depot, wanted_kw, rng),
        budget=np.full(years, total / years), carry_over=carry_over,
        floors=(Floor("small operators", small, floor),) if floor is not None else (),
    )  # fmt: skip


def _technologies(models: int, kinds: int, each_kind: bool) -> dict[str, tuple[float, ...]]:
    """Name: price over diesel, harm, CO2e and running cost left, grant, kind, decline a year."""
    rows: dict[str, tuple] = {}
    if not models:
        for place, (name, row) in enumerate(TECHNOLOGIES.items()):
            electric = name.startswith("electric")
            rows[name] = (*row, place % kinds if electric else -1, 0.04 if electric else 0.0)
        return rows
    for model in range(models):
        base = (1.6 + 0.09 * model, 0.015, 0.34 + 0.004 * model, 0.52 + 0.006 * model,
                0.18 + 0.006 * model)  # fmt: skip
        for kind in range(kinds) if each_kind else (model % kinds,):
            rows[f"electric:m{model}@{kind}"] = (*base, kind, 0.03 + 0.002 * model)
    return rows


def _depots(
    count: int, years: int, kinds: int, times: float, depot: np.ndarray, kw: np.ndarray,
    rng: np.random.Generator,
) -> Depots:  # fmt: skip
    falling = 0.97 ** np.arange(years)
    present = falling / 1.09 ** np.arange(years)
    wanted = np.bincount(depot, kw, minlength=count) * 1000.0
    return Depots(
        names=tuple(f"d{n}" for n in range(count)),
        spare_w=wanted * rng.uniform(0.02, 0.25, count), step_w=100_000.0,
        step_cost=times * 450_000.0 * present, step_spend=times * 0.5 * 450_000.0 * falling,
        most_steps=40,
        kinds=tuple(
            ChargerKind(name, power, times * cost * present, times * 0.5 * cost * falling, 400)
            for name, power, cost in (KINDS if kinds > 2 else (KINDS[1], KINDS[3]))[:kinds]
        ),
    )  # fmt: skip
