"""Settings of a study: what ``study.yaml`` may say."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    field_validator,
    model_validator,
)

from geofleet.wording import LANGUAGES, Text, Words, both, worded

__all__ = [
    "STUDY_FILE", "ExemptionConfig", "HealthConfig", "PlanConfig", "PolicyConfig", "StudyConfig",
    "TrafficConfig",
]  # fmt: skip

STUDY_FILE = "study.yaml"


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _told(value: Any, plain: ValidatorFunctionWrapHandler) -> str:
    """Read a text that is plain, or told by language: ``{en: …, es: …}``."""
    if isinstance(value, Words):
        return value
    if not isinstance(value, Mapping):
        return str(plain(value.strip() if isinstance(value, str) else value))
    if not value or not all(
        name in LANGUAGES and isinstance(text, str) for name, text in value.items()
    ):
        raise ValueError(f"text, or texts by language: {', '.join(LANGUAGES)}")
    plain(str(found := worded(value)))
    return found


def _written(text: str) -> str | dict[str, str]:
    return dict(text.text) if isinstance(text, Words) else text


Told = Annotated[str, WrapValidator(_told), PlainSerializer(_written, when_used="json")]
"""A text for readers: plain, or by language."""


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

    vehicles: Path = Field(description="table of vehicles (CSV)")
    operators: Path = Field(description="table of who owns them (CSV)")


class RoutesConfig(_Section):
    """The day's stops."""

    stops: Path = Field(description="stops of each vehicle-day in order (CSV or GeoJSON points)")
    snap_limit_m: float | None = Field(None, gt=0, description="farthest a stop may be from a road")
    speed_profile: Path | None = Field(None, description="speed factors by road class and hour")


def _timezone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("an IANA time zone like America/Mexico_City") from None
    return value


DayKind = Literal["average", "weekday", "saturday", "sunday"]


class TrafficConfig(_Section):
    """The city's fleet of which no routes are known: one of flows, counts and vehicles."""

    flows: Path | None = Field(None, description="table or lines with flows, of a traffic model")
    counts: Path | None = Field(None, description="table of counts, spread by road class")
    vehicles: dict[str, Annotated[float, Field(ge=0)]] = Field(
        default_factory=dict, description="vehicles by class, driven between the zones"
    )
    trip_ends: dict[str, str] = Field(
        default_factory=lambda: {"population": "people"},
        description="columns of the zones that attract trips: population, shops, industry",
    )
    composition: Path | None = Field(None, description="fuel, standard and model year by class")
    period: Literal["peak_hour", "day"] = Field(
        "peak_hour", description="what a flow without an hour is: of the peak hour or of a day"
    )
    peak_hour: Annotated[int, Field(ge=0, le=23)] | None = Field(
        None, description="local hour that flows of the peak hour are of"
    )
    counted_on: DayKind = Field("weekday", description="day that flows or counts are of")
    day_kind: DayKind = Field("average", description="day that emissions are wanted for")
    known: Literal["link", "fleet"] = Field(
        "link", description="how vehicles with routes are taken out of the flows"
    )

    @model_validator(mode="after")
    def _one_source(self) -> TrafficConfig:
        if (self.flows is not None) + (self.counts is not None) + bool(self.vehicles) != 1:
            raise ValueError("exactly one of flows, counts and vehicles")
        return self


