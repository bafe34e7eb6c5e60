"""Columns come back as they went in."""

from __future__ import annotations

from types import ModuleType

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from geofleet.maps.electric.streams import UNKNOWN, Streams, scaled
from geofleet.wording import both

_WHOLE = st.integers(-(2**30), 2**30)


@given(st.lists(_WHOLE, max_size=40), st.lists(st.text(max_size=8) | st.none(), max_size=8))
def test_columns_survive(decoder: ModuleType, numbers: list[int], texts: list[str | None]) -> None:
    """Signed numbers, steps, and texts of any letters; none is told from an empty one."""
    streams = Streams()
    streams.signed("signed", numbers)
    streams.steps("steps", numbers)
    streams.plain("plain", np.abs(numbers))
    streams.texts("texts", texts)
    columns, table = decoder.unpack(streams.spec())
    assert columns["signed"] == columns["steps"] == numbers
    assert columns["plain"] == [abs(number) for number in numbers]
    assert [table[number] for number in columns["texts"]] == texts


def test_equal_texts_are_stored_once() -> None:
    """A text in two languages is another one than the same word alone."""
    streams = Streams()
    assert streams.text("a") == streams.text("a") == 1
    assert streams.text(both("a")) == streams.text(both("a")) == 2
    assert streams.text(None) == 0


def test_what_is_not_known_is_no_number() -> None:
    """NaN has a mark of its own; rounding is to the nearest unit."""
    assert scaled([1.26, np.nan, -0.04], 10).tolist() == [13, UNKNOWN, 0]
