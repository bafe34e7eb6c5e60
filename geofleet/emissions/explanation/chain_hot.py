"""Steps of the hot functions: published rows, slope and load corners, US path, multipliers."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

import pandas as pd

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.emissions.engines.mixtures import Engine
from geofleet.emissions.engines.modifiers import (
    altitude_factor,
    altitude_group,
    deterioration_factor,
)
from geofleet.emissions.engines.technologies import Technologies
from geofleet.emissions.engines.us_path import PerFuel, per_fuel
from geofleet.emissions.explanation.model import Step
from geofleet.emissions.hot.factors import LOADS, POLLUTANTS, SLOPES, read_factors

__all__ = [
    "HotSteps",
    "Point",
    "operating_point",
    "product",
    "ratio",
    "technology_steps",
    "total",
    "traced",
]

T = TypeVar("T")

ENERGY = "energy"
_COEFFICIENTS = ("alpha", "beta", "gamma", "delta", "epsilon", "zita", "hta", "reduction")
_NAMES = {"nox": "NOx", "pm25": "PM2.5", "co": "CO", "voc": "VOC", ENERGY: "energy"}


@dataclass(frozen=True, slots=True)
class Point:
    """Where on the grid of slopes and loads an engine works, and at what speed.

    ``slopes`` and ``loads`` hold node and weight, the weights of each summing to one.
    """

    speed_kmh: float
    slopes: tuple[tuple[float, float], ...]
    loads: tuple[tuple[float, float], ...]


def traced(defaults: Defaults, read: Callable[[CheckedRows], T]) -> tuple[T, tuple[str, ...]]:
    """Return what a function reads, and the default rows that it reads."""
    scope = defaults.scope()
    rows = CheckedRows(scope)
    value = read(rows)
    rows.finish()
    return value, scope.used


def product(name: str, label: str, unit: str, *parts: Step, **more: Any) -> Step:
    """Return the step that multiplies others."""
    value = math.prod(part.value for part in parts)
    return Step(name, label, value, unit, "product", tuple(parts), **more)


def total(name: str, label: str, unit: str, *parts: Step, **more: Any) -> Step:
    """Return the step that adds others up."""
    value = math.fsum(part.value for part in parts)
    return Step(name, label, value, unit, "sum", tuple(parts), **more)


def ratio(name: str, label: str, unit: str, over: Step, under: Step, **more: Any) -> Step:
    """Return the step that divides one by another, 0 where the other is not above 0."""
    value = over.value / under.value if under.value > 0.0 else 0.0
    return Step(name, label, value, unit, "ratio", (over, under), **more)


def operating_point(speed_kmh: float, grade: float, load: float) -> Point:
    """Return the grid nodes around a slope and a load: slopes beyond ±6 % take the last node."""
    slope = 0.0 if math.isnan(grade) else min(max(grade, SLOPES[0]), SLOPES[-1])
    return Point(speed_kmh, _nodes(SLOPES, slope), _nodes(LOADS, load))


def _nodes(nodes: tuple[float, ...], x: float) -> tuple[tuple[float, float], ...]:
    for low, high in itertools.pairwise(nodes):
        if x <= high:
            share = (x - low) / (high - low)
            pairs = ((low, 1.0 - share), (high, share))
            return tuple(pair for pair in pairs if pair[1] != 0.0)
    return ((nodes[-1], 1.0),)


@lru_cache(maxsize=2)
def _groups(name: str) -> dict[tuple[str, str, str, str], pd.DataFrame]:
    frame = read_factors(name)
    keys = ["emep_segment", "standard", "technology", "pollutant"]
    groups = frame.groupby(keys, sort=False, dropna=False)
    return {
        (str(segment), str(standard), _text(technology), str(pollutant)): rows
        for (segment, standard, technology, pollutant), rows in groups
    }


def _text(value: object) -> str:
    return "" if value is None or value != value else str(value)


class HotSteps:
    """Makes the steps of the hot functions of one engine.

    Parameters
    ----------
    engine
        The engine.
    technology_of
        Technology of the table of functions by standard, as it was resolved.
    defaults
        Where rows are read.
    """

    def __init__(self, engine: Engine, technology_of: dict[str, str], defaults: Defaults) -> None:
        self.engine = engine
        self.defaults = defaults
        self._technology_of = technology_of
        self._table = defaults.text("emissions", "hot_factors")
        self._done: dict[tuple[str, str, Point], Step] = {}

    def path(self, base: str) -> tuple[PerFuel, tuple[str, ...]]:
        """Return the function behind a base, and the rows that say so."""
        return traced(self.defaults, lambda rows: per_fuel(rows, self.engine.standard, base))

    def slowest_kmh(self) -> float:
        """Return the highest lower end of the functions' speed ranges, level and empty."""
        ends = []
        for base in POLLUTANTS:
            rows = self._rows(self.path(base)[0].shape, base)
            if not _flat(rows):
                rows = rows[(rows["slope"].abs() < 1e-9) & (rows["load"].abs() < 1e-9)]
            ends.append(float(rows["speed_min_kmh"].iloc[0]))
        return max(ends)

    def base(self, base: str, point: Point) -> Step:
        """Return grams (megajoules) per kilometre of a base: function times multipliers."""
        key = ("base", base, point)
        if key not in self._done:
            self._done[key] = self._base(base, point)
        return self._done[key]

    def own_factors(self, base: str) -> tuple[Step, ...]:
        """Return what multiplies the function of a base: US path, technology, states, air, age."""
        return (*self._us_path(base), *multipliers(self.engine, base, self.defaults))

    def _us_path(self, base: str) -> tuple[Step, ...]:
        path, read = self.path(base)
        if not read:
            return ()
        what = "per unit of fuel" if path.per_fuel else "per kilometre"
        label = f"US path: {_NAMES[base]} {what} of {self.engine.standard} over {path.shape}"
        facts = {
            "standard": self.engine.standard,
            "shape": path.shape,
            "per_fuel": path.per_fuel,
        }
        return (Step("us_path", label, path.factor, "1", rows=read, facts=facts),)

    def _base(self, base: str, point: Point) -> Step:
        unit = "MJ/km" if base == ENERGY else "g/km"
        path, _ = self.path(base)
        parts = [self.function(path.shape, base, point)]
        label = f"{_NAMES[base]} per km of the warm engine"
        if path.per_fuel:
            of_shape = self.function(path.shape, ENERGY, point)
            per_mj = ratio("per_fuel", f"{_NAMES[base]} per MJ of fuel of {path.shape}", "g/MJ",
                           parts[0], of_shape)  # fmt: skip
            parts = [per_mj, self.plain_energy(point)]
        return product(f"{base}_per_km", label, unit, *parts, *self.own_factors(base))

    def plain_energy(self, point: Point) -> Step:
        """Return the energy per kilometre before technology and states change it."""
        key = ("plain", ENERGY, point)
        if key not in self._done:
            path, _ = self.path(ENERGY)
            label = "energy per km of the engine as made"
            own = self._us_path(ENERGY)
            function = self.function(path.shape, ENERGY, point)
            self._done[key] = product("plain_energy", label, "MJ/km", function, *own)
        return self._done[key]

    def function(self, standard: str, base: str, point: Point) -> Step:
        """Return a published function between the slopes and loads around a point."""
        key = (standard, base, point)
        if key not in self._done:
            self._done[key] = self._function(standard, base, point)
        return self._done[key]

    def _rows(self, standard: str, base: str) -> pd.DataFrame:
        technology = self._technology_of.get(standard, "")
        return _groups(self._table)[self.engine.segment, standard, technology, base]

    def _function(self, standard: str, base: str, point: Point) -> Step:
        rows = self._rows(standard, base)
        unit = "MJ/km" if base == ENERGY else "g/km"
        label = f"published {_NAMES[base]} function of {self.engine.segment}, {standard}"
        choice = f"technology.{self.engine.category}.{standard}"
        chosen = (
            (f"emissions:{choice}",) if choice in self.defaults.table("emissions").index else ()
        )
        for row in chosen:
            self.defaults.mark(row)
        if _flat(rows):
            one = _published(rows.iloc[0], point.speed_kmh, unit)
            note = "It knows neither slope nor load."
            return product("function", label, unit, one, rows=chosen, note=note)
        corners = []
        for slope, slope_weight in point.slopes:
            for load, load_weight in point.loads:
                near = rows[(rows["slope"] - slope).abs() < 1e-6]
                corner: pd.Series = near[(near["load"] - load).abs() < 1e-6].iloc[0]
                where = f"slope {100 * slope:+.0f} %, {100 * load:.0f} % of the load"
                facts = {"slope": slope, "load": load, "slope_weight": slope_weight,
                         "load_weight": load_weight}  # fmt: skip
                weight = Step("weight", f"weight of {where}", slope_weight * load_weight, "1",
                              facts=facts)  # fmt: skip
                one = _published(corner, point.speed_kmh, unit)
                corners.append(product("corner", f"at {where}", unit, weight, one))
        return total("function", label, unit, *corners, rows=chosen)


