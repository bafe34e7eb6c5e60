"""Electric vehicles on the days of a study: energy, probability and the charger they need."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.economics.outcomes.charging import Chargers, charger_kinds, hours_to_refill
from geofleet.economics.outcomes.driven import Routed
from geofleet.economics.outcomes.model import StudyRoutes
from geofleet.energy.robust import RobustFeasibility, robust_feasibility
from geofleet.errors import InputError, Problem

__all__ = ["DEPOT_CHARGING", "electric_duties"]

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

DEPOT_CHARGING = "depot charging"
"""Cause of its own: no charger refills the day's energy in the hours parked."""

_DAY_S = 86400.0


def electric_duties(
    routes: StudyRoutes,
    routed: Routed,
    *,
    duty: Integers,
    model: Integers,
    extend: bool,
    draws: int | None = None,
    defaults: Defaults,
) -> tuple[pd.DataFrame, dict[str, Any], RobustFeasibility]:
    """Return what models need for all days of a vehicle, over the service dates.

    Parameters
    ----------
    duty, model
        Of each pair: whose days (position in the fleet) and which model (position in the models).
    extend
        Ask for the probability of pairs of day and model that ``routes.robust`` lacks.
    draws
        For these; as many as there when not given.

    Returns
    -------
    frame
        One row per pair: ``energy_wh`` (out of the battery), ``grid_wh``, ``probability`` (the
        least over the days: 0 where one fails as planned, NaN where unknown), ``cause``,
        ``charger_kind``, ``charger_power_w``, ``peak_power_w``, ``plug_share``.
    report
        Counts.
    robust
        With the pairs that were judged here.
    """
    pair, day = _days_of(routed, duty)
    which = model[pair]
    verdicts = routes.feasibility.verdicts
    row = _verdict_rows(routes, day, which)
    cause = verdicts["cause"].to_numpy(object)[row]
    unknown = cause == "unknown"
    energy = np.where(unknown, np.nan, verdicts["energy_wh"].to_numpy(np.float64)[row])
    feasible = verdicts["feasible"].to_numpy(bool)[row]
    chance, report, robust = _chances(
        routes, day, which, feasible, extend=extend, draws=draws, defaults=defaults
    )
    chance = np.where(feasible, chance, np.where(unknown, np.nan, 0.0))
    count = len(duty)
    chargers = charger_kinds(routes.models, defaults)
    total = np.bincount(pair, weights=energy, minlength=count)
    busy = np.bincount(pair, minlength=count) > 0
    parked, kind = _plugs(routes, chargers, pair, day, which, row, count)
    least = np.full(count, np.inf)
    np.minimum.at(least, pair, np.where(np.isnan(chance), np.inf, chance))
    doubtful = np.bincount(pair[np.isnan(chance)], minlength=count) > 0
    # one day that fails is enough, whatever is not known of the others
    probability = np.where((doubtful & (least > 0.0)) | ~busy, np.nan, least)
    words = _causes(pair, cause, count)
    stuck = (kind < 0) & (words == "none")
    probability[stuck] = 0.0
    words[stuck] = DEPOT_CHARGING
    report["pairs_without_charger"] = int(stuck.sum())
    served = (kind >= 0) & (words == "none")
    place = np.maximum(kind, 0)
    # where no charger serves, the smallest stands for the losses
    frame = pd.DataFrame(
        {
            "energy_wh": np.where(busy, total, np.nan),
            "grid_wh": np.where(busy, total / chargers.efficiency[place], np.nan),
            "probability": probability,
            "cause": words,
            "charger_kind": np.where(served, np.array(chargers.names, object)[place], ""),
            "charger_power_w": np.where(served, chargers.power_w[place], np.nan),
            "peak_power_w": np.where(served, chargers.peak_w[model, place], np.nan),
            "plug_share": np.where(served, parked[np.arange(count), place], np.nan),
        }
    )
    return frame, report, robust


def _days_of(routed: Routed, duty: Integers) -> tuple[Integers, Integers]:
    """Return every day of every pair: the pair's number and the day's."""
    order = np.argsort(routed.day_owner, kind="stable")
    first = np.searchsorted(routed.day_owner[order], np.arange(routed.count + 1))
    sizes = np.diff(first)[duty]
    pair = np.repeat(np.arange(len(duty)), sizes)
    start = np.concatenate([[0], np.cumsum(sizes)])[:-1]
    place = np.arange(len(pair)) - np.repeat(start - first[:-1][duty], sizes)
    return pair, order[place]


