"""Receptors made from roads alone, where no population is at hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

from geofleet.defaults import Defaults
from geofleet.errors import InputError, Problem
from geofleet.exposure.model import Receptors
from geofleet.exposure.people.carriageway import Carriageways
from geofleet.exposure.people.homes import house_places

if TYPE_CHECKING:
    from geofleet.network import RoadNetwork

__all__ = ["receptors_from_network"]


def receptors_from_network(
    network: RoadNetwork,
    *,
    count: int,
    people: float,
    seed: int = 0,
    zone_m: float = 1000.0,
    defaults: Defaults | None = None,
) -> Receptors:
    """Make receptors from a network alone, people in proportion to the length of streets.

    These people are made up: where nobody is known to live, only relative figures mean
    something. Each receptor stands for the same number of people, at house distance from a
    street, on either side; they are spread over the length of streets times the weight of
    their class, the same in all parts of the city.

    Parameters
    ----------
    count
        Number of receptors.
    people
        People in all.
    seed
        Another seed puts the houses at other places of the same streets.
    zone_m
        Zones are squares of this side in the metric CRS, named after their corner in multiples
        of it.

    Raises
    ------
    InputError
        Fewer than one receptor, people that are negative, no residential street.
    """
    problems = []
    if count < 1:
        problems.append(Problem("count", value=str(count), expected="at least 1 receptor"))
    if not (np.isfinite(people) and people >= 0.0):
        problems.append(Problem("people", value=str(people), expected="a number of at least 0"))
    if not zone_m > 0.0:
        problems.append(Problem("zone_m", value=f"{zone_m:g}", expected="a length above 0 m"))
    if problems:
        raise InputError(problems)
    used = (defaults or Defaults()).scope()
    roads = Carriageways.of(network, used)
    # Twice as many as wanted, because streets of great weight take more than their part.
    xy, metres, _, local = house_places(network, roads, used, at_least=2 * count)
    if not local.any():
        expected = "residential streets: main roads alone do not tell where people live"
        raise InputError([Problem("network", "highway", expected=expected)])
    free = ~roads.on(xy)
    if free.any():
        xy, metres = xy[free], metres[free]
    # Equal steps along the summed length, from a start that the seed draws: every stretch of
    # street gets its part to within one receptor.
    ends = np.cumsum(metres)
    start = np.random.default_rng(seed).random()
    place = np.searchsorted(ends, (np.arange(count) + start) / count * ends[-1], side="right")
    report: dict[str, Any] = {
        "made_up": True,
        "source": "made from the roads: people in proportion to the length of streets",
        "receptors": count,
        "seed": seed,
    }
    xy = roads.off(xy[np.minimum(place, len(xy) - 1)], report)
    square = np.floor(xy / zone_m).astype(np.int64)
    zone = np.char.add(np.char.add(square[:, 0].astype(str), "_"), square[:, 1].astype(str))
    _, which, size = np.unique(zone, return_inverse=True, return_counts=True)
    frame = gpd.GeoDataFrame(
        {
            "receptor_id": np.arange(count, dtype=np.int64),
            "zone_id": zone.astype(object),
            "people": people / count,
            "share": 1.0 / size[which],
        },
        geometry=shapely.points(xy),
        crs=network.crs_metric,
    )
    height = used.number("exposure", "receptor_height_m")
    return Receptors(frame, height, report=report, provenance=used.used)
