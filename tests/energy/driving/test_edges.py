"""Energy of edges for routing: what a long drive over the same edge takes from each of them."""

from __future__ import annotations

import numpy as np
import pytest

from geofleet.defaults import Defaults
from geofleet.energy import electric_models, traversal_energy
from geofleet.energy.day.drive import driven_vehicles
from geofleet.energy.driving import edge_energy_wh
from geofleet.errors import InputError

MODEL = "ford_e_transit_350"


@pytest.fixture(scope="module")
def models():
    """One van."""
    return electric_models([MODEL])


def test_an_edge_costs_what_it_costs_in_a_row_of_its_like(models, road) -> None:
    """The middle link of a chain of equal links takes the energy of the edge."""
    defaults = Defaults()
    vehicle = driven_vehicles(models, defaults)[0]
    network = road.chain([250.0] * 7, grades=0.02)
    edge = edge_energy_wh(
        network, vehicle, speed_kmh=40.0, payload_kg=500.0, temperature_c=10.0, defaults=defaults
    )
    drive = road.drive(network, 40.0, payload_kg=500.0)
    table = traversal_energy(drive, network, models, MODEL, temperature_c=10.0)
    assert edge[3] == pytest.approx(table["energy_wh"].iloc[3], rel=1e-9)
    assert np.ptp(edge) < 1e-9


def test_loads_come_in_rows_and_weigh(models, road) -> None:
    """Several loads give one row each; a heavier one never takes less uphill."""
    vehicle = driven_vehicles(models, Defaults())[0]
    network = road.chain([400.0, 300.0], grades=[0.0, 0.04])
    found = edge_energy_wh(
        network, vehicle, speed_kmh=[50.0, 30.0], payload_kg=[0.0, 400.0, 900.0], temperature_c=20.0
    )
    assert found.shape == (3, 2)
    assert (np.diff(found, axis=0) > 0.0).all()
    alone = edge_energy_wh(
        network, vehicle, speed_kmh=[50.0, 30.0], payload_kg=400.0, temperature_c=20.0
    )
    np.testing.assert_allclose(found[1], alone, rtol=1e-12)


def test_a_long_descent_gives_energy_back(models, road) -> None:
    """Six per cent down costs less than nothing, and less than half of it comes back."""
    vehicle = driven_vehicles(models, Defaults())[0]
    network = road.chain([1000.0], grades=-0.06)
    found = edge_energy_wh(network, vehicle, speed_kmh=40.0, temperature_c=20.0)[0]
    fall_wh = vehicle.parameters.curb_mass_kg * 9.80665 * 60.0 / 3600.0
    assert -fall_wh < found < -0.3 * fall_wh


def test_speeds_and_loads_that_nobody_drives_are_named(models, road) -> None:
    """A speed of 0 and a load below 0 are one error."""
    vehicle = driven_vehicles(models, Defaults())[0]
    network = road.chain([100.0])
    with pytest.raises(InputError) as raised:
        edge_energy_wh(network, vehicle, speed_kmh=0.0, payload_kg=-1.0, temperature_c=20.0)
    assert {problem.field for problem in raised.value.problems} == {"speed_kmh", "payload_kg"}
