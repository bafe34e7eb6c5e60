"""Three-valued truth: no, unknown, yes (Kleene's strong logic), as small integers.

The order makes *and* a minimum, *or* a maximum and *not* a reflection, so that whole arrays of
answers combine at once.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

__all__ = ["NO", "UNKNOWN", "WORDS", "YES", "Truths", "negated", "of_known", "truth_of"]

Truths = npt.NDArray[np.int8]

NO: Final = np.int8(0)
UNKNOWN: Final = np.int8(1)
YES: Final = np.int8(2)
WORDS = ("no", "unknown", "yes")


def truth_of(value: bool | None) -> np.int8:
    """Return the truth of a Python value; None is unknown."""
    if value is None:
        return UNKNOWN
    return YES if value else NO


def of_known(answer: npt.NDArray[np.bool_], known: npt.NDArray[np.bool_]) -> Truths:
    """Return yes and no where it is known, unknown elsewhere."""
    out = np.where(answer, YES, NO)
    out[~known] = UNKNOWN
    return out.astype(np.int8)


def negated(truths: Truths) -> Truths:
    """Return *not*: unknown stays unknown."""
    return (np.int8(2) - truths).astype(np.int8)
