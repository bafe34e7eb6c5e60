"""A whole city's flows and a day's traversals, beside the same formulas in vectorised NumPy.

    python benchmarks/emissions.py [--json] [--links 80000] [--classes 40]

Flows: every link × hour × class with slopes, half load and a mixture of European and US standards;
all twenty quantities are computed. The NumPy twin does the eight pollutants NOx, NO2, PM2.5, BC,
OC, CO, VOC and CO2 on a part of the links (its arrays of all would not fit), checked to 1e-9
against the kernel before anything is timed, and its time is scaled to all links.

Fleet: the public ``flow_emissions`` from flows to a table, on as many links with all sixteen
vehicle classes of the Mexican fleet by age (some 150 engines), preparation and table included.

Traversals: the share of the machine's memory bandwidth that the kernel reaches, where each
traversal must at least be read (46 bytes) and written (20 numbers and a flag: 162 bytes); the
bandwidth is measured in the same run by copying an array with the same number of threads.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import resource
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numba
import numpy as np
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.emissions import _kernels as k
from geofleet.emissions.engines.gases import situation_limits
from geofleet.emissions.engines.mixtures import Setting, VehicleKind
from geofleet.emissions.engines.resolve import make_engines
from geofleet.emissions.engines.wear import wear_arrays
from geofleet.emissions.flows import FlowWork, flow_emissions, flow_grams
from geofleet.emissions.hot.factors import LOADS, SLOPES
from geofleet.emissions.prepare import Prepared, evaluate
from geofleet.fleet import mexican_fleet, vehicle_class_names
from geofleet.traffic import LinkFlows

STANDARDS = ("euro_2", "euro_3", "euro_4", "euro_5", "euro_6", "epa_1998", "epa_2004", "epa_2007",
             "epa_2010")  # fmt: skip
EIGHT = (k.OUT_NOX, k.OUT_NO2, k.OUT_PM25, k.OUT_BC, k.OUT_OC, k.OUT_CO, k.OUT_VOC, k.OUT_CO2)
BYTES_PER_TRAVERSAL = 4 + 4 + 1 + 8 + 4 + 4 + 4 + 4 + 4 + 8 + 1 + 20 * 8 + 2
TWIN_LINKS = 400


def best_of(task: Callable[[], Any], repeats: int = 3) -> float:
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        task()
        times.append(time.perf_counter() - start)
    return min(times)


def city(links: int, classes: int) -> FlowWork:
    draw = np.random.default_rng(20240514)
    defaults = Defaults()
    rows = CheckedRows(defaults)
    trucks = [name for name in vehicle_class_names() if not name.endswith("van")]
    kinds = [
        VehicleKind(trucks[i % len(trucks)], "diesel", STANDARDS[i % len(STANDARDS)], 2012)
        for i in range(classes)
    ]
    engines = make_engines(kinds, setting=Setting("MX", 2024), defaults=defaults)
    flows = SimpleNamespace(
        edges=np.arange(links, dtype=np.int32),
        classes=tuple(range(classes)),
        vehicles=draw.random((links, classes, 24), dtype=np.float32),
    )
    return FlowWork(
        flows=flows,
        length_m=draw.uniform(20, 400, links),
        grade=draw.uniform(-0.06, 0.06, links),
        queue_s=np.where(draw.random(links) < 0.1, 12.0, 0.0),
        speed_kmh=draw.uniform(8, 90, (links, 24)).astype(np.float32),
        zone=np.zeros(links, np.int32),
        engines=engines,
        first=engines.first,
        number=engines.number,
        weight=engines.weight,
        cap_kmh=np.full(classes, 90.0),
        load=np.full(classes, 0.5),
        wear=engines.wear,
        flag_share={},
        speed_wear=wear_arrays(rows),
        limits_kmh=situation_limits(rows),
        cold=np.ones_like(engines.cold),
        kinds=tuple(kinds),
        year=2024,
        kind_first=np.arange(classes + 1),
        kind_number=np.arange(classes),
        kind_share=np.ones(classes),
    )


def part(work: FlowWork, links: int, *, queues: bool = True) -> FlowWork:
    flows = SimpleNamespace(
        edges=work.flows.edges[:links], classes=work.flows.classes,
        vehicles=np.ascontiguousarray(work.flows.vehicles[:links]),
    )  # fmt: skip
    return dataclasses.replace(
        work,
        flows=flows,
        length_m=work.length_m[:links],
        grade=work.grade[:links],
        queue_s=work.queue_s[:links] * queues,
        speed_kmh=work.speed_kmh[:links],
        zone=work.zone[:links],
    )


def functions_at(c: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Evaluate functions (links, 1, coefficients) at speeds (links, 24), guards included."""
    x = np.clip(v, c[..., k.SPEED_MIN], c[..., k.SPEED_MAX])
    top = (c[..., k.ALPHA] * x + c[..., k.BETA]) * x + c[..., k.GAMMA] + c[..., k.DELTA] / x
    bottom = (c[..., k.EPSILON] * x + c[..., k.ZITA]) * x + c[..., k.HTA]
    line = c[..., k.GUARD_VALUE] + c[..., k.GUARD_SLOPE] * (x - c[..., k.GUARD_FROM])
    inside = (x >= c[..., k.GUARD_FROM]) & (x <= c[..., k.GUARD_TO])
    return np.where(inside, line, top / bottom * c[..., k.SCALE])


