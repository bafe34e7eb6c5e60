"""Road networks as GMNS: nodes, links and the turns between them as tables in one folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geofleet.errors import InputError, Problem
from geofleet.files import new_folder
from geofleet.interchange.gmns_check import check_gmns
from geofleet.interchange.gmns_read import read_gmns
from geofleet.interchange.gmns_rules import FIELDS
from geofleet.interchange.gmns_turns import RESTRICTIONS_FILE, movements, restrictions

if TYPE_CHECKING:
    from geofleet.network import RoadNetwork

__all__ = ["OWN_FIELDS", "check_gmns", "read_gmns", "write_gmns"]

VERSION = 0.96
OWN_FIELDS = {
    "key": "key", "osmid": "osmid", "ref": "ref", "oneway": "oneway", "reversed": "reversed",
    "lanes_tagged": "lanes", "maxspeed_kmh": "maxspeed_kmh", "speed_source": "speed_source",
    "bridge": "bridge", "tunnel": "tunnel", "junction": "junction", "service": "service",
    "surface": "surface", "toll_road": "toll", "access": "access",
    "motor_vehicle": "motor_vehicle", "hgv": "hgv", "goods": "goods",
    "maxheight_m": "maxheight_m", "maxwidth_m": "maxwidth_m", "maxlength_m": "maxlength_m",
    "maxweight_t": "maxweight_t", "maxaxleload_t": "maxaxleload_t",
    "maxspeed_hgv_kmh": "maxspeed_hgv_kmh", "signals": "signals", "stop_signs": "stop_signs",
    "conditional": "conditional",
}  # fmt: skip
"""Fields of links that GMNS does not define, and the columns of a road network they hold."""

_DECIMALS = 7
_PERCENT = 100.0
_NAMES = ("config.csv", "node.csv", "link.csv", "movement.csv", RESTRICTIONS_FILE)


def write_gmns(network: RoadNetwork, folder: str | Path, *, name: str) -> list[Path]:
    """Write a network as GMNS.

    Every link is directed; ``length`` is in km, ``free_speed`` in km/h, ``grade`` in percent,
    geometries are WKT in longitude and latitude (seven decimals, about 1 cm). ``lanes`` are those
    of the direction: half of a two-way street's, empty where they are odd or not tagged.
    ``movement`` lists the pairs of links that connect at each junction with a forbidden turn;
    ``turn_restriction``, a table of geofleet's own, holds what it cannot say.

    Parameters
    ----------
    network
        The roads.
    folder
        Replaced as a whole; made when missing.
    name
        ``dataset_name`` of the configuration.

    Returns
    -------
    list of Path
        ``config.csv``, ``node.csv``, ``link.csv``, ``movement.csv``, ``turn_restriction.csv``.

    Raises
    ------
    InputError
        The folder holds anything but a GMNS network.
    """
    target = Path(folder)
    if target.is_dir():
        others = sorted(path.name for path in target.iterdir() if path.name not in _NAMES)
        if others:
            expected = "a folder that is new, empty, or holds only " + ", ".join(_NAMES)
            raise InputError([Problem(str(target), "output", 0, ", ".join(others[:5]), expected)])
    config = pd.DataFrame([{
        "dataset_name": name, "short_length": "m", "long_length": "km", "speed": "km/h",
        "crs": "EPSG:4326", "geometry_field_format": "WKT", "currency": "",
        "version_number": VERSION, "id_type": "integer",
    }])  # fmt: skip
    tables = [config, _nodes(network), _links(network), movements(network), restrictions(network)]
    with new_folder(target) as work:
        for file, frame in zip(_NAMES, tables, strict=True):
            frame.to_csv(work / file, index=False, lineterminator="\n")
    return [target / file for file in _NAMES]


def _nodes(network: RoadNetwork) -> pd.DataFrame:
    nodes = network.nodes
    table = pd.DataFrame(dict.fromkeys(FIELDS["node"], ""), index=range(len(nodes)))
    table["node_id"] = nodes.index.to_numpy()
    table["x_coord"] = _round(nodes.geometry.x.to_numpy(np.float64))
    table["y_coord"] = _round(nodes.geometry.y.to_numpy(np.float64))
    table["z_coord"] = nodes["elevation_m"].to_numpy(np.float64)
    highway = nodes["highway"].to_numpy(object)
    control = {"traffic_signals": "signal", "stop": "stop", "give_way": "yield"}
    table["ctrl_type"] = [control.get(str(value), "") for value in highway]
    # A field of its own: what OpenStreetMap says of the node; most junctions say nothing.
    table["highway"] = ["" if value is None or pd.isna(value) else value for value in highway]
    return table


def _links(network: RoadNetwork) -> pd.DataFrame:
    edges = network.edges
    u, v, key = (edges.index.get_level_values(level).to_numpy() for level in range(3))
    table = pd.DataFrame(dict.fromkeys(FIELDS["link"], ""), index=range(len(edges)))
    table["link_id"] = np.arange(len(edges))
    table["name"] = edges["name"].to_numpy(object)
    table["from_node_id"], table["to_node_id"] = u, v
    table["directed"] = "true"
    lines = edges.geometry.to_numpy()
    table["geometry"] = shapely.to_wkt(lines, rounding_precision=_DECIMALS)
    table["dir_flag"] = 1
    table["length"] = edges["length_m"].to_numpy(np.float64) / 1000.0
    table["grade"] = edges["grade"].to_numpy(np.float64) * _PERCENT
    table["facility_type"] = edges["highway"].to_numpy(object)
    table["free_speed"] = edges["speed_free_kmh"].to_numpy(np.float64)
    table["lanes"] = _lanes(edges)
    for field, column in OWN_FIELDS.items():
        if field == "key":
            table[field] = key
        elif column in edges.columns:
            values = edges[column].to_numpy(object)
            table[field] = [
                str(value).lower() if isinstance(value, bool | np.bool_) else value
                for value in values
            ]
    return table


def _lanes(edges: gpd.GeoDataFrame) -> list[Any]:
    """Return the lanes of the direction, empty where the tag does not tell them."""
    tagged = pd.to_numeric(edges["lanes"], errors="coerce").to_numpy(np.float64)
    oneway = edges["oneway"].astype(bool).to_numpy()
    lanes = np.where(oneway, tagged, tagged / 2.0)
    return [int(value) if value == value and value == int(value) else "" for value in lanes]


def _round(values: np.ndarray[Any, np.dtype[np.float64]]) -> Any:
    return np.round(values, _DECIMALS)
