"""Make ``roads.osm.pbf`` and ``population.geojson`` from AequilibraE's example network.

AequilibraE 1.7.2 ships an example model of La Serena–Coquimbo, ``coquimbo.zip``: a SpatiaLite
database whose road links come from OpenStreetMap. This script writes the roads back as valid
OpenStreetMap data and the zones as GeoJSON. AequilibraE is needed only as the place the zip
comes from; nothing here imports it.

    pip install aequilibrae==1.7.2 osmium shapely              # in an environment of its own
    python data/coquimbo/make_roads.py                         # finds the zip in the package
    python data/coquimbo/make_roads.py path/to/coquimbo.zip    # or is told where it is

It needs numpy, osmium and shapely, and gives the same files every time.

What is written, and what is not known:

- Nodes where links meet keep their OpenStreetMap id. The database has no ids for the shape
  points between them: these are numbered from ``SYNTHETIC_ID`` on, along the ways.
- AequilibraE cuts a way at each junction. Pieces of one way that follow one another are joined
  again. The first gets the way's own id; if a way comes in several parts (it left the area, or
  crosses itself), the others are numbered from ``SYNTHETIC_ID`` on. Every way carries its
  origin as ``source:way_id``.
- ``highway``: AequilibraE has no ``*_link`` classes, a ramp has the class of its road; service
  roads, tracks and paths are not in the source. ``junction``, ``ref``, ``bridge``, access and
  turn restrictions are not in the source either, so they are absent here.
- ``lanes`` is the total of both directions. AequilibraE halves the total of a two-way road, so
  that the sum gives it back.
- The timestamp of every object is the day on which the source database was last written.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import sqlite3
import struct
import sys
import tempfile
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt
import osmium
import shapely

SOURCE_SHA256 = "43de7e2ac90e87eb8d9ea8149e16f48c0c4e5bdf3ac8946a8f116f3bc51dc2a2"
ATTRIBUTION = "© OpenStreetMap contributors, ODbL 1.0"
GENERATOR = f"geofleet data/coquimbo/make_roads.py, from AequilibraE 1.7.2; {ATTRIBUTION}"
SYNTHETIC_ID = 1_000_000_000_000
TIMESTAMP = datetime(2023, 1, 3, tzinfo=UTC)
DEGREES = 1e-7

Point = tuple[int, int]
"""Longitude and latitude in units of 1e-7 degree, the resolution of OpenStreetMap."""


@dataclass(frozen=True)
class Link:
    """One row of the links table, ``points`` from ``a`` to ``b``."""

    link_id: int
    a: int
    b: int
    points: list[Point]


@dataclass
class Way:
    """A source way: its tags and its links."""

    tags: dict[str, str]
    links: list[Link] = field(default_factory=list)


def find_zip() -> Path:
    """Return the example inside an installed AequilibraE."""
    spec = importlib.util.find_spec("aequilibrae")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder) / "reference_files" / "coquimbo.zip"
        if path.is_file():
            return path
    raise SystemExit("coquimbo.zip not found: give its path, or pip install aequilibrae==1.7.2")


def line_points(blob: bytes) -> npt.NDArray[np.int64]:
    """Read a SpatiaLite LINESTRING (little-endian, EPSG:4326) as 1e-7 degrees.

    The layout is 0x00, byte order, SRID, bounding box, 0x7C, class, count, coordinates, 0xFE.
    """
    if blob[:2] != b"\x00\x01" or blob[38] != 0x7C or blob[-1] != 0xFE:
        raise ValueError("not a little-endian SpatiaLite geometry")
    srid, kind = struct.unpack_from("<I", blob, 2)[0], struct.unpack_from("<I", blob, 39)[0]
    if srid != 4326 or kind != 2:
        raise ValueError(f"expected a line in EPSG:4326, found class {kind} in EPSG:{srid}")
    degrees = np.frombuffer(blob[47:-1], "<f8").reshape(-1, 2)
    return np.rint(degrees / DEGREES).astype(np.int64)


def multipolygon(blob: bytes) -> shapely.MultiPolygon:
    """Read a SpatiaLite MULTIPOLYGON (little-endian); its parts are marked 0x69."""
    if blob[:2] != b"\x00\x01" or struct.unpack_from("<I", blob, 39)[0] != 6:
        raise ValueError("not a little-endian SpatiaLite multipolygon")
    count, at = struct.unpack_from("<I", blob, 43)[0], 47
    parts = []
    for _ in range(count):
        marker, kind, ring_count = struct.unpack_from("<BII", blob, at)
        if marker != 0x69 or kind != 3:
            raise ValueError("expected a polygon")
        at += 9
        rings = []
        for _ in range(ring_count):
            points = struct.unpack_from("<I", blob, at)[0]
            at += 4
            rings.append(np.frombuffer(blob, "<f8", 2 * points, at).reshape(-1, 2))
            at += 16 * points
        parts.append(shapely.Polygon(rings[0], rings[1:]))
    return shapely.MultiPolygon(parts)


def total_lanes(ab: float | None, ba: float | None, *, oneway: bool) -> int | None:
    """Return the lanes of the whole road; a one-way road's ``ba`` means nothing."""
    if ab is None or (ba is None and not oneway):
        return None
    return max(1, int(ab if oneway else ab + (ba or 0.0)))


