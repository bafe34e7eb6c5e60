"""Traversals that between them use every row that all of them use.

Which rows a traversal uses follows from the kind of vehicle and a few ranges: the slopes and loads
around its own, its driving situation, whether it was cold, stood or queued. One traversal of each
range, for each kind of vehicle, is enough.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.emissions import _kernels as kernels
from geofleet.emissions.engines.resolve import ELECTRIC_SPEEDS_KMH
from geofleet.emissions.hot.factors import LOADS, SLOPES
from geofleet.emissions.model import WEAR
from geofleet.emissions.prepare import Prepared

__all__ = ["covering"]

Numbers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def covering(work: Prepared, chosen: Numbers, quantity: str) -> Numbers:
    """Return those of the chosen traversals whose chains hold every row behind all of them.

    Parameters
    ----------
    work
        All traversals.
    chosen
        Rows of them.
    quantity
        One of ``QUANTITIES``.
    """
    frame = work.frame.iloc[chosen]
    kind = work.day_kind[frame["vehicle_day"].to_numpy()].astype(np.int64)
    speed = frame["speed_kmh"].to_numpy(np.float64)
    places: set[int] = set()
    ranges = _ranges_of_wear(work, speed)
    if quantity not in WEAR:
        ranges = _ranges(work, chosen, speed)
        places.update(_corners(work, chosen, kind))
    for code in ranges:
        places.update(_first_of_each(kind, np.asarray(code, dtype=np.int64)))
    return chosen[sorted(places)]


def _first_of_each(kind: Numbers, code: Numbers) -> list[int]:
    """Return the first place of each code of each kind."""
    pairs = kind * (int(code.max(initial=0)) + 1) + code
    return [int(place) for place in np.unique(pairs, return_index=True)[1]]


def _ranges(work: Prepared, chosen: Numbers, speed: Floats) -> list[Numbers]:
    """Return what range each traversal is in, for everything that rows depend on by itself."""
    frame, engines = work.frame.iloc[chosen], work.engines
    cold, hour = work.cold_share[chosen] > 0.0, work.hour[chosen].astype(np.int64)
    # Below which of the engines' slowest speeds, with time at a signal to be idled away.
    waits = (work.queue_s[chosen] > 0.0) & (frame["length_m"].to_numpy() > 0.0)
    slower = len(engines.slowest_kmh) - np.searchsorted(
        np.sort(engines.slowest_kmh), speed, side="right"
    )
    use = np.searchsorted(np.array(ELECTRIC_SPEEDS_KMH), speed, side="left")
    return [
        np.searchsorted(np.array(work.limits_kmh), speed, side="right"),
        np.where(cold & _light(work, frame), hour + 1, 0),
        work.idle_s[chosen] > 0.0,
        np.where(waits, slower, 0),
        np.where(_of_days(work, ~_burns(work), frame), use, 0),
    ]


def _ranges_of_wear(work: Prepared, speed: Floats) -> list[Numbers]:
    """Return on which part of the speed corrections of tyres and brakes each traversal is."""
    codes = []
    for curve in (work.wear.tyre_curve, work.wear.brake_curve):
        low, high = float(curve[0]), float(curve[4])
        codes.append((speed >= low).astype(np.int64) + (speed > high))
    return codes


def _burns(work: Prepared) -> npt.NDArray[np.bool_]:
    """Return which kinds of vehicle have an exhaust."""
    engines = work.engines
    return np.asarray(engines.shape[engines.number[engines.first[:-1]], kernels.ENERGY] >= 0)


def _light(work: Prepared, frame: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Return which traversals are of vehicles that can be cold."""
    engines = work.engines
    excess = engines.cold[engines.number[engines.first[:-1]]]
    return _of_days(work, np.asarray(excess.any(axis=(1, 2))), frame)


def _of_days(
    work: Prepared, of_kind: npt.NDArray[np.bool_], frame: pd.DataFrame
) -> npt.NDArray[np.bool_]:
    """Return a property of kinds of vehicle for each traversal."""
    return np.asarray(of_kind[work.day_kind[frame["vehicle_day"].to_numpy()]])


def _corners(work: Prepared, chosen: Numbers, kind: Numbers) -> list[int]:
    """Return places that use every slope and load node that is used, few for each kind."""
    frame = work.frame.iloc[chosen]
    slope = np.nan_to_num(work.grade[frame["edge"].to_numpy()], nan=0.0)
    payload = frame["payload_kg"].to_numpy(np.float32)
    capacity = work.capacity_kg[frame["vehicle_day"].to_numpy()]
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(payload > 0.0, payload.astype(np.float64) / capacity, 0.0)
    load = np.where(payload > capacity.astype(np.float32), 1.0, np.minimum(share, 1.0))
    engines = work.engines
    functions = engines.shape[engines.number[engines.first[:-1]], kernels.ENERGY]
    # Function -1 is none, which knows no slope either.
    bent = _of_days(work, ~np.append(engines.flat, True)[functions], frame)
    around = (*_around(SLOPES, slope), *_around(LOADS, load))
    ends = np.stack([kind, *(np.where(bent, end, 0) for end in around)], axis=1)
    cells, first = np.unique(ends, axis=0, return_index=True)
    wide = (cells[:, 1] != cells[:, 2]).astype(int) + (cells[:, 3] != cells[:, 4])
    covered: set[tuple[int, int, int]] = set()
    out = []
    for cell in np.argsort(-wide, kind="stable").tolist():
        of_kind, low, high, empty, full = cells[cell].tolist()
        nodes = {(of_kind, a, b) for a in (low, high) for b in (empty, full)}
        if not nodes <= covered:
            covered |= nodes
            out.append(int(first[cell]))
    return out


def _around(nodes: tuple[float, ...], value: Floats) -> tuple[Numbers, Numbers]:
    """Return the nodes below and above a value, twice the same where it is one of them."""
    ends = np.array(nodes)
    kept = np.clip(value, ends[0], ends[-1])
    high = np.searchsorted(ends, kept, side="left")
    low = np.where(ends[high] == kept, high, high - 1)
    return low, high
