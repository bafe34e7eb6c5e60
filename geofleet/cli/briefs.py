"""Command of briefs: pages for officials, operators and lenders."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from geofleet.cli.app import Folder, Json, Quiet, app
from geofleet.cli.printing import progress_bars, reported, solver_output_to_stderr

if TYPE_CHECKING:
    from geofleet.report import Audience
    from geofleet.study import Results

_AUDIENCES = ("official", "operator", "lender")
_LANGUAGES = {"en": ("en",), "es": ("es",), "both": ("en", "es")}


@app.command()
def brief(
    study: Folder,
    audience: Annotated[
        list[str] | None,
        typer.Option("--for", help="official, operator or lender; may repeat. All if not set."),
    ] = None,
    operator: Annotated[
        list[str] | None,
        typer.Option(help="Whose brief, by operator_id; may repeat. All operators if not set."),
    ] = None,
    language: Annotated[str, typer.Option(help="en, es or both.")] = "both",
    budget: Annotated[
        float | None, typer.Option(help="Public money of every year, where study.yaml has no plan.")
    ] = None,
    pdf: Annotated[bool, typer.Option("--pdf", help="Print each page to PDF as well.")] = False,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder; STUDY/briefs if not set.")
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Write briefs of a study: what it found, for those who decide, drive or lend."""
    wanted = audience or list(_AUDIENCES)
    if wrong := [name for name in wanted if name not in _AUDIENCES]:
        message = f"expected official, operator or lender, not {wrong[0]!r}"
        raise typer.BadParameter(message, param_hint="--for")
    if language not in _LANGUAGES:
        raise typer.BadParameter("expected en, es or both", param_hint="--language")
    folder = output or study / "briefs"
    with reported(as_json), progress_bars(show=not (as_json or quiet)) as progress:
        from geofleet.outputs.briefs import (
            BriefMaker,
            brief_files,
            check_operators,
            check_printer,
        )
        from geofleet.outputs.plan import plan_settings, study_plan
        from geofleet.study import Study

        if pdf:
            check_printer()
        opened = Study.open(study)
        if "operator" in wanted:
            check_operators(opened, operator)
        stored = study / "results" / "exposure"
        if opened.config.plan is None and budget is None:
            planned = None
            results = opened.run(stored=stored, progress=progress)
        else:
            settings = plan_settings(opened, budget_per_year=budget)
            with solver_output_to_stderr():
                planned = study_plan(opened, settings, stored=stored, progress=progress)
            results = cast("Results", planned.results)
        files = brief_files(
            BriefMaker(results, planned), folder,
            audiences=cast("list[Audience]", wanted), operators=operator,
            languages=_LANGUAGES[language], pdf=pdf, progress=progress,
        )  # fmt: skip
    if as_json:
        typer.echo(json.dumps({"files": [str(path) for path in files]}, indent=2))
    else:
        for path in files:
            typer.echo(str(path))
