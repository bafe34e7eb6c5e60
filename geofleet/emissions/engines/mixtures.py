"""From what a fleet table says of a vehicle to the engines it may have, with every fault named."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pandas as pd

from geofleet.defaults.checked import CheckedRows
from geofleet.emissions.engines.certification import NoMixError, standards_of
from geofleet.emissions.engines.modifiers import equipment
from geofleet.emissions.engines.technologies import STATE, VEHICLE, Technologies
from geofleet.errors import Problem
from geofleet.fleet.classes import EMEP_CATEGORIES
from geofleet.fleet.model import NO_STANDARD, STANDARDS, UNKNOWN, VEHICLE_SCHEMA

__all__ = ["Engine", "Mixer", "Setting", "VehicleKind", "vehicle_kind"]

_ELECTRIC = "electric"
_US = "epa"
_STAGED = "epa_2010"
_OLDEST = int(VEHICLE_SCHEMA.column("model_year").minimum or 0)
_EQUIPMENT = {"dpf": "a particle filter", "no_dpf": "no particle filter", "scr": "a urea catalyst"}


@dataclass(frozen=True)
class Setting:
    """Where and when vehicles drive.

    Parameters
    ----------
    country
        ISO 3166 code, for certification mix, fuel sulphur and electricity grid.
    year
        Calendar year, for age and grid; None takes the newest grid and no age.
    temperature_c
        Mean air temperature by hour of day (24); None takes row ``cold_start:temperature_c``.
    """

    country: str | None = None
    year: int | None = None
    temperature_c: tuple[float, ...] | None = None


@dataclass(frozen=True, slots=True)
class VehicleKind:
    """What the fleet table says of a vehicle, as far as emissions go; model year 0 is none."""

    vehicle_class: str
    fuel: str
    standard: str
    model_year: int
    aftertreatment: tuple[str, ...] = ()
    technology: str = ""


@dataclass(frozen=True, slots=True)
class Engine:
    """One kind of engine: ``standard`` is one of the factor table or of the US path."""

    vehicle_class: str
    category: str
    segment: str
    technology: str
    standard: str
    states: tuple[str, ...] = ()
    age: int | None = None


def vehicle_kind(row: pd.Series) -> VehicleKind:
    """Read a row of a vehicle table (``VEHICLE_SCHEMA``) or of a fleet composition."""

    def text(column: str) -> str:
        value = row.get(column)
        return "" if value is None or value != value else str(value)

    year = row.get("model_year")
    states = tuple(part.strip() for part in text("aftertreatment").split(";") if part.strip())
    return VehicleKind(
        vehicle_class=text("vehicle_class"),
        fuel=text("fuel"),
        standard=text("standard"),
        model_year=0 if year is None or year != year else int(year),
        aftertreatment=states,
        technology=text("technology"),
    )


@dataclass
class Mixer:
    """Gives engines numbers and gathers what is wrong with vehicles.

    Parameters
    ----------
    rows
        Where default rows are read.
    setting
        Country and year.
    engines
        Number of each engine met so far.
    problems
        Faults of vehicles.
    partly
        Names of the vehicles of which only some engines of the mixture can have a state.
    """

    rows: CheckedRows
    setting: Setting
    engines: dict[Engine, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    partly: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Open the table of technologies."""
        self.technologies = Technologies(self.rows)

    def mixture(self, kind: VehicleKind, name: str) -> list[tuple[int, float]]:
        """Return engine numbers and weights of a vehicle; nothing where it has a fault."""
        found = list(self._faults(kind, name))
        if found:
            self.problems += found
            return []
        category = self.category(kind)
        segment = self.rows.defaults.text("vehicle_classes", f"{kind.vehicle_class}.emep_segment")
        technology = self.technology(kind)
        standards: tuple[tuple[str, float], ...] = ((NO_STANDARD, 1.0),)
        if self.technologies.fuel(technology) != _ELECTRIC:
            try:
                standards = standards_of(
                    self.rows, category=category, standard=kind.standard,
                    model_year=kind.model_year, country=self.setting.country,
                )  # fmt: skip
            except NoMixError as error:
                problem = Problem(name, "standard", value=kind.standard, expected=str(error))
                self.problems.append(problem)
                return []
        age = self._age(kind)
        placed: set[str] = set()
        out, partly = [], False
        for standard, weight in standards:
            states = tuple(
                state for state in kind.aftertreatment
                if self._fits(state, category, standard)
            )  # fmt: skip
            placed |= set(states)
            partly = partly or len(states) < len(kind.aftertreatment)
            engine = Engine(
                kind.vehicle_class, category, segment, technology, standard, states, age
            )
            out.append((self.engines.setdefault(engine, len(self.engines)), weight))
        for state in kind.aftertreatment:
            if state not in placed:
                self.problems.append(self._misplaced(state, kind, category, standards, name))
        if partly:
            self.partly.add(name)
        return out

    def category(self, kind: VehicleKind) -> str:
        """Return ``light`` or ``heavy``."""
        row = f"{kind.vehicle_class}.emep_category"
        return self.rows.choice("vehicle_classes", row, EMEP_CATEGORIES)

    def technology(self, kind: VehicleKind) -> str:
        """Return the vehicle technology: as stated, or what the fuel means."""
        return kind.technology or self.technologies.of_fuel(kind.fuel) or ""

    def _faults(self, kind: VehicleKind, name: str) -> Iterator[Problem]:
        """Yield what is wrong with a vehicle before any engine is looked for."""
        technologies = self.technologies
        known = technologies.names(VEHICLE)
        technology = self.technology(kind)
        if technology not in known:
            column, value = "fuel", kind.fuel
            if kind.technology:
                column, value = "technology", kind.technology
            expected = "a vehicle technology: " + ", ".join(known)
            yield Problem(name, column, value=value, expected=expected)
            return
        if kind.technology and technologies.fuel(technology) != kind.fuel:
            expected = f"a technology that runs on {kind.fuel}"
            yield Problem(name, "technology", value=technology, expected=expected)
        if kind.standard not in STANDARDS:
            expected = "one of " + ", ".join(STANDARDS)
            yield Problem(name, "standard", value=kind.standard, expected=expected)
        elif kind.fuel == _ELECTRIC:
            if kind.standard not in (NO_STANDARD, UNKNOWN):
                expected = "none, for an electric vehicle"
                yield Problem(name, "standard", value=kind.standard, expected=expected)
        elif kind.standard == NO_STANDARD:
            expected = f"an emission standard, or unknown, for fuel {kind.fuel}"
            yield Problem(name, "standard", value=kind.standard, expected=expected)
        elif kind.standard.startswith(_US) and self.category(kind) == "light":
            expected = (
                "a European standard: the US path is that of trucks above 3.5 t (a heavier van is "
                "of a rigid class)"
            )
            yield Problem(name, "standard", value=kind.standard, expected=expected)
        yield from self._year_faults(kind, name)
        yield from self._state_faults(kind, name)

    def _year_faults(self, kind: VehicleKind, name: str) -> Iterator[Problem]:
        latest = None if self.setting.year is None else self.setting.year + 1
        if latest is not None and kind.model_year > latest:
            expected = f"a model year of at most {latest}, the year after the study's"
            yield Problem(name, "model_year", value=str(kind.model_year), expected=expected)
        if 0 != kind.model_year < _OLDEST:
            expected = f"a model year of at least {_OLDEST}"
            yield Problem(name, "model_year", value=str(kind.model_year), expected=expected)
        needed = kind.standard in (UNKNOWN, _STAGED) or self._deteriorates()
        if needed and not kind.model_year and kind.fuel != _ELECTRIC:
            why = f"standard {kind.standard}" if not self._deteriorates() else "deterioration"
            yield Problem(name, "model_year", expected=f"a model year: {why} depends on it")

    def _state_faults(self, kind: VehicleKind, name: str) -> Iterator[Problem]:
        technologies = self.technologies
        known = technologies.names(STATE)
        slots: dict[str, str] = {}
        for state in kind.aftertreatment:
            if state not in known:
                expected = "states of the technologies table: " + ", ".join(known)
                yield Problem(name, "aftertreatment", value=state, expected=expected)
                continue
            slot = technologies.slot(state)
            if slot in slots:
                both = f"{slots[slot]};{state}"
                expected = f"one state of kind {slot} at a time"
                yield Problem(name, "aftertreatment", value=both, expected=expected)
            slots[slot] = state
            if kind.fuel not in technologies.fuels(state):
                fuels = ", ".join(technologies.fuels(state))
                expected = f"states of a vehicle on {kind.fuel}; {state} is for {fuels}"
                yield Problem(name, "aftertreatment", value=state, expected=expected)

    def _fits(self, state: str, category: str, standard: str) -> bool:
        """Whether an engine as made can have a state."""
        technologies = self.technologies
        if not technologies.applies(state, standard):
            return False
        need = technologies.needs(state)
        return not need or equipment(self.rows, category, standard, need)

    def _misplaced(
        self,
        state: str,
        kind: VehicleKind,
        category: str,
        standards: tuple[tuple[str, float], ...],
        name: str,
    ) -> Problem:
        technologies = self.technologies
        allowed = ", ".join(technologies.allowed(state))
        need = technologies.needs(state)
        having = f" whose engine as made has {_EQUIPMENT.get(need, need)}" if need else ""
        met = kind.standard
        if met == UNKNOWN:
            met = "unknown (" + ", ".join(one for one, _ in standards) + ")"
        expected = (
            f"states of a {category} vehicle of standard {met}; {state} is for standards "
            f"{allowed}{having}"
        )
        return Problem(name, "aftertreatment", value=state, expected=expected)

    def _deteriorates(self) -> bool:
        return self.rows.number("deterioration", "applied", 0, 1, "0 (no) or 1 (yes)") > 0

    def _age(self, kind: VehicleKind) -> int | None:
        if not self._deteriorates() or self.setting.year is None or not kind.model_year:
            return None
        return max(0, self.setting.year - kind.model_year)
