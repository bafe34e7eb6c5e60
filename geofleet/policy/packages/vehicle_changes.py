"""Changes of vehicles: what is fitted to them, and vehicles put in the place of others.

Vehicles are chosen by a condition on the baseline, so that what one lever does cannot change whom
another one chooses. A vehicle of which the condition is unknown is not chosen, and is counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.emissions.engines.mixtures import Mixer, VehicleKind, vehicle_kind
from geofleet.emissions.engines.mixtures import Setting as EngineSetting
from geofleet.emissions.engines.technologies import STATE, Technologies
from geofleet.fleet import FUELS, STANDARDS
from geofleet.fleet.model import NO_STANDARD
from geofleet.policy.packages.canonical import text_of
from geofleet.policy.packages.change import Change, Fault, Key
from geofleet.policy.rules import known_attributes
from geofleet.policy.rules.conditions import ALWAYS, Condition
from geofleet.policy.rules.facts import NONE
from geofleet.policy.rules.truth import NO, UNKNOWN, YES, Truths

if TYPE_CHECKING:
    from geofleet.fleet import Fleet
    from geofleet.policy.packages.scenario import Scenario

Numbers = npt.NDArray[np.integer[Any]]

__all__ = ["FitState", "ReplaceVehicles", "with_vehicles"]

_KIND = ("vehicle_class", "fuel", "standard", "model_year", "technology", "aftertreatment")
_KEPT = frozenset((
    "use", "vehicle_class", "body", "axles", "gvw_kg", "gvw_actual_kg", "payload_capacity_kg",
    "length_m", "capacity_l", "refrigeration", "dry_disconnect_valve", "operator_size",
    "plate_jurisdiction", "plate_digit",
))  # fmt: skip
"""What a vehicle that takes another's place has from it where nothing else is said."""


def with_vehicles(scenario: Scenario, vehicles: pd.DataFrame, *notes: str) -> Scenario:
    """Return a scenario with another table of vehicles of the same operators."""
    fleet: Fleet = replace(scenario.fleet, vehicles=vehicles)
    return replace(scenario, fleet=fleet).noting(*notes)


@dataclass(frozen=True)
class FitState(Change):
    """Fit a state of the technologies table (a retrofit filter) to vehicles that can have it.

    A vehicle that is chosen and cannot have it (a filter ex works, an electric motor) stays as it
    is and is counted. What the vehicle had in the same place (a cracked filter) goes.

    Parameters
    ----------
    state
        As in column ``aftertreatment``.
    where
        Vehicles of the baseline that are chosen.
    """

    rank: ClassVar[int] = 8
    state: str
    where: Condition = ALWAYS

    def faults(self, baseline: Scenario) -> Iterator[Fault]:
        """Yield a state that does not exist."""
        del baseline
        known = Technologies(CheckedRows(Defaults())).names(STATE)
        if self.state not in known:
            yield "fit.state", self.state, "a state of the technologies table: " + ", ".join(known)

    def sets(self, baseline: Scenario) -> Mapping[Key, str]:
        """Return the place of the state on each vehicle."""
        slot = Technologies(CheckedRows(Defaults())).slot(self.state)
        return {
            ("vehicle", str(vehicle), "aftertreatment", slot): self.state
            for vehicle in baseline.fleet.vehicles.index[self._fitted(baseline)]
        }

    def _fitted(self, baseline: Scenario) -> npt.NDArray[np.bool_]:
        truths = np.minimum(baseline.holding(self.where), self._able(baseline))
        found: npt.NDArray[np.bool_] = truths == YES
        return found

    def _able(self, baseline: Scenario) -> Truths:
        """Return which vehicles can have the state, by kinds of vehicle, each looked at once."""
        technologies = Technologies(CheckedRows(Defaults()))
        vehicles = baseline.fleet.vehicles
        kinds, first = _kinds(vehicles)
        able = np.empty(len(first), np.int8)
        for place, (_, row) in enumerate(vehicles.iloc[first].iterrows()):
            kind = vehicle_kind(row)
            states = _with_state(kind.aftertreatment, self.state, technologies)
            able[place] = _engine_exists(replace(kind, aftertreatment=states), baseline.country)
        found: Truths = able[kinds]
        return found

    def apply(self, scenario: Scenario, baseline: Scenario) -> Scenario:
        """Fit it."""
        technologies = Technologies(CheckedRows(Defaults()))
        fitted = self._fitted(baseline)
        vehicles = scenario.fleet.vehicles.copy()
        if "aftertreatment" not in vehicles.columns:
            vehicles["aftertreatment"] = None
        column = vehicles["aftertreatment"].astype(object)
        column[fitted] = [
            ";".join(_with_state(_states(old), self.state, technologies)) for old in column[fitted]
        ]
        vehicles["aftertreatment"] = column
        if "particle_filter" in vehicles.columns:  # follows from the states
            vehicles.loc[fitted, "particle_filter"] = None
        chosen, able = baseline.holding(self.where), self._able(baseline)
        note = f"{self.state}: fitted to {int(fitted.sum())} vehicles"
        if unable := int(((chosen == YES) & (able == NO)).sum()):
            note += f"; {unable} chosen that cannot have it"
        return with_vehicles(scenario, vehicles, note + _undecided(np.minimum(chosen, able)))


