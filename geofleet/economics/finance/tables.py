"""What functions of this room are given: options, or cases with the tables beside them."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from geofleet.economics.options import Options
from geofleet.errors import InputError, Problem

__all__ = ["Given", "unpack"]

_CURRENCY = "MXN"


@dataclass(frozen=True)
class Given:
    """Cases, vehicles, physics and currency."""

    cases: pd.DataFrame
    vehicles: pd.DataFrame
    physical: pd.DataFrame | None
    currency: str


def unpack(
    cases: pd.DataFrame | Options,
    vehicles: pd.DataFrame | None,
    physical: pd.DataFrame | None,
    currency: str | None,
) -> Given:
    """Return the tables, those of the options where none is given beside them.

    Raises
    ------
    InputError
        Cases without vehicles.
    """
    if isinstance(cases, Options):
        return Given(
            cases.cases,
            cases.vehicles if vehicles is None else vehicles,
            cases.physical if physical is None else physical,
            cases.currency if currency is None else currency,
        )
    if vehicles is None:
        expected = "a table of vehicles beside ledger cases, indexed by vehicle_id"
        raise InputError([Problem("vehicles", expected=expected)])
    return Given(cases, vehicles, physical, _CURRENCY if currency is None else currency)
