"""Intervals of emissions by Monte Carlo over shared factors, and which factor matters most.

The kernel runs once for each group of engines that err alike; draws multiply what it gives.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

import numpy as np
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.emissions.flows import FlowWork
from geofleet.emissions.inventories.cuts import cut_traversals
from geofleet.emissions.inventories.flow_parts import cut_flows
from geofleet.emissions.inventories.keys import as_keys
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

__all__ = [
    "NOT_DRAWN",
    "DrawOptions",
    "Spread",
    "SpreadOptions",
    "flow_spread",
    "intervals",
    "spread",
    "variance_shares",
]

log = logging.getLogger(__name__)

NOT_DRAWN = (
    "speeds on links, and with them times of queues at signals",
    "kilometres, routes, loads and slopes",
    "how many vehicles there are, and the composition of flows",
    "errors of single functions within a family of standards",
    "what high places do to particles behind filters and to other gases than CO and NOx",
)
"""What is taken as known; stands in ``attrs["not_drawn"]`` of the tables."""

_TABLE = "inventory"
_HIGHEST_ROAD_M = 6000.0  # the highest roads on Earth end below
_NO_HEIGHT = (
    "the height above the sea is not known (no altitude_m, no elevation of the network): no band "
    "for high places is in the intervals"
)


class DrawOptions(TypedDict, total=False):
    """Arguments of :func:`spread` and :func:`flow_spread` that say what is drawn."""

    draws: int | None
    seed: int | None
    altitude_m: float | None


class SpreadOptions(DrawOptions, total=False):
    """Arguments of :func:`spread` by name."""

    by: str | Sequence[str]
    zones: gpd.GeoDataFrame | None
    zone_column: str
    year: int | None
    country: str | None
    temperature_c: float | Sequence[float] | None
    defaults: Defaults | None


def intervals(
    traversals: Traversals,
    network: RoadNetwork,
    fleet: Fleet,
    *,
    quantities: str | Sequence[str] = QUANTITIES,
    **options: Unpack[SpreadOptions],
) -> pd.DataFrame:
    """Return emissions with 5–95 % intervals, in all or by any keys of an inventory.

    Parameters
    ----------
    traversals, network, fleet
        As for :func:`geofleet.emissions.traversal_emissions`.
    quantities
        Which of ``QUANTITIES``.
    **options
        Arguments of :func:`spread`: ``by``, ``zones``, ``zone_column``, ``year``, ``country``,
        ``temperature_c``, ``draws``, ``seed``, ``altitude_m`` and ``defaults``.

    Returns
    -------
    DataFrame
        Indexed by the keys and ``quantity``, in the unit of the quantity: ``central`` (without
        draws: what the inventory says), ``p05`` and ``p95``, ``mean`` and ``sd`` of the draws.
        Factors have the median 1, so a mean lies above the central value. The central value may
        lie outside the interval where the band of altitude reaches to one side alone, and where a
        vehicle has one of several engines of which the central value is the mean.

        ``attrs`` holds ``draws``, ``seed``, ``altitude_m`` (None where it is not known), ``notes``
        and ``not_drawn`` (``NOT_DRAWN``).

    Raises
    ------
    InputError
        As :func:`spread`; quantities that do not exist.
    """
    return spread(traversals, network, fleet, **options).intervals(quantities=quantities)


def variance_shares(
    traversals: Traversals,
    network: RoadNetwork,
    fleet: Fleet,
    *,
    quantities: str | Sequence[str] = QUANTITIES,
    **options: Unpack[SpreadOptions],
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
        ``share``; sources that change nothing are left out. ``attrs`` as of :func:`intervals`.
    """
    return spread(traversals, network, fleet, **options).variance_shares(quantities=quantities)


