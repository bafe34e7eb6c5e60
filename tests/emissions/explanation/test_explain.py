"""Chains of explanations, computed once more from their JSON in plain Python."""

from __future__ import annotations

import json
import math
from collections import Counter
from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geofleet.defaults import Defaults
from geofleet.emissions import QUANTITIES, TraversalEmissions, traversal_emissions
from geofleet.emissions.explanation.explain import explain
from geofleet.emissions.explanation.flows import explain_flow
from geofleet.emissions.explanation.model import Explanation
from geofleet.emissions.flows import flow_emissions
from geofleet.errors import InputError
from geofleet.fleet import Fleet, vehicle_class_names
from geofleet.fleet.composition import FleetComposition
from geofleet.routes.model import TRAVERSAL_COLUMNS, Traversals
from geofleet.traffic.model import LinkFlows

EUROS = ("pre_euro", "euro_1", "euro_2", "euro_3", "euro_4", "euro_5", "euro_6")
EPAS = ("epa_1998", "epa_2004", "epa_2007", "epa_2010")
STATES = ("dpf_retrofit", "doc", "scr_disabled", "scr_cold", "dpf_removed", "high_emitter")
TEMPERATURES = tuple(float(t) for t in range(-6, 18))

VEHICLE = st.fixed_dictionaries(
    {
        "vehicle_class": st.sampled_from(vehicle_class_names()),
        "standard": st.sampled_from((*EUROS, *EPAS, "unknown")),
        "fuel": st.sampled_from(("diesel", "cng", "diesel_hybrid", "electric")),
        "model_year": st.integers(1990, 2023),
        "states": st.lists(st.sampled_from(STATES), max_size=2, unique=True),
    }
)
DRIVE = st.fixed_dictionaries(
    {
        "grade": st.one_of(st.just(float("nan")), st.floats(-0.1, 0.1)),
        "load": st.floats(0.0, 1.4),
        "speed_kmh": st.floats(0.5, 140.0, width=32),
        "length_m": st.one_of(st.just(0.0), st.floats(0.01, 9000.0)),
        "pause_s": st.sampled_from((0.0, 0.0, 400.0, 40000.0)),
        "signals": st.integers(0, 3),
    }
)
COEFFICIENTS = ("alpha", "beta", "gamma", "delta", "epsilon", "zita", "hta", "reduction")


def made(vehicle: dict[str, Any], drives: list[dict[str, Any]]) -> tuple[Traversals, Any, Fleet]:
    """Make one vehicle-day that drives one link after the other, some after a pause."""
    standard = "none" if vehicle["fuel"] == "electric" else vehicle["standard"]
    vehicles = pd.DataFrame(
        {
            "operator_id": "A", "vehicle_class": vehicle["vehicle_class"],
            "fuel": vehicle["fuel"], "standard": standard,
            "model_year": vehicle.get("model_year", 2010), "payload_capacity_kg": 8000.0,
            "aftertreatment": ";".join(vehicle.get("states", ())),
        },
        index=pd.Index(["v0"], name="vehicle_id"),
    )  # fmt: skip
    rows, clock, stop = [], 25000.0, 0
    for number, drive in enumerate(drives):
        if number and drive["pause_s"]:
            clock, stop = clock + drive["pause_s"], stop + 1
        rows.append(
            {"vehicle_day": 0, "seq": number, "edge": number, "stop_before": stop,
             "enter_s": clock, "length_m": drive["length_m"], "speed_kmh": drive["speed_kmh"],
             "payload_kg": drive["load"] * 8000.0, "from_fraction": 0.0, "to_fraction": 1.0}
        )  # fmt: skip
        clock += drive["length_m"] / drive["speed_kmh"] * 3.6
    frame = pd.DataFrame(rows).astype(TRAVERSAL_COLUMNS)
    days = pd.DataFrame(
        {"vehicle_id": ["v0"], "operator_id": "A", "vehicle_class": vehicle["vehicle_class"],
         "date": "2024-05-14"}
    )  # fmt: skip
    edges = pd.DataFrame(
        {"highway": "primary", "signals": [drive.get("signals", 0) for drive in drives]}
    )
    arrays = SimpleNamespace(
        grade=np.array([drive["grade"] for drive in drives]),
        length_m=np.array([drive["length_m"] for drive in drives]),
        edge_count=len(drives),
    )
    network = SimpleNamespace(arrays=arrays, edges=edges)
    operators = pd.DataFrame({"operator_size": ["1-5"]}, index=["A"])
    return Traversals(frame, days, "America/Mexico_City"), network, Fleet(vehicles, operators)


