"""Concentrations of straight links at points, hour by hour: pair by pair, or summed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from geofleet.defaults import Defaults
from geofleet.errors import InputError, Problem
from geofleet.exposure.dispersion import _kernels, _kernels_sums
from geofleet.exposure.dispersion.inputs import LineSources, PointReceptors, WeatherRows
from geofleet.exposure.dispersion.lids import Lid, lid_code
from geofleet.exposure.dispersion.reference import reference_concentrations

__all__ = [
    "Method",
    "direct_settings",
    "line_concentrations",
    "line_intake",
    "receptor_concentrations",
]

Array = npt.NDArray[np.float64]
Method = Literal["direct", "reference"]
_LEVELS = ("coarse", "fine", "finest")  # of the direct kernel, from fast to exact
_SETTINGS = (
    "log2_cells", "reach_sigmas", "panel8_sigmas", "panel8_growth", "panel4_sigmas",
    "panel4_growth", "panel2_sigmas", "panel2_growth", "meander_growth", "meander8_lengths",
    "meander4_lengths", "meander2_lengths",
)  # fmt: skip
_MICRO = 1e6  # micrograms per gram
_FARTHEST_M = 2.0 ** (_kernels_sums.OCTAVES / 2)


def line_concentrations(
    sources: LineSources,
    receptors: PointReceptors,
    weather: WeatherRows,
    *,
    method: Method = "direct",
    tolerance: float | None = None,
    lid: Lid = "rising",
    as_coded: bool = False,
    defaults: Defaults | None = None,
) -> Array:
    """Concentration of every link at every receptor in every row of weather.

    The RLINE source type of AERMOD v23132 over flat ground, without chemistry or deposition
    (Snyder et al. 2013, Atmos. Environ. 77, 748-756; Venkatram et al. 2013, Atmos. Environ. 77,
    846-855; EPA-454/R-23-011, 2023).

    Parameters
    ----------
    method
        ``direct``: Gauss-Legendre panels over tables by distance. ``reference``: adaptive
        quadrature of the equations themselves, thousands of times slower.
    tolerance
        ``direct``: 99th percentile of the relative error that is asked for
        (``dispersion:direct_tolerance`` unless given). ``reference``: tolerance of each integral
        (1e-8 unless given).
    lid
        What the top of the mixed layer does: see ``Lid``.
    as_coded
        Follow AERMOD's program where it departs from its equations: winds from a table of 100
        heights, spread by an iteration that stops at one per cent.

    Returns
    -------
    numpy.ndarray
        µg/m³, shape (rows, links, receptors).

    Raises
    ------
    InputError
        A tolerance finer than the direct kernel has, places too far apart for it, another lid.
    """
    out = np.zeros((len(weather), len(sources), len(receptors)))
    if method == "reference":
        for k, cube in _reference(sources, receptors, weather, tolerance, lid, as_coded):
            out[k] = cube
        return out

    def fill(rows: slice, links: Any, points: Any, call: _Call) -> None:
        part = np.empty((rows.stop - rows.start, len(links), len(points)))
        call(_kernels_sums.every_pair, (), part)
        rates = _MICRO * sources.emission_g_s_m[links]
        out[rows][:, links[:, None], points[None, :]] = part * rates[:, None]

    _direct(sources, receptors, weather, fill, tolerance, lid, as_coded, defaults)
    return out


def receptor_concentrations(
    sources: LineSources,
    receptors: PointReceptors,
    weather: WeatherRows,
    *,
    method: Method = "direct",
    tolerance: float | None = None,
    lid: Lid = "rising",
    as_coded: bool = False,
    defaults: Defaults | None = None,
) -> Array:
    """Concentration of all links together at every receptor in every row of weather.

    As :func:`line_concentrations`, summed over links without holding every pair.

    Returns
    -------
    numpy.ndarray
        µg/m³, shape (rows, receptors).
    """
    out = np.zeros((len(weather), len(receptors)))
    if method == "reference":
        for k, cube in _reference(sources, receptors, weather, tolerance, lid, as_coded):
            out[k] = cube.sum(axis=0)
        return out

    def fill(rows: slice, links: Any, points: Any, call: _Call) -> None:
        part = np.zeros((rows.stop - rows.start, len(points)))
        call(_kernels_sums.at_receptors, (_MICRO * sources.emission_g_s_m[links],), part)
        out[rows, points] += part

    _direct(sources, receptors, weather, fill, tolerance, lid, as_coded, defaults)
    return out


def line_intake(
    sources: LineSources,
    receptors: PointReceptors,
    weather: WeatherRows,
    people: npt.ArrayLike,
    *,
    method: Method = "direct",
    tolerance: float | None = None,
    lid: Lid = "rising",
    as_coded: bool = False,
    defaults: Defaults | None = None,
) -> Array:
    """Exposure of all people together to each link in every row of weather: the adjoint.

    As :func:`line_concentrations`, times the people of each receptor and summed over receptors
    without holding every pair. With emissions of one gram per second over the length of the link
    it is the unit exposure of the link; times a breathing rate it is the intake.

    Parameters
    ----------
    people
        People at each receptor.

    Returns
    -------
    numpy.ndarray
        Persons·µg/m³, shape (rows, links).

    Raises
    ------
    InputError
        People that are not one number per receptor, or negative.
    """
    weights = np.ascontiguousarray(people, dtype=np.float64)
    if weights.shape != (len(receptors),) or not np.all(weights >= 0.0):
        expected = f"{len(receptors)} numbers of at least 0, one for each receptor"
        raise InputError([Problem("receptors", "people", value=str(weights.shape),
                                  expected=expected)])  # fmt: skip
    out = np.zeros((len(weather), len(sources)))
    if method == "reference":
        for k, cube in _reference(sources, receptors, weather, tolerance, lid, as_coded):
            out[k] = cube @ weights
        return out

    def fill(rows: slice, links: Any, points: Any, call: _Call) -> None:
        part = np.zeros((rows.stop - rows.start, len(links)))
        call(_kernels_sums.at_links, (weights[points],), part)
        out[rows, links] += part * (_MICRO * sources.emission_g_s_m[links])

    _direct(sources, receptors, weather, fill, tolerance, lid, as_coded, defaults)
    return out


_Call = Callable[[Any, tuple[Array, ...], Array], None]
_Fill = Callable[[slice, Any, Any, _Call], None]


def _reference(
    sources: LineSources,
    receptors: PointReceptors,
    weather: WeatherRows,
    tolerance: float | None,
    lid: Lid,
    as_coded: bool,
) -> Iterator[tuple[int, Array]]:
    """Yield (links, receptors) of one row of weather after the other."""
    rtol = 1e-8 if tolerance is None else tolerance
    for k in range(len(weather)):
        row = weather.take(slice(k, k + 1))
        yield (
            k,
            reference_concentrations(
                sources, receptors, row, lid=lid, as_coded=as_coded, rtol=rtol
            )[0],
        )


def direct_settings(tolerance: float | None, used: Defaults) -> Array:
    """Return the settings of the fastest level of the direct kernel that holds the tolerance.

    Raises
    ------
    InputError
        A tolerance that none holds.
    """
    asked = used.number("dispersion", "direct_tolerance") if tolerance is None else tolerance
    for level in _LEVELS:
        held = used.number("dispersion", f"direct_{level}_tolerance")
        if held <= asked:
            return np.array(
                [used.number("dispersion", f"direct_{level}_{name}") for name in _SETTINGS]
            )
    expected = f"at least {held:g} for the direct kernel; method='reference' goes further"
    raise InputError([Problem("settings", "tolerance", value=f"{asked:g}", expected=expected)])


def _check_reach(sources: LineSources, receptors: PointReceptors) -> None:
    if len(sources) == 0 or len(receptors) == 0:
        return
    x = np.concatenate([sources.x1_m, sources.x2_m, receptors.x_m])
    y = np.concatenate([sources.y1_m, sources.y2_m, receptors.y_m])
    extent = float(np.hypot(np.ptp(x), np.ptp(y)))
    if extent >= _FARTHEST_M:
        expected = f"links and receptors within {_FARTHEST_M / 1000:.0f} km of each other"
        raise InputError([Problem("sources", value=f"{extent / 1000:.0f} km", expected=expected)])


def _direct(
    sources: LineSources,
    receptors: PointReceptors,
    weather: WeatherRows,
    fill: _Fill,
    tolerance: float | None,
    lid: Lid,
    as_coded: bool,
    defaults: Defaults | None,
) -> None:
    """Call ``fill`` for each block of rows, kind of link and receptor height.

    Links of one release height and initial spread, and receptors of one height, share tables.
    """
    used = (defaults or Defaults()).scope()
    accuracy, code = direct_settings(tolerance, used), lid_code(lid)
    _check_reach(sources, receptors)
    distances = _kernels.table_distances(int(accuracy[0]), _kernels_sums.OCTAVES)
    row_bytes = 7 * 8 * len(distances)
    block = max(int(used.number("dispersion", "direct_memory_mb") * 1e6 / row_bytes), 1)
    rows = _kernel_rows(weather)
    winds = np.column_stack([np.cos(weather.wind_to_rad), np.sin(weather.wind_to_rad)])
    ends = np.column_stack(
        [sources.x1_m, sources.y1_m, sources.x2_m, sources.y2_m, sources.width_m]
    )
    points = np.column_stack([receptors.x_m, receptors.y_m])
    kinds = list(_groups(sources.release_height_m, sources.sigma_z0_m))
    heights = list(_groups(receptors.height_m))
    for first in range(0, len(weather), block):
        part = slice(first, min(first + block, len(weather)))
        sizes = np.empty((part.stop - part.start, len(distances), 3))
        tables = np.empty((part.stop - part.start, 4 * len(distances)))
        for (release, sigma_z0), links in kinds:
            _kernels.spread_tables(rows[part], release, sigma_z0, distances, as_coded, sizes)
            for (height,), where in heights:
                _kernels.distance_tables(
                    rows[part], release, height, distances, sizes, code, tables
                )
                given = (points[where], winds[part], tables, accuracy)

                def call(  # type: ignore[no-untyped-def]
                    kernel: Any, extra: tuple[Array, ...], out: Array, links=links, given=given
                ) -> None:
                    kernel(ends[links], *extra, *given, out)

                fill(part, links, where, call)


def _groups(*columns: Array) -> Iterator[tuple[tuple[float, ...], npt.NDArray[np.int64]]]:
    """Yield each combination of values that occurs, and the places where it does."""
    values, group = np.unique(np.column_stack(columns), axis=0, return_inverse=True)
    for i, value in enumerate(values):
        yield tuple(float(number) for number in value), np.flatnonzero(group.ravel() == i)


def _kernel_rows(weather: WeatherRows) -> Array:
    rows = np.zeros((len(weather), _kernels.ROW_SIZE))
    rows[:, _kernels.USTAR] = weather.friction_velocity_m_s
    rows[:, _kernels.OBUKHOV] = weather.obukhov_length_m
    rows[:, _kernels.ZI] = weather.mixing_height_m
    rows[:, _kernels.SIGMA_V] = weather.sigma_v_m_s
    rows[:, _kernels.ROUGHNESS] = weather.roughness_m
    rows[:, _kernels.WIND] = weather.wind_speed_m_s
    rows[:, _kernels.WIND_HEIGHT] = weather.reference_height_m
    rows[:, _kernels.WIND_ANGLE] = weather.wind_to_rad
    rows[:, _kernels.WEIGHT] = 1.0
    return rows
