"""Ranking of routes, depots or operators for a demonstration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.demonstration import scores
from geofleet.demonstration.criteria import CRITERIA, Criterion, criterion_weights
from geofleet.errors import InputError, Problem

__all__ = ["DemonstrationRanking", "rank_demonstrations"]

Floats = npt.NDArray[np.float64]
By = Literal["route", "depot", "operator"]
KEYS: Mapping[str, tuple[str, ...]] = {
    "route": ("route_id", "vehicle_day"),
    "depot": ("depot_id",),
    "operator": ("operator_id",),
}
_FILE = "candidates"
_SHOWN = 5


@dataclass(frozen=True)
class DemonstrationRanking:
    """Where to demonstrate, and how sure that is.

    Parameters
    ----------
    table
        By route, depot or operator, the best first (equals in order of name):

        - ``rank``: by ``score``; equals share a rank
        - ``rank_best, rank_worst``: what unknown values leave open
        - ``score_low, score_high``: with every unknown value at its worst and at its best;
          ``score`` is their middle; 0 to 1
        - ``first_probability, top_probability``: over weights drawn about the chosen ones
        - ``first_probability_any_weights``: over all weights alike
        - ``pareto``: no other is at least as good in everything and better in something
        - ``unknown``: criteria with a value not known, joined by ';'
        - ``vehicle_days``: rows of the candidates behind it
        - the value by each criterion's column (NaN where unknown), and ``part_<criterion>``: what
          it adds to the score, unknown values in the middle
    weights
        By criterion, adding up to 1.
    weight_ranges
        By criterion: ``weight``, and ``low`` to ``high``, over which the first stays first while
        the other weights keep their proportions.
    left_out
        Criteria of which nothing is known of anybody; their weight went to the others.
    without_key
        Rows of the candidates that belong to no route, depot or operator.
    by, draws, seed, top
        As asked for.
    provenance
        Default rows used.
    """

    table: pd.DataFrame
    weights: pd.Series
    weight_ranges: pd.DataFrame
    left_out: tuple[str, ...]
    without_key: int
    by: str
    draws: int
    seed: int
    top: int
    provenance: tuple[str, ...] = ()

    @property
    def pareto(self) -> list[object]:
        """Names of those that no other dominates."""
        return self.table.index[self.table["pareto"]].tolist()


def rank_demonstrations(
    candidates: pd.DataFrame,
    *,
    weights: Mapping[str, float] | None = None,
    by: By = "route",
    criteria: Sequence[Criterion] = CRITERIA,
    draws: int = 1000,
    seed: int = 0,
    top: int | None = None,
    defaults: Defaults | None = None,
) -> DemonstrationRanking:
    """Rank candidates by a weighted sum of normalised criteria.

    Each criterion goes from 0 for the worst known value to 1 for the best, so that units do not
    matter; the score is the sum of weight times that. A value that is not known lies anywhere
    between the worst and the best that are known, so its candidate has a lowest and a highest
    score, and ranks by the middle; it is never taken as zero.

    Parameters
    ----------
    candidates
        One row per vehicle-day (or already one per route, depot or operator), with the key
        ``route_id`` or ``vehicle_day``, ``depot_id``, ``operator_id``, and the criteria's columns:
        ``feasible_probability`` (0 to 1), ``harm_avoided``, ``cost`` (each in one unit of any
        kind), ``parked_hours`` (a day), ``connection_available_kw``, ``operator_size``
        (vehicles); empty where not known. A column that is not there is not known of anybody.
    weights
        By name of criterion, in any proportion; the others count nothing. Rows ``weight.*`` of
        table ``demonstration`` when not given.
    by
        What to rank: ``route``, ``depot`` or ``operator``.
    draws
        Weights drawn (Dirichlet) for the stability: about the chosen ones as closely as the row
        ``concentration`` says, and evenly over all. Unknown values are drawn along, evenly
        between their bounds.
    top
        Places that count as the top; row ``demonstration:top`` when not given.

    Raises
    ------
    InputError
        Columns, values, weights or numbers that cannot be used: all of them.

    Notes
    -----
    Simple additive weighting: Hwang and Yoon (1981), Multiple Attribute Decision Making, Springer,
    https://doi.org/10.1007/978-3-642-48318-9.
    """
    scope = (defaults or Defaults()).scope()
    chosen = criterion_weights(criteria, weights, scope)
    concentration, top = _settings(scope, top, draws)
    table, key, without = _checked(candidates, by, criteria, weights)
    used = [c for c, w in zip(criteria, chosen, strict=True) if w > 0.0]
    left_out = [c for c in used if table[c.column].isna().all()]
    used = [c for c in used if c not in left_out]
    if not used:
        expected = "values of at least one criterion that has a weight"
        raise InputError([Problem(_FILE, expected=expected)])
    names = [c.name for c in criteria]
    weight = np.array([chosen[names.index(c.name)] for c in used])
    weight = weight / weight.sum()
    groups, low, high = _bounds(table, key, used)
    known = groups[[c.column for c in used]].notna().to_numpy()
    part_low, part_high = scores.normalised(low, high, known)
    out, ranges = _scored(part_low, part_high, known, weight=weight, criteria=used)
    out.index = groups.index
    drawn = _drawn(weight, concentration, draws, seed)
    near = scores.stability(part_low, part_high, drawn[0], top=top, seed=seed)
    anywhere = scores.stability(part_low, part_high, drawn[1], top=top, seed=seed)
    out.insert(6, "first_probability", near.first)
    out.insert(7, "top_probability", near.top)
    out.insert(8, "first_probability_any_weights", anywhere.first)
    out = out.join(groups)
    order = np.lexsort((np.arange(len(out)), out["rank"].to_numpy()))
    return DemonstrationRanking(
        table=out.iloc[order],
        weights=pd.Series(weight, index=[c.name for c in used], name="weight"),
        weight_ranges=ranges,
        left_out=tuple(c.name for c in left_out),
        without_key=without, by=by, draws=draws, seed=seed, top=top, provenance=scope.used,
    )  # fmt: skip


def _settings(defaults: Defaults, top: int | None, draws: int) -> tuple[float, int]:
    rows = CheckedRows(defaults)
    expected = "a number above 0 and at most 1e6"
    concentration = rows.number("demonstration", "concentration", 0.0, 1e6, expected, above=True)
    if top is None:
        top = int(rows.number("demonstration", "top", 1.0, 1e6, "a number of places, 1 or more"))
    rows.finish()
    problems = []
    for name, value in (("top", top), ("draws", draws)):
        if value < 1:
            problems.append(Problem("settings", name, 0, str(value), "at least 1"))
    if problems:
        raise InputError(problems)
    return concentration, top


def _checked(
    candidates: pd.DataFrame, by: str, criteria: Sequence[Criterion],
    weights: Mapping[str, float] | None,
) -> tuple[pd.DataFrame, str, int]:  # fmt: skip
    """Return the criteria's numbers with their key, in an order that is not the one given."""
    if by not in KEYS:
        raise InputError([Problem("settings", "by", 0, str(by), "one of " + ", ".join(KEYS))])
    frame = candidates.reset_index() if candidates.index.name in KEYS[by] else candidates
    key = next((name for name in KEYS[by] if name in frame.columns), None)
    problems: list[Problem] = []
    if key is None:
        expected = f"a column {' or '.join(KEYS[by])}"
        problems.append(Problem(_FILE, KEYS[by][0], expected=expected))
    if len(frame) == 0:
        problems.append(Problem(_FILE, expected="at least one row"))
    numbers: dict[str, Floats] = {}
    for criterion in criteria:
        if criterion.column not in frame.columns:
            if weights is not None and weights.get(criterion.name, 0.0) > 0.0:
                expected = f"a column for the criterion {criterion.name}, which has a weight"
                problems.append(Problem(_FILE, criterion.column, expected=expected))
            numbers[criterion.column] = np.full(len(frame), np.nan)
            continue
        numbers[criterion.column] = _numbers(frame[criterion.column], criterion, problems)
    if problems or key is None:
        raise InputError(problems)
    table = pd.DataFrame({key: frame[key].to_numpy(), **numbers})
    kept = table[table[key].notna() & (table[key].astype(str) != "")]
    if kept.empty:
        raise InputError([Problem(_FILE, key, expected="at least one row with this key")])
    ordered = kept.sort_values([key, *dict.fromkeys(numbers)], ignore_index=True)
    return ordered, key, len(table) - len(kept)


