"""Unit exposure of every link, which routing needs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from geofleet.defaults import Defaults
from geofleet.exposure import (
    exposure_key,
    group_exposures,
    load_unit_exposures,
    save_unit_exposures,
)

if TYPE_CHECKING:
    from geofleet.exposure import Receptors, UnitExposure, Weather
    from geofleet.network import RoadNetwork

__all__ = ["network_group_exposures", "network_unit_exposure"]


def network_group_exposures(
    network: RoadNetwork,
    receptors: Receptors,
    weather: Weather,
    *,
    edges: npt.ArrayLike | None = None,
    stored: Path | None = None,
    tolerance: float | None = None,
    max_memory_mb: float | None = None,
    defaults: Defaults | None = None,
    **running: Any,
) -> dict[str, UnitExposure]:
    """Return the unit exposure of all links, not only of those with traffic today, by group.

    A route can be better only over links that nobody drives yet, so prices need all of them.

    Parameters
    ----------
    network, receptors, weather, tolerance, max_memory_mb
        As for :func:`geofleet.exposure.group_exposures`.
    edges
        Link numbers; all of the network when not given.
    stored
        Folder to keep the result in; taken from there when nothing that it depends on has changed.
    **running
        ``executor`` and ``progress``, as for :func:`geofleet.exposure.group_exposures`.
    """
    count = network.arrays.edge_count
    chosen = np.arange(count) if edges is None else np.asarray(edges)
    numbers: npt.NDArray[np.int32] = np.unique(chosen).astype(np.int32)
    own = defaults or Defaults()
    settings: dict[str, Any] = {"tolerance": tolerance, "max_memory_mb": max_memory_mb}
    key = ""
    if stored is not None:
        key = exposure_key(
            network, receptors, weather, edges=numbers, defaults=own.fresh(), **settings
        )
        found = load_unit_exposures(stored, key=key)
        if found is not None:
            return found
    made = group_exposures(
        network, receptors, weather, edges=numbers, defaults=own, **settings, **running
    )
    if stored is not None:
        save_unit_exposures(made, stored, key=key)
    return made


def network_unit_exposure(
    network: RoadNetwork, receptors: Receptors, weather: Weather, **settings: Any
) -> UnitExposure:
    """Return the unit exposure of all people; see :func:`network_group_exposures`."""
    return network_group_exposures(network, receptors, weather, **settings)["people"]
