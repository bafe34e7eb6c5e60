"""One operator's trucks, money and conditions."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geofleet.brief_facts.harm import service_dates
from geofleet.economics.options import KEEP
from geofleet.errors import InputError, Problem
from geofleet.planned import granted_options
from geofleet.report.contents import Check, Money, OperatorFacts, Truck

if TYPE_CHECKING:
    from geofleet.layers import Layer
    from geofleet.planned import PlannedStudy
    from geofleet.policy.day import DayEffect
    from geofleet.policy.study import StudyRules
    from geofleet.study import Results

__all__ = ["lacks", "operator_facts", "operators_of"]

_ITEMS = {
    "credit": ("instalments", "fee"),
    "energy": ("energy",),
    "upkeep": ("fluid", "filter", "tyres", "maintenance"),
    "insurance": ("insurance",),
    "charges": ("charges", "vehicle_tax"),
    "lost": ("downtime", "payload_loss"),
    "access": ("access",),
}
_PRICE = ("price", "duty", "purchase_tax", "charger")
_ASKED = {"plate": "plate_digit", "hologram": "hologram"}
_NO_DIESEL = ("cng", "electric")
_FIRST_YEAR = 12
_MONTHS = 12.0
_SHOWN = 5
_WORST = ("dropped", "unknown", "permit", "swapped", "rerouted", "retimed", "waits", "charged")


def operators_of(results: Results) -> list[str]:
    """Return the ids of all operators that own a vehicle of the study, in order."""
    return sorted(results.inputs.fleet.vehicles["operator_id"].dropna().astype(str).unique())


def operator_facts(
    results: Results,
    operator_id: str,
    layers: Mapping[str, Layer],
    *,
    planned: PlannedStudy | None = None,
    rules: StudyRules | None = None,
    effect: DayEffect | None = None,
) -> OperatorFacts:
    """Return what a brief says to an operator.

    Parameters
    ----------
    results, layers
        The run and its layers.
    operator_id
        Whose brief it is.
    planned
        The plan; None where there is none.
    rules, effect
        Rules and what they make of the day; None where there are none.

    Raises
    ------
    InputError
        The study has no vehicle of that operator.
    """
    fleet = results.inputs.fleet
    own = fleet.vehicles[(fleet.vehicles["operator_id"].astype(str) == operator_id).to_numpy()]
    if own.empty:
        known = operators_of(results)
        expected = "an operator of the study: " + ", ".join(known[:_SHOWN])
        expected += "…" if len(known) > _SHOWN else ""
        raise InputError([Problem("brief", "operator", 0, operator_id, expected)])
    frame = fleet.operators
    name = frame["name"].get(operator_id) if "name" in frame.columns else None
    size = frame["operator_size"].get(operator_id) if "operator_size" in frame else None
    money, checks = (None, ()) if planned is None else _money(planned, list(own.index))
    return OperatorFacts(
        operator_id=operator_id,
        name="" if name is None or pd.isna(name) else str(name),
        size="" if size is None or pd.isna(size) else str(size),
        trucks=_trucks(
            own,
            layers,
            planned,
            effect,
            {}
            if rules is None
            else {rule.rule_id: rule.name or rule.rule_id for rule in rules.rule_set.rules},
        ),
        dates=service_dates(results),
        rules=None if rules is None else rules.rule_set.title or rules.rule_set.name,
        declared=rules is not None and bool(rules.events),
        money=money,
        checks=checks,
        planned=planned is not None,
        missing=tuple(name for name, gaps in lacks(own, rules).items() if gaps.any()),
    )


def lacks(own: pd.DataFrame, rules: StudyRules | None) -> dict[str, pd.Series]:
    """Return of which vehicles a fact is not known that the rules, or money, ask for.

    Plate and hologram are asked for where a rule of the study turns on them.
    """
    used = set() if rules is None else {
        name for rule in rules.rule_set.active for name in rule.attributes
    }  # fmt: skip
    names = [name for name, attribute in _ASKED.items() if attribute in used]
    return {
        name: own[name].isna() if name in own.columns else pd.Series(True, index=own.index)
        for name in (*names, "annual_km")
    }


def _trucks(
    own: pd.DataFrame,
    layers: Mapping[str, Layer],
    planned: PlannedStudy | None,
    effect: DayEffect | None,
    names: Mapping[str, str],
) -> tuple[Truck, ...]:
    routes = layers["routes"].frame.drop(columns="geometry").set_index("vehicle_id")
    days = None if effect is None else effect.frame.set_index("vehicle_id")
    plan = None if planned is None else planned.vehicles().set_index("vehicle_id")
    found = []
    for vehicle, row in own.iterrows():
        made: dict[str, object] = {
            "vehicle_id": str(vehicle),
            "vehicle_class": str(row["vehicle_class"]),
            "fuel": str(row["fuel"]),
            "standard": "unknown" if pd.isna(row["standard"]) else str(row["standard"]),
            "model_year": None if pd.isna(row["model_year"]) else int(row["model_year"]),
            "annual_km": _number(row.get("annual_km")),
        }
        if vehicle in routes.index:
            made |= _electric(routes.loc[[vehicle]])
        if days is not None and vehicle in days.index:
            made |= _under_rules(days.loc[[vehicle]], names)
        if plan is not None and planned is not None and vehicle in plan.index:
            made |= _planned(plan.loc[[vehicle]].iloc[0], planned, str(vehicle))
        found.append(Truck(**made))  # type: ignore[arg-type]
    return tuple(found)


def _electric(days: pd.DataFrame) -> dict[str, object]:
    """Return the verdict on all days of a truck: the worst of them counts."""
    order = {"not feasible": 0, "unknown": 1, "feasible": 2}
    worst = days.iloc[int(days["electric_status"].map(order).to_numpy().argmin())]
    return {
        "electric": str(worst["electric_status"]),
        "model": _text(worst["electric_model"]),
        "probability": _number(days["probability"].min(skipna=False)),
        "cause": _text(worst["cause"]),
    }


def _under_rules(days: pd.DataFrame, names: Mapping[str, str]) -> dict[str, object]:
    """Return what becomes of a truck's days, the worst of them, and the rule that decides it."""
    order = {name: place for place, name in enumerate(_WORST)}
    worst = days.iloc[int(days["outcome"].map(lambda name: order.get(name, 99)).argmin())]
    rule = _text(worst["rule_id"])
    return {"outcome": str(worst["outcome"]), "rule": names[rule] if rule else None}


