"""What each option costs a year: fuel, fluid, filter, upkeep, insurance, downtime, taxes."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from geofleet.economics.options.cells import RETROFIT, Cells

__all__ = ["annual_km", "fuel_money", "running", "vat_not_credited"]

_ECON, _SOCIETY = "economics", "society"
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


def annual_km(cells: Cells) -> Floats:
    """Return the distance of a year, by class where physics does not know it."""
    told = cells.physics("annual_km")
    lost = np.isnan(told)
    if not lost.any():
        return told

    def usual(name: str) -> float:
        row = f"mx.age_of.{name}"
        if row not in cells.defaults.values("fleet_composition"):
            return math.nan
        kind = cells.defaults.text("fleet_composition", row)
        cells.note("km_per_year", [f"fleet_composition:{row}"], vehicle_class=name)
        return cells.number(
            "km_per_year", "programme", f"annual_km.{kind}", match={"vehicle_class": name}
        )

    cells.assume("annual_km of the class", lost)
    return np.where(lost, cells.by("vehicle_class", usual), told)


def vat_not_credited(cells: Cells, columns: list[str]) -> tuple[Floats, Floats]:
    """Return what a price before tax, and one at the pump, are multiplied by.

    Where value added tax is credited both are net of it; where it is not, both hold it.
    """
    vat = cells.number(columns, "tariffs", "mx.vat", 1.0)
    credit = cells.lookup(columns, "operator_size", _SOCIETY, "vat_credited.{}", 1.0)
    inside = cells.number("energy_per_year", _ECON, "fuel_vat_inside", 1.0)
    before = 1.0 + vat * (1.0 - credit)
    return before, np.where(inside > 0.0, before / (1.0 + vat), before)


def fuel_money(cells: Cells) -> Floats:
    """Return the fuel of a year at the price of the pump."""
    prices = {
        "diesel": cells.number(
            "energy_per_year", "pricing", "diesel_per_l", match={"engine": "diesel"}
        ),
        "cng": cells.number(
            "energy_per_year", "pricing", "cng_per_diesel_l", match={"engine": "cng"}
        ),
        "electric": 0.0,
    }
    cells.note("energy_per_year", ["pricing:diesel_per_l"], engine="diesel_hybrid")
    per_l = cells.by("engine", lambda name: prices.get(name, prices["diesel"]))
    fuel = cells.physics("fuel_l")
    return np.where(cells.codes["engine"] == cells.names["engine"].index("electric"), 0.0,
                    fuel * per_l)  # fmt: skip


def running(cells: Cells, km: Floats, value: Floats, before_tax: Floats) -> dict[str, Floats]:
    """Return the yearly columns of the ledger that are not energy."""
    upkeep = _upkeep(cells, km)
    payload = _payload(cells, km)
    money = {
        "fluid_per_year": _fluid(cells) * before_tax,
        "filter_per_year": _filter(cells) * before_tax,
        "tyres_per_year": upkeep["tyres"] * before_tax,
        "maintenance_per_year": upkeep["maintenance"] * before_tax,
        "downtime_per_year": _downtime(cells),
        "payload_loss_per_year": payload["loss"],
        "vehicle_tax_per_year": _vehicle_tax(cells, value),
        "charges_per_year": _verification(cells),
    }
    return money | {
        "maintenance_growth": upkeep["growth"],
        "insurance_share": np.full(
            len(km), cells.number("insurance_share", _ECON, "insurance_share", 1.0)
        ),
        "tonne_km_per_year": km * payload["carried_t"],
    }


def _fluid(cells: Cells) -> Floats:
    price = cells.number("fluid_per_year", _ECON, "adblue_per_l")
    litres = cells.physics("adblue_l")
    return np.where(litres == 0.0, 0.0, litres * price)


def _filter(cells: Cells) -> Floats:
    """Return cleaning, expected failures and the years beyond the life of retrofitted filters."""
    match = {"filter": "yes"}
    column = "filter_per_year"
    cleaning = cells.number(column, _ECON, "filter.cleaning_per_year", match=match)
    failing = cells.number(column, _ECON, "filter.failure_share", 1.0, match=match)
    life = cells.number(column, _ECON, "filter.life_years", match=match)
    price = cells.number(column, "vehicle_prices", f"{RETROFIT}.price", match=match)
    has = cells.is_technology(RETROFIT) | (cells.is_technology("keep") & _own_filter(cells))
    # a ledger that is longer than a filter's life needs a part of a second one
    years = float(cells.terms.horizon_years)
    further = price * np.maximum(years / life - 1.0, 0.0) / years
    return np.where(has, cleaning + failing * price / life + further, 0.0)


def _own_filter(cells: Cells) -> Bools:
    if "aftertreatment" not in cells.vehicles.columns:
        return np.zeros(len(cells.vehicle), bool)
    words = cells.vehicles["aftertreatment"].fillna("").astype(str).str.split(";")
    return np.array([RETROFIT in [one.strip() for one in row] for row in words])[cells.vehicle]


def _upkeep(cells: Cells, km: Floats) -> dict[str, Floats]:
    """Return tyres and maintenance; that of a diesel vehicle of the class, both together."""
    columns = ["maintenance_per_year", "tyres_per_year"]
    per_km = cells.lookup(columns, "vehicle_class", "pricing", "{}.per_km", must=False)
    share = cells.number(columns, _ECON, "tyre_share", 1.0)
    factor = cells.lookup("maintenance_per_year", "engine", _ECON, "upkeep_factor.{}")
    growth = cells.number(["maintenance_per_year", "maintenance_growth"], _ECON,
                          "maintenance_growth", 1.0)  # fmt: skip
    cap = cells.number(["maintenance_per_year", "maintenance_growth"], _ECON,
                       "maintenance_age_cap")  # fmt: skip
    older = np.minimum((1.0 + growth) ** np.where(cells.new, 0.0, cells.age), max(cap, 1.0))
    years = max(cells.terms.horizon_years - 1, 1)
    # growth that brings the last year to the cap, where age alone would go beyond it
    left = (max(cap, 1.0) / older) ** (1.0 / years) - 1.0
    tyres = km * per_km * share
    whole = km * per_km * factor
    return {
        "tyres": np.minimum(tyres, whole),
        "maintenance": np.maximum(whole - tyres, 0.0) * older,
        "growth": np.minimum(growth, np.maximum(left, 0.0)),
    }


def _downtime(cells: Cells) -> Floats:
    """Return working time lost to charging on the way, where physics tells its hours."""
    hours = cells.physics("charging_hours_lost")
    electric = cells.is_technology("electric")
    if "charging_hours_lost" not in cells.physical.columns:
        cells.assume("no working time lost to charging: its hours are not told", electric)
        return np.zeros(len(hours))
    rate = cells.lookup("downtime_per_year", "vehicle_class", "pricing", "{}.per_hour", must=False)
    return np.where(electric, hours * rate, np.where(hours > 0.0, hours * rate, 0.0))


def _payload(cells: Cells, km: Floats) -> dict[str, Floats]:
    """Return goods left behind, and the mean load that is carried."""
    short = cells.physics("payload_short_kg")
    capacity = cells.vehicle_numbers("payload_capacity_kg")
    needed = cells.vehicle_numbers("payload_needed_kg")
    days = cells.vehicle_numbers("days_per_year")
    column = "payload_loss_per_year"
    usual_days = cells.number(column, "mends", "working_days")
    days = np.where(np.isnan(days), usual_days, days)
    days = np.where(km == 0.0, 0.0, days)  # who does not drive leaves nothing behind
    value = cells.number(column, _ECON, "payload.value_per_tonne")
    full = cells.number(column, _ECON, "payload.full_share", 1.0)
    known = ~np.isnan(needed)
    behind = np.where(known, np.maximum(needed - (capacity - short), 0.0), short)
    often = np.where(known, 1.0, full)
    cells.assume("share of full days, loads are not told", ~known & (short > 0.0))
    loss = np.where(short == 0.0, 0.0, behind / 1000.0 * days * often * value)
    factor = cells.number("tonne_km_per_year", _ECON, "load_factor", 1.0)
    mean = cells.vehicle_numbers("mean_payload_kg")
    mean = np.where(np.isnan(mean), factor * capacity, mean)
    carried = np.minimum(mean, np.maximum(capacity - short, 0.0))
    return {"loss": loss, "carried_t": carried / 1000.0}


def _vehicle_tax(cells: Cells, value: Floats) -> Floats:
    column = "vehicle_tax_per_year"

    def row(name: str) -> float:
        return cells.number(column, _ECON, f"vehicle_tax.{name}")

    gvw = cells.vehicle_numbers("gvw_kg")
    # a weight that nobody told is no light one
    if np.isnan(gvw).any():
        most = cells.lookup(column, "vehicle_class", "vehicle_classes", "{}.gvw_max_kg")
        cells.assume("largest gvw_kg of the class", np.isnan(gvw))
        gvw = np.where(np.isnan(gvw), most, gvw)
    heavy = row("heavy_share") * gvw / row("heavy_per_kg")
    share = np.where(gvw >= row("heavy_from_kg"), heavy, row("light_share"))
    age = np.where(cells.new, 0.0, cells.age)
    free = _listed(cells, column, _ECON, "vehicle_tax.exempt") | (age > row("last_age"))
    return np.where(free, 0.0, share * value)


def _verification(cells: Cells) -> Floats:
    column = "charges_per_year"
    fee = cells.number(column, _SOCIETY, "verification.fee")
    times = cells.number(column, _SOCIETY, "verification.per_year")
    free = _listed(cells, column, _SOCIETY, "verification.exempt")
    if "programme_membership" in cells.vehicles.columns:
        member = cells.vehicles["programme_membership"].fillna("").astype(str) != ""
        free |= member.to_numpy()[cells.vehicle]
    return np.where(free, 0.0, fee * times)


def _listed(cells: Cells, column: str, table: str, row: str) -> Bools:
    """Return cells whose technology a row lists, vehicles that are electric already with it."""
    names = cells.defaults.text(table, row).replace(";", " ").split()
    cells.note(column, [f"{table}:{row}"])
    free = cells.is_technology(*names)
    if "electric" in names:
        free |= cells.codes["engine"] == cells.names["engine"].index("electric")
    return free
