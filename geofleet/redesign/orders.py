"""Orders, depots: the tables that routes are made of."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from geofleet.errors import InputError, Problem
from geofleet.schema import Column, TableSchema, check_frame, read_csv

__all__ = ["DEPOT_SCHEMA", "ORDER_SCHEMA", "check_orders", "read_orders"]

_LAT = Column("lat", "number", "latitude", "degrees (EPSG:4326)", minimum=-90, maximum=90)
_LON = Column("lon", "number", "longitude", "degrees (EPSG:4326)", minimum=-180, maximum=180)

ORDER_SCHEMA = TableSchema(
    "orders",
    "What is to be delivered and fetched on one day, in any order",
    (
        Column("order_id", "text", "name of the order"),
        _LAT,
        _LON,
        Column("demand_kg", "number", "mass to deliver from the depot", "kg", minimum=0,
               maximum=60000),
        Column("pickup_kg", "number", "mass to fetch to the depot", "kg", required=False,
               nullable=True, minimum=0, maximum=60000),
        Column("service_min", "number", "time spent there", "min", minimum=0, maximum=1440),
        Column("window_start", "time", "earliest start of service", "local time", required=False,
               nullable=True),
        Column("window_end", "time", "latest start of service", "local time", required=False,
               nullable=True),
    ),
    key=("order_id",),
)  # fmt: skip

DEPOT_SCHEMA = TableSchema(
    "depots",
    "Where vehicles begin and end their day",
    (Column("depot_id", "text", "name of the depot"), _LAT, _LON),
    key=("depot_id",),
)


def read_orders(path: Path) -> pd.DataFrame:
    """Read and check the orders of a day.

    Parameters
    ----------
    path
        A CSV file as in ``ORDER_SCHEMA``.

    Returns
    -------
    pandas.DataFrame
        As :func:`check_orders` returns it.

    Raises
    ------
    InputError
        Every fault of the file at once.
    """
    path = Path(path)
    frame = read_csv(path, ORDER_SCHEMA)
    return _completed(frame, str(path), list(range(2, len(frame) + 2)))


def check_orders(orders: pd.DataFrame, *, name: str = "orders") -> pd.DataFrame:
    """Return orders with every column of the schema there, checked.

    Windows are seconds after local midnight (or text as 08:30), NaN where there is none; a
    missing ``pickup_kg`` is none.

    Raises
    ------
    InputError
        Every fault at once: cells that are not what their column asks for, repeated names,
        windows that close before they open.
    """
    raw = orders.reset_index(drop=True)
    clocks = [name for name in ("window_start", "window_end") if name in raw.columns]
    texts = raw.copy()
    for column in clocks:
        # times that are numbers already are written as the clock shows them
        shown = [_clock_text(value) for value in raw[column].tolist()]
        texts[column] = pd.Series(shown, index=raw.index, dtype=object)
    frame = check_frame(texts, ORDER_SCHEMA, file=name)
    for column in clocks:
        numbers = pd.to_numeric(raw[column], errors="coerce")
        frame[column] = numbers.where(numbers.notna(), frame[column])
    return _completed(frame, name, list(range(1, len(frame) + 1)))


def _clock_text(value: Any) -> Any:
    if pd.isna(value):
        return None
    if isinstance(value, (int, float)):
        seconds = int(value)
        return f"{seconds // 3600}:{seconds % 3600 // 60:02d}:{seconds % 60:02d}"
    return value


def _completed(frame: pd.DataFrame, name: str, rows: Sequence[int]) -> pd.DataFrame:
    if frame.empty:
        raise InputError([Problem(name, expected="at least one order")])
    out = frame.copy()
    for column in ("window_start", "window_end", "pickup_kg"):
        if column not in out.columns:
            out[column] = np.nan
        out[column] = out[column].astype(np.float64)
    out["pickup_kg"] = out["pickup_kg"].fillna(0.0)
    backwards = (out["window_end"] < out["window_start"]).to_numpy(bool)
    problems = [
        Problem(name, "window_end", rows[i], _hours(out["window_end"].iloc[i]),
                f"a time not before window_start, {_hours(out['window_start'].iloc[i])}")
        for i in np.flatnonzero(backwards)[:5].tolist()
    ]  # fmt: skip
    if problems:
        raise InputError(problems)
    return out


def _hours(seconds: float) -> str:
    return f"{int(seconds) // 3600:02d}:{int(seconds) % 3600 // 60:02d}"
