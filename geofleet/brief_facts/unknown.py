"""What is not known of a study, counted where it can be counted."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

import pandas as pd

from geofleet.brief_facts.harm import day_under_rules, service_dates
from geofleet.brief_facts.operators import lacks
from geofleet.report.contents import Unknowns

if TYPE_CHECKING:
    from geofleet.layers import Layer
    from geofleet.planned import PlannedStudy
    from geofleet.policy.day import DayEffect
    from geofleet.policy.study import StudyRules
    from geofleet.study import Results

__all__ = ["unknowns_of"]

_ASSUMED = {
    "price": "price of the class and the battery, no price of the model is known",
    "charger": "smallest charger that refills the day's energy",
}
_EXCHANGE = "no exchange rate"


def unknowns_of(
    results: Results,
    layers: Mapping[str, Layer],
    *,
    planned: PlannedStudy | None = None,
    rules: StudyRules | None = None,
    effect: DayEffect | None = None,
    vehicles: Collection[str] | None = None,
    contested: int = 0,
) -> Unknowns:
    """Return what is not known.

    Parameters
    ----------
    results, layers, planned, rules, effect
        The run, its layers, its plan, its rules and what they make of the day.
    vehicles
        Ids of the vehicles that the brief is about; all when not given.
    contested
        How many of the rows behind the brief are contested.
    """
    fleet, config = results.inputs.fleet, results.config
    own = fleet.vehicles if vehicles is None else fleet.vehicles.loc[list(vehicles)]
    routes = layers["routes"].frame
    stops = layers["stops"].frame
    asked = routes[routes["vehicle_id"].isin(own.index)]
    day = None if rules is None or effect is None else day_under_rules(rules, effect)
    gaps = lacks(own, rules)
    annual = gaps.pop("annual_km")
    assumed = {} if planned is None else dict(planned.options.assumed)
    counts = {name: assumed.get(text, 0) for name, text in _ASSUMED.items()}
    counts["exchange"] = sum(n for text, n in assumed.items() if _EXCHANGE in text)
    return Unknowns(
        synthetic=config.synthetic,
        prices_of=_prices_of(planned, effect, config.country),
        flat=config.network.elevation is None,
        other_freight=results.city is None,
        no_groups=not results.group_exposures,
        no_deaths=results.deaths is None,
        stops_not_reached=int((~stops["status"].eq("reached")).sum()),
        electric_unknown=int((asked["electric_status"] == "unknown").sum()),
        plates=int(pd.DataFrame(gaps, index=own.index).any(axis=1).sum()),
        plates_lack=tuple(name for name, gap in gaps.items() if gap.any()),
        annual_km=int(annual.sum()),
        rules="" if day is None or day.status == "verified" else day.status,
        no_rules=day is None,
        no_plan=planned is None,
        decisions_unknown=0
        if effect is None
        else int(
            (
                effect.frame["vehicle_id"].isin(own.index) & effect.frame["outcome"].eq("unknown")
            ).sum()
        ),
        costs_unknown=0 if day is None else day.cost_unknown,
        assumed=counts,
        contested=contested,
        dates=len(service_dates(results)),
    )


def _prices_of(
    planned: PlannedStudy | None, effect: DayEffect | None, country: str | None
) -> str:  # fmt: skip
    """Return the country of the plan's, or the rules', currency where it is not the study's."""
    from babel.core import get_global

    used = None if planned is None else planned.currency
    if used is None and effect is not None:
        used = effect.currency
    if not used or country is None:
        return ""
    spent = {
        place for place, uses in get_global("territory_currencies").items()
        if any(code == used and end is None for code, _, end, *_ in uses)
    }  # fmt: skip
    if not spent or country in spent:
        return ""
    return next(iter(spent)) if len(spent) == 1 else used
