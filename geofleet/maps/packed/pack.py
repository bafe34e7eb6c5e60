"""Variables in as many bytes as there is room for."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from geofleet.errors import InputError, Problem
from geofleet.maps.packed.blocks import coded
from geofleet.maps.packed.columns import packed_digits
from geofleet.maps.packed.digits import in_digits
from geofleet.maps.packed.hourly import Foretold, Hourly, best, left, some_rows
from geofleet.maps.packed.steps import NONE, UNKNOWN, classes_of, steps_of
from geofleet.maps.packed.variables import Variable
from geofleet.maps.packed.views import category_view, chosen_breaks, view
from geofleet.wording import Readers

__all__ = ["WITHIN", "pack_variables"]

WITHIN: tuple[float | None, ...] = (
    0.0, 0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.3, None,
)  # fmt: skip
"""How near hourly values may be kept, finest first; None keeps only their class."""
_LETTERS_PER_BYTE = 16 / 13
_FIRST = 2
_SURE = 1.02
"""How much too large a guess must be to be believed."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class _Ready:
    """A variable in the order of the page: its spec but for the hours, and what those are of."""

    variable: Variable
    spec: dict[str, Any]
    hours: Floats | None
    absent: npt.NDArray[np.bool_] | None
    breaks: Floats
    day: Floats | None

    def of(self, rows: npt.NDArray[np.int64]) -> _Ready:
        """Return the same of some rows."""
        if self.hours is None or self.absent is None:
            return self
        day = None if self.day is None else self.day[rows]
        return replace(self, hours=self.hours[rows], absent=self.absent[rows], day=day)


def pack_variables(
    variables: Sequence[Variable],
    order: npt.NDArray[np.int64],
    *,
    readers: Readers,
    room: float | None = None,
    digits: int = 4,
) -> list[dict[str, Any]]:
    """Return what the page needs of each variable.

    Parameters
    ----------
    variables
        Checked ones.
    order
        Of the page's rows.
    room
        Characters that all of them may take; None for no limit.
    digits
        Of values of the whole day, at most; three where there is a limit.

    Raises
    ------
    InputError
        There is not room enough, even for the classes alone.
    """
    kept = digits if room is None else min(digits, 3)
    ready = [_prepared(variable, order, readers, kept) for variable in variables]
    fixed = sum(_length(item.spec) for item in ready)
    hourly = [item for item in ready if item.hours is not None]
    if not hourly:
        _fits(fixed, room)
        return [item.spec for item in ready]
    rows = some_rows(len(order))
    some = [item.of(rows) for item in hourly]
    least = math.inf
    items: dict[str, Hourly] = {}
    packed: dict[str, dict[str, Any]] = {}
    within: float | None = None
    for within in WITHIN:
        ways, guess = _ways({item.variable.name: _in_steps(item, within) for item in some})
        guess *= len(order) / max(1, len(rows))
        # what is plainly too much is not worked out for all rows
        if room is not None and within is not None and fixed + guess > _SURE * room:
            continue
        items = {item.variable.name: _in_steps(item, within) for item in hourly}
        packed = _packed(items, ways)
        least = fixed + sum(_length(part) for part in packed.values())
        if room is None or least <= room:
            break
    _fits(least, room)
    if room is not None:
        _refine(hourly, some, items, packed, within=within, room=room - fixed)
    for item in hourly:
        name = item.variable.name
        item.spec["hours"] |= {**packed[name], "within": _error(items[name])}
    return [item.spec for item in ready]


