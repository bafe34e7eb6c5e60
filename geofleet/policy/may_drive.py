"""May this truck drive tomorrow? One vehicle, some dates, the rules of a pack or a file."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geofleet.errors import GeofleetError, InputError, MissingDefaultError, Problem
from geofleet.wording import both

if TYPE_CHECKING:
    import pandas as pd

    from geofleet.policy.decisions import Decisions
    from geofleet.policy.rules import Event, RuleSet

__all__ = ["Answer", "may_drive", "rules_named", "vehicle_cells"]

_VEHICLE = "the vehicle"
_WORD = 16
"""Room for an answer in a line."""


@dataclass(frozen=True, eq=False)
class Answer:
    """When one vehicle may drive, and why not."""

    decisions: Decisions
    given: Mapping[str, str]

    def table(self) -> pd.DataFrame:
        """Return one row per date and stretch; see :meth:`Decisions.table`."""
        return self.decisions.table().drop(columns="case")

    def to_text(self, language: str = "en") -> str:
        """Return the answer in lines: date, hours, answer, reason.

        Parameters
        ----------
        language
            ``en`` or ``es``.
        """
        from babel.dates import format_date

        from geofleet.policy.decisions.told import word_of
        from geofleet.policy.rules.days import clock_text

        lines = []
        for place, date in enumerate(self.decisions.dates):
            for start, end, _, _ in self.decisions.stretches(0, place):
                why = self.decisions.explain(_VEHICLE, date, start)
                hours = f"{clock_text(start)}–{clock_text(end)}"
                day = format_date(date, "yyyy-MM-dd EEE", locale=language)
                word = word_of(why.word)[language]
                lines.append(f"{day} {hours}  {word:<{_WORD}} {both(why.reason)[language]}")
        return "\n".join(lines)


def may_drive(
    rules: RuleSet,
    given: Mapping[str, str],
    dates: Sequence[datetime.date],
    *,
    inside: Sequence[str] = (),
    outside: Sequence[str] = (),
    events: Sequence[Event] = (),
) -> Answer:
    """Say when a vehicle may drive.

    Parameters
    ----------
    rules
        Rules to ask.
    given
        What is known of vehicle and trip, by attribute; ``plate`` gives the plate's digit. The
        vehicle is taken to carry freight unless ``use`` says otherwise.
    dates
        Local dates.
    inside, outside
        Ids of geographies in which the vehicle is, and is not; of others nothing is known.

    Raises
    ------
    InputError
        Attributes and geographies that the rules do not know, values that cannot be.
    """
    import pandas as pd

    from geofleet.policy.decisions import decide

    cells, problems = _cells(rules, given)
    problems += [
        Problem("inside, outside", name, expected="one of the two, not both")
        for name in sorted(set(inside) & set(outside))
    ]
    if problems:
        raise InputError(problems)
    frame = pd.DataFrame([cells], index=[_VEHICLE])
    places = {**dict.fromkeys(inside, True), **dict.fromkeys(outside, False)}
    return Answer(decide(rules, frame, dates, events=events, inside=places), dict(given))


def vehicle_cells(rules: RuleSet, given: Mapping[str, str]) -> dict[str, Any]:
    """Return what is known of a vehicle and its trip as attributes that rules ask for.

    Raises
    ------
    InputError
        Attributes that the rules do not know, values that cannot be.
    """
    cells, problems = _cells(rules, given)
    if problems:
        raise InputError(problems)
    return cells


def _cells(rules: RuleSet, given: Mapping[str, str]) -> tuple[dict[str, Any], list[Problem]]:
    import pandas as pd

    from geofleet.policy.cases import plate_digit
    from geofleet.policy.decisions.checks import word_faults
    from geofleet.policy.rules.facts import Facts

    cells: dict[str, Any] = {"use": "freight", **given}
    plate = cells.pop("plate", None)
    if plate is not None:
        cells.setdefault("plate_digit", plate_digit(plate))
    problems = [
        Problem("attributes", name, 0, str(cells[name]), "an attribute that rules may ask for: "
                + ", ".join(sorted(rules.attributes)))
        for name in cells if name.partition(":")[0] not in rules.attributes
    ]  # fmt: skip
    frame = pd.DataFrame([cells])
    return cells, problems + word_faults(rules, Facts(frame, rules.attributes), strict=True)


def rules_named(
    pack: str | None,
    rules: Path | None,
    answers: Mapping[str, bool],
    *,
    zones: Path | None = None,
    only: Sequence[str] = (),
) -> RuleSet:
    """Return a pack, or the rules of a file, with switches answered.

    Parameters
    ----------
    zones
        Areas by the ``id`` of their features, in place of those of the rules.
    only
        Ids of the rules to keep; all when empty.

    Raises
    ------
    InputError
        Neither or both named, no such pack, a file with faults, a switch or rule that is none.
    """
    from geofleet.policy.rules.packs import load_pack, pack_names
    from geofleet.policy.rules.read import read_rules
    from geofleet.policy.study import read_zones

    if (pack is None) == (rules is None):
        raise InputError([Problem("rules", expected="exactly one of a pack and a rule file")])
    areas = {} if zones is None else read_zones(zones)
    try:
        found = (
            load_pack(str(pack), zones=areas) if rules is None else read_rules(rules, zones=areas)
        )
    except InputError:
        raise
    except MissingDefaultError:
        expected = "a pack that comes along: " + ", ".join(pack_names())
        raise InputError([Problem("pack", "", 0, str(pack), expected)]) from None
    except GeofleetError as error:
        raise InputError([Problem("pack", "", 0, str(pack), str(error))]) from None
    found = found.answered(**answers)
    try:
        return found.only(*only) if only else found
    except KeyError as error:
        raise InputError([Problem("only", expected=str(error.args[0]))]) from None
