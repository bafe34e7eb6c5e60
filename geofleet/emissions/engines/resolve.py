"""Engines: what one kind of vehicle emits, as arrays ready for the kernels.

An engine is a vehicle class with a technology, a standard, states and, where deterioration is
applied, an age. A vehicle is one engine, or a mixture where its standard is not known.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.emissions import _kernels as kernels
from geofleet.emissions.engines.gases import (
    fuel_coefficients,
    methane_g_mj,
    per_km_gases,
    shares_of,
)
from geofleet.emissions.engines.mixtures import Engine, Mixer, Setting, VehicleKind
from geofleet.emissions.engines.modifiers import altitude_factor, deterioration_factor
from geofleet.emissions.engines.processes import (
    check_temperature,
    cold_excess,
    idle_energy_mj_h,
    idle_rates,
)
from geofleet.emissions.engines.us_path import PerFuel, per_fuel, ratio_limits
from geofleet.emissions.engines.wear import wear_base
from geofleet.emissions.hot.factors import POLLUTANTS, FactorArrays, FunctionKind, factor_arrays
from geofleet.errors import InputError
from geofleet.fleet.model import NO_STANDARD

__all__ = ["ELECTRIC_SPEEDS_KMH", "Engines", "make_engines"]

ELECTRIC_SPEEDS_KMH = (30.0, 40.0, 80.0)
"""Speeds of the rows of table ``electricity_use``, part of their ids."""


@dataclass(frozen=True)
class Engines:
    """Engines and the vehicle kinds made of them, as the kernels want them.

    ``first``, ``number`` and ``weight`` hold the mixtures: kind k is engines
    ``number[first[k]:first[k + 1]]``; ``partly`` marks kinds of which not every engine can have
    every state. See ``_kernels`` for the other arrays.
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
    grid_of_world: npt.NDArray[np.bool_]
    grid_of_other_year: npt.NDArray[np.bool_]
    partly: npt.NDArray[np.bool_]

    def flagged_kinds(self) -> dict[str, npt.NDArray[np.bool_]]:
        """Return by flag which kinds of vehicle it is raised for."""

        def any_engine(of_engine: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
            if not len(self.first) - 1:
                return np.zeros(0, dtype=np.bool_)
            found: npt.NDArray[np.bool_]
            found = np.add.reduceat(of_engine[self.number].astype(np.int64), self.first[:-1]) > 0
            return found

        return {
            "grid_of_world": any_engine(self.grid_of_world),
            "grid_of_other_year": any_engine(self.grid_of_other_year),
            "state_partly_applied": self.partly,
        }


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
    mixer = Mixer(rows, setting)
    called = [f"vehicle {name}" for name in names] if names else [
        f"vehicle kind {position + 1}" for position in range(len(kinds))
    ]  # fmt: skip
    mixtures = [mixer.mixture(kind, name) for kind, name in zip(kinds, called, strict=True)]
    if mixer.problems:
        raise InputError(dict.fromkeys([*mixer.problems, *rows.problems]))
    wear = np.array([_wear(kind, mixer) for kind in kinds]).reshape(len(kinds), 5)
    paths = [_path(engine, mixer) for engine in mixer.engines]
    check_temperature(rows, setting.temperature_c)
    rows.finish()
    functions: dict[FunctionKind, int] = {}
    wanted = _functions_wanted(mixer.engines, paths, functions)
    arrays = factor_arrays(list(functions), wanted=wanted, defaults=defaults)
    partly = np.array([name in mixer.partly for name in called], dtype=np.bool_)
    return _gather(mixtures, wear, partly, paths, arrays, functions, mixer)


def _wear(kind: VehicleKind, mixer: Mixer) -> list[float]:
    """Return the wear coefficients of a vehicle kind; states do not touch them."""
    rows, technologies = mixer.rows, mixer.technologies
    axles = rows.number(
        "vehicle_classes", f"{kind.vehicle_class}.axles", 2, 50, "from 2 to 50 axles"
    )
    base = wear_base(rows, emep_category=mixer.category(kind), axles=axles)
    name = mixer.technology(kind)
    tyre, brake, road = (
        technologies.factor(name, f"{part}_factor", kind.standard)
        for part in ("tyre", "brake", "road")
    )
    return [base[0] * tyre, base[1] * tyre, base[2] * brake, base[3] * brake, base[4] * road]


def _path(engine: Engine, work: Mixer) -> tuple[PerFuel, ...]:
    """Return the function and factor of each base, none for an electric vehicle."""
    if work.technologies.fuel(engine.technology) == "electric":
        return ()
    return tuple(per_fuel(work.rows, engine.standard, base) for base in POLLUTANTS)


def _functions_wanted(
    engines: Iterable[Engine],
    paths: Sequence[tuple[PerFuel, ...]],
    functions: dict[FunctionKind, int],
) -> set[tuple[FunctionKind, str]]:
    """Give each function a number, and return which pollutants of it are used."""
    wanted = set()
    for engine, path in zip(engines, paths, strict=True):
        for base, step in zip(POLLUTANTS, path, strict=path != ()):
            kind = FunctionKind(engine.category, engine.segment, step.shape)
            functions.setdefault(kind, len(functions))
            wanted.add((kind, base))
            if step.per_fuel:
                wanted.add((kind, POLLUTANTS[kernels.ENERGY]))
    return wanted


def _gather(
    mixtures: Sequence[list[tuple[int, float]]],
    wear: npt.NDArray[np.float64],
    partly: npt.NDArray[np.bool_],
    paths: Sequence[tuple[PerFuel, ...]],
    arrays: FactorArrays,
    numbers: dict[FunctionKind, int],
    work: Mixer,
) -> Engines:
    """Fill the arrays of all engines."""
    rows, count = work.rows, len(work.engines)
    shape = np.full((count, kernels.BASES), -1, dtype=np.int32)
    reference = np.full((count, kernels.ENERGY), -1, dtype=np.int32)
    coefficients = np.zeros((count, kernels.ENGINE_COEFFICIENTS))
    per_km = np.zeros((count, 3, 3))
    electric = np.zeros((count, len(ELECTRIC_SPEEDS_KMH)))
    cold = np.zeros((count, 24, kernels.BASES))
    world = np.zeros(count, dtype=np.bool_)
    other_year = np.zeros(count, dtype=np.bool_)
    idle_mj_h = np.zeros(count)
    for number, (engine, path) in enumerate(zip(work.engines, paths, strict=True)):
        names = (engine.technology, *engine.states)
        fuel = work.technologies.fuel(engine.technology)
        if not path:
            electric[number] = _electricity(engine, work)
        for base, step in enumerate(path):
            kind = FunctionKind(engine.category, engine.segment, step.shape)
            place = numbers[kind] * kernels.BASES
            shape[number, base] = place + base
            if step.per_fuel:
                reference[number, base] = place + kernels.ENERGY
            coefficients[number, base] = step.factor * _multiplier(engine, names, base, work)
        if path:
            coefficients[number, kernels.PLAIN_ENERGY] = path[kernels.ENERGY].factor
            coefficients[number, kernels.RATIO_LOW : kernels.RATIO_HIGH + 1] = ratio_limits(rows)
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
        values, world[number], other_year[number] = fuel_coefficients(
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
        grid_of_world=world,
        grid_of_other_year=other_year,
        partly=partly,
    )


def _multiplier(engine: Engine, names: Sequence[str], base: int, work: Mixer) -> float:
    """Return what technology, states, altitude and age do to one base."""
    name = POLLUTANTS[base]
    factor = work.technologies.product(names, f"{name}_factor", engine.standard)
    factor *= altitude_factor(work.rows, engine.category, engine.standard, engine.states, name)
    if engine.age is not None:
        factor *= deterioration_factor(work.rows, engine.standard, name, engine.age)
    return factor


def _electricity(engine: Engine, work: Mixer) -> npt.NDArray[np.float64]:
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
