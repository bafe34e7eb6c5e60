"""Text of things: equal for equal ones, different for different ones, the same in every run."""

from __future__ import annotations

import os
import subprocess
import sys

from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import box

from geofleet.policy.packages.canonical import text_of
from geofleet.policy.rules.conditions import Age, Span

_PLAIN = st.text(max_size=3) | st.dates() | st.booleans() | st.none()
_THINGS = st.recursive(
    _PLAIN, lambda one: st.frozensets(one, max_size=3) | st.tuples(one, one), max_leaves=6
)


@given(_THINGS, _THINGS)
def test_text_tells_equal_from_different(one, other) -> None:
    """Both ways, so that levers that say the same are one and those that do not are two."""
    assert (text_of(one) == text_of(other)) == (one == other)


def test_numbers_areas_and_lines_of_files() -> None:
    """Ten is ten however written; an area is its outline wherever that begins."""
    assert text_of(Age(Span(high=10))) == text_of(Age(Span(high=10.0)))
    assert text_of(Age(Span(high=10))) != text_of(Age(Span(high=10.5)))
    assert text_of(box(0, 0, 1, 1)) == text_of(box(0, 0, 1, 1, ccw=False))
    assert text_of(box(0, 0, 1, 1)) != text_of(box(0, 0, 1, 2))
    assert text_of({"a": 1, "b": [2]}) == text_of({"b": (2,), "a": 1})


def test_the_salt_of_hashes_does_not_show() -> None:
    """Sets print in the same order in every process."""
    code = (
        "from geofleet.policy.packages.canonical import text_of\n"
        "print(text_of({frozenset('abcdef'): frozenset(('x', 'y', 'z'))}))"
    )
    found = set()
    for salt in ("0", "1", "2"):
        env = {**os.environ, "PYTHONHASHSEED": salt}
        done = subprocess.run(
            [sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True
        )
        found.add(done.stdout)
    assert len(found) == 1
