"""The smallest battery that gets a day done, its own mass carried."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from geofleet.energy.catalogue.resized import resized
from geofleet.energy.day import feasibility
from geofleet.energy.day.drive import PreparedDays, drive_by_days, planned
from geofleet.energy.driving import _kernels as kernels
from geofleet.energy.mend.model import Mend
from geofleet.energy.mend.task import Pair, Task
from geofleet.energy.model import ElectricModels
from geofleet.routes import Itineraries, Traversals

__all__ = ["larger_batteries"]

_JOULES_PER_WH = 3600.0
_WH_PER_KWH = 1000.0
_PAIRS_AT_ONCE = 16  # with two sizes each they fill a block of lanes
_SECANTS = 8  # afterwards the interval is halved


@dataclass(slots=True)
class _Search:
    """Steps of usable energy: the most known to be too few, the fewest known to be enough.

    ``wanting_wh`` and ``over_wh`` are the margins there.
    """

    pair: Pair
    low: int
    most: int
    wanting_wh: float
    high: int | None = None
    over_wh: float = math.nan
    rounds: int = 0

    @property
    def done(self) -> bool:
        return self.low >= self.most if self.high is None else self.high == self.low + 1

    def propose(self, gain_wh: float) -> tuple[int, int]:
        """Return two neighbouring sizes to try; ``gain_wh``: margin per step, at most."""
        self.rounds += 1
        if self.high is None:
            at = self.low - self.wanting_wh / gain_wh
        elif self.rounds > _SECANTS:
            at = 0.5 * (self.low + self.high)
        else:
            share = -self.wanting_wh / max(self.over_wh - self.wanting_wh, 1e-12)
            at = self.low + share * (self.high - self.low)
        last = self.most if self.high is None else self.high - 1
        first = min(max(math.floor(at), self.low + 1), last)
        return first, min(first + 1, last)

    def learn(self, size: int, margin_wh: float) -> None:
        if margin_wh >= 0.0 and (self.high is None or size < self.high):
            self.high, self.over_wh = size, margin_wh
        elif margin_wh < 0.0 and size > self.low:
            self.low, self.wanting_wh = size, margin_wh


def larger_batteries(task: Task, prepared: PreparedDays, pairs: Sequence[Pair]) -> list[Mend]:
    """Find for each pair the smallest battery with which the day ends above the reserve.

    Sizes are whole steps of usable energy. The mass of the extra pack (gross energy over its
    density) is carried, weighs on consumption and comes off the payload. The margin grows with the
    battery, for a kWh gives far more than its mass takes, so the smallest that is enough is found
    by closing in from both sides, two lanes for each pair.
    """
    chosen = [p for p in pairs if p.cause in ("energy", "charging")]
    searches = [search for p in chosen if (search := _begin(task, p)) is not None]
    searches.sort(key=lambda s: (s.pair.vehicle_day, s.pair.model_id))
    while rest := [s for s in searches if not s.done]:
        for first in range(0, len(rest), _PAIRS_AT_ONCE):
            _try(task, prepared, rest[first : first + _PAIRS_AT_ONCE])
    found = [s for s in searches if s.high is not None]
    mends: list[Mend] = []
    for first in range(0, len(found), 2 * _PAIRS_AT_ONCE):
        mends += _verified(task, found[first : first + 2 * _PAIRS_AT_ONCE])
    return mends


def _begin(task: Task, pair: Pair) -> _Search | None:
    """Start at the model's own battery; none where no larger one may be tried."""
    row = task.model(pair.model_id)
    step, own = task.rules.battery_step_wh, float(row["battery_usable_wh"])
    # A pack may not weigh more than what the day leaves of the payload.
    density = task.rules.pack_wh_per_kg * _usable_share(task, row)
    lightest = min(pair.margin_kg, float(row["payload_capacity_kg"]) * (1.0 - 1e-9))
    largest = min(own * task.rules.battery_times_max, own + lightest * density)
    low, most = math.floor(own / step), math.floor(largest / step + 1e-9)
    return _Search(pair, low, most, pair.margin_wh) if most > low else None


