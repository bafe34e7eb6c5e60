"""Check every row of the batteries table before any work is done."""

from __future__ import annotations

from collections.abc import Callable

from geofleet.defaults import Defaults
from geofleet.energy.battery.ageing import fade_rates
from geofleet.energy.battery.charging import charging_curve
from geofleet.energy.battery.pack import CHEMISTRIES, Battery
from geofleet.energy.battery.temperature import temperature_share
from geofleet.errors import InputError, Problem

__all__ = ["check_batteries"]

_ANY = Battery("any", 1000.0, ac_charge_w=1000.0, dc_charge_w=1000.0)


def check_batteries(defaults: Defaults) -> None:
    """Read every row of charging, ageing and temperature.

    The rows of losses and rates are read with the vehicle:
    :func:`~geofleet.energy.catalogue.vehicle_parameters`.

    Raises
    ------
    InputError
        Every row that is out of its limits, by name.
    """
    problems: list[Problem] = []

    def attempt(read: Callable[..., object], *inputs: object, **options: object) -> None:
        try:
            read(*inputs, **options, defaults=defaults)
        except InputError as error:
            problems.extend(error.problems)

    for kind in ("ac", "dc"):
        attempt(charging_curve, _ANY, 1000.0, kind=kind)
    for chemistry in CHEMISTRIES:
        attempt(fade_rates, chemistry, fast_charging_share=0.5, air_cooled=True)
        for quantity in ("capacity", "acceptance", "discharge"):
            attempt(temperature_share, quantity, chemistry, 20.0)
    if problems:
        raise InputError(dict.fromkeys(problems))
