"""Which documents count: deliveries of the authority, other ways of transport, replaced ones."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from geofleet.errors import InputError
from geofleet.interchange import Imported, read_carta_porte, read_places

STAMP = (
    '<tfd:TimbreFiscalDigital xmlns:tfd="http://www.sat.gob.mx/TimbreFiscalDigital" '
    'Version="1.1" UUID="{}"/>'
)
FIRST, SECOND = "AAAAAAAA-0000-4000-8000-000000000001", "BBBBBBBB-0000-4000-8000-000000000002"
END = "</cfdi:Complemento>"
INVOICE = '<cfdi:Comprobante xmlns:cfdi="http://www.sat.gob.mx/cfd/4" Version="4.0"/>'


@pytest.fixture
def text(samples: Path) -> str:
    """Return the sample document."""
    return (samples / "carta_porte.xml").read_text(encoding="utf-8")


@pytest.fixture
def read(samples: Path):
    """Return a reader with the places of the samples."""

    def reading(*paths: Path) -> Imported:
        places = read_places(samples / "lugares.csv")
        return read_carta_porte(list(paths), places=places, assume={"service_min": 20})

    return reading


def put(folder: Path, name: str, text: str, encoding: str = "utf-8", lead: bytes = b"") -> Path:
    path = folder / name
    path.write_bytes(lead + text.encode(encoding))
    return path


@pytest.mark.parametrize(
    ("encoding", "said", "lead"),
    [("utf-8", "UTF-8", b"\xef\xbb\xbf"), ("utf-8", "UTF-8", b"\n \xef\xbb\xbf"),
     ("latin-1", "ISO-8859-1", b""), ("cp1252", "windows-1252", b""), ("utf-16", "UTF-16", b"")],
)  # fmt: skip
def test_encodings(read, text: str, tmp_path: Path, encoding: str, said: str, lead: bytes) -> None:
    """The encoding that the document declares, with any mark before it; lines count from there."""
    content = text.replace('encoding="UTF-8"', f'encoding="{said}"').replace("Tienda", "Ñandú")
    found = read(put(tmp_path, "a.xml", content, encoding, lead))
    assert found.problems == ()
    assert "Ñandú Norte" in found.stops["stop_id"].tolist()[1]
    assert found.stops["row"].tolist()[0] == 8 + lead.count(b"\n")


def test_wrong_encoding_is_named(read, text: str, tmp_path: Path) -> None:
    """Bytes of Windows in a document that declares UTF-8."""
    with pytest.raises(InputError, match="encoding that the document declares"):
        read(put(tmp_path, "a.xml", text.replace("Tienda", "Ñandú"), "cp1252"))


def test_prefix_wrapper_and_version_3_0(read, text: str, tmp_path: Path) -> None:
    """Prefixes are free, programs wrap documents, and 3.0 differs from 3.1 by its name alone."""
    body = text.partition("?>")[2]
    changed = (
        body.replace("cartaporte31:", "x:").replace("xmlns:cartaporte31", "xmlns:x")
        .replace("CartaPorte31", "CartaPorte30").replace('Version="3.1"', 'Version="3.0"')
    )  # fmt: skip
    found = read(put(tmp_path, "a.xml", f"<respuesta><acuse/>{changed}</respuesta>"))
    assert found.problems == ()
    assert found.stops["drop_kg"].tolist() == ["0", "1800", "1700"]
    assert found.operators["operator_id"].tolist() == ["EKU9003173C9"]


@pytest.mark.parametrize(
    ("name", "words"),
    [("TransporteMaritimo", "by sea"), ("TransporteAereo", "by air"),
     ("TransporteFerroviario", "by rail")],
)  # fmt: skip
def test_other_ways_of_transport(read, text: str, tmp_path: Path, name: str, words: str) -> None:
    """A ship is no road trip; road and rail in one document cannot be told apart."""
    other = text.replace("cartaporte31:Autotransporte", f"cartaporte31:{name}")
    with pytest.raises(InputError, match=f"field {name}: '{words}': expected a trip by road"):
        read(put(tmp_path, "a.xml", other))
    closing = "</cartaporte31:Mercancias>"
    both = text.replace(closing, f"<cartaporte31:{name}/>{closing}")
    with pytest.raises(InputError, match=f"by road and {words}"):
        read(put(tmp_path, "b.xml", both))


def test_delivery_of_the_authority(read, text: str, tmp_path: Path) -> None:
    """In a folder or archive what is no road trip is passed over and named, copies too."""
    folder = tmp_path / "2024"
    (folder / "mayo").mkdir(parents=True)
    put(folder, "a.xml", text.replace(END, STAMP.format(FIRST) + END))
    put(folder / "mayo", "a (1).XML", text.replace(END, STAMP.format(FIRST) + END))
    put(folder, "._a.xml", "\x00\x05")
    put(folder, "barco.xml", text.replace("31:Autotransporte", "31:TransporteMaritimo"))
    put(folder, "factura.xml", INVOICE)
    put(folder, "a.pdf", "%PDF")
    with zipfile.ZipFile(tmp_path / "sat.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*.[xX]*")):
            archive.write(path, str(path.relative_to(folder)))
    for source in (folder, tmp_path / "sat.zip"):
        found = read(source)
        assert found.problems == ()
        assert len(found.stops) == 3
        said = " | ".join(found.notes)
        for words in ("without Carta Porte: ", "factura.xml", "barco.xml", "but by sea: ",
                      "1 copies of others"):  # fmt: skip
            assert words in said
    assert found.stops["file"].tolist()[0] == f"{tmp_path / 'sat.zip'}[a.xml]"


def test_archives_that_mean_harm(read, tmp_path: Path) -> None:
    """Bombs, encrypted members, no XML, no archive: one error each that names the member."""
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.xml", b" " * 60_000_000)
    with pytest.raises(InputError, match=r"bomb\.zip\[a\.xml\]: '60 MB': expected at most 50 MB"):
        read(bomb)
    locked = tmp_path / "locked.zip"
    with zipfile.ZipFile(locked, "w") as archive:
        archive.writestr("a.xml", "<a/>")
    data = bytearray(locked.read_bytes())
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + place] |= 1
    locked.write_bytes(bytes(data))
    with pytest.raises(InputError, match=r"a\.xml\]: expected a readable member"):
        read(locked)
    for name, content in (("none.zip", b"PK\x05\x06" + bytes(18)), ("text.zip", b"hello")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError, match="archive"):
            read(tmp_path / name)


def test_replaced_documents_are_left_out(read, text: str, tmp_path: Path) -> None:
    """Relation 04 takes the place of the stamp it names; their trip is counted once."""
    old = put(tmp_path, "old.xml", text.replace(END, STAMP.format(FIRST.lower()) + END))
    related = (
        f'<cfdi:CfdiRelacionados TipoRelacion="04"><cfdi:CfdiRelacionado UUID="{FIRST}"/>'
        "</cfdi:CfdiRelacionados>"
    )
    changed = (
        text.replace(END, STAMP.format(SECOND) + END).replace("8000-0000", "8000-1111")
        .replace("<cfdi:Emisor", related + "<cfdi:Emisor").replace("07:15:00", "07:45:00")
    )  # fmt: skip
    found = read(old, put(tmp_path, "new.xml", changed))
    assert found.problems == ()
    assert found.stops["planned_time"].tolist() == ["06:30:00", "07:45:00", "08:40:00"]
    assert any("1 replaced by later ones" in note for note in found.notes)


def test_one_departure_for_several_customers(read, text: str, tmp_path: Path) -> None:
    """A document per customer of one load: one depot, at the last departure; one stop a place."""
    second = (
        text.replace("8000-0000", "8000-1111").replace("06:30:00", "06:50:00")
        .replace("08:40:00", "09:40:00")
    )  # fmt: skip
    found = read(put(tmp_path, "a.xml", text), put(tmp_path, "b.xml", second))
    assert found.problems == ()
    assert found.stops["kind"].tolist() == ["depot", "delivery", "delivery", "delivery"]
    assert found.stops["window_start"].tolist()[0] == "06:50:00"
    assert found.stops["drop_kg"].tolist() == ["0", "3600", "1700", "1700"]
    assert found.stops["seq"].tolist() == ["0", "1", "2", "3"]


def test_places_abroad_and_noted_coordinates(samples: Path, text: str, tmp_path: Path) -> None:
    """A ZIP code of the United States is no Mexican one; Referencia may hold the place itself."""
    table = tmp_path / "places.csv"
    table.write_text("place_id,lat,lon\n33826,1,1\n01376,2,2\nXEXX010101000,3,3\n", "utf-8")
    abroad = text.replace(
        'RFCRemitenteDestinatario="ICV060329BY0"',
        'RFCRemitenteDestinatario="XEXX010101000" NumRegIdTrib="123456789"',
    )
    abroad = abroad.replace('Pais="MEX" CodigoPostal="33826"', 'Pais="USA" CodigoPostal="33826"')
    assert (abroad.count("USA"), abroad.count("XEXX")) == (1, 1)
    path = put(tmp_path, "a.xml", abroad)
    found = read_carta_porte(path, places=read_places(table), assume={"service_min": 20})
    assert found.stops["lat"].tolist() == ["", "", "2"], "neither the code nor nobody's number"
    assert any("places abroad: DE000002" in note for note in found.notes)
    table.write_text("place_id,lat,lon\nUSA/33826,1,1\n01376,2,2\n20928,9,9\n", "utf-8")
    path = put(
        tmp_path,
        "b.xml",
        abroad.replace(
            "<cartaporte31:Domicilio ", '<cartaporte31:Domicilio Referencia="-29.89, -71.25" ', 1
        ),
    )
    found = read_carta_porte(path, places=read_places(table), assume={"service_min": 20})
    assert found.problems == ()
    assert found.stops["lat"].tolist() == ["-29.89", "1", "2"]
    assert any("Referencia" in note for note in found.notes)


def test_a_broken_document_costs_its_own_day(read, text: str, tmp_path: Path) -> None:
    """Of two days, the one whose goods are unclear can be left out; the other is whole."""
    other = text.replace("8000-0000", "8000-1111").replace("2024-05-14", "2024-05-15")
    bad = other.replace('PesoEnKg="3000"', 'PesoEnKg="mucho"')
    found = read(put(tmp_path, "a.xml", text), put(tmp_path, "b.xml", bad))
    assert "PesoEnKg" in {problem.field for problem in found.problems}
    kept = found.whole_days()
    assert kept.stops["date"].unique().tolist() == ["2024-05-14"]
    assert len(kept.stops) == 3
