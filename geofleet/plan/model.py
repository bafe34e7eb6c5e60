"""PlanProblem and Plan: what can be chosen, and what was."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

__all__ = [
    "CHEAPEST",
    "KEEP",
    "ChargerKind",
    "Depots",
    "Floor",
    "Frontier",
    "Limit",
    "Plan",
    "PlanProblem",
    "Work",
]

KEEP = "keep"
"""The option of going on as today."""

CHEAPEST = "cost"
"""The one measure that is wanted as small as can be; of all others as much as can be."""

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class ChargerKind:
    """Chargers that a depot can put up, any whole number of them in any year.

    Parameters
    ----------
    name
        ``ac_22``, ``dc_60``…
    power_w
        What the connection must have for one: its power, or less where a scheduler sees to it that
        not all draw their full power at once.
    cost
        Present cost to all of one put up in each year (years,): it stays to the end.
    spend
        Public money for one, in each year (years,).
    most
        Most that one depot can hold.
    """

    name: str
    power_w: float
    cost: Floats
    spend: Floats
    most: int = 1000


@dataclass(frozen=True)
class Depots:
    """Where vehicles charge.

    Parameters
    ----------
    names
        One per depot.
    spare_w
        Power that each connection has to spare today (depots,).
    step_w
        Power of one extension of the connection; 0 where it cannot be extended.
    step_cost, step_spend
        Present cost to all and public money of one extension in each year (years,).
    most_steps
        Most extensions of one depot.
    kinds
        Chargers to choose among.
    """

    names: tuple[str, ...]
    spare_w: Floats
    step_w: float
    step_cost: Floats
    step_spend: Floats
    most_steps: int
    kinds: tuple[ChargerKind, ...]


@dataclass(frozen=True)
class Floor:
    """A part of the public money that must reach a group of vehicles, over all years.

    Σ spend of the members' choices >= share × Σ spend of all choices (vehicles, not chargers).
    """

    name: str
    members: npt.NDArray[np.bool_]
    share: float


@dataclass(frozen=True)
class Limit:
    """Bounds on one measure summed over all choices, chargers and extensions.

    least <= Σ measure <= most. Chargers and extensions count in ``cost`` alone.
    """

    measure: str
    most: float = math.inf
    least: float = -math.inf


@dataclass(frozen=True)
class Work:
    """Who does whose work: duties of an operator and the vehicles that can do them.

    A duty is what one vehicle of the operator does today, all its days together. Every year each
    duty is done by one vehicle, each vehicle does at most one, and only as a listed row.

    Parameters
    ----------
    duty, unit
        Of each row (rows,): the vehicle whose work it is today, and the vehicle that does it; both
        numbers of units of the problem.
    option
        What the doing vehicle is then (rows,), ``keep`` or an option, of dtype object.
    measures
        By name (rows,): what a year of it adds against the duty's own vehicle kept as it is: harm
        avoided, running cost above. Zero for a vehicle that does its own work unchanged.
    weights
        By name (years,): what a year counts in the sum over years (discount and growth for
        ``cost``, one for harm).
    fixed
        By name (choices,): the part of the problem's measures that does not depend on the work
        that the vehicle does: price, residual value.
    alone
        Choices that can do their own vehicle's work (choices,). Others are there for the work of
        other vehicles only, and their ``measures`` in the problem are their fixed part.
    """

    duty: Ints
    unit: Ints
    option: npt.NDArray[np.object_]
    measures: Mapping[str, Floats]
    weights: Mapping[str, Floats]
    fixed: Mapping[str, Floats]
    alone: npt.NDArray[np.bool_]


def _nothing_left_out() -> pd.DataFrame:
    return pd.DataFrame({"vehicle_id": [], "option": [], "reason": []}, dtype=object)


@dataclass(frozen=True)
class PlanProblem:
    """Choices for vehicles over years, what they are worth, and what bounds them.

    A vehicle takes at most one choice, and stays with it to the end; without one it is kept as it
    is, at no cost and no gain. Rows that are not feasible, affordable or willing are not listed.

    Parameters
    ----------
    units
        One row per vehicle: ``vehicle_id, operator_id, operator_size``; position is the number.
    years
        Number of years; year 0 is the first.
    unit, year
        Of each choice (choices,).
    option
        Name of the option of each choice (choices,), of dtype object.
    measures
        By name (choices,): what taking the choice adds over all years to come against keeping the
        vehicle. ``harm`` and ``co2e`` (avoided), ``cost`` (present cost to all concerned, with
        neither chargers nor connection), and any other.
    spend
        Public money of each choice in its year (choices,).
    plugs
        Chargers of its kind that it needs from its year on, a share (choices,).
    kind
        Charger kind of each choice; -1 for none (choices,).
    depot
        Depot of each vehicle; -1 for none (units,).
    depots
        Where vehicles charge; None where chargers are no part of the choice.
    budget
        Public money of each year (years,); infinite for no bound.
    carry_over
        Whether money left of a year can be spent later.
    floors, limits
        Further bounds.
    work
        Work that vehicles of an operator can do for each other; None: each does its own.
    left_out
        What is not listed and why: ``vehicle_id, option, reason``.
    """

    units: pd.DataFrame
    years: int
    unit: Ints
    year: Ints
    option: npt.NDArray[np.object_]
    measures: Mapping[str, Floats]
    spend: Floats
    plugs: Floats
    kind: Ints
    depot: Ints
    depots: Depots | None
    budget: Floats
    carry_over: bool = True
    floors: tuple[Floor, ...] = ()
    limits: tuple[Limit, ...] = ()
    work: Work | None = None
    left_out: pd.DataFrame = field(default_factory=_nothing_left_out)
    provenance: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plan:
    """What is chosen.

    Parameters
    ----------
    problem
        What could be.
    objective
        ``harm`` or ``co2e`` (as much as can be), ``cost`` (as little as can be).
    chosen
        Numbers of the choices taken, ascending.
    chargers
        Put up, (depots, kinds, years).
    extensions
        Of the connection (depots, years).
    assigned
        Row of the problem's work by duty and year, duties in the order of their units; None where
        each vehicle does its own.
    value
        Of the objective.
    bound
        Proven: no plan does better.
    gap
        ``|bound - value| / |value|``; 0 where both are 0.
    method
        How it was found.
    report
        Seconds, iterations and whatever else the method has to say.
    """

    problem: PlanProblem
    objective: str
    chosen: Ints
    chargers: Ints
    extensions: Ints
    value: float
    bound: float
    gap: float
    method: str
    report: Mapping[str, Any] = field(default_factory=dict)
    assigned: Ints | None = None


@dataclass(frozen=True)
class Frontier:
    """Plans of which none is better in both measures.

    Parameters
    ----------
    table
        One row per plan, cheapest first: ``cost``, the measure, ``gap`` and ``cost_gap`` (proven
        for the two solutions that made the point), ``spend`` and ``price`` (cost of one more unit
        of the measure, from the point before).
    plans
        In the order of the rows.
    measure
        What is set against cost.
    """

    table: pd.DataFrame
    plans: tuple[Plan, ...]
    measure: str
