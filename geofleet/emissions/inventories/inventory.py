"""Inventories: emissions summed by place, time, owner and kind of vehicle; and what changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.emissions.aggregate import grouped
from geofleet.emissions.engines.technologies import Technologies
from geofleet.emissions.inventories.flow_parts import engine_labels, labelled, pieces
from geofleet.emissions.inventories.keys import (
    ENGINE_KEYS,
    LINK_KEYS,
    combine,
    link_labels,
    refuse,
    traversal_labels,
)
from geofleet.emissions.model import QUANTITIES, LinkEmissions, TraversalEmissions
from geofleet.errors import InputError, Problem

if TYPE_CHECKING:
    import geopandas as gpd

    from geofleet.emissions.flows import FlowWork
    from geofleet.fleet import Fleet
    from geofleet.network import RoadNetwork
    from geofleet.routes import Traversals

__all__ = ["ACTIVITY", "compare", "flow_inventory", "inventory"]

ACTIVITY = ("traversals", "distance_km", "tonne_km")
"""What is driven: links entered, kilometres, and tonnes of load times kilometres."""

_COLUMNS = [*ACTIVITY, *QUANTITIES]
_KM, _TONNE = 1e-3, 1e-3
_HOURS = 24


def inventory(
    traversals: Traversals,
    emissions: TraversalEmissions,
    network: RoadNetwork,
    fleet: Fleet,
    *,
    by: Sequence[str] = (),
    zones: gpd.GeoDataFrame | None = None,
    zone_column: str = "zone",
    year: int | None = None,
    defaults: Defaults | None = None,
) -> pd.DataFrame:
    """Sum emissions of traversals by any combination of keys.

    Sums are compensated: whichever way they are cut, they add up to the sum over traversals within
    1e-12 of it.

    Parameters
    ----------
    traversals, emissions
        The table of traversals and the grams of its rows.
    network
        Road classes and places of the links.
    fleet
        What is known of vehicles and operators.
    by
        Any of ``KEYS``: ``edge``, ``hour``, ``highway`` (road class), ``zone`` (by the middle of
        the link; ``outside`` of all), ``vehicle_class``, ``fuel``, ``standard``, ``model_year``,
        ``age`` (rows ``inventory:age.upper_years``), ``vehicle_id``, ``operator_id``,
        ``operator_size``, ``date``. None: one row for all.
    zones, zone_column
        Polygons with their names, for key ``zone``.
    year
        Calendar year that ages are counted to; the year of each service date when not given.
    defaults
        Overrides of default rows.

    Returns
    -------
    DataFrame
        Indexed by the keys, ascending: ``traversals``, ``distance_km``, ``tonne_km`` and
        ``QUANTITIES``; only combinations that occur. What the fleet does not say stands under
        ``unknown``. Edges and hours are numbers, all other labels text.

    Raises
    ------
    InputError
        Keys that do not exist or stand twice, no zones for key ``zone``, zones that cannot be
        used.
    """
    scope = (defaults or Defaults()).scope()
    labels = traversal_labels(
        traversals, network, fleet, by=by, zones=zones, zone_column=zone_column, year=year,
        defaults=scope,
    )  # fmt: skip
    frame = traversals.frame
    code, index = combine(labels, by, len(frame))
    km = frame["length_m"].to_numpy(np.float64) * _KM
    tonnes = frame["payload_kg"].to_numpy(np.float64) * _TONNE
    grams = emissions.grams[list(QUANTITIES)].to_numpy(np.float64).T
    found, counts, sums = grouped(code, np.vstack([km, tonnes * km, grams]))
    columns = dict(zip(_COLUMNS[1:], sums, strict=True))
    return pd.DataFrame({"traversals": counts, **columns}, index=index.take(found))


def flow_inventory(
    work: FlowWork,
    network: RoadNetwork,
    *,
    by: Sequence[str] = (),
    zones: gpd.GeoDataFrame | None = None,
    zone_column: str = "zone",
    defaults: Defaults | None = None,
) -> pd.DataFrame:
    """Sum emissions of link flows by any combination of keys.

    Parameters
    ----------
    work
        Flows with their fleet, as :func:`geofleet.emissions.flows.prepare_flows` makes it.
    network
        Road classes and places of the links.
    by
        Any of ``edge``, ``hour``, ``highway``, ``zone``, ``vehicle_class``, ``fuel`` and
        ``standard`` (that of the engine: a certification mix is resolved).
    zones, zone_column
        As for :func:`inventory`.
    defaults
        Overrides of default rows: payload capacities, for ``tonne_km``.

    Returns
    -------
    DataFrame
        As of :func:`inventory`; ``traversals`` are vehicles that pass a link in an average day.
        Totals are those of :func:`geofleet.emissions.flows.flow_emissions`.

    Raises
    ------
    InputError
        As :func:`inventory`.
    """
    refuse(by, (*LINK_KEYS, *ENGINE_KEYS), zones=zones is not None)
    scope = (defaults or Defaults()).scope()
    place_keys = [key for key in by if key in LINK_KEYS]
    kind_keys = [key for key in by if key in ENGINE_KEYS]
    technologies = Technologies(CheckedRows(scope))
    kind, kinds = engine_labels(work.engines.engines, technologies, kind_keys)
    edge = np.repeat(work.flows.edges, _HOURS)
    hour = np.tile(np.arange(_HOURS, dtype=np.int8), len(work.flows.edges))
    places = [
        link_labels(key, network, edge=edge, hour=hour, zones=zones, zone_column=zone_column)
        for key in place_keys
    ]
    place, place_index = combine(places, place_keys, len(edge))
    code, values = [np.zeros(0, dtype=np.int64)], [np.zeros((len(_COLUMNS), 0))]
    start = -1
    for piece in pieces(work, kind):
        if piece.rows.start != start:  # the labels of a block of links, once for all engines
            start = piece.rows.start
            here, inverse = np.unique(place[piece.cells], return_inverse=True)
        sums = np.array(
            [
                np.bincount(inverse, weights=row, minlength=len(here))
                for table in (piece.activity(scope), piece.grams())
                for row in table
            ]
        )
        driven = sums[0] > 0
        code.append(here[driven] * len(kinds) + piece.label)
        values.append(sums[:, driven])
    found, _, sums = grouped(np.concatenate(code), np.hstack(values))
    table = pd.DataFrame(
        dict(zip(_COLUMNS, sums, strict=True)), index=labelled(found, place_index, kinds, by)
    )
    return table.sort_index()


def compare(
    before: pd.DataFrame | LinkEmissions, after: pd.DataFrame | LinkEmissions
) -> pd.DataFrame:
    """Return what changed between two inventories, by key and quantity.

    Parameters
    ----------
    before, after
        Inventories with the same keys, or emissions by link and hour.

    Returns
    -------
    DataFrame
        Indexed by the keys and ``quantity``: ``before``, ``after``, ``difference`` (after less
        before), ``percent`` of before (missing where before is 0), and ``missing``: ``before`` or
        ``after`` where that side does not have the combination of keys and counts as 0, else
        empty.

    Raises
    ------
    InputError
        The two have different keys.
    """
    first, second = _indexed(before), _indexed(after)
    if list(first.index.names) != list(second.index.names):
        expected = "the keys of before: " + ", ".join(map(str, first.index.names))
        value = ", ".join(map(str, second.index.names))
        raise InputError([Problem("comparison", "after", value=value, expected=expected)])
    names = [name for name in first.columns if name in second.columns]
    index = first.index.union(second.index)
    side = np.where(~index.isin(first.index), "before", "")
    side = np.where(~index.isin(second.index), "after", side)
    old, new = (
        one[names].reindex(index, fill_value=0.0).to_numpy(np.float64).ravel()
        for one in (first, second)
    )
    keys = index.repeat(len(names)).to_frame(index=False)
    keys["quantity"] = np.tile(np.array(names, dtype=object), len(index))
    change = new - old
    percent = np.divide(100.0 * change, old, out=np.full(len(old), np.nan), where=old != 0.0)
    return pd.DataFrame(
        {
            "before": old,
            "after": new,
            "difference": change,
            "percent": percent,
            "missing": np.repeat(side, len(names)),
        },
        index=pd.MultiIndex.from_frame(keys),
    )


def _indexed(table: pd.DataFrame | LinkEmissions) -> pd.DataFrame:
    if isinstance(table, LinkEmissions):
        return table.frame.set_index(["edge", "hour"])
    return table
