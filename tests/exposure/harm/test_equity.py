"""Who bears it: shares and the concentration index, by hand and by what must not matter."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from geofleet.errors import InputError
from geofleet.exposure.harm import (
    concentration_index,
    exposure_shares,
    exposure_shares_by_group,
    of_zones,
)

AIR = np.array([1.0, 2.0, 4.0, 8.0])
PEOPLE = np.array([10.0, 20.0, 10.0, 10.0])


def test_shares_by_hand_with_unknown_as_its_own_row() -> None:
    table = exposure_shares(AIR, PEOPLE, ["low", "high", "low", None], order=["low", "high"])
    assert table.index.tolist() == ["low", "high", "unknown"]
    assert table["people"].tolist() == [20.0, 20.0, 10.0]
    np.testing.assert_allclose(table["people_share"], [0.4, 0.4, 0.2])
    # 10·1 + 10·4, 20·2, 10·8 of 170
    np.testing.assert_allclose(table["exposure_share"], np.array([50, 40, 80]) / 170)
    np.testing.assert_allclose(table["mean_ug_m3"], [2.5, 2.0, 8.0])
    np.testing.assert_allclose(table["ratio"], np.array([2.5, 2.0, 8.0]) / 3.4)
    assert any("not included" in note for note in table.attrs["notes"])


def test_a_missing_label_of_pandas_is_unknown_too() -> None:
    labels = pd.Series(["a", pd.NA, np.nan, None], dtype=object)
    assert exposure_shares(AIR, PEOPLE, labels).loc["unknown", "people"] == 40.0
    # a label wanted that nobody has stays, with nobody
    table = exposure_shares(AIR, PEOPLE, ["a"] * 4, order=["b", "a"])
    assert table.loc["b", "people"] == 0.0
    assert np.isnan(table.loc["b", "mean_ug_m3"])


def test_shares_by_age_group() -> None:
    """Who is in no group is unknown; groups beyond everyone are refused."""
    table = exposure_shares_by_group(AIR, PEOPLE, {"under_5": np.array([1.0, 0.0, 0.0, 1.0])})
    assert table.index.tolist() == ["under_5", "unknown"]
    assert table.loc["under_5", "mean_ug_m3"] == pytest.approx(4.5)
    assert table["exposure_share"].sum() == pytest.approx(1.0)
    with pytest.raises(InputError, match="no more than everyone"):
        exposure_shares_by_group(AIR, PEOPLE, {"under_5": 2 * PEOPLE})


def test_where_nothing_is_emitted_there_is_no_share() -> None:
    table = exposure_shares(np.zeros(4), PEOPLE, ["a", "b", "a", "b"])
    assert table["exposure_share"].isna().all()
    assert table["mean_ug_m3"].tolist() == [0.0, 0.0]


def test_hours_and_people_who_move() -> None:
    air = np.repeat(AIR[:, None], 24, axis=1)
    there = np.repeat(PEOPLE[:, None], 24, axis=1)
    labels = ["a", "b", "a", "b"]
    pd.testing.assert_frame_equal(
        exposure_shares(air, there, labels), exposure_shares(AIR, PEOPLE, labels)
    )


def index_of_individuals(air: np.ndarray, rank: np.ndarray) -> float:
    """Concentration index of single persons: 2 cov(h, R) / mean, ranks (i - 1/2) / n."""
    order = np.argsort(rank, kind="stable")
    fractional = (np.arange(len(air)) + 0.5) / len(air)
    return float(2.0 * np.cov(air[order], fractional, bias=True)[0, 1] / air.mean())


def test_index_is_that_of_the_single_persons() -> None:
    """Places with people are the same as that many single persons, one by one."""
    rng = np.random.default_rng(0)
    people, air, rank = rng.integers(1, 9, 40), rng.uniform(0, 5, 40), rng.normal(size=40)
    found = concentration_index(air, people.astype(float), rank, higher_is_better=True)
    expected = index_of_individuals(np.repeat(air, people), np.repeat(rank, people))
    assert found.value == pytest.approx(expected, rel=1e-12)


def test_index_by_hand() -> None:
    """Two halves, all borne by the worse-off: -1/2; shared alike: 0; by the better-off: 1/2."""
    rank, people = np.array([1.0, 2.0]), np.array([5.0, 5.0])
    for air, value in (([2.0, 0.0], -0.5), ([1.0, 1.0], 0.0), ([0.0, 2.0], 0.5)):
        found = concentration_index(np.array(air), people, rank, higher_is_better=True)
        assert found.value == pytest.approx(value)
        turned = concentration_index(np.array(air), people, rank, higher_is_better=False)
        assert turned.value == pytest.approx(-value)


positive = st.floats(0.1, 1e3)


@given(
    air=hnp.arrays(float, 12, elements=positive),
    people=hnp.arrays(float, 12, elements=positive),
    rank=hnp.arrays(float, 12, elements=st.sampled_from([1.0, 2.0, 3.0, 7.0])),
    factor=positive,
)
def test_what_must_not_matter(
    air: np.ndarray, people: np.ndarray, rank: np.ndarray, factor: float
) -> None:
    """Unit, order, population size and any rising scale of the rank leave the index as it is."""
    base = concentration_index(air, people, rank, higher_is_better=True).value
    assert -1.0 <= base <= 1.0
    turn = np.random.default_rng(1).permutation(12)
    for other in (
        concentration_index(air * factor, people, rank, higher_is_better=True),
        concentration_index(air, people * factor, rank, higher_is_better=True),
        concentration_index(air, people, np.exp(rank) - 5.0, higher_is_better=True),
        concentration_index(air[turn], people[turn], rank[turn], higher_is_better=True),
        concentration_index(  # a place split in two
            np.append(air, air[0]),
            np.concatenate([[people[0] / 4], people[1:], [people[0] * 0.75]]),
            np.append(rank, rank[0]), higher_is_better=True,
        ),
    ):  # fmt: skip
        assert other.value == pytest.approx(base, abs=1e-9)
    assert concentration_index(
        air, people, -rank, higher_is_better=False
    ).value == pytest.approx(base, abs=1e-9)  # fmt: skip


def test_unknown_ranks_are_left_out_and_counted() -> None:
    found = concentration_index(
        AIR, PEOPLE, np.array([1.0, np.nan, 2.0, 3.0]), higher_is_better=True
    )
    assert (found.people, found.people_unknown) == (30.0, 20.0)
    with pytest.raises(InputError, match="known rank"):
        concentration_index(AIR, PEOPLE, np.full(4, np.nan), higher_is_better=True)
    with pytest.raises(InputError, match="of shape"):
        concentration_index(AIR, PEOPLE, np.ones(3), higher_is_better=True)


def test_a_zone_s_column_for_its_receptors() -> None:
    zones = pd.DataFrame({"zone_id": ["a", "b"], "grade": ["Alto", None]})
    assert of_zones(["b", "a", "c"], zones, "grade").tolist()[1] == "Alto"
    assert pd.isna(of_zones(["b", "a", "c"], zones, "grade")[[0, 2]]).all()
    with pytest.raises(InputError, match="keep of read_zones"):
        of_zones(["a"], zones, "index")
    with pytest.raises(InputError, match="a label for each of the 4"):
        exposure_shares(AIR, PEOPLE, ["a"])
