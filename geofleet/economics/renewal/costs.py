"""Money of a renewal: prices, energy and upkeep by class and technology, at prices of one year."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.economics.renewal.model import TECHNOLOGIES, Kind
from geofleet.fleet.classes import operator_sizes

__all__ = ["RenewalCosts", "new_price", "renewal_costs"]

Floats = npt.NDArray[np.float64]

_TABLE, _PRICES, _ECONOMICS = "renewal", "vehicle_prices", "economics"
_PRICING, _SOCIETY = "pricing", "society"
_AMOUNT = "an amount of at least 0"


@dataclass(frozen=True)
class RenewalCosts:
    """Prices of one year, without inflation; NaN where nobody knows one.

    Parameters
    ----------
    price
        Of a new vehicle, (classes, ``TECHNOLOGIES``).
    filter_price
        Of a filter with fitting.
    filter_upkeep
        Cleaning of a fitted filter, money/year.
    upkeep_per_km
        Maintenance and tyres, (classes, ``TECHNOLOGIES``).
    value_decline
        Share of its price that a vehicle loses each year (``TECHNOLOGIES``,).
    diesel_per_l, gas_per_l, electricity_per_kwh
        Money at the pump for a litre of diesel, for gas of the energy of one; for a kilowatt hour
        with all charges, before value added tax.
    fuel_paid
        What operators pay of the price at the pump after their credit of value added tax, by
        operator size.
    excise_share
        Part of the price of diesel and of gas that is excise.
    vat_share
        Part of both that is value added tax which operators do not get back, by operator size.
    mj_per_l
        Energy of a litre of diesel.
    """

    price: Floats
    filter_price: float
    filter_upkeep: float
    upkeep_per_km: Floats
    value_decline: Floats
    diesel_per_l: float
    gas_per_l: float
    electricity_per_kwh: float
    fuel_paid: Floats
    excise_share: tuple[float, float]
    vat_share: Floats
    mj_per_l: float
    currency: str
    price_year: int
    provenance: tuple[str, ...] = ()


def new_price(vehicle_class: str, technology: str, defaults: Defaults) -> float:
    """Return the street price of a new vehicle, duty included; NaN where no row says it."""
    rows = CheckedRows(defaults)
    known = defaults.values(_PRICES)

    def amount(row: str) -> float:
        if row not in known:
            return float("nan")
        text = defaults.text(_PRICES, row)
        if text.replace(".", "", 1).isdigit():
            return rows.number(_PRICES, row, 0.0, np.inf, _AMOUNT)
        # a row may name the row that holds the price
        table, colon, other = text.partition(":")
        place = (table, other) if colon else (_PRICES, text)
        return rows.number(*place, 0.0, np.inf, _AMOUNT)

    diesel = amount(f"{vehicle_class}.diesel.price")
    found = diesel
    if technology == "electric":
        found = amount(f"{vehicle_class}.electric.price")
        if np.isnan(found):
            found = diesel * amount(f"{vehicle_class}.electric.ratio")
    elif technology != "diesel":
        row = f"premium.{technology}"
        found = diesel * (1.0 + rows.number(_PRICES, row, 0.0, np.inf, "a share of at least 0"))
    rows.finish()
    return found


def renewal_costs(
    classes: tuple[str, ...], *, electricity_per_kwh: float | None = None,
    defaults: Defaults | None = None,
) -> RenewalCosts:  # fmt: skip
    """Return prices of classes from the tables ``vehicle_prices``, ``economics`` and ``pricing``.

    Parameters
    ----------
    electricity_per_kwh
        With all charges; what a depot of row ``renewal:depot_kwh_per_day`` pays by tariff
        (:func:`geofleet.economics.options.electricity.electricity_price`) when not given.
    """
    from geofleet.economics.options.electricity import electricity_price

    scope = (defaults or Defaults()).scope()
    rows = CheckedRows(scope)

    def amount(table: str, row: str) -> float:
        return rows.number(table, row, 0.0, np.inf, _AMOUNT)

    def share(table: str, row: str) -> float:
        return rows.number(table, row, 0.0, 1.0, "a share from 0 to 1")

    engine = {name: "diesel" if name == "euro_6" else name for name in TECHNOLOGIES}
    factor = np.array([amount(_ECONOMICS, f"upkeep_factor.{engine[t]}") for t in TECHNOLOGIES])
    base = np.array([amount(_PRICING, f"{name}.per_km") for name in classes])
    decline = np.array([share(_ECONOMICS, f"value_decline.{engine[t]}") for t in TECHNOLOGIES])
    electricity = electricity_per_kwh
    if electricity is None:
        per_day = rows.number(_TABLE, "depot_kwh_per_day", 0.0, np.inf, "energy", above=True)
        rows.finish()
        electricity = electricity_price(per_day, defaults=scope).per_kwh
    fuel = {
        "filter_price": amount(_PRICES, "dpf_retrofit.price"),
        "filter_upkeep": amount(_ECONOMICS, "filter.cleaning_per_year"),
        "diesel_per_l": amount(_PRICING, "diesel_per_l"),
        "gas_per_l": amount(_PRICING, "cng_per_diesel_l"),
    }
    excise = share(_SOCIETY, "diesel.excise_share"), share(_SOCIETY, "cng.excise_share")
    vat = share("tariffs", "mx.vat")
    credited = np.array([share(_SOCIETY, f"vat_credited.{size}") for size in operator_sizes()])
    inside = share(_ECONOMICS, "fuel_vat_inside") > 0.0
    paid = (1.0 + vat * (1.0 - credited)) / (1.0 + vat if inside else 1.0)
    energy = rows.number("fuel", "diesel.lower_heating_value_mj_kg", 0.0, 100.0, "MJ/kg")
    density = rows.number("fuel", "diesel.density_kg_l", 0.0, 2.0, "kg/L")
    rows.finish()
    prices = [[new_price(name, t, scope) for t in TECHNOLOGIES] for name in classes]
    return RenewalCosts(
        price=np.array(prices, np.float64).reshape(len(classes), len(TECHNOLOGIES)),
        upkeep_per_km=base[:, None] * factor[None, :],
        value_decline=decline,
        electricity_per_kwh=electricity,
        fuel_paid=paid,
        excise_share=excise,
        vat_share=vat * (1.0 - credited) / (1.0 + vat if inside else 1.0),
        mj_per_l=energy * density,
        currency=scope.text(_ECONOMICS, "currency"),
        price_year=int(scope.number(_ECONOMICS, "price_year")),
        provenance=scope.used,
        **fuel,
    )


def technology_of(kind: Kind) -> str:
    """Return the technology, one of ``TECHNOLOGIES``, whose price and upkeep a kind has."""
    if kind.fuel == "diesel":
        return "euro_6" if kind.standard == "euro_6" else "diesel"
    return kind.fuel
