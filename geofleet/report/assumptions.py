"""What the numbers of a brief rest on: the default rows that were read for them."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from geofleet.report.codes import default_name
from geofleet.report.model import Assumption, Assumptions
from geofleet.report.phrases import clipped
from geofleet.wording import Readers, Text, both, known, say

if TYPE_CHECKING:
    import pandas as pd

    from geofleet.defaults import Defaults

__all__ = ["assumptions_of", "rows_table"]

_ORDER = ("verified", "derived", "user", "memory", "conflict", "illustrative")
_DIGITS = 4
_SOURCE_LONGEST = 300


def rows_table(rows: Iterable[str], defaults: Defaults) -> pd.DataFrame:
    """Return every row that numbers were made with, contested ones marked with their range.

    Returns
    -------
    DataFrame
        ``row, value, unit, year, source, status, contested, low, high``.
    """
    from geofleet.defaults import table_names
    from geofleet.economics.sensitivity import contested_inputs, input_ranges

    tables = set(table_names())
    used = sorted({row for row in rows if row.partition(":")[0] in tables})
    table = defaults.describe(used)
    ranges = input_ranges(defaults=defaults.fresh())
    disputed = set(contested_inputs(defaults=defaults.fresh()).index)
    table["contested"] = table["row"].isin(disputed)
    for end in ("low", "high"):
        table[end] = table["row"].map(ranges[end]).astype(object)
    return table


def assumptions_of(
    table: pd.DataFrame, readers: Readers, *, also: Collection[str] = (), file: str = ""
) -> Assumptions:
    """Return what a brief shows of the rows that its numbers were made with.

    Parameters
    ----------
    table
        Of :func:`rows_table`.
    readers
        Who write the values.
    also
        Rows to show besides the contested ones, where they were used.
    file
        Name of the file with the whole table.
    """
    wanted = list(also)
    shown = table[table["contested"] | table["row"].isin(wanted)]
    order = {row: place for place, row in enumerate(wanted)}
    rows = sorted(shown.to_dict("records"), key=lambda one: (
        order.get(str(one["row"]), len(order)), str(one["row"])))  # fmt: skip
    made = tuple(
        Assumption(
            row=str(one["row"]),
            name=default_name(str(one["row"]), readers),
            value=_written(one["value"], readers),
            unit=_unit(str(one["unit"])),
            year=str(one["year"]),
            source=clipped(str(one["source"]), _SOURCE_LONGEST),
            status=say(f"common.{one['status']}"),
            contested=bool(one["contested"]),
            between=_between(one["low"], one["high"], readers),
        )
        for one in rows
    )
    counts = table["status"].value_counts()
    by_status = tuple(
        (say(f"common.{name}"), readers.whole(float(counts[name])))
        for name in _ORDER if name in counts.index
    )  # fmt: skip
    unchecked = {name: int(counts.get(name, 0)) for name in ("memory", "illustrative")}
    return Assumptions(made, len(table), by_status, file, **unchecked)


def _written(value: object, readers: Readers) -> Text:
    number = _number(value)
    if number is not None:
        return readers.number(number, _DIGITS)
    key = f"brief.value_{value}"
    return say(key) if known(key) else both(clipped(str(value)))


def _between(low: object, high: object, readers: Readers) -> Text | None:
    if low is None or high is None or low != low or high != high:
        return None
    name = "either" if _number(low) is None or _number(high) is None else "between"
    return say(f"brief.{name}", low=_written(low, readers), high=_written(high, readers))


def _number(value: object) -> float | None:
    try:
        number = float(str(value))
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _unit(unit: str) -> Text:
    if unit in ("1", "text", "share"):
        return both("")
    return say(f"brief.unit_{unit}") if known(f"brief.unit_{unit}") else both(unit)
