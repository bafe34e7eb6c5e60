"""Reconcile with an official inventory: what factor lies between, reported and never applied."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from geofleet.emissions.inventories.keys import as_text
from geofleet.emissions.model import QUANTITIES, LinkEmissions, unit_of
from geofleet.errors import InputError, Problem

__all__ = ["REFERENCE_COLUMNS", "Reconciliation", "reconcile"]

REFERENCE_COLUMNS = ("quantity", "value", "unit", "area", "sector", "year", "source")
"""Columns that a reference must have; see :func:`reconcile` for those that it may have."""

_MAY = ("bound", "share_modelled", "note")
_BOUNDS = ("", "at least", "at most")
_NAME = "reference inventory"
_LIST = ", ".join
_SHOWN = 10
_AMOUNTS = {
    "g": {"g": 1.0, "kg": 1e3, "t": 1e6, "Mg": 1e6, "kt": 1e9, "Gg": 1e9, "Mt": 1e12},
    "MJ": {"MJ": 1.0, "GJ": 1e3, "TJ": 1e6, "PJ": 1e9},
    "kWh": {"kWh": 1.0, "MWh": 1e3, "GWh": 1e6},
}
_PERIODS = {"day": ("day", "d"), "year": ("yr", "year", "a", "y")}
_DATE = "date"
_GASES = frozenset({"co2_g", "ch4_exhaust_g", "n2o_exhaust_g"})
_PARTS_OF = {
    "nox_exhaust_g": frozenset({"no2_exhaust_g"}),
    "pm25_exhaust_g": frozenset({"bc_exhaust_g", "oc_exhaust_g"}),
    "pm10_wear_g": frozenset({"pm25_wear_g"}),
    "co2e_ttw_g": _GASES,
    "co2e_wtw_g": _GASES | {"co2e_ttw_g", "co2e_wtt_g"},
}
"""What each quantity holds already: adding it would count it twice."""


@dataclass(frozen=True)
class Reconciliation:
    """What lies between a model and a reference; nothing in it changes an emission.

    Parameters
    ----------
    table
        One row per reference figure, in its order: its groups (if any), ``quantity``, ``model``
        and ``reference`` in ``unit``, ``bound``, ``factor`` (reference over model, missing where
        the model has nothing), ``difference`` (model less reference), ``percent`` of the
        reference, ``share_modelled`` (missing where nobody said it), ``area``, ``sector``,
        ``year``, ``source`` and ``note``. The reference is what is left of its value after
        ``share_modelled``.
    days_per_year
        How many days like the one modelled a year was taken to have.
    model_days
        How many days the model was the sum of.
    notes
        What a reader must know: how many days the model is the sum of, figures whose coverage is
        not stated, bounds, model groups that no figure was given for.
    """

    table: pd.DataFrame
    days_per_year: float
    model_days: int = 1
    notes: tuple[str, ...] = ()


def reconcile(
    model: pd.DataFrame | pd.Series | LinkEmissions | Mapping[str, float],
    reference: pd.DataFrame,
    *,
    days_per_year: float,
    model_days: int | None = None,
) -> Reconciliation:
    """Compare emissions with the figures of an official inventory.

    Parameters
    ----------
    model
        An inventory, emissions by link and hour, or totals by quantity, over ``model_days``.
    reference
        Columns ``REFERENCE_COLUMNS``: ``quantity`` is a column of ``QUANTITIES`` or several joined
        by ``+`` (``pm25_exhaust_g+pm25_wear_g``), none of them part of another; ``unit`` an amount
        over a day or a year (``t/yr``, ``kg/day``, ``GWh/yr``); ``area``, ``sector`` and ``source``
        say what the figure is of and where it stands. It may have ``share_modelled``, the part of
        the figure that comes from what the model holds (0 to 1; 1 is taken and noted where it is
        empty); ``bound``, ``at least`` or ``at most`` where the source gives only that; ``note``;
        and any key of the inventory, to compare group by group (an empty cell: all groups). It may
        have no other column.
    days_per_year
        Days like the mean one modelled in a year.
    model_days
        Days that the model is the sum of. Not given: the dates of an inventory with key ``date``,
        else 1; what a study gives is the sum of its service dates.

    Raises
    ------
    InputError
        Columns that are missing or unknown, days that are no whole number of at least 1 or fewer
        than the dates of the inventory, quantities or units that are unknown or do not fit
        together, sums of a whole with its part, values that are not above zero, groups that the
        inventory does not have: all at once.
    """
    table, keys = _model(model)
    days, problems = _days(table, keys, model_days)
    problems += _faults(reference, table, keys, days_per_year)
    if problems:
        raise InputError(problems)
    groups = [key for key in keys if key in reference.columns]
    rows = []
    notes = [f"model: sum of {days} {'day' if days == 1 else 'days'}; a day is their mean"]
    for number, (_, row) in enumerate(reference.iterrows(), start=1):
        chosen, lost = _matching(table, row, groups, number)
        if lost:
            problems.append(lost)
            continue
        names = _names(row["quantity"])
        scale, _ = _unit(str(row["unit"]), days_per_year)
        found = float(chosen[names].to_numpy(np.float64).sum()) / scale
        found /= 1 if _DATE in groups and _cell(row, _DATE) is not None else days
        said = _cell(row, "share_modelled")
        share = 1.0 if said is None else _number(said)
        label = f"{row['quantity']} of {row['source']}"
        if said is None:
            notes.append(f"{label}: nobody said how much of it the model covers; all was taken")
        bound = str(_cell(row, "bound") or "")
        if bound:
            notes.append(f"{label}: the source says {bound}, and so does the factor")
        wanted = float(row["value"]) * share
        rows.append(
            {
                **{key: _cell(row, key) for key in groups},
                "quantity": row["quantity"],
                "model": found,
                "reference": wanted,
                "unit": row["unit"],
                "bound": bound,
                "factor": wanted / found if found > 0.0 else np.nan,
                "difference": found - wanted,
                "percent": 100.0 * (found - wanted) / wanted,
                "share_modelled": np.nan if said is None else share,
                **{name: row[name] for name in ("area", "sector", "year", "source")},
                "note": str(_cell(row, "note") or ""),
            }
        )
    if problems:
        raise InputError(problems)
    notes += _left_out(table, reference, groups)
    return Reconciliation(
        pd.DataFrame(rows), float(days_per_year), days, tuple(dict.fromkeys(notes))
    )


def _model(
    model: pd.DataFrame | pd.Series | LinkEmissions | Mapping[str, float],
) -> tuple[pd.DataFrame, list[str]]:
    """Return the model as a table of its own with keys as columns, and the keys."""
    if isinstance(model, LinkEmissions):
        model = model.total()
    if isinstance(model, pd.DataFrame):
        keys = [str(name) for name in model.index.names if name not in (None, "total")]
        table = model.reset_index()
    else:
        keys, table = [], pd.DataFrame([dict(model)])
    return table, keys


def _days(table: pd.DataFrame, keys: list[str], given: int | None) -> tuple[int, list[Problem]]:
    """Return how many days the model is the sum of."""
    least = table[_DATE].nunique() if _DATE in keys else 1
    days = max(least, 1) if given is None else given
    whole = isinstance(days, int | np.integer) and not isinstance(days, bool)
    if whole and days >= max(least, 1):
        return int(days), []
    expected = f"a whole number of at least {max(least, 1)}, the dates of the model"
    return 1, [Problem("reconcile", "model_days", value=str(given), expected=expected)]


def _unit(unit: str, days_per_year: float) -> tuple[float, str]:
    """Return model units a day in one of a unit, and the unit of the model; 0 when unknown."""
    amount, _, period = (part.strip() for part in unit.partition("/"))
    for own, amounts in _AMOUNTS.items():
        if amount in amounts and period in _PERIODS["day"]:
            return amounts[amount], own
        if amount in amounts and period in _PERIODS["year"]:
            return amounts[amount] / days_per_year, own
    return 0.0, ""


def _faults(
    reference: pd.DataFrame, table: pd.DataFrame, keys: list[str], days_per_year: float
) -> list[Problem]:
    """Return everything that is wrong with the figures."""
    problems = [
        Problem(_NAME, name, expected="a column of this name")
        for name in REFERENCE_COLUMNS
        if name not in reference.columns
    ]
    known = dict.fromkeys([*REFERENCE_COLUMNS, *_MAY, *keys])
    problems += [
        Problem(_NAME, str(name), expected=f"a column that means something here: {_LIST(known)}")
        for name in reference.columns
        if name not in known
    ]
    if not 0.0 < days_per_year <= 366.0:
        problems.append(
            Problem("reconcile", "days_per_year", value=str(days_per_year), expected="up to 366")
        )
    if problems:
        return problems
    held = [name for name in QUANTITIES if name in table.columns]
    allowed = _LIST(f"{one}/day, {one}/yr" for group in _AMOUNTS.values() for one in group)
    for number, (_, row) in enumerate(reference.iterrows(), start=1):

        def bad(field: str, expected: str, number: int = number, row: pd.Series = row) -> None:
            problems.append(Problem(_NAME, field, number, str(row[field]), expected))

        scale, own = _unit(str(row["unit"]), days_per_year)
        names = _names(row["quantity"])
        doubled = _doubled(names)
        if not set(names) <= set(held):
            bad("quantity", f"one of the model's, or several joined by +: {_LIST(held)}")
        elif doubled:
            bad("quantity", f"quantities of which none is part of another: {doubled}")
        elif not scale:
            bad("unit", "one of " + allowed)
        elif {unit_of(name) for name in names} != {own}:
            bad("unit", f"a unit of {_LIST(sorted({unit_of(name) for name in names}))}")
        value, share = _number(row["value"]), _cell(row, "share_modelled")
        if not (value > 0.0 and np.isfinite(value)):
            bad("value", "a number above 0")
        if share is not None and not 0.0 < _number(share) <= 1.0:
            bad("share_modelled", "a share above 0 and up to 1")
        if str(_cell(row, "bound") or "") not in _BOUNDS:
            bad("bound", "empty, at least or at most")
        for field in ("area", "sector", "source"):
            if _cell(row, field) is None:
                bad(field, "what the figure is of and where it stands")
    return problems


def _doubled(names: list[str]) -> str:
    """Say what a sum of quantities would count twice; empty text where it counts nothing twice."""
    for name in names:
        if names.count(name) > 1:
            return f"{name} stands twice"
        for part in _PARTS_OF.get(name, frozenset()) & set(names):
            return f"{part} is part of {name}"
    return ""


def _matching(
    table: pd.DataFrame, row: pd.Series, groups: list[str], number: int
) -> tuple[pd.DataFrame, Problem | None]:
    """Return the rows of the model that a figure is of."""
    for key in groups:
        wanted = _cell(row, key)
        if wanted is None:
            continue
        labels = table[key].map(as_text)
        same = labels == as_text(wanted)
        if not same.any():
            known = _LIST(labels.unique()[:_SHOWN])
            expected = f"a group of the model: {known}"
            return table, Problem(_NAME, key, number, as_text(wanted), expected)
        table = table[same]
    return table, None


def _left_out(table: pd.DataFrame, reference: pd.DataFrame, groups: list[str]) -> list[str]:
    """Return notes on groups of the model that no figure of a quantity is of."""
    notes = []
    same = reference["quantity"].map(lambda text: "+".join(sorted(_names(text))))
    for quantity, figures in reference.groupby(same, sort=False):
        for key in groups:
            named = [_cell(row, key) for _, row in figures.iterrows()]
            if None in named:  # a figure of all groups
                continue
            rest = sorted(set(table[key].map(as_text)) - {as_text(name) for name in named})
            if rest:
                shown = _LIST(rest[:_SHOWN]) + (" …" if len(rest) > _SHOWN else "")
                notes.append(f"no figure of {quantity} for {key} {shown}")
    return notes


def _names(quantity: object) -> list[str]:
    """Return the quantities of a sum."""
    return [name.strip() for name in str(quantity).split("+")]


def _cell(row: pd.Series, name: str) -> object:
    """Return a cell, None where it is empty or the column is not there."""
    value = row.get(name)
    return None if value is None or value is pd.NA or value != value or value == "" else value


def _number(value: object) -> float:
    try:
        return float(str(value))
    except ValueError:
        return float("nan")
