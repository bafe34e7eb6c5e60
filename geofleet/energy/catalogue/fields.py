"""What can be said of an electric vehicle model: names, units, limits."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = [
    "BANDS",
    "COLUMNS",
    "FIELDS",
    "NUMBERS",
    "PHYSICS",
    "TABLE",
    "TEXTS",
    "Field",
    "parse_charging_power",
    "weakest",
]

TABLE = "electric_models"
"""Default table of the catalogue: rows ``<model_id>.<field>``."""

BANDS = {
    "small van": "small_van",
    "large van": "van",
    "light truck": "light",
    "medium truck": "medium",
    "heavy rigid": "heavy",
}
"""Segments, and what the rows of the estimates call them."""

_WEAKEST_FIRST = ("illustrative", "memory", "user", "derived", "verified")


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a model.

    Parameters
    ----------
    name, unit, meaning
        As the column of ``ElectricModels.frame`` and of a table of one's own.
    highest
        Largest value that a vehicle can have; numbers only.
    zero
        Whether nothing is a value.
    physics
        Whether energy and verdicts depend on it: a model is as sure as the least sure of these.
    """

    name: str
    unit: str
    meaning: str
    highest: float = math.inf
    zero: bool = False
    physics: bool = False

    @property
    def expected(self) -> str:
        """What a value must be, in words."""
        words = f"a number {'of at least' if self.zero else 'above'} 0"
        return words if math.isinf(self.highest) else f"{words} and at most {self.highest:g}"

    def allows(self, value: float) -> bool:
        """Whether a vehicle can have this value."""
        above = value >= 0.0 if self.zero else value > 0.0
        return above and value <= self.highest


NUMBERS = (
    Field("battery_gross_wh", "Wh", "energy of the whole pack", 5e6, physics=True),
    Field("battery_usable_wh", "Wh", "energy that the vehicle lets out of it", 5e6, physics=True),
    Field("gvw_kg", "kg", "gross vehicle weight", 80000.0, physics=True),
    Field("payload_capacity_kg", "kg", "largest payload", 60000.0, physics=True),
    Field("curb_mass_kg", "kg", "mass without load, driver included", 60000.0, physics=True),
    Field("drag_area_m2", "m2", "drag coefficient times frontal area", 30.0, physics=True),
    Field("rolling_coefficient", "1", "rolling resistance over weight", 0.1, physics=True),
    Field("motor_power_w", "W", "largest power at the motor's shaft", 2e6, physics=True),
    Field("auxiliary_power_w", "W", "steering, brakes, pumps, lights: without cabin climate", 1e5,
          zero=True, physics=True),
    Field("range_claimed_km", "km", "range that the maker claims", 3000.0, physics=True),
    Field("ac_charge_w", "W", "limit of the charger on board, from the grid", 1e6),
    Field("dc_charge_w", "W", "peak power at a direct-current charger", 5e6),
    Field("charge_power_w", "W", "power that the warm battery takes while braking", 5e6),
    Field("discharge_power_w", "W", "power that the warm battery gives", 5e6),
    Field("price", "price_currency", "price before subsidy, in its own currency", 1e12),
)  # fmt: skip
TEXTS = (
    Field("make", "text", "who sells it"),
    Field("model", "text", "name of the model"),
    Field("segment", "text", "one of " + ", ".join(BANDS)),
    Field("replaces", "text", "vehicle classes it can stand in for, joined by ';'"),
    Field("chemistry", "text", "lfp, nmc, or other where it is not published"),
    Field("charging_power", "text", "state of charge:share of the peak power from there on, "
          "pairs joined by a space ('0:1 0.8:0.5'); empty: the default curve"),
    Field("range_basis", "text", "test behind the claimed range"),
    Field("assembly_country", "text", "ISO 3166 codes joined by ';'"),
)  # fmt: skip
FIELDS = {field.name: field for field in (*TEXTS, *NUMBERS)}
PHYSICS = tuple(field.name for field in NUMBERS if field.physics)

COLUMNS = (
    "make", "model", "segment", "replaces", "battery_usable_wh", "curb_mass_kg", "gvw_kg",
    "payload_capacity_kg", "drag_area_m2", "rolling_coefficient", "motor_power_w",
    "auxiliary_power_w", "range_claimed_km", "source", "status", "estimated",
    "battery_gross_wh", "chemistry", "ac_charge_w", "dc_charge_w", "charging_power",
    "charge_power_w", "discharge_power_w", "price", "price_currency", "price_year", "price_mxn",
    "price_usd", "price_note", "range_basis", "assembly_country",
)  # fmt: skip
"""Columns of ``ElectricModels.frame``."""


def weakest(statuses: Iterable[str]) -> str:
    """Return the least sure of some statuses."""
    present = set(statuses)
    return next(word for word in _WEAKEST_FIRST if word in present)


def parse_charging_power(text: str) -> tuple[tuple[float, float], ...]:
    """Read ``'0:1 0.8:0.5'`` as ``((0, 1), (0.8, 0.5))``.

    Raises
    ------
    ValueError
        Not pairs of numbers. Whether the pairs make a curve is checked by
        :class:`~geofleet.energy.battery.Battery`.
    """
    pairs = []
    for word in text.split():
        soc, _, share = word.partition(":")
        pairs.append((float(soc), float(share)))
    return tuple(pairs)
