"""Cases of a fleet: what its tables say of each vehicle, as the attributes that rules ask for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.emissions.engines.modifiers import equipment
from geofleet.errors import InputError
from geofleet.fleet.classes import EMEP_CATEGORIES
from geofleet.fleet.model import NO_STANDARD, UNKNOWN
from geofleet.policy.rules.facts import NONE, Attribute, Facts, known_attributes

if TYPE_CHECKING:
    from geofleet.fleet import Fleet

__all__ = ["FACTORY", "RETROFIT", "fleet_cases", "particle_filters", "plate_digit"]

FACTORY, RETROFIT = "factory", "retrofit"
_CLASSES = "vehicle_classes"
_OF_CLASS = {"body": "body", "axles": "axles", "length_m": "length_m"}
_WITH_FILTER = ("diesel", "diesel_hybrid")
_FITTED, _GONE = ("dpf_retrofit",), ("dpf_retrofit_failed", "dpf_failed", "dpf_removed", "doc")
_STAGED = {"epa_2010": ("epa_2010_early", "epa_2010_mature")}
_BY_KIND = ["vehicle_class", "fuel", "standard", "aftertreatment"]

Objects = npt.NDArray[np.object_]


def fleet_cases(
    fleet: Fleet,
    *,
    attributes: Mapping[str, Attribute] | None = None,
    assume: Mapping[str, Any] | None = None,
    defaults: Defaults | None = None,
) -> pd.DataFrame:
    """Return what a fleet's tables say of each vehicle, as attributes of rules.

    What a table does not say stays empty, which is unknown; nothing is guessed but what is named
    here. Body, axles and length come from the vehicle class where the vehicle has none of its
    own; the mass without load is gross weight less payload capacity; the particle filter follows
    from standard and aftertreatment (:func:`particle_filters`), never from membership; the plate
    digit from the plate (``cases.plate_digit``); the operator's size from the operators.

    Parameters
    ----------
    fleet
        Vehicles and operators. Columns of the vehicles that bear the name of an attribute of a
        vehicle or trip (``permits``, ``first_registered``, ``trip_relation:<zone>``…) are taken
        as they are, and go before what would be derived.
    attributes
        What rules may ask for: those of a rule set, its own among them. The common ones when not
        given.
    assume
        By attribute the value that empty cells are filled with, at the caller's risk.

    Returns
    -------
    pandas.DataFrame
        Indexed by ``vehicle_id``, columns of table ``policy_attributes``. In ``attrs``:
        ``provenance`` (default rows read), ``derived`` (cells derived, by attribute and what from)
        and ``assumed`` (cells filled, by attribute).

    Raises
    ------
    InputError
        Cells that are not of the kind of their attribute.
    """
    scope = (defaults or Defaults()).scope()
    vehicles = fleet.vehicles
    asked_for = known_attributes() if attributes is None else attributes
    frame = _own_columns(vehicles, asked_for)
    derived: dict[str, int] = {}

    def fill(name: str, values: Any, source: str) -> None:
        column = pd.Series(values, index=frame.index, dtype=object)
        old = frame[name] if name in frame.columns else pd.Series(None, frame.index, dtype=object)
        empty = _empty(old)
        count = int((empty & ~_empty(column)).sum())
        if count:
            derived[f"{name}, from {source}"] = count
        frame[name] = old.mask(empty, column)

    fill("use", "freight", "the fleet")
    for name, row in _OF_CLASS.items():
        without = vehicles["vehicle_class"].mask(~_empty(frame[name])) if name in frame else None
        asked = vehicles["vehicle_class"] if without is None else without
        fill(name, _of_class(asked, row, scope), "the vehicle class")
    if {"gvw_kg", "payload_capacity_kg"} <= set(frame.columns):
        unladen = _number(frame["gvw_kg"]) - _number(frame["payload_capacity_kg"])
        fill("unladen_kg", unladen.astype(object), "gross weight and payload")
    fill("particle_filter", particle_filters(vehicles, defaults=scope), "standard, aftertreatment")
    if "plate" in vehicles.columns:
        fill("plate_digit", [plate_digit(plate) for plate in vehicles["plate"]], "the plate")
    if "operator_size" in fleet.operators.columns and "operator_id" in vehicles.columns:
        sizes = vehicles["operator_id"].map(fleet.operators["operator_size"])
        fill("operator_size", sizes, "the operators")
    if "hologram" in frame.columns:
        frame["hologram"] = [_lower(value) for value in frame["hologram"]]
    for name in frame.columns:
        frame[name] = frame[name].astype(object).mask(_empty(frame[name]), None)
    facts = Facts(frame, asked_for)
    if problems := facts.check(file="vehicles"):
        raise InputError(problems)
    counts: dict[str, int] = {}
    if assume:
        facts, counts = facts.assuming(assume)
    result = facts.frame
    result.attrs = {
        "provenance": tuple(sorted({*scope.used, *fleet.provenance})),
        "derived": derived,
        "assumed": counts,
    }
    return result


def particle_filters(vehicles: pd.DataFrame, *, defaults: Defaults | None = None) -> Objects:
    """Return which particle filter each vehicle has: ``factory``, ``retrofit`` or ``none``.

    A retrofit that works is ``retrofit``. A filter that failed or was taken out, of whatever kind,
    is ``none``: nothing filters. Without such a state the standard says it, by rows
    ``standards:<standard>.dpf`` (``.light_dpf`` of vans); an unknown standard leaves it unknown.
    Electric and gas vehicles have none. Membership of a programme says nothing about filters.

    Parameters
    ----------
    vehicles
        ``vehicle_class``, ``fuel``, ``standard`` and, where there is one, ``aftertreatment``.

    Returns
    -------
    numpy.ndarray
        Texts, None where it is unknown; shape ``(len(vehicles),)``.
    """
    rows = CheckedRows(defaults or Defaults())
    kinds = pd.DataFrame({
        name: [_clean(value) for value in vehicles[name]] if name in vehicles.columns else ""
        for name in _BY_KIND
    }, index=vehicles.index)  # fmt: skip
    codes, distinct = pd.factorize(pd.MultiIndex.from_frame(kinds))
    found = np.array([_filter_of(rows, *kind) for kind in distinct] + [None], dtype=object)
    rows.finish()
    return found[codes]


def _filter_of(
    rows: CheckedRows, vehicle_class: str, fuel: str, standard: str, aftertreatment: str
) -> str | None:
    states = {part.strip() for part in aftertreatment.split(";")}
    if states & set(_FITTED):
        return RETROFIT
    if states & set(_GONE):
        return NONE
    if not fuel:
        return None
    if fuel not in _WITH_FILTER:
        return NONE
    if standard in ("", UNKNOWN, NO_STANDARD) or not vehicle_class:
        return None
    category = rows.choice(_CLASSES, f"{vehicle_class}.emep_category", EMEP_CATEGORIES)
    answers = {
        equipment(rows, category, stage, "dpf") for stage in _STAGED.get(standard, (standard,))
    }
    if len(answers) > 1:
        return None
    return FACTORY if answers.pop() else NONE


def plate_digit(plate: Any) -> str | None:
    """Return the last digit of a number plate, ``none`` where it has none, None without a plate.

    Examples
    --------
    >>> plate_digit("LB-12-345"), plate_digit("12-AB-3C"), plate_digit("ABCD"), plate_digit("")
    ('5', '3', 'none', None)
    """
    text = _clean(plate)
    if not text:
        return None
    if isinstance(plate, float) and plate.is_integer():
        text = f"{plate:.0f}"  # a column of plates without letters, read as numbers
    digits = [letter for letter in text if letter in "0123456789"]
    return digits[-1] if digits else NONE


def _own_columns(vehicles: pd.DataFrame, attributes: Mapping[str, Attribute]) -> pd.DataFrame:
    names = [
        name for name in map(str, vehicles.columns)
        if (found := attributes.get(name.partition(":")[0])) is not None and found.of != "road"
    ]  # fmt: skip
    frame = vehicles[names].astype(object)
    if "standard" in names:
        frame["standard"] = frame["standard"].mask(frame["standard"] == UNKNOWN, None)
    return frame


def _of_class(classes: pd.Series, row: str, defaults: Defaults) -> Objects:
    """Return a row of each class; None where there is none."""
    codes, names = pd.factorize(classes)
    read = defaults.text if row == "body" else defaults.number
    known = [read(_CLASSES, f"{name}.{row}") for name in names]
    return np.array([*known, None], dtype=object)[codes]


def _number(column: pd.Series) -> pd.Series:
    numbers: pd.Series = pd.to_numeric(column, errors="coerce")
    return numbers


def _empty(column: pd.Series) -> npt.NDArray[np.bool_]:
    codes, values = pd.factorize(column)
    return np.array([*(not _clean(value) for value in values), True], bool)[codes]


def _clean(value: Any) -> str:
    return "" if value is None or value is pd.NA or value != value else str(value).strip()


def _lower(value: Any) -> Any:
    return value.strip().lower() if isinstance(value, str) else value
