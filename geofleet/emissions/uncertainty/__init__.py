"""Intervals around emissions by seeded draws over shared factors."""
