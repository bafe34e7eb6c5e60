"""Duties done by others, against runs in which the vehicles have changed places."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from geofleet.economics.outcomes import Duties, Outcomes, duties, table_outcomes
from geofleet.emissions import traversal_emissions
from geofleet.errors import InputError
from geofleet.study import Results

GRAMS = ["pm25_exhaust_g", "pm25_wear_g", "bc_exhaust_g", "nox_exhaust_g", "co2e_wtw_g"]
_MADE: dict[str, Duties] = {}


@pytest.fixture
def found(outcomes: Outcomes) -> Duties:
    """Return the duties of the small study."""
    if "found" not in _MADE:
        _MADE["found"] = duties(outcomes)
    return _MADE["found"]


def test_own_duties_are_the_outcomes(outcomes: Outcomes, found: Duties) -> None:
    """To the last bit, for every vehicle that drives."""
    work = found.work
    same = work.index.get_level_values("duty") == work.index.get_level_values("vehicle_id")
    own = work[same].droplevel("duty").drop(columns="km")
    driven = outcomes.physical["factors_from"] == "study"
    pd.testing.assert_frame_equal(own, outcomes.physical.loc[driven, list(own.columns)])


def test_changing_places_is_a_run_with_the_other_vehicle(
    run: Results, outcomes: Outcomes, found: Duties
) -> None:
    """The old van on the days of the other: its engine, their roads and their distance."""
    vehicles = run.inputs.fleet.vehicles.copy()
    vehicles.loc["van"] = vehicles.loc["old"]
    swapped = traversal_emissions(
        run.itineraries.traversals, run.inputs.network,
        replace(run.inputs.fleet, vehicles=vehicles), country="CL", temperature_c=run.temperature_c,
    )  # fmt: skip
    traversals = run.itineraries.traversals
    names = traversals.vehicle_days["vehicle_id"].to_numpy()[traversals.frame["vehicle_day"]]
    grams = swapped.grams[names == "van"].sum()[GRAMS]
    km = traversals.frame["length_m"][names == "van"].sum() / 1000.0
    row = found.work.loc[("van", "old", "keep")]
    expected = grams.to_numpy() * 12000.0 / km
    assert row[GRAMS].astype(float).to_numpy() == pytest.approx(expected, rel=1e-12)
    assert row["km"] == pytest.approx(12000.0)
    electric = found.work.loc[("van", "old", "electric:byd_t3")]
    own = outcomes.physical.loc[("van", "electric:byd_t3")]
    assert electric["energy_wh"] == pytest.approx(own["energy_wh"])
    assert electric["probability"] == own["probability"]


def test_work_stays_with_the_operator_and_with_vehicles_that_can_do_it(found: Duties) -> None:
    """No vehicle of another firm, size or equipment, none that the load would overload."""
    pairs = set(found.work.index.droplevel("option"))
    assert ("van", "old") in pairs
    assert ("small", "van") in pairs
    assert ("van", "small") not in pairs  # 200 kg on a capacity of 150
    assert ("truck", "parked") in pairs  # stands still today, could drive
    assert ("truck", "charged") not in pairs  # a van
    assert not any({"van", "old", "small"} & set(pair) and "truck" in pair for pair in pairs)
    assert "parked" not in {duty for duty, _ in pairs}
    assert found.report["pairs_left_out_payload"] == 2


def test_a_vehicle_without_routes_can_take_them(found: Duties) -> None:
    """Its engine on the roads of the other: harm is known there."""
    row = found.work.loc[("truck", "parked", "keep")]
    assert np.isfinite(row["harm_person_ug_m3_h"])
    truck = found.work.loc[("truck", "truck", "keep")]
    assert row["pm25_exhaust_g"] < truck["pm25_exhaust_g"]  # Euro V in place of Euro III


def test_a_table_has_no_duties(run: Results) -> None:
    """Nobody knows its routes."""
    table = table_outcomes(
        run.inputs.fleet.vehicles, models=run.inputs.models, country="CL", year=2024
    )
    with pytest.raises(InputError, match="study_outcomes"):
        duties(table)