def _flat(rows: pd.DataFrame) -> bool:
    return rows["slope"].nunique() == 1 and rows["load"].nunique() == 1


def _published(row: pd.Series, speed_kmh: float, unit: str) -> Step:
    """Return one row of the factor table at a speed."""
    low, high = float(row["speed_min_kmh"]), float(row["speed_max_kmh"])
    used = min(max(speed_kmh, low), high)
    guard = str(row["guard"])
    bridged = guard != "none" and row["guard_from_kmh"] <= used <= row["guard_to_kmh"]
    facts: dict[str, Any] = {
        "factor_id": str(row["factor_id"]),
        "coefficients": {name: float(row[name]) for name in _COEFFICIENTS},
        "speed_kmh": speed_kmh,
        "speed_used_kmh": used,
        "speed_range_kmh": [low, high],
        "clamped": "below" if speed_kmh < low else "above" if speed_kmh > high else "",
        "guard": guard,
        "guard_used": bool(bridged),
        "doubt": _text(row["note"]),
    }
    notes = []
    if facts["clamped"]:
        notes.append(f"{speed_kmh:.4g} km/h is {facts['clamped']} its range: taken at {used:g}")
    if guard != "none":
        for name in ("guard_from_kmh", "guard_to_kmh", "guard_from_value", "guard_to_value"):
            facts[name] = float(row[name])
        width = facts["guard_to_kmh"] - facts["guard_from_kmh"]
        facts["guard_slope"] = (facts["guard_to_value"] - facts["guard_from_value"]) / width
        ends = f"from {facts['guard_from_kmh']:g} to {facts['guard_to_kmh']:g} km/h"
        state = "was used" if bridged else "was not needed at this speed"
        notes.append(f"the row is guarded ({guard}): the line {ends} {state}")
    if facts["doubt"]:
        notes.append("the row carries a doubt: " + facts["doubt"])
    note = "; ".join(notes)
    step = Step(
        "published_row", f"row {facts['factor_id']} at {used:.6g} km/h", 0.0, unit,
        "line" if bridged else "formula", rows=(f"factor:{facts['factor_id']}",), facts=facts,
        note=f"{note[:1].upper()}{note[1:]}" if note else "",
    )  # fmt: skip
    return _valued(step)


