"""Tag values mean what the OpenStreetMap wiki says they mean."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geofleet.network.osm import tags as t


@pytest.mark.parametrize(
    ("text", "kmh"),
    [
        ("50", 50),
        (" 50 ", 50),
        ("50 km/h", 50),
        ("30 mph", 48.28032),
        ("30mph", 48.28032),
        ("10 knots", 18.52),
        ("50;60", 50),
        ("60|60|50", 50),
        ("30 mph; 20 mph", 32.18688),
        ("7,5", 7.5),
        ("DE:zone30", 30),
        ("DE:zone:30", 30),
        ("IS:zone30", 30),
    ],
)
def test_speed_numbers(text: str, kmh: float) -> None:
    """Units, lists and zone codes give km/h; a list gives its lowest limit."""
    speed = t.parse_speed(text)
    assert speed.kind == "number"
    assert speed.kmh == pytest.approx(kmh)


@pytest.mark.parametrize(
    ("text", "kind", "code"),
    [
        ("RU:urban", "implicit", "RU:urban"),
        ("DE:rural", "implicit", "DE:rural"),
        ("MX:motorway", "implicit", "MX:motorway"),
        ("GB:nsl_single", "implicit", "GB:nsl_single"),
        ("BE-VLG:urban", "implicit", "BE-VLG:urban"),
        ("walk", "walk", ""),
        ("DE:walk", "walk", ""),
        ("none", "none", ""),
        ("signals", "signals", ""),
        ("variable", "signals", ""),
        ("0", "unknown", ""),
        ("-20", "unknown", ""),
        ("fast", "unknown", ""),
        ("50 furlongs", "unknown", ""),
        ("nan", "unknown", ""),
        ("inf", "unknown", ""),
        ("", "unknown", ""),
        (";", "unknown", ""),
    ],
)
def test_speed_words(text: str, kind: str, code: str) -> None:
    """Words are told apart; what is not understood is unknown, never a number."""
    speed = t.parse_speed(text)
    assert (speed.kind, speed.code) == (kind, code)
    assert math.isnan(speed.kmh)


@pytest.mark.parametrize(
    ("text", "metres"),
    [
        ("3.5", 3.5),
        ("3,5", 3.5),
        ("3.5 m", 3.5),
        ("3.5m", 3.5),
        ("350 cm", 3.5),
        ("12'", 3.6576),
        ("12'6\"", 3.81),
        ("12' 6\"", 3.81),
        ("12 ft 6 in", 3.81),
        ("12'-6\"", 3.81),
        ("12 feet 6 inches", 3.81),
        ("12 ft", 3.6576),
        ("150\"", 3.81),
        ("4.0;3.8", 3.8),
    ],
)  # fmt: skip
def test_lengths(text: str, metres: float) -> None:
    """A foot is 0.3048 m, an inch 0.0254 m."""
    assert t.parse_length_m(text) == pytest.approx(metres)


@pytest.mark.parametrize(
    ("text", "tonnes"),
    [
        ("7.5", 7.5),
        ("7.5 t", 7.5),
        ("7.5t", 7.5),
        ("7500 kg", 7.5),
        ("16000 lbs", 7.257478),
        ("16,000 lbs", 7.257478),
        ("7.500 kg", 7.5),
        ("1,500.5 kg", math.nan),
        ("7.5 kg", 0.0075),
        ("10 st", 9.0718474),
        ("10 short tons", 9.0718474),
        ("10 lt", 10.160469),
        ("20 cwt", 1.0160469),
    ],
)
def test_masses(text: str, tonnes: float) -> None:
    """A pound is 0.45359237 kg; a plain ``t`` is metric."""
    assert t.parse_mass_t(text) == pytest.approx(tonnes, nan_ok=True)


@pytest.mark.parametrize(
    "text", ["none", "default", "below_default", "unsigned", "", "0", "-3", "3.5.1", "3 x"]
)
def test_no_limit_is_unknown(text: str) -> None:
    """A limit that is absent or not understood is not a number."""
    assert math.isnan(t.parse_length_m(text))
    assert math.isnan(t.parse_mass_t(text))


@pytest.mark.parametrize(
    ("tags", "directions"),
    [
        ({}, (True, True)),
        ({"oneway": "yes"}, (True, False)),
        ({"oneway": "true"}, (True, False)),
        ({"oneway": "1"}, (True, False)),
        ({"oneway": "-1"}, (False, True)),
        ({"oneway": "reverse"}, (False, True)),
        ({"oneway": "no"}, (True, True)),
        ({"oneway": "false"}, (True, True)),
        ({"oneway": "alternating"}, (True, True)),
        ({"oneway": "nonsense"}, (True, True)),
        ({"junction": "roundabout"}, (True, False)),
        ({"junction": "circular"}, (True, False)),
        ({"junction": "roundabout", "oneway": "-1"}, (False, True)),
        ({"junction": "roundabout", "oneway": "no"}, (True, True)),
        ({"highway": "motorway"}, (True, False)),
        ({"highway": "motorway", "oneway": "no"}, (True, True)),
        ({"highway": "motorway_link"}, (True, True)),
        ({"highway": "trunk"}, (True, True)),
        ({"oneway": "yes", "oneway:motor_vehicle": "no"}, (True, True)),
        ({"oneway": "no", "oneway:motor_vehicle": "yes"}, (True, False)),
    ],
)
def test_oneway(tags: dict[str, str], directions: tuple[bool, bool]) -> None:
    """Every form of one-way, said or implied; what is said goes before what is implied."""
    assert t.parse_oneway(tags) == directions


@given(st.floats(0.1, 300), st.sampled_from(["", " mph", " knots", " km/h"]))
def test_speeds_survive_being_written(value: float, unit: str) -> None:
    """Any positive number with a known unit is read back, in proportion."""
    scale = {"": 1.0, " km/h": 1.0, " mph": 1.609344, " knots": 1.852}[unit]
    assert t.parse_speed(f"{value:.3f}{unit}").kmh == pytest.approx(
        round(value, 3) * scale, rel=1e-12
    )


@given(st.integers(1, 40), st.integers(0, 11))
def test_feet_and_inches_add_up(feet: int, inches: int) -> None:
    """``a'b"`` is 12a + b inches."""
    assert t.parse_length_m(f"{feet}'{inches}\"") == pytest.approx((12 * feet + inches) * 0.0254)


@given(st.text(max_size=20))
def test_any_text_is_a_positive_number_or_unknown(text: str) -> None:
    """No text makes a parser fail, and none gives zero, a negative or an infinite number."""
    for value in (t.parse_speed(text).kmh, t.parse_length_m(text), t.parse_mass_t(text)):
        assert math.isnan(value) or 0 < value < math.inf
