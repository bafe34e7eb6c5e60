"""Files appear whole or not at all."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
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


def test_a_file_is_never_replaced_by_a_folder(tmp_path: Path) -> None:
    """A file where the folder should go is named and left as it is."""
    target = tmp_path / "notes.txt"
    target.write_text("mine", encoding="utf-8")
    with pytest.raises(NotADirectoryError, match=r"notes\.txt"), new_folder(target):
        pass
    assert target.read_text(encoding="utf-8") == "mine"
    assert list(tmp_path.iterdir()) == [target]


def test_two_writers_of_one_folder_leave_one_whole_result(tmp_path: Path) -> None:
    """Whoever ends last is what stays, whole; nothing of the other and no trace is left."""
    target = tmp_path / "results"

    def write(name: str) -> None:
        for _ in range(25):
            with new_folder(target) as work:
                write_text(work / "a.txt", name)
                write_text(work / "b.txt", name)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, "abcd"))
    assert (target / "a.txt").read_text() == (target / "b.txt").read_text()
    assert list(tmp_path.iterdir()) == [target]


def test_old_results_come_back_when_the_new_cannot_take_their_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An interruption between the two moves puts the old folder back."""
    target = tmp_path / "results"
    with new_folder(target) as work:
        write_text(work / "a.txt", "first")
    move = Path.replace

    def interrupted(self: Path, to: Path) -> Path:
        if to == target and not (self / "a.txt").read_text().startswith("first"):
            raise KeyboardInterrupt
        return move(self, to)

    monkeypatch.setattr(Path, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt), new_folder(target) as work:
        (work / "a.txt").write_text("second", encoding="utf-8")
    assert (target / "a.txt").read_text() == "first"
    assert list(tmp_path.iterdir()) == [target]
