"""Numba kernels of sums by group: arrays and scalars only."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit, prange

Floats = npt.NDArray[np.float64]


@njit(cache=True, nogil=True, parallel=True)
def group_sums(
    values: Floats, order: npt.NDArray[np.int64], starts: npt.NDArray[np.int64], out: Floats
) -> None:
    """Sum the columns of ``values`` (q, n) by group into ``out`` (q, groups), compensated.

    Group g is ``order[starts[g]:starts[g + 1]]``. Neumaier's summation: the total does not depend
    on how the groups are cut beyond the last bit.
    """
    for g in prange(len(starts) - 1):
        for q in range(values.shape[0]):
            total = 0.0
            lost = 0.0
            for k in range(starts[g], starts[g + 1]):
                x = values[q, order[k]]
                t = total + x
                if abs(total) >= abs(x):
                    lost += (total - t) + x
                else:
                    lost += (x - t) + total
                total = t
            out[q, g] = total + lost
