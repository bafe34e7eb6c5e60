"""Numbers to so many digits in two bytes each, without leaving their class."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geofleet.maps.packed.steps import NONE, UNKNOWN

__all__ = ["Digits", "in_digits"]

_ROOM = 65_500
_FIRST = 2  # codes 0 and 1 are NONE and UNKNOWN
_MOST = 4


@dataclass(frozen=True)
class Digits:
    """Numbers as codes of two bytes.

    Parameters
    ----------
    codes
        0 nothing there, 1 unknown, 2 zero; from 3 on ``3 + i`` for a value of
        ``(m + i % n) * 10 ** (lowest + i // n)``, where n is ``9 * m`` and m the smallest number
        of so many digits; twice that and one more for the same below zero where ``signed``.
    values
        What the codes stand for: ``values[code]``, NaN for the first two.
    digits, lowest, signed
        As above.
    """

    codes: npt.NDArray[np.uint16]
    values: npt.NDArray[np.float64]
    digits: int
    lowest: int
    signed: bool

    @property
    def read(self) -> npt.NDArray[np.float64]:
        """The numbers as they can be read again."""
        return self.values[self.codes]


def in_digits(
    values: npt.NDArray[np.float64],
    absent: npt.NDArray[np.bool_],
    *,
    breaks: npt.NDArray[np.float64],
    digits: int = 3,
    signed: bool = False,
) -> Digits:
    """Round numbers so that each stays in its class.

    Parameters
    ----------
    values
        NaN is unknown.
    absent
        Where there is nothing.
    breaks
        Limits of classes, ascending, of the size.
    digits
        That are kept: at least one; fewer come back where the numbers range so widely that two
        bytes cannot tell them apart, and what is too small then for that becomes zero.
    signed
        Whether numbers below zero may come.
    """
    size = np.abs(np.where(np.isnan(values) | absent, 0.0, values))
    some = size[size > 0]
    top = _exponent(some.max()) if len(some) else 0
    bottom = _exponent(some.min()) if len(some) else 0
    digits = max(1, min(digits, _MOST))
    spans = top - bottom + 2  # rounding may carry
    while digits > 1 and spans * 9 * 10 ** (digits - 1) * (1 + signed) > _ROOM:
        digits -= 1
    lead = 10 ** (digits - 1)
    per = 9 * lead
    spans = min(spans, _ROOM // (per * (1 + signed)))
    lowest = top + 2 - spans - (digits - 1)
    table = np.array([
        float(f"{lead + i % per}e{lowest + i // per}") for i in range(spans * per)
    ])  # fmt: skip
    near = np.clip(np.searchsorted(table, size), 1, len(table) - 1)
    near = np.where(size - table[near - 1] <= table[near] - size, near - 1, near)
    wanted, got = (np.searchsorted(breaks, item, side="right") for item in (size, table[near]))
    # rounding may have crossed a limit: the neighbour on the other side has not
    near = np.clip(near + np.sign(wanted - got), 0, len(table) - 1)
    nothing = size < table[0] * 0.5
    index = near * 2 + (values < 0) if signed else near
    codes = np.where(nothing, _FIRST, _FIRST + 1 + index)
    codes = np.where(np.isnan(values), UNKNOWN, codes)
    codes = np.where(absent, NONE, codes)
    both = np.column_stack([table, -table]).ravel() if signed else table
    whole = np.concatenate([[np.nan, np.nan, 0.0], both])
    return Digits(codes.astype(np.uint16), whole, digits, lowest, signed)


def _exponent(value: float) -> int:
    """Return the power of ten of the first digit."""
    return int(f"{value:e}".split("e")[1])
