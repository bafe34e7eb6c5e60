"""How hard large problems are searched: the rows ``large.*`` of table plan."""

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
    exact_choices: int
    threads: int
    block_vehicles: int
    start_rounds: int
    relaxed_rounds: int
    whole_rounds: int
    levels: int
    block_gap: float
    block_nodes: int
    block_columns: int
    columns: int
    nodes: int
    part_vehicles: int
    part_columns: int
    part_rounds: int


def read_effort(defaults: Defaults, *, gap: float | None = None) -> Effort:
    """Read the limits; ``gap`` given stands for the row.

    Raises
    ------
    InputError
        Every row out of its limits.
    """
    rows = CheckedRows(defaults)

    def count(name: str, low: float = 1.0) -> int:
        value = rows.number(_TABLE, f"large.{name}", low, 1e9, f"a number from {low:g} to 1e9")
        return int(value) if value == value else 0

    def share(name: str) -> float:
        return rows.number(_TABLE, f"large.{name}", 0.0, 1.0, "a share from 0 to 1")

    effort = Effort(
        gap=share("gap") if gap is None else gap,
        exact_choices=count("exact_choices", 0.0),
        threads=count("threads"),
        block_vehicles=count("block_vehicles", 0.0),
        start_rounds=count("start_rounds"),
        relaxed_rounds=count("relaxed_rounds"),
        whole_rounds=count("whole_rounds"),
        levels=count("levels"),
        block_gap=share("block_gap"),
        block_nodes=count("block_nodes"),
        block_columns=count("block_columns"),
        columns=count("columns"),
        nodes=count("nodes"),
        part_vehicles=count("part_vehicles"),
        part_columns=count("part_columns"),
        part_rounds=count("part_rounds", 0.0),
    )
    rows.finish()
    return effort
