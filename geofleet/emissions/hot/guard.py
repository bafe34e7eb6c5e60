"""Find and bridge the speeds where a published emission function misbehaves.

The hot exhaust functions are ratios of polynomials, fitted to a simulation at a few dozen speeds.
Some have a pole inside the speed range they are declared for, some turn negative, and some come so
near to a pole that they rise or fall several-fold and turn back within three km/h. None of this is
in the trucks.

Defects are found by analysis, not by sampling. With N = alpha v³ + beta v² + gamma v + delta and
D = epsilon v² + zita v + hta the function is N / (v D), so inside the speed range, ends included,

- a **pole** is a real root of D;
- a **negative stretch** lies between two neighbours among the roots of N, the roots of D and the
  ends of the range, where N / D is below zero;
- a **near-pole spike** is a pair of neighbouring turning points (roots of N' v D − N (v D)', a
  quartic) no more than ``window_kmh`` apart whose values differ ``swing``-fold, or a turning point
  that stands ``swing``-fold above, or below, what the function reaches within ``window_kmh`` on
  either side.

The rule. Around all defects of a function one straight line from (a, f(a)) to (b, f(b)) replaces
it, where [a, b] is the narrowest interval, on a grid of 0.005 km/h (of equals the one furthest
up), with

1. every defect inside,
2. f positive at both ends,
3. no end on a branch that is already turning towards the pole: going outwards from the pole the
   function must have passed its first turning point where it came from plus infinity against the
   general trend,
4. f(a) ≥ f(b): the line does not rise, as grams per kilometre do not rise with speed where trucks
   crawl and where nearly all published defects lie.

A stretch of negative values that reaches the end of the range without a pole is set to zero there:
the engine is pushed. Outside [a, b] the published function is untouched. A function that this does
not mend, or whose mended curve would still have a spike, is refused.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

__all__ = ["Guard", "RationalFunction", "find_guard"]

_STEP_KMH = 0.005
_SHORT_KMH = 1e-4
"""How far beside a speed to look for the side that the curve comes from."""
_END_TOLERANCE = 1e-9
"""Roots this much outside the range, as a share of its upper end, still count as inside."""
_REAL_TOLERANCE = 1e-7
"""Imaginary part up to which a root is real, same unit: a double root may come as a pair."""

Kind = Literal["none", "pole", "negative", "spike"]
Floats = npt.NDArray[np.float64]
Curve = Callable[[Floats], Floats]


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
        """Evaluate the published formula as it stands, in the kernel's order of operations.

        At a pole the result is infinite or not a number, as floating point has it.
        """
        v = speed_kmh
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            top = (self.alpha * v + self.beta) * v + self.gamma + self.delta / v
            bottom = (self.epsilon * v + self.zita) * v + self.hta
            result: Floats = top / bottom * (1.0 - self.reduction)
        return result

    def poles(self) -> Floats:
        """Real roots of the denominator inside the speed range, ascending."""
        return self._roots([self.epsilon, self.zita, self.hta])

    def zeros(self) -> Floats:
        """Real roots of the numerator inside the speed range, ascending."""
        return self._roots([self.alpha, self.beta, self.gamma, self.delta])

    def turning_points(self) -> Floats:
        """Speeds inside the range where the function stops rising or falling, ascending."""
        a, b, g, d = self.alpha, self.beta, self.gamma, self.delta
        e, z, h = self.epsilon, self.zita, self.hta
        # N' Q - N Q' with N the cubic numerator and Q = v D; the terms of degree five cancel.
        derivative = [
            a * z - b * e,
            2.0 * (a * h - g * e),
            b * h - g * z - 3.0 * d * e,
            -2.0 * d * z,
            -d * h,
        ]
        roots = self._roots(derivative)
        # A root where the slope keeps its sign (an inflection) is not a turning point.
        cuts = np.concatenate(([self.speed_min_kmh], roots, [self.speed_max_kmh]))
        sign = np.sign(np.polyval(derivative, (cuts[1:] + cuts[:-1]) / 2.0))
        turning: Floats = roots[sign[1:] * sign[:-1] < 0.0]
        return turning

    def _roots(self, coefficients: Sequence[float]) -> Floats:
        """Return the real roots of a polynomial, highest power first, inside the range."""
        top = self.speed_max_kmh
        # In units of the highest speed: leading terms that vanish there have no root inside.
        powers = top ** np.arange(len(coefficients) - 1, -1, -1.0)
        scaled = np.asarray(coefficients, np.float64) * powers
        small = np.abs(scaled) <= 1e-15 * np.abs(scaled).max()
        roots = np.roots(np.where(small, 0.0, scaled))
        real = np.sort(roots[np.abs(roots.imag) <= _REAL_TOLERANCE].real)
        low = self.speed_min_kmh / top
        inside = real[(real >= low - _END_TOLERANCE) & (real <= 1.0 + _END_TOLERANCE)]
        clipped: Floats = np.clip(inside * top, self.speed_min_kmh, top)
        return clipped


@dataclass(frozen=True, slots=True)
class Guard:
    """The line that replaces a function from one speed to another; ``none`` leaves it whole."""

    kind: Kind = "none"
    from_kmh: float = float("nan")
    to_kmh: float = float("nan")
    from_value: float = float("nan")
    to_value: float = float("nan")

    def line(self, speed_kmh: Floats) -> Floats:
        """Return the line's value, per kilometre, at speeds between its ends."""
        slope = (self.to_value - self.from_value) / (self.to_kmh - self.from_kmh)
        value: Floats = self.from_value + slope * (speed_kmh - self.from_kmh)
        return value


