"""Studies on both sides of the 180th meridian, drawn as one place instead of around the world."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from geofleet.layers import Layer

__all__ = ["layers_cut", "meridian_cut", "seamless", "seamless_shapes"]

_HALF_TURN, _TURN = 180.0, 360.0

Floats = npt.NDArray[np.float64]


def meridian_cut(shapes: Iterable[Any]) -> float | None:
    """Return the longitude where the world is cut open so that shapes lie together.

    Parameters
    ----------
    shapes
        Arrays or series of geometries in EPSG:4326.

    Returns
    -------
    float or None
        Degrees: what lies west of it belongs a turn further east. None where nothing needs it:
        the shapes reach over less than half of the world as they are.
    """
    arrays = [np.asarray(one, dtype=object) for one in shapes]
    west, east = np.inf, -np.inf
    for one in arrays:
        box = shapely.total_bounds(one) if len(one) else np.full(4, np.nan)
        west, east = np.fmin(west, box[0]), np.fmax(east, box[2])
    if not east - west > _HALF_TURN:
        return None
    at = np.unique(np.concatenate([shapely.get_coordinates(one)[:, 0] for one in arrays]))
    gaps = np.diff(at)
    widest = int(gaps.argmax())
    if gaps[widest] <= at[0] + _TURN - at[-1]:
        return None
    return float(at[widest] + gaps[widest] / 2.0)


def layers_cut(layers: Mapping[str, Layer]) -> float | None:
    """Return the longitude where the world is cut open for layers, see :func:`meridian_cut`."""
    return meridian_cut(layer.frame.geometry.array for layer in layers.values() if layer.spatial)


def seamless(
    layers: Mapping[str, Layer],
    base: Mapping[str, gpd.GeoDataFrame] | None = None,
    *,
    cut: float | None = None,
) -> tuple[dict[str, Layer], dict[str, gpd.GeoDataFrame]]:
    """Return layers and ground whose coordinates go on east of 180° where the study does.

    Parameters
    ----------
    layers
        Of a page; those without geometry stay as they are.
    base
        Water, green and boundaries, in any CRS.
    cut
        Where the world is cut open; worked out from the layers when not given.
    """
    ground = dict(base or {})
    if cut is None:
        cut = layers_cut(layers)
    if cut is None:
        return dict(layers), ground
    turned = {
        name: replace(layer, frame=_moved(layer.frame, cut))
        for name, layer in layers.items()
        if layer.spatial
    }
    below = {name: _moved(frame.to_crs(4326), cut) for name, frame in ground.items()}
    return {**layers, **turned}, below


def seamless_shapes(shapes: Any, *, cut: float | None) -> npt.NDArray[np.object_]:
    """Return geometries, those west of ``cut`` (None: none) a turn further east."""
    array = np.asarray(shapes, dtype=object)
    if cut is None:
        return array

    def turn(points: Floats) -> Floats:
        out = points.copy()
        out[points[:, 0] < cut, 0] += _TURN
        return out

    turned: npt.NDArray[np.object_] = shapely.transform(array, turn)
    return turned


def _moved(frame: gpd.GeoDataFrame, cut: float) -> gpd.GeoDataFrame:
    shapes = seamless_shapes(frame.geometry.array, cut=cut)
    return frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=4326))
