"""Polygons that lie on one another: found, and their people shared."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

__all__ = ["overlapping_pairs", "share_overlaps"]

# Part of the smaller polygon in common from which two overlap: borders digitised twice do not.
_LEAST = 0.01


def overlapping_pairs(shapes: npt.NDArray[np.object_]) -> npt.NDArray[np.int64]:
    """Return pairs of polygons that share more than a hundredth of the smaller, ascending."""
    flat = np.flatnonzero(shapely.area(shapes) > 0.0)
    tree = shapely.STRtree(shapes[flat])
    left, right = flat[tree.query(shapes[flat], predicate="intersects")]
    pairs = left < right
    left, right = left[pairs], right[pairs]
    # Neighbours share borders only, and that is far cheaper to see than to intersect.
    inside = ~shapely.touches(shapes[left], shapes[right])
    left, right = left[inside], right[inside]
    common = shapely.area(shapely.intersection(shapes[left], shapes[right]))
    smaller = np.minimum(shapely.area(shapes[left]), shapely.area(shapes[right]))
    found = common > _LEAST * smaller
    order = np.lexsort((right[found], left[found]))
    return np.column_stack([left[found], right[found]])[order].astype(np.int64)


def share_overlaps(zones: gpd.GeoDataFrame, pairs: npt.NDArray[np.int64]) -> gpd.GeoDataFrame:
    """Leave each of k zones on one place a k-th of the people that it has there, by area."""
    rows = np.unique(pairs)
    shapes = zones.geometry.to_numpy()[rows]
    # The borders of all cut the ground into faces, each in the same zones throughout.
    edges = shapely.union_all(shapely.boundary(shapes))
    faces = np.array(shapely.get_parts(shapely.polygonize([edges])), dtype=object)
    inner = shapely.point_on_surface(faces)
    face, owner = shapely.STRtree(shapes).query(inner, predicate="intersects")
    covered = np.bincount(face, minlength=len(faces))
    area = shapely.area(faces)
    own = np.bincount(owner, area[face], len(rows))
    kept = np.bincount(owner, area[face] / covered[face], len(rows))
    factor = np.ones(len(zones))
    factor[rows] = kept / own
    shared = zones.copy()
    names = ["people", *zones.attrs.get("groups", ())]
    for name in (*names, *(f"{name}_day" for name in names)):
        if name in shared.columns:
            shared[name] = shared[name].to_numpy(np.float64) * factor
    return shared
