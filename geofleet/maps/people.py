"""People on the map: zones by how many live there and by what they breathe."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from geofleet.layers import Layer
from geofleet.maps.elements import Ref, Source, StyledPolygons
from geofleet.maps.packing import pack
from geofleet.maps.scales import AIR, PEOPLE, class_labels, round_breaks, spread

__all__ = ["zone_themes", "zones_source"]

_OPACITY = 0.62
_NG_PER_UG = 1000.0
_CONCENTRATIONS = (
    ("pm25_exhaust_ug_m3", "Exhaust particles in the air (PM2.5)"),
    ("nox_ug_m3", "Nitrogen oxides in the air (NOx)"),
    ("pm25_wear_ug_m3", "Wear particles in the air (PM2.5)"),
)


def _units(zones: Layer) -> dict[str, tuple[float, str]]:
    """Return factor and unit of each concentration, so that numbers are not all 0.000-something."""
    units = {}
    for column, _ in _CONCENTRATIONS:
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
    for column, _ in _CONCENTRATIONS:
        numbers[column] = frame[column].to_numpy(np.float64) * units[column][0]
    names = [None if pd.isna(name) else f"Zone {name}" for name in frame["zone_id"]]
    packed = pack(frame.geometry.to_numpy(), numbers=numbers, texts={"name": names})
    return Source(packed, "zones")


def zone_themes(zones: Layer, source: Source) -> tuple[list[StyledPolygons], list[dict[str, Any]]]:
    """Return a layer for each theme of the zones, and its entry for the panel."""
    units = _units(zones)
    card = {
        "title": "name",
        "rows": [
            {"label": "People", "column": "people"},
            {"label": "Density", "column": "people_per_km2", "unit": "per km²"},
            *(
                {"label": label, "column": column, "unit": units[column][1]}
                for column, label in _CONCENTRATIONS
            ),
        ],
        "hint": "In the air: day's mean from the studied vehicles alone.",
    }
    themes = [("people_per_km2", "People per km²", "persons per km²", PEOPLE, "")]
    for column, label in _CONCENTRATIONS:
        text = "Mean over the day, from the studied vehicles alone, where people live."
        themes.append((column, label, units[column][1], AIR, text))
    layers, options = [], []
    for column, label, unit, scale, text in themes:
        values = np.asarray(source.packed.columns[column], dtype=np.float64)
        if not np.isfinite(values).any():
            continue
        breaks = round_breaks(values, (0.2, 0.4, 0.6, 0.8))
        colours = spread(scale, len(breaks) + 1)
        look = {"color": "#ffffff", "weight": 0.8, "fillOpacity": _OPACITY}
        style = {
            "column": column,
            "breaks": breaks,
            "classes": [{**look, "fillColor": colour} for colour in colours],
            "missing": {"color": "#bbbbbb", "weight": 0.6, "fillOpacity": 0},
            "card": card,
        }
        layer = StyledPolygons(source, style, column, name=label)
        items = [
            {"shape": "fill", "colour": colour, "opacity": _OPACITY, "label": words}
            for colour, words in zip(colours, class_labels(breaks), strict=True)
        ]
        layers.append(layer)
        options.append(
            {
                "label": label,
                "column": column,
                "layer": Ref(layer.get_name()),
                "legend": {"unit": unit, "text": text, "items": items},
            }
        )
    return layers, options
