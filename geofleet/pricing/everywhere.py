"""Unit exposure of every link, which routing needs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from geofleet.defaults import Defaults
from geofleet.exposure import (
    exposure_key,
    load_unit_exposures,
    save_unit_exposures,
    unit_exposure,
)

if TYPE_CHECKING:
    from geofleet.exposure import Receptors, UnitExposure, Weather
    from geofleet.network import RoadNetwork

__all__ = ["network_unit_exposure"]


def network_unit_exposure(
    network: RoadNetwork,
    receptors: Receptors,
    weather: Weather,
    *,
    edges: npt.ArrayLike | None = None,
    stored: Path | None = None,
    defaults: Defaults | None = None,
    progress: Callable[[float], None] | None = None,
) -> UnitExposure:
    """Return the unit exposure of all links, not only of those with traffic today.

    A route can be better only over links that nobody drives yet, so prices need all of them.

    Parameters
    ----------
    network, receptors, weather
        As for :func:`geofleet.exposure.unit_exposure`.
    edges
        Link numbers; all of the network when not given.
    stored
        Folder to keep the result in; taken from there when nothing that it depends on has changed.
    progress
        Called with the part done, 0 to 1.
    """
    count = network.arrays.edge_count
    chosen = np.arange(count) if edges is None else np.asarray(edges)
    numbers: npt.NDArray[np.int32] = np.unique(chosen).astype(np.int32)
    own = defaults or Defaults()
    if stored is None:
        return unit_exposure(
            network, receptors, weather, edges=numbers, defaults=own, progress=progress
        )
    key = exposure_key(network, receptors, weather, edges=numbers, defaults=own.fresh())
    found = load_unit_exposures(stored, key=key)
    if found is None:
        made = unit_exposure(
            network, receptors, weather, edges=numbers, defaults=own, progress=progress
        )
        found = {"people": made}
        save_unit_exposures(found, stored, key=key)
    return found["people"]
