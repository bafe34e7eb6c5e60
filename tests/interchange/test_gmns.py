"""Roads as GMNS: valid by the published rules, read back as they were, read by GDAL."""

from __future__ import annotations

import csv
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest

from geofleet.errors import InputError
from geofleet.interchange import check_gmns, read_gmns, write_gmns
from geofleet.network import RoadNetwork, read_osm


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> RoadNetwork:
    """Read streets with everything that may be odd: names, oneways, lanes, signals, limits."""
    folder = tmp_path_factory.mktemp("osm")
    nodes = "".join(
        f'<node id="{i}" version="1" lat="{-29.9 + 0.001 * (i // 3):.4f}" '
        f'lon="{-71.25 + 0.001 * (i % 3):.4f}">'
        + ('<tag k="highway" v="traffic_signals"/>' if i == 4 else "")
        + "</node>"
        for i in range(9)
    )
    ways = [
        ((0, 1, 2), {"highway": "primary", "oneway": "yes", "lanes": "3", "maxspeed": "60",
                     "name": "Av. &lt;script&gt; &quot;x&quot;, 1"}),
        ((0, 3, 6), {"highway": "secondary", "lanes": "2", "name": "שלום 🚚"}),
        ((2, 5, 8), {"highway": "residential", "lanes": "3", "maxweight": "7.5", "toll": "yes"}),
        ((6, 7, 8), {"highway": "tertiary", "bridge": "yes", "surface": "asphalt"}),
        ((3, 4, 5), {"highway": "residential", "hgv": "no"}),
        ((1, 4, 7), {"highway": "residential"}),
    ]  # fmt: skip
    text = "".join(
        f'<way id="{number}" version="1">'
        + "".join(f'<nd ref="{node}"/>' for node in refs)
        + "".join(f'<tag k="{k}" v="{v}"/>' for k, v in tags.items())
        + "</way>"
        for number, (refs, tags) in enumerate(ways, start=1)
    )
    path = folder / "roads.osm"
    path.write_text(f'<osm version="0.6">{nodes}{text}</osm>', encoding="utf-8")
    return read_osm(path, country="CL")