def _refine(
    hourly: Sequence[_Ready], some: Sequence[_Ready], items: dict[str, Hourly],
    packed: dict[str, dict[str, Any]], *, within: float | None, room: float,
) -> None:  # fmt: skip
    """Keep variables more finely than all of them could be, the small ones first.

    One variable of noise would else leave the class only of all others, too. ``items`` and
    ``packed`` are changed in place.
    """
    finer = WITHIN[: WITHIN.index(within)]
    sample = {item.variable.name: _in_steps(item, within) for item in some}
    whole, few = ({one.variable.name: one for one in ready} for ready in (hourly, some))
    scale = _rows(items) / max(1, _rows(sample))
    ways = _ways(sample)[0]
    for name in sorted(packed, key=lambda name: _length(packed[name])):
        if items[name].steps is None:
            continue
        # the finest level that fits by the sample, found by halves: finer ones take more
        low, high = 0, len(finer)
        while low < high:
            middle = (low + high) // 2
            guess = _ways(sample | {name: _in_steps(few[name], finer[middle])})[1]
            low, high = (low, middle) if guess * scale <= room else (middle + 1, high)
        for level in finer[low : low + 3]:
            tried = sample | {name: _in_steps(few[name], level)}
            changed = items | {name: _in_steps(whole[name], level)}
            new = _ways(tried)[0]
            other = {
                one for one, way in new.items() if name in (one, way.by) or way != ways[one]
            }  # fmt: skip
            parts = packed | _packed(changed, {one: new[one] for one in other})
            if sum(_length(part) for part in parts.values()) <= room:
                sample, ways = tried, new
                items.update(changed)
                packed.update(parts)
                break


def _rows(items: Mapping[str, Hourly]) -> int:
    return len(next(iter(items.values())).codes)


def _fits(size: float, room: float | None) -> None:
    if room is not None and size > room:
        raise InputError([
            Problem("max_bytes", value=f"{max(room, 0):,.0f} bytes left for variables",
                    expected=f"at least {size:,.0f}, which the classes alone take; leave out "
                    "variables or hours, or give more room")
        ])  # fmt: skip


def _length(spec: Mapping[str, Any]) -> int:
    """Return about how many characters a spec takes in a page."""
    total = 0
    for key, value in spec.items():
        inner = _length(value) if isinstance(value, Mapping) else len(str(value))
        total += len(key) + 3 + inner
    return total


def _prepared(
    variable: Variable, order: npt.NDArray[np.int64], readers: Readers, digits: int
) -> _Ready:
    values = np.asarray(variable.values, dtype=np.float64)[order]
    absent = np.zeros(values.shape, dtype=bool)
    if variable.absent is not None:
        absent = np.asarray(variable.absent, dtype=bool)[order]
    if variable.kind == "level":
        absent = absent | (values == 0)
    elif variable.kind == "category":
        absent = absent | (values < 0)
    spec: dict[str, Any] = {
        "name": variable.name, "label": variable.label, "kind": variable.kind,
        "text": variable.text, "group": variable.group, "whole": None, "hours": None,
    }  # fmt: skip
    day, none = _whole(variable, values, absent, order)
    told: Floats | None = None
    if day is not None and none is not None:
        spec["whole"], told = _whole_spec(variable, day, none, readers, digits)
    if values.ndim == 1:
        return _Ready(variable, spec, None, None, np.zeros(0), told)
    breaks = np.zeros(0)
    if variable.kind == "category":
        spec["hours"] = category_view(variable)
    else:
        seen = np.where(absent, np.nan, values)
        breaks = chosen_breaks(variable, seen, variable.hour_breaks)
        unit = variable.hour_unit or variable.unit
        spec["hours"] = view(variable, breaks, unit=unit, readers=readers)
    return _Ready(variable, spec, values, absent, breaks, told)


def _whole(
    variable: Variable, values: Floats, absent: npt.NDArray[np.bool_],
    order: npt.NDArray[np.int64],
) -> tuple[Floats | None, npt.NDArray[np.bool_] | None]:  # fmt: skip
    """Return the value of the day and where there is nothing, or None if the day has none."""
    if values.ndim == 1:
        return values, absent
    how = variable.whole
    if how is None:
        how = "none" if variable.kind == "category" else "sum"
    if not isinstance(how, str):
        day = np.asarray(how, dtype=np.float64)[order]
        nothing: npt.NDArray[np.bool_] = absent.all(axis=1) & ~np.isnan(day)
        if variable.kind == "level":
            nothing = day == 0
        elif variable.kind == "category":
            nothing = day < 0
        return day, nothing
    if how == "none":
        return None, None
    there = np.where(absent, 0.0, values)
    if how == "max":
        peak = np.argmax(np.abs(np.where(np.isnan(there), 0, there)), axis=1)
        day = np.take_along_axis(there, peak[:, None], axis=1)[:, 0]
        day = np.where(np.isnan(there).any(axis=1), np.nan, day)
    else:
        day = there.sum(axis=1) if how == "sum" else there.mean(axis=1)
    none: npt.NDArray[np.bool_] = np.logical_and.reduce(absent, axis=1)
    return day, none


