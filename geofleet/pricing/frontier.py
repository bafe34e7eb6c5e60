"""The frontier of time against harm: every route worth choosing between two points."""

from __future__ import annotations

import numpy as np
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.errors import InputError, Problem
from geofleet.pricing.model import TIME, Blend, LinkPrices
from geofleet.pricing.routes import Point, RouteChoices, _compared, detour_limit, places_of
from geofleet.pricing.search import Place, Search, whole_milliseconds, whole_steps

__all__ = ["frontier"]

_TABLE = "pricing"
_S_PER_MIN = 60.0


def frontier(
    prices: LinkPrices,
    origin: Point | Place,
    destination: Point | Place,
    *,
    hour: int,
    against: str = "least_harm",
    blend: Blend | None = None,
    convex_only: bool = False,
    max_detour: float | None = None,
    max_labels: int | None = None,
    defaults: Defaults | None = None,
) -> RouteChoices:
    """Return the routes between two points that no other beats in both time and harm.

    The whole frontier by BOA* (Hernández Ulloa et al. 2020), and which of its points are corners of
    its convex hull by dichotomic search (Aneja and Nair 1979; Eisner and Severance 1976): those are
    the best for some value of time against harm. Exact for times in whole milliseconds and harms
    in steps of 2^-36 of the dearest link. Of routes with equal prices one is given.

    Parameters
    ----------
    prices, origin, destination, hour
        As for :func:`geofleet.pricing.alternatives`.
    against
        What to weigh time against: an objective of routes.
    blend
        Weights, where that is ``blended``.
    convex_only
        Only the corners.
    max_detour
        Longest time over that of the fastest route; row ``pricing:maximum_detour`` when not given,
        infinity for none.
    max_labels
        Partial routes that the search may hold (44 bytes each); row ``pricing:frontier_labels``
        when not given. Where it stops there, ``truncated`` says so: the points up to the slowest
        one of the search are complete, beyond it only corners of the convex frontier are given.

    Returns
    -------
    RouteChoices
        Routes ``0``, ``1``, … by ascending time. Beyond the columns of every such table:
        ``supported`` (a corner of the convex hull), and ``saved_per_min``, harm saved for each
        minute more since the corner before (NaN at the fastest and off the hull).

    Raises
    ------
    InputError
        As :func:`geofleet.pricing.alternatives`.
    """
    if against == "fastest":
        expected = "another objective than time itself"
        raise InputError([Problem("frontier", "against", value=against, expected=expected)])
    scope = (defaults or Defaults()).scope()
    factor = detour_limit(max_detour, scope)
    start, end = places_of(prices, (origin, destination), scope)
    most = int(scope.number(_TABLE, "frontier_labels") if max_labels is None else max_labels)
    price = prices.objective(against, hour, blend=blend)
    search = Search(
        prices.ways, start, end, whole_milliseconds(prices.at(TIME, hour)), whole_steps(price)
    )
    corners = search.convex()
    if not corners:
        expected = f"a destination that a {prices.vehicle_class} can reach; there is no legal way"
        raise InputError([Problem("route", "destination", expected=expected)])
    limit = factor * corners[0].first
    corners = [path for path in corners if path.first <= limit]
    found, cut = ([], False) if convex_only else search.pareto(limit=limit, most=most)
    kept = {(path.first, path.second): path for path in [*corners, *found]}
    paths = {str(i): kept[key] for i, key in enumerate(sorted(kept))}
    table = _compared(prices, paths, hour)
    supported = {(path.first, path.second) for path in corners}
    table["supported"] = [(p.first, p.second) in supported for p in paths.values()]
    table["saved_per_min"] = _exchange(table, prices.harm)
    return RouteChoices(table, paths, prices, hour, truncated=cut)


def _exchange(table: pd.DataFrame, harm: str) -> pd.Series:
    """Return harm saved per minute more between one corner and the next."""
    corners = table[table["supported"]]
    minutes = corners[TIME].diff() / _S_PER_MIN
    rate = -corners[harm].diff() / minutes
    return rate.reindex(table.index, fill_value=np.nan)
