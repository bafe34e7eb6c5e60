"""Find and bridge the speeds where a published emission function misbehaves.

The hot exhaust functions are ratios of polynomials, fitted to a simulation at a few dozen speeds.
Some have a pole inside the speed range they are declared for, some turn negative, and some come so
near to a pole that they fall and rise again several-fold within two km/h. None of this is in the
trucks.

The rule. A defect is a real root of the denominator inside the range, a stretch of negative
values, or a dip followed by a peak at least ``swing`` times as high no more than ``window_kmh``
further on. Around all defects of a function one straight line from (a, f(a)) to (b, f(b))
replaces it, where [a, b] is the narrowest interval with

1. every defect inside,
2. f positive at both ends,
3. no end on a branch that is already turning towards the pole: going outwards from the pole the
   function must have passed its first turning point where it came from plus infinity against the
   general trend,
4. f(a) ≥ f(b): the line does not rise, as grams per kilometre do not rise with speed where trucks
   crawl and where all published defects lie.

A stretch of negative values that reaches the end of the range without a pole is set to zero there:
the engine is pushed. Outside [a, b] the published function is untouched.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

__all__ = ["Guard", "RationalFunction", "find_guard"]

_STEP_KMH = 0.005

Kind = Literal["none", "pole", "negative", "spike"]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class RationalFunction:
    """A published emission function, grams (or megajoules) per kilometre over speed in km/h.

    ((alpha v² + beta v + gamma + delta / v) / (epsilon v² + zita v + hta)) · (1 - reduction)
    """

    alpha: float
    beta: float
    gamma: float
    delta: float
    epsilon: float
    zita: float
    hta: float
    reduction: float
    speed_min_kmh: float
    speed_max_kmh: float

    def __call__(self, speed_kmh: Floats) -> Floats:
        """Evaluate the published formula as it stands."""
        v = speed_kmh
        top = self.alpha * v * v + self.beta * v + self.gamma + self.delta / v
        bottom = self.epsilon * v * v + self.zita * v + self.hta
        result: Floats = top / bottom * (1.0 - self.reduction)
        return result

    def poles(self) -> Floats:
        """Real roots of the denominator inside the speed range, ascending."""
        roots = np.roots([self.epsilon, self.zita, self.hta])
        real = np.sort(roots[np.abs(roots.imag) < 1e-9 * (1.0 + np.abs(roots))].real)
        inside: Floats = real[(real >= self.speed_min_kmh) & (real <= self.speed_max_kmh)]
        return inside


@dataclass(frozen=True, slots=True)
class Guard:
    """The line that replaces a function from one speed to another; ``none`` leaves it whole."""

    kind: Kind = "none"
    from_kmh: float = float("nan")
    to_kmh: float = float("nan")
    from_value: float = float("nan")
    to_value: float = float("nan")


def find_guard(function: RationalFunction, *, swing: float, window_kmh: float) -> Guard:
    """Find the bridge that a function needs.

    Parameters
    ----------
    function
        The published function.
    swing
        Ratio of peak to dip from which a dip-and-peak pair is a defect.
    window_kmh
        Largest distance between dip and peak of a defect.

    Raises
    ------
    ValueError
        No line that does not rise spans the defects; the function needs a person's judgement.
    """
    low, high = function.speed_min_kmh, function.speed_max_kmh
    speed = np.linspace(low, high, round((high - low) / _STEP_KMH) + 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = function(speed)
    poles = np.searchsorted(speed, function.poles())
    negative = np.flatnonzero(~(value >= 0.0))
    spikes = [] if poles.size else _spikes(speed, value, swing, window_kmh)
    if not poles.size and not negative.size and not spikes:
        return Guard()
    if not poles.size and not spikes and negative[-1] == len(speed) - 1:
        start = int(negative[0]) - 1
        return Guard("negative", float(speed[start]), high, float(value[start]), 0.0)
    kind: Kind = "pole" if poles.size else ("negative" if negative.size else "spike")
    # Last grid point that may start the line and first one that may end it.
    first = min([*(poles - 1), *(negative - 1), *(dip for dip, _ in spikes)])
    last = max([*poles, *(negative + 1), *(peak for _, peak in spikes)])
    a, b = _narrowest(speed, value, int(first), int(last))
    return Guard(kind, float(speed[a]), float(speed[b]), float(value[a]), float(value[b]))


def _spikes(speed: Floats, value: Floats, swing: float, window: float) -> list[tuple[int, int]]:
    """Find dips that are followed within the window by a peak ``swing`` times as high."""
    rising = np.diff(value) > 0.0
    turns = np.flatnonzero(rising[1:] != rising[:-1]) + 1
    return [
        (int(dip), int(peak))
        for dip, peak in itertools.pairwise(turns)
        if rising[dip] and value[peak] >= swing * value[dip] and speed[peak] - speed[dip] <= window
    ]


def _narrowest(speed: Floats, value: Floats, first: int, last: int) -> tuple[int, int]:
    """Find the narrowest line that does not rise, starting by ``first``, ending from ``last``."""
    start = first
    while start > 0 and value[start - 1] <= value[start]:
        start -= 1
    end = last
    while end < len(value) - 1 and value[end + 1] >= value[end]:
        end += 1
    # Lowest value reached so far going right: the first place that a start may drop to.
    lowest = np.minimum.accumulate(np.where(value[end:] > 0.0, value[end:], np.inf))
    best: tuple[float, int, int] | None = None
    for a in range(start, -1, -1):
        if best is not None and speed[end] - speed[a] >= best[0]:
            break
        reach = int(np.searchsorted(-lowest, -value[a]))
        if not value[a] > 0.0 or reach == len(lowest):
            continue
        b = end + reach
        if best is None or speed[b] - speed[a] < best[0]:
            best = (float(speed[b] - speed[a]), a, b)
    if best is None:
        raise ValueError("no line that does not rise bridges the defects of this function")
    return best[1], best[2]
