"""Geographies on road links: shares of length by hand, roads by name, what is not known."""

from __future__ import annotations

import datetime as dt
import math
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, Point, box

from geofleet.errors import InputError
from geofleet.policy.decisions import FORBIDDEN, decide
from geofleet.policy.places import LinkPlaces, link_places
from geofleet.policy.rules import Geography, Rule, RuleSet
from geofleet.policy.rules.conditions import All, Among, Not
from geofleet.policy.rules.model import Members

SQUARE = box(-99.2, 19.4, -99.1, 19.5)


def _set(*geographies: Geography) -> RuleSet:
    rules = tuple(
        Rule(f"r_{one.geography_id}", "R", "prohibit", where=one.geography_id)
        for one in geographies
    )
    return RuleSet("test", rules, geographies={one.geography_id: one for one in geographies})


def _roads(*lines: LineString | None, **columns: list[Any]) -> gpd.GeoDataFrame:
    frame = pd.DataFrame(columns, index=range(len(lines)))
    return gpd.GeoDataFrame(frame, geometry=list(lines), crs="EPSG:4326")


def _line(inside: float, *, lat: float = 19.45) -> LineString:
    """Return a line along a parallel across the eastern border with a share inside."""
    return LineString([(-99.1 - 0.01 * inside, lat), (-99.1 + 0.01 * (1 - inside), lat)])


def test_a_link_is_inside_with_half_of_its_length() -> None:
    """Shares along a parallel are exact: 0, just under and over a half, 1."""
    roads = _roads(_line(0.0), _line(0.49), _line(0.51), _line(1.0), LineString(), None)
    found = link_places(_set(Geography("zone", "Zone", SQUARE)), roads)
    assert found.of("zone").tolist() == [0, 0, 2, 2, 1, 1]
    assert found.missing == {"zone": ("geometry",)}
    assert "places:inside.length_share" in found.provenance


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=8), st.sampled_from([32614, 6372, 3857]))
def test_projection_and_direction_change_nothing(shares: list[float], epsg: int) -> None:
    """The same roads in another CRS, drawn backwards, in another order, lie where they lay."""
    shares = [share for share in shares if abs(share - 0.5) > 1e-3] or [1.0]
    roads = _roads(*(_line(share) for share in shares))
    rules = _set(Geography("zone", "Zone", SQUARE))
    other = roads.iloc[::-1].to_crs(epsg)
    other["geometry"] = other.geometry.reverse()
    found = link_places(rules, roads).of("zone")
    assert found.tolist() == [2 if share > 0.5 else 0 for share in shares]
    assert link_places(rules, other).of("zone").tolist() == found[::-1].tolist()


def test_area_of_members_and_area_that_nobody_supplied() -> None:
    """Members of a layer make an area in any CRS; without the layer it is unknown and named."""
    rules = _set(Geography("both", "Both", members=Members("towns", "code", frozenset("ab"))))
    towns = gpd.GeoDataFrame(
        {"code": ["a", "b", "c"]},
        geometry=[box(-99.2, 19.4, -99.15, 19.5), box(-99.15, 19.4, -99.1, 19.5),
                  box(-99.1, 19.4, -99.0, 19.5)],
        crs="EPSG:4326",
    )  # fmt: skip
    roads = _roads(LineString([(-99.16, 19.45), (-99.14, 19.45)]), _line(0.1))
    assert link_places(rules, roads, layers={"towns": towns.to_crs(32614)}).of("both").tolist() == [
        2, 0,
    ]  # fmt: skip
    found = link_places(rules, roads)
    assert found.of("both").tolist() == [1, 1]
    assert found.missing == {"both": ("area of both",)}
    with pytest.raises(InputError, match=r"layer towns, field code: 'b'"):
        link_places(rules, roads, layers={"towns": towns[towns["code"] != "b"]})
    with pytest.raises(InputError, match="a column code"):
        link_places(rules, roads, layers={"towns": towns[["geometry"]]})


def test_roads_by_name_class_and_lane() -> None:
    """Names match whatever their accents; what is empty is unknown unless the area decides."""
    roads = _roads(
        _line(1.0), _line(1.0), _line(1.0), _line(1.0), _line(0.0), _line(1.0),
        name=["AVENIDA  JUAREZ", "Avenida Juárez Norte", None, "Calle 1;Avenida Juárez", None,
              "Lateral Hidalgo"],
        highway=["primary", "primary", "primary", "primary", "primary", "motorway"],
    )  # fmt: skip
    juarez = Among("name", frozenset(["Avenida Juárez"]))
    found = link_places(
        _set(
            Geography("on", "On", SQUARE, roads=juarez),
            Geography("off", "Off", SQUARE, except_roads=juarez),
            Geography("lanes", "Lanes", roads=Among("lane_kind", frozenset(["lateral"])),
                      has_area=False),
            Geography("one", "One", roads=All((Not(juarez), Among("class_es", frozenset("x")))),
                      has_area=False),
        ),
        roads,
    )  # fmt: skip
    assert found.of("on").tolist() == [2, 0, 1, 2, 0, 0]
    assert found.of("off").tolist() == [0, 2, 1, 0, 0, 2]
    assert found.of("lanes").tolist() == [1, 1, 1, 1, 1, 2]
    assert found.of("one").tolist() == [0, 1, 1, 0, 1, 1]
    assert found.missing == {
        "on": ("name",), "off": ("name",), "lanes": ("lane_kind",), "one": ("class_es", "name"),
    }  # fmt: skip
    with pytest.raises(KeyError, match="elsewhere"):
        found.of("elsewhere")


