"""Options: what each vehicle can be or become, with its money and its physics."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pandas as pd

__all__ = ["INDEX", "KEEP", "PHYSICAL", "Options"]

KEEP = "keep"
"""The option of going on as today; every vehicle has it."""

INDEX = ("vehicle_id", "option")

PHYSICAL = {
    "technology": "keep, dpf_retrofit, euro_6, cng, diesel_hybrid or electric",
    "model_id": "electric model, row of the catalogue; empty where none",
    "annual_km": "km of a year",
    "pm25_exhaust_g": "g of a year",
    "pm25_wear_g": "g of a year",
    "bc_exhaust_g": "g of a year",
    "nox_exhaust_g": "g of a year",
    "co2e_wtw_g": "g of a year, well to wheel",
    "harm_person_ug_m3_h": "persons·µg/m3·h of a year behind exhaust and wear; NaN where nobody "
    "knows where the vehicle drives",
    "fuel_l": "litres of diesel, or of diesel of the same energy, of a year; 0 for electricity",
    "energy_wh": "from the battery of a year; 0 for fuels",
    "adblue_l": "litres of a year",
    "probability": "least probability over the vehicle's days that the option can do the work; 1 "
    "for what burns fuel, NaN where unknown",
    "payload_short_kg": "payload that it carries less than the vehicle today; 0 where it carries "
    "as much",
}
"""Columns of the physics of an option, and what they hold."""


@dataclass(frozen=True)
class Options:
    """Vehicles × what they can be or become.

    Parameters
    ----------
    cases
        Ledger cases (``geofleet.economics.ledger.CASE_SCHEMA``), indexed by ``INDEX``.
    physical
        Same index, columns of ``PHYSICAL``, and where known ``make``, ``assembly_country``,
        ``local_content_share``, ``charger_kind`` (``ac_22``, ``dc_60``…), ``charger_power_w``,
        ``plug_share`` (share of a charger's time that the vehicle needs).
    vehicles
        Indexed by ``vehicle_id``: columns of the fleet table, ``operator_size``, ``depot_id``.
    currency, price_year
        Of all amounts.
    sources
        Default rows behind each column of ``cases``.
    assumed
        Cells filled by assumption, counted by what was assumed.
    provenance
        Default rows used.
    """

    cases: pd.DataFrame
    physical: pd.DataFrame
    vehicles: pd.DataFrame
    currency: str
    price_year: int
    sources: dict[str, tuple[str, ...]] = field(default_factory=dict)
    assumed: dict[str, int] = field(default_factory=dict)
    report: dict[str, Any] = field(default_factory=dict)
    provenance: tuple[str, ...] = ()
