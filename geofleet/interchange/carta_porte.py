"""Carta Porte 3.1, the complement of Mexican tax documents for goods in transport, to stops.

A document names places by codes and addresses; where they lie, the user's table of places says.
Names of elements and attributes are those of the standard of the tax authority (SAT).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from geofleet.defaults import Defaults
from geofleet.errors import InputError, Problem
from geofleet.interchange.carta_porte_goods import goods_by_place
from geofleet.interchange.carta_porte_vehicle import vehicle_row
from geofleet.interchange.model import Imported, imported
from geofleet.interchange.places import Places, unplaced_table
from geofleet.interchange.xml_files import Node, read_xml

__all__ = ["NAMESPACE", "read_carta_porte"]

NAMESPACE = "http://www.sat.gob.mx/CartaPorte31"
_VERSION = "3.1"
_ANY_VERSION = re.compile(r"http://www\.sat\.gob\.mx/CartaPorte(\d*)")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}")
_KINDS = ("Origen", "Destino")
_DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class _Call:
    """One place of one document: goods are loaded (Origen) or unloaded (Destino) there."""

    file: str
    line: int
    vehicle: str
    origin: bool
    time: datetime | None
    name: str
    keys: tuple[str, ...]
    address: str
    mass_kg: float | None
    distance_km: str


def read_carta_porte(
    path: str | Path | Sequence[str | Path],
    *,
    places: Places | None = None,
    assume: Mapping[str, Any] | None = None,
    defaults: Defaults | None = None,
) -> Imported:
    """Read documents with the complement Carta Porte 3.1 as stops, vehicles and operators.

    Parameters
    ----------
    path
        XML files; those of one vehicle and day become one vehicle-day, in order of time.
    places
        Positions by ``RFC/IDUbicacion``, ``IDUbicacion``, ``RFC/CodigoPostal``, ``RFC`` or
        ``CodigoPostal``: the first that the table holds counts. Places in none of them are unknown
        and named; no place is put at the middle of its postal code unless the table says so.
    assume
        ``service_min`` must be given: the document does not tell how long a stop takes.
    defaults
        Rows of tables ``carta_porte`` and ``vehicle_classes``.

    Returns
    -------
    Imported
        Of kind ``carta_porte``. The first origin of a day is its depot, and the load it begins
        with follows from what is unloaded; later origins load, destinations unload. Times are local
        and stand in ``planned_time``; the declared distance in ``declared_km``. ``row`` is the line
        of the element. Vehicles have plate, class (from configuration and gross weight), model
        year, gross weight and axles; fuel, standard and payload are not told by the document.

    Raises
    ------
    InputError
        Files that are no XML of this complement, or hold what none of them needs (entities,
        document types, endless depth); the same document twice.

    Examples
    --------
    >>> read_carta_porte("carta.xml", assume={"service_min": 30})  # doctest: +SKIP
    """
    paths = [Path(path)] if isinstance(path, str | Path) else [Path(item) for item in path]
    scope = (defaults or Defaults()).scope()
    problems: list[Problem] = []
    calls: list[_Call] = []
    vehicles: list[dict[str, Any]] = []
    operators: list[dict[str, Any]] = []
    notes: list[str] = []
    broken: list[Problem] = []
    seen: dict[str, str] = {}
    for item in paths:
        try:
            root = read_xml(item)
            document = _complement(root, str(item))
        except InputError as error:
            broken += error.problems
            continue
        number = document.get("IdCCP").casefold()
        if number and number in seen:
            expected = f"each document once; {seen[number]} is the same"
            value = document.get("IdCCP")
            broken.append(Problem(str(item), "IdCCP", document.line, value, expected))
            continue
        seen[number] = str(item)
        owner = _operator(root, str(item))
        vehicle, faults, said = vehicle_row(document, owner["operator_id"], str(item), scope)
        notes += said
        problems += faults
        vehicles.append(vehicle)
        operators.append(owner)
        goods, faults, said = goods_by_place(document, str(item), scope)
        problems += faults
        notes += said
        calls += _calls(document, vehicle["vehicle_id"], goods, str(item), problems)
    if broken or not paths:
        raise InputError(broken or [Problem("carta porte", expected="at least one file")])
    rows = _rows(calls)
    missing = _placed(rows, places or Places({}), problems, notes)
    return imported(
        "carta_porte", rows, problems=problems, assume=assume or {},
        vehicles=_once(vehicles, "vehicle_id", problems),
        operators=_once(operators, "operator_id", []),
        unplaced=unplaced_table(missing), notes=notes,
    )  # fmt: skip


def _complement(root: Node, file: str) -> Node:
    """Return the element CartaPorte of version 3.1."""
    found = [node for node in root.walk() if node.name == "CartaPorte"]
    own = [node for node in found if node.namespace == NAMESPACE]
    if len(own) == 1 and own[0].get("Version") == _VERSION:
        return own[0]
    if len(own) == 1:
        value = own[0].get("Version") or "no version"
        expected = f"Version {_VERSION}, as the namespace says"
        raise InputError([Problem(file, "Version", own[0].line, value, expected)])
    if len(own) > 1:
        raise InputError([Problem(file, "CartaPorte", own[1].line, expected="one complement")])
    expected = f"the complement Carta Porte 3.1 (namespace {NAMESPACE})"
    for node in found:
        version = _ANY_VERSION.fullmatch(node.namespace)
        if version:
            value = f"version {node.get('Version') or version[1]}"
            raise InputError([Problem(file, "CartaPorte", node.line, value, expected)])
    raise InputError([Problem(file, "CartaPorte", expected=expected)])


def _operator(root: Node, file: str) -> dict[str, Any]:
    """Return who issued the document: the carrier, or the owner of goods in his own truck."""
    issuer = root.first("Emisor")
    name = "" if issuer is None else issuer.get("Rfc")
    return {
        "operator_id": name or "unknown", "name": "" if issuer is None else issuer.get("Nombre"),
        "fleet_size": "", "file": file, "row": root.line if issuer is None else issuer.line,
    }  # fmt: skip


def _calls(
    document: Node, vehicle: str, goods: Mapping[str, float | None], file: str,
    problems: list[Problem],
) -> list[_Call]:  # fmt: skip
    holder = document.first("Ubicaciones")
    found = [] if holder is None else holder.all("Ubicacion")
    if len(found) < 2:
        expected = "at least one Origen and one Destino"
        problems.append(Problem(file, "Ubicaciones", document.line, expected=expected))
    calls = []
    for number, node in enumerate(found):
        kind = node.get("TipoUbicacion")
        if kind not in _KINDS:
            expected = "Origen or Destino"
            problems.append(Problem(file, "TipoUbicacion", node.line, kind, expected))
            continue
        key = node.get("IDUbicacion") or f"#{number}"
        calls.append(_call(node, kind, vehicle, goods.get(key), file, problems))
    return calls


def _call(
    node: Node, kind: str, vehicle: str, mass: float | None, file: str, problems: list[Problem]
) -> _Call:
    address = node.first("Domicilio")
    code = "" if address is None else address.get("CodigoPostal")
    rfc, identity = node.get("RFCRemitenteDestinatario"), node.get("IDUbicacion")
    keys = [f"{rfc}/{identity}" if identity else "", identity, f"{rfc}/{code}" if code else ""]
    parts = () if address is None else (
        address.get("Calle"), address.get("NumeroExterior"), address.get("Colonia"),
        address.get("Municipio"), address.get("Estado"), code,
    )  # fmt: skip
    moment = node.get("FechaHoraSalidaLlegada")
    time = None
    if _MOMENT.fullmatch(moment):
        try:
            time = datetime.fromisoformat(moment)
        except ValueError:
            time = None
    if time is None:
        expected = "a local date and time like 2024-05-14T08:30:00"
        problems.append(Problem(file, "date", node.line, moment, expected))
    name = node.get("NombreRemitenteDestinatario")
    return _Call(
        file=file, line=node.line, vehicle=vehicle, origin=kind == "Origen", time=time,
        name=" ".join(part for part in (identity, name or rfc) if part),
        keys=tuple(key for key in (*keys, rfc, code) if key),
        address=", ".join(part for part in parts if part),
        mass_kg=mass, distance_km=node.get("DistanciaRecorrida"),
    )  # fmt: skip


def _rows(calls: Sequence[_Call]) -> list[dict[str, Any]]:
    """Return the stops: the calls of one vehicle's documents of one day in order of time."""
    # A document belongs to the day on which its vehicle leaves, even if it arrives after midnight.
    begins: dict[tuple[str, str], datetime] = {}
    for call in calls:
        if call.time is not None:
            key = (call.file, call.vehicle)
            begins[key] = min(begins.get(key, call.time), call.time)
    days: dict[tuple[str, str], list[_Call]] = {}
    for call in calls:
        begin = begins.get((call.file, call.vehicle))
        date = "" if begin is None or call.time is None else begin.date().isoformat()
        days.setdefault((call.vehicle, date), []).append(call)
    rows: list[dict[str, Any]] = []
    for (vehicle, date), day in days.items():
        # Of calls at one moment, goods are loaded before others are unloaded.
        ordered = sorted(day, key=lambda c: (c.time or datetime.min, not c.origin))
        for number, call in enumerate(ordered):
            first = number == 0 and call.origin
            clock = _clock(call.time, date)
            rows.append({
                "vehicle_id": vehicle, "date": date, "seq": number, "stop_id": call.name,
                "kind": "depot" if first else "delivery", "lat": None, "lon": None,
                # The time of an origin is that of leaving it.
                "service_min": 0.0 if first else None, "window_start": clock if first else None,
                "window_end": None, "drop_kg": 0.0 if call.origin else call.mass_kg,
                # The load at the start of a day follows from what is unloaded of it.
                "pickup_kg": call.mass_kg if call.origin and not first else None,
                "planned_time": clock, "address": call.address,
                "declared_km": call.distance_km, "file": call.file, "row": call.line,
                "_keys": call.keys,
            })  # fmt: skip
    return rows


