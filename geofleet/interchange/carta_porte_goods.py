"""Goods of a Carta Porte: how much is loaded and unloaded at which of its places."""

from __future__ import annotations

import math

from geofleet.defaults import Defaults
from geofleet.errors import Problem
from geofleet.interchange.xml_files import Node

__all__ = ["goods_by_place"]

_TO_KG = {"KGM": 1.0, "TNE": 1000.0, "GRM": 0.001, "LBR": 0.45359237}
"""Units of mass of UN/CEFACT that the total may be in."""


def goods_by_place(
    document: Node, file: str, defaults: Defaults
) -> tuple[dict[str, float | None], list[Problem], list[str]]:
    """Return the mass in kg by ``IDUbicacion`` (or ``#n``, the place's number from 0).

    The mass of goods that go to several places is shared by their quantities
    (``CantidadTransporta``); goods that do not say where they go belong to the only origin and the
    only destination, and are a problem where there are several.
    """
    problems: list[Problem] = []
    notes: list[str] = []
    places = _places(document)
    masses: dict[str, float] = dict.fromkeys([*places["Origen"], *places["Destino"]], 0.0)
    unsure: set[str] = set()
    holder = document.first("Mercancias")
    goods = [] if holder is None else holder.all("Mercancia")
    if not goods:
        expected = "at least one Mercancia with its PesoEnKg"
        problems.append(Problem(file, "Mercancias", document.line, expected=expected))
        unsure |= set(masses)
    total = 0.0
    for node in goods:
        mass = _number(node, "PesoEnKg", file, problems)
        if mass is None:
            unsure |= set(masses)
            continue
        total += mass
        for key, share in _shares(node, places, file, problems).items():
            if key == "":
                unsure |= set(masses)
            else:
                masses[key] += mass * share
    if holder is not None and goods:
        notes += _against_total(holder, total, file, defaults, problems)
    return {key: None if key in unsure else mass for key, mass in masses.items()}, problems, notes


def _places(document: Node) -> dict[str, list[str]]:
    holder = document.first("Ubicaciones")
    out: dict[str, list[str]] = {"Origen": [], "Destino": []}
    for number, node in enumerate([] if holder is None else holder.all("Ubicacion")):
        if node.get("TipoUbicacion") in out:
            out[node.get("TipoUbicacion")].append(node.get("IDUbicacion") or f"#{number}")
    return out


def _shares(
    node: Node, places: dict[str, list[str]], file: str, problems: list[Problem]
) -> dict[str, float]:
    """Return the share of goods at each place; ``{"": 0}`` where nobody can tell."""
    moved = node.all("CantidadTransporta")
    if not moved:
        if len(places["Origen"]) == 1 and len(places["Destino"]) == 1:
            return {places["Origen"][0]: 1.0, places["Destino"][0]: 1.0}
        expected = (
            "CantidadTransporta with IDOrigen and IDDestino: there are "
            f"{len(places['Origen'])} origins and {len(places['Destino'])} destinations"
        )
        problems.append(Problem(file, "CantidadTransporta", node.line, "unknown", expected))
        return {"": 0.0}
    amounts = [_number(item, "Cantidad", file, problems) for item in moved]
    known = [amount for amount in amounts if amount is not None]
    whole = sum(known)
    if len(known) < len(moved) or whole <= 0.0:
        return {"": 0.0}
    declared = _number(node, "Cantidad", file, problems)
    if declared is not None and not math.isclose(declared, whole, rel_tol=1e-6):
        expected = f"the sum of CantidadTransporta, {whole:g}"
        problems.append(Problem(file, "Cantidad", node.line, f"{declared:g}", expected))
    out: dict[str, float] = {}
    for item, amount in zip(moved, known, strict=True):
        for field, kind in (("IDOrigen", "Origen"), ("IDDestino", "Destino")):
            key = item.get(field)
            if key not in places[kind]:
                expected = f"the IDUbicacion of a place of type {kind}"
                problems.append(Problem(file, field, item.line, key, expected))
                return {"": 0.0}
            out[key] = out.get(key, 0.0) + amount / whole
    return out


def _against_total(
    holder: Node, total: float, file: str, defaults: Defaults, problems: list[Problem]
) -> list[str]:
    """Compare the sum of the goods with the total of the document."""
    unit = holder.get("UnidadPeso")
    declared = _number(holder, "PesoBrutoTotal", file, problems)
    if declared is None:
        return []
    if unit not in _TO_KG:
        return [f"{file}: PesoBrutoTotal is in {unit or 'no unit'}; not compared with the goods"]
    gross = declared * _TO_KG[unit]
    tolerance = defaults.number("carta_porte", "total_tolerance")
    if abs(gross - total) <= tolerance * max(gross, total):
        return []
    return [
        f"{file}: goods weigh {total:g} kg together, the document says {gross:g} kg in all; "
        "the masses of the goods are used"
    ]


def _number(node: Node, name: str, file: str, problems: list[Problem]) -> float | None:
    text = node.get(name)
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value >= 0.0) or "_" in text:
        expected = "a number of at least 0, with a point for decimals"
        problems.append(Problem(file, name, node.line, text, expected))
        return None
    return value
