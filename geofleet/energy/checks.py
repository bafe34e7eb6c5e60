"""Every default row that electric feasibility needs, checked before any work is done."""

from __future__ import annotations

from collections.abc import Callable

from geofleet.defaults import Defaults
from geofleet.energy.battery import check_batteries
from geofleet.energy.catalogue import electric_models, vehicle_parameters
from geofleet.energy.driving import check_driving
from geofleet.energy.equipment import check_equipment
from geofleet.energy.mend.costs import mend_costs, mend_rules
from geofleet.energy.robust.scenarios import read_draws, read_spreads
from geofleet.errors import InputError, Problem

__all__ = ["check_defaults"]


def _check_mends(defaults: Defaults) -> None:
    mend_costs(mend_rules(defaults), defaults)


def _check_powertrains(defaults: Defaults) -> None:
    models = electric_models(defaults=defaults)
    for name in models.frame.drop_duplicates("chemistry").index:
        vehicle_parameters(models, str(name), defaults=defaults)


_CHECKS: tuple[Callable[[Defaults], object], ...] = (
    check_driving, check_batteries, check_equipment, read_spreads, read_draws, _check_mends,
    _check_powertrains,
)  # fmt: skip


def check_defaults(defaults: Defaults) -> None:
    """Check the rows of driving, batteries, equipment, a year of days, and mends.

    Raises
    ------
    InputError
        Every row that is out of its limits, by name.
    """
    problems: list[Problem] = []
    for check in _CHECKS:
        try:
            check(defaults)
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(dict.fromkeys(problems))
