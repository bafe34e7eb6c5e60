"""Concentration-response functions of long-term exposure and mortality, as rows of a table."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.errors import InputError, Problem
from geofleet.exposure.harm.notes import POLLUTANTS

__all__ = ["ResponseFunction", "response_function", "response_functions"]

Floats = npt.NDArray[np.float64]
FORMS = ("gemm", "log_linear")
_TABLE = "health"


@dataclass(frozen=True, slots=True)
class ResponseFunction:
    """How mortality rises with the yearly mean concentration.

    ln RR(C) = ``coefficient`` x shape(C), with z = max(0, C - ``counterfactual_ug_m3``) and

    - ``log_linear``: shape = z;
    - ``gemm``: shape = ln(1 + z/``alpha``) / (1 + exp(-(z - ``mu``)/``nu``)).

    Parameters
    ----------
    pollutant
        ``pm25``, ``no2`` or ``bc``.
    cause
        Deaths that it is about: ``natural`` (all but accidents and violence),
        ``noncommunicable_lri``, ``stroke``, ``lower_respiratory``.
    coefficient, standard_error
        theta of the GEMM, or the slope per µg/m3.
    minimum_age
        Age from which it holds.
    """

    name: str
    pollutant: str
    cause: str
    form: str
    coefficient: float
    standard_error: float
    minimum_age: float
    counterfactual_ug_m3: float
    alpha: float = math.nan
    mu: float = math.nan
    nu: float = math.nan
    provenance: tuple[str, ...] = ()

    def shape(self, ug_m3: npt.ArrayLike) -> Floats:
        """Return ln RR over the coefficient at concentrations in µg/m3."""
        z = np.maximum(np.asarray(ug_m3, dtype=np.float64) - self.counterfactual_ug_m3, 0.0)
        if self.form == "log_linear":
            return np.asarray(z)
        return np.asarray(np.log1p(z / self.alpha) / (1.0 + np.exp(-(z - self.mu) / self.nu)))

    def risk(self, ug_m3: npt.ArrayLike) -> Floats:
        """Return the relative risk RR at concentrations in µg/m3 (1 at the counterfactual)."""
        return np.asarray(np.exp(self.coefficient * self.shape(ug_m3)))

    def attributable_fraction(self, ug_m3: npt.ArrayLike) -> Floats:
        """Return 1 - 1/RR: the part of deaths that the concentration is behind."""
        return np.asarray(-np.expm1(-self.coefficient * self.shape(ug_m3)))

    def slope(self, ug_m3: npt.ArrayLike) -> Floats:
        """Return d ln RR / dC, 1 per µg/m3, at concentrations in µg/m3; 0 below the threshold."""
        c = np.asarray(ug_m3, dtype=np.float64)
        z = c - self.counterfactual_ug_m3
        if self.form == "log_linear":
            return np.asarray(np.where(z >= 0.0, self.coefficient, 0.0))
        inside = np.maximum(z, 0.0)
        weight = 1.0 / (1.0 + np.exp(-(inside - self.mu) / self.nu))
        steep = 1.0 / (self.alpha + inside)
        bend = np.log1p(inside / self.alpha) * (1.0 - weight) / self.nu
        return np.asarray(np.where(z >= 0.0, self.coefficient * weight * (steep + bend), 0.0))

    def draws(self, count: int, *, seed: int) -> Floats:
        """Return coefficients drawn from a normal distribution, shape (count,).

        For published intervals of a ratio that is a log-normal ratio.
        """
        rng = np.random.default_rng(seed)
        return rng.normal(self.coefficient, self.standard_error, count)


def response_functions(defaults: Defaults | None = None) -> dict[str, str]:
    """Return the names of the functions in the table, with the pollutant of each."""
    values = (defaults or Defaults()).values(_TABLE)
    end = ".pollutant"
    return {row[: -len(end)]: value for row, value in values.items() if row.endswith(end)}


def response_function(name: str, *, defaults: Defaults | None = None) -> ResponseFunction:
    """Return a concentration-response function.

    Parameters
    ----------
    name
        One of :func:`response_functions`, or a pollutant (``pm25``, ``no2``, ``bc``) for the one
        that the table ``health`` names as its default. A study adds its own as rows of that table.

    Raises
    ------
    InputError
        No such function, or rows of it that cannot be used.
    """
    used = (defaults or Defaults()).scope()
    rows = CheckedRows(used)
    known = response_functions(used)
    if name in POLLUTANTS:
        name = rows.choice(_TABLE, f"default.{name}", known)
        rows.finish()
    if name not in known:
        expected = "one of " + ", ".join([*POLLUTANTS, *known])
        raise InputError([Problem("health", "function", value=name, expected=expected)])

    def number(row: str, low: float = 0.0, *, above: bool = True) -> float:
        sign = "above" if above else "of at least"
        expected = f"a number {sign} {low:g}"
        return rows.number(_TABLE, f"{name}.{row}", low, math.inf, expected, above=above)

    form = rows.choice(_TABLE, f"{name}.form", FORMS)
    rows.choice(_TABLE, f"{name}.pollutant", POLLUTANTS)
    cause = used.text(_TABLE, f"{name}.cause")
    age = number("minimum_age", above=False)
    lowest = number("counterfactual_ug_m3", above=False)
    alpha = mu = nu = math.nan
    if form == "gemm":
        coefficient, error = number("coefficient"), number("standard_error", above=False)
        alpha, mu, nu = number("alpha"), number("mu"), number("nu")
    else:
        ratios = [number(f"risk_ratio{end}") for end in ("", "_low", "_high")]
        step = number("per_ug_m3")
        two_sided = 2.0 * used.number(_TABLE, "normal_95")
        rows.finish()
        central, low, high = (math.log(ratio) / step for ratio in ratios)
        coefficient, error = central, (high - low) / two_sided
    rows.finish()
    return ResponseFunction(
        name=name, pollutant=known[name], cause=cause, form=form, coefficient=coefficient,
        standard_error=error, minimum_age=age, counterfactual_ug_m3=lowest,
        alpha=alpha, mu=mu, nu=nu, provenance=used.used,
    )  # fmt: skip
