"""Page of roads by what a vehicle may do there: its codes, its kilometres, the Mexican rules."""

from __future__ import annotations

import datetime
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geofleet.layers import Layer
from geofleet.layers.access import access_layers
from geofleet.layers.policy import access_hours_layer
from geofleet.maps.access import _kilometres, access_page
from geofleet.maps.frame import PageFrame
from geofleet.policy.rules import Event
from geofleet.policy.rules.packs import load_pack
from geofleet.wording import say

FRAME = PageFrame("access", say("contingency.title_access"), "Vías primarias", language="es")


def _html(layers: dict[str, Layer]) -> str:
    return str(access_page(layers, frame=FRAME).get_root().render())


def test_kilometres_are_those_of_the_answers() -> None:
    """The worst answer stands first; an answer that none of the roads gets is not told."""
    lines = [shapely.LineString([(-99.2, 19.3 + k / 50), (-99.1, 19.3 + k / 50)]) for k in (0, 1)]
    roads = gpd.GeoDataFrame({"name": ["Eje 1", None]}, geometry=lines, crs=4326)
    status = np.zeros((2, 24), np.int8)
    status[0, 6:8] = 4
    frame = access_hours_layer(roads, status=status).frame
    told = _kilometres(frame, status.astype(np.int64))["figures"]
    assert [one["label"]["en"] for one in told] == ["forbidden", "open"]
    np.testing.assert_allclose(told[0]["values"][[5, 6, 8]], [0, 10.5, 0], atol=0.05)
    with pytest.raises(ValueError, match="hours of the day"):
        access_page({"access_hours": access_hours_layer(roads, status=status)}, frame=FRAME,
                    hour=-1)  # fmt: skip


@pytest.mark.shared
def test_primary_roads_of_mexico_city(shared_data: Path) -> None:
    """By the Mexican rules a truck of 12 t is kept off central lanes all day, off all by Fase I.

    The kilometres are those of the classes as published: 222.7 of controlled access, 147.6 of
    lateral lanes, 1,161.6 in all.
    """
    folder = shared_data / "data"
    roads = gpd.read_parquet(folder / "roads" / "cdmx_primary" / "cdmx_primary_roads_2021.parquet")
    areas = gpd.read_parquet(folder / "boundaries" / "zmvm_municipalities.parquet")
    far = shapely.box(-101.0, 25.0, -100.9, 25.1)
    centre = shapely.box(-99.145, 19.425, -99.125, 19.443)  # about the historic centre
    rules = load_pack("mexico", zones={
        "perimetro_a": centre, "tultepec_centre": far, "monterrey_polygon": far,
    })  # fmt: skip
    day = datetime.date(2026, 11, 27)
    event = Event("contingencia", "I", (day,), parity="odd", pollutants=("o3",))
    truck = {
        "use": "freight", "body": "rigid", "gvw_kg": 12_000.0, "length_m": 8.0, "fuel": "diesel",
        "hologram": "2", "plate_digit": "4", "plate_jurisdiction": "local",
        "cargo_type": "general", "programme_membership": "none", "permits": "none",
        "model_year": 2015, "standard": "euro_4", "particle_filter": "none", "activity": "drive",
        "refrigeration": "none", "trip_relation": "through", "axles": 2,
    }  # fmt: skip
    layers = {"municipalities": areas}
    made = access_layers(rules, roads, truck, day, events=[event], layers=layers,
                         kind="class_es")  # fmt: skip
    frame = made["access_hours"].frame
    for hour, km in ((3, 222.7), (5, 222.7), (6, 1161.6), (9, 1161.6), (23, 222.7)):
        closed = frame[f"status_{hour:02d}"] == "forbidden"
        assert frame["length_m"][closed].sum() / 1000 == pytest.approx(km, rel=2e-3), hour
    # at noon what is closed besides is the centre, by its own rule
    noon = frame[frame["status_12"] == "forbidden"]
    lanes = noon["kind"] == "Via de acceso controlado"
    assert lanes.sum() == 53
    assert noon.geometry[~lanes].intersects(centre).all()
    lateral = frame["kind"] == "Carriles laterales"
    assert set(frame["status_12"][lateral]) == {"allowed"}
    assert set(frame["status_07"][lateral]) == {"forbidden"}
    zones = made["policy_zones"].frame.set_index("geography_id")
    assert zones.loc["controlled_access_central", "kind"] == "roads"
    assert shapely.get_num_geometries(zones.loc["controlled_access_central"].geometry) == 53
    text = _html(made)
    assert len(text) < 800_000
    assert "prohibido" in text
    # without the area of the centre nothing is claimed of it
    bare = access_layers(load_pack("mexico"), roads, truck, day, layers=layers, kind="class_es")
    unknown = bare["access_hours"].frame
    assert set(unknown["status_12"][lateral]) == {"unknown"}
    assert unknown["missing"][lateral].str.contains("Historic centre, perimeter A").all()
    assert unknown["missing_es"][lateral].str.contains("Centro Histórico, perímetro A").all()
