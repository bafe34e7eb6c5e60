"""The vehicles of a whole city as cases: groups of equal ones, each standing for many."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.errors import InputError, Problem
from geofleet.fleet.classes import EMEP_CATEGORIES, operator_sizes, vehicle_class
from geofleet.fleet.composition import mexican_fleet
from geofleet.fleet.model import UNKNOWN
from geofleet.policy.cases import particle_filters
from geofleet.policy.programme.mass import FACTORS, grams_per_km
from geofleet.policy.rules.facts import Facts

if TYPE_CHECKING:
    from geofleet.fleet import FleetComposition

__all__ = ["CityCases", "city_cases"]

_TABLE, _FLEET = "programme", "fleet_composition"
_DECLINE = "mx.km_decline_per_year"
_SPLIT, _SHARE = "heavy.", ".share"


@dataclass(frozen=True)
class CityCases:
    """A city's vehicles by class, fuel, standard, model year and, where asked, operator size.

    Parameters
    ----------
    cases
        Attributes by group.
    mass
        ``annual_km`` and grams of a year of one vehicle of each group, as
        :func:`geofleet.policy.programme.vehicle_year` has them.
    weights
        Vehicles of each group.
    assumed
        Cells filled by assumption, by attribute.
    provenance
        Default rows used.
    """

    cases: pd.DataFrame
    mass: pd.DataFrame
    weights: pd.Series
    assumed: Mapping[str, int]
    provenance: tuple[str, ...] = ()


def city_cases(
    vehicles: float | Mapping[str, float] | None = None,
    *,
    year: int,
    country: str = "MX",
    composition: FleetComposition | None = None,
    by_operator_size: bool = False,
    speed_kmh: float | None = None,
    assume: Mapping[str, Any] | None = None,
    defaults: Defaults | None = None,
) -> CityCases:
    """Make cases of vehicles that are not known one by one.

    Each model year of a class is split into the standards that its certification mix says, so that
    what is unknown of a vehicle is a share of many. Gross weight is the usual one of the class
    (mass without load plus payload capacity); whoever has better tables makes cases of a fleet.

    Parameters
    ----------
    vehicles
        Trucks in all, split into classes by rows ``fleet_composition:heavy.<class>.share``; or
        vehicles by class. Row ``programme:valley.trucks`` where nothing is given.
    year, country
        For ages, certification mix and emissions.
    composition
        Shares of the kilometres by class, turned into shares of vehicles by the decline of distance
        with age (row ``fleet_composition:mx.km_decline_per_year``); those of Mexican federal
        statistics when not given.
    by_operator_size
        Split each group by rows ``programme:size_share.*`` of federal plates. As nothing says how
        size and age go together, each size has the ages of all: small operators look younger than
        they are.
    speed_kmh
        As for :func:`geofleet.policy.programme.grams_per_km`.
    assume
        Values for attributes that are not known of a city's vehicles (plates, where they drive).

    Raises
    ------
    InputError
        No composition of a class, numbers below zero, a country without certification mix.
    """
    scope = (defaults or Defaults()).scope()
    by_class = _by_class(vehicles, scope)
    if composition is None:
        composition = mexican_fleet(scope, year=year)
    parts = []
    for name, number in by_class.items():
        part = composition.of(name)
        # shares are of kilometres; who drives less with age is more vehicles per kilometre
        share = part["share"] / _activity(part["model_year"], year, scope)
        parts.append(part.assign(weight=share / share.sum() * number))
    groups = pd.concat(parts, ignore_index=True)
    groups = _by_standard(groups, country, scope)
    if by_operator_size:
        groups = _by_size(groups, scope)
    groups.index = pd.RangeIndex(len(groups), name="group")
    mass = grams_per_km(groups, country=country, year=year, speed_kmh=speed_kmh, defaults=scope)
    mass.insert(0, "annual_km", _annual_km(groups, year, scope))
    for name in FACTORS:
        mass[name] = mass[f"{name}_km"] * mass["annual_km"]
    cases = _attributes(groups, scope)
    assumed: dict[str, int] = {}
    if assume:
        facts, assumed = Facts(cases).assuming(assume)
        cases = facts.frame
    return CityCases(cases, mass, groups["weight"], assumed, scope.used)


def _by_class(vehicles: float | Mapping[str, float] | None, defaults: Defaults) -> dict[str, float]:
    rows = CheckedRows(defaults)
    if isinstance(vehicles, Mapping):
        found = {str(name): float(number) for name, number in vehicles.items()}
    else:
        total = vehicles
        if total is None:
            total = rows.number(_TABLE, "valley.trucks", 0.0, np.inf, "vehicles")
        shares = {
            row.removeprefix(_SPLIT).removesuffix(_SHARE): rows.number(
                _FLEET, row, 0.0, 1.0, "a share from 0 to 1"
            )
            for row in defaults.values(_FLEET)
            if row.startswith(_SPLIT) and row.endswith(_SHARE) and row.count(".") == 2
        }
        rows.finish()
        whole = sum(shares.values())
        found = {name: total * share / whole for name, share in shares.items()}
    wrong = [(name, number) for name, number in found.items() if not 0.0 <= number < np.inf]
    if wrong or not found:
        expected = "vehicles by class, numbers of at least 0"
        raise InputError(
            [Problem("city", name, 0, f"{number:g}", expected) for name, number in wrong]
            or [Problem("city", "vehicles", expected=expected)]
        )
    return found


def _by_standard(groups: pd.DataFrame, country: str, defaults: Defaults) -> pd.DataFrame:
    """Split groups of unknown standard by the certification mix of their model year."""
    from geofleet.emissions.engines.certification import NoMixError, standards_of

    rows, parts, problems = CheckedRows(defaults), [], []
    mixes: dict[tuple[str, int], dict[str, float]] = {}
    for group in groups.to_dict(orient="records"):
        if group["standard"] != UNKNOWN:
            parts.append(group)
            continue
        row = f"{group['vehicle_class']}.emep_category"
        category = rows.choice("vehicle_classes", row, EMEP_CATEGORIES)
        key = category, int(group["model_year"])
        if key not in mixes:
            mixes[key] = {}
            try:
                found = standards_of(
                    rows, category=category, standard=UNKNOWN, model_year=key[1], country=country
                )
            except NoMixError as error:
                problems.append(Problem("city", "standard", expected=str(error)))
                continue
            for standard, share in found:
                # two stages of one standard, told apart by emissions alone
                name = "epa_2010" if standard.startswith("epa_2010") else standard
                mixes[key][name] = mixes[key].get(name, 0.0) + share
        for standard, share in mixes[key].items():
            parts.append({**group, "standard": standard, "weight": group["weight"] * share})
    rows.finish()
    if problems:
        raise InputError(problems)
    return pd.DataFrame(parts)


def _by_size(groups: pd.DataFrame, defaults: Defaults) -> pd.DataFrame:
    rows = CheckedRows(defaults)
    shares = {
        size: rows.number(_TABLE, f"size_share.{size}", 0.0, 1.0, "a share from 0 to 1")
        for size in operator_sizes()
    }
    rows.finish()
    whole = sum(shares.values())
    return pd.concat(
        [groups.assign(operator_size=size, weight=groups["weight"] * share / whole)
         for size, share in shares.items()], ignore_index=True,
    )  # fmt: skip


def _annual_km(groups: pd.DataFrame, year: int, defaults: Defaults) -> pd.Series:
    """Return a vehicle's distance of a year: the class's mean, falling with age around it."""
    rows = CheckedRows(defaults)
    mean = {}
    for name in map(str, groups["vehicle_class"].unique()):
        kind = defaults.text(_FLEET, f"mx.age_of.{name}")
        mean[name] = rows.number(_TABLE, f"annual_km.{kind}", 0.0, np.inf, "km of a year")
    rows.finish()
    activity = _activity(groups["model_year"], year, defaults)
    name_of = groups["vehicle_class"]
    weighted = (activity * groups["weight"]).groupby(name_of).transform("sum")
    usual = weighted / groups["weight"].groupby(name_of).transform("sum")
    km: pd.Series = name_of.map(mean).astype(float) * activity / usual
    return km


def _activity(model_year: pd.Series, year: int, defaults: Defaults) -> pd.Series:
    """Return the distance of a vehicle over that of a new one, by age."""
    rows = CheckedRows(defaults)
    decline = rows.number(_FLEET, _DECLINE, 0.0, 0.5, "a share from 0 to 0.5")
    rows.finish()
    age = np.maximum(year - model_year.to_numpy(np.float64), 0.0)
    return pd.Series((1.0 - decline) ** age, index=model_year.index)


def _attributes(groups: pd.DataFrame, defaults: Defaults) -> pd.DataFrame:
    classes = {
        name: vehicle_class(defaults, name) for name in map(str, groups["vehicle_class"].unique())
    }
    body = {name: defaults.text("vehicle_classes", f"{name}.body") for name in classes}
    kind = groups["vehicle_class"]
    usual = {name: one.curb_mass_kg + one.payload_capacity_kg for name, one in classes.items()}
    cases = pd.DataFrame(
        {
            "use": "freight",
            "vehicle_class": kind,
            "body": kind.map(body),
            "axles": kind.map({name: float(one.axles) for name, one in classes.items()}),
            "length_m": kind.map({name: one.length_m for name, one in classes.items()}),
            "gvw_kg": kind.map(usual),
            "unladen_kg": kind.map({name: one.curb_mass_kg for name, one in classes.items()}),
            "payload_capacity_kg": kind.map(
                {name: one.payload_capacity_kg for name, one in classes.items()}
            ),
            "fuel": groups["fuel"],
            "standard": groups["standard"],
            "model_year": groups["model_year"].astype(float),
            "aftertreatment": groups["aftertreatment"].replace("", None),
            "particle_filter": particle_filters(groups, defaults=defaults),
        },
        index=groups.index,
    )
    if "operator_size" in groups.columns:
        cases["operator_size"] = groups["operator_size"]
    return cases.astype(object)
