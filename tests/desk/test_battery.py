"""Batteries of other sizes: the verdicts of the range model, mass and all."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from geofleet.desk.battery import BatteryDesk
from geofleet.energy import ElectricModels, feasibility
from geofleet.energy.catalogue.resized import resized
from geofleet.study import Results


@pytest.fixture(scope="module")
def battery(half_results: Results) -> BatteryDesk:
    return BatteryDesk(half_results)


def test_more_battery_weighs_and_carries_less() -> None:
    """60 of 80 kWh usable at 160 Wh/kg: half as much again is 40 kWh and 250 kg more."""
    frame = pd.DataFrame({
        "battery_usable_wh": [60e3, 60e3], "battery_gross_wh": [80e3, np.nan],
        "curb_mass_kg": [3000.0, 3000.0], "payload_capacity_kg": [1000.0, 1000.0],
    }, index=["known", "usable only"])  # fmt: skip
    made = resized(ElectricModels(frame), [90e3, 30e3], pack_wh_per_kg=160.0, usable_share=0.75)
    assert made.frame["battery_gross_wh"].tolist() == [120e3, 40e3]
    assert made.frame["curb_mass_kg"].tolist() == [3250.0, 2750.0]
    assert made.frame["payload_capacity_kg"].tolist() == [750.0, 1250.0]
    assert frame["curb_mass_kg"].tolist() == [3000.0, 3000.0]


def test_the_battery_as_sold_gives_the_verdicts_of_the_run(
    battery: BatteryDesk, half_results: Results
) -> None:
    """Nothing moved: as the run says, planned and over a year."""
    found, best = battery.full(None, 1.0), half_results.feasibility.best
    assert (found.cause == best["cause"].to_numpy()).all()
    assert (found.model_id == best["model_id"].to_numpy()).all()
    assert found.margin_wh == pytest.approx(best["margin_wh"].to_numpy(np.float64), nan_ok=True)
    rows = half_results.robust.verdicts.set_index("vehicle_day")["probability"]
    known = rows.index.to_numpy()
    assert found.probability[known] == pytest.approx(rows.to_numpy(np.float64), nan_ok=True)


def test_another_size_is_driven_by_the_range_model(
    battery: BatteryDesk, half_results: Results
) -> None:
    """Against the range model asked directly with the numbers of the bigger pack."""
    name = str(half_results.feasibility.best["model_id"].mode()[0])
    found = battery.quick(None, 0.6)
    frame = half_results.inputs.models.frame.loc[[name]].copy()
    density = half_results.defaults.fresh().number("energy", "pack_energy_density")
    less_kg = 0.4 * frame["battery_gross_wh"] / density
    frame["battery_usable_wh"] *= 0.6
    frame["battery_gross_wh"] *= 0.6
    frame["curb_mass_kg"] -= less_kg
    frame["payload_capacity_kg"] += less_kg
    rows = feasibility(
        half_results.itineraries, half_results.inputs.network, ElectricModels(frame),
        fleet=half_results.inputs.fleet, temperature_c=half_results.temperature_c,
        defaults=half_results.defaults.fresh(),
    ).verdicts.set_index("vehicle_day")  # fmt: skip
    days = np.flatnonzero(found.model_id == name)
    assert len(days) > 2
    assert found.margin_wh[days] == pytest.approx(rows["margin_wh"].loc[days].to_numpy())
    able = found.status[days] == "feasible"
    assert (able == rows["feasible"].loc[days].to_numpy()).all()


def test_small_batteries_run_short_and_large_ones_are_too_heavy(battery: BatteryDesk) -> None:
    """Both ends of the slider lose days, each for its own reason."""
    own, small, large = (battery.quick(None, factor) for factor in (1.0, 0.5, 3.0))
    assert (small.cause == "energy").sum() > (own.cause == "energy").sum()
    assert (large.cause == "payload").sum() > (own.cause == "payload").sum()
    assert (large.cause == "energy").sum() <= (own.cause == "energy").sum()


def test_one_model_for_all_judges_only_what_it_replaces(battery: BatteryDesk) -> None:
    """Vehicles of other classes have no verdict."""
    name = battery.models[0]
    found = battery.quick(name, 1.0)
    assert set(found.model_id) == {"", name}
    other = found.model_id == ""
    assert (found.status[other] == "unknown").all()
    assert (found.cause[other] == "no model").all()
    assert (found.status[~other] != "unknown").any()


def test_a_year_has_probabilities(battery: BatteryDesk) -> None:
    """Days that fail as planned do not come out likely; the first answer is replaced."""
    found = battery.full(battery.models[0], 0.7)
    assert found.whole
    here = np.isfinite(found.probability)
    assert here.any()
    assert ((found.probability[here] >= 0) & (found.probability[here] <= 1)).all()
    assert (found.probability[found.cause == "payload"] == 0.0).all()
    assert battery.quick(battery.models[0], 0.7) is found
