"""Kinds of files are told apart; the examples of all readers run."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
from pathlib import Path

import pytest

import geofleet.interchange
from geofleet.errors import InputError
from geofleet.interchange import SheetMapping
from geofleet.interchange.any_file import KINDS, kind_of, read_any

ZONE = "America/Santiago"
MODULES = [m.name for m in pkgutil.iter_modules(geofleet.interchange.__path__)]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str) -> None:
    """What a docstring shows is what happens."""
    module = importlib.import_module(f"geofleet.interchange.{name}")
    failed, _ = doctest.testmod(module)
    assert failed == 0


def test_public_names_are_there() -> None:
    """Every name that the room hands on exists."""
    for name in geofleet.interchange.__all__:
        assert getattr(geofleet.interchange, name) is not None
    with pytest.raises(AttributeError):
        _ = geofleet.interchange.nothing


def test_kind_by_ending_or_word() -> None:
    """A table is stops unless it is said to be GPS; two kinds at a time are refused."""
    assert kind_of([Path("a.csv"), Path("b.XLSX")]) == "stops"
    assert kind_of([Path("a.csv")], "gps") == "gps"
    assert {kind_of([Path(name)]) for name in ("a.gpx", "a.json", "a.xml", "a.csv")} == set(KINDS)
    for paths, kind in (([Path("a.pdf")], None), ([Path("a.xml"), Path("b.csv")], None),
                        ([], None), ([Path("a.csv")], "shapefile")):  # fmt: skip
        with pytest.raises(InputError):
            kind_of(paths, kind)


def test_each_kind_is_read(samples: Path) -> None:
    """The same door for telematics, solutions and documents."""
    table = SheetMapping(
        columns={"vehicle_id": "vehiculo", "time": "hora", "payload_kg": "carga_t"},
        units={"payload_kg": "t"},
    )
    gps = read_any([samples / "telematica.csv"], timezone=ZONE, kind="gps", mapping=table)
    vroom = read_any([samples / "vroom_solution.json"], timezone=ZONE, date="2024-05-14")
    carta = read_any([samples / "carta_porte.xml"], timezone=ZONE, assume={"service_min": 1})
    assert [found.kind for found in (gps, vroom, carta)] == ["gps", "vroom", "carta_porte"]
    assert gps.problems == vroom.problems == ()
    assert {problem.field for problem in carta.problems} == {"lat, lon"}
    with pytest.raises(InputError, match="one solution"):
        read_any([samples / "vroom_solution.json"] * 2, timezone=ZONE, date="2024-05-14")
