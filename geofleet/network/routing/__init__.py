"""Shortest paths for one vehicle profile, with turn rules."""
