"""Steps of one engine on one drive: processes, shares, gases, fuel, electricity, upstream."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from geofleet.defaults import Defaults
from geofleet.emissions import _kernels as kernels
from geofleet.emissions.engines.gases import SITUATIONS, fuel_coefficients, situation_limits
from geofleet.emissions.engines.mixtures import Engine, Setting
from geofleet.emissions.engines.processes import cold_excess, idle_energy_mj_h
from geofleet.emissions.engines.resolve import ELECTRIC_SPEEDS_KMH
from geofleet.emissions.engines.technologies import Technologies
from geofleet.emissions.explanation.bands import family_of, spread
from geofleet.emissions.explanation.chain_hot import (
    BASE_NAMES,
    HotSteps,
    operating_point,
    technology_steps,
)
from geofleet.emissions.explanation.model import COLD, HOT, IDLE, Step
from geofleet.emissions.explanation.steps import product, ratio, total, traced
from geofleet.emissions.hot.factors import POLLUTANTS
from geofleet.emissions.model import MEANING, unit_of

__all__ = ["Drive", "EngineSteps"]

_MJ_KWH = 3.6
_CRUISING = "electric.cruising.gsd"
_BASES = {
    "nox_exhaust_g": "nox", "pm25_exhaust_g": "pm25", "co_exhaust_g": "co", "voc_exhaust_g": "voc",
}  # fmt: skip
_GASES = {"ch4_exhaust_g": "ch4", "n2o_exhaust_g": "n2o", "nh3_exhaust_g": "nh3"}


@dataclass(frozen=True)
class Drive:
    """What a vehicle does on a link.

    ``distance`` in km, ``cold_share`` of it driven with a cold engine, ``idle`` hours of idling
    before it and ``queue`` seconds lost at signals at its end are steps, as they have figures
    behind them. ``processes`` are those that count: hot, cold_start, idle, wear.
    """

    distance: Step
    speed_kmh: float
    grade: float
    load: float
    hour: int
    cold_share: Step
    idle: Step
    queue: Step
    processes: frozenset[str]


class EngineSteps:
    """Makes the steps of one engine on one drive; the same number is the same step."""

    def __init__(
        self,
        engine: Engine,
        drive: Drive,
        *,
        technology_of: dict[str, str],
        setting: Setting,
        defaults: Defaults,
    ) -> None:
        self.engine, self.drive = engine, drive
        self.setting, self.defaults = setting, defaults
        self._hot = HotSteps(engine, technology_of, defaults)
        self._point = operating_point(drive.speed_kmh, drive.grade, drive.load)
        self._done: dict[str, Step] = {}
        technology = engine.technology
        fuel, _ = traced(self.defaults, lambda rows: Technologies(rows).fuel(technology))
        self.electric = fuel == "electric"
        (coefficients, *grid), self._fuel_rows = traced(
            self.defaults,
            lambda rows: fuel_coefficients(
                rows, fuel, country=self.setting.country, year=self.setting.year
            ),
        )
        self._grid = dict(zip(("grid_of_world", "grid_of_other_year"), grid, strict=True))
        self._coefficients = np.concatenate([np.zeros(kernels.FUEL_G_MJ), coefficients])

    @property
    def names(self) -> tuple[str, ...]:
        """Technology and states."""
        return (self.engine.technology, *self.engine.states)

    def quantity(self, name: str) -> Step:
        """Return a quantity of the drive, in its unit."""
        if name not in self._done:
            self._done[name] = self._quantity(name)
        return self._done[name]

    def _quantity(self, name: str) -> Step:
        if self.electric and name not in ("electricity_kwh", "energy_mj", *_UPSTREAM):
            label = f"{MEANING[name]}: none, the vehicle runs on electricity"
            return Step("none", label, 0.0, unit_of(name), process=HOT)
        if name in _BASES:
            return self.base(_BASES[name])
        if name in _GASES:
            return self._gas(name, _GASES[name])
        method = {
            "no2_exhaust_g": self._no2, "bc_exhaust_g": self._carbon, "oc_exhaust_g": self._carbon,
            "so2_exhaust_g": self._from_fuel, "fuel_g": self._fuel, "co2_g": self._from_fuel,
            "energy_mj": self._energy, "electricity_kwh": self._electricity,
            "co2e_ttw_g": self._ttw, "co2e_wtt_g": self._wtt, "co2e_wtw_g": self._wtw,
        }[name]  # fmt: skip
        return method(name)

    def base(self, base: str) -> Step:
        """Return what a hot engine, a cold start and idling give of a base."""
        if base in self._done:
            return self._done[base]
        unit = "MJ" if base == "energy" else "g"
        drive, name = self.drive, BASE_NAMES[base]
        warm = self._hot.base(base, self._point)
        parts = []
        if HOT in drive.processes:
            label = f"{name} of the warm engine"
            parts.append(product("hot", label, unit, drive.distance, warm, process=HOT))
        excess = self._excess(base)
        if COLD in drive.processes and drive.cold_share.value > 0.0 and excess.value > 0.0:
            label = f"{name} added by the cold engine"
            excess = spread(excess, "cold.all.gsd", defaults=self.defaults)
            parts.append(product("cold", label, unit, drive.distance, drive.cold_share, excess,
                                 warm, process=COLD))  # fmt: skip
        stop = spread(drive.idle, "idle.stop.gsd", defaults=self.defaults)
        hours = [step for step in (stop, self._queue()) if step.value > 0.0]
        if IDLE in drive.processes and hours:
            stood = total("idle_h", "hours of idling", "h", *hours)
            label = f"{name} of idling"
            parts.append(product("idle", label, unit, stood, self._idle_rate(base, unit),
                                 process=IDLE))  # fmt: skip
        self._done[base] = total(base, f"{name} from the exhaust" if unit == "g" else "fuel energy",
                                 unit, *parts)  # fmt: skip
        return self._done[base]

    def _queue(self) -> Step:
        """Return hours stood at signals beyond what the functions hold at their slowest speed."""
        drive, slowest = self.drive, self._hot.slowest_kmh()
        hours = 0.0
        if drive.speed_kmh < slowest:
            km = drive.distance.value
            hours = min(drive.queue.value / 3600.0, km / drive.speed_kmh - km / slowest)
        facts = {"delay_s": drive.queue.value, "speed_kmh": drive.speed_kmh,
                 "slowest_kmh": slowest}  # fmt: skip
        label = f"hours in the queue at a signal, of what is slower than {slowest:g} km/h"
        return Step("queue_h", label, hours, "h", rows=drive.queue.rows, facts=facts)

    def _excess(self, base: str) -> Step:
        value, read = traced(
            self.defaults,
            lambda rows: cold_excess(rows, self.engine.category, self.setting.temperature_c),
        )
        read = tuple(row for row in read if f".{base}." in row or "temperature_c" in row)
        excess = float(value[self.drive.hour, POLLUTANTS.index(base)])
        facts: dict[str, Any] = {"hour": self.drive.hour}
        if self.setting.temperature_c is not None:
            facts["temperature_c"] = self.setting.temperature_c[self.drive.hour]
        return Step("cold_excess", "cold engine over warm, less 1", excess, "1", rows=read,
                    facts=facts)  # fmt: skip

    def _idle_rate(self, base: str, unit: str) -> Step:
        """Return grams an hour: fuel of idling times grams per megajoule at the slowest speed."""
        slow = operating_point(self._hot.slowest_kmh(), 0.0, 0.0)
        value, read = traced(
            self.defaults, lambda rows: idle_energy_mj_h(rows, self.engine.vehicle_class)
        )
        figure = Step("figure", "idle fuel of the class × heating value", value, "MJ/h", rows=read)
        energy = product(
            "idle_energy", "fuel energy of an hour of idling", "MJ/h",
            spread(figure, "idle.all.gsd", defaults=self.defaults),
            *self._hot.own_factors("energy"),
        )  # fmt: skip
        if base == "energy":
            return energy
        over, under = self._hot.base(base, slow), self._hot.base("energy", slow)
        label = f"{unit} per MJ at the slowest speed of the functions, {slow.speed_kmh:g} km/h"
        per_mj = ratio("idle_per_mj", label, "g/MJ", over, under)
        return product("idle_rate", "of an hour of idling", f"{unit}/h", energy, per_mj)

    def _no2(self, name: str) -> Step:
        engine, technology_names = self.engine, self.names
        value, read = traced(
            self.defaults,
            lambda rows: Technologies(rows).last(technology_names, "no2_share", engine.standard),
        )
        if value is None:
            row = f"no2.{engine.category}.{engine.standard}.share_of_nox"
            value, read = self.defaults.number("exhaust_shares", row), (f"exhaust_shares:{row}",)
        share = Step("no2_share", "NO2 in the NOx that leaves the pipe", value, "1", rows=read)
        share = self._of_family(share, "no2")
        return product("no2", MEANING[name], "g", self.base("nox"), share)

    def _carbon(self, name: str) -> Step:
        """Return black or organic carbon: shares of PM2.5, and what technologies do to the mass."""
        what = name[:2]
        place = f"{self.engine.category}.{self.engine.standard}"
        black = self._figure("exhaust_shares", f"bc.{place}.share_of_pm25", "BC in PM2.5")
        shares = [self._of_family(black, "bc")]
        if what == "oc":
            shares.append(
                self._figure("exhaust_shares", f"oc.{place}.om_to_bc", "organic matter over BC")
            )
        parts = [self.base("pm25"), *shares]
        if what == "oc":
            over = self._figure("exhaust_shares", "oc.om_to_oc", "organic matter over OC")
            one = Step("one", "one", 1.0, "1")
            parts.append(Step("inverse", "OC in organic matter", 1.0 / over.value, "1", "ratio",
                              (one, over)))  # fmt: skip
        standard = self.engine.standard
        pm = technology_steps(self.engine, "pm25_factor", self.defaults)
        own = technology_steps(self.engine, f"{what}_factor", self.defaults)
        if (pm or own) and all(step.value > 0.0 for step in pm):
            over = product(f"{what}_factors", f"{what.upper()} factors together", "1", *own)
            under = product("pm25_factors", "PM2.5 factors together", "1", *pm)
            label = f"{what.upper()} in PM2.5 changed by technology and states of {standard}"
            parts.append(Step("share_change", label, over.value / under.value, "1", "ratio",
                              (over, under)))  # fmt: skip
        return product(what, MEANING[name], "g", *parts)

    def _figure(self, table: str, row: str, label: str, unit: str = "1") -> Step:
        return Step("figure", label, self.defaults.number(table, row), unit,
                    rows=(f"{table}:{row}",))  # fmt: skip

    def _of_family(self, step: Step, what: str) -> Step:
        """Return a step with the spread that its standard's family has in something."""
        family, read = family_of(self.defaults, self.engine.standard)
        return spread(step, f"{family}.{what}.gsd", *read, defaults=self.defaults)

    def _gas(self, name: str, gas: str) -> Step:
        engine, names = self.engine, self.names
        slip, slip_rows = traced(
            self.defaults,
            lambda rows: Technologies(rows).last(names, f"{gas}_g_mj", engine.standard),
        )
        if gas == "ch4" and slip is not None:
            figure = Step("gas_per_mj", "methane per MJ of fuel", slip, "g/MJ", rows=slip_rows)
            figure = spread(figure, f"all.{gas}.gsd", defaults=self.defaults)
            return product(gas, MEANING[name], "g", self.base("energy"), figure)
        if HOT not in self.drive.processes:
            return Step("none", f"{MEANING[name]}: hot emissions are not counted", 0.0, "g",
                        process=HOT)  # fmt: skip
        standard, us_rows = engine.standard, tuple[str, ...]()
        us = f"{standard}.gases.shape"
        if us in self.defaults.table("us_path").index:
            standard, us_rows = self.defaults.text("us_path", us), (f"us_path:{us}",)
        limits, limit_rows = traced(self.defaults, situation_limits)
        way = SITUATIONS[sum(self.drive.speed_kmh >= limit for limit in limits)]
        place = engine.segment if gas == "ch4" else engine.category
        row = f"{gas}.{place}.{standard}.{way}"
        read = (f"exhaust_per_km:{row}", *us_rows, *limit_rows)
        value = self.defaults.number("exhaust_per_km", row)
        figure = Step("gas_per_km", f"per km, {way} driving", value, "g/km", rows=read,
                      facts={"situation": way, "standard": standard})  # fmt: skip
        figure = spread(figure, f"all.{gas}.gsd", defaults=self.defaults)
        factors = technology_steps(engine, f"{gas}_factor", self.defaults)
        return product(gas, MEANING[name], "g", self.drive.distance, figure, *factors, process=HOT)

    def _coefficient(self, number: int, label: str, unit: str, *marks: str) -> Step:
        read = tuple(row for row in self._fuel_rows if any(mark in row for mark in marks))
        return Step("figure", label, float(self._coefficients[number]), unit, rows=read)

    def _fuel(self, name: str) -> Step:
        heat = self._coefficient(kernels.FUEL_G_MJ, "fuel per MJ", "g/MJ", "lower_heating_value")
        return product("fuel", MEANING[name], "g", self.base("energy"), heat)

    def _from_fuel(self, name: str) -> Step:
        number, label, mark = {
            "so2_exhaust_g": (kernels.SO2_G_G, "SO2 per gram of fuel, from its sulphur", "sulphur"),
            "co2_g": (kernels.CO2_G_G, "CO2 per gram of fuel", "co2_kg_kg"),
        }[name]
        figure = self._coefficient(number, label, "g/g", mark)
        return product(name, MEANING[name], "g", self.quantity("fuel_g"), figure)

    def _electricity(self, name: str) -> Step:
        if not self.electric or HOT not in self.drive.processes:
            return Step("none", "electricity: none is used", 0.0, "kWh", process=HOT)
        use = self._of_family(self._electricity_per_km(), "energy")
        return product("electricity", MEANING[name], "kWh", self.drive.distance, use, process=HOT)

    def _electricity_per_km(self) -> Step:
        technology = self.engine.technology
        label = f"electricity per km at {self.drive.speed_kmh:.6g} km/h"
        own, read = traced(
            self.defaults, lambda rows: Technologies(rows).number(technology, "electricity_wh_km")
        )
        speed, (low, *_, high) = self.drive.speed_kmh, ELECTRIC_SPEEDS_KMH
        side = "below" if speed < low else "above" if speed > high else ""
        facts = {**self._point.flat_facts(), "speed_kmh": speed, "clamped": side}
        thousand = Step("unit", "kWh per Wh", 1e-3, "kWh/Wh")
        if own is not None:
            figure = Step("figure", "of the technology", own, "Wh/km", rows=read)
            figure = spread(figure, _CRUISING, defaults=self.defaults)
            return product("electricity_per_km", label, "kWh/km", figure, thousand, facts=facts)
        ends = []
        for speed, weight in _weights(self.drive.speed_kmh):
            row = f"{self.engine.vehicle_class}.{speed:g}.wh_km"
            figure = self._figure("electricity_use", row, f"at {speed:g} km/h", "Wh/km")
            share = Step("weight", f"weight of {speed:g} km/h", weight, "1")
            ends.append(product("corner", f"of {speed:g} km/h", "Wh/km", share, figure))
        use = total("electricity_use", "between the speeds of the table", "Wh/km", *ends)
        parts = [spread(use, _CRUISING, defaults=self.defaults)]
        value, read = traced(
            self.defaults,
            lambda rows: Technologies(rows).factor(technology, "electricity_factor", "none"),
        )
        if read:
            parts.append(Step("technology", f"technology {technology}: electricity factor", value,
                              "1", rows=read))  # fmt: skip
        return product("electricity_per_km", label, "kWh/km", *parts, thousand, facts=facts)

    def _energy(self, name: str) -> Step:
        if not self.electric:
            return self.base("energy")
        factor = Step("unit", "MJ per kWh", _MJ_KWH, "MJ/kWh")
        return product("energy", MEANING[name], "MJ", self.quantity("electricity_kwh"), factor)

    def _ttw(self, name: str) -> Step:
        if self.electric:
            label = "tank to wheel: none, the vehicle runs on electricity"
            return Step("none", label, 0.0, "g", process=HOT)
        parts = [self.quantity("co2_g")]
        for gas, number in (("ch4", kernels.GWP_CH4), ("n2o", kernels.GWP_N2O)):
            gwp = self._coefficient(number, f"CO2 equivalent of {gas.upper()} over 100 years",
                                    "g/g", f"gwp100.{gas}")  # fmt: skip
            parts.append(product(f"{gas}_co2e", f"{gas.upper()} as CO2", "g",
                                 self.quantity(f"{gas}_exhaust_g"), gwp))  # fmt: skip
        return total("ttw", MEANING[name], "g", *parts)

    def _wtt(self, name: str) -> Step:
        parts = []
        for number, label, unit, of, source_name in _UPSTREAM_TERMS:
            if not self._coefficients[number]:
                continue
            figure = self._coefficient(number, label, unit, "wtt", "electricity.")
            if of == "electricity_kwh":
                figure = replace(figure, facts=self._grid, note=_grid_note(self._grid))
            figure = spread(figure, f"upstream.{source_name}.gsd", defaults=self.defaults)
            source = self.base(of) if of == "energy" else self.quantity(of)
            parts.append(product("upstream", f"{label} × use", "g", source, figure))
        return total("wtt", MEANING[name], "g", *parts)

    def _wtw(self, name: str) -> Step:
        parts = (self.quantity("co2e_ttw_g"), self.quantity("co2e_wtt_g"))
        return total("wtw", MEANING[name], "g", *parts)


