"""Explain one case: each column, its value, and the default rows behind it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from geofleet.economics.options.model import KEEP, Options
from geofleet.errors import InputError, Problem

__all__ = ["explain_case"]

_COLUMNS = ("column", "value", "row", "row_value", "unit", "year", "source", "status")


def explain_case(options: Options, vehicle_id: str, option: str = KEEP) -> pd.DataFrame:
    """Return where every number of a case comes from.

    Returns
    -------
    pandas.DataFrame
        One row per column of the case and default row behind it: ``column, value, row,
        row_value, unit, year, source, status``; a column that rests on the tables alone has one
        row without default row.

    Raises
    ------
    InputError
        No such case; options that were not made by ``make_options``.
    """
    problems = []
    if (vehicle_id, option) not in options.cases.index:
        problems.append(Problem("options", "case", 0, f"{vehicle_id}, {option}", "a case of them"))
    if "origins" not in options.report:
        problems.append(Problem("options", "report", expected="options from make_options"))
    if problems:
        raise InputError(problems)
    place = int(options.cases.index.get_indexer(pd.Index([(vehicle_id, option)]))[0])
    found = options.report["origins"].of(_keys(options, place))
    rows: pd.DataFrame = options.report["rows"]
    values = options.cases.iloc[place]
    records: list[dict[str, Any]] = []
    for column, value in values.items():
        behind = sorted(found.loc[found["column"] == column, "row"])
        for row in behind:
            said = rows.loc[row] if row in rows.index else None
            records.append({
                "column": column, "value": value, "row": row,
                **({} if said is None else {
                    "row_value": said["value"], **said[["unit", "year", "source", "status"]],
                }),
            })  # fmt: skip
        if not behind:
            records.append({"column": column, "value": value, "row": ""})
    return pd.DataFrame(records, columns=list(_COLUMNS)).fillna(
        dict.fromkeys(_COLUMNS[2:], "")
    )  # fmt: skip


def _keys(options: Options, place: int) -> dict[str, str]:
    names, codes, extra = options.report["keys"]
    keys = {key: names[key][code[place]] if code[place] >= 0 else "" for key, code in codes.items()}
    keys |= {key: str(values[place]) for key, values in extra.items()}
    filtered = keys["technology"] == "dpf_retrofit" or bool(
        np.asarray(options.cases["filter_per_year"])[place] > 0.0
    )
    return keys | {"filter": "yes" if filtered else "no"}