def twin(work: FlowWork) -> np.ndarray:
    """Return eight pollutants (links, 8, 24) with whole-array NumPy."""
    engines, flows = work.engines, work.flows
    slopes, km = np.array(SLOPES), work.length_m[:, None] / 1000.0
    out = np.zeros((len(flows.edges), len(EIGHT), 24))
    for c in range(len(flows.classes)):
        v = np.minimum(work.speed_kmh.astype(np.float64), work.cap_kmh[c])
        for entry in range(work.first[c], work.first[c + 1]):
            e, share = work.number[entry], work.weight[entry]
            low = np.clip(np.searchsorted(slopes, work.grade) - 1, 0, len(slopes) - 2)
            up = ((work.grade - slopes[low]) / (slopes[low + 1] - slopes[low]))[:, None]
            half = LOADS.index(work.load[c])

            def values(f: int, low: Any = low, up: Any = up, v: Any = v, p: int = half) -> Any:
                grid = engines.functions[f, :, p]
                return (1 - up) * functions_at(grid[low][:, None], v) + up * functions_at(
                    grid[low + 1][:, None], v
                )

            energy = values(engines.shape[e, k.ENERGY])
            bases = []
            for q in range(k.ENERGY):
                value = values(engines.shape[e, q])
                if engines.reference[e, q] >= 0:
                    low_ratio, high_ratio = engines.coefficients[e, k.RATIO_LOW : k.RATIO_HIGH + 1]
                    burnt = values(engines.reference[e, q])
                    value = value * np.clip(energy / burnt, low_ratio, high_ratio)
                bases.append(value * engines.coefficients[e, q])
            n = flows.vehicles[:, c].astype(np.float64) * km * share
            nox, pm25, co, voc = (n * base for base in bases)
            a = engines.coefficients[e]
            co2 = n * energy * a[k.ENERGY] * a[k.FUEL_G_MJ] * a[k.CO2_G_G]
            parts = (nox, nox * a[k.NO2_SHARE], pm25, pm25 * a[k.BC_SHARE], pm25 * a[k.OC_SHARE],
                     co, voc, co2)  # fmt: skip
            for place, value in enumerate(parts):
                out[:, place] += value
    return out


def flows_report(links: int, classes: int) -> dict[str, float]:
    work = city(links, classes)
    sample = part(work, TWIN_LINKS, queues=False)
    start = time.perf_counter()
    mine = flow_grams(sample)[0][:, list(EIGHT)]
    compiling = time.perf_counter() - start
    np.testing.assert_allclose(mine, twin(sample), rtol=1e-9)
    numpy_s = best_of(lambda: twin(sample)) * links / TWIN_LINKS
    kernel_s = best_of(lambda: flow_grams(work))
    return {
        "links": links,
        "classes": classes,
        "threads": numba.get_num_threads(),
        "first_call_s": compiling,
        "kernel_s": kernel_s,
        "numpy_s_scaled": numpy_s,
        "numpy_over_kernel": numpy_s / kernel_s,
        "class_link_hours_per_s": links * classes * 24 / kernel_s,
        "peak_memory_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
    }


