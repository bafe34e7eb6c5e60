"""Steps of the hot functions: published rows, slope and load corners, US path, multipliers."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from geofleet.defaults import Defaults
from geofleet.emissions.engines.mixtures import Engine
from geofleet.emissions.engines.modifiers import (
    altitude_factor,
    altitude_group,
    deterioration_factor,
)
from geofleet.emissions.engines.technologies import Technologies
from geofleet.emissions.engines.us_path import PerFuel, per_fuel, ratio_limits
from geofleet.emissions.explanation.bands import between, family_of, spread
from geofleet.emissions.explanation.model import Step
from geofleet.emissions.explanation.steps import limited, product, total, traced
from geofleet.emissions.hot.factors import LOADS, POLLUTANTS, SLOPES, read_factors

__all__ = ["BASE_NAMES", "HotSteps", "Point", "operating_point", "technology_steps"]

ENERGY = "energy"
_HIGH_EMITTER = "high_emitter"
_COEFFICIENTS = ("alpha", "beta", "gamma", "delta", "epsilon", "zita", "hta", "reduction")
BASE_NAMES = {"nox": "NOx", "pm25": "PM2.5", "co": "CO", "voc": "VOC", ENERGY: "energy"}


@dataclass(frozen=True, slots=True)
class Point:
    """Where on the grid of slopes and loads an engine works, and at what speed.

    ``slopes`` and ``loads`` hold node and weight, the weights of each summing to one; the rest says
    whether the slope is not known, beyond the nodes or not level, and whether there is a load.
    """

    speed_kmh: float
    slopes: tuple[tuple[float, float], ...]
    loads: tuple[tuple[float, float], ...]
    unknown: bool = False
    steep: bool = False
    sloped: bool = False
    loaded: bool = False

    def facts(self) -> dict[str, bool]:
        """Return what a function of slope and load has to say."""
        return {"grade_unknown": self.unknown, "grade_clamped": self.steep}

    def flat_facts(self) -> dict[str, bool]:
        """Return what a function that knows neither has to say."""
        return {"grade_unknown": self.unknown, "grade_not_modelled": self.sloped,
                "load_not_modelled": self.loaded}  # fmt: skip


def operating_point(speed_kmh: float, grade: float, load: float) -> Point:
    """Return the grid nodes around a slope and a load: slopes beyond ±6 % take the last node."""
    unknown = math.isnan(grade)
    slope = 0.0 if unknown else grade
    kept = min(max(slope, SLOPES[0]), SLOPES[-1])
    return Point(
        speed_kmh, _nodes(SLOPES, kept), _nodes(LOADS, load), unknown=unknown,
        steep=kept != slope, sloped=slope != 0.0, loaded=load != 0.0,
    )  # fmt: skip


def _nodes(nodes: tuple[float, ...], x: float) -> tuple[tuple[float, float], ...]:
    for low, high in itertools.pairwise(nodes):
        if x <= high:
            share = (x - low) / (high - low)
            pairs = ((low, 1.0 - share), (high, share))
            return tuple(pair for pair in pairs if pair[1] != 0.0)
    return ((nodes[-1], 1.0),)


@dataclass(frozen=True)
class _Function:
    """The rows of a published function by rounded slope and load; ``flat`` knows neither."""

    rows: Mapping[tuple[float, float], Mapping[str, Any]]
    flat: bool

    def at(self, slope: float, load: float) -> Mapping[str, Any]:
        return next(iter(self.rows.values())) if self.flat else self.rows[_node(slope, load)]


def _node(slope: float, load: float) -> tuple[float, float]:
    # Adding 0 makes the negative zero that rounding leaves a plain one.
    return round(slope, 6) + 0.0, round(load, 6) + 0.0


@lru_cache(maxsize=2)
def _functions(name: str) -> dict[tuple[str, str, str, str], _Function]:
    found: dict[tuple[str, str, str, str], dict[tuple[float, float], dict[str, Any]]] = {}
    for record in read_factors(name).to_dict("records"):
        row = {str(column): value for column, value in record.items()}
        key = (str(row["emep_segment"]), str(row["standard"]), _text(row["technology"]),
               str(row["pollutant"]))  # fmt: skip
        found.setdefault(key, {})[_node(row["slope"], row["load"])] = row
    return {key: _Function(rows, len(rows) == 1) for key, rows in found.items()}


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
            function = self._rows(self.path(base)[0].shape, base)
            ends.append(float(function.at(0.0, 0.0)["speed_min_kmh"]))
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
        label = f"US path: {BASE_NAMES[base]} {what} of {self.engine.standard} over {path.shape}"
        facts = {
            "standard": self.engine.standard,
            "shape": path.shape,
            "per_fuel": path.per_fuel,
        }
        step = Step("us_path", label, path.factor, "1", rows=read, facts=facts)
        if path.per_fuel:
            row = f"us_path:{self.engine.standard}.{base}.per_fuel"
            words = "Over driving speeds it runs from {low:g} to {high:g}"
            step = between(step, f"{row}_low", f"{row}_high", words, defaults=self.defaults)
        return (step,)

    def _base(self, base: str, point: Point) -> Step:
        unit = "MJ/km" if base == ENERGY else "g/km"
        path, _ = self.path(base)
        parts = [self._spread(self.function(path.shape, base, point), base)]
        label = f"{BASE_NAMES[base]} per km of the warm engine"
        if path.per_fuel:
            parts.append(self._fuel_ratio(path.shape, point))
        return product(f"{base}_per_km", label, unit, *parts, *self.own_factors(base))

    def _spread(self, step: Step, base: str) -> Step:
        """Return a function with the spread that the standard's family has in a base."""
        family, read = family_of(self.defaults, self.engine.standard)
        return spread(step, f"{family}.{base}.gsd", *read, defaults=self.defaults)

    def _fuel_ratio(self, shape: str, point: Point) -> Step:
        """Return fuel of the engine over that of the function used per unit of it, kept sane."""
        key = ("fuel_ratio", shape, point)
        if key not in self._done:
            ends, _ = traced(self.defaults, ratio_limits)
            low, high = (
                Step("figure", f"{name} ratio", value, "1", rows=(f"us_path:fuel_ratio.{name}",))
                for name, value in zip(("lowest", "highest"), ends, strict=True)
            )
            label = f"fuel of the engine over that of {shape}, within its limits"
            self._done[key] = limited("fuel_ratio", label, "1", self.plain_energy(point),
                                      self.function(shape, ENERGY, point), low, high)  # fmt: skip
        return self._done[key]

    def plain_energy(self, point: Point) -> Step:
        """Return the energy per kilometre before technology and states change it."""
        key = ("plain", ENERGY, point)
        if key not in self._done:
            path, _ = self.path(ENERGY)
            label = "energy per km of the engine as made"
            function = self._spread(self.function(path.shape, ENERGY, point), ENERGY)
            self._done[key] = product(
                "plain_energy", label, "MJ/km", function, *self._us_path(ENERGY)
            )
        return self._done[key]

    def function(self, standard: str, base: str, point: Point) -> Step:
        """Return a published function between the slopes and loads around a point."""
        key = (standard, base, point)
        if key not in self._done:
            self._done[key] = self._function(standard, base, point)
        return self._done[key]

    def _rows(self, standard: str, base: str) -> _Function:
        technology = self._technology_of.get(standard, "")
        return _functions(self._table)[self.engine.segment, standard, technology, base]

    def _function(self, standard: str, base: str, point: Point) -> Step:
        rows = self._rows(standard, base)
        unit = "MJ/km" if base == ENERGY else "g/km"
        label = f"published {BASE_NAMES[base]} function of {self.engine.segment}, {standard}"
        choice = f"technology.{self.engine.category}.{standard}"
        chosen = (
            (f"emissions:{choice}",) if choice in self.defaults.table("emissions").index else ()
        )
        for row in chosen:
            self.defaults.mark(row)
        if rows.flat:
            one = _published(rows.at(0.0, 0.0), point.speed_kmh, unit)
            note = "It knows neither slope nor load"
            return product("function", label, unit, one, rows=chosen, note=note,
                           facts=point.flat_facts())  # fmt: skip
        corners = []
        for slope, slope_weight in point.slopes:
            for load, load_weight in point.loads:
                where = f"slope {100 * slope:+.0f} %, {100 * load:.0f} % of the load"
                facts = {"slope": slope, "load": load, "slope_weight": slope_weight,
                         "load_weight": load_weight}  # fmt: skip
                weight = Step("weight", f"weight of {where}", slope_weight * load_weight, "1",
                              facts=facts)  # fmt: skip
                one = _published(rows.at(slope, load), point.speed_kmh, unit)
                corners.append(product("corner", f"at {where}", unit, weight, one))
        return total("function", label, unit, *corners, rows=chosen, facts=point.facts())


