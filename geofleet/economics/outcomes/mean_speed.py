"""Outcomes without routes: grams of one mean speed, electricity by class, a day's range."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import ndtr

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.economics.outcomes.charging import charger_kinds, hours_to_refill
from geofleet.economics.outcomes.driven import GRAMS, HARM
from geofleet.economics.outcomes.electric import DEPOT_CHARGING
from geofleet.economics.outcomes.offers import Offers
from geofleet.economics.outcomes.physics import Rates
from geofleet.emissions.engines.mixtures import VehicleKind
from geofleet.energy.model import ElectricModels
from geofleet.policy.programme import grams_per_km

__all__ = ["electric_days", "grams_of_kinds"]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


def grams_of_kinds(
    offers: Offers,
    vehicles: pd.DataFrame,
    *,
    country: str | None,
    year: int,
    speed_kmh: float | None,
    rows: npt.NDArray[np.bool_],
    defaults: Defaults,
) -> dict[str, Floats]:
    """Return ``GRAMS`` and ``HARM`` of a year of some options at one mean speed, harm unknown.

    Parameters
    ----------
    vehicles
        With ``yearly_km``.
    rows
        Which rows of ``offers.table``.
    """
    table = offers.table
    kind = table["kind"].to_numpy()[rows]
    km = vehicles["yearly_km"].to_numpy(np.float64)[table["vehicle"].to_numpy()[rows]]
    met, place = np.unique(kind, return_inverse=True)
    frame = _frame([offers.kinds[one] for one in met])
    factors = grams_per_km(
        frame, country=country, year=year, speed_kmh=speed_kmh, quantities=GRAMS, defaults=defaults
    ).to_numpy(np.float64)
    found = {name: factors[place, number] * km for number, name in enumerate(GRAMS)}
    return found | {name: np.full(len(km), np.nan) for name in HARM}


def _frame(kinds: list[VehicleKind]) -> pd.DataFrame:
    """Return kinds as a table of vehicles."""
    names = [one.name for one in fields(VehicleKind)]
    frame = pd.DataFrame(
        {name: pd.Series([getattr(kind, name) for kind in kinds], dtype=object) for name in names}
    )
    frame["aftertreatment"] = [";".join(states) for states in frame["aftertreatment"]]
    frame["model_year"] = frame["model_year"].mask(frame["model_year"] == 0)
    return frame


def electric_days(
    models: ElectricModels,
    model: Integers,
    *,
    energy_wh: dict[str, Floats],
    annual_km: Floats,
    daily_km: Floats,
    overloaded: npt.NDArray[np.bool_],
    range_share: float | None,
    rate: Rates,
    defaults: Defaults,
) -> dict[str, npt.NDArray[Any]]:
    """Return the electric columns of options without routes.

    A day's range is the battery between the charge at the start and the reserve over the
    electricity of the class per kilometre; with ``range_share`` it is that share of the range
    that the maker claims, for the same part of the battery. The probability that it is enough is
    Φ(ln(range / daily_km) / σ) with the spread of the energy model (row ``robust:model_spread``),
    and 0 where the range is short as planned.

    Parameters
    ----------
    model
        Of each row.
    energy_wh
        ``energy_wh`` and ``grid_wh`` of a year of each row, by class.
    daily_km
        Of a working day; NaN where unknown: then the probability is unknown too, and the charger
        is that of ``annual_km`` over row ``mends:working_days``.
    overloaded
        Whether a load is known that the model does not carry.
    """
    rows = CheckedRows(defaults)
    parked_h = rows.number("depot", "hours_parked", 0.0, 24.0, "hours of a day", above=True)
    days = rows.number("mends", "working_days", 0.0, 366.0, "days of a year", above=True)
    spread = rows.number("robust", "model_spread", 0.0, 2.0, "a number above 0", above=True)
    rows.finish()
    chargers = charger_kinds(models, defaults)
    window = max(chargers.start_soc - chargers.reserve_share, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        wh_km = energy_wh["energy_wh"] / annual_km
        reach = chargers.full_wh[model] * chargers.health * window / wh_km
        if range_share is not None:
            claimed = models.frame["range_claimed_km"].to_numpy(np.float64)[model]
            reach = claimed * range_share * chargers.health * window
        chance = ndtr(np.log(reach / daily_km) / spread)
    unknown = np.isnan(reach) | np.isnan(daily_km)
    short = ~unknown & (reach < daily_km)
    failed = short | overloaded
    chance = np.where(failed, 0.0, np.where(unknown, np.nan, chance))
    usual_km = np.where(np.isnan(daily_km), annual_km / days, daily_km)
    hours = hours_to_refill(chargers, model, usual_km * wh_km)
    share = hours / parked_h
    fits = share <= 1.0
    kind = np.where(fits.any(axis=1), fits.argmax(axis=1), -1)
    known = ~np.isnan(share).all(axis=1)
    stuck = known & (kind < 0) & ~unknown & ~failed
    words = ["payload", "energy", "unknown"]
    cause = np.select([overloaded, short, unknown], words, "none").astype(object)
    cause[stuck] = DEPOT_CHARGING
    served, place = (kind >= 0) & ~failed, np.maximum(kind, 0)
    # class rows are drawn from the grid: losses of any charger are in them
    grid_wh = energy_wh["grid_wh"]
    return {
        "energy_wh": energy_wh["energy_wh"],
        "grid_wh": grid_wh,
        "probability": np.where(stuck, 0.0, chance),
        "cause": cause,
        "charger_kind": np.where(served, np.array(chargers.names, object)[place], ""),
        "charger_power_w": np.where(served, chargers.power_w[place], np.nan),
        "peak_power_w": np.where(served, chargers.peak_w[model, place], np.nan),
        "plug_share": np.where(served, share[np.arange(len(model)), place], np.nan),
        "co2e_wtw_g": grid_wh / 1000.0 * rate.grid_g_kwh,
    }
