"""Which roads a vehicle may use, and how fast it may go on them.

OpenStreetMap's rule is that the more special tag decides: ``hgv`` (or ``goods`` for vehicles up
to 3.5 t) before ``motor_vehicle`` before ``access``. Conditional tags are kept as text in the
edge table and not evaluated here.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from geofleet.defaults import Defaults, read_table
from geofleet.network.model import RoadNetwork
from geofleet.network.profile import VehicleProfile

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "ALLOWED",
    "DESTINATION_ONLY",
    "FORBIDDEN",
    "AccessWords",
    "access_codes",
    "allowed_edges",
    "edge_speeds_kmh",
    "limits_unknown",
]

FORBIDDEN, ALLOWED, DESTINATION_ONLY = 0, 1, 2
_TABLE = "network_access"
_KG_PER_T = 1000.0


class AccessWords:
    """The meaning of access values, from the table ``network_access``."""

    def __init__(self, defaults: Defaults) -> None:
        self._defaults = defaults
        self._known = frozenset(read_table(_TABLE).index)

    def code(self, word: object) -> int:
        """Return 0, 1 or 2 for one value; -1 for none and for words that mean nothing here."""
        if not isinstance(word, str):
            return -1
        word = word.strip().lower()
        if word in self._known:
            return int(self._defaults.number(_TABLE, word))
        parts = [self.code(part) for part in word.split(";")] if ";" in word else []
        known = [part for part in parts if part >= 0]
        if not known:
            return -1
        # A list names those who may: one who is free to pass frees the road.
        return ALLOWED if ALLOWED in known else max(known)

    def codes(self, words: Iterable[Any]) -> npt.NDArray[np.int8]:
        """Return the code of each value."""
        seen: dict[Any, int] = {}
        out = []
        for word in words:
            key = word if isinstance(word, str) else None
            if key not in seen:
                seen[key] = self.code(key)
            out.append(seen[key])
        return np.array(out, dtype=np.int8)


def access_codes(
    network: RoadNetwork, profile: VehicleProfile, *, defaults: Defaults | None = None
) -> npt.NDArray[np.int8]:
    """Say for each edge whether a vehicle may use it.

    Parameters
    ----------
    network
        The roads.
    profile
        Size and weight of the laden vehicle.

    Returns
    -------
    numpy.ndarray
        Per edge number, int8: 0 forbidden; 1 allowed; 2 allowed only at the ends of a trip
        (``destination``, ``delivery``, ``customers``): a route may begin or end there but not
        pass through. A limit that is not tagged is unknown and forbids nothing.
    """
    words = AccessWords((defaults or Defaults()).scope())
    edges = network.edges
    result = np.full(len(edges), ALLOWED, dtype=np.int8)
    special = "hgv" if profile.is_hgv else "goods"
    for column in ("access", "motor_vehicle", special):
        if column in edges.columns:
            codes = words.codes(edges[column].to_numpy(object))
            result = np.where(codes >= 0, codes, result)
    too_big = np.zeros(len(edges), dtype=bool)
    for column, value in _dimensions(profile).items():
        if column in edges.columns:
            # NaN compares false: an unknown limit forbids nothing.
            too_big |= _numbers(edges, column) < value
    result[too_big] = FORBIDDEN
    return result.astype(np.int8)


def allowed_edges(
    network: RoadNetwork, profile: VehicleProfile, *, defaults: Defaults | None = None
) -> npt.NDArray[np.bool_]:
    """Say for each edge whether a vehicle may use it at all.

    True where :func:`access_codes` is 1 or 2; ask that function where roads open only to
    destination traffic must be told apart.
    """
    allowed: npt.NDArray[np.bool_] = access_codes(network, profile, defaults=defaults) != FORBIDDEN
    return allowed


def limits_unknown(network: RoadNetwork) -> dict[str, float]:
    """Return the share of edge length for which each size or weight limit is not tagged."""
    length = network.edges["length_m"].to_numpy(np.float64)
    total = float(length.sum())
    shares = {}
    for column in ("maxheight_m", "maxwidth_m", "maxlength_m", "maxweight_t", "maxaxleload_t"):
        if column in network.edges.columns:
            unknown = np.isnan(_numbers(network.edges, column))
        else:
            unknown = np.ones(len(length), dtype=bool)
        shares[column] = float(length[unknown].sum()) / total if total else 1.0
    return shares


def edge_speeds_kmh(network: RoadNetwork, profile: VehicleProfile) -> npt.NDArray[np.float64]:
    """Return the speed of a vehicle on each edge without traffic, in km/h.

    ``speed_free_kmh`` capped by the vehicle's own top speed and, for heavy goods vehicles, by
    the ``maxspeed:hgv`` of the road where it is tagged.
    """
    speed: npt.NDArray[np.float64] = np.minimum(
        network.edges["speed_free_kmh"].to_numpy(np.float64), profile.max_speed_kmh
    )
    if profile.is_hgv and "maxspeed_hgv_kmh" in network.edges.columns:
        speed = np.fmin(speed, _numbers(network.edges, "maxspeed_hgv_kmh"))
    return speed


def _dimensions(profile: VehicleProfile) -> dict[str, float]:
    return {
        "maxheight_m": profile.height_m,
        "maxwidth_m": profile.width_m,
        "maxlength_m": profile.length_m,
        "maxweight_t": profile.gvw_kg / _KG_PER_T,
        "maxaxleload_t": profile.axle_load_kg / _KG_PER_T,
    }


def _numbers(edges: pd.DataFrame, column: str) -> npt.NDArray[np.float64]:
    return edges[column].to_numpy(dtype=np.float64, na_value=np.nan)
