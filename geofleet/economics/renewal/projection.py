"""Projection: a stock over the years under a package, with its emissions, harm and money."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.economics.renewal.costs import RenewalCosts, renewal_costs
from geofleet.economics.renewal.dynamics import Dynamics, renewal_dynamics
from geofleet.economics.renewal.factors import QUANTITIES, emission_factors, kilometres
from geofleet.economics.renewal.model import Stock
from geofleet.economics.renewal.packages import RenewalPackage
from geofleet.economics.renewal.results import Renewal
from geofleet.economics.renewal.step import Flows, advance
from geofleet.economics.renewal.yearplans import year_plans
from geofleet.errors import InputError, Problem

__all__ = ["project"]

Floats = npt.NDArray[np.float64]

_TABLE = "renewal"
_LONGEST = 100


def project(
    stock: Stock,
    package: RenewalPackage | None = None,
    *,
    years: tuple[int, int] | None = None,
    dynamics: Dynamics | None = None,
    costs: RenewalCosts | None = None,
    harm_per_g: float | Mapping[str, float] | None = None,
    annual_km: Mapping[str, float] | None = None,
    speed_kmh: float | None = None,
    emissions: bool = True,
    defaults: Defaults | None = None,
) -> Renewal:
    """Carry a stock through the years.

    The first year is the stock as it is; what a package does in a year shows in the stock of that
    year. Vehicles are conserved in every year, class and size of operator: what comes in less what
    goes out is the change of stock.

    Parameters
    ----------
    stock
        Vehicles of the first year (:func:`fleet_stock`).
    package
        Measures; none, for a fleet that goes on as today.
    years
        First and last calendar year; the stock's own year and row ``renewal:last_year`` when not
        given.
    dynamics
        How the fleet renews itself; :func:`renewal_dynamics` of the stock when not given.
    costs
        Prices; :func:`renewal_costs` when not given.
    harm_per_g
        Persons·µg/m3·h behind a gram of PM2.5, one number or one by class. Without it harm is
        unknown (NaN), not zero.
    annual_km
        Mean distance of a vehicle by class, in place of rows ``programme:annual_km.*``.
    speed_kmh
        As for :func:`geofleet.policy.programme.grams_per_km`.
    emissions
        False leaves grams and money unknown and gives vehicles alone.

    Raises
    ------
    InputError
        A first year that is not the stock's, a last one before it; a package for classes or sizes
        that the stock does not have; dynamics of another shape.
    """
    scope = (defaults or Defaults()).scope()
    chosen = package if package is not None else RenewalPackage("today")
    first, last = _years(stock, years, scope)
    rules = dynamics if dynamics is not None else renewal_dynamics(stock, defaults=scope)
    _fits(stock, rules)
    prices = costs
    if prices is None and emissions:
        prices = renewal_costs(stock.classes, defaults=scope)
    plans = year_plans(stock, chosen, range(first + 1, last + 1), dynamics=rules, defaults=scope)
    wide = plans.stock
    states, moves = [wide.vehicles], []
    for year in range(first + 1, last + 1):
        after, flows = advance(states[-1], rules, plans.plans[year])
        states.append(after)
        moves.append(flows)
    calendar = np.arange(first, last + 1, dtype=np.int64)
    vehicles = np.stack(states)
    factors = np.full((len(calendar), *wide.vehicles[:, 0].shape, len(QUANTITIES)), np.nan)
    if emissions:
        factors = emission_factors(
            vehicles, years=calendar, country=stock.country, classes=wide.classes,
            kinds=wide.kinds, speed_kmh=speed_kmh, defaults=scope,
        )  # fmt: skip
    return Renewal(
        package=chosen,
        years=calendar,
        classes=wide.classes,
        sizes=wide.sizes,
        kinds=wide.kinds,
        vehicles=vehicles,
        moved={name: _stacked(moves, name, wide.vehicles) for name in _MOVES},
        paid={name: [getattr(flows, name) for flows in moves] for name in ("replaced", "filters")},
        km=kilometres(vehicles, classes=wide.classes, annual_km=annual_km, defaults=scope),
        factors=factors,
        harm_per_g=_harm(harm_per_g, wide.classes),
        costs=prices,
        bands=_bands(scope),
        old_from_age=scope.number("programme", "cap.present"),
        provenance=tuple(sorted({*scope.used, *stock.provenance, *rules.provenance})),
    )


_MOVES = (
    "scrapped", "capped", "granted", "pushed_out", "sold_on", "bought", "imported", "new",
    "fitted", "cracked",
)  # fmt: skip


def _stacked(moves: list[Flows], name: str, like: Floats) -> Floats:
    """Return a flow of all years, zero in the first."""
    return np.stack([np.zeros_like(like), *(getattr(flows, name) for flows in moves)])


def _years(stock: Stock, years: tuple[int, int] | None, defaults: Defaults) -> tuple[int, int]:
    rows = CheckedRows(defaults)
    if years is None:
        last = int(rows.number(_TABLE, "last_year", 1990, 2200, "a calendar year"))
        first = stock.year
    else:
        first, last = years
    rows.finish()
    problems = []
    if first != stock.year:
        expected = f"{stock.year}, the year of the stock"
        problems.append(Problem("projection", "years", 0, str(first), expected))
    if not first <= last <= first + _LONGEST:
        expected = f"a last year from {first} to {first + _LONGEST}"
        problems.append(Problem("projection", "years", 0, str(last), expected))
    if problems:
        raise InputError(problems)
    return first, last


def _fits(stock: Stock, rules: Dynamics) -> None:
    classes, sizes, ages, _ = stock.vehicles.shape
    wanted = {
        "hazard": (classes, ages), "growth": (classes,), "used_share": (sizes,), "sold": (ages,),
        "import_ages": (ages,), "buyers": (sizes,),
    }  # fmt: skip
    problems = [
        Problem("dynamics", name, 0, str(getattr(rules, name).shape), f"an array of shape {shape}")
        for name, shape in wanted.items()
        if getattr(rules, name).shape != shape
    ]
    if problems:
        raise InputError(problems)


def _harm(harm_per_g: float | Mapping[str, float] | None, classes: tuple[str, ...]) -> Floats:
    if harm_per_g is None:
        return np.full(len(classes), np.nan)
    if isinstance(harm_per_g, Mapping):
        return np.array([float(harm_per_g.get(name, np.nan)) for name in classes])
    return np.full(len(classes), float(harm_per_g))


def _bands(defaults: Defaults) -> tuple[int, ...]:
    rows = [row for row in defaults.values(_TABLE) if row.startswith("age_band.")]
    return tuple(sorted(int(defaults.number(_TABLE, row)) for row in rows))
