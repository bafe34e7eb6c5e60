"""Values by hour of the day for a page: packed numbers, classes with one scale, rules by hour."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.maps.policy_words import PolicyWords
from geofleet.maps.scales import STEPS, round_breaks, short, spread

__all__ = [
    "binding", "change_view", "level_view", "overlapped", "packed_hours", "rules_spec",
]  # fmt: skip

HOURS = 24
_DIGITS = 3
_WIDTHS = (1.8, 2.5, 3.3, 4.2, 5.4)
# blue and red ends of RdBu (Brewer, C. A., colorbrewer2.org): less and more, told apart by the
# colour-blind; palest steps left out
_LESS = ("#2166ac", "#4393c3", "#8fc1de")  # from most to least
_MORE = ("#f0a07f", "#d6604d", "#b2182b")  # from least to most
_SAME = {"color": "#6f6f6f", "weight": 1.6, "opacity": 0.9}
_CHANGE_QUANTILES = (0.4, 0.8)
_HARDLY = 0.01
"""Share of the smallest class of changes below which a change is none to speak of."""
_FORBIDDING = ("prohibit", "allow_only")

Floats = npt.NDArray[np.float64]


def packed_hours(values: Floats) -> list[dict[str, Any]]:
    """Return for each hour the rows that are not zero, as steps, and their values to three digits.

    Parameters
    ----------
    values
        Shape ``(rows, 24)``, none unknown.
    """
    out = []
    for hour in range(HOURS):
        rows = np.flatnonzero(values[:, hour])
        numbers = [float(f"{value:.{_DIGITS}g}") for value in values[rows, hour].tolist()]
        steps = np.diff(rows, prepend=0)
        out.append({
            "rows": steps.astype(np.int64),
            "values": [int(n) if n == int(n) else n for n in numbers],
        })  # fmt: skip
    return out


def level_view(
    values: Sequence[Floats], column: str, *, label: str, unit: str, words: PolicyWords
) -> dict[str, Any]:
    """Return a view of a column that is never negative.

    Parameters
    ----------
    values
        All numbers that share the scale: every hour, as planned and with the rules kept.
    """
    breaks = round_breaks(np.concatenate([part.ravel() for part in values]))
    colours = spread(STEPS, len(breaks) + 1)
    widths = spread(_WIDTHS, len(breaks) + 1)
    return {
        "kind": "level", "column": column, "label": label, "unit": unit, "breaks": breaks,
        "classes": [
            {"color": colour, "weight": width, "opacity": 1}
            for colour, width in zip(colours, widths, strict=True)
        ],
        "items": [
            {"colour": colour, "width": width, "label": text}
            for colour, width, text in zip(colours, widths, _labels(breaks, words), strict=True)
        ],
    }  # fmt: skip


def _labels(breaks: Sequence[float], words: PolicyWords) -> list[str]:
    if not breaks:
        return [words["any"]]
    middle = [f"{short(a)} – {short(b)}" for a, b in pairwise(breaks)]
    return [f"< {short(breaks[0])}", *middle, f"≥ {short(breaks[-1])}"]


def change_view(
    before: Floats, after: Floats, *, label: str, unit: str, words: PolicyWords
) -> dict[str, Any]:
    """Return a view of ``after`` less ``before``, with classes alike on both sides of zero."""
    size = np.abs(after - before)
    inner = round_breaks(size, _CHANGE_QUANTILES)
    least = _HARDLY * (inner[0] if inner else float(size.max(initial=0.0)))
    steps = [least, *inner] if least > 0 else []
    count = len(steps)
    less, more = (spread(ends, count) if count else [] for ends in (_LESS, _MORE))
    widths = spread(_WIDTHS[1:], count) if count else []
    colours = [*less, _SAME["color"], *more]
    weights = [*reversed(widths), _SAME["weight"], *widths]
    texts = [
        words["any"] if not inner else f"< {short(inner[0])}" if k == 0
        else f"≥ {short(step)}" if k == count - 1 else f"{short(step)} – {short(steps[k + 1])}"
        for k, step in enumerate(steps)
    ]  # fmt: skip
    labels = [
        *(f"{words['less']}: {text}" for text in reversed(texts)), words["hardly"],
        *(f"{words['more']}: {text}" for text in texts),
    ]  # fmt: skip
    return {
        "kind": "change", "column": "after", "minus": "before", "label": label, "unit": unit,
        "breaks": steps,
        "classes": [
            {"color": colour, "weight": weight, "opacity": 1}
            for colour, weight in zip(colours, weights, strict=True)
        ],
        "items": [
            {"colour": colour, "width": weight, "label": text}
            for colour, weight, text in zip(colours, weights, labels, strict=True)
        ],
    }  # fmt: skip


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
    rules: pd.DataFrame, words: PolicyWords, *, deciding: Collection[str] = ()
) -> tuple[list[dict[str, Any]], dict[str, dict[str, Any]]]:
    """Return the rules that act on the date, and by place which of them forbid when.

    Parameters
    ----------
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
    names = dict(zip(rules["rule_id"], rules["name"], strict=True))
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
            "name": rule["name"], "binds": binds, "uncertain": rule["in_force"] == "unknown",
            "rows": _rule_rows(rule, [str(names.get(name, name)) for name in lifted], words),
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


def _lifted(rule: Mapping[str, Any]) -> list[str]:
    return [name.strip() for name in (rule["lifts"] or "").split(";") if name]


def _rule_rows(rule: dict[str, Any], lifted: Sequence[str], words: PolicyWords) -> list[list[str]]:
    spans = [rule["binds"] or ""]
    if rule["binds_perhaps"]:
        spans.append(words["perhaps"].format(spans=rule["binds_perhaps"]))
    rows = [
        (words["effect"], words.effects[rule["effect"]]),
        (words["lifts"], "; ".join(lifted)),
        (words["place"], rule["geography"]),
        (words["hours_today"], "; ".join(part for part in spans if part) or words["none_today"]),
        (words["hours"], rule["hours"]),
        (words["who"], rule["who"]),
        (words["authority"], rule["authority"]),
        (words["law"], rule["legal_reference"]),
        (words["known"], words.known[rule["status"]]),
        (words["source"], rule["source"]),
        (words["note"], rule["note"]),
    ]
    return [[label, str(text)] for label, text in rows if text]
