"""The rows behind a number with their sources, and how much evidence there is in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pandas as pd

from geofleet.defaults import Defaults
from geofleet.emissions.explanation.model import BAND_ROWS, Step
from geofleet.emissions.hot.factors import read_factors

__all__ = ["evidence", "rows_behind"]

_COLUMNS = ["row", "kind", "value", "unit", "year", "source", "status", "note"]
_FACTOR = "factor:"
_SHOWN = ("alpha", "beta", "gamma", "delta", "epsilon", "zita", "hta", "reduction")
_NAMED = 12


def rows_behind(chains: Iterable[Step], defaults: Defaults) -> pd.DataFrame:
    """Return the default rows and the rows of the factor table that chains use."""
    named: set[str] = set()
    bands: set[str] = set()
    for chain in chains:
        for step in chain.walk():
            named.update(step.rows)
            bands.update(step.facts.get(BAND_ROWS, ()))
    factors = sorted(row[len(_FACTOR) :] for row in named if row.startswith(_FACTOR))
    keys = {row for row in named if not row.startswith(_FACTOR)}
    if factors:
        keys.add("emissions:hot_factors")
    parts = [_default_rows(keys, "default", defaults)]
    if factors:
        parts.append(_factor_rows(factors, defaults))
    parts.append(_default_rows(bands - keys, "band", defaults))
    return pd.concat(parts, ignore_index=True)


def _default_rows(keys: set[str], kind: str, defaults: Defaults) -> pd.DataFrame:
    frame = defaults.describe(keys)
    places = [str(row).partition(":") for row in frame["row"]]
    notes = [str(defaults.table(table).loc[row, "note"]) for table, _, row in places]
    return frame.assign(kind=kind, note=notes).reindex(columns=_COLUMNS).astype(str)


def _factor_rows(factors: list[str], defaults: Defaults) -> pd.DataFrame:
    table = read_factors(defaults.text("emissions", "hot_factors"))
    table = table[table["factor_id"].isin(factors)].sort_values("factor_id")
    values = [
        "; ".join(f"{name} {row[name]:.6g}" for name in _SHOWN if row[name])
        for row in table.to_dict("records")
    ]
    frame = table.assign(
        row=_FACTOR + table["factor_id"], kind="factor", value=values, note=table["note"].fillna("")
    )
    if "unit" not in frame:
        frame["unit"] = ""
    return frame[_COLUMNS].astype(str)


def evidence(rows: pd.DataFrame) -> Iterator[str]:
    """Yield sentences on figures of little evidence, and on bands that have no more."""
    band = rows["kind"] == "band"
    for part, noun in ((rows[~band], "figures"), (rows[band], "figures of bands")):
        for status, words in (
            ("memory", "are remembered and not read in a source"),
            ("illustrative", "are made up to show the method"),
            ("user", "were set in the study"),
        ):
            names = part.loc[part["status"] == status, "row"].tolist()
            if not names:
                continue
            verb = words.replace("are", "is").replace("were", "was") if len(names) == 1 else words
            told = ", ".join(names[:_NAMED])
            if len(names) > _NAMED:
                told += f" and {len(names) - _NAMED} more"
            yield f"{len(names)} of {len(part)} {noun} {verb}: {told}."
