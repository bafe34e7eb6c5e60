"""What mends cost: rules and prices from the default rows, in pesos per working day."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.errors import MissingDefaultError

__all__ = ["Costs", "Rules", "mend_costs", "mend_rules"]

_TABLE = "mends"
_SECONDS_PER_HOUR = 3600.0
_WH_PER_KWH = 1000.0


@dataclass(frozen=True, slots=True)
class Rules:
    """What is tried, and within which limits."""

    battery_step_wh: float
    battery_times_max: float
    charge_step_s: float
    charger_power_w: dict[str, float]
    charge_places: int
    charge_rounds: int
    charger_gaps: int
    departures_s: tuple[float, ...]
    stops_moved_max: int
    sisters: int
    sets: int
    estimate_share: float
    road_over_straight: float
    detour_speed_m_s: float
    longest_day_s: float
    pack_wh_per_kg: float
    usable_share: float


def mend_rules(defaults: Defaults) -> Rules:
    """Read the rules.

    Raises
    ------
    InputError
        Every row out of its limits.
    """
    rows = CheckedRows(defaults)

    def size(row: str, high: float = math.inf, *, table: str = _TABLE) -> float:
        words = f" and at most {high:g}" if math.isfinite(high) else ""
        return rows.number(table, row, 0.0, high, f"a number above 0{words}", above=True)

    def count(row: str) -> float:
        return rows.number(_TABLE, row, 1.0, 1000.0, "a number from 1 to 1000")

    def hours(row: str) -> float:
        return rows.number(_TABLE, row, 0.0, 24.0, "hours from 0 to 24")

    numbers: dict[str, Any] = {
        "battery_step_wh": size("battery_step", 100.0) * _WH_PER_KWH,
        "battery_times_max": rows.number(
            _TABLE, "battery_times_max", 1.0, 100.0, "a number from 1 to 100"
        ),
        "charge_step_s": size("charge_step", 60.0) * 60.0,
        "estimate_share": size("estimate_share", 1.0),
        "road_over_straight": rows.number(
            _TABLE, "road_over_straight", 1.0, 10.0, "a number from 1 to 10"
        ),
        "detour_speed_m_s": size("detour_speed", 200.0) / 3.6,
        "longest_day_s": size("longest_day", 24.0) * _SECONDS_PER_HOUR,
        "pack_wh_per_kg": size("pack_energy_density", 1e4, table="energy"),
        "usable_share": size("usable_gross_ratio", 1.0, table="energy"),
    }
    power = {kind: size(f"{kind}_charger_power") * 1000.0 for kind in ("ac", "dc")}
    counts: dict[str, Any] = {
        name: int(np.nan_to_num(count(row)))
        for name, row in (
            ("charge_places", "charge_places_tried"), ("charge_rounds", "charge_rounds"),
            ("charger_gaps", "charger_gaps"), ("stops_moved_max", "stops_moved_max"),
            ("sisters", "sisters_tried"), ("sets", "sets_tried"),
        )
    }  # fmt: skip
    earlier, later = hours("departure_earlier"), hours("departure_later")
    step = size("departure_step", 24.0)
    rows.finish()
    shifts = [n * step for n in range(-int(earlier / step), int(later / step) + 1) if n]
    return Rules(
        charger_power_w=power,
        departures_s=tuple(shift * _SECONDS_PER_HOUR for shift in shifts),
        **numbers,
        **counts,
    )


@dataclass(frozen=True, slots=True)
class Costs:
    """Prices; every result is in pesos per working day, NaN where a price is not known.

    Parameters
    ----------
    battery_per_kwh
        Of gross energy.
    battery_factor, charger_factor, vehicle_factor
        Cost of a working day over the price: annuity over working days.
    charger_price
        By kind of current, installed; NaN where no row knows its power.
    energy_per_kwh
        From the grid at depots and stops.
    efficiency
        By kind of current, grid to battery.
    defaults
        Where prices by vehicle class are read.
    """

    battery_per_kwh: float
    battery_factor: float
    charger_factor: float
    vehicle_factor: float
    charger_price: dict[str, float]
    energy_per_kwh: float
    efficiency: dict[str, float]
    defaults: Defaults

    def battery(self, gross_kwh: float) -> float:
        """Cost of so much more battery."""
        return gross_kwh * self.battery_per_kwh * self.battery_factor

    def charger(self, kind: str) -> float:
        """Cost of a charger that serves this vehicle alone."""
        return self.charger_price[kind] * self.charger_factor

    def vehicle(self, price: float, instead_of: float) -> float:
        """Cost of one vehicle instead of another."""
        return (price - instead_of) * self.vehicle_factor

    def energy(self, wh: float) -> float:
        """Cost of energy that the battery takes at night, at the depot."""
        return wh / _WH_PER_KWH / self.efficiency["ac"] * self.energy_per_kwh

    def charged(self, wh: float, kind: str, price_per_kwh: float) -> float:
        """Cost of energy charged on the way over that of the same energy at night."""
        grid = wh / _WH_PER_KWH / self.efficiency[kind]
        return grid * price_per_kwh - self.energy(wh)

    def time(self, vehicle_class: str, seconds: float) -> float:
        """Cost of so much more time of driver and vehicle."""
        if seconds == 0.0:
            return 0.0
        return seconds / _SECONDS_PER_HOUR * self._of_class(vehicle_class, "per_hour")

    def distance(self, vehicle_class: str, km: float) -> float:
        """Cost of maintenance and tyres of so many more kilometres."""
        return 0.0 if km == 0.0 else km * self._of_class(vehicle_class, "per_km")

    def _of_class(self, vehicle_class: str, what: str) -> float:
        try:
            return self.defaults.number("pricing", f"{vehicle_class}.{what}")
        except MissingDefaultError:
            return math.nan


def mend_costs(rules: Rules, defaults: Defaults) -> Costs:
    """Read prices.

    Raises
    ------
    InputError
        Every row out of its limits.
    """
    rows = CheckedRows(defaults)

    def price(row: str, table: str = _TABLE) -> float:
        return rows.number(table, row, 0.0, math.inf, "a number of at least 0")

    rate = rows.number(_TABLE, "interest_rate", 0.0, 1.0, "a share from 0 to 1")
    days = rows.number(_TABLE, "working_days", 1.0, 366.0, "days from 1 to 366")
    life = {
        what: rows.number(_TABLE, f"{what}_life", 0.0, 100.0, "years above 0", above=True)
        for what in ("battery", "charger", "vehicle")
    }
    energy = price(defaults.text(_TABLE, "energy_price"), "tariffs")
    efficiency = {
        kind: rows.number(
            "batteries", f"charger_efficiency.{kind}", 0.0, 1.0, "a share above 0", above=True
        )
        for kind in ("ac", "dc")
    }
    battery = price("battery_price")
    chargers = {
        "ac": _charger_price("ac", rules.charger_power_w["ac"], rows),
        "dc": _charger_price("dc_60", rules.charger_power_w["dc"], rows),
    }
    if math.isnan(chargers["dc"]):
        chargers["dc"] = _charger_price("dc_150", rules.charger_power_w["dc"], rows)
    rows.finish()
    factor = {what: annuity(rate, years) / days for what, years in life.items()}
    return Costs(
        battery_per_kwh=battery,
        battery_factor=factor["battery"],
        charger_factor=factor["charger"],
        vehicle_factor=factor["vehicle"],
        charger_price=chargers,
        energy_per_kwh=energy,
        efficiency=efficiency,
        defaults=defaults,
    )


def annuity(rate: float, years: float) -> float:
    """Yearly payment per unit borrowed."""
    if rate == 0.0:
        return 1.0 / years
    return rate / (1.0 - math.exp(-years * math.log1p(rate)))


def _charger_price(name: str, power_w: float, rows: CheckedRows) -> float:
    """Middle of the range of installed costs, NaN where the row is for other powers."""

    def number(field: str) -> float:
        return rows.number("depot", f"cost.{name}.{field}", 0.0, math.inf, "a number of at least 0")

    if not number("power_from") <= power_w / 1000.0 <= number("power_to"):
        return math.nan
    return 0.5 * (number("low") + number("high"))
