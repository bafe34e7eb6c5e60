"""Tariff: what electricity costs, by time of use, by demand and by month."""

from __future__ import annotations

import datetime as dt
import itertools
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.energy.depot.dates import DAY_KINDS, DateRule, day_kinds
from geofleet.errors import InputError, Problem

__all__ = ["ALL_HOURS", "POWER_FACTOR_BASES", "DemandCharge", "PowerFactorRule", "Tariff"]

ALL_HOURS = "all"
"""Name of the only window of a tariff whose price does not depend on the hour."""
POWER_FACTOR_BASES = ("energy", "subtotal")
"""What the power-factor bonus or penalty is a share of: the energy charge, or all before tax."""
_WINDOW = re.compile(r"\s*(\d+(?:\.\d+)?)\s*-\s*(\d+(?:\.\d+)?)\s+(\S+)\s*")


@dataclass(frozen=True, slots=True)
class DemandCharge:
    """A charge per kW of the month's highest mean power.

    Parameters
    ----------
    name
        ``distribution``, ``capacity``, …: the line of the bill.
    rate_per_kw
        Money per kW and month.
    windows
        Windows of use whose highest demand counts; empty for all hours.
    load_factor
        Where given, no more is billed than the month's kWh over (24 h × days × this factor):
        the demand of a customer of that load factor who used the same energy.
    whole_kw
        That limit is rounded down to whole kW.
    """

    name: str
    rate_per_kw: float
    windows: tuple[str, ...] = ()
    load_factor: float | None = None
    whole_kw: bool = False

    def limit_kw(self, energy_kwh: float, days: int) -> float:
        """Return the most that is billed in a month of this energy; infinity without limit."""
        if self.load_factor is None:
            return math.inf
        limit = energy_kwh / (24.0 * days * self.load_factor)
        # Sums of thousands of slots carry rounding; it must not cost a whole kW.
        return float(math.floor(limit + 1e-6)) if self.whole_kw else limit


@dataclass(frozen=True, slots=True)
class PowerFactorRule:
    """Penalty below a threshold of the power factor, bonus above it.

    The penalty is ``penalty_rate * (threshold / power_factor - 1)``, at most ``penalty_max``; the
    bonus ``bonus_rate * (1 - threshold / power_factor)``, at most ``bonus_max``; both of the
    charge named by ``base``.
    """

    threshold: float
    penalty_rate: float
    penalty_max: float
    bonus_rate: float
    bonus_max: float
    base: str = "energy"

    def share(self, power_factor: float) -> float:
        """Return what is added to the charge, as a share of it; negative for a bonus."""
        excess = self.threshold / power_factor - 1.0
        if excess > 0.0:
            return min(self.penalty_rate * excess, self.penalty_max)
        return max(self.bonus_rate * excess, -self.bonus_max)


@dataclass(frozen=True)
class Tariff:
    """A tariff of electricity, as data.

    Parameters
    ----------
    name, region
        What it is called and where it holds.
    prices_of
        Month of the prices, ``2025-01``.
    currency
        Of all prices.
    energy_per_kwh
        Price by window of use; ``{"all": …}`` where the hour does not matter.
    fixed_per_month
        Per customer and month.
    demand
        Charges per kW.
    hours
        Windows by ``(season, kind of day)``: text like ``0-6 base; 6-20 intermediate; 20-22
        peak; 22-24 intermediate``, local clock hours, without gap or overlap. Empty where the
        hour does not matter. Kinds of day are ``weekday``, ``saturday``, ``sunday`` (with the
        holidays).
    seasons
        First day of each season; empty where there is only one, whose name is ``all``.
    holidays
        Days that count as Sundays.
    power_factor
        Rule of bonus and penalty, where there is one.
    demand_from_kw, demand_below_kw
        Customers it is for; a bill says when the month's peak lies outside.
    source, status
        Where the prices come from, and how sure that is.
    provenance
        Default rows that were read.

    Raises
    ------
    InputError
        Every fault: hours that leave a gap or overlap, a window without price or a price without
        window, demand of a window that does not exist, negative prices, shares out of range.
    """

    name: str
    region: str
    prices_of: str
    currency: str
    energy_per_kwh: Mapping[str, float]
    fixed_per_month: float
    demand: tuple[DemandCharge, ...] = ()
    hours: Mapping[tuple[str, str], str] = field(default_factory=dict)
    seasons: Mapping[str, DateRule] = field(default_factory=dict)
    holidays: tuple[DateRule, ...] = ()
    power_factor: PowerFactorRule | None = None
    demand_from_kw: float = 0.0
    demand_below_kw: float = math.inf
    source: str = ""
    status: str = "user"
    provenance: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        problems = [*_window_problems(self), *_price_problems(self)]
        if problems:
            raise InputError(problems)

    @property
    def windows(self) -> tuple[str, ...]:
        """Names of the windows of use."""
        return tuple(self.energy_per_kwh)

    def window_of(self, starts: pd.DatetimeIndex) -> npt.NDArray[np.int64]:
        """Return the window of each time, as its place in ``windows``.

        Parameters
        ----------
        starts
            Timezone-aware; the clock of their own zone counts.
        """
        if not self.hours:
            return np.zeros(len(starts), dtype=np.int64)
        local = starts.tz_localize(None)
        midnight = local.normalize()
        hour = (local - midnight) / pd.Timedelta(hours=1)
        days = midnight.unique()
        which = days.get_indexer(midnight)
        dates = [day.date() for day in days]
        kinds = day_kinds(dates, self.holidays)
        out = np.empty(len(starts), dtype=np.int64)
        order = {name: number for number, name in enumerate(self.windows)}
        for number, (date, kind) in enumerate(zip(dates, kinds, strict=True)):
            spans = _parse(self.hours[self.season(date), kind])
            ends = np.array([end for _, end, _ in spans])
            codes = np.array([order[name] for _, _, name in spans])
            mine = which == number
            out[mine] = codes[np.searchsorted(ends, np.asarray(hour)[mine], side="right")]
        return out

    def season(self, date: dt.date) -> str:
        """Return the season that ``date`` lies in."""
        if not self.seasons:
            return "all"
        begun = [
            (rule.date(year), name)
            for name, rule in self.seasons.items()
            for year in (date.year - 1, date.year)
            if rule.date(year) <= date
        ]
        return max(begun)[1]


