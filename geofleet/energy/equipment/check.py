"""Check every row of the equipment table before any work is done."""

from __future__ import annotations

from geofleet.defaults import Defaults
from geofleet.energy.equipment.body import REFRIGERATION, body_equipment
from geofleet.energy.equipment.cabin import HEATERS, cabin_power_w
from geofleet.errors import InputError, Problem

__all__ = ["check_equipment"]

# One gross weight (kg) of each size of body.
_WEIGHTS_KG = (2000.0, 3500.0, 7500.0, 12_000.0, 27_000.0)


def check_equipment(defaults: Defaults) -> None:
    """Read every row of cabin climate, refrigeration units and lift gates.

    Raises
    ------
    InputError
        Every row that is out of its limits, by name.
    """
    problems: list[Problem] = []
    for heater in HEATERS:
        try:
            cabin_power_w(0.0, heater=heater, defaults=defaults)
        except InputError as error:
            problems += error.problems
    for gvw in _WEIGHTS_KG:
        for kind in REFRIGERATION:
            try:
                body_equipment(gvw, refrigeration=kind, lift_gate=True, defaults=defaults)
            except InputError as error:
                problems += error.problems
    if problems:
        raise InputError(dict.fromkeys(problems))