def _try(task: Task, prepared: PreparedDays, searches: Sequence[_Search]) -> None:
    """Drive two sizes of each search through its day."""
    step, defaults = task.rules.battery_step_wh, task.defaults
    parameters = prepared.links.parameters
    gain = step * max(parameters.start_soc - parameters.reserve_share, 1e-6)
    sizes = [s.propose(gain * s.pair.battery_wh / _own(task, s.pair)) for s in searches]
    tried = [(s, n) for s, both in zip(searches, sizes, strict=True) for n in both]
    models = _resized(task, [(s.pair.model_id, n * step) for s, n in tried])
    lanes = planned(models, np.array(task.temperature_c), prepared.links, defaults)
    days = np.unique([s.pair.vehicle_day for s in searches])
    usable = lanes.battery_wh * (1.0 - parameters.reserve_share)
    for numbers, driven in drive_by_days(prepared, lanes, days):
        place = {int(day): row for row, day in enumerate(numbers)}
        for lane, (search, size) in enumerate(tried):
            if search.pair.vehicle_day in place:
                row = place[search.pair.vehicle_day]
                deepest = driven.totals[row, kernels.DEEPEST, lane] / _JOULES_PER_WH
                search.learn(size, float(usable[lane] - deepest))


def _verified(task: Task, searches: Sequence[_Search]) -> list[Mend]:
    """Judge each battery as every day is judged."""
    step = task.rules.battery_step_wh
    sizes = [(s.pair.model_id, (s.high or 0) * step) for s in searches]
    models = _resized(task, sizes)
    days = sorted({s.pair.vehicle_day for s in searches})
    plugs = np.concatenate([task.stops[day]["plug_w"].to_numpy() for day in days])
    verdicts = feasibility(
        only_days(task.itineraries, days), task.roads.network, models, fleet=task.fleet,
        plug_power_w=plugs, temperature_c=task.temperature_c, pressure_pa=task.pressure_pa,
        defaults=task.defaults,
    ).verdicts  # fmt: skip
    changed = models.frame.to_dict("records")
    mends = []
    for lane, search in enumerate(searches):
        pair = search.pair
        row = verdicts.iloc[days.index(pair.vehicle_day) * len(searches) + lane]
        now, then = task.model(pair.model_id), changed[lane]
        usable, gross = (then[f"battery_{kind}_wh"] / _WH_PER_KWH for kind in ("usable", "gross"))
        more = gross - _gross_wh(task, now) / _WH_PER_KWH
        lost = float(now["payload_capacity_kg"] - then["payload_capacity_kg"])
        cost = task.costs.battery(more)
        cost += task.costs.energy(float(row["energy_wh"]) - pair.energy_wh)
        what = (
            f"a battery of {usable:.1f} kWh usable ({gross:.1f} kWh gross) in place of "
            f"{now['battery_usable_wh'] / _WH_PER_KWH:.1f}: {lost:.0f} kg less payload"
        )
        mends.append(
            Mend(
                pair.vehicle_day, pair.model_id, "battery", what, bool(row["feasible"]), cost,
                kwh=float(usable), gross_kwh=float(gross), payload_lost_kg=lost,
                late_s=float(row["late_s"]),
            )
        )  # fmt: skip
    return mends


def _resized(task: Task, sizes: Sequence[tuple[str, float]]) -> ElectricModels:
    """Return models with other batteries, one row for each size wanted."""
    names = [name for name, _ in sizes]
    models = ElectricModels(task.models.frame.loc[names], task.models.provenance)
    made = resized(
        models, [wh for _, wh in sizes], pack_wh_per_kg=task.rules.pack_wh_per_kg,
        usable_share=task.rules.usable_share,
    )  # fmt: skip
    rows = made.frame
    rows.index = pd.Index([f"{n:04d}" for n in range(len(rows))], name=rows.index.name)
    return made


def _own(task: Task, pair: Pair) -> float:
    return float(task.model(pair.model_id)["battery_usable_wh"])


def _usable_share(task: Task, row: Mapping[Hashable, Any]) -> float:
    gross = float(row.get("battery_gross_wh", math.nan))
    share = float(row["battery_usable_wh"]) / gross
    return task.rules.usable_share if math.isnan(share) else share


def _gross_wh(task: Task, row: Mapping[Hashable, Any]) -> float:
    return float(row["battery_usable_wh"]) / _usable_share(task, row)


def only_days(itineraries: Itineraries, days: Sequence[int]) -> Itineraries:
    """Return some vehicle-days, numbered anew in ascending order."""
    traversals, stops = itineraries.traversals, itineraries.stops
    number = np.full(len(traversals.vehicle_days), -1)
    number[list(days)] = np.arange(len(days))

    def kept(frame: pd.DataFrame) -> pd.DataFrame:
        new = number[frame["vehicle_day"].to_numpy()]
        part: pd.DataFrame = frame[new >= 0].reset_index(drop=True)
        part["vehicle_day"] = new[new >= 0].astype(np.int32)
        return part

    part = Traversals(
        kept(traversals.frame),
        traversals.vehicle_days.iloc[list(days)].reset_index(drop=True),
        traversals.timezone,
    )
    return Itineraries(part, kept(stops), ())
