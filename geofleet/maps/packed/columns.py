"""Columns of text and numbers about lines, packed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from geofleet.maps.packed.blocks import coded, varints, zigzag
from geofleet.maps.packed.digits import Digits, in_digits
from geofleet.wording import Text

__all__ = ["packed_digits", "packed_number", "packed_texts"]


def packed_texts(
    columns: Mapping[str, Sequence[str | Text | None]], order: npt.NDArray[np.int64]
) -> dict[str, Any]:
    """Return all columns of text as one table of different texts and places in it.

    The stream holds the length of the table in bytes, the table as JSON in UTF-8, and for each
    column, row by row, the step from the place of the row before (signed, zigzag; the first from
    0); place 0 is an unknown text.
    """
    table: dict[Any, int] = {None: 0}
    shown: list[Any] = [None]
    places = []
    for cells in columns.values():
        found = np.zeros(len(order), dtype=np.int64)
        for at, row in enumerate(order.tolist()):
            cell = cells[row]
            key = tuple(cell.items()) if isinstance(cell, Mapping) else cell
            if key not in table:
                table[key] = len(shown)
                shown.append(dict(cell) if isinstance(cell, Mapping) else str(cell))
            found[at] = table[key]
        places.append(varints(zigzag(np.diff(found, prepend=0))))
    text = json.dumps(shown, ensure_ascii=False, separators=(",", ":"))
    # half of a character pair cannot be written: it is shown as what it is, damaged
    letters = text.encode("utf-8", "replace")
    head = varints(np.array([len(letters)], dtype=np.int64))
    return {"columns": list(columns), "data": coded(head, letters, *places)}


def packed_number(values: npt.ArrayLike, order: npt.NDArray[np.int64]) -> dict[str, Any]:
    """Return a column of numbers, NaN for unknown, to three digits."""
    numbers = np.asarray(values, dtype=np.float64)[order]
    nothing = np.zeros(len(numbers), dtype=bool)
    signed = bool(np.nanmin(numbers, initial=0.0) < 0)
    return packed_digits(in_digits(numbers, nothing, breaks=np.zeros(0), signed=signed))


def packed_digits(digits: Digits) -> dict[str, Any]:
    """Return codes of two bytes: all low bytes, then all high ones."""
    step = np.diff(digits.codes, prepend=np.uint16(0))
    forms = [
        coded((codes & 255).astype(np.uint8).tobytes(), (codes >> 8).astype(np.uint8).tobytes())
        for codes in (digits.codes, step)
    ]
    steps = len(forms[1]) < len(forms[0])
    return {
        "digits": digits.digits,
        "lowest": digits.lowest,
        "signed": digits.signed,
        "steps": steps,
        "data": forms[steps],
    }