def _verdict_rows(routes: StudyRoutes, day: Integers, model: Integers) -> Integers:
    """Return the row of ``verdicts`` of each day and model."""
    verdicts, names = routes.feasibility.verdicts, routes.models.frame.index
    of_model = names.get_indexer(pd.Index(verdicts["model_id"].to_numpy(object)))
    tried = np.flatnonzero(of_model >= 0)
    days = len(routes.itineraries.traversals.vehicle_days)
    rows = np.full((days, len(names)), -1, dtype=np.int64)
    rows[verdicts["vehicle_day"].to_numpy(np.int64)[tried], of_model[tried]] = tried
    found = rows[day, model]
    if (found < 0).any():
        lost = np.unique(model[found < 0])[:5]
        expected = "a verdict of every vehicle-day for the model"
        raise InputError(
            Problem("feasibility", "model_id", 0, str(names[one]), expected) for one in lost
        )
    return found


def _chances(
    routes: StudyRoutes,
    day: Integers,
    model: Integers,
    feasible: npt.NDArray[np.bool_],
    *,
    extend: bool,
    draws: int | None,
    defaults: Defaults,
) -> tuple[Floats, dict[str, Any], RobustFeasibility]:
    """Return the probability of days and models, those feasible as planned judged where missing."""
    names = routes.models.frame.index
    days = len(routes.itineraries.traversals.vehicle_days)
    chance = np.full((days, len(names)), np.nan)
    judged = np.zeros((days, len(names)), dtype=bool)

    def note(table: pd.DataFrame) -> None:
        number = names.get_indexer(pd.Index(table["model_id"].to_numpy(object)))
        known = number >= 0
        place = table["vehicle_day"].to_numpy(np.int64)[known], number[known]
        chance[place] = table["probability"].to_numpy(np.float64)[known]
        judged[place] = True

    robust = routes.robust
    note(robust.verdicts)
    wanted = np.zeros_like(judged)
    wanted[day[feasible], model[feasible]] = True
    missing = wanted & ~judged
    report = {
        "pairs_judged_before": int((wanted & judged).sum()),
        "pairs_judged_here": int(missing.sum()) if extend else 0,
        "pairs_not_judged": 0 if extend else int(missing.sum()),
    }
    if extend and missing.any():
        where = np.nonzero(missing)
        pairs = pd.DataFrame(
            {"vehicle_day": where[0], "model_id": names.to_numpy(object)[where[1]]}
        )
        said = robust.report
        more = robust_feasibility(
            routes.itineraries, routes.network, routes.models, robust.weather, pairs=pairs,
            fleet=routes.fleet, draws=said.get("draws") if draws is None else draws,
            seed=int(said.get("seed", 0)), sampler=said.get("sampler", "sobol"),
            defaults=defaults,
        )  # fmt: skip
        note(more.verdicts)
        verdicts = pd.concat([robust.verdicts, more.verdicts], ignore_index=True)
        robust = replace(robust, verdicts=verdicts)
    return chance[day, model], report, robust


def _plugs(
    routes: StudyRoutes,
    chargers: Chargers,
    pair: Integers,
    day: Integers,
    model: Integers,
    row: Integers,
    count: int,
) -> tuple[Floats, Integers]:
    """Return the share of the hours parked that each kind takes on the worst day, and the kind."""
    verdicts = routes.feasibility.verdicts
    days = routes.itineraries.traversals.vehicle_days
    away = (days["return_s"] - days["depart_s"]).to_numpy(np.float64)
    parked_h = np.maximum(_DAY_S - away, 0.0)[day] / 3600.0
    battery = verdicts["battery_wh"].to_numpy(np.float64)[row]
    end = verdicts["soc_end"].to_numpy(np.float64)[row]
    depth = np.maximum(battery * (chargers.start_soc - end), 0.0)
    hours = hours_to_refill(chargers, model, depth)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(hours > 0.0, hours / parked_h[:, None], hours)
    worst = np.zeros((count, len(chargers.names)))
    np.maximum.at(worst, pair, np.where(np.isnan(share), np.inf, share))
    fits = worst <= 1.0
    return worst, np.where(fits.any(axis=1), fits.argmax(axis=1), -1)


def _causes(pair: Integers, cause: npt.NDArray[np.object_], count: int) -> npt.NDArray[np.object_]:
    """Return of each pair the cause of its first day that fails, else unknown, else none."""
    words = np.full(count, "none", dtype=object)
    for chosen in (cause == "unknown", (cause != "unknown") & (cause != "none")):
        place, first = np.unique(pair[chosen], return_index=True)
        words[place] = cause[chosen][first]
    words[np.bincount(pair, minlength=count) == 0] = "unknown"
    return words