def find_guard(function: RationalFunction, *, swing: float, window_kmh: float) -> Guard:
    """Find the bridge that a function needs.

    Parameters
    ----------
    function
        The published function.
    swing
        Ratio of peak to dip from which a near-pole is a defect.
    window_kmh
        Largest distance between dip and peak of a defect.

    Raises
    ------
    ValueError
        Coefficients that are not numbers, a range that is empty or not above zero, a denominator
        that is zero at every speed, or no line that does not rise mends the defects without making
        a new one: the function needs a person's judgement.
    """
    low, high = function.speed_min_kmh, function.speed_max_kmh
    if not all(math.isfinite(number) for number in astuple(function)) or not 0.0 < low < high:
        raise ValueError(f"not a function over a range of speeds above zero: {function}")
    if function.epsilon == function.zita == function.hta == 0.0:
        raise ValueError("the denominator of this function is zero at every speed")
    poles, turns = function.poles(), function.turning_points()
    negative = _negative_stretches(function, poles)
    spikes = _spikes(function, turns, [low, *poles, high], swing, window_kmh)
    defects = [*((pole, pole) for pole in poles), *negative, *spikes]
    if not defects:
        return Guard()
    steps = round((high - low) / _STEP_KMH) + 1
    speed = np.clip(np.round(np.linspace(low, high, steps), 3), low, high)
    value = function(speed)
    # Last grid point that may start the line and first one that may end it, clear of the defect.
    first = int(np.searchsorted(speed, min(start for start, _ in defects) - _SHORT_KMH)) - 1
    last = int(np.searchsorted(speed, max(end for _, end in defects) + _SHORT_KMH))
    if len(negative) == 1 == len(defects) and last == len(speed) and first >= 0:
        return Guard("negative", float(speed[first]), high, float(value[first]), 0.0)
    kind: Kind = "pole" if poles.size else ("negative" if negative else "spike")
    ends = _narrowest(speed, value, first, last) if first >= 0 and last < len(speed) else None
    if ends is None:
        raise ValueError("no line that does not rise bridges the defects of this function")
    guard = Guard(kind, *(float(speed[end]) for end in ends), *(float(value[end]) for end in ends))
    if _spikes_again(function, guard, turns, swing, window_kmh):
        raise ValueError("the line that bridges the defects of this function makes a new spike")
    return guard


