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


def test_broken_files_are_named(tmp_path):
    """Half a file, a word for a number, a charger of an unknown kind."""
    path = tmp_path / "bad.xml"
    for text, expected in (
        (XML[:200], "XML that is whole"),
        (XML.replace("16000</battery_capacity>", "much</battery_capacity>"), "'much'.*a number"),
        (XML.replace("<cs_type>slow", "<cs_type>odd"), "'odd'.*charging function"),
        (XML.replace("<euclidean/>", ""), "Euclidean"),
    ):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(InputError, match=expected):
            read_published(path)
