"""Carta Porte: masses shared by quantities, places from the user's table, nothing made up."""

from __future__ import annotations

import zlib
from pathlib import Path

import pytest

from geofleet.errors import InputError
from geofleet.interchange import Imported, read_carta_porte, read_places


def document(samples: Path, folder: Path, *changes: tuple[str, str], name: str = "a.xml") -> Path:
    text = (samples / "carta_porte.xml").read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    path = folder / name
    own = f"{zlib.crc32(name.encode()):012d}"  # each document has a folio of its own
    path.write_text(text.replace("8000-000000000001", f"8000-{own}"), encoding="utf-8")
    return path


def read(samples: Path, *paths: Path) -> Imported:
    places = read_places(samples / "lugares.csv")
    return read_carta_porte(list(paths), places=places, assume={"service_min": 20})


def test_sample(samples: Path) -> None:
    """60 of 100 boxes of 3 t and none of the bread go to the first place: 1.8 t; 1.7 t go on."""
    found = read(samples, samples / "carta_porte.xml")
    assert found.problems == ()
    stops = found.checked_stops()
    assert stops["kind"].tolist() == ["depot", "delivery", "delivery"]
    assert stops["drop_kg"].tolist() == [0.0, 1800.0, 1700.0]
    assert stops["window_start"].tolist()[0] == 6.5 * 3600
    assert found.stops["planned_time"].tolist() == ["06:30:00", "07:15:00", "08:40:00"]
    assert found.stops["declared_km"].tolist() == ["", "12.5", "19"]
    vehicle = found.vehicles.iloc[0]
    assert vehicle["vehicle_class"] == "rigid_12t"
    assert (vehicle["plate"], vehicle["gvw_kg"], vehicle["axles"]) == ("AB123CD", "11500", "2")
    assert (vehicle["fuel"], vehicle["standard"]) == ("", ""), "the document does not tell them"
    assert found.operators["operator_id"].tolist() == ["EKU9003173C9"]


def test_places_that_nobody_gave_are_unknown(samples: Path) -> None:
    """Without a table every place is named with its address; none gets a position."""
    found = read_carta_porte(samples / "carta_porte.xml", assume={"service_min": 20})
    unknown = [problem for problem in found.problems if problem.field == "lat, lon"]
    assert [problem.row for problem in unknown] == [8, 11, 14]
    assert set(found.stops["lat"]) == {""}
    assert found.unplaced["address"].tolist()[1] == "Norte 5, CMX, 33826"


@pytest.mark.parametrize(
    ("config", "tonnes", "expected"),
    [("VL", "2.4", "small_van"), ("VL", "3.5", "cargo_van"), ("C2", "17.5", "rigid_20t"),
     ("C3", "24.5", "rigid_26t"), ("T3S2", "46.5", "articulated_50t"),
     ("T3S2R4", "66.5", "articulated_60t"), ("C2R2", "35", "articulated_40t")],
)  # fmt: skip
def test_vehicle_class(
    samples: Path, tmp_path: Path, config: str, tonnes: str, expected: str
) -> None:
    """The lightest class of the configuration's body that holds the gross weight."""
    path = document(
        samples, tmp_path, ('ConfigVehicular="C2"', f'ConfigVehicular="{config}"'),
        ('PesoBrutoVehicular="11.5"', f'PesoBrutoVehicular="{tonnes}"'),
    )  # fmt: skip
    assert read(samples, path).vehicles["vehicle_class"].tolist() == [expected]


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ('PesoBrutoVehicular="11.5"', 'PesoBrutoVehicular="11500"', "PesoBrutoVehicular"),
        ('ConfigVehicular="C2"', 'ConfigVehicular="GPLUTA"', "ConfigVehicular"),
        ('AnioModeloVM="2016"', 'AnioModeloVM="16"', "AnioModeloVM"),
        ('PlacaVM="AB123CD"', 'PlacaVM=""', "PlacaVM"),
        ('Cantidad="40" IDOrigen', 'Cantidad="41" IDOrigen', "Cantidad"),
        ('IDDestino="DE000002"/>', 'IDDestino="DE999999"/>', "IDDestino"),
        ('PesoEnKg="3000"', 'PesoEnKg="3,000"', "PesoEnKg"),
        ("2024-05-14T07:15:00", "2024-05-14 07:15", "date"),
        ('TipoUbicacion="Destino" IDUbicacion="DE000003"',
         'TipoUbicacion="Paso" IDUbicacion="DE000003"', "TipoUbicacion"),
        ("cartaporte31:Autotransporte", "cartaporte31:AutotransporteFederal", "Autotransporte"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_named(
    samples: Path, tmp_path: Path, old: str, new: str, field: str
) -> None:
    """Kilograms for tonnes, cranes, sums that do not add up, places that are not there."""
    found = read(samples, document(samples, tmp_path, (old, new)))
    assert field in {problem.field for problem in found.problems}


def test_goods_without_destination_are_unknown(samples: Path, tmp_path: Path) -> None:
    """With two destinations, goods that do not say where they go leave all masses unknown."""
    text = (samples / "carta_porte.xml").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if 'Cantidad="20" IDOrigen' not in line]
    path = tmp_path / "a.xml"
    path.write_text("\n".join(lines), encoding="utf-8")
    found = read(samples, path)
    assert {p.field for p in found.problems} == {"CantidadTransporta", "drop_kg"}
    assert found.stops["drop_kg"].tolist()[1:] == ["", ""]


