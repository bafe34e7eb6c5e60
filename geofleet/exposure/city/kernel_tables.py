"""The weather of each hour of the day, summed into one table of concentration by offset."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geofleet.defaults import Defaults
from geofleet.errors import InputError, Problem
from geofleet.exposure.city import _kernels
from geofleet.exposure.city.roads import Lines
from geofleet.exposure.dispersion import _kernels as row
from geofleet.exposure.model import Weather

__all__ = ["HourTables", "make_tables", "weather_rows"]

_NONE = np.zeros(1)  # one class of road, of no width


@dataclass(frozen=True)
class HourTables:
    """Point-source concentration by distance, direction and hour, ready for the kernels.

    Parameters
    ----------
    values
        R^1.5 times concentration per unit emission, SI, flat. First, for each class of road (width
        and bearing), (near distances, near directions + 1, 24); then, from ``far_offset``, (far
        distances, far directions + 1, 24) for all roads alike, whose first distance is the last
        near one. The first direction is repeated at the end.
    near_count, far_count
        Distances in each part.
    near_directions, far_directions
        Directions in each part.
    log_step
        Step of ln(distance).
    class_of_line
        Class of each line.
    """

    values: npt.NDArray[np.float64]
    far_offset: int
    near_count: int
    near_directions: int
    far_count: int
    far_directions: int
    log_step: float
    class_of_line: npt.NDArray[np.int64]

    @property
    def grid(self) -> tuple[npt.NDArray[np.float64], int, int, int, int, int, float]:
        """What the kernels call ``grid``."""
        return (
            self.values, self.far_offset, self.near_count, self.near_directions, self.far_count,
            self.far_directions, self.log_step,
        )  # fmt: skip

    @property
    def far(self) -> npt.NDArray[np.float64]:
        """The far part, shape (distances, directions + 1, 24)."""
        return self.values[self.far_offset :].reshape(self.far_count, self.far_directions + 1, 24)


def weather_rows(
    weather: Weather, *, north_rad: float = np.pi / 2.0
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Return kernel rows sorted by hour, weights of each hour summing to one, and hour bounds.

    ``north_rad`` is the direction of true north in the metric CRS, counter-clockwise from +x.

    Raises
    ------
    InputError
        An hour of the day that no row with weight stands for, or a row that is not complete.
    """
    frame = weather.frame[weather.frame["weight_hours"] > 0.0]
    hours = frame["hour"].to_numpy(np.int64)
    weight = frame["weight_hours"].to_numpy(np.float64)
    total = np.bincount(hours, weight, 24)
    if np.any(total <= 0.0):
        empty = ", ".join(str(hour) for hour in np.flatnonzero(total <= 0.0))
        label = weather.label or "weather"
        expected = f"rows for every hour of the day; none for {empty}"
        raise InputError([Problem(label, "hour", expected=expected)])
    order = np.argsort(hours, kind="stable")
    rows = np.empty((len(frame), row.ROW_SIZE))
    rows[:, row.USTAR] = frame["friction_velocity_m_s"]
    rows[:, row.OBUKHOV] = frame["obukhov_length_m"]
    rows[:, row.ZI] = frame["mixing_height_m"]
    rows[:, row.SIGMA_V] = frame["sigma_v_m_s"]
    rows[:, row.ROUGHNESS] = weather.row_roughness_m[weather.frame["weight_hours"] > 0.0]
    rows[:, row.WIND] = frame["wind_speed_m_s"]
    rows[:, row.WIND_HEIGHT] = weather.reference_height_m
    # Blowing to: opposite of where it comes from; compass bearings run clockwise from north.
    from_rad = np.radians(frame["wind_from_deg"].to_numpy(np.float64))
    rows[:, row.WIND_ANGLE] = north_rad - from_rad + np.pi
    rows[:, row.WEIGHT] = weight / total[hours]
    if not np.isfinite(rows).all():
        bad = int(np.flatnonzero(~np.isfinite(rows).all(axis=1))[0]) + 1
        expected = "complete rows, as from read_weather or complete_weather"
        raise InputError([Problem(weather.label or "weather", row=bad, expected=expected)])
    starts = np.zeros(25, dtype=np.int64)
    np.cumsum(np.bincount(hours, minlength=24), out=starts[1:])
    return np.ascontiguousarray(rows[order]), starts


def make_tables(
    weather: Weather,
    lines: Lines,
    *,
    receptor_height_m: float,
    north_rad: float,
    defaults: Defaults,
) -> HourTables:
    """Sum every weather row of each hour of the day into one table per road class."""
    rows, starts = weather_rows(weather, north_rad=north_rad)
    step = np.log(10.0) / defaults.number("dispersion", "points_per_decade")
    last = np.log(defaults.number("dispersion", "maximum_distance_m"))
    log_r = np.arange(int(np.ceil(last / step)) + 1) * step
    near_count = int(np.ceil(np.log(defaults.number("dispersion", "near_distance_m")) / step)) + 1
    widths, bearings, class_of_line = _road_classes(lines, defaults)
    heights = (
        defaults.number("dispersion", "release_height_m"),
        defaults.number("dispersion", "sigma_z0_m"),
        receptor_height_m,
    )
    profiles = np.empty((len(rows), int(defaults.number("dispersion", "profile_points")), 4))
    row.tabulate_rows(rows, *heights, profiles)
    winds = (profiles, rows[:, row.WIND_ANGLE].copy(), rows[:, row.WEIGHT].copy())
    parts = [
        (log_r[:near_count], _directions("directions_near", defaults), widths, bearings),
        (log_r[near_count - 1 :], _directions("directions_far", defaults), _NONE, _NONE),
    ]
    shapes = [(len(r) * len(w), len(angle) + 1, 24) for r, angle, w, _ in parts]
    near_size, far_size = (int(np.prod(shape)) for shape in shapes)
    values = np.empty(near_size + far_size)
    pieces = (values[:near_size], values[near_size:])
    for part, shape, piece in zip(parts, shapes, pieces, strict=True):
        _kernels.hour_tables(*winds, starts, *part, piece.reshape(shape))
    return HourTables(
        values=values,
        far_offset=near_size,
        near_count=near_count,
        near_directions=shapes[0][1] - 1,
        far_count=shapes[1][0],
        far_directions=shapes[1][1] - 1,
        log_step=float(step),
        class_of_line=class_of_line,
    )


def _directions(name: str, defaults: Defaults) -> npt.NDArray[np.float64]:
    count = int(defaults.number("dispersion", name))
    return np.arange(count, dtype=np.float64) * (2.0 * np.pi / count)


def _road_classes(
    lines: Lines, defaults: Defaults
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    # Only the combinations of rounded width and bearing that occur get a table.
    width_step = defaults.number("dispersion", "width_step_m")
    parts = int(defaults.number("dispersion", "road_bearings"))
    width = np.maximum(np.rint(lines.width_m / width_step), 1).astype(np.int64)
    bearing = np.rint(lines.bearing_rad / np.pi * parts).astype(np.int64) % parts
    codes, class_of_line = np.unique(width * parts + bearing, return_inverse=True)
    widths = (codes // parts) * width_step
    bearings = (codes % parts) * (np.pi / parts)
    return widths.astype(np.float64), bearings, class_of_line.astype(np.int64)
