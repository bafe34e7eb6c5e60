"""Package files: levers and the packages they make up, in YAML, every fault named with its line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from geofleet.defaults import Defaults
from geofleet.errors import InputError
from geofleet.fleet import VEHICLE_SCHEMA
from geofleet.policy.packages.change import Change
from geofleet.policy.packages.levers import Lever, PolicyPackage
from geofleet.policy.packages.place_changes import (
    AddArea,
    AddGeography,
    AddMembers,
    AddRoads,
    BufferArea,
)
from geofleet.policy.packages.programme_changes import (
    EnrolVehicles,
    LimitProgramme,
    eligible,
    limit_age,
    limit_to_electric,
    limit_to_filters,
)
from geofleet.policy.packages.rule_changes import (
    AddRule,
    AnswerSwitch,
    DeclareEvent,
    RemoveRule,
    ReplaceRule,
    RetimeRule,
)
from geofleet.policy.packages.vehicle_changes import FitState, ReplaceVehicles
from geofleet.policy.programme.model import Programme, ProgrammeSet
from geofleet.policy.rules import Event, RuleSet
from geofleet.policy.rules.conditions import ALWAYS, Condition
from geofleet.policy.rules.facts import Attribute
from geofleet.policy.rules.read import read_geography, read_polygon, read_rule
from geofleet.policy.rules.read_conditions import read_condition, read_digits, read_when
from geofleet.policy.rules.sections import Section, open_sections

__all__ = ["read_packages"]

_WIDENINGS = "one of polygon, buffer_m, members, roads"
_LIMITS = "at least one of max_age_years, technology, eligible_for, vehicle"
_NONE = ProgrammeSet("none", ())
_OWN = ("vehicle_id", "operator_id", "vehicle_class")


def read_packages(
    path: Path | str,
    rule_set: RuleSet,
    *,
    programmes: ProgrammeSet | None = None,
    defaults: Defaults | None = None,
) -> tuple[PolicyPackage, ...]:
    """Read policy packages; ``docs/concepts/policy-packages.md`` describes the file.

    Parameters
    ----------
    path
        YAML file with ``levers`` and ``packages``.
    rule_set
        Rules of the baseline: conditions of levers may ask for its attributes.
    programmes
        Programmes whose eligibility levers may name; conditions may ask for their attributes, which
        the scenario must then know too.

    Raises
    ------
    InputError
        Every fault at once, with lines: unknown keys and attributes, values that cannot be,
        packages of levers that are not there.
    """
    file = Path(path)
    root = open_sections(file)
    reader = _Reader(rule_set, programmes, file.parent, (defaults or Defaults()).scope())
    levers: dict[str, Lever] = {}
    for section in root.sections("levers", named_by="id"):
        lever = reader.lever(section)
        if lever is None:
            continue
        if lever.lever_id in levers:
            section.wrong("id", lever.lever_id, "each id once")
        levers[lever.lever_id] = lever
    packages: dict[str, PolicyPackage] = {}
    for section in root.sections("packages", named_by="id"):
        package = _package(section, levers)
        if package.package_id in packages:
            section.wrong("id", package.package_id, "each id once")
        packages[package.package_id] = package
    if not packages:
        root.wrong("packages", "", "at least one package")
    root.done()
    if root.problems:
        raise InputError(sorted(set(root.problems), key=lambda problem: problem.row))
    return tuple(packages.values())


def _package(section: Section, levers: Mapping[str, Lever]) -> PolicyPackage:
    package_id = section.text("id", required=True)
    names = section.texts("levers", required=True)
    for name in names:
        if name not in levers:
            known = ", ".join(levers) or "there is none"
            section.wrong("levers", name, f"the id of a lever of the file: {known}")
        elif names.count(name) > 1:
            section.wrong("levers", name, "each lever once")
    taken = tuple(levers[name] for name in dict.fromkeys(names) if name in levers)
    name = section.words("name", required=True)
    section.done()
    return PolicyPackage(package_id, taken, name)


class _Reader:
    """Reads the changes of a lever, kind by kind."""

    def __init__(
        self, rule_set: RuleSet, programmes: ProgrammeSet | None, folder: Path, defaults: Defaults
    ) -> None:
        more = programmes.attributes if programmes else {}
        self.attributes: Mapping[str, Attribute] = {**rule_set.attributes, **more}
        self.programmes = {one.programme_id: one for one in (programmes or _NONE).programmes}
        self.folder, self.defaults = folder, defaults

    def lever(self, section: Section) -> Lever | None:
        """Read a lever; None where it has no id or does nothing."""
        lever_id = section.text("id", required=True)
        name = section.words("name", required=True)
        faults = len(section.problems)
        changes = (
            *self._rules(section), *self._switches(section), *self._places(section),
            *self._vehicles(section), *self._programmes(section), *self._events(section),
        )  # fmt: skip
        if not changes and len(section.problems) == faults:
            section.wrong("", lever_id, "at least one change")
        section.done()
        if not lever_id or not changes:
            return None
        return Lever(lever_id, name, changes, section.file, section.line("id"))

    def _rules(self, section: Section) -> Iterator[Change]:
        for inner in section.sections("add_rules", named_by="id"):
            yield AddRule(read_rule(inner, self.attributes))
        for inner in section.sections("replace_rules", named_by="id"):
            yield ReplaceRule(read_rule(inner, self.attributes))
        for rule_id in section.texts("remove_rules"):
            yield RemoveRule(rule_id)
        for inner in section.sections("retime"):
            rule_id = inner.text("rule", required=True)
            when = tuple(read_when(part) for part in inner.sections("when"))
            if not when:
                inner.wrong("when", "", "hours and days, as those of a rule")
            inner.done()
            yield RetimeRule(rule_id, when)

    def _switches(self, section: Section) -> Iterator[Change]:
        inner = section.section("switches")
        for name in inner.keys:
            yield AnswerSwitch(name, inner.boolean(name, required=True))

    def _places(self, section: Section) -> Iterator[Change]:
        for inner in section.sections("add_geographies", named_by="id"):
            yield AddGeography(read_geography(inner, self.folder, self.attributes))
        for inner in section.sections("widen"):
            name = inner.text("geography", required=True)
            found = list(self._widenings(inner, name))
            if len(found) != 1:
                inner.wrong("", name, _WIDENINGS)
            inner.done()
            yield from found

    def _widenings(self, section: Section, name: str) -> Iterator[Change]:
        if (area := read_polygon(section, self.folder)) is not None:
            yield AddArea(name, area)
        if (width := section.number("buffer_m")) is not None:
            yield BufferArea(name, width)
        if values := section.texts("members"):
            yield AddMembers(name, frozenset(values))
        roads = read_condition(section, self.attributes, key="roads")
        if roads != ALWAYS:
            yield AddRoads(name, roads)

    def _whom(self, section: Section) -> Condition:
        if not section.has("vehicle"):
            section.wrong("vehicle", "", "which vehicles; all of them: {use: freight}")
        return read_condition(section, self.attributes, key="vehicle")

    def _vehicles(self, section: Section) -> Iterator[Change]:
        for inner in section.sections("fit"):
            usual = self.defaults.text("policy_packages", "retrofit_state")
            state = inner.text("state", default=usual)
            yield FitState(state, self._whom(inner))
            inner.done()
        for inner in section.sections("replace_vehicles"):
            columns = tuple(_columns(inner.section("with")))
            if not inner.has("with"):
                inner.wrong("with", "", "fuel, standard and model_year of the new vehicle")
            yield ReplaceVehicles(columns, self._whom(inner))
            inner.done()

    def _programmes(self, section: Section) -> Iterator[Change]:
        for inner in section.sections("enrol"):
            programme = inner.text("programme", required=True)
            if not inner.has("until"):
                inner.wrong("until", "", "last day of membership")
            until = inner.date("until")
            one = self._eligible_for(inner)
            where = self._whom(inner) if one is None else eligible(one)
            if until is not None:
                yield EnrolVehicles(programme, until, where)
            inner.done()
        for inner in section.sections("limit"):
            programme = inner.text("programme", required=True)
            found = list(self._limits(inner, programme))
            if not found:
                inner.wrong("", programme, _LIMITS)
            inner.done()
            yield from found

    def _limits(self, section: Section, programme: str) -> Iterator[Change]:
        years = section.number("max_age_years", low=0.0)
        if years is not None:
            yield limit_age(programme, years)
        technology = section.choice("technology", ("filter", "electric"))
        if technology:
            yield (limit_to_filters if technology == "filter" else limit_to_electric)(programme)
        if section.has("vehicle"):
            name = section.text("requirement", required=True)
            condition = read_condition(section, self.attributes, key="vehicle")
            yield LimitProgramme(programme, name, condition)

        one = self._eligible_for(section)
        if one is not None:
            yield LimitProgramme(programme, "eligibility", eligible(one))

    def _eligible_for(self, section: Section) -> Programme | None:
        name = section.text("eligible_for")
        if name and name not in self.programmes:
            known = ", ".join(self.programmes) or "there is none"
            section.wrong("eligible_for", name, f"a programme: {known}")
        return self.programmes.get(name)

    def _events(self, section: Section) -> Iterator[Change]:
        for inner in section.sections("events"):
            dates = [inner.as_date("dates", word) for word in inner.texts("dates", required=True)]
            event: dict[str, Any] = {
                "kind": inner.text("kind", required=True),
                "phase": inner.text("phase", required=True),
                "dates": tuple(date for date in dates if date is not None),
                "area": inner.text("area"),
                "pollutants": inner.texts("pollutants"),
                "parity": inner.choice("parity", ("odd", "even")) or None,
                "colour": inner.text("colour") or None,
                "digits": _announced(inner) if inner.has("digits") else None,
                "source": inner.text("source"),
            }
            inner.done()
            if event["dates"]:
                yield DeclareEvent(Event(**event))


def _announced(section: Section) -> frozenset[int] | None:
    """Read the digits of an event, which are said outright and follow from nothing else."""
    faults = len(section.problems)
    digits = read_digits(section, "digits")
    if len(digits) == 1 and digits[0].fixed is not None:
        return digits[0].fixed
    if len(section.problems) == faults:
        section.wrong("digits", "", "odd, even, all, none, or a list of digits from 0 to 9")
    return None


def _columns(section: Section) -> Iterator[tuple[str, Any]]:
    """Read columns of the vehicles table."""
    known = {column.name: column for column in VEHICLE_SCHEMA.columns if column.name not in _OWN}
    for name in section.keys:
        column = known.get(name)
        if column is None:
            section.wrong(name, "", "a column of the vehicles table: " + ", ".join(known))
        elif column.kind in ("integer", "number"):
            low = -float("inf") if column.minimum is None else column.minimum
            high = float("inf") if column.maximum is None else column.maximum
            number = section.number(name, required=True, low=low, high=high)
            if number is not None and column.kind == "integer" and number != int(number):
                section.wrong(name, f"{number:g}", "a whole number")
            elif number is not None:
                yield name, int(number) if column.kind == "integer" else number
        elif column.kind == "boolean":
            yield name, section.boolean(name, required=True)
        elif column.kind == "date":
            day = section.text(name, required=True)
            if day and section.as_date(name, day) is not None:
                yield name, day
        elif column.choices:
            yield name, section.choice(name, column.choices, required=True)
        else:
            yield name, section.text(name, required=True)
