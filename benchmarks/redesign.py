"""Energy-optimal against fastest paths, and stops in another order, in figures.

python benchmarks/redesign.py [study folder] [roads.osm.pbf elevation.tif country]
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np

from geofleet.defaults import Defaults
from geofleet.energy.paths import (
    EnergyRoads,
    PathBlend,
    blended_paths,
    energy_optimal_paths,
    leg_table,
    path_frontier,
    without_gains,
)
from geofleet.network import RoutingGraph, connected_access, read_osm, with_grades

PAIRS, SEED = 200, 1
FASTEST = PathBlend(energy_per_kwh=0.0, time_per_h=1.0)


def steady_energy_wh(graph, height_m, mass_kg):
    """Energy of a van at steady speed: rolling, drag, height, auxiliaries; 85 % each way."""
    arrays = graph.arrays
    speed = np.minimum(graph.speed_ms, graph.cap_ms)
    rise = height_m[arrays.edge_to] - height_m[arrays.edge_from]
    rise = np.where(np.isfinite(rise), rise, 0.0)
    work = arrays.length_m * (0.01 * mass_kg * 9.81 + 0.5 * 1.2 * 2.5 * speed**2)
    work += mass_kg * 9.81 * rise
    joules = np.where(work > 0.0, work / 0.85, work * 0.85)
    with np.errstate(divide="ignore", invalid="ignore"):
        joules = joules + 500.0 * np.where(speed > 0.0, arrays.length_m / speed, 0.0)
    return np.where(graph.access != 0, joules / 3600.0, 0.0)


def paths(pbf: Path, dem: Path, country: str) -> None:
    """Compare energy-optimal with fastest paths between random junctions of a hilly city."""
    network = with_grades(read_osm(pbf, country=country), dem)
    access = connected_access(network, np.ones(len(network.edges), np.int8))
    graph = RoutingGraph.build(network, allowed=access)
    height = network.nodes["elevation_m"].to_numpy(float)
    mended = without_gains(graph, steady_energy_wh(graph, height, 4000.0))
    roads = EnergyRoads(graph, mended.energy_wh, height_m=height)
    print(f"{mended.loops} round trips that gained were mended, {mended.raised_wh.sum():.0f} Wh "
          f"on {int((mended.raised_wh > 0).sum())} links")  # fmt: skip
    used = np.unique(graph.arrays.edge_from[access != 0])
    rng = np.random.default_rng(SEED)
    a, b = rng.choice(used, PAIRS).tolist(), rng.choice(used, PAIRS).tolist()
    energy_optimal_paths(roads, a[:1], b[:1])
    begin = time.process_time()
    thrifty = energy_optimal_paths(roads, a, b)
    spent = time.process_time() - begin
    fast = blended_paths(roads, a, b, blend=FASTEST)
    both = [(x, y) for x, y in zip(thrifty, fast, strict=True) if x and y and y.length_m > 0]
    saved = np.array([1 - x.energy_wh / y.energy_wh for x, y in both if y.energy_wh > 0])
    kwh = np.array([[x.energy_wh, y.energy_wh] for x, y in both]).sum(axis=0) / 1000.0
    minutes = np.array([(x.time_s - y.time_s) / 60.0 for x, y in both])
    share = np.array([x.time_s / y.time_s - 1 for x, y in both])
    negative = float((roads.edge_energy_wh[0][access != 0] < 0).mean())
    print(f"{len(network.edges):,} links, {100 * negative:.0f} % of them give energy back")
    print(f"{len(both)} pairs: {kwh[1]:.1f} kWh fastest, {kwh[0]:.1f} kWh thriftiest")
    less = 1 - kwh[0] / kwh[1]
    print(f"energy saved: {100 * less:.1f} %, median {100 * np.median(saved):.1f} %")
    print(f"minutes lost: mean {minutes.mean():.1f}, median {np.median(minutes):.1f} "
          f"({100 * np.median(share):.0f} %)")  # fmt: skip
    print(f"{1000 * spent / PAIRS:.1f} CPU ms a path, {graph.state_count:,} states")
    spots = used[rng.permutation(len(used))[:200]].tolist()
    leg_table(roads, spots[:2], spots[:2], blend=FASTEST)
    begin = time.process_time()
    leg_table(roads, spots, spots, blend=FASTEST)
    print(f"table of 200 x 200: {time.process_time() - begin:.2f} CPU s")
    begin = time.process_time()
    longest = int(np.argmax([path.time_s if path else 0.0 for path in thrifty]))
    ends = a[longest], b[longest]
    whole = path_frontier(roads, *ends)
    corners = path_frontier(roads, *ends, corners_only=True)
    print(f"frontier of one pair: {len(whole.table)} paths, {len(corners.table)} corners, "
          f"{time.process_time() - begin:.2f} CPU s")  # fmt: skip


def bundled(folder: Path) -> None:
    """Compare the stops of the bundled study in their given order with a better one."""
    import yaml

    from geofleet.config import StudyConfig
    from geofleet.redesign import VehicleType, link_time_s, resequence
    from geofleet.routes.itinerary import road_groups
    from geofleet.study import read_inputs

    config = StudyConfig.model_validate(yaml.safe_load((folder / "study.yaml").read_text()))
    inputs = read_inputs(folder, config, defaults=Defaults())
    network, fleet = inputs.network, inputs.fleet
    names = inputs.stops["vehicle_id"].unique().tolist()
    roads, types = {}, {}
    for group in road_groups(network, fleet, names, Defaults().scope()):
        graph = group.graph(network, None, Defaults())
        for name in group.vehicles:
            roads[name] = (graph, link_time_s(network, graph))
            row = fleet.vehicles.loc[name]
            mine = inputs.stops[inputs.stops["vehicle_id"] == name]
            first = mine.loc[mine["seq"] == 0, "window_start"].iloc[0]
            types[name] = VehicleType(
                name, 1, float(row["payload_capacity_kg"]), "depot",
                shift_start_s=float(first), shift_end_s=30 * 3600.0,
                per_h=Defaults().number("pricing", f"{row['vehicle_class']}.per_hour"), per_km=4.0,
            )  # fmt: skip
    begin = time.process_time()
    done = resequence(inputs.stops, network, types, roads, seed=SEED, iterations=500)
    print(done.totals().to_string())
    print(done.days["status"].value_counts().to_string())
    print(f"{len(done.days)} days, {time.process_time() - begin:.1f} CPU s")


if __name__ == "__main__":
    study = Path(sys.argv[1]) if len(sys.argv) > 1 else Path("data/coquimbo")
    bundled(study)
    if len(sys.argv) > 3:
        paths(Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4])
