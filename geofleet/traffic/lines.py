"""Line layers with flows, and the road network that their lines make."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from geofleet.defaults import Defaults, read_table
from geofleet.errors import InputError, Problem
from geofleet.network.model import RoadNetwork

__all__ = ["LinkColumns", "LinksNetwork", "check_lines", "network_from_links", "read_lines"]

_TABLE = "traffic_profiles"
_SHOWN = 5
_M = 1000.0

Ints = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]

_NOTHING: dict[str, Any] = {
    "name": None, "ref": None, "maxspeed_kmh": np.nan, "grade": 0.0, "bridge": False,
    "tunnel": False, "junction": None, "service": None, "surface": None, "toll": False,
    "access": None, "motor_vehicle": None, "hgv": None, "maxheight_m": np.nan,
    "maxwidth_m": np.nan, "maxlength_m": np.nan, "maxweight_t": np.nan, "maxaxleload_t": np.nan,
    "conditional": None,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class LinkColumns:
    """Which columns of a line layer say what; None where none does.

    Parameters
    ----------
    link_id
        Name of the link; its row number (from 1) when None.
    length_km
        Length; that of the line when None.
    speed_free_kmh, speed_peak_kmh
        Speeds without traffic and at the peak.
    link_type
        Road class: an OpenStreetMap highway, or a code of rows ``traffic_profiles:link_type.*``.
    lanes
        Lanes.
    """

    link_id: str | None = None
    length_km: str | None = None
    speed_free_kmh: str | None = None
    speed_peak_kmh: str | None = None
    link_type: str | None = None
    lanes: str | None = None

    @classmethod
    def found(cls, names: list[str]) -> LinkColumns:
        """Return the columns recognised by their usual names."""
        usual = {
            "link_id": ("link_id",),
            "length_km": ("length_km", "lkm"),
            "speed_free_kmh": ("speed_free_kmh", "free_speed_kmh", "ffs"),
            "speed_peak_kmh": ("speed_peak_kmh", "peak_speed_kmh", "ps"),
            "link_type": ("highway", "link_type", "tstreet"),
            "lanes": ("lanes",),
        }
        return cls(**{
            field: next((name for name in known if name in names), None)
            for field, known in usual.items()
        })  # fmt: skip


class LinksNetwork(NamedTuple):
    """A network made of the lines of a flow table, and where each line is in it."""

    network: RoadNetwork
    edge: Ints
    """Edge number of each row, driven as drawn."""
    back: Ints
    """Edge number of each row driven the other way; -1 where it is one-way."""


def read_lines(path: Path | str) -> gpd.GeoDataFrame:
    """Read a layer of lines: GeoParquet, GeoJSON or GeoPackage.

    Raises
    ------
    InputError
        A file that cannot be read, or one without geometry, rows or coordinate system.
    """
    path = Path(path)
    file = str(path)
    if not path.is_file():
        raise InputError([Problem(file, expected="a readable file (it does not exist)")])
    try:
        if path.suffix.lower() == ".parquet":
            frame = gpd.read_parquet(path)
        else:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)
                frame = gpd.read_file(path)
    except (OSError, ValueError, RuntimeError) as error:
        expected = f"a GeoParquet, GeoJSON or GeoPackage file ({type(error).__name__})"
        raise InputError([Problem(file, expected=expected)]) from error
    if not isinstance(frame, gpd.GeoDataFrame):
        raise InputError([Problem(file, "geometry", expected="lines with a geometry")])
    return check_lines(frame, file=file)


def check_lines(frame: gpd.GeoDataFrame, *, file: str) -> gpd.GeoDataFrame:
    """Return the layer with plain two-dimensional lines, rows numbered from 0.

    Raises
    ------
    InputError
        No rows, no coordinate system, geometry that is not one line.
    """
    problems = []
    if not len(frame):
        problems.append(Problem(file, expected="at least one link"))
    if frame.crs is None:
        problems.append(Problem(file, "crs", expected="a coordinate reference system"))
    shapes = np.asarray(frame.geometry.array, dtype=object)
    many = shapely.get_type_id(shapes) == 5  # one line written as a collection is a line
    shapes = shapes.copy()
    shapes[many] = shapely.line_merge(shapes[many])
    wrong = (shapely.get_type_id(shapes) != 1) | shapely.is_empty(shapes)
    for at in np.flatnonzero(wrong)[:_SHOWN]:
        kind = "nothing" if shapes[at] is None else shapes[at].geom_type
        problems.append(Problem(file, "geometry", int(at) + 1, kind, "one line"))
    if problems:
        raise InputError(problems)
    return gpd.GeoDataFrame(
        frame.drop(columns=frame.geometry.name).reset_index(drop=True),
        geometry=shapely.force_2d(shapes), crs=frame.crs,
    )  # fmt: skip


def network_from_links(
    links: gpd.GeoDataFrame,
    *,
    columns: LinkColumns | None = None,
    both_ways: bool = False,
    highways: Mapping[str, str] | None = None,
    tolerance_m: float | None = None,
    file: str = "links",
    defaults: Defaults | None = None,
) -> LinksNetwork:
    """Make a road network of the lines of a flow table.

    Parameters
    ----------
    links
        Lines in any CRS, drawn in driving direction.
    columns
        Where attributes stand; usual names are recognised when not given.
    both_ways
        Whether each line may also be driven against its direction.
    highways
        OpenStreetMap class of each link type; else the type itself where it is such a class, row
        ``traffic_profiles:link_type.<type>``, or by free speed (rows ``free_speed_class.*``).
    tolerance_m
        Ends nearer than this to each other are one junction, also through a third; default row
        ``traffic_profiles:links.snap_tolerance_m``.

    Returns
    -------
    LinksNetwork
        Edges carry ``speed_peak_kmh`` besides the usual columns; ``osmid`` is the link's id.

    Raises
    ------
    InputError
        Geometry that is not lines; lengths or speeds that are no positive numbers.
    """
    scope = (defaults or Defaults()).scope()
    table = check_lines(links, file=file)
    names = [str(name) for name in table.columns]
    columns = columns or LinkColumns.found(names)
    radius = tolerance_m
    if radius is None:
        radius = scope.number(_TABLE, "links.snap_tolerance_m")
    crs = table.estimate_utm_crs()
    lines = np.asarray(table.geometry.to_crs(crs).array)
    drawn_m = shapely.length(lines)
    values, problems = _attributes(table, columns, file)
    length_m = values["length_km"] * _M if columns.length_km else drawn_m
    highway = _highways(table, columns, values["speed_free_kmh"], dict(highways or {}), scope)
    unknown = sorted({name for name in highway if f"default.{name}" not in _speeds()})
    problems += [
        Problem(file, columns.link_type or "", value=name, expected="an OpenStreetMap highway")
        for name in unknown
    ]
    if problems:
        raise InputError(problems)
    by_class = {name: scope.number("network_speeds", f"default.{name}") for name in set(highway)}
    free = values["speed_free_kmh"]
    free = np.where(np.isnan(free), [by_class[name] for name in highway], free)
    node_of, x, y = _junctions(lines, radius)
    count = len(table)
    ids = (
        table[columns.link_id].astype(str).to_numpy(object)
        if columns.link_id
        else np.array([str(i + 1) for i in range(count)], dtype=object)
    )
    frame = pd.DataFrame(
        {
            "u": node_of[:count], "v": node_of[count:], "row": np.arange(count),
            "osmid": ids, "highway": highway, "oneway": not both_ways, "reversed": False,
            "lanes": values["lanes"], "speed_free_kmh": free,
            "speed_source": "flow table" if columns.speed_free_kmh else "class table",
            "length_m": length_m,
            "speed_peak_kmh": values["speed_peak_kmh"], "geometry": lines,
        }
    )  # fmt: skip
    if both_ways:
        other = frame.assign(u=frame["v"], v=frame["u"], reversed=True,
                             geometry=shapely.reverse(lines))  # fmt: skip
        frame = pd.concat([frame, other], ignore_index=True)
    for name, value in _NOTHING.items():
        frame[name] = value
    frame["key"] = frame.groupby(["u", "v"]).cumcount()
    frame = frame.sort_values(["u", "v", "key"], kind="stable").reset_index(drop=True)
    edge = np.full((2, count), -1, dtype=np.int32)
    edge[frame["reversed"].to_numpy(int), frame["row"].to_numpy()] = np.arange(len(frame))
    shapes = gpd.GeoSeries(frame.pop("geometry").to_numpy(), crs=crs).to_crs(4326)
    frame = frame.drop(columns="row").set_index(["u", "v", "key"])
    edges = gpd.GeoDataFrame(frame, geometry=shapes.to_numpy(), crs=4326)
    points = gpd.GeoSeries.from_xy(x, y, crs=crs).to_crs(4326)
    nodes = gpd.GeoDataFrame(
        {"x": points.x.to_numpy(), "y": points.y.to_numpy(), "elevation_m": np.nan,
         "highway": None},
        geometry=points.to_numpy(), crs=4326,
        index=pd.Index(np.arange(1, len(x) + 1), name="osmid"),
    )  # fmt: skip
    report = {
        "links": file,
        "nodes": len(nodes),
        "edges": len(edges),
        "length_km": float(edges["length_m"].sum()) / _M,
        "drawn_length_km": float(drawn_m.sum()) / _M * (2 if both_ways else 1),
        "turn_restrictions": "not known",
    }
    network = RoadNetwork(nodes, edges, crs, report=report, provenance=scope.used)
    return LinksNetwork(network, edge[0], edge[1])


def _attributes(
    table: gpd.GeoDataFrame, columns: LinkColumns, file: str
) -> tuple[dict[str, Floats], list[Problem]]:
    """Return the number columns, NaN where there is none, and what is wrong with them."""
    problems = []
    out = {}
    for field in ("length_km", "speed_free_kmh", "speed_peak_kmh", "lanes"):
        name = getattr(columns, field)
        if name is None:
            out[field] = np.full(len(table), np.nan)
            continue
        if name not in table.columns:
            problems.append(Problem(file, name, expected=f"this column, named for {field}"))
            continue
        values = pd.to_numeric(table[name], errors="coerce").to_numpy(np.float64)
        bad = ~(np.isfinite(values) & (values > 0))
        if field == "lanes":
            values = np.where(bad, np.nan, values)
        else:
            problems += [
                Problem(file, name, int(at) + 1, str(table[name].iloc[at]), "a number above 0")
                for at in np.flatnonzero(bad)[:_SHOWN]
            ]
        out[field] = values
    return out, problems


def _speeds() -> frozenset[str]:
    return frozenset(read_table("network_speeds").index)


def _highways(
    table: gpd.GeoDataFrame,
    columns: LinkColumns,
    free_kmh: Floats,
    given: dict[str, str],
    defaults: Defaults,
) -> npt.NDArray[np.object_]:
    rows = read_table(_TABLE).index
    prefix = "free_speed_class."
    steps = sorted(
        ((defaults.number(_TABLE, str(row)), str(row).removeprefix(prefix))
         for row in rows if str(row).startswith(prefix)), reverse=True,
    )  # fmt: skip
    by_speed = [
        next((name for least, name in steps if speed >= least), steps[-1][1]) for speed in free_kmh
    ]
    if columns.link_type is None or columns.link_type not in table.columns:
        return np.array(by_speed, dtype=object)
    meaning: dict[str, str | None] = {}
    out = np.empty(len(table), dtype=object)
    for at, value in enumerate(table[columns.link_type].astype(str)):
        if value not in meaning:
            if value in given:
                meaning[value] = given[value]
            elif f"default.{value}" in _speeds():
                meaning[value] = value
            elif f"link_type.{value}" in rows:
                meaning[value] = defaults.text(_TABLE, f"link_type.{value}")
            else:
                meaning[value] = None
        out[at] = meaning[value] or by_speed[at]
    return out


def _junctions(
    lines: npt.NDArray[np.object_], radius_m: float
) -> tuple[npt.NDArray[np.int64], Floats, Floats]:
    """Return the node id (from 1) of all starts, then all ends, and node positions."""
    ends = np.concatenate([shapely.get_point(lines, 0), shapely.get_point(lines, -1)])
    places = np.column_stack([shapely.get_x(ends), shapely.get_y(ends)])
    pairs = cKDTree(places).query_pairs(radius_m, output_type="ndarray")
    near = coo_array(
        (np.ones(len(pairs), np.int8), (pairs[:, 0], pairs[:, 1])), shape=(len(ends), len(ends))
    )
    _, label = connected_components(near, directed=False)
    # numbered in order of first appearance, so that the same table gives the same ids
    _, first, number = np.unique(label, return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first, kind="stable")] = np.arange(len(first))
    node = rank[number]
    size = np.bincount(node)
    x = np.bincount(node, weights=places[:, 0]) / size
    y = np.bincount(node, weights=places[:, 1]) / size
    return node + 1, x, y