def plain(**changes: Any) -> dict[str, Any]:
    """Make a drive on a level road, half loaded."""
    return {
        "grade": 0.0, "load": 0.5, "speed_kmh": 30.0, "length_m": 2000.0, "pause_s": 0.0,
        "signals": 0, **changes,
    }  # fmt: skip


def again(step: dict[str, Any]) -> float:
    """Compute a step of the JSON from its figures: what stands in between is not looked at."""
    parts = [again(part) for part in step.get("parts", [])]
    operation = step["operation"]
    if operation == "sum":
        return sum(parts)
    if operation == "product":
        return math.prod(parts)
    if operation == "ratio":
        return parts[0] / parts[1] if parts[1] > 0 else 0.0
    if operation == "limited":
        own, shape, low, high = parts
        return high if shape <= 0 else sorted((low, own / shape, high))[1]
    if operation == "given":
        assert not parts
        return float(step["value"])
    facts = step["facts"]
    low, high = facts["speed_range_kmh"]
    v = min(max(facts["speed_kmh"], low), high)
    if operation == "line":
        assert facts["guard_from_kmh"] <= v <= facts["guard_to_kmh"]
        share = (v - facts["guard_from_kmh"]) / (facts["guard_to_kmh"] - facts["guard_from_kmh"])
        return facts["guard_from_value"] * (1 - share) + facts["guard_to_value"] * share
    assert operation == "formula"
    a, b, c, d, e, z, h, r = (facts["coefficients"][name] for name in COEFFICIENTS)
    return (a * v**2 + b * v + c + d / v) / (e * v**2 + z * v + h) * (1 - r)


def check(explanation: Explanation, reported: float) -> dict[str, Any]:
    """Assert that the JSON of an explanation makes the reported number, and return it."""
    told = json.loads(json.dumps(explanation.to_dict(), allow_nan=False))
    assert math.isclose(again(told["chain"]), reported, rel_tol=1e-9, abs_tol=1e-200)
    assert math.isclose(explanation.recompute(), reported, rel_tol=1e-9, abs_tol=1e-200)
    assert math.isclose(explanation.value, reported, rel_tol=1e-9, abs_tol=1e-200)
    return dict(told)


def test_every_quantity_of_every_kind_of_vehicle() -> None:
    """Diesel of both paths, mixture, gas, hybrid, van started cold, electric: all 20 numbers."""
    cases = [
        ({"vehicle_class": "rigid_20t", "fuel": "diesel", "standard": "unknown",
          "model_year": 2015, "states": ["high_emitter"]}, {}),
        ({"vehicle_class": "articulated_40t", "fuel": "diesel", "standard": "epa_2010",
          "model_year": 2015, "states": ["scr_disabled", "dpf_removed"]},
         {"speed_kmh": 5.0, "signals": 2}),
        ({"vehicle_class": "rigid_12t", "fuel": "cng", "standard": "euro_5"}, {"grade": 0.017}),
        ({"vehicle_class": "rigid_7_5t", "fuel": "diesel_hybrid", "standard": "euro_6"},
         {"load": 0.2}),
        ({"vehicle_class": "cargo_van", "fuel": "diesel", "standard": "euro_4"}, {}),
        ({"vehicle_class": "cargo_van", "fuel": "electric", "standard": "none"},
         {"speed_kmh": 55.0}),
    ]  # fmt: skip
    for vehicle, drive in cases:
        tables = made(vehicle, [plain(**drive), plain(**drive, pause_s=900.0)])
        options: dict[str, Any] = {"country": "MX", "temperature_c": TEMPERATURES}
        emissions = traversal_emissions(*tables, **options)
        for quantity in QUANTITIES:
            reported = float(emissions.grams[quantity].iloc[1])
            check(explain(*tables, emissions, quantity, traversal=1, **options), reported)


