"""A new study folder: settings with comments, empty tables, roads of a place or from a file."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geofleet.config import STUDY_FILE, read_config
from geofleet.defaults import read_table
from geofleet.errors import InputError, Problem
from geofleet.files import new_folder, write_json, write_text
from geofleet.outputs.locality import country_code, time_zone
from geofleet.schema import Column, TableSchema

if TYPE_CHECKING:
    from geofleet.network.live.services import LiveSettings

__all__ = ["new_study"]

_ENDINGS = (".osm.pbf", ".osm", ".osm.gz", ".osm.bz2", ".pbf")
_ATTRIBUTION = "© OpenStreetMap contributors, ODbL"

_SETTINGS = """\
# A geofleet study. Fill in the tables (README.txt explains each column), then
#   geofleet check .     lists everything that is missing or wrong
#   geofleet run .       computes emissions, exposure, electric feasibility, layers and the maps
#   geofleet report .    adds plan, rules, briefs and figures
# A line that begins with # is a remark. Every setting may stand once, indented by spaces.
name: {name}
# IANA time zone: every clock time in the tables is local time of this zone.
timezone: {timezone}
# ISO 3166-1 alpha-2 code: speeds of roads where no limit is tagged, certificates of engines whose
# standard is unknown, sulphur of the fuel, electricity grid. null: world-wide values.
country: {country}
# Projected coordinate system in metres, such as EPSG:32614. null: the UTM zone of the roads.
crs: null
seed: 0
attribution: {attribution}
# True when the freight was made up; it is then said on every map.
synthetic: false
notes: {notes}
network:
  osm: {roads}
  # Raster of heights above sea level (GeoTIFF, any coordinate system). null: every grade is 0.
  elevation: null
fleet:
  vehicles: vehicles.csv
  operators: operators.csv
routes:
  stops: stops.csv
  # Speed factors of your own by road class and hour: highway, hour, factor.
  # speed_profile: speeds.csv
# Freight vehicles of the city that no routes are known of: one of flows, counts and vehicles.
# traffic:
#   vehicles: {{rigid_7_5t: 800, rigid_20t: 300}}
#   composition: composition.csv   # fuel, standard and model year by class; Mexico has a default
population:
  # Polygons with the columns zone_id and people (GeoJSON, GeoPackage, shapefile…); or a CSV
  # table of points (zone_id, lon, lat, people), or a GeoTIFF with people per cell.
  zones: population.geojson
  # point_radius_m: 500            # how far around each point its people live
  # id_column: CVEGEO              # where the columns have other names than zone_id and people
  # people_column: POBTOT
  # groups: {{under_5: age_0_4}}     # age groups: columns of persons
  # places_column: jobs            # where people are by day
  # buildings: buildings.gpkg      # people by floor area of homes
weather:
  # A climate table, or hourly records of one station or several.
  table: weather.csv
  # station: MER             # which, or nearest; or several with the table where they stand:
  # stations: by_distance
  # places: stations.csv
  # urban_population: 1200000   # of the whole city: its warmth at night
energy:
  # all, or a list of electric models to try.
  models: all
