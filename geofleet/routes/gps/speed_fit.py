"""Speed profiles from GPS traces: how much of its free speed each road class keeps by hour."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.errors import InputError, Problem
from geofleet.files import write_text
from geofleet.network.access import speeds_with_delay
from geofleet.network.model import RoadNetwork
from geofleet.routes.gps.match import MatchedTraces
from geofleet.routes.model import Traversals
from geofleet.routes.speeds import HourlySpeeds, SpeedProfile, hourly_speeds

__all__ = ["FittedSpeeds", "fit_speed_profile"]

log = logging.getLogger(__name__)

_TABLE = "traffic_control"
_HOURS = 24
_KMH = 3.6
_QUANTILE_95 = 1.6448536269514722  # of the standard normal distribution

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class FittedSpeeds:
    """A speed profile with the evidence for it.

    Parameters
    ----------
    table
        One row for each road class driven and hour, classes in order of name:

        - ``highway``, ``hour``, ``factor``: as :func:`geofleet.routes.speeds.read_speed_profile`
          reads them; the factor to use, shrunk towards the default
        - ``observed_factor``: what the traces alone give, empty where nobody drove
        - ``observed_low``, ``observed_high``: its 5–95 % interval from the spread between
          vehicle-days; empty with fewer than two
        - ``traversals``, ``vehicle_days``, ``km``, ``hours``: how much was driven
        - ``weight``: share of the observation in ``factor``
        - ``default_factor``: what it was shrunk towards
        - ``speed_kmh``: observed space-mean speed
        - ``limited``: the factor was cut at the highest that a profile may give
    left_out
        Traversals not used, counted by reason.
    provenance
        Default rows used.
    """

    table: pd.DataFrame
    left_out: dict[str, int]
    provenance: tuple[str, ...] = ()

    @property
    def profile(self) -> SpeedProfile:
        """The factors, ready for :func:`geofleet.routes.speeds.hourly_speeds`."""
        wide = self.table.pivot(index="highway", columns="hour", values="factor")
        names = tuple(str(name) for name in wide.index)
        return SpeedProfile(names, wide.to_numpy(np.float64), "fitted from traces")

    def write(self, path: str | Path) -> Path:
        """Write the table as CSV, whole or not at all; ``read_speed_profile`` reads it back."""
        path = Path(path)
        write_text(path, self.table.round(6).to_csv(index=False))
        return path


def fit_speed_profile(
    traces: MatchedTraces | Traversals | Sequence[MatchedTraces | Traversals],
    network: RoadNetwork,
    *,
    cap_kmh: npt.ArrayLike | None = None,
    prior: SpeedProfile | None = None,
    defaults: Defaults | None = None,
) -> FittedSpeeds:
    """Fit the hourly speed profile to what was driven.

    The observed factor of a class in an hour is the time that its drives would have taken at free
    speed over the time that they took: the ratio of space-mean speeds, in which a slow kilometre
    counts by its time. The free speed holds the delay at signals and stop signs, so that what
    they cost is not counted again in the factor. The factor to use is
    ``w observed + (1 - w) default`` with ``w = n / (n + k)``, ``n`` the vehicle-days that drove the
    class in that hour and ``k`` the row ``traffic_control:fit.prior_days`` (the linear empirical
    Bayes rule of Bühlmann, ASTIN Bulletin 4, 1967, 199–207). Links driven by one vehicle on one
    day share its driver and its traffic, so they are one observation.

    Parameters
    ----------
    traces
        Matched traces or their traversals, of one or more sets. A drive counts in the local hour
        in which it enters its link.
    network
        The roads to which the traces were matched.
    cap_kmh
        Highest speed of the vehicles, one for all or by link: on a fast road a slow vehicle is
        no traffic jam.
    prior
        Profile to shrink towards; table ``traffic_speed_profile`` when not given.
    defaults
        Rows of tables ``traffic_control`` and ``traffic_speed_profile``.

    Returns
    -------
    FittedSpeeds
        The classes that were driven, each with all 24 hours.

    Raises
    ------
    InputError
        No drive that can be used, links that the network does not have, default rows out of
        their limits.
    """
    scope = (defaults or Defaults()).scope()
    rows = CheckedRows(scope)
    k = rows.number(_TABLE, "fit.prior_days", 0.0, 1e6, "vehicle-days, 0 or more")
    shortest_m = rows.number(_TABLE, "fit.shortest_m", 0.0, 1e4, "metres, 0 to 10,000")
    highest = rows.number(_TABLE, "profile.factor_highest", 0.0, 10.0, "above 0", above=True)
    rows.finish()
    drives = _drives(traces, len(network.edges))
    short = drives.length_km < shortest_m / 1000.0
    still = ~short & ~((drives.speed_kmh > 0) & np.isfinite(drives.speed_kmh))
    left_out = {"shorter than fit.shortest_m": int(short.sum()), "no speed": int(still.sum())}
    drives = drives.take(~(short | still))
    if not len(drives.edge):
        expected = f"drives of at least {shortest_m:g} m over links, with a speed"
        raise InputError([Problem("traces", value=f"{len(short)} traversals", expected=expected)])
    normal = hourly_speeds(network.edges["highway"], profile=prior, defaults=scope)
    free = speeds_with_delay(network, defaults=scope)
    if cap_kmh is not None:
        free = np.minimum(free, speeds_with_delay(network, cap_kmh, defaults=scope))
    cell = normal.edge_row[drives.edge].astype(np.int64) * _HOURS + drives.hour
    free_h = drives.length_km / free[drives.edge]
    table = _table(normal, drives, cell, free_h, k=k, highest=highest)
    driven = table.groupby("highway")["traversals"].transform("sum") > 0
    table = table[driven].reset_index(drop=True)
    if table["limited"].any():
        log.warning("%d fitted factors were above %g", int(table["limited"].sum()), highest)
    return FittedSpeeds(table, left_out, scope.used)


class _Drives(NamedTuple):
    """Drives over links; ``day`` numbers the vehicle-days of all sets."""

    edge: Ints
    day: Ints
    hour: Ints
    length_km: Floats
    speed_kmh: Floats

    def take(self, chosen: npt.NDArray[np.bool_]) -> _Drives:
        """Return the chosen drives."""
        return _Drives(
            self.edge[chosen], self.day[chosen], self.hour[chosen], self.length_km[chosen],
            self.speed_kmh[chosen],
        )  # fmt: skip


def _drives(
    traces: MatchedTraces | Traversals | Sequence[MatchedTraces | Traversals], links: int
) -> _Drives:
    """Put the traversals together, vehicle-days numbered on from set to set."""
    sets = [traces] if isinstance(traces, MatchedTraces | Traversals) else list(traces)
    parts: list[_Drives] = []
    problems: list[Problem] = []
    days = 0
    for number, item in enumerate(sets, start=1):
        driven = item.traversals if isinstance(item, MatchedTraces) else item
        frame = driven.frame
        edge = frame["edge"].to_numpy(np.int64)
        if len(edge) and not (edge.min() >= 0 and edge.max() < links):
            expected = f"links 0 to {links - 1} of the network they were matched to"
            value = f"{edge.min()} to {edge.max()}"
            problems.append(Problem(f"traces, set {number}", "edge", 0, value, expected))
        day = frame["vehicle_day"].to_numpy(np.int64) + days
        length_km = frame["length_m"].to_numpy(np.float64) / 1000.0
        speed = frame["speed_kmh"].to_numpy(np.float64)
        parts.append(_Drives(edge, day, driven.hour.astype(np.int64), length_km, speed))
        days += len(driven.vehicle_days)
    if not sets:
        problems.append(Problem("traces", expected="at least one set of matched traces"))
    if problems:
        raise InputError(problems)
    return _Drives(
        np.concatenate([part.edge for part in parts]),
        np.concatenate([part.day for part in parts]),
        np.concatenate([part.hour for part in parts]),
        np.concatenate([part.length_km for part in parts]),
        np.concatenate([part.speed_kmh for part in parts]),
    )


def _table(
    normal: HourlySpeeds, drives: _Drives, cell: Ints, free_h: Floats, *, k: float, highest: float
) -> pd.DataFrame:
    """Sum by class and hour (``cell``), shrink, and put the evidence beside."""
    cells = len(normal.names) * _HOURS
    spent_h = drives.length_km / drives.speed_kmh
    total = _Sums(cell, cells)
    free, spent, km = total(free_h), total(spent_h), total(drives.length_km)

    # One vehicle-day in one cell is one observation.
    days = int(drives.day.max()) + 1
    pair, place = np.unique(cell * days + drives.day, return_inverse=True)
    own_free = np.bincount(place, weights=free_h, minlength=len(pair))
    own_spent = np.bincount(place, weights=spent_h, minlength=len(pair))
    by_day = _Sums(pair // days, cells)
    n = by_day(np.ones(len(pair)))
    with np.errstate(invalid="ignore", divide="ignore"):
        observed = free / spent
        away = own_free - observed[pair // days] * own_spent
        # Variance of a ratio of sums over n independent vehicle-days.
        error = np.sqrt(np.where(n > 1, n / (n - 1), np.nan) * by_day(away**2)) / spent
        weight = np.where(n > 0, n / (n + k), 0.0)
        speed = km / spent
    default = normal.factors.ravel()
    factor = weight * np.where(n > 0, observed, 0.0) + (1.0 - weight) * default
    return pd.DataFrame({
        "highway": np.repeat(np.array(normal.names, dtype=object), _HOURS),
        "hour": np.tile(np.arange(_HOURS), len(normal.names)),
        "factor": np.minimum(factor, highest),
        "observed_factor": observed,
        "observed_low": np.maximum(observed - _QUANTILE_95 * error, 0.0),
        "observed_high": observed + _QUANTILE_95 * error,
        "traversals": total(np.ones(len(cell))).astype(np.int64),
        "vehicle_days": n.astype(np.int64),
        "km": km,
        "hours": spent,
        "weight": weight,
        "default_factor": default,
        "speed_kmh": speed,
        "limited": factor > highest,
    })  # fmt: skip


class _Sums:
    """Sums values by cell."""

    def __init__(self, cell: Ints, cells: int) -> None:
        self._cell, self._cells = cell, cells

    def __call__(self, values: Floats) -> Floats:
        """Return the sum of each cell."""
        return np.bincount(self._cell, weights=values, minlength=self._cells).astype(np.float64)
