"""Vehicle-days of the electric page: who, what today, which verdict, which figures."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.layers import Layer
from geofleet.maps.electric.streams import Streams, scaled
from geofleet.maps.electric.words import VERDICTS, figures, headline, mend_words
from geofleet.maps.plan_words import today_words, vehicle_class_words
from geofleet.wording import Readers, Text, both, say

__all__ = ["FIGURES", "in_order", "pack_days"]

FIGURES = ("model", "year", "energy", "spread", "per_km", "battery", "margin_kwh", "margin_km",
           "margin_kg", "worst")  # fmt: skip
"""Rows of a card, in order."""
_MENDS_SHOWN = 3


def in_order(routes: pd.DataFrame, verdict: npt.NDArray[np.object_]) -> npt.NDArray[np.int64]:
    """Return rows by operator, vehicle and date, as a picker lists them."""
    keys = pd.DataFrame({
        "operator": _operator(routes), "vehicle": routes["vehicle_id"].astype(str),
        "date": routes["date"].astype(str), "verdict": verdict,
    }).reset_index(drop=True)  # fmt: skip
    order = keys.sort_values(["operator", "vehicle", "date"], kind="stable").index
    return order.to_numpy(np.int64)


def pack_days(
    streams: Streams,
    routes: pd.DataFrame,
    mends: Layer | None,
    *,
    verdict: npt.NDArray[np.object_],
    readers: Readers,
) -> None:
    """Add vehicle-days in the order of ``routes``.

    Parameters
    ----------
    streams
        Where to.
    routes
        Frame of the layer ``routes``, in the page's order.
    mends
        Layer ``mends``, for days that fail.
    verdict
        One of ``VERDICTS`` for each.
    readers
        How numbers and dates are written.
    """
    rows = [dict(zip(routes.columns, row, strict=True))
            for row in routes.itertuples(index=False, name=None)]  # fmt: skip
    streams.texts("day_vehicle", (str(row["vehicle_id"]) for row in rows))
    streams.texts("day_operator", _operator(routes))
    streams.plain("day_verdict", [VERDICTS.index(str(key)) for key in verdict])
    streams.texts("day_class", (
        vehicle_class_words(str(row["vehicle_class"]), readers=readers) for row in rows
    ))  # fmt: skip
    streams.texts("day_today", (_today(row, readers) for row in rows))
    streams.texts("day_date", (readers.date(_date(row["date"])) for row in rows))
    streams.texts("day_head", (
        headline(row, str(key), readers) for row, key in zip(rows, verdict, strict=True)
    ))  # fmt: skip
    streams.texts("day_driven", (_driven(row, readers) for row in rows))
    streams.texts("day_emits", (_emits(row, readers) for row in rows))
    # for what a charge on the way gives
    streams.signed("day_battery_wh", scaled(routes["battery_kwh"], 1000.0))
    said = [figures(row, readers) for row in rows]
    for name in FIGURES:
        streams.texts(f"day_{name}", (figure[name] for figure in said))
    _mends(streams, routes, mends, readers)


def _mends(streams: Streams, routes: pd.DataFrame, mends: Layer | None, readers: Readers) -> None:
    """Add the best mends of each day: how many, then their words."""
    by_day: dict[int, list[Text]] = {}
    if mends is not None:
        unit = next(c.unit for c in mends.schema.columns if c.name == "cost_per_day")
        frame = mends.frame[mends.frame["rank"] <= _MENDS_SHOWN].sort_values(
            ["vehicle_day", "rank"]
        )
        for values in frame.itertuples(index=False, name=None):
            row = dict(zip(frame.columns, values, strict=True))
            words = mend_words(row, readers, unit)
            by_day.setdefault(int(row["vehicle_day"]), []).append(words)
    own = [by_day.get(int(day), []) for day in routes["vehicle_day"]]
    streams.plain("day_mends", [len(words) for words in own])
    streams.texts("mend", (text for words in own for text in words))


def _operator(routes: pd.DataFrame) -> list[str]:
    names = routes["operator_name"].where(routes["operator_name"].notna(), routes["operator_id"])
    return [str(name) for name in names]


def _today(row: dict[str, Any], readers: Readers) -> Text:
    known = [row[name] for name in ("fuel", "standard", "model_year")]
    if any(value is None or pd.isna(value) for value in known):
        return vehicle_class_words(str(row["vehicle_class"]), readers=readers)
    return today_words(
        str(row["vehicle_class"]), str(known[0]), str(known[1]), int(known[2]), readers=readers
    )


def _date(value: Any) -> dt.date:
    return dt.date.fromisoformat(str(value)[:10])


def _driven(row: dict[str, Any], readers: Readers) -> Text:
    words = say(
        "electric.driven", km=readers.quantity(float(row["distance_km"]), "km"),
        reached=str(int(row["stops_reached"])), stops=str(int(row["stops"])),
    )  # fmt: skip
    begin, end = row["depart"], row["return"]
    if begin is None or end is None or pd.isna(begin) or pd.isna(end):
        return say("electric.not_driven", words=words)
    clock = both(f"{str(begin)[11:16]}–{str(end)[11:16]}")
    return say("electric.driven_at", words=words, clock=clock)


def _emits(row: dict[str, Any], readers: Readers) -> Text | None:
    grams = [float(row[name]) for name in ("nox_exhaust_g", "pm25_exhaust_g", "co2_g")]
    if any(np.isnan(grams)):
        return None
    return say(
        "electric.emits", nox=readers.quantity(grams[0], "g"), pm=readers.quantity(grams[1], "g"),
        co2=readers.quantity(grams[2] / 1000.0, "kg"),
    )  # fmt: skip
