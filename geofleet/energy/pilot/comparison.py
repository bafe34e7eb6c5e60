"""Measured against predicted energy of trips: bias and spread."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.energy.pilot.measured import measured_energy
from geofleet.energy.pilot.predicted import Drives, PerTrip, prepare_drives
from geofleet.energy.pilot.rules import PilotRules, read_rules
from geofleet.energy.pilot.trips import Trips
from geofleet.energy.vehicle import VehicleParameters
from geofleet.errors import InputError, Problem

__all__ = ["TripComparison", "compare_trips", "summarise"]

Floats = npt.NDArray[np.float64]
_TRACE_SHARE_MIN = 0.99  # a model that falls farther behind did not drive the same trip
_SURE = 2.0  # standard deviations above zero from which a measured energy bears a ratio


@dataclass(frozen=True)
class TripComparison:
    """Measured and predicted energy, trip by trip and together.

    Parameters
    ----------
    vehicle
        The one that the model drove.
    trips
        By ``trip_id``: ``vehicle_id, begin, distance_km`` (of the part compared),
        ``mean_speed_kmh, temperature_c, payload_kg, grade_share, measured_by, measured_kwh,
        measured_sd_kwh`` (of the measurement), ``predicted_kwh, turnover_kwh`` (what the model
        loses on the way: prediction less what is stored in speed and height),
        ``relative_error`` (predicted over measured, less 1; empty where the measured energy is
        not clearly above zero), ``excluded``: why the trip does not count, empty where it does.
    summary
        Over the trips that count, see :func:`summarise`.
    by_speed, by_temperature
        The same by band of mean speed (km/h) and of air temperature (°C), each named by its
        lower end.
    excluded
        Trips that do not count, by reason.
    grade
        Where the grades come from.
    drives
        The trips as the model drives them.
    """

    vehicle: VehicleParameters
    trips: pd.DataFrame
    summary: Mapping[str, float]
    by_speed: pd.DataFrame
    by_temperature: pd.DataFrame
    excluded: Mapping[str, int]
    grade: str
    drives: Drives
    provenance: tuple[str, ...] = ()

    @property
    def counted(self) -> pd.DataFrame:
        """The trips that count."""
        return self.trips[self.trips["excluded"] == ""]


def compare_trips(
    trips: Trips,
    vehicle: VehicleParameters,
    *,
    pressure_pa: float,
    payload_kg: PerTrip | None = None,
    temperature_c: PerTrip | None = None,
    cabin_power_w: PerTrip | None = None,
    state_of_health: float = 1.0,
    soc_step_percent: float | None = None,
    defaults: Defaults | None = None,
) -> TripComparison:
    """Predict trips with the second-by-second model and hold them against what was measured.

    Parameters
    ----------
    trips
        From :func:`geofleet.energy.pilot.split_trips`, with grades if there are roads.
    vehicle
        Electric; its usable battery turns state of charge into energy.
    pressure_pa, payload_kg, temperature_c, cabin_power_w
        See :func:`geofleet.energy.pilot.predicted.prepare_drives`.
    state_of_health, soc_step_percent
        See :func:`geofleet.energy.pilot.measured_energy`.

    Raises
    ------
    InputError
        A diesel, no trip with a measured energy, conditions that are missing.
    """
    scope = (defaults or Defaults()).scope()
    rules = read_rules(scope)
    if vehicle.powertrain != "electric":
        expected = "electric: a pilot measures a battery"
        raise InputError([Problem(vehicle.name, "powertrain", 0, vehicle.powertrain, expected)])
    measured = measured_energy(
        trips, battery_usable_wh=vehicle.battery_usable_wh, state_of_health=state_of_health,
        soc_step_percent=soc_step_percent, defaults=scope,
    )  # fmt: skip
    if measured["energy_kwh"].isna().all():
        expected = "trips with two records of the state of charge, or with battery power"
        raise InputError([Problem("trips", "soc_percent, battery_power_kw", expected=expected)])
    drives = prepare_drives(
        trips, measured, pressure_pa=pressure_pa, payload_kg=payload_kg,
        temperature_c=temperature_c, cabin_power_w=cabin_power_w, defaults=scope,
    )  # fmt: skip
    table = _table(trips, measured, drives, vehicle, rules)
    counted = table[table["excluded"] == ""]
    reasons = table.loc[table["excluded"] != "", "excluded"].value_counts(sort=False)
    return TripComparison(
        vehicle=vehicle,
        trips=table,
        summary=summarise(counted),
        by_speed=_by_band(counted, "mean_speed_kmh", rules.speed_band_kmh),
        by_temperature=_by_band(counted, "temperature_c", rules.temperature_band_k),
        excluded={str(reason): int(count) for reason, count in sorted(reasons.items())},
        grade=str(trips.report.get("grade", "unknown")),
        drives=drives,
        provenance=tuple(sorted({*trips.provenance, *scope.used})),
    )


def _table(
    trips: Trips, measured: pd.DataFrame, drives: Drives, vehicle: VehicleParameters,
    rules: PilotRules,
) -> pd.DataFrame:  # fmt: skip
    """Put what was measured and predicted of each trip side by side."""
    ran = drives.energies([vehicle]).set_axis(pd.Index(drives.trip_ids), axis=0)
    wanted = pd.Series([c.distance_m / 1000.0 for c in drives.cycles], index=ran.index)
    hours = pd.Series([c.duration_s / 3600.0 for c in drives.cycles], index=ran.index)
    table = trips.table[["vehicle_id", "begin"]].copy()
    table["distance_km"] = wanted
    table["mean_speed_kmh"] = wanted / hours.where(hours > 0)
    table["temperature_c"] = pd.Series(drives.temperature_c, index=ran.index)
    table["payload_kg"] = pd.Series(drives.payload_kg, index=ran.index)
    table["grade_share"] = trips.table["grade_share"]
    table["measured_by"] = measured["measured_by"]
    table["measured_kwh"] = measured["energy_kwh"]
    table["measured_sd_kwh"] = measured["energy_sd_kwh"]
    table["predicted_kwh"] = ran["predicted_kwh"]
    stored = ran["kinetic_wh"] + ran["potential_wh"]
    table["turnover_kwh"] = (ran["energy_wh"] - stored) / 1000.0
    table["relative_error"] = relative_error(table)
    behind = ran["distance_share"].reindex(table.index)
    table["excluded"] = _reasons(trips.table, table, behind, rules)
    return table


def relative_error(table: pd.DataFrame) -> pd.Series:
    """Return predicted over measured energy less 1, where the measured is clearly above zero."""
    clear = table["measured_kwh"] > _SURE * table["measured_sd_kwh"]
    return table["predicted_kwh"] / table["measured_kwh"].where(clear) - 1.0


def _reasons(
    trips: pd.DataFrame, table: pd.DataFrame, driven_share: pd.Series, rules: PilotRules
) -> pd.Series:
    """Say why a trip does not count; the first reason is the one named."""
    odometer = trips["distance_by"] == "odometer"
    apart = (trips["speed_distance_km"] / trips["distance_km"].where(odometer) - 1.0).abs()
    reasons = {
        "energy not known": table["measured_kwh"].isna(),
        "shorter than distance_min": ~(table["distance_km"] >= rules.distance_min_km),
        "recorded too seldom": trips["interval_s"] > rules.interval_max_s,
        "gaps in the records": trips["gap_share"] > rules.gap_share_max,
        "odometer and speed disagree": apart > rules.odometer_difference_max,
        "too fast or too steep for the vehicle": driven_share < _TRACE_SHARE_MIN,
    }
    out = pd.Series("", index=table.index, dtype=object)
    for reason, applies in reasons.items():
        out[(out == "") & applies] = reason
    return out


def summarise(counted: pd.DataFrame) -> dict[str, float]:
    """Return bias and spread of trips.

    ``trips``, ``distance_km``, ``measured_kwh``, ``predicted_kwh``; ``bias``: predicted over
    measured energy of all together, less 1 (the mean relative error weighted by energy);
    ``trips_with_ratio`` and of these ``mean_relative_error, median_relative_error,
    p10_relative_error, p90_relative_error, mean_absolute_relative_error``; ``rmse_kwh_per_km``;
    ``measurement_rmse_kwh_per_km``: what the measurement alone would make of it. NaN where no
    trip tells.
    """
    error = counted["relative_error"].dropna().to_numpy(np.float64)
    off = (counted["predicted_kwh"] - counted["measured_kwh"]) / counted["distance_km"]
    noise = counted["measured_sd_kwh"] / counted["distance_km"]
    measured, predicted = counted["measured_kwh"].sum(), counted["predicted_kwh"].sum()
    nan = float("nan")
    p10, median, p90 = np.quantile(error, (0.1, 0.5, 0.9)) if len(error) else (nan, nan, nan)
    return {
        "trips": len(counted),
        "distance_km": float(counted["distance_km"].sum()),
        "measured_kwh": float(measured),
        "predicted_kwh": float(predicted),
        "bias": float(predicted / measured - 1.0) if measured > 0 else nan,
        "trips_with_ratio": len(error),
        "mean_relative_error": float(error.mean()) if len(error) else nan,
        "median_relative_error": float(median),
        "p10_relative_error": float(p10),
        "p90_relative_error": float(p90),
        "mean_absolute_relative_error": float(np.abs(error).mean()) if len(error) else nan,
        "rmse_kwh_per_km": float(np.sqrt((off**2).mean())) if len(off) else nan,
        "measurement_rmse_kwh_per_km": float(np.sqrt((noise**2).mean())) if len(off) else nan,
    }


def _by_band(counted: pd.DataFrame, column: str, width: float) -> pd.DataFrame:
    """Return the summary of each band of a quantity, by its lower end."""
    band = np.floor(counted[column] / width) * width
    rows = {float(low): summarise(part) for low, part in counted.groupby(band, sort=True)}
    out = pd.DataFrame.from_dict(rows, orient="index")
    out.index.name = f"{column}_from"
    return out