def _numbers(cells: pd.Series, criterion: Criterion, problems: list[Problem]) -> Floats:
    """Return one column as numbers within their limits, empty cells as NaN."""
    value = pd.to_numeric(cells, errors="coerce").to_numpy(np.float64, na_value=np.nan)
    empty = (cells.isna() | (cells.astype(str).str.strip() == "")).to_numpy()
    inside = (value >= criterion.minimum) & (value <= criterion.maximum) & np.isfinite(value)
    bad = np.flatnonzero(~empty & ~inside)
    expected = "a number"
    if np.isfinite(criterion.minimum):
        expected += f" of at least {criterion.minimum:g}"
    if np.isfinite(criterion.maximum):
        expected += f" and at most {criterion.maximum:g}"
    for row in bad[:_SHOWN]:
        problems.append(
            Problem(_FILE, criterion.column, int(row) + 1, str(cells.iloc[row]), expected)
        )
    if len(bad) > _SHOWN:
        more = f"{expected}; {len(bad) - _SHOWN} more rows have the same fault"
        problems.append(Problem(_FILE, criterion.column, expected=more))
    return np.asarray(value, dtype=np.float64)


def _bounds(
    table: pd.DataFrame, key: str, criteria: Sequence[Criterion]
) -> tuple[pd.DataFrame, Floats, Floats]:
    """Return the values by key, and their bounds with higher meaning better.

    Of a key with some unknown rows, these are taken at the worst and at the best known row.
    """
    grouped = table.groupby(key, sort=True)
    groups = grouped.size().rename("vehicle_days").to_frame()
    lows, highs = [], []
    problems: list[Problem] = []
    for c in criteria:
        signed = table[c.column] * (1.0 if c.higher_is_better else -1.0)
        ends: list[Floats] = []
        for end in (signed.min(), signed.max()):
            by_key = signed.fillna(end).groupby(table[key])
            if c.aggregate == "first":
                shared = grouped[c.column]
                apart = shared.nunique() > 1
                for name in apart.index[apart][:_SHOWN] if not ends else ():
                    expected = f"one value of each {key}; its rows have several"
                    problems.append(Problem(_FILE, c.column, 0, str(name), expected))
                known = signed.groupby(table[key]).first()
                ends.append(known.fillna(end).to_numpy(np.float64))
            else:
                ends.append(by_key.agg(c.aggregate).to_numpy(np.float64))
        lows.append(ends[0])
        highs.append(ends[1])
        value = ends[0] * (1.0 if c.higher_is_better else -1.0)
        known_rows = grouped[c.column].count().to_numpy()
        full = known_rows > 0 if c.aggregate == "first" else known_rows == groups["vehicle_days"]
        groups[c.column] = np.where(full, value, np.nan)
    if problems:
        raise InputError(problems)
    return groups, np.column_stack(lows), np.column_stack(highs)


