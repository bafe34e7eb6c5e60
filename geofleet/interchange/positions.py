"""Coordinates as people write them: decimal degrees, degrees with minutes, pairs, links of maps."""

from __future__ import annotations

import math
import re
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

from geofleet.interchange.cells import CellStyle, UnclearCellError

__all__ = ["degrees", "doubt", "position"]

Axis = Literal["lat", "lon"]

_SIGNS: dict[str, dict[str, int]] = {"lat": {"N": 1, "S": -1}, "lon": {"E": 1, "W": -1, "O": -1}}
"""Letters of the compass, English and Spanish (O is oeste)."""
_LIMITS = {"lat": 90.0, "lon": 180.0}
_MARKS = str.maketrans({
    "º": "°", "˚": "°", "′": "'", "’": "'", "‘": "'", "´": "'", "`": "'", "″": '"', "”": '"',
    "“": '"', "−": "-", "\N{NO-BREAK SPACE}": " ", "\N{NARROW NO-BREAK SPACE}": " ",
})  # fmt: skip
_COMPASS = {
    "norte": "N", "north": "N", "sur": "S", "south": "S", "este": "E", "east": "E",
    "oeste": "O", "west": "W",
}  # fmt: skip
_DECIMAL = r"\d+(?:[.,]\d+)?"
_ANGLE = re.compile(
    rf"""(?P<before>[NSEWO])?\s*(?P<minus>[+-])?\s*
    (?P<deg>{_DECIMAL})\s*(?:°|d|deg)?
    (?:\s*(?P<min>{_DECIMAL})\s*'(?:\s*(?P<sec>{_DECIMAL})\s*(?:"|''))?)?
    \s*(?P<after>[NSEWO])?""",
    re.VERBOSE,
)
_PLAIN = r"[+-]?\d{1,3}(?:\.\d+)?"
_PAIR = re.compile(rf"({_PLAIN})\s*[,;/\s]\s*({_PLAIN})")
_COMMA_PAIR = re.compile(r"([+-]?\d{1,3},\d+)\s*(?:[;/]|,\s|\s)\s*([+-]?\d{1,3},\d+)")
_POINT = re.compile(
    rf"(?:SRID=4326;)?POINT\s*Z?\s*\(\s*({_PLAIN})\s+({_PLAIN})(?:\s+\S+)?\s*\)", re.I
)
_OF_LINK = re.compile(rf"!3d({_PLAIN})!4d({_PLAIN})")
_QUERY = ("q", "query", "ll", "daddr", "destination", "mlat")
_EXPECTED = "latitude and longitude, like 19.4326, -99.1332"
_ONE = {
    "lat": "a latitude in degrees, like 19.4326 or 19°25'57\"N",
    "lon": "a longitude in degrees, like -99.1332 or 99°07'59\"W",
}


def degrees(cell: Any, axis: Axis, style: CellStyle) -> float:
    r"""Return a coordinate in decimal degrees; south and west are negative.

    Raises
    ------
    UnclearCellError
        No number of this style and no angle with its letter of the compass.

    Examples
    --------
    >>> round(degrees("99°07'59.5\"O", "lon", CellStyle()), 6)
    -99.133194
    """
    if isinstance(cell, str):
        text = _tidy(cell)
        if re.search("[°'\"NSEWO]", text):
            return _angle(text, axis)
        try:
            return style.number(text)
        except UnclearCellError as error:
            raise UnclearCellError(f"{_ONE[axis]}: {error}") from None
    return style.number(cell)


def position(cell: Any) -> tuple[float, float]:
    """Return latitude and longitude out of one cell.

    A pair with a comma, blank, semicolon or slash between, degrees with minutes and seconds, WKT
    (``POINT (lon lat)``), ``geo:`` and links of maps that hold the place itself.

    Raises
    ------
    UnclearCellError
        Anything else, links that only name a place or a view among them.

    Examples
    --------
    >>> position("(19.4326, -99.1332)")
    (19.4326, -99.1332)
    """
    text = _tidy(str(cell))
    if "://" in text or text.lower().startswith("geo:"):
        return _of_link(text)
    found = _POINT.fullmatch(text)
    if found:
        return float(found[2]), float(found[1])
    text = re.sub(r"\b(lat|lon|lng|long)(itude|itud)?\s*[:=]\s*", "", text, flags=re.I)
    text = text.strip("()[] ")
    # 19,43 may be one number as well as two.
    found = None if re.fullmatch(r"[+-]?\d+,\d+", text) else _PAIR.fullmatch(text)
    if found:
        return float(found[1]), float(found[2])
    if found := _COMMA_PAIR.fullmatch(text):
        return float(found[1].replace(",", ".")), float(found[2].replace(",", "."))
    halves = _halves(text)
    if halves is None:
        raise UnclearCellError(_EXPECTED)
    return _angle(halves[0], "lat"), _angle(halves[1], "lon")


