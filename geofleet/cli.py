"""The command line: arguments in, files and a summary out. No logic of its own."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from geofleet.results import Results

__all__ = ["app", "main"]

EXIT_BAD_INPUT = 3
EXIT_SERVICE = 4
EXIT_DISK = 5
EXIT_STOPPED = 130

app = typer.Typer(
    name="geofleet",
    help="Which trucks to clean up or electrify first: freight emissions, exposure and electric "
    "feasibility on real streets.",
    epilog="Exit codes: 0 done, 1 internal error, 2 wrong arguments, 3 inputs with problems, "
    "4 a map or geocoding service failed, 5 a file could not be written, "
    "130 stopped by Ctrl-C.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Folder = Annotated[Path, typer.Argument(help="Study folder, the one that holds study.yaml.")]
Json = Annotated[bool, typer.Option("--json", help="Print machine-readable JSON only.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress bars.")]


def main() -> None:
    """Run the command line and exit with its code."""
    # As on Ctrl-C, a run that is told to end takes its unfinished files with it.
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    app()


@app.callback(invoke_without_command=True)
def _root(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    if version:
        from geofleet import __version__

        typer.echo(__version__)
        raise typer.Exit


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

    with _reported(as_json):
        study = bundled_study()
    _run(study, output, as_json, quiet)


@app.command()
def check(study: Folder, as_json: Json = False, quiet: Quiet = False) -> None:
    """Check all inputs of a study and list every problem at once; writes nothing."""
    with _reported(as_json), _progress(show=not (as_json or quiet)) as progress:
        from geofleet.study import Study

        problems = Study.check_folder(study, progress=progress)
    if problems:
        _print_problems(problems, as_json)
        raise typer.Exit(EXIT_BAD_INPUT)
    typer.echo(json.dumps({"problems": []}) if as_json else f"{study}: no problem found")


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
        str | None, typer.Option(help="ISO 3166 code, for speeds where none is tagged.")
    ] = None,
    timezone: Annotated[str, typer.Option(help="IANA time zone of the study.")] = "UTC",
    overpass_url: Annotated[str | None, typer.Option(help="Overpass address.")] = None,
    nominatim_url: Annotated[str | None, typer.Option(help="Nominatim address.")] = None,
    timeout_s: Annotated[float | None, typer.Option(help="Longest wait for an answer.")] = None,
    cache: Annotated[Path | None, typer.Option(help="Folder to keep answers in.")] = None,
    as_json: Json = False,
) -> None:
    """Start a new study from a place (loaded live) or from an OpenStreetMap file."""
    if (place is None) == (osm is None):
        raise typer.BadParameter("give exactly one of --place and --osm")
    with _reported(as_json), _progress(show=not as_json) as progress:
        from geofleet.new_study import new_study

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
        typer.echo(f"New study in {folder}. Fill in its tables, then: geofleet check {folder}")


@app.command()
def price(
    study: Folder,
    origin: Annotated[str, typer.Option("--from", help="Longitude,latitude of the start.")],
    destination: Annotated[str, typer.Option("--to", help="Longitude,latitude of the end.")],
    vehicle_class: Annotated[str, typer.Option("--class", help="Vehicle class, e.g. rigid_12t.")],
    hour: Annotated[int, typer.Option(min=0, max=23, help="Local hour of departure.")],
    max_detour: Annotated[
        float | None, typer.Option(help="Longest time of a route over that of the fastest.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder; STUDY/prices if not set.")
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Price a trip: fastest, cheapest and least-harm routes, their frontier, other hours."""
    start, end = _point(origin, "--from"), _point(destination, "--to")
    folder = output or study / "prices"
    with _reported(as_json), _progress(show=not (as_json or quiet)) as progress:
        from geofleet.study import Study
        from geofleet.study_prices import study_prices, write_trip

        opened = Study.open(study)
        prices = study_prices(opened, stored=folder / "exposure", progress=progress)
        trip = prices.trip(start, end, vehicle_class, hour=hour, max_detour=max_detour)
        files = write_trip(trip, folder, opened.config)
    if as_json:
        routes = json.loads(trip.alternatives.table.to_json(orient="index"))
        found = {"routes": routes, "best_hour": trip.hours.best, "files": [str(f) for f in files]}
        typer.echo(json.dumps(found, ensure_ascii=False, indent=2))
    else:
        typer.echo(trip.alternatives.to_text())
        typer.echo(f"hour of least harm: {trip.hours.best['least_harm']}:00\n{folder}")


