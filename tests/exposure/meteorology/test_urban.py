"""The urban option against section-by-section arithmetic, and at its limits."""

from __future__ import annotations

import numpy as np
import pytest

from geofleet.exposure.meteorology import urban

ONE = np.ones(1)


def layer(
    friction: float, length: float, *, convective: float = 1000.0, people: float = 20e6,
    mechanical: float = 100.0, rough: float = 1.0,
) -> urban.UrbanLayer:  # fmt: skip
    return urban.urban_layer(
        friction * ONE, length * ONE, mechanical * ONE, mechanical * ONE, convective * ONE,
        285.0 * ONE, population=people, roughness_m=0.3, urban_roughness_m=rough,
    )  # fmt: skip


def test_heat_island_and_depth_by_hand() -> None:
    """Two million: 12 K and 400 m. Twenty million: 12 (0.1 ln 10 + 1) = 14.763 K, 711.3 m."""
    assert urban.heat_island_k(2e6) == pytest.approx(12.0)
    assert urban.heat_island_k(20e6) == pytest.approx(14.7631, abs=1e-4)
    assert urban.urban_depth_m(20e6) == pytest.approx(711.312, abs=1e-3)
    assert urban.heat_island_k(1e5) == pytest.approx(12.0 * (1.0 - 0.1 * np.log(20.0)))


def test_a_stable_hour_of_twenty_million_by_hand() -> None:
    """u* 0.1, L 20 m, 285 K: heat 0.03 x 14.763 x 0.1 = 0.044289 K m/s.

    w* = (9.80616 x 0.044289 x 711.31 / 285)^(1/3) = 1.0273 m/s. h7 = 7 m: u* becomes
    1.0273 (1.6 (7/711.31)^(2/3))^0.5 / (1.3 (1 - 7/711.31)^0.5) = 0.21526 m/s;
    L = 285 x 0.21526^3 / (0.4 x 9.80616 x 0.044289) = 16.36 m, less than 20, which stays.
    """
    city = layer(0.1, 20.0)
    assert city.applies[0]
    assert city.convective_velocity[0] == pytest.approx(1.02727, abs=2e-4)
    assert city.friction_velocity[0] == pytest.approx(0.21526, abs=2e-4)
    assert city.obukhov_length[0] == 20.0
    assert city.depth[0] == pytest.approx(711.312, abs=1e-3)
    assert layer(0.1, 5.0).obukhov_length[0] == pytest.approx(16.36, abs=0.05)
    assert layer(0.1, 5.0, rough=2.0).friction_velocity[0] > city.friction_velocity[0]


def test_a_small_city_by_hand() -> None:
    """100,000 people: 8.4051 K, 189.15 m; u* 0.3 is already more than the city stirs up.

    Heat 0.03 x 8.4051 x 0.3 = 0.075646; w* = (9.80616 x 0.075646 x 189.15 / 285)^(1/3) = 0.78963;
    0.78963 (1.6 (7/189.15)^(2/3))^0.5 / (1.3 (1 - 7/300)^0.5) = 0.25917 < 0.3, with z_mech 300 m.
    """
    city = layer(0.3, 50.0, people=1e5, mechanical=300.0)
    assert city.convective_velocity[0] == pytest.approx(0.78963, abs=2e-4)
    assert city.friction_velocity[0] == 0.3
    assert city.depth[0] == 300.0
    slower = layer(0.299, 50.0, people=1e5, mechanical=300.0)
    assert slower.friction_velocity[0] == 0.299
    assert layer(0.1, 50.0, people=1e5, mechanical=300.0).friction_velocity[0] > 0.1


def test_mornings_change_and_afternoons_do_not() -> None:
    """An unstable hour changes while its layer is below 711 m; L stays negative, never longer."""
    noon = layer(0.3, -40.0, convective=1200.0)
    assert not noon.applies[0]
    assert (noon.friction_velocity[0], noon.obukhov_length[0]) == (0.3, -40.0)
    assert noon.convective_velocity[0] == 0.0
    morning = layer(0.1, -400.0, convective=300.0)
    assert morning.applies[0]
    length = -285.0 * morning.friction_velocity[0] ** 3 / (0.4 * 9.80616 * 0.0442893)
    assert morning.obukhov_length[0] == pytest.approx(length, rel=1e-5)
    assert layer(0.1, -4.0, convective=300.0).obukhov_length[0] == -4.0


def test_more_people_mean_more_mixing() -> None:
    """Depth, stirring and friction grow with the city."""
    sizes = [layer(0.05, 2.0, people=people) for people in (1e4, 1e5, 1e6, 1e7, 3e7)]
    for quantity in ("depth", "friction_velocity", "convective_velocity"):
        values = [float(getattr(size, quantity)[0]) for size in sizes]
        assert values == sorted(values)
        assert values[0] < values[-1]
