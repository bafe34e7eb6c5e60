"""Energy of every traversal for one electric model."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from geofleet.defaults import Defaults
from geofleet.energy import _kernels as kernels
from geofleet.energy.model import ElectricModels
from geofleet.energy.prepare import drive_arrays, model_matrix
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
        ``grade`` (rise over run) and ``highway`` of the links; NaN grades are taken as flat.
    models, model_id
        Table of models, and the one to drive.
    temperature_c
        Air temperature, one number or 24 by local hour.
    pressure_pa
        Air pressure likewise; by the standard atmosphere from elevation when not given, at sea
        level where no elevation is known.
    defaults
        Physics and rules of the ``energy`` table.

    Returns
    -------
    DataFrame
        One row per traversal, in its order: ``vehicle_day, seq, edge, energy_wh`` (net, may be
        negative downhill), ``traction_wh, regenerated_wh`` (into the battery),
        ``auxiliary_wh, braking_wh`` (at the wheels, friction brakes included). Energy spent
        standing at stops and energy refused by a full battery belong to the day, not to a
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
    arrays = drive_arrays(
        traversals, network, temperature_c=temperature_c, pressure_pa=pressure_pa, defaults=scope
    )
    matrix = model_matrix(models, arrays.parameters.state_of_health)
    joules = kernels.traversal_work(
        arrays.length, arrays.speed, arrays.payload, arrays.grade, arrays.density,
        arrays.climate, arrays.entry, arrays.peak, arrays.leave, arrays.stops,
        matrix[models.frame.index.get_loc(model_id)], arrays.parameters.physics,
    )  # fmt: skip
    watt_hours = joules / _JOULES_PER_WH
    frame = traversals.frame[["vehicle_day", "seq", "edge"]].reset_index(drop=True)
    return frame.assign(
        energy_wh=watt_hours[:, 0] + watt_hours[:, 2] - watt_hours[:, 1],
        traction_wh=watt_hours[:, 0],
        regenerated_wh=watt_hours[:, 1],
        auxiliary_wh=watt_hours[:, 2],
        braking_wh=watt_hours[:, 3],
    )
