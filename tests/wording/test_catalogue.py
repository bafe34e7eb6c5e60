"""Every catalogue says the same things in every language."""

from __future__ import annotations

import datetime as dt
from importlib import resources

import pytest
import yaml
from babel.numbers import parse_decimal
from hypothesis import given
from hypothesis import strategies as st

from geofleet.wording import LANGUAGES, Reader, Readers, both, keys, known, say

_FOLDER = resources.files("geofleet.wording").joinpath("catalogues")
ROOMS = sorted({path.name.split(".")[0] for path in _FOLDER.iterdir() if path.name[0] != "."})


@pytest.mark.parametrize("room", ROOMS)
def test_catalogues_have_identical_keys_and_places(room: str) -> None:
    """Loading checks keys, their order and the places to fill; none is empty, none twice."""
    names = keys(room)
    assert names
    for language in LANGUAGES:
        text = _FOLDER.joinpath(f"{room}.{language}.yaml").read_text(encoding="utf-8")
        assert all(
            isinstance(value, str) and value.strip() for value in yaml.safe_load(text).values()
        )
        starts = [line.split(":")[0].strip('"') for line in text.splitlines()
                  if line and line[0] not in " #-"]  # fmt: skip
        assert sorted(starts) == sorted(set(starts))


def test_a_message_is_filled_in_every_language() -> None:
    """Plain text stands as it is, a text in each language its own."""
    assert dict(say("common.unknown")) == {"en": "unknown", "es": "se desconoce"}
    assert known("common.unknown")
    assert not known("common.no_such")
    with pytest.raises(KeyError, match="no_such"):
        say("common.no_such")
    with pytest.raises(KeyError, match="no message catalogue 'nowhere'"):
        say("nowhere.thing")
    with pytest.raises(TypeError, match="not a text"):
        say("common.unknown", count=3)  # type: ignore[arg-type]
    assert set(both("A").values()) == {"A"}


@pytest.mark.parametrize(
    ("locale", "number", "whole", "date"),
    [
        ("es_MX", "0.0123", "1,234,567", "14 de mayo de 2024"),
        ("es_CL", "0,0123", "1.234.567", "14 de mayo de 2024"),
        ("en_GB", "0.0123", "1,234,567", "14 May 2024"),
    ],
)
def test_numbers_and_dates_as_the_place_writes_them(
    locale: str, number: str, whole: str, date: str
) -> None:
    """Mexico writes a point before decimals, Chile a comma."""
    reader = Reader(locale)
    assert reader.number(0.012345) == number
    assert reader.money(1234567.4, "MXN") == f"MXN\N{NO-BREAK SPACE}{whole}"
    assert reader.date(dt.date(2024, 5, 14)) == date


def test_readers_speak_the_country_where_it_speaks_the_language() -> None:
    """English of Chile is not a thing: its numbers are written as in Britain."""
    assert Readers.of("CL").tags == {"en": "en-GB", "es": "es-CL"}
    assert Readers.of("US").tags["en"] == "en-US"
    assert Readers.of(None).tags == {"en": "en-GB", "es": "es-MX"}
    with pytest.raises(ValueError, match="no locale"):
        Reader("xx_YY")


@given(st.floats(-1e12, 1e12, allow_nan=False), st.integers(1, 6))
def test_a_number_reads_back_to_its_digits_and_alike_in_all_languages(
    value: float, digits: int
) -> None:
    """What is written is the number to so many digits, whichever way it is written."""
    texts = Readers.of("CL").number(value, digits)
    read = {
        float(parse_decimal(texts[language], locale=Readers.of("CL")[language].locale))
        for language in LANGUAGES
    }
    assert len(read) == 1
    size = abs(value)
    close = 0.5 if size >= 10**digits else 0.501 * 10.0 ** (1 - digits) * size
    assert abs(read.pop() - value) <= max(close, 1e-300) or size < 1e-200


def test_unknown_is_said_never_zero() -> None:
    """NaN, None and infinity are no numbers."""
    reader = Reader("es_MX")
    for value in (None, float("nan"), float("inf")):
        texts = [reader.number(value), reader.whole(value), reader.percent(value)]
        texts += [reader.money(value, "MXN"), reader.quantity(value, "g")]
        assert set(texts) == {"se desconoce"}
