"""Planners' sheets: every row is a stop or a named problem, and nothing is guessed."""

from __future__ import annotations

import datetime
import io
import zipfile
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from babel.numbers import format_decimal
from hypothesis import given, settings
from hypothesis import strategies as st

from geofleet.errors import InputError
from geofleet.interchange import (
    Places,
    SheetMapping,
    read_mapping,
    read_places,
    read_stop_sheet,
    write_unplaced,
)

HEADINGS = ["Unidad", "Fecha", "Cliente", "Tipo", "Latitud", "Longitud", "Peso (kg)",
            "Servicio (min)"]  # fmt: skip
DAY = [
    ["T-1", "2024-05-12", "CEDIS", "depósito", "-29.9", "-71.25", "0", "0"],
    ["T-1", "2024-05-12", "La Luz", "entrega", "-29.89", "-71.24", "120", "10"],
]


def sheet(folder: Path, rows: list[list[str]], headings: list[str] | None = None) -> Path:
    path = folder / "ruta.csv"
    frame = pd.DataFrame(rows, columns=headings or HEADINGS)
    frame.to_csv(path, index=False, encoding="utf-8")
    return path


def test_sample_of_a_planner(samples: Path) -> None:
    """A title above, semicolons, decimal commas, day first, one cell of coordinates, a window."""
    mapping = SheetMapping(decimal="comma", dates="day_first")
    found = read_stop_sheet(samples / "ruta.csv", mapping)
    assert found.problems == ()
    stops = found.checked_stops()
    assert stops["drop_kg"].tolist() == [0.0, 1250.5, 80.0, 0.0]
    assert stops["service_min"].tolist() == [0.0, 12.5, 10.0, 0.0]
    assert stops["window_end"].tolist()[2] == 13.5 * 3600
    assert stops["kind"].tolist() == ["depot", "delivery", "delivery", "depot"]
    assert found.stops["row"].tolist() == [4, 5, 6, 7]
    assert any("'Peso (kg)' is drop_kg in kg" in note for note in found.notes)


def test_nothing_is_guessed(samples: Path) -> None:
    """The same sheet without a convention: every unclear cell is named, no row is lost."""
    found = read_stop_sheet(samples / "ruta.csv")
    assert len(found.stops) == 4
    named = {(problem.row, problem.field) for problem in found.problems}
    assert {(4, "date"), (5, "date"), (6, "date"), (7, "date"), (5, "drop_kg")} <= named
    with pytest.raises(InputError):
        found.whole_days()  # rows without a date belong to no day that could be left out


