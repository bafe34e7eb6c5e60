"""PlanProblem and Plan: what can be chosen, and what was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

__all__ = ["ChargerKind", "Depots", "Floor", "Limit", "Plan", "PlanProblem"]

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
        Drawn from the connection by one that is in use.
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
    """A bound on one measure summed over all choices, chargers and extensions.

    Σ measure <= most. Chargers and extensions count in ``cost`` alone.
    """

    measure: str
    most: float


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
        Put up, (depots, kinds, years); extensions (depots, years).
    value
        Of the objective.
    bound
        Proven: no plan does better.
    gap
        |bound - value| / |value|; 0 where both are 0.
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
