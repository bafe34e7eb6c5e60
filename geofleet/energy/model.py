"""ElectricModels and Feasibility: can this electric vehicle run this day?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

__all__ = ["CAUSES", "ElectricModels", "Feasibility"]

CAUSES = ("none", "payload", "energy", "power", "unknown")
"""What decides: nothing (feasible), payload above capacity, charge below reserve, motor power too
small for a grade, or a day whose route is not fully known."""


@dataclass(frozen=True)
class ElectricModels:
    """Electric vehicle models to try.

    Parameters
    ----------
    frame
        Indexed by ``model_id``, every physical quantity filled: ``make, model, segment,
        battery_usable_wh, curb_mass_kg, gvw_kg, payload_capacity_kg, drag_area_m2,
        rolling_coefficient, motor_power_w, auxiliary_power_w, range_claimed_km, source, status``
        and ``estimated``: names of the columns that a rule filled, joined by ';'.
    """

    frame: pd.DataFrame
    provenance: tuple[str, ...] = ()


@dataclass(frozen=True)
class Feasibility:
    """Verdict of every vehicle-day for every electric model tried.

    Parameters
    ----------
    verdicts
        One row per ``vehicle_day`` × ``model_id``: ``vehicle_id``, ``energy_wh`` (drawn from the
        battery net of what comes back), ``regenerated_wh``, ``braking_wh`` (offered by braking at
        the wheels), ``distance_km``, ``soc_end``, ``soc_min`` (1 = full),
        ``margin_wh`` (over reserve, negative when short), ``feasible`` (bool),
        ``first_failing_stop`` (stop_number, -1 when none), ``cause`` (one of ``CAUSES``).
    stops
        One row per ``vehicle_day`` × ``model_id`` × ``stop_number``: ``soc`` on arrival,
        ``energy_wh`` used since the day's start.
    best
        For each vehicle-day the model that its class would be replaced by and that fits best:
        one row of ``verdicts`` per vehicle-day.
    """

    verdicts: pd.DataFrame
    stops: pd.DataFrame
    best: pd.DataFrame
    report: Mapping[str, Any] = field(default_factory=dict)
    provenance: tuple[str, ...] = ()


EnergyArray = npt.NDArray[np.float64]
