"""How vehicles are driven: rates, stops, reserve and rules, from the ``energy`` table."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.energy.driving.air import PRESSURES_PA, pressure_at_pa
from geofleet.errors import InputError, Problem

__all__ = [
    "DrivingParameters", "air_pressure_pa", "check_driving", "driving_parameters",
    "full_stops_per_km", "sea_level_pressure_pa",
]  # fmt: skip

_TABLE = "energy"
_HEIGHTS_M = (-500.0, 9000.0)
_ROAD_CLASSES = (
    "motorway", "trunk", "primary", "secondary", "tertiary", "unclassified", "residential",
    "living_street", "service",
)  # fmt: skip
_SHARE, _POSITIVE = "a share from 0 to 1", "a number above 0"


@dataclass(frozen=True, slots=True)
class DrivingParameters:
    """Checked numbers of the ``energy`` table.

    Parameters
    ----------
    acceleration_m_s2, braking_m_s2
        Rates of speeding up from a halt and slowing down to one.
    stop_standing_s
        Time stood at a full stop on the way.
    signal_stop_share
        Part of the signals met that stop a vehicle.
    slowing_per_km, slowing_exponent, slowing_speed_m_s
        Unsteady driving as a number of halts without standing: ``slowing_per_km (1 - mean speed /
        free speed)^exponent (1 + slowing_speed / mean speed)`` per km.
    slowing_most_per_km
        Most of them.
    load_scale
        Share of full power over which the fit of the powertrain loses its weight.
    reference_speed_m_s
        Speed of the halt by which the fade of regeneration is gauged.
    climbing_speed_m_s
        Speed (or that of the link, if lower) that a motor must hold on every grade.
    stop_auxiliary_share
        Part of the time at stops with auxiliaries and cabin climate on.
    start_soc, reserve_share
        Charge at the start of the day, and that not to be used, of the usable battery.
    state_of_health
        Usable energy left over usable energy when new.
    wind_share
        Wind at the height of vehicles between buildings over that of the weather station.
    unknown_grade_share_max
        Part of the distance with unknown grade that is still taken as flat.
    replacement_gvw_shares
        Gross weight over that of the vehicle, least and most, for a model to count as of its size.
    """

    acceleration_m_s2: float
    braking_m_s2: float
    stop_standing_s: float
    signal_stop_share: float
    slowing_per_km: float
    slowing_exponent: float
    slowing_speed_m_s: float
    slowing_most_per_km: float
    load_scale: float
    reference_speed_m_s: float
    climbing_speed_m_s: float
    stop_auxiliary_share: float
    start_soc: float
    reserve_share: float
    state_of_health: float
    wind_share: float
    unknown_grade_share_max: float
    replacement_gvw_shares: tuple[float, float]

    def slowing_per_m(
        self, speed_m_s: npt.NDArray[np.float64], free_m_s: npt.NDArray[np.float64]
    ) -> npt.NDArray[np.float64]:
        """Halts without standing that stand for unsteady driving, per metre."""
        mean = np.maximum(speed_m_s, np.finfo(np.float32).tiny)
        lost = np.clip(1.0 - mean / np.maximum(free_m_s, mean), 0.0, 1.0)
        rate = self.slowing_per_km * lost**self.slowing_exponent
        rate = rate * (1.0 + self.slowing_speed_m_s / mean)
        return np.asarray(np.minimum(rate, self.slowing_most_per_km) / 1000.0)


def driving_parameters(defaults: Defaults) -> DrivingParameters:
    """Read and check the rows of driving.

    Raises
    ------
    InputError
        Every row that is out of its limits, by name.
    """
    checked = CheckedRows(defaults)

    def read(name: str, low: float, high: float, expected: str, *, above: bool = False) -> float:
        return checked.number(_TABLE, name, low, high, expected, above=above)

    kmh = "a speed above 0 and at most 200 km/h"
    least = read("replacement_gvw_share", 0.0, 1.0, _SHARE)
    most = read("replacement_gvw_share_max", 0.0, 1e6, _POSITIVE, above=True)
    found = DrivingParameters(
        acceleration_m_s2=read("acceleration", 0.0, 10.0, _POSITIVE, above=True),
        braking_m_s2=read("braking", 0.0, 10.0, _POSITIVE, above=True),
        stop_standing_s=read("stop_standing_time", 0.0, 3600.0, "seconds from 0 to 3600"),
        signal_stop_share=read("signal_stop_share", 0.0, 1.0, _SHARE),
        slowing_per_km=read("slowing_per_km", 0.0, 1000.0, "a number from 0 to 1000"),
        slowing_exponent=read("slowing_exponent", 0.0, 20.0, "a number from 0 to 20"),
        slowing_speed_m_s=read("slowing_speed", 0.0, 200.0, "a speed from 0 to 200 km/h") / 3.6,
        slowing_most_per_km=read("slowing_per_km_max", 0.0, 1000.0, "a number from 0 to 1000"),
        load_scale=read("fit_load_scale", 0.0, 100.0, "a share above 0", above=True),
        reference_speed_m_s=read("fit_reference_speed", 0.0, 200.0, kmh, above=True) / 3.6,
        climbing_speed_m_s=read("climbing_speed_min", 0.0, 200.0, kmh, above=True) / 3.6,
        stop_auxiliary_share=read("stop_auxiliary_share", 0.0, 1.0, _SHARE),
        start_soc=read("start_soc", 0.0, 1.0, "a share above 0 and at most 1", above=True),
        reserve_share=read("reserve_share", 0.0, 1.0, _SHARE),
        state_of_health=read(
            "state_of_health", 0.0, 1.0, "a share above 0 and at most 1", above=True
        ),
        wind_share=read("wind_share", 0.0, 1.0, _SHARE),
        unknown_grade_share_max=read("unknown_grade_share_max", 0.0, 1.0, _SHARE),
        replacement_gvw_shares=(least, most),
    )
    checked.finish()
    return found


def full_stops_per_km(
    highway: npt.NDArray[np.object_], defaults: Defaults
) -> npt.NDArray[np.float64]:
    """Full stops per km by road class (``*_link`` counts as its class).

    For networks that do not say where their signals are.

    Raises
    ------
    InputError
        Default rows out of their limits.
    """
    checked = CheckedRows(defaults)
    codes, names = pd.factorize(highway, use_na_sentinel=False)
    rates = []
    for name in map(str, names):
        base = name.removesuffix("_link")
        row = f"stops_per_km.{base if base in _ROAD_CLASSES else 'other'}"
        rates.append(checked.number(_TABLE, row, 0.0, 1000.0, "stops per km from 0 to 1000"))
    checked.finish()
    return np.array(rates, dtype=np.float64)[codes]


def air_pressure_pa(
    elevation_m: npt.ArrayLike, *, defaults: Defaults | None = None
) -> npt.NDArray[np.float64]:
    """Return the air pressure at a height, in the standard atmosphere (ISO 2533).

    With :func:`geofleet.energy.driving.air_density_kg_m3` it gives the density that drag depends
    on where no pressure was measured.

    Parameters
    ----------
    elevation_m
        Height above the sea (any shape), from -500 to 9000 m.
    defaults
        Row ``energy:sea_level_pressure``.

    Returns
    -------
    numpy.ndarray
        Pascal, in the shape of the heights; NaN where the height is.

    Raises
    ------
    InputError
        Heights outside of these, or that are no numbers.

    Examples
    --------
    >>> float(air_pressure_pa(2240.0).round(-2))
    77200.0
    """
    low, high = _HEIGHTS_M
    expected = f"heights from {low:g} to {high:g} m"
    try:
        metres = np.asarray(elevation_m, dtype=np.float64)
    except (TypeError, ValueError):
        shown = str(elevation_m)[:40]
        raise InputError([Problem("air pressure", "elevation_m", 0, shown, expected)]) from None
    if (wrong := metres[(metres < low) | (metres > high)]).size:
        raise InputError([Problem("air pressure", "elevation_m", 0, f"{wrong[0]:g}", expected)])
    return pressure_at_pa(metres, sea_level_pressure_pa((defaults or Defaults()).scope()))


def sea_level_pressure_pa(defaults: Defaults) -> float:
    """Return the air pressure at sea level (Pa).

    Raises
    ------
    InputError
        A pressure that this planet does not have.
    """
    checked = CheckedRows(defaults)
    row, low, high = "sea_level_pressure", *PRESSURES_PA
    value = checked.number(_TABLE, row, low, high, f"a pressure from {low:g} to {high:g} Pa")
    checked.finish()
    return value


def check_driving(defaults: Defaults) -> None:
    """Check every row of driving, before any work is done.

    Raises
    ------
    InputError
        Every row that is out of its limits, by name.
    """
    problems: list[Problem] = []
    classes = np.array([*_ROAD_CLASSES, "other"], dtype=object)
    for read in (
        lambda: driving_parameters(defaults),
        lambda: full_stops_per_km(classes, defaults),
        lambda: sea_level_pressure_pa(defaults),
    ):
        try:
            read()
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
