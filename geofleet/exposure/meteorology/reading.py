"""Reading weather: climate tables and hourly station records, completed for dispersion."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from geofleet.defaults import Defaults
from geofleet.errors import InputError, Problem
from geofleet.exposure.meteorology.completing import complete_weather
from geofleet.exposure.meteorology.site import Site, require_clocks
from geofleet.exposure.meteorology.stations import read_station
from geofleet.exposure.model import WEATHER_SCHEMA, Weather
from geofleet.schema import check_frame, read_csv, read_rows

__all__ = ["read_weather"]


def read_weather(
    path: Path | str,
    *,
    site: Site | None = None,
    station: str | None = None,
    defaults: Defaults | None = None,
) -> Weather:
    """Read weather and complete it with what the dispersion model needs.

    Three layouts are told apart by their header: a climate table (``WEATHER_SCHEMA``: ``hour,
    weight_hours, …``), hourly station records (``time, wind_speed_m_s, wind_from_deg,
    temperature_c, …``; each row stands for one hour that begins at ``time``), and records of the
    REDMET network of Mexico City (``end_local, station, WSP, WDR, TMP, PBa``). CSV or Parquet.

    Parameters
    ----------
    station
        Which station, where the file holds several.

    Raises
    ------
    InputError
        Every problem of the file at once: unreadable, missing columns, values out of range,
        repeated times, hours of the day without any row, nothing to derive stability from.
    """
    path = Path(path)
    site = site or Site()
    require_clocks(site, str(path))
    used = (defaults or Defaults()).scope()
    columns = _columns(path)
    if "hour" in columns and "weight_hours" in columns:
        frame = _read_climate(path)
        report: dict[str, Any] = {"layout": "climate table", "rows": len(frame)}
    elif "time" in columns or "end_local" in columns:
        frame, report = read_station(
            path, station=station, timezone=site.timezone,
            records_timezone=site.records_timezone, defaults=used,
        )  # fmt: skip
    else:
        expected = (
            "columns hour, weight_hours, … (climate table), time, wind_speed_m_s, … (station) or "
            "end_local, WSP, WDR, … (REDMET); found " + ", ".join(columns)
        )
        raise InputError([Problem(str(path), row=1, expected=expected)])
    return complete_weather(frame, site=site, file=str(path), report=report, defaults=used)


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
