"""How likely a day stays above the reserve in spite of what the model gets wrong."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from geofleet.energy.day.drive import PreparedDays, drive_by_days
from geofleet.energy.driving import _kernels as kernels
from geofleet.energy.driving.lanes import Lanes

__all__ = ["chance_above", "chance_with_plugs"]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

_ERRORS = tuple(k - 3.5 for k in range(8))
"""Standard deviations of the model's error with which plugged days are driven."""


def chance_above(depth: Floats, limit: Floats, spread: float) -> Floats:
    """Probability that a depth of discharge stays within its limit in spite of the model's error.

    Both from the charge at the start, joules; the error is lognormal with median 1.
    """
    if spread == 0.0:
        return np.asarray(depth <= limit, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.log(np.maximum(limit, 0.0) / np.maximum(depth, 0.0))
    ratio = np.where(depth <= 0.0, np.where(limit >= 0.0, np.inf, -np.inf), ratio)
    return np.asarray(ndtr(ratio / spread))


def chance_with_plugs(
    prepared: PreparedDays, lanes: Lanes, days: Integers, spread: float
) -> Floats:
    """Probability of each day (rows) and lane where plugs give energy back on the way.

    What a plug gives does not grow with the error of the energy used, so depth of discharge is not
    in proportion to it. The days are driven with several errors, and between the last that holds
    and the first that fails the factor is taken where the line through the two margins is zero.
    The probability is that of a smaller error.
    """
    factors = np.exp(spread * np.asarray(_ERRORS))
    margins = np.stack([_margin(prepared, lanes, days, float(one)) for one in factors])
    failing = margins < 0.0
    first = failing.argmax(axis=0)
    before = np.maximum(first - 1, 0)
    high = np.take_along_axis(margins, before[None], axis=0)[0]
    low = np.take_along_axis(margins, first[None], axis=0)[0]
    with np.errstate(divide="ignore", invalid="ignore"):
        part = high / (high - low)
        worst = np.log(factors[before] + (factors[first] - factors[before]) * part) / spread
    worst = np.where(failing[0], -np.inf, np.where(failing.any(axis=0), worst, np.inf))
    return np.asarray(ndtr(worst))


def _margin(prepared: PreparedDays, lanes: Lanes, days: Integers, factor: float) -> Floats:
    """Charge above the reserve at worst (J) of days and lanes that use ``factor`` times the energy.

    To the drive that is a battery, and all that charges it, smaller by that factor.
    """
    matrix = lanes.matrix.copy()
    matrix[[kernels.BATTERY, kernels.DEPTH_START, kernels.DEPTH_LIMIT]] /= factor
    matrix[kernels.CHARGE + kernels.BANDS : kernels.CHARGE + 2 * kernels.BANDS] /= factor
    stops = prepared.halts.matrix.copy()
    stops[:, kernels.PLUG] /= factor
    smaller = replace(prepared, halts=replace(prepared.halts, matrix=stops))
    limit = matrix[kernels.DEPTH_LIMIT, : lanes.count]
    parts = [
        limit - driven.totals[:, kernels.DEEPEST]
        for _, driven in drive_by_days(smaller, replace(lanes, matrix=matrix), days)
    ]
    return np.concatenate(parts) * factor
