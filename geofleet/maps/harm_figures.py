"""Where the harm is, in numbers: how much, on how few streets, in which hours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.emissions.model import QUANTITIES
from geofleet.layers import Layer
from geofleet.layers.schemas import HARMS

__all__ = ["HarmFigures", "StreetHours", "harm_figures", "street_hours"]

_HOURS = 24
_M_PER_KM = 1000.0
_WORST = 0.01
"""Share of street-kilometres that are called the worst."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class StreetHours:
    """Streets with traffic, both directions as one, and what happens on them by hour.

    Parameters
    ----------
    streets
        GeoDataFrame by street: ``name, highway, length_m, geometry``.
    values
        Sums over the service dates by column of ``link_hours``, shape (streets, 24); NaN where a
        direction with traffic is unknown.
    """

    streets: pd.DataFrame
    values: Mapping[str, Floats]

    def per_km(self, column: str) -> Floats:
        """Return a column for each kilometre of street; NaN for streets without length."""
        km = self.streets["length_m"].to_numpy(np.float64) / _M_PER_KM
        values = self.values[column]
        out = np.full(values.shape, np.nan)
        np.divide(values, km[:, None], out=out, where=km[:, None] > 0)
        return out

    def day(self, column: str) -> Floats:
        """Return sums over the hours, shape (streets,); NaN where any hour is unknown."""
        return np.asarray(self.values[column].sum(axis=1))


def street_hours(layers: Mapping[str, Layer]) -> StreetHours:
    """Sum the two directions of each street, hour by hour.

    Parameters
    ----------
    layers
        ``links`` and ``link_hours``.
    """
    links, hours = layers["links"].frame, layers["link_hours"].frame
    street, place = np.unique(links["street"].to_numpy(), return_inverse=True)
    first = links.groupby("street")[["name", "highway", "length_m", "geometry"]].first()
    streets = first.reindex(street)
    row_of = pd.Series(place, index=links["edge"].to_numpy())
    at = (row_of.reindex(hours["edge"]).to_numpy(np.int64), hours["hour"].to_numpy(np.int64))
    values = {}
    for name in ("vehicles", *QUANTITIES, *HARMS):
        sums = np.zeros((len(street), _HOURS))
        np.add.at(sums, at, hours[name].to_numpy(np.float64))
        values[name] = sums
    return StreetHours(streets, values)


@dataclass(frozen=True)
class HarmFigures:
    """What a planner asks first of the harm of one pollutant.

    Parameters
    ----------
    column
        Harm column of ``links`` that the figures are of.
    total
        Persons·µg/m³·h over the service dates, of streets where it is known; NaN where it is
        nowhere.
    worst_share
        Part of it on the worst hundredth of street-kilometres with freight (by harm per km).
    half_km_share
        Least part of street-kilometres with freight that half of it comes from.
    street_km
        Streets with freight.
    by_hour
        Persons·µg/m³·h, shape (24,).
    hour
        Hour of most harm, None where there is none.
    half_hours
        First and last hour (inclusive) of the shortest span of the day with half of the harm; it
        may go over midnight.
    grams, grams_unknown
        What was emitted of the pollutant, and how much of it on streets of unknown harm.
    worst
        Names of the streets with most harm, greatest first, each once.
    """

    column: str
    total: float
    worst_share: float
    half_km_share: float
    street_km: float
    by_hour: Floats
    hour: int | None
    half_hours: tuple[int, int] | None
    grams: float
    grams_unknown: float
    worst: tuple[str, ...]

    @property
    def known(self) -> bool:
        """Whether any harm is known and there is some."""
        return bool(np.isfinite(self.total) and self.total > 0)


def harm_figures(
    layers: Mapping[str, Layer] | StreetHours, column: str = "harm_pm25_exhaust", *, named: int = 3
) -> HarmFigures:
    """Return the key figures of the harm.

    Parameters
    ----------
    layers
        ``links`` and ``link_hours``, or what :func:`street_hours` made of them.
    column
        ``harm_pm25_exhaust``, ``harm_pm25_wear`` or ``harm_nox``.
    named
        How many of the worst streets are named.
    """
    hours = layers if isinstance(layers, StreetHours) else street_hours(layers)
    harm = hours.day(column)
    known = np.isfinite(harm)
    grams = hours.day(HARMS[column])
    length = hours.streets["length_m"].to_numpy(np.float64)
    by_hour = hours.values[column][known].sum(axis=0)
    total = float(harm[known].sum()) if known.any() else np.nan
    some = bool(known.any() and total > 0)
    worst, half = _concentration(harm[known], length[known]) if some else (np.nan, np.nan)
    return HarmFigures(
        column=column, total=total, worst_share=worst, half_km_share=half,
        street_km=float(length.sum() / _M_PER_KM), by_hour=by_hour,
        hour=int(np.argmax(by_hour)) if some else None,
        half_hours=_half_span(by_hour) if some else None,
        grams=float(grams.sum()), grams_unknown=float(grams[~known].sum()),
        worst=_names(hours.streets, harm, named) if some else (),
    )  # fmt: skip


def _concentration(harm: Floats, length: Floats) -> tuple[float, float]:
    """Return the share of harm on the worst kilometres, and the share of them with half of it."""
    per_metre = np.divide(harm, length, out=np.full(len(harm), np.inf), where=length > 0)
    order = np.argsort(-per_metre, kind="stable")
    road = np.append(0.0, np.cumsum(length[order]) / length.sum())
    done = np.append(0.0, np.cumsum(harm[order]) / harm.sum())
    # a street that stands at the limit is counted in part
    return float(np.interp(_WORST, road, done)), float(np.interp(0.5, done, road))


def _half_span(by_hour: Floats) -> tuple[int, int]:
    """Return the shortest run of hours with half of the sum; of equal ones the one with most."""
    twice = np.append(0.0, np.cumsum(np.tile(by_hour, 2)))
    for size in range(1, _HOURS):
        sums = twice[size : size + _HOURS] - twice[:_HOURS]
        if sums.max() >= by_hour.sum() / 2:
            start = int(np.argmax(sums))
            return start, (start + size - 1) % _HOURS
    return 0, _HOURS - 1


def _names(streets: pd.DataFrame, harm: Floats, count: int) -> tuple[str, ...]:
    frame = pd.DataFrame({"name": streets["name"].to_numpy(object), "harm": harm})
    sums = frame.dropna().groupby("name", sort=True)["harm"].sum()
    largest = sums[sums > 0].sort_values(ascending=False, kind="stable").head(count)
    return tuple(str(name) for name in largest.index)
