"""Facts: what is known of each case (a vehicle with its trip), as arrays that conditions read."""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import read_table
from geofleet.errors import Problem

__all__ = ["NONE", "Attribute", "AttributeKind", "Facts", "known_attributes"]

AttributeKind = Literal["text", "set", "number", "boolean", "date", "clock"]
NONE = "none"
"""Stands in text columns for what is known not to be there; an empty cell is unknown."""

_TABLE = "policy_attributes"
_TRUE, _FALSE = {"true", "yes", "1"}, {"false", "no", "0"}

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Attribute:
    """A fact that rules may ask for.

    Parameters
    ----------
    name
        Column of the table of cases.
    kind
        ``text``; ``set``: texts joined by a semicolon; ``number``; ``boolean``; ``date``;
        ``clock``: seconds after midnight.
    of
        Whether it is the vehicle's, the trip's or the road's.
    meaning, unit
        For people.
    words
        What a text can be where that is a short list; empty where anything can be.
    """

    name: str
    kind: AttributeKind
    of: str
    meaning: str
    unit: str = ""
    words: tuple[str, ...] = ()


@lru_cache(maxsize=1)
def known_attributes() -> dict[str, Attribute]:
    """Return the attributes that every rule set may ask for, by name."""
    found = {}
    for row, cells in read_table(_TABLE).iterrows():
        name = str(row)
        found[name] = Attribute(
            name, cells["value"], cells["of"], cells["meaning"], cells["unit"],
            tuple(str(cells["words"]).split()),
        )  # fmt: skip
    return found


@dataclass(frozen=True, eq=False)
class Facts:
    """Columns of cases as arrays, made once for all rules.

    Parameters
    ----------
    frame
        One row per case; a column that is not there is unknown for all.
    attributes
        Kinds of the columns; others are text.
    ranks
        By scheme of emission standards the rank of each standard.

    Notes
    -----
    Empty cells (None, NaN, empty text, ``unknown``) are unknown. Text ``none`` is known to be
    none.
    """

    frame: pd.DataFrame
    attributes: Mapping[str, Attribute] = field(default_factory=known_attributes)
    ranks: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    _cache: dict[tuple[str, str], Any] = field(default_factory=dict, repr=False)

    def __len__(self) -> int:
        """Return the number of cases."""
        return len(self.frame)

    def kind(self, name: str) -> AttributeKind:
        """Return what kind of value an attribute has, also where it is said of one zone."""
        found = self.attributes.get(name.partition(":")[0])
        return "text" if found is None else found.kind

    def texts(self, name: str) -> tuple[Codes, list[str]]:
        """Return codes by case (-1 where unknown) and the texts that they stand for."""
        if (name, "texts") not in self._cache:
            self._cache[name, "texts"] = self._texts(name)
        found: tuple[Codes, list[str]] = self._cache[name, "texts"]
        return found

    def _texts(self, name: str) -> tuple[Codes, list[str]]:
        if name not in self.frame.columns:
            return np.full(len(self), -1, np.int64), []
        codes, values = pd.factorize(self.frame[name], use_na_sentinel=True)
        words = [_text(value) for value in values]
        known = np.array([bool(word) and word != "unknown" for word in words] + [False])
        codes = np.where(known[codes], codes, -1)
        return codes.astype(np.int64), words

    def numbers(self, name: str) -> Floats:
        """Return an attribute as numbers, NaN where unknown; dates are day numbers."""
        if (name, "numbers") not in self._cache:
            codes, words = self.texts(name)
            kind = self.kind(name)
            values = np.array([_number(word, kind) for word in words] + [math.nan])
            self._cache[name, "numbers"] = values[codes]
        found: Floats = self._cache[name, "numbers"]
        return found

    def check(self, *, file: str = "cases") -> list[Problem]:
        """Return the cells that are not of the kind that their column asks for."""
        problems = []
        for name in map(str, self.frame.columns):
            attribute = self.attributes.get(name.partition(":")[0])
            if attribute is None or attribute.kind in ("text", "set"):
                continue
            codes, words = self.texts(name)
            for code, word in enumerate(words):
                if not word or word in ("unknown", NONE):
                    continue
                if math.isnan(_number(word, attribute.kind)):
                    rows = np.flatnonzero(codes == code)
                    if len(rows):
                        row = int(rows[0]) + 1
                        expected = _EXPECTED[attribute.kind]
                        problems.append(Problem(file, name, row, word, expected))
        return problems

    def row(self, position: int) -> Facts:
        """Return the facts of one case."""
        return Facts(self.frame.iloc[[position]], self.attributes, self.ranks)

    def assuming(self, assumed: Mapping[str, Any]) -> tuple[Facts, dict[str, int]]:
        """Return facts with empty cells filled, and how many cells of each were."""
        frame = self.frame.copy()
        counts = {}
        for name, value in assumed.items():
            codes, _ = self.texts(name)
            empty = codes < 0
            column = frame[name].astype(object) if name in frame.columns else None
            filled = pd.Series(None, index=frame.index, dtype=object) if column is None else column
            filled = filled.mask(empty, value)
            frame[name] = filled
            counts[name] = int(empty.sum())
        return Facts(frame, self.attributes, self.ranks), counts


_EXPECTED = {
    "number": "a number, or nothing where it is unknown",
    "boolean": "true or false, or nothing where it is unknown",
    "date": "a date like 2026-02-17, or nothing where it is unknown",
    "clock": "seconds after midnight, or nothing where it is unknown",
}


def _text(value: Any) -> str:
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    if isinstance(value, (datetime.datetime, datetime.date)):
        return value.isoformat()[:10]
    if isinstance(value, (float, np.floating)):
        return "" if math.isnan(value) else f"{value:.17g}"
    return str(value).strip()


def _number(word: str, kind: AttributeKind) -> float:
    if kind == "date":
        try:
            return float(datetime.datetime.fromisoformat(word).date().toordinal())
        except ValueError:
            return math.nan
    if kind == "boolean":
        return 1.0 if word.lower() in _TRUE else 0.0 if word.lower() in _FALSE else math.nan
    try:
        number = float(word)
    except ValueError:
        return math.nan
    return number if math.isfinite(number) else math.nan
