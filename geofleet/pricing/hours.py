"""What another hour of departure would save."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.errors import InputError, Problem
from geofleet.pricing.model import TIME, Blend, LinkPrices
from geofleet.pricing.routes import Point, best_path, detour_limit, places_of
from geofleet.pricing.search import Path, Place

__all__ = ["HourChoice", "hour_choice", "path_by_hour"]

_TABLE = "pricing"


@dataclass(frozen=True)
class HourChoice:
    """A trip at every hour of the day.

    Parameters
    ----------
    table
        One row per objective and hour: ``route``, ``hour``, every price, ``in_window``,
        ``saved_harm`` and ``saved_harm_share`` against leaving at ``hour`` by the fastest route,
        where that was given.
    best
        For each objective the hour of least harm within the window; of equals the quickest.
    """

    table: pd.DataFrame
    best: dict[str, int]


def path_by_hour(prices: LinkPrices, path: Path) -> pd.DataFrame:
    """Return every price of one path for each hour of departure, index ``hour``."""
    table = pd.DataFrame({hour: prices.totals(path, hour) for hour in prices.hours}).T
    table.index.name = "hour"
    return table


def hour_choice(
    prices: LinkPrices,
    origin: Point | Place,
    destination: Point | Place,
    *,
    hour: int | None = None,
    window: tuple[int, int] = (0, 24),
    objectives: tuple[str, ...] = ("fastest", "least_harm"),
    blend: Blend | None = None,
    max_detour: float | None = None,
    defaults: Defaults | None = None,
) -> HourChoice:
    """Return time and harm of a trip for every hour of departure, and the best hour.

    Streets may differ from hour to hour, as speeds, emissions and the air do.

    Parameters
    ----------
    prices
        For all hours that are to be compared.
    origin, destination, objectives, blend, max_detour
        As for :func:`geofleet.pricing.alternatives`.
    hour
        The hour that savings are counted from; none are given without it.
    window
        First hour of departure and the one after the last, ``(22, 6)`` over midnight.

    Raises
    ------
    InputError
        As :func:`geofleet.pricing.alternatives`, and a window without an hour of the prices.
    """
    scope = (defaults or Defaults()).scope()
    factor = detour_limit(max_detour, scope)
    start, end = places_of(prices, (origin, destination), scope)
    most = int(scope.number(_TABLE, "frontier_labels"))
    open_hours = _window(window, prices.hours)
    if hour is not None:
        prices.at(TIME, hour)  # an hour without prices is refused
    rows = []
    for now in prices.hours:
        longest = np.inf
        for name in dict.fromkeys(("fastest", *objectives)):
            path, _ = best_path(
                prices, start, end, hour=now, objective=name, blend=blend, longest_ms=longest,
                most=most,
            )  # fmt: skip
            if name == "fastest":
                longest = factor * path.first
            if name in objectives or now == hour:
                rows.append({"route": name, "hour": now, **prices.totals(path, now)})
    table = pd.DataFrame(rows)
    table["in_window"] = table["hour"].isin(open_hours)
    if hour is not None:
        now_harm = table.loc[
            (table["route"] == "fastest") & (table["hour"] == hour), prices.harm
        ].iloc[0]
        table["saved_harm"] = now_harm - table[prices.harm]
        table["saved_harm_share"] = table["saved_harm"] / (now_harm if now_harm > 0 else np.nan)
    inside = table[table["in_window"]].sort_values([prices.harm, TIME, "hour"], kind="stable")
    best = inside.groupby("route", sort=False)["hour"].first()
    table = table[table["route"].isin(objectives)].reset_index(drop=True)
    return HourChoice(table, {name: int(best[name]) for name in objectives})


def _window(window: tuple[int, int], hours: tuple[int, ...]) -> list[int]:
    first, end = window
    good = all(isinstance(h, int) and 0 <= h <= 24 for h in window) and first != end
    length = (end - first) % 24 or 24
    inside = [h for h in hours if (h - first) % 24 < length] if good else []
    if not inside:
        expected = "a first hour and the one after the last, with hours that prices were made for"
        raise InputError([Problem("hour choice", "window", value=str(window), expected=expected)])
    return inside
