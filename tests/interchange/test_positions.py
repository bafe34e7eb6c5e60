"""Coordinates as people write them, and what they look like when they are none."""

from __future__ import annotations

import pytest

from geofleet.interchange.cells import CellStyle, UnclearCellError
from geofleet.interchange.positions import degrees, doubt, position

PLACE = (19.4325, -99.125)


@pytest.mark.parametrize(
    "text",
    ["19.4325, -99.125", "19.4325 -99.125", "(19.4325; -99.125)", "19,4325; -99,125",
     "19,4325, -99,125", "19°25'57\"N 99°07'30\"O", "19° 25’ 57” N, 99° 7.5′ W",
     "N19°25.95' W99°7.5'", "19.4325° norte, 99.125° oeste", "POINT (-99.125 19.4325)",
     "geo:19.4325,-99.125?z=17", "lat: 19.4325, lon: -99.125", "−".join(("19.4325, ", "99.125")),
     "https://maps.google.com/?q=19.4325,-99.125",
     "https://www.google.com/maps/place/X/@19.4,-99.1,15z/data=!3d19.4325!4d-99.125",
     "https://www.openstreetmap.org/?mlat=19.4325&mlon=-99.125#map=17/1/1"],
)  # fmt: skip
def test_pairs(text: str) -> None:
    """One place, in the ways of maps, devices and people."""
    assert position(text) == pytest.approx(PLACE, abs=1e-9)


@pytest.mark.parametrize(
    "text",
    ["", "19.4325", "19,43", "19.4,-99.1,2240", "Av. Juárez 1, 06000", "99°7'W, 19°25'N",
     "19°75'00\"N 99°07'30\"W", "-19°25'S 99°7'W", "https://maps.app.goo.gl/x1Y2", "https://[a?q=1.5,2.5",
     "https://www.google.com/maps/@19.4,-99.1,15z", "POINT EMPTY", "nan, nan", "1e5, 2",
     "x" * 10_000],
)  # fmt: skip
def test_what_is_no_pair(text: str) -> None:
    """Two readings, a third number, a view of a map or a short link: refused, never guessed."""
    with pytest.raises(UnclearCellError):
        position(text)


def test_single_coordinates() -> None:
    """The letter of the compass must be one of the axis; a decimal comma needs the user's word."""
    style = CellStyle()
    assert degrees("99°07'30\"W", "lon", style) == -99.125
    assert degrees("19.5 S", "lat", style) == -19.5
    assert degrees(-99.125, "lon", style) == -99.125
    assert degrees("-99,125", "lon", CellStyle(decimal="comma")) == -99.125
    for text, axis in (("99°07'30\"W", "lat"), ("-99,125", "lon"), ("19°", ""), ("N", "lat")):
        with pytest.raises(UnclearCellError):
            degrees(text, axis or "lon", style) if axis else position(text)


@pytest.mark.parametrize(
    ("lat", "lon", "word"),
    [(-99.1, 19.4, "exchanged"), (2_148_000.0, 486_000.0, "projection"),
     (19_432_500.0, -99_125_000.0, "millionths"), (95.0, 200.0, "from -90 to 90")],
)  # fmt: skip
def test_doubts(lat: float, lon: float, word: str) -> None:
    """Exchanged axes, metres and integers of devices are told apart; a place on earth is not."""
    assert word in doubt(lat, lon)
    assert doubt(*PLACE) == doubt(None, lon) == ""
