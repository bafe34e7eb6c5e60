"""XML from strangers: no entities, no document types, no depth without end, no giant files."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from geofleet.errors import InputError, Problem

__all__ = ["LARGEST_BYTES", "Node", "check_size", "parse_xml", "read_xml"]

LARGEST_BYTES = 50_000_000
_DEEPEST = 60
_MOST_NODES = 1_000_000
_BETWEEN = "\x1f"
_UTF8_MARK = b"\xef\xbb\xbf"
_BLANK = b" \t\r\n"
_INVALID_TOKEN = expat.errors.codes[expat.errors.XML_ERROR_INVALID_TOKEN]


@dataclass(slots=True)
class Node:
    """An element: its namespace and name, its attributes, its children, its line."""

    namespace: str
    name: str
    attributes: dict[str, str]
    line: int
    children: list[Node] = field(default_factory=list)

    def all(self, name: str) -> list[Node]:
        """Return the children of a name in the element's own namespace."""
        return [n for n in self.children if n.name == name and n.namespace == self.namespace]

    def first(self, name: str) -> Node | None:
        """Return the first child of a name, None where there is none."""
        return next(iter(self.all(name)), None)

    def get(self, name: str) -> str:
        """Return an attribute, empty where it is not there."""
        return self.attributes.get(name, "").strip()

    def walk(self) -> list[Node]:
        """Return this element and all below it, in document order."""
        out, waiting = [], [self]
        while waiting:
            node = waiting.pop()
            out.append(node)
            waiting += reversed(node.children)
        return out


class _RefusedError(Exception):
    """What the document holds that no document of this kind needs."""


def read_xml(path: Path) -> Node:
    """Return the root of an XML file; its texts are left out, attributes are all that is read.

    Raises
    ------
    InputError
        Missing, too large or broken files; a document type or an entity (they can name other files
        and grow without end); elements nested deeper, or more of them, than any real document has.
    """
    return parse_xml(_data(path), str(path))


def parse_xml(data: bytes, name: str) -> Node:
    """Return the root of XML that was read already; ``name`` is the file that problems name.

    Blank lines and marks of UTF-8 before the document, which many programs leave there, are passed
    over.

    Raises
    ------
    InputError
        As :func:`read_xml`.
    """
    lead = len(data) - len(data.lstrip(_BLANK + _UTF8_MARK))
    before = data[:lead].count(b"\n")
    data = data[lead:]
    if not data:
        raise InputError([Problem(name, expected="a file that is not empty")])
    parser = expat.ParserCreate(namespace_separator=_BETWEEN)
    root: list[Node] = []
    open_nodes: list[Node] = []
    count = 0

    def begin(tag: str, attributes: dict[str, str]) -> None:
        nonlocal count
        count += 1
        if count > _MOST_NODES or len(open_nodes) >= _DEEPEST:
            raise _RefusedError(f"at most {_MOST_NODES} elements, at most {_DEEPEST} deep")
        namespace, _, local = tag.rpartition(_BETWEEN)
        node = Node(namespace, local, dict(attributes), before + parser.CurrentLineNumber)
        (open_nodes[-1].children if open_nodes else root).append(node)
        open_nodes.append(node)

    def end(_: str) -> None:
        open_nodes.pop()

    def refuse(*_: object) -> int:
        raise _RefusedError("no document type and no entities: they are refused unread")

    parser.StartElementHandler = begin
    parser.EndElementHandler = end
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.ExternalEntityRefHandler = refuse
    try:
        parser.Parse(data, True)
    except _RefusedError as error:
        line = before + parser.CurrentLineNumber
        raise InputError([Problem(name, row=line, expected=str(error))]) from None
    except expat.ExpatError as error:
        words = f"XML that is whole and well formed ({expat.ErrorString(error.code)})"
        line = before + error.lineno
        if error.code == _INVALID_TOKEN and not _is_utf8(data):
            words = (
                "text in the encoding that the document declares (UTF-8 where it declares none); "
                "it may be windows-1252 or ISO-8859-1"
            )
        raise InputError([Problem(name, row=line, expected=words)]) from None
    except (ValueError, LookupError) as error:
        words = f"XML in an encoding that can be read ({' '.join(str(error).split())[:80]})"
        raise InputError([Problem(name, expected=words)]) from None
    return root[0]


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def check_size(size: int, name: str) -> None:
    """Raise :class:`InputError` for a file that is larger than any of its kind."""
    if size > LARGEST_BYTES:
        expected = f"at most {LARGEST_BYTES // 1_000_000} MB"
        raise InputError([Problem(name, value=f"{size // 1_000_000} MB", expected=expected)])


def _data(path: Path) -> bytes:
    try:
        check_size(path.stat().st_size, str(path))
        data = path.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise InputError([Problem(str(path), expected=f"a readable file ({reason})")]) from None
    return data
