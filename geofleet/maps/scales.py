"""Class breaks that read well, and colours that colour-blind readers can tell apart."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from geofleet.wording import Readers, Text, say

__all__ = [
    "AIR", "EMITTED", "HARM", "PEOPLE", "STEPS", "TRAFFIC", "blend", "class_labels", "class_texts",
    "decade_breaks", "quantile_breaks", "round_breaks", "short", "spread",
]  # fmt: skip

# From low to high, each step darker than the one before, so that print and every eye tell them
# apart; the palest stands out from the ground of a page by 3 to 1 (WCAG 2.2, 1.4.11).
EMITTED = ("#dd6b10", "#c8501a", "#a93a1e", "#7c2718", "#3f1009")
HARM = ("#8d84c6", "#7a68b8", "#6849a4", "#4f2489", "#2d0158")
TRAFFIC = ("#5a92bf", "#3d78a8", "#225d8c", "#0b416d", "#042341")
# sequential scales of ColorBrewer (Brewer, C. A., colorbrewer2.org), without the palest steps,
# which would vanish on a light ground: for areas, which have a border
AIR = ("#d0d1e6", "#a6bddb", "#67a9cf", "#1c9099", "#016c59")
PEOPLE = ("#d9d9d9", "#bdbdbd", "#969696", "#737373", "#3d3d3d")
# after inferno (van der Walt and Smith 2015), from the shade on that stands out from the ground:
# evenly darker in print and to every eye; for thin lines, on which the shades of one hue look alike
STEPS = ("#dd6b10", "#cc3f2e", "#a32c5f", "#5f136e", "#140b35")

_QUANTILES = (0.4, 0.65, 0.82, 0.94)
_MANY = 1000
_STEPS = (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.0, 10.0)


def round_breaks(
    values: npt.NDArray[np.float64], quantiles: Sequence[float] = _QUANTILES
) -> list[float]:
    """Return rounded quantiles of the known positive values, ascending, each once.

    Fewer breaks than quantiles come back when values are few or alike.
    """
    known = values[np.isfinite(values) & (values > 0)]
    if not len(known):
        return []
    if len(known) <= _MANY:
        different = np.unique(known)
        if len(different) <= len(quantiles) + 1:
            # each has a class of its own: between them there is nothing to be told apart
            return sorted({_floor(float(value)) for value in different[1:]} - {float(known.min())})
    raw = [float(value) for value in np.quantile(known, quantiles)]
    coarse = {_round(value) for value in raw}
    fine = {float(f"{value:.2g}") for value in raw}
    # values that lie close together need the second digit to be told apart
    chosen = coarse if len(coarse) >= len(fine) else fine
    return sorted(value for value in chosen if known.min() < value <= known.max())


def _floor(value: float) -> float:
    """Return a value of three digits that is not above it."""
    unit = 10.0 ** (math.floor(math.log10(value)) - 2)
    near = float(f"{value:.3g}")
    return near if near <= value else float(f"{near - unit:.3g}")


def _round(value: float) -> float:
    magnitude = 10.0 ** math.floor(math.log10(value))
    best = min(_STEPS, key=lambda step: abs(step - value / magnitude))
    return float(f"{best * magnitude:.3g}")


def quantile_breaks(
    values: npt.NDArray[np.float64], quantiles: Sequence[float] = _QUANTILES
) -> list[float]:
    """Return quantiles of the known positive values to three digits, ascending, each once."""
    known = values[np.isfinite(values) & (values > 0)]
    if not len(known):
        return []
    limits = {float(f"{value:.3g}") for value in np.quantile(known, quantiles)}
    return sorted(value for value in limits if known.min() < value <= known.max())


def decade_breaks(values: npt.NDArray[np.float64], most: int = len(_QUANTILES)) -> list[float]:
    """Return at most so many limits of 1, 2 and 5 times powers of ten over the positive values.

    Evenly by factor, for values that range over decades: 1, 2, 5 and 10; 1, 5, 20 and 100; or the
    powers of ten; or only some of them.
    """
    known = values[np.isfinite(values) & (values > 0)]
    if not len(known):
        return []
    low, high = (math.floor(math.log10(float(edge))) for edge in (known.min(), known.max()))
    series = [
        (3 * power + place, float(f"{digit}e{power}"))
        for power in range(low, high + 1)
        for place, digit in enumerate((1, 2, 5))
    ]
    inside = [(at, limit) for at, limit in series if known.min() < limit <= known.max()]
    step = 1
    while True:
        chosen = [limit for at, limit in inside if at % step == 0]
        if len(chosen) <= most:
            return chosen
        step += 1 if step < 3 else 3


def short(value: float) -> str:
    """Return a number as a reader would write it: 1,500 or 0.02."""
    if value == 0:
        return "0"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    places = max(0, 2 - math.floor(math.log10(abs(value))))
    text = f"{value:.{places}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def class_labels(breaks: Sequence[float]) -> list[str]:
    """Return what each class holds, one more than there are breaks."""
    if not breaks:
        return ["any"]
    middle = [f"{short(a)} – {short(b)}" for a, b in pairwise(breaks)]
    return [f"less than {short(breaks[0])}", *middle, f"{short(breaks[-1])} and more"]


def class_texts(breaks: Sequence[float], readers: Readers) -> list[Text]:
    """Return what each class holds, as readers write numbers; one more than there are breaks."""
    if not breaks:
        return [say("common.class_any")]
    limits = [readers.number(value) for value in breaks]
    middle = [say("common.class_between", low=low, high=high) for low, high in pairwise(limits)]
    least, most = (
        say("common.class_less", limit=limits[0]),
        say("common.class_more", limit=limits[-1]),
    )
    return [least, *middle, most]


def spread(colours: Sequence[Any], count: int) -> list[Any]:
    """Pick ``count`` items over the whole range of ``colours``."""
    if count == 1:
        return [colours[len(colours) // 2]]
    return [colours[round(k * (len(colours) - 1) / (count - 1))] for k in range(count)]


def blend(colours: Sequence[str], count: int) -> list[str]:
    """Return ``count`` different colours evenly along the way from the first to the last."""
    points = np.array([[int(hue[k : k + 2], 16) for k in (1, 3, 5)] for hue in colours], float)
    at = np.linspace(0.0, len(colours) - 1.0, count) if count > 1 else [0.5 * (len(colours) - 1)]
    mixed = np.column_stack([
        np.interp(at, np.arange(len(colours)), points[:, part]) for part in range(3)
    ])  # fmt: skip
    return ["#{:02x}{:02x}{:02x}".format(*(round(float(part)) for part in row)) for row in mixed]
