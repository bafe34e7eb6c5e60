"""Electricity and chargers of the vehicles of a depot, which share meter and connection."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.economics.options.cells import Cells
from geofleet.economics.options.electricity import DepotPrices, depot_prices

__all__ = ["Charging", "charging"]

_ECON, _DEPOT = "economics", "depot"
_WH_PER_KWH = 1000.0
Floats = npt.NDArray[np.float64]
Texts = npt.NDArray[np.object_]


@dataclass(frozen=True)
class Charging:
    """Electricity and chargers of each cell.

    Parameters
    ----------
    electricity
        Money of a year before value added tax; 0 for fuels.
    charger
        Money of its part of charger and connection; 0 for fuels.
    kind, power_w, plug_share
        Charger, as given or assumed.
    hours
        Hours of the clock in which it charges.
    """

    electricity: Floats
    charger: Floats
    kind: Texts
    power_w: Floats
    plug_share: Floats
    hours: Texts


def charging(cells: Cells) -> Charging:
    """Return electricity and chargers.

    A depot is billed for the vehicle's own energy and that of the other vehicles of the depot
    (the mean over their electric options, times ``economics:electricity.depot_share``); the
    price of a kilowatt hour of that bill is what the vehicle pays. Chargers come whole, and those
    of a kind that a depot needs are paid by the vehicles that charge at such ones, in proportion
    to the time that each needs. Options that cannot do the work are none that others take.
    Vehicles without depot have one of their own.
    """
    electric = cells.codes["engine"] == cells.names["engine"].index("electric")
    bought = electric & cells.new
    hours = _hours(cells)
    prices = _prices(cells, hours, electric)
    days, peak_hours = np.ones(len(hours)), np.ones(len(hours))
    for name, made in prices.items():
        days[hours == name] = made.days
        peak_hours[hours == name] = made.hours_per_day
    kind, power, plug = _chargers(cells, bought, days * peak_hours)
    grid = _grid_kwh(cells, electric, kind)
    per_day = grid / days
    depot = per_day + _others(cells, per_day, electric, "energy_per_year")
    money = np.zeros(len(grid))
    for name, made in prices.items():
        mine = electric & (hours == name)
        price = made.per_kwh(depot[mine])
        money[mine] = np.where(grid[mine] == 0.0, 0.0, grid[mine] * price)
        rows = [key for tariff in made.tariffs for key in tariff.provenance]
        cells.note("energy_per_year", [*rows, f"{_ECON}:electricity.tariffs"],
                   engine="electric", hours=name)  # fmt: skip
    together = _together(cells, plug, bought, kind)
    with np.errstate(invalid="ignore"):
        # chargers come whole: a vehicle alone pays for one, however little it needs
        whole = np.divide(np.ceil(together - 1e-9), together, out=np.zeros_like(plug),
                          where=together > 0.0)  # fmt: skip
    cost = _charger_cost(cells, bought, kind, np.where(np.isnan(plug), np.nan, plug * whole))
    connection = _connection(cells, per_day, depot, peak_hours)
    return Charging(
        electricity=money,
        charger=np.where(bought, cost + connection, 0.0),
        kind=kind,
        power_w=power,
        plug_share=plug,
        hours=hours,
    )


def _hours(cells: Cells) -> Texts:
    default = cells.defaults.text(_ECON, "electricity.charging_hours")
    cells.note("energy_per_year", [f"{_ECON}:electricity.charging_hours"], engine="electric")
    if "charging_hours" not in cells.vehicles.columns:
        return np.full(len(cells.vehicle), default, dtype=object)
    own = cells.vehicles["charging_hours"].astype(object)
    own = own.where(own.notna() & (own != ""), default)
    return np.asarray(own.to_numpy(), dtype=object)[cells.vehicle]


def _prices(
    cells: Cells, hours: Texts, electric: npt.NDArray[np.bool_]
) -> dict[str, DepotPrices]:  # fmt: skip
    names = pd.unique(hours[electric])
    year = cells.terms.first_year
    return {
        str(name): depot_prices(hours=str(name), year=year, defaults=cells.defaults)
        for name in names
    }


def _grid_kwh(cells: Cells, electric: npt.NDArray[np.bool_], kind: Texts) -> Floats:
    """Return energy from the grid of a year: as told, or from the battery over efficiency."""
    told = cells.physics("grid_wh")
    direct = np.array([str(name).startswith("dc") for name in kind])
    share = {
        name: cells.number("energy_per_year", "batteries", f"charger_efficiency.{name}", 1.0,
                           match={"engine": "electric"})
        for name in ("ac", "dc")
    }  # fmt: skip
    drawn = cells.physics("energy_wh") / np.where(direct, share["dc"], share["ac"])
    return np.where(electric, np.where(np.isnan(told), drawn, told), 0.0) / _WH_PER_KWH


def _others(
    cells: Cells, amount: Floats, electric: npt.NDArray[np.bool_], column: str
) -> Floats:  # fmt: skip
    """Return the sum of an amount over the other vehicles of each cell's depot.

    Of each vehicle the mean over its electric options counts, those left out that are known not
    to do its work.
    """
    share = cells.number(
        column, _ECON, "electricity.depot_share", 1.0,
                         match={"engine": "electric"})  # fmt: skip
    known = electric & np.isfinite(amount) & (cells.physics("probability") != 0.0)
    if "depot_id" not in cells.vehicles.columns or share == 0.0 or not known.any():
        return np.zeros(len(amount))
    size = len(cells.vehicles)
    count = np.bincount(cells.vehicle[known], minlength=size)
    total = np.bincount(cells.vehicle[known], amount[known], size)
    mean = np.divide(total, count, out=np.zeros(size), where=count > 0)
    depot, _ = pd.factorize(cells.vehicles["depot_id"].astype(object).replace("", None))
    of_depot = np.bincount(depot[depot >= 0], mean[depot >= 0], max(int(depot.max()) + 1, 1))
    others = np.where(depot >= 0, of_depot[depot] - mean, 0.0)
    return np.asarray(share * np.maximum(others, 0.0)[cells.vehicle], np.float64)


def _together(
    cells: Cells, plug: Floats, bought: npt.NDArray[np.bool_], kind: Texts
) -> Floats:  # fmt: skip
    """Return the chargers of its kind that a depot needs for each cell and the other vehicles.

    A plug of 22 kW does not serve who needs 60 kW: each kind is counted apart.
    """
    out = plug.copy()
    for name in pd.unique(kind[bought]):
        mine = bought & (kind == name)
        others = _others(cells, np.where(mine, plug, 0.0), bought, "charger")
        out[mine] += others[mine]
    return out


def _chargers(
    cells: Cells, bought: npt.NDArray[np.bool_], hours: Floats
) -> tuple[Texts, Floats, Floats]:
    """Return kind, power and share of the charger, assumed where physics says nothing."""
    size = len(bought)
    kind = np.full(size, "", dtype=object)
    if "charger_kind" in cells.physical.columns:
        told = cells.physical["charger_kind"].astype(object)
        kind = np.asarray(told.where(told.notna(), ""), dtype=object)
    power, plug = cells.physics("charger_power_w"), cells.physics("plug_share")
    idle = power == 0.0
    blank = bought & (kind == "") & ~idle
    if blank.any():
        kind = np.where(blank, _usual_kind(cells, hours), kind)
        cells.assume("smallest charger that refills the day's energy", blank)
    power = np.where(bought & np.isnan(power), [_power_w(str(name)) for name in kind], power)
    lost = bought & np.isnan(plug)
    if lost.any():
        plug = np.where(lost, cells.number("charger", _ECON, "charger.plug_share", 1.0), plug)
        cells.assume("share of a charger", lost)
    return np.where(bought, kind, ""), np.where(bought, power, 0.0), np.where(bought, plug, 0.0)


def _usual_kind(cells: Cells, hours: Floats) -> Texts:
    """Return the first charger of a row whose power over the hours of a year is enough."""
    known = cells.defaults.text(_ECON, "charger.kinds").split()
    cells.note("charger", [f"{_ECON}:charger.kinds"], technology="electric")
    needed = cells.physics("energy_wh") / hours
    powers = np.array([_power_w(name) for name in known])
    place = np.searchsorted(np.maximum.accumulate(powers), np.nan_to_num(needed))
    return np.array(known, dtype=object)[np.minimum(place, len(known) - 1)]


def _power_w(kind: str) -> float:
    """Return the power in the name of a kind of charger: ``dc_60`` is 60 kW."""
    number = kind.rpartition("_")[2]
    return float(number) * 1000.0 if number.replace(".", "", 1).isdigit() else math.nan


def _charger_cost(
    cells: Cells, bought: npt.NDArray[np.bool_], kind: Texts, plug: Floats
) -> Floats:  # fmt: skip
    """Return the share of an installed charger: the middle of what rows know for its power."""
    cost = np.zeros(len(kind))
    for name in pd.unique(kind[bought]):
        mine = bought & (kind == name)
        if not name:
            continue
        price = _installed(cells, str(name))
        if math.isnan(price):
            cells.miss(f"installed cost of charger {name}", mine)
        cost[mine] = price * plug[mine]
    return cost


def _installed(cells: Cells, kind: str) -> float:
    power = _power_w(kind) / _WH_PER_KWH
    for row in ("ac",) if kind.startswith("ac") else ("dc_60", "dc_150"):
        stem = f"cost.{row}"
        match = {"charger_kind": kind}
        least, most = (
            cells.number("charger", _DEPOT, f"{stem}.power_{end}", match=match)
            for end in ("from", "to")
        )  # fmt: skip
        if least <= power <= most:
            low, high = (
                cells.number("charger", _DEPOT, f"{stem}.{end}", match=match)
                for end in ("low", "high")
            )
            return 0.5 * (low + high)
    return math.nan


def _connection(cells: Cells, own: Floats, depot: Floats, hours: Floats) -> Floats:
    """Return the vehicle's part of substations, where the depot's peak needs them."""

    def row(name: str, table: str = _DEPOT) -> float:
        return cells.number("charger", table, name, match={"technology": "electric"})

    limit, factor = (
        row("mx.gdmto.demand_below", "tariffs"), row("mx.power_factor.threshold", "tariffs"),
    )  # fmt: skip
    largest = row("cost.substation.power_to")
    price = 0.5 * (row("cost.substation.low") + row("cost.substation.high"))
    with np.errstate(invalid="ignore"):
        peak = depot / hours
        number = np.where(peak < limit, 0.0, np.ceil(peak / factor / largest))
        part = np.divide(own, depot, out=np.zeros_like(own), where=depot > 0.0)
    # a depot whose energy is not known has a connection that is not known
    return np.where(np.isnan(depot), np.nan, number * price * part)
