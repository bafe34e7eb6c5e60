"""Interactive maps of a study's layers."""

from geofleet.maps.page import OSM_TILES, study_map, write_map

__all__ = ["OSM_TILES", "study_map", "write_map"]
