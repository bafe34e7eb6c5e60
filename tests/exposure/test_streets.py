"""What is known by link, said by street."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from geofleet.errors import InputError
from geofleet.exposure import street_means


@pytest.fixture
def network() -> Any:
    """Four links: two of one street, one of another, one without a name."""
    names = ["Prat", "Colón", "Prat", None]
    arrays = SimpleNamespace(length_m=np.array([100.0, 50.0, 300.0, 70.0]))
    return SimpleNamespace(edges=pd.DataFrame({"name": names}), arrays=arrays)


EDGES = np.arange(4, dtype=np.int32)
VALUES = np.array([[1.0, 10.0], [7.0, 70.0], [5.0, 50.0], [99.0, 99.0]])


def test_a_street_is_the_mean_along_it(network: Any) -> None:
    """By hand: Prat is (100 · 1 + 300 · 5) / 400 = 4. Links without a name are in no street."""
    found = street_means(network, EDGES, VALUES)
    assert list(found.index) == ["Colón", "Prat"]
    assert found.loc["Prat"].tolist() == [4.0, 40.0]
    assert found.loc["Colón"].tolist() == [7.0, 70.0]


def test_rows_follow_edges_and_names(network: Any) -> None:
    """Values of some links in any order; the streets asked for, as asked for."""
    order = np.array([2, 1, 0], dtype=np.int32)
    found = street_means(network, order, VALUES[order], names=["Prat", "Colón"])
    assert list(found.index) == ["Prat", "Colón"]
    assert found[0].tolist() == [4.0, 7.0]


def test_an_unknown_link_makes_its_street_unknown(network: Any) -> None:
    """The mean along a street of which a part is not known is not known."""
    values = VALUES.copy()
    values[0, 1] = np.nan
    found = street_means(network, EDGES, values)
    assert found.loc["Prat", 0] == 4.0
    assert np.isnan(found.loc["Prat", 1])
    assert not np.isnan(found.loc["Colón"]).any()


def test_wrong_input_is_named(network: Any) -> None:
    """All streets that are not there, and values of another shape."""
    with pytest.raises(InputError, match=r"(?s)O'Higgins.*Matta"):
        street_means(network, EDGES, VALUES, names=["O'Higgins", "Prat", "Matta"])
    with pytest.raises(InputError, match="one row per edge"):
        street_means(network, EDGES, VALUES[:3])