@pytest.fixture(scope="module")
def folder(network: RoadNetwork, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("gmns") / "net"
    files = write_gmns(network, target, name="Prueba «1»")
    assert [path.name for path in files] == [
        "config.csv", "node.csv", "link.csv", "movement.csv", "turn_restriction.csv",
    ]  # fmt: skip
    return target


def test_it_is_valid_and_of_the_names_users_know(folder: Path) -> None:
    """Required fields are there, units are said, and no rule of the specification is broken."""
    assert check_gmns(folder) == []
    links = pd.read_csv(folder / "link.csv")
    assert {"link_id", "from_node_id", "to_node_id", "directed", "length", "facility_type",
            "free_speed", "lanes", "geometry"} <= set(links.columns)  # fmt: skip
    config = pd.read_csv(folder / "config.csv").iloc[0]
    assert (config["long_length"], config["speed"]) == ("km", "km/h")
    by_class = links.groupby("facility_type")["lanes"].first()
    assert by_class["primary"] == 3, "a oneway street keeps its lanes"
    assert by_class["secondary"] == 1, "of two lanes both ways, one is in each direction"
    assert np.isnan(by_class["residential"]), "three lanes both ways: nobody knows whose is third"


def test_it_is_read_back_as_it_was(network: RoadNetwork, folder: Path) -> None:
    """Every column, node and line; coordinates to the centimetre."""
    back = read_gmns(folder)
    pd.testing.assert_index_equal(back.nodes.index, network.nodes.index)
    columns = [name for name in network.edges.columns if name != "geometry"]
    left, right = (pd.DataFrame(n.edges[columns]) for n in (back, network))
    pd.testing.assert_frame_equal(left, right, check_dtype=False, rtol=1e-9)
    far = back.edges_metric.distance(network.edges_metric.set_axis(back.edges.index))
    assert float(far.max()) < 0.02
    assert back.nodes["highway"].tolist() == network.nodes["highway"].tolist()
    assert back.crs_metric.to_epsg() == network.crs_metric.to_epsg()
    assert (back.arrays.twin == network.arrays.twin).all()


def test_gdal_reads_the_geometry(network: RoadNetwork, folder: Path) -> None:
    """GDAL's own CSV reader finds the WKT and the same lengths."""
    frame = pyogrio.read_dataframe(folder / "link.csv", GEOM_POSSIBLE_NAMES="geometry")
    assert isinstance(frame, gpd.GeoDataFrame)
    assert len(frame) == len(network.edges)
    metric = frame.set_crs(4326).to_crs(network.crs_metric).length.to_numpy()
    np.testing.assert_allclose(metric, network.edges["length_m"].to_numpy(), rtol=5e-3)


def foreign(folder: Path, **tables: list[list[object]]) -> Path:
    folder.mkdir(exist_ok=True)
    for name, rows in tables.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows(rows)
    return folder


CONFIG = [["long_length", "short_length", "speed", "crs"], ["mi", "ft", "mph", "EPSG:4326"]]
NODES = [["node_id", "x_coord", "y_coord", "ctrl_type"], ["a", -71.25, -29.9, "signal"],
         ["b", -71.24, -29.9, ""], ["c", -71.24, -29.89, ""]]  # fmt: skip
LINKS = [["link_id", "from_node_id", "to_node_id", "directed", "length", "facility_type",
          "free_speed", "grade", "geometry_id", "dir_flag"],
         ["1", "a", "b", "0", "0.6", "arterial", "30", "2", "", ""],
         ["2", "b", "c", "true", "", "local", "20", "", "g", "-1"]]  # fmt: skip
GEOMETRY = [["geometry_id", "geometry"],
            ["g", "LINESTRING (-71.24 -29.89, -71.2395 -29.895, -71.24 -29.9)"]]  # fmt: skip


def test_networks_of_others(tmp_path: Path) -> None:
    """Miles, names for ids, undirected links, shapes in a table of their own and backwards."""
    folder = foreign(tmp_path, config=CONFIG, node=NODES, link=LINKS, geometry=GEOMETRY)
    assert check_gmns(folder) == []
    network = read_gmns(folder)
    assert network.edges.index.tolist() == [(1, 2, 0), (2, 1, 0), (2, 3, 0)]
    assert network.edges["length_m"].tolist()[:2] == pytest.approx([965.6064] * 2)
    assert network.edges["speed_free_kmh"].tolist() == pytest.approx([48.28032] * 2 + [32.18688])
    assert network.edges["grade"].tolist() == pytest.approx([0.02, -0.02, 0.0])
    line = network.edges.geometry.iloc[2]
    assert line.coords[0] == (-71.24, -29.9), "from b to c, as the link runs"
    assert network.edges["length_m"].iloc[2] > 1100, "measured along its shape"
    assert network.nodes["highway"].tolist() == ["traffic_signals", None, None]


@pytest.mark.parametrize(
    ("table", "row", "column", "value", "field"),
    [
        ("link", 1, 1, "zz", "from_node_id"), ("link", 1, 3, "maybe", "directed"),
        ("link", 2, 0, "1", "link_id"), ("link", 1, 4, "-3", "length"),
        ("link", 1, 6, "300", "free_speed"), ("link", 2, 8, "h", "geometry_id"),
        ("link", 1, 9, "2", "dir_flag"), ("node", 1, 1, "", "x_coord"),
        ("node", 2, 0, "a", "node_id"), ("node", 1, 3, "lights", "ctrl_type"),
    ],
)  # fmt: skip
def test_broken_rules_are_named(
    tmp_path: Path, table: str, row: int, column: int, value: str, field: str
) -> None:
    """Each rule of the specification, broken one at a time."""
    tables = {"config": CONFIG, "node": NODES, "link": LINKS, "geometry": GEOMETRY}
    copied = {name: [list(line) for line in lines] for name, lines in tables.items()}
    copied[table][row][column] = value
    folder = foreign(tmp_path, **copied)
    assert field in {problem.field for problem in check_gmns(folder)}
    with pytest.raises(InputError):
        read_gmns(folder)


def test_units_are_not_guessed(tmp_path: Path) -> None:
    """Without a configuration nobody knows what a length of 1 is; links need a speed."""
    folder = foreign(tmp_path / "a", node=NODES, link=LINKS, geometry=GEOMETRY)
    with pytest.raises(InputError, match="a unit, one of"):
        read_gmns(folder)
    lines = [list(line) for line in LINKS]
    lines[1][6] = ""
    folder = foreign(tmp_path / "b", config=CONFIG, node=NODES, link=lines, geometry=GEOMETRY)
    with pytest.raises(InputError, match="a speed above 0"):
        read_gmns(folder)


def test_another_folder_is_not_replaced(network: RoadNetwork, tmp_path: Path) -> None:
    """A folder that holds anything else is left alone."""
    (tmp_path / "thesis.docx").write_text("years of work")
    with pytest.raises(InputError, match="holds only"):
        write_gmns(network, tmp_path, name="x")
    assert (tmp_path / "thesis.docx").read_text() == "years of work"
