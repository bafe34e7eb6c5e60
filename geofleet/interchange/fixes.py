"""GPS traces and telematics to the stops of vehicle-days: where a vehicle stood, and what it left.

Between its stops the study finds the way again; whoever wants the very roads that were driven
matches the traces instead (:func:`geofleet.routes.match_traces`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd
from pyproj import Geod

from geofleet.defaults import Defaults
from geofleet.errors import InputError, Problem
from geofleet.interchange.model import Imported, imported
from geofleet.interchange.sheets import SheetMapping

__all__ = ["read_gps_stops"]

_EARTH = Geod(ellps="WGS84")
_KMH = 3.6

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Limits:
    dwell_s: float
    radius_m: float
    max_speed_kmh: float


def read_gps_stops(
    path: str | Path | Sequence[str | Path],
    *,
    timezone: str,
    columns: Mapping[str, str] | None = None,
    units: Mapping[str, str] | None = None,
    vehicle_id: str | None = None,
    mapping: SheetMapping | None = None,
    assume: Mapping[str, Any] | None = None,
    defaults: Defaults | None = None,
) -> Imported:
    r"""Read where vehicles stopped from GPX files and telematics tables.

    Parameters
    ----------
    path
        ``.gpx`` files (a track belongs to the vehicle of its name), or tables, CSV or ``.xlsx``,
        with ``time, vehicle_id, lat, lon`` and, where known, ``payload_kg``; the headings of
        common platforms are recognised.
    timezone
        IANA name: a vehicle-day is a vehicle on a local calendar day, and the times of a table
        that have no offset are those of this zone.
    columns, units, vehicle_id
        For tables, as :func:`geofleet.energy.pilot.read_telematics` takes them.
        ``vehicle_id`` is that of every track of GPX too, whatever its name.
    mapping
        How tables write numbers and dates, and their encoding; what is given beside it counts
        more.
    assume
        ``drop_kg`` must be given where the payload is not in the data: a trace does not tell what
        was unloaded. It counts for deliveries; back at the depot nothing is unloaded then.
    defaults
        Rows of table ``gps``: how long standing still is a stop, and how near.

    Returns
    -------
    Imported
        Of kind ``gps``. The first fix of a day is its depot, and so is each stop near it; the last
        one ends the day. ``row`` is the line or point of the first fix of the stop.

    Raises
    ------
    InputError
        Files that cannot be read, tracks without times, places off the globe, two places far apart
        at one time.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "day.csv"
    >>> _ = file.write_text(
    ...     "vehicle_id,time,lat,lon,payload_kg\nT1,2024-05-14 08:00,19.50,-99.15,300\n"
    ...     "T1,2024-05-14 08:30,19.43,-99.13,300\nT1,2024-05-14 08:40,19.43,-99.13,0\n"
    ...     "T1,2024-05-14 09:10,19.50,-99.15,0\n"
    ... )
    >>> found = read_gps_stops(file, timezone="America/Mexico_City")
    >>> found.stops[["kind", "service_min", "drop_kg", "planned_time"]].values.tolist()[1]
    ['delivery', '10', '300', '08:30:00']
    """
    paths = [Path(path)] if isinstance(path, str | Path) else [Path(item) for item in path]
    try:
        ZoneInfo(timezone)
    except (KeyError, OSError, ValueError):
        expected = "an IANA time zone like America/Mexico_City"
        raise InputError([Problem("gps", "timezone", 0, timezone, expected)]) from None
    number = (defaults or Defaults()).scope().number
    limits = _Limits(
        number("gps", "dwell_s"), number("gps", "dwell_radius_m"), number("gps", "max_speed_kmh")
    )
    base = mapping or SheetMapping()
    how = replace(
        base, columns={**base.columns, **(columns or {})}, units={**base.units, **(units or {})},
        vehicle_id=vehicle_id or base.vehicle_id,
    )  # fmt: skip
    fixes, notes = _fixes(paths, timezone, how)
    local = fixes["time"].dt.tz_convert(timezone)
    fixes["date"] = local.dt.strftime("%Y-%m-%d")
    # Clock time, not time since midnight: on days when clocks change the two differ.
    fixes["clock"] = local.dt.hour * 3600 + local.dt.minute * 60 + local.dt.second
    rows: list[dict[str, Any]] = []
    problems: list[Problem] = []
    left_out = 0
    for _, day in fixes.groupby(["vehicle_id", "date"], sort=True):
        kept = _plausible(day, limits)
        left_out += len(day) - int(kept.sum())
        rows += _stops(day[kept].reset_index(drop=True), limits)
    if left_out:
        notes.append(f"{left_out} fixes left out that nothing on wheels could reach")
    notes.append(
        f"standing for {limits.dwell_s:g} s within {limits.radius_m:g} m is a stop; days begin at "
        "their first fix, called the depot"
    )
    if "drop_kg" in (assume or {}):
        # What is assumed is what a customer gets; nothing says that the base gets it too.
        back = [row for row in rows if row["kind"] == "depot" and row["drop_kg"] is None]
        for row in back:
            row["drop_kg"] = 0.0
        notes += [f"nothing is unloaded on {len(back)} returns to the depot"] if back else []
    return imported("gps", rows, problems=problems, assume=assume or {}, notes=notes)


def _fixes(
    paths: Sequence[Path], timezone: str, mapping: SheetMapping
) -> tuple[pd.DataFrame, list[str]]:
    """Return the fixes of all files that have a place, by vehicle and time."""
    from geofleet.interchange.gpx_files import read_gpx_positions
    from geofleet.interchange.telematics_sheets import read_positions

    tracks = [path for path in paths if path.suffix.lower() == ".gpx"]
    tables = [path for path in paths if path.suffix.lower() != ".gpx"]
    parts: list[pd.DataFrame] = []
    problems: list[Problem] = []
    notes: list[str] = []
    for track in tracks:
        try:
            part, said = read_gpx_positions(track, vehicle_id=mapping.vehicle_id)
            parts.append(part)
            notes += said
        except InputError as error:
            problems += error.problems
    for path in tables:
        try:
            part, said = read_positions(path, mapping, timezone=timezone)
            parts.append(part)
            notes += said
        except InputError as error:
            problems += error.problems
    if not paths:
        problems.append(Problem("gps", expected="at least one file"))
    if problems:
        raise InputError(problems)
    names = ["vehicle_id", "time", "lat", "lon", "payload_kg", "file", "row"]
    table = pd.concat([part[names] for part in parts], ignore_index=True)
    placed = table["lat"].notna() & table["lon"].notna()
    if not placed.any():
        raise InputError([Problem(str(paths[0]), "lat, lon", expected="fixes with a place")])
    if (~placed).any():
        notes.append(f"{int((~placed).sum())} records without a place are passed over")
    table = table[placed].sort_values(["vehicle_id", "time"], kind="stable", ignore_index=True)
    return table, notes


def _metres(lat: Floats, lon: Floats, to_lat: Any, to_lon: Any) -> Floats:
    """Return geodesic distances [m] from points to one point or to points."""
    ends = np.broadcast_to(to_lon, lon.shape), np.broadcast_to(to_lat, lat.shape)
    _, _, distance = _EARTH.inv(lon, lat, *ends)
    return np.asarray(distance, dtype=np.float64)


def _plausible(day: pd.DataFrame, limits: _Limits) -> npt.NDArray[np.bool_]:
    """Leave out fixes that could not be reached from the one kept before."""
    lat, lon = day["lat"].to_numpy(np.float64), day["lon"].to_numpy(np.float64)
    second = (day["time"] - day["time"].iloc[0]).dt.total_seconds().to_numpy(np.float64)
    keep = np.ones(len(day), dtype=np.bool_)
    if len(day) < 2:
        return keep
    step = _metres(lat[:-1], lon[:-1], lat[1:], lon[1:])
    fast = step * _KMH > limits.max_speed_kmh * np.diff(second)
    if not fast.any():
        return keep
    last = 0
    for here in range(1, len(day)):
        metres = float(_metres(lat[[last]], lon[[last]], lat[here], lon[here])[0])
        if metres * _KMH > limits.max_speed_kmh * (second[here] - second[last]):
            keep[here] = False
        else:
            last = here
    return keep


def _stops(day: pd.DataFrame, limits: _Limits) -> list[dict[str, Any]]:
    """Return the stops of one vehicle-day: its first fix, where it stood, its last fix."""
    spans = _spans(day, limits)
    lat, lon = day["lat"].to_numpy(np.float64), day["lon"].to_numpy(np.float64)
    second = (day["time"] - day["time"].iloc[0]).dt.total_seconds().to_numpy(np.float64)
    payload = day["payload_kg"].to_numpy(np.float64)
    base = float(lat[: spans[0][1] + 1].mean()), float(lon[: spans[0][1] + 1].mean())
    rows: list[dict[str, Any]] = []
    for number, (first, last) in enumerate(spans):
        here = slice(first, last + 1)
        place = float(lat[here].mean()), float(lon[here].mean())
        away = float(_metres(np.array([place[0]]), np.array([place[1]]), *base)[0])
        depot = number == 0 or away <= limits.radius_m
        drop, pickup = _mass(payload, first, last)
        begin = number == 0
        rows.append({
            "vehicle_id": day["vehicle_id"].iloc[0], "date": day["date"].iloc[0], "seq": number,
            "stop_id": f"gps {place[0]:.5f} {place[1]:.5f}",
            "kind": "depot" if depot else "delivery", "lat": place[0], "lon": place[1],
            "service_min": 0.0 if begin else (second[last] - second[first]) / 60.0,
            # The day begins when the vehicle leaves its first place.
            "window_start": _clock(int(day["clock"].iloc[last])) if begin else None,
            "window_end": None,
            "drop_kg": 0.0 if begin else drop, "pickup_kg": None if begin else pickup,
            "planned_time": _clock(int(day["clock"].iloc[first])),
            "file": day["file"].iloc[first], "row": int(day["row"].iloc[first]),
        })  # fmt: skip
    return rows


def _spans(day: pd.DataFrame, limits: _Limits) -> list[tuple[int, int]]:
    """Return first and last fix of each place where the vehicle stood, ends of the day included."""
    lat, lon = day["lat"].to_numpy(np.float64), day["lon"].to_numpy(np.float64)
    second = (day["time"] - day["time"].iloc[0]).dt.total_seconds().to_numpy(np.float64)
    spans: list[tuple[int, int]] = []
    here, count = 0, len(day)
    while here < count:
        end = here + 1
        while end < count and _near(lat, lon, here, end, limits.radius_m):
            end += 1
        stood = second[end - 1] - second[here] >= limits.dwell_s
        if stood or here == 0:
            spans.append((here, end - 1))
        here = end if stood or here == 0 else here + 1
    if spans[-1][1] < count - 1:
        spans.append((count - 1, count - 1))
    return spans


def _near(lat: Floats, lon: Floats, here: int, there: int, radius_m: float) -> bool:
    """Return whether two fixes are within a radius, on the ellipsoid."""
    # Over some hundred metres a plane is right to a millimetre: only at the rim a geodesic is due.
    first, second = float(lat[here]), float(lat[there])
    north = abs(second - first)
    if north * 110_500.0 > radius_m:
        return False
    flat = math.radians(first)
    curve = math.sqrt(1.0 - _EARTH.es * math.sin(flat) ** 2)
    east = abs(float(lon[there]) - float(lon[here]))
    across = math.radians(min(east, 360.0 - east)) * math.cos(flat) * _EARTH.a / curve
    along = math.radians(north) * _EARTH.a * (1.0 - _EARTH.es) / curve**3
    metres = math.hypot(across, along)
    if abs(metres - radius_m) > 0.01 * radius_m:
        return metres < radius_m
    exact = _metres(lat[[there]], lon[[there]], lat[here], lon[here])
    return bool(exact[0] <= radius_m)


def _mass(payload: Floats, first: int, last: int) -> tuple[float | None, float | None]:
    """Return what was unloaded and loaded between arriving and leaving, None where not known."""
    before = payload[: first + 1]
    after = payload[last:]
    before, after = before[np.isfinite(before)], after[np.isfinite(after)]
    if not len(before) or not len(after):
        return None, None
    change = float(after[0] - before[-1])
    return max(0.0, -change), max(0.0, change) or None


def _clock(seconds: int) -> str:
    return f"{seconds // 3600:02d}:{seconds % 3600 // 60:02d}:{seconds % 60:02d}"
