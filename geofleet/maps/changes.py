"""How differences are drawn: less in blue, more in red, nothing to speak of in grey."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from geofleet.maps.packed import Variable
from geofleet.maps.scales import round_breaks
from geofleet.wording import Text

__all__ = ["CHANGE_COLOURS", "change_breaks", "difference"]

# blue and red ends of RdBu (Brewer, C. A., colorbrewer2.org): less and more, told apart by the
# colour-blind; palest steps left out
CHANGE_COLOURS = ("#2166ac", "#4393c3", "#8fc1de", "#6f6f6f", "#f0a07f", "#d6604d", "#b2182b")
_QUANTILES = (0.4, 0.8)
_HARDLY = 0.01
"""Share of the smallest class of changes below which a change is none to speak of."""

Floats = npt.NDArray[np.float64]


def change_breaks(change: Floats) -> list[float]:
    """Return limits of the size of changes, the first that of hardly any change.

    Parameters
    ----------
    change
        Of either sign, NaN for unknown. Where nothing changes there is no limit.
    """
    size = np.abs(change)
    known = size[np.isfinite(size)]
    inner = round_breaks(size, _QUANTILES)
    least = _HARDLY * (inner[0] if inner else float(known.max(initial=0.0)))
    return [float(f"{least:.1g}"), *inner] if least > 0 else []


def difference(
    name: str,
    before: Floats,
    after: Floats,
    *,
    label: Text,
    unit: Text,
    hour_unit: Text | None = None,
    whole: Floats | None = None,
    text: Text | None = None,
    group: Text | None = None,
    colours: Sequence[str] = CHANGE_COLOURS,
) -> Variable:
    """Return what is more or less than before, on a scale with nothing in its middle.

    Parameters
    ----------
    name, label, unit, hour_unit, text, group
        As of a ``Variable``.
    before, after
        Shape ``(links,)`` or ``(links, 24)``; NaN in either is an unknown difference. Where both
        are nothing there is no difference to be drawn.
    whole
        Difference of the whole day, where it is not the sum of the hours.
    colours
        From the largest fall to the largest rise.
    """
    change = after - before
    hourly = change.ndim == 2
    day = change.sum(axis=1) if whole is None and hourly else change if whole is None else whole
    return Variable(
        name, label=label, unit=unit, hour_unit=hour_unit, values=change, kind="change",
        colours=colours, breaks=change_breaks(day),
        hour_breaks=change_breaks(change) if hourly else None,
        whole="sum" if hourly and whole is None else whole,
        absent=(before == 0) & (after == 0), text=text, group=group,
    )  # fmt: skip
