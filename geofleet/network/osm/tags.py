"""OpenStreetMap tags → numbers and categories: the meaning of one tag value at a time.

Conventions follow the OpenStreetMap wiki pages of each key. A value that cannot be understood
is unknown (None or NaN), never a guess.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple

__all__ = [
    "NODE_FILTER_KEYS",
    "NODE_KEYS",
    "Direction",
    "Speed",
    "directional",
    "is_oneway_value",
    "is_road_key",
    "is_set",
    "parse_length_m",
    "parse_mass_t",
    "parse_number",
    "parse_oneway",
    "parse_speed",
]

Direction = Literal["forward", "backward"]

ACCESS_KEYS = ("access", "vehicle", "motor_vehicle", "goods", "hgv")
LIMIT_KEYS = (
    "maxheight", "maxheight:physical", "maxwidth", "maxwidth:physical", "maxlength",
    "maxweight", "maxweightrating", "maxweight:hgv", "maxweightrating:hgv", "maxaxleload",
)  # fmt: skip
SPEED_KEYS = ("maxspeed", "maxspeed:hgv", "source:maxspeed", "maxspeed:type", "zone:maxspeed")
_PLAIN_KEYS = (
    "highway", "oneway", "oneway:hgv", "oneway:motor_vehicle", "oneway:vehicle", "junction",
    "lanes", "service", "toll", "toll:hgv", "surface", "bridge", "tunnel",
)  # fmt: skip
_DIRECTED = ACCESS_KEYS + LIMIT_KEYS + ("maxspeed", "maxspeed:hgv")
_ROAD_KEYS = frozenset(
    _PLAIN_KEYS
    + _DIRECTED
    + SPEED_KEYS
    + tuple(f"{key}:{way}" for key in _DIRECTED for way in ("forward", "backward"))
)
# What the signals and stop signs at a node are like; read where ``highway`` says there are some.
CONTROL_KEYS = (
    "traffic_signals", "traffic_signals:direction", "direction", "crossing", "crossing:signals",
    "stop",
)  # fmt: skip
NODE_KEYS = ("highway", "barrier", *ACCESS_KEYS, *LIMIT_KEYS, *CONTROL_KEYS)
# A node is looked at when it has one of these; the other keys matter only beside them.
NODE_FILTER_KEYS = (
    "highway", "barrier", "access", "vehicle", "motor_vehicle", "hgv", "maxheight", "maxweight",
)  # fmt: skip
_CONDITIONAL_BASES = frozenset((*ACCESS_KEYS, *LIMIT_KEYS, "maxspeed", "oneway", "toll"))
_NOT_FREIGHT = frozenset(
    ("bicycle", "bus", "psv", "taxi", "foot", "moped", "mofa", "motorcycle", "motorcar", "coach")
)

_NUMBER = re.compile(r"^[+]?(\d+(?:[.,]\d+)?|[.,]\d+)$")
_WITH_UNIT = re.compile(r"^([+]?(?:\d+(?:[.,]\d+)?|[.,]\d+))\s*([a-z/.]+)$")
_FEET = re.compile(
    r"^(\d+(?:[.,]\d+)?)\s*(?:'|’|′|ft|foot|feet)"
    r"(?:[\s-]*(\d+(?:[.,]\d+)?)\s*(?:\"|''|”|″|in|inch|inches)?)?$"
)
_INCHES = re.compile(r"^(\d+(?:[.,]\d+)?)\s*(?:\"|''|”|″|in)$")
_IMPLICIT = re.compile(r"^([A-Z]{2}(?:-[A-Z0-9]{1,3})?):([a-z0-9_:]+)$")

_KMH = {"": 1.0, "km/h": 1.0, "kmh": 1.0, "kph": 1.0, "kmph": 1.0, "km/hr": 1.0}
_MPH_TO_KMH = 1.609344
_KNOT_TO_KMH = 1.852
_SPEED_UNITS = {
    **_KMH,
    **dict.fromkeys(("mph", "mp/h", "m.p.h.", "mi/h"), _MPH_TO_KMH),
    **dict.fromkeys(("knots", "knot", "kn", "kt"), _KNOT_TO_KMH),
}
# Nobody weighs a road's load to the gram: 20,000 lbs and 20.000 kg are thousands.
_THOUSANDS = re.compile(r"^(\d{1,3}(?:[.,]\d{3})+)(?=\s*(?:kgs?|lbs?)$)")
_FOOT_M = 0.3048
_INCH_M = 0.0254
_LENGTH_UNITS = {
    **dict.fromkeys(("", "m", "metre", "metres", "meter", "meters"), 1.0),
    "cm": 0.01, "mm": 0.001, "km": 1000.0, "ft": _FOOT_M, "feet": _FOOT_M, "in": _INCH_M,
}  # fmt: skip
_POUND_T = 0.45359237e-3
_MASS_UNITS = {
    **dict.fromkeys(("", "t", "to", "ton", "tons", "tonne", "tonnes"), 1.0),
    **dict.fromkeys(("kg", "kgs"), 1e-3),
    **dict.fromkeys(("lb", "lbs"), _POUND_T),
    **dict.fromkeys(("st", "short_ton", "short_tons"), 2000 * _POUND_T),
    **dict.fromkeys(("lt", "long_ton", "long_tons"), 2240 * _POUND_T),
    **dict.fromkeys(("cwt",), 112 * _POUND_T),
}
_TRUE_BRIDGE_NOT = frozenset(("no", "0", "false", ""))


class Speed(NamedTuple):
    """What a maxspeed value says.

    ``kind`` is ``number`` (``kmh`` holds it), ``implicit`` (``code`` names the rule, like
    ``MX:urban``), ``walk``, ``none`` (no limit), ``signals`` (set by signs that change) or
    ``unknown``.
    """

    kind: Literal["number", "implicit", "walk", "none", "signals", "unknown"]
    kmh: float = math.nan
    code: str = ""


def is_road_key(key: str) -> bool:
    """Whether a way's tag matters to where and how fast a vehicle may drive."""
    if key in _ROAD_KEYS:
        return True
    parts = key.split(":")
    return (
        parts[-1] == "conditional"
        and parts[0] in _CONDITIONAL_BASES
        and _NOT_FREIGHT.isdisjoint(parts)
    )


