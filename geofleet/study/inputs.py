"""Reading all inputs of a study, with every problem of every file in one pass."""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from geofleet.config import STUDY_FILE, StudyConfig, setting_line
from geofleet.defaults import Defaults, read_rows_for
from geofleet.errors import GeofleetError, InputError, NetworkDataError, Problem
from geofleet.schema import read_column
from geofleet.study.city_fleet import city_flows, read_city_composition

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from geofleet.energy import ElectricModels
    from geofleet.exposure import Weather
    from geofleet.fleet import Fleet, FleetComposition
    from geofleet.network import RoadNetwork
    from geofleet.policy.study import StudyRules
    from geofleet.routes.speeds import HourlySpeeds, SpeedProfile
    from geofleet.traffic import LinkFlows

__all__ = ["Found", "Inputs", "gather_inputs", "read_inputs", "study_defaults", "study_network"]

T = TypeVar("T")
StageProgress = Callable[[float], None]
_SETTINGS = {
    ("exposure", "tolerance"): ("exposure", "tolerance"),
    ("health", "function"): ("health", "function"),
    ("mortality", "country"): ("country",),
}
_METRES_PER_DEGREE = 111_320.0  # of latitude


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
    buildings: gpd.GeoDataFrame | None = None
    rules: StudyRules | None = None

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
    buildings: gpd.GeoDataFrame | None = None
    rules: StudyRules | None = None


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
        found.profile, found.composition, found.flows, found.buildings, found.rules,
    )  # fmt: skip


def study_defaults(folder: Path, config: StudyConfig) -> tuple[Defaults, list[Problem]]:
    """Return the defaults of a study, with its overrides and the rows of its own tables.

    Tables that cannot be used are left out and their problems returned.
    """
    tables: dict[str, pd.DataFrame] = {}
    problems: list[Problem] = []
    for name, path in config.tables.items():
        try:
            tables[name] = _read_own_rows(name, folder / path)
        except InputError as error:
            problems += error.problems
    return Defaults(config.overrides, tables=tables), problems


def _read_own_rows(name: str, path: Path) -> pd.DataFrame:
    """Read rows of a study's own for a table; electric models may come one a row."""
    if name == "electric_models":
        from geofleet.energy.catalogue import is_model_table, read_model_rows

        if is_model_table(path):
            return read_model_rows(path)
    return read_rows_for(name, path)


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
    from geofleet.exposure.city.accuracy import choose_accuracy
    from geofleet.exposure.harm import check_ages, check_health
    from geofleet.fleet import read_fleet
    from geofleet.policy.study import check_study_rules, read_study_rules
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
    if (health := config.health) is not None:
        country, own = config.country, defaults.fresh()
        attempt(lambda: check_health(health, country=country, defaults=own))
    attempt(lambda: check_ages(tuple(config.population.groups)))
    attempt(lambda: choose_accuracy(defaults.fresh(), config.exposure.tolerance))
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
    models = attempt(
        lambda: electric_models(
            None if config.energy.models == "all" else config.energy.models, defaults=defaults
        )
    )
    network = attempt(lambda: study_network(folder, config, defaults, progress))
    bounds = None if network is None else tuple(network.nodes.total_bounds)
    zones = attempt(lambda: _read_zones(folder, config, bounds, defaults))
    buildings = attempt(lambda: _read_buildings(folder, config, defaults))
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
    rules = None
    if (policy := config.policy) is not None:
        rules = attempt(lambda: read_study_rules(folder, policy))
    if rules is not None:
        edges = None if network is None else network.edges
        dates = None if stops is None else set(stops["date"].astype(str))
        problems += check_study_rules(rules, edges, dates, defaults=defaults.fresh())
    named = tuple(dict.fromkeys(_in_study(problem, folder) for problem in problems))
    return Found(
        network, fleet, stops, zones, weather, models, profile, composition, flows, named,
        buildings, rules,
    )  # fmt: skip


def _trip_end_columns(config: StudyConfig) -> list[str]:
    """Return the columns of the zones that trips of the city's fleet end at."""
    if config.traffic is None or not config.traffic.vehicles:
        return []
    named = {*config.traffic.trip_ends.values()}
    return sorted(named - {config.population.people_column, "people"})