def fleet_report(links: int) -> dict[str, float]:
    draw = np.random.default_rng(7)
    fleet = mexican_fleet(year=2022)
    vehicles = draw.random((links, len(fleet.classes), 24), dtype=np.float32)
    flows = LinkFlows(np.arange(links, dtype=np.int32), fleet.classes, vehicles)
    arrays = SimpleNamespace(
        edge_count=links, length_m=draw.uniform(20, 400, links),
        grade=draw.uniform(-0.06, 0.06, links),
    )  # fmt: skip
    network: Any = SimpleNamespace(arrays=arrays, edges=pd.DataFrame(index=range(links)))
    speed = draw.uniform(8, 90, (links, 24)).astype(np.float32)

    def run() -> None:
        flow_emissions(flows, network, fleet, speed_kmh=speed, country="MX", year=2022)

    run()
    return {"links": links, "classes": len(fleet.classes), "seconds": best_of(run, 2)}


def traversals_report(count: int = 2_000_000) -> dict[str, float]:
    draw = np.random.default_rng(1)
    defaults = Defaults()
    rows = CheckedRows(defaults)
    days, edges = count // 1000, 50_000
    trucks = [name for name in vehicle_class_names() if not name.endswith("van")]
    kinds = [VehicleKind(trucks[i % len(trucks)], "diesel", STANDARDS[i % len(STANDARDS)], 2012)
             for i in range(60)]  # fmt: skip
    frame = pd.DataFrame(
        {
            "vehicle_day": np.repeat(np.arange(days, dtype=np.int32), count // days),
            "edge": draw.integers(0, edges, count, dtype=np.int32),
            "length_m": draw.uniform(5, 400, count),
            "speed_kmh": draw.uniform(8, 90, count).astype(np.float32),
            "payload_kg": draw.uniform(0, 8000, count).astype(np.float32),
        }
    )
    work = Prepared(
        frame=frame,
        hour=draw.integers(0, 24, count).astype(np.int8),
        cold_share=np.zeros(count, np.float32),
        idle_s=np.zeros(count, np.float32),
        queue_s=np.zeros(count, np.float32),
        grade=draw.uniform(-0.06, 0.06, edges),
        engines=make_engines(kinds, setting=Setting("MX", 2024), defaults=defaults),
        day_kind=draw.integers(0, len(kinds), days),
        capacity_kg=np.full(days, 8000.0),
        wear=wear_arrays(rows),
        limits_kmh=situation_limits(rows),
    )
    evaluate(work)
    seconds = best_of(lambda: evaluate(work))
    block = np.ones(64 * 2**20 // 8)
    copy = np.empty_like(block)
    bandwidth = numba.get_num_threads() * 2 * block.nbytes / best_of(lambda: np.copyto(copy, block))
    moved = count * BYTES_PER_TRAVERSAL
    return {
        "traversals": count,
        "seconds": seconds,
        "traversals_per_s": count / seconds,
        "bytes_per_traversal": BYTES_PER_TRAVERSAL,
        "bandwidth_gb_s": bandwidth / 1e9,
        "share_of_bandwidth": moved / seconds / bandwidth,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--links", type=int, default=80_000)
    parser.add_argument("--classes", type=int, default=40)
    arguments = parser.parse_args()
    report = {
        "flows": flows_report(arguments.links, arguments.classes),
        "fleet": fleet_report(arguments.links),
        "traversals": traversals_report(),
    }
    if arguments.json:
        print(json.dumps(report, indent=2))
        return
    for name, numbers in report.items():
        print(name)
        for label, value in numbers.items():
            print(f"  {label:24} {value:,.4g}")


if __name__ == "__main__":
    main()