@app.command()
def policy(
    study: Folder,
    pack: Annotated[str | None, typer.Option(help="Rules that come with geofleet: mexico…")] = None,
    rules: Annotated[Path | None, typer.Option(help="Rule file (YAML) of your own.")] = None,
    bulletin: Annotated[Path | None, typer.Option(help="Declared contingencies.")] = None,
    zones: Annotated[
        Path | None, typer.Option(help="Areas of the rules, by id (GeoJSON…).")
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option(help="Id of a rule to keep; may repeat.")
    ] = None,
    switch: Annotated[
        list[str] | None, typer.Option(help="Answer to a switch of the rules: name=true.")
    ] = None,
    assume: Annotated[
        list[str] | None, typer.Option(help="Value for empty cells: attribute=value; may repeat.")
    ] = None,
    respond: Annotated[
        list[str] | None,
        typer.Option(help="What carriers may do: wait, retime, reroute, swap, drop; all if none."),
    ] = None,
    language: Annotated[str, typer.Option(help="Of the map: en or es.")] = "en",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder; STUDY/policy if not set.")
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Put a study's day under rules: who drives, what it saves and costs, map by hour, bulletin."""
    if language not in ("en", "es"):
        raise typer.BadParameter("expected en or es", param_hint="--language")
    folder = output or study / "policy"
    with _reported(as_json), _progress(show=not (as_json or quiet)) as progress:
        from geofleet.study import Study
        from geofleet.study_policy import (
            check_policy_output,
            chosen_rules,
            study_policy,
            write_policy,
        )

        opened = Study.open(study)
        check_policy_output(folder)
        chosen = chosen_rules(
            opened, pack=pack, rules=rules, bulletin=bulletin, zones=zones, only=only or (),
            answers=_answers(switch), assume=_pairs(assume, "--assume"),
        )  # fmt: skip
        found = study_policy(opened, chosen, responses=respond, progress=progress)
        files = write_policy(found, folder, language=language)
    if as_json:
        report = found.effect.report() | {"files": [str(path) for path in files]}
        typer.echo(json.dumps(report, ensure_ascii=False, indent=2))
    else:
        _print_rows(chosen.rule_set.title or chosen.rule_set.name, found.rows())
        typer.echo(str(folder))


@app.command("may-drive")
def may_drive(
    date: Annotated[list[str], typer.Option(help="Local date like 2026-02-17; may repeat.")],
    pack: Annotated[str | None, typer.Option(help="Rules that come with geofleet: mexico…")] = None,
    rules: Annotated[Path | None, typer.Option(help="Rule file (YAML) of your own.")] = None,
    known: Annotated[
        list[str] | None,
        typer.Option("--set", help="What is known: attribute=value, e.g. hologram=2; may repeat."),
    ] = None,
    inside: Annotated[list[str] | None, typer.Option(help="Geography the truck is in.")] = None,
    outside: Annotated[list[str] | None, typer.Option(help="Geography it is not in.")] = None,
    nowhere_else: Annotated[
        bool, typer.Option("--nowhere-else", help="In no other geography of the rules.")
    ] = False,
    bulletin: Annotated[Path | None, typer.Option(help="Declared contingencies.")] = None,
    switch: Annotated[
        list[str] | None, typer.Option(help="Answer to a switch of the rules: name=true.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Say when one truck may drive, by which rule, and what is not known."""
    with _reported(as_json):
        from geofleet.may_drive import may_drive as ask
        from geofleet.may_drive import rules_named
        from geofleet.policy.contingency import read_bulletin

        days = [_date(text) for text in date]
        asked = rules_named(pack, rules, _answers(switch))
        events = [] if bulletin is None else read_bulletin(bulletin)
        others = set(asked.geographies) - set(inside or ()) if nowhere_else else set()
        answer = ask(
            asked, _pairs(known, "--set"), days, inside=inside or (),
            outside=sorted({*(outside or ()), *others}), events=events,
        )  # fmt: skip
        table = answer.table()
    if as_json:
        typer.echo(table.to_json(orient="records", force_ascii=False, indent=2))
    else:
        typer.echo(answer.to_text())


@app.command("access-map")
def access_map(
    roads: Annotated[Path, typer.Argument(help="Roads: any file of lines.")],
    date: Annotated[str, typer.Option(help="Local date like 2026-02-17.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Page to write.")],
    attribution: Annotated[str, typer.Option(help="Whose roads they are, for the map.")],
    pack: Annotated[str | None, typer.Option(help="Rules that come with geofleet: mexico…")] = None,
    rules: Annotated[Path | None, typer.Option(help="Rule file (YAML) of your own.")] = None,
    zones: Annotated[Path | None, typer.Option(help="Areas of the rules, by id.")] = None,
    layer: Annotated[
        list[str] | None, typer.Option(help="Layer that areas are made of: name=file.")
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option(help="Id of a rule to keep; may repeat.")
    ] = None,
    known: Annotated[
        list[str] | None,
        typer.Option("--set", help="What is known: attribute=value, e.g. gvw_kg=12000."),
    ] = None,
    bulletin: Annotated[Path | None, typer.Option(help="Declared contingencies.")] = None,
    switch: Annotated[
        list[str] | None, typer.Option(help="Answer to a switch of the rules: name=true.")
    ] = None,
    nowhere_else: Annotated[
        bool, typer.Option("--nowhere-else", help="No road lies in an area that is not supplied.")
    ] = False,
    language: Annotated[str, typer.Option(help="Of the map: en or es.")] = "en",
    as_json: Json = False,
) -> None:
    """Draw roads by what one truck may do there in each hour of a date."""
    if language not in ("en", "es"):
        raise typer.BadParameter("expected en or es", param_hint="--language")
    with _reported(as_json):
        from geofleet.may_drive import rules_named
        from geofleet.policy.contingency import read_bulletin
        from geofleet.road_access import road_access, write_road_access

        asked = rules_named(pack, rules, _answers(switch), zones=zones, only=only or ())
        areas = {name: Path(file) for name, file in _pairs(layer, "--layer").items()}
        found = road_access(
            asked, roads, _pairs(known, "--set"), _date(date), layers=areas, language=language,
            events=[] if bulletin is None else read_bulletin(bulletin), nowhere_else=nowhere_else,
        )  # fmt: skip
        files = write_road_access(found, output, attribution=attribution, language=language)
    if as_json:
        typer.echo(json.dumps({"km": found.km(), "files": [str(file) for file in files]}))
    else:
        rows = [(word, f"{max(km):,.1f}", "km") for word, km in found.km().items() if max(km) > 0]
        _print_rows(f"{found.title}, {date}: most in any hour", rows)
        typer.echo(str(output))


def _answers(texts: list[str] | None) -> dict[str, bool]:
    found = {}
    for name, value in _pairs(texts, "--switch").items():
        if value not in ("true", "false"):
            message = f"expected {name}=true or {name}=false"
            raise typer.BadParameter(message, param_hint="--switch")
        found[name] = value == "true"
    return found


def _pairs(texts: list[str] | None, option: str) -> dict[str, str]:
    found = {}
    for text in texts or ():
        name, sign, value = text.partition("=")
        if not sign or not name.strip():
            raise typer.BadParameter(f"expected name=value, not {text!r}", param_hint=option)
        found[name.strip()] = value.strip()
    return found


def _date(text: str) -> Any:
    import datetime

    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        message = f"expected a date like 2026-02-17, not {text!r}"
        raise typer.BadParameter(message, param_hint="--date") from None


def _point(text: str, option: str) -> tuple[float, float]:
    try:
        longitude, latitude = (float(part) for part in text.split(","))
    except ValueError:
        message = f"expected longitude,latitude in degrees, not {text!r}"
        raise typer.BadParameter(message, param_hint=option) from None
    return longitude, latitude


def _run(study: Path, output: Path, as_json: bool, quiet: bool) -> None:
    with _reported(as_json), _progress(show=not (as_json or quiet)) as progress:
        from geofleet.outputs import check_output, write_results
        from geofleet.study import Study

        opened = Study.open(study)
        check_output(opened, output)
        results = opened.run(stored=output / "exposure", progress=progress)
        files = write_results(results, output, progress=progress)
    if as_json:
        summary = results.summary() | {"files": [str(path) for path in files]}
        typer.echo(json.dumps(summary, ensure_ascii=False, indent=2))
    else:
        _print_summary(results, files)


@contextmanager
def _progress(*, show: bool) -> Iterator[Callable[[str, float], None] | None]:
    """Yield a callback (stage, fraction done) that draws one bar for each stage."""
    if not show:
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description:<34}"), BarColumn(), TimeElapsedColumn())
    tasks: dict[str, TaskID] = {}
    with Progress(*columns, console=Console(stderr=True)) as bars:

        def advance(stage: str, fraction: float) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=1.0)
            bars.update(tasks[stage], completed=fraction)
            if fraction >= 1.0:
                bars.stop_task(tasks[stage])

        yield advance


@contextmanager
def _reported(as_json: bool) -> Iterator[None]:
    """Turn expected errors into a message and an exit code."""
    from geofleet.errors import GeofleetError, InputError, RemoteServiceError

    try:
        yield
    except InputError as error:
        _print_problems(error.problems, as_json)
        raise typer.Exit(EXIT_BAD_INPUT) from None
    except RemoteServiceError as error:
        _print_error(str(error), as_json)
        raise typer.Exit(EXIT_SERVICE) from None
    except GeofleetError as error:
        _print_error(str(error), as_json)
        raise typer.Exit(EXIT_BAD_INPUT) from None
    except KeyboardInterrupt:
        _print_error("stopped; nothing was written", as_json)
        raise typer.Exit(EXIT_STOPPED) from None
    except OSError as error:
        _print_error(f"{error.filename or 'a file'}: {error.strerror or error}", as_json)
        raise typer.Exit(EXIT_DISK) from None


def _print_error(message: str, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"error": message}, ensure_ascii=False))
    else:
        typer.echo(f"geofleet: {message}", err=True)


