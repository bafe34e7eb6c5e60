"""What every layer's columns mean, with their units."""

from __future__ import annotations

from collections.abc import Sequence

from geofleet.emissions.model import MEANING, QUANTITIES, unit_of
from geofleet.energy.model import CAUSES
from geofleet.exposure.harm.notes import limits
from geofleet.schema import Column, TableSchema

__all__ = [
    "FEASIBILITY",
    "HARMS",
    "LINKS",
    "LINK_HOURS",
    "PER_KM",
    "RECEPTORS",
    "ROADS",
    "ROUTES",
    "SCHEMAS",
    "STATUSES",
    "STOPS",
    "ZONES",
]

HARMS = {
    "harm_pm25_exhaust": "pm25_exhaust_g",
    "harm_pm25_wear": "pm25_wear_g",
    "harm_nox": "nox_exhaust_g",
}
"""Harm columns and the emission each comes from; the three are never added."""

PER_KM = (
    "nox_exhaust_g", "pm25_exhaust_g", "bc_exhaust_g", "pm25_wear_g", "co2_g", *HARMS,
)  # fmt: skip
"""Columns that are also given per kilometre of link, for maps."""

STATUSES = ("feasible", "not feasible", "unknown")
"""Verdict on a vehicle-day for an electric model."""

_HARM_UNIT = "persons·µg/m³·h"
_LINE = Column("geometry", "geometry", "line from u to v")
_SPAN = "over the service dates of the study"


def _grams(span: str = _SPAN) -> tuple[Column, ...]:
    return tuple(
        Column(name, "number", f"{MEANING[name]}, {span}", unit_of(name)) for name in QUANTITIES
    )


def _per_km() -> tuple[Column, ...]:
    columns = []
    for name in PER_KM:
        unit = f"{_HARM_UNIT}/km" if name in HARMS else "g/km"
        meaning = f"{name} divided by the link's length, to compare links of different length"
        columns.append(Column(f"{name}_per_km", "number", meaning, unit, nullable=True))
    return tuple(columns)


def _harms(
    what: str = "sum over hours of unit exposure of the hour times emission rate",
) -> tuple[Column, ...]:
    return tuple(
        Column(
            name,
            "number",
            f"people's exposure to the link's {source}: {what};"
            " empty where no unit exposure was computed",
            _HARM_UNIT,
            nullable=True,
        )
        for name, source in HARMS.items()
    )


LINKS = TableSchema(
    "links",
    "Road links that freight vehicles drove, one direction each",
    (
        Column("edge", "integer", "edge number: row of the link in the road network"),
        Column("street", "integer", "the same for both directions of a two-way street"),
        Column("u", "integer", "OpenStreetMap node where the link begins"),
        Column("v", "integer", "OpenStreetMap node where the link ends"),
        Column("osmid", "text", "ids of the OpenStreetMap ways it is made of, joined by ';'"),
        Column("name", "text", "street name", nullable=True),
        Column("highway", "text", "road class (OpenStreetMap highway)"),
        Column("length_m", "number", "length of the link", "m"),
        Column("vehicles", "number", f"freight vehicles that drove it, {_SPAN}", "vehicles"),
        *_grams(),
        Column(
            "unit_exposure",
            "number",
            "exposure that one gram per second emitted here would cause: mean over the hours of the"
            " day, weighted by the link's exhaust particles (by vehicles where it has none)",
            "persons·µg/m³ per g/s",
            nullable=True,
        ),
        Column(
            "intake_fraction_ppm",
            "number",
            "grams inhaled by people for each tonne emitted here, mean as unit_exposure; primary"
            " pollutants only, secondary particles not included",
            "ppm",
            nullable=True,
        ),
        *_harms(),
        *_per_km(),
        _LINE,
    ),
    key=("edge",),
    notes=limits(),
)

LINK_HOURS = TableSchema(
    "link_hours",
    "Emissions and harm of each link in each hour of the day; join to links by edge",
    (
        Column("edge", "integer", "edge number, as in links"),
        Column("hour", "integer", "local hour of day, 0 to 23", "h"),
        Column("vehicles", "number", "freight vehicles that drove it in this hour", "vehicles"),
        *_grams("in this hour"),
        *_harms("unit exposure of the hour times emission rate"),
    ),
    key=("edge", "hour"),
    notes=limits(),
)

