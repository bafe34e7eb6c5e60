"""From the fastest path to the one of least energy: what each minute buys."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.energy.paths.model import Battery, ElectricPath, PathBlend, Spot
from geofleet.energy.paths.roads import EnergyRoads, check_spots
from geofleet.energy.paths.search import TABLE, Pair, drawn
from geofleet.errors import InputError, Problem

__all__ = ["PathFrontier", "path_frontier"]

_TIME = PathBlend(energy_per_kwh=0.0, time_per_h=3600.0)  # a second is a unit of money


@dataclass(frozen=True)
class PathFrontier:
    """Paths that no other path beats in both time and energy.

    Parameters
    ----------
    table
        One row per path, by time: ``time_s, length_m, energy_wh, arrival_wh`` (NaN without a
        battery), ``extra_time_s`` and ``saved_wh`` against the first, ``corner`` (on the lower
        convex hull: the best for some blend of the two).
    paths
        The paths of the rows.
    truncated
        The search stopped early: slower paths of less energy are missing.
    """

    table: pd.DataFrame
    paths: tuple[ElectricPath, ...]
    truncated: bool = False


def path_frontier(
    roads: EnergyRoads,
    origin: Spot,
    destination: Spot,
    *,
    payload_kg: float = 0.0,
    battery: Battery | None = None,
    corners_only: bool = False,
    most_labels: int | None = None,
    defaults: Defaults | None = None,
) -> PathFrontier:
    """Return every path between two places that no other beats in both time and energy.

    Parameters
    ----------
    roads, origin, destination, payload_kg
        As :func:`geofleet.energy.paths.energy_optimal_paths`.
    battery
        When given, only paths on which its reserve holds; energy is then what is missing on
        arrival.
    corners_only
        Only the paths that are the best for some blend of time and energy; always complete.
        Not with a battery.
    most_labels
        Partial ways that the search may hold; row ``redesign:frontier_labels``.

    Raises
    ------
    InputError
        Places where the vehicle cannot be; corners asked for with a battery.
    """
    check_spots(roads.graph, [origin], "origin")
    check_spots(roads.graph, [destination], "destination")
    if corners_only and battery is not None:
        expected = "no battery with corners_only: a full or empty battery bends the weighted sum"
        raise InputError([Problem("path frontier", "battery", expected=expected)])
    pair = Pair(roads, origin, destination, payload_kg=payload_kg)
    if corners_only:
        return _framed(_corners(pair), truncated=False)
    most = most_labels
    if most is None:
        most = int((defaults or Defaults()).scope().number(TABLE, "frontier_labels"))
    energy = roads.energy_metric(payload_kg)
    start, least, limit = 0.0, -np.inf, np.inf
    if battery is not None:
        start, limit = drawn(battery, energy.unit)
        least = 0.0
        if start > limit:
            return _framed([], truncated=False)
    paths, cut = pair.frontier(
        roads.metric(_TIME), energy, start=start, least=least, most_drawn=limit, single=False,
        most=most,
    )  # fmt: skip
    if battery is not None:
        paths = [replace(p, arrival_wh=float(p.energy.arrival_wh(battery))) for p in paths]
        paths = [path for path in paths if not np.isnan(path.arrival_wh)]
    return _framed(paths, truncated=cut)


def _corners(pair: Pair) -> list[ElectricPath]:
    """Return the best paths for all blends by dichotomic search (Aneja and Nair 1979)."""
    roads = pair.roads
    time, energy = roads.edge_time_s, roads.energy_at(pair.payload_kg)
    left = pair.best(roads.metric(_TIME))
    right = pair.best(roads.energy_metric(pair.payload_kg))
    if left is None or right is None:
        return []
    found, waiting = [left, right], [(left, right)]
    while waiting:
        a, b = waiting.pop()
        run, rise = b.time_s - a.time_s, a.energy_wh - b.energy_wh
        if run <= 0.0 or rise <= 0.0:
            continue
        # money at which the two are worth the same: between them, if anywhere, lies the next
        scale = max(run, rise)
        cost = rise / scale * time + run / scale * energy
        path = pair.best(roads.metric_of(cost))
        if path is None:
            continue
        value, level = (
            rise / scale * p.time_s + run / scale * p.energy_wh for p in (path, a)
        )  # fmt: skip
        if value < level - 1e-9 * max(abs(level), 1.0):
            found.append(path)
            waiting += [(a, path), (path, b)]
    return found


def _framed(paths: list[ElectricPath], *, truncated: bool) -> PathFrontier:
    def level(path: ElectricPath) -> float:
        return path.energy_wh if np.isnan(path.arrival_wh) else -path.arrival_wh

    kept: list[ElectricPath] = []
    for path in sorted(paths, key=lambda p: (p.time_s, level(p))):
        if not kept or level(path) < level(kept[-1]):
            kept.append(path)
    table = pd.DataFrame(
        {
            "time_s": [path.time_s for path in kept],
            "length_m": [path.length_m for path in kept],
            "energy_wh": [path.energy_wh for path in kept],
            "arrival_wh": [path.arrival_wh for path in kept],
        },
        dtype=np.float64,
    )
    table["extra_time_s"] = table["time_s"] - table["time_s"].min()
    levels = np.array([level(path) for path in kept])
    table["saved_wh"] = levels[0] - levels if len(kept) else levels
    table["corner"] = _on_hull(table["time_s"].to_numpy(np.float64), levels)
    return PathFrontier(table, tuple(kept), truncated)


def _on_hull(x: np.ndarray, y: np.ndarray) -> list[bool]:
    """Say which points of a falling row lie on its lower convex hull."""
    hull: list[int] = []
    for i in range(len(x)):
        while len(hull) > 1:
            a, b = hull[-2:]
            if (x[b] - x[a]) * (y[i] - y[a]) > (y[b] - y[a]) * (x[i] - x[a]):
                break
            hull.pop()
        hull.append(i)
    return [i in hull for i in range(len(x))]
