"""Intervals of emissions by Monte Carlo over shared factors, and which factor matters most.

The kernel runs once for each group of engines that err alike; draws multiply what it gives.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.emissions.engines.technologies import Technologies
from geofleet.emissions.flows import FlowWork
from geofleet.emissions.inventories.flow_parts import engine_labels
from geofleet.emissions.inventories.keys import (
    ENGINE_KEYS,
    LINK_KEYS,
    combine,
    link_labels,
    refuse,
    traversal_labels,
)
from geofleet.emissions.model import QUANTITIES
from geofleet.emissions.prepare import prepare
from geofleet.emissions.uncertainty.monte_carlo import Spread
from geofleet.emissions.uncertainty.parts import cells_of_flows, cells_of_traversals
from geofleet.emissions.uncertainty.shared_factors import Draws
from geofleet.errors import Problem

if TYPE_CHECKING:
    import geopandas as gpd

    from geofleet.fleet import Fleet
    from geofleet.network import RoadNetwork
    from geofleet.routes import Traversals

__all__ = ["Spread", "flow_spread", "intervals", "spread", "variance_shares"]

_TABLE = "inventory"
_HOURS = 24


def intervals(
    traversals: Traversals,
    network: RoadNetwork,
    fleet: Fleet,
    *,
    by: Sequence[str] = (),
    quantities: Sequence[str] = QUANTITIES,
    zones: gpd.GeoDataFrame | None = None,
    zone_column: str = "zone",
    draws: int | None = None,
    seed: int | None = None,
    country: str | None = None,
    temperature_c: Sequence[float] | None = None,
    altitude_m: float | None = None,
    defaults: Defaults | None = None,
) -> pd.DataFrame:
    """Return emissions with 5–95 % intervals, in all or by any keys of an inventory.

    Parameters
    ----------
    traversals, network, fleet, country, temperature_c
        As for :func:`geofleet.emissions.traversal_emissions`.
    by, zones, zone_column
        As for :func:`geofleet.emissions.inventory`.
    quantities
        Which of ``QUANTITIES``.
    draws, seed
        Number of draws and seed; rows ``inventory:intervals.draws`` and ``intervals.seed``.
    altitude_m
        Height above the sea, for the bands of table ``altitude``; the mean of the nodes' heights
        when not given, and where those are not known the height that the bands are for.
    defaults
        Overrides of default rows.

    Returns
    -------
    DataFrame
        Indexed by the keys and ``quantity``, in the unit of the quantity: ``central`` (without
        draws: what the inventory says), ``p05`` and ``p95``, ``mean`` and ``sd`` of the draws.
        Factors have the median 1, so a mean lies above the central value. The central value may
        lie outside the interval where the band of altitude reaches to one side alone.

    Raises
    ------
    InputError
        As :func:`geofleet.emissions.traversal_emissions` and :func:`geofleet.emissions.inventory`;
        quantities that do not exist, spreads that are below 1, fewer than two draws.
    """
    return spread(
        traversals, network, fleet, by=by, zones=zones, zone_column=zone_column, draws=draws,
        seed=seed, country=country, temperature_c=temperature_c, altitude_m=altitude_m,
        defaults=defaults,
    ).intervals(quantities=quantities)  # fmt: skip


def variance_shares(
    traversals: Traversals,
    network: RoadNetwork,
    fleet: Fleet,
    *,
    quantities: Sequence[str] = QUANTITIES,
    **options: object,
) -> pd.DataFrame:
    """Return which source of error matters most, by quantity (and key).

    Each source varies alone while the others stay at 1; its share is its variance over the sum of
    these variances. What sources do together (their product) is in no share.

    Parameters
    ----------
    traversals, network, fleet, quantities, **options
        As for :func:`intervals`.

    Returns
    -------
    DataFrame
        Indexed by the keys, ``quantity`` and ``source``: ``sd`` with this source alone, and
        ``share``; sources that change nothing are left out.
    """
    made = spread(traversals, network, fleet, **options)  # type: ignore[arg-type]
    return made.variance_shares(quantities=quantities)


def spread(
    traversals: Traversals,
    network: RoadNetwork,
    fleet: Fleet,
    *,
    by: Sequence[str] = (),
    zones: gpd.GeoDataFrame | None = None,
    zone_column: str = "zone",
    draws: int | None = None,
    seed: int | None = None,
    country: str | None = None,
    temperature_c: Sequence[float] | None = None,
    altitude_m: float | None = None,
    defaults: Defaults | None = None,
) -> Spread:
    """Take traversals apart once, for intervals and shares of variance; as :func:`intervals`."""
    scope = (defaults or Defaults()).scope()
    work = prepare(
        traversals, network, fleet, country=country, temperature_c=temperature_c, defaults=scope
    )
    labels = traversal_labels(
        traversals, network, fleet, by=by, zones=zones, zone_column=zone_column, year=None,
        defaults=scope,
    )  # fmt: skip
    code, index = combine(labels, by, len(traversals.frame))
    rows = CheckedRows(scope)
    cells = cells_of_traversals(work, code, index, traversals.vehicle_days["vehicle_id"], rows)
    return Spread(cells, _draws(rows, network, draws, seed, altitude_m))


def flow_spread(
    work: FlowWork,
    network: RoadNetwork,
    *,
    by: Sequence[str] = (),
    zones: gpd.GeoDataFrame | None = None,
    zone_column: str = "zone",
    draws: int | None = None,
    seed: int | None = None,
    altitude_m: float | None = None,
    defaults: Defaults | None = None,
) -> Spread:
    """Take link flows apart once, for intervals and shares of variance.

    Parameters
    ----------
    work
        As :func:`geofleet.emissions.flows.prepare_flows` makes it.
    by
        As for :func:`geofleet.emissions.flow_inventory`.
    network, zones, zone_column, draws, seed, altitude_m, defaults
        As for :func:`intervals`. ``Spread.intervals()`` and ``Spread.variance_shares()`` give the
        tables of :func:`intervals` and :func:`variance_shares`. Flows have no vehicles that could
        be drawn as high emitters.
    """
    refuse(by, (*LINK_KEYS, *ENGINE_KEYS), zones=zones is not None)
    rows = CheckedRows((defaults or Defaults()).scope())
    place_keys = [key for key in by if key in LINK_KEYS]
    kind_keys = [key for key in by if key in ENGINE_KEYS]
    edge = np.repeat(work.flows.edges, _HOURS)
    hour = np.tile(np.arange(_HOURS, dtype=np.int8), len(work.flows.edges))
    labels = [
        link_labels(key, network, edge=edge, hour=hour, zones=zones, zone_column=zone_column)
        for key in place_keys
    ]
    place, places = combine(labels, place_keys, len(edge))
    kind, kinds = engine_labels(work.engines.engines, Technologies(rows), kind_keys)
    cells = cells_of_flows(work, place, places, kind, kinds, by=by, rows=rows)
    return Spread(cells, _draws(rows, network, draws, seed, altitude_m))


def _draws(
    rows: CheckedRows,
    network: RoadNetwork,
    count: int | None,
    seed: int | None,
    altitude_m: float | None,
) -> Draws:
    """Return the draws of a place, with what was not given from its rows."""
    if count is None:
        count = int(rows.number(_TABLE, "intervals.draws", 2, 1e6, "a number of at least 2"))
    elif count < 2:
        problem = Problem("intervals", "draws", value=str(count), expected="a number of at least 2")
        rows.problems.append(problem)
    if seed is None:
        seed = int(rows.number(_TABLE, "intervals.seed", 0, 2**53, "a whole number"))
    reference = rows.number(
        _TABLE, "intervals.altitude_reference_m", 0.0, 9000.0, "a height in m", above=True
    )
    if altitude_m is None:
        heights = network.nodes["elevation_m"].to_numpy(np.float64)
        known = heights[np.isfinite(heights)]
        altitude_m = float(known.mean()) if len(known) else reference
    if not np.isfinite(altitude_m):
        expected = "a height above the sea in m"
        rows.problems.append(Problem("intervals", "altitude_m", 0, str(altitude_m), expected))
    rows.finish()
    return Draws(rows, seed, count, max(0.0, altitude_m) / reference)
