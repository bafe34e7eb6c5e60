"""Ranges of inputs: how far sources let a default row go, and where they disagree."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.errors import InputError, Problem

__all__ = ["RANGE_COLUMNS", "contested_inputs", "input_ranges", "own_ranges"]

_TABLE = "economics_ranges"
_LOW, _HIGH = ".low", ".high"
_ROWS = ("number", "choice")

RANGE_COLUMNS = {
    "low": "one end of what sources say: a number, or a word of a choice",
    "central": "value of the default row, as the study has it; missing where no row holds it",
    "high": "the other end",
    "unit": "of all three",
    "kind": "number, choice (of words), switch (of a rule pack) or published (to compare with)",
    "contested": "whether sources disagree, or nobody knows",
    "why": "what they disagree on",
    "status": "of the weaker end: verified, derived, memory, illustrative, user",
    "source": "of both ends",
}
"""Columns of a table of ranges, indexed by ``input`` (``table:row``)."""

_WEAKEST = ("verified", "derived", "user", "memory", "illustrative")


def input_ranges(
    inputs: Iterable[str] | None = None, *, defaults: Defaults | None = None
) -> pd.DataFrame:
    """Return the ranges of inputs that an evaluation can change.

    Parameters
    ----------
    inputs
        Default rows as ``table:row``; all that have a range and a row where None.
    defaults
        Overrides of a study show as central values, and its own ends of ranges as ends.

    Returns
    -------
    DataFrame
        Indexed by ``input``, columns of ``RANGE_COLUMNS``.

    Raises
    ------
    InputError
        Inputs without a range; the range of a row that does not exist; numbers that are none.
    """
    scope = (defaults or Defaults()).scope()
    found = _all(scope)
    if inputs is None:
        return found[found["kind"].isin(_ROWS)]
    wanted = list(dict.fromkeys(inputs))
    problems = [
        Problem("input_ranges", "inputs", 0, name, f"an input of the default table {_TABLE}")
        for name in wanted
        if name not in found.index
    ]
    if problems:
        raise InputError(problems)
    return found.loc[wanted]


def contested_inputs(*, defaults: Defaults | None = None) -> pd.DataFrame:
    """Return every input on which sources disagree or that nobody knows, with both ends and why.

    Switches of rule packs and published figures are among them, which no default row holds.
    """
    found = _all((defaults or Defaults()).scope())
    return found[found["contested"]]


def own_ranges(
    ends: dict[str, tuple[float | str, float | str]], *, defaults: Defaults | None = None
) -> pd.DataFrame:
    """Return ranges of one's own for any default rows, in the form of :func:`input_ranges`.

    Parameters
    ----------
    ends
        Low and high end of each ``table:row``.

    Raises
    ------
    MissingDefaultError
        A row that does not exist.
    """
    scope = (defaults or Defaults()).scope()
    rows = []
    for name, (low, high) in ends.items():
        table, _, row = name.partition(":")
        central = _value(scope.text(table, row))
        kind = "choice" if isinstance(central, str) else "number"
        unit = str(scope.table(table).loc[row, "unit"])
        rows.append((name, low, central, high, unit, kind, False, "", "user", "study"))
    return _frame(rows)


def _all(scope: Defaults) -> pd.DataFrame:
    """Return every range of the table with the central value of its row."""
    table = scope.table(_TABLE)
    names = [str(name)[: -len(_LOW)] for name in table.index if str(name).endswith(_LOW)]
    said = table.to_dict("index")
    rows, problems = [], []
    for name in names:
        one, other = said[name + _LOW], said[name + _HIGH]
        low, high = (_value(scope.text(_TABLE, name + end)) for end in (_LOW, _HIGH))
        kind = str(one["kind"])
        central: float | str = float("nan")
        if kind in _ROWS:
            central = _value(scope.text(*name.split(":", maxsplit=1)))
        if kind == "number" and not all(isinstance(v, float) for v in (low, central, high)):
            shown = f"{low}, {central}, {high}"
            problems.append(Problem(f"default table {_TABLE}", name, 0, shown, "numbers"))
        sources = dict.fromkeys((str(one["source"]), str(other["source"])))
        status = max((str(one["status"]), str(other["status"])), key=_WEAKEST.index)
        rows.append((
            name, low, central, high, str(one["unit"]), kind, one["contested"] == "yes",
            str(one["note"]), status, "; ".join(sources),
        ))  # fmt: skip
    if problems:
        raise InputError(problems)
    return _frame(rows)


def _frame(rows: Sequence[tuple[object, ...]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["input", *RANGE_COLUMNS]).set_index("input")
    for name in ("low", "central", "high"):
        frame[name] = frame[name].astype(object)
    frame["contested"] = frame["contested"].astype(np.bool_)
    return frame


def _value(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text
