"""Answers of Overpass → nodes, ways and turn restrictions → an OpenStreetMap file.

What is not shaped like OpenStreetMap data raises one of ``NOT_OSM`` before anything is written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import osmium
import osmium.osm.mutable as mutable

__all__ = ["NOT_OSM", "collect", "restrictions", "timestamp", "write_osm"]

NOT_OSM = (ValueError, KeyError, TypeError, AttributeError)
"""What reading an answer of another shape than OpenStreetMap's raises."""

_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_IDS = 2**63
_KINDS = {"node": "n", "way": "w", "relation": "r"}
_LONGITUDES, _LATITUDES = 180, 90


def collect(answers: list[Any]) -> tuple[dict[int, Any], list[Any]]:
    """Merge the parts of an area: nodes by id, ways by ascending id."""
    nodes: dict[int, Any] = {}
    ways: dict[int, Any] = {}
    for answer in answers:
        for item in answer.get("elements", []):
            if item["type"] == "node":
                nodes[_id(item["id"])] = item
                item["lon"], item["lat"] = float(item["lon"]), float(item["lat"])
                if not (abs(item["lon"]) <= _LONGITUDES and abs(item["lat"]) <= _LATITUDES):
                    raise ValueError("a place off the globe")
            elif item["type"] == "way":
                ways[_id(item["id"])] = item
                item["nodes"] = [_id(node) for node in item["nodes"]]
            item["tags"] = _tags(item)
    return dict(sorted(nodes.items())), [ways[key] for key in sorted(ways)]


def _id(value: Any) -> int:
    """Return an id as OpenStreetMap has them."""
    number = int(value)
    if abs(number) >= _IDS:
        raise ValueError("an id beyond 64 bits")
    return number


def _tags(item: Mapping[str, Any]) -> dict[str, str]:
    tags = item.get("tags") or {}
    if not all(isinstance(text, str) for pair in tags.items() for text in pair):
        raise TypeError("a tag that is not text")
    return dict(tags)


def restrictions(answer: Any, ways: list[Any]) -> list[Any]:
    """Pick the turn restrictions among the ways, by ascending id."""
    known = {int(way["id"]) for way in ways}
    found = {}
    for item in answer.get("elements", []):
        if item["type"] != "relation":
            continue
        members = [
            {"type": _KINDS[m["type"]], "ref": _id(m["ref"]), "role": str(m.get("role") or "")}
            for m in item.get("members", [])
        ]
        roads = [member["ref"] for member in members if member["type"] == "w"]
        if roads and known.issuperset(roads):
            tags = _tags(item)
            found[_id(item["id"])] = {"id": _id(item["id"]), "members": members, "tags": tags}
    return [found[key] for key in sorted(found)]


def timestamp(answers: list[Any]) -> str:
    """Return the time up to which the oldest answer knew OpenStreetMap, empty when not said."""
    stamps = [str(item.get("osm3s", {}).get("timestamp_osm_base", "")) for item in answers]
    return min((stamp for stamp in stamps if _STAMP.fullmatch(stamp)), default="")


def write_osm(
    path: Path, nodes: Iterable[Any], ways: Iterable[Any], relations: Iterable[Any], stamp: str
) -> None:
    """Write checked elements as a sorted OpenStreetMap file."""
    header = osmium.io.Header()
    header.set("generator", "geofleet")
    header.set("sorting", "Type_then_ID")
    if stamp:
        header.set("osmosis_replication_timestamp", stamp)
    with osmium.SimpleWriter(str(path), header=header) as out:
        for item in nodes:
            place = (item["lon"], item["lat"])
            out.add_node(mutable.Node(id=int(item["id"]), location=place, tags=item["tags"]))
        for item in ways:
            way = mutable.Way(id=int(item["id"]), nodes=item["nodes"], tags=item["tags"])
            out.add_way(way)
        for item in relations:
            members = [(m["type"], m["ref"], m["role"]) for m in item["members"]]
            relation = mutable.Relation(id=item["id"], members=members, tags=item["tags"])
            out.add_relation(relation)