def _read_zones(
    folder: Path,
    config: StudyConfig,
    bounds: tuple[float, ...] | None,
    defaults: Defaults,
) -> gpd.GeoDataFrame:
    """Read where people live, and where they are by day if the study says how."""
    from geofleet.exposure import cells_around, daytime_people, read_zones
    from geofleet.exposure.people.raster import RASTERS

    people = config.population
    raster = people.zones.suffix.lower() in RASTERS
    trips = _trip_end_columns(config)
    places = [] if people.places_column is None else [people.places_column]
    zones = read_zones(
        folder / people.zones,
        people_column=people.people_column,
        id_column=people.id_column,
        keep=sorted({*trips, *people.keep, *places}),
        groups=people.groups,
        day_columns=people.day_columns,
        longitude_column=people.longitude_column,
        latitude_column=people.latitude_column,
        band=people.raster_band,
        box=_around(bounds, defaults) if raster and bounds is not None else None,
        overlaps=people.overlaps,
        defaults=defaults,
    )
    try:
        if people.point_radius_m is not None:
            zones = cells_around(zones, people.point_radius_m)
        if people.places_column is not None:
            zones = daytime_people(
                zones, people.places_column, moving=people.moving_groups, defaults=defaults
            )
    except InputError as error:
        file = str(folder / people.zones)
        raise InputError(
            replace(problem, file=file) if problem.file == "zones" else problem
            for problem in error.problems
        ) from None
    return zones


def _around(bounds: tuple[float, ...], defaults: Defaults) -> tuple[float, float, float, float]:
    """Widen the box of the roads by the margin from which a raster's people count."""
    west, south, east, north = bounds
    up = defaults.number("exposure", "raster_margin_m") / _METRES_PER_DEGREE
    across = up / max(math.cos(math.radians((south + north) / 2.0)), 0.01)
    return west - across, south - up, east + across, north + up


def _read_buildings(
    folder: Path, config: StudyConfig, defaults: Defaults
) -> gpd.GeoDataFrame | None:
    from geofleet.exposure import read_buildings

    people = config.population
    if people.buildings is None:
        return None
    return read_buildings(
        folder / people.buildings,
        floors_column=people.floors_column,
        height_column=people.height_column,
        use_column=people.use_column,
        defaults=defaults,
    )


def _in_study(problem: Problem, folder: Path) -> Problem:
    """Name the setting that a fault of no file comes from, such as a wrong default row."""
    table = problem.file.removeprefix("default table ")
    location = _SETTINGS.get((problem.file, problem.field))
    if table != problem.file:
        location = ("overrides", f"{table}:{problem.field}")
    elif problem.file == "electric_models":
        location = ("energy", "models")
    elif problem.file == "groups":
        location = ("population", "groups")
    elif problem.file == STUDY_FILE:
        location = tuple(problem.field.split("."))
    if location is None:
        return problem
    return _setting_problem(folder, location, problem.value, problem.expected)


def _setting_problem(folder: Path, location: tuple[str, ...], value: str, expected: str) -> Problem:
    line = setting_line(folder, *location)
    return Problem(str(folder / STUDY_FILE), ".".join(location), line, value, expected)


def study_network(
    folder: Path, config: StudyConfig, defaults: Defaults, progress: StageProgress | None
) -> RoadNetwork:
    """Read the roads of a study, with grades where it has an elevation raster."""
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
    weather = config.weather
    site = Site(
        latitude_deg=(south + north) / 2,
        longitude_deg=(west + east) / 2,
        timezone=config.timezone,
        records_timezone=weather.records_timezone,
        height_m=weather.height_m,
        roughness_m=weather.roughness_m,
        altitude_m=weather.altitude_m,
        urban_population=weather.urban_population,
        urban_roughness_m=weather.urban_roughness_m,
        adjust_low_wind=weather.adjust_low_wind,
    )
    try:
        return read_weather(
            folder / weather.table,
            site=site,
            station=weather.station,
            stations=weather.stations,
            places=None if weather.places is None else folder / weather.places,
            combine=weather.combine,
            # Without roads nothing is near or far.
            within_km=None if bounds is None else weather.within_km,
            balance_gaps=weather.balance_gaps,
            defaults=defaults,
        )
    except InputError as error:
        given = weather.model_fields_set & {"height_m", "roughness_m", "urban_roughness_m"}
        raise InputError(
            _setting_problem(folder, ("weather", problem.field), problem.value, problem.expected)
            if problem.field in given else problem
            for problem in error.problems
        ) from None  # fmt: skip


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
