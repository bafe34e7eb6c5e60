"""Renewal: what became of a fleet, by year and by whatever one asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.economics.renewal.costs import RenewalCosts, technology_of
from geofleet.economics.renewal.factors import QUANTITIES
from geofleet.economics.renewal.kinds import FAILED, FITTED
from geofleet.economics.renewal.model import OLDEST, Kind
from geofleet.economics.renewal.money import money_by_size, money_by_year
from geofleet.economics.renewal.packages import RenewalPackage
from geofleet.errors import InputError, Problem

__all__ = ["KEYS", "Renewal"]

Floats = npt.NDArray[np.float64]

KEYS = (
    "vehicle_class", "operator_size", "age", "age_band", "fuel", "standard", "aftertreatment",
    "technology",
)  # fmt: skip
"""What tables can be split by; ``technology`` is what was bought, a fitted filter apart."""

_IN = ("new", "imported", "bought")
_OUT = ("scrapped", "capped", "granted", "pushed_out", "sold_on")
_ADDED = {"new": "new", "imported": "imported", "scrapped": "scrapped", "capped": "capped",
          "granted": "granted", "pushed_out": "pushed_out", "fitted": "fitted",
          "cracked": "cracked"}  # fmt: skip


@dataclass(frozen=True)
class Renewal:
    """A fleet over the years.

    Parameters
    ----------
    package
        What was done.
    years
        Calendar years (years,); the first is the stock that was given.
    classes, sizes, kinds
        Names along the axes.
    vehicles
        (years, classes, sizes, ages, kinds).
    moved
        Vehicles that moved in each year, by flow, same shape: ``scrapped`` by age, ``capped`` by an
        age cap, ``granted`` scrapped for a grant, ``pushed_out`` as others took their work,
        ``sold_on`` and ``bought`` between sizes of operator, ``imported``, ``new``; ``fitted``
        with a filter and ``cracked`` change the kind alone.
    paid
        Vehicles that public money was paid for (``replaced``, ``filters``): for each year after the
        first one array per measure in force.
    km
        Of one vehicle in a year (years, classes, ages).
    factors
        Quantities per kilometre (years, classes, ages, kinds, ``QUANTITIES``); NaN throughout where
        emissions were not asked for.
    harm_per_g
        Persons·µg/m3·h behind a gram of PM2.5 (classes,); NaN where unknown.
    costs
        Prices; None where money was not asked for.
    bands
        Largest ages of the bands in tables.
    old_from_age
        Older vehicles count as old.
    provenance
        Default rows used.
    """

    package: RenewalPackage
    years: npt.NDArray[np.int64]
    classes: tuple[str, ...]
    sizes: tuple[str, ...]
    kinds: tuple[Kind, ...]
    vehicles: Floats
    moved: Mapping[str, Floats]
    paid: Mapping[str, list[list[Floats]]]
    km: Floats
    factors: Floats
    harm_per_g: Floats
    costs: RenewalCosts | None
    bands: tuple[int, ...]
    old_from_age: float
    provenance: tuple[str, ...] = ()

    def stock_by(self, *keys: str) -> pd.DataFrame:
        """Return vehicles by year (rows) and keys (columns)."""
        return self._split(self.vehicles, keys)

    def moved_by(self, flow: str, *keys: str) -> pd.DataFrame:
        """Return the vehicles of a flow by year and keys; ages are those at the year's end."""
        if flow not in self.moved:
            expected = "one of " + ", ".join(self.moved)
            raise InputError([Problem("renewal", "flow", 0, flow, expected)])
        return self._split(self.moved[flow], keys)

    def emissions_by(self, quantity: str, *keys: str) -> pd.DataFrame:
        """Return a quantity of a year by year and keys: grams, MJ, kWh, or ``harm``."""
        if quantity == "harm_person_ug_m3_h":
            pm = self._quantity("pm25_exhaust_g") + self._quantity("pm25_wear_g")
            return self._split(pm * self.harm_per_g[None, :, None, None, None], keys)
        if quantity not in QUANTITIES:
            expected = "one of " + ", ".join((*QUANTITIES, "harm_person_ug_m3_h"))
            raise InputError([Problem("renewal", "quantity", 0, quantity, expected)])
        return self._split(self._quantity(quantity), keys)

    @cached_property
    def flows(self) -> pd.DataFrame:
        """Balance of each year, class and size: stock before, what came, what went, stock after."""
        index = pd.MultiIndex.from_product(
            [self.years[1:], self.classes, self.sizes],
            names=["year", "vehicle_class", "operator_size"],
        )
        held = self.vehicles.sum(axis=(3, 4))
        columns = {"before": held[:-1]}
        columns |= {name: self.moved[name].sum(axis=(3, 4))[1:] for name in (*_IN, *_OUT)}
        columns["after"] = held[1:]
        return pd.DataFrame({name: part.ravel() for name, part in columns.items()}, index=index)

    @cached_property
    def yearly(self) -> pd.DataFrame:
        """Return the main figures of each year.

        Vehicles, ages and flows; kilometres; grams of the year; harm; money of the year at prices
        of one year (:func:`money_by_year`). ``turnover`` is what left the road over the stock
        before.
        """
        ages = np.arange(OLDEST + 1)
        by_age = self.vehicles.sum(axis=(1, 2, 4))
        total = by_age.sum(axis=1)
        found = {
            "vehicles": total,
            "mean_age": _ratio(by_age @ ages, total),
            "older_than_10_share": _ratio(by_age[:, ages > 10].sum(axis=1), total),
            "old": by_age[:, ages > self.old_from_age].sum(axis=1),
        }
        found |= {name: self.moved[flow].sum(axis=(1, 2, 3, 4)) for name, flow in _ADDED.items()}
        found["changed_hands"] = self.moved["bought"].sum(axis=(1, 2, 3, 4))
        gone = sum(self.moved[name].sum(axis=(1, 2, 3, 4)) for name in _OUT if name != "sold_on")
        found["turnover"] = np.concatenate([[np.nan], _ratio(gone[1:], total[:-1])])
        found["km"] = (self.vehicles.sum(axis=(2, 4)) * self.km).sum(axis=(1, 2))
        for name in QUANTITIES:
            found[name] = self._quantity(name).sum(axis=(1, 2, 3, 4))
        found["harm_person_ug_m3_h"] = self.emissions_by("harm_person_ug_m3_h")["all"].to_numpy()
        table = pd.DataFrame(found, index=pd.Index(self.years, name="year"))
        return table.join(money_by_year(self)) if self.costs is not None else table

    @cached_property
    def owners(self) -> pd.DataFrame:
        """Who owns the old vehicles that remain: by year and size, how many, and of which ages."""
        old = np.arange(OLDEST + 1) > self.old_from_age
        by = self.vehicles.sum(axis=(1, 4))
        index = pd.MultiIndex.from_product(
            [self.years, self.sizes], names=["year", "operator_size"]
        )
        number = by[:, :, old].sum(axis=2)
        all_old = number.sum(axis=1, keepdims=True)
        columns = {
            "vehicles": by.sum(axis=2),
            "mean_age": _ratio(by @ np.arange(OLDEST + 1), by.sum(axis=2)),
            "old": number,
            "old_share_of_own": _ratio(number, by.sum(axis=2)),
            "share_of_all_old": _ratio(number, np.broadcast_to(all_old, number.shape)),
        }
        columns |= {f"age_{name}": part for name, part in zip(*self._age_bands(by), strict=True)}
        return pd.DataFrame({name: part.ravel() for name, part in columns.items()}, index=index)

    @cached_property
    def money_by_size(self) -> pd.DataFrame:
        """Money by year and operator size, what used vehicles cost and brought included."""
        return money_by_size(self)

    def _age_bands(self, by: Floats) -> tuple[list[str], list[Floats]]:
        names, parts = [], []
        edges = [-1, *self.bands, OLDEST]
        for low, high in pairwise(edges):
            names.append(f"{low + 1}-{high}" if high < OLDEST else f"{low + 1}+")
            parts.append(by[..., low + 1 : high + 1].sum(axis=-1))
        return names, parts

    def _quantity(self, name: str) -> Floats:
        """Return a quantity of a year (years, classes, sizes, ages, kinds)."""
        factor = self.factors[..., QUANTITIES.index(name)] * self.km[..., None]
        found: Floats = self.vehicles * factor[:, :, None]
        return found

    def _labels(self, key: str) -> tuple[int, Sequence[object]]:
        """Return the axis of a key (1 classes, 2 sizes, 3 ages, 4 kinds) and its labels."""
        if key == "vehicle_class":
            return 1, self.classes
        if key == "operator_size":
            return 2, self.sizes
        if key == "age":
            return 3, range(OLDEST + 1)
        if key == "age_band":
            edges = [*self.bands, OLDEST]
            names, _ = self._age_bands(np.zeros(OLDEST + 1))
            return 3, [names[int(np.searchsorted(edges, age))] for age in range(OLDEST + 1)]
        if key == "technology":
            return 4, [_technology(kind) for kind in self.kinds]
        if key in Kind._fields:
            return 4, [getattr(kind, key) for kind in self.kinds]
        raise InputError([Problem("renewal", "key", 0, key, "one of " + ", ".join(KEYS))])

    def _split(self, values: Floats, keys: Sequence[str]) -> pd.DataFrame:
        """Sum values of shape (years, classes, sizes, ages, kinds) by year and keys."""
        index = pd.Index(self.years, name="year")
        if not keys:
            return pd.DataFrame({"all": values.sum(axis=(1, 2, 3, 4))}, index=index)
        found = [self._labels(key) for key in keys]
        axes = sorted({axis for axis, _ in found})
        away = tuple(axis for axis in (1, 2, 3, 4) if axis not in axes)
        small = values.sum(axis=away)
        flat = small.reshape(len(self.years), -1)
        grid = np.meshgrid(*(np.arange(values.shape[axis]) for axis in axes), indexing="ij")
        at = {axis: part.ravel() for axis, part in zip(axes, grid, strict=True)}
        columns = [np.array(list(labels), object)[at[axis]] for axis, labels in found]
        names = pd.MultiIndex.from_arrays(columns, names=list(keys)) if len(keys) > 1 else pd.Index(
            columns[0], name=keys[0]
        )  # fmt: skip
        codes, distinct = pd.factorize(names)
        sums = np.zeros((len(distinct), len(self.years)))
        np.add.at(sums, codes, flat.T)
        return pd.DataFrame(sums.T, index=index, columns=distinct)


def _technology(kind: Kind) -> str:
    """Return what was bought, and what became of a filter that was fitted."""
    states = kind.aftertreatment.split(";")
    if FITTED in states:
        return f"{technology_of(kind)}, filter fitted"
    return f"{technology_of(kind)}, filter cracked" if FAILED in states else technology_of(kind)


def _ratio(part: Floats, whole: Floats) -> Floats:
    """Return part over whole; NaN of nothing."""
    found: Floats = np.divide(part, whole, out=np.full(whole.shape, np.nan), where=whole > 0.0)
    return found
