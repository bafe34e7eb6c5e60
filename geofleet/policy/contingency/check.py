"""Whether what a bulletin prints of its effects is what the rules make of what it announces."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable

from geofleet.errors import Problem
from geofleet.policy.contingency.measures import Measure, measures_of, restricted_digits
from geofleet.policy.contingency.words import parity_of, printed_digits
from geofleet.policy.rules.conditions import All, Among, Condition
from geofleet.policy.rules.days import clock_text
from geofleet.policy.rules.digits import EVEN, ODD
from geofleet.policy.rules.events import Event
from geofleet.policy.rules.model import RuleSet

__all__ = ["check_bulletin"]

_EXEMPT = ("exempt", "exento")
_LP_GAS = "lp_gas"
_HOURS = "two times like 06:00-10:00"


def check_bulletin(event: Event, rule_set: RuleSet) -> tuple[Problem, ...]:
    """Compare what a bulletin prints with what the rules say on its days.

    Parameters
    ----------
    event
        With what is printed in ``parameters``: ``hologram_1``, ``hologram_0_00``, ``lpg_parity``,
        ``freight_hours``; what is not there is not compared.

    Returns
    -------
    tuple of Problem
        One for each difference: the printed value, and what the rules say. Empty: they agree.

    Raises
    ------
    InputError
        No rule of the set is about such an event.
    """
    found: list[Problem] = []
    for date in event.dates:
        measures = measures_of(event, date, rule_set)
        found += _hologram(event, date, rule_set, "hologram_1", ("1",))
        found += _hologram(event, date, rule_set, "hologram_0_00", ("0", "00"))
        found += _lp_gas(event, date, measures)
        found += _freight(event, date, measures)
    return tuple(found)


def _difference(event: Event, name: str, date: datetime.date, rules: str) -> Problem:
    expected = f"what the rules say for {date}: {rules}"
    return Problem(f"event {event.kind}", name, 0, event.parameters[name], expected)


def _unread(event: Event, name: str, expected: str) -> Problem:
    return Problem(f"event {event.kind}", name, 0, event.parameters[name], expected)


def _silent(text: str) -> bool:
    """Whether a text says that nothing was printed."""
    return not text.strip() or "not printed" in text.lower() or text.strip().lower() == "n/a"


def _listed(digits: Iterable[int]) -> str:
    return ", ".join(str(digit) for digit in sorted(digits)) or "no digit"


def _hologram(
    event: Event, date: datetime.date, rule_set: RuleSet, name: str, holograms: tuple[str, ...]
) -> list[Problem]:
    text = event.parameters.get(name, "")
    printed, _ = printed_digits(text, colours=rule_set.colours)
    if any(word in text.lower() for word in _EXEMPT):
        printed = frozenset()
    if printed is None:
        return []
    found = []
    for hologram in holograms:
        rules = restricted_digits(event, date, rule_set, hologram=hologram)
        if rules.digits != printed or rules.unknown:
            words = f"hologram {hologram} {_listed(rules.digits)}"
            words += f", unknown {_listed(rules.unknown)}" if rules.unknown else ""
            found.append(_difference(event, name, date, words))
    return found


def _lp_gas(event: Event, date: datetime.date, measures: tuple[Measure, ...]) -> list[Problem]:
    text = event.parameters.get("lpg_parity", "")
    told = {found for word in re.findall(r"[^\W\d_]+", text) if (found := parity_of(word))}
    if not told:
        return [] if _silent(text) else [_unread(event, "lpg_parity", "a parity: even or odd")]
    wanted = (EVEN if "even" in told else frozenset()) | (ODD if "odd" in told else frozenset())
    mine = [one for one in measures if _asks(one.rule.vehicle, "cargo_type", _LP_GAS)]
    mine += [one for one in measures if _asks(one.rule.trip, "cargo_type", _LP_GAS)]
    if any(one.digits == wanted for one in mine):
        return []
    words = "; ".join(f"{one.rule.rule_id} {_listed(one.digits or ())}" for one in mine)
    return [_difference(event, "lpg_parity", date, words or "no measure for LP gas")]


def _freight(event: Event, date: datetime.date, measures: tuple[Measure, ...]) -> list[Problem]:
    text = event.parameters.get("freight_hours", "")
    told = re.findall(r"(\d{1,2})(?::(\d{2}))?", text)
    if not told:
        return [] if _silent(text) else [_unread(event, "freight_hours", _HOURS)]
    if len(told) != 2:
        return [_unread(event, "freight_hours", _HOURS)]
    wanted = "-".join(f"{int(hour):02d}:{minute or '00'}" for hour, minute in told)
    mine = [
        one for one in measures
        if one.digits is None and _asks(one.rule.vehicle, "use", "freight")
    ]  # fmt: skip
    hours = [f"{clock_text(start)}-{clock_text(end)}" for one in mine for start, end in one.windows]
    if wanted in hours:
        return []
    words = "; ".join(hours) or "no hours of freight"
    return [_difference(event, "freight_hours", date, words)]


def _asks(condition: Condition, attribute: str, value: str) -> bool:
    """Whether a condition cannot hold but for cases with a value among others."""
    if isinstance(condition, All):
        return any(_asks(part, attribute, value) for part in condition.parts)
    return (
        isinstance(condition, Among)
        and condition.attribute == attribute
        and value in condition.values
    )
