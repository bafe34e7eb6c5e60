"""Intake and intake fraction: how much of what a link emits is breathed in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geofleet.defaults import Defaults
from geofleet.errors import InputError, Problem
from geofleet.exposure.harm.ages import AgeBand
from geofleet.exposure.harm.breathing import BreathingRates, breathing_rates
from geofleet.exposure.harm.groups import ByGroup, exposure_by_group
from geofleet.exposure.harm.notes import limits
from geofleet.exposure.model import UnitExposure

__all__ = ["Intake", "intake_fraction"]

Floats = npt.NDArray[np.float64]
SECONDS_PER_DAY = 86400.0
_PPM = 1e-6


@dataclass(frozen=True)
class Intake:
    """Intake fraction of each link and hour, in parts per million.

    1 ppm is 1 g inhaled by somebody for each tonne emitted.

    Parameters
    ----------
    edges
        Edge numbers, ascending (int32).
    ppm
        Shape (len(edges), 24), everyone together.
    by_group
        The same by age group; they add up to ``ppm``.
    breathing
        The breathing rates: the fraction is proportional to them.
    notes
        What the figures do not count.
    """

    edges: npt.NDArray[np.int32]
    ppm: Floats
    by_group: Mapping[str, Floats]
    breathing: BreathingRates
    notes: tuple[str, ...]
    provenance: tuple[str, ...] = ()

    def inhaled_g(self, grams: Floats) -> Floats:
        """Return grams inhaled for grams emitted, both of shape (len(edges), 24).

        Raises
        ------
        InputError
            Grams of another shape.
        """
        return self.ppm * _PPM * _grams(grams, self.ppm)

    def mean_ppm(self, grams: Floats) -> float:
        """Return the intake fraction of an emission as a whole: all inhaled over all emitted.

        Raises
        ------
        InputError
            Grams of another shape, or none at all: nothing has no intake fraction.
        """
        grams = _grams(grams, self.ppm)
        total = float(grams.sum())
        if total <= 0.0:
            expected = "an emission above 0: the intake fraction of nothing is not known"
            raise InputError([Problem("grams", expected=expected)])
        return float((self.ppm * grams).sum() / total)


def intake_fraction(
    unit_exposure: ByGroup,
    *,
    breathing: str = "rate_m3_day",
    bands: Mapping[str, AgeBand] | None = None,
    defaults: Defaults | None = None,
) -> Intake:
    """Return the intake fraction of each link in each hour of the day.

    iF = unit exposure (persons·µg/m3 per g/s) x breathing rate (m3/s), in µg per g: Apte et al.
    2012, Environ. Sci. Technol. 46, 3415-3423. Outdoor air where people are counted.

    Parameters
    ----------
    unit_exposure
        Of everyone, or by age group: each group then has a breathing rate of its own.
    breathing
        Row of the table ``breathing`` for everyone; not used by groups of age.
    bands
        Ages by group where names do not say them.

    Raises
    ------
    InputError
        Groups that do not fit (see :func:`exposure_by_group`), no such row.
    """
    groups = exposure_by_group(unit_exposure, bands=bands)
    rates = breathing_rates(
        {name: ages for name, (_, ages) in groups.items()}, row=breathing, defaults=defaults
    )
    parts = {
        name: values * rates.m3_day[name] / SECONDS_PER_DAY for name, (values, _) in groups.items()
    }
    first = (
        unit_exposure
        if isinstance(unit_exposure, UnitExposure)
        else next(iter(unit_exposure.values()))
    )
    return Intake(
        edges=first.edges,
        ppm=sum(parts.values(), np.zeros_like(first.values)),
        by_group=parts,
        breathing=rates,
        notes=limits(),
        provenance=tuple(sorted({*rates.provenance, *first.provenance})),
    )


def _grams(grams: Floats, like: Floats) -> Floats:
    array = np.asarray(grams, dtype=np.float64)
    if array.shape != like.shape:
        expected = f"an array of shape {like.shape}, one row per edge"
        raise InputError([Problem("grams", value=str(array.shape), expected=expected)])
    return array
