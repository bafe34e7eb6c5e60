"""Days called feasible, driven again link by link by a simulator that shares no formula."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from geofleet.defaults import Defaults
from geofleet.energy import electric_models, feasibility
from geofleet.energy.catalogue import vehicle_parameters
from geofleet.energy.driving.air import air_density_kg_m3
from geofleet.energy.driving.parameters import driving_parameters

MODELS = ("ford_e_transit_350", "fuso_ecanter_2017", "byd_t3", "mercedes_eactros_300_19t")
DAYS, LINKS, PER_LEG = 12, 48, 8
PRESSURE = 78000.0
AIR = 18.0  # neither heating nor cooling
START = 0.23  # 8 % of the battery above the reserve


def town(road: Any) -> tuple[Any, Any, pd.DataFrame]:
    """Twelve days over hilly streets with five deliveries each, windows and falling loads."""
    rng = np.random.default_rng(20)
    network = road.chain(
        rng.uniform(40, 900, LINKS), rng.uniform(-0.05, 0.05, LINKS), highway="residential"
    )
    days, stops = [], []
    for day in range(DAYS):
        legs = np.arange(LINKS) // PER_LEG
        load = rng.uniform(500, 5000)
        one = road.drive(
            network, rng.uniform(10, 50, LINKS), load * (1 - legs / 6), legs,
            depart_s=28800.0 + 600 * day,
        )  # fmt: skip
        one.frame["vehicle_day"] = np.int32(day)
        service = np.array([0.0, *rng.uniform(5, 20, 5), 0.0])
        drive = one.frame["length_m"] / one.frame["speed_kmh"].astype(float) * 3.6
        leg_s = drive.groupby(legs).sum().to_numpy()
        one.frame["enter_s"] += np.repeat(np.cumsum(service[:-1]) * 60, PER_LEG)
        arrive = one.frame["enter_s"].iloc[0] + np.concatenate(
            [[0.0], np.cumsum(leg_s) + np.cumsum(service[:-1]) * 60]
        )
        slack = rng.uniform(-120, 900, 7)
        stops.append(
            pd.DataFrame(
                {
                    "vehicle_day": day, "stop_number": np.arange(7),
                    "kind": ["depot", *["delivery"] * 5, "depot"], "service_min": service,
                    "arrive_s": arrive, "window_end": np.where(slack > 600, np.nan, arrive + slack),
                    "status": "reached",
                }
            )
        )  # fmt: skip
        days.append(one)
    frame = pd.concat([one.frame for one in days], ignore_index=True)
    calendar = pd.concat([one.vehicle_days for one in days], ignore_index=True)
    calendar["vehicle_id"] = [f"truck-{day}" for day in range(DAYS)]
    return (
        network,
        type(days[0])(frame, calendar, days[0].timezone),
        pd.concat(stops, ignore_index=True),
    )


def replay(
    oracle: Any, network: Any, rows: pd.DataFrame, stops: pd.DataFrame, vehicle: Any
) -> dict[str, float]:
    """Drive one day in small steps: least charge, energy, greatest load and lateness."""
    rules = driving_parameters(Defaults())
    body = oracle.Body(
        vehicle.curb_mass_kg, vehicle.rotating_mass_kg, vehicle.rolling_coefficient,
        vehicle.drag_area_m2, rules.acceleration_m_s2, rules.braking_m_s2,
    )  # fmt: skip
    density = float(air_density_kg_m3(AIR, PRESSURE))
    links = []
    for row in rows.itertuples():
        edge = network.edges.iloc[row.edge]
        speed = row.speed_kmh / 3.6
        free = max(edge["speed_free_kmh"] / 3.6, speed)
        full = 3.0 * row.length_m / 1000  # of residential streets
        slowing = float(rules.slowing_per_m(np.array([speed]), np.array([free]))[0]) * row.length_m
        halts = full + slowing
        links.append(
            oracle.Link(
                row.length_m, speed, free, halts, full * rules.stop_standing_s / halts,
                edge["grade"], row.payload_kg, density,
            )
        )  # fmt: skip
    legs = list(rows["stop_before"])
    parts = oracle.profile(links, legs, body)
    powertrain = oracle.electric(vehicle)
    terminal = vehicle.auxiliary_power_w
    base = terminal / vehicle.battery_efficiency + vehicle.battery_loss_per_w * terminal**2
    full_j = vehicle.battery_usable_wh * 3600
    held = lowest = START * full_j
    used = late = 0.0
    clock = float(stops["arrive_s"].iloc[0])
    for number, stop in enumerate(stops.itertuples()):
        if number:
            late = (
                max(late, clock - stop.window_end) if stop.window_end == stop.window_end else late
            )
            stood = stop.service_min * 60 if number < len(stops) - 1 else 0.0
            held -= base * rules.stop_auxiliary_share * stood
            used += base * rules.stop_auxiliary_share * stood
            clock += stood
            lowest = min(lowest, held)
        for link, part, leg in zip(links, parts, legs, strict=True):
            if leg != number:
                continue
            energy = oracle.link_energy(link, part, body, powertrain, 200)
            seconds = link.length / link.speed
            net = energy["drawn"] - energy["returned"] + base * seconds
            net = max(net, held - full_j)  # a full battery takes no more
            held, used, clock = held - net, used + net, clock + seconds
            lowest = min(lowest, held)
    return {
        "soc_min": lowest / full_j, "energy_wh": used / 3600, "late_s": late,
        "load_kg": float(rows["payload_kg"].max()),
    }  # fmt: skip


@pytest.fixture(scope="module")
def judged(road, oracle):
    """Verdicts of twelve days for models with little charge: it suffices, or does not."""
    network, traversals, stops = town(road)
    models = electric_models(MODELS)
    result = feasibility(
        traversals, network, models, stops=stops, temperature_c=AIR, pressure_pa=PRESSURE,
        defaults=Defaults({"energy:start_soc": START}),
    )  # fmt: skip
    replays = {}
    for row in result.verdicts.itertuples():
        own = traversals.frame["vehicle_day"] == row.vehicle_day
        replays[row.Index] = replay(
            oracle, network, traversals.frame[own].reset_index(drop=True),
            stops[stops["vehicle_day"] == row.vehicle_day],
            vehicle_parameters(models, row.model_id),
        )  # fmt: skip
    return result.verdicts, pd.DataFrame(replays).T, models


def test_no_day_called_feasible_breaks_energy_load_or_time(judged):
    """By the curves of the vehicle; energy within what the fit of the powertrain leaves open."""
    verdicts, again, models = judged
    capacity = models.frame["payload_capacity_kg"].loc[verdicts["model_id"]].to_numpy()
    good = verdicts["feasible"].to_numpy()
    assert 8 <= good.sum() <= 0.9 * len(good)
    assert set(verdicts["cause"]) >= {"none", "payload", "energy", "time window"}
    slack = 0.025 * again["energy_wh"] / verdicts["battery_wh"]
    assert (again["soc_min"] >= 0.15 - slack)[good].all()
    assert (again["load_kg"] <= capacity * (1 + 1e-6))[good].all()
    assert (again["late_s"] <= 1e-3)[good].all()


def test_days_called_late_or_overloaded_are_so(judged):
    """The other way round: nothing is refused for a cause that the simulator does not see."""
    verdicts, again, models = judged
    late = (verdicts["cause"] == "time window").to_numpy()
    np.testing.assert_allclose(again["late_s"][late], verdicts["late_s"][late], atol=0.5)
    capacity = models.frame["payload_capacity_kg"].loc[verdicts["model_id"]].to_numpy()
    heavy = (verdicts["cause"] == "payload").to_numpy()
    assert (again["load_kg"] > capacity)[heavy].all()
    empty = (verdicts["cause"] == "energy").to_numpy()
    assert (again["soc_min"] <= 0.15 + 0.025)[empty].all()


def test_energy_of_days_is_that_of_small_steps(judged):
    """Polynomials against curves, sharp edges against fades: bias 1 %, each day 2.5 %."""
    verdicts, again, _ = judged
    whole = verdicts["refused_wh"] == 0.0
    ratio = (verdicts["energy_wh"] / again["energy_wh"])[whole]
    assert len(ratio) > 30
    assert abs(ratio.mean() - 1.0) <= 0.01
    assert (abs(ratio - 1.0) <= 0.025).all()
