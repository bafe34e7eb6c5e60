"""Mends: what would mend each vehicle-day that a model cannot run, and at what cost."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

__all__ = ["CHARGER_COLUMNS", "COLUMNS", "KINDS", "Mend", "Mends"]

KINDS = ("battery", "charge", "move", "vehicle", "departure", "none", "unknown")
"""A larger battery, one charge on the way, stops moved to a sister route, another model, another
time of departure; nothing that was tried; a day that is not fully known."""

CHARGER_COLUMNS = ("charger_id", "lat", "lon", "kind", "power_w")
"""Columns that a table of chargers must have; ``price_per_kwh``, ``wait_min`` and ``open_s`` may be
added. ``power_kw``, as in tables of charging stations, stands in for ``power_w``."""

COLUMNS = {
    "vehicle_day": "int32", "vehicle_id": "object", "model_id": "object", "cause": "object",
    "kind": "object", "what": "object", "place": "object", "minutes": "float64",
    "power_kw": "float64", "kwh": "float64", "gross_kwh": "float64", "payload_lost_kg": "float64",
    "stops_moved": "object", "to_vehicle_day": "int32", "to_model_id": "object",
    "sister_order": "object",
    "new_model_id": "object", "depart_shift_min": "float64", "cost_mxn_per_day": "float64",
    "cost_known": "bool", "late_s": "float64", "verified": "bool", "rank": "int32",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mend:
    """One way to mend one vehicle-day for one model; fields as the columns of ``Mends.frame``."""

    vehicle_day: int
    model_id: str
    kind: str
    what: str
    verified: bool
    cost_mxn_per_day: float = math.nan
    place: str = ""
    minutes: float = math.nan
    power_kw: float = math.nan
    kwh: float = math.nan
    gross_kwh: float = math.nan
    payload_lost_kg: float = math.nan
    stops_moved: str = ""
    to_vehicle_day: int = -1
    to_model_id: str = ""
    sister_order: str = ""
    new_model_id: str = ""
    depart_shift_min: float = math.nan
    late_s: float = math.nan


@dataclass(frozen=True)
class Mends:
    """What would mend each vehicle-day × model that is not feasible.

    Parameters
    ----------
    frame
        Rows in order of ``vehicle_day, model_id, rank``:

        - ``vehicle_id``, ``cause``: of the verdict that is to be mended
        - ``kind`` (one of ``KINDS``), ``what`` (the mend in words)
        - ``place``, ``minutes``, ``power_kw``: of a charge; minutes at the plug
        - ``kwh``: energy charged into the battery; of a larger battery its usable energy
        - ``gross_kwh``, ``payload_lost_kg``: of a larger battery
        - ``stops_moved`` (stop ids joined by ``;``), ``to_vehicle_day`` (-1: none),
          ``to_model_id`` and ``sister_order``: the sister route that takes them, the model that
          drives it, and all its stops in their new order (ids joined by ``;``)
        - ``new_model_id``: the other model
        - ``depart_shift_min``: minutes later (earlier where negative)
        - ``cost_mxn_per_day``: in pesos per working day, over the same day if its battery lasted;
          below zero where it saves; NaN where unknown (``cost_known`` False)
        - ``late_s``: latest start of service beyond its window and beyond what the plan itself is
          late, 0 where windows are kept
        - ``verified``: driven again and feasible, windows kept
        - ``rank``: from 1; verified mends first, known costs before unknown, then by cost; then
          ``none``; then what was not verified
    report
        Counts of what was tried and found.
    provenance
        Default rows used.
    """

    frame: pd.DataFrame
    report: Mapping[str, Any] = field(default_factory=dict)
    provenance: tuple[str, ...] = ()

    @property
    def cheapest(self) -> pd.DataFrame:
        """The first row of every vehicle-day × model."""
        return self.frame[self.frame["rank"] == 1].reset_index(drop=True)
