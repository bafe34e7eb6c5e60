"""Writing without leaving halves behind: write beside, then rename."""

from __future__ import annotations

import errno
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

__all__ = ["new_folder", "write_json", "write_text"]

_ATTEMPTS = 10


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text to ``path``, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def write_json(path: Path, data: Any) -> None:
    """Write plain data as indented JSON; NaN is an error, never a value."""
    write_text(path, json.dumps(data, ensure_ascii=False, indent=2, allow_nan=False) + "\n")


@contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """Yield an empty folder that takes the place of ``target`` when the block succeeds.

    What ``target`` held before is replaced as a whole; after an error it is untouched.

    Raises
    ------
    NotADirectoryError
        ``target`` is a file.
    """
    target = target.resolve()  # a link to a folder elsewhere stays one
    if target.is_file():
        raise NotADirectoryError(errno.ENOTDIR, "a file is there, not a folder", str(target))
    target.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}."))
    try:
        yield work
        work.chmod(0o755)
        _take_place(work, target)
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise


def _take_place(work: Path, target: Path) -> None:
    """Move ``work`` to ``target``; what was there goes only once the new folder stands."""
    aside = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}.old."))
    kept = aside / "kept"
    try:
        for attempt in range(_ATTEMPTS):
            kept = aside / str(attempt)
            with suppress(FileNotFoundError):
                target.replace(kept)
            try:
                work.replace(target)
            except OSError as error:
                # Another run put its results there in between: move those aside too.
                if error.errno not in (errno.ENOTEMPTY, errno.EEXIST) or attempt == _ATTEMPTS - 1:
                    raise
            else:
                return
    except BaseException:
        if kept.exists() and not target.exists():
            kept.replace(target)
        raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)
