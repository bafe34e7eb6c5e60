"""Numerical settings of the city's sums: one tolerance chooses them all."""

from __future__ import annotations

from dataclasses import dataclass

from geofleet.defaults import Defaults
from geofleet.errors import InputError, Problem

__all__ = ["Accuracy", "choose_accuracy"]

_LEVELS = ("fine", "standard", "coarse")  # of tables
_ROWS = "rows"  # the level without tables
_TABLE = "exposure_accuracy"


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How finely tables, quadrature and grids resolve.

    Parameters
    ----------
    tolerance
        Relative error that these settings were measured to keep (99th percentile over links and
        hours, and over receptors and hours).
    bits
        Distances of the tables: two to this power to each doubling of the distance squared.
    near_directions, far_directions
        Directions of the tables.
    near_m
        Distance up to which width and bearing of the road have tables of their own.
    profile_points
        Distances of the profile of a weather row.
    bearings, width_step_m
        Classes of roads.
    chunk_m
        Longest chunk of a street.
    one_node, two_nodes
        Distance over half length of a chunk from which one and two nodes do.
    panel
        Width of a quadrature panel over its distance, nearer than that.
    split_cells
        Steps of a grid in the distance at which it takes over in full.
    level_factor
        Step of a grid over that of the next finer one.
    row_tolerance
        Tolerance of the direct kernel, where weather rows are summed one by one.
    rows_only
        Whether no table keeps the tolerance.
    """

    tolerance: float
    bits: int
    near_directions: int
    far_directions: int
    near_m: float
    profile_points: int
    bearings: int
    width_step_m: float
    chunk_m: float
    one_node: float
    two_nodes: float
    panel: float
    split_cells: float
    level_factor: float
    row_tolerance: float
    rows_only: bool

    @property
    def rule(self) -> tuple[float, float, float]:
        """What the kernels call ``rule``."""
        return self.one_node, self.two_nodes, self.panel


def choose_accuracy(defaults: Defaults, tolerance: float | None = None) -> Accuracy:
    """Return the cheapest settings whose measured error is within ``tolerance``.

    Parameters
    ----------
    tolerance
        Relative; the default of the table when not given.

    Raises
    ------
    InputError
        A tolerance that no settings were measured to keep.
    """
    wanted = defaults.number(_TABLE, "tolerance") if tolerance is None else float(tolerance)
    reached = {name: defaults.number(_TABLE, f"{name}_tolerance") for name in (_ROWS, *_LEVELS)}
    fitting = [name for name in reached if reached[name] <= wanted]
    if not fitting:
        expected = f"a tolerance of at least {min(reached.values()):g}"
        raise InputError([Problem("exposure", "tolerance", value=f"{wanted:g}", expected=expected)])
    reached_level = max(fitting, key=lambda name: reached[name])
    level = _LEVELS[0] if reached_level == _ROWS else reached_level

    def of(name: str) -> float:
        return defaults.number(_TABLE, f"{level}_{name}")

    return Accuracy(
        tolerance=reached[reached_level],
        bits=int(of("bits")),
        near_directions=int(of("near_directions")),
        far_directions=int(of("far_directions")),
        near_m=defaults.number(_TABLE, "near_m"),
        profile_points=int(defaults.number(_TABLE, "profile_points")),
        bearings=int(of("bearings")),
        width_step_m=defaults.number(_TABLE, "width_step_m"),
        chunk_m=of("chunk_m"),
        one_node=of("one_node"),
        two_nodes=of("two_nodes"),
        panel=of("panel"),
        split_cells=of("split_cells"),
        level_factor=defaults.number(_TABLE, "level_factor"),
        row_tolerance=min(reached[reached_level], defaults.number(_TABLE, "row_tolerance")),
        rows_only=reached_level == _ROWS,
    )
