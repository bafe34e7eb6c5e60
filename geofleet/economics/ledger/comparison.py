"""Options of a vehicle against going on as today: gain, payback, rate of return, break-even."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.economics.ledger import _kernels
from geofleet.economics.ledger.totals import case_arrays, cost_flows, measures
from geofleet.errors import InputError, Problem

__all__ = ["AFFINE", "break_even", "rates_of_return", "switching"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

AFFINE = (
    "price", "duty", "purchase_tax", "charger", "grant", "trade_in", "loan", "fee_per_year",
    "energy_per_year", "fluid_per_year", "filter_per_year", "tyres_per_year",
    "maintenance_per_year", "value", "insurance_share", "downtime_per_year",
    "payload_loss_per_year", "access_per_year", "charges_per_year", "vehicle_tax_per_year",
    "battery_price",
)  # fmt: skip
"""Columns of which costs are a straight line."""

_SHOWN = 5
_CHUNK = 32_768
_STEP = 1_000_000.0


@dataclass(frozen=True)
class _Pairs:
    """Cases with the place of the case that each is compared with."""

    columns: Floats
    base: Ints


def switching(
    cases: pd.DataFrame, *, base: str = "keep", group: str = "vehicle_id", returns: bool = True
) -> pd.DataFrame:
    """Return what each option is worth to its operator against going on as today.

    Parameters
    ----------
    cases
        Ledger cases, indexed by ``group`` and ``option``.
    base
        The option that each other one of its group is compared with.
    group
        Level of the index that names the vehicle.
    returns
        Whether to look for rates of return, which take most of the time.

    Returns
    -------
    DataFrame
        Same index. ``npv``: present gain of switching, good above zero;
        ``discounted_payback_years``: first year at whose end the sum of discounted gains is not
        below zero after having been (0 where it never is, NaN where it stays below);
        ``paid_back_for_good_years``: first year from which it stays so to the end, which there is
        exactly where ``npv`` is not below zero; ``irr``: rate of return, of several the one nearest
        to zero, NaN where none; ``irr_count``: how many there are (``rates_of_return`` lists them;
        missing where gains are not known); the columns of :func:`ledger_totals`;
        ``month_one_change``: what a month of the first year costs more.

    Raises
    ------
    InputError
        Cases out of their limits; an index without the two levels, with a case twice, groups
        without the base, options of a group with other years or another discount rate.

    Notes
    -----
    Sums within a part in 10¹² of zero count as zero. Rates of return are all real roots above -1:
    one where gains change sign once (Descartes), else every root between Cauchy's bounds that a
    scan of 400 steps and of the dips between them finds.
    """
    pairs = _paired(cases, base, group)
    count = pairs.columns.shape[1]
    totals = np.empty((len(_kernels.TOTALS), count))
    npv, payback, for_good = np.empty(count), np.empty(count), np.empty(count)
    irr, roots = np.full(count, np.nan), np.zeros(count)
    for rows, base_rows in _chunks(pairs):
        columns = np.ascontiguousarray(pairs.columns[:, rows])
        part, flows = cost_flows(columns)
        totals[:, rows] = part
        years = columns[_kernels.YEARS].astype(np.int64)
        found = np.empty((3, len(rows)))
        rate = np.ascontiguousarray(columns[_kernels.DISCOUNT_RATE])
        _kernels.compare(flows, base_rows, years, rate, *found)
        npv[rows], payback[rows], for_good[rows] = found
        if returns:
            all_roots, counts = _returns(flows, base_rows, years)
            irr[rows] = _nearest(all_roots, counts)
            roots[rows] = np.where(counts < 0, np.nan, counts)
    result = {
        "npv": npv,
        "discounted_payback_years": payback,
        "paid_back_for_good_years": for_good,
    }
    if returns:
        result |= {"irr": irr, "irr_count": roots}
    result |= measures(totals)
    month = result["month_one"]
    result["month_one_change"] = month - month[pairs.base]
    return pd.DataFrame(result, index=cases.index)


def rates_of_return(
    cases: pd.DataFrame, *, base: str = "keep", group: str = "vehicle_id"
) -> pd.DataFrame:
    """Return every rate of return of every option: one row per case and rate, ascending.

    Parameters
    ----------
    cases, base, group
        As for :func:`switching`.

    Returns
    -------
    DataFrame
        Index of the cases, repeated; ``number`` (from 1) and ``irr``. A rate at which the gains
        come to nothing says little where there are several: read ``npv`` then.
    """
    pairs = _paired(cases, base, group)
    parts = []
    for rows, base_rows in _chunks(pairs):
        columns = np.ascontiguousarray(pairs.columns[:, rows])
        _, flows = cost_flows(columns)
        roots, counts = _returns(flows, base_rows, columns[_kernels.YEARS].astype(np.int64))
        here, number = np.nonzero(np.arange(roots.shape[1]) < counts[:, None])
        parts.append(
            pd.DataFrame(
                {"number": number + 1, "irr": roots[here, number]},
                index=cases.index.take(rows[here]),
            )
        )
    if not parts:
        return pd.DataFrame({"number": [], "irr": []}, index=cases.index[:0])
    return pd.concat(parts)


def break_even(
    cases: pd.DataFrame, column: str, *, base: str = "keep", group: str = "vehicle_id"
) -> pd.Series:
    """Return the value of one column at which an option costs what going on as today costs.

    The column of the option changes, that of the base stays. Costs are a straight line of the
    columns named in ``AFFINE``, so that two evaluations give the answer.

    Parameters
    ----------
    cases, base, group
        As for :func:`switching`.
    column
        ``grant`` (the smallest that makes the option worth while), ``access_per_year`` (the least
        value of access), ``price`` (the highest), ``energy_per_year``…

    Returns
    -------
    Series
        Same index. Below zero where the option is worth while with nothing of it (a grant) or not
        at any price of it (a cost). NaN of the base itself, of what is unknown, and where the
        column changes nothing.

    Raises
    ------
    InputError
        A column of which costs are no straight line; as :func:`switching`.
    """
    if column not in AFFINE:
        expected = "one of " + ", ".join(AFFINE)
        raise InputError([Problem("break_even", "column", 0, column, expected)])
    pairs = _paired(cases, base, group)
    place = _kernels.COLUMNS.index(column)
    step = 1.0 if column == "insurance_share" else _STEP
    costs = []
    for value in (0.0, step):
        columns = pairs.columns.copy()
        columns[place] = value
        if column == "loan":
            # a loan that nobody repays is none: where there are no years, nothing changes
            columns[place][columns[_kernels.LOAN_YEARS] == 0.0] = 0.0
        totals = np.empty((len(_kernels.TOTALS), columns.shape[1]))
        _kernels.ledgers(columns, totals, np.empty((0, 0)))
        costs.append(totals[_kernels.PRESENT])
    totals = np.empty((len(_kernels.TOTALS), pairs.columns.shape[1]))
    _kernels.ledgers(pairs.columns, totals, np.empty((0, 0)))
    wanted = totals[_kernels.PRESENT][pairs.base] - costs[0]
    slope = (costs[1] - costs[0]) / step
    answer = np.full(len(slope), np.nan)
    flat = np.abs(costs[1] - costs[0]) <= 1e-12 * np.abs(costs[0])
    np.divide(wanted, slope, out=answer, where=~flat & (slope != 0.0))
    answer[pairs.base == np.arange(len(answer))] = np.nan
    return pd.Series(answer, index=cases.index, name=column)


def _paired(cases: pd.DataFrame, base: str, group: str) -> _Pairs:
    """Find for each case the one it is compared with."""
    if missing := [name for name in (group, "option") if name not in cases.index.names]:
        expected = f"an index with the levels {group} and option"
        raise InputError([Problem("ledger cases", name, expected=expected) for name in missing])
    columns = case_arrays(cases)
    codes, names = pd.factorize(cases.index.get_level_values(group))
    is_base = np.asarray(cases.index.get_level_values("option") == base)
    places = np.flatnonzero(is_base)
    base_of = np.full(len(names), -1, np.int64)
    base_of[codes[places]] = places
    problems = [
        Problem(f"ledger case {cases.index[place]}", "index", expected="each case once")
        for place in np.flatnonzero(np.asarray(cases.index.duplicated()))[:_SHOWN]
    ]
    problems += [
        Problem("ledger cases", group, 0, str(names[k]), f"a row of option {base}")
        for k in np.flatnonzero(base_of < 0)[:_SHOWN]
    ]
    if not problems:
        pairs = _Pairs(columns, base_of[codes])
        problems = _unlike(cases.index, pairs)
    if problems:
        raise InputError(problems)
    return pairs


def _unlike(index: pd.Index, pairs: _Pairs) -> list[Problem]:
    """Return the cases that cannot be compared with their base."""
    problems = []
    for name in ("years", "discount_rate"):
        values = pairs.columns[_kernels.COLUMNS.index(name)]
        other = (values != values[pairs.base]) & ~(np.isnan(values) & np.isnan(values[pairs.base]))
        for place in np.flatnonzero(other)[:_SHOWN]:
            expected = f"{values[pairs.base[place]]:g}, as its base has"
            row = f"ledger case {index[place]}"
            problems.append(Problem(row, name, 0, f"{values[place]:g}", expected))
    return problems


def _chunks(pairs: _Pairs) -> list[tuple[Ints, Ints]]:
    """Split cases so that each part holds its bases: rows, and places of bases among them."""
    order = np.argsort(pairs.base, kind="stable").astype(np.int64)
    base = pairs.base[order]
    starts = np.flatnonzero(np.r_[True, base[1:] != base[:-1]]) if len(base) else np.zeros(0, int)
    cuts, last = [0], 0
    for start in starts:
        if start - last >= _CHUNK:
            cuts.append(int(start))
            last = int(start)
    cuts.append(len(order))
    parts = []
    place = np.empty(len(order), np.int64)
    for low, high in pairwise(cuts):
        rows = order[low:high]
        if not len(rows):
            continue
        place[rows] = np.arange(len(rows))
        parts.append((rows, place[pairs.base[rows]]))
    return parts


def _returns(flows: Floats, base: Ints, years: Ints) -> tuple[Floats, Ints]:
    gains = flows[base] - flows
    # what is left of rounding is no gain: it would change signs and make rates of return
    gains[np.abs(gains) <= 1e-12 * (np.abs(flows[base]) + np.abs(flows))] = 0.0
    roots = np.full((len(base), _kernels.MOST_ROOTS), np.nan)
    counts = np.empty(len(base), np.int64)
    _kernels.rates_of_return(gains, years, roots, counts)
    return roots, counts


def _nearest(roots: Floats, counts: Ints) -> Floats:
    """Return of each row the rate nearest to zero; NaN where there is none."""
    far = np.where(np.arange(roots.shape[1]) < counts[:, None], np.abs(roots), np.inf)
    best = far.argmin(axis=1)
    nearest: Floats = np.where(counts > 0, roots[np.arange(len(roots)), best], np.nan)
    return nearest
