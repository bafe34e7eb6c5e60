"""Settings of a study: what ``study.yaml`` may say, checked with line numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from geofleet.errors import InputError, Problem
from geofleet.schema import read_text

__all__ = ["STUDY_FILE", "StudyConfig", "read_config"]

STUDY_FILE = "study.yaml"


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class NetworkConfig(_Section):
    """Where the roads come from; exactly one of ``osm`` and ``graphml``."""

    osm: Path | None = Field(None, description="OpenStreetMap file (.osm.pbf, .osm, .bz2, .gz)")
    graphml: Path | None = Field(None, description="OSMnx GraphML file")
    elevation: Path | None = Field(None, description="elevation raster; none means grade 0")

    @model_validator(mode="after")
    def _one_source(self) -> NetworkConfig:
        if (self.osm is None) == (self.graphml is None):
            raise ValueError("exactly one of osm and graphml")
        return self


class FleetConfig(_Section):
    """Tables of vehicles and operators."""

    vehicles: Path
    operators: Path


class RoutesConfig(_Section):
    """The day's stops."""

    stops: Path
    snap_limit_m: float | None = Field(None, gt=0, description="farthest a stop may be from a road")


class PopulationConfig(_Section):
    """Where people live."""

    zones: Path
    people_column: str = "people"
    id_column: str = "zone_id"
    receptor_spacing_m: float | None = Field(None, gt=0)


class WeatherConfig(_Section):
    """Weather table and the site it was measured at."""

    table: Path
    station: str | None = Field(None, description="which station, where the table holds several")
    roughness_m: float | None = Field(None, gt=0, le=5)


class EnergyConfig(_Section):
    """Electric models to try, and the day to try them on."""

    models: Literal["all"] | list[str] = "all"


class StudyConfig(_Section):
    """All settings of a study, as in its ``study.yaml``; paths are relative to the study."""

    name: str = Field(min_length=1)
    timezone: str
    country: Annotated[str | None, Field(pattern=r"^[A-Z]{2}$")] = None
    crs: str | None = Field(None, description="projected CRS in metres; else the UTM zone")
    seed: int = 0
    attribution: str = "© OpenStreetMap contributors, ODbL"
    synthetic: bool = False
    notes: str = ""
    network: NetworkConfig
    fleet: FleetConfig
    routes: RoutesConfig
    population: PopulationConfig
    weather: WeatherConfig
    energy: EnergyConfig = EnergyConfig()
    overrides: dict[str, float | str] = Field(default_factory=dict)

    @field_validator("timezone")
    @classmethod
    def _known_timezone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError("an IANA time zone like America/Mexico_City") from None
        return value

    def files(self) -> dict[str, Path]:
        """Return every input file by the setting that names it."""
        named = {
            "network.osm": self.network.osm,
            "network.graphml": self.network.graphml,
            "network.elevation": self.network.elevation,
            "fleet.vehicles": self.fleet.vehicles,
            "fleet.operators": self.fleet.operators,
            "routes.stops": self.routes.stops,
            "population.zones": self.population.zones,
            "weather.table": self.weather.table,
        }
        return {setting: path for setting, path in named.items() if path is not None}


def read_config(folder: Path) -> StudyConfig:
    """Read and check ``study.yaml`` in a study folder.

    Raises
    ------
    InputError
        Missing file, broken YAML, or wrong settings: all of them, with line numbers.
    """
    path = folder / STUDY_FILE
    if not folder.is_dir():
        raise InputError([Problem(str(folder), expected=f"a folder that holds {STUDY_FILE}")])
    text = read_text(path)
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 0
        what = getattr(error, "problem", None) or "broken syntax"
        raise InputError([Problem(str(path), "", line, expected=f"YAML ({what})")]) from None
    if not isinstance(data, dict):
        raise InputError([Problem(str(path), expected="settings as 'key: value' lines")])
    try:
        return StudyConfig.model_validate(data)
    except ValidationError as error:
        problems = [_problem(path, root, detail) for detail in error.errors()]
        raise InputError(problems) from None


def _problem(path: Path, root: yaml.Node | None, detail: Any) -> Problem:
    """Turn one pydantic error into a Problem that names the line."""
    location = [str(part) for part in detail["loc"]]
    missing = detail["type"] == "missing"
    value = "" if missing or isinstance(detail["input"], dict) else str(detail["input"])
    message = str(detail["msg"]).removeprefix("Value error, ")
    if detail["type"] == "extra_forbidden":
        message = "a setting that geofleet knows (is it misspelt?)"
    elif missing:
        message = "this setting to be given"
    return Problem(str(path), ".".join(location), _line(root, location), value, message)


def _line(node: yaml.Node | None, location: list[str]) -> int:
    """Find the line of a setting, or of the closest section that holds it."""
    line = node.start_mark.line + 1 if node is not None else 0
    for part in location:
        if not isinstance(node, yaml.MappingNode):
            break
        for key, value in node.value:
            if key.value == part:
                line, node = key.start_mark.line + 1, value
                break
        else:
            break
    return line
