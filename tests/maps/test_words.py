"""Readers see words, not codes."""

from __future__ import annotations

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
