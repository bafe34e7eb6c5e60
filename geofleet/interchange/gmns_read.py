"""GMNS networks of any maker to a road network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj
import shapely

from geofleet.errors import InputError, Problem
from geofleet.interchange.gmns_check import check_gmns, gmns_table
from geofleet.interchange.gmns_rules import LENGTHS_M, SPEEDS_KMH
from geofleet.interchange.gmns_turns import read_turns

if TYPE_CHECKING:
    from geofleet.network import RoadNetwork

__all__ = ["read_gmns"]

_SHOWN = 5
_TRUE = {"true", "1"}
_GEODETIC = "EPSG:4326"

Floats = npt.NDArray[np.float64]


def read_gmns(folder: str | Path, *, crs_metric: str | None = None) -> RoadNetwork:
    """Read a GMNS network as roads.

    Turns come from geofleet's own table where a network has it, else from ``movement.csv``: at a
    node that it lists, no other links connect than those it lists; other nodes connect all.
    Undirected links become two, one each way. What GMNS does not tell and no field of geofleet's
    own does is empty; ``grade`` is 0 where it is missing, as in a network without elevation.

    Parameters
    ----------
    folder
        With ``node.csv`` and ``link.csv``; ``config.csv`` tells units and reference system
        (kilometres, km/h and EPSG:4326 are not assumed: without it units are a problem).
    crs_metric
        Projected CRS in metres; the UTM zone of the place when not given.

    Returns
    -------
    RoadNetwork
        Nodes keep their ids where those are whole numbers, else they are numbered from 1 in the
        order of the file. Edges are sorted by ``(u, v, key)``.

    Raises
    ------
    InputError
        Files that break the rules of GMNS, units or reference systems that are not known, links
        without free speed or facility type.
    """
    from geofleet.network.model import RoadNetwork

    place = Path(folder)
    problems = check_gmns(place)
    if problems:
        raise InputError(problems)
    config = _config(place)
    nodes, links = gmns_table(place / "node.csv"), gmns_table(place / "link.csv")
    if links.empty:
        raise InputError([Problem(str(place / "link.csv"), expected="at least one link")])
    to_wgs84 = pyproj.Transformer.from_crs(config["crs"], _GEODETIC, always_xy=True)
    ids = _ids(nodes["node_id"])
    x, y = to_wgs84.transform(_numbers(nodes, "x_coord"), _numbers(nodes, "y_coord"))
    z = _numbers(nodes, "z_coord") * LENGTHS_M[config["short_length"]]
    points = gpd.GeoDataFrame(
        _as_given({"x": x, "y": y, "elevation_m": z, "highway": _controls(nodes)}),
        geometry=shapely.points(x, y), crs=_GEODETIC,
    )  # fmt: skip
    names = pd.Index([ids[name] for name in nodes["node_id"]], name="osmid")
    points = points.set_axis(names).sort_index()
    lines = _lines(links, place, config, points, ids)
    edges = _edges(links, lines, config, ids)
    problems = _unknown(links, edges, str(place / "link.csv"))
    if problems:
        raise InputError(problems)
    edges = _both_ways(edges).sort_index()
    turns = read_turns(place, *_numbered(edges.pop("link_id"), edges), ids)
    metric = pyproj.CRS(crs_metric) if crs_metric else points.estimate_utm_crs()
    report = {"source": f"GMNS, {config['dataset_name']}", "nodes": len(points),
              "edges": len(edges), "turn_restrictions": len(turns)}  # fmt: skip
    return RoadNetwork(points, edges, metric, turns, report=report)


def _numbered(
    link_ids: pd.Series, edges: gpd.GeoDataFrame
) -> tuple[dict[str, list[int]], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the edge numbers of each link, and the nodes at both ends of each edge."""
    numbers: dict[str, list[int]] = {}
    for number, name in enumerate(link_ids):
        numbers.setdefault(str(name), []).append(number)
    u, v = (edges.index.get_level_values(i).to_numpy(np.int64) for i in range(2))
    return numbers, u, v


