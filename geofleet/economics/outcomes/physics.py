"""From grams and megajoules of a year to the columns of an option."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.economics.options import INDEX
from geofleet.economics.outcomes.driven import HARM
from geofleet.economics.outcomes.model import COLUMNS
from geofleet.economics.outcomes.offers import ELECTRIC, Offers
from geofleet.emissions.engines.gases import grid_row
from geofleet.energy.model import ElectricModels

__all__ = ["BURNS", "Rates", "columns_of", "lay_out", "rates"]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

_MJ_PER_KWH = 3.6
_WH_PER_KWH = 1000.0
BURNS = {
    "probability": 1.0, "cause": "none", "charger_kind": "", "charger_power_w": 0.0,
    "peak_power_w": 0.0, "plug_share": 0.0,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rates:
    """What turns energy into litres and grams.

    Parameters
    ----------
    diesel_mj_l
        Energy of a litre of diesel.
    urea_share
        Litres of AdBlue over litres of diesel of an engine that uses it.
    grid_g_kwh
        CO2e of electricity at the charger, losses of the grid in it.
    ac_efficiency
        Energy into a battery over energy from the grid at an AC charger.
    """

    diesel_mj_l: float
    urea_share: float
    grid_g_kwh: float
    ac_efficiency: float


def rates(country: str | None, year: int, defaults: Defaults) -> Rates:
    """Return rates of a country and year; the world's grid where the country's is not known.

    Raises
    ------
    InputError
        Default rows out of their limits.
    """
    rows = CheckedRows(defaults)

    def number(table: str, row: str, high: float) -> float:
        expected = f"a number above 0 and at most {high:g}"
        return rows.number(table, row, 0.0, high, expected, above=True)

    heat = number("fuel", "diesel.lower_heating_value_mj_kg", 1e3)
    density = number("fuel", "diesel.density_kg_l", 2.0)
    urea = rows.number("fuel", "adblue.share_of_diesel", 0.0, 0.5, "a share from 0 to 0.5")
    place, when = grid_row(rows, country, year)
    row = f"electricity.{place}"
    grams = rows.number("upstream", f"{row}.{when}.g_kwh", 0.0, 5000.0, "from 0 to 5000 g/kWh")
    lost = rows.number("upstream", f"{row}.losses_share", 0.0, 0.9, "a share from 0 to 0.9")
    efficiency = number("batteries", "charger_efficiency.ac", 1.0)
    rows.finish()
    return Rates(heat * density, urea, grams / (1.0 - lost), efficiency)


def columns_of(
    sums: Mapping[str, Floats], offers: Offers, kind: Integers, rate: Rates
) -> dict[str, Floats]:
    """Return grams, harm, litres and electricity from sums of ``GRAMS`` and ``HARM``.

    Electricity by speed functions is taken as drawn from the grid, as its greenhouse gases are.
    """
    burns = np.array([one.fuel != ELECTRIC for one in offers.kinds])[kind]
    fuel_mj = sums["energy_mj"] - _MJ_PER_KWH * sums["electricity_kwh"]
    fuel_l = np.where(burns, fuel_mj / rate.diesel_mj_l, 0.0 * fuel_mj)
    grid_wh = sums["electricity_kwh"] * _WH_PER_KWH
    found = {
        name: np.asarray(sums[name])
        for name in (
            "pm25_exhaust_g", "pm25_wear_g", "bc_exhaust_g", "nox_exhaust_g", "co2e_wtw_g", *HARM
        )
    }  # fmt: skip
    found["harm_person_ug_m3_h"] = (
        found["harm_exhaust_person_ug_m3_h"] + found["harm_wear_person_ug_m3_h"]
    )
    found["fuel_l"] = fuel_l
    found["adblue_l"] = fuel_l * offers.urea[kind] * rate.urea_share
    found["grid_wh"] = grid_wh
    found["energy_wh"] = grid_wh * rate.ac_efficiency
    return found


def lay_out(
    vehicles: pd.DataFrame,
    offers: Offers,
    models: ElectricModels,
    numbers: Mapping[str, npt.ArrayLike],
    *,
    electric: Mapping[str, npt.ArrayLike],
) -> pd.DataFrame:
    """Return the table of options.

    Parameters
    ----------
    numbers
        Columns of all rows of ``offers.table``.
    electric
        Columns of its electric rows alone; ``BURNS`` stands for them in the others.
    """
    table = offers.table
    chosen = (table["technology"] == ELECTRIC).to_numpy()
    found = {name: np.asarray(values) for name, values in numbers.items()}
    for name, values in electric.items():
        if name in found:
            column = found[name].copy()
        else:
            filler = BURNS[name]
            kind = object if isinstance(filler, str) else np.float64
            column = np.full(len(table), filler, dtype=kind)
        column[chosen] = values
        found[name] = column
    place = table["model"].to_numpy()
    found["technology"] = table["technology"].to_numpy(object)
    frame = models.frame
    texts = {"model_id": frame.index.to_numpy(object)}
    for name in ("make", "assembly_country"):
        known = frame[name] if name in frame.columns else pd.Series("", index=frame.index)
        texts[name] = known.fillna("").astype(str).to_numpy(object)
    for name, words in texts.items():
        found[name] = np.append(words, "")[place]
    capacity = np.full(len(vehicles), np.nan)
    if "payload_capacity_kg" in vehicles.columns:
        capacity = vehicles["payload_capacity_kg"].to_numpy(np.float64, na_value=np.nan)
    short = np.zeros(len(table))
    carried = frame["payload_capacity_kg"].to_numpy(np.float64)[place[chosen]]
    short[chosen] = np.maximum(capacity[table["vehicle"].to_numpy()[chosen]] - carried, 0.0)
    found["payload_short_kg"] = short
    option, names = pd.factorize(table["option"].to_numpy(object))
    index = pd.MultiIndex(
        levels=cast(Any, [vehicles.index.rename(None), pd.Index(names)]),
        codes=cast(Any, [table["vehicle"].to_numpy(), option]),
        names=list(INDEX),
    )
    return pd.DataFrame({name: found[name] for name in COLUMNS}, index=index)
