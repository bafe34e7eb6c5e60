"""Codes of all hours in few bytes: what is left when each is foretold from what is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from geofleet.maps.packed.blocks import shortest
from geofleet.maps.packed.steps import NONE, UNKNOWN, Steps

__all__ = ["Foretold", "Hourly", "best", "foretell", "left", "some_rows"]

_FIRST = 2
_SAMPLE, _BLOCK = 8_192, 512
_PARTS = 16
_LEVEL = 6
_TRUE = 0.5
"""Where between zero and the first edge a value is taken to lie that is only known to be less."""

Codes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Hourly:
    """A variable by hour, ready to be packed.

    Parameters
    ----------
    name
        Of the variable.
    codes
        Shape ``(links, 24)``, in the order of the page's rows.
    steps
        What the codes stand for; None for categories.
    whole
        Value of the day as the page reads it, NaN for unknown, 0 for none; None if there is none.
    """

    name: str
    codes: Codes
    steps: Steps | None
    whole: npt.NDArray[np.float64] | None

    @property
    def foretells(self) -> bool:
        """Whether values of other variables can be told from it."""
        steps = self.steps
        plain = steps is not None and not steps.signed and steps.error == steps.error
        return plain and self.whole is not None


@dataclass(frozen=True)
class Foretold:
    """How the codes of a variable are foretold.

    Parameters
    ----------
    kind
        ``nothing``; ``before``: as in the hour before; ``shares``: the day's value by the
        ``shares`` of the hours; ``by``: the value of another variable (``by``) in this hour by the
        ratio of both over the day.
    """

    kind: str
    shares: tuple[float, ...] = ()
    by: str = ""

    @property
    def spec(self) -> dict[str, Any]:
        """What the page must know."""
        return {"kind": self.kind, "shares": list(self.shares), "by": self.by}


def foretell(
    item: Hourly, how: Foretold, others: Mapping[str, Hourly]
) -> tuple[Codes, Floats | None]:
    """Return the codes to be expected, and the values that they are of, where they are of any.

    The page computes the same.
    """
    codes = item.codes
    if how.kind == "nothing":
        return np.zeros_like(codes), None
    if how.kind == "before":
        return np.column_stack([np.zeros(len(codes), np.uint8), codes[:, :-1]]), None
    if item.steps is None or item.whole is None:
        raise TypeError(f"{item.name} has no steps or no value of the day")
    if how.kind == "shares":
        values = item.whole[:, None] * np.array(how.shares)
        return _coded(values, item.steps), values
    other = others[how.by]
    if other.steps is None or other.whole is None:
        raise TypeError(f"{how.by} tells nothing of {item.name}")
    sizes = other.steps.sizes.copy()
    if sizes[0] != sizes[0]:
        sizes[0] = other.steps.edges[0] * _TRUE
    told = np.concatenate([[0.0, np.nan], sizes])
    with np.errstate(divide="ignore", invalid="ignore"):
        values = told[other.codes] * (item.whole / other.whole)[:, None]
    return _coded(values, item.steps), values


def left(item: Hourly, how: Foretold, others: Mapping[str, Hourly]) -> bytes:
    """Return what the codes are more than foretold, modulo 256.

    Row by row; or, where values are foretold, with those together that are about equally foretold
    (see :func:`_likeness`), the least likeness first: they err alike, which takes fewer bytes.
    """
    guess, values = foretell(item, how, others)
    rest = (item.codes - guess).ravel()
    if values is None or item.steps is None:
        return rest.tobytes()
    # numbers of sixteen bits are sorted in the time of a walk
    order = np.argsort(_likeness(guess, values, item.steps).ravel(), kind="stable")
    return rest[order].tobytes()


def _likeness(guess: Codes, values: Floats, steps: Steps) -> npt.NDArray[np.uint16]:
    """Return the code foretold times 16, plus how many sixteenths of its step lie below.

    The step above all edges has no end: there it is sixteenths of one less its first edge's share.
    """
    edges = np.concatenate([[0.0], steps.edges, [np.inf]])
    step = np.maximum(guess.astype(np.int64) - _FIRST, 0)
    low, high = edges[step], edges[step + 1]
    with np.errstate(divide="ignore", invalid="ignore"):
        part = np.where(np.isinf(high), 1.0 - low / values, (values - low) / (high - low))
        part = np.minimum(np.floor(part * _PARTS), _PARTS - 1)
    part = np.where(guess < _FIRST, 0.0, part)
    likeness: npt.NDArray[np.uint16] = guess.astype(np.uint16) * np.uint16(_PARTS)
    return likeness + np.nan_to_num(part).astype(np.uint16)


def _coded(values: Floats, steps: Steps) -> Codes:
    codes = _FIRST + np.searchsorted(steps.edges, values, side="right")
    codes = np.where(values > 0, codes, NONE)
    return np.where(np.isnan(values), UNKNOWN, codes).astype(np.uint8)


def best(item: Hourly, others: Mapping[str, Hourly]) -> tuple[Foretold, int]:
    """Return the way that leaves fewest bytes, and how many those are."""
    ways = [Foretold("nothing"), Foretold("before")]
    if item.steps is not None and not item.steps.signed and item.whole is not None:
        ways.append(Foretold("shares", _shares(item)))
        ways += [Foretold("by", by=name) for name, other in others.items() if other.foretells]
    sizes = []
    for how in ways:
        sizes.append(len(shortest(left(item, how, others), _LEVEL)))
    least = int(np.argmin(sizes))
    return ways[least], sizes[least]


def some_rows(count: int) -> npt.NDArray[np.int64]:
    """Return blocks of rows from all over the city, by which the whole of it is judged."""
    if count <= _SAMPLE:
        return np.arange(count)
    blocks = np.linspace(0, count - _BLOCK, _SAMPLE // _BLOCK).astype(np.int64)
    return (blocks[:, None] + np.arange(_BLOCK)).ravel()


def _shares(item: Hourly) -> tuple[float, ...]:
    """Return what part of the day falls into each hour, over all rows whose day is known."""
    steps, whole = item.steps, item.whole
    if steps is None or whole is None:
        return ()
    sizes = np.where(np.isnan(steps.sizes), _middles(steps), steps.sizes)
    told = np.concatenate([[0.0, 0.0], sizes])[item.codes]
    known = whole > 0
    total = float(whole[known].sum())
    parts: list[float] = told[known].sum(axis=0).tolist()
    if total <= 0:
        return (0.0,) * len(parts)
    return tuple(float(f"{part / total:.6g}") for part in parts)


def _middles(steps: Steps) -> npt.NDArray[np.float64]:
    """Return a value inside each step, where only the class is told."""
    edges = steps.edges
    if not len(edges):
        return np.ones(1)
    return np.concatenate([edges[:1] * _TRUE, np.sqrt(edges[:-1] * edges[1:]), edges[-1:] * 1.5])
