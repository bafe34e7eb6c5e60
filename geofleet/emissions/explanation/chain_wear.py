"""Steps of tyre, brake and road wear."""

from __future__ import annotations

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.emissions.engines.mixtures import VehicleKind
from geofleet.emissions.engines.technologies import VEHICLE, Technologies
from geofleet.emissions.explanation.bands import family_of, spread
from geofleet.emissions.explanation.model import WEAR_PARTS, Step
from geofleet.emissions.explanation.steps import product, total

__all__ = ["wear_step"]

_TABLE = "wear"
_WORDS = {"tyre": "tyres", "brake": "brakes", "road": "road surface"}


def wear_step(
    kind: VehicleKind,
    category: str,
    size: str,
    *,
    distance: Step,
    speed_kmh: float,
    load: float,
    standard: str,
    defaults: Defaults,
) -> Step:
    """Return particles of a size (``pm25`` or ``pm10``) from tyres, brakes and road.

    ``standard`` is that of an engine of the vehicle: it says how far wear may be off.
    """
    parts = []
    for process in WEAR_PARTS:
        steps = [distance, *_per_km(process, kind, category, load, defaults)]
        steps += _technology(process, kind, defaults)
        if process != "road":
            steps.append(_speed(process, speed_kmh, defaults))
        share = f"{process}.{size}_share"
        steps.append(
            _row(share, f"share of {size.upper()} in particles of {_WORDS[process]}", "1", defaults)
        )
        label = f"wear of {_WORDS[process]}"
        parts.append(product(f"{process}_wear", label, "g", *steps, process=process))
    family, read = family_of(defaults, standard)
    whole = total("wear", f"{size.upper()} from wear", "g", *parts)
    return spread(whole, f"{family}.wear.gsd", *read, defaults=defaults)


def _row(row: str, label: str, unit: str, defaults: Defaults, table: str = _TABLE) -> Step:
    value = defaults.number(table, row)
    return Step("figure", label, value, unit, rows=(f"{table}:{row}",))


def _per_km(
    process: str, kind: VehicleKind, category: str, load: float, defaults: Defaults
) -> list[Step]:
    """Return what multiplies to particle grams per kilometre before the speed correction."""
    if category != "heavy" or process == "road":
        row = f"{process}.{category}.tsp_g_km"
        return [_row(row, f"particles of {_WORDS[process]} per km", "g/km", defaults)]
    steps = [_row(f"{process}.car.tsp_g_km", f"particles of a car's {_WORDS[process]} per km",
                  "g/km", defaults)]  # fmt: skip
    if process == "tyre":
        steps.append(_row("tyre.heavy.per_axle", "a truck's over a car's, per axle", "1", defaults))
        axles = f"{kind.vehicle_class}.axles"
        steps.append(_row(axles, "axles", "1", defaults, "vehicle_classes"))
    else:
        steps.append(_row("brake.heavy.multiplier", "a truck's over a car's", "1", defaults))
    slope = _row(f"{process}.heavy.load_slope", "rise to a full load", "1", defaults)
    share = Step("load", "share of the capacity on board", load, "1")
    steps.append(
        total("load_correction", "load correction", "1",
              _row(f"{process}.heavy.load_base", "without load", "1", defaults),
              product("load_rise", "with load", "1", slope, share))
    )  # fmt: skip
    return steps


def _technology(process: str, kind: VehicleKind, defaults: Defaults) -> list[Step]:
    """Return the factor of the vehicle technology, where a row speaks of it."""
    scope = defaults.scope()
    technologies = Technologies(CheckedRows(scope))
    name = kind.technology or technologies.of_fuel(kind.fuel) or ""
    value = technologies.factor(name, f"{process}_factor", kind.standard)
    read = scope.used
    if not read or name not in technologies.names(VEHICLE):
        return []
    return [Step("technology", f"technology {name}: {process} factor", value, "1", rows=read)]


def _speed(process: str, speed_kmh: float, defaults: Defaults) -> Step:
    """Return the speed correction: a constant, a straight line, a constant."""

    def row(name: str) -> tuple[float, str]:
        place = f"{process}.speed.{name}"
        return defaults.number(_TABLE, place), f"{_TABLE}:{place}"

    (low_kmh, from_row), (high_kmh, to_row) = row("low_kmh"), row("high_kmh")
    label = f"speed correction of {process} wear at {speed_kmh:.6g} km/h"
    facts = {"speed_kmh": speed_kmh, "line_from_kmh": low_kmh, "line_to_kmh": high_kmh}
    if low_kmh <= speed_kmh <= high_kmh:
        (slope, slope_row), (start, start_row) = row("slope"), row("intercept")
        rise = product(
            "speed_rise", "slope of the line × speed", "1",
            Step("figure", "slope of the line", slope, "1/(km/h)", rows=(slope_row,)),
            Step("speed", "speed", speed_kmh, "km/h"),
        )  # fmt: skip
        begin = Step("figure", "line at 0 km/h", start, "1", rows=(start_row,))
        read = (from_row, to_row)
        return total("speed_correction", label, "1", begin, rise, rows=read, facts=facts)
    value, own = row("low" if speed_kmh < low_kmh else "high")
    end = from_row if speed_kmh < low_kmh else to_row
    return Step("speed_correction", label, value, "1", rows=(own, end), facts=facts)
