"""What emissions are summed by: the label of each traversal under a key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.emissions.prepare import last_year
from geofleet.errors import InputError, Problem

if TYPE_CHECKING:
    import geopandas as gpd

    from geofleet.fleet import Fleet
    from geofleet.network import RoadNetwork
    from geofleet.routes import Traversals

__all__ = [
    "AGE_KEYS",
    "ENGINE_KEYS",
    "ENGINE_STANDARD",
    "FLOW_KEYS",
    "KEYS",
    "LINK_KEYS",
    "OUTSIDE",
    "UNKNOWN",
    "Labels",
    "ages",
    "as_keys",
    "as_text",
    "certified",
    "combine",
    "link_labels",
    "refuse",
    "traversal_labels",
]

LINK_KEYS = ("edge", "hour", "highway", "zone")
"""Keys of place and time."""
ENGINE_STANDARD = "engine_standard"
"""Standard of the engine: a vehicle of unknown standard is the mixture that it may have."""
ENGINE_KEYS = ("vehicle_class", "fuel", "standard", ENGINE_STANDARD)
"""Keys of the vehicle that flows know; their ``standard`` is that of the engine."""
AGE_KEYS = ("model_year", "age")
"""Keys of the age of the vehicle."""
FLOW_KEYS = (*LINK_KEYS, *ENGINE_KEYS, *AGE_KEYS)
"""Keys of flows."""
KEYS = (
    *FLOW_KEYS, "vehicle_id", "operator_id", "operator_size", "date",
)  # fmt: skip
"""Keys of traversals; their ``standard`` is what the fleet table says."""

UNKNOWN, OUTSIDE = "unknown", "outside"
_NOT_STATED = "unknown (not stated)"
_AGES = "age.upper_years"
_MOST = 2**62
_STAGES = {"epa_2010_early": "epa_2010", "epa_2010_mature": "epa_2010"}

Codes = npt.NDArray[np.int64]
Labels = tuple[Codes, pd.Index]
"""Number of each row's label, and the labels in the order in which they are shown."""


def as_keys(by: str | Sequence[str]) -> tuple[str, ...]:
    """Return keys, or names of any kind, of which one alone may be given as text."""
    return (by,) if isinstance(by, str) else tuple(by)


def as_text(value: object) -> str:
    """Return a label; a whole number that a missing neighbour made a float is still whole."""
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value)


def certified(standard: str) -> str:
    """Return the standard that fleet tables name: both stages of EPA 2010 are one."""
    return _STAGES.get(standard, standard)


def refuse(by: Sequence[str], known: Sequence[str], *, zones: bool) -> None:
    """Raise one error for keys that do not exist, stand twice or need zones that are not given."""
    name = "keys of an inventory"
    expected = "one of " + ", ".join(known)
    problems = [Problem(name, "by", value=str(key), expected=expected)
                for key in by if key not in known]  # fmt: skip
    problems += [
        Problem(name, "by", value=str(key), expected="each key once")
        for key in dict.fromkeys(by)
        if list(by).count(key) > 1
    ]
    if "zone" in by and not zones:
        problems.append(Problem(name, "zones", expected="polygons, to sum by zone"))
    if problems:
        raise InputError(problems)


def link_labels(
    key: str,
    network: RoadNetwork,
    *,
    edge: npt.NDArray[np.int32],
    hour: npt.NDArray[np.int8],
    zones: gpd.GeoDataFrame | None,
    zone_column: str,
) -> Labels:
    """Return the labels of a key of place or time for rows of edge and hour."""
    if key == "hour":
        return hour.astype(np.int64), pd.RangeIndex(24)
    if key == "edge":
        found, code = np.unique(edge, return_inverse=True)
        return code.astype(np.int64), pd.Index(found)
    if key == "highway":
        # Classes that nobody drives on are dropped when the groups are made.
        code, names = _factorised(network.edges["highway"])
        return code[edge], names
    from geofleet.traffic import zones_of_links

    assert zones is not None  # see refuse()
    zone = zones_of_links(network, zones, zone_column).astype(np.int64)
    names = pd.Index([*zones[zone_column].map(as_text), OUTSIDE])
    taken = np.flatnonzero(names[:-1] == OUTSIDE)
    if len(taken):
        expected = f"another name: {OUTSIDE!r} stands for links outside of all zones"
        raise InputError([Problem("zones", zone_column, int(taken[0]) + 1, OUTSIDE, expected)])
    return np.where(zone < 0, len(zones), zone)[edge], names


