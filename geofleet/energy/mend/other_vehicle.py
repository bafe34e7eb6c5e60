"""Another model that replaces the vehicle's class and gets the day done."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from geofleet.energy.mend.model import Mend
from geofleet.energy.mend.task import Pair, Task

__all__ = ["other_vehicles"]


def other_vehicles(task: Task, pairs: Sequence[Pair]) -> list[Mend]:
    """Find for each pair the cheapest model that runs the day.

    Where some prices are not known, the cheapest of the known ones is offered; a model without a
    price only where no other has one, its cost unknown.
    """
    verdicts = task.feasibility.verdicts
    good = verdicts[verdicts["feasible"]]
    able: dict[int, list[tuple[str, float]]] = {}
    for row in good[["vehicle_day", "model_id", "energy_wh"]].to_dict("records"):
        offer = (str(row["model_id"]), float(row["energy_wh"]))
        able.setdefault(int(row["vehicle_day"]), []).append(offer)
    replaces = {
        str(name): set(str(text).split(";")) for name, text in task.models.frame["replaces"].items()
    }
    price = _prices(task)
    words = task.models.frame[["make", "model"]].astype(str).agg(" ".join, axis=1)
    names = dict(zip(task.models.frame.index.astype(str), words, strict=True))
    classes: dict[int, str] = {}
    mends = []
    for pair in pairs:
        if pair.vehicle_day not in able:
            continue
        day = pair.vehicle_day
        vehicle_class = classes.setdefault(day, task.vehicle_class(day))
        offers = []
        for name, energy in able[day]:
            if vehicle_class not in replaces[name]:
                continue
            cost = task.costs.vehicle(price[name], price[pair.model_id])
            cost += task.costs.energy(energy - pair.energy_wh)
            unknown = math.isnan(cost)
            # Where only the old price is not known the new one still says which is cheapest.
            order = math.inf if math.isnan(price[name]) else price[name]
            offers.append((unknown, order if unknown else cost, name, cost))
        if offers:
            _, _, name, cost = min(offers)
            mends.append(
                Mend(
                    pair.vehicle_day, pair.model_id, "vehicle", _words(names, pair, name, price),
                    True, cost, new_model_id=name, late_s=0.0,
                )
            )  # fmt: skip
    return mends


def _words(names: Mapping[str, str], pair: Pair, name: str, price: Mapping[str, float]) -> str:
    words = f"{names[name]} ({name}) in its place"
    unknown = [one for one in (name, pair.model_id) if math.isnan(price[one])]
    return words + (f"; price not known: {', '.join(unknown)}" if unknown else "")


def _prices(task: Task) -> dict[str, float]:
    """Price of each model in pesos, NaN where unknown."""
    frame = task.models.frame
    if "price_mxn" not in frame:
        return dict.fromkeys(map(str, frame.index), math.nan)
    return {str(name): float(value) for name, value in frame["price_mxn"].items()}