class PopulationConfig(_Section):
    """Where people live."""

    zones: Path = Field(description="polygons, points (also CSV), or a raster of people per cell")
    people_column: str = Field("people", description="column with the people who live there")
    id_column: str = Field("zone_id", description="column with the name of each zone")
    longitude_column: str = Field("lon", description="of a CSV table, degrees")
    latitude_column: str = Field("lat", description="of a CSV table, degrees")
    raster_band: int = Field(1, ge=1, description="band with people per cell")
    point_radius_m: float | None = Field(
        None, gt=0, description="points stand for the ground up to this distance (hexagons)"
    )
    overlaps: Literal["count", "refuse", "share"] = Field(
        "count", description="zones that overlap: report them, stop, or share people by area"
    )
    keep: list[str] = Field(
        default_factory=list, description="columns to keep, such as a grade of marginalisation"
    )
    groups: dict[str, str | Annotated[list[str], Field(min_length=1)]] = Field(
        default_factory=dict, description="age groups: name to a column or columns to sum"
    )
    day_columns: dict[str, str] = Field(
        default_factory=dict, description="people, or a group, to its column of people by day"
    )
    places_column: str | None = Field(
        None, description="jobs or establishments that people leave home for by day"
    )
    moving_groups: list[str] = Field(
        default_factory=list, description="groups that leave home by day; all when none is named"
    )
    buildings: Path | None = Field(None, description="footprints, to put people where floors are")
    floors_column: str | None = Field(None, description="of buildings: number of floors")
    height_column: str | None = Field(None, description="of buildings: height in metres")
    use_column: str | None = Field(None, description="of buildings: what they are used for")
    spread: Literal["homes", "grid"] = Field(
        "homes", description="people at homes, denser beside busy roads, or on a regular grid"
    )
    receptor_spacing_m: float | None = Field(
        None, ge=10, description="distance of the points where people breathe"
    )
    receptor_finest_m: float | None = Field(
        None, ge=5, description="their smallest distance, close to streets"
    )

    @model_validator(mode="after")
    def _fits(self) -> PopulationConfig:
        if self.places_column is not None and self.day_columns:
            raise ValueError("day_columns or places_column, not both")
        if self.moving_groups and self.places_column is None:
            raise ValueError("places_column, which moving_groups go to")
        columns = (self.floors_column, self.height_column, self.use_column)
        if self.buildings is None and any(name is not None for name in columns):
            raise ValueError("buildings, which floors_column, height_column and use_column are of")
        return self


class WeatherConfig(_Section):
    """Weather table and the site it was measured at."""

    table: Path = Field(description="climate table, or hourly records of stations (CSV)")
    station: str | None = Field(
        None, description="which station, where the table holds several; nearest to the roads"
    )
    stations: Literal["by_distance"] | Annotated[list[str], Field(min_length=1)] | None = Field(
        None, description="several, in the order in which they are asked for data"
    )
    places: Path | None = Field(None, description="where stations stand: station, lon, lat")
    combine: Literal["fill", "blend"] = Field(
        "fill", description="one station at a time, or all weighted by their distance"
    )
    within_km: float | None = Field(None, gt=0, description="farthest station that is used")
    balance_gaps: bool = Field(True, description="hours that are there make up for those missing")
    records_timezone: str | None = Field(
        None, description="clock of the records where it is not the study's"
    )
    height_m: float | None = Field(None, ge=1, le=300, description="height of the wind mast")
    roughness_m: float | None = Field(
        None, gt=0, le=5, description="roughness length of the ground around the mast"
    )
    altitude_m: float | None = Field(None, ge=-430, le=6000, description="for the air pressure")
    urban_population: float | None = Field(
        None, ge=1000, le=1e8, description="people of the city: turns on its heat island"
    )
    urban_roughness_m: float | None = Field(
        None, gt=0, le=5, description="roughness length of the city"
    )
    adjust_low_wind: bool = Field(False, description="friction in light wind at night, ADJ_U*")

    @model_validator(mode="after")
    def _one_choice(self) -> WeatherConfig:
        if self.station is not None and self.stations is not None:
            raise ValueError("a station or stations, not both")
        by_distance = self.station == "nearest" or self.stations == "by_distance"
        by_distance = by_distance or self.combine == "blend" or self.within_km is not None
        if by_distance and self.places is None:
            raise ValueError("places, to choose or weigh stations by their distance")
        if self.urban_roughness_m is not None and self.urban_population is None:
            raise ValueError("urban_population, with which urban_roughness_m counts")
        return self

    @field_validator("records_timezone")
    @classmethod
    def _known_clock(cls, value: str | None) -> str | None:
        return value if value is None else _timezone(value)


class ExposureConfig(_Section):
    """How exactly exposure is summed, and in how much memory."""

    tolerance: Annotated[float, Field(gt=0, description="relative error of sums")] | None = None
    max_memory_mb: Annotated[float, Field(gt=0, description="of tables and sums")] | None = None


class EnergyConfig(_Section):
    """Electric models to try, and over how many days."""

    models: Literal["all"] | Annotated[list[str], Field(min_length=1)] = Field(
        default="all", description="electric models to try, by model_id"
    )
    draws: int | None = Field(
        default=None, ge=1, le=1_000_000, description="days drawn for a probability"
    )
    seed: int = Field(default=0, ge=0, description="of the draws")


