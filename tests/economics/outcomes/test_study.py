"""Outcomes of a study against runs of the emission and energy stages made for each option."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from geofleet.defaults import Defaults
from geofleet.economics.options import PHYSICAL
from geofleet.economics.outcomes import COLUMNS, Outcomes
from geofleet.emissions import traversal_emissions
from geofleet.energy.robust import robust_feasibility
from geofleet.errors import InputError
from geofleet.policy.programme import vehicle_year
from geofleet.study import Results

DRIVEN = ["van", "old", "small", "truck", "charged"]
GRAMS = ["pm25_exhaust_g", "pm25_wear_g", "bc_exhaust_g", "nox_exhaust_g", "co2e_wtw_g"]


def yearly(run: Results, **cells: object) -> pd.DataFrame:
    """Return grams of the study by vehicle, its vehicles changed, by the emission stage alone."""
    vehicles = run.inputs.fleet.vehicles.copy()
    for name, value in cells.items():
        vehicles[name] = value
    found = traversal_emissions(
        run.itineraries.traversals, run.inputs.network,
        replace(run.inputs.fleet, vehicles=vehicles), country="CL", temperature_c=run.temperature_c,
    )  # fmt: skip
    return by_vehicle(run, found.grams)


def by_vehicle(run: Results, grams: pd.DataFrame) -> pd.DataFrame:
    traversals = run.itineraries.traversals
    day = traversals.frame["vehicle_day"].to_numpy()
    return grams.groupby(traversals.vehicle_days["vehicle_id"].to_numpy()[day]).sum()


def factor(outcomes: Outcomes) -> pd.Series:
    return outcomes.vehicles["days_per_year"] / outcomes.vehicles["study_days"]


def test_every_vehicle_has_the_columns_and_is_kept_first(outcomes: Outcomes) -> None:
    """One row per vehicle and option, in the fleet's order."""
    physical = outcomes.physical
    assert list(physical.columns) == list(COLUMNS)
    assert set(PHYSICAL) <= set(physical.columns)
    assert physical.index.is_unique
    ids = physical.index.get_level_values("vehicle_id")
    first = physical[~ids.duplicated()].index
    assert list(first) == [(name, "keep") for name in outcomes.vehicles.index]


def test_harm_of_those_kept_is_that_of_the_run(run: Results, outcomes: Outcomes) -> None:
    """Taken back to the days of the study, harm adds up to what the run says of its links."""
    kept = outcomes.physical.xs("keep", level="option").loc[DRIVEN]
    days = factor(outcomes)[DRIVEN]
    for part in ("exhaust", "wear"):
        sum_of_days = (kept[f"harm_{part}_person_ug_m3_h"] / days).sum()
        assert sum_of_days == pytest.approx(run.harm(f"pm25_{part}_g"), rel=1e-12)
    parts = kept["harm_exhaust_person_ug_m3_h"] + kept["harm_wear_person_ug_m3_h"]
    assert kept["harm_person_ug_m3_h"].to_numpy() == pytest.approx(parts.to_numpy())


def test_a_year_is_the_distance_of_the_year_over_that_of_the_study(
    run: Results, outcomes: Outcomes
) -> None:
    """By annual_km where it is known, else by working days."""
    grams = by_vehicle(run, run.emissions.grams)
    traversals = run.itineraries.traversals
    km = by_vehicle(run, traversals.frame[["length_m"]])["length_m"] / 1000.0
    kept = outcomes.physical.xs("keep", level="option")
    expected = grams.loc["van", GRAMS] * 12000.0 / km["van"]
    assert kept.loc["van", GRAMS].astype(float).to_numpy() == pytest.approx(expected.to_numpy())
    days = Defaults().number("mends", "working_days")
    expected = grams.loc["old", GRAMS] * days
    assert kept.loc["old", GRAMS].astype(float).to_numpy() == pytest.approx(expected.to_numpy())
    assert kept.loc["old", "annual_km"] == pytest.approx(km["old"] * days)
    assert outcomes.vehicles.loc["van", "scaled_by"] == "annual_km"
    assert outcomes.vehicles.loc["old", "days_per_year"] == pytest.approx(days)
    assert outcomes.report["vehicles_by_days_per_year"] == 2


