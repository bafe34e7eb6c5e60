"""Ways of all vehicle-days in few bytes: each street once, each day as turns from link to link."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geofleet.layers import Layer
from geofleet.maps.electric.streams import Streams, scaled

__all__ = ["GRID", "pack_ways"]

Integers = npt.NDArray[np.int64]
GRID = 1e5
"""Parts of a degree that coordinates are rounded to: about a metre."""
_TENTHS = 10.0
_SOC = 1e4
_PARTS = 1e3


def pack_ways(streams: Streams, links: Layer, profiles: Layer, *, days: Integers) -> None:
    """Add streets, and the way of each vehicle-day over them with time and charge.

    Parameters
    ----------
    streams
        Where to.
    links, profiles
        Layers ``links`` and ``route_profiles``.
    days
        Numbers of the vehicle-days, in the page's order.

    Raises
    ------
    ValueError
        Links that were driven but are not in ``links``.
    """
    frame = _in_order(profiles.frame, days)
    edges, way = np.unique(frame["edge"].to_numpy(np.int64), return_inverse=True)
    by_edge = links.frame.set_index("edge")
    missing = np.setdiff1d(edges, by_edge.index.to_numpy())
    if len(missing):
        raise ValueError(f"layer 'links' lacks driven edges {missing[:5].tolist()}")
    _streets(streams, by_edge.loc[edges])
    counts = frame["row"].value_counts().reindex(range(len(days)), fill_value=0).sort_index()
    streams.plain("day_links", counts.to_numpy())
    _turns(streams, way, frame["row"].to_numpy(), len(edges))
    _times(streams, frame, way)
    _charge(streams, frame, len(days))


def _in_order(frame: pd.DataFrame, days: Integers) -> pd.DataFrame:
    """Return links by row of the page and driving order."""
    place = pd.Series(np.arange(len(days)), index=days)
    row = frame["vehicle_day"].map(place)
    kept = frame[row.notna()].assign(row=row[row.notna()].astype(np.int64))
    return kept.sort_values(["row", "seq"], kind="stable", ignore_index=True)


def _streets(streams: Streams, links: gpd.GeoDataFrame) -> None:
    """Add lines, and for each link which line it is and which way round."""
    shapes = links.geometry.to_numpy()
    points = np.rint(shapely.get_coordinates(shapes) * GRID).astype(np.int64)
    cuts = np.concatenate([[0], np.cumsum(shapely.get_num_coordinates(shapes))])
    first: dict[int, int] = {}
    lines: list[int] = []
    line_of = np.zeros(len(links), dtype=np.int64)
    for number, street in enumerate(links["street"].to_numpy().tolist()):
        own = points[cuts[number] : cuts[number + 1]]
        known = first.get(street)
        if known is not None:
            rep = lines[known]
            other = points[cuts[rep] : cuts[rep + 1]]
            if np.array_equal(own, other[::-1]):
                line_of[number] = 2 * known + 1
                continue
        first.setdefault(street, len(lines))
        line_of[number] = 2 * len(lines)
        lines.append(number)
    kept = np.concatenate([np.arange(cuts[n], cuts[n + 1]) for n in lines] or [np.arange(0)])
    rows = links.iloc[lines]
    streams.plain("line_points", np.diff(cuts)[lines])
    streams.steps("line_lon", points[kept, 0])
    streams.steps("line_lat", points[kept, 1])
    streams.plain("line_dm", np.rint(rows["length_m"].to_numpy(np.float64) * _TENTHS))
    streams.texts("line_name", (_street_name(name) for name in rows["name"]))
    streams.steps("way_line", line_of)


def _street_name(name: Any) -> str | None:
    """Return a name; the map joins those of streets that were merged by a semicolon."""
    return None if pd.isna(name) else str(name).replace(";", " / ")


def _turns(streams: Streams, way: Integers, row: Integers, count: int) -> None:
    """Add the first way of each day, and each next one as its rank among those that follow."""
    first = np.ones(len(way), dtype=bool)
    first[1:] = row[1:] != row[:-1]
    streams.steps("first_way", way[first])
    after = np.flatnonzero(~first)
    pairs, pair_of, times = np.unique(
        way[after - 1] * count + way[after], return_inverse=True, return_counts=True
    )
    before, behind = pairs // count, pairs % count
    order = np.lexsort((behind, -times, before))
    rank = np.empty(len(pairs), dtype=np.int64)
    starts = np.searchsorted(before[order], before[order])
    rank[order] = np.arange(len(pairs)) - starts
    streams.plain("followers", np.bincount(before, minlength=count))
    streams.signed("follower", behind[order] - before[order])
    streams.plain("turn", rank[pair_of])


def _times(streams: Streams, frame: pd.DataFrame, way: Integers) -> None:
    """Add when links begin and how long they take, in tenths of a second."""
    enter = scaled(frame["enter_s"], _TENTHS)
    span = scaled(frame["exit_s"] - frame["enter_s"], _TENTHS)
    begin, end = scaled(frame["from_fraction"], _PARTS), scaled(frame["to_fraction"], _PARTS)
    whole = (begin == 0) & (end == int(_PARTS))
    # a link takes as long as it took the vehicle before, until the hour changes
    order = np.lexsort((np.arange(len(way)), way))
    order = order[whole[order]]
    rest = span.copy()
    again = 1 + np.flatnonzero(way[order][1:] == way[order][:-1])
    rest[order[again]] -= span[order][again - 1]
    streams.signed("span", rest)
    row, leg = frame["row"].to_numpy(), frame["stop_before"].to_numpy(np.int64)
    new_leg = np.ones(len(frame), dtype=bool)
    new_leg[1:] = (row[1:] != row[:-1]) | (leg[1:] != leg[:-1])
    legs = np.flatnonzero(new_leg)
    streams.steps("leg_first", legs)
    streams.steps("leg_stop", leg[legs])
    streams.steps("leg_enter", enter[legs])
    part = np.flatnonzero(~whole)
    streams.steps("part_link", part)
    streams.plain("part_from", begin[part])
    streams.plain("part_to", end[part])


def _charge(streams: Streams, frame: pd.DataFrame, days: int) -> None:
    """Add the charge at both ends of links, in hundredths of a per cent; 0 on unknown days."""
    row = frame["row"].to_numpy()
    blank = frame["soc_exit"].isna().to_numpy()
    unknown = np.bincount(row, blank, days) > 0
    streams.plain("charge_known", ~unknown & (np.bincount(row, minlength=days) > 0))
    shown = ~unknown[row]
    leave = np.where(shown, frame["soc_exit"].fillna(0.0), 0.0)
    enter = np.where(shown, frame["soc_enter"].fillna(0.0), 0.0)
    leave, enter = scaled(leave, _SOC), scaled(enter, _SOC)
    streams.steps("soc_exit", leave)
    before = np.full(len(leave), int(_SOC))
    within = 1 + np.flatnonzero(row[1:] == row[:-1])
    before[within] = leave[within - 1]
    # nothing but what standing took and a plug gave
    streams.signed("soc_stood", np.where(shown, enter - before, 0))
