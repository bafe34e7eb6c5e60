"""Sun, cloud and net radiation: by hand, and against what the sky is known to do."""

from __future__ import annotations

import numpy as np
import pytest

from geofleet.exposure.meteorology import radiation

ONE = np.ones(1)
DRY = np.full(1, np.nan)


def test_sun_stands_where_it_should() -> None:
    """Equinox noon at the equator overhead, six o'clock on the horizon, tropics at solstice."""
    day = np.array([80.0, 80.0, 172.0, 355.0])
    hour = np.array([12.0, 6.0, 12.0, 12.0])
    sine = radiation.sine_solar_elevation(day, hour, 0.0)
    assert sine[0] == pytest.approx(1.0, abs=1e-3)
    assert sine[1] == pytest.approx(0.0, abs=1e-3)
    assert radiation.sine_solar_elevation(day, hour, 23.45)[2] == pytest.approx(1.0, abs=1e-3)
    assert radiation.sine_solar_elevation(day, hour, -29.9)[3] > sine[3]


def test_net_radiation_and_heat_by_hand() -> None:
    """Half sine, clear, 15 C, albedo 0.16 all day: (0.84 x 465 + 303.8 - 390.9) / 1.12 = 271.

    Nine tenths of it over 1 + 1 / 1.5 is 146.4 W/m2 of heat.
    """
    solar = radiation.clear_sky_radiation(0.5 * ONE)
    net = radiation.net_radiation(solar, 0.0 * ONE, 288.15 * ONE, DRY, albedo=0.16)
    assert net[0] == pytest.approx(271.0, abs=0.5)
    assert radiation.heat_flux(net, bowen_ratio=1.5)[0] == pytest.approx(146.4, abs=0.3)
    night = radiation.net_radiation(0.0 * ONE, 0.0 * ONE, 288.15 * ONE, DRY, albedo=0.16)
    assert night[0] == pytest.approx(-87.1 / 1.12, abs=0.5)


def test_overcast_lets_a_quarter_through_and_is_found_again() -> None:
    """1 - 0.75 n^3.4 and its inverse; too much is no cloud; NaN by night."""
    cloud = np.array([0.0, 0.3, 0.8, 1.0])
    assert radiation.cloudy_share(cloud)[3] == pytest.approx(0.25)
    sine = np.full(4, 0.7)
    measured = radiation.clear_sky_radiation(sine) * radiation.cloudy_share(cloud)
    np.testing.assert_allclose(radiation.cloud_from_radiation(measured, sine), cloud, atol=1e-12)
    assert radiation.cloud_from_radiation(np.array([2000.0]), 0.7 * ONE)[0] == 0.0
    assert radiation.cloud_from_radiation(np.array([10.0]), 0.7 * ONE)[0] == 1.0
    assert np.isnan(radiation.cloud_from_radiation(np.array([0.0]), -0.2 * ONE)[0])


def test_albedo_by_hand() -> None:
    """0.16 + 0.84 exp(-0.1 x 30 - 0.5 x 0.84^2) = 0.18939 at 30 degrees; low sun much more."""
    assert radiation.albedo_at(0.5 * ONE, 0.16)[0] == pytest.approx(0.189388, abs=1e-5)
    low, high = radiation.albedo_at(np.array([0.0, 1.0]), 0.16)
    assert low == pytest.approx(0.16 + 0.84 * np.exp(-0.3528), rel=1e-12)
    assert high == pytest.approx(0.16, abs=1e-3)


def test_net_radiation_vanishes_at_the_critical_sun() -> None:
    """Put back into the balance, the critical elevation gives nothing; cloud lowers it."""
    cloud = np.array([0.0, 0.3, 0.6])
    state = (cloud, np.full(3, 290.0), np.array([np.nan, 800.0, 1500.0]))
    critical = radiation.critical_elevation_deg(*state, noon_albedo=0.16)
    sine = np.sin(np.radians(critical))
    solar = radiation.clear_sky_radiation(sine) * radiation.cloudy_share(cloud)
    net = radiation.net_radiation(solar, *state, albedo=radiation.albedo_at(sine, 0.16))
    np.testing.assert_allclose(net, 0.0, atol=1e-6)
    assert (critical > 1.0).all()
    assert (critical < 20.0).all()


def test_long_waves_of_moist_and_unknown_air_agree_at_usual_humidity() -> None:
    """At 15 C and 65 % both clear-sky formulas say 303 W/m2; moister air gives more."""
    vapour = 0.65 * 1704.0 * ONE
    moist = radiation.incoming_longwave(288.15 * ONE, vapour)
    assert moist[0] == pytest.approx(radiation.incoming_longwave(288.15 * ONE, DRY)[0], rel=0.01)
    assert radiation.incoming_longwave(288.15 * ONE, 1.4 * vapour)[0] > moist[0]


def test_the_sundial() -> None:
    """It is 16.4 minutes ahead at the start of November and 14.2 behind in mid February."""
    minutes = 60.0 * radiation.equation_of_time_hours(np.array([307.0, 43.0, 105.0]))
    assert minutes[0] == pytest.approx(16.4, abs=0.3)
    assert minutes[1] == pytest.approx(-14.2, abs=0.4)
    assert minutes[2] == pytest.approx(0.0, abs=0.5)
