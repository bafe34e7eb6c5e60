"""Which engine a vehicle of unknown standard has, one by one; and how sure the mix is.

A vehicle has one engine, the same on all its links and days: its mixture is a mean over many like
it. The shares of the mixture are themselves a judgement, the same for all vehicles.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from geofleet.emissions.uncertainty.shared_factors import Draws, Mix, stream
from geofleet.fleet.model import STANDARDS

__all__ = ["NEWER", "US_PATH", "VEHICLES", "Certification", "mean_share", "shares_in_draws"]

VEHICLES = "certification.vehicles"
US_PATH, NEWER = "certification.us_path", "certification.newer"
_US = "epa"

Floats = npt.NDArray[np.float64]


def shares_in_draws(mix: Mix, draws: Draws) -> Floats:
    """Return the shares of a mix in every draw, shape (standards, draws).

    Two shared factors on odds, both of median 1: of the US path against the European, and of each
    newer standard of a path against the one before.
    """
    names = [name for name, _ in mix]
    us = np.array([name.startswith(_US) for name in names])
    age = np.array([STANDARDS.index(name) for name in names])
    rank = np.array([np.count_nonzero((us == us[i]) & (age < age[i])) for i in range(len(mix))])
    share = np.array([part for _, part in mix])[:, None]
    # Both are asked for in every mix, so that they are known as sources.
    by_path, by_age = draws.lognormal(US_PATH), draws.lognormal(NEWER)
    weight = share * by_path ** us[:, None] * by_age ** rank[:, None]
    shares: Floats = weight / weight.sum(axis=0)
    return shares


def mean_share(mixes: Sequence[tuple[Mix, float]], standard: str, draws: Draws) -> Floats:
    """Return what the share of a standard in many vehicles is multiplied by in every draw."""
    out = np.zeros(draws.count)
    for mix, part in mixes:
        if not mix:
            out += part
            continue
        place = [name for name, _ in mix].index(standard)
        out += part * shares_in_draws(mix, draws)[place] / mix[place][1]
    return out


class Certification:
    """Draws of the engines of vehicles.

    Parameters
    ----------
    mixes
        Mix of each vehicle.
    names
        Their ids: each has a stream of random numbers of its own.
    draws
        Where factors come from.
    """

    def __init__(self, mixes: Sequence[Mix], names: Sequence[str], draws: Draws) -> None:
        number = {mix: place for place, mix in enumerate(dict.fromkeys(filter(None, mixes)))}
        self._mix = np.array([number.get(mix, -1) for mix in mixes], dtype=np.int64)
        self._mixes = list(number)
        self._count = draws.count
        self._shares = [shares_in_draws(mix, draws) for mix in number]
        self._drawn: npt.NDArray[np.int8] | None = None
        # What does not vary is left alone: not a bit of the sums changes.
        varies = [draws.active(name) for name in (VEHICLES, US_PATH, NEWER)] if number else [False]
        self.mixed = (self._mix >= 0) & any(varies)
        if varies[0]:
            self._drawn = np.zeros((len(mixes), draws.count), dtype=np.int8)
            for row in np.flatnonzero(self._mix >= 0).tolist():
                dice = stream(draws.seed, f"engine of vehicle:{names[row]}").random(draws.count)
                ends = np.cumsum(self._shares[self._mix[row]], axis=0)[:-1]
                self._drawn[row] = (dice >= ends).sum(axis=0)

    def factors(self, vehicles: npt.NDArray[np.int64], standards: Sequence[str]) -> Floats:
        """Return what multiplies the mean emissions of vehicles of one of their standards each.

        1 over the share where the vehicle has this engine, else 0: the mean over draws is 1.
        """
        mix = self._mix[vehicles]
        out = np.ones((len(vehicles), self._count))
        pairs = list(zip(mix.tolist(), standards, strict=True))
        for pair in dict.fromkeys(pairs):
            number, standard = pair
            if number < 0:
                continue
            rows = np.array([one == pair for one in pairs])
            place = [name for name, _ in self._mixes[number]].index(standard)
            usual = self._mixes[number][place][1]
            if self._drawn is None:
                out[rows] = self._shares[number][place] / usual
            else:
                out[rows] = (self._drawn[vehicles[rows]] == place) / usual
        return out