@settings(max_examples=15)
@given(
    masses=st.lists(st.decimals(0, 20_000, places=2), min_size=1, max_size=6),
    locale=st.sampled_from(["es_MX", "es_CL"]),
    separator=st.sampled_from([",", ";", "\t"]),
)
def test_what_was_written_is_read(
    masses: list[object], locale: str, separator: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Numbers as Babel writes them for the locale, in any separator, come back as they were."""
    folder = tmp_path_factory.mktemp("sheets")
    frame = pd.DataFrame(
        [["T", "2024-05-12", f"c{i}", "cliente" if i else "base", i, i, text, "1"]
         for i, text in enumerate(["0", *(format_decimal(m, locale=locale) for m in masses)])],
        columns=HEADINGS,
    )  # fmt: skip
    path = folder / "ruta.csv"
    frame.to_csv(path, index=False, sep=separator)
    mapping = SheetMapping(decimal="point" if locale == "es_MX" else "comma")
    found = read_stop_sheet(path, mapping)
    assert found.problems == ()
    read = found.checked_stops()["drop_kg"].tolist()
    assert read == [0.0, *(float(str(mass)) for mass in masses)]


def test_workbook(tmp_path: Path) -> None:
    """Merged cells, real dates and times, formulas and their errors, empty rows, two sheets."""
    book = openpyxl.Workbook()
    page = book.active
    page.title = "Rutas"
    page.append(["Unidad", "Fecha", "Cliente", "Tipo", "Latitud", "Longitud", "Peso (t)",
                 "Servicio (h)", "Hora"])  # fmt: skip
    day = datetime.datetime(2024, 5, 12)
    page.append(["T-7", day, "Base", "base", -29.9, -71.25, 0, 0, datetime.time(8, 0)])
    page.append([None, None, "Ñandú", "entrega", -29.89, -71.24, 1.5, 0.5, datetime.time(9, 0)])
    page.append([None] * 9)
    page.append([None, None, 1234.0, "entrega", -29.88, -71.23, "=1+1", "#N/A", 0.75])
    page.merge_cells("A2:A5")
    page.merge_cells("B2:B5")
    page["H5"].data_type = "e"
    book.create_sheet("Notas").append(["texto"])
    path = tmp_path / "rutas.xlsx"
    book.save(path)
    with pytest.raises(InputError, match="the name of the sheet to read"):
        read_stop_sheet(path)
    found = read_stop_sheet(path, SheetMapping(sheet="Rutas"))
    rows = found.stops
    assert rows["vehicle_id"].tolist() == ["T-7"] * 3
    assert rows["date"].tolist() == ["2024-05-12"] * 3
    assert rows["drop_kg"].tolist() == ["0", "1500", ""]
    assert rows["service_min"].tolist() == ["0", "30", ""]
    assert rows["stop_id"].tolist() == ["Base", "Ñandú", "1234"]
    assert rows["planned_time"].tolist() == ["08:00:00", "09:00:00", "18:00:00"]
    said = {(problem.row, problem.field): problem.expected for problem in found.problems}
    assert "let it calculate" in said[(5, "drop_kg")]
    assert "not an error" in said[(5, "service_min")]
    assert len(said) == len(found.problems) == 2, "each bad cell is named once"


def test_a_broken_or_giant_workbook_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Text called .xlsx, an archive that unpacks to far more than it is, an old format."""
    monkeypatch.setattr("geofleet.interchange.sheets._LARGEST_BYTES", 10_000_000)
    fake = tmp_path / "fake.xlsx"
    fake.write_text("not a workbook")
    bomb = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 11_000_000)
    with pytest.raises(InputError, match="unpacks to at most 10 MB"):
        read_stop_sheet(bomb)
    for path in (fake, bomb, tmp_path / "old.xls", tmp_path / "none.csv"):
        with pytest.raises(InputError):
            read_stop_sheet(path)


def test_a_workbook_with_a_mark_in_its_last_corner(tmp_path: Path) -> None:
    """Only cells that hold something are walked; the mark is a row like any other."""
    book = openpyxl.Workbook()
    book.active.append(HEADINGS)
    book.active.cell(1_048_576, 16_384, "x")
    book.save(tmp_path / "stops.xlsx")
    found = read_stop_sheet(tmp_path / "stops.xlsx", SheetMapping())
    assert {problem.row for problem in found.problems} == {1_048_576}


def test_cells_merged_over_a_whole_sheet_are_refused(tmp_path: Path) -> None:
    """Seventeen thousand million cells are not made."""
    book = openpyxl.Workbook()
    book.active.append(HEADINGS)
    book.active.merged_cells.add("A2:XFD1048576")
    book.save(tmp_path / "stops.xlsx")
    with pytest.raises(InputError, match="whole columns"):
        read_stop_sheet(tmp_path / "stops.xlsx", SheetMapping())


def test_unknown_places_are_named_and_listed(tmp_path: Path) -> None:
    """An address has no coordinates; the list of such places, filled in, makes them known."""
    rows = [[*DAY[0]], ["T-1", "2024-05-12", "La Luz", "entrega", "", "", "120", "10"]]
    path = sheet(tmp_path, rows)
    found = read_stop_sheet(path)
    (problem,) = found.problems
    assert (problem.row, problem.field, problem.value) == (3, "lat, lon", "unknown")
    assert found.unplaced["place_id"].tolist() == ["La Luz"]
    listed = write_unplaced(found.unplaced, tmp_path / "lugares.csv")
    table = pd.read_csv(listed)
    table["lat"], table["lon"] = -29.89, -71.24
    table.to_csv(listed, index=False)
    again = read_stop_sheet(path, places=read_places(listed))
    assert again.problems == ()
    assert again.stops["lat"].tolist() == ["-29.9", "-29.89"]


