"""Emissions of link flows: the same as those of as many vehicles driven one by one."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numba
import numpy as np
import pandas as pd
import pytest

from geofleet.defaults import Defaults
from geofleet.emissions import QUANTITIES, flow_emissions, link_emissions, traversal_emissions
from geofleet.emissions import _kernels as kernels
from geofleet.errors import InputError
from geofleet.fleet import FleetComposition, mexican_fleet, read_composition
from geofleet.traffic import LinkFlows

Table = Callable[..., Any]
HEADER = "zone,vehicle_class,fuel,standard,model_year,aftertreatment,share\n"


def _composition(tmp_path: Path, text: str) -> FleetComposition:
    file = tmp_path / "composition.csv"
    file.write_text(HEADER + text, encoding="utf-8")
    return read_composition(file, year=2024)


def _network(length_m: list[float], grade: list[float], **columns: Any) -> Any:
    arrays = SimpleNamespace(
        edge_count=len(length_m), length_m=np.array(length_m), grade=np.array(grade)
    )
    return SimpleNamespace(arrays=arrays, edges=pd.DataFrame(columns, index=range(len(length_m))))


def _flows(classes: tuple[str, ...], vehicles: np.ndarray) -> LinkFlows:
    edges = np.arange(len(vehicles), dtype=np.int32)
    return LinkFlows(edges, classes, np.ascontiguousarray(vehicles, dtype=np.float32))


def test_equals_as_many_vehicles_one_by_one(table: Table, tmp_path: Path) -> None:
    """Two classes, three engines, slopes, a slow hour: flows against a traversal per vehicle."""
    composition = _composition(
        tmp_path,
        ",rigid_20t,diesel,epa_2004,2012,,0.75\n,rigid_20t,diesel,euro_6,2022,scr_disabled,0.25\n"
        ",articulated_40t,diesel,unknown,2003,,1\n",
    )
    classes = ("rigid_20t", "articulated_40t")
    lengths, grades = [800.0, 150.0, 40.0], [0.013, -0.05, 0.2]
    speeds = {8: 31.0, 17: 4.0}
    vehicles = np.zeros((3, 2, 24))
    vehicles[:, 0, 8], vehicles[:, 1, 17], vehicles[1, 1, 8] = 8, 4, 12
    rows = []
    kinds = {"rigid_20t": [{"standard": "epa_2004", "model_year": 2012}] * 3 + [
        {"standard": "euro_6", "model_year": 2022, "aftertreatment": "scr_disabled"}],
        "articulated_40t": [{"standard": "unknown", "model_year": 2003}] * 4}  # fmt: skip
    for edge, column, hour in np.argwhere(vehicles > 0):
        name = classes[column]
        for _ in range(int(vehicles[edge, column, hour]) // 4):
            for kind in kinds[name]:
                rows.append({
                    "vehicle_class": name, "edge": edge, "length_m": lengths[edge],
                    "grade": grades[edge], "speed_kmh": speeds[hour],
                    "enter_s": hour * 3600.0 + 60, **kind,
                })  # fmt: skip
    traversals, network, fleet = table(rows)
    network.arrays.grade = np.array(grades)
    driven = traversal_emissions(
        traversals, network, fleet, country="MX", processes=("hot", "wear")
    )
    want = link_emissions(traversals, driven).frame
    speed = np.full((3, 24), 50.0, dtype=np.float32)
    for hour, value in speeds.items():
        speed[:, hour] = value
    got = flow_emissions(
        _flows(classes, vehicles), _network(lengths, grades), composition,
        speed_kmh=speed, country="MX", year=2024,
    )  # fmt: skip
    pd.testing.assert_frame_equal(
        got.frame[["edge", "hour", *QUANTITIES]], want[["edge", "hour", *QUANTITIES]],
        rtol=1e-9, check_dtype=False,
    )  # fmt: skip
    np.testing.assert_array_equal(got.frame["vehicles"], want["vehicles"])
    for name in ("speed_below_range", "grade_clamped"):
        assert got.flags[name] == driven.flags[name]


def test_a_truck_is_no_faster_than_its_class(tmp_path: Path) -> None:
    """Free traffic at 120 km/h: trucks drive their own top speed."""
    composition = _composition(tmp_path, ",rigid_20t,diesel,euro_3,2005,,1\n")
    flows = _flows(("rigid_20t",), np.ones((1, 1, 24)))
    network = _network([1000.0], [0.0])
    fast, own = (
        flow_emissions(flows, network, composition, speed_kmh=np.full((1, 24), v, np.float32))
        for v in (120.0, Defaults().number("vehicle_classes", "rigid_20t.max_speed_kmh"))
    )
    pd.testing.assert_frame_equal(fast.frame, own.frame)


def test_fleet_of_a_zone(tmp_path: Path) -> None:
    """Clean trucks in one zone, old ones everywhere else; links outside follow the rest."""
    composition = _composition(
        tmp_path, ",rigid_20t,diesel,pre_euro,1990,,1\nCentre,rigid_20t,diesel,euro_6,2022,,1\n"
    )
    flows = _flows(("rigid_20t",), np.ones((3, 1, 24)))
    result = flow_emissions(
        flows, _network([100.0] * 3, [0.0] * 3), composition,
        speed_kmh=np.full((3, 24), 30.0, np.float32), zone_of_edge=["Centre", "", "Harbour"],
    )  # fmt: skip
    soot = result.by_link()["bc_exhaust_g"]
    assert soot[0] < 0.01 * soot[1]
    assert soot[1] == soot[2]


def test_sum_of_flows_is_sum_of_emissions(tmp_path: Path) -> None:
    """Emissions are linear in flows, and known and unknown vehicles add up."""
    composition = mexican_fleet(year=2022)
    draw = np.random.default_rng(7)
    classes = ("cargo_van", "rigid_7_5t", "articulated_40t")
    one, two = (_flows(classes, draw.random((40, 3, 24))) for _ in range(2))
    network = _network([120.0] * 40, list(draw.uniform(-0.08, 0.08, 40)))
    options: dict[str, Any] = {
        "speed_kmh": draw.uniform(5, 90, (40, 24)).astype(np.float32), "country": "MX",
        "temperature_c": [14.0] * 24,
    }  # fmt: skip
    parts = [flow_emissions(f, network, composition, **options) for f in (one, two)]
    both = flow_emissions(one.plus(two), network, composition, **options)
    pd.testing.assert_frame_equal(
        parts[0].plus(parts[1]).frame, both.frame, rtol=1e-5, check_dtype=False
    )


def test_a_mexican_fleet_makes_the_soot_that_was_measured() -> None:
    """Each truck class by age lies inside the measured 0.41–2.48 g/kg (Zavala et al. 2017)."""
    network = _network([1000.0], [0.0])
    for year, speed in product((2016, 2022), (15.0, 30.0, 60.0)):
        fleet = mexican_fleet(year=year)
        for truck in (name for name in fleet.classes if not name.endswith("van")):
            flows = _flows((truck,), np.ones((1, 1, 24)))
            total = flow_emissions(
                flows, network, fleet, speed_kmh=np.full((1, 24), speed, np.float32),
                country="MX", year=year,
            ).total()  # fmt: skip
            assert 0.41 < 1000 * total["bc_exhaust_g"] / total["fuel_g"] < 2.48


def test_a_queue_counts_for_flows_too(tmp_path: Path) -> None:
    """A short link before a signal, in a slow hour, idles; without the signal it does not."""
    composition = _composition(tmp_path, ",rigid_20t,diesel,euro_3,2005,,1\n")
    flows = _flows(("rigid_20t",), np.ones((1, 1, 24)))
    speed = np.full((1, 24), 2.0, np.float32)
    plain = _network([10.0], [0.0])
    lit = _network([10.0], [0.0], signals=[1.0], highway=["primary"])
    quiet, queue = (
        flow_emissions(flows, network, composition, speed_kmh=speed).total()["fuel_g"]
        for network in (plain, lit)
    )
    assert queue > quiet


def test_one_and_two_threads_agree_bit_for_bit() -> None:
    """The number of threads does not change a single bit."""
    draw = np.random.default_rng(3)
    flows = _flows(("rigid_20t", "cargo_van"), draw.random((500, 2, 24)))
    network = _network([77.0] * 500, list(draw.uniform(-0.1, 0.1, 500)))
    speed = draw.uniform(3, 90, (500, 24)).astype(np.float32)

    def run() -> pd.DataFrame:
        fleet = mexican_fleet(year=2020)
        return flow_emissions(flows, network, fleet, speed_kmh=speed, country="MX").frame

    before = numba.get_num_threads()
    try:
        numba.set_num_threads(1)
        one = run()
    finally:
        numba.set_num_threads(before)
    pd.testing.assert_frame_equal(one, run(), check_exact=True)


def test_the_kernel_means_the_same_uncompiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """One link and two classes through plain Python give the same numbers."""
    fleet = mexican_fleet(year=2020)
    flows = _flows(("rigid_20t", "cargo_van"), np.full((1, 2, 24), 0.5))
    network = _network([77.0], [0.011], signals=[1.0], highway=["primary"])
    options: dict[str, Any] = {"speed_kmh": np.full((1, 24), 4.0, np.float32), "country": "MX"}
    compiled = flow_emissions(flows, network, fleet, **options)
    monkeypatch.setattr(kernels, "flow_grams", kernels.flow_grams.py_func)
    plain = flow_emissions(flows, network, fleet, **options)
    pd.testing.assert_frame_equal(plain.frame, compiled.frame, rtol=1e-12)
    assert plain.flags == pytest.approx(compiled.flags)


def test_bad_input_is_named_all_at_once(tmp_path: Path) -> None:
    """Zero and missing speeds and a wrong number of zones: one error."""
    composition = _composition(tmp_path, ",rigid_20t,diesel,euro_3,2005,,1\n")
    flows = _flows(("rigid_20t",), np.ones((2, 1, 24)))
    speed = np.full((2, 24), 30.0, np.float32)
    speed[0, 3], speed[1, 5] = 0.0, np.nan
    with pytest.raises(InputError) as error:
        flow_emissions(flows, _network([1.0] * 2, [0.0] * 2), composition, speed_kmh=speed,
                       zone_of_edge=["a"])  # fmt: skip
    assert [p.field for p in error.value.problems] == [
        "link 0, hour 3", "link 1, hour 5", "zone"
    ]  # fmt: skip
    with pytest.raises(InputError, match="shape"):
        flow_emissions(flows, _network([1.0] * 2, [0.0] * 2), composition, speed_kmh=speed[:1])
    with pytest.raises(InputError, match="rigid_12t"):
        flow_emissions(
            _flows(("rigid_12t",), np.ones((2, 1, 24))), _network([1.0] * 2, [0.0] * 2),
            composition, speed_kmh=np.full((2, 24), 9.0, np.float32),
        )  # fmt: skip
