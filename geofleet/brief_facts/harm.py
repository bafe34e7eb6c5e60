"""What trucks do to people today, and what rules make of the day."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.report.contents import DayUnderRules, HarmToday, Neighbourhood, SizeUnderRules

if TYPE_CHECKING:
    from geofleet.layers import Layer
    from geofleet.policy.day import DayEffect
    from geofleet.policy.study import StudyRules
    from geofleet.study import Results

__all__ = ["day_under_rules", "deciding", "fewest", "harm_today", "service_dates", "zone_names"]

_QUANTITY = "pm25_exhaust_g"
_HARM = "harm_pm25_exhaust"
_WORST_STREETS, _WORST_ZONES = 5, 5
_M_PER_KM = 1000.0
_WEAKEST = ("verified", "derived", "user", "memory", "conflict", "illustrative")
_NAMES = ("name", "nombre", "zone_name", "nombre_zona")

Floats = npt.NDArray[np.float64]


def service_dates(results: Results) -> tuple[dt.date, ...]:
    """Return the days that were studied."""
    days = results.itineraries.traversals.vehicle_days["date"].astype(str)
    return tuple(dt.date.fromisoformat(text[:10]) for text in sorted(set(days)))


def harm_today(results: Results, layers: Mapping[str, Layer]) -> HarmToday:
    """Return what the vehicles of a run emit, where, when, and who breathes it.

    Parameters
    ----------
    layers
        Of the run.
    """
    links, routes = layers["links"].frame, layers["routes"].frame
    totals = results.totals
    by_truck = routes.groupby("vehicle_id")[_QUANTITY].sum().to_numpy(np.float64)
    harm = links[_HARM].fillna(0.0).to_numpy(np.float64)
    length_km = links["length_m"].to_numpy(np.float64) / _M_PER_KM
    by_hour = results.unit_exposure.harm(results.link_emissions.matrix(_QUANTITY)).sum(axis=0)
    whole = float(by_hour.sum())
    value, low, high = (
        {str(name): float(number) for name, number in totals[column].items()}
        for column in ("value", "p05", "p95")
    )
    return HarmToday(
        dates=service_dates(results),
        vehicles=int(routes["vehicle_id"].nunique()),
        operators=int(routes["operator_id"].nunique()),
        distance_km=float(routes["distance_km"].sum()),
        links_km=float(length_km.sum()),
        pm25_exhaust_g=value[_QUANTITY],
        pm25_exhaust_low_g=low[_QUANTITY],
        pm25_exhaust_high_g=high[_QUANTITY],
        pm25_wear_g=value["pm25_wear_g"],
        nox_g=value["nox_exhaust_g"],
        half_vehicles=fewest(by_truck),
        half_links_km=_shortest(harm, length_km),
        people=float(results.unit_exposure.people),
        streets=_streets(links["name"], harm),
        hours=tuple(float(value) for value in by_hour / whole) if whole > 0.0 else (),
        neighbourhoods=_neighbourhoods(results),
        groups=_groups(results),
        deaths=_deaths(results),
        deaths_days=math.nan
        if results.config.health is None
        else float(results.config.health.days_per_year),
    )


def fewest(values: Floats, share: float = 0.5) -> int:
    """Return how many of the largest values make up a share of all.

    Examples
    --------
    >>> fewest(np.array([1.0, 5.0, 1.0, 3.0]))
    1
    """
    if not values.sum() > 0.0:
        return 0
    summed = np.cumsum(np.sort(values)[::-1])
    return int(np.searchsorted(summed, share * summed[-1]) + 1)


def _shortest(harm: Floats, length_km: Floats, share: float = 0.5) -> float:
    """Return the shortest length on which a share of the harm begins: worst links first."""
    if not harm.sum() > 0.0:
        return math.nan
    order = np.argsort(-harm / length_km, kind="stable")
    summed = np.cumsum(harm[order])
    last = int(np.searchsorted(summed, share * summed[-1])) + 1
    return float(length_km[order][:last].sum())


def _streets(names: pd.Series, harm: Floats) -> tuple[tuple[str, float], ...]:
    whole = float(harm.sum())
    if not whole > 0.0:
        return ()
    by_name = pd.Series(harm).groupby(names.to_numpy(object)).sum().sort_values(ascending=False)
    worst = by_name[by_name > 0.0].head(_WORST_STREETS)
    return tuple((str(name), float(value) / whole) for name, value in worst.items())


def zone_names(results: Results) -> dict[str, str]:
    """Return what people call each zone; its id where the zones have no names."""
    zones = results.inputs.zones
    ids = zones["zone_id"].astype(str)
    column = next((name for name in _NAMES if name in zones.columns), None)
    named = ids if column is None else zones[column].where(zones[column].notna(), ids).astype(str)
    return dict(zip(ids, named, strict=True))


def _neighbourhoods(results: Results) -> tuple[Neighbourhood, ...]:
    shares = results.exposure_shares("zone")
    known = shares[np.isfinite(shares["ratio"]) & (shares["people"] > 0.0)]
    names = zone_names(results)
    worst = known.sort_values("ratio", ascending=False, kind="stable").head(_WORST_ZONES)
    return tuple(
        Neighbourhood(
            names.get(str(name), str(name)), float(row["people"]), float(row["ratio"]),
            float(row["exposure_share"]),
        )
        for name, row in worst.iterrows()
    )  # fmt: skip


def _groups(results: Results) -> tuple[tuple[str, float, float], ...]:
    if not results.group_exposures:
        return ()
    shares = results.exposure_shares("group")
    return tuple(
        (str(name), float(row["people_share"]), float(row["exposure_share"]))
        for name, row in shares.iterrows()
    )


def _deaths(results: Results) -> tuple[float, float, float] | None:
    found = results.deaths
    if found is None:
        return None
    low, high = found.interval
    return float(found.deaths), float(low), float(high)


def deciding(effect: DayEffect, vehicles: Collection[str] | None = None) -> list[str] | None:
    """Return the rules that decide a day of some vehicles (all when not given); None: none does."""
    frame = effect.frame
    if vehicles is not None:
        frame = frame[frame["vehicle_id"].isin(list(vehicles))]
    return sorted(set(frame["rule_id"].dropna().astype(str)) - {""}) or None


def _known_cost(row: pd.Series) -> float:
    """Return what a day costs operators of a size; NaN where no vehicle-day's cost is known."""
    if row["vehicle_days"] and row["cost_unknown"] == row["vehicle_days"]:
        return math.nan
    return float(row["cost"])


