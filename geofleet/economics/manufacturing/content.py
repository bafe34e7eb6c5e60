"""Local content: the share of what is spent that is made at home."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.errors import InputError, Problem

if TYPE_CHECKING:
    from geofleet.economics.options.model import Options

__all__ = ["domestic_share", "local_content"]

_TABLE = "local_content"
_ELECTRIC, _RETROFIT, _KEEP = "electric", "dpf_retrofit", "keep"
Floats = npt.NDArray[np.float64]

_YEARLY = {
    "energy_per_year": "energy", "fluid_per_year": "fluid", "filter_per_year": "upkeep",
    "tyres_per_year": "upkeep", "maintenance_per_year": "upkeep",
}  # fmt: skip


def local_content(
    models: pd.DataFrame, *, defaults: Defaults | None = None
) -> pd.DataFrame:  # fmt: skip
    """Return the share of each model's price that stays at home.

    Parameters
    ----------
    models
        Indexed by ``model_id``: ``assembly_country`` (ISO 3166 codes joined by ``;``),
        ``technology`` where not all are electric.

    Returns
    -------
    pandas.DataFrame
        Indexed as ``models``: ``share`` (NaN where a model is made at home, or may be, and
        nobody says how much of it), ``row`` (behind it), ``status``.

    Raises
    ------
    InputError
        A column that is missing, rows that are no shares.
    """
    if "assembly_country" not in models.columns:
        expected = "a column assembly_country"
        raise InputError([Problem("models", "assembly_country", expected=expected)])
    scope = (defaults or Defaults()).scope()
    rows = CheckedRows(scope)
    home = scope.text("duties", "home")
    kinds = models.get("technology", pd.Series(_ELECTRIC, models.index)).astype(str)
    records = []
    for name, codes, kind in zip(models.index, models["assembly_country"], kinds, strict=True):
        row = _row_of(str(name), "" if pd.isna(codes) else str(codes), kind, home, scope)
        share = _share(row, rows) if row else math.nan
        status = str(scope.describe([f"{_TABLE}:{row}"])["status"].iloc[0]) if row else ""
        records.append((share, f"{_TABLE}:{row}" if row else "", status))
    rows.finish()
    return pd.DataFrame(records, columns=["share", "row", "status"], index=models.index)


def domestic_share(
    options: Options, chosen: pd.DataFrame, *, defaults: Defaults | None = None
) -> pd.DataFrame:
    """Return how much of what some choices spend stays at home.

    Parameters
    ----------
    options
        From ``make_options``.
    chosen
        ``vehicle_id, option``, one row per choice (a ``year`` plays no part). ``keep`` may be
        among them.

    Returns
    -------
    pandas.DataFrame
        Indexed by item: ``vehicle, retrofit, charger`` (bought once), ``energy, fluid, upkeep,
        insurance`` (over the years of the ledger, at prices of its first year), ``battery``,
        and ``total``; columns ``spending``, ``domestic`` (of the part whose content is known),
        ``unknown`` (spending whose content nobody knows, or whose amount is unknown: NaN),
        ``share`` (domestic over spending; NaN where some of it is unknown), ``lowest`` and
        ``highest`` (the unknown part counted as imported or as made at home). Taxes, duties and
        what is lost in time or goods are no spending on things made.

    Raises
    ------
    InputError
        Columns that are missing, choices that the options do not have.
    """
    place = _places(options, chosen)
    scope = (defaults or Defaults()).scope()
    rows = CheckedRows(scope)
    cases = options.cases.iloc[place]
    physical = options.physical.iloc[place]
    technology = physical["technology"].astype(str).to_numpy(object)
    engine = _engines(options, place, technology)
    found: dict[str, list[tuple[Floats, Floats]]] = {}

    def add(item: str, money: Floats, share: Floats) -> None:
        found.setdefault(item, []).append((money, share))

    def column(name: str) -> Floats:
        return cases[name].to_numpy(np.float64)

    def flat(row: str) -> Floats:
        return np.full(len(place), _share(row, rows))

    retrofit = technology == _RETROFIT
    price, years = column("price"), column("years")
    add("vehicle", np.where(retrofit, 0.0, price), _vehicle_shares(physical, technology, scope))
    add("retrofit", np.where(retrofit, price, 0.0), flat("retrofit.share"))
    add("charger", column("charger"), flat("charger.share"))
    energy = _by_text(engine, lambda name: _share(f"energy.{_fuel(name)}.share", rows))
    for name, item in _YEARLY.items():
        add(item, column(name) * years, energy if item == "energy" else flat(f"{item}.share"))
    premium = column("insurance_share") * column("value") * _sum_of(column("value_decline"), years)
    add("insurance", premium, flat("insurance.share"))
    bought = (column("battery_year") > 0.0) & (column("battery_year") <= years)
    add("battery", np.where(bought, column("battery_price"), 0.0), flat("battery.share"))
    rows.finish()
    return _table(found)


def _vehicle_shares(
    physical: pd.DataFrame, technology: npt.NDArray[np.object_], scope: Defaults
) -> Floats:
    """Return the share of each vehicle's price; what the physics itself tells wins."""
    models = pd.DataFrame(
        {
            "model_id": physical["model_id"].fillna("").astype(str).to_numpy(object),
            "assembly_country": physical["assembly_country"].fillna("").astype(str).to_numpy(object)
            if "assembly_country" in physical.columns
            else "",
            "technology": technology,
        }
    )
    models["model_id"] = models["model_id"].replace("", "-")
    code, labels = pd.factorize(pd.MultiIndex.from_frame(models))
    kinds = pd.DataFrame(list(labels), columns=models.columns).set_index("model_id")
    shares = local_content(kinds, defaults=scope)["share"].to_numpy(np.float64)[code]
    if "local_content_share" in physical.columns:
        told = pd.to_numeric(physical["local_content_share"], errors="coerce")
        shares = np.where(told.notna(), told, shares)
    return np.asarray(shares, np.float64)


