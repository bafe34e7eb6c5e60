"""Inventories: emissions summed by place, time, owner and kind of vehicle; and what changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.emissions.aggregate import grouped
from geofleet.emissions.inventories.cuts import (
    cut_traversals,
    engine_grams,
    share_of_days,
    some_rows,
    standards_of,
)
from geofleet.emissions.inventories.flow_parts import cut_flows, pieces
from geofleet.emissions.inventories.keys import ENGINE_STANDARD, as_keys
from geofleet.emissions.model import QUANTITIES, LinkEmissions, TraversalEmissions
from geofleet.emissions.prepare import prepare
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
_SAME = 1e-9


def inventory(
    traversals: Traversals,
    emissions: TraversalEmissions,
    network: RoadNetwork,
    fleet: Fleet,
    *,
    by: str | Sequence[str] = (),
    zones: gpd.GeoDataFrame | None = None,
    zone_column: str = "zone",
    year: int | None = None,
    country: str | None = None,
    temperature_c: float | Sequence[float] | None = None,
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
        Any of ``KEYS``, one alone also as text: ``edge``, ``hour``, ``highway`` (road class),
        ``zone`` (by the middle of the link; ``outside`` of all), ``vehicle_class``, ``fuel``,
        ``standard``, ``model_year``, ``age`` (rows ``inventory:age.upper_years``), ``vehicle_id``,
        ``operator_id``, ``operator_size``, ``date``; and ``engine_standard``, where a vehicle of
        unknown standard is the mixture of engines that it may have, as the ``standard`` of flows.
        None: one row for all, zeros where nothing was driven.
    zones, zone_column
        Polygons with their names, for key ``zone``; none may be called ``outside``.
    year
        Calendar year that ages are counted to; that of the last service date when not given.
    country, temperature_c
        As the emissions were made with; used for key ``engine_standard`` alone.
    defaults
        Overrides of default rows.

    Returns
    -------
    DataFrame
        Indexed by the keys, ascending: ``traversals``, ``distance_km``, ``tonne_km`` and
        ``QUANTITIES``; only combinations that occur. What the fleet does not say stands under
        ``unknown`` (``unknown (not stated)`` beside a group that is called ``unknown``). Edges and
        hours are numbers, all other labels text. Under ``engine_standard`` a traversal counts in
        each standard by its share.

    Raises
    ------
    InputError
        Keys that do not exist or stand twice, no zones for key ``zone``, zones that cannot be
        used, emissions that were made otherwise than key ``engine_standard`` would make them.
    """
    scope = (defaults or Defaults()).scope()
    keys = as_keys(by)
    work = None
    if ENGINE_STANDARD in keys:
        work = prepare(
            traversals, network, fleet, country=country, temperature_c=temperature_c, defaults=scope
        )
    cut = cut_traversals(
        traversals, network, fleet, by=keys, zones=zones, zone_column=zone_column, year=year,
        work=work, defaults=scope,
    )  # fmt: skip
    grams = emissions.grams[list(QUANTITIES)].to_numpy(np.float64).T
    out = np.zeros((len(_COLUMNS), len(cut.index)))
    for code, standard in zip(cut.code, cut.standards, strict=True):
        rows = np.flatnonzero(code >= 0)
        share = np.ones(len(rows))
        part = grams
        if work is not None:
            chosen = (standards_of(work.engines) == standard).astype(np.float64)
            share = share_of_days(work, chosen)[work.frame["vehicle_day"].to_numpy()[rows]]
            part = engine_grams(some_rows(work, rows), chosen)
        frame = traversals.frame.iloc[rows]
        km = share * frame["length_m"].to_numpy(np.float64) * _KM
        tonnes = frame["payload_kg"].to_numpy(np.float64) * _TONNE
        found, _, sums = grouped(code[rows], np.vstack([share, km, tonnes * km, part]))
        out[:, found] += sums
    if work is not None:
        _check_same(out[len(ACTIVITY) :].sum(axis=1), grams.sum(axis=1))
    columns = dict(zip(_COLUMNS, out, strict=True))
    if work is None:
        columns["traversals"] = columns["traversals"].astype(np.int64)
    return pd.DataFrame(columns, index=cut.index)


