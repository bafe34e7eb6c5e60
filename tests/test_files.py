"""Files appear whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from geofleet.files import new_folder, write_json, write_text


def test_folder_replaces_the_old_one_only_when_done(tmp_path: Path) -> None:
    """A failed run leaves the results of the one before as they were, and nothing else."""
    target = tmp_path / "results"
    with new_folder(target) as work:
        write_text(work / "a.txt", "first")
    with pytest.raises(RuntimeError):
        _write_and_fail(target)
    assert (target / "a.txt").read_text() == "first"
    with new_folder(target) as work:
        write_text(work / "b.txt", "third")
    assert [path.name for path in target.iterdir()] == ["b.txt"]
    assert [path.name for path in tmp_path.iterdir()] == ["results"]


def _write_and_fail(target: Path) -> None:
    with new_folder(target) as work:
        write_text(work / "a.txt", "second")
        raise RuntimeError


def test_unknown_is_never_written_as_a_number(tmp_path: Path) -> None:
    """NaN has no place in JSON; nothing is left behind."""
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "x.json", {"a": float("nan")})
    assert list(tmp_path.iterdir()) == []
