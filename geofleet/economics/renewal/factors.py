"""What a vehicle of each class, age and kind emits per kilometre, and how far it drives."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.economics.renewal.model import OLDEST, Kind
from geofleet.economics.renewal.scrappage import kind_of_class
from geofleet.errors import Problem

__all__ = ["QUANTITIES", "emission_factors", "kilometres"]

Floats = npt.NDArray[np.float64]

QUANTITIES = (
    "pm25_exhaust_g", "pm25_wear_g", "bc_exhaust_g", "nox_exhaust_g", "co2e_wtw_g",
    "energy_mj", "electricity_kwh",
)  # fmt: skip
"""Per kilometre and in all; ``energy_mj`` holds fuel and electricity."""

_PROGRAMME, _FLEET = "programme", "fleet_composition"
_EARLIEST = 1950


def emission_factors(
    vehicles: Floats,
    *,
    years: npt.NDArray[np.int64],
    country: str,
    classes: tuple[str, ...],
    kinds: tuple[Kind, ...],
    speed_kmh: float | None,
    defaults: Defaults,
) -> Floats:
    """Return quantities per kilometre, shape (years, classes, ages, kinds, quantities).

    By :func:`geofleet.policy.programme.grams_per_km`, for every class, age and kind that has
    vehicles in a year; zero for the others. Where engines do not wear with age (row
    ``deterioration:applied``), a model year is worked out once, and again only for vehicles that
    draw on the grid, whose factor goes by calendar year.
    """
    from geofleet.policy.programme import grams_per_km

    rows = CheckedRows(defaults)
    ageing = rows.number("deterioration", "applied", 0.0, 1.0, "0 or 1") > 0.0
    rows.finish()
    grid = np.array([kind.fuel == "electric" for kind in kinds])
    present = vehicles.sum(axis=2) > 0.0
    found = np.zeros((*present.shape, len(QUANTITIES)))
    at = np.argwhere(present)
    model_year = np.maximum(years[at[:, 0]] - at[:, 2], _EARLIEST)
    repeated = ageing | grid[at[:, 3]]
    calendar = np.where(repeated, years[at[:, 0]], 0)
    keys = np.column_stack([at[:, 1], at[:, 3], model_year, calendar])
    distinct, code = np.unique(keys, axis=0, return_inverse=True)
    values = np.zeros((len(distinct), len(QUANTITIES)))
    for year in np.unique(distinct[:, 3]):
        mine = np.flatnonzero(distinct[:, 3] == year)
        table = pd.DataFrame(
            [(classes[c], *kinds[k], int(m)) for c, k, m, _ in distinct[mine]],
            columns=["vehicle_class", *Kind._fields, "model_year"],
        )
        values[mine] = grams_per_km(
            table, country=country, year=int(year) if year else int(years[-1]),
            speed_kmh=speed_kmh, quantities=QUANTITIES, defaults=defaults,
        ).to_numpy(np.float64)  # fmt: skip
    found[tuple(at.T)] = values[code.ravel()]
    return found


def kilometres(
    vehicles: Floats,
    *,
    classes: tuple[str, ...],
    annual_km: Mapping[str, float] | None,
    defaults: Defaults,
) -> Floats:
    """Return the kilometres of a year of one vehicle, shape (years, classes, ages).

    The mean of a class is given (rows ``programme:annual_km.*``) and stays what it is, whatever
    becomes of the fleet; around it distance falls with age by row
    ``fleet_composition:mx.km_decline_per_year``.
    """
    rows = CheckedRows(defaults)
    decline = rows.number(_FLEET, "mx.km_decline_per_year", 0.0, 0.5, "a share from 0 to 0.5")
    mean = np.array(
        [
            annual_km[name]
            if annual_km is not None and name in annual_km
            else rows.number(
                _PROGRAMME, f"annual_km.{kind_of_class(name, defaults)}", 0.0, np.inf,
                "km of a year",
            )
            for name in classes
        ]
    )  # fmt: skip
    wrong = ~((mean >= 0.0) & (mean < np.inf))
    rows.problems += [
        Problem("renewal", "annual_km", 0, f"{name}: {km:g}", "kilometres of at least 0")
        for name, km in zip(np.array(classes)[wrong], mean[wrong], strict=True)
    ]
    rows.finish()
    activity = (1.0 - decline) ** np.arange(OLDEST + 1)
    by_age = vehicles.sum(axis=(2, 4))
    driven = by_age @ activity
    number = by_age.sum(axis=2)
    scale = mean[None, :] * np.divide(number, driven, out=np.zeros_like(driven), where=driven > 0.0)
    found: Floats = scale[:, :, None] * activity[None, None, :]
    return found
