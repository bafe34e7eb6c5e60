"""Reading all inputs of a study, with every problem of every file in one pass."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from geofleet.city_fleet import city_flows, read_city_composition
from geofleet.config import STUDY_FILE, StudyConfig, setting_line
from geofleet.defaults import Defaults, read_rows_for
from geofleet.errors import GeofleetError, InputError, NetworkDataError, Problem
from geofleet.schema import read_column

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from geofleet.energy import ElectricModels
    from geofleet.exposure import Weather
    from geofleet.fleet import Fleet, FleetComposition
    from geofleet.network import RoadNetwork
    from geofleet.routes.speeds import HourlySpeeds, SpeedProfile
    from geofleet.traffic import LinkFlows

__all__ = ["Found", "Inputs", "gather_inputs", "read_inputs", "study_defaults"]

T = TypeVar("T")
StageProgress = Callable[[float], None]


@dataclass(frozen=True)
class Inputs:
    """Everything a study reads, checked."""

    network: RoadNetwork
    fleet: Fleet
    stops: pd.DataFrame
    zones: gpd.GeoDataFrame
    weather: Weather
    models: ElectricModels
    profile: SpeedProfile | None = None
    composition: FleetComposition | None = None
    flows: LinkFlows | None = None

    @property
    def year(self) -> int:
        """Calendar year of the last service date."""
        return int(str(max(self.stops["date"]))[:4])

    def speeds(self, defaults: Defaults) -> HourlySpeeds:
        """Return the speed factors of every link by hour."""
        from geofleet.routes.speeds import hourly_speeds

        highway = self.network.edges["highway"]
        return hourly_speeds(highway, profile=self.profile, defaults=defaults)


@dataclass(frozen=True)
class Found:
    """What could be read of a study, None where it could not, and every problem met."""

    network: RoadNetwork | None
    fleet: Fleet | None
    stops: pd.DataFrame | None
    zones: gpd.GeoDataFrame | None
    weather: Weather | None
    models: ElectricModels | None
    profile: SpeedProfile | None
    composition: FleetComposition | None
    flows: LinkFlows | None
    problems: tuple[Problem, ...]


def read_inputs(
    folder: Path,
    config: StudyConfig,
    *,
    defaults: Defaults,
    progress: StageProgress | None = None,
) -> Inputs:
    """Read and check every input of a study.

    Raises
    ------
    InputError
        All problems of all files, and of files against each other.
    """
    found = gather_inputs(folder, config, defaults=defaults, progress=progress)
    if found.problems:
        raise InputError(found.problems)
    if (
        found.network is None or found.fleet is None or found.stops is None
        or found.zones is None or found.weather is None or found.models is None
    ):  # fmt: skip
        raise GeofleetError("an input could not be read, and no problem was named")
    return Inputs(
        found.network, found.fleet, found.stops, found.zones, found.weather, found.models,
        found.profile, found.composition, found.flows,
    )  # fmt: skip


def study_defaults(folder: Path, config: StudyConfig) -> tuple[Defaults, list[Problem]]:
    """Return the defaults of a study, with its overrides and the rows of its own tables.

    Tables that cannot be used are left out and their problems returned.
    """
    tables: dict[str, pd.DataFrame] = {}
    problems: list[Problem] = []
    for name, path in config.tables.items():
        try:
            tables[name] = read_rows_for(name, folder / path)
        except InputError as error:
            problems += error.problems
    return Defaults(config.overrides, tables=tables), problems


def gather_inputs(
    folder: Path,
    config: StudyConfig,
    *,
    defaults: Defaults,
    progress: StageProgress | None = None,
) -> Found:
    """Read every input of a study as far as that is possible."""
    from geofleet import emissions, energy
    from geofleet.energy import electric_models
    from geofleet.exposure import read_zones
    from geofleet.fleet import read_fleet
    from geofleet.routes import check_stops, read_stops
    from geofleet.routes.speeds import read_speed_profile

    problems: list[Problem] = []

    def attempt(read: Callable[[], T]) -> T | None:
        try:
            return read()
        except InputError as error:
            problems.extend(error.problems)
        except NetworkDataError as error:
            source = config.network.osm or config.network.graphml
            expected = f"roads that vehicles can use ({error})"
            problems.append(Problem(str(folder / str(source)), expected=expected))
        return None

    faulty = defaults.faulty_overrides()
    for key, expected in faulty.items():
        value = str(config.overrides[key])
        problems.append(_setting_problem(folder, ("overrides", key), value, expected))
    if faulty:  # the rest is checked with the defaults that were to be replaced
        defaults = defaults.fresh(without=faulty)
    # With a recorder of its own: rows that are only looked at are not rows that were used.
    attempt(lambda: emissions.check_defaults(defaults.fresh()))
    attempt(lambda: energy.check_defaults(defaults.fresh()))
    vehicles_file, stops_file = folder / config.fleet.vehicles, folder / config.routes.stops
    # Names and dates are compared even while the tables that hold them have other faults.
    vehicles = read_column(vehicles_file, "vehicle_id")
    stops = attempt(lambda: read_stops(stops_file, vehicles=vehicles or None))
    # A model year is in the future as seen from the service dates, not from the day of the run.
    year = None if stops is None else int(max(stops["date"])[:4])
    fleet = attempt(
        lambda: read_fleet(
            vehicles_file, folder / config.fleet.operators, year=year, defaults=defaults
        )
    )
    if fleet is not None:
        attempt(
            lambda: emissions.check_vehicles(
                fleet, country=config.country, year=year, defaults=defaults
            )
        )
    zones = attempt(
        lambda: read_zones(
            folder / config.population.zones,
            people_column=config.population.people_column,
            id_column=config.population.id_column,
            keep=_trip_end_columns(config),
        )
    )
    models = attempt(
        lambda: electric_models(
            None if config.energy.models == "all" else config.energy.models, defaults=defaults
        )
    )
    network = attempt(lambda: _read_network(folder, config, defaults, progress))
    bounds = None if network is None else tuple(network.nodes.total_bounds)
    weather = attempt(lambda: _read_weather(folder, config, bounds, defaults))
    if stops is not None and bounds is not None:
        elsewhere = check_stops(stops, bounds=bounds)
        problems += elsewhere
        stops = None if elsewhere else stops
    profile = composition = flows = None
    if config.routes.speed_profile is not None:
        profile_file = folder / config.routes.speed_profile
        profile = attempt(lambda: read_speed_profile(profile_file, defaults=defaults))
    if (traffic := config.traffic) is not None:
        composition = attempt(
            lambda: read_city_composition(
                folder, traffic, country=config.country,
                year=year or datetime.date.today().year, defaults=defaults,
            )
        )  # fmt: skip
        if composition is not None and network is not None and zones is not None:
            flows = attempt(
                lambda: city_flows(
                    folder, traffic, network, zones, composition, seed=config.seed,
                    defaults=defaults,
                )
            )  # fmt: skip
    named = tuple(dict.fromkeys(_in_study(problem, folder) for problem in problems))
    return Found(network, fleet, stops, zones, weather, models, profile, composition, flows, named)


def _trip_end_columns(config: StudyConfig) -> list[str]:
    """Return the columns of the zones that trips of the city's fleet end at."""
    if config.traffic is None or not config.traffic.vehicles:
        return []
    named = {*config.traffic.trip_ends.values()}
    return sorted(named - {config.population.people_column, "people"})


