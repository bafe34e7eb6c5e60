"""The kernels against solutions of the same equations that take no short cut."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.exposure import (
    Receptors,
    Site,
    Weather,
    concentrations,
    make_receptors,
    read_weather,
    read_zones,
    unit_exposure,
)
from geofleet.exposure.city.roads import make_lines
from geofleet.exposure.city.scene import grid_north_rad
from geofleet.exposure.dispersion import (
    LineSources,
    PointReceptors,
    WeatherRows,
    line_concentrations,
    line_intake,
    receptor_concentrations,
)
from geofleet.network import RoadNetwork, read_osm

Floats = npt.NDArray[np.float64]

COQUIMBO = Site(latitude_deg=-29.93, longitude_deg=-71.27, timezone="America/Santiago")
_WEATHER = {
    "ustar_m_s": "friction_velocity_m_s", "L_m": "obukhov_length_m",
    "zi_used_23132": "mixing_height_m", "sigma_v_used_23132": "sigma_v_m_s",
    "z0_m": "roughness_m", "ws_ref_m_s": "wind_speed_m_s", "wd_deg_from": "wind_from_deg",
    "z_ref_m": "reference_height_m",
}  # fmt: skip
_LEAST_OF_TOP = 1e-5  # smaller values are rounding beside the largest of their link and hour


def oracle_cases(shared: Path) -> pd.DataFrame:
    """Single links solved outside this project, with the direct kernel's values beside them."""
    folder = shared / "facts" / "dispersion" / "oracle"
    cases = pd.read_csv(folder / "case_results.csv.gz")
    for name in ("links", "met", "receptors"):
        cases = cases.merge(pd.read_csv(folder / f"case_{name}.csv"))
    top = cases.groupby(["src_id", "met_id"])["ref_exact_23132"].transform("max")
    cases = cases[cases["ref_exact_23132"] > _LEAST_OF_TOP * top].reset_index(drop=True)
    values = np.empty(len(cases))
    for _, group in cases.groupby("src_id"):
        met = group.drop_duplicates("met_id").set_index("met_id")
        where = group.drop_duplicates("rec_id").set_index("rec_id")
        link = group.head(1).rename(columns={f"{c}{i}": f"{c}{i}_m" for c in "xy" for i in (1, 2)})
        cube = line_concentrations(
            LineSources.from_frame(link, emission_g_s_m=1.0),
            PointReceptors.from_frame(where.rename(columns={"x": "x_m", "y": "y_m",
                                                            "z": "height_m"})),
            WeatherRows.from_frame(met.rename(columns=_WEATHER)),
        )  # fmt: skip
        values[group.index] = cube[
            met.index.get_indexer(group["met_id"]), 0, where.index.get_indexer(group["rec_id"])
        ]
    return cases.assign(geofleet=values)


@dataclass(frozen=True)
class CitySums:
    """Sums of the bundled city by tables and grids at one tolerance, and row by row."""

    tolerance: float
    grids_from_m: float | None
    exposure: Floats
    exposure_direct: Floats
    concentration: Floats
    concentration_direct: Floats


@dataclass(frozen=True)
class City:
    """The bundled city with all its streets and people, and the few that are looked at."""

    network: RoadNetwork
    people: Receptors
    weather: Weather
    edges: npt.NDArray[np.int32]
    links: npt.NDArray[np.int64]
    receptors: npt.NDArray[np.int64]
    grams: Floats

    @property
    def extent(self) -> str:
        """How large it is, in words."""
        return (
            f"{len(self.edges):,} links, {len(self.people.frame):,} receptors and "
            f"{len(self.weather.frame):,} rows of weather; {len(self.links)} links and "
            f"{len(self.receptors)} receptors of them drawn at random"
        )


