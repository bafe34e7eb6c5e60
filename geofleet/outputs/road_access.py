"""A map of what one vehicle may do on roads in each hour of a date."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from geofleet.errors import InputError, Problem
from geofleet.policy.may_drive import vehicle_cells

if TYPE_CHECKING:
    from geofleet.layers import Layer
    from geofleet.policy.rules import Event, RuleSet

__all__ = ["RoadAccess", "road_access", "write_road_access"]

_M_PER_KM = 1000.0
_KINDS = ("highway", "class_es", "fclass", "type")


@dataclass(frozen=True, eq=False)
class RoadAccess:
    """Roads by what one vehicle may do there, hour by hour."""

    layers: Mapping[str, Layer]
    date: datetime.date
    title: str
    country: str | None = None

    def km(self) -> dict[str, list[float]]:
        """Return kilometres of road by answer and hour of the day."""
        from geofleet.policy.decisions import STATUS_WORDS

        frame = self.layers["access_hours"].frame
        return {
            word: [
                float(frame["length_m"][frame[f"status_{hour:02d}"] == word].sum()) / _M_PER_KM
                for hour in range(24)
            ]
            for word in STATUS_WORDS
        }


def road_access(
    rules: RuleSet,
    roads: Path,
    given: Mapping[str, str],
    date: datetime.date,
    *,
    events: Sequence[Event] = (),
    layers: Mapping[str, Path] | None = None,
    nowhere_else: bool = False,
) -> RoadAccess:
    """Say for each road of a file in which hours a vehicle may use it.

    Parameters
    ----------
    rules
        The rules, with their areas.
    roads
        Lines in any form that GeoPandas reads, with the columns that geographies ask for
        (``highway`` and ``name`` of OpenStreetMap, ``class_es`` of the Mexican register…).
    given
        What is known of vehicle and trip, as for :func:`geofleet.policy.may_drive.may_drive`.
    layers
        Files of areas by name, for geographies that are made of members of a layer.
    nowhere_else
        None of the roads lies in an area that is not supplied; otherwise that is unknown.

    Raises
    ------
    InputError
        Files that cannot be read, roads that are no lines, attributes that no rule knows.
    """
    from geofleet.layers.access import access_layers
    from geofleet.policy.study import read_layer

    frame = read_layer(roads)
    wrong = ~frame.geometry.geom_type.isin(["LineString", "MultiLineString"])
    if wrong.any():
        row = int(wrong.to_numpy().argmax())
        value = str(frame.geometry.iloc[row].geom_type if frame.geometry.iloc[row] else "nothing")
        raise InputError([Problem(str(roads), "geometry", row + 1, value, "a line")])
    kind = next((name for name in _KINDS if name in frame.columns), _KINDS[0])
    areas = {name: read_layer(path) for name, path in (layers or {}).items()}
    if nowhere_else:
        rules = _without_areas(rules, set(areas))
    made = access_layers(
        rules,
        frame,
        vehicle_cells(rules, given),
        date,
        events=events,
        layers=areas,
        kind=kind,
    )
    return RoadAccess(made, date, rules.title or rules.name)


def _without_areas(rules: RuleSet, layers: set[str]) -> RuleSet:
    """Return rules whose areas that nobody supplied are empty."""
    from shapely.geometry import Polygon

    bare = [
        replace(place, polygon=Polygon(), members=None)
        for place in rules.geographies.values()
        if place.has_area and place.polygon is None
        and (place.members is None or place.members.layer not in layers)
    ]  # fmt: skip
    return rules.with_geographies(*bare)


def write_road_access(
    access: RoadAccess, page: Path, *, attribution: str, language: str = "en"
) -> list[Path]:
    """Write the map as one HTML file, and its layers as GeoJSON beside it.

    The folder of the layers has the page's name without its ending. ``attribution`` names whose
    roads they are.
    """
    from geofleet.layers import write_layers
    from geofleet.maps import access_page, write_map
    from geofleet.maps.frame import PageFrame
    from geofleet.wording import Readers, say

    readers = Readers.of(access.country)
    frame = PageFrame(
        name=page.stem, title=say("contingency.title_access"), study=access.title,
        notes=[say("contingency.of_date", date=readers.date(access.date))],
        attribution=[attribution], readers=readers, language=language,
    )  # fmt: skip
    write_map(access_page(access.layers, frame=frame), page)
    files = write_layers(
        tuple(access.layers.values()), page.with_suffix(""), ("geojson",), attribution=attribution
    )
    return [page, *files]
