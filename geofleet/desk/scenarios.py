"""Scenarios that a planner keeps: the only thing that a desk ever writes, and where."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from geofleet.desk.errors import AskedError
from geofleet.files import write_json
from geofleet.wording import say

__all__ = ["FOLDER", "read_scenarios", "save_scenario"]

FOLDER = "scenarios"
_SCHEMA = "geofleet-desk-scenario/1"
_NAME = re.compile(r"[^\W_][\w -]{0,59}")
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)")  # names that Windows keeps for itself
_LARGEST = 1_000_000


def save_scenario(study: Path, name: str, content: Mapping[str, Any]) -> Path:
    """Write a scenario to ``scenarios/NAME.json`` of a study, whole or not at all.

    Parameters
    ----------
    study
        Its folder.
    name
        Letters, digits, blanks, ``-`` and ``_``; nothing that is there is replaced.
    content
        What is kept besides schema and time.

    Raises
    ------
    AskedError
        Another name, one that is there, a folder that leads out of the study.
    """
    if not isinstance(name, str) or not _NAME.fullmatch(name) or _RESERVED.fullmatch(name):
        raise AskedError(say("desk.bad_scenario"))
    if name != name.strip():
        raise AskedError(say("desk.bad_scenario"))
    root = study.resolve()
    folder = (root / FOLDER).resolve()
    if folder != root / FOLDER:
        raise AskedError(say("desk.scenario_outside"))
    path = folder / f"{name}.json"
    if path.is_symlink() or path.exists():
        raise AskedError(say("desk.scenario_there", name=name))
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    write_json(path, {"schema": _SCHEMA, "saved": now, "name": name, **content})
    return path


def read_scenarios(study: Path) -> list[dict[str, Any]]:
    """Return the scenarios of a study that can be read: ``name, question, settings``, by name."""
    folder = study.resolve() / FOLDER
    if not folder.is_dir() or folder.is_symlink():
        return []
    found = []
    for path in sorted(folder.glob("*.json")):
        if path.is_symlink() or not path.is_file() or path.stat().st_size > _LARGEST:
            continue
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            continue
        if isinstance(kept, dict) and kept.get("schema") == _SCHEMA:
            found.append({"name": path.stem, "question": str(kept.get("question")),
                          "settings": kept.get("settings")})  # fmt: skip
    return found
