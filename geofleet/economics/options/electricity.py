"""What a kilowatt hour costs at a depot: energy, demand, capacity and fixed charges by hour."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.energy.depot import (
    DateRule,
    Horizon,
    Readings,
    Tariff,
    bill_readings,
    mexican_tariff,
    month_horizon,
)
from geofleet.energy.depot.bill import meter
from geofleet.energy.depot.dates import day_kinds
from geofleet.errors import InputError, Problem

__all__ = ["DepotPrices", "ElectricityPrice", "depot_prices", "electricity_price", "read_hours"]

_TABLE = "economics"
_HOURS = re.compile(r"\s*(\d{1,2})\s*-\s*(\d{1,2})\s*")
_DIGITS = 3
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ElectricityPrice:
    """What electricity costs a depot over a year, before value added tax.

    Parameters
    ----------
    per_kwh
        All charges of the year over the energy from the grid.
    tariff
        The one that a depot of this peak is under.
    peak_kw
        Demand while it charges.
    lines
        Money of the year by line of the bill: energy by window, demand by charge, fixed.
    """

    per_kwh: float
    tariff: str
    peak_kw: float
    lines: dict[str, float]


def electricity_price(
    kwh_per_day: float,
    *,
    hours: str | None = None,
    year: int | None = None,
    tariffs: Sequence[Tariff] | None = None,
    defaults: Defaults | None = None,
) -> ElectricityPrice:
    """Return what a kilowatt hour costs a depot that charges in some hours of working days.

    The twelve bills of a year are added up. Energy is drawn evenly over the hours, on all days
    but Sundays and holidays; the depot's meter serves its chargers alone.

    Parameters
    ----------
    kwh_per_day
        From the grid on a working day, charger losses included.
    hours
        Hours of the clock, ``22-6`` or ``18-22``; a default row when not given.
    year
        Of the calendar; a default row when not given.
    tariffs
        The first whose range of demand holds the peak is taken; those of the default row
        ``economics:electricity.tariffs`` when not given.

    Raises
    ------
    InputError
        Hours that are none, energy that is not above 0, tariffs that do not exist or of which
        none is for such a peak.
    """
    if not 0.0 < kwh_per_day < math.inf:
        expected = "energy of a day above 0"
        raise InputError([Problem("depot", "kwh_per_day", 0, f"{kwh_per_day:g}", expected)])
    prices = depot_prices(hours=hours, year=year, tariffs=tariffs, defaults=defaults)
    return prices.price(kwh_per_day)


@dataclass(frozen=True)
class DepotPrices:
    """Bills of depots that charge in the same hours, for any energy.

    Parameters
    ----------
    hours
        Hours of the clock.
    hours_per_day
        Number of them.
    days
        Working days of the year.
    tariffs
        As for ``electricity_price``.
    months
        By tariff: readings of each month at a power of 1 kW in those hours.
    """

    hours: str
    hours_per_day: float
    days: int
    tariffs: tuple[Tariff, ...]
    months: tuple[tuple[Readings, ...], ...]

    def price(self, kwh_per_day: float) -> ElectricityPrice:
        """Return the price of one depot."""
        power = kwh_per_day / self.hours_per_day
        place = self._tariff(power)
        tariff, lines = self.tariffs[place], dict[str, float]()
        for unit in self.months[place]:
            made = bill_readings(_times(unit, power), tariff)
            money = {f"energy {name}": value for name, value in made.energy.items()}
            for name, value in (*money.items(), *made.demand.items(), ("fixed", made.fixed)):
                lines[name] = lines.get(name, 0.0) + value
        total = math.fsum(lines.values())
        label = f"{tariff.name}, {tariff.region}, prices of {tariff.prices_of}"
        return ElectricityPrice(total / (kwh_per_day * self.days), label, power, lines)

    def per_kwh(self, kwh_per_day: Floats) -> Floats:
        """Return the price of many depots; NaN where the energy is unknown or 0.

        Prices are those of the energy rounded to three digits, so that equal depots are billed
        once.
        """
        out = np.full(kwh_per_day.shape, np.nan)
        known = np.isfinite(kwh_per_day) & (kwh_per_day > 0.0)
        if not known.any():
            return out
        energy = kwh_per_day[known]
        step = 10.0 ** (np.floor(np.log10(energy)) - (_DIGITS - 1))
        sizes, code = np.unique(np.round(np.round(energy / step) * step, 9), return_inverse=True)
        out[known] = np.array([self.price(float(size)).per_kwh for size in sizes])[code]
        return out

    def _tariff(self, power_kw: float) -> int:
        for place, tariff in enumerate(self.tariffs):
            if tariff.demand_from_kw <= power_kw < tariff.demand_below_kw:
                return place
        known = ", ".join(tariff.name for tariff in self.tariffs)
        expected = f"a tariff for a peak of {power_kw:g} kW beside {known}"
        raise InputError([Problem("depot", "tariffs", expected=expected)])


def depot_prices(
    *,
    hours: str | None = None,
    year: int | None = None,
    tariffs: Sequence[Tariff] | None = None,
    defaults: Defaults | None = None,
) -> DepotPrices:
    """Prepare the prices of depots that charge in some hours; see ``electricity_price``."""
    scope = (defaults or Defaults()).scope()
    text = hours or scope.text(_TABLE, "electricity.charging_hours")
    begun = read_hours(text)
    zone = scope.text(_TABLE, "electricity.timezone")
    when = round(scope.number(_TABLE, "first_year")) if year is None else year
    found = tuple(tariffs) if tariffs is not None else _tariffs_of(scope)
    if not found:
        raise InputError([Problem("depot", "tariffs", expected="at least one tariff")])
    months = [f"{when}-{month:02d}" for month in range(1, 13)]
    horizons = [month_horizon(month, timezone=zone, slot_min=60.0) for month in months]
    holidays = next((tariff.holidays for tariff in found if tariff.holidays), ())
    working = [_working(horizon, holidays) for horizon in horizons]
    loads = [
        np.where(worked & np.isin(horizon.starts.hour.to_numpy(), begun), 1.0, 0.0)
        for horizon, worked in zip(horizons, working, strict=True)
    ]
    readings = tuple(
        tuple(meter(load, tariff, horizon) for load, horizon in zip(loads, horizons, strict=True))
        for tariff in found
    )
    days = sum(
        len(horizon.starts.tz_localize(None).normalize()[worked].unique())
        for horizon, worked in zip(horizons, working, strict=True)
    )
    return DepotPrices(text, float(len(begun)), days, found, readings)


def read_hours(text: str) -> tuple[int, ...]:
    """Return the hours of the clock in ``22-6``: 22, 23, 0, 1, 2, 3, 4, 5.

    Raises
    ------
    InputError
        Text of another form, hours that do not exist.
    """
    found = _HOURS.fullmatch(str(text))
    first, last = (int(found[1]), int(found[2])) if found else (0, 0)
    if found is None or first > 23 or last > 24 or first == last:
        expected = "hours of the clock like 22-6"
        raise InputError([Problem("depot", "charging_hours", 0, str(text), expected)])
    return tuple(hour % 24 for hour in range(first, last if last > first else last + 24))


def _tariffs_of(scope: Defaults) -> tuple[Tariff, ...]:
    """Read the tariffs that a row names."""
    text = scope.text(_TABLE, "electricity.tariffs")
    found, problems = [], []
    for part in text.split(";"):
        words = part.split()
        if len(words) != 3:
            expected = "code, division and month like 'GDMTO valle_de_mexico_centro 2025-01'"
            place = "default table economics"
            problems.append(Problem(place, "electricity.tariffs", 0, part.strip(), expected))
            continue
        code, division, month = words
        tariff = mexican_tariff(code, division=division, prices_of=month, defaults=scope)
        found.append(_raised(tariff, scope))
    if problems:
        raise InputError(problems)
    return tuple(found)


def _raised(tariff: Tariff, scope: Defaults) -> Tariff:
    """Return a tariff with all prices raised to today's, where a row says by how much."""
    row = f"electricity.raise.{tariff.prices_of}"
    if row not in scope.values(_TABLE):
        return tariff
    rows = CheckedRows(scope)
    factor = rows.number(_TABLE, row, 0.0, 100.0, "a factor above 0", above=True)
    rows.finish()
    return replace(
        tariff,
        energy_per_kwh={name: price * factor for name, price in tariff.energy_per_kwh.items()},
        fixed_per_month=tariff.fixed_per_month * factor,
        demand=tuple(
            replace(charge, rate_per_kw=charge.rate_per_kw * factor) for charge in tariff.demand
        ),
        provenance=(*tariff.provenance, f"{_TABLE}:{row}"),
    )


def _working(horizon: Horizon, holidays: Sequence[DateRule]) -> npt.NDArray[np.bool_]:
    """Say of every slot whether it lies on a working day."""
    local = horizon.starts.tz_localize(None)
    dates: list[dt.date] = [day.date() for day in local.normalize().unique()]
    kinds = pd.Series(day_kinds(dates, list(holidays)), index=pd.DatetimeIndex(dates))
    return np.asarray(kinds.reindex(local.normalize()).to_numpy() != "sunday")


def _times(unit: Readings, power_kw: float) -> Readings:
    """Scale readings."""
    energy = {name: value * power_kw for name, value in unit.energy_kwh.items()}
    demand = {name: value * power_kw for name, value in unit.demand_kw.items()}
    return Readings(energy, demand, unit.days)
