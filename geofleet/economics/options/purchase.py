"""What is paid and got at the start: price, duty, tax, value, trade-in, battery."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.economics.manufacturing.duties import duty, duty_rate
from geofleet.economics.options.cells import RETROFIT, Cells
from geofleet.economics.options.model import KEEP
from geofleet.energy.catalogue import electric_models

__all__ = ["Purchase", "model_table", "purchase"]

_PRICES, _ECON = "vehicle_prices", "economics"
_WH_PER_KWH = 1000.0
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Purchase:
    """Money of year 0 of each cell, before finance."""

    price: Floats
    duty: Floats
    value: Floats
    value_decline: Floats
    trade_in: Floats
    battery_kwh: Floats


def model_table(cells: Cells) -> pd.DataFrame:
    """Return the electric models of the cells, indexed by id; a country of the physics' own wins.

    Raises
    ------
    InputError
        Models that the catalogue does not have.
    """
    names = cells.names["model_id"]
    code = cells.codes["model_id"]
    wanted = [name for number, name in enumerate(names) if name and np.any(code == number)]
    if not wanted:
        return pd.DataFrame()
    frame = electric_models(wanted, defaults=cells.defaults).frame.copy()
    if "assembly_country" in cells.physical.columns:
        told = cells.physical["assembly_country"].astype(object).to_numpy()
        for name in wanted:
            own = pd.unique(told[code == names.index(name)])
            words = [str(one) for one in own if isinstance(one, str) and one]
            if len(words) == 1:
                frame.loc[name, "assembly_country"] = words[0]
    return frame


def purchase(cells: Cells, models: pd.DataFrame) -> Purchase:
    """Return what each option costs at the start, before tax and finance."""
    new, electric = cells.new, cells.is_technology("electric")
    fresh = _price_of_class(cells)
    price = np.where(new, fresh, 0.0)
    within = cells.by("vehicle_class", lambda name: _within(cells, name))
    share = cells.number(["price", "duty"], _PRICES, "customs_value_share", 1.0)
    rate = np.where(electric, within, 0.0)
    price = np.where(electric, price / (1.0 + within * share), price)
    battery = cells.by("vehicle_class", lambda name: _class_battery(cells, name))
    if len(models):
        price, rate, battery = _of_models(cells, models, price, rate, battery, share)
    retrofit = cells.number("price", _PRICES, f"{RETROFIT}.price", match={"technology": RETROFIT})
    price = np.where(cells.is_technology(RETROFIT), retrofit, price)
    other = _other_duty(cells)
    due = np.where(electric, rate * share * price, np.where(new, other * share * price, 0.0))
    decline = cells.lookup("value_decline", "engine", _ECON, "value_decline.{}", 1.0)
    own = _fresh_of_own(cells) * (1.0 - _own_decline(cells)) ** cells.age
    dealer = cells.number("trade_in", _ECON, "trade_in_share", 1.0)
    for column in ("value", "trade_in"):
        cells.note(column, [f"{_ECON}:first_year"])
    return Purchase(
        price=price,
        duty=due,
        value=np.where(new, price + due, own),
        value_decline=decline,
        trade_in=np.where(new, own * dealer, 0.0),
        battery_kwh=np.where(cells.codes["engine"] == cells.names["engine"].index("electric"),
                             battery, 0.0),
    )  # fmt: skip


def _street(
    cells: Cells, name: str, engine: str, columns: list[str], match: dict[str, str]
) -> float:
    """Return the street price of a new vehicle of a class."""
    diesel = _referred(cells, f"{name}.diesel.price", columns, match)
    if engine == "diesel":
        premium = cells.number(columns, _PRICES, "premium.euro_6", match=match)
        return diesel * (1.0 + premium)
    if engine != "electric":
        premium = cells.number(columns, _PRICES, f"premium.{engine}", match=match)
        return diesel * (1.0 + premium)
    price = cells.optional(columns, _PRICES, f"{name}.electric.price", match=match)
    if not math.isnan(price):
        return price
    return diesel * cells.optional(columns, _PRICES, f"{name}.electric.ratio", match=match)


def _referred(cells: Cells, row: str, columns: list[str], match: dict[str, str]) -> float:
    """Return a price that stands in a row, or in the row that this one names."""
    if row not in cells.defaults.values(_PRICES):
        return math.nan
    text = cells.defaults.text(_PRICES, row)
    cells.note(columns, [f"{_PRICES}:{row}"], **match)
    if text.replace(".", "", 1).isdigit():
        return cells.number(columns, _PRICES, row, match=match)
    table, colon, other = text.partition(":")
    return cells.number(columns, *((table, other) if colon else (_PRICES, text)), match=match)


def _price_of_class(cells: Cells) -> Floats:
    columns = ["price", "value"]

    def make(name: str, technology: str) -> float:
        if technology in (KEEP, RETROFIT):
            return 0.0
        match = {"vehicle_class": name, "technology": technology}
        return _street(cells, name, technology.replace("euro_6", "diesel"), columns, match)

    prices = cells.by_pair("vehicle_class", "technology", make)
    for number, name in enumerate(cells.names["vehicle_class"]):
        lost = (cells.codes["vehicle_class"] == number) & np.isnan(prices) & cells.new
        cells.miss(f"no price of class {name}", lost)
    return prices


def _fresh_of_own(cells: Cells) -> Floats:
    """Return the street price of a new vehicle like the one that there is today."""
    fuel = cells.vehicles["fuel"].astype(str).to_numpy(object)
    classes = cells.vehicles["vehicle_class"].astype(str).to_numpy(object)
    pairs = pd.MultiIndex.from_arrays([classes, fuel])
    code, labels = pd.factorize(pairs)
    columns = ["trade_in", "value"]
    found = [
        _street(cells, name, engine, columns, {"vehicle_class": name, "own_fuel": engine})
        for name, engine in labels
    ]
    return np.array(found, np.float64)[code][cells.vehicle]


def _own_decline(cells: Cells) -> Floats:
    """Return the yearly loss of value of the vehicle that there is today."""
    code, labels = pd.factorize(cells.vehicles["fuel"].astype(str))
    columns = ["trade_in", "value"]
    found = [
        cells.number(columns, _ECON, f"value_decline.{name}", 1.0, match={"own_fuel": name})
        for name in labels
    ]
    return np.array(found, np.float64)[code][cells.vehicle]


def _within(cells: Cells, name: str) -> float:
    match = {"vehicle_class": name, "technology": "electric"}
    return cells.optional(["price", "duty"], _PRICES, f"{name}.electric.duty_within", match=match)


def _class_battery(cells: Cells, name: str) -> float:
    match = {"vehicle_class": name, "engine": "electric"}
    row = f"{name}.electric.battery"
    return cells.optional(["price", "battery_price"], _PRICES, row, match=match)


def _other_duty(cells: Cells) -> float:
    rate, _ = duty_rate(
        "", scenario=cells.terms.duty_scenario, date=cells.terms.import_date, gvw_kg=math.nan,
        technology="other", defaults=cells.defaults,
    )  # fmt: skip
    if cells.terms.duty_scenario != "free":
        for name in ("euro_6", "cng", "diesel_hybrid"):
            cells.note("duty", ["duties:other.rate"], technology=name)
    return rate


def _of_models(
    cells: Cells, models: pd.DataFrame, price: Floats, rate: Floats, battery: Floats,
    share: float,
) -> tuple[Floats, Floats, Floats]:  # fmt: skip
    """Return price before duty, rate of duty and battery where a model is named."""
    code = cells.codes["model_id"]
    named = (code >= 0) & cells.is_technology("electric")
    terms = cells.terms
    rates = duty(models, terms.duty_scenario, terms.import_date, defaults=cells.defaults)
    per_kwh = cells.number(
        ["price", "battery_price"], "mends", "battery_price", match={"engine": "electric"}
    )
    gross = models["battery_gross_wh"].to_numpy(np.float64) / _WH_PER_KWH
    published, known = _published(cells, models, share)
    order = {name: number for number, name in enumerate(models.index)}
    place = np.array([order.get(name, 0) for name in cells.names["model_id"]], np.int64)[code]
    of_size = price + (gross[place] - battery) * per_kwh
    own = np.where(known[place], published[place], np.maximum(of_size, 0.0))
    cells.assume("price of the class and the battery, no price of the model is known",
                 named & ~known[place])  # fmt: skip
    for name, found in rates.iterrows():
        mine = named & (place == order[name])
        if np.isnan(found["rate"]):
            cells.miss(f"duty of {name}: {found['why']}", mine)
        cells.note("duty", [f"electric_models:{name}.assembly_country", *_duty_rows(cells)],
                   model_id=str(name))  # fmt: skip
    due = rates["rate"].to_numpy(np.float64)
    return (
        np.where(named, own, price),
        np.where(named, due[place], rate),
        np.where(named, gross[place], battery),
    )


def _duty_rows(cells: Cells) -> list[str]:
    used = ("home", "free_trade", "electric.rate", "electric.exempt_from", "electric.exempt_until")
    extra = ("light_2026.rate", "light_2026.from", "light_2026.up_to_kg")
    names = {"today": used, "light_2026": used + extra, "free": ()}[cells.terms.duty_scenario]
    return [f"duties:{name}" for name in names]


def _published(
    cells: Cells, models: pd.DataFrame, share: float
) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Return published prices before duty, in the currency of account, and which there are."""
    known = cells.defaults.values("electric_models")
    prices = np.full(len(models), np.nan)
    for number, (name, model) in enumerate(models.iterrows()):
        row = f"{name}.price"
        if row not in known or cells.terms.currency != "MXN":
            continue
        prices[number] = float(model["price_mxn"])
        mine = cells.is_technology("electric") & (
            cells.codes["model_id"] == cells.names["model_id"].index(str(name))
        )
        cells.note("price", [f"electric_models:{row}"], model_id=str(name))
        if np.isnan(prices[number]):
            cells.assume(f"published price of {name} not used: {model['price_note']}", mine)
            continue
        if model["price_currency"] == "MXN":
            prices[number] /= 1.0 + share * _duty_in(cells, model)
        else:
            cells.note("price", _rates(cells, model), model_id=str(name))
    return prices, ~np.isnan(prices)


def _duty_in(cells: Cells, model: pd.Series) -> float:
    """Return the duty that a price asked in the country held in its year; 0 where unknown."""
    year = model["price_year"]
    if np.isnan(year):
        return 0.0
    one = pd.DataFrame([model])
    rate = duty(one, "today", dt.date(int(year), 7, 1), defaults=cells.defaults)["rate"].iloc[0]
    return 0.0 if np.isnan(rate) else float(rate)


def _rates(cells: Cells, model: pd.Series) -> list[str]:
    year = int(model["price_year"])
    known = cells.defaults.values("exchange_rates")
    names = (f"usd_per_{str(model['price_currency']).lower()}.{year}", f"usd_per_mxn.{year}")
    return [f"exchange_rates:{name}" for name in names if name in known]