@settings(deadline=None, max_examples=60)
@given(VEHICLE, st.lists(DRIVE, min_size=1, max_size=3), st.sampled_from(QUANTITIES), st.booleans())
def test_the_chain_makes_the_number(
    vehicle: dict[str, Any], drives: list[dict[str, Any]], quantity: str, ageing: bool
) -> None:
    """Whatever drives, wherever: the chain multiplies to what is reported, by process too."""
    if vehicle["vehicle_class"].endswith("van") and vehicle["standard"] in EPAS:
        vehicle = {**vehicle, "standard": "euro_4"}  # the US path is that of trucks
    tables = made(vehicle, drives)
    options: dict[str, Any] = {
        "country": "MX", "temperature_c": TEMPERATURES,
        "defaults": Defaults({"deterioration:applied": int(ageing), "altitude:nox.scr.factor": 2}),
    }  # fmt: skip
    try:
        emissions = traversal_emissions(*tables, **options)
    except InputError:  # states that no such engine can have
        tables = made({**vehicle, "states": []}, drives)
        emissions = traversal_emissions(*tables, **options)
    rows: set[str] = set()
    flags: Counter[str] = Counter()
    for number in range(len(drives)):
        explanation = explain(*tables, emissions, quantity, traversal=number, **options)
        reported = float(emissions.grams[quantity].iloc[number])
        check(explanation, reported)
        by_process = sum(explanation.processes().values())
        assert math.isclose(by_process, reported, rel_tol=1e-9, abs_tol=1e-200)
        assert set(explanation.rows["status"]) <= {"verified", "derived", "memory", "illustrative",
                                                   "user"}  # fmt: skip
        assert explanation.to_text()
        rows.update(explanation.rows["row"])
        flags.update(explanation.flags["flag"])
    # The whole knows the rows and flags of all its parts, though none of them is spelled out.
    whole = explain(*tables, emissions, quantity, spelled_out=0, listed=0, **options)
    check(whole, math.fsum(emissions.grams[quantity]))
    assert set(whole.rows["row"]) == rows
    assert dict(zip(whole.flags["flag"], whole.flags["count"], strict=True)) == flags
    assert all(count <= emissions.flags[name] for name, count in flags.items())


def test_hand_computed_chain() -> None:
    """One published row, 2 km: the formula by hand, times the distance, is NOx and its text."""
    tables = made({"vehicle_class": "rigid_20t", "fuel": "diesel", "standard": "euro_3"},
                  [plain(load=1.0)])  # fmt: skip
    emissions = traversal_emissions(*tables)
    explanation = explain(*tables, emissions, "nox_exhaust_g", traversal=0)
    (row,) = explanation.chain.find("published_row")
    c = row.facts["coefficients"]
    v = 30.0
    by_hand = 2.0 * (
        (c["alpha"] * v * v + c["beta"] * v + c["gamma"] + c["delta"] / v)
        / (c["epsilon"] * v * v + c["zita"] * v + c["hta"])
    ) * (1.0 - c["reduction"])  # fmt: skip
    assert explanation.value == pytest.approx(by_hand, rel=1e-12)
    assert row.facts["factor_id"] == "rigid_20t.euro_3.nox.s+0.00.l1.0"
    text = explanation.to_text()
    assert "rigid_20t.euro_3.nox.s+0.00.l1.0 at 30 km/h" in text
    assert "8,000 of 8,000 kg on board" in text
    assert "altitude:nox.no_scr.factor" in text
    assert "EMEP/EEA guidebook 2016" in text


