"""Against what others measured or fitted: consumption, claimed ranges, real drive cycles."""

from __future__ import annotations

import csv
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from geofleet.energy import _kernels as kernels
from geofleet.energy import electric_models, traversal_energy

# HBEFA4 fits for battery-electric vehicles in SUMO 1.28.0, run at 30, 40 and 80 km/h, kWh/km.
HBEFA4 = {
    "ford_e_transit_350": (0.28, 0.26, 0.33),  # N1 class III
    "fuso_ecanter_2017": (0.46, 0.50, 0.77),  # rigid up to 7.5 t
    "freightliner_em2_class6": (0.67, 0.71, 0.87),  # rigid 7.5-12 t
    "mercedes_eactros_300_19t": (0.93, 0.94, 0.97),  # rigid above 12 t
}
CITY = ("cshvr", "occ", "wvusub", "wvucity", "nyccomp", "manhattan", "nyctruck", "nycc")
WITH_FREEWAY = ("uddshdv", "la92", "wvuinter")


def kwh_per_km(road, name, speed_kmh, highway, share_of_payload, kilometres=40):
    models = electric_models([name])
    network = road.chain([200.0] * (kilometres * 5), highway=highway)
    payload = share_of_payload * float(models.frame["payload_capacity_kg"].iloc[0])
    table = traversal_energy(
        road.drive(network, speed_kmh, payload), network, models, name, temperature_c=20.0
    )
    return float(table["energy_wh"].sum()) / 1000 / kilometres


@pytest.mark.parametrize("name", HBEFA4)
@pytest.mark.parametrize(("column", "speed", "highway"), [
    (0, 30.0, "secondary"), (1, 40.0, "primary"), (2, 80.0, "motorway"),
])  # fmt: skip
def test_half_laden_vehicles_are_within_thirty_per_cent_of_hbefa4(
    road, name, column, speed, highway
):
    """HBEFA4's loads, tyres and bodies are not ours: the band is 30 %, and no more."""
    ours = kwh_per_km(road, name, speed, highway, 0.5)
    assert ours == pytest.approx(HBEFA4[name][column], rel=0.30)


@pytest.mark.parametrize("name", list(electric_models().frame["range_claimed_km"].dropna().index))
def test_range_in_town_is_of_the_order_of_the_claim(road, name):
    """Makers claim from 0.5 to 1.8 times what a third of the load in town at 20 °C gives.

    Half of them lie between 0.8 and 1.0; below are those that claim for a full load on the road,
    above is one that claims 0.21 kWh/km for a truck of six tonnes.
    """
    model = electric_models([name]).frame.iloc[0]
    use = kwh_per_km(road, name, 30.0, "secondary", 1 / 3)
    ratio = model["range_claimed_km"] / (model["battery_usable_wh"] / 1000 / use)
    assert 0.5 <= ratio <= 1.8


def read_cycle(folder: Path, name: str):
    with (folder / f"{name}.csv").open() as handle:
        rows = list(csv.DictReader(handle))
    speeds = [float(row["mps"]) for row in rows]
    return speeds, [1.0] * (len(speeds) - 1), [float(row["grade"]) for row in rows[1:]]


def oracle_kwh_per_km(oracle, cycle, model, mass):
    speeds, steps, grades = cycle
    work = oracle.simulate(
        speeds, steps, grades, mass=mass, rolling=model["rolling_coefficient"],
        drag_area=model["drag_area_m2"], density=101325 / (287.05 * 293.15),
        efficiency=0.97 * 0.92 * 0.96 * 0.97, friction=0.1, cutoff=1.5,
        power_limit=model["motor_power_w"],
    )  # fmt: skip
    seconds = sum(steps)
    auxiliary = model["auxiliary_power_w"] * seconds / (0.93 * 0.97)
    joules = work["traction"] - work["regenerated"] + auxiliary
    return joules / 3.6e6 / (work["distance"] / 1000), work["distance"], seconds


@pytest.mark.shared
@pytest.mark.parametrize("name", [*CITY, *WITH_FREEWAY])
def test_links_know_only_mean_speed_yet_come_near_the_real_cycle(road, oracle, shared_data, name):
    """A city cycle second by second against links of its mean speed: within 20 %.

    Cycles that mix streets and freeway have no one mean speed to speak of: within 30 %.
    """
    cycle = read_cycle(shared_data / "ev" / "cycles", name)
    model = electric_models(["fuso_ecanter_2017"]).frame.iloc[0]
    truth, distance, seconds = oracle_kwh_per_km(oracle, cycle, model, 5500.0)
    mean = distance / seconds * 3.6
    ours = kwh_per_km(road, "fuso_ecanter_2017", mean, "secondary", 1500 / 3500, 10)
    assert ours == pytest.approx(truth, rel=0.20 if name in CITY else 0.30)


@pytest.mark.shared
@pytest.mark.parametrize("name", ["nrel2vail", "vail2nrel"])
def test_a_mountain_drive_by_links_comes_near_second_by_second(road, oracle, shared_data, name):
    """139 km through the Rockies cut into 500 m links with their mean grade and speed: 5 %."""
    speeds, steps, grades = read_cycle(shared_data / "ev" / "cycles", name)
    model = electric_models(["fuso_ecanter_2017"]).frame.iloc[0]
    truth, distance, _ = oracle_kwh_per_km(oracle, (speeds, steps, grades), model, 5500.0)
    metres = (np.array(speeds[1:]) + np.array(speeds[:-1])) / 2
    link = (np.cumsum(metres) / 500).astype(int)
    length = np.bincount(link, metres)
    seconds = np.bincount(link)
    grade = np.bincount(link, metres * np.array(grades)) / np.maximum(length, 1e-9)
    keep = length > 1.0
    network = road.chain(length[keep], grade[keep])
    speed = length[keep] / seconds[keep] * 3.6
    models = electric_models(["fuso_ecanter_2017"])
    table = traversal_energy(
        road.drive(network, speed, 1500.0), network, models, "fuso_ecanter_2017",
        temperature_c=20.0, pressure_pa=101325.0,
    )  # fmt: skip
    ours = float(table["energy_wh"].sum()) / distance
    assert ours == pytest.approx(truth, rel=0.05)


@pytest.mark.shared
@pytest.mark.parametrize("name", [*CITY, *WITH_FREEWAY, "hhddt65"])
def test_pieces_of_constant_acceleration_add_up_to_the_cycle(oracle, shared_data, name):
    """Every second of a real cycle through the closed form equals a fine time-stepping: 0.1 %."""
    speeds, _, _ = read_cycle(shared_data / "ev" / "cycles", name)
    mass, rolling, drag_area, density = 5500.0, 0.009, 4.2, 1.2
    fine_speeds, fine_steps = oracle.trapezoid(
        [(a, b, 1.0) for a, b in pairwise(speeds)], step=0.05
    )
    expected = oracle.simulate(
        fine_speeds, fine_steps, [0.0] * len(fine_steps), mass=mass, rolling=rolling,
        drag_area=drag_area, density=density, cutoff=1.5, power_limit=60e3,
    )  # fmt: skip
    total = np.zeros(3)
    for a, b in pairwise(speeds):
        base = mass * 1.05 * (b - a) + mass * kernels.GRAVITY * rolling
        total += kernels.segment_work(
            base, 0.5 * density * drag_area, a * a, b * b, (a + b) / 2, 1.5, 60e3
        )
    assert total[0] == pytest.approx(expected["traction"], rel=1e-3)
    assert total[1] == pytest.approx(expected["braking"], rel=1e-3)
    assert total[2] == pytest.approx(expected["regenerated"], rel=5e-3)
