"""Tables and figures of a plan: who gets what, what the money goes to, year by year."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from geofleet.errors import InputError, Problem
from geofleet.fleet.classes import operator_sizes
from geofleet.layers import Layer
from geofleet.maps.plan_words import reason_words, size_words, technology_words
from geofleet.wording import Readers, Text, both, say

__all__ = ["frontier_group", "plan_groups", "year_bars", "year_figures"]

_VEHICLES, _CHARGING, _BUDGET = "#23405c", "#7fa3c7", "#b2182b"
_KEEP = "keep"


def year_bars(years: pd.DataFrame, currency: str) -> dict[str, Any]:
    """Return public money by year, for vehicles and for charging, with the budget as a line."""
    series = (("vehicle_spend", "bars_vehicles", _VEHICLES),
              ("charging_spend", "bars_charging", _CHARGING))  # fmt: skip
    return {
        "label": say("plan.bars"), "currency": currency, "stacked": True, "upto": True,
        "series": [
            {"label": say(f"plan.{label}"), "colour": colour,
             "values": _exact(years[column])}
            for column, label, colour in series
        ],
        "limit": {"label": say("plan.bars_budget"), "colour": _BUDGET,
                  "values": _exact(years["budget"])},
    }  # fmt: skip


def _exact(values: Any) -> list[float]:
    """Return amounts of money to the hundredth: arrays go to a page with four digits."""
    return [round(float(value), 2) for value in values]


def year_figures(layers: Mapping[str, Layer], *, currency: str) -> list[dict[str, Any]]:
    """Return what stands by the end of each year: label, unit and one value a year."""
    years, vehicles = layers["plan_years"].frame, layers["plan_vehicles"].frame
    spend = years[["vehicle_spend", "charging_spend"]].sum(axis=1).to_numpy(np.float64)
    changes = years["vehicles"].to_numpy(np.float64)
    figures: list[dict[str, Any]] = [
        {"label": say("plan.figure_changed"), "values": np.cumsum(changes)},
        {
            "label": say("plan.figure_spend"),
            "values": _exact(np.cumsum(spend)),
            "currency": currency,
        },
    ]
    harm = vehicles["harm_avoided"].to_numpy(np.float64)
    changed = vehicles["year"].notna().to_numpy()
    total = float(harm[changed].sum())
    # a share of nothing, or of more harm, says nothing; what is not known is told as that
    if changed.any() and not total <= 0:
        when = vehicles["year"].fillna(0).to_numpy(np.int64)
        by = [100.0 * harm[changed & (when <= int(year))].sum() / total for year in years["year"]]
        label = say("plan.figure_harm")
        figures.append({"label": label, "values": np.array(by), "unit": both("%")})
    if "plan_depots" in layers:
        first = layers["plan_depots"].frame["first_year"].to_numpy(np.int64)
        count = np.array([(first <= int(year)).sum() for year in years["year"]], np.float64)
        figures.append({"label": say("plan.figure_depots"), "values": count})
    return figures


def plan_groups(
    layers: Mapping[str, Layer], *, currency: str, readers: Readers
) -> list[dict[str, Any]]:
    """Return the tables of the panel: by size of operator, by what is bought, why others not."""
    vehicles = layers["plan_vehicles"].frame
    every = float(vehicles.loc[vehicles["year"].notna(), "harm_avoided"].sum(skipna=False))

    def share(part: pd.DataFrame) -> Text:
        harm = float(part.loc[part["year"].notna(), "harm_avoided"].sum(skipna=False))
        return readers.percent(harm / every if every > 0 else np.nan)

    return [
        _by_size(vehicles, share, currency=currency, readers=readers),
        _by_technology(vehicles, share, layers=layers, currency=currency, readers=readers),
        *_kept(vehicles, readers),
    ]


Share = Callable[[pd.DataFrame], Text]


def _by_size(
    vehicles: pd.DataFrame, share: Share, *, currency: str, readers: Readers
) -> dict[str, Any]:
    size = vehicles["operator_size"].astype(object)
    names = [name for name in operator_sizes() if (size == name).any()]
    names += sorted(set(size.dropna().astype(str)) - set(names))
    parts = [(size_words(name), vehicles[size == name]) for name in names]
    if size.isna().any():
        parts.append((size_words(None), vehicles[size.isna()]))
    return {
        "kind": "table", "name": "who", "label": say("plan.who_gets"), "open": True,
        "columns": [
            say("plan.column_size"), say("plan.column_changed"),
            say("plan.column_spend", currency=currency), say("plan.column_harm"),
        ],
        "rows": [
            [label, _of(int(part["year"].notna().sum()), len(part), readers),
             readers.whole(float(part["spend"].sum())), share(part)]
            for label, part in parts
        ],
    }  # fmt: skip


def _of(count: int, every: int, readers: Readers) -> Text:
    return say("plan.of_count", count=readers.whole(count), every=readers.whole(every))


def _by_technology(
    vehicles: pd.DataFrame,
    share: Share,
    *,
    layers: Mapping[str, Layer],
    currency: str,
    readers: Readers,
) -> dict[str, Any]:
    changed = vehicles[vehicles["year"].notna()]
    rows = [
        [technology_words(str(name)), readers.whole(len(part)),
         readers.whole(float(part["spend"].sum())), share(part)]
        for name, part in changed.groupby("technology", sort=True)
    ]  # fmt: skip
    years = layers["plan_years"].frame
    charging = float(years["charging_spend"].sum())
    if charging > 0:
        put_up = readers.whole(int(years["chargers"].sum() + years["extensions"].sum()))
        rows.append([say("plan.charging"), put_up, readers.whole(charging), both("")])
    return {
        "kind": "table", "name": "what", "label": say("plan.what_for"),
        "columns": [
            say("plan.column_technology"), say("plan.column_count"),
            say("plan.column_spend", currency=currency), say("plan.column_harm"),
        ],
        "rows": rows, "note": None if rows else say("plan.bought_nothing"),
    }  # fmt: skip


def _kept(vehicles: pd.DataFrame, readers: Readers) -> list[dict[str, Any]]:
    reasons = vehicles.loc[vehicles["year"].isna(), "reason"].dropna().value_counts()
    if reasons.empty:
        return []
    return [{
        "kind": "table", "name": "kept", "label": say("plan.kept"),
        "columns": [say("plan.why"), say("plan.vehicles")],
        "rows": [[reason_words(str(name)), readers.whole(int(count))]
                 for name, count in reasons.items()],
    }]  # fmt: skip


def frontier_group(
    frontier: pd.DataFrame,
    *,
    vehicles: pd.DataFrame,
    years: pd.DataFrame,
    currency: str,
) -> dict[str, Any]:
    """Return the chart of what other budgets buy, this plan among them.

    Parameters
    ----------
    frontier
        ``spend`` and ``harm`` of each plan.
    vehicles, years
        Frames of the layers ``plan_vehicles`` and ``plan_years``: this plan.
    """
    missing = [name for name in ("spend", "harm") if name not in frontier.columns]
    if missing:
        raise InputError([
            Problem("frontier", name, expected="a column of numbers") for name in missing
        ])  # fmt: skip
    points = frontier[["spend", "harm"]].astype(np.float64).sort_values(["spend", "harm"])
    wrong = ~np.isfinite(points.to_numpy()).all(axis=1)
    if not len(points) or wrong.any():
        row = int(wrong.argmax()) + 1 if len(points) else 0
        expected = "known numbers, a plan a row"
        raise InputError([Problem("frontier", "spend, harm", row, "", expected)])
    harm = float(vehicles.loc[vehicles["year"].notna(), "harm_avoided"].sum(skipna=False))
    spend = float(years[["vehicle_spend", "charging_spend"]].to_numpy(np.float64).sum())
    return {
        "kind": "frontier", "name": "frontier", "label": say("plan.frontier"),
        "x": say("plan.frontier_x", currency=currency),
        "y": say("plan.frontier_y", unit=say("plan.harm_unit")),
        "points": points.to_numpy().tolist(), "here": [spend, harm] if np.isfinite(harm) else None,
        "this": say("plan.frontier_this"), "currency": currency, "unit": say("plan.harm_unit"),
        "columns": [say("plan.spend"), say("plan.harm")],
    }  # fmt: skip
