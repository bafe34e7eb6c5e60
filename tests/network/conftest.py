"""Fixtures for road network tests."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from xml.sax.saxutils import escape

import pytest

QUOTE = {'"': "&quot;"}

_SPEC = importlib.util.spec_from_file_location("roads", Path(__file__).with_name("roads.py"))
assert _SPEC is not None
assert _SPEC.loader is not None
_ROADS = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_ROADS)


@pytest.fixture(scope="session")
def roads() -> ModuleType:
    """Return the builder of small networks."""
    return _ROADS


@pytest.fixture(scope="session")
def grid_network():
    """Return a 6 × 6 grid of two-way streets of 100 m at 10 m/s."""
    return _ROADS.make_network(*_ROADS.grid(6, 6))


@pytest.fixture
def osm_file(tmp_path):
    """Return a writer of small OpenStreetMap files; nodes stand on a lattice of 0.001 degrees."""

    def element(kind, attributes, tags, children=""):
        pairs = "".join(f'<tag k="{k}" v="{escape(v, QUOTE)}"/>' for k, v in tags.items())
        head = " ".join(f'{key}="{value}"' for key, value in attributes.items())
        return f"<{kind} {head}>{children}{pairs}</{kind}>"

    def write(nodes, ways, relations=(), *, name="roads.osm"):
        parts = []
        for osmid, (x, y, *tags) in nodes.items():
            place = {"id": osmid, "lon": f"{-70 + x / 1000:.7f}", "lat": f"{-30 + y / 1000:.7f}"}
            parts.append(element("node", place, *(tags or [{}])))
        for osmid, refs, tags in ways:
            refs = "".join(f'<nd ref="{ref}"/>' for ref in refs)
            parts.append(element("way", {"id": osmid}, tags, refs))
        for osmid, tags, members in relations:
            names = {"n": "node", "w": "way", "r": "relation"}
            text = "".join(
                f'<member type="{names[kind]}" ref="{ref}" role="{role}"/>'
                for kind, ref, role in members
            )
            parts.append(element("relation", {"id": osmid}, tags, text))
        path = tmp_path / name
        path.write_text(
            '<?xml version="1.0" encoding="UTF-8"?>\n<osm version="0.6">'
            + "\n".join(parts)
            + "</osm>\n",
            encoding="utf-8",
        )
        return path

    return write
