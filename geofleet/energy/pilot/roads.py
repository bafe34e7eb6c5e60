"""Grades of trips from the roads that they drove."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.energy.pilot.trips import Trips
from geofleet.errors import InputError, Problem
from geofleet.network import RoadNetwork
from geofleet.routes.gps.match import MatchedTraces, match_traces

__all__ = ["with_grades"]

_SLACK_S = 1.0  # a record at the very end of a link still belongs to it


def with_grades(
    trips: Trips, network: RoadNetwork, *, timezone: str, defaults: Defaults | None = None
) -> Trips:
    """Match trips to the roads and take the grade from there.

    Parameters
    ----------
    trips
        With positions; records without one, and records that match no road, keep an unknown
        grade.
    network
        The roads, with elevation: without it no grade is known, and the report says so.
    timezone
        IANA name; see :func:`geofleet.routes.gps.match.match_traces`.

    Returns
    -------
    Trips
        With ``grade`` in the samples and ``grade_share`` in the table.

    Raises
    ------
    InputError
        No positions, or none near the roads.
    MissingExtraError
        The extra ``gps`` is not installed.
    """
    placed = trips.samples[trips.samples["lat"].notna()]
    if placed.empty:
        expected = "positions: without them nothing can be matched to roads"
        raise InputError([Problem("telematics", "lat, lon", expected=expected)])
    if network.nodes["elevation_m"].isna().all():
        report = {**trips.report, "grade": "unknown: the roads have no elevation"}
        return replace(trips, report=report)
    scope = (defaults or Defaults()).scope()
    fixes = placed[["vehicle_id", "time", "lat", "lon", "row"]]
    matched = match_traces(fixes, network, timezone=timezone, defaults=scope)
    fix_grade = _grades(matched, network)
    by_moment = pd.Series(
        fix_grade, index=pd.MultiIndex.from_frame(matched.fixes[["vehicle_id", "time"]])
    )
    wanted = pd.MultiIndex.from_frame(trips.samples[["vehicle_id", "time"]])
    grade = by_moment[~by_moment.index.duplicated()].reindex(wanted).to_numpy(np.float64)
    samples = trips.samples.assign(grade=grade)
    table = trips.table.assign(grade_share=_shares(samples).reindex(trips.table.index))
    report = {
        **trips.report,
        "grade": "from the roads",
        "places off the roads": len(matched.problems),
    }
    provenance = tuple(sorted({*trips.provenance, *scope.used}))
    return replace(trips, samples=samples, table=table, report=report, provenance=provenance)


def _grades(matched: MatchedTraces, network: RoadNetwork) -> npt.NDArray[np.float64]:
    """Return the grade at each fix: that of the link which its vehicle drives at the time."""
    fixes, driven = matched.fixes, matched.traversals.frame
    link_grade = network.edges["grade"].to_numpy(np.float64)
    grade = np.full(len(fixes), np.nan)
    links = dict(iter(driven.groupby("vehicle_day")))
    for day, rows in fixes.reset_index(drop=True).groupby("vehicle_day"):
        part = links.get(day)
        if part is None:
            continue
        enter = part["enter_s"].to_numpy(np.float64)
        metres, kmh = part["length_m"].to_numpy(np.float64), part["speed_kmh"].to_numpy(np.float64)
        leave = enter + metres / np.maximum(kmh / 3.6, 1e-6)
        second = rows["second"].to_numpy(np.float64)
        at = np.searchsorted(enter, second, side="right") - 1
        inside = (at >= 0) & (second <= leave[np.maximum(at, 0)] + _SLACK_S)
        edge = part["edge"].to_numpy(np.int64)[np.maximum(at, 0)]
        grade[rows.index.to_numpy()] = np.where(inside, link_grade[edge], np.nan)
    return grade


def _shares(samples: pd.DataFrame) -> pd.Series:
    """Return the part of each trip's distance with known grade; standing counts for nothing."""
    weight = samples["speed_m_s"] * samples.groupby("trip_id")["second"].diff().fillna(0.0)
    known = weight.where(samples["grade"].notna(), 0.0)
    total = weight.groupby(samples["trip_id"]).sum()
    return (known.groupby(samples["trip_id"]).sum() / total.where(total > 0)).fillna(0.0)
