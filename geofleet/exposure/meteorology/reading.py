"""Reading weather: climate tables and hourly station records, completed for dispersion."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from geofleet.defaults import Defaults
from geofleet.errors import InputError, Problem
from geofleet.exposure.meteorology.completing import complete_weather
from geofleet.exposure.meteorology.site import Site, require_clocks
from geofleet.exposure.meteorology.stations import Choice, Combine, read_stations
from geofleet.exposure.model import WEATHER_SCHEMA, Weather
from geofleet.schema import check_frame, read_csv, read_rows

__all__ = ["read_weather"]


def read_weather(
    path: Path | str,
    *,
    site: Site | None = None,
    station: str | None = None,
    stations: Sequence[str] | Literal["by_distance"] | None = None,
    places: Path | str | pd.DataFrame | None = None,
    combine: Combine = "fill",
    within_km: float | None = None,
    balance_gaps: bool = True,
    defaults: Defaults | None = None,
) -> Weather:
    """Read weather and complete it with what the dispersion model needs.

    Three layouts are told apart by their header: a climate table (``WEATHER_SCHEMA``: ``hour,
    weight_hours, …``), hourly station records (``STATION_SCHEMA``: ``time, wind_speed_m_s,
    wind_from_deg, temperature_c, …``; each row stands for one hour that begins at ``time``), and
    records of the REDMET network of Mexico City (``end_local, station, WSP, WDR, TMP, RH, PBa``).
    CSV or Parquet. The settings below are of station records.

    Parameters
    ----------
    station
        Which station, where the file holds several; ``nearest`` to the site.
    stations
        Several, in the order in which they are asked for data; or ``by_distance``: all of the
        file, the nearest to the site first.
    places
        Where the stations stand: a table of ``PLACE_SCHEMA`` (``station, lon, lat``). Needed for
        choices by distance and for blending. The height of the first station, if there, gives
        the air pressure where none is measured.
    combine
        ``fill``: the wind of each hour is that of the first station that has it; ``blend``: all
        stations of the hour, weighted by one over the square of their distance.
    within_km
        Stations farther from the site are not used.
    balance_gaps
        Let the hours that can be used weigh as much as all hours of their month and hour of day
        between the first record and the last, so that gaps do not tilt the year. Otherwise each
        weighs one hour.

    Raises
    ------
    InputError
        Every problem of the file at once: unreadable, missing columns, values out of range,
        repeated times, hours of the day without any row, nothing to derive stability from; a
        station that nobody chose or that is not there.
    """
    path = Path(path)
    site = site or Site()
    require_clocks(site, str(path))
    used = (defaults or Defaults()).scope()
    columns = _columns(path)
    choice = Choice(station, stations, places, combine, within_km, balance_gaps)
    if "hour" in columns and "weight_hours" in columns:
        _refuse_choice(choice, site, str(path))
        frame = _read_climate(path)
        report: dict[str, Any] = {"layout": "climate table", "rows": len(frame)}
    elif "time" in columns or "end_local" in columns:
        frame, site, report = read_stations(path, choice, site=site, defaults=used)
    else:
        expected = (
            "columns hour, weight_hours, … (climate table), time, wind_speed_m_s, … (station) or "
            "end_local, WSP, WDR, … (REDMET); found " + ", ".join(columns)
        )
        raise InputError([Problem(str(path), row=1, expected=expected)])
    return complete_weather(frame, site=site, file=str(path), report=report, defaults=used)


def _refuse_choice(choice: Choice, site: Site, file: str) -> None:
    """Refuse settings of station records, which would be without effect on a climate table."""
    given = {
        "station": choice.station, "stations": choice.stations, "places": choice.places,
        "within_km": choice.within_km, "combine": None if choice.combine == "fill" else "blend",
    }  # fmt: skip
    expected = "no choice of stations, for this is a climate table (or station records)"
    problems = [
        Problem(file, name, expected=expected) for name, value in given.items() if value is not None
    ]
    if site.records_timezone is not None:
        expected = "no clock of records, for the hours of a climate table are those of the place"
        problems.append(Problem(file, "records_timezone", 0, site.records_timezone, expected))
    if problems:
        raise InputError(problems)


def _columns(path: Path) -> list[str]:
    if not path.is_file():
        raise InputError([Problem(str(path), expected="a readable file (it does not exist)")])
    if path.suffix.lower() == ".parquet":
        import pyarrow.parquet as pq
        from pyarrow import ArrowInvalid

        try:
            return [str(name) for name in pq.read_schema(path).names]
        except (OSError, ArrowInvalid):
            expected = "a readable Parquet file"
            raise InputError([Problem(str(path), expected=expected)]) from None
    return [name.strip() for name in read_rows(path)[0]]


def _read_climate(path: Path) -> pd.DataFrame:
    if path.suffix.lower() == ".parquet":
        return check_frame(pd.read_parquet(path), WEATHER_SCHEMA, file=str(path))
    return read_csv(path, WEATHER_SCHEMA)
