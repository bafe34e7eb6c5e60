"""Historic centre, hazardous cargo, the agreement of 2016, municipalities: worked by hand."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import LineString

from geofleet.policy.rules import Facts
from geofleet.policy.rules.conditions import Setting
from geofleet.policy.rules.days import Days

CENTRE = ("perimetro_a",)
CLEAN = {"hologram": "0"}


@pytest.mark.parametrize(
    ("moment", "word"),
    [
        ("2022-03-02 19:59:59", "forbidden"), ("2022-03-02 20:00", "allowed"),
        ("2022-03-02 23:59:59", "allowed"), ("2022-03-03 00:00", "allowed"),
        ("2022-03-03 09:59:59", "allowed"), ("2022-03-03 10:00", "forbidden"),
        ("2022-03-06 15:00", "forbidden"),
    ],
)  # fmt: skip
def test_medium_trucks_enter_the_centre_by_night(ask, mexico, moment, word) -> None:
    """From 20:00 until 10:00 on the day after, every day, driving and unloading."""
    for activity in ("drive", "unload"):
        found = ask(mexico, moment, inside=CENTRE, activity=activity, **CLEAN)
        assert found.word == word
        if word == "forbidden":
            assert found.rule_id == "MX-CDMX-CH-A2"


@pytest.mark.parametrize(
    ("gvw_kg", "length_m", "body", "noon", "night"),
    [
        (3_799, 7.4, "rigid", "allowed", "allowed"),
        (3_800, 7.4, "rigid", "forbidden", "allowed"),
        (3_500, 7.5, "rigid", "forbidden", "allowed"),
        (20_000, 13.9, "rigid", "forbidden", "allowed"),
        (20_000, 14.0, "rigid", "forbidden", "allowed"),
        (20_001, 10.0, "rigid", "forbidden", "forbidden"),
        (15_000, 14.1, "rigid", "forbidden", "forbidden"),
        (18_000, 13.0, "articulated", "forbidden", "forbidden"),
    ],
)
def test_sizes_in_the_centre(ask, mexico, gvw_kg, length_m, body, noon, night) -> None:
    """Light at any hour, medium by night, heavy never."""
    cells = {"gvw_kg": gvw_kg, "length_m": length_m, "body": body, **CLEAN}
    assert ask(mexico, "2022-03-02 12:00", inside=CENTRE, **cells).word == noon
    assert ask(mexico, "2022-03-02 23:00", inside=CENTRE, **cells).word == night


def test_an_unknown_length_is_unknown_where_it_matters(ask, mexico) -> None:
    """At noon 12 t are forbidden either way; at night only the length can forbid."""
    noon = ask(mexico, "2022-03-02 12:00", inside=CENTRE, length_m=None, **CLEAN)
    night = ask(mexico, "2022-03-02 23:00", inside=CENTRE, length_m=None, **CLEAN)
    assert noon.word == night.word == "unknown"
    assert night.missing == ("length_m",)
    found = ask(mexico, "2022-03-02 23:00", inside=CENTRE, gvw_kg=21_000, length_m=None, **CLEAN)
    assert found.word == "forbidden"


@pytest.mark.parametrize(
    ("moment", "drive", "unload"),
    [
        ("2021-12-14 06:59:59", "allowed", "allowed"),
        ("2021-12-14 07:00", "forbidden", "allowed"),
        ("2021-12-14 08:59:59", "forbidden", "allowed"),
        ("2021-12-14 09:00", "forbidden", "forbidden"),
        ("2021-12-14 20:00", "forbidden", "forbidden"),
        ("2021-12-14 20:59:59", "forbidden", "forbidden"),
        ("2021-12-14 21:00", "allowed", "allowed"),
        # the version of the 15th, within a night that opened on the 14th
        ("2021-12-15 00:00", "allowed", "allowed"),
        ("2021-12-15 08:00", "allowed", "allowed"),
        ("2021-12-15 09:59:59", "allowed", "allowed"),
        ("2021-12-15 10:00", "forbidden", "forbidden"),
        ("2021-12-15 20:00", "allowed", "allowed"),
    ],
)
def test_the_window_changes_with_its_version(ask, mexico, moment, drive, unload) -> None:
    """Until 14 December 2021 driving 21:00-07:00 and unloading 21:00-09:00, then 20:00-10:00."""
    for activity, word in (("drive", drive), ("unload", unload)):
        assert ask(mexico, moment, inside=CENTRE, activity=activity, **CLEAN).word == word


def test_main_roads_closed_earlier_for_unloading(ask, mexico) -> None:
    places = (*CENTRE, "perimetro_a_main_roads")
    found = ask(mexico, "2021-11-03 08:00", inside=places, activity="unload", **CLEAN)
    assert (found.word, found.rule_id) == ("forbidden", "MX-CDMX-CH-A0-UNLOAD-MAIN")


@pytest.mark.parametrize(
    ("date", "cells", "word"),
    [
        ("2021-11-03", {"fuel": "electric"}, "allowed"),
        ("2022-03-02", {"fuel": "electric"}, "forbidden"),
        ("2021-11-03", {"cargo_type": "cash"}, "allowed"),
        ("2022-03-02", {"cargo_type": "cash"}, "allowed"),
        ("2022-03-02", {"cargo_type": "concrete", "permits": "semovi_ssc"}, "allowed"),
        ("2022-03-02", {"cargo_type": "concrete", "permits": "none"}, "forbidden"),
        ("2022-03-02", {"cargo_type": "concrete"}, "unknown"),
    ],
)
def test_exemptions_in_the_centre(ask, mexico, date, cells, word) -> None:
    """Electric trucks were out of the old window and are not out of the new one."""
    assert ask(mexico, f"{date} 12:00", inside=CENTRE, **{**CLEAN, **cells}).word == word


@pytest.mark.parametrize(
    ("capacity_l", "time", "word", "rule_id"),
    [
        (9_999, "09:59:59", "forbidden", "MX-CDMX-HAZ-1"),
        (9_999, "10:00", "allowed", ""),
        (9_999, "18:00", "forbidden", "MX-CDMX-HAZ-1"),
        (10_000, "17:59:59", "allowed", ""),
        (20_000, "18:00", "forbidden", "MX-CDMX-HAZ-2"),
        (20_001, "12:00", "forbidden", "MX-CDMX-HAZ-3"),
        (40_000, "21:59:59", "forbidden", "MX-CDMX-HAZ-3"),
        (40_000, "22:00", "allowed", ""),
        (40_000, "04:59:59", "allowed", ""),
        (40_000, "05:00", "forbidden", "MX-CDMX-HAZ-3"),
        (40_001, "23:00", "forbidden", "MX-CDMX-HAZ-4"),
    ],
)
def test_tankers_by_their_volume(ask, mexico, capacity_l, time, word, rule_id) -> None:
    cells = {"cargo_type": "hazardous", "capacity_l": capacity_l, **CLEAN}
    found = ask(mexico, f"2025-11-05 {time}", inside=("cdmx",), **cells)
    assert (found.word, found.rule_id) == (word, rule_id)
    assert ask(mexico, f"2025-09-30 {time}", inside=("cdmx",), **cells).word == "allowed"


def test_larger_tankers_keep_to_primary_roads(ask, mexico) -> None:
    minor = ("cdmx", "cdmx_minor_roads")
    for capacity_l, time, rule_id in (
        (15_000, "12:00", "MX-CDMX-HAZ-2-ROADS"), (30_000, "23:00", "MX-CDMX-HAZ-3-ROADS"),
    ):  # fmt: skip
        cells = {"cargo_type": "hazardous", "capacity_l": capacity_l, **CLEAN}
        assert ask(mexico, f"2025-11-05 {time}", inside=("cdmx",), **cells).word == "allowed"
        assert ask(mexico, f"2025-11-05 {time}", inside=minor, **cells).rule_id == rule_id
    small = {"cargo_type": "hazardous", "capacity_l": 5_000, **CLEAN}
    assert ask(mexico, "2025-11-05 12:00", inside=minor, **small).word == "allowed"


@pytest.mark.parametrize(
    ("time", "entered", "word"),
    [
        ("05:59:59", 0, "allowed"),
        ("06:30", 5 * 3600 + 1800, "allowed"),
        ("06:30", 6 * 3600 - 1, "allowed"),
        ("06:30", 6 * 3600, "forbidden"),
        ("06:30", None, "unknown"),
        ("07:00", 5 * 3600, "forbidden"),
        ("07:00", None, "forbidden"),
        ("09:59:59", 5 * 3600, "forbidden"),
        ("10:00", 7 * 3600, "allowed"),
    ],
)
def test_the_agreement_of_2016_and_who_was_inside(ask, mexico, time, entered, word) -> None:
    """Who was inside before six may move until seven; Wednesday 7 September 2016."""
    cells = {"entered": entered, "gvw_kg": 3_501, **CLEAN}
    assert ask(mexico, f"2016-09-07 {time}", inside=("zmvm",), **cells).word == word
    own = {**cells, "entered": 0 if word == "forbidden" else 8 * 3600, "entered:zmvm": entered}
    assert ask(mexico, f"2016-09-07 {time}", inside=("zmvm",), **own).word == word
    light = {**cells, "gvw_kg": 3_500}
    assert ask(mexico, f"2016-09-07 {time}", inside=("zmvm",), **light).word == "allowed"
    assert ask(mexico, f"2016-09-10 {time}", inside=("zmvm",), **cells).word == "allowed"


def test_the_agreement_ends_unless_it_is_said_to_go_on(ask, mexico) -> None:
    cells = {"entered": 7 * 3600, **CLEAN}
    assert ask(mexico, "2018-09-05 08:00", inside=("zmvm",), **cells).word == "allowed"
    on = mexico.answered(agreement_2016_continues=True)
    assert ask(on, "2018-09-05 08:00", inside=("zmvm",), **cells).version == "continued"


@pytest.mark.parametrize(
    ("place", "moment", "cells", "word"),
    [
        ("cuautitlan_izcalli", "2026-03-03 09:59:59", {"gvw_kg": 5_001}, "forbidden"),
        ("cuautitlan_izcalli", "2026-03-03 10:00", {"gvw_kg": 5_001}, "allowed"),
        ("cuautitlan_izcalli", "2026-03-03 17:00", {"gvw_kg": 5_001}, "forbidden"),
        ("cuautitlan_izcalli", "2026-03-03 22:00", {"gvw_kg": 5_001}, "allowed"),
        ("cuautitlan_izcalli", "2026-03-04 04:59:59", {"gvw_kg": 5_001}, "allowed"),
        ("cuautitlan_izcalli", "2026-03-03 08:00", {"gvw_kg": 5_000}, "allowed"),
        ("tultitlan", "2026-03-03 12:00", {"body": "articulated"}, "forbidden"),
        ("tultitlan", "2026-03-03 23:00", {"body": "articulated"}, "allowed"),
        ("tultitlan", "2026-03-03 12:00", {"gvw_kg": 3_500}, "allowed"),
        ("tultitlan", "2026-03-03 12:00", {}, "unknown"),
        ("tultitlan", "2026-03-03 12:00", {"heavy_freight": True}, "forbidden"),
        ("tultepec_centre", "2026-03-03 21:59:59", {}, "forbidden"),
        ("tultepec_centre", "2026-03-07 12:00", {}, "allowed"),
        ("monterrey_polygon", "2025-06-03 06:00", {"trip_relation": "through"}, "forbidden"),
        ("monterrey_polygon", "2025-06-03 06:00", {"trip_relation": "destination"}, "allowed"),
        ("monterrey_polygon", "2025-06-03 06:00", {"trip_relation": None}, "unknown"),
        ("monterrey_polygon", "2025-03-31 06:00", {"trip_relation": "through"}, "allowed"),
        ("monterrey_polygon", "2025-06-03 22:00", {"trip_relation": "through"}, "allowed"),
        ("monterrey_metro", "2025-06-03 06:30", {"heavy_freight": True}, "forbidden"),
        ("monterrey_metro", "2025-06-03 09:30", {"heavy_freight": True}, "allowed"),
        ("monterrey_metro", "2025-06-07 19:00", {"heavy_freight": True}, "allowed"),
    ],
)
def test_municipalities(ask, mexico, place, moment, cells, word) -> None:
    assert ask(mexico, moment, inside=(place,), **{**CLEAN, **cells}).word == word


@pytest.mark.parametrize(
    ("gvw_kg", "word"), [(3_857, "allowed"), (3_857.5, "forbidden"), (None, "unknown")]
)
def test_article_26_counts_gross_weight(ask, mexico, gvw_kg, word) -> None:
    places = ("controlled_access_central",)
    assert ask(mexico, "2020-03-03 03:00", inside=places, gvw_kg=gvw_kg, **CLEAN).word == word


def _on(mexico, *, place="controlled_access_central", **columns: list[object]) -> list[int]:
    """Truth of each road: 0 no, 1 unknown, 2 yes."""
    count = len(next(iter(columns.values())))
    frame = gpd.GeoDataFrame(
        columns, geometry=[LineString([(0, n), (1, n)]) for n in range(count)], crs="EPSG:4326"
    )
    roads = mexico.geographies[place].roads or mexico.geographies[place].except_roads
    facts = Facts(pd.DataFrame(frame.drop(columns="geometry")), mexico.attributes)
    truths = roads.holds(facts, Setting(Days(()), [], {}))
    return truths[:, 0].tolist()


def test_article_26_on_roads_of_the_official_register(mexico) -> None:
    """Controlled access is in, side lanes and other primary roads are out."""
    classes = ["Via de acceso controlado", "Carriles laterales", "Arteria principal", "Eje Vial"]
    assert _on(mexico, class_es=classes) == [2, 0, 0, 0]


def test_article_26_on_roads_of_openstreetmap(mexico) -> None:
    """A listed motorway is in; a listed trunk road depends on its lanes; others are out."""
    roads = [
        ("motorway", "Circuito Interior", None, 2), ("trunk", "Anillo Periférico", None, 1),
        ("trunk", "Anillo Periférico", "central", 2), ("trunk", "Anillo Periférico", "lateral", 0),
        ("motorway", "Autopista México-Cuernavaca", None, 0),
        ("residential", "Circuito Interior", None, 0), ("secondary", None, None, 0),
        ("motorway", None, None, 1),
    ]  # fmt: skip
    highway, name, lane_kind, expected = zip(*roads, strict=True)
    found = _on(mexico, highway=list(highway), name=list(name), lane_kind=list(lane_kind))
    assert found == list(expected)


def test_article_26_on_lanes_alone(mexico) -> None:
    """A table that only tells lanes and storeys answers too."""
    found = _on(mexico, lane_kind=["central", "lateral", None], level=["ground", "ground", None])
    assert found == [2, 0, 1]


def test_bordering_roads_of_the_centre_are_left_out(mexico) -> None:
    """By name on both registers; a lane without name is none of them."""
    names = ["Eje Central Lázaro Cárdenas", "Madero", None]
    found = _on(mexico, place="perimetro_a", highway=["primary", "primary", "service"], name=names)
    assert found == [2, 0, 0]
    classes = ["Eje Vial", "Arteria principal"]
    assert _on(mexico, place="perimetro_a", class_es=classes, name=names[:2]) == [2, 0]
    assert _on(mexico, place="perimetro_a", name=names) == [2, 0, 1]