@pytest.mark.parametrize(
    ("option", "cells"),
    [
        ("dpf_retrofit", {"aftertreatment": "dpf_retrofit", "standard": "euro_3"}),
        ("euro_6", {"standard": "euro_6", "model_year": 2024}),
        ("cng", {"fuel": "cng", "standard": "euro_6", "model_year": 2024}),
        ("diesel_hybrid", {"fuel": "diesel_hybrid", "standard": "euro_6", "model_year": 2024}),
    ],
)
def test_options_are_runs_with_changed_vehicles(
    run: Results, outcomes: Outcomes, option: str, cells: dict[str, object]
) -> None:
    """The emission stage, asked with the changed fleet, says the same of the truck."""
    fuel = run.inputs.fleet.vehicles["fuel"]
    if "fuel" in cells:  # an electric vehicle cannot have a standard
        cells = {**cells, "fuel": str(cells["fuel"])}
    else:
        cells = {**cells, "fuel": fuel.where(fuel != "electric", "diesel")}
    vehicles = run.inputs.fleet.vehicles
    if option == "dpf_retrofit":
        others = vehicles.index != "truck"
        cells["aftertreatment"] = pd.Series(
            np.where(others, None, "dpf_retrofit"), index=vehicles.index, dtype=object
        )
    expected = yearly(run, **cells).loc["truck", GRAMS] * factor(outcomes)["truck"]
    found = outcomes.physical.loc[("truck", option), GRAMS].astype(float)
    assert found.to_numpy() == pytest.approx(expected.to_numpy(), rel=1e-12)


def test_electric_vehicles_keep_wear_and_take_the_energy_of_their_verdicts(
    run: Results, outcomes: Outcomes
) -> None:
    """No exhaust; energy of the energy stage; grid of the country with both losses."""
    wear = yearly(run, fuel="electric", standard="none")["pm25_wear_g"] * factor(outcomes)
    row = outcomes.physical.loc[("van", "electric:byd_t3")]
    assert row["pm25_wear_g"] == pytest.approx(wear["van"])
    assert row["pm25_exhaust_g"] == row["bc_exhaust_g"] == row["fuel_l"] == 0.0
    verdicts = run.feasibility.verdicts
    mine = (verdicts["vehicle_id"] == "van") & (verdicts["model_id"] == "byd_t3")
    energy = verdicts.loc[mine, "energy_wh"].sum() * factor(outcomes)["van"]
    assert row["energy_wh"] == pytest.approx(energy)
    assert row["charger_kind"] == "ac_22"
    assert row["grid_wh"] == pytest.approx(energy / 0.9)
    assert row["co2e_wtw_g"] == pytest.approx(energy / 0.9 / 1000.0 * 240.0 / (1.0 - 0.07))
    assert row["payload_short_kg"] == pytest.approx(1200.0 - 720.0)
    assert not any("jac" in option for _, option in outcomes.physical.loc[["van"]].index)


def test_probability_is_the_least_of_the_days(run: Results, outcomes: Outcomes) -> None:
    """As the energy stage says when it is asked for these pairs."""
    days = run.itineraries.traversals.vehicle_days
    mine = np.flatnonzero((days["vehicle_id"] == "van").to_numpy())
    assert len(mine) == 2
    pairs = pd.DataFrame({"vehicle_day": mine, "model_id": "ford_e_transit_425"})
    asked = robust_feasibility(
        run.itineraries, run.inputs.network, run.inputs.models, run.robust.weather, pairs=pairs,
        fleet=run.inputs.fleet, draws=16, seed=run.config.energy.seed,
    )  # fmt: skip
    found = outcomes.physical.loc[("van", "electric:ford_e_transit_425"), "probability"]
    assert found == pytest.approx(asked.verdicts["probability"].min())
    assert outcomes.routes is not None
    assert len(outcomes.routes.robust.verdicts) > len(run.robust.verdicts)


def test_days_that_fail_decide_and_unknown_ones_stay_unknown(
    run: Results, again: Callable[..., Outcomes]
) -> None:
    """One day that fails is 0 with its cause, one unknown is NaN, one not judged is NaN."""
    verdicts = run.feasibility.verdicts.copy()
    days = np.flatnonzero(run.itineraries.traversals.vehicle_days["vehicle_id"] == "van")
    here = (verdicts["vehicle_day"] == days[0]) & (verdicts["model_id"] == "byd_t3")
    verdicts.loc[here, ["feasible", "cause"]] = [False, "energy"]
    there = (verdicts["vehicle_day"] == days[1]) & verdicts["model_id"].isin(
        ["byd_t3", "ford_e_transit_425"]
    )
    verdicts.loc[there, ["feasible", "cause", "soc_end"]] = [False, "unknown", np.nan]
    found = again(
        run, feasibility=replace(run.feasibility, verdicts=verdicts), extend_robust=False,
        robust=replace(run.robust, verdicts=run.robust.verdicts.iloc[:0]),
    ).physical  # fmt: skip
    failed = found.loc[("van", "electric:byd_t3")]
    assert (failed["probability"], failed["cause"]) == (0.0, "energy")
    unknown = found.loc[("van", "electric:ford_e_transit_425")]
    assert np.isnan(unknown["probability"])
    assert unknown["cause"] == "unknown"
    assert np.isnan(unknown["energy_wh"])
    assert unknown["charger_kind"] == ""
    not_judged = found.loc[("truck", "electric:jac_n55_ev")]
    assert np.isnan(not_judged["probability"])
    assert not_judged["cause"] == "none"


