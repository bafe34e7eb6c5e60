"""Check a table of electric models, whoever made it."""

from __future__ import annotations

import math

import pandas as pd

from geofleet.energy.battery import CHEMISTRIES, Battery
from geofleet.energy.catalogue.fields import FIELDS, TABLE, parse_charging_power
from geofleet.errors import InputError, Problem
from geofleet.fleet import vehicle_class_names

__all__ = ["charging_power_problem", "check_models", "unknown_classes"]

_REQUIRED = (
    "battery_usable_wh", "curb_mass_kg", "gvw_kg", "payload_capacity_kg", "drag_area_m2",
    "rolling_coefficient", "motor_power_w", "auxiliary_power_w",
)  # fmt: skip
# May be unknown in a table made by hand; checked where they are given.
_OPTIONAL = ("battery_gross_wh", "ac_charge_w", "dc_charge_w", "charge_power_w",
             "discharge_power_w", "price")  # fmt: skip


def check_models(frame: pd.DataFrame) -> None:
    """Check the numbers of a table of models.

    Raises
    ------
    InputError
        Every number that is missing or out of its limits, as ``electric_models``,
        ``<model_id>.<column>``.
    """
    problems = []
    if not frame.index.is_unique:
        for name in frame.index[frame.index.duplicated()]:
            problems.append(Problem(TABLE, "model_id", 0, str(name), "each model once"))
    for column in _REQUIRED:
        if column not in frame.columns:
            problems.append(Problem(TABLE, column, expected="a column with this quantity"))
        else:
            problems += _number_problems(frame[column], may_be_unknown=False)
    for column in _OPTIONAL:
        if column in frame.columns:
            problems += _number_problems(frame[column], may_be_unknown=True)
    if "chemistry" in frame.columns:
        expected = "one of " + ", ".join(CHEMISTRIES)
        problems += [
            Problem(TABLE, f"{name}.chemistry", 0, str(word), expected)
            for name, word in frame["chemistry"].items()
            if word not in CHEMISTRIES
        ]
    if "charging_power" in frame.columns:
        for name, text in frame["charging_power"].items():
            problem = charging_power_problem(f"{name}.charging_power", str(text))
            problems += [] if problem is None else [problem]
    if "replaces" not in frame.columns:
        problems.append(Problem(TABLE, "replaces", expected="a column of vehicle classes"))
    else:
        for name, text in frame["replaces"].items():
            problems += unknown_classes(f"{name}.replaces", str(text))
    if problems:
        raise InputError(problems)


def _number_problems(cells: pd.Series, *, may_be_unknown: bool) -> list[Problem]:
    """Find the cells of a column that no vehicle can have."""
    field = FIELDS[str(cells.name)]
    problems = []
    numbers = pd.to_numeric(cells, errors="coerce").to_numpy(float)
    for name, cell, value in zip(cells.index, cells, numbers, strict=True):
        unknown = cell is None or (isinstance(cell, float) and math.isnan(cell))
        if (may_be_unknown and unknown) or field.allows(value):
            continue
        shown = str(cell) if math.isnan(value) else f"{value:g}"
        problems.append(Problem(TABLE, f"{name}.{field.name}", 0, shown, field.expected))
    return problems


def unknown_classes(field: str, text: str, *, file: str = TABLE, row: int = 0) -> list[Problem]:
    """Find words that are no vehicle class."""
    known = vehicle_class_names()
    expected = "vehicle classes joined by ';': " + ", ".join(known)
    return [
        Problem(file, field, row, word, expected) for word in text.split(";") if word not in known
    ]


def charging_power_problem(
    field: str, text: str, *, file: str = TABLE, row: int = 0
) -> Problem | None:
    """Find what keeps a text from being a battery's power by state of charge."""
    try:
        Battery("of a model", 1.0, charging_power=parse_charging_power(text))
    except InputError as error:
        return Problem(file, field, row, text, error.problems[0].expected)
    except ValueError:
        expected = "state of charge:share of the peak power, pairs joined by a space: 0:1 0.8:0.5"
        return Problem(file, field, row, text, expected)
    return None