def test_units_and_headings_that_are_unclear_are_asked_for(tmp_path: Path) -> None:
    """A mass without unit, two headings for one column, a depot that nobody names."""
    headings = ["Unidad", "Fecha", "Cliente", "Lat", "Lon", "Peso", "Peso bruto (kg)", "Servicio"]
    rows = [["T", "2024-05-12", "A", "1", "2", "3", "4", "5"]]
    found = read_stop_sheet(sheet(tmp_path, rows, headings))
    said = [(problem.field, problem.expected) for problem in found.problems]
    assert any(field == "drop_kg" and "all may be it" in text for field, text in said)
    assert any(field == "service_min" and "its unit" in text for field, text in said)
    assert any(field == "kind" and "first_is_depot" in text for field, text in said)
    mapping = SheetMapping(
        columns={"drop_kg": "Peso"}, units={"drop_kg": "t", "service_min": "h"}, depot="Base",
    )  # fmt: skip
    good = read_stop_sheet(tmp_path / "ruta.csv", mapping, places=Places({"base": (1.0, 2.1)}))
    assert good.problems == ()
    assert good.stops["stop_id"].tolist() == ["Base", "A", "Base"]
    assert good.stops["drop_kg"].tolist() == ["0", "3000", "0"]
    assert good.stops["service_min"].tolist() == ["0", "300", "0"]


def test_order_is_by_number_then_time_then_row(tmp_path: Path) -> None:
    """Sequence numbers of any start are sorted and counted anew; doubles are named."""
    headings = [*HEADINGS, "No. parada"]
    rows = [[*DAY[1], "20"], [*DAY[0], "10"], [*DAY[1][:2], "B", *DAY[1][3:], "20"]]
    found = read_stop_sheet(sheet(tmp_path, rows, headings))
    assert found.stops["stop_id"].tolist() == ["CEDIS", "La Luz", "B"]
    assert found.stops["seq"].tolist() == ["0", "1", "2"]
    (problem,) = found.problems
    assert (problem.field, problem.row) == ("seq", 4)


def test_only_whole_days_can_be_kept(tmp_path: Path) -> None:
    """A day with a bad row goes out as a whole; the other stays."""
    other = [["T-2", *row[1:]] for row in DAY]
    bad = [["T-1", "2024-05-12", "X", "entrega", "95", "-71", "-5", "10"]]
    found = read_stop_sheet(sheet(tmp_path, [*DAY, *bad, *other]))
    assert {problem.row for problem in found.problems} == {4}
    kept = found.whole_days()
    assert set(kept.stops["vehicle_id"]) == {"T-2"}
    days = found.days()
    assert days["whole"].tolist() == [False, True]


def test_hostile_names_come_through_as_they_are(hostile: tuple[str, ...], tmp_path: Path) -> None:
    """Markup, quotes, formulas, emoji, right-to-left text, 10,000 characters."""
    rows = [DAY[0], *([*DAY[1][:2], name, *DAY[1][3:]] for name in hostile)]
    found = read_stop_sheet(sheet(tmp_path, rows))
    assert found.problems == ()
    assert found.stops["stop_id"].tolist()[1:] == list(hostile)


def test_other_encodings_must_be_named(tmp_path: Path) -> None:
    """Bytes of Windows are no UTF-8; named, they are read."""
    out = io.StringIO()
    pd.DataFrame([DAY[0], [*DAY[1][:2], "Peñuelas", *DAY[1][3:]]], columns=HEADINGS).to_csv(
        out, index=False
    )
    path = tmp_path / "ruta.csv"
    path.write_bytes(out.getvalue().encode("cp1252"))
    with pytest.raises(InputError, match="UTF-8"):
        read_stop_sheet(path)
    found = read_stop_sheet(path, SheetMapping(encoding="cp1252"))
    assert found.stops["stop_id"].tolist()[1] == "Peñuelas"


@pytest.mark.parametrize("encoding", ["undefined", "utf\0", "rot13", ""])
def test_what_is_no_encoding_is_named(encoding: str) -> None:
    """Python knows more codecs than there are encodings of text."""
    with pytest.raises(InputError, match="field encoding"):
        SheetMapping(encoding=encoding)


