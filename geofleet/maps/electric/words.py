"""What an electric vehicle can do, in a planner's words and in both languages."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.wording import Readers, Text, both, known, say

__all__ = [
    "VERDICTS",
    "figures",
    "headline",
    "mend_words",
    "share_words",
    "verdicts",
    "worst_words",
    "year_words",
]

VERDICTS = ("always", "most", "planned", "untried", "fails", "unknown")
"""On nearly every day of a year; on most days; as planned, but on fewer than half of the days; as
planned, other days not tried; not as planned; not known."""
_MOST = 0.5  # more than half of all days
_NONE, _ALL = 0.001, 0.999
"""Probabilities beyond these are not rounded to a day."""

Row = Mapping[str, Any]


def verdicts(routes: pd.DataFrame, promised: float) -> npt.NDArray[np.object_]:
    """Return one of ``VERDICTS`` for each route; ``promised`` is nearly every day."""
    status = routes["electric_status"].to_numpy(object)
    chance = routes["probability"].to_numpy(np.float64)
    able = status == "feasible"
    # a study may promise less than half of its days
    most = min(_MOST, promised)
    return np.select(
        [status == "not feasible", ~able, np.isnan(chance), chance >= promised, chance > most],
        ["fails", "unknown", "untried", "always", "most"],
        "planned",
    ).astype(object)


def headline(row: Row, verdict: str, readers: Readers) -> Text:
    """Return the verdict on a day in one sentence."""
    if verdict == "unknown":
        return say("electric.no_model" if row["cause"] == "no model" else "electric.not_known")
    margin = _number(row["margin_kwh"])
    if verdict != "fails":
        words = (
            say("electric.can")
            if margin is None
            else say("electric.can_spare", energy=readers.quantity(margin, "kWh"))
        )
        if verdict in ("most", "planned"):
            return say("electric.but_only", words=words, days=share_words(row["probability"],
                       readers))  # fmt: skip
        return words
    return _first_failing(row, _shortfall(row, readers))


def _shortfall(row: Row, readers: Readers) -> Text:
    cause = f"electric.cause_{str(row['cause']).replace(' ', '_')}"
    words = say("electric.cannot", cause=say(cause)) if known(cause) else say("electric.cannot_do")
    margin, spare = _number(row["margin_kwh"]), _number(row["margin_kg"])
    if row["cause"] in ("energy", "charging") and margin is not None and margin < 0.0:
        return say("electric.short_by", words=words, amount=readers.quantity(-margin, "kWh"))
    if row["cause"] == "payload" and spare is not None and spare < 0.0:
        amount = readers.quantity(math.ceil(-spare), "kg")
        return say("electric.heavy_by", words=words, amount=amount)
    return words


def _first_failing(row: Row, words: Text) -> Text:
    stop = _number(row["first_failing_stop"])
    if stop is None:
        return words
    kind = "leaving" if row["cause"] == "payload" else "first"
    if not int(stop):
        return say(f"electric.{kind}_depot", words=words)
    return say(f"electric.{kind}_stop", words=words, stop=str(int(stop)))


def share_words(probability: float, readers: Readers) -> Text:
    """Return days of 100; shares near none and near all keep a digit more."""
    days = 100.0 * float(probability)
    return readers.number(round(days, 1 if days < 1.0 or days > 99.0 else 0))


def year_words(chance: float | None, readers: Readers) -> Text | None:
    """Return how many days of a year the model can do; nothing is rounded to certainty."""
    probability = _number(chance)
    if probability is None:
        return None
    if probability <= 0.0:
        return say("electric.year_none")
    if probability < _NONE:
        return say("electric.year_few", days=readers.number(100.0 * _NONE))
    if probability > _ALL:
        return say("electric.year_all", days=readers.number(100.0 * _ALL))
    return say("electric.year_days", days=share_words(probability, readers))


def figures(row: Row, readers: Readers) -> dict[str, Text | None]:
    """Return what a card says of energy, by name; what is not known has nothing to say."""
    energy, km = _number(row["energy_kwh"]), _number(row["distance_km"])
    low, high = _number(row["energy_p10_kwh"]), _number(row["energy_p90_kwh"])
    per_km = energy / km if energy is not None and km else None
    spread = None
    if low is not None and high is not None:
        spread = say("electric.spread", low=readers.number(low), high=readers.quantity(high, "kWh"))
    return {
        "model": _plain(row["electric_model"]),
        "battery": _quantity(row["battery_kwh"], "kWh", readers),
        "energy": _quantity(energy, "kWh", readers),
        "spread": spread,
        "per_km": _quantity(per_km, "kWh/km", readers),
        "margin_kwh": _quantity(row["margin_kwh"], "kWh", readers),
        "margin_km": _quantity(row["margin_km"], "km", readers),
        "margin_kg": _quantity(row["margin_kg"], "kg", readers),
        "year": year_words(row["probability"], readers),
        "worst": worst_words(row["worst_day"], readers),
    }


def worst_words(label: Any, readers: Readers) -> Text | None:
    """Return the label of a day of the weather in words: a date, or a month of a climate table."""
    text = _plain(label)
    if text is None or not text["en"]:
        return None
    head, _, rest = text["en"].partition(", ")
    typical = rest.removeprefix("typical day ")
    day = "" if typical == rest or not typical.isdecimal() else typical
    number = head.removeprefix("month ")
    if number != head and number.isdecimal() and 1 <= int(number) <= 12 and (day or not rest):
        month = say(f"electric.month_{int(number)}")
        return say("electric.typical", month=month, day=day) if day else month
    if head == "year" and day:
        return say("electric.typical_year", day=day)
    try:
        return readers.date(dt.date.fromisoformat(text["en"]))
    except ValueError:
        return text


def mend_words(row: Row, readers: Readers, currency: str) -> Text:
    """Return one way to mend a day, with its cost."""
    words = _mend(row, readers)
    if row["kind"] in ("none", "unknown"):
        return words
    cost = _number(row["cost_per_day"])
    if cost is None:
        words = say("electric.cost_unknown", words=words)
    elif cost < 0.0:
        words = say("electric.saves", words=words, money=readers.money(-cost, currency))
    else:
        words = say("electric.costs", words=words, money=readers.money(cost, currency))
    return words if row["verified"] else say("electric.not_verified", words=words)


def _mend(row: Row, readers: Readers) -> Text:
    kind = str(row["kind"])
    if kind == "charge":
        return say(
            "electric.mend_charge", place=_plain(row["place"]) or say("common.unknown"),
            minutes=readers.whole(row["minutes"]), power=readers.quantity(row["power_kw"], "kW"),
            energy=readers.quantity(row["kwh"], "kWh"),
        )  # fmt: skip
    if kind == "battery":
        return say(
            "electric.mend_battery", energy=readers.quantity(row["kwh"], "kWh"),
            mass=readers.quantity(row["payload_lost_kg"], "kg"),
        )  # fmt: skip
    if kind == "move":
        stops = [name for name in str(row["stops_moved"] or "").split(";") if name]
        return say(
            "electric.mend_move_one" if len(stops) == 1 else "electric.mend_move",
            count=str(len(stops)), stops=", ".join(stops),
            vehicle=_plain(row["to_vehicle"]) or say("common.unknown"),
            model=_plain(row["model"]) or say("common.unknown"),
        )  # fmt: skip
    if kind == "vehicle":
        return say("electric.mend_vehicle", model=_plain(row["model"]) or say("common.unknown"))
    if kind == "departure":
        shift = float(row["depart_shift_min"])
        key = "electric.mend_earlier" if shift < 0 else "electric.mend_later"
        return say(key, minutes=readers.whole(abs(shift)))
    return say("electric.mend_none" if kind == "none" else "electric.mend_unknown")


def _number(value: Any) -> float | None:
    return None if value is None or pd.isna(value) else float(value)


def _plain(value: Any) -> Text | None:
    return None if value is None or pd.isna(value) else both(str(value))


def _quantity(value: Any, unit: str, readers: Readers) -> Text | None:
    number = _number(value)
    if number is None:
        return None
    words = readers.quantity(number, unit)
    return {name: text.replace("-", "−") for name, text in words.items()}
