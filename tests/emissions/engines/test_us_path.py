"""The US certification path: per unit of fuel, by model year, and against an independent model."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from geofleet.defaults import Defaults
from geofleet.emissions import TraversalEmissions
from geofleet.errors import InputError
from geofleet.fleet import vehicle_class_names

Emit = Callable[..., TraversalEmissions]
TRUCKS = [name for name in vehicle_class_names() if not name.endswith("van")]
HELD_OUT = (16.1, 32.2, 48.3, 64.4)
"""Speeds of the bus table that the multipliers were not made from."""


def _moves(repository: Path, standard: str) -> dict[float, float]:
    """Return PM over CO2 of the modelled bus by speed."""
    with (repository / "tests/oracles/us_path_bus.csv").open(encoding="utf-8") as handle:
        lines = [line for line in handle if not line.startswith("#")]
    rows = [row for row in csv.DictReader(lines) if row["standard"] == standard]
    return {
        float(row["speed_kmh"]): float(row["pm25_g_km"]) / float(row["co2_g_km"]) for row in rows
    }


@pytest.mark.parametrize("vehicle_class", TRUCKS)
def test_epa_2004_soot_is_near_the_modelled_one(
    emit: Emit, repository: Path, vehicle_class: str
) -> None:
    """PM per unit of fuel of every truck class within 1.3 times of MOVES at held-out speeds."""
    moves = _moves(repository, "epa_2004")
    rows = [{"standard": "epa_2004", "vehicle_class": vehicle_class, "speed_kmh": v}
            for v in HELD_OUT]  # fmt: skip
    grams = emit(rows).grams
    ratio = (grams["pm25_exhaust_g"] / grams["co2_g"]).to_numpy() / [moves[v] for v in HELD_OUT]
    assert (ratio < 1.3).all(), ratio
    assert (ratio > 1 / 1.3).all(), ratio


def test_the_label_of_the_mexican_norm_is_wrong_for_soot(emit: Emit) -> None:
    """NOM-044 calls EPA 2004 and Euro IV equal; per unit of fuel the soot differs several times."""
    rows = [{"standard": name, "speed_kmh": 32.2} for name in ("epa_2004", "euro_4")]
    grams = emit(rows).grams
    pm25, nox = (grams[name] / grams["fuel_g"] for name in ("pm25_exhaust_g", "nox_exhaust_g"))
    assert 4.0 < pm25[0] / pm25[1] < 8.0
    assert 0.8 < nox[0] / nox[1] < 1.25


def test_nox_of_epa_2010_is_several_times_that_of_euro_6(emit: Emit) -> None:
    """Bus models give 3.6 to 7 times per unit of fuel; at 30 km/h most truck classes are near."""
    for year, low, high in ((2012, 4.0, 7.0), (2018, 2.5, 4.5)):
        rows = [{"vehicle_class": name, "standard": standard, "model_year": year, "speed_kmh": 30.0}
                for standard in ("epa_2010", "euro_6") for name in TRUCKS]  # fmt: skip
        grams = emit(rows).grams
        us, euro = (grams["nox_exhaust_g"] / grams["fuel_g"]).to_numpy().reshape(2, -1)
        assert low < np.median(us / euro) < high
        assert (us > 2.0 * euro).all()


def test_a_per_fuel_factor_worked_by_hand(emit: Emit) -> None:
    """EPA 2004 PM: row × Euro III PM ÷ Euro III fuel × own fuel, also between slopes and loads."""
    case = {"speed_kmh": 37.0, "grade": 0.013, "load": 0.3}
    result = emit([{**case, "standard": name} for name in ("epa_2004", "euro_3", "euro_4")])
    us, three, four = result.grams.to_dict("records")
    factor = Defaults().number("us_path", "epa_2004.pm25.per_fuel_factor")
    want = factor * three["pm25_exhaust_g"] / three["fuel_g"] * four["fuel_g"]
    assert us["pm25_exhaust_g"] == pytest.approx(want, rel=1e-12)
    assert us["fuel_g"] == pytest.approx(four["fuel_g"], rel=1e-12)


def test_epa_2010_grows_cleaner_by_model_year(emit: Emit) -> None:
    """Early up to 2013, mature from 2017, straight in between; NOx 3 to 8 times Euro VI."""
    years = (2010, 2013, 2014, 2015, 2016, 2017, 2024)
    rows = [{"standard": "epa_2010", "model_year": year} for year in years]
    nox = emit([*rows, {"standard": "euro_6"}]).grams["nox_exhaust_g"].to_numpy()
    assert nox[0] == nox[1]
    assert nox[5] == nox[6]
    np.testing.assert_allclose(np.diff(nox[1:6]), (nox[5] - nox[1]) / 4, rtol=1e-9)
    assert 3.0 < nox[5] / nox[7] < nox[0] / nox[7] < 8.0


def test_an_unknown_standard_is_the_mix_of_the_model_year(emit: Emit) -> None:
    """A Mexican truck of 2012: nine tenths EPA 2004, one tenth Euro IV, in every quantity."""
    rows = [{"standard": name} for name in ("unknown", "epa_2004", "euro_4")]
    result = emit(rows, country="MX")
    mix, us, euro = result.grams.to_numpy()
    np.testing.assert_allclose(mix, 0.9 * us + 0.1 * euro, rtol=1e-12)
    assert "certification_mix:MX.heavy.2009-2018.epa_2004" in result.provenance


@pytest.mark.parametrize("country", [None, "CL"])
def test_no_mix_is_invented(emit: Emit, country: str | None) -> None:
    """Elsewhere a vehicle must state its standard."""
    with pytest.raises(InputError, match=r"vehicle v0, field standard.*no certification mix"):
        emit([{"standard": "unknown"}], country=country)


def test_the_mix_can_be_edited(emit: Emit) -> None:
    """Shares that a study sets are used, and scaled to one."""
    own = Defaults({"certification_mix:MX.heavy.2009-2018.epa_2004": 0.5,
                    "certification_mix:MX.heavy.2009-2018.euro_4": 0.5})  # fmt: skip
    rows = [{"standard": name} for name in ("unknown", "epa_2004", "euro_4")]
    mix, us, euro = emit(rows, country="MX", defaults=own).grams.to_numpy()
    np.testing.assert_allclose(mix, 0.5 * us + 0.5 * euro, rtol=1e-12)


def test_filters_tell_the_standards_apart(emit: Emit) -> None:
    """EPA 2007 and 2010 and Euro VI have a filter: a tenth or less of the soot of those without."""
    names = ("epa_1998", "epa_2004", "euro_5", "epa_2007", "epa_2010", "euro_6")
    grams = emit([{"standard": name, "model_year": 2020} for name in names]).grams
    soot = grams["bc_exhaust_g"].to_numpy()
    assert soot[3:].max() < 0.1 * soot[:3].min()
