"""Free speeds come from the limit where it is known, else from the table, and say which."""

from __future__ import annotations

import pandas as pd
import pytest

from geofleet.defaults import Defaults, read_table
from geofleet.network import read_osm
from geofleet.network.speeds import has_country

COUNTRIES = ("MX", "CL", "BR", "CO", "PE", "AR", "US", "IS", "DE", "FR", "GB")
CLASSES = (
    "motorway", "motorway_link", "trunk", "trunk_link", "primary", "primary_link", "secondary",
    "secondary_link", "tertiary", "tertiary_link", "unclassified", "residential",
    "living_street", "service", "road",
)  # fmt: skip


def street(osm_file, tags: dict[str, str], **options) -> pd.Series:
    path = osm_file({1: (0, 0), 2: (0, 1)}, [(10, [1, 2], {"oneway": "no", **tags})])
    return read_osm(path, **options).edges.iloc[0]


def number(row: str) -> float:
    return float(read_table("network_speeds").loc[row, "value"])


@pytest.mark.parametrize(
    ("tags", "limit"),
    [
        ({"maxspeed": "60"}, 60),
        ({"maxspeed": "40 mph"}, 64.37376),
        ({"maxspeed": "MX:urban"}, 50),
        ({"maxspeed": "CL:rural"}, 100),
        ({"maxspeed": "GB:nsl_single"}, 96.56),
        ({"source:maxspeed": "CL:urban"}, 50),
        ({"maxspeed:type": "MX:urban"}, 50),
        ({"zone:maxspeed": "DE:30"}, 30),
        ({"maxspeed": "walk"}, 7),
    ],
)
def test_a_known_limit_gives_the_free_speed(osm_file, tags: dict[str, str], limit: float) -> None:
    """Limit times the share of the class; the source is named."""
    link = street(osm_file, {"highway": "primary", **tags})
    assert link["maxspeed_kmh"] == pytest.approx(limit)
    assert link["speed_free_kmh"] == pytest.approx(limit * number("free_share.primary"))
    assert link["speed_source"] == "maxspeed"


@pytest.mark.parametrize(
    "tags",
    [
        {},
        {"maxspeed": "none"},
        {"maxspeed": "signals"},
        {"maxspeed": "BR:urban"},
        {"maxspeed:hgv": "40"},
    ],
)
def test_without_a_limit_the_table_decides(osm_file, tags: dict[str, str]) -> None:
    """No number, no limit: the class and country decide; the lorry limit is not the limit."""
    link = street(osm_file, {"highway": "primary", **tags}, country="MX")
    assert pd.isna(link["maxspeed_kmh"])
    assert link["speed_free_kmh"] == number("MX.primary")
    assert link["speed_source"] == "class table"


def test_small_streets_are_slower_than_their_limit(osm_file) -> None:
    """A residential street with a limit of 80 is driven no faster than the cap of its class."""
    link = street(osm_file, {"highway": "residential", "maxspeed": "80"})
    assert link["speed_free_kmh"] == number("free_cap.residential")


def test_unknown_country_takes_the_default_and_says_so(osm_file, caplog) -> None:
    """A country without rows gets the default rows; report and log say so."""
    path = osm_file({1: (0, 0), 2: (0, 1)}, [(10, [1, 2], {"highway": "tertiary"})])
    network = read_osm(path, country="zz")
    assert network.edges["speed_free_kmh"].tolist() == [number("default.tertiary")] * 2
    assert network.report["country"] == "ZZ"
    assert network.report["country_speeds"] is False
    assert "no rows for ZZ" in caplog.text


def test_a_ramp_is_not_faster_than_its_road(osm_file) -> None:
    """Ramps have no country rows: they take the default, at most the speed of their road."""
    link = street(osm_file, {"highway": "primary_link"}, country="CL")
    assert link["speed_free_kmh"] == min(number("default.primary_link"), number("CL.primary"))


def test_overrides_reach_the_network_and_the_record(osm_file) -> None:
    """A study's own number replaces the row, which is listed as used."""
    defaults = Defaults({"network_speeds:CL.primary": 44})
    path = osm_file({1: (0, 0), 2: (0, 1)}, [(10, [1, 2], {"highway": "primary"})])
    network = read_osm(path, country="CL", defaults=defaults)
    assert network.edges["speed_free_kmh"].iloc[0] == 44
    assert "network_speeds:CL.primary" in network.provenance
    assert "network_speeds:CL.primary" in defaults.used


@pytest.mark.parametrize("highway", CLASSES)
def test_every_drivable_class_has_a_speed(highway: str) -> None:
    """Each class has a default speed and a share; the class table and this list agree."""
    assert 0 < number(f"default.{highway}") <= 130
    assert 0 < number(f"free_share.{highway}") <= 1
    assert read_table("network_classes").loc[highway, "value"] == "drivable"


@pytest.mark.parametrize("country", COUNTRIES)
def test_country_speeds_are_ordered(country: str) -> None:
    """Greater roads are not slower than smaller ones."""
    assert has_country(country)
    ladder = [
        number(f"{country}.{name}")
        for name in ("motorway", "trunk", "primary", "secondary", "tertiary", "residential")
    ]
    assert ladder == sorted(ladder, reverse=True)
    assert ladder[-1] >= 15
    assert ladder[0] <= 120


def test_country_rows_follow_their_own_rule() -> None:
    """Each country row is the share times the limit its note names, capped."""
    table = read_table("network_speeds")
    for row, record in table.iterrows():
        note = str(record["note"])
        if not note.startswith("free share"):
            continue
        words = note.split()
        highway = str(row).split(".")[1]
        expected = float(words[2]) * float(words[8])
        cap = f"free_cap.{highway}"
        if cap in table.index:
            expected = min(expected, number(cap))
        assert float(record["value"]) == pytest.approx(expected, abs=0.06), row
        assert float(words[2]) == number(f"free_share.{highway}")


def test_limits_that_cannot_be_meant_are_unknown(osm_file) -> None:
    """500 for 50 or a crawl of a metre an hour is no limit, for lorries neither, and is counted."""
    for text in ("500", "0.001"):
        tags = {"highway": "secondary", "maxspeed": text, "maxspeed:hgv": text}
        path = osm_file({1: (0, 0), 2: (0, 1)}, [(10, [1, 2], tags)])
        network = read_osm(path, country="MX")
        link = network.edges.iloc[0]
        assert link.speed_source == "class table"
        assert link.speed_free_kmh == number("MX.secondary")
        assert link[["maxspeed_kmh", "maxspeed_hgv_kmh"]].isna().all()
        found = network.report["values_not_understood"]
        assert found[f"maxspeed={text} km/h"] == found[f"maxspeed:hgv={text} km/h"] == 1
