"""Which model fits each vehicle-day best."""

from __future__ import annotations

import numpy as np
import pandas as pd

from geofleet.energy.model import ElectricModels
from geofleet.errors import InputError, Problem
from geofleet.fleet import Fleet
from geofleet.routes import Traversals

__all__ = ["best_models"]


def best_models(
    verdicts: pd.DataFrame,
    traversals: Traversals,
    models: ElectricModels,
    fleet: Fleet | None,
    gvw_shares: tuple[float, float],
) -> pd.DataFrame:
    """Choose one row per vehicle-day by the rule in ``Feasibility``.

    Raises
    ------
    InputError
        Vehicles that the fleet does not have.
    """
    days = traversals.vehicle_days
    classes = days["vehicle_class"].to_numpy(object)
    own_gvw = np.full(len(days), np.nan)
    if fleet is not None:
        own = _own_vehicles(days, fleet)
        classes = own["vehicle_class"].to_numpy(object)
        own_gvw = own["gvw_kg"].to_numpy(np.float64)
    frame = models.frame
    replaces = {str(i): set(str(text).split(";")) for i, text in frame["replaces"].items()}
    ids = verdicts["model_id"].astype(str)
    fits = [
        str(name) in replaces[model]
        for name, model in zip(classes[verdicts["vehicle_day"]], ids, strict=True)
    ]
    pool = verdicts[np.asarray(fits, dtype=bool)]
    chosen = frame.loc[pool["model_id"]]
    feasible = pool["feasible"].to_numpy(bool)
    share = chosen["gvw_kg"].to_numpy(np.float64) / own_gvw[pool["vehicle_day"]]
    other_size = (share < gvw_shares[0]) | (share > gvw_shares[1])
    keys = pd.DataFrame(
        {
            "day": pool["vehicle_day"].to_numpy(),
            "infeasible": ~feasible,
            "other_size": feasible & other_size,
            "overloaded": (pool["cause"] == "payload").to_numpy(),
            "battery": np.where(feasible, chosen["battery_usable_wh"].to_numpy(), 0.0),
            "curb": np.where(feasible, chosen["curb_mass_kg"].to_numpy(), 0.0),
            "short": np.where(feasible, 0.0, -pool["margin_wh"].to_numpy()),
            "model_id": pool["model_id"].to_numpy(),
        },
        index=pool.index,
    )
    order = keys.sort_values(list(keys.columns), kind="stable")
    best = verdicts.loc[order.drop_duplicates("day").index]
    missing = sorted(set(range(len(days))) - set(best["vehicle_day"]))
    if missing:
        best = pd.concat([best, _no_model(missing, verdicts)], ignore_index=True)
    return best.sort_values("vehicle_day", ignore_index=True)


def _own_vehicles(days: pd.DataFrame, fleet: Fleet) -> pd.DataFrame:
    """Fleet rows of the vehicle-days, in their order."""
    vehicles = fleet.vehicles
    lost = sorted({str(name) for name in days["vehicle_id"] if name not in vehicles.index})
    if lost:
        expected = "a vehicle of the fleet"
        raise InputError(Problem("vehicle-days", "vehicle_id", 0, name, expected) for name in lost)
    return vehicles.loc[days["vehicle_id"]]


def _no_model(missing: list[int], verdicts: pd.DataFrame) -> pd.DataFrame:
    """Rows for vehicle-days whose class no model tried replaces."""
    rows = verdicts.drop_duplicates("vehicle_day").set_index("vehicle_day", drop=False)
    rows = rows.loc[missing].copy()
    numbers = rows.select_dtypes("float").columns
    rows[[name for name in numbers if name != "distance_km"]] = np.nan
    rows["model_id"] = ""
    rows["feasible"] = False
    rows["first_failing_stop"] = np.int32(-1)
    rows["cause"] = "no model"
    return rows
