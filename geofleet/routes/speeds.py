"""Speeds over the day: what share of its free speed a road keeps in each hour.

The free speed of a link holds the time lost at its signals and stop signs
(:func:`geofleet.network.access.speeds_with_delay`); the factor of the hour is on the whole of it,
so that delays grow as speeds fall.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults, read_table
from geofleet.errors import InputError, Problem
from geofleet.network.access import speeds_with_delay
from geofleet.network.model import RoadNetwork
from geofleet.schema import read_rows

__all__ = [
    "HourlySpeeds",
    "SpeedProfile",
    "hourly_speeds",
    "profile_class",
    "read_speed_profile",
]

_TABLE = "traffic_speed_profile"
_OTHER = "other"
_PEAK = "speed_peak_kmh"
_HOURS = 24

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class HourlySpeeds:
    """Speed factors by road class and hour.

    Parameters
    ----------
    names
        Road class of each row.
    factors
        Speed over free speed, shape ``(rows, 24)``.
    edge_row
        Row of each link.

    Raises
    ------
    InputError
        A factor that is not above zero, or not a number: nobody would ever arrive.
    """

    names: tuple[str, ...]
    factors: Floats
    edge_row: npt.NDArray[np.int32]

    def __post_init__(self) -> None:
        """Check the factors."""
        _check_factors(self.names, self.factors)

    @property
    def best(self) -> Floats:
        """Highest factor of the day for each link."""
        highest: Floats = self.factors.max(axis=1)[self.edge_row]
        return highest

    def of_links(
        self,
        network: RoadNetwork,
        edges: npt.ArrayLike | None = None,
        *,
        cap_kmh: npt.ArrayLike | None = None,
        defaults: Defaults | None = None,
    ) -> npt.NDArray[np.float32]:
        """Return the mean speed over links in each hour, signals and stop signs included.

        The speeds at which routes are driven: free speed with delay times the factor of the hour,
        and no more than the vehicle's own highest speed with the same delay.

        A link whose peak speed is known (column ``speed_peak_kmh``, from a traffic model) has it
        in the slowest hour of its class; its slow-down in the other hours is that of the class, in
        the same proportion, and it is never faster than free. With the factors of the class *f*,
        *1 − (1 − f(h)) · (1 − peak/free) / (1 − min f)*, between 0 and 1. A class without a slow
        hour does not say when the peak is, and keeps its factors. Routes are planned with the
        factors of the class alone.

        Parameters
        ----------
        network
            The roads for whose links these factors are.
        edges
            Edge numbers; all links when not given.
        cap_kmh
            Highest speed of the vehicle, one for all or by link of ``edges``; none when not given.
        defaults
            Rows of table ``traffic_control``.

        Returns
        -------
        numpy.ndarray
            km/h, shape ``(links, 24)``, float32.

        Raises
        ------
        InputError
            Factors of another network.
        """
        count = len(network.edges)
        if len(self.edge_row) != count:
            expected = f"factors for the {count} links of this network"
            raise InputError([Problem(_TABLE, value=str(len(self.edge_row)), expected=expected)])
        chosen = np.arange(count) if edges is None else np.asarray(edges, dtype=np.int64)
        free = speeds_with_delay(network, defaults=defaults)[chosen].astype(np.float32)
        speeds = self.factors.astype(np.float32)[self.edge_row[chosen]]
        self._slow_to_peak(speeds, free, network, chosen)
        speeds *= free[:, None]
        if cap_kmh is not None:
            cap = np.full(count, np.inf)
            cap[chosen] = cap_kmh
            own = speeds_with_delay(network, cap, defaults=defaults)[chosen]
            np.minimum(speeds, own.astype(np.float32)[:, None], out=speeds)
        return speeds

    def _slow_to_peak(
        self,
        factors: npt.NDArray[np.float32],
        free_kmh: npt.NDArray[np.float32],
        network: RoadNetwork,
        edges: npt.NDArray[np.int64],
    ) -> None:
        """Scale the factors of links whose peak speed is known, in place."""
        if _PEAK not in network.edges.columns:
            return
        peak = pd.to_numeric(network.edges[_PEAK], errors="coerce").to_numpy(np.float64)[edges]
        slowest = self.factors.min(axis=1)[self.edge_row[edges]]
        rows = np.flatnonzero(np.isfinite(peak) & (peak > 0) & (slowest < 1))
        scale = (1.0 - np.minimum(peak[rows] / free_kmh[rows], 1.0)) / (1.0 - slowest[rows])
        usual = np.minimum(self.factors[self.edge_row[edges[rows]]], 1.0)
        factors[rows] = 1.0 - (1.0 - usual) * scale[:, None]


@dataclass(frozen=True, slots=True)
class SpeedProfile:
    """Factors of one's own for some road classes; the others keep the default table's.

    Parameters
    ----------
    names
        Road classes (OpenStreetMap ``highway``; ``other`` for those that no row names). A ramp
        (``primary_link``) without a row of its own follows its road.
    factors
        Speed over free speed, shape ``(classes, 24)``.
    source
        The file, or where else they come from.

    Raises
    ------
    InputError
        A factor that is not above zero, or not a number.
    """

    names: tuple[str, ...]
    factors: Floats
    source: str = "profile"

    def __post_init__(self) -> None:
        """Check the factors."""
        _check_factors(self.names, self.factors, self.source)


def _check_factors(names: tuple[str, ...], factors: Floats, file: str = _TABLE) -> None:
    if factors.shape != (len(names), _HOURS):
        expected = f"{len(names)} rows of {_HOURS} hours"
        raise InputError([Problem(file, value=str(factors.shape), expected=expected)])
    wrong = np.argwhere(~(np.isfinite(factors) & (factors > 0)))
    if len(wrong):
        raise InputError(
            Problem(file, f"{names[row]}.{hour}", value=f"{factors[row, hour]:g}",
                    expected="a share of the free speed above 0")
            for row, hour in wrong.tolist()
        )  # fmt: skip


@lru_cache(maxsize=1)
def _classes() -> tuple[str, ...]:
    rows = read_table(_TABLE).index
    return tuple(dict.fromkeys(str(row).rpartition(".")[0] for row in rows))


def profile_class(highway: object, profile: SpeedProfile | None = None) -> str:
    """Return the row that a road class follows: its own, its road's if a ramp, else ``other``."""
    own = frozenset(profile.names) if profile is not None else frozenset()
    name = str(highway)
    parent = name.removesuffix("_link")
    if name in own:
        return name
    return parent if parent in own or parent in _classes() else _OTHER


