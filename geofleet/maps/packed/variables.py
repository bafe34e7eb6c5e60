"""What lines are coloured by: levels, changes and categories, over the day or hour by hour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from geofleet.wording import Text

__all__ = ["HOURS", "Breaks", "Category", "Kind", "Variable", "Whole"]

HOURS = 24
Kind = Literal["level", "change", "category"]
Whole = Literal["sum", "mean", "max", "none"]
Breaks = Literal["rounded", "quantiles", "decades"]


@dataclass(frozen=True)
class Category:
    """One state that a link can be in.

    Parameters
    ----------
    label
        In words.
    colour, width, dash
        How a link in it is drawn; ``dash`` as in SVG (``"4 3"``).
    rank
        The higher lies on top, and comes first among the worst.
    """

    label: Text
    colour: str
    width: float = 2.5
    dash: str | None = None
    rank: int = 0


@dataclass(frozen=True, eq=False)
class Variable:
    """One way to colour the links.

    Parameters
    ----------
    name
        Of the variable in scripts; letters, digits and underscores.
    label, unit, hour_unit
        In words; ``hour_unit`` is that of one hour's value (``unit`` when not given).
    values
        One value for each link, shape ``(links,)``, or one for each hour too, ``(links, 24)``.
        NaN is unknown and drawn so. A level of 0 is not drawn. For categories: indices into
        ``categories``; negative is not drawn.
    colours
        From low to high; for changes from the largest fall over none to the largest rise.
    kind
        ``level`` (not negative), ``change`` (either sign, classed by size) or ``category``.
    breaks, hour_breaks
        Ascending limits between the classes, of the whole day and of an hour (for changes: of the
        size, whichever the sign); or how they are made: ``rounded`` quantiles (when not given),
        ``quantiles`` to three digits, or ``decades``: 1, 2 and 5 times powers of ten, for values
        that range over several. A limit belongs to the class above it.
    whole
        The value of the whole day: from the hours by ``sum``, ``mean`` or ``max``, ``none`` when
        the day has none, or an array of shape ``(links,)``. Categories have none unless given.
    absent
        Where there is nothing to draw, shape of ``values``: no traffic is no change either.
    categories
        The states, for ``category``.
    widths
        Pixels of the lowest and the highest class at the zoom of a quarter.
    text
        What the variable means, shown with its legend.
    group
        Heading above the variable in the list.
    """

    name: str
    label: Text
    unit: Text
    values: npt.ArrayLike
    colours: Sequence[str] = ()
    kind: Kind = "level"
    breaks: Sequence[float] | Breaks | None = None
    hour_breaks: Sequence[float] | Breaks | None = None
    hour_unit: Text | None = None
    whole: Whole | npt.NDArray[Any] | None = None
    absent: npt.NDArray[np.bool_] | None = None
    categories: Sequence[Category] = ()
    widths: tuple[float, float] = (1.3, 4.6)
    text: Text | None = None
    group: Text | None = None