def _published(row: Mapping[str, Any], speed_kmh: float, unit: str) -> Step:
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
    return replace(step, value=step.recompute())


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
        step = Step("altitude", "altitude", value, "1", rows=read)
        words = "Evidence allows {low:g} to {high:g} in high places"
        low, high = (f"altitude:{group}.{name}" for name in ("low", "high"))
        steps.append(between(step, low, high, words, defaults=defaults))
    if engine.age is None:
        return tuple(steps)
    age = engine.age
    value, read = traced(
        defaults, lambda rows: deterioration_factor(rows, engine.standard, base, age)
    )
    if read:
        label = f"deterioration at {age} years of age"
        step = Step("deterioration", label, value, "1", rows=read, facts={"age_years": age})
        steps.append(spread(step, "deterioration.all.gsd", defaults=defaults, of="The increase"))
    return tuple(steps)


def technology_steps(engine: Engine, parameter: str, defaults: Defaults) -> tuple[Step, ...]:
    """Return the factors of the technology and of each state that a row speaks of."""
    steps = []
    for name in (engine.technology, *engine.states):
        value, read = _factor(name, parameter, engine.standard, defaults)
        if not read:
            continue
        kind = "technology" if name == engine.technology else "state"
        step = Step(kind, f"{kind} {name}: {parameter.replace('_', ' ')}", value, "1", rows=read)
        if name == _HIGH_EMITTER:
            step = spread(step, "composition.high_emitter.gsd", defaults=defaults)
        steps.append(step)
    return tuple(steps)


def _factor(
    name: str, parameter: str, standard: str, defaults: Defaults
) -> tuple[float, tuple[str, ...]]:
    return traced(defaults, lambda rows: Technologies(rows).factor(name, parameter, standard))