def _clock(time: datetime | None, date: str) -> str | None:
    """Return a moment as clock time of the day of departure, above 24 h on the next."""
    if time is None or not date:
        return None
    seconds = round((time - datetime.fromisoformat(date)).total_seconds())
    return f"{seconds // 3600:02d}:{seconds % 3600 // 60:02d}:{seconds % 60:02d}"


def _placed(
    rows: list[dict[str, Any]], places: Places, problems: list[Problem], notes: list[str]
) -> list[tuple[str, str]]:
    """Look up each place; return names and addresses of those that nobody knows."""
    missing = []
    for row in rows:
        keys = row.pop("_keys")
        found = places.find(keys)
        if found is not None:
            key, row["lat"], row["lon"] = found
            if re.fullmatch(r"\d{5}", key):
                notes.append(f"{row['stop_id']}: position of its postal code {key}, as given")
            continue
        missing.append((keys[0] if keys else row["stop_id"], row["address"]))
        expected = (
            "a position in the table of places, by one of "
            + ", ".join(keys)
            + "; the document holds none and addresses are not looked up"
        )
        problems.append(Problem(row["file"], "lat, lon", row["row"], "unknown", expected))
    return missing


def _once(rows: list[dict[str, Any]], key: str, problems: list[Problem]) -> pd.DataFrame:
    """Return each name once; documents that contradict each other are problems."""
    out: dict[str, dict[str, Any]] = {}
    for row in rows:
        before = out.setdefault(row[key], row)
        for name in row:
            if name in ("file", "row") or row[name] == before[name] or key != "vehicle_id":
                continue
            expected = f"what {before['file']} says of {row[key]}: {before[name]!r}"
            problems.append(Problem(row["file"], name, int(row["row"]), str(row[name]), expected))
    return pd.DataFrame(list(out.values()), dtype=object)
