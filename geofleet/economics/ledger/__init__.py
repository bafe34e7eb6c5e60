"""Ledgers: what a vehicle with a technology costs its operator, year by year."""

from geofleet.economics.ledger.model import CASE_SCHEMA, ITEMS, check_cases, new_cases

__all__ = ["CASE_SCHEMA", "ITEMS", "check_cases", "new_cases"]