def directional(tags: Mapping[str, str], key: str, direction: Direction) -> str | None:
    """Return the value for one direction: ``key:forward`` goes before ``key``."""
    value = tags.get(f"{key}:{direction}")
    return tags.get(key) if value is None else value


def parse_number(text: str) -> float:
    """Read a plain non-negative number, decimal point or comma; NaN when it is none."""
    match = _NUMBER.match(text.strip())
    return float(match.group(1).replace(",", ".")) if match else math.nan


def parse_speed(text: str) -> Speed:
    """Read a ``maxspeed`` value.

    Lists such as ``50;60`` give the lowest number: the limit that holds everywhere on the way.
    Units: km/h, ``mph``, ``knots``. Zero is no limit that traffic could obey and is unknown.

    Examples
    --------
    >>> parse_speed("30 mph").kmh
    48.28032
    >>> parse_speed("MX:urban").code
    'MX:urban'
    """
    text = text.strip()
    if re.search(r"[;|]", text):
        parts = [parse_speed(part) for part in re.split(r"[;|]", text) if part.strip()]
        numbers = [part.kmh for part in parts if part.kind == "number"]
        return Speed("number", min(numbers)) if numbers else Speed("unknown")
    lower = text.lower()
    if lower in ("walk", "walking_pace", "foot") or lower.endswith(":walk"):
        return Speed("walk")
    if lower in ("none", "unlimited"):
        return Speed("none")
    if lower in ("signals", "variable", "sign"):
        return Speed("signals")
    implicit = _IMPLICIT.match(text)
    if implicit:
        zone = re.fullmatch(r"(?:zone:?)?(\d{1,3})", implicit.group(2))
        if zone and float(zone.group(1)) > 0:
            return Speed("number", float(zone.group(1)))
        return Speed("implicit", code=text)
    value = parse_number(lower)
    unit = ""
    if math.isnan(value):
        match = _WITH_UNIT.match(lower)
        if not match or match.group(2) not in _SPEED_UNITS:
            return Speed("unknown")
        value, unit = parse_number(match.group(1)), match.group(2)
    kmh = value * _SPEED_UNITS[unit]
    return Speed("number", kmh) if 0 < kmh < math.inf else Speed("unknown")


