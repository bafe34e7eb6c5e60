"""Where and by which clock a new study is."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from geofleet.outputs.locality import country_code, time_zone


@pytest.mark.parametrize(
    ("said", "code"),
    [("cl", "CL"), ("Iceland", "IS"), ("méxico", "MX"), ("MEXICO", "MX"), ("Brasil", "BR")],
)
def test_a_country_is_known_by_code_and_by_name(said: str, code: str) -> None:
    """Names in English and Spanish, with or without accents."""
    assert country_code(said) == (code, [])


@pytest.mark.parametrize("said", ["Narnia", "XQ", "", "EU-27", "150"])
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
