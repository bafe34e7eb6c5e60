"""Columns of a page in few bytes: whole numbers as one deflated stream, texts as another."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from geofleet.maps.packed.blocks import deflated, varints, zigzag
from geofleet.wording import Text

__all__ = ["UNKNOWN", "Streams", "scaled"]

UNKNOWN = 1 << 30
"""Stands for a number that is not known; scripts know it as ``geofleet.UNKNOWN``."""
_PLAIN, _SIGNED, _STEPS = range(3)


def scaled(values: Any, scale: float) -> npt.NDArray[np.int64]:
    """Return numbers in units of ``1 / scale`` as whole numbers, NaN as ``UNKNOWN``."""
    numbers = np.asarray(values, dtype=np.float64) * scale
    known = np.isfinite(numbers)
    out = np.full(len(numbers), UNKNOWN, dtype=np.int64)
    out[known] = np.rint(numbers[known]).astype(np.int64)
    return out


class Streams:
    """Named columns on their way into a page; ``geofleet.unpack`` reads them there."""

    def __init__(self) -> None:
        self._layout: list[list[Any]] = []
        self._data: list[bytes] = []
        self._texts: dict[str, int] = {}
        self._table: list[Any] = []

    def plain(self, name: str, values: npt.ArrayLike) -> None:
        """Add numbers from 0 on."""
        self._add(name, np.asarray(values, dtype=np.int64), _PLAIN)

    def signed(self, name: str, values: npt.ArrayLike) -> None:
        """Add numbers of either sign."""
        self._add(name, zigzag(np.asarray(values, dtype=np.int64)), _SIGNED)

    def steps(self, name: str, values: npt.ArrayLike) -> None:
        """Add numbers that lie close to the one before them."""
        whole = np.asarray(values, dtype=np.int64)
        self._add(name, zigzag(np.diff(whole, prepend=0)), _STEPS)

    def texts(self, name: str, values: Iterable[str | Text | None]) -> None:
        """Add texts, equal ones stored once."""
        self.plain(name, [self.text(value) for value in values])

    def text(self, value: str | Text | None) -> int:
        """Return the number of a text, 0 for none."""
        if value is None:
            return 0
        plain = value if isinstance(value, str) else dict(value)
        key = json.dumps(plain, ensure_ascii=False, sort_keys=True)
        if key not in self._texts:
            self._table.append(plain)
            self._texts[key] = len(self._table)
        return self._texts[key]

    def spec(self) -> dict[str, Any]:
        """Return what the page's script takes."""
        table = json.dumps(self._table, ensure_ascii=False, separators=(",", ":"))
        return {
            "layout": self._layout,
            "numbers": deflated(*self._data),
            "texts": deflated(table.encode()),
        }

    def _add(self, name: str, values: npt.NDArray[np.int64], code: int) -> None:
        self._layout.append([name, len(values), code])
        self._data.append(varints(values))
