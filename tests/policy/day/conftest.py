"""A straight road of 12 km with a way round its sixth, and vehicles of round numbers on it.

Every link is 1 km at 10 m/s, so that it takes 100 s.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from shapely.geometry import Polygon

from geofleet.emissions import LinkEmissions
from geofleet.exposure import UnitExposure
from geofleet.fleet import Fleet
from geofleet.network import RoadNetwork
from geofleet.policy.cases import fleet_cases
from geofleet.policy.day import DayEffect, apply_rules
from geofleet.policy.places import link_places
from geofleet.policy.rules import Geography, Rule, RuleSet
from geofleet.policy.rules.conditions import Among
from geofleet.policy.rules.days import When
from geofleet.routes import Itineraries, build_itineraries
from geofleet.routes.speeds import HourlySpeeds

_SPEC = importlib.util.spec_from_file_location(
    "day_roads", Path(__file__).parents[2] / "network" / "roads.py"
)
assert _SPEC is not None
assert _SPEC.loader is not None
_ROADS = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_ROADS)
_KM = 12
HOUR = 3600.0


def zone(first_km: float, last_km: float, name: str = "zone") -> Geography:
    """Return an area around a stretch of the road that leaves the way round out."""
    corners = [(first_km, -0.3), (last_km, -0.3), (last_km, 0.3), (first_km, 0.3)]
    ring = [_ROADS.to_lonlat(1000.0 * x, 1000.0 * y) for x, y in corners]
    return Geography(name, name, polygon=Polygon(ring))


def rules(*some: Rule, zones: tuple[Geography, ...] = ()) -> RuleSet:
    """Return a rule set with one zone around the link from km 5 to km 6, or with others."""
    places = zones or (zone(4.9, 6.1),)
    return RuleSet("test", some, geographies={one.geography_id: one for one in places})


def ban(first_h: float = 6.0, last_h: float = 10.0, **changes: Any) -> Rule:
    """Return a prohibition of an interval of hours in the zone."""
    window = When(hours=((int(first_h * HOUR), int(last_h * HOUR)),))
    given: dict[str, Any] = {"where": "zone", "when": (window,)} | changes
    return Rule("ban", "No driving in the zone", "prohibit", **given)


def exempt(rule_id: str = "free", **changes: Any) -> Rule:
    """Return an exemption of hologram 00."""
    given: dict[str, Any] = {
        "vehicle": Among("hologram", frozenset({"00"})), "lifts": ("ban",),
    } | changes  # fmt: skip
    return Rule(rule_id, "Hologram 00", "exempt", **given)


@dataclass
class World:
    """Roads, and days on them."""

    network: RoadNetwork
    speeds: HourlySpeeds

    zone = staticmethod(zone)
    rules = staticmethod(rules)
    ban = staticmethod(ban)
    exempt = staticmethod(exempt)

    def fleet(self, *names: str, **columns: Any) -> Fleet:
        """Return diesel vans of one operator; columns as lists or one for all."""
        table = pd.DataFrame(
            {
                "operator_id": "op", "vehicle_class": "cargo_van", "fuel": "diesel",
                "standard": "euro_4", "model_year": 2012, "gvw_kg": 3500.0,
                "payload_capacity_kg": 1200.0, "hologram": "2",
            },
            index=pd.Index(names, name="vehicle_id"),
        )  # fmt: skip
        table = table.assign(**columns)
        owners = sorted(set(table["operator_id"]))
        operators = pd.DataFrame(
            {"operator_size": ["1-5", ">100"][: len(owners)]},
            index=pd.Index(owners, name="operator_id"),
        )
        return Fleet(table, operators)

    def day(
        self, vehicle: str, kms: list[float], *, depart_h: float = 8.0, date: str = "2024-05-14",
        **columns: Any,
    ) -> pd.DataFrame:  # fmt: skip
        """Return stops from km 0 by deliveries of 10 minutes back to km 0."""
        rows = []
        for number, km in enumerate([0.0, *kms, 0.0]):
            lon, lat = _ROADS.to_lonlat(1000.0 * km, 0.0)
            ends = number in (0, len(kms) + 1)
            rows.append({
                "vehicle_id": vehicle, "date": date, "seq": number,
                "stop_id": "depot" if ends else f"{vehicle}-{number}",
                "kind": "depot" if ends else "delivery", "lat": lat, "lon": lon,
                "service_min": 0.0 if ends else 10.0, "window_start": np.nan,
                "window_end": np.nan, "drop_kg": 0.0 if ends else 100.0, "pickup_kg": np.nan,
            })  # fmt: skip
        table = pd.DataFrame(rows)
        table.loc[0, "window_start"] = depart_h * HOUR
        for name, values in columns.items():
            table.loc[1 : len(kms), name] = values
        return table

    def route(self, fleet: Fleet, *days: pd.DataFrame) -> Itineraries:
        """Drive the days."""
        return build_itineraries(
            self.network, fleet, pd.concat(days, ignore_index=True),
            timezone="America/Santiago", speeds=self.speeds,
        )  # fmt: skip

    def apply(
        self, fleet: Fleet, itineraries: Itineraries, rule_set: RuleSet, **settings: Any
    ) -> DayEffect:
        """Apply rules to the days."""
        return apply_rules(
            itineraries, self.network, fleet, rule_set, speeds=self.speeds,
            **{**self.asked(fleet, rule_set), **settings},
        )  # fmt: skip

    def asked(self, fleet: Fleet, rule_set: RuleSet) -> dict[str, Any]:
        """Return places and cases."""
        return {
            "places": link_places(rule_set, self.network.edges),
            "cases": fleet_cases(fleet),
        }

    def edge(self, first_km: int) -> int:
        """Return the number of the link from a kilometre to the next."""
        return _ROADS.edge_number(self.network, first_km, first_km + 1)

    def exposure(self, emissions: LinkEmissions | None = None) -> UnitExposure:
        """Return a unit exposure of 1 at night and 10 from 6 to 10."""
        del emissions
        values = np.ones((len(self.network.edges), 24))
        values[:, 6:10] = 10.0
        return UnitExposure(np.arange(len(values), dtype=np.int32), values, 1000.0)


def _world(around: bool, factors: np.ndarray) -> World:
    nodes = {i: (1000.0 * i, 0.0) for i in range(_KM + 1)}
    links = [(i, i + 1) for i in range(_KM)]
    if around:
        nodes |= {100: (5000.0, 1000.0), 101: (6000.0, 1000.0)}
        links += [(5, 100), (100, 101), (6, 101)]
    links += [(b, a) for a, b in links]
    network = _ROADS.make_network(nodes, links)
    count = len(network.edges)
    return World(network, HourlySpeeds(("all",), factors, np.zeros(count, np.int32)))


@pytest.fixture(scope="session")
def road() -> World:
    """The road alone, at 36 km/h at any hour."""
    return _world(False, np.ones((1, 24)))


@pytest.fixture(scope="session")
def ring() -> World:
    """The road with a way round from km 5 to km 6 that is 2 km longer."""
    return _world(True, np.ones((1, 24)))


@pytest.fixture(scope="session")
def rush() -> World:
    """The road with the way round, at half the speed from 7 to 9."""
    factors = np.ones((1, 24))
    factors[0, 7:9] = 0.5
    return _world(True, factors)