def test_guard_clamp_and_unknown_slope_are_told() -> None:
    """The known pole at 11 km/h, a crawl below the range, a link without a slope."""
    vehicle = {"vehicle_class": "rigid_over_32t", "fuel": "diesel", "standard": "euro_6"}
    drives = [plain(grade=-0.04, speed_kmh=11.0), plain(speed_kmh=2.0), plain(grade=float("nan"))]
    tables = made(vehicle, drives)
    emissions = traversal_emissions(*tables)
    guarded, slow, unknown = (
        explain(*tables, emissions, "nox_exhaust_g", traversal=row) for row in range(3)
    )
    (row,) = guarded.chain.find("published_row")
    assert row.operation == "line"
    assert row.facts["guard"] == "pole"
    assert row.facts["guard_used"]
    assert any("guard" in warning for warning in guarded.warnings)
    row = slow.chain.find("published_row")[0]
    assert row.facts["clamped"] == "below"
    assert row.facts["speed_used_kmh"] == row.facts["speed_range_kmh"][0] > 2.0
    assert any("below the range" in warning for warning in slow.warnings)
    assert any("level road" in warning for warning in unknown.warnings)


def test_mixture_and_us_path_name_their_rows() -> None:
    """A truck of unknown standard: shares of the Mexican mix, shape and per-fuel factor by row."""
    tables = made({"vehicle_class": "rigid_20t", "fuel": "diesel", "standard": "unknown",
                   "model_year": 2008}, [plain()])  # fmt: skip
    emissions = traversal_emissions(*tables, country="MX")
    explanation = explain(*tables, emissions, "pm25_exhaust_g", traversal=0, country="MX")
    shares = {s.facts["standard"]: s.value for s in explanation.chain.find("certification")}
    assert shares == pytest.approx(
        {"epa_1998": 0.45, "epa_2004": 0.45, "euro_3": 0.05, "euro_4": 0.05}
    )
    rows = set(explanation.rows["row"])
    assert {"us_path:epa_2004.pm25.per_fuel_factor", "us_path:epa_2004.pm25.shape",
            "certification_mix:MX.heavy.2008-2008.epa_2004",
            "factor:rigid_20t.euro_3.pm25.s+0.00.l0.5"} <= rows  # fmt: skip
    parts = {s.facts["standard"]: s.value for s in explanation.chain.find("engine")}
    assert math.fsum(parts.values()) == pytest.approx(explanation.value, rel=1e-12)
    # Without a filter the US engines make nearly all of the soot.
    assert parts["epa_1998"] + parts["epa_2004"] > 0.9 * explanation.value


def test_processes_agree_with_the_stage() -> None:
    """Hot, cold start and idling of a van, and wear, add up to what the stage says by process."""
    tables = made({"vehicle_class": "cargo_van", "fuel": "diesel", "standard": "euro_3"},
                  [plain(length_m=900.0), plain(pause_s=1200.0)])  # fmt: skip
    emissions = traversal_emissions(*tables, temperature_c=TEMPERATURES)
    for quantity in ("nox_exhaust_g", "co2e_wtw_g", "ch4_exhaust_g", "pm10_wear_g"):
        explanation = explain(*tables, emissions, quantity, vehicle_day=0, spelled_out=9,
                              temperature_c=TEMPERATURES)  # fmt: skip
        found = explanation.processes()
        wear = sum(found.pop(name, 0.0) for name in ("tyre", "brake", "road"))
        said = emissions.processes[quantity]
        for name in ("hot", "cold_start", "idle"):
            assert found.get(name, 0.0) == pytest.approx(said[name], rel=1e-9, abs=1e-12)
        assert wear == pytest.approx(said["wear"], rel=1e-9, abs=1e-12)
    assert said["wear"] > 0.0