def _print_problems(problems: tuple[Any, ...], as_json: bool) -> None:
    if as_json:
        from dataclasses import asdict

        listed = {"problems": [asdict(problem) for problem in problems]}
        typer.echo(json.dumps(listed, ensure_ascii=False, indent=2))
        return
    for problem in problems:
        typer.echo(str(problem), err=True)
    count = len(problems)
    typer.echo(f"{count} problem{'' if count == 1 else 's'}; nothing was written", err=True)


def _print_rows(title: str, rows: list[tuple[str, str, str]]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(file=sys.stdout)
    table = Table(title=title, show_header=True)
    table.add_column("Result")
    table.add_column("Value", justify="right")
    table.add_column("Unit")
    for row in rows:
        table.add_row(*row)
    console.print(table)


def _print_summary(results: Results, files: list[Path]) -> None:
    _print_rows(results.config.name, results.summary_rows())
    for problem in results.itineraries.problems:
        typer.echo(f"note: {problem}")
    if results.config.synthetic:
        typer.echo("The freight day of this study is synthetic.")
    for path in files:
        if path.suffix in (".html", ".json") and not path.name.endswith(".schema.json"):
            typer.echo(str(path))
    tables = {path.parent for path in files if path.suffix == ".csv"}
    layers = next(path.parent for path in files if path.name.endswith(".schema.json"))
    for folder in (*sorted(tables - {layers}), layers):
        typer.echo(f"{folder} ({sum(path.parent == folder for path in files)} files)")