def test_days_without_time_to_charge_cannot_be_repeated(
    run: Results, again: Callable[..., Outcomes]
) -> None:
    """The charger grows as the hours parked shrink; where none is fast enough the option fails."""
    traversals = run.itineraries.traversals

    def row(parked_s: float) -> pd.Series:
        days = traversals.vehicle_days.copy()
        days["return_s"] = days["depart_s"] + 86400.0 - parked_s
        other = replace(run.itineraries, traversals=replace(traversals, vehicle_days=days))
        found = again(run, itineraries=other, extend_robust=False).physical
        return found.loc[("truck", "electric:foton_eaumark_6t")]

    verdicts = run.feasibility.verdicts
    mine = (verdicts["vehicle_id"] == "truck") & (verdicts["model_id"] == "foton_eaumark_6t")
    battery_wh = verdicts.loc[mine, "battery_wh"] * (1.0 - verdicts.loc[mine, "soc_end"])
    power_w = run.inputs.models.frame.loc["foton_eaumark_6t", "ac_charge_w"]
    slow_s = float(battery_wh.iloc[0]) / (min(power_w, 22000.0) * 0.9) * 3600.0
    enough = row(slow_s * 2.0)
    assert (enough["charger_kind"], enough["plug_share"]) == ("ac_22", pytest.approx(0.5))
    assert row(slow_s * 0.99)["charger_kind"] == "dc_60"
    never = row(1.0)
    assert (never["probability"], never["cause"]) == (0.0, "depot charging")
    assert np.isnan(never["plug_share"])


def test_a_vehicle_that_drives_nowhere_has_grams_and_no_harm(
    run: Results, outcomes: Outcomes
) -> None:
    """Grams of one mean speed, as a programme counts them; harm and probability are unknown."""
    mass = vehicle_year(run.inputs.fleet, country="CL", year=2024).loc["parked"]
    row = outcomes.physical.loc[("parked", "keep")]
    assert row["pm25_exhaust_g"] == pytest.approx(mass["pm25_exhaust_g"])
    assert row["nox_exhaust_g"] == pytest.approx(mass["nox_exhaust_g"])
    assert row["factors_from"] == "mean speed"
    assert np.isnan(row["harm_person_ug_m3_h"])
    assert row["probability"] == 1.0
    assert np.isnan(outcomes.physical.loc[("parked", "electric:jac_n55_ev"), "probability"])
    assert outcomes.vehicles.loc["parked", "depot_id"] == "hall"
    assert outcomes.vehicles.loc["truck", "depot_id"] == "depot"
    assert outcomes.report["vehicles_without_routes"] == 1


def test_a_link_without_exposure_leaves_the_harm_unknown(
    run: Results, again: Callable[..., Outcomes]
) -> None:
    """Of the vehicles that drive it, and of no others."""
    frame = run.itineraries.traversals.frame
    days = run.itineraries.traversals.vehicle_days["vehicle_id"].to_numpy()
    of = {name: set(frame["edge"][days[frame["vehicle_day"]] == name]) for name in ("van", "truck")}
    lost = min(of["truck"] - of["van"])
    unit = run.unit_exposure
    left = unit.edges != lost
    found = again(
        run, extend_robust=False,
        unit_exposure=replace(unit, edges=unit.edges[left], values=unit.values[left]),
    ).physical["harm_person_ug_m3_h"]  # fmt: skip
    assert found.loc["truck"].isna().all()
    assert found.loc["van"].notna().all()


def test_inputs_of_another_study_are_named(run: Results, again: Callable[..., Outcomes]) -> None:
    """Emissions of other traversals, technologies that do not exist, days that are no year."""
    short = replace(run.emissions, grams=run.emissions.grams.iloc[:-1])
    with pytest.raises(InputError, match="one per traversal"):
        again(run, emissions=short)
    with pytest.raises(InputError, match="steam"):
        again(run, technologies=("steam",))
    with pytest.raises(InputError, match="days_per_year"):
        again(run, days_per_year=400.0)