def _planned(row: pd.Series, planned: PlannedStudy, vehicle: str) -> dict[str, object]:
    option = str(row["option"])
    grant = math.nan
    if option != KEEP:
        grant = _number(planned.offers["grant"].get((vehicle, option)))
    return {
        "technology": str(row["technology"]),
        "plan_model": _text(row["model_id"]),
        "year": None if pd.isna(row["year"]) else int(row["year"]),
        "grant": grant,
        "reason": _text(row["reason"]),
        "route": None if (duty := _text(row["duty_id"]) or "") == vehicle else duty,
    }


def _money(
    planned: PlannedStudy, vehicles: list[str]
) -> tuple[Money | None, tuple[Check, ...]]:  # fmt: skip
    """Return the money of all of an operator's trucks that change, and whether it can pay."""
    from geofleet.economics.finance import affordability, apply_product
    from geofleet.economics.ledger import ledger_totals, switching

    parts = granted_options(planned, vehicles)
    if not parts:
        return None, ()
    sums = dict.fromkeys((*_PRICE, "grant", "trade_in", "loan", "total"), 0.0)
    month = {name: [0.0, 0.0] for name in _ITEMS}
    work, whole_price, given = np.zeros(4), 0.0, 0.0
    answers, gains, cheaper = [], [], []
    burnt, share = np.zeros(2), _fuel_change(planned)
    for name, options in parts.items():
        product, own = planned.products[name], planned.defaults.fresh()
        made = apply_product(options, [product], defaults=own)
        cases = made.cases
        changed = cases.index[cases.index.get_level_values(1) != KEEP]
        # lessors and providers buy in the operator's place, and get its grant
        whole_price += float(options.cases.loc[changed, list(_PRICE)].to_numpy().sum())
        given += float(made.terms.loc[changed, "grant"].sum(skipna=False))
        totals = ledger_totals(cases)[["present_cost", "present_km"]]
        for label in changed:
            kept = (label[0], KEEP)
            _add(cases, label, kept, sums, month)
            work += np.concatenate([totals.loc[kept].to_numpy(), totals.loc[label].to_numpy()])
        answers.append(affordability(options, [product], defaults=own).loc[changed]
                       .assign(product=name))  # fmt: skip
        gains.append(switching(cases, returns=False).loc[changed])
        diesel = _diesel(planned, cases.index)
        spent = cases["energy_per_year"].where(diesel, 0.0) / _MONTHS
        ids = changed.get_level_values(0)
        kept_rows = pd.MultiIndex.from_product([ids, [KEEP]], names=changed.names)
        burnt += [spent.loc[kept_rows].sum(skipna=False), spent.loc[changed].sum(skipna=False)]
        low = cases.assign(energy_per_year=cases["energy_per_year"].where(
            ~diesel, cases["energy_per_year"] * (1.0 - share)))  # fmt: skip
        cheaper.append(switching(low, returns=False).loc[changed, "npv"])
    told, gain = pd.concat(answers), pd.concat(gains)
    whole = planned.options
    before, after = (sum(pair[place] for pair in month.values()) for place in (0, 1))
    moved = (burnt[0] - burnt[1]) * share
    money = Money(
        currency=planned.currency, price_year=whole.price_year, trucks=len(told),
        years=int(whole.cases.loc[told.index, "years"].max()),
        price=whole_price, grant=given, loan=-sums["loan"],
        capital=whole_price - sum(sums[name] for name in _PRICE) - (given + sums["grant"]),
        trade_in=-sums["trade_in"], first=sums["total"],
        month={name: (today, after) for name, (today, after) in month.items()},
        per_km=(_over(work[0], work[1]), _over(work[2], work[3])),
        gain=float(gain["npv"].sum(skipna=False)),
        payback_years=float(gain["discounted_payback_years"].max(skipna=False)),
        fuel_change=share if burnt.any() else 0.0,
        fuel_month=(float(after - before + moved), float(after - before - moved)),
        fuel_gain=float(pd.concat(cheaper).sum(skipna=False)),
    )  # fmt: skip
    return money, _checks(told, planned)