def _config(place: Path) -> dict[str, str]:
    path = place / "config.csv"
    cells: dict[str, str] = {}
    if path.exists():
        cells = {str(name): str(value) for name, value in gmns_table(path).iloc[0].items()}
    problems = []
    for field, known in (
        ("long_length", LENGTHS_M), ("short_length", LENGTHS_M), ("speed", SPEEDS_KMH),
    ):  # fmt: skip
        value = cells.get(field, "").strip().lower()
        if field == "short_length" and value == "":
            value = "m"  # of widths and heights only
        if value not in known:
            expected = "a unit, one of " + ", ".join(known)
            problems.append(Problem(str(path), field, 2, value, expected))
        cells[field] = value
    try:
        crs = pyproj.CRS(cells.get("crs", ""))
    except pyproj.exceptions.CRSError:
        expected = "a reference system like EPSG:4326"
        problems.append(Problem(str(path), "crs", 2, cells.get("crs", "")[:80], expected))
        crs = pyproj.CRS(_GEODETIC)
    form = cells.get("geometry_field_format", "").strip().upper()
    if form not in ("", "WKT"):
        problems.append(Problem(str(path), "geometry_field_format", 2, form[:80], "WKT"))
    if problems:
        raise InputError(problems)
    return {**cells, "crs": crs.to_wkt(), "dataset_name": cells.get("dataset_name", "")}


def _ids(names: pd.Series) -> dict[str, int]:
    """Return numbers of nodes: their own where all are whole and positive, else from 1."""
    texts = [str(name) for name in names]
    if all(text.isdigit() and len(text) < 19 for text in texts):
        numbers = [int(text) for text in texts]
        if len(set(numbers)) == len(numbers):
            return dict(zip(texts, numbers, strict=True))
    return {text: number for number, text in enumerate(texts, start=1)}


def _numbers(table: pd.DataFrame, field: str) -> Floats:
    if field not in table.columns:
        return np.full(len(table), np.nan)
    return pd.to_numeric(table[field].replace("", None), errors="coerce").to_numpy(np.float64)


def _texts(table: pd.DataFrame, field: str) -> npt.NDArray[Any]:
    if field not in table.columns:
        return np.full(len(table), None, dtype=object)
    return np.array([value or None for value in table[field]], dtype=object)


def _as_given(columns: dict[str, Any]) -> dict[str, Any]:
    """Return columns whose texts stay objects, None where there is none."""
    return {
        name: pd.Series(values, dtype=object)
        if getattr(values, "dtype", np.dtype(object)).kind == "O" else values
        for name, values in columns.items()
    }  # fmt: skip


def _controls(nodes: pd.DataFrame) -> npt.NDArray[Any]:
    """Return what OpenStreetMap calls the control of a node."""
    if "highway" in nodes.columns:
        return _texts(nodes, "highway")
    words = {"signal": "traffic_signals", "stop": "stop", "4_stop": "stop", "yield": "give_way"}
    return np.array([words.get(kind) for kind in _texts(nodes, "ctrl_type")], dtype=object)


def _flags(table: pd.DataFrame, field: str) -> npt.NDArray[np.bool_]:
    return np.array([str(value or "").lower() in _TRUE for value in _texts(table, field)])


def _lines(
    links: pd.DataFrame, place: Path, config: dict[str, str], points: gpd.GeoDataFrame,
    ids: dict[str, int],
) -> npt.NDArray[Any]:  # fmt: skip
    """Return the geometry of each link from its begin to its end, in WGS84."""
    wkt = _texts(links, "geometry")
    stored = place / "geometry.csv"
    if stored.exists() and "geometry_id" in links.columns:
        table = gmns_table(stored)
        by_id = dict(zip(table["geometry_id"], table["geometry"], strict=True))
        named = _texts(links, "geometry_id")
        wkt = np.array(
            [own or by_id.get(name) for own, name in zip(wkt, named, strict=True)], dtype=object
        )
    with np.errstate(over="ignore", invalid="ignore"):
        lines = shapely.from_wkt(wkt, on_invalid="ignore")
        finite = np.isfinite(shapely.bounds(lines)).all(axis=1)
    kinds = shapely.get_type_id(lines)
    given = np.array([text is not None for text in wkt])
    bad = np.flatnonzero(given & ((kinds != shapely.GeometryType.LINESTRING) | ~finite))
    if len(bad):
        raise InputError(
            Problem(str(place / "link.csv"), "geometry", int(links["row"].iloc[i]),
                    str(wkt[i])[:80], "a LINESTRING in WKT")
            for i in bad[:_SHOWN]
        )  # fmt: skip
    frame = gpd.GeoSeries(lines, crs=config["crs"]).to_crs(_GEODETIC)
    out = np.array(frame.to_numpy(), dtype=object)
    # Shape points may run against the link; without a shape it is straight.
    reverse = _texts(links, "dir_flag") == "-1"
    out[reverse & given] = shapely.reverse(out[reverse & given])
    for i in np.flatnonzero(~given):
        ends = [points.geometry.loc[ids[links[f].iloc[i]]] for f in ("from_node_id", "to_node_id")]
        out[i] = shapely.LineString(ends)
    return out


