"""Who dies anyway: baseline mortality by age, and the years of life that a death takes."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from geofleet.defaults import Defaults
from geofleet.errors import InputError, MissingDefaultError, Problem
from geofleet.exposure.harm.ages import CLASSES, class_weights

__all__ = ["BaselineMortality", "baseline_mortality"]

Floats = npt.NDArray[np.float64]
ADULT_AGE = 25.0
_MIDDLE = 2.5
_OLDEST = 95.0


@dataclass(frozen=True)
class BaselineMortality:
    """Deaths of one kind in a population, by five-year class of age.

    Parameters
    ----------
    people_share
        Part of all people in each class, shape (21,), summing to 1.
    rate_per_year
        Deaths per person and year in each class, shape (21,).
    years_left
        Standard remaining years of life at the middle of each class, shape (21,).
    low, high
        Ends of the range of the rate at 25 and over, as ratios to the central one.
    """

    country: str
    cause: str
    people_share: Floats
    rate_per_year: Floats
    years_left: Floats
    low: float
    high: float
    provenance: tuple[str, ...] = ()

    def adult_share(self, minimum_age: float = ADULT_AGE) -> float:
        """Return the part of all people that is of an age or over."""
        return float(self.people_share @ _from(minimum_age))

    def adult_rate(self, minimum_age: float = ADULT_AGE) -> float:
        """Return deaths per person and year among those of an age or over."""
        share = self.people_share * _from(minimum_age)
        return float(share @ self.rate_per_year / share.sum())

    def deaths_per_person(self, minimum_age: float, group: Floats | None = None) -> float:
        """Return deaths per year at ``minimum_age`` and over, per person of any age.

        Parameters
        ----------
        group
            Part of each class that a group holds, shape (21,): the result is then per person of
            that group, with the ages within it as in the country. None for everyone.

        Raises
        ------
        ValueError
            A group that nobody in the country belongs to.
        """
        people = self._people(group)
        return float((people * _from(minimum_age)) @ self.rate_per_year)

    def years_per_death(self, minimum_age: float, group: Floats | None = None) -> float:
        """Return mean years of life lost by a death at ``minimum_age`` and over; NaN when none.

        A mean over the ages at death: of the country, or of a group within it.
        """
        deaths = self._people(group) * _from(minimum_age) * self.rate_per_year
        total = float(deaths.sum())
        return float(deaths @ self.years_left / total) if total > 0.0 else float("nan")

    def _people(self, group: Floats | None) -> Floats:
        people = self.people_share if group is None else self.people_share * group
        if people.sum() <= 0.0:
            raise ValueError(f"nobody in {self.country} is of the ages of this group")
        return np.asarray(people / people.sum())


def baseline_mortality(
    country: str,
    cause: str,
    *,
    rate_per_year: float | None = None,
    adult_share: float | None = None,
    defaults: Defaults | None = None,
) -> BaselineMortality:
    """Return the baseline mortality of a country, or of a city in it.

    The age profile of deaths from all causes is scaled so that the rate at 25 and over is that of
    the cause: an approximation, good for causes that make up most deaths.

    Parameters
    ----------
    country
        Two-letter code with rows in the tables ``age_structure`` and ``mortality``; a study adds
        others as rows of its own.
    cause
        As in :class:`ResponseFunction`.
    rate_per_year
        Deaths of the cause per person of 25 and over and year, in place of the table's: that of
        the municipality where it is known. The range is then the rate itself.
    adult_share
        Part of the people that is 25 and over, in place of the country's.

    Raises
    ------
    InputError
        A country or cause without rows, rates or shares that cannot be.
    """
    used = (defaults or Defaults()).scope()
    problems = [
        Problem("mortality", name, value=f"{value:g}", expected=expected)
        for name, value, expected in (
            ("rate_per_year", rate_per_year, "deaths per person and year from 0 to 1"),
            ("adult_share", adult_share, "a share above 0 and below 1"),
        )
        if value is not None and not 0.0 < value < 1.0
    ]
    if problems:
        raise InputError(problems)
    try:
        shares = _column(used, f"{country}.share")
        rates = _column(used, f"{country}.death_rate")
        row = f"{country}.{cause}.rate"
        low = high = 1.0
        rate = rate_per_year
        if rate is None:
            rate = used.number("mortality", f"{row}_per_year")
            low = used.number("mortality", f"{row}_low") / rate
            high = used.number("mortality", f"{row}_high") / rate
    except MissingDefaultError as error:
        expected = (
            f"a country and cause with rows in the tables age_structure and mortality ({error}); "
            "add rows of your own under tables in study.yaml"
        )
        value = f"{country}, {cause}"
        raise InputError([Problem("mortality", "country", 0, value, expected)]) from None
    adults = _from(ADULT_AGE)
    shares = shares / shares.sum()
    if adult_share is not None:
        part = float(shares @ adults)
        shares = shares * np.where(adults > 0.0, adult_share / part,
                                   (1.0 - adult_share) / (1.0 - part))  # fmt: skip
    mortality = BaselineMortality(
        country=country, cause=cause, people_share=shares, rate_per_year=rates,
        years_left=_years_left(used), low=low, high=high,
    )  # fmt: skip
    scaled = rates * (rate / mortality.adult_rate())
    return replace(mortality, rate_per_year=scaled, provenance=used.used)


def _from(minimum_age: float) -> Floats:
    return class_weights((minimum_age, float("inf")))


def _column(used: Defaults, prefix: str) -> Floats:
    return np.array([used.number("age_structure", f"{prefix}.{age:.0f}") for age in CLASSES])


def _years_left(used: Defaults) -> Floats:
    """Return standard remaining years in the middle of each class, straight between ages."""
    table = used.text("life_expectancy", "standard")
    ages = CLASSES[CLASSES <= _OLDEST]
    try:
        left = [used.number("life_expectancy", f"{table}.{age:.0f}") for age in ages]
    except MissingDefaultError as error:
        expected = f"the name of a life table with rows for every fifth year ({error})"
        problem = Problem("life_expectancy", "standard", 0, table, expected)
        raise InputError([problem]) from None
    return np.asarray(np.interp(CLASSES + _MIDDLE, ages, left))
