"""TraversalEmissions and LinkEmissions: grams, per traversal and per link and hour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

__all__ = ["EXHAUST", "QUANTITIES", "WEAR", "LinkEmissions", "TraversalEmissions"]

EXHAUST = ("nox_exhaust_g", "pm25_exhaust_g", "co_exhaust_g", "voc_exhaust_g", "fuel_g", "co2_g")
WEAR = ("pm25_wear_g", "pm10_wear_g")
QUANTITIES = EXHAUST + WEAR
"""Columns of every emission table, all in grams; wear is never added to exhaust."""


@dataclass(frozen=True)
class TraversalEmissions:
    """Grams per traversal.

    Parameters
    ----------
    grams
        Columns ``QUANTITIES`` (float64), rows aligned with ``Traversals.frame``.
    flags
        Named counts of what was done to stay inside the published functions:
        ``speed_below_range``, ``speed_above_range``, ``grade_clamped``, ``factor_repaired``…
    factors
        The published functions behind the grams, one row per segment, standard and pollutant:
        ``emep_segment, standard, technology, pollutant, source, year, status, factor_ids``
        (rows of the factor table, over slopes and loads), ``repaired`` (how many of them are
        guarded) and ``note``.
    provenance
        Default rows used.
    """

    grams: pd.DataFrame
    factors: pd.DataFrame = field(default_factory=pd.DataFrame)
    flags: Mapping[str, int] = field(default_factory=dict)
    provenance: tuple[str, ...] = ()


@dataclass(frozen=True)
class LinkEmissions:
    """Grams per link and hour of the day.

    Parameters
    ----------
    frame
        Columns ``edge`` (int32), ``hour`` (int8), ``vehicles`` (traversals counted) and
        ``QUANTITIES``; sorted by ``edge, hour``; only pairs with traffic.
    provenance
        Default rows used.
    """

    frame: pd.DataFrame
    provenance: tuple[str, ...] = ()

    @property
    def edges(self) -> npt.NDArray[np.int32]:
        """Edge numbers with traffic, ascending, each once."""
        return np.unique(self.frame["edge"].to_numpy(np.int32))

    def matrix(self, quantity: str) -> npt.NDArray[np.float64]:
        """Return grams as an array of shape (len(edges), 24)."""
        edges = self.edges
        out = np.zeros((len(edges), 24))
        row = np.searchsorted(edges, self.frame["edge"].to_numpy(np.int32))
        np.add.at(
            out,
            (row, self.frame["hour"].to_numpy(np.int64)),
            self.frame[quantity].to_numpy(np.float64),
        )
        return out

    def by_link(self) -> pd.DataFrame:
        """Return daily grams by edge number."""
        return self.frame.drop(columns="hour").groupby("edge", sort=True).sum()

    def by_hour(self) -> pd.DataFrame:
        """Return grams by hour of day, all 24 hours."""
        hours = self.frame.drop(columns="edge").groupby("hour", sort=True).sum()
        return hours.reindex(range(24), fill_value=0.0)

    def total(self) -> pd.Series:
        """Return grams in all, by quantity."""
        return self.frame[list(QUANTITIES)].sum()
