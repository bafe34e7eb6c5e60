"""Who can pay, by operator size: today, and with each package of finance products."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.economics.finance.levers import smallest
from geofleet.economics.finance.liquidity import affordability
from geofleet.economics.finance.model import Product
from geofleet.economics.finance.money import rate_between
from geofleet.economics.finance.rows import KEEP, check_vehicles
from geofleet.economics.finance.tables import unpack
from geofleet.economics.options import Options
from geofleet.errors import InputError, Problem
from geofleet.fleet import operator_sizes

__all__ = ["by_segment"]

Floats = npt.NDArray[np.float64]

_ANSWERS = ("eligible", "able", "willing", "both")
_FIGURES = [
    "vehicles", *_ANSWERS, "unknown", "credit_share", "grant_median", "grant_none", "public_cost",
    "donor_cost", "public_cost_each", "public_paid_each",
]  # fmt: skip


def by_segment(
    cases: pd.DataFrame | Options,
    packages: Mapping[str, Product | Sequence[Product]],
    *,
    vehicles: pd.DataFrame | None = None,
    physical: pd.DataFrame | None = None,
    weights: pd.Series | None = None,
    grants: bool = True,
    margins: pd.Series | float | None = None,
    date: datetime.date | None = None,
    currency: str | None = None,
    defaults: Defaults | None = None,
) -> pd.DataFrame:
    """Return for each operator size, option and package who can pay, and what it costs.

    Parameters
    ----------
    cases, vehicles, physical, margins, date, currency, defaults
        As for :func:`geofleet.economics.finance.affordability`.
    packages
        Products that go together, by name: ``load_products(country).packages``.
    weights
        Vehicles that each vehicle of the table stands for; one without it.
    grants
        Whether to look for the smallest grant of each case, which takes most of the time.

    Returns
    -------
    DataFrame
        Indexed by ``operator_size`` (``1-5``, ``6-30``, ``31-100``, ``>100``, ``unknown``),
        ``option`` (models of electric vehicles apart) and ``package``. ``vehicles``; shares of them
        ``eligible``, ``able``, ``willing``, ``both`` and ``unknown`` (whether both);
        ``credit_share`` (of those who would and could, the share who get the loan);
        ``grant_median`` (median of the smallest grants beside the package that make it both),
        ``grant_none`` (share of the eligible for whom no grant does); ``public_cost`` and
        ``donor_cost`` if all who can and would took this option,
        ``public_cost_each``; ``units_in_pot`` (how many of those the smallest pot pays for; NaN
        without a pot).

    Raises
    ------
    InputError
        No packages; as :func:`geofleet.economics.finance.affordability`.
    """
    given = unpack(cases, vehicles, physical, currency)
    check_vehicles(given.vehicles)
    if not packages:
        raise InputError([Problem("by_segment", "packages", expected="at least one package")])
    scope = (defaults or Defaults()).scope()
    ids = given.cases.index.get_level_values("vehicle_id")
    options = given.cases.index.get_level_values("option")
    size = pd.Series("unknown", index=given.vehicles.index)
    if "operator_size" in given.vehicles.columns:
        size = given.vehicles["operator_size"].fillna("unknown")
    keys = pd.DataFrame(
        {
            "operator_size": size.reindex(ids).to_numpy(object),
            "option": np.asarray(options, object),
            "weight": 1.0 if weights is None else weights.reindex(ids).to_numpy(np.float64),
        },
        index=given.cases.index,
    )
    parts = []
    for name, products in packages.items():
        asked: dict[str, Any] = {
            "vehicles": given.vehicles, "physical": given.physical, "margins": margins,
            "date": date, "currency": given.currency, "defaults": scope,
        }  # fmt: skip
        found = affordability(given.cases, products, **asked)
        frame = keys.assign(
            **{answer: found[answer] for answer in _ANSWERS},
            credit_share=found["credit_share"],
            public_cost=found["public_cost"],
            donor_cost=found["donor_cost"],
            grant=np.nan,
        )
        if grants:
            frame["grant"] = smallest("grant", given.cases, products, **asked)["value"]
        frame = frame[frame["option"] != KEEP]
        groups = frame.reset_index(drop=True).groupby(["operator_size", "option"], sort=False)
        labels = [label for label, _ in groups]
        table = pd.DataFrame([_segment(group) for _, group in groups], columns=_FIGURES)
        table.index = pd.MultiIndex.from_tuples(labels, names=["operator_size", "option"])
        table["units_in_pot"] = _pot(products, given.currency, scope) / table["public_paid_each"]
        table["units_in_pot"] = np.floor(table["units_in_pot"].where(table["public_paid_each"] > 0))
        parts.append(table.drop(columns="public_paid_each").assign(package=name))
    whole = pd.concat(parts).set_index("package", append=True)
    order = [*operator_sizes(), "unknown"]
    ranks = whole.index.get_level_values("operator_size").map(order.index)
    places = np.argsort(ranks.to_numpy(), kind="stable")
    return pd.DataFrame(whole.take(places))


def _segment(frame: pd.DataFrame) -> dict[str, float]:
    """Return the figures of one operator size and option."""
    weight = frame["weight"].to_numpy()
    total = weight.sum()
    yes = {answer: (frame[answer] == "yes").to_numpy() for answer in _ANSWERS}
    both = yes["both"]
    taken = weight[both].sum()
    public = (frame["public_cost"].to_numpy()[both] * weight[both]).sum()
    donor = (frame["donor_cost"].to_numpy()[both] * weight[both]).sum()
    grant = frame["grant"].to_numpy()
    none = np.isnan(grant) & yes["eligible"]
    figures: dict[str, float] = {
        "vehicles": total,
        **{answer: weight[flag].sum() / total for answer, flag in yes.items()},
        "unknown": weight[(frame["both"] == "unknown").to_numpy()].sum() / total,
        "credit_share": _mean(frame["credit_share"].to_numpy()[both], weight[both]),
        "grant_median": _median(grant, weight),
        "grant_none": _mean(none[yes["eligible"]].astype(float), weight[yes["eligible"]]),
        "public_cost": public,
        "donor_cost": donor,
        "public_cost_each": public / taken if taken else np.nan,
        "public_paid_each": (public + donor) / taken if taken else np.nan,
    }
    return figures


def _mean(values: Floats, weight: Floats) -> float:
    total = weight.sum()
    return float((values * weight).sum() / total) if total else float("nan")


def _median(values: Floats, weight: Floats) -> float:
    """Return the weighted median of what is known: half of the weight lies at or below it."""
    known = ~np.isnan(values)
    if not weight[known].sum():
        return float("nan")
    order = np.argsort(values[known], kind="stable")
    reached = np.cumsum(weight[known][order])
    place = int(np.searchsorted(reached, 0.5 * reached[-1]))
    return float(values[known][order][place])


def _pot(products: Product | Sequence[Product], currency: str, defaults: Defaults) -> float:
    """Return the smallest pot among products, NaN where none has one."""
    given = (products,) if isinstance(products, Product) else tuple(products)
    pots = [
        one.numbers["pot"].values[""]
        * (
            1.0
            if one.pot_currency == currency
            else rate_between(one.pot_currency, currency, defaults)
        )
        for one in given
        if "pot" in one.numbers
    ]
    return min(pots, default=float("nan"))