def hourly_speeds(
    highway: pd.Series, *, profile: SpeedProfile | None = None, defaults: Defaults | None = None
) -> HourlySpeeds:
    """Give each link its row of hourly speed factors.

    A ramp (``*_link``) follows its road; a class that neither ``profile`` nor table
    ``traffic_speed_profile`` holds follows the row ``other``.

    Parameters
    ----------
    highway
        Road class of each link (OpenStreetMap ``highway``).
    profile
        Factors that go before the table's, see :func:`read_speed_profile`.
    """
    source = defaults or Defaults()
    codes, values = pd.factorize(highway.astype(object), use_na_sentinel=False)
    parents = [profile_class(value, profile) for value in values]
    names = tuple(sorted(set(parents)))
    place = {name: row for row, name in enumerate(names)}
    rows = np.array([place[parent] for parent in parents], dtype=np.int32)
    own = {} if profile is None else dict(zip(profile.names, profile.factors, strict=True))
    factors = np.array(
        [own[name] if name in own else _default_factors(name, source) for name in names],
        dtype=np.float64,
    ).reshape(len(names), _HOURS)
    return HourlySpeeds(names=names, factors=factors, edge_row=rows[codes].astype(np.int32))


def _default_factors(name: str, source: Defaults) -> list[float]:
    return [source.number(_TABLE, f"{name}.{hour}") for hour in range(_HOURS)]


