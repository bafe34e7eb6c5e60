"""Commands that bring files of other programs in, and write files for them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from geofleet.cli.app import Folder, Json, Quiet, app
from geofleet.cli.parsing import as_options, pairs
from geofleet.cli.printing import one_line, progress_bars, reported


@app.command("import")
def import_files(
    files: Annotated[list[Path], typer.Argument(help="Files of one kind, or folders of them.")],
    into: Annotated[Path, typer.Option("--into", help="Study folder.")],
    kind: Annotated[
        str | None, typer.Option(help="stops, gps, vroom or carta_porte; by the ending if not set.")
    ] = None,
    mapping: Annotated[
        Path | None, typer.Option(help="How to read sheets (YAML): columns, units, decimal, dates…")
    ] = None,
    column: Annotated[
        list[str] | None, typer.Option(help="Heading of a column: stop_id=Cliente; may repeat.")
    ] = None,
    unit: Annotated[
        list[str] | None, typer.Option(help="Unit of a column: drop_kg=t; may repeat.")
    ] = None,
    decimal: Annotated[str | None, typer.Option(help="point (1,234.5) or comma (1.234,5).")] = None,
    dates: Annotated[str | None, typer.Option(help="iso, day_first or month_first.")] = None,
    encoding: Annotated[
        str | None, typer.Option(help="Of text files that are not UTF-8: cp1252 for instance.")
    ] = None,
    vehicle: Annotated[
        str | None,
        typer.Option(help="Vehicle of all rows, or tracks of GPX, where the files name none."),
    ] = None,
    sheet: Annotated[str | None, typer.Option(help="Sheet of a workbook; * for all.")] = None,
    depot: Annotated[
        str | None, typer.Option(help="Place where each day begins and ends, of --places.")
    ] = None,
    first_is_depot: Annotated[
        bool, typer.Option("--first-is-depot", help="The first stop of each day is its depot.")
    ] = False,
    places: Annotated[
        Path | None, typer.Option(help="Positions of places: place_id,lat,lon (CSV).")
    ] = None,
    assume: Annotated[
        list[str] | None,
        typer.Option(help="Value that no file tells: service_min=10, fuel=diesel; may repeat."),
    ] = None,
    keep: Annotated[
        str, typer.Option(help="all: any problem stops it. whole_days: broken days stay out.")
    ] = "all",
    mode: Annotated[str, typer.Option(help="add to the study's stops, or replace them.")] = "add",
    date: Annotated[
        str | None,
        typer.Option(help="Service date, where no file tells it (VROOM, sheets)."),
    ] = None,
    problem: Annotated[
        Path | None, typer.Option(help="VROOM: the problem that was solved.")
    ] = None,
    moments: Annotated[
        bool, typer.Option("--moments", help="VROOM: times are seconds since 1970.")
    ] = False,
    mass_unit: Annotated[str, typer.Option(help="VROOM: unit of the amounts.")] = "kg",
    unplaced: Annotated[
        Path | None, typer.Option(help="Write places without position here (CSV to fill in).")
    ] = None,
    as_json: Json = False,
) -> None:
    """Bring stops of sheets, GPS, VROOM or Carta Porte into a study's tables, whole or not."""
    for name, value, choices in (
        ("--keep", keep, ("all", "whole_days")), ("--mode", mode, ("add", "replace")),
    ):  # fmt: skip
        if value not in choices:
            raise typer.BadParameter("expected " + " or ".join(choices), param_hint=name)
    with (
        _listed(unplaced, say=not as_json),
        reported(as_json, reword=as_options, unchanged="the study is as it was"),
    ):
        from geofleet.interchange import import_into_study

        settings = {
            "decimal": decimal, "dates": dates, "sheet": sheet, "depot": depot, "date": date,
            "encoding": encoding, "vehicle_id": vehicle,
            "first_is_depot": first_is_depot or None,
        }  # fmt: skip
        done = import_into_study(
            files, into, kind=kind, mapping=mapping, columns=pairs(column, "--column"),
            units=pairs(unit, "--unit"), places=places, assume=pairs(assume, "--assume"),
            keep=keep, mode=mode, problem=problem, moments=moments, mass_unit=mass_unit,
            unplaced=unplaced,
            settings={name: value for name, value in settings.items() if value is not None},
        )  # fmt: skip
    if as_json:
        typer.echo(json.dumps(done.report(), ensure_ascii=False, indent=2))
        return
    for note in done.notes:
        typer.echo(f"note: {one_line(note)}")
    for left in done.left_out:
        typer.echo(f"left out: {one_line(str(left))}", err=True)
    typer.echo(
        f"{done.stops} stops of {done.vehicle_days} vehicle-days, {len(done.vehicles)} new "
        f"vehicles, {len(done.operators)} new operators; next: geofleet check {into}"
    )
    for path in done.files:
        typer.echo(str(path))


@contextmanager
def _listed(unplaced: Path | None, *, say: bool) -> Iterator[None]:
    """Say where the places to fill in are, where an import that fails has written them."""

    def written() -> int:
        return unplaced.stat().st_mtime_ns if unplaced is not None and unplaced.is_file() else 0

    before = written()
    try:
        yield
    except typer.Exit:
        if say and written() != before:
            typer.echo(f"places to fill in: {unplaced}", err=True)
        raise


@app.command("export")
def export_files(
    study: Folder,
    form: Annotated[
        str,
        typer.Option("--format", help="gmns, vroom, iso14083, geojson, parquet, gpkg or csv."),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to write into.")],
    results: Annotated[
        Path | None, typer.Option(help="Folder that a run wrote; STUDY/results if not set.")
    ] = None,
    layer: Annotated[
        list[str] | None, typer.Option(help="Layer to write; may repeat; all if none.")
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Write a study's roads, day, layers or statement in the format of another program."""
    with reported(as_json), progress_bars(show=not (as_json or quiet)) as progress:
        from geofleet.outputs.exports import export_study

        files = export_study(
            study, form, output, results=results, layers=layer or (), progress=progress
        )
    if as_json:
        typer.echo(json.dumps({"files": [str(path) for path in files]}, ensure_ascii=False))
    else:
        for path in files:
            typer.echo(str(path))
