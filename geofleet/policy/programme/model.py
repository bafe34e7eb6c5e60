"""Programme: who may join a voluntary scheme, what it asks of a fleet, and what it gives."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from geofleet.errors import InputError, Problem
from geofleet.policy.rules.conditions import ALWAYS, Condition, attributes_of
from geofleet.policy.rules.facts import Attribute, known_attributes

__all__ = ["REASONS", "Programme", "ProgrammeSet", "Requirement", "Route", "Validity"]

REASONS = (
    "too_old", "too_small", "too_large", "outside_zone", "plate", "fuel", "standard", "filter",
    "smoke", "use", "operator", "other",
)  # fmt: skip
"""Why a vehicle is left out, for tables and reports."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """One thing that a vehicle must meet.

    Parameters
    ----------
    requirement_id, name
        Id within its programme, and words for people.
    condition
        As rules have them.
    reason
        One of ``REASONS``: how to call it when the requirement is not met.
    """

    requirement_id: str
    name: str
    condition: Condition
    reason: str = "other"


@dataclass(frozen=True, slots=True)
class Route:
    """One of the ways into a programme: all its requirements; without any it is open to all.

    Parameters
    ----------
    needs_plan
        Open only through the plan of the fleet, not by the vehicle's own merit.
    """

    route_id: str
    name: str
    requirements: tuple[Requirement, ...] = ()
    needs_plan: bool = False


@dataclass(frozen=True, slots=True)
class Validity:
    """How long a certificate is valid for the vehicles that meet a condition.

    ``years`` is None where it does not end; ``known`` is False where no source says how long.
    """

    years: float | None
    condition: Condition = ALWAYS
    known: bool = True
    status: str = "user"


@dataclass(frozen=True, slots=True)
class Programme:
    """A voluntary programme: eligibility, commitment, benefit.

    Parameters
    ----------
    programme_id
        Id within its set.
    membership
        How ``programme_membership`` of vehicles names it, where not by its id: programmes that give
        the same certificate share it.
    valid_from, valid_to
        First and last day on which one can join; None is open.
    requirements
        All of them must hold.
    routes
        At least one of them must hold, where there are any.
    cut_share
        By how much a fleet's plan must cut its yearly particle mass, as a share; None asks for no
        plan.
    exemptions
        Ids of the rules of the pack that exempt members; what they lift is the benefit.
    grants
        Attributes that membership gives a vehicle besides, with their values (a hologram).
    validity
        The first whose condition holds says how long a certificate lasts.
    who, commitment, sticker, uptake, note
        To be shown.
    kinds
        Attributes that its conditions may ask for, the own ones of its set among them.
    """

    programme_id: str
    name: str
    membership: str = ""
    jurisdiction: str = ""
    authority: str = ""
    valid_from: datetime.date | None = None
    valid_to: datetime.date | None = None
    requirements: tuple[Requirement, ...] = ()
    routes: tuple[Route, ...] = ()
    cut_share: float | None = None
    exemptions: tuple[str, ...] = ()
    grants: tuple[tuple[str, str], ...] = ()
    validity: tuple[Validity, ...] = ()
    who: str = ""
    commitment: str = ""
    sticker: str = ""
    uptake: str = ""
    status: str = "user"
    source: str = ""
    note: str = ""
    line: int = 0
    kinds: Mapping[str, Attribute] = field(
        default_factory=known_attributes, compare=False, repr=False
    )

    @property
    def member_id(self) -> str:
        """Name of its membership."""
        return self.membership or self.programme_id

    def open_on(self, date: datetime.date) -> bool:
        """Whether one can join on a date."""
        after = self.valid_from is None or date >= self.valid_from
        return after and (self.valid_to is None or date <= self.valid_to)

    @property
    def attributes(self) -> frozenset[str]:
        """Every attribute of a vehicle that the programme may ask for."""
        granted = frozenset(name for name, _ in self.grants)
        return granted.union(*(attributes_of(condition) for condition in self.conditions))

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """Conditions of all requirements, routes and certificates."""
        wanted = [one.condition for one in self.requirements]
        wanted += [one.condition for route in self.routes for one in route.requirements]
        return (*wanted, *(one.condition for one in self.validity))


@dataclass(frozen=True, eq=False)
class ProgrammeSet:
    """The programmes of a place.

    Parameters
    ----------
    programmes
        In the order of their file.
    pack
        Rule pack that holds their exemptions.
    attributes
        What programmes may ask of a vehicle: the common attributes and the set's own.

    Raises
    ------
    InputError
        Programmes that stand twice, attributes that are not known.
    """

    name: str
    programmes: tuple[Programme, ...]
    title: str = ""
    pack: str = ""
    attributes: Mapping[str, Attribute] = field(default_factory=known_attributes)
    notes: tuple[str, ...] = ()
    file: str = "programmes"

    def __post_init__(self) -> None:
        """Check ids and attributes."""
        problems = []
        seen: set[str] = set()
        for one in self.programmes:
            if one.programme_id in seen:
                problems.append(self._problem(one, "id", one.programme_id, "each id once"))
            seen.add(one.programme_id)
            for name in sorted(one.attributes - set(self.attributes)):
                expected = "an attribute of the common table, or one under attributes of this file"
                problems.append(self._problem(one, "conditions", name, expected))
        if problems:
            raise InputError(problems)

    def _problem(self, one: Programme, where: str, value: str, expected: str) -> Problem:
        return Problem(self.file, f"{one.programme_id}.{where}", one.line, value, expected)

    def __len__(self) -> int:
        """Return the number of programmes."""
        return len(self.programmes)

    def __iter__(self) -> Iterator[Programme]:
        """Go through the programmes in the order of their file."""
        return iter(self.programmes)

    @property
    def ids(self) -> tuple[str, ...]:
        """Ids of the programmes, in the order of their file."""
        return tuple(one.programme_id for one in self.programmes)

    def programme(self, programme_id: str) -> Programme:
        """Return a programme by id.

        Raises
        ------
        KeyError
            No such programme.
        """
        for one in self.programmes:
            if one.programme_id == programme_id:
                return one
        known = ", ".join(self.ids) or "none"
        raise KeyError(f"no programme {programme_id!r} in {self.name}; there are {known}")
