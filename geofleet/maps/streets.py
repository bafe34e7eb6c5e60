"""Roads on the map: the quiet ground of every page."""

from __future__ import annotations

import numpy as np

from geofleet.layers import Layer
from geofleet.maps.elements import Ref, Source, StyledLines
from geofleet.maps.packing import pack

__all__ = ["ground"]

_GROUND = (
    ({"motorway", "trunk", "primary"}, {"color": "#b9b9b3", "weight": 2.2}),
    ({"secondary", "tertiary"}, {"color": "#c4c4be", "weight": 1.5}),
)
_GROUND_REST = {"color": "#d2d2cd", "weight": 0.9}


def ground(roads: Layer) -> tuple[list[Source], list[StyledLines]]:
    """Return every road of the study as faint lines, three widths by class."""
    kind = roads.frame["highway"].str.removesuffix("_link")
    rest = np.ones(len(kind), dtype=bool)
    groups = []
    for kinds, look in _GROUND:
        chosen = kind.isin(kinds).to_numpy()
        rest &= ~chosen
        groups.append((chosen, look))
    groups.insert(0, (rest, _GROUND_REST))
    sources, layers = [], []
    for number, (chosen, look) in enumerate(groups):
        if not chosen.any():
            continue
        source = Source(pack(roads.frame.geometry.to_numpy()[chosen]), f"ground_{number}")
        style = {"fixed": look, "merge": True, "pane": "ground", "renderer": Ref("ground_pane")}
        sources.append(source)
        layers.append(StyledLines(source, style, f"ground_{number}", name="Roads", show=True))
    return sources, layers
