"""Intake fraction and means over people, by hand and from both sides of the operator."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from geofleet.errors import InputError
from geofleet.exposure import UnitExposure, concentrations, unit_exposure
from geofleet.exposure.harm import (
    emission_weighted_exposure,
    harm_price,
    intake_fraction,
    mean_increment,
    people_weighted,
)


def unit(values: np.ndarray, people: float = 10.0) -> UnitExposure:
    return UnitExposure(np.arange(len(values), dtype=np.int32), values, people, provenance=("a:b",))


def test_intake_is_breath_times_exposure() -> None:
    """10 persons at 1 µg/m3 per g/s breathe 10 x 14.5 / 86,400 µg of each gram."""
    intake = intake_fraction(unit(np.full((1, 24), 10.0)))
    np.testing.assert_allclose(intake.ppm, 10 * 14.5 / 86400)
    other = intake_fraction(unit(np.full((1, 24), 10.0)), breathing="usetox_m3_day")
    np.testing.assert_allclose(other.ppm / intake.ppm, 13 / 14.5)
    assert intake.provenance == ("a:b", "breathing:rate_m3_day")
    assert any("not included" in note for note in intake.notes)


def test_grams_inhaled_and_their_mean() -> None:
    rng = np.random.default_rng(0)
    values, grams = rng.uniform(1e4, 1e6, (3, 24)), rng.uniform(0, 5, (3, 24))
    intake = intake_fraction(unit(values))
    inhaled = intake.inhaled_g(grams)
    assert intake.mean_ppm(grams) == pytest.approx(inhaled.sum() / grams.sum() * 1e6)
    np.testing.assert_allclose(harm_price(unit(values), metric="intake") * grams * 1e-6, inhaled)
    with pytest.raises(InputError, match="is not known"):
        intake.mean_ppm(np.zeros((3, 24)))
    with pytest.raises(InputError, match="one row per edge"):
        intake.inhaled_g(np.ones((2, 24)))


def test_children_breathe_less_each() -> None:
    """Groups have rates of their own, and add up."""
    whole, young = unit(np.full((1, 24), 10.0)), unit(np.full((1, 24), 4.0))
    intake = intake_fraction({"people": whole, "under_5": young})
    assert set(intake.by_group) == {"under_5", "others"}
    np.testing.assert_allclose(sum(intake.by_group.values()), intake.ppm)
    expected = 4.0 * (5.4 + 8.0 + 8.9 + 2 * 10.1) / 5.0 / 86400
    np.testing.assert_allclose(intake.by_group["under_5"], expected)


def test_means_by_hand() -> None:
    air = np.zeros((3, 24))
    air[0], air[1], air[2, 12] = 1.0, 3.0, 24.0
    people = np.array([1.0, 2.0, 1.0])
    means = people_weighted(
        air, people, groups={"old": np.array([0.0, 1.0, 1.0]), "nobody": np.zeros(3)},
        zone_id=["a", "a", "b"],
    )  # fmt: skip
    assert means.overall == pytest.approx((1.0 + 2 * 3.0 + 1.0) / 4)
    assert means.by_hour[0] == pytest.approx(7.0 / 4)
    assert means.by_hour[12] == pytest.approx((1.0 + 6.0 + 24.0) / 4)
    assert means.by_group["old"] == pytest.approx((3.0 + 1.0) / 2)
    assert np.isnan(means.by_group["nobody"])
    pd.testing.assert_series_equal(
        means.by_zone, pd.Series({"a": 7.0 / 3, "b": 1.0}, name="ug_m3"), check_index_type=False
    )


def test_people_who_move_are_weighted_hour_by_hour() -> None:
    """Where people are by day counts by day."""
    air = np.array([[1.0] * 24, [5.0] * 24])
    there = np.zeros((2, 24))
    there[0, :12], there[1, 12:] = 8.0, 8.0
    means = people_weighted(air, there)
    assert means.by_hour[:12].tolist() == [1.0] * 12
    assert means.by_hour[12:].tolist() == [5.0] * 12
    assert means.overall == pytest.approx(3.0)


def test_mean_from_the_emission_s_side_is_that_from_the_people_s(
    make_network: Callable[..., object],
    make_points: Callable[..., object],
    make_weather: Callable[..., object],
) -> None:
    """Unit exposure times grams gives the mean that concentrations give."""
    network = make_network([[(0, 0), (200, 0)], [(0, 100), (0, 300)]])
    rng = np.random.default_rng(4)
    receptors = make_points(rng.uniform(20, 800, (30, 2)), rng.uniform(1, 50, 30))
    weather, edges = make_weather(), np.arange(2, dtype=np.int32)
    grams = rng.uniform(0, 9, (2, 24))
    given = unit_exposure(network, receptors, weather, edges=edges)  # type: ignore[arg-type]
    air = concentrations(network, receptors, weather, edges=edges, grams=grams)  # type: ignore[arg-type]
    people = receptors.frame["people"].to_numpy()  # type: ignore[attr-defined]
    assert mean_increment(given, grams) == pytest.approx(
        people_weighted(air, people).overall, rel=1e-9
    )
    weighted = emission_weighted_exposure(given, grams)
    assert given.values.min() <= weighted <= given.values.max()
    assert weighted * grams.sum() == pytest.approx((given.values * grams).sum())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"people": np.array([1.0, -1.0])}, "at least 0"),
        ({"people": np.zeros(2)}, "people in at least one place"),
        ({"people": np.ones((2, 23))}, r"\(2, 24\)"),
        ({"concentrations": np.array([1.0, np.nan])}, "finite"),
        ({"zone_id": ["a"]}, "a zone for each of the 2"),
    ],
)
def test_bad_input_is_named(change: dict[str, object], words: str) -> None:
    kinds = {"concentrations": np.array([1.0, 2.0]), "people": np.array([1.0, 2.0])}
    with pytest.raises(InputError, match=words):
        people_weighted(**(kinds | change))  # type: ignore[arg-type]


def test_grams_must_fit_and_not_be_nothing() -> None:
    exposure = unit(np.ones((2, 24)))
    for function in (mean_increment, emission_weighted_exposure):
        with pytest.raises(InputError, match="one row per edge"):
            function(exposure, np.ones((3, 24)))
    with pytest.raises(InputError, match="is not known"):
        emission_weighted_exposure(exposure, np.zeros((2, 24)))
    with pytest.raises(InputError, match="people somewhere"):
        mean_increment(unit(np.ones((2, 24)), people=0.0), np.ones((2, 24)))
