"""The application that commands are added to, and the arguments that they share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["Folder", "Json", "Quiet", "app"]

app = typer.Typer(
    name="geofleet",
    help="Which trucks to clean up or electrify first: freight emissions, exposure and electric "
    "feasibility on real streets.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Folder = Annotated[Path, typer.Argument(help="Study folder, the one that holds study.yaml.")]
Json = Annotated[bool, typer.Option("--json", help="Print machine-readable JSON only.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress bars.")]


@app.callback(invoke_without_command=True)
def _root(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    if version:
        from geofleet import __version__

        typer.echo(__version__)
        raise typer.Exit
