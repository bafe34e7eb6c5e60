"""Check what mends are looked for in."""

from __future__ import annotations

import itertools
from collections.abc import Collection

import numpy as np
import pandas as pd

from geofleet.energy.mend.model import CHARGER_COLUMNS, KINDS
from geofleet.energy.model import ElectricModels, Feasibility
from geofleet.errors import InputError, Problem
from geofleet.fleet import Fleet
from geofleet.routes import Itineraries

__all__ = ["check_inputs"]

_TRIED = KINDS[:5]
_SHOWN = 5


def check_inputs(
    itineraries: object,
    models: ElectricModels,
    fleet: Fleet,
    chargers: pd.DataFrame | None,
    kinds: Collection[str],
    feasibility: Feasibility | None = None,
) -> None:
    """Raise one InputError for everything that cannot be used."""
    expected = "one of " + ", ".join(_TRIED)
    problems = [
        Problem("mends", "kinds", 0, kind, expected) for kind in kinds if kind not in _TRIED
    ]
    if models.frame.empty:
        problems.append(Problem("electric models", expected="at least one model"))
    if not isinstance(itineraries, Itineraries):
        expected = "itineraries with their stops: without them no day can be changed"
        problems.append(Problem("itineraries", expected=expected))
        raise InputError(problems)
    names = itineraries.traversals.vehicle_days["vehicle_id"]
    lost = [str(name) for name in names if name not in fleet.vehicles.index]
    problems += [
        Problem("vehicle-days", "vehicle_id", 0, name, "a vehicle of the fleet")
        for name in sorted(set(lost))
    ]
    if feasibility is not None:
        problems += _verdict_problems(feasibility, models, len(names))
    if chargers is not None:
        problems += _charger_problems(chargers)
    if problems:
        raise InputError(problems)


def _verdict_problems(feasibility: Feasibility, models: ElectricModels, days: int) -> list[Problem]:
    """Verdicts must be those of these days and models."""
    verdicts = feasibility.verdicts
    lost = sorted(set(verdicts["model_id"].astype(str)) - set(models.frame.index.astype(str)))
    expected = "verdicts of the models given"
    problems = [Problem("feasibility", "model_id", 0, name, expected) for name in lost]
    if set(verdicts["vehicle_day"].astype(int)) != set(range(days)):
        expected = f"verdicts of the {days} vehicle-days given"
        shown = str(verdicts["vehicle_day"].nunique())
        problems.append(Problem("feasibility", "vehicle_day", 0, shown, expected))
    return problems


def _charger_problems(chargers: pd.DataFrame) -> list[Problem]:
    named = [*chargers.columns, *(["power_w"] if "power_kw" in chargers.columns else [])]
    missing = [name for name in CHARGER_COLUMNS if name not in named]
    if missing:
        return [Problem("chargers", name, 1, expected="a column of this name") for name in missing]
    problems = []

    def report(bad: np.ndarray, column: str, expected: str) -> None:
        for row in np.flatnonzero(bad)[:_SHOWN]:
            shown = str(chargers[column].iloc[row])
            problems.append(Problem("chargers", column, int(row) + 1, shown, expected))

    report(chargers["charger_id"].duplicated().to_numpy(), "charger_id", "each charger once")
    report(~chargers["kind"].isin(["ac", "dc"]).to_numpy(), "kind", "ac or dc")
    power = ("power_w", 1.0, 5e6, "a power from 1 W to 5 MW")
    if "power_w" not in chargers.columns:
        power = ("power_kw", 1e-3, 5e3, "a power from 1 W to 5 MW, in kW")
    for column, low, high, expected in (
        ("lat", -90.0, 90.0, "a latitude from -90 to 90"),
        ("lon", -180.0, 180.0, "a longitude from -180 to 180"),
        power,
    ):
        values = pd.to_numeric(chargers[column], errors="coerce").to_numpy(np.float64)
        report(~((values >= low) & (values <= high)), column, expected)
    for column, what in (("price_per_kwh", "a price"), ("wait_min", "minutes")):
        if column in chargers.columns:
            values = pd.to_numeric(chargers[column], errors="coerce").to_numpy(np.float64)
            given = chargers[column].notna().to_numpy()
            expected = f"{what} of at least 0, or nothing where it is not known"
            report(given & ~((values >= 0.0) & (values < np.inf)), column, expected)
    if "open_s" in chargers.columns:
        closed = [not _are_hours(hours) for hours in chargers["open_s"]]
        report(np.array(closed, dtype=bool), "open_s", "pairs of seconds after midnight, in order")
    return problems


def _are_hours(hours: object) -> bool:
    """Say whether these are opening hours: pairs in order, none where always open."""
    if not isinstance(hours, (tuple, list)):
        return False
    try:
        flat = [float(second) for opens, closes in hours for second in (opens, closes)]
    except (TypeError, ValueError):
        return False
    return all(a < b for a, b in itertools.pairwise(flat))
