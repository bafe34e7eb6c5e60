"""Commands of a study: run, demo, check, init."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from geofleet.cli.app import Folder, Json, Quiet, app
from geofleet.cli.printing import (
    EXIT_BAD_INPUT,
    print_next,
    print_problems,
    print_summary,
    progress_bars,
    reported,
)


@app.command()
def run(
    study: Folder,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Result folder; STUDY/results if not set.")
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Run a study: roads and routes to emissions, exposure, feasibility, layers and map."""
    _run(study, output or study / "results", as_json, quiet)


@app.command()
def demo(
    output: Annotated[Path, typer.Option("--output", "-o", help="Result folder.")] = Path(
        "geofleet-demo"
    ),
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Run the bundled study: La Serena and Coquimbo, Chile, with a synthetic freight day."""
    from geofleet.bundled import bundled_study

    with reported(as_json):
        study = bundled_study()
    _run(study, output, as_json, quiet)


@app.command()
def check(study: Folder, as_json: Json = False, quiet: Quiet = False) -> None:
    """Check all inputs of a study and list every problem at once; writes nothing."""
    with reported(as_json), progress_bars(show=not (as_json or quiet)) as progress:
        from geofleet.study import Study

        problems = Study.check_folder(study, progress=progress)
    if problems:
        print_problems(problems, as_json)
        if not as_json and (study / "README.txt").is_file():
            typer.echo(f"{study / 'README.txt'} explains each column", err=True)
        raise typer.Exit(EXIT_BAD_INPUT)
    if as_json:
        typer.echo(json.dumps({"problems": []}))
    else:
        typer.echo(f"{study}: no problem found")
        print_next("geofleet run", study)


@app.command()
def init(
    name: Annotated[str, typer.Argument(help="Folder of the new study; its last part names it.")],
    place: Annotated[
        str | None, typer.Option(help="Place whose roads to load, e.g. 'Coyoacán, Mexico'.")
    ] = None,
    osm: Annotated[
        Path | None, typer.Option(help="OpenStreetMap file (.osm.pbf, .osm, .bz2, .gz).")
    ] = None,
    country: Annotated[
        str | None,
        typer.Option(help="Two letters (MX) or name; decides speeds, fuel, engines, grid."),
    ] = None,
    timezone: Annotated[
        str | None,
        typer.Option(help="Clock, e.g. America/Mexico_City; not needed if the country has one."),
    ] = None,
    overpass_url: Annotated[str | None, typer.Option(help="Overpass address.")] = None,
    nominatim_url: Annotated[str | None, typer.Option(help="Nominatim address.")] = None,
    timeout_s: Annotated[float | None, typer.Option(help="Longest wait for an answer.")] = None,
    cache: Annotated[Path | None, typer.Option(help="Folder to keep answers in.")] = None,
    as_json: Json = False,
) -> None:
    """Start a new study from a place (loaded live) or from an OpenStreetMap file."""
    if (place is None) == (osm is None):
        raise typer.BadParameter("give exactly one of --place and --osm")
    with reported(as_json), progress_bars(show=not as_json) as progress:
        from geofleet.outputs.new_study import new_study

        settings = {
            "overpass_url": overpass_url,
            "nominatim_url": nominatim_url,
            "timeout_s": timeout_s,
            "cache_folder": cache,
        }
        folder = new_study(
            Path(name), place=place, osm=osm, country=country, timezone=timezone,
            live={key: value for key, value in settings.items() if value is not None},
            progress=(lambda part: progress("Roads", part)) if progress else None,
        )  # fmt: skip
    if as_json:
        typer.echo(json.dumps({"study": str(folder)}))
    else:
        typer.echo(f"New study in {folder}; {folder / 'README.txt'} explains its tables")
        if country is None:
            typer.echo("note: no country given: world-wide values; see study.yaml")
        print_next("fill in the tables, then: geofleet check", folder)


def _run(study: Path, output: Path, as_json: bool, quiet: bool) -> None:
    with reported(as_json), progress_bars(show=not (as_json or quiet)) as progress:
        from geofleet.outputs.run import check_output, write_results
        from geofleet.study import Study

        opened = Study.open(study)
        check_output(opened, output)
        results = opened.run(stored=output / "exposure", progress=progress)
        files = write_results(results, output, progress=progress)
    if as_json:
        summary = results.summary() | {"files": [str(path) for path in files]}
        typer.echo(json.dumps(summary, ensure_ascii=False, indent=2))
    else:
        print_summary(results, files)
