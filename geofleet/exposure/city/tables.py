"""The weather of each slot, summed into one table of concentration by offset."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geofleet.errors import InputError, Problem
from geofleet.exposure.city import _kernels
from geofleet.exposure.city._kernels import SLOTS
from geofleet.exposure.city.accuracy import Accuracy
from geofleet.exposure.city.chunks import RoadClasses
from geofleet.exposure.dispersion import _kernels as row
from geofleet.exposure.dispersion.lids import lid_code
from geofleet.exposure.model import Weather

__all__ = [
    "Heights",
    "SlotTables",
    "WeatherRows",
    "make_tables",
    "tables_megabytes",
    "weather_rows",
]

Floats = npt.NDArray[np.float64]
Table = tuple[npt.NDArray[np.float32], int, int, int, int, int, int]


@dataclass(frozen=True, slots=True)
class Heights:
    """Heights that a table holds for: of release, first vertical spread, and breathing, metres.

    ``lid`` is what the top of the mixed layer does (``dispersion.Lid``).
    """

    release_m: float
    sigma_z0_m: float
    receptor_m: float
    lid: str = "rising"


@dataclass(frozen=True, slots=True)
class WeatherRows:
    """Weather rows as the kernels take them, sorted by slot; weights of a slot sum to one.

    Parameters
    ----------
    rows
        Shape (n, ROW_SIZE), columns as in ``dispersion._kernels``.
    starts
        Bounds of the ``SLOTS`` slots in ``rows``; slots beyond those in use are empty.
    """

    rows: Floats
    starts: npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class SlotTables:
    """Point-source concentration by distance, direction and slot, ready for the kernels.

    Parameters
    ----------
    values
        R^1.5 times concentration per unit emission, SI, flat. First, for each class of road and
        for all roads alike, (near distances, near directions + 1, slots); then, from
        ``far_start``, (far distances, far directions + 1, slots) for all roads alike, whose first
        distance is the last near one.
    near_rows, far_rows
        Distances in each part.
    near_directions, far_directions
        Directions in each part.
    bits
        Steps to each doubling of the distance squared, as a power of two.
    mean_class
        The class that stands for all roads alike.
    """

    values: npt.NDArray[np.float32]
    far_start: int
    near_rows: int
    near_directions: int
    far_rows: int
    far_directions: int
    bits: int
    mean_class: int

    @property
    def arrays(self) -> Table:
        """What the kernels call ``table``."""
        return (
            self.values, self.far_start, self.near_rows, self.near_directions, self.far_rows,
            self.far_directions, self.bits,
        )  # fmt: skip


def weather_rows(
    weather: Weather,
    *,
    slots: npt.NDArray[np.int64] | None = None,
    north_rad: float = np.pi / 2.0,
) -> WeatherRows:
    """Return kernel rows sorted by slot, weights of each slot summing to one.

    Parameters
    ----------
    slots
        Slot of each row of ``weather.frame`` (0 to 23; -1 leaves it out); hours of the day when
        not given, which must then all be there.
    north_rad
        Direction of true north in the metric CRS, counter-clockwise from +x.

    Raises
    ------
    InputError
        An hour of the day that no row with weight stands for, or a row that is not complete.
    """
    frame = weather.frame
    label = weather.label or "weather"
    weight = frame["weight_hours"].to_numpy(np.float64)
    by_hour = slots is None
    number = frame["hour"].to_numpy(np.int64) if slots is None else np.asarray(slots)
    used = np.flatnonzero((weight > 0.0) & (number >= 0))
    number, weight = number[used], weight[used]
    total = np.bincount(number, weight, SLOTS)
    if by_hour and np.any(total <= 0.0):
        empty = ", ".join(str(hour) for hour in np.flatnonzero(total <= 0.0))
        expected = f"rows for every hour of the day; none for {empty}"
        raise InputError([Problem(label, "hour", expected=expected)])
    order = np.argsort(number, kind="stable")
    frame = frame.iloc[used[order]]
    number, weight = number[order], weight[order]
    rows = np.empty((len(frame), row.ROW_SIZE))
    rows[:, row.USTAR] = frame["friction_velocity_m_s"]
    rows[:, row.OBUKHOV] = frame["obukhov_length_m"]
    rows[:, row.ZI] = frame["mixing_height_m"]
    rows[:, row.SIGMA_V] = frame["sigma_v_m_s"]
    rows[:, row.ROUGHNESS] = weather.row_roughness_m[used[order]]
    rows[:, row.WIND] = frame["wind_speed_m_s"]
    rows[:, row.WIND_HEIGHT] = weather.reference_height_m
    # Blowing to: opposite of where it comes from; compass bearings run clockwise from north.
    from_rad = np.radians(frame["wind_from_deg"].to_numpy(np.float64))
    rows[:, row.WIND_ANGLE] = north_rad - from_rad + np.pi
    rows[:, row.WEIGHT] = weight / total[number]
    if not np.isfinite(rows).all():
        bad = int(used[order][np.flatnonzero(~np.isfinite(rows).all(axis=1))[0]]) + 1
        expected = "complete rows, as from read_weather or complete_weather"
        raise InputError([Problem(label, row=bad, expected=expected)])
    starts = np.zeros(SLOTS + 1, dtype=np.int64)
    np.cumsum(np.bincount(number, minlength=SLOTS), out=starts[1:])
    return WeatherRows(rows, starts)


def make_tables(
    weather: WeatherRows,
    classes: RoadClasses,
    *,
    heights: Heights,
    accuracy: Accuracy,
    farthest_m: float,
) -> SlotTables:
    """Sum every weather row of each slot into one table per road class, and one for all beyond.

    Parameters
    ----------
    farthest_m
        Largest distance between a road and a receptor.
    """
    steps = 1 << accuracy.bits
    shapes = _shapes(classes, accuracy, farthest_m)
    near_rows, far_rows = shapes[0][1], shapes[1][1]
    last = near_rows + far_rows - 2
    number = np.arange(last + 1)
    distances = np.sqrt(2.0 ** (number // steps) * (1.0 + (number % steps) / steps))
    profiles = np.empty((len(weather.rows), accuracy.profile_points, 4))
    row.tabulate_rows(
        weather.rows, heights.release_m, heights.sigma_z0_m, heights.receptor_m,
        lid_code(heights.lid), profiles,
    )  # fmt: skip
    winds = (
        profiles, weather.rows[:, row.WIND_ANGLE].copy(), weather.rows[:, row.WEIGHT].copy(),
        weather.starts,
    )  # fmt: skip
    mean_width, count = np.array([np.sqrt(np.mean(classes.width_m**2))]), len(classes.width_m)
    near_size = int(np.prod(shapes[0]))
    values = np.empty(near_size + int(np.prod(shapes[1])), dtype=np.float32)
    near, far = values[:near_size].reshape(shapes[0]), values[near_size:].reshape(shapes[1])
    near_part = (distances[:near_rows], *_directions(accuracy.near_directions))
    far_part = (distances[near_rows - 1 : last + 1], *_directions(accuracy.far_directions))
    alike = (mean_width, np.zeros(1), True)
    _kernels.slot_tables(
        *winds, *near_part, classes.width_m, classes.bearing_rad, False, near[:count]
    )
    _kernels.slot_tables(*winds, *near_part, *alike, near[count:])
    _kernels.slot_tables(*winds, *far_part, *alike, far)
    return SlotTables(
        values, near_size, near_rows, accuracy.near_directions, far_rows,
        accuracy.far_directions, accuracy.bits, count,
    )  # fmt: skip


def tables_megabytes(classes: RoadClasses, accuracy: Accuracy, farthest_m: float) -> float:
    """Return the memory that :func:`make_tables` would take."""
    numbers = sum(int(np.prod(shape)) for shape in _shapes(classes, accuracy, farthest_m))
    return numbers * np.dtype(np.float32).itemsize / 1e6


def _shapes(
    classes: RoadClasses, accuracy: Accuracy, farthest_m: float
) -> tuple[tuple[int, int, int, int], tuple[int, int, int, int]]:
    """Shapes (class, R, direction + 1, slot) of the near tables and of the far one."""
    near_rows = int(np.ceil(_position(accuracy.near_m, accuracy.bits))) + 1
    last = int(np.ceil(_position(max(farthest_m, 2.0 * accuracy.near_m), accuracy.bits))) + 1
    return (
        (len(classes.width_m) + 1, near_rows, accuracy.near_directions + 1, SLOTS),
        (1, last - near_rows + 2, accuracy.far_directions + 1, SLOTS),
    )


def _position(distance_m: float, bits: int) -> float:
    """Place of a distance among the rows of a table."""
    fraction, exponent = np.frexp(distance_m * distance_m)
    return float((exponent - 1 + 2.0 * fraction - 1.0) * (1 << bits))


def _directions(count: int) -> tuple[Floats, Floats]:
    """Return unit vectors at equal steps of dy / (|dx| + |dy|), from 0 to 4 once around."""
    p = np.arange(count) * 4.0 / count
    across = np.where(p < 1.0, p, np.where(p < 3.0, 2.0 - p, p - 4.0))
    along = (1.0 - np.abs(across)) * np.where((p >= 1.0) & (p < 3.0), -1.0, 1.0)
    size = np.hypot(along, across)
    return along / size, across / size
