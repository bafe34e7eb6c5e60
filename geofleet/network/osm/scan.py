"""One pass over an OpenStreetMap file: the drivable ways, their nodes and the turn restrictions.

Memory is bounded by what is kept: node locations stay in osmium's own table (16 bytes a node),
ways become flat arrays of node ids, and ways that carry the same tags share one tag set.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import osmium
from osmium.osm import NODE, RELATION, WAY

from geofleet.errors import InputError, NetworkDataError, Problem
from geofleet.network.osm.tags import NODE_FILTER_KEYS, NODE_KEYS, is_road_key

__all__ = ["RawRelation", "RawRoads", "TagSet", "require_osm", "scan"]

# Nodes looked up at a time: Python integers are several times the size of array items.
_BATCH = 1 << 16
# In a .osm.pbf each block has a length, a header and data; the header's field 3 is the data's size.
_LENGTH_BYTES = 4
_DATASIZE, _TEXT = 3 << 3, 2
TagSet = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class RawRelation:
    """A restriction relation as written: tags and members ``(type, id, role)``."""

    osmid: int
    tags: Mapping[str, str]
    members: tuple[tuple[str, int, str], ...]


@dataclass(frozen=True)
class RawRoads:
    """The drivable ways of a file as flat arrays.

    Parameters
    ----------
    way_id, way_tagset, way_name, way_ref
        Per way: id, position in ``tagsets``, positions in ``texts`` (names and road numbers).
    offsets, refs
        Way ``w`` runs over the node ids ``refs[offsets[w]:offsets[w + 1]]``.
    node_id, node_lon, node_lat
        The nodes that ways use and the file holds, ids ascending, degrees.
    node_tags
        Tags of the nodes that matter to traffic.
    relations
        Restriction relations.
    excluded
        Ways left out, counted by reason.
    """

    way_id: npt.NDArray[np.int64]
    way_tagset: npt.NDArray[np.int32]
    way_name: npt.NDArray[np.int32]
    way_ref: npt.NDArray[np.int32]
    offsets: npt.NDArray[np.int64]
    refs: npt.NDArray[np.int64]
    tagsets: list[TagSet]
    texts: list[str | None]
    node_id: npt.NDArray[np.int64]
    node_lon: npt.NDArray[np.float64]
    node_lat: npt.NDArray[np.float64]
    node_tags: dict[int, dict[str, str]]
    relations: list[RawRelation]
    excluded: dict[str, int]


class _Interner(dict[Any, int]):
    """Numbers its keys in the order in which they first come."""

    def __missing__(self, key: Any) -> int:
        number = len(self)
        self[key] = number
        return number


def scan(path: Path, drivable: Collection[str]) -> RawRoads:
    """Read the ways whose ``highway`` is in ``drivable``.

    Raises
    ------
    InputError
        The file is missing, empty, truncated or not OpenStreetMap data.
    NetworkDataError
        The file holds no such way.
    """
    _require_file(path)
    _require_whole_pbf(path)
    store = osmium.index.create_map(_storage())
    ways: dict[str, array[int]] = {
        "id": array("q"), "tagset": array("i"), "name": array("i"), "ref": array("i"),
        "size": array("q"), "refs": array("q"),
    }  # fmt: skip
    tagsets, texts = _Interner(), _Interner()
    node_tags: dict[int, dict[str, str]] = {}
    # Thousands of crossings share one set of tags.
    shared_tags: dict[TagSet, dict[str, str]] = {}
    relations: list[RawRelation] = []
    excluded: Counter[str] = Counter()
    try:
        for item in _processor(path, store, drivable):
            tags = dict(item.tags)
            if item.is_way():
                reason = _exclusion(tags)
                if reason:
                    excluded[reason] += 1
                    continue
                refs = [node.ref for node in item.nodes]
                ways["id"].append(item.id)
                kept = tuple(sorted(pair for pair in tags.items() if is_road_key(pair[0])))
                ways["tagset"].append(tagsets[kept])
                ways["name"].append(texts[tags.get("name")])
                ways["ref"].append(texts[tags.get("ref")])
                ways["size"].append(len(refs))
                ways["refs"].extend(refs)
            elif item.is_node():
                chosen = tuple((key, tags[key]) for key in NODE_KEYS if key in tags)
                node_tags[item.id] = shared_tags.setdefault(chosen, dict(chosen))
            else:
                members = tuple((m.type, m.ref, m.role) for m in item.members)
                relations.append(RawRelation(item.id, tags, members))
        refs_array = np.frombuffer(ways["refs"], dtype=np.int64).copy()
        needed = np.unique(refs_array)
        node_id, lon, lat = _locations(path, store, needed)
    except (RuntimeError, ValueError, OSError, osmium.InvalidLocationError) as error:
        raise InputError([Problem(str(path), expected=_whole_file(path, error))]) from error
    if not len(ways["id"]):
        raise NetworkDataError(
            f"{path}: holds no road that motor vehicles could use "
            f"(looked for highway = {', '.join(sorted(drivable))})"
        )
    tagged = np.fromiter(node_tags, dtype=np.int64, count=len(node_tags))
    used = tagged[np.isin(tagged, node_id)].tolist()
    return RawRoads(
        way_id=np.frombuffer(ways["id"], dtype=np.int64).copy(),
        way_tagset=np.frombuffer(ways["tagset"], dtype=np.int32).copy(),
        way_name=np.frombuffer(ways["name"], dtype=np.int32).copy(),
        way_ref=np.frombuffer(ways["ref"], dtype=np.int32).copy(),
        offsets=np.concatenate([[0], np.cumsum(np.frombuffer(ways["size"], dtype=np.int64))]),
        refs=refs_array,
        tagsets=list(tagsets),
        texts=list(texts),
        node_id=node_id,
        node_lon=lon,
        node_lat=lat,
        node_tags={node: node_tags[node] for node in used},
        relations=relations,
        excluded=dict(excluded),
    )


def require_osm(path: Path) -> None:
    """Refuse at a glance what is no OpenStreetMap file; reads little of it.

    Raises
    ------
    InputError
        The file is missing, empty, cut between blocks, of another format, or the history of a map.
    """
    _require_file(path)
    _require_whole_pbf(path)
    try:
        for _ in _state(path):
            break
    except (RuntimeError, ValueError, OSError) as error:
        raise InputError([Problem(str(path), expected=_whole_file(path, error))]) from error


def _state(path: Path) -> osmium.FileProcessor:
    """Open a file that holds one state of the map."""
    processor = osmium.FileProcessor(str(path), NODE | WAY | RELATION)
    if processor.header.has_multiple_object_versions:
        raise ValueError("it holds the history of the map, or changes to it, and not one state")
    return processor


def _require_file(path: Path) -> None:
    if not path.is_file():
        raise InputError([Problem(str(path), expected="an OpenStreetMap file that exists")])
    if path.stat().st_size == 0:
        raise InputError([Problem(str(path), expected="an OpenStreetMap file, not an empty one")])


def _require_whole_pbf(path: Path) -> None:
    """Refuse a binary file that breaks off within the length of its next block.

    Osmium takes these last one to three bytes for the end of the file; a cut anywhere else inside
    a block it notices itself.
    """
    if path.suffix.lower() != ".pbf":
        return
    size = path.stat().st_size
    with path.open("rb") as file:
        while size - file.tell() >= _LENGTH_BYTES:
            header = file.read(int.from_bytes(file.read(_LENGTH_BYTES), "big"))
            block = _block_size(header)
            if block is None or file.tell() + block > size:
                return  # not a block of this format: osmium says what is wrong
            file.seek(block, 1)
        if file.tell() < size:
            error = ValueError(f"it breaks off after {size} bytes, inside a block")
            raise InputError([Problem(str(path), expected=_whole_file(path, error))])


def _block_size(header: bytes) -> int | None:
    """Return the field ``datasize`` (number 3) of a protocol buffer ``BlobHeader``."""

    def number(at: int) -> tuple[int, int]:
        value = shift = 0
        while True:
            byte = header[at]
            value |= (byte & 0x7F) << shift
            at, shift = at + 1, shift + 7
            if byte < 0x80:
                return value, at

    at, size = 0, None
    try:
        while at < len(header):
            key, at = number(at)
            value, at = number(at)
            if key == _DATASIZE:
                size = value
            elif key & 0x7 == _TEXT:
                at += value
    except IndexError:
        return None
    return size


def _whole_file(path: Path, error: Exception) -> str:
    return (
        "a whole OpenStreetMap file (.osm.pbf, .osm, .osm.gz or .osm.bz2); reading stopped: "
        f"{error}. If {path.name} was downloaded, download it again"
    )


def _storage() -> str:
    # The mapped array grows without being copied; it exists on Linux only.
    return "sparse_mmap_array" if "sparse_mmap_array" in osmium.index.map_types() else "flex_mem"


def _processor(path: Path, store: Any, drivable: Collection[str]) -> Any:
    node = osmium.filter.KeyFilter(*NODE_FILTER_KEYS)
    node.enable_for(NODE)
    road = osmium.filter.TagFilter(*(("highway", name) for name in sorted(drivable)))
    road.enable_for(WAY)
    turn = osmium.filter.TagFilter(("type", "restriction"))
    turn.enable_for(RELATION)
    processor = _state(path).with_locations(store)
    for chosen in (node, road, turn):
        processor.with_filter(chosen)
    return processor


def _exclusion(tags: Mapping[str, str]) -> str:
    if tags.get("area") == "yes":
        return "area"
    if tags.get("oneway") == "reversible":
        # The direction changes with the hour, which no single directed link can say.
        return "oneway=reversible"
    if tags.get("impassable") == "yes":
        return "impassable"
    return ""


def _locations(
    path: Path, store: Any, needed: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Coordinates of the nodes that the file holds, in whatever order it holds them."""
    x = np.zeros(len(needed), dtype=np.int64)
    y = np.zeros(len(needed), dtype=np.int64)
    found = np.zeros(len(needed), dtype=bool)
    get = store.get
    for start in range(0, len(needed), _BATCH):
        for position, node in enumerate(needed[start : start + _BATCH].tolist(), start=start):
            if node < 0:
                continue
            try:
                location = get(node)
            except KeyError:
                continue
            x[position], y[position], found[position] = location.x, location.y, True
    if not found.all() and not _is_sorted(path):
        missing = {int(needed[i]): i for i in np.flatnonzero(~found)}
        nodes: Any = osmium.FileProcessor(str(path), NODE)
        for item in nodes:
            spot = missing.get(item.id)
            if spot is not None and item.location.valid():
                x[spot], y[spot], found[spot] = item.location.x, item.location.y, True
    # Whole units of 1e-7 degree divided once give the nearest double, as parsing text does.
    return needed[found], x[found] / 1e7, y[found] / 1e7


def _is_sorted(path: Path) -> bool:
    return str(osmium.FileProcessor(str(path)).header.get("sorting", "")) == "Type_then_ID"
