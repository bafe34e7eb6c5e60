"""What each truck of a cascade emits and costs: as it is, with a filter, and its successor."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.economics.cascade.model import QUANTITIES
from geofleet.economics.renewal.costs import new_price, technology_of
from geofleet.economics.renewal.kinds import (
    FAILED,
    FITTED,
    category_of,
    filter_targets,
    new_vehicle,
)
from geofleet.economics.renewal.model import Kind
from geofleet.fleet.classes import vehicle_class

__all__ = ["Trucks", "describe_trucks"]

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

_AMOUNT = "an amount of at least 0"


@dataclass(frozen=True)
class Trucks:
    """Trucks of one side, arrays in the order of its table.

    Parameters
    ----------
    as_is, fitted, cracked, successor
        Grams per kilometre (trucks, ``QUANTITIES``): today; with a working filter, and with one
        that cracked (as today where none can be fitted); of the new truck of the class.
    can_fit
        Whether the emission functions let a filter be fitted.
    has_filter
        Whether one came from the factory or was fitted before.
    used_price, new_price, scrap_value
        Of one truck; NaN where no row says a price.
    """

    as_is: Floats
    fitted: Floats
    cracked: Floats
    successor: Floats
    can_fit: Flags
    has_filter: Flags
    used_price: Floats
    new_price: Floats
    scrap_value: Floats


def describe_trucks(
    side: pd.DataFrame,
    *,
    country: str,
    year: int,
    technology: str,
    speed_kmh: float | None,
    defaults: Defaults,
) -> Trucks:
    """Return what trucks emit and cost.

    Parameters
    ----------
    side
        As ``SIDE_SCHEMA``, standards known.
    technology
        Of the new truck, as of :data:`geofleet.economics.renewal.model.TECHNOLOGIES`.
    """
    from geofleet.policy.cases import particle_filters
    from geofleet.policy.programme import grams_per_km

    table = _kinds(side)
    classes = tuple(dict.fromkeys(table["vehicle_class"]))
    kinds = [Kind(*row) for row in table[list(Kind._fields)].itertuples(index=False)]
    target = filter_targets(tuple(dict.fromkeys(kinds)), classes, defaults)
    with_filter = [
        target.get((name, kind)) for name, kind in zip(table["vehicle_class"], kinds, strict=True)
    ]
    can_fit = np.array([one is not None for one in with_filter], bool)
    fitted = table.copy()
    fitted["aftertreatment"] = [
        kind.aftertreatment if now is None else now.aftertreatment
        for kind, now in zip(kinds, with_filter, strict=True)
    ]
    cracked = fitted.copy()
    cracked.loc[can_fit, "aftertreatment"] = [
        text.replace(FITTED, FAILED) for text in fitted.loc[can_fit, "aftertreatment"]
    ]

    new, share, owner = _successors(classes, country, year, technology, defaults)
    grams = grams_per_km(
        pd.concat([table, fitted, cracked, new], ignore_index=True), country=country, year=year,
        speed_kmh=speed_kmh, quantities=QUANTITIES, defaults=defaults,
    ).to_numpy(np.float64)  # fmt: skip
    count = len(table)
    successor = np.zeros((len(classes), len(QUANTITIES)))
    np.add.at(successor, owner, grams[3 * count :] * share[:, None])
    code = np.array([classes.index(name) for name in table["vehicle_class"]], np.int64)
    prices = _prices(table, kinds, classes, year, technology, defaults)
    found = particle_filters(table, defaults=defaults)
    return Trucks(
        as_is=grams[:count], fitted=grams[count : 2 * count],
        cracked=grams[2 * count : 3 * count], successor=successor[code], can_fit=can_fit,
        has_filter=np.array([one in ("factory", "retrofit") for one in found], bool),
        used_price=prices[0], new_price=prices[1], scrap_value=prices[2],
    )  # fmt: skip


def _kinds(side: pd.DataFrame) -> pd.DataFrame:
    table = side[["vehicle_class", "fuel", "standard"]].astype(str).reset_index(drop=True)
    for name in ("technology", "aftertreatment"):
        cells = side[name] if name in side.columns else pd.Series("", side.index)
        table[name] = cells.astype(object).where(cells.notna(), "").astype(str).to_numpy()
    table["model_year"] = side["model_year"].to_numpy(np.int64)
    return table


def _successors(
    classes: tuple[str, ...], country: str, year: int, technology: str, defaults: Defaults
) -> tuple[pd.DataFrame, Floats, npt.NDArray[np.int64]]:
    """Return the kinds of new trucks with their shares and the place of their class."""
    rows, share, owner = [], [], []
    for at, name in enumerate(classes):
        category = category_of(name, defaults)
        mix = new_vehicle(technology, category, year, country, defaults)
        for kind, part in mix.items():
            rows.append({"vehicle_class": name, **kind._asdict(), "model_year": year})
            share.append(part)
            owner.append(at)
    columns = ["vehicle_class", *Kind._fields, "model_year"]
    return pd.DataFrame(rows, columns=columns), np.array(share), np.array(owner, np.int64)


def _prices(
    table: pd.DataFrame,
    kinds: list[Kind],
    classes: tuple[str, ...],
    year: int,
    technology: str,
    defaults: Defaults,
) -> tuple[Floats, Floats, Floats]:
    """Return price used, price of the successor, value as scrap of each truck."""
    rows = CheckedRows(defaults)
    per_kg = rows.number("cascade", "scrap_per_kg", 0.0, np.inf, _AMOUNT)
    names = [technology_of(kind) for kind in kinds]
    decline = {
        name: rows.number(
            "economics", f"value_decline.{'diesel' if name == 'euro_6' else name}", 0.0, 1.0,
            "a share from 0 to 1",
        )
        for name in dict.fromkeys(names)
    }  # fmt: skip
    rows.finish()
    mine = table["vehicle_class"]
    fresh = {
        pair: new_price(*pair, defaults) for pair in dict.fromkeys(zip(mine, names, strict=True))
    }
    age = np.maximum(year - table["model_year"].to_numpy(np.float64), 0.0)
    new = np.array([fresh[pair] for pair in zip(mine, names, strict=True)], np.float64)
    used = new * (1.0 - np.array([decline[name] for name in names], np.float64)) ** age
    next_price = {name: new_price(name, technology, defaults) for name in classes}
    mass = {name: vehicle_class(defaults, name).curb_mass_kg for name in classes}
    return (
        used,
        np.array([next_price[name] for name in mine], np.float64),
        np.array([mass[name] * per_kg for name in mine], np.float64),
    )