def _row_of(name: str, codes: str, kind: str, home: str, scope: Defaults) -> str:
    """Return the row that holds a model's share; empty where none does."""
    if f"{name}.share" in scope.values(_TABLE):
        return f"{name}.share"
    countries = [code.strip() for code in codes.split(";") if code.strip()]
    if kind != _ELECTRIC:
        return "diesel.share"
    return "imported.share" if countries and home not in countries else ""


def _share(row: str, rows: CheckedRows) -> float:
    return rows.number(_TABLE, row, 0.0, 1.0, "a share from 0 to 1")


def _fuel(engine: str) -> str:
    return "diesel" if engine == "diesel_hybrid" else engine


def _engines(
    options: Options, place: npt.NDArray[np.int64], technology: npt.NDArray[np.object_]
) -> npt.NDArray[np.object_]:
    ids = options.physical.index.get_level_values(0)[place]
    own = options.vehicles["fuel"].astype(str).reindex(ids).to_numpy(object)
    stays = (technology == _KEEP) | (technology == _RETROFIT)
    return np.where(stays, own, np.where(technology == "euro_6", "diesel", technology))


def _by_text(names: npt.NDArray[np.object_], make: Callable[[str], float]) -> Floats:
    code, labels = pd.factorize(names)
    return np.array([make(str(label)) for label in labels], np.float64)[code]


def _sum_of(decline: Floats, years: Floats) -> Floats:
    """Return the sum over the years of what is left of a value at the start of each."""
    with np.errstate(invalid="ignore", divide="ignore"):
        series = (1.0 - (1.0 - decline) ** years) / decline
    return np.where(decline == 0.0, years, series)


def _places(options: Options, chosen: pd.DataFrame) -> npt.NDArray[np.int64]:
    problems = [
        Problem("chosen", name, expected=f"a column {name}")
        for name in ("vehicle_id", "option")
        if name not in chosen.columns
    ]
    if problems:
        raise InputError(problems)
    wanted = pd.MultiIndex.from_frame(chosen[["vehicle_id", "option"]])
    place = np.asarray(options.cases.index.get_indexer(wanted), np.int64)
    lost = np.flatnonzero(place < 0)
    if len(lost):
        raise InputError(
            Problem("chosen", "option", int(row) + 1, ", ".join(map(str, wanted[row])),
                    "a vehicle and an option of the options")
            for row in lost[:5]
        )  # fmt: skip
    return place


def _table(found: dict[str, list[tuple[Floats, Floats]]]) -> pd.DataFrame:
    """Add up money, and the part of it that is made at home."""
    records = {}
    for item, parts in found.items():
        money = np.concatenate([part[0] for part in parts])
        share = np.concatenate([part[1] for part in parts])
        some = money != 0.0
        lost = some & np.isnan(share)
        records[item] = (
            money.sum(),
            float((money * share)[some & ~lost].sum()),
            float(money[lost].sum()),
        )
    table = pd.DataFrame.from_dict(
        records, "index", columns=["spending", "domestic", "unknown"]
    ).rename_axis("item")
    table.loc["total"] = table.sum(skipna=False)
    spending = table["spending"].where(table["spending"] > 0.0)
    table["lowest"] = table["domestic"] / spending
    table["highest"] = (table["domestic"] + table["unknown"]) / spending
    table["share"] = table["lowest"].where(table["unknown"] == 0.0)
    return table[["spending", "domestic", "unknown", "share", "lowest", "highest"]]
