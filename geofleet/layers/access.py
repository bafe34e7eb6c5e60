"""Layers of access: what one vehicle may do on roads in each hour of a date."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.layers.model import Layer
from geofleet.layers.policy import access_hours_layer, worst_by_hour
from geofleet.layers.policy_zones import policy_rules_layer, policy_zones_layer
from geofleet.policy.decisions import UNKNOWN, Decisions, decide
from geofleet.policy.decisions.told import missing_words
from geofleet.policy.places import link_places
from geofleet.policy.rules.events import Event
from geofleet.policy.rules.model import RuleSet

__all__ = ["access_layers"]


def access_layers(
    rule_set: RuleSet,
    roads: gpd.GeoDataFrame,
    vehicle: Mapping[str, Any],
    date: datetime.date,
    *,
    events: Sequence[Event] = (),
    layers: Mapping[str, gpd.GeoDataFrame] | None = None,
    name: str = "name",
    kind: str = "highway",
    defaults: Defaults | None = None,
) -> dict[str, Layer]:
    """Return what a vehicle may do on each road in each hour of a date.

    The worst answer within an hour counts: a road that is closed from 9:45 is closed from 9 to 10.

    Parameters
    ----------
    rule_set
        The rules.
    roads
        Lines with a reference system and the columns that geographies ask for.
    vehicle
        Attributes of the vehicle and its trip; what is not given is unknown.
    date, events
        Local date, and what is declared.
    layers
        Areas by name, for geographies that are made of members of a layer.
    name, kind
        Columns of names and kinds of roads.

    Returns
    -------
    dict
        ``access_hours``, ``policy_zones`` and ``policy_rules``, as
        :func:`geofleet.maps.access_page` takes them.

    Raises
    ------
    InputError
        Roads without reference system, attributes that are not of their kind.
    """
    places = link_places(rule_set, roads, layers=layers, defaults=defaults)
    code, groups = places.signatures()
    cases = pd.DataFrame([dict(vehicle)] * groups.shape[1])
    decisions = decide(
        rule_set, cases, [date], events=events,
        inside=dict(zip(places.geographies, groups, strict=True)), defaults=defaults,
    )  # fmt: skip
    status, rule = worst_by_hour(decisions, date, case=code)
    known: dict[int, str | None] = {}
    made = (
        access_hours_layer(
            roads, status=status, rule=rule, rules=[one.name for one in rule_set.rules],
            missing=[_missing(decisions, date, int(one), known) for one in code],
            name=name, kind=kind,
        ),
        policy_zones_layer(rule_set, places=places),
        policy_rules_layer(rule_set, date=date, events=events),
    )  # fmt: skip
    return {layer.name: layer for layer in made}


def _missing(
    decisions: Decisions, date: datetime.date, case: int, known: dict[int, str | None]
) -> str | None:
    """Return what would have to be known of a case, at any time of the date; asked once."""
    if case not in known:
        found: dict[str, None] = {}
        for start, _, status, _ in decisions.stretches(case, decisions.dates.index(date)):
            if status == UNKNOWN:
                answer = decisions.explain(decisions.cases[case], date, start)
                found |= dict.fromkeys(answer.missing)
        known[case] = missing_words(found, decisions.rule_set.attributes) or None
    return known[case]
