"""Where a new study is and by which clock: country and time zone from what people say."""

from __future__ import annotations

import re
import unicodedata
from difflib import get_close_matches
from zoneinfo import available_timezones

from geofleet.errors import Problem

__all__ = ["country_code", "time_zone"]

_PLACE = "new study"
_LANGUAGES = ("en", "es")
_CODE_LETTERS = 2
# More zones than this are cut off in a message.
_NAMED = 12
_SHOWN = 80
_ALIKE = 0.75
_NO_COUNTRIES = frozenset({
    "AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ",
})  # fmt: skip
"""Codes that Unicode names beside the countries of ISO 3166: unions, islets, the unknown."""
_OF_A_MACHINE = frozenset({"Factory", "localtime", "posixrules"})
"""Names among the time zones that mean whatever the machine is set to, or nothing."""


def country_code(said: str | None) -> tuple[str | None, list[Problem]]:
    """Return the ISO 3166-1 alpha-2 code of a country.

    Parameters
    ----------
    said
        The code in any case (of two or three letters), or the country's name in English or
        Spanish; None where nobody said.

    Returns
    -------
    tuple
        The code, None where nobody said or it is not known, and what is wrong.
    """
    if said is None:
        return None, []
    names = _territories()
    code = names.get(_folded(said)) or _code(said)
    if code in names.values():
        return code, []
    expected = "the two letters of a country (ISO 3166) like MX, or its name" + _meant(said, names)
    return None, [Problem(_PLACE, "country", 0, said[:_SHOWN], expected)]


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
        if country is None:
            return "UTC", []
        why = (
            f"{country} has several: {_listed(zones)}"
            if zones
            else f"that of {country} is not known"
        )
        return "UTC", [Problem(_PLACE, "timezone", expected=f"the time zone, as {why}")]
    known = available_timezones() - _OF_A_MACHINE
    if said in known:
        return said, []
    # Etc/GMT-6 lies east of Greenwich, and who says GMT-6 means the west.
    alike = sorted(
        name for name in known
        if _folded(said) in (_folded(name), _folded(name.rpartition("/")[2]))
        and not name.startswith("Etc/")
    )  # fmt: skip
    expected = f"an IANA time zone like {_listed(alike or zones or ['America/Mexico_City'])}"
    return "UTC", [Problem(_PLACE, "timezone", 0, said[:_SHOWN], expected)]


def _listed(names: list[str]) -> str:
    return ", ".join(names[:_NAMED]) + (" …" if len(names) > _NAMED else "")


def _folded(text: str) -> str:
    """Return a name without accents and case, its short words and marks written out."""
    plain = unicodedata.normalize("NFKD", text.strip().casefold().replace("_", " "))
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    plain = plain.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").replace(" & ", " and ")
    return re.sub(r"\bst\. ", "saint ", plain)


def _code(said: str) -> str:
    """Return a code of two letters for one that people write in its place: MEX, UK."""
    from babel.core import get_global

    code = said.strip().upper()
    known = get_global("territory_aliases").get(code, ())
    return str(known[0]) if len(known) == 1 else code


def _meant(said: str, names: dict[str, str]) -> str:
    """Return the names that somebody may have meant, as the end of a message."""
    folded = _folded(said)[:_SHOWN]
    if len(folded) <= _CODE_LETTERS:
        return ""
    found = [name for name in names if f" {folded} " in f" {name} " or name in folded]
    found += get_close_matches(folded, names, cutoff=_ALIKE)
    codes = dict.fromkeys(names[name] for name in found)
    return f"; perhaps {_listed([f'{_english(code)} ({code})' for code in codes])}" if codes else ""


def _english(code: str) -> str:
    from babel import Locale

    return str(Locale("en").territories[code])


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
        if len(code) == _CODE_LETTERS and code.isalpha() and code not in _NO_COUNTRIES
    }
