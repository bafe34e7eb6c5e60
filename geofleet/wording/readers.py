"""Numbers, money and dates as a reader writes them (Unicode CLDR, through Babel)."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time
from babel.languages import get_official_languages
from babel.lists import format_list
from babel.numbers import format_decimal

from geofleet.wording.catalogue import say
from geofleet.wording.words import LANGUAGES, Text, both

__all__ = ["Reader", "Readers"]

_DIGITS = 3
_ELSEWHERE = {"en": "en_GB", "es": "es_MX"}
"""How a language is written where the study's country does not speak it."""


@dataclass(frozen=True)
class Reader:
    """One reader's way of writing.

    Parameters
    ----------
    locale
        Language and country, such as ``es_MX`` or ``en_GB``.

    Raises
    ------
    ValueError
        No such locale.
    """

    locale: str

    def __post_init__(self) -> None:
        try:
            Locale.parse(self.locale)
        except (UnknownLocaleError, ValueError) as error:
            raise ValueError(f"no locale {self.locale!r}") from error

    @property
    def language(self) -> str:
        """Language of the locale: ``es``."""
        return self.locale.split("_")[0]

    @property
    def tag(self) -> str:
        """BCP 47 tag, as HTML and scripts write it: ``es-MX``."""
        return self.locale.replace("_", "-")

    def number(self, value: float | None, digits: int = _DIGITS) -> str:
        """Return a number to so many significant digits, whole numbers from that size on.

        Examples
        --------
        >>> Reader("es_CL").number(0.012345), Reader("es_MX").number(1234.5)
        ('0,0123', '1,234')
        """
        if value is None or not math.isfinite(value):
            return self._unknown()
        if value != 0 and abs(value) < 10**digits:
            places = max(0, digits - 1 - math.floor(math.log10(abs(value))))
            rounded = round(value, places)
            # rounding may have carried into one more digit
            if rounded != 0 and abs(rounded) >= 10.0 ** (digits - places):
                places = max(0, places - 1)
            pattern = "#,##0" + ("." + "#" * places if places else "")
            return format_decimal(rounded, pattern, locale=self.locale)
        return self.whole(value)

    def whole(self, value: float | None) -> str:
        """Return a number without decimals."""
        if value is None or not math.isfinite(value):
            return self._unknown()
        return format_decimal(round(value), "#,##0", locale=self.locale)

    def quantity(self, value: float | None, unit: str, digits: int = _DIGITS) -> str:
        """Return a number with its unit."""
        if value is None or not math.isfinite(value):
            return self._unknown()
        return f"{self.number(value, digits)}\N{NO-BREAK SPACE}{unit}"

    def money(self, value: float | None, currency: str) -> str:
        """Return an amount without decimals, by the code of its currency: many share one sign."""
        if value is None or not math.isfinite(value):
            return self._unknown()
        return f"{currency}\N{NO-BREAK SPACE}{self.whole(value)}"

    def percent(self, share: float | None, digits: int = 2) -> str:
        """Return a share of one as per cent."""
        if share is None or not math.isfinite(share):
            return self._unknown()
        return f"{self.number(share * 100, digits)}\N{NO-BREAK SPACE}%"

    def date(self, day: dt.date) -> str:
        """Return a date in words: 14 May 2024."""
        return format_date(day, "long", locale=self.locale)

    def weekday(self, day: dt.date) -> str:
        """Return a date in words with its day of the week."""
        return format_date(day, "full", locale=self.locale)

    def clock(self, time: dt.time | dt.datetime) -> str:
        """Return hours and minutes, 24-hour clock, of a time as it stands."""
        return format_time(time, "HH:mm", locale=self.locale)

    def list(self, items: list[str]) -> str:
        """Return items as a sentence lists them."""
        return format_list(items, locale=self.locale)

    def _unknown(self) -> str:
        return say("common.unknown")[self.language]


@dataclass(frozen=True)
class Readers:
    """The readers of a study, one in each language: what ``Reader`` writes, as a ``Text``.

    Parameters
    ----------
    by_language
        One reader for each of ``LANGUAGES``.
    """

    by_language: MappingProxyType[str, Reader]

    @classmethod
    def of(cls, country: str | None = None) -> Readers:
        """Return the readers of a country (ISO 3166, two letters)."""
        chosen = {}
        for language in LANGUAGES:
            spoken = country is not None and language in get_official_languages(
                country, de_facto=True
            )
            locale = f"{language}_{country}" if spoken else _ELSEWHERE[language]
            chosen[language] = Reader(locale)
        return cls(MappingProxyType(chosen))

    def __getitem__(self, language: str) -> Reader:
        """Return the reader of a language."""
        return self.by_language[language]

    @property
    def tags(self) -> dict[str, str]:
        """BCP 47 tag by language."""
        return {language: reader.tag for language, reader in self.by_language.items()}

    def number(self, value: float | None, digits: int = _DIGITS) -> Text:
        """As ``Reader.number``."""
        return self._each(lambda reader: reader.number(value, digits))

    def whole(self, value: float | None) -> Text:
        """As ``Reader.whole``."""
        return self._each(lambda reader: reader.whole(value))

    def quantity(self, value: float | None, unit: str | Text, digits: int = _DIGITS) -> Text:
        """As ``Reader.quantity``; the unit may differ by language."""
        units = both(unit) if isinstance(unit, str) else unit
        return self._each(lambda reader: reader.quantity(value, units[reader.language], digits))

    def counted(self, key: str, count: float) -> Text:
        """Return a number with its noun, of the form that each language has for it.

        Parameters
        ----------
        key
            Of the messages ``<key>_one`` and ``<key>_many``, which take ``{count}``.

        Examples
        --------
        >>> readers = Readers.of("CL")
        >>> readers.counted("common.years", 1)["es"], readers.counted("common.years", 12)["en"]
        ('1 año', '12 years')
        """
        return self._each(lambda reader: say(
            f"{key}_{'one' if Locale.parse(reader.locale).plural_form(count) == 'one' else 'many'}",
            count=reader.number(count),
        )[reader.language])  # fmt: skip

    def money(self, value: float | None, currency: str) -> Text:
        """As ``Reader.money``."""
        return self._each(lambda reader: reader.money(value, currency))

    def percent(self, share: float | None, digits: int = 2) -> Text:
        """As ``Reader.percent``."""
        return self._each(lambda reader: reader.percent(share, digits))

    def date(self, day: dt.date) -> Text:
        """As ``Reader.date``."""
        return self._each(lambda reader: reader.date(day))

    def weekday(self, day: dt.date) -> Text:
        """As ``Reader.weekday``."""
        return self._each(lambda reader: reader.weekday(day))

    def clock(self, time: dt.time | dt.datetime) -> Text:
        """As ``Reader.clock``."""
        return self._each(lambda reader: reader.clock(time))

    def _each(self, write: Callable[[Reader], str]) -> Text:
        return MappingProxyType({name: write(one) for name, one in self.by_language.items()})