def bundled_city(repository: Path, *, links: int = 40, receptors: int = 20, seed: int = 5) -> City:
    """Read the bundled study; a third of its weather keeps the direct sums within minutes."""
    folder = repository / "data" / "coquimbo"
    network = read_osm(folder / "roads.osm.pbf", country="CL")
    people = make_receptors(
        read_zones(folder / "population.geojson"), crs_metric=network.crs_metric, network=network
    )
    rng = np.random.default_rng(seed)
    weather = read_weather(folder / "weather.csv", site=COQUIMBO)
    some = weather.frame.iloc[rng.permutation(len(weather.frame))]
    some = some.groupby("hour").head(len(some) // 72).sort_index().reset_index(drop=True)
    twin = network.arrays.twin
    edges = np.flatnonzero((twin < 0) | (np.arange(len(twin)) < twin)).astype(np.int32)
    return City(
        network, people, replace(weather, frame=some), edges,
        np.sort(rng.choice(len(edges), links, replace=False)),
        np.sort(rng.choice(len(people.frame), receptors, replace=False)),
        3600.0 * rng.uniform(0.1, 1.0, (len(edges), 1)) * np.ones(24),
    )  # fmt: skip


def city_sums(city: City, tolerances: Sequence[float]) -> list[CitySums]:
    """Return exposure of some links and the air at some receptors, fast and by every row."""
    exposure, concentration = _direct(city)
    found = []
    for tolerance in tolerances:
        setting = {"edges": city.edges, "tolerance": tolerance}
        unit = unit_exposure(city.network, city.people, city.weather, **setting)
        air = concentrations(city.network, city.people, city.weather, grams=city.grams, **setting)
        found.append(CitySums(
            tolerance, unit.report["grids_take_over_at_m"], unit.values[city.links], exposure,
            air[city.receptors], concentration,
        ))  # fmt: skip
    return found


def _direct(city: City) -> tuple[Floats, Floats]:
    """Every pair and every row, then the mean of each hour of the day."""
    used = Defaults()
    lines = make_lines(city.network, city.edges, defaults=used)
    north = grid_north_rad(city.network.crs_metric, *lines.origin)
    turn = np.array([[np.sin(north), -np.cos(north)], [np.cos(north), np.sin(north)]])
    begin, end = lines.segments[:, :2] @ turn.T, lines.segments[:, 2:] @ turn.T
    owner = np.repeat(np.arange(len(lines)), np.diff(lines.starts))
    points = city.people.frame
    xy = np.column_stack([points.geometry.x, points.geometry.y]) - lines.origin
    xy = xy @ turn.T
    where = PointReceptors(xy[:, 0], xy[:, 1], np.full(len(xy), city.people.height_m))
    rate = np.bincount(lines.line_of, city.grams[:, 0] / 3600.0, len(lines))
    sources = LineSources(
        begin[:, 0], begin[:, 1], end[:, 0], end[:, 1],
        np.full(len(owner), used.number("dispersion", "release_height_m")), lines.width_m[owner],
        np.full(len(owner), used.number("dispersion", "sigma_z0_m")),
        rate[owner] / lines.length_m[owner],
    )  # fmt: skip
    rows = WeatherRows.from_weather(city.weather)
    hour = city.weather.frame["hour"].to_numpy()
    share = np.zeros((24, len(hour)))
    share[hour, np.arange(len(hour))] = city.weather.frame["weight_hours"]
    share /= share.sum(axis=1, keepdims=True)
    of_links = np.flatnonzero(np.isin(owner, lines.line_of[city.links]))
    persons = points["people"].to_numpy(dtype=float)
    by_segment = share @ line_intake(sources.take(of_links), where, rows, persons)
    by_line = np.stack([np.bincount(owner[of_links], part, len(lines)) for part in by_segment], 1)
    exposure = (by_line / rate[:, None])[lines.line_of[city.links]]
    concentration = share @ receptor_concentrations(sources, where.take(city.receptors), rows)
    return exposure, concentration.T


def quantiles(value: Floats, truth: Floats) -> dict[str, float]:
    """Relative differences: median, 99th percentile and largest."""
    difference = np.abs(np.ravel(value) / np.ravel(truth) - 1.0)
    return {
        "median": float(np.median(difference)),
        "p99": float(np.quantile(difference, 0.99)),
        "largest": float(difference.max()),
    }
