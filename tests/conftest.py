"""Fixtures for all tests."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from geofleet.planned import PlannedStudy
    from geofleet.study import Study

# The same examples in every run, and as long for each as a busy machine takes; another profile
# explores.
UNTIMED = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("steady", derandomize=True, **UNTIMED)
settings.register_profile("explore", derandomize=False, **UNTIMED)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))

_MODELS = "byd_t3, maxus_edeliver3_53, jac_n55_ev, foton_eaumark_6t, freightliner_em2_class7"
_OWNERS = {"syn-op-02", "syn-op-06", "syn-op-08", *(f"syn-op-{k}" for k in range(10, 18))}
"""One large and two middling operators, and all small ones."""

_REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def repository() -> Path:
    """Return the folder of the repository."""
    return _REPOSITORY


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of development data beside the repository, or skip."""
    folder = Path(os.environ.get("GEOFLEET_SHARED", _REPOSITORY.parent / "shared"))
    if not (folder / "data").is_dir():
        pytest.skip(f"development data folder {folder} is not here")
    return folder


@pytest.fixture(scope="session")
def half_study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """Half of the bundled study, with few models and few days drawn for each probability."""
    import pandas as pd

    from geofleet.bundled import bundled_study
    from geofleet.study import Study

    folder = tmp_path_factory.mktemp("half") / "coquimbo"
    shutil.copytree(bundled_study(), folder)
    file = folder / "study.yaml"
    text = file.read_text(encoding="utf-8")
    text = text.replace("models: all", f"models: [{_MODELS}]\n  draws: 24")
    file.write_text(text, encoding="utf-8")
    vehicles = pd.read_csv(folder / "vehicles.csv", dtype=str, keep_default_na=False)
    vehicles = vehicles[vehicles["operator_id"].isin(_OWNERS)]
    stops = pd.read_csv(folder / "stops.csv", dtype=str, keep_default_na=False)
    operators = pd.read_csv(folder / "operators.csv", dtype=str, keep_default_na=False)
    vehicles.to_csv(folder / "vehicles.csv", index=False)
    stops[stops["vehicle_id"].isin(vehicles["vehicle_id"])].to_csv(
        folder / "stops.csv", index=False
    )
    operators[operators["operator_id"].isin(_OWNERS)].to_csv(folder / "operators.csv", index=False)
    return Study.open(folder)


@pytest.fixture(scope="session")
def half_planned(half_study: Study) -> PlannedStudy:
    """Its plan with its own settings, every vehicle on its own routes; nothing changes it."""
    from geofleet.outputs.plan import plan_settings, study_plan

    return study_plan(half_study, plan_settings(half_study, reassign=False))


@pytest.fixture
def tiny_study(tmp_path: Path) -> Path:
    """Write a small complete study: a 9 × 9 grid of streets, two vehicles, eight stops."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    step = 0.0015
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<osm version="0.6" generator="test">']
    for row in range(9):
        for column in range(9):
            lat, lon = -29.9 + row * step, -71.25 + column * step
            node = 1 + row * 9 + column
            lines.append(f'<node id="{node}" version="1" lat="{lat:.7f}" lon="{lon:.7f}"/>')
    for way, nodes in enumerate(
        [[1 + r * 9 + c for c in range(9)] for r in range(9)]
        + [[1 + r * 9 + c for r in range(9)] for c in range(9)],
        start=1,
    ):
        kind = "secondary" if way % 9 == 5 else "residential"
        lines.append(f'<way id="{way}" version="1">')
        lines += [f'<nd ref="{node}"/>' for node in nodes]
        lines.append(f'<tag k="highway" v="{kind}"/><tag k="name" v="Calle {way}"/></way>')
    lines.append("</osm>")
    (folder / "roads.osm").write_text("\n".join(lines), encoding="utf-8")
    (folder / "study.yaml").write_text(
        "name: Tiny\ntimezone: America/Santiago\ncountry: CL\nseed: 1\n"
        "network:\n  osm: roads.osm\n"
        "fleet:\n  vehicles: vehicles.csv\n  operators: operators.csv\n"
        "routes:\n  stops: stops.csv\n"
        "population:\n  zones: population.geojson\n"
        "weather:\n  table: weather.csv\n",
        encoding="utf-8",
    )
    (folder / "operators.csv").write_text(
        "operator_id,name,fleet_size\nA,Firm A,3\nB,Firm B,120\n", encoding="utf-8"
    )
    (folder / "vehicles.csv").write_text(
        "vehicle_id,operator_id,vehicle_class,fuel,standard,model_year,gvw_kg,payload_capacity_kg\n"
        "van,A,cargo_van,diesel,euro_4,2012,3500,1200\n"
        "truck,B,rigid_7_5t,diesel,euro_3,2005,7500,3800\n",
        encoding="utf-8",
    )
    stops = ["vehicle_id,date,seq,stop_id,kind,lat,lon,service_min,window_start,window_end,drop_kg"]
    places = [(0.2, 0.4), (3.3, 2.1), (6.1, 5.7), (0.2, 0.4)]
    for vehicle, shift in (("van", 0.0), ("truck", 1.0)):
        for seq, (row, column) in enumerate(places):
            depot = seq in (0, len(places) - 1)
            lat = -29.9 + (row + shift) * step
            lon = -71.25 + round(column) * step + 0.00005
            stops.append(
                f"{vehicle},2024-05-14,{seq},{'depot' if depot else f's{seq}'},"
                f"{'depot' if depot else 'delivery'},{lat:.6f},{lon:.6f},"
                f"{0 if depot else 10},{'08:00' if seq == 0 else ''},,{0 if depot else 100}"
            )
    (folder / "stops.csv").write_text("\n".join(stops) + "\n", encoding="utf-8")
    features = []
    for zone in range(4):
        west = -71.25 + (zone % 2) * 4 * step
        south = -29.9 + (zone // 2) * 4 * step
        east, north = west + 4 * step, south + 4 * step
        ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
        features.append(
            {
                "type": "Feature",
                "properties": {"zone_id": f"z{zone}", "people": 100.0 * (zone + 1)},
                "geometry": {"type": "Polygon", "coordinates": [ring]},
            }
        )
    collection = {"type": "FeatureCollection", "features": features}
    (folder / "population.geojson").write_text(json.dumps(collection), encoding="utf-8")
    weather = ["hour,weight_hours,month,wind_speed_m_s,wind_from_deg,temperature_c,cloud_cover"]
    weather += [f"{h},365,7,{1.5 + h % 5},{(h * 37) % 360},14,0.4" for h in range(24)]
    (folder / "weather.csv").write_text("\n".join(weather) + "\n", encoding="utf-8")
    return folder
