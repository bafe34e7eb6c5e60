"""Figures and tables of a day under rules: its key numbers, who is stopped, what moves where."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.fleet.classes import operator_sizes
from geofleet.layers import Layer
from geofleet.maps.elements import Ref
from geofleet.maps.hours import hour_spans
from geofleet.maps.plan_words import size_words
from geofleet.maps.policy_words import outcome_words
from geofleet.policy.day.effect import CHANGED, OUTCOMES
from geofleet.wording import Readers, Text, say

__all__ = ["day_facts", "day_figures", "moves_group", "signed_percent", "who_groups"]

_FACT_DIGITS = 4
_COUNTED = ("pm25_exhaust_g", "pm25_wear_g")
_HARDLY = 0.005
"""Share of the largest change of an hour below which grams are not said to move."""
_STREETS = 8

Floats = npt.NDArray[np.float64]


def signed_percent(share: float, readers: Readers, digits: int = 2) -> Text:
    """Return a change as per cent with its sign."""
    sign = "+" if share > 0 else "\N{MINUS SIGN}" if share < 0 else ""
    return {language: sign + text for language, text in readers.percent(abs(share), digits).items()}


def day_facts(layers: Mapping[str, Layer], *, readers: Readers) -> list[dict[str, Text]]:
    """Return the key figures of the day as value and label.

    Grams have four digits: rules often change a day by less than a hundredth.
    """
    hours = layers["policy_day_hours"].frame
    before, after = (float(hours[f"pm25_{when}_g"].sum()) for when in ("before", "after"))
    facts = [
        (readers.quantity(before, "g", _FACT_DIGITS), say("contingency.fact_before")),
        (readers.quantity(after, "g", _FACT_DIGITS), say("contingency.fact_after")),
        (_change(before, after, readers), say("contingency.fact_change")),
    ]
    was, becomes = (float(hours[f"harm_{when}"].sum(skipna=False)) for when in ("before", "after"))
    if np.isfinite(was) and np.isfinite(becomes):
        facts.append((_change(was, becomes, readers), say("contingency.fact_harm")))
    if "policy_days" in layers:
        days = layers["policy_days"].frame
        changed = readers.whole(int(days["outcome"].isin(CHANGED).sum()))
        unknown = int((days["outcome"] == "unknown").sum())
        facts.append((readers.whole(len(days)), say("contingency.fact_days", count=changed)))
        facts.append((readers.whole(unknown), say("contingency.fact_unknown")))
        for name in ("late", "cancelled"):
            if days[name].notna().any():
                count = readers.whole(int(days[name].sum()))
                facts.append((count, say(f"contingency.fact_{name}")))
    return [{"value": value, "label": label} for value, label in facts]


def _change(before: float, after: float, readers: Readers) -> Text:
    if before <= 0:
        return say("common.unknown")
    return signed_percent((after - before) / before, readers)


def day_figures(layer: Layer) -> list[dict[str, Any]]:
    """Return what is told of each hour: label and 24 values."""
    hours, meaning = layer.frame, layer.schema.column("harm_before").meaning
    # the map is of exhaust; harm counts wear too where it is not told otherwise
    of_both = all(one in meaning for one in _COUNTED)
    unit = say("contingency.harm_unit_both" if of_both else "contingency.harm_unit")
    rows = [
        (say("contingency.stopped"), "forbidden_vehicles"),
        (say("contingency.in_doubt"), "unknown_vehicles"),
        (say("contingency.driving_before"), "driving_before_vehicles"),
        (say("contingency.driving_after"), "driving_after_vehicles"),
    ]
    if hours[["harm_before", "harm_after"]].notna().to_numpy().any():
        rows += [(say(f"contingency.harm_{when}", unit=unit), f"harm_{when}")
                 for when in ("before", "after")]  # fmt: skip
    return [{"label": label, "values": hours[column].to_numpy(np.float64)}
            for label, column in rows]  # fmt: skip


def who_groups(layer: Layer | None, *, readers: Readers) -> list[dict[str, Any]]:
    """Return the tables of who is stopped and of what becomes of vehicle-days, for the panel."""
    if layer is None or layer.frame.empty:
        return []
    days = layer.frame
    outcomes = days["outcome"].value_counts()
    return [
        _by_size(days, currency=layer.schema.column("cost").unit, readers=readers),
        {
            "kind": "table", "name": "outcomes", "label": say("contingency.outcomes"),
            "columns": [say("contingency.outcome"), say("contingency.who_days")],
            "rows": [
                [outcome_words(name), readers.whole(int(outcomes[name]))]
                for name in OUTCOMES if name in outcomes.index
            ],
        },
    ]  # fmt: skip


def _by_size(days: pd.DataFrame, *, currency: str, readers: Readers) -> dict[str, Any]:
    size = days["operator_size"].astype(object).where(days["operator_size"].notna(), None)
    known = [name for name in operator_sizes() if (size == name).any()]
    others = sorted({str(name) for name in size.dropna().unique()} - set(known))
    parts: list[tuple[Text, pd.DataFrame]] = [
        (size_words(name), days[size == name]) for name in (*known, *others)
    ]
    if size.isna().any():
        parts.append((say("common.unknown"), days[size.isna()]))
    if len(parts) > 1:
        parts.append((say("contingency.who_all"), days))
    return {
        "kind": "table", "name": "who", "label": say("contingency.who"), "open": True,
        "columns": [
            say("contingency.who_size"), say("contingency.who_days"),
            say("contingency.who_changed"), say("contingency.who_late"),
            say("contingency.who_cost", currency=currency),
        ],
        "rows": [[label, *_size_row(part, readers)] for label, part in parts],
        "total": len(parts) > 1,
    }  # fmt: skip


def _size_row(days: pd.DataFrame, readers: Readers) -> list[Text]:
    late = days[["late", "cancelled"]].sum(axis=1)
    cost, unknown = days["cost"], int(days["cost"].isna().sum())
    money = readers.whole(float(cost.sum())) if unknown < len(cost) else say("common.unknown")
    if 0 < unknown < len(cost):
        left = say("contingency.cost_partly", count=readers.whole(unknown))
        money = {language: f"{text} ({left[language]})" for language, text in money.items()}
    return [
        readers.whole(len(days)), readers.whole(int(days["outcome"].isin(CHANGED).sum())),
        readers.whole(float(late.sum())), money,
    ]  # fmt: skip


def moves_group(
    hours: pd.DataFrame,
    streets: gpd.GeoDataFrame,
    *,
    rows: npt.NDArray[np.int64],
    layer: Ref,
    readers: Readers,
) -> dict[str, Any]:
    """Return what moves from which hours to which, and the streets with most less and most more.

    Parameters
    ----------
    hours
        Frame of ``policy_day_hours``.
    streets
        With ``name``, ``pm25_before_g`` and ``pm25_after_g``.
    rows
        Row of the page's layer of each street.
    layer
        Its name in the page.
    """
    change = (hours["pm25_after_g"] - hours["pm25_before_g"]).to_numpy(np.float64)
    least = _HARDLY * float(np.abs(change).max(initial=0.0))
    lines: list[Text] = []
    for name, flags in (("less", change < -least), ("more", change > least)):
        if flags.any():
            mass = readers.quantity(float(np.abs(change[flags].sum())), "g")
            lines.append(say(f"contingency.moves_{name}", mass=mass, hours=hour_spans(flags)))
    return {
        "kind": "places", "name": "moves", "label": say("contingency.moves"), "layer": layer,
        "lines": lines or [say("contingency.moves_none")],
        "lists": [
            {"label": say(f"contingency.moves_streets_{name}"), "items": items}
            for name, sign in (("less", -1.0), ("more", 1.0))
            if (items := _most_changed(streets, rows, sign, readers))
        ],
    }  # fmt: skip


def _most_changed(
    streets: gpd.GeoDataFrame, rows: npt.NDArray[np.int64], sign: float, readers: Readers
) -> list[dict[str, Any]]:
    """Return the named streets with the greatest change of one sign, all their links together."""
    change = pd.Series((streets["pm25_after_g"] - streets["pm25_before_g"]).to_numpy(np.float64))
    named = streets["name"].notna().to_numpy()
    table = pd.DataFrame({
        "name": streets["name"].to_numpy(object)[named], "change": sign * change[named],
        "row": rows[named],
    })  # fmt: skip
    total = table.groupby("name", sort=True)["change"].sum()
    total = total[total > 0].sort_values(ascending=False, kind="stable").head(_STREETS)
    strongest = table.loc[table.groupby("name")["change"].idxmax()].set_index("name")["row"]
    mark = "\N{MINUS SIGN}" if sign < 0 else "+"
    return [
        {
            "label": name, "row": int(strongest[name]),
            "value": {language: mark + text for language, text in
                      readers.quantity(float(grams), "g").items()},
        }
        for name, grams in zip(total.index.astype(str), total, strict=True)
    ]  # fmt: skip
