"""What readers see: messages in English and Spanish; numbers, money, dates in their way."""

from geofleet.wording.catalogue import keys, known, say
from geofleet.wording.readers import Reader, Readers
from geofleet.wording.words import LANGUAGES, Text, Words, both, joined_words, worded

__all__ = [
    "LANGUAGES", "Reader", "Readers", "Text", "Words", "both", "joined_words", "keys", "known",
    "say", "worded",
]  # fmt: skip
