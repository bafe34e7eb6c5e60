"""RoadNetwork: the roads of a study, as two GeoDataFrames and an array view."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from geofleet.schema import Column, TableSchema

if TYPE_CHECKING:
    import geopandas as gpd
    import pyproj

__all__ = ["EDGE_SCHEMA", "NODE_SCHEMA", "NetworkArrays", "RoadNetwork", "TurnRestriction"]

NODE_SCHEMA = TableSchema(
    "nodes",
    "Road junctions and dead ends, indexed by OpenStreetMap node id, ascending",
    (
        Column("x", "number", "longitude", "degrees (EPSG:4326)"),
        Column("y", "number", "latitude", "degrees (EPSG:4326)"),
        Column("elevation_m", "number", "height above sea level, empty without a DEM", "m",
               nullable=True),
        Column("highway", "text", "highway tag of the node (traffic_signals, crossing…)",
               nullable=True),
        Column("geometry", "geometry", "point"),
    ),
)  # fmt: skip

EDGE_SCHEMA = TableSchema(
    "edges",
    "Directed road links, indexed by (u, v, key) and sorted by it",
    (
        Column("osmid", "text", "ids of the OpenStreetMap ways it is made of, joined by ';'"),
        Column("highway", "text", "road class (OpenStreetMap highway)"),
        Column("name", "text", "street name", nullable=True),
        Column("ref", "text", "road number", nullable=True),
        Column("oneway", "boolean", "the street may be driven in one direction only"),
        Column("reversed", "boolean", "the link runs against the drawing direction of its way"),
        Column("lanes", "number", "lanes of the way as tagged", nullable=True),
        Column("maxspeed_kmh", "number", "legal limit as tagged", "km/h", nullable=True),
        Column("speed_free_kmh", "number", "speed without traffic", "km/h"),
        Column("speed_source", "text", "where speed_free_kmh comes from",
               choices=("maxspeed", "class table", "flow table")),
        Column("speed_peak_kmh", "number", "speed in the peak hour by a traffic model", "km/h",
               required=False, nullable=True),
        Column("length_m", "number", "length along the link", "m", minimum=0),
        Column("grade", "number", "mean slope, rise over run, positive uphill", "1"),
        Column("bridge", "boolean", "on a bridge"),
        Column("tunnel", "boolean", "in a tunnel"),
        Column("junction", "text", "roundabout, circular…", nullable=True),
        Column("service", "text", "kind of service road", nullable=True),
        Column("surface", "text", "surface", nullable=True),
        Column("toll", "boolean", "toll road"),
        Column("access", "text", "access tag", nullable=True),
        Column("motor_vehicle", "text", "motor_vehicle (or vehicle) tag", nullable=True),
        Column("hgv", "text", "hgv (or goods) tag", nullable=True),
        Column("maxheight_m", "number", "height limit", "m", nullable=True),
        Column("maxwidth_m", "number", "width limit", "m", nullable=True),
        Column("maxlength_m", "number", "length limit", "m", nullable=True),
        Column("maxweight_t", "number", "gross weight limit", "t", nullable=True),
        Column("maxaxleload_t", "number", "axle load limit", "t", nullable=True),
        Column("goods", "text", "goods tag (light goods vehicles)", required=False, nullable=True),
        Column("maxspeed_hgv_kmh", "number", "legal limit for lorries as tagged", "km/h",
               required=False, nullable=True),
        Column("signals", "number", "traffic signals met on the way, a signalled crossing as a "
               "share of one; empty where not known", "signals", required=False, nullable=True,
               minimum=0),
        Column("stop_signs", "number", "stop signs met on the way, yield signs as a share of one; "
               "empty where not known", "stop signs", required=False, nullable=True, minimum=0),
        Column("conditional", "text", "conditional tags as text, key=value joined by ' | '",
               nullable=True),
        Column("geometry", "geometry", "line from u to v"),
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class TurnRestriction:
    """One turn that is forbidden, or the only one allowed, in terms of edge numbers.

    Parameters
    ----------
    edges
        The from-edge, any via-edges in order, and the to-edge. For ``only`` restrictions the
        allowed sequence.
    only
        True for ``only_*``: from the first edge(s), nothing but the last edge may follow.
    scope
        ``all`` or the vehicle class the restriction is for (``hgv``).
    excepted
        Vehicle classes freed by the ``except`` tag.
    osmid
        Relation id; the node id where a barrier (a bollard) forbids the movement.
    """

    edges: tuple[int, ...]
    only: bool
    scope: str
    excepted: tuple[str, ...]
    osmid: int


@dataclass(frozen=True, slots=True)
class NetworkArrays:
    """The network as arrays; edge and node numbers are row positions in the tables.

    ``edge_from`` ascends, so the edges leaving node ``n`` are ``indptr[n]:indptr[n + 1]``.
    """

    indptr: npt.NDArray[np.int32]
    edge_from: npt.NDArray[np.int32]
    edge_to: npt.NDArray[np.int32]
    length_m: npt.NDArray[np.float64]
    speed_free_kmh: npt.NDArray[np.float64]
    grade: npt.NDArray[np.float64]
    twin: npt.NDArray[np.int32]
    """The edge that runs the same street the other way, -1 where there is none."""

    @property
    def node_count(self) -> int:
        """Number of nodes."""
        return len(self.indptr) - 1

    @property
    def edge_count(self) -> int:
        """Number of directed edges."""
        return len(self.edge_from)


@dataclass(frozen=True)
class RoadNetwork:
    """Roads that motor vehicles can use, in OSMnx conventions.

    Parameters
    ----------
    nodes
        GeoDataFrame in EPSG:4326 as in ``NODE_SCHEMA``, index ``osmid`` ascending.
    edges
        GeoDataFrame in EPSG:4326 as in ``EDGE_SCHEMA``, index ``(u, v, key)`` ascending. An
        *edge number* anywhere in geofleet is the row position in this table.
    crs_metric
        Projected CRS in metres for the place.
    turn_restrictions
        From restriction relations; honoured in routing.
    report
        What reading did: counts of ways, islands dropped, speeds by source, and so on.
    provenance
        Default rows used, as ``table:id``.
    """

    nodes: gpd.GeoDataFrame
    edges: gpd.GeoDataFrame
    crs_metric: pyproj.CRS
    turn_restrictions: tuple[TurnRestriction, ...] = ()
    report: Mapping[str, Any] = field(default_factory=dict)
    provenance: tuple[str, ...] = ()

    @cached_property
    def arrays(self) -> NetworkArrays:
        """The array view, built on first use."""
        node_ids = self.nodes.index.to_numpy()
        u = self.edges.index.get_level_values(0).to_numpy()
        v = self.edges.index.get_level_values(1).to_numpy()
        edge_from = np.searchsorted(node_ids, u).astype(np.int32)
        edge_to = np.searchsorted(node_ids, v).astype(np.int32)
        counts = np.bincount(edge_from, minlength=len(node_ids))
        indptr = np.zeros(len(node_ids) + 1, dtype=np.int32)
        np.cumsum(counts, out=indptr[1:])
        return NetworkArrays(
            indptr=indptr,
            edge_from=edge_from,
            edge_to=edge_to,
            length_m=self.edges["length_m"].to_numpy(np.float64),
            speed_free_kmh=self.edges["speed_free_kmh"].to_numpy(np.float64),
            grade=self.edges["grade"].to_numpy(np.float64),
            twin=_twins(edge_from, edge_to, self.edges),
        )

    @cached_property
    def edges_metric(self) -> gpd.GeoSeries:
        """Edge lines in ``crs_metric``."""
        return self.edges.geometry.to_crs(self.crs_metric)

    def replace(self, **changes: Any) -> RoadNetwork:
        """Return a copy with some fields changed."""
        return replace(self, **changes)


def _twins(
    edge_from: npt.NDArray[np.int32], edge_to: npt.NDArray[np.int32], edges: gpd.GeoDataFrame
) -> npt.NDArray[np.int32]:
    """Pair each edge with the one over the same ways, reversed, of the same length."""
    length_mm = np.rint(edges["length_m"].to_numpy(np.float64) * 1000).astype(np.int64)
    osmid = edges["osmid"].to_numpy(object)
    waiting: dict[tuple[int, int, int, frozenset[str]], list[int]] = {}
    twin = np.full(len(edge_from), -1, dtype=np.int32)
    for edge in range(len(edge_from)):
        a, b, length = int(edge_from[edge]), int(edge_to[edge]), int(length_mm[edge])
        ways = frozenset(str(osmid[edge]).split(";"))
        partners = waiting.get((b, a, length, ways))
        if partners:
            partner = partners.pop()
            twin[edge], twin[partner] = partner, edge
        else:
            waiting.setdefault((a, b, length, ways), []).append(edge)
    return twin
