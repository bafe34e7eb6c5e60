"""Weather rows by hour of day, month, season, kind of day, or single hours."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.errors import InputError, Problem

__all__ = ["GROUPS", "SEASONS", "season_of", "slots_by_name", "slots_by_time", "values_of"]

SEASONS = ("djf", "mam", "jja", "son")
_DAY_KINDS = ("weekday", "saturday", "sunday")
GROUPS = ("hour", "month", "season", "day_kind", "station")
_HOURS = 24
_SHOWN = 5


def season_of(month: npt.NDArray[np.int64]) -> npt.NDArray[np.object_]:
    """Return the season of each month (1-12) by its initials: djf, mam, jja or son."""
    names = np.array(SEASONS, dtype=object)
    result: npt.NDArray[np.object_] = names[np.asarray(month, dtype=np.int64) % 12 // 3]
    return result


def values_of(frame: pd.DataFrame, name: str, *, file: str) -> npt.NDArray[Any]:
    """Return what each row is called by one way of grouping.

    Parameters
    ----------
    name
        One of ``GROUPS``. Seasons follow from the month.

    Raises
    ------
    InputError
        No such way, or rows of which it is not known.
    """
    if name not in GROUPS:
        expected = "one of " + ", ".join(GROUPS)
        raise InputError([Problem(file, "by", value=str(name), expected=expected)])
    column = "month" if name == "season" else name
    unknown = len(frame) if column not in frame else int(frame[column].isna().sum())
    if unknown:
        expected = (
            f"rows whose {column} is known (station records have it, climate tables where they"
            f" have the column); unknown in {unknown} of {len(frame)}"
        )
        raise InputError([Problem(file, column, expected=expected)])
    if name == "season":
        return season_of(frame["month"].to_numpy(np.int64))
    dtype: Any = np.int64 if name in ("hour", "month") else object
    return np.asarray(frame[column].to_numpy(dtype))


def _ordered(values: npt.NDArray[Any], name: str) -> list[Any]:
    """Return what occurs, in the order of the calendar."""
    found = set(values.tolist())
    known: tuple[str, ...] = {"season": SEASONS, "day_kind": _DAY_KINDS}.get(name, ())
    return [value for value in known if value in found] + sorted(found - set(known))


def slots_by_name(
    frame: pd.DataFrame, by: Sequence[str], *, file: str, every_hour: bool
) -> tuple[pd.DataFrame, npt.NDArray[np.int64]]:
    """Give each row the number of its group; the last name of ``by`` runs fastest.

    Rows without weight belong to no group (-1). Groups are all combinations of what occurs;
    with ``every_hour`` the hours are 0 to 23 whether they occur or not.

    Raises
    ------
    InputError
        A group without rows (the first few are named), or what :func:`values_of` raises.
    """
    names = list(by)
    if not names or len(set(names)) != len(names):
        expected = "one or more different names out of " + ", ".join(GROUPS)
        raise InputError([Problem(file, "by", value=", ".join(names), expected=expected)])
    weighted = frame["weight_hours"].to_numpy(np.float64) > 0.0
    rows = frame[weighted]
    slot = np.zeros(len(rows), dtype=np.int64)
    domains: list[list[Any]] = []
    for name in names:
        values = values_of(rows, name, file=file)
        whole = name == "hour" and every_hour
        domain = list(range(_HOURS)) if whole else _ordered(values, name)
        codes = pd.Index(domain, dtype=values.dtype).get_indexer(pd.Index(values))
        slot = slot * len(domain) + codes
        domains.append(domain)
    labels = pd.DataFrame(list(itertools.product(*domains)), columns=names)
    empty = np.flatnonzero(np.bincount(slot, minlength=len(labels)) == 0)
    if len(empty) or not len(labels):
        shown = [_words(labels.iloc[place], names) for place in empty[:_SHOWN]]
        more = f" and {len(empty) - _SHOWN} more" if len(empty) > _SHOWN else ""
        named = "; ".join(shown) + more if shown else "any group"
        expected = f"weather rows with weight in every group; none in {named}"
        raise InputError([Problem(file, ", ".join(names), expected=expected)])
    out = np.full(len(frame), -1, dtype=np.int64)
    out[weighted] = slot
    return labels, out


def _words(label: pd.Series, names: list[str]) -> str:
    return ", ".join(f"{name} {label[name]}" for name in names)


def slots_by_time(
    frame: pd.DataFrame, times: Collection[Any], *, file: str
) -> tuple[pd.DataFrame, npt.NDArray[np.int64]]:
    """Give the rows of single hours their number in order of time, all other rows -1.

    Each time stands for the hour that holds it; times in one hour share a slot.

    Raises
    ------
    InputError
        Times without an offset, weather without times, or hours that no row with weight is of.
    """
    if "time" not in frame:
        expected = (
            "weather whose hours are known in time (station records with a time zone); this has"
            " only hours of the day"
        )
        raise InputError([Problem(file, "time", expected=expected)])
    stamps = [pd.Timestamp(time) for time in times]
    naive = [str(stamp) for stamp in stamps if stamp.tzinfo is None]
    if naive or not stamps:
        expected = "one or more times with a time zone, like 2024-05-14T08:00:00-06:00"
        raise InputError([Problem(file, "time", value=", ".join(naive[:3]), expected=expected)])
    # Hours start where the records do: half past, in a zone half an hour off.
    rows = pd.DatetimeIndex(frame["time"]).tz_convert("UTC").as_unit("ns").asi8
    hour = pd.Timedelta(hours=1).value
    phase = int(rows[0] % hour) if len(rows) else 0
    asked = pd.DatetimeIndex([stamp.tz_convert("UTC") for stamp in stamps]).as_unit("ns").asi8
    starts = np.unique((asked - phase) // hour * hour + phase)
    weighted = frame["weight_hours"].to_numpy(np.float64) > 0.0
    slot = np.where(weighted, pd.Index(starts).get_indexer(pd.Index(rows)), -1).astype(np.int64)
    zone = pd.DatetimeIndex(frame["time"]).tz
    labels = pd.DataFrame({"time": pd.DatetimeIndex(starts, tz="UTC").tz_convert(zone)})
    empty = np.flatnonzero(np.bincount(slot[slot >= 0], minlength=len(starts)) == 0)
    if len(empty):
        shown = ", ".join(str(labels["time"].iloc[place]) for place in empty[:_SHOWN])
        expected = f"hours that the weather has; {len(empty)} of {len(starts)} have no usable row"
        raise InputError([Problem(file, "time", value=shown, expected=expected)])
    return labels, slot