ROADS = TableSchema(
    "roads",
    "Every street of the study area, both directions as one line, as a background",
    (
        Column("street", "integer", "the same number as in links"),
        Column("name", "text", "street name", nullable=True),
        Column("highway", "text", "road class (OpenStreetMap highway)"),
        Column("geometry", "geometry", "line"),
    ),
    key=("street",),
)

_VERDICT = (
    Column(
        "energy_kwh",
        "number",
        "energy drawn from the battery, net of recuperation",
        "kWh",
        nullable=True,
    ),
    Column(
        "battery_kwh",
        "number",
        "usable energy of the battery, as cold and old as it is that day",
        "kWh",
        nullable=True,
    ),
    Column(
        "soc_end", "number", "state of charge at the end of the day, 1 = full", "1", nullable=True
    ),
    Column("soc_min", "number", "lowest state of charge of the day", "1", nullable=True),
    Column(
        "margin_kwh",
        "number",
        "energy left above the reserve; negative when short",
        "kWh",
        nullable=True,
    ),
    Column(
        "margin_km",
        "number",
        "the same as distance, at the energy that this day takes per km",
        "km",
        nullable=True,
    ),
    Column(
        "margin_kg",
        "number",
        "payload to spare; negative when the load is too heavy",
        "kg",
        nullable=True,
    ),
    Column(
        "first_failing_stop",
        "integer",
        "stop_number of the first stop that fails: not reached"
        " above the reserve, or left with more load than it carries; empty when none",
        nullable=True,
    ),
    Column("cause", "text", "what decides", choices=CAUSES, nullable=True),
)
_YEAR = (
    Column("probability", "number", "probability that the day ends above the reserve, over the "
           "weather of a year, traffic, load, driver and battery age", "1", nullable=True,
           minimum=0, maximum=1),
    Column("energy_p10_kwh", "number", "energy of the day exceeded on nine days of ten", "kWh",
           nullable=True),
    Column("energy_p90_kwh", "number", "energy of the day exceeded on one day of ten", "kWh",
           nullable=True),
    Column("worst_day", "text", "day of the weather that leaves the least charge", nullable=True),
)  # fmt: skip

ROUTES = TableSchema(
    "routes",
    "Vehicle-days: the path driven, what it emitted, and whether an electric vehicle could do it",
    (
        Column("vehicle_day", "integer", "number of the vehicle-day in the study"),
        Column("vehicle_id", "text", "vehicle"),
        Column("operator_id", "text", "operator"),
        Column("operator_name", "text", "operator's name", nullable=True),
        Column("operator_size", "text", "vehicles of the operator in all", nullable=True),
        Column("vehicle_class", "text", "vehicle class"),
        Column("fuel", "text", "fuel", nullable=True),
        Column("standard", "text", "emission standard", nullable=True),
        Column("model_year", "integer", "model year", "year", nullable=True),
        Column("date", "date", "service date, local"),
        Column("depart", "datetime", "departure from the first stop", nullable=True),
        Column("return", "datetime", "end of the day", nullable=True),
        Column("duration_h", "number", "from departure to end", "h", nullable=True),
        Column("distance_km", "number", "distance driven", "km"),
        Column("stops", "integer", "deliveries planned", "stops"),
        Column("stops_reached", "integer", "deliveries reached", "stops"),
        *_grams("over the vehicle-day"),
        Column("model_id", "text", "best-fitting electric model", nullable=True),
        Column("electric_model", "text", "its make and name", nullable=True),
        Column("electric_status", "text", "whether that model can run this day", choices=STATUSES),
        *_VERDICT,
        *_YEAR,
        Column("geometry", "geometry", "path driven; one part per unbroken piece", nullable=True),
    ),
    key=("vehicle_day",),
)

