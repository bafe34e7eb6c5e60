"""Answers of rules in words, English and Spanish: what decided, and what would have to be known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from geofleet.policy.rules.facts import Attribute
from geofleet.wording import Text, Words, both, joined_words, known, say, worded

__all__ = ["missing_words", "told", "word_of"]


def told(key: str, /, **values: str | Text) -> Words:
    """Return a message about rules as words, which are English where plain text is wanted."""
    return Words(say(f"rules.{key}", **values))


def word_of(word: str) -> Text:
    """Return an answer, one of ``STATUS_WORDS``, as readers say it."""
    return say(f"rules.{word.replace(' ', '_')}")


def missing_words(
    missing: Iterable[str], attributes: Mapping[str, Attribute], *, ids: bool = True
) -> str:
    """Return what would have to be known as one text.

    Parameters
    ----------
    missing
        As a decision has it: ids of attributes, and what is words already.
    attributes
        Those of the rule set: one of its own is called by its meaning.
    ids
        Whether ids of attributes stand beside their names, for who is to supply them.

    Examples
    --------
    >>> missing_words(["hologram"], {})
    'verification hologram (hologram)'
    """
    parts: list[str] = []
    for name in missing:
        if isinstance(name, Words):
            parts.append(name)
            continue
        own = attributes.get(name)
        if known(f"rules.attribute_{name}"):
            meaning: str = told(f"attribute_{name}")
        elif own is not None and own.meaning:
            meaning = own.meaning
        else:
            parts.append(name)
            continue
        parts.append(_with_id(meaning, name) if ids else meaning)
    return joined_words(parts)


def _with_id(meaning: str, name: str) -> str:
    """Return a meaning with the id of the attribute, where that is another word."""
    shown = told("attribute", meaning=both(meaning), attribute=name)
    return worded({
        language: text if text == name else shown.text[language]
        for language, text in both(meaning).items()
    })  # fmt: skip
