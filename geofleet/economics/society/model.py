"""What society counts: rates, prices and what each option avoids against keeping the vehicle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.economics.finance.money import rate_between
from geofleet.economics.options.model import INDEX, KEEP, PHYSICAL
from geofleet.errors import InputError, Problem
from geofleet.exposure.harm import values_of_life
from geofleet.fleet.classes import operator_sizes

if TYPE_CHECKING:
    from geofleet.economics.options.model import Options

__all__ = ["AVOIDED", "SocialTerms", "against_keep", "annuity", "avoided", "emitted",
           "social_terms"]  # fmt: skip

Floats = npt.NDArray[np.float64]

AVOIDED = {
    "pm25": "kg of PM2.5 of a year, exhaust and wear",
    "bc": "kg of black carbon of a year, which is part of the PM2.5",
    "nox": "kg of NOx of a year",
    "co2e": "t of CO2 equivalents of a year, well to wheel, black carbon not among them",
    "harm": "persons·µg/m3·h of a year; NaN where nobody knows where the vehicle drives",
}
"""What an option avoids, and its unit."""

FUELS = ("diesel", "cng", "electricity")
_TABLE, _PRICES = "society", "pricing"
_ENDS = ("low", "central", "high")
_GRAMS = {
    "pm25": (("pm25_exhaust_g", "pm25_wear_g"), 1e3),
    "bc": (("bc_exhaust_g",), 1e3),
    "nox": (("nox_exhaust_g",), 1e3),
    "co2e": (("co2e_wtw_g",), 1e6),
    "harm": (("harm_person_ug_m3_h",), 1.0),
}


@dataclass(frozen=True, slots=True)
class SocialTerms:
    """Rates and prices of society, in money of account.

    Parameters
    ----------
    currency
        Of account.
    per_usd, per_mxn
        Money of account for a US dollar and for a Mexican peso.
    discount_rate
        Real.
    carbon_price
        Low, central and high, per t of CO2e.
    value_of_life
        Low, central and high; no price year is turned into another's.
    black_carbon_kg
        kg of CO2e that a kg of black carbon counts as; 0 where it does not.
    excise
        By fuel, share of the price at the pump.
    vat
        Rate of value added tax, on fuel and electricity.
    vat_inside
        Whether prices of fuel that options are made of hold value added tax.
    vat_credited
        Part of the value added tax on fuel that operators take off their own, by size.
    access_counts
        Part of the operator's value of access that is a gain to society.
    """

    currency: str
    per_usd: float
    per_mxn: float
    discount_rate: float
    carbon_price: tuple[float, float, float]
    value_of_life: tuple[float, float, float]
    black_carbon_kg: float
    excise: dict[str, float]
    vat: float
    vat_inside: bool
    vat_credited: dict[str, float]
    access_counts: float
    provenance: tuple[str, ...] = ()


def social_terms(
    currency: str = "MXN", *, country: str = "MX", defaults: Defaults | None = None
) -> SocialTerms:
    """Read the terms of society from the tables ``society``, ``money`` and ``pricing``.

    Parameters
    ----------
    currency
        Of account. Between that of row ``pricing:currency`` and USD the row ``pricing:usd``
        holds, between any others the newest rates of the table ``exchange_rates``.
    country
        Whose values of a statistical life hold.

    Raises
    ------
    InputError
        Rows out of their limits, a currency without a rate, a country without values of life.
    """
    used = (defaults or Defaults()).scope()
    rows = CheckedRows(used)
    usd = rows.number(_PRICES, "usd", 0.0, np.inf, "a rate above 0", above=True)
    home = used.text(_PRICES, "currency")
    share = "a share from 0 to 1"
    carbon = [rows.number(_TABLE, f"carbon_price.{end}", 0.0, np.inf, "a price") for end in _ENDS]
    how = rows.choice(_TABLE, "black_carbon", ("none", "gwp100", "gwp20"))
    black = 0.0
    if how in ("gwp100", "gwp20"):
        black = rows.number("upstream", f"{how}.bc", 0.0, np.inf, "kg of CO2e per kg")
    excise = {fuel: rows.number(_TABLE, f"{fuel}.excise_share", 0.0, 1.0, share) for fuel in FUELS}
    vat = rows.number("tariffs", "mx.vat", 0.0, 1.0, "a rate from 0 to 1")
    inside = rows.number("economics", "fuel_vat_inside", 0.0, 1.0, "0 or 1")
    credited = {
        size: rows.number(_TABLE, f"vat_credited.{size}", 0.0, 1.0, share)
        for size in operator_sizes()
    }
    rate = rows.number(_TABLE, "discount_rate", 0.0, 1.0, "a rate from 0 to 1")
    counts = rows.number(_TABLE, "access_counts", 0.0, 1.0, share)
    problems = list(rows.problems)
    problems += [
        Problem("default table society", f"{fuel}.excise_share", 0, f"{part:g}",
                "excise and value added tax of less than the price together")
        for fuel, part in excise.items() if part + vat / (1.0 + vat) >= 1.0
    ]  # fmt: skip
    values = values_of_life(country, defaults=used)
    if len(values) != len(_ENDS):
        expected = "low, central and high values of a statistical life"
        problems.append(Problem("default table money", country, expected=expected))
    if problems:
        raise InputError(dict.fromkeys(problems))
    direct = {(home, "USD"): 1.0 / usd, ("USD", home): usd}
    per = {
        name: direct.get((name, currency)) or rate_between(name, currency, used)
        for name in {"USD", "MXN", *(one.currency for one in values)} - {currency}
    } | {currency: 1.0}
    lives = tuple(one.amount * per[one.currency] for one in values)
    if list(lives) != sorted(lives) or carbon != sorted(carbon):
        expected = "low, central and high values in that order, of a life and of carbon"
        raise InputError([Problem("default table society", "carbon_price", expected=expected)])
    return SocialTerms(
        currency, per["USD"], per["MXN"], rate,
        (carbon[0] * per["USD"], carbon[1] * per["USD"], carbon[2] * per["USD"]),
        (lives[0], lives[1], lives[2]), black, excise, vat, inside > 0.0, credited, counts,
        used.used,
    )  # fmt: skip


def of_account(row: str, terms: SocialTerms, defaults: Defaults) -> float:
    """Return money of account for a unit of a row's money, which is pesos of Mexico.

    A row of the user, ``table:row``, is in money of account already.
    """
    told = defaults.describe([row])["status"].iloc[0] == "user"
    return 1.0 if told else terms.per_mxn


def annuity(rate: float, years: Floats | float) -> Floats:
    """Return the present value of 1 at the end of each of so many years.

    (1 - (1 + rate)^-years) / rate; the number of years at a rate of zero.
    """
    number = np.asarray(years, np.float64)
    if rate == 0.0:
        return number
    return np.asarray(-np.expm1(-number * np.log1p(rate)) / rate)


def keep_places(index: pd.MultiIndex) -> npt.NDArray[np.int64]:
    """Return, for each row, the position of its vehicle's row of keeping.

    Raises
    ------
    InputError
        An index that is not vehicle by option, vehicles without that row or with rows twice.
    """
    if tuple(index.names) != INDEX:
        expected = "an index of " + " and ".join(INDEX)
        raise InputError([Problem("options", "index", 0, str(tuple(index.names)), expected)])
    code = np.asarray(index.codes[0], np.int64)
    option = index.get_level_values("option")
    kept = np.flatnonzero(np.asarray(option == KEEP))
    place = np.full(len(index.levels[0]), -1, np.int64)
    place[code[kept]] = kept
    problems = []
    if lost := sorted({str(name) for name in index.levels[0][np.unique(code[place[code] < 0])]}):
        expected = f"a row {KEEP} of vehicles {', '.join(lost[:5])}"
        problems.append(Problem("options", "option", expected=expected))
    if index.has_duplicates:
        twice = index[index.duplicated()][0]
        problems.append(Problem("options", "index", 0, str(twice), "each vehicle and option once"))
    if problems:
        raise InputError(problems)
    return place[code]


def against_keep(table: pd.DataFrame) -> pd.DataFrame:
    """Return each row less its vehicle's row of keeping; rows of keeping are zero or NaN."""
    index = table.index
    if not isinstance(index, pd.MultiIndex):
        expected = "an index of " + " and ".join(INDEX)
        raise InputError([Problem("options", "index", 0, str(index.name), expected)])
    values = table.to_numpy(np.float64)
    return pd.DataFrame(values - values[keep_places(index)], index=index, columns=table.columns)


