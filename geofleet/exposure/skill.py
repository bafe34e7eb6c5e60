"""How well modelled concentrations agree with measured ones: the usual figures of merit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from geofleet.errors import InputError, Problem

__all__ = ["Skill", "skill"]

Floats = npt.NDArray[np.float64]
_LEAST_PAIRS = 3  # two points always lie on a line


@dataclass(frozen=True, slots=True)
class Skill:
    """Agreement of a model with measurements, pair by pair.

    Parameters
    ----------
    pairs, pairs_left_out
        Pairs compared, and pairs of which one value is unknown.
    mean_observed, mean_modelled
        In the unit of the values.
    fac2
        Share of pairs whose model is between half and twice the measurement; 1 is perfect.
    nmse
        Mean square error over the product of the two means; 0 is perfect.
    fractional_bias
        (mean observed - mean modelled) over the mean of both: from -2 to 2, positive where the
        model is too low.
    correlation, rank_correlation
        Of the values (Pearson) and of their ranks (Spearman); unknown where one side does not vary.
    log_correlation, geometric_mean_bias, geometric_variance
        Of the logarithms, over the ``positive_pairs``; the bias is above 1 where the model is too
        low; 1 is perfect for all three. Unknown without such pairs.
    positive_pairs
        Pairs in which both are above 0.
    """

    pairs: int
    pairs_left_out: int
    positive_pairs: int
    mean_observed: float
    mean_modelled: float
    fac2: float
    nmse: float
    fractional_bias: float
    correlation: float
    rank_correlation: float
    log_correlation: float
    geometric_mean_bias: float
    geometric_variance: float


def skill(observed: npt.ArrayLike, modelled: npt.ArrayLike) -> Skill:
    """Compare modelled with observed concentrations.

    Definitions of Chang & Hanna 2004, Meteorol. Atmos. Phys. 87, 167-196. Pairs with an unknown
    value (NaN) are left out and counted.

    Parameters
    ----------
    observed, modelled
        One dimension, the same length and unit.

    Raises
    ------
    InputError
        Shapes that differ, infinite values, or fewer than three pairs.
    """
    seen = np.asarray(observed, dtype=np.float64)
    made = np.asarray(modelled, dtype=np.float64)
    problems = []
    if seen.ndim != 1 or seen.shape != made.shape:
        expected = f"one number for each observation, shape {seen.shape}, one dimension"
        raise InputError([Problem("skill", "modelled", value=str(made.shape), expected=expected)])
    for name, values in (("observed", seen), ("modelled", made)):
        bad = np.flatnonzero(np.isinf(values))
        if len(bad):
            problems.append(Problem("skill", name, int(bad[0]) + 1, "inf", "finite numbers"))
    known = ~(np.isnan(seen) | np.isnan(made))
    count = int(known.sum())
    if count < _LEAST_PAIRS:
        expected = f"at least {_LEAST_PAIRS} pairs of known values"
        problems.append(Problem("skill", "observed", value=str(count), expected=expected))
    if problems:
        raise InputError(problems)
    left_out = len(seen) - count
    seen, made = seen[known], made[known]
    mean_seen, mean_made = float(seen.mean()), float(made.mean())
    both = (seen > 0.0) & (made > 0.0)
    log_seen, log_made = np.log(seen[both]), np.log(made[both])
    gap = log_seen - log_made
    return Skill(
        pairs=count,
        pairs_left_out=left_out,
        positive_pairs=int(both.sum()),
        mean_observed=mean_seen,
        mean_modelled=mean_made,
        fac2=float(np.mean((made >= 0.5 * seen) & (made <= 2.0 * seen))),
        nmse=_ratio(float(np.mean((seen - made) ** 2)), mean_seen * mean_made),
        fractional_bias=_ratio(mean_seen - mean_made, 0.5 * (mean_seen + mean_made)),
        correlation=_correlation(seen, made),
        rank_correlation=_correlation(rankdata(seen), rankdata(made)),
        log_correlation=_correlation(log_seen, log_made),
        geometric_mean_bias=float(np.exp(gap.mean())) if len(gap) else np.nan,
        geometric_variance=float(np.exp(np.mean(gap**2))) if len(gap) else np.nan,
    )


def _ratio(above: float, below: float) -> float:
    """Return a quotient; unknown where means of zero or less make it meaningless."""
    return above / below if below > 0.0 else float("nan")


def _correlation(a: Floats, b: Floats) -> float:
    if len(a) < _LEAST_PAIRS or np.ptp(a) == 0.0 or np.ptp(b) == 0.0:
        return float("nan")
    a, b = a - a.mean(), b - b.mean()
    return float((a @ b) / np.sqrt((a @ a) * (b @ b)))
