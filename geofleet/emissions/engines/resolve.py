"""Engines: what one kind of vehicle emits, as arrays ready for the kernels.

An engine is a vehicle class with a technology, a standard, states and, where deterioration is
applied, an age. A vehicle is one engine, or a mixture where its standard is not known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.emissions import _kernels as kernels
from geofleet.emissions.engines.certification import NoMixError, standards_of
from geofleet.emissions.engines.gases import (
    fuel_coefficients,
    methane_g_mj,
    per_km_gases,
    shares_of,
)
from geofleet.emissions.engines.modifiers import altitude_factor, deterioration_factor, equipment
from geofleet.emissions.engines.processes import cold_excess, idle_energy_mj_h, idle_rates
from geofleet.emissions.engines.technologies import STATE, VEHICLE, Technologies
from geofleet.emissions.engines.us_path import PerFuel, per_fuel
from geofleet.emissions.engines.wear import wear_base
from geofleet.emissions.hot.factors import POLLUTANTS, FactorArrays, FunctionKind, factor_arrays
from geofleet.errors import InputError, Problem
from geofleet.fleet.classes import EMEP_CATEGORIES
from geofleet.fleet.model import NO_STANDARD

__all__ = ["Engine", "Engines", "Setting", "VehicleKind", "make_engines", "vehicle_kind"]

ELECTRIC_SPEEDS_KMH = (30.0, 40.0, 80.0)
"""Speeds of the rows of table ``electricity_use``, part of their ids."""


@dataclass(frozen=True)
class Setting:
    """Where and when vehicles drive.

    Parameters
    ----------
    country
        ISO 3166 code, for certification mix and electricity grid.
    year
        Calendar year, for age and grid; None takes the newest grid and no age.
    temperature_c
        Mean air temperature by hour of day (24); None takes row ``cold_start:temperature_c``.
    """

    country: str | None = None
    year: int | None = None
    temperature_c: tuple[float, ...] | None = None


@dataclass(frozen=True, slots=True)
class VehicleKind:
    """What the fleet table says of a vehicle, as far as emissions go."""

    vehicle_class: str
    fuel: str
    standard: str
    model_year: int
    aftertreatment: tuple[str, ...] = ()
    technology: str = ""


@dataclass(frozen=True, slots=True)
class Engine:
    """One kind of engine: ``standard`` is one of the factor table or of the US path."""

    vehicle_class: str
    category: str
    segment: str
    technology: str
    standard: str
    states: tuple[str, ...] = ()
    age: int | None = None


@dataclass(frozen=True)
class Engines:
    """Engines and the vehicle kinds made of them, as the kernels want them.

    ``first``, ``number`` and ``weight`` hold the mixtures: kind k is engines
    ``number[first[k]:first[k + 1]]``. See ``_kernels`` for the other arrays.
    """

    engines: tuple[Engine, ...]
    first: npt.NDArray[np.int32]
    number: npt.NDArray[np.int32]
    weight: npt.NDArray[np.float64]
    wear: npt.NDArray[np.float64]
    functions: npt.NDArray[np.float64]
    flat: npt.NDArray[np.bool_]
    doubtful: npt.NDArray[np.bool_]
    shape: npt.NDArray[np.int32]
    reference: npt.NDArray[np.int32]
    coefficients: npt.NDArray[np.float64]
    per_km: npt.NDArray[np.float64]
    electric: npt.NDArray[np.float64]
    cold: npt.NDArray[np.float64]
    idle: npt.NDArray[np.float64]
    slowest_kmh: npt.NDArray[np.float64]
    used: pd.DataFrame
    foreign_grid: npt.NDArray[np.bool_]


@dataclass
class _Work:
    """What is gathered while engines are resolved."""

    rows: CheckedRows
    technologies: Technologies
    setting: Setting
    engines: dict[Engine, int] = field(default_factory=dict)
    functions: dict[FunctionKind, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def vehicle_kind(row: pd.Series) -> VehicleKind:
    """Read a row of a vehicle table (``VEHICLE_SCHEMA``)."""

    def text(column: str) -> str:
        value = row.get(column)
        return "" if value is None or value != value else str(value)

    year = row.get("model_year")
    states = tuple(part.strip() for part in text("aftertreatment").split(";") if part.strip())
    return VehicleKind(
        vehicle_class=text("vehicle_class"),
        fuel=text("fuel"),
        standard=text("standard"),
        model_year=0 if year is None or year != year else int(year),
        aftertreatment=states,
        technology=text("technology"),
    )


def make_engines(
    kinds: Sequence[VehicleKind],
    *,
    setting: Setting,
    defaults: Defaults,
    names: Sequence[str] | None = None,
) -> Engines:
    """Resolve vehicle kinds to engines and gather everything the kernels need.

    Parameters
    ----------
    kinds
        Vehicle kinds, one mixture each.
    setting
        Country, year and temperatures.
    defaults
        Recorder of the rows read.
    names
        What to call each kind in an error: a vehicle id.

    Raises
    ------
    InputError
        Technologies or states that do not exist or cannot be on a vehicle, standards without
        functions or mix, default rows out of their limits: all of them.
    """
    rows = CheckedRows(defaults)
    work = _Work(rows, Technologies(rows), setting)
    mixtures = []
    for position, kind in enumerate(kinds):
        name = f"vehicle {names[position]}" if names else f"vehicle kind {position + 1}"
        mixtures.append(_mixture(kind, name, work))
    wear = np.array([_wear(kind, work) for kind in kinds]).reshape(len(kinds), 5)
    if work.problems:
        raise InputError(dict.fromkeys([*work.problems, *rows.problems]))
    paths = [_path(engine, work) for engine in work.engines]
    rows.finish()
    wanted = _functions_wanted(list(work.engines), paths, work)
    arrays = factor_arrays(list(work.functions), wanted=wanted, defaults=defaults)
    return _gather(mixtures, wear, paths, arrays, work)


def _mixture(kind: VehicleKind, name: str, work: _Work) -> list[tuple[int, float]]:
    """Return engine numbers and weights of a vehicle kind, adding engines not met before."""
    technologies, rows = work.technologies, work.rows
    row = f"{kind.vehicle_class}.emep_category"
    category = rows.choice("vehicle_classes", row, EMEP_CATEGORIES)
    segment = rows.defaults.text("vehicle_classes", f"{kind.vehicle_class}.emep_segment")
    technology = kind.technology or technologies.of_fuel(kind.fuel)
    known = technologies.names(VEHICLE)
    if technology is None or technology not in known:
        field, value = ("technology", kind.technology) if kind.technology else ("fuel", kind.fuel)
        expected = "a vehicle technology: " + ", ".join(known)
        work.problems.append(Problem(name, field, value=value, expected=expected))
        return []
    if kind.technology and technologies.fuel(technology) != kind.fuel:
        expected = f"a technology that runs on {kind.fuel}"
        work.problems.append(Problem(name, "technology", value=technology, expected=expected))
        return []
    standards: tuple[tuple[str, float], ...] = ((NO_STANDARD, 1.0),)
    if technologies.fuel(technology) != "electric":
        try:
            standards = standards_of(
                rows, category=category, standard=kind.standard, model_year=kind.model_year,
                country=work.setting.country,
            )  # fmt: skip
        except NoMixError as error:
            problem = Problem(name, "standard", value=kind.standard, expected=str(error))
            work.problems.append(problem)
            return []
    age = _age(kind, work)
    out = []
    for standard, weight in standards:
        states = _states(
            kind, technology, category, standard, name, work, alone=len(standards) == 1
        )
        engine = Engine(kind.vehicle_class, category, segment, technology, standard, states, age)
        out.append((work.engines.setdefault(engine, len(work.engines)), weight))
    return out


def _age(kind: VehicleKind, work: _Work) -> int | None:
    applied = work.rows.number("deterioration", "applied", 0, 1, "0 (no) or 1 (yes)")
    if not applied or work.setting.year is None or not kind.model_year:
        return None
    return max(0, work.setting.year - kind.model_year)


def _states(
    kind: VehicleKind,
    technology: str,
    category: str,
    standard: str,
    name: str,
    work: _Work,
    *,
    alone: bool,
) -> tuple[str, ...]:
    """Return the states that are on an engine; in a mixture, those that can be on it."""
    technologies = work.technologies
    states = []
    for state in kind.aftertreatment:
        known = technologies.names(STATE)
        if state not in known:
            expected = "states of the technologies table: " + ", ".join(known)
            work.problems.append(Problem(name, "aftertreatment", value=state, expected=expected))
            continue
        electric = technologies.fuel(technology) == "electric"
        fits = not electric and technologies.applies(state, standard)
        need = technologies.needs(state) if fits else ""
        fits = fits and (not need or equipment(work.rows, category, standard, need))
        if fits:
            states.append(state)
        elif alone or electric:
            allowed = ", ".join(technologies.allowed(state))
            having = f" on engines with {need}" if need else ""
            expected = (
                f"states of a {category} vehicle of standard {standard}; {state} is for standards "
                f"{allowed}{having}"
            )
            work.problems.append(Problem(name, "aftertreatment", value=state, expected=expected))
    return tuple(states)


def _wear(kind: VehicleKind, work: _Work) -> list[float]:
    """Return the wear coefficients of a vehicle kind; states do not touch them."""
    rows, technologies = work.rows, work.technologies
    row = f"{kind.vehicle_class}.emep_category"
    category = rows.choice("vehicle_classes", row, EMEP_CATEGORIES)
    axles = rows.number(
        "vehicle_classes", f"{kind.vehicle_class}.axles", 2, 50, "from 2 to 50 axles"
    )
    base = wear_base(rows, emep_category=category, axles=axles)
    name = kind.technology or technologies.of_fuel(kind.fuel) or ""
    tyre, brake, road = (
        technologies.factor(name, f"{part}_factor", kind.standard)
        for part in ("tyre", "brake", "road")
    )
    return [base[0] * tyre, base[1] * tyre, base[2] * brake, base[3] * brake, base[4] * road]


def _path(engine: Engine, work: _Work) -> tuple[PerFuel, ...]:
    """Return the function and factor of each base, none for an electric vehicle."""
    if work.technologies.fuel(engine.technology) == "electric":
        return ()
    return tuple(per_fuel(work.rows, engine.standard, base) for base in POLLUTANTS)


def _functions_wanted(
    engines: Sequence[Engine], paths: Sequence[tuple[PerFuel, ...]], work: _Work
) -> set[tuple[FunctionKind, str]]:
    """Give each function a number, and return which pollutants of it are used."""
    wanted = set()
    for engine, path in zip(engines, paths, strict=True):
        for base, step in zip(POLLUTANTS, path, strict=path != ()):
            kind = FunctionKind(engine.category, engine.segment, step.shape)
            work.functions.setdefault(kind, len(work.functions))
            wanted.add((kind, base))
            if step.per_fuel:
                wanted.add((kind, POLLUTANTS[kernels.ENERGY]))
    return wanted


def _gather(
    mixtures: Sequence[list[tuple[int, float]]],
    wear: npt.NDArray[np.float64],
    paths: Sequence[tuple[PerFuel, ...]],
    arrays: FactorArrays,
    work: _Work,
) -> Engines:
    """Fill the arrays of all engines."""
    rows, count = work.rows, len(work.engines)
    shape = np.full((count, kernels.BASES), -1, dtype=np.int32)
    reference = np.full((count, kernels.ENERGY), -1, dtype=np.int32)
    coefficients = np.zeros((count, kernels.ENGINE_COEFFICIENTS))
    per_km = np.zeros((count, 3, 3))
    electric = np.zeros((count, len(ELECTRIC_SPEEDS_KMH)))
    cold = np.zeros((count, 24, kernels.BASES))
    foreign = np.zeros(count, dtype=np.bool_)
    idle_mj_h = np.zeros(count)
    for number, (engine, path) in enumerate(zip(work.engines, paths, strict=True)):
        names = (engine.technology, *engine.states)
        fuel = work.technologies.fuel(engine.technology)
        if not path:
            electric[number] = _electricity(engine, work)
        for base, step in enumerate(path):
            kind = FunctionKind(engine.category, engine.segment, step.shape)
            place = work.functions[kind] * kernels.BASES
            shape[number, base] = place + base
            if step.per_fuel:
                reference[number, base] = place + kernels.ENERGY
            coefficients[number, base] = step.factor * _multiplier(engine, names, base, work)
        if path:
            coefficients[number, kernels.PLAIN_ENERGY] = path[kernels.ENERGY].factor
            coefficients[number, kernels.NO2_SHARE : kernels.OC_SHARE + 1] = shares_of(
                rows, work.technologies, engine.category, engine.standard, names
            )
            per_km[number] = per_km_gases(
                rows, work.technologies, engine.category, engine.segment, engine.standard, names
            )
            coefficients[number, kernels.CH4_G_MJ] = methane_g_mj(
                work.technologies, engine.standard, names
            )
            cold[number] = cold_excess(rows, engine.category, work.setting.temperature_c)
            idle_mj_h[number] = idle_energy_mj_h(rows, engine.vehicle_class)
        values, foreign[number] = fuel_coefficients(
            rows, fuel, country=work.setting.country, year=work.setting.year
        )
        coefficients[number, kernels.FUEL_G_MJ : kernels.CH4_G_MJ] = values
    rows.finish()
    functions = arrays.functions.reshape(-1, *arrays.functions.shape[2:])
    flat = np.repeat(arrays.flat, kernels.BASES)
    idle, slowest = idle_rates(functions, flat, shape, reference, coefficients, idle_mj_h)
    sizes = [len(mixture) for mixture in mixtures]
    pairs = [pair for mixture in mixtures for pair in mixture]
    return Engines(
        engines=tuple(work.engines),
        first=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32),
        number=np.array([engine for engine, _ in pairs], dtype=np.int32),
        weight=np.array([weight for _, weight in pairs], dtype=np.float64),
        wear=wear,
        functions=functions,
        flat=flat,
        doubtful=arrays.doubtful.reshape(-1),
        shape=shape,
        reference=reference,
        coefficients=coefficients,
        per_km=per_km,
        electric=electric,
        cold=cold,
        idle=idle,
        slowest_kmh=slowest,
        used=arrays.used,
        foreign_grid=foreign,
    )


def _multiplier(engine: Engine, names: Sequence[str], base: int, work: _Work) -> float:
    """Return what technology, states, altitude and age do to one base."""
    name = POLLUTANTS[base]
    factor = work.technologies.product(names, f"{name}_factor", engine.standard)
    factor *= altitude_factor(work.rows, engine.category, engine.standard, engine.states, name)
    if engine.age is not None:
        factor *= deterioration_factor(work.rows, engine.standard, name, engine.age)
    return factor


def _electricity(engine: Engine, work: _Work) -> npt.NDArray[np.float64]:
    """Return kWh/km at the speeds of the table: by vehicle class, or what the technology says."""
    own = work.technologies.number(engine.technology, "electricity_wh_km")
    if own is not None:
        return np.full(len(ELECTRIC_SPEEDS_KMH), own / 1000.0)
    factor = work.technologies.factor(engine.technology, "electricity_factor", NO_STANDARD)
    use = [
        work.rows.number(
            "electricity_use", f"{engine.vehicle_class}.{speed:g}.wh_km", 0.0, 1e5,
            "a number of at least 0",
        )
        for speed in ELECTRIC_SPEEDS_KMH
    ]  # fmt: skip
    return np.array(use) * factor / 1000.0
