"""Rules of pilots, read from the default table and checked."""

from __future__ import annotations

from dataclasses import dataclass, fields

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows

__all__ = ["PilotRules", "read_rules"]

_TABLE = "pilot"
# Rows by the field they fill: lowest and highest value, and whether the lowest is left out.
_ROWS: dict[str, tuple[str, float, float, bool]] = {
    "standing_speed_kmh": ("standing_speed", 0.0, 20.0, True),
    "standing_time_s": ("standing_time", 0.0, 1e6, True),
    "gap_s": ("gap", 0.0, 1e6, True),
    "interpolated_gap_s": ("interpolated_gap", 0.0, 1e6, True),
    "charging_rise_percent": ("charging_rise", 0.0, 100.0, True),
    "spike_acceleration_m_s2": ("spike_acceleration", 0.0, 100.0, True),
    "step_s": ("step", 0.0, 60.0, True),
    "distance_min_km": ("distance_min", 0.0, 1e4, True),
    "interval_max_s": ("interval_max", 0.0, 600.0, True),
    "gap_share_max": ("gap_share_max", 0.0, 1.0, False),
    "power_share_min": ("power_share_min", 0.0, 1.0, False),
    "odometer_difference_max": ("odometer_difference_max", 0.0, 1.0, False),
    "temperature_band_k": ("temperature_band", 0.0, 100.0, True),
    "speed_band_kmh": ("speed_band", 0.0, 200.0, True),
    "soc_resolution_min_percent": ("soc_resolution_min", 0.0, 10.0, True),
    "power_sensor_error": ("power_sensor_error", 0.0, 1.0, False),
    "unexplained_share": ("unexplained_share", 0.0, 1.0, True),
    "robust_scale": ("robust_scale", 0.0, 1e6, True),
    "holdout_share": ("holdout_share", 0.0, 0.9, True),
    "fit_trips_min": ("fit_trips_min", 1.0, 1e6, False),
    "informed_ratio_max": ("informed_ratio_max", 0.0, 1.0, True),
    "correlation_max": ("correlation_max", 0.0, 1.0, True),
    "prior_distance_max": ("prior_distance_max", 0.0, 100.0, True),
}


@dataclass(frozen=True, slots=True)
class PilotRules:
    """Checked numbers of the ``pilot`` table; each row there says what it is."""

    standing_speed_kmh: float
    standing_time_s: float
    gap_s: float
    interpolated_gap_s: float
    charging_rise_percent: float
    spike_acceleration_m_s2: float
    step_s: float
    distance_min_km: float
    interval_max_s: float
    gap_share_max: float
    power_share_min: float
    odometer_difference_max: float
    temperature_band_k: float
    speed_band_kmh: float
    soc_resolution_min_percent: float
    power_sensor_error: float
    unexplained_share: float
    robust_scale: float
    holdout_share: float
    fit_trips_min: float
    informed_ratio_max: float
    correlation_max: float
    prior_distance_max: float


def read_rules(defaults: Defaults) -> PilotRules:
    """Read and check the rules.

    Raises
    ------
    InputError
        Every row that is out of its limits, by name.
    """
    rows = CheckedRows(defaults)
    values = {}
    for item in fields(PilotRules):
        row, low, high, above = _ROWS[item.name]
        expected = f"a number {'above' if above else 'from'} {low:g} and at most {high:g}"
        values[item.name] = rows.number(_TABLE, row, low, high, expected, above=above)
    rows.finish()
    return PilotRules(**values)
