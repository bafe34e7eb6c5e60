"""Readers see words, not codes."""

from __future__ import annotations

from geofleet.maps.days import _verdict
from geofleet.maps.words import clock, long_date, road_words, standard_words, vehicle_words


def test_codes_become_words() -> None:
    """Known codes have words, unknown ones at least lose their underscores."""
    assert road_words("primary") == "Main road"
    assert road_words("trunk_link") == "Trunk road, ramp"
    assert road_words("busway") == "Busway"
    assert standard_words("euro_4") == "Euro 4"
    assert standard_words("pre_euro") == "before Euro 1"
    assert "_" not in vehicle_words("rigid_14t")
    assert "12–14 t" in vehicle_words("rigid_14t")
    assert vehicle_words("no_such_class") == "No such class"
    assert clock("2024-05-14T08:30:00-04:00") == "08:30"
    assert clock(None) is None
    assert long_date("2024-05-04") == "4 May 2024"


def test_a_verdict_tells_where_a_day_first_fails() -> None:
    """Too much load shows when a vehicle leaves a place, an empty battery when it arrives."""
    row = {"electric_status": "not feasible", "margin_kwh": -4.0, "cause": "payload"}
    words = "Cannot do this day: the load is more than it can carry, first when leaving "
    assert _verdict({**row, "first_failing_stop": 0}) == words + "the depot"
    assert _verdict({**row, "first_failing_stop": 8}) == words + "stop 8"
    heavy = _verdict({**row, "margin_kg": -400.2, "first_failing_stop": 8})
    assert heavy.endswith("more than it can carry by 401 kg, first when leaving stop 8")
    text = _verdict({**row, "cause": "energy", "first_failing_stop": 3})
    assert text.endswith("4 kWh short, first at stop 3")