class HealthConfig(_Section):
    """From the air to deaths; without it results stop at what is inhaled."""

    background_ug_m3: float = Field(
        ge=0,
        allow_inf_nan=False,
        description="yearly mean of the pollutant that monitors show, vehicles included, µg/m3",
    )
    days_per_year: float = Field(gt=0, le=366, description="days of the year like those studied")
    function: str = Field(
        "pm25", description="pollutant (pm25, no2, bc) or concentration-response function"
    )
    background_nox_ug_m3: float | None = Field(
        None, ge=0, allow_inf_nan=False, description="for no2: NOx of all other sources, as NO2"
    )
    adult_deaths_per_1000: float | None = Field(
        None, gt=0, lt=1000, description="deaths of the cause a year per 1,000 people over 25"
    )
    adult_share: float | None = Field(
        None, gt=0, lt=1, description="part of the people that is 25 and over"
    )  # fmt: skip


class PolicyConfig(_Section):
    """Access rules of the study, and what carriers do about them; one of rules and pack."""

    rules: Path | None = Field(default=None, description="rule file of the study's own")
    pack: str | None = Field(
        default=None, description="rules that the package ships: mexico, colombia"
    )
    zones: Path | None = Field(
        default=None, description="areas by id of their geography, in place of those of the rules"
    )
    layers: dict[str, Path] = Field(
        default_factory=dict, description="layers that areas of the rules are made of, by name"
    )
    answers: dict[str, bool] = Field(
        default_factory=dict, description="answers to switches of the rules"
    )
    assume: dict[str, str | float | bool] = Field(
        default_factory=dict, description="values for empty cells of vehicles, by attribute"
    )
    bulletin: Path | None = Field(default=None, description="declared events")
    responses: list[Literal["wait", "retime", "reroute", "swap", "drop"]] | None = Field(
        default=None, description="what carriers may do about a ban; all when not given"
    )

    @model_validator(mode="after")
    def _one_source(self) -> PolicyConfig:
        if (self.rules is None) == (self.pack is None):
            raise ValueError("exactly one of rules and pack")
        return self


class ExemptionConfig(_Section):
    """Days and hours of a year that vehicles win by a technology that rules exempt."""

    technologies: list[Literal["dpf_retrofit", "euro_6", "cng", "diesel_hybrid", "electric"]] = (
        Field(default=["dpf_retrofit", "electric"], min_length=1, description="what is exempt")
    )
    whole_days: float | None = Field(
        default=None,
        ge=0,
        le=366,
        description="days of a year on which others may not work; "
        "those of their hologram when not given",
    )
    contingency_days: float | None = Field(
        default=None,
        ge=0,
        le=366,
        description="declared days of a year; that of row "
        "economics_access:contingency_days when not given",
    )
    contingency_hours: float | None = Field(
        default=None,
        ge=0,
        le=24,
        description="hours that others may not drive on a declared day",
    )


class PlanConfig(_Section):
    """What a plan of the study may spend, on what, and what it is to reach."""

    budget_per_year: Annotated[float, Field(ge=0)] | list[Annotated[float, Field(ge=0)]] = Field(
        description="public money, in the currency of account: of every year, or year by year"
    )
    years: int = Field(default=10, ge=1, le=30, description="years that are planned")
    carry_over: bool = Field(default=True, description="whether money left can be spent later")
    objective: Literal["harm", "co2e", "pm25", "bc", "nox", "cost"] = Field(
        default="harm", description="what is to be as large as can be (cost: as small)"
    )
    harm_at_least: float | None = Field(
        default=None,
        gt=0,
        allow_inf_nan=False,
        description="for cost: harm to avoid over all years, persons·µg/m³·h",
    )
    probability: float | None = Field(
        default=None,
        ge=0,
        le=1,
        description="least probability that an electric vehicle can do "
        "a day's work; that of row robust:promised_probability when not given",
    )
    technologies: list[Literal["dpf_retrofit", "euro_6", "cng", "diesel_hybrid", "electric"]] = (
        Field(
            default=["dpf_retrofit", "euro_6", "cng", "diesel_hybrid", "electric"],
            min_length=1,
            description="what vehicles may become",
        )
    )
    products: list[str] = Field(
        default_factory=list,
        description="finance products that operators are offered, each with "
        "those who may have it; cash and all loans when not given",
    )
    product_set: str = Field(default="mexico", description="products that the package ships")
    product_file: Path | None = Field(
        default=None, description="products of the study's own, in place of those"
    )
    gap: float | None = Field(
        default=None,
        gt=0,
        lt=1,
        description="share by which a better plan may exist when the "
        "search stops; row plan:exact.gap or plan:large.gap when not given",
    )
    grant: Literal["smallest", "none"] = Field(
        default="smallest",
        description="smallest: as much for each vehicle as makes its operator "
        "able and willing, and no more; none: only what operators pay themselves",
    )
    scrap: bool = Field(
        default=True,
        description="whether vehicles that are replaced go to scrap: they then fetch "
        "no more than that, and what the plan avoids is avoided everywhere, not only in the fleet",
    )
    small_operators_share: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="least part of the grants for operators of up to 30 vehicles",
    )
    exemption: ExemptionConfig | None = Field(
        default=None, description="access that clean vehicles win; none when not given"
    )
    reassign: bool = Field(
        default=True, description="whether vehicles of one operator may exchange their work"
    )

    @model_validator(mode="after")
    def _a_budget_for_each_year(self) -> PlanConfig:
        budget = self.budget_per_year
        if isinstance(budget, list) and len(budget) != self.years:
            raise ValueError(
                f"one amount under budget_per_year for each of the {self.years} years, "
                f"not {len(budget)}"
            )
        return self