def read_ways(database: sqlite3.Connection) -> tuple[dict[int, Way], dict[int, Point]]:
    """Return the ways by OpenStreetMap id and the junction nodes by OpenStreetMap id."""
    database.row_factory = sqlite3.Row
    osm_id = {row["node_id"]: row["osm_id"] for row in database.execute("SELECT * FROM nodes")}
    ways: dict[int, Way] = {}
    nodes: dict[int, Point] = {}
    query = "SELECT * FROM links WHERE link_type <> 'centroid_connector' ORDER BY osm_id, link_id"
    for row in database.execute(query):
        if row["direction"] not in (0, 1):
            raise ValueError(f"link {row['link_id']} runs against its line")
        points = [(int(x), int(y)) for x, y in line_points(row["geometry"])]
        a, b = osm_id[row["a_node"]], osm_id[row["b_node"]]
        for node, point in ((a, points[0]), (b, points[-1])):
            if nodes.setdefault(node, point) != point:
                raise ValueError(f"link {row['link_id']} does not end at its node {node}")
        tags = link_tags(row)
        way = ways.setdefault(row["osm_id"], Way(tags))
        if way.tags != tags:
            raise ValueError(f"way {row['osm_id']} changes its tags on the way")
        way.links.append(Link(row["link_id"], a, b, points))
    return ways, nodes


def link_tags(row: sqlite3.Row) -> dict[str, str]:
    """Return the OpenStreetMap tags of a link."""
    oneway = row["direction"] == 1
    tags = {"highway": row["link_type"], "source:way_id": str(row["osm_id"])}
    if row["name"]:
        tags["name"] = row["name"]
    if oneway:
        tags["oneway"] = "yes"
    lanes = total_lanes(row["lanes_ab"], row["lanes_ba"], oneway=oneway)
    if lanes is not None:
        tags["lanes"] = str(lanes)
    ab, ba = row["speed_ab"], row["speed_ba"]
    if ab is not None:
        both = oneway or ab == ba
        tags["maxspeed" if both else "maxspeed:forward"] = f"{ab:g}"
    if ba is not None and not oneway and ab != ba:
        tags["maxspeed:backward"] = f"{ba:g}"
    return tags


def chains(links: list[Link]) -> Iterator[list[Link]]:
    """Join the links of one way end to start, each once.

    A run starts where no link, or more than one, arrives or leaves; what is left are rings.
    """
    leaving: dict[int, list[Link]] = defaultdict(list)
    arriving: dict[int, int] = defaultdict(int)
    for link in links:
        leaving[link.a].append(link)
        arriving[link.b] += 1
    left = {link.link_id for link in links}
    starts = [x for x in links if arriving[x.a] != 1 or len(leaving[x.a]) != 1]
    for first in [*starts, *links]:
        if first.link_id not in left:
            continue
        chain = [first]
        left.discard(first.link_id)
        while (
            arriving[chain[-1].b] == 1
            and len(leaving[chain[-1].b]) == 1
            and leaving[chain[-1].b][0].link_id in left
        ):
            chain.append(leaving[chain[-1].b][0])
            left.discard(chain[-1].link_id)
        yield chain


