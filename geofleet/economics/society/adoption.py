"""Which of several options operators take: a multinomial logit that keeps to observed shares."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import root

from geofleet.defaults import Defaults
from geofleet.economics.options.model import KEEP
from geofleet.economics.society.model import keep_places
from geofleet.economics.society.uptake import Uptake
from geofleet.errors import InputError, Problem

__all__ = ["calibrate_options", "option_shares", "rebound_km"]

Floats = npt.NDArray[np.float64]


def option_shares(
    model: Uptake,
    gain: pd.Series,
    able: pd.Series | None = None,
    *,
    constants: Mapping[str, float],
) -> pd.Series:
    """Return the share of each option among operators like each vehicle's; each vehicle's sum to 1.

    P_k = exp(a_k + b gain_k + c able_k) / Σ, keeping at 0. An option whose gain or liquidity is not
    known is taken by nobody; one without a constant cannot be had.

    Parameters
    ----------
    gain
        Present gain of each option against keeping, indexed by vehicle and option.
    able
        Whether the first month can be paid.
    constants
        a by technology (the part of the option before the colon) or by option.

    Raises
    ------
    InputError
        Vehicles without a row of keeping.
    """
    utility, place = _utilities(model, gain, able)
    start = _constants(gain.index, constants)
    return pd.Series(_shares(utility + start, place), gain.index, name="share")


def calibrate_options(
    model: Uptake,
    gain: pd.Series,
    able: pd.Series | None = None,
    *,
    observed: Mapping[str, float],
    weights: pd.Series | None = None,
    defaults: Defaults | None = None,
) -> dict[str, float]:
    """Return constants by which expected shares over all vehicles are those observed.

    Parameters
    ----------
    observed
        Share of all vehicles by technology or option, without keeping, which is what is left; each
        above 0, together below 1.
    weights
        Vehicles behind each vehicle of the table.

    Raises
    ------
    InputError
        Shares that are none; an option that too few can take; no constants found.
    """
    used = (defaults or Defaults()).scope()
    names = list(observed)
    share = np.array([float(observed[name]) for name in names])
    problems = []
    if not names or (share <= 0.0).any() or not share.sum() < 1.0:
        expected = "shares above 0 that leave some for keeping"
        problems.append(Problem("uptake", "observed", 0, f"{share.sum():g}", expected))
        raise InputError(problems)
    utility, place = _utilities(model, gain, able)
    of_row = _matched(gain.index, names)
    by_vehicle = gain.index.get_level_values(0)
    weight = np.ones(len(gain))
    if weights is not None:
        weight = weights.reindex(by_vehicle).to_numpy(np.float64)
    kept = np.asarray(gain.index.get_level_values("option") == KEEP)
    part = weight / weight[kept].sum()
    for number, name in enumerate(names):
        most = part[(of_row == number) & ~np.isnan(utility)].sum()
        if not most > 0.0:
            problems.append(Problem("uptake", name, expected="vehicles that can take it"))
    if problems:
        raise InputError(problems)

    def predicted(values: Floats) -> tuple[Floats, Floats]:
        start = np.where(of_row >= 0, np.append(values, np.nan)[of_row], np.nan)
        shares = _shares(utility + np.where(kept, 0.0, start), place)
        rows = of_row >= 0
        sums = np.bincount(of_row[rows], (shares * part)[rows], len(names))
        return shares, np.asarray(sums, np.float64)

    def missing(values: Floats) -> tuple[Floats, Floats]:
        shares, sums = predicted(values)
        table = np.zeros((len(np.unique(place)), len(names)))
        rows = of_row >= 0
        code = np.unique(place, return_inverse=True)[1]
        np.add.at(table, (code[rows], of_row[rows]), shares[rows])
        slope = np.diag(sums) - table.T @ (table * part[kept][:, None])
        return np.log(sums / share), slope / sums[:, None]

    steps = int(used.number("uptake", "newton_steps"))
    guess = np.zeros(len(names))
    # a few fixed-point steps (Berry 1994) bring any start near enough for the solver
    for _ in range(10):
        guess = guess + np.log(share / np.maximum(predicted(guess)[1], np.finfo(float).tiny))
    found = root(missing, guess, jac=True, method="hybr", options={"maxfev": steps, "xtol": 1e-15})
    off = float(np.abs(predicted(found.x)[1] - share).max())
    if not off <= used.number("uptake", "tolerance"):
        expected = "shares that the options can have: too few vehicles can take one"
        raise InputError([Problem("uptake", "observed", 0, f"off by {off:.2g}", expected)])
    return dict(zip(names, found.x.tolist(), strict=True))


def rebound_km(
    days_won: pd.Series, physical: pd.DataFrame, *, defaults: Defaults | None = None
) -> pd.Series:
    """Return km of a year that are driven on days which were barred before.

    days won x km of a working day x row ``uptake:rebound_share``; NaN where km are not known.

    Parameters
    ----------
    days_won
        Days of a year that an option may drive and the vehicle today may not, by vehicle and
        option.
    """
    used = (defaults or Defaults()).scope()
    share = used.number("uptake", "rebound_share")
    days = used.number("mends", "working_days")
    daily = physical["annual_km"].reindex(days_won.index).to_numpy(np.float64) / days
    return pd.Series(
        days_won.to_numpy(np.float64) * daily * share, days_won.index, name="rebound_km"
    )


def _utilities(
    model: Uptake, gain: pd.Series, able: pd.Series | None
) -> tuple[Floats, npt.NDArray[np.int64]]:
    index = gain.index
    if not isinstance(index, pd.MultiIndex):
        expected = "an index of vehicle_id and option"
        raise InputError([Problem("uptake", "gain", 0, str(index.name), expected)])
    place = keep_places(index)
    utility = model.utility(gain, able)
    utility[np.unique(place)] = 0.0
    return utility, place


def _matched(index: pd.Index, names: list[str]) -> npt.NDArray[np.int64]:
    """Return the number of the name of each option, else of its technology, -1 where neither."""
    options = index.get_level_values("option").astype(str)
    number = {name: place for place, name in enumerate(names)}
    known = {
        name: number.get(name, number.get(name.partition(":")[0], -1)) for name in options.unique()
    }
    return options.map(known).to_numpy(np.int64)


def _constants(index: pd.Index, constants: Mapping[str, float]) -> Floats:
    names = list(constants)
    of_row = _matched(index, names)
    values = np.append(np.array([constants[name] for name in names]), np.nan)
    kept = np.asarray(index.get_level_values("option") == KEEP)
    return np.where(kept, 0.0, values[of_row])


def _shares(utility: Floats, place: npt.NDArray[np.int64]) -> Floats:
    """Return exp(utility) over its sum by vehicle; what is unknown has no share."""
    value = np.where(np.isnan(utility), -np.inf, utility)
    highest = np.full(len(value), -np.inf)
    np.maximum.at(highest, place, value)
    weight = np.exp(value - highest[place])
    total = np.bincount(place, weight, len(value))
    return np.asarray(weight / total[place])
