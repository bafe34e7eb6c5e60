"""What a reader sees in place of column values."""

from __future__ import annotations

import datetime as dt

from geofleet.defaults import read_table

__all__ = ["clock", "long_date", "road_words", "standard_words", "vehicle_words"]

_ROADS = {
    "motorway": "Motorway",
    "trunk": "Trunk road",
    "primary": "Main road",
    "secondary": "Secondary road",
    "tertiary": "Connecting road",
    "unclassified": "Minor road",
    "residential": "Residential street",
    "living_street": "Living street",
    "service": "Service road",
    "track": "Track",
}


def road_words(highway: str) -> str:
    """Return a road class in words."""
    base = highway.removesuffix("_link")
    words = _ROADS.get(base, base.replace("_", " ").capitalize())
    return f"{words}, ramp" if base != highway else words


def vehicle_words(vehicle_class: str) -> str:
    """Return a vehicle class in words, as its table of defaults labels it."""
    table = read_table("vehicle_classes")
    row = f"{vehicle_class}.label"
    if row in table.index:
        return str(table.at[row, "value"])
    return vehicle_class.replace("_", " ").capitalize()


def standard_words(standard: str) -> str:
    """Return an emission standard in words: ``euro_4`` is Euro 4."""
    if standard == "none":
        return "no exhaust"
    if standard == "unknown":
        return "standard not known"
    words = standard.replace("pre_euro", "before Euro 1").replace("euro_", "Euro ")
    return words.replace("epa_", "US EPA ")


def clock(stamp: str | None) -> str | None:
    """Return the clock time of an ISO date and time."""
    return None if stamp is None else stamp[11:16]


def long_date(date: str) -> str:
    """Return a date in words: 14 May 2024."""
    day = dt.date.fromisoformat(date)
    return f"{day.day} {day:%B} {day.year}"
