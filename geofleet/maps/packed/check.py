"""What can be wrong with lines and their variables, all of it at once."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, get_args

import numpy as np

from geofleet.errors import InputError, Problem
from geofleet.maps.packed.variables import HOURS, Breaks, Variable

if TYPE_CHECKING:
    from geofleet.maps.packed.layer import Card

__all__ = ["check_columns", "check_variables"]

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_CLASSES, _STATES = 100, 250


def check_variables(variables: Sequence[Variable], count: int) -> None:
    """Raise InputError for variables that cannot be drawn over ``count`` links."""
    problems = []
    if not variables:
        problems.append(Problem("variables", expected="at least one variable"))
    names = [variable.name for variable in variables]
    for name in sorted({name for name in names if names.count(name) > 1}):
        problems.append(Problem("variables", "name", value=name, expected="each name once"))
    for variable in variables:
        problems += _of(variable, count)
    if problems:
        raise InputError(problems)


def _of(variable: Variable, count: int) -> list[Problem]:
    found: list[Problem] = []

    def wrong(field: str, value: Any, expected: str) -> None:
        found.append(Problem(f"variable {variable.name!r}", field, value=str(value)[:80],
                             expected=expected))  # fmt: skip

    if not _NAME.fullmatch(variable.name):
        wrong("name", variable.name, "letters, digits and underscores, no digit first")
    values = np.asarray(variable.values)
    shapes = ((count,), (count, HOURS))
    if values.shape not in shapes:
        wrong("values", values.shape, f"the shape {shapes[0]} or {shapes[1]}")
        return found
    if values.dtype.kind not in "fiub":
        odd = next((item for item in values.ravel() if isinstance(item, str)), values.dtype)
        wrong("values", odd, "numbers, NaN for unknown")
        return found
    numbers = values.astype(np.float64)
    if np.isinf(numbers).any():
        wrong("values", "inf", "finite numbers, NaN for unknown")
    if variable.absent is not None and np.shape(variable.absent) != values.shape:
        wrong("absent", np.shape(variable.absent), f"the shape of values, {values.shape}")
    if isinstance(variable.whole, str):
        if variable.whole not in ("sum", "mean", "max", "none"):
            wrong("whole", variable.whole, "sum, mean, max, none or an array")
    elif variable.whole is not None and np.shape(variable.whole) != (count,):
        wrong("whole", np.shape(variable.whole), f"the shape {(count,)}")
    if variable.kind == "category":
        if not variable.categories:
            wrong("categories", "", "at least one state")
        elif np.nanmax(numbers, initial=-1) >= len(variable.categories):
            wrong("values", np.nanmax(numbers), f"places among {len(variable.categories)} states")
        elif len(variable.categories) > _STATES:
            wrong("categories", len(variable.categories), f"at most {_STATES} states")
        elif (numbers[np.isfinite(numbers)] % 1 != 0).any():
            wrong("values", numbers[numbers % 1 > 0][0], "whole numbers: places among the states")
        if isinstance(variable.whole, str) and variable.whole in ("sum", "mean", "max"):
            wrong("whole", variable.whole, "an array, none or nothing: states cannot be summed")
        colours: Sequence[str] = [state.colour for state in variable.categories]
    else:
        colours = variable.colours
        if not colours:
            wrong("colours", "", "at least one colour")
        if variable.kind == "level" and np.nanmin(numbers, initial=0) < 0:
            row = int(np.flatnonzero((numbers < 0).reshape(count, -1).any(axis=1))[0])
            wrong("values", numbers[row].min(), f"no level below 0 (link {row + 1})")
        for field in ("breaks", "hour_breaks"):
            breaks = getattr(variable, field)
            if isinstance(breaks, str):
                if breaks not in get_args(Breaks):
                    wrong(field, breaks, f"limits, or one of {', '.join(get_args(Breaks))}")
            elif breaks is not None and not _ascending(breaks):
                wrong(field, list(breaks), f"at most {_CLASSES} ascending limits above 0")
    for colour in colours:
        if not _COLOUR.fullmatch(colour):
            wrong("colours", colour, "a colour such as #1f77b4")
    return found


def _ascending(breaks: Sequence[float]) -> bool:
    numbers = [float(item) for item in breaks]
    finite = all(np.isfinite(numbers)) and all(number > 0 for number in numbers)
    return finite and len(numbers) <= _CLASSES and all(a < b for a, b in pairwise(numbers))


def check_columns(
    count: int, texts: Mapping[str, Sequence[Any]], numbers: Mapping[str, Any], card: Card
) -> None:
    """Raise InputError for columns of another length, or that a card names in vain."""
    problems = []
    for name, cells in numbers.items():
        if np.asarray(cells).dtype.kind not in "fiub":
            problems.append(Problem("numbers", name, value=str(np.asarray(cells).dtype),
                                    expected="numbers, NaN for unknown"))  # fmt: skip
    for kind, columns in (("texts", texts), ("numbers", numbers)):
        for name, cells in columns.items():
            if len(cells) != count:
                problems.append(Problem(kind, name, value=f"{len(cells)} cells",
                                        expected=f"one for each of {count} links"))  # fmt: skip
    for name in set(texts) & set(numbers):
        problems.append(Problem("texts", name, expected="a name that no column of numbers has"))
    for field in ("title", "subtitle"):
        named = getattr(card, field)
        if named is not None and named not in texts:
            problems.append(Problem("card", field, value=named, expected="a column of texts"))
    for row in card.rows:
        if row.column not in texts and row.column not in numbers:
            problems.append(Problem("card", "rows", value=row.column,
                                    expected="a column of texts or of numbers"))  # fmt: skip
    if problems:
        raise InputError(problems)
