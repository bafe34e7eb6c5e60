"""Receptors, weather and unit exposure: who breathes one gram emitted on a link."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.schema import Column, TableSchema

__all__ = ["WEATHER_SCHEMA", "Receptors", "UnitExposure", "Weather"]

WEATHER_SCHEMA = TableSchema(
    "weather",
    "Hourly weather, measured or a climate table",
    (
        Column("hour", "integer", "local hour of day that the row begins at", "h", minimum=0,
               maximum=23),
        Column("weight_hours", "number", "hours of the year that the row stands for", "h",
               minimum=0),
        Column("month", "integer", "month", required=False, nullable=True, minimum=1, maximum=12),
        Column("wind_speed_m_s", "number", "wind speed at the measuring height", "m/s",
               minimum=0, maximum=60),
        Column("wind_from_deg", "number", "direction the wind comes from, clockwise from north",
               "degrees", minimum=0, maximum=360),
        Column("temperature_c", "number", "air temperature", "°C", minimum=-60, maximum=60),
        Column("pressure_pa", "number", "air pressure", "Pa", required=False, nullable=True,
               minimum=30000, maximum=110000),
        Column("cloud_cover", "number", "part of the sky covered", "1", required=False,
               nullable=True, minimum=0, maximum=1),
        Column("friction_velocity_m_s", "number", "u*, when known", "m/s", required=False,
               nullable=True, minimum=0.001, maximum=5),
        Column("obukhov_length_m", "number", "L, when known", "m", required=False, nullable=True),
        Column("mixing_height_m", "number", "zi, when known", "m", required=False, nullable=True,
               minimum=5, maximum=6000),
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Weather:
    """Weather rows with the boundary-layer quantities that dispersion needs.

    Parameters
    ----------
    frame
        Columns ``hour, weight_hours, wind_speed_m_s, wind_from_deg, temperature_c,
        friction_velocity_m_s, obukhov_length_m, mixing_height_m, sigma_v_m_s,
        convective_velocity_m_s``; every row complete.
    reference_height_m
        Height of the wind measurement.
    roughness_m
        Roughness length used for the wind profile.
    report
        Calms, hours filled or left out, and where each quantity came from.
    """

    frame: pd.DataFrame
    reference_height_m: float
    roughness_m: float
    label: str = ""
    report: Mapping[str, Any] = field(default_factory=dict)
    provenance: tuple[str, ...] = ()

    def mean_by_hour(self, column: str) -> npt.NDArray[np.float64]:
        """Return the weighted mean of a column for each hour of the day, shape (24,)."""
        hour = self.frame["hour"].to_numpy(np.int64)
        weight = self.frame["weight_hours"].to_numpy(np.float64)
        values = self.frame[column].to_numpy(np.float64)
        totals = np.bincount(hour, weights=weight * values, minlength=24)
        return np.asarray(totals / np.bincount(hour, weights=weight, minlength=24))


@dataclass(frozen=True)
class Receptors:
    """Points that stand for people.

    Parameters
    ----------
    frame
        GeoDataFrame in a projected CRS in metres: ``receptor_id`` (int), ``zone_id`` (text),
        ``people`` (float), ``geometry`` (point). The people of a zone are conserved.
    height_m
        Breathing height.
    """

    frame: gpd.GeoDataFrame
    height_m: float
    report: Mapping[str, Any] = field(default_factory=dict)
    provenance: tuple[str, ...] = ()

    @property
    def people(self) -> float:
        """People in all."""
        return float(self.frame["people"].sum())


@dataclass(frozen=True)
class UnitExposure:
    """Persons x µg/m3 for each gram per second emitted on a link, by hour of day.

    Parameters
    ----------
    edges
        Edge numbers, ascending (int32).
    values
        Shape (len(edges), 24), persons·µg/m3 per g/s, weighted mean over the weather rows of
        that hour of the day.
    people
        People at all receptors.
    """

    edges: npt.NDArray[np.int32]
    values: npt.NDArray[np.float64]
    people: float
    report: Mapping[str, Any] = field(default_factory=dict)
    provenance: tuple[str, ...] = ()

    def harm(self, grams: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return persons·µg/m3·h over the day for grams of shape (len(edges), 24).

        The grams of an hour are spread over its 3,600 s, so that each product is the person-
        weighted concentration of that hour, times one hour.
        """
        return self.values * grams / 3600.0
