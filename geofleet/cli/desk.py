"""Command of the planner's desk."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from geofleet.cli.app import Folder, Quiet, app
from geofleet.cli.parsing import pairs
from geofleet.cli.printing import progress_bars, reported, solver_output_to_stderr


@app.command()
def serve(
    study: Folder,
    port: Annotated[int, typer.Option(help="Port; 0 takes any that is free.")] = 8808,
    host: Annotated[
        str, typer.Option(help="Address to listen on; others than this machine must be asked for.")
    ] = "127.0.0.1",
    stored: Annotated[
        Path | None,
        typer.Option(help="Results of an earlier run, whose exposure is taken; STUDY/results."),
    ] = None,
    budget: Annotated[
        float | None, typer.Option(help="Public money of every year, where study.yaml has no plan.")
    ] = None,
    pack: Annotated[
        str | None, typer.Option(help="Rules that come with geofleet, to be moved too: mexico…")
    ] = None,
    rules: Annotated[
        Path | None, typer.Option(help="Rule file (YAML) of your own, to be moved too.")
    ] = None,
    bulletin: Annotated[Path | None, typer.Option(help="Declared contingencies.")] = None,
    zones: Annotated[
        Path | None, typer.Option(help="Areas of the rules, by id (GeoJSON…).")
    ] = None,
    assume: Annotated[
        list[str] | None,
        typer.Option(help="Value for empty cells that those rules ask for: attribute=value."),
    ] = None,
    language: Annotated[str, typer.Option(help="Of the page at first: en or es.")] = "en",
    quiet: Quiet = False,
) -> None:
    """Open a planner's desk on this machine: move budget, hours and batteries, see what changes."""
    if language not in ("en", "es"):
        raise typer.BadParameter("expected en or es", param_hint="--language")
    if not 0 <= port <= 65535:
        raise typer.BadParameter("expected a number from 0 to 65535", param_hint="--port")
    with reported(as_json=False):
        from geofleet.desk import bound, check_installed, is_loopback, open_desk, run_server
        from geofleet.outputs.policy import chosen_rules
        from geofleet.study import Study

        check_installed()
        opened = Study.open(study)
        more = []
        if pack is not None or rules is not None:
            more.append(chosen_rules(
                opened, pack=pack, rules=rules, bulletin=bulletin, zones=zones,
                assume=pairs(assume, "--assume"),
            ))  # fmt: skip
        listening = bound(host, port)
        kept = study / "results" if stored is None else stored
        if (kept / "exposure").is_dir():
            kept = kept / "exposure"
        with progress_bars(show=not quiet) as progress, solver_output_to_stderr():
            desk = open_desk(opened, rules=more, budget=budget, stored=kept, progress=progress)
        if not is_loopback(host):
            typer.echo(
                f"Warning: this desk listens on {host}. Whoever can reach this machine can read "
                "the study there and save scenarios into it.", err=True,
            )  # fmt: skip
        ended = run_server(
            desk, listening, host=host, language=language,
            ready=lambda address: typer.echo(f"{address}\nCtrl-C ends it."),
        )  # fmt: skip
    typer.echo("The desk is closed.")
    if not ended:  # a search is still on: it holds nothing that would have to be put away
        sys.stdout.flush()
        os._exit(0)
