"""Which default rows the numbers of a brief were made with: read again for its vehicles alone."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from geofleet.defaults import read_table
from geofleet.economics.finance.model import TECHNOLOGIES
from geofleet.economics.options import KEEP
from geofleet.planned import granted_options, priced_options

if TYPE_CHECKING:
    from geofleet.defaults import Defaults
    from geofleet.planned import PlannedStudy
    from geofleet.policy.day import DayEffect
    from geofleet.study import Results

_OF_SOCIETY = ("society:", "money:", "upstream:")
_OF_BENEFITS = (
    "money:", "society:carbon_price.", "society:black_carbon", "society:access_counts",
)  # fmt: skip
_OF_ELECTRIC = ("tariffs:", "depot:", "economics:duty.", "mends:battery", "batteries:")

__all__ = ["lender_rows", "official_rows_used", "operator_rows", "relevant"]


def official_rows_used(
    results: Results, planned: PlannedStudy | None, effect: DayEffect | None
) -> set[str]:
    """Return the rows behind the run, the rules' day, and all that the plan chose from.

    Rows that only put money on benefits to society are read with those of the treasury, but no
    number of the brief is made with them.
    """
    used = set(results.defaults.used)
    if effect is not None:
        used |= set(effect.provenance)
    if planned is not None:
        used |= {*planned.options.provenance, *planned.defaults.used,
                 *results.outcomes.provenance}  # fmt: skip
    return {row for row in used if not row.startswith(_OF_BENEFITS)}


def operator_rows(
    results: Results,
    planned: PlannedStudy | None,
    effect: DayEffect | None,
    vehicles: Collection[str],
) -> set[str]:
    """Return the rows behind one operator's trucks: what they do, what rules make of it, money.

    Rows that name another class or model of vehicle are not among them.
    """
    own = results.inputs.fleet.vehicles.loc[list(vehicles)]
    used = set(results.feasibility.provenance) | set(results.robust.provenance)
    if effect is not None:
        used |= set(effect.provenance)
    best = results.feasibility.best
    days = results.itineraries.traversals.vehicle_days["vehicle_id"].isin(list(vehicles))
    models = set(best.loc[days.to_numpy(), "model_id"].dropna().astype(str))
    if planned is not None:
        used |= set(results.outcomes.provenance)
        used |= _money_rows(planned, vehicles)
        chosen = planned.vehicles().set_index("vehicle_id").loc[list(vehicles)]
        models |= set(chosen["model_id"].dropna().astype(str))
    wanted = set(own["vehicle_class"].astype(str)) | set(own["fuel"].dropna().astype(str)) | models
    return relevant(used, wanted | _becomes(planned, vehicles))


def lender_rows(planned: PlannedStudy, vehicles: Collection[str]) -> set[str]:
    """Return the rows behind the loans of some vehicles."""
    own = planned.results.inputs.fleet.vehicles.loc[list(vehicles)]
    chosen = planned.vehicles().set_index("vehicle_id").loc[list(vehicles)]
    used = set(planned.results.outcomes.provenance) | _money_rows(planned, vehicles)
    models = set(chosen["model_id"].dropna().astype(str))
    wanted = set(own["vehicle_class"].astype(str)) | set(own["fuel"].dropna().astype(str)) | models
    return relevant(used, wanted | _becomes(planned, vehicles))


def _becomes(planned: PlannedStudy | None, vehicles: Collection[str]) -> set[str]:
    """Return the technologies that the plan gives to some vehicles."""
    if planned is None:
        return set()
    table = planned.vehicles().set_index("vehicle_id").loc[list(vehicles)]
    return set(table["technology"].astype(str)) - {KEEP}


def relevant(rows: Collection[str], wanted: set[str]) -> set[str]:
    """Return the rows that may bear on an operator's or a lender's numbers.

    Rows about other vehicle classes, models or technologies do not, nor those about society's
    money, nor, where nobody goes electric, those about chargers, tariffs and batteries.

    Parameters
    ----------
    rows
        That were read.
    wanted
        Classes, models, fuels and technologies that the brief is about.
    """
    named = _firsts("vehicle_classes") | _firsts("electric_models") | set(TECHNOLOGIES)
    apart = _OF_SOCIETY if "electric" in wanted else _OF_SOCIETY + _OF_ELECTRIC

    def bears(row: str) -> bool:
        parts = set(row.partition(":")[2].split(".")) & named
        return parts <= wanted and not row.startswith(apart)

    return {row for row in rows if bears(row)}


def _firsts(name: str) -> set[str]:
    return {str(row).partition(".")[0] for row in read_table(name).index}


def _money_rows(planned: PlannedStudy, vehicles: Collection[str]) -> set[str]:
    """Price some vehicles again, as kept and as the plan changes them, and note what is read."""
    from geofleet.economics.finance import affordability, lender_sheet, stress

    own: Defaults = planned.defaults.fresh()
    outcomes = planned.results.outcomes
    parts = granted_options(planned, vehicles)
    if parts:
        own.mark("finance:stress.energy")  # by which the price of diesel is tried
    for name, options in parts.items():
        index = options.cases.index
        ids = index.get_level_values(0).unique()
        physical = outcomes.physical.loc[index.intersection(outcomes.physical.index)]
        priced_options(physical, outcomes.vehicles.loc[ids], planned.config, defaults=own)
        product = planned.products[name]
        own.mark(*product.rows)
        affordability(options, [product], defaults=own)
        if product.kind != "cash":
            lender_sheet(options, [product], defaults=own)
            stress(options, [product], defaults=own)
    return {row for row in own.used if not row.startswith(f"{KEEP}:")}
