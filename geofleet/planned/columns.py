"""What the columns of tables of plans and costs hold, and in which unit: written beside them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from geofleet.schema import TableSchema

__all__ = ["column_table"]

_MONEY = "money"
_HARM = "persons·µg/m³·h"
_PLAN = "over the years of the plan"

_AVOIDED = {
    "harm": (f"exposure to exhaust and wear avoided {_PLAN}", _HARM),
    "pm25": (f"PM2.5 of exhaust and wear avoided {_PLAN}", "kg"),
    "bc": (f"black carbon avoided {_PLAN}", "kg"),
    "nox": (f"nitrogen oxides avoided {_PLAN}", "kg"),
    "co2e": (f"greenhouse gases avoided {_PLAN}, well to wheel; below zero: more", "t"),
}
_CASE = {
    "vehicle_id": ("vehicle", ""),
    "option": ("what it becomes; keep: it stays as it is", ""),
}
_SIZE = ("vehicles that the operator owns, by class", "")

_COLUMNS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "years": {
        "year": ("calendar year", "year"),
        "vehicles": ("vehicles that change in it", "vehicles"),
        "spend": ("public money for vehicles, in money of the year", _MONEY),
        "chargers": ("chargers put up in it", "chargers"),
        "extensions": ("extensions of connections in it", "extensions"),
        "charging_spend": ("public money for chargers and connections", _MONEY),
        "total_spend": ("public money for both", _MONEY),
        "cumulative_spend": ("of this year and all before it", _MONEY),
        "budget": ("public money there is; inf: no bound", _MONEY),
        "cumulative_budget": ("of this year and all before it", _MONEY),
    },
    "operators": {
        "operator_id": ("operator of whose vehicles some change", ""),
        "operator_size": _SIZE,
        "vehicles": ("vehicles of the operator in the study", "vehicles"),
        "changed": ("of them changed by the plan", "vehicles"),
        "first_year": ("calendar year of the first change", "year"),
        "last_year": ("calendar year of the last change", "year"),
        "spend": ("public money for its vehicles, in money of the year of each change", _MONEY),
        "grant": ("the same if every change were made today", _MONEY),
        "upfront": ("what it pays itself on the day of the change, as if today", _MONEY),
        "month_one_change": (
            "what the first month costs more than today's; below zero: less", f"{_MONEY}/month"
        ),
        "gain": ("present value, at the operator's own rate, of what the changes save, as if all "
                 "were made today on the vehicles' own routes", _MONEY),
        "payback_years": ("until the slowest of them has paid for itself, discounted", "year"),
    },
    "officials": {
        "operator_size": _SIZE,
        "option": ("technology; keep: vehicles that stay as they are", ""),
        "vehicles": ("vehicles", "vehicles"),
        "spend": ("public money for them, chargers not in it, in money of each year", _MONEY),
        "spend_share": ("part of all public money for vehicles", "1"),
        "cost": ("present cost to all concerned against keeping them, without chargers and "
                 "connections; not zero for kept ones that do other work than today", _MONEY),
        **_AVOIDED,
    },
    "lenders": {
        **_CASE,
        "product": ("finance product, row of the product file", ""),
        "year": ("calendar year of the change; all money is as if it were made today", "year"),
        "eligible": ("whether the operator may have the product", ""),
        "loan": ("lent", _MONEY),
        "rate": ("of the loan, effective", "1/year"),
        "term_years": ("of the loan", "year"),
        "instalment_per_month": ("of the loan", f"{_MONEY}/month"),
        "instalment_per_year": ("of the loan, paid once a year", f"{_MONEY}/year"),
        "fee_per_month": ("of a lease or of daily payments", f"{_MONEY}/month"),
        "cover": ("cash for debt service over instalment and fee", "1"),
        "cover_min": ("least cover that lenders ask for", "1"),
        "km_per_day": ("driven today on a working day", "km"),
        "break_even_km_per_day": (
            "at which the cash just serves the debt; inf: more kilometres bring nothing", "km"
        ),
        "default_rate": ("loans of such operators that fail", "1"),
        "expected_loss": ("of the loan, without any guarantee", _MONEY),
        "expected_loss_stressed": ("likewise in bad years", _MONEY),
        "loan_to_value": (
            "owed at the end of the year in the name over what the vehicle is worth then", "1"
        ),
    },
    "offers": {
        **_CASE,
        "product": ("finance product with which the least public money is needed", ""),
        "grant": ("smallest grant besides that makes the operator able and willing, today; empty "
                  "where none does", _MONEY),
        "public": ("that grant and what the treasury pays within the product", _MONEY),
        "reason": ("why there is none", ""),
    },
    "costs/costs": {
        **_CASE,
        "npv": ("present gain of switching, against keeping it; below zero: a loss", _MONEY),
        "discounted_payback_years": ("until discounted gains pay for it; empty: never", "year"),
        "paid_back_for_good_years": ("from when it stays so to the end; empty: never", "year"),
        "irr": ("rate of return of switching; empty where there is none", "1/year"),
        "irr_count": ("rates of return that there are", "1"),
        "upfront": ("paid today", _MONEY),
        "month_one": ("paid in the first month", f"{_MONEY}/month"),
        "present_cost": ("present cost of all years at the operator's own rate", _MONEY),
        "undiscounted_cost": ("sum of all years, not discounted", _MONEY),
        "present_km": ("kilometres of all years, discounted likewise", "km"),
        "present_tonne_km": ("tonne-kilometres of all years, discounted likewise", "tonne-km"),
        "cost_per_km": ("present cost over present kilometres", f"{_MONEY}/km"),
        "cost_per_tonne_km": ("likewise, tonnes moved", f"{_MONEY}/tonne-km"),
        "month_one_change": (
            "what a month of the first year costs more than keeping it", f"{_MONEY}/month"
        ),
        "annual_km": ("driven in a year", "km"),
        "pm25_exhaust_g": ("of a year", "g"), "bc_exhaust_g": ("of a year, in pm25_exhaust_g", "g"),
        "nox_exhaust_g": ("of a year", "g"), "co2e_wtw_g": ("of a year, well to wheel", "g"),
        "probability": ("probability that the option can do the work of a day", "1"),
    },
    "costs/offers": {
        **_CASE,
        "product": ("finance product", ""),
        "able": ("whether the operator can pay: yes, no or unknown", ""),
        "willing": ("whether it pays for the operator: yes, no or unknown", ""),
        "reason": ("why not", ""),
        "smallest_grant": ("that makes it able and willing; empty where none does", _MONEY),
        "why_no_grant": ("why none does", ""),
        "outlay": ("paid in a month with the product", f"{_MONEY}/month"),
        "outlay_today": ("paid in a month for the vehicle as it is", f"{_MONEY}/month"),
    },
    "costs/explained": {
        **_CASE,
        "column": ("number of the ledger case", ""), "value": ("of that number", ""),
        "row": ("default row behind it; empty where it follows from the vehicle", ""),
        "row_value": ("of the row", ""), "unit": ("of the row", ""), "year": ("of the row", ""),
        "source": ("of the row", ""), "status": ("verified, derived, memory or illustrative", ""),
    },
    "costs/months": {
        "package": ("finance product; as today: the vehicle kept", ""), **_CASE,
        "month": ("0: the day of the decision", "month"),
        "total": ("paid in the month; below zero: got", _MONEY),
        "cumulative": ("of all months so far", _MONEY),
        "against_today": ("what the month costs more than keeping it", _MONEY),
    },
    "left_out": {**_CASE, "reason": ("why the plan could not choose it; see reasons", "")},
    "reasons": {
        "reason": ("why a vehicle is kept", ""),
        "vehicles": ("vehicles kept for it", "vehicles"),
        "meaning": ("in words", ""),
    },
    "options": {
        **_CASE,
        "fuel_vat_credited": ("value-added tax of fuel that the operator gets back", "money/year"),
        "old_scrapped": ("whether the vehicle that goes is destroyed", ""),
    },
}  # fmt: skip
_COUNT = ("vehicles that become this", "vehicles")


def column_table(
    tables: Mapping[str, pd.DataFrame], *, currency: str, of: str = "plan"
) -> pd.DataFrame:
    """Return meaning and unit of every column of the tables of a folder.

    Parameters
    ----------
    tables
        By name, as :func:`geofleet.outputs.plan.plan_tables` returns them.
    currency
        Of all amounts.
    of
        ``plan``, or ``costs`` for tables of ``geofleet costs``.

    Returns
    -------
    DataFrame
        Indexed ``(table, column)`` in the order of the files: ``meaning`` and ``unit``.
    """
    rows = []
    for name, table in tables.items():
        place = name if of == "plan" else f"{of}/{name}"
        known = {**_COLUMNS.get(place, {}), **_from_schemas(place)}
        for column in (*table.index.names, *table.columns):
            meaning, unit = known.get(str(column)) or _of_family(str(column), known)
            rows.append((name, str(column), meaning, unit.replace(_MONEY, currency)))
    columns = ["table", "column", "meaning", "unit"]
    return pd.DataFrame(rows, columns=columns).set_index(["table", "column"])


def _of_family(column: str, known: Mapping[str, tuple[str, str]]) -> tuple[str, str]:
    """Return what one of many alike holds: a technology counted, a year of a loan."""
    head, _, last = column.rpartition("_")
    return known[head] if last.isdigit() and head in known else _COUNT


def _from_schemas(table: str) -> dict[str, tuple[str, str]]:
    from geofleet.economics.ledger import CASE_SCHEMA, ITEMS
    from geofleet.economics.outcomes import COLUMNS
    from geofleet.layers.plan import PLAN_DEPOTS, PLAN_VEHICLES

    if table == "costs/months":
        item = "item of the ledger: paid in the month; below zero: got"
        return dict.fromkeys(ITEMS, (item, _MONEY))
    if table == "vehicles":
        return _described([PLAN_VEHICLES])
    if table == "depots":
        return _described([PLAN_DEPOTS])
    if table == "options":
        return {**{name: (text, "") for name, text in COLUMNS.items()}, **_described([CASE_SCHEMA])}
    return {}


def _described(schemas: Iterable[TableSchema]) -> dict[str, tuple[str, str]]:
    return {
        column.name: (column.meaning, column.unit)
        for schema in schemas
        for column in schema.columns
    }
