"""Predictions agree with what the same model made; a fit finds the truth or keeps its prior."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from geofleet.defaults import Defaults, read_rows_for
from geofleet.energy import electric_models
from geofleet.energy.pilot import (
    TripComparison,
    check_telematics,
    compare_trips,
    model_rows,
    read_telematics,
    recalibrate,
    split_trips,
    write_model_rows,
)
from geofleet.energy.pilot.recalibration import scaled
from geofleet.energy.vehicle import VehicleParameters
from geofleet.errors import InputError

Van = Callable[..., VehicleParameters]
Report = Callable[..., pd.DataFrame]

TRUE_FACTORS = {"drag_area": 1.25, "rolling_resistance": 0.8, "auxiliary_power": 1.8}


def compared(frame: pd.DataFrame, vehicle: VehicleParameters, **options: object) -> TripComparison:
    trips = split_trips(check_telematics(frame))
    options = {"pressure_pa": 78000.0} | options
    return compare_trips(trips, vehicle, **options)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def noisy(van: Van, report: Report) -> TripComparison:
    """Return forty trips of a van that differs from its data sheet, charge shown in 1 % steps."""
    return compared(report(scaled(van(), TRUE_FACTORS), trips=40, scatter=0.04), van())


def test_a_right_model_has_no_bias(van: Van, report: Report) -> None:
    """With fine records, predicted is what was measured, from charge and from power alike."""
    frame = report(van(), trips=5, soc_step=0.0, power=True)
    for part, basis in ((frame, "battery power"), (frame.drop(columns="battery_power_kw"),
                                                   "state of charge")):  # fmt: skip
        found = compared(part, van())
        assert found.excluded == {}
        assert found.trips["measured_by"].unique().tolist() == [basis]
        # Power is held in steps and integrated as lines: a little apart.
        assert found.trips["relative_error"].abs().max() < 0.005
        assert found.summary["bias"] == pytest.approx(0.0, abs=0.003)
        assert "unknown" in found.grade


def test_bias_and_spread_by_hand(noisy: TripComparison) -> None:
    """Summary and bands are those of the table."""
    table = noisy.counted
    error = table["predicted_kwh"] / table["measured_kwh"] - 1
    assert noisy.summary["median_relative_error"] == pytest.approx(error.median())
    assert noisy.summary["p10_relative_error"] == pytest.approx(np.quantile(error, 0.1))
    total = table["predicted_kwh"].sum() / table["measured_kwh"].sum() - 1
    assert noisy.summary["bias"] == pytest.approx(total)
    assert noisy.by_speed["trips"].sum() == len(table)
    assert noisy.by_temperature["trips"].sum() == len(table)
    assert len(noisy.by_speed) >= 3


def test_quantised_charge_scatters_as_stated(van: Van, report: Report) -> None:
    """With the right model and no scatter, errors in standard deviations have spread 1."""
    found = compared(report(van(), trips=60, seed=4, minutes=(20.0, 30.0)), van()).counted
    z = (found["predicted_kwh"] - found["measured_kwh"]) / found["measured_sd_kwh"]
    assert z.std() == pytest.approx(1.0, abs=0.25)
    assert abs(z.mean()) < 0.4


def test_the_truth_is_found_within_the_posterior(noisy: TripComparison) -> None:
    """Each true factor lies within three posterior spreads; errors shrink on held-out trips."""
    fit = recalibrate(noisy, seed=2)
    table = fit.parameters
    for name, truth in TRUE_FACTORS.items():
        off = np.log(table.loc[name, "factor"] / truth) / table.loc[name, "posterior_sd"]
        assert abs(off) < 3.0, name
    assert table.loc["drag_area", "informed"]
    assert (table["posterior_sd"] <= table["prior_sd"]).all()
    column = "rmse_kwh_per_km"
    assert fit.after.loc["holdout", column] < fit.before.loc["holdout", column]
    assert abs(fit.after.loc["holdout", "bias"]) < abs(fit.before.loc["holdout", "bias"])
    assert fit.after.loc["fit", "trips"] + fit.after.loc["holdout", "trips"] == 40
    assert fit.vehicle.drag_area_m2 == pytest.approx(1.8 * table.loc["drag_area", "factor"])
    assert fit.original.drag_area_m2 == 1.8


@pytest.mark.slow
def test_posterior_covers_the_truth_as_often_as_it_says(van: Van, report: Report) -> None:
    """Over repeated pilots drawn as the model assumes, 90 % intervals hold the truth often."""
    hits = []
    for seed in range(12):
        rng = np.random.default_rng(100 + seed)
        factors = {"drag_area": np.exp(rng.normal(0, 0.2)),
                   "rolling_resistance": np.exp(rng.normal(0, 0.2))}  # fmt: skip
        frame = report(scaled(van(), factors), trips=8, seed=seed, scatter=0.08)
        fit = recalibrate(
            compared(frame, van()), parameters=tuple(factors), holdout=()
        ).parameters  # fmt: skip
        for name in factors:
            ends = fit.loc[name, ["p05", "p95"]] / fit.loc[name, "before"]
            hits.append(bool(ends["p05"] <= factors[name] <= ends["p95"]))
    assert np.mean(hits) >= 0.7


def test_little_data_leave_the_prior(van: Van, report: Report) -> None:
    """One short trip says next to nothing: the estimate stays, and the note says so."""
    frame = report(scaled(van(), TRUE_FACTORS), trips=1, minutes=(3.0, 4.0))
    few = Defaults({"pilot:fit_trips_min": 1})
    fit = recalibrate(compared(frame, van()), holdout=(), defaults=few)
    table = fit.parameters
    assert (np.log(table["factor"]).abs() < 0.5 * table["prior_sd"]).all()
    assert (table["posterior_sd"] > 0.8 * table["prior_sd"]).all()
    assert not table["informed"].all()
    assert any("not informed by the data" in note for note in fit.notes)
    assert any("No trip was held out" in note for note in fit.notes)


def test_one_wild_trip_hardly_counts(noisy: TripComparison) -> None:
    """A trip measured at three times its energy moves the fit less than a standard deviation."""
    plain = recalibrate(noisy, holdout=())
    trips = noisy.trips.copy()
    wild = trips.index[0]
    trips.loc[wild, "measured_kwh"] *= 3.0
    spoiled = recalibrate(replace(noisy, trips=trips), holdout=())
    shift = np.log(spoiled.parameters["factor"] / plain.parameters["factor"])
    assert (shift.abs() < plain.parameters["posterior_sd"]).all()
    assert spoiled.trips.loc[wild, "weight"] < 0.25
    assert spoiled.trips["weight"].drop(wild).median() > 0.8


def test_the_same_again_and_in_any_order(noisy: TripComparison) -> None:
    """Same bits on a second run; the order of trips changes neither the draw nor the fit."""
    one, two = recalibrate(noisy, seed=5), recalibrate(noisy, seed=5)
    pd.testing.assert_frame_equal(one.parameters, two.parameters, check_exact=True)
    turned = recalibrate(replace(noisy, trips=noisy.trips.iloc[::-1]), seed=5)
    assert turned.trips["part"].sort_index().equals(one.trips["part"].sort_index())
    assert turned.parameters["factor"].to_numpy() == pytest.approx(
        one.parameters["factor"].to_numpy(), rel=1e-6
    )
    other = recalibrate(noisy, seed=6)
    assert not other.trips["part"].equals(one.trips["part"])


def test_parameters_that_cannot_be_told_apart_are_named(noisy: TripComparison) -> None:
    """Mass and rolling resistance act alike on flat roads: correlated, and said so."""
    loose = Defaults({"pilot:prior_sd.curb_mass": 1.0, "pilot:prior_sd.rolling_resistance": 1.0,
                      "pilot:correlation_max": 0.5})  # fmt: skip
    fit = recalibrate(noisy, parameters=("rolling_resistance", "curb_mass"), defaults=loose)
    assert fit.correlations.loc["rolling_resistance", "curb_mass"] < -0.5
    assert any("correlated" in note for note in fit.notes)


def test_efficiencies_stay_below_one(van: Van) -> None:
    """A factor on the loss of the driveline, however small, leaves an efficiency below 1."""
    assert scaled(van(), {"driveline_loss": 1e-6}).driveline_efficiency < 1.0
    half = scaled(van(), {"driveline_loss": 0.5}).driveline_efficiency
    assert 1 / half - 1 == pytest.approx((1 / 0.95 - 1) / 2)


def test_trips_that_do_not_count_say_why(van: Van, report: Report) -> None:
    """Each reason is counted; unknown load or temperature is an error, never zero."""
    frame = report(van(), trips=4)
    gap = frame.index[frame["speed_kmh"] > 0][200]
    broken = frame.drop(index=range(gap, gap + 200))
    found = compared(broken, van())
    assert found.excluded == {"gaps in the records": 1}
    assert found.summary["trips"] == 3
    assert compared(frame.iloc[::10], van()).excluded == {"recorded too seldom": 4}
    assert "too fast" in next(iter(compared(frame, van(motor_power_w=15e3)).excluded))
    with pytest.raises(InputError, match=r"payload_kg.*4 trips have none"):
        compared(frame.drop(columns="payload_kg"), van())
    with pytest.raises(InputError, match="temperature_c"):
        compared(frame.drop(columns="ambient_temperature_c"), van())
    given = compared(frame.drop(columns="payload_kg"), van(), payload_kg=400.0)
    assert given.summary == compared(frame, van()).summary


def test_what_cannot_be_fitted_is_refused(noisy: TripComparison, van: Van) -> None:
    """Unknown names, quantities of zero, trips that are not there, diesels."""
    for options in (
        {"parameters": ("wheels",)}, {"parameters": ()}, {"holdout": ("nobody/1",)},
        {"parameters": ("drag_area", "drag_area")},
    ):  # fmt: skip
        with pytest.raises(InputError):
            recalibrate(noisy, **options)  # type: ignore[arg-type]
    still = replace(noisy, vehicle=van(auxiliary_power_w=0.0))
    with pytest.raises(InputError, match="auxiliary_power_w"):
        recalibrate(still)


def test_rows_bring_the_pilot_into_a_study(noisy: TripComparison, tmp_path: Path) -> None:
    """The rows that are written change the model as the fit did, by the study's own reader."""
    fit = recalibrate(noisy)
    rows = model_rows(fit, "ford_e_transit_350", pilot="forty trips made up", year=2024)
    path = write_model_rows(rows, tmp_path / "pilot.csv")
    own = Defaults(tables={"electric_models": read_rows_for("electric_models", path)})
    before = electric_models(["ford_e_transit_350"]).frame.iloc[0]
    after = electric_models(["ford_e_transit_350"], defaults=own).frame.iloc[0]
    informed = fit.parameters[fit.parameters["informed"]]
    assert len(informed) == len(rows) > 0
    for _, row in informed.iterrows():
        assert after[row["field"]] / before[row["field"]] == pytest.approx(row["factor"], rel=1e-4)
    with pytest.raises(InputError):
        model_rows(fit, "no_such_model", pilot="x", year=2024)


