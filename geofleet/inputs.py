"""Reading all inputs of a study, with every problem of every file in one pass."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from geofleet.config import STUDY_FILE, StudyConfig
from geofleet.defaults import Defaults
from geofleet.errors import GeofleetError, InputError, NetworkDataError, Problem
from geofleet.schema import read_column

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from geofleet.energy import ElectricModels
    from geofleet.exposure import Weather
    from geofleet.fleet import Fleet
    from geofleet.network import RoadNetwork

__all__ = ["Inputs", "read_inputs"]

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
    from geofleet import emissions, energy
    from geofleet.energy import electric_models
    from geofleet.exposure import read_zones
    from geofleet.fleet import read_fleet
    from geofleet.routes import check_stops, read_stops

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

    for key, expected in defaults.faulty_overrides().items():
        value = str(config.overrides[key])
        problems.append(setting_problem(folder, "overrides", key, value=value, expected=expected))
    # With a recorder of its own: rows that are only looked at are not rows that were used.
    attempt(lambda: emissions.check_defaults(Defaults(config.overrides)))
    attempt(lambda: energy.check_defaults(Defaults(config.overrides)))
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
    zones = attempt(
        lambda: read_zones(
            folder / config.population.zones,
            people_column=config.population.people_column,
            id_column=config.population.id_column,
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
        problems.extend(check_stops(stops, bounds=bounds))
    if problems:
        raise InputError(problems)
    if (
        network is None or fleet is None or stops is None
        or zones is None or weather is None or models is None
    ):  # fmt: skip
        raise GeofleetError("an input could not be read, and no problem was named")
    return Inputs(network, fleet, stops, zones, weather, models)


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

    west, south, east, north = bounds or (None, None, None, None)
    site = Site(
        latitude_deg=None if south is None or north is None else (south + north) / 2,
        longitude_deg=None if west is None or east is None else (west + east) / 2,
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
        raise InputError([Problem(str(folder / STUDY_FILE), "crs", 0, text, expected)])
    return crs
