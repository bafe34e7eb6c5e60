"""Who gains and who pays: sums are kept, shares are shares."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from geofleet.economics.options import Options
from geofleet.economics.society import avoided, by_operator, by_people, social_cost, social_terms
from geofleet.errors import InputError


def test_sums_by_size_are_those_of_all(random_options: Callable[..., Options]) -> None:
    """Cost and kilograms by operator size add up; shares of what has one sign add up to one."""
    options = random_options(31, 24, unknown=False)
    values = avoided(options.physical)[["bc"]].join(social_cost(options, social_terms())
                                                    ["annual_cost"])  # fmt: skip
    rng = np.random.default_rng(1)
    takers = pd.Series(rng.integers(0, 5, len(values)).astype(float), values.index)
    found = by_operator(options, values, takers=takers)
    assert set(found.index) == {"1-5", "6-30", ">100"}
    for name in values:
        assert found[name].sum() == pytest.approx((values[name] * takers).sum())
    assert found["vehicles_share"].sum() == pytest.approx(1.0)
    with pytest.raises(InputError, match="one of operator_size"):
        by_operator(options, values, by="size")


def test_people_by_hand(random_options: Callable[..., Options]) -> None:
    """The east has a quarter of the people and gets half; the north gets more smoke."""
    index = random_options(32, 1).cases.index[:2]
    harm = pd.DataFrame({"east": [0.0, 60.0], "west": [0.0, 80.0], "north": [0.0, -20.0]}, index)
    people = pd.Series({"east": 10.0, "west": 20.0, "north": 10.0})
    found = by_people(harm, people)
    assert found["avoided_share"].tolist() == pytest.approx([0.5, 2 / 3, -1 / 6])
    assert found["relative"].tolist() == pytest.approx([2.0, 4 / 3, -2 / 3])
    assert found["worse_off"].tolist() == [False, False, True]
    assert found.loc["east", "avoided_per_person"] == 6.0
    with pytest.raises(InputError, match="north"):
        by_people(harm, people.drop("north"))
