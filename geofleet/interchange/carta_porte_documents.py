"""Which documents count: versions that are read, trips by road, each trip once.

Bulk deliveries of the tax authority (SAT) hold whatever a firm issued. Documents without goods in
transport are passed over there, as are those that a later one replaces; by what, is said.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from geofleet.errors import InputError, Problem
from geofleet.interchange.xml_files import Node
from geofleet.interchange.xml_sources import XmlSource, gathers, xml_sources

__all__ = ["NAMESPACES", "Document", "read_documents"]

NAMESPACES = {
    "http://www.sat.gob.mx/CartaPorte31": "3.1",
    "http://www.sat.gob.mx/CartaPorte30": "3.0",
}
"""Complements that are read; the schemas of the two differ by their name alone."""

_ANY_VERSION = re.compile(r"http://www\.sat\.gob\.mx/CartaPorte(\d*)")
_STAMP = "http://www.sat.gob.mx/TimbreFiscalDigital"
_REPLACES = "04"  # of the catalogue c_TipoRelacion: takes the place of earlier documents
_OTHER_MODES = {
    "TransporteMaritimo": "by sea", "TransporteAereo": "by air", "TransporteFerroviario": "by rail",
}  # fmt: skip
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Document:
    """One document with goods in transport by road.

    Parameters
    ----------
    file
        As problems name it.
    whole
        The element Comprobante, or the root where there is none.
    body
        The element CartaPorte.
    stamp
        UUID of the stamp of the authority in lower case, empty where it bears none.
    replaces
        UUIDs of the documents that it takes the place of.
    gathered
        Whether it was found in a folder or archive.
    """

    file: str
    whole: Node
    body: Node
    stamp: str
    replaces: frozenset[str]
    gathered: bool


class _PassedOverError(Exception):
    """A document that tells of no trip by road, among others."""


def read_documents(paths: Sequence[Path]) -> tuple[list[Document], list[str]]:
    """Return the documents of files, folders and archives that count, and notes on the others.

    Raises
    ------
    InputError
        Every file that cannot be read or holds what nobody can use; nothing left to read.
    """
    documents: list[Document] = []
    broken: list[Problem] = []
    passed: dict[str, list[str]] = {}
    for path in paths:
        try:
            for source in xml_sources([path]):
                try:
                    documents.append(_document(source))
                except _PassedOverError as reason:
                    passed.setdefault(str(reason), []).append(source.name)
                except InputError as error:
                    broken += error.problems
        except InputError as error:
            broken += error.problems
    notes = [f"{len(files)} passed over, {why}: {_some(files)}" for why, files in passed.items()]
    documents, more = _each_once(documents, broken)
    notes += more
    documents, more = _not_replaced(documents)
    notes += more
    if broken:
        raise InputError(broken)
    if not documents:
        file = str(paths[0]) if paths else "carta porte"
        expected = "at least one document with the complement Carta Porte of a trip by road"
        if notes:
            expected += f" ({'; '.join(notes)})"
        elif not any(map(gathers, paths)):
            expected = "at least one file"
        raise InputError([Problem(file, expected=expected)])
    bare = [document.file for document in documents if not document.stamp]
    if bare:
        notes.append(f"{len(bare)} without the stamp of the authority, read like others: "
                     f"{_some(bare)}")  # fmt: skip
    return documents, notes


def _some(files: Sequence[str]) -> str:
    more = f" and {len(files) - _SHOWN} more" if len(files) > _SHOWN else ""
    return ", ".join(files[:_SHOWN]) + more


def _document(source: XmlSource) -> Document:
    nodes = source.read().walk()
    body = _complement(nodes, source)
    _by_road(body, source)
    # Programs wrap documents in answers of their own.
    whole = next((node for node in nodes if node.name == "Comprobante"), nodes[0])
    stamps = [n for n in nodes if n.name == "TimbreFiscalDigital" and n.namespace == _STAMP]
    replaced = {
        related.get("UUID").casefold()
        for group in whole.all("CfdiRelacionados") if group.get("TipoRelacion") == _REPLACES
        for related in group.all("CfdiRelacionado")
    }  # fmt: skip
    return Document(
        source.name, whole, body, stamps[0].get("UUID").casefold() if stamps else "",
        frozenset(replaced - {""}), source.gathered,
    )  # fmt: skip


def _complement(nodes: Sequence[Node], source: XmlSource) -> Node:
    """Return the element CartaPorte of a version that is read."""
    file = source.name
    found = [node for node in nodes if node.name == "CartaPorte"]
    own = [node for node in found if node.namespace in NAMESPACES]
    if len(own) > 1:
        raise InputError([Problem(file, "CartaPorte", own[1].line, expected="one complement")])
    if own:
        version = NAMESPACES[own[0].namespace]
        if own[0].get("Version") == version:
            return own[0]
        value = own[0].get("Version") or "no version"
        expected = f"Version {version}, as the namespace says"
        raise InputError([Problem(file, "Version", own[0].line, value, expected)])
    expected = "the complement Carta Porte 3.1 or 3.0 (namespace " + " or ".join(NAMESPACES) + ")"
    for node in found:
        other = _ANY_VERSION.fullmatch(node.namespace)
        if other:
            value = f"version {node.get('Version') or other[1]}"
            expected += "; earlier ones do not tell the gross weight of the vehicle"
            raise InputError([Problem(file, "CartaPorte", node.line, value, expected)])
    if source.gathered and not found:
        raise _PassedOverError("without Carta Porte")
    raise InputError([Problem(file, "CartaPorte", expected=expected)])


def _by_road(body: Node, source: XmlSource) -> None:
    """Refuse documents of other ways of transport, alone or beside the road."""
    holder = body.first("Mercancias")
    if holder is None:
        return  # said where goods are read
    others = [name for name in _OTHER_MODES if holder.first(name) is not None]
    if not others:
        return
    node = holder.first(others[0])
    line = body.line if node is None else node.line
    words = " and ".join(_OTHER_MODES[name] for name in others)
    if holder.first("Autotransporte") is not None:
        expected = (
            f"a trip by road alone: this one is by road and {words}, and nothing tells which "
            "places lie on which part; give the part by road as a document of its own"
        )
        raise InputError([Problem(source.name, others[0], line, "by road and " + words, expected)])
    if source.gathered:
        raise _PassedOverError(f"no road trip but {words}")
    expected = "a trip by road (Autotransporte)"
    raise InputError([Problem(source.name, others[0], line, words, expected)])


def _each_once(
    documents: Sequence[Document], broken: list[Problem]
) -> tuple[list[Document], list[str]]:
    """Leave out copies in folders; a document that the user names twice is a problem."""
    kept: dict[str, Document] = {}
    out, copies = [], []
    for document in documents:
        number = document.body.get("IdCCP").casefold()
        first = kept.setdefault(number, document) if number else document
        if first is document:
            out.append(document)
        elif (first.gathered or document.gathered) and first.stamp == document.stamp:
            copies.append(f"{document.file} (as {first.file})")
        else:
            expected = f"each document once; {first.file} is the same"
            value = document.body.get("IdCCP")
            broken.append(Problem(document.file, "IdCCP", document.body.line, value, expected))
    notes = [f"{len(copies)} copies of others passed over: {_some(copies)}"] if copies else []
    return out, notes


def _not_replaced(documents: Sequence[Document]) -> tuple[list[Document], list[str]]:
    """Leave out documents that another of them takes the place of: they tell the same trip."""
    by_stamp = {document.stamp: document for document in documents if document.stamp}
    gone = {
        by_stamp[stamp].file: document.file
        for document in documents for stamp in document.replaces
        if stamp in by_stamp and by_stamp[stamp] is not document
    }  # fmt: skip
    if not gone:
        return list(documents), []
    words = [f"{file} (by {by})" for file, by in gone.items()]
    notes = [f"{len(gone)} replaced by later ones and left out: {_some(words)}"]
    return [document for document in documents if document.file not in gone], notes
