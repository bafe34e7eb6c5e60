"""The standard evaluation: what a scenario makes of a day, in a few numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from geofleet.emissions import QUANTITIES
from geofleet.policy.day import DayEffect, apply_rules, traversal_decisions
from geofleet.policy.day.effect import CHANGED
from geofleet.policy.decisions import FORBIDDEN, UNKNOWN
from geofleet.policy.packages.canonical import text_of
from geofleet.policy.packages.scenario import Scenario
from geofleet.policy.places import LinkPlaces, link_places

if TYPE_CHECKING:
    import geopandas as gpd

    from geofleet.defaults import Defaults
    from geofleet.exposure import UnitExposure
    from geofleet.network import RoadNetwork
    from geofleet.routes import Itineraries

__all__ = ["DayEvaluation", "day_indicators", "evaluate_day"]

_M_PER_KM = 1000.0
_GRAMS = ("pm25_exhaust_g", "nox_exhaust_g", "bc_exhaust_g")
Exposures = Callable[[npt.NDArray[np.int32]], "UnitExposure"]


@dataclass(eq=False)
class DayEvaluation:
    """Evaluates scenarios of one planned day; places are found once for each set of them.

    Parameters
    ----------
    itineraries
        The day as planned.
    network
        Roads that it was planned on.
    layers
        Areas by name, for geographies that are made of members of a layer.
    unit_exposure
        For harm: of all links that could be driven, or a function that gives it of links.
    temperature_c
        Mean air temperature by hour of day (24).
    defaults
        Overrides of default rows.
    """

    itineraries: Itineraries
    network: RoadNetwork
    layers: Mapping[str, gpd.GeoDataFrame] | None = None
    unit_exposure: UnitExposure | Exposures | None = None
    temperature_c: float | Sequence[float] | None = None
    defaults: Defaults | None = None
    _places: dict[str, LinkPlaces] = field(default_factory=dict, repr=False)

    def __call__(self, scenario: Scenario) -> dict[str, float]:
        """Return the indicators of a scenario, see :func:`day_indicators`."""
        return day_indicators(self.effect(scenario), scenario, self.places(scenario))

    def effect(self, scenario: Scenario) -> DayEffect:
        """Return what a scenario makes of the day.

        Raises
        ------
        InputError
            As :func:`geofleet.policy.day.apply_rules`.
        """
        effect = apply_rules(
            self.itineraries,
            self.network,
            scenario.fleet,
            scenario.rule_set,
            events=scenario.events,
            places=self.places(scenario),
            cases=scenario.known_cases,
            assume=scenario.assume or None,
            country=scenario.country,
            temperature_c=self.temperature_c,
            defaults=self.defaults,
            **scenario.settings,
        )
        unit = self.unit_exposure
        if unit is None:
            return effect
        return effect.with_exposure(unit(effect.edges) if callable(unit) else unit)

    def places(self, scenario: Scenario) -> LinkPlaces:
        """Return where the geographies of a scenario lie on the roads."""
        key = text_of(scenario.rule_set.geographies)
        if key not in self._places:
            self._places[key] = link_places(
                scenario.rule_set, self.network.edges, layers=self.layers, defaults=self.defaults
            )
        return self._places[key]


def evaluate_day(
    scenario: Scenario,
    itineraries: Itineraries,
    network: RoadNetwork,
    *,
    layers: Mapping[str, gpd.GeoDataFrame] | None = None,
    unit_exposure: UnitExposure | Exposures | None = None,
    temperature_c: float | Sequence[float] | None = None,
    defaults: Defaults | None = None,
) -> dict[str, float]:
    """Return the indicators of one scenario of a planned day.

    For many of them a :class:`DayEvaluation` finds places once.

    Raises
    ------
    InputError
        As :func:`geofleet.policy.day.apply_rules`.
    """
    return DayEvaluation(
        itineraries, network, layers, unit_exposure, temperature_c, defaults
    )(scenario)  # fmt: skip


def day_indicators(effect: DayEffect, scenario: Scenario, places: LinkPlaces) -> dict[str, float]:
    """Return what a day under rules comes to.

    Returns
    -------
    dict
        ``pm25_exhaust_g, nox_exhaust_g, bc_exhaust_g`` of the day as it is driven;
        ``harm_person_ug_m3_h`` (only with a unit exposure); ``vehicle_km``; ``forbidden_km``: of
        the plan, that rules forbid; ``exempt_km`` and ``exempt_pm25_exhaust_g``: driven where and
        when rules would forbid it were it not for exemptions; ``unknown_km``: driven though nobody
        knows whether it is allowed; ``cost_<currency>`` over the plan, NaN where that of any
        vehicle-day is not known; ``deliveries_late, deliveries_cancelled``; vehicle-days
        ``days_changed, days_unknown``; ``operators_hurt`` and by size of the operator
        ``operators_hurt.1-5``….
    """
    frame = effect.frame
    grams = effect.grams()["after"]
    found = {name: float(grams[name]) for name in _GRAMS}
    if effect.unit_exposure is not None:
        found["harm_person_ug_m3_h"] = float(effect.harm()["after"])
    length_km = effect.after.traversals.frame["length_m"].to_numpy(np.float64) / _M_PER_KM
    found["vehicle_km"] = float(length_km.sum())
    found["forbidden_km"] = float(frame["forbidden_km"].sum())
    exempt = _exempt(effect, scenario, places)
    found["exempt_km"] = float(length_km[exempt].sum())
    pm25 = effect.grams_after[:, QUANTITIES.index("pm25_exhaust_g")]
    found["exempt_pm25_exhaust_g"] = float(pm25[exempt].sum())
    found["unknown_km"] = float(length_km[effect.decisions_after.status == UNKNOWN].sum())
    cost = frame["cost"]
    found[f"cost_{effect.currency}"] = math.nan if cost.isna().any() else float(cost.sum())
    deliveries = effect.deliveries()
    found["deliveries_late"] = float(deliveries["late"])
    found["deliveries_cancelled"] = float(deliveries["cancelled"])
    found["days_changed"] = float(frame["outcome"].isin(CHANGED).sum())
    found["days_unknown"] = float((frame["outcome"] == "unknown").sum())
    hurt = effect.operators()["hurt"]
    found["operators_hurt"] = float(hurt.sum())
    return found | {f"operators_hurt.{size}": float(count) for size, count in hurt.items()}


def _exempt(effect: DayEffect, scenario: Scenario, places: LinkPlaces) -> npt.NDArray[np.bool_]:
    """Return which traversals of the day as driven an exemption alone makes possible."""
    rules = scenario.rule_set
    lifting = [rule.rule_id for rule in rules.rules if rule.lifts]
    status = effect.decisions_after.status
    if not lifting:
        return np.zeros(len(status), bool)
    bare = traversal_decisions(
        effect.after, rules.without(*lifting), places=places, cases=scenario.known_cases,
        events=scenario.events, assume=scenario.assume or None,
    )  # fmt: skip
    found: npt.NDArray[np.bool_] = (
        (bare.status == FORBIDDEN) & (status != FORBIDDEN) & (status != UNKNOWN)
    )
    return found
