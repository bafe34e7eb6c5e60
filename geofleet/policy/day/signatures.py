"""Places of links and stops, told apart only where rules do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.errors import InputError, Problem
from geofleet.policy.rules.truth import UNKNOWN, Truths

if TYPE_CHECKING:
    from geofleet.policy.places import LinkPlaces
    from geofleet.routes import Itineraries

__all__ = ["Signatures"]

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Signatures:
    """Links and stops that lie in the same geographies share a signature.

    Parameters
    ----------
    geographies
        Ids.
    table
        Truths, shape ``(geographies, signatures)``.
    of_link, of_stop
        Signature of each link, and of each row of the stops table.
    """

    geographies: tuple[str, ...]
    table: Truths
    of_link: Ints
    of_stop: Ints

    @classmethod
    def of(cls, places: LinkPlaces, itineraries: Itineraries) -> Signatures:
        """Tell the links of a network and the stops of itineraries apart.

        A stop lies where its point does; in a geography made of roads, where its link does.

        Raises
        ------
        InputError
            Places that know fewer links than were driven.
        """
        names = tuple(places.geographies)
        links = np.asarray(places.inside, np.int8)
        edge = itineraries.traversals.frame["edge"].to_numpy(np.int64)
        known = links.shape[1]
        if edge.max(initial=-1) >= known:
            expected = f"places of all links; they know {known}"
            raise InputError([Problem("places", "links", 0, str(int(edge.max()) + 1), expected)])
        stops = _stop_truths(places, itineraries)
        both = np.concatenate([links, stops], axis=1)
        key = np.zeros(both.shape[1], np.int64)
        for row in both:
            key = pd.factorize(key * 3 + row)[0]
        _, first, code = np.unique(key, return_index=True, return_inverse=True)
        code = code.astype(np.int64)
        return cls(names, both[:, first], code[:known], code[known:])

    def inside(self, geography: str) -> Truths:
        """Return whether each signature lies in a geography; one not known is unknown."""
        if geography not in self.geographies:
            return np.full(self.table.shape[1], UNKNOWN, np.int8)
        truths: Truths = self.table[self.geographies.index(geography)]
        return truths


def _stop_truths(places: LinkPlaces, itineraries: Itineraries) -> Truths:
    stops = itineraries.stops
    truths = places.points_inside(stops, links=stops["edge"].to_numpy(np.int64))
    return np.asarray(truths, np.int8)
