"""Every schema of a layer by name, and what of it makes a version."""

from __future__ import annotations

import hashlib
import importlib
import json
import pkgutil
from collections.abc import Mapping
from functools import cache
from typing import Any

from geofleet.schema import TableSchema

__all__ = ["fingerprint", "json_schema", "known_schemas"]

_WITHOUT = ("build", "model", "read", "registry", "write")
_TYPES = {
    "text": "string", "integer": "integer", "number": "number", "boolean": "boolean",
    "date": "string", "time": "number", "datetime": "string",
}  # fmt: skip


@cache
def known_schemas() -> Mapping[str, TableSchema]:
    """Return the schemas that are the same for every study, by the name of their layer.

    Layers of rules and of priced trips add columns of their own (one for each hour or rule): the
    file beside such a layer tells them.
    """
    found: dict[str, TableSchema] = {}
    package = importlib.import_module("geofleet.layers")
    for module in pkgutil.iter_modules(package.__path__):
        if module.name in _WITHOUT:
            continue
        content = importlib.import_module(f"geofleet.layers.{module.name}")
        for value in vars(content).values():
            if isinstance(value, TableSchema):
                found[value.name] = value
    return dict(sorted(found.items()))


def fingerprint(schema: TableSchema) -> str:
    """Return a digest of what readers of a layer rely on: columns, kinds, units, choices, key.

    Meanings and notes are words and not in it.
    """
    relied_on = {
        "key": list(schema.key),
        "columns": [
            [column.name, column.kind, column.unit, column.nullable, list(column.choices)]
            for column in schema.columns
        ],
    }
    text = json.dumps(relied_on, ensure_ascii=True, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def json_schema(schema: TableSchema) -> dict[str, Any]:
    """Return a JSON Schema (2020-12) of the GeoJSON features of a layer.

    Examples
    --------
    >>> from geofleet.layers.schemas import ROADS
    >>> json_schema(ROADS)["properties"]["properties"]["required"]
    ['street', 'name', 'highway']
    """
    properties: dict[str, Any] = {}
    spatial, may_lack = False, False
    for column in schema.columns:
        if column.kind == "geometry":
            spatial, may_lack = True, column.nullable
            continue
        kind = _TYPES[column.kind]
        entry: dict[str, Any] = {"type": [kind, "null"] if column.nullable else kind}
        entry["description"] = column.meaning + (f" [{column.unit}]" if column.unit else "")
        if column.choices:
            entry["enum"] = [*column.choices, None] if column.nullable else list(column.choices)
        if column.minimum is not None:
            entry["minimum"] = column.minimum
        if column.maximum is not None:
            entry["maximum"] = column.maximum
        properties[column.name] = entry
    shape = ["object", "null"] if may_lack or not spatial else "object"
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:geofleet:layer:{schema.name}:{schema.version}",
        "title": schema.title,
        "type": "object",
        "required": ["type", "properties", "geometry"],
        "properties": {
            "type": {"const": "Feature"},
            "geometry": {"type": shape},
            "properties": {
                "type": "object",
                "required": list(properties),
                "properties": properties,
                "additionalProperties": False,
            },
        },
    }
