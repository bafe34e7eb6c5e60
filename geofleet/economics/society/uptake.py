"""Who takes up an offer: a logit of gain and liquidity, calibrated to what has been seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import brentq
from scipy.special import expit, logit

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.economics.society.model import of_account, social_terms
from geofleet.errors import InputError, Problem

__all__ = ["ALL", "Uptake", "additionality", "calibrate", "programme_shares", "uptake_model"]

Floats = npt.NDArray[np.float64]
ALL = "all"
"""Group of everyone, where no groups are told apart."""

WITH, WITHOUT = "with filter", "without filter"
_TABLE = "uptake"
_WEIGHTS = ("low", "central", "high")


@dataclass(frozen=True, slots=True)
class Uptake:
    """P = 1 / (1 + exp(-(a + b gain + c able))), a by group.

    Parameters
    ----------
    gain_weight
        b, per ``gain_unit`` of present gain.
    gain_unit
        Money of account.
    able_weight
        c: what being able to pay the first month adds.
    constants
        a by group; ``ALL`` where there are none. Empty before calibration.
    left_out
        Vehicles whose gain, liquidity or group was not known, at calibration.
    """

    gain_weight: float
    gain_unit: float
    able_weight: float
    constants: Mapping[str, float]
    left_out: float = 0.0
    provenance: tuple[str, ...] = ()

    def utility(self, gain: pd.Series, able: pd.Series | None = None) -> Floats:
        """Return b gain + c able; NaN where one is unknown. Everyone is able where not given."""
        money = gain.to_numpy(np.float64) / self.gain_unit
        return np.asarray(self.gain_weight * money + self.able_weight * _able(able, gain.index))

    def probability(
        self, gain: pd.Series, able: pd.Series | None = None, *, group: pd.Series | None = None
    ) -> pd.Series:
        """Return the probability of taking up the offer; NaN where something is not known.

        Parameters
        ----------
        gain
            Present gain of switching, money of account.
        able
            Whether the first month can be paid: true, false, or missing for unknown.
        group
            Names of ``constants``, by the same index.

        Raises
        ------
        InputError
            Not calibrated.
        """
        if not self.constants:
            expected = "constants: calibrate first"
            raise InputError([Problem("uptake", "constants", expected=expected)])
        names = _groups(group, gain.index)
        start = pd.Series(names).map(dict(self.constants)).to_numpy(np.float64)
        return pd.Series(expit(start + self.utility(gain, able)), gain.index, name="probability")


def uptake_model(
    currency: str = "MXN", *, answer: str = "central", defaults: Defaults | None = None
) -> Uptake:
    """Return the logit of table ``uptake`` before calibration.

    Parameters
    ----------
    answer
        ``low``, ``central`` or ``high``: how strongly operators answer to gain. Nobody has measured
        it for freight in Mexico; what follows is reported over the range.

    Raises
    ------
    InputError
        Another ``answer``; rows out of their limits.
    """
    if answer not in _WEIGHTS:
        expected = "one of " + ", ".join(_WEIGHTS)
        raise InputError([Problem("uptake", "answer", 0, answer, expected)])
    used = (defaults or Defaults()).scope()
    rows = CheckedRows(used)
    weight = rows.number(_TABLE, f"gain_weight.{answer}", 0.0, 1e6, "at least 0")
    able = rows.number(_TABLE, "able_weight", 0.0, 1e3, "at least 0")
    unit = rows.number(_TABLE, "gain_unit", 0.0, np.inf, "money above 0", above=True)
    rows.finish()
    unit *= of_account(f"{_TABLE}:gain_unit", social_terms(currency, defaults=used), used)
    return Uptake(weight, unit, able, {}, provenance=used.used)


def calibrate(
    model: Uptake,
    gain: pd.Series,
    able: pd.Series | None = None,
    *,
    observed: float | Mapping[str, float],
    weights: pd.Series | None = None,
    group: pd.Series | None = None,
) -> Uptake:
    """Return the model with constants by which the expected share is the observed one, exactly.

    Parameters
    ----------
    gain, able
        What those who could take it up had of it when the share was observed.
    observed
        Share above 0 and below 1, of all or by group.
    weights
        Vehicles behind each row; 1 where not given.
    group
        Group of each row, names of ``observed``.

    Raises
    ------
    InputError
        Shares that are none; groups without a share or without known members.
    """
    shares = dict(observed) if isinstance(observed, Mapping) else {ALL: float(observed)}
    names = _groups(group, gain.index)
    weight = counts_of(weights, gain.index)
    utility = model.utility(gain, able)
    known = ~np.isnan(utility) & (weight > 0.0)
    problems = [
        Problem("uptake", f"observed {name}", 0, f"{share:g}", "a share above 0 and below 1")
        for name, share in shares.items() if not 0.0 < share < 1.0
    ]  # fmt: skip
    problems += [
        Problem("uptake", "observed", expected=f"a share of group {name}")
        for name in dict.fromkeys(names) if name not in shares and name is not None
    ]  # fmt: skip
    problems += [
        Problem("uptake", "group", 0, name, "vehicles whose gain and liquidity are known")
        for name in shares if not (known & (names == name)).any()
    ]  # fmt: skip
    if problems:
        raise InputError(problems)
    constants = {
        name: _constant(utility[mine], weight[mine], share)
        for name, share in shares.items() for mine in [known & (names == name)]
    }  # fmt: skip
    return replace(model, constants=constants, left_out=float(weight[~known].sum()))


def programme_shares(
    weights: pd.Series, has_filter: pd.Series, *, defaults: Defaults | None = None
) -> dict[str, float]:
    """Return the shares of vehicles with and without a filter that are in the programme.

    2,365 members of 125,000 trucks, 35 % of whom had no filter before they joined (rows
    ``uptake:members``, ``uptake:members_without_filter_share``, ``programme:valley.trucks``), in
    proportion to the weights.

    Parameters
    ----------
    weights, has_filter
        Of a city's fleet; vehicles of which nobody knows are in neither group.

    Returns
    -------
    dict
        For ``observed`` of :func:`calibrate`, by the groups of :func:`filter_group`.

    Raises
    ------
    InputError
        Fewer vehicles with a filter than members that have one.
    """
    used = (defaults or Defaults()).scope()
    rows = CheckedRows(used)
    members = rows.number(_TABLE, "members", 0.0, np.inf, "vehicles", above=True)
    bare = rows.number(_TABLE, "members_without_filter_share", 0.0, 1.0, "from 0 to 1")
    trucks = rows.number("programme", "valley.trucks", 0.0, np.inf, "vehicles", above=True)
    rows.finish()
    count = counts_of(weights, weights.index)
    names = _groups(filter_group(has_filter), weights.index)
    joined = members / trucks * count.sum()
    shares = {}
    for name, part in ((WITH, 1.0 - bare), (WITHOUT, bare)):
        there = float(count[names == name].sum())
        shares[name] = part * joined / there if there > 0.0 else np.inf
    wrong = [name for name, share in shares.items() if not share < 1.0]
    if wrong:
        raise InputError(
            Problem("uptake", name, 0, f"{shares[name]:.3g}", "more vehicles than members")
            for name in wrong
        )
    return shares


def filter_group(has_filter: pd.Series) -> pd.Series:
    """Return the group of each vehicle by whether it has a filter; missing where unknown.

    Parameters
    ----------
    has_filter
        True or false, or the words of :func:`geofleet.policy.cases.particle_filters`: ``factory``,
        ``retrofit``, ``none``.

    Raises
    ------
    InputError
        Other words.
    """
    groups = {True: WITH, False: WITHOUT, "factory": WITH, "retrofit": WITH, "none": WITHOUT}
    known = has_filter[has_filter.notna()].astype(object)
    if other := sorted({str(value) for value in known.unique() if value not in groups}):
        expected = "true, false, factory, retrofit or none"
        raise InputError([Problem("uptake", "has_filter", 0, other[0], expected)])
    found = pd.Series([None] * len(has_filter), index=has_filter.index, dtype=object)
    found[known.index] = known.map(groups)
    return found


def additionality(
    with_it: pd.Series,
    without: pd.Series,
    *,
    weights: pd.Series | None = None,
    avoided: pd.Series | None = None,
    group: pd.Series | None = None,
) -> pd.DataFrame:
    """Return takers, those among them who would not have, and free riders.

    additional = N (P_with - P_without); free riders' share = 1 - (P_with - P_without) / P_with.

    Parameters
    ----------
    with_it, without
        Probabilities with and without the incentive.
    avoided
        What one vehicle avoids: 0 for one that had a filter already and joins for the exemption.
    group
        To sum by.

    Returns
    -------
    pandas.DataFrame
        By group (``ALL`` where none): ``vehicles, takers, additional, free_riders,
        free_rider_share`` (NaN without takers), ``avoided_claimed`` (by all takers) and
        ``avoided_additional``; ``unknown``: vehicles left out because a probability is unknown.

    Raises
    ------
    InputError
        Tables of other rows.
    """
    if not with_it.index.equals(without.index):
        expected = "probabilities of the same vehicles"
        raise InputError([Problem("additionality", "without", expected=expected)])
    weight = counts_of(weights, with_it.index)
    names = _groups(group, with_it.index)
    before, after = without.to_numpy(np.float64), with_it.to_numpy(np.float64)
    unknown = np.isnan(before) | np.isnan(after)
    takers = np.where(unknown, 0.0, after) * weight
    more = np.where(unknown, 0.0, after - before) * weight
    frame = pd.DataFrame({"vehicles": weight, "takers": takers, "additional": more,
                          "free_riders": takers - more})  # fmt: skip
    frame["unknown"] = np.where(unknown, weight, 0.0)
    if avoided is not None:
        amount = avoided.reindex(with_it.index).to_numpy(np.float64)
        for name, part in (("claimed", takers), ("additional", more)):
            frame[f"avoided_{name}"] = np.where(part == 0.0, 0.0, amount * part)
    keys = pd.Series(names, dtype=object).where(pd.Series(names).notna(), "unknown")
    code, labels = pd.factorize(keys, sort=True)
    # NumPy's sums keep what is unknown unknown
    sums = pd.DataFrame(
        {str(name): np.bincount(code, part, len(labels)) for name, part in frame.items()},
        index=pd.Index(labels),
    )
    rate = sums["free_riders"] / sums["takers"].where(sums["takers"] > 0.0)
    sums.insert(4, "free_rider_share", rate)
    return sums.rename_axis("group")


def _constant(utility: Floats, weight: Floats, share: float) -> float:
    """Return the constant at which the weighted mean probability is the share."""
    part = weight / weight.sum()
    # between these, the mean is on either side of the share whatever the utilities are
    low, high = (float(logit(share) - end) for end in (utility.max(), utility.min()))
    if high - low < 1e-12:
        return low

    def missing(constant: float) -> float:
        return float(part @ expit(constant + utility) - share)

    return float(brentq(missing, low - 1.0, high + 1.0, xtol=1e-13, rtol=1e-14))


def _able(able: pd.Series | None, index: pd.Index) -> Floats:
    if able is None:
        return np.ones(len(index))
    given = able.reindex(index)
    return np.where(given.isna(), np.nan, given.fillna(False).astype(bool)).astype(np.float64)


def _groups(group: pd.Series | None, index: pd.Index) -> npt.NDArray[np.object_]:
    if group is None:
        return np.full(len(index), ALL, dtype=object)
    given = group.reindex(index)
    found = given.to_numpy(dtype=object, copy=True)
    found[given.isna().to_numpy()] = None
    return found


def counts_of(weights: pd.Series | None, index: pd.Index) -> Floats:
    if weights is None:
        return np.ones(len(index))
    found = weights.reindex(index).to_numpy(np.float64)
    wrong = np.flatnonzero(~(found >= 0.0) | np.isinf(found))
    if len(wrong):
        raise InputError(
            Problem("weights", str(index[place]), 0, f"{found[place]:g}", "vehicles, at least 0")
            for place in wrong[:5]
        )
    return found
