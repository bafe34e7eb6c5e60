"""Damaged files of every kind are read or refused; nothing else ever happens."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from geofleet.errors import InputError
from geofleet.interchange import (
    SheetMapping,
    read_carta_porte,
    read_gps_stops,
    read_stop_sheet,
    read_vroom,
)

INSERTS = (b'"', b",", b";", b"\n", b"<", b">", b"&", b"-", b"NaN", b"1e999", b"9" * 40, b"\xff",
           b"null", b"[", b"{", b"\x00", b"\xc3\xb1", b"24:61", b"0000-00-00")  # fmt: skip
ZONE = "America/Santiago"
READERS: dict[str, Callable[[Path], Any]] = {
    "carta_porte.xml": lambda path: read_carta_porte(path, assume={"service_min": 1}),
    "dia.gpx": lambda path: read_gps_stops(path, timezone=ZONE, assume={"drop_kg": 1}),
    "telematica.csv": lambda path: read_gps_stops(
        path, timezone=ZONE, assume={"drop_kg": 1},
        mapping=SheetMapping(columns={"payload_kg": "carga_t"}, units={"payload_kg": "t"}),
    ),
    "ruta.csv": lambda path: read_stop_sheet(
        path, SheetMapping(decimal="comma", dates="day_first")
    ),
    "vroom_solution.json": lambda path: read_vroom(path, date="2024-05-14"),
}  # fmt: skip


@pytest.mark.parametrize("name", READERS)
def test_damage(samples: Path, tmp_path: Path, name: str) -> None:
    """Bytes lost, doubled, exchanged and put in: a result, or errors that name the file."""
    whole = (samples / name).read_bytes()
    chance = random.Random(name)
    path = tmp_path / name
    refused: list[InputError] = []
    for _ in range(40):
        data = bytearray(whole)
        for _ in range(chance.randint(1, 2)):
            here, there = chance.randrange(len(data)), chance.randrange(len(data))
            change = chance.choice(("lost", "doubled", "exchanged", "put in"))
            if change == "lost":
                del data[here : here + chance.randint(1, 30)]
            elif change == "doubled":
                data[here:here] = data[there : there + 40]
            elif change == "exchanged":
                data[here] = chance.randrange(256)
            else:
                data[here:here] = chance.choice(INSERTS)
        path.write_bytes(bytes(data))
        try:
            READERS[name](path)
        except InputError as error:
            refused.append(error)
    assert refused
    for error in refused:
        assert all(problem.expected for problem in error.problems)
        assert any(name in problem.file for problem in error.problems)
