"""How hard plans with exchanged work are searched: the rows ``work.*`` of table plan."""

from __future__ import annotations

from dataclasses import dataclass

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows

__all__ = ["Effort", "read_effort"]

_TABLE = "plan"


@dataclass(frozen=True, slots=True)
class Effort:
    """Limits of the search."""

    gap: float
    whole_choices: int
    nodes: int
    near_choices: int
    near_share: float
    near_nodes: int
    most_choices: int
    rounds: int
    block_gap: float
    block_nodes: int


def read_effort(defaults: Defaults, *, gap: float | None = None) -> Effort:
    """Read the limits; ``gap`` given stands for the row.

    Raises
    ------
    InputError
        Every row out of its limits.
    """
    rows = CheckedRows(defaults)

    def count(name: str, low: float = 1.0) -> int:
        value = rows.number(_TABLE, f"work.{name}", low, 1e9, f"a number from {low:g} to 1e9")
        return int(value) if value == value else 0

    def share(name: str) -> float:
        return rows.number(_TABLE, name, 0.0, 1.0, "a share from 0 to 1")

    effort = Effort(
        gap=share("work.gap") if gap is None else gap,
        whole_choices=count("whole_choices", 0.0),
        nodes=count("nodes"),
        near_choices=count("near_choices"),
        near_share=share("work.near_share"),
        near_nodes=count("near_nodes"),
        most_choices=count("most_choices"),
        rounds=count("rounds"),
        block_gap=share("work.block_gap"),
        block_nodes=count("block_nodes"),
    )
    rows.finish()
    return effort
