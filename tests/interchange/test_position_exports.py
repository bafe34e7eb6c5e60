"""Exports as platforms of telematics write them: five reports of one truck that stops once."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from geofleet.errors import InputError
from geofleet.interchange import SheetMapping, read_gps_stops

ZONE = "America/Mexico_City"  # six hours behind UTC all year
REPORTS = (("08:00:00", 19.50, -99.15), ("08:05:00", 19.50, -99.15), ("08:30:00", 19.43, -99.13),
           ("08:45:00", 19.43, -99.13), ("09:10:00", 19.50, -99.15))  # fmt: skip
LOCAL = ["08:00:00", "08:30:00", "09:10:00"]
FROM_UTC = ["02:00:00", "02:30:00", "03:10:00"]


def epoch(clock: str, factor: int) -> int:
    return int(datetime.fromisoformat(f"2024-05-14T{clock}-06:00").timestamp()) * factor


def angle(value: float, letter: str) -> str:
    minutes = round((abs(value) % 1) * 60, 6)
    return f"{int(abs(value))}°{int(minutes):02d}'{(minutes % 1) * 60:04.1f}\"{letter}"


EXPORTS: dict[str, tuple[str, Any, list[str], dict[str, str]]] = {
    # heading, row, expected clock, mapping
    "device, month first": (
        "Device,Date,Latitude,Longitude,Speed (km/h)",
        lambda c, a, o: f"T,05/14/2024 {c} AM,{a},{o},12", LOCAL, {"dates": "month_first"}),
    "camel case, UTC": (
        "DeviceName,DateTime,Latitude,Longitude",
        lambda c, a, o: f"T,2024-05-14T{c}.000Z,{a},{o}", FROM_UTC, {}),
    "zone in the heading": (
        "Vehicle,GPS Time (UTC),Latitude,Longitude,Speed (mph)",
        lambda c, a, o: f"T,2024-05-14 {c},{a},{o},9", FROM_UTC, {}),
    "offset in the heading": (
        "Unidad;Fecha y hora (UTC-6);Lat;Lng", lambda c, a, o: f"T;2024-05-14 {c};{a};{o}",
        LOCAL, {}),
    "three times, the fix counts": (
        "id,attributes,deviceId,serverTime,deviceTime,fixTime,valid,latitude,longitude",
        lambda c, a, o: f'1,"{{""a"":1}}",T,2024-05-14T23:00:00Z,2024-05-14T23:00:00Z,'
        f"2024-05-14T{c}.000+00:00,true,{a},{o}", FROM_UTC, {}),
    "both coordinates": (
        "Agrupación;Tiempo;Velocidad;Coordenadas",
        lambda c, a, o: f"T;14.05.2024 {c};12 km/h;{a}, {o}", LOCAL, {"dates": "day_first"}),
    "degrees and minutes": (
        "objectname;pos_time;latitude;longitude",
        lambda c, a, o: f"T;14/05/2024 {c};{angle(a, 'N')};{angle(o, 'W')}", LOCAL,
        {"dates": "day_first"}),
    "longitude first": (
        "event-id,visible,timestamp,location-long,location-lat,individual-local-identifier",
        lambda c, a, o: f"1,true,2024-05-14 {c}.000,{o},{a},T", LOCAL, {}),
    "halves of the compass": (
        "Date,Time,Latitude,N/S,Longitude,E/W,Vehicle",
        lambda c, a, o: f"2024-05-14,{c},{a},N,{-o},W,T", LOCAL, {}),
    "decimal comma": (
        "Núm. Económico;Fecha/Hora GPS;Latitud;Longitud",
        lambda c, a, o: f"T;14/05/2024 {c};{a};{o}".replace(".", ","), LOCAL,
        {"dates": "day_first", "decimal": "comma"}),
    "halves of the day": (
        "Fecha,Hora,Latitud,Longitud,Unidad",
        lambda c, a, o: f"14/05/2024,{c} a. m.,{a},{o},T", LOCAL, {"dates": "day_first"}),
    "month by name": (
        "Vehicle Name,Time,Latitude,Longitude",
        lambda c, a, o: f'T,"May 14, 2024 {c} AM",{a},{o}', LOCAL, {}),
    "seconds": ("imei,timestamp,lat,lng", lambda c, a, o: f"T,{epoch(c, 1)},{a},{o}", LOCAL, {}),
    "milliseconds": ("imei,ts,lat,lng", lambda c, a, o: f"T,{epoch(c, 1000)},{a},{o}", LOCAL, {}),
    "microseconds": (
        "imei,utime,lat,lng", lambda c, a, o: f"T,{epoch(c, 10**6)},{a},{o}", LOCAL, {}),
    "without marks": (
        "vehicle,recorded_at,latitude,longitude",
        lambda c, a, o: f"T,20240514T{c.replace(':', '')}Z,{a},{o}", FROM_UTC, {}),
}  # fmt: skip


@pytest.mark.parametrize("name", EXPORTS)
def test_exports(tmp_path: Path, name: str) -> None:
    """Depot, one stop of a quarter of an hour, depot: whatever the platform calls them."""
    heading, row, clock, mapping = EXPORTS[name]
    path = tmp_path / "export.csv"
    lines = [row(*report) for report in REPORTS]
    path.write_text("\n".join([heading, *lines]), encoding="utf-16" if ";" in heading else "utf-8")
    found = read_gps_stops(
        path, timezone=ZONE, mapping=SheetMapping(**mapping), assume={"drop_kg": 1}
    )
    assert found.problems == ()
    assert found.stops["planned_time"].tolist() == clock
    assert found.stops["vehicle_id"].unique().tolist() == ["T"]
    assert found.stops["lat"].tolist() == ["19.5", "19.43", "19.5"]
    assert found.stops["lon"].tolist() == ["-99.15", "-99.13", "-99.15"]
    told = any("name no zone" in note for note in found.notes)
    zoned = clock == FROM_UTC or name in ("offset in the heading", *list(EXPORTS)[12:15])
    assert told != zoned, "what nobody says of the zone is said"


@pytest.mark.parametrize(
    ("row", "field", "words"),
    [("T,2024-05-14 08:00,-99.15,19.5", "lat, lon", "exchanged"),
     ("T,2024-05-14 08:00,2148000.1,486000.5", "lat, lon", "projection"),
     ("T,2024-05-14 08:00,119.5,-99.15", "lat, lon", "-90 to 90"),
     ("T,05/06/2024 08:00,19.5,-99.15", "time", "day_first"),
     ("T,2024-05-14 08:00 CST,19.5,-99.15", "time", "several zones"),
     ("T,2024-05-14,19.5,-99.15", "time", "time of day"),
     ("T,2024-02-30 08:00,19.5,-99.15", "time", "a day that exists"),
     ('T,2024-05-14 08:00,"19,5",-99.15', "lat", "decimal=comma")],
)  # fmt: skip
def test_one_fault_one_error(tmp_path: Path, row: str, field: str, words: str) -> None:
    """File, row, field, value, and what would be right; nothing else is said."""
    path = tmp_path / "export.csv"
    path.write_text(f"Unidad,Fecha y hora,Latitud,Longitud\nT,2024-05-14 07:00,19.5,-99.1\n{row}\n")
    with pytest.raises(InputError) as caught:
        read_gps_stops(path, timezone=ZONE, assume={"drop_kg": 1})
    (problem,) = caught.value.problems
    assert (problem.file, problem.row, problem.field) == (str(path), 3, field)
    assert problem.value
    assert words in problem.expected


def gpx(folder: Path, body: str, version: str = "1/1") -> Path:
    path = folder / "day.gpx"
    path.write_text(
        f'\ufeff<?xml version="1.0"?><gpx xmlns="http://www.topografix.com/GPX/{version}" '
        f'xmlns:g="http://www.garmin.com/xmlschemas/TrackPointExtension/v1">{body}</gpx>'
    )
    return path


def points(pattern: str = "<time>2024-05-14T{}-06:00</time>") -> str:
    inside = "".join(
        f'<trkpt lat="{a}" lon="{o}"><ele>2240</ele>{pattern.format(c)}<extensions>'
        "<g:TrackPointExtension><g:time>1999</g:time></g:TrackPointExtension></extensions></trkpt>"
        for c, a, o in REPORTS
    )
    return f"<trkseg>{inside}</trkseg>"


def test_tracks_of_devices(tmp_path: Path) -> None:
    """Segments out of turn, extensions, other namespaces, offsets, points without time."""
    later, earlier = points().replace("05-14", "05-15"), points()
    timeless = '<trkseg><trkpt lat="1" lon="1"/></trkseg>'
    body = f"<trk><name>T &amp; Co</name>{later}{timeless}{earlier}</trk>"
    found = read_gps_stops(gpx(tmp_path, body, "1/0"), timezone=ZONE, assume={"drop_kg": 1})
    assert found.problems == ()
    assert found.stops["planned_time"].tolist() == LOCAL * 2
    assert set(found.stops["vehicle_id"]) == {"T & Co"}
    said = " | ".join(found.notes)
    assert "1 points without a time" in said
    assert "put in order of time" in said
    naive = points("<time>2024-05-14T{}</time>")
    found = read_gps_stops(gpx(tmp_path, f"<trk>{naive}</trk>"), timezone=ZONE)
    assert found.stops["planned_time"].tolist() == FROM_UTC, "GPX is UTC where it names no zone"
    assert set(found.stops["vehicle_id"]) == {"day"}


@pytest.mark.parametrize(
    ("body", "words"),
    [('<wpt lat="1" lon="1"/><rte><rtept lat="1" lon="1"/></rte>', "1 waypoints and 1 points of"),
     (f"<trk>{points('')}</trk>", "drawn or planned"),
     (f"<trk>{points('<time>14/05/2024 {}</time>')}</trk>", "a moment like"),
     (f"<trk>{points()}</trk>".replace('"19.43"', '"19,43"'), "with a point"),
     (f"<trk>{points()}</trk>".replace('"19.43"', '"99.43"'), "from -90 to 90"),
     ("<trk><trkseg/></trk>", "a recorded track")],
)  # fmt: skip
def test_tracks_that_tell_nothing(tmp_path: Path, body: str, words: str) -> None:
    """What the file holds instead is named."""
    with pytest.raises(InputError, match=words):
        read_gps_stops(gpx(tmp_path, body), timezone=ZONE)


def test_hostile_tracks(tmp_path: Path) -> None:
    """Entities, document types, depth and other documents are refused."""
    for text in (
        '<!DOCTYPE gpx SYSTEM "http://localhost:1/x.dtd"><gpx/>',
        "<kml/>",
        "<gpx",
        '<!DOCTYPE gpx [<!ENTITY a "b">]><gpx>&a;</gpx>',
        "<gpx>" + "<a>" * 100_000,
        "",
    ):
        path = tmp_path / "bad.gpx"
        path.write_text(text)
        with pytest.raises(InputError):
            read_gps_stops(path, timezone=ZONE)
