"""Technologies and states of a vehicle: rows of a table, from diesel to battery electric.

A *vehicle* technology is what a vehicle runs on, a *state* what is fitted to it, broken or found:
a retrofit filter, a disabled catalyst, a high emitter. Each parameter is a row
``<technology>.<parameter>`` or, for one standard, ``<technology>.<parameter>.<standard>``; what a
technology does not say its parent says, and what nobody says changes nothing. States never touch
wear.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from geofleet.defaults import Defaults, read_table
from geofleet.defaults.checked import CheckedRows

__all__ = ["FACTORS", "STATE", "VEHICLE", "Technologies"]

TABLE = "technologies"
VEHICLE, STATE = "vehicle", "state"
FACTORS = (
    "nox_factor", "pm25_factor", "bc_factor", "oc_factor", "co_factor", "voc_factor",
    "ch4_factor", "n2o_factor", "nh3_factor", "energy_factor", "electricity_factor",
)  # fmt: skip
"""Factors on what leaves the exhaust and on energy; those on wear are of vehicles alone."""

_ALL = "all"


@dataclass(frozen=True)
class Technologies:
    """Access to the table of technologies through a recorder of rows used.

    Parameters
    ----------
    rows
        Where values are read; what is wrong with one is left there.
    """

    rows: CheckedRows

    @property
    def defaults(self) -> Defaults:
        """The recorder."""
        return self.rows.defaults

    @cached_property
    def _values(self) -> Mapping[str, str]:
        return self.defaults.values(TABLE)

    @cached_property
    def _names(self) -> Mapping[str, tuple[str, ...]]:
        found = dict.fromkeys(row.partition(".")[0] for row in self._values)
        kinds = {name: self._look_up(name, "kind", quiet=True) for name in found}
        return {
            kind: tuple(name for name, own in kinds.items() if own == kind)
            for kind in (VEHICLE, STATE)
        }

    def names(self, kind: str) -> tuple[str, ...]:
        """Return the ids of all vehicle technologies or of all states."""
        return self._names[kind]

    def of_fuel(self, fuel: str) -> str | None:
        """Return the vehicle technology that a fuel means where a vehicle names none.

        Of those that name the fuel, the one that the package ships (a study's own rows never change
        what other vehicles are); None where there is none.
        """
        shipped = read_table(TABLE).index
        names = self.names(VEHICLE)
        found = [name for name in names if self._values.get(f"{name}.fuel") == fuel]
        found.sort(key=lambda name: f"{name}.fuel" not in shipped)
        return found[0] if found else None

    def fuel(self, name: str) -> str:
        """Return the fuel of a vehicle technology."""
        return self._look_up(name, "fuel") or ""

    def applies(self, name: str, standard: str) -> bool:
        """Whether a technology can be on a vehicle of a standard."""
        allowed = self.allowed(name)
        return allowed == (_ALL,) or standard in allowed

    def allowed(self, name: str) -> tuple[str, ...]:
        """Return the standards that a technology can be combined with, or ``("all",)``."""
        text = self._look_up(name, "applies_to") or _ALL
        return tuple(part.strip() for part in text.split(";") if part.strip())

    def needs(self, name: str) -> str:
        """Return the equipment that a state needs on the engine: dpf, no_dpf, scr, or nothing."""
        return self._look_up(name, "needs") or ""

    def slot(self, name: str) -> str:
        """Return what a state is a state of; a vehicle has one state of each slot."""
        return self._look_up(name, "slot") or name

    def fuels(self, name: str) -> tuple[str, ...]:
        """Return the fuels of the vehicles that a state can be on."""
        text = self._look_up(name, "fuels") or ""
        return tuple(part.strip() for part in text.split(";") if part.strip())

    def factor(self, name: str, parameter: str, standard: str) -> float:
        """Return a factor, 1 where neither the technology nor its parents say it."""
        value = self.number(name, parameter, standard)
        return 1.0 if value is None else value

    def product(self, names: Sequence[str], parameter: str, standard: str) -> float:
        """Return the product of a factor over several technologies."""
        result = 1.0
        for name in names:
            result *= self.factor(name, parameter, standard)
        return result

    def last(self, names: Sequence[str], parameter: str, standard: str) -> float | None:
        """Return what the last technology that says it says, None where none does."""
        for name in reversed(names):
            value = self.number(name, parameter, standard)
            if value is not None:
                return value
        return None

    def number(self, name: str, parameter: str, standard: str = "") -> float | None:
        """Return a number of at least zero, None where neither technology nor parents say it."""
        row = self._row(name, parameter, standard)
        if row is None:
            return None
        return self.rows.number(TABLE, row, 0.0, float("inf"), "a number of at least 0")

    def _look_up(self, name: str, parameter: str, *, quiet: bool = False) -> str | None:
        row = self._row(name, parameter, "")
        if row is None:
            return None
        if quiet:
            return self._values[row]
        return self.defaults.text(TABLE, row)

    def _row(self, name: str, parameter: str, standard: str) -> str | None:
        """Return the row that says a parameter, of the technology or the nearest parent."""
        table = self._values
        seen: set[str] = set()
        while name and name not in seen:
            seen.add(name)
            for row in (f"{name}.{parameter}.{standard}", f"{name}.{parameter}"):
                if row in table:
                    return row
            name = table.get(f"{name}.parent", "")
        return None
