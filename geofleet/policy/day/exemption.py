"""What an exemption adds to a day on which rules hold: kilometres, grams and harm."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.emissions import QUANTITIES, TraversalEmissions, traversal_emissions
from geofleet.errors import InputError, Problem
from geofleet.policy.day.apply import apply_rules
from geofleet.policy.day.effect import DayEffect
from geofleet.policy.day.judge import DayDecisions, traversal_decisions
from geofleet.policy.decisions import FORBIDDEN
from geofleet.policy.rules.model import LIFTING, RuleSet

if TYPE_CHECKING:
    from geofleet.exposure import UnitExposure
    from geofleet.fleet import Fleet
    from geofleet.network import RoadNetwork
    from geofleet.policy.places import LinkPlaces
    from geofleet.routes import Itineraries

__all__ = ["TOGETHER", "ExemptionEffect", "exemption_effect"]

TOGETHER = "together"
"""Stands for exemptions of which none alone sets a traversal free."""

_M_PER_KM, _HOURS, _S_PER_H = 1000.0, 24, 3600.0
_DIESEL = ("diesel", "diesel_hybrid")
_PM25 = ("pm25_exhaust_g", "pm25_wear_g")

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ExemptionEffect:
    """A day with exemptions beside the same day without them.

    Parameters
    ----------
    exemptions
        Ids of the rules that lift.
    given, refused
        The day with and without them, each with the responses of operators.
    fuel
        Of each vehicle.
    freed
        Of each planned traversal the exemption that sets it free (``together`` where only several
        do), empty where none does.
    forbidden_after
        Of each traversal driven with the exemptions whether it would be forbidden without them.
    freed_after
        As ``freed``, of the traversals driven with the exemptions.
    """

    exemptions: tuple[str, ...]
    given: DayEffect
    refused: DayEffect
    fuel: pd.Series
    freed: npt.NDArray[np.object_]
    forbidden_after: npt.NDArray[np.bool_]
    freed_after: npt.NDArray[np.object_]

    @cached_property
    def by_rule(self) -> pd.DataFrame:
        """Return what each exemption lets be driven while it would be forbidden.

        Columns: ``vehicle_days`` and ``planned_km`` of the plan that it sets free (never less with
        more exemptions); ``km``, ``diesel_km``, ``pm25_exhaust_g``, ``pm25_g`` (with wear) and
        ``harm`` (where known) as driven.
        """
        plan, after = self.given.before.traversals, self.given.after.traversals
        km = plan.frame["length_m"].to_numpy(np.float64) / _M_PER_KM
        day = plan.frame["vehicle_day"].to_numpy()
        driven = self._driven(self.given, self.given.grams_after)
        rows = []
        for name in (*self.exemptions, TOGETHER):
            planned, now = self.freed == name, self.freed_after == name
            row: dict[str, Any] = {
                "rule_id": name,
                "vehicle_days": len(np.unique(day[planned])),
                "planned_km": float(km[planned].sum()),
                **{what: float(values[now].sum()) for what, values in driven.items()},
            }
            if self.given.unit_exposure is not None:
                row["harm"] = float(_harm(self.given, after.frame, after.hour, now))
            rows.append(row)
        return pd.DataFrame(rows).set_index("rule_id")

    @cached_property
    def by_hour(self) -> pd.DataFrame:
        """Return by hour what is driven and emitted with and without, and what is added.

        Columns ``km``, ``diesel_km``, ``pm25_exhaust_g`` and ``pm25_g`` with ``_with``,
        ``_without`` and ``_added``; ``forbidden_km`` is driven while it would be forbidden.
        """
        columns: dict[str, Floats] = {}
        hours = {}
        for name, effect in (("with", self.given), ("without", self.refused)):
            hours[name] = effect.after.traversals.hour
            for what, values in self._driven(effect, effect.grams_after).items():
                columns[f"{what}_{name}"] = np.bincount(
                    hours[name], values, minlength=_HOURS
                ).astype(np.float64)
        table = pd.DataFrame(columns, index=pd.RangeIndex(_HOURS, name="hour"))
        for what in ("km", "diesel_km", "pm25_exhaust_g", "pm25_g"):
            table[f"{what}_added"] = table[f"{what}_with"] - table[f"{what}_without"]
        km = self.given.after.traversals.frame["length_m"].to_numpy(np.float64) / _M_PER_KM
        table["forbidden_km"] = np.bincount(
            hours["with"], np.where(self.forbidden_after, km, 0.0), minlength=_HOURS
        )
        return table

    def total(self) -> dict[str, float]:
        """Return what the exemptions add over the day, and in the time that they lift.

        ``added_…`` is the day with less the day without, responses of operators included;
        ``forbidden_…`` what is driven while it would be forbidden, which is none without.
        """
        table = self.by_hour
        found = {
            f"added_{what}": float(table[f"{what}_added"].sum())
            for what in ("km", "diesel_km", "pm25_exhaust_g", "pm25_g")
        }
        driven = self._driven(self.given, self.given.grams_after)
        found |= {
            f"forbidden_{what}": float(values[self.forbidden_after].sum())
            for what, values in driven.items()
        }
        found["planned_km_freed"] = float(self.by_rule["planned_km"].sum())
        if self.given.unit_exposure is not None and self.refused.unit_exposure is not None:
            found["added_harm"] = float(self.given.harm()["after"] - self.refused.harm()["after"])
            after = self.given.after.traversals
            found["forbidden_harm"] = float(
                _harm(self.given, after.frame, after.hour, self.forbidden_after)
            )
        return found

    def with_exposure(self, unit_exposure: UnitExposure) -> ExemptionEffect:
        """Return the same with the harm that a unit exposure gives.

        Raises
        ------
        InputError
            Links with traffic that it does not know.
        """
        return ExemptionEffect(
            self.exemptions, self.given.with_exposure(unit_exposure),
            self.refused.with_exposure(unit_exposure), self.fuel, self.freed,
            self.forbidden_after, self.freed_after,
        )  # fmt: skip

    @property
    def edges(self) -> npt.NDArray[np.int32]:
        """Links with traffic on either day."""
        return np.union1d(self.given.edges, self.refused.edges)

    def _driven(self, effect: DayEffect, grams: Floats) -> dict[str, Floats]:
        traversals = effect.after.traversals
        km = traversals.frame["length_m"].to_numpy(np.float64) / _M_PER_KM
        who = traversals.vehicle_days["vehicle_id"].map(self.fuel).isin(_DIESEL).to_numpy()
        diesel = who[traversals.frame["vehicle_day"].to_numpy()]
        columns = [QUANTITIES.index(name) for name in _PM25]
        return {
            "km": km,
            "diesel_km": np.where(diesel, km, 0.0),
            "pm25_exhaust_g": grams[:, columns[0]],
            "pm25_g": grams[:, columns].sum(axis=1),
        }


def _harm(
    effect: DayEffect, frame: pd.DataFrame, hour: npt.NDArray[Any], rows: npt.NDArray[np.bool_]
) -> float:
    unit = effect.unit_exposure
    assert unit is not None
    columns = [QUANTITIES.index(name) for name in effect.harm_quantities]
    grams = effect.grams_after[rows][:, columns].sum(axis=1)
    at = np.searchsorted(unit.edges, frame["edge"].to_numpy()[rows])
    return float((unit.values[at, hour[rows].astype(np.int64)] * grams).sum() / _S_PER_H)


def exemption_effect(
    itineraries: Itineraries,
    network: RoadNetwork,
    fleet: Fleet,
    rule_set: RuleSet,
    *,
    exemptions: Collection[str],
    places: LinkPlaces,
    cases: pd.DataFrame,
    emissions: TraversalEmissions | None = None,
    country: str | None = None,
    temperature_c: float | Sequence[float] | None = None,
    unit_exposure: UnitExposure | None = None,
    defaults: Defaults | None = None,
    **settings: Any,
) -> ExemptionEffect:
    """Hold a day with exemptions against the same day without them.

    Parameters
    ----------
    exemptions
        Ids of rules of the set that lift others; in order of the file, the first that sets a
        traversal free by itself is said to do so.
    settings
        As for :func:`geofleet.policy.day.apply_rules`: ``events``, ``responses``, ``assume``…

    Raises
    ------
    InputError
        Ids that are no rules that lift; else as :func:`geofleet.policy.day.apply_rules`.
    """
    lifting = dict.fromkeys(
        rule.rule_id for rule in rule_set.rules if rule.effect in LIFTING and rule.lifts
    )
    wrong = [name for name in exemptions if name not in lifting]
    if wrong or not exemptions:
        expected = "rules of the set that lift others: " + (", ".join(lifting) or "there is none")
        names = wrong or [""]
        raise InputError(
            Problem("exemptions", value=str(name), expected=expected) for name in names
        )
    chosen = tuple(name for name in lifting if name in set(exemptions))
    if emissions is None:
        emissions = traversal_emissions(
            itineraries.traversals, network, fleet, country=country, temperature_c=temperature_c,
            defaults=defaults,
        )  # fmt: skip
    common: dict[str, Any] = {
        "places": places, "cases": cases, "emissions": emissions, "country": country,
        "temperature_c": temperature_c, "defaults": defaults, **settings,
    }  # fmt: skip
    strict = rule_set.without(*chosen)
    given = apply_rules(itineraries, network, fleet, rule_set, **common)
    refused = apply_rules(itineraries, network, fleet, strict, **common)
    asked: dict[str, Any] = {
        "places": places, "cases": cases, "defaults": defaults,
        **{name: settings[name] for name in ("events", "assume") if name in settings},
    }  # fmt: skip

    def judge(day: Itineraries, rules: RuleSet) -> DayDecisions:
        return traversal_decisions(day, rules, **asked)

    def freed(day: Itineraries, allowed: DayDecisions, hard: DayDecisions) -> Any:
        free = (hard.status == FORBIDDEN) & (allowed.status != FORBIDDEN)
        out = np.where(free, TOGETHER, "").astype(object)
        for name in reversed(chosen):
            others = [one for one in chosen if one != name]
            alone = judge(day, rule_set.without(*others)).status != FORBIDDEN
            out[free & alone] = name
        return out

    hard_after = judge(given.after, strict)
    effect = ExemptionEffect(
        exemptions=chosen, given=given, refused=refused, fuel=fleet.vehicles["fuel"],
        freed=freed(itineraries, given.decisions, refused.decisions),
        forbidden_after=hard_after.status == FORBIDDEN,
        freed_after=freed(given.after, given.decisions_after, hard_after),
    )  # fmt: skip
    return effect if unit_exposure is None else effect.with_exposure(unit_exposure)
