"""Water, green and boundaries are read as they lie; what is not known is left out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shapely

from geofleet.errors import InputError
from geofleet.network import read_ground
from geofleet.network.osm.ground import sea

BOX = shapely.box(0.0, 0.0, 10.0, 10.0)
_NODES = {
    1: (1, 1), 2: (3, 1), 3: (3, 3), 4: (1, 3), 5: (2, 2), 6: (2.5, 2), 7: (2.5, 2.5),
    10: (-1, 5), 11: (11, 5), 12: (5, -1), 13: (5, 11), 14: (6, 6), 15: (8, 6), 16: (8, 8),
}  # fmt: skip
_WAYS = {
    100: ([1, 2, 3, 4, 1], {}),
    101: ([5, 6, 7, 5], {}),
    102: ([10, 11], {"waterway": "river"}),
    103: ([10, 11], {"waterway": "stream"}),
    104: ([12, 13], {"boundary": "administrative", "admin_level": "8"}),
    105: ([12, 13], {"boundary": "administrative", "admin_level": "10"}),
    106: ([14, 15, 16, 14], {"leisure": "park"}),
    107: ([14, 999], {"boundary": "administrative", "admin_level": "8"}),
}


def _file(path: Path, *, ways: dict[int, tuple[list[int], dict[str, str]]]) -> Path:
    def tags(given: dict[str, str]) -> str:
        return "".join(f'<tag k="{key}" v="{value}"/>' for key, value in given.items())

    parts = [f'<node id="{n}" version="1" lon="{x}" lat="{y}"/>' for n, (x, y) in _NODES.items()]
    for name, (nodes, given) in ways.items():
        refs = "".join(f'<nd ref="{n}"/>' for n in nodes)
        parts.append(f'<way id="{name}" version="1">{refs}{tags(given)}</way>')
    parts.append(
        '<relation id="1" version="1"><member type="way" ref="100" role="outer"/>'
        '<member type="way" ref="101" role="inner"/>'
        f"{tags({'type': 'multipolygon', 'natural': 'water'})}</relation>"
    )
    path.write_text(f'<osm version="0.6">{"".join(parts)}</osm>', encoding="utf-8")
    return path


def test_each_kind_is_found(tmp_path: Path) -> None:
    """A lake with an island, a river (no stream), a park, the line of a town (not of a ward)."""
    file = _file(tmp_path / "small.osm", ways=_WAYS)
    found = read_ground(file, bounds=(0.0, 0.0, 10.0, 10.0))
    water = found["water"].geometry
    areas = water[water.geom_type == "Polygon"]
    assert shapely.area(areas.to_numpy()).sum() == pytest.approx(4.0 - 0.125)
    rivers = water[water.geom_type == "LineString"]
    # cut at the box with its margin of a twentieth
    assert shapely.length(rivers.to_numpy()).tolist() == pytest.approx([11.0])
    assert shapely.area(found["green"].geometry.to_numpy()).tolist() == pytest.approx([2.0])
    borders = found["boundaries"].geometry.to_numpy()
    assert shapely.length(borders).tolist() == pytest.approx([11.0])
    assert str(found["water"].crs) == "EPSG:4326"


def test_nothing_there_is_left_out(tmp_path: Path) -> None:
    """Far away from all of it there is no key, so that a page can say what it does not know."""
    file = _file(tmp_path / "small.osm", ways=_WAYS)
    assert read_ground(file, bounds=(50.0, 50.0, 51.0, 51.0)) == {}


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """Missing, or broken."""
    with pytest.raises(InputError, match=r"none\.osm"):
        read_ground(tmp_path / "none.osm", bounds=(0, 0, 1, 1))
    broken = tmp_path / "broken.osm"
    broken.write_text("<osm><way", encoding="utf-8")
    with pytest.raises(InputError, match=r"broken\.osm"):
        read_ground(broken, bounds=(0, 0, 1, 1))


def test_the_sea_lies_on_the_right_of_the_coast() -> None:
    """A coast from south to north has the sea in the east, unless it is drawn the other way."""
    north = np.array([[4.0, -1.0], [4.0, 5.0], [4.0, 11.0]])
    assert shapely.area(sea([north], BOX)).tolist() == [60.0]
    assert shapely.area(sea([north[::-1]], BOX)).tolist() == [40.0]
    pieces = [north[:2], north[1:]]
    assert shapely.area(sea(pieces, BOX)).tolist() == [60.0]


def test_islands_are_left_out_of_the_sea() -> None:
    """Counter-clockwise rings are land; a ring alone makes the rest of the box sea."""
    island = np.array([[6.0, 6.0], [8.0, 6.0], [8.0, 8.0], [6.0, 8.0], [6.0, 6.0]])
    assert sum(shapely.area(sea([island], BOX))) == pytest.approx(96.0)
    coast = np.array([[4.0, -1.0], [4.0, 11.0]])
    assert sum(shapely.area(sea([coast, island], BOX))) == pytest.approx(56.0)


def test_a_coast_that_ends_within_the_box_tells_of_what_it_goes_through() -> None:
    """As in an extract cut more tightly than the roads reach: beyond its ends nothing is known."""
    (found,) = sea([np.array([[4.0, 2.0], [4.0, 8.0]])], BOX)
    assert found.bounds == (4.0, 2.0, 10.0, 8.0)
    around = np.array([[-1.0, 5.0], [5.0, 5.0], [5.0, 9.0]])
    assert shapely.union_all(sea([around], BOX)).equals(
        shapely.union_all([shapely.box(0, 0, 10, 5), shapely.box(5, 5, 10, 9)])
    )
    assert sea([np.array([[4.0, 4.0], [4.0, 6.0]])], BOX) == [], "too little to be worth it"
    assert sea([np.array([[40.0, 2.0], [40.0, 8.0]])], BOX) == []
    assert sea([], BOX) == []
