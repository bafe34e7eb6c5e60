"""A proven gap as readers are told it."""

from __future__ import annotations

import math

from geofleet.brief_facts.plan import _told


def test_a_gap_stays_a_bound_without_the_rounding_of_a_solver() -> None:
    """What is told is never below what is proven; none and unknown stay what they are."""
    assert [_told(gap) for gap in (0.0, 1e-16, 0.00596)] == [0.0, 1e-4, 0.00596]
    assert math.isinf(_told(math.inf))
    assert math.isnan(_told(math.nan))
