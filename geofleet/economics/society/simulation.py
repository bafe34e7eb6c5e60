"""How sure a net benefit is: draws of what it hangs on, and each of them alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.errors import InputError, Problem

if TYPE_CHECKING:
    from geofleet.economics.society.benefits import BenefitCost

__all__ = ["DRIVERS", "Simulation", "simulate"]

Floats = npt.NDArray[np.float64]
_TABLE = "society"
_KG_PER_T = 1000.0

DRIVERS = {
    "value_of_life": "value of a statistical life",
    "carbon_price": "price of carbon",
    "risk": "coefficient of the concentration-response function",
    "mortality": "baseline mortality",
    "harm": "exposure for a gram: dispersion and people",
    "emission": "grams avoided for those of the functions",
    "investment": "what is paid today",
    "running": "yearly costs",
}
"""What a net benefit hangs on. Each is drawn once for all vehicles: errors are shared."""


@dataclass(frozen=True)
class Simulation:
    """Draws of the net benefit of options chosen together.

    Parameters
    ----------
    net_benefit
        By draw, in money of account.
    positive
        Share of the draws above zero; its standard error is ``standard_error``.
    quantiles
        Net benefit at 5, 25, 50, 75 and 95 %.
    tornado
        By driver, widest first: ``low, high`` (as a factor on the central value), ``at_low,
        at_high`` (net benefit with the others central), ``swing``, ``flips``.
    central
        With every driver at its central value.
    """

    net_benefit: Floats
    positive: float
    standard_error: float
    quantiles: pd.Series
    tornado: pd.DataFrame
    central: float
    seed: int
    provenance: tuple[str, ...] = ()


def simulate(
    result: BenefitCost,
    *,
    chosen: pd.Index | None = None,
    draws: int | None = None,
    seed: int = 0,
    defaults: Defaults | None = None,
) -> Simulation:
    """Draw the net benefit of options chosen together, and say how likely it is above zero.

    Values with a low, central and high end are triangular in their logarithm, the central value
    being the likeliest; a straight triangle would give most of its mass to the high end where the
    ends are 16-fold apart. The coefficient of risk is normal, not below zero; exposure is
    lognormal. The social rate is a rule, not an uncertain number, and is not drawn.

    Parameters
    ----------
    chosen
        Rows of ``result.parts``; all when not given.
    draws, seed
        Of the draws; row ``society:range.draws``.

    Raises
    ------
    InputError
        No draws; chosen rows that are not there; rows out of their limits.
    """
    used = (defaults or Defaults()).scope()
    ranges, count = _ranges(result, used)
    count = count if draws is None else draws
    if count < 1:
        raise InputError([Problem("simulation", "draws", 0, str(count), "at least 1")])
    parts = result.parts
    if chosen is not None:
        if len(lost := chosen[~chosen.isin(parts.index)]):
            expected = "a vehicle and its option"
            raise InputError([Problem("simulation", "chosen", 0, str(lost[0]), expected)])
        parts = parts.loc[chosen]
    total = {str(name): float(value) for name, value in parts.sum(skipna=False).items()}
    rng, error = np.random.default_rng(seed), result.deaths.relative_error
    drawn = {name: _draw(name, ends, error, rng, count) for name, ends in ranges.items()}
    ones = dict.fromkeys(DRIVERS, np.ones(1))
    central = float(_net(result, total, ones)[0])
    net = _net(result, total, drawn)
    known = not np.isnan(central)
    share = float((net > 0.0).mean()) if known else np.nan
    rows = []
    for name, (low, high) in ranges.items():
        at = [float(_net(result, total, {**ones, name: np.array([end])})[0]) for end in (low, high)]
        rows.append((name, low, high, *at, abs(at[1] - at[0]), known and at[0] * at[1] < 0.0))
    columns = ["driver", "low", "high", "at_low", "at_high", "swing", "flips"]
    tornado = pd.DataFrame(rows, columns=columns).set_index("driver")
    levels = [0.05, 0.25, 0.5, 0.75, 0.95]
    return Simulation(
        net, share, float(np.sqrt(share * (1.0 - share) / count)),
        pd.Series(np.quantile(net, levels) if known else np.nan, index=levels, name="net_benefit"),
        tornado.sort_values("swing", ascending=False, kind="stable"), central, seed,
        tuple(sorted({*result.provenance, *used.used})),
    )  # fmt: skip


def _ranges(result: BenefitCost, used: Defaults) -> tuple[dict[str, tuple[float, float]], int]:
    """Return low and high end of each driver over its central value, and the number of draws."""
    rows = CheckedRows(used)

    def ends(name: str) -> tuple[float, float]:
        low = rows.number(_TABLE, f"range.{name}_low", 0.0, 1.0, "from 0 to 1", above=True)
        return low, rows.number(_TABLE, f"range.{name}_high", 1.0, np.inf, "at least 1")

    factor = rows.number(_TABLE, "range.harm_factor", 1.0, np.inf, "a factor of at least 1")
    emission, investment, running = (ends(one) for one in ("emission", "investment", "running"))
    draws = rows.number(_TABLE, "range.draws", 1.0, 1e8, "from 1 to 1e8")
    normal = rows.number("health", "normal_95", 0.0, 10.0, "about 1.96", above=True)
    rows.finish()
    life, carbon = result.terms.value_of_life, result.terms.carbon_price
    error = normal * result.deaths.relative_error
    found = {
        "value_of_life": _about(life),
        "carbon_price": _about(carbon),
        "risk": (max(1.0 - error, 0.0), 1.0 + error),
        "mortality": (result.deaths.baseline_low, result.deaths.baseline_high),
        "harm": (1.0 / factor, factor),
        "emission": emission,
        "investment": investment,
        "running": running,
    }
    return found, int(draws)


def _about(ends: tuple[float, float, float]) -> tuple[float, float]:
    """Return low and high over central; (1, 1) of what is worth nothing."""
    low, central, high = ends
    return (low / central, high / central) if central > 0.0 else (1.0, 1.0)


def _draw(
    name: str, ends: tuple[float, float], error: float, rng: np.random.Generator, count: int
) -> Floats:
    low, high = ends
    if high <= low:
        return np.full(count, low)
    if name == "risk":
        return np.maximum(rng.normal(1.0, error, count), 0.0)
    if name == "harm":
        return np.exp(rng.normal(0.0, np.log(high) / 2.0, count))
    if low <= 0.0:
        # no logarithm: a straight triangle
        return rng.triangular(low, 1.0, high, count)
    return np.exp(rng.triangular(np.log(low), min(max(0.0, np.log(low)), np.log(high)),
                                 np.log(high), count))  # fmt: skip


def _net(result: BenefitCost, total: dict[str, float], factor: dict[str, Floats]) -> Floats:
    terms = result.terms
    health = (
        total["deaths"] * terms.value_of_life[1] * factor["value_of_life"] * factor["risk"]
        * factor["mortality"] * factor["harm"] * factor["emission"]
    )  # fmt: skip
    # grams of CO2e follow the fuel, which is better known than soot
    soot = total["bc"] * terms.black_carbon_kg / _KG_PER_T if terms.black_carbon_kg > 0.0 else 0.0
    warm = total["co2e"] + soot * factor["emission"]
    climate = warm * terms.carbon_price[1] * factor["carbon_price"]
    cost = total["investment"] * factor["investment"] + total["running"] * factor["running"]
    return np.asarray(health + climate - cost)
