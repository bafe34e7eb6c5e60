"""From NOx to NO2: a ratio seen in the air (ARM2), or what the ozone there can make.

Neither is chemistry. The ratio method knows nothing of sun, ozone or distance and was fitted to
hourly monitor values of the United States; on averages of an hour of the day it is an
approximation. The ozone-limited method lets NO take up all ozone at once, which near a road makes
too much NO2. PM2.5 and black carbon need neither.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from geofleet.defaults import Defaults
from geofleet.errors import InputError, Problem

__all__ = ["added_arm2_no2", "arm2_no2", "marginal_no2_ratio", "ozone_limited_no2"]

Floats = npt.NDArray[np.float64]
_TABLE = "nitrogen"
_POWERS = 7


def arm2_no2(
    nox_ug_m3: npt.ArrayLike,
    *,
    ratio_low: float | None = None,
    ratio_high: float | None = None,
    defaults: Defaults | None = None,
) -> Floats:
    """Return NO2 for all NOx that there is, by the ambient ratio method 2 of the US EPA.

    NO2 = NOx x min(high, max(low, polynomial of sixth degree in NOx)); Podrez 2015, Atmos. Environ.
    103, 87-96.

    Parameters
    ----------
    nox_ug_m3
        NOx of all sources, µg/m3 as NO2 (as emission tables count it), of an hour.
    ratio_low, ratio_high
        Limits of the ratio in place of the table's (0.5 and 0.9, the regulatory defaults).

    Raises
    ------
    InputError
        NOx that is negative or not finite, limits out of 0 to 1 or crossed.
    """
    used = (defaults or Defaults()).scope()
    nox = _checked(nox_ug_m3, "nox_ug_m3")
    low, high = _limits(ratio_low, ratio_high, used)
    ratio, _ = _ratio(nox, low, high, used)
    return nox * ratio


def marginal_no2_ratio(
    nox_ug_m3: npt.ArrayLike,
    *,
    ratio_low: float | None = None,
    ratio_high: float | None = None,
    defaults: Defaults | None = None,
) -> Floats:
    """Return µg/m3 of NO2 for one more µg/m3 of NOx, by the ambient ratio method 2.

    A price per gram of NOx is a price per gram of NO2 times this, at the NOx that people breathe.

    Parameters
    ----------
    nox_ug_m3, ratio_low, ratio_high
        As in :func:`arm2_no2`.

    Raises
    ------
    InputError
        As in :func:`arm2_no2`.
    """
    used = (defaults or Defaults()).scope()
    nox = _checked(nox_ug_m3, "nox_ug_m3")
    low, high = _limits(ratio_low, ratio_high, used)
    ratio, slope = _ratio(nox, low, high, used)
    return ratio + nox * slope


def added_arm2_no2(
    added_nox_ug_m3: npt.ArrayLike,
    *,
    background_nox_ug_m3: npt.ArrayLike,
    ratio_low: float | None = None,
    ratio_high: float | None = None,
    defaults: Defaults | None = None,
) -> Floats:
    """Return the NO2 that vehicles add by ARM2: NO2(background + theirs) - NO2(background).

    Parameters
    ----------
    added_nox_ug_m3
        NOx that they add, µg/m3 as NO2, by receptor and hour.
    background_nox_ug_m3
        NOx of all other sources, of a shape that fits. It has no default: without background the
        ratio would be that of clean air, the highest there is.

    Raises
    ------
    InputError
        As in :func:`arm2_no2`, and shapes that do not fit.
    """
    used = (defaults or Defaults()).scope()
    added = _checked(added_nox_ug_m3, "added_nox_ug_m3")
    rest = _checked(background_nox_ug_m3, "background_nox_ug_m3")
    try:
        added, rest = np.broadcast_arrays(added, rest)
    except ValueError:
        value = f"{np.shape(added)}, {np.shape(rest)}"
        expected = "background NOx of a shape that fits the vehicles' NOx"
        raise InputError([Problem(_TABLE, "background_nox_ug_m3", 0, value, expected)]) from None
    low, high = _limits(ratio_low, ratio_high, used)
    whole = added + rest
    return np.asarray(
        whole * _ratio(whole, low, high, used)[0] - rest * _ratio(rest, low, high, used)[0]
    )


def ozone_limited_no2(
    added_nox_ug_m3: npt.ArrayLike,
    *,
    ozone_ug_m3: npt.ArrayLike,
    no2_share: npt.ArrayLike | None = None,
    defaults: Defaults | None = None,
) -> Floats:
    """Return the NO2 that vehicles add, as far as the ozone around them can make it.

    NO2 = f NOx + min((1 - f) NOx, O3 x 46/48): the ozone limiting method (Cole & Summerhays 1979,
    J. Air Pollut. Control Assoc. 29, 812-817). All ozone reacts at once and none comes after: an
    upper end in the hour, with the ozone that is left where other sources have taken theirs.

    Parameters
    ----------
    added_nox_ug_m3
        NOx that they add, µg/m3 as NO2, by receptor and hour.
    ozone_ug_m3
        Ozone measured in those hours.
    no2_share
        Part of the NOx that leaves the exhaust as NO2: ``no2_exhaust_g`` over ``nox_exhaust_g``
        where emissions are at hand, else the row ``no2_in_exhaust``.

    Raises
    ------
    InputError
        Numbers that are negative or not finite, a share above 1.
    """
    used = (defaults or Defaults()).scope()
    nox, ozone = _checked(added_nox_ug_m3, "added_nox_ug_m3"), _checked(ozone_ug_m3, "ozone_ug_m3")
    share = used.number(_TABLE, "no2_in_exhaust") if no2_share is None else no2_share
    direct = _checked(share, "no2_share")
    if np.any(direct > 1.0):
        expected = "shares from 0 to 1"
        raise InputError([Problem(_TABLE, "no2_share", 0, f"{direct.max():g}", expected)])
    made = np.minimum((1.0 - direct) * nox, ozone * used.number(_TABLE, "no2_over_o3_mass"))
    return np.asarray(direct * nox + made)


def _ratio(nox: Floats, low: float, high: float, used: Defaults) -> tuple[Floats, Floats]:
    """Return the ratio and its slope per µg/m3."""
    row = [used.number(_TABLE, f"arm2.c{power}") for power in range(_POWERS)]
    polynomial = np.polynomial.Polynomial(row)
    free = polynomial(nox)
    inside = (free > low) & (free < high)
    return np.clip(free, low, high), np.where(inside, polynomial.deriv()(nox), 0.0)


def _limits(low: float | None, high: float | None, used: Defaults) -> tuple[float, float]:
    least = used.number(_TABLE, "arm2.ratio_low") if low is None else low
    most = used.number(_TABLE, "arm2.ratio_high") if high is None else high
    if not 0.0 <= least <= most <= 1.0:
        expected = "a lower and an upper ratio, from 0 to 1"
        raise InputError([Problem(_TABLE, "ratio", 0, f"{least:g}, {most:g}", expected)])
    return least, most


def _checked(values: npt.ArrayLike, name: str) -> Floats:
    array = np.asarray(values, dtype=np.float64)
    if not np.all(np.isfinite(array) & (array >= 0.0)):
        expected = "finite numbers of at least 0"
        raise InputError([Problem(_TABLE, name, expected=expected)])
    return array
