"""Bill: what a month of load costs under a tariff, line by line."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.energy.depot.horizon import Horizon, midnight
from geofleet.energy.depot.tariff import DemandCharge, Tariff
from geofleet.errors import InputError, Problem

__all__ = [
    "Bill", "BillTerms", "Readings", "bill", "bill_readings", "meter", "mexican_vat",
    "window_of_slots",
]  # fmt: skip

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class BillTerms:
    """What decides a bill besides load and tariff.

    Parameters
    ----------
    power_factor
        Mean of the month, above 0 and at most 1. Not given: no bonus and no penalty, whatever
        the tariff says.
    vat_share
        Value added tax; ``mexican_vat()`` has Mexico's. Not given: the bill is before tax.
    highest_before_kw
        Highest demand of the last twelve months by demand charge. Where given, no less than
        ``demand_floor_share`` of it is billed; off when empty.
    demand_floor_share
        See above; the default row ``tariffs:mx.demand_floor_share`` is 0.7, and sources
        disagree whether such a rule holds.
    """

    power_factor: float | None = None
    vat_share: float | None = None
    highest_before_kw: Mapping[str, float] | None = None
    demand_floor_share: float | None = None

    def __post_init__(self) -> None:
        problems = []
        if self.power_factor is not None and not 0.0 < self.power_factor <= 1.0:
            expected = "a power factor above 0 and at most 1"
            problems.append(Problem("bill", "power_factor", 0, str(self.power_factor), expected))
        if self.vat_share is not None and not 0.0 <= self.vat_share <= 1.0:
            expected = "a share from 0 to 1"
            problems.append(Problem("bill", "vat_share", 0, str(self.vat_share), expected))
        share = self.demand_floor_share
        if share is not None and not 0.0 <= share <= 1.0:
            expected = "a share from 0 to 1"
            problems.append(Problem("bill", "demand_floor_share", 0, str(share), expected))
        if (share is None) != (not self.highest_before_kw):
            expected = "highest_before_kw and demand_floor_share together, or neither"
            problems.append(Problem("bill", "demand_floor_share", 0, str(share), expected))
        for name, value in (self.highest_before_kw or {}).items():
            if not 0.0 <= value < math.inf:
                expected = "a power of at least 0"
                problems.append(
                    Problem("bill", f"highest_before_kw.{name}", 0, f"{value}", expected)
                )
        if problems:
            raise InputError(problems)

    def floor_kw(self, charge: str) -> float:
        """Return the least demand that is billed for a charge."""
        if self.demand_floor_share is None or not self.highest_before_kw:
            return 0.0
        return self.demand_floor_share * self.highest_before_kw.get(charge, 0.0)

    def factors(self, tariff: Tariff) -> tuple[float, float]:
        """Return what energy and the other charges are multiplied by, before tax."""
        if self.power_factor is None or tariff.power_factor is None:
            return 1.0, 1.0
        share = tariff.power_factor.share(self.power_factor)
        return 1.0 + share, 1.0 + share if tariff.power_factor.base == "subtotal" else 1.0


@dataclass(frozen=True, slots=True)
class Readings:
    """What the meter says after a month.

    Parameters
    ----------
    energy_kwh, demand_kw
        Energy, and highest mean power of a slot, by window of the tariff.
    days
        Days of the month.
    """

    energy_kwh: Mapping[str, float]
    demand_kw: Mapping[str, float]
    days: int

    @property
    def total_kwh(self) -> float:
        """Energy of the month."""
        return math.fsum(self.energy_kwh.values())

    @property
    def peak_kw(self) -> float:
        """Highest demand of the month."""
        return max(self.demand_kw.values())

    def demand_of(self, charge: DemandCharge) -> float:
        """Return the highest demand in the windows of a charge."""
        return max(self.demand_kw[name] for name in charge.windows or self.demand_kw)


@dataclass(frozen=True, slots=True)
class Bill:
    """A month's bill.

    Parameters
    ----------
    tariff
        ``name, region, prices_of`` of the tariff.
    currency
        Of all money.
    readings
        What was metered.
    energy
        Money by window.
    demand
        Money by demand charge.
    billed_kw
        Demand that each charge was billed for.
    limited
        Whether the energy of the month, not the demand, decided it.
    fixed
        Money per customer.
    power_factor
        Penalty, negative for a bonus; None when the power factor is not known.
    vat
        Value added tax; None when the bill is before tax.
    in_range
        Whether the month's peak is of a customer that the tariff is for.
    """

    tariff: str
    currency: str
    readings: Readings
    energy: Mapping[str, float]
    demand: Mapping[str, float]
    billed_kw: Mapping[str, float]
    limited: Mapping[str, bool]
    fixed: float
    power_factor: float | None
    vat: float | None
    in_range: bool

    @property
    def subtotal(self) -> float:
        """All before tax."""
        lines = [*self.energy.values(), *self.demand.values(), self.fixed]
        return math.fsum([*lines, self.power_factor or 0.0])

    @property
    def total(self) -> float:
        """What is paid; before tax where ``vat`` is None."""
        return self.subtotal + (self.vat or 0.0)

    def frame(self) -> pd.DataFrame:
        """Return the bill as lines: ``line, quantity, unit, money``."""
        rows: list[tuple[str, float, str, float]] = [
            (f"energy {name}", self.readings.energy_kwh[name], "kWh", money)
            for name, money in self.energy.items()
        ]
        rows += [(name, self.billed_kw[name], "kW", money) for name, money in self.demand.items()]
        rows.append(("fixed", 1.0, "month", self.fixed))
        if self.power_factor is not None:
            rows.append(("power factor", math.nan, "", self.power_factor))
        if self.vat is not None:
            rows.append(("value added tax", math.nan, "", self.vat))
        rows.append(("total", math.nan, "", self.total))
        return pd.DataFrame(rows, columns=["line", "quantity", "unit", "money"])


def mexican_vat(defaults: Defaults | None = None) -> float:
    """Return Mexico's value added tax, a default row."""
    return (defaults or Defaults()).number("tariffs", "mx.vat")


