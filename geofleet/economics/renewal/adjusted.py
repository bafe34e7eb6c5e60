"""Benefits of measures, counted only as long as the vehicle would have been there anyway."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.economics.renewal.scrappage import survival
from geofleet.errors import InputError, Problem

__all__ = ["renewal_adjusted"]

Floats = npt.NDArray[np.float64]


def renewal_adjusted(
    benefit_per_year: npt.ArrayLike,
    age: npt.ArrayLike,
    vehicle_class: Any,
    years: int,
    *,
    scrapped: bool = True,
    old_per_year: npt.ArrayLike | None = None,
    leaves_in: npt.ArrayLike | None = None,
    pushes_out_share: float | None = None,
    defaults: Defaults | None = None,
) -> Floats:
    """Return the benefit of each year that a measure really brings, with the fleet's own turnover.

    A truck that would have gone in six years anyway gives six years of benefit: in each year the
    benefit counts for the share of vehicles that would still be on the road. Where the old truck is
    sold on and not scrapped, it goes on running for its buyer, so that what it emits is no gain,
    but for the share that pushes another like it off the road:
    benefit - (1 - share) × what the old one emits; below zero where a truck was only added.

    Parameters
    ----------
    benefit_per_year
        Grams, harm or money avoided in a year by each measure (vehicles,).
    age, vehicle_class, years
        Of the vehicle that a measure changes or replaces, as for :func:`survival`.
    scrapped
        Whether the old vehicle leaves the road. True for a retrofit, where nothing is sold.
    old_per_year
        What the old vehicle emits in a year, in the unit of the benefit; the benefit itself where
        it is not given, as for a successor that emits nothing.
    leaves_in
        Years after which a vehicle would leave for certain, in place of the scrappage curve.
    pushes_out_share
        Row ``renewal:sold_on.pushes_out_share`` when not given.

    Returns
    -------
    numpy.ndarray
        Shape ``(vehicles, years)``; its sum over the years is what the measure brings. Unknown
        benefits and ages stay NaN.

    Raises
    ------
    InputError
        As of :func:`survival`; a share out of 0 to 1, years until leaving below 0.
    """
    scope = (defaults or Defaults()).scope()
    rows = CheckedRows(scope)
    share = pushes_out_share
    if share is None:
        share = rows.number("renewal", "sold_on.pushes_out_share", 0.0, 1.0, "a share from 0 to 1")
    rows.finish()
    if not 0.0 <= share <= 1.0:
        expected = "a share from 0 to 1"
        raise InputError([Problem("renewal", "pushes_out_share", 0, f"{share:g}", expected)])
    benefit = np.atleast_1d(np.asarray(benefit_per_year, np.float64))
    if leaves_in is None:
        left = survival(age, vehicle_class, years, defaults=scope)
    else:
        left = _until(np.atleast_1d(np.asarray(leaves_in, np.float64)), years)
    if not scrapped:
        old = benefit if old_per_year is None else np.asarray(old_per_year, np.float64)
        benefit = benefit - (1.0 - share) * old
    found: Floats = benefit[:, None] * left
    return found


def _until(leaves_in: Floats, years: int) -> Floats:
    if years < 1 or (leaves_in < 0.0).any():
        expected = "at least one year, and leaving after at least 0 years"
        raise InputError([Problem("renewal", "years, leaves_in", expected=expected)])
    left: Floats = np.clip(leaves_in[:, None] - np.arange(years), 0.0, 1.0)
    return left
