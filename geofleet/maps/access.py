"""Page of roads by what a vehicle may do there in each hour of a date."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import folium
import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.layers import Layer
from geofleet.maps.elements import Ref
from geofleet.maps.frame import PageFrame
from geofleet.maps.hours import HOURS
from geofleet.maps.meridian import seamless
from geofleet.maps.packed import Card, CardRow, Category, PackedLines, Variable
from geofleet.maps.policy_page import (
    checked_hour,
    hour_words,
    page_room,
    rules_and_places,
    texts,
    told,
)
from geofleet.maps.policy_words import road_class_words, status_words
from geofleet.maps.shell import furnish, new_page
from geofleet.policy.decisions import STATUS_WORDS
from geofleet.wording import Text, both, say

__all__ = ["access_page"]

_M_PER_KM = 1000.0
# blue, orange, purple, grey and vermilion of Okabe and Ito (2008), by answer; width and dashes tell
# them apart without colour
_ANSWERS: tuple[tuple[str, float, str | None], ...] = (
    ("#0072b2", 2.2, None), ("#e69f00", 3.0, "10 4"), ("#cc79a7", 3.0, "4 3"),
    ("#5c5c5c", 3.0, "2 4"), ("#d55e00", 4.2, None),
)  # fmt: skip
_RULE_COLOUR = "#5c5c5c"

Ints = npt.NDArray[np.int64]


def access_page(
    layers: Mapping[str, Layer],
    *,
    frame: PageFrame,
    base: Mapping[str, gpd.GeoDataFrame] | None = None,
    hour: int = 8,
) -> folium.Map:
    """Show roads by what a vehicle may do there, with a slider over the hours of a date.

    Parameters
    ----------
    layers
        ``access_hours``; ``policy_zones`` with ``policy_rules`` (made for the date) and ``roads``
        are drawn or told when they are there.
    frame, base
        As for :func:`contingency_page`.
    hour
        Shown at first.

    Returns
    -------
    folium.Map
        Equal layers give an equal page.

    Raises
    ------
    ValueError
        An hour out of 0 to 23, or rules that were not asked about a date.
    """
    layers, ground = seamless(layers, base)
    roads = layers["access_hours"].frame
    first = checked_hour(hour)
    page = new_page(frame, roads=layers.get("roads"), base=ground)
    status = _codes(roads, "status", STATUS_WORDS)
    names = tuple(sorted({
        name for part in range(HOURS) for name in roads[f"rule_{part:02d}"].dropna()
    }))  # fmt: skip
    kinds = {kind: road_class_words(kind) for kind in {*map(str, roads["kind"].dropna())}}
    shown = PackedLines(
        roads.geometry,
        [_answers(status), *_rules(_codes(roads, "rule", names), _rule_names(layers, names))],
        texts={
            "name": texts(roads["name"]), "missing": told(roads, "missing"),
            "road": [None if kind is None else kinds[kind] for kind in texts(roads["kind"])],
        },
        numbers={"length_m": roads["length_m"].to_numpy(np.float64)},
        card=Card(
            title="name", untitled=say("contingency.untitled"), subtitle="road",
            rows=[CardRow(say("contingency.missing"), "missing"),
                  CardRow(say("contingency.length"), "length_m", unit="m")],
        ),
        readers=frame.readers, identifier="hours", selected="access", hour=first,
        max_bytes=page_room(len(roads)),
    )  # fmt: skip
    shown.add_to(page)
    day = {
        "kind": "hours", "layer": Ref(shown.get_name()), "hour": first,
        "words": hour_words(whole=False), "view": "access",
        "views": [{"name": "access", "label": say("contingency.access")}],
        "streets": say("lines.streets"), **_kilometres(roads, status),
        **rules_and_places(layers, page, deciding=names),
    }  # fmt: skip
    furnish(page, frame, groups=[day], shown=roads)
    return page


def _answers(status: Ints) -> Variable:
    return Variable(
        "access", label=say("contingency.answer"), unit=say("contingency.road_unit"), values=status,
        kind="category", text=say("contingency.access_text"),
        categories=[
            Category(status_words(code), colour, width, dash, rank=code)
            for code, (colour, width, dash) in enumerate(_ANSWERS)
        ],
    )  # fmt: skip


def _rule_names(layers: Mapping[str, Layer], names: Sequence[str]) -> list[Text]:
    """Return the names of rules by language, as far as the table of rules tells them."""
    if "policy_rules" not in layers:
        return [both(name) for name in names]
    rules = layers["policy_rules"].frame
    known = dict(zip(rules["name"], told(rules, "name"), strict=True))
    return [known.get(name) or both(name) for name in names]


def _rules(codes: Ints, names: Sequence[Text]) -> list[Variable]:
    """Return which rule gives the answer, to be read in the table of a road."""
    if not names:
        return []
    return [Variable(
        "rule", label=say("contingency.rule"), unit=say("contingency.rule"), values=codes,
        kind="category", categories=[Category(name, _RULE_COLOUR) for name in names],
    )]  # fmt: skip


def _kilometres(roads: pd.DataFrame, status: Ints) -> dict[str, Any]:
    """Return bars and figures of kilometres by answer and hour, worst answer first."""
    km = roads["length_m"].to_numpy(np.float64)[:, None] / _M_PER_KM
    used = [code for code in reversed(range(len(STATUS_WORDS))) if (status == code).any()]
    totals = {code: ((status == code) * km).sum(axis=0) for code in used}
    return {
        "bars": {
            "label": say("contingency.access_bars"), "unit": both("km"), "stacked": True,
            "series": [
                {"label": status_words(code), "colour": _ANSWERS[code][0], "values": totals[code]}
                for code in used
            ],
        },
        "figures": [
            {"label": status_words(code), "unit": both("km"), "values": totals[code]}
            for code in used
        ],
    }  # fmt: skip


def _codes(frame: pd.DataFrame, name: str, words: Sequence[str]) -> Ints:
    """Return the places in ``words`` of 24 text columns, -1 for none."""
    known = {word: place for place, word in enumerate(words)}
    columns = [
        [known.get(cell, -1) for cell in frame[f"{name}_{hour:02d}"]] for hour in range(HOURS)
    ]
    return np.array(columns, np.int64).reshape(HOURS, len(frame)).T
