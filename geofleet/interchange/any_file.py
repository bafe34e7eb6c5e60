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
    "carta_porte": "Carta Porte 3.1 or 3.0, .xml, folders and .zip archives of it",
}
_ENDINGS = {
    ".csv": "stops", ".txt": "stops", ".tsv": "stops", ".xlsx": "stops", ".xlsm": "stops",
    ".gpx": "gps", ".json": "vroom", ".xml": "carta_porte", ".zip": "carta_porte",
}  # fmt: skip
_INSTEAD = {
    **dict.fromkeys((".xls", ".xlsb", ".ods", ".numbers"), "the sheet saved as .xlsx or .csv"),
    **dict.fromkeys((".kml", ".kmz", ".fit", ".tcx", ".nmea", ".plt"),
                    "the track exported as .gpx, or as a table .csv"),
    **dict.fromkeys((".geojson", ".shp", ".gpkg", ".parquet"), "the table saved as .csv or .xlsx"),
    **dict.fromkeys((".pdf", ".doc", ".docx", ".html", ".htm", ".jpg", ".png"),
                    "the file that this was printed from: .xlsx, .csv, .gpx, .json or .xml"),
    **dict.fromkeys((".rar", ".7z", ".gz", ".tar"), "the files unpacked"),
}  # fmt: skip
"""What to give in place of files that are not read."""


def kind_of(paths: Sequence[Path], kind: str | None = None) -> str:
    """Return the kind of files: the one given, else that of their ending (``.csv`` is stops).

    Raises
    ------
    InputError
        An unknown kind or ending, files of several kinds, a folder without files of any.
    """
    if kind is not None:
        if kind not in KINDS:
            raise InputError([Problem("import", "kind", 0, kind, "one of " + ", ".join(KINDS))])
        return kind
    found = {str(path): _kind(path) for path in paths}
    unknown = [path for path, own in found.items() if own is None]
    if unknown:
        expected = "a file ending with " + ", ".join(_ENDINGS) + ", or its kind given"
        raise InputError(
            Problem(path, expected=_INSTEAD.get(Path(path).suffix.lower(), expected))
            for path in unknown
        )
    kinds = sorted({own for own in found.values() if own is not None})
    if len(kinds) != 1:
        expected = "files of one kind at a time, not of " + (", ".join(kinds) or "none")
        raise InputError([Problem("import", "kind", expected=expected)])
    return kinds[0]


def _kind(path: Path) -> str | None:
    """Return the kind of a file, or that of the files in a folder where they are of one kind."""
    if not path.is_dir():
        return _ENDINGS.get(path.suffix.lower())
    kinds = {_ENDINGS.get(p.suffix.lower()) for p in path.rglob("*") if p.is_file()} - {None}
    if len(kinds) != 1:
        expected = "a folder with files of one kind, or the kind given; it has " + (
            ", ".join(sorted(map(str, kinds))) or "none that are known"
        )
        raise InputError([Problem(str(path), "kind", expected=expected)])
    return kinds.pop()


def files_of(paths: Sequence[Path], kind: str) -> list[Path]:
    """Return paths with folders replaced by the files of a kind in them, in the order of names.

    Folders of Carta Porte stay: what they hold is looked through document by document.

    Raises
    ------
    InputError
        A folder without such files.
    """
    if kind == "carta_porte":
        return list(paths)
    endings = {ending for ending, own in _ENDINGS.items() if own == kind}
    endings |= {".csv", ".xlsx", ".xlsm", ".txt", ".tsv"} if kind == "gps" else set()
    out: list[Path] = []
    for path in paths:
        if not path.is_dir():
            out.append(path)
            continue
        inside = sorted(
            p for p in path.rglob("*")
            if p.suffix.lower() in endings and p.is_file() and not p.name.startswith((".", "~$"))
        )  # fmt: skip
        if not inside:
            expected = "a folder with files ending with " + ", ".join(sorted(endings))
            raise InputError([Problem(str(path), expected=expected)])
        out += inside
    return out


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
    """Read files of one kind, see :data:`KINDS`; a folder stands for the files of it inside.

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
    paths = files_of(paths, chosen)
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
