"""Speeds over the day: what share of its free speed a road keeps in each hour."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults, read_table
from geofleet.errors import InputError, Problem

__all__ = ["HourlySpeeds", "hourly_speeds"]

_TABLE = "traffic_speed_profile"
_OTHER = "other"
_HOURS = 24


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
    factors: npt.NDArray[np.float64]
    edge_row: npt.NDArray[np.int32]

    def __post_init__(self) -> None:
        """Check the factors."""
        if self.factors.shape != (len(self.names), _HOURS):
            expected = f"{len(self.names)} rows of {_HOURS} hours"
            raise InputError([Problem(_TABLE, value=str(self.factors.shape), expected=expected)])
        wrong = np.argwhere(~(np.isfinite(self.factors) & (self.factors > 0)))
        if len(wrong):
            raise InputError(
                Problem(_TABLE, f"{self.names[row]}.{hour}", value=f"{self.factors[row, hour]:g}",
                        expected="a share of the free speed above 0")
                for row, hour in wrong.tolist()
            )  # fmt: skip

    @property
    def best(self) -> npt.NDArray[np.float64]:
        """Highest factor of the day for each link."""
        highest: npt.NDArray[np.float64] = self.factors.max(axis=1)[self.edge_row]
        return highest


@lru_cache(maxsize=1)
def _classes() -> tuple[str, ...]:
    rows = read_table(_TABLE).index
    return tuple(dict.fromkeys(str(row).rpartition(".")[0] for row in rows))


def hourly_speeds(highway: pd.Series, *, defaults: Defaults | None = None) -> HourlySpeeds:
    """Give each link its row of hourly speed factors.

    A ramp (``*_link``) follows its road; a class that table ``traffic_speed_profile`` does not
    hold follows its row ``other``.

    Parameters
    ----------
    highway
        Road class of each link (OpenStreetMap ``highway``).
    """
    source = defaults or Defaults()
    known = set(_classes())
    codes, values = pd.factorize(highway.astype(object), use_na_sentinel=False)
    parents = []
    for value in values:
        parent = str(value).removesuffix("_link")
        parents.append(parent if parent in known else _OTHER)
    names = tuple(sorted(set(parents)))
    place = {name: row for row, name in enumerate(names)}
    rows = np.array([place[parent] for parent in parents], dtype=np.int32)
    factors = np.array(
        [[source.number(_TABLE, f"{name}.{hour}") for hour in range(_HOURS)] for name in names],
        dtype=np.float64,
    ).reshape(len(names), _HOURS)
    return HourlySpeeds(names=names, factors=factors, edge_row=rows[codes].astype(np.int32))
