"""Central and lateral lanes, ground and second storey: what a road table says for certain."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.policy.places.words import each_text, folded

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["road_lanes"]

_TABLE = "places"
_KINDS = ("lane_kind", "level")
_GROUND = "ground"

Objects = npt.NDArray[np.object_]


def road_lanes(edges: gpd.GeoDataFrame, *, defaults: Defaults | None = None) -> gpd.GeoDataFrame:
    """Return roads with ``lane_kind`` and ``level``, empty where they are not certain.

    Freight rules tell central lanes of roads with controlled access from the lateral lanes beside
    them, and second storeys from the ground. What says so, first to last:

    - a value that the roads bring along in these columns;
    - the class of the official register of Mexico City's primary roads (``class_es``);
    - words of the name (*lateral*, *carriles centrales*, *segundo piso*);
    - the class of OpenStreetMap (``highway``), for motorways and for the smallest streets alone:
      a trunk or primary road may be either.

    A road in a tunnel, below the ground (``layer``), or neither on a bridge nor on a layer is on
    the ground; a bridge may be a second storey or an overpass, and stays empty.

    Parameters
    ----------
    edges
        Roads; any of the columns ``class_es, name, highway, bridge, tunnel, layer``.
    defaults
        Table ``places`` holds the classes and words.

    Returns
    -------
    geopandas.GeoDataFrame
        A copy with text columns ``lane_kind`` (``central``, ``lateral``, ``none``) and ``level``
        (``ground``, ``second``); None where unknown.
    """
    scope = (defaults or Defaults()).scope()
    out = edges.copy()
    for kind in _KINDS:
        votes = [
            _own(edges, kind),
            _by_class(edges, "class_es", kind, scope),
            _by_words(edges, kind, scope),
            _by_class(edges, "highway", kind, scope),
        ]
        if kind == "level":
            votes.append(_by_height(edges))
        found = np.full(len(edges), None, object)
        for vote in votes:
            empty = pd.isna(found)
            found[empty] = vote[empty]
        out[kind] = pd.Series(found, index=edges.index, dtype=object)
    return out


def _rows(prefix: str, kind: str, scope: Defaults) -> dict[str, str]:
    """Return answers by folded class or words, from the default table."""
    found = {}
    for row in scope.values(_TABLE):
        first, _, rest = row.partition(".")
        name, _, last = rest.rpartition(".")
        if (first, last) == (prefix, kind):
            found[name] = scope.text(_TABLE, row)
    return found


def _own(edges: gpd.GeoDataFrame, kind: str) -> Objects:
    if kind not in edges.columns:
        return np.full(len(edges), None, object)
    return each_text(edges[kind], lambda text: text.strip() or None)


def _by_class(edges: gpd.GeoDataFrame, column: str, kind: str, scope: Defaults) -> Objects:
    if column not in edges.columns:
        return np.full(len(edges), None, object)
    answers = _rows(column, kind, scope)
    return each_text(edges[column], lambda text: answers.get(folded(text).replace(" ", "_")))


def _by_words(edges: gpd.GeoDataFrame, kind: str, scope: Defaults) -> Objects:
    """Answer by words of the name; names that say one thing and another say nothing."""
    if "name" not in edges.columns:
        return np.full(len(edges), None, object)
    rows = {
        f" {words.replace('_', ' ')} ": said for words, said in _rows("words", kind, scope).items()
    }

    def answer(text: str) -> str | None:
        said = set()
        for name in text.split(";"):
            plain = "".join(letter if letter.isalnum() else " " for letter in folded(name))
            padded = f" {' '.join(plain.split())} "
            said.add(next((found for words, found in rows.items() if words in padded), None))
        return said.pop() if len(said) == 1 else None

    return each_text(edges["name"], answer)


def _by_height(edges: gpd.GeoDataFrame) -> Objects:
    """Answer by bridge, tunnel and layer; a road whose bridges are not known says nothing."""
    out = np.full(len(edges), None, object)
    low = np.zeros(len(edges), bool)
    if "layer" in edges.columns:
        layer = pd.to_numeric(edges["layer"], errors="coerce").to_numpy(float)
        low |= layer < 0
    else:
        layer = np.full(len(edges), np.nan)
    if "tunnel" in edges.columns:
        low |= _truly(edges["tunnel"])
    if "bridge" in edges.columns:
        known = edges["bridge"].notna().to_numpy()
        low |= known & ~_truly(edges["bridge"]) & ~(layer > 0)
    out[low] = _GROUND
    return out


def _truly(column: pd.Series) -> npt.NDArray[np.bool_]:
    """Whether a tag stands there and is not a denial."""
    texts = each_text(column, lambda text: folded(text) not in ("", "no", "false", "0"))
    return np.array([bool(found) for found in texts], bool)