def _parse(text: str) -> list[tuple[float, float, str]]:
    """Read ``0-6 base; 6-24 peak`` into (start, end, name), ordered by start."""
    spans = []
    for part in text.split(";"):
        found = _WINDOW.fullmatch(part)
        if found is None:
            raise ValueError(part.strip())
        spans.append((float(found[1]), float(found[2]), found[3]))
    return sorted(spans)


def _window_problems(tariff: Tariff) -> Iterator[Problem]:
    """Find gaps, overlaps and unknown names in the hours of a tariff."""
    place = f"tariff {tariff.name}"
    prices = set(tariff.energy_per_kwh)
    if not tariff.hours:
        if prices != {ALL_HOURS}:
            expected = f"one price, {ALL_HOURS!r}, where no hours are given"
            yield Problem(place, "energy_per_kwh", 0, ", ".join(sorted(prices)), expected)
        return
    wanted = set(itertools.product(tariff.seasons or ("all",), DAY_KINDS))
    for season, kind in sorted(wanted ^ set(tariff.hours)):
        known = (season, kind) in wanted
        expected = "hours of this season and kind of day" if known else "no such season or day"
        yield Problem(place, f"hours.{season}.{kind}", expected=expected)
    named = set()
    for (season, kind), text in tariff.hours.items():
        where = f"hours.{season}.{kind}"
        try:
            spans = _parse(text)
        except ValueError as error:
            yield Problem(place, where, 0, str(error), "spans like '0-6 base; 6-24 peak'")
            continue
        named |= {name for _, _, name in spans}
        yield from _span_problems(spans, place, where)
    for name in sorted(named ^ prices):
        expected = "a price for this window" if name in named else "hours of this window"
        yield Problem(place, f"energy_per_kwh.{name}", expected=expected)


def _span_problems(
    spans: list[tuple[float, float, str]], place: str, where: str
) -> Iterator[Problem]:
    """Find hours of one kind of day that no window covers, or more than one."""
    reached = 0.0
    for start, end, name in spans:
        if end <= start:
            yield Problem(place, where, 0, f"{start:g}-{end:g} {name}", "an end after its start")
        if start > reached:
            expected = f"a window for the hours {reached:g}-{start:g}: there is a gap"
            yield Problem(place, where, 0, f"{start:g}-{end:g} {name}", expected)
        elif start < reached:
            expected = f"hours from {reached:g} on: {start:g}-{min(reached, end):g} overlap"
            yield Problem(place, where, 0, f"{start:g}-{end:g} {name}", expected)
        reached = max(reached, end)
    if reached != 24.0:
        yield Problem(place, where, 0, f"{reached:g}", "hours that end at 24")


def _price_problems(tariff: Tariff) -> Iterator[Problem]:
    """Find prices and shares that no tariff can have."""
    place = f"tariff {tariff.name}"
    numbers = {f"energy_per_kwh.{name}": value for name, value in tariff.energy_per_kwh.items()}
    numbers["fixed_per_month"] = tariff.fixed_per_month
    numbers |= {f"demand.{charge.name}": charge.rate_per_kw for charge in tariff.demand}
    for name, value in numbers.items():
        if not 0.0 <= value < math.inf:
            yield Problem(place, name, 0, str(value), "a price of at least 0")
    if not tariff.energy_per_kwh:
        yield Problem(place, "energy_per_kwh", expected="a price of energy")
    names = [charge.name for charge in tariff.demand]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield Problem(place, "demand", 0, name, "each demand charge once")
    for charge in tariff.demand:
        for window in charge.windows:
            if window not in tariff.energy_per_kwh:
                expected = "a window of this tariff: " + ", ".join(tariff.energy_per_kwh)
                yield Problem(place, f"demand.{charge.name}.windows", 0, window, expected)
        factor = charge.load_factor
        if factor is not None and not 0.0 < factor <= 1.0:
            expected = "a load factor above 0 and at most 1"
            yield Problem(place, f"demand.{charge.name}.load_factor", 0, str(factor), expected)
    try:
        pd.Period(tariff.prices_of, freq="M")
    except ValueError:
        yield Problem(place, "prices_of", 0, tariff.prices_of, "a month like 2025-01")
    rule = tariff.power_factor
    if rule is not None and not 0.0 < rule.threshold <= 1.0:
        expected = "a power factor above 0 and at most 1"
        yield Problem(place, "power_factor.threshold", 0, str(rule.threshold), expected)
    if rule is not None and rule.base not in POWER_FACTOR_BASES:
        expected = "one of " + ", ".join(POWER_FACTOR_BASES)
        yield Problem(place, "power_factor.base", 0, rule.base, expected)
