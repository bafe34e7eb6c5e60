"""A schema whose columns change gets a new version; what readers rely on is in its fingerprint."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from geofleet.layers import Layer, json_schema, known_schemas, write_layers
from geofleet.layers.registry import fingerprint
from geofleet.layers.schemas import LINKS
from geofleet.schema import Column


def test_a_changed_schema_has_a_new_version() -> None:
    """Columns, kinds, units, choices and keys are those recorded for the version."""
    path = Path(__file__).with_name("schema_versions.json")
    recorded = json.loads(path.read_text(encoding="utf-8"))
    now = {
        name: {"version": schema.version, "fingerprint": fingerprint(schema)}
        for name, schema in known_schemas().items()
    }
    silent = [
        name
        for name, entry in now.items()
        if name in recorded
        and recorded[name]["version"] == entry["version"]
        and recorded[name] != entry
    ]
    assert silent == [], "give these a new version, then run tests/layers/record_schemas.py"
    assert now == recorded, "run tests/layers/record_schemas.py"
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", entry["version"]) for entry in now.values())


@pytest.mark.parametrize(
    "change",
    [
        {"columns": LINKS.columns[1:]},
        {"columns": (*LINKS.columns, Column("more", "text", "more"))},
        {"columns": (replace(LINKS.columns[0], unit="km"), *LINKS.columns[1:])},
        {"columns": (replace(LINKS.columns[0], kind="text"), *LINKS.columns[1:])},
        {"columns": (replace(LINKS.columns[0], nullable=True), *LINKS.columns[1:])},
        {"key": ()},
    ],
)
def test_the_fingerprint_sees_what_readers_rely_on(change: dict[str, object]) -> None:
    """Any change of columns is seen; other words are not."""
    assert fingerprint(replace(LINKS, **change)) != fingerprint(LINKS)  # type: ignore[arg-type]
    words = (replace(LINKS.columns[0], meaning="said better"), *LINKS.columns[1:])
    assert fingerprint(replace(LINKS, columns=words, notes=("x",))) == fingerprint(LINKS)


def test_json_schemas_hold_for_the_files(demo_layers: dict[str, Layer], tmp_path: Path) -> None:
    """Every feature that is written keeps to the JSON Schema of its layer; others do not."""
    write_layers(demo_layers, tmp_path, ("geojson",))
    for name, layer in demo_layers.items():
        if not layer.spatial:
            continue
        schema = json_schema(layer.schema)
        jsonschema.Draft202012Validator.check_schema(schema)
        validator = jsonschema.Draft202012Validator(schema)
        content = json.loads((tmp_path / f"{name}.geojson").read_text(encoding="utf-8"))
        for feature in content["features"][:20]:
            validator.validate(feature)
        feature["properties"]["unheard_of"] = 1
        assert not validator.is_valid(feature)
