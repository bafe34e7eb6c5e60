"""Tracks of GPX files, of 1.0 and 1.1, read as a stream: the larger file takes no more memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from xml.parsers import expat

import pandas as pd

from geofleet.energy.pilot.telematics import check_telematics
from geofleet.errors import InputError, Problem
from geofleet.interchange.fix_order import in_order

__all__ = ["read_gpx_positions"]

_DEEPEST = 60
_SHOWN = 5
_LONGEST = 1000  # marks of a name or a time; no device writes more
_LIMITS = {"lat": 90.0, "lon": 180.0}
_INSIDE = {("trk", "name"), ("trkpt", "time")}


def read_gpx_positions(path: Path, *, vehicle_id: str | None) -> tuple[pd.DataFrame, list[str]]:
    """Read the points of the tracks of one file.

    Parameters
    ----------
    path
        The file. Points without a time are passed over where others have one.
    vehicle_id
        Of all tracks; if None, a track belongs to the vehicle of its name, else of the file's.

    Returns
    -------
    pandas.DataFrame
        As :func:`geofleet.energy.pilot.check_telematics` returns it; ``row`` is the number of the
        point in the file.
    list of str
        What was understood how, and left out.

    Raises
    ------
    InputError
        No GPX, no track, no times, places off the globe, two places far apart at one time; a
        document type or an entity.
    """
    file = str(path)
    found = _parsed(path)
    problems = found.problems()
    if problems:
        raise InputError(Problem(file, *problem) for problem in problems)
    table = pd.DataFrame(found.points, columns=["row", "vehicle_id", "time", "lat", "lon"])
    notes = []
    if found.timeless:
        notes.append(f"{file}: {found.timeless} points without a time are passed over")
    if found.zoneless:
        notes.append(f"{file}: times that name no zone are UTC, as GPX says")
    table["vehicle_id"] = vehicle_id or table["vehicle_id"].replace("", path.stem)
    names = list(dict.fromkeys(table["vehicle_id"]))
    if vehicle_id is None and len(names) > 1:
        shown = ", ".join(map(repr, names[:_SHOWN]))
        notes.append(f"{file}: {len(names)} vehicles, by the names of tracks: {shown}")
    said: list[str] = []
    table = in_order(table, said, file)
    checked = check_telematics(
        table.drop(columns="row"), file=file, rows=table["row"].tolist(), electric=False
    )
    said += [f"{name}: {count}" for name, count in checked.cleaned.items()]
    return checked.frame, [*notes, *(f"{file}: {note}" for note in said)]


@dataclass
class _Found:
    """What the stream has told so far."""

    root: str = ""
    points: list[tuple[int, str, str, float, float]] = field(default_factory=list)
    faults: dict[str, list[tuple[str, int, str, str]]] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    timeless: int = 0
    zoneless: int = 0

    def fault(self, name: str, row: int, value: str, expected: str) -> None:
        self.faults.setdefault(name, []).append((name, row, value[:80], expected))

    def problems(self) -> list[tuple[str, int, str, str]]:
        """Return field, row, value and what was expected of each thing wrong."""
        if self.root != "gpx":
            return [("", 0, self.root[:80], "a GPX file, with the root element gpx")]
        out = []
        for name, faults in self.faults.items():
            out += faults[:_SHOWN]
            if len(faults) > _SHOWN:
                more = f"{faults[0][3]}; {len(faults) - _SHOWN} more points have the same fault"
                out.append((name, 0, "", more))
        if out or len(self.points) > self.timeless:
            return out
        if self.timeless:
            expected = (
                "a time on each track point; this track was drawn or planned, not recorded, or its "
                "times were taken out: export it with times"
            )
            value = f"{self.timeless} of {self.timeless + len(self.points)} points without"
            return [("time", 0, value, expected)]
        kinds = {"wpt": "waypoints", "rtept": "points of a planned route"}
        other = [f"{self.counts[n]} {word}" for n, word in kinds.items() if self.counts.get(n)]
        expected = "a recorded track (trk) with points"
        if other:
            expected += f"; the file has only {' and '.join(other)}, which have no times of driving"
        return [("trk", 0, "", expected)]


def _parsed(path: Path) -> _Found:
    found = _Found()
    open_names: list[str] = []
    texts: list[str] = []
    track = ""
    attributes: dict[str, str] = {}
    moment = ""
    row = 0

    def refuse(*_: object) -> int:
        raise _RefusedError("no document type and no entities: they are refused unread")

    def begin(name: str, given: dict[str, str]) -> None:
        nonlocal track, attributes, moment, row
        name = name.rpartition(" ")[2]
        if len(open_names) >= _DEEPEST:
            raise _RefusedError(f"elements at most {_DEEPEST} deep")
        found.root = found.root or name
        open_names.append(name)
        texts.clear()
        if name == "trk":
            track = ""
        elif name == "trkpt":
            attributes, moment = given, ""
            row += 1
        elif name in ("wpt", "rtept"):
            found.counts[name] = found.counts.get(name, 0) + 1

    def end(_: str) -> None:
        nonlocal track, moment
        name = open_names.pop()
        inside = (open_names[-1] if open_names else "", name)
        if inside == ("trk", "name"):
            track = "".join(texts).strip()
        elif inside == ("trkpt", "time"):
            moment = "".join(texts).strip()
        elif name == "trkpt":
            _point(found, row, track, moment, attributes)

    def text(data: str) -> None:
        if tuple(open_names[-2:]) in _INSIDE and sum(map(len, texts)) < _LONGEST:
            texts.append(data)

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = begin, end
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.ExternalEntityRefHandler = refuse
    try:
        with path.open("rb") as stream:
            parser.ParseFile(stream)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise InputError([Problem(str(path), expected=f"a readable file ({reason})")]) from None
    except _RefusedError as error:
        line = parser.CurrentLineNumber
        raise InputError([Problem(str(path), row=line, expected=str(error))]) from None
    except expat.ExpatError as error:
        words = f"a whole GPX file ({expat.ErrorString(error.code)})"
        raise InputError([Problem(str(path), row=error.lineno, expected=words)]) from None
    except (ValueError, LookupError) as error:
        words = f"XML in an encoding that can be read ({' '.join(str(error).split())[:80]})"
        raise InputError([Problem(str(path), expected=words)]) from None
    return found


class _RefusedError(Exception):
    """What no track holds."""


def _point(found: _Found, row: int, track: str, moment: str, attributes: dict[str, str]) -> None:
    places = []
    for name, limit in _LIMITS.items():
        cell = attributes.get(name, "")
        try:
            value = float(cell)
        except ValueError:
            value = float("nan")
        if not abs(value) <= limit or "_" in cell:
            found.fault(name, row, cell, f"degrees from -{limit:g} to {limit:g}, with a point")
            return
        places.append(value)
    if not moment:
        found.timeless += 1
        return
    try:
        time = datetime.fromisoformat(moment)
    except ValueError:
        found.fault("time", row, moment, "a moment like 2024-05-14T08:30:00Z")
        return
    if time.tzinfo is None:
        found.zoneless += 1
        moment = f"{time.isoformat()}Z"
    else:
        moment = time.isoformat()
    found.points.append((row, track, moment, places[0], places[1]))
