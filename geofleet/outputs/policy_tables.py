"""Tables of a day under rules for spreadsheets, each column documented."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from geofleet.emissions.model import MEANING, unit_of
from geofleet.layers.policy_schemas import POLICY_DAY_HOURS, POLICY_DAYS

if TYPE_CHECKING:
    import pandas as pd

    from geofleet.policy.day import DayEffect

__all__ = ["policy_columns", "policy_tables", "write_policy_tables"]

_QUANTITY = "pm25_exhaust_g"
_HARM_UNIT = "persons·µg/m³·h"
_MONEY = "currency of the study"
_PARTS = {
    "before": "as planned",
    "after": "with the rules kept",
    "stayed": "same link, same hour before and after",
    "moved_out": "leaves an hour: driven in another one (negative)",
    "moved_in": "comes into an hour from another one",
    "rerouted_out": "leaves links that a leg no longer leads over (negative)",
    "rerouted_in": "comes to links that a leg newly leads over",
    "swapped_out": "of days that another vehicle drives: what the planned one would have emitted"
    " (negative)",
    "swapped_in": "of the vehicle that drives in its place",
    "cancelled": "no longer driven because deliveries are not made (negative)",
    "changed": "driven by the same vehicle at another speed or load",
}
_COSTS = {
    "time_cost": "drivers' time more than planned",
    "overtime_cost": "overtime on top of it",
    "distance_cost": "kilometres more than planned",
    "energy_cost": "fuel and electricity more than planned",
    "late_cost": "deliveries after their window",
    "moved_cost": "deliveries at another time than agreed",
    "retime_cost": "moving the departure of a day",
    "swap_cost": "changing the vehicle",
    "dropped_cost": "deliveries not made",
    "charge_cost": "charges of rules",
}
_OPERATORS = {
    "operator_size": ("vehicles of the operator in all", "vehicles"),
    "operators": ("operators with vehicle-days", "1"),
    "hurt": ("of them those whose day costs more, is late or leaves deliveries out", "1"),
    "hurt_share": ("share of operators that are hurt", "1"),
    "vehicle_days": ("vehicle-days", "1"),
    "vehicle_days_hurt": ("of them hurt", "1"),
    "cost": ("over all vehicle-days whose cost is known", _MONEY),
    "cost_unknown": ("vehicle-days whose cost is not known", "1"),
    "late": ("deliveries after their window", "1"),
    "cancelled": ("deliveries not made", "1"),
    "cost_per_operator": ("cost over the operators that are hurt", _MONEY),
}
_OUTCOMES = {
    "outcome": ("what became of vehicle-days", ""),
    "vehicle_days": ("how many", "1"),
    "planned_km": ("kilometres as planned", "km"),
    "cost": ("what the rules cost, where known", _MONEY),
    "cost_unknown": ("vehicle-days whose cost is not known", "1"),
}
_DELIVERIES = {
    "deliveries": ("deliveries planned", "1"),
    "late": ("of them after their window", "1"),
    "moved": ("of them at another time than planned", "1"),
    "cancelled": ("of them not made", "1"),
    "undelivered_kg": ("mass not delivered", "kg"),
}
_MORE_OF_DAYS = {"unknown_after": ("the answer to the day with the rules kept is unknown", "")}


def policy_tables(effect: DayEffect) -> dict[str, pd.DataFrame]:
    """Return the tables of a day under rules by file name.

    ``vehicle_days`` has what becomes of each and why, ``outcomes`` and ``operators`` count them by
    outcome and by size of the operator, ``deliveries`` how many are late, moved and not made;
    ``grams`` splits every quantity, ``by_hour`` and ``by_link`` the fine exhaust particles (and
    harm, where there is a unit exposure) into what stayed, moved, was rerouted, swapped,
    cancelled and changed; ``columns`` says what each column is, with its unit.
    """
    import pandas as pd

    grams = effect.grams().rename_axis("quantity")
    grams.insert(0, "unit", [unit_of(str(name)) for name in grams.index])
    tables = {
        "vehicle_days": effect.frame.drop(columns="geometry", errors="ignore").rename_axis(
            "vehicle_day"
        ),
        "outcomes": effect.outcomes(),
        "operators": effect.operators(),
        "deliveries": pd.DataFrame([effect.deliveries()]),
        "grams": grams,
        "by_hour": _in_grams(effect.by_hour(_QUANTITY)),
        "by_link": _in_grams(effect.by_link(_QUANTITY)),
    }
    tables = {
        name: table if name == "deliveries" else table.reset_index()
        for name, table in tables.items()
    }
    columns = policy_columns(tables, currency=effect.currency, harm=effect.harm_quantities)
    return {**tables, "columns": columns}


def _in_grams(table: pd.DataFrame) -> pd.DataFrame:
    """Name the columns of grams with their unit."""
    return table.rename(columns={name: f"pm25_{name}_g" for name in _PARTS})


def policy_columns(
    tables: dict[str, pd.DataFrame], *, currency: str, harm: Sequence[str]
) -> pd.DataFrame:
    """Return meaning and unit of every column of tables; ``harm`` are the quantities that make it.

    Raises
    ------
    KeyError
        A column that is not documented.
    """
    import pandas as pd

    known: dict[str, dict[str, tuple[str, str]]] = {
        "vehicle_days": {
            **{one.name: (one.meaning, one.unit) for one in POLICY_DAYS.columns},
            **{name: (meaning, _MONEY) for name, meaning in _COSTS.items()},
            **_MORE_OF_DAYS,
        },
        "outcomes": _OUTCOMES,
        "operators": _OPERATORS,
        "deliveries": _DELIVERIES,
        "grams": {
            "quantity": ("what is emitted; no two of them are added up", ""),
            "unit": ("of the numbers in the row", ""),
            **{name: (meaning, "see unit") for name, meaning in _PARTS.items()},
        },
    }
    for name, place in (("by_hour", "hour"), ("by_link", "edge")):
        meaning = "edge number: row of the link in the road network"
        known[name] = {
            place: (POLICY_DAY_HOURS.column("hour").meaning if place == "hour" else meaning, ""),
            **{f"pm25_{part}_g": (f"{MEANING[_QUANTITY]}: {text}", "g")
               for part, text in _PARTS.items()},
            **{f"harm_{part}": (f"people's exposure to {' and '.join(harm)}: {text}", _HARM_UNIT)
               for part, text in _PARTS.items()},
        }  # fmt: skip
    rows = [
        {"table": table, "column": column, "meaning": known[table][str(column)][0],
         "unit": currency if known[table][str(column)][1] == _MONEY
         else known[table][str(column)][1]}
        for table, frame in tables.items() for column in frame.columns
    ]  # fmt: skip
    return pd.DataFrame(rows)


def write_policy_tables(effect: DayEffect, folder: Path) -> None:
    """Write the tables as CSV into a new folder."""
    folder.mkdir()
    for name, table in policy_tables(effect).items():
        path = folder / f"{name}.csv"
        table.to_csv(path, index=False, encoding="utf-8", lineterminator="\n")