def _in_study(problem: Problem, folder: Path) -> Problem:
    """Name the setting that a wrong default row or electric model comes from."""
    table = problem.file.removeprefix("default table ")
    if table != problem.file:
        location: tuple[str, ...] = ("overrides", f"{table}:{problem.field}")
    elif problem.file == "electric_models":
        location = ("energy", "models")
    else:
        return problem
    return _setting_problem(folder, location, problem.value, problem.expected)


def _setting_problem(folder: Path, location: tuple[str, ...], value: str, expected: str) -> Problem:
    line = setting_line(folder, *location)
    return Problem(str(folder / STUDY_FILE), ".".join(location), line, value, expected)


def _read_network(
    folder: Path, config: StudyConfig, defaults: Defaults, progress: StageProgress | None
) -> RoadNetwork:
    from geofleet.network import read_graphml, read_osm, with_grades

    if config.network.osm is not None:
        network = read_osm(
            folder / config.network.osm,
            country=config.country,
            defaults=defaults,
            progress=progress,
        )
    else:
        assert config.network.graphml is not None
        network = read_graphml(
            folder / config.network.graphml, country=config.country, defaults=defaults
        )
    if config.crs is not None:
        network = network.replace(crs_metric=_metric_crs(folder, config.crs))
    if config.network.elevation is not None:
        network = with_grades(network, folder / config.network.elevation, defaults=defaults)
    return network


def _read_weather(
    folder: Path,
    config: StudyConfig,
    bounds: tuple[float, ...] | None,
    defaults: Defaults,
) -> Weather:
    from geofleet.exposure import Site, read_weather

    # Without roads there is no run; the table is then checked as if it stood on the equator.
    west, south, east, north = bounds or (0.0, 0.0, 0.0, 0.0)
    site = Site(
        latitude_deg=(south + north) / 2,
        longitude_deg=(west + east) / 2,
        timezone=config.timezone,
        roughness_m=config.weather.roughness_m,
    )
    table = folder / config.weather.table
    return read_weather(table, site=site, station=config.weather.station, defaults=defaults)


def _metric_crs(folder: Path, text: str):  # type: ignore[no-untyped-def]
    import pyproj

    try:
        crs = pyproj.CRS.from_user_input(text)
        metric = crs.is_projected and crs.axis_info[0].unit_name == "metre"
    except pyproj.exceptions.CRSError:
        metric = False
    if not metric:
        expected = "a projected CRS in metres like EPSG:32719"
        raise InputError([_setting_problem(folder, ("crs",), text, expected)])
    return crs
