"""Road grade from elevation rasters.

Method
------
1. Heights are sampled (bilinear) at every node and along every street at the cell size of the
   raster, not closer than a tenth of ``smoothing_m``. Bridges and tunnels are left out: there a
   terrain model shows the valley or the hill, not the road.
2. A node's height is the value, at the node, of a plane fitted to the samples within
   ``smoothing_m`` of it with tricube weights (locally weighted regression: W. S. Cleveland, 1979,
   J. Am. Stat. Assoc. 74, 829–836). A plane keeps constant slopes as they are, at dead ends and
   junctions too. Because heights belong to nodes, climb around any loop is zero.
3. Bridges and tunnels that touch form one structure. Its inner nodes lie on the straight line
   between its portals, over the length along the structure; where a structure branches, heights
   are those for which grade times length balances like current in a net of resistors.
4. Grade is rise over run of the link, positive uphill from ``u`` to ``v``, the exact negative for
   the opposite direction. Links steeper than ``max_grade`` are held there and counted; links with
   an end of unknown height are taken as level and counted.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import shapely
from scipy.sparse import coo_array, csgraph, csr_array, diags_array
from scipy.sparse.linalg import spsolve
from scipy.spatial import cKDTree

from geofleet.defaults import Defaults
from geofleet.errors import InputError, Problem
from geofleet.network.model import RoadNetwork
from geofleet.network.terrain.dem import Heights, sample_heights

__all__ = ["with_grades"]

log = logging.getLogger(__name__)

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

_NODES_PER_CHUNK = 20_000
_SAMPLES_PER_RADIUS = 10
# Below this share of the largest eigenvalue a direction is one in which the samples do not spread
# (a straight road): its slope cannot be told and is left at zero.
_COLLINEAR = 1e-4


def with_grades(
    network: RoadNetwork,
    raster: Path | Sequence[Path],
    *,
    smoothing_m: float | None = None,
    max_grade: float | None = None,
    defaults: Defaults | None = None,
) -> RoadNetwork:
    """Return the network with node heights and link grades from elevation rasters.

    Parameters
    ----------
    network
        Roads.
    raster
        One or more rasters of height above sea level, any CRS. Where several cover a point the
        first with data wins.
    smoothing_m
        Radius of the local fit [m]; 0 takes sampled heights as they are. Default row
        ``elevation:smoothing_m``.
    max_grade
        Largest grade believed [1]. Default row ``elevation:max_grade``.

    Returns
    -------
    RoadNetwork
        ``nodes.elevation_m`` (NaN where unknown) and ``edges.grade`` set; ``report["elevation"]``
        says what was unknown, interpolated and held.

    Raises
    ------
    InputError
        A raster that cannot be used, or rasters that cover none of the network.
    MissingExtraError
        The extra ``elevation`` is not installed.
    """
    rows = (defaults or Defaults()).scope()
    radius = rows.number("elevation", "smoothing_m") if smoothing_m is None else smoothing_m
    limit = rows.number("elevation", "max_grade") if max_grade is None else max_grade
    if not radius >= 0 or not limit > 0:
        raise InputError([
            Problem("elevation", "smoothing_m, max_grade", value=f"{radius:g}, {limit:g}",
                    expected="a radius of at least 0 m and a grade above 0")
        ])  # fmt: skip
    land_m = rows.number("elevation", "lowest_m"), rows.number("elevation", "highest_m")
    paths = [Path(raster)] if isinstance(raster, str | Path) else [Path(item) for item in raster]
    if not paths:
        raise InputError([Problem("elevation", "raster", expected="at least one raster")])

    arrays = network.arrays
    points = network.nodes.geometry.to_crs(network.crs_metric)
    node_xy = shapely.get_coordinates(points.to_numpy())
    structure = network.edges["bridge"].to_numpy(bool) | network.edges["tunnel"].to_numpy(bool)
    inner = _inside_structures(network, structure)

    heights = sample_heights(
        paths, node_xy[:, 0], node_xy[:, 1], crs=network.crs_metric, land_m=land_m
    )
    if not np.isfinite(heights.z_m).any():
        raise InputError(_covers_nothing(paths, network))
    z = heights.z_m.copy()
    z[inner] = np.nan
    if radius > 0:
        z = _smoothed(network, node_xy, z, structure, paths, heights, radius, land_m)
    z = _bridge_over(network, z, structure, inner)

    grade = (z[arrays.edge_to] - z[arrays.edge_from]) / arrays.length_m
    grade[arrays.length_m <= 0] = 0.0
    level = np.isnan(grade)
    grade[level] = 0.0
    held = np.abs(grade) > limit
    grade = np.clip(grade, -limit, limit)
    second = np.flatnonzero((arrays.twin >= 0) & (arrays.twin < np.arange(len(grade))))
    grade[second] = 0.0 - grade[arrays.twin[second]]

    unknown = network.nodes.index.to_numpy()[np.isnan(z)]
    report = {
        "rasters": list(heights.names),
        "cell_m": round(heights.spacing_m, 2),
        "smoothing_m": radius,
        "nodes_outside_rasters": heights.outside,
        "nodes_without_data": heights.no_data,
        "nodes_at_largest_value": heights.saturated,
        "nodes_at_impossible_heights": heights.implausible,
        "nodes_unknown": len(unknown),
        "nodes_unknown_examples": [int(node) for node in unknown[:5]],
        "nodes_interpolated_in_structures": int(np.count_nonzero(inner & np.isfinite(z))),
        "edges_taken_as_level": int(np.count_nonzero(level)),
        "edges_held_at_max_grade": int(np.count_nonzero(held)),
        "max_grade": limit,
    }
    if len(unknown):
        log.warning(
            "no height for %d of %d nodes (%d outside the rasters); %d links are taken as level",
            len(unknown), len(z), heights.outside, report["edges_taken_as_level"],
        )  # fmt: skip
    if heights.implausible:
        log.warning(
            "%d nodes touch cells with heights that no land has; they count as cells without data",
            heights.implausible,
        )
    if heights.saturated:
        log.warning(
            "%d nodes touch cells at the largest value a raster can hold: heights may be capped",
            heights.saturated,
        )
    return network.replace(
        nodes=network.nodes.assign(elevation_m=z),
        edges=network.edges.assign(grade=grade),
        report={**network.report, "elevation": report},
        provenance=tuple(sorted({*network.provenance, *rows.used})),
    )


def _covers_nothing(paths: Sequence[Path], network: RoadNetwork) -> list[Problem]:
    west, south, east, north = network.nodes.total_bounds
    where = f"longitude {west:.4f} to {east:.4f}, latitude {south:.4f} to {north:.4f}"
    return [
        Problem(str(path), expected=f"heights for the roads' area ({where}); it has none there")
        for path in paths
    ]


def _inside_structures(network: RoadNetwork, structure: Flags) -> Flags:
    """Nodes that only bridges and tunnels touch: their ground height says nothing of the road."""
    arrays = network.arrays
    on, off = np.zeros((2, arrays.node_count), dtype=bool)
    for ends in (arrays.edge_from, arrays.edge_to):
        on[ends[structure]] = True
        off[ends[~structure]] = True
    # A dead end of a bridge is where the data were cut or the ramp meets the ground: a portal.
    neighbours = np.zeros(arrays.node_count, dtype=np.int64)
    pairs = np.unique(np.sort(np.column_stack([arrays.edge_from, arrays.edge_to]), axis=1), axis=0)
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    np.add.at(neighbours, pairs.ravel(), 1)
    inside: Flags = on & ~off & (neighbours > 1)
    return inside


def _smoothed(
    network: RoadNetwork, node_xy: Floats, z: Floats, structure: Flags,
    paths: Sequence[Path], heights: Heights, radius: float, land_m: tuple[float, float],
) -> Floats:  # fmt: skip
    """Fit a plane around every node to the samples on the roads near it."""
    arrays = network.arrays
    # One direction of a two-way street is enough: both would count its samples twice.
    once = ~structure & ((arrays.twin < 0) | (arrays.twin > np.arange(arrays.edge_count)))
    spacing_m = max(heights.spacing_m, radius / _SAMPLES_PER_RADIUS)
    xy = _along(network.edges_metric.to_numpy()[once], spacing_m)
    inner_points = sample_heights(paths, xy[:, 0], xy[:, 1], crs=network.crs_metric, land_m=land_m)
    known = np.isfinite(z)
    known_points = np.isfinite(inner_points.z_m)
    samples = np.vstack([node_xy[known], xy[known_points]])
    values = np.concatenate([z[known], inner_points.z_m[known_points]])
    tree = cKDTree(samples)
    out = z.copy()
    wanted = np.flatnonzero(known)
    for start in range(0, len(wanted), _NODES_PER_CHUNK):
        chunk = wanted[start : start + _NODES_PER_CHUNK]
        near = tree.query_ball_point(node_xy[chunk], radius, return_sorted=True)
        counts = np.fromiter(map(len, near), np.int64, len(chunk))
        which = np.concatenate([np.asarray(item, np.int64) for item in near])
        out[chunk] = _local_planes(node_xy[chunk], counts, samples[which], values[which], radius)
    return out


def _along(lines: npt.NDArray[np.object_], spacing_m: float) -> Floats:
    """Points inside each line, evenly spaced by at most ``spacing_m``; its ends are left out."""
    length = shapely.length(lines)
    pieces = np.maximum(np.ceil(length / spacing_m).astype(np.int64), 1)
    line = np.repeat(np.arange(len(lines)), pieces - 1)
    first = np.concatenate([[0], np.cumsum(pieces - 1)[:-1]]) if len(lines) else np.zeros(0, int)
    step = np.arange(len(line)) - first[line] + 1
    points = shapely.line_interpolate_point(lines[line], length[line] * step / pieces[line])
    return np.asarray(shapely.get_coordinates(points), dtype=np.float64)


def _local_planes(
    centres: Floats, counts: npt.NDArray[np.int64], xy: Floats, values: Floats, radius: float
) -> Floats:
    """Height at each centre of the tricube-weighted plane through its samples.

    ``counts`` samples belong to each centre, in order. Slopes across a road whose samples lie on
    one line are zero (the solution of least norm).
    """
    owner = np.repeat(np.arange(len(centres)), counts)
    offset = (xy - centres[owner]) / radius
    distance = np.minimum(np.hypot(offset[:, 0], offset[:, 1]), 1.0)
    weight = (1 - distance**3) ** 3
    columns = np.column_stack([np.ones(len(owner)), offset])
    # Heights relative to one of the samples keep the sums small and constant terrain exact.
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    base = values[starts]
    rise = values - base[owner]
    normal = np.empty((len(centres), 3, 3))
    right = np.empty((len(centres), 3))
    for a in range(3):
        right[:, a] = np.bincount(owner, weight * columns[:, a] * rise, len(centres))
        for b in range(a, 3):
            sums = np.bincount(owner, weight * columns[:, a] * columns[:, b], len(centres))
            normal[:, a, b] = normal[:, b, a] = sums
    inverse = np.linalg.pinv(normal, rcond=_COLLINEAR, hermitian=True)
    fitted = np.einsum("nj,nj->n", inverse[:, 0, :], right)
    return np.asarray(base + fitted, dtype=np.float64)


def _bridge_over(network: RoadNetwork, z: Floats, structure: Flags, inner: Flags) -> Floats:
    """Give the inner nodes of bridges and tunnels the height between their portals."""
    if not inner.any():
        return z
    arrays = network.arrays
    a, b = arrays.edge_from[structure], arrays.edge_to[structure]
    anchored = np.isfinite(z) & ~inner
    usable = anchored | inner  # a portal of unknown height says nothing
    keep = usable[a] & usable[b]
    a, b = a[keep], b[keep]
    conductance = 1.0 / np.maximum(arrays.length_m[structure][keep], 1e-3)
    n = arrays.node_count
    link: csr_array = coo_array((conductance, (a, b)), shape=(n, n)).tocsr()
    link = link + link.T
    _, component = csgraph.connected_components(link, directed=False)
    # A structure that reaches no portal of known height keeps unknown heights.
    has_portal = np.zeros(component.max() + 1, dtype=bool)
    has_portal[component[anchored]] = True
    free = np.flatnonzero(inner & has_portal[component])
    fixed = np.flatnonzero(anchored)
    if not len(free):
        return z
    rows = link[free]
    degree = np.asarray(rows.sum(axis=1)).ravel()
    balance = diags_array(degree) - rows[:, free]
    out = z.copy()
    out[free] = spsolve(balance.tocsc(), rows[:, fixed] @ z[fixed])
    return out
