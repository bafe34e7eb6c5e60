"""What the map of a desk is drawn on: streets that are driven, and the vehicle-days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from geofleet.desk.driven import DrivenHarm
from geofleet.layers.links import street_numbers
from geofleet.maps.packed import Card, CardRow, PackedLines, Variable
from geofleet.maps.plan_words import size_words, vehicle_class_words
from geofleet.maps.policy_words import road_class_words
from geofleet.wording import Readers, Text, both, say

if TYPE_CHECKING:
    import geopandas as gpd

    from geofleet.layers import Layer
    from geofleet.network import RoadNetwork
    from geofleet.study import Results

__all__ = ["Days", "StreetMap", "Streets"]

_M_PER_KM = 1000.0

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Streets:
    """Streets with freight, both directions of one together.

    Parameters
    ----------
    frame
        ``name, highway, length_m, geometry`` of each street.
    place
        Street of each link of the driven ones.
    """

    frame: gpd.GeoDataFrame
    place: npt.NDArray[np.int64]

    @classmethod
    def of(cls, results: Results, driven: DrivenHarm) -> Streets:
        """Put the driven links of a run together to streets."""
        return StreetMap(results.inputs.network).streets(driven.edges)

    def summed(self, values: Floats) -> Floats:
        """Return sums by street of numbers of links, shape (links,) or (links, 24)."""
        return np.asarray(self._of_links @ values, np.float64)

    @cached_property
    def _of_links(self) -> sparse.csr_array:
        """One where a link is part of a street (streets, links)."""
        links = len(self.place)
        shape = (len(self.frame), links)
        return sparse.coo_array((np.ones(links), (self.place, np.arange(links))), shape).tocsr()

    def per_km(self, values: Floats) -> Floats:
        """Return sums by street for each kilometre of it."""
        return self.for_each_km(self.summed(values))

    def for_each_km(self, sums: Floats) -> Floats:
        """Return sums of streets over their length in kilometres."""
        km = self.frame["length_m"].to_numpy(np.float64) / _M_PER_KM
        found: Floats = (sums.T / km).T
        return found

    def lines(
        self,
        variables: Sequence[Variable],
        *,
        identifier: str,
        readers: Readers,
        hour: int | None = None,
    ) -> PackedLines:
        """Return the streets as a layer of the map."""
        frame = self.frame
        return PackedLines(
            frame.geometry.to_numpy(), variables,
            texts={
                "name": [None if pd.isna(name) else str(name) for name in frame["name"]],
                "road": [road_class_words(str(kind)) for kind in frame["highway"]],
            },
            numbers={"length_m": frame["length_m"].to_numpy(np.float64)},
            card=Card(
                title="name", subtitle="road", untitled=say("lines.unnamed"),
                rows=[CardRow(say("desk.length"), "length_m", unit=both("m"))],
                hint=say("desk.both_directions"),
            ),
            readers=readers, identifier=identifier, show=False, hour=hour,
        )  # fmt: skip


class StreetMap:
    """All streets of a network, of which a map draws some.

    Parameters
    ----------
    network
        Of the study.
    """

    def __init__(self, network: RoadNetwork) -> None:
        self._edges = network.edges
        self._street = street_numbers(network)

    def streets(self, edges: npt.NDArray[np.int64]) -> Streets:
        """Put links together to streets."""
        street, place = np.unique(self._street[edges], return_inverse=True)
        frame = self._edges.iloc[street]
        return Streets(frame[["name", "highway", "length_m", "geometry"]], place.astype(np.int64))

    def beyond(
        self, edges: npt.NDArray[np.int64], drawn: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.bool_]:
        """Say which links lie on none of the streets of other links."""
        found: npt.NDArray[np.bool_] = ~np.isin(self._street[edges], self._street[drawn])
        return found

    def joined(
        self, edges: npt.NDArray[np.int64], values: Floats, drawn: npt.NDArray[np.int64],
        streets: Streets,
    ) -> Floats:  # fmt: skip
        """Return sums by street of ``streets``, those of ``drawn``; other links are left out."""
        known, first = np.unique(self._street[drawn], return_index=True)
        row = streets.place[first]
        at = np.minimum(np.searchsorted(known, self._street[edges]), len(known) - 1)
        here = known[at] == self._street[edges]
        found = np.zeros((len(streets.frame), *values.shape[1:]))
        np.add.at(found, row[at[here]], values[here])
        return found


@dataclass(frozen=True, eq=False)
class Days:
    """Vehicle-days with their way, in the order of the run.

    Parameters
    ----------
    frame
        Of the layer ``routes``, sorted by ``vehicle_day``.
    sizes
        Size of the operator of each.
    """

    frame: pd.DataFrame
    sizes: tuple[str | None, ...]

    @classmethod
    def of(cls, results: Results, routes: Layer) -> Days:
        """Take the vehicle-days of a run."""
        frame = routes.frame.sort_values("vehicle_day", ignore_index=True)
        sizes = results.outcomes.vehicles["operator_size"].reindex(frame["vehicle_id"])
        return cls(frame, tuple(None if pd.isna(one) else str(one) for one in sizes))

    def __len__(self) -> int:
        return len(self.frame)

    def lines(
        self, variables: Sequence[Variable], *, identifier: str, readers: Readers
    ) -> PackedLines:
        """Return the ways of the vehicle-days as a layer of the map."""
        frame = self.frame
        names = frame["operator_name"].where(frame["operator_name"].notna(), frame["operator_id"])
        size: list[Text | str | None] = [size_words(one) for one in self.sizes]
        return PackedLines(
            frame.geometry.to_numpy(), variables,
            texts={
                "vehicle": [str(name) for name in frame["vehicle_id"]],
                "class": [vehicle_class_words(str(name), readers=readers)
                          for name in frame["vehicle_class"]],
                "operator": [str(name) for name in names],
                "size": size,
            },
            numbers={"distance_km": frame["distance_km"].to_numpy(np.float64)},
            card=Card(
                title="vehicle", subtitle="class",
                rows=[CardRow(say("desk.operator"), "operator"),
                      CardRow(say("desk.operator_size"), "size"),
                      CardRow(say("desk.distance"), "distance_km", unit=both("km"))],
            ),
            readers=readers, identifier=identifier, show=False,
        )  # fmt: skip