def traversal_labels(
    traversals: Traversals,
    network: RoadNetwork,
    fleet: Fleet,
    *,
    by: Sequence[str],
    zones: gpd.GeoDataFrame | None,
    zone_column: str,
    year: int | None,
    defaults: Defaults,
) -> list[Labels]:
    """Return the labels of every traversal under each key, that of the engine left out."""
    refuse(by, KEYS, zones=zones is not None)
    frame, days = traversals.frame, traversals.vehicle_days
    of_day = frame["vehicle_day"].to_numpy()
    out = []
    for key in by:
        if key == ENGINE_STANDARD:
            continue
        if key in LINK_KEYS:
            out.append(
                link_labels(
                    key, network, edge=frame["edge"].to_numpy(), hour=traversals.hour,
                    zones=zones, zone_column=zone_column,
                )
            )  # fmt: skip
            continue
        if key == "age":
            model_year = pd.to_numeric(_of_days(days, "model_year", fleet), errors="coerce")
            now = last_year(days) if year is None else year
            code, names = ages(model_year.to_numpy(np.float64), now, defaults)
        else:
            # A standard that the table calls unknown and one that it does not say are one thing.
            code, names = _factorised(_of_days(days, key, fleet), apart=key != "standard")
        out.append((code[of_day], names))
    return out


def combine(labels: Sequence[Labels], by: Sequence[str], count: int) -> Labels:
    """Return one number for each combination of labels that occurs, and the combinations."""
    if not labels:
        return np.zeros(count, dtype=np.int64), pd.Index(["all"], name="total")
    code = np.zeros(count, dtype=np.int64)
    size = 1
    for codes, names in labels:
        if size * max(len(names), 1) > _MOST:
            found, code = np.unique(code, return_inverse=True)
            size = len(found)
        code = code * len(names) + codes
        size *= max(len(names), 1)
    # One row of each combination says its labels.
    _, first, code = np.unique(code, return_index=True, return_inverse=True)
    levels = [names.take(codes[first]) for codes, names in labels]
    if len(levels) == 1:
        return code.astype(np.int64), levels[0].rename(by[0])
    return code.astype(np.int64), pd.MultiIndex.from_arrays(levels, names=list(by))


def ages(model_year: npt.NDArray[np.float64], year: int | None, defaults: Defaults) -> Labels:
    """Return the age group of vehicles in a calendar year."""
    text = defaults.text("inventory", _AGES)
    try:
        ends = [int(part) for part in text.split(";")]
    except ValueError:
        ends = []
    if not ends or ends != sorted(set(ends)) or ends[0] < 0:
        expected = "whole years, ascending, joined by ';'"
        raise InputError([Problem("default table inventory", _AGES, value=text, expected=expected)])
    starts = [0, *(end + 1 for end in ends[:-1])]
    names = [f"{a}-{b}" for a, b in zip(starts, ends, strict=True)]
    names += [f">{ends[-1]}", UNKNOWN]
    # A vehicle of next year's model is new.
    age = np.maximum((np.nan if year is None else float(year)) - model_year, 0.0)
    code = np.searchsorted(np.array(ends, dtype=np.float64), age)
    return np.where(np.isnan(age), len(names) - 1, code).astype(np.int64), pd.Index(names)


def _of_days(days: pd.DataFrame, key: str, fleet: Fleet) -> pd.Series:
    """Return a property of the vehicle of each vehicle-day, missing where it is not known."""
    if key in ("vehicle_id", "operator_id", "vehicle_class", "date"):
        return days[key].astype(object)
    if key == "operator_size":
        known = fleet.operators["operator_size"]
        return known.reindex(days["operator_id"]).reset_index(drop=True).astype(object)
    if key not in fleet.vehicles.columns:
        return pd.Series([None] * len(days), dtype=object)
    return fleet.vehicles[key].reindex(days["vehicle_id"]).reset_index(drop=True).astype(object)


def _factorised(values: pd.Series, *, apart: bool = True) -> Labels:
    """Return codes and sorted labels as text; what is missing is unknown.

    Where ``apart``, a group that is really called so is kept apart from what is missing.
    """
    known = values.notna()
    labels = values.astype(object).where(known, None).map(as_text)
    missing = _NOT_STATED if apart and (labels[known] == UNKNOWN).any() else UNKNOWN
    code, names = pd.factorize(labels.where(known, missing), sort=True)
    return code.astype(np.int64), pd.Index(names)
