"""Another time of departure: other traffic and other temperatures, the same windows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from geofleet.energy.mend.model import Mend
from geofleet.energy.mend.replay import ChangedDay, replay
from geofleet.energy.mend.task import Pair, Task

__all__ = ["other_departures"]

_CAUSES = ("energy", "charging", "time window")
_DAY_S = 86400.0


def other_departures(task: Task, pairs: Sequence[Pair]) -> list[Mend]:
    """Find for each pair the cheapest departure on the grid of hours with which the day works."""
    chosen = [pair for pair in pairs if pair.cause in _CAUSES]
    shifted = {
        (day, shift): _leave(task, day, shift)
        for day in sorted({pair.vehicle_day for pair in chosen})
        for shift in task.rules.departures_s
        if 0.0 <= _departure(task, day) + shift < _DAY_S
    }
    tried = [
        (pair, shift)
        for pair in chosen
        for shift in task.rules.departures_s
        if (pair.vehicle_day, shift) in shifted
    ]
    days = [ChangedDay(p.vehicle_day, p.model_id, shifted[p.vehicle_day, s]) for p, s in tried]
    best: dict[tuple[int, str], tuple[tuple[bool, float, float, float], Mend]] = {}
    for (pair, shift), result in zip(tried, replay(task, days), strict=True):
        if not result.fits:
            continue
        cost = task.costs.energy(result.energy_wh - pair.energy_wh)
        longer = result.duration_s - task.duration_s(pair.vehicle_day)
        cost += task.costs.time(task.vehicle_class(pair.vehicle_day), longer)
        minutes = shift / 60.0
        words = f"leave at {_clock(_departure(task, pair.vehicle_day) + shift)}, "
        words += f"{abs(minutes):.0f} min {'earlier' if shift < 0.0 else 'later'}"
        mend = Mend(
            pair.vehicle_day, pair.model_id, "departure", words, True, cost,
            depart_shift_min=minutes, late_s=result.late_s,
        )  # fmt: skip
        order = (bool(np.isnan(cost)), float(np.nan_to_num(cost)), abs(shift), shift)
        key = (pair.vehicle_day, pair.model_id)
        if key not in best or order < best[key][0]:
            best[key] = (order, mend)
    return [mend for _, mend in best.values()]


def _departure(task: Task, day: int) -> float:
    return float(task.itineraries.traversals.vehicle_days["depart_s"].iloc[day])


def _leave(task: Task, day: int, shift: float) -> pd.DataFrame:
    """Return the stops of a day that begins at another time."""
    stops = task.stops[day].copy()
    # the first stop is left, its service done, when its window opens
    stops.loc[0, "window_start"] = _departure(task, day) + shift
    return stops


def _clock(seconds: float) -> str:
    return f"{int(seconds // 3600) % 24:02d}:{int(seconds % 3600 // 60):02d}"
