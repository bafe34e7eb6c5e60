"""Where vehicles stood, from GPX and telematics; what was unloaded, where the payload is known."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from geofleet.errors import InputError
from geofleet.interchange import Imported, read_gps_stops

ZONE = "America/Santiago"


def telematics(samples: Path, **settings: object) -> Imported:
    columns = {"vehicle_id": "vehiculo", "time": "hora", "payload_kg": "carga_t"}
    return read_gps_stops(
        samples / "telematica.csv", timezone=ZONE, columns=columns, units={"payload_kg": "t"},
        **settings,  # type: ignore[arg-type]
    )  # fmt: skip


def test_gpx(samples: Path) -> None:
    """Two halts of 9 and 10 minutes between leaving and coming back; local times."""
    found = read_gps_stops(samples / "dia.gpx", timezone=ZONE, assume={"drop_kg": 0})
    assert found.problems == ()
    stops = found.checked_stops()
    assert stops["kind"].tolist() == ["depot", "delivery", "delivery", "depot"]
    assert stops["service_min"].tolist() == [0, 9, 10, 0]
    assert found.stops["planned_time"].tolist() == ["08:00:00", "08:05:00", "08:20:00", "08:40:00"]
    assert stops["window_start"].tolist()[0] == 8 * 3600


def test_a_trace_does_not_tell_what_was_unloaded(samples: Path) -> None:
    """Without an assumption the mass is unknown and every delivery named."""
    found = read_gps_stops(samples / "dia.gpx", timezone=ZONE)
    assert {(p.field, p.value) for p in found.problems} == {("drop_kg", "(empty)")}
    assert all("assume drop_kg" in problem.expected for problem in found.problems)
    assumed = read_gps_stops(samples / "dia.gpx", timezone=ZONE, assume={"drop_kg": 40})
    assert assumed.stops["drop_kg"].tolist() == ["0", "40", "40", "0"]


def test_telematics_with_payload(samples: Path) -> None:
    """What the payload loses while the vehicle stands was unloaded; what it gains was loaded."""
    found = telematics(samples)
    assert found.problems == ()
    stops = found.checked_stops()
    assert stops["drop_kg"].tolist() == [0, 120, 0, 0]
    assert stops["pickup_kg"].fillna(0).tolist() == [0, 0, 30, 0]


def test_days_are_local_and_jumps_are_left_out(tmp_path: Path) -> None:
    """A fix across the continent is no halt; a day ends at local midnight."""
    times = pd.date_range("2024-05-14 23:30", periods=60, freq="min", tz=ZONE)
    lat = [-29.9 + 0.002 * min(i, 59 - i) for i in range(60)]
    frame = pd.DataFrame({
        "vehicle_id": "T", "time": [t.isoformat() for t in times], "lat": lat, "lon": -71.25,
        "payload_kg": 5,
    })  # fmt: skip
    frame.loc[10, "lat"] = 40.0
    path = tmp_path / "t.csv"
    frame.to_csv(path, index=False)
    found = read_gps_stops(path, timezone=ZONE)
    assert found.days()["date"].tolist() == ["2024-05-14", "2024-05-15"]
    assert max(found.stops["lat"].astype(float)) < 0
    assert any(note.startswith("1 fixes left out") for note in found.notes)


@pytest.mark.parametrize(
    "text",
    ['<!DOCTYPE gpx [<!ENTITY x "y">]><gpx/>', "<gpx", "", "<gpx version='1.1'></gpx>"],
)
def test_hostile_gpx_is_refused(tmp_path: Path, text: str) -> None:
    """Entities are refused before any library reads the file."""
    path = tmp_path / "bad.gpx"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError):
        read_gps_stops(path, timezone=ZONE)


def test_names_of_tracks_stay_text(samples: Path, tmp_path: Path) -> None:
    """Markup in the name of a track is the vehicle's name, no more."""
    text = (samples / "dia.gpx").read_text(encoding="utf-8")
    path = tmp_path / "t.gpx"
    path.write_text(text.replace(">van<", ">&lt;script&gt; ${x}<"), encoding="utf-8")
    found = read_gps_stops(path, timezone=ZONE, assume={"drop_kg": 0})
    assert set(found.stops["vehicle_id"]) == {"<script> ${x}"}
    with pytest.raises(InputError, match="time zone"):
        read_gps_stops(path, timezone="Mars/Crater")
