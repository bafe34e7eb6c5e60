"""Fleet: the vehicles and operators of a study."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from geofleet.schema import Column, TableSchema

__all__ = [
    "FUELS",
    "NO_STANDARD",
    "OPERATOR_SCHEMA",
    "STANDARDS",
    "UNKNOWN",
    "VEHICLE_SCHEMA",
    "Fleet",
]

FUELS = ("diesel", "cng", "diesel_hybrid", "electric")
UNKNOWN, NO_STANDARD = "unknown", "none"
STANDARDS = (
    "pre_euro", "euro_1", "euro_2", "euro_3", "euro_4", "euro_5", "euro_6",
    "epa_1998", "epa_2004", "epa_2007", "epa_2010", UNKNOWN, NO_STANDARD,
)  # fmt: skip

OPERATOR_SCHEMA = TableSchema(
    "operators",
    "Operators: who owns the vehicles",
    (
        Column("operator_id", "text", "unique name of the operator"),
        Column("name", "text", "name to show"),
        Column("fleet_size", "integer", "vehicles owned in all", "vehicles", minimum=1),
        Column("base", "text", "home depot", required=False, nullable=True),
    ),
    key=("operator_id",),
)

VEHICLE_SCHEMA = TableSchema(
    "vehicles",
    "Vehicles of the study",
    (
        Column("vehicle_id", "text", "unique name of the vehicle"),
        Column("operator_id", "text", "operator, as in the operators table"),
        Column("vehicle_class", "text", "a row of the vehicle class table"),
        Column("fuel", "text", "fuel", choices=FUELS),
        Column("standard", "text",
               "emission standard that the engine is certified to, European or US; none for "
               "electric; unknown: the certification mix of the country by model year",
               choices=STANDARDS),
        Column("model_year", "integer", "model year", "year", minimum=1950, maximum=2100),
        Column("gvw_kg", "number", "gross vehicle weight", "kg", minimum=50, maximum=80000),
        Column("payload_capacity_kg", "number", "largest payload", "kg", minimum=0, maximum=60000),
        Column("technology", "text", "a vehicle row of the technologies table, where the fuel "
               "does not say it all", required=False, nullable=True),
        Column("aftertreatment", "text",
               "what is fitted, broken or found beyond the standard's own equipment: state rows of "
               "the technologies table joined by a semicolon (dpf_retrofit, scr_disabled, "
               "high_emitter…)", required=False, nullable=True),
        Column("annual_km", "number", "distance driven a year", "km", required=False,
               nullable=True, minimum=0, maximum=400000),
        Column("daily_km", "number", "longest distance of a usual working day, where no routes say "
               "it", "km", required=False, nullable=True, minimum=0, maximum=2000),
        Column("programme_membership", "text", "voluntary programme", required=False,
               nullable=True),
        Column("membership_until", "date", "last day of membership", required=False,
               nullable=True),
        Column("cargo_type", "text", "what it carries", required=False, nullable=True),
        Column("assembly_country", "text", "ISO 3166 code of the country of assembly",
               required=False, nullable=True),
        Column("refrigeration", "text", "temperature at which the box is kept by a unit of its own",
               required=False, nullable=True, choices=("none", "chilled", "frozen")),
        Column("lift_gate", "boolean", "whether it has a lift gate", required=False,
               nullable=True),
        Column("plate", "text", "number plate", required=False, nullable=True),
        Column("hologram", "text", "verification hologram", required=False, nullable=True),
    ),
    key=("vehicle_id",),
)  # fmt: skip


@dataclass(frozen=True)
class Fleet:
    """Vehicles and the operators they belong to.

    Parameters
    ----------
    vehicles
        As in ``VEHICLE_SCHEMA``, indexed by ``vehicle_id``.
    operators
        As in ``OPERATOR_SCHEMA``, indexed by ``operator_id``, with ``operator_size`` added:
        ``1-5``, ``6-30``, ``31-100`` or ``>100`` vehicles.
    provenance
        Default rows used.
    """

    vehicles: pd.DataFrame
    operators: pd.DataFrame
    provenance: tuple[str, ...] = ()
