"""What would tip an operator: the grant, the margin or the hour rule at which switching pays."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.economics.access.model import DAYS_OF_YEAR, check_access
from geofleet.economics.access.terms import access_value, clear_share
from geofleet.economics.ledger import break_even, switching
from geofleet.errors import InputError, Problem

__all__ = ["LEVERS", "tipping"]

Floats = npt.NDArray[np.float64]

LEVERS = (
    "grant", "margin_per_day", "whole_days", "contingency_days", "contingency_hours", "enforcement"
)  # fmt: skip
"""What can be turned: money today, margin of a day, days barred, declared days, their hours, and
the chance that a ban is enforced."""

_WHOLE = ("whole_days", "contingency_days")
_BOUGHT = ("price", "duty", "purchase_tax", "charger")
_UNIT = 0.5
_STEP = {"grant": 1.0, "margin_per_day": 1.0, "contingency_hours": 0.01, "enforcement": 0.001}


def tipping(
    cases: pd.DataFrame,
    terms: pd.DataFrame,
    *,
    levers: Sequence[str] = LEVERS,
    base: str = "keep",
    group: str = "vehicle_id",
) -> pd.DataFrame:
    """Return how far each lever must be turned, the others as they are, until switching pays.

    Parameters
    ----------
    cases
        Ledger cases, indexed by ``group`` and ``option``. Their ``access_per_year`` is not looked
        at: it follows from ``terms``; that of the base is zero where it has no row there.
    terms
        Columns of ``ACCESS_SCHEMA`` for the cases that win access (those without win none).
    levers
        Among ``LEVERS``.
    base, group
        As for :func:`geofleet.economics.ledger.switching`.

    Returns
    -------
    DataFrame
        Index (``group``, ``option``, ``lever``), the base left out. ``present``: where the lever
        is; ``needed``: the least at which the gain of switching is not below zero, in whole days
        where it counts days; ``most``: the furthest that it can be turned (the whole of what is
        bought, 365 days, a day's work of hours, certainty); ``answer``: ``pays already``, ``tips``
        (at ``needed``), ``never`` (not within ``most``) or ``unknown``; ``npv_present``,
        ``npv_needed`` and ``npv_short_of``: gains where the lever is, at ``needed`` and one step (a
        day, a peso, 0.01 h, 0.001) short of it (NaN where nothing is needed), each by a ledger of
        its own. ``needed`` is NaN where
        the lever changes nothing.

    Raises
    ------
    InputError
        Levers that are none; terms of cases that are not there; as ``switching``.

    Notes
    -----
    Gains are a straight line of each lever alone, so that the answer is exact; the two gains beside
    it prove it.
    """
    problems = [
        Problem("tipping", "levers", 0, lever, "one of " + ", ".join(LEVERS))
        for lever in levers
        if lever not in LEVERS
    ]
    terms = check_access(terms)
    problems += [
        Problem("access terms", "index", 0, str(label), "a case of the ledger")
        for label in terms.index.difference(cases.index)[:5]
    ]
    if problems:
        raise InputError(problems)
    full = _filled(terms, cases.index)
    wanted = np.asarray(cases.index.get_level_values("option") != base)
    parts = [
        _of_lever(cases, full, lever, base=base, group=group)[wanted].assign(lever=lever)
        for lever in levers
    ]
    return pd.concat(parts).set_index("lever", append=True).sort_index(kind="stable")


def _of_lever(
    cases: pd.DataFrame, terms: pd.DataFrame, lever: str, *, base: str, group: str
) -> pd.DataFrame:
    """Return the tipping point of one lever for every case, with its proof."""
    of_base = np.asarray(cases.index.get_level_values("option") == base)

    def gain(value: Floats | None) -> Floats:
        """Return the gain of switching with the lever of each option at a value."""
        changed = cases.copy()
        turned = terms
        if value is not None and lever == "grant":
            changed["grant"] = np.where(of_base, cases.get("grant", 0.0), value)
        elif value is not None:
            turned = _turned(terms, lever, np.where(of_base, _present(terms, lever), value))
        changed["access_per_year"] = access_value(turned).to_numpy()
        options = {"base": base, "group": group, "returns": False}
        return switching(changed, **options)["npv"].to_numpy(np.float64)  # type: ignore[arg-type]

    now = gain(None)
    if lever == "grant":
        worth = cases.assign(access_per_year=access_value(terms).to_numpy())
        exact = break_even(worth, "grant", base=base, group=group).to_numpy(np.float64)
        present = np.broadcast_to(np.asarray(cases.get("grant", 0.0), np.float64), len(cases))
        # nobody is granted more than what is bought: upkeep is paid by the year, not by a grant
        bought = [np.asarray(cases.get(name, 0.0), np.float64) for name in _BOUGHT]
        most = np.broadcast_to(np.sum(np.broadcast_arrays(*bought), axis=0), len(cases))
    else:
        present, most = _present(terms, lever), _most(terms, lever)
        exact = _exact(cases, terms, lever, base=base, group=group)
    needed = np.maximum(exact, 0.0)
    if lever in _WHOLE:
        # a sum that misses a whole day by its rounding alone has reached it
        needed = np.maximum(np.ceil(needed - 1e-9), 0.0) + 0.0
    step = 1.0 if lever in _WHOLE else _STEP[lever]
    reached = needed <= most * (1.0 + 1e-12)
    usable = np.where(reached, np.minimum(needed, most), np.nan)
    short = np.where(usable > 0.0, usable, np.nan)
    return pd.DataFrame(
        {
            "present": present,
            "needed": needed,
            "most": most,
            "answer": _answers(now, needed, reached),
            "npv_present": now,
            "npv_needed": gain(np.nan_to_num(usable)) + 0.0 * usable,
            "npv_short_of": gain(np.maximum(np.nan_to_num(usable) - step, 0.0)) + 0.0 * short,
        },
        index=cases.index,
    )


def _exact(
    cases: pd.DataFrame, terms: pd.DataFrame, lever: str, *, base: str, group: str
) -> Floats:
    """Return where the value of access is what switching needs; NaN where the lever moves nothing.

    The value of access is a straight line of each lever.
    """
    worth = cases.assign(access_per_year=access_value(terms).to_numpy())
    needed = break_even(worth, "access_per_year", base=base, group=group).to_numpy(np.float64)
    nothing, some = np.zeros(len(cases)), np.full(len(cases), _UNIT)
    without = access_value(_turned(terms, lever, nothing)).to_numpy(np.float64)
    more = access_value(_turned(terms, lever, some)).to_numpy(np.float64)
    slope = (more - without) / _UNIT
    answer = np.full(len(cases), np.nan)
    np.divide(needed - without, slope, out=answer, where=slope > 0.0)
    flat: Floats = np.where((slope <= 0.0) & (needed <= without), 0.0, answer)
    return flat


def _answers(
    now: Floats, needed: Floats, reached: npt.NDArray[np.bool_]
) -> npt.NDArray[np.object_]:
    words = np.full(len(now), "never", object)
    words[reached] = "tips"
    words[now >= 0.0] = "pays already"
    words[np.isnan(now) & np.isnan(needed)] = "unknown"
    return words


def _filled(terms: pd.DataFrame, index: pd.Index) -> pd.DataFrame:
    """Return terms for every case: those without a row win nothing, whatever is turned."""
    full = terms.reindex(index)
    without = ~index.isin(terms.index)
    full.loc[without, list(terms.columns)] = 0.0
    full.loc[without, "working_day_h"] = 1.0
    return full


def _present(terms: pd.DataFrame, lever: str) -> Floats:
    return terms[lever].to_numpy(np.float64)


def _most(terms: pd.DataFrame, lever: str) -> Floats:
    if lever == "contingency_hours":
        return terms["working_day_h"].to_numpy(np.float64)
    top = {"whole_days": DAYS_OF_YEAR, "contingency_days": DAYS_OF_YEAR, "enforcement": 1.0}
    return np.full(len(terms), top.get(lever, np.inf))


def _turned(terms: pd.DataFrame, lever: str, value: Floats) -> pd.DataFrame:
    """Return terms with a lever at a value for each case."""
    turned = terms.copy()
    turned[lever] = value
    if lever == "whole_days":
        # more barred days leave fewer declared ones that are not lost anyway
        share = clear_share(terms["whole_days"]).to_numpy(np.float64)
        then = clear_share(turned["whole_days"]).to_numpy(np.float64)
        scale = np.ones(len(terms))
        np.divide(terms["clear_share"], share, out=scale, where=share > 0.0)
        turned["clear_share"] = np.clip(scale * then, 0.0, 1.0)
    return turned
