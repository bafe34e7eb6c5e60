"""The US path against the two bus models it stems from, at speeds that made no factor."""

from __future__ import annotations

import csv
import importlib.util
import math
from pathlib import Path
from types import ModuleType

import pytest

from geofleet.defaults import Defaults, read_table

REPOSITORY = Path(__file__).resolve().parents[3]
HELD_OUT_KMH = (16.1, 32.2, 48.3, 64.4)
STANDARDS = ("epa_1998", "epa_2004", "epa_2007", "epa_2010_early", "epa_2010_mature")
POLLUTANTS = ("nox", "pm25", "co")


@pytest.fixture(scope="module")
def script() -> ModuleType:
    path = REPOSITORY / "data/emission_factors/us_path.py"
    spec = importlib.util.spec_from_file_location("us_path", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def bus() -> dict[tuple[str, float], dict[str, float]]:
    """Grams per kilometre, read here and not by the script that made the factors."""
    with (REPOSITORY / "tests/oracles/us_path_bus.csv").open(encoding="utf-8", newline="") as file:
        return {
            (row["standard"], float(row["speed_kmh"])): {
                name: float(row[f"{name}_g_km"]) for name in (*POLLUTANTS, "co2")
            }
            for row in csv.DictReader(file)
        }


def predicted(bus, epa: str, pollutant: str, speed: float) -> float:
    """Grams of an EPA bus per gram of CO2: factor times the European bus, as the stage does it."""
    defaults = Defaults()
    shape = bus[defaults.text("us_path", f"{epa}.{pollutant}.shape"), speed]
    factor = defaults.number("us_path", f"{epa}.{pollutant}.per_fuel_factor")
    return factor * shape[pollutant] / shape["co2"]


def error(bus, epa: str, pollutant: str, speed: float) -> float:
    return predicted(bus, epa, pollutant, speed) / (
        bus[epa, speed][pollutant] / bus[epa, speed]["co2"]
    )


def test_speeds_are_held_out(script, bus) -> None:
    """No speed both makes and tests the factors, and together they are all there are."""
    speeds = {speed for _, speed in bus}
    assert set(HELD_OUT_KMH).isdisjoint(script.CALIBRATION_KMH)
    assert set(HELD_OUT_KMH) | set(script.CALIBRATION_KMH) == speeds


@pytest.mark.parametrize("speed", HELD_OUT_KMH)
def test_epa_2004_soot_at_held_out_speeds(bus, speed) -> None:
    """Particles of EPA 2004 engines come within 1.3 times of MOVES where nothing was fitted."""
    assert 1 / 1.3 < error(bus, "epa_2004", "pm25", speed) < 1.3


@pytest.mark.parametrize("pollutant", POLLUTANTS)
@pytest.mark.parametrize("epa", STANDARDS)
def test_all_factors_at_held_out_speeds(bus, epa, pollutant) -> None:
    """Every factor is within 1.3 times of the modelled bus."""
    limit = 1.3
    errors = [error(bus, epa, pollutant, speed) for speed in HELD_OUT_KMH]
    assert max(abs(math.log(one)) for one in errors) < math.log(limit)
    assert abs(math.log(errors[1])) < math.log(1.15), "in town, 32 km/h"


def test_table_is_what_the_script_makes(script, bus) -> None:
    """The committed table is that of the committed script and bus."""
    table = read_table("us_path").reset_index()
    made = script.table(script.read_bus())
    columns = ["id", "value", "unit", "year", "source", "status", "note"]
    assert [tuple(str(x) for x in row) for row in made] == [
        tuple(str(x) for x in row) for row in table[columns].itertuples(index=False)
    ]


def test_band_holds_the_factor() -> None:
    """Low and high stand on either side of the factor."""
    defaults = Defaults()
    for epa in STANDARDS:
        for base in (*POLLUTANTS, "voc"):
            low, mid, high = (
                defaults.number("us_path", f"{epa}.{base}.per_fuel_{name}")
                for name in ("low", "factor", "high")
            )
            assert 0 < low <= mid <= high


def per_fuel(bus, standard: str, pollutant: str, speed: float) -> float:
    return bus[standard, speed][pollutant] / bus[standard, speed]["co2"]


def test_epa_2004_is_not_euro_4(bus) -> None:
    """Per fuel its soot is about five times that of Euro IV, its NOx the same."""
    ratios = [
        predicted(bus, "epa_2004", "pm25", speed) / per_fuel(bus, "euro_4", "pm25", speed)
        for speed in HELD_OUT_KMH
    ]
    assert all(4.5 < one < 7.0 for one in ratios)
    ratios = [
        predicted(bus, "epa_2004", "nox", speed) / per_fuel(bus, "euro_4", "nox", speed)
        for speed in HELD_OUT_KMH
    ]
    assert all(0.9 < one < 1.1 for one in ratios)


def test_epa_2007_has_a_filter_and_euro_5_has_none(bus) -> None:
    """Per fuel its soot is about a quarter of that of Euro V."""
    for speed in HELD_OUT_KMH:
        ratio = predicted(bus, "epa_2007", "pm25", speed) / per_fuel(bus, "euro_5", "pm25", speed)
        assert 0.15 < ratio < 0.45


def test_epa_2010_is_not_euro_6(bus) -> None:
    """Per fuel its NOx is 3.6 (later engines) to 7 times (first engines) that of Euro VI."""
    for standard, want in (("epa_2010_early", 7.0), ("epa_2010_mature", 3.5)):
        ratios = [
            predicted(bus, standard, "nox", speed) / per_fuel(bus, "euro_6", "nox", speed)
            for speed in (24.1, 32.2, 40.2)
        ]
        assert sorted(ratios)[1] == pytest.approx(want, rel=0.12)
