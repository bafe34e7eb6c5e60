"""Single precision without losing a vehicle: rounding that keeps weighted sums."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["to_float32"]

_CANDIDATES = 65_536
_CLOSE = 1e-12
_MOST_STEPS = 1000.0  # 6e-5 of the cell
_SMALLEST = 1e-30  # below, steps are no longer proportions of the number


def to_float32(
    vehicles: npt.NDArray[np.float64], length_km: npt.NDArray[np.float64]
) -> npt.NDArray[np.float32]:
    """Round flows to single precision so that the vehicle-km of each class stay what they were.

    Rounding to nearest moves a sum by up to some 1e-8 of itself. A few cells are moved to the
    neighbouring single-precision number until the sum agrees, as near as the smallest step
    allows (about 1e-12 for a city). In large tables the cells moved move by one step; in none by
    more than about 1e-4 of themselves.

    Parameters
    ----------
    vehicles
        Shape ``(links, classes, 24)``, not negative.
    length_km
        Of each link.
    """
    out = np.ascontiguousarray(vehicles, dtype=np.float32)
    for kind in range(vehicles.shape[1]):
        exact = vehicles[:, kind, :]
        flat = np.flatnonzero((out[:, kind, :] > _SMALLEST) & (length_km[:, None] > 0))
        if not len(flat):
            continue
        # no matrix products: their order of adding may depend on threads
        off = (exact - out[:, kind, :].astype(np.float64)).sum(axis=1)
        error = float((length_km * off).sum())
        close = _CLOSE * float((length_km * exact.sum(axis=1)).sum())
        flat = flat[:: -(-len(flat) // _CANDIDATES)]
        link, hour = np.divmod(flat, exact.shape[1])
        now = out[link, kind, hour]
        step = np.spacing(now).astype(np.float64) * length_km[link]
        order = np.argsort(-step, kind="stable")
        sizes = step[order]
        steps = np.floor(abs(error) / sizes.sum()) + (
            np.cumsum(sizes) <= abs(error) % sizes.sum()
        ).astype(np.float64)
        steps = np.sign(error) * np.minimum(steps, _MOST_STEPS)
        error -= float((steps * sizes).sum())
        # what is left is less than a coarse step: finer and finer cells take it
        at = 0
        while abs(error) > close and at < len(sizes):
            at = max(at, int(np.searchsorted(-sizes, -2.0 * abs(error), side="left")))
            if at < len(sizes):
                more = np.clip(np.rint(error / sizes[at]), -_MOST_STEPS, _MOST_STEPS)
                steps[at] += more
                error -= float(more * sizes[at])
            at += 1
        moved = now[order] + steps * np.spacing(now[order]).astype(np.float64)
        out[link[order], kind, hour[order]] = moved.astype(np.float32)
    return out
