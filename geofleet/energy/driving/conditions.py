"""What a day may bring: air, wind, traffic, load, driver and battery, many days at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geofleet.energy.driving.air import TEMPERATURES_C
from geofleet.errors import InputError, Problem

__all__ = ["Conditions"]

Floats = npt.NDArray[np.float64]

_LIMITS = {
    "temperature_c": TEMPERATURES_C,
    "traffic": (0.05, 5.0),
    "wind_east_m_s": (-60.0, 60.0),
    "wind_north_m_s": (-60.0, 60.0),
    "payload_share": (0.0, 10.0),
    "driver": (0.1, 10.0),
    "battery_age_years": (0.0, 100.0),
    "battery_cycles": (0.0, 1e6),
}
_HOURLY = ("temperature_c", "traffic", "wind_east_m_s", "wind_north_m_s")


@dataclass(frozen=True, eq=False)
class Conditions:
    """Conditions under which a day is driven; one row each.

    Parameters
    ----------
    temperature_c
        Shape (conditions, 24): air temperature by local hour.
    traffic
        Shape (conditions, 24): speed over that of the itinerary.
    wind_east_m_s, wind_north_m_s
        Shape (conditions, 24): wind at the height of vehicles, towards east and north.
    payload_share
        Shape (conditions,): load over that of the itinerary.
    driver
        Shape (conditions,): rates of speeding up and slowing down over those of the default rows.
    battery_age_years, battery_cycles
        Shape (conditions,): age, and equivalent full cycles done.

    Raises
    ------
    InputError
        Shapes that do not go together, numbers that no day has.
    """

    temperature_c: Floats
    traffic: Floats
    wind_east_m_s: Floats
    wind_north_m_s: Floats
    payload_share: Floats
    driver: Floats
    battery_age_years: Floats
    battery_cycles: Floats

    def __post_init__(self) -> None:
        count = len(np.atleast_1d(self.payload_share))
        problems = []
        for field, (low, high) in _LIMITS.items():
            values = np.asarray(getattr(self, field), dtype=np.float64)
            shape = (count, 24) if field in _HOURLY else (count,)
            if values.shape != shape:
                problems.append(
                    Problem("conditions", field, 0, str(values.shape), f"shape {shape}")
                )
                continue
            bad = values[~((values >= low) & (values <= high))]
            if bad.size:
                expected = f"a number from {low:g} to {high:g}"
                problems.append(Problem("conditions", field, 0, f"{bad[0]:g}", expected))
            object.__setattr__(self, field, values)
        if problems:
            raise InputError(problems)

    def __len__(self) -> int:
        return len(self.payload_share)

    @classmethod
    def of_hours(cls, temperature_c: Floats) -> Conditions:
        """One planned day without wind: as the itinerary says, under 24 temperatures."""
        return cls.planned(np.atleast_2d(np.asarray(temperature_c, dtype=np.float64)))

    @classmethod
    def planned(
        cls,
        temperature_c: Floats,
        *,
        wind_east_m_s: Floats | None = None,
        wind_north_m_s: Floats | None = None,
    ) -> Conditions:
        """Days that go as planned, under temperatures (and winds) of shape (days, 24)."""
        count = len(temperature_c)
        still = np.zeros((count, 24))
        ones = np.ones(count)
        return cls(
            temperature_c=temperature_c,
            traffic=np.ones((count, 24)),
            wind_east_m_s=still if wind_east_m_s is None else wind_east_m_s,
            wind_north_m_s=still if wind_north_m_s is None else wind_north_m_s,
            payload_share=ones,
            driver=ones,
            battery_age_years=np.zeros(count),
            battery_cycles=np.zeros(count),
        )
