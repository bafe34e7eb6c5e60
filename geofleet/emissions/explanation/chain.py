"""Steps from a drive to a quantity: the vehicle, its mixture of engines, its wear.

Nothing here calls a kernel: the chain reads the same rows again and multiplies them itself, so that
it is a second computation of what the kernels report, and not a copy of it.
"""

from __future__ import annotations

from collections.abc import Iterable

from geofleet.defaults import Defaults
from geofleet.emissions.engines.certification import standards_of
from geofleet.emissions.engines.mixtures import Engine, Setting, VehicleKind
from geofleet.emissions.engines.resolve import Engines, make_engines
from geofleet.emissions.explanation.bands import spread
from geofleet.emissions.explanation.chain_engine import Drive, EngineSteps
from geofleet.emissions.explanation.chain_wear import wear_step
from geofleet.emissions.explanation.model import Step
from geofleet.emissions.explanation.steps import product, total, traced
from geofleet.emissions.model import MEANING, unit_of
from geofleet.emissions.uncertainty.certification import NEWER, US_PATH
from geofleet.fleet.model import NO_STANDARD, UNKNOWN

__all__ = ["VehicleChain", "vehicle_chains"]

_ODDS = ((US_PATH, "Odds of the US path"), (NEWER, "Odds of a newer standard"))
_WEAR = {"pm25_wear_g": "pm25", "pm10_wear_g": "pm10"}


class VehicleChain:
    """Makes the chains of one kind of vehicle.

    Parameters
    ----------
    kind
        What the fleet table says of it.
    resolved, place
        Engines, and the place of the kind in their mixtures.
    setting
        Country, year and temperatures.
    defaults
        Where rows are read.
    """

    def __init__(
        self,
        kind: VehicleKind,
        resolved: Engines,
        place: int,
        *,
        setting: Setting,
        defaults: Defaults,
    ) -> None:
        self.kind, self.setting, self.defaults = kind, setting, defaults
        own = slice(int(resolved.first[place]), int(resolved.first[place + 1]))
        self.engines = [resolved.engines[number] for number in resolved.number[own]]
        self.weights = [float(weight) for weight in resolved.weight[own]]
        self.category = self.engines[0].category
        used = resolved.used[resolved.used["emep_segment"] == self.engines[0].segment]
        self._technology_of = dict(
            zip(used["standard"].map(str), used["technology"].map(str), strict=True)
        )
        self._partly = bool(resolved.partly[place])

    def quantity(self, name: str, drive: Drive) -> Step:
        """Return a quantity of a drive, the mixture of engines spelled out."""
        unit = unit_of(name)
        label = MEANING[name]
        if name in _WEAR and "wear" not in drive.processes:
            return Step("none", f"{label}: wear is not counted", 0.0, unit)
        if name in _WEAR:
            return wear_step(
                self.kind, self.category, _WEAR[name], distance=drive.distance,
                speed_kmh=drive.speed_kmh, load=drive.load, standard=self.engines[0].standard,
                defaults=self.defaults,
            )  # fmt: skip
        certified = self._certification()
        parts = []
        for engine, weight in zip(self.engines, self.weights, strict=True):
            steps = EngineSteps(
                engine, drive, technology_of=self._technology_of, setting=self.setting,
                defaults=self.defaults,
            )  # fmt: skip
            what = f"engine of standard {engine.standard.replace('_', ' ')}"
            if engine.standard == NO_STANDARD:
                what = "electric drive"
            share = Step(
                "certification", f"share of such vehicles with this {what}", weight, "1",
                rows=certified,
                facts={"standard": engine.standard, "stated": self.kind.standard,
                       "model_year": self.kind.model_year, "country": self.setting.country},
            )  # fmt: skip
            if self.kind.standard == UNKNOWN and len(self.engines) > 1:
                for row, of in _ODDS:
                    share = spread(share, f"{row}.gsd", defaults=self.defaults, of=of)
            parts.append(product("engine", what, unit, share,
                                 steps.quantity(name), facts=_facts(engine)))  # fmt: skip
        facts = {**_vehicle_facts(self.kind), "state_partly_applied": self._partly}
        return total("vehicle", label, unit, *parts, facts=facts)

    def _certification(self) -> tuple[str, ...]:
        if self.engines[0].standard == NO_STANDARD:
            return ()
        kind = self.kind
        return traced(
            self.defaults,
            lambda rows: standards_of(
                rows, category=self.category, standard=kind.standard, model_year=kind.model_year,
                country=self.setting.country,
            ),
        )[1]  # fmt: skip


def vehicle_chains(
    kinds: Iterable[VehicleKind], *, setting: Setting, defaults: Defaults
) -> dict[VehicleKind, VehicleChain]:
    """Return what makes the chains of each kind of vehicle."""
    distinct = list(dict.fromkeys(kinds))
    resolved = make_engines(distinct, setting=setting, defaults=defaults.fresh())
    return {
        kind: VehicleChain(kind, resolved, place, setting=setting, defaults=defaults)
        for place, kind in enumerate(distinct)
    }


def _facts(engine: Engine) -> dict[str, object]:
    return {
        "standard": engine.standard, "segment": engine.segment, "category": engine.category,
        "technology": engine.technology, "states": list(engine.states), "age_years": engine.age,
    }  # fmt: skip


def _vehicle_facts(kind: VehicleKind) -> dict[str, object]:
    return {
        "vehicle_class": kind.vehicle_class, "fuel": kind.fuel, "standard_as_stated": kind.standard,
        "model_year": kind.model_year, "technology": kind.technology,
        "states": list(kind.aftertreatment),
    }  # fmt: skip
