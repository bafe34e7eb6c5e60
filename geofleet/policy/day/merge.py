"""Put changed days in place of the planned ones; what is not changed stays to the bit."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.policy.day.trial import Task, Tried
from geofleet.routes import Itineraries, Traversals
from geofleet.routes.model import TRAVERSAL_COLUMNS

__all__ = ["CANCELLED", "merged"]

CANCELLED = "cancelled"
"""Status of stops that are no longer served."""

_TIMES = ("arrive_s", "start_s", "depart_s", "late_s")

Floats = npt.NDArray[np.float64]


def merged(task: Task, chosen: Mapping[int, Tried]) -> tuple[Itineraries, Floats]:
    """Return the day after and its grams by traversal.

    Stops count as planned, also in ``stop_before``.
    """
    if not chosen:
        return task.itineraries, task.grams
    planned = task.itineraries.traversals
    bounds = task.roads.bounds
    frames, grams, stops = [], [], []
    table = task.itineraries.stops.assign(wait_s=0.0)
    stop_bounds = np.searchsorted(table["vehicle_day"].to_numpy(), np.arange(len(bounds)))
    for day in range(len(planned.vehicle_days)):
        rows = slice(bounds[day], bounds[day + 1])
        own = table.iloc[stop_bounds[day] : stop_bounds[day + 1]]
        if day not in chosen:
            frames.append(planned.frame.iloc[rows])
            grams.append(task.grams[rows])
            stops.append(own)
            continue
        tried = chosen[day]
        new = slice(tried.batch.first[tried.number], tried.batch.first[tried.number + 1])
        driven = tried.batch.itineraries.traversals.frame.iloc[new]
        number = tried.changed.stops["stop_number"].to_numpy(np.int32)
        frames.append(
            driven.assign(vehicle_day=np.int32(day), stop_before=number[driven["stop_before"]])
        )
        grams.append(tried.batch.grams[new])
        stops.append(_stops(own, tried))
    frame = pd.concat(frames, ignore_index=True).astype(TRAVERSAL_COLUMNS)
    after = Itineraries(
        Traversals(frame, _vehicle_days(task, chosen), planned.timezone, planned.provenance),
        gpd.GeoDataFrame(pd.concat(stops, ignore_index=True), crs=task.itineraries.stops.crs),
        task.itineraries.problems,
    )
    return after, np.concatenate(grams)


def _stops(planned: gpd.GeoDataFrame, tried: Tried) -> gpd.GeoDataFrame:
    """Return a day's stops with its new times; those left out as cancelled."""
    part = slice(tried.batch.first_stop[tried.number], tried.batch.first_stop[tried.number + 1])
    new = tried.batch.itineraries.stops.iloc[part]
    out = planned.copy()
    served = planned["stop_number"].isin(tried.changed.stops["stop_number"]).to_numpy()
    whole = bool(tried.changed.detail.get("whole_day"))
    for name in (*_TIMES, "payload_kg", "wait_s"):
        values = np.full(len(planned), np.nan)
        values[served] = new[name].to_numpy(np.float64)
        out[name] = np.where(whole, np.nan, values)
    out["wait_s"] = out["wait_s"].fillna(0.0)
    # depots load less where deliveries are left out
    for name in ("drop_kg", "pickup_kg"):
        values = out[name].to_numpy(np.float64, copy=True)
        values[served] = tried.changed.stops[name].to_numpy(np.float64)
        out[name] = values
    status = planned["status"].to_numpy(object).copy()
    status[served] = new["status"].to_numpy(object)
    was = (planned["status"] == "reached").to_numpy()
    status[was & (~served | whole)] = CANCELLED
    out["status"] = status
    out["vehicle_id"] = tried.changed.vehicle_id
    return out


def _vehicle_days(task: Task, chosen: Mapping[int, Tried]) -> pd.DataFrame:
    table = task.vehicle_days.copy()
    columns = {name: table[name].to_numpy(copy=True) for name in table.columns}
    for day, tried in chosen.items():
        row = tried.batch.itineraries.traversals.vehicle_days.iloc[tried.number]
        for name in ("vehicle_id", "operator_id", "vehicle_class", "depart_s", "return_s"):
            columns[name][day] = row[name]
        if tried.changed.detail.get("whole_day"):
            columns["depart_s"][day] = columns["return_s"][day] = np.nan
    return table.assign(**columns)
