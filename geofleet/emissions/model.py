"""TraversalEmissions and LinkEmissions: grams, per traversal and per link and hour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

__all__ = [
    "CARRIERS",
    "CLIMATE",
    "EXHAUST",
    "MEANING",
    "QUANTITIES",
    "WEAR",
    "LinkEmissions",
    "TraversalEmissions",
    "unit_of",
]

EXHAUST = (
    "nox_exhaust_g", "no2_exhaust_g", "pm25_exhaust_g", "bc_exhaust_g", "oc_exhaust_g",
    "co_exhaust_g", "voc_exhaust_g", "ch4_exhaust_g", "n2o_exhaust_g", "nh3_exhaust_g",
    "so2_exhaust_g", "fuel_g", "co2_g",
)  # fmt: skip
CARRIERS = ("energy_mj", "electricity_kwh")
CLIMATE = ("co2e_ttw_g", "co2e_wtt_g", "co2e_wtw_g")
WEAR = ("pm25_wear_g", "pm10_wear_g")
QUANTITIES = EXHAUST + CARRIERS + CLIMATE + WEAR
"""Columns of every emission table, unit at the end of the name; wear is never added to exhaust.

NO2 is part of NOx, black and organic carbon are parts of PM2.5, energy holds fuel and electricity,
and well-to-wheel is tank-to-wheel plus well-to-tank: such columns are never added up.
"""

VEHICLE_DAYS, WHOLE_FLOWS = "vehicle-days", "flows"
OTHER_FLOWS = "flows without known vehicles"
"""What link emissions can be of."""

MEANING = {
    "nox_exhaust_g": "nitrogen oxides from the exhaust, as NO2",
    "no2_exhaust_g": "nitrogen dioxide from the exhaust, part of the nitrogen oxides",
    "pm25_exhaust_g": "fine particles from the exhaust",
    "bc_exhaust_g": "black carbon, part of the fine particles from the exhaust",
    "oc_exhaust_g": "organic carbon, part of the fine particles from the exhaust",
    "co_exhaust_g": "carbon monoxide from the exhaust",
    "voc_exhaust_g": "volatile organic compounds from the exhaust (gas engines: without methane)",
    "ch4_exhaust_g": "methane from the exhaust",
    "n2o_exhaust_g": "nitrous oxide from the exhaust",
    "nh3_exhaust_g": "ammonia from the exhaust",
    "so2_exhaust_g": "sulphur dioxide from the sulphur of the fuel",
    "fuel_g": "fuel burnt",
    "co2_g": "carbon dioxide from the fuel, tank to wheel",
    "energy_mj": "energy of fuel and of electricity that the vehicle uses",
    "electricity_kwh": "electricity that the vehicle uses",
    "co2e_ttw_g": "carbon dioxide, methane and nitrous oxide as CO2 equivalents, tank to wheel",
    "co2e_wtt_g": "CO2 equivalents of providing fuel and electricity, well to tank",
    "co2e_wtw_g": "CO2 equivalents, well to wheel",
    "pm25_wear_g": "fine particles from tyres, brakes and road wear",
    "pm10_wear_g": "coarse and fine particles from tyres, brakes and road wear",
}
"""What each quantity is."""


def unit_of(quantity: str) -> str:
    """Return the unit of a quantity."""
    return {"mj": "MJ", "kwh": "kWh"}.get(quantity.rpartition("_")[2], "g")


@dataclass(frozen=True)
class TraversalEmissions:
    """What each traversal emits.

    Parameters
    ----------
    grams
        Columns ``QUANTITIES`` (float64), rows aligned with ``Traversals.frame``.
    flags
        Named counts of what was done to stay inside the published functions:
        ``speed_below_range``, ``speed_above_range``, ``grade_clamped``, ``factor_repaired``…
    flagged_km
        Kilometres driven under each flag.
    factors
        The published functions behind the grams, one row per segment, standard and pollutant:
        ``emep_segment, standard, technology, pollutant, source, year, status, factor_ids``
        (rows of the factor table, over slopes and loads), ``repaired`` (how many of them are
        guarded) and ``note``.
    processes
        Grams in all by process: rows ``hot``, ``cold_start``, ``idle``, ``wear``, columns
        ``QUANTITIES``; they add up to the sum of ``grams``.
    provenance
        Default rows used.
    """

    grams: pd.DataFrame
    factors: pd.DataFrame = field(default_factory=pd.DataFrame)
    flags: Mapping[str, int] = field(default_factory=dict)
    flagged_km: Mapping[str, float] = field(default_factory=dict)
    processes: pd.DataFrame = field(default_factory=pd.DataFrame)
    provenance: tuple[str, ...] = ()


@dataclass(frozen=True)
class LinkEmissions:
    """Emissions per link and hour of the day, from traversals, from flows, or from both.

    Parameters
    ----------
    frame
        Columns ``edge`` (int32), ``hour`` (int8), ``vehicles`` (passages) and ``QUANTITIES``;
        sorted by ``edge, hour``; only pairs with traffic.
    flags, flagged_km
        As in ``TraversalEmissions``: passages of vehicles over links, and their kilometres.
    factors
        As in ``TraversalEmissions``.
    parts
        What they are of: ``vehicle-days``, ``flows``, ``flows without known vehicles``.
    provenance
        Default rows used.
    vehicle_days
        Vehicle and date of each known vehicle-day in it.
    """

    frame: pd.DataFrame
    flags: Mapping[str, float] = field(default_factory=dict)
    flagged_km: Mapping[str, float] = field(default_factory=dict)
    factors: pd.DataFrame = field(default_factory=pd.DataFrame)
    parts: tuple[str, ...] = ()
    provenance: tuple[str, ...] = ()
    vehicle_days: frozenset[tuple[str, str]] = frozenset()

    @property
    def edges(self) -> npt.NDArray[np.int32]:
        """Edge numbers with traffic, ascending, each once."""
        return np.unique(self.frame["edge"].to_numpy(np.int32))

    def matrix(self, quantity: str) -> npt.NDArray[np.float64]:
        """Return one quantity as an array of shape (len(edges), 24)."""
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
        """Return the day's sums by edge number."""
        return self.frame.drop(columns="hour").groupby("edge", sort=True).sum()

    def by_hour(self) -> pd.DataFrame:
        """Return sums by hour of day, all 24 hours."""
        hours = self.frame.drop(columns="edge").groupby("hour", sort=True).sum()
        return hours.reindex(range(24), fill_value=0.0)

    def total(self) -> pd.Series:
        """Return what is emitted in all, by quantity."""
        return self.frame[list(QUANTITIES)].sum()

    def times(self, days: float) -> LinkEmissions:
        """Return the emissions of as many equal days."""
        frame = self.frame.copy()
        summed = ["vehicles", *QUANTITIES]
        frame[summed] = frame[summed] * days
        return replace(
            self,
            frame=frame,
            flags={name: count * days for name, count in self.flags.items()},
            flagged_km={name: km * days for name, km in self.flagged_km.items()},
        )

    def plus(self, other: LinkEmissions) -> LinkEmissions:
        """Return the sum with emissions on the same network.

        Raises
        ------
        ValueError
            Emissions added to themselves, vehicle-days that are in both, or known vehicle-days and
            flows that may hold the same vehicles: take them out with
            :meth:`geofleet.traffic.LinkFlows.without`.
        """
        if other is self:
            raise ValueError("emissions cannot be added to themselves")
        if both := sorted(self.vehicle_days & other.vehicle_days):
            vehicle, date = both[0]
            raise ValueError(
                f"{len(both)} vehicle-days are in both and would count twice, first that of "
                f"vehicle {vehicle} on {date}"
            )
        if {*self.parts, *other.parts} >= {VEHICLE_DAYS, WHOLE_FLOWS}:
            raise ValueError(
                "known vehicle-days and whole flows would count vehicles twice: take the known "
                "ones out of the flows with LinkFlows.without"
            )
        rows = pd.concat([self.frame, other.frame], ignore_index=True)
        frame = rows.groupby(["edge", "hour"], sort=True, as_index=False).sum()
        return LinkEmissions(
            frame=frame.astype({"edge": np.int32, "hour": np.int8}),
            flags=_sums(self.flags, other.flags),
            flagged_km=_sums(self.flagged_km, other.flagged_km),
            factors=pd.concat([self.factors, other.factors], ignore_index=True),
            parts=tuple(dict.fromkeys((*self.parts, *other.parts))),
            provenance=tuple(sorted({*self.provenance, *other.provenance})),
            vehicle_days=self.vehicle_days | other.vehicle_days,
        )


def _sums(one: Mapping[str, float], other: Mapping[str, float]) -> dict[str, float]:
    return {name: one.get(name, 0) + other.get(name, 0) for name in dict.fromkeys([*one, *other])}
