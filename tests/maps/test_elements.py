"""Data in a page stays data."""

from __future__ import annotations

import json

import folium
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geofleet.maps.elements import Panel, Ref, Source, StyledLines, to_script
from geofleet.maps.packing import pack

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text()
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)  # fmt: skip


@given(_JSON)
def test_a_literal_is_json_that_says_the_same(data: object) -> None:
    """What is written parses back to what went in, and holds nothing that HTML or Jinja reads."""
    text = to_script(data)
    assert json.loads(text) == data
    assert not any(mark in text for mark in ("<", ">", "&", "{{", "{%", "{#", "\u2028", "\u2029"))


def test_unknown_numbers_are_null() -> None:
    """NaN has no place in JSON."""
    assert to_script(float("nan")) == "null"
    assert to_script(np.array([1.5, np.nan])) == "[1.5,null]"
    assert to_script(np.array([3, -1])) == "[3,-1]"


def test_only_a_reference_is_code() -> None:
    """A text that looks like a name stays text."""
    assert to_script([Ref("layer_1"), "layer_1"]) == '[layer_1,"layer_1"]'


def test_elements_work_on_a_plain_folium_map() -> None:
    """The layers are ordinary folium elements, with one statement for all features."""
    page = folium.Map([0, 0], tiles=None)
    lines = shapely.linestrings([[(0, 0), (1, 1)], [(1, 1), (2, 0)]])
    source = Source(pack(lines), "some")
    source.add_to(page)
    StyledLines(source, {"fixed": {"color": "#000"}}, "some", name="Some", show=True).add_to(page)
    text = page.get_root().render()
    assert text.count("geofleet.styledLines(") == 1
    assert "lines_some.addTo(" in text


def test_an_element_outside_a_map_says_so() -> None:
    """Rendering something that was never added is an error with a reason."""
    with pytest.raises(TypeError, match="add the element to a map"):
        Panel({}).render()