def meter(load_kw: FloatArray, tariff: Tariff, horizon: Horizon) -> Readings:
    """Read a month of load as the meter of a tariff does.

    Parameters
    ----------
    load_kw
        Mean power of every slot of the month.

    Raises
    ------
    InputError
        Another number of slots; power that is negative or missing; slots in which the window
        changes.
    """
    power = np.asarray(load_kw, dtype=np.float64)
    starts, hours = horizon.starts, horizon.slot_h
    if power.shape != starts.shape:
        expected = f"one power for each of the {len(starts)} slots of {horizon.month}"
        raise InputError([Problem("load", "load_kw", 0, str(power.shape), expected)])
    wrong = np.flatnonzero(~((power >= 0.0) & (power < np.inf)))
    if wrong.size:
        expected = "a power of at least 0 in every slot"
        raise InputError(
            Problem("load", "load_kw", int(i) + 1, str(power[i]), expected) for i in wrong[:5]
        )
    window = window_of_slots(tariff, horizon)
    size = len(tariff.windows)
    energy = np.bincount(window, power * hours, size)
    demand = np.zeros(size)
    np.maximum.at(demand, window, power)
    names = tariff.windows
    return Readings(
        dict(zip(names, energy.tolist(), strict=True)),
        dict(zip(names, demand.tolist(), strict=True)),
        horizon.days,
    )


def window_of_slots(tariff: Tariff, horizon: Horizon) -> npt.NDArray[np.int64]:
    """Return the window of every slot of the month, which must hold to the slot's end.

    Raises
    ------
    InputError
        Slots in which the window changes.
    """
    window = tariff.window_of(horizon.starts)
    last = tariff.window_of(horizon.starts + pd.Timedelta(hours=horizon.slot_h * (1.0 - 1e-6)))
    split = np.flatnonzero(window != last)
    if split.size:
        expected = "slots that end where a window of the tariff ends; make them shorter"
        when = str(horizon.starts[split[0]])
        raise InputError([Problem(f"tariff {tariff.name}", "hours", 0, when, expected)])
    return window


def bill(
    load_kw: pd.Series | Sequence[float] | FloatArray,
    tariff: Tariff,
    horizon: Horizon | None = None,
    *,
    terms: BillTerms | None = None,
) -> Bill:
    """Bill a month of load.

    Parameters
    ----------
    load_kw
        Mean power of every slot of the month: an array with ``horizon``, or a series over
        timezone-aware times of equal distance that covers one month whole.
    horizon
        Slots of the month.
    terms
        Power factor, tax and other terms.

    Raises
    ------
    InputError
        Load that does not cover one month whole, naive times, power that is negative or missing.
    """
    if isinstance(load_kw, pd.Series):
        horizon = _series_horizon(load_kw)
    elif horizon is None:
        expected = "a horizon, or a series over timezone-aware times"
        raise InputError([Problem("load", "horizon", expected=expected)])
    power = np.asarray(load_kw, dtype=np.float64)
    return bill_readings(meter(power, tariff, horizon), tariff, terms=terms)


