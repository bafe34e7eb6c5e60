"""Candidates for a demonstration, from the tables of a study."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from geofleet.errors import InputError, Problem

__all__ = ["demonstration_candidates"]

_HOURS = 24.0
PerKey = pd.Series | Mapping[object, float]


def demonstration_candidates(
    vehicle_days: pd.DataFrame,
    *,
    feasible_probability: PerKey | None = None,
    harm_avoided: PerKey | None = None,
    cost: PerKey | None = None,
    parked_hours: PerKey | None = None,
    depot_id: PerKey | None = None,
    connection_available_kw: PerKey | None = None,
    operator_size: PerKey | None = None,
) -> pd.DataFrame:
    """Put together what is known of each vehicle-day, for ``rank_demonstrations``.

    Parameters
    ----------
    vehicle_days
        As in ``Traversals.vehicle_days``: ``vehicle_id, operator_id, depart_s, return_s``; the
        row's place is its ``vehicle_day``, unless there is a column of that name.
    feasible_probability, harm_avoided, cost, parked_hours
        By ``vehicle_day``: probability that the route is run above the reserve, harm that an
        electric vehicle avoids, what it costs, hours a day parked at the depot. Parked hours are
        what the day leaves between return and the next departure when not given (0 for days
        longer than 24 hours).
    depot_id
        By ``vehicle_id``.
    connection_available_kw
        By depot: power that the connection has to spare.
    operator_size
        By operator: vehicles.

    Returns
    -------
    pandas.DataFrame
        One row per vehicle-day; empty cells where nothing is known.

    Raises
    ------
    InputError
        Columns that are missing, keys that stand twice.
    """
    days = vehicle_days.reset_index(drop=True)
    needed = ["vehicle_id", "operator_id"]
    if parked_hours is None:
        needed += ["depart_s", "return_s"]
    problems = [
        Problem("vehicle_days", name, expected=f"a column {name}")
        for name in needed
        if name not in days.columns
    ]
    tables = {
        "feasible_probability": feasible_probability, "harm_avoided": harm_avoided, "cost": cost,
        "parked_hours": parked_hours, "depot_id": depot_id,
        "connection_available_kw": connection_available_kw, "operator_size": operator_size,
    }  # fmt: skip
    series = {name: pd.Series(t) for name, t in tables.items() if t is not None}
    for name, table in series.items():
        for twice in table.index[table.index.duplicated()].unique()[:5]:
            problems.append(Problem(name, "index", 0, str(twice), "each key once"))
    if problems:
        raise InputError(problems)
    day = days["vehicle_day"] if "vehicle_day" in days else pd.Series(days.index, index=days.index)
    out = pd.DataFrame({
        "vehicle_day": day, "vehicle_id": days["vehicle_id"], "operator_id": days["operator_id"],
    })  # fmt: skip
    out["depot_id"] = _looked_up(series.get("depot_id"), out["vehicle_id"], text=True)
    for name in ("feasible_probability", "harm_avoided", "cost"):
        out[name] = _looked_up(series.get(name), day)
    if "parked_hours" in series:
        out["parked_hours"] = _looked_up(series["parked_hours"], day)
    else:
        away = (days["return_s"] - days["depart_s"]).astype(float) / 3600.0
        out["parked_hours"] = (_HOURS - away).clip(lower=0.0, upper=_HOURS)
    out["connection_available_kw"] = _looked_up(
        series.get("connection_available_kw"), out["depot_id"]
    )
    out["operator_size"] = _looked_up(series.get("operator_size"), out["operator_id"])
    return out


def _looked_up(table: pd.Series | None, keys: pd.Series, *, text: bool = False) -> pd.Series:
    """Return the values of keys, empty where there are none."""
    if table is None:
        return pd.Series(
            None if text else np.nan, index=keys.index, dtype=object if text else float
        )
    return keys.map(table)
