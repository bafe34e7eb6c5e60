"""What the road network needs to know of a vehicle to say where it may drive and how fast."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["VehicleProfile"]


@dataclass(frozen=True, slots=True)
class VehicleProfile:
    """Size and weight of a loaded vehicle, for access rules and speed caps.

    Parameters
    ----------
    name
        The vehicle class, used in messages.
    gvw_kg
        Gross vehicle weight. Above 3,500 kg the vehicle is a heavy goods vehicle (``hgv``).
    height_m, width_m, length_m
        Outer dimensions.
    axle_load_kg
        Heaviest axle, laden.
    max_speed_kmh
        The vehicle's own top or legal speed; link speeds are capped by it.
    """

    name: str
    gvw_kg: float
    height_m: float
    width_m: float
    length_m: float
    axle_load_kg: float
    max_speed_kmh: float

    @property
    def is_hgv(self) -> bool:
        """Whether OpenStreetMap's ``hgv`` tags apply (gross weight above 3.5 t)."""
        return self.gvw_kg > 3500.0