def bill_readings(readings: Readings, tariff: Tariff, *, terms: BillTerms | None = None) -> Bill:
    """Bill what a meter says after a month.

    Raises
    ------
    InputError
        Windows that are not those of the tariff, negative or missing readings, terms that name a
        charge that the tariff does not have.
    """
    given = terms or BillTerms()
    _check_readings(readings, tariff, given)
    on_energy, on_rest = given.factors(tariff)
    energy = {
        name: readings.energy_kwh[name] * price for name, price in tariff.energy_per_kwh.items()
    }
    billed, limited = {}, {}
    for charge in tariff.demand:
        floor = given.floor_kw(charge.name)
        demand = max(readings.demand_of(charge), floor)
        limit = max(charge.limit_kw(readings.total_kwh, readings.days), floor)
        billed[charge.name], limited[charge.name] = min(demand, limit), limit < demand
    money = {charge.name: charge.rate_per_kw * billed[charge.name] for charge in tariff.demand}
    spent, rest = math.fsum(energy.values()), math.fsum([*money.values(), tariff.fixed_per_month])
    known = given.power_factor is not None and tariff.power_factor is not None
    correction = spent * (on_energy - 1.0) + rest * (on_rest - 1.0) if known else None
    before_tax = math.fsum([spent, rest, correction or 0.0])
    peak = readings.peak_kw
    return Bill(
        tariff=f"{tariff.name}, {tariff.region}, prices of {tariff.prices_of}",
        currency=tariff.currency,
        readings=readings,
        energy=energy,
        demand=money,
        billed_kw=billed,
        limited=limited,
        fixed=tariff.fixed_per_month,
        power_factor=correction,
        vat=None if given.vat_share is None else before_tax * given.vat_share,
        in_range=tariff.demand_from_kw <= peak < tariff.demand_below_kw,
    )


def _check_readings(readings: Readings, tariff: Tariff, terms: BillTerms) -> None:
    """Raise for readings and terms that do not belong to the tariff."""
    problems = []
    for field in ("energy_kwh", "demand_kw"):
        numbers = getattr(readings, field)
        if set(numbers) != set(tariff.windows):
            expected = "readings of the windows " + ", ".join(tariff.windows)
            problems.append(Problem("readings", field, 0, ", ".join(numbers), expected))
        for name, value in numbers.items():
            if not 0.0 <= value < math.inf:
                expected = "a number of at least 0"
                problems.append(Problem("readings", f"{field}.{name}", 0, str(value), expected))
    if not 28 <= readings.days <= 31:
        expected = "28 to 31 days"
        problems.append(Problem("readings", "days", 0, str(readings.days), expected))
    names = [charge.name for charge in tariff.demand]
    for name in terms.highest_before_kw or {}:
        if name not in names:
            expected = "a demand charge of the tariff: " + (", ".join(names) or "it has none")
            problems.append(Problem("bill", "highest_before_kw", 0, name, expected))
    if problems:
        raise InputError(problems)


def _series_horizon(load_kw: pd.Series) -> Horizon:
    """Return the horizon that a series lies on."""
    index = load_kw.index
    if not isinstance(index, pd.DatetimeIndex) or index.tz is None:
        expected = "timezone-aware times as index"
        raise InputError([Problem("load", "index", 0, str(index.dtype), expected)])
    steps = np.unique(np.diff(index.tz_convert("UTC").to_numpy()))
    if len(steps) != 1 or not steps[0] > np.timedelta64(0):
        expected = "ascending times of equal distance"
        raise InputError([Problem("load", "index", 0, f"{len(steps)} distances", expected)])
    step = pd.Timedelta(steps[0])
    first = index[0].tz_localize(None).to_period("M").start_time
    begin, end = (midnight(day, index.tz) for day in (first, first + pd.offsets.MonthBegin(1)))
    if index[0] != begin or index[-1] + step != end:
        expected = "slots from the first of a month to its end"
        raise InputError([Problem("load", "index", 0, f"{index[0]} to {index[-1]}", expected)])
    return Horizon(index, step / pd.Timedelta(hours=1), np.arange(len(index), dtype=np.int64))
