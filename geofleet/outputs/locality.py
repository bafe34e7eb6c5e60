"""Where a new study is and by which clock: country and time zone from what people say."""

from __future__ import annotations

import unicodedata
from zoneinfo import available_timezones

from geofleet.errors import Problem

__all__ = ["country_code", "time_zone"]

_PLACE = "new study"
_LANGUAGES = ("en", "es")
_CODE_LETTERS = 2
# More zones than this are cut off in a message.
_NAMED = 12


def country_code(said: str | None) -> tuple[str | None, list[Problem]]:
    """Return the ISO 3166-1 alpha-2 code of a country.

    Parameters
    ----------
    said
        The code in any case, or the country's name in English or Spanish; None where nobody said.

    Returns
    -------
    tuple
        The code, None where nobody said or it is not known, and what is wrong.
    """
    if said is None:
        return None, []
    names = _territories()
    code = names.get(_folded(said), said.strip().upper())
    if code in names.values():
        return code, []
    expected = "the two letters of a country (ISO 3166) like MX, or its name"
    return None, [Problem(_PLACE, "country", 0, said, expected)]


def time_zone(said: str | None, country: str | None) -> tuple[str, list[Problem]]:
    """Return the IANA time zone of a study.

    Parameters
    ----------
    said
        Its name; None where nobody said: then that of a country that has one only, and UTC
        without a country.
    country
        Code of the country, where it is known.

    Returns
    -------
    tuple
        The name, and what is wrong: a country that has several, or a name that is none.
    """
    zones = _zones_of(country)
    if said is None:
        if len(zones) == 1:
            return zones[0], []
        if not zones:
            return "UTC", []
        expected = f"the time zone, as {country} has several: {_listed(zones)}"
        return "UTC", [Problem(_PLACE, "timezone", expected=expected)]
    known = available_timezones()
    if said in known:
        return said, []
    alike = sorted(name for name in known if _folded(name.rpartition("/")[2]) == _folded(said))
    expected = f"an IANA time zone like {_listed(alike or zones or ['America/Mexico_City'])}"
    return "UTC", [Problem(_PLACE, "timezone", 0, said, expected)]


def _listed(names: list[str]) -> str:
    return ", ".join(names[:_NAMED]) + (" …" if len(names) > _NAMED else "")


def _folded(text: str) -> str:
    """Return a name without accents, case and underscores."""
    plain = unicodedata.normalize("NFKD", text.strip().casefold().replace("_", " "))
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def _zones_of(country: str | None) -> list[str]:
    from babel.core import get_global

    return sorted(get_global("territory_zones").get(country or "", ()))


def _territories() -> dict[str, str]:
    """Return country codes by folded name."""
    from babel import Locale

    return {
        _folded(name): code
        for language in _LANGUAGES
        for code, name in Locale(language).territories.items()
        if len(code) == _CODE_LETTERS and code.isalpha()
    }
