"""Pages that are made while the site is built."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

__all__ = ["write_pages"]


def write_pages(folder: Path, pages: Mapping[str, str | bytes]) -> None:
    """Make a folder hold these files and no others; leave those alone that have not changed."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = {folder / name: _bytes(text) for name, text in pages.items()}
    for path in folder.iterdir():
        if path.is_file() and path not in wanted:
            path.unlink()
    for path, content in wanted.items():
        if not path.is_file() or path.read_bytes() != content:
            path.write_bytes(content)


def _bytes(text: str | bytes) -> bytes:
    return text.encode("utf-8") if isinstance(text, str) else text
