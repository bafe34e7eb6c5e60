"""Packs load, take areas that users supply, and hold every rule that was collected."""

from __future__ import annotations

import datetime
import re

import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import Point, box

from geofleet.errors import InputError, MissingDefaultError
from geofleet.policy.rules.model import EFFECTS, RULE_STATUSES
from geofleet.policy.rules.packs import load_pack, pack_names, with_layer

NOT_BOROUGHS = 18


def _layer(rules, *, missing: int = 0, crs: str | None = "EPSG:6372") -> gpd.GeoDataFrame:
    """Return a square kilometre for each municipality of the zone, side by side."""
    codes = sorted(rules.geographies["zmvm"].members.values)[: -missing or None]
    squares = [box(2_800_000 + 1000 * n, 800_000, 2_801_000 + 1000 * n, 801_000)
               for n in range(len(codes))]  # fmt: skip
    return gpd.GeoDataFrame({"mun_code": codes}, geometry=squares, crs=crs)


def test_both_packs_are_there() -> None:
    assert pack_names() == ["colombia", "mexico"]
    with pytest.raises(MissingDefaultError, match="no rule pack 'peru'"):
        load_pack("peru")


@pytest.mark.parametrize("name", ["colombia", "mexico"])
def test_every_rule_says_whose_it_is_and_how_well_it_is_known(name) -> None:
    for rule in load_pack(name).rules:
        assert rule.authority, rule.key
        assert rule.source, rule.key
        assert rule.jurisdiction, rule.key
        assert rule.status in RULE_STATUSES
        assert rule.effect in EFFECTS
        assert rule.status != "memory" or "memory" in (rule.source + rule.note), rule.key


@pytest.mark.parametrize("name", ["colombia", "mexico"])
def test_no_polygon_is_bundled_and_each_place_says_so(name) -> None:
    for place in load_pack(name).geographies.values():
        assert place.polygon is None
        assert "No polygon" in place.note or not place.has_area or "borough" in place.note or (
            place.except_roads is not None
        )  # fmt: skip


def test_the_zone_has_sixteen_boroughs_and_eighteen_municipalities(mexico) -> None:
    codes = mexico.geographies["zmvm"].members.values
    boroughs = {code for code in codes if code.startswith("09")}
    assert boroughs == mexico.geographies["cdmx"].members.values
    assert (len(boroughs), len(codes - boroughs)) == (16, NOT_BOROUGHS)


def test_a_layer_makes_the_areas_of_its_members(mexico) -> None:
    """The union of 34 squares of a kilometre has 34 square kilometres, in degrees afterwards."""
    rules = with_layer(mexico, "municipalities", _layer(mexico))
    areas = {name: place.polygon for name, place in rules.geographies.items() if place.polygon}
    assert set(areas) == {
        "zmvm", "cdmx", "cdmx_minor_roads", "cuautitlan_izcalli", "tultitlan",
    }  # fmt: skip
    metric = gpd.GeoSeries(areas, crs="EPSG:4326").to_crs("EPSG:6372").area / 1e6
    assert metric["zmvm"] == pytest.approx(34, rel=1e-6)
    assert metric["cdmx"] == pytest.approx(16, rel=1e-6)
    assert -104 < areas["zmvm"].centroid.x < -95
    assert mexico.geographies["zmvm"].polygon is None


def test_layers_and_polygons_may_be_given_when_loading(mexico) -> None:
    square = box(-99.14, 19.43, -99.13, 19.44)
    zones = {"municipalities": _layer(mexico), "perimetro_a": square}
    rules = load_pack("mexico", zones=zones, answers={"canacar_exemptions": False})
    assert rules.geographies["perimetro_a"].polygon == square
    assert rules.geographies["zmvm"].polygon is not None
    assert not rules.answer("canacar_exemptions")


def test_a_column_may_be_called_otherwise(mexico) -> None:
    layer = _layer(mexico).rename(columns={"mun_code": "CVEGEO"})
    rules = with_layer(mexico, "municipalities", layer, column="CVEGEO")
    assert rules.geographies["tultitlan"].polygon is not None