def test_processes_left_out_are_not_in_the_chain() -> None:
    """A stage told to count hot emissions only is explained as such."""
    tables = made({"vehicle_class": "cargo_van", "fuel": "diesel", "standard": "euro_3"},
                  [plain(), plain(pause_s=600.0)])  # fmt: skip
    full = traversal_emissions(*tables)
    hot = traversal_emissions(*tables, processes=("hot",))
    for quantity in ("nox_exhaust_g", "n2o_exhaust_g", "pm25_wear_g"):
        explanation = explain(*tables, hot, quantity, traversal=1)
        check(explanation, float(hot.grams[quantity].iloc[1]))
    assert hot.grams["nox_exhaust_g"].iloc[1] < full.grams["nox_exhaust_g"].iloc[1]


@cache
def a_city() -> tuple[tuple[Traversals, Any, Fleet], TraversalEmissions]:
    """Make one vehicle-day of 60 traversals over 6 links."""
    rng = np.random.default_rng(5)
    speeds, loads = rng.uniform(8, 80, 60).tolist(), rng.uniform(0, 1, 60).tolist()
    drives = [plain(speed_kmh=v, load=p) for v, p in zip(speeds, loads, strict=True)]
    traversals, network, fleet = made(
        {"vehicle_class": "rigid_14t", "fuel": "diesel", "standard": "epa_2004"}, drives
    )
    traversals.frame["edge"] = (np.arange(60) % 6).astype(np.int32)
    tables = (traversals, network, fleet)
    return tables, traversal_emissions(*tables)


def test_a_link_names_the_traversals_behind_it() -> None:
    """The traversals of a link, the largest first, with shares that sum to one."""
    tables, emissions = a_city()
    traversals = tables[0]
    here = traversals.frame["edge"] == 4
    for hour in (None, int(traversals.hour[4])):
        chosen = here if hour is None else here & (traversals.hour == hour)
        explanation = explain(*tables, emissions, "bc_exhaust_g", edge=4, hour=hour, listed=4)
        reported = float(emissions.grams.loc[chosen, "bc_exhaust_g"].sum())
        check(explanation, reported)
        found = explanation.contributors
        assert list(found["traversal"]) == list(
            emissions.grams.loc[chosen, "bc_exhaust_g"].sort_values(ascending=False).index
        )
        assert found["share"].sum() == pytest.approx(1.0)
        assert found["value"].is_monotonic_decreasing
        assert (found["edge"] == 4).all()
        assert len(explanation.steps) == min(5, len(found))
        if len(found) > 4:
            assert f"{len(found) - 4} more traversals" in explanation.to_text()


def test_a_vehicle_and_everything() -> None:
    """The sum over a vehicle is that over all traversals where there is no other."""
    tables, emissions = a_city()
    one = explain(*tables, emissions, "co2e_wtw_g", vehicle_id="v0")
    whole = explain(*tables, emissions, "co2e_wtw_g")
    total = float(emissions.grams["co2e_wtw_g"].sum())
    check(one, total)
    check(whole, total)
    assert "of vehicle v0" in one.subject


def test_emissions_of_other_settings_are_noticed() -> None:
    """A number that the rows given here do not make is refused, not explained away."""
    tables, emissions = a_city()
    other = Defaults({"us_path:epa_2004.pm25.per_fuel_factor": 3.0})
    with pytest.raises(InputError, match="country, temperatures and default rows"):
        explain(*tables, emissions, "pm25_exhaust_g", traversal=0, defaults=other)
    assert explain(*tables, emissions, "nox_exhaust_g", traversal=0, defaults=other).value > 0.0


@pytest.mark.parametrize(
    ("quantity", "options", "match"),
    [("soot_g", {}, "nox_exhaust_g"), ("fuel_g", {"edge": 99}, "at least one traversal"),
     ("fuel_g", {"vehicle_id": "ghost"}, "ghost"), ("fuel_g", {"traversal": 60}, "traversal 60")],
)  # fmt: skip
def test_what_is_not_there_is_refused(quantity: str, options: dict[str, Any], match: str) -> None:
    """An unknown quantity, link, vehicle or traversal is named."""
    tables, emissions = a_city()
    with pytest.raises(InputError, match=match):
        explain(*tables, emissions, quantity, **options)


