"""Levers and policy packages: what is done, whatever the order in which it is listed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING

from geofleet.errors import InputError, Problem
from geofleet.policy.packages.change import Change, Key
from geofleet.policy.packages.place_changes import AddGeography
from geofleet.policy.packages.rule_changes import AddRule
from geofleet.wording import both

if TYPE_CHECKING:
    from geofleet.policy.packages.scenario import Scenario

__all__ = ["Lever", "PolicyPackage", "conflicts"]

_SHOWN = 5


@dataclass(frozen=True)
class Lever:
    """One measure that a government can take or leave: one change or several that belong together.

    Parameters
    ----------
    lever_id
        Unique within a package.
    name
        To show; may be :class:`geofleet.wording.Words`.
    changes
        What it does. Each must stand on the baseline without other levers.
    file, line
        Where it was read.
    """

    lever_id: str
    name: str
    changes: tuple[Change, ...]
    file: str = "levers"
    line: int = 0

    def __post_init__(self) -> None:
        """Check that it has an id and does something."""
        if not self.lever_id:
            raise InputError([self.problem("id", "", "an id")])
        if not self.changes:
            raise InputError([self.problem("", "", "at least one change")])

    @property
    def name_es(self) -> str:
        """The name in Spanish."""
        return both(self.name)["es"]

    def problem(self, field: str, value: str, expected: str) -> Problem:
        """Return something wrong with this lever."""
        place = ".".join(part for part in (self.lever_id, field) if part)
        return Problem(self.file, place, self.line, value, expected)


@dataclass(frozen=True)
class PolicyPackage:
    """Levers that are taken together.

    Parameters
    ----------
    package_id
        Unique among the packages that are compared.
    levers
        In any order.
    name
        To show; may be :class:`geofleet.wording.Words`.

    Raises
    ------
    InputError
        A lever that stands twice.
    """

    package_id: str
    levers: tuple[Lever, ...]
    name: str = ""

    def __post_init__(self) -> None:
        """Put the levers into the order of their ids."""
        ordered = tuple(sorted(self.levers, key=lambda lever: lever.lever_id))
        object.__setattr__(self, "levers", ordered)
        ids = [lever.lever_id for lever in ordered]
        twice = [lever for lever in ordered if ids.count(lever.lever_id) > 1]
        if twice:
            raise InputError(
                dict.fromkeys(lever.problem("id", "", "each lever once") for lever in twice)
            )

    @property
    def name_es(self) -> str:
        """The name in Spanish."""
        return both(self.name)["es"]

    @cached_property
    def lever_ids(self) -> tuple[str, ...]:
        """Ids of the levers, sorted."""
        return tuple(lever.lever_id for lever in self.levers)

    def lever(self, lever_id: str) -> Lever:
        """Return a lever by id.

        Raises
        ------
        KeyError
            No such lever.
        """
        for lever in self.levers:
            if lever.lever_id == lever_id:
                return lever
        raise KeyError(f"no lever {lever_id!r} in {self.package_id}")

    def check(self, baseline: Scenario) -> None:
        """Check that every lever stands on the baseline alone, and that none contradicts another.

        Raises
        ------
        InputError
            All that is wrong with any lever, then all contradictions, then what the levers
            together make of the rule set.
        """
        problems = [problem for lever in self.levers for problem in _faults(lever, baseline)]
        if problems:
            raise InputError(dict.fromkeys(problems))
        if problems := conflicts(self.levers, baseline):
            raise InputError(problems)
        for lever in self.levers:
            try:
                _made([lever], baseline)
            except InputError as error:
                for one in error.problems:
                    field, line = f"{lever.lever_id}: {one.field}", one.row or lever.line
                    problems.append(Problem(lever.file, field, line, one.value, one.expected))
        if problems:
            raise InputError(dict.fromkeys(problems))
        _made(self.levers, baseline)

    def apply(self, baseline: Scenario, *, only: Iterable[str] | None = None) -> Scenario:
        """Return the scenario that its levers (or those named) make of a baseline.

        Raises
        ------
        InputError
            As :meth:`check`.
        KeyError
            A lever that the package does not have.
        """
        self.check(baseline)
        ids = self.lever_ids if only is None else sorted(set(only))
        return _made([self.lever(lever_id) for lever_id in ids], baseline)

    def coalition(self, baseline: Scenario, lever_ids: Iterable[str]) -> Scenario:
        """Return the scenario of some of its levers, the package having been checked before."""
        return _made([self.lever(lever_id) for lever_id in sorted(set(lever_ids))], baseline)


def conflicts(levers: Sequence[Lever], baseline: Scenario) -> list[Problem]:
    """Return where two levers set the same thing to different values, or a whole and its part.

    A lever that contradicts itself is one of them. Setting the same thing to the same value is no
    contradiction: it is done once.
    """
    setters: dict[Key, list[tuple[Lever, str]]] = {}
    found: dict[tuple[str, str, str], list[tuple[Lever, Lever, Key]]] = {}

    def note(one: Lever, other: Lever, key: Key) -> None:
        first, second = sorted((one, other), key=lambda lever: lever.lever_id)
        kind = key[0]
        found.setdefault((first.lever_id, second.lever_id, kind), []).append((first, second, key))

    for lever in levers:
        for change in lever.changes:
            for key, value in change.sets(baseline).items():
                others = setters.setdefault(key, [])
                for other, set_to in others:
                    if set_to != value:
                        note(lever, other, key)
                others.append((lever, value))
    for key, parts in setters.items():
        wholes = (setters.get(key[:length], ()) for length in range(1, len(key)))
        for whole, _ in chain.from_iterable(wholes):
            for part, _ in parts:
                note(part, whole, key)
    return [_problem(places) for _, places in sorted(found.items(), key=lambda item: item[0])]


def _problem(places: list[tuple[Lever, Lever, Key]]) -> Problem:
    first, second, _ = places[0]
    what = sorted({" ".join(part[:40] for part in key) for _, _, key in places})
    value = ", ".join(what[:_SHOWN])
    if len(what) > _SHOWN:
        value += f" and {len(what) - _SHOWN} more"
    expected = "levers that set each thing once; take one of the two, or make them agree"
    return Problem(
        first.file, f"{first.lever_id} and {second.lever_id}", first.line, value, expected
    )


def _faults(lever: Lever, baseline: Scenario) -> Iterator[Problem]:
    own = _with_own_rules(lever, baseline)
    for change in lever.changes:
        for fault in change.faults(own if change.after_rules else baseline):
            yield lever.problem(*fault)


def _with_own_rules(lever: Lever, baseline: Scenario) -> Scenario:
    """Return a baseline that knows the rules that a lever adds, where they are rules at all."""
    scenario = baseline
    try:
        for kind in (AddGeography, AddRule):
            for change in lever.changes:
                if isinstance(change, kind):
                    scenario = change.apply(scenario, baseline)
    except InputError:  # told by the trial of the lever alone
        return baseline
    return scenario


def _made(levers: Sequence[Lever], baseline: Scenario) -> Scenario:
    """Make all changes, each once, in the order of rank and text."""
    changes = {change.text: change for lever in levers for change in lever.changes}
    scenario = baseline
    for _, change in sorted(changes.items(), key=lambda item: (item[1].rank, item[0])):
        scenario = change.apply(scenario, baseline)
    ids = sorted({*baseline.levers, *(lever.lever_id for lever in levers)})
    return replace(scenario, levers=tuple(ids))
