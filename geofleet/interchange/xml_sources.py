"""XML documents one by one: files, and whatever a folder or a .zip archive of them holds."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from geofleet.errors import InputError, Problem
from geofleet.interchange.xml_files import Node, check_size, parse_xml, read_xml

__all__ = ["XmlSource", "gathers", "xml_sources"]

_MOST_FILES = 50_000
_MOST_BYTES = 5_000_000_000
_XML = ".xml"


@dataclass(frozen=True, slots=True)
class XmlSource:
    """One document.

    Parameters
    ----------
    name
        As problems name it; in an archive with the member in brackets.
    gathered
        Whether it was found in a folder or archive, and not named by the user.
    read
        Returns its root; raises :class:`InputError` as :func:`read_xml` does.
    """

    name: str
    gathered: bool
    read: Callable[[], Node]


def gathers(path: Path) -> bool:
    """Return whether a path stands for documents inside it: a folder or a .zip archive."""
    return path.is_dir() or path.suffix.lower() == ".zip"


def xml_sources(paths: Sequence[Path]) -> Iterator[XmlSource]:
    """Yield documents in the order of the paths, inside a folder or archive in that of names.

    What does not end with .xml is passed over there. An archive is closed when the next path is
    asked for: read each document before that.

    Raises
    ------
    InputError
        A folder or archive without XML, an archive that is broken, encrypted, or unpacks to more
        than any delivery of documents.
    """
    for path in paths:
        if path.is_dir():
            inside = sorted(p for p in path.rglob("*") if _counts(p.name) and p.is_file())
            if not inside:
                raise InputError([Problem(str(path), expected="a folder with .xml files")])
            for file in inside:
                yield XmlSource(str(file), True, partial(read_xml, file))
        elif path.suffix.lower() == ".zip":
            yield from _members(path)
        else:
            yield XmlSource(str(path), False, partial(read_xml, path))


def _counts(name: str) -> bool:
    # Some systems put a hidden twin, ._name.xml, beside each file of an archive.
    return name.lower().endswith(_XML) and not name.startswith("._")


def _members(path: Path) -> Iterator[XmlSource]:
    try:
        archive = zipfile.ZipFile(path)
    except (OSError, zipfile.BadZipFile) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError([Problem(str(path), expected=f"a readable archive ({reason})")]) from None
    with archive:
        items = [item for item in archive.infolist() if _counts(item.filename.rpartition("/")[2])]
        size = sum(item.file_size for item in items)
        if not items:
            raise InputError([Problem(str(path), expected="an archive with .xml files")])
        if len(items) > _MOST_FILES or size > _MOST_BYTES:
            value = f"{len(items)} files, {size // 1_000_000} MB unpacked"
            expected = f"at most {_MOST_FILES} files and {_MOST_BYTES // 1_000_000} MB unpacked"
            raise InputError([Problem(str(path), value=value, expected=expected)])
        for item in sorted(items, key=lambda item: item.filename):
            name = f"{path}[{item.filename}]"
            yield XmlSource(name, True, partial(_read, archive, item, name))


def _read(archive: zipfile.ZipFile, item: zipfile.ZipInfo, name: str) -> Node:
    check_size(item.file_size, name)
    try:
        # Checksums and sizes are those of the archive: more than it says is never unpacked.
        data = archive.read(item)
    except Exception as error:  # encrypted, broken, of unknown packing: each its own error
        reason = f"{type(error).__name__}: {' '.join(str(error).split())[:80]}"
        raise InputError([Problem(name, expected=f"a readable member ({reason})")]) from None
    return parse_xml(data, name)
