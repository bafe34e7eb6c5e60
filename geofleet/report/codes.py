"""Codes of data as words: vehicles, fuels, technologies, outcomes, sizes, defaults."""

from __future__ import annotations

import re

from geofleet.defaults import read_table
from geofleet.report.phrases import clipped
from geofleet.wording import LANGUAGES, Readers, Text, both, known, say

__all__ = [
    "cause", "code", "country", "default_name", "model_name", "product", "size", "standard",
    "vehicle_class",
]  # fmt: skip


_DECIMAL = re.compile(r"(\d)\.(\d)")


def code(room: str, value: str) -> Text:
    """Return the words of a code; the code itself where there are none."""
    key = f"brief.{room}_{value.replace(' ', '_')}"
    return say(key) if known(key) else both(value.replace("_", " "))


def cause(value: str | None) -> Text | None:
    """Return what stands in the way of an electric truck; None where nothing does."""
    return None if value is None or value == "none" else code("cause", value)


def product(value: str, name: str) -> Text:
    """Return what a finance product is called, in the languages that the data have."""
    return both(clipped(name or value))


def country(value: str, readers: Readers) -> Text:
    """Return a country by its ISO 3166 letters; what is none, such as a currency, as it is."""
    from babel import Locale

    return {
        language: Locale.parse(readers[language].locale).territories.get(value, value)
        for language in LANGUAGES
    }


def vehicle_class(value: str, readers: Readers) -> Text:
    """Return a vehicle class in words, the tonnes in it as readers write them."""
    found = {}
    for language, words in _labelled("vehicle_classes", value).items():
        mark = readers[language].number(0.5)[1]
        found[language] = _DECIMAL.sub(rf"\1{mark}\2", words)
    return found


def standard(value: str) -> Text:
    """Return an emission standard in words."""
    return say("common.unknown") if value == "unknown" else _labelled("standards", value)


def size(value: str, readers: Readers) -> Text:
    """Return a size of operators in words: 1 to 5 trucks."""
    if value.startswith(">") and value[1:].isdigit():
        return say("brief.size_above", number=readers.whole(float(value[1:])))
    low, dash, high = value.partition("-")
    if dash and low.isdigit() and high.isdigit():
        return say("brief.size_between", low=readers.whole(float(low)),
                   high=readers.whole(float(high)))  # fmt: skip
    return say("brief.size_unknown")


def model_name(value: str) -> str:
    """Return make and model of an electric model; its id where the catalogue has none."""
    table = read_table("electric_models")
    parts = [str(table.at[f"{value}.{part}", "value"]) for part in ("make", "model")
             if f"{value}.{part}" in table.index]  # fmt: skip
    return " ".join(parts) or value


def default_name(row: str, readers: Readers) -> Text:
    """Return what a default row is; its name as the table has it where there are no words."""
    table, _, name = row.partition(":")
    key = f"brief.row.{table}.{name}"
    if known(key):
        return say(key)
    parts = name.split(".")
    for place in range(len(parts)):
        rest = ".".join("*" if k == place else part for k, part in enumerate(parts))
        if known(family := f"brief.row.{table}.{rest}"):
            return say(family, name=_named(parts[place], readers))
    return both(row)


def _named(part: str, readers: Readers) -> Text:
    """Return the part of a row's name that says of what it is."""
    table = read_table("vehicle_classes")
    if f"{part}.label" in table.index:
        return vehicle_class(part, readers)
    if f"{part}.make" in read_table("electric_models").index:
        return both(model_name(part))
    if part.startswith(">") or part.replace("-", "").isdigit():
        return size(part, readers)
    return both(part)


def _labelled(name: str, value: str) -> Text:
    table = read_table(name)
    found = {}
    for language in LANGUAGES:
        own = f"{value}.label_{language}"
        row = own if own in table.index else f"{value}.label"
        found[language] = str(table.at[row, "value"]) if row in table.index else value
    return found
