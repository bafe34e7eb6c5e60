"""Headings of planners' sheets, Spanish and English, and the units that they name."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from geofleet.errors import Problem
from geofleet.interchange.cells import CellStyle

__all__ = ["UNITS", "Heading", "bare", "match_headings", "measure", "plain", "unit_of"]

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
    "truck|plate|plates|unit|id vehiculo",
    "date": "date|fecha|dia|fecha entrega|fecha ruta|delivery date|route date|"
    "fecha servicio|service date|fecha reparto|fecha viaje|fecha programada",
    "seq": "seq|sequence|secuencia|orden visita|no parada|parada no|consecutivo|stop no|"
    "visit order|orden parada|orden entrega|orden ruta|orden reparto|secuencia entrega|"
    "secuencia visita|no secuencia|no visita|stop order|stop sequence|route order",
    "stop_id": "stop id|stop|parada|cliente|customer|client|tienda|sucursal|store|lugar|place|"
    "punto entrega|nombre cliente|customer name|nombre tienda",
    "name": "name|stop name|nombre parada|nombre punto",
    "kind": "kind|tipo|tipo parada|stop type|stop kind|type",
    "address": "address|direccion|domicilio|direccion entrega|delivery address|calle y no",
    "lat": "lat|latitud|latitude",
    "lon": "lon|lng|long|longitud|longitude",
    "lat_lon": "coordenadas|coordinates|lat lon|latitud longitud|latitude longitude|lat lng|"
    "ubicacion gps|gps|lat long|latitud y longitud|coordenadas gps",
    "service_min": "service|servicio|tiempo servicio|service time|tiempo descarga|descarga|"
    "unloading|unloading time|estadia|tiempo en sitio|tiempo estancia|estancia",
    "window_start": "window start|desde|hora desde|ventana inicio|inicio ventana|hora inicio|"
    "abre|opens|earliest|not before|no antes|apertura|hora apertura|horario apertura|"
    "horario inicio|ventana desde|horario desde",
    "window_end": "window end|hasta|hora hasta|ventana fin|fin ventana|hora fin|"
    "cierra|closes|latest|not after|no despues|cierre|hora cierre|horario cierre|horario fin|"
    "ventana hasta|horario hasta",
    "window": "ventana|ventana horaria|ventana entrega|horario|horario recepcion|"
    "time window|delivery window|horario entrega|ventana recepcion|ventana tiempo",
    "planned_time": "hora|hora llegada|llegada|arrival|arrival time|eta|planned time|"
    "hora programada|planned arrival|hora estimada",
    "drop_kg": "drop|entrega|peso|peso entrega|weight|carga|demanda|demand|"
    "delivery weight|peso bruto",
    "pickup_kg": "pickup|recoleccion|recolecta|peso recoleccion|devolucion|pickup weight|"
    "collected|peso recolectado",
}  # fmt: skip
_LESS_USUAL = {
    "vehicle_id": "matricula|no unidad|placas unidad|placas vehiculo|placa vehiculo|eco|no eco|"
    "license plate|truck id|vehicle no|no vehiculo",
    "date": "fecha salida|dia entrega",
    "stop_id": "razon social|destinatario|nombre|establecimiento|punto venta|id cliente|"
    "clave cliente|no cliente|nombre comercial|nombre sucursal|destino|consignatario|consignee",
    "kind": "tipo punto|tipo visita",
    "address": "domicilio entrega|domicilio cliente|direccion cliente|direccion completa|calle|"
    "street address",
    "lat": "latitud decimal|y|coordenada y|gps latitude",
    "lon": "longitud decimal|x|coordenada x|gps longitude",
    "lat_lon": "geolocalizacion|georreferencia",
    "service_min": "tiempo parada|tiempo atencion|tiempo entrega|tiempo maniobra|maniobra|"
    "maniobras|service duration|stop time|tiempo en cliente",
    "window_start": "hora minima|inicio recepcion|inicio",
    "window_end": "hora maxima|hora limite|fin recepcion|fin|hora final",
    "window": "horario atencion|horario cliente|rango horario",
    "planned_time": "hora entrega|hora visita|hora cita|cita",
    "drop_kg": "peso total|peso entregado|peso a entregar|peso mercancia|peso carga|peso neto|"
    "a entregar|entregado|entregados|gross weight|total weight|peso pedido",
    "pickup_kg": "devoluciones|peso devolucion|recolectado|recolectados|a recolectar",
}  # fmt: skip
"""Headings that count where none of the usual ones is there."""
_DOUBTFUL = {"seq": "orden|no|order|sec|no entrega|renglon"}
"""Headings that often mean something else, as an order of goods: the cells below them decide."""
_CALLED = "nombre|nombre cliente|customer name|nombre tienda|razon social|nombre comercial|" \
    "nombre sucursal"  # fmt: skip
"""Headings of names of places, beside another column that tells places apart."""
_FILLERS = frozenset({"de", "del", "la", "el", "los", "las", "al", "of", "the", "para", "por"})
_NUMBERS = frozenset({"no", "nro", "num", "numero", "number", "nr", "n"})
_WITH_UNIT = re.compile(r"(.*\d)\s*([A-Za-z]+)\.?")
_RANKS = (_NAMES, _LESS_USUAL, _DOUBTFUL)
_BARE_UNITS = {"kg": "drop_kg", "kilos": "drop_kg", "toneladas": "drop_kg", "ton": "drop_kg"}
FIELDS = tuple(_NAMES)


@dataclass(frozen=True, slots=True)
class Heading:
    """One column of a sheet: its place, its text, and the factor to the unit of its field.

    ``doubtful`` headings may mean something else: what stands below them must fit.
    """

    place: int
    text: str
    factor: float = 1.0
    doubtful: bool = False


def plain(text: str) -> str:
    """Return words without case, accents and marks: ``Núm. económico`` is ``num economico``."""
    bare = unicodedata.normalize("NFKD", text)
    bare = "".join(mark for mark in bare if not unicodedata.combining(mark)).casefold()
    return " ".join(re.findall(r"[a-z0-9]+", bare))


def bare(text: str) -> str:
    """Return a heading without small words: ``Núm. de parada`` and ``# parada`` are one."""
    words = plain(re.sub("[#№]", " no ", text)).split()
    kept = ["no" if word in _NUMBERS else word for word in words if word not in _FILLERS]
    return " ".join(kept)


