"""Pass trucks on: match those of large fleets with the oldest of micro-operators."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.economics.cascade.matching import match
from geofleet.economics.cascade.model import QUANTITIES, SIDE_SCHEMA, Cascade
from geofleet.economics.cascade.pairs import HARM, Pairs, find_pairs
from geofleet.economics.cascade.schemes import compare_schemes
from geofleet.economics.cascade.sides import known_standards
from geofleet.economics.cascade.terms import CascadeTerms, cascade_terms
from geofleet.economics.cascade.trucks import Trucks, describe_trucks
from geofleet.economics.renewal.model import TECHNOLOGIES
from geofleet.errors import InputError, Problem
from geofleet.schema import check_frame

__all__ = ["cascade"]

Floats = npt.NDArray[np.float64]


def cascade(
    donors: pd.DataFrame,
    receivers: pd.DataFrame,
    *,
    country: str,
    year: int,
    budget: float = np.inf,
    measure: str = "bc_exhaust_g",
    technology: str = "euro_6",
    terms: CascadeTerms | None = None,
    harm_per_g: float | None = None,
    speed_kmh: float | None = None,
    defaults: Defaults | None = None,
) -> Cascade:
    """Match trucks that large fleets pass on with the oldest ones of micro-operators.

    Each chain: the donor buys a new truck, its old one gets a particle filter (where it has none)
    and goes to the receiver, whose oldest is scrapped. The receiver pays what it can; public money
    pays the rest, and the handling. Chosen is the set of chains that avoids most under the budget;
    every truck takes part once.

    Parameters
    ----------
    donors, receivers
        As ``SIDE_SCHEMA`` (:func:`sides_of_fleet`, :func:`sides_of_city`). A receiver without
        ``budget`` has row ``finance:cash_at_hand.<size>``.
    country, year
        ISO 3166 code and calendar year.
    budget
        Public money; no bound when not given.
    measure
        What is avoided as much as can be: a quantity of ``QUANTITIES`` or ``harm_person_ug_m3_h``.
    technology
        Of the new trucks.
    terms
        :func:`cascade_terms` when not given.
    harm_per_g
        Persons·µg/m3·h behind a gram of PM2.5, where a side has no column for it; else harm is
        unknown.

    Raises
    ------
    InputError
        Tables that are not as the schema says, unknown standards, a measure or technology that
        does not exist, a budget below zero, too many pairs.
    RuntimeError
        The search found nothing in its time.
    """
    scope = (defaults or Defaults()).scope()
    rules = terms if terms is not None else cascade_terms(scope)
    _check(donors, receivers, budget, measure, technology)
    give_side, take_side = (_filled(side, harm_per_g, scope) for side in (donors, receivers))
    common: dict[str, Any] = {
        "country": country, "year": year, "technology": technology, "speed_kmh": speed_kmh,
        "defaults": scope,
    }  # fmt: skip
    give, take = (describe_trucks(side, **common) for side in (give_side, take_side))
    pairs = find_pairs(give_side, take_side, give, take, terms=rules, year=year, defaults=scope)
    worth = pairs.harm if measure == HARM else pairs.avoided[:, QUANTITIES.index(measure)]
    useful = (worth > 0.0) & ~np.isnan(pairs.public_money)
    pairs.why_not["price, budget or harm unknown"] = float(
        (np.isnan(worth) | np.isnan(pairs.public_money)).sum()
    )
    kept = _only(pairs, useful)
    value = worth[useful]
    chains, bound = match(
        kept.donor, kept.receiver, value, kept.public_money,
        supply=give_side["vehicles"].to_numpy(np.float64),
        demand=take_side["vehicles"].to_numpy(np.float64),
        budget=budget, gap=rules.gap, seconds=rules.seconds,
    )  # fmt: skip
    got = float(chains @ value)
    report = {"pairs": float(len(value)), **{f"not: {k}": v for k, v in pairs.why_not.items()}}
    return Cascade(
        chains=_chains(kept, chains, give_side, take_side, give, take, rules, year),
        schemes=compare_schemes(
            kept, chains, take_side, give, take, terms=rules, year=year, defaults=scope
        ),
        measure=measure,
        value=got,
        bound=bound,
        gap=(bound - got) / got if got > 0.0 else 0.0,
        budget=budget,
        counts=_counts(give_side, take_side, float(chains.sum())),
        report=report,
        years=rules.years,
        currency=rules.currency,
        provenance=tuple(sorted({*scope.used, *rules.provenance})),
    )


def _check(
    donors: pd.DataFrame, receivers: pd.DataFrame, budget: float, measure: str, technology: str
) -> None:
    problems: list[Problem] = []
    for name, side in (("donors", donors), ("receivers", receivers)):
        try:
            check_frame(side.reset_index(drop=True), SIDE_SCHEMA, file=name)
            known_standards(side, name)
        except InputError as error:
            problems += error.problems
        if not side.index.is_unique:
            problems.append(Problem(name, "index", expected="each truck or group once"))
    if not budget >= 0.0:
        problems.append(Problem("cascade", "budget", 0, f"{budget:g}", "an amount of at least 0"))
    names = (*QUANTITIES, HARM)
    if measure not in names:
        problems.append(Problem("cascade", "measure", 0, measure, "one of " + ", ".join(names)))
    if technology not in TECHNOLOGIES:
        expected = "one of " + ", ".join(TECHNOLOGIES)
        problems.append(Problem("cascade", "technology", 0, technology, expected))
    if problems:
        raise InputError(problems)


def _filled(side: pd.DataFrame, harm_per_g: float | None, defaults: Defaults) -> pd.DataFrame:
    """Return a side with numbers as numbers, ``budget`` and ``harm_per_g`` filled."""
    table = side.copy()
    for name in ("annual_km", "vehicles", "payload_capacity_kg"):
        table[name] = pd.to_numeric(table[name]).astype(float)
    table["model_year"] = pd.to_numeric(table["model_year"]).astype(np.int64)
    rows = CheckedRows(defaults)
    cash: Mapping[str, float] = {
        size: rows.number("finance", f"cash_at_hand.{size}", 0.0, np.inf, "an amount")
        for size in map(str, pd.unique(table["operator_size"]))
    }
    rows.finish()
    usual = table["operator_size"].astype(str).map(cash).astype(float)
    if "budget" in table.columns:
        table["budget"] = pd.to_numeric(table["budget"]).astype(float).fillna(usual)
    else:
        table["budget"] = usual
    place = np.nan if harm_per_g is None else float(harm_per_g)
    if "harm_per_g" in table.columns:
        table["harm_per_g"] = pd.to_numeric(table["harm_per_g"]).astype(float)
        if harm_per_g is not None:
            table["harm_per_g"] = table["harm_per_g"].fillna(place)
    else:
        table["harm_per_g"] = place
    return table


def _only(pairs: Pairs, mask: npt.NDArray[np.bool_]) -> Pairs:
    return replace(
        pairs, donor=pairs.donor[mask], receiver=pairs.receiver[mask], fits=pairs.fits[mask],
        avoided=pairs.avoided[mask], harm=pairs.harm[mask],
        receiver_pays=pairs.receiver_pays[mask], public_money=pairs.public_money[mask],
    )  # fmt: skip


def _chains(
    pairs: Pairs,
    chains: Floats,
    donors: pd.DataFrame,
    receivers: pd.DataFrame,
    give: Trucks,
    take: Trucks,
    terms: CascadeTerms,
    year: int,
) -> pd.DataFrame:
    """Return one row for each pair taken."""
    taken = np.flatnonzero(chains > 0.0)
    d, r, number = pairs.donor[taken], pairs.receiver[taken], chains[taken]
    fits = pairs.fits[taken]
    columns: dict[str, Any] = {
        "donor_id": donors.index[d],
        "receiver_id": receivers.index[r],
        "donor_operator": donors["operator_id"].to_numpy()[d],
        "receiver_operator": receivers["operator_id"].to_numpy()[r],
        "vehicles": number,
        "donor_class": donors["vehicle_class"].to_numpy()[d],
        "receiver_class": receivers["vehicle_class"].to_numpy()[r],
        "age_moved": year - donors["model_year"].to_numpy()[d],
        "age_scrapped": year - receivers["model_year"].to_numpy()[r],
        "filter": np.where(fits, "fitted", "factory"),
        "used_price": give.used_price[d] * (1.0 - terms.donor_discount_share),
        "filter_price": np.where(fits, terms.filter_price, 0.0),
        "scrap_value": take.scrap_value[r],
        "receiver_pays": pairs.receiver_pays[taken],
        "public_money": pairs.public_money[taken],
    }
    km_d, km_r = (side["annual_km"].to_numpy(np.float64) for side in (donors, receivers))
    for at, name in enumerate(QUANTITIES):
        columns[f"donor_before_{name}"] = km_d[d] * give.as_is[d, at]
        columns[f"donor_after_{name}"] = km_d[d] * give.successor[d, at]
        columns[f"receiver_before_{name}"] = km_r[r] * take.as_is[r, at]
        columns[f"receiver_after_{name}"] = km_r[r] * give.fitted[d, at]
    for at, name in enumerate(QUANTITIES):
        columns[name] = number * pairs.avoided[taken, at]
    columns[HARM] = number * pairs.harm[taken]
    return pd.DataFrame(columns)


def _counts(donors: pd.DataFrame, receivers: pd.DataFrame, chains: float) -> pd.DataFrame:
    """Return trucks of each side before and after, and what came and went."""
    rows = {}
    for name, side in (("donors", donors), ("receivers", receivers)):
        before = float(side["vehicles"].sum())
        rows[name] = {
            "before": before,
            "new": chains if name == "donors" else 0.0,
            "passed_on": -chains if name == "donors" else chains,
            "scrapped": 0.0 if name == "donors" else -chains,
        }
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("side")
    table["after"] = table.sum(axis=1)
    return table
