"""What is tried on forbidden days and what it costs, from the default rows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.errors import MissingDefaultError

__all__ = ["RESPONSES", "Prices", "Response", "Settings", "day_prices", "day_settings"]

Response = Literal["wait", "retime", "reroute", "swap", "drop"]
RESPONSES: tuple[Response, ...] = get_args(Response)
"""What an operator may do with a vehicle-day that rules forbid; of equal costs the first."""

_TABLE = "policy_day"
_S_PER_H, _S_PER_MIN, _KWH_MJ = 3600.0, 60.0, 3.6


@dataclass(frozen=True, slots=True)
class Settings:
    """What is tried, and within which limits.

    ``shifts_s`` are the other departures, the smallest change first.
    """

    shifts_s: tuple[float, ...]
    earliest_s: float
    retimes_tried: int
    wait_rounds: int
    slack_s: float
    swaps_tried: int
    swap_rounds: int
    electric_range_m: float
    drop_rounds: int
    moved_from_s: float
    normal_shift_s: float
    longest_day_s: float


def day_settings(defaults: Defaults) -> Settings:
    """Read what is tried.

    Raises
    ------
    InputError
        Every row out of its limits.
    """
    rows = CheckedRows(defaults)

    def hours(row: str, *, table: str = _TABLE) -> float:
        return rows.number(table, row, 0.0, 24.0, "hours from 0 to 24") * _S_PER_H

    def count(row: str) -> int:
        return int(np.nan_to_num(rows.number(_TABLE, row, 1.0, 1000.0, "a number from 1 to 1000")))

    step = rows.number(_TABLE, "retime.step", 0.0, 1440.0, "minutes above 0", above=True)
    earlier, later = hours("retime.earlier"), hours("retime.later")
    found = Settings(
        shifts_s=_shifts(earlier, later, step * _S_PER_MIN),
        earliest_s=hours("retime.earliest"),
        retimes_tried=count("retime.tried"),
        wait_rounds=count("wait.rounds"),
        slack_s=hours("reroute.slack"),
        swaps_tried=count("swap.tried"),
        swap_rounds=count("swap.rounds"),
        electric_range_m=1000.0
        * rows.number(_TABLE, "swap.electric_range", 0.0, 5000.0, "km of at least 0"),
        drop_rounds=count("drop.rounds"),
        moved_from_s=_S_PER_MIN
        * rows.number(_TABLE, "moved.from", 0.0, 1440.0, "minutes of at least 0"),
        normal_shift_s=hours("shift.normal"),
        longest_day_s=hours("longest_day", table="mends"),
    )
    rows.finish()
    return found


def _shifts(earlier_s: float, later_s: float, step_s: float) -> tuple[float, ...]:
    if not (earlier_s >= 0.0 and later_s >= 0.0 and step_s > 0.0):
        return ()
    steps = [n for n in range(-int(earlier_s / step_s), int(later_s / step_s) + 1) if n]
    return tuple(n * step_s for n in sorted(steps, key=lambda n: (abs(n), n)))


@dataclass(frozen=True, slots=True)
class Prices:
    """Prices in one currency; NaN where a price is not known."""

    currency: str
    late_delivery: float
    late_hour: float
    moved_delivery: float
    retimed_day: float
    swap: float
    dropped_delivery: float
    time_saved_share: float
    overtime_hour: float
    diesel_l: float
    cng_l: float
    electricity_kwh: float
    diesel_kg_l: float
    diesel_mj_kg: float
    defaults: Defaults

    def of_class(self, vehicle_class: str, what: str) -> float:
        """Return ``per_hour`` or ``per_km`` of a vehicle class."""
        try:
            return self.defaults.number("pricing", f"{vehicle_class}.{what}")
        except MissingDefaultError:
            return math.nan

    def energy(self, fuel: str, *, fuel_g: float, energy_mj: float, kwh: float) -> float:
        """Return what fuel or electricity costs."""
        if fuel == "electric":
            return kwh * self.electricity_kwh
        if fuel == "cng":
            # energy holds electricity too, which a hybrid's engine has made from its fuel
            litres = (energy_mj - kwh * _KWH_MJ) / (self.diesel_kg_l * self.diesel_mj_kg)
            return litres * self.cng_l
        return fuel_g / 1000.0 / self.diesel_kg_l * self.diesel_l

    def converted(self, amount: float, currency: str) -> float:
        """Return an amount in the currency of these prices, NaN where no row converts it."""
        if currency == self.currency:
            return amount
        row = f"currency.{currency}"
        if row in self.defaults.values(_TABLE):
            return amount * self.defaults.number(_TABLE, row)
        given, own = self._usd(currency), self._usd(self.currency)
        return amount * given / own

    def _usd(self, currency: str) -> float:
        """Return US dollars for one unit, of the last year that has a row."""
        stem = f"usd_per_{currency.lower()}"
        rows = [row for row in self.defaults.values("exchange_rates")
                if row == stem or row.startswith(f"{stem}.")]  # fmt: skip
        return self.defaults.number("exchange_rates", max(rows)) if rows else math.nan


def day_prices(defaults: Defaults) -> Prices:
    """Read prices.

    Raises
    ------
    InputError
        Every row out of its limits.
    """
    rows = CheckedRows(defaults)

    def price(row: str, table: str = _TABLE) -> float:
        return rows.number(table, row, 0.0, math.inf, "an amount of at least 0")

    wage = price("shift.driver_wage")
    premium = rows.number(_TABLE, "shift.overtime_premium", 0.0, 10.0, "a share from 0 to 10")
    found = Prices(
        currency=defaults.text("pricing", "currency"),
        late_delivery=price("late.cost_per_delivery"),
        late_hour=price("late.cost_per_hour"),
        moved_delivery=price("moved.cost_per_delivery"),
        retimed_day=price("retime.cost_per_day"),
        swap=price("swap.cost_per_swap"),
        dropped_delivery=price("drop.cost_per_delivery"),
        time_saved_share=rows.number(
            _TABLE, "drop.time_saved_share", 0.0, 1.0, "a share from 0 to 1"
        ),
        overtime_hour=wage * premium,
        diesel_l=price("diesel_per_l", "pricing"),
        cng_l=price("cng_per_diesel_l", "pricing"),
        electricity_kwh=price("electricity_per_kwh", "pricing"),
        diesel_kg_l=price("diesel.density_kg_l", "fuel"),
        diesel_mj_kg=price("diesel.lower_heating_value_mj_kg", "fuel"),
        defaults=defaults,
    )
    rows.finish()
    return found
