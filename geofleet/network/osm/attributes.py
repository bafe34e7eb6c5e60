"""Tag sets → the attributes of a directed link, each distinct combination worked out once."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from geofleet.network.osm import tags as t
from geofleet.network.osm.tags import Direction

__all__ = ["AttributeTable", "LinkAttributes", "limits_of", "tabulate"]


class LinkAttributes(NamedTuple):
    """What a directed link inherits from its way; equal attributes let links be merged.

    Names are the columns of the edge table; ``speed_rule`` is the implicit rule behind the
    legal limit (``MX:urban``, ``walk``, ``none``), resolved to a number by the speed tables.
    """

    highway: str
    oneway: bool
    lanes: float | None
    maxspeed_kmh: float | None
    speed_rule: str | None
    maxspeed_hgv_kmh: float | None
    bridge: bool
    tunnel: bool
    junction: str | None
    service: str | None
    surface: str | None
    toll: bool
    access: str | None
    motor_vehicle: str | None
    goods: str | None
    hgv: str | None
    maxheight_m: float | None
    maxwidth_m: float | None
    maxlength_m: float | None
    maxweight_t: float | None
    maxaxleload_t: float | None
    conditional: str | None


class AttributeTable(NamedTuple):
    """Attributes by code, and for each tag set its codes and open directions.

    ``forward_code[s]`` and ``backward_code[s]`` are positions in ``records``, -1 where the way
    is closed in that direction.
    """

    records: list[LinkAttributes]
    forward_code: npt.NDArray[np.int32]
    backward_code: npt.NDArray[np.int32]
    not_understood: dict[str, int]


def tabulate(tagsets: Sequence[Sequence[tuple[str, str]]]) -> AttributeTable:
    """Work out the attributes of each tag set in both directions."""
    codes: dict[LinkAttributes, int] = {}
    forward = np.full(len(tagsets), -1, dtype=np.int32)
    backward = np.full(len(tagsets), -1, dtype=np.int32)
    unknown: Counter[str] = Counter()
    for number, pairs in enumerate(tagsets):
        tags = dict(pairs)
        for direction, attributes in _both_directions(tags, unknown).items():
            target = forward if direction == "forward" else backward
            target[number] = codes.setdefault(attributes, len(codes))
    return AttributeTable(list(codes), forward, backward, dict(unknown))


def _both_directions(
    tags: Mapping[str, str], unknown: Counter[str]
) -> dict[Direction, LinkAttributes]:
    open_forward, open_backward = t.parse_oneway(tags)
    oneway_text = tags.get("oneway", "no")
    if not t.is_oneway_value(oneway_text):
        unknown[f"oneway={oneway_text}"] += 1
    oneway = open_forward != open_backward
    links: dict[Direction, LinkAttributes] = {}
    if open_forward:
        links["forward"] = _attributes(tags, "forward", oneway, unknown)
    if open_backward:
        links["backward"] = _attributes(tags, "backward", oneway, unknown)
    heavy = tags.get("oneway:hgv")
    if heavy is None:
        return links
    heavy_forward, heavy_backward = t.parse_oneway({"oneway": heavy})
    allowed: dict[Direction, bool] = {"forward": heavy_forward, "backward": heavy_backward}
    for direction, may in allowed.items():
        if direction in links and not may:
            links[direction] = links[direction]._replace(hgv="no")
        elif direction not in links and may:
            # Only lorries may run against this one-way street.
            link = _attributes(tags, direction, oneway, unknown)
            links[direction] = link._replace(motor_vehicle="no", goods=None, hgv=link.hgv or "yes")
    return links


def _attributes(
    tags: Mapping[str, str], direction: Direction, oneway: bool, unknown: Counter[str]
) -> LinkAttributes:
    limit, rule = _speed_limit(tags, direction, unknown)
    heavy_limit = t.directional(tags, "maxspeed:hgv", direction)
    lanes = t.parse_number(tags["lanes"]) if "lanes" in tags else math.nan
    goods = _word(t.directional(tags, "goods", direction))
    # "No goods vehicles" is meant for the heavy ones too where nothing else is said of them.
    hgv = _word(t.directional(tags, "hgv", direction)) or (goods if goods in _NOT_FREE else None)
    vehicle = _word(t.directional(tags, "vehicle", direction))
    return LinkAttributes(
        highway=tags["highway"],
        oneway=oneway,
        lanes=lanes if lanes > 0 else None,
        maxspeed_kmh=limit,
        speed_rule=rule,
        maxspeed_hgv_kmh=_known(t.parse_speed(heavy_limit).kmh) if heavy_limit else None,
        bridge=t.is_set(tags.get("bridge")),
        tunnel=t.is_set(tags.get("tunnel")) and tags.get("tunnel") != "culvert",
        junction=tags.get("junction"),
        service=tags.get("service"),
        surface=tags.get("surface"),
        toll=t.is_set(tags.get("toll")) or t.is_set(tags.get("toll:hgv")),
        access=_word(t.directional(tags, "access", direction)),
        motor_vehicle=_word(t.directional(tags, "motor_vehicle", direction)) or vehicle,
        goods=goods,
        hgv=hgv,
        **limits_of(tags, direction, unknown),
        conditional=_conditional(tags),
    )


def limits_of(
    tags: Mapping[str, str], direction: Direction, unknown: Counter[str]
) -> dict[str, float | None]:
    """Return the size and weight limits of a way or node, None where there is none or unknown."""
    found: dict[str, float | None] = {}
    for column, (keys, parse) in _LIMITS.items():
        values = []
        for key in keys:
            text = t.directional(tags, key, direction)
            if text is None:
                continue
            value = parse(text)
            if not math.isnan(value):
                values.append(value)
            elif text.strip().lower() not in _NO_LIMIT:
                unknown[f"{key}={text}"] += 1
        found[column] = min(values) if values else None
    return found


_NOT_FREE = frozenset(("no", "private", "destination", "delivery"))
_LIMITS = {
    "maxheight_m": (("maxheight", "maxheight:physical"), t.parse_length_m),
    "maxwidth_m": (("maxwidth", "maxwidth:physical"), t.parse_length_m),
    "maxlength_m": (("maxlength",), t.parse_length_m),
    "maxweight_t": (
        ("maxweight", "maxweightrating", "maxweight:hgv", "maxweightrating:hgv"),
        t.parse_mass_t,
    ),
    "maxaxleload_t": (("maxaxleload",), t.parse_mass_t),
}
_NO_LIMIT = frozenset(
    ("none", "default", "below_default", "no_indications", "no_sign", "unsigned", "no")
)


def _speed_limit(
    tags: Mapping[str, str], direction: Direction, unknown: Counter[str]
) -> tuple[float | None, str | None]:
    text = t.directional(tags, "maxspeed", direction)
    if text is not None:
        speed = t.parse_speed(text)
        if speed.kind == "number":
            return speed.kmh, None
        if speed.kind == "implicit":
            return None, speed.code
        if speed.kind in ("walk", "none"):
            return None, speed.kind
        if speed.kind == "unknown":
            unknown[f"maxspeed={text}"] += 1
        return None, None
    for key in ("source:maxspeed", "maxspeed:type", "zone:maxspeed"):
        speed = t.parse_speed(tags.get(key, ""))
        if speed.kind == "implicit":
            return None, speed.code
        if speed.kind == "number" and ":" in tags[key]:
            return speed.kmh, None
    return None, None


def _conditional(tags: Mapping[str, str]) -> str | None:
    texts = [f"{key}={value}" for key, value in sorted(tags.items()) if ":conditional" in key]
    return " | ".join(texts) or None


def _word(text: str | None) -> str | None:
    return text.strip().lower() if text else None


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value
