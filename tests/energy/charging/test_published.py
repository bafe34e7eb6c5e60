"""Optima of an independent implementation (frvcpy 0.1.1), on seeded and on published instances."""

from __future__ import annotations

import csv
import importlib.util
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

from geofleet.energy.battery import ChargingCurve
from geofleet.energy.charging import (
    Charger,
    ChargingInstance,
    FixedRoute,
    charge_on_the_way_many,
)
from geofleet.energy.charging.published import read_published
from geofleet.errors import InputError

ORACLE = Path(__file__).parents[2] / "oracles" / "frvcpy"


def _module(path):
    spec = importlib.util.spec_from_file_location(f"charging_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[f"charging_{path.stem}"] = module
    spec.loader.exec_module(module)
    return module


simulator = _module(Path(__file__).with_name("simulator.py"))
synthetic = _module(ORACLE / "synthetic.py")


def rows(name, key):
    """Rows of a table of optima by instance."""
    found = defaultdict(list)
    with (ORACLE / name).open(encoding="utf-8") as handle:
        for row in csv.DictReader(handle):
            row["nodes"] = tuple(int(node) for node in row["route"].split())
            found[row[key]].append(row)
    return found


def compare(instance, routes, expected):
    """Equal optima to 1e-6 h, equal verdicts, and every plan stands when driven again."""
    plans = charge_on_the_way_many(instance, routes)
    compared = 0
    for route, plan, hours in zip(routes, plans, expected, strict=True):
        if plan.is_feasible:
            assert simulator.replay(instance, route, plan)[0] == pytest.approx(plan.duration_s)
        if hours == "failed":
            continue
        compared += 1
        assert plan.is_feasible == (hours != "infeasible"), route.nodes
        if plan.is_feasible:
            assert plan.duration_s / 3600.0 == pytest.approx(float(hours), abs=1e-6)
    return compared


def seeded(seed):
    """Return the seeded instance as geofleet takes it, and seconds of service by node."""
    data = synthetic.instance(seed)
    curves = {
        kind["cs_type"]: ChargingCurve(
            str(kind["cs_type"]), tuple(3600.0 * t for t in kind["time"]), tuple(kind["charge"])
        )
        for kind in data["breakpoints_by_type"]
    }
    chargers = tuple(
        Charger(str(c["node_id"]), c["node_id"], curves[c["cs_type"]]) for c in data["css"]
    )
    drive, energy = np.array(data["time_matrix"]) * 3600.0, np.array(data["energy_matrix"])
    service = [3600.0 * time for time in data["process_times"]]
    return ChargingInstance(drive, energy, chargers, data["max_q"]), service


def test_seeded_instances_have_the_same_optima():
    """Small batteries, few chargers: many routes that cannot be driven, proven so by both."""
    compared = 0
    for seed, table in rows("synthetic.csv", "seed").items():
        instance, service = seeded(int(seed))
        routes = [
            FixedRoute(row["nodes"], instance.battery_wh,
                       service_s=tuple(service[n] for n in row["nodes"]))
            for row in table
        ]  # fmt: skip
        compared += compare(instance, routes, [row["hours"] for row in table])
    assert compared > 600


@pytest.mark.shared
def test_published_instances_have_the_same_optima(shared_data):
    """Routes over all 120 instances of Montoya et al. (2017)."""
    compared = 0
    for name, table in rows("published.csv", "instance").items():
        given = read_published(shared_data / "ev" / "evrpnl" / f"{name}.xml")
        routes = [given.route(row["nodes"], limited=row["limited"] == "1") for row in table]
        compared += compare(given.instance, routes, [row["hours"] for row in table])
    assert compared > 1000


XML = """<instance><info><name>tiny</name></info><network><nodes>
<node id="0" type="0"><cx>0</cx><cy>0</cy></node>
<node id="1" type="1"><cx>3</cx><cy>4</cy></node>
<node id="2" type="2"><cx>6</cx><cy>8</cy><custom><cs_type>slow</cs_type></custom></node>
</nodes><euclidean/></network><fleet><vehicle_profile type="0"><departure_node>0</departure_node>
<max_travel_time>10</max_travel_time><speed_factor>40</speed_factor><custom>
<consumption_rate>125</consumption_rate><battery_capacity>16000</battery_capacity>
<charging_functions><function cs_type="slow">
<breakpoint><battery_level>0</battery_level><charging_time>0</charging_time></breakpoint>
<breakpoint><battery_level>16000</battery_level><charging_time>2</charging_time></breakpoint>
</function></charging_functions></custom></vehicle_profile></fleet>
<requests><request id="1" node="1"><service_time>0.5</service_time></request></requests>
</instance>"""


def test_reads_a_published_instance(tmp_path):
    """Distances, times, energies, curves and the depot's own charger."""
    path = tmp_path / "tiny.xml"
    path.write_text(XML, encoding="utf-8")
    given = read_published(path)
    assert given.instance.drive_s[0, 1] == pytest.approx(5.0 / 40.0 * 3600.0)
    assert given.instance.energy_wh[1, 2] == pytest.approx(625.0)
    assert [charger.node for charger in given.instance.chargers] == [2, 3]
    assert given.customers == (1,)
    assert given.route((0, 1, 0)).service_s == (0.0, 1800.0, 0.0)
    assert len(read_published(path, depot_charger=False).instance.chargers) == 1


def test_plans_from_a_file_and_numbers_of_nodes(tmp_path):
    """By hand: 10 km and half an hour of service; a charge; a day that is too short."""
    path = tmp_path / "tiny.xml"
    path.write_text(XML, encoding="utf-8")
    given = read_published(path, depot_charger=False)
    hours = given.plans([[0, 1, 0], np.array([0, 1, 0])]).duration_s / 3600.0
    assert hours == pytest.approx([0.75, 0.75])
    assert not given.plans([(0, 1, 0)], start_wh=1249.0).is_feasible[0]  # 1250 Wh to anywhere
    # there and back twice is 20 km, 30 km by way of the charger: 3750 Wh
    twice = given.plans([(0, 1, 0, 1, 0)], start_wh=1300.0)[0]
    assert [visit.charger_id for visit in twice.visits] == ["2 slow"]
    assert twice.duration_s / 3600.0 == pytest.approx(0.75 + 2 * 0.5 + (3750.0 - 1300.0) / 8000.0)
    path.write_text(XML.replace("_time>10<", "_time>0.7<"), encoding="utf-8")
    short = read_published(path)
    assert not short.plans([(0, 1, 0)]).is_feasible[0]
    assert short.plans([(0, 1, 0)], limited=False).is_feasible[0]
    path.write_text(XML.replace("<max_travel_time>10</max_travel_time>", ""), encoding="utf-8")
    assert read_published(path).latest_end_s == np.inf
    for wrong in (7, -1, 1.5):
        with pytest.raises(InputError, match=f"row 2, field nodes: '{wrong}': expected a node"):
            given.plans([(0, wrong, 0)])


def test_broken_files_are_named(tmp_path):
    """Half a file, words and nothing for numbers, kinds and nodes that there are not."""
    path = tmp_path / "bad.xml"
    for text, expected in (
        (XML[:200], "XML that is whole"),
        (XML.replace("16000</battery_capacity>", "much</battery_capacity>"), "'much'.*a number"),
        (XML.replace("<cs_type>slow", "<cs_type>odd"), "'odd'.*charging function"),
        (XML.replace("<euclidean/>", ""), "Euclidean"),
        (XML.replace('node id="1"', 'node id="one"'), "nodes numbered 0, 1, 2"),
        (XML.replace('node id="1"', 'node id="2"'), "each once"),
        (XML.replace("departure_node>0", "departure_node>9"), "departure_node: '9'.*a node"),
        (XML.replace('node="1"', 'node="4"'), "request: '4'.*a node"),
        (XML.replace("factor>40", "factor>0"), "speed_factor: '0.0'.*above 0"),
        (XML.replace("<cx>3<", "<cx>nan<"), "cx: 'nan'.*a number"),
    ):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(InputError, match=expected):
            read_published(path)
