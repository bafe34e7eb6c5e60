"""The same vehicles with other batteries."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.energy.model import ElectricModels

__all__ = ["gross_energy_wh", "resized"]


def gross_energy_wh(rows: pd.DataFrame, *, usable_share: float) -> npt.NDArray[np.float64]:
    """Return the gross energy of batteries, by a share of it where only the usable is known."""
    usable = rows["battery_usable_wh"].to_numpy(np.float64)
    nothing = pd.Series(np.nan, index=rows.index)
    gross = rows.get("battery_gross_wh", nothing).to_numpy(np.float64)
    return np.where(np.isnan(gross), usable / usable_share, gross)


def resized(
    models: ElectricModels,
    usable_wh: npt.ArrayLike,
    *,
    pack_wh_per_kg: float,
    usable_share: float,
) -> ElectricModels:
    """Return models with other batteries: the mass of more pack is carried and off the payload.

    Parameters
    ----------
    models
        The models as they are.
    usable_wh
        Usable energy wanted of each, in their order.
    pack_wh_per_kg
        Gross energy of a complete pack by its mass (row ``energy:pack_energy_density``).
    usable_share
        Usable over gross energy where a model does not say it (row
        ``energy:usable_gross_ratio``).

    Returns
    -------
    ElectricModels
        Gross energy grows in proportion to the usable. Power of motor and charging stays.
        ``payload_capacity_kg`` falls below zero where the pack weighs more than what the vehicle
        can carry.
    """
    rows = models.frame.copy()
    own = rows["battery_usable_wh"].to_numpy(np.float64)
    wanted = np.asarray(usable_wh, np.float64)
    gross = gross_energy_wh(rows, usable_share=usable_share)
    extra_wh = (wanted - own) / (own / gross)
    mass = extra_wh / pack_wh_per_kg
    rows["battery_usable_wh"], rows["battery_gross_wh"] = wanted, gross + extra_wh
    rows["curb_mass_kg"] = rows["curb_mass_kg"].to_numpy(np.float64) + mass
    rows["payload_capacity_kg"] = rows["payload_capacity_kg"].to_numpy(np.float64) - mass
    return ElectricModels(rows, models.provenance)
