"""Criteria by which places for a demonstration are compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.errors import InputError, Problem

__all__ = ["CRITERIA", "Criterion", "criterion_weights"]

AGGREGATES = ("mean", "sum", "first")


@dataclass(frozen=True, slots=True)
class Criterion:
    """One thing that counts.

    Parameters
    ----------
    name
        What it is called among the weights.
    column
        Of the candidates.
    higher_is_better
        Which way is good.
    aggregate
        How the vehicle-days of a depot or operator become one number: their ``mean``, their
        ``sum``, or ``first``: one number that they all share, such as the size of the operator.
    minimum, maximum
        Limits of the values.
    """

    name: str
    column: str
    higher_is_better: bool = True
    aggregate: str = "mean"
    minimum: float = -np.inf
    maximum: float = np.inf

    def __post_init__(self) -> None:
        if self.aggregate not in AGGREGATES:
            expected = "one of " + ", ".join(AGGREGATES)
            problem = Problem(f"criterion {self.name}", "aggregate", 0, self.aggregate, expected)
            raise InputError([problem])


CRITERIA = (
    Criterion("feasibility", "feasible_probability", minimum=0.0, maximum=1.0),
    Criterion("harm", "harm_avoided"),
    Criterion("cost", "cost", higher_is_better=False),
    Criterion("parked_hours", "parked_hours", minimum=0.0, maximum=24.0),
    Criterion("connection", "connection_available_kw", aggregate="first", minimum=0.0),
    Criterion("operator_size", "operator_size", aggregate="first", minimum=0.0),
)
"""Feasibility, harm avoided, cost, and the three parts of readiness. Harm and cost are means over
vehicle-days, since a pilot puts a number of vehicles on the road that is not the depot's."""


def criterion_weights(
    criteria: Sequence[Criterion], given: Mapping[str, float] | None, defaults: Defaults
) -> npt.NDArray[np.float64]:
    """Return weights that add up to 1, in the order of the criteria.

    With ``given``, criteria that it does not name have weight 0; without, the rows ``weight.*``
    of table ``demonstration`` hold.

    Raises
    ------
    InputError
        Weights of no criterion, below 0, not finite, or all 0.
    """
    names = [criterion.name for criterion in criteria]
    if given is None:
        rows = CheckedRows(defaults)
        expected = "a weight of at least 0"
        raw = [rows.number("demonstration", f"weight.{n}", 0.0, 1e9, expected) for n in names]
        rows.finish()
    else:
        problems = [
            Problem("weights", name, expected="one of " + ", ".join(names))
            for name in sorted(set(given) - set(names))
        ]
        for name, value in given.items():
            if not 0.0 <= value < np.inf:
                expected = "a weight of at least 0"
                problems.append(Problem("weights", name, 0, f"{value:g}", expected))
        if problems:
            raise InputError(problems)
        raw = [float(given.get(name, 0.0)) for name in names]
    weights = np.array(raw, dtype=np.float64)
    if not weights.sum() > 0.0:
        raise InputError([Problem("weights", expected="at least one weight above 0")])
    return np.asarray(weights / weights.sum())
