"""Command of reports: everything that people look at, in one folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from geofleet.cli.app import Folder, Json, Quiet, app
from geofleet.cli.parsing import answers, pairs
from geofleet.cli.printing import print_next, progress_bars, reported, solver_output_to_stderr


@app.command()
def report(
    study: Folder,
    budget: Annotated[
        float | None, typer.Option(help="Public money of every year, where study.yaml has no plan.")
    ] = None,
    pack: Annotated[
        str | None, typer.Option(help="Rules that come with geofleet, in place of the study's.")
    ] = None,
    rules: Annotated[Path | None, typer.Option(help="Rule file (YAML) of your own.")] = None,
    bulletin: Annotated[Path | None, typer.Option(help="Declared contingencies.")] = None,
    zones: Annotated[
        Path | None, typer.Option(help="Areas of the rules, by id (GeoJSON…).")
    ] = None,
    switch: Annotated[
        list[str] | None, typer.Option(help="Answer to a switch of the rules: name=true.")
    ] = None,
    assume: Annotated[
        list[str] | None, typer.Option(help="Value for empty cells: attribute=value; may repeat.")
    ] = None,
    operator: Annotated[
        list[str] | None,
        typer.Option(help="Whose brief, by operator_id; may repeat. All operators if not set."),
    ] = None,
    language: Annotated[str, typer.Option(help="Shown first: en or es.")] = "en",
    stored: Annotated[
        Path | None,
        typer.Option(help="Unit exposures that a run wrote; STUDY/results/exposure if not set."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder; STUDY/report if not set.")
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Run a study with its plan and rules, and write its pages, briefs and figures."""
    if language not in ("en", "es"):
        raise typer.BadParameter("expected en or es", param_hint="--language")
    folder = output or study / "report"
    named = any(value is not None for value in (pack, rules, bulletin, zones, switch, assume))
    with reported(as_json), progress_bars(show=not (as_json or quiet)) as progress:
        from geofleet.outputs.briefs import check_operators
        from geofleet.outputs.plan import plan_settings
        from geofleet.outputs.policy import chosen_rules
        from geofleet.outputs.report import check_report_output, study_report, write_report
        from geofleet.study import Study

        opened = Study.open(study)
        check_report_output(folder)
        check_operators(opened, operator)
        planned = opened.config.plan is not None or budget is not None
        settings = plan_settings(opened, budget_per_year=budget) if planned else None
        chosen = chosen_rules(
            opened, pack=pack, rules=rules, bulletin=bulletin, zones=zones,
            answers=answers(switch), assume=pairs(assume, "--assume"),
        ) if named else None  # fmt: skip
        with solver_output_to_stderr():
            made = study_report(
                opened, settings=settings, rules=chosen,
                stored=stored or study / "results" / "exposure", progress=progress,
            )  # fmt: skip
        files = write_report(made, folder, language=language, operators=operator, progress=progress)
    if as_json:
        typer.echo(json.dumps({"files": [str(path) for path in files]}, indent=2))
    else:
        for path in files:
            if path.suffix == ".html":
                typer.echo(str(path))
        if not planned:
            typer.echo("note: no plan: put `plan` into study.yaml, or give --budget")
        if not named and opened.config.policy is None:
            typer.echo("note: no access rules: put `policy` into study.yaml, or give --rules")
        print_next("open", folder / "index.html")
