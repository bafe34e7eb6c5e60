"""Oakland by plain assumptions, beside what cars measured on its streets (Apte et al. 2017)."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import osmium
import pandas as pd
import pyproj
import shapely
from scipy.spatial import cKDTree

from geofleet.defaults import Defaults
from geofleet.exposure import (
    Receptors,
    Site,
    Weather,
    added_arm2_no2,
    complete_weather,
    concentrations,
    ozone_limited_no2,
)
from geofleet.exposure.people.carriageway import Carriageways
from geofleet.network import RoadNetwork
from geofleet.traffic import hourly_profile

Floats = npt.NDArray[np.float64]

HERE = Path(__file__).parent
_EXTRACT = Path("data", "osm", "oakland_us.osm.pbf")
CRS = pyproj.CRS.from_epsg(32610)
HOURS = range(9, 18)  # cars drove on weekdays between nine and six
SITE = Site(latitude_deg=37.80, longitude_deg=-122.27, timezone="America/Los_Angeles")
TEMPERATURE_C, CLOUD = 17.0, 0.4
SPEEDS = ((0.5, 0.25), (1.0, 0.5), (1.5, 0.25))  # factor on the mean speed, share
SEASONS = (1, 4, 7, 10)
NOX_UG_M3_PER_PPB = 1.93  # as NO2, at 17 °C and the sea
OZONE_UG_M3_PER_PPB = 2.02
OZONE_PPB = 25.0  # a guess at an afternoon by the bay
BACKGROUND_PERCENTILE = 5.0
COVERED_M = 15.0  # the extract has the street of a point when it has one so near
BLOCK_M = 100.0
POLLUTANTS = ("no", "no2", "nox", "bc")


def measured(shared: Path) -> gpd.GeoDataFrame:
    """Medians by street point inside the box of the extract: NO, NO2, NOx in ppb, BC in µg/m3."""
    path = shared / "data" / "validation" / "oakland_apte2017_no_no2_bc.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8") as handle:
        table = pd.read_csv(handle, skiprows=1)
    table.columns = ["lon", "lat", "no", "no2", "bc"]
    west, south, east, north = _box(shared)
    here = table["lon"].between(west, east) & table["lat"].between(south, north)
    table = table[here].reset_index(drop=True)
    table["nox"] = table["no"] + table["no2"]
    places = gpd.points_from_xy(table["lon"], table["lat"], crs=4326)
    return gpd.GeoDataFrame(table, geometry=places).to_crs(CRS)


def _box(shared: Path) -> tuple[float, float, float, float]:
    """Return the smallest box around all nodes of the extract."""
    nodes = osmium.FileProcessor(str(shared / _EXTRACT), osmium.osm.NODE)
    places = np.array([(node.location.lon, node.location.lat) for node in nodes])
    return (*places.min(axis=0), *places.max(axis=0))


def roads(shared: Path) -> gpd.GeoDataFrame:
    """Ways of the extract with traffic, whole: also freeways that the edge of the extract cuts.

    A network for routing leaves those out, since nothing in the extract leads back onto them.
    """
    traffic = pd.read_csv(HERE / "oakland_traffic.csv").set_index("highway")
    rows = []
    for way in osmium.FileProcessor(str(shared / _EXTRACT)).with_locations():
        if not way.is_way() or way.tags.get("highway") not in traffic.index:
            continue
        line = [(n.location.lon, n.location.lat) for n in way.nodes if n.location.valid()]
        if len(line) < 2:
            continue
        highway = way.tags["highway"]
        rows.append({
            "osmid": str(way.id), "highway": highway,
            "one_way": way.tags.get("oneway") in ("yes", "1", "-1", "true")
            or highway.startswith("motorway") or way.tags.get("junction") == "roundabout",
            "lanes": pd.to_numeric(way.tags.get("lanes"), errors="coerce"),
            "no_trucks": way.tags.get("hgv") == "no",
            "tunnel": way.tags.get("tunnel") == "yes", "ref": way.tags.get("ref", ""),
            "geometry": shapely.LineString(line),
        })  # fmt: skip
    return gpd.GeoDataFrame(rows, crs=4326).to_crs(CRS)


def network_of(ways: gpd.GeoDataFrame) -> RoadNetwork:
    """One edge for each way, joined to nothing: dispersion asks for lines, not for routes."""
    count = len(ways)
    index = pd.MultiIndex.from_arrays(
        [np.arange(count) * 2, np.arange(count) * 2 + 1, np.zeros(count, dtype=int)],
        names=["u", "v", "key"],
    )
    columns = {
        "osmid": ways["osmid"].to_numpy(), "highway": ways["highway"].to_numpy(),
        "lanes": ways["lanes"].to_numpy(dtype=float), "tunnel": ways["tunnel"].to_numpy(bool),
        "length_m": ways.length.to_numpy(), "speed_free_kmh": 50.0, "grade": 0.0,
    }  # fmt: skip
    lines = ways.geometry.to_crs(4326).to_numpy()
    edges = gpd.GeoDataFrame(columns, index=index, geometry=lines, crs=4326)
    ends = [shapely.Point(line.coords[k]) for line in lines for k in (0, -1)]
    nodes = gpd.GeoDataFrame(index=np.arange(2 * count), geometry=ends, crs=4326)
    return RoadNetwork(nodes=nodes, edges=edges, crs_metric=CRS)


def daily_vehicles(ways: gpd.GeoDataFrame, *, truck_bans: bool = True) -> dict[str, Floats]:
    """Light and heavy vehicles a day on each way, both directions together."""
    traffic = pd.read_csv(HERE / "oakland_traffic.csv").set_index("highway")
    of_way = traffic.loc[ways["highway"]]
    both = np.where(ways["one_way"], 1.0, 2.0)
    total = of_way["vehicles_per_day_one_way"].to_numpy(float) * both
    heavy = of_way["heavy_share"].to_numpy(float) * total
    if truck_bans:
        heavy = np.where(ways["no_trucks"], 0.0, heavy)
    return {"light": total - heavy, "heavy": heavy}


def weather(
    *,
    rose: str = "prevailing",
    speed_factor: float = 1.0,
    roughness_m: float | None = None,
    neutral: bool = False,
) -> Weather:
    """Assumed weather of weekdays: a wind rose, sun of four seasons, no measurement at all."""
    table = pd.read_csv(HERE / "oakland_wind.csv")
    share, speed = table["share"].to_numpy(), table["speed_m_s"].to_numpy()
    if rose == "uniform":
        speed = np.full(len(table), float(speed @ share / share.sum()))
        share = np.full(len(table), 1.0)
    elif rose == "west":
        share = (table["from_deg"] == 270.0).to_numpy(float)
    elif rose != "prevailing":
        raise ValueError(rose)
    rows = [
        {"hour": hour, "month": month, "weight_hours": part * portion,
         "wind_from_deg": direction, "wind_speed_m_s": mean * factor * speed_factor}
        for hour in HOURS for month in SEASONS
        for direction, part, mean in zip(table["from_deg"], share, speed, strict=True) if part > 0
        for factor, portion in SPEEDS
    ]  # fmt: skip
    # Hours without driving need a row each; nothing is emitted in them.
    rows += [
        {"hour": hour, "month": SEASONS[0], "weight_hours": 1.0, "wind_from_deg": 270.0,
         "wind_speed_m_s": 3.0}
        for hour in range(24) if hour not in HOURS
    ]  # fmt: skip
    frame = pd.DataFrame(rows).assign(temperature_c=TEMPERATURE_C, cloud_cover=CLOUD)
    if neutral:
        frame["obukhov_length_m"] = 8888.0
    site = Site(
        latitude_deg=SITE.latitude_deg, longitude_deg=SITE.longitude_deg, timezone=SITE.timezone,
        roughness_m=roughness_m,
    )  # fmt: skip
    return complete_weather(frame, site=site, file="assumed weather of Oakland")


@dataclass(frozen=True)
class Modelled:
    """Increments of the roads of the extract at each point, mean of the driven hours, µg/m3."""

    nox_ug_m3: Floats
    bc_ug_m3: Floats
    report: Mapping[str, object] = field(default_factory=dict)

    def of(
        self, pollutant: str, background: Mapping[str, float], *, ozone_ppb: float | None = None
    ) -> Floats:
        """Concentration in the unit of the measurements, background added.

        NO2 by the ambient ratio method, or by the ozone at hand; what is left of the NOx is NO.
        """
        if pollutant == "bc":
            return self.bc_ug_m3 + background["bc"]
        if ozone_ppb is None:
            no2 = added_arm2_no2(
                self.nox_ug_m3, background_nox_ug_m3=background["nox"] * NOX_UG_M3_PER_PPB
            )
        else:
            no2 = ozone_limited_no2(self.nox_ug_m3, ozone_ug_m3=ozone_ppb * OZONE_UG_M3_PER_PPB)
        added = {"nox": self.nox_ug_m3, "no2": no2, "no": np.maximum(self.nox_ug_m3 - no2, 0.0)}
        return added[pollutant] / NOX_UG_M3_PER_PPB + background[pollutant]


def model(
    ways: gpd.GeoDataFrame,
    points: gpd.GeoDataFrame,
    air: Weather,
    *,
    truck_bans: bool = True,
    off_road: bool = False,
) -> Modelled:
    """Forward sum of all roads at the measured points, light and heavy vehicles apart.

    Parameters
    ----------
    off_road
        Move points to the edge of the carriageway; else they stay on its centre line, where the
        measuring car drove.
    """
    network = network_of(ways)
    edges = np.arange(len(ways), dtype=np.int32)
    factors = pd.read_csv(HERE / "oakland_factors.csv").set_index("group")
    daily = daily_vehicles(ways, truck_bans=truck_bans)
    report: dict[str, object] = {}
    xy = np.column_stack([points.geometry.x, points.geometry.y])
    if off_road:
        xy = Carriageways.of(network, Defaults()).off(xy, report)
    frame = gpd.GeoDataFrame(
        {"receptor_id": np.arange(len(xy)), "zone_id": "a", "people": 1.0},
        geometry=shapely.points(xy), crs=CRS,
    )  # fmt: skip
    receptors = Receptors(frame, Defaults().number("exposure", "receptor_height_m"))
    total = np.zeros((2, len(xy)))
    for group in ("light", "heavy"):
        profile = hourly_profile(group, "weekday", defaults=Defaults())
        hours = np.where(np.isin(np.arange(24), HOURS), profile.share * profile.level, 0.0)
        km = daily[group][:, None] * hours * (ways.length.to_numpy() / 1000.0)[:, None]
        row = factors.loc[group]
        grams = np.stack([km * row["nox_g_km"], km * row["bc_g_km"]])
        heights = Defaults({
            "dispersion:release_height_m": row["release_height_m"],
            "dispersion:sigma_z0_m": row["sigma_z0_m"],
        })  # fmt: skip
        hourly = concentrations(network, receptors, air, edges=edges, grams=grams, defaults=heights)
        total += hourly[:, :, list(HOURS)].mean(axis=2)
    return Modelled(total[0], total[1], report)


def background(points: gpd.GeoDataFrame) -> dict[str, float]:
    """Low percentile of what was measured: what is in the air before the roads add theirs."""
    return {name: float(np.percentile(points[name], BACKGROUND_PERCENTILE)) for name in POLLUTANTS}


def nearest_class(ways: gpd.GeoDataFrame, points: gpd.GeoDataFrame) -> tuple[pd.Series, Floats]:
    """Class of the nearest way (links as their road) and its distance."""
    lines = ways.geometry.to_numpy()
    which, gap = shapely.STRtree(lines).query_nearest(
        points.geometry.to_numpy(), return_distance=True, all_matches=False
    )
    order = np.argsort(which[0])
    classes = ways["highway"].str.removesuffix("_link").to_numpy(object)[which[1][order]]
    return pd.Series(classes), gap[order]


def baselines(ways: gpd.GeoDataFrame, points: gpd.GeoDataFrame) -> dict[str, Floats]:
    """Predictors without wind or dispersion; larger means more pollution."""
    geometry = points.geometry.to_numpy()
    freeways = shapely.union_all(ways.geometry[ways["highway"] == "motorway"].to_numpy())
    traffic = pd.read_csv(HERE / "oakland_traffic.csv").set_index("highway")
    classes, _ = nearest_class(ways, points)
    vehicles = sum(daily_vehicles(ways).values())
    step = 10.0
    pieces, weight = [], []
    for line, flow in zip(ways.geometry, vehicles, strict=True):
        count = max(int(np.ceil(line.length / step)), 1)
        where = (np.arange(count) + 0.5) * line.length / count
        pieces.append(shapely.get_coordinates(shapely.line_interpolate_point(line, where)))
        weight.append(np.full(count, flow * line.length / count))
    tree = cKDTree(np.concatenate(pieces))
    mass = np.concatenate(weight)
    xy = shapely.get_coordinates(geometry)
    near = tree.query_ball_point(xy, 200.0)
    far = tree.query_ball_point(xy, 2000.0)
    inverse = np.empty(len(xy))
    for i, found in enumerate(far):
        away = np.hypot(*(tree.data[found] - xy[i]).T)
        inverse[i] = (mass[found] / np.maximum(away, step)).sum()
    return {
        "nearness of a freeway": -shapely.distance(geometry, freeways),
        "class of the nearest road": traffic.loc[classes, "vehicles_per_day_one_way"].to_numpy(
            float
        ),
        "traffic within 200 m": np.array([mass[found].sum() for found in near]),
        "traffic over distance within 2 km": inverse,
    }


def blocks(points: gpd.GeoDataFrame, size_m: float = BLOCK_M) -> npt.NDArray[np.int64]:
    """Return the number of the square that each point lies in."""
    cell = np.floor(np.column_stack([points.geometry.x, points.geometry.y]) / size_m)
    return np.unique(cell, axis=0, return_inverse=True)[1].ravel()


def by_block(values: npt.ArrayLike, block: npt.NDArray[np.int64]) -> Floats:
    """Mean of each block."""
    return np.bincount(block, np.asarray(values, dtype=float)) / np.bincount(block)