def day_under_rules(rules: StudyRules, effect: DayEffect) -> DayUnderRules:
    """Return what rules make of the day of a run."""
    outcomes, harm, deliveries = effect.outcomes(), effect.harm(), effect.deliveries()
    sizes = effect.operators()
    stated = [str(one["status"]) for one in rules.rule_set.sources(rules=deciding(effect))]
    ranks = [name for name in stated if name in _WEAKEST]
    return DayUnderRules(
        title=rules.rule_set.title or rules.rule_set.name,
        declared=bool(rules.events),
        outcomes={str(name): int(count) for name, count in outcomes["vehicle_days"].items()
                  if count},
        harm_before=float(harm["before"]),
        harm_after=float(harm["after"]),
        deliveries=int(deliveries["deliveries"]),
        late=int(deliveries["late"]),
        cancelled=int(deliveries["cancelled"]),
        cost=float(effect.frame["cost"].sum(min_count=min(1, len(effect.frame)))),
        cost_unknown=int(effect.frame["cost"].isna().sum()),
        currency=effect.currency,
        sizes=tuple(
            SizeUnderRules(str(name), int(row["operators"]), int(row["hurt"]), _known_cost(row))
            for name, row in sizes.iterrows()
        ),
        status=max(ranks, key=_WEAKEST.index) if ranks else "verified",
    )  # fmt: skip
