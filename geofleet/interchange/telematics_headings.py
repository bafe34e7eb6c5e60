"""Headings of position exports, Spanish and English, as platforms of telematics write them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from geofleet.interchange.headings import bare, unit_of
from geofleet.interchange.moments import offset_in
from geofleet.interchange.sheets import SheetMapping

__all__ = ["payload_unit", "position_columns"]

_NAMES = {
    "vehicle_id": "vehicle id|vehicle name|vehicle|vehiculo|unidad|nombre unidad|nombre vehiculo|"
    "no economico|economico|placas|placa|camion|device name|device|device id|asset name|asset|"
    "unit name|unit|unit id|truck|license plate|registration|matricula|dispositivo|equipo|objeto|"
    "object name|objectname|object|object no|objectno|id unidad|id vehiculo|no unidad|grouping|"
    "agrupacion|individual local identifier|tag local identifier|alias|vin|imei|nombre|name",
    "moment": "fecha hora|fecha y hora|date time|timestamp|gps time|gps timestamp|gps date time|"
    "fecha hora gps|fecha y hora gps|hora gps|hora fijo|hora fija|fecha gps|fix time|"
    "fix timestamp|pos time|position time|position timestamp|fecha posicion|fecha evento|"
    "event time|event date|recorded at|acquisition time|date and time|time iso 8601|iso time|"
    "device time|local time|fecha hora local|fecha hora evento|fecha y hora evento|"
    "fecha registro|fecha hora registro|fecha reporte|fecha hora reporte|hora reporte|"
    "hora evento|message time|update time|reported at|created at|tiempo|marca tiempo|ts|utime|"
    "acquisition time unix|unix time|epoch|timestamp ms|timestamp unix|server time",
    "day": "fecha|date|dia|day|fecha local",
    "clock": "hora|time|clock|hora local",
    "lat": "lat|latitud|latitude|gps latitude|gps lat|latitud gps|position lat|location lat|"
    "latitude deg|lat deg|latitud grados|latitud decimal|y",
    "lon": "lon|lng|long|longitud|longitude|gps longitude|gps lon|gps lng|longitud gps|"
    "position lon|location long|location lon|location lng|longitude deg|lon deg|long deg|"
    "longitud grados|longitud decimal|x",
    "lat_lon": "coordenadas|coordinates|posicion|position|lat lon|lat lng|latitud longitud|"
    "latitude longitude|ubicacion gps|coordenadas gps|gps coordinates|location lat lon",
    "payload_kg": "payload|carga|load|peso carga|cargo weight|payload weight|peso",
}  # fmt: skip
_PLACE = {
    bare(name): (field, place)
    for field, names in _NAMES.items()
    for place, name in enumerate(names.split("|"))
}
_HALF = r"(hemisphere|hemisferio|dir\w*)\s+"
_COMPASS = {
    "lat_side": re.compile(rf"\W*N\s*[/_|-]?\s*S\W*|{_HALF}lat\w*", re.I),
    "lon_side": re.compile(rf"\W*E\s*[/_|-]?\s*[WO]\W*|{_HALF}lon\w*", re.I),
}
"""Columns with the letters of the compass beside the numbers, as NMEA has them."""


def position_columns(cells: Sequence[Any], mapping: SheetMapping) -> dict[str, int]:
    """Return the place of the column of each field in a row of headings, the likeliest first."""
    given = {bare(text): name for name, text in mapping.columns.items() if text}
    best: dict[str, tuple[int, int]] = {}
    for place, cell in enumerate(cells):
        if not isinstance(cell, str):
            continue
        field, rank = _field(cell, given, mapping)
        if field and (field not in best or rank < best[field][0]):
            best[field] = (rank, place)
    return {
        field: place
        for field, (_, place) in best.items()
        if not (field in ("day", "clock") and "moment" in best)
    }


def _field(cell: str, given: dict[str, str], mapping: SheetMapping) -> tuple[str, int]:
    """Return the field that a heading names, empty if none, and its rank."""
    name = given.get(bare(cell))
    if name is not None:
        field = "moment" if name == "time" else name
        return (field, -1) if field in _NAMES else ("", 0)
    for side, form in _COMPASS.items():
        if form.fullmatch(cell.strip()):
            return side, 0
    text, _ = offset_in(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", cell))
    words = bare(text)
    found = _PLACE.get(words) or _PLACE.get(bare(cell)) or _PLACE.get(unit_of(words)[0], ("", 0))
    if words not in _PLACE and bare(cell) not in _PLACE and found[0] != "payload_kg":
        return "", 0
    if found[0] == "payload_kg" and payload_unit(mapping, cell) is None:
        return "", 0  # a load without a unit may be that of a battery
    return found


def payload_unit(mapping: SheetMapping, heading: str) -> str | None:
    """Return the unit of a load, from the mapping or the heading; None where nobody says it."""
    return mapping.units.get("payload_kg") or unit_of(bare(heading))[1]
