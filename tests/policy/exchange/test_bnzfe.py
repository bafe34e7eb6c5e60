"""French low emission zones: made-up zones, read and decided."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import LineString, Point, box, mapping

from geofleet.errors import InputError
from geofleet.policy.decisions import ALLOWED, FORBIDDEN, UNKNOWN, decide
from geofleet.policy.exchange import read_bnzfe, read_geojson, to_geojson
from geofleet.policy.places import link_places

TOWN = box(2.0, 48.0, 2.1, 48.1)
STREET = LineString([(2.02, 48.05), (2.05, 48.05)])
FRIDAY, SATURDAY = dt.date(2026, 2, 13), dt.date(2026, 2, 14)
EASTER_MONDAY = dt.date(2026, 4, 6)
NOON, NIGHT = 12 * 3600, 22 * 3600


def _write(path: Path, *features: tuple[Any, dict[str, Any]]) -> Path:
    found = [
        {"type": "Feature", "geometry": None if shape is None else mapping(shape),
         "properties": properties}
        for shape, properties in features
    ]  # fmt: skip
    path.write_text(json.dumps({"type": "FeatureCollection", "features": found}))
    return path


def _zone(**changed: Any) -> dict[str, Any]:
    return {
        "id": "123456789-ZFE-001", "date_debut": "2025-01-01", "date_fin": None,
        "vp_critair": None, "vp_horaires": None, "vul_critair": "V3",
        "vul_horaires": "Mo-Fr 08:00-20:00; PH off", "pl_critair": "V4", "pl_horaires": "24/7",
        "url_arrete": "https://example.org/a.pdf", "url_site_information": "https://example.org",
    } | changed  # fmt: skip


def _cases() -> pd.DataFrame:
    return pd.DataFrame({
        "use": "freight",
        "gvw_kg": [3500, 3500, 3501, 3501, 3501, 3500],
        "critair": ["3", "2", "3", "4", "none", None],
    })  # fmt: skip


def test_vans_and_lorries_by_sticker_hour_and_holiday(tmp_path: Path) -> None:
    """Up to 3.5 t stickers 3 and worse on working days, above 3.5 t stickers 4 and worse always."""
    rules = read_bnzfe(_write(tmp_path / "aires.geojson", (TOWN, _zone())))
    assert [rule.rule_id for rule in rules.rules] == [
        "123456789-ZFE-001:vul", "123456789-ZFE-001:pl",
    ]  # fmt: skip
    assert rules.rules[0].legal_reference == "https://example.org/a.pdf"
    cases = _cases()
    days = [FRIDAY, SATURDAY, EASTER_MONDAY, dt.date(2024, 12, 31)]
    decided = decide(rules, cases, days, inside={"123456789-ZFE-001": True})
    each = np.arange(len(cases))

    def at(day: int, second: int) -> list[int]:
        place = list(decided.dates).index(days[day])
        found = decided.status_at(each, np.full(len(each), place), np.full(len(each), second))
        return [int(one) for one in found]

    no, yes, unknown = FORBIDDEN, ALLOWED, UNKNOWN
    assert at(0, NOON) == [no, yes, yes, no, no, unknown]
    assert at(0, NIGHT) == [yes, yes, yes, no, no, yes]
    assert at(1, NOON) == [yes, yes, yes, no, no, yes]
    assert at(2, NOON) == [yes, yes, yes, no, no, yes]
    assert at(3, NOON) == [yes] * 6


def test_stickers_from_electric_to_none(tmp_path: Path) -> None:
    """EL forbids all, NC those without a sticker alone."""
    for sticker, count in (("EL", 7), ("V1", 6), ("V5", 2), ("NC", 1)):
        path = _write(tmp_path / "aires.geojson", (TOWN, _zone(pl_critair=sticker)))
        heavy = read_bnzfe(path).rule("123456789-ZFE-001:pl")
        assert len(heavy.vehicle.parts[1].values) == count  # type: ignore[union-attr]
        assert "none" in heavy.vehicle.parts[1].values  # type: ignore[union-attr]


def test_special_roads_hold_otherwise(tmp_path: Path) -> None:
    """On a special road the zone does not hold, but the road's own rule for lorries does."""
    free = _zone(id="TRONROUT1", vul_critair=None, vul_horaires=None, pl_critair="NC")
    areas = _write(tmp_path / "aires.geojson", (TOWN, _zone()))
    other = LineString([(2.05, 48.05), (2.08, 48.05)])
    roads = _write(tmp_path / "voies.geojson", (STREET, free), (other, free | {"id": "TRONROUT2"}))
    rules = read_bnzfe(areas, roads)
    assert [rule.rule_id for rule in rules.rules][2:] == [
        "TRONROUT1 and 1 more:pl", "TRONROUT1 and 1 more:roads",
    ]  # fmt: skip
    links = gpd.GeoDataFrame(
        geometry=[LineString([(2.03, 48.05001), (2.07, 48.05001)]),
                  LineString([(2.03, 48.06), (2.04, 48.06)]),
                  LineString([(2.3, 48.06), (2.4, 48.06)])], crs="EPSG:4326",
    )  # fmt: skip
    places = link_places(rules, links)
    case = pd.DataFrame({"use": ["freight"] * 3, "gvw_kg": 3000, "critair": "5"})
    decided = decide(rules, case, [FRIDAY], inside=places.at([0, 1, 2]))
    assert decided.status_at([0, 1, 2], [0] * 3, [NOON] * 3).tolist() == [
        ALLOWED, FORBIDDEN, ALLOWED,
    ]  # fmt: skip
    heavy = pd.DataFrame({"use": ["freight"] * 3, "gvw_kg": 9000, "critair": ["5", "5", "none"]})
    decided = decide(rules, heavy, [FRIDAY], inside=places.at([0, 1, 0]))
    assert decided.status_at([0, 1, 2], [0] * 3, [NOON] * 3).tolist() == [
        ALLOWED, FORBIDDEN, FORBIDDEN,
    ]  # fmt: skip
    alone = read_bnzfe(roads)
    assert "without the areas" in alone.notes[0]


