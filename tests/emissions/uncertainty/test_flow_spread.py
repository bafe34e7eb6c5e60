"""Intervals of flows: whole, and in the same world as those of vehicles."""

from __future__ import annotations

import math
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from geofleet.defaults import Defaults
from geofleet.emissions import QUANTITIES
from geofleet.emissions.flows import FlowWork, prepare_flows
from geofleet.emissions.inventories.inventory import flow_inventory
from geofleet.emissions.uncertainty.intervals import flow_spread, intervals, variance_shares
from geofleet.fleet.composition import FleetComposition
from geofleet.traffic import LinkFlows

Z95 = 1.6449
NOX, PM, BC = "nox_exhaust_g", "pm25_exhaust_g", "bc_exhaust_g"
WEAR = "pm10_wear_g"
Case = Callable[..., Any]
MX = {"country": "MX"}


def flow_work(defaults: Defaults, table: pd.DataFrame, network: Any) -> FlowWork:
    draw = np.random.default_rng(2)
    classes = tuple(dict.fromkeys(table["vehicle_class"]))
    vehicles = draw.uniform(0, 9, (len(network.arrays.grade), len(classes), 24)).astype(np.float32)
    flows = LinkFlows(np.arange(len(vehicles), dtype=np.int32), classes, vehicles)
    speed = draw.uniform(2, 80, (len(vehicles), 24)).astype(np.float32)
    return prepare_flows(
        flows, network, FleetComposition(table.assign(zone="", aftertreatment="")),
        speed_kmh=speed, zone_of_edge=None, load_share=None, country="MX", year=2024,
        temperature_c=[5.0] * 24, defaults=defaults,
    )  # fmt: skip


FLEET = pd.DataFrame(
    [
        ("cargo_van", "diesel", "euro_4", 2008, 1.0), ("rigid_12t", "diesel", "unknown", 2012, 0.5),
        ("rigid_12t", "cng", "euro_6", 2020, 0.2), ("rigid_12t", "diesel", "euro_2", 2000, 0.2),
        ("rigid_12t", "electric", "none", 2023, 0.1),
    ],
    columns=["vehicle_class", "fuel", "standard", "model_year", "share"],
)  # fmt: skip


@pytest.mark.parametrize("aged", [0, 1])
@pytest.mark.parametrize(
    "by", [[], ["edge"], ["hour", "standard", "highway"], ["vehicle_class"], ["age"]]
)
def test_flows_taken_apart_are_whole(streets: Any, by: list[str], aged: int, certain: Case) -> None:
    """Central values are those of the inventory; without spread there is no interval."""
    defaults = certain(**{"deterioration:applied": aged})
    work = flow_work(defaults, FLEET, streets)
    want = flow_inventory(work, streets, by=by)[list(QUANTITIES)]
    table = flow_spread(
        work, streets, by=by, draws=5, altitude_m=0.0, defaults=defaults
    ).intervals()
    for column in ("central", "p05", "p95"):
        found = table[column].unstack("quantity")[list(QUANTITIES)]
        assert found.index.to_list() == want.index.to_list()
        np.testing.assert_allclose(found, want, rtol=1e-9, atol=1e-12)


def test_queues_at_signals_of_flows_have_a_factor_of_their_own(streets: Any, only: Case) -> None:
    """The factor of idling moves what signals add on slow links, and nothing else."""
    defaults = only("idle.all.gsd")
    whole, still = (
        flow_inventory(flow_work(defaults, FLEET, network), network)["fuel_g"].iloc[0]
        for network in (streets, _without_signals(streets))
    )
    spread_ = flow_spread(flow_work(defaults, FLEET, streets), streets, draws=5000, altitude_m=0.0,
                          defaults=defaults)  # fmt: skip
    table = spread_.intervals(quantities=["fuel_g"]).iloc[0]
    s = math.log(1.3)
    assert whole > still * 1.001
    want = (whole - still) * math.sqrt(math.exp(s**2) * math.expm1(s**2))
    assert table["sd"] == pytest.approx(want, rel=0.05)


def _without_signals(network: Any) -> Any:
    return SimpleNamespace(**{**vars(network), "edges": network.edges.drop(columns="signals")})


def test_flows_and_traversals_see_the_same_factors(streets: Any, case: Case, only: Case) -> None:
    """One kind of truck, one seed: the relative interval is the same both ways."""
    table = pd.DataFrame([("rigid_20t", "diesel", "euro_3", 2005, 1.0)], columns=FLEET.columns)
    defaults = only("old.pm25.gsd", **{"uncertainty:old.bc.gsd": 1.2})
    work = flow_work(defaults, table, streets)
    flow = flow_spread(work, streets, draws=400, defaults=defaults).intervals()
    day = intervals(*case([{}]), draws=400, defaults=defaults)
    for quantity in (PM, BC):
        one, other = (part.xs(quantity, level="quantity").iloc[0] for part in (flow, day))
        np.testing.assert_allclose(one / one["central"], other / other["central"], rtol=1e-9)
    shares = flow_spread(work, streets, draws=400, defaults=defaults).variance_shares()
    assert "high_emitter.vehicles" not in shares.index.get_level_values("source")


@pytest.mark.parametrize("year", [2012, 2021])
def test_how_sure_the_mix_is_acts_on_flows_as_on_many_vehicles(
    streets: Any, case: Case, only: Case, year: int
) -> None:
    """One shared factor, one seed: draws of a flow of unknown trucks follow those of trucks."""
    kind = {"vehicle_class": "rigid_20t", "standard": "unknown"}
    table = pd.DataFrame([("rigid_20t", "diesel", "unknown", year, 1.0)], columns=FLEET.columns)
    for name in ("us_path", "newer"):
        defaults = only(f"certification.{name}.gsd", 1.8)
        options: dict[str, Any] = {"altitude_m": 0.0, "draws": 500, "defaults": defaults}
        flow = flow_spread(flow_work(defaults, table, streets), streets, **options)
        shares = flow.variance_shares(quantities=[PM])["share"]
        newer_alone = name == "newer" and year == 2012  # one standard a path: nothing to vary
        found = [] if newer_alone else [f"certification.{name}"]
        assert shares.index.get_level_values("source").to_list() == found
        days = variance_shares(*case([kind], years=[year]), **MX, quantities=PM, **options)["sd"]
        sources = days.index.get_level_values("source")
        assert set(sources) == {"certification.vehicles", *found}
    mixed = pd.concat([table.assign(share=0.5), table.assign(standard="euro_4", share=0.5)])
    work = flow_work(defaults, mixed, streets)
    half = flow_spread(work, streets, by="standard", **options).intervals(quantities=[WEAR])
    if year == 2021:
        sd = (half["sd"] / half["central"]).droplevel("quantity")
        assert sd["euro_4"] == pytest.approx(0.0, abs=1e-12)
        assert (sd.drop("euro_4") > 0.01).all()
