"""Speed without traffic: from the legal limit where it is known, else by class and country."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from geofleet.defaults import Defaults, read_table
from geofleet.network.attributes import LinkAttributes

__all__ = ["LinkSpeeds", "link_speeds"]

_TABLE = "network_speeds"


class LinkSpeeds(NamedTuple):
    """Per attribute record: legal limit (NaN unknown), free speed and where it comes from."""

    maxspeed_kmh: npt.NDArray[np.float64]
    speed_free_kmh: npt.NDArray[np.float64]
    source: list[str]
    unresolved: dict[str, int]


def link_speeds(
    records: Sequence[LinkAttributes], country: str | None, defaults: Defaults
) -> LinkSpeeds:
    """Work out the speeds of each attribute record.

    The limit is the tagged number, or that of the implicit rule (``MX:urban``, ``walk``). The
    free speed is the limit times the class's share (rows ``free_share.<class>``), else the row
    ``<country>.<class>``, else ``default.<class>``.
    """
    known = frozenset(read_table(_TABLE).index)
    limit = np.full(len(records), np.nan)
    free = np.full(len(records), np.nan)
    source: list[str] = []
    unresolved: dict[str, int] = {}
    for number, record in enumerate(records):
        value = record.maxspeed_kmh
        rule = record.speed_rule
        if value is None and rule is not None and rule != "none":
            row = f"limit.{rule}"
            if row in known:
                value = defaults.number(_TABLE, row)
            else:
                unresolved[rule] = unresolved.get(rule, 0) + 1
        if value is not None:
            limit[number] = value
            free[number] = value * defaults.number(_TABLE, f"free_share.{record.highway}")
            source.append("maxspeed")
            continue
        row = f"{(country or 'default').upper()}.{record.highway}"
        if row not in known:
            row = f"default.{record.highway}"
        free[number] = defaults.number(_TABLE, row)
        source.append("class table")
    return LinkSpeeds(limit, free, source, unresolved)
