"""GPS traces → traversals: which links were driven, when and how fast."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.errors import InputError, Problem
from geofleet.fleet.model import Fleet
from geofleet.network.model import RoadNetwork
from geofleet.routes.gps.street_map import DrivenPiece, MatchSettings, StreetMap
from geofleet.routes.gps.traces import check_traces, read_traces
from geofleet.routes.model import TRAVERSAL_COLUMNS, Traversals

__all__ = ["MatchedTraces", "match_traces"]

log = logging.getLogger(__name__)

Floats = npt.NDArray[np.float64]
_KMH = 3.6
_BEGINNINGS = 5
_SHORTEST_M = 0.5  # shorter parts of a link are rounding, not driving


@dataclass(frozen=True)
class MatchedTraces:
    """What was driven, as far as the traces tell.

    Parameters
    ----------
    traversals
        The table of traversals. ``payload_kg`` is NaN: a trace does not tell the load. Between
        fixes the vehicle is taken to move evenly along its way; ``speed_kmh`` is the mean speed
        on the link, waiting of less than ``dwell_s`` included.
    stops
        GeoDataFrame (EPSG:4326), one row for each place where a vehicle stood for at least
        ``dwell_s``, and the begin and end of each unbroken way: ``vehicle_day, stop_number,
        vehicle_id, date, edge, fraction, snap_distance_m, arrive_s, depart_s``.
    fixes
        The fixes used, with ``vehicle_day`` and ``matched``.
    problems
        Parts of traces that belong to no way, named.
    provenance
        Default rows used.
    """

    traversals: Traversals
    stops: gpd.GeoDataFrame
    fixes: pd.DataFrame
    problems: tuple[Problem, ...] = field(default=())
    provenance: tuple[str, ...] = ()


class _Limits(NamedTuple):
    gap_s: float
    dwell_s: float
    radius_m: float
    max_speed_kmh: float


class _Places(NamedTuple):
    """Fixes thinned to places apart from each other; ``fix`` is the first row of each."""

    xy: Floats
    arrive_s: Floats
    depart_s: Floats
    is_stop: npt.NDArray[np.bool_]
    fix: npt.NDArray[np.int64]

    def part(self, a: int, b: int) -> _Places:
        """Return the places from ``a`` to before ``b``."""
        return _Places(
            self.xy[a:b], self.arrive_s[a:b], self.depart_s[a:b], self.is_stop[a:b], self.fix[a:b]
        )


def match_traces(
    traces: str | Path | Sequence[str | Path] | pd.DataFrame,
    network: RoadNetwork,
    *,
    timezone: str,
    fleet: Fleet | None = None,
    allowed: npt.NDArray[np.bool_] | None = None,
    defaults: Defaults | None = None,
    progress: Callable[[float], None] | None = None,
) -> MatchedTraces:
    """Match GPS traces to the roads.

    Parameters
    ----------
    traces
        Files (GPX or CSV, see :func:`geofleet.routes.gps.traces.read_traces`) or a table as in
        ``TRACE_SCHEMA``.
    network
        The roads.
    timezone
        IANA name; a vehicle-day is a vehicle on a local calendar day.
    fleet
        Gives operator and class of each vehicle; unknown when None.
    allowed
        Which links count; all when None (drivers do not keep to every rule).
    progress
        Called with the fraction done.

    Returns
    -------
    MatchedTraces
        Traversals by vehicle-day, in order of ``vehicle_id, date``.

    Raises
    ------
    InputError
        Traces that cannot be right (see :func:`geofleet.routes.gps.traces.check_traces`), latitude
        and longitude swapped, none near the roads.
    MissingExtraError
        The extra ``gps`` is not installed.

    Notes
    -----
    The matching is that of the library leuvenmapmatching; see
    :mod:`geofleet.routes.gps.street_map`.
    """
    scope = (defaults or Defaults()).scope()
    number = scope.number
    settings = MatchSettings(
        number("gps", "noise_m"), number("gps", "search_m"), int(number("gps", "lattice_width"))
    )
    limits = _Limits(
        number("gps", "gap_s"), number("gps", "dwell_s"), number("gps", "dwell_radius_m"),
        number("gps", "max_speed_kmh"),
    )  # fmt: skip
    fixes = check_traces(traces) if isinstance(traces, pd.DataFrame) else read_traces(traces)
    _check_place(fixes, network)
    streets = StreetMap(network, allowed=allowed)
    local = fixes["time"].dt.tz_convert(timezone)
    midnight = local.dt.normalize()
    fixes["date"] = local.dt.strftime("%Y-%m-%d")
    fixes["second"] = (local - midnight).dt.total_seconds()
    points = gpd.GeoSeries.from_xy(fixes["lon"], fixes["lat"], crs=4326).to_crs(network.crs_metric)
    fixes["x"], fixes["y"] = points.x.to_numpy(), points.y.to_numpy()
    fixes["matched"] = False
    groups = fixes.groupby(["vehicle_id", "date"], sort=True)
    fixes["vehicle_day"] = groups.ngroup().astype(np.int32)

    rows: list[pd.DataFrame] = []
    stops: list[pd.DataFrame] = []
    days: list[dict[str, object]] = []
    problems: list[Problem] = []
    for day, (label, trace) in enumerate(groups):
        vehicle, date = (str(part) for part in label)
        driven, halts, used, lost = _match_day(trace, streets, settings, limits, network)
        fixes.loc[used, "matched"] = True
        rows.append(driven.assign(vehicle_day=day))
        stops.append(halts.assign(vehicle_day=day, vehicle_id=vehicle, date=date))
        file = str(trace["file"].iloc[0])
        if lost:
            first = trace.loc[lost].iloc[0]
            expected = (
                f"fixes on a way within {settings.search_m:g} m of a road; {len(lost)} places of "
                f"{vehicle} on {date} belong to none, the first at {first['time'].isoformat()}"
            )
            problems.append(Problem(file, "lat, lon", int(first["row"]), expected=expected))
        known = fleet is not None and vehicle in fleet.vehicles.index
        if fleet is not None and not known:
            expected = "a vehicle of the vehicles table"
            problems.append(
                Problem(file, "vehicle_id", int(trace["row"].iloc[0]), vehicle, expected)
            )
        own: Any = fleet.vehicles.loc[vehicle] if fleet is not None and known else {}
        days.append({
            "vehicle_id": vehicle, "operator_id": own.get("operator_id"),
            "vehicle_class": own.get("vehicle_class"), "date": date,
            "depart_s": halts["depart_s"].min(), "return_s": halts["arrive_s"].max(),
        })  # fmt: skip
        if progress is not None:
            progress((day + 1) / len(groups))
    table = pd.concat(rows, ignore_index=True)
    table["seq"] = table.groupby("vehicle_day").cumcount()
    table["payload_kg"] = np.nan
    frame = pd.DataFrame(
        {name: table[name].astype(kind) for name, kind in TRAVERSAL_COLUMNS.items()}
    )
    halts = pd.concat(stops, ignore_index=True)
    places = gpd.GeoSeries.from_xy(halts.pop("x"), halts.pop("y"), crs=network.crs_metric)
    if problems:
        log.warning("%d vehicle-days have fixes that belong to no way", len(problems))
    return MatchedTraces(
        traversals=Traversals(frame, pd.DataFrame(days), timezone, scope.used),
        stops=gpd.GeoDataFrame(halts, geometry=places.to_crs(4326)),
        fixes=fixes.drop(columns=["x", "y"]),
        problems=tuple(problems),
        provenance=scope.used,
    )


def _check_place(fixes: pd.DataFrame, network: RoadNetwork) -> None:
    """Refuse traces that lie nowhere near the roads, and say so when they are swapped."""
    west, south, east, north = network.nodes.total_bounds
    here = fixes["lon"].between(west, east) & fixes["lat"].between(south, north)
    if here.any():
        return
    turned = fixes["lat"].between(west, east) & fixes["lon"].between(south, north)
    where = f"longitude {west:.3f} to {east:.3f}, latitude {south:.3f} to {north:.3f}"
    hint = "; lat and lon look swapped" if turned.any() else ""
    raise InputError(
        Problem(str(file), "lat, lon", int(part["row"].iloc[0]),
                f"{part['lat'].iloc[0]:g}, {part['lon'].iloc[0]:g}",
                f"positions among the roads ({where}); none is there{hint}")
        for file, part in fixes.groupby("file", sort=True)
    )  # fmt: skip


def _match_day(
    trace: pd.DataFrame, streets: StreetMap, settings: MatchSettings, limits: _Limits,
    network: RoadNetwork,
) -> tuple[pd.DataFrame, pd.DataFrame, list[int], list[int]]:  # fmt: skip
    """Match one vehicle-day: driven links, stops, and the rows of fixes used and lost."""
    index = trace.index.to_numpy()
    xy, second = trace[["x", "y"]].to_numpy(), trace["second"].to_numpy()
    keep = _plausible(xy, second, limits.max_speed_kmh)
    index, xy, second = index[keep], xy[keep], second[keep]
    near = streets.near(xy, settings.search_m)
    cut = np.flatnonzero((np.diff(second) > limits.gap_s) | (np.diff(near.astype(int)) != 0)) + 1
    driven: list[pd.DataFrame] = []
    halts: list[pd.DataFrame] = []
    used: list[int] = []
    lost: list[int] = []
    count = 0
    for part in np.split(np.arange(len(xy)), cut):
        if not near[part[0]]:
            lost += index[part].tolist()
            continue
        places = _thinned(xy[part], second[part], limits)
        begin, size = 0, len(places.fix)
        while begin < size:
            piece, matched = None, 0
            if size - begin > 1:
                piece, matched = streets.match(places.xy[begin:], settings)
            if piece is None or matched < 2:
                lost.append(int(index[part][places.fix[begin]]))
                begin += 1
                continue
            chosen = places.part(begin, begin + matched)
            rows, stops = _timed(piece, chosen, network, limits, count)
            driven.append(rows)
            halts.append(stops)
            count += len(stops)
            last = part[places.fix[begin + matched]] if begin + matched < size else part[-1] + 1
            used += index[part[places.fix[begin]] : last].tolist()
            begin += matched
    return _concat(driven, _ROW), _concat(halts, _STOP), used, lost


_ROW = ("edge", "stop_before", "enter_s", "length_m", "speed_kmh", "from_fraction", "to_fraction")
_STOP = ("stop_number", "edge", "fraction", "snap_distance_m", "arrive_s", "depart_s", "x", "y")


def _concat(frames: list[pd.DataFrame], columns: tuple[str, ...]) -> pd.DataFrame:
    if frames:
        return pd.concat(frames, ignore_index=True)
    return pd.DataFrame({name: pd.Series(dtype=float) for name in columns})


def _plausible(xy: Floats, second: Floats, max_speed_kmh: float) -> npt.NDArray[np.bool_]:
    """Leave out fixes that nothing on wheels could reach from the last one kept.

    The first fix may itself be the wrong one: of a few to begin with, the one counts from which
    most of the others can be reached, and of equals the one with the shortest way.
    """
    best = np.zeros(len(xy), dtype=bool)
    score = (0, 0.0)
    for begin in range(min(_BEGINNINGS, len(xy))):
        keep = np.zeros(len(xy), dtype=bool)
        keep[begin] = True
        last, way = begin, 0.0
        for here in range(begin + 1, len(xy)):
            step = float(np.hypot(*(xy[here] - xy[last])))
            if step <= max_speed_kmh / _KMH * (second[here] - second[last]):
                keep[here] = True
                last, way = here, way + step
        if (int(keep.sum()), -way) > score or not best.any():
            best, score = keep, (int(keep.sum()), -way)
    return best


def _thinned(xy: Floats, second: Floats, limits: _Limits) -> _Places:
    """Keep one fix for each place; where the vehicle stood, the mean place and both times."""
    xs, arrive, depart, stop, first = [], [], [], [], []
    here = 0
    while here < len(xy):
        away = np.hypot(*(xy[here:] - xy[here]).T) > limits.radius_m
        end = here + int(np.argmax(away)) if away.any() else len(xy)
        stood = second[end - 1] - second[here] >= limits.dwell_s
        xs.append(xy[here:end].mean(axis=0) if stood else xy[here])
        arrive.append(second[here])
        depart.append(second[end - 1] if stood else second[here])
        stop.append(stood)
        first.append(here)
        if end == len(xy) and not stood and end - here > 1:
            # The end of the trace counts, near as it may be.
            xs.append(xy[-1])
            arrive.append(second[-1])
            depart.append(second[-1])
            stop.append(False)
            first.append(end - 1)
        here = end
    return _Places(
        np.array(xs), np.array(arrive), np.array(depart), np.array(stop), np.array(first)
    )


def _timed(
    piece: DrivenPiece, places: _Places, network: RoadNetwork, limits: _Limits, first_stop: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give times to the links of a way, one leg from stop to stop after the other."""
    halt = places.is_stop.copy()
    halt[[0, -1]] = True
    halts = np.flatnonzero(halt)
    length = network.arrays.length_m[piece.edges]
    rows: dict[str, list[float]] = {name: [] for name in _ROW}
    for leg, (a, b) in enumerate(pairwise(halts.tolist())):
        s = piece.position_m[a : b + 1]
        t = places.arrive_s[a : b + 1].copy()
        t[0] = places.depart_s[a]
        # Waiting at one place makes a step in time: keep it to the spot where it happened.
        s = s + np.arange(len(s)) * 1e-6
        first, end = np.searchsorted(piece.start_m, [s[0], s[-1]], side="right")
        for k in range(max(int(first) - 1, 0), int(end)):
            low = max(piece.start_m[k], s[0])
            high = min(piece.start_m[k] + length[k], s[-1])
            if high - low < min(_SHORTEST_M, length[k] / 2):
                continue
            enter, leave = np.interp([low, high], s, t)
            speed = (high - low) / max(leave - enter, 1e-9) * _KMH
            rows["edge"].append(piece.edges[k])
            rows["stop_before"].append(first_stop + leg)
            rows["enter_s"].append(enter)
            rows["length_m"].append(high - low)
            rows["speed_kmh"].append(min(speed, limits.max_speed_kmh))
            rows["from_fraction"].append((low - piece.start_m[k]) / length[k])
            rows["to_fraction"].append(min((high - piece.start_m[k]) / length[k], 1.0))
    at = np.searchsorted(piece.start_m, piece.position_m[halts], side="right") - 1
    into = (piece.position_m[halts] - piece.start_m[at]) / length[at]
    stops = pd.DataFrame({
        "stop_number": first_stop + np.arange(len(halts)),
        "edge": piece.edges[at],
        "fraction": np.clip(into, 0, 1),
        "snap_distance_m": piece.distance_m[halts],
        "arrive_s": places.arrive_s[halts],
        "depart_s": places.depart_s[halts],
        "x": places.xy[halts, 0], "y": places.xy[halts, 1],
    })  # fmt: skip
    return pd.DataFrame(rows), stops
