"""How emissions are cut: the row of a result that each traversal, or engine of it, belongs to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.emissions import _kernels as kernels
from geofleet.emissions.engines.resolve import Engines
from geofleet.emissions.inventories.keys import (
    ENGINE_STANDARD,
    Labels,
    certified,
    combine,
    traversal_labels,
)
from geofleet.emissions.prepare import ALL_PARTS, Prepared, evaluate

if TYPE_CHECKING:
    import geopandas as gpd

    from geofleet.fleet import Fleet
    from geofleet.network import RoadNetwork
    from geofleet.routes import Traversals

__all__ = ["Cut", "cut_traversals", "engine_grams", "share_of_days", "some_rows", "standards_of"]

_WEAR = slice(kernels.OUT_PM25_WEAR, kernels.OUTPUTS)
_NOWHERE = -1

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Cut:
    """Rows of a result.

    Parameters
    ----------
    index
        Their labels.
    standards
        Standards that are told apart; one empty text where they are not.
    code
        Row of each traversal, shape (standards, traversals); -1 where it has no such engine.
    """

    index: pd.Index
    standards: tuple[str, ...]
    code: npt.NDArray[np.int64]

    def of(self, standard: str) -> npt.NDArray[np.int64]:
        """Return the row of each traversal for engines of a standard."""
        number = 0 if self.standards == ("",) else self.standards.index(standard)
        row: npt.NDArray[np.int64] = self.code[number]
        return row


def cut_traversals(
    traversals: Traversals,
    network: RoadNetwork,
    fleet: Fleet,
    *,
    by: Sequence[str],
    zones: gpd.GeoDataFrame | None,
    zone_column: str,
    year: int | None,
    work: Prepared | None,
    defaults: Defaults,
) -> Cut:
    """Give every traversal its row.

    Parameters
    ----------
    work
        The same traversals with their engines; needed for key ``engine_standard`` alone.
    """
    labels = traversal_labels(
        traversals, network, fleet, by=by, zones=zones, zone_column=zone_column, year=year,
        defaults=defaults,
    )  # fmt: skip
    count = len(traversals.frame)
    if ENGINE_STANDARD not in by:
        code, index = combine(labels, by, count)
        return Cut(index, ("",), code[None, :])
    assert work is not None
    found = standards_of(work.engines)
    standards = tuple(sorted(set(found.tolist())))
    day = work.frame["vehicle_day"].to_numpy(np.int64)
    has = np.array(
        [share_of_days(work, (found == one).astype(np.float64))[day] > 0.0 for one in standards]
    ).reshape(len(standards), count)
    number, row = np.nonzero(has)
    wide: list[Labels] = [(codes[row], names) for codes, names in labels]
    wide.insert(list(by).index(ENGINE_STANDARD), (number, pd.Index(standards, dtype=object)))
    combined, index = combine(wide, by, len(row))
    out = np.full(has.shape, _NOWHERE, dtype=np.int64)
    out[number, row] = combined
    return Cut(index, standards, out)


def standards_of(engines: Engines) -> npt.NDArray[np.object_]:
    """Return the standard of each engine, as fleet tables name it."""
    return np.array([certified(one.standard) for one in engines.engines], dtype=object)


def share_of_days(work: Prepared, chosen: Floats) -> Floats:
    """Return the share of some engines (a number for each) in the vehicle of each vehicle-day."""
    engines = work.engines
    if not len(engines.number):
        return np.zeros(len(work.day_kind))
    of_kind = np.add.reduceat(engines.weight * chosen[engines.number], engines.first[:-1])
    share: Floats = of_kind[work.day_kind]
    return share


def some_rows(work: Prepared, rows: npt.NDArray[np.int64]) -> Prepared:
    """Return some of the traversals."""
    return replace(
        work,
        frame=work.frame.iloc[rows],
        hour=work.hour[rows],
        cold_share=work.cold_share[rows],
        idle_s=work.idle_s[rows],
        queue_s=work.queue_s[rows],
    )


def engine_grams(work: Prepared, chosen: Floats, *, parts: int = ALL_PARTS) -> Floats:
    """Return what some engines emit, with their share of the wear of the vehicles they are in."""
    grams = evaluate(work, parts=parts, engine_weight=chosen)[0]
    grams[_WEAR] *= share_of_days(work, chosen)[work.frame["vehicle_day"].to_numpy(np.int64)]
    return grams
