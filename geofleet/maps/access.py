"""Map of roads by what a vehicle may do there in each hour of a date."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import folium
import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.layers import Layer
from geofleet.maps.elements import Ref, Source
from geofleet.maps.hours import HOURS
from geofleet.maps.packing import pack
from geofleet.maps.policy_page import (
    ATTRIBUTION,
    Frame,
    checked_hour,
    fill,
    new_page,
    rules_and_places,
    texts,
)
from geofleet.policy.decisions import STATUS_WORDS

__all__ = ["access_map"]

_M_PER_KM = 1000.0
# blue, orange, purple, grey and vermilion of Okabe and Ito (2008), by answer
_ANSWERS: tuple[dict[str, Any], ...] = (
    {"color": "#0072b2", "weight": 2.2, "opacity": 0.85},
    {"color": "#e69f00", "weight": 3.0, "opacity": 0.95},
    {"color": "#cc79a7", "weight": 3.0, "opacity": 0.95},
    {"color": "#5c5c5c", "weight": 3.0, "opacity": 0.95, "dashArray": "3 6"},
    {"color": "#d55e00", "weight": 4.2, "opacity": 0.95},
)


def access_map(
    layers: Mapping[str, Layer],
    *,
    title: str,
    attribution: str | Sequence[str] = ATTRIBUTION,
    notes: str | Sequence[str] = (),
    language: str = "en",
    hour: int = 8,
    tiles: Mapping[str, str] | None = None,
) -> folium.Map:
    """Draw roads by what a vehicle may do there, with a slider over the hours of a date.

    Parameters
    ----------
    layers
        ``access_hours``; ``policy_zones`` with ``policy_rules`` (made for the date) and ``roads``
        are drawn or told when they are there.
    hour
        Shown at first.

    Returns
    -------
    folium.Map
        Other parameters, and errors, as for :func:`contingency_map`.
    """
    frame = Frame(title, attribution, notes, language, tiles)
    words = frame.words
    roads = layers["access_hours"].frame
    page = new_page(layers, frame)
    status = _codes(roads, "status", STATUS_WORDS)
    names = tuple(sorted({
        name for part in range(HOURS) for name in roads[f"rule_{part:02d}"].dropna()
    }))  # fmt: skip
    rule = _codes(roads, "rule", names)
    source = Source(
        pack(
            roads.geometry.to_numpy(),
            numbers={"length_m": roads["length_m"].round(0).to_numpy(np.float64)},
            texts={
                "name": texts(roads["name"]), "road": texts(roads["kind"]),
                "missing": texts(roads["missing"]),
                "status": ["".join(map(str, row)) for row in status.tolist()],
                "rules": [",".join("" if n < 0 else str(n) for n in row) for row in rule.tolist()],
            },
        ),
        "access",
    )  # fmt: skip
    source.add_to(page)
    used = [code for code in range(len(STATUS_WORDS)) if (status == code).any()]
    km = roads["length_m"].to_numpy(np.float64) / _M_PER_KM
    by_answer = {code: ((status == code) * km[:, None]).sum(axis=0) for code in used}
    view = {
        "kind": "status", "label": words["access"], "unit": words["road_unit"],
        "order": list(range(len(STATUS_WORDS))), "classes": list(_ANSWERS),
        "items": [
            {"colour": _ANSWERS[code]["color"], "width": _ANSWERS[code]["weight"] + 1,
             "dash": "dashArray" in _ANSWERS[code], "label": words.statuses[code]}
            for code in used
        ],
    }  # fmt: skip
    spec: dict[str, Any] = {
        "source": Ref(source.get_name()), "views": [view], "view": 0,
        "hour": checked_hour(hour),
        "statusWords": list(words.statuses), "ruleNames": list(names),
        "card": [
            {"kind": "status", "label": words["answer"], "strong": True},
            {"kind": "rule", "label": words["rule"]},
            {"kind": "text", "column": "missing", "label": words["missing"]},
            {"kind": "number", "column": "length_m", "label": words["length"], "unit": "m"},
        ],
        "bars": {
            "label": words["km_bars"], "unit": "km", "stacked": True,
            "series": [
                {"label": words.statuses[code], "colour": _ANSWERS[code]["color"],
                 "values": by_answer[code]}
                for code in reversed(used)
            ],
        },
        "figures": [
            {"label": words.statuses[code], "unit": "km", "values": by_answer[code]}
            for code in reversed(used)
        ],
    }  # fmt: skip
    spec |= rules_and_places(layers, page, words, deciding=names)
    fill(page, frame, spec, shown=roads)
    return page


def _codes(frame: pd.DataFrame, name: str, words: Sequence[str]) -> npt.NDArray[np.int64]:
    """Return the places in ``words`` of 24 text columns, -1 for none."""
    known = {word: place for place, word in enumerate(words)}
    columns = [
        [known.get(cell, -1) for cell in frame[f"{name}_{hour:02d}"]] for hour in range(HOURS)
    ]
    return np.array(columns, np.int64).reshape(HOURS, len(frame)).T
