"""ElectricModels and Feasibility: whether an electric vehicle can run a day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

__all__ = ["CAUSES", "ElectricModels", "Feasibility"]

CAUSES = (
    "none", "payload", "power", "charging", "energy", "time window", "unknown", "no model",
)  # fmt: skip
"""What decides: nothing (feasible), payload above capacity, motor power too small for a grade,
charges on the way too small or too late, charge below reserve, a stop begun later than its window
and the plan allow, a day whose route is not fully known, or (in ``best`` only) no model tried that
replaces the class. The first of these that holds, in this order, ``unknown`` before all."""


@dataclass(frozen=True)
class ElectricModels:
    """Electric vehicle models to try.

    Parameters
    ----------
    frame
        Indexed by ``model_id``, every physical quantity filled: ``make, model, segment,
        replaces`` (vehicle classes it can stand in for, joined by ';'), ``battery_usable_wh,
        curb_mass_kg, gvw_kg, payload_capacity_kg, drag_area_m2, rolling_coefficient,
        motor_power_w, auxiliary_power_w, range_claimed_km`` (NaN when nobody claims one),
        ``source, status`` (the weakest of its rows) and ``estimated``: names of the columns that
        a rule filled, joined by ';'.
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
        battery net of what comes back), ``traction_wh``, ``auxiliary_wh``,
        ``stop_auxiliary_wh`` (the part of it spent standing at stops), ``regenerated_wh`` (into
        the battery), ``refused_wh`` (offered to a battery that was full),
        ``braking_wh`` (offered by braking at the wheels), ``charged_wh`` (on the way),
        ``battery_wh`` (usable, as cold and old as it is that day), ``distance_km``, ``soc_end``,
        ``soc_min`` (1 = full), ``margin_wh`` (over reserve, negative when short; its negative is
        the charge that would mend the day; charge runs below zero to say how much is missing),
        ``margin_km`` (the same at the day's energy per km), ``margin_kg`` (payload to spare),
        ``late_s`` (latest start of service after its window, beyond what the plan itself is late),
        ``feasible`` (bool), ``first_failing_stop`` (stop_number, -1 when none: the first stop
        reached with less than the reserve or by a road too steep; for cause ``payload`` the
        first stop left with more than the model carries), ``cause`` (one of ``CAUSES``). On a
        day of cause ``unknown`` the energies are those of the part that is known, and
        ``soc_end``, ``soc_min`` and ``margin_wh`` are NaN.
    stops
        One row per ``vehicle_day`` × ``model_id`` × ``stop_number``: ``soc`` on arrival,
        ``energy_wh`` used since the day's start; NaN at a stop that was not reached.
    best
        For each vehicle-day the model that its class would be replaced by and that fits best:
        one row of ``verdicts`` per vehicle-day. Among feasible models those of the vehicle's own
        size first (when the fleet is known), then the smallest battery, then the lightest; with
        none feasible the one with the largest margin among those whose
        payload suffices, else the largest margin. ``model_id`` is empty and the cause
        ``no model`` where no model tried replaces the class.
    """

    verdicts: pd.DataFrame
    stops: pd.DataFrame
    best: pd.DataFrame
    report: Mapping[str, Any] = field(default_factory=dict)
    provenance: tuple[str, ...] = ()