def _negative_stretches(function: RationalFunction, poles: Floats) -> list[tuple[float, float]]:
    """Return the stretches of the range, from root to root, where a function is below zero."""
    ends = [function.speed_min_kmh, function.speed_max_kmh]
    cuts = np.unique(np.concatenate((ends, poles, function.zeros())))
    # Rounding may split a double root: what lies between the two halves is no stretch.
    wide = np.diff(cuts) > 1e-6
    below = wide & (function((cuts[1:] + cuts[:-1]) / 2.0) < 0.0)
    return [(float(cuts[k]), float(cuts[k + 1])) for k in np.flatnonzero(below)]


def _spikes(
    curve: Curve, turns: Floats, ends: Sequence[float], swing: float, window: float
) -> list[tuple[float, float]]:
    """Find the turning points of a curve that make a spike, branch by branch between ``ends``."""
    found: list[tuple[float, float]] = []
    for low, high in itertools.pairwise(ends):
        # A double pole is a root of the slope's numerator too, and no turning point.
        at = turns[(turns > low + _SHORT_KMH) & (turns < high - _SHORT_KMH)]
        level = curve(at)
        for k, here in enumerate(at):
            if k and here - at[k - 1] <= window and _apart(level[k - 1], level[k], swing):
                found.append((float(at[k - 1]), float(here)))
            # Between turning points the curve rises or falls: its extremes within the window are
            # at turning points or at the end of the window, cut short of a pole.
            before = at[(at < here) & (at >= here - window)]
            after = at[(at > here) & (at <= here + window)]
            left = curve(np.append(before, max(low + _SHORT_KMH, here - window)))
            right = curve(np.append(after, min(high - _SHORT_KMH, here + window)))
            hump = level[k] >= swing * max(left.min(), right.min()) and level[k] > 0.0
            dip = swing * level[k] <= min(left.max(), right.max()) and left.max() > 0.0
            if hump or dip:
                found.append((float(here), float(here)))
    return found


def _apart(one: float, other: float, swing: float) -> bool:
    """Whether the higher of two values is above zero and ``swing`` times the lower or more."""
    return max(one, other) >= swing * min(one, other) and max(one, other) > 0.0


def _spikes_again(
    function: RationalFunction, guard: Guard, turns: Floats, swing: float, window: float
) -> bool:
    """Whether a function with its line in place has a spike."""
    a, b = guard.from_kmh, guard.to_kmh

    def curve(speed: Floats) -> Floats:
        inside = (speed >= a) & (speed <= b)
        return np.where(inside, guard.line(speed), function(speed))

    # The line does not rise: its ends are turning points where the function rises on to or off it.
    around = curve(np.array([a - _SHORT_KMH, a, b, b + _SHORT_KMH]))
    joins = np.array([a, b])[[around[0] < around[1], around[3] > around[2]]]
    outside = turns[(turns < a) | (turns > b)]
    ends = [function.speed_min_kmh, function.speed_max_kmh]
    return bool(_spikes(curve, np.sort(np.append(outside, joins)), ends, swing, window))


def _narrowest(speed: Floats, value: Floats, first: int, last: int) -> tuple[int, int] | None:
    """Find the narrowest line that does not rise, starting by ``first``, ending from ``last``."""
    start = first
    while start > 0 and value[start - 1] <= value[start]:
        start -= 1
    end = last
    while end < len(value) - 1 and value[end + 1] >= value[end]:
        end += 1
    # The turning point itself lies up to one grid step off: be on its safe side.
    start -= 0 < start < first
    end += last < end < len(value) - 1
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
        # Of lines of one width, to the last digit, the one with the highest start speed.
        if best is None or speed[b] - speed[a] < best[0] - 1e-9:
            best = (float(speed[b] - speed[a]), a, b)
    return None if best is None else best[1:]
