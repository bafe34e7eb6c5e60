"""Where rules hold: geographies of a rule set on road links and at stops."""

from geofleet.policy.places.areas import areas_of
from geofleet.policy.places.lanes import road_lanes
from geofleet.policy.places.links import LinkPlaces, link_places

__all__ = ["LinkPlaces", "areas_of", "link_places", "road_lanes"]
