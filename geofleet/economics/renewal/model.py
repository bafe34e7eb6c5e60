"""Stock: a fleet by class, operator size, age and kind of engine; no vehicle is known by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.errors import InputError, Problem

__all__ = ["OLDEST", "TECHNOLOGIES", "Kind", "Stock"]

Floats = npt.NDArray[np.float64]

OLDEST = 60
"""The last age; it holds all that are older too."""

TECHNOLOGIES = ("diesel", "euro_6", "cng", "diesel_hybrid", "electric")
"""What a new vehicle can be: diesel as the country certifies, diesel of Euro VI, gas, hybrid,
electric."""


class Kind(NamedTuple):
    """What says how a vehicle of a class and age emits."""

    fuel: str
    standard: str
    technology: str = ""
    aftertreatment: str = ""


@dataclass(frozen=True)
class Stock:
    """Vehicles of a year.

    Parameters
    ----------
    year
        Calendar year.
    country
        ISO 3166 code: certification mix, grid.
    classes, sizes, kinds
        Names along the axes; operator sizes from smallest to largest.
    vehicles
        Numbers of shape (classes, sizes, ages 0 to ``OLDEST``, kinds), at least 0.
    provenance
        Default rows used.

    Raises
    ------
    InputError
        Numbers that are not finite or below zero, or of another shape.
    """

    year: int
    country: str
    classes: tuple[str, ...]
    sizes: tuple[str, ...]
    kinds: tuple[Kind, ...]
    vehicles: Floats
    provenance: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check the numbers."""
        shape = len(self.classes), len(self.sizes), OLDEST + 1, len(self.kinds)
        if self.vehicles.shape != shape:
            expected = f"numbers of shape {shape}: classes, sizes, ages, kinds"
            raise InputError([Problem("stock", "vehicles", 0, str(self.vehicles.shape), expected)])
        if not (np.isfinite(self.vehicles) & (self.vehicles >= 0.0)).all():
            raise InputError([Problem("stock", "vehicles", expected="numbers of at least 0")])

    @property
    def total(self) -> float:
        """All vehicles."""
        return float(self.vehicles.sum())

    def mean_age(self, classes: tuple[str, ...] | None = None) -> float:
        """Return the mean age in years, of some classes where asked; NaN of nothing."""
        by_age = self._by_age(classes)
        whole = by_age.sum()
        return float(by_age @ np.arange(OLDEST + 1) / whole) if whole > 0.0 else float("nan")

    def older_than(self, age: float, classes: tuple[str, ...] | None = None) -> float:
        """Return the share of vehicles older than an age, of some classes where asked."""
        by_age = self._by_age(classes)
        whole = by_age.sum()
        older = by_age[np.arange(OLDEST + 1) > age].sum()
        return float(older / whole) if whole > 0.0 else float("nan")

    def table(self) -> pd.DataFrame:
        """Return one row per class, size, age and kind that has vehicles."""
        at = np.nonzero(self.vehicles)
        kinds = pd.DataFrame(self.kinds, columns=list(Kind._fields)).take(at[3])
        return pd.DataFrame(
            {
                "vehicle_class": np.array(self.classes, object)[at[0]],
                "operator_size": np.array(self.sizes, object)[at[1]],
                "age": at[2],
                "model_year": self.year - at[2],
                **{name: kinds[name].to_numpy() for name in kinds.columns},
                "vehicles": self.vehicles[at],
            }
        )

    def _by_age(self, classes: tuple[str, ...] | None) -> Floats:
        chosen = range(len(self.classes))
        if classes is not None:
            chosen = [self.classes.index(name) for name in classes]  # type: ignore[assignment]
        found: Floats = self.vehicles[list(chosen)].sum(axis=(0, 1, 3))
        return found

    def with_kinds(self, more: Mapping[Kind, None]) -> Stock:
        """Return the same stock with places for further kinds."""
        new = [kind for kind in more if kind not in self.kinds]
        room = np.zeros((*self.vehicles.shape[:3], len(new)))
        return Stock(
            self.year, self.country, self.classes, self.sizes, (*self.kinds, *new),
            np.concatenate([self.vehicles, room], axis=3), self.provenance,
        )  # fmt: skip
