"""Folders of results: only what a command itself wrote is ever replaced."""

from __future__ import annotations

import re
from pathlib import Path

from geofleet.errors import InputError, Problem

__all__ = ["check_result_folder"]

_SHOWN = 5


def check_result_folder(folder: Path, entries: re.Pattern[str], *, mark: str) -> None:
    """Refuse a folder whose replacement would destroy something else.

    Parameters
    ----------
    folder
        Where results are to stand.
    entries
        Names of what the command writes there; hidden files do not count.
    mark
        The entry that is never missing from such results.

    Raises
    ------
    InputError
        A file is there, or anything that is no result of the command.
    """
    target = folder.resolve()
    if not target.exists():
        return
    names = sorted(p.name for p in target.iterdir()) if target.is_dir() else [target.name]
    shown = [name for name in names if not name.startswith(".")]
    others = [name for name in shown if not entries.fullmatch(name)]
    if not target.is_dir() or others or (shown and mark not in shown):
        expected = "a folder that is new, empty, or holds only results of this command"
        value = ", ".join((others or names)[:_SHOWN])
        raise InputError([Problem(str(folder), "output", 0, value, expected)])
