"""How much air people breathe, on average or by age."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geofleet.defaults import Defaults
from geofleet.errors import InputError, MissingDefaultError, Problem

__all__ = ["BreathingRates", "breathing_rates"]

Floats = npt.NDArray[np.float64]
_TABLE = "breathing"
_YEARS = np.arange(105)


@dataclass(frozen=True, slots=True)
class BreathingRates:
    """Air breathed by a person, m3 per day, by group."""

    m3_day: Mapping[str, float]
    provenance: tuple[str, ...] = ()


def breathing_rates(
    groups: Mapping[str, Floats | None],
    *,
    row: str = "rate_m3_day",
    defaults: Defaults | None = None,
) -> BreathingRates:
    """Return the breathing rate of each group.

    Parameters
    ----------
    groups
        Part of each five-year class of age that a group holds, shape (21,); None for a group that
        is not by age, which gets the rate of everyone.
    row
        Row of the table ``breathing`` with the rate of everyone; ``usetox_m3_day`` and
        ``epa_nominal_m3_day`` are others.

    Notes
    -----
    Within a group every year of age counts alike, up to 80 in a group that has no upper end: few
    live longer, and rates change little.

    Raises
    ------
    InputError
        No such row, or a rate that cannot be.
    """
    used = (defaults or Defaults()).scope()
    rates: dict[str, float] = {}
    try:
        by_year = None
        for name, ages in groups.items():
            if ages is None:
                rates[name] = used.number(_TABLE, row)
            else:
                by_year = _by_year(used) if by_year is None else by_year
                weight = np.repeat(ages, 5) * (_last_year(ages) > _YEARS)
                rates[name] = float(weight @ by_year / weight.sum())
    except MissingDefaultError as error:
        expected = f"a row of the table breathing ({error})"
        raise InputError([Problem(_TABLE, "row", value=row, expected=expected)]) from None
    wrong = [name for name, rate in rates.items() if not (math.isfinite(rate) and rate > 0.0)]
    if wrong:
        expected = "m3 per day above 0"
        raise InputError([Problem(_TABLE, ", ".join(wrong), expected=expected)])
    return BreathingRates(rates, used.used)


def _by_year(used: Defaults) -> Floats:
    table = used.text(_TABLE, "by_age")
    prefix = f"{table}."
    starts = sorted(int(name.removeprefix(prefix)) for name in used.values(_TABLE)
                    if name.startswith(prefix))  # fmt: skip
    if not starts:
        raise MissingDefaultError(f"no rates by age named {table!r}")
    values = np.array([used.number(_TABLE, f"{prefix}{age}") for age in starts])
    return np.asarray(values[np.searchsorted(starts, _YEARS, side="right") - 1])


def _last_year(ages: Floats) -> int:
    """80 for a group without upper end that begins below it, else the end of the classes."""
    open_ended = ages[-1] > 0.0 and ages[:16].sum() > 0.0
    return 80 if open_ended else len(_YEARS)
