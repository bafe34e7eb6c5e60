"""Sums by link, hour and owner: nothing lost, nothing twice."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from geofleet.emissions import (
    QUANTITIES,
    TraversalEmissions,
    emissions_by,
    link_emissions,
    traversal_emissions,
)
from geofleet.emissions import _kernels as kernels
from geofleet.fleet import Fleet
from geofleet.routes import Traversals

Table = Callable[..., Any]


@pytest.fixture
def day(table: Table) -> tuple[Traversals, TraversalEmissions, Fleet]:
    """Return 3,000 traversals of 40 links by two operators over the day."""
    draw = np.random.default_rng(7)
    rows = [
        {
            "edge": int(draw.integers(40)),
            "enter_s": float(draw.uniform(0, 100_000)),
            "length_m": float(draw.lognormal(4, 2)),
            "speed_kmh": float(draw.uniform(5, 90)),
            "operator_id": "A" if i % 3 else "B",
            "standard": "euro_3" if i % 2 else "euro_5",
            "vehicle_class": "cargo_van" if i % 5 == 0 else "rigid_12t",
        }
        for i in range(3000)
    ]
    traversals, network, fleet = table(rows)
    return traversals, traversal_emissions(traversals, network, fleet), fleet


def test_links_hold_every_gram(day: tuple[Traversals, TraversalEmissions, Fleet]) -> None:
    """Sums over links, hours and traversals agree to 1e-12 with an exact sum."""
    traversals, emissions, _ = day
    links = link_emissions(traversals, emissions)
    assert links.frame["vehicles"].sum() == len(traversals)
    for quantity in QUANTITIES:
        exact = math.fsum(emissions.grams[quantity])
        for total in (
            links.total()[quantity],
            links.by_hour()[quantity].sum(),
            links.by_link()[quantity].sum(),
            links.matrix(quantity).sum(),
        ):
            assert total == pytest.approx(exact, rel=1e-12)


def test_links_equal_a_plain_group_by(day: tuple[Traversals, TraversalEmissions, Fleet]) -> None:
    """Each cell equals what pandas sums, hours beyond midnight fold into the day."""
    traversals, emissions, _ = day
    links = link_emissions(traversals, emissions).frame
    hour = (traversals.frame["enter_s"] // 3600 % 24).astype(int)
    want = emissions.grams.groupby([traversals.frame["edge"], hour]).sum()
    np.testing.assert_array_equal(links["edge"], want.index.get_level_values(0))
    np.testing.assert_array_equal(links["hour"], want.index.get_level_values(1))
    np.testing.assert_allclose(links[list(QUANTITIES)], want[list(QUANTITIES)], rtol=1e-12)
    assert (links["edge"].dtype, links["hour"].dtype) == (np.int32, np.int8)


@pytest.mark.parametrize(
    "key", ["operator_id", "operator_size", "vehicle_class", "standard", "vehicle_id", "hour"]
)
def test_every_grouping_adds_up(
    day: tuple[Traversals, TraversalEmissions, Fleet], key: Any
) -> None:
    """Grams, kilometres and counts by any key sum to the whole."""
    traversals, emissions, fleet = day
    sums = emissions_by(traversals, emissions, key, fleet=fleet)
    assert sums.index.name == key
    assert sums.index.is_monotonic_increasing
    assert sums["traversals"].sum() == len(traversals)
    assert sums["distance_km"].sum() == pytest.approx(traversals.frame["length_m"].sum() / 1000)
    for quantity in QUANTITIES:
        assert sums[quantity].sum() == pytest.approx(emissions.grams[quantity].sum(), rel=1e-12)


def test_groups_are_the_right_ones(day: tuple[Traversals, TraversalEmissions, Fleet]) -> None:
    """Operator B drives every third vehicle and is the large one."""
    traversals, emissions, fleet = day
    by_owner = emissions_by(traversals, emissions, "operator_id")
    by_size = emissions_by(traversals, emissions, "operator_size", fleet=fleet)
    assert by_owner.loc["B", "traversals"] == 1000
    pd.testing.assert_series_equal(
        by_owner.loc["B"], by_size.loc[">100"], check_names=False, check_exact=True
    )


def test_grams_of_nobody_known_are_named_so(table: Callable[..., Any]) -> None:
    """An operator or standard that the fleet does not know: its grams join no other group."""
    traversals, network, fleet = table([{}, {"operator_id": "B"}, {"operator_id": "B"}])
    emissions = traversal_emissions(traversals, network, fleet)
    one = emissions.grams["nox_exhaust_g"].iloc[0]
    fleet.vehicles.loc["v0", "standard"] = None
    nameless = Fleet(fleet.vehicles, fleet.operators.drop(index="A"))
    for key, known in (("operator_size", ">100"), ("standard", "euro_3")):
        sums = emissions_by(traversals, emissions, key, fleet=nameless)["nox_exhaust_g"]
        assert sums.to_dict() == pytest.approx({known: 2 * one, "unknown": one})


def test_wrong_keys_are_refused(day: tuple[Traversals, TraversalEmissions, Fleet]) -> None:
    """A key that does not exist, or needs a fleet that is not given, is an error."""
    traversals, emissions, _ = day
    with pytest.raises(ValueError, match="colour"):
        emissions_by(traversals, emissions, "colour")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="needs the fleet"):
        emissions_by(traversals, emissions, "standard")


def test_compensated_sum_keeps_small_terms() -> None:
    """1 + 1e-16 ten thousand times: a plain sum loses all of it, compiled or not."""
    values = np.concatenate([[1.0], np.full(10_000, 1e-16)])[np.newaxis]
    order, starts = np.arange(10_001), np.array([0, 10_001])
    for kernel in (kernels.group_sums, kernels.group_sums.py_func):
        out = np.empty((1, 1))
        kernel(values, order, starts, out)
        assert out[0, 0] == math.fsum(values[0])
