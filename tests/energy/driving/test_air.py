"""Air at a height, against published tables."""

from __future__ import annotations

import numpy as np
import pytest

from geofleet.defaults import Defaults
from geofleet.energy.driving import air_pressure_pa
from geofleet.energy.driving.air import hourly
from geofleet.errors import InputError

# ISO 2533 (1975), table of pressure against geopotential height, hPa
TABLE = {-500.0: 1074.8, 0.0: 1013.25, 1000.0: 898.75, 2000.0: 794.95, 4000.0: 616.40}


def test_pressure_is_that_of_the_published_table() -> None:
    """Heights of the standard's own table; one height gives one number, unknown stays unknown."""
    found = air_pressure_pa(list(TABLE))
    np.testing.assert_allclose(found, 100.0 * np.array(list(TABLE.values())), rtol=2e-4)
    assert air_pressure_pa(0.0).shape == ()
    assert np.isnan(air_pressure_pa([np.nan, 0.0])).tolist() == [True, False]
    lower = air_pressure_pa(0.0, defaults=Defaults({"energy:sea_level_pressure": 100000.0}))
    assert float(lower) == pytest.approx(1e5)


@pytest.mark.parametrize("height", [12000.0, "high", [0.0, -900.0]])
def test_heights_that_are_none_are_refused(height: object) -> None:
    """The standard atmosphere of the troposphere, and no words."""
    with pytest.raises(InputError, match="heights from -500 to 9000 m"):
        air_pressure_pa(height)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", ["warm", [1.0, 2.0], ["a"] * 24, []])
def test_hours_are_one_number_or_twenty_four(value: object) -> None:
    """Whatever else comes is refused by name."""
    with pytest.raises(InputError, match="one number, or 24"):
        hourly(value, "temperature_c", -60.0, 60.0)  # type: ignore[arg-type]