def test_every_fault_of_a_layer_is_named(mexico) -> None:
    """Missing members one by one, a missing system, a missing column, an unknown layer."""
    with pytest.raises(InputError) as caught:
        with_layer(mexico, "municipalities", _layer(mexico, missing=2, crs=None))
    values = [problem.value for problem in caught.value.problems]
    assert "15121" in values
    assert "15122" in values
    assert any("coordinate reference" in problem.expected for problem in caught.value.problems)
    with pytest.raises(InputError, match="a column of the layer: code, geometry"):
        with_layer(mexico, "municipalities", _layer(mexico).rename(columns={"mun_code": "code"}))
    with pytest.raises(InputError, match="municipalities"):
        with_layer(mexico, "boroughs", _layer(mexico))
    empty = _layer(mexico)
    empty.loc[0, "geometry"] = None
    with pytest.raises(InputError, match=r"09002.*not empty"):
        with_layer(mexico, "municipalities", empty)


def test_wrong_zones_and_answers_are_named() -> None:
    with pytest.raises(InputError) as caught:
        load_pack("colombia", zones={"medellin": box(0, 0, 1, 1), "bogota": Point(0, 0)})
    assert [problem.value for problem in caught.value.problems] == ["medellin", "Point"]
    with pytest.raises(InputError, match="hoy_no_circula"):
        load_pack("mexico", answers={"hoy_no_circula": False})


@pytest.mark.shared
def test_real_municipalities_make_the_zone(shared_data, mexico) -> None:
    """Sixteen boroughs have 1,494 km² by the national frame; the zone is larger."""
    layer = gpd.read_parquet(shared_data / "data/boundaries/zmvm_municipalities.parquet")
    rules = load_pack("mexico", zones={"municipalities": layer})
    areas = gpd.GeoSeries(
        [rules.geographies[name].polygon for name in ("cdmx", "zmvm")], crs="EPSG:4326"
    ).to_crs("EPSG:6372")
    city, zone = areas.area / 1e6
    assert city == pytest.approx(1494, rel=0.02)
    assert zone > 2 * city


_PREFIX = {"MX": "mexico", "CO": "colombia", "UK": "london", "NL": "netherlands", "FR": "paris",
           "CL": "santiago"}  # fmt: skip
_AS_STATUS = {
    "MX-ZMVM-CONT-F2-FREIGHT": "illustrative",  # a gap, shipped as a flagged scenario
}


@pytest.mark.shared
def test_every_collected_rule_is_in_a_pack_with_its_status(
    shared_data, mexico, colombia, elsewhere
) -> None:
    """Each row of the collection by its id: status, effect and source."""
    rows = pd.read_csv(shared_data / "facts/policy/access_rules.csv", dtype=str).fillna("")
    assert len(rows) == 46
    sets = {"mexico": mexico, "colombia": colombia}
    for row in rows.itertuples():
        name = _PREFIX[row.rule_id[:2]]
        rules = sets.get(name) or elsewhere(name)
        versions = [rule for rule in rules.rules if rule.rule_id == row.rule_id]
        assert versions, row.rule_id
        newest = [rule for rule in versions if rule.version != "continued"][-1]
        expected = _AS_STATUS.get(row.rule_id) or re.match(r"\w+", row.status)[0]
        assert newest.status == expected, row.rule_id
        effect = row.effect.replace("-", "_")
        if effect in EFFECTS:
            assert newest.effect == effect, row.rule_id
        links = set(re.findall(r"https?://[^ ?]+", row.source))
        known = " ".join(rule.source for rule in rules.rules) + " ".join(
            switch.source for switch in rules.switches.values()
        )
        assert links == set() or any(link in known for link in links), row.rule_id


def test_days_of_ones_own_go_into_a_calendar_of_a_pack() -> None:
    """Published Saturdays stay, a new one is known; what cannot be is refused all at once."""
    day, packaged = datetime.date(2031, 3, 1), load_pack("colombia").calendars["saturday_parity"]
    own = load_pack("colombia", calendars={"saturday_parity": {day: [1, 3, 5, 7, 9]}})
    found = own.calendars["saturday_parity"]
    assert found.digits == {**packaged.digits, day: frozenset({1, 3, 5, 7, 9})}
    assert (found.status, packaged.status) == ("user", "verified")
    assert packaged.source in found.source
    with pytest.raises(InputError) as caught:
        load_pack("colombia", calendars={"saturday_parity": {day: [11]}, "sundays": {}})
    assert len(caught.value.problems) == 2
