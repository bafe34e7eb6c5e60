"""Demand: how many vehicles of which class a plan asks makers for, and what they must do."""

from __future__ import annotations

import numpy as np
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.errors import InputError, Problem

__all__ = ["demand_by_class_and_year"]

_KEPT = ("keep", "dpf_retrofit")
_QUANTILES = {"median": 0.5, "p90": 0.9, "largest": 1.0}


def demand_by_class_and_year(
    plan: pd.DataFrame,
    vehicles: pd.DataFrame,
    *,
    retrofits: bool = False,
    defaults: Defaults | None = None,
) -> pd.DataFrame:
    """Return the vehicles that a plan buys, by class, technology and year.

    Parameters
    ----------
    plan
        One row per choice: ``vehicle_id, option, year``.
    vehicles
        Indexed by ``vehicle_id``: ``vehicle_class``, ``payload_capacity_kg``, and where known
        ``payload_needed_kg`` (largest load), ``daily_km`` (longest day), ``annual_km``,
        ``days_per_year``, ``weight`` (vehicles that a row stands for).
    retrofits
        List filters too, as technology ``dpf_retrofit``.

    Returns
    -------
    pandas.DataFrame
        Indexed ``vehicle_class, technology, year``: ``units``, ``annual_km`` (of all, NaN where
        one is unknown), and ``payload_kg`` and ``range_km`` needed: ``…_median``, ``…_p90``,
        ``…_largest`` over the vehicles, NaN where unknown for all. Payload is the largest load
        where that is known, else the capacity of the vehicle that goes; range the longest day
        where that is known, else the mean day: annual distance over working days.

    Raises
    ------
    InputError
        Columns that are missing, vehicles that are not in the table or twice in the plan.
    """
    _check(plan, vehicles)
    scope = (defaults or Defaults()).scope()
    days = scope.number("mends", "working_days")
    technology = plan["option"].astype(str).str.partition(":")[0]
    left = technology.eq("keep") if retrofits else technology.isin(_KEPT)
    bought = plan.loc[~left.to_numpy()]
    own = vehicles.reindex(bought["vehicle_id"])

    def numbers(name: str) -> pd.Series:
        if name not in own.columns:
            return pd.Series(np.nan, own.index)
        return pd.to_numeric(own[name], errors="coerce")

    frame = pd.DataFrame(
        {
            "vehicle_class": own["vehicle_class"].astype(str).to_numpy(object),
            "technology": technology[~left.to_numpy()].to_numpy(object),
            "year": bought["year"].to_numpy(np.int64),
            "units": numbers("weight").fillna(1.0).to_numpy(),
            "annual_km": numbers("annual_km").to_numpy(),
            "payload_kg": numbers("payload_needed_kg")
            .fillna(numbers("payload_capacity_kg"))
            .to_numpy(),
            "range_km": numbers("daily_km")
            .fillna(numbers("annual_km") / numbers("days_per_year").fillna(days))
            .to_numpy(),
        }
    )
    keys = ["vehicle_class", "technology", "year"]
    records = {
        key: _needs(group) for key, group in frame.groupby(keys, sort=True)
    }  # fmt: skip
    columns = ["units", "annual_km"] + [
        f"{need}_{name}" for need in ("payload_kg", "range_km") for name in _QUANTILES
    ]
    index = pd.MultiIndex.from_tuples(list(records), names=keys) if records else (
        pd.MultiIndex.from_arrays([[], [], []], names=keys)
    )  # fmt: skip
    return pd.DataFrame(list(records.values()), columns=columns, index=index)


def _needs(group: pd.DataFrame) -> dict[str, float]:
    """Return what one group of vehicles is and needs, each by its weight."""
    weight = group["units"].to_numpy(np.float64)
    km = (group["annual_km"] * weight).to_numpy(np.float64)
    record = {"units": float(weight.sum()), "annual_km": float(km.sum())}
    for need in ("payload_kg", "range_km"):
        values = group[need].to_numpy(np.float64)
        known = ~np.isnan(values)
        for name, share in _QUANTILES.items():
            record[f"{need}_{name}"] = _quantile(values[known], weight[known], share)
    return record


def _quantile(values: np.ndarray, weight: np.ndarray, share: float) -> float:
    """Return the smallest value that at least a share of the vehicles do not exceed."""
    if not len(values):
        return float("nan")
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weight[order])
    place = np.searchsorted(reached, share * reached[-1] * (1.0 - 1e-12))
    return float(values[order][min(place, len(values) - 1)])


def _check(plan: pd.DataFrame, vehicles: pd.DataFrame) -> None:
    problems = [
        Problem(table, name, expected=f"a column {name}")
        for table, frame, wanted in (
            ("plan", plan, ("vehicle_id", "option", "year")),
            ("vehicles", vehicles, ("vehicle_class", "payload_capacity_kg")),
        )
        for name in wanted
        if name not in frame.columns
    ]
    if problems:
        raise InputError(problems)
    ids = plan["vehicle_id"]
    problems = [
        Problem("plan", "vehicle_id", 0, str(name), "a vehicle of the table")
        for name in ids[~ids.isin(vehicles.index)].unique()[:5]
    ]
    problems += [
        Problem("plan", "vehicle_id", 0, str(name), "each vehicle once")
        for name in ids[ids.duplicated()].unique()[:5]
    ]
    if problems:
        raise InputError(problems)
