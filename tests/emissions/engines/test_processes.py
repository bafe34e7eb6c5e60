"""Cold starts, idling, altitude, age and the balance of fuel against what it becomes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from geofleet.defaults import Defaults
from geofleet.emissions import QUANTITIES, TraversalEmissions, traversal_emissions
from geofleet.errors import InputError

Emit = Callable[..., TraversalEmissions]
Table = Callable[..., Any]


def _one_day(
    table: Table, lengths_m: list[float], *, stops_s: list[float], start_s: float = 0.0, **row: Any
) -> tuple[Any, Any, Any]:
    """Return one vehicle-day of several links, with a stop of so many seconds before each."""
    rows = [{"length_m": length, "edge": 0, **row} for length in lengths_m]
    traversals, network, fleet = table(rows)
    frame = traversals.frame
    frame["vehicle_day"] = np.int32(0)
    frame["seq"] = np.arange(len(frame), dtype=np.int32)
    frame["stop_before"] = np.cumsum([stop > 0 for stop in stops_s]).astype(np.int32)
    drive = frame["length_m"].to_numpy() / (frame["speed_kmh"].to_numpy() / 3.6)
    frame["enter_s"] = start_s + np.cumsum(stops_s) + np.cumsum(drive) - drive
    return traversals, network, fleet


def test_cold_van_worked_by_hand(table: Table) -> None:
    """At 10 °C a van drives 3.5 of its first kilometres cold, and emits 2.1 times the PM there."""
    day = _one_day(table, [2000.0, 2000.0, 2000.0], stops_s=[0, 0, 0], vehicle_class="cargo_van")
    cold = traversal_emissions(*day, temperature_c=[10.0] * 24, processes=("hot", "cold_start"))
    hot = traversal_emissions(*day, processes=("hot",)).grams
    share = 0.6474 - 0.02545 * 12 - (0.00974 - 0.000385 * 12) * 10
    cold_km = 12 * share
    ratio = {"pm25_exhaust_g": 3.1 - 0.1 * 10, "nox_exhaust_g": 1.3 - 0.013 * 10,
             "co_exhaust_g": 1.9 - 0.03 * 10, "fuel_g": 1.34 - 0.008 * 10}  # fmt: skip
    for name, value in ratio.items():
        part = np.clip(cold_km - np.array([0.0, 2.0, 4.0]), 0.0, 2.0) / 2.0
        want = hot[name].to_numpy() * (1.0 + part * (value - 1.0))
        np.testing.assert_allclose(cold.grams[name], want, rtol=1e-6)
    extra = cold.grams.sum() - hot.sum()
    np.testing.assert_allclose(cold.processes.loc["cold_start"], extra, rtol=1e-9, atol=1e-9)


def test_trucks_and_warm_days_have_no_cold_start(table: Table) -> None:
    """The guidebook has none for trucks; in hot weather nothing is taken away from a van either."""
    for vehicle_class, air in (("rigid_20t", 0.0), ("cargo_van", 45.0)):
        day = _one_day(table, [5000.0], stops_s=[0], vehicle_class=vehicle_class)
        result = traversal_emissions(*day, temperature_c=[air] * 24)
        assert result.processes.loc["cold_start"].abs().sum() == 0.0


def test_an_engine_that_stood_long_is_cold_again(table: Table) -> None:
    """After a stop of nine hours the first kilometre is cold again; after one hour it is not."""
    for hours, again in ((9, True), (1, False)):
        lengths, stops = [8000.0, 1000.0], [0.0, hours * 3600.0]
        day = _one_day(table, lengths, stops_s=stops, vehicle_class="cargo_van")
        hot = traversal_emissions(*day, processes=("hot",)).grams
        cold = traversal_emissions(*day, processes=("hot", "cold_start")).grams
        more = cold["pm25_exhaust_g"] > hot["pm25_exhaust_g"] * (1 + 1e-9)
        assert more.tolist() == [True, again]


def test_idling_at_a_stop_worked_by_hand(table: Table) -> None:
    """Ten minutes at a stop: a quarter of them idling at the fuel of the class."""
    day = _one_day(table, [1000.0, 1000.0], stops_s=[0.0, 600.0])
    result = traversal_emissions(*day)
    idle = result.processes.loc["idle"]
    hours = min(600 * 0.25, 300.0) / 3600
    assert idle["fuel_g"] == pytest.approx(2191 * hours, rel=1e-4)
    # The ratio of pollutant to fuel is that of the slowest speed, level and empty.
    slow = traversal_emissions(
        *table([{"speed_kmh": 12.0, "load": 0.0}]), processes=("hot",)
    ).grams.iloc[0]
    for name in ("nox_exhaust_g", "pm25_exhaust_g", "bc_exhaust_g", "co2_g"):
        assert idle[name] / idle["fuel_g"] == pytest.approx(slow[name] / slow["fuel_g"], rel=1e-9)
    assert idle["pm25_wear_g"] == 0.0


def test_idling_is_near_a_measured_one(table: Table) -> None:
    """Trucks of before 1999 idled at 85 g/h NOx and 1.8 g/h PM (McCormick et al. 2000)."""
    own = Defaults({"idle:stop.engine_on_share": 1.0, "idle:stop.engine_on_max_s": 3600})
    for standard in ("pre_euro", "euro_1"):
        for name in ("rigid_20t", "rigid_26t", "articulated_40t"):
            day = _one_day(table, [10.0, 10.0], stops_s=[0.0, 3600.0], vehicle_class=name,
                           standard=standard)  # fmt: skip
            idle = traversal_emissions(*day, defaults=own).processes.loc["idle"]
            assert 85 / 2 < idle["nox_exhaust_g"] < 85 * 2
            assert 1.8 / 3 < idle["pm25_exhaust_g"] < 1.8 * 3


def test_a_stop_costs_an_electric_vehicle_no_fuel(table: Table) -> None:
    """Idling is of engines."""
    day = _one_day(table, [100.0, 100.0], stops_s=[0, 900], fuel="electric", standard="none")
    assert traversal_emissions(*day, country="MX").processes.loc["idle"].abs().sum() == 0.0


def test_a_queue_at_a_signal_is_idling(table: Table) -> None:
    """A link of 10 m crossed in 20 s: what the slowest speed does not explain stands in a queue."""
    traversals, network, fleet = table([{"length_m": 10.0, "speed_kmh": 10.0 / 20.0 * 3.6}])
    assert traversal_emissions(traversals, network, fleet).processes.loc["idle"].sum() == 0.0
    network.edges = pd.DataFrame({"signals": [1.0], "highway": ["primary"]})
    result = traversal_emissions(traversals, network, fleet)
    most = 20.0 - 10.0 / (12.0 / 3.6)
    burnt = result.processes.loc["idle", "fuel_g"]
    assert 0.0 < burnt <= 2191 * most / 3600 * (1 + 1e-6)
    assert result.flags["speed_below_range"] == 1
    moving = table([{"length_m": 10.0, "speed_kmh": 30.0}])
    moving[1].edges = network.edges
    assert traversal_emissions(*moving).processes.loc["idle"].sum() == 0.0


def test_processes_add_up(table: Table) -> None:
    """Hot, cold, idle and wear are the whole, and each alone is its part."""
    day = _one_day(table, [3000.0, 900.0], stops_s=[0, 500], vehicle_class="cargo_van")
    result = traversal_emissions(*day, temperature_c=[5.0] * 24)
    np.testing.assert_allclose(result.processes.sum(), result.grams.sum(), rtol=1e-12)
    for name in ("hot", "cold_start", "idle", "wear"):
        alone = traversal_emissions(*day, temperature_c=[5.0] * 24, processes=(name,))
        np.testing.assert_allclose(
            alone.grams.sum(), result.processes.loc[name], rtol=1e-9, atol=1e-9
        )
    with pytest.raises(ValueError, match="no processes"):
        traversal_emissions(*day, processes=("steam",))


def test_one_temperature_is_that_of_every_hour(table: Table) -> None:
    """A number means the same as 24 of it; anything else is refused with what was expected."""
    day = _one_day(table, [3000.0, 900.0], stops_s=[0, 500], vehicle_class="cargo_van")
    hourly = traversal_emissions(*day, temperature_c=[5.0] * 24).grams
    for air in (5.0, 5, np.float32(5.0), np.full(24, 5.0)):
        pd.testing.assert_frame_equal(traversal_emissions(*day, temperature_c=air).grams, hourly)
    wrong: tuple[Any, ...] = ([5.0], [5.0] * 23, np.full((24, 1), 5.0), "warm", ["a"] * 24, 99.0)
    for air in wrong:
        with pytest.raises(InputError, match="one mean temperature, or 24"):
            traversal_emissions(*day, temperature_c=air)


def test_carbon_and_sulphur_of_the_fuel_come_out(emit: Emit) -> None:
    """CO2 is 3.172 times the fuel; 15 ppm of sulphur leave as SO2 at twice its mass."""
    grams = emit([{}]).grams.iloc[0]
    assert grams["co2_g"] == pytest.approx(3.172 * grams["fuel_g"], rel=1e-12)
    assert grams["so2_exhaust_g"] == pytest.approx(1.998 * 15e-6 * grams["fuel_g"], rel=1e-12)
    assert grams["energy_mj"] == pytest.approx(grams["fuel_g"] / 1000 * 42.695, rel=1e-12)


def test_well_to_wheel_is_the_sum(emit: Emit) -> None:
    """Tank to wheel counts CH4 and N2O by their warming; well to wheel adds providing the fuel."""
    g = emit([{"standard": "euro_5"}]).grams.iloc[0]
    ttw = g["co2_g"] + 28.5 * g["ch4_exhaust_g"] + 264.8 * g["n2o_exhaust_g"]
    assert g["co2e_ttw_g"] == pytest.approx(ttw, rel=1e-12)
    assert g["co2e_wtt_g"] == pytest.approx(0.1166 / 0.48364 * ttw, rel=1e-3)
    assert g["co2e_wtw_g"] == pytest.approx(g["co2e_ttw_g"] + g["co2e_wtt_g"], rel=1e-12)


def test_the_grid_is_that_of_the_year(emit: Emit, table: Table) -> None:
    """Mexico 2021 423 and 2024 444 g/kWh, 12 % lost; a country without rows is counted."""
    rows = [{"fuel": "electric", "standard": "none", "model_year": 2009}]
    for year, factor in ((2021, 423.0), (2024, 444.0), (2030, 444.0), (2010, 494.0)):
        traversals, network, fleet = table(rows)
        traversals.vehicle_days["date"] = f"{year}-05-14"
        g = traversal_emissions(traversals, network, fleet, country="MX")
        per_kwh = g.grams["co2e_wtt_g"] / g.grams["electricity_kwh"]
        assert per_kwh[0] == pytest.approx(factor / 0.88, rel=1e-12)
        assert g.flags["grid_of_world"] == 0
    assert emit(rows, country="ZZ").flags["grid_of_world"] == 1


def test_altitude_is_visible_and_one_unless_set(emit: Emit) -> None:
    """A study sets the factor by group; other groups and wear stay as they are."""
    rows = [{"standard": "euro_3"}, {"standard": "euro_6"}]
    plain = emit(rows)
    high = emit(rows, defaults=Defaults({"altitude:nox.no_scr.factor": 1.2,
                                         "altitude:pm25.no_dpf.factor": 1.3}))  # fmt: skip
    ratio = (high.grams / plain.grams)[["nox_exhaust_g", "pm25_exhaust_g", "pm25_wear_g"]]
    np.testing.assert_allclose(ratio.loc[0], [1.2, 1.3, 1.0], rtol=1e-12)
    assert ratio.loc[1, "pm25_exhaust_g"] == 1.0
    assert "altitude:nox.no_scr.factor" in plain.provenance


def test_deterioration_rises_with_age_and_then_stays(emit: Emit) -> None:
    """Off by default; where applied, level for new and for old, straight in between."""
    rows = [{"standard": "euro_3", "model_year": year} for year in (2024, 2019, 2017, 2014, 1995)]
    plain = emit(rows).grams["pm25_exhaust_g"].to_numpy()
    assert (plain == plain[0]).all()
    own = Defaults({"deterioration:applied": 1})
    aged = emit(rows, defaults=own).grams["pm25_exhaust_g"].to_numpy() / plain
    full = 1 + Defaults().number("deterioration", "euro_3.pm25.increase")
    np.testing.assert_allclose(aged, [1, 1, 1 + (full - 1) * 2 / 5, full, full], rtol=1e-12)


def test_every_quantity_has_a_column(emit: Emit) -> None:
    """Columns and their order are the documented ones."""
    assert tuple(emit([{}]).grams.columns) == QUANTITIES
