"""Sums by link and hour: nothing lost, nothing twice."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from geofleet.emissions import QUANTITIES, TraversalEmissions, link_emissions, traversal_emissions
from geofleet.emissions import _kernels_sums as kernels
from geofleet.emissions.aggregate import grouped
from geofleet.routes import Traversals

Table = Callable[..., Any]


@pytest.fixture
def day(table: Table) -> tuple[Traversals, TraversalEmissions]:
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
    return traversals, traversal_emissions(traversals, network, fleet)


def test_links_hold_every_gram(day: tuple[Traversals, TraversalEmissions]) -> None:
    """Sums over links, hours and traversals agree to 1e-12 with an exact sum."""
    traversals, emissions = day
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


def test_links_equal_a_plain_group_by(day: tuple[Traversals, TraversalEmissions]) -> None:
    """Each cell equals what pandas sums, hours beyond midnight fold into the day."""
    traversals, emissions = day
    links = link_emissions(traversals, emissions).frame
    hour = (traversals.frame["enter_s"] // 3600 % 24).astype(int)
    want = emissions.grams.groupby([traversals.frame["edge"], hour]).sum()
    np.testing.assert_array_equal(links["edge"], want.index.get_level_values(0))
    np.testing.assert_array_equal(links["hour"], want.index.get_level_values(1))
    np.testing.assert_allclose(links[list(QUANTITIES)], want[list(QUANTITIES)], rtol=1e-12)
    assert (links["edge"].dtype, links["hour"].dtype) == (np.int32, np.int8)


def test_groups_of_rows() -> None:
    """Distinct keys ascending with their counts and sums; of nothing, nothing."""
    found, counts, sums = grouped(np.array([7, 3, 7]), np.array([[1.0, 2.0, 4.0]]))
    assert (found.tolist(), counts.tolist(), sums.tolist()) == ([3, 7], [1, 2], [[2.0, 5.0]])
    found, counts, sums = grouped(np.zeros(0, dtype=np.int64), np.zeros((2, 0)))
    assert (len(found), len(counts), sums.shape) == (0, 0, (2, 0))


def test_compensated_sum_keeps_small_terms() -> None:
    """1 + 1e-16 ten thousand times: a plain sum loses all of it, compiled or not."""
    values = np.concatenate([[1.0], np.full(10_000, 1e-16)])[np.newaxis]
    order, starts = np.arange(10_001), np.array([0, 10_001])
    for kernel in (kernels.group_sums, kernels.group_sums.py_func):
        out = np.empty((1, 1))
        kernel(values, order, starts, out)
        assert out[0, 0] == math.fsum(values[0])


def test_the_same_vehicle_day_is_not_summed_twice(
    day: tuple[Traversals, TraversalEmissions],
) -> None:
    """Sums of vehicle-days computed apart are refused when a vehicle and date are in both."""
    one, same = link_emissions(*day), link_emissions(*day)
    with pytest.raises(ValueError, match=r"vehicle-days are in both .* of vehicle .* on 20"):
        one.plus(same)
