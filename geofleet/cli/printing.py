"""What commands print: progress, errors with their exit codes, tables."""

from __future__ import annotations

import json
import os
import sys
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from geofleet.study import Results

__all__ = [
    "EXIT_BAD_INPUT", "one_line", "print_next", "print_problems", "print_rows", "print_summary",
    "progress_bars", "reported", "solver_output_to_stderr",
]  # fmt: skip

_UNSEEN = ("Cc", "Cf", "Zl", "Zp")
_JOINERS = "\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}"
"""Unseen marks that letters and emoji are made with."""

EXIT_BAD_INPUT = 3
EXIT_SERVICE = 4
EXIT_DISK = 5
EXIT_STOPPED = 130


@contextmanager
def progress_bars(*, show: bool) -> Iterator[Callable[[str, float], None] | None]:
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
def reported(
    as_json: bool, *, reword: Callable[[str], str] = str, unchanged: str = "nothing was written"
) -> Iterator[None]:
    """Turn expected errors into a message and an exit code.

    ``reword`` what is printed as text; ``unchanged`` says what problems in inputs leave.
    """
    from geofleet.errors import GeofleetError, InputError, RemoteServiceError

    try:
        yield
    except InputError as error:
        print_problems(error.problems, as_json, reword=reword, unchanged=unchanged)
        raise typer.Exit(EXIT_BAD_INPUT) from None
    except RemoteServiceError as error:
        print_error(str(error), as_json)
        raise typer.Exit(EXIT_SERVICE) from None
    except GeofleetError as error:
        print_error(str(error), as_json)
        raise typer.Exit(EXIT_BAD_INPUT) from None
    except KeyboardInterrupt:
        print_error("stopped; nothing was written", as_json)
        raise typer.Exit(EXIT_STOPPED) from None
    except OSError as error:
        print_error(f"{error.filename or 'a file'}: {error.strerror or error}", as_json)
        raise typer.Exit(EXIT_DISK) from None


@contextmanager
def solver_output_to_stderr() -> Iterator[None]:
    """Send what compiled solvers print by themselves to standard error: output stays readable."""
    sys.stdout.flush()
    try:
        kept = os.dup(1)
    except OSError:
        yield
        return
    try:
        os.dup2(2, 1)
        yield
    finally:
        sys.stdout.flush()
        os.dup2(kept, 1)
        os.close(kept)


def print_error(message: str, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"error": message}, ensure_ascii=False))
    else:
        lines = [one_line(line) for line in message.splitlines()]
        typer.echo("geofleet: " + "\n".join(lines), err=True)


def one_line(text: str) -> str:
    """Return text with what would move or colour a terminal's words, or turn them, written out.

    Names of files and cells are other people's: a line break in one would look like a new message.
    """
    return "".join(
        mark if unicodedata.category(mark) not in _UNSEEN or mark in _JOINERS
        else mark.encode("unicode_escape").decode("ascii")
        for mark in text
    )  # fmt: skip


def print_problems(
    problems: tuple[Any, ...], as_json: bool, *, reword: Callable[[str], str] = str,
    unchanged: str = "nothing was written",
) -> None:  # fmt: skip
    """Print problems, each on a line."""
    if as_json:
        from dataclasses import asdict

        listed = {"problems": [asdict(problem) for problem in problems]}
        typer.echo(json.dumps(listed, ensure_ascii=False, indent=2))
        return
    for problem in problems:
        typer.echo(reword(one_line(str(problem))), err=True)
    count = len(problems)
    typer.echo(f"{count} problem{'' if count == 1 else 's'}; {unchanged}", err=True)


def print_rows(title: str, rows: list[tuple[str, str, str]]) -> None:
    """Print a table of (label, value, unit)."""
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


def print_summary(results: Results, files: list[Path]) -> None:
    """Print the main numbers of a run and where its files are."""
    print_rows(results.config.name, results.summary_rows())
    for problem in results.itineraries.problems:
        typer.echo(f"note: {one_line(str(problem))}")
    if results.config.synthetic:
        typer.echo("The freight day of this study is synthetic.")
    for path in files:
        if path.suffix in (".html", ".json") and not path.name.endswith(".schema.json"):
            typer.echo(str(path))
    tables = {path.parent for path in files if path.suffix == ".csv"}
    layers = next(path.parent for path in files if path.name.endswith(".schema.json"))
    for folder in (*sorted(tables - {layers}), layers):
        typer.echo(f"{folder} ({sum(path.parent == folder for path in files)} files)")
    print_next("open", next(path for path in files if path.name == "index.html"))


def print_next(what: str, where: object) -> None:
    """Say what to do next."""
    typer.echo(f"next: {what} {where}")
