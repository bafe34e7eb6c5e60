"""Message catalogues: one text in every language, by key."""

from __future__ import annotations

import string
from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType

import yaml

from geofleet.wording.words import LANGUAGES, Text, both

__all__ = ["keys", "known", "say"]


def say(key: str, /, **values: str | Text) -> Text:
    """Return a message in every language.

    Parameters
    ----------
    key
        ``room.name``: the message ``name`` of the catalogue ``room``.
    values
        What fills the places in braces of the message: plain text stands as it is in all
        languages, Words and a Text in each its own (numbers and dates: see ``Readers``).

    Raises
    ------
    KeyError
        No such message, or a place that is not filled.
    TypeError
        A value that is no text: numbers are put into words by ``Readers``.

    Examples
    --------
    >>> say("common.unknown")["es"]
    'se desconoce'
    """
    room, _, name = key.partition(".")
    catalogue = _catalogue(room)
    if name not in catalogue:
        raise KeyError(f"no message {key!r}")
    message = catalogue[name]
    for place, value in values.items():
        if not isinstance(value, str | Mapping):
            raise TypeError(f"{key}: {place} is {value!r}, not a text")
    return MappingProxyType({
        language: message[language].format(**{
            place: (both(value) if isinstance(value, str) else value)[language]
            for place, value in values.items()
        }) if values or "{" in message[language] else message[language]
        for language in LANGUAGES
    })  # fmt: skip


def known(key: str) -> bool:
    """Say whether a message of this key exists (for codes that data may bring)."""
    room, _, name = key.partition(".")
    return name in _catalogue(room)


def keys(room: str) -> tuple[str, ...]:
    """Return the names of all messages of a catalogue, in its order."""
    return tuple(_catalogue(room))


@cache
def _catalogue(room: str) -> Mapping[str, Text]:
    folder = resources.files("geofleet.wording").joinpath("catalogues")
    read: dict[str, dict[str, str]] = {}
    for language in LANGUAGES:
        path = folder.joinpath(f"{room}.{language}.yaml")
        if not path.is_file():
            raise KeyError(f"no message catalogue {room!r} in {language!r}")
        read[language] = yaml.safe_load(path.read_text(encoding="utf-8"))
    first = read[LANGUAGES[0]]
    for language in LANGUAGES[1:]:
        if list(read[language]) != list(first):
            odd = sorted(set(first) ^ set(read[language])) or "their order"
            raise ValueError(f"message catalogue {room!r}: {language!r} differs in {odd}")
        for name, text in first.items():
            if _places(text) != _places(read[language][name]):
                raise ValueError(f"{room}.{name}: {language!r} fills other places")
    return {name: {language: read[language][name] for language in LANGUAGES} for name in first}


def _places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
