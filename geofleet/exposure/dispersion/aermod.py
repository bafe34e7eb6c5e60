"""Weather as AERMOD's surface file has it, completed the way that AERMOD does."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.errors import InputError, Problem
from geofleet.exposure.dispersion.inputs import WeatherRows
from geofleet.exposure.meteorology.boundary_layer import sigma_v

__all__ = ["weather_from_aermod"]

Array = npt.NDArray[np.float64]
_NEEDED = (
    "friction_velocity_m_s", "obukhov_length_m", "convective_velocity_m_s",
    "convective_height_m", "mechanical_height_m", "roughness_m", "wind_speed_m_s", "wind_from_deg",
    "reference_height_m",
)  # fmt: skip
_NO_ANGLE = 99.0  # sigma theta of AERMOD's files when not measured, and more


def weather_from_aermod(
    frame: pd.DataFrame, *, label: str = "surface file", defaults: Defaults | None = None
) -> WeatherRows:
    """Return weather rows from the quantities of an AERMOD surface file.

    The mixing height is the mechanical one in stable rows and the larger of the two in unstable
    ones. Lateral turbulence is AERMOD's profile at the mast, never below
    ``weather:sigma_v_minimum_m_s``, unless the standard deviation of the wind direction was
    measured there: then sigma_v = s U sqrt(1 - e²) with e = sin(s) (1 - 0.073864 s).

    Parameters
    ----------
    frame
        ``friction_velocity_m_s, obukhov_length_m, convective_velocity_m_s, convective_height_m,
        mechanical_height_m, roughness_m, wind_speed_m_s, wind_from_deg, reference_height_m``, and
        where measured ``sigma_theta_deg``. Negative velocities and heights mean "none", as does a
        sigma theta of 99 or more.
    label
        What errors call the table.

    Raises
    ------
    InputError
        Columns that are absent; unstable rows without convective velocity or height; rows without
        mechanical height; values that cannot be.
    """
    problems = [
        Problem(label, name, expected="a column of this name")
        for name in _NEEDED
        if name not in frame.columns
    ]
    if problems:
        raise InputError(problems)
    data = {name: frame[name].to_numpy(np.float64) for name in _NEEDED}
    unstable = data["obukhov_length_m"] < 0.0
    wanted = {
        "mechanical_height_m": np.ones(len(frame), dtype=bool),
        "convective_height_m": unstable,
        "convective_velocity_m_s": unstable,
    }
    problems = [
        Problem(label, name, int(row) + 1, f"{data[name][row]:g}", "a number above 0 in this row")
        for name, where in wanted.items()
        for row in np.flatnonzero(where & ~(data[name] > 0.0))
    ]
    if problems:
        raise InputError(problems)
    mechanical = data["mechanical_height_m"]
    convective = np.where(unstable, data["convective_height_m"], 1.0)
    columns = {name: data[name] for name in _NEEDED if name in WeatherRows._BOUNDS}
    columns["mixing_height_m"] = np.where(unstable, np.maximum(convective, mechanical), mechanical)
    columns["sigma_v_m_s"] = _lateral_turbulence(
        data, np.where(unstable, data["convective_velocity_m_s"], 0.0), convective, defaults
    )
    if "sigma_theta_deg" in frame.columns:
        angle = frame["sigma_theta_deg"].to_numpy(np.float64)
        measured = (angle >= 0.0) & (angle < _NO_ANGLE)
        columns["sigma_v_m_s"] = np.where(
            measured, _from_angle(np.radians(angle), data["wind_speed_m_s"]), columns["sigma_v_m_s"]
        )
    return WeatherRows(**columns)


def _lateral_turbulence(
    data: dict[str, Array], velocity: Array, convective: Array, defaults: Defaults | None
) -> Array:
    minimum = (defaults or Defaults()).number("weather", "sigma_v_minimum_m_s")
    out = np.empty(len(velocity))
    for height in np.unique(data["reference_height_m"]):
        at = data["reference_height_m"] == height
        out[at] = sigma_v(
            data["friction_velocity_m_s"][at], velocity[at], data["mechanical_height_m"][at],
            convective[at], height_m=float(height), minimum=minimum,
        )  # fmt: skip
    return out


def _from_angle(angle: Array, speed: Array) -> Array:
    e = np.sin(angle) * (1.0 - 0.073864 * angle)
    result: Array = angle * speed * np.sqrt(np.maximum(1.0 - e * e, 0.0))
    return result
