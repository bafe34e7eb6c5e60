"""Steps from a drive to a quantity: the vehicle, its mixture of engines, its wear.

Nothing here calls a kernel: the chain reads the same rows again and multiplies them itself, so that
it is a second computation of what the kernels report, and not a copy of it.
"""

from __future__ import annotations

from geofleet.defaults import Defaults
from geofleet.emissions.engines.certification import standards_of
from geofleet.emissions.engines.mixtures import Engine, Setting, VehicleKind
from geofleet.emissions.engines.resolve import make_engines
from geofleet.emissions.explanation.chain_engine import Drive, EngineSteps
from geofleet.emissions.explanation.chain_wear import wear_step
from geofleet.emissions.explanation.model import Step
from geofleet.emissions.explanation.steps import product, total, traced
from geofleet.emissions.model import MEANING, unit_of
from geofleet.fleet.model import NO_STANDARD

__all__ = ["VehicleChain"]

_WEAR = {"pm25_wear_g": "pm25", "pm10_wear_g": "pm10"}


class VehicleChain:
    """Makes the chains of one kind of vehicle.

    Parameters
    ----------
    kind
        What the fleet table says of it.
    setting
        Country, year and temperatures.
    defaults
        Where rows are read.
    """

    def __init__(self, kind: VehicleKind, setting: Setting, defaults: Defaults) -> None:
        self.kind, self.setting, self.defaults = kind, setting, defaults
        resolved = make_engines([kind], setting=setting, defaults=defaults.fresh())
        self.engines = [resolved.engines[number] for number in resolved.number]
        self.weights = [float(weight) for weight in resolved.weight]
        self._technology_of = {
            str(row.standard): str(row.technology) for row in resolved.used.itertuples()
        }
        self.category = self.engines[0].category
        self._partly = bool(resolved.partly[0])

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
            what = engine.standard.replace("_", " ")
            share = Step(
                "certification", f"share of {what} in such vehicles", weight, "1", rows=certified,
                facts={"standard": engine.standard, "stated": self.kind.standard,
                       "model_year": self.kind.model_year, "country": self.setting.country},
            )  # fmt: skip
            parts.append(product("engine", f"engine of standard {what}", unit, share,
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