def test_from_file_to_fit_it_is_the_same(van: Van, report: Report, tmp_path: Path) -> None:
    """Written as a maker writes it (local time, m/s, shares) and read back: the same comparison."""
    frame = report(van(), trips=3, seed=8)
    path = tmp_path / "log.csv"
    local = frame["time"].dt.tz_convert("America/Mexico_City").dt.tz_localize(None)
    pd.DataFrame({
        "stamp": local.astype(str), "v": frame["speed_kmh"] / 3.6,
        "soc": frame["soc_percent"] / 100.0, "t": frame["ambient_temperature_c"],
        "load": frame["payload_kg"],
    }).to_csv(path, index=False)  # fmt: skip
    data = read_telematics(
        path, timezone="America/Mexico_City", vehicle_id="v1",
        columns={"time": "stamp", "speed_kmh": "v", "soc_percent": "soc",
                 "ambient_temperature_c": "t", "payload_kg": "load"},
        units={"speed_kmh": "m/s", "soc_percent": "1"},
    )  # fmt: skip
    found = compare_trips(split_trips(data), van(), pressure_pa=78000.0)
    direct = compared(frame, van())
    for name in ("measured_kwh", "measured_sd_kwh", "predicted_kwh"):
        assert found.trips[name].to_numpy() == pytest.approx(direct.trips[name].to_numpy())


def test_power_too_leads_to_the_truth(van: Van, report: Report) -> None:
    """Battery power knows short trips as well as long ones: a tight fit."""
    frame = report(
        scaled(van(), TRUE_FACTORS), trips=30, minutes=(10.0, 20.0), power=True, scatter=0.0
    )
    sure = Defaults({"pilot:unexplained_share": 0.005, "pilot:power_sensor_error": 0.002})
    trips = split_trips(check_telematics(frame))
    found = compare_trips(trips, van(), pressure_pa=78000.0, defaults=sure)
    fit = recalibrate(found, defaults=sure).parameters
    for name, truth in TRUE_FACTORS.items():
        assert fit.loc[name, "factor"] == pytest.approx(truth, rel=0.1), name
    assert fit["informed"].all()
