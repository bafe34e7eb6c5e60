"""Declare a contingency, from words or from a file, as its bulletin prints it."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from geofleet.errors import InputError, Problem
from geofleet.policy.contingency.words import (
    COLOURS,
    colour_of,
    parity_of,
    phase_of_text,
    pollutant_of,
    printed_digits,
    words_of_phase,
)
from geofleet.policy.rules.digits import EVEN, ODD
from geofleet.policy.rules.events import Event
from geofleet.policy.rules.model import RuleSet
from geofleet.policy.rules.sections import open_sections
from geofleet.schema import read_rows

__all__ = ["PRINTED", "declare", "read_bulletin"]

PRINTED = ("hologram_1", "hologram_0_00", "lpg_parity", "freight_hours")
"""What a bulletin prints of its effects: kept in ``parameters``, to be checked against rules."""

_KIND = "contingencia"
_KEPT = (*PRINTED, "note")
_FIELDS = (
    "kind", "phase", "dates", "area", "pollutants", "parity", "colour", "digits", "announced",
    "source", *_KEPT,
)  # fmt: skip
_ALIASES = {"date": "dates", "pollutant": "pollutants", "color": "colour"}
_NOT_TOLD = ("", "n/a", "na", "not printed")
_DATES = "dates like 2026-02-17, or first/last like 2026-02-17/2026-02-18"
_MOST_DAYS = 366

Texts = Mapping[str, tuple[str, ...]]


@dataclass(eq=False)
class _Bulletin:
    """Fields of one bulletin as texts, and what is wrong with them."""

    texts: Texts
    file: str
    row: int = 0
    rows: Mapping[str, int] = field(default_factory=dict)
    rule_set: RuleSet | None = None
    problems: list[Problem] = field(default_factory=list)

    def wrong(self, name: str, value: str, expected: str) -> None:
        row = self.rows.get(name, self.row)
        self.problems.append(Problem(self.file, name, row, value, expected))

    def many(self, name: str) -> tuple[str, ...]:
        """Return the texts of a field that say something."""
        cells = self.texts.get(name, ())
        return tuple(text.strip() for text in cells if text.strip().lower() not in _NOT_TOLD)

    def one(self, name: str, *, required: bool = False) -> str:
        found = self.many(name)
        if required and not found:
            self.wrong(name, "", f"a {name}")
        if len(found) > 1:
            self.wrong(name, ", ".join(found), f"one {name}")
        return found[0] if found else ""

    @property
    def colours(self) -> Mapping[str, Collection[int]]:
        """Digits by colour; names alone where no rule set says which digits they stand for."""
        own = self.rule_set.colours if self.rule_set is not None else {}
        return own or dict.fromkeys(COLOURS, ())

    def event(self) -> Event | None:
        """Return the event, None where anything is wrong."""
        phase = self._phase()
        dates = self._dates()
        pollutants = self._pollutants()
        colour = self._colour()
        digits = self._digits("digits")
        parity = self._parity()
        announced = self._announced()
        area, source = self.one("area"), self.one("source")
        kind = self.one("kind") or _KIND
        parameters = {
            name: ", ".join(found)
            for name in self.texts
            if name in _KEPT or name not in _FIELDS
            if (found := self.many(name))
        }
        if self.problems:
            return None
        return Event(
            kind, phase, dates, area=area, pollutants=pollutants,
            parity=parity,  # type: ignore[arg-type]
            colour=colour, digits=digits, announced=announced, parameters=parameters,
            source=source,
        )  # fmt: skip

    def _phase(self) -> str:
        text = self.one("phase", required=True)
        found = phase_of_text(text)
        if found is None and (self.one("kind") or _KIND) != _KIND:
            return text
        if text and found is None:
            expected = "a phase: preventiva, Fase I, Fase I combinada, Fase II, Fase II combinada"
            self.wrong("phase", text, expected)
        return found or ""

    def _dates(self) -> tuple[datetime.date, ...]:
        found: set[datetime.date] = set()
        cells = self.many("dates")
        if not cells:
            self.wrong("dates", "", _DATES)
        for text in cells:
            try:
                ends = [datetime.date.fromisoformat(part.strip()) for part in text.split("/")]
            except ValueError:
                ends = []
            count = (ends[-1] - ends[0]).days + 1 if ends else 0
            if len(ends) not in (1, 2) or not 1 <= count <= _MOST_DAYS:
                self.wrong("dates", text, _DATES)
                continue
            found |= {ends[0] + datetime.timedelta(days=step) for step in range(count)}
        return tuple(sorted(found))

    def _pollutants(self) -> tuple[str, ...]:
        names = [part for text in self.many("pollutants") for part in _split(text)]
        read = {name: pollutant_of(name) for name in names}
        for name, meant in read.items():
            if meant is None:
                self.wrong("pollutants", name, "O3, PM10 or PM2.5")
        told = tuple(dict.fromkeys(meant for meant in read.values() if meant))
        if told:
            return told
        # ``Fase I O3`` says it too
        words = words_of_phase(self.one("phase"))
        return tuple(dict.fromkeys(meant for word in words if (meant := pollutant_of(word))))

    def _colour(self) -> str | None:
        for name in ("colour", "hologram_0_00"):
            text = ", ".join(self.many(name))
            if not text or "exempt" in text.lower() or "exento" in text.lower():
                continue
            colour = colour_of(text, self.colours)
            if colour is None and name == "hologram_0_00":
                plain, unread = printed_digits(text, colours={})
                if plain is None or (plain and not unread and self.rule_set is None):
                    continue  # nothing is told, or digits of which no rules say the colour
                same = [one for one, own in self.colours.items() if frozenset(own) == plain]
                colour = same[0] if same and not unread else None
            if colour is None:
                self.wrong(name, text, "one colour: " + ", ".join(self.colours))
                continue
            told, _ = printed_digits(text, colours={colour: ()})
            own = frozenset(self.colours[colour])
            if told and own and told != own:
                digits = ", ".join(str(digit) for digit in sorted(own))
                self.wrong(name, text, f"colour {colour} with its digits {digits}, or colour alone")
            return colour
        return None

    def _digits(self, name: str) -> frozenset[int] | None:
        cells = self.many(name)
        found, unread = printed_digits(", ".join(cells), colours=self.colours)
        unread += [cell for cell in cells if cell.startswith("-") and cell[1:].isdigit()]
        if unread:
            expected = "digits from 0 to 9, a parity, a colour or all; these words are none"
            self.wrong(name, ", ".join(unread), expected)
        return found

    def _parity(self) -> str | None:
        """Return the declared parity: told, or that whose digits stand among the printed ones."""
        text = self.one("parity")
        told = parity_of(text) if text else None
        if text and told is None:
            self.wrong("parity", text, "odd or even (par, non, impar)")
        printed = self._digits("hologram_1")
        if printed is None:
            return told
        if told and not printed >= (EVEN if told == "even" else ODD):
            expected = f"digits of hologram 1 that hold all of the declared parity ({told})"
            self.wrong("hologram_1", ", ".join(self.many("hologram_1")), expected)
        if told or printed >= (EVEN | ODD):
            return told
        return "even" if printed >= EVEN else "odd" if printed >= ODD else None

    def _announced(self) -> datetime.datetime | None:
        text = self.one("announced")
        if not text:
            return None
        try:
            moment = datetime.datetime.fromisoformat(text)
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is None:
            self.wrong("announced", text, "a time with offset like 2026-02-16T15:00:00-06:00")
        return moment


def _split(text: str) -> list[str]:
    separated = text.replace(";", ",").replace("+", ",").replace(" y ", ",")
    return [part.strip() for part in separated.split(",") if part.strip()]


def declare(
    phase: str,
    dates: datetime.date | str | Sequence[datetime.date | str],
    *,
    kind: str = _KIND,
    area: str = "",
    pollutants: str | Sequence[str] = (),
    parity: str = "",
    colour: str = "",
    digits: str | Collection[int] = "",
    announced: datetime.datetime | str = "",
    parameters: Mapping[str, str] | None = None,
    source: str = "",
    rule_set: RuleSet | None = None,
) -> Event:
    """Declare a contingency in the words of its bulletin, Spanish or English.

    Parameters
    ----------
    phase
        ``Fase I``, ``1``, ``I combinada``, ``preventiva``; ``Fase I O3`` names the pollutant too.
    dates
        Local days on which measures hold: one, several, or a span ``2026-02-17/2026-02-18``.
    pollutants
        ``O3`` (``ozono``), ``PM10``, ``PM2.5``.
    parity
        ``par``, ``even``, ``non``, ``impar``, ``odd``; empty where the bulletin announces none.
    colour
        Colour of the sticker whose holograms 0 and 00 rest, ``rojo`` or ``rojo 3,4``.
    digits
        Digits that the bulletin names as such.
    announced
        When, with time zone.
    parameters
        What else it prints, by name. Of ``hologram_1`` (like ``0,2,3,4,6,8`` or ``par + 9,0
        azul``) and ``hologram_0_00`` (like ``rojo 3,4``) parity and colour are read where they
        are not given themselves.
    rule_set
        Whose colours count: digits beside a colour must be its own.

    Raises
    ------
    InputError
        Everything that cannot be read or does not fit together.
    """
    days = [dates] if isinstance(dates, datetime.date | str) else list(dates)
    found = _Bulletin(
        {
            "phase": (phase,), "kind": (kind,), "dates": tuple(str(day) for day in days),
            "area": (area,), "parity": (parity or "",), "colour": (colour or "",),
            "source": (source,),
            "pollutants": (pollutants,) if isinstance(pollutants, str) else tuple(pollutants),
            "digits": (digits,) if isinstance(digits, str) else tuple(map(str, digits)),
            "announced": (announced if isinstance(announced, str) else announced.isoformat(),),
            **{name: (text,) for name, text in (parameters or {}).items()},
        },
        "declare", rule_set=rule_set,
    )  # fmt: skip
    event = found.event()
    if event is None:
        raise InputError(found.problems)
    return event


def read_bulletin(path: Path | str, *, rule_set: RuleSet | None = None) -> tuple[Event, ...]:
    """Read declared contingencies from a file.

    Parameters
    ----------
    path
        YAML: one bulletin as ``key: value`` lines, or a list of them under ``bulletins``; or CSV
        (name ending in ``.csv``): one bulletin a line. Keys and columns: ``phase`` and ``dates``,
        which are needed; ``kind, area, pollutants, parity, colour, digits, announced, source``;
        as printed ``hologram_1, hologram_0_00, lpg_parity, freight_hours``; ``note``; in YAML also
        ``parameters``, anything else by name. In CSV several dates or pollutants are parted by
        semicolons. See :func:`declare`.
    rule_set
        As in :func:`declare`.

    Raises
    ------
    InputError
        Every fault of the file, with its line.
    """
    file = Path(path)
    of_csv = file.suffix.lower() == ".csv"
    bulletins = _of_csv(file, rule_set) if of_csv else _of_yaml(file, rule_set)
    events, problems = [], []
    for bulletin in bulletins:
        event = bulletin.event()
        problems += bulletin.problems
        if event is not None:
            events.append(event)
    if problems:
        raise InputError(sorted(set(problems), key=lambda problem: problem.row))
    return tuple(events)


def _of_yaml(file: Path, rule_set: RuleSet | None) -> list[_Bulletin]:
    root = open_sections(file)
    sections = list(root.sections("bulletins")) if root.has("bulletins") else [root]
    found = []
    for section in sections:
        texts: dict[str, tuple[str, ...]] = {}
        rows: dict[str, int] = {}
        for key in (*_FIELDS, *_ALIASES):
            name = _ALIASES.get(key, key)
            if not section.has(key):
                section.node_of(key)
                continue
            if name in texts:
                section.wrong(key, "", f"{name} once")
            texts[name], rows[name] = section.texts(key), section.line(key)
        if section.has("parameters"):
            inner = section.section("parameters")
            for key in inner.keys:
                texts.setdefault(key, inner.texts(key))
                rows.setdefault(key, inner.line(key))
        else:
            section.node_of("parameters")
        section.done()
        found.append(_Bulletin(texts, str(file), section.line(), rows, rule_set))
    if root.has("bulletins"):
        root.done()
    if not found:
        root.wrong("bulletins", "", "at least one bulletin")
    if root.problems:
        # faults of the bulletins themselves are found by whoever reads on: name them together
        for bulletin in found:
            bulletin.event()
            root.problems += bulletin.problems
        raise InputError(sorted(set(root.problems), key=lambda problem: problem.row))
    return found


def _of_csv(file: Path, rule_set: RuleSet | None) -> list[_Bulletin]:
    rows = read_rows(file)
    header = [_ALIASES.get(name.strip(), name.strip()) for name in rows[0]]
    problems = [
        Problem(str(file), name, 1, "", "one of the columns " + ", ".join(_FIELDS))
        for name in dict.fromkeys(header) if name not in _FIELDS
    ]  # fmt: skip
    problems += [
        Problem(str(file), name, 1, "", "each column once")
        for name in sorted({name for name in header if header.count(name) > 1})
    ]
    problems += [
        Problem(str(file), name, 1, "", f"a column {name}")
        for name in ("phase", "dates") if name not in header
    ]  # fmt: skip
    found = []
    for line, cells in enumerate(rows[1:], start=2):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            expected = f"{len(header)} cells as in the header, found {len(cells)}"
            problems.append(Problem(str(file), "", line, ",".join(cells)[:80], expected))
            continue
        texts = {
            name: tuple(cell.split(";")) if name in ("dates", "pollutants") else (cell,)
            for name, cell in zip(header, cells, strict=True)
        }
        found.append(_Bulletin(texts, str(file), line, rule_set=rule_set))
    if not found and not problems:
        problems.append(Problem(str(file), "", 0, "", "at least one bulletin below the header"))
    if problems:
        raise InputError(problems)
    return found