def parse_length_m(text: str) -> float:
    r"""Read a length limit in metres; NaN for ``none``, ``default`` or what is not understood.

    Plain numbers are metres; ``m``, ``cm``, ``ft``, ``in`` and ``12'6"`` are understood.

    Examples
    --------
    >>> round(parse_length_m("12'6\""), 4)
    3.81
    """
    return _lowest(text, _one_length)


def parse_mass_t(text: str) -> float:
    """Read a mass limit in tonnes; NaN for ``none``, ``default`` or what is not understood.

    Plain numbers and ``t`` are metric tonnes; ``kg``, ``lbs``, ``st`` (short tons), ``lt``
    (long tons) and ``cwt`` are understood.

    Examples
    --------
    >>> round(parse_mass_t("16000 lbs"), 3)
    7.257
    """
    return _lowest(text, _one_mass)


def _lowest(text: str, parse: Callable[[str], float]) -> float:
    values = [parse(part) for part in text.split(";")]
    known = [value for value in values if not math.isnan(value)]
    return min(known) if known else math.nan


def _one_length(text: str) -> float:
    lower = text.strip().lower()
    feet = _FEET.match(lower)
    if feet:
        inches = float((feet.group(2) or "0").replace(",", "."))
        return _positive(float(feet.group(1).replace(",", ".")) * _FOOT_M + inches * _INCH_M)
    inch = _INCHES.match(lower)
    if inch:
        return _positive(float(inch.group(1).replace(",", ".")) * _INCH_M)
    return _scaled(lower, _LENGTH_UNITS)


def _one_mass(text: str) -> float:
    lower = text.strip().lower()
    whole = _THOUSANDS.sub(lambda found: re.sub(r"[.,]", "", found.group(1)), lower)
    return _scaled(whole, _MASS_UNITS)


def _scaled(text: str, units: Mapping[str, float]) -> float:
    lower = text.strip().lower()
    value, unit = parse_number(lower), ""
    if math.isnan(value):
        match = _WITH_UNIT.match(lower.replace("short tons", "st").replace("long tons", "lt"))
        if not match or match.group(2) not in units:
            return math.nan
        value, unit = parse_number(match.group(1)), match.group(2)
    return _positive(value * units[unit])


def _positive(value: float) -> float:
    return value if 0 < value < math.inf else math.nan


def parse_oneway(tags: Mapping[str, str]) -> tuple[bool, bool]:
    """Directions open to motor traffic by the ``oneway`` family: ``(forward, backward)``.

    ``junction=roundabout|circular`` and ``highway=motorway`` imply forward only unless a
    ``oneway`` value says otherwise. ``oneway:motor_vehicle`` and ``oneway:vehicle`` go before
    ``oneway``. ``alternating`` (a single lane used in turns) is open both ways.
    """
    for key in ("oneway:motor_vehicle", "oneway:vehicle", "oneway"):
        directions = _ONEWAY.get(tags.get(key, "").strip().lower())
        if directions:
            return directions
    implied = tags.get("junction") in ("roundabout", "circular")
    return (True, not (implied or tags.get("highway") == "motorway"))


_ONEWAY = {
    **dict.fromkeys(("yes", "true", "1"), (True, False)),
    **dict.fromkeys(("-1", "reverse"), (False, True)),
    **dict.fromkeys(("no", "false", "0", "alternating"), (True, True)),
}


def is_oneway_value(text: str) -> bool:
    """Whether a ``oneway`` value is understood."""
    return text.strip().lower() in _ONEWAY


def is_set(value: str | None) -> bool:
    """Whether a tag such as ``bridge`` is there and does not say no."""
    return value is not None and value.strip().lower() not in _TRUE_BRIDGE_NOT
