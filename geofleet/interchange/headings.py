"""Headings of planners' sheets, Spanish and English, and the units that they name."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from geofleet.errors import Problem

__all__ = ["UNITS", "Heading", "match_headings", "plain"]

UNITS: Mapping[str, Mapping[str, float]] = {
    "mass": {"kg": 1.0, "t": 1000.0, "lb": 0.45359237, "g": 0.001},
    "time": {"min": 1.0, "h": 60.0, "s": 1.0 / 60.0},
}
"""Units that a column may come in, with their factor to kg and to minutes."""

_MEASURED = {"drop_kg": "mass", "pickup_kg": "mass", "service_min": "time"}
_UNIT_WORDS = {
    "kg": "kg", "kgs": "kg", "kilo": "kg", "kilos": "kg", "kilogramos": "kg", "kilograms": "kg",
    "t": "t", "ton": "t", "tons": "t", "toneladas": "t", "tonelada": "t", "tonnes": "t",
    "lb": "lb", "lbs": "lb", "libras": "lb", "pounds": "lb", "g": "g", "gr": "g", "gramos": "g",
    "min": "min", "mins": "min", "minutos": "min", "minutes": "min", "h": "h", "hr": "h",
    "hrs": "h", "horas": "h", "hours": "h", "s": "s", "seg": "s", "segundos": "s", "seconds": "s",
}  # fmt: skip
_NAMES = {
    "vehicle_id": "vehicle id|vehicle|vehiculo|unidad|camion|placa|placas|economico|no economico|"
    "numero economico|num economico|truck|plate|plates|unit|id vehiculo",
    "date": "date|fecha|dia|fecha de entrega|fecha entrega|fecha de ruta|delivery date|route date|"
    "fecha de servicio|service date",
    "seq": "seq|sequence|secuencia|orden de visita|no parada|numero de parada|num parada|"
    "consecutivo|stop number|stop no|visit order",
    "stop_id": "stop id|stop|parada|cliente|customer|client|tienda|sucursal|store|lugar|place|"
    "punto de entrega|nombre del cliente|customer name|nombre de la tienda",
    "kind": "kind|tipo|tipo de parada|stop type|stop kind|type",
    "address": "address|direccion|domicilio|direccion de entrega|delivery address|calle y numero",
    "lat": "lat|latitud|latitude",
    "lon": "lon|lng|long|longitud|longitude",
    "lat_lon": "coordenadas|coordinates|lat lon|latitud longitud|latitude longitude|lat lng|"
    "ubicacion gps|gps",
    "service_min": "service|servicio|tiempo de servicio|service time|tiempo de descarga|descarga|"
    "unloading|unloading time|estadia|tiempo en sitio",
    "window_start": "window start|desde|hora desde|ventana inicio|inicio de ventana|hora inicio|"
    "hora de inicio|abre|opens|earliest|not before|no antes de",
    "window_end": "window end|hasta|hora hasta|ventana fin|fin de ventana|hora fin|hora de fin|"
    "cierra|closes|latest|not after|no despues de",
    "window": "ventana|ventana horaria|ventana de entrega|horario|horario de recepcion|"
    "time window|delivery window",
    "planned_time": "hora|hora de llegada|llegada|arrival|arrival time|eta|planned time|"
    "hora programada|planned arrival",
    "drop_kg": "drop|entrega|peso|peso de entrega|peso entrega|weight|carga|demanda|demand|"
    "delivery weight|peso bruto",
    "pickup_kg": "pickup|recoleccion|recolecta|peso de recoleccion|devolucion|pickup weight|"
    "collected|peso recolectado",
}  # fmt: skip
_FIELDS = {name: field for field, names in _NAMES.items() for name in names.split("|")}
_BARE_UNITS = {"kg": "drop_kg", "kilos": "drop_kg", "toneladas": "drop_kg", "ton": "drop_kg"}
FIELDS = tuple(_NAMES)


@dataclass(frozen=True, slots=True)
class Heading:
    """One column of a sheet: its place, its text, and the factor to the unit of its field."""

    place: int
    text: str
    factor: float = 1.0


def plain(text: str) -> str:
    """Return words without case, accents and marks: ``Núm. económico`` is ``num economico``."""
    bare = unicodedata.normalize("NFKD", text)
    bare = "".join(mark for mark in bare if not unicodedata.combining(mark)).casefold()
    return " ".join(re.findall(r"[a-z0-9]+", bare))


def _known(text: str) -> tuple[str | None, str | None]:
    """Return the field that a heading names, and the unit that it says."""
    words = plain(text)
    if words in _BARE_UNITS:
        return _BARE_UNITS[words], _UNIT_WORDS[words]
    if words in _FIELDS:
        return _FIELDS[words], None
    head, _, tail = words.rpartition(" ")
    if tail in _UNIT_WORDS:
        head = head.removesuffix(" en").removesuffix(" in")
        if head in _FIELDS:
            return _FIELDS[head], _UNIT_WORDS[tail]
    return None, None


def known_count(cells: Sequence[object]) -> int:
    """Return how many cells of a row are headings that are known."""
    return sum(isinstance(cell, str) and _known(cell)[0] is not None for cell in cells)


def match_headings(
    cells: Sequence[object],
    *,
    file: str,
    row: int,
    columns: Mapping[str, str],
    units: Mapping[str, str],
) -> tuple[dict[str, Heading], list[Problem], list[str]]:
    """Return the column of each field, what is wrong, and notes on what was understood.

    Parameters
    ----------
    cells
        The row of headings.
    columns, units
        What the user says of fields: their heading, their unit.
    """
    texts = ["" if cell is None else str(cell) for cell in cells]
    problems, notes, understood = [], [], []
    wrong = [name for name in (*columns, *units) if name not in FIELDS]
    expected = "a column of a stop: " + ", ".join(FIELDS)
    problems += [Problem(file, name, row, expected=expected) for name in dict.fromkeys(wrong)]
    found: dict[str, list[tuple[int, str | None]]] = {}
    given = {plain(text): field for field, text in columns.items() if field in FIELDS}
    for place, text in enumerate(texts):
        field, unit = _known(text)
        if plain(text) in given and plain(text):
            field = given[plain(text)]
        elif field in columns:
            continue  # the user names another heading for it
        if field is not None:
            found.setdefault(field, []).append((place, unit))
    for field, text in columns.items():
        if field in FIELDS and field not in found:
            there = ", ".join(repr(name) for name in texts if name)
            problems.append(Problem(file, field, row, text, f"a heading of the sheet: {there}"))
    out: dict[str, Heading] = {}
    for field, places in found.items():
        if len(places) > 1:
            names = ", ".join(repr(texts[place]) for place, _ in places)
            expected = f"one heading for it; {names} all may be it, say which (columns)"
            problems.append(Problem(file, field, row, expected=expected))
        place, unit = places[0]
        factor, problem = _factor(field, units.get(field, unit), texts[place], file, row)
        problems += [problem] if problem else []
        out[field] = Heading(place, texts[place], factor)
        if plain(texts[place]) != plain(field):
            said = units.get(field, unit)
            understood.append(f"{texts[place]!r} is {field}" + (f" in {said}" if said else ""))
    notes += ["; ".join(understood)] if understood else []
    used = {heading.place for heading in out.values()}
    unused = [repr(text) for place, text in enumerate(texts) if text and place not in used]
    if unused:
        notes.append("not used: " + ", ".join(unused))
    return out, problems, notes


def _factor(
    field: str, unit: str | None, text: str, file: str, row: int
) -> tuple[float, Problem | None]:
    """Return the factor to the field's own unit; a unit that nobody says is a problem."""
    kind = _MEASURED.get(field)
    if kind is None:
        return 1.0, None
    units = UNITS[kind]
    known = _UNIT_WORDS.get(plain(unit), plain(unit)) if unit else None
    if known is not None and known in units:
        return units[known], None
    expected = f"its unit in the heading, or given beside the file: {', '.join(units)}"
    return 1.0, Problem(file, field, row, text if unit is None else unit, expected)
