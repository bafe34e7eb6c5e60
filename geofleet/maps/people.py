"""People on the map: zones by how many live there and by what they breathe."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from geofleet.layers import Layer
from geofleet.maps.elements import Ref, Source, StyledPolygons
from geofleet.maps.packing import pack
from geofleet.maps.scales import AIR, PEOPLE, class_texts, round_breaks, spread
from geofleet.wording import Readers, both, say

__all__ = ["zone_themes", "zones_source"]

_OPACITY = 0.62
_NG_PER_UG = 1000.0
_CONCENTRATIONS = {
    "pm25_exhaust_ug_m3": "harm.air_pm25_exhaust",
    "nox_ug_m3": "harm.air_nox",
    "pm25_wear_ug_m3": "harm.air_pm25_wear",
}
_QUANTILES = (0.2, 0.4, 0.6, 0.8)


def _units(zones: Layer) -> dict[str, tuple[float, str]]:
    """Return factor and unit of each concentration, so that numbers are not all 0.000-something."""
    units = {}
    for column in _CONCENTRATIONS:
        largest = np.nanmax(np.append(zones.frame[column].to_numpy(np.float64), 0.0))
        units[column] = (_NG_PER_UG, "ng/m³") if largest < 0.1 else (1.0, "µg/m³")
    return units


def zones_source(zones: Layer) -> Source:
    """Pack zones with people and concentrations."""
    frame, units = zones.frame, _units(zones)
    numbers = {
        "people": frame["people"].round(0).to_numpy(np.float64),
        "people_per_km2": frame["people_per_km2"].to_numpy(np.float64),
    }
    for column in _CONCENTRATIONS:
        numbers[column] = frame[column].to_numpy(np.float64) * units[column][0]
    names = [
        None if pd.isna(name) else say("harm.zone", name=str(name)) for name in frame["zone_id"]
    ]
    packed = pack(frame.geometry.to_numpy(), numbers=numbers, texts={"name": names})
    return Source(packed, "zones")


def zone_themes(
    zones: Layer, source: Source, *, readers: Readers | None = None
) -> tuple[list[StyledPolygons], list[dict[str, Any]]]:
    """Return a layer for each theme of the zones, and its entry for the panel.

    Parameters
    ----------
    readers
        How numbers are written; those of no country in particular when not given.
    """
    units = _units(zones)
    card = {
        "title": "name",
        "rows": [
            {"label": say("harm.people"), "column": "people"},
            {"label": say("harm.people_per_km2"), "column": "people_per_km2"},
            *(
                {"label": say(key), "column": column, "unit": units[column][1]}
                for column, key in _CONCENTRATIONS.items()
            ),
        ],
        "hint": say("harm.air_hint"),
    }
    themes = [
        ("people_per_km2", "harm.people_per_km2", say("harm.people_unit"), PEOPLE, both("")),
        *(
            (column, key, both(units[column][1]), AIR, say("harm.air_text"))
            for column, key in _CONCENTRATIONS.items()
        ),
    ]
    layers, options = [], []
    for column, key, unit, scale, text in themes:
        values = np.asarray(source.packed.columns[column], dtype=np.float64)
        if not np.isfinite(values).any():
            continue
        breaks = round_breaks(values, _QUANTILES)
        colours = spread(scale, len(breaks) + 1)
        look = {"color": "#5d676f", "weight": 0.6, "fillOpacity": _OPACITY}
        unknown = {"color": "#5d676f", "weight": 0.6, "dashArray": "2 3", "fillOpacity": 0}
        style = {
            "column": column,
            "breaks": breaks,
            "classes": [{**look, "fillColor": colour} for colour in colours],
            "missing": unknown,
            "card": card,
        }
        layer = StyledPolygons(source, style, column, name=key)
        items = [
            {"shape": "fill", "colour": colour, "opacity": _OPACITY, "label": words}
            for colour, words in zip(
                colours, class_texts(breaks, readers or Readers.of()), strict=True
            )
        ]
        if np.isnan(values).any():
            items.append({"shape": "fill", "colour": "#ffffff", "opacity": 0,
                          "label": say("common.unknown")})  # fmt: skip
        layers.append(layer)
        options.append(
            {
                "label": say(key),
                "column": column,
                "layer": Ref(layer.get_name()),
                "legend": {"unit": unit, "text": text, "items": items},
            }
        )
    return layers, options
