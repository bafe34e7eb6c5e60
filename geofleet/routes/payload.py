"""What a vehicle carries between its stops."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["payloads"]

Floats = npt.NDArray[np.float64]


def payloads(
    drop_kg: Floats, pickup_kg: Floats, reached: npt.NDArray[np.bool_]
) -> tuple[float, Floats]:
    """Return the load on arrival at the first stop and on leaving each stop.

    The day begins with the least load that lets every planned drop be made; at a stop that is
    not reached nothing is dropped or picked up, so its goods stay on board.

    Parameters
    ----------
    drop_kg, pickup_kg
        Mass unloaded and loaded at each stop.
    reached
        Whether the vehicle gets there.

    Returns
    -------
    tuple
        Initial load and load on leaving each stop [kg].
    """
    planned = np.cumsum(pickup_kg - drop_kg)
    initial = max(0.0, -float(planned.min(initial=0.0)))
    loads = np.empty(len(drop_kg))
    load = initial
    for stop in range(len(drop_kg)):
        if reached[stop]:
            # goods missed earlier cannot be dropped later
            load = max(0.0, load + pickup_kg[stop] - drop_kg[stop])
        loads[stop] = load
    return initial, loads
