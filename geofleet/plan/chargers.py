"""Depots of a plan: chargers and extensions of the connection, and what they cost in each year."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.energy.depot import charger_cost, chargers, substation_cost
from geofleet.errors import InputError, Problem
from geofleet.plan.model import ChargerKind, Depots
from geofleet.plan.postponed import Prices

__all__ = ["plan_depots"]

Floats = npt.NDArray[np.float64]
_W_PER_KW = 1000.0


def plan_depots(
    names: Sequence[str],
    kinds: Sequence[str],
    *,
    years: int,
    prices: Prices,
    currency: str,
    table: pd.DataFrame | None = None,
    defaults: Defaults,
) -> Depots:
    """Return the depots of a plan.

    Parameters
    ----------
    names
        Of the depots.
    kinds
        Chargers to choose among: current and power in kW, ``ac_22``, ``dc_60``.
    years
        Of the plan.
    prices
        Inflation, and the rate of present costs; where every operator has its own, chargers are
        discounted at the social rate of the rows.
    currency
        Of the plan's money; that of the cost rows must be the same.
    table
        Indexed by depot: ``spare_kw`` and ``chargers_most`` where known. Rows ``plan:spare_power``
        and ``plan:charger_most`` fill what it leaves open.
    defaults
        Tables ``depot``, ``plan``, ``mends`` and ``society``.

    Raises
    ------
    InputError
        Kinds whose cost no row knows, numbers out of their limits.

    Notes
    -----
    A charger is bought again at the end of its life, and what is left of its life at the end of the
    plan is given back in equal parts a year.
    """
    rows = CheckedRows(defaults)

    def at_least(row: str, low: float, expected: str, table: str = "plan") -> float:
        return rows.number(table, row, low, math.inf, expected)

    public = rows.number("plan", "charger_public_share", 0.0, 1.0, "a share from 0 to 1")
    together = rows.number("plan", "simultaneity", 0.0, 1.0, "a share from 0 to 1")
    spare = at_least("spare_power", 0.0, "kW of at least 0")
    step = at_least("extension_power", 0.0, "kW of at least 0")
    most_steps = at_least("extension_most", 0.0, "a number of at least 0")
    most = at_least("charger_most", 0.0, "a number of at least 0")
    life = at_least("charger_life", 1.0, "years of at least 1", "mends")
    real = rows.number("society", "discount_rate", 0.0, 1.0, "a rate from 0 to 1")
    rows.finish()
    rate = (1.0 + real) * (1.0 + prices.inflation) - 1.0 if prices.rate is None else prices.rate
    level = (1.0 + prices.inflation) ** np.arange(years)

    def series(price: float, lasts: float) -> tuple[Floats, Floats]:
        present = [
            _present(price, year, years=years, life=lasts, rate=rate, inflation=prices.inflation)
            for year in range(years)
        ]
        spend: Floats = np.asarray(price * public * level, np.float64)
        return np.array(present, np.float64), spend

    each = []
    for name, (price, drawn_w) in _prices(kinds, currency, defaults).items():
        cost, spend = series(price, life)
        each.append(ChargerKind(name, drawn_w * together, cost, spend, most=int(most)))
    known = None
    if step > 0.0:
        known = substation_cost(step * _W_PER_KW, power_factor=1.0, defaults=defaults)
    if step > 0.0 and known is None:
        expected = "a power that the rows depot:cost.substation know the cost of"
        raise InputError(
            [Problem("default table plan", "extension_power", 0, f"{step:g}", expected)]
        )
    # the smallest substation is asked for, at the low end of the costs of all
    step_cost, step_spend = series(known.low if known is not None else 0.0, math.inf)
    return Depots(
        names=tuple(names),
        spare_w=_spare(names, table, spare) * _W_PER_KW,
        step_w=step * _W_PER_KW,
        step_cost=step_cost,
        step_spend=step_spend,
        most_steps=int(most_steps) if known is not None else 0,
        kinds=tuple(each),
    )


def _present(
    price: float, year: int, *, years: int, life: float, rate: float, inflation: float
) -> float:
    """Present cost of one put up in a year, bought again when worn out, less what is left."""
    yearly = (1.0 + inflation) / (1.0 + rate)
    cost, bought, last = 0.0, float(year), float(year)
    while bought < years:
        cost += price * math.pow(yearly, bought)
        last, bought = bought, bought + life
    left = 0.0 if math.isinf(life) else max(0.0, 1.0 - (years - last) / life)
    if math.isinf(life):
        # a connection does not wear out: nothing is given back, it stays with the place
        return cost
    return cost - left * price * math.pow(1.0 + inflation, last) / math.pow(1.0 + rate, years)


def _prices(
    kinds: Sequence[str], currency: str, defaults: Defaults
) -> dict[str, tuple[float, float]]:
    """Middle of the range of installed costs of each kind, and power drawn from the grid."""
    found: dict[str, tuple[float, float]] = {}
    problems = []
    for name in kinds:
        current, _, power = name.partition("_")
        cost, drawn = None, 0.0
        if current in ("ac", "dc") and power.replace(".", "", 1).isdigit() and float(power) > 0.0:
            one = chargers(1, float(power) * _W_PER_KW, current.upper(), defaults=defaults)
            cost = charger_cost(one, defaults=defaults)
            drawn = one.power_w / (one.efficiency if current == "dc" else 1.0)
        if cost is None:
            expected = "current and power in kW of a charger in the rows depot:cost, such as ac_22"
            problems.append(Problem("charger kinds", value=name, expected=expected))
            continue
        if cost.currency != currency:
            expected = f"the rows depot:cost in {currency}, the currency of the plan"
            problems.append(Problem("default table depot", "cost", 0, cost.currency, expected))
            continue
        found[name] = 0.5 * (cost.low + cost.high), drawn
    if problems:
        raise InputError(problems)
    return found


def _spare(names: Sequence[str], table: pd.DataFrame | None, otherwise: float) -> Floats:
    if table is None or "spare_kw" not in table.columns:
        return np.full(len(names), otherwise)
    given = pd.to_numeric(table["spare_kw"].reindex(list(names)), errors="coerce")
    return given.fillna(otherwise).to_numpy(np.float64)
