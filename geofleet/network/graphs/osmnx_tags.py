"""The edges of an OSMnx graph → the columns of the edge table.

OSMnx merges ways into one link even where their tags differ, and then lists the values. A link is
only as open as its most closed part, so the value that restricts most is taken.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj
import shapely

from geofleet.defaults import Defaults, read_table
from geofleet.network.access import ALLOWED, DESTINATION_ONLY, AccessWords
from geofleet.network.osm.attributes import LinkAttributes, tabulate
from geofleet.network.speeds import link_speeds

__all__ = ["edges_from_tags"]

log = logging.getLogger(__name__)

_ACCESS = ("access", "vehicle", "motor_vehicle", "goods", "hgv")
# The parsers of these tags read lists joined by ';' and take the lowest number.
_LOWEST = ("maxspeed", "maxspeed:hgv", "maxheight", "maxwidth", "maxlength", "maxweight",
           "maxaxleload")  # fmt: skip
_NOT_TAGS = frozenset(("osmid", "oneway", "reversed", "length", "geometry", "name", "ref", "grade"))


def edges_from_tags(
    data: Sequence[Mapping[str, Any]],
    lines: npt.NDArray[np.object_],
    index: pd.MultiIndex,
    country: str | None,
    defaults: Defaults,
) -> tuple[pd.DataFrame, npt.NDArray[np.bool_], dict[str, Any]]:
    """Read the attributes of OSMnx edges.

    Parameters
    ----------
    data
        Attributes of each edge.
    lines
        Geometry of each edge in degrees, for lengths that are not given.
    index
        ``(u, v, key)`` of each edge.

    Returns
    -------
    table, kept, report
        The edge table without geometry, which rows are roads for motor vehicles (the others have
        no meaning), and counts of what was found.
    """
    words = AccessWords(defaults)
    drivable = set(read_table("network_classes").query("value == 'drivable'").index)
    tags = [_tags(item, words, drivable) for item in data]
    against = np.array([_first(item.get("reversed", False)) in (True, "True") for item in data])
    kept = np.array([item["highway"] in drivable for item in tags])
    usable_tags = [item if keep else {**item, "highway": "service"}
                   for item, keep in zip(tags, kept, strict=True)]  # fmt: skip
    table = tabulate([tuple(sorted(item.items())) for item in usable_tags])
    # Every edge of the graph is open in its own direction: which way its tags read is all
    # that "reversed" decides.
    code = np.where(against, table.backward_code, table.forward_code)
    speeds = link_speeds(table.records, country, defaults)
    records = pd.DataFrame(table.records, columns=LinkAttributes._fields).drop(columns="speed_rule")
    records["maxspeed_kmh"] = speeds.maxspeed_kmh
    records["maxspeed_hgv_kmh"] = speeds.maxspeed_hgv_kmh
    records["speed_free_kmh"] = speeds.speed_free_kmh
    records["speed_source"] = speeds.source
    columns: dict[str, Any] = {
        "osmid": _joined(data, "osmid"),
        "name": _joined(data, "name"),
        "ref": _joined(data, "ref"),
        "oneway": np.array([True in _listed(item.get("oneway")) for item in data]),
        "reversed": against,
        "length_m": _lengths(data, lines),
        "grade": np.array([float(item.get("grade", 0.0)) for item in data]),
    }
    for name in records.columns:
        if name not in columns:
            columns[str(name)] = _typed(records[name])[code]
    mixed = sum(isinstance(item["highway"], list) for item in data)
    dropped = Counter(item["highway"] for item, keep in zip(tags, kept, strict=True) if not keep)
    report = {
        "edges_with_several_classes": mixed,
        "edges_dropped_by_class": dict(sorted(dropped.items())),
        "values_not_understood": {**table.not_understood, **speeds.implausible},
        "speed_rules_unresolved": speeds.unresolved,
        "tags_absent_everywhere": sorted(
            name for name in ("hgv", "maxheight", "maxweight", "access", "maxspeed")
            if not any(name in item for item in data)
        ),
    }  # fmt: skip
    if dropped:
        log.warning("%d edges are of classes that motor vehicles do not use", dropped.total())
    # Text stays "object" with None: pandas would guess another type for each column.
    typed = {
        name: pd.Series(values, index=index, dtype=values.dtype) for name, values in columns.items()
    }
    return pd.DataFrame(typed, index=index), kept, report


def _tags(item: Mapping[str, Any], words: AccessWords, drivable: set[str]) -> dict[str, str]:
    """Reduce the attributes to one set of tags."""
    # Directions are those of the edges themselves.
    tags = {"oneway": "no"}
    for key, value in item.items():
        if key in _NOT_TAGS or value is None or (isinstance(value, float) and value != value):
            continue
        values = [str(part) for part in _listed(value)]
        if len(values) == 1:
            tags[key] = values[0]
        elif key == "highway":
            tags[key] = _slowest(values, drivable)
        elif key in _ACCESS:
            tags[key] = min(values, key=lambda word: (_openness(words.code(word)), word))
        elif key in _LOWEST:
            tags[key] = ";".join(values)
        elif key == "lanes":
            tags[key] = min(values, key=lambda text: (not text.isdigit(), text.zfill(9)))
        elif key in ("bridge", "tunnel", "toll"):
            tags[key] = next((text for text in values if text != "no"), "no")
        else:
            tags[key] = sorted(values)[0]
    return tags


def _openness(code: int) -> int:
    """Rank access codes from closed to open; a word without meaning says nothing."""
    return {DESTINATION_ONLY: 1, ALLOWED: 2, -1: 3}.get(code, 0)


def _slowest(classes: Sequence[str], drivable: set[str]) -> str:
    """Return the class with the lowest default speed among those that vehicles use."""
    speeds = read_table("network_speeds")["value"]
    known = [name for name in classes if name in drivable] or list(classes)
    return min(known, key=lambda name: (float(speeds.get(f"default.{name}", "inf")), name))


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple | set) else [value]


def _first(value: Any) -> Any:
    return _listed(value)[0]


def _joined(data: Sequence[Mapping[str, Any]], key: str) -> npt.NDArray[np.object_]:
    texts = np.empty(len(data), dtype=object)
    texts[:] = [
        None if item.get(key) is None else ";".join(dict.fromkeys(map(str, _listed(item[key]))))
        for item in data
    ]
    return texts


def _typed(values: pd.Series) -> npt.NDArray[Any]:
    if values.dtype.kind in "bf":
        return values.to_numpy()
    if pd.api.types.infer_dtype(values.dropna(), skipna=True) in ("floating", "integer", "empty"):
        numeric = values.name in _NUMERIC
        return values.to_numpy(np.float64, na_value=np.nan) if numeric else _texts(values)
    return _texts(values)


def _texts(values: pd.Series) -> npt.NDArray[np.object_]:
    out = np.empty(len(values), dtype=object)
    out[:] = [value if isinstance(value, str) else None for value in values]
    return out


_NUMERIC = frozenset(
    ("lanes", "maxspeed_kmh", "speed_free_kmh", "maxspeed_hgv_kmh", "maxheight_m", "maxwidth_m",
     "maxlength_m", "maxweight_t", "maxaxleload_t")
)  # fmt: skip


def _lengths(
    data: Sequence[Mapping[str, Any]], lines: npt.NDArray[np.object_]
) -> npt.NDArray[np.float64]:
    length = np.array([float(item.get("length", "nan")) for item in data])
    missing = np.flatnonzero(np.isnan(length))
    ellipsoid = pyproj.Geod(ellps="WGS84")
    for row in missing.tolist():
        length[row] = ellipsoid.geometry_length(shapely.LineString(lines[row]))
    return length
