"""Links of two scenarios as one set: which link of the one is which of the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geofleet.errors import InputError, Problem
from geofleet.maps.packed import Variable

if TYPE_CHECKING:
    from geofleet.maps.compare import Scenario

__all__ = ["Union", "match"]

_SIDES = ("left", "right")


@dataclass(frozen=True)
class Union:
    """All links of two scenarios, each once.

    Parameters
    ----------
    places
        Row of each link in the first and in the second scenario, shape ``(links, 2)``; -1 where
        it is not there.
    """

    places: npt.NDArray[np.int64]

    def geometry(self, left: Scenario, right: Scenario) -> npt.NDArray[np.object_]:
        """Return the line of each link, that of the first scenario where both have it."""
        own, other = (np.asarray(side.geometry, dtype=object) for side in (left, right))
        out = np.full(len(self.places), None, dtype=object)
        for lines, side in ((other, 1), (own, 0)):
            there = self.places[:, side] >= 0
            out[there] = lines[self.places[there, side]]
        return out

    def spread(self, variable: Variable, side: int) -> Variable:
        """Return a variable of one scenario over all links; nothing where it has not the link."""
        place = self.places[:, side]
        gone = place < 0
        values = np.asarray(variable.values)
        whole, absent = variable.whole, variable.absent
        if isinstance(whole, np.ndarray):
            whole = _filled(whole, place, 0)
        if variable.kind == "change" and gone.any() and absent is None:
            absent = np.zeros(values.shape, bool)
        return replace(
            variable, values=_filled(values, place, -1 if variable.kind == "category" else 0),
            whole=whole, absent=None if absent is None else _filled(absent, place, True),
        )  # fmt: skip

    def columns(
        self, left: Mapping[str, Any] | None, right: Mapping[str, Any] | None, nothing: Any
    ) -> dict[str, Any]:
        """Return what is told of links, from the first scenario that tells it."""
        out: dict[str, Any] = {}
        for given, side in ((left or {}, 0), (right or {}, 1)):
            place = self.places[:, side]
            for name, cells in given.items():
                column = out.setdefault(name, [nothing] * len(place))
                told = list(cells)
                for row in np.flatnonzero(place >= 0):
                    if _is_nothing(column[row]):
                        column[row] = told[place[row]]
        return out


def match(left: Scenario, right: Scenario) -> Union:
    """Return which link of one scenario is which of the other: by ids, else by equal lines.

    Raises
    ------
    InputError
        Ids that are not one for each link, or not each once; ids on one side only.
    """
    counts = [len(side.geometry) for side in (left, right)]
    given = [side.ids is not None for side in (left, right)]
    if any(given):
        _check_ids((left, right), counts)
        keys = [pd.Index(list(side.ids or ())) for side in (left, right)]
    else:
        shapes = [np.asarray(side.geometry, dtype=object) for side in (left, right)]
        if counts[0] == counts[1] and shapely.equals_exact(*shapes).all():
            return Union(np.repeat(np.arange(counts[0])[:, None], 2, axis=1))
        keys = [_keys(one) for one in shapes]
    there = keys[1].get_indexer(keys[0])
    alone = np.flatnonzero(keys[0].get_indexer(keys[1]) < 0)
    first = np.column_stack([np.arange(counts[0]), there])
    second = np.column_stack([np.full(len(alone), -1), alone])
    return Union(np.concatenate([first, second]).astype(np.int64))


def _check_ids(sides: Sequence[Scenario], counts: Sequence[int]) -> None:
    problems = []
    for side, name, count in zip(sides, _SIDES, counts, strict=True):
        ids = None if side.ids is None else list(side.ids)
        if ids is None or len(ids) != count:
            value = "none" if ids is None else str(len(ids))
            problems.append(Problem(name, "ids", value=value, expected=f"one for each of {count}"))
            continue
        doubled = pd.Index(ids).duplicated()
        problems += [
            Problem(name, "ids", int(row) + 1, str(ids[row]), "each id once")
            for row in np.flatnonzero(doubled)
        ]
    if problems:
        raise InputError(problems)


def _keys(shapes: npt.NDArray[np.object_]) -> pd.Index:
    """Return the lines as keys; those that occur several times are told apart by their order."""
    lines = pd.Series(shapely.to_wkb(shapes), dtype=object)
    return pd.MultiIndex.from_arrays(
        [lines.fillna(b""), lines.groupby(lines, dropna=False).cumcount()]
    )


def _filled(values: npt.NDArray[Any], place: npt.NDArray[np.int64], nothing: Any) -> Any:
    out = values[np.maximum(place, 0)] if len(values) else np.full(
        (len(place), *values.shape[1:]), nothing, dtype=values.dtype
    )  # fmt: skip
    out[place < 0] = nothing
    return out


def _is_nothing(cell: Any) -> bool:
    return cell is None or (isinstance(cell, float) and cell != cell)
