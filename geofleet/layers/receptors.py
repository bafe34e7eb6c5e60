"""Layers of people: receptors and population zones, with the concentrations they breathe."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.exposure.model import Receptors
from geofleet.layers.model import Layer, as_layer
from geofleet.layers.schemas import RECEPTORS, ZONES

__all__ = ["receptors_layer", "zones_layer"]

_SOURCES = {
    "pm25_exhaust_ug_m3": "pm25_exhaust_g",
    "pm25_wear_ug_m3": "pm25_wear_g",
    "nox_ug_m3": "nox_exhaust_g",
}
_M2_PER_KM2 = 1e6

Concentrations = Mapping[str, npt.NDArray[np.float64]]


def daily_means(
    concentrations: Concentrations, *, count: int
) -> dict[str, npt.NDArray[np.float64]]:
    """Return the day's mean concentration per receptor under the layer's column names.

    Parameters
    ----------
    concentrations
        µg/m³ by emission quantity (``pm25_exhaust_g``…), of shape (receptors,) for the day's mean
        or (receptors, 24) by hour of day.
    count
        Number of receptors.

    Raises
    ------
    ValueError
        An array of another shape.
    """
    means = {}
    for column, quantity in _SOURCES.items():
        if quantity not in concentrations:
            means[column] = np.full(count, np.nan)
            continue
        values = np.asarray(concentrations[quantity], dtype=np.float64)
        if values.shape not in ((count,), (count, 24)):
            raise ValueError(
                f"concentrations of {quantity} have the shape {values.shape}, "
                f"expected ({count},) or ({count}, 24)"
            )
        means[column] = values if values.ndim == 1 else values.mean(axis=1)
    return means


def receptors_layer(receptors: Receptors, *, concentrations: Concentrations | None = None) -> Layer:
    """Return the receptor points in EPSG:4326 with the day's mean concentrations."""
    frame = receptors.frame
    columns = {name: frame[name].to_numpy() for name in ("receptor_id", "zone_id", "people")}
    columns |= daily_means(concentrations or {}, count=len(frame))
    return as_layer(columns, RECEPTORS, geometry=frame.geometry.to_crs("EPSG:4326").array)


def zones_layer(
    zones: gpd.GeoDataFrame,
    *,
    receptors: Receptors | None = None,
    concentrations: Concentrations | None = None,
) -> Layer:
    """Return the population polygons with the mean concentration weighted by people.

    A zone in which nobody lives has no mean: its concentrations stay empty.
    """
    flat = zones.to_crs("EPSG:4326")
    metric = zones.to_crs(zones.to_crs("EPSG:4326").estimate_utm_crs())
    area = metric.geometry.area.to_numpy() / _M2_PER_KM2
    people = zones["people"].to_numpy(np.float64)
    density = np.divide(people, area, out=np.full(len(zones), np.nan), where=area > 0)
    zone_id = zones["zone_id"].astype(str).to_numpy(object)
    columns = {"zone_id": zone_id, "people": people, "people_per_km2": density}
    columns |= _zone_means(zone_id, receptors, concentrations)
    return as_layer(columns, ZONES, geometry=flat.geometry.array)


def _zone_means(
    zone_id: npt.NDArray[np.object_],
    receptors: Receptors | None,
    concentrations: Concentrations | None,
) -> dict[str, npt.NDArray[np.float64]]:
    if receptors is None:
        return {column: np.full(len(zone_id), np.nan) for column in _SOURCES}
    weight = receptors.frame["people"].to_numpy(np.float64)
    means = daily_means(concentrations or {}, count=len(weight))
    table = pd.DataFrame({column: values * weight for column, values in means.items()})
    table["people"] = weight
    names = receptors.frame["zone_id"].astype(str).to_numpy(object)
    sums = table.groupby(names).sum(min_count=1).reindex(zone_id)
    people = sums["people"].where(sums["people"] > 0)
    return {column: (sums[column] / people).to_numpy(np.float64) for column in _SOURCES}
