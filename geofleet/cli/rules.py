"""Commands of access rules."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from geofleet.cli.app import Folder, Json, Quiet, app
from geofleet.cli.parsing import answers, date_of, pairs
from geofleet.cli.printing import print_rows, progress_bars, reported


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
    with reported(as_json), progress_bars(show=not (as_json or quiet)) as progress:
        from geofleet.outputs.policy import (
            check_policy_output,
            chosen_rules,
            study_policy,
            write_policy,
        )
        from geofleet.study import Study

        opened = Study.open(study)
        check_policy_output(folder)
        chosen = chosen_rules(
            opened, pack=pack, rules=rules, bulletin=bulletin, zones=zones, only=only or (),
            answers=answers(switch), assume=pairs(assume, "--assume"),
        )  # fmt: skip
        found = study_policy(opened, chosen, responses=respond, progress=progress)
        files = write_policy(found, folder, language=language)
    if as_json:
        report = found.effect.report() | {"files": [str(path) for path in files]}
        typer.echo(json.dumps(report, ensure_ascii=False, indent=2))
    else:
        print_rows(chosen.rule_set.title or chosen.rule_set.name, found.rows())
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
    language: Annotated[str, typer.Option(help="Of the answer: en or es.")] = "en",
    as_json: Json = False,
) -> None:
    """Say when one truck may drive, by which rule, and what is not known."""
    if language not in ("en", "es"):
        raise typer.BadParameter("expected en or es", param_hint="--language")
    with reported(as_json):
        from geofleet.policy.contingency import read_bulletin
        from geofleet.policy.may_drive import may_drive as ask
        from geofleet.policy.may_drive import rules_named

        days = [date_of(text) for text in date]
        asked = rules_named(pack, rules, answers(switch))
        events = [] if bulletin is None else read_bulletin(bulletin)
        others = set(asked.geographies) - set(inside or ()) if nowhere_else else set()
        answer = ask(
            asked, pairs(known, "--set"), days, inside=inside or (),
            outside=sorted({*(outside or ()), *others}), events=events,
        )  # fmt: skip
        table = answer.table()
    if as_json:
        typer.echo(table.to_json(orient="records", force_ascii=False, indent=2))
    else:
        typer.echo(answer.to_text(language))


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
    with reported(as_json):
        from geofleet.outputs.road_access import road_access, write_road_access
        from geofleet.policy.contingency import read_bulletin
        from geofleet.policy.may_drive import rules_named

        asked = rules_named(pack, rules, answers(switch), zones=zones, only=only or ())
        areas = {name: Path(file) for name, file in pairs(layer, "--layer").items()}
        found = road_access(
            asked, roads, pairs(known, "--set"), date_of(date), layers=areas,
            events=[] if bulletin is None else read_bulletin(bulletin), nowhere_else=nowhere_else,
        )  # fmt: skip
        files = write_road_access(found, output, attribution=attribution, language=language)
    if as_json:
        typer.echo(json.dumps({"km": found.km(), "files": [str(file) for file in files]}))
    else:
        rows = [(word, f"{max(km):,.1f}", "km") for word, km in found.km().items() if max(km) > 0]
        print_rows(f"{found.title}, {date}: most in any hour", rows)
        typer.echo(str(output))
