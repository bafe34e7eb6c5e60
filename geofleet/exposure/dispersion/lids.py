"""What the top of the mixed layer does to a plume."""

from __future__ import annotations

from typing import Literal

from geofleet.errors import InputError, Problem
from geofleet.exposure.dispersion import _kernels

__all__ = ["Lid", "lid_code"]

Lid = Literal["rising", "fixed", "none"]
"""``rising``: reflects the plume at max(zi, h + 2.15 sigma_z), as AERMOD v23132 has it, so that a
lid never holds a plume that has grown to it. ``fixed``: reflects plume and meander at zi, so that
what is emitted stays below. ``none``: does nothing."""

_CODES = {
    "none": _kernels.NO_LID, "rising": _kernels.RISING_LID, "fixed": _kernels.FIXED_LID
}  # fmt: skip


def lid_code(lid: str, *, file: str = "", field: str = "lid") -> int:
    """Return what the kernels call ``lid``.

    Raises
    ------
    InputError
        Another word.
    """
    if lid not in _CODES:
        expected = "one of " + ", ".join(_CODES)
        raise InputError([Problem(file, field, value=str(lid), expected=expected)])
    return _CODES[lid]
