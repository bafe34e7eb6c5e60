"""Harm of traversals: the sums that all else is made of."""

from __future__ import annotations

import numpy as np
import pytest

from geofleet.desk.driven import DrivenHarm
from geofleet.study import Results


def test_harm_is_grams_times_what_a_gram_does(by_hand: DrivenHarm) -> None:
    """Four passages, by hand."""
    assert by_hand.harm.tolist() == [3.0, 4.0, 6.0, 2.0]
    table = by_hand.by_link_hour
    assert table[0, 8] == 3.0
    assert table[1, [8, 9]].tolist() == [4.0, 6.0]
    assert table[2, 10] == 2.0
    assert table.sum() == 15.0


def test_another_hour_has_its_own_people(by_hand: DrivenHarm) -> None:
    """The second passage at eight in the evening harms five times as much."""
    assert by_hand.at_hour(np.array([1]), np.array([20])).tolist() == [20.0]


def test_all_traversals_together_do_the_harm_of_the_run(
    driven: DrivenHarm, half_results: Results
) -> None:
    """The run sums grams by link and hour first."""
    whole = half_results.harm("pm25_exhaust_g") + half_results.harm("pm25_wear_g")
    assert driven.harm.sum() == pytest.approx(whole, rel=1e-12)
    assert driven.by_link_hour.sum() == pytest.approx(whole, rel=1e-12)
