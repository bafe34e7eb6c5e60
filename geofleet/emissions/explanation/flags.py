"""What was done to stay inside the published functions, for one quantity."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.emissions import _kernels as kernels
from geofleet.emissions.engines.resolve import Engines
from geofleet.emissions.explanation.model import Step, percent
from geofleet.emissions.hot.factors import POLLUTANTS
from geofleet.emissions.model import WEAR
from geofleet.emissions.prepare import Prepared, evaluate
from geofleet.emissions.traversal import FLAGS
from geofleet.emissions.uncertainty.shared_factors import BASE_OF

__all__ = ["FLAG_MEANING", "flag_sentences", "flag_table", "flags_of", "raised"]

FLAG_MEANING = {
    "speed_below_range": "the speed is below the range of a published function: its end was taken",
    "speed_above_range": "the speed is above the range of a published function: its end was taken",
    "grade_clamped": "the link is steeper than the published functions go: their last slope was "
    "taken",
    "grade_unknown": "the slope of the link is not known: a level road was taken",
    "payload_over_capacity": "more is on board than the vehicle may carry: a full load was taken",
    "factor_repaired": "a published function misbehaves at this speed: the line of its guard was "
    "taken",
    "grade_not_modelled": "the function of the vehicle knows no slope: a level road was taken",
    "load_not_modelled": "the function of the vehicle knows no load",
    "factor_doubtful": "a published function carries a note of doubt",
    "fuel_ratio_limited": "the fuel functions behind a US engine lie too far apart: their ratio "
    "was limited",
    "grid_of_world": "no grid of the study's country is known: the world's average was taken",
    "grid_of_other_year": "the country's grid of that year is not known: the year before was "
    "taken, or the first known",
    "state_partly_applied": "only some engines that the vehicle may have can have its states",
}
"""What each flag says, a sentence without its capital letter and its full stop."""

COLUMNS = ("flag", "count", "km", "share", "meaning")
_UPSTREAM = ("co2e_wtt_g", "co2e_wtw_g")
_OF_ELECTRIC = ("energy_mj", "electricity_kwh", *_UPSTREAM)
_GRID = ("grid_of_world", "grid_of_other_year")
_CLAMPED = {"below": "speed_below_range", "above": "speed_above_range"}
_FACTS = {
    "guard_used": "factor_repaired", "doubt": "factor_doubtful", "limited": "fuel_ratio_limited",
    **{name: name for name in FLAG_MEANING},
}  # fmt: skip

Bools = npt.NDArray[np.bool_]


def flags_of(chain: Step) -> frozenset[str]:
    """Return the flags that the facts of a chain raise."""
    found = set()
    for step in chain.walk():
        for fact, value in step.facts.items():
            if fact == "clamped" and value:
                found.add(_CLAMPED[value])
            elif value and fact in _FACTS:
                found.add(_FACTS[fact])
    return frozenset(found)


def raised(work: Prepared, chosen: npt.NDArray[np.int64], quantity: str) -> dict[str, Bools]:
    """Return by flag which of the chosen traversals raise it, as far as a quantity depends on it.

    Parameters
    ----------
    work
        All traversals.
    chosen
        Rows of them.
    quantity
        One of ``QUANTITIES``.
    """
    bases = _bases_of(quantity, work.engines)
    engines = _only(work.engines, bases)
    part = replace(
        work, frame=work.frame.iloc[chosen], hour=work.hour[chosen],
        cold_share=work.cold_share[chosen], idle_s=work.idle_s[chosen],
        queue_s=work.queue_s[chosen], engines=engines,
    )  # fmt: skip
    _, words = evaluate(part, parts=kernels.HOT)
    kind = work.day_kind[part.frame["vehicle_day"].to_numpy()]
    relevant = _kinds_with(work.engines, bases, electric=quantity in _OF_ELECTRIC)[kind]
    found = {name: (words & bit > 0) & relevant for name, bit in FLAGS.items()}
    found["payload_over_capacity"] = words & kernels.OVER_CAPACITY > 0
    for name, kinds in work.engines.flagged_kinds().items():
        of_quantity = quantity in _UPSTREAM if name in _GRID else quantity not in WEAR
        found[name] = kinds[kind] & of_quantity
    return found


def _bases_of(quantity: str, engines: Engines) -> Bools:
    """Return which functions of each engine a quantity depends on, shape (engines, bases)."""
    out = np.zeros((len(engines.engines), kernels.BASES), dtype=np.bool_)
    base = BASE_OF.get(quantity, "energy")
    if base in POLLUTANTS and quantity != "electricity_kwh":
        out[:, POLLUTANTS.index(base)] = True
    elif base == "ch4":
        out[:, kernels.ENERGY] = engines.coefficients[:, kernels.CH4_G_MJ] > 0.0
    per_fuel = (engines.reference >= 0) & out[:, : kernels.ENERGY]
    out[:, kernels.ENERGY] |= per_fuel.any(axis=1)
    return out & (engines.shape >= 0)


def _only(engines: Engines, bases: Bools) -> Engines:
    """Return engines of which functions that do not matter raise no flag."""
    reference = np.where(bases[:, : kernels.ENERGY], engines.reference, -1).astype(np.int32)
    used = set(engines.shape[bases].tolist()) | set(reference[reference >= 0].tolist())
    other = np.ones(len(engines.functions), dtype=np.bool_)
    other[sorted(used)] = False
    functions = engines.functions.copy()
    functions[other, ..., kernels.SPEED_MIN] = -np.inf
    functions[other, ..., kernels.SPEED_MAX] = np.inf
    functions[other, ..., kernels.GUARD_FROM] = np.nan
    return replace(
        engines, functions=functions, doubtful=engines.doubtful & ~other, reference=reference
    )


def _kinds_with(engines: Engines, bases: Bools, *, electric: bool) -> Bools:
    """Return the kinds of vehicle of which any engine has a function that matters."""
    own: Bools = np.asarray(bases.any(axis=1))
    if electric:
        own = own | (engines.shape[:, kernels.ENERGY] < 0)
    if len(engines.first) < 2:
        return np.zeros(0, dtype=np.bool_)
    found: Bools = np.add.reduceat(own[engines.number].astype(np.int64), engines.first[:-1]) > 0
    return found


def flag_table(
    found: Mapping[str, Bools],
    *,
    count: npt.NDArray[np.float64],
    km: npt.NDArray[np.float64],
    value: npt.NDArray[np.float64],
) -> pd.DataFrame:
    """Return count, kilometres and share of the number of each flag that is raised.

    Parameters
    ----------
    found
        Which of the things that are summed raise it.
    count, km, value
        How many traversals or vehicles each of them is, what they drive, what they add.
    """
    whole = value.sum()
    rows = [
        (name, count[where].sum(), km[where].sum(),
         value[where].sum() / whole if whole else float("nan"), FLAG_MEANING[name])
        for name, where in found.items() if where.any()
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(COLUMNS))


def flag_sentences(flags: pd.DataFrame, noun: str, count: float, km: float) -> Iterator[str]:
    """Yield a sentence for each flag; of a sum with how much of it the flag is raised for."""
    for row in flags.to_dict("records"):
        text = str(row["meaning"])
        if count == 1.0:
            yield f"{text[:1].upper()}{text[1:]}."
            continue
        share = "" if math.isnan(row["share"]) else f", {percent(row['share'])} of the number"
        amount = f"{row['count']:.6g} of {count:.6g} {noun}"
        yield f"{amount} ({row['km']:.4g} of {km:.4g} km{share}): {text}."
