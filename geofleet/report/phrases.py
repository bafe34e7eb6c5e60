"""Turns of phrase that several briefs share."""

from __future__ import annotations

import datetime as dt
import math
import unicodedata
from collections.abc import Sequence

from geofleet.wording import LANGUAGES, Readers, Text, Words, say, worded

__all__ = [
    "clipped", "counted", "days_of", "grams", "headed", "joined", "listed", "months_change",
    "nearly", "sign",
]  # fmt: skip

_TURNS = {"R", "AL", "AN", "RLE", "RLO", "LRE", "LRO", "RLI", "LRI", "FSI", "PDF", "PDI"}
_ISOLATE, _END = "\u2068", "\u2069"
_KG, _TONNE = 1e3, 1e6
_SAME = 0.0005
"""Relative changes below this are not told from none."""


def days_of(readers: Readers, dates: Sequence[dt.date]) -> Text:
    """Return service dates in words: on 14 May 2024, or from one date to another."""
    if not dates:
        return say("brief.on_no_date")
    if len(dates) == 1:
        return say("brief.on_date", date=readers.date(dates[0]))
    return say("brief.on_dates", count=readers.whole(len(dates)),
               first=readers.date(min(dates)), last=readers.date(max(dates)))  # fmt: skip


def grams(readers: Readers, value: float) -> Text:
    """Return a mass in the unit that suits its size."""
    size = abs(value)
    if size >= _TONNE:
        return readers.quantity(value / _TONNE, "t")
    return readers.quantity(value / _KG, "kg") if size >= _KG else readers.quantity(value, "g")


def counted(readers: Readers, name: str, count: float) -> Text:
    """Return a number of trucks, operators or years with its noun: 1 truck, 2 trucks."""
    return say(f"brief.n_{name}_{'one' if count == 1 else 'many'}", count=readers.number(count))


def nearly(readers: Readers, share: float) -> Text:
    """Return a share as per cent that is not called all unless it is.

    Examples
    --------
    >>> [nearly(Readers.of("MX"), share)["es"].split()[0] for share in (1.0, 0.9972, 0.9999)]
    ['100', '99.7', '99.9']
    """
    if 0.99 <= share < 1.0:
        return readers.percent(math.floor(share * 1000.0) / 1000.0, 3)
    return readers.percent(share)


def headed(text: Text) -> Text:
    """Return a text with a capital letter at its start."""
    return {name: words[:1].upper() + words[1:] for name, words in text.items()}


def clipped(name: str, most: int = 90) -> str:
    """Return a name of data, shortened where nobody would read it to its end.

    A name that is read from right to left, or says that it is, turns nothing but itself: numbers
    after it stay as they are.

    Examples
    --------
    >>> clipped("Calle  1"), clipped("\u202ex") == "\u2068\u202ex\u2069"
    ('Calle 1', True)
    """
    if isinstance(name, Words):
        return worded({language: clipped(text, most) for language, text in name.text.items()})
    flat = " ".join(name.split())
    short = flat if len(flat) <= most else flat[: most - 1].rstrip() + "…"
    if not any(unicodedata.bidirectional(letter) in _TURNS for letter in short):
        return short
    bare = "".join(letter for letter in short if letter not in (_ISOLATE, _END))
    return f"{_ISOLATE}{bare}{_END}"


def joined(*texts: Text) -> Text:
    """Return sentences one after the other."""
    return {name: " ".join(text[name] for text in texts) for name in texts[0]}


def listed(readers: Readers, texts: Sequence[Text]) -> Text:
    """Return texts as a sentence lists them."""
    return {name: readers[name].list([text[name] for text in texts]) for name in LANGUAGES}


def months_change(readers: Readers, change: float, currency: str) -> Text:
    """Return by how much a month becomes dearer or cheaper."""
    name = {-1: "month_less", 0: "month_same", 1: "month_more"}[sign(change, 0.5)]
    if change != change:
        return say("brief.month_unknown")
    if name == "month_same":
        return say("brief.month_same")
    return say(f"brief.{name}", money=readers.money(abs(change), currency))


def sign(change: float, least: float = _SAME) -> int:
    """Return -1, 0 or 1; what is smaller than ``least`` counts as nothing."""
    return 0 if not abs(change) >= least else (1 if change > 0.0 else -1)
