"""The cheapest way to charge on a fixed route, with prices by the hour."""

from geofleet.energy.charging.cost.search import cheapest_charging

__all__ = ["cheapest_charging"]
