"""From links to people and back: unit exposure (adjoint) and concentrations (forward)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from geofleet.defaults import Defaults
from geofleet.errors import InputError, Problem
from geofleet.exposure.city import operator
from geofleet.exposure.city._kernels import SLOTS
from geofleet.exposure.city.scene import Scene, prepare_scene
from geofleet.exposure.model import HourlyExposure, Receptors, UnitExposure, Weather

if TYPE_CHECKING:
    from geofleet.network import RoadNetwork

__all__ = [
    "concentrations",
    "concentrations_at",
    "daily_mean",
    "group_exposures",
    "people_weighted_concentration",
    "unit_exposure",
    "unit_exposure_at",
    "unit_exposures",
]

_SECONDS_PER_HOUR = 3600.0

Floats = npt.NDArray[np.float64]
Progress = Callable[[float], None]


def unit_exposure(
    network: RoadNetwork,
    receptors: Receptors,
    weather: Weather,
    *,
    edges: npt.NDArray[np.int32],
    group: str = "people",
    scene: Scene | None = None,
    tolerance: float | None = None,
    max_memory_mb: float | None = None,
    executor: Executor | None = None,
    defaults: Defaults | None = None,
    progress: Progress | None = None,
) -> UnitExposure:
    """Return persons x µg/m3 per g/s emitted on each edge in each hour of the day.

    The line-source model is RLINE as in AERMOD v23132 (Snyder et al. 2013, Atmos. Environ. 77,
    748-756; Owen et al. 2025, J. Air Waste Manage. Assoc.), averaged over the weather rows of
    the hour. Both directions of a street share one line, so they get one value. People are where
    :meth:`Receptors.people_by_hour` has them.

    Parameters
    ----------
    edges
        Edge numbers, in any order; repeated ones count once.
    group
        Whose exposure: all ``people``, or one of the receptors' groups.
    scene
        From :func:`prepare_scene` with the same edges, ascending, the same receptors and the
        weather to be used; made here when not given.
    tolerance
        Relative error accepted (99th percentile over links and hours); a default when not given.
    max_memory_mb
        Most memory that tables, arrays and transforms may take.
    executor
        Where tiles of close pairs are summed; results are the same bits without one.
    progress
        Called with the part done, 0 to 1.

    Raises
    ------
    InputError
        Edge numbers that the network does not have, receptors in another CRS, an hour of the
        day without weather, a group, tolerance or memory that cannot be had.
    """
    numbers = np.unique(np.asarray(edges, dtype=np.int32))
    settings = {"tolerance": tolerance, "max_memory_mb": max_memory_mb, "defaults": defaults}
    scene = _fitting(scene, network, receptors, weather, numbers, settings)
    return _of_groups(scene, receptors, (group,), executor, progress)[group]


def group_exposures(
    network: RoadNetwork,
    receptors: Receptors,
    weather: Weather,
    *,
    edges: npt.NDArray[np.int32],
    scene: Scene | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
    **settings: Any,
) -> dict[str, UnitExposure]:
    """Return the unit exposure of all ``people`` and of each of the receptors' groups at once.

    Parameters
    ----------
    edges, scene, executor, progress, **settings
        As of :func:`unit_exposure`.

    Raises
    ------
    InputError
        As in :func:`unit_exposure`.
    """
    numbers = np.unique(np.asarray(edges, dtype=np.int32))
    scene = _fitting(scene, network, receptors, weather, numbers, settings)
    return _of_groups(scene, receptors, ("people", *receptors.groups), executor, progress)


def _of_groups(
    scene: Scene,
    receptors: Receptors,
    groups: tuple[str, ...],
    executor: Executor | None,
    progress: Progress | None,
) -> dict[str, UnitExposure]:
    people = np.stack([receptors.people_by_hour(group)[:, scene.hours] for group in groups])
    values = operator.adjoint(scene, people, executor=executor, progress=progress)
    return {
        group: UnitExposure(
            edges=scene.edges,
            values=values[number][scene.lines.line_of],
            people=float(people[number].mean(axis=1).sum()),
            report={**scene.report, "group": group},
            provenance=scene.provenance,
        )
        for number, group in enumerate(groups)
    }


def unit_exposures(
    network: RoadNetwork,
    receptors: Receptors,
    weather: Weather,
    *,
    edges: npt.NDArray[np.int32],
    by: str | tuple[str, ...],
    group: str = "people",
    **settings: Any,
) -> dict[Hashable, UnitExposure]:
    """Return the unit exposure by hour of day of each month, season or kind of day.

    Parameters
    ----------
    by
        ``month``, ``season``, ``day_kind`` or a tuple of them: see :meth:`Weather.split`.
    **settings
        As of :func:`unit_exposure`.

    Raises
    ------
    InputError
        As in :func:`unit_exposure`, and an hour of the day without weather in one of the parts.
    """
    numbers = np.unique(np.asarray(edges, dtype=np.int32))
    found: dict[Hashable, UnitExposure] = {}
    scene: Scene | None = None
    for label, part in weather.split(by).items():
        if scene is None:
            names = ("tolerance", "max_memory_mb", "defaults")
            chosen = {name: settings[name] for name in names if name in settings}
            scene = prepare_scene(network, receptors, part, edges=numbers, **chosen)
        else:
            scene = scene.with_weather(part)
        found[label] = unit_exposure(
            network, receptors, part, edges=numbers, group=group, scene=scene, **settings
        )
    return found


def unit_exposure_at(
    network: RoadNetwork,
    receptors: Receptors,
    weather: Weather,
    *,
    times: Collection[Any],
    edges: npt.NDArray[np.int32],
    group: str = "people",
    scene: Scene | None = None,
    executor: Executor | None = None,
    **settings: Any,
) -> HourlyExposure:
    """Return unit exposure in single hours of the record, not means over many.

    Parameters
    ----------
    times
        Times with time zone; each stands for the hour that holds it.
    scene
        From :func:`prepare_scene` with the same edges, ascending; made here when not given.
    **settings
        ``tolerance``, ``max_memory_mb``, ``defaults``, as of :func:`unit_exposure`.

    Raises
    ------
    InputError
        As in :func:`unit_exposure`, and hours that the weather does not have.
    """
    numbers = np.unique(np.asarray(edges, dtype=np.int32))
    scene = _fitting(scene, network, receptors, weather, numbers, settings)
    labels, slot = weather.slots(times)
    values = np.empty((len(numbers), len(labels)))
    people = receptors.people_by_hour(group)
    for first in range(0, len(labels), SLOTS):
        part, here = _single_hours(scene, weather, slot, first)
        weights = people[None, :, here.hours]
        result = operator.adjoint(here, weights, executor=executor)[0][here.lines.line_of]
        values[:, first : first + part] = result[:, :part]
    return HourlyExposure(
        edges=numbers,
        times=tuple(labels["time"]),
        values=values,
        report={**scene.report, "group": group},
        provenance=scene.provenance,
    )


def concentrations(
    network: RoadNetwork,
    receptors: Receptors,
    weather: Weather,
    *,
    edges: npt.NDArray[np.int32],
    grams: Floats,
    scene: Scene | None = None,
    tolerance: float | None = None,
    max_memory_mb: float | None = None,
    executor: Executor | None = None,
    defaults: Defaults | None = None,
    progress: Progress | None = None,
) -> Floats:
    """Return concentrations in µg/m3 at the receptors, shape (receptors, 24).

    Several pollutants at once cost less than one by one: ``grams`` of shape (kinds, edges, 24)
    gives (kinds, receptors, 24).

    Parameters
    ----------
    edges
        Edge numbers, one for each row of ``grams``.
    grams
        Shape (len(edges), 24) or (kinds, len(edges), 24): grams emitted on each edge in each
        hour of the day, spread evenly over its 3,600 s.
    scene
        From :func:`prepare_scene` with the same edges in the same order; made here when not
        given.
    tolerance, max_memory_mb, executor, progress
        As of :func:`unit_exposure`.

    Raises
    ------
    InputError
        As in :func:`unit_exposure`, and grams that are negative, not finite or misshapen.
    """
    numbers = np.asarray(edges, dtype=np.int32)
    stack, single = _stack(grams, len(numbers), 24)
    settings = {"tolerance": tolerance, "max_memory_mb": max_memory_mb, "defaults": defaults}
    scene = _fitting(scene, network, receptors, weather, numbers, settings)
    rates = _rates(scene, stack)
    result = operator.forward(scene, rates, executor=executor, progress=progress)
    np.maximum(result, 0.0, out=result)  # far from a few lone links grids may end a hair below
    return result[0] if single else result


def concentrations_at(
    network: RoadNetwork,
    receptors: Receptors,
    weather: Weather,
    *,
    times: Collection[Any],
    edges: npt.NDArray[np.int32],
    grams: Floats,
    scene: Scene | None = None,
    executor: Executor | None = None,
    **settings: Any,
) -> Floats:
    """Return concentrations in µg/m3 in single hours of the record, shape (receptors, times).

    Parameters
    ----------
    times
        Times with time zone; each stands for the hour that holds it.
    grams
        Shape (len(edges), len(times)) or (kinds, len(edges), len(times)): grams of each hour.
    scene, executor, **settings
        As of :func:`unit_exposure_at`; the scene's edges in the order of ``grams``.

    Raises
    ------
    InputError
        As in :func:`concentrations`, and hours that the weather does not have.
    """
    numbers = np.asarray(edges, dtype=np.int32)
    labels, slot = weather.slots(times)
    stack, single = _stack(grams, len(numbers), len(labels))
    scene = _fitting(scene, network, receptors, weather, numbers, settings)
    result = np.empty((len(stack), len(scene.xy), len(labels)))
    for first in range(0, len(labels), SLOTS):
        part, here = _single_hours(scene, weather, slot, first)
        block = np.zeros((*stack.shape[:2], SLOTS))
        block[:, :, :part] = stack[:, :, first : first + part]
        air = operator.forward(here, _rates(here, block), executor=executor)
        result[:, :, first : first + part] = np.maximum(air[:, :, :part], 0.0)
    return result[0] if single else result


def daily_mean(hourly: Floats) -> Floats:
    """Return the mean over the 24 hours of ``concentrations``, µg/m3 at each receptor."""
    result: Floats = np.asarray(hourly).mean(axis=-1)
    return result


def people_weighted_concentration(
    hourly: Floats, receptors: Receptors, *, group: str = "people"
) -> Floats:
    """Return the mean concentration that people meet in each hour, µg/m3, shape (24,).

    Raises
    ------
    InputError
        No people in some hour, or another number of rows than receptors.
    """
    people = receptors.people_by_hour(group)
    if np.shape(hourly) != people.shape:
        expected = f"shape {people.shape}: a row for each receptor, a column for each hour"
        value = str(np.shape(hourly))
        raise InputError([Problem("concentrations", value=value, expected=expected)])
    total = people.sum(axis=0)
    if np.any(total <= 0.0):
        raise InputError([Problem("receptors", group, expected="people in at least one place")])
    result: Floats = (people * hourly).sum(axis=0) / total
    return result


def _single_hours(
    scene: Scene, weather: Weather, slot: npt.NDArray[np.int64], first: int
) -> tuple[int, Scene]:
    """Scene of up to 24 single hours from ``first``, and how many they are."""
    here = np.where((slot >= first) & (slot < first + SLOTS), slot - first, -1)
    return int(here.max()) + 1, scene.with_weather(weather, slots=here)


def _stack(grams: Floats, edges: int, hours: int) -> tuple[Floats, bool]:
    """Check grams and return them as (kinds, edges, hours), and whether there was one kind."""
    grams = np.asarray(grams, dtype=np.float64)
    stack = grams[None] if grams.ndim == 2 else grams
    if stack.ndim != 3 or stack.shape[1:] != (edges, hours):
        expected = f"an array of shape ({edges}, {hours}), one row per edge"
        raise InputError([Problem("grams", value=str(grams.shape), expected=expected)])
    wrong = ~np.all(np.isfinite(stack) & (stack >= 0.0), axis=(0, 2))
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        expected = f"finite grams of at least 0; {int(wrong.sum())} edges have others"
        raise InputError([Problem("grams", row=row + 1, expected=expected)])
    return stack, grams.ndim == 2


def _rates(scene: Scene, stack: Floats) -> Floats:
    rates = np.zeros((len(stack), len(scene.lines), SLOTS))
    for kind, part in enumerate(stack):
        np.add.at(rates[kind], scene.lines.line_of, part / _SECONDS_PER_HOUR)
    return rates


def _fitting(
    scene: Scene | None,
    network: RoadNetwork,
    receptors: Receptors,
    weather: Weather,
    numbers: npt.NDArray[np.int32],
    settings: Any,
) -> Scene:
    if scene is None:
        return prepare_scene(network, receptors, weather, edges=numbers, **settings)
    problems = []
    if not np.array_equal(scene.edges, numbers) or not scene.stands_at(receptors):
        expected = "a scene made with these edges, in this order, and these receptors"
        problems.append(Problem("scene", expected=expected))
    wanted = settings.get("tolerance")
    if wanted is not None and scene.accuracy.tolerance > wanted:
        expected = f"a scene made with tolerance={wanted:g} or less"
        kept = f"{scene.accuracy.tolerance:g}"
        problems.append(Problem("scene", "tolerance", value=kept, expected=expected))
    if problems:
        raise InputError(problems)
    return scene
