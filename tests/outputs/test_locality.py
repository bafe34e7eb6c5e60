"""Where and by which clock a new study is."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from geofleet.outputs.locality import country_code, time_zone


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("cl", "CL"), ("Iceland", "IS"), ("méxico", "MX"), ("MEXICO", "MX"), ("Brasil", "BR"),
        ("MEX", "MX"), ("UK", "GB"), ("Cote d'Ivoire", "CI"), ("Trinidad and Tobago", "TT"),
        ("Saint Lucia", "LC"),
    ],
)  # fmt: skip
def test_a_country_is_known_by_code_and_by_name(said: str, code: str) -> None:
    """Names in English and Spanish, with or without accents."""
    assert country_code(said) == (code, [])


@pytest.mark.parametrize("said", ["Narnia", "XQ", "", "EU-27", "150", "ZZ", "EU", "UN", "XA"])
def test_what_is_no_country_is_said(said: str) -> None:
    """A code that no country has, and regions, are problems."""
    code, problems = country_code(said)
    assert code is None
    assert [problem.field for problem in problems] == ["country"]


@pytest.mark.parametrize(
    ("country", "zone"), [("IS", "Atlantic/Reykjavik"), ("CO", "America/Bogota"), (None, "UTC")]
)
def test_the_only_clock_of_a_country_is_its_clock(country: str | None, zone: str) -> None:
    """Nobody needs to name it."""
    assert time_zone(None, country) == (zone, [])
    ZoneInfo(zone)


def test_of_several_clocks_one_must_be_said() -> None:
    """They are listed, and none is taken."""
    _, (problem,) = time_zone(None, "MX")
    assert "America/Mexico_City" in problem.expected
    assert "America/Tijuana" in problem.expected


def test_a_city_alone_brings_its_full_name() -> None:
    """The answer is what to type."""
    assert "like America/Merida" in time_zone("Mérida", "MX")[1][0].expected
    assert "like Asia/Kolkata" in time_zone("Pune", "IN")[1][0].expected
    assert "like America/Mexico_City" in time_zone("mexico city", None)[1][0].expected


def test_a_name_that_is_nearly_one_brings_those_it_may_be() -> None:
    """Nothing is taken for it."""
    assert "Hong Kong SAR China (HK)" in country_code("Hong Kong")[1][0].expected
    assert "Ireland (IE)" in country_code("Republic of Ireland")[1][0].expected


def test_a_country_whose_clock_is_not_known_must_say_it() -> None:
    """Universal time is never taken in its place."""
    assert country_code("Kosovo") == ("XK", [])
    assert [problem.field for problem in time_zone(None, "XK")[1]] == ["timezone"]


@pytest.mark.parametrize("said", ["localtime", "Factory", "GMT-6", "../UTC", "UTC\n"])
def test_what_is_no_clock_of_a_place_is_said(said: str) -> None:
    """Nor is a zone of the other side of the Earth proposed: Etc/GMT-6 is six hours east."""
    _, (problem,) = time_zone(said, "MX")
    assert problem.field == "timezone"
    assert "Etc/" not in problem.expected
