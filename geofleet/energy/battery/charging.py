"""The charging curve of a battery at a charger: power by state of charge, integrated."""

from __future__ import annotations

import itertools
import math
from typing import Literal

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.energy.battery.charging_curve import SECONDS_PER_HOUR, ChargingCurve
from geofleet.energy.battery.pack import Battery
from geofleet.energy.battery.temperature import temperature_share
from geofleet.errors import InputError, Problem

__all__ = ["ChargerKind", "charging_curve", "default_charging_power"]

ChargerKind = Literal["ac", "dc"]

_TABLE = "batteries"
_STARTS = (0, 10, 50, 80, 90)  # %, as in the ids of the rows
_SHARE = "a share above 0 and at most 1"

# Energy (share of the battery), seconds per share: one stretch of constant power.
_Stretch = tuple[float, float]


def charging_curve(
    battery: Battery,
    charger_power_w: float,
    *,
    kind: ChargerKind,
    battery_temperature_c: float | None = None,
    usable_wh: float | None = None,
    lowest_soc: float | None = None,
    defaults: Defaults | None = None,
) -> ChargingCurve:
    """Return energy in a battery against time at a charger, concave and piecewise linear.

    At every state of charge the battery takes the least of what the charger gives, what its own
    curve allows there and, cold, what its temperature allows. Published curves rise at their low
    end (half the peak power below 10 %), which is not concave; nobody plans to arrive there.
    So the curve is the battery's own from ``lowest_soc`` up. Below, power goes on as just above.
    Where the default curve still rises above ``lowest_soc``, the rising part is replaced by its
    concave envelope: the time from ``lowest_soc`` past that part stays right, and
    ``exact_from_wh`` says where that ends.

    Parameters
    ----------
    battery
        Its usable energy, power limits and curve.
    charger_power_w
        ``dc``: power at the plug; ``ac``: drawn from the grid by the charger on board, whose
        limit is the battery's ``ac_charge_w``.
    kind
        ``ac`` or ``dc``.
    battery_temperature_c
        Temperature of the cells; warm when not given.
    usable_wh
        Energy of the full battery of today (aged, cold); that of the new one when not given.
    lowest_soc
        Lowest state of charge (0 to 1) at which a charge begins; the reserve when not given.

    Raises
    ------
    InputError
        A battery without the inlet or with no published power for it, a power of nothing, a
        curve of its own whose power rises above ``lowest_soc``.
    """
    if kind not in ("ac", "dc"):
        raise InputError([Problem(f"battery {battery.name}", "kind", 0, str(kind), "ac or dc")])
    scope = defaults or Defaults()
    rows = CheckedRows(scope)
    efficiency = rows.number(_TABLE, f"charger_efficiency.{kind}", 0.0, 1.0, _SHARE, above=True)
    if lowest_soc is None:
        lowest_soc = rows.number("energy", "reserve_share", 0.0, 1.0, "a share from 0 to 1")
    pairs = battery.charging_power or default_charging_power(rows)
    rows.finish()
    full = battery.usable_wh if usable_wh is None else usable_wh
    _check(battery, charger_power_w, kind, lowest_soc, full)
    if battery.charging_power:
        _check_falling(battery, lowest_soc)

    accepted = 1.0
    if battery_temperature_c is not None:
        accepted = float(
            temperature_share(
                "acceptance", battery.chemistry, battery_temperature_c, defaults=scope
            )
        )
    given, peak = _limits(battery, charger_power_w, kind, efficiency)
    level = math.isinf(peak)
    bounds = [soc for soc, _ in pairs] + [1.0]
    powers = [given if level else min(given, share * peak * accepted) for _, share in pairs]
    if level:
        powers = [given * accepted] * len(pairs)
    return _integrate(
        f"{battery.name} at {kind} {charger_power_w / 1000:g} kW", bounds, powers,
        full_wh=full, lowest_soc=min(lowest_soc, 1.0), grid_efficiency=efficiency,
    )  # fmt: skip


def default_charging_power(rows: CheckedRows) -> tuple[tuple[float, float], ...]:
    """Return the ``(soc, share of peak power)`` pairs of the default rows."""
    return tuple(
        (
            start / 100.0,
            rows.number(_TABLE, f"charging_power.from_{start}", 0.0, 1.0, _SHARE, above=True),
        )
        for start in _STARTS
    )