_FIELDS = {
    bare(name): (field, rank)
    for rank, table in reversed(list(enumerate(_RANKS)))
    for field, names in table.items()
    for name in names.split("|")
}


_NAMES_OF_PLACES = frozenset(bare(name) for name in _CALLED.split("|"))


def _known(text: str) -> tuple[str | None, str | None, int]:
    """Return the field that a heading names, the unit that it says, and how sure that is."""
    words = bare(text)
    if words in _BARE_UNITS:
        return _BARE_UNITS[words], _UNIT_WORDS[words], 0
    if words in _FIELDS:
        field, rank = _FIELDS[words]
        return field, None, rank
    head, unit = unit_of(words)
    if unit is not None and head in _FIELDS:
        field, rank = _FIELDS[head]
        return field, unit, rank
    first, _, rest = words.partition(" ")
    if first in _UNIT_WORDS and _FIELDS.get(rest, ("", 0))[0] in _MEASURED:
        field, rank = _FIELDS[rest]
        return field, _UNIT_WORDS[first], rank
    return None, None, 0


def unit_of(words: str) -> tuple[str, str | None]:
    """Return bare words without the unit at their end, and that unit."""
    head, _, tail = words.rpartition(" ")
    if head and tail in _UNIT_WORDS:
        return head.removesuffix(" en").removesuffix(" in"), _UNIT_WORDS[tail]
    return words, None


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
        What the user says of fields: their heading (empty: none is it), their unit.
    """
    texts = ["" if cell is None else str(cell) for cell in cells]
    problems, notes, understood = [], [], []
    wrong = [name for name in (*columns, *units) if name not in FIELDS]
    expected = "a column of a stop: " + ", ".join(FIELDS)
    problems += [Problem(file, name, row, expected=expected) for name in dict.fromkeys(wrong)]
    found: dict[str, list[tuple[int, str | None, int]]] = {}
    given = {plain(text): field for field, text in columns.items() if field in FIELDS}
    for place, text in enumerate(texts):
        field, unit, rank = _known(text)
        if plain(text) in given and plain(text):
            field, rank = given[plain(text)], 0
        elif field == "stop_id" and field in columns and bare(text) in _NAMES_OF_PLACES:
            field = "name"
        elif field in columns:
            continue  # the user names another heading for it, or none
        if field is not None:
            found.setdefault(field, []).append((place, unit, rank))
    for field, text in columns.items():
        if field in FIELDS and field not in found and plain(text):
            there = ", ".join(repr(name) for name in texts if name)
            problems.append(Problem(file, field, row, text, f"a heading of the sheet: {there}"))
    _split_names(found, texts)
    out: dict[str, Heading] = {}
    for field, candidates in found.items():
        surest = min(rank for _, _, rank in candidates)
        places = [(place, unit) for place, unit, rank in candidates if rank == surest]
        if len(places) > 1:
            names = ", ".join(repr(texts[place]) for place, _ in places)
            expected = f"one heading for it; {names} all may be it, say which (columns)"
            problems.append(Problem(file, field, row, expected=expected))
        place, unit = places[0]
        factor, problem = _factor(field, units.get(field, unit), texts[place], file, row)
        problems += [problem] if problem else []
        out[field] = Heading(place, texts[place], factor, doubtful=_RANKS[surest] is _DOUBTFUL)
        if plain(texts[place]) != plain(field):
            said = units.get(field, unit)
            understood.append(f"{texts[place]!r} is {field}" + (f" in {said}" if said else ""))
    notes += ["; ".join(understood)] if understood else []
    used = {heading.place for heading in out.values()}
    unused = [repr(text) for place, text in enumerate(texts) if text and place not in used]
    if unused:
        notes.append("not used: " + ", ".join(unused))
    return out, problems, notes


def measure(cell: object, field: str, factor: float, style: CellStyle) -> float:
    """Return a quantity in the unit of its field; a unit in the cell goes before the column's.

    Examples
    --------
    >>> measure("1.5 t", "drop_kg", 1.0, CellStyle()), measure(2, "drop_kg", 1000.0, CellStyle())
    (1500.0, 2000.0)
    """
    found = _WITH_UNIT.fullmatch(cell.strip()) if isinstance(cell, str) else None
    unit = _UNIT_WORDS.get(plain(found[2])) if found else None
    units = UNITS[_MEASURED[field]]
    if found is not None and unit in units:
        return style.number(found[1]) * units[str(unit)]
    return style.number(cell) * factor


def _split_names(found: dict[str, list[tuple[int, str | None, int]]], texts: list[str]) -> None:
    """Of two columns of places, a key and a name, let each be what it is."""
    candidates = found.get("stop_id", [])
    called = [c for c in candidates if bare(texts[c[0]]) in _NAMES_OF_PLACES]
    keys = [c for c in candidates if c not in called]
    if keys and len(called) == 1 and "name" not in found:
        found["stop_id"], found["name"] = keys, called


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
