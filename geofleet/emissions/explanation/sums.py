"""What explanations of traversals and of flows share: questions checked, sums made, tails told."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.emissions.explanation.flags import flag_sentences
from geofleet.emissions.explanation.model import Explanation, Step
from geofleet.emissions.explanation.rows import evidence, rows_behind
from geofleet.emissions.explanation.steps import total
from geofleet.emissions.model import MEANING, QUANTITIES, unit_of
from geofleet.errors import InputError, Problem

__all__ = ["agree", "checked", "explained", "sentence", "sum_of"]

_TOLERANCE = 1e-9


def checked(quantity: str, **counts: int) -> str:
    """Return the unit of a quantity.

    Raises
    ------
    InputError
        An unknown quantity, or counts (``spelled_out``, ``listed``) that are no whole numbers of at
        least 0.
    """
    problems = []
    if quantity not in QUANTITIES:
        expected = "one of " + ", ".join(QUANTITIES)
        problems.append(Problem("explain", "quantity", value=str(quantity), expected=expected))
    for name, count in counts.items():
        whole = isinstance(count, (int, np.integer)) and not isinstance(count, bool)
        if not whole or count < 0:
            expected = "a whole number of at least 0"
            problems.append(Problem("explain", name, value=str(count), expected=expected))
    if problems:
        raise InputError(problems)
    return unit_of(quantity)


def sentence(text: str) -> str:
    """Return a text with its first letter as a capital and the rest as it is."""
    return text[:1].upper() + text[1:]


def agree(value: float, said: float, quantity: str, *, row: int = 0, made: str) -> None:
    """Check that a chain makes the number that a table says.

    Raises
    ------
    InputError
        It makes another: ``made`` says of what, and what to give.
    """
    if not math.isclose(value, said, rel_tol=_TOLERANCE, abs_tol=1e-200):
        expected = f"{value!r}, as the {made}"
        raise InputError([Problem("emissions", quantity, row, repr(said), expected)])


def sum_of(
    values: npt.NDArray[np.float64],
    *,
    chain: Callable[[int], Step],
    words: Callable[[int], str],
    spelled_out: int,
    listed: int,
    name: str,
    noun: str,
    unit: str,
) -> Step:
    """Return the sum of values that come the largest first.

    The first ``spelled_out`` with their chains, up to ``listed`` by name, the others as one.
    """
    first = min(spelled_out, len(values))
    steps = [chain(place) for place in range(first)]
    steps += [
        Step(name, words(place), float(values[place]), unit)
        for place in range(first, min(listed, len(values)))
    ]
    rest = values[max(spelled_out, listed) :]
    if len(rest):
        label = f"{len(rest)} more {noun}, none of them larger"
        steps.append(Step("others", label, math.fsum(rest), unit))
    return total("sum", f"sum over {noun}, the largest first", unit, *steps)


def explained(
    quantity: str,
    where: str,
    chain: Step,
    *,
    behind: Iterable[Step],
    defaults: Defaults,
    flags: pd.DataFrame,
    amounts: tuple[str, float, float],
    contributors: pd.DataFrame | None = None,
    spelled_out: int = 1,
    listed: int = 20,
    notes: Sequence[str] = (),
) -> Explanation:
    """Return the explanation of a chain.

    Parameters
    ----------
    quantity, where
        What the number is, and of what.
    chain
        Its steps.
    behind
        Chains that hold every row behind the number.
    defaults
        Where rows are described.
    flags
        As :func:`geofleet.emissions.explanation.flags.flag_table` makes it.
    amounts
        What is summed, how many of them, and their kilometres.
    contributors, spelled_out, listed
        What the number is a sum of, of how many the chain is given, and how many are listed.
    notes
        What else to warn of.
    """
    rows = rows_behind(behind, defaults)
    share = 1.0
    table = pd.DataFrame() if contributors is None else contributors
    whole = math.fsum(table["value"]) if len(table) else 0.0
    if whole:
        share = min(1.0, math.fsum(table["value"].iloc[:spelled_out]) / whole)
    return Explanation(
        quantity=quantity,
        value=chain.value,
        unit=unit_of(quantity),
        subject=f"{sentence(MEANING[quantity])} {where}",
        chain=chain,
        rows=rows,
        contributors=table,
        warnings=(*flag_sentences(flags, *amounts), *notes, *evidence(rows)),
        flags=flags,
        spelled_out_share=share,
        listed=listed,
    )
