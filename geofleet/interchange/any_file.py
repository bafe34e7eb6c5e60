"""Files of any kind that is known, told apart by their ending or by the user's word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from geofleet.errors import InputError, Problem
from geofleet.interchange.model import Imported
from geofleet.interchange.places import Places
from geofleet.interchange.sheets import SheetMapping

__all__ = ["KINDS", "kind_of", "read_any"]

KINDS = {
    "stops": "a sheet of stops, .csv or .xlsx",
    "gps": "GPS traces, .gpx, or telematics, .csv",
    "vroom": "a solution of VROOM, .json",
    "carta_porte": "Carta Porte 3.1, .xml",
}
_ENDINGS = {
    ".csv": "stops", ".txt": "stops", ".tsv": "stops", ".xlsx": "stops", ".xlsm": "stops",
    ".gpx": "gps", ".json": "vroom", ".xml": "carta_porte",
}  # fmt: skip


def kind_of(paths: Sequence[Path], kind: str | None = None) -> str:
    """Return the kind of files: the one given, else that of their ending (``.csv`` is stops).

    Raises
    ------
    InputError
        An unknown kind or ending, files of several kinds.
    """
    if kind is not None:
        if kind not in KINDS:
            raise InputError([Problem("import", "kind", 0, kind, "one of " + ", ".join(KINDS))])
        return kind
    found = {str(path): _ENDINGS.get(path.suffix.lower()) for path in paths}
    unknown = [path for path, own in found.items() if own is None]
    if unknown:
        expected = "a file ending with " + ", ".join(_ENDINGS) + ", or its kind given"
        raise InputError(Problem(path, expected=expected) for path in unknown)
    kinds = sorted({own for own in found.values() if own is not None})
    if len(kinds) != 1:
        expected = "files of one kind at a time, not of " + (", ".join(kinds) or "none")
        raise InputError([Problem("import", "kind", expected=expected)])
    return kinds[0]


def read_any(
    paths: Sequence[Path],
    *,
    timezone: str,
    kind: str | None = None,
    mapping: SheetMapping | None = None,
    places: Places | None = None,
    assume: Mapping[str, Any] | None = None,
    problem: Path | None = None,
    date: str | None = None,
    moments: bool = False,
    mass_unit: str = "kg",
) -> Imported:
    """Read files of one kind, see :data:`KINDS`.

    Parameters
    ----------
    timezone
        Of the study.
    mapping
        How sheets, and tables of telematics, are to be read.
    places
        Positions of places.
    assume
        Values of stops that no file tells.
    problem, date, moments, mass_unit
        Of VROOM: the problem solved; the service date, where times are seconds of that day;
        whether they are moments instead; the unit of the amounts.
    """
    from geofleet.interchange.carta_porte import read_carta_porte
    from geofleet.interchange.fixes import read_gps_stops
    from geofleet.interchange.stop_sheets import read_stop_sheet
    from geofleet.interchange.vroom import read_vroom

    chosen = kind_of(paths, kind)
    sheet = mapping or SheetMapping()
    assumed = {**sheet.assume, **(assume or {})}
    if chosen == "stops":
        return read_stop_sheet(paths, replace(sheet, assume=assumed), places=places)
    if chosen == "gps":
        return read_gps_stops(paths, timezone=timezone, mapping=sheet, assume=assumed)
    if chosen == "carta_porte":
        return read_carta_porte(paths, places=places, assume=assumed)
    if len(paths) != 1:
        raise InputError([Problem("import", expected="one solution of VROOM at a time")])
    return read_vroom(
        paths[0], problem, date=date, timezone=timezone if moments else None, places=places,
        mass_unit=mass_unit, assume=assumed,
    )  # fmt: skip
