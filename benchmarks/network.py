"""Time and memory of reading OpenStreetMap files, beside OSMnx on the same data in one run.

Each reader works in a process of its own, so that peak memory is its own. geofleet reads the
``.osm.pbf``; OSMnx reads the same objects as ``.osm`` XML, the only form it takes, written
beforehand and not timed. Their node counts differ: geofleet also keeps the nodes where limits,
lanes or access change, and leaves out what lies behind closed roads. Ways of other kinds
(buildings, land use) are left out of the XML, in
OSMnx's favour: it would otherwise read them all.

    python benchmarks/network.py DATA_FOLDER [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

FILES = {"honolulu_us": "US", "reykjavik_is": "IS"}
DRIVABLE = (
    "motorway",
    "motorway_link",
    "trunk",
    "trunk_link",
    "primary",
    "primary_link",
    "secondary",
    "secondary_link",
    "tertiary",
    "tertiary_link",
    "unclassified",
    "residential",
    "living_street",
    "service",
    "road",
)


def write_roads_xml(source: Path, target: Path) -> None:
    """Write the drivable ways and their nodes as XML."""
    import osmium

    road = osmium.filter.TagFilter(*(("highway", name) for name in DRIVABLE))
    road.enable_for(osmium.osm.WAY)
    with osmium.BackReferenceWriter(str(target), ref_src=str(source), overwrite=True) as writer:
        for item in osmium.FileProcessor(str(source), osmium.osm.WAY).with_filter(road):
            writer.add(item)


def run_geofleet(path: str, country: str) -> tuple[int, int]:
    """Read with geofleet."""
    from geofleet.network import read_osm

    network = read_osm(path, country=country)
    return len(network.nodes), len(network.edges)


def run_osmnx(path: str, _country: str) -> tuple[int, int]:
    """Read with OSMnx, simplified, largest strongly connected part."""
    import osmnx as ox

    graph = ox.graph_from_xml(path, bidirectional=False, simplify=True, retain_all=True)
    graph = ox.truncate.largest_component(graph, strongly=True)
    return len(graph.nodes), len(graph.edges)


READERS = {"geofleet": run_geofleet, "osmnx": run_osmnx}


def measure(reader: str, path: Path, country: str) -> dict[str, float]:
    """Run one reader in its own process."""
    command = [sys.executable, __file__, "--one", reader, str(path), country]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def peak_mb() -> float:
    """Peak resident memory of this process.

    Linux carries ``ru_maxrss`` over from the parent, so its own record is asked first.
    """
    status = Path("/proc/self/status")
    if status.is_file():
        lines = status.read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024
    scale = 1024**2 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / scale


def one(reader: str, path: str, country: str) -> None:
    """Time one reader in this process and print the result."""
    imported = resource.getrusage(resource.RUSAGE_SELF)
    if reader == "geofleet":
        import geofleet.network.osm.build  # noqa: F401
    else:
        import osmnx  # noqa: F401
    before_mb = peak_mb()
    before = resource.getrusage(resource.RUSAGE_SELF)
    start = time.perf_counter()
    nodes, edges = READERS[reader](path, country)
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(
        json.dumps(
            {
                "wall_s": wall,
                "cpu_s": cpu,
                "import_cpu_s": before.ru_utime
                + before.ru_stime
                - imported.ru_utime
                - imported.ru_stime,
                "peak_mb": peak_mb(),
                "after_import_mb": before_mb,
                "nodes": nodes,
                "edges": edges,
            }
        )
    )


def main() -> None:
    """Measure all files and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="folder with honolulu_us.osm.pbf and others")
    parser.add_argument("--json", type=Path, help="write the numbers here too")
    arguments = parser.parse_args()
    results: dict[str, dict[str, dict[str, float]]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        for name, country in FILES.items():
            source = arguments.folder / f"{name}.osm.pbf"
            xml = Path(scratch) / f"{name}.osm"
            write_roads_xml(source, xml)
            results[name] = {
                "geofleet": measure("geofleet", source, country),
                "osmnx": measure("osmnx", xml, country),
            }
    print(
        f"{'file':14}{'reader':10}{'wall s':>8}{'CPU s':>8}{'peak MB':>9}{'nodes':>8}{'edges':>8}"
    )
    for name, rows in results.items():
        for reader, row in rows.items():
            print(
                f"{name:14}{reader:10}{row['wall_s']:8.2f}{row['cpu_s']:8.2f}"
                f"{row['peak_mb']:9.0f}{row['nodes']:8.0f}{row['edges']:8.0f}"
            )
        ours, theirs = rows["geofleet"], rows["osmnx"]
        print(
            f"{name:14}{'ratio':10}"
            + "".join(f"{theirs[k] / ours[k]:{w}.1f}" for k, w in (("wall_s", 8), ("cpu_s", 8)))
            + f"{theirs['peak_mb'] / ours['peak_mb']:9.1f}   (OSMnx / geofleet)"
        )
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) > 4 and sys.argv[1] == "--one":
        one(*sys.argv[2:5])
    else:
        main()
