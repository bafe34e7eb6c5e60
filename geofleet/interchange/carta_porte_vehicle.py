"""The vehicle of a Carta Porte: plate, configuration and gross weight to a row of a fleet."""

from __future__ import annotations

import math
from typing import Any

from geofleet.defaults import Defaults
from geofleet.errors import Problem
from geofleet.fleet.classes import vehicle_class, vehicle_class_names
from geofleet.interchange.xml_files import Node

__all__ = ["vehicle_row"]

_TABLE = "carta_porte"
_KG_T = 1000.0


def vehicle_row(
    document: Node, operator: str, file: str, defaults: Defaults
) -> tuple[dict[str, Any], list[Problem], list[str]]:
    """Return the row (cells as text), what is wrong, and notes.

    The class is the lightest of the configuration's body (rigid or articulated) that holds the
    gross weight; ``PesoBrutoVehicular`` is in tonnes and what the norm permits the vehicle.
    """
    problems: list[Problem] = []
    holder = document.first("Mercancias")
    transport = None if holder is None else holder.first("Autotransporte")
    node = None if transport is None else transport.first("IdentificacionVehicular")
    if transport is None or node is None:
        line = document.line if transport is None else transport.line
        expected = "a road vehicle: Mercancias with Autotransporte and IdentificacionVehicular"
        stray = next((n for n in document.walk() if n.name == "IdentificacionVehicular"), None)
        if stray is not None:
            expected += f"; the one of line {stray.line} stands elsewhere"
        problems.append(Problem(file, "Autotransporte", line, expected=expected))
        return _row("", operator, file, line), problems, []
    plate = "".join(mark for mark in node.get("PlacaVM") if mark.isalnum()).upper()
    if not plate:
        problems.append(Problem(file, "PlacaVM", node.line, expected="the number plate"))
    row = _row(plate, operator, file, node.line)
    code = node.get("ConfigVehicular")
    body = _body(code, defaults)
    if body is None:
        expected = "a configuration with axles, like C2 or T3S2; special ones have no class here: "
        expected += "give it (assume vehicle_class=…)"
        problems.append(Problem(file, "ConfigVehicular", node.line, code, expected))
    gross = _gross_kg(node, file, defaults, problems)
    if gross is not None:
        row["gvw_kg"] = f"{gross:.10g}"
    if body is not None and gross is not None:
        row["axles"] = f"{defaults.number(_TABLE, f'{code}.axles'):g}"
        row["vehicle_class"] = _class(body, gross, defaults)
        if not row["vehicle_class"]:
            expected = f"a gross weight of a {body} vehicle class"
            value = f"{gross / _KG_T:g} t"
            problems.append(Problem(file, "PesoBrutoVehicular", node.line, value, expected))
    year = node.get("AnioModeloVM")
    if year.isdigit() and len(year) == 4:
        row["model_year"] = year
    else:
        expected = "a year of four digits"
        problems.append(Problem(file, "AnioModeloVM", node.line, year, expected))
    trailers = transport.first("Remolques")
    count = 0 if trailers is None else len(trailers.all("Remolque"))
    notes = [f"{plate}: {code}, {count} trailers, class {row['vehicle_class']}"] if plate else []
    return row, problems, notes


def _row(plate: str, operator: str, file: str, line: int) -> dict[str, Any]:
    return {
        "vehicle_id": plate, "operator_id": operator, "vehicle_class": "", "fuel": "",
        "standard": "", "model_year": "", "gvw_kg": "", "payload_capacity_kg": "",
        "plate": plate, "axles": "", "file": file, "row": line,
    }  # fmt: skip


def _body(code: str, defaults: Defaults) -> str | None:
    if f"{code}.body" not in defaults.table(_TABLE).index:
        return None
    return defaults.text(_TABLE, f"{code}.body")


def _gross_kg(node: Node, file: str, defaults: Defaults, problems: list[Problem]) -> float | None:
    text = node.get("PesoBrutoVehicular")
    try:
        tonnes = float(text)
    except ValueError:
        tonnes = math.nan
    lightest = defaults.number(_TABLE, "class_lightest_t")
    heaviest = defaults.number(_TABLE, "class_heaviest_t")
    if lightest <= tonnes <= heaviest:
        return tonnes * _KG_T
    hint = "; this looks like kilograms" if tonnes > heaviest else ""
    expected = f"tonnes from {lightest:g} to {heaviest:g}{hint}"
    problems.append(Problem(file, "PesoBrutoVehicular", node.line, text, expected))
    return None


def _class(body: str, gross_kg: float, defaults: Defaults) -> str:
    for name in vehicle_class_names():
        if defaults.text("vehicle_classes", f"{name}.body") != body:
            continue
        if vehicle_class(defaults, name).holds(gross_kg):
            return name
    return ""
