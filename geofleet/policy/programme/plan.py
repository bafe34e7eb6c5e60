"""The plan of a fleet: whether its measures cut the particle mass of a year by enough."""

from __future__ import annotations

import math
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pandas as pd

from geofleet.defaults import Defaults
from geofleet.errors import InputError, Problem
from geofleet.policy.cases import particle_filters
from geofleet.policy.programme.mass import vehicle_year
from geofleet.policy.programme.measures import Measure, apply_plan

if TYPE_CHECKING:
    from geofleet.fleet import Fleet
    from geofleet.network import RoadNetwork
    from geofleet.routes import Traversals

__all__ = ["PlanCheck", "check_plan", "plan_check"]

_PM = "pm25_exhaust_g"
# what rounding a product of two binary numbers, and reading it as a decimal, can lose
_ROUNDING = 4 * sys.float_info.epsilon


@dataclass(frozen=True)
class PlanCheck:
    """Whether a plan cuts the particle mass of a fleet's year by what is asked.

    Parameters
    ----------
    pm_before_g, pm_after_g
        Exhaust PM2.5 of a year; NaN where a vehicle's is not known.
    cut_share
        What is cut, as a share of the mass before; NaN where that is unknown or nothing.
    required_share
        What is asked.
    passes
        None where it cannot be told: a vehicle's mass is unknown, or there is none to be cut.
    by_vehicle
        Indexed by ``vehicle_id``: ``operator_id, measure``, ``annual_km``, ``pm25_exhaust_g``,
        ``pm25_wear_g`` and ``particle_filter`` before and after, and ``programme_membership``,
        which no plan changes.
    missing
        Vehicles whose mass is not known.
    after
        The fleet after the plan.
    provenance
        Default rows used.
    """

    pm_before_g: float
    pm_after_g: float
    cut_share: float
    required_share: float
    passes: bool | None
    by_vehicle: pd.DataFrame
    missing: tuple[str, ...]
    after: Fleet
    provenance: tuple[str, ...] = ()


def plan_check(
    pm_before_g: float,
    pm_after_g: float,
    required_share: float,
    *,
    tolerance_share: float = _ROUNDING,
) -> bool | None:
    """Tell whether a cut from one mass to another is at least a share of the first.

    The numbers are taken as the decimals that they print as, and compared exactly: nothing is
    rounded to a figure. A cut of exactly 10 % meets 10 %, one of 9.99 % does not.

    Parameters
    ----------
    pm_before_g, pm_after_g
        Masses of a year; NaN is unknown.
    required_share
        What is asked, from 0 to 1.
    tolerance_share
        How far the cut may miss it, as a share of the mass before: for floating-point numbers,
        whose rounding must not decide. By default what one product of them loses (9e-16), so that
        a mass times 0.9 is a cut of 10 %; more where many are summed.

    Returns
    -------
    bool or None
        None where a mass is unknown, or nothing is emitted before nor after so that no share can
        be told. Where nothing is before and something after, nothing is cut: False.

    Raises
    ------
    InputError
        Masses below zero or infinite, a share outside of 0 to 1.

    Examples
    --------
    >>> plan_check(1000.0, 900.0, 0.1), plan_check(1000.0, 901.0, 0.1)
    (True, False)
    >>> plan_check(0.3, 0.27, 0.1)
    True
    """
    problems = [
        Problem("plan", name, 0, f"{value:g}", "a mass of at least 0, in grams")
        for name, value in (("pm_before_g", pm_before_g), ("pm_after_g", pm_after_g))
        if value < 0.0 or math.isinf(value)
    ]
    if not 0.0 <= required_share <= 1.0:
        expected = "a share from 0 to 1"
        problems.append(Problem("plan", "required_share", 0, f"{required_share:g}", expected))
    if not 0.0 <= tolerance_share < 1.0:
        expected = "a share of at least 0 and below 1"
        problems.append(Problem("plan", "tolerance_share", 0, f"{tolerance_share:g}", expected))
    if problems:
        raise InputError(problems)
    if math.isnan(pm_before_g) or math.isnan(pm_after_g) or pm_before_g == pm_after_g == 0.0:
        return None
    if pm_before_g == 0.0:
        return False
    before, after = _decimal(pm_before_g), _decimal(pm_after_g)
    asked = _decimal(required_share) - _decimal(tolerance_share)
    return before - after >= asked * before


