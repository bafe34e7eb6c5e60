"""Which inputs could flip a decision: the swing of each, and where the decision turns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from geofleet.economics.sensitivity.ranges import RANGE_COLUMNS
from geofleet.errors import InputError, Problem

__all__ = ["Evaluate", "tornado"]

Value = float | str
Evaluate = Callable[[Mapping[str, Value]], float | Mapping[str, float]]
"""Recomputes results with default rows replaced: one number, or numbers by name."""

_RESULT = "result"
_RELATIVE = 1e-9
_STRIDES = 6
_PAST = 1e-6


@dataclass
class _Probe:
    """Evaluates one input at a time and remembers what it was told."""

    evaluate: Evaluate
    name: str
    known: dict[Value, dict[str, float]]

    def at(self, value: Value) -> dict[str, float]:
        """Return results with the input at a value."""
        if value not in self.known:
            self.known[value] = _named(self.evaluate({self.name: value}))
        return self.known[value]

    def perhaps(self, value: float) -> dict[str, float] | None:
        """Return results, or None where the input may not have that value."""
        try:
            return self.at(value)
        except (InputError, ArithmeticError):
            return None


def tornado(
    evaluate: Evaluate,
    inputs: pd.DataFrame,
    *,
    threshold: float | Mapping[str, float] = 0.0,
    reach: float = 2.0,
    search_points: int = 8,
) -> pd.DataFrame:
    """Return what each input moves, whether it could flip the decision, and its break-even value.

    A decision is taken by whether a result is below its threshold or not: a gain of switching below
    zero, a benefit below its cost. Inputs are changed one at a time.

    Parameters
    ----------
    evaluate
        Given default rows to replace (``{"table:row": value}``, none for the study as it is),
        returns one number or numbers by name.
    inputs
        Ranges: :func:`input_ranges`, :func:`own_ranges`, or both put together.
    threshold
        At which decisions turn: one number, or one by name of the result.
    reach
        How far beyond the range values are tried on each side, in widths of the range; what is
        not below zero stays so. Where none of them turns the decision and the result comes nearer
        to its threshold, the line through the last two is followed to where it would, six times at
        most.
    search_points
        Values tried there on each side, evenly spaced; 0: within the range alone. Each is an
        evaluation, and so is each step of the solution.

    Returns
    -------
    DataFrame
        Indexed by (``result``, ``input``), largest swing first: the columns of ``RANGE_COLUMNS``;
        ``at_low``, ``at_central``, ``at_high``; ``swing``: the largest less the smallest of them;
        ``flips``: ``yes`` where the decision is another at either end, ``no``, or ``unknown``;
        ``break_even``: the value at which the result is at its threshold, of several the one
        nearest to the central value (where the input is a whole number, the value tried that is not
        below it); ``break_evens``: all that were found; ``where``: ``within the
        range``, ``beyond the range``, ``none found``, ``a choice`` or ``unknown``.

    Raises
    ------
    InputError
        Ranges without the columns, of what no default row holds, twice the same input, low above
        high; results without a threshold; what the evaluation finds wrong within a range.

    Notes
    -----
    Eschenbach 1992, Spiderplots versus tornado diagrams for sensitivity analysis, Interfaces 22(6).
    Crossings between two neighbouring values that were tried are found by Brent's method; two
    crossings between the same two are missed.
    """
    _check(inputs, reach, search_points)
    central = _named(evaluate({}))
    if isinstance(threshold, Mapping) and (left := [n for n in central if n not in threshold]):
        raise InputError([Problem("tornado", "threshold", 0, n, "a threshold of it") for n in left])
    limits = {
        name: float(threshold[name] if isinstance(threshold, Mapping) else threshold)
        for name in central
    }
    rows = []
    for name, one in inputs.iterrows():
        probe = _Probe(evaluate, str(name), {})
        probe.known[one["central"]] = central
        ends = probe.at(one["low"]), probe.at(one["high"])
        tried = _tried(probe, one, central, reach=reach, points=search_points)
        rows += [
            {
                "result": result, "input": name, **{c: one[c] for c in RANGE_COLUMNS},
                **_swing(ends[0][result], value, ends[1][result], limits[result]),
                **_turning(probe, one, tried, result, limits[result], search_points > 0),
            }
            for result, value in central.items()
        ]  # fmt: skip
    columns = ["result", "input", *RANGE_COLUMNS, "at_low", "at_central", "at_high", "swing",
               "flips", "break_even", "break_evens", "where"]  # fmt: skip
    found = pd.DataFrame(rows, columns=columns)
    found = found.sort_values("swing", ascending=False, kind="stable", na_position="last")
    order = {name: number for number, name in enumerate(central)}
    found = found.sort_values("result", key=lambda names: names.map(order), kind="stable")
    return found.set_index(["result", "input"])


def _named(result: float | Mapping[str, float]) -> dict[str, float]:
    if isinstance(result, Mapping):
        return {str(name): float(value) for name, value in result.items()}
    return {_RESULT: float(result)}


def _swing(low: float, central: float, high: float, limit: float) -> dict[str, object]:
    """Return results at the ends, their swing, and whether the decision flips."""
    values = np.array([low, central, high])
    if np.isnan(central):
        flips = "unknown"
    elif any((value < limit) != (central < limit) for value in values if not np.isnan(value)):
        flips = "yes"
    else:
        flips = "unknown" if np.isnan(values).any() else "no"
    return {
        "at_low": low,
        "at_central": central,
        "at_high": high,
        "swing": float(values.max() - values.min()),
        "flips": flips,
    }


def _tried(
    probe: _Probe, one: pd.Series, central: dict[str, float], *, reach: float, points: int
) -> list[tuple[float, dict[str, float]]]:
    """Return values of an input with the results there, ascending: its range and beyond."""
    if one["kind"] == "choice" or isinstance(one["central"], str):
        return []
    low, middle, high = float(one["low"]), float(one["central"]), float(one["high"])
    tried = {low: probe.at(one["low"]), middle: central, high: probe.at(one["high"])}
    width = reach * (high - low)
    bottom = low - width if low < 0.0 else max(0.0, low - width)
    beyond = [*np.linspace(bottom, low, points, endpoint=False)]
    beyond += [*np.linspace(high + width, high, points, endpoint=False)]
    for value in beyond:
        found = probe.perhaps(float(value))
        if found is not None:
            tried[float(value)] = found
    return sorted(tried.items(), key=lambda pair: pair[0])


def _turning(
    probe: _Probe,
    one: pd.Series,
    tried: list[tuple[float, dict[str, float]]],
    result: str,
    limit: float,
    onwards: bool,
) -> dict[str, object]:
    """Return the values of an input at which a result is at its threshold."""
    if not tried:
        return {"break_even": np.nan, "break_evens": (), "where": "a choice"}
    gaps = [(value, found[result] - limit) for value, found in tried]
    known = [(value, gap) for value, gap in gaps if not np.isnan(gap)]
    crossings = [value for value, gap in known if gap == 0.0]
    for (left, before), (right, after) in pairwise(known):
        if before * after < 0.0:
            sure = left if before > 0.0 else right
            crossings.append(_crossing(probe, result, limit, left, right, sure))
    if onwards and not crossings and len(known) > 1:
        for side in (known, known[::-1]):
            crossings += _further(probe, result, limit, side[-2], side[-1])
    crossings.sort()
    if not crossings:
        where = "none found" if known else "unknown"
        return {"break_even": np.nan, "break_evens": (), "where": where}
    middle = float(one["central"])
    nearest = min(crossings, key=lambda value: abs(value - middle))
    inside = float(one["low"]) <= nearest <= float(one["high"])
    return {
        "break_even": nearest,
        "break_evens": tuple(crossings),
        "where": "within the range" if inside else "beyond the range",
    }


def _further(
    probe: _Probe, result: str, limit: float, inner: tuple[float, float], outer: tuple[float, float]
) -> list[float]:
    """Return where a result meets its threshold beyond the last value tried, if it is found.

    The line through the last two values and their gaps is followed a little past its zero; what is
    not below zero stays so.
    """
    for _ in range(_STRIDES):
        (back, before), (last, gap) = inner, outer
        if back == last or gap * (gap - before) >= 0.0:
            return []
        goal = last - gap * (last - back) / (gap - before) * (1.0 + _PAST)
        goal = max(goal, 0.0) if last >= 0.0 else goal
        found = probe.perhaps(float(goal)) if goal != last else None
        if found is None or np.isnan(found[result]):
            return []
        there = found[result] - limit
        if there == 0.0:
            return [goal]
        if there * gap < 0.0:
            left, right = min(last, goal), max(last, goal)
            return [_crossing(probe, result, limit, left, right, last if gap > 0.0 else goal)]
        inner, outer = outer, (goal, there)
    return []


def _crossing(
    probe: _Probe, result: str, limit: float, left: float, right: float, sure: float
) -> float:
    """Return where a result meets its threshold; ``sure`` where values between are refused."""

    def gap(value: float) -> float:
        return probe.at(float(value))[result] - limit

    try:
        found = brentq(gap, left, right, xtol=_RELATIVE * max(abs(left), abs(right)))
    except InputError:
        return sure
    return float(found)


def _check(inputs: pd.DataFrame, reach: float, points: int) -> None:
    """Refuse ranges that cannot be used, all at once."""
    problems = [
        Problem("tornado", name, expected=f"a column {name}: {RANGE_COLUMNS[name]}")
        for name in RANGE_COLUMNS
        if name not in inputs.columns
    ]
    if not reach >= 0.0:
        problems.append(Problem("tornado", "reach", 0, f"{reach:g}", "a number not below 0"))
    if points < 0:
        problems.append(Problem("tornado", "search_points", 0, str(points), "not below 0"))
    problems += [
        Problem("tornado", "inputs", 0, str(name), "each input once")
        for name in inputs.index[inputs.index.duplicated()]
    ]
    if problems:
        raise InputError(problems)
    for name, one in inputs.iterrows():
        if one["kind"] not in ("number", "choice"):
            problems.append(Problem(str(name), "kind", 0, one["kind"], "a default row"))
        elif one["kind"] == "number" and not float(one["low"]) <= float(one["high"]):
            shown = f"{one['low']:g}, {one['high']:g}"
            problems.append(Problem(str(name), "low, high", 0, shown, "low not above high"))
    if problems:
        raise InputError(problems)
