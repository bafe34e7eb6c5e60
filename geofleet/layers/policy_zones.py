"""Layers of rules: the places that they are about, and their hours on a date."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geofleet.layers.model import Layer, as_layer
from geofleet.layers.policy_schemas import POLICY_RULES, POLICY_ZONES
from geofleet.policy.decisions.prepare import Prepared, prepare, windows_on
from geofleet.policy.rules.days import DAY_S, clock_text
from geofleet.policy.rules.events import Event
from geofleet.policy.rules.model import Geography, Rule, RuleSet
from geofleet.policy.rules.truth import YES
from geofleet.schema import TableSchema
from geofleet.wording import joined_words

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from geofleet.policy.places import LinkPlaces

__all__ = ["policy_rules_layer", "policy_zones_layer", "spans_text"]

Spans = list[tuple[int, int]]


def policy_zones_layer(rule_set: RuleSet, *, places: LinkPlaces | None = None) -> Layer:
    """Return one feature per geography of a rule set, with the rules that hold there.

    Parameters
    ----------
    rule_set
        Only rules count whose switches have the answers that they ask for.
    places
        Which links lie where: gives the roads of geographies that are about roads, and areas put
        together from members. Links of which that is not known are not drawn.
    """
    rows: list[dict[str, Any]] = []
    shapes: list[BaseGeometry | None] = []
    for name, geography in rule_set.geographies.items():
        rules = [rule for rule in rule_set.active if rule.where == name]
        kind, shape = _shape(geography, places)
        rows.append(
            {
                "geography_id": name, "name": geography.name, "kind": kind, "rules": len(rules),
                "rule_names": joined_words(list(dict.fromkeys(rule.name for rule in rules))),
                "effects": "; ".join(dict.fromkeys(rule.effect for rule in rules)),
                "status": geography.status, "source": geography.source or None,
                "note": geography.note or None,
            }
        )  # fmt: skip
        shapes.append(shape)
    geometry = np.array([*shapes, None], object)[:-1]
    return as_layer(_columns(rows, POLICY_ZONES), POLICY_ZONES, geometry=geometry)


def _shape(geography: Geography, places: LinkPlaces | None) -> tuple[str, BaseGeometry | None]:
    of_roads = geography.roads is not None or geography.except_roads is not None
    if places is not None and (of_roads or not geography.has_area):
        lines = places.links.geometry.to_crs(4326).to_numpy()
        chosen = lines[places.of(geography.geography_id) == YES]
        if len(chosen):
            return "roads", shapely.multilinestrings(shapely.get_parts(chosen))
    area = geography.polygon
    if area is None and places is not None:
        area = places.areas.get(geography.geography_id)
    bare = area is None or area.is_empty or of_roads
    return ("not supplied", None) if bare else ("area", area)


def policy_rules_layer(
    rule_set: RuleSet,
    *,
    date: datetime.date | None = None,
    events: Sequence[Event] = (),
) -> Layer:
    """Return one row per rule that may count, with its hours.

    Parameters
    ----------
    rule_set
        Only rules count whose switches have the answers that they ask for.
    date
        The local date for which to say whether a rule is in force, and in which hours it acts on
        the vehicles and trips that it is about; versions of other dates are left out. Without it
        there are all versions, and nothing is said of a date.
    events
        What is declared.
    """
    from geofleet.policy.exchange import opening_hours_of

    prepared = None if date is None else prepare(rule_set, [date], events)
    rules = [rule for rule in rule_set.active if date is None or rule.valid_on(date)]
    rows = []
    for rule in rules:
        in_force, binds, perhaps = _on_date(rule, prepared)
        geography = rule_set.geographies.get(rule.where)
        hours = opening_hours_of(rule)
        rows.append(
            {
                "rule_id": rule.rule_id, "version": rule.version, "name": rule.name,
                "effect": rule.effect, "geography_id": rule.where or None,
                "geography": None if geography is None else geography.name,
                "lifts": "; ".join(rule.lifts) or None, "hours": hours or None,
                **_who(rule, rule_set),
                "in_force": in_force, "binds": binds, "binds_perhaps": perhaps,
                "authority": rule.authority or None,
                "legal_reference": rule.legal_reference or None, "source": rule.source or None,
                "status": rule.status, "note": rule.note or None,
            }
        )  # fmt: skip
    return as_layer(_columns(rows, POLICY_RULES), POLICY_RULES)


def _columns(rows: Sequence[Mapping[str, Any]], schema: TableSchema) -> dict[str, list[Any]]:
    """Return rows by column, of columns that are told; Spanish ones may follow from the others."""
    own = [column.name for column in schema.columns if column.kind != "geometry"]
    return {
        name: [row[name] for row in rows]
        for name in own if not name.endswith("_es") or (rows and name in rows[0])
    }  # fmt: skip


def _who(rule: Rule, rule_set: RuleSet) -> dict[str, str]:
    """Say whom a rule is about, in both languages."""
    from geofleet.policy.exchange.phrases import rule_in_english, rule_in_spanish

    attributes = rule_set.attributes
    spanish = rule_in_spanish(rule, rule_set.country, attributes=attributes)
    return {
        "who": "; ".join(rule_in_english(rule, attributes)) or "all vehicles",
        "who_es": "; ".join(spanish) or "todos los vehículos",
    }


def _on_date(rule: Rule, prepared: Prepared | None) -> tuple[str, str | None, str | None]:
    """Say whether a rule acts on the date at all, and when it certainly and when perhaps."""
    if prepared is None:
        return "not asked", None, None
    if rule not in prepared.rules:
        return "no", None, None
    counts = prepared.on_day[prepared.rules.index(rule)]
    today, before = int(prepared.today[0]), int(prepared.before[0])
    sure = np.zeros(DAY_S, bool)
    maybe = np.zeros(DAY_S, bool)
    limits = rule.effect == "allow_only"
    for day, shift in ((today, 0), (before, -DAY_S)):
        if not limits and not counts[day]:
            continue
        certain_day = limits or counts[day] == YES
        for start, end, certain in windows_on(rule, prepared.days, day):
            part = slice(max(start + shift, 0), max(min(end + shift, DAY_S), 0))
            maybe[part] = True
            if certain and certain_day:
                sure[part] = True
    if limits:
        # forbidden outside of its windows, on the days on which it limits at all
        sure, maybe = ~maybe & (counts[today] == YES), ~sure & (counts[today] > 0)
    in_force = "yes" if sure.any() else "unknown" if maybe.any() else "no"
    return in_force, spans_text(_spans(sure)) or None, spans_text(_spans(maybe & ~sure)) or None


def _spans(flags: np.ndarray[Any, np.dtype[np.bool_]]) -> Spans:
    steps = np.diff(np.concatenate([[0], flags.astype(np.int8), [0]]))
    starts, ends = np.flatnonzero(steps == 1), np.flatnonzero(steps == -1)
    return list(zip(starts.tolist(), ends.tolist(), strict=True))


def spans_text(spans: Spans) -> str:
    """Return spans in seconds after midnight as clock times.

    Examples
    --------
    >>> spans_text([(21600, 36000), (72000, 86400)])
    '06:00-10:00, 20:00-24:00'
    """
    return ", ".join(f"{clock_text(start)}-{clock_text(end)}" for start, end in spans)