def _limits(
    battery: Battery, charger_power_w: float, kind: ChargerKind, efficiency: float
) -> tuple[float, float]:
    """Return the power that reaches the battery, and the peak that the battery takes."""
    if kind == "dc":
        return min(charger_power_w, battery.dc_charge_w), battery.dc_charge_w
    given = min(charger_power_w, battery.ac_charge_w) * efficiency
    # Without a direct-current inlet nobody says what the pack would take beyond this charger.
    return given, math.inf if math.isnan(battery.dc_charge_w) else battery.dc_charge_w


def _integrate(
    name: str,
    bounds: list[float],
    powers: list[float],
    *,
    full_wh: float,
    lowest_soc: float,
    grid_efficiency: float,
) -> ChargingCurve:
    """Join stretches of constant power into a concave curve, exact from ``lowest_soc`` up."""
    stretches: list[_Stretch] = []
    changed_to = 0.0
    for (low, high), power in zip(itertools.pairwise(bounds), powers, strict=True):
        begin = max(low, lowest_soc)
        if high <= begin and high < 1.0:
            continue
        pace = full_wh * SECONDS_PER_HOUR / power
        stretches.append((max(high - begin, 0.0), pace))
        while len(stretches) > 1 and stretches[-1][1] < stretches[-2][1]:
            changed_to = high
            stretches[-2:] = [_join(*stretches[-2:])]
    if not changed_to:
        first = stretches[0][1]
        under = [
            full_wh * SECONDS_PER_HOUR / power
            for low, power in zip(bounds, powers, strict=False)
            if low < lowest_soc
        ]
        changed_to = lowest_soc if any(pace != first for pace in under) else 0.0
    time_s, energy_wh = [0.0], [0.0]
    at = 0.0
    share, pace = stretches[0]
    stretches[0] = (share + lowest_soc, pace)
    for share, pace in _level(stretches):
        at += share
        time_s.append(time_s[-1] + share * pace)
        energy_wh.append(full_wh * at)
    energy_wh[-1] = full_wh
    return ChargingCurve(
        name, tuple(time_s), tuple(energy_wh), grid_efficiency, changed_to * full_wh
    )


def _join(one: _Stretch, other: _Stretch) -> _Stretch:
    """Replace two stretches by one of the same energy and time."""
    share = one[0] + other[0]
    return share, (one[0] * one[1] + other[0] * other[1]) / share


def _level(stretches: list[_Stretch]) -> list[_Stretch]:
    """Join neighbours of the same power."""
    joined: list[_Stretch] = []
    for share, pace in stretches:
        if joined and joined[-1][1] == pace:
            joined[-1] = (joined[-1][0] + share, pace)
        elif share > 0.0:
            joined.append((share, pace))
    return joined


def _check(
    battery: Battery, charger_power_w: float, kind: ChargerKind, lowest_soc: float, full_wh: float
) -> None:
    """Refuse what cannot be charged."""
    table = f"battery {battery.name}"
    problems = []
    if not 0.0 < charger_power_w < math.inf:
        shown = f"{charger_power_w:g}"
        problems.append(Problem(table, "charger_power_w", 0, shown, "a power above 0 W"))
    if not 0.0 <= lowest_soc < 1.0:
        expected = "a state of charge from 0 to below 1 (1 is full)"
        problems.append(Problem(table, "lowest_soc", 0, f"{lowest_soc:g}", expected))
    if not 0.0 < full_wh < math.inf:
        problems.append(Problem(table, "usable_wh", 0, f"{full_wh:g}", "an energy above 0 Wh"))
    if math.isnan(battery.dc_charge_w if kind == "dc" else battery.ac_charge_w):
        expected = "a known power at this kind of charger: give it, or use the other kind"
        problems.append(Problem(table, f"{kind}_charge_w", 0, "unknown", expected))
    if problems:
        raise InputError(problems)


def _check_falling(battery: Battery, lowest_soc: float) -> None:
    """Refuse a curve of the battery's own whose power rises where charging begins or above."""
    problems = []
    for (_, before), (start, after) in itertools.pairwise(battery.charging_power):
        if start > lowest_soc and after > before:
            expected = (
                f"a concave curve: from the lowest state of charge ({lowest_soc:.0%}) up the power "
                f"does not rise (here from {before:g} to {after:g} of the peak at {start:.0%})"
            )
            table = f"battery {battery.name}"
            problems.append(Problem(table, "charging_power", 0, f"{after:g}", expected))
    if problems:
        raise InputError(problems)
