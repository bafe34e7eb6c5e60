"""Packages of measures that change how a fleet renews itself: sales, filters, grants, age caps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from geofleet.economics.renewal.model import OLDEST, TECHNOLOGIES
from geofleet.errors import InputError, Problem
from geofleet.fleet.classes import operator_sizes, vehicle_class_names
from geofleet.policy.rules.sections import Section, open_sections

__all__ = [
    "ORDINARY", "AgeCap", "Filters", "RenewalPackage", "Replacements", "Sales", "Whom",
    "load_packages", "read_packages",
]  # fmt: skip

ORDINARY = "ordinary"
"""What takes the place of a vehicle is bought as ever: used, imported or new."""

_YEARS = (1990, 2200)


@dataclass(frozen=True, slots=True)
class Whom:
    """Which vehicles a measure is for; empty classes or sizes mean all.

    Parameters
    ----------
    classes, sizes
        Vehicle classes and operator sizes.
    youngest, oldest
        Ages in years, both included.
    """

    classes: tuple[str, ...] = ()
    sizes: tuple[str, ...] = ()
    youngest: int = 0
    oldest: int = OLDEST


@dataclass(frozen=True, slots=True)
class Sales:
    """Share of new vehicles that are of a technology, linear between years, level outside them."""

    technology: str
    shares: Mapping[int, float]
    classes: tuple[str, ...] = ()

    def share(self, year: int) -> float:
        """Return the share of a year."""
        years = sorted(self.shares)
        return float(np.interp(year, years, [self.shares[one] for one in years]))


@dataclass(frozen=True, slots=True)
class Filters:
    """Particle filters fitted afterwards: in each year a share of the vehicles that can have one.

    Parameters
    ----------
    first_year, last_year
        Both included.
    share_per_year
        Of the vehicles without filter that the emission functions let have one.
    grant_share
        Part of the filter's price that public money pays.
    """

    first_year: int
    last_year: int
    share_per_year: float
    whom: Whom = Whom()
    grant_share: float = 0.0


@dataclass(frozen=True, slots=True)
class Replacements:
    """Vehicles replaced with a grant: in each year a share of those it is for.

    Parameters
    ----------
    technology
        Of what is bought new instead; ``ordinary``: as vehicles are bought without a grant.
    scrapped_share
        Part of the old vehicles that must be scrapped; the others are sold on.
    grant_share, grant
        Public money for each: a part of the new vehicle's price, and an amount.
    additional_share
        Part that would not have come about without the grant; row ``renewal:additional_share``
        when None. The others cost the grant and change nothing.
    """

    first_year: int
    last_year: int
    share_per_year: float
    technology: str
    whom: Whom = Whom()
    scrapped_share: float = 1.0
    grant_share: float = 0.0
    grant: float = 0.0
    additional_share: float | None = None


@dataclass(frozen=True, slots=True)
class AgeCap:
    """From a year on, vehicles older than an age must leave the road; a share of them does so."""

    first_year: int
    oldest: int
    share_per_year: float = 1.0
    whom: Whom = Whom()


@dataclass(frozen=True)
class RenewalPackage:
    """Measures taken together; without any, the fleet goes on renewing itself as today.

    Raises
    ------
    InputError
        Every fault at once: shares out of 0 to 1, technologies, classes and sizes that do not
        exist, years and ages in the wrong order, sales that sum to more than 1 in a year.
    """

    package_id: str
    name: str = ""
    sales: tuple[Sales, ...] = ()
    filters: tuple[Filters, ...] = ()
    replacements: tuple[Replacements, ...] = ()
    age_caps: tuple[AgeCap, ...] = ()
    source: str = ""
    status: str = "user"
    file: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        """Check every measure."""
        if problems := list(_faults(self)):
            raise InputError(problems)


def _faults(package: RenewalPackage) -> Iterator[Problem]:
    where = package.file or f"renewal package {package.package_id}"

    def wrong(name: str, value: object, expected: str) -> Problem:
        return Problem(where, f"{package.package_id}.{name}", 0, str(value), expected)

    for at, sale in enumerate(package.sales, start=1):
        name = f"sales[{at}]"
        if sale.technology not in TECHNOLOGIES[1:]:
            yield wrong(f"{name}.technology", sale.technology,
                        "one of " + ", ".join(TECHNOLOGIES[1:]))  # fmt: skip
        if not sale.shares:
            yield wrong(f"{name}.shares", "", "a share for at least one year")
        for year, share in sale.shares.items():
            if not 0.0 <= share <= 1.0:
                yield wrong(f"{name}.shares.{year}", share, "a share from 0 to 1")
        yield from (wrong(f"{name}.{key}", value, text) for key, value, text in _names(sale, ()))
    years = sorted({year for sale in package.sales for year in sale.shares})
    for group in sorted({name for sale in package.sales for name in sale.classes} | {""}):
        mine = [s for s in package.sales if s.shares and (not s.classes or group in s.classes)]
        names = [sale.technology for sale in mine]
        if len(set(names)) < len(names):
            yield wrong("sales", group, "each technology once for a class")
        for year in years:
            if sum(sale.share(year) for sale in mine) > 1.0 + 1e-9:
                yield wrong(f"sales.{year}", group, "shares that sum to at most 1")
    timed: tuple[tuple[str, tuple[Filters | Replacements, ...]], ...] = (
        ("filters", package.filters),
        ("replacements", package.replacements),
    )
    for key, measures in timed:
        for at, one in enumerate(measures, start=1):
            name = f"{key}[{at}]"
            if not _YEARS[0] <= one.first_year <= one.last_year <= _YEARS[1]:
                value = f"{one.first_year}-{one.last_year}"
                yield wrong(f"{name}.first_year, last_year", value, "years in their order")
            yield from (wrong(f"{name}.{k}", v, text) for k, v, text in _shares(one))
            yield from (wrong(f"{name}.{k}", v, text) for k, v, text in _names(one.whom, ("ages",)))
    for at, swap in enumerate(package.replacements, start=1):
        if swap.technology not in (*TECHNOLOGIES, ORDINARY):
            yield wrong(f"replacements[{at}].technology", swap.technology,
                        "one of " + ", ".join((*TECHNOLOGIES, ORDINARY)))  # fmt: skip
        if not 0.0 <= swap.grant < np.inf:
            yield wrong(f"replacements[{at}].grant", swap.grant, "an amount of at least 0")
        if swap.technology == ORDINARY and swap.grant_share:
            yield wrong(f"replacements[{at}].grant_share", swap.grant_share,
                        "an amount (grant): there is no price to take a share of")  # fmt: skip
    for at, cap in enumerate(package.age_caps, start=1):
        if not 0 <= cap.oldest < OLDEST:
            yield wrong(f"age_caps[{at}].oldest", cap.oldest, f"an age from 0 to {OLDEST - 1}")
        yield from (wrong(f"age_caps[{at}].{k}", v, text) for k, v, text in _shares(cap))
        yield from (wrong(f"age_caps[{at}].{k}", v, text) for k, v, text in _names(cap.whom, ()))


def _shares(one: object) -> Iterator[tuple[str, object, str]]:
    for key in ("share_per_year", "grant_share", "scrapped_share", "additional_share"):
        value = getattr(one, key, None)
        if value is not None and not 0.0 <= value <= 1.0:
            yield key, value, "a share from 0 to 1"


def _names(one: Whom | Sales, ages: tuple[str, ...]) -> Iterator[tuple[str, object, str]]:
    for key, allowed in (("classes", vehicle_class_names()), ("sizes", operator_sizes())):
        for value in getattr(one, key, ()):
            if value not in allowed:
                yield key, value, "one of " + ", ".join(allowed)
    if ages and isinstance(one, Whom) and not 0 <= one.youngest <= one.oldest <= OLDEST:
        yield "ages", f"{one.youngest}-{one.oldest}", f"ages from 0 to {OLDEST} in their order"


@cache
def load_packages() -> Mapping[str, RenewalPackage]:
    """Return the packages that come with geofleet, by id; ``today`` has no measures."""
    with resources.as_file(resources.files("geofleet.defaults") / "renewal.yaml") as path:
        return {one.package_id: one for one in read_packages(path)}


def read_packages(path: Path | str) -> tuple[RenewalPackage, ...]:
    """Read packages from a YAML file.

    Raises
    ------
    InputError
        Every fault at once, with its line.
    """
    root = open_sections(Path(path))
    packages: list[RenewalPackage] = []
    problems: list[Problem] = []
    for part in root.sections("packages", named_by="id"):
        before = len(root.problems)
        values = _package(part)
        if len(root.problems) > before:
            continue
        try:
            packages.append(RenewalPackage(**values))
        except InputError as error:
            problems += error.problems
    if not packages and not problems and not root.problems:
        root.wrong("packages", "", "at least one package")
    root.done()
    names = [one.package_id for one in packages]
    twice = {name for name in names if names.count(name) > 1}
    problems += [Problem(str(path), "id", 0, name, "each id once") for name in sorted(twice)]
    if problems or root.problems:
        raise InputError([*root.problems, *problems])
    return tuple(packages)


def _package(part: Section) -> dict[str, Any]:
    """Return what a package is made of; faults are left with the file."""
    found: dict[str, Any] = {
        "package_id": part.text("id", required=True),
        "name": part.words("name"),
        "source": part.text("source"),
        "status": part.text("status", default="user"),
        "file": part.file,
        "sales": tuple(_sale(one) for one in part.sections("sales")),
        "filters": tuple(_filters(one) for one in part.sections("filters")),
        "replacements": tuple(_replacements(one) for one in part.sections("replacements")),
        "age_caps": tuple(_age_cap(one) for one in part.sections("age_caps")),
    }
    part.done()
    return found


def _whom(part: Section, *, oldest: bool = True) -> Whom:
    return Whom(
        part.texts("classes"), part.texts("sizes"), _whole(part, "youngest", 0),
        _whole(part, "oldest", OLDEST) if oldest else OLDEST,
    )  # fmt: skip


def _whole(part: Section, key: str, default: int | None = None) -> int:
    found = part.number(key, required=default is None, low=0.0)
    if found is not None and found != int(found):
        part.wrong(key, f"{found:g}", "a whole number")
    return int(found) if found is not None else int(default or 0)


def _share(part: Section, key: str, default: float | None = None) -> float:
    found = part.number(key, required=default is None, low=0.0, high=1.0)
    return found if found is not None else float(default or 0.0)


def _sale(part: Section) -> Sales:
    shares = part.section("shares")
    found = {}
    for key in shares.keys:
        value = shares.number(key, low=0.0, high=1.0)
        if not key.isdigit():
            shares.wrong(key, "", "a calendar year")
        elif value is not None:
            found[int(key)] = value
    sale = Sales(part.text("technology", required=True), found, part.texts("classes"))
    part.done()
    return sale


def _filters(part: Section) -> Filters:
    found = Filters(
        _whole(part, "first_year"), _whole(part, "last_year"), _share(part, "share_per_year"),
        _whom(part), _share(part, "grant_share", 0.0),
    )  # fmt: skip
    part.done()
    return found


def _replacements(part: Section) -> Replacements:
    found = Replacements(
        _whole(part, "first_year"), _whole(part, "last_year"), _share(part, "share_per_year"),
        part.text("technology", required=True), _whom(part), _share(part, "scrapped_share", 1.0),
        _share(part, "grant_share", 0.0), part.number("grant", low=0.0) or 0.0,
        part.number("additional_share", low=0.0, high=1.0),
    )  # fmt: skip
    part.done()
    return found


def _age_cap(part: Section) -> AgeCap:
    found = AgeCap(
        _whole(part, "first_year"), _whole(part, "oldest"), _share(part, "share_per_year", 1.0),
        _whom(part, oldest=False),
    )  # fmt: skip
    part.done()
    return found
