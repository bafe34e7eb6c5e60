"""What a package means in each year: shares of vehicles that measures touch, kinds that come in."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.economics.renewal.dynamics import Dynamics
from geofleet.economics.renewal.kinds import (
    category_of,
    failed,
    filter_targets,
    import_mix,
    new_vehicle,
)
from geofleet.economics.renewal.model import OLDEST, TECHNOLOGIES, Kind, Stock
from geofleet.economics.renewal.packages import ORDINARY, RenewalPackage, Whom
from geofleet.economics.renewal.step import YearPlan
from geofleet.errors import InputError, Problem

__all__ = ["YearPlans", "year_plans"]

Floats = npt.NDArray[np.float64]

_TABLE = "renewal"

Shares = Mapping[Kind, float]


class YearPlans:
    """Plans by year for one stock, whose kinds they extend.

    Parameters
    ----------
    stock
        With a place for every kind that may come up.
    plans
        By calendar year.
    """

    def __init__(self, stock: Stock, plans: Mapping[int, YearPlan]) -> None:
        self.stock = stock
        self.plans = plans


def year_plans(
    stock: Stock,
    package: RenewalPackage,
    years: range,
    *,
    dynamics: Dynamics,
    defaults: Defaults,
) -> YearPlans:
    """Return what happens in each year after the first.

    Raises
    ------
    InputError
        A measure for classes or sizes that the stock does not have.
    """
    _check(stock, package)
    category = {name: category_of(name, defaults) for name in stock.classes}
    base = _base_shares(set(category.values()), defaults)
    new, imports, bought = {}, {}, {}
    for year in years:
        for name in stock.classes:
            new[year, name] = _new_kinds(stock, package, name, category[name], year, base, defaults)
            imports[year, name] = _import_kinds(stock, category[name], year, dynamics, defaults)
            for technology in {one.technology for one in package.replacements} - {ORDINARY}:
                bought[year, name, technology] = new_vehicle(
                    technology, category[name], year, stock.country, defaults
                )
    wanted: dict[Kind, None] = dict.fromkeys(stock.kinds)
    for mix in (*new.values(), *bought.values(), *(m for ages in imports.values() for m in ages)):
        wanted.update(dict.fromkeys(mix))
    targets = filter_targets(tuple(wanted), stock.classes, defaults)
    if package.filters:
        wanted.update(dict.fromkeys(targets.values()))
    cracked = {kind: now for kind in wanted if (now := failed(kind)) is not None}
    wanted.update(dict.fromkeys(cracked.values()))
    wide = stock.with_kinds(wanted)
    place = {kind: at for at, kind in enumerate(wide.kinds)}
    target = np.full((len(stock.classes), len(place)), -1, np.int64)
    for (name, kind), fitted in targets.items():
        if fitted in place:
            target[stock.classes.index(name), place[kind]] = place[fitted]
    crack = np.full(len(place), -1, np.int64)
    for kind, now in cracked.items():
        crack[place[kind]] = place[now]

    def row(mix: Shares) -> Floats:
        found = np.zeros(len(place))
        for kind, share in mix.items():
            found[place[kind]] += share
        return found

    plans = {}
    for year in years:
        plans[year] = YearPlan(
            new=np.array([row(new[year, name]) for name in wide.classes]),
            imports=np.array([[row(mix) for mix in imports[year, name]] for name in wide.classes]),
            caps=tuple(
                cap.share_per_year * _mask(wide, cap.whom, above=cap.oldest)
                for cap in package.age_caps
                if year >= cap.first_year
            ),
            replacements=tuple(
                (
                    one.share_per_year * _mask(wide, one.whom),
                    dynamics.additional_share
                    if one.additional_share is None
                    else one.additional_share,
                    one.scrapped_share,
                    None
                    if one.technology == ORDINARY
                    else np.array([row(bought[year, c, one.technology]) for c in wide.classes]),
                )
                for one in package.replacements
                if one.first_year <= year <= one.last_year
            ),
            filters=tuple(
                one.share_per_year * _mask(wide, one.whom)
                for one in package.filters
                if one.first_year <= year <= one.last_year
            ),
            target=target,
            cracked=crack,
        )
    return YearPlans(wide, plans)


def _check(stock: Stock, package: RenewalPackage) -> None:
    measures = [(f"filters[{at}]", one.whom) for at, one in enumerate(package.filters, 1)]
    measures += [
        (f"replacements[{at}]", one.whom) for at, one in enumerate(package.replacements, 1)
    ]
    measures += [(f"age_caps[{at}]", one.whom) for at, one in enumerate(package.age_caps, 1)]
    problems = [
        Problem(f"renewal package {package.package_id}", f"{where}.{axis}", 0, name,
                f"{axis} of the stock: " + ", ".join(have))
        for where, whom in measures
        for axis, names, have in (
            ("classes", whom.classes, stock.classes), ("sizes", whom.sizes, stock.sizes),
        )
        for name in names
        if name not in have
    ]  # fmt: skip
    if problems:
        raise InputError(problems)


def _base_shares(categories: set[str], defaults: Defaults) -> dict[tuple[str, str], float]:
    rows = CheckedRows(defaults)
    found = {
        (category, name): rows.number(
            _TABLE, f"new_share.{name}.{category}", 0.0, 1.0, "a share from 0 to 1"
        )
        for category in sorted(categories)
        for name in TECHNOLOGIES[2:]
    }
    for category in sorted(categories):
        total = sum(share for (one, _), share in found.items() if one == category)
        if total > 1.0:
            rows.problems.append(
                Problem(f"default table {_TABLE}", f"new_share.*.{category}", 0, f"{total:g}",
                        "shares that sum to at most 1")
            )  # fmt: skip
    rows.finish()
    return found


def _new_kinds(
    stock: Stock,
    package: RenewalPackage,
    name: str,
    category: str,
    year: int,
    base: Mapping[tuple[str, str], float],
    defaults: Defaults,
) -> Shares:
    """Return the kinds of vehicles bought new; what a package does not name stays in proportion."""
    named = {
        sale.technology: sale.share(year)
        for sale in package.sales
        if not sale.classes or name in sale.classes
    }
    left = max(1.0 - sum(named.values()), 0.0)
    others = {one: base[category, one] * left for one in TECHNOLOGIES[2:] if one not in named}
    shares = {**named, **others}
    shares["diesel"] = max(1.0 - sum(shares.values()), 0.0)
    found: dict[Kind, float] = {}
    for technology, share in shares.items():
        if share <= 0.0:
            continue
        kinds = new_vehicle(technology, category, year, stock.country, defaults)
        for kind, part in kinds.items():
            found[kind] = found.get(kind, 0.0) + share * part
    return found


def _import_kinds(
    stock: Stock, category: str, year: int, dynamics: Dynamics, defaults: Defaults
) -> list[Shares]:
    """Return the kinds of imports of each age; nothing for ages that are not imported."""
    found: list[Shares] = []
    for age in range(OLDEST + 1):
        if dynamics.import_ages[age] <= 0.0 or dynamics.import_share <= 0.0:
            found.append({})
            continue
        mix = import_mix(category, year - age, stock.country, defaults)
        found.append({Kind("diesel", standard): share for standard, share in mix.items()})
    return found


def _mask(stock: Stock, whom: Whom, *, above: int = -1) -> Floats:
    """Return 1 where a measure is for, 0 elsewhere (classes, sizes, ages, kinds)."""
    ages = np.arange(OLDEST + 1)
    by_class = [not whom.classes or name in whom.classes for name in stock.classes]
    by_size = [not whom.sizes or name in whom.sizes for name in stock.sizes]
    by_age = (ages >= whom.youngest) & (ages <= whom.oldest) & (ages > above)
    room = np.ones(len(stock.kinds), bool)
    found: Floats = np.einsum(
        "c,s,a,k->csak", *(np.asarray(one, np.float64) for one in (by_class, by_size, by_age, room))
    )
    return found
