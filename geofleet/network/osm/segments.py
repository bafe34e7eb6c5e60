"""Ways → straight pieces of road, in each direction in which they are open."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from geofleet.network.osm.attributes import AttributeTable
from geofleet.network.osm.scan import RawRoads
from geofleet.network.osm.simplify import DirectedSegments

__all__ = ["cut_into_segments"]

# Mean Earth radius used by OSMnx for edge lengths.
_EARTH_RADIUS_M = 6_371_009.0


def cut_into_segments(raw: RawRoads, table: AttributeTable) -> tuple[DirectedSegments, int]:
    """Cut ways into straight pieces, in each open direction.

    A way is cut where the file lacks its nodes (clipped extracts): what is left on either side
    of the gap is not joined.

    Returns
    -------
    tuple
        The pieces, forward ones first, and the number of ways that lack nodes.
    """
    size = np.diff(raw.offsets)
    way = np.repeat(np.arange(len(size)), size)
    position = np.searchsorted(raw.node_id, raw.refs)
    position = np.minimum(position, max(len(raw.node_id) - 1, 0))
    present = np.zeros(len(raw.refs), dtype=bool)
    if len(raw.node_id):
        present = raw.node_id[position] == raw.refs
    same_way = way[1:] == way[:-1]
    joined = same_way & present[1:] & present[:-1] & (position[1:] != position[:-1])
    cuts = len(np.unique(way[~present]))
    at = np.flatnonzero(joined)
    # 32 bits halve the memory of a large city, and number two thousand million pieces.
    a, b, piece_way = (
        values.astype(np.int32) for values in (position[at], position[at + 1], way[at])
    )
    length = _great_circle_m(raw.node_lon, raw.node_lat, a, b)
    tagset = raw.way_tagset[piece_way]
    number = np.arange(len(at), dtype=np.int32)
    parts = []
    for codes, source, target, against in (
        (table.forward_code[tagset], a, b, False),
        (table.backward_code[tagset], b, a, True),
    ):
        is_open = codes >= 0
        parts.append(
            (
                source[is_open], target[is_open], number[is_open], piece_way[is_open],
                codes[is_open], np.full(int(is_open.sum()), against),
                length[is_open],
            )
        )  # fmt: skip
    return DirectedSegments(*(np.concatenate(pair) for pair in zip(*parts, strict=True))), cuts


def _great_circle_m(
    lon: npt.NDArray[np.float64],
    lat: npt.NDArray[np.float64],
    a: npt.NDArray[np.int32],
    b: npt.NDArray[np.int32],
) -> npt.NDArray[np.float64]:
    """Haversine distance."""
    phi, lam = np.radians(lat), np.radians(lon)
    half = (
        np.sin((phi[b] - phi[a]) / 2) ** 2
        + np.cos(phi[a]) * np.cos(phi[b]) * np.sin((lam[b] - lam[a]) / 2) ** 2
    )
    result: npt.NDArray[np.float64] = 2 * _EARTH_RADIUS_M * np.arcsin(np.sqrt(half))
    return result
