"""What a plan measures, and the columns of physics behind it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

__all__ = ["AVOIDED", "emitted"]

AVOIDED: Mapping[str, tuple[tuple[str, ...], float]] = {
    "harm": (("harm_person_ug_m3_h",), 1.0),
    "co2e": (("co2e_wtw_g",), 1e-6),
    "pm25": (("pm25_exhaust_g", "pm25_wear_g"), 1e-3),
    "bc": (("bc_exhaust_g",), 1e-3),
    "nox": (("nox_exhaust_g",), 1e-3),
}
"""Measures that are wanted large: columns of the physics whose sum is avoided, and the factor from
their units to persons·µg/m3·h, t of CO2e, and kg."""


def emitted(frame: pd.DataFrame, measure: str) -> npt.NDArray[np.float64]:
    """Return the yearly amount of a measure that rows of physics emit, in the measure's unit."""
    columns, factor = AVOIDED[measure]
    amounts = frame[list(columns)].to_numpy(np.float64)
    found: npt.NDArray[np.float64] = amounts.sum(axis=1) * factor
    return found
