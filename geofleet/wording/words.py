"""Words: a text of data, such as the name of a rule, that is known in several languages."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

__all__ = ["LANGUAGES", "Text", "Words", "both", "joined_words", "worded"]

LANGUAGES = ("en", "es")
Text = Mapping[str, str]
"""A text in every language of ``LANGUAGES``."""


class Words(str):
    """A text that knows its other languages; where plain text is wanted it is the English one.

    Names of rules, places and products pass through tables, messages and files as plain text;
    whoever writes for readers asks :func:`both` and gets each in their language. Texts are equal
    when they are in English.

    Examples
    --------
    >>> name = worded({"en": "freight by night", "es": "carga de noche"})
    >>> name, both(name)["es"]
    ('freight by night', 'carga de noche')
    """

    __slots__ = ("text",)
    text: Text

    def __new__(cls, text: Mapping[str, str]) -> Words:
        """Make words of a text in every language."""
        found = super().__new__(cls, text[LANGUAGES[0]])
        found.text = MappingProxyType({language: text[language] for language in LANGUAGES})
        return found

    def __reduce__(self) -> tuple[Any, ...]:
        """Return how a copy is made, for copies and other processes."""
        return type(self), (dict(self.text),)


def worded(texts: Mapping[str, str]) -> str:
    """Return a text by what is known of it: a language without text has that of another.

    Parameters
    ----------
    texts
        Text by language; empty or blank where there is none.

    Returns
    -------
    str
        :class:`Words` where languages differ, else plain text; empty when nothing is known.
    """
    known = {name: text for name in LANGUAGES if (text := texts.get(name)) and text.strip()}
    first = next(iter(known.values()), "")
    if len(set(known.values())) < 2:
        return first
    return Words({language: known.get(language, first) for language in LANGUAGES})


def both(text: str) -> Text:
    """Return a text of data by language: the same in every one unless it is :class:`Words`."""
    if isinstance(text, Words):
        return text.text
    return MappingProxyType(dict.fromkeys(LANGUAGES, text))


def joined_words(parts: list[str], between: str = "; ") -> str:
    """Return texts joined, in each language of theirs.

    Examples
    --------
    >>> both(joined_words([worded({"en": "trucks", "es": "camiones"}), "vans"]))["es"]
    'camiones; vans'
    """
    return worded({
        language: between.join(both(part)[language] for part in parts) for language in LANGUAGES
    })  # fmt: skip
