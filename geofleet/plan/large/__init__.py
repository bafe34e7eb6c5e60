"""Plans at scale: column generation with a proven gap."""

from geofleet.plan.large.search import solve_large

__all__ = ["solve_large"]
