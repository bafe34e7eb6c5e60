"""Flow tables: by link keys and by geometry; nothing lost, faults named."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geofleet.errors import InputError
from geofleet.traffic import (
    LinkColumns,
    conflate,
    flows_from_links,
    network_from_links,
    read_flows,
    read_flows_and_network,
)

ALL = {"light": 1.0, "heavy": 1.0}


def write(path, text):
    path.write_text(text, encoding="utf-8")
    return path


def daily(path, network, **more):
    more = {"period": "day", "counted_on": "average", "freight_share": ALL} | more
    return read_flows(path, network, **more)


def by_edge(flows, count):
    out = np.zeros(count)
    out[flows.edges] = flows.vehicles.sum(axis=(1, 2))
    return out


def test_keys_of_every_kind_say_the_same(square, tmp_path):
    """Edge numbers, u v key, u v and GMNS node ids name the same two links."""
    tables = {
        "edge": "edge,light,heavy\n0,100,10\n3,50,0\n",
        "uvk": "u,v,key,ldv,hdv\n1,2,0,100,10\n2,3,0,50,0\n",
        "uv": "u,v,light,heavy\n1,2,100,10\n2,3,50,0\n",
        "gmns": "link_id,from_node_id,to_node_id,light,heavy\n1,1,2,100,10\n2,2,3,50,0\n",
    }
    assert square.edges.index[[0, 3]].tolist() == [(1, 2, 0), (2, 3, 0)]
    for name, text in tables.items():
        flows = daily(write(tmp_path / f"{name}.csv", text), square)
        assert flows.edges.tolist() == [0, 3]
        np.testing.assert_allclose(flows.vehicles.sum(axis=(1, 2)), [110, 50], rtol=1e-5)
    frame = pd.DataFrame({"edge": [0, 3], "light": [100, 50], "heavy": [10, 0]})
    frame.to_parquet(tmp_path / "t.parquet")
    flows = daily(tmp_path / "t.parquet", square)
    np.testing.assert_allclose(by_edge(flows, 8)[[0, 3]], [110, 50], rtol=1e-5)


def test_links_by_id(roads, tmp_path):
    """GMNS link ids are looked for among the way ids; two links of one way are ambiguous."""
    network = roads.make_network(
        {1: (0, 0), 2: (100, 0), 3: (200, 0)},
        [(1, 2, {"osmid": "a"}), (2, 3, {"osmid": "b"}), (3, 2, {"osmid": "b"}),
         (2, 1, {"osmid": "c"})],
    )  # fmt: skip
    flows = daily(write(tmp_path / "a.csv", "link_id,rigid_26t\na,24\nc,48\n"), network)
    assert flows.classes == ("rigid_26t",)
    assert by_edge(flows, 4) == pytest.approx([24, 48, 0, 0], rel=1e-5)
    with pytest.raises(InputError, match="one link; several match"):
        daily(write(tmp_path / "b.csv", "link_id,rigid_26t\nb,24\n"), network)
    twice = "link_id,from_node_id,to_node_id,rigid_26t\nx,1,2,24\ny,1,2,24\n"
    with pytest.raises(InputError, match="once"):
        daily(write(tmp_path / "c.csv", twice), network)


def test_peak_hour_keeps_the_hour(square, tmp_path):
    """Trucks at 8 of a weekday are as many at 8 of a weekday again."""
    path = write(tmp_path / "t.csv", "edge,rigid_26t\n0,12\n5,30\n")
    flows = read_flows(path, square, day_kind="weekday", peak_hour=8)
    np.testing.assert_allclose(flows.vehicles[:, 0, 8], [12, 30], rtol=1e-4)
    assert flows.report["counted_vehicle_km"]["rigid_26t"] == pytest.approx(42, rel=1e-3)
    sunday = read_flows(path, square, day_kind="sunday", peak_hour=8)
    assert sunday.total["rigid_26t"] < 0.5 * flows.total["rigid_26t"]


def test_hourly_tables(square, tmp_path):
    """24 hours given are the 24 hours that come out."""
    rows = [f"2,{hour},{hour + 1}" for hour in range(24)]
    path = write(tmp_path / "t.csv", "edge,hour,rigid_26t\n" + "\n".join(rows) + "\n")
    flows = read_flows(path, square, counted_on="weekday", day_kind="weekday")
    np.testing.assert_allclose(flows.vehicles[0, 0], np.arange(1, 25), rtol=1e-4)
    twice = write(tmp_path / "u.csv", "edge,hour,rigid_26t\n2,8,1\n2,8,1\n")
    with pytest.raises(InputError, match="each value once"):
        read_flows(twice, square)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("edge,light\n0,-1\n", "row 2, field light: '-1'"),
        ("edge,light\n0,nan\n", "field light: 'nan'"),
        ("edge,light\n0,\n", "field light: '(empty)'"),
        ("edge,light\n8,1\n", "a link of the network"),
        ("u,v,light\n1,3,1\n", "a link of the network"),
        ("edge,light\n0,1\n0,2\n", "each value once"),
        ("edge,cars\n0,1\n", "flow columns: light (ldv)"),
        ("street,light\n0,1\n", "columns that name the link"),
    ],
)
def test_bad_tables(square, tmp_path, text, expected):
    """Each fault names file, row and field."""
    with pytest.raises(InputError) as caught:
        read_flows(write(tmp_path / "t.csv", text), square)
    assert expected in str(caught.value)
    assert "t.csv" in str(caught.value)


def test_unknown_groups_and_columns(square, tmp_path):
    """Both in one message; unknown periods too."""
    path = write(tmp_path / "t.csv", "edge,cars\n0,1\n")
    with pytest.raises(InputError) as caught:
        read_flows(path, square, flows={"boats": "cars", "heavy": "trucks"})
    assert "'boats'" in str(caught.value)
    assert "named for heavy" in str(caught.value)
    with pytest.raises(InputError, match="peak_hour or day"):
        read_flows(path, square, flows={"heavy": "cars"}, period="week")
    with pytest.raises(InputError, match="from 0 to 23"):
        read_flows(path, square, flows={"heavy": "cars"}, peak_hour=24)


@pytest.mark.parametrize(
    ("header", "named"),
    [
        ("heavy,rigid_20t", "heavy, rigid_20t"),
        ("rigid_20t,light,hdv,articulated_40t", "hdv, rigid_20t, articulated_40t"),
        ("ldv,cargo_van", "ldv, cargo_van"),
        ("light,ldv", "light, ldv"),
    ],
)
def test_a_group_beside_its_own_classes(square, tmp_path, header, named):
    """All heavy vehicles hold those of each heavy class: both together are an error."""
    cells = ",".join("1" for _ in header.split(","))
    path = write(tmp_path / "t.csv", f"edge,{header}\n0,{cells}\n")
    with pytest.raises(InputError) as caught:
        daily(path, square)
    assert f"field {named}: expected" in str(caught.value)


def test_a_group_beside_classes_of_the_other(square, tmp_path, lines):
    """Light vehicles and heavy classes are disjoint; the caller may also choose among columns."""
    path = write(tmp_path / "t.csv", "edge,light,rigid_20t,heavy\n0,1,2,4\n")
    flows = daily(path, square, flows={"light": "light", "rigid_20t": "rigid_20t"})
    assert sum(flows.total.values()) == pytest.approx(3, rel=1e-4)
    with pytest.raises(InputError, match="field heavy, rigid_20t"):
        daily(path, square, flows={"heavy": "heavy", "rigid_20t": "rigid_20t"})
    network = network_from_links(lines).network
    with pytest.raises(InputError, match="field hdv, rigid_26t"):
        flows_from_links(lines.assign(rigid_26t=1.0), network)
    lines.assign(rigid_26t=1.0).to_parquet(tmp_path / "links.parquet")
    with pytest.raises(InputError, match="field hdv, rigid_26t"):
        read_flows_and_network(tmp_path / "links.parquet")


@pytest.fixture
def lines(roads):
    """Three links drawn in driving direction: there and back on a road, and one on from there."""

    def line(*places):
        return shapely.LineString([roads.to_lonlat(*place) for place in places])

    return gpd.GeoDataFrame(
        {"ldv": [100.0, 50.0, 200.0], "hdv": [10.0, 5.0, 20.0], "lkm": [0.5, 0.5, 0.3],
         "ffs": [60.0, 60.0, 90.0], "ps": [20.0, 60.0, 45.0], "tstreet": ["3", "5", "x"],
         "lanes": [2, 2, 3]},
        geometry=[line((0, 0), (500, 0)), line((500.8, 0.5), (0, 0.5)), line((500, 0), (500, 300))],
        crs=4326,
    )  # fmt: skip


def test_network_of_lines(lines):
    """End points within the tolerance are one junction; attributes come from the table."""
    network, edge, back = network_from_links(lines, defaults=None)
    assert len(network.nodes) == 3
    assert back.tolist() == [-1, -1, -1]
    edges = network.edges.iloc[edge]
    assert edges.index.tolist() == [(1, 2, 0), (2, 1, 0), (2, 3, 0)]
    assert edges["highway"].tolist() == ["secondary", "tertiary", "motorway"]
    assert edges["length_m"].tolist() == [500, 500, 300]
    assert edges["speed_free_kmh"].tolist() == [60, 60, 90]
    assert edges["speed_peak_kmh"].tolist() == [20, 60, 45]
    assert network.arrays.edge_to[edge].tolist() == [1, 0, 2]
    apart = network_from_links(lines, tolerance_m=0.1).network
    assert len(apart.nodes) == 5
    own = network_from_links(lines, highways={"x": "trunk"}).network
    assert own.edges["highway"].iloc[2] == "trunk"


def test_two_way_lines(lines):
    """Each line is a link in both directions, of the same length and way."""
    network, edge, back = network_from_links(lines, both_ways=True)
    assert len(network.edges) == 6
    u = network.arrays.edge_from
    assert u[back].tolist() == network.arrays.edge_to[edge].tolist()
    assert network.arrays.length_m[back].tolist() == [500, 500, 300]
    start = [line.coords[0] for line in network.edges.geometry.iloc[back]]
    assert start == [line.coords[-1] for line in network.edges.geometry.iloc[edge]]


def test_flows_on_their_own_lines(lines, tmp_path):
    """Vehicle-km in and out agree to 1e-9, one way or two."""
    lines.to_parquet(tmp_path / "links.parquet")
    lines.to_file(tmp_path / "links.geojson")
    km = 110 * 0.5 + 55 * 0.5 + 220 * 0.3
    for name in ("links.parquet", "links.geojson"):
        for both_ways in (False, True):
            flows, network = read_flows_and_network(
                tmp_path / name, period="day", counted_on="average", freight_share=ALL,
                both_ways=both_ways,
            )  # fmt: skip
            assert sum(flows.vehicle_km(network).values()) == pytest.approx(km, rel=1e-9)


def test_bad_lines(lines):
    """Negative flows, speeds of zero, points for lines."""
    network = network_from_links(lines).network
    with pytest.raises(InputError, match=r"row 2, field hdv: '-1\.0'"):
        flows_from_links(lines.assign(hdv=[1, -1.0, 1]), network)
    with pytest.raises(InputError) as caught:
        network_from_links(lines.assign(ffs=[60, 0, 60], lkm=[np.nan, 1, 1]))
    assert "row 2, field ffs" in str(caught.value)
    assert "row 1, field lkm" in str(caught.value)
    points = shapely.get_point(lines.geometry.array, 0)
    with pytest.raises(InputError, match="one line"):
        network_from_links(lines.set_geometry(points, crs=4326))
    with pytest.raises(InputError, match="coordinate reference system"):
        network_from_links(gpd.GeoDataFrame(lines.drop(columns="geometry"),
                                            geometry=lines.geometry.to_numpy()))  # fmt: skip


def test_conflation_by_hand(roads):
    """A line along two links, 4 m aside: each gets its flow; the way back gets nothing."""
    network = roads.make_network(
        {1: (0, 0), 2: (200, 0), 3: (600, 0), 4: (200, 300)},
        [(1, 2), (2, 1), (2, 3), (3, 2), (2, 4), (4, 2)],
    )
    line = shapely.LineString([roads.to_lonlat(0, -4), roads.to_lonlat(600, -4)])
    links = gpd.GeoDataFrame({"rigid_26t": [10.0]}, geometry=[line], crs=4326)
    found = conflate(links, network)
    there = [roads.edge_number(network, 1, 2), roads.edge_number(network, 2, 3)]
    assert found.edge.tolist() == there
    np.testing.assert_allclose(found.length_m, [200, 400], atol=0.5)
    np.testing.assert_allclose(found.matched_share, 1)
    flows = flows_from_links(links, network, period="day", counted_on="average")
    np.testing.assert_allclose(by_edge(flows, 6)[there], 10, rtol=2e-3)
    # the line is measured in the projection, links by their own length
    assert flows.vehicle_km(network)["rigid_26t"] == pytest.approx(6.0, rel=1e-3)
    both = flows_from_links(links, network, period="day", counted_on="average", both_ways=True)
    assert len(both.edges) == 4
    assert both.vehicle_km(network)["rigid_26t"] == pytest.approx(6.0, rel=1e-3)


def test_unmatched_kilometres_are_reported(roads, square):
    """Half of a line runs where no road is: matched plus unmatched is all there was."""
    line = shapely.LineString([roads.to_lonlat(500, 3), roads.to_lonlat(1500, 3)])
    links = gpd.GeoDataFrame({"rigid_26t": [10.0], "lkm": [1.0]}, geometry=[line], crs=4326)
    flows = flows_from_links(links, square, period="day", counted_on="average")
    report = flows.report["conflation"]["rigid_26t"]
    assert report["matched_km"] + report["unmatched_km"] == pytest.approx(10, rel=1e-12)
    assert report["matched_km"] == pytest.approx(5.2, abs=0.3)
    assert flows.vehicle_km(square)["rigid_26t"] == pytest.approx(report["matched_km"], rel=1e-9)
    far = links.set_geometry(links.geometry.translate(1.0, 1.0))
    with pytest.raises(InputError, match="run along the roads"):
        flows_from_links(far, square)


def test_crossing_streets_take_nothing(grid_network, roads):
    """A line over a grid, off by 3 m: streets that it crosses are not of its direction."""
    line = shapely.LineString([roads.to_lonlat(0, 103), roads.to_lonlat(500, 103)])
    links = gpd.GeoDataFrame({"rigid_26t": [1.0]}, geometry=[line], crs=4326)
    found = conflate(links, grid_network)
    wanted = [roads.edge_number(grid_network, 7 + i, 8 + i) for i in range(5)]
    assert found.edge.tolist() == wanted


@pytest.mark.shared
def test_sao_paulo_table(shared_data):
    """The real table: kilometres in are kilometres out, on its own lines and moved by geometry."""
    path = shared_data / "data/traffic/sao_paulo_west_link_flows_ldv_hdv.parquet"
    raw = gpd.read_parquet(path)
    flows, network = read_flows_and_network(path, freight_share=ALL)
    assert len(network.edges) == 1505
    counted = flows.report["counted_vehicle_km"]
    assert counted["light"] == pytest.approx(float((raw["ldv"] * raw["lkm"]).sum()), rel=1e-9)
    assert counted["heavy"] == pytest.approx(float((raw["hdv"] * raw["lkm"]).sum()), rel=1e-9)
    day = flows.report["daily_vehicle_km"]
    assert sum(flows.vehicle_km(network).values()) == pytest.approx(sum(day.values()), rel=1e-9)
    moved = read_flows(path, network, freight_share=ALL)
    assert moved.report["matched_length_share"] == pytest.approx(1, abs=1e-9)
    assert moved.vehicle_km(network) == pytest.approx(flows.vehicle_km(network), rel=1e-9)
    aside = raw.to_crs(network.crs_metric)
    aside = aside.set_geometry(aside.geometry.translate(4.0, 3.0))
    shifted = flows_from_links(aside, network, columns=LinkColumns(length_km="lkm"))
    assert shifted.report["matched_length_share"] > 0.99
