"""Vehicle classes and operator sizes: typed access to their default tables."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

from geofleet.defaults import Defaults, read_table
from geofleet.defaults.checked import CheckedRows
from geofleet.errors import MissingDefaultError

__all__ = [
    "EMEP_CATEGORIES",
    "VehicleClass",
    "operator_size",
    "operator_sizes",
    "vehicle_class",
    "vehicle_class_names",
]

EMEP_CATEGORIES = ("light", "heavy")
"""Light commercial vehicles and heavy duty trucks."""

_TABLE = "vehicle_classes"
_SIZES = "operator_sizes"


@dataclass(frozen=True, slots=True)
class VehicleClass:
    """What stands for a vehicle where its own row says nothing.

    Parameters
    ----------
    name
        Id of the class.
    label, label_es
        Names to show, English and Spanish.
    gvw_min_kg, gvw_max_kg
        Gross vehicle weight: above the first, up to and including the second.
    height_m, width_m, length_m
        Outer dimensions.
    axle_load_kg
        Heaviest axle, laden.
    axles
        Number of axles, trailer included.
    max_speed_kmh
        The vehicle's own top or legal speed.
    curb_mass_kg
        Mass without load.
    payload_capacity_kg
        Usual capacity; a hint for making tables, a vehicle states its own.
    drag_area_m2
        Drag coefficient times frontal area.
    rolling_coefficient
        Rolling resistance, dimensionless.
    emep_category
        ``light`` or ``heavy``.
    emep_segment
        Segment of the hot emission factor table.
    """

    name: str
    label: str
    label_es: str
    gvw_min_kg: float
    gvw_max_kg: float
    height_m: float
    width_m: float
    length_m: float
    axle_load_kg: float
    axles: int
    max_speed_kmh: float
    curb_mass_kg: float
    payload_capacity_kg: float
    drag_area_m2: float
    rolling_coefficient: float
    emep_category: str
    emep_segment: str

    def holds(self, gvw_kg: float) -> bool:
        """Whether a gross vehicle weight belongs to the class."""
        return self.gvw_min_kg < gvw_kg <= self.gvw_max_kg


@lru_cache(maxsize=1)
def vehicle_class_names() -> tuple[str, ...]:
    """Return the ids of all vehicle classes, lightest first."""
    rows = read_table(_TABLE).index
    return tuple(dict.fromkeys(str(row).partition(".")[0] for row in rows))


def vehicle_class(defaults: Defaults, name: str) -> VehicleClass:
    """Return one vehicle class, recording the rows read.

    Raises
    ------
    MissingDefaultError
        No such class.
    InputError
        Rows of the class that are not sizes, weights or categories of a vehicle, each by name.
    """
    if name not in vehicle_class_names():
        known = ", ".join(vehicle_class_names())
        raise MissingDefaultError(f"no vehicle class {name!r}; there are {known}")

    rows = CheckedRows(defaults)

    def number(parameter: str, *, low: float = 0.0) -> float:
        row = f"{name}.{parameter}"
        return rows.number(_TABLE, row, low, math.inf, f"a number above {low:g}", above=True)

    def text(parameter: str) -> str:
        return defaults.text(_TABLE, f"{name}.{parameter}")

    lightest = number("gvw_min_kg")
    axles = number("axles", low=1)
    found = VehicleClass(
        name=name,
        label=text("label"),
        label_es=text("label_es"),
        gvw_min_kg=lightest,
        gvw_max_kg=number("gvw_max_kg", low=lightest),
        height_m=number("height_m"),
        width_m=number("width_m"),
        length_m=number("length_m"),
        axle_load_kg=number("axle_load_kg"),
        axles=0 if math.isnan(axles) else round(axles),
        max_speed_kmh=number("max_speed_kmh"),
        curb_mass_kg=number("curb_mass_kg"),
        payload_capacity_kg=number("payload_capacity_kg"),
        drag_area_m2=number("drag_area_m2"),
        rolling_coefficient=number("rolling_coefficient"),
        emep_category=rows.choice(_TABLE, f"{name}.emep_category", EMEP_CATEGORIES),
        emep_segment=text("emep_segment"),
    )
    rows.finish()
    return found


def operator_sizes() -> tuple[str, ...]:
    """Return the operator size classes, smallest first; the last one is open."""
    rows = read_table(_SIZES).index
    return tuple(dict.fromkeys(str(row).rpartition(".")[0] for row in rows))


def operator_size(defaults: Defaults, fleet_size: int) -> str:
    """Return the size class of an operator that owns ``fleet_size`` vehicles."""
    *bounded, largest = operator_sizes()
    for name in bounded:
        if fleet_size <= defaults.number(_SIZES, f"{name}.largest"):
            return name
    return largest