def _check_same(found: npt.NDArray[np.float64], given: npt.NDArray[np.float64]) -> None:
    """Refuse emissions that other processes, countries or temperatures were taken for."""
    other = ~np.isclose(found, given, rtol=_SAME, atol=0.0)
    if other.any():
        names = ", ".join(name for name, wrong in zip(QUANTITIES, other, strict=True) if wrong)
        expected = (
            "emissions of all processes, with the country, temperatures and defaults given here, "
            f"to tell engines apart; these differ in {names}"
        )
        raise InputError([Problem("emissions", ENGINE_STANDARD, expected=expected)])


def flow_inventory(
    work: FlowWork,
    network: RoadNetwork,
    *,
    by: str | Sequence[str] = (),
    zones: gpd.GeoDataFrame | None = None,
    zone_column: str = "zone",
    defaults: Defaults | None = None,
) -> pd.DataFrame:
    """Sum emissions of link flows by any combination of keys.

    Parameters
    ----------
    work
        Flows with their fleet, as :func:`geofleet.emissions.prepare_flows` makes it.
    network
        Road classes and places of the links.
    by
        Any of ``FLOW_KEYS``: ``edge``, ``hour``, ``highway``, ``zone``, ``vehicle_class``,
        ``fuel``, ``standard`` (that of the engine: a certification mix is resolved), which may
        also be called ``engine_standard``, ``model_year`` and ``age`` (in the year that the flows
        were prepared for; ``unknown`` without one).
    zones, zone_column
        As for :func:`inventory`.
    defaults
        Overrides of default rows: payload capacities, for ``tonne_km``.

    Returns
    -------
    DataFrame
        As of :func:`inventory`; ``traversals`` are vehicles that pass a link in an average day.
        Totals are those of :func:`geofleet.emissions.flow_emissions`.

    Raises
    ------
    InputError
        As :func:`inventory`.
    """
    scope = (defaults or Defaults()).scope()
    cut = cut_flows(work, network, by=by, zones=zones, zone_column=zone_column, defaults=scope)
    code, values = [np.zeros(0, dtype=np.int64)], [np.zeros((len(_COLUMNS), 0))]
    start = -1
    for piece in pieces(cut.work, cut.kind):
        if piece.rows.start != start:  # the labels of a block of links, once for all engines
            start = piece.rows.start
            here, inverse = np.unique(cut.place[piece.cells], return_inverse=True)
        sums = np.array(
            [
                np.bincount(inverse, weights=row, minlength=len(here))
                for table in (piece.activity(scope), piece.grams())
                for row in table
            ]
        )
        driven = sums[0] > 0
        code.append(here[driven] * cut.kind_count + piece.label)
        values.append(sums[:, driven])
    found, _, sums = grouped(np.concatenate(code), np.hstack(values))
    row, index = cut.rows(found)
    out = np.zeros((len(_COLUMNS), len(index)))
    out[:, row] = sums
    return pd.DataFrame(dict(zip(_COLUMNS, out, strict=True)), index=index)


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
        before), ``percent`` of before (missing where before is 0), and ``missing``: ``before``,
        ``after`` or both where that side does not have the combination of keys, which counts as 0,
        or the quantity, which then has no value; else empty.

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
    names = list(dict.fromkeys([*first.columns, *second.columns]))
    index = first.index.union(second.index)
    sides = []
    missing = np.full(len(index) * len(names), "", dtype=object)
    for side, table in (("before", first), ("after", second)):
        lost = ~index.isin(table.index)[:, None] | ~np.isin(names, list(table.columns))[None, :]
        full = table.reindex(index, fill_value=0.0).reindex(columns=names)
        sides.append(full.to_numpy(np.float64).ravel())
        both = np.where(missing == "", side, missing + f" and {side}")
        missing = np.where(lost.ravel(), both, missing)
    old, new = sides
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
            "missing": missing,
        },
        index=pd.MultiIndex.from_frame(keys),
    )


def _indexed(table: pd.DataFrame | LinkEmissions) -> pd.DataFrame:
    if isinstance(table, LinkEmissions):
        return table.frame.set_index(["edge", "hour"])
    return table
