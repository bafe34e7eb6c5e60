"""Carta Porte, the complement of Mexican tax documents for goods in transport, to stops.

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
from geofleet.errors import Problem
from geofleet.interchange.carta_porte_documents import read_documents
from geofleet.interchange.carta_porte_goods import goods_by_place
from geofleet.interchange.carta_porte_vehicle import vehicle_row
from geofleet.interchange.cells import UnclearCellError
from geofleet.interchange.model import Imported, imported
from geofleet.interchange.places import Places, unplaced_table
from geofleet.interchange.positions import doubt, position
from geofleet.interchange.xml_files import Node

__all__ = ["read_carta_porte"]

_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}")
_KINDS = ("Origen", "Destino")
_NOBODY = ("XAXX010101000", "XEXX010101000")
"""Tax numbers that stand for the public at large, and for whoever has none in Mexico."""
_MEXICO = ("MEX", "")
_FETCHED = "LogisticaInversaRecoleccionDevolucion"
_CODE = re.compile(r"([A-Z]{3}/.+|\d{5})")


@dataclass(frozen=True, slots=True)
class _Call:
    """One place of one document: goods are loaded (Origen) or unloaded (Destino) there."""

    file: str
    line: int
    vehicle: str
    origin: bool
    time: datetime | None
    name: str
    called: str
    keys: tuple[str, ...]
    address: str
    mass_kg: float | None
    distance_km: str
    noted: tuple[float, float] | None


def read_carta_porte(
    path: str | Path | Sequence[str | Path],
    *,
    places: Places | None = None,
    assume: Mapping[str, Any] | None = None,
    defaults: Defaults | None = None,
) -> Imported:
    """Read documents with the complement Carta Porte 3.1 or 3.0 as stops, vehicles and operators.

    Parameters
    ----------
    path
        XML files, folders and ``.zip`` archives of them; documents of one vehicle and day become
        one vehicle-day, in order of time. In folders and archives, documents without Carta Porte,
        those of other ways of transport, and copies are passed over and named in the notes. A
        document that another one replaces (relation 04) is left out.
    places
        Positions by ``RFC/IDUbicacion``, ``IDUbicacion``, ``RFC/CodigoPostal``, ``RFC`` or
        ``CodigoPostal``: the first that the table holds counts; abroad the postal code is
        ``country/code``, and ``NumRegIdTrib`` may be given too. A ``Referencia`` that holds
        coordinates and nothing else counts before the postal code alone. Other places are unknown
        and named; no place is put at the middle of its postal code unless the table says so.
    assume
        ``service_min`` must be given: the document does not tell how long a stop takes.
    defaults
        Rows of tables ``carta_porte`` and ``vehicle_classes``.

    Returns
    -------
    Imported
        Of kind ``carta_porte``. The first origin of a day is its depot, and the load it begins
        with follows from what is unloaded; later origins load, destinations unload. Origins at the
        depot before the first destination are one departure, the latest; goods of several documents
        for one place at one time are one stop. Times are local and stand in ``planned_time``; the
        declared distance in ``declared_km``. ``row`` is the line of the element. Vehicles have
        plate, class (from configuration and gross weight), model year, gross weight and axles;
        fuel, standard and payload are not told by the document.

    Raises
    ------
    InputError
        Files that are no XML of this complement, or hold what none of them needs (entities,
        document types, endless depth); other ways of transport; the same document twice.

    Examples
    --------
    >>> read_carta_porte("carta.xml", assume={"service_min": 30})  # doctest: +SKIP
    """
    paths = [Path(path)] if isinstance(path, str | Path) else [Path(item) for item in path]
    scope = (defaults or Defaults()).scope()
    documents, notes = read_documents(paths)
    problems: list[Problem] = []
    calls: list[_Call] = []
    vehicles: list[dict[str, Any]] = []
    operators: list[dict[str, Any]] = []
    for document in documents:
        body, file = document.body, document.file
        owner = _operator(document.whole, file)
        vehicle, faults, said = vehicle_row(body, owner["operator_id"], file, scope)
        notes += said
        problems += faults
        vehicles.append(vehicle)
        operators.append(owner)
        goods, faults, said = goods_by_place(body, file, scope)
        problems += faults
        notes += said
        calls += _calls(body, vehicle["vehicle_id"], goods, file, problems, notes)
        holder = body.first("Mercancias")
        if holder is not None and holder.get(_FETCHED):
            notes.append(f"{file}: goods are fetched or returned; its origin is where they are")
    rows = _rows(calls)
    missing = _placed(rows, places or Places({}), problems, notes)
    rows = _together(rows, notes)
    return imported(
        "carta_porte", rows, problems=problems, assume=assume or {},
        vehicles=_once(vehicles, "vehicle_id", problems),
        operators=_once(operators, "operator_id", []),
        unplaced=unplaced_table(missing), notes=notes,
        vehicle_rows={(row["file"], row["row"]): row["vehicle_id"] for row in vehicles},
    )  # fmt: skip


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
    problems: list[Problem], notes: list[str],
) -> list[_Call]:  # fmt: skip
    holder = document.first("Ubicaciones")
    found = [] if holder is None else holder.all("Ubicacion")
    if len(found) < 2:
        expected = "at least one Origen and one Destino"
        problems.append(Problem(file, "Ubicaciones", document.line, expected=expected))
    calls = []
    abroad: list[str] = []
    for number, node in enumerate(found):
        kind = node.get("TipoUbicacion")
        if kind not in _KINDS:
            expected = "Origen or Destino"
            problems.append(Problem(file, "TipoUbicacion", node.line, kind, expected))
            continue
        key = node.get("IDUbicacion") or f"#{number}"
        call = _call(node, kind, vehicle, goods.get(key), file, problems)
        calls.append(call)
        country = _country(node)
        abroad += [f"{call.name} ({country})"] if country not in _MEXICO else []
    if abroad:
        notes.append(f"{file}: places abroad: {', '.join(abroad)}")
    return calls


def _country(node: Node) -> str:
    address = node.first("Domicilio")
    return "" if address is None else address.get("Pais")


def _call(
    node: Node, kind: str, vehicle: str, mass: float | None, file: str, problems: list[Problem]
) -> _Call:
    address = node.first("Domicilio")
    parts = () if address is None else (
        address.get("Calle"), address.get("NumeroExterior"), address.get("Colonia"),
        address.get("Municipio"), address.get("Estado"), address.get("CodigoPostal"),
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
    called = node.get("NombreRemitenteDestinatario")
    name = called or node.get("RFCRemitenteDestinatario")
    return _Call(
        file=file, line=node.line, vehicle=vehicle, origin=kind == "Origen", time=time,
        name=" ".join(part for part in (node.get("IDUbicacion"), name) if part),
        called=called, keys=_keys(node), address=", ".join(part for part in parts if part),
        mass_kg=mass, distance_km=node.get("DistanciaRecorrida"), noted=_noted(address),
    )  # fmt: skip


def _keys(node: Node) -> tuple[str, ...]:
    """Return the names under which the table of places may know a place, the narrowest first."""
    address = node.first("Domicilio")
    code = "" if address is None else address.get("CodigoPostal")
    country = _country(node)
    if code and country not in _MEXICO:
        code = f"{country}/{code}"  # or a code of another country would be taken for a Mexican one
    rfc, identity = node.get("RFCRemitenteDestinatario"), node.get("IDUbicacion")
    keys = (
        f"{rfc}/{identity}" if identity else "", identity, f"{rfc}/{code}" if code else "",
        node.get("NumRegIdTrib"), "" if rfc in _NOBODY else rfc, code,
    )  # fmt: skip
    return tuple(key for key in keys if key)


def _noted(address: Node | None) -> tuple[float, float] | None:
    """Return the coordinates that Referencia may hold, as the standard proposes."""
    text = "" if address is None else address.get("Referencia")
    try:
        lat, lon = position(text)
    except UnclearCellError:
        return None
    return None if doubt(lat, lon) else (lat, lon)


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
                "window_end": None, "name": call.called,
                "drop_kg": 0.0 if call.origin else call.mass_kg,
                # The load at the start of a day follows from what is unloaded of it.
                "pickup_kg": call.mass_kg if call.origin and not first else None,
                "planned_time": clock, "address": call.address,
                "declared_km": call.distance_km, "file": call.file, "row": call.line,
                "_call": call,
            })  # fmt: skip
    return rows


def _together(rows: list[dict[str, Any]], notes: list[str]) -> list[dict[str, Any]]:
    """Make one stop of what several documents say of one place; number each day anew."""
    days: dict[tuple[str, str], list[dict[str, Any]]] = {}
    merged = 0
    for row in rows:
        day = days.setdefault((row["vehicle_id"], row["date"]), [])
        call: _Call = row.pop("_call")
        row["_origin"] = call.origin
        before = day[-1] if day else None
        here = before is not None and before["lat"] is not None and all(
            row[name] == before[name] for name in ("lat", "lon")
        )  # fmt: skip
        if before is None or not here or before["_origin"] != call.origin:
            day.append(row)
        elif before["kind"] == "depot":
            # Documents of one departure: the vehicle leaves with the goods of the last.
            before["window_start"] = before["planned_time"] = row["planned_time"]
            merged += 1
        elif row["planned_time"] == before["planned_time"]:
            for name in ("drop_kg", "pickup_kg"):
                both = (before[name], row[name])
                before[name] = None if None in both else sum(both)
            merged += 1
        else:
            day.append(row)
    out = []
    for day in days.values():
        for number, row in enumerate(day):
            row["seq"] = number
            row.pop("_origin")
            out.append(row)
    if merged:
        notes.append(f"{merged} places that several documents name for one call are one stop")
    return out


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
    noted = 0
    for row in rows:
        call: _Call = row["_call"]
        keys = call.keys
        code = keys[-1:] if keys and _CODE.fullmatch(keys[-1]) else ()
        found = places.find(keys[: len(keys) - len(code)])
        if found is None and call.noted is not None:
            row["lat"], row["lon"] = call.noted
            noted += 1
            continue
        if found is None and (found := places.find(code)) is not None:
            notes.append(f"{row['stop_id']}: position of its postal code {code[0]}, as given")
        if found is not None:
            _, row["lat"], row["lon"] = found
            continue
        missing.append((keys[0] if keys else row["stop_id"], row["address"]))
        expected = (
            "a position in the table of places, by one of "
            + ", ".join(keys)
            + "; the document holds none and addresses are not looked up"
        )
        problems.append(Problem(row["file"], "lat, lon", row["row"], "unknown", expected))
    if noted:
        notes.append(f"{noted} positions are the coordinates that the documents give as Referencia")
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