class StudyConfig(_Section):
    """All settings of a study, as in its ``study.yaml``; paths are relative to the study."""

    name: Told = Field(min_length=1, description="name to show, or one by language")
    timezone: str = Field(description="IANA time zone of every clock time in the tables")
    country: Annotated[str | None, Field(pattern=r"^[A-Z]{2}$")] = Field(
        None, description="ISO 3166-1 alpha-2; decides speeds, fuel, engines, grid, number formats"
    )
    crs: str | None = Field(None, description="projected CRS in metres; else the UTM zone")
    seed: int = Field(0, description="of all draws; the same seed, the same numbers")
    attribution: str = Field(
        "© OpenStreetMap contributors, ODbL", description="whose roads they are, on every map"
    )
    synthetic: bool = Field(False, description="the freight was made up; said on every map")
    notes: Told = Field(
        "", description="what readers must know first; one text, or one by language"
    )
    network: NetworkConfig
    fleet: FleetConfig
    routes: RoutesConfig
    population: PopulationConfig
    weather: WeatherConfig
    traffic: TrafficConfig | None = None
    exposure: ExposureConfig = ExposureConfig()
    energy: EnergyConfig = EnergyConfig()
    health: HealthConfig | None = None
    policy: PolicyConfig | None = None
    plan: PlanConfig | None = None
    tables: dict[str, Path] = Field(
        default_factory=dict, description="rows of your own for default tables, by table"
    )
    overrides: dict[
        str, Annotated[float, Field(strict=True)] | Annotated[str, Field(strict=True)]
    ] = Field(default_factory=dict, description="single default numbers to replace, as table:row")

    @field_validator("timezone")
    @classmethod
    def _known_timezone(cls, value: str) -> str:
        return _timezone(value)

    @model_validator(mode="before")
    @classmethod
    def _spanish_beside(cls, data: Any) -> Any:
        """Take ``name_es`` and ``notes_es`` beside plain texts as what they are in Spanish."""
        found = dict(data) if isinstance(data, dict) else {}
        for name in ("name", "notes"):
            if (beside := f"{name}_es") in found:
                plain = found.get(name) or ""
                if isinstance(plain, Mapping):
                    raise ValueError(f"{beside}, or {name} by language, not both")
                found[name] = {"en": plain, "es": found.pop(beside)}
        return found or data

    @property
    def noted(self) -> Text:
        """Notes by language; those of the other where there are none in one."""
        return both(self.notes)

    def files(self) -> dict[str, Path]:
        """Return every input file by the setting that names it."""
        named = {
            "network.osm": self.network.osm,
            "network.graphml": self.network.graphml,
            "network.elevation": self.network.elevation,
            "fleet.vehicles": self.fleet.vehicles,
            "fleet.operators": self.fleet.operators,
            "routes.stops": self.routes.stops,
            "routes.speed_profile": self.routes.speed_profile,
            "population.zones": self.population.zones,
            "population.buildings": self.population.buildings,
            "weather.table": self.weather.table,
            "weather.places": self.weather.places,
        }
        if self.traffic is not None:
            for name in ("flows", "counts", "composition"):
                named[f"traffic.{name}"] = getattr(self.traffic, name)
        if self.policy is not None:
            for name in ("rules", "zones", "bulletin"):
                named[f"policy.{name}"] = getattr(self.policy, name)
            named |= {f"policy.layers.{n}": path for n, path in self.policy.layers.items()}
        if self.plan is not None:
            named["plan.product_file"] = self.plan.product_file
        named |= {f"tables.{name}": path for name, path in self.tables.items()}
        return {setting: path for setting, path in named.items() if path is not None}
