"""Exports of positions as platforms write them: one day, told in many ways, is one day."""

from __future__ import annotations

import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import openpyxl
import pandas as pd
import pytest

from geofleet.errors import InputError
from geofleet.interchange import Imported, SheetMapping, read_gps_stops

ZONE = "America/Mexico_City"
START = datetime.datetime(2024, 5, 14, 8, tzinfo=ZoneInfo(ZONE))


def day() -> list[tuple[datetime.datetime, float, float]]:
    """Ten steps out, ten minutes there, ten steps back."""
    places = [*range(11), *[10] * 20, *range(9, -1, -1)]
    return [
        (START + datetime.timedelta(seconds=30 * n), round(20.69 + 0.001 * p, 6), -103.38)
        for n, p in enumerate(places)
    ]


def comma(value: float) -> str:
    return str(value).replace(".", ",")


DAY_FIRST = SheetMapping(dates="day_first")
FORMATS = {
    "device": (
        ["Device", "DateTime", "Latitude", "Longitude", "Speed"],
        lambda t, lat, lon: ["T1", t.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
                             lat, lon, 30],
        SheetMapping(),
    ),
    "spanish": (
        ["Unidad", "Fecha y hora", "Latitud", "Longitud", "Velocidad (km/h)", "Encendido"],
        lambda t, lat, lon: ["T1", t.strftime("%d/%m/%Y %H:%M:%S"), comma(lat), comma(lon), 3,
                             "Sí"],
        SheetMapping(dates="day_first", decimal="comma", encoding="cp1252"),
    ),
    "two columns": (
        ["Placas", "Fecha", "Hora", "Coordenadas"],
        lambda t, lat, lon: ["T1", t.strftime("%d/%m/%Y"), t.strftime("%I:%M:%S %p"),
                             f"{lat}, {lon}"],
        DAY_FIRST,
    ),
    "utc in the heading": (
        ["vehicleName", "GPS Time (UTC)", "GPS Latitude", "GPS Longitude"],
        lambda t, lat, lon: ["T1", t.astimezone(datetime.UTC).strftime("%Y/%m/%d %H:%M:%S"),
                             lat, lon],
        SheetMapping(),
    ),
    "seconds": (
        ["name", "timestamp", "lat", "lng"],
        lambda t, lat, lon: ["T1", int(t.timestamp()), lat, lon],
        SheetMapping(),
    ),
    "milliseconds": (
        ["asset", "ts", "position"],
        lambda t, lat, lon: ["T1", int(t.timestamp() * 1000), f"{lat},{lon}"],
        SheetMapping(),
    ),
}  # fmt: skip


def assert_the_day(found: Imported) -> None:
    assert found.problems == ()
    assert found.stops["vehicle_id"].unique().tolist() == ["T1"]
    assert found.stops["kind"].tolist() == ["depot", "delivery", "depot"]
    assert found.stops["planned_time"].tolist() == ["08:00:00", "08:05:00", "08:20:00"]
    assert found.stops["service_min"].tolist() == ["0", "10", "0"]


@pytest.mark.parametrize("name", FORMATS)
def test_one_day_in_the_words_of_platforms(tmp_path: Path, name: str) -> None:
    """Headings, times, decimals and encodings differ; the stops do not, nor with newest first."""
    headings, write, mapping = FORMATS[name]
    rows = [write(*fix) for fix in day()]
    path = tmp_path / "export.csv"
    for order in (rows, rows[::-1]):
        pd.DataFrame(order, columns=headings).to_csv(
            path, index=False, sep=";" if name == "spanish" else ",", encoding=mapping.encoding
        )
        assert_the_day(read_gps_stops(path, timezone=ZONE, mapping=mapping, assume={"drop_kg": 0}))


