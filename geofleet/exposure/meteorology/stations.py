"""Weather rows from the records of one station or several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.errors import InputError, Problem
from geofleet.exposure.meteorology.clocks import gaps
from geofleet.exposure.meteorology.combining import Places, blend, fill, read_places
from geofleet.exposure.meteorology.records import Loaded, load_records, read_records
from geofleet.exposure.meteorology.site import Site
from geofleet.exposure.meteorology.usable import usable_rows

__all__ = ["Choice", "Combine", "read_stations"]

Combine = Literal["fill", "blend"]
_NEAREST, _BY_DISTANCE = "nearest", "by_distance"


@dataclass(frozen=True)
class Choice:
    """Which stations of a file stand for a place, and how (see ``read_weather``)."""

    station: str | None = None
    stations: Sequence[str] | Literal["by_distance"] | None = None
    places: Path | str | pd.DataFrame | None = None
    combine: Combine = "fill"
    within_km: float | None = None
    balance_gaps: bool = True


def read_stations(
    path: Path, choice: Choice, *, site: Site, defaults: Defaults
) -> tuple[pd.DataFrame, Site, dict[str, Any]]:
    """Return rows of one hour each, the site (with the station's height), and a report.

    Raises
    ------
    InputError
        Bad values, unreadable or repeated times, stations that the file does not hold or that
        nobody chose.
    """
    loaded = load_records(path, site=site, defaults=defaults)
    places = None if choice.places is None else read_places(choice.places, site=site)
    report: dict[str, Any] = {"layout": "station records"}
    names = _chosen(loaded, choice, places, report)
    records = read_records(loaded, names, timezone=site.timezone)
    report["records"] = int(sum(records.count))
    if choice.combine == "blend" and places is not None:
        combined = blend(records, places, defaults=defaults, report=report)
    else:
        combined = fill(records, defaults=defaults, report=report)
    if records.stations == ("",):
        report.pop("hours_by_station")
    local = records.local if records.local.tz is None else records.local.tz_localize(None)
    report |= {"first": str(local.min()), "last": str(local.max()), **gaps(records.local)}
    rows = usable_rows(
        records, combined, balance=choice.balance_gaps, file=str(path), defaults=defaults,
        report=report,
    )  # fmt: skip
    if site.altitude_m is None and places is not None:
        height = places.altitude_m.get(names[0])
        site = replace(site, altitude_m=height)
        report["altitude_of_station_m"] = height
    return rows, site, report


def _chosen(
    loaded: Loaded, choice: Choice, places: Places | None, report: dict[str, Any]
) -> list[str]:
    """Return the names of the stations to use, in order."""
    held, file = loaded.stations, loaded.file
    problems = []
    if choice.station is not None and choice.stations is not None:
        problems.append(Problem(file, "stations", expected="a station or stations, not both"))
    distance = choice.station == _NEAREST or choice.stations == _BY_DISTANCE
    if places is None and (distance or choice.combine == "blend" or choice.within_km is not None):
        expected = "a table of places (station, lon, lat) to choose or weigh stations by distance"
        problems.append(Problem(file, "places", expected=expected))
    if choice.combine not in ("fill", "blend"):
        problems.append(Problem(file, "combine", value=str(choice.combine),
                                expected="fill or blend"))  # fmt: skip
    if problems:
        raise InputError(problems)
    if distance:
        names = _by_distance(held, choice, places, file, report)
        names = names[:1] if choice.station == _NEAREST else names
    else:
        names = _named(held, choice, file)
    if places is not None and held != [""]:
        _require_places(names, places, file, choice)
        report["distance_km"] = {
            name: round(places.distance_km[name], 2) for name in names if name in places.distance_km
        }
    report["stations"] = [] if held == [""] else names
    return names


def _named(held: list[str], choice: Choice, file: str) -> list[str]:
    if held == [""]:
        if choice.station is not None or choice.stations is not None:
            expected = "no choice of station, for the file has no column station"
            raise InputError([Problem(file, "station", expected=expected)])
        return held
    asked = [choice.station] if choice.station is not None else choice.stations
    if asked is None:
        if len(held) > 1:
            expected = "a choice of station; the file holds " + ", ".join(held)
            raise InputError([Problem(file, "station", expected=expected)])
        return held
    names = [str(name) for name in asked]
    expected = "one of " + ", ".join(held)
    problems = [
        Problem(file, "station", value=name, expected=expected)
        for name in names
        if name not in held
    ]
    if len(set(names)) != len(names) or not names:
        problems.append(Problem(file, "stations", expected="one or more stations, each once"))
    if problems:
        raise InputError(problems)
    return names


def _by_distance(
    held: list[str], choice: Choice, places: Places | None, file: str, report: dict[str, Any]
) -> list[str]:
    far = {} if places is None else places.distance_km
    known = sorted((name for name in held if name in far), key=lambda name: far[name])
    report["stations_without_place"] = [name for name in held if name not in far]
    limit = np.inf if choice.within_km is None else choice.within_km
    near = [name for name in known if far[name] <= limit]
    if not near:
        where = f"; the nearest is {known[0]}, {far[known[0]]:.1f} km away" if known else ""
        within = "" if choice.within_km is None else f" within {choice.within_km:g} km"
        expected = f"a station{within} that stands in both files{where}"
        raise InputError([Problem(file, "station", expected=expected)])
    return near


def _require_places(names: list[str], places: Places, file: str, choice: Choice) -> None:
    if choice.combine != "blend" and choice.within_km is None:
        return
    problems = [
        Problem(file, "places", value=name, expected="the place of every station that is used")
        for name in names
        if name not in places.distance_km
    ]
    if choice.within_km is not None:
        problems += [
            Problem(file, "station", value=name,
                    expected=f"a station within {choice.within_km:g} km; it is"
                    f" {places.distance_km[name]:.1f} km away")
            for name in names
            if places.distance_km.get(name, 0.0) > choice.within_km
        ]  # fmt: skip
    if problems:
        raise InputError(problems)
