"""Plans in which vehicles of an operator exchange their work, with a proven gap."""

from geofleet.plan.exchanged.search import solve_exchanged

__all__ = ["solve_exchanged"]