def test_workbooks_reports_at_one_moment_and_fixes_lost(tmp_path: Path) -> None:
    """A title above, dates of a workbook, two events in one second, 0, 0 where nothing was seen."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Reporte de recorrido"])
    sheet.append(["Nombre de la unidad", "Fecha y hora", "Latitud", "Longitud"])
    sheet.append(["T1", START.replace(tzinfo=None), 0, 0])
    for time, lat, lon in day():
        sheet.append(["T1", time.replace(tzinfo=None), lat, lon])
        sheet.append(["T1", time.replace(tzinfo=None), lat + 0.00001, lon])
    book.save(tmp_path / "export.xlsx")
    path = tmp_path / "export.xlsx"
    found = read_gps_stops(path, timezone=ZONE, assume={"drop_kg": 0})
    assert_the_day(found)
    assert any("1 records without a place" in note for note in found.notes)
    assert any("repeat the moment" in note for note in found.notes)


def test_nothing_is_guessed(tmp_path: Path) -> None:
    """Day or month first, a load without unit, no time at all: asked, five rows at most."""
    headings, write, _ = FORMATS["spanish"]
    path = tmp_path / "export.csv"
    frame = pd.DataFrame([write(*fix) for fix in day()], columns=headings)
    frame.to_csv(path, index=False, sep=";")
    with pytest.raises(InputError) as caught:
        read_gps_stops(path, timezone=ZONE, assume={"drop_kg": 0})
    assert {problem.field for problem in caught.value.problems} == {"time", "lat", "lon"}
    assert len(caught.value.problems) == 18
    frame.drop(columns="Fecha y hora").to_csv(path, index=False, sep=";")
    with pytest.raises(InputError, match="a column time"):
        read_gps_stops(path, timezone=ZONE)


def test_two_trucks_under_one_name_are_no_day(tmp_path: Path) -> None:
    """Two places far apart at one moment are a fault of the export."""
    headings, write, mapping = FORMATS["seconds"]
    rows = [write(*fix) for fix in day()] + [write(t, lat + 1, lon) for t, lat, lon in day()]
    path = tmp_path / "export.csv"
    pd.DataFrame(rows, columns=headings).to_csv(path, index=False)
    with pytest.raises(InputError, match="one record of a vehicle at one time"):
        read_gps_stops(path, timezone=ZONE, mapping=mapping)


def points(fixes: list[tuple[datetime.datetime, float, float]]) -> str:
    return "".join(
        f'<trkpt lat="{lat}" lon="{lon}"><time>{t.astimezone(datetime.UTC).isoformat()}</time>'
        "</trkpt>" for t, lat, lon in fixes
    )  # fmt: skip


@pytest.mark.parametrize(("version", "encoding"), [("1/0", "ISO-8859-1"), ("1/1", "UTF-16")])
def test_tracks_of_a_device_in_any_order(tmp_path: Path, version: str, encoding: str) -> None:
    """GPX 1.0 and 1.1, the later track first, in the encoding that the file declares."""
    first, second = day()[:15], day()[15:]
    text = (
        f'<?xml version="1.0" encoding="{encoding}"?><gpx version="{version.replace("/", ".")}" '
        f'creator="ñ" xmlns="http://www.topografix.com/GPX/{version}">'
        f"<trk><name>T1</name><trkseg>{points(second)}</trkseg></trk>"
        f"<trk><name>T1</name><trkseg>{points(first)}</trkseg></trk></gpx>"
    )
    path = tmp_path / "dia.gpx"
    path.write_bytes(text.encode(encoding))
    assert_the_day(read_gps_stops(path, timezone=ZONE, assume={"drop_kg": 0}))


def test_tracks_named_by_their_day_are_of_the_vehicle_that_is_said(tmp_path: Path) -> None:
    """Phones name tracks by date or not at all; the user names the truck."""
    tracks = "".join(
        f"<trk><name>2024-05-14 {name}</name><trkseg>{points(part)}</trkseg></trk>"
        for name, part in (("b", day()[15:]), ("a", day()[:15]))
    )
    path = tmp_path / "dia.gpx"
    text = f'<gpx version="1.1" creator="x" xmlns="http://www.topografix.com/GPX/1/1">{tracks}'
    path.write_text(f"{text}</gpx>", encoding="utf-8")
    assert_the_day(read_gps_stops(path, timezone=ZONE, vehicle_id="T1", assume={"drop_kg": 0}))
