"""Small options by hand, and random ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest

from geofleet.economics.ledger import new_cases
from geofleet.economics.options import Options

PHYSICS = (
    "annual_km", "pm25_exhaust_g", "pm25_wear_g", "bc_exhaust_g", "nox_exhaust_g", "co2e_wtw_g",
    "harm_person_ug_m3_h", "fuel_l", "energy_wh", "adblue_l", "probability", "payload_short_kg",
)  # fmt: skip

Rows = Mapping[tuple[str, str], tuple[Mapping[str, float], Mapping[str, float]]]


def make_options(rows: Rows, *, currency: str = "MXN", **vehicles: Sequence[Any]) -> Options:
    """Return options from money and physics by (vehicle, option); what is not given is zero."""
    index = pd.MultiIndex.from_tuples(list(rows), names=["vehicle_id", "option"])
    money = filled([one for one, _ in rows.values()], (), index)
    physical = filled([one for _, one in rows.values()], PHYSICS, index)
    options = index.get_level_values("option")
    physical.insert(0, "technology", [str(name).partition(":")[0] for name in options])
    physical.insert(1, "model_id", [str(name).partition(":")[2] for name in options])
    ids = list(dict.fromkeys(index.get_level_values("vehicle_id")))
    frame = pd.DataFrame(vehicles, index=pd.Index(ids, name="vehicle_id"))
    cases = new_cases(index, **{name: money[name] for name in money.columns})
    return Options(cases, physical, frame, currency, 2025)


def filled(
    given: Sequence[Mapping[str, float]], names: Sequence[str], index: pd.Index
) -> pd.DataFrame:
    """Return rows with zero where nothing is given; NaN that is given stays."""
    every = dict.fromkeys([*names, *(name for row in given for name in row)])
    table = [[float(row.get(name, 0.0)) for name in every] for row in given]
    return pd.DataFrame(table, index=index, columns=list(every))


@pytest.fixture
def make() -> Callable[..., Options]:
    """Return the maker of options."""
    return make_options


def filters(kg: Sequence[float]) -> Options:
    """Return trucks whose filter of 200,000 and 10,000 a year avoids so many kg of PM2.5."""
    rows: dict[tuple[str, str], Any] = {}
    base = {"years": 10, "discount_rate": 0.16}
    for number, one in enumerate(kg):
        name = f"t{number}"
        rows[name, "keep"] = (base, {"annual_km": 30_000, "pm25_exhaust_g": 30_000.0,
                                     "bc_exhaust_g": 15_000.0, "fuel_l": 6_000})  # fmt: skip
        filtered = {**base, "price": 200_000, "filter_per_year": 10_000}
        rows[name, "dpf_retrofit"] = (filtered, {
            "annual_km": 30_000, "pm25_exhaust_g": 30_000.0 - 1000.0 * one,
            "bc_exhaust_g": 15_000.0 - 600.0 * one, "fuel_l": 6_000,
        })  # fmt: skip
    return make_options(rows)


@pytest.fixture
def filter_options() -> Options:
    """Return the three worked filters."""
    return filters([6.0, 11.0, 24.0])


@pytest.fixture
def random_options() -> Callable[..., Options]:
    """Return the maker of random options: vehicles with some of six options each."""

    def made(seed: int, count: int = 6, *, unknown: bool = True) -> Options:
        rng = np.random.default_rng(seed)
        rows: dict[tuple[str, str], Any] = {}
        names = ["dpf_retrofit", "euro_6", "cng", "electric:a", "electric:b"]
        for number in range(count):
            base = {"years": 8, "discount_rate": 0.15, "energy_per_year": 150_000.0}
            physics = {"annual_km": 30_000.0, "pm25_exhaust_g": 9e3, "pm25_wear_g": 1e3,
                       "bc_exhaust_g": 5e3, "nox_exhaust_g": 2e5, "co2e_wtw_g": 2e7,
                       "harm_person_ug_m3_h": 5e4, "fuel_l": 6e3}  # fmt: skip
            rows[f"v{number}", "keep"] = (base, physics)
            for name in names:
                if rng.random() < 0.3:
                    continue
                left = rng.uniform(0.0, 1.3)
                money = {**base, "price": float(np.round(rng.uniform(5e4, 2e6), -4)),
                         "energy_per_year": 150_000.0 * rng.uniform(0.2, 1.1)}  # fmt: skip
                changed = {key: value * left for key, value in physics.items()}
                changed["annual_km"] = 30_000.0
                if unknown and rng.random() < 0.1:
                    changed["bc_exhaust_g"] = np.nan
                if name.startswith("electric"):
                    changed |= {"fuel_l": 0.0, "energy_wh": 1.5e7}
                rows[f"v{number}", name] = (money, changed)
        sizes = ["1-5", ">100", "6-30"]
        return make_options(rows, operator_size=[sizes[n % 3] for n in range(count)])

    return made
