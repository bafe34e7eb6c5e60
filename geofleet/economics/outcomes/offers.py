"""What each vehicle can become: technologies that its engine, class and fuel allow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.economics.options import KEEP
from geofleet.emissions.engines.certification import NoMixError, standards_of
from geofleet.emissions.engines.mixtures import Mixer, Setting, VehicleKind, vehicle_kind
from geofleet.emissions.engines.modifiers import equipment
from geofleet.energy.model import ElectricModels
from geofleet.errors import InputError, Problem
from geofleet.fleet.model import NO_STANDARD, UNKNOWN

__all__ = ["DPF", "ELECTRIC", "TECHNOLOGIES", "Offers", "make_offers"]

DPF, ELECTRIC = "dpf_retrofit", "electric"
TECHNOLOGIES = (DPF, "euro_6", "cng", "diesel_hybrid", ELECTRIC)
"""What a vehicle can become, beside being kept."""

_FUELS = {"euro_6": "diesel", "cng": "cng", "diesel_hybrid": "diesel_hybrid"}
_NEWEST = ("euro_6", "epa_2010")
_STAGE = "epa_2010"
_KIND = ("vehicle_class", "fuel", "standard", "model_year", "technology", "aftertreatment")
_NEEDED = ("vehicle_class", "fuel", "standard", "model_year")
_NO_UREA = "scr_disabled"
Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Offers:
    """Vehicles × options.

    Parameters
    ----------
    table
        One row per option, by vehicle, ``keep`` first: ``vehicle`` (position in the fleet),
        ``option``, ``technology``, ``model`` (position in the models, -1 for none), ``kind``
        (position in ``kinds``).
    kinds
        Kinds of vehicle that are met.
    urea
        Of each kind, the share of its engines that use urea.
    refused
        Vehicles that a technology is not offered to, by technology and reason.
    """

    table: pd.DataFrame
    kinds: tuple[VehicleKind, ...]
    urea: Floats
    refused: dict[str, dict[str, int]]


def make_offers(
    vehicles: pd.DataFrame,
    technologies: Sequence[str],
    models: ElectricModels,
    *,
    country: str | None,
    year: int,
    defaults: Defaults,
) -> Offers:
    """Return the options of each vehicle.

    A retrofit filter goes where the emission functions allow it and there is none that works;
    a vehicle that is new is of the model year ``year`` and certified to Euro VI (to EPA 2010 where
    a country's trucks are certified to that alone); one that would be what it is already is not
    offered. One electric option for each model that replaces the class. Vehicles that are
    electric are kept.

    Raises
    ------
    InputError
        Technologies that do not exist, columns that are missing, vehicles that no emission
        function fits.
    """
    _check(vehicles, technologies)
    told = [name for name in _KIND if name in vehicles.columns]
    cells = vehicles[told].astype(object)
    own, _ = pd.factorize(pd.MultiIndex.from_frame(cells.where(cells.notna(), "")))
    first = np.unique(own, return_index=True)[1]
    maker = _Maker(country, year, defaults)
    kinds = [vehicle_kind(row) for _, row in vehicles.iloc[first].iterrows()]
    for kind, name in zip(kinds, vehicles.index[first], strict=True):
        maker.mixer.mixture(kind, f"vehicle {name}")
    if maker.mixer.problems:
        raise InputError(dict.fromkeys(maker.mixer.problems))
    numbers = {kind: number for number, kind in enumerate(dict.fromkeys(kinds))}
    kept = np.array([numbers[kind] for kind in kinds], dtype=np.int64)
    parts = [_part(KEEP, np.arange(len(vehicles)), kept[own])]
    refused: dict[str, dict[str, int]] = {}
    of_class = _models_by_class(models)
    for technology in technologies:
        made = [maker.turn(kind, technology, of_class) for kind in kinds]
        target = np.array(
            [numbers.setdefault(one, len(numbers)) if isinstance(one, VehicleKind) else -1
             for one in made], dtype=np.int64,
        ).reshape(-1)  # fmt: skip
        reasons = pd.Series([one if isinstance(one, str) else "" for one in made], dtype=object)
        counts = reasons.iloc[own].value_counts()
        refused[technology] = {str(why): int(n) for why, n in counts.items() if why}
        place = np.flatnonzero(target[own] >= 0)
        part = _part(technology, place, target[own][place])
        parts.append(
            _by_model(part, vehicles, models, of_class) if technology == ELECTRIC else part
        )
    maker.rows.finish()
    table = pd.concat(parts, ignore_index=True)
    order = np.argsort(table["vehicle"].to_numpy(), kind="stable")
    urea = np.array([maker.urea(kind) for kind in numbers])
    maker.rows.finish()
    return Offers(table.iloc[order].reset_index(drop=True), tuple(numbers), urea, refused)


class _Maker:
    """Turns kinds of vehicle into others, through the engines that there are."""

    def __init__(self, country: str | None, year: int, defaults: Defaults) -> None:
        self.rows = CheckedRows(defaults)
        self.mixer = Mixer(self.rows, Setting(country=country, year=year))
        self.year = year
        self._newest: dict[str, str] = {}

    def turn(
        self, kind: VehicleKind, technology: str, models: dict[str, list[int]]
    ) -> VehicleKind | str:
        """Return what a kind becomes, or why it cannot."""
        if kind.fuel == ELECTRIC:
            return "electric already"
        if technology == ELECTRIC:
            if not models.get(kind.vehicle_class):
                return "no electric model replaces the class"
            return VehicleKind(kind.vehicle_class, ELECTRIC, NO_STANDARD, self.year)
        if technology == DPF:
            return self._filtered(kind)
        new = VehicleKind(
            kind.vehicle_class, _FUELS[technology], self.newest(kind), self.year
        )  # fmt: skip
        if (kind.fuel, kind.standard, kind.aftertreatment) == (new.fuel, new.standard, ()):
            return "so already"
        return new if self._exists(new) else "no emission function"

    def _filtered(self, kind: VehicleKind) -> VehicleKind | str:
        technologies = self.mixer.technologies
        if DPF in kind.aftertreatment:
            return "so already"
        slot, known = technologies.slot(DPF), technologies.names("state")
        others = (
            one for one in kind.aftertreatment
            if one not in known or technologies.slot(one) != slot
        )  # fmt: skip
        new = replace(kind, aftertreatment=(*others, DPF))
        return new if self._exists(new) else "the engine cannot have one"

    def _exists(self, kind: VehicleKind) -> bool:
        self.mixer.mixture(kind, "vehicle")
        found = not self.mixer.problems
        self.mixer.problems.clear()
        return found

    def newest(self, kind: VehicleKind) -> str:
        """Return the standard of a new engine: Euro VI, or what alone the country certifies."""
        category = self.mixer.category(kind)
        if category not in self._newest:
            try:
                mix = standards_of(
                    self.rows, category=category, standard=UNKNOWN, model_year=self.year,
                    country=self.mixer.setting.country,
                )  # fmt: skip
            except NoMixError:
                mix = ()
            sold = {_STAGE if name.startswith(_STAGE) else name for name, _ in mix}
            found = [name for name in _NEWEST if name in sold]
            self._newest[category] = found[0] if found else _NEWEST[0]
        return self._newest[category]

    def urea(self, kind: VehicleKind) -> float:
        """Return the share of a kind's engines that use urea."""
        if kind.fuel not in ("diesel", "diesel_hybrid") or _NO_UREA in kind.aftertreatment:
            return 0.0
        mixture = self.mixer.mixture(kind, "vehicle")
        engines = list(self.mixer.engines)
        return sum(
            weight for number, weight in mixture
            if equipment(self.rows, engines[number].category, engines[number].standard, "scr")
        )  # fmt: skip


def _check(vehicles: pd.DataFrame, technologies: Sequence[str]) -> None:
    problems = [
        Problem("technologies", "technology", 0, str(name), "one of " + ", ".join(TECHNOLOGIES))
        for name in technologies
        if name not in TECHNOLOGIES
    ]
    problems += [
        Problem("technologies", "technology", 0, name, "each technology once")
        for name in dict.fromkeys(technologies)
        if list(technologies).count(name) > 1
    ]
    problems += [
        Problem("vehicles", name, expected=f"a column {name}")
        for name in _NEEDED
        if name not in vehicles.columns
    ]
    twice = vehicles.index[vehicles.index.duplicated()]
    problems += [
        Problem("vehicles", "vehicle_id", 0, str(name), "each vehicle once")
        for name in twice.unique()[:5]
    ]
    if problems:
        raise InputError(problems)


def _models_by_class(models: ElectricModels) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for number, text in enumerate(models.frame["replaces"]):
        for name in str(text).split(";"):
            found.setdefault(name.strip(), []).append(number)
    return found


def _part(technology: str, vehicle: Integers, kind: Integers) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "vehicle": vehicle,
            "option": np.full(len(vehicle), technology, dtype=object),
            "technology": np.full(len(vehicle), technology, dtype=object),
            "model": np.full(len(vehicle), -1, dtype=np.int64),
            "kind": kind,
        }
    )


def _by_model(
    part: pd.DataFrame,
    vehicles: pd.DataFrame,
    models: ElectricModels,
    of_class: dict[str, list[int]],
) -> pd.DataFrame:
    """Return one row per model that replaces the class of each vehicle."""
    place = part["vehicle"].to_numpy()
    classes = vehicles["vehicle_class"].astype(str).to_numpy(object)[place]
    names, code = np.unique(classes.astype(str), return_inverse=True)
    numbers = [np.array(of_class[str(name)], dtype=np.int64) for name in names]
    sizes = np.array([len(one) for one in numbers], dtype=np.int64)[code]
    spread = part.iloc[np.repeat(np.arange(len(part)), sizes)].reset_index(drop=True)
    flat = [numbers[one] for one in code]
    spread["model"] = np.concatenate(flat) if flat else np.zeros(0, dtype=np.int64)
    labels = np.array([f"{ELECTRIC}:{name}" for name in models.frame.index], dtype=object)
    spread["option"] = labels[spread["model"].to_numpy()]
    return spread
