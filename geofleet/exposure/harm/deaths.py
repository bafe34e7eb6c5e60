"""Deaths and years of life that a concentration is behind, with their interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.errors import InputError, Problem
from geofleet.exposure.harm.ages import AgeBand
from geofleet.exposure.harm.equity import UNKNOWN
from geofleet.exposure.harm.groups import persons_by_group
from geofleet.exposure.harm.money import ValueOfLife
from geofleet.exposure.harm.mortality import BaselineMortality
from geofleet.exposure.harm.notes import LABELS, limits
from geofleet.exposure.harm.price import check_background, check_cause
from geofleet.exposure.harm.response import ResponseFunction

__all__ = ["AttributableDeaths", "attributable_deaths"]

Floats = npt.NDArray[np.float64]
_CHUNK = 2_000_000


@dataclass(frozen=True)
class AttributableDeaths:
    """Deaths in a year behind the concentration that the studied vehicles add.

    Results of PM2.5, NO2 and black carbon are other views of much the same deaths: they cannot be
    added, and adding raises.

    Parameters
    ----------
    deaths, interval
        Expected deaths per year, and the 95 % interval from the coefficient's uncertainty alone.
    by_baseline
        The same deaths by the low and the high end of the baseline mortality.
    years, years_interval
        Years of life lost, alike.
    by_group
        ``deaths`` and ``years`` by age group.
    by_receptor
        Deaths at each receptor, shape (receptors,).
    increment_ug_m3, total_ug_m3
        Means over the people: what the vehicles add, and all there is with it.
    notes
        What the figures do not count, to be shown with them.
    """

    function: ResponseFunction
    country: str
    deaths: float
    interval: tuple[float, float]
    by_baseline: tuple[float, float]
    years: float
    years_interval: tuple[float, float]
    by_group: pd.DataFrame
    by_receptor: Floats
    increment_ug_m3: float
    total_ug_m3: float
    notes: tuple[str, ...]
    provenance: tuple[str, ...] = ()

    @property
    def pollutant(self) -> str:
        """Pollutant that the deaths are counted by."""
        return self.function.pollutant

    def __add__(self, other: object) -> NoReturn:
        """Refuse: deaths overlap between pollutants, and risk is no sum of concentrations."""
        raise TypeError(
            "attributable deaths are not added: those by PM2.5, NO2 and black carbon overlap; for "
            "several sources of one pollutant, add their concentrations first"
        )

    __radd__ = __add__

    def by_label(self, labels: Sequence[Any] | npt.NDArray[Any] | pd.Series) -> pd.Series:
        """Return deaths by zone, grade or another label of each receptor; missing is unknown.

        Raises
        ------
        InputError
            Another number of labels than receptors.
        """
        if len(labels) != len(self.by_receptor):
            expected = f"a label for each of the {len(self.by_receptor)} receptors"
            raise InputError([Problem("labels", value=str(len(labels)), expected=expected)])
        names = pd.Series(np.asarray(labels, dtype=object))
        names = names.where(names.notna(), UNKNOWN).astype(str)
        return pd.Series(self.by_receptor).groupby(names.to_numpy()).sum().rename("deaths")

    def money(self, *values: ValueOfLife) -> pd.DataFrame:
        """Return what these deaths are worth by each value of a statistical life.

        Nothing is discounted and no price year is turned into another. A row for each value:
        ``per_death, currency, price_year, money, money_low, money_high`` (the last two by the
        interval of deaths).

        Raises
        ------
        InputError
            No value given.
        """
        if not values:
            expected = "one value of a statistical life or more, best a range"
            raise InputError([Problem("money", expected=expected)])
        rows = [
            {
                "value": value.name,
                "per_death": value.amount,
                "currency": value.currency,
                "price_year": value.price_year,
                "money": self.deaths * value.amount,
                "money_low": self.interval[0] * value.amount,
                "money_high": self.interval[1] * value.amount,
            }
            for value in values
        ]
        return pd.DataFrame(rows).set_index("value")

    @property
    def row(self) -> tuple[str, str, str]:
        """Label, value with interval, and what it is: one line for a table to read."""
        value, low, high = (f"{number:.3g}" for number in (self.deaths, *self.interval))
        return (
            f"Deaths a year behind their {LABELS[self.pollutant]}",
            f"{value} ({low}–{high})",
            "statistical; without secondary particles",
        )

    def summary(self) -> dict[str, object]:
        """Return the main numbers as plain data, with notes and provenance."""
        return {
            "function": self.function.name,
            "pollutant": self.pollutant,
            "country": self.country,
            "deaths_per_year": self.deaths,
            "deaths_per_year_95": list(self.interval),
            "deaths_per_year_by_baseline": list(self.by_baseline),
            "years_of_life_lost_per_year": self.years,
            "years_of_life_lost_per_year_95": list(self.years_interval),
            "mean_increment_ug_m3": self.increment_ug_m3,
            "mean_total_ug_m3": self.total_ug_m3,
            "notes": list(self.notes),
            "provenance": list(self.provenance),
        }


def attributable_deaths(
    increment_ug_m3: Floats,
    persons: Floats | Mapping[str, Floats],
    *,
    function: ResponseFunction,
    mortality: BaselineMortality,
    background_ug_m3: float | Floats,
    including_increment: bool = True,
    bands: Mapping[str, AgeBand] | None = None,
    seed: int = 0,
    defaults: Defaults | None = None,
) -> AttributableDeaths:
    """Return the deaths per year that would not be, were the increment gone.

    With C all that people breathe and d the increment, a group of persons p with deaths per person
    and year m observed under C loses p m (1 - RR(C - d) / RR(C)): mortality without d is
    m RR(C - d) / RR(C). This is the burden of C less that of C - d when both are counted from the
    mortality observed; the difference of attributable fractions, 1/RR(C - d) - 1/RR(C), is smaller
    by the factor 1/RR(C - d).

    Parameters
    ----------
    increment_ug_m3
        Yearly mean that the studied vehicles add at each receptor, shape (receptors,). A day's
        mean must first be multiplied by such days per 365.
    persons
        Persons of all ages at each receptor, or by age group (with ``people`` for everyone).
    background_ug_m3
        Yearly mean of the pollutant: one for the city or one for each receptor.
    including_increment
        Whether it is what monitors show, vehicles included. A single number is then the mean over
        the people of all there is; each receptor has its own increment on top of the rest.
    bands
        Ages by group where names do not say them.
    seed
        Of the draws of the coefficient for the interval.

    Raises
    ------
    InputError
        Shapes that do not fit, negative numbers, an increment that is more than all there is, a
        cause that is not the function's.
    """
    used = (defaults or Defaults()).scope()
    check_cause(function, mortality)
    groups = persons_by_group(persons, bands=bands)
    count = len(next(iter(groups.values()))[0])
    added = _increment(increment_ug_m3, count)
    people = sum((values for values, _ in groups.values()), np.zeros(count))
    total = _total(added, people, function, background_ug_m3, including_increment)
    rest = np.maximum(total - added, 0.0)
    change = function.shape(total) - function.shape(rest)
    age = function.minimum_age
    rates = {name: mortality.deaths_per_person(age, ages) for name, (_, ages) in groups.items()}
    years = {
        name: mortality.years_per_death(age, ages) if rates[name] > 0.0 else 0.0
        for name, (_, ages) in groups.items()
    }
    dying = {name: values * rates[name] for name, (values, _) in groups.items()}
    part = -np.expm1(-function.coefficient * change)
    by_group = pd.DataFrame(
        {"deaths": {name: float(values @ part) for name, values in dying.items()}}
    )
    by_group["years"] = by_group["deaths"] * pd.Series(years)
    every = sum(dying.values(), np.zeros(count))
    weighted = sum((dying[name] * years[name] for name in dying), np.zeros(count))
    drawn = _drawn(function, change, np.stack([every, weighted]), seed, used)
    ends = [used.number("health", f"interval_{end}") for end in ("low", "high")]
    low, high = np.quantile(drawn, ends, axis=1)
    deaths = float(every @ part)
    everyone = people.sum()
    return AttributableDeaths(
        function=function,
        country=mortality.country,
        deaths=deaths,
        interval=(float(low[0]), float(high[0])),
        by_baseline=(deaths * mortality.low, deaths * mortality.high),
        years=float(weighted @ part),
        years_interval=(float(low[1]), float(high[1])),
        by_group=by_group,
        by_receptor=every * part,
        increment_ug_m3=float(people @ added / everyone),
        total_ug_m3=float(people @ total / everyone),
        notes=limits(function.pollutant, deaths=True),
        provenance=tuple(sorted({*function.provenance, *mortality.provenance, *used.used})),
    )


def _increment(values: Floats, count: int) -> Floats:
    added = np.asarray(values, dtype=np.float64)
    wrong = np.flatnonzero(~(np.isfinite(added) & (added >= 0.0)))
    if added.shape != (count,) or len(wrong):
        row = int(wrong[0]) + 1 if len(wrong) else 0
        expected = f"yearly means of at least 0 µg/m3 at each of {count} receptors"
        problem = Problem("increment_ug_m3", "", row, str(added.shape), expected)
        raise InputError([problem])
    return added


def _total(
    added: Floats,
    people: Floats,
    function: ResponseFunction,
    background: float | Floats,
    including: bool,
) -> Floats:
    """Return all that people breathe at each receptor."""
    given = np.asarray(background, dtype=np.float64) if background is not None else None
    if people.sum() <= 0.0:
        raise InputError([Problem("persons", expected="people in at least one place")])
    if given is None or given.ndim == 0:
        base = np.full(len(added), check_background(None if given is None else float(given),
                                                    function))  # fmt: skip
        if including:
            base = base - people @ added / people.sum()
    else:
        wrong = given.shape != added.shape or not np.all(np.isfinite(given) & (given >= 0.0))
        if wrong:
            expected = f"one yearly mean of at least 0, or one for each of {len(added)} receptors"
            raise InputError([Problem("background_ug_m3", "", 0, str(given.shape), expected)])
        base = given - added if including else given
    below = np.flatnonzero(base < -1e-9)
    if len(below):
        expected = (
            "a background that is at least what the vehicles add, since it includes them; or "
            f"including_increment=False ({len(below)} receptors are short)"
        )
        raise InputError([Problem("background_ug_m3", "", int(below[0]) + 1, "", expected)])
    return np.asarray(np.maximum(base, 0.0) + added)


def _drawn(
    function: ResponseFunction, change: Floats, weights: Floats, seed: int, used: Defaults
) -> Floats:
    """Return the weighted sums for each draw of the coefficient, shape (len(weights), draws)."""
    count = int(used.number("health", "draws"))
    if count < 1:
        expected = "at least one draw"
        raise InputError([Problem("health", "draws", 0, str(count), expected)])
    coefficients = function.draws(count, seed=seed)
    step = max(1, _CHUNK // max(len(change), 1))
    parts = [
        weights @ -np.expm1(-np.outer(change, coefficients[first : first + step]))
        for first in range(0, count, step)
    ]
    return np.concatenate(parts, axis=1)
