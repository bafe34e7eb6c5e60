"""What access rules do to the day of a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geofleet.defaults import Defaults
from geofleet.errors import InputError
from geofleet.policy.study import StudyRules, places_of
from geofleet.study.exposed import Exposed

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    from geofleet.emissions import TraversalEmissions
    from geofleet.exposure import UnitExposure
    from geofleet.layers import Layer
    from geofleet.policy.day import DayEffect
    from geofleet.policy.places import LinkPlaces

__all__ = ["Regulated"]

CHANGED = ("waits", "retimed", "rerouted", "swapped", "dropped")


@dataclass(frozen=True)
class Regulated(Exposed):
    """The part of a run's results that is about rules.

    Parameters
    ----------
    emissions
        What the known vehicle-days emit, by traversal.
    """

    emissions: TraversalEmissions

    @cached_property
    def policy(self) -> DayEffect | None:
        """What the study's own rules do to its day; None where it names no rules."""
        if self.inputs.rules is None:
            return None
        return self.under(self.inputs.rules, defaults=self.defaults)

    def under(
        self,
        rules: StudyRules,
        *,
        cases: pd.DataFrame | None = None,
        responses: Sequence[str] | None = None,
        defaults: Defaults | None = None,
        **settings: Any,
    ) -> DayEffect:
        """Return what rules do to the day of this run, with the harm of every gram.

        Parameters
        ----------
        rules
            Rules and declared events.
        cases
            Attributes by vehicle; those of the fleet when not given.
        responses
            What carriers may do, in place of those of the rules.
        defaults
            Whose record notes the default rows; a fresh one when not given.
        **settings
            As for :func:`geofleet.policy.day.apply_rules`.

        Raises
        ------
        InputError
            No link of the network lies in any area of the rules that has been supplied.
        """
        from geofleet.policy.day import RESPONSES, apply_rules

        own = self.defaults.fresh() if defaults is None else defaults
        allowed = rules.responses if responses is None else responses
        effect = apply_rules(
            self.itineraries,
            self.inputs.network,
            self.inputs.fleet,
            rules.rule_set,
            places=self.places(rules, defaults=own),
            cases=self.cases(rules, defaults=own) if cases is None else cases,
            events=rules.events,
            responses=RESPONSES if allowed is None else allowed,
            assume=rules.assume,
            emissions=self.emissions,
            country=self.config.country,
            temperature_c=list(self.inputs.weather.mean_by_hour("temperature_c")),
            speeds=self.inputs.speeds(own),
            defaults=own,
            **settings,
        )
        return effect.with_exposure(self.exposure_of(effect.edges))

    def cases(self, rules: StudyRules, *, defaults: Defaults | None = None) -> pd.DataFrame:
        """Return what the fleet's tables say of each vehicle, as attributes of the rules.

        Raises
        ------
        InputError
            Cells whose word no rule could mean.
        """
        from geofleet.policy.cases import fleet_cases
        from geofleet.policy.decisions.checks import word_faults
        from geofleet.policy.rules.facts import Facts

        own = self.defaults.fresh() if defaults is None else defaults
        known = rules.rule_set.attributes
        found = fleet_cases(self.inputs.fleet, attributes=known, defaults=own)
        if problems := word_faults(rules.rule_set, Facts(found, known), strict=True):
            raise InputError(problems)
        return found

    def policy_layers(self, rules: StudyRules, effect: DayEffect) -> dict[str, Layer]:
        """Return the layers of a day under rules, and the bare roads."""
        from geofleet.layers.links import roads_layer
        from geofleet.layers.policy import policy_layers

        network = self.inputs.network
        made = policy_layers(network, effect, places=self.places(rules), events=rules.events)
        return {**made, "roads": roads_layer(network)}

    def policy_report(self) -> dict[str, Any] | None:
        """Return the rules that were applied with their sources, and what they did."""
        rules = self.inputs.rules
        if self.policy is None or rules is None:
            return None
        return {
            "rule_set": rules.rule_set.name,
            "file": rules.rule_set.file,
            "answers": {name: rules.rule_set.answer(name) for name in rules.rule_set.switches},
            "assumed": dict(rules.assume),
            "events": [event.kind + " " + event.phase for event in rules.events],
            "rules": rules.rule_set.sources(),
            "effect": self.policy.report(),
            "provenance": list(self.policy.provenance),
        }

    def rule_files(self) -> dict[str, Path]:
        """Return the files that the study's own rule file names beside it."""
        own, rules = self.config.policy, self.inputs.rules
        if own is None or own.rules is None or rules is None:
            return {}
        folder = own.rules.parent
        return {f"policy.rules, {name}": folder / name for name in rules.rule_set.files}

    def policy_summary(self) -> dict[str, Any] | None:
        """Return what the study's own rules do in a few numbers; None where it names no rules."""
        effect = self.policy
        if effect is None:
            return None
        harm, outcomes = effect.harm(), effect.outcomes()["vehicle_days"]
        return {
            "vehicle_days": {str(name): int(count) for name, count in outcomes.items() if count},
            **effect.deliveries(),
            "cost": float(effect.frame["cost"].sum()),
            "cost_unknown": int(effect.frame["cost"].isna().sum()),
            "currency": effect.currency,
            "harm_before_person_ug_m3_h": float(harm["before"]),
            "harm_after_person_ug_m3_h": float(harm["after"]),
        }

    def policy_row(self) -> tuple[str, str, str]:
        """Return what the study's rules do as (label, value, unit), for the summary."""
        effect = self.policy
        if effect is None:
            raise ValueError("this study names no rules")
        changed = int(effect.frame["outcome"].isin(CHANGED).sum())
        unknown = int((effect.frame["outcome"] == "unknown").sum())
        priceless = int(effect.frame["cost"].isna().sum())
        doubt = f"; {unknown} unknown" if unknown else ""
        doubt += f"; cost of {priceless} not known" if priceless else ""
        return (
            "Days that access rules change",
            f"{changed:,} of {len(effect.frame):,}",
            f"{effect.frame['cost'].sum():,.0f} {effect.currency} in all{doubt}",
        )

    def places(self, rules: StudyRules, *, defaults: Defaults | None = None) -> LinkPlaces:
        """Return which links of the network lie in which geography of rules.

        Raises
        ------
        InputError
            Areas were supplied and none of them holds a link: they are of another city.
        """
        own = self.defaults.fresh() if defaults is None else defaults
        return places_of(rules, self.inputs.network.edges, defaults=own)

    def exposure_of(self, edges: npt.NDArray[np.int32]) -> UnitExposure:
        """Return the unit exposure of links, computed for those that nobody drove in the run."""
        import numpy as np

        from geofleet.exposure import group_exposures

        known = self.unit_exposure
        new = np.setdiff1d(edges, known.edges).astype(np.int32)
        if not len(new):
            return known
        made = group_exposures(
            self.inputs.network, self.receptors, self.inputs.weather, edges=new,
            defaults=self.defaults.fresh(), **self.config.exposure.model_dump(),
        )["people"]  # fmt: skip
        joined = np.concatenate([known.edges, made.edges])
        order = np.argsort(joined)
        values = np.concatenate([known.values, made.values])
        return replace(known, edges=joined[order], values=values[order])
