"""Which roads a vehicle may use, how fast it may go on them, and where it must stop.

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
from geofleet.defaults.checked import CheckedRows
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
    "control_delay_s",
    "edge_speeds_kmh",
    "limits_unknown",
    "speeds_with_delay",
]

FORBIDDEN, ALLOWED, DESTINATION_ONLY = 0, 1, 2
_TABLE = "network_access"
_CONTROL = "traffic_control"
_GREEN = "signal.green_share."
_OTHER = "other"
_KG_PER_T = 1000.0
_KMH = 3.6


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
    """Return the speed of a vehicle under way on each edge without traffic, in km/h.

    Time lost at signals and stop signs is not in it; :func:`speeds_with_delay` puts it in.

    ``speed_free_kmh`` capped by the vehicle's own top speed and, for heavy goods vehicles, by
    the ``maxspeed:hgv`` of the road where it is tagged.
    """
    speed: npt.NDArray[np.float64] = np.minimum(
        network.edges["speed_free_kmh"].to_numpy(np.float64), profile.max_speed_kmh
    )
    if profile.is_hgv and "maxspeed_hgv_kmh" in network.edges.columns:
        speed = np.fmin(speed, _numbers(network.edges, "maxspeed_hgv_kmh"))
    return speed


def control_delay_s(
    network: RoadNetwork, *, defaults: Defaults | None = None
) -> npt.NDArray[np.float64]:
    """Return the mean time lost at the signals and stop signs of each edge without traffic.

    A signal costs the uniform delay of the Highway Capacity Manual (Transportation Research
    Board, 6th edition, 2016; after Webster, 1958),
    ``PF C (1 - g/C)² / (2 (1 - min(1, X) g/C))``, with the rows of table ``traffic_control``:
    cycle ``C``, green share ``g/C`` of the road class, saturation ``X``, progression ``PF``. A
    stop sign costs row ``stop.delay_s``.

    Returns
    -------
    numpy.ndarray
        Seconds per edge. Zero where ``signals`` and ``stop_signs`` are absent or not known; then,
        and where there are none, no default row is read.

    Raises
    ------
    InputError
        Default rows out of their limits, all of them.
    """
    edges = network.edges
    signals, signs = _counts(edges, "signals"), _counts(edges, "stop_signs")
    delay = np.zeros(len(edges))
    rows = CheckedRows((defaults or Defaults()).scope())
    if signs.any():
        seconds = "seconds from 0 to 3600"
        delay += signs * rows.number(_CONTROL, "stop.delay_s", 0.0, 3600.0, seconds)
    lit = np.flatnonzero(signals)
    if len(lit):
        codes, names = edges["highway"].iloc[lit].factorize()
        each = np.array([_signal_delay_s(str(name), rows) for name in names])
        delay[lit] += signals[lit] * each[codes]
    rows.finish()
    return delay


def _signal_delay_s(highway: str, rows: CheckedRows) -> float:
    road = highway.removesuffix("_link")
    row = _GREEN + (road if _GREEN + road in read_table(_CONTROL).index else _OTHER)
    green = rows.number(_CONTROL, row, 0.0, 1.0, "a share above 0, up to 1", above=True)
    cycle_s = rows.number(_CONTROL, "signal.cycle_s", 0.0, 3600.0, "seconds from 0 to 3600")
    flow = rows.number(_CONTROL, "signal.saturation", 0.0, 10.0, "flow over capacity, 0 to 10")
    progression = rows.number(_CONTROL, "signal.progression_factor", 0.0, 10.0, "0 to 10")
    busy = min(flow, 1.0) * green
    # All green is no delay, whatever the flow.
    return progression * cycle_s * (1 - green) ** 2 / (2 * (1 - busy)) if green < 1 else 0.0


def speeds_with_delay(
    network: RoadNetwork,
    speeds_kmh: npt.ArrayLike | None = None,
    *,
    defaults: Defaults | None = None,
) -> npt.NDArray[np.float64]:
    """Return the mean speed over each edge, the time lost at signals and stop signs included.

    Routing and emissions take link speeds from here: length over the time under way at
    ``speeds_kmh`` and :func:`control_delay_s` together. Edges without delay keep their speed to
    the bit.

    Parameters
    ----------
    network
        The roads.
    speeds_kmh
        Speed under way of each edge, or one for all; infinity for one that takes no time;
        ``speed_free_kmh`` when not given.

    Returns
    -------
    numpy.ndarray
        km/h per edge.
    """
    given = network.edges["speed_free_kmh"] if speeds_kmh is None else speeds_kmh
    length = network.edges["length_m"].to_numpy(np.float64)
    speed = np.array(np.broadcast_to(np.asarray(given, dtype=np.float64), length.shape))
    delay = control_delay_s(network, defaults=defaults)
    slower = np.flatnonzero((delay > 0) & (length > 0) & (speed > 0))
    moving_s = length[slower] / speed[slower] * _KMH
    mean = length[slower] / (moving_s + delay[slower]) * _KMH
    speed[slower] = np.minimum(mean, speed[slower])
    return speed


def _counts(edges: pd.DataFrame, column: str) -> npt.NDArray[np.float64]:
    if column not in edges.columns:
        return np.zeros(len(edges))
    counts = _numbers(edges, column)
    return np.where(counts > 0, counts, 0.0)


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
