"""Against what others measured or fitted: consumption, claimed ranges, real drive cycles."""

from __future__ import annotations

import numpy as np
import pytest

from geofleet.energy import electric_models, traversal_energy
from geofleet.energy.catalogue import vehicle_parameters
from geofleet.energy.driving import air_density_kg_m3
from geofleet.energy.driving.cycles import cycle_link_energy, links_of_cycle
from geofleet.energy.vehicle import Conditions, read_cycle, trace_energy

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


@pytest.mark.shared
@pytest.mark.parametrize("name", [*CITY, *WITH_FREEWAY])
def test_links_know_only_mean_speed_yet_come_near_the_real_cycle(road, shared_data, name):
    """A city cycle second by second against streets of its mean speed, free speed 50 km/h: 30 %.

    Cycles that mix streets and freeway have no one mean speed to speak of: 40 %.
    """
    cycle = read_cycle(shared_data / "ev" / "cycles" / f"{name}.csv")
    vehicle = vehicle_parameters(electric_models(["fuso_ecanter_2017"]), "fuso_ecanter_2017")
    share = 1500.0 / vehicle.payload_capacity_kg
    day = Conditions(
        air_density_kg_m3=float(air_density_kg_m3(20.0, 101325.0)), payload_kg=1500.0,
        start_soc=0.9,
    )  # fmt: skip
    truth = trace_energy(cycle, vehicle, day).consumption_wh_per_km / 1000
    mean = cycle.distance_m / cycle.duration_s * 3.6
    ours = kwh_per_km(road, "fuso_ecanter_2017", mean, "secondary", share, 10)
    assert ours == pytest.approx(truth, rel=0.30 if name in CITY else 0.40)


@pytest.mark.shared
@pytest.mark.parametrize("name", ["nrel2vail", "vail2nrel"])
def test_a_mountain_drive_by_links_comes_near_second_by_second(shared_data, name):
    """139 km through the Rockies cut into 500 m links with their mean grade and speed: 3 %.

    Of a truck whose motor keeps up with the cycle.
    """
    model = "mercedes_eactros_300_19t"
    cycle = read_cycle(shared_data / "ev" / "cycles" / f"{name}.csv")
    vehicle = vehicle_parameters(electric_models([model]), model)
    day = Conditions(air_density_kg_m3=1.0, payload_kg=1500.0, start_soc=0.9)
    truth = trace_energy(cycle, vehicle, day)
    ours = cycle_link_energy(cycle, vehicle, day, length_m=500.0)
    assert truth.distance_share > 0.999
    assert ours.energy_wh == pytest.approx(truth.energy_wh, rel=0.03)
    climbed = links_of_cycle(cycle, 500.0)
    height = float((climbed.grade * climbed.length_m).sum())
    metres = 0.5 * (cycle.speed_m_s[1:] + cycle.speed_m_s[:-1]) * np.diff(cycle.time_s)
    assert height == pytest.approx(float((cycle.grade[1:] * metres).sum()), rel=1e-9)


def test_thin_air_saves_what_is_published_for_mexico_city(road):
    """At 2,240 m a van takes some 3 % less in stop-start traffic and 13 % less at 80 km/h."""
    models = electric_models(["ford_e_transit_350"])
    saved = {}
    for speed, highway in ((25.0, "secondary"), (80.0, "motorway")):
        network = road.chain([200.0] * 100, highway=highway)
        low, high = (
            float(
                traversal_energy(
                    road.drive(network, speed, 500.0), network, models, "ford_e_transit_350",
                    temperature_c=20.0, pressure_pa=pressure,
                )["energy_wh"].sum()
            )
            for pressure in (101325.0, 77300.0)
        )  # fmt: skip
        saved[speed] = 1.0 - high / low
    assert 0.01 <= saved[25.0] <= 0.05
    assert 0.10 <= saved[80.0] <= 0.17