def _whole_spec(
    variable: Variable, day: Floats, none: npt.NDArray[np.bool_], readers: Readers, digits: int
) -> tuple[dict[str, Any], Floats | None]:
    """Return what the page needs of the day, and the day's values as it will read them."""
    if variable.kind == "category":
        codes = _state_codes(day, none)
        return category_view(variable) | {"data": coded(codes.tobytes())}, None
    signed = variable.kind == "change"
    seen = np.where(none, np.nan, day)
    breaks = chosen_breaks(variable, seen, variable.breaks)
    kept = in_digits(day, none, breaks=breaks, digits=digits, signed=signed)
    known = ~np.isnan(seen)
    same = classes_of(kept.read[known], breaks, signed=signed) == classes_of(
        day[known], breaks, signed=signed
    )
    if not same.all():
        raise InputError([
            Problem(f"variable {variable.name!r}", "breaks", value=str(breaks.tolist())[:80],
                    expected=f"limits further apart than {kept.digits} digits tell")
        ])  # fmt: skip
    spec = view(variable, breaks, unit=variable.unit, readers=readers) | packed_digits(kept)
    return spec, None if signed else np.where(none, 0.0, kept.read)


def _state_codes(values: Floats, absent: npt.NDArray[np.bool_]) -> npt.NDArray[np.uint8]:
    codes = np.where(np.isnan(values), UNKNOWN, _FIRST + np.nan_to_num(values))
    return np.where(absent, NONE, codes).astype(np.uint8)


def _in_steps(item: _Ready, within: float | None) -> Hourly:
    variable, hours, absent = item.variable, item.hours, item.absent
    if hours is None or absent is None:
        raise TypeError(f"{variable.name} has no hours")
    if variable.kind == "category":
        return Hourly(variable.name, _state_codes(hours, absent), None, None)
    signed = variable.kind == "change"
    known = hours[~absent & ~np.isnan(hours)]
    steps = steps_of(known, item.breaks, within=within, signed=signed)
    return Hourly(variable.name, steps.codes(hours, absent), steps, item.day)


def _ways(items: Mapping[str, Hourly]) -> tuple[dict[str, Foretold], float]:
    """Return how each variable is foretold, by those before it at most, and the bytes of all."""
    ways: dict[str, Foretold] = {}
    size = 0.0
    before: dict[str, Hourly] = {}
    for name, item in items.items():
        ways[name], bytes_left = best(item, before)
        size += bytes_left * _LETTERS_PER_BYTE
        before[name] = item
    return ways, size


def _packed(items: Mapping[str, Hourly], ways: Mapping[str, Foretold]) -> dict[str, dict[str, Any]]:
    def one(name: str) -> dict[str, Any]:
        item = items[name]
        spec: dict[str, Any] = {
            "foretold": ways[name].spec, "data": coded(left(item, ways[name], items))
        }  # fmt: skip
        if item.steps is not None:
            spec |= {"edges": item.steps.edges.tolist(), "sizes": item.steps.sizes.tolist()}
        return spec

    # zlib works outside of Python's lock
    with ThreadPoolExecutor(max_workers=2) as pool:
        return dict(zip(ways, pool.map(one, ways), strict=True))


def _error(item: Hourly) -> float | None:
    """Return the largest relative error of hourly values; None when only classes are kept."""
    steps = item.steps
    return 0.0 if steps is None else None if math.isnan(steps.error) else steps.error