def write_roads(ways: dict[int, Way], nodes: dict[int, Point], path: Path) -> dict[str, int]:
    """Write sorted OpenStreetMap data; return what was written."""
    shape: dict[int, Point] = {}
    drawn: dict[int, tuple[list[int], dict[str, str]]] = {}
    extra = 0
    for osm_id in sorted(ways):
        way = ways[osm_id]
        for part, chain in enumerate(chains(way.links)):
            refs = [chain[0].a]
            for link in chain:
                for point in link.points[1:-1]:
                    refs.append(SYNTHETIC_ID + len(shape))
                    shape[refs[-1]] = point
                refs.append(link.b)
            way_id = osm_id if part == 0 else SYNTHETIC_ID + extra
            extra += part > 0
            drawn[way_id] = (refs, way.tags)
    if max(nodes) >= SYNTHETIC_ID or min(nodes) <= 0:
        raise ValueError("OpenStreetMap ids reach into the synthetic range")
    everything = {**nodes, **shape}
    corners = np.array(list(everything.values())) * DEGREES
    header = osmium.io.Header()
    header.set("generator", GENERATOR)
    header.set("sorting", "Type_then_ID")
    low, high = corners.min(axis=0), corners.max(axis=0)
    header.add_box(
        osmium.osm.Box(
            osmium.osm.Location(float(low[0]), float(low[1])),
            osmium.osm.Location(float(high[0]), float(high[1])),
        )
    )
    partial = path.with_name("partial-" + path.name)
    partial.unlink(missing_ok=True)
    with osmium.SimpleWriter(str(partial), header=header) as writer:
        for node_id in sorted(everything):
            x, y = everything[node_id]
            writer.add_node(
                osmium.osm.mutable.Node(
                    id=node_id, location=(x * DEGREES, y * DEGREES), version=1, timestamp=TIMESTAMP
                )
            )
        for way_id in sorted(drawn):
            refs, tags = drawn[way_id]
            writer.add_way(
                osmium.osm.mutable.Way(
                    id=way_id, nodes=refs, tags=tags, version=1, timestamp=TIMESTAMP
                )
            )
    partial.replace(path)
    return {
        "links": sum(len(way.links) for way in ways.values()),
        "junction nodes": len(nodes),
        "shape nodes": len(shape),
        "source ways": len(ways),
        "ways": len(drawn),
        "ways with a synthetic id": extra,
    }


def write_population(database: sqlite3.Connection, path: Path) -> dict[str, float]:
    """Write the zones as RFC 7946 GeoJSON: EPSG:4326, exterior rings counter-clockwise."""
    features, people = [], 0.0
    for row in database.execute("SELECT * FROM zones ORDER BY zone_id"):
        rounded = shapely.set_precision(multipolygon(row["geometry"]), DEGREES)
        parts = [shapely.orient_polygons(part) for part in shapely.get_parts(rounded)]
        shapes = [
            [[[round(x, 7), round(y, 7)] for x, y in ring.coords] for ring in rings(part)]
            for part in parts
        ]
        one = len(shapes) == 1
        people += row["population"]
        features.append(
            {
                "type": "Feature",
                "properties": {"zone_id": str(row["zone_id"]), "people": row["population"]},
                "geometry": {
                    "type": "Polygon" if one else "MultiPolygon",
                    "coordinates": shapes[0] if one else shapes,
                },
            }
        )
    lines = ",\n".join(json.dumps(feature, separators=(",", ":")) for feature in features)
    source = "zones of the AequilibraE 1.7.2 example model coquimbo.zip"
    head = f'{{"type":"FeatureCollection","name":"population","source":"{source}","features":['
    partial = path.with_name("partial-" + path.name)
    partial.write_text(f"{head}\n{lines}\n]}}\n", encoding="utf-8", newline="\n")
    partial.replace(path)
    return {"zones": len(features), "people": people}


def rings(polygon: shapely.Polygon) -> list[shapely.LinearRing]:
    """Return the outer ring and then the holes."""
    return [polygon.exterior, *polygon.interiors]


def main(arguments: list[str] | None = None) -> int:
    """Make both files and print what was made."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("zip", nargs="?", type=Path, help="coquimbo.zip of AequilibraE 1.7.2")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="folder to fill")
    options = parser.parse_args(arguments)
    source = options.zip or find_zip()
    if hashlib.sha256(source.read_bytes()).hexdigest() != SOURCE_SHA256:
        print(f"note: {source} is not the file of AequilibraE 1.7.2", file=sys.stderr)
    with tempfile.TemporaryDirectory() as folder:
        with zipfile.ZipFile(source) as archive:
            file = archive.extract("project_database.sqlite", folder)
        database = sqlite3.connect(file)
        try:
            ways, nodes = read_ways(database)
            made: dict[str, float] = {**write_roads(ways, nodes, options.out / "roads.osm.pbf")}
            made |= write_population(database, options.out / "population.geojson")
        finally:
            database.close()
    for name, value in made.items():
        print(f"{name}: {value:,.9g}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
