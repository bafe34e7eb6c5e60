"""Run every block of a page, in order, as a reader would: ``python docs/run_page.py PAGE FOLDER``.

- ``sh`` blocks are commands. ``geofleet`` commands run in this process, the others in a shell.
- ``python`` blocks share one namespace.
- A block after ``<!-- file: NAME -->`` is written to that file.
- A ``yaml`` block after ``<!-- settings: FILE -->`` is merged into that file, as a reader edits it.
- A block after ``<!-- not run: REASON -->`` is left out. Blocks of other kinds are text.

A command that ends with another code than 0 is an error with all that it printed; so is a ``sh`` or
``python`` block that raises. ``<!-- ends with: 3 -->`` says that another code is right.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import re
import shlex
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

_MARK = re.compile(r"<!-- (file|settings|not run|ends with): (.+?) -->\s*$")
_FENCE = re.compile(r"^(?P<indent> *)```(?P<kind>[\w{}-]*)\s*$")
RUN = ("sh", "python")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: its kind, text, first line in the page, and what its mark says."""

    kind: str
    text: str
    line: int
    mark: str = ""
    said: str = ""


def blocks(page: str) -> Iterator[Block]:
    """Yield the fenced blocks of a page."""
    mark = ("", "")
    lines = iter(enumerate(page.splitlines(), start=1))
    for number, line in lines:
        if found := _MARK.match(line.strip()):
            mark = (found[1], found[2])
        elif fence := _FENCE.match(line):
            indent = len(fence["indent"])
            inside = []
            for _, text in lines:
                if text.strip() == "```":
                    break
                inside.append(text[indent:])
            yield Block(fence["kind"], "\n".join(inside) + "\n", number, *mark)
            mark = ("", "")
        elif line.strip():
            mark = ("", "")


def run_page(page: Path, folder: Path) -> list[str]:
    """Run a page's blocks in a folder; return what each of them printed."""
    names: dict[str, Any] = {"__name__": "__page__"}
    printed = []
    with contextlib.chdir(folder):
        for block in blocks(page.read_text("utf-8")):
            try:
                printed.append(_run(block, names))
            except Exception as error:
                error.add_note(f"in the block at {page.name}:{block.line}\n{block.text}")
                raise
    return printed


def _run(block: Block, names: dict[str, Any]) -> str:
    if block.mark == "not run":
        return ""
    if block.mark == "file":
        Path(block.said).parent.mkdir(parents=True, exist_ok=True)
        Path(block.said).write_text(block.text, encoding="utf-8")
    elif block.mark == "settings":
        path = Path(block.said)
        settings = _merged(yaml.safe_load(path.read_text("utf-8")), yaml.safe_load(block.text))
        path.write_text(yaml.safe_dump(settings, allow_unicode=True), encoding="utf-8")
    elif block.kind == "sh":
        expected = int(block.said) if block.mark == "ends with" else 0
        return "".join(_command(line, expected) for line in _lines(block.text))
    elif block.kind == "python":
        with contextlib.redirect_stdout(io.StringIO()) as out:
            exec(compile(block.text, f"block at line {block.line}", "exec"), names)
        return out.getvalue()
    return ""


def _lines(text: str) -> Iterator[str]:
    """Yield commands, continued lines joined, without remarks."""
    for line in text.replace("\\\n", " ").splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            yield line.strip()


def _command(line: str, expected: int) -> str:
    words = shlex.split(line, comments=True)
    if words[0] != "geofleet":
        done = subprocess.run(line, shell=True, capture_output=True, text=True, check=False)
        code, printed = done.returncode, done.stdout + done.stderr
    else:
        from typer.testing import CliRunner

        from geofleet.cli import app

        result = CliRunner().invoke(app, words[1:])
        code, printed = result.exit_code, result.output
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
    if code != expected:
        raise RuntimeError(f"{line}\nended with {code}, not {expected}\n{printed}")
    return printed


def _merged(settings: Any, change: Any) -> Any:
    """Lay a change over settings, section by section."""
    if not (isinstance(settings, dict) and isinstance(change, dict)):
        return change
    return settings | {key: _merged(settings.get(key), value) for key, value in change.items()}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Run every block of a page, in order.")
    parser.add_argument("page", type=Path)
    parser.add_argument("folder", type=Path)
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    for text in run_page(given.page.resolve(), given.folder):
        print(text, end="")
