"""A made-up day under rules with hostile names, as layers for maps."""

from __future__ import annotations

import datetime
import importlib.util
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from geofleet.layers import Layer
from geofleet.layers.links import roads_layer
from geofleet.layers.policy import policy_layers
from geofleet.policy.places import link_places
from geofleet.policy.rules import Rule
from geofleet.policy.rules.days import When

HOSTILE = "</script><script>window.hacked = 1</script> {{ 7 * 7 }}"
DATE = datetime.date(2024, 5, 14)


def _module(name: str, *parts: str) -> Any:
    spec = importlib.util.spec_from_file_location(
        name, Path(__file__).parents[1].joinpath(*parts)
    )  # fmt: skip
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def contingency_layers() -> dict[str, Layer]:
    """Two vans: one waits before the zone at km 5 until 10:00, of one the answer is unknown."""
    road = _module("maps_day_worlds", "policy", "day", "conftest.py")._world(
        True, np.ones((1, 24))
    )  # fmt: skip
    fleet = road.fleet("van", "doubt", hologram=["2", None])
    plan = road.route(fleet, road.day("van", [10.0]), road.day("doubt", [3.0, 8.0], depart_h=9.0))
    ban = replace(road.ban(), name=f"Ban {HOSTILE}", note=HOSTILE, source="test", status="user")
    evening = Rule("evening", "No music", "prohibit", when=(When(hours=((72000, 75600),)),))
    place = replace(road.zone(4.9, 6.1), name=f"Zone {HOSTILE}")
    rules = road.rules(ban, road.exempt(), evening, zones=(place,))
    effect = road.apply(fleet, plan, rules, responses=("wait",)).with_exposure(road.exposure())
    places = link_places(rules, road.network.edges)
    layers = policy_layers(road.network, effect, places=places)
    return {"roads": roads_layer(road.network), **layers}
