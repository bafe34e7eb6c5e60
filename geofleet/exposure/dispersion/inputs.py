"""Links, receptors and weather as the line-source model takes them: checked arrays, SI units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.errors import InputError, Problem
from geofleet.exposure.model import Weather

__all__ = ["LineSources", "PointReceptors", "WeatherRows"]

Array = npt.NDArray[np.float64]
_SHOWN = 5  # rows named for one fault of one column

# What a value must be: (lowest, lowest itself allowed, highest), or None for any finite number.
_Bound = tuple[float, bool, float] | None
_POSITIVE: _Bound = (0.0, False, np.inf)
_NOT_NEGATIVE: _Bound = (0.0, True, np.inf)


class _Columns:
    """Columns of one length, read from a table and checked all at once."""

    __slots__ = ()
    _TABLE: ClassVar[str]
    _BOUNDS: ClassVar[dict[str, _Bound]]

    def __post_init__(self) -> None:
        problems: list[Problem] = []
        sizes = set()
        for name, bound in self._BOUNDS.items():
            column = np.ascontiguousarray(getattr(self, name), dtype=np.float64)
            object.__setattr__(self, name, column)
            if column.ndim != 1:
                expected = "one number per row"
                problems.append(
                    Problem(self._TABLE, name, value=str(column.shape), expected=expected)
                )
                continue
            sizes.add(len(column))
            problems += _faults(self._TABLE, name, column, bound)
        if len(sizes) > 1:
            expected = "columns of one length"
            problems.append(Problem(self._TABLE, value=str(sorted(sizes)), expected=expected))
        if problems:
            raise InputError(problems)

    def __len__(self) -> int:
        return len(getattr(self, next(iter(self._BOUNDS))))

    def take(self, rows: slice | npt.NDArray[np.int64]) -> Self:
        """Return some of the rows."""
        return type(self)(**{name: getattr(self, name)[rows] for name in self._BOUNDS})

    @classmethod
    def from_frame(cls, frame: pd.DataFrame, **constants: float) -> Self:
        """Take the columns named like the attributes; ``constants`` stand for absent columns.

        Raises
        ------
        InputError
            Columns that are absent or not numbers, values that cannot be.
        """
        problems, columns = [], {}
        for name in cls._BOUNDS:
            if name in frame.columns:
                try:
                    columns[name] = frame[name].to_numpy(dtype=np.float64, na_value=np.nan)
                except (TypeError, ValueError):
                    problems.append(Problem(cls._TABLE, name, expected="numbers"))
            elif name in constants:
                columns[name] = np.full(len(frame), constants[name])
            else:
                problems.append(Problem(cls._TABLE, name, expected="a column of this name"))
        if problems:
            raise InputError(problems)
        return cls(**columns)


def _faults(table: str, name: str, column: Array, bound: _Bound) -> list[Problem]:
    bad, expected = ~np.isfinite(column), "a number"
    if bound is not None:
        low, equal, high = bound
        bad |= (column < low) | (column > high) | ((column == low) & (not equal))
        expected = f"a number {'of at least' if equal else 'above'} {low:g}"
        if np.isfinite(high):
            expected += f" and at most {high:g}"
    rows = np.flatnonzero(bad)
    shown = [
        Problem(table, name, int(row) + 1, f"{column[row]:g}", expected) for row in rows[:_SHOWN]
    ]
    if len(rows) > _SHOWN:
        more = f"{expected}, also in {len(rows) - _SHOWN} further rows"
        shown.append(Problem(table, name, expected=more))
    return shown


@dataclass(frozen=True, slots=True)
class LineSources(_Columns):
    """Straight links that emit evenly along their length.

    Parameters
    ----------
    x1_m, y1_m, x2_m, y2_m
        End points in a metric CRS whose y axis points north.
    release_height_m
        Height of release above ground.
    width_m
        Width of the carriageway; widens the plume where the wind blows along the road.
    sigma_z0_m
        Initial vertical spread.
    emission_g_s_m
        Emission, grams per second and metre of road.
    """

    x1_m: Array
    y1_m: Array
    x2_m: Array
    y2_m: Array
    release_height_m: Array
    width_m: Array
    sigma_z0_m: Array
    emission_g_s_m: Array

    _TABLE: ClassVar[str] = "sources"
    _BOUNDS: ClassVar[dict[str, _Bound]] = {
        "x1_m": None, "y1_m": None, "x2_m": None, "y2_m": None,
        "release_height_m": _NOT_NEGATIVE, "width_m": _NOT_NEGATIVE, "sigma_z0_m": _NOT_NEGATIVE,
        "emission_g_s_m": _NOT_NEGATIVE,
    }  # fmt: skip

    @property
    def length_m(self) -> Array:
        """Length of each link."""
        result: Array = np.hypot(self.x2_m - self.x1_m, self.y2_m - self.y1_m)
        return result


@dataclass(frozen=True, slots=True)
class PointReceptors(_Columns):
    """Points at which concentrations are wanted.

    Parameters
    ----------
    x_m, y_m
        Place, in the CRS of the links.
    height_m
        Height above ground.
    """

    x_m: Array
    y_m: Array
    height_m: Array

    _TABLE: ClassVar[str] = "receptors"
    _BOUNDS: ClassVar[dict[str, _Bound]] = {
        "x_m": None, "y_m": None, "height_m": _NOT_NEGATIVE
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class WeatherRows(_Columns):
    """Rows of weather with all that dispersion asks for.

    Parameters
    ----------
    friction_velocity_m_s, obukhov_length_m, mixing_height_m, sigma_v_m_s, roughness_m
        u*, L (negative when unstable, never zero), zi, lateral turbulence, z0.
    wind_speed_m_s, wind_from_deg, reference_height_m
        Measured wind, the direction it comes from (clockwise from north, 0 and 360 are both
        north), and the height at which it was measured.
    """

    friction_velocity_m_s: Array
    obukhov_length_m: Array
    mixing_height_m: Array
    sigma_v_m_s: Array
    roughness_m: Array
    wind_speed_m_s: Array
    wind_from_deg: Array
    reference_height_m: Array

    _TABLE: ClassVar[str] = "weather"
    _BOUNDS: ClassVar[dict[str, _Bound]] = {
        "friction_velocity_m_s": _POSITIVE, "obukhov_length_m": None, "mixing_height_m": _POSITIVE,
        "sigma_v_m_s": _NOT_NEGATIVE, "roughness_m": _POSITIVE, "wind_speed_m_s": _POSITIVE,
        "wind_from_deg": (0.0, True, 360.0), "reference_height_m": _POSITIVE,
    }  # fmt: skip

    def __post_init__(self) -> None:
        _Columns.__post_init__(self)
        flat = np.flatnonzero(self.obukhov_length_m == 0.0)[:_SHOWN]
        expected = "a length other than zero; neutral air has a very large one"
        if len(flat):
            raise InputError(
                Problem(self._TABLE, "obukhov_length_m", int(row) + 1, "0", expected)
                for row in flat
            )

    @classmethod
    def from_weather(cls, weather: Weather) -> Self:
        """Take the rows of completed weather, in their order."""
        return cls.from_frame(
            weather.frame,
            roughness_m=weather.roughness_m,
            reference_height_m=weather.reference_height_m,
        )

    @property
    def wind_to_rad(self) -> Array:
        """Direction the wind blows to, counter-clockwise from +x."""
        return np.radians(270.0 - self.wind_from_deg)