# Deaths behind what the vehicles add to the air; without this, results stop at what is inhaled.
# health:
#   background_ug_m3: 22   # yearly mean of PM2.5 that monitors show, the vehicles included
#   days_per_year: 290     # days of the year like those studied
# What may be spent on which technologies (geofleet plan, the page of the budget, briefs).
# plan:
#   budget_per_year: 1000000   # public money, in the row economics:currency (MXN)
#   years: 10
# Access rules that the day is put under: a file of your own, or a pack with its areas.
# policy:
#   rules: rules.yaml
# Rows of your own for default tables, such as technologies, in files of the same columns.
# tables:
#   technologies: my_technologies.csv
# Default numbers to replace, for example  energy:reserve_share: 0.2
overrides: {{}}
"""

_EXAMPLES = {
    "vehicles": {
        "vehicle_id": "truck-1", "operator_id": "op-1", "vehicle_class": "rigid_12t",
        "fuel": "diesel", "standard": "euro_4", "model_year": "2014", "gvw_kg": "11500",
        "payload_capacity_kg": "6500",
    },
    "operators": {"operator_id": "op-1", "name": "Transportes Ejemplo", "fleet_size": "12"},
    "stops": {
        "vehicle_id": "truck-1", "date": "2024-05-14", "seq": "0", "stop_id": "depot",
        "kind": "depot", "lat": "19.4361", "lon": "-99.0719", "service_min": "20",
        "window_start": "06:30", "window_end": "", "drop_kg": "0",
    },
    "weather": {
        "hour": "14", "weight_hours": "365", "wind_speed_m_s": "3.2", "wind_from_deg": "225",
        "temperature_c": "21.5",
    },
}  # fmt: skip


def new_study(
    folder: str | Path,
    *,
    name: str | None = None,
    place: str | None = None,
    osm: str | Path | None = None,
    country: str | None = None,
    timezone: str | None = None,
    live: LiveSettings | Mapping[str, Any] | None = None,
    sleep: Callable[[float], None] = time.sleep,
    progress: Callable[[float], None] | None = None,
) -> Path:
    """Write a new study folder, whole or not at all.

    Parameters
    ----------
    folder
        Must not exist yet, or be empty.
    name
        Name of the study; the folder's name when None.
    place
        Place whose roads are loaded live and kept as ``roads.osm.pbf`` in the study.
    osm
        OpenStreetMap file, copied into the study. Give this or ``place``.
    country
        ISO 3166-1 alpha-2 code, or the country's name in English or Spanish.
    timezone
        IANA name; when None that of a country that has one only, and UTC without a country.
    live
        Services for ``place``: settings, or those that differ from the defaults.
    sleep
        How to wait for a busy service.
    progress
        Called with the fraction done.

    Returns
    -------
    Path
        The folder. Its tables hold headers only: ``geofleet check`` lists what to fill in.

    Raises
    ------
    InputError
        The folder is not empty, not exactly one of ``place`` and ``osm``, a file that is not
        there or not of OpenStreetMap, an unknown country, time zone or place, no time zone
        where the country has several.
    RemoteServiceError
        A service did not answer, or not wholly.
    """
    folder = Path(folder)
    source = None if osm is None else Path(osm)
    code, unknown = country_code(country)
    clock, unclear = time_zone(timezone, code)
    problems = [*_problems(folder, place, source), *unknown, *unclear]
    if problems:
        raise InputError(problems)
    tell = progress or (lambda _fraction: None)
    tell(0.0)
    with new_folder(folder) as work:
        ending = ".osm.pbf" if source is None else _ending(source)
        texts: dict[str, Any] = {
            "name": name or folder.resolve().name,
            "timezone": clock,
            "country": code,
            "attribution": _ATTRIBUTION,
            "roads": f"roads{ending}",
            "notes": f"Roads: {place if source is None else source.name}.",
        }
        # Settings are checked before anybody is asked for roads.
        _write_settings(work, texts)
        _check(work)
        roads = work / texts["roads"]
        if source is not None:
            shutil.copyfile(source, roads)
            _check_roads(roads, source)
        elif place is not None:
            _write_settings(work, texts | {"notes": _load(place, roads, live, sleep, tell)})
        _write_tables(work)
    tell(1.0)
    return folder


def _problems(folder: Path, place: str | None, source: Path | None) -> list[Problem]:
    problems = []
    if folder.is_file() or (folder.is_dir() and any(folder.iterdir())):
        expected = "a folder that does not exist yet, or an empty one; nothing was changed"
        problems.append(Problem(str(folder), expected=expected))
    if (place is None) == (source is None):
        expected = "exactly one of a place and an OpenStreetMap file"
        problems.append(Problem("new study", "place, osm", expected=expected))
    if place is not None and not place.strip():
        problems.append(Problem("new study", "place", expected="the name of a place"))
    if source is not None:
        if not source.is_file() or source.stat().st_size == 0:
            expected = "an OpenStreetMap file that exists and is not empty"
            problems.append(Problem(str(source), expected=expected))
        elif not _ending(source):
            expected = "an OpenStreetMap file ending in " + ", ".join(_ENDINGS)
            problems.append(Problem(str(source), expected=expected))
    return problems


def _ending(path: Path) -> str:
    return next((end for end in _ENDINGS if path.name.lower().endswith(end)), "")


def _write_settings(work: Path, texts: Mapping[str, Any]) -> None:
    # JSON text is YAML text, whatever quotes and colons a name holds.
    quoted = {key: json.dumps(text, ensure_ascii=False) for key, text in texts.items()}
    write_text(work / STUDY_FILE, _SETTINGS.format(**quoted))


def _check(work: Path) -> None:
    """Check the settings just written, in terms of what was asked for."""
    try:
        read_config(work)
    except InputError as error:
        raise InputError(
            Problem("new study", item.field, 0, item.value, item.expected)
            for item in error.problems
        ) from None


def _check_roads(roads: Path, source: Path) -> None:
    """Check the copied roads at a glance, in terms of the file that was given."""
    from geofleet.network.osm.scan import require_osm

    try:
        require_osm(roads)
    except InputError as error:
        raise InputError(
            Problem(str(source), item.field, item.row, item.value,
                    item.expected.replace(roads.name, source.name))
            for item in error.problems
        ) from None  # fmt: skip


def _load(
    place: str,
    roads: Path,
    live: LiveSettings | Mapping[str, Any] | None,
    sleep: Callable[[float], None],
    tell: Callable[[float], None],
) -> str:
    """Load the roads of a place into a file; return what to note about them."""
    from geofleet.network.live.places import download_area, find_place
    from geofleet.network.live.services import LiveSettings

    if not isinstance(live, LiveSettings):
        live = LiveSettings.from_defaults(**(live or {}))
    area = find_place(place, settings=live, sleep=sleep)
    tell(0.1)
    facts = download_area(area, roads, settings=live, sleep=sleep)
    when = f" as of {facts['osm_timestamp']}" if facts["osm_timestamp"] else ""
    return f"Roads: {place}, from {facts['service']}{when}."


def _write_tables(work: Path) -> None:
    from geofleet.exposure.model import WEATHER_SCHEMA
    from geofleet.fleet.model import OPERATOR_SCHEMA, VEHICLE_SCHEMA
    from geofleet.routes.model import STOP_SCHEMA

    schemas = (VEHICLE_SCHEMA, OPERATOR_SCHEMA, STOP_SCHEMA, WEATHER_SCHEMA)
    for schema in schemas:
        header = ",".join(column.name for column in schema.columns)
        write_text(work / f"{schema.name}.csv", header + "\n")
    write_json(work / "population.geojson", {"type": "FeatureCollection", "features": []})
    write_text(work / "README.txt", _readme(schemas))


def _readme(schemas: tuple[TableSchema, ...]) -> str:
    lines = [
        "The files of this study",
        "=======================",
        "",
        "Fill in vehicles.csv and operators.csv, then bring stops in with `geofleet import` or",
        "fill in stops.csv; then people and weather. `geofleet check` says what is missing.",
        "",
        "Tables are comma-separated UTF-8 text with a header line and decimal points. A column",
        "marked (optional) may be left out; one marked (may be empty) may have empty cells.",
        "",
        "population.geojson: polygons in longitude and latitude with the properties",
        "  zone_id   name of the zone, each once",
        "  people    people who live there",
        "  Any other file of areas or points will do, named in study.yaml under population. The",
        "  simplest is a table of neighbourhoods, population.csv:",
        "    zone_id,lon,lat,people",
        "    centre,-99.0719,19.4361,9000",
        "",
    ]
    for schema in schemas:
        lines += [f"{schema.name}.csv: {schema.title}"]
        width = max(len(column.name) for column in schema.columns)
        lines += [f"  {column.name:<{width}}  {_words(column)}" for column in schema.columns]
        if schema.name == "vehicles":
            lines += ["  Classes, by gross vehicle weight:", *_vehicle_classes()]
            lines += ["  Petrol vehicles are not modelled: leave them out, and say so."]
        example = _EXAMPLES[schema.name]
        lines += [
            "  Example:",
            "    " + ",".join(column.name for column in schema.columns),
            "    " + ",".join(example.get(column.name, "") for column in schema.columns),
            "",
        ]
    return "\n".join(lines)


def _vehicle_classes() -> list[str]:
    """Name the classes, each with the gross weights that it is for."""
    values = read_table("vehicle_classes")["value"].to_dict()
    names = list(dict.fromkeys(str(row).rpartition(".")[0] for row in values))
    width = max(map(len, names))
    return [f"    {name:<{width}}  {_weights(values, name)}" for name in names]


def _weights(values: Mapping[Any, Any], name: str) -> str:
    least, most = values.get(f"{name}.gvw_min_kg"), values.get(f"{name}.gvw_max_kg")
    above = f"above {float(least):,.0f} kg" if least is not None else ""
    upto = f"up to {float(most):,.0f} kg" if most is not None else ""
    return ", ".join(word for word in (above, upto) if word)


def _words(column: Column) -> str:
    marks = [] if column.required else ["optional"]
    marks += ["may be empty"] if column.nullable else []
    mark = f" ({', '.join(marks)})" if marks else ""
    return f"{column.meaning}: {column.expectation()}{mark}"