def doubt(lat: float | None, lon: float | None) -> str:
    """Return what coordinates off the globe look like, empty where they are on it."""
    if lat is None or lon is None:
        return ""
    if abs(lat) <= _LIMITS["lat"] and abs(lon) <= _LIMITS["lon"]:
        return ""
    if abs(lat) <= _LIMITS["lon"] and abs(lon) <= _LIMITS["lat"]:
        return "latitude and longitude in degrees; these look exchanged"
    if abs(lat) > 1e6 and abs(lon) > 1e6 and max(abs(lat), abs(lon)) <= 1.8e9:
        what = "millionths of degrees (divide by 1,000,000), or metres of a projection"
        return f"latitude and longitude in degrees; these look like {what}"
    if min(abs(lat), abs(lon)) > _LIMITS["lon"]:
        what = "metres of a projection (UTM, for instance): convert them first"
        return f"latitude and longitude in degrees; these look like {what}"
    return "a latitude from -90 to 90 and a longitude from -180 to 180"


def _tidy(text: str) -> str:
    text = text.strip().translate(_MARKS)
    if "://" in text:
        return text
    for word, letter in _COMPASS.items():
        text = re.sub(rf"\b{word}\b", letter, text, flags=re.I)
    return re.sub(r"(?<![a-z])[nsewo](?![a-z])", lambda m: m[0].upper(), text)


def _angle(text: str, axis: Axis) -> float:
    found = _ANGLE.fullmatch(text.strip())
    letter = (found["before"] or found["after"]) if found else None
    if found is None or (letter is not None and letter not in _SIGNS[axis]):
        raise UnclearCellError(_ONE[axis])
    if found["before"] and found["after"]:
        raise UnclearCellError(_ONE[axis])
    parts = [float((found[name] or "0").replace(",", ".")) for name in ("deg", "min", "sec")]
    if parts[1] >= 60.0 or parts[2] >= 60.0 or (found["min"] and not parts[0].is_integer()):
        raise UnclearCellError(_ONE[axis])
    value = parts[0] + parts[1] / 60.0 + parts[2] / 3600.0
    minus = found["minus"] == "-"
    if letter is not None:
        if minus:
            raise UnclearCellError(_ONE[axis])
        return value * _SIGNS[axis][letter]
    return -value if minus else value


def _halves(text: str) -> tuple[str, str] | None:
    """Split a pair of angles behind the letter of the first, or before that of the second."""
    before = r"([NS][^EWO]*?)\s*[,;/]?\s*([EWO].*)"
    behind = r"([^NS]*[NS])\s*[,;/]?\s*([^NS]+)"
    found = re.fullmatch(before if text[:1] in ("N", "S") else behind, text)
    if found:
        return found[1], found[2]
    found = re.fullmatch(r"""([+-]?[^,;]*["'°])\s*[,;]?\s*([+-]?\d.*)""", text)
    return (found[1], found[2]) if found else None


def _of_link(text: str) -> tuple[float, float]:
    expected = (
        "a link that holds the place, like https://maps.google.com/?q=19.4326,-99.1332; short "
        "links and views of a map do not: give latitude and longitude"
    )
    if text.lower().startswith("geo:"):
        found = _PAIR.match(text[4:])
        if found:
            return float(found[1]), float(found[2])
        raise UnclearCellError(expected)
    if found := _OF_LINK.search(text):
        return float(found[1]), float(found[2])
    try:
        query = parse_qs(urlsplit(text).query)
    except ValueError:  # brackets that are no address
        raise UnclearCellError(expected) from None
    if "mlat" in query and "mlon" in query:
        return _floats(query["mlat"][0], query["mlon"][0], expected)
    for name in _QUERY:
        found = _PAIR.fullmatch(query.get(name, [""])[0].removeprefix("loc:").strip())
        if found:
            return float(found[1]), float(found[2])
    raise UnclearCellError(expected)


def _floats(lat: str, lon: str, expected: str) -> tuple[float, float]:
    try:
        pair = float(lat), float(lon)
    except ValueError:
        raise UnclearCellError(expected) from None
    if not all(map(math.isfinite, pair)):
        raise UnclearCellError(expected)
    return pair
