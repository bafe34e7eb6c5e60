"""The part of JSON Schema that geofleet's own schemas use, as faults with their places.

Keywords: ``type, const, enum, minimum, maximum, required, properties, additionalProperties, items,
minItems, pattern, format`` (of dates), and ``$ref`` into ``$defs``.
"""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["schema_faults"]

_SHOWN = 80
_TYPES: dict[str, tuple[type, ...]] = {
    "object": (Mapping,), "array": (list, tuple), "string": (str,), "number": (int, float),
    "integer": (int,), "boolean": (bool,), "null": (type(None),),
}  # fmt: skip

Fault = tuple[str, str, str]
Schema = Mapping[str, Any]


def schema_faults(value: Any, schema: Schema) -> list[Fault]:
    """Return place, value and what was expected of everything that a schema does not allow."""
    return list(_faults(value, schema, schema, ""))


def _faults(value: Any, schema: Schema, root: Schema, place: str) -> Iterator[Fault]:
    if "$ref" in schema:
        name = str(schema["$ref"]).removeprefix("#/$defs/")
        yield from _faults(value, root["$defs"][name], root, place)
        return
    kinds = schema.get("type")
    if kinds is not None:
        wanted = [kinds] if isinstance(kinds, str) else list(kinds)
        if not any(_is(value, kind) for kind in wanted):
            yield place, _shown(value), " or ".join(wanted)
            return
    if "const" in schema and not _equal(value, schema["const"]):
        yield place, _shown(value), repr(schema["const"])
    if "enum" in schema and not any(_equal(value, one) for one in schema["enum"]):
        yield place, _shown(value), "one of " + ", ".join(map(str, schema["enum"]))
    if isinstance(value, int | float) and not isinstance(value, bool):
        low, high = schema.get("minimum", -math.inf), schema.get("maximum", math.inf)
        if not low <= value <= high:
            yield place, _shown(value), f"a number from {low:g} to {high:g}"
    if isinstance(value, str):
        yield from _text_faults(value, schema, place)
    if isinstance(value, Mapping):
        yield from _object_faults(value, schema, root, place)
    if isinstance(value, list | tuple):
        if len(value) < schema.get("minItems", 0):
            yield place, f"{len(value)} items", f"at least {schema['minItems']} items"
        if "items" in schema:
            for number, item in enumerate(value):
                yield from _faults(item, schema["items"], root, f"{place}[{number}]")


def _text_faults(value: str, schema: Schema, place: str) -> Iterator[Fault]:
    if "pattern" in schema and not re.search(schema["pattern"], value):
        yield place, _shown(value), f"text like {schema['pattern']}"
    if schema.get("format") == "date":
        try:
            good = len(value) == 10 and bool(datetime.date.fromisoformat(value))
        except ValueError:
            good = False
        if not good:
            yield place, _shown(value), "a date like 2024-05-14"


def _object_faults(
    value: Mapping[str, Any], schema: Schema, root: Schema, place: str
) -> Iterator[Fault]:
    properties = schema.get("properties", {})
    for name in schema.get("required", ()):
        if name not in value:
            yield _join(place, name), "", "this field, it is required"
    others = schema.get("additionalProperties", True)
    for name, item in value.items():
        if name in properties:
            yield from _faults(item, properties[name], root, _join(place, name))
        elif others is False:
            yield _join(place, name), _shown(item), "no field of this name"
        elif isinstance(others, Mapping):
            yield from _faults(item, others, root, _join(place, name))


def _is(value: Any, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    if kind in ("number", "integer") and isinstance(value, float):
        # JSON knows no NaN; 3.0 is a whole number to JSON Schema
        return math.isfinite(value) and (kind == "number" or value.is_integer())
    return isinstance(value, _TYPES[kind])


def _equal(first: Any, second: Any) -> bool:
    return bool(first == second) and isinstance(first, bool) == isinstance(second, bool)


def _join(place: str, name: str) -> str:
    return f"{place}.{name}" if place else str(name)


def _shown(value: Any) -> str:
    return str(value)[:_SHOWN]
