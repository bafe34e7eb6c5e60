"""Single precision without losing a vehicle: rounding that keeps weighted sums."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["to_float32"]

_CANDIDATES = 8192
_CLOSE = 1e-12
_MOST_STEPS = 1000.0  # 6e-5 of the cell


def to_float32(
    vehicles: npt.NDArray[np.float64], length_km: npt.NDArray[np.float64]
) -> npt.NDArray[np.float32]:
    """Round flows to single precision so that the vehicle-km of each class stay what they were.

    Rounding to nearest moves a sum by up to some 1e-8 of itself. A few cells are moved to the
    neighbouring single-precision number until the sum agrees, as near as the smallest step
    allows (about 1e-12 for a city). Hardly a cell moves by more than one step, none by more than
    1e-4 of itself.

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
        flat = np.flatnonzero((exact > 0) & (length_km[:, None] > 0))
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
        order = np.argsort(step, kind="stable")
        free = np.ones(len(order), bool)
        sizes = step[order]
        while abs(error) > close:
            # the largest step that does not overshoot and has not been taken
            at = int(np.searchsorted(sizes, 1.5 * abs(error), side="right")) - 1
            while at >= 0 and not free[at]:
                at -= 1
            if at < 0 or sizes[at] == 0.0 or sizes[at] >= 2.0 * abs(error):
                break
            free[at] = False
            cell = order[at]
            towards = np.float32(np.inf if error > 0 else 0.0)
            out[link[cell], kind, hour[cell]] = np.nextafter(now[cell], towards)
            error -= np.copysign(sizes[at], error)
        # few cells: what is left goes in several steps, from coarse cells to fine ones
        at = int(np.searchsorted(sizes, 2.0 * abs(error), side="right")) - 1
        while abs(error) > close and at >= 0 and sizes[at] > 0.0:
            steps = float(np.clip(np.rint(error / sizes[at]), -_MOST_STEPS, _MOST_STEPS))
            cell = order[at]
            out[link[cell], kind, hour[cell]] += np.float32(steps * np.spacing(now[cell]))
            error -= steps * sizes[at]
            at -= 1
    return out
