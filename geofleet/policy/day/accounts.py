"""Where grams go when days change: an account by link and hour whose parts add up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.emissions import QUANTITIES
from geofleet.emissions.aggregate import grouped

if TYPE_CHECKING:
    from geofleet.routes import Traversals

__all__ = ["CHANGES", "PARTS", "gram_account"]

PARTS = (
    "stayed", "moved_out", "moved_in", "rerouted_out", "rerouted_in", "swapped_out", "swapped_in",
    "cancelled", "changed",
)  # fmt: skip
"""Parts of the account.

- ``stayed``: emitted before and after on the same link in the same hour by the same traversal
- ``moved_out``, ``moved_in``: of a traversal that is driven in another hour; its grams of before
  leave one hour and come into another, so that both sums are equal on every link
- ``rerouted_out``, ``rerouted_in``: of links that a leg no longer, or newly, leads over
- ``swapped_out``, ``swapped_in``: of days that another vehicle drives
- ``cancelled``: of legs that are no longer driven because deliveries are not made
- ``changed``: of traversals that are driven by the same vehicle at another speed or load
"""

CHANGES = PARTS[1:]
"""Parts that add up to after less before."""

_HOURS = 24

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def gram_account(
    before: Traversals,
    before_grams: Floats,
    after: Traversals,
    after_grams: Floats,
    responses: Mapping[int, str],
) -> pd.DataFrame:
    """Return the account.

    Parameters
    ----------
    before, after
        Traversals of the same vehicle-days; ``stop_before`` counts the planned stops in both. A
        traversal is the same when it is the same passage of the same leg over the same link.
    before_grams, after_grams
        Shape ``(traversals, quantities)``.
    responses
        By vehicle-day that was changed how it was.

    Returns
    -------
    pandas.DataFrame
        Columns ``part, edge, hour`` and ``QUANTITIES``, sorted; parts that leave are negative.
    """
    old, new = _Rows(before, before_grams), _Rows(after, after_grams)
    kind = np.array(
        [responses.get(day, "") for day in range(len(before.vehicle_days))], dtype=object
    )
    pieces: list[tuple[str, Ints, Ints, Floats]] = []

    def put(part: str, rows: _Rows, at: Ints, grams: Floats) -> None:
        pieces.append((part, rows.edge[at], rows.hour[at], grams))

    same = np.flatnonzero(kind[old.day] == "")
    put("stayed", old, same, before_grams[same])
    for rows, part, sign in ((old, "swapped_out", -1.0), (new, "swapped_in", 1.0)):
        at = np.flatnonzero(kind[rows.day] == "swap")
        put(part, rows, at, sign * rows.grams[at])
    driven = {
        name: np.flatnonzero(_kept(kind[rows.day])) for name, rows in (("a", old), ("b", new))
    }
    a, b = _matched(old, driven["a"], new, driven["b"])
    stays = old.hour[a] == new.hour[b]
    put("stayed", old, a[stays], before_grams[a[stays]])
    put("moved_out", old, a[~stays], -before_grams[a[~stays]])
    put("moved_in", new, b[~stays], before_grams[a[~stays]])
    put("changed", new, b, after_grams[b] - before_grams[a])
    gone = np.setdiff1d(driven["a"], a)
    dropped = kind[old.day[gone]] == "drop"
    put("cancelled", old, gone[dropped], -before_grams[gone[dropped]])
    put("rerouted_out", old, gone[~dropped], -before_grams[gone[~dropped]])
    come = np.setdiff1d(driven["b"], b)
    put("rerouted_in", new, come, after_grams[come])
    return _summed(pieces)


class _Rows:
    """Traversals as arrays."""

    def __init__(self, traversals: Traversals, grams: Floats) -> None:
        frame = traversals.frame
        self.day = frame["vehicle_day"].to_numpy(np.int64)
        self.stop = frame["stop_before"].to_numpy(np.int64)
        self.edge = frame["edge"].to_numpy(np.int64)
        self.hour = traversals.hour.astype(np.int64)
        self.grams = grams


def _kept(kind: npt.NDArray[np.object_]) -> npt.NDArray[np.bool_]:
    kept: npt.NDArray[np.bool_] = (kind != "") & (kind != "swap")
    return kept


def _matched(old: _Rows, a: Ints, new: _Rows, b: Ints) -> tuple[Ints, Ints]:
    """Return the rows that are the same traversal before and after."""

    def named(rows: _Rows, at: Ints) -> pd.DataFrame:
        frame = pd.DataFrame({"day": rows.day[at], "stop": rows.stop[at], "edge": rows.edge[at]})
        frame["passage"] = frame.groupby(["day", "stop", "edge"]).cumcount()
        return frame.assign(row=at)

    keys = ["day", "stop", "edge", "passage"]
    both = named(old, a).merge(named(new, b), on=keys, suffixes=("_old", "_new"))
    return both["row_old"].to_numpy(np.int64), both["row_new"].to_numpy(np.int64)


def _summed(pieces: list[tuple[str, Ints, Ints, Floats]]) -> pd.DataFrame:
    part = np.concatenate([np.full(len(edge), PARTS.index(name)) for name, edge, _, _ in pieces])
    edge = np.concatenate([piece[1] for piece in pieces])
    hour = np.concatenate([piece[2] for piece in pieces])
    grams = np.concatenate([piece[3] for piece in pieces])
    width = int(edge.max(initial=0)) + 1
    key = (part.astype(np.int64) * width + edge) * _HOURS + hour
    values, _, sums = grouped(key, np.ascontiguousarray(grams.T))
    return pd.DataFrame({
        "part": pd.Categorical(np.array(PARTS)[values // (_HOURS * width)], categories=PARTS),
        "edge": (values // _HOURS % width).astype(np.int32),
        "hour": (values % _HOURS).astype(np.int8),
        **dict(zip(QUANTITIES, sums, strict=True)),
    })  # fmt: skip
