"""Counts: snapped, spread by road class and zone, scaled; checked by hand."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geofleet.errors import InputError
from geofleet.traffic import flows_from_counts, zones_of_links


@pytest.fixture(scope="module")
def town(roads):
    """Return two primary and two residential streets of 1 km, both ways, and one trunk link."""
    nodes = {1: (0, 0), 2: (1000, 0), 3: (2000, 0), 4: (0, 500), 5: (1000, 500), 6: (2000, 500)}
    main, small = {"highway": "primary"}, {"highway": "residential"}
    links = [(1, 2, main), (2, 1, main), (2, 3, main), (3, 2, main), (4, 5, small), (5, 4, small),
             (5, 6, small), (6, 5, small), (3, 6, {"highway": "trunk"})]  # fmt: skip
    return roads.make_network(nodes, links)


def table(roads, *rows):
    """Counts at places in metres: (x, y, group, vehicles, hour, bearing)."""
    records = []
    for x, y, group, vehicles, *more in rows:
        lon, lat = roads.to_lonlat(x, y)
        hour, bearing = (*more, None, None)[:2]
        records.append(
            {"lon": lon, "lat": lat, "group": group, "vehicles": vehicles, "hour": hour,
             "bearing_deg": bearing}
        )  # fmt: skip
    return pd.DataFrame(records)


def day_of(flows, roads, network, u, v):
    at = np.flatnonzero(flows.edges == roads.edge_number(network, u, v))
    return float(flows.vehicles[at].sum())


def spread(counts, town, **more):
    return flows_from_counts(counts, town, counted_on="average", **more)


def test_counts_spread_over_their_class(roads, town):
    """100 trucks both ways on a primary road: 50 on each direction of every primary road."""
    flows = spread(table(roads, (500, 3, "rigid_26t", 100.0)), town)
    for u, v in ((1, 2), (2, 1), (2, 3), (3, 2)):
        assert day_of(flows, roads, town, u, v) == pytest.approx(50, rel=1e-4)
    # not counted: relative flow of the class over that of a primary road, heavy vehicles
    assert day_of(flows, roads, town, 4, 5) == pytest.approx(50 * 0.356 / 1.344, rel=1e-3)
    assert day_of(flows, roads, town, 3, 6) == pytest.approx(50 * 1.772 / 1.344, rel=1e-3)
    links = flows.report["rigid_26t"]["links_by_source"]
    assert links == {"relative_flow": 5, "class": 0, "class_and_zone": 2, "counted": 2}


def test_bearing_says_which_direction(roads, town):
    """Eastbound 80, westbound 20: each direction its own, and the class their mean."""
    counts = table(
        roads, (500, 3, "rigid_26t", 80.0, None, 95.0), (500, 3, "rigid_26t", 20.0, None, 265.0)
    )
    flows = spread(counts, town)
    assert day_of(flows, roads, town, 1, 2) == pytest.approx(80, rel=1e-4)
    assert day_of(flows, roads, town, 2, 1) == pytest.approx(20, rel=1e-4)
    assert day_of(flows, roads, town, 2, 3) == pytest.approx(50, rel=1e-4)


def test_zones_have_traffic_of_their_own(roads, town):
    """West 100, east 40: primary roads differ by zone, residential ones by the whole town."""
    ring = [roads.to_lonlat(*p) for p in ((-10, -10), (999, -10), (999, 600), (-10, 600))]
    east = [roads.to_lonlat(*p) for p in ((999, -10), (2100, -10), (2100, 600), (999, 600))]
    zones = gpd.GeoDataFrame(
        {"zone_id": ["west", "east"]}, geometry=[shapely.Polygon(ring), shapely.Polygon(east)],
        crs=4326,
    )  # fmt: skip
    assert zones_of_links(town, zones, "zone_id").tolist() == [
        1 if x > 999 else 0 for x in town.edges_metric.centroid.x - 280_000
    ]
    west, outside = zones.iloc[:1], zones_of_links(town, zones.iloc[:1], "zone_id")
    assert set(outside.tolist()) == {0, -1}
    assert len(west) == 1
    counts = table(
        roads, (500, 3, "rigid_26t", 100.0), (1500, 3, "rigid_26t", 40.0),
        (500, 503, "rigid_26t", 10.0),
    )  # fmt: skip
    flows = spread(counts, town, zones=zones)
    assert day_of(flows, roads, town, 1, 2) == pytest.approx(50, rel=1e-4)
    assert day_of(flows, roads, town, 3, 2) == pytest.approx(20, rel=1e-4)
    assert day_of(flows, roads, town, 5, 6) == pytest.approx(5, rel=1e-4)
    assert flows.report["rigid_26t"]["links_by_source"]["class"] == 2


def test_hours_become_days(roads, town):
    """Hours of one link add up to what the profile makes of them; a counted day is kept."""
    rows = [(500, 3, "rigid_26t", 2.0 * (h + 1), h) for h in range(24)]
    flows = spread(table(roads, *rows), town)
    at = int(np.flatnonzero(flows.edges == roads.edge_number(town, 1, 2))[0])
    np.testing.assert_allclose(flows.vehicles[at, 0], np.arange(1, 25), rtol=1e-4)
    both = table(roads, *rows[7:9], (500, 3, "rigid_26t", 500.0))
    assert day_of(spread(both, town), roads, town, 1, 2) == pytest.approx(250, rel=1e-4)


def test_totals_are_met(roads, town):
    """Vehicle-km are those asked for, to 1e-9; groups split into classes."""
    counts = table(roads, (500, 3, "light", 1000.0), (500, 3, "rigid_26t", 100.0))
    flows = spread(
        counts, town, total_km={"light": 500.0, "rigid_26t": 1234.5}, freight_share={"light": 0.1}
    )
    km = flows.vehicle_km(town)
    assert km["rigid_26t"] == pytest.approx(1234.5, rel=1e-9)
    assert km["small_van"] + km["cargo_van"] == pytest.approx(50.0, rel=1e-9)


def test_bad_counts(roads, town):
    """Cells, groups, places and totals that cannot be."""
    good = table(roads, (500, 3, "rigid_26t", 100.0))
    for change, expected in (
        ({"vehicles": -1.0}, "field vehicles: '-1.0'"),
        ({"vehicles": np.nan}, "field vehicles: '(empty)'"),
        ({"hour": 24}, "field hour: '24'"),
        ({"group": "boats"}, "'boats'"),
        ({"lat": 0.0}, "within 50 m of a road"),
    ):
        with pytest.raises(InputError) as caught:
            spread(good.assign(**change), town)
        assert expected in str(caught.value)
    both = table(roads, (500, 3, "rigid_26t", 10.0), (500, 503, "heavy", 100.0))
    with pytest.raises(InputError, match="field group: 'heavy, rigid_26t'"):
        spread(both, town)
    with pytest.raises(InputError) as caught:
        spread(good, town, total_km={"light": 1.0, "rigid_26t": -1.0})
    assert "a group that was counted" in str(caught.value)
    assert "'-1.0'" in str(caught.value)
