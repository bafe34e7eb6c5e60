"""Which routes can go electric: every vehicle-day by its verdict, and a player of its charge."""

from geofleet.maps.electric.page import electric_page

__all__ = ["electric_page"]
