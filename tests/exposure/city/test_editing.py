"""A changed zone or street, without summing the city again, gives what a new sum gives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from geofleet.defaults import Defaults
from geofleet.errors import InputError
from geofleet.exposure import Receptors, prepare_scene, unit_exposure, with_links, with_people

Make = Callable[..., Any]
LINES = [[(0, 0), (150, 60)], [(900, -300), (900, 60)], [(-60, 1700), (-330, 1690)]]


def people_at(make_points: Make) -> Receptors:
    xy = np.random.default_rng(4).uniform(-2500, 2500, (60, 2))
    made: Receptors = make_points(xy, 5.0)
    made.frame["zone_id"] = np.where(np.arange(60) < 20, "a", "b")
    return made


def test_a_zone_edited(make_network: Make, make_points: Make, make_weather: Make) -> None:
    """Added, taken away and unchanged people: as summed anew, and never less with more people."""
    network, weather, before = make_network(LINES), make_weather(3), people_at(make_points)
    edges = np.arange(3, dtype=np.int32)
    scene = prepare_scene(network, before, weather, edges=edges)
    unit = unit_exposure(network, before, weather, edges=edges, scene=scene)
    for zone, people in (("a", 900.0), ("b", 0.0), ("b", 200.0)):
        after = before.with_zone(zone, people)
        anew = unit_exposure(network, after, weather, edges=edges, scene=scene)
        edited = with_people(unit, scene, before=before, after=after)
        np.testing.assert_allclose(edited.values, anew.values, rtol=1e-9)
        assert edited.people == pytest.approx(anew.people)
        more = people - before.frame.loc[before.frame["zone_id"] == zone, "people"].sum()
        assert np.all((edited.values - unit.values) * np.sign(more) >= 0.0)
    moved = make_points(np.zeros((60, 2)), 5.0)
    with pytest.raises(InputError, match="not moved"):
        with_people(unit, scene, before=before, after=moved)


def test_a_street_edited_and_one_added(
    make_network: Make, make_points: Make, make_weather: Make
) -> None:
    """A street laid elsewhere and a new one have the exposure of a city that always had them."""
    weather, receptors = make_weather(3), people_at(make_points)
    old = make_network(LINES)
    edges = np.arange(3, dtype=np.int32)
    scene = prepare_scene(old, receptors, weather, edges=edges)
    unit = unit_exposure(old, receptors, weather, edges=edges, scene=scene)
    new = make_network([LINES[0], [(700, -200), (640, 90)], LINES[2], [(50, 20), (300, 400)]])
    edited = with_links(
        unit, scene, new, receptors, edges=np.array([3, 1], dtype=np.int32), defaults=Defaults()
    )
    anew = unit_exposure(new, receptors, weather, edges=np.arange(4, dtype=np.int32))
    assert edited.edges.tolist() == [0, 1, 2, 3]
    np.testing.assert_array_equal(edited.values[[0, 2]], unit.values[[0, 2]])
    np.testing.assert_allclose(edited.values, anew.values, rtol=5e-3)
    with pytest.raises(InputError, match="edge number"):
        with_links(unit, scene, new, receptors, edges=np.array([9], dtype=np.int32))


def test_both_directions_of_a_changed_street(
    make_network: Make, make_points: Make, make_weather: Make
) -> None:
    """The direction that nobody named changes with the one that was."""
    weather, receptors = make_weather(2), people_at(make_points)
    old = make_network([LINES[0], LINES[0], LINES[1]])
    new = make_network([[(10, 40), (90, 160)], [(10, 40), (90, 160)], LINES[1]])
    for network in (old, new):
        network.arrays.twin[:] = [1, 0, -1]
    edges = np.arange(3, dtype=np.int32)
    scene = prepare_scene(old, receptors, weather, edges=edges)
    unit = unit_exposure(old, receptors, weather, edges=edges, scene=scene)
    edited = with_links(unit, scene, new, receptors, edges=np.array([1], dtype=np.int32))
    np.testing.assert_array_equal(edited.values[0], edited.values[1])
    assert np.all(edited.values[0] != unit.values[0])
    np.testing.assert_array_equal(edited.values[2], unit.values[2])