def test_periods_of_one_zone_are_versions(tmp_path: Path) -> None:
    """A later period with another sticker follows the earlier one."""
    path = _write(
        tmp_path / "aires.geojson",
        (TOWN, _zone(date_fin="2025-12-31")), (TOWN, _zone(date_debut="2026-01-01",
                                                           pl_critair="V3")),
    )  # fmt: skip
    rules = read_bnzfe(path)
    assert rules.rule("123456789-ZFE-001:pl", on=dt.date(2025, 12, 31)).version == "2025-01-01"
    assert rules.rule("123456789-ZFE-001:pl", on=dt.date(2026, 1, 1)).version == "2026-01-01"
    assert list(rules.geographies) == ["123456789-ZFE-001"]
    _write(path, (TOWN, _zone()), (TOWN, _zone(date_debut="2026-01-01")))
    with pytest.raises(InputError, match="dates that do not overlap"):
        read_bnzfe(path)


def test_every_fault_is_named(tmp_path: Path) -> None:
    """Old stickers, hours without sticker, bad dates, hours, shapes; what is unknown is noted."""
    path = _write(
        tmp_path / "aires.geojson",
        (TOWN, _zone(vul_critair="4")),
        (TOWN, _zone(pl_critair=None, date_debut="01/01/2025", id="")),
        (Point(2, 48), _zone(vul_horaires="8h-20h", date_fin="2020-01-01")),
        (box(652000, 6860000, 653000, 6861000), _zone(vul_horaires="08:00-20:00; PH Su off")),
        (None, _zone(url_arrete=3)),
    )
    with pytest.raises(InputError) as caught:
        read_bnzfe(path)
    assert sorted((one.row, one.field) for one in caught.value.problems) == [
        (1, "vul_critair"), (2, "date_debut"), (2, "id"), (2, "pl_critair"), (3, "date_fin"),
        (3, "geometry"), (3, "vul_horaires"), (4, "geometry"), (4, "vul_horaires"),
        (5, "geometry"), (5, "url_arrete"),
    ]  # fmt: skip
    assert all(one.expected for one in caught.value.problems)
    _write(path, (TOWN, _zone(taxi_critair="V4")))
    assert "taxi_critair" in read_bnzfe(path).notes[0]
    _write(path, (TOWN, _zone(vul_critair=None, vul_horaires=None, pl_critair=None,
                              pl_horaires=None)))  # fmt: skip
    with pytest.raises(InputError, match="at least one kind"):
        read_bnzfe(path)
    path.write_text("[]")
    with pytest.raises(InputError, match="FeatureCollection"):
        read_bnzfe(path)


def test_a_zone_goes_through_geojson(tmp_path: Path) -> None:
    """Imported rules, with attributes of their own, come back from GeoJSON."""
    zone = _zone(deux_rm_critair="V3", deux_rm_horaires="24/7")
    rules = read_bnzfe(_write(tmp_path / "aires.geojson", (TOWN, zone)))
    to_geojson(rules, tmp_path / "rules.geojson")
    found = read_geojson(tmp_path / "rules.geojson")
    assert [rule.vehicle for rule in found.rules] == [rule.vehicle for rule in rules.rules]
    assert [rule.when for rule in found.rules] == [rule.when for rule in rules.rules]
