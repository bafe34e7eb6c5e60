"""Words of bulletins: read as they are printed, and written in Spanish."""

from __future__ import annotations

import datetime
import re
from collections.abc import Collection, Iterable, Mapping, Sequence

from geofleet.policy.rules.days import DAY_S, clock_text
from geofleet.policy.rules.digits import EVEN, ODD

__all__ = [
    "COLOURS", "colour_of", "date_in_spanish", "digits_in_spanish", "hours_in_spanish", "joined",
    "parity_of", "phase_in_spanish", "phase_of_text", "pollutant_of", "pollutants_in_spanish",
    "printed_digits",
]  # fmt: skip

_PARITIES = {
    "even": "even", "par": "even", "pares": "even",
    "odd": "odd", "non": "odd", "nones": "odd", "impar": "odd", "impares": "odd",
}  # fmt: skip
COLOURS = ("amarillo", "rosa", "rojo", "verde", "azul")
_ENGLISH = {
    "yellow": "amarillo", "pink": "rosa", "red": "rojo", "green": "verde", "blue": "azul",
    "amarilla": "amarillo", "roja": "rojo",
}  # fmt: skip
_POLLUTANTS = {
    "o3": "o3", "ozono": "o3", "ozone": "o3", "pm10": "pm10", "pm25": "pm25", "pm2.5": "pm25",
    "pm2,5": "pm25",
}  # fmt: skip
_PHASES = {"1": "I", "i": "I", "2": "II", "ii": "II"}
_ALL = ("all", "todas", "todos")
# what stands between digits, parities and colours and says nothing of its own
_BESIDE = (
    "y", "e", "más", "mas", "con", "de", "del", "la", "las", "el", "los", "en", "además",
    "terminación", "terminacion", "terminaciones", "placa", "placas", "engomado", "engomados",
    "color", "colour", "dígito", "digito", "dígitos", "digitos", "número", "numero", "números",
    "numeros", "último", "ultimo", "and", "plus", "last", "digit", "digits", "plate", "plates",
    "ending", "in", "sticker",
)  # fmt: skip
_BESIDE_PHASE = (
    "fase", "phase", "contingencia", "ambiental", "atmosférica", "atmosferica", "por", "de", "y",
    "and", "partículas", "particulas",
)  # fmt: skip
_NOTHING = ("", "n/a", "na", "none", "ninguna", "ninguno", "not printed", "-")
_MONTHS = (
    "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre",
    "octubre", "noviembre", "diciembre",
)  # fmt: skip
_WEEKDAYS = ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo")
_NAMES = {"o3": "ozono", "pm10": "partículas PM10", "pm25": "partículas PM2.5"}


def parity_of(text: str) -> str | None:
    """Return ``odd`` or ``even`` for a word, None for any other."""
    return _PARITIES.get(text.strip().lower())


def colour_of(text: str, known: Collection[str]) -> str | None:
    """Return the colour that a text names, None where it names none or several.

    Parameters
    ----------
    known
        Colours of the rule set; English and Spanish words are tried against them.
    """
    found = set()
    for word in re.findall(r"[^\W\d_]+", text.lower()):
        name = word if word in known else _ENGLISH.get(word, word)
        english = next((one for one, spanish in _ENGLISH.items() if spanish == name), "")
        if name in known or english in known:
            found.add(name if name in known else english)
    return found.pop() if len(found) == 1 else None


def pollutant_of(text: str) -> str | None:
    """Return ``o3``, ``pm10`` or ``pm25`` for a name of it, None for any other."""
    return _POLLUTANTS.get(re.sub(r"[\s_]", "", text.lower()))


def phase_of_text(text: str) -> str | None:
    """Return the phase that a text like ``Fase 1`` or ``I combinada`` names, None for none."""
    words = words_of_phase(text)
    # ``Fase I O3`` says what for, too
    named = [word for word in words if pollutant_of(word) is None]
    if named in (["preventiva"], ["preventive"]):
        return "preventiva"
    if not named or named[0] not in _PHASES:
        return None
    if named[1:] in (["combinada"], ["combined"]):
        return f"{_PHASES[named[0]]} combinada"
    return _PHASES[named[0]] if len(named) == 1 else None


