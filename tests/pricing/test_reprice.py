"""Whole vehicle-days: as driven against other streets and other hours."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from geofleet import Study
from geofleet.errors import InputError
from geofleet.exposure import UnitExposure
from geofleet.fleet import Fleet
from geofleet.network import RoutingGraph, TurnRestriction, shortest_path
from geofleet.pricing import Blend, network_unit_exposure, reprice
from geofleet.routes import build_itineraries

HARM = "harm_person_ug_m3_h"


@pytest.fixture
def day(tiny_study):
    """Return the results of a tiny study and the unit exposure of all its links."""
    results = Study.open(tiny_study).run()
    unit = network_unit_exposure(
        results.inputs.network, results.receptors, results.inputs.weather,
        stored=tiny_study / "stored",
    )  # fmt: skip
    return results, unit, tiny_study / "stored"


def run(results, unit, **options):
    inputs = results.inputs
    given = {"country": "CL", "year": 2024, "temperature_c": results.temperature_c, **options}
    return reprice(results.itineraries, inputs.network, inputs.fleet, unit, **given)


def test_fleet_is_repriced(day):
    """Sums, differences and bounds of days and legs; the harm as driven is that of the study."""
    results, unit, folder = day
    found = run(results, unit, max_detour=np.inf)
    days, legs = found.days, found.legs
    stops = results.itineraries.stops
    assert len(days) == 2
    assert len(legs) == len(stops) - 2
    assert (legs[f"new_{HARM}"] <= legs[HARM] * (1 + 1e-9)).all()
    np.testing.assert_allclose(days["saved_harm"], days["harm_driven"] - days["harm_rerouted"])
    assert (days["saved_harm"] >= 0).all()
    frame = results.itineraries.traversals.frame
    km = frame.groupby(["vehicle_day", "stop_before"])["length_m"].sum()
    np.testing.assert_allclose(legs["distance_m"], km, rtol=1e-5)
    seconds = (frame["length_m"] / frame["speed_kmh"] * 3.6).groupby(
        [frame["vehicle_day"], frame["stop_before"]]).sum()  # fmt: skip
    np.testing.assert_allclose(legs["time_s"], seconds, rtol=1e-3)
    total = found.total()
    assert total["saved_harm"] == pytest.approx(days["saved_harm"].sum())
    assert total["added_km"] == pytest.approx(
        (legs["new_distance_m"] - legs["distance_m"]).sum() / 1e3
    )
    # the study counts grams by traversal, with the load of each leg and cold starts of the van
    truck = results.itineraries.traversals.vehicle_days["vehicle_class"] == "rigid_7_5t"
    mine = frame["vehicle_day"].isin(np.flatnonzero(truck)).to_numpy()
    grams = results.emissions.grams.loc[mine, ["pm25_exhaust_g", "pm25_wear_g"]].sum(axis=1)
    hours = results.itineraries.traversals.hour[mine]
    price = unit.values[frame.loc[mine, "edge"], hours] / 3600.0
    moving = (grams * price).sum()
    assert days.loc[truck, "harm_driven"].sum() == pytest.approx(moving, rel=0.15)
    again = network_unit_exposure(results.inputs.network, results.receptors, results.inputs.weather,
                                  stored=folder)  # fmt: skip
    np.testing.assert_array_equal(again.values, unit.values)


def test_shifted_days(day):
    """No shift is the day as driven, the best is the least, a turn of the clock is none."""
    results, unit, _ = day
    found = run(results, unit, shifts=[0, 5, 24, -3])
    shifts = found.shifts.set_index(["shift_h", "vehicle_day"])["harm"].unstack()
    np.testing.assert_allclose(shifts.loc[0], found.days["harm_driven"])
    np.testing.assert_allclose(shifts.loc[24], shifts.loc[0])
    np.testing.assert_allclose(found.days["harm_shifted"], shifts.min())
    for number, best in found.days["best_shift_h"].items():
        assert shifts.loc[best, number] == shifts[number].min()
    # the same air and speeds at all hours: nothing to gain, so the day stays where it is
    flat = UnitExposure(unit.edges, np.full_like(unit.values, 100.0), unit.people)
    speeds = results.inputs.speeds(results.defaults)
    speeds = replace(speeds, factors=np.full_like(speeds.factors, 0.8))
    steady = run(results, flat, speeds=speeds, temperature_c=[15.0] * 24)
    np.testing.assert_allclose(steady.shifts["harm"], steady.days["harm_driven"].iloc[
        steady.shifts["vehicle_day"]], rtol=1e-6)  # fmt: skip


def test_limits_objectives_and_threads(day):
    """A detour limit holds leg by leg; objectives are met; threads change nothing."""
    results, unit, _ = day
    free = run(results, unit, max_detour=np.inf).days["saved_harm"].sum()
    tight = run(results, unit, max_detour=1.02)
    assert (tight.legs["new_time_s"] <= 1.02 * tight.legs["time_s"] + 0.01).all()
    assert tight.days["saved_harm"].sum() <= free + 1e-12
    cheap = run(results, unit, objective="cheapest", max_detour=np.inf)
    assert (cheap.legs["new_cost"] <= cheap.legs["cost"] * (1 + 1e-9)).all()
    blend = run(results, unit, objective="blended", blend=Blend(harm_price=1e9), max_detour=np.inf)
    assert blend.days["saved_harm"].sum() == pytest.approx(free, rel=1e-6)
    one, many = (run(results, unit, workers=n) for n in (1, 4))
    assert one.legs.equals(many.legs)
    assert one.days.equals(many.days)


def test_unknown_air_of_a_fleet(day):
    """Links without unit exposure are refused, or their legs counted and in no sum."""
    results, unit, _ = day
    frame = results.itineraries.traversals.frame
    gone = int(frame["edge"].iloc[2])
    keep = unit.edges != gone
    part = UnitExposure(unit.edges[keep], unit.values[keep], unit.people)
    with pytest.raises(InputError, match="unknown on 1 of"):
        run(results, part)
    found = run(results, part, unknown="exclude")
    hit = frame.loc[frame["edge"] == gone, ["vehicle_day", "stop_before"]].drop_duplicates()
    assert found.report["legs_unknown"] >= len(hit)
    lost = found.legs[found.legs["how"] == "harm not known"]
    assert len(lost) == found.report["legs_unknown"]
    assert lost[HARM].isna().all()
    rest = found.legs.drop(lost.index)
    assert found.days["harm_driven"].sum() == pytest.approx(rest[HARM].sum())


def test_a_leg_that_needs_to_turn_round_is_still_priced(roads, truck, air):
    """Near a restricted junction, where turning round is the only way, the leg has a new route."""
    nodes = {1: (0, 0), 2: (200, 0), 3: (300, 0), 4: (300, -200), 5: (200, 200)}
    links = [(1, 2), (2, 3), (3, 2), (3, 4), (4, 1), (2, 5), (5, 2)]
    network = roads.make_network(nodes, links)
    # from the west only straight on: the way north is by turning round in the next junction
    first, then = roads.edge_number(network, 1, 2), roads.edge_number(network, 2, 3)
    only = TurnRestriction((first, then), True, "all", (), 1)
    network = network.replace(turn_restrictions=(only,))
    assert shortest_path(RoutingGraph.build(network), 0, 4) is None
    row = truck.table.iloc[[0]].assign(payload_capacity_kg=3800.0, operator_id="op", gvw_kg=7500.0)
    fleet = Fleet(
        row.set_index(pd.Index(["truck"], name="vehicle_id")),
        pd.DataFrame(index=pd.Index(["op"], name="operator_id")),
    )
    stops = []
    for seq, (x, y) in enumerate([(50.0, 0.0), (200.0, 150.0)]):
        lon, lat = roads.to_lonlat(x, y)
        stops.append(
            {
                "vehicle_id": "truck", "date": "2024-05-14", "seq": seq, "stop_id": f"s{seq}",
                "kind": "delivery", "lat": lat, "lon": lon, "service_min": 0.0, "drop_kg": 0.0,
                "window_start": 28800.0 if seq == 0 else np.nan, "window_end": np.nan,
            }
        )  # fmt: skip
    driven = build_itineraries(network, fleet, pd.DataFrame(stops), timezone="UTC")
    assert (driven.stops["status"] == "reached").all()
    unit = air(np.full(len(links), 50.0))
    found = reprice(driven, network, fleet, unit, country="MX", year=2024)
    assert len(found.legs) == 1
    assert found.legs[f"new_{HARM}"].iloc[0] == pytest.approx(found.legs[HARM].iloc[0])
    assert found.days["saved_harm"].iloc[0] == pytest.approx(0.0, abs=1e-12)
