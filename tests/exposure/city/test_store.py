"""A stored unit exposure comes back as it was, and only for the inputs that made it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from geofleet.defaults import Defaults
from geofleet.errors import InputError
from geofleet.exposure import UnitExposure, exposure_key, load_unit_exposures, save_unit_exposures

Make = Callable[..., Any]


def test_round_trip(tmp_path: Path) -> None:
    """Values, people, report and provenance survive; another key finds nothing."""
    values = np.random.default_rng(0).uniform(0, 1e6, (3, 24))
    unit = UnitExposure(
        np.array([1, 4, 9], dtype=np.int32), values, 123.5, {"pairs": 3}, ("exposure:x",)
    )
    assert load_unit_exposures(tmp_path / "u") is None
    young = UnitExposure(unit.edges, values / 7.0, 20.5, {"group": "under_5"}, ())
    save_unit_exposures({"people": unit, "under_5": young}, tmp_path / "u", key="k1")
    found = load_unit_exposures(tmp_path / "u", key="k1")
    assert found is not None
    assert list(found) == ["people", "under_5"]
    np.testing.assert_array_equal(found["under_5"].values, young.values)
    assert found["under_5"].people == 20.5
    back = found["people"]
    np.testing.assert_array_equal(back.values, values)
    np.testing.assert_array_equal(back.edges, unit.edges)
    assert (back.people, dict(back.report), back.provenance) == (
        123.5, {"pairs": 3}, ("exposure:x",)
    )  # fmt: skip
    assert load_unit_exposures(tmp_path / "u", key="k2") is None
    assert not list((tmp_path / "u").glob("*.part"))


def test_damage_is_said(tmp_path: Path) -> None:
    """A stored file that cannot be read is an error, not a silent recomputation."""
    unit = UnitExposure(np.array([1], dtype=np.int32), np.ones((1, 24)), 1.0)
    save_unit_exposures({"people": unit}, tmp_path, key="k")
    (tmp_path / "unit_exposure.parquet").write_bytes(b"PAR1")
    with pytest.raises(InputError, match="delete the folder"):
        load_unit_exposures(tmp_path, key="k")


def test_key_follows_the_inputs(make_network: Make, make_points: Make, make_weather: Make) -> None:
    """The same inputs give the same key; people, roads, weather or settings change it."""
    network = make_network([[(0, 0), (100, 0)], [(0, 50), (90, 70)]])
    receptors = make_points(np.array([[5.0, 60.0], [300.0, 10.0]]), 3.0)
    weather = make_weather(1)
    edges = np.array([0, 1], dtype=np.int32)
    base = exposure_key(network, receptors, weather, edges=edges)
    assert base == exposure_key(network, receptors, weather, edges=edges[::-1])
    others = [
        exposure_key(network, receptors, weather, edges=edges[:1]),
        exposure_key(network, make_points(np.array([[5.0, 60.0], [300.0, 10.0]]), 4.0), weather,
                     edges=edges),
        exposure_key(network, receptors, make_weather(1, seed=8), edges=edges),
        exposure_key(make_network([[(0, 0), (100, 0)], [(0, 50), (90, 71)]]), receptors, weather,
                     edges=edges),
        exposure_key(network, receptors, weather, edges=edges,
                     defaults=Defaults({"dispersion:release_height_m": 1.3})),
    ]  # fmt: skip
    assert len({base, *others}) == 6
