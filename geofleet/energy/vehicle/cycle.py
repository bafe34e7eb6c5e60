"""Drive cycles: speed over time, with the grade of the road and the load where they are known."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from geofleet.errors import InputError, Problem
from geofleet.schema import Column, TableSchema, read_csv, read_rows

__all__ = ["Cycle", "read_cycle"]

Floats = npt.NDArray[np.float64]

_SPEEDS = {"speed_m_s": 1.0, "mps": 1.0, "speed_kmh": 1.0 / 3.6}
_SHOWN = 5


@dataclass(frozen=True, slots=True, eq=False)
class Cycle:
    """Speed at moments in time; between two of them it changes evenly.

    Parameters
    ----------
    name
        What the cycle is called in tables and messages.
    time_s
        Moments, rising; at least two. Steps need not be even.
    speed_m_s
        Speed at each moment.
    grade
        Rise over horizontal run on the step that ends at each moment; level when not given.
    payload_kg
        Load on the step that ends at each moment, beside that of the conditions; none when not
        given. It may change at standstill only, since a load that comes aboard brings no motion.

    Raises
    ------
    InputError
        Every number that is no cycle: time that does not rise, a negative speed, a number that is
        missing or endless, a load that changes on the move.
    """

    name: str
    time_s: Floats
    speed_m_s: Floats
    grade: Floats | None = None
    payload_kg: Floats | None = None

    def __post_init__(self) -> None:
        for field in ("time_s", "speed_m_s", "grade", "payload_kg"):
            value = getattr(self, field)
            if value is None:
                value = np.zeros(np.size(self.time_s))
            value = np.array(value, dtype=np.float64)
            value.setflags(write=False)
            object.__setattr__(self, field, value)
        problems = _problems(self, f"cycle {self.name}")
        if problems:
            raise InputError(problems)

    @property
    def duration_s(self) -> float:
        """Time from the first moment to the last."""
        return float(self.time_s[-1] - self.time_s[0])

    @property
    def distance_m(self) -> float:
        """Length of the way."""
        mean = 0.5 * (self.speed_m_s[1:] + self.speed_m_s[:-1])
        return float(mean @ np.diff(self.time_s))


def read_cycle(path: str | Path, *, name: str | None = None) -> Cycle:
    """Read a cycle from a table with the columns ``time_s``, a speed, and perhaps more.

    Parameters
    ----------
    path
        Comma-separated table. The speed is ``speed_m_s``, ``mps`` or ``speed_kmh``; ``grade``
        (rise over run) and ``payload_kg`` may be there.
    name
        Name of the cycle; that of the file when not given.

    Raises
    ------
    InputError
        Every fault with its row: columns missing, cells that are no numbers, time going
        backwards, negative speed.
    """
    file = Path(path)
    header = [cell.strip() for cell in read_rows(file)[0]]
    speed = next((column for column in _SPEEDS if column in header), "speed_m_s")
    columns = [
        Column("time_s", "number", "moment", "s"),
        Column(speed, "number", "speed at the moment", "km/h" if speed[-3:] == "kmh" else "m/s"),
        Column("grade", "number", "rise over run", required=False),
        Column("payload_kg", "number", "load", "kg", required=False),
    ]
    frame = read_csv(file, TableSchema("cycle", "Drive cycle", tuple(columns)))
    rows = [
        number for number, cells in enumerate(read_rows(file)[1:], 2) if any(map(str.strip, cells))
    ]
    values = {
        "time_s": frame["time_s"].to_numpy(float),
        "speed_m_s": frame[speed].to_numpy(float) * _SPEEDS[speed],
    }
    values |= {
        field: frame[field].to_numpy(float) for field in ("grade", "payload_kg") if field in frame
    }
    try:
        return Cycle(name or file.stem, **values)
    except InputError as error:
        named = {"speed_m_s": speed}
        raise InputError(
            Problem(
                str(file), named.get(p.field, p.field), rows[p.row - 1] if p.row else 0, p.value,
                p.expected,
            )
            for p in error.problems
        ) from None  # fmt: skip


def _problems(cycle: Cycle, file: str) -> list[Problem]:
    """Find everything that is no cycle; rows count from 1."""
    time, speed, grade, load = cycle.time_s, cycle.speed_m_s, cycle.grade, cycle.payload_kg
    assert grade is not None
    assert load is not None
    size = time.size
    found = []
    for field, value in (
        ("time_s", time),
        ("speed_m_s", speed),
        ("grade", grade),
        ("payload_kg", load),
    ):
        if value.ndim != 1 or value.size != size:
            expected = f"one number per moment, {size} in a row"
            found.append(Problem(file, field, 0, str(value.shape), expected))
        else:
            found += _faults(file, field, value, ~np.isfinite(value), "a finite number")
    if size < 2:
        found.append(Problem(file, "time_s", 0, str(size), "at least two moments"))
    if found:
        return found
    step = np.diff(time, prepend=time[0] - 1.0)
    found += _faults(file, "time_s", time, step <= 0.0, "a moment later than the one before")
    found += _faults(file, "speed_m_s", speed, speed < 0.0, "a speed of at least 0")
    found += _faults(file, "payload_kg", load, load < 0.0, "a load of at least 0")
    moving = np.zeros(size, dtype=bool)
    moving[2:] = (np.diff(load)[1:] != 0.0) & (speed[1:-1] > 0.0)
    found += _faults(file, "payload_kg", load, moving, "a load that changes at standstill only")
    return found


def _faults(
    file: str, field: str, value: Floats, wrong: npt.NDArray[np.bool_], expected: str
) -> list[Problem]:
    places = np.flatnonzero(wrong)
    problems = [
        Problem(file, field, int(i) + 1, f"{value[i]:g}", expected) for i in places[:_SHOWN]
    ]
    if places.size > _SHOWN:
        more = f"{expected}; {places.size - _SHOWN} more rows have the same fault"
        problems.append(Problem(file, field, int(places[_SHOWN]) + 1, "", more))
    return problems
