"""Speed without traffic: from the legal limit where it is known, else by class and country."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from geofleet.defaults import Defaults, read_table
from geofleet.network.osm.attributes import LinkAttributes

__all__ = ["LinkSpeeds", "has_country", "link_speeds"]

_TABLE = "network_speeds"
_DEFAULT = "default"


class LinkSpeeds(NamedTuple):
    """Per attribute record: legal limit for all and for lorries, free speed and its source.

    A limit that is not known is NaN.

    ``unresolved`` counts the implicit rules (``BR:urban``) that no row explains, ``implausible``
    the numbers outside rows ``limit.lowest`` to ``limit.highest``, taken as unknown.
    """

    maxspeed_kmh: npt.NDArray[np.float64]
    maxspeed_hgv_kmh: npt.NDArray[np.float64]
    speed_free_kmh: npt.NDArray[np.float64]
    source: list[str]
    unresolved: dict[str, int]
    implausible: dict[str, int]


def has_country(country: str) -> bool:
    """Whether the speed table has rows of its own for a country."""
    return any(str(row).startswith(f"{country.upper()}.") for row in read_table(_TABLE).index)


def link_speeds(
    records: Sequence[LinkAttributes], country: str | None, defaults: Defaults
) -> LinkSpeeds:
    """Work out the speeds of each attribute record.

    The limit is the tagged number, or that of the implicit rule (rows ``limit.MX:urban``,
    ``limit.walk``). Where it is known, the free speed is the limit times the share of the class
    (rows ``free_share.<class>``), at most ``free_cap.<class>`` where there is such a row: small
    streets are slower than their limit even when empty. Where it is not known, the free speed is
    the row ``<country>.<class>``, else ``default.<class>``; a ramp without a row of its own is
    never faster than its road.
    """
    table = _SpeedTable(country, defaults)
    limit = np.full(len(records), np.nan)
    lorries = np.full(len(records), np.nan)
    free = np.full(len(records), np.nan)
    source: list[str] = []
    unresolved: dict[str, int] = {}
    implausible: dict[str, int] = {}
    for number, record in enumerate(records):
        value = table.plausible(record.maxspeed_kmh, "maxspeed", implausible)
        heavy = table.plausible(record.maxspeed_hgv_kmh, "maxspeed:hgv", implausible)
        if heavy is not None:
            lorries[number] = heavy
        if record.maxspeed_kmh is None and record.speed_rule not in (None, "none"):
            value = table.number(f"limit.{record.speed_rule}")
            if value is None:
                rule = str(record.speed_rule)
                unresolved[rule] = unresolved.get(rule, 0) + 1
        if value is None:
            free[number] = table.class_speed(record.highway)
            source.append("class table")
        else:
            limit[number] = value
            free[number] = table.below_limit(record.highway, value)
            source.append("maxspeed")
    return LinkSpeeds(limit, lorries, free, source, unresolved, implausible)


class _SpeedTable:
    def __init__(self, country: str | None, defaults: Defaults) -> None:
        self._country = country.upper() if country else _DEFAULT
        self._defaults = defaults
        self._rows = frozenset(read_table(_TABLE).index)
        self._lowest = defaults.number(_TABLE, "limit.lowest")
        self._highest = defaults.number(_TABLE, "limit.highest")

    def plausible(self, limit: float | None, key: str, found: dict[str, int]) -> float | None:
        """Return a tagged limit, or None and a count in ``found`` where it cannot be meant."""
        if limit is None or self._lowest <= limit <= self._highest:
            return limit
        text = f"{key}={limit:g} km/h"
        found[text] = found.get(text, 0) + 1
        return None

    def number(self, row: str) -> float | None:
        return self._defaults.number(_TABLE, row) if row in self._rows else None

    def below_limit(self, highway: str, limit: float) -> float:
        free = limit * self._defaults.number(_TABLE, f"free_share.{highway}")
        cap = self.number(f"free_cap.{highway}")
        return free if cap is None else min(free, cap)

    def class_speed(self, highway: str) -> float:
        own = self.number(f"{self._country}.{highway}")
        if own is not None:
            return own
        general = self._defaults.number(_TABLE, f"{_DEFAULT}.{highway}")
        road = self.number(f"{self._country}.{highway.removesuffix('_link')}")
        return general if road is None else min(general, road)