def read_speed_profile(path: str | Path, *, defaults: Defaults | None = None) -> SpeedProfile:
    """Read speed factors by road class and hour from a CSV file.

    Parameters
    ----------
    path
        Columns ``highway, hour, factor`` with one row for each hour 0 to 23, or ``highway`` and
        one column for each hour (``0`` … ``23``); other columns are passed over. A class is an
        OpenStreetMap ``highway`` that vehicles drive on, or ``other``; factors are speed over
        the free speed of the link (signals included), above 0, at most row
        ``traffic_control:profile.factor_highest``.

    Returns
    -------
    SpeedProfile
        Classes in the order of the file. Those that the file does not name keep the defaults.

    Raises
    ------
    InputError
        Every fault of the file: columns or hours missing, unknown classes, factors out of limits,
        an hour that stands twice.
    """
    highest = (defaults or Defaults()).scope().number("traffic_control", "profile.factor_highest")
    file = str(path)
    header, *lines = read_rows(Path(path))
    header = [name.strip().lower() for name in header]
    rows = list(_cells(file, header, lines))
    problems = [row for row in rows if isinstance(row, Problem)]
    known = _known_classes()
    wanted = f"a share of the free speed above 0, up to {highest:g}"
    found: dict[str, dict[int, float]] = defaultdict(dict)
    hours_given: dict[str, set[int]] = defaultdict(set)
    for row in rows:
        if isinstance(row, Problem):
            continue
        line, name, hour_text, factor_text = row
        if name not in known:
            expected = "a road class: one of " + ", ".join(known)
            problems.append(Problem(file, "highway", line, name, expected))
        hour = _number(hour_text)
        if not (hour.is_integer() and 0 <= hour < _HOURS):
            problems.append(Problem(file, "hour", line, hour_text, "a whole hour from 0 to 23"))
            continue
        if int(hour) in hours_given[name]:
            expected = "each hour of a class once; it stands in an earlier row too"
            problems.append(Problem(file, "highway, hour", line, f"{name}, {hour:g}", expected))
        hours_given[name].add(int(hour))
        factor = _number(factor_text)
        if not 0 < factor <= highest:
            field = "factor" if "factor" in header else hour_text
            problems.append(Problem(file, field, line, factor_text, wanted))
        found[name][int(hour)] = factor
    for name, given in hours_given.items():
        missing = [str(hour) for hour in range(_HOURS) if hour not in given]
        if missing:
            expected = f"all hours 0 to 23 of {name!r}; there is no {', '.join(missing)}"
            problems.append(Problem(file, "hour", expected=expected))
    if not rows:
        problems.append(Problem(file, expected="at least one row below the header"))
    if problems:
        raise InputError(dict.fromkeys(problems))
    factors = [[found[name][hour] for hour in range(_HOURS)] for name in found]
    return SpeedProfile(tuple(found), np.array(factors), file)


def _cells(
    file: str, header: list[str], lines: list[list[str]]
) -> Iterator[tuple[int, str, str, str] | Problem]:
    """Give line, class, hour and factor of each cell of a long or a wide table."""
    wide = {name: place for place, name in enumerate(header) if name.isdecimal()}
    needed = ("highway",) if wide else ("highway", "hour", "factor")
    absent = [name for name in needed if name not in header]
    if absent or len(set(header)) < len(header):
        for name in absent:
            expected = "columns highway, hour, factor; or highway and one for each hour 0 to 23"
            yield Problem(file, name, 1, ", ".join(header), expected)
        if not absent:
            yield Problem(file, row=1, value=", ".join(header), expected="each column once")
        return
    at = header.index("highway")
    for line, row in enumerate(lines, start=2):
        cells = [cell.strip() for cell in row]
        if not any(cells):
            continue
        if len(cells) != len(header):
            expected = f"{len(header)} cells as in the header, found {len(cells)}"
            yield Problem(file, "", line, ",".join(cells)[:80], expected)
        elif wide:
            for hour, place in wide.items():
                yield line, cells[at], hour, cells[place]
        else:
            hour, factor = cells[header.index("hour")], cells[header.index("factor")]
            yield line, cells[at], hour, factor


def _known_classes() -> tuple[str, ...]:
    table = read_table("network_classes")
    drivable = [str(name) for name in table.index[table["value"] == "drivable"]]
    return tuple(dict.fromkeys([*drivable, *_classes()]))


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")
