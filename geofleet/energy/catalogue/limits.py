"""What the warm battery of a model takes while braking and gives while driving."""

from __future__ import annotations

from dataclasses import dataclass

from geofleet.defaults.checked import CheckedRows

__all__ = ["BatteryLimits", "battery_limits"]

_BATTERIES = "batteries"
_POWERTRAIN = "powertrain"
_RATE = "a rate above 0"
_SHARE = "a share above 0 and at most 1"


@dataclass(frozen=True, slots=True)
class BatteryLimits:
    """Powers (W) at the terminals, and the rows that they rest on."""

    charge_power_w: float
    discharge_power_w: float
    rows: tuple[str, ...]


def battery_limits(
    chemistry: str,
    *,
    usable_wh: float,
    dc_charge_w: float,
    motor_power_w: float,
    auxiliary_power_w: float,
    rows: CheckedRows,
) -> BatteryLimits:
    """Estimate them by chemistry and size.

    A maker sizes the pack for its motor and its fast charging: it takes at least the power of a
    charger and gives at least what the motor needs at full load. Larger packs do more.
    """
    take_row, give_row = f"{chemistry}.regeneration_c_rate", f"{chemistry}.discharge_c_rate"
    take = rows.number(_BATTERIES, take_row, 0.0, 100.0, _RATE, above=True)
    give = rows.number(_BATTERIES, give_row, 0.0, 100.0, _RATE, above=True)
    full = rows.number(_POWERTRAIN, "motor_efficiency.at_100", 0.0, 1.0, _SHARE, above=True)
    converter = rows.number(_POWERTRAIN, "converter_efficiency", 0.0, 1.0, _SHARE, above=True)
    # A row of nothing is named by whoever reads these; no pack need be sized by it.
    needed = motor_power_w / (full or 1.0) + auxiliary_power_w / (converter or 1.0)
    return BatteryLimits(
        charge_power_w=max(take * usable_wh, dc_charge_w),
        discharge_power_w=max(give * usable_wh, needed),
        rows=(
            f"{_BATTERIES}:{take_row}", f"{_BATTERIES}:{give_row}",
            f"{_POWERTRAIN}:motor_efficiency.at_100", f"{_POWERTRAIN}:converter_efficiency",
        ),
    )  # fmt: skip