def _fuel_change(planned: PlannedStudy) -> float:
    """Return by which share the price of diesel is tried: that of a lender's bad year."""
    return abs(planned.defaults.fresh().number("finance", "stress.energy"))


def _diesel(planned: PlannedStudy, index: pd.Index) -> pd.Series:
    """Return of each case whether its fuel is paid for as diesel."""
    options = planned.options
    own = options.vehicles["fuel"].reindex(index.get_level_values(0)).to_numpy(object)
    technology = options.physical["technology"].reindex(index).to_numpy(object)
    same = np.isin(technology, (KEEP, "dpf_retrofit"))
    burns = np.where(same, own, technology)
    return pd.Series(~np.isin(burns.astype(str), _NO_DIESEL), index=index)


def _add(
    cases: pd.DataFrame,
    label: tuple[str, str],
    kept: tuple[str, str],
    sums: dict[str, float],
    month: dict[str, list[float]],
) -> None:
    """Add a truck's first payments, and a month of its first year before and after the change."""
    from geofleet.economics.finance import cash_flow

    after = cash_flow(cases, label, _FIRST_YEAR).table
    today = cash_flow(cases, kept, _FIRST_YEAR).table
    for name in sums:
        sums[name] += float(after[name].iloc[0])
    for name, items in _ITEMS.items():
        month[name][0] += sum(float(today[item].iloc[1]) for item in items)
        month[name][1] += sum(float(after[item].iloc[1]) for item in items)


def _checks(told: pd.DataFrame, planned: PlannedStudy) -> tuple[Check, ...]:
    """Return the conditions of the money, each over all trucks that change."""
    count = len(told)
    found = []
    for name, part in told.groupby("product", sort=False):
        met = part["eligible"]
        found.append(Check(
            "product", _all(met == "yes", met == "no"), trucks=int((met == "yes").sum()),
            of=len(part), product=str(name), product_name=planned.products[str(name)].name,
        ))  # fmt: skip

    def check(name: str, have: pd.Series, need: pd.Series, *, least: bool = False) -> Check:
        # what is equal but for rounding is enough
        passed = have >= need - 1e-9 * need.abs().clip(lower=1.0)
        known = have.notna() & need.notna()
        how = "min" if least else "sum"
        return Check(
            name, _all(passed & known, ~passed & known), float(have.agg(how, skipna=False)),
            float(need.agg(how, skipna=False)), int((passed & known).sum()), count,
        )  # fmt: skip

    found.append(check("first", told["cash_at_hand"], told["upfront"]))
    carries = told["outlay_today"] + told["recovered_margin"] + told["spare"]
    found.append(check("month", carries, told["outlay"]))
    owing = told[told["cover"].notna()]
    if len(owing):
        found.append(check("cover", owing["cover"], owing["cover_min"], least=True))
    found.append(check("gain", told["npv"], told["npv"] * 0.0))
    return tuple(found)


def _all(passed: pd.Series, failed: pd.Series) -> str:
    return "no" if bool(failed.any()) else "yes" if bool(passed.all()) else "unknown"


def _number(value: object) -> float:
    return math.nan if value is None or pd.isna(value) else float(value)  # type: ignore[call-overload,arg-type]


def _text(value: object) -> str | None:
    return None if value is None or pd.isna(value) else str(value)  # type: ignore[call-overload]


def _over(part: float, whole: float) -> float:
    return float(part / whole) if whole > 0.0 else math.nan
