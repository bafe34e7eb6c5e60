"""VROOM: solutions to stops, problems to orders.

Fields as in VROOM's API: coordinates are ``[lon, lat]``, times are seconds, amounts are lists of
whole numbers of which one is the mass.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from geofleet.errors import InputError, Problem
from geofleet.interchange.headings import UNITS
from geofleet.interchange.json_files import read_object
from geofleet.interchange.model import Imported, imported
from geofleet.interchange.places import Places, unplaced_table

__all__ = ["read_vroom", "read_vroom_orders"]

_STEPS = ("start", "job", "pickup", "delivery", "break", "end")
_LATEST_S = 48 * 3600
_LAST_MOMENT = 253_370_764_800.0  # the year 9999 begins
_MASS_UNITS = UNITS["mass"]

Object = Mapping[str, Any]


@dataclass(frozen=True)
class _Reading:
    """How to read a solution."""

    file: str
    date: str | None
    timezone: str | None
    factor: float
    dimension: int
    tasks: Mapping[tuple[str, str], Object]
    names: Mapping[str, str]
    problems: list[Problem]


def read_vroom(
    solution: str | Path,
    problem: str | Path | None = None,
    *,
    date: str | None = None,
    timezone: str | None = None,
    mass_unit: str = "kg",
    mass_dimension: int = 0,
    places: Places | None = None,
    assume: Mapping[str, Any] | None = None,
) -> Imported:
    r"""Read the routes of a VROOM solution as stops.

    Parameters
    ----------
    solution
        What ``vroom`` wrote: ``routes`` of ``steps``.
    problem
        What it was given (``vehicles, jobs, shipments``): tells deliveries from pick-ups, names
        and time windows. Without it the mass of a step is the change of the vehicle's load.
    date
        Service date (ISO) where times are seconds after that day's midnight.
    timezone
        IANA name, where times are moments (seconds since 1970). One of ``date`` and ``timezone``
        must be given: the file does not say which it means.
    mass_unit
        Unit of the amounts: ``kg``, ``t``, ``lb`` or ``g``.
    mass_dimension
        Which of several amounts is the mass, from 0.
    places
        Positions where the file has indices of a matrix and no coordinates; by the description of
        a step, or its id.
    assume
        Values that no step tells, such as ``drop_kg`` where there are no amounts.

    Returns
    -------
    Imported
        Of kind ``vroom``. ``start`` and ``end`` are depots; breaks lengthen the stay at the stop
        before them; unassigned tasks are problems.

    Raises
    ------
    InputError
        Files that are no VROOM files, settings that cannot be.

    Examples
    --------
    >>> import json, pathlib, tempfile
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "solution.json"
    >>> steps = [
    ...     {"type": "start", "location": [-99.15, 19.5], "arrival": 28800, "load": [300]},
    ...     {"type": "job", "id": 7, "location": [-99.13, 19.43], "arrival": 30000,
    ...      "service": 600, "load": [0]},
    ... ]
    >>> _ = file.write_text(json.dumps({"code": 0, "routes": [{"vehicle": 1, "steps": steps}]}))
    >>> found = read_vroom(file, date="2024-05-14")
    >>> found.stops[["seq", "kind", "window_start", "service_min", "drop_kg"]].values.tolist()
    [['0', 'depot', '08:00:00', '0', '0'], ['1', 'delivery', '', '10', '300']]
    """
    path = Path(solution)
    problems: list[Problem] = []
    try:
        _check_settings(date, timezone, mass_unit, mass_dimension)
    except InputError as fault:
        problems += fault.problems
    try:
        content = read_object(path)
    except InputError as fault:
        problems += fault.problems
    if problems:
        raise InputError(problems)
    if not isinstance(content.get("routes"), list):
        error = content.get("error")
        expected = "routes, a list: the solution that vroom writes"
        if error:
            expected += f"; it says {str(error)[:120]!r}"
        elif "vehicles" in content or "jobs" in content:
            expected += "; this is a problem: solve it, and give both"
        raise InputError([Problem(str(path), "routes", expected=expected)])
    asked = read_object(Path(problem)) if problem is not None else {}
    reading = _Reading(
        file=str(path), date=date, timezone=timezone, factor=_MASS_UNITS[mass_unit],
        dimension=mass_dimension, tasks=_tasks(asked), problems=[],
        names={
            str(v["id"]): str(v.get("description") or v["id"])
            for v in _objects(asked.get("vehicles")) if "id" in v
        },
    )  # fmt: skip
    rows: list[dict[str, Any]] = []
    for number, route in enumerate(content["routes"], start=1):
        rows += _route(route, number, len(rows), reading)
    for task in _objects(content.get("unassigned")):
        name = str(task.get("description") or task.get("id"))
        expected = f"every task in a route; {task.get('type', 'job')} {name} is unassigned "
        expected += "(keep whole_days brings the routes in without it)"
        reading.problems.append(Problem(str(path), "unassigned", 0, name, expected))
    if not rows and not reading.problems:
        raise InputError([Problem(str(path), "routes", expected="at least one route with steps")])
    missing = _placed(rows, places or Places({}), reading)
    notes = [f"amounts in {mass_unit}"]
    if problem is None:
        notes.append("mass of a step is the change of load: unloading and loading at once is net")
    notes += _said_of(content, asked)
    if any(row.get("_break") for row in rows):
        notes.append("breaks are time at the stop before them")
    for row in rows:
        row.pop("_break", None)
    return imported(
        "vroom", rows, problems=reading.problems, assume=assume or {},
        unplaced=unplaced_table(missing), notes=notes,
    )  # fmt: skip


def _said_of(content: Object, asked: Object) -> list[str]:
    """Return what a reader must know of a solution beside its stops."""
    routes = _objects(content.get("routes"))
    broken = sorted({
        str(violation.get("cause"))
        for part in [*routes, *(s for r in routes for s in _objects(r.get("steps")))]
        for violation in _objects(part.get("violations"))
    })  # fmt: skip
    notes = []
    if broken:
        notes.append(f"the solution breaks limits of its problem: {', '.join(broken)}")
    if any(route.get("geometry") for route in routes):
        notes.append("geometries are not used: the study finds the way between stops itself")
    moments = [
        _first_number(window) > _LATEST_S
        for task in _tasks(asked).values() for window in task.get("time_windows") or ()
    ]  # fmt: skip
    arrivals = [_first_number([s.get("arrival")]) > _LATEST_S
                for r in routes for s in _objects(r.get("steps"))]  # fmt: skip
    if moments and arrivals and any(moments) != any(arrivals):
        notes.append(
            "windows of the problem and times of the solution count differently (moments, and "
            "seconds of a day): no window could be used"
        )
    return notes


def _first_number(values: Any) -> float:
    first: Any = values[0] if isinstance(values, list) and values else None
    return float(first) if _is_number(first) else 0.0


def _check_settings(
    date: str | None, timezone: str | None, mass_unit: str, mass_dimension: int
) -> None:
    problems = []
    if (date is None) == (timezone is None):
        expected = "a date (times are seconds of that day) or a timezone (times are moments)"
        problems.append(Problem("vroom", "date", expected=expected))
    if mass_unit not in _MASS_UNITS:
        expected = "one of " + ", ".join(_MASS_UNITS)
        problems.append(Problem("vroom", "mass_unit", 0, mass_unit, expected))
    if mass_dimension < 0:
        problems.append(Problem("vroom", "mass_dimension", 0, str(mass_dimension), "0 or more"))
    if timezone is not None:
        try:
            ZoneInfo(timezone)
        except (KeyError, OSError, ValueError):
            expected = "an IANA time zone like America/Mexico_City"
            problems.append(Problem("vroom", "timezone", 0, timezone, expected))
    if problems:
        raise InputError(problems)


def _objects(value: Any) -> Iterable[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _tasks(asked: Object) -> dict[tuple[str, str], Object]:
    """Return the tasks of a problem by kind and id; both ends of a shipment carry its amount."""
    tasks: dict[tuple[str, str], Object] = {}
    for job in _objects(asked.get("jobs")):
        if "id" in job:
            tasks[("job", str(job["id"]))] = job
    for shipment in _objects(asked.get("shipments")):
        for end in ("pickup", "delivery"):
            task = shipment.get(end)
            if isinstance(task, dict) and "id" in task:
                tasks[(end, str(task["id"]))] = {**task, end: shipment.get("amount", [])}
    return tasks


def _route(route: Any, number: int, before: int, reading: _Reading) -> list[dict[str, Any]]:
    """Return the stops of one route; ``row`` counts the steps of the whole file."""
    steps = route.get("steps") if isinstance(route, dict) else None
    if not isinstance(steps, list) or not steps:
        expected = "a route with steps"
        reading.problems.append(Problem(reading.file, "routes", number, expected=expected))
        return []
    given = route.get("description")
    vehicle = reading.names.get(str(route.get("vehicle")), "") or str(given or route.get("vehicle"))
    rows: list[dict[str, Any]] = []
    first: float | None = None
    load = _amount(steps[0].get("load") if isinstance(steps[0], dict) else None, reading)
    for place, step in enumerate(steps, start=1):
        row_number = before + place
        if not isinstance(step, dict) or step.get("type") not in _STEPS:
            value = str(step.get("type") if isinstance(step, dict) else step)[:80]
            expected = "a step of type " + ", ".join(_STEPS)
            reading.problems.append(Problem(reading.file, "type", row_number, value, expected))
            step = {**(step if isinstance(step, dict) else {}), "type": "job"}
        arrival = _seconds(step, "arrival", row_number, reading)
        first = arrival if first is None else first
        after = _amount(step.get("load"), reading)
        if step["type"] == "break":
            if rows:
                rows[-1]["service_min"] = _sum(rows[-1]["service_min"], _minutes(step))
                rows[-1]["_break"] = True
            load = after if after is not None else load
            continue
        task = _task(step, reading)
        row = _stop(step, task, load, after, reading)
        load = after
        row |= {"file": reading.file, "row": row_number, "seq": len(rows), "vehicle_id": vehicle}
        row |= _times(step, task, arrival, first, start=not rows, reading=reading)
        rows.append(row)
    return rows


def _task(step: Object, reading: _Reading) -> Object:
    """Return the task of the problem that a step does, empty where it is not known."""
    identity = step.get("id", step.get("job"))
    return reading.tasks.get((step["type"], str(identity)), {})


def _stop(
    step: Object, task: Object, load: float | None, after: float | None, reading: _Reading
) -> dict[str, Any]:
    """Return place and mass of a step."""
    kind = step["type"]
    identity = step.get("id", step.get("job"))
    depot = kind in ("start", "end")
    name = step.get("description") or task.get("description")
    lon, lat = _location(step.get("location") or task.get("location"))
    row: dict[str, Any] = {
        "stop_id": str(name or (kind if identity is None else f"{kind}-{identity}")),
        "kind": "depot" if depot else "delivery", "lat": lat, "lon": lon,
        "service_min": _minutes(step), "drop_kg": None, "pickup_kg": None,
    }  # fmt: skip
    if depot:
        # What is still on board at the end is unloaded there.
        row["drop_kg"] = (load or 0.0) if kind == "end" else 0.0
    elif task:
        row["drop_kg"] = _amount(task.get("delivery", []), reading) or 0.0
        row["pickup_kg"] = _amount(task.get("pickup", []), reading)
    elif load is not None and after is not None:
        row["drop_kg"] = max(0.0, load - after)
        row["pickup_kg"] = max(0.0, after - load) or None
    return row


def _location(value: Any) -> tuple[float | None, float | None]:
    good = isinstance(value, list) and len(value) == 2 and all(map(_is_number, value))
    return (float(value[0]), float(value[1])) if good else (None, None)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _amount(amounts: Any, reading: _Reading) -> float | None:
    """Return the mass among amounts in kg, None where there is none."""
    if not isinstance(amounts, list) or len(amounts) <= reading.dimension:
        return None
    value = amounts[reading.dimension]
    return float(value) * reading.factor if _is_number(value) else None


def _minutes(step: Object) -> float:
    parts = (step.get("setup", 0), step.get("service", 0))
    return sum(float(part) for part in parts if _is_number(part)) / 60.0


def _sum(first: Any, second: float) -> float:
    return float(first or 0.0) + second


def _seconds(step: Object, name: str, row: int, reading: _Reading) -> float | None:
    value = step.get(name)
    if value is None:
        return None
    if not _is_number(value) or value < 0:
        expected = "seconds, a number of at least 0"
        reading.problems.append(Problem(reading.file, name, row, str(value)[:80], expected))
        return None
    if reading.timezone is not None and value > _LAST_MOMENT:
        expected = "seconds, where times are moments since 1970; these may be thousandths"
        reading.problems.append(Problem(reading.file, name, row, str(value)[:80], expected))
        return None
    return float(value)


def _times(
    step: Object, task: Object, arrival: float | None, first: float | None, *, start: bool,
    reading: _Reading,
) -> dict[str, Any]:  # fmt: skip
    """Return date, departure (of the first stop), window, and when the plan comes there."""
    midnight = 0.0
    date = reading.date or ""
    if reading.timezone is not None and first is not None:
        local = datetime.fromtimestamp(first, ZoneInfo(reading.timezone))
        date = local.date().isoformat()
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0).timestamp()
    if arrival is None:
        return {"date": date}
    out: dict[str, Any] = {"date": date, "planned_time": _clock(arrival - midnight)}
    if out["planned_time"] is None and reading.timezone is None:
        out["planned_time"] = f"{arrival:.0f} s"
    if start:
        waiting = step.get("waiting_time", 0)
        leave = arrival + (float(waiting) if _is_number(waiting) else 0.0)
        out["window_start"] = _clock(leave - midnight) or f"{leave:.0f} s: since 1970? say moments"
        return out
    for window in task.get("time_windows") or ():
        good = isinstance(window, list) and len(window) == 2 and all(map(_is_number, window))
        if good and arrival <= window[1]:
            # of several windows, the first that is still open on arrival
            out["window_start"] = _clock(window[0] - midnight)
            out["window_end"] = _clock(window[1] - midnight)
            break
    return out


def _clock(seconds: float) -> str | None:
    if not 0 <= seconds <= _LATEST_S:
        return None
    whole = round(seconds)
    return f"{whole // 3600:02d}:{whole % 3600 // 60:02d}:{whole % 60:02d}"


def _placed(rows: list[dict[str, Any]], places: Places, reading: _Reading) -> list[tuple[str, str]]:
    """Find places of steps without coordinates; return the names that nobody knows."""
    missing = []
    for row in rows:
        if row["lat"] is not None:
            continue
        found = places.find([row["stop_id"]])
        if found is not None:
            _, row["lat"], row["lon"] = found
            continue
        missing.append((row["stop_id"], ""))
        expected = f"a location, or a row {row['stop_id']!r} in the table of places"
        reading.problems.append(Problem(reading.file, "lat, lon", row["row"], "unknown", expected))
    return missing


def read_vroom_orders(
    problem: str | Path, *, mass_unit: str = "kg", mass_dimension: int = 0
) -> pd.DataFrame:
    """Read the jobs of a VROOM problem as orders of a day.

    Parameters
    ----------
    problem
        File with ``jobs``; times are seconds after midnight.
    mass_unit, mass_dimension
        As for :func:`read_vroom`.

    Returns
    -------
    pandas.DataFrame
        As in ``ORDER_SCHEMA``, checked.

    Raises
    ------
    InputError
        Jobs without coordinates, several windows, shipments (they do not begin at a depot), and
        whatever an order may not be.
    """
    from geofleet.redesign.orders import check_orders

    _check_settings("", None, mass_unit, mass_dimension)
    path = Path(problem)
    content = read_object(path)
    problems: list[Problem] = []
    reading = _Reading(
        file=str(path), date="", timezone=None, factor=_MASS_UNITS[mass_unit],
        dimension=mass_dimension, tasks={}, names={}, problems=problems,
    )  # fmt: skip
    if _objects(content.get("shipments")):
        expected = "jobs only: a shipment begins at a place of its own, an order at the depot"
        problems.append(Problem(str(path), "shipments", expected=expected))
    jobs = _objects(content.get("jobs"))
    if not jobs:
        problems.append(Problem(str(path), "jobs", expected="at least one job"))
    rows = []
    for number, job in enumerate(jobs, start=1):
        lon, lat = _location(job.get("location"))
        if lat is None:
            expected = "a location [lon, lat]"
            problems.append(Problem(str(path), "location", number, "unknown", expected))
        windows = job.get("time_windows") or [[None, None]]
        if len(windows) != 1 or not isinstance(windows[0], list) or len(windows[0]) != 2:
            expected = "one time window [begin, end] or none"
            problems.append(Problem(str(path), "time_windows", number, expected=expected))
            windows = [[None, None]]
        opens, closes = (_clock(t) if _is_number(t) else None for t in windows[0])
        rows.append({
            "order_id": str(job.get("description") or job.get("id", "")), "lat": lat, "lon": lon,
            "demand_kg": _amount(job.get("delivery", []), reading) or 0.0,
            "pickup_kg": _amount(job.get("pickup", []), reading) or 0.0,
            "service_min": _minutes(job), "window_start": opens, "window_end": closes,
        })  # fmt: skip
    if problems:
        raise InputError(problems)
    return check_orders(pd.DataFrame(rows), name=str(path))