def _scored(
    low: Floats,
    high: Floats,
    known: npt.NDArray[np.bool_],
    *,
    weight: Floats,
    criteria: Sequence[Criterion],
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return scores and ranks, and the ranges of the weights."""
    score_low, score_high = scores.score(low, weight), scores.score(high, weight)
    middle = (low + high) / 2.0
    total = scores.score(middle, weight)
    rank = scores.ranks(total)
    best, worst = scores.interval_ranks(score_low, score_high)
    names = np.array([c.name for c in criteria], dtype=object)
    out = pd.DataFrame(
        {
            "rank": rank, "rank_best": best, "rank_worst": worst, "score": total,
            "score_low": score_low, "score_high": score_high,
            "pareto": scores.pareto(low, high),
            "unknown": [";".join(names[row]) for row in ~known],
        }
    )  # fmt: skip
    for k, c in enumerate(criteria):
        out[f"part_{c.name}"] = weight[k] * middle[:, k]
    ends = scores.stay(middle, weight, rank == 1)
    ranges = pd.DataFrame(
        {"weight": weight, "low": ends[:, 0], "high": ends[:, 1]}, index=pd.Index(names)
    )
    return out, ranges


def _drawn(weight: Floats, concentration: float, draws: int, seed: int) -> tuple[Floats, Floats]:
    """Return weights about the chosen ones, and weights of any kind, (draws, m) each."""
    rng = np.random.default_rng(seed)
    if len(weight) == 1:
        one = np.ones((draws, 1))
        return one, one
    return rng.dirichlet(concentration * weight, draws), rng.dirichlet(np.ones_like(weight), draws)
