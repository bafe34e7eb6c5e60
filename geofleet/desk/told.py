"""How a desk writes its figures."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from geofleet.desk.answer import Fact
from geofleet.maps.scales import round_breaks
from geofleet.wording import Readers, Text, say

__all__ = ["CHANGE", "Period", "change_breaks", "count_of", "harm_fact", "signed_percent"]

# Blue and red ends of RdBu (Brewer, C. A., colorbrewer2.org), darkened to 3:1 on the ground.
CHANGE = ("#17508c", "#2f74b0", "#4d90bf", "#6f6f6f", "#d96f47", "#c03f2b", "#8f1022")
_QUANTILES = (0.4, 0.8)
_HARDLY = 0.01
_MINUS = "\N{MINUS SIGN}"


class Period:
    """Over how many service dates sums are, in words."""

    def __init__(self, dates: int, readers: Readers) -> None:
        self.dates, self.readers = dates, readers

    @property
    def per(self) -> Text:
        """Return ``a day`` or ``over 5 days``."""
        if self.dates <= 1:
            return say("desk.per_day")
        return say("desk.over_days", days=self.readers.whole(self.dates))

    def unit(self, key: str) -> Text:
        """Return a unit with the period in it."""
        return say(f"desk.{key}", per=self.per)


def count_of(count: float, every: float, readers: Readers) -> Text:
    """Return ``3 of 64``."""
    return say("desk.count_of", count=readers.whole(count), every=readers.whole(every))


def signed_percent(before: float, after: float, readers: Readers) -> Text | None:
    """Return by how much a number changes; None where there is nothing to compare with."""
    if not (math.isfinite(before) and math.isfinite(after)) or before == 0.0:
        return None
    share = after / before - 1.0
    words = readers.percent(abs(share))
    if words["en"].startswith("0\N{NO-BREAK SPACE}"):
        return words if after == before else say("desk.hardly", share=readers.percent(0.0001, 1))
    sign = _MINUS if share < 0.0 else "+"
    return {language: sign + text for language, text in words.items()}


def harm_fact(label: Text, before: float, after: float, readers: Readers) -> Fact:
    """Return harm before and after, with the change in per cent."""
    change = signed_percent(before, after, readers)
    return Fact(
        label=label, before=readers.number(before), after=readers.number(after),
        note=None if change is None else change,
    )  # fmt: skip


def change_breaks(sizes: npt.NDArray[np.float64]) -> list[float]:
    """Return breaks of changes, the first so small that what lies below is none to speak of."""
    inner = round_breaks(np.abs(sizes).ravel(), _QUANTILES)
    return [inner[0] * _HARDLY, *inner] if inner else []
