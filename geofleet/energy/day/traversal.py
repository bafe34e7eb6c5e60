"""Energy of every traversal for one electric model, and of every edge for any vehicle."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.energy.day.drive import drive, planned, prepare_days
from geofleet.energy.driving.air import TEMPERATURES_C, hourly
from geofleet.energy.model import ElectricModels
from geofleet.errors import InputError, Problem
from geofleet.network import RoadNetwork
from geofleet.routes import Traversals

__all__ = ["traversal_energy"]

_JOULES_PER_WH = 3600.0


def traversal_energy(
    traversals: Traversals,
    network: RoadNetwork,
    models: ElectricModels,
    model_id: str,
    *,
    temperature_c: float | Sequence[float],
    pressure_pa: float | Sequence[float] | None = None,
    defaults: Defaults | None = None,
) -> pd.DataFrame:
    """Return what each traversal takes from the battery of one model.

    Parameters
    ----------
    traversals
        ``length_m`` in metres, ``speed_kmh`` above zero where a length is driven, ``payload_kg``
        of at least zero; in order of vehicle-day and stop.
    network
        As in ``feasibility``; NaN grades are taken as flat.
    models, model_id
        Table of models, and the one to drive.
    temperature_c, pressure_pa
        As in ``feasibility``.
    defaults
        Physics and rules, likewise.

    Returns
    -------
    DataFrame
        One row per traversal, in its order: ``vehicle_day, seq, edge, energy_wh`` (net, may be
        negative downhill), ``traction_wh, regenerated_wh`` (into the battery),
        ``auxiliary_wh, braking_wh`` (at the wheels, friction brakes included), ``refused_wh`` (by
        a battery that was full). Energy spent standing at stops belongs to the day, not to a
        link: see ``feasibility``.

    Raises
    ------
    InputError
        Traversals, models or default rows that cannot be used; every fault of a kind at once.

    Notes
    -----
    Longitudinal vehicle dynamics as in Genikomsakis and Mitrentsis (2017),
    doi:10.1016/j.trd.2016.10.014, in closed form over a trapezoidal speed profile.
    """
    scope = (defaults or Defaults()).scope()
    if model_id not in models.frame.index:
        expected = "one of " + ", ".join(map(str, models.frame.index))
        raise InputError([Problem("electric models", "model_id", 0, model_id, expected)])
    prepared = prepare_days(traversals, network, pressure_pa=pressure_pa, defaults=scope)
    one = ElectricModels(models.frame.loc[[model_id]], models.provenance)
    temperature = hourly(temperature_c, "temperature_c", *TEMPERATURES_C)
    lanes = planned(one, temperature, prepared.links, scope)
    joules: npt.NDArray[np.float64] = drive(prepared, lanes, by_link=True).on_links[:, :, 0]
    watt_hours = joules / _JOULES_PER_WH
    frame = traversals.frame[["vehicle_day", "seq", "edge"]].reset_index(drop=True)
    return frame.assign(
        energy_wh=watt_hours[:, 0] + watt_hours[:, 2] - watt_hours[:, 1],
        traction_wh=watt_hours[:, 0],
        regenerated_wh=watt_hours[:, 1],
        auxiliary_wh=watt_hours[:, 2],
        braking_wh=watt_hours[:, 3],
        refused_wh=watt_hours[:, 4],
    )
