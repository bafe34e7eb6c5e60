"""What readers see: messages in English and Spanish; numbers, money, dates in their way."""

from geofleet.wording.catalogue import LANGUAGES, Text, both, keys, known, say
from geofleet.wording.readers import Reader, Readers

__all__ = ["LANGUAGES", "Reader", "Readers", "Text", "both", "keys", "known", "say"]
