"""A vehicle of the fleet as the road network sees it."""

from __future__ import annotations

import pandas as pd

from geofleet.defaults import Defaults
from geofleet.fleet.classes import vehicle_class
from geofleet.network.profile import VehicleProfile

__all__ = ["vehicle_profile"]


def vehicle_profile(vehicle: pd.Series, *, defaults: Defaults | None = None) -> VehicleProfile:
    """Return size, weight and speed limit of one vehicle for access rules and routing.

    Parameters
    ----------
    vehicle
        A row of the vehicles table; its ``gvw_kg`` is used where it is stated. Dimensions, axle
        load and the vehicle's own speed limit come from its class (table ``vehicle_classes``).

    Raises
    ------
    MissingDefaultError
        Unknown vehicle class.
    """
    source = defaults or Defaults()
    name = str(vehicle["vehicle_class"])
    kind = vehicle_class(source, name)
    stated = vehicle.get("gvw_kg")
    return VehicleProfile(
        name=name,
        gvw_kg=kind.gvw_max_kg if stated is None or pd.isna(stated) else float(stated),
        height_m=kind.height_m,
        width_m=kind.width_m,
        length_m=kind.length_m,
        axle_load_kg=kind.axle_load_kg,
        max_speed_kmh=kind.max_speed_kmh,
    )
