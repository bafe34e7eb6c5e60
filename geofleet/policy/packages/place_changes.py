"""Changes of places: a geography that is new, or wider than it was."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, cast

from geofleet.policy.packages.canonical import text_of
from geofleet.policy.packages.change import Change, Fault, Key
from geofleet.policy.rules import Geography
from geofleet.policy.rules.conditions import AnyOf, Condition

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from geofleet.policy.packages.scenario import Scenario

__all__ = ["AddArea", "AddGeography", "AddMembers", "AddRoads", "BufferArea"]

_DEGREES = "EPSG:4326"


@dataclass(frozen=True)
class AddGeography(Change):
    """Add a place for rules that are added."""

    rank: ClassVar[int] = 0
    geography: Geography

    def sets(self, baseline: Scenario) -> Mapping[Key, str]:
        """Return the place as a whole."""
        del baseline
        return {("geography", self.geography.geography_id): text_of(self.geography)}

    def faults(self, baseline: Scenario) -> Iterator[Fault]:
        """Yield a place that the baseline has already."""
        name = self.geography.geography_id
        if name in baseline.rule_set.geographies:
            yield "geographies", name, "an id that the baseline does not have; widen changes it"

    def apply(self, scenario: Scenario, baseline: Scenario) -> Scenario:
        """Add it."""
        del baseline
        return replace(scenario, rule_set=scenario.rule_set.with_geographies(self.geography))


@dataclass(frozen=True)
class _Widening(Change):
    """What all widenings have."""

    rank: ClassVar[int] = 5
    geography_id: str

    def faults(self, baseline: Scenario) -> Iterator[Fault]:
        """Yield a place that is not there, or has nothing that could grow in this way."""
        found = baseline.rule_set.geographies.get(self.geography_id)
        if found is None:
            known = ", ".join(baseline.rule_set.geographies) or "there is none"
            yield "widen", self.geography_id, f"a geography of the baseline: {known}"
            return
        lacking = self._lacks(found)
        if lacking:
            yield "widen", self.geography_id, lacking

    def _lacks(self, geography: Geography) -> str:
        raise NotImplementedError

    def _wider(self, geography: Geography) -> Geography:
        raise NotImplementedError

    def apply(self, scenario: Scenario, baseline: Scenario) -> Scenario:
        """Widen it."""
        del baseline
        wider = self._wider(scenario.rule_set.geographies[self.geography_id])
        return replace(scenario, rule_set=scenario.rule_set.with_geographies(wider))


def _lacks_polygon(geography: Geography) -> str:
    if not geography.has_area:
        return "a geography with an area; this one is of roads wherever they are"
    if geography.polygon is None:
        return "a geography whose area is known; supply its polygon"
    return ""


@dataclass(frozen=True)
class AddArea(_Widening):
    """Put an area (EPSG:4326) to the polygon of a place; any number of them, in any order."""

    polygon: BaseGeometry

    def sets(self, baseline: Scenario) -> Mapping[Key, str]:
        """Return the area that is put to it, which no other one contradicts."""
        del baseline
        area = text_of(self.polygon)
        return {("geography", self.geography_id, "area", area): area}

    def _lacks(self, geography: Geography) -> str:
        return _lacks_polygon(geography)

    def _wider(self, geography: Geography) -> Geography:
        from shapely import union_all

        return replace(geography, polygon=union_all([geography.polygon, self.polygon]))


@dataclass(frozen=True)
class BufferArea(_Widening):
    """Move the edge of a place outwards by so many metres, in the UTM zone of the place."""

    buffer_m: float

    def sets(self, baseline: Scenario) -> Mapping[Key, str]:
        """Return the place as a whole: a wider one is another one when areas are put to it."""
        del baseline
        return {("geography", self.geography_id): f"wider by {self.buffer_m:.17g} m"}

    def faults(self, baseline: Scenario) -> Iterator[Fault]:
        """Yield a width that is none."""
        yield from super().faults(baseline)
        if not 0 < self.buffer_m < float("inf"):
            yield "widen.buffer_m", f"{self.buffer_m:g}", "metres above zero"

    def _lacks(self, geography: Geography) -> str:
        return _lacks_polygon(geography)

    def _wider(self, geography: Geography) -> Geography:
        import geopandas as gpd

        area = gpd.GeoSeries([geography.polygon], crs=_DEGREES)
        wide = area.to_crs(area.estimate_utm_crs()).buffer(self.buffer_m).to_crs(_DEGREES)
        return replace(geography, polygon=wide.union_all())


@dataclass(frozen=True)
class AddMembers(_Widening):
    """Put areas of the layer of a place to it, by the values that name them."""

    values: frozenset[str]

    def sets(self, baseline: Scenario) -> Mapping[Key, str]:
        """Return each area."""
        del baseline
        return {
            ("geography", self.geography_id, "members", value): value
            for value in sorted(self.values)
        }

    def _lacks(self, geography: Geography) -> str:
        return "" if geography.members else "a geography that is made up of areas of a layer"

    def _wider(self, geography: Geography) -> Geography:
        assert geography.members is not None  # faults says it before
        members = geography.members
        return replace(geography, members=replace(members, values=members.values | self.values))


@dataclass(frozen=True)
class AddRoads(_Widening):
    """Put roads to a place that is limited to some roads."""

    roads: Condition

    def sets(self, baseline: Scenario) -> Mapping[Key, str]:
        """Return the roads that are put to it."""
        del baseline
        roads = text_of(self.roads)
        return {("geography", self.geography_id, "roads", roads): roads}

    def _lacks(self, geography: Geography) -> str:
        return "" if geography.roads is not None else "a geography that is limited to some roads"

    def _wider(self, geography: Geography) -> Geography:
        assert geography.roads is not None  # faults says it before
        # parts of other makes answer like all others
        parts = (cast("Condition", geography.roads), self.roads)
        return replace(geography, roads=AnyOf(parts))
