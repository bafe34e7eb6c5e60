"""Rules by hour for a page: when each acts, what it says of itself, and where it forbids."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.maps.policy_words import certainty_words, effect_words
from geofleet.wording import Text, both, joined_words, say, worded

__all__ = ["HOURS", "binding", "hour_spans", "in_words", "overlapped", "rules_spec"]

HOURS = 24
_FORBIDDING = ("prohibit", "allow_only")


def overlapped(spans: str | None) -> npt.NDArray[np.bool_]:
    """Say which hours clock spans such as ``06:00-10:00, 20:00-24:00`` reach into.

    Examples
    --------
    >>> overlapped("06:30-08:00").nonzero()[0].tolist()
    [6, 7]
    """
    out = np.zeros(HOURS, bool)
    if spans is None or pd.isna(spans):
        return out
    for part in spans.split(","):
        start, end = (_hours(clock) for clock in part.strip().split("-"))
        out[int(start) : int(np.ceil(end))] = True
    return out


def _hours(clock: str) -> float:
    parts = [int(part) for part in clock.split(":")]
    return parts[0] + parts[1] / 60 + (parts[2] / 3600 if len(parts) > 2 else 0.0)


def hour_spans(flags: npt.NDArray[np.bool_]) -> str:
    """Return hours that are set as clock spans.

    Examples
    --------
    >>> hour_spans(overlapped("06:30-08:00, 23:00-24:00"))
    '06:00–08:00, 23:00–24:00'
    """
    steps = np.diff(np.concatenate([[0], flags.astype(np.int8), [0]]))
    pairs = zip(np.flatnonzero(steps == 1), np.flatnonzero(steps == -1), strict=True)
    return ", ".join(f"{start:02d}:00–{end:02d}:00" for start, end in pairs)


def binding(rules: pd.DataFrame) -> list[str]:
    """Return for each rule 24 digits: 2 it acts in the hour, 1 perhaps, 0 it does not.

    Raises
    ------
    ValueError
        Rules that were not asked about a date.
    """
    if (rules["in_force"] == "not asked").any():
        raise ValueError("a map by hour needs policy_rules made for a date")
    out = []
    for sure, maybe in zip(rules["binds"], rules["binds_perhaps"], strict=True):
        digits = np.where(overlapped(sure), 2, np.where(overlapped(maybe), 1, 0))
        out.append("".join(map(str, digits)))
    return out


def rules_spec(
    rules: pd.DataFrame, *, deciding: Collection[str] = ()
) -> tuple[list[dict[str, Any]], dict[str, dict[str, Any]]]:
    """Return the rules that act on the date, and by place which of them forbid when.

    Parameters
    ----------
    rules
        Frame of the layer ``policy_rules``.
    deciding
        Ids or names of the rules that decide for the vehicles of the map: they stand first, with
        what lifts them, and they alone hatch places. All do when none is named.

    Returns
    -------
    tuple
        The rules, each with ``name``, ``binds``, ``decides``, ``rows`` of label and text; by
        geography id ``rules`` (places in that list) and ``binds`` by rules that forbid.
    """
    every = binding(rules)
    acting = [
        (binds, {str(name): value for name, value in rule.items()})
        for binds, rule in zip(every, rules.to_dict("records"), strict=True)
        if rule["in_force"] in ("yes", "unknown")
    ]
    names = {rule["rule_id"]: in_words(rule, "name") for rule in rules.to_dict("records")}
    chosen = {
        rule["rule_id"] for _, rule in acting if {rule["rule_id"], rule["name"]} & set(deciding)
    } or {rule["rule_id"] for _, rule in acting}

    def decides(rule: Mapping[str, Any]) -> bool:
        return bool({rule["rule_id"], *_lifted(rule)} & chosen)

    acting.sort(key=lambda pair: not decides(pair[1]))
    specs: list[dict[str, Any]] = []
    places: dict[str, dict[str, Any]] = {}
    where = dict(zip(rules["rule_id"], rules["geography_id"], strict=True))
    for number, (binds, rule) in enumerate(acting):
        lifted = _lifted(rule)
        specs.append({
            "name": in_words(rule, "name"), "binds": binds,
            "uncertain": rule["in_force"] == "unknown",
            "rows": _rule_rows(rule, [names.get(name, name) for name in lifted]),
            "place": rule["geography_id"] or "", "decides": decides(rule),
        })  # fmt: skip
        # what takes vehicles out of a rule is told where that rule holds
        for name in dict.fromkeys([rule["geography_id"], *(where.get(one) for one in lifted)]):
            if name is not None:
                place = places.setdefault(name, {"rules": [], "binds": "0" * HOURS})
                place["rules"].append(number)
                if rule["effect"] in _FORBIDDING and decides(rule):
                    place["binds"] = "".join(map(max, place["binds"], binds))
    return specs, places


def in_words(row: Mapping[Any, Any], name: str) -> str:
    """Return a text of a row with what ``<name>_es`` says of it in Spanish; empty for none."""
    told = {"en": row[name], "es": row.get(f"{name}_es")}
    return worded({
        language: "" if text is None or pd.isna(text) else str(text)
        for language, text in told.items()
    })  # fmt: skip


def _lifted(rule: Mapping[str, Any]) -> list[str]:
    return [name.strip() for name in (rule["lifts"] or "").split(";") if name]


def _rule_rows(rule: Mapping[str, Any], lifted: Sequence[str]) -> list[list[Text]]:
    rows: list[tuple[Text, Text | str | None]] = [
        (say("contingency.effect"), effect_words(rule["effect"])),
        (say("contingency.lifts"), joined_words(list(lifted))),
        (say("contingency.place"), in_words(rule, "geography")),
        (say("contingency.hours_today"), _acts(rule["binds"], rule["binds_perhaps"])),
        (say("contingency.hours_written"), rule["hours"]),
        (say("contingency.whom"), {"en": str(rule["who"]), "es": str(rule["who_es"])}),
        (say("contingency.authority"), in_words(rule, "authority")),
        (say("contingency.law"), rule["legal_reference"]),
        (say("common.status"), certainty_words(rule["status"])),
        (say("common.source"), rule["source"]),
        (say("contingency.note"), in_words(rule, "note")),
    ]
    return [[label, both(text) if isinstance(text, str) else text] for label, text in rows if text]


def _acts(binds: str | None, perhaps: str | None) -> Text:
    """Return the hours of the date in which a rule acts, certainly and perhaps."""
    if not perhaps:
        return both(binds) if binds else say("contingency.none_today")
    maybe = say("contingency.perhaps", spans=perhaps)
    if not binds:
        return maybe
    return {language: f"{binds}; {text}" for language, text in maybe.items()}
