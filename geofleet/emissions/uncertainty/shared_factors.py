"""Factors that err together: draws of what is uncertain, and which of it acts on which engine.

Every source of error is one random factor with the central value 1, shared by all links, hours and
vehicles that it acts on. A source has a stream of random numbers of its own, from the seed and its
name: another vehicle in the fleet changes no draw of the others, and two scenarios with one seed
see the same world.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
import numpy.typing as npt

from geofleet.defaults.checked import CheckedRows
from geofleet.emissions import _kernels as kernels
from geofleet.emissions.engines.modifiers import altitude_group
from geofleet.emissions.engines.resolve import Engines
from geofleet.emissions.engines.technologies import Technologies
from geofleet.emissions.hot.factors import POLLUTANTS

__all__ = [
    "BASE_OF",
    "NORMAL_95",
    "Component",
    "Draws",
    "Group",
    "Mix",
    "emitter_factors",
    "engine_groups",
    "factor",
    "family_of",
    "read_gsd",
    "stream",
]

HIGH, NORMAL = "high_emitter", "normal_emitter"
VEHICLES = "high_emitter.vehicles"
_TABLE = "uncertainty"
NORMAL_95 = 1.645
"""Standard deviations from the middle to 5 and to 95 % of a normal distribution."""
_ELECTRIC = "electric"
_IDLE = ("stop", "queue")
_UPSTREAM = {
    "diesel": "upstream.diesel",
    "cng": "upstream.cng",
    _ELECTRIC: "upstream.electricity",
}

BASE_OF = {
    "nox_exhaust_g": "nox", "no2_exhaust_g": "nox", "pm25_exhaust_g": "pm25",
    "bc_exhaust_g": "pm25", "oc_exhaust_g": "pm25", "co_exhaust_g": "co", "voc_exhaust_g": "voc",
    "ch4_exhaust_g": "ch4", "n2o_exhaust_g": "n2o", "nh3_exhaust_g": "nh3",
    "so2_exhaust_g": "energy", "fuel_g": "energy", "co2_g": "energy", "energy_mj": "energy",
    "electricity_kwh": "energy", "co2e_wtt_g": "energy", "pm25_wear_g": "wear",
    "pm10_wear_g": "wear",
}  # fmt: skip
"""What each quantity is proportional to; the sums co2e_ttw_g and co2e_wtw_g are made of others."""

_MASS_OF = {"bc_exhaust_g": "bc", "oc_exhaust_g": "oc"}

Floats = npt.NDArray[np.float64]
Mix = tuple[tuple[str, float], ...]
"""Standards (as fleet tables name them) and their shares, which sum to 1; empty where known."""


@dataclass(frozen=True, slots=True)
class Group:
    """Engines that err alike.

    Parameters
    ----------
    family
        Family of their standard, rows ``uncertainty:standard.<standard>.family``.
    standard
        Their standard.
    us_path, per_fuel
        Whether factors of the US path stand behind them, and by base, whether per unit of fuel.
    altitude
        Row group of table ``altitude`` by pollutant, empty where there is none.
    fuel
        ``diesel``, ``cng`` or ``electric``.
    no2, bc
        Share of NO2 in NOx and of black carbon in PM2.5: a draw cannot make them more than 1.
    methane_of_fuel
        Whether methane is a share of the fuel.
    emitter
        ``drawn`` where nobody knows whether a vehicle is a high emitter, else ``high`` or ``none``.
    """

    family: str
    standard: str
    us_path: bool
    per_fuel: tuple[bool, ...]
    altitude: tuple[str, ...]
    fuel: str
    no2: float
    bc: float
    methane_of_fuel: bool
    emitter: str


@dataclass(frozen=True, slots=True)
class Component:
    """A part of the emissions that one product of factors acts on.

    ``part`` is ``hot`` (with wear), ``cold``, ``stop`` (idling at stops) or ``queue`` (at signals);
    ``aged`` names the base of which this is the increase by age, and is empty for the rest.
    ``mixes`` says where engines of a flow come from: certification mixes with their part of them,
    an empty mix for those of known standard.
    """

    group: Group
    part: str
    aged: str = ""
    mixes: tuple[tuple[Mix, float], ...] = ()


@dataclass
class Draws:
    """Random factors by name of their source.

    Parameters
    ----------
    rows
        Where spreads are read.
    seed, count
        Any whole number; number of draws.
    altitude
        Height of the place as a share of the height that the bands of table ``altitude`` are for.
    only
        The one source that varies; all when not given.
    """

    rows: CheckedRows
    seed: int
    count: int
    altitude: float
    only: str | None = None
    sources: dict[str, None] = field(default_factory=dict)
    values: dict[Hashable, float] = field(default_factory=dict)
    _known: dict[str, Floats] = field(default_factory=dict)

    def of(self, only: str) -> Draws:
        """Return the same draws with one source alone."""
        return replace(self, only=only, sources={}, _known={})

    def value(self, key: Hashable, read: Callable[[], float]) -> float:
        """Return a number, read once for all components."""
        if key not in self.values:
            self.values[key] = read()
        return self.values[key]

    def active(self, name: str) -> bool:
        """Whether a source varies, noting that it was asked for."""
        self.sources.setdefault(name)
        return self.only is None or self.only == name

    def lognormal(self, name: str, row: str | None = None, gsd: float | None = None) -> Floats:
        """Return a factor of median 1 with the spread of a row of table ``uncertainty``."""
        if gsd is None:
            place = row or f"{name}.gsd"
            gsd = self.value(place, lambda: read_gsd(self.rows, place))
        if not self.active(name):
            return np.ones(self.count)
        if name not in self._known:
            self._known[name] = stream(self.seed, name).standard_normal(self.count)
        spread: Floats = np.exp(np.log(gsd) * self._known[name])
        return spread

    def altitude_factor(self, group: str) -> Floats:
        """Return what thin air may do beyond the factor in use: even odds over the band."""

        def number(what: str, low: float) -> float:
            row, expected = f"{group}.{what}", f"a number of at least {low:g}"
            return self.value(row, lambda: self.rows.number("altitude", row, low, 1e3, expected))

        used, low = number("factor", 0.0), number("low", 0.0)
        high = number("high", low)
        name = f"altitude.{group}"
        if not self.active(name) or not used > 0.0:
            return np.ones(self.count)
        if name not in self._known:
            self._known[name] = stream(self.seed, name).random(self.count)
        # At sea level there is no band; above the reference it is wider than stated.
        share = self.altitude
        low, high = used + (low - used) * share, used + (high - used) * share
        value: Floats = np.maximum(low + (high - low) * self._known[name], 0.0) / used
        return value

    def high_emitters(self, names: list[str], share: float) -> npt.NDArray[np.bool_] | None:
        """Return which vehicles are high emitters, shape (vehicles, draws); None for the mean."""
        if not self.active(VEHICLES):
            return None
        found = np.empty((len(names), self.count), dtype=np.bool_)
        for row, name in enumerate(names):
            found[row] = stream(self.seed, f"vehicle:{name}").random(self.count) < share
        return found


def read_gsd(rows: CheckedRows, row: str) -> float:
    """Return a spread of table ``uncertainty``."""
    expected = "a geometric standard deviation from 1 to 20"
    return rows.number(_TABLE, row, 1.0, 20.0, expected)


def family_of(rows: CheckedRows, standard: str) -> str:
    """Return the family of a standard: those whose factors err together."""
    return rows.defaults.text(_TABLE, f"standard.{standard}.family")


def stream(seed: int, name: str) -> np.random.Generator:
    """Return the random numbers of one source."""
    digest = hashlib.blake2b(f"{seed}:{name}".encode(), digest_size=16).digest()
    return np.random.Generator(np.random.Philox(key=int.from_bytes(digest, "little")))


def engine_groups(engines: Engines, rows: CheckedRows) -> tuple[list[Group], npt.NDArray[np.int64]]:
    """Return the groups of engines that err alike, and the group of each engine."""
    technologies = Technologies(rows)
    groups: dict[Group, int] = {}
    code = []
    for number, engine in enumerate(engines.engines):
        values = engines.coefficients[number]
        fuel = technologies.fuel(engine.technology)
        electric = fuel == _ELECTRIC
        family = _ELECTRIC
        if not electric:
            family = family_of(rows, engine.standard)
        states = set(engine.states)
        emitter = "high" if HIGH in states else "none" if NORMAL in states or electric else "drawn"
        altitude = tuple(
            "" if electric else altitude_group(
                rows, engine.category, engine.standard, engine.states, base) or ""
            for base in POLLUTANTS[: kernels.ENERGY]
        )  # fmt: skip
        per_fuel = tuple(bool(one >= 0) for one in engines.reference[number])
        group = Group(
            family=family,
            standard=engine.standard,
            us_path=any(per_fuel),
            per_fuel=per_fuel,
            altitude=altitude,
            fuel=fuel if fuel in ("cng", _ELECTRIC) else "diesel",
            no2=float(values[kernels.NO2_SHARE]),
            bc=float(values[kernels.BC_SHARE]),
            methane_of_fuel=bool(values[kernels.CH4_G_MJ] > 0.0),
            emitter=emitter,
        )
        code.append(groups.setdefault(group, len(groups)))
    return list(groups), np.array(code, dtype=np.int64)


def factor(component: Component, quantity: str, draws: Draws) -> Floats:
    """Return the draws of everything that multiplies a quantity of a component, emitters apart."""
    group, part = component.group, component.part
    family, base = group.family, BASE_OF[quantity]
    if base == "wear":
        return draws.lognormal("wear", f"{family}.wear.gsd")
    if group.fuel == _ELECTRIC and base != "energy":
        return np.ones(draws.count)
    energy = np.ones(draws.count)
    if part not in _IDLE:  # fuel of idling does not come from the functions
        energy = draws.lognormal(f"{family}.energy")
        if group.fuel == _ELECTRIC:  # the table is of constant speed: traffic is not
            energy = energy * draws.lognormal("electric.cruising")
    out = np.ones(draws.count)
    if base == "energy":
        out = energy
    elif base in POLLUTANTS:
        place = POLLUTANTS.index(base)
        out = draws.lognormal(f"{family}.{base}")
        if group.per_fuel[place]:
            out = out * energy * _us_path(group, base, draws)
        if group.altitude[place]:
            out = out * draws.altitude_factor(group.altitude[place])
        out = out * _share(group, quantity, draws)
    else:
        out = draws.lognormal(base, f"all.{base}.gsd")
        if base == "ch4" and group.methane_of_fuel:
            out = out * energy
    if quantity == "co2e_wtt_g":
        out = out * draws.lognormal(_UPSTREAM[group.fuel])
    if part == "cold":
        out = out * draws.lognormal("cold_start", "cold.all.gsd")
    elif part in _IDLE:
        out = out * draws.lognormal("idle", "idle.all.gsd")
        if part == "stop":  # how long engines run there
            out = out * draws.lognormal("idle.stop")
    if component.aged:
        out = out * draws.lognormal("deterioration", "deterioration.all.gsd")
    return out


def emitter_factors(
    component: Component, quantity: str, draws: Draws, technologies: Technologies, share: float
) -> tuple[Floats, Floats]:
    """Return the factors of a normal and of a high emitter.

    Both are 1 where a state says nothing of the quantity. Among vehicles of which nobody knows
    what they are, the mean stays 1 whatever the factor of high emitters is.
    """
    group = component.group
    base = _MASS_OF.get(quantity, BASE_OF[quantity])
    ones = np.ones(draws.count)
    if base == "wear" or group.emitter == "none" or quantity == "electricity_kwh":
        return ones, ones
    high, normal = (
        draws.value(
            (name, base, group.standard),
            partial(technologies.factor, name, f"{base}_factor", group.standard),
        )
        for name in (HIGH, NORMAL)
    )
    if high == normal == 1.0:
        return ones, ones
    worse = draws.lognormal("high_emitter.factor", "composition.high_emitter.gsd")
    if group.emitter == "high":
        return worse, worse
    mean = share * high * worse + (1.0 - share) * normal
    return normal / mean, high * worse / mean


def _us_path(group: Group, base: str, draws: Draws) -> Floats:
    """Return the spread of the multiplier of a US standard: its smallest and largest as 5–95 %."""

    def number(what: str, low: float) -> float:
        expected = f"a number above {low:g}" if low == 0.0 else f"a number of at least {low:g}"
        row = f"{group.standard}.{base}.per_fuel_{what}"
        return draws.value(
            row,
            lambda: draws.rows.number("us_path", row, low, np.inf, expected, above=low == 0.0),
        )

    low = number("low", 0.0)
    high = number("high", low if low > 0.0 else 0.0)
    known = low > 0.0 and high >= low
    gsd = float((high / low) ** (0.5 / NORMAL_95)) if known else 1.0
    return draws.lognormal(f"us_path.{group.standard}.{base}", gsd=gsd)


def _share(group: Group, quantity: str, draws: Draws) -> Floats:
    """Return the factor on a share of NOx or PM2.5; no share passes 1.

    Organic carbon is part of what black carbon leaves of PM2.5: where one grows the other shrinks.
    """
    if quantity == "no2_exhaust_g" and group.no2 > 0.0:
        return np.minimum(draws.lognormal(f"{group.family}.no2"), 1.0 / group.no2)
    if quantity in _MASS_OF and group.bc > 0.0:
        share = np.minimum(draws.lognormal(f"{group.family}.bc"), max(1.0, 1.0 / group.bc))
        if quantity == "bc_exhaust_g":
            return share
        if group.bc < 1.0:
            return np.asarray((1.0 - group.bc * share) / (1.0 - group.bc))
    return np.ones(draws.count)
