"""Stays at the depot from the days of a study and what they take from the battery."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.energy.depot.model import DailyStay, DepotVehicle
from geofleet.energy.model import ElectricModels, Feasibility
from geofleet.errors import InputError, Problem
from geofleet.routes import Itineraries

__all__ = ["StudyStays", "depot_stays"]

_DAY_S = 86400.0


@dataclass(frozen=True)
class StudyStays:
    """What a depot has to charge after the days of a study.

    Parameters
    ----------
    stays
        Of the vehicle-days that charging at the depot can serve.
    vehicles
        Theirs.
    left_out
        The other vehicle-days, ``vehicle_day, vehicle_id, model_id, reason``: ``no model``, one
        of ``CAUSES``, ``depot`` (does not begin and end at one), ``time`` (not reached, or back
        after its next departure), ``energy`` (a tour takes more than the battery holds above the
        reserve).
    """

    stays: tuple[DailyStay, ...]
    vehicles: tuple[DepotVehicle, ...]
    left_out: pd.DataFrame


def depot_stays(
    itineraries: Itineraries,
    feasibility: Feasibility,
    models: ElectricModels,
    *,
    date: str,
    power_w: Mapping[str, tuple[float, float]],
    tapers: Mapping[str, tuple[tuple[float, float], ...]] | None = None,
    model_of: Mapping[str, str] | None = None,
    defaults: Defaults | None = None,
) -> StudyStays:
    """Return the stays that one day of a study makes every operating day.

    A vehicle is at the depot from the arrival at its last stop to its departure on the next
    operating day, and at every stop of kind ``depot`` between. Over night it is charged to the
    charge that days begin with (``energy:start_soc``). Between tours it is charged at least so
    far that the next tour ends above the reserve: days that fail for energy alone are mended
    where that is possible.

    Parameters
    ----------
    itineraries, feasibility, models
        Of the study.
    date
        Day to repeat, ISO text.
    power_w
        Most that a model takes, ``model_id: (AC, DC)``: not in the table of models.
    tapers
        Tapers by model, as ``DepotVehicle`` has them.
    model_of
        Model by vehicle. That of ``feasibility.best`` where not given.

    Raises
    ------
    InputError
        No vehicle-day on the date; a model whose power is not given or that was not tried.
    """
    scope = (defaults or Defaults()).scope()
    start, reserve, health = (
        scope.number("energy", name) for name in ("start_soc", "reserve_share", "state_of_health")
    )
    days = itineraries.traversals.vehicle_days
    chosen = np.flatnonzero((days["date"].astype(str) == date).to_numpy())
    if not chosen.size:
        raise InputError([Problem("vehicle-days", "date", 0, date, "a date of the study")])
    best = feasibility.best.set_index("vehicle_day")["model_id"]
    wanted = {
        int(day): str((model_of or {}).get(str(days["vehicle_id"].iloc[day]), best.get(day, "")))
        for day in chosen
    }
    _check_models(set(wanted.values()) - {""}, feasibility, power_w)
    verdicts = feasibility.verdicts.set_index(["vehicle_day", "model_id"])
    charges = feasibility.stops
    usable = models.frame["battery_usable_wh"].astype(float)
    stops = {int(day): rows for day, rows in itineraries.stops.groupby("vehicle_day")}
    stays: list[DailyStay] = []
    vehicles: dict[str, DepotVehicle] = {}
    left_out: list[tuple[int, str, str, str]] = []
    for day, model in wanted.items():
        name = str(days["vehicle_id"].iloc[day])
        reason = "no model" if not model else str(verdicts.loc[(day, model), "cause"])
        if reason not in ("none", "energy"):
            left_out.append((day, name, model, reason))
            continue
        battery = float(usable[model]) * health
        rows = charges[(charges["vehicle_day"] == day) & (charges["model_id"] == model)]
        soc = rows.set_index("stop_number")["soc"]
        made = _stays_of_day(name, stops[day], soc, battery, start, reserve)
        if isinstance(made, str):
            left_out.append((day, name, model, made))
            continue
        stays += made
        ac, dc = power_w[model]
        vehicles[name] = DepotVehicle(name, battery, ac, dc, (tapers or {}).get(model, ()))
    frame = pd.DataFrame(left_out, columns=["vehicle_day", "vehicle_id", "model_id", "reason"])
    return StudyStays(tuple(stays), tuple(vehicles.values()), frame)


def _check_models(
    names: set[str], feasibility: Feasibility, power_w: Mapping[str, tuple[float, float]]
) -> None:
    """Raise for models whose power or verdict is not known."""
    tried = set(feasibility.verdicts["model_id"])
    problems = []
    for name in sorted(names):
        if name not in tried:
            problems.append(Problem("model_of", "model_id", 0, name, "a model that was tried"))
        elif name not in power_w:
            expected = "the power it takes, (AC, DC) in W"
            problems.append(Problem("power_w", "model_id", 0, name, expected))
    if problems:
        raise InputError(problems)


def _stays_of_day(
    name: str,
    stops: pd.DataFrame,
    soc: pd.Series,
    battery_wh: float,
    start: float,
    reserve: float,
) -> list[DailyStay] | str:
    """Return the stays of one vehicle-day, or why there are none."""
    rows = stops.sort_values("stop_number")
    depot = (rows["kind"] == "depot").to_numpy()
    if not (depot[0] and depot[-1]) or len(rows) < 2:
        return "depot"
    number = rows["stop_number"].to_numpy()
    arrive, depart = (rows[c].to_numpy(float, na_value=np.nan) for c in ("arrive_s", "depart_s"))
    charge = soc.reindex(number).to_numpy(float)
    if not np.isfinite([depart[0], arrive[-1], *charge[1:]]).all():
        return "time"
    if arrive[-1] >= depart[0] + _DAY_S:
        return "time"
    middle = [int(i) for i in np.flatnonzero(depot[:-1]) if i > 0]
    bounds = [0, *middle, len(rows) - 1]
    charged = 0.0  # beyond what the verdict counts with, so far
    made = []
    for place, after in itertools.pairwise(bounds):
        lowest = float(charge[place + 1 : after + 1].min())
        lack = max(reserve - lowest - charged, 0.0)
        if place == 0:
            if lack > 0.0:
                return "energy"
            continue
        begins = charge[place] + charged
        if begins + lack > 1.0 or (lack > 0.0 and not depart[place] > arrive[place]):
            return "energy"
        if depart[place] > arrive[place]:
            low, high = begins * battery_wh, (begins + lack) * battery_wh
            made.append(DailyStay(name, arrive[place], depart[place], low, high, overnight=False))
        charged += lack
    # A day that ends fuller than it began (coasting home) needs nothing over night.
    end = float(charge[-1]) + charged
    made.append(
        DailyStay(name, arrive[-1], depart[0], end * battery_wh, max(start, end) * battery_wh)
    )
    return made