def _valued(step: Step) -> Step:
    return Step(step.name, step.label, step.recompute(), step.unit, step.operation, step.parts,
                step.process, step.rows, step.facts, step.note)  # fmt: skip


def multipliers(engine: Engine, base: str, defaults: Defaults) -> tuple[Step, ...]:
    """Return technology, states, altitude and age of a base, where a row speaks of them."""
    steps = list(technology_steps(engine, f"{base}_factor", defaults))
    value, read = traced(
        defaults,
        lambda rows: altitude_factor(rows, engine.category, engine.standard, engine.states, base),
    )
    if read:
        group, _ = traced(
            defaults,
            lambda rows: altitude_group(
                rows, engine.category, engine.standard, engine.states, base
            ),
        )
        band = {name: defaults.number("altitude", f"{group}.{name}") for name in ("low", "high")}
        note = f"Evidence allows {band['low']:g} to {band['high']:g} in high places."
        steps.append(Step("altitude", "altitude", value, "1", rows=read, facts=band, note=note))
    if engine.age is None:
        return tuple(steps)
    age = engine.age
    value, read = traced(
        defaults, lambda rows: deterioration_factor(rows, engine.standard, base, age)
    )
    if read:
        label = f"deterioration at {age} years of age"
        steps.append(Step("deterioration", label, value, "1", rows=read, facts={"age_years": age}))
    return tuple(steps)


def technology_steps(engine: Engine, parameter: str, defaults: Defaults) -> tuple[Step, ...]:
    """Return the factors of the technology and of each state that a row speaks of."""
    steps = []
    for name in (engine.technology, *engine.states):
        value, read = _factor(name, parameter, engine.standard, defaults)
        if not read:
            continue
        kind = "technology" if name == engine.technology else "state"
        steps.append(
            Step(kind, f"{kind} {name}: {parameter.replace('_', ' ')}", value, "1", rows=read)
        )
    return tuple(steps)


def _factor(
    name: str, parameter: str, standard: str, defaults: Defaults
) -> tuple[float, tuple[str, ...]]:
    return traced(defaults, lambda rows: Technologies(rows).factor(name, parameter, standard))
