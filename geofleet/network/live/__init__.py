"""Roads of a place, live from Overpass and Nominatim."""
