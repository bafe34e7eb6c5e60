"""What a plan says in both languages: vehicles, technologies, reasons, chargers."""

from __future__ import annotations

import re

import pandas as pd

from geofleet.defaults import read_table
from geofleet.wording import Readers, Text, both, known, say

__all__ = [
    "becomes_words", "called", "charger_words", "reason_words", "size_words", "technology_words",
    "today_words", "vehicle_class_words",
]  # fmt: skip


def called(frame: pd.DataFrame, name: str, identifier: str) -> list[str]:
    """Return what rows are called, by their id where the table has no name for them."""
    ids = [str(one) for one in frame[identifier]]
    if name not in frame:
        return ids
    return [one if pd.isna(own) or not str(own).strip() else str(own)
            for own, one in zip(frame[name], ids, strict=True)]  # fmt: skip


_DECIMAL = re.compile(r"(\d)\.(\d)")


def technology_words(name: str) -> Text:
    """Return a technology in words, one that is not known as it stands."""
    return _word("technology", name)


def becomes_words(technology: str, model: str | None) -> Text:
    """Return what a vehicle becomes, with make and model of what is bought."""
    words = technology_words(technology)
    if model is None:
        return words
    table = read_table("electric_models")
    parts = [str(table.loc[f"{model}.{part}", "value"]) for part in ("make", "model")
             if f"{model}.{part}" in table.index]  # fmt: skip
    return say("plan.model_of", technology=words, model=" ".join(parts) or model)


def today_words(
    vehicle_class: str,
    fuel: str,
    standard: str,
    model_year: int,
    *,
    readers: Readers | None = None,
) -> Text:
    """Return a vehicle as it is today: class, fuel, standard, model year."""
    vehicle, year = vehicle_class_words(vehicle_class, readers=readers), str(model_year)
    if standard == "none":
        return say("plan.today_plain", vehicle=vehicle, fuel=_word("fuel", fuel), year=year)
    return say(
        "plan.today", vehicle=vehicle, fuel=_word("fuel", fuel), standard=_standard(standard),
        year=year,
    )  # fmt: skip


def vehicle_class_words(vehicle_class: str, *, readers: Readers | None = None) -> Text:
    """Return a vehicle class as its table of defaults labels it, its tonnes as readers write."""
    table = read_table("vehicle_classes")
    rows = {"en": f"{vehicle_class}.label", "es": f"{vehicle_class}.label_es"}
    if not all(row in table.index for row in rows.values()):
        return both(vehicle_class.replace("_", " "))
    marks = {name: "." if readers is None else readers[name].number(0.5)[1] for name in rows}
    return {
        language: _DECIMAL.sub(rf"\1{marks[language]}\2", str(table.loc[row, "value"]))
        for language, row in rows.items()
    }


def _standard(name: str) -> Text:
    if name in ("unknown", "none"):
        return say(f"plan.standard_{name}")
    if name == "pre_euro":
        return say("plan.before_euro")
    if name == "pre_epa":
        return say("plan.before_epa")
    return both(name.replace("euro_", "Euro ").replace("epa_", "US EPA "))


def reason_words(name: str) -> Text:
    """Return why a vehicle is kept, in words."""
    return _word("reason", name)


def size_words(size: object) -> Text:
    """Return a class of operators by the vehicles that they own."""
    if size is None or pd.isna(size):  # type: ignore[call-overload]
        return say("common.unknown")
    low, dash, high = str(size).partition("-")
    if dash and low.isdigit() and high.isdigit():
        return say("common.size_between", low=low, high=high)
    if str(size).startswith(">") and str(size)[1:].isdigit():
        return say("common.size_above", number=str(size)[1:])
    return both(str(size))


def charger_words(text: str) -> Text:
    """Return chargers in words: ``2 x ac_22`` is 2 × AC 22 kW."""
    parts = []
    for part in filter(None, text.split(";")):
        count, _, kind = part.partition(" x ")
        current, _, power = kind.partition("_")
        parts.append(f"{count} × {current.upper()} {power} kW")
    return both(", ".join(parts)) if parts else say("plan.none")


def _word(group: str, name: str) -> Text:
    key = f"plan.{group}_{name.replace(' ', '_')}"
    return say(key) if known(key) else both(name)
