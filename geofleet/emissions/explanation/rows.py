"""The rows behind a chain with their sources, and what a reader must be warned of."""

from __future__ import annotations

import pandas as pd

from geofleet.defaults import Defaults
from geofleet.emissions.explanation.model import Step
from geofleet.emissions.hot.factors import SLOPES, read_factors

__all__ = ["rows_behind", "warnings_of"]

_COLUMNS = ["row", "kind", "value", "unit", "year", "source", "status", "note"]
_FACTOR = "factor:"
_SHOWN = ("alpha", "beta", "gamma", "delta", "epsilon", "zita", "hta", "reduction")


def rows_behind(chain: Step, defaults: Defaults) -> pd.DataFrame:
    """Return the default rows and the rows of the factor table that a chain uses."""
    named = {row for step in chain.walk() for row in step.rows}
    factors = sorted(row[len(_FACTOR) :] for row in named if row.startswith(_FACTOR))
    keys = {row for row in named if not row.startswith(_FACTOR)}
    if factors:
        keys.add("emissions:hot_factors")
    parts = [_default_rows(keys, defaults)]
    if factors:
        parts.append(_factor_rows(factors, defaults))
    return pd.concat(parts, ignore_index=True)


def _default_rows(keys: set[str], defaults: Defaults) -> pd.DataFrame:
    frame = defaults.describe(keys)
    places = [str(row).partition(":") for row in frame["row"]]
    notes = [str(defaults.table(table).loc[row, "note"]) for table, _, row in places]
    return frame.assign(kind="default", note=notes).reindex(columns=_COLUMNS).astype(str)


def _factor_rows(factors: list[str], defaults: Defaults) -> pd.DataFrame:
    table = read_factors(defaults.text("emissions", "hot_factors"))
    table = table[table["factor_id"].isin(factors)].sort_values("factor_id")
    values = [
        "; ".join(f"{name} {row[name]:.6g}" for name in _SHOWN if row[name])
        for _, row in table.iterrows()
    ]
    frame = table.assign(
        row=_FACTOR + table["factor_id"], kind="factor", value=values, note=table["note"].fillna("")
    )
    if "unit" not in frame:
        frame["unit"] = ""
    return frame[_COLUMNS].astype(str)


def warnings_of(chain: Step, rows: pd.DataFrame) -> tuple[str, ...]:
    """Return sentences on clamps, guards, doubts and figures of little evidence.

    Parameters
    ----------
    chain
        The steps.
    rows
        The rows behind them, as :func:`rows_behind` finds them.
    """
    found: dict[str, None] = {}
    for step in chain.walk():
        facts = step.facts
        if facts.get("grade_unknown"):
            found["The slope of the link is not known: a level road was taken."] = None
        if facts.get("grade_clamped"):
            found[f"The link is steeper than {100 * SLOPES[-1]:.0f} %: that was taken."] = None
        if facts.get("payload_over_capacity"):
            found["More is on board than the vehicle may carry: a full load was taken."] = None
        if facts.get("clamped"):
            side = facts["clamped"]
            found[f"The speed is {side} the range of a published function: its end was taken."] = (
                None
            )
        if facts.get("guard_used"):
            found["A published function misbehaves at this speed: the line of its guard was "
                  "taken."] = None  # fmt: skip
        if facts.get("doubt"):
            found["A published function carries a note of doubt."] = None
        if step.name == "figure" and step.note:
            found[step.note] = None
    for status, words in (
        ("memory", "are remembered and not read in a source"),
        ("illustrative", "are made up to show the method"),
        ("user", "were set in the study"),
    ):
        names = rows.loc[rows["status"] == status, "row"]
        if len(names):
            verb = words.replace("are", "is").replace("were", "was") if len(names) == 1 else words
            found[f"{len(names)} of {len(rows)} figures {verb}: {', '.join(names)}."] = None
    return tuple(found)
