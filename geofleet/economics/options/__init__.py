"""What each vehicle can be or become: prices, energy, upkeep, access, in one table of cases."""

from geofleet.economics.options.model import INDEX, KEEP, PHYSICAL, Options

__all__ = ["INDEX", "KEEP", "PHYSICAL", "Options"]
