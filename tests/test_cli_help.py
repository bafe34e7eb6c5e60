"""The help of the command line: whole without the documentation, and its examples are right."""

from __future__ import annotations

import itertools
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from geofleet.cli import app
from geofleet.cli.help_texts import HELP

_GROUP: Any = get_command(app)
_COLUMNS = 80


def _examples() -> list[list[str]]:
    """Return the commands of all examples, continued lines joined."""
    texts = itertools.chain.from_iterable(words.examples for words in HELP.values())
    joined = "\n".join(texts).replace("\\\n", " ")
    return [shlex.split(line) for line in joined.splitlines()]


def test_every_command_has_help_of_its_own() -> None:
    """Each command is in the table, and none that is there is missing."""
    assert list(_GROUP.commands) == list(HELP)


def test_the_list_of_commands_is_cut_nowhere() -> None:
    """On a terminal of 80 columns each line stands whole."""
    shown = CliRunner().invoke(app, ["--help"], env={"COLUMNS": str(_COLUMNS)}).output
    for words in HELP.values():
        assert words.line in shown


@pytest.mark.parametrize("words", _examples(), ids=lambda words: " ".join(words[1:3]))
def test_examples_are_commands(words: list[str]) -> None:
    """Command, options and arguments exist and read as they should."""
    assert words[0] == "geofleet"
    command = _GROUP.commands[words[1]]
    with command.make_context(words[1], words[2:]) as context:
        assert context.params


def test_examples_are_shown_as_they_are_typed() -> None:
    """Lines are not run together, as running text is."""
    shown = CliRunner().invoke(app, ["import", "--help"], env={"COLUMNS": str(_COLUMNS)}).output
    lines = [re.sub(r"^  ", "", line) for line in shown.splitlines()]
    for example in HELP["import"].examples:
        assert example in lines


@pytest.mark.parametrize(
    ("sheet", "named"),
    [
        ("Lat,Lon\n-29.9,-71.2\n", {"--vehicle", "--date", "--first-is-depot"}),
        ("Camión,Fecha,Lat,Lon\nv,03/04/2024,-29.9,-71.2\n", {"--column", "--depot"}),
        (
            "Camión,Fecha,Orden,Tipo,Cliente,Lat,Lon\nv,03/04/2024,1,entrega,x,-29.9,-71.2\n",
            {"--assume", "--column"},
        ),
        (
            "Camión,Fecha,Secuencia,Tipo,Cliente,Lat,Lon,Servicio (min),Peso (kg)\n"
            "v,03/04/2024,1,entrega,x,-29.9,-71.2,5,10\n",
            {"--dates"},
        ),
    ],
)
def test_messages_of_an_import_name_its_options(
    tiny_study: Path, tmp_path: Path, sheet: str, named: set[str]
) -> None:
    """What is to be typed is said as it is typed, and every option that is named exists."""
    path = tmp_path / "stops-sheet.csv"
    path.write_text(sheet, encoding="utf-8")
    done = CliRunner().invoke(app, ["import", str(path), "--into", str(tiny_study)])
    assert done.exit_code == 3
    options = {name for item in _GROUP.commands["import"].params for name in item.opts}
    assert named <= set(re.findall(r"--[a-z-]+", done.output)) <= options
    assert not re.search(
        r"\b(dates?|decimal|sheet|encoding|depot|vehicle_id)=|\(columns\)", done.output
    )


def test_a_file_name_cannot_speak_for_the_program(tiny_study: Path, tmp_path: Path) -> None:
    """Line breaks, colours and marks that turn text around are written out."""
    path = tmp_path / "a\n1 problem\x1b[32m\u202e.csv"
    path.write_bytes(b"")
    done = CliRunner().invoke(app, ["import", str(path), "--into", str(tiny_study)], color=True)
    assert done.exit_code == 3
    assert r"a\n1 problem\x1b[32m\u202e.csv: expected" in done.output
    assert not set("\x1b\u202e") & set(done.output)
