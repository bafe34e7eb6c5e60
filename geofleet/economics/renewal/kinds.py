"""Kinds of engines that a projection may need, and what becomes of one when a filter is fitted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache

import numpy as np
import numpy.typing as npt

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.economics.renewal.model import Kind, Stock
from geofleet.errors import InputError, Problem
from geofleet.fleet.classes import EMEP_CATEGORIES
from geofleet.fleet.model import NO_STANDARD, UNKNOWN

__all__ = ["category_of", "filter_targets", "import_mix", "new_vehicle", "standard_mix"]

Ints = npt.NDArray[np.int64]

FITTED, FAILED = "dpf_retrofit", "dpf_retrofit_failed"
_STAGED = "epa_2010"
_TABLE = "renewal"
_FIRST, _LAST = 1950, 2100


def category_of(vehicle_class: str, defaults: Defaults) -> str:
    """Return ``light`` or ``heavy``."""
    rows = CheckedRows(defaults)
    found = rows.choice("vehicle_classes", f"{vehicle_class}.emep_category", EMEP_CATEGORIES)
    rows.finish()
    return found


def standard_mix(
    category: str, model_year: int, country: str, defaults: Defaults
) -> dict[str, float]:
    """Return the standards of diesel vehicles of a model year with their shares.

    Raises
    ------
    InputError
        No certification mix of the country.
    """
    from geofleet.emissions.engines.certification import NoMixError, standards_of

    rows = CheckedRows(defaults)
    try:
        found = standards_of(
            rows, category=category, standard=UNKNOWN, model_year=model_year, country=country
        )
    except NoMixError as error:
        raise InputError([Problem("stock", "standard", expected=str(error))]) from None
    rows.finish()
    merged: dict[str, float] = {}
    for standard, share in found:
        # two stages of one standard, told apart by emissions alone
        name = _STAGED if standard.startswith(_STAGED) else standard
        merged[name] = merged.get(name, 0.0) + share
    return merged


def import_mix(
    category: str, model_year: int, country: str, defaults: Defaults
) -> dict[str, float]:
    """Return the standards of vehicles that are bought used abroad.

    Rows ``renewal:import.standard.<country>.*`` say those of heavy vehicles by model year; where
    there are none, the certification mix of the country does.
    """
    start = f"import.standard.{country}."
    if category == "heavy":
        for row in defaults.values(_TABLE):
            if row.startswith(start):
                first, _, last = row.removeprefix(start).partition("-")
                if int(first) <= model_year <= int(last):
                    return {defaults.text(_TABLE, row): 1.0}
    return standard_mix(category, model_year, country, defaults)


def new_vehicle(
    technology: str, category: str, model_year: int, country: str, defaults: Defaults
) -> dict[Kind, float]:
    """Return the kinds of a new vehicle of a technology with their shares."""
    if technology == "diesel":
        mix = standard_mix(category, model_year, country, defaults)
        return {Kind("diesel", standard): share for standard, share in mix.items()}
    if technology == "electric":
        return {Kind("electric", NO_STANDARD): 1.0}
    fuel = "diesel" if technology == "euro_6" else technology
    return {Kind(fuel, "euro_6"): 1.0}


@cache
def _slots() -> tuple[str, ...]:
    return FITTED, FAILED, "dpf_failed", "dpf_removed", "doc"


def filter_targets(
    kinds: Sequence[Kind], classes: Iterable[str], defaults: Defaults
) -> dict[tuple[str, Kind], Kind]:
    """Return what each kind becomes, by class, where a filter can be fitted to it afterwards.

    What the emission functions allow: fuels and standards of technology ``dpf_retrofit``, no filter
    of the factory's, no other device in the filter's place that works or failed but a plain
    oxidation catalyst, which it replaces.
    """
    from geofleet.emissions.engines.modifiers import equipment
    from geofleet.emissions.engines.technologies import Technologies

    rows = CheckedRows(defaults)
    technologies = Technologies(rows)
    needs = technologies.needs(FITTED)
    found = {}
    for name in classes:
        category = category_of(name, defaults)
        for kind in kinds:
            states = [part.strip() for part in kind.aftertreatment.split(";") if part.strip()]
            if any(state in _slots() and state != "doc" for state in states):
                continue
            fits = kind.fuel in technologies.fuels(FITTED) and technologies.applies(
                FITTED, kind.standard
            )
            if not fits or (needs and not equipment(rows, category, kind.standard, needs)):
                continue
            kept = [state for state in states if state != "doc"]
            found[name, kind] = kind._replace(aftertreatment=";".join([*kept, FITTED]))
    rows.finish()
    return found


def failed(kind: Kind) -> Kind | None:
    """Return what a kind becomes when its fitted filter cracks, None where it has none."""
    states = kind.aftertreatment.split(";")
    if FITTED not in states:
        return None
    states = [FAILED if state == FITTED else state for state in states]
    return kind._replace(aftertreatment=";".join(states))


def positions(stock: Stock) -> Mapping[Kind, int]:
    """Return the place of each kind on the last axis of a stock."""
    return {kind: at for at, kind in enumerate(stock.kinds)}
