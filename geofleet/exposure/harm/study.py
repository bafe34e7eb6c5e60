"""Harm of a whole study: receptors, air and settings in, deaths and shares out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.config import HealthConfig
from geofleet.defaults import Defaults
from geofleet.errors import InputError, Problem
from geofleet.exposure.harm.ages import EVERYONE, OTHERS, age_band, group_weights
from geofleet.exposure.harm.deaths import AttributableDeaths, attributable_deaths
from geofleet.exposure.harm.equity import exposure_shares, exposure_shares_by_group, of_zones
from geofleet.exposure.harm.intake import Intake, intake_fraction
from geofleet.exposure.harm.means import mean_increment
from geofleet.exposure.harm.mortality import BaselineMortality, baseline_mortality
from geofleet.exposure.harm.response import ResponseFunction, response_function
from geofleet.exposure.harm.yearly import QUANTITIES_OF, yearly_increment
from geofleet.exposure.model import Receptors, UnitExposure

__all__ = [
    "breathed",
    "by_age",
    "check_ages",
    "check_health",
    "study_deaths",
    "study_intake",
    "study_shares",
]

Floats = npt.NDArray[np.float64]
_PER_1000 = 1000.0


def study_deaths(
    receptors: Receptors,
    air: Callable[[str], Floats],
    settings: HealthConfig,
    *,
    country: str | None,
    seed: int,
    defaults: Defaults,
) -> AttributableDeaths:
    """Return deaths per year behind what the vehicles of a study add.

    Parameters
    ----------
    air
        Gives µg/m3 of an emission quantity at each receptor by hour of a service date, (n, 24).

    Notes
    -----
    People count where they live, as in the cohorts that the functions are from. Age groups count
    when all their names say ages; otherwise ages are those of the country.

    Raises
    ------
    InputError
        A country that is not known, or as in :func:`yearly_increment` and
        :func:`attributable_deaths`.
    """
    function, mortality = check_health(settings, country=country, defaults=defaults)
    added = yearly_increment(
        {name: air(name) for name in QUANTITIES_OF[function.pollutant]},
        function.pollutant,
        days_per_year=settings.days_per_year,
        background_nox_ug_m3=settings.background_nox_ug_m3,
        defaults=defaults,
    )
    frame = receptors.frame
    names = (EVERYONE, *_ages_among(receptors.groups))
    return attributable_deaths(
        added,
        {name: frame[name].to_numpy(np.float64) for name in names},
        function=function,
        mortality=mortality,
        background_ug_m3=settings.background_ug_m3,
        seed=seed,
        defaults=defaults,
    )


def check_health(
    settings: HealthConfig,
    *,
    country: str | None,
    defaults: Defaults,
) -> tuple[ResponseFunction, BaselineMortality]:
    """Return the function and the baseline mortality that settings ask for.

    For use before anything is computed.

    Raises
    ------
    InputError
        Everything that is wrong with them.
    """
    function = response_function(settings.function, defaults=defaults)
    problems: list[Problem] = []
    if function.pollutant == "no2" and settings.background_nox_ug_m3 is None:
        expected = "NOx of all other sources in µg/m3 as NO2, for a function of NO2"
        problems.append(Problem("study.yaml", "health.background_nox_ug_m3", expected=expected))
    if country is None:
        expected = "a country, for ages and mortality"
        problems.append(Problem("study.yaml", "country", expected=expected))
        raise InputError(problems)
    rate = settings.adult_deaths_per_1000
    try:
        mortality = baseline_mortality(
            country,
            function.cause,
            rate_per_year=None if rate is None else rate / _PER_1000,
            adult_share=settings.adult_share,
            defaults=defaults,
        )
    except InputError as error:
        raise InputError([*problems, *error.problems]) from None
    if problems:
        raise InputError(problems)
    return function, mortality


def check_ages(groups: Sequence[str]) -> None:
    """Check that groups whose names all say ages do not overlap.

    Raises
    ------
    InputError
        Two groups hold people of one age.
    """
    if named := _ages_among(groups):
        group_weights((*named, OTHERS))


def by_age(exposures: Mapping[str, UnitExposure]) -> UnitExposure | dict[str, UnitExposure]:
    """Return unit exposure by age where the names of all groups say ages, else of everyone.

    Parameters
    ----------
    exposures
        Of all ``people`` and of each group, as from :func:`geofleet.exposure.group_exposures`.
    """
    ages = _ages_among([name for name in exposures if name != EVERYONE])
    if not ages:
        return exposures[EVERYONE]
    return {name: exposures[name] for name in (EVERYONE, *ages)}


def study_intake(exposures: Mapping[str, UnitExposure], *, defaults: Defaults) -> Intake:
    """Return the intake fraction of a study's links, by age where its groups say ages."""
    return intake_fraction(by_age(exposures), defaults=defaults)


def _ages_among(groups: Sequence[str]) -> tuple[str, ...]:
    """Return the groups when all their names say ages, else none."""
    return tuple(groups) if all(age_band(name) for name in groups) else ()


def study_shares(
    receptors: Receptors, zones: pd.DataFrame, by: str, hourly: Floats
) -> pd.DataFrame:
    """Return shares of people and exposure by zone, age group, or a column of the zones.

    Raises
    ------
    InputError
        Age groups that the study does not have, a column that the zones do not have.
    """
    people = receptors.people_by_hour()
    zone_id = receptors.frame["zone_id"]
    if by == "zone":
        return exposure_shares(hourly, people, zone_id)
    if by != "group":
        return exposure_shares(hourly, people, of_zones(zone_id, zones, by))
    if not receptors.groups:
        expected = "age groups under population in study.yaml"
        raise InputError([Problem("study.yaml", "population.groups", expected=expected)])
    groups = {name: receptors.people_by_hour(name) for name in receptors.groups}
    return exposure_shares_by_group(hourly, people, groups)


def breathed(
    unit_exposure: UnitExposure,
    intake: Intake,
    grams_of: Mapping[str, Floats],
    *,
    service_dates: int,
    quantities: Sequence[str],
) -> dict[str, Any]:
    """Return means over people, grams inhaled and intake fractions, with what they leave out."""
    said: dict[str, Any] = {}
    for name in quantities:
        grams, label = grams_of[name], name.removesuffix("_g")
        said[f"people_weighted_{label}_ug_m3"] = mean_increment(
            unit_exposure, grams / max(service_dates, 1)
        )
        said[f"inhaled_{name}"] = float(intake.inhaled_g(grams).sum())
        # Nothing emitted has no intake fraction.
        known = float(grams.sum()) > 0.0
        said[f"intake_fraction_{label}_ppm"] = intake.mean_ppm(grams) if known else None
    return {**said, "harm_notes": list(intake.notes)}
