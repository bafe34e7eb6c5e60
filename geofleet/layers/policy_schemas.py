"""What the columns of policy layers mean, with their units."""

from __future__ import annotations

from geofleet.policy.day.effect import OUTCOMES
from geofleet.policy.decisions import STATUS_WORDS
from geofleet.policy.rules.model import EFFECTS, RULE_STATUSES
from geofleet.schema import Column, Kind, TableSchema

__all__ = [
    "ACCESS_HOURS", "HARM_OF", "HOURS", "POLICY_DAYS", "POLICY_DAY_HOURS", "POLICY_HOURS",
    "POLICY_RULES", "POLICY_ZONES", "by_hour",
]  # fmt: skip

HOURS = tuple(range(24))
_HARM_UNIT = "persons·µg/m³·h"
HARM_OF = "the quantities that the effect counts"
_IN_FORCE = ("yes", "no", "unknown", "not asked")


def by_hour(name: str, hour: int) -> str:
    """Return the name of an hour's column: the hour goes before the unit at the end.

    Examples
    --------
    >>> by_hour("pm25_before_g", 7), by_hour("forbidden_vehicles", 7)
    ('pm25_before_07_g', 'forbidden_07_vehicles')
    """
    base, _, unit = name.rpartition("_")
    return f"{base}_{hour:02d}_{unit}"


def _each_hour(name: str, kind: Kind, meaning: str, unit: str = "") -> tuple[Column, ...]:
    return tuple(
        Column(by_hour(name, hour), kind, f"{meaning}, {hour:02d}:00 to {hour + 1:02d}:00", unit)
        for hour in HOURS
    )


_RULE = (
    Column("rule_id", "text", "rule that forbids most vehicles there", nullable=True),
    Column("rule", "text", "its name", nullable=True),
    Column("rule_es", "text", "its name in Spanish", nullable=True),
)
_HARM = (
    Column("harm_before", "number", "people's exposure to what is emitted as planned "
           f"({HARM_OF}); empty where no unit exposure was given", _HARM_UNIT, nullable=True),
    Column("harm_after", "number", "the same with the rules kept", _HARM_UNIT, nullable=True),
)  # fmt: skip

POLICY_ZONES = TableSchema(
    "policy_zones",
    "Places for which there are rules: an area, or the roads that are meant",
    (
        Column("geography_id", "text", "id within the rule set"),
        Column("name", "text", "name of the place"),
        Column("name_es", "text", "its name in Spanish"),
        Column("kind", "text", "what the geometry is", choices=("area", "roads", "not supplied")),
        Column("rules", "integer", "rules that hold there and may count", "rules"),
        Column("rule_names", "text", "their names, joined by ';'"),
        Column("rule_names_es", "text", "the same in Spanish"),
        Column("effects", "text", "what they do, joined by ';'"),
        Column("status", "text", "how well the place is known", choices=RULE_STATUSES),
        Column("source", "text", "where it comes from", nullable=True),
        Column("note", "text", "what else must be known of it", nullable=True),
        Column("note_es", "text", "the same in Spanish", nullable=True),
        Column("geometry", "geometry", "the area, else the road links that certainly belong to it",
               nullable=True),
    ),
    key=("geography_id",),
    version="1.1.0",
)  # fmt: skip

POLICY_RULES = TableSchema(
    "policy_rules",
    "Rules with their hours on a date; join to policy_zones by geography_id",
    (
        Column("rule_id", "text", "id within the rule set"),
        Column("version", "text", "version of the rule"),
        Column("name", "text", "name of the rule"),
        Column("name_es", "text", "its name in Spanish"),
        Column("effect", "text", "what it does", choices=EFFECTS),
        Column("geography_id", "text", "place where it holds; empty: wherever the set is asked "
               "about", nullable=True),
        Column("geography", "text", "name of the place", nullable=True),
        Column("geography_es", "text", "its name in Spanish", nullable=True),
        Column("lifts", "text", "ids of rules that it takes vehicles out of, joined by ';'",
               nullable=True),
        Column("hours", "text", "its hours as opening hours of OpenStreetMap; empty where these "
               "cannot say them", nullable=True),
        Column("who", "text", "vehicles, trips and events that it is about, in English words"),
        Column("who_es", "text", "the same in Spanish words"),
        Column("in_force", "text", "whether it acts at any time of the date", choices=_IN_FORCE),
        Column("binds", "text", "hours of the date in which it acts on those it is about, windows "
               "that opened the day before included; an allowance with limits acts outside of its "
               "own hours", nullable=True),
        Column("binds_perhaps", "text", "hours in which it may act: what would tell is not known",
               nullable=True),
        Column("authority", "text", "whose rule it is", nullable=True),
        Column("authority_es", "text", "the same in Spanish", nullable=True),
        Column("legal_reference", "text", "where it is written", nullable=True),
        Column("source", "text", "where this was read", nullable=True),
        Column("status", "text", "how well it is known", choices=RULE_STATUSES),
        Column("note", "text", "what else must be known of it", nullable=True),
        Column("note_es", "text", "the same in Spanish", nullable=True),
    ),
    key=("rule_id", "version"),
    version="1.1.0",
)  # fmt: skip

