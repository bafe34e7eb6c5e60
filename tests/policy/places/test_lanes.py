"""Lanes and storeys: what tags and classes say for certain, and what stays open."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import LineString

from geofleet.policy.places import road_lanes


def _roads(rows: list[dict[str, Any]]) -> gpd.GeoDataFrame:
    lines = [LineString([(-99.1, 19.4), (-99.09, 19.4)])] * len(rows)
    return gpd.GeoDataFrame(pd.DataFrame(rows), geometry=lines, crs="EPSG:4326")


@pytest.mark.parametrize(
    ("tags", "lane_kind", "level"),
    [
        # OpenStreetMap: a motorway is central, the street beside it says lateral in its name.
        ({"highway": "motorway", "name": "Periférico", "bridge": False}, "central", "ground"),
        ({"highway": "primary", "name": "Lateral Anillo Periférico", "bridge": False}, "lateral",
         "ground"),
        ({"highway": "secondary", "name": "Anillo Periférico (LATERAL)"}, "lateral", None),
        ({"highway": "trunk", "name": "Viaducto, carriles  centrales"}, "central", None),
        # A trunk or primary road may be either.
        ({"highway": "trunk", "name": "Circuito Interior", "bridge": False}, None, "ground"),
        ({"highway": "primary", "name": "Calzada de Tlalpan"}, None, None),
        ({"highway": "motorway_link", "name": None}, None, None),
        # Names that only sound like it.
        ({"highway": "primary", "name": "Eje Central Lázaro Cárdenas"}, None, None),
        ({"highway": "living_street", "name": "Unilateralidad"}, "none", None),
        # Two names of one link that do not agree.
        ({"highway": "primary", "name": "Lateral Periférico;Avenida Toluca"}, None, None),
        # Storeys: a bridge may be an overpass, a tunnel is none.
        ({"highway": "motorway", "name": "Segundo Piso Periférico", "bridge": True}, "central",
         "second"),
        ({"highway": "motorway", "name": "Periférico", "bridge": True}, "central", None),
        ({"highway": "primary", "name": "x", "tunnel": True, "bridge": True}, None, "ground"),
        ({"highway": "primary", "name": "x", "bridge": False, "layer": 1}, None, None),
        ({"highway": "primary", "name": "x", "layer": "-1"}, None, "ground"),
        ({"highway": "primary", "name": "x", "bridge": "viaduct"}, None, None),
        ({"highway": "primary", "name": "x", "bridge": "no"}, None, "ground"),
        # The official register.
        ({"class_es": "Via de acceso controlado", "name": "Viaducto Tlalpan"}, "central", None),
        ({"class_es": "VÍA DE ACCESO CONTROLADO", "name": "Viaducto Tlalpan"}, "central", None),
        ({"class_es": "Carriles laterales", "name": "Viaducto Tlalpan"}, "lateral", "ground"),
        ({"class_es": "Eje Vial", "name": "Eje 5 Oriente Av. Central"}, "none", "ground"),
        ({"class_es": "Camino", "name": "x"}, None, None),
        # What the roads bring along goes first.
        ({"highway": "motorway", "name": "x", "lane_kind": "lateral", "level": "second"}, "lateral",
         "second"),
    ],
)  # fmt: skip
def test_lanes_of_one_road(tags: dict[str, Any], lane_kind: str | None, level: str | None) -> None:
    """Each road alone."""
    found = road_lanes(_roads([tags])).iloc[0]
    assert (found["lane_kind"], found["level"]) == (lane_kind, level)


def test_roads_are_left_as_they_were() -> None:
    """A copy gets the columns; a mixed table keeps its order."""
    roads = _roads(
        [{"highway": "motorway", "name": None}, {"highway": "primary", "name": "Lateral"}]
    )
    found = road_lanes(roads)
    assert "lane_kind" not in roads.columns
    assert list(found["lane_kind"]) == ["central", "lateral"]
