"""Cascade: trucks that large fleets pass on, micro-operators who take them, and what it brings."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from geofleet.schema import Column, TableSchema

__all__ = ["QUANTITIES", "SIDE_SCHEMA", "Cascade"]

QUANTITIES = (
    "pm25_exhaust_g", "pm25_wear_g", "bc_exhaust_g", "nox_exhaust_g", "co2e_wtw_g",
)  # fmt: skip
"""What is worked out of each truck."""

SIDE_SCHEMA = TableSchema(
    "cascade_trucks",
    "Trucks of those who pass on, or of those who take",
    (
        Column("operator_id", "text", "operator; nobody passes a truck on to himself"),
        Column("operator_size", "text", "size of the operator"),
        Column("vehicle_class", "text", "a row of the vehicle class table"),
        Column("fuel", "text", "fuel"),
        Column("standard", "text", "emission standard"),
        Column("model_year", "integer", "model year", "year", minimum=1950, maximum=2100),
        Column("payload_capacity_kg", "number", "largest payload", "kg", minimum=0, maximum=60000),
        Column("annual_km", "number", "distance driven in a year; a truck without is left out",
               "km", minimum=0, nullable=True),
        Column("vehicles", "number", "trucks that a row stands for", "vehicles", minimum=0),
        Column("budget", "number", "what an operator can pay of his own, loan included; of those "
               "who take", "money", minimum=0, required=False, nullable=True),
        Column("harm_per_g", "number", "persons·µg/m3·h behind a gram of PM2.5 where it drives",
               "1/g", minimum=0, required=False, nullable=True),
        Column("technology", "text", "row of the technologies table", required=False,
               nullable=True),
        Column("aftertreatment", "text", "states joined by ';'", required=False, nullable=True),
    ),
    key=(),
)  # fmt: skip


@dataclass(frozen=True)
class Cascade:
    """Chains: a new truck comes in, one moves, an old one is scrapped.

    Parameters
    ----------
    chains
        One row per pair taken: ``donor_id, receiver_id``, their operators, ``vehicles`` (how many
        such chains), classes and ages, ``filter`` (``fitted``, ``factory``), money of one chain
        (``used_price, filter_price, scrap_value, receiver_pays, public_money``), grams of a year
        before and after of donor and receiver, and what all chains of the row avoid over the
        years, by quantity (``bc_exhaust_g``…, ``harm_person_ug_m3_h``).
    schemes
        The cascade beside direct grants to the same receivers: public money, money of all, what is
        avoided, and public money per kg and per harm.
    measure
        What was made as large as can be.
    value
        Of it; ``bound`` is proven: nothing does better; ``gap`` = (bound - value) / value.
    budget
        Public money that there was.
    counts
        Trucks before and after with each side: conserved.
    report
        Pairs that were looked at, and why the others were not.
    years
        Over which avoidance counts.
    currency
        Of all money.
    provenance
        Default rows used.
    """

    chains: pd.DataFrame
    schemes: pd.DataFrame
    measure: str
    value: float
    bound: float
    gap: float
    budget: float
    counts: pd.DataFrame
    report: dict[str, float]
    years: int
    currency: str
    provenance: tuple[str, ...] = ()