def avoided(
    physical: pd.DataFrame,
    *,
    rebound_km: pd.Series | None = None,
) -> pd.DataFrame:
    """Return what each option avoids in a year against keeping the vehicle: columns of ``AVOIDED``.

    Net, not gross: what is unknown is NaN, what grows is below zero.

    Parameters
    ----------
    physical
        As ``PHYSICAL``, indexed by vehicle and option.
    rebound_km
        km of a year that an option drives beyond those of ``annual_km``, because it may drive on
        days that were barred. They emit like its other km; missing rows drive none more.

    Raises
    ------
    InputError
        Columns or rows of keeping that are missing.
    """
    # zero less itself is zero, not minus zero
    return 0.0 - against_keep(emitted(physical, rebound_km=rebound_km))


def emitted(physical: pd.DataFrame, *, rebound_km: pd.Series | None = None) -> pd.DataFrame:
    """Return what each option emits in a year: columns of ``AVOIDED``; arguments as of it."""
    check_physical(physical)
    index = physical.index
    scale = np.ones(len(index))
    if rebound_km is not None:
        extra = rebound_km.reindex(index).fillna(0.0).to_numpy(np.float64)
        km = physical["annual_km"].to_numpy(np.float64)
        with np.errstate(divide="ignore", invalid="ignore"):
            scale = np.where(extra == 0.0, 1.0, 1.0 + extra / np.where(km > 0.0, km, np.nan))
    return pd.DataFrame(
        {
            name: sum(physical[column].to_numpy(np.float64) for column in columns) * scale / unit
            for name, (columns, unit) in _GRAMS.items()
        },
        index=index,
    )


def check_physical(physical: pd.DataFrame) -> None:
    """Refuse a table that lacks columns that society counts."""
    needed = ["technology", "annual_km", "fuel_l", "energy_wh"]
    needed += [column for columns, _ in _GRAMS.values() for column in columns]
    problems = [
        Problem("physical", name, expected=f"a column {name}: {PHYSICAL[name]}")
        for name in needed if name not in physical.columns
    ]  # fmt: skip
    if problems:
        raise InputError(problems)


def check_options(options: Options) -> None:
    """Refuse options whose tables are of other rows.

    Raises
    ------
    InputError
        Cases and physics with another index, vehicles that the table of vehicles lacks.
    """
    problems = []
    if not options.cases.index.equals(options.physical.index):
        expected = "cases and physics of the same vehicles and options, in the same order"
        problems.append(Problem("options", "index", expected=expected))
    else:
        index = options.cases.index
        if isinstance(index, pd.MultiIndex):
            lost = pd.Index(index.levels[0][np.unique(index.codes[0])]).difference(
                options.vehicles.index
            )
            if len(lost):
                expected = "a row for " + ", ".join(map(str, lost[:5]))
                problems.append(Problem("vehicles", "vehicle_id", expected=expected))
    if problems:
        raise InputError(problems)
    check_physical(options.physical)
