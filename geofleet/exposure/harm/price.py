"""Harm per gram on each link in each hour: what a least-harm route pays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from geofleet.defaults import Defaults
from geofleet.errors import InputError, Problem
from geofleet.exposure.harm.ages import AgeBand
from geofleet.exposure.harm.groups import ByGroup, exposure_by_group
from geofleet.exposure.harm.intake import intake_fraction
from geofleet.exposure.harm.money import ValueOfLife
from geofleet.exposure.harm.mortality import BaselineMortality
from geofleet.exposure.harm.response import ResponseFunction

__all__ = ["Metric", "harm_price", "marginal_deaths_per_tonne"]

Floats = npt.NDArray[np.float64]
Metric = Literal["person_ug", "intake", "deaths", "years", "money"]
SECONDS_PER_HOUR = 3600.0
SECONDS_PER_DAY = 86400.0
DAYS_PER_YEAR = 365.0
GRAMS_PER_TONNE = 1e6


def harm_price(
    unit_exposure: ByGroup,
    *,
    metric: Metric = "person_ug",
    function: ResponseFunction | None = None,
    mortality: BaselineMortality | None = None,
    background_ug_m3: float | None = None,
    value_of_life: ValueOfLife | None = None,
    bands: Mapping[str, AgeBand] | None = None,
    defaults: Defaults | None = None,
) -> Floats:
    """Return the harm of one more gram emitted on each link in each hour, shape (edges, 24).

    Rows are the edges of the unit exposure. The gram is of the pollutant itself: of PM2.5 (or of
    its black carbon) for a function of PM2.5 (or BC); of NO2 for one of NO2, so that a price per
    gram of NOx is this times :func:`marginal_no2_ratio`. See :func:`limits` for what it leaves out.

    Parameters
    ----------
    metric
        ``person_ug``: persons·µg/m3·h; ``intake``: µg inhaled (parts per million of the gram);
        ``deaths``: expected deaths; ``years``: years of life lost; ``money``: the value of those
        deaths, in the currency and prices of ``value_of_life``.
    function, mortality
        For deaths, years and money.
    background_ug_m3
        Yearly mean of the pollutant that people breathe, the studied vehicles included; needed
        where the function is not a straight line.
    value_of_life
        For money.
    bands
        Ages by group where names do not say them.

    Returns
    -------
    Array per gram. Deaths are the marginal form: persons x deaths per person and year x slope of
    ln RR at the background, in which a year of one more µg/m3 for a person is 8,760 hours.

    Raises
    ------
    InputError
        What the metric needs is missing, or does not fit.
    """
    if metric not in get_args(Metric):
        expected = "one of " + ", ".join(get_args(Metric))
        raise InputError([Problem("harm price", "metric", value=str(metric), expected=expected)])
    groups = exposure_by_group(unit_exposure, bands=bands)
    total = sum((values for values, _ in groups.values()), np.zeros(()))
    if metric == "person_ug":
        return np.asarray(total / SECONDS_PER_HOUR)
    if metric == "intake":
        return intake_fraction(unit_exposure, bands=bands, defaults=defaults).ppm
    function, mortality, slope = _needed(metric, function, mortality, background_ug_m3)
    age = function.minimum_age
    price = np.zeros_like(np.asarray(total))
    for values, ages in groups.values():
        weight = mortality.deaths_per_person(age, ages)
        if weight > 0.0 and metric == "years":
            weight *= mortality.years_per_death(age, ages)
        price = price + values * weight
    price = price * (slope / (SECONDS_PER_DAY * DAYS_PER_YEAR))
    if metric != "money":
        return price
    if value_of_life is None:
        expected = "a value of a statistical life (see value_of_life)"
        raise InputError([Problem("harm price", "value_of_life", expected=expected)])
    return price * value_of_life.amount


def marginal_deaths_per_tonne(
    unit_exposure: ByGroup,
    *,
    function: ResponseFunction,
    mortality: BaselineMortality,
    background_ug_m3: float | None = None,
    bands: Mapping[str, AgeBand] | None = None,
) -> Floats:
    """Return expected deaths per tonne emitted on each link in each hour, shape (edges, 24).

    As :func:`harm_price` with ``metric="deaths"``, per tonne.
    """
    price = harm_price(
        unit_exposure, metric="deaths", function=function, mortality=mortality,
        background_ug_m3=background_ug_m3, bands=bands,
    )  # fmt: skip
    return price * GRAMS_PER_TONNE


def _needed(
    metric: str,
    function: ResponseFunction | None,
    mortality: BaselineMortality | None,
    background: float | None,
) -> tuple[ResponseFunction, BaselineMortality, float]:
    """Return function, mortality and the slope of ln RR at the background."""
    problems = []
    if function is None:
        expected = f"a concentration-response function for {metric} (see response_function)"
        problems.append(Problem("harm price", "function", expected=expected))
    if mortality is None:
        expected = f"baseline mortality for {metric} (see baseline_mortality)"
        problems.append(Problem("harm price", "mortality", expected=expected))
    if function is None or mortality is None:
        raise InputError(problems)
    check_cause(function, mortality)
    if background is None and function.form == "log_linear":
        return function, mortality, function.coefficient
    slope = function.slope(check_background(background, function))
    return function, mortality, float(slope)


def check_cause(function: ResponseFunction, mortality: BaselineMortality) -> None:
    """Refuse a function of other deaths than those of the baseline.

    Raises
    ------
    InputError
        Other causes.
    """
    if function.cause != mortality.cause:
        expected = f"baseline mortality of the cause {function.cause!r} of {function.name}"
        raise InputError([Problem("mortality", "cause", 0, mortality.cause, expected)])


def check_background(background: float | None, function: ResponseFunction) -> float:
    """Return a background that was given, in µg/m3.

    Raises
    ------
    InputError
        None given (there is no default: at 0 it would be wrong by factors), negative, not finite.
    """
    if background is None or not (np.isfinite(background) and background >= 0.0):
        expected = (
            f"the yearly mean of {function.pollutant} that monitors show, in µg/m3: risk per µg/m3 "
            f"by {function.name} depends on it"
        )
        value = "" if background is None else f"{background:g}"
        raise InputError([Problem("health", "background_ug_m3", 0, value, expected)])
    return float(background)