@dataclass(frozen=True)
class ReplaceVehicles(Change):
    """Put new vehicles in the place of others: same operator, class, mass and work.

    Of what rules may ask for, the new vehicle has what is said here and what a vehicle of the same
    class and plate has in any case; all else is unknown (hologram, permits), and it is in no
    programme. Its capacity is that of the old one where none is said.

    Parameters
    ----------
    columns
        Columns of the vehicles table and their values; fuel, standard and model year at least.
    where
        Vehicles of the baseline that are chosen.
    """

    rank: ClassVar[int] = 8
    columns: tuple[tuple[str, Any], ...]
    where: Condition = ALWAYS

    def faults(self, baseline: Scenario) -> Iterator[Fault]:
        """Yield what the new vehicle lacks, and what contradicts itself."""
        values = dict(self.columns)
        for name in ("fuel", "standard", "model_year"):
            if name not in values:
                yield f"replace_vehicles.{name}", "", f"{name} of the new vehicle"
        fuel, standard = values.get("fuel"), values.get("standard")
        if fuel is not None and fuel not in FUELS:
            yield "replace_vehicles.fuel", str(fuel), "one of " + ", ".join(FUELS)
        if standard is not None and standard not in STANDARDS:
            yield "replace_vehicles.standard", str(standard), "one of " + ", ".join(STANDARDS)
        elif standard is not None and (fuel == "electric") != (standard == NO_STANDARD):
            expected = "none for an electric vehicle, and for it alone"
            yield "replace_vehicles.standard", str(standard), expected
        elif {"fuel", "standard", "model_year"} <= set(values) and fuel in FUELS:
            yield from self._without_engine(baseline)

    def _without_engine(self, baseline: Scenario) -> Iterator[Fault]:
        """Yield what no engine is known of, of each kind of vehicle that would come once."""
        chosen = baseline.holding(self.where) == YES
        vehicles = self.apply(baseline, baseline).fleet.vehicles[chosen]
        mixer = Mixer(CheckedRows(Defaults()), EngineSetting(country=baseline.country))
        for _, row in vehicles.iloc[_kinds(vehicles)[1]].iterrows():
            mixer.mixture(vehicle_kind(row), "vehicle")
        for one in dict.fromkeys(mixer.problems):
            if one.field in ("technology", "aftertreatment"):  # what the standard may be: unknown
                yield f"replace_vehicles.{one.field}", one.value, one.expected

    def sets(self, baseline: Scenario) -> Mapping[Key, str]:
        """Return each vehicle as a whole."""
        chosen = baseline.holding(self.where) == YES
        new = text_of(dict(self.columns))
        return {("vehicle", str(one)): new for one in baseline.fleet.vehicles.index[chosen]}

    def apply(self, scenario: Scenario, baseline: Scenario) -> Scenario:
        """Put them in place."""
        truths = baseline.holding(self.where)
        chosen = truths == YES
        values = dict(self.columns)
        vehicles = scenario.fleet.vehicles.copy()
        of_vehicle = {
            name for name, attribute in known_attributes().items() if attribute.of == "vehicle"
        }
        of_vehicle -= {"programme_membership"}
        gone = ((of_vehicle | {"technology"}) - _KEPT) & set(map(str, vehicles.columns))
        new = {**dict.fromkeys(sorted(gone - set(values)), None), **values}
        new.setdefault("programme_membership", NONE)
        for name, value in new.items():
            vehicles[name] = _filled(vehicles, name, chosen, value)
        fuel = values.get("fuel")
        note = f"{fuel} {values.get('model_year')}: in place of {int(chosen.sum())} vehicles"
        return with_vehicles(scenario, vehicles, note + _undecided(truths))


def _kinds(vehicles: pd.DataFrame) -> tuple[Numbers, Numbers]:
    """Return the kind of each vehicle as emission functions tell them apart, and one of each."""
    columns = [name for name in _KIND if name in vehicles.columns]
    kinds = vehicles.groupby(columns, sort=False, dropna=False).ngroup().to_numpy()
    return kinds, np.unique(kinds, return_index=True)[1]


def _filled(
    vehicles: pd.DataFrame, name: str, chosen: npt.NDArray[np.bool_], value: Any
) -> pd.Series:
    if name not in vehicles.columns:
        column = pd.Series(None, vehicles.index, dtype=object)
    else:
        column = vehicles[name]
    if value is None or column.dtype.kind not in "if":
        changed = column.astype(object).mask(chosen, value)
        return changed if column.dtype.kind not in "if" else pd.to_numeric(changed)
    return column.mask(chosen, value).astype(column.dtype)


def _states(text: Any) -> tuple[str, ...]:
    words = text.split(";") if isinstance(text, str) else ()
    return tuple(word.strip() for word in words if word.strip())


def _with_state(states: tuple[str, ...], state: str, table: Technologies) -> tuple[str, ...]:
    """Return states with one put to them, in place of what is in the same place."""
    known = table.names(STATE)
    slot = table.slot(state)
    return (*(old for old in states if old not in known or table.slot(old) != slot), state)


def _engine_exists(kind: VehicleKind, country: str | None) -> np.int8:
    """Return whether there is such an engine; unknown where nothing says which standard it has."""
    mixer = Mixer(CheckedRows(Defaults()), EngineSetting(country=country))
    mixer.mixture(kind, "vehicle")
    if not mixer.problems:
        return YES
    return UNKNOWN if all(one.field == "standard" for one in mixer.problems) else NO


def _undecided(truths: Truths) -> str:
    unknown = int((truths == UNKNOWN).sum())
    return f"; {unknown} not known to be meant" if unknown else ""