def test_overrides_stand_as_of_the_study() -> None:
    """A row that a study sets is in the rows with status user, and in the warnings."""
    tables = made({"vehicle_class": "rigid_20t", "fuel": "diesel", "standard": "euro_5"},
                  [plain()])  # fmt: skip
    own = Defaults({"altitude:nox.scr.factor": 1.8})
    emissions = traversal_emissions(*tables, defaults=own)
    explanation = explain(*tables, emissions, "nox_exhaust_g", traversal=0, defaults=own)
    rows = explanation.rows.set_index("row")
    assert rows.loc["altitude:nox.scr.factor", "status"] == "user"
    assert any("altitude:nox.scr.factor" in warning for warning in explanation.warnings)
    (altitude,) = explanation.chain.find("altitude")
    assert altitude.value == 1.8


def test_flows_of_a_link_by_kind_of_vehicle() -> None:
    """Vans and trucks of a composition on one link: each kind's part, and their sum."""
    table = pd.DataFrame(
        [("", "cargo_van", "diesel", "euro_4", 2010, "", 0.7),
         ("", "cargo_van", "electric", "none", 2020, "", 0.3),
         ("", "rigid_20t", "diesel", "unknown", 2015, "", 0.6),
         ("", "rigid_20t", "diesel", "epa_1998", 2000, "high_emitter", 0.4)],
        columns=["zone", "vehicle_class", "fuel", "standard", "model_year", "aftertreatment",
                 "share"],
    )  # fmt: skip
    composition = FleetComposition(table)
    classes = ("cargo_van", "rigid_20t")
    vehicles = np.zeros((2, 2, 24), dtype=np.float32)
    vehicles[1, 0, 8], vehicles[1, 1, 8] = 40.0, 12.5
    flows = LinkFlows(np.array([0, 1], dtype=np.int32), classes, vehicles)
    speed = np.full((2, 24), 6.5, dtype=np.float32)
    _, network, _ = made({"vehicle_class": "rigid_20t", "fuel": "diesel", "standard": "euro_3"},
                         [plain(), plain(grade=0.023, signals=1)])  # fmt: skip
    options: dict[str, Any] = {"country": "MX", "year": 2024, "temperature_c": TEMPERATURES,
                               "speed_kmh": speed}  # fmt: skip
    emissions = flow_emissions(flows, network, composition, **options)
    for quantity in QUANTITIES:
        explanation = explain_flow(flows, network, composition, emissions, quantity, edge=1,
                                   hour=8, **options)  # fmt: skip
        frame = emissions.frame.set_index(["edge", "hour"])
        check(explanation, float(frame.loc[(1, 8), quantity]))
    assert explanation.contributors["vehicle_class"].iloc[0] == "cargo_van"  # 40 vans wear more
    assert explanation.contributors["vehicles"].sum() == pytest.approx(52.5)
    assert explanation.subject.startswith("Coarse and fine particles")
    # Of whatever is spelled out, the rows are those of all kinds of vehicle, and so are the flags.
    told = [
        explain_flow(flows, network, composition, emissions, "co2e_wtw_g", edge=1, hour=8,
                     spelled_out=number, listed=1, **options)
        for number in (0, 9)
    ]  # fmt: skip
    assert told[0].rows.equals(told[1].rows)
    assert told[0].warnings == told[1].warnings
    assert told[0].spelled_out_share == 0.0
    assert told[1].spelled_out_share == 1.0
    assert told[0].to_dict()["contributors"][1]["others"] == 3
    flags = told[0].flags.set_index("flag")
    assert flags.loc["load_not_modelled", "count"] == pytest.approx(40.0)
    assert flags.loc["load_not_modelled", "km"] == pytest.approx(80.0)
    with pytest.raises(InputError, match="hour 9"):
        explain_flow(flows, network, composition, emissions, "fuel_g", edge=1, hour=9, **options)
