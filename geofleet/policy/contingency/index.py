"""Points of the air quality index: one scale for ozone and particles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geofleet.defaults import Defaults
from geofleet.errors import InputError, Problem

__all__ = ["POLLUTANTS", "UNITS", "Bands", "bands_of", "index_points"]

POLLUTANTS = ("o3", "pm10", "pm25")
UNITS = {"o3": "ppb", "pm10": "µg/m3", "pm25": "µg/m3"}
TABLE = "contingency"

_POINTS = (50, 100, 150, 200, 300, 400, 500)
_DECIMALS = 6  # what is equal on paper is equal here: 97.45 is 974.5 steps of 0.1

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Bands:
    """Concentrations and points at which the straight pieces of the index begin and end.

    Parameters
    ----------
    step
        Concentrations are rounded to it, halves away from zero.
    low, high
        First and last concentration of each band.
    low_points, high_points
        Points of these.
    """

    pollutant: str
    step: float
    low: Floats
    high: Floats
    low_points: Floats
    high_points: Floats

    def rounded(self, concentration: npt.ArrayLike) -> Floats:
        """Return concentrations as the bands know them, to the nearest step."""
        steps = np.round(np.asarray(concentration, np.float64) / self.step, _DECIMALS)
        found: Floats = np.round(np.floor(steps + 0.5) * self.step, _DECIMALS)
        return found

    def points(self, concentration: npt.ArrayLike) -> Floats:
        """Return points before they are rounded; NaN stays NaN."""
        value = self.rounded(concentration)
        band = np.minimum(np.searchsorted(self.high, value), len(self.high) - 1)
        slope = (self.high_points - self.low_points) / (self.high - self.low)
        found: Floats = self.low_points[band] + slope[band] * (value - self.low[band])
        return found


def bands_of(pollutant: str, defaults: Defaults) -> Bands:
    """Return the bands of a pollutant, their rows recorded.

    Raises
    ------
    InputError
        No such pollutant, or rows that do not rise.
    """
    if pollutant not in POLLUTANTS:
        raise InputError(
            [Problem("index", "pollutant", 0, pollutant, "one of " + ", ".join(POLLUTANTS))]
        )
    step = defaults.number(TABLE, f"index.{pollutant}.step")
    high = np.array(
        [defaults.number(TABLE, f"index.{pollutant}.{points}") for points in _POINTS], np.float64
    )
    if not (step > 0 and (np.diff(high, prepend=0.0) > step).all()):
        expected = "a step above 0, and ends of bands that rise by more than a step each"
        raise InputError([Problem("defaults", f"{TABLE}:index.{pollutant}", 0, "", expected)])
    low = np.append(0.0, high[:-1] + step)
    ends = np.array(_POINTS, np.float64)
    return Bands(pollutant, step, low, high, np.append(0.0, ends[:-1] + 1), ends)


def index_points(
    pollutant: str,
    concentration: npt.ArrayLike,
    *,
    whole: bool = True,
    defaults: Defaults | None = None,
) -> Floats:
    """Return points of the air quality index of Mexico City.

    The index is a straight line within each band of concentrations (NADF-009-AIRE-2017). The
    concentration is rounded to the step of the bands first (1 ppb, 1 µg/m3 of PM10, 0.1 µg/m3 of
    PM2.5), so that none falls between two bands: 154.4 ppb is 154 ppb, which has 150 points, and
    154.5 ppb is 155 ppb, which has 151. Points are rounded to whole ones. All halves go away from
    zero. Above 500 points, where the norm ends, the last line goes on.

    Parameters
    ----------
    pollutant
        ``o3``, ``pm10`` or ``pm25``.
    concentration
        Mean of one hour in ppb (``o3``), mean of 24 hours in µg/m3 (``pm10``, ``pm25``); any
        shape; NaN where unknown.
    whole
        False: points as the line gives them.

    Returns
    -------
    numpy.ndarray
        Points, same shape, NaN where unknown.

    Raises
    ------
    InputError
        No such pollutant; concentrations below zero or infinite.
    """
    values = np.asarray(concentration, np.float64)
    wrong = (values < 0) | np.isinf(values)
    if wrong.any():
        first = values[wrong].ravel()[0]
        expected = f"concentrations of 0 or more in {UNITS.get(pollutant, 'their unit')}, NaN else"
        raise InputError([Problem("index", pollutant, 0, f"{first:g}", expected)])
    points = bands_of(pollutant, (defaults or Defaults()).scope()).points(values)
    if not whole:
        return points
    found: Floats = np.floor(np.round(points, _DECIMALS) + 0.5)
    return found