def test_documents_of_one_day_are_one_route(samples: Path, tmp_path: Path) -> None:
    """A second trip of the truck loads at its origin; one past midnight stays on its day."""
    late = document(
        samples, tmp_path, ("2024-05-14T06:30:00", "2024-05-14T22:00:00"),
        ("2024-05-14T07:15:00", "2024-05-14T23:30:00"),
        ("2024-05-14T08:40:00", "2024-05-15T00:45:00"),
    )  # fmt: skip
    found = read(samples, samples / "carta_porte.xml", late)
    assert found.problems == ()
    assert len(found.days()) == 1
    assert found.stops["kind"].tolist() == ["depot", *["delivery"] * 5]
    assert found.stops["pickup_kg"].tolist() == ["", "", "", "3500", "", ""]
    assert found.stops["planned_time"].tolist()[-1] == "24:45:00"
    other = document(
        samples, tmp_path, ('AnioModeloVM="2016"', 'AnioModeloVM="2019"'), name="b.xml"
    )
    problems = read(samples, samples / "carta_porte.xml", other).problems
    assert "model_year" in {problem.field for problem in problems}, (
        "documents contradict each other"
    )


def test_other_versions_and_other_files_are_refused(samples: Path, tmp_path: Path) -> None:
    """Version 2.0 is named, which lacks the gross weight; an invoice is no such document."""
    old = document(samples, tmp_path, ("CartaPorte31", "CartaPorte20"), ('"3.1"', '"2.0"'))
    with pytest.raises(InputError, match=r"version 2\.0.*Carta Porte 3\.1.*gross weight"):
        read(samples, old)
    plain = tmp_path / "plain.xml"
    plain.write_text("<a/>", encoding="utf-8")
    with pytest.raises(InputError, match=r"CartaPorte.*3\.1"):
        read(samples, plain)


def test_a_version_that_its_namespace_contradicts_is_refused(samples: Path, tmp_path: Path) -> None:
    """Version 3.0 in the namespace of 3.1: nobody knows which rules it keeps."""
    text = (samples / "carta_porte.xml").read_text(encoding="utf-8")
    assert text.count('Version="3.1"') == 1
    path = tmp_path / "c.xml"
    path.write_text(text.replace('Version="3.1"', 'Version="3.0"'), encoding="utf-8")
    with pytest.raises(InputError, match="as the namespace says"):
        read_carta_porte(path)


def test_a_document_that_came_twice_is_not_counted_twice(samples: Path, tmp_path: Path) -> None:
    """A copy under another name is the same transport; another folio is another one."""
    copy = tmp_path / "copia.xml"
    copy.write_bytes((samples / "carta_porte.xml").read_bytes())
    with pytest.raises(InputError, match=r"copia\.xml.*each document once"):
        read_carta_porte([samples / "carta_porte.xml", copy])


BILLION_LAUGHS = (
    '<!DOCTYPE a [<!ENTITY a0 "ha">'
    + "".join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 12))
    + "]><a>&a11;</a>"
)


@pytest.mark.parametrize(
    "text",
    [
        BILLION_LAUGHS,
        '<!DOCTYPE a SYSTEM "http://localhost:1/x.dtd"><a/>',
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        '<!DOCTYPE a [<!ENTITY % x SYSTEM "file:///etc/passwd"> %x;]><a/>',
        "<a>" * 100_000 + "</a>" * 100_000,
        "<a><b></a>", "<a", "", "\x00", "<a>&unknown;</a>",
        '<?xml version="1.0" encoding="klingon"?><a/>',
    ],
)  # fmt: skip
def test_hostile_xml_is_refused(tmp_path: Path, text: str) -> None:
    """Entities, document types, endless depth, broken files: one error, no hang, no file read."""
    path = tmp_path / "bad.xml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_carta_porte(path)
    assert "root:" not in str(caught.value)


def test_hostile_names_stay_text(samples: Path, tmp_path: Path, hostile: tuple[str, ...]) -> None:
    """Names of places come through as attributes give them (XML makes line breaks spaces)."""
    from xml.sax.saxutils import escape

    paths = []
    for number, name in enumerate(hostile):
        quoted = escape(name, {'"': "&quot;"})
        changes = ("Tienda Norte", quoted), ("AB123CD", f"P{number:03}")
        paths.append(document(samples, tmp_path, *changes, name=f"{number}.xml"))
    found = read(samples, *paths)
    assert found.problems == ()
    said = [name.replace("\n", " ").replace("\t", " ") for name in hostile]
    assert found.stops["stop_id"].tolist()[1::3] == [f"DE000002 {name}" for name in said]
