"""From files of any known kind into a study: read, look places up, write."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, Literal, cast

from geofleet.config import read_config
from geofleet.errors import InputError, Problem
from geofleet.fleet.model import OPERATOR_SCHEMA, VEHICLE_SCHEMA
from geofleet.interchange.any_file import read_any
from geofleet.interchange.into_study import Written, write_into_study
from geofleet.interchange.model import ASSUMABLE, Imported
from geofleet.interchange.places import read_places, write_unplaced
from geofleet.interchange.sheets import SheetMapping, read_mapping

__all__ = ["import_into_study"]


def import_into_study(
    files: Sequence[str | Path],
    study: str | Path,
    *,
    kind: str | None = None,
    mapping: str | Path | None = None,
    columns: Mapping[str, str] | None = None,
    units: Mapping[str, str] | None = None,
    settings: Mapping[str, Any] | None = None,
    places: str | Path | None = None,
    assume: Mapping[str, Any] | None = None,
    keep: str = "all",
    mode: str = "add",
    problem: str | Path | None = None,
    moments: bool = False,
    mass_unit: str = "kg",
    unplaced: str | Path | None = None,
) -> Written:
    """Bring files of one kind into the tables of a study.

    Parameters
    ----------
    files, kind
        The files, and what they are (``stops``, ``gps``, ``vroom``, ``carta_porte``); by their
        ending when not given.
    study
        Folder with ``study.yaml``; its time zone is that of the files.
    mapping
        File that says how sheets are read.
    columns, units, settings
        Parameters of :class:`SheetMapping` by hand; they go before those of the file.
    places
        Table of positions of places.
    assume
        What the files do not tell: columns of stops (``service_min``, ``drop_kg`` …), of new
        vehicles (``fuel``, ``standard``, ``payload_capacity_kg`` …) and operators.
    keep, mode
        As for :func:`write_into_study`.
    problem, moments, mass_unit
        Of VROOM, see :func:`geofleet.interchange.any_file.read_any`.
    unplaced
        Where to write the table of places without position, if there are any.

    Raises
    ------
    InputError
        Every problem; nothing is then written but ``unplaced``.
    """
    config = read_config(Path(study))
    of_stops, of_fleet = _assumptions(assume or {})
    chosen = _mapping(mapping, columns or {}, units or {}, settings or {})
    found = read_any(
        [Path(file) for file in files], timezone=config.timezone, kind=kind, mapping=chosen,
        places=None if places is None else read_places(places), assume=of_stops,
        problem=None if problem is None else Path(problem), date=chosen.date, moments=moments,
        mass_unit=mass_unit,
    )  # fmt: skip
    _write_unplaced(found, unplaced)
    return write_into_study(
        found, study, keep=cast(Literal["all", "whole_days"], keep),
        mode=cast(Literal["add", "replace"], mode), assume=of_fleet,
    )  # fmt: skip


def _assumptions(assume: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what is assumed of stops, and of vehicles and operators."""
    fleet = {c.name for schema in (VEHICLE_SCHEMA, OPERATOR_SCHEMA) for c in schema.columns}
    wrong = sorted(set(assume) - fleet - set(ASSUMABLE))
    if wrong:
        expected = "of " + ", ".join((*ASSUMABLE, *sorted(fleet)))
        raise InputError(Problem("import", "assume", 0, name, expected) for name in wrong)
    stops = {name: value for name, value in assume.items() if name in ASSUMABLE}
    return stops, {name: value for name, value in assume.items() if name not in ASSUMABLE}


def _mapping(
    file: str | Path | None, columns: Mapping[str, str], units: Mapping[str, str],
    settings: Mapping[str, Any],
) -> SheetMapping:  # fmt: skip
    base = SheetMapping() if file is None else read_mapping(file)
    known = {field.name for field in fields(SheetMapping)}
    wrong = sorted(set(settings) - known)
    if wrong:
        expected = "a setting of a mapping: " + ", ".join(sorted(known))
        raise InputError(Problem("import", name, expected=expected) for name in wrong)
    return replace(
        base, columns={**base.columns, **columns}, units={**base.units, **units}, **settings
    )


def _write_unplaced(found: Imported, path: str | Path | None) -> None:
    if path is not None and len(found.unplaced):
        write_unplaced(found.unplaced, path)