def _decimal(value: float) -> Fraction:
    return Fraction(repr(float(value)))


def _agreement_faults(
    fleet: Fleet, measures: Sequence[Measure], chosen: Sequence[str]
) -> list[Problem]:
    known, within = set(map(str, fleet.vehicles.index)), set(map(str, chosen))
    problems = [
        Problem("plan", "vehicles", 0, str(name), "a vehicle of the fleet")
        for name in chosen if str(name) not in known
    ] + [
        Problem("plan", "vehicles", 0, name, "each vehicle once")
        for name, count in Counter(map(str, chosen)).items() if count > 1
    ]  # fmt: skip
    for row, one in enumerate(measures, start=2):
        for field, names in (("vehicle_id", (one.vehicle_id,)), ("km_to", one.km_to)):
            problems += [
                Problem("plan", field, row, name, "a vehicle of the agreement")
                for name in names if name in known and name not in within
            ]  # fmt: skip
    return problems


def check_plan(
    fleet: Fleet,
    measures: Sequence[Measure],
    *,
    required_share: float,
    country: str | None,
    year: int | None,
    vehicles: Sequence[str] | None = None,
    traversals: Traversals | None = None,
    network: RoadNetwork | None = None,
    speed_kmh: float | None = None,
    defaults: Defaults | None = None,
) -> PlanCheck:
    """Work out a fleet's particle mass of a year before and after a plan, and check the cut.

    Exhaust PM2.5 counts, as diesel particles are finer than that; wear is told beside it. Grams per
    kilometre are those of the study's roads where traversals are given, else of one mean speed.

    Parameters
    ----------
    fleet, measures
        The fleet, and what is done.
    required_share
        :attr:`Programme.cut_share`.
    country, year
        For certification mix and age.
    vehicles
        The vehicles of the agreement; all of the fleet when not given. Measures on others, and
        distance handed to others, would be a cut on paper alone and are refused.
    traversals, network, speed_kmh
        As for :func:`geofleet.policy.programme.vehicle_year`.

    Raises
    ------
    InputError
        Faults of the plan (:func:`apply_plan`), vehicles that the fleet does not have, vehicles
        that no emission function fits.
    """
    scope = (defaults or Defaults()).scope()
    chosen = list(fleet.vehicles.index) if vehicles is None else list(vehicles)
    if problems := _agreement_faults(fleet, measures, chosen):
        raise InputError(problems)
    after = apply_plan(fleet, measures)
    settings: dict[str, Any] = {
        "country": country, "year": year, "traversals": traversals, "network": network,
        "speed_kmh": speed_kmh, "defaults": scope,
    }  # fmt: skip
    years = {
        "before": vehicle_year(fleet, **settings).loc[chosen],
        "after": vehicle_year(after, **settings).loc[chosen],
    }
    table = fleet.vehicles.loc[chosen].reindex(columns=["operator_id", "programme_membership"])
    done = {one.vehicle_id: one.measure for one in measures}
    table.insert(1, "measure", [done.get(str(name), "") for name in chosen])
    for when, one in (("before", fleet), ("after", after)):
        for name in ("annual_km", _PM, "pm25_wear_g"):
            table[f"{name}_{when}"] = years[when][name]
        table[f"particle_filter_{when}"] = particle_filters(
            one.vehicles.loc[chosen], defaults=scope
        )
    masses = {when: float(one[_PM].sum(skipna=False)) for when, one in years.items()}
    unknown_mass = table[f"{_PM}_before"].isna() | table[f"{_PM}_after"].isna()
    before, left = masses["before"], masses["after"]
    tolerance = scope.number("programme", "plan.tolerance")
    return PlanCheck(
        pm_before_g=before,
        pm_after_g=left,
        cut_share=(before - left) / before if before > 0.0 else math.nan,
        required_share=required_share,
        passes=plan_check(before, left, required_share, tolerance_share=tolerance),
        by_vehicle=table,
        missing=tuple(map(str, table.index[unknown_mass])),
        after=after,
        provenance=scope.used,
    )
