"""Cases for intervals: fleets with everything in them, and defaults without any error."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest

from geofleet.defaults import Defaults, read_table

Case = Callable[..., Any]


def _certain(**rows: Any) -> Defaults:
    """Return defaults in which nothing is uncertain but the rows given."""
    table = read_table("uncertainty")
    values: dict[str, float | str] = {
        f"uncertainty:{row}": 1.0 for row in table.index if str(row).endswith(".gsd")
    }
    us = read_table("us_path")
    values |= {
        f"us_path:{row}": str(us.loc[str(row).rpartition("_")[0] + "_factor", "value"])
        for row in us.index
        if str(row).endswith(("per_fuel_low", "per_fuel_high"))
    }
    values["inventory:intervals.high_emitter_share"] = 0.0
    return Defaults({**values, **rows})


def _only(row: str, gsd: float = 1.3, **more: Any) -> Defaults:
    """Return defaults in which one row of table uncertainty alone is above 1."""
    return _certain(**{f"uncertainty:{row}": gsd}, **more)


@pytest.fixture
def certain() -> Case:
    """Return the function that makes defaults without any uncertainty but the rows given."""
    return _certain


@pytest.fixture
def only() -> Case:
    """Return the function that makes defaults in which one spread alone is above 1."""
    return _only


@pytest.fixture
def case(table: Case) -> Case:
    """Return the function that makes traversals, network and fleet with heights and years."""

    def make(
        rows: Sequence[dict[str, Any]], *, height_m: float = 0.0, years: Sequence[int] | None = None
    ) -> tuple[Any, Any, Any]:
        traversals, network, fleet = table(rows)
        network.nodes = pd.DataFrame({"elevation_m": [height_m - 100, height_m + 100, np.nan]})
        network.edges = pd.DataFrame({"highway": "primary", "signals": np.arange(len(rows)) % 3})
        fleet.vehicles["model_year"] = 2015 if years is None else list(years)
        fleet.vehicles["aftertreatment"] = [row.get("aftertreatment") for row in rows]
        return traversals, network, fleet

    return make


@pytest.fixture
def mixed(case: Case) -> tuple[Any, Any, Any]:
    """Return a fleet with everything in it: vans, gas, electric, US, unknown, states, idling."""
    kinds = [
        {"standard": "euro_3"}, {"standard": "unknown"}, {"standard": "epa_2004"},
        {"standard": "epa_2010"}, {"standard": "euro_5", "aftertreatment": "scr_disabled"},
        {"standard": "euro_6", "fuel": "cng"}, {"standard": "none", "fuel": "electric"},
        {"vehicle_class": "cargo_van", "standard": "euro_4"},
        {"standard": "euro_4", "aftertreatment": "high_emitter"},
        {"standard": "euro_4", "aftertreatment": "normal_emitter"},
    ]  # fmt: skip
    draw = np.random.default_rng(5)
    rows = [
        {**kinds[i % len(kinds)], "edge": i % 7, "enter_s": float(draw.uniform(0, 80_000)),
         "speed_kmh": float(draw.uniform(8, 80)), "length_m": float(draw.uniform(50, 900))}
        for i in range(60)
    ]  # fmt: skip
    traversals, network, fleet = case(rows, height_m=2240, years=[1995 + i % 28 for i in range(60)])
    # Two vehicle-days of two links each, with a stop between them, and some queues at signals.
    frame = traversals.frame.assign(to_fraction=np.float32(1.0))
    frame.loc[frame["edge"].isin([1, 2, 5]), "speed_kmh"] = np.float32(2.5)
    again = frame.iloc[[0, 3]].assign(seq=1, stop_before=1)
    again["enter_s"] = again["enter_s"] + 1200.0
    frame = pd.concat([frame, again]).sort_values(["vehicle_day", "seq"], ignore_index=True)
    frame = frame.astype(traversals.frame.dtypes)
    return type(traversals)(frame, traversals.vehicle_days, traversals.timezone), network, fleet


@pytest.fixture
def streets(case: Case, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a network of twelve links with lengths, taken in blocks of five."""
    monkeypatch.setattr("geofleet.emissions.inventories.flow_parts._BLOCK", 5)
    network = case([{"grade": 0.01 * (i % 3)} for i in range(12)])[1]
    network.arrays.length_m = np.linspace(50, 600, 12)
    network.arrays.edge_count = 12
    return network