def test_signatures_at_and_frame_say_the_same() -> None:
    """Groups of links give back every link; truths at positions are those that decide takes."""
    roads = _roads(_line(1.0), _line(0.0), _line(1.0), name=["a", "a", None])
    named = Geography("named", "Named", SQUARE, roads=Among("name", frozenset("a")))
    rules = _set(Geography("zone", "Zone", SQUARE), named)
    found = link_places(rules, roads)
    code, groups = found.signatures()
    assert (groups[:, code] == found.inside).all()
    assert groups.shape == (2, 3)
    assert {name: row.tolist() for name, row in found.at([2, 2, 1]).items()} == {
        "zone": [2, 2, 0], "named": [1, 1, 0],
    }  # fmt: skip
    assert list(found.frame()["inside_named"]) == ["yes", "no", "unknown"]
    decided = decide(rules, pd.DataFrame(index=range(3)), [dt.date(2026, 2, 13)],
                     inside=found.at(np.arange(3)))  # fmt: skip
    answers = decided.status_at(np.arange(3), np.zeros(3, int), np.zeros(3, int))
    assert (answers == FORBIDDEN).tolist() == [True, False, True]


def test_points_lie_in_areas_and_on_roads() -> None:
    """A stop lies in an area by itself; whether its road counts needs the link."""
    roads = _roads(_line(1.0), _line(1.0), name=["a", "b"])
    rules = _set(
        Geography("zone", "Zone", SQUARE),
        Geography("named", "Named", SQUARE, roads=Among("name", frozenset("a"))),
        Geography("dark", "Dark"),
        Geography("anywhere", "Anywhere", roads=Among("name", frozenset("a")), has_area=False),
    )
    found = link_places(rules, roads)
    stops = gpd.GeoSeries([Point(-99.15, 19.45), Point(-99.0, 19.45), None], crs="EPSG:4326")
    assert found.points_inside(stops).tolist() == [[2, 0, 1], [1, 0, 1], [1, 1, 1], [1, 1, 1]]
    on = found.points_inside(stops.to_crs(32614), links=[1, 0, -1])
    assert on.tolist() == [[2, 0, 1], [0, 0, 1], [1, 1, 1], [0, 2, 1]]


def test_bad_roads_are_named() -> None:
    """No CRS, and a road that is a point."""
    rules = _set(Geography("zone", "Zone", SQUARE))
    with pytest.raises(InputError, match="coordinate reference system"):
        link_places(rules, _roads(_line(1.0)).set_crs(None, allow_override=True))
    points = gpd.GeoDataFrame(geometry=[Point(0, 0)], crs="EPSG:4326")
    with pytest.raises(InputError, match=r"row 1.*'Point'"):
        link_places(rules, points)


ART_26 = _set(
    Geography("central", "Central lanes", roads=Among("lane_kind", frozenset(["central"])),
              has_area=False),
    Geography("lateral", "Lateral lanes", roads=Among("lane_kind", frozenset(["lateral"])),
              has_area=False),
)  # fmt: skip


def _kilometres(found: LinkPlaces, name: str) -> tuple[float, float]:
    """Return kilometres inside and unknown."""
    length = found.links["length_m"].to_numpy() / 1000.0
    row = found.of(name)
    return float(length[row == 2].sum()), float(length[row == 1].sum())


@pytest.mark.shared
def test_central_and_lateral_lanes_of_mexico_city(shared_data: Path) -> None:
    """The register's kilometres: freight is kept from 222.7 km and may use 147.6 km beside them."""
    folder = shared_data / "data/roads/cdmx_primary"
    raw = gpd.read_parquet(folder / "cdmx_primary_roads_2021.parquet")
    found = link_places(ART_26, raw)
    assert _kilometres(found, "central") == pytest.approx((222.7, 0.0), abs=0.05)
    assert _kilometres(found, "lateral") == pytest.approx((147.6, 0.0), abs=0.05)
    assert math.isclose(raw["length_m"].sum() / 1000.0, 1161.6, abs_tol=0.05)
    # Cut at crossings, lateral lanes are folded into the roads that they repeat.
    noded = gpd.read_parquet(folder / "cdmx_primary_roads_noded.parquet")
    found = link_places(ART_26, noded)
    assert _kilometres(found, "central") == pytest.approx((222.75, 0.0), abs=0.05)
    assert _kilometres(found, "lateral") == (0.0, 0.0)
    beside = noded["has_lateral"].to_numpy() & (found.of("central") == 2)
    assert noded["length_m"][beside].sum() / 1000.0 == pytest.approx(121.4, abs=0.05)
