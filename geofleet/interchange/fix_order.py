"""Records of positions put in order: what stands out of turn, says nothing new or has no place."""

from __future__ import annotations

import pandas as pd

from geofleet.errors import InputError, Problem

__all__ = ["in_order"]

_SAME_PLACE_DEG = 0.0004  # some 40 m: reports of one moment, of one vehicle


def in_order(table: pd.DataFrame, notes: list[str], file: str) -> pd.DataFrame:
    """Return records by vehicle and time, without those that say nothing new; say what was done.

    Parameters
    ----------
    table
        ``vehicle_id, time`` (ISO text), ``lat, lon`` and any other columns.
    notes
        Taken further.

    Raises
    ------
    InputError
        No record has a place.
    """
    zero = (table["lat"] == 0) & (table["lon"] == 0)
    lost = zero | (table["lat"].isna() & table["lon"].isna())
    if lost.all():
        raise InputError([Problem(file, "lat, lon", expected="records with a position")])
    if lost.any():
        notes.append(f"{int(lost.sum())} records without a place (or at 0, 0) are passed over")
        table = table[~lost].reset_index(drop=True)
    stamp = pd.to_datetime(table["time"], utc=True, errors="coerce", format="ISO8601")
    order = table.assign(stamp=stamp).sort_values(["vehicle_id", "stamp"], kind="stable")
    early = stamp.groupby(table["vehicle_id"]).cummax()
    late = stamp < early
    if late.any():
        notes.append(f"{int(late.sum())} records stood before earlier ones: put in order of time")
    same = (order["stamp"] == order["stamp"].shift()) & (
        order["vehicle_id"] == order["vehicle_id"].shift()
    )
    lat, lon = (pd.to_numeric(order[name]).diff().abs() for name in ("lat", "lon"))
    again = same & (lat < _SAME_PLACE_DEG) & (lon < _SAME_PLACE_DEG)
    if again.any():
        notes.append(f"{int(again.sum())} records repeat the moment and place before them")
    kept: pd.DataFrame = order[~again].drop(columns="stamp").reset_index(drop=True)
    return kept