def words_of_phase(text: str) -> list[str]:
    """Return the words of a phase that say something: ``i``, ``combinada``, ``o3``."""
    parts = re.split(r"[\s()+;/]+|,(?!\d)|\.(?!\d)", re.sub(r"pm\s+(?=\d)", "pm", text.lower()))
    return [part for part in parts if part and part not in _BESIDE_PHASE]


def printed_digits(
    text: str, *, colours: Mapping[str, Collection[int]]
) -> tuple[frozenset[int] | None, list[str]]:
    """Return the digits that a text prints, and the words that could not be read.

    Words of parity, single digits, colours and ``all`` are put together: ``even + 9,0 azul`` is
    0, 2, 4, 6, 8, 9. A colour alone stands for its digits; beside digits it explains them.

    Returns
    -------
    tuple
        Digits, None where nothing is printed; words of unknown meaning.
    """
    if text.strip().lower() in _NOTHING:
        return None, []
    found: set[int] = set()
    explained: set[int] = set()
    unread = []
    digits = False
    for word in re.findall(r"\d+|[^\W\d_]+", text.lower()):
        parity, colour = parity_of(word), colour_of(word, colours)
        if word.isdigit() and len(word) == 1:
            found.add(int(word))
            digits = True
        elif parity:
            found |= EVEN if parity == "even" else ODD
        elif word in _ALL:
            found |= EVEN | ODD
        elif colour:
            explained |= set(colours[colour])
        elif word not in _BESIDE:
            unread.append(word)
    return frozenset(found if digits else found | explained), unread


def joined(parts: Iterable[str], *, last: str = "y") -> str:
    """Return words joined in Spanish: ``a, b y c``; *y* before an i is *e*, *o* before an o *u*."""
    words = list(parts)
    if len(words) < 2:
        return "".join(words)
    start = words[-1].lower()
    if last == "y" and re.match(r"h?[ií](?![aeou])", start):
        last = "e"
    if last == "o" and re.match(r"h?[oó]|8", start):
        last = "u"
    return ", ".join(words[:-1]) + f" {last} " + words[-1]


def date_in_spanish(date: datetime.date, *, weekday: bool = True) -> str:
    """Return a date like ``martes 17 de febrero de 2026``."""
    text = f"{date.day} de {_MONTHS[date.month - 1]} de {date.year}"
    return f"{_WEEKDAYS[date.weekday()]} {text}" if weekday else text


def digits_in_spanish(digits: Collection[int]) -> str:
    """Return digits like ``1, 2, 9 y 0``, in the order of stickers: zero comes after nine."""
    return joined(str(digit) for digit in sorted(digits, key=lambda digit: (digit - 1) % 10))


def hours_in_spanish(windows: Sequence[tuple[int, int]]) -> str:
    """Return windows like ``de 06:00 a 10:00 horas``; the whole day is ``las 24 horas``."""
    if not windows:
        return "a ninguna hora"
    if tuple(windows) == ((0, DAY_S),):
        return "las 24 horas"
    parts = []
    for start, end in windows:
        over = " horas del día siguiente" if end > DAY_S else " horas"
        parts.append(f"de {clock_text(start)} a {clock_text(end - DAY_S * (end > DAY_S))}{over}")
    return joined(parts)


def phase_in_spanish(phase: str) -> str:
    """Return ``Fase I``, ``Fase II combinada``, ``Fase preventiva``."""
    return f"Fase {phase}"


def pollutants_in_spanish(pollutants: Sequence[str]) -> str:
    """Return names like ``ozono y partículas PM10``."""
    return joined(_NAMES.get(name, name) for name in pollutants)
