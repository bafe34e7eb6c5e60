"""Hours of a year at a station in the centre of Mexico City: NOx and the primary roads around."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj
import shapely

from geofleet.defaults import Defaults
from geofleet.exposure import Site, read_weather
from geofleet.exposure.dispersion import (
    LineSources,
    PointReceptors,
    WeatherRows,
    receptor_concentrations,
)
from geofleet.traffic import hourly_profile

Floats = npt.NDArray[np.float64]

STATION, TIMEZONE = "MER", "America/Mexico_City"
CRS = pyproj.CRS.from_epsg(32614)
SITE = Site(
    latitude_deg=19.42461, longitude_deg=-99.119594, altitude_m=2245.0, timezone=TIMEZONE,
    urban_population=20e6,
)  # fmt: skip
FLOW = {"Via de acceso controlado": 2.5}  # over that of other primary roads: a guess
INLET_M, WIDTH_M, SIMPLER_M = 4.0, 14.0, 20.0
# light and heavy part of the emission of a day: a guess; each follows its own hours
PARTS = {"light": 0.6, "heavy": 0.4}


@dataclass(frozen=True)
class Hours:
    """Hours with NOx and wind: what was measured and what explains it, in any unit.

    ``modelled`` is emission times dispersion; ``emission`` the traffic of the hour alone;
    ``slow_wind`` traffic over wind speed.
    """

    hour: npt.NDArray[np.int64]
    observed_ppb: Floats
    modelled: Floats
    emission: Floats
    slow_wind: Floats

    def by_hour(self, name: str) -> Floats:
        """Mean of each hour of the day."""
        counts = np.bincount(self.hour, minlength=24)
        return np.bincount(self.hour, getattr(self, name), 24) / counts


def hours(shared: Path) -> Hours:
    """Model every hour of 2015 with wind at the station."""
    folder = shared / "data"
    roads = gpd.read_parquet(folder / "roads" / "cdmx_primary" / "cdmx_primary_roads_noded.parquet")
    lines = roads.geometry.to_crs(CRS).simplify(SIMPLER_M).to_numpy()
    flow = roads["class_es"].map(FLOW).fillna(1.0).to_numpy(float)
    xy, owner = shapely.get_coordinates(lines, return_index=True)
    inner = np.flatnonzero(owner[1:] == owner[:-1])
    station = gpd.points_from_xy([SITE.longitude_deg], [SITE.latitude_deg], crs=4326).to_crs(CRS)
    origin = shapely.get_coordinates(station)[0]
    xy = xy - origin
    used = Defaults()
    count = len(inner)
    sources = LineSources(
        xy[inner, 0], xy[inner, 1], xy[inner + 1, 0], xy[inner + 1, 1],
        np.full(count, used.number("dispersion", "release_height_m")), np.full(count, WIDTH_M),
        np.full(count, used.number("dispersion", "sigma_z0_m")), 1e-6 * flow[owner[inner]],
    )  # fmt: skip
    point = PointReceptors(np.zeros(1), np.zeros(1), np.array([INLET_M]))
    weather = read_weather(
        folder / "meteo" / "redmet_hourly_2015.parquet", site=SITE, station=STATION
    )
    dilution = receptor_concentrations(sources, point, WeatherRows.from_weather(weather))[:, 0]
    frame = weather.frame.assign(dilution=dilution * weather.frame["weight_hours"])
    # a calm stands for twelve directions of one hour
    by_time = frame.groupby("time").agg(
        dilution=("dilution", "sum"), weight=("weight_hours", "sum"), hour=("hour", "first"),
        day_kind=("day_kind", "first"), wind=("wind_speed_m_s", "mean"),
    )  # fmt: skip
    by_time["dilution"] /= by_time["weight"]
    rate = {
        kind: sum(
            part * profile.share * profile.level
            for group, part in PARTS.items()
            for profile in [hourly_profile(group, kind, defaults=used)]
        )
        for kind in ("weekday", "saturday", "sunday")
    }
    by_time["emission"] = [
        rate[kind][hour] for kind, hour in zip(by_time["day_kind"], by_time["hour"], strict=True)
    ]
    air = pd.read_parquet(
        folder / "air_quality" / "simat_aq_met_hourly_2015_XAL_MER_AJM.parquet"
    ).query("station == @STATION")
    # records keep standard time all year and name the end of the hour
    start = pd.DatetimeIndex(air["end_local"]) - pd.Timedelta(hours=1)
    zone = used.text("weather", "redmet_timezone")
    nox = pd.Series(
        air["nox"].to_numpy(float), start.tz_localize(zone).tz_convert(TIMEZONE), name="nox"
    )
    both = by_time.join(nox.rename_axis("time"), how="inner").dropna(subset=["nox"])
    return Hours(
        hour=both["hour"].to_numpy(np.int64),
        observed_ppb=both["nox"].to_numpy(float),
        modelled=(both["dilution"] * both["emission"]).to_numpy(float),
        emission=both["emission"].to_numpy(float),
        slow_wind=(both["emission"] / both["wind"]).to_numpy(float),
    )
