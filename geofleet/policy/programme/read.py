"""Programme files: YAML read into a ProgrammeSet, every fault named with its line."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from pathlib import Path

from geofleet.errors import InputError, MissingDefaultError
from geofleet.policy.programme.model import (
    REASONS,
    Programme,
    ProgrammeSet,
    Requirement,
    Route,
    Validity,
)
from geofleet.policy.rules.conditions import All
from geofleet.policy.rules.facts import Attribute, known_attributes
from geofleet.policy.rules.model import RULE_STATUSES
from geofleet.policy.rules.read import read_attributes
from geofleet.policy.rules.read_conditions import read_condition
from geofleet.policy.rules.sections import Section, open_sections

__all__ = ["load_programmes", "programme_names", "read_programmes"]

_FOLDER = "programmes"
_PERMANENT, _NOT_KNOWN = "permanent", "unknown"
_TEXTS = (
    "membership", "jurisdiction", "authority", "who", "commitment", "sticker", "uptake", "source",
    "note",
)  # fmt: skip


def programme_names() -> list[str]:
    """Names of the programme sets that the package ships."""
    folder = resources.files("geofleet.defaults") / _FOLDER
    return sorted(item.name[:-5] for item in folder.iterdir() if item.name.endswith(".yaml"))


def load_programmes(name: str) -> ProgrammeSet:
    """Return a programme set that the package ships.

    Raises
    ------
    MissingDefaultError
        No such set.
    """
    if name not in programme_names():
        raise MissingDefaultError(f"no programmes {name!r}; there are {programme_names()}")
    with resources.as_file(resources.files("geofleet.defaults") / _FOLDER / f"{name}.yaml") as path:
        return read_programmes(path)


def read_programmes(path: Path | str) -> ProgrammeSet:
    """Read a programme file; ``docs/concepts/programme.md`` describes it.

    Raises
    ------
    InputError
        Every fault at once, with lines: unknown keys and attributes, values that cannot be.
    """
    root = open_sections(Path(path))
    attributes = {**known_attributes(), **read_attributes(root)}
    programmes = [_programme(one, attributes) for one in root.sections("programmes", named_by="id")]
    if not programmes:
        root.wrong("programmes", "", "at least one programme")
    name = root.text("programme_set", required=True)
    title, pack, notes = root.words("title"), root.text("pack"), root.words_list("notes")
    root.done()
    if root.problems:
        raise InputError(sorted(set(root.problems), key=lambda problem: problem.row))
    return ProgrammeSet(name, tuple(programmes), title, pack, attributes, notes, str(path))


def _programme(section: Section, attributes: Mapping[str, Attribute]) -> Programme:
    valid = section.section("valid")
    first, last = valid.date("from"), valid.date("to")
    valid.done()
    if first and last and first > last:
        valid.wrong("", f"{first} to {last}", "a first day that is not after the last one")
    routes = []
    for inner in section.sections("routes", named_by="id"):
        routes.append(
            Route(
                inner.text("id", required=True),
                inner.words("name", required=True),
                _requirements(inner, attributes),
                inner.boolean("needs_plan"),
            )
        )
        inner.done()
    found = Programme(
        programme_id=section.text("id", required=True),
        name=section.words("name", required=True),
        valid_from=first,
        valid_to=last,
        requirements=_requirements(section, attributes),
        routes=tuple(routes),
        cut_share=section.number("cut_share", low=0.0, high=1.0),
        exemptions=section.texts("exemptions"),
        grants=_grants(section.section("grants")),
        validity=tuple(_validity(one, attributes) for one in section.sections("validity")),
        status=section.choice("status", RULE_STATUSES, required=True),
        line=section.line("id"),
        kinds=attributes,
        **{name: section.words(name) for name in _TEXTS},
    )
    section.done()
    return found


def _requirements(section: Section, attributes: Mapping[str, Attribute]) -> tuple[Requirement, ...]:
    found = []
    for inner in section.sections("requirements", named_by="id"):
        parts = All(
            tuple(
                read_condition(inner, attributes, key=key)
                for key in ("vehicle", "trip") if inner.has(key)
            )
        )  # fmt: skip
        if not parts.parts:
            inner.wrong("vehicle", "", "a condition on the vehicle, or on the trip")
        name = inner.text("id", required=True)
        found.append(
            Requirement(
                name,
                inner.words("name", required=True),
                parts.parts[0] if len(parts.parts) == 1 else parts,
                inner.choice("reason", REASONS, default="other"),
            )
        )
        inner.done()
    return tuple(found)


def _grants(section: Section) -> tuple[tuple[str, str], ...]:
    return tuple((name, section.text(name, required=True)) for name in section.keys)


def _validity(section: Section, attributes: Mapping[str, Attribute]) -> Validity:
    word = section.text("years", required=True)
    years = None
    if word not in (_PERMANENT, _NOT_KNOWN):
        years = section.number("years", low=0.0)
    found = Validity(
        years,
        read_condition(section, attributes, key="vehicle"),
        word != _NOT_KNOWN,
        section.choice("status", RULE_STATUSES, default="user"),
    )
    section.done()
    return found