def _edges(
    links: pd.DataFrame, lines: npt.NDArray[Any], config: dict[str, str], ids: dict[str, int]
) -> gpd.GeoDataFrame:
    """Return the columns of a road network, with ``directed``, one row a link."""
    length = _numbers(links, "length") * LENGTHS_M[config["long_length"]]
    geod = pyproj.Geod(ellps="WGS84")
    measured = np.array([geod.geometry_length(line) for line in lines])
    grade = _numbers(links, "grade") / 100.0
    columns: dict[str, Any] = {
        "osmid": [text or "" for text in _texts(links, "osmid")],
        "highway": _texts(links, "facility_type"), "name": _texts(links, "name"),
        "ref": _texts(links, "ref"),
        "oneway": _flags(links, "oneway") if "oneway" in links.columns
        else _flags(links, "directed"),
        "reversed": _flags(links, "reversed"),
        "lanes": _numbers(links, "lanes_tagged" if "lanes_tagged" in links.columns else "lanes"),
        "maxspeed_kmh": _numbers(links, "maxspeed_kmh"),
        "speed_free_kmh": _numbers(links, "free_speed") * SPEEDS_KMH[config["speed"]],
        "speed_source": [text or "flow table" for text in _texts(links, "speed_source")],
        "length_m": np.where(np.isnan(length), measured, length),
        "grade": np.where(np.isnan(grade), 0.0, grade),
    }  # fmt: skip
    for field in ("bridge", "tunnel"):
        columns[field] = _flags(links, field)
    for field in ("junction", "service", "surface"):
        columns[field] = _texts(links, field)
    columns["toll"] = _flags(links, "toll_road")
    for field in ("access", "motor_vehicle", "hgv"):
        columns[field] = _texts(links, field)
    for field in ("maxheight_m", "maxwidth_m", "maxlength_m", "maxweight_t", "maxaxleload_t"):
        columns[field] = _numbers(links, field)
    for field, read in (("goods", _texts), ("maxspeed_hgv_kmh", _numbers), ("signals", _numbers),
                        ("stop_signs", _numbers)):  # fmt: skip
        if field in links.columns:
            columns[field] = read(links, field)
    columns["conditional"] = _texts(links, "conditional")
    u, v = ([ids[name] for name in links[f]] for f in ("from_node_id", "to_node_id"))
    key = _numbers(links, "key")
    counted = pd.DataFrame({"u": u, "v": v}).groupby(["u", "v"]).cumcount().to_numpy()
    whole = not np.isnan(key).any()
    index = pd.MultiIndex.from_arrays(
        [u, v, key.astype(np.int64) if whole else counted], names=["u", "v", "key"]
    )
    frame = gpd.GeoDataFrame(_as_given(columns), geometry=lines, crs=_GEODETIC).set_axis(index)
    frame["directed"] = _flags(links, "directed")
    frame["link_id"] = links["link_id"].to_numpy(object)
    return frame


def _unknown(links: pd.DataFrame, edges: gpd.GeoDataFrame, file: str) -> list[Problem]:
    """Return links without what routing and emissions need."""
    problems = []
    for field, missing, expected in (
        ("free_speed", ~(edges["speed_free_kmh"].to_numpy() > 0.0), "a speed above 0"),
        ("facility_type", edges["highway"].isna().to_numpy(), "the kind of road"),
    ):
        where = np.flatnonzero(missing)
        problems += [
            Problem(file, field, int(links["row"].iloc[i]), expected=expected)
            for i in where[:_SHOWN]
        ]
        if len(where) > _SHOWN:
            more = f"{expected}; {len(where) - _SHOWN} more links lack it"
            problems.append(Problem(file, field, expected=more))
    if edges.index.has_duplicates:
        problems.append(Problem(file, "key", expected="each (from, to, key) once"))
    return problems


def _both_ways(edges: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return directed links as they are, and undirected ones in both directions."""
    directed = edges["directed"].to_numpy(bool)
    plain = edges.drop(columns="directed")
    if directed.all():
        return plain
    back = plain[~directed].copy()
    back["geometry"] = shapely.reverse(back.geometry.to_numpy())
    back["grade"] = -back["grade"]
    back["reversed"] = ~back["reversed"].astype(bool)
    u, v, key = (back.index.get_level_values(i) for i in range(3))
    taken = plain.groupby(level=[0, 1]).size()
    shift = taken.reindex(pd.MultiIndex.from_arrays([v, u]), fill_value=0).to_numpy()
    back.index = pd.MultiIndex.from_arrays([v, u, key + shift], names=plain.index.names)
    return gpd.GeoDataFrame(pd.concat([plain, back]), crs=edges.crs)