POLICY_HOURS = TableSchema(
    "policy_hours",
    "Road links by hour of the day, as planned and with the rules kept",
    (
        Column("edge", "integer", "edge number: row of the link in the road network"),
        Column("street", "integer", "the same for both directions of a two-way street"),
        Column("u", "integer", "OpenStreetMap node where the link begins"),
        Column("v", "integer", "OpenStreetMap node where the link ends"),
        Column("name", "text", "street name", nullable=True),
        Column("highway", "text", "road class (OpenStreetMap highway)"),
        Column("length_m", "number", "length of the link", "m"),
        *_RULE,
        Column("forbidden_vehicles", "integer", "passages as planned that are forbidden", "1"),
        Column("unknown_vehicles", "integer", "passages as planned of which it is not known whether"
               " they are forbidden", "1"),
        Column("pm25_before_g", "number", "fine exhaust particles of the day as planned", "g"),
        Column("pm25_after_g", "number", "the same with the rules kept", "g"),
        *_HARM,
        *_each_hour("pm25_before_g", "number", "fine exhaust particles as planned", "g"),
        *_each_hour("pm25_after_g", "number", "fine exhaust particles, rules kept", "g"),
        *_each_hour("forbidden_vehicles", "integer", "passages as planned, forbidden", "1"),
        Column("geometry", "geometry", "line from u to v"),
    ),
    key=("edge",),
    version="1.1.0",
)  # fmt: skip

POLICY_DAY_HOURS = TableSchema(
    "policy_day_hours",
    "The day by hour, as planned and with the rules kept",
    (
        Column("hour", "integer", "local hour of day, 0 to 23", "h"),
        Column("pm25_before_g", "number", "fine exhaust particles as planned", "g"),
        Column("pm25_after_g", "number", "the same with the rules kept", "g"),
        *_HARM,
        Column("driving_before_vehicles", "integer", "vehicles that drive in the hour as planned",
               "vehicles"),
        Column("driving_after_vehicles", "integer", "vehicles that drive in it with the rules kept",
               "vehicles"),
        Column("forbidden_vehicles", "integer", "vehicles that plan to drive or unload in this "
               "hour where they must not", "vehicles"),
        Column("unknown_vehicles", "integer", "vehicles not among those, of whose driving or "
               "unloading in this hour it is not known whether it is forbidden", "vehicles"),
    ),
    key=("hour",),
)  # fmt: skip

POLICY_DAYS = TableSchema(
    "policy_days",
    "Vehicle-days: what the rules make of them, why, and at what cost",
    (
        Column("vehicle_day", "integer", "number of the vehicle-day in the study"),
        Column("vehicle_id", "text", "vehicle"),
        Column("operator_id", "text", "operator", nullable=True),
        Column("operator_size", "text", "vehicles of the operator in all", nullable=True),
        Column("vehicle_class", "text", "vehicle class", nullable=True),
        Column("date", "date", "service date, local"),
        Column("status", "text", "worst answer to the day as planned", choices=STATUS_WORDS),
        Column("outcome", "text", "what becomes of the day", choices=OUTCOMES),
        Column("driven_by", "text", "vehicle that drives it with the rules kept", nullable=True),
        Column("rule_id", "text", "rule that gives the worst answer first", nullable=True),
        Column("version", "text", "its version", nullable=True),
        Column("rule", "text", "its name", nullable=True),
        Column("rule_es", "text", "its name in Spanish", nullable=True),
        Column("reason", "text", "why, in words", nullable=True),
        Column("missing", "text", "what would have to be known", nullable=True),
        Column("not_possible", "text", "why other responses were not", nullable=True),
        Column("planned_km", "number", "kilometres as planned", "km"),
        Column("forbidden_km", "number", "of them forbidden", "km"),
        Column("shift_min", "number", "minutes that the departure moves", "min"),
        Column("wait_min", "number", "minutes waited for a window to end", "min"),
        Column("added_km", "number", "kilometres more than planned", "km"),
        Column("added_h", "number", "hours of work more than planned", "h"),
        Column("deliveries", "integer", "deliveries planned", "1"),
        Column("late", "integer", "of them after their time window", "1"),
        Column("moved", "integer", "of them at another time than planned", "1"),
        Column("cancelled", "integer", "of them not made", "1"),
        Column("undelivered_kg", "number", "mass not delivered", "kg"),
        Column("cost", "number", "what the rules cost the operator; empty where a price or a charge"
               " is not known", "currency of the study", nullable=True),
        Column("geometry", "geometry", "path as planned", nullable=True),
    ),
    key=("vehicle_day",),
    version="1.1.0",
)  # fmt: skip

ACCESS_HOURS = TableSchema(
    "access_hours",
    "Roads by what a vehicle may do there in each hour of a date",
    (
        Column("road", "integer", "number of the road"),
        Column("name", "text", "name of the road", nullable=True),
        Column("kind", "text", "kind of road", nullable=True),
        Column("length_m", "number", "length", "m"),
        *(
            Column(f"status_{hour:02d}", "text", f"worst answer from {hour:02d}:00 to "
                   f"{hour + 1:02d}:00", choices=STATUS_WORDS)
            for hour in HOURS
        ),
        *(
            Column(f"rule_{hour:02d}", "text", "rule that gives it", nullable=True)
            for hour in HOURS
        ),
        Column("missing", "text", "what would have to be known where an answer is unknown, joined "
               "by ';'", nullable=True),
        Column("missing_es", "text", "the same in Spanish", nullable=True),
        Column("geometry", "geometry", "line"),
    ),
    key=("road",),
    version="1.1.0",
)  # fmt: skip
