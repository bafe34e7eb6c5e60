"""Scrappage: how many vehicles of an age leave the road, and what survives of a given one."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.economics.renewal.model import OLDEST
from geofleet.errors import InputError, Problem

__all__ = ["CURVES", "calibrated_hazard", "hazard_of_curve", "kind_of_class", "survival"]

Floats = npt.NDArray[np.float64]

CURVES = ("weibull", "logistic")
_TABLE, _FLEET = "renewal", "fleet_composition"
_FEDERAL_YEAR = 2019
_FEDERAL = ("c2", "c3", "t3")
_VAN = "van"
_SCALES = (2.0, 5000.0)
_SHARE = "a share above 0 and below 0.5"


def hazard_of_curve(curve: str, scale_years: float, *, shape: float) -> Floats:
    """Return the share of vehicles of each age, 0 to ``OLDEST``, that leave within a year.

    Survivors to age *a* are exp(-(a / scale)^shape) of a Weibull curve (``shape`` dimensionless)
    and (1 + exp(-scale / shape)) / (1 + exp((a - scale) / shape)) of a logistic one (``shape`` is
    its width in years, ``scale`` its middle). The hazard is 1 - S(a + 1) / S(a).
    """
    ages = np.arange(OLDEST + 2, dtype=np.float64)
    if curve == "weibull":
        log_left = -((ages / scale_years) ** shape)
    elif curve == "logistic":
        log_left = -np.logaddexp(0.0, (ages - scale_years) / shape)
    else:
        expected = "one of " + ", ".join(CURVES)
        raise InputError([Problem("scrappage", "curve", 0, curve, expected)])
    found: Floats = -np.expm1(np.diff(log_left))
    return found


def calibrated_hazard(
    vehicles_by_age: npt.ArrayLike, turnover: float, *, curve: str, shape: float
) -> Floats:
    """Return the hazard by age whose curve takes a given share off a fleet in a year.

    Parameters
    ----------
    vehicles_by_age
        Vehicles of age 0 to ``OLDEST`` (numbers or shares).
    turnover
        Share of them that leave in a year, above 0 and below 0.5.

    Raises
    ------
    InputError
        A turnover that no scale of the curve gives.
    """
    weight = np.asarray(vehicles_by_age, np.float64)
    weight = weight / weight.sum()

    def miss(scale: float) -> float:
        return float(weight @ hazard_of_curve(curve, scale, shape=shape)) - turnover

    if not (miss(_SCALES[0]) > 0.0 > miss(_SCALES[1])):
        expected = "a share that some scale of the curve gives"
        raise InputError([Problem("scrappage", "turnover", 0, f"{turnover:g}", expected)])
    scale = float(brentq(miss, *_SCALES, xtol=1e-12, rtol=1e-14))
    return hazard_of_curve(curve, scale, shape=shape)


def kind_of_class(vehicle_class: str, defaults: Defaults) -> str:
    """Return whose ages a class has: ``van``, ``c2``, ``c3`` or ``t3``."""
    return defaults.text(_FLEET, f"mx.age_of.{vehicle_class}")


def class_hazards(classes: tuple[str, ...], defaults: Defaults) -> Floats:
    """Return the hazard of each class by age, shape (classes, ages).

    Trucks share one curve, with the scale at which it takes row ``renewal:turnover.truck`` off the
    federal fleet of 2019; vans have one of their own.
    """
    rows = CheckedRows(defaults)
    curve = rows.choice(_TABLE, "scrappage.curve", CURVES)
    row = "logistic.width_years" if curve == "logistic" else "weibull.shape"
    shape = rows.number(_TABLE, row, 0.05, 50.0, "a number from 0.05 to 50")
    vans = [kind_of_class(name, defaults) == _VAN for name in classes]
    turnover = {
        van: rows.number(_TABLE, f"turnover.{'van' if van else 'truck'}", 0.0, 0.5, _SHARE,
                         above=True)
        for van in sorted(set(vans))
    }  # fmt: skip
    rows.finish()
    curves = {
        van: calibrated_hazard(_ages(van, defaults), share, curve=curve, shape=shape)
        for van, share in turnover.items()
    }
    found: Floats = np.array([curves[van] for van in vans]).reshape(len(classes), OLDEST + 1)
    return found


def federal_units(defaults: Defaults) -> dict[str, float]:
    """Return the vehicles of the federal fleet of 2019 by group: two axles, three, tractors."""
    rows = CheckedRows(defaults)
    units = {
        kind: rows.number(_FLEET, f"mx.{kind}.units", 0.0, np.inf, "vehicles") for kind in _FEDERAL
    }
    rows.finish()
    return units


def _ages(van: bool, defaults: Defaults) -> Floats:
    if van:
        return ages_of_kind(_VAN, defaults)
    units = federal_units(defaults)
    found: Floats = sum(number * ages_of_kind(kind, defaults) for kind, number in units.items())  # type: ignore[assignment]
    return found


def ages_of_kind(kind: str, defaults: Defaults) -> Floats:
    """Return the shares of vehicles of a group by age, from rows ``fleet_composition:mx.*``."""
    rows = CheckedRows(defaults)
    found = np.zeros(OLDEST + 1)
    start = f"mx.{kind}.age."
    for row in defaults.values(_FLEET):
        if row.startswith(start) and row.endswith(".share"):
            first, last = map(int, row.split(".")[3].split("-"))
            share = rows.number(_FLEET, row, 0.0, 1.0, "a share from 0 to 1")
            found[first : last + 1] += share / (last + 1 - first)
    rows.finish()
    whole: Floats = found / found.sum()
    return whole


def survival(
    age: npt.ArrayLike,
    vehicle_class: Any,
    years: int,
    *,
    hazard: npt.ArrayLike | None = None,
    defaults: Defaults | None = None,
) -> Floats:
    """Return which share of vehicles is still on the road in each of the years to come.

    Parameters
    ----------
    age
        Age of each vehicle today in years (vehicles,); beyond ``OLDEST`` counts as that.
    vehicle_class
        Class of each vehicle, or one for all.
    years
        How many years to look ahead.
    hazard
        Of age 0 to ``OLDEST``, in place of the calibrated curve of the class.

    Returns
    -------
    numpy.ndarray
        Shares at the end of year 1, 2, …, shape ``(vehicles, years)``; NaN for unknown ages.

    Raises
    ------
    InputError
        Ages below zero, classes that do not exist, years below 1.
    """
    ages = np.atleast_1d(np.asarray(age, np.float64))
    names = np.broadcast_to(np.asarray(vehicle_class, dtype=object), ages.shape)
    problems = []
    if years < 1:
        problems.append(Problem("survival", "years", 0, str(years), "at least one year"))
    if (ages < 0.0).any():
        problems.append(Problem("survival", "age", 0, f"{np.nanmin(ages):g}", "ages of at least 0"))
    scope = (defaults or Defaults()).scope()
    distinct = tuple(dict.fromkeys(str(name) for name in names))
    known = {row.removeprefix("mx.age_of.") for row in scope.values(_FLEET) if "age_of" in row}
    problems += [
        Problem("survival", "vehicle_class", 0, name, "one of " + ", ".join(sorted(known)))
        for name in distinct
        if name not in known
    ]
    if problems:
        raise InputError(problems)
    if hazard is None:
        by_class = class_hazards(distinct, scope)
    else:
        by_class = np.tile(np.asarray(hazard, np.float64), (len(distinct), 1))
    row = np.array([distinct.index(str(name)) for name in names], np.int64)
    at = np.where(np.isnan(ages), 0.0, ages).astype(np.int64)
    steps = np.minimum(at[:, None] + np.arange(years), OLDEST)
    left: Floats = np.cumprod(1.0 - by_class[row[:, None], steps], axis=1)
    left[np.isnan(ages)] = np.nan
    return left