_UPSTREAM = ("co2e_ttw_g", "co2e_wtt_g", "co2e_wtw_g")
_UPSTREAM_TERMS = (
    (kernels.WTT_SHARE, "well to tank over tank to wheel", "g/g", "co2e_ttw_g", "diesel"),
    (kernels.WTT_G_MJ, "well to tank per MJ of fuel", "g/MJ", "energy", "cng"),
    (kernels.WTT_G_KWH, "power plants per kWh, losses on the way included",
     "g/kWh", "electricity_kwh", "electricity"),
)  # fmt: skip


def _grid_note(grid: dict[str, bool]) -> str:
    if grid["grid_of_world"]:
        return "No grid of the study's country is known: the world's average."
    if grid["grid_of_other_year"]:
        return "The grid of that year is not known: that of the year before, or the first known."
    return ""


def _weights(speed_kmh: float) -> tuple[tuple[float, float], ...]:
    """Return the speeds of the table around one, with weights."""
    speeds = ELECTRIC_SPEEDS_KMH
    if speed_kmh <= speeds[0]:
        return ((speeds[0], 1.0),)
    for low, high in itertools.pairwise(speeds):
        if speed_kmh <= high:
            share = (speed_kmh - low) / (high - low)
            return ((low, 1.0 - share), (high, share))
    return ((speeds[-1], 1.0),)
