"""Charging stations: the table in which they come, and the curve of a battery at each."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.energy.battery import Battery, ChargingCurve, charging_curve
from geofleet.energy.charging.model import Charger
from geofleet.errors import InputError, Problem
from geofleet.schema import Column, TableSchema, read_csv

__all__ = ["STATION_SCHEMA", "chargers_for", "opening_hours", "read_stations"]

STATION_SCHEMA = TableSchema(
    "charging_stations",
    "Public and own chargers on the way",
    (
        Column("charger_id", "text", "name of the charger"),
        Column("lat", "number", "latitude", "degrees (EPSG:4326)", minimum=-90, maximum=90),
        Column("lon", "number", "longitude", "degrees (EPSG:4326)", minimum=-180, maximum=180),
        Column("kind", "text", "kind of current at the plug", choices=("ac", "dc")),
        Column("power_kw", "number", "power at the plug", "kW", minimum=0.1, maximum=5000),
        Column("connectors", "integer", "plugs of this power; read by no calculation", minimum=1,
               required=False, nullable=True),
        Column("wait_min", "number", "expected time from arrival to the plug", "min", minimum=0,
               maximum=1440, required=False, nullable=True),
        Column("open", "text", "opening hours as 07:00-13:00;15:00-22:00, up to 48:00; always open "
               "when empty", required=False, nullable=True),
        Column("price_per_kwh", "number", "price of energy from the grid", "money/kWh", minimum=0,
               required=False, nullable=True),
    ),
    key=("charger_id",),
)  # fmt: skip

_HOURS = re.compile(r"(\d{1,2}):([0-5]\d)\s*-\s*(\d{1,2}):([0-5]\d)")
_LATEST_H = 48
_W_PER_KW = 1000.0
_MINUTE_S = 60.0


def read_stations(path: Path) -> pd.DataFrame:
    """Read and check a table of charging stations.

    Parameters
    ----------
    path
        A CSV file as in ``STATION_SCHEMA``.

    Returns
    -------
    pandas.DataFrame
        With ``open_s``, the opening hours as pairs of seconds after midnight.

    Raises
    ------
    InputError
        Every fault at once.
    """
    path = Path(path)
    frame = read_csv(path, STATION_SCHEMA)
    texts = frame["open"] if "open" in frame else pd.Series([None] * len(frame))
    problems: list[Problem] = []
    hours = []
    for number, text in enumerate(texts):
        try:
            hours.append(opening_hours("" if pd.isna(text) else str(text)))
        except ValueError as error:
            problems.append(Problem(str(path), "open", number + 2, str(text), str(error)))
    if problems:
        raise InputError(problems)
    frame["open_s"] = pd.Series(hours, index=frame.index, dtype=object)
    return frame


def opening_hours(text: str) -> tuple[tuple[float, float], ...]:
    """Return opening hours as seconds after midnight, none for an empty text.

    Raises
    ------
    ValueError
        A text that is none; the message says what is expected.
    """
    if not text.strip():
        return ()
    spans = []
    expected = "hours like 07:00-13:00;15:00-22:00, in order, each closing after it opens"
    for part in text.split(";"):
        match = _HOURS.fullmatch(part.strip())
        if match is None:
            raise ValueError(expected)
        h0, m0, h1, m1 = (int(group) for group in match.groups())
        spans.append((h0 * 3600.0 + m0 * 60.0, h1 * 3600.0 + m1 * 60.0))
    flat = [value for span in spans for value in span]
    ordered = all(a < b for a, b in spans) and flat == sorted(flat)
    if not ordered or flat[-1] > _LATEST_H * 3600.0:
        raise ValueError(expected)
    return tuple(spans)


def chargers_for(
    stations: pd.DataFrame,
    battery: Battery,
    *,
    first_node: int = 0,
    usable_wh: float | None = None,
    battery_temperature_c: float | None = None,
    prices: Mapping[str, tuple[float, ...]] | None = None,
    waits: Mapping[str, tuple[float, ...]] | None = None,
    defaults: Defaults | None = None,
) -> tuple[Charger, ...]:
    """Return the stations as chargers of one battery, numbered from ``first_node``.

    Parameters
    ----------
    stations
        As :func:`read_stations` returns them.
    battery, usable_wh, battery_temperature_c
        See :func:`geofleet.energy.battery.charging_curve`.
    prices, waits
        By ``charger_id`` 24 prices per kWh, and 24 waits in minutes, by hour, where they differ;
        in place of the columns ``price_per_kwh`` and ``wait_min``. An unknown price stays
        unknown, and costs cannot be compared then; an unknown wait is row
        ``charging:unknown_wait_min``.

    Raises
    ------
    InputError
        A battery that cannot be charged there, and columns that are missing.
    """
    unknown_wait = (defaults or Defaults()).scope().number("charging", "unknown_wait_min")
    curves: dict[tuple[str, float], ChargingCurve] = {}
    chargers = []
    for number, row in enumerate(stations.to_dict("records")):
        kind, power = str(row["kind"]), float(row["power_kw"]) * _W_PER_KW
        if (kind, power) not in curves:
            curves[kind, power] = charging_curve(
                battery, power, kind="ac" if kind == "ac" else "dc",
                battery_temperature_c=battery_temperature_c, usable_wh=usable_wh,
                defaults=defaults,
            )  # fmt: skip
        name = str(row["charger_id"])
        wait = (waits or {}).get(name, (_known(row.get("wait_min"), unknown_wait),))
        price = (prices or {}).get(name, (_known(row.get("price_per_kwh"), np.nan),))
        seconds = tuple(minutes * _MINUTE_S for minutes in wait)
        chargers.append(
            Charger(
                name,
                first_node + number,
                curves[kind, power],
                tuple(row.get("open_s") or ()),
                seconds if len(seconds) > 1 else seconds[0],
                price if len(price) > 1 else price[0],
            )
        )
    return tuple(chargers)


def _known(value: Any, otherwise: float) -> float:
    return otherwise if value is None or pd.isna(value) else float(value)
