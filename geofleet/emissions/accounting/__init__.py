"""Freight carbon accounting: consignments, intensities and the statement by ISO 14083."""