def test_mapping_file(tmp_path: Path) -> None:
    """A mapping by hand; every wrong key and value is named at once."""
    path = tmp_path / "mapping.yaml"
    path.write_text(
        "columns: {stop_id: Cliente}\nunits: {drop_kg: kg}\ndecimal: comma\ndates: day_first\n"
        "assume: {service_min: 10}\ndate: 2024-05-12\n",
        encoding="utf-8",
    )
    assert read_mapping(path).assume == {"service_min": 10}
    assert read_mapping(path).date == "2024-05-12"
    path.write_text("colums: {}\ndecimal: 5\nheader_row: x\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_mapping(path)
    assert {p.field for p in caught.value.problems} == {"colums", "decimal", "header_row"}
    for bad in ("decimal: point\ndates: any\n", "[1, 2]", "a: [", "encoding: nothing\n"):
        path.write_text(bad, encoding="utf-8")
        with pytest.raises(InputError):
            read_mapping(path)


MEXICAN = ["Placas", "Fecha", "{seq}", "Razón social", "Domicilio", "Latitud", "Longitud",
           "Horario de entrega", "Kg a entregar", "Min. de descarga"]  # fmt: skip
ROUTE = [
    ["JX-1", "14/05/2024", 3, "Lupita", "Hidalgo 1", 20.70, -103.38, "9 a 13 hrs", 250, 15],
    ["JX-1", "14/05/2024", 1, "CEDIS", "Vallarta 2", 20.71, -103.39, "", 0, 0],
    ["JX-1", "14/05/2024", 2, "Güero", "Morelos 3", 20.72, -103.37, "de 10:00 a 14:00", 90, 10],
]  # fmt: skip


def mexican(folder: Path, seq: str, numbers: list[object] | None = None, **more: object) -> Path:
    """Write the sheet of a planner with the sequence under a heading of his own."""
    rows = [[*row[:2], number, *row[3:]]
            for row, number in zip(ROUTE, numbers or [3, 1, 2], strict=True)]  # fmt: skip
    path = folder / "ruta.csv"
    headings = [name.format(seq=seq) for name in MEXICAN]
    pd.DataFrame(rows, columns=headings).to_csv(path, index=False, **more)  # type: ignore[call-overload]
    return path


@pytest.mark.parametrize(
    "seq",
    ["Orden", "No. de parada", "Núm. de parada", "# parada", "No.", "Nº", "Orden de entrega",
     "Número de la parada", "ORDEN DE REPARTO"],
)  # fmt: skip
def test_mexican_headings_of_the_sequence(tmp_path: Path, seq: str) -> None:
    """Stops come in the order of the planner's numbers, not of the rows."""
    mapping = SheetMapping(dates="day_first", first_is_depot=True)
    found = read_stop_sheet(mexican(tmp_path, seq), mapping)
    assert found.problems == ()
    assert found.stops["stop_id"].tolist() == ["CEDIS", "Güero", "Lupita"]
    assert found.stops["window_start"].tolist() == ["", "10:00:00", "09:00:00"]
    assert found.stops["drop_kg"].tolist() == ["0", "90", "250"]
    assert found.stops["service_min"].tolist() == ["0", "10", "15"]


def test_numbers_of_orders_are_no_sequence(tmp_path: Path) -> None:
    """Texts are passed over and said; large numbers are asked about, and either answer counts."""
    rows = SheetMapping(dates="day_first", first_is_depot=True)
    found = read_stop_sheet(mexican(tmp_path, "Orden", ["A-9", "A-7", "A-8"]), rows)
    assert found.problems == ()
    assert found.stops["stop_id"].tolist() == ["Lupita", "CEDIS", "Güero"]
    assert any("no sequence of stops" in note for note in found.notes)
    path = mexican(tmp_path, "Orden", [4503, 4501, 4502])
    asked = read_stop_sheet(path, rows)
    assert [problem.field for problem in asked.problems] == ["seq"]
    for columns, first in (({"seq": "Orden"}, "CEDIS"), ({"seq": ""}, "Lupita")):
        said = SheetMapping(dates="day_first", first_is_depot=True, columns=columns)
        found = read_stop_sheet(path, said)
        assert found.problems == ()
        assert found.stops["stop_id"].tolist()[0] == first


def test_a_long_sheet_does_not_make_orders_a_sequence(tmp_path: Path) -> None:
    """Each day is judged by its own rows; numbers that run with the rows change nothing."""
    path = tmp_path / "ruta.csv"
    names = ["Placas", "Fecha", "Orden", *MEXICAN[3:]]
    rows = [[f"T{n // 3}", "14/05/2024", (n * 7) % 90, *ROUTE[n % 3][3:]] for n in range(90)]
    mapping = SheetMapping(dates="day_first", first_is_depot=True)
    pd.DataFrame(rows, columns=names).to_csv(path, index=False)
    assert {problem.field for problem in read_stop_sheet(path, mapping).problems} == {"seq"}
    counted = [[*row[:2], n, *row[3:]] for n, row in enumerate(rows, start=1)]
    pd.DataFrame(counted, columns=names).to_csv(path, index=False)
    assert read_stop_sheet(path, mapping).problems == ()


def test_a_usual_heading_goes_before_a_less_usual_one(tmp_path: Path) -> None:
    """Beside a customer, the firm's name is no second customer; beside a stop, an order none."""
    path = mexican(tmp_path, "No. de parada")
    frame = pd.read_csv(path).assign(Cliente=["C3", "C1", "C2"], Orden=[900, 800, 700])
    frame.to_csv(path, index=False)
    found = read_stop_sheet(path, SheetMapping(dates="day_first", first_is_depot=True))
    assert found.problems == ()
    assert found.stops["stop_id"].tolist() == ["C1", "C2", "C3"]


def test_sums_below_the_stops_and_days_that_spreadsheets_count(tmp_path: Path) -> None:
    """A row of totals is no stop and is said; 45426 is 14 May 2024 and is said."""
    path = mexican(tmp_path, "Orden")
    frame = pd.read_csv(path, dtype=str).assign(Fecha="45426")
    total = dict.fromkeys(frame.columns, "") | {"Placas": "TOTAL", "Kg a entregar": "340"}
    pd.concat([frame, pd.DataFrame([total])]).to_csv(path, index=False)
    found = read_stop_sheet(path, SheetMapping(first_is_depot=True))
    assert found.problems == ()
    assert set(found.stops["date"]) == {"2024-05-14"}
    assert any("sums and no stops: row 5" in note for note in found.notes)
    assert any("45426 is 2024-05-14" in note for note in found.notes)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_marks_at_the_start_tell_the_encoding(tmp_path: Path, encoding: str) -> None:
    """What spreadsheets save as Unicode text is read as it is."""
    path = mexican(tmp_path, "Orden", encoding=encoding, sep="\t")
    found = read_stop_sheet(path, SheetMapping(dates="day_first", first_is_depot=True))
    assert found.problems == ()
    assert "Güero" in set(found.stops["stop_id"])


def test_a_column_that_is_not_there_is_said_once(tmp_path: Path) -> None:
    """Not again for each of its rows; positions of telematics are told what they are."""
    path = tmp_path / "posiciones.csv"
    rows = [["T", f"2024-05-14 08:{n:02d}", 20.7, -103.3] for n in range(40)]
    pd.DataFrame(rows, columns=["Device", "DateTime", "Latitude", "Longitude"]).to_csv(
        path, index=False
    )
    problems = read_stop_sheet(path).problems
    assert {problem.row for problem in problems} == {1}
    assert len(problems) == 6
    assert any("kind gps" in problem.expected for problem in problems)


@pytest.mark.parametrize(
    ("name", "head", "words"),
    [("a.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "password"),
     ("a.xlsx", b"<html><table>", "a web page"), ("a.csv", b"PK\x03\x04", "a workbook or archive"),
     ("a.csv", b"%PDF-1.7", "a PDF"), ("a.csv", b"\xef\xbb\xbf <!DOCTYPE html>", "a web page")],
)  # fmt: skip
def test_files_under_another_name(tmp_path: Path, name: str, head: bytes, words: str) -> None:
    """Old workbooks, web pages and PDFs under an ending that is not theirs."""
    path = tmp_path / name
    path.write_bytes(head + bytes(600))
    with pytest.raises(InputError, match=words):
        read_stop_sheet(path)


def test_places_in_one_cell(tmp_path: Path) -> None:
    """A link of a map is a place, a short link is one error of its row; two windows are one too."""
    path = tmp_path / "a.csv"
    path.write_text(
        "Unidad,Fecha,Cliente,Ubicación GPS,Servicio (min),Peso (kg),Horario\n"
        "1,2024-05-14,CEDIS,https://maps.google.com/?q=19.5&q=1,0,0,\n"
        '1,2024-05-14,CEDIS,"19°30\'00""N 99°09\'00""O",0,0,9 a 13 hrs\n'
        "1,2024-05-14,A,https://maps.app.goo.gl/x,1,1,\n"
        '1,2024-05-14,B,"19.4, -99.1",1,1,09:00-13:00 y 15:00-18:00\n'
    )
    found = read_stop_sheet(path, SheetMapping(first_is_depot=True))
    assert [(p.row, p.field) for p in found.problems] == [
        (2, "lat, lon"), (4, "lat, lon"), (5, "window")
    ]  # fmt: skip
    assert found.stops[["lat", "lon"]].to_numpy().tolist()[1] == ["19.5", "-99.15"]


def test_a_key_and_a_name(tmp_path: Path) -> None:
    """Of two columns of places one tells them apart, the other is what people call them."""
    path = tmp_path / "a.csv"
    row = "1,2024-05-14,{},{},19.5,-99.15,0,0\n"
    head = "Unidad,Fecha,{},Latitud,Longitud,Servicio (min),Peso (kg)\n"
    for columns, wanted in (
        ("No. cliente,Nombre del cliente", ["C-7", "Abarrotes Ñ"]),
        ("Cliente,Razón social", ["C-7", "Abarrotes Ñ"]),
        ("Nombre,Observaciones", ["C-7", ""]),
    ):
        text = head.format(columns) + row.format("C-7", "Abarrotes Ñ") + row.format("C-8", "B")
        path.write_text(text, encoding="utf-8")
        found = read_stop_sheet(path, SheetMapping(first_is_depot=True))
        assert found.problems == ()
        assert found.stops[["stop_id", "name"]].to_numpy().tolist()[0] == wanted
    path.write_text(head.format("Cliente,Tienda") + row.format("a", "b") + row.format("c", "d"))
    found = read_stop_sheet(path, SheetMapping(first_is_depot=True))
    assert [p.field for p in found.problems] == ["stop_id"], "two keys: say which"


def test_what_planners_leave_in_workbooks(tmp_path: Path) -> None:
    """Hidden catalogues, units in cells, remarks, groups of headings, hidden rows."""
    book = openpyxl.Workbook()
    sheet = book.active
    catalogue = book.create_sheet("Catálogos")
    catalogue.append(["Norte"])
    catalogue.sheet_state = "hidden"
    head = ["Unidad", "Fecha", "Cliente", "Posición", None, "Servicio (min)", "Peso (kg)"]
    for row in (
        ["Programa de reparto"], head, [None] * 3 + ["Latitud", "Longitud"],
        ["U1", "2024-05-14", "CEDIS", 19.5, -99.15, 0, 0],
        ["Ruta norte: llamar antes"],
        ["U1", "2024-05-14", "T1", 19.43, -99.13, "0.5 h", "1.2 t"],
    ):  # fmt: skip
        sheet.append(row)
    sheet.merge_cells("D2:E2")
    for column in "ABCFG":
        sheet.merge_cells(f"{column}2:{column}3")
    sheet.row_dimensions[6].hidden = True
    path = tmp_path / "a.xlsx"
    book.save(path)
    found = read_stop_sheet(path, SheetMapping(first_is_depot=True))
    assert found.problems == ()
    assert found.stops[["service_min", "drop_kg"]].to_numpy().tolist() == [
        ["0", "0"],
        ["30", "1200"],
    ]
    said = " | ".join(found.notes)
    assert "remarks and no stops: row 5 (Ruta norte" in said
    assert "1 hidden rows are read like the others" in said


def test_a_shifted_row_is_one_error(tmp_path: Path) -> None:
    """A comma inside a name moves every cell after it: said once, not cell by cell."""
    path = tmp_path / "a.csv"
    path.write_text(
        "Unidad,Fecha,Cliente,Latitud,Longitud,Servicio (min),Peso (kg)\n"
        "U,2024-05-14,CEDIS,19.5,-99.15,0,0\nU,2024-05-14,Tienda, la grande,19.43,-99.13,10,100\n"
    )
    found = read_stop_sheet(path, SheetMapping(first_is_depot=True))
    assert [(p.row, p.field, p.value) for p in found.problems] == [(3, "", "100")]