def spread(
    traversals: Traversals,
    network: RoadNetwork,
    fleet: Fleet,
    *,
    country: str | None = None,
    temperature_c: float | Sequence[float] | None = None,
    by: str | Sequence[str] = (),
    zones: gpd.GeoDataFrame | None = None,
    zone_column: str = "zone",
    year: int | None = None,
    defaults: Defaults | None = None,
    **drawn: Unpack[DrawOptions],
) -> Spread:
    """Take traversals apart once, for intervals and shares of variance.

    Parameters
    ----------
    traversals, network, fleet, country, temperature_c
        As for :func:`geofleet.emissions.traversal_emissions`.
    by, zones, zone_column, year
        As for :func:`geofleet.emissions.inventory`.
    defaults
        Overrides of default rows.
    **drawn
        ``draws`` and ``seed``, whole numbers; rows ``inventory:intervals.draws`` and
        ``intervals.seed`` when not given. ``altitude_m``, height above the sea in m for the bands
        of table ``altitude``; the mean of the nodes' heights when not given. Where those are not
        known there is no such band, and ``attrs["notes"]`` says so.

    Raises
    ------
    InputError
        As :func:`geofleet.emissions.traversal_emissions` and :func:`geofleet.emissions.inventory`;
        spreads that are below 1, fewer than two draws, numbers that are not whole.
    """
    scope = (defaults or Defaults()).scope()
    rows = CheckedRows(scope)
    sources = _draws(rows, network, **drawn)
    work = prepare(
        traversals, network, fleet, country=country, temperature_c=temperature_c, defaults=scope
    )
    cut = cut_traversals(
        traversals, network, fleet, by=as_keys(by), zones=zones, zone_column=zone_column,
        year=year, work=work, defaults=scope,
    )  # fmt: skip
    cells = cells_of_traversals(work, cut, traversals.vehicle_days["vehicle_id"], rows)
    return Spread(cells, *sources)


def flow_spread(
    work: FlowWork,
    network: RoadNetwork,
    *,
    by: str | Sequence[str] = (),
    zones: gpd.GeoDataFrame | None = None,
    zone_column: str = "zone",
    defaults: Defaults | None = None,
    **drawn: Unpack[DrawOptions],
) -> Spread:
    """Take link flows apart once, for intervals and shares of variance.

    Parameters
    ----------
    work
        As :func:`geofleet.emissions.prepare_flows` makes it.
    by
        As for :func:`geofleet.emissions.flow_inventory`.
    network, zones, zone_column, defaults, **drawn
        As for :func:`spread`. ``Spread.intervals()`` and ``Spread.variance_shares()`` give the
        tables of :func:`intervals` and :func:`variance_shares`. Flows have no vehicles that could
        be drawn as high emitters or with one engine of several.
    """
    scope = (defaults or Defaults()).scope()
    rows = CheckedRows(scope)
    sources = _draws(rows, network, **drawn)
    cut = cut_flows(work, network, by=by, zones=zones, zone_column=zone_column, defaults=scope)
    return Spread(cells_of_flows(work, cut, rows), *sources)


def _draws(
    rows: CheckedRows,
    network: RoadNetwork,
    *,
    draws: int | None = None,
    seed: int | None = None,
    altitude_m: float | None = None,
) -> tuple[Draws, dict[str, Any]]:
    """Return the draws of a place, with what was not given from its rows; and what they are of."""
    count = _whole(rows, "draws", draws, 2, 1e6, "a whole number of at least 2")
    start = _whole(rows, "seed", seed, -(2**63), 2**63, "a whole number")
    reference = rows.number(
        _TABLE, "intervals.altitude_reference_m", 0.0, 9000.0, "a height in m", above=True
    )
    notes: tuple[str, ...] = ()
    if altitude_m is None:
        heights = network.nodes["elevation_m"].to_numpy(np.float64)
        known = heights[np.isfinite(heights)]
        if len(known):
            altitude_m = float(known.mean())
        else:
            notes = (_NO_HEIGHT,)
            log.info(_NO_HEIGHT)
    elif not -500.0 <= altitude_m <= _HIGHEST_ROAD_M:
        expected = f"a height above the sea in m, -500 to {_HIGHEST_ROAD_M:g}"
        rows.problems.append(Problem("intervals", "altitude_m", 0, str(altitude_m), expected))
    rows.finish()
    height = None if altitude_m is None else float(altitude_m)
    attrs = {
        "draws": count, "seed": start, "altitude_m": height, "notes": notes,
        "not_drawn": NOT_DRAWN,
    }  # fmt: skip
    return Draws(rows, start, count, max(0.0, height or 0.0) / reference), attrs


def _whole(
    rows: CheckedRows, name: str, given: object, low: float, high: float, expected: str
) -> int:
    """Return a whole number as given, or of row ``intervals.<name>``; 0 where it is not one."""
    if given is None:
        value = rows.number(_TABLE, f"intervals.{name}", low, high, expected)
        given = int(value) if value.is_integer() else value
    if isinstance(given, int | np.integer) and low <= given <= high and given is not True:
        return int(given)
    rows.problems.append(Problem("intervals", name, value=str(given), expected=expected))
    return 0