STOPS = TableSchema(
    "stops",
    "Stops in driving order, where they were given, with times and the charge on arrival",
    (
        Column("vehicle_day", "integer", "number of the vehicle-day, as in routes"),
        Column("stop_number", "integer", "order within the vehicle-day, from 0"),
        Column("vehicle_id", "text", "vehicle"),
        Column("date", "date", "service date, local"),
        Column("stop_id", "text", "id of the place"),
        Column("stop_name", "text", "what people call it", nullable=True),
        Column("kind", "text", "kind of stop", choices=("depot", "delivery")),
        Column("status", "text", "what happened",
               choices=("reached", "unreachable", "too far from a road")),
        Column("edge", "integer", "edge number it was snapped to", nullable=True),
        Column("snap_distance_m", "number", "distance to that road", "m", nullable=True),
        Column("arrive", "datetime", "arrival, local time with offset", nullable=True),
        Column("start", "datetime", "service begins", nullable=True),
        Column("depart", "datetime", "departure", nullable=True),
        Column("late_min", "number", "how long after its time window service began", "min",
               nullable=True),
        Column("service_min", "number", "time spent in service", "min"),
        Column("drop_kg", "number", "mass unloaded", "kg"),
        Column("pickup_kg", "number", "mass loaded", "kg", nullable=True),
        Column("payload_kg", "number", "mass on board when leaving", "kg", nullable=True),
        Column("model_id", "text", "electric model that the charge is for", nullable=True),
        Column("soc_arrival", "number", "state of charge on arrival, 1 = full", "1",
               nullable=True),
        Column("energy_wh", "number", "energy used since the day's start", "Wh", nullable=True),
        Column("is_first_failing", "boolean", "the first stop that fails for the electric model, as"
               " first_failing_stop in routes"),
        Column("geometry", "geometry", "point"),
    ),
    key=("vehicle_day", "stop_number"),
    version="1.1.0",
)  # fmt: skip


def _concentrations() -> tuple[Column, ...]:
    return tuple(
        Column(
            f"{name}_ug_m3",
            "number",
            f"mean concentration of {words} from the studied vehicles over the hours of their"
            " service dates, at breathing height",
            "µg/m³",
            nullable=True,
        )
        for name, words in (
            ("pm25_exhaust", "fine exhaust particles"),
            ("pm25_wear", "fine tyre, brake and road wear particles"),
            ("nox", "nitrogen oxides (as NO2, no chemistry)"),
        )
    )


RECEPTORS = TableSchema(
    "receptors",
    "Points that stand for people, with what they breathe of the studied vehicles",
    (
        Column("receptor_id", "integer", "number of the receptor"),
        Column("zone_id", "text", "population zone"),
        Column("people", "number", "people it stands for", "persons"),
        *_concentrations(),
        Column("geometry", "geometry", "point"),
    ),
    key=("receptor_id",),
    notes=limits(),
)

ZONES = TableSchema(
    "zones",
    "Population zones, with the concentration that their people breathe on average",
    (
        Column("zone_id", "text", "population zone"),
        Column("people", "number", "people", "persons"),
        Column("people_per_km2", "number", "people per area", "persons/km²", nullable=True),
        *_concentrations(),
        Column("geometry", "geometry", "polygon"),
    ),
    key=("zone_id",),
    notes=limits(),
)

FEASIBILITY = TableSchema(
    "feasibility",
    "Every vehicle-day tried with every electric model, placed at its first stop",
    (
        Column("vehicle_day", "integer", "number of the vehicle-day, as in routes"),
        Column("vehicle_id", "text", "vehicle"),
        Column("model_id", "text", "electric model"),
        Column("electric_model", "text", "its make and name", nullable=True),
        Column("best", "boolean", "the model that fits this vehicle-day best"),
        Column("electric_status", "text", "whether the model can run the day", choices=STATUSES),
        Column("distance_km", "number", "distance of the day", "km", nullable=True),
        Column("regenerated_kwh", "number", "energy won back when braking", "kWh", nullable=True),
        Column("braking_kwh", "number", "energy that braking offers at the wheels", "kWh",
               nullable=True),
        *_VERDICT,
        Column("geometry", "geometry", "point of the first stop"),
    ),
    key=("vehicle_day", "model_id"),
)  # fmt: skip

SCHEMAS: Sequence[TableSchema] = (
    ROADS, ZONES, RECEPTORS, LINKS, LINK_HOURS, ROUTES, STOPS, FEASIBILITY,
)  # fmt: skip
